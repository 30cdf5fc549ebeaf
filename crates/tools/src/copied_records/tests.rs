//! Stories of copied records: loaded, changed, read, refused. On both engines.

use std::path::Path;

use base::{Date, Timestamp};
use store::testing::{TestDatabase, for_each_engine};
use wire::record_lines::{Contents, Header, write_header, write_record};
use wire::resident_csv::files;
use wire::seal_registration::{Cancellation, SealRegistration, SealState};
use wire::tax_record::TaxRecord;

use super::import::{self, ImportError, Report};
use super::*;
use crate::access::{self, Actor, Duty, PersonAccess, Purpose};
use crate::register::import::Options;
use crate::register::{HouseholdSnapshot, household_snapshot};
use crate::resident_id::ResidentId;

const MORNING: i64 = 1_795_482_000 - 600;

pub(crate) fn id(text: &str) -> ResidentId {
    ResidentId::parse(text).unwrap()
}

pub(crate) fn day(text: &str) -> Date {
    Date::parse(text).unwrap()
}

/// 甲野 義太郎, 56, and the child R-3 in a household of its own.
pub(crate) fn residents(database: &TestDatabase) {
    let directory = tempfile::tempdir().unwrap();
    let header = "resident_id,household_id,relationship,name,name_kana,birth_date,sex,address,became_resident_on,former_name,state,state_on";
    let row = |id: &str, name: &str, born: &str| {
        format!("{id},H-{id},世帯主,{name},カナ,{born},male,見本県見本市中央一丁目1番1号,2005-04-01,,,\n")
    };
    let rows = [row("R-1", "辻\u{E0102}　義太郎", "1970-01-02"), row("R-3", "甲野　啓二", "2014-07-08")];
    std::fs::write(directory.path().join(files::RESIDENTS), format!("{header}\n{}", rows.concat())).unwrap();
    let options = Options::default();
    let report =
        crate::register::import::run(&database.inside(), &database.seams, directory.path(), &options, &mut |_| true);
    assert_eq!(report.unwrap().refused, 0);
}

/// The seal of R-1, as the seal system writes the name: with the plain character.
pub(crate) fn seal() -> SealRegistration {
    SealRegistration {
        number: "12345".to_owned(),
        resident_id: "R-1".to_owned(),
        name: "辻　義太郎".to_owned(),
        former_name: None,
        common_name: None,
        birth_date: day("1970-01-02"),
        address: "見本県見本市中央一丁目１番１号".to_owned(),
        registered_on: day("2003-04-05"),
        state: SealState::Registered,
        is_pending: false,
        remarks: None,
        ..SealRegistration::invented(5)
    }
}

pub(crate) fn write<T: Copied>(directory: &Path, position: i64, contents: Contents, records: &[T]) {
    let mut out = Vec::new();
    let taken_at = Timestamp::from_seconds(MORNING + position);
    let header = Header { source: "source".to_owned(), position, taken_at, contents, records: records.len() as u64 };
    write_header::<T>(&mut out, &header).unwrap();
    records.iter().for_each(|record| write_record(&mut out, record).unwrap());
    std::fs::write(directory.join(T::FILE), out).unwrap();
}

fn run<T: Copied>(database: &TestDatabase, directory: &Path, options: &Options) -> Result<Report, ImportError> {
    import::run::<T>(&database.inside(), &database.seams, directory, options).map(Option::unwrap)
}

pub(crate) fn load<T: Copied>(database: &TestDatabase, position: i64, records: &[T]) -> Report {
    let directory = tempfile::tempdir().unwrap();
    write(directory.path(), position, Contents::Full, records);
    run::<T>(database, directory.path(), &Options::default()).unwrap()
}

pub(crate) fn difference<T: Copied>(database: &TestDatabase, after: i64, position: i64, records: &[T]) -> Report {
    let directory = tempfile::tempdir().unwrap();
    write(directory.path(), position, Contents::Difference { after }, records);
    run::<T>(database, directory.path(), &Options::default()).unwrap()
}

/// What `look` finds with an access of `resident` for themselves, and the household of the same transaction.
pub(crate) fn looking<T: Send + 'static>(
    database: &TestDatabase,
    resident: &str,
    look: impl Fn(&mut store::Tx<'_>, &PersonAccess) -> Result<T, store::StoreError> + Send + 'static,
) -> (T, HouseholdSnapshot) {
    let (seams, resident) = (database.seams.clone(), id(resident));
    database
        .inside()
        .write(move |tx| -> Result<_, crate::register::RegisterError> {
            let actor = Actor::Resident { resident: resident.clone(), terminal: None };
            let access = access::person(tx, &seams, &actor, &Purpose::new(Duty::CertificateSelf), &resident)?;
            let household = household_snapshot(tx, &access)?;
            Ok((look(tx, &access)?, household))
        })
        .unwrap()
}

fn held(database: &TestDatabase, resident: &str) -> Vec<Held<SealRegistration>> {
    looking(database, resident, of_subject::<SealRegistration>).0
}

fn fresh<T: Copied>(database: &TestDatabase) -> bool {
    let now = database.seams.now();
    database.inside().read(|tx| is_fresh::<T>(tx, now, 30)).unwrap()
}

#[test]
fn each_kind_has_its_own_copy_heartbeat_and_positions() {
    for_each_engine(|database| {
        residents(&database);
        assert!(!fresh::<SealRegistration>(&database));
        assert!(!database.inside().read(is_loaded::<SealRegistration>).unwrap());
        let report = load(&database, 10, &[seal()]);
        assert_eq!(report, Report { records: 1, people: 1, refused: 0, switched: true, has_gap: false });
        assert!(fresh::<SealRegistration>(&database) && !fresh::<TaxRecord>(&database));
        let tax = TaxRecord { resident_id: "R-1".to_owned(), ..TaxRecord::invented(4) };
        load(&database, 3, std::slice::from_ref(&tax));
        assert!(fresh::<TaxRecord>(&database));
        let found = held(&database, "R-1");
        assert!(found[0].record == seal() && found[0].is_complete);
        assert_eq!(found[0].version.to_string(), "g1p10");
        assert!(held(&database, "R-3").is_empty());
        let found = looking(&database, "R-1", of_subject::<TaxRecord>).0;
        assert!(found[0].record == tax);
    });
}

#[test]
fn a_difference_that_does_not_follow_is_not_taken_and_closes_the_kind() {
    for_each_engine(|database| {
        residents(&database);
        load(&database, 10, &[seal()]);
        let cancelled = SealRegistration {
            state: SealState::Cancelled { on: day("2026-11-24"), why: Cancellation::SealLost },
            ..seal()
        };
        let late = difference(&database, 11, 12, std::slice::from_ref(&cancelled));
        assert!(late.has_gap && !late.switched);
        assert!(held(&database, "R-1")[0].record == seal());
        assert!(!fresh::<SealRegistration>(&database), "the source is ahead of us");
        assert!(difference::<SealRegistration>(&database, 10, 11, &[]).switched);
        assert!(difference(&database, 11, 12, std::slice::from_ref(&cancelled)).switched);
        assert!(held(&database, "R-1")[0].record == cancelled);
        assert!(fresh::<SealRegistration>(&database));
        // An older difference again changes nothing; half an hour without a heartbeat closes.
        assert!(difference(&database, 10, 11, &[seal()]).switched);
        assert!(held(&database, "R-1")[0].record == cancelled);
        database.clock.advance_seconds(40 * 60);
        assert!(!fresh::<SealRegistration>(&database));
    });
}

#[test]
fn refused_lines_are_listed_and_leave_no_older_record_at_the_machine() {
    for_each_engine(|database| {
        residents(&database);
        load(&database, 10, &[seal()]);
        let directory = tempfile::tempdir().unwrap();
        write(directory.path(), 11, Contents::Difference { after: 10 }, &[seal()]);
        let path = directory.path().join(SealRegistration::FILE);
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, text.replace("辻　義太郎", "１２３４５６７８９０１８")).unwrap();
        let options = Options { report: Some(directory.path().join("refused.csv")), ..Options::default() };
        let report = run::<SealRegistration>(&database, directory.path(), &options).unwrap();
        assert!(!report.switched && report.refused == 1);
        assert!(!fresh::<SealRegistration>(&database));
        let list = std::fs::read_to_string(directory.path().join(<SealRegistration as Copied>::REFUSED)).unwrap();
        assert!(list.contains("2,\"name\",individual-number,") && !list.contains("１２３４"), "{list}");
        let keep = Options { keep_good: true, ..options };
        assert!(run::<SealRegistration>(&database, directory.path(), &keep).unwrap().switched);
        assert!(fresh::<SealRegistration>(&database) && !held(&database, "R-1")[0].is_complete);
    });
}

#[test]
fn a_whole_load_that_says_two_things_of_one_record_leaves_neither_at_the_machine() {
    for_each_engine(|database| {
        residents(&database);
        let directory = tempfile::tempdir().unwrap();
        let cancelled = SealRegistration {
            state: SealState::Cancelled { on: day("2026-11-24"), why: Cancellation::SealLost },
            ..seal()
        };
        write(directory.path(), 10, Contents::Full, &[seal(), cancelled]);
        let keep = Options { keep_good: true, ..Options::default() };
        let report = run::<SealRegistration>(&database, directory.path(), &keep).unwrap();
        assert!(report.switched && report.refused == 1);
        assert!(!held(&database, "R-1")[0].is_complete, "which of the two lines is the newest nobody knows");
    });
}

#[test]
fn a_load_cut_short_changes_nothing_and_the_whole_one_goes_on_and_is_swept() {
    for_each_engine(|database| {
        residents(&database);
        load(&database, 10, &[seal()]);
        let directory = tempfile::tempdir().unwrap();
        let many: Vec<_> = (0..120).map(|n| SealRegistration { number: format!("N{n}"), ..seal() }).collect();
        write(directory.path(), 20, Contents::Full, &many);
        let path = directory.path().join(SealRegistration::FILE);
        let whole = std::fs::read_to_string(&path).unwrap();
        let cut: Vec<_> = whole.lines().take(100).collect();
        std::fs::write(&path, cut.join("\n")).unwrap();
        let options = Options::default();
        assert!(matches!(run::<SealRegistration>(&database, directory.path(), &options), Err(ImportError::File(_))));
        assert_eq!(held(&database, "R-1").len(), 1);
        std::fs::write(&path, &whole).unwrap();
        assert_eq!(run::<SealRegistration>(&database, directory.path(), &options).unwrap().records, 120);
        assert_eq!(held(&database, "R-1").len(), 120);
        let again = run::<SealRegistration>(&database, directory.path(), &options).unwrap();
        assert_eq!((again.records, again.switched), (120, true));
        write(directory.path(), 15, Contents::Full, &[seal()]);
        let older = run::<SealRegistration>(&database, directory.path(), &options);
        assert!(matches!(older, Err(ImportError::Older { file: 15, shown: 20 })));
        let rows = database.inside().read(|tx| tx.query("SELECT COUNT(*) FROM record_copies", &[])).unwrap();
        assert_eq!(rows[0].int(0).unwrap(), 120);
    });
}
