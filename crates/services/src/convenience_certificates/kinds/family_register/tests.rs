//! What is printed of a family register, and when a machine says no. Pure: no database.

use base::Date;
use tools::ResidentId;
use tools::family_register::{Cause, FamilyRegister, FamilyRegisterSnapshot};
use tools::register::SnapshotVersion;
use wire::record_lines::Record as _;

use super::super::super::choices::{CertificateKind, Choices, Members};
use super::super::super::refusal::{No, Refusal};
use super::decide;

const REGISTER: &str = concat!(
    r#"{"id":"K1","domicile":"見本県見本市中央一丁目100番地","head":"甲野　義太郎","surname":"甲野","#,
    r#""records":[{"event":"compiled","on":"1998-05-06"}],"members":["#,
    r#"{"order":1,"name":"義太郎","birth_date":"1970-01-02","relation":"長男","spouse":"husband"},"#,
    r#"{"order":2,"name":"梅子","birth_date":"1972-03-04","relation":"二女","spouse":"wife"},"#,
    r#"{"order":3,"name":"桜","birth_date":"1999-05-06","relation":"長女","removed":{"on":"2024-04-05","by":"marriage"}},"#,
    r#"{"order":4,"name":"啓二","birth_date":"2014-07-08","relation":"長男"}]}"#,
);

fn snapshot(subject: u32, change: impl FnOnce(&mut FamilyRegister)) -> FamilyRegisterSnapshot {
    let mut register = FamilyRegister::parse(REGISTER).unwrap();
    change(&mut register);
    let version = SnapshotVersion { generation: 1, position: 10 };
    FamilyRegisterSnapshot { version, register, subject, is_complete: true, linked: Vec::new() }
}

fn decided(snapshot: &FamilyRegisterSnapshot, kind: CertificateKind, members: Members) -> Result<Vec<u32>, No> {
    let choices = Choices { kind, members, ..Choices::default() };
    let today = Date::new(2026, 11, 24).unwrap();
    decide(snapshot, &ResidentId::parse("R-1").unwrap(), &choices, today).map(|(_, shown)| shown)
}

const WHOLE: CertificateKind = CertificateKind::FamilyRegisterCertificate;
const PERSON: CertificateKind = CertificateKind::FamilyRegisterPersonCertificate;
const APPENDIX: CertificateKind = CertificateKind::FamilyRegisterAppendix;
const CLOSED: CertificateKind = CertificateKind::ClosedFamilyRegisterCertificate;

#[test]
fn the_whole_shows_everybody_and_the_others_only_whom_was_chosen_of_the_entered() {
    let register = snapshot(1, |_| {});
    assert_eq!(decided(&register, WHOLE, Members::Household), Ok(vec![1, 2, 3, 4]));
    assert_eq!(decided(&register, PERSON, Members::Applicant), Ok(vec![1]));
    assert_eq!(decided(&register, PERSON, Members::Numbered(vec![4])), Ok(vec![4]));
    assert_eq!(decided(&register, APPENDIX, Members::Numbered(vec![4, 2, 4])), Ok(vec![2, 4]));
    assert_eq!(decided(&register, APPENDIX, Members::Household), Ok(vec![1, 2, 4]));
    for (kind, members) in [
        (PERSON, Members::Numbered(vec![3])),
        (PERSON, Members::Numbered(vec![1, 2])),
        (PERSON, Members::Household),
        (APPENDIX, Members::Numbered(vec![9])),
        (APPENDIX, Members::Numbered(Vec::new())),
        (APPENDIX, Members::Chosen(vec![ResidentId::parse("R-2").unwrap()])),
    ] {
        assert_eq!(decided(&register, kind, members), Err(No::Choices));
    }
}

/// Makes a register one that a machine refuses.
type Change = fn(&mut FamilyRegister);

#[test]
fn every_cause_in_the_register_is_the_same_sentence() {
    let protection = wire::family_register::MemberProtection { from: Date::new(2026, 1, 1).unwrap(), until: None };
    let mut protected = snapshot(1, |_| {});
    protected.register.members[2].protection = Some(protection);
    let by: [(&str, Change); 3] = [
        ("pending", |register| register.is_pending = true),
        ("pending", |register| register.members[1].is_pending = true),
        ("not-current", |register| {
            register.state = wire::family_register::RegisterState::Removed { on: Date::new(2026, 1, 1).unwrap() };
        }),
    ];
    let mut refused = vec![("suppressed", decided(&protected, WHOLE, Members::Household).unwrap_err())];
    for (cause, change) in by {
        refused.push((cause, decided(&snapshot(1, change), APPENDIX, Members::Applicant).unwrap_err()));
    }
    refused.push(("under-fifteen", decided(&snapshot(4, |_| {}), WHOLE, Members::Household).unwrap_err()));
    refused.push(("removed", decided(&snapshot(3, |_| {}), PERSON, Members::Applicant).unwrap_err()));
    refused.push(("not-found", No::FamilyRegister(vec![Cause::NotFound])));
    for (cause, no) in refused {
        assert_eq!(no.refusal(), Refusal::AskAtTheCounter, "{cause}");
        assert_eq!(no.cause(), cause, "the counter learns which");
    }
}

#[test]
fn protection_beside_a_wrong_choice_is_still_the_same_sentence() {
    let pending = snapshot(1, |register| register.is_pending = true);
    let no = decided(&pending, PERSON, Members::Numbered(vec![9])).unwrap_err();
    assert_eq!(no.refusal(), Refusal::AskAtTheCounter);
}

#[test]
fn a_closed_register_is_for_the_counter_and_for_those_who_left_it() {
    let close: Change = |register| {
        register.state = wire::family_register::RegisterState::Removed { on: Date::new(2026, 1, 1).unwrap() };
    };
    assert!(CLOSED.is_for_the_counter_only() && !WHOLE.is_for_the_counter_only());
    assert_eq!(decided(&snapshot(3, close), CLOSED, Members::Household), Ok(vec![1, 2, 3, 4]));
    let pending = snapshot(3, |register| register.is_pending = true);
    assert!(matches!(decided(&pending, CLOSED, Members::Household), Err(No::FamilyRegister(_))));
}

#[test]
fn each_wording_is_dated_and_every_kind_has_one() {
    let today = Date::new(2026, 11, 24).unwrap();
    for kind in [WHOLE, PERSON, APPENDIX, CLOSED] {
        assert!(super::wording::attestation(kind, today).is_some_and(|wording| wording.ends_with('。')), "{kind:?}");
        assert_eq!(super::wording::attestation(kind, Date::new(1990, 1, 1).unwrap()), None);
    }
    assert_eq!(super::wording::attestation(CertificateKind::ResidenceCertificate, today), None);
}
