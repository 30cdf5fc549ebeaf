//! A hospital that is asked by FHIR R4: who a chart number is by `Patient/$match`, what is booked by `Appointment`. Receptions
//! go by HL7 all the same: FHIR has no message that a queue of patients waits for.
//!
//! ```text
//!  find      POST /Patient/$match ─► searchset ─► those with this very chart number ─► the desk's own rule (`model::judge`)
//!  bookings  GET /Appointment?patient=Patient/…&date=… ─► of that day, for that record, booked
//! ```
//! What a server calls certain is not enough and not needed: the desk compares by itself, field by field.

use std::sync::Arc;

use base::{Date, Personal, Seams};
use fhir::{Appointment, AppointmentStatus, Bundle, Gender, MatchRequest, Patient as Record, read};
use hl7::{Booking, BookingState, Name, Patient, Sex};
use openid::http::{Http, Request};

use super::hospital::{Fault, Hospital, OverHl7};

/// Where the server is, and who we are there.
#[derive(Clone, Debug)]
pub struct Server {
    /// `https://…/fhir`, without a slash at the end.
    pub origin: String,
    /// Whose numbers chart numbers are, a URI.
    pub chart_system: String,
    /// The token sent with each request.
    pub token: Personal<String>,
}

/// A hospital asked by FHIR, told by HL7.
pub struct OverFhir {
    server: Server,
    http: Arc<dyn Http>,
    told: OverHl7,
}

impl OverFhir {
    /// With this server, and `told` for receptions.
    pub fn new(server: Server, http: Arc<dyn Http>, told: OverHl7) -> Self {
        Self { server, http, told }
    }

    fn send(&self, request: Request<'_>) -> Result<Vec<u8>, Fault> {
        let answer = self.http.send(request).map_err(|_| Fault::Silent)?;
        match answer.status {
            200 => Ok(answer.body),
            500..=599 => Err(Fault::Silent),
            status => Err(Fault::Refused { place: "FHIR".to_owned(), why: status.to_string(), may_come_again: false }),
        }
    }

    /// Records in use with this very chart number.
    fn records(&self, chart: &str) -> Result<Vec<Record>, Fault> {
        let unwritable = |error: serde_json::Error| Fault::Unwritable(error.to_string());
        let patient = Record::new(&self.server.chart_system, chart);
        let question = MatchRequest { patient, only_certain: false }.to_json().map_err(unwritable)?.to_string();
        let url = format!("{}/Patient/$match", self.server.origin);
        let body = self.send(Request::PostJson { url: &url, bearer: self.server.token.reveal(), json: &question })?;
        let found: Bundle<Record> = read(&body).map_err(|_| Fault::Odd)?;
        let is_theirs = |one: &Record| {
            one.chart_number(&self.server.chart_system) == Some(chart)
                && one.active != Some(false)
                && one.replaced_by().is_none()
        };
        Ok(found.entry.into_iter().map(|entry| entry.resource).filter(is_theirs).collect())
    }
}

/// As the desk compares it.
fn patient(record: &Record, chart: &str) -> Patient {
    let kana = record.kana().map(|kana| {
        let (family, given) = kana.split_once(' ').unwrap_or((&kana, ""));
        Name { family: family.to_owned(), given: given.to_owned() }
    });
    Patient {
        chart_number: chart.to_owned(),
        name: Name::default(),
        kana,
        born: record.birth_day(),
        sex: match record.gender {
            Some(Gender::Male) => Sex::Male,
            Some(Gender::Female) => Sex::Female,
            Some(Gender::Other | Gender::Unknown) | None => Sex::Unknown,
        },
    }
}

impl Hospital for OverFhir {
    fn find(&self, chart: &str) -> Result<Vec<Patient>, Fault> {
        Ok(self.records(chart)?.iter().map(|record| patient(record, chart)).collect())
    }

    fn reception(&self, number: &str, patient: &Patient) -> Result<Vec<u8>, Fault> {
        self.told.reception(number, patient)
    }

    fn deliver(&self, number: &str, message: &[u8]) -> Result<(), Fault> {
        self.told.deliver(number, message)
    }

    fn bookings(&self, chart: &str, day: Date) -> Result<Option<Vec<Booking>>, Fault> {
        let records = self.records(chart)?;
        // Two records of one number are nobody's bookings.
        let [record] = records.as_slice() else { return Ok(Some(Vec::new())) };
        let may = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.');
        let id = record.id.as_deref().filter(|id| id.len() <= 64 && id.chars().all(may)).ok_or(Fault::Odd)?;
        let whose = format!("Patient/{id}");
        let url = format!("{}/Appointment?patient={whose}&date={day}", self.server.origin);
        let body = self.send(Request::Get { url: &url, bearer: Some(self.server.token.reveal()) })?;
        let found: Bundle<Appointment> = read(&body).map_err(|_| Fault::Odd)?;
        let booking = |one: &Appointment| {
            // A search that is not understood lists everybody's.
            let at = one.begins().filter(|at| at.date_in_japan() == day && one.is_for(&whose))?;
            (one.status == AppointmentStatus::Booked).then(|| Booking {
                number: one.id.clone().unwrap_or_default(),
                state: BookingState::Booked,
                at,
                place: one.department().unwrap_or_default().to_owned(),
            })
        };
        Ok(Some(found.resources().filter_map(booking).collect()))
    }
}

/// The same as the hospital's own client makes it, for whoever puts the program together.
pub fn connect(server: Server, told_at: &str, city: &str, seams: Seams) -> OverFhir {
    OverFhir::new(server, Arc::new(openid::http::OverTcp::default()), OverHl7::new(told_at, city, seams))
}
