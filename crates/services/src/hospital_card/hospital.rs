//! The hospital's systems as this service asks them, and how the connection is.

use std::sync::{Mutex, MutexGuard, PoisonError};

use base::{Date, Seams, Timestamp};
use hl7::message::{PatientEvent, Wanted};
use hl7::text::Characters;
use hl7::{Answer, Body, Booking, Header, Message, Party, Patient};

use super::mllp::Client;
use super::model::Notice;

/// Why the hospital could not be asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// No connection or no answer. What was sent may have been taken.
    #[error("the hospital's system did not answer")]
    Silent,
    /// What came back is no answer to what was asked.
    #[error("the hospital's system answered something else")]
    Odd,
    /// It was refused: where and why, as the hospital says it.
    #[error("the hospital's system refused it: {place} {why}")]
    Refused {
        /// Segment and field.
        place: String,
        /// The number of table 0357, or `AR`.
        why: String,
        /// Whether the same message may come again.
        may_come_again: bool,
    },
    /// Our own message cannot be written in the agreed characters.
    #[error("the message cannot be written: {0}")]
    Unwritable(String),
}

/// A hospital's systems.
pub trait Hospital: Send + Sync {
    /// Everyone with this chart number.
    ///
    /// # Errors
    /// [`Fault`].
    fn find(&self, chart: &str) -> Result<Vec<Patient>, Fault>;

    /// The message that says that this patient has come for this booking, by the hospital's own name for it.
    ///
    /// # Errors
    /// [`Fault::Unwritable`].
    fn reception(&self, number: &str, patient: &Patient, booking: &str) -> Result<Vec<u8>, Fault>;

    /// The message that tells this of a patient.
    ///
    /// # Errors
    /// [`Fault::Unwritable`].
    fn notice(&self, notice: Notice, number: &str, patient: &Patient) -> Result<Vec<u8>, Fault>;

    /// The patient whose chart took the place of this one, where the hospital is asked and does not tell it.
    ///
    /// # Errors
    /// [`Fault`].
    fn successor(&self, chart: &str) -> Result<Option<Patient>, Fault>;

    /// Hands over such a message; the same bytes again are the same reception.
    ///
    /// # Errors
    /// [`Fault`].
    fn deliver(&self, number: &str, message: &[u8]) -> Result<(), Fault>;

    /// This chart's bookings of a day, where the hospital can be asked; [`None`]: it tells them by itself.
    ///
    /// # Errors
    /// [`Fault`].
    fn bookings(&self, chart: &str, day: Date) -> Result<Option<Vec<Booking>>, Fault>;
}

/// How a city is connected, and how that goes.
pub struct Connection {
    /// The systems.
    pub hospital: Box<dyn Hospital>,
    /// `hl7` or `fhir`.
    pub way: &'static str,
    /// Whether it is the simulation of a demo.
    pub is_simulated: bool,
    calls_key: Option<[u8; 32]>,
    last: Mutex<Last>,
    turn: Mutex<()>,
}

/// When it last answered, and when it last did not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Last {
    /// Answered.
    pub answered: Option<Timestamp>,
    /// Did not.
    pub failed: Option<Timestamp>,
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Connection({})", self.way)
    }
}

impl Connection {
    /// A connection.
    pub fn new(hospital: Box<dyn Hospital>, way: &'static str, is_simulated: bool) -> Self {
        Self { hospital, way, is_simulated, calls_key: None, last: Mutex::default(), turn: Mutex::default() }
    }

    /// The key by which the hospital's own system calls numbers.
    #[must_use]
    pub fn called_with(self, key: &str) -> Self {
        Self { calls_key: Some(digest_of(key)), ..self }
    }

    /// Whether `key` is that key. Compared by digest, so that the time taken tells nothing.
    pub fn is_calls_key(&self, key: &str) -> bool {
        self.calls_key.is_some_and(|known| known == digest_of(key))
    }

    /// Asks, and remembers whether there was an answer.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn ask<T>(&self, now: Timestamp, act: impl FnOnce(&dyn Hospital) -> Result<T, Fault>) -> Result<T, Fault> {
        let done = act(&*self.hospital);
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        match &done {
            Err(Fault::Silent | Fault::Odd) => last.failed = Some(now),
            _ => last.answered = Some(now),
        }
        done
    }

    /// One message at a time: what is read and sent within it is never overtaken by another.
    pub(super) fn turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How it went last.
    pub fn last(&self) -> Last {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn digest_of(key: &str) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, key.as_bytes()).as_ref());
    out
}

/// By HL7 v2.5.
pub struct OverHl7 {
    client: Client,
    us: Party,
    them: Party,
    characters: Characters,
    seams: Seams,
}

impl OverHl7 {
    /// To the system at `address`. `city` names us in MSH-4.
    pub fn new(address: &str, city: &str, seams: Seams) -> Self {
        Self {
            client: Client::new(address),
            us: Party { application: "YAKUBA".to_owned(), facility: city.to_owned() },
            them: Party { application: "HIS".to_owned(), facility: "HOSPITAL".to_owned() },
            characters: Characters::Iso2022Jp,
            seams,
        }
    }

    /// The same in UTF-8, for a hospital that wishes so.
    #[must_use]
    pub fn in_utf8(self) -> Self {
        Self { characters: Characters::Utf8, ..self }
    }

    fn write(&self, number: &str, body: Body) -> Result<Vec<u8>, Fault> {
        let header = Header {
            from: self.us.clone(),
            to: self.them.clone(),
            at: self.seams.now(),
            number: number.to_owned(),
            characters: self.characters,
        };
        Message { header, body }.write().map_err(|fault| Fault::Unwritable(fault.to_string()))
    }

    fn ask(&self, message: &[u8]) -> Result<Body, Fault> {
        let answer = self.client.ask(message).map_err(|error| {
            tracing::warn!(%error, "the hospital did not answer");
            Fault::Silent
        })?;
        Message::read(&answer).map(|answer| answer.body).map_err(|_| Fault::Odd)
    }
}

/// A message's own number: 20 characters, as MSH-10 may have.
pub fn message_number(seams: &Seams) -> String {
    let id: String = seams.random_id().to_string().chars().filter(char::is_ascii_alphanumeric).collect();
    format!("Y{}", id.get(..19).unwrap_or(&id))
}

impl Hospital for OverHl7 {
    fn find(&self, chart: &str) -> Result<Vec<Patient>, Fault> {
        let number = message_number(&self.seams);
        let wanted = Wanted { chart_number: Some(chart.to_owned()), born: None };
        match self.ask(&self.write(&number, Body::Asked { tag: number.clone(), wanted })?)? {
            Body::Found { of, patients, .. } if of == number => Ok(patients),
            Body::Answered { answer: Answer::Refused | Answer::Fault, .. } => Err(Fault::Silent),
            _ => Err(Fault::Odd),
        }
    }

    fn reception(&self, number: &str, patient: &Patient, _booking: &str) -> Result<Vec<u8>, Fault> {
        self.write(number, Body::Patient(PatientEvent::Registered, patient.clone()))
    }

    fn notice(&self, notice: Notice, number: &str, patient: &Patient) -> Result<Vec<u8>, Fault> {
        let event = match notice {
            Notice::FirstVisit => PatientEvent::Added,
            Notice::Change => PatientEvent::Changed,
        };
        self.write(number, Body::Patient(event, patient.clone()))
    }

    fn successor(&self, _chart: &str) -> Result<Option<Patient>, Fault> {
        Ok(None)
    }

    fn deliver(&self, number: &str, message: &[u8]) -> Result<(), Fault> {
        match self.ask(message)? {
            Body::Answered { of, answer, fault } if of == number => match answer {
                Answer::Taken => Ok(()),
                Answer::Fault | Answer::Refused => {
                    let (place, why) = fault.unwrap_or_default();
                    // The hospital's words go no further than their place and number.
                    let sound = |text: String| text.chars().filter(|c| c.is_ascii_graphic()).take(40).collect();
                    Err(Fault::Refused {
                        place: sound(place),
                        why: sound(why),
                        may_come_again: answer == Answer::Refused,
                    })
                }
            },
            _ => Err(Fault::Odd),
        }
    }

    fn bookings(&self, _chart: &str, _day: Date) -> Result<Option<Vec<Booking>>, Fault> {
        Ok(None)
    }
}
