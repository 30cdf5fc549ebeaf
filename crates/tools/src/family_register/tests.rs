//! Stories of family registers: loaded, changed, read, refused. On both engines.

use std::path::Path;

use base::{Date, Timestamp};
use store::testing::{TestDatabase, for_each_engine};
use wire::record_lines::{Contents, Header, Record as _, write_header, write_record};
use wire::resident_csv::files;

use super::import::{self, ImportError};
use super::*;
use crate::access::{self, Access, Actor, Duty, Purpose};
use crate::copied_records::import::Report;
use crate::copied_records::{self, freshness};
use crate::register::import::Options;
use crate::resident_id::ResidentId;

pub(super) const TODAY: &str = "2026-11-24";
const MORNING: i64 = 1_795_482_000 - 600;

pub(super) fn id(text: &str) -> ResidentId {
    ResidentId::parse(text).unwrap()
}

fn day(text: &str) -> Date {
    Date::parse(text).unwrap()
}

/// 甲野: husband (R-1) and wife (R-2) live here, the elder daughter left by marriage, the son (R-3) is a child, the younger
/// daughter lives elsewhere.
pub(super) fn kono() -> FamilyRegister {
    FamilyRegister::parse(concat!(
        r#"{"id":"K1","domicile":"見本県見本市中央一丁目100番地","head":"甲野　義太郎","surname":"甲野","#,
        r#""records":[{"event":"compiled","on":"1998-05-06"}],"members":["#,
        r#"{"order":1,"resident":"R-1","name":"義太郎","birth_date":"1970-01-02","relation":"長男","spouse":"husband","#,
        r#""records":[{"event":"birth","on":"1970-01-02"},{"event":"marriage","on":"1998-05-06","spouse":"乙川梅子"}]},"#,
        r#"{"order":2,"resident":"R-2","name":"梅子","birth_date":"1972-03-04","relation":"二女","spouse":"wife"},"#,
        r#"{"order":3,"resident":"R-9","name":"桜","birth_date":"1999-05-06","relation":"長女","removed":{"on":"2024-04-05","by":"marriage"}},"#,
        r#"{"order":4,"resident":"R-3","name":"啓二","birth_date":"2014-07-08","relation":"長男"},"#,
        r#"{"order":5,"name":"楓","birth_date":"2001-09-10","relation":"二女","appendix":[{"address":"例示県例示市大手町1番地","set_on":"2020-04-01"}]}]}"#,
    ))
    .unwrap()
}

fn named(id: &str, head: &str, resident: Option<&str>) -> FamilyRegister {
    let mut register = kono();
    register.id = id.to_owned();
    register.head = format!("丙山　{head}");
    register.surname = "丙山".to_owned();
    register.members.truncate(1);
    register.members[0].resident_id = resident.map(str::to_owned);
    register.members[0].name = head.to_owned();
    register
}

fn residents(database: &TestDatabase) {
    let directory = tempfile::tempdir().unwrap();
    let row = |id: &str, name: &str, born: &str| {
        format!("{id},H-{id},世帯主,{name},カナ,{born},female,見本県見本市中央一丁目1番1号,,\n")
    };
    let rows = [
        row("R-1", "甲野　義太郎", "1970-01-02"),
        row("R-2", "甲野　梅子", "1972-03-04"),
        row("R-3", "甲野　啓二", "2014-07-08"),
        row("R-9", "丁田　桜", "1999-05-06"),
    ];
    let header = "resident_id,household_id,relationship,name,name_kana,birth_date,sex,address,state,state_on";
    std::fs::write(directory.path().join(files::RESIDENTS), format!("{header}\n{}", rows.concat())).unwrap();
    residents_from(database, directory.path());
}

fn residents_from(database: &TestDatabase, directory: &Path) {
    let report =
        crate::register::import::run(&database.inside(), &database.seams, directory, &Options::default(), &mut |_| {
            true
        });
    assert!(report.unwrap().refused == 0);
}

pub(super) fn write(directory: &Path, position: i64, contents: Contents, registers: &[FamilyRegister]) {
    let mut out = Vec::new();
    let taken_at = Timestamp::from_seconds(MORNING + position);
    let header = Header { source: "koseki".to_owned(), position, taken_at, contents, records: registers.len() as u64 };
    write_header::<FamilyRegister>(&mut out, &header).unwrap();
    registers.iter().for_each(|register| write_record(&mut out, register).unwrap());
    std::fs::write(directory.join(FamilyRegister::FILE), out).unwrap();
}

fn run(database: &TestDatabase, directory: &Path, options: &Options) -> Result<Report, ImportError> {
    import::run(&database.inside(), &database.seams, directory, options).map(|report| report.unwrap().copy)
}

pub(super) fn load(database: &TestDatabase, position: i64, registers: &[FamilyRegister]) -> import::Report {
    let directory = tempfile::tempdir().unwrap();
    write(directory.path(), position, Contents::Full, registers);
    import::run(&database.inside(), &database.seams, directory.path(), &Options::default()).unwrap().unwrap()
}

fn difference(database: &TestDatabase, after: i64, position: i64, registers: &[FamilyRegister]) -> Report {
    let directory = tempfile::tempdir().unwrap();
    write(directory.path(), position, Contents::Difference { after }, registers);
    run(database, directory.path(), &Options::default()).unwrap()
}

fn read_as(
    database: &TestDatabase,
    actor: Actor,
    resident: &str,
    shows: Shows<'static>,
) -> Result<FamilyRegisterSnapshot, FamilyRegisterError> {
    let (seams, resident) = (database.seams.clone(), id(resident));
    database.inside().write(move |tx| {
        let mut access = access::person(tx, &seams, &actor, &Purpose::new(Duty::CertificateSelf), &resident)?;
        read(tx, &mut access, shows)
    })
}

fn read_for(database: &TestDatabase, resident: &str) -> Result<FamilyRegisterSnapshot, FamilyRegisterError> {
    let actor = Actor::Resident { resident: id(resident), terminal: None };
    read_as(database, actor, resident, Shows::SubjectOnly)
}

fn causes(database: &TestDatabase, resident: &str) -> Vec<Cause> {
    let snapshot = read_for(database, resident).unwrap();
    why_not_at_a_machine(&snapshot, snapshot.subject, day(TODAY))
}

fn is_fresh(database: &TestDatabase) -> bool {
    let now = database.seams.now();
    database.inside().read(|tx| copied_records::is_fresh::<FamilyRegister>(tx, now, 30)).unwrap()
}

#[test]
fn a_resident_finds_the_register_in_which_they_are_entered() {
    for_each_engine(|database| {
        residents(&database);
        assert!(!is_fresh(&database));
        let report = load(&database, 10, &[kono(), named("K2", "桜", Some("R-9"))]).copy;
        assert_eq!((report.records, report.people, report.refused, report.switched), (2, 6, 0, true));
        assert!(is_fresh(&database));
        let snapshot = read_for(&database, "R-2").unwrap();
        assert_eq!((snapshot.register.id.as_str(), snapshot.subject), ("K1", 2));
        assert_eq!((snapshot.version.generation, snapshot.version.position), (1, 10));
        assert!(snapshot.register == kono());
        assert_eq!(causes(&database, "R-2"), []);
        // Removed from her parents' register by marriage; hers is the new one.
        assert_eq!(read_for(&database, "R-9").unwrap().register.id, "K2");
        assert_eq!(causes(&database, "R-3"), [Cause::UnderFifteen]);
        assert!(matches!(read_for(&database, "R-7"), Err(FamilyRegisterError::NotFound)));
    });
}

#[test]
fn every_other_living_member_shown_who_lives_here_sees_who_read() {
    for_each_engine(|database| {
        residents(&database);
        let mut register = kono();
        register.members[2].resident_id = None;
        load(&database, 10, &[register]);
        let officer = Actor::Staff { account: database.seams.random_id() };
        let told = |resident: &str| {
            let sql = "SELECT COUNT(*) FROM disclosure WHERE subject = $1 AND actor_class = 'staff'";
            let row = database.inside().read(|tx| tx.query_one(sql, &[resident.into()])).unwrap();
            row.unwrap().int(0).unwrap()
        };
        read_as(&database, officer.clone(), "R-1", Shows::SubjectOnly).unwrap();
        assert_eq!([told("R-1"), told("R-2"), told("R-3")], [1, 0, 0]);
        read_as(&database, officer.clone(), "R-1", Shows::Members(&[1, 4])).unwrap();
        assert_eq!([told("R-1"), told("R-2"), told("R-3")], [2, 0, 1]);
        read_as(&database, officer, "R-1", Shows::Whole).unwrap();
        assert_eq!([told("R-1"), told("R-2"), told("R-3")], [3, 1, 2]);
    });
}

#[test]
fn a_pending_notification_of_anyone_closes_the_whole_register() {
    for_each_engine(|database| {
        residents(&database);
        load(&database, 10, &[kono()]);
        for change in
            [(|register: &mut FamilyRegister| register.is_pending = true) as fn(&mut FamilyRegister), |register| {
                register.members[4].is_pending = true
            }]
        {
            let mut register = kono();
            change(&mut register);
            let position =
                database.inside().read(|tx| freshness::<FamilyRegister>(tx, database.seams.now())).unwrap().position;
            let report = difference(&database, position, position + 1, &[register]);
            assert!(report.switched && !report.has_gap);
            assert_eq!(causes(&database, "R-1"), [Cause::Pending]);
            assert!(is_fresh(&database));
        }
        difference(&database, 12, 13, &[kono()]);
        assert_eq!(causes(&database, "R-1"), []);
        assert_eq!(read_for(&database, "R-1").unwrap().version.position, 13);
    });
}

#[test]
fn a_protection_of_anyone_is_refused_like_everything_else() {
    for_each_engine(|database| {
        residents(&database);
        let mut register = kono();
        // The daughter who lives elsewhere is protected: her address is in the appendix.
        register.members[4].protection =
            Some(MemberProtection { from: day("2026-01-01"), until: Some(day("2027-01-01")) });
        load(&database, 10, &[register.clone()]);
        assert_eq!(causes(&database, "R-1"), [Cause::Suppressed]);
        register.members[4].protection =
            Some(MemberProtection { from: day("2025-01-01"), until: Some(day("2026-11-23")) });
        load(&database, 11, &[register]);
        assert_eq!(causes(&database, "R-1"), []);
        // The wife is protected in the register of residents.
        let directory = tempfile::tempdir().unwrap();
        let header = "source_position,change_kind,effective_on,protected_until,resident_id,household_id,relationship,name,birth_date,sex,address";
        let row =
            "1,protection_start,2026-11-20,,R-2,H-R-2,世帯主,甲野　梅子,1972-03-04,female,見本県見本市中央一丁目1番1号";
        std::fs::write(directory.path().join(files::CHANGES), format!("{header}\n{row}\n")).unwrap();
        residents_from(&database, directory.path());
        assert_eq!(causes(&database, "R-1"), [Cause::Suppressed]);
    });
}

#[test]
fn a_death_known_to_the_residents_register_only_closes_the_family_register() {
    for_each_engine(|database| {
        residents(&database);
        load(&database, 10, &[kono()]);
        let directory = tempfile::tempdir().unwrap();
        let header = "source_position,change_kind,effective_on,resident_id,household_id,relationship,name,birth_date,sex,address,state,state_on";
        let row = "1,death,2026-11-23,R-2,H-R-2,世帯主,甲野　梅子,1972-03-04,female,見本県見本市中央一丁目1番1号,dead,2026-11-23";
        std::fs::write(directory.path().join(files::CHANGES), format!("{header}\n{row}\n")).unwrap();
        residents_from(&database, directory.path());
        assert_eq!(causes(&database, "R-1"), [Cause::Pending]);
    });
}

#[test]
fn a_removed_member_and_a_closed_register_go_to_the_counter() {
    let snapshot = |register: FamilyRegister| FamilyRegisterSnapshot {
        version: crate::register::SnapshotVersion { generation: 1, position: 1 },
        register,
        subject: 1,
        is_complete: true,
        linked: Vec::new(),
    };
    let today = day(TODAY);
    assert_eq!(why_not_at_a_machine(&snapshot(kono()), 3, today), [Cause::Removed]);
    assert_eq!(why_not_at_a_machine(&snapshot(kono()), 6, today), [Cause::NotFound]);
    let mut closed = kono();
    closed.state = RegisterState::Rewritten { on: today };
    assert_eq!(why_not_at_a_machine(&snapshot(closed), 1, today), [Cause::NotCurrent]);
    let mut outdated = snapshot(kono());
    outdated.is_complete = false;
    assert_eq!(why_not_at_a_machine(&outdated, 4, today), [Cause::UnderFifteen, Cause::Incomplete]);
    assert_eq!(format!("{outdated:?}"), "FamilyRegisterSnapshot(<personal>)");
}

#[test]
fn a_difference_that_does_not_follow_is_not_taken_and_closes_issuing() {
    for_each_engine(|database| {
        residents(&database);
        load(&database, 10, &[kono()]);
        let mut moved = kono();
        moved.domicile = "見本県見本市港町1番地".to_owned();
        let report = difference(&database, 11, 12, &[moved.clone()]);
        assert!(report.has_gap && !report.switched);
        assert!(read_for(&database, "R-1").unwrap().register == kono());
        assert!(!is_fresh(&database));
        // The missing one, then the late one again; a repeated one changes nothing.
        assert!(difference(&database, 10, 11, &[]).switched);
        assert!(difference(&database, 11, 12, &[moved.clone()]).switched);
        assert!(difference(&database, 10, 11, &[kono()]).switched);
        assert!(read_for(&database, "R-1").unwrap().register == moved);
        assert!(is_fresh(&database));
        // A heartbeat alone keeps it fresh; half an hour without one closes.
        database.clock.advance_seconds(40 * 60);
        assert!(!is_fresh(&database));
    });
}

#[test]
fn bad_lines_are_reported_and_nothing_is_switched_unless_the_good_are_wanted() {
    for_each_engine(|database| {
        residents(&database);
        load(&database, 10, &[kono()]);
        let directory = tempfile::tempdir().unwrap();
        let mut changed = kono();
        changed.is_pending = true;
        write(directory.path(), 11, Contents::Full, &[changed, named("K2", "桜", Some("R-9"))]);
        let text = std::fs::read_to_string(directory.path().join(FamilyRegister::FILE)).unwrap();
        std::fs::write(
            directory.path().join(FamilyRegister::FILE),
            text.replace("\"丙山\"", "\"１２３４５６７８９０１８\""),
        )
        .unwrap();
        let path = directory.path().join("refused_family_registers.csv");
        let options = Options { report: Some(directory.path().join("refused.csv")), ..Options::default() };
        let report = run(&database, directory.path(), &options).unwrap();
        assert_eq!((report.records, report.refused, report.switched), (1, 1, false));
        let refused = std::fs::read_to_string(&path).unwrap();
        assert!(refused.contains("3,\"surname\",individual-number,") && !refused.contains("１２３４"), "{refused}");
        assert_eq!(causes(&database, "R-1"), []);
        let keep = Options { keep_good: true, ..options };
        assert!(run(&database, directory.path(), &keep).unwrap().switched);
        assert_eq!(causes(&database, "R-1"), [Cause::Pending]);
        assert!(matches!(read_for(&database, "R-9"), Err(FamilyRegisterError::NotFound)));
    });
}

#[test]
fn a_refused_line_of_a_difference_leaves_no_older_version_at_the_machine() {
    for_each_engine(|database| {
        residents(&database);
        load(&database, 10, &[kono()]);
        let directory = tempfile::tempdir().unwrap();
        write(directory.path(), 11, Contents::Difference { after: 10 }, &[kono()]);
        let text = std::fs::read_to_string(directory.path().join(FamilyRegister::FILE)).unwrap();
        std::fs::write(directory.path().join(FamilyRegister::FILE), text.replace("\"長男\"", "7")).unwrap();
        let refused = run(&database, directory.path(), &Options::default()).unwrap();
        assert!(!refused.switched);
        // The source is ahead of us now.
        assert!(!is_fresh(&database));
        let keep = Options { keep_good: true, ..Options::default() };
        assert!(run(&database, directory.path(), &keep).unwrap().switched);
        assert!(is_fresh(&database));
        assert_eq!(causes(&database, "R-1"), [Cause::Incomplete]);
    });
}

#[test]
fn a_whole_load_that_says_two_things_of_one_register_leaves_neither_at_the_machine() {
    for_each_engine(|database| {
        residents(&database);
        let directory = tempfile::tempdir().unwrap();
        let mut newer = kono();
        newer.is_pending = true;
        write(directory.path(), 10, Contents::Full, &[kono(), newer]);
        let keep = Options { keep_good: true, ..Options::default() };
        let report = run(&database, directory.path(), &keep).unwrap();
        assert!(report.switched && report.refused == 1);
        assert_eq!(causes(&database, "R-1"), [Cause::Incomplete]);
    });
}

#[test]
fn a_load_cut_short_changes_nothing_and_the_whole_one_goes_on() {
    for_each_engine(|database| {
        residents(&database);
        load(&database, 10, &[kono()]);
        let directory = tempfile::tempdir().unwrap();
        let many: Vec<_> = (0..130)
            .map(|n| named(&format!("K{n:03}"), "花", None))
            .chain([named("K999", "桜", Some("R-9"))])
            .collect();
        write(directory.path(), 20, Contents::Full, &many);
        let whole = std::fs::read_to_string(directory.path().join(FamilyRegister::FILE)).unwrap();
        let cut: Vec<_> = whole.lines().take(100).collect();
        std::fs::write(directory.path().join(FamilyRegister::FILE), cut.join("\n")).unwrap();
        assert!(matches!(run(&database, directory.path(), &Options::default()), Err(ImportError::File(_))));
        assert_eq!(read_for(&database, "R-1").unwrap().register.id, "K1");
        std::fs::write(directory.path().join(FamilyRegister::FILE), &whole).unwrap();
        assert_eq!(run(&database, directory.path(), &Options::default()).unwrap().records, 131);
        assert_eq!(read_for(&database, "R-9").unwrap().register.id, "K999");
        // The same again is no second load, an older one is refused, and what was replaced is gone.
        let again = run(&database, directory.path(), &Options::default()).unwrap();
        assert_eq!((again.records, again.switched), (131, true));
        assert_eq!(read_for(&database, "R-9").unwrap().version.generation, 3);
        write(directory.path(), 15, Contents::Full, &[kono()]);
        assert!(matches!(
            run(&database, directory.path(), &Options::default()),
            Err(ImportError::Older { file: 15, shown: 20 })
        ));
        let rows = database.inside().read(|tx| tx.query("SELECT COUNT(*) FROM family_registers", &[])).unwrap();
        assert_eq!(rows[0].int(0).unwrap(), 131);
    });
}

#[test]
fn an_interrupted_load_is_taken_up_where_it_stopped() {
    for_each_engine(|database| {
        residents(&database);
        let directory = tempfile::tempdir().unwrap();
        let many: Vec<_> = (0..120).map(|n| named(&format!("K{n:03}"), "花", None)).collect();
        write(directory.path(), 20, Contents::Full, &many);
        // Some rows are staged, then the process dies: a run without a switch stays behind.
        let options = Options::default();
        run(&database, directory.path(), &options).unwrap();
        database
            .inside()
            .write(|tx| -> Result<(), store::StoreError> {
                tx.execute("UPDATE family_register_runs SET state = 'staging'", &[])?;
                tx.execute("UPDATE family_register_feed SET generation = 0, position = 0", &[])?;
                tx.execute("DELETE FROM family_registers WHERE register_id > 'K050'", &[])?;
                Ok(())
            })
            .unwrap();
        let report = run(&database, directory.path(), &options).unwrap();
        assert_eq!((report.records, report.switched), (120, true));
        let row = database
            .inside()
            .read(|tx| tx.query("SELECT COUNT(*), MAX(generation) FROM family_registers", &[]))
            .unwrap();
        assert_eq!((row[0].int(0).unwrap(), row[0].int(1).unwrap()), (120, 1));
    });
}

#[test]
fn somebody_entered_in_two_registers_is_served_from_neither() {
    for_each_engine(|database| {
        residents(&database);
        load(&database, 10, &[kono(), named("K2", "義太郎", Some("R-1"))]);
        assert_eq!(causes(&database, "R-1"), [Cause::Incomplete]);
        assert_eq!(causes(&database, "R-2"), []);
    });
}

#[test]
fn an_access_for_one_resident_reads_no_other_register() {
    for_each_engine(|database| {
        residents(&database);
        load(&database, 10, &[kono(), named("K2", "桜", Some("R-9"))]);
        let (seams, actor) = (database.seams.clone(), Actor::Resident { resident: id("R-9"), terminal: None });
        database
            .inside()
            .write(move |tx| -> Result<(), FamilyRegisterError> {
                let mut access = access::person(tx, &seams, &actor, &Purpose::new(Duty::CertificateSelf), &id("R-9"))?;
                let snapshot = read(tx, &mut access, Shows::Whole)?;
                assert_eq!(snapshot.register.id, "K2");
                assert!(!access.covers(&id("R-1")));
                Ok(())
            })
            .unwrap();
    });
}
