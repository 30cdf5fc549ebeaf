//! Who may send letters: departments, and private senders the city approved. A key is shown once and kept as SHA-256.

use base::{Seams, Timestamp};
use data_encoding::BASE64URL_NOPAD;
use store::{Row, StoreError, Tx};

use super::DispatchError;
use crate::access::Actor;
use crate::audit::{self, Event};
use crate::digest::sha256;
use crate::mailbox::Sender;

/// A sender.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registered {
    /// Stable key, e.g. `tax-office`.
    pub key: String,
    /// As people see it.
    pub name: String,
    /// Whether it is a department of the city.
    pub is_city: bool,
    /// The office whose members open answers; the one of its name where none is set.
    pub office: Option<String>,
    /// When it was added.
    pub added_at: Timestamp,
    /// When it was stopped.
    pub stopped_at: Option<Timestamp>,
}

impl Registered {
    /// As letters carry it.
    pub fn shown(&self) -> Sender {
        Sender { key: self.key.clone(), is_city: self.is_city, name: self.name.clone() }
    }

    fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            key: row.text(0)?.to_owned(),
            name: row.text(1)?.to_owned(),
            is_city: row.text(2)? == "city",
            added_at: row.timestamp(3)?,
            stopped_at: row.opt_timestamp(4)?,
            office: row.opt_text(5)?.map(str::to_owned),
        })
    }
}

/// Approves a sender, or gives it a new key; the key is returned this once. `key` is 2–40 of a-z, 0-9, `-`.
///
/// # Errors
/// [`DispatchError::Letter`] when key or name cannot be used; [`StoreError`].
pub fn approve(
    tx: &mut Tx<'_>,
    seams: &Seams,
    actor: &Actor,
    key: &str,
    name: &str,
    is_city: bool,
) -> Result<String, DispatchError> {
    let is_sound = (2..=40).contains(&key.len())
        && key.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && (1..=60).contains(&name.chars().count());
    if !is_sound {
        return Err(DispatchError::Letter("a sender's key is 2 to 40 of a-z, 0-9 and -, its name 1 to 60".to_owned()));
    }
    let secret: [u8; 32] = seams.random.bytes();
    let token = BASE64URL_NOPAD.encode(&secret);
    tx.execute(
        "INSERT INTO dispatch_senders (sender_key, name, kind, token_hash, added_at) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (sender_key) DO UPDATE SET name = excluded.name, kind = excluded.kind, \
         token_hash = excluded.token_hash, stopped_at = NULL",
        &[
            key.into(),
            name.into(),
            if is_city { "city" } else { "private" }.into(),
            sha256(&[token.as_bytes()]).as_slice().into(),
            seams.now().into(),
        ],
    )?;
    audit::append(tx, seams, actor, Event::LetterSenderChanged, &[("sender", key), ("change", "approved")])?;
    Ok(token)
}

/// Stops a sender: its key opens nothing any more, and what waits is not released.
///
/// # Errors
/// [`StoreError`].
pub fn stop(tx: &mut Tx<'_>, seams: &Seams, actor: &Actor, key: &str) -> Result<(), DispatchError> {
    let changed = tx.execute(
        "UPDATE dispatch_senders SET stopped_at = $2, token_hash = NULL WHERE sender_key = $1 AND stopped_at IS NULL",
        &[key.into(), seams.now().into()],
    )?;
    if changed == 0 {
        return Err(DispatchError::Unknown);
    }
    audit::append(tx, seams, actor, Event::LetterSenderChanged, &[("sender", key), ("change", "stopped")])?;
    Ok(())
}

/// Names the office whose members open answers to this sender's letters; without one it is the office of the sender's name.
///
/// # Errors
/// [`DispatchError::Unknown`], [`DispatchError::Letter`].
pub fn set_office(
    tx: &mut Tx<'_>,
    seams: &Seams,
    actor: &Actor,
    key: &str,
    office: Option<&str>,
) -> Result<(), DispatchError> {
    if office.is_some_and(|office| !(1..=60).contains(&office.chars().count())) {
        return Err(DispatchError::Letter("an office is written with 1 to 60 characters".to_owned()));
    }
    let sql = "UPDATE dispatch_senders SET office = $2 WHERE sender_key = $1";
    if tx.execute(sql, &[key.into(), office.into()])? == 0 {
        return Err(DispatchError::Unknown);
    }
    audit::append(tx, seams, actor, Event::LetterSenderChanged, &[("sender", key), ("change", "office")])?;
    Ok(())
}

/// The office whose members open answers to this sender's letters, also of a sender that was stopped.
///
/// # Errors
/// [`StoreError`].
pub fn office(tx: &mut Tx<'_>, key: &str) -> Result<Option<String>, StoreError> {
    let sql = "SELECT COALESCE(office, name) FROM dispatch_senders WHERE sender_key = $1";
    tx.query_one(sql, &[key.into()])?.map(|row| row.text(0).map(str::to_owned)).transpose()
}

/// The sender of this key, unless stopped.
///
/// # Errors
/// [`StoreError`].
pub fn get(tx: &mut Tx<'_>, key: &str) -> Result<Option<Registered>, StoreError> {
    let sql = "SELECT sender_key, name, kind, added_at, stopped_at, office FROM dispatch_senders \
               WHERE sender_key = $1 AND stopped_at IS NULL";
    tx.query_one(sql, &[key.into()])?.map(|row| Registered::read(&row)).transpose()
}

/// The sender whose secret this is.
///
/// # Errors
/// [`StoreError`].
pub fn by_token(tx: &mut Tx<'_>, token: &str) -> Result<Option<Registered>, StoreError> {
    let sql = "SELECT sender_key, name, kind, added_at, stopped_at, office FROM dispatch_senders \
               WHERE token_hash = $1 AND stopped_at IS NULL";
    tx.query_one(sql, &[sha256(&[token.as_bytes()]).as_slice().into()])?.map(|row| Registered::read(&row)).transpose()
}

/// All, by name.
///
/// # Errors
/// [`StoreError`].
pub fn all(tx: &mut Tx<'_>) -> Result<Vec<Registered>, StoreError> {
    let sql =
        "SELECT sender_key, name, kind, added_at, stopped_at, office FROM dispatch_senders ORDER BY name LIMIT 500";
    tx.query(sql, &[])?.iter().map(Registered::read).collect()
}
