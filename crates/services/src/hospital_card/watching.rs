//! What staff see: charts that were made one, messages that were not taken. No text of a message.

use base::{Id, Seams, Timestamp};
use store::sealing::Vault;
use store::{StoreError, Tx};
use tools::Inside;

use super::HospitalError;
use super::hospital::Fault;

/// Messages that are listed. A system gone wrong sends more than anybody reads: of those, the oldest are dropped and counted.
pub const MOST_LISTED: i64 = 500;
/// Column name for sealing.
const NUMBERS_COLUMN: &str = "hospital_merges.numbers";

/// Two charts that were made one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merge {
    /// When.
    pub at: Timestamp,
    /// The last characters of the number that stays, and of the one that is no more.
    pub endings: (String, String),
    /// Cards that follow.
    pub followed: i64,
    /// Cards whose new number is somebody else's: they are stopped.
    pub conflicts: i64,
}

/// A message that was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Untaken {
    /// Its id.
    pub id: Id,
    /// When.
    pub at: Timestamp,
    /// `in` or `out`.
    pub direction: String,
    /// The message's own number.
    pub message: String,
    /// Where in it.
    pub place: String,
    /// Why.
    pub why: String,
    /// The reception or notice of ours that can be sent again.
    pub again: Option<Id>,
}

pub(super) fn ending(number: &str) -> String {
    number.chars().skip(number.chars().count().saturating_sub(3)).collect()
}

pub(super) fn note_merge(
    tx: &mut Tx<'_>,
    vault: &Vault,
    seams: &Seams,
    (kept, gone): (&str, &str),
    followed: i64,
    conflicts: i64,
) -> Result<(), HospitalError> {
    let id = seams.random_id();
    let sealed = vault.seal(&format!("hospital-merge:{id}"), NUMBERS_COLUMN, format!("{kept}\n{gone}").as_bytes())?;
    tx.execute(
        "INSERT INTO hospital_merges (merge_id, happened_at, numbers, followed, conflicts) VALUES ($1, $2, $3, $4, $5)",
        &[id.into(), seams.now().into(), sealed.as_slice().into(), followed.into(), conflicts.into()],
    )?;
    Ok(())
}

/// Charts that were made one, newest first.
///
/// # Errors
/// [`HospitalError`].
pub fn merges(city: &Inside) -> Result<Vec<Merge>, HospitalError> {
    let vault = city.vault.clone();
    city.cards.read(move |tx| {
        let sql = "SELECT merge_id, happened_at, numbers, followed, conflicts FROM hospital_merges \
                   ORDER BY happened_at DESC LIMIT 50";
        let mut all = Vec::new();
        for row in &tx.query(sql, &[])? {
            let key = format!("hospital-merge:{}", row.id(0)?);
            let numbers = vault.open_sealed(&key, NUMBERS_COLUMN, row.blob(2)?)?;
            let numbers = String::from_utf8_lossy(&numbers).into_owned();
            let (kept, gone) = numbers.split_once('\n').unwrap_or_default();
            let endings = (ending(kept), ending(gone));
            all.push(Merge { at: row.timestamp(1)?, endings, followed: row.int(3)?, conflicts: row.int(4)? });
        }
        Ok(all)
    })
}

fn note(
    tx: &mut Tx<'_>,
    seams: &Seams,
    (direction, message): (&str, &str),
    (place, why): (&str, &str),
    visit: Option<Id>,
) -> Result<(), StoreError> {
    drop_oldest(tx, seams)?;
    let short: String = message.chars().filter(char::is_ascii_graphic).take(40).collect();
    tx.execute(
        "INSERT INTO hospital_faults (fault_id, happened_at, direction, message, place, why, visit_id, state) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, 'open')",
        &[
            seams.random_id().into(),
            seams.now().into(),
            direction.into(),
            short.into(),
            place.into(),
            why.into(),
            visit.into(),
        ],
    )?;
    Ok(())
}

/// Makes room for one more.
fn drop_oldest(tx: &mut Tx<'_>, seams: &Seams) -> Result<(), StoreError> {
    // What can be sent again is not among them: one row each, and no more than there are receptions and notices.
    let sql = "SELECT fault_id FROM hospital_faults WHERE visit_id IS NULL AND state = 'open' \
               ORDER BY happened_at DESC, fault_id LIMIT 1000 OFFSET $1";
    let old = tx.query(sql, &[(MOST_LISTED - 1).into()])?;
    for row in &old {
        tx.execute("DELETE FROM hospital_faults WHERE fault_id = $1", &[row.id(0)?.into()])?;
    }
    if !old.is_empty() {
        let count = i64::try_from(old.len()).unwrap_or(i64::MAX);
        tx.execute(
            "INSERT INTO hospital_faults_dropped (on_day, how_many) VALUES ($1, $2) \
             ON CONFLICT (on_day) DO UPDATE SET how_many = hospital_faults_dropped.how_many + $2",
            &[seams.today().into(), count.into()],
        )?;
    }
    Ok(())
}

/// How many messages were dropped from the list within the last month.
///
/// # Errors
/// [`HospitalError`].
pub fn dropped(city: &Inside) -> Result<i64, HospitalError> {
    let since = city.seams.today().plus_days(-30);
    city.cards.read(move |tx| {
        let sql = "SELECT how_many FROM hospital_faults_dropped WHERE on_day >= $1";
        let mut all = 0;
        for row in &tx.query(sql, &[since.into()])? {
            all += row.int(0)?;
        }
        Ok(all)
    })
}

/// A message of the hospital that was not taken.
pub(super) fn note_bad(
    tx: &mut Tx<'_>,
    seams: &Seams,
    message: &str,
    place: &str,
    why: &str,
) -> Result<(), StoreError> {
    note(tx, seams, ("in", message), (place, why), None)
}

/// A reception or notice the hospital did not take: one row, however often it was tried.
pub(super) fn note_unsent(
    tx: &mut Tx<'_>,
    seams: &Seams,
    message: &str,
    visit: Id,
    fault: &Fault,
) -> Result<(), StoreError> {
    settle(tx, visit)?;
    let (place, why) = match fault {
        Fault::Refused { place, why, may_come_again } => {
            (place.clone(), format!("{} {why}", if *may_come_again { "AR" } else { "AE" }))
        }
        Fault::Silent => (String::new(), "no answer".to_owned()),
        Fault::Odd => (String::new(), "an answer to something else".to_owned()),
        Fault::Unwritable(why) => (String::new(), why.clone()),
    };
    note(tx, seams, ("out", message), (&place, why.trim()), Some(visit))
}

/// The faults of a reception or notice are over.
pub(super) fn settle(tx: &mut Tx<'_>, visit: Id) -> Result<(), StoreError> {
    tx.execute("UPDATE hospital_faults SET state = 'over' WHERE visit_id = $1", &[visit.into()]).map(drop)
}

/// Messages that were not taken and are not dealt with, newest first.
///
/// # Errors
/// [`HospitalError`].
pub fn faults(city: &Inside) -> Result<Vec<Untaken>, HospitalError> {
    city.cards.read(|tx| {
        let sql = "SELECT fault_id, happened_at, direction, message, place, why, visit_id FROM hospital_faults \
                   WHERE state = 'open' ORDER BY happened_at DESC LIMIT 50";
        let mut all = Vec::new();
        for row in &tx.query(sql, &[])? {
            all.push(Untaken {
                id: row.id(0)?,
                at: row.timestamp(1)?,
                direction: row.text(2)?.to_owned(),
                message: row.text(3)?.to_owned(),
                place: row.text(4)?.to_owned(),
                why: row.text(5)?.to_owned(),
                again: row.opt_text(6)?.and_then(|text| Id::parse(text).ok()),
            });
        }
        Ok(all)
    })
}

/// A message of the hospital was looked into: it is no longer shown.
///
/// # Errors
/// [`HospitalError`].
pub fn dealt_with(city: &Inside, id: Id) -> Result<(), HospitalError> {
    city.cards.write(move |tx| {
        Ok(tx.execute("UPDATE hospital_faults SET state = 'over' WHERE fault_id = $1", &[id.into()]).map(drop)?)
    })
}
