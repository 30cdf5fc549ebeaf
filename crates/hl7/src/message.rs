//! Whole messages: a header, one of few bodies, and what is answered.

use base::Timestamp;

use crate::booking::{Booking, BookingState};
use crate::fault::{Fault, What};
use crate::patient::{self, NumberOf, Patient};
use crate::text::{self, CHARACTER_HANDLING, CHARACTER_SET, Characters, Segment, Segments, Writer};
use crate::when;

/// A system and whose it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Party {
    /// The system (MSH-3, MSH-5).
    pub application: String,
    /// Whose (MSH-4, MSH-6).
    pub facility: String,
}

/// What travels before every message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Who sends.
    pub from: Party,
    /// For whom.
    pub to: Party,
    /// When it was written (MSH-7).
    pub at: Timestamp,
    /// Its own number (MSH-10): the same number twice is the same message.
    pub number: String,
    /// How its characters were written.
    pub characters: Characters,
}

/// What a patient message is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PatientEvent {
    /// A04: came to be seen.
    Registered,
    /// A08: something of the record changed during a stay.
    Updated,
    /// A28: a new person.
    Added,
    /// A31: a person changed.
    Changed,
}

impl PatientEvent {
    const ALL: [(&'static str, Self); 4] =
        [("A04", Self::Registered), ("A08", Self::Updated), ("A28", Self::Added), ("A31", Self::Changed)];

    fn of(trigger: &str) -> Option<Self> {
        Self::ALL.into_iter().find_map(|(name, event)| (name == trigger).then_some(event))
    }

    /// MSH-9.3: several triggers share one structure.
    const fn structure(self) -> &'static str {
        match self {
            Self::Registered | Self::Updated => "ADT_A01",
            Self::Added | Self::Changed => "ADT_A05",
        }
    }

    fn trigger(self) -> &'static str {
        Self::ALL.into_iter().find_map(|(name, event)| (event == self).then_some(name)).unwrap_or("A08")
    }
}

/// What a look-up (PDQ) asks by. All that is given must fit exactly.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Chart number (`@PID.3.1`).
    pub chart_number: Option<String>,
    /// Day of birth (`@PID.7`).
    pub born: Option<base::Date>,
}

/// How an acknowledgement says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// `AA`: taken.
    Taken,
    /// `AE`: a fault in it.
    Fault,
    /// `AR`: not taken for what it is, or not now; it may come again.
    Refused,
}

impl Answer {
    const ALL: [(&'static str, Self); 3] = [("AA", Self::Taken), ("AE", Self::Fault), ("AR", Self::Refused)];

    const fn code(self) -> &'static str {
        match self {
            Self::Taken => "AA",
            Self::Fault => "AE",
            Self::Refused => "AR",
        }
    }
}

/// What a message says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// ADT about a patient.
    Patient(PatientEvent, Patient),
    /// ADT^A40: two charts were one person's. `gone` is no more.
    Merged {
        /// The chart that stays.
        kept: Patient,
        /// The chart number that is no more.
        gone: String,
    },
    /// SIU: a booking of a patient.
    Booking(Patient, Booking),
    /// QBP^Q22: who is it?
    Asked {
        /// The asker's name for the question (QPD-2).
        tag: String,
        /// By what.
        wanted: Wanted,
    },
    /// RSP^K22: these.
    Found {
        /// The number of the message that asked.
        of: String,
        /// The asker's name for the question.
        tag: String,
        /// Who fits.
        patients: Vec<Patient>,
    },
    /// ACK.
    Answered {
        /// The number of the message that is answered.
        of: String,
        /// How.
        answer: Answer,
        /// Where the fault is and its number in table 0357, as the peer says it. No text of the message.
        fault: Option<(String, String)>,
    },
}

/// A message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Before it.
    pub header: Header,
    /// What it says.
    pub body: Body,
}

/// A message that cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a message cannot be taken: {fault}")]
pub struct Refused {
    /// Its header, where it can be read.
    pub header: Option<Box<Header>>,
    /// Why.
    pub fault: Fault,
}

impl Refused {
    /// The answer to it; [`None`] where not even a header says to whom.
    pub fn answer(&self, at: Timestamp, number: &str) -> Option<Message> {
        let header = self.header.as_ref()?;
        let answer = if self.fault.what.is_rejection() { Answer::Refused } else { Answer::Fault };
        let place = format!("{}^1^{}", self.fault.segment, self.fault.field);
        let fault = Some((place, self.fault.what.code().to_owned()));
        Some(header.replying(at, number, Body::Answered { of: header.number.clone(), answer, fault }))
    }
}

/// Longest number or party of a header, in characters. The standard says 20 for a number (recalled); systems say more.
const MOST_OF_A_NAME: usize = 64;

impl Header {
    fn read(segments: &Segments<'_>, characters: Characters) -> Result<Self, Fault> {
        let segment = segments.first("MSH").ok_or(Fault::at("MSH", 0, What::NotAMessage))?;
        let party = |from| Party { application: segment.value(from, 1), facility: segment.value(from + 1, 1) };
        let number = segment.value(10, 1);
        if number.is_empty() {
            return Err(Fault::at("MSH", 10, What::FieldMissing));
        }
        let (from, to) = (party(3), party(5));
        for (field, text) in
            [(10, &number), (3, &from.application), (4, &from.facility), (5, &to.application), (6, &to.facility)]
        {
            if base::my_number_guard::refuse_individual_number(text).is_err() {
                return Err(Fault::at("MSH", field, What::MyNumber));
            }
            if text.chars().count() > MOST_OF_A_NAME || !text::is_plain(text) {
                return Err(Fault::at("MSH", field, What::Malformed));
            }
        }
        let at = when::instant(&segment.value(7, 1)).ok_or(Fault::at("MSH", 7, What::Malformed))?;
        Ok(Self { from, to, at, number, characters })
    }

    /// A message back to who sent this one.
    pub fn replying(&self, at: Timestamp, number: &str, body: Body) -> Message {
        let header = Self {
            from: self.to.clone(),
            to: self.from.clone(),
            at,
            number: number.to_owned(),
            characters: self.characters,
        };
        Message { header, body }
    }

    fn write(&self, (kind, trigger, structure): (&str, &str, &str)) -> Writer {
        let writer = Writer::new("MSH")
            .raw(2, "^~\\&")
            .text(3, &self.from.application)
            .text(4, &self.from.facility)
            .text(5, &self.to.application)
            .text(6, &self.to.facility)
            .text(7, &when::write_instant(self.at))
            .components(9, &[kind, trigger, structure])
            .text(10, &self.number)
            .text(11, "P")
            .text(12, "2.5");
        match self.characters {
            Characters::Iso2022Jp => writer.raw(18, CHARACTER_SET).text(20, CHARACTER_HANDLING),
            Characters::Utf8 => writer.text(18, "UNICODE UTF-8"),
        }
    }
}

impl Message {
    /// Reads one message, without its frame.
    ///
    /// # Errors
    /// [`Refused`], whose [`Refused::answer`] says why to the sender.
    pub fn read(bytes: &[u8]) -> Result<Self, Refused> {
        let without_header = |fault| Refused { header: None, fault };
        let (text, characters) = text::decode(bytes).map_err(without_header)?;
        let segments = Segments::cut(&text).map_err(without_header)?;
        let header = Header::read(&segments, characters).map_err(without_header)?;
        match body(&segments) {
            Ok(body) => Ok(Self { header, body }),
            Err(fault) => Err(Refused { header: Some(Box::new(header)), fault }),
        }
    }

    /// The bytes of it, without a frame.
    ///
    /// # Errors
    /// [`What::Unwritable`].
    pub fn write(&self) -> Result<Vec<u8>, Fault> {
        let (kind, segments) = match &self.body {
            Body::Patient(event, patient) => {
                let visit = Writer::new("PV1").text(2, "O");
                // Of somebody new the hospital has no number yet: ours, by which it says later whom it means.
                let whose = if *event == PatientEvent::Added { NumberOf::Sender } else { NumberOf::Hospital };
                (
                    ("ADT", event.trigger(), event.structure()),
                    vec![event_of(event.trigger(), self.header.at), patient.write(1, whose), visit],
                )
            }
            Body::Merged { kept, gone } => {
                let merged = Writer::new("MRG").components(1, &[gone, "", "", "", "PI"]);
                (
                    ("ADT", "A40", "ADT_A39"),
                    vec![event_of("A40", self.header.at), kept.write(1, NumberOf::Hospital), merged],
                )
            }
            Body::Booking(patient, booking) => {
                let [schedule, location] = booking.write();
                let resources = Writer::new("RGS").text(1, "1");
                (
                    ("SIU", booking.state.trigger(), "SIU_S12"),
                    vec![schedule, patient.write(1, NumberOf::Hospital), resources, location],
                )
            }
            Body::Asked { tag, wanted } => (("QBP", "Q22", "QBP_Q21"), asking(tag, wanted)),
            Body::Found { of, tag, patients } => (("RSP", "K22", "RSP_K21"), finding(of, tag, patients)),
            Body::Answered { of, answer, fault } => {
                let mut segments = vec![Writer::new("MSA").text(1, answer.code()).text(2, of)];
                if let Some((place, code)) = fault {
                    segments.push(Writer::new("ERR").raw(2, place).text(3, code).text(4, "E"));
                }
                (("ACK", "", ""), segments)
            }
        };
        let mut text = self.header.write(kind).line();
        text.extend(segments.iter().map(Writer::line));
        text::encode(&text, self.header.characters)
    }

    /// The acknowledgement that it was taken, or was not and may come again.
    pub fn answer(&self, at: Timestamp, number: &str, answer: Answer) -> Self {
        self.header.replying(at, number, Body::Answered { of: self.header.number.clone(), answer, fault: None })
    }
}

fn event_of(trigger: &str, at: Timestamp) -> Writer {
    Writer::new("EVN").text(1, trigger).text(2, &when::write_instant(at))
}

fn asking(tag: &str, wanted: &Wanted) -> Vec<Writer> {
    let mut by = Vec::new();
    if let Some(number) = &wanted.chart_number {
        by.push(text::components_of(&["@PID.3.1", number]));
    }
    if let Some(born) = wanted.born {
        by.push(text::components_of(&["@PID.7", &when::write_date(born)]));
    }
    let query = Writer::new("QPD").components(1, &["IHE PDQ Query"]).text(2, tag).raw(3, by.join("~"));
    vec![query, Writer::new("RCP").text(1, "I")]
}

fn finding(of: &str, tag: &str, patients: &[Patient]) -> Vec<Writer> {
    let found = if patients.is_empty() { "NF" } else { "OK" };
    let mut segments = vec![
        Writer::new("MSA").text(1, "AA").text(2, of),
        Writer::new("QAK").text(1, tag).text(2, found),
        Writer::new("QPD").components(1, &["IHE PDQ Query"]).text(2, tag),
    ];
    segments.extend((1..).zip(patients).map(|(number, patient)| patient.write(number, NumberOf::Hospital)));
    segments
}

fn body(segments: &Segments<'_>) -> Result<Body, Fault> {
    let header = segments.first("MSH").ok_or(Fault::at("MSH", 0, What::NotAMessage))?;
    if !header.value(12, 1).starts_with("2.") {
        return Err(Fault::at("MSH", 12, What::OtherVersion));
    }
    let (kind, trigger) = (header.value(9, 1), header.value(9, 2));
    match (kind.as_str(), trigger.as_str()) {
        ("ADT", "A40") => {
            let merge = needed(segments, "MRG")?;
            let (kept, gone) = (Patient::read(needed(segments, "PID")?)?, patient::gone(merge)?);
            // A chart that is merged into itself would end it.
            if kept.chart_number == gone {
                return Err(Fault::at("MRG", 1, What::Malformed));
            }
            Ok(Body::Merged { kept, gone })
        }
        ("ADT", trigger) => {
            let event = PatientEvent::of(trigger).ok_or(Fault::at("MSH", 9, What::OtherKind))?;
            Ok(Body::Patient(event, Patient::read(needed(segments, "PID")?)?))
        }
        ("SIU", trigger) => {
            let state = BookingState::of(trigger).ok_or(Fault::at("MSH", 9, What::OtherKind))?;
            Ok(Body::Booking(Patient::read(needed(segments, "PID")?)?, Booking::read(segments, state)?))
        }
        ("QBP", "Q22") => asked(needed(segments, "QPD")?),
        ("RSP", "K22") => {
            let patients = segments.all("PID").map(Patient::read).collect::<Result<_, _>>()?;
            let (of, tag) = (needed(segments, "MSA")?.value(2, 1), needed(segments, "QAK")?.value(1, 1));
            Ok(Body::Found { of, tag, patients })
        }
        ("ACK", _) => answered(segments),
        _ => Err(Fault::at("MSH", 9, What::OtherKind)),
    }
}

fn needed<'a, 's>(segments: &'s Segments<'a>, name: &'static str) -> Result<&'s Segment<'a>, Fault> {
    segments.first(name).ok_or(Fault::at(name, 0, What::SegmentMissing))
}

fn asked(query: &Segment<'_>) -> Result<Body, Fault> {
    let mut wanted = Wanted::default();
    for by in query.repetitions(3) {
        match by.pair() {
            (name, number) if name == "@PID.3.1" => {
                wanted.chart_number = Some(patient::chart_number(&number, "QPD", 3)?);
            }
            (name, day) if name == "@PID.7" || name == "@PID.7.1" => {
                wanted.born = Some(when::date(&day).ok_or(Fault::at("QPD", 3, What::Malformed))?);
            }
            // What we cannot ask by must not be passed over: more people would fit than were meant.
            _ => return Err(Fault::at("QPD", 3, What::Malformed)),
        }
    }
    if wanted == Wanted::default() {
        return Err(Fault::at("QPD", 3, What::FieldMissing));
    }
    Ok(Body::Asked { tag: query.value(2, 1), wanted })
}

fn answered(segments: &Segments<'_>) -> Result<Body, Fault> {
    let said = needed(segments, "MSA")?;
    let code = said.value(1, 1);
    let answer = Answer::ALL.into_iter().find_map(|(name, answer)| (name == code).then_some(answer));
    let answer = answer.ok_or(Fault::at("MSA", 1, What::Malformed))?;
    let fault = segments.first("ERR").map(|error| (error.field(2).to_owned(), error.value(3, 1)));
    Ok(Body::Answered { of: said.value(2, 1), answer, fault })
}
