//! Stories of registered seals: who gets a certificate, and who must come to the counter.

use store::testing::{TestDatabase, for_each_engine};

use super::*;
use crate::copied_records::tests::{day, difference, id, load, looking, residents, seal};
use crate::register;

const TODAY: &str = "2026-11-24";

fn causes(database: &TestDatabase, resident: &str) -> Vec<Cause> {
    let (found, household) = looking(database, resident, read);
    why_not_at_a_machine(found.as_ref(), &household, &id(resident), day(TODAY))
}

fn cancelled(number: &str) -> SealRegistration {
    let state = SealState::Cancelled { on: day("2024-11-01"), why: Cancellation::SealChanged };
    SealRegistration { number: number.to_owned(), state, ..seal() }
}

#[test]
fn whoever_has_a_seal_in_force_gets_its_certificate_and_nobody_else() {
    for_each_engine(|database| {
        residents(&database);
        load(&database, 10, &[seal()]);
        assert_eq!(causes(&database, "R-1"), []);
        assert_eq!(causes(&database, "R-3"), [Cause::Resident(register::Cause::UnderFifteen), Cause::NotRegistered]);
    });
}

#[test]
fn every_state_of_a_registration_has_its_cause() {
    let database = TestDatabase::on_sqlite();
    residents(&database);
    load(&database, 10, &[seal()]);
    let suspended = SealState::Suspended { on: day("2026-11-20"), why: Suspension::CardLost };
    let cases: Vec<(SealRegistration, Cause)> = vec![
        (SealRegistration { state: suspended, ..seal() }, Cause::Suspended),
        (cancelled("12345"), Cause::Cancelled),
        (SealRegistration { is_pending: true, ..seal() }, Cause::Pending),
        (SealRegistration { registered_on: day("2026-11-25"), ..seal() }, Cause::Pending),
        (SealRegistration { name: "辻　次郎".to_owned(), ..seal() }, Cause::PersonDiffers),
        (SealRegistration { birth_date: day("1970-01-03"), ..seal() }, Cause::PersonDiffers),
        (SealRegistration { former_name: Some("髙﨑".to_owned()), ..seal() }, Cause::PersonDiffers),
        (SealRegistration { address: "見本県見本市中央一丁目2番1号".to_owned(), ..seal() }, Cause::AddressDiffers),
    ];
    for (position, (registration, cause)) in (10..).zip(cases) {
        difference(&database, position, position + 1, &[registration]);
        assert_eq!(causes(&database, "R-1"), [cause]);
        assert!(!cause.code().is_empty());
    }
}

#[test]
fn a_changed_seal_is_the_new_one_and_two_in_force_are_the_counters() {
    let database = TestDatabase::on_sqlite();
    residents(&database);
    let new = SealRegistration { number: "20000".to_owned(), registered_on: day("2024-11-01"), ..seal() };
    load(&database, 10, &[cancelled("12345"), new.clone()]);
    assert_eq!(causes(&database, "R-1"), []);
    let found = looking(&database, "R-1", read).0.unwrap();
    assert_eq!(found.registration.number, "20000");
    assert_eq!(format!("{found:?}"), "SealSnapshot(<personal>)");
    load(&database, 11, &[seal(), new]);
    assert_eq!(causes(&database, "R-1"), [Cause::Incomplete]);
    load(&database, 12, &[cancelled("12345"), cancelled("20000")]);
    assert_eq!(causes(&database, "R-1"), [Cause::Cancelled]);
}
