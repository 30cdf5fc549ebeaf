//! **Simulated** hospital: HL7 v2.5 over MLLP, both ways, on real sockets.
//!
//! For: tests and the demo; never in production. It knows some patients, answers who a chart number is (QBP^Q22), takes
//! receptions (ADT^A04) and counts how often each came, and says of bookings (SIU) and merges (A40). It can be out of order.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use base::Timestamp;
pub use hl7::message::PatientEvent;
use hl7::mllp::{Frames, wrap};
use hl7::text::Characters;
use hl7::{Answer, Body, Header, Message, Party};
pub use hl7::{Booking, BookingState, Name, Patient, Sex};

/// One way to misbehave.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mischief {
    /// None.
    #[default]
    None,
    /// Connections are closed at once.
    Closed,
    /// It takes a reception or notice, and closes the connection without saying so.
    TakesSilently,
    /// Receptions and notices are refused for now (AR).
    NotNow,
    /// Receptions and notices are refused for a fault in them (AE).
    Faulty,
}

#[derive(Default)]
struct State {
    mischief: Mischief,
    patients: Vec<Patient>,
    /// How often each reception came, by its number.
    receptions: BTreeMap<String, (u32, String)>,
    /// What was told beside receptions, by its number, and how often it came.
    notices: BTreeMap<String, (u32, PatientEvent, Patient)>,
}

/// A running one; stops when dropped.
pub struct Hospital {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    stopping: Arc<AtomicBool>,
    listener: Option<JoinHandle<()>>,
}

impl std::fmt::Debug for Hospital {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "simulated hospital at {}", self.address)
    }
}

fn party(application: &str) -> Party {
    Party { application: application.to_owned(), facility: "SIMULATED".to_owned() }
}

impl Hospital {
    /// Starts on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// No port can be opened.
    pub fn start(patients: Vec<Patient>) -> io::Result<Self> {
        let socket = TcpListener::bind(("127.0.0.1", 0))?;
        let address = socket.local_addr()?;
        let state = Arc::new(Mutex::new(State { patients, ..State::default() }));
        let stopping = Arc::new(AtomicBool::new(false));
        let (served, seen) = (state.clone(), stopping.clone());
        let listener = std::thread::Builder::new().name("simulated-hospital".into()).spawn(move || {
            for connection in socket.incoming() {
                if seen.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(connection) = connection else { continue };
                // One after another is enough; a broken connection is its client's matter.
                let _ = serve(connection, &served);
            }
        })?;
        Ok(Self { address, state, stopping, listener: Some(listener) })
    }

    /// `host:port` of its listener.
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    fn state<T>(&self, look: impl FnOnce(&mut State) -> T) -> T {
        look(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Misbehaves from now on.
    pub fn set_mischief(&self, mischief: Mischief) {
        self.state(|state| state.mischief = mischief);
    }

    /// Another patient.
    pub fn add(&self, patient: Patient) {
        self.state(|state| state.patients.push(patient));
    }

    /// What was told beside receptions, and how often each came.
    pub fn notices(&self) -> Vec<(u32, PatientEvent, Patient)> {
        self.state(|state| state.notices.values().cloned().collect())
    }

    /// How often each reception came: message number, times, chart number.
    pub fn receptions(&self) -> Vec<(String, u32, String)> {
        self.state(|state| {
            let one = |(number, (times, chart)): (&String, &(u32, String))| (number.clone(), *times, chart.clone());
            state.receptions.iter().map(one).collect()
        })
    }
}

impl Drop for Hospital {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::SeqCst);
        // Wakes the listener.
        let _ = TcpStream::connect(self.address);
        if let Some(listener) = self.listener.take() {
            let _ = listener.join();
        }
    }
}

fn serve(mut stream: TcpStream, state: &Mutex<State>) -> io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let state = || state.lock().unwrap_or_else(PoisonError::into_inner);
    if state().mischief == Mischief::Closed {
        return Ok(());
    }
    let mut frames = Frames::default();
    let mut bytes = [0; 4096];
    loop {
        let count = stream.read(&mut bytes)?;
        if count == 0 {
            return Ok(());
        }
        frames.push(&bytes[..count]);
        while let Some(message) = frames.next_message().map_err(|error| io::Error::other(error.to_string()))? {
            let Some(answer) = answer(&message, &mut state()) else { return Ok(()) };
            stream.write_all(&wrap(&answer))?;
        }
    }
}

fn answer(bytes: &[u8], state: &mut State) -> Option<Vec<u8>> {
    let message = match Message::read(bytes) {
        Ok(message) => message,
        Err(refused) => return refused.answer(Timestamp::from_micros(0), "H0").and_then(|answer| answer.write().ok()),
    };
    let (at, of) = (message.header.at, message.header.number.clone());
    let number = format!("H{}", of.get(1..).unwrap_or(""));
    let answer = match &message.body {
        Body::Asked { tag, wanted } => {
            let fits = |patient: &&Patient| {
                wanted.chart_number.as_ref().is_none_or(|chart| *chart == patient.chart_number)
                    && wanted.born.is_none_or(|born| patient.born == Some(born))
            };
            let patients = state.patients.iter().filter(fits).cloned().collect();
            message.header.replying(at, &number, Body::Found { of, tag: tag.clone(), patients })
        }
        Body::Patient(event, patient) => match state.mischief {
            Mischief::NotNow => message.answer(at, &number, Answer::Refused),
            Mischief::Faulty => {
                let fault = Some(("PID^1^8".to_owned(), "103".to_owned()));
                message.header.replying(at, &number, Body::Answered { of, answer: Answer::Fault, fault })
            }
            mischief => {
                if *event == PatientEvent::Registered {
                    state.receptions.entry(of).or_insert_with(|| (0, patient.chart_number.clone())).0 += 1;
                } else {
                    state.notices.entry(of).or_insert_with(|| (0, *event, patient.clone())).0 += 1;
                }
                if mischief == Mischief::TakesSilently {
                    return None;
                }
                message.answer(at, &number, Answer::Taken)
            }
        },
        _ => message.answer(at, &number, Answer::Refused),
    };
    answer.write().ok()
}

/// A message of this hospital about a booking of `patient`.
pub fn booking(number: &str, at: Timestamp, patient: &Patient, booking: Booking) -> Message {
    Message { header: header(number, at), body: Body::Booking(patient.clone(), booking) }
}

/// A message of this hospital about a patient: A08, A31.
pub fn patient(number: &str, at: Timestamp, event: PatientEvent, patient: &Patient) -> Message {
    Message { header: header(number, at), body: Body::Patient(event, patient.clone()) }
}

/// A message of this hospital: the chart `gone` is now the one of `kept`.
pub fn merge(number: &str, at: Timestamp, kept: &Patient, gone: &str) -> Message {
    Message { header: header(number, at), body: Body::Merged { kept: kept.clone(), gone: gone.to_owned() } }
}

fn header(number: &str, at: Timestamp) -> Header {
    Header { from: party("HIS"), to: party("YAKUBA"), at, number: number.to_owned(), characters: Characters::Iso2022Jp }
}

/// Sends bytes as they are to the city's listener and says what came back; [`None`]: the connection ended without an answer.
///
/// # Errors
/// The connection.
pub fn send(address: &str, message: &[u8]) -> io::Result<Option<Vec<u8>>> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(20)))?;
    stream.write_all(&wrap(message))?;
    let mut frames = Frames::default();
    let mut bytes = [0; 4096];
    loop {
        let count = stream.read(&mut bytes)?;
        if count == 0 {
            return Ok(None);
        }
        frames.push(&bytes[..count]);
        if let Some(answer) = frames.next_message().map_err(|error| io::Error::other(error.to_string()))? {
            return Ok(Some(answer));
        }
    }
}
