//! What nobody can do to the door: fill it, hold it, guess at it, or make it do one thing twice at a time.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};

use sip2::Message;
use sip2::message::{Checkout, Login, MachineStatus};
use store::testing::TestDatabase;

use super::door::{city, come_in, hear, machine, say};
use super::*;
use crate::library_card::listener::{Door, Limits};
use crate::library_card::patron::Resolver;
use crate::library_card::self_check::{Conversation, Desk};
use crate::library_card::system::{AllRenewed, Answer, Item, Lent, Offers, Patron, Returned};

const LONG: Duration = Duration::from_secs(30);

/// A library that lends when the test lets it, and panics at one item.
struct Odd {
    entered: Sender<String>,
    go: Mutex<Receiver<()>>,
    inside: AtomicUsize,
    most_inside: AtomicUsize,
}

impl LibrarySystem for Odd {
    fn check(&self) -> Answer<Offers> {
        Err(LibraryError::Unreachable)
    }
    fn borrow_item(&self, _: &str, item: &str) -> Answer<Lent> {
        assert_ne!(item, "PANIC", "asked to");
        let now = self.inside.fetch_add(1, Ordering::SeqCst) + 1;
        self.most_inside.fetch_max(now, Ordering::SeqCst);
        self.entered.send(item.to_owned()).unwrap();
        self.go.lock().unwrap().recv_timeout(LONG).unwrap();
        self.inside.fetch_sub(1, Ordering::SeqCst);
        Ok(Lent { item: item.to_owned(), title: String::new(), due: None, said: Vec::new() })
    }
    fn return_item(&self, _: &str) -> Answer<Returned> {
        Err(LibraryError::Unreachable)
    }
    fn renew(&self, _: &str, _: &str) -> Answer<Lent> {
        Err(LibraryError::Unreachable)
    }
    fn renew_all(&self, _: &str) -> Answer<AllRenewed> {
        Err(LibraryError::Unreachable)
    }
    fn hold(&self, _: &str, _: &str) -> Answer<Option<u32>> {
        Err(LibraryError::Unreachable)
    }
    fn cancel_hold(&self, _: &str, _: &str) -> Answer<()> {
        Err(LibraryError::Unreachable)
    }
    fn pay(&self, _: &str, _: Yen) -> Answer<()> {
        Err(LibraryError::Unreachable)
    }
    fn patron(&self, _: &str) -> Answer<Patron> {
        Err(LibraryError::Unreachable)
    }
    fn item(&self, _: &str) -> Answer<Item> {
        Err(LibraryError::Unreachable)
    }
    fn block(&self, _: &str, _: &str) -> Answer<()> {
        Err(LibraryError::Unreachable)
    }
    fn end_session(&self, _: &str) -> Answer<()> {
        Err(LibraryError::Unreachable)
    }
}

struct Scene {
    door: Door,
    desk: Arc<Desk>,
    odd: Arc<Odd>,
    entered: Receiver<String>,
    go: Sender<()>,
    _database: TestDatabase,
}

fn scene(limits: impl FnOnce(&mut tools::tcp_door::Limits)) -> Scene {
    let database = TestDatabase::on_sqlite();
    let ((telling, entered), (go, waiting)) = (channel(), channel());
    let odd = Arc::new(Odd {
        entered: telling,
        go: Mutex::new(waiting),
        inside: AtomicUsize::new(0),
        most_inside: AtomicUsize::new(0),
    });
    let resolver = Resolver { city: city(&database), codes: None };
    let desk = Arc::new(Desk::new(resolver, odd.clone(), "MIHON", vec![machine()]));
    let mut taken = Limits::new(4, 4, LONG, Charset::Utf8);
    limits(&mut taken.door);
    let door = Door::open("127.0.0.1:0", desk.clone(), taken).unwrap();
    Scene { door, desk, odd, entered, go, _database: database }
}

fn checkout(item: &str) -> Checkout {
    Checkout { patron: PATRON.to_owned(), item: item.to_owned(), ..Checkout::default() }
}

fn login(password: &str) -> Login {
    Login { user: "gate".to_owned(), password: password.into(), ..Login::default() }
}

fn is_closed(stream: &mut TcpStream) -> bool {
    stream.set_read_timeout(Some(LONG)).unwrap();
    match stream.read(&mut [0]) {
        Ok(count) => count == 0,
        Err(error) => !matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut),
    }
}

fn until_empty(door: &Door) {
    while door.machines() > 0 {
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn one_change_at_a_time_for_a_machine_however_many_lines_it_has() {
    let scene = scene(|_| {});
    let mut lines = [come_in(&scene.door, Charset::Utf8), come_in(&scene.door, Charset::Utf8)];
    say(&mut lines[0], checkout("B0001"), 1, Charset::Utf8);
    assert_eq!(scene.entered.recv_timeout(LONG).as_deref(), Ok("B0001"));
    say(&mut lines[1], checkout("B0002"), 1, Charset::Utf8);
    assert!(scene.entered.recv_timeout(Duration::from_millis(300)).is_err(), "it waits for the first");
    scene.go.send(()).unwrap();
    assert_eq!(scene.entered.recv_timeout(LONG).as_deref(), Ok("B0002"));
    scene.go.send(()).unwrap();
    for line in &mut lines {
        assert!(hear(line).starts_with(b"121"), "lent");
    }
    // The same on both lines at the same time is one loan, answered on both.
    say(&mut lines[0], checkout("B0003"), 2, Charset::Utf8);
    assert_eq!(scene.entered.recv_timeout(LONG).as_deref(), Ok("B0003"));
    say(&mut lines[1], checkout("B0003"), 2, Charset::Utf8);
    scene.go.send(()).unwrap();
    assert_eq!(hear(&mut lines[0]), hear(&mut lines[1]));
    assert!(scene.entered.try_recv().is_err(), "the library was asked once");
    assert_eq!(scene.odd.most_inside.load(Ordering::SeqCst), 1);
}

/// Counts what is warned of on this thread.
struct Warnings(Arc<AtomicUsize>);

impl tracing::Subscriber for Warnings {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        *metadata.level() <= tracing::Level::WARN
    }
    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }
    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}
    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
    fn event(&self, event: &tracing::Event<'_>) {
        if event.metadata().target().contains("library_card") {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }
    fn enter(&self, _: &tracing::span::Id) {}
    fn exit(&self, _: &tracing::span::Id) {}
}

#[test]
fn three_wrong_logins_close_the_line_and_write_one_line() {
    let scene = scene(|_| {});
    let mut guessing = TcpStream::connect(scene.door.address()).unwrap();
    for number in 0..3 {
        say(&mut guessing, login(&format!("wrong-{number}")), number, Charset::Utf8);
        assert!(hear(&mut guessing).starts_with(b"940"));
    }
    assert!(is_closed(&mut guessing));
    // What is written: the same conversation on this thread.
    let many = Arc::new(AtomicUsize::new(0));
    tracing::subscriber::with_default(Warnings(many.clone()), || {
        let mut conversation = Conversation::new(scene.desk.clone());
        for _ in 0..3 {
            assert!(!conversation.is_over());
            conversation.answer(login("wrong").into());
        }
        assert!(conversation.is_over());
    });
    assert_eq!(many.load(Ordering::SeqCst), 1);
}

#[test]
fn a_login_between_refusals_is_let_in_and_a_long_message_in_single_bytes_is_answered() {
    let scene = scene(|_| {});
    let mut line = TcpStream::connect(scene.door.address()).unwrap();
    line.set_read_timeout(Some(LONG)).unwrap();
    say(&mut line, login("wrong"), 0, Charset::Utf8);
    assert!(hear(&mut line).starts_with(b"940"));
    say(&mut line, login("word"), 1, Charset::Utf8);
    assert!(hear(&mut line).starts_with(b"941"));
    // The longest a message may be, a byte at a time.
    let long = "9".repeat(sip2::frame::MOST_BYTES - 200);
    let message: Message = Checkout { item: long, patron: PATRON.to_owned(), ..Checkout::default() }.into();
    let bytes = sip2::frame::write(&message, sip2::Sequence::new(2), Charset::Utf8).unwrap();
    assert!(bytes.len() > sip2::frame::MOST_BYTES - 200 && bytes.len() <= sip2::frame::MOST_BYTES);
    for byte in &bytes {
        line.write_all(&[*byte]).unwrap();
    }
    assert!(scene.entered.recv_timeout(LONG).is_ok());
    scene.go.send(()).unwrap();
    assert!(hear(&mut line).starts_with(b"121"));
}

#[test]
fn who_does_not_say_in_time_who_it_is_is_cut_and_another_gets_in() {
    let scene = scene(|door| {
        door.most = 1;
        door.first = Duration::from_millis(500);
    });
    let mut silent = TcpStream::connect(scene.door.address()).unwrap();
    assert!(is_closed(&mut silent));
    until_empty(&scene.door);
    // Refused logins and a byte now and then win no time.
    let mut slow = TcpStream::connect(scene.door.address()).unwrap();
    say(&mut slow, login("wrong"), 0, Charset::Utf8);
    hear(&mut slow);
    let began = std::time::Instant::now();
    while slow.write_all(b"9").is_ok() && scene.door.machines() > 0 {
        assert!(began.elapsed() < LONG, "it still holds its place");
        std::thread::sleep(Duration::from_millis(50));
    }
    until_empty(&scene.door);
    let mut line = come_in(&scene.door, Charset::Utf8);
    say(&mut line, MachineStatus::default(), 1, Charset::Utf8);
    assert!(hear(&mut line).starts_with(b"98"));
}

#[test]
fn one_address_cannot_take_all_places_of_machines() {
    let scene = scene(|door| door.most_an_address = 2);
    let _ours = [come_in(&scene.door, Charset::Utf8), come_in(&scene.door, Charset::Utf8)];
    assert!(is_closed(&mut TcpStream::connect(scene.door.address()).unwrap()));
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    let other: SocketAddr = "127.0.0.2:0".parse().unwrap();
    socket.bind(&other.into()).unwrap();
    socket.connect(&scene.door.address().into()).unwrap();
    let mut other: TcpStream = socket.into();
    other.set_read_timeout(Some(LONG)).unwrap();
    say(&mut other, login("word"), 0, Charset::Utf8);
    assert!(hear(&mut other).starts_with(b"941"));
}

#[test]
fn a_panic_behind_a_message_gives_the_machine_s_place_and_turn_back() {
    let scene = scene(|door| door.most = 1);
    let mut line = come_in(&scene.door, Charset::Utf8);
    say(&mut line, checkout("PANIC"), 1, Charset::Utf8);
    assert!(is_closed(&mut line));
    until_empty(&scene.door);
    let mut line = come_in(&scene.door, Charset::Utf8);
    say(&mut line, checkout("B0001"), 1, Charset::Utf8);
    assert!(scene.entered.recv_timeout(LONG).is_ok());
    scene.go.send(()).unwrap();
    assert!(hear(&mut line).starts_with(b"121"));
}
