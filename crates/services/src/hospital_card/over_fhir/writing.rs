//! What is written at a hospital that speaks FHIR alone. A resource is read, one member is changed, and the whole goes back
//! under the version that was read: what somebody else wrote meanwhile is never overwritten, what we do not know stays.
//!
//! ```text
//!  arrival  GET /Appointment/… ─► booked? ─► PUT status `arrived`, If-Match W/"version" ─┬─ 412, 409: read again, three times
//!                                  └ arrived already: done                               └─ then it comes again later
//!  first    POST /Patient, If-None-Exist our number ─► the same person twice is one record
//!  change   the record of the chart ─► PUT name and address, If-Match
//! ```

use fhir::Patient as Record;
use fhir::{Gender, read};
use hl7::{Name, Patient, Sex};
use openid::http::Request;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Fault, Notice, OverFhir, sound_id};

/// What a change replaces, by `use`; an entry that does not say its use is the current one. A maiden name, a place of work and
/// the like stay.
const CURRENT: [(&str, &[&str]); 2] = [("name", &["official", "usual"]), ("address", &["home"])];
/// How often a resource is read anew when somebody else was quicker.
const TRIES: usize = 3;

/// What is to be written, as it is kept until it is done.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "write")]
enum Command {
    /// A booking's patient has come.
    Arrival { chart: String, booking: String },
    /// Somebody new, under our own number.
    First { number: String, patient: Box<Value> },
    /// Another name or address.
    Change { chart: String, patient: Box<Value> },
}

impl OverFhir {
    pub(super) fn arrival(&self, chart: &str, booking: &str) -> Result<Vec<u8>, Fault> {
        bytes(&Command::Arrival { chart: chart.to_owned(), booking: sound_id(booking)?.to_owned() })
    }

    pub(super) fn person(&self, notice: Notice, patient: &Patient) -> Result<Vec<u8>, Fault> {
        let number = patient.chart_number.clone();
        let value = |system: &str| {
            let record = Box::new(serde_json::to_value(record(patient, system)).map_err(unwritable)?);
            Ok::<_, Fault>(record)
        };
        bytes(&match notice {
            Notice::FirstVisit => Command::First { patient: value(&self.our_system())?, number },
            Notice::Change => Command::Change { chart: number, patient: value(&self.server.chart_system)? },
        })
    }

    /// Whose numbers ours are.
    fn our_system(&self) -> String {
        format!("urn:x-yakuba:{}:first-visit", self.city)
    }

    /// Does what `message` says. Again, it does nothing more.
    pub(super) fn write(&self, message: &[u8]) -> Result<(), Fault> {
        match serde_json::from_slice(message).map_err(unwritable)? {
            Command::Arrival { chart, booking } => self.arrive(&chart, &booking),
            Command::First { number, patient } => {
                let url = format!("{}/Patient", self.server.origin);
                let condition = format!("identifier={}|{number}", self.our_system());
                let sent = Request::Conditional {
                    is_put: false,
                    url: &url,
                    bearer: self.server.token.reveal(),
                    json: &patient.to_string(),
                    condition: ("If-None-Exist", &condition),
                };
                // 200: it was there already. 412: more than one was, which is not ours to mend.
                said(self.status(sent)?)
            }
            Command::Change { chart, patient } => self.change(&chart, &patient),
        }
    }

    fn arrive(&self, chart: &str, booking: &str) -> Result<(), Fault> {
        let url = format!("{}/Appointment/{}", self.server.origin, sound_id(booking)?);
        let records = self.records(chart)?;
        self.put_changed(&url, |appointment| {
            let read: fhir::Appointment = read(appointment.to_string().as_bytes()).map_err(|_| Fault::Odd)?;
            let whose = |id: &str| read.is_for(&format!("Patient/{id}"));
            if !records.iter().filter_map(|record| record.id.as_deref()).any(whose) {
                return Err(refused("Appointment.participant", "another patient's"));
            }
            match appointment["status"].as_str() {
                Some("arrived" | "checked-in" | "fulfilled") => Ok(false),
                Some("booked" | "pending" | "proposed" | "waitlist") => {
                    appointment["status"] = json!("arrived");
                    Ok(true)
                }
                _ => Err(refused("Appointment.status", "no longer booked")),
            }
        })
    }

    fn change(&self, chart: &str, patient: &Value) -> Result<(), Fault> {
        let records = self.records(chart)?;
        let [record] = records.as_slice() else { return Err(refused("Patient.identifier", "not one record")) };
        let url = format!("{}/Patient/{}", self.server.origin, sound_id(record.id.as_deref().unwrap_or_default())?);
        self.put_changed(&url, |kept| {
            let mut is_changed = false;
            for (member, uses) in CURRENT {
                // What we do not send (an address under protection) stays as it is.
                let Some(ours) = patient.get(member).and_then(Value::as_array) else { continue };
                let theirs = kept.get(member).and_then(Value::as_array).cloned().unwrap_or_default();
                let is_other = |one: &Value| one["use"].as_str().is_some_and(|word| !uses.contains(&word));
                let others = theirs.iter().filter(|one| is_other(one));
                let new: Vec<Value> = ours.iter().chain(others).cloned().collect();
                if new != theirs {
                    kept[member] = Value::Array(new);
                    is_changed = true;
                }
            }
            Ok(is_changed)
        })
    }

    /// Reads, lets `change` say whether there is something to be written, and writes under the version that was read.
    fn put_changed(&self, url: &str, change: impl Fn(&mut Value) -> Result<bool, Fault>) -> Result<(), Fault> {
        for _ in 0..TRIES {
            let body = self.send(Request::Get { url, bearer: Some(self.server.token.reveal()) })?;
            let mut resource: Value = serde_json::from_slice(&body).map_err(|_| Fault::Odd)?;
            let version = resource["meta"]["versionId"].as_str().ok_or(Fault::Odd)?;
            let version = format!("W/\"{}\"", sound_id(version)?);
            if !change(&mut resource)? {
                return Ok(());
            }
            let status = self.status(Request::Conditional {
                is_put: true,
                url,
                bearer: self.server.token.reveal(),
                json: &resource.to_string(),
                condition: ("If-Match", &version),
            })?;
            // Somebody else was quicker: what they wrote is read first.
            if !matches!(status, 409 | 412) {
                return said(status);
            }
        }
        let (place, why) = ("If-Match".to_owned(), "412".to_owned());
        Err(Fault::Refused { place, why, may_come_again: true })
    }

    fn status(&self, request: Request<'_>) -> Result<u16, Fault> {
        Ok(self.http.send(request).map_err(|_| Fault::Silent)?.status)
    }
}

fn said(status: u16) -> Result<(), Fault> {
    match status {
        200 | 201 | 204 => Ok(()),
        500..=599 | 429 => Err(Fault::Silent),
        status => Err(refused("FHIR", &status.to_string())),
    }
}

fn refused(place: &str, why: &str) -> Fault {
    Fault::Refused { place: place.to_owned(), why: why.to_owned(), may_come_again: false }
}

fn unwritable(error: serde_json::Error) -> Fault {
    Fault::Unwritable(error.to_string())
}

fn bytes(command: &Command) -> Result<Vec<u8>, Fault> {
    serde_json::to_vec(command).map_err(unwritable)
}

/// As FHIR writes a patient.
fn record(patient: &Patient, system: &str) -> Record {
    let parts = |name: &Name| (name.family.clone(), name.given.clone());
    let kanji = parts(&patient.name);
    let kana = patient.kana.as_ref().map(parts).unwrap_or_default();
    let mut record = Record::new(system, &patient.chart_number).named((&kanji.0, &kanji.1), (&kana.0, &kana.1));
    record.active = Some(true);
    record.gender = Some(match patient.sex {
        Sex::Male => Gender::Male,
        Sex::Female => Gender::Female,
        Sex::Unknown => Gender::Unknown,
    });
    record.birth_date = patient.born.map(|day| day.to_string());
    match &patient.address {
        Some(address) => record.living(&address.text, address.postal_code.as_deref()),
        None => record,
    }
}
