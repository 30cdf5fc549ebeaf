//! A library's system behind SIP2 over TCP.
//!
//! ```text
//!  ask ─► a line from the pool (or a new one: 93, 99/98) ─► question ─► answer
//!           no answer in the time of 98 ─► the same bytes again, same number, as often as 98 says
//!           line cut ─► a new line; was it a change? look first (17, 63) whether it was done, ask again only if not
//! ```
//! Messages that the system's 98 does not offer (BX, checkout ok, checkin ok …) are not sent. SIP2 knows no TLS: the
//! address must lie on a closed line or behind a tunnel.

mod calls;

use std::io::{Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use base::{Date, Personal, Seams};
use sip2::client::{Heard, Lost};
use sip2::codes::{Answers, Language, Listed, PatronFlag};
use sip2::field::{DateTime, OneZero, PatronStatus, Summary, Supported, YesNo};
use sip2::message::{Login, MachineStatus, PatronInformation, PatronInformationAnswer};
use sip2::{Charset, Client, Message};

use super::system::{Answer, LibraryError, LibrarySystem as _, No, Standing};

/// Lines kept open.
const MOST_IDLE: usize = 4;
/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(5);
/// How long an answer may take where 98 does not say (`999`).
const USUAL_WAIT: Duration = Duration::from_secs(10);
/// Titles looked up for one patron.
const MOST_LOOKED_UP: usize = 60;

/// Where the library is, and who we are there.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `HOST:PORT`.
    pub address: String,
    /// Our login (CN); empty: none is sent.
    pub login: String,
    /// Its password (CO).
    pub password: Personal<String>,
    /// The institution (AO).
    pub institution: String,
    /// Characters.
    pub charset: Charset,
}

/// The system.
pub struct Sip2System {
    settings: Settings,
    seams: Seams,
    idle: Mutex<Vec<Line>>,
}

/// A connection that has signed in.
struct Line {
    stream: TcpStream,
    client: Client,
    supported: Option<Supported>,
    may: May,
}

/// What 98 says is done.
#[derive(Clone, Copy)]
struct May {
    check_out: bool,
    check_in: bool,
    renew: bool,
}

/// Why a question has no answer yet.
enum Broken {
    /// The line was cut or stayed silent: it may have been done.
    Cut,
    /// It was not even sent, or the answer is final.
    Final(LibraryError),
}

impl Line {
    fn open(settings: &Settings) -> Answer<Self> {
        let addresses = settings.address.to_socket_addrs().map_err(|_| LibraryError::Unreachable)?;
        let mut stream = None;
        for address in addresses {
            if let Ok(open) = TcpStream::connect_timeout(&address, CONNECT) {
                stream = Some(open);
                break;
            }
        }
        let stream = stream.ok_or(LibraryError::Unreachable)?;
        let _ = stream.set_nodelay(true);
        stream.set_read_timeout(Some(USUAL_WAIT)).map_err(|_| LibraryError::Unreachable)?;
        stream.set_write_timeout(Some(USUAL_WAIT)).map_err(|_| LibraryError::Unreachable)?;
        let may = May { check_out: true, check_in: true, renew: true };
        let mut line = Self { stream, client: Client::new(settings.charset, true), supported: None, may };
        line.sign_in(settings)?;
        Ok(line)
    }

    fn sign_in(&mut self, settings: &Settings) -> Answer<()> {
        let unreachable = |broken| match broken {
            Broken::Cut => LibraryError::Unreachable,
            Broken::Final(error) => error,
        };
        if !settings.login.is_empty() {
            let login = Login {
                user: settings.login.clone(),
                password: settings.password.reveal().as_str().into(),
                ..Login::default()
            };
            match self.ask(&login.into()).map_err(unreachable)? {
                Message::LoginAnswer(answer) if answer.ok == OneZero(true) => {}
                _ => return Err(LibraryError::NotLetIn),
            }
        }
        let Message::SystemStatus(status) = self.ask(&MachineStatus::default().into()).map_err(unreachable)? else {
            return Err(LibraryError::Malformed("98"));
        };
        // `000` in the time-out means off-line too.
        if status.online != YesNo(true) || status.timeout_tenths.0 == Some(0) {
            return Err(LibraryError::Maintenance);
        }
        self.client.set_retries(status.retries.0);
        self.supported = Supported::parse(&status.supported.0);
        self.may = May { check_out: status.checkout_ok.0, check_in: status.checkin_ok.0, renew: status.renewal_ok.0 };
        if let Some(tenths) = status.timeout_tenths.0.filter(|&tenths| tenths < 999) {
            let wait = Duration::from_millis(u64::from(tenths) * 100);
            self.stream.set_read_timeout(Some(wait)).map_err(|_| LibraryError::Unreachable)?;
        }
        Ok(())
    }

    /// Whether 98 offers what this question asks for. A system without BX is believed to offer everything.
    fn offers(&self, question: &Message) -> bool {
        let (may, needs) = match question {
            Message::Checkout(_) => (self.may.check_out, Answers::Checkout),
            Message::Checkin(_) => (self.may.check_in, Answers::Checkin),
            Message::Renew(_) => (self.may.renew, Answers::Renew),
            Message::RenewAll(_) => (self.may.renew, Answers::RenewAll),
            Message::Hold(_) => (true, Answers::Hold),
            Message::FeePaid(_) => (true, Answers::FeePaid),
            Message::PatronInformation(_) => (true, Answers::PatronInformation),
            Message::ItemInformation(_) => (true, Answers::ItemInformation),
            Message::BlockPatron(_) => (true, Answers::BlockPatron),
            Message::EndPatronSession(_) => (true, Answers::EndPatronSession),
            _ => return true,
        };
        may && self.supported.is_none_or(|supported| supported.has(needs))
    }

    fn ask(&mut self, question: &Message) -> Result<Message, Broken> {
        if !self.offers(question) {
            return Err(Broken::Final(LibraryError::no(No::NotOffered)));
        }
        let bytes = self.client.ask(question).map_err(lost)?;
        self.stream.write_all(&bytes).map_err(|_| Broken::Cut)?;
        let mut buffer = [0; 4096];
        loop {
            match self.client.next_heard().map_err(lost)? {
                Heard::Answer(message) => return Ok(message),
                Heard::Send(bytes) => self.stream.write_all(&bytes).map_err(|_| Broken::Cut)?,
                Heard::Wait => match self.stream.read(&mut buffer) {
                    Ok(0) => return Err(Broken::Cut),
                    Ok(count) => self.client.receive(buffer.get(..count).unwrap_or_default()),
                    Err(error) if is_time_out(&error) => {
                        let bytes = self.client.timed_out().map_err(lost)?;
                        self.stream.write_all(&bytes).map_err(|_| Broken::Cut)?;
                    }
                    Err(_) => return Err(Broken::Cut),
                },
            }
        }
    }
}

fn is_time_out(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{Interrupted, TimedOut, WouldBlock};
    matches!(error.kind(), WouldBlock | TimedOut | Interrupted)
}

fn lost(lost: Lost) -> Broken {
    match lost {
        Lost::Unwritable(_) => Broken::Final(LibraryError::no(No::UnknownItem)),
        Lost::Busy | Lost::NotAQuestion(_) => Broken::Final(LibraryError::Malformed("question")),
        // It may have been done all the same.
        Lost::NoAnswer(_) | Lost::OtherMessage(_) | Lost::Fault(_) => Broken::Cut,
    }
}

/// What was found out about a change whose answer was lost.
enum Found<T> {
    Done(T),
    NotDone,
    Unknown,
}

impl Sip2System {
    /// A system of these settings. Nothing is connected yet.
    pub const fn new(settings: Settings, seams: Seams) -> Self {
        Self { settings, seams, idle: Mutex::new(Vec::new()) }
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Line>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keep(&self, line: Line) {
        let mut idle = self.idle();
        if idle.len() < MOST_IDLE {
            idle.push(line);
        }
    }

    /// Asks once: on a kept line, and where that turns out to have been closed while it lay, what was asked may be lost.
    fn once(&self, question: &Message) -> Result<Message, Broken> {
        let kept = self.idle().pop();
        let mut line = match kept.filter(is_open) {
            Some(line) => line,
            None => Line::open(&self.settings).map_err(Broken::Final)?,
        };
        let answer = line.ask(question);
        if !matches!(answer, Err(Broken::Cut)) {
            self.keep(line);
        }
        answer
    }

    /// A question that changes nothing: asked again on a new line.
    fn look(&self, question: &Message) -> Answer<Message> {
        for _ in 0..2 {
            match self.once(question) {
                Ok(answer) => return Ok(answer),
                Err(Broken::Final(error)) => return Err(error),
                Err(Broken::Cut) => self.idle().clear(),
            }
        }
        Err(LibraryError::Unreachable)
    }

    /// A question that changes something. When its answer is lost, `find_out` looks whether it was done; only what was not
    /// is asked again, once.
    fn change<T>(
        &self,
        question: &Message,
        read: impl Fn(Message) -> Answer<T>,
        find_out: impl Fn() -> Answer<Found<T>>,
    ) -> Answer<T> {
        for _ in 0..2 {
            match self.once(question) {
                Ok(answer) => return read(answer),
                Err(Broken::Final(error)) => return Err(error),
                Err(Broken::Cut) => self.idle().clear(),
            }
            match find_out() {
                Ok(Found::Done(done)) => return Ok(done),
                Ok(Found::NotDone) => {}
                Ok(Found::Unknown) | Err(_) => return Err(LibraryError::Unclear),
            }
        }
        Err(LibraryError::Unclear)
    }

    fn now(&self) -> Option<DateTime> {
        Some(DateTime::in_japan(self.seams.now()))
    }

    fn institution(&self) -> sip2::field::Always {
        self.settings.institution.as_str().into()
    }

    fn information(&self, patron: &str, list: Option<Listed>) -> Answer<PatronInformationAnswer> {
        let question = PatronInformation {
            language: Language::Japanese,
            at: self.now(),
            summary: list.map_or_else(Summary::default, Summary::of),
            institution: self.institution(),
            patron: patron.to_owned(),
            terminal_password: Some(String::new()),
            patron_password: Some(String::new()),
            ..PatronInformation::default()
        };
        let Message::PatronInformationAnswer(answer) = self.look(&question.into())? else {
            return Err(LibraryError::Malformed("64"));
        };
        if answer.is_valid.as_deref() == Some("N") {
            return Err(LibraryError::No(No::UnknownPatron, answer.screen));
        }
        Ok(*answer)
    }

    /// The title of what a list names: systems list numbers, or titles at once.
    fn titled(&self, listed: &str, budget: &mut usize) -> (String, Option<Date>) {
        if *budget > 0 {
            *budget -= 1;
            if let Ok(item) = self.item(listed)
                && !item.title.is_empty()
            {
                return (item.title, item.due);
            }
        }
        (listed.to_owned(), None)
    }
}

/// Whether the other end has not hung up and has nothing to say.
fn is_open(line: &Line) -> bool {
    let mut byte = [0];
    line.stream.set_nonblocking(true).is_ok()
        && matches!(line.stream.peek(&mut byte), Err(error) if error.kind() == std::io::ErrorKind::WouldBlock)
        && line.stream.set_nonblocking(false).is_ok()
}

/// A due date as systems write it: `YYYYMMDD…`, `YYYY-MM-DD…`, `YYYY/MM/DD…`.
pub(super) fn due_date(text: &str) -> Option<Date> {
    let digits: String = text.chars().filter(char::is_ascii_digit).take(8).collect();
    let (year, month, day) = (digits.get(..4)?, digits.get(4..6)?, digits.get(6..8)?);
    Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)
}

fn yen(text: Option<&str>) -> i64 {
    let whole = text.unwrap_or_default().trim().split('.').next().unwrap_or_default();
    whole.replace(',', "").parse().unwrap_or(0)
}

fn standing(status: PatronStatus) -> Standing {
    Standing {
        no_loans: status.has(PatronFlag::ChargeDenied),
        no_renewals: status.has(PatronFlag::RenewalDenied),
        no_holds: status.has(PatronFlag::HoldDenied),
        is_lost: status.has(PatronFlag::CardReportedLost),
        too_many_overdue: status.has(PatronFlag::TooManyOverdue),
        fines_too_high: status.has(PatronFlag::ExcessiveFines) || status.has(PatronFlag::ExcessiveFees),
    }
}
