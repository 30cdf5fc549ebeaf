//! At the re-visit machine (再来受付機): today's bookings, reception, the queue, calls.
//!
//! A reception is written first, with its number and its message; then the message goes to the hospital. However often it must
//! be sent, it is the same message with the same number (MSH-10), and a person has one reception a day.

use base::{Date, Id, Timestamp};
use hl7::{Booking, Patient};
use store::sealing::Vault;
use store::{StoreError, Tx};
use tools::Inside;
use tools::access::{Actor, Duty, ResidentId};
use tools::audit::{self, Event};
use tools::service_cards::Subject;
use tools::service_cards::counter::Counter;

use super::hospital::{Connection, message_number};
use super::linking::registered;
use super::model::usable;
use super::{CHART_PURPOSE, HospitalError, KEY, details, inbox, outbox, telling, watching};

/// A booking as the machine shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Booked {
    /// The hospital's name for it.
    pub number: String,
    /// When.
    pub at: Timestamp,
    /// Where.
    pub place: String,
}

/// Where a reception stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visit {
    /// Its id.
    pub id: Id,
    /// The number that is called.
    pub number: i64,
    /// Where to.
    pub place: String,
    /// Whether the hospital's system has it: `sending`, `received`, `refused`.
    pub state: String,
    /// When it was given.
    pub received_at: Timestamp,
    /// When it was called, and where to.
    pub called: Option<(Timestamp, String)>,
}

/// What the machine knows of whoever was shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Today {
    /// No link that may be used.
    NotLinked,
    /// Bookings of today, the earliest first, and the reception where there is one.
    Known(Vec<Booked>, Option<Visit>),
}

/// The chart number on the person's card, where it may be used today. A disclosure.
fn usable_chart(city: &Inside, by: &Actor, resident: &ResidentId) -> Result<Option<String>, HospitalError> {
    let today = city.seams.today();
    let cards = Counter { city, by, duty: Duty::Hospital, service: KEY }.look(resident)?;
    Ok(usable(cards, today))
}

/// Today's bookings and reception.
///
/// # Errors
/// [`HospitalError`].
pub fn today(
    city: &Inside,
    connection: &Connection,
    by: &Actor,
    resident: &ResidentId,
) -> Result<Today, HospitalError> {
    Ok(match known(city, connection, by, resident)? {
        Some((_, bookings, visit)) => Today::Known(bookings, visit),
        None => Today::NotLinked,
    })
}

type Known = (String, Vec<Booked>, Option<Visit>);

/// Chart number, bookings and reception: one disclosure.
fn known(
    city: &Inside,
    connection: &Connection,
    by: &Actor,
    resident: &ResidentId,
) -> Result<Option<Known>, HospitalError> {
    let Some(mut chart) = usable_chart(city, by, resident)? else { return Ok(None) };
    if follow(city, connection, &chart)? {
        match usable_chart(city, by, resident)? {
            Some(other) => chart = other,
            None => return Ok(None),
        }
    }
    let today = city.seams.today();
    let asked = connection.ask(city.seams.now(), |hospital| hospital.bookings(&chart, today));
    let subject = Subject::of(&city.vault, KEY, resident)?;
    let (vault, number) = (city.vault.clone(), chart.clone());
    let (kept, visit) = city.cards.read::<_, HospitalError, _>(move |tx| {
        Ok((kept(tx, &vault, &number, today)?, visit_of(tx, &subject, today)?))
    })?;
    let booked = |one: Booking| Booked { number: one.number, at: one.at, place: one.place };
    let mut bookings = match asked {
        Ok(Some(bookings)) => bookings.into_iter().map(booked).collect(),
        _ => kept,
    };
    bookings.sort_by_key(|one| one.at);
    Ok(Some((chart, bookings, visit)))
}

/// Where the hospital is asked: follows a chart that was made one with another since. Whether it did.
fn follow(city: &Inside, connection: &Connection, chart: &str) -> Result<bool, HospitalError> {
    let asked = connection.ask(city.seams.now(), |hospital| hospital.successor(chart));
    let Ok(Some(kept)) = asked else { return Ok(false) };
    let (vault, seams, gone) = (city.vault.clone(), city.seams.clone(), chart.to_owned());
    city.cards.write::<_, HospitalError, _>(move |tx| {
        inbox::merge(tx, &vault, &seams, &kept.chart_number, &gone)?;
        details::told(tx, &vault, &seams, &kept)
    })?;
    Ok(true)
}

fn kept(tx: &mut Tx<'_>, vault: &Vault, chart: &str, day: Date) -> Result<Vec<Booked>, HospitalError> {
    let mut all = Vec::new();
    for hash in vault.keyed_hashes(CHART_PURPOSE, chart.as_bytes())? {
        let sql = "SELECT booking, at, place FROM hospital_bookings WHERE chart_hash = $1 AND on_day = $2";
        for row in &tx.query(sql, &[hash.hash.as_slice().into(), day.into()])? {
            all.push(Booked { number: row.text(0)?.to_owned(), at: row.timestamp(1)?, place: row.text(2)?.to_owned() });
        }
    }
    Ok(all)
}

macro_rules! visits {
    ($where:literal) => {
        concat!(
            "SELECT visit_id, queue_number, place, state, received_at, called_at, called_to FROM hospital_visits WHERE ",
            $where
        )
    };
}

fn read(row: &store::Row) -> Result<Visit, StoreError> {
    let called = row.opt_int(5)?.is_some();
    Ok(Visit {
        id: row.id(0)?,
        number: row.int(1)?,
        place: row.text(2)?.to_owned(),
        state: row.text(3)?.to_owned(),
        received_at: row.timestamp(4)?,
        called: if called { Some((row.timestamp(5)?, row.opt_text(6)?.unwrap_or_default().to_owned())) } else { None },
    })
}

fn visit_of(tx: &mut Tx<'_>, subject: &Subject, day: Date) -> Result<Option<Visit>, StoreError> {
    for hash in subject.hashes() {
        let sql = visits!("on_day = $1 AND subject = $2");
        if let Some(row) = tx.query_one(sql, &[day.into(), hash.hash.as_slice().into()])? {
            return read(&row).map(Some);
        }
    }
    Ok(None)
}

/// What came of pressing the button.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Received {
    /// With this number. The same as before when the person was received today already.
    Number(Visit),
    /// No link that may be used.
    NotLinked,
    /// Nothing is booked today: the window.
    NotBooked,
    /// The message cannot be written: the window.
    Unwritable,
}

/// Receives whoever was shown, once a day, and tells the hospital.
///
/// # Errors
/// [`HospitalError`]: then nothing was received.
pub fn receive(
    city: &Inside,
    connection: &Connection,
    by: &Actor,
    resident: &ResidentId,
) -> Result<Received, HospitalError> {
    let Some((chart, bookings, visit)) = known(city, connection, by, resident)? else { return Ok(Received::NotLinked) };
    if let Some(visit) = visit {
        return Ok(Received::Number(visit));
    }
    let Some(first) = bookings.into_iter().next() else { return Ok(Received::NotBooked) };
    let person = registered(city, by, resident)?;
    let patient = person.clone().at_the_hospital(chart);
    let number = message_number(&city.seams);
    let Some(message) = written(connection, &number, patient, &first.number) else { return Ok(Received::Unwritable) };
    let subject = Subject::of(&city.vault, KEY, resident)?;
    let (vault, seams, day) = (city.vault.clone(), city.seams.clone(), city.seams.today());
    let visit = city.cards.write::<_, HospitalError, _>(move |tx| {
        // Somebody may have pressed twice.
        if let Some(before) = visit_of(tx, &subject, day)? {
            return Ok(before);
        }
        let Some(hash) = subject.hashes().first() else { return Err(store::sealing::SealError::NoKey.into()) };
        let last = tx.query_one("SELECT MAX(queue_number) FROM hospital_visits WHERE on_day = $1", &[day.into()])?;
        let next = last.map(|row| row.opt_int(0)).transpose()?.flatten().unwrap_or(0) + 1;
        let (id, now) = (seams.random_id(), seams.now());
        details::remember(tx, &vault, &subject, &person)?;
        let sealed = outbox::VISITS.seal(&vault, id, &message)?;
        tx.execute(
            "INSERT INTO hospital_visits (visit_id, on_day, queue_number, subject_key, subject, place, message, content, \
             state, tries, received_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'sending', 0, $9)",
            &[
                id.into(),
                day.into(),
                next.into(),
                hash.key_id.into(),
                hash.hash.as_slice().into(),
                first.place.as_str().into(),
                number.as_str().into(),
                sealed.as_slice().into(),
                now.into(),
            ],
        )?;
        telling::lay_down(tx, &seams, &subject, telling::Kind::Received, &next.to_string(), &first.place)?;
        let state = "sending".to_owned();
        Ok(Visit { id, number: next, place: first.place.clone(), state, received_at: now, called: None })
    })?;
    outbox::VISITS.hand_over(city, connection, visit.id)?;
    let id = visit.id;
    let now = city.cards.read::<_, StoreError, _>(move |tx| one(tx, id))?;
    Ok(Received::Number(now.unwrap_or(visit)))
}

/// The message; the reading stands for a name whose characters the agreed set does not have. The chart number says who it is.
fn written(connection: &Connection, number: &str, patient: Patient, booking: &str) -> Option<Vec<u8>> {
    if let Ok(message) = connection.hospital.reception(number, &patient, booking) {
        return Some(message);
    }
    let name = patient.kana.clone()?;
    connection.hospital.reception(number, &Patient { name, ..patient }, booking).ok()
}

fn one(tx: &mut Tx<'_>, id: Id) -> Result<Option<Visit>, StoreError> {
    tx.query_one(visits!("visit_id = $1"), &[id.into()])?.map(|row| read(&row)).transpose()
}

/// Today's queue, by number.
///
/// # Errors
/// [`HospitalError`].
pub fn queue(city: &Inside) -> Result<Vec<Visit>, HospitalError> {
    let day = city.seams.today();
    city.cards.read(move |tx| {
        let sql = visits!("on_day = $1 ORDER BY queue_number");
        Ok(tx.query(sql, &[day.into()])?.iter().map(read).collect::<Result<_, _>>()?)
    })
}

/// What came of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Called {
    /// Whoever has the number is told on their phone.
    Told,
    /// It was called to this place before: nobody is told twice.
    Before,
    /// Nobody has the number today.
    Unknown,
    /// No name of a place that may stand on the hall's screen.
    NotAPlace,
}

/// Longest name of a place, in characters.
const MOST_OF_A_PLACE: usize = 40;

/// Who calls a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Somebody of the staff, on their page.
    Staff,
    /// The hospital's own system.
    System,
}

/// Calls a number of today to a place, and keeps in the audit log that it was called, by whom, and whether it was before. The
/// place is not kept there: people type it.
///
/// # Errors
/// [`HospitalError`]: then the call may come again, and tells nobody twice.
pub fn call(city: &Inside, by: &Actor, way: Way, number: i64, place: &str) -> Result<Called, HospitalError> {
    let called = called(city, number, place)?;
    let again = match called {
        Called::Told => "no",
        Called::Before => "yes",
        Called::Unknown | Called::NotAPlace => return Ok(called),
    };
    let (seams, by, number) = (city.seams.clone(), by.clone(), number.to_string());
    let way = match way {
        Way::Staff => "staff",
        Way::System => "system",
    };
    city.store.write::<_, HospitalError, _>(move |tx| {
        let details = [("number", number.as_str()), ("way", way), ("again", again)];
        audit::append(tx, &seams, &by, Event::HospitalCalled, &details)?;
        Ok(())
    })?;
    Ok(called)
}

fn called(city: &Inside, number: i64, to: &str) -> Result<Called, HospitalError> {
    let to = to.trim();
    let is_place = (1..=MOST_OF_A_PLACE).contains(&to.chars().count())
        && hl7::text::is_plain(to)
        && base::my_number_guard::refuse_individual_number(to).is_ok();
    if !is_place {
        return Ok(Called::NotAPlace);
    }
    let (seams, day, to) = (city.seams.clone(), city.seams.today(), to.to_owned());
    city.cards.write(move |tx| {
        let sql = "SELECT visit_id, subject_key, subject, called_to FROM hospital_visits WHERE on_day = $1 AND queue_number = $2";
        let Some(row) = tx.query_one(sql, &[day.into(), number.into()])? else { return Ok(Called::Unknown) };
        if row.opt_text(3)? == Some(to.as_str()) {
            return Ok(Called::Before);
        }
        let now = seams.now();
        let sql = "UPDATE hospital_visits SET called_at = $2, called_to = $3 WHERE visit_id = $1";
        tx.execute(sql, &[row.id(0)?.into(), now.into(), to.as_str().into()])?;
        telling::lay_down(
            tx,
            &seams,
            &Subject::from_row(&row, 1, 2)?,
            telling::Kind::Called,
            &number.to_string(),
            &to,
        )?;
        Ok(Called::Told)
    })
}

/// Forgets what is over: bookings and receptions of past days, answers of a month ago.
///
/// # Errors
/// [`HospitalError`].
pub fn sweep(city: &Inside) -> Result<(), HospitalError> {
    let (today, now) = (city.seams.today(), city.seams.now());
    let past = city.cards.write::<_, HospitalError, _>(move |tx| {
        let rows = tx.query("SELECT visit_id FROM hospital_visits WHERE on_day < $1", &[today.into()])?;
        let past = rows.iter().map(|row| row.id(0)).collect::<Result<Vec<_>, _>>()?;
        tx.execute("DELETE FROM hospital_visits WHERE on_day < $1", &[today.into()])?;
        // What can no longer be sent is no longer listed as something to send.
        past.iter().try_for_each(|id| watching::settle(tx, *id))?;
        tx.execute("DELETE FROM hospital_bookings WHERE on_day < $1", &[today.into()])?;
        let month = now.plus_seconds(-30 * 86_400);
        tx.execute("DELETE FROM hospital_messages WHERE came_at < $1", &[month.into()])?;
        tx.execute("DELETE FROM hospital_tellings WHERE told = 1 AND happened_at < $1", &[month.into()])?;
        tx.execute("DELETE FROM hospital_faults WHERE happened_at < $1", &[month.into()])?;
        Ok(past)
    })?;
    Ok(outbox::VISITS.forget(&city.vault, &past)?)
}
