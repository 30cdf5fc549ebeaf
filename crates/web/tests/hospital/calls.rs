//! Calling a number: by the hospital's own system with its key, and by staff.

use serde_json::Value;
use services::hospital_card::linking::Outcome;
use store::StoreError;
use store::testing::TestDatabase;
use testkit::world::hospital::BookingState;
use tools::portal::Assurance;
use tools::staff::Role;
use tools::terminals::Sort;
use yakuba_web::limits::Limits;

use super::scene::{CALLS_KEY, House};

const CALLS: &str = "/api/hospital/calls";

impl House {
    /// A call as a program sends it: status and body.
    fn called(&self, key: Option<&str>, body: &[u8]) -> (u16, Value) {
        let mut system = self.door.stranger();
        if let Some(key) = key {
            system = system.with_header("authorization", &format!("Bearer {key}"));
        }
        let answer = system.send("POST", CALLS, Some("application/json"), body.to_vec());
        (answer.status, serde_json::from_slice(&answer.bytes).unwrap_or(Value::Null))
    }

    /// Somebody received as number 1, with an account.
    fn received(&self) -> yakuba_web::testing::Visitor<'_> {
        let who = self.people(1).remove(0);
        let patient = self.patient(&who, "C-001");
        let (account, at_home) = self.door.resident(Assurance::Substantial);
        self.account(account, &who);
        self.hospital.add(patient.clone());
        self.tag(&who, "04A23B1C5D8066");
        assert_eq!(self.link(&who, "C-001"), Outcome::Linked);
        self.book("S1", &patient, 1, BookingState::Booked);
        let mut machine = self.terminal(Sort::RevisitMachine);
        machine.post("/revisit/tag", &[("tag", "04A23B1C5D8066")]);
        assert_eq!(machine.post("/revisit/receive", &[]).location(), Some("/revisit/receipt"));
        at_home
    }

    /// How often the audit log says that a number was called, and in which way.
    fn audited(&self) -> Vec<String> {
        let rows = self.door.inside().store.read::<_, StoreError, _>(|tx| {
            let sql = "SELECT c.content FROM audit_entry e JOIN audit_content c ON c.chain = e.chain \
                       AND c.position = e.position WHERE e.event = 'hospital.called' ORDER BY e.position";
            tx.query(sql, &[])?.iter().map(|row| Ok(row.text(0)?.to_owned())).collect::<Result<Vec<_>, _>>()
        });
        rows.unwrap()
    }
}

#[test]
fn the_hospital_s_system_calls_with_its_key_and_each_call_is_told_once() {
    let house = House::open(TestDatabase::on_sqlite());
    let mut at_home = house.received();
    let body = r#"{ "number": 1, "place": "診察室3" }"#.as_bytes();
    let (status, said) = house.called(Some(CALLS_KEY), body);
    assert_eq!((status, &said["called"], &said["again"]), (200, &Value::from(1), &Value::from(false)), "{said}");
    let (status, said) = house.called(Some(CALLS_KEY), body);
    assert_eq!((status, &said["again"]), (200, &Value::from(true)), "{said}");
    assert_eq!(house.tell(), 2, "received, and called once");
    let page = at_home.get("/portal/hospital").text();
    assert_eq!(page.matches("受付番号が呼ばれました").count(), 1, "{page}");
    assert!(page.contains("診察室3"));
    let log = house.audited();
    assert_eq!(log.len(), 2, "{log:?}");
    assert!(log[0].contains("\"no\"") && log[1].contains("\"yes\""), "told, and told before: {log:?}");
    assert!(
        log.iter().all(|one| one.contains("system") && !one.contains("診察室")),
        "what is typed is not kept: {log:?}"
    );
    let document: Value =
        serde_json::from_slice(&house.door.stranger().get("/api/hospital/openapi.json").bytes).unwrap();
    assert!(document["paths"][CALLS]["post"]["responses"]["404"].is_object());
}

#[test]
fn a_call_without_the_key_and_one_that_cannot_be_read_call_nobody() {
    let house = House::open(TestDatabase::on_sqlite());
    house.received();
    let good = r#"{ "number": 1, "place": "診察室3" }"#.as_bytes();
    let near = format!("{CALLS_KEY}x");
    for key in [None, Some(""), Some("another-key-that-is-not-the-hospital-s"), Some(near.as_str())] {
        let (status, said) = house.called(key, good);
        assert_eq!((status, &said["code"]), (401, &Value::from("unknown_key")), "{key:?}");
    }
    let (status, said) = house.called(Some(CALLS_KEY), r#"{ "number": 7, "place": "診察室3" }"#.as_bytes());
    assert_eq!((status, &said["code"]), (404, &Value::from("unknown_number")), "{said}");
    assert_eq!(said["at"]["field"], "number");
    for (body, line, column) in [
        ("{ \"number\": 1,\n  \"place\" }", 2, 11),
        ("{ \"number\": \"one\", \"place\": \"A\" }", 1, 17),
        ("{ \"number\": 1, \"place\": \"A\", \"name\": \"B\" }", 1, 35),
        ("", 1, 0),
    ] {
        let (status, said) = house.called(Some(CALLS_KEY), body.as_bytes());
        assert_eq!((status, &said["code"]), (400, &Value::from("malformed")), "{body}: {said}");
        assert_eq!((&said["at"]["line"], &said["at"]["column"]), (&Value::from(line), &Value::from(column)), "{body}");
    }
    for place in ["", "  ", "A\\u0007B", "A\\u200bB", "A\\nB", "123456789018", &"あ".repeat(41)] {
        let (status, said) =
            house.called(Some(CALLS_KEY), format!("{{\"number\":1,\"place\":\"{place}\"}}").as_bytes());
        assert_eq!((status, &said["at"]["field"]), (400, &Value::from("place")), "{place:?}: {said}");
        assert_eq!(said["code"], "not_a_place");
    }
    // A control character as it is makes the JSON none.
    assert_eq!(house.called(Some(CALLS_KEY), b"{\"number\":1,\"place\":\"A\x07B\"}").1["code"], "malformed");
    let (status, said) = house.called(Some(CALLS_KEY), " ".repeat(4096).as_bytes());
    assert_eq!((status, &said["code"]), (413, &Value::from("unreadable")), "{said}");
    assert_eq!(house.tell(), 1, "received; nobody was called");
    assert!(house.audited().is_empty());
}

#[test]
fn whoever_tries_keys_is_slowed_down() {
    let house = House::limited(TestDatabase::on_sqlite(), Limits::usual());
    let all: Vec<u16> = (0..610).map(|_| house.called(Some("wrong"), b"{}").0).collect();
    assert!(all.starts_with(&[401; 600]) && all.ends_with(&[429; 5]), "{all:?}");
}

#[test]
fn what_staff_typed_stands_there_again_when_nobody_was_called() {
    let house = House::open(TestDatabase::on_sqlite());
    house.received();
    let mut clerk = house.door.staff(&[Role::CounterClerk]);
    for (number, place, wrong) in
        [("7", "診察室3", "number"), ("eins", "診察室3", "number"), ("1", "診察\u{200b}室3", "to")]
    {
        let page = clerk.post("/staff/hospital/call", &[("number", number), ("to", place)]);
        assert_eq!(page.status, 400);
        let text = page.text();
        assert!(
            text.contains(&format!("value=\"{number}\"")) && text.contains(&format!("value=\"{place}\"")),
            "{text}"
        );
        assert!(text.contains(&format!("id=\"{wrong}-error\"")), "{text}");
    }
    let number = clerk.post("/staff/hospital/call", &[("number", "1"), ("to", "123456789018")]);
    assert!(number.status == 400 && !number.text().contains("123456789018"), "an Individual Number is not said back");
    assert_eq!(clerk.get("/staff/hospital/call").location(), Some("/staff/hospital"), "in another language, or again");
    let done = clerk.post("/staff/hospital/call", &[("number", "１"), ("to", "診察室3")]);
    assert_eq!(done.status, 303);
    assert!(done.location().unwrap().starts_with("/staff/hospital"));
    assert_eq!(house.audited().len(), 1);
}
