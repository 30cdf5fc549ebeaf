//! What the hospital is told beside receptions, each time with the person's consent at the desk: somebody who will come for
//! the first time (A28), a name or address that changed (A31). Written first, sent until it is answered, always the same.

use base::Id;
use hl7::Patient;
use store::Tx;
use tools::Inside;
use tools::access::{Actor, ResidentId};
use tools::service_cards::Subject;

use super::arriving::{patient, usable_chart};
use super::hospital::{Connection, Fault, message_number};
use super::linking::{HospitalError, registered_with_address, standing};
use super::model::{LinkState, words};
use super::{KEY, watching};

/// Column name for sealing.
const CONTENT_COLUMN: &str = "hospital_notices.content";
/// Notices handed over in one go.
const AT_ONCE: i64 = 20;

words! {
    /// What is told.
    Notice {
        /// Somebody who has no chart yet (初診の事前登録): HL7 A28, FHIR a new Patient.
        FirstVisit "first_visit";
        /// A name or address that changed: HL7 A31, FHIR a changed Patient.
        Change "change";
    }
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Noticed {
    /// The hospital has it.
    Taken,
    /// Written; it is sent until the hospital answers.
    Sending,
    /// The person did not agree: nothing was read or sent.
    NotAgreed,
    /// A first visit of somebody with a chart, or a change of somebody without.
    Misplaced,
    /// The same was told today already.
    Already,
    /// The message cannot be written.
    Unwritable,
}

/// Tells the hospital, if the person at the desk agreed.
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
    let number = message_number(&city.seams);
    let chart = match notice {
        Notice::FirstVisit => {
            let state = standing(city, by, resident)?.state;
            if !matches!(state, LinkState::Unlinked | LinkState::Waiting) {
                return Ok(Noticed::Misplaced);
            }
            // Our own number for them, until the hospital gives one.
            number.clone()
        }
        Notice::Change => match usable_chart(city, by, resident)? {
            Some(chart) => chart,
            None => return Ok(Noticed::Misplaced),
        },
    };
    let person = registered_with_address(city, by, resident)?;
    let Some(message) = written(connection, notice, &number, patient(person, chart)) else {
        return Ok(Noticed::Unwritable);
    };
    let subject = Subject::of(&city.vault, KEY, resident)?;
    let Some(id) = lay_down(city, by, notice, &subject, (&number, &message))? else { return Ok(Noticed::Already) };
    hand_over(city, connection, id)?;
    let sql = "SELECT state FROM hospital_notices WHERE notice_id = $1";
    let is_taken = city.cards.read::<_, HospitalError, _>(move |tx| {
        let row = tx.query_one(sql, &[id.into()])?;
        Ok(row.map(|row| row.text(0).map(|state| state == "taken")).transpose()? == Some(true))
    })?;
    Ok(if is_taken { Noticed::Taken } else { Noticed::Sending })
}

/// The message; the reading stands for a name whose characters the agreed set does not have, and an address that cannot be
/// written is left out.
fn written(connection: &Connection, notice: Notice, number: &str, patient: Patient) -> Option<Vec<u8>> {
    let hospital = &connection.hospital;
    if let Ok(message) = hospital.notice(notice, number, &patient) {
        return Some(message);
    }
    let plain = Patient { name: patient.kana.clone()?, ..patient };
    let without = || hospital.notice(notice, number, &Patient { address: None, ..plain.clone() });
    hospital.notice(notice, number, &plain).or_else(|_| without()).ok()
}

/// Writes a notice down; [`None`]: the same message stands there from today already.
fn lay_down(
    city: &Inside,
    by: &Actor,
    notice: Notice,
    subject: &Subject,
    (number, message): (&str, &[u8]),
) -> Result<Option<Id>, HospitalError> {
    let (vault, seams, by, subject) = (city.vault.clone(), city.seams.clone(), by.clone(), subject.clone());
    let (number, message) = (number.to_owned(), message.to_vec());
    city.cards.write(move |tx| {
        let now = seams.now();
        if is_told(tx, &subject, notice, seams.today())? {
            return Ok(None);
        }
        let Some(hash) = subject.hashes().first() else { return Err(store::sealing::SealError::NoKey.into()) };
        let id = seams.random_id();
        let sealed = vault.seal(&key_name(id), CONTENT_COLUMN, &message)?;
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
                now.into(),
                by.key().into(),
            ],
        )?;
        Ok(Some(id))
    })
}

fn is_told(tx: &mut Tx<'_>, subject: &Subject, notice: Notice, today: base::Date) -> Result<bool, HospitalError> {
    for hash in subject.hashes() {
        let sql = "SELECT written_at FROM hospital_notices WHERE subject = $1 AND kind = $2";
        for row in &tx.query(sql, &[hash.hash.as_slice().into(), notice.code().into()])? {
            if row.timestamp(0)?.date_in_japan() == today {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

fn key_name(id: Id) -> String {
    format!("hospital-notice:{id}")
}

/// Hands one notice over that the hospital has not answered. `false`: there is nothing to be handed over.
///
/// # Errors
/// [`HospitalError`].
pub fn hand_over(city: &Inside, connection: &Connection, id: Id) -> Result<bool, HospitalError> {
    let row = city.cards.read::<_, HospitalError, _>(move |tx| {
        let sql = "SELECT message, content FROM hospital_notices WHERE notice_id = $1 AND state <> 'taken'";
        let Some(row) = tx.query_one(sql, &[id.into()])? else { return Ok(None) };
        Ok(row.opt_blob(1)?.map(|content| (row.text(0).map(str::to_owned), content.to_vec())))
    })?;
    let Some((number, sealed)) = row else { return Ok(false) };
    let number = number?;
    let message = city.vault.open_sealed(&key_name(id), CONTENT_COLUMN, &sealed)?;
    let answered = connection.ask(city.seams.now(), |hospital| hospital.deliver(&number, &message));
    let is_taken = answered.is_ok();
    let seams = city.seams.clone();
    city.cards.write::<_, HospitalError, _>(move |tx| {
        let (state, content) = match &answered {
            Ok(()) => ("taken", None),
            Err(Fault::Refused { may_come_again: false, .. }) => ("refused", Some(sealed.as_slice())),
            Err(_) => ("sending", Some(sealed.as_slice())),
        };
        let sql = "UPDATE hospital_notices SET state = $2, content = $3, tries = tries + 1 WHERE notice_id = $1 AND state <> 'taken'";
        tx.execute(sql, &[id.into(), state.into(), content.into()])?;
        match &answered {
            Ok(()) => watching::settle(tx, id)?,
            Err(fault) => watching::note_unsent(tx, &seams, &number, id, fault)?,
        }
        Ok(())
    })?;
    if is_taken {
        city.vault.erase(&key_name(id))?;
    }
    Ok(true)
}

/// Hands over what the hospital has not answered yet. Run it often.
///
/// # Errors
/// [`HospitalError`].
pub fn work(city: &Inside, connection: &Connection) -> Result<(), HospitalError> {
    let waiting = city.cards.read::<_, HospitalError, _>(|tx| {
        let sql = "SELECT notice_id FROM hospital_notices WHERE state = 'sending' ORDER BY written_at LIMIT $1";
        tx.query(sql, &[AT_ONCE.into()])?.iter().map(|row| Ok(row.id(0)?)).collect::<Result<Vec<_>, HospitalError>>()
    })?;
    for id in waiting {
        hand_over(city, connection, id)?;
        let last = connection.last();
        if last.failed > last.answered {
            break;
        }
    }
    Ok(())
}

/// Forgets notices of a month ago, answered or not.
///
/// # Errors
/// [`HospitalError`].
pub fn sweep(city: &Inside) -> Result<(), HospitalError> {
    let month = city.seams.now().plus_seconds(-30 * 86_400);
    let past = city.cards.write::<_, HospitalError, _>(move |tx| {
        let rows = tx.query("SELECT notice_id FROM hospital_notices WHERE written_at < $1", &[month.into()])?;
        let past = rows.iter().map(|row| row.id(0)).collect::<Result<Vec<_>, _>>()?;
        tx.execute("DELETE FROM hospital_notices WHERE written_at < $1", &[month.into()])?;
        Ok(past)
    })?;
    for id in past {
        city.vault.erase(&key_name(id))?;
    }
    Ok(())
}
