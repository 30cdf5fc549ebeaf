//! Our mail, handed to a mail server and read by a library that nobody here wrote.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

#[path = "../../testkit/src/python.rs"]
mod python;

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use base::{Id, Seams, Timestamp};
use yakuba_messaging::email::{
    Bounce, EmailAddress, MailRelay, MailWords, ReturnPath, Security, SendFault, Sender, SmtpRelay, SmtpSettings,
    TokenKey, Unsubscribe, build,
};
use yakuba_messaging::{Teaser, TeaserKind};

#[test]
fn a_mail_server_nobody_here_wrote_takes_our_mail_and_refuses_by_address() {
    let mut server = Command::new(python::python())
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/sink.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("Python cannot be run ({error}): scripts/setup test installs it"));
    let mut said = BufReader::new(server.stdout.take().unwrap()).lines();
    let port = said.next().expect("a port; scripts/setup test installs aiosmtpd").unwrap().parse().unwrap();
    let relay = SmtpRelay::new(&SmtpSettings {
        host: "127.0.0.1".into(),
        port,
        security: Security::None,
        credentials: None,
        hello: "city.example".into(),
    })
    .unwrap();
    let (seams, _) = Seams::simulated(Timestamp::from_seconds(1_795_392_006), 3);
    let sender = Sender {
        name: "見本市".into(),
        address: EmailAddress::parse("notice@city.example").unwrap(),
        portal: "https://portal.city.example".into(),
    };
    let (path, key) = (ReturnPath::new("bounces", "city.example").unwrap(), TokenKey::new(&[7; 32]));
    let id = Id::from_bytes([5; 16]);
    let teaser =
        Teaser::new(TeaserKind::Letter, "お手紙が届いています", "読んでください。", "/portal/letters/1").unwrap();
    let words = MailWords { language: "ja", open: "読む", footer: "見本市", stop: "とめる" };
    let send = |to: &str| {
        let to = EmailAddress::parse(to).unwrap();
        let stop = Some(Unsubscribe { url: "https://portal.city.example/stop/abc" });
        let mail = build(&sender, &to, &teaser, words, stop, (id, path.address(&key, id)), &seams).unwrap();
        relay.send(&mail)
    };
    assert_eq!(send("gone@mail.example"), Err(SendFault::Refused { code: 550, bounce: Bounce::Hard }));
    assert_eq!(send("full@mail.example"), Err(SendFault::Later { code: 452 }));
    assert_eq!(send("hanako@mail.example"), Ok(()));
    let taken: serde_json::Value = serde_json::from_str(&said.next().unwrap().unwrap()).unwrap();
    assert_eq!(path.read(&key, taken["from"].as_str().unwrap()), Some(id), "bounces find their message");
    assert_eq!(taken["to"][0], "hanako@mail.example");
    assert_eq!((&taken["subject"], &taken["shown"]), (&"お手紙が届いています".into(), &"見本市".into()));
    assert_eq!(taken["date"], "2026-11-23T00:00:06+00:00");
    assert_eq!(taken["stop"], "<https://portal.city.example/stop/abc>");
    assert_eq!(taken["click"], "List-Unsubscribe=One-Click");
    assert_eq!(taken["auto"], "auto-generated");
    assert_eq!(taken["defects"], serde_json::json!([]));
    for kind in ["text/plain", "text/html"] {
        let body = taken["bodies"][kind].as_str().unwrap();
        assert!(
            body.contains("https://portal.city.example/portal/letters/1") && body.contains("見本市"),
            "{kind}: {body}"
        );
    }
    drop(server.stdin.take());
    assert!(server.wait().unwrap().success());
}
