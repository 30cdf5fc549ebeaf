//! A hospital that speaks FHIR alone, over HTTP at the desk and the re-visit machine; what is written there before three
//! validators nobody here wrote.

#[path = "../../../fhir/tests/opinions/mod.rs"]
mod opinions;

use std::sync::Arc;

use openid::http::OverTcp;
use services::hospital_card::hospital::Connection;
use services::hospital_card::linking::Outcome;
use services::hospital_card::over_fhir::{OverFhir, Server};
use services::hospital_card::{arriving, notices, outbox};
use store::StoreError;
use store::testing::{TestDatabase, for_each_engine};
use testkit::world::hospital_fhir::{Appointment, AppointmentStatus, HospitalFhir, id_of, record};
use tools::ResidentId;
use tools::staff::Role;
use tools::terminals::Sort;

use super::scene::House;
use super::told::{AGREED, CHANGED, FIRST, PERSON, desk_says};

const SYSTEM: &str = "urn:oid:1.2.392.100495.20.3.51.11310000000";
const TOKEN: &str = "a-token-of-this-test";
const TAG: &str = "04A23B1C5D8066";

fn open(database: TestDatabase) -> (House, HospitalFhir) {
    let server = HospitalFhir::start(TOKEN, SYSTEM).unwrap();
    let asked = Server { origin: server.origin(), chart_system: SYSTEM.to_owned(), token: TOKEN.to_owned().into() };
    let house = House::reached_by(database, |_| {
        let over = OverFhir::new(asked, Arc::new(OverTcp::default()), None, "99999");
        Connection::new(Box::new(over), "fhir", true)
    });
    (house, server)
}

/// The hospital knows this person under `chart`, and has booked them for today where it says so.
fn known(house: &House, server: &HospitalFhir, who: &ResidentId, chart: &str, booking: Option<&str>) {
    server.add(record(&house.patient(who, chart), SYSTEM));
    if let Some(booking) = booking {
        let at = house.door.database.seams.now().plus_seconds(60);
        let whose = format!("Patient/{}", id_of(chart));
        server.book(Appointment::booked(booking, &whose, "内科 1番", at, at.plus_seconds(600)));
    }
}

/// How the hospital's system has each reception of today.
fn states(house: &House) -> Vec<String> {
    arriving::queue(house.door.inside()).unwrap().into_iter().map(|visit| visit.state).collect()
}

fn work(house: &House) {
    outbox::work(house.door.inside(), &house.door.app.hospital.clone().unwrap()).unwrap();
}

#[test]
fn a_chart_is_linked_when_certain_and_an_arrival_is_written_whoever_is_quicker() {
    for_each_engine(|database| {
        let (house, server) = open(database);
        let people = house.people(2);
        let (sure, unsure) = (&people[0], &people[1]);
        known(&house, &server, sure, "C-001", Some("a1"));
        let almost = house.patient(unsure, "C-002");
        let born = almost.born.map(|day| day.plus_days(1));
        server.add(record(&testkit::world::hospital::Patient { born, ..almost }, SYSTEM));

        let mut desk = house.desk(unsure, "04B23B1C5D8066");
        let page = desk_says(&mut desk, "/counter/hospital/link", &[("chart", "C-002")]);
        assert!(page.contains("生年月日が、病院の記録と一致しません"), "{page}");
        let mut desk = house.desk(sure, TAG);
        let page = desk_says(&mut desk, "/counter/hospital/link", &[("chart", "C-404")]);
        assert!(page.contains("その番号の記録がありません"), "{page}");
        // One next step: while a number is to be linked, the next person comes second.
        let next = |kind: &str| format!("class=\"{kind}\">終わる(次の人へ)<");
        assert!(page.contains(&next("button button-secondary")), "{page}");
        let page = desk_says(&mut desk, "/counter/hospital/link", &[("chart", "C-001")]);
        assert!(page.contains("結び付けました") && page.contains(&next("button")), "{page}");

        // Somebody at the hospital changes the booking in the same moment: it is read again, and written once.
        server.set_quicker(1);
        let mut machine = house.terminal(Sort::RevisitMachine);
        machine.post("/revisit/tag", &[("tag", TAG)]);
        assert!(machine.get("/revisit/today").text().contains("内科 1番"));
        machine.post("/revisit/receive", &[]);
        assert_eq!(states(&house), ["received"]);
        assert_eq!(server.appointments(), [("a1".to_owned(), AppointmentStatus::Arrived)]);
        assert_eq!(server.written().len(), 1, "the one under the old version was not taken");
        machine.post("/revisit/receive", &[]);
        work(&house);
        assert_eq!(server.written().len(), 1, "received once, written once");
    });
}

#[test]
fn a_hospital_that_takes_nothing_now_has_it_later_once() {
    for_each_engine(|database| {
        let (house, server) = open(database);
        let people = house.people(2);
        let (who, slow) = (&people[0], &people[1]);
        known(&house, &server, who, "C-001", Some("a1"));
        known(&house, &server, slow, "C-002", Some("a2"));
        assert_eq!(house.link(who, "C-001"), Outcome::Linked);
        assert_eq!(house.link(slow, "C-002"), Outcome::Linked);
        let mut desk = house.desk(who, TAG);
        server.set_takes_nothing(true);
        let mut machine = house.terminal(Sort::RevisitMachine);
        machine.post("/revisit/tag", &[("tag", TAG)]);
        machine.post("/revisit/receive", &[]);
        assert!(desk_says(&mut desk, CHANGED, &AGREED).contains("同じものを自動で送り直します"));
        work(&house);
        assert_eq!((states(&house), server.written().len()), (vec!["sending".to_owned()], 0));
        server.set_takes_nothing(false);
        work(&house);
        work(&house);
        assert_eq!((states(&house), server.written().len()), (vec!["received".to_owned()], 2));
        assert!(notices::untold(house.door.inside()).unwrap().is_empty());

        // Always somebody quicker, three times: it comes again by itself.
        house.tag(slow, "04B23B1C5D8066");
        server.set_quicker(3);
        machine.post("/revisit/tag", &[("tag", "04B23B1C5D8066")]);
        machine.post("/revisit/receive", &[]);
        assert_eq!(states(&house), ["received", "sending"]);
        work(&house);
        assert_eq!(states(&house), ["received", "received"]);
        assert!(server.appointments().iter().all(|(_, status)| *status == AppointmentStatus::Arrived));
    });
}

#[test]
fn somebody_new_is_one_record_however_often_they_are_told_of_and_staff_see_what_is_refused() {
    for_each_engine(|database| {
        let (house, server) = open(database);
        let who = house.people(1).remove(0);
        let mut desk = house.desk(&who, TAG);
        server.set_refuses(true);
        assert!(desk_says(&mut desk, FIRST, &AGREED).contains("受け取りませんでした"));
        let mut clerk = house.door.staff(&[Role::CounterClerk]);
        let page = clerk.get("/staff/hospital");
        assert!(page.text().contains("FHIR AE 422"), "{}", page.text());
        server.set_refuses(false);
        let id = page.between("action=\"/staff/hospital/message/", "/send\"").unwrap();
        assert_eq!(clerk.post(&format!("/staff/hospital/message/{id}/send"), &[]).status, 303);
        assert_eq!(server.patients().len(), 1);
        house.door.database.clock.advance_seconds(86_400);
        let mut desk = house.desk(&who, "04B23B1C5D8066");
        assert!(desk_says(&mut desk, FIRST, &AGREED).contains("病院に届きました"));
        assert_eq!((server.written().len(), server.patients().len()), (2, 1), "told twice, one record");
        let kept = server.patients().remove(0);
        assert!(kept.chart_number(SYSTEM).is_none() && kept.address.len() == 1, "our number, not a chart's");
        assert_eq!(kept.birth_day(), house.patient(&who, "C-0").born);
    });
}

#[test]
fn a_record_that_took_another_s_place_is_followed_at_the_machine() {
    for_each_engine(|database| {
        let (house, server) = open(database);
        let who = house.people(1).remove(0);
        known(&house, &server, &who, "C-001", Some("a1"));
        known(&house, &server, &who, "C-009", None);
        assert_eq!(house.link(&who, "C-001"), Outcome::Linked);
        house.tag(&who, TAG);
        // Made one while a reception waits: it is still this person's booking.
        server.set_takes_nothing(true);
        let mut early = house.terminal(Sort::RevisitMachine);
        early.post("/revisit/tag", &[("tag", TAG)]);
        early.post("/revisit/receive", &[]);
        server.merge(&id_of("C-001"), &id_of("C-009"));
        server.set_takes_nothing(false);
        work(&house);
        assert_eq!(
            (states(&house), server.appointments()[0].1),
            (vec!["received".to_owned()], AppointmentStatus::Arrived)
        );
        let mut machine = house.terminal(Sort::RevisitMachine);
        machine.post("/revisit/tag", &[("tag", TAG)]);
        machine.get("/revisit/today");
        let live: Vec<String> = house
            .standing(&who)
            .cards
            .into_iter()
            .filter(|card| card.status.is_live())
            .map(|card| card.number.reveal().clone())
            .collect();
        assert!(!live.is_empty() && live.iter().all(|number| number == "C-009"), "{live:?}");
        assert!(house.door.staff(&[Role::CounterClerk]).get("/staff/hospital").text().contains("…001 → …009"));
    });
}

#[test]
fn what_is_written_there_is_taken_by_three_validators_and_an_address_under_protection_is_not_in_it() {
    let (house, server) = open(TestDatabase::on_sqlite());
    let people = house.people(3);
    let (comes, moved, hidden) = (&people[0], &people[1], &people[2]);
    known(&house, &server, comes, "C-001", Some("a1"));
    known(&house, &server, moved, "C-002", None);
    assert_eq!(house.link(comes, "C-001"), Outcome::Linked);
    assert_eq!(house.link(moved, "C-002"), Outcome::Linked);
    house.tag(comes, TAG);
    let mut machine = house.terminal(Sort::RevisitMachine);
    machine.post("/revisit/tag", &[("tag", TAG)]);
    machine.post("/revisit/receive", &[]);
    let mut desk = house.desk(moved, "04B23B1C5D8066");
    assert!(desk_says(&mut desk, CHANGED, &AGREED).contains("病院に届きました"));
    protect(&house, hidden);
    let mut desk = house.desk(hidden, "04C23B1C5D8066");
    assert!(desk.get(PERSON).text().contains("支援措置を受けている人の住所は送りません"), "said to everybody alike");
    assert!(desk_says(&mut desk, FIRST, &AGREED).contains("病院に届きました"));

    let written = server.written();
    let kinds: Vec<_> = written.iter().map(|one| one["resourceType"].as_str().unwrap_or_default()).collect();
    assert_eq!(kinds, ["Appointment", "Patient", "Patient"]);
    assert_eq!(written[0]["status"], "arrived");
    assert!(written[1]["address"][0]["text"].as_str().is_some_and(|text| !text.is_empty()), "{}", written[1]);
    assert!(written[2].get("address").is_none() && written[2].get("name").is_some(), "{}", written[2]);
    assert_eq!(opinions::opinions(&written), [[0; 3]; 3]);
}

/// From today on this person is under protection (支援措置).
fn protect(house: &House, who: &ResidentId) {
    let (who, today) = (who.as_str().to_owned(), house.door.database.seams.today());
    let done = house.door.inside().store.write::<_, StoreError, _>(move |tx| {
        tx.execute(
            "INSERT INTO protections (generation, resident_id, protected_from) \
             SELECT generation, resident_id, $2 FROM residents WHERE resident_id = $1",
            &[who.as_str().into(), today.into()],
        )
    });
    assert!(done.unwrap() > 0);
}
