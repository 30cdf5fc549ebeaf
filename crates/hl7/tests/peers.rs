//! Both ends against hospital systems nobody here wrote: `hl7` and `hl7apy`.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use std::io::{BufRead, BufReader, Lines, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use base::{Date, Timestamp};
use yakuba_hl7::message::PatientEvent;
use yakuba_hl7::text::Characters;
use yakuba_hl7::{Answer, Body, Header, Message, Name, Party, Patient, Sex, mllp};

fn start(arguments: &[&str]) -> (Child, Lines<BufReader<ChildStdout>>) {
    const NAME: &str = "python-of-tests";
    // <target>/<profile>/deps/<this test>
    let beside = std::env::current_exe().unwrap().ancestors().nth(3).unwrap().join("tools/bin").join(NAME);
    let python = if beside.is_file() { beside } else { NAME.into() };
    let mut child = Command::new(python)
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/hospital.py"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("Python cannot be run ({error}): scripts/setup test installs it"));
    let said = BufReader::new(child.stdout.take().unwrap()).lines();
    (child, said)
}

fn message(event: PatientEvent, characters: Characters) -> Message {
    let header = Header {
        from: Party { application: "YAKUBA".to_owned(), facility: "MIHON".to_owned() },
        to: Party { application: "HIS".to_owned(), facility: "BYOUIN".to_owned() },
        at: Timestamp::in_japan(Date::new(2026, 11, 26).unwrap(), 9, 30, 0),
        number: "Y1".to_owned(),
        characters,
    };
    let patient = Patient {
        chart_number: "0012345".to_owned(),
        name: Name { family: "見本".to_owned(), given: "楓".to_owned() },
        kana: Some(Name { family: "ミホン".to_owned(), given: "カエデ".to_owned() }),
        born: Date::new(1985, 1, 2),
        sex: Sex::Female,
        address: None,
    };
    Message { header, body: Body::Patient(event, patient) }
}

fn receive(stream: &mut TcpStream) -> Vec<u8> {
    let mut frames = mllp::Frames::default();
    loop {
        if let Some(message) = frames.next_message().unwrap() {
            return message;
        }
        let mut bytes = [0; 512];
        let count = stream.read(&mut bytes).unwrap();
        assert!(count > 0, "the hospital hung up");
        frames.push(&bytes[..count]);
    }
}

/// The hospital's connection; a hospital that ends before it connects fails the test.
fn accepted(listener: &TcpListener, hospital: &mut Child) -> TcpStream {
    listener.set_nonblocking(true).unwrap();
    for _ in 0..400 {
        if let Ok((stream, _)) = listener.accept() {
            stream.set_nonblocking(false).unwrap();
            return stream;
        }
        assert!(hospital.try_wait().unwrap().is_none(), "scripts/setup test installs hl7");
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("the hospital did not connect");
}

fn taken_by(peer: &str, event: PatientEvent, characters: Characters, says: &str) {
    let (mut hospital, mut said) = start(&[peer]);
    let port: u16 = said.next().expect("a port; scripts/setup test installs hl7 and hl7apy").unwrap().parse().unwrap();
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream.write_all(&mllp::wrap(&message(event, characters).write().unwrap())).unwrap();
    let answer = Message::read(&receive(&mut stream)).unwrap();
    assert_eq!(answer.body, Body::Answered { of: "Y1".to_owned(), answer: Answer::Taken, fault: None });
    assert_eq!(said.next().unwrap().unwrap(), says);
    drop((stream, hospital.stdin.take()));
    hospital.wait().unwrap();
}

#[test]
fn a_hospital_nobody_here_wrote_reads_our_kanji() {
    let names = "見本^楓^^^^^L^I~ミホン^カエデ^^^^^L^P";
    taken_by("hl7", PatientEvent::Changed, Characters::Iso2022Jp, &format!("ADT^A31^ADT_A05 {names}"));
}

#[test]
fn a_validator_nobody_here_wrote_finds_our_message_valid() {
    taken_by("hl7apy", PatientEvent::Registered, Characters::Utf8, "valid 見本");
}

#[test]
fn a_visit_from_a_hospital_nobody_here_wrote_is_read_and_answered() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let (mut hospital, mut said) = start(&["send", &port]);
    let mut stream = accepted(&listener, &mut hospital);
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let visit = Message::read(&receive(&mut stream)).unwrap();
    assert_eq!(visit.body, message(PatientEvent::Registered, Characters::Iso2022Jp).body);
    let answer = visit.answer(visit.header.at, "Y2", Answer::Taken);
    stream.write_all(&mllp::wrap(&answer.write().unwrap())).unwrap();
    assert_eq!(said.next().unwrap().unwrap(), "AA MSG00001");
    hospital.wait().unwrap();
}
