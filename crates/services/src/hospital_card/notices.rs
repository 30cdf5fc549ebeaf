//! What the hospital is told beside receptions, each time with the person's consent at the desk: somebody who will come for
//! the first time (A28), a name or address that changed (A31). Without consent nothing is read and nothing is sent.
//!
//! Somebody without a chart has a number of ours there ([`super::own_number`]): told again another day, or sent twice, they are
//! one and the same. Of one person and one sort only the newest notice is sent.

use base::{Id, Timestamp};
use hl7::Patient;
use store::sealing::SealError;
use store::{StoreError, Tx};
use tools::Inside;
use tools::access::{Actor, ResidentId};
use tools::service_cards::Subject;

use super::hospital::{Connection, message_number};
use super::linking::{registered_with_address, standing};
use super::model::{LinkState, Notice, usable};
use super::outbox::{self, Sent};
use super::{HospitalError, KEY, own_number, watching};

/// Days after which a notice is forgotten, answered or not.
const DAYS: i64 = 30;

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Noticed {
    /// The hospital has it.
    Taken,
    /// Written; it is sent until the hospital answers.
    Sending,
    /// The hospital refused it: staff see it, and can send it again.
    Refused,
    /// The person did not agree: nothing was read or sent.
    NotAgreed,
    /// A first visit of somebody with a chart number, also one that waits or is stopped; a change of somebody without.
    Misplaced,
    /// The same was told today already.
    Already,
    /// The message cannot be written.
    Unwritable,
}

/// Tells the hospital, if the person at the desk agreed. A disclosure, of its own duty.
///
/// # Errors
/// [`HospitalError`].
pub fn tell(
    city: &Inside,
    connection: &Connection,
    by: &Actor,
    resident: &ResidentId,
    (notice, has_agreed): (Notice, bool),
) -> Result<Noticed, HospitalError> {
    if !has_agreed {
        return Ok(Noticed::NotAgreed);
    }
    let standing = standing(city, by, resident)?;
    let subject = Subject::of(&city.vault, KEY, resident)?;
    let chart = match notice {
        Notice::FirstVisit if standing.state == LinkState::Unlinked => own_number::of(city, &subject)?,
        Notice::Change => match usable(standing.cards, city.seams.today()) {
            Some(chart) => chart,
            None => return Ok(Noticed::Misplaced),
        },
        Notice::FirstVisit => return Ok(Noticed::Misplaced),
    };
    let (of, today) = (subject.clone(), city.seams.today());
    if city.cards.read::<_, HospitalError, _>(move |tx| is_told(tx, &of, notice, today))? {
        return Ok(Noticed::Already);
    }
    let person = registered_with_address(city, by, resident)?;
    let number = message_number(&city.seams);
    let Some(message) = written(connection, notice, &number, person.at_the_hospital(chart)) else {
        return Ok(Noticed::Unwritable);
    };
    let Some(id) = lay_down(city, by, notice, &subject, (&number, &message))? else { return Ok(Noticed::Already) };
    Ok(match outbox::NOTICES.hand_over(city, connection, id)? {
        Sent::Waits => Noticed::Sending,
        Sent::Refused => Noticed::Refused,
        // Gone: the job was quicker, and the hospital took it.
        Sent::Taken | Sent::Gone => Noticed::Taken,
    })
}

/// The message; the reading stands for a name whose characters the agreed set does not have, and an address that cannot be
/// written is left out.
fn written(connection: &Connection, notice: Notice, number: &str, patient: Patient) -> Option<Vec<u8>> {
    let hospital = &connection.hospital;
    let by_reading = patient.kana.clone().map(|name| Patient { name, ..patient.clone() });
    let without = |of: &Patient| Patient { address: None, ..of.clone() };
    let ways = [Some(patient.clone()), by_reading.clone(), Some(without(&patient)), by_reading.as_ref().map(without)];
    ways.into_iter().flatten().find_map(|way| hospital.notice(notice, number, &way).ok())
}

/// Writes a notice down in the place of older ones that the hospital has not; [`None`]: one stands there from today already.
fn lay_down(
    city: &Inside,
    by: &Actor,
    notice: Notice,
    subject: &Subject,
    (number, message): (&str, &[u8]),
) -> Result<Option<Id>, HospitalError> {
    let (vault, seams, by, subject) = (city.vault.clone(), city.seams.clone(), by.clone(), subject.clone());
    let (number, message) = (number.to_owned(), message.to_vec());
    let written = city.cards.write::<_, HospitalError, _>(move |tx| {
        if is_told(tx, &subject, notice, seams.today())? {
            return Ok(None);
        }
        let older = replace_older(tx, &subject, notice)?;
        let Some(hash) = subject.hashes().first() else { return Err(SealError::NoKey.into()) };
        let id = seams.random_id();
        let sealed = outbox::NOTICES.seal(&vault, id, &message)?;
        tx.execute(
            "INSERT INTO hospital_notices (notice_id, kind, subject_key, subject, message, content, state, tries, \
             written_at, written_by) VALUES ($1, $2, $3, $4, $5, $6, 'sending', 0, $7, $8)",
            &[
                id.into(),
                notice.code().into(),
                hash.key_id.into(),
                hash.hash.as_slice().into(),
                number.as_str().into(),
                sealed.as_slice().into(),
                seams.now().into(),
                by.key().into(),
            ],
        )?;
        Ok(Some((id, older)))
    })?;
    let Some((id, older)) = written else { return Ok(None) };
    outbox::NOTICES.forget(&city.vault, &older)?;
    Ok(Some(id))
}

/// Whether the hospital was told this today. One that it refused may be told anew.
fn is_told(tx: &mut Tx<'_>, subject: &Subject, notice: Notice, today: base::Date) -> Result<bool, HospitalError> {
    for hash in subject.hashes() {
        let sql = "SELECT written_at FROM hospital_notices WHERE subject = $1 AND kind = $2 AND state IN ('sending', 'taken')";
        for row in &tx.query(sql, &[hash.hash.as_slice().into(), notice.code().into()])? {
            if row.timestamp(0)?.date_in_japan() == today {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// What the hospital has not yet is overtaken by what is told now: an older address must not come after a newer one.
fn replace_older(tx: &mut Tx<'_>, subject: &Subject, notice: Notice) -> Result<Vec<Id>, HospitalError> {
    let mut older = Vec::new();
    for hash in subject.hashes() {
        let sql = "SELECT notice_id FROM hospital_notices WHERE subject = $1 AND kind = $2 AND state IN ('sending', 'refused')";
        for row in &tx.query(sql, &[hash.hash.as_slice().into(), notice.code().into()])? {
            let id = row.id(0)?;
            tx.execute(
                "UPDATE hospital_notices SET state = 'replaced', content = NULL WHERE notice_id = $1",
                &[id.into()],
            )?;
            watching::settle(tx, id)?;
            older.push(id);
        }
    }
    Ok(older)
}

/// A notice that the hospital has not taken. Whom it is about stands nowhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Untold {
    /// Its id.
    pub id: Id,
    /// What is told.
    pub notice: Notice,
    /// The message's own number.
    pub message: String,
    /// `sending`: it goes again by itself. `refused`: staff send it again.
    pub state: String,
    /// How often it went.
    pub tries: i64,
    /// Since when.
    pub written_at: Timestamp,
}

/// Notices that the hospital has not taken, the oldest first.
///
/// # Errors
/// [`HospitalError`].
pub fn untold(city: &Inside) -> Result<Vec<Untold>, HospitalError> {
    city.cards.read(|tx| {
        let sql = "SELECT notice_id, kind, message, state, tries, written_at FROM hospital_notices \
                   WHERE state IN ('sending', 'refused') ORDER BY written_at LIMIT 100";
        let read = |row: &store::Row| {
            Ok::<_, StoreError>(Untold {
                id: row.id(0)?,
                notice: Notice::from_code(row.text(1)?).unwrap_or(Notice::Change),
                message: row.text(2)?.to_owned(),
                state: row.text(3)?.to_owned(),
                tries: row.int(4)?,
                written_at: row.timestamp(5)?,
            })
        };
        Ok(tx.query(sql, &[])?.iter().map(read).collect::<Result<_, _>>()?)
    })
}

/// Forgets notices of a month ago, answered or not.
///
/// # Errors
/// [`HospitalError`].
pub fn sweep(city: &Inside) -> Result<(), HospitalError> {
    let month = city.seams.now().plus_seconds(-DAYS * 86_400);
    let past = city.cards.write::<_, HospitalError, _>(move |tx| {
        let rows = tx.query("SELECT notice_id FROM hospital_notices WHERE written_at < $1", &[month.into()])?;
        let past = rows.iter().map(|row| row.id(0)).collect::<Result<Vec<_>, _>>()?;
        tx.execute("DELETE FROM hospital_notices WHERE written_at < $1", &[month.into()])?;
        past.iter().try_for_each(|id| watching::settle(tx, *id))?;
        Ok(past)
    })?;
    outbox::NOTICES.forget(&city.vault, &past)?;
    own_number::sweep(city)
}
