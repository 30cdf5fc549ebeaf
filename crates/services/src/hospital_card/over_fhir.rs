//! A hospital that is asked by FHIR R4: who a chart number is by `Patient/$match`, what is booked by `Appointment`. One that
//! has an HL7 listener beside it is told receptions there; one that speaks FHIR alone is told by writing ([`writing`]).
//!
//! ```text
//!  find      POST /Patient/$match ─► searchset ─► those with this very chart number ─► the desk's own rule (`model::judge`)
//!  bookings  GET /Appointment?patient=Patient/…&date=… ─► of that day, for that record, booked
//!  successor a record that is `replaced-by` another ─► GET /Patient/… ─► its chart number, and the link follows
//! ```
//! What a server calls certain is not enough and not needed: the desk compares by itself, field by field.

mod writing;

use std::sync::Arc;

use base::{Date, Personal, Seams};
use fhir::{Appointment, AppointmentStatus, Bundle, Gender, MatchRequest, Patient as Record, read};
use hl7::{Booking, BookingState, Name, Patient, Sex};
use openid::http::{Http, Request};

use super::hospital::{Fault, Hospital, OverHl7};
use super::model::Notice;

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

/// A hospital asked by FHIR; told by HL7 where it has a listener, else by FHIR, too.
pub struct OverFhir {
    server: Server,
    http: Arc<dyn Http>,
    told: Option<OverHl7>,
    city: String,
}

impl OverFhir {
    /// With this server, and `told` for receptions where it has such a listener. `city` names whose numbers ours are.
    pub fn new(server: Server, http: Arc<dyn Http>, told: Option<OverHl7>, city: &str) -> Self {
        Self { server, http, told, city: city.to_owned() }
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
        let mut all = self.all_records(chart)?;
        all.retain(|one| one.active != Some(false) && one.replaced_by().is_none());
        Ok(all)
    }

    /// All of them, also those that were made one with another.
    fn all_records(&self, chart: &str) -> Result<Vec<Record>, Fault> {
        let unwritable = |error: serde_json::Error| Fault::Unwritable(error.to_string());
        let patient = Record::new(&self.server.chart_system, chart);
        let question = MatchRequest { patient, only_certain: false }.to_json().map_err(unwritable)?.to_string();
        let url = format!("{}/Patient/$match", self.server.origin);
        let body = self.send(Request::PostJson { url: &url, bearer: self.server.token.reveal(), json: &question })?;
        let found: Bundle<Record> = read(&body).map_err(|_| Fault::Odd)?;
        let is_theirs = |one: &Record| one.chart_number(&self.server.chart_system) == Some(chart);
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
        address: None,
    }
}

impl Hospital for OverFhir {
    fn find(&self, chart: &str) -> Result<Vec<Patient>, Fault> {
        Ok(self.records(chart)?.iter().map(|record| patient(record, chart)).collect())
    }

    fn reception(&self, number: &str, patient: &Patient, booking: &str) -> Result<Vec<u8>, Fault> {
        match &self.told {
            Some(told) => told.reception(number, patient, booking),
            None => self.arrival(&patient.chart_number, booking),
        }
    }

    fn notice(&self, notice: Notice, number: &str, patient: &Patient) -> Result<Vec<u8>, Fault> {
        match &self.told {
            Some(told) => told.notice(notice, number, patient),
            None => self.person(notice, patient),
        }
    }

    fn successor(&self, chart: &str) -> Result<Option<Patient>, Fault> {
        let all = self.all_records(chart)?;
        // A record in use has the number: it is nobody else's.
        if all.iter().any(|one| one.active != Some(false) && one.replaced_by().is_none()) {
            return Ok(None);
        }
        // The first that says so; each step of a chain is one question, and a circle ends.
        let mut next = all.iter().find_map(|one| one.replaced_by().map(str::to_owned));
        for _ in 0..MOST_STEPS {
            let Some(reference) = next else { return Ok(None) };
            let id = reference.strip_prefix("Patient/").ok_or(Fault::Odd)?;
            let url = format!("{}/Patient/{}", self.server.origin, sound_id(id)?);
            let body = self.send(Request::Get { url: &url, bearer: Some(self.server.token.reveal()) })?;
            let record: Record = read(&body).map_err(|_| Fault::Odd)?;
            next = record.replaced_by().map(str::to_owned);
            if next.is_none() {
                let number = record.chart_number(&self.server.chart_system).filter(|number| is_chart(number));
                let stays = number.filter(|number| record.active != Some(false) && *number != chart);
                return Ok(stays.map(|number| patient(&record, number)));
            }
        }
        Err(Fault::Odd)
    }

    fn deliver(&self, number: &str, message: &[u8]) -> Result<(), Fault> {
        match &self.told {
            Some(told) => told.deliver(number, message),
            None => self.write(message),
        }
    }

    fn bookings(&self, chart: &str, day: Date) -> Result<Option<Vec<Booking>>, Fault> {
        let records = self.records(chart)?;
        // Two records of one number are nobody's bookings.
        let [record] = records.as_slice() else { return Ok(Some(Vec::new())) };
        let whose = format!("Patient/{}", sound_id(record.id.as_deref().unwrap_or_default())?);
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
                place: one.department().filter(|place| is_place(place)).unwrap_or_default().to_owned(),
            })
        };
        Ok(Some(found.resources().filter_map(booking).collect()))
    }
}

/// Steps from a record to the one that stays, at most.
const MOST_STEPS: usize = 5;

/// The id of a resource, as it may stand in an address.
fn sound_id(id: &str) -> Result<&str, Fault> {
    let may = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.');
    let is_name = (1..=64).contains(&id.len()) && id.contains(|c: char| c.is_ascii_alphanumeric());
    if is_name && id.chars().all(may) { Ok(id) } else { Err(Fault::Odd) }
}

fn is_chart(number: &str) -> bool {
    (1..=20).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

/// What may stand on the hall's screen.
fn is_place(place: &str) -> bool {
    place.chars().count() <= 40
        && hl7::text::is_plain(place)
        && base::my_number_guard::refuse_individual_number(place).is_ok()
}

/// Over the network, for whoever puts the program together. `told_at`: the hospital's HL7 listener, where it has one.
pub fn connect(server: Server, told_at: Option<&str>, city: &str, seams: Seams) -> OverFhir {
    let told = told_at.map(|address| OverHl7::new(address, city, seams));
    OverFhir::new(server, Arc::new(openid::http::OverTcp::default()), told, city)
}
