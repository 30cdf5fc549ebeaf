//! Over real sockets, with short limits. The talk is: each byte `\n` ends a message, which is said back.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use std::io::{Read as _, Write as _};
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, channel};

use super::*;

/// Far longer than any limit here: a test that waits so long has failed.
const LONG: Duration = Duration::from_secs(30);

fn limits() -> Limits {
    Limits { most: 4, most_an_address: 4, first: LONG, whole: LONG, idle: LONG, answer: LONG }
}

fn open(limits: Limits) -> (TcpDoor, Receiver<Over>) {
    let (telling, told) = channel();
    let telling = Mutex::new(telling);
    let door = TcpDoor::open("127.0.0.1:0", "test", limits, move |mut line| {
        let (mut message, mut bytes) = (Vec::new(), [0; 16]);
        loop {
            match line.hear(&mut bytes, !message.is_empty()).unwrap() {
                Heard::Over(over) => return telling.lock().unwrap().send(over).unwrap(),
                Heard::Bytes(count) => message.extend_from_slice(&bytes[..count]),
            }
            assert_ne!(message, b"panic\n", "asked to");
            if message.ends_with(b"\n") {
                line.say(&message).unwrap();
                line.served();
                message.clear();
            }
        }
    });
    (door.unwrap(), told)
}

fn come(door: &TcpDoor) -> TcpStream {
    let stream = TcpStream::connect(door.address()).unwrap();
    stream.set_read_timeout(Some(LONG)).unwrap();
    stream
}

/// Whether the line answers.
fn is_served(stream: &mut TcpStream) -> bool {
    let mut answer = [0; 3];
    stream.write_all(b"hi\n").is_ok() && stream.read_exact(&mut answer).is_ok() && &answer == b"hi\n"
}

fn wait_until_empty(door: &TcpDoor) {
    while door.lines() > 0 {
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_silent_peer_is_cut_and_another_gets_in() {
    let (door, told) = open(Limits { most: 1, first: Duration::from_millis(300), ..limits() });
    let _silent = come(&door);
    assert_eq!(told.recv_timeout(LONG), Ok(Over::First));
    wait_until_empty(&door);
    assert!(is_served(&mut come(&door)));
}

#[test]
fn a_byte_now_and_then_holds_no_place() {
    let (door, told) =
        open(Limits { first: Duration::from_millis(400), whole: Duration::from_millis(400), ..limits() });
    // Before anything was served, and in the middle of a later message.
    for has_spoken in [false, true] {
        let mut slow = come(&door);
        assert!(!has_spoken || is_served(&mut slow));
        let over = loop {
            let _ = slow.write_all(b"x");
            if let Ok(over) = told.recv_timeout(Duration::from_millis(50)) {
                break over;
            }
        };
        assert_eq!(over, if has_spoken { Over::Message } else { Over::First });
    }
}

#[test]
fn a_quiet_line_that_was_served_stays_until_it_is_idle() {
    let (door, told) = open(Limits { first: Duration::from_millis(200), idle: Duration::from_millis(900), ..limits() });
    let mut quiet = come(&door);
    assert!(is_served(&mut quiet));
    assert!(told.recv_timeout(Duration::from_millis(500)).is_err(), "the first limit is over for it");
    assert!(is_served(&mut quiet));
    assert_eq!(told.recv_timeout(LONG), Ok(Over::Idle));
}

#[test]
fn one_thing_asked_after_another_is_answered_in_turn_until_the_machine_goes() {
    let (door, told) = open(limits());
    // Side by side one line looks and the other sleeps; with a pause both sleep.
    let asking: Vec<_> = (0..2)
        .map(|_| come(&door))
        .map(|mut stream| {
            std::thread::spawn(move || {
                (0..300).all(|number| {
                    if number % 100 == 99 {
                        std::thread::sleep(Duration::from_millis(5));
                    }
                    is_served(&mut stream)
                })
            })
        })
        .collect();
    assert!(asking.into_iter().all(|one| one.join().unwrap()));
    assert_eq!((told.recv_timeout(LONG), told.recv_timeout(LONG)), (Ok(Over::Gone), Ok(Over::Gone)));
}

#[test]
fn one_address_cannot_take_all_places() {
    let (door, _told) = open(Limits { most_an_address: 3, ..limits() });
    let mut ours: Vec<TcpStream> = (0..3).map(|_| come(&door)).collect();
    assert!(ours.iter_mut().all(is_served));
    assert!(!is_served(&mut come(&door)), "three are ours");
    // The whole of 127/8 is this host: another address of it is another source.
    let other = format!("127.0.0.1:{}", door.address().port());
    let mut other = from_address("127.0.0.2", &other);
    assert!(is_served(&mut other));
}

#[test]
fn a_panic_gives_the_place_back() {
    let (door, _told) = open(Limits { most: 1, ..limits() });
    let mut stream = come(&door);
    stream.write_all(b"panic\n").unwrap();
    assert!(matches!(stream.read(&mut [0]), Ok(0) | Err(_)));
    wait_until_empty(&door);
    assert!(is_served(&mut come(&door)));
}

#[test]
fn a_door_that_closes_lets_its_lines_go() {
    let (door, told) = open(limits());
    let mut stream = come(&door);
    assert!(is_served(&mut stream));
    drop(door);
    assert_eq!(told.recv_timeout(LONG), Ok(Over::Closing));
}

/// A connection whose own end is at `address` of this host.
fn from_address(address: &str, door: &str) -> TcpStream {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    let own: SocketAddr = format!("{address}:0").parse().unwrap();
    socket.bind(&own.into()).unwrap();
    socket.connect(&door.parse::<SocketAddr>().unwrap().into()).unwrap();
    socket.set_read_timeout(Some(LONG)).unwrap();
    socket.into()
}
