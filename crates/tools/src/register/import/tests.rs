//! Stories of imports, on both engines.

use std::path::Path;

use base::{Date, Timestamp};
use store::Store;
use store::testing::{TestDatabase, for_each_engine};
use testkit::city;
use wire::resident_csv::files;

use super::{ImportError, Options, Report, run};
use crate::access::{self, Actor, Duty, Purpose};
use crate::register::{
    self, Cause, Criteria, Freshness, HouseholdSnapshot, RegisterError, Resident, ResidentId, ResidentState,
};

const HEADER: &str = "resident_id,household_id,relationship,name,name_kana,birth_date,sex,address,state,state_on";

fn id(text: &str) -> ResidentId {
    ResidentId::parse(text).unwrap()
}

fn clerk(database: &TestDatabase) -> Actor {
    Actor::Staff { account: database.seams.random_id() }
}

fn put(directory: &Path, name: &str, text: &str) {
    std::fs::write(directory.join(name), text).unwrap();
}

/// A small city in files: two households, one protection.
fn small_city(directory: &Path) {
    let row = |id: &str, household: &str, relation: &str, name: &str, kana: &str, born: &str| {
        format!("{id},{household},{relation},{name},{kana},{born},female,見本県見本市中央一丁目1番1号,,\n")
    };
    let residents = [
        row("R-1", "H-1", "世帯主", "辻\u{E0102}　花子", "ツジ　ハナコ", "1950-02-03"),
        row("R-2", "H-1", "子", "辻\u{E0102}　美咲", "ツジ　ミサキ", "1990-05-06"),
        row("R-3", "H-2", "世帯主", "見本　節子", "ミホン　セツコ", "1960-07-08"),
    ];
    put(directory, files::RESIDENTS, &format!("{HEADER}\n{}", residents.concat()));
    put(
        directory,
        files::HOUSEHOLDS,
        "household_id,head_resident_id,head_name,member_count\nH-1,R-1,辻\u{E0102}　花子,2\nH-2,R-3,見本　節子,1\n",
    );
    put(directory, files::PROTECTIONS, "resident_id,protected_from,protected_until\nR-3,2026-04-01,2027-03-31\n");
    source(directory, 10, "2026-11-24T09:55:00+09:00");
}

fn source(directory: &Path, position: i64, taken_at: &str) {
    let text =
        format!("source = \"juki\"\nposition = {position}\ntaken_at = \"{taken_at}\"\nmunicipality_code = \"99999\"\n");
    put(directory, files::SOURCE, &text);
}

/// A row of `changes.csv`.
fn change(position: i64, kind: &str, row: &str) -> String {
    format!("{position},{kind},2026-11-20,{row}\n")
}

fn changes(directory: &Path, rows: &[String]) {
    put(directory, files::CHANGES, &format!("source_position,change_kind,effective_on,{HEADER}\n{}", rows.concat()));
}

const MISAKI_MOVES: &str =
    "R-2,H-9,世帯主,辻\u{E0102}　美咲,ツジ　ミサキ,1990-05-06,female,見本県見本市港町二丁目2番2号,,";
const MISAKI_MARRIES: &str =
    "R-2,H-9,世帯主,佐藤　美咲,サトウ　ミサキ,1990-05-06,female,見本県見本市港町二丁目2番2号,,";
const SETSUKO_DIES: &str =
    "R-3,H-2,世帯主,見本　節子,ミホン　セツコ,1960-07-08,female,見本県見本市中央一丁目1番1号,dead,2026-11-19";

fn import(database: &TestDatabase, directory: &Path, options: &Options) -> Result<Report, ImportError> {
    run(&database.inside(), &database.seams, directory, options, &mut |_| true)
}

fn imported(database: &TestDatabase, directory: &Path) -> Report {
    import(database, directory, &Options::default()).unwrap()
}

fn household(database: &TestDatabase, resident: &str) -> Result<HouseholdSnapshot, RegisterError> {
    let (seams, actor, resident) = (database.seams.clone(), clerk(database), id(resident));
    database.inside().write(move |tx| {
        let access = access::person(tx, &seams, &actor, &Purpose::new(Duty::Inquiry), &resident)?;
        register::household_snapshot(tx, &access)
    })
}

fn person(database: &TestDatabase, resident: &str) -> Resident {
    let snapshot = household(database, resident).unwrap();
    snapshot.member(&id(resident)).unwrap().clone()
}

fn freshness(database: &TestDatabase) -> Freshness {
    database.inside().read(|tx| register::freshness(tx, database.seams.now())).unwrap()
}

fn count(store: &Store) -> i64 {
    store.read(register::count).unwrap()
}

fn day(text: &str) -> Date {
    Date::parse(text).unwrap()
}

#[test]
fn a_directory_becomes_the_register() {
    for_each_engine(|database| {
        let directory = tempfile::tempdir().unwrap();
        small_city(directory.path());
        let report = imported(&database, directory.path());
        assert_eq!((report.residents, report.households, report.protections, report.refused), (3, 2, 1, 0));
        assert!(report.switched);
        assert_eq!(report.exit_code(), 0);
        let snapshot = household(&database, "R-2").unwrap();
        assert_eq!(snapshot.version.to_string(), "g1p10");
        assert_eq!(snapshot.household.head_name, "辻\u{E0102}　花子");
        let names: Vec<_> = snapshot.members.iter().map(|member| member.names.registered.as_str()).collect();
        assert_eq!(names, ["辻\u{E0102}　花子", "辻\u{E0102}　美咲"]);
        assert_eq!(snapshot.members[0].address.municipality_code, "99999", "from source.toml where a row gives none");
        assert!(matches!(household(&database, "R-9"), Err(RegisterError::NotFound)));
        let again = imported(&database, directory.path());
        assert_eq!(
            (again.residents, again.resumed, again.switched),
            (3, 6, true),
            "the same files again: nothing to do"
        );
        assert_eq!(household(&database, "R-2").unwrap().version.generation, 1);
    });
}

#[test]
fn a_dry_run_changes_nothing() {
    for_each_engine(|database| {
        let directory = tempfile::tempdir().unwrap();
        small_city(directory.path());
        changes(directory.path(), &[change(11, "move_within", MISAKI_MOVES)]);
        let report = import(&database, directory.path(), &Options { dry_run: true, ..Options::default() }).unwrap();
        assert_eq!((report.residents, report.households, report.switched), (3, 2, false));
        let store = database.inside();
        assert_eq!(count(&store), 0);
        assert!(freshness(&database).heartbeat.is_none());
        for table in [
            "SELECT COUNT(*) FROM import_runs",
            "SELECT COUNT(*) FROM residents",
            "SELECT COUNT(*) FROM register_changes",
        ] {
            let rows = store.read(|tx| tx.query_one(table, &[])).unwrap().unwrap();
            assert_eq!(rows.int(0), Ok(0), "{table}");
        }
    });
}

#[test]
fn one_bad_row_keeps_the_whole_load_out_and_is_reported() {
    for_each_engine(|database| {
        let directory = tempfile::tempdir().unwrap();
        small_city(directory.path());
        let path = directory.path().join(files::RESIDENTS);
        let text = std::fs::read_to_string(&path).unwrap().replace("1990-05-06", "1990-05-36");
        std::fs::write(&path, text).unwrap();
        let report_file = directory.path().join("refused.csv");
        let options = Options { report: Some(report_file.clone()), ..Options::default() };
        let report = import(&database, directory.path(), &options).unwrap();
        assert_eq!((report.refused, report.switched, report.exit_code()), (1, false, 1));
        assert_eq!(count(&database.inside()), 0);
        let listed = std::fs::read_to_string(&report_file).unwrap();
        assert!(listed.contains("\"residents.csv\",\"3\",\"birth_date\",\"no-such-day\""), "{listed}");
        assert!(!listed.contains("美咲") && !listed.contains("1990"), "no value of a resident is repeated");
        let kept = database.inside().read(|tx| tx.query_one("SELECT line, field, code FROM import_refused", &[]));
        assert_eq!(kept.unwrap().unwrap().text(2), Ok("no-such-day"));

        // The same files again, now with the good rows: what is staged already is not staged again.
        let report = import(&database, directory.path(), &Options { keep_good: true, ..Options::default() }).unwrap();
        assert_eq!((report.residents, report.refused, report.switched, report.exit_code()), (2, 1, true, 1));
        assert!(report.resumed > 0);
        let snapshot = household(&database, "R-1").unwrap();
        assert!(!snapshot.household.is_complete, "a household with a refused member is served at the counter only");
        let causes = register::why_not_at_a_machine(
            &snapshot,
            &id("R-1"),
            day("2026-11-24"),
            register::rules::Limits::default(),
        );
        assert_eq!(causes, [Cause::Incomplete]);
        assert!(household(&database, "R-3").unwrap().household.is_complete);
    });
}

#[test]
fn every_kind_of_row_that_does_not_fit_the_others_is_refused() {
    let database = TestDatabase::on_sqlite();
    let refused = |prepare: &dyn Fn(&Path)| {
        let directory = tempfile::tempdir().unwrap();
        small_city(directory.path());
        prepare(directory.path());
        let listed = directory.path().join("refused.csv");
        let options = Options { dry_run: true, report: Some(listed.clone()), ..Options::default() };
        import(&database, directory.path(), &options).unwrap();
        let text = std::fs::read_to_string(&listed).unwrap();
        text.lines()
            .skip(1)
            .map(|line| line.split(",\"").nth(3).unwrap().trim_end_matches('"').to_owned())
            .collect::<Vec<_>>()
    };
    let edit = |directory: &Path, name: &str, from: &str, to: &str| {
        let path = directory.join(name);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{from}");
        std::fs::write(path, text.replacen(from, to, 1)).unwrap();
    };
    assert_eq!(refused(&|d| edit(d, files::RESIDENTS, "R-2,H-1", "R-1,H-1")), ["duplicate"]);
    assert_eq!(refused(&|d| edit(d, files::RESIDENTS, "R-2,H-1", "R-2,H-7")), ["unknown-household"]);
    assert_eq!(refused(&|d| edit(d, files::RESIDENTS, "1990-05-06", "2026-12-01")), ["born-in-the-future"]);
    assert_eq!(refused(&|d| edit(d, files::HOUSEHOLDS, "H-1,R-1", "H-1,R-8")), ["unknown-resident"]);
    assert_eq!(
        refused(&|d| edit(d, files::HOUSEHOLDS, "H-2,R-3", "H-1,R-3")),
        ["unknown-household", "duplicate", "unknown-resident"],
        "the second H-1, R-3 whose household is gone, and R-3's protection"
    );
    assert_eq!(refused(&|d| edit(d, files::PROTECTIONS, "R-3,2026", "R-8,2026")), ["unknown-resident"]);
    assert_eq!(refused(&|d| edit(d, files::PROTECTIONS, "2027-03-31", "2026-03-31")), ["ends-before-it-begins"]);
}

#[test]
fn a_refused_protection_is_never_left_out() {
    for_each_engine(|database| {
        let directory = tempfile::tempdir().unwrap();
        small_city(directory.path());
        put(directory.path(), files::PROTECTIONS, "resident_id,protected_from\nR-3,some day\n");
        let options = Options { keep_good: true, ..Options::default() };
        let report = import(&database, directory.path(), &options).unwrap();
        assert_eq!((report.refused, report.switched), (1, false), "somebody would lose their protection");
    });
}

#[test]
fn a_column_of_individual_numbers_closes_the_file() {
    for_each_engine(|database| {
        let directory = tempfile::tempdir().unwrap();
        small_city(directory.path());
        put(directory.path(), files::RESIDENTS, &format!("{HEADER},個人番号\n"));
        let error = import(&database, directory.path(), &Options::default()).unwrap_err();
        assert!(error.to_string().contains("個人番号"), "{error}");
        assert_eq!(error.kind(), base::Kind::Invalid);
        assert_eq!(count(&database.inside()), 0);
    });
}

#[test]
fn shift_jis_files_are_read() {
    for_each_engine(|database| {
        let directory = tempfile::tempdir().unwrap();
        small_city(directory.path());
        for name in [files::RESIDENTS, files::HOUSEHOLDS] {
            let path = directory.path().join(name);
            let text = std::fs::read_to_string(&path).unwrap().replace("辻\u{E0102}", "髙﨑");
            std::fs::write(&path, shift_jis(&text)).unwrap();
        }
        assert!(imported(&database, directory.path()).switched);
        assert_eq!(person(&database, "R-1").names.registered, "髙﨑　花子");
    });
}

/// Enough Shift_JIS for the test above, through the strict writer's own encoder.
fn shift_jis(text: &str) -> Vec<u8> {
    wire::resident_csv::to_shift_jis(text).unwrap()
}

#[test]
fn an_import_killed_at_forty_percent_goes_on_where_it_was() {
    for_each_engine(|database| {
        let directory = tempfile::tempdir().unwrap();
        city::generate(6_000, 5, directory.path()).unwrap();
        let store = database.inside();
        let stopped = run(&store, &database.seams, directory.path(), &Options::default(), &mut |progress| {
            progress.done_bytes * 10 < progress.total_bytes * 4
        });
        assert!(matches!(stopped, Err(ImportError::Stopped)));
        assert_eq!(count(&store), 0, "nothing is seen before the switch");
        // The process dies here.
        drop(store);
        database.close(store::Database::Inside);
        let report = imported(&database, directory.path());
        assert_eq!((report.residents, report.refused, report.switched), (6_000, 0, true));
        assert!(report.resumed >= 1_000, "{} rows were skipped", report.resumed);
        let store = database.inside();
        assert_eq!(count(&store), 6_000);
        let staged = store.read(|tx| tx.query_one("SELECT COUNT(*) FROM residents", &[])).unwrap().unwrap();
        assert_eq!(staged.int(0), Ok(6_000), "nobody twice");
    });
}

#[test]
fn a_second_load_keeps_what_did_not_change_and_remembers_what_did() {
    for_each_engine(|database| {
        let directory = tempfile::tempdir().unwrap();
        small_city(directory.path());
        imported(&database, directory.path());
        database.clock.advance_seconds(86_400);
        let path = directory.path().join(files::RESIDENTS);
        let text = std::fs::read_to_string(&path).unwrap();
        let text = text.replace("見本　節子", "見本　せつ子").replace("R-2,H-1,子,", "R-4,H-1,子,");
        std::fs::write(&path, text).unwrap();
        source(directory.path(), 20, "2026-11-25T09:55:00+09:00");
        assert!(imported(&database, directory.path()).switched);
        let (seams, actor) = (database.seams.clone(), clerk(&database));
        let history = |resident: &str| {
            let (seams, actor, resident) = (seams.clone(), actor.clone(), id(resident));
            database
                .inside()
                .write(move |tx| {
                    let access = access::person(tx, &seams, &actor, &Purpose::new(Duty::Inquiry), &resident)?;
                    register::history(tx, &access)
                })
                .unwrap()
        };
        assert!(history("R-1").is_empty());
        let past = history("R-3");
        assert_eq!((past.len(), past[0].name.as_str(), past[0].ended_by), (1, "見本　節子", 20));
        assert_eq!(history("R-2").len(), 1, "who is no longer in the file has left into history");
        assert!(matches!(household(&database, "R-2"), Err(RegisterError::NotFound)));
        let left = database.inside().read(|tx| tx.query_one("SELECT COUNT(*) FROM residents", &[])).unwrap().unwrap();
        assert_eq!(left.int(0), Ok(3), "the generation before is swept");
    });
}

#[test]
fn differences_may_come_late_twice_and_out_of_order() {
    for_each_engine(|database| {
        let directory = tempfile::tempdir().unwrap();
        small_city(directory.path());
        imported(&database, directory.path());
        let daily = tempfile::tempdir().unwrap();
        // Position 12 comes first: it waits.
        source(daily.path(), 12, "2026-11-24T09:58:00+09:00");
        changes(daily.path(), &[change(12, "name", MISAKI_MARRIES)]);
        let report = imported(&database, daily.path());
        assert_eq!((report.changes_applied, report.changes_waiting), (0, 1));
        let snapshot = household(&database, "R-1").unwrap();
        assert_eq!(snapshot.changes_waiting, [id("R-2")]);
        assert!(
            register::why_not_at_a_machine(&snapshot, &id("R-1"), day("2026-11-24"), Default::default())
                .contains(&Cause::Pending)
        );
        assert!(!freshness(&database).is_fresh(30), "the source is ahead");
        // Then 11 and 13, and 12 once more.
        source(daily.path(), 13, "2026-11-24T09:59:00+09:00");
        let rows = [
            change(13, "death", SETSUKO_DIES),
            change(12, "name", MISAKI_MARRIES),
            change(11, "move_within", MISAKI_MOVES),
        ];
        changes(daily.path(), &rows);
        let report = imported(&database, daily.path());
        assert_eq!((report.changes_received, report.changes_applied, report.changes_waiting), (2, 3, 0));
        assert_eq!(person(&database, "R-2").names.registered, "佐藤　美咲");
        assert_eq!(person(&database, "R-2").address.text, "見本県見本市港町二丁目2番2号");
        assert_eq!(person(&database, "R-3").state, ResidentState::Dead { on: day("2026-11-19") });
        let left = household(&database, "R-1").unwrap();
        assert_eq!((left.members.len(), left.version.to_string().as_str()), (1, "g1p11"));
        assert_eq!(household(&database, "R-2").unwrap().household.head_name, "佐藤　美咲");
        assert!(freshness(&database).is_fresh(30));
        // Everything again: nothing happens.
        let report = imported(&database, daily.path());
        assert_eq!((report.changes_received, report.changes_applied, report.refused), (0, 0, 0));
        // The same position with other content is refused.
        changes(daily.path(), &[change(13, "death", &SETSUKO_DIES.replace("2026-11-19", "2026-11-18"))]);
        let report = imported(&database, daily.path());
        assert_eq!((report.refused, report.exit_code()), (1, 1));
        assert_eq!(person(&database, "R-3").state, ResidentState::Dead { on: day("2026-11-19") });
    });
}

#[test]
fn a_change_before_the_load_is_contained_and_one_after_is_applied_again() {
    for_each_engine(|database| {
        let directory = tempfile::tempdir().unwrap();
        small_city(directory.path());
        changes(directory.path(), &[change(9, "name", MISAKI_MARRIES), change(11, "move_within", MISAKI_MOVES)]);
        imported(&database, directory.path());
        assert_eq!(person(&database, "R-2").names.registered, "辻\u{E0102}　美咲", "9 was in the load already");
        assert_eq!(person(&database, "R-2").household_id.as_str(), "H-9");
        // An older full load, taken before 11: the difference is applied again on top.
        let again = tempfile::tempdir().unwrap();
        small_city(again.path());
        put(again.path(), files::PROTECTIONS, "resident_id,protected_from\n");
        let report = imported(&database, again.path());
        assert_eq!((report.switched, report.changes_applied), (true, 1));
        assert_eq!(person(&database, "R-2").household_id.as_str(), "H-9");
        // One that is older than the differences we have: refused.
        source(again.path(), 4, "2026-11-20T09:55:00+09:00");
        let error = import(&database, again.path(), &Options::default()).unwrap_err();
        assert!(matches!(error, ImportError::Older { file: 4, register: 11 }), "{error}");
    });
}

#[test]
fn protection_begins_and_ends_by_difference() {
    for_each_engine(|database| {
        let directory = tempfile::tempdir().unwrap();
        small_city(directory.path());
        imported(&database, directory.path());
        let hanako = "R-1,H-1,世帯主,辻\u{E0102}　花子,ツジ　ハナコ,1950-02-03,female,見本県見本市中央一丁目1番1号,,";
        let daily = tempfile::tempdir().unwrap();
        changes(daily.path(), &[change(11, "protection_start", hanako), change(12, "protection_end", SETSUKO_DIES)]);
        imported(&database, daily.path());
        let snapshot = household(&database, "R-1").unwrap();
        assert!(register::is_suppressed(&snapshot.protections, &id("R-1"), day("2026-11-20")));
        assert!(!register::is_suppressed(&snapshot.protections, &id("R-1"), day("2026-11-19")));
        assert_eq!(snapshot.version.position, 11, "a protection is a new version of the household");
        let snapshot = household(&database, "R-3").unwrap();
        assert!(!register::is_suppressed(&snapshot.protections, &id("R-3"), day("2026-11-21")));
    });
}

#[test]
fn no_heartbeat_closes_issuing_and_a_clock_running_backwards_does_not_open_it() {
    for_each_engine(|database| {
        assert!(!freshness(&database).is_fresh(30), "an empty register is never fresh");
        let directory = tempfile::tempdir().unwrap();
        small_city(directory.path());
        imported(&database, directory.path());
        let minutes = |minutes: i64| database.clock.set(Timestamp::from_seconds(1_795_482_000 + minutes * 60));
        assert!(freshness(&database).is_fresh(30));
        minutes(24);
        assert!(freshness(&database).is_fresh(30), "29 minutes old");
        minutes(26);
        assert!(!freshness(&database).is_fresh(30), "31 minutes old");
        // A heartbeat alone opens it again.
        let beat = tempfile::tempdir().unwrap();
        source(beat.path(), 10, "2026-11-24T10:25:00+09:00");
        imported(&database, beat.path());
        assert!(freshness(&database).is_fresh(30));
        // It does not go back with an older one.
        source(beat.path(), 10, "2026-11-24T09:00:00+09:00");
        imported(&database, beat.path());
        assert!(freshness(&database).is_fresh(30));
        // Our clock falls back by an hour: what it says cannot be trusted.
        minutes(-34);
        assert!(!freshness(&database).is_fresh(30));
    });
}

#[test]
fn people_are_found_and_every_row_shown_is_on_record() {
    for_each_engine(|database| {
        let directory = tempfile::tempdir().unwrap();
        city::generate(1_500, 2, directory.path()).unwrap();
        imported(&database, directory.path());
        let (seams, actor) = (database.seams.clone(), clerk(&database));
        let find = |criteria: Criteria| {
            let (seams, actor) = (seams.clone(), actor.clone());
            database
                .inside()
                .write(move |tx| {
                    let purpose = Purpose::new(Duty::Inquiry);
                    let mut access = access::search(tx, &seams, &actor, &purpose, "a test")?;
                    register::search(tx, &mut access, &criteria)
                })
                .unwrap()
        };
        let named = |name: &str| Criteria { name: Some(name.to_owned()), ..Criteria::default() };
        let (found, more) = find(named("辻花子"));
        assert_eq!((found.len(), more), (1, false), "a name is found without its selector and without the space");
        assert_eq!(found[0].id.as_str(), "0000000001");
        let (found, _) = find(Criteria { kana: Some("つじ".to_owned()), ..Criteria::default() });
        assert!(found.iter().any(|row| row.id.as_str() == "0000000001"), "a reading is found in hiragana");
        let (found, _) = find(named("nguyen thi"));
        assert!(found.iter().any(|row| row.name == "NGUYEN THI HOA"));
        let (found, _) = find(named("見本　はな"));
        assert!(!found.is_empty(), "by 通称");
        let (found, _) = find(named("旧見本"));
        assert!(!found.is_empty(), "by 旧氏");
        let born = day("1944-05-03");
        let (found, _) = find(Criteria { birth_date: Some(born), ..named("辻") });
        assert!(found.iter().all(|row| row.birth_date == born) && !found.is_empty());
        let (found, more) = find(Criteria { address: Some("見本県見本市".to_owned()), ..named("") });
        assert_eq!((found.len(), more), (0, false), "the city alone is nobody's town");
        let (found, more) =
            find(Criteria { address: Some("見本県見本市中央".to_owned()), ..Criteria::default() });
        assert!(found.len() <= 20 && (more || !found.is_empty()));
        let shown = database
            .inside()
            .read(|tx| tx.query_one("SELECT COUNT(*) FROM disclosure WHERE subject = $1", &["0000000001".into()]));
        assert!(shown.unwrap().unwrap().int(0).unwrap() >= 2);
    });
}

#[test]
fn without_households_csv_the_heads_name_their_households() {
    for_each_engine(|database| {
        let directory = tempfile::tempdir().unwrap();
        small_city(directory.path());
        for name in [files::HOUSEHOLDS, files::PROTECTIONS, files::SOURCE] {
            std::fs::remove_file(directory.path().join(name)).unwrap();
        }
        let path = directory.path().join(files::RESIDENTS);
        let text = std::fs::read_to_string(&path).unwrap().replace("R-3,H-2,世帯主", "R-3,H-2,子");
        std::fs::write(&path, text).unwrap();
        assert!(imported(&database, directory.path()).switched);
        assert!(household(&database, "R-2").unwrap().household.is_complete);
        assert_eq!(household(&database, "R-2").unwrap().household.head_id, Some(id("R-1")));
        assert!(!household(&database, "R-3").unwrap().household.is_complete, "a household without a head");
        assert!(!freshness(&database).is_fresh(30), "without a heartbeat nothing is issued");
    });
}

#[test]
fn an_empty_directory_and_a_broken_heartbeat_say_so() {
    let database = TestDatabase::on_sqlite();
    let directory = tempfile::tempdir().unwrap();
    assert!(matches!(import(&database, directory.path(), &Options::default()), Err(ImportError::Nothing(_))));
    put(directory.path(), files::SOURCE, "source = \"x\"\nposition = -1\ntaken_at = \"2026-11-24T00:00:00Z\"\n");
    assert!(matches!(import(&database, directory.path(), &Options::default()), Err(ImportError::Source(_))));
}

/// Invariant I7: whoever reads while changes are applied sees one committed version, never a mixture.
#[test]
fn every_snapshot_equals_one_committed_version() {
    for_each_engine(|database| {
        let directory = tempfile::tempdir().unwrap();
        small_city(directory.path());
        imported(&database, directory.path());
        let daily = tempfile::tempdir().unwrap();
        // Mother and daughter move together, sixty times: both rows always carry the same number.
        let mut rows = Vec::new();
        for step in 0..60 {
            for (offset, who) in [
                "R-1,H-1,世帯主,辻\u{E0102}　花子,ツジ　ハナコ,1950-02-03",
                "R-2,H-1,子,辻\u{E0102}　美咲,ツジ　ミサキ,1990-05-06",
            ]
            .iter()
            .enumerate()
            {
                let position = 11 + step * 2 + offset as i64;
                rows.push(change(position, "move_within", &format!("{who},female,見本県見本市泉{step}番地,,")));
            }
        }
        let done = std::sync::atomic::AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for pair in rows.chunks(2) {
                    changes(daily.path(), pair);
                    imported(&database, daily.path());
                }
                done.store(true, std::sync::atomic::Ordering::SeqCst);
            });
            while !done.load(std::sync::atomic::Ordering::SeqCst) {
                let snapshot = household(&database, "R-1").unwrap();
                let addresses: Vec<_> = snapshot.members.iter().map(|member| &member.address.text).collect();
                assert!(addresses.windows(2).all(|pair| pair[0] == pair[1]), "{:?}", snapshot.version);
                assert_eq!(snapshot.version.position % 2, 0);
            }
        });
        assert_eq!(household(&database, "R-1").unwrap().version.position, 130);
    });
}

#[test]
fn every_sample_of_the_city_is_served_or_not_as_the_gallery_says() {
    for_each_engine(|database| {
        let directory = tempfile::tempdir().unwrap();
        let summary = city::generate(100, 1, directory.path()).unwrap();
        imported(&database, directory.path());
        for sample in &summary.samples {
            let snapshot = household(&database, &sample.resident_id).unwrap();
            let who = id(&sample.resident_id);
            let causes = register::why_not_at_a_machine(&snapshot, &who, day("2026-11-24"), Default::default());
            assert_eq!(causes.is_empty(), sample.is_served, "{}: {causes:?}", sample.kind);
            let expected = match sample.kind {
                "under-fifteen" => Some(Cause::UnderFifteen),
                "under-protection" => Some(Cause::Suppressed),
                "planned-move-out" | "household-with-planned-move-out" => Some(Cause::PlannedMoveOut),
                "moved-out" => Some(Cause::MovedOut),
                "dead" => Some(Cause::Dead),
                "pending" => Some(Cause::Pending),
                "too-long-name" => Some(Cause::TooLong),
                _ => None,
            };
            assert_eq!(causes.first().copied(), expected, "{}", sample.kind);
        }
        let widow = summary.samples.iter().find(|sample| sample.kind == "widow").unwrap();
        let snapshot = household(&database, &widow.resident_id).unwrap();
        assert_eq!((snapshot.members.len(), snapshot.entered_members().count()), (2, 1));
    });
}

#[test]
fn a_household_whose_head_has_gone_waits_for_a_new_one() {
    for_each_engine(|database| {
        let directory = tempfile::tempdir().unwrap();
        small_city(directory.path());
        imported(&database, directory.path());
        let head_dies = "R-1,H-1,世帯主,辻\u{E0102}　花子,ツジ　ハナコ,1950-02-03,female,見本県見本市中央一丁目1番1号,dead,2026-11-23";
        let daughter = "R-2,H-1,世帯主,辻\u{E0102}　美咲,ツジ　ミサキ,1990-05-06,female,見本県見本市中央一丁目1番1号,,";
        let daily = tempfile::tempdir().unwrap();
        let causes = || {
            let snapshot = household(&database, "R-2").unwrap();
            register::why_not_at_a_machine(&snapshot, &id("R-2"), day("2026-11-24"), Default::default())
        };
        assert_eq!(causes(), []);
        changes(daily.path(), &[change(11, "death", head_dies)]);
        imported(&database, daily.path());
        assert_eq!(causes(), [Cause::Incomplete]);
        changes(daily.path(), &[change(12, "household", daughter)]);
        imported(&database, daily.path());
        assert_eq!(causes(), []);
        assert_eq!(household(&database, "R-2").unwrap().household.head_name, "辻\u{E0102}　美咲");
    });
}
