//! Our resources before three validators nobody here wrote, and resources of theirs before us.
//!
//! `fhirkit-rs` (PyPI), `fhir` (npm) and `@medplum/core` (npm). None finds everything: what is wrong must be found by at
//! least one, what is right must be taken by all three.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod opinions;

use base::{Date, Timestamp};
use opinions::opinions;
use proptest::prelude::*;
use serde_json::{Value, json};
use yakuba_fhir::appointment::{instant, read_instant};
use yakuba_fhir::bundle::Entry;
use yakuba_fhir::{Appointment, Bundle, Fault, Gender, Grade, MatchRequest, Patient, read, refusal};

const SYSTEM: &str = "urn:oid:1.2.392.100495.20.3.51.11310000000";

fn at(hour: u8, minute: u8) -> Timestamp {
    Timestamp::in_japan(Date::new(2026, 11, 27).unwrap(), hour, minute, 0)
}

fn patient() -> Patient {
    let mut patient = Patient::new(SYSTEM, "0012345")
        .named(("見本", "楓"), ("ミホン", "カエデ"))
        .born(Date::new(1985, 1, 2).unwrap(), Gender::Female);
    patient.id = Some("p1".to_owned());
    patient.active = Some(true);
    patient
}

fn appointment() -> Appointment {
    Appointment::booked("a1", "Patient/p1", "内科", at(9, 30), at(9, 45))
}

#[test]
fn what_we_write_is_taken_by_all_three_and_read_again() {
    let found =
        Bundle::found(vec![Entry::graded("http://hospital.example/Patient/p1".to_owned(), patient(), Grade::Certain)]);
    let question = MatchRequest { patient: patient(), only_certain: true }.to_json().unwrap();
    let all = [
        serde_json::to_value(patient()).unwrap(),
        serde_json::to_value(appointment()).unwrap(),
        serde_json::to_value(&found).unwrap(),
        question,
        refusal("not-found", "no such patient"),
    ];
    assert_eq!(opinions(&all), [[0; 3]; 5]);
    let bytes = |value: &Value| serde_json::to_vec(value).unwrap();
    assert!(read::<Patient>(&bytes(&all[0])).unwrap() == patient());
    assert!(read::<Appointment>(&bytes(&all[1])).unwrap() == appointment());
    let again: Bundle<Patient> = read(&bytes(&all[2])).unwrap();
    assert_eq!(again.certain().unwrap().chart_number(SYSTEM), Some("0012345"));
    assert_eq!(appointment().begins(), Some(at(9, 30)));
    assert_eq!((appointment().department(), appointment().is_for("Patient/p1")), (Some("内科"), true));
}

#[test]
fn what_is_wrong_is_found_by_at_least_one_and_not_read_by_us() {
    let change = |member: &str, value: Value| {
        let mut wrong = serde_json::to_value(patient()).unwrap();
        wrong[member] = value;
        wrong
    };
    let booked = |member: &str, value: Value| {
        let mut wrong = serde_json::to_value(appointment()).unwrap();
        wrong[member] = value;
        wrong
    };
    let patients = [change("birthDate", json!("2020-13-01")), change("gender", json!("xx"))];
    let appointments = [booked("status", json!("maybe")), booked("start", json!("half past nine"))];
    for (wrong, said) in patients.iter().zip(opinions(&patients)) {
        assert!(said.iter().any(|errors| *errors > 0), "nobody minds {wrong}");
        assert!(read::<Patient>(&serde_json::to_vec(wrong).unwrap()).is_err(), "{wrong}");
    }
    for (wrong, said) in appointments.iter().zip(opinions(&appointments)) {
        assert!(said.iter().any(|errors| *errors > 0), "nobody minds {wrong}");
        assert!(read::<Appointment>(&serde_json::to_vec(wrong).unwrap()).is_err(), "{wrong}");
    }
}

#[test]
fn a_fault_says_where_and_never_what_stood_there() {
    let json = b"{\n  \"resourceType\": \"Patient\",\n  \"gender\": \"secret\"\n}";
    let fault = read::<Patient>(json).err().unwrap();
    assert!(matches!(fault, Fault::Json { line: 3, .. }), "{fault}");
    assert!(!fault.to_string().contains("secret"));
    assert_eq!(read::<Patient>(b"{\"resourceType\":\"Appointment\"}").err(), Some(Fault::AnotherResource("Patient")));
    let number = json!({"resourceType": "Patient", "identifier": [{"system": "x", "value": "123456789018"}]});
    let fault = read::<Patient>(number.to_string().as_bytes()).err().unwrap();
    assert_eq!(fault, Fault::IndividualNumber("Patient.identifier.value"));
    let two = Bundle::found(vec![
        Entry::graded("a".to_owned(), patient(), Grade::Certain),
        Entry::graded("b".to_owned(), patient(), Grade::Certain),
    ]);
    assert!(two.certain().is_none(), "two certain ones are none");
}

proptest! {
    #[test]
    fn any_bytes_are_answered(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = (read::<Patient>(&bytes).is_ok(), read::<Bundle<Appointment>>(&bytes).is_ok());
    }

    #[test]
    fn any_text_is_an_instant_or_none(text in "\\PC{0,40}") {
        let _ = read_instant(&text);
    }

    #[test]
    fn an_instant_reads_back(seconds in 0_i64..2_000_000_000) {
        let at = Timestamp::from_micros(seconds * 1_000_000);
        prop_assert_eq!(read_instant(&instant(at)), Some(at));
    }
}
