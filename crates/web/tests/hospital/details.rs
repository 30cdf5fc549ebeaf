//! What the hospital says of a linked chart and the register does not: shown to an officer and settled. And what its messages
//! may not do to the pages: fill the list of faults, or put control characters on the hall's screen.

use services::hospital_card::linking::Outcome;
use services::hospital_card::{inbox, watching};
use store::StoreError;
use store::testing::TestDatabase;
use testkit::world::hospital::{self as simulated, Booking, BookingState, Patient, PatientEvent};
use tools::service_cards::CardStatus;
use tools::staff::Role;
use tools::terminals::Sort;

use super::scene::House;

impl House {
    /// The hospital tells this of a patient; its answer.
    fn told(&self, number: &str, event: PatientEvent, patient: &Patient) -> String {
        let message = simulated::patient(number, self.door.database.seams.now(), event, patient);
        String::from_utf8_lossy(&self.send(&message.write().unwrap()).unwrap()).into_owned()
    }
}

fn born_another_day(patient: &Patient) -> Patient {
    Patient { born: patient.born.map(|day| day.plus_days(1)), ..patient.clone() }
}

#[test]
fn each_message_whose_details_differ_waits_for_an_officer_and_is_settled() {
    let house = House::open(TestDatabase::on_sqlite());
    let who = house.people(1).remove(0);
    let patient = house.patient(&who, "C-001");
    house.hospital.add(patient.clone());
    assert_eq!(house.link(&who, "C-001"), Outcome::Linked);
    let mut clerk = house.door.staff(&[Role::CounterClerk]);
    let mut auditor = house.door.staff(&[Role::Auditor]);
    let keep = "action=\"/staff/hospital/details/";
    let events = [PatientEvent::Registered, PatientEvent::Updated, PatientEvent::Added, PatientEvent::Changed];
    for (event, number) in events.into_iter().zip(["D1", "D2", "D3", "D4"]) {
        // The same: nothing to do.
        assert!(house.told(&format!("{number}A"), event, &patient).contains("MSA|AA"));
        assert!(!clerk.get("/staff/hospital").text().contains(keep), "{event:?}: the same");
        // Another day of birth, another each time: what an officer has settled does not settle this.
        let mut other = born_another_day(&patient);
        other.born = other.born.map(|day| day.plus_days(i64::from(number.as_bytes()[1])));
        assert!(house.told(number, event, &other).contains("MSA|AA"));
        let page = clerk.get("/staff/hospital");
        assert!(page.text().contains("生年月日が、病院の記録と一致しません"), "{event:?}: {}", page.text());
        assert!(!page.text().contains("C-001"));
        assert!(!auditor.get("/staff/hospital").text().contains(keep), "an auditor looks only");
        let address = format!("/staff/hospital/details/{}/keep", page.between(keep, "/keep\"").unwrap());
        assert_eq!(auditor.post(&address, &[]).status, 403);
        assert_eq!(clerk.post(&address, &[]).status, 303);
        assert_eq!(clerk.post(&address, &[]).status, 410, "settled once");
        // The hospital says the very same again: it is settled.
        assert!(house.told(&format!("{number}B"), event, &other).contains("MSA|AA"));
        assert!(!clerk.get("/staff/hospital").text().contains(keep), "{event:?}: settled");
    }
    // A merge whose remaining chart differs: the link follows, and the difference waits; the officer stops it.
    let kept = Patient { chart_number: "C-009".to_owned(), ..born_another_day(&patient) };
    house.merge("M1", &kept, "C-001");
    let page = clerk.get("/staff/hospital");
    let stop = format!("/staff/hospital/details/{}/stop", page.between(keep, "/keep\"").expect("it differs"));
    assert_eq!(clerk.post(&stop, &[]).status, 303);
    let cards = house.standing(&who).cards;
    let now = cards.iter().find(|card| card.number.reveal() == "C-009" && card.status == CardStatus::OnHold);
    assert!(now.is_some(), "{:?}", cards.iter().map(|card| card.status).collect::<Vec<_>>());
    assert!(!clerk.get("/staff/hospital").text().contains(keep));
}

#[test]
fn a_system_gone_wrong_fills_the_list_to_its_end_and_the_rest_is_counted() {
    let house = House::open(TestDatabase::on_sqlite());
    let most = usize::try_from(watching::MOST_LISTED).unwrap();
    for number in 0..most + 7 {
        let text =
            format!("MSH|^~\\&|HIS|H|Y|C|20261127093000||ORU^R01|X{number}|P|2.5||||||~ISO IR87||ISO 2022-1994\r");
        assert!(inbox::take(house.door.inside(), text.as_bytes()).is_some());
    }
    let rows = house.door.inside().cards.read::<_, StoreError, _>(|tx| {
        let row = tx.query_one("SELECT COUNT(*) FROM hospital_faults", &[])?;
        row.map_or(Ok(0), |row| row.int(0))
    });
    assert_eq!(rows.unwrap(), watching::MOST_LISTED, "no more rows than are listed at most");
    assert_eq!(watching::dropped(house.door.inside()).unwrap(), 7);
    let page = house.door.staff(&[Role::CounterClerk]).get("/staff/hospital").text();
    assert!(page.contains("一覧から落とした古いメッセージ(30日): 7"), "{page}");
}

#[test]
fn a_place_with_a_control_character_is_refused_by_field_and_stands_on_no_screen() {
    let house = House::open(TestDatabase::on_sqlite());
    let who = house.people(1).remove(0);
    let patient = house.patient(&who, "C-001");
    house.hospital.add(patient.clone());
    house.tag(&who, "04A23B1C5D8066");
    assert_eq!(house.link(&who, "C-001"), Outcome::Linked);
    let now = house.door.database.seams.now();
    let at = now.plus_seconds(3600);
    let message = |number: &str| {
        let one = Booking { number: "B-1".to_owned(), at, place: "ROOM-2".to_owned(), state: BookingState::Booked };
        simulated::booking(number, now, &patient, one).write().unwrap()
    };
    let with = |bytes: Vec<u8>, put: u8| {
        let place = bytes.windows(6).position(|part| part == b"ROOM-2").expect("the place is written as it is");
        let mut bytes = bytes;
        bytes[place + 4] = put;
        bytes
    };
    let answer = |bytes: Vec<u8>| String::from_utf8_lossy(&house.send(&bytes).unwrap()).into_owned();
    for (number, put) in [("S1", 7_u8), ("S2", 8), ("S3", 0x7f)] {
        let said = answer(with(message(number), put));
        assert!(said.contains(&format!("MSA|AE|{number}")), "{put}: {said}");
    }
    let mut machine = house.terminal(Sort::RevisitMachine);
    machine.post("/revisit/tag", &[("tag", "04A23B1C5D8066")]);
    assert!(machine.get("/revisit/today").text().contains("今日の予約がありません"));
    assert!(answer(message("S4")).contains("MSA|AA|S4"), "the same without it is taken");
    assert!(machine.get("/revisit/today").text().contains("ROOM-2"));
}
