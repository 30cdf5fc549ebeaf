//! What is told to a person's portal: that their number is called, that their chart number changed.
//!
//! ```text
//!  cards: hospital_tellings (pseudonym) ─► job inside: which account is that? in memory ─► post, sealed ─► outside: sealed
//!                                                                                              under the person's key, pushed
//! ```
//! The pseudonym meets a resident only in memory, and only while something is to be told.

use std::sync::Arc;

use base::{Id, Seams, Timestamp};
use messaging::{TeaserKind, Urgency};
use serde::{Deserialize, Serialize};
use store::{StoreError, Tx};
use tools::portal::post::Opened;
use tools::portal::{AccountId, Post, PostError, Topic, link};
use tools::service_cards::Subject;
use tools::{Inside, Outside, channels};

use super::{HospitalError, KEY};

/// To the outside: something happened at the hospital's reception.
pub const TOLD: Topic = "hospital_told";
/// Where the person reads it.
pub const PATH: &str = "/portal/hospital";
/// Column name for sealing.
const COLUMN: &str = "hospital_told.told";
/// Told in one go.
const AT_ONCE: i64 = 50;

/// What is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The person was received, and has this queue number.
    Received,
    /// A queue number is called.
    Called,
    /// The hospital made two charts one; the link followed.
    Merged,
}

impl Kind {
    const fn code(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Called => "called",
            Self::Merged => "merged",
        }
    }
}

/// A message as the person reads it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// Its id: the same when it comes again.
    pub id: Id,
    /// What.
    pub kind: Kind,
    /// The number that is called; no chart number.
    pub number: String,
    /// Where to.
    pub place: String,
    /// When, in microseconds.
    pub at: i64,
}

impl std::fmt::Debug for Told {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Told(<personal>)")
    }
}

/// Lays a telling down, in the transaction of its cause.
pub(super) fn lay_down(
    tx: &mut Tx<'_>,
    seams: &Seams,
    subject: &Subject,
    kind: Kind,
    number: &str,
    place: &str,
) -> Result<(), StoreError> {
    let Some(hash) = subject.hashes().first() else { return Ok(()) };
    tx.execute(
        "INSERT INTO hospital_tellings (telling_id, subject_key, subject, kind, number, place, happened_at, told) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, 0)",
        &[
            seams.random_id().into(),
            hash.key_id.into(),
            hash.hash.as_slice().into(),
            kind.code().into(),
            number.into(),
            place.into(),
            seams.now().into(),
        ],
    )?;
    Ok(())
}

fn due(city: &Inside) -> Result<Vec<(Subject, Told)>, HospitalError> {
    city.cards.read(|tx| {
        let sql = "SELECT telling_id, subject_key, subject, kind, number, place, happened_at FROM hospital_tellings \
                   WHERE told = 0 ORDER BY happened_at LIMIT $1";
        let rows = tx.query(sql, &[AT_ONCE.into()])?;
        let mut all = Vec::new();
        for row in &rows {
            let told = Told {
                id: row.id(0)?,
                kind: match row.text(3)? {
                    "called" => Kind::Called,
                    "received" => Kind::Received,
                    _ => Kind::Merged,
                },
                number: row.text(4)?.to_owned(),
                place: row.text(5)?.to_owned(),
                at: row.timestamp(6)?.micros(),
            };
            all.push((Subject::from_row(row, 1, 2)?, told));
        }
        Ok(all)
    })
}

/// Tells what is to be told, to those who have an account. Returns how many were sent.
///
/// # Errors
/// [`HospitalError`]; sending.
pub fn work(city: &Inside, post: &Arc<Post>) -> Result<usize, TellError> {
    let due = due(city)?;
    if due.is_empty() {
        return Ok(0);
    }
    let accounts = city.store.read::<_, StoreError, _>(link::all)?;
    let mut sent = 0;
    for (account, resident) in &accounts {
        let theirs = Subject::of(&city.vault, KEY, resident).map_err(HospitalError::from)?;
        for (_, told) in due.iter().filter(|(subject, _)| is_same(&theirs, subject)) {
            let (seams, post, told, account) = (city.seams.clone(), post.clone(), told.clone(), *account);
            city.store.write::<_, PostError, _>(move |tx| post.send(tx, &seams, account, TOLD, &told).map(drop))?;
            sent += 1;
        }
    }
    // Whoever has no account reads it at the desk or on the queue's page.
    let ids: Vec<Id> = due.iter().map(|(_, told)| told.id).collect();
    city.cards.write::<_, HospitalError, _>(move |tx| {
        for id in &ids {
            tx.execute("UPDATE hospital_tellings SET told = 1 WHERE telling_id = $1", &[(*id).into()])?;
        }
        Ok(())
    })?;
    Ok(sent)
}

/// Why nothing was told.
#[derive(Debug, thiserror::Error)]
pub enum TellError {
    /// Here.
    #[error(transparent)]
    Hospital(#[from] HospitalError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Sending.
    #[error(transparent)]
    Post(#[from] PostError),
}

fn is_same(all: &Subject, one: &Subject) -> bool {
    all.hashes().iter().any(|hash| one.hashes().iter().any(|other| other.hash == hash.hash))
}

/// Outside: keeps what is told under the person's key, and tells their phone. Again, it changes nothing.
///
/// # Errors
/// [`PostError`].
pub fn take(outside: &Outside, opened: &Opened) -> Result<(), PostError> {
    let told: Told = opened.json()?;
    let account = opened.account;
    let plain = serde_json::to_vec(&told).map_err(|_| PostError::Malformed("it cannot be written"))?;
    let sealed = outside.vault.seal(&account.sealed_under(), COLUMN, &plain)?;
    let seams = outside.seams.clone();
    outside.store.write::<_, StoreError, _>(move |tx| {
        let is_new = tx.execute(
            "INSERT INTO hospital_told (telling_id, account_id, told, told_at) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (telling_id) DO NOTHING",
            &[told.id.into(), account.into(), sealed.as_slice().into(), seams.now().into()],
        )?;
        if is_new == 0 {
            return Ok(());
        }
        // A call is for now; the words on the phone say only that something is due.
        let (urgency, kind) = match told.kind {
            // Whoever stands at the machine sees it there.
            Kind::Received => return Ok(()),
            Kind::Called => (Urgency::Due, TeaserKind::Due),
            Kind::Merged => (Urgency::Notice, TeaserKind::Notice),
        };
        channels::hand_over_all(tx, &seams, (told.id, urgency, kind, PATH), &[account])
    })?;
    Ok(())
}

/// What a person was told, newest first.
///
/// # Errors
/// [`PostError`].
pub fn of_account(outside: &Outside, account: AccountId) -> Result<Vec<Told>, PostError> {
    let rows = outside.store.read::<_, StoreError, _>(move |tx| {
        let sql = "SELECT told FROM hospital_told WHERE account_id = $1 ORDER BY told_at DESC LIMIT 50";
        tx.query(sql, &[account.into()])?.iter().map(|row| Ok(row.blob(0)?.to_vec())).collect::<Result<Vec<_>, _>>()
    })?;
    rows.iter()
        .map(|sealed| {
            let plain = outside.vault.open_sealed(&account.sealed_under(), COLUMN, sealed)?;
            serde_json::from_slice(&plain).map_err(|_| PostError::Malformed("a kept telling"))
        })
        .collect()
}

/// Forgets what was told a week ago.
///
/// # Errors
/// [`StoreError`].
pub fn sweep(tx: &mut Tx<'_>, now: Timestamp) -> Result<(), StoreError> {
    let week = now.plus_seconds(-7 * 86_400);
    tx.execute("DELETE FROM hospital_told WHERE told_at < $1", &[week.into()]).map(drop)
}
