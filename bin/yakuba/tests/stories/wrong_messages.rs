//! Everything a machine or a centre can send wrong has a refusal with a sentence, and changes nothing.

use std::io::Write;
use std::process::{Command, Stdio};

use data_encoding::BASE64;
use serde_json::{Value, json};
use testkit::world::centre::{Answer, Machine};

use crate::city::{Fixture, fixture};
use crate::door::{Door, as_documented};

/// Sends `bytes` after `change` and answers with status and code.
fn changed(machine: &Machine, bytes: &[u8], change: impl Fn(&str) -> String) -> (u16, String) {
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    let answer = machine.send(change(&text).as_bytes()).unwrap();
    says_why(&answer);
    (answer.status, answer.text("code"))
}

/// A refusal has a stable word and a sentence in the reader's language.
fn says_why(answer: &Answer) {
    let (code, message) = (answer.text("code"), answer.text("message"));
    assert!(!code.is_empty() && message.chars().count() > 8, "{} {}", answer.status, answer.json());
    assert!(!message.contains(&code), "a key is no sentence: {message}");
}

/// The whole line of this header.
fn line<'a>(text: &'a str, name: &str) -> &'a str {
    text.lines().find(|line| line.to_ascii_lowercase().starts_with(&format!("{name}:"))).unwrap()
}

/// What somebody does to a request on its way.
type Change = Box<dyn Fn(&str) -> String>;

#[test]
fn whoever_does_not_sign_just_so_is_nobody() {
    let door = Door::open(fixture(), 50);
    let machine = door.machine();
    let session = door.session(&machine, "rare-nabe");
    let order = json!({ "kind": "residence_certificate" }).to_string();
    let good = || machine.signed("POST", "/requests", Some(&session), order.as_bytes());
    let without = |name: &'static str| move |text: &str| text.replace(&format!("{}\r\n", line(text, name)), "");
    let cases: Vec<(&str, Change, u16, &str)> = vec![
        ("no signature", Box::new(without("signature")), 401, "kiosk-api-unsigned"),
        ("no input", Box::new(without("signature-input")), 401, "kiosk-api-unsigned"),
        ("no digest", Box::new(without("content-digest")), 401, "kiosk-api-signature-wrong"),
        (
            "a signature twice",
            Box::new(|text: &str| {
                text.replace(line(text, "signature"), &format!("{0}\r\n{0}", line(text, "signature")))
            }),
            401,
            "kiosk-api-unsigned",
        ),
        ("not a signature", Box::new(|text: &str| text.replace("sig=:", "sig=")), 401, "kiosk-api-signature-malformed"),
        (
            "an unknown parameter",
            Box::new(|text: &str| text.replace(";created=", ";x=1;created=")),
            401,
            "kiosk-api-signature-malformed",
        ),
        (
            "less covered",
            Box::new(|text: &str| text.replace(" \"content-digest\"", "")),
            401,
            "kiosk-api-covers-too-little",
        ),
        (
            "the session not covered",
            Box::new(|text: &str| text.replace(" \"kiosk-session\"", "")),
            401,
            "kiosk-api-covers-too-little",
        ),
        ("another use", Box::new(|text: &str| text.replace("yakuba-kiosk-v1", "payments")), 401, "kiosk-api-other-use"),
        ("another key", Box::new(|text: &str| text.replace("keyid=\"", "keyid=\"x")), 401, "kiosk-api-signature-wrong"),
        (
            "another body",
            Box::new(|text: &str| text.replace("residence_cert", "residence_Cert")),
            401,
            "kiosk-api-digest",
        ),
        (
            "another address",
            Box::new(|text: &str| text.replace("/requests HTTP", "/incidents HTTP")),
            401,
            "kiosk-api-signature-wrong",
        ),
        (
            "another session",
            Box::new(|text: &str| text.replace("kiosk-session: ", "kiosk-session: A")),
            401,
            "kiosk-api-signature-wrong",
        ),
        (
            "a query",
            Box::new(|text: &str| text.replace("/requests HTTP", "/requests?x=1 HTTP")),
            400,
            "kiosk-api-query",
        ),
        (
            "another host",
            Box::new(|text: &str| text.replace("Host: 127", "Host: evil.example\r\nX: 127")),
            403,
            "error-host",
        ),
    ];
    for (what, change, status, code) in &cases {
        assert_eq!(changed(&machine, &good(), change), (*status, (*code).to_owned()), "{what}");
    }
    let now = door.city().seams.now();
    for seconds in [-301, 120, -121] {
        let old = machine.signed_at(now.plus_seconds(seconds), "GET", "/offers", None, b"");
        assert_eq!(changed(&machine, &old, str::to_owned), (401, "kiosk-api-clock".to_owned()), "{seconds} s");
    }
    let once = machine.signed("GET", "/offers", None, b"");
    assert_eq!(machine.send(&once).unwrap().status, 200);
    assert_eq!(changed(&machine, &once, str::to_owned), (409, "kiosk-api-replayed".to_owned()));
    // None of it used anything up: the machine goes on.
    assert_eq!(machine.send(&good()).unwrap().status, 200);
}

#[test]
fn whatever_a_machine_says_wrong_is_refused_with_a_sentence() {
    let door = Door::open(fixture(), 50);
    let machine = door.machine();
    let session = door.session(&machine, "couple");
    let id = door.fixture.sample("couple");
    let own = Some(session.as_str());
    let begin = |more: Value| {
        let mut order = json!({ "kind": "residence_certificate" });
        order.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        order
    };
    let unknown = "/requests/00000000000000000000000000";
    let cases: Vec<(&str, String, Option<&str>, Value, u16)> = vec![
        ("a resident id", "/requests".into(), own, begin(json!({ "resident_id": id.as_str() })), 400),
        ("ids for members", "/requests".into(), own, begin(json!({ "members": [id.as_str()] })), 400),
        ("nobody", "/requests".into(), own, begin(json!({ "members": [] })), 400),
        ("somebody who is not there", "/requests".into(), own, begin(json!({ "members": [9] })), 400),
        ("no copies", "/requests".into(), own, begin(json!({ "copies": 0 })), 400),
        ("too many copies", "/requests".into(), own, begin(json!({ "copies": 11 })), 400),
        ("an unknown switch", "/requests".into(), own, begin(json!({ "items": { "individual_number": true } })), 400),
        ("an unknown kind", "/requests".into(), own, json!({ "kind": "passport" }), 400),
        ("no kind", "/requests".into(), own, json!({}), 400),
        ("no session", "/requests".into(), None, begin(json!({})), 410),
        ("a session of nobody", "/requests".into(), Some("AAAA"), begin(json!({})), 410),
        ("a request of nobody", format!("{unknown}/payment-started"), None, json!({}), 403),
        ("not an id", "/requests/x/payment-started".into(), None, json!({}), 403),
        ("no answer of the box", format!("{unknown}/payment-settled"), None, json!({}), 400),
        ("sheets below nothing", format!("{unknown}/printed"), None, json!({ "sheets": -1 }), 400),
        ("a sum in words", format!("{unknown}/refunded"), None, json!({ "yen": "200" }), 400),
        ("a token of nobody", format!("{unknown}/fetch"), own, json!({ "token": "" }), 403),
        ("free words", "/incidents".into(), None, json!({ "what": "山田さんの紙が出た" }), 400),
        (
            "another's request",
            "/incidents".into(),
            None,
            json!({ "what": "coin_box", "request": "00000000000000000000000000" }),
            403,
        ),
        (
            "an old challenge",
            "/sessions".into(),
            None,
            json!({ "challenge": "00000000000000000000000000", "certificate": "", "signature": "" }),
            410,
        ),
        ("not base 64", "/sessions".into(), None, json!({ "challenge": "", "certificate": "-", "signature": "" }), 400),
        ("a number for a token", "/enrol".into(), None, json!({ "token": 1, "public_key": "" }), 400),
        ("no key", "/enrol".into(), None, json!({ "token": "x", "public_key": "AAAA" }), 400),
        (
            "a token of nobody",
            "/enrol".into(),
            None,
            json!({ "token": "x", "public_key": BASE64.encode(&machine.public_key()) }),
            410,
        ),
    ];
    for (what, path, session, message, status) in &cases {
        let answer = machine.post(path, *session, message).unwrap();
        assert_eq!(answer.status, *status, "{what}: {}", answer.json());
        as_documented("POST", path, &answer);
        says_why(&answer);
        assert!(!answer.json().to_string().contains("山田"), "{what}: what was sent is not told back");
    }
    for body in [&b"{"[..], b"null", b"[]", b"\xff\xfe", b"{\"kept\":true}{}", b"{\"kept\":true,\"kept\":true}"] {
        let answer = machine.send(&machine.signed("POST", &format!("{unknown}/payment-settled"), None, body)).unwrap();
        assert_eq!(answer.status, 400, "{body:?}");
        says_why(&answer);
    }
    let long = machine.signed("POST", "/incidents", None, &vec![b' '; 40_000]);
    assert_eq!(changed(&machine, &long, str::to_owned).0, 400, "a body that is too long");
    let order = json!({ "kind": "residence_certificate" });
    let request = machine.post("/requests", own, &order).unwrap().text("request");
    // Right messages in a wrong order are conflicts, not ends.
    for (act, message) in [
        ("payment-settled", json!({ "kept": true })),
        ("prepare", json!({})),
        ("printed", json!({ "sheets": 1 })),
        ("refunded", json!({ "yen": 0 })),
        ("refund-started", json!({})),
        ("refund-failed", json!({})),
    ] {
        let answer = machine.post(&format!("/requests/{request}/{act}"), own, &message).unwrap();
        assert_eq!((answer.status, answer.text("code")), (409, "kiosk-api-order".to_owned()), "{act}");
        says_why(&answer);
    }
    assert_eq!(door.state(&request).as_str(), "awaiting_payment");
}

#[test]
fn a_card_that_does_not_serve_is_told_why_and_another_cards_signature_is_none() {
    let door = Door::open(fixture(), 50);
    let (machine, other) = (door.machine(), door.machine());
    let (card, stranger) = (door.card("widow"), door.card("couple"));
    let challenge = machine.post("/challenges", None, &json!({})).unwrap();
    let bytes = BASE64.decode(challenge.text("sign").as_bytes()).unwrap();
    let present = |machine: &Machine, challenge: &str, certificate: &[u8], signature: &[u8]| {
        let message = json!({
            "challenge": challenge, "certificate": BASE64.encode(certificate), "signature": BASE64.encode(signature),
        });
        let answer = machine.post("/sessions", None, &message).unwrap();
        as_documented("POST", "/sessions", &answer);
        (answer.status, answer.text("code"))
    };
    let signature = stranger.key.sign(&bytes).unwrap();
    let mixed = present(&machine, &challenge.text("challenge"), &card.certificate, &signature);
    assert_eq!(mixed, (422, "kiosk-card-signature".to_owned()));
    let right = card.key.sign(&bytes).unwrap();
    let again = present(&machine, &challenge.text("challenge"), &card.certificate, &right);
    assert_eq!(again, (410, "kiosk-api-challenge".to_owned()), "a challenge is taken once, also when it failed");
    let fresh = machine.post("/challenges", None, &json!({})).unwrap();
    let signed = card.key.sign(&BASE64.decode(fresh.text("sign").as_bytes()).unwrap()).unwrap();
    let elsewhere = present(&other, &fresh.text("challenge"), &card.certificate, &signed);
    assert_eq!(elsewhere, (422, "kiosk-card-signature".to_owned()), "made for another machine");
    let broken = machine.post("/challenges", None, &json!({})).unwrap();
    let (status, _) = present(&machine, &broken.text("challenge"), b"not a certificate", &right);
    assert_eq!(status, 422);
    let late = machine.post("/challenges", None, &json!({})).unwrap();
    let signed = card.key.sign(&BASE64.decode(late.text("sign").as_bytes()).unwrap()).unwrap();
    door.clock.advance_seconds(181);
    assert_eq!(present(&machine, &late.text("challenge"), &card.certificate, &signed).0, 410);
}

#[test]
fn a_machine_that_somebody_else_wrote_gets_its_paper() {
    let door = Door::open(fixture(), 50);
    let card = door.card("family-of-six");
    for algorithm in ["ed25519", "ecdsa-p256-sha256"] {
        let order = json!({
            "address": door.address,
            "token": door.token(),
            "algorithm": algorithm,
            "card_key": BASE64.encode(&card.key.to_pkcs8().unwrap()),
            "certificate": BASE64.encode(&card.certificate),
        });
        let told = client(&order);
        assert_eq!((&told["state"], &told["pages"]), (&json!("printed"), &json!(2)), "{told}");
        assert_eq!(told["algorithm"], algorithm);
    }
}

#[test]
fn the_same_client_takes_another_members_paper_for_somebody_who_lives_elsewhere() {
    let fixture = Fixture::named("client-elsewhere");
    let door = Door::open(&fixture, 50);
    let card = crate::family_registers::registered_card(&fixture);
    let order = json!({
        "address": door.address,
        "token": door.token(),
        "algorithm": "ed25519",
        "card_key": BASE64.encode(&card.private_key_pkcs8),
        "certificate": BASE64.encode(&card.certificate),
        "family_kind": "family_register_person_certificate",
    });
    let told = client(&order);
    assert_eq!((&told["state"], &told["pages"]), (&json!("printed"), &json!(1)), "{told}");
}

/// What the client by others says it did.
fn client(order: &Value) -> Value {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/stories/kiosk_client.py");
    let mut client = Command::new(testkit::python());
    client.arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut client = client.spawn().expect("scripts/setup test installs the programs for second opinions");
    client.stdin.take().unwrap().write_all(order.to_string().as_bytes()).unwrap();
    let output = client.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}
