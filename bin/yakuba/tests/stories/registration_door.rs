//! What the public door for applications from a PC lets in: what a resident's card signed, and not too often.

use store::StoreError;
use testkit::world::centre::{Answer, Machine};

use crate::city::Fixture;
use crate::door::Door;
use crate::family_registers::{cms, drawers_card, renewed_card, sent_from_a_pc};

const EDGE: &str = "----yakuba-story";

/// Sends the form with the signature, as a browser does.
fn apply(door: &Door<'_>, sent: &tools::family_register::registration::remote::Sent, signature: &[u8]) -> Answer {
    let mut body = Vec::new();
    for (name, value) in [("domicile", &sent.domicile), ("head", &sent.head), ("certificate", &sent.certificate)] {
        let part = format!("--{EDGE}\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        body.extend_from_slice(part.as_bytes());
    }
    let part = format!(
        "--{EDGE}\r\ncontent-disposition: form-data; name=\"signature\"; filename=\"s.p7s\"\r\n\
         content-type: application/octet-stream\r\n\r\n"
    );
    body.extend_from_slice(part.as_bytes());
    body.extend_from_slice(signature);
    body.extend_from_slice(format!("\r\n--{EDGE}--\r\n").as_bytes());
    let head = format!(
        "POST /registration/apply HTTP/1.1\r\nhost: {host}\r\norigin: http://{host}\r\nsec-fetch-site: same-origin\r\n\
         content-type: multipart/form-data; boundary={EDGE}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len(),
        host = door.address,
    );
    let machine = Machine::new(&door.address, door.city().seams.clone()).unwrap();
    machine.send(&[head.as_bytes(), &body].concat()).unwrap()
}

/// Messages on their way to the inside.
fn on_their_way(fixture: &Fixture) -> usize {
    let sql = "SELECT 1 FROM relay_outbox WHERE kind = 'registration_application'";
    fixture.city.outside().store.read::<_, StoreError, _>(|tx| tx.query(sql, &[])).unwrap().len()
}

#[test]
fn only_what_a_residents_card_signed_goes_in_and_three_times_a_day_at_most() {
    let fixture = Fixture::named("registration-door");
    let door = Door::open(&fixture, 50);
    let (card, another) = (drawers_card(&fixture), renewed_card(&fixture));
    let mut signature = Vec::new();
    let sent = sent_from_a_pc(&fixture.issuer, &card, |content| {
        signature = cms(&card, content);
        signature.clone()
    });
    let mut altered = signature.clone();
    let last = altered.len() - 1;
    altered[last] ^= 1;
    for (what, junk) in [
        ("no signature at all", b"junk".to_vec()),
        ("a signature over something else", cms(&another, b"something else")),
        ("an altered signature", altered),
        ("too long", vec![0; 20_000]),
    ] {
        let refused = apply(&door, &sent, &junk);
        assert_eq!((refused.status, on_their_way(&fixture)), (400, 0), "{what}");
    }
    for times in 1..=3 {
        assert_eq!(apply(&door, &sent, &signature).status, 200);
        assert_eq!(on_their_way(&fixture), times);
    }
    assert_eq!((apply(&door, &sent, &signature).status, on_their_way(&fixture)), (429, 3));
}
