//! Terminals (端末): machines of the city at which somebody taps a card.
//!
//! A terminal holds a secret; each of its requests carries it. Only its hash is stored.
//!
//! ```text
//!  staff: announce ─► token, shown once ─► at the machine: enrol ─► its secret ─► authenticate, at every request
//!                                              staff: stop (lost, replaced) ─► refused from the next request on
//! ```
//! A machine that talks by the kiosk protocol holds a private key instead of a secret: [`keys`].

pub mod agents;
pub mod coin_box;
pub mod keys;
pub mod printer;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use base::{Id, Seams, Timestamp};
use store::{Row, StoreError, Tx};

use crate::access::Actor;
use crate::audit::{self, Event};
use crate::credentials::tap_rules::Attendance;
use crate::staff::{OneTimeSecret, StaffError, invitations};

/// How long the token of a new machine works: whoever sets it up may come tomorrow.
pub const TOKEN_SECONDS: i64 = 24 * 3600;
/// The last use of a terminal is written at most this often.
pub const SEEN_SECONDS: i64 = 60;

/// A terminal as whoever serves people at it knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terminal {
    /// Its id.
    pub id: Id,
    /// What people call it.
    pub name: String,
    /// Where it stands.
    pub place: String,
    /// What it is for.
    pub sort: Sort,
}

/// What sort of terminal it is: decides which pages it opens and, for certificates, which hours it keeps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Sort {
    /// The city's own machine in an office (庁舎内証明書発行機).
    #[default]
    WardOffice,
    /// A machine in a store, or the centre that speaks for it (コンビニ). Simulated: the real one belongs to J-LIS.
    Store,
    /// A counter of the library (図書館カウンター).
    LibraryCounter,
    /// A counter where cards that departments defined are issued and shown (市のカードの窓口).
    CityCardDesk,
    /// Reception at the city hospital (市立病院の受付).
    HospitalDesk,
    /// The hospital's machine for those who come again (再来受付機).
    RevisitMachine,
    /// Where members of staff show their ID (職員身分証の確認).
    StaffDesk,
    /// Where the city's own application is loaded onto cards (独自アプリの書き込み).
    LoadingDesk,
}

impl Sort {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::WardOffice,
        Self::Store,
        Self::LibraryCounter,
        Self::CityCardDesk,
        Self::HospitalDesk,
        Self::RevisitMachine,
        Self::StaffDesk,
        Self::LoadingDesk,
    ];

    /// Whether certificates are taken out at it.
    pub const fn gives_certificates(self) -> bool {
        matches!(self, Self::WardOffice | Self::Store)
    }

    /// Whether staff serve people at it: then it opens nothing until somebody declared that they watch.
    pub const fn is_served_by_staff(self) -> bool {
        matches!(self, Self::LibraryCounter | Self::CityCardDesk | Self::HospitalDesk | Self::LoadingDesk)
    }

    /// Its first page.
    pub const fn path(self) -> &'static str {
        match self {
            Self::WardOffice | Self::Store => "/kiosk",
            Self::LibraryCounter => "/counter/library",
            Self::CityCardDesk => "/counter/cards",
            Self::HospitalDesk => "/counter/hospital",
            Self::RevisitMachine => "/revisit",
            Self::StaffDesk => "/counter/staff",
            Self::LoadingDesk => "/counter/application",
        }
    }

    /// The stored word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::WardOffice => "ward_office_machine",
            Self::Store => "store_kiosk",
            Self::LibraryCounter => "library_counter",
            Self::CityCardDesk => "city_card_desk",
            Self::HospitalDesk => "hospital_desk",
            Self::RevisitMachine => "revisit_machine",
            Self::StaffDesk => "staff_desk",
            Self::LoadingDesk => "loading_desk",
        }
    }

    /// Reads the stored word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|sort| sort.word() == word)
    }
}

/// Whether a terminal serves people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It was announced and has not given its token yet.
    Awaiting,
    /// It serves.
    Active,
    /// Staff stopped it, for good: a machine that comes back is enrolled anew.
    Stopped,
}

impl Status {
    /// The stored word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Awaiting => "awaiting",
            Self::Active => "active",
            Self::Stopped => "stopped",
        }
    }

    fn from_word(word: &str) -> Option<Self> {
        [Self::Awaiting, Self::Active, Self::Stopped].into_iter().find(|status| status.word() == word)
    }
}

/// A terminal as staff see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The terminal.
    pub terminal: Terminal,
    /// Who can see what happens there: decides whether cards are tapped at it without PIN.
    pub attendance: Attendance,
    /// Whether it serves.
    pub status: Status,
    /// When it was announced.
    pub enrolled_at: Timestamp,
    /// When it last asked for a screen, to within [`SEEN_SECONDS`].
    pub seen_at: Option<Timestamp>,
    /// When staff stopped it.
    pub stopped_at: Option<Timestamp>,
}

/// The secret a terminal keeps. Given to it once, at enrolment.
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

fn insert(
    tx: &mut Tx<'_>,
    terminal: &Terminal,
    secret_hash: &[u8],
    status: Status,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO terminals (terminal_id, name, place, kind, secret_hash, status, enrolled_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        &[
            terminal.id.into(),
            terminal.name.as_str().into(),
            terminal.place.as_str().into(),
            terminal.sort.word().into(),
            secret_hash.into(),
            status.word().into(),
            now.into(),
        ],
    )
    .map(|_| ())
}

fn note(tx: &mut Tx<'_>, seams: &Seams, by: &Actor, event: Event, id: Id, change: &str) -> Result<(), StoreError> {
    audit::append(tx, seams, by, event, &[("terminal", &id.to_string()), ("change", change)]).map(|_| ())
}

/// Enrols a terminal that stands right here, without a token: the demo's own, and tests.
///
/// # Errors
/// The database.
pub fn enrol_here(
    tx: &mut Tx<'_>,
    seams: &Seams,
    by: &Actor,
    name: &str,
    place: &str,
) -> Result<(Terminal, TerminalSecret), StoreError> {
    enrol_here_as(tx, seams, by, Sort::WardOffice, name, place)
}

/// The same for a terminal of this sort.
///
/// # Errors
/// The database.
pub fn enrol_here_as(
    tx: &mut Tx<'_>,
    seams: &Seams,
    by: &Actor,
    sort: Sort,
    name: &str,
    place: &str,
) -> Result<(Terminal, TerminalSecret), StoreError> {
    let terminal = Terminal { id: seams.random_id(), name: name.to_owned(), place: place.to_owned(), sort };
    let secret = TerminalSecret(seams.random.bytes());
    insert(tx, &terminal, &secret_hash(&secret), Status::Active, seams.now())?;
    note(tx, seams, by, Event::TerminalEnrolled, terminal.id, "enrolled")?;
    Ok((terminal, secret))
}

/// Enrols the terminal of this sort and name that was enrolled here before, with a new secret, or a new one when there is
/// none: for the demo, whose terminals are opened again and again.
///
/// # Errors
/// The database.
pub fn enrol_here_again(
    tx: &mut Tx<'_>,
    seams: &Seams,
    by: &Actor,
    sort: Sort,
    name: &str,
    place: &str,
) -> Result<(Terminal, TerminalSecret), StoreError> {
    let row = tx.query_one(
        "SELECT terminal_id, name, place, kind FROM terminals WHERE kind = $1 AND name = $2 AND place = $3 \
         AND status = 'active' ORDER BY enrolled_at LIMIT 1",
        &[sort.word().into(), name.into(), place.into()],
    )?;
    let Some(row) = row else { return enrol_here_as(tx, seams, by, sort, name, place) };
    let (terminal, secret) = (terminal(&row)?, TerminalSecret(seams.random.bytes()));
    tx.execute(
        "UPDATE terminals SET secret_hash = $2 WHERE terminal_id = $1",
        &[terminal.id.into(), secret_hash(&secret).into()],
    )?;
    note(tx, seams, by, Event::TerminalEnrolled, terminal.id, "enrolled again")?;
    Ok((terminal, secret))
}

/// Announces a new terminal and returns the token that is given to it, once, within [`TOKEN_SECONDS`].
///
/// # Errors
/// A name or place that is empty, longer than 60 characters or holds an Individual Number; the database.
pub fn announce(
    tx: &mut Tx<'_>,
    seams: &Seams,
    by: &Actor,
    name: &str,
    place: &str,
) -> Result<(Terminal, OneTimeSecret), StaffError> {
    announce_sort(tx, seams, by, Sort::WardOffice, name, place)
}

/// The same for a terminal of this sort.
///
/// # Errors
/// As [`announce`].
pub fn announce_sort(
    tx: &mut Tx<'_>,
    seams: &Seams,
    by: &Actor,
    sort: Sort,
    name: &str,
    place: &str,
) -> Result<(Terminal, OneTimeSecret), StaffError> {
    let (name, place) = (invitations::checked_name(name)?, invitations::checked_name(place)?);
    let terminal = Terminal { id: seams.random_id(), name, place, sort };
    let (token, now) = (OneTimeSecret::fresh(seams), seams.now());
    insert(tx, &terminal, &[], Status::Awaiting, now)?;
    tx.execute(
        "INSERT INTO terminal_tokens (token_hash, terminal_id, expires_at) VALUES ($1, $2, $3)",
        &[token.hash().into(), terminal.id.into(), now.plus_seconds(TOKEN_SECONDS).into()],
    )?;
    note(tx, seams, by, Event::TerminalEnrolled, terminal.id, "announced")?;
    Ok((terminal, token))
}

/// Enrols the machine that gives a token: from here on it holds its own secret and the token is used up. `None` when the
/// token was used, has expired, or never existed; which of them is not told.
///
/// # Errors
/// The database.
pub fn enrol(
    tx: &mut Tx<'_>,
    seams: &Seams,
    token: &OneTimeSecret,
) -> Result<Option<(Terminal, TerminalSecret)>, StoreError> {
    let secret = TerminalSecret(seams.random.bytes());
    let enrolled = enrol_holding(tx, seams, token, &secret_hash(&secret))?;
    Ok(enrolled.map(|terminal| (terminal, secret)))
}

/// Uses `token` up for a terminal that is known by `secret_hash` from here on; empty when it has a key instead.
fn enrol_holding(
    tx: &mut Tx<'_>,
    seams: &Seams,
    token: &OneTimeSecret,
    secret_hash: &[u8],
) -> Result<Option<Terminal>, StoreError> {
    let now = seams.now();
    tx.queue("DELETE FROM terminal_tokens WHERE expires_at <= $1", &[now.into()])?;
    let used = "DELETE FROM terminal_tokens WHERE token_hash = $1 RETURNING terminal_id";
    let Some(row) = tx.query_one(used, &[token.hash().into()])? else { return Ok(None) };
    let id = row.id(0)?;
    let row = tx.query_one(
        "UPDATE terminals SET status = 'active', secret_hash = $2, seen_at = $3 \
         WHERE terminal_id = $1 AND status = 'awaiting' RETURNING terminal_id, name, place, kind",
        &[id.into(), secret_hash.into(), now.into()],
    )?;
    let Some(row) = row else { return Ok(None) };
    note(tx, seams, &Actor::System { job: "terminal-enrolment" }, Event::TerminalEnrolled, id, "enrolled")?;
    Ok(Some(terminal(&row)?))
}

/// Stops a terminal for good: its secret and its token open nothing from now on. `false` when it was stopped before or
/// never existed.
///
/// # Errors
/// The database.
pub fn stop(tx: &mut Tx<'_>, seams: &Seams, by: &Actor, id: Id) -> Result<bool, StoreError> {
    let changed = tx.execute(
        "UPDATE terminals SET status = 'stopped', stopped_at = $2 WHERE terminal_id = $1 AND status <> 'stopped'",
        &[id.into(), seams.now().into()],
    )?;
    if changed == 0 {
        return Ok(false);
    }
    tx.queue("DELETE FROM terminal_tokens WHERE terminal_id = $1", &[id.into()])?;
    note(tx, seams, by, Event::TerminalStopped, id, "stopped")?;
    Ok(true)
}

/// Declares who can see what happens at a terminal (施行規則 64条の12第2項). `false` when there is no such terminal.
///
/// # Errors
/// The database.
pub fn declare_attendance(
    tx: &mut Tx<'_>,
    seams: &Seams,
    by: &Actor,
    id: Id,
    attendance: Attendance,
) -> Result<bool, StoreError> {
    let changed = tx.execute(
        "UPDATE terminals SET attendance = $2 WHERE terminal_id = $1 AND status <> 'stopped' AND attendance <> $2",
        &[id.into(), attendance.code().into()],
    )?;
    if changed == 1 {
        note(tx, seams, by, Event::SettingChanged, id, attendance.code())?;
    }
    Ok(changed == 1)
}

/// Who can see what happens at a terminal; an unknown one is unattended.
///
/// # Errors
/// The database.
pub fn attendance(tx: &mut Tx<'_>, id: Id) -> Result<Attendance, StoreError> {
    let row = tx.query_one("SELECT attendance FROM terminals WHERE terminal_id = $1", &[id.into()])?;
    let declared = row.map(|row| row.text(0).map(Attendance::from_code)).transpose()?.flatten();
    Ok(declared.unwrap_or(Attendance::Unattended))
}

/// The active terminal that holds `secret`, if any, and when it was last seen.
///
/// # Errors
/// The database.
pub fn authenticate(
    tx: &mut Tx<'_>,
    secret: &TerminalSecret,
) -> Result<Option<(Terminal, Option<Timestamp>)>, StoreError> {
    tx.query_one(
        "SELECT terminal_id, name, place, kind, seen_at FROM terminals WHERE secret_hash = $1 AND status = 'active'",
        &[secret_hash(secret).into()],
    )?
    .map(|row| Ok((terminal(&row)?, row.opt_timestamp(4)?)))
    .transpose()
}

/// Writes that a terminal was seen now.
///
/// # Errors
/// The database.
pub fn seen(tx: &mut Tx<'_>, now: Timestamp, id: Id) -> Result<(), StoreError> {
    tx.queue("UPDATE terminals SET seen_at = $2 WHERE terminal_id = $1", &[id.into(), now.into()])
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

/// Every terminal there ever was, by place and name; those that were stopped come last.
///
/// # Errors
/// The database.
pub fn list(tx: &mut Tx<'_>) -> Result<Vec<Listed>, StoreError> {
    tx.query(
        "SELECT terminal_id, name, place, kind, status, enrolled_at, seen_at, stopped_at, attendance FROM terminals \
         ORDER BY CASE WHEN status = 'stopped' THEN 1 ELSE 0 END, place, name, terminal_id",
        &[],
    )?
    .iter()
    .map(|row| {
        Ok(Listed {
            terminal: terminal(row)?,
            attendance: Attendance::from_code(row.text(8)?).unwrap_or(Attendance::Unattended),
            status: Status::from_word(row.text(4)?).ok_or(StoreError::Column { column: 4, wanted: "a status" })?,
            enrolled_at: row.timestamp(5)?,
            seen_at: row.opt_timestamp(6)?,
            stopped_at: row.opt_timestamp(7)?,
        })
    })
    .collect()
}

fn terminal(row: &Row) -> Result<Terminal, StoreError> {
    let sort = Sort::from_word(row.text(3)?).ok_or(StoreError::Column { column: 3, wanted: "a sort of terminal" })?;
    Ok(Terminal { id: row.id(0)?, name: row.text(1)?.to_owned(), place: row.text(2)?.to_owned(), sort })
}
