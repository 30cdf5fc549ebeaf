//! Both ends against programs nobody here wrote: a library's system (`pysip2`) and a library machine (the crate `sip2`).

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

#[path = "../../testkit/src/python.rs"]
mod python;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::time::Duration;

use yakuba_sip2::client::Heard;
use yakuba_sip2::codes::Listed;
use yakuba_sip2::field::{Always, DateTime, Digits, OneZero, Summary, Supported, YesNo};
use yakuba_sip2::message::{
    Checkout, CheckoutAnswer, Login, LoginAnswer, MachineStatus, PatronInformation, PatronInformationAnswer,
    SystemStatus,
};
use yakuba_sip2::server::Step;
use yakuba_sip2::{Charset, Client, Message, Server};

fn at() -> DateTime {
    DateTime::in_japan(base::Timestamp::from_seconds(1_795_392_006))
}

/// Asks over a socket and waits for the answer.
fn ask(client: &mut Client, stream: &mut TcpStream, question: impl Into<Message>) -> Message {
    stream.write_all(&client.ask(&question.into()).unwrap()).unwrap();
    loop {
        let mut bytes = [0; 512];
        let count = stream.read(&mut bytes).unwrap();
        assert!(count > 0, "the library hung up");
        client.receive(&bytes[..count]);
        match client.next_heard().unwrap() {
            Heard::Answer(message) => return message,
            Heard::Send(bytes) => stream.write_all(&bytes).unwrap(),
            Heard::Wait => {}
        }
    }
}

#[test]
fn a_system_nobody_here_wrote_lends_to_our_machine() {
    let mut library = Command::new(python::python())
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/library.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("Python cannot be run ({error}): scripts/setup test installs it"));
    let mut said = BufReader::new(library.stdout.take().unwrap()).lines();
    let port: u16 = said.next().expect("a port; scripts/setup test installs pysip2").unwrap().parse().unwrap();
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let mut client = Client::new(Charset::Utf8, true);
    let login = Login { user: "gate".to_owned(), password: "word".into(), ..Login::default() };
    let Message::LoginAnswer(let_in) = ask(&mut client, &mut stream, login) else { panic!() };
    assert_eq!(let_in.ok, OneZero(true));
    let Message::SystemStatus(status) = ask(&mut client, &mut stream, MachineStatus::default()) else { panic!() };
    assert!(Supported::parse(&status.supported.0).is_some(), "{status:?}");
    client.set_retries(status.retries.0);
    let question = PatronInformation {
        institution: "MIHON".into(),
        patron: "L-0001".to_owned(),
        summary: Summary::of(Listed::Charged),
        at: Some(at()),
        ..PatronInformation::default()
    };
    let Message::PatronInformationAnswer(patron) = ask(&mut client, &mut stream, question) else { panic!() };
    assert_eq!((patron.name.0.as_str(), patron.charged), ("見本 花子", Digits(Some(2))));
    assert_eq!(
        (patron.charged_items, patron.screen),
        (vec!["本｜一".into(), "本二".into()], vec!["こんにちは".into()])
    );
    let question = Checkout {
        institution: "MIHON".into(),
        patron: "L-0001".to_owned(),
        item: "B1".to_owned(),
        at: Some(at()),
        no_block_due: Some(at()),
        ..Checkout::default()
    };
    let Message::CheckoutAnswer(lent) = ask(&mut client, &mut stream, question) else { panic!() };
    assert_eq!((lent.ok, lent.title.0.as_str(), lent.desensitize), (OneZero(true), "ポケットの本", Some(true)));
    assert_eq!(said.next().unwrap().unwrap(), "lent B1");
    drop(library.stdin.take());
    library.wait().unwrap();
}

/// A library of one reader, at our end of the protocol.
fn answer(question: Message) -> Message {
    match question {
        Message::Login(login) => LoginAnswer { ok: OneZero(login.user == "gate"), ..Default::default() }.into(),
        Message::MachineStatus(_) => SystemStatus {
            online: YesNo(true),
            checkin_ok: YesNo(true),
            checkout_ok: YesNo(true),
            institution: "MIHON".into(),
            supported: Always(Supported::whole().to_text()),
            ..Default::default()
        }
        .into(),
        Message::PatronInformation(asked) => PatronInformationAnswer {
            patron: asked.patron,
            name: "見本 花子".into(),
            is_valid: Some("Y".to_owned()),
            ..Default::default()
        }
        .into(),
        Message::Checkout(asked) => CheckoutAnswer {
            ok: OneZero(asked.patron == "L-0001"),
            item: Always(asked.item),
            title: "ポケットの本".into(),
            ..Default::default()
        }
        .into(),
        other => panic!("not asked in this test: {}", other.name()),
    }
}

#[test]
fn a_machine_nobody_here_wrote_borrows_from_our_library() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let library = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut server = Server::new(Charset::Utf8, false);
        let mut bytes = [0; 512];
        loop {
            match server.next_step() {
                Step::Wait => match stream.read(&mut bytes) {
                    Ok(0) | Err(_) => return,
                    Ok(count) => server.receive(&bytes[..count]),
                },
                Step::Send(bytes) => stream.write_all(&bytes).unwrap(),
                Step::Asked(question) => {
                    let bytes = server.answer(&answer(question)).unwrap();
                    stream.write_all(&bytes).unwrap();
                }
                Step::Close(why) => panic!("{why}"),
            }
        }
    });
    let mut machine = sip2_peer::Client::new(&address).unwrap();
    let mut wishes = sip2_peer::ParamSet::new();
    wishes.set_sip_user("gate").set_sip_pass("word").set_institution("MIHON");
    assert!(machine.login(&wishes).unwrap().ok());
    assert!(machine.sc_status().unwrap().ok());
    wishes.set_patron_id("L-0001").set_item_id("B1");
    let patron = machine.patron_info(&wishes).unwrap();
    assert!(patron.ok());
    assert_eq!(patron.value("AE"), Some("見本 花子"));
    let lent = machine.checkout(&wishes).unwrap();
    assert!(lent.ok());
    assert_eq!(lent.value("AJ"), Some("ポケットの本"));
    wishes.set_patron_id("nobody");
    assert!(!machine.checkout(&wishes).unwrap().ok());
    machine.disconnect().unwrap();
    library.join().unwrap();
}
