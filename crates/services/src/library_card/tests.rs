//! The library's systems and the door of machines against a simulated library, over real sockets.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use std::sync::Arc;
use std::time::Duration;

use base::{Date, Seams, Yen};
use openid::http::OverTcp;
use sip2::Charset;
use testkit::world::library::{Access, Library, Mischief, Stock};

use super::koha::{self, Koha};
use super::sip2_system::{self, Sip2System};
use super::system::{LibraryError, LibrarySystem, No, Place};

const PATRON: &str = "L-0001";
const POCKET: &str = "ポケットの中の図書館";

fn seams() -> Seams {
    Seams::simulated(base::Timestamp::from_seconds(1_795_392_006), 7).0
}

fn library(charset: Charset) -> Library {
    let mut stock = Stock::demo();
    stock.add_member(PATRON);
    stock.add_member("L-0002");
    let access = Access {
        login: "yakuba".to_owned(),
        password: "himitsu".to_owned(),
        institution: "MIHON".to_owned(),
        charset,
        wait_tenths: 5,
    };
    Library::start(access, stock, seams()).unwrap()
}

fn over_sip2(library: &Library, charset: Charset) -> Sip2System {
    let settings = sip2_system::Settings {
        address: library.sip2_address(),
        login: "yakuba".to_owned(),
        password: "himitsu".to_owned().into(),
        institution: "MIHON".to_owned(),
        charset,
    };
    Sip2System::new(settings, seams())
}

fn over_rest(library: &Library) -> Koha {
    let settings = koha::Settings {
        origin: library.koha_origin(),
        client_id: "yakuba".to_owned(),
        secret: "himitsu".to_owned().into(),
    };
    Koha::new(settings, Arc::new(OverTcp::default()), seams())
}

fn due(text: &str) -> Option<Date> {
    Some(Date::parse(text).unwrap())
}

/// Everything that a patron does, the same for whatever system stands behind.
fn a_visit(library: &Library, system: &dyn LibrarySystem) {
    system.check().unwrap();
    let lent = system.borrow_item(PATRON, "B0001").unwrap();
    assert_eq!((lent.title.as_str(), lent.due), (POCKET, due("2026-12-07")));
    assert_eq!(library.stock(|stock| stock.holder("B0001")).as_deref(), Some(PATRON));
    let known = system.patron(PATRON).unwrap();
    assert_eq!((known.loans.len(), known.loans[0].title.as_str(), known.loans[0].due), (1, POCKET, lent.due));
    assert!(!known.loans[0].is_overdue && !known.standing.no_loans);
    assert_eq!(system.item("B0001").unwrap().place, Place::Lent);
    assert_eq!(system.renew(PATRON, "B0001").unwrap().due, due("2026-12-21"));
    assert_eq!(system.renew_all(PATRON).unwrap().renewed, ["B0001"]);
    assert!(matches!(system.renew(PATRON, "B0001"), Err(LibraryError::No(No::NotRenewable, said)) if !said.is_empty()));
    // Another waits, and gives up.
    system.hold("L-0002", "B0001").unwrap();
    assert!(matches!(system.hold("L-0002", "B0001"), Err(LibraryError::No(No::Taken, _))));
    assert_eq!(system.patron("L-0002").unwrap().holds[0].title, POCKET);
    system.cancel_hold("L-0002", "B0001").unwrap();
    assert!(system.patron("L-0002").unwrap().holds.is_empty());
    // Money.
    library.stock(|stock| stock.members.get_mut(PATRON).unwrap().owed = 300);
    assert_eq!(system.patron(PATRON).unwrap().owed, 300);
    assert!(matches!(system.pay(PATRON, Yen(500)), Err(LibraryError::No(No::Amount, _))));
    system.pay(PATRON, Yen(300)).unwrap();
    assert_eq!(system.patron(PATRON).unwrap().owed, 0);
    // Nobody, nothing, blocked.
    assert!(matches!(system.patron("L-9999"), Err(LibraryError::No(No::UnknownPatron, _))));
    assert!(matches!(system.item("B9999"), Err(LibraryError::No(No::UnknownItem, _))));
    library.stock(|stock| stock.members.get_mut("L-0002").unwrap().is_blocked = true);
    assert!(system.patron("L-0002").unwrap().standing.no_loans);
    assert!(matches!(system.borrow_item("L-0002", "B0002"), Err(LibraryError::No(_, said)) if !said.is_empty()));
    system.end_session(PATRON).unwrap();
}

#[test]
fn a_visit_over_sip2_in_each_way_of_writing() {
    for charset in [Charset::Utf8, Charset::ShiftJis] {
        let library = library(charset);
        let system = over_sip2(&library, charset);
        a_visit(&library, &system);
        let back = system.return_item("B0001").unwrap();
        assert_eq!((back.title.as_str(), back.place.as_str()), (POCKET, "中央図書館"));
        assert_eq!(library.stock(|stock| stock.holder("B0001")), None, "whose it was is erased");
        system.block(PATRON, "置き忘れ").unwrap();
        assert!(library.stock(|stock| stock.members[PATRON].is_blocked));
    }
}

#[test]
fn a_visit_over_rest_in_koha_s_shape() {
    let library = library(Charset::Utf8);
    let system = over_rest(&library);
    a_visit(&library, &system);
    assert_eq!(system.return_item("B0001").err(), Some(LibraryError::no(No::NotOffered)), "Koha takes nothing back so");
    assert!(!system.check().unwrap().returning);
}

#[test]
fn a_line_that_is_cut_never_lends_twice_and_loses_nothing() {
    let library = library(Charset::Utf8);
    let (sip2, rest) = (over_sip2(&library, Charset::Utf8), over_rest(&library));
    let systems: [&dyn LibrarySystem; 2] = [&sip2, &rest];
    let mut lent = 0;
    for (system, items) in systems.into_iter().zip([["B0001", "B0002"], ["B0003", "B0004"]]) {
        for (mischief, item) in [Mischief::CutAfterChange, Mischief::CutBeforeChange].into_iter().zip(items) {
            library.set_mischief(mischief);
            let told = system.borrow_item(PATRON, item).unwrap();
            lent += 1;
            assert_eq!((told.due, library.stock(|stock| stock.lent)), (due("2026-12-07"), lent), "{mischief:?}");
        }
        // A renewal that was done before the line was cut is not done again.
        let renewed = library.stock(|stock| stock.renewed);
        library.set_mischief(Mischief::CutAfterChange);
        assert_eq!(system.renew(PATRON, items[0]).unwrap().due, due("2026-12-21"));
        library.set_mischief(Mischief::CutBeforeChange);
        assert_eq!(system.renew(PATRON, items[1]).unwrap().due, due("2026-12-21"));
        assert_eq!(library.stock(|stock| stock.renewed), renewed + 2);
    }
}

#[test]
fn a_silent_library_is_asked_with_the_same_number_and_answers_as_before() {
    let library = library(Charset::Utf8);
    let system = over_sip2(&library, Charset::Utf8);
    system.check().unwrap();
    library.set_mischief(Mischief::SilentOnce);
    assert_eq!(system.borrow_item(PATRON, "B0001").unwrap().title, POCKET);
    assert_eq!(library.stock(|stock| stock.lent), 1);
}

#[test]
fn maintenance_a_wrong_password_and_nobody_there_have_their_names() {
    let library = library(Charset::Utf8);
    library.set_mischief(Mischief::Maintenance);
    assert_eq!(over_sip2(&library, Charset::Utf8).check().err(), Some(LibraryError::Maintenance));
    assert_eq!(over_rest(&library).check().err(), Some(LibraryError::Maintenance));
    library.set_mischief(Mischief::None);
    let wrong = sip2_system::Settings {
        address: library.sip2_address(),
        login: "yakuba".to_owned(),
        password: "chigau".to_owned().into(),
        institution: "MIHON".to_owned(),
        charset: Charset::Utf8,
    };
    assert_eq!(Sip2System::new(wrong.clone(), seams()).check().err(), Some(LibraryError::NotLetIn));
    let wrong_rest = koha::Settings {
        origin: library.koha_origin(),
        client_id: "yakuba".to_owned(),
        secret: "chigau".to_owned().into(),
    };
    let refused = Koha::new(wrong_rest, Arc::new(OverTcp::default()), seams()).check();
    assert_eq!(refused.err(), Some(LibraryError::NotLetIn));
    let address = library.sip2_address();
    drop(library);
    std::thread::sleep(Duration::from_millis(1));
    let gone = Sip2System::new(sip2_system::Settings { address, ..wrong }, seams());
    assert_eq!(gone.borrow_item(PATRON, "B0001").err(), Some(LibraryError::Unreachable));
}

/// Where `scripts/setup test` put Python with the peers.
fn python() -> std::path::PathBuf {
    const NAME: &str = "python-of-tests";
    let beside = std::env::current_exe().unwrap().ancestors().nth(3).unwrap().join("tools/bin").join(NAME);
    if beside.is_file() { beside } else { NAME.into() }
}

#[test]
fn a_library_nobody_here_wrote_lends_through_our_system() {
    use std::io::BufRead as _;
    let mut peer = std::process::Command::new(python())
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/../sip2/tests/library.py"))
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("Python cannot be run ({error}): scripts/setup test installs it"));
    let mut said = std::io::BufReader::new(peer.stdout.take().unwrap()).lines();
    let port = said.next().expect("a port; scripts/setup test installs pysip2").unwrap();
    let settings = sip2_system::Settings {
        address: format!("127.0.0.1:{port}"),
        login: "gate".to_owned(),
        password: "word".to_owned().into(),
        institution: "MIHON".to_owned(),
        charset: Charset::Utf8,
    };
    let system = Sip2System::new(settings.clone(), seams());
    let lent = system.borrow_item(PATRON, "B1").unwrap();
    assert_eq!((lent.title.as_str(), lent.due), ("ポケットの本", due("2026-12-10")));
    assert_eq!(said.next().unwrap().unwrap(), "lent B1");
    let wrong = sip2_system::Settings { password: "chigau".to_owned().into(), ..settings };
    assert_eq!(Sip2System::new(wrong, seams()).borrow_item(PATRON, "B1").err(), Some(LibraryError::NotLetIn));
    drop(peer.stdin.take());
    peer.wait().unwrap();
}

mod door {
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

    fn open(library: &Library, database: &TestDatabase, charset: Charset, most: usize) -> Door {
        let city = tools::Inside {
            seams: database.seams.clone(),
            store: database.inside(),
            cards: database.cards(),
            vault: database.vault(),
            profile: Arc::new(tools::CityProfile::demo("http://127.0.0.1:8080")),
            demo: true,
        };
        let machine = Machine { login: "gate".to_owned(), password: "word".to_owned().into() };
        let system = Arc::new(over_sip2(library, Charset::Utf8));
        let desk = Arc::new(Desk::new(Resolver { city, codes: None }, system, "MIHON", vec![machine]));
        Door::open("127.0.0.1:0", desk, Limits { most, idle: Duration::from_secs(30), charset }).unwrap()
    }

    fn say(stream: &mut TcpStream, message: impl Into<Message>, number: u8, charset: Charset) -> Vec<u8> {
        let bytes = write(&message.into(), Sequence::new(number), charset).unwrap();
        stream.write_all(&bytes).unwrap();
        bytes
    }

    fn hear(stream: &mut TcpStream) -> Vec<u8> {
        let (mut all, mut byte) = (Vec::new(), [0]);
        while stream.read(&mut byte).unwrap() == 1 {
            if byte[0] == b'\r' {
                break;
            }
            all.push(byte[0]);
        }
        all
    }

    fn come_in(door: &Door, charset: Charset) -> TcpStream {
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
        let out = std::process::Command::new(super::python())
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
}
