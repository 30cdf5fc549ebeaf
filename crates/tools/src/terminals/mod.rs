//! Terminals (端末): machines of the city at which somebody taps a card.
//!
//! A terminal is enrolled once and holds a secret; each of its requests carries it. Only its hash is stored.

pub mod coin_box;

use std::collections::BTreeMap;

use base::{Id, Seams};
use store::{StoreError, Tx};

use crate::access::Actor;
use crate::audit;

/// What a terminal is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TerminalKind {
    /// A ward-office certificate machine (庁舎内証明書発行機).
    WardOfficeMachine,
}

/// An enrolled terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terminal {
    /// Its id.
    pub id: Id,
    /// What people call it.
    pub name: String,
    /// Where it stands.
    pub place: String,
}

/// The secret a terminal keeps. Shown once, at enrolment.
#[derive(Clone, PartialEq, Eq)]
pub struct TerminalSecret(pub [u8; 32]);

impl std::fmt::Debug for TerminalSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TerminalSecret")
    }
}

fn secret_hash(secret: &TerminalSecret) -> Vec<u8> {
    aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &secret.0).as_ref().to_vec()
}

/// Enrols a terminal and returns it with the secret it must keep.
///
/// # Errors
/// The database.
pub fn enrol(
    tx: &mut Tx<'_>,
    seams: &Seams,
    actor: &Actor,
    name: &str,
    place: &str,
) -> Result<(Terminal, TerminalSecret), StoreError> {
    let terminal = Terminal { id: seams.random_id(), name: name.to_owned(), place: place.to_owned() };
    let secret = TerminalSecret(seams.random.bytes());
    tx.execute(
        "INSERT INTO terminals (terminal_id, name, place, kind, secret_hash, status, enrolled_at) \
         VALUES ($1, $2, $3, 'ward_office_machine', $4, 'active', $5)",
        &[terminal.id.into(), name.into(), place.into(), secret_hash(&secret).into(), seams.now().into()],
    )?;
    audit::append(tx, seams, actor, audit::Event::TerminalEnrolled, &[("terminal", &terminal.id.to_string())])?;
    Ok((terminal, secret))
}

/// The active terminal that holds `secret`, if any.
///
/// # Errors
/// The database.
pub fn authenticate(tx: &mut Tx<'_>, secret: &TerminalSecret) -> Result<Option<Terminal>, StoreError> {
    tx.query_one(
        "SELECT terminal_id, name, place FROM terminals WHERE secret_hash = $1 AND status = 'active'",
        &[secret_hash(secret).into()],
    )?
    .map(|row| Ok(Terminal { id: row.id(0)?, name: row.text(1)?.to_owned(), place: row.text(2)?.to_owned() }))
    .transpose()
}

/// Place and name of every terminal there ever was, by its id: for lists of what happened.
///
/// # Errors
/// The database.
pub fn places(tx: &mut Tx<'_>) -> Result<BTreeMap<String, String>, StoreError> {
    tx.query("SELECT terminal_id, place, name FROM terminals", &[])?
        .iter()
        .map(|row| Ok((row.text(0)?.to_owned(), format!("{} {}", row.text(1)?, row.text(2)?))))
        .collect()
}

/// All terminals that are in use, by place and name.
///
/// # Errors
/// The database.
pub fn list(tx: &mut Tx<'_>) -> Result<Vec<Terminal>, StoreError> {
    tx.query(
        "SELECT terminal_id, name, place FROM terminals WHERE status = 'active' ORDER BY place, name, terminal_id",
        &[],
    )?
    .iter()
    .map(|row| Ok(Terminal { id: row.id(0)?, name: row.text(1)?.to_owned(), place: row.text(2)?.to_owned() }))
    .collect()
}
