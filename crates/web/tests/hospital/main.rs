//! The city hospital's card over HTTP and MLLP: linked only when it is certain, merges that follow, messages once, the re-visit
//! machine with a tag, a call that reaches the portal.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests stop the test")]

mod calls;
mod details;
mod fhir;
mod machine;
mod peers;
mod scene;
mod told;

use std::io::Write;
use std::net::TcpStream;

use services::hospital_card::linking::Outcome;
use services::hospital_card::model::{LinkState, Reason};
use services::hospital_card::{self, arriving, outbox, watching};
use store::testing::for_each_engine;
use testkit::world::hospital::{BookingState, Mischief, Patient};
use tools::portal::Assurance;
use tools::service_cards::{CardStatus, Form};
use tools::staff::Role;
use tools::terminals::Sort;

use scene::House;

fn words(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn a_chart_is_linked_when_everything_is_the_same_and_never_by_a_guess() {
    for_each_engine(|database| {
        let house = House::open(database);
        let people = house.people(2);
        let (sure, unsure) = (&people[0], &people[1]);
        house.hospital.add(house.patient(sure, "C-001"));
        let almost = house.patient(unsure, "C-002");
        let born = almost.born.map(|day| day.plus_days(1));
        house.hospital.add(Patient { born, ..almost });

        assert_eq!(house.link(sure, "123456789018"), Outcome::NotANumber, "an Individual Number is refused");
        assert_eq!(house.link(sure, "C-404"), Outcome::Waits(Reason::NoSuchChart));
        assert_eq!(house.link(sure, "Ｃ-001"), Outcome::Linked, "as a wide keyboard types it");
        let standing = house.standing(sure);
        assert_eq!((standing.state, standing.waits), (LinkState::Linked, None), "what waited is over");
        let forms: Vec<Form> = standing.cards.iter().map(|card| card.form).collect();
        assert!(forms.contains(&Form::OneCard) && forms.contains(&Form::OwnCard), "the paper card goes on beside it");
        assert_eq!(house.link(sure, "C-001"), Outcome::HasOne);

        assert_eq!(house.link(unsure, "C-002"), Outcome::Waits(Reason::Born));
        house.hospital.set_mischief(Mischief::Closed);
        assert_eq!(house.link(unsure, "C-002"), Outcome::Waits(Reason::Silent));
        house.hospital.set_mischief(Mischief::None);
        assert_eq!(house.link(unsure, "C-002"), Outcome::Waits(Reason::Born));
        assert_eq!(house.standing(unsure).state, LinkState::Waiting);

        // The officer: two different pieces of evidence, or no link. No whole number is on the page.
        let mut auditor = house.door.staff(&[Role::Auditor]);
        let mut clerk = house.door.staff(&[Role::CounterClerk]);
        let page = clerk.get("/staff/hospital");
        assert!(
            page.text().contains("生年月日が、病院の記録と一致しません") && page.text().contains("…002"),
            "{}",
            page.text()
        );
        assert!(!page.text().contains("C-002"));
        let accept = page.between("action=\"/staff/hospital/waiting/", "/accept\"").unwrap();
        let address = format!("/staff/hospital/waiting/{accept}/accept");
        let (first, second) = (format!("first-{accept}"), format!("second-{accept}"));
        let twice = [(first.as_str(), "paper-card"), (second.as_str(), "paper-card")];
        let two = [(first.as_str(), "paper-card"), (second.as_str(), "photo-id")];
        assert_eq!(auditor.post(&address, &two).status, 403);
        assert_eq!(clerk.post(&address, &twice).status, 400);
        assert_eq!(house.standing(unsure).state, LinkState::Waiting);
        assert_eq!(clerk.post(&address, &two).status, 303);
        assert_eq!(house.standing(unsure).state, LinkState::Linked);
        assert_eq!(clerk.post(&address, &two).status, 410, "decided once");

        // Nobody else gets a number that is somebody's, not even by an officer.
        let mut other = house.patient(sure, "C-002");
        other.chart_number = "C-002".to_owned();
        assert_eq!(house.link(sure, "C-002"), Outcome::HasOne);
    });
}

#[test]
fn a_merge_is_followed_once_and_told_and_a_taken_number_stops_the_link() {
    for_each_engine(|database| {
        let house = House::open(database);
        let people = house.people(2);
        let (moved, other) = (&people[0], &people[1]);
        let (account, mut at_home) = house.door.resident(Assurance::Substantial);
        house.account(account, moved);
        for (who, chart) in [(moved, "C-001"), (other, "C-002")] {
            house.hospital.add(house.patient(who, chart));
            assert_eq!(house.link(who, chart), Outcome::Linked);
        }
        let kept = house.patient(moved, "C-009");
        let first = house.merge("M1", &kept, "C-001");
        assert!(words(&first).contains("MSA|AA|M1"), "{}", words(&first));
        assert_eq!(house.merge("M1", &kept, "C-001"), first, "answered the same, byte by byte");
        let numbers: Vec<(String, CardStatus)> =
            house.standing(moved).cards.iter().map(|card| (card.number.reveal().clone(), card.status)).collect();
        assert_eq!(numbers.iter().filter(|(number, status)| number == "C-009" && status.is_live()).count(), 2);
        assert!(!numbers.iter().any(|(number, status)| number == "C-001" && status.is_live()), "{numbers:?}");
        assert_eq!(watching::merges(house.door.inside()).unwrap().len(), 1, "done once");
        // Another message under the same number is neither done nor answered as if it were.
        let another = words(&house.merge("M1", &house.patient(other, "C-002"), "C-009"));
        assert!(another.contains("MSA|AE|M1"), "{another}");
        assert_eq!(watching::merges(house.door.inside()).unwrap().len(), 1, "nothing more was done");

        assert_eq!(house.tell(), 1);
        assert_eq!(house.tell(), 0);
        let page = at_home.get("/portal/hospital").text();
        assert_eq!(page.matches("診察券番号が変わりました").count(), 1, "{page}");
        assert!(!page.contains("C-009"), "no chart number leaves the inside");

        // The chart that stays is somebody else's: nothing is guessed.
        house.door.database.clock.advance_seconds(1);
        house.merge("M2", &house.patient(other, "C-002"), "C-009");
        assert_eq!(house.standing(moved).state, LinkState::Stopped);
        assert_eq!(house.standing(other).state, LinkState::Linked);
        assert_eq!(watching::merges(house.door.inside()).unwrap()[0].conflicts, 2);
    });
}

#[test]
fn bad_messages_are_answered_with_their_place_and_a_cut_one_harms_nothing() {
    for_each_engine(|database| {
        let house = House::open(database);
        let who = house.people(1).remove(0);
        let patient = house.patient(&who, "C-001");
        assert_eq!(house.send(b"no message at all"), None, "nobody to answer");
        let text = |kind: &str, rest: &str| {
            format!("MSH|^~\\&|HIS|H|Y|C|20261127093000||{kind}|X1|P|2.5||||||~ISO IR87||ISO 2022-1994\r{rest}")
                .into_bytes()
        };
        let answer = words(&house.send(&text("ADT^A40", "PID|1||C-1^^^^PI||A^B\r")).unwrap());
        assert!(answer.contains("MSA|AE|X1") && answer.contains("ERR||MRG^1^0|100"), "{answer}");
        let answer = words(&house.send(&text("ORU^R01", "")).unwrap());
        assert!(answer.contains("MSA|AR|X1"), "results are not spoken here: {answer}");
        let page = house.door.staff(&[Role::CounterClerk]).get("/staff/hospital").text();
        assert!(page.contains("MRG-0") && page.contains("MSH-9"), "{page}");

        // The connection ends in the middle of a message.
        let mut stream = TcpStream::connect(house.listener.address()).unwrap();
        stream.write_all(b"\x0bMSH|^~\\&|HIS|H|Y|C|2026112709").unwrap();
        drop(stream);
        assert!(house.book("S1", &patient, 1, BookingState::Booked).contains("MSA|AA|S1"));
    });
}

#[test]
fn somebody_with_a_tag_is_received_once_and_called_on_their_phone() {
    for_each_engine(|database| {
        let house = House::open(database);
        let who = house.people(1).remove(0);
        let patient = house.patient(&who, "C-001");
        let (account, mut at_home) = house.door.resident(Assurance::Substantial);
        house.account(account, &who);
        house.hospital.add(patient.clone());
        house.tag(&who, "04A23B1C5D8066");
        let tag = [("tag", "04A23B1C5D8066")];

        let mut desk = house.terminal(Sort::HospitalDesk);
        assert_eq!(desk.get("/revisit").status, 403, "another machine's page");
        assert_eq!(desk.post("/counter/hospital", &tag).location(), Some("/counter/hospital"));
        let page = desk.get("/counter/hospital").text();
        assert!(page.contains("タグではできません"), "a tag links nothing: {page}");
        let mut machine = house.terminal(Sort::RevisitMachine);
        assert_eq!(machine.post("/revisit/tag", &tag).location(), Some("/revisit/today"));
        assert!(machine.get("/revisit/today").text().contains("まだ診察券と結び付いていない"));
        assert_eq!(house.link(&who, "C-001"), Outcome::Linked);
        assert!(machine.get("/revisit/today").text().contains("今日の予約がありません"));
        // Moved to the day after tomorrow: not kept. Moved back: kept. The place stands there, no name does.
        house.book("S1", &patient, 1, BookingState::Booked);
        house.book("S2", &patient, 72, BookingState::Changed);
        assert!(machine.get("/revisit/today").text().contains("今日の予約がありません"));
        house.book("S3", &patient, 0, BookingState::Changed);
        let page = machine.get("/revisit/today").text();
        assert!(page.contains("眼科 2番"), "{page}");
        let kana = patient.kana.clone().unwrap();
        assert!(!page.contains(&kana.family) && !page.contains("C-001"), "{page}");

        // The hospital takes it and hangs up: it comes again under the same number, and is one reception there.
        house.hospital.set_mischief(Mischief::TakesSilently);
        assert_eq!(machine.post("/revisit/receive", &[]).location(), Some("/revisit/receipt"));
        let receipt = machine.get("/revisit/receipt").text();
        let number = "<p class=\"revisit-number\">1</p>";
        assert!(receipt.contains(number) && receipt.contains("病院のシステムに送っています"), "{receipt}");
        assert_eq!(machine.post("/revisit/receive", &[]).location(), Some("/revisit/receipt"), "pressed twice");
        assert!(machine.get("/revisit/receipt").text().contains(number));
        house.hospital.set_mischief(Mischief::None);
        let connection = house.door.app.hospital.clone().unwrap();
        outbox::work(house.door.inside(), &connection).unwrap();
        outbox::work(house.door.inside(), &connection).unwrap();
        let receptions = house.hospital.receptions();
        assert_eq!(receptions.len(), 1, "{receptions:?}");
        assert_eq!((receptions[0].1, receptions[0].2.as_str()), (2, "C-001"));
        assert_eq!(machine.get("/revisit/today").location(), Some("/revisit/receipt"));
        assert!(!machine.get("/revisit/receipt").text().contains("病院のシステムに送っています"));
        assert_eq!(machine.post("/revisit/next", &[]).location(), Some("/revisit?lang=ja&text=usual"));
        let forgotten = machine.get("/revisit/today");
        assert_eq!(forgotten.location(), Some("/revisit?lang=ja&text=usual"), "the person is forgotten");

        let mut clerk = house.door.staff(&[Role::CounterClerk]);
        let called = clerk.post("/staff/hospital/call", &[("number", "1"), ("to", "診察室3")]);
        assert_eq!(called.status, 303, "{}", called.text());
        assert_eq!(clerk.post("/staff/hospital/call", &[("number", "7"), ("to", "診察室3")]).status, 400);
        // Called again to the same place: nobody is told twice.
        assert_eq!(clerk.post("/staff/hospital/call", &[("number", "1"), ("to", "診察室3")]).status, 303);
        assert_eq!(house.tell(), 2, "received, and called once");
        let page = at_home.get("/portal/hospital").text();
        assert!(page.contains("受付番号が呼ばれました") && page.contains("診察室3"), "{page}");
        assert!(page.contains("カードの画面に戻る") && page.contains("href=\"/portal/cards\""), "a way back: {page}");
        let home = at_home.get("/portal").text();
        assert!(
            home.contains("受付番号が呼ばれました") && home.contains("診察室3"),
            "the first page says it today: {home}"
        );
        assert!(machine.get("/revisit/queue").text().contains("診察室3"));
        let (_, mut stranger) = house.door.resident(Assurance::Substantial);
        assert!(!stranger.get("/portal").text().contains("受付番号が呼ばれました"));
        assert!(stranger.get("/portal/hospital").text().contains("知らせはありません"));

        // Refused for a fault: not sent again by itself, staff send it again.
        house.door.database.clock.advance_seconds(86_400);
        hospital_card::sweep(house.door.inside()).unwrap();
        assert!(arriving::queue(house.door.inside()).unwrap().is_empty(), "a day's queue ends with it");
        house.book("S4", &patient, 0, BookingState::Changed);
        house.hospital.set_mischief(Mischief::Faulty);
        machine.post("/revisit/tag", &tag);
        machine.post("/revisit/receive", &[]);
        let mut clerk = house.door.staff(&[Role::CounterClerk]);
        let page = clerk.get("/staff/hospital");
        assert!(page.text().contains("PID^1^8 AE 103"), "{}", page.text());
        house.hospital.set_mischief(Mischief::None);
        outbox::work(house.door.inside(), &connection).unwrap();
        assert_eq!(house.hospital.receptions().len(), 1);
        let visit = page.between("action=\"/staff/hospital/message/", "/send\"").unwrap();
        assert_eq!(clerk.post(&format!("/staff/hospital/message/{visit}/send"), &[]).status, 303);
        assert_eq!(house.hospital.receptions().len(), 2);
        assert!(!clerk.get("/staff/hospital").text().contains("PID^1^8"));
    });
}
