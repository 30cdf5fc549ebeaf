//! What a form at a machine may carry.

#![allow(clippy::unwrap_used, reason = "helpers of tests stop the test")]

use store::testing::for_each_engine;
use tools::access::Actor;
use yakuba_web::session::{self, Door};
use yakuba_web::testing::{TestDoor, Visitor};
use yakuba_web::{Routes, Rule};

/// The browser of a machine at which somebody is signed in.
fn signed_in_at_a_machine(door: &TestDoor) -> Visitor<'_> {
    let inside = door.inside().clone();
    let (terminal, card) = inside
        .store
        .clone()
        .write(move |tx| {
            let by = Actor::System { job: "test" };
            let (terminal, secret) = tools::terminals::enrol_here(tx, &inside.seams, &by, "1号機", "本庁舎1階")?;
            let id = terminal.id.to_string();
            let card = session::start(tx, &inside.seams, Door::Kiosk, &id, Some(&id))?;
            Ok::<_, store::StoreError>((secret, card))
        })
        .unwrap();
    let mut visitor = door.neighbour();
    let terminal = data_encoding::BASE64URL_NOPAD.encode(&terminal.0);
    visitor.cookies.insert(session::terminal_cookie(false).to_owned(), terminal);
    visitor.cookies.insert(Door::Kiosk.cookie(false).to_owned(), card.cookie_value());
    visitor
}

#[test]
fn no_form_of_a_machine_may_name_a_resident() {
    for_each_engine(|database| {
        let door = TestDoor::open(database);
        let mut person = signed_in_at_a_machine(&door);
        let mut forms = 0;
        for entry in Routes::all().entries() {
            if entry.method.as_str() != "POST" || !matches!(entry.rule, Rule::Kiosk | Rule::KioskSession) {
                continue;
            }
            // Counters refuse a terminal of another sort altogether.
            if !entry.path.starts_with("/kiosk") {
                assert_eq!(person.post(entry.path, &[]).status, 403, "{} at a certificate machine", entry.path);
                continue;
            }
            forms += 1;
            // A form before the card belongs to the terminal, one after it to the session.
            let card = Door::Kiosk.cookie(false);
            let session = person.cookies.get(card).cloned().unwrap();
            if entry.rule == Rule::Kiosk {
                person.cookies.remove(card);
            }
            let named = person.post(entry.path, &[("resident_id", "0000000001")]).status;
            let plain = person.post(entry.path, &[]).status;
            person.cookies.insert(card.to_owned(), session);
            assert_eq!(named, 403, "{} with a resident id", entry.path);
            assert_ne!(plain, 403, "{}: it is the field that is refused", entry.path);
        }
        assert!(forms >= 10, "the machine has forms: {forms}");
    });
}
