//! The city hospital: as configured, or the simulation of a demo, which knows the people of the drawer under chart numbers
//! `P-1001`, `P-1002` … and has booked each of them for today. It speaks HL7, or FHIR alone.

use std::sync::Arc;

use base::config::{HospitalSection, HospitalSpeech};
use base::{Date, Kind, Timestamp};
use hl7::{Booking, BookingState, Name, Patient, Sex};
use services::hospital_card::hospital::{Connection, OverHl7};
use services::hospital_card::mllp::{Answering, Listener};
use services::hospital_card::{self, inbox, outbox, over_fhir, telling};
use store::StoreError;
use testkit::world::hospital as simulated;
use testkit::world::hospital_fhir::{self, HospitalFhir};
use tools::portal::Post;
use tools::portal::post::Desk;
use tools::{Inside, Outside};
use web::App;

use crate::cards;
use crate::city::OpenCity;
use crate::fail::Failure;

/// Seconds between two tries of receptions the hospital has not answered.
pub const SECONDS: u64 = 5;
/// Seconds between looks for calls: somebody waits for theirs.
pub const TELL_SECONDS: u64 = 1;
/// Characters of a key of the hospital's system, at least.
const SHORTEST_KEY: usize = 32;
/// Seconds between sweeps.
pub const SWEEP_SECONDS: u64 = 3600;

/// The hospital of this process.
pub struct Hospital {
    connection: Option<Arc<Connection>>,
    listener: Option<Listener>,
    simulation: Option<Simulation>,
}

/// The simulation of a demo, which stops when dropped, and the people it knows.
enum Simulation {
    Hl7(simulated::Hospital, Vec<Patient>),
    Fhir(HospitalFhir, Vec<Patient>),
}

/// Our token at a simulated FHIR server, and whose numbers its chart numbers are.
const SIMULATED_FHIR: (&str, &str) = ("simulated", "urn:oid:1.2.392.100495.20.3.51.19999999999");

impl Hospital {
    /// Opens it, and says in `app` how it is connected.
    ///
    /// # Errors
    /// The listener's address cannot be used; the FHIR server's settings are not whole; the simulation cannot start.
    pub fn open(app: &mut App, city: &OpenCity) -> Result<Self, Failure> {
        let (section, inside) = (&city.config().hospital, city.inside());
        let is_demo = inside.demo && section.send_address.is_empty() && section.fhir_address.is_empty();
        let simulation = if is_demo { Some(Simulation::start(city, section.simulated)?) } else { None };
        let (told_at, server) = match &simulation {
            Some(simulation) => simulation.ends(),
            None => {
                let told_at = (!section.send_address.is_empty()).then(|| section.send_address.clone());
                (told_at, fhir_server(section)?)
            }
        };
        let connection = connection(city, told_at.as_deref(), server, is_demo)?;
        app.hospital = connection.clone();
        let is_told = matches!(simulation, Some(Simulation::Hl7(..)));
        let listens_at =
            if is_told && section.listen_address.is_empty() { "127.0.0.1:0" } else { section.listen_address.as_str() };
        let taking = inside.clone();
        let answering: Answering = Arc::new(move |message| inbox::take(&taking, message));
        let listener = if listens_at.is_empty() {
            None
        } else {
            let listener = Listener::start(listens_at, answering)
                .map_err(Failure::while_doing(Kind::Unavailable, "hospital.listen_address cannot be used"))?;
            Some(listener)
        };
        Ok(Self { connection, listener, simulation })
    }

    /// Hands over what the hospital has not answered; in a demo, today's bookings are told or made.
    ///
    /// # Errors
    /// What failed; the next run goes on.
    pub fn run(&self, city: &Inside) -> Result<(), String> {
        let now = city.seams.now();
        match (&self.simulation, &self.listener) {
            (Some(Simulation::Hl7(_, patients)), Some(listener)) => {
                tell_bookings(patients, &listener.address().to_string(), now).map_err(|error| error.to_string())?;
            }
            (Some(Simulation::Fhir(server, patients)), _) => book_today(server, patients, now),
            _ => {}
        }
        let Some(connection) = &self.connection else { return Ok(()) };
        outbox::work(city, connection).map_err(|error| error.to_string())
    }
}

impl Simulation {
    fn start(city: &OpenCity, speech: HospitalSpeech) -> Result<Self, Failure> {
        let fault = || Failure::while_doing(Kind::Unavailable, "the simulated hospital cannot start");
        let patients = invented(city)?;
        Ok(match speech {
            HospitalSpeech::Hl7 => Self::Hl7(simulated::Hospital::start(patients.clone()).map_err(fault())?, patients),
            HospitalSpeech::Fhir => {
                let (token, system) = SIMULATED_FHIR;
                let server = HospitalFhir::start(token, system).map_err(fault())?;
                patients.iter().for_each(|patient| server.add(hospital_fhir::record(patient, system)));
                book_today(&server, &patients, city.inside().seams.now());
                Self::Fhir(server, patients)
            }
        })
    }

    /// Its HL7 listener and its FHIR server.
    fn ends(&self) -> (Option<String>, Option<over_fhir::Server>) {
        match self {
            Self::Hl7(hospital, _) => (Some(hospital.address()), None),
            Self::Fhir(server, _) => {
                let (token, system) = SIMULATED_FHIR;
                let (origin, chart_system) = (server.origin(), system.to_owned());
                (None, Some(over_fhir::Server { origin, chart_system, token: token.to_owned().into() }))
            }
        }
    }
}

/// By HL7 alone, by FHIR alone, or asked by FHIR and told by HL7.
fn connection(
    city: &OpenCity,
    told_at: Option<&str>,
    server: Option<over_fhir::Server>,
    is_demo: bool,
) -> Result<Option<Arc<Connection>>, Failure> {
    let (us, seams) = (city.inside().profile.municipality_code.as_str(), city.inside().seams.clone());
    let connection = match (server, told_at) {
        (Some(server), told_at) => {
            Connection::new(Box::new(over_fhir::connect(server, told_at, us, seams)), "fhir", is_demo)
        }
        (None, Some(address)) => Connection::new(Box::new(OverHl7::new(address, us, seams)), "hl7", is_demo),
        (None, None) => return Ok(None),
    };
    Ok(Some(Arc::new(with_calls_key(&city.config().hospital, connection)?)))
}

/// The FHIR server that is asked, if one is.
fn fhir_server(section: &HospitalSection) -> Result<Option<over_fhir::Server>, Failure> {
    if section.fhir_address.is_empty() {
        return Ok(None);
    }
    if section.fhir_chart_system.is_empty() {
        return Err(Failure::new(
            Kind::Invalid,
            "hospital.fhir_chart_system is missing: whose numbers chart numbers are",
        ));
    }
    let token = std::fs::read_to_string(&section.fhir_token_file)
        .map_err(Failure::while_doing(Kind::Invalid, "hospital.fhir_token_file cannot be read"))?;
    Ok(Some(over_fhir::Server {
        origin: section.fhir_address.trim_end_matches('/').to_owned(),
        chart_system: section.fhir_chart_system.clone(),
        token: token.trim().to_owned().into(),
    }))
}

/// With the key by which the hospital's own system calls numbers, where there is one.
fn with_calls_key(section: &HospitalSection, connection: Connection) -> Result<Connection, Failure> {
    if section.calls_key_file.as_os_str().is_empty() {
        return Ok(connection);
    }
    let key = std::fs::read_to_string(&section.calls_key_file)
        .map_err(Failure::while_doing(Kind::Invalid, "hospital.calls_key_file cannot be read"))?;
    let key = key.trim();
    if key.len() < SHORTEST_KEY {
        return Err(Failure::new(Kind::Invalid, "hospital.calls_key_file: the key has fewer than 32 characters"));
    }
    Ok(connection.called_with(key))
}

/// Tells people what is to be told.
///
/// # Errors
/// What failed; the next run goes on.
pub fn tell(inside: &Inside, post: &Arc<Post>) -> Result<(), String> {
    telling::work(inside, post).map(drop).map_err(|error| error.to_string())
}

/// Forgets what is over, on both sides.
///
/// # Errors
/// The databases.
pub fn sweep(inside: &Inside, outside: &Outside) -> Result<(), String> {
    hospital_card::sweep(inside).map_err(|error| error.to_string())?;
    let now = outside.seams.now();
    outside.store.write::<_, StoreError, _>(move |tx| telling::sweep(tx, now)).map_err(|error| error.to_string())
}

/// Who takes what the inside tells.
pub fn outside_desk(desk: Desk, outside: &Outside) -> Desk {
    let told = outside.clone();
    desk.on(telling::TOLD, move |opened| telling::take(&told, opened))
}

/// The people of the drawer as patients, by the readings of the demo's register.
fn invented(city: &OpenCity) -> Result<Vec<Patient>, Failure> {
    let mut patients = Vec::new();
    for labelled in cards::drawer(city.inside())? {
        let Some(contents) = cards::stored(city.inside(), &labelled.resident)? else { continue };
        let kana = cards::read_person(city.inside(), &labelled.resident).ok().and_then(|person| person.names.kana);
        let parted = |text: &str| {
            let (family, given) = text.split_once(['\u{3000}', ' ']).unwrap_or((text, ""));
            Name { family: family.to_owned(), given: given.to_owned() }
        };
        let told = &contents.attributes;
        // A hospital writes the characters of ISO-2022-JP: others as the name's reading.
        let kana = kana.as_deref().map(parted);
        patients.push(Patient {
            chart_number: format!("P-{}", 1001 + patients.len()),
            name: kana.clone().unwrap_or_else(|| parted("ミホン")),
            kana,
            born: Some(told.birth_date),
            sex: match told.sex {
                b'1' => Sex::Male,
                b'2' => Sex::Female,
                _ => Sex::Unknown,
            },
            address: None,
        });
    }
    Ok(patients)
}

/// What is booked for the patient of this place in the drawer: its number, when, where.
fn booked(place: usize, day: Date) -> (String, Timestamp, String) {
    let number = format!("D{}{place:02}", day.to_string().replace('-', ""));
    let minutes = 9 * 60 + 10 * place;
    let at = Timestamp::in_japan(day, (minutes / 60) as u8, (minutes % 60) as u8, 0);
    (number, at, ["内科 1番", "眼科 2番", "整形外科 3番"][place % 3].to_owned())
}

/// Today's bookings, once a day: the same messages again do nothing.
fn tell_bookings(patients: &[Patient], address: &str, now: Timestamp) -> std::io::Result<()> {
    // Written at one time of the day: another time under the same number would be another message.
    let written = Timestamp::in_japan(now.date_in_japan(), 0, 0, 0);
    for (place, patient) in patients.iter().enumerate() {
        let (number, at, department) = booked(place, now.date_in_japan());
        let booking = Booking { number: number.clone(), at, place: department, state: BookingState::Booked };
        if let Ok(message) = simulated::booking(&number, written, patient, booking).write() {
            simulated::send(address, &message)?;
        }
    }
    Ok(())
}

/// Today's bookings at the FHIR server; what is there already stays as it stands.
fn book_today(server: &HospitalFhir, patients: &[Patient], now: Timestamp) {
    for (place, patient) in patients.iter().enumerate() {
        let (number, at, department) = booked(place, now.date_in_japan());
        let whose = format!("Patient/{}", hospital_fhir::id_of(&patient.chart_number));
        server.book(hospital_fhir::Appointment::booked(&number, &whose, &department, at, at.plus_seconds(600)));
    }
}
