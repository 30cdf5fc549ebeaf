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

#[test]
fn a_library_nobody_here_wrote_lends_through_our_system() {
    use std::io::BufRead as _;
    let mut peer = std::process::Command::new(testkit::python())
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

mod daily;
mod door;
mod koha_shape;
mod limits;
mod shown;
