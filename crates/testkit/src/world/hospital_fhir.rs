//! **Simulated** FHIR server of a hospital: `Patient/$match`, `Patient` and `Appointment`, read and written under conditions,
//! on a real socket.
//!
//! For: tests and the demo; never in production. It grades by the rule of `fhir::grade`, so that nobody is certain by a number alone, and
//! can answer with everybody's bookings, as a server does that does not understand a search.

use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use fhir::bundle::Entry;
use fhir::patient::{Link, Reference};
pub use fhir::{Appointment, AppointmentStatus, Gender, Patient};
use fhir::{Bundle, Grade, grade, refusal};
use serde_json::{Value, json};

use super::listener::Listener;
use super::push_service::Request;

struct Shared {
    token: String,
    system: String,
    patients: Mutex<Vec<Patient>>,
    appointments: Mutex<Vec<Appointment>>,
    /// Versions of resources by `Type/id`; one that was never written is of version 1.
    versions: Mutex<BTreeMap<String, u32>>,
    /// Everything that was written, as it came.
    written: Mutex<Vec<Value>>,
    /// Somebody else changes each resource this many times, just before it would be written.
    quicker: AtomicU32,
    is_down: AtomicBool,
    /// Writes alone are out of order.
    takes_nothing: AtomicBool,
    /// Writes are refused for a fault in them.
    refuses: AtomicBool,
}

/// A running one; stops when dropped.
pub struct HospitalFhir {
    shared: Arc<Shared>,
    listener: Listener,
}

impl HospitalFhir {
    /// Starts on a free port of 127.0.0.1, for whoever has `token`; chart numbers are of `system`.
    ///
    /// # Errors
    /// No port can be opened.
    pub fn start(token: &str, system: &str) -> io::Result<Self> {
        let shared = Arc::new(Shared {
            token: token.to_owned(),
            system: system.to_owned(),
            patients: Mutex::default(),
            appointments: Mutex::default(),
            versions: Mutex::default(),
            written: Mutex::default(),
            quicker: AtomicU32::new(0),
            is_down: AtomicBool::new(false),
            takes_nothing: AtomicBool::new(false),
            refuses: AtomicBool::new(false),
        });
        let served = Arc::clone(&shared);
        let listener = Listener::start("simulated-fhir", "application/fhir+json", move |request| {
            let (status, body) = served.reply(request);
            Some((status, body.to_string()))
        })?;
        Ok(Self { shared, listener })
    }

    /// Its origin.
    pub fn origin(&self) -> String {
        self.listener.origin()
    }

    /// Another patient.
    pub fn add(&self, patient: Patient) {
        self.shared.patients.lock().unwrap_or_else(PoisonError::into_inner).push(patient);
    }

    /// Another booking; one with the id of another is that one, as it stands.
    pub fn book(&self, appointment: Appointment) {
        let mut all = lock(&self.shared.appointments);
        if all.iter().all(|one| one.id != appointment.id) {
            all.push(appointment);
        }
    }

    /// Everybody it knows.
    pub fn patients(&self) -> Vec<Patient> {
        lock(&self.shared.patients).clone()
    }

    /// Everything that was written, as it came.
    pub fn written(&self) -> Vec<Value> {
        lock(&self.shared.written).clone()
    }

    /// How each booking stands, by its id.
    pub fn appointments(&self) -> Vec<(String, AppointmentStatus)> {
        let id = |one: &Appointment| one.id.clone().unwrap_or_default();
        lock(&self.shared.appointments).iter().map(|one| (id(one), one.status)).collect()
    }

    /// The record `gone` (its id) was made one with `kept`.
    pub fn merge(&self, gone: &str, kept: &str) {
        let mut all = lock(&self.shared.patients);
        for one in all.iter_mut().filter(|one| one.id.as_deref() == Some(gone)) {
            let other = Reference { reference: Some(format!("Patient/{kept}")), display: None };
            one.active = Some(false);
            one.link = vec![Link { other, kind: "replaced-by".to_owned() }];
        }
    }

    /// Somebody else is quicker, so many times.
    pub fn set_quicker(&self, times: u32) {
        self.shared.quicker.store(times, Ordering::SeqCst);
    }

    /// From now on writes are not answered as they should, while questions are; or no longer.
    pub fn set_takes_nothing(&self, takes_nothing: bool) {
        self.shared.takes_nothing.store(takes_nothing, Ordering::SeqCst);
    }

    /// From now on writes are refused for a fault in them, or no longer.
    pub fn set_refuses(&self, refuses: bool) {
        self.shared.refuses.store(refuses, Ordering::SeqCst);
    }

    /// Out of order from now on, or no longer.
    pub fn set_down(&self, is_down: bool) {
        self.shared.is_down.store(is_down, Ordering::SeqCst);
    }
}

impl Shared {
    fn reply(&self, request: &Request) -> (u16, Value) {
        let bearer = request.headers.get("authorization").and_then(|all| all.first()?.strip_prefix("Bearer "));
        if bearer != Some(self.token.as_str()) {
            return (401, refusal("login", "no token"));
        }
        if self.is_down.load(Ordering::SeqCst) {
            return (503, refusal("transient", "out of order"));
        }
        let path = request.path.split('?').next().unwrap_or_default();
        let writes = request.method == "PUT" || (request.method == "POST" && path == "/Patient");
        if writes && self.takes_nothing.load(Ordering::SeqCst) {
            return (503, refusal("transient", "nothing is taken now"));
        }
        if writes && self.refuses.load(Ordering::SeqCst) {
            return (422, refusal("invalid", "not as we write it"));
        }
        match (request.method.as_str(), path) {
            (_, "/Patient/$match") => self.matched(&request.body),
            ("POST", "/Patient") => self.created(request),
            ("GET", one) if self.resource(one).is_some() => (200, self.resource(one).unwrap_or_default()),
            ("PUT", one) => self.put(request, one.trim_start_matches('/')),
            ("GET", "/Appointment") => {
                // The search is not understood: everybody's come.
                let all = self.appointments.lock().unwrap_or_else(PoisonError::into_inner).clone();
                let entry = |one| Entry { full_url: None, resource: one, search: None };
                (200, written(serde_json::to_value(Bundle::found(all.into_iter().map(entry).collect()))))
            }
            _ => (404, refusal("not-found", "nothing here")),
        }
    }

    /// A resource with its version.
    fn resource(&self, path: &str) -> Option<Value> {
        let key = path.trim_start_matches('/');
        let (kind, id) = key.split_once('/')?;
        let found = match kind {
            "Patient" => {
                let all = lock(&self.patients);
                serde_json::to_value(all.iter().find(|one| one.id.as_deref() == Some(id))?).ok()
            }
            "Appointment" => {
                let all = lock(&self.appointments);
                serde_json::to_value(all.iter().find(|one| one.id.as_deref() == Some(id))?).ok()
            }
            _ => None,
        };
        let mut found = found?;
        found["meta"] = json!({ "versionId": self.version(key).to_string() });
        Some(found)
    }

    fn version(&self, key: &str) -> u32 {
        lock(&self.versions).get(key).copied().unwrap_or(1)
    }

    fn created(&self, request: &Request) -> (u16, Value) {
        let header = request.headers.get("if-none-exist").and_then(|all| all.first());
        let wanted = header.and_then(|text| text.strip_prefix("identifier=")?.split_once('|'));
        let sent = serde_json::from_slice::<Value>(&request.body).unwrap_or_default();
        let Ok(mut patient) = serde_json::from_value::<Patient>(sent.clone()) else {
            return (400, refusal("invalid", "no patient"));
        };
        let Some((system, number)) = wanted else { return (412, refusal("required", "If-None-Exist")) };
        lock(&self.written).push(sent.clone());
        let mut all = lock(&self.patients);
        if all.iter().any(|one| one.chart_number(system) == Some(number)) {
            return (200, sent);
        }
        patient.id = Some(format!("new{}", all.len() + 1));
        all.push(patient);
        (201, sent)
    }

    fn put(&self, request: &Request, key: &str) -> (u16, Value) {
        let Some((kind, id)) = key.split_once('/') else { return (404, refusal("not-found", "nothing here")) };
        if self.quicker.load(Ordering::SeqCst) > 0 {
            self.quicker.fetch_sub(1, Ordering::SeqCst);
            lock(&self.versions).entry(key.to_owned()).and_modify(|version| *version += 1).or_insert(2);
        }
        let version = self.version(key);
        let wanted = request.headers.get("if-match").and_then(|all| all.first());
        if wanted.map(String::as_str) != Some(format!("W/\"{version}\"").as_str()) {
            return (412, refusal("conflict", "another version"));
        }
        let sent = serde_json::from_slice::<Value>(&request.body).unwrap_or_default();
        lock(&self.written).push(sent.clone());
        let is_put = match kind {
            "Patient" => replace(&self.patients, sent.clone(), |one| one.id.as_deref() == Some(id)),
            "Appointment" => replace(&self.appointments, sent.clone(), |one| one.id.as_deref() == Some(id)),
            _ => false,
        };
        if !is_put {
            return (422, refusal("invalid", "no such resource"));
        }
        lock(&self.versions).insert(key.to_owned(), version + 1);
        (200, sent)
    }

    fn matched(&self, body: &[u8]) -> (u16, Value) {
        let asked = serde_json::from_slice::<Value>(body).ok().and_then(|sent| {
            let parameters = sent["parameter"].as_array()?;
            let resource = parameters.iter().find(|one| one["name"] == "resource")?;
            serde_json::from_value::<Patient>(resource["resource"].clone()).ok()
        });
        let Some(asked) = asked else { return (400, refusal("invalid", "no patient is asked for")) };
        let mut found = Vec::new();
        for known in self.patients.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            let sure = grade(&asked, known, &self.system);
            let shares_number = asked.chart_number(&self.system).is_some()
                && asked.chart_number(&self.system) == known.chart_number(&self.system);
            if sure != Grade::CertainlyNot || shares_number {
                let id = known.id.clone().unwrap_or_default();
                found.push(Entry::graded(format!("Patient/{id}"), known.clone(), sure));
            }
        }
        (200, written(serde_json::to_value(Bundle::found(found))))
    }
}

/// The id of the record with this chart number, at this server.
pub fn id_of(chart: &str) -> String {
    format!("r{chart}")
}

/// Somebody whom an HL7 system knows, as this server keeps them under a chart number of `system`.
pub fn record(patient: &hl7::Patient, system: &str) -> Patient {
    let parts = |name: &hl7::Name| (name.family.clone(), name.given.clone());
    let (name, kana) = (parts(&patient.name), patient.kana.as_ref().map(parts).unwrap_or_default());
    let mut record = Patient::new(system, &patient.chart_number).named((&name.0, &name.1), (&kana.0, &kana.1));
    record.id = Some(id_of(&patient.chart_number));
    record.active = Some(true);
    record.birth_date = patient.born.map(|day| day.to_string());
    record.gender = Some(match patient.sex {
        hl7::Sex::Male => Gender::Male,
        hl7::Sex::Female => Gender::Female,
        hl7::Sex::Unknown => Gender::Unknown,
    });
    record
}

fn lock<T>(one: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    one.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Puts what was sent in the place of the one it is.
fn replace<R: fhir::json::Resource>(all: &Mutex<Vec<R>>, sent: Value, is_it: impl Fn(&R) -> bool) -> bool {
    let (Ok(new), mut all) = (serde_json::from_value::<R>(sent), lock(all)) else { return false };
    let Some(place) = all.iter().position(is_it) else { return false };
    all[place] = new;
    true
}

fn written(bundle: serde_json::Result<Value>) -> Value {
    bundle.unwrap_or(Value::Null)
}
