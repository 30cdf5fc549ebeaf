//! The city hospital: as configured, or the simulation of a demo, which knows the people of the drawer under chart numbers
//! `P-1001`, `P-1002` … and has booked each of them for today.

use std::sync::Arc;

use base::config::HospitalSection;
use base::{Date, Kind, Timestamp};
use hl7::{Booking, BookingState, Name, Patient, Sex};
use services::hospital_card::hospital::{Connection, OverHl7};
use services::hospital_card::mllp::{Answering, Listener};
use services::hospital_card::{arriving, inbox, over_fhir, telling};
use store::StoreError;
use testkit::world::hospital::{self as simulated, Hospital as Simulation};
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
    /// The simulation of a demo; stops when dropped.
    simulation: Option<(Simulation, Vec<Patient>)>,
}

impl Hospital {
    /// Opens it, and says in `app` how it is connected.
    ///
    /// # Errors
    /// The listener's address cannot be used; the simulation cannot start.
    pub fn open(app: &mut App, city: &OpenCity) -> Result<Self, Failure> {
        let (section, inside) = (&city.config().hospital, city.inside());
        let is_demo = inside.demo && section.send_address.is_empty();
        let simulation = if is_demo {
            let patients = invented(city)?;
            let started = Simulation::start(patients.clone());
            let started =
                started.map_err(Failure::while_doing(Kind::Unavailable, "the simulated hospital cannot start"))?;
            Some((started, patients))
        } else {
            None
        };
        let address = simulation.as_ref().map_or_else(|| section.send_address.clone(), |(one, _)| one.address());
        let connection = (!address.is_empty()).then(|| {
            let (us, seams) = (inside.profile.municipality_code.as_str(), inside.seams.clone());
            let connected = match fhir_server(section)? {
                Some(server) => {
                    Connection::new(Box::new(over_fhir::connect(server, Some(&address), us, seams)), "fhir", is_demo)
                }
                None => Connection::new(Box::new(OverHl7::new(&address, us, seams)), "hl7", is_demo),
            };
            Ok::<_, Failure>(Arc::new(with_calls_key(section, connected)?))
        });
        let connection = connection.transpose()?;
        app.hospital = connection.clone();
        let listens_at =
            if is_demo && section.listen_address.is_empty() { "127.0.0.1:0" } else { section.listen_address.as_str() };
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

    /// Hands over what the hospital has not answered; in a demo, the hospital tells today's bookings.
    ///
    /// # Errors
    /// What failed; the next run goes on.
    pub fn run(&self, city: &Inside) -> Result<(), String> {
        if let (Some((_, patients)), Some(listener)) = (&self.simulation, &self.listener) {
            tell_bookings(patients, &listener.address().to_string(), city.seams.now())
                .map_err(|error| error.to_string())?;
        }
        let Some(connection) = &self.connection else { return Ok(()) };
        arriving::work(city, connection).map_err(|error| error.to_string())
    }
}

/// The FHIR server that is asked, if one is.
fn fhir_server(section: &HospitalSection) -> Result<Option<over_fhir::Server>, Failure> {
    if section.fhir_address.is_empty() {
        return Ok(None);
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
    arriving::sweep(inside).map_err(|error| error.to_string())?;
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

/// Today's bookings, once a day: the same messages again do nothing.
fn tell_bookings(patients: &[Patient], address: &str, now: Timestamp) -> std::io::Result<()> {
    let day: Date = now.date_in_japan();
    // Written at one time of the day: another time under the same number would be another message.
    let written = Timestamp::in_japan(day, 0, 0, 0);
    for (place, patient) in patients.iter().enumerate() {
        let number = format!("D{}{place:02}", day.to_string().replace('-', ""));
        let minutes = 9 * 60 + 10 * place;
        let at = Timestamp::in_japan(day, (minutes / 60) as u8, (minutes % 60) as u8, 0);
        let department = ["内科 1番", "眼科 2番", "整形外科 3番"][place % 3].to_owned();
        let booking = Booking { number: number.clone(), at, place: department, state: BookingState::Booked };
        if let Ok(message) = simulated::booking(&number, written, patient, booking).write() {
            simulated::send(address, &message)?;
        }
    }
    Ok(())
}
