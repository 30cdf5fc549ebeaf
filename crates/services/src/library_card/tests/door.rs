//! The door of machines, with bytes of our own choosing.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use sip2::frame::{Sequence, write};
use sip2::message::{Checkout, Login};
use sip2::{Message, frame};
use store::testing::TestDatabase;

use super::*;
use crate::library_card::listener::{Door, Limits};
use crate::library_card::patron::Resolver;
use crate::library_card::self_check::{Desk, Machine};

pub(super) fn city(database: &TestDatabase) -> tools::Inside {
    tools::Inside {
        seams: database.seams.clone(),
        store: database.inside(),
        cards: database.cards(),
        vault: database.vault(),
        profile: Arc::new(tools::CityProfile::demo("http://127.0.0.1:8080")),
        demo: true,
    }
}

pub(super) fn machine() -> Machine {
    Machine { login: "gate".to_owned(), password: "word".to_owned().into() }
}

fn open(library: &Library, database: &TestDatabase, charset: Charset, most: usize) -> Door {
    let city = city(database);
    let system = Arc::new(over_sip2(library, Charset::Utf8));
    let desk = Arc::new(Desk::new(Resolver { city, codes: None }, system, "MIHON", vec![machine()]));
    Door::open("127.0.0.1:0", desk, Limits::new(most, most, Duration::from_secs(30), charset)).unwrap()
}

pub(super) fn say(stream: &mut TcpStream, message: impl Into<Message>, number: u8, charset: Charset) -> Vec<u8> {
    let bytes = write(&message.into(), Sequence::new(number), charset).unwrap();
    stream.write_all(&bytes).unwrap();
    bytes
}

pub(super) fn hear(stream: &mut TcpStream) -> Vec<u8> {
    let (mut all, mut byte) = (Vec::new(), [0]);
    while stream.read(&mut byte).unwrap() == 1 {
        if byte[0] == b'\r' {
            break;
        }
        all.push(byte[0]);
    }
    all
}

pub(super) fn come_in(door: &Door, charset: Charset) -> TcpStream {
    let mut stream = TcpStream::connect(door.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let login = Login { user: "gate".to_owned(), password: "word".into(), ..Login::default() };
    say(&mut stream, login, 0, charset);
    assert_eq!(hear(&mut stream), b"941AY0AZFDFD");
    stream
}

fn checkout(item: &str) -> Checkout {
    Checkout { patron: PATRON.to_owned(), item: item.to_owned(), ..Checkout::default() }
}

#[test]
fn said_again_it_is_lent_once_also_on_a_new_line_and_damage_is_asked_for_again() {
    let (library, database) = (library(Charset::Utf8), TestDatabase::on_sqlite());
    let door = open(&library, &database, Charset::ShiftJis, 4);
    let mut stream = come_in(&door, Charset::ShiftJis);
    let asked = say(&mut stream, checkout("B0001"), 1, Charset::ShiftJis);
    let first = hear(&mut stream);
    let Message::CheckoutAnswer(lent) = frame::read(&first, Charset::ShiftJis).unwrap().message else { panic!() };
    assert_eq!(lent.title.0, POCKET, "ポ holds a bar in Shift_JIS");
    stream.write_all(&asked).unwrap();
    assert_eq!(hear(&mut stream), first);
    // The machine lost its line and says the same on a new one.
    drop(stream);
    let mut stream = come_in(&door, Charset::ShiftJis);
    say(&mut stream, checkout("B0001"), 1, Charset::ShiftJis);
    assert_eq!(hear(&mut stream), first);
    assert_eq!(library.stock(|stock| stock.lent), 1);
    // Damaged on the way.
    let mut damaged = write(&checkout("B0002").into(), Sequence::new(2), Charset::ShiftJis).unwrap();
    damaged[30] ^= 1;
    stream.write_all(&damaged).unwrap();
    assert_eq!(hear(&mut stream), b"96AZFEF6");
    // Cut in the middle: nothing is done.
    let whole = write(&checkout("B0003").into(), Sequence::new(3), Charset::ShiftJis).unwrap();
    stream.write_all(&whole[..whole.len() / 2]).unwrap();
    drop(stream);
    let mut stream = come_in(&door, Charset::ShiftJis);
    say(&mut stream, checkout("B0004"), 1, Charset::ShiftJis);
    hear(&mut stream);
    assert_eq!(library.stock(|stock| (stock.lent, stock.holder("B0002"), stock.holder("B0003"))), (2, None, None));
}

#[test]
fn a_machine_nobody_here_wrote_borrows_looks_and_gives_back() {
    let (library, database) = (library(Charset::Utf8), TestDatabase::on_sqlite());
    let door = open(&library, &database, Charset::Utf8, 4);
    let out = std::process::Command::new(testkit::python())
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/self_checkout.py"))
        // It writes a log where it is started.
        .current_dir(std::env::temp_dir())
        .args([&door.address().port().to_string(), PATRON, "B0001"])
        .output()
        .unwrap_or_else(|error| panic!("Python cannot be run ({error}): scripts/setup test installs it"));
    let said = String::from_utf8_lossy(&out.stdout).into_owned();
    let lines: Vec<&str> = said.lines().collect();
    let errors = String::from_utf8_lossy(&out.stderr);
    assert_eq!(lines, ["True", &format!("1 {POCKET}"), "['B0001']", "1"], "{errors}");
    assert_eq!(library.stock(|stock| (stock.lent, stock.holder("B0001"))), (1, None));
}

#[test]
fn nobody_speaks_without_a_login_and_no_more_come_in_than_may() {
    let (library, database) = (library(Charset::Utf8), TestDatabase::on_sqlite());
    let door = open(&library, &database, Charset::Utf8, 1);
    let first = come_in(&door, Charset::Utf8);
    let mut second = TcpStream::connect(door.address()).unwrap();
    let mut byte = [0];
    assert!(matches!(second.read(&mut byte), Ok(0) | Err(_)), "one place only");
    drop(first);
    for _ in 0..200 {
        if door.machines() == 0 {
            break;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    let mut stranger = TcpStream::connect(door.address()).unwrap();
    say(&mut stranger, checkout("B0001"), 1, Charset::Utf8);
    assert!(matches!(stranger.read(&mut byte), Ok(0) | Err(_)));
    assert_eq!(library.stock(|stock| stock.lent), 0);
}
