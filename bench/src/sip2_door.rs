//! The library: our door of machines beside `pysip2`, asked the same by the same client on 1, 10 and 100 connections.
//!
//! Asked is 63 (patron information) of a known number. Ours goes through the whole door: frame, login, patron number looked up in
//! the database of cards, the library's system (in memory, so that not the simulation is measured), answer. The peer's handler
//! answers from memory.
//!
//! Beside them stands what the machine itself needs to carry as many bytes there and back between two threads that sleep until
//! something comes: on idle cores waking them is most of an exchange, and nobody who sleeps is quicker.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use base::Yen;
use services::library_card::listener::{Door, Limits};
use services::library_card::patron::Resolver;
use services::library_card::self_check::{Desk, Machine};
use services::library_card::system::{AllRenewed, Answer, Item, Lent, LibraryError, No, Offers, Patron, Returned};
use services::library_card::{KEY, LibrarySystem};
use sip2::client::Heard;
use sip2::field::DateTime;
use sip2::message::{Login, PatronInformation};
use sip2::{Charset, Client, Message};
use store::testing::TestDatabase;
use tools::ResidentId;
use tools::access::Actor;
use tools::service_cards::{self, CardError, Form, NewCard, Subject};

use crate::Options;
use crate::clients::drive;
use crate::report::{Failure, Line};

const CONNECTIONS: [u64; 3] = [1, 10, 100];
/// Ours must answer so many times as many questions on one connection.
const GOAL: f64 = 2.0;

/// A library that answers at once.
struct InMemory;

const NOT: LibraryError = LibraryError::no(No::NotOffered);

impl LibrarySystem for InMemory {
    fn check(&self) -> Answer<Offers> {
        Ok(Offers { lending: true, returning: true, renewing: true, holding: true, paying: true, blocking: true })
    }
    fn borrow_item(&self, _: &str, _: &str) -> Answer<Lent> {
        Err(NOT)
    }
    fn return_item(&self, _: &str) -> Answer<Returned> {
        Err(NOT)
    }
    fn renew(&self, _: &str, _: &str) -> Answer<Lent> {
        Err(NOT)
    }
    fn renew_all(&self, _: &str) -> Answer<AllRenewed> {
        Err(NOT)
    }
    fn hold(&self, _: &str, _: &str) -> Answer<Option<u32>> {
        Err(NOT)
    }
    fn cancel_hold(&self, _: &str, _: &str) -> Answer<()> {
        Err(NOT)
    }
    fn pay(&self, _: &str, _: Yen) -> Answer<()> {
        Err(NOT)
    }
    fn patron(&self, _: &str) -> Answer<Patron> {
        Ok(Patron { said: vec!["こんにちは".to_owned()], ..Patron::default() })
    }
    fn item(&self, _: &str) -> Answer<Item> {
        Err(NOT)
    }
    fn block(&self, _: &str, _: &str) -> Answer<()> {
        Err(NOT)
    }
    fn end_session(&self, _: &str) -> Answer<()> {
        Ok(())
    }
}

/// `pysip2`, as the tests use it.
struct Peer {
    process: Child,
    address: String,
}

impl Peer {
    fn start() -> Result<Self, Failure> {
        let beside = std::env::current_exe()?.ancestors().nth(2).map(|target| target.join("tools/bin/python-of-tests"));
        let python = beside.filter(|path| path.is_file()).unwrap_or_else(|| "python-of-tests".into());
        let mut process = Command::new(python)
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/../crates/sip2/tests/library.py"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let out = process.stdout.take().ok_or("no output")?;
        let port = BufReader::new(out).lines().next().ok_or("scripts/setup test installs pysip2")??;
        Ok(Self { process, address: format!("127.0.0.1:{port}") })
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

struct Asker {
    stream: TcpStream,
    client: Client,
}

impl Asker {
    fn come_in(address: &str) -> Result<Self, Failure> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(20)))?;
        let mut machine = Self { stream, client: Client::new(Charset::Utf8, true) };
        let login = Login { user: "gate".to_owned(), password: "word".into(), ..Login::default() };
        machine.ask(&login.into())?;
        Ok(machine)
    }

    fn ask(&mut self, question: &Message) -> Result<Message, Failure> {
        let bytes = self.client.ask(question)?;
        self.stream.write_all(&bytes)?;
        let mut buffer = [0; 4096];
        loop {
            match self.client.next_heard()? {
                Heard::Answer(message) => return Ok(message),
                Heard::Send(bytes) => self.stream.write_all(&bytes)?,
                Heard::Wait => {
                    let count = self.stream.read(&mut buffer)?;
                    if count == 0 {
                        return Err("hung up".into());
                    }
                    self.client.receive(buffer.get(..count).unwrap_or_default());
                }
            }
        }
    }
}

fn measure(address: &str, connections: u64, seconds: f64) -> Result<f64, Failure> {
    let question: Message = PatronInformation {
        at: Some(DateTime::in_japan(base::Timestamp::from_seconds(1_795_392_006))),
        institution: "MIHON".into(),
        patron: "L-0001".to_owned(),
        terminal_password: Some(String::new()),
        patron_password: Some(String::new()),
        ..PatronInformation::default()
    }
    .into();
    let make = |_| {
        let (mut machine, question) = (Asker::come_in(address)?, question.clone());
        Ok(move |_| match machine.ask(&question)? {
            Message::PatronInformationAnswer(answer) if answer.is_valid.as_deref() == Some("Y") => Ok(()),
            _ => Err("not answered".into()),
        })
    };
    Ok(drive(connections, seconds, &|| 0.0, make)?.seen().per_second)
}

/// Bytes of the question, and of the answer, of [`measure`].
const THERE: [u8; 66] = [b'6'; 66];
const BACK: [u8; 123] = [b'6'; 123];

/// Exchanges a second on one connection of which nobody reads what was said.
fn bare(seconds: f64) -> Result<f64, Failure> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let mut asking = TcpStream::connect(listener.local_addr()?)?;
    asking.set_nodelay(true)?;
    let (mut answering, _) = listener.accept()?;
    answering.set_nodelay(true)?;
    let answers = std::thread::spawn(move || {
        let mut question = THERE;
        while answering.read_exact(&mut question).is_ok() && answering.write_all(&BACK).is_ok() {}
    });
    let (begun, mut exchanges, mut answer) = (Instant::now(), 0.0, BACK);
    while begun.elapsed().as_secs_f64() < seconds {
        asking.write_all(&THERE)?;
        asking.read_exact(&mut answer)?;
        exchanges += 1.0;
    }
    let rate = exchanges / begun.elapsed().as_secs_f64();
    drop(asking);
    answers.join().map_err(|_| "the answering thread died")?;
    Ok(rate)
}

/// Patrons whose numbers stand in the database of cards.
fn register(city: &tools::Inside) -> Result<(), Failure> {
    let (vault, seams, by) = (city.vault.clone(), city.seams.clone(), Actor::System { job: "bench" });
    let people =
        (1..=1_000).map(|person| ResidentId::parse(&format!("R-{person:04}"))).collect::<Result<Vec<_>, _>>()?;
    let refused = city.cards.write::<_, CardError, _>(move |tx| {
        let mut refused = 0;
        for (place, resident) in (1..).zip(&people) {
            let (subject, number) = (Subject::of(&vault, KEY, resident)?, format!("L-{place:04}"));
            let form = Form::OneCard;
            let new = NewCard { service: KEY, subject: &subject, form, number: &number, valid_until: None };
            refused += usize::from(service_cards::issue(tx, &vault, &seams, &by, &new)?.is_err());
        }
        Ok(refused)
    })?;
    if refused > 0 { Err("a number was refused".into()) } else { Ok(()) }
}

/// Measures both.
///
/// # Errors
/// The peer cannot be started; an answer is wrong.
pub fn run(options: &Options) -> Result<Vec<Line>, Failure> {
    let database = TestDatabase::on_sqlite();
    let city = tools::Inside {
        seams: database.seams.clone(),
        store: database.inside(),
        cards: database.cards(),
        vault: database.vault(),
        profile: Arc::new(tools::CityProfile::demo("http://127.0.0.1:8080")),
        demo: true,
    };
    register(&city)?;
    let machine = Machine { login: "gate".to_owned(), password: "word".to_owned().into() };
    let desk = Arc::new(Desk::new(Resolver { city, codes: None }, Arc::new(InMemory), "MIHON", vec![machine]));
    let limits = Limits::new(256, 256, Duration::from_secs(60), Charset::Utf8);
    let door = Door::open("127.0.0.1:0", desk, limits)?;
    let peer = Peer::start()?;
    let mut lines = Vec::new();
    for connections in CONNECTIONS {
        // They take turns, so that a busy machine slows both.
        let (mut ours, mut theirs) = (0.0, 0.0);
        let rounds = 3;
        for _ in 0..rounds {
            let slice = options.seconds / f64::from(rounds);
            ours += measure(&door.address().to_string(), connections, slice)?;
            theirs += measure(&peer.address, connections, slice)?;
        }
        let (ours, theirs) = (ours / f64::from(rounds), theirs / f64::from(rounds));
        let ratio = ours / theirs;
        lines.push(Line {
            work: format!("SIP2 patron information, {connections} connections"),
            ours: format!("{ours:.0}/s"),
            peer: format!("{theirs:.0}/s pysip2"),
            ratio: Some(ratio),
            goal: if connections == 1 { format!("≥ {GOAL} ×") } else { "context".to_owned() },
            met: (connections == 1).then_some(ratio >= GOAL),
        });
    }
    let floor = bare(options.seconds)?;
    lines.push(Line {
        work: "the same bytes there and back on 1 connection, not read".to_owned(),
        ours: format!("{floor:.0}/s"),
        peer: "-".to_owned(),
        ratio: None,
        goal: "context: nobody who sleeps until asked is quicker".to_owned(),
        met: None,
    });
    Ok(lines)
}
