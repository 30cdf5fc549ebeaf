//! Data agreements and their revisions. A revision is never changed; the next one names the hash of the one before.

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use store::{Row, Tx};

use super::ConsentError;
use crate::access::Actor;
use crate::audit::{self, Event};
use crate::digest::{Fields, sha256};
use base::{Seams, Timestamp};

/// One sentence in the three ways of the house.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Words {
    /// Japanese.
    pub ja: String,
    /// やさしい日本語.
    pub easy: String,
    /// English.
    pub en: String,
}

/// Who receives or controls data (ISO/IEC TS 27560, party).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Party {
    /// Its id here, e.g. a private app's client id.
    pub id: String,
    /// Name.
    pub name: String,
    /// Postal address.
    pub address: String,
    /// Whom to ask: telephone, e-mail or web address.
    pub contact: String,
    /// `controller`, `processor` or `recipient`.
    pub kind: String,
}

/// One item that is shared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SharedItem {
    /// Its code, e.g. `name`.
    pub code: String,
    /// Its name for people.
    pub name: Words,
    /// Whether it needs special care (要配慮個人情報).
    pub is_sensitive: bool,
}

/// What a person is asked to agree to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agreement {
    /// Its id, e.g. `app-clinic-health`.
    pub id: String,
    /// A short name.
    pub name: Words,
    /// What the data is for.
    pub purpose: Words,
    /// Who receives it.
    pub recipient: Party,
    /// What is shared.
    pub items: Vec<SharedItem>,
    /// The ground in law (法的根拠).
    pub lawful_basis: String,
    /// How long the recipient keeps it.
    pub retention: Words,
    /// Where it lies.
    pub storage: String,
    /// Whose law holds, e.g. `JP`.
    pub jurisdiction: String,
    /// Address of the privacy notice.
    pub privacy_notice: String,
    /// Days for which a consent holds; at most two years.
    pub days: u32,
}

/// Longest time a consent may hold.
const MOST_DAYS: u32 = 731;

/// An agreement as it stood at one time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision {
    /// From 1.
    pub number: i64,
    /// The agreement.
    pub agreement: Agreement,
    /// The very text that was hashed.
    pub snapshot: String,
    /// SHA-256 over text and the hash before, in hexadecimal.
    pub hash: String,
    /// Hash of the revision before.
    pub predecessor: Option<String>,
    /// Since when.
    pub made_at: Timestamp,
}

/// The hash that binds a text to the revision before it.
fn hash_of(snapshot: &str, predecessor: Option<&str>) -> String {
    HEXLOWER.encode(&sha256(&[&Fields::of("yakuba agreement 1").text(snapshot).maybe(predecessor).finish()]))
}

/// Publishes an agreement, as its next revision when it was there already. The same words again change nothing.
///
/// # Errors
/// [`ConsentError`]; [`ConsentError::Unreadable`] also for an agreement without purpose, items, or with a time too long.
pub fn publish(tx: &mut Tx<'_>, seams: &Seams, actor: &Actor, agreement: &Agreement) -> Result<Revision, ConsentError> {
    let is_whole = !agreement.items.is_empty()
        && !agreement.purpose.ja.trim().is_empty()
        && !agreement.lawful_basis.trim().is_empty()
        && (1..=MOST_DAYS).contains(&agreement.days);
    let snapshot = serde_json::to_string(agreement).map_err(|_| ConsentError::Unreadable)?;
    if !is_whole || base::my_number_guard::refuse_individual_number(&snapshot).is_err() {
        return Err(ConsentError::Unreadable);
    }
    let before = newest(tx, &agreement.id)?;
    if let Some((before, None)) = &before
        && before.snapshot == snapshot
    {
        return Ok(before.clone());
    }
    let predecessor = before.as_ref().map(|(before, _)| before.hash.clone());
    let made = Revision {
        number: before.map_or(1, |(before, _)| before.number + 1),
        agreement: agreement.clone(),
        hash: hash_of(&snapshot, predecessor.as_deref()),
        snapshot,
        predecessor,
        made_at: seams.now(),
    };
    tx.execute(
        "INSERT INTO agreement_revisions (agreement_id, revision, snapshot, hash, predecessor, made_at) \
         VALUES ($1, $2, $3, $4, $5, $6)",
        &[
            (&agreement.id).into(),
            made.number.into(),
            (&made.snapshot).into(),
            (&made.hash).into(),
            made.predecessor.as_deref().into(),
            made.made_at.into(),
        ],
    )?;
    audit::append(tx, seams, actor, Event::AgreementPublished, &[("agreement", &agreement.id), ("hash", &made.hash)])?;
    Ok(made)
}

/// Offers an agreement no more: every consent to it holds for nothing from now on.
///
/// # Errors
/// [`ConsentError`].
pub fn end(tx: &mut Tx<'_>, now: Timestamp, agreement: &str) -> Result<bool, ConsentError> {
    let sql = "UPDATE agreement_revisions SET ended_at = $2 WHERE agreement_id = $1 AND ended_at IS NULL";
    Ok(tx.execute(sql, &[agreement.into(), now.into()])? > 0)
}

fn newest(tx: &mut Tx<'_>, agreement: &str) -> Result<Option<(Revision, Option<Timestamp>)>, ConsentError> {
    let sql = "SELECT revision, snapshot, hash, predecessor, made_at, ended_at FROM agreement_revisions \
               WHERE agreement_id = $1 ORDER BY revision DESC LIMIT 1";
    let row = tx.query_one(sql, &[agreement.into()])?;
    row.map(|row| Ok((read(&row)?, row.opt_timestamp(5)?))).transpose()
}

/// The revision in force; `None` when there is no such agreement or it ended.
///
/// # Errors
/// [`ConsentError`].
pub fn latest(tx: &mut Tx<'_>, agreement: &str) -> Result<Option<Revision>, ConsentError> {
    Ok(newest(tx, agreement)?.and_then(|(revision, ended)| ended.is_none().then_some(revision)))
}

/// The revision with this hash.
///
/// # Errors
/// [`ConsentError`].
pub fn revision(tx: &mut Tx<'_>, hash: &str) -> Result<Option<Revision>, ConsentError> {
    let sql = "SELECT revision, snapshot, hash, predecessor, made_at FROM agreement_revisions WHERE hash = $1";
    tx.query_one(sql, &[hash.into()])?.map(|row| read(&row)).transpose()
}

/// Every agreement in force, by id.
///
/// # Errors
/// [`ConsentError`].
pub fn newest_of_all(tx: &mut Tx<'_>) -> Result<Vec<Revision>, ConsentError> {
    let sql = "SELECT a.revision, a.snapshot, a.hash, a.predecessor, a.made_at FROM agreement_revisions a \
               WHERE a.ended_at IS NULL AND a.revision = (SELECT MAX(b.revision) FROM agreement_revisions b \
               WHERE b.agreement_id = a.agreement_id) ORDER BY a.agreement_id";
    tx.query(sql, &[])?.iter().map(read).collect()
}

/// Reads a revision; one whose text does not give its hash is not read.
fn read(row: &Row) -> Result<Revision, ConsentError> {
    let (snapshot, hash) = (row.text(1)?.to_owned(), row.text(2)?.to_owned());
    let predecessor = row.opt_text(3)?.map(str::to_owned);
    if hash_of(&snapshot, predecessor.as_deref()) != hash {
        return Err(ConsentError::Unreadable);
    }
    let agreement = serde_json::from_str(&snapshot).map_err(|_| ConsentError::Unreadable)?;
    Ok(Revision { number: row.int(0)?, agreement, snapshot, hash, predecessor, made_at: row.timestamp(4)? })
}
