//! What the hospital is told with consent at the desk, over HTTP and HL7: somebody new (A28), a changed address (A31).

use services::hospital_card::linking::Outcome;
use services::hospital_card::model::LinkState;
use services::hospital_card::{self, notices, outbox};
use store::testing::{TestDatabase, for_each_engine};
use testkit::world::hospital::{Mischief, PatientEvent};
use tools::ResidentId;
use tools::staff::Role;
use yakuba_web::testing::Visitor;

use super::scene::House;

pub const PERSON: &str = "/counter/hospital/person";
pub const FIRST: &str = "/counter/hospital/first-visit";
pub const CHANGED: &str = "/counter/hospital/changed";
pub const AGREED: [(&str, &str); 1] = [("agreed", "1")];

/// Sends a form of the desk and reads the page it leads to.
pub fn desk_says(desk: &mut Visitor<'_>, form: &str, fields: &[(&str, &str)]) -> String {
    let answer = desk.post(form, fields);
    assert_eq!((answer.status, answer.location()), (303, Some(PERSON)), "{form}: {}", answer.text());
    desk.get(PERSON).text()
}

/// How often this person's record was read to tell the hospital, and whether the address was among it.
fn disclosed(house: &House, who: &ResidentId) -> Vec<bool> {
    let who = who.as_str().to_owned();
    let read = house.door.inside().store.read::<_, store::StoreError, _>(move |tx| {
        let sql = "SELECT items FROM disclosure WHERE subject = $1 AND duty = 'hospital_told'";
        tx.query(sql, &[who.as_str().into()])?.iter().map(|row| Ok(row.text(0)?.contains("address"))).collect()
    });
    read.unwrap()
}

#[test]
fn nothing_is_read_or_sent_without_consent_and_a_first_visit_goes_once() {
    for_each_engine(|database| {
        let house = House::open(database);
        let who = house.people(1).remove(0);
        let mut desk = house.desk(&who, "04A23B1C5D8066");
        let page = desk.get(PERSON).text();
        assert!(page.contains("氏名・読み・生年月日・性別・住所を市立病院に伝える"), "what goes is named: {page}");
        assert!(!page.contains(CHANGED), "nobody without a chart has changed there: {page}");
        let page = desk_says(&mut desk, FIRST, &[]);
        assert!(page.contains("同意がないため"), "{page}");
        assert!(desk_says(&mut desk, CHANGED, &AGREED).contains("いまの連携の状態では送れません"));
        assert_eq!((disclosed(&house, &who), house.hospital.notices().len()), (Vec::new(), 0));

        // The hospital takes it and hangs up: kept, and sent again as the same message.
        house.hospital.set_mischief(Mischief::TakesSilently);
        let page = desk_says(&mut desk, FIRST, &AGREED);
        assert!(page.contains("同じものを自動で送り直します"), "{page}");
        assert_eq!(disclosed(&house, &who), [true], "the person sees it, the address with it");
        assert!(desk_says(&mut desk, FIRST, &AGREED).contains("今日はもう送っています"));
        assert_eq!(disclosed(&house, &who).len(), 1, "not read again for nothing");
        let mut clerk = house.door.staff(&[Role::CounterClerk]);
        assert!(clerk.get("/staff/hospital").text().contains("初診の事前登録"), "it stands on the console");
        house.hospital.set_mischief(Mischief::None);
        let connection = house.door.app.hospital.clone().unwrap();
        for _ in 0..3 {
            outbox::work(house.door.inside(), &connection).unwrap();
        }
        let told = house.hospital.notices();
        let [(2, PatientEvent::Added, patient)] = told.as_slice() else { panic!("one message, twice: {told:?}") };
        let expected = house.patient(&who, "C-0");
        assert_eq!((patient.born, patient.sex, patient.kana.clone()), (expected.born, expected.sex, expected.kana));
        assert!(notices::untold(house.door.inside()).unwrap().is_empty());
        assert!(!clerk.get("/staff/hospital").text().contains("初診の事前登録"));

        // Another day: another message, the same person by the same number of ours.
        house.door.database.clock.advance_seconds(86_400);
        let mut desk = house.desk(&who, "04B23B1C5D8066");
        assert!(desk_says(&mut desk, FIRST, &AGREED).contains("病院に届きました"));
        let told = house.hospital.notices();
        assert_eq!(told.len(), 2);
        assert_eq!(told[0].2.chart_number, told[1].2.chart_number);

        // Also after the look-up key was changed, and the old one destroyed once the row stands under the new one.
        let mut last = 2;
        for (rotates, card) in [(true, "04C23B1C5D8066"), (false, "04D23B1C5D8066")] {
            let vault = &house.door.inside().vault;
            let generation = vault.rotate_lookup_key().unwrap();
            if !rotates {
                assert!(vault.retire_lookup_keys(generation - 1).unwrap() > 0);
            }
            house.door.database.clock.advance_seconds(86_400);
            let mut desk = house.desk(&who, card);
            assert!(desk_says(&mut desk, FIRST, &AGREED).contains("病院に届きました"));
            last += 1;
            let told = house.hospital.notices();
            assert_eq!(told.len(), last);
            assert_eq!(told[0].2.chart_number, told[last - 1].2.chart_number);
        }
    });
}

#[test]
fn a_change_goes_under_the_chart_number_and_what_is_refused_waits_for_staff() {
    for_each_engine(|database| {
        let house = House::open(database);
        let who = house.people(1).remove(0);
        house.hospital.add(house.patient(&who, "C-001"));
        let mut desk = house.desk(&who, "04A23B1C5D8066");
        let page = desk_says(&mut desk, "/counter/hospital/link", &[("chart", "C-001")]);
        assert!(page.contains("結び付けました") && page.contains("C-001"), "{page}");
        assert!(!page.contains(FIRST), "somebody with a chart does not come for the first time: {page}");
        assert!(desk_says(&mut desk, FIRST, &AGREED).contains("いまの連携の状態では送れません"));
        assert!(desk_says(&mut desk, CHANGED, &[]).contains("同意がないため"));
        assert_eq!(disclosed(&house, &who), [false; 0]);

        house.hospital.set_mischief(Mischief::Faulty);
        let page = desk_says(&mut desk, CHANGED, &AGREED);
        assert!(page.contains("受け取りませんでした"), "{page}");
        let connection = house.door.app.hospital.clone().unwrap();
        outbox::work(house.door.inside(), &connection).unwrap();
        let untold = notices::untold(house.door.inside()).unwrap();
        assert_eq!((untold.len(), untold[0].tries), (1, 1), "what was refused is not sent by itself");

        let mut clerk = house.door.staff(&[Role::CounterClerk]);
        let page = clerk.get("/staff/hospital");
        assert!(page.text().contains("住所・氏名の変更") && page.text().contains("PID^1^8 AE 103"), "{}", page.text());
        assert!(!page.text().contains("C-001"));
        let id = page.between("action=\"/staff/hospital/message/", "/send\"").unwrap();
        let again = format!("/staff/hospital/message/{id}/send");
        assert_eq!(house.door.staff(&[Role::Auditor]).post(&again, &[]).status, 403);
        assert_eq!(clerk.post(&again, &[]).status, 409, "refused again, and said so");
        house.hospital.set_mischief(Mischief::Closed);
        assert_eq!(clerk.post(&again, &[]).status, 503, "no answer, and said so");
        house.hospital.set_mischief(Mischief::None);
        assert_eq!(clerk.post(&again, &[]).status, 303);
        assert_eq!(clerk.post(&again, &[]).status, 410, "it is there");
        let told = house.hospital.notices();
        let [(1, PatientEvent::Changed, patient)] = told.as_slice() else { panic!("{told:?}") };
        assert_eq!(patient.chart_number, "C-001");
        let page = clerk.get("/staff/hospital").text();
        assert!(!page.contains("住所・氏名の変更") && !page.contains("PID^1^8"), "{page}");

        // Stopped: nothing goes.
        let stop = desk.get(PERSON);
        let card = stop.between("action=\"/counter/hospital/", "/stop\"").unwrap().to_owned();
        let page = desk_says(&mut desk, &format!("/counter/hospital/{card}/stop"), &[]);
        assert!(page.contains("変更しました") && page.contains("停止中"), "{page}");
        assert!(desk_says(&mut desk, CHANGED, &AGREED).contains("いまの連携の状態では送れません"));
    });
}

#[test]
fn an_older_notice_never_comes_after_a_newer_one_and_all_are_forgotten() {
    for_each_engine(|database| {
        let house = House::open(database);
        let who = house.people(1).remove(0);
        house.hospital.add(house.patient(&who, "C-001"));
        assert_eq!(house.link(&who, "C-001"), Outcome::Linked);
        house.hospital.set_mischief(Mischief::NotNow);
        let mut desk = house.desk(&who, "04A23B1C5D8066");
        assert!(desk_says(&mut desk, CHANGED, &AGREED).contains("同じものを自動で送り直します"));
        let older = notices::untold(house.door.inside()).unwrap().remove(0);
        house.door.database.clock.advance_seconds(86_400);
        let mut desk = house.desk(&who, "04B23B1C5D8066");
        assert!(desk_says(&mut desk, CHANGED, &AGREED).contains("同じものを自動で送り直します"));
        let untold = notices::untold(house.door.inside()).unwrap();
        assert!(untold.len() == 1 && untold[0].id != older.id, "the newer one took its place: {untold:?}");
        let connection = house.door.app.hospital.clone().unwrap();
        assert_eq!(outbox::send(house.door.inside(), &connection, older.id).unwrap(), outbox::Sent::Gone);
        house.hospital.set_mischief(Mischief::None);
        outbox::work(house.door.inside(), &connection).unwrap();
        assert_eq!(house.hospital.notices().len(), 1);

        // A month later nothing of it is kept, and nothing is offered to be sent again.
        house.door.database.clock.advance_seconds(2 * 86_400);
        house.hospital.set_mischief(Mischief::Closed);
        let mut desk = house.desk(&who, "04C23B1C5D8066");
        desk_says(&mut desk, CHANGED, &AGREED);
        house.door.database.clock.advance_seconds(31 * 86_400);
        hospital_card::sweep(house.door.inside()).unwrap();
        assert!(notices::untold(house.door.inside()).unwrap().is_empty());
        assert!(!house.door.staff(&[Role::CounterClerk]).get("/staff/hospital").text().contains("/send\""));
        assert_eq!(house.standing(&who).state, LinkState::Linked);
    });
}

#[test]
fn a_number_that_was_not_linked_says_what_is_done_next_in_every_language() {
    let house = House::open(TestDatabase::on_sqlite());
    let people = house.people(2);
    let (who, other) = (&people[0], &people[1]);
    house.hospital.add(house.patient(other, "C-002"));
    let mut desk = house.desk(who, "04A23B1C5D8066");
    let none = ["診察券がない人は、病院の初診窓口へ", "診察券が ない 人は", "Whoever has no paper card"];
    let differs = ["職員用画面「病院診察券」の照合待ちで", "職員の 画面「病院診察券」", "upon two pieces of evidence"];
    for (chart, words) in [("C-404", none), ("C-002", differs)] {
        desk_says(&mut desk, "/counter/hospital/link", &[("chart", chart)]);
        for (language, word) in ["ja", "ja-easy", "en"].into_iter().zip(words) {
            let page = desk.get(&format!("{PERSON}?lang={language}")).text();
            assert!(page.contains(word), "{chart} in {language}: {page}");
        }
        desk.get(&format!("{PERSON}?lang=ja"));
    }
}
