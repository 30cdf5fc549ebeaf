//! A hospital asked by FHIR, over a real socket.

use std::sync::Arc;

use base::{Date, Seams, Timestamp};
use openid::http::OverTcp;
use testkit::world::hospital_fhir::{Appointment, Gender, HospitalFhir, Patient};

use super::hospital::{Fault, Hospital, OverHl7};
use super::over_fhir::{OverFhir, Server};

const SYSTEM: &str = "urn:oid:1.2.392.100495.20.3.51.11310000000";
const TOKEN: &str = "a-token-of-this-test";

fn day() -> Date {
    Date::new(2026, 11, 27).unwrap()
}

fn at(hour: u8) -> Timestamp {
    Timestamp::in_japan(day(), hour, 30, 0)
}

fn patient(id: &str, chart: &str) -> Patient {
    let mut patient = Patient::new(SYSTEM, chart)
        .named(("見本", "楓"), ("ミホン", "カエデ"))
        .born(Date::new(1985, 1, 2).unwrap(), Gender::Female);
    patient.id = Some(id.to_owned());
    patient
}

fn asked(server: &HospitalFhir, token: &str) -> OverFhir {
    let (seams, _) = Seams::simulated(at(8), 1);
    let (origin, chart_system) = (server.origin(), SYSTEM.to_owned());
    let server = Server { origin, chart_system, token: token.to_owned().into() };
    OverFhir::new(server, Arc::new(OverTcp::default()), Some(OverHl7::new("127.0.0.1:1", "99999", seams)), "99999")
}

#[test]
fn a_chart_number_gives_its_patient_and_that_patient_s_bookings_of_the_day_only() {
    let server = HospitalFhir::start(TOKEN, SYSTEM).unwrap();
    server.add(patient("p1", "P-1001"));
    server.add(patient("p2", "P-1002"));
    server.book(Appointment::booked("a1", "Patient/p1", "内科", at(9), at(10)));
    server.book(Appointment::booked(
        "a2",
        "Patient/p1",
        "眼科",
        at(9).plus_seconds(86_400),
        at(10).plus_seconds(86_400),
    ));
    server.book(Appointment::booked("a3", "Patient/p2", "外科", at(9), at(10)));
    let hospital = asked(&server, TOKEN);
    let found = hospital.find("P-1001").unwrap();
    let [one] = found.as_slice() else { panic!("one patient") };
    assert_eq!((one.born, one.sex), (Date::new(1985, 1, 2), hl7::Sex::Female));
    assert_eq!(one.kana.as_ref().map(|kana| (kana.family.as_str(), kana.given.as_str())), Some(("ミホン", "カエデ")));
    assert!(hospital.find("P-1003").unwrap().is_empty(), "an unknown number is nobody");
    // The server answers with everybody's; only this patient's of this day are taken.
    let booked = hospital.bookings("P-1001", day()).unwrap().unwrap();
    let booked: Vec<_> = booked.iter().map(|one| (one.number.as_str(), one.place.as_str(), one.at)).collect();
    assert_eq!(booked, [("a1", "内科", at(9))]);
}

#[test]
fn a_record_merged_away_and_two_of_one_number_give_no_bookings() {
    let server = HospitalFhir::start(TOKEN, SYSTEM).unwrap();
    let mut gone = patient("p1", "P-1001");
    gone.active = Some(false);
    server.add(gone);
    server.add(patient("p2", "P-1002"));
    server.add(patient("p3", "P-1002"));
    server.book(Appointment::booked("a1", "Patient/p2", "内科", at(9), at(10)));
    let hospital = asked(&server, TOKEN);
    assert!(hospital.find("P-1001").unwrap().is_empty());
    assert_eq!(hospital.bookings("P-1002", day()), Ok(Some(Vec::new())), "nobody is guessed");
}

#[test]
fn a_server_that_is_down_and_one_that_lets_nobody_in_are_named_apart() {
    let server = HospitalFhir::start(TOKEN, SYSTEM).unwrap();
    assert!(matches!(asked(&server, "another").find("P-1"), Err(Fault::Refused { why, .. }) if why == "401"));
    server.set_down(true);
    assert_eq!(asked(&server, TOKEN).find("P-1"), Err(Fault::Silent));
}
