//! **Simulated** network printer: speaks the Internet Printing Protocol over HTTP, keeps the raw bytes of every job, and
//! fails in every way a printer fails.
//!
//! For: tests; never in production. By: RFC 8010 (encoding), RFC 8011 (Print-Job, Get-Job-Attributes, Get-Jobs, Cancel-Job,
//! Get-Printer-Attributes). Whether it is a printer as others understand one, CUPS's own `ipptool` judges in
//! `tests/printer.rs`.
//!
//! ```text
//!   client ── POST /ipp/print ──► MockPrinter ──► queue ──► engine (a thread, one job at a time) ──► sheets
//!   test ──── Fault ────────────►                              └ stops while there is trouble
//! ```

use std::io::{self, BufRead, BufReader, Cursor, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use ipp::attribute::{IppAttribute, IppAttributeGroup, IppAttributes};
use ipp::model::{DelimiterTag, StatusCode};
use ipp::parser::{IppParseError, IppParser};
use ipp::reader::IppReader;
use ipp::request::IppRequestResponse;
use ipp::value::IppValue;

/// How it misbehaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Fault {
    /// Not at all.
    #[default]
    None,
    /// No paper: what is being printed waits.
    OutOfPaper,
    /// Paper is stuck.
    Jam,
    /// A cover is open.
    CoverOpen,
    /// It takes no connection.
    Offline,
    /// It takes a job at once and says so only so much later.
    SlowToTake(Duration),
    /// It takes a job and answers Print-Job with this status of HTTP.
    TakesAndAnswers(u16),
    /// It takes a job and cuts the connection before a word of an answer.
    TakesAndCuts,
    /// It takes no job and answers Print-Job with this status of HTTP.
    Answers(u16),
    /// It takes no job and answers Print-Job with this status of IPP.
    Refuses(u16),
    /// It takes a job and answers Print-Job with this status of IPP.
    TakesAndRefuses(u16),
    /// It gives every job up.
    Aborts,
    /// Every job that is sent arrives twice.
    Duplicates,
    /// Asked about a job, it tells of another.
    AnswersAnother,
    /// It answers with something that is no answer.
    Garbage,
}

/// What the printer calls a state of a job.
mod state {
    pub const PENDING: i32 = 3;
    pub const PROCESSING: i32 = 5;
    pub const STOPPED: i32 = 6;
    pub const CANCELLED: i32 = 7;
    pub const ABORTED: i32 = 8;
    pub const COMPLETED: i32 = 9;
}

/// A job it was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MockJob {
    /// Its number.
    pub number: i32,
    /// What it is called.
    pub name: String,
    /// In whose name it was sent.
    pub user: String,
    /// How many copies.
    pub copies: i32,
    /// The word for its sides.
    pub sides: String,
    /// The bytes, as they came.
    pub bytes: Vec<u8>,
    /// RFC 8011 §5.3.7.
    pub state: i32,
}

impl MockJob {
    /// Whether nothing more will happen to it.
    pub const fn has_ended(&self) -> bool {
        self.state >= state::CANCELLED
    }
}

#[derive(Default)]
struct State {
    fault: Fault,
    jobs: Vec<MockJob>,
    /// Numbers of jobs in the order in which they came out.
    out: Vec<i32>,
    /// The most jobs that ever lay in it at one time.
    most_waiting: usize,
}

struct Shared {
    uri: String,
    state: Mutex<State>,
    stopping: AtomicBool,
}

/// The running printer. Stops when dropped.
pub struct MockPrinter {
    address: SocketAddr,
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

impl MockPrinter {
    /// Starts on a free port of 127.0.0.1; a job takes `work` to print.
    ///
    /// # Errors
    /// No port can be opened.
    pub fn start(work: Duration) -> io::Result<Self> {
        let socket = TcpListener::bind(("127.0.0.1", 0))?;
        let address = socket.local_addr()?;
        let uri = format!("ipp://{address}/ipp/print");
        let shared = Arc::new(Shared { uri, state: Mutex::default(), stopping: AtomicBool::new(false) });
        let served = shared.clone();
        let door = std::thread::Builder::new().name("mock-printer".into()).spawn(move || {
            for connection in socket.incoming() {
                if served.stopping.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(connection) = connection else { continue };
                if served.lock().fault == Fault::Offline {
                    continue;
                }
                let shared = served.clone();
                let _ = std::thread::Builder::new().name("mock-printer".into()).spawn(move || {
                    let _ = shared.serve(connection);
                });
            }
        })?;
        let driven = shared.clone();
        let engine = std::thread::Builder::new().name("mock-engine".into()).spawn(move || driven.print(work))?;
        Ok(Self { address, shared, threads: vec![door, engine] })
    }

    /// Where it is.
    pub fn uri(&self) -> String {
        self.shared.uri.clone()
    }

    /// How it misbehaves from now on.
    pub fn set(&self, fault: Fault) {
        let mut state = self.shared.lock();
        state.fault = fault;
        // Mended, nothing says any more that it stands still: the engine may come to it a moment later.
        if state.reason().is_none() {
            state.jobs.iter_mut().filter(|job| job.state == state::STOPPED).for_each(|job| job.state = state::PENDING);
        }
    }

    /// Somebody else's job, sent from elsewhere. Returns its number.
    pub fn put_foreign_job(&self, name: &str) -> i32 {
        self.shared.lock().take(name, "somebody", 1, "one-sided", b"%PDF-foreign".to_vec())
    }

    /// Takes a job out, as staff do at the printer.
    pub fn cancel(&self, number: i32) {
        self.shared.lock().cancel(number);
    }

    /// Every job it was ever given, in order.
    pub fn jobs(&self) -> Vec<MockJob> {
        self.shared.lock().jobs.clone()
    }

    /// The jobs whose sheets are out, in the order in which they came.
    pub fn printed(&self) -> Vec<MockJob> {
        let state = self.shared.lock();
        state.out.iter().filter_map(|number| state.jobs.iter().find(|job| job.number == *number)).cloned().collect()
    }

    /// The most jobs that ever lay in it at one time.
    pub fn most_waiting(&self) -> usize {
        self.shared.lock().most_waiting
    }
}

impl Drop for MockPrinter {
    fn drop(&mut self) {
        self.shared.stopping.store(true, Ordering::SeqCst);
        // Wakes the door, which then sees the flag.
        let _ = TcpStream::connect(self.address);
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

impl State {
    fn take(&mut self, name: &str, user: &str, copies: i32, sides: &str, bytes: Vec<u8>) -> i32 {
        let number = self.jobs.last().map_or(1, |job| job.number + 1);
        let (name, user, sides) = (name.to_owned(), user.to_owned(), sides.to_owned());
        self.jobs.push(MockJob { number, name, user, copies, sides, bytes, state: state::PENDING });
        self.most_waiting = self.most_waiting.max(self.jobs.iter().filter(|job| !job.has_ended()).count());
        number
    }

    fn cancel(&mut self, number: i32) -> bool {
        let job = self.jobs.iter_mut().find(|job| job.number == number && !job.has_ended());
        job.map(|job| job.state = state::CANCELLED).is_some()
    }

    /// What the printer says is wrong with it.
    fn reason(&self) -> Option<&'static str> {
        match self.fault {
            Fault::OutOfPaper => Some("media-empty-error"),
            Fault::Jam => Some("media-jam-error"),
            Fault::CoverOpen => Some("cover-open-error"),
            _ => None,
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Every change leaves the state sound before it could panic.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The engine: one job after another, standing still while there is trouble.
    fn print(&self, work: Duration) {
        while !self.stopping.load(Ordering::SeqCst) {
            let begun = {
                let mut state = self.lock();
                let is_stuck = state.reason().is_some() || state.fault == Fault::Offline;
                let next = state.jobs.iter_mut().find(|job| !job.has_ended());
                next.map(|job| {
                    job.state = if is_stuck { state::STOPPED } else { state::PROCESSING };
                    (job.number, is_stuck)
                })
            };
            let Some((number, false)) = begun else {
                std::thread::sleep(Duration::from_millis(5));
                continue;
            };
            std::thread::sleep(work);
            let mut state = self.lock();
            if state.reason().is_some() || state.fault == Fault::Offline {
                continue;
            }
            let end = if state.fault == Fault::Aborts { state::ABORTED } else { state::COMPLETED };
            if let Some(job) = state.jobs.iter_mut().find(|job| job.number == number && !job.has_ended()) {
                job.state = end;
                if end == state::COMPLETED {
                    state.out.push(number);
                }
            }
        }
    }

    fn serve(&self, connection: TcpStream) -> io::Result<()> {
        connection.set_read_timeout(Some(Duration::from_secs(10)))?;
        connection.set_nodelay(true)?;
        let mut reader = BufReader::new(connection.try_clone()?);
        let mut connection = connection;
        while let Some(body) = read_body(&mut reader, &mut connection)? {
            let fault = self.lock().fault;
            if fault == Fault::Offline {
                return Ok(());
            }
            let answer = match fault {
                Fault::Garbage => b"<html>printer</html>".to_vec(),
                Fault::Answers(_) if body.get(2..4) == Some(&[0, 2]) => Vec::new(),
                _ => self.answer(&body).map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "no request"))?,
            };
            let is_job = body.get(2..4) == Some(&[0, 2]);
            match fault {
                Fault::TakesAndCuts if is_job => return Ok(()),
                Fault::TakesAndAnswers(status) | Fault::Answers(status) if is_job => {
                    write!(connection, "HTTP/1.1 {status} No\r\nContent-Length: 0\r\n\r\n")?;
                    continue;
                }
                _ => {}
            }
            if let (Fault::SlowToTake(delay), Some([0, 2])) = (fault, body.get(2..4)) {
                std::thread::sleep(delay);
            }
            let head = format!(
                "HTTP/1.1 200 OK\r\nServer: mock-printer\r\nContent-Type: application/ipp\r\nContent-Length: {}\r\n\r\n",
                answer.len()
            );
            connection.write_all(head.as_bytes())?;
            connection.write_all(&answer)?;
        }
        Ok(())
    }

    fn answer(&self, body: &[u8]) -> Result<Vec<u8>, IppParseError> {
        let parser = IppParser::new(IppReader::new(Cursor::new(body.to_vec())));
        let (header, asked, rest) = parser.parse_parts()?;
        let mut document = Vec::new();
        let _ = rest.into_inner().read_to_end(&mut document);
        let answer = |status| IppRequestResponse::new_response(header.version, status, header.request_id);
        let asked = Asked(&asked);
        let mut state = self.lock();
        if let (0x0002, Fault::Refuses(status) | Fault::TakesAndRefuses(status)) =
            (header.operation_or_status, state.fault)
        {
            if matches!(state.fault, Fault::TakesAndRefuses(_)) {
                state.print_job(&asked, document);
            }
            let mut no = answer(StatusCode::ServerErrorInternalError)?.to_bytes().to_vec();
            no[2..4].copy_from_slice(&status.to_be_bytes());
            return Ok(no);
        }
        let finished = match header.operation_or_status {
            0x0002 => {
                let number = state.print_job(&asked, document);
                let mut answer = answer(StatusCode::SuccessfulOk)?;
                if let Some(job) = state.jobs.iter().find(|job| job.number == number) {
                    answer.attributes_mut().groups_mut().push(job_group(job, &self.uri)?);
                }
                answer
            }
            0x0008 => {
                let done = asked.job_number().is_some_and(|number| state.cancel(number));
                answer(if done { StatusCode::SuccessfulOk } else { StatusCode::ClientErrorNotPossible })?
            }
            0x0009 => {
                let another = i32::from(state.fault == Fault::AnswersAnother);
                match asked.job_number().and_then(|number| state.jobs.iter().find(|job| job.number == number)) {
                    Some(job) => {
                        let told = MockJob { number: job.number + another, ..job.clone() };
                        let mut answer = answer(StatusCode::SuccessfulOk)?;
                        answer.attributes_mut().groups_mut().push(job_group(&told, &self.uri)?);
                        answer
                    }
                    None => answer(StatusCode::ClientErrorNotFound)?,
                }
            }
            0x000A => {
                let wants_ended = asked.text("which-jobs").as_deref() == Some("completed");
                let mut answer = answer(StatusCode::SuccessfulOk)?;
                for job in state.jobs.iter().filter(|job| job.has_ended() == wants_ended) {
                    answer.attributes_mut().groups_mut().push(job_group(job, &self.uri)?);
                }
                answer
            }
            0x000B => {
                let mut answer = answer(StatusCode::SuccessfulOk)?;
                answer.attributes_mut().groups_mut().push(state.printer_group(&self.uri)?);
                answer
            }
            _ => answer(StatusCode::ServerErrorOperationNotSupported)?,
        };
        Ok(finished.to_bytes().to_vec())
    }
}

impl State {
    fn print_job(&mut self, asked: &Asked<'_>, document: Vec<u8>) -> i32 {
        let name = asked.text("job-name").unwrap_or_else(|| "untitled".to_owned());
        let user = asked.text("requesting-user-name").unwrap_or_else(|| "anonymous".to_owned());
        let copies = asked.number("copies").unwrap_or(1);
        let sides = asked.text("sides").unwrap_or_else(|| "one-sided".to_owned());
        let number = self.take(&name, &user, copies, &sides, document.clone());
        if self.fault == Fault::Duplicates {
            self.take(&name, &user, copies, &sides, document);
        }
        number
    }

    fn printer_group(&self, uri: &str) -> Result<IppAttributeGroup, IppParseError> {
        let is_busy = self.jobs.iter().any(|job| !job.has_ended());
        let condition = match (self.reason(), is_busy) {
            (Some(_), _) => 5,
            (None, true) => 4,
            (None, false) => 3,
        };
        let waiting = i32::try_from(self.jobs.iter().filter(|job| !job.has_ended()).count()).unwrap_or(i32::MAX);
        let operations = [0x0002, 0x0008, 0x0009, 0x000A, 0x000B].map(IppValue::Enum).to_vec();
        let sides = ["one-sided", "two-sided-long-edge", "two-sided-short-edge"].map(IppValue::new_keyword);
        group(
            DelimiterTag::PrinterAttributes,
            [
                ("printer-uri-supported", IppValue::new_uri(uri)?),
                ("printer-name", IppValue::new_name_without_language("mock")?),
                ("printer-state", IppValue::Enum(condition)),
                ("printer-state-reasons", IppValue::new_keyword(self.reason().unwrap_or("none"))?),
                ("printer-is-accepting-jobs", IppValue::new_boolean(true)),
                ("queued-job-count", IppValue::new_integer(waiting)),
                ("operations-supported", IppValue::Array(operations)),
                ("document-format-supported", IppValue::new_mime_media_type("application/pdf")?),
                ("sides-supported", IppValue::Array(sides.into_iter().collect::<Result<_, _>>()?)),
            ],
        )
    }
}

fn group<const N: usize>(
    tag: DelimiterTag,
    attributes: [(&str, IppValue); N],
) -> Result<IppAttributeGroup, IppParseError> {
    let mut group = IppAttributeGroup::new(tag);
    for (name, value) in attributes {
        group.attributes_mut().push(IppAttribute::with_name(name, value)?);
    }
    Ok(group)
}

fn job_group(job: &MockJob, uri: &str) -> Result<IppAttributeGroup, IppParseError> {
    let octets = i32::try_from(job.bytes.len().div_ceil(1024)).unwrap_or(i32::MAX);
    group(
        DelimiterTag::JobAttributes,
        [
            ("job-id", IppValue::new_integer(job.number)),
            ("job-uri", IppValue::new_uri(format!("{uri}/{}", job.number))?),
            ("job-name", IppValue::new_name_without_language(job.name.as_str())?),
            ("job-originating-user-name", IppValue::new_name_without_language(job.user.as_str())?),
            ("job-state", IppValue::Enum(job.state)),
            ("job-state-reasons", IppValue::new_keyword("none")?),
            ("job-k-octets", IppValue::new_integer(octets)),
        ],
    )
}

/// What a request asks.
struct Asked<'a>(&'a IppAttributes);

impl Asked<'_> {
    fn value(&self, name: &str) -> Option<&IppValue> {
        self.0.groups().iter().find_map(|group| group.get(name)).map(IppAttribute::value)
    }

    fn text(&self, name: &str) -> Option<String> {
        self.value(name).map(ToString::to_string)
    }

    fn number(&self, name: &str) -> Option<i32> {
        match self.value(name)? {
            IppValue::Integer(number) => Some(*number),
            _ => None,
        }
    }

    /// By `job-id`, or by the end of `job-uri`.
    fn job_number(&self) -> Option<i32> {
        self.number("job-id").or_else(|| self.text("job-uri")?.rsplit('/').next()?.parse().ok())
    }
}

/// The body of the next request of a connection, of a given length or in chunks; `None` when the client has closed.
fn read_body(reader: &mut impl BufRead, answers: &mut impl Write) -> io::Result<Option<Vec<u8>>> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let (mut length, mut is_chunked) = (0, false);
    loop {
        line.clear();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        let value = value.trim();
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.parse().unwrap_or(0),
            "transfer-encoding" => is_chunked = value.eq_ignore_ascii_case("chunked"),
            "expect" => answers.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?,
            _ => {}
        }
    }
    let mut body = Vec::new();
    if !is_chunked {
        reader.take(length).read_to_end(&mut body)?;
        return Ok(Some(body));
    }
    loop {
        line.clear();
        reader.read_line(&mut line)?;
        let size = u64::from_str_radix(line.trim().split(';').next().unwrap_or_default(), 16).unwrap_or(0);
        reader.take(size).read_to_end(&mut body)?;
        line.clear();
        reader.read_line(&mut line)?;
        if size == 0 {
            return Ok(Some(body));
        }
    }
}
