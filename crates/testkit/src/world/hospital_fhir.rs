//! **Simulated** FHIR server of a hospital: `Patient/$match` and `Appointment`, on a real socket.
//!
//! For: tests; never in production. It grades by the rule of `fhir::grade`, so that nobody is certain by a number alone, and
//! can answer with everybody's bookings, as a server does that does not understand a search.

use std::io::{self, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use fhir::bundle::Entry;
pub use fhir::{Appointment, Gender, Patient};
use fhir::{Bundle, Grade, grade, refusal};
use serde_json::Value;

use super::push_service::{Request, read_request};

struct Shared {
    token: String,
    system: String,
    patients: Mutex<Vec<Patient>>,
    appointments: Mutex<Vec<Appointment>>,
    is_down: AtomicBool,
    stopping: AtomicBool,
}

/// A running one; stops when dropped.
pub struct HospitalFhir {
    address: SocketAddr,
    shared: Arc<Shared>,
    listener: Option<JoinHandle<()>>,
}

impl HospitalFhir {
    /// Starts on a free port of 127.0.0.1, for whoever has `token`; chart numbers are of `system`.
    ///
    /// # Errors
    /// No port can be opened.
    pub fn start(token: &str, system: &str) -> io::Result<Self> {
        let socket = TcpListener::bind(("127.0.0.1", 0))?;
        let address = socket.local_addr()?;
        let shared = Arc::new(Shared {
            token: token.to_owned(),
            system: system.to_owned(),
            patients: Mutex::default(),
            appointments: Mutex::default(),
            is_down: AtomicBool::new(false),
            stopping: AtomicBool::new(false),
        });
        let served = Arc::clone(&shared);
        let listener = std::thread::Builder::new().name("simulated-fhir".into()).spawn(move || {
            for connection in socket.incoming() {
                if served.stopping.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(connection) = connection else { continue };
                // One after another is enough; a broken connection is its client's matter.
                let _ = served.serve(connection);
            }
        })?;
        Ok(Self { address, shared, listener: Some(listener) })
    }

    /// Its origin.
    pub fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Another patient.
    pub fn add(&self, patient: Patient) {
        self.shared.patients.lock().unwrap_or_else(PoisonError::into_inner).push(patient);
    }

    /// Another booking.
    pub fn book(&self, appointment: Appointment) {
        self.shared.appointments.lock().unwrap_or_else(PoisonError::into_inner).push(appointment);
    }

    /// Out of order from now on, or no longer.
    pub fn set_down(&self, is_down: bool) {
        self.shared.is_down.store(is_down, Ordering::SeqCst);
    }
}

impl Drop for HospitalFhir {
    fn drop(&mut self) {
        self.shared.stopping.store(true, Ordering::SeqCst);
        // Wakes the listener so that it sees the flag.
        let _ = TcpStream::connect(self.address);
        if let Some(listener) = self.listener.take() {
            let _ = listener.join();
        }
    }
}

impl Shared {
    fn serve(&self, mut connection: TcpStream) -> io::Result<()> {
        connection.set_read_timeout(Some(Duration::from_secs(10)))?;
        let request = read_request(&mut connection)?;
        let (status, body) = self.reply(&request);
        let body = body.to_string();
        write!(
            connection,
            "HTTP/1.1 {status} -\r\nContent-Type: application/fhir+json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        )
    }

    fn reply(&self, request: &Request) -> (u16, Value) {
        let bearer = request.headers.get("authorization").and_then(|all| all.first()?.strip_prefix("Bearer "));
        if bearer != Some(self.token.as_str()) {
            return (401, refusal("login", "no token"));
        }
        if self.is_down.load(Ordering::SeqCst) {
            return (503, refusal("transient", "out of order"));
        }
        match request.path.split('?').next().unwrap_or_default() {
            "/Patient/$match" => self.matched(&request.body),
            "/Appointment" => {
                // The search is not understood: everybody's come.
                let all = self.appointments.lock().unwrap_or_else(PoisonError::into_inner).clone();
                let entry = |one| Entry { full_url: None, resource: one, search: None };
                (200, written(serde_json::to_value(Bundle::found(all.into_iter().map(entry).collect()))))
            }
            _ => (404, refusal("not-found", "nothing here")),
        }
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

fn written(bundle: serde_json::Result<Value>) -> Value {
    bundle.unwrap_or(Value::Null)
}
