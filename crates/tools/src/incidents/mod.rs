//! Incidents: something is wrong, and perhaps a service must not serve until a person has looked.
//!
//! For the staff console and for every action that gives something out: it asks [`service_stopped`] in its own
//! transaction, so a stop is in force the moment it is committed. Opening what is open already only counts, so a
//! watchdog may report each minute.
//!
//! ```text
//!   watchdog, relay, staff ── open ──► incident (stops? 1) ──► service_stopped(tx, "convenience_certificates")
//!                                         ▲
//!   staff, with a reason ──── clear ──────┘
//! ```

pub mod by_hand;
#[cfg(test)]
mod tests;

use base::{Id, Seams, Timestamp};
use store::{Row, StoreError, Tx};

use crate::access::Actor;
use crate::audit::{self, Event};

/// Names every service at once.
pub const EVERY_SERVICE: &str = "*";

/// A new incident.
#[derive(Clone, Copy, Debug)]
pub struct Report<'a> {
    /// The service's folder name, or [`EVERY_SERVICE`].
    pub service: &'a str,
    /// A stable name, e.g. `register_not_fresh`, `wrong_paper`.
    pub kind: &'a str,
    /// Whether the service stops until it is cleared.
    pub stops: bool,
    /// What happened, in words. No personal data: incidents are shown on a screen.
    pub note: &'a str,
}

/// An incident as staff see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incident {
    /// Its id.
    pub id: Id,
    /// The service.
    pub service: String,
    /// Its kind.
    pub kind: String,
    /// Whether the service is stopped while it is open.
    pub stops: bool,
    /// What happened, as first reported.
    pub note: String,
    /// When it was first reported.
    pub opened_at: Timestamp,
    /// How often it was reported.
    pub times: i64,
    /// When last.
    pub last_at: Timestamp,
    /// When it was cleared.
    pub cleared_at: Option<Timestamp>,
    /// Why.
    pub reason: Option<String>,
}

/// Why an incident was not cleared.
#[derive(Debug, thiserror::Error)]
pub enum IncidentError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A reason is needed.
    #[error("say why the incident is over")]
    NoReason,
    /// It is not open.
    #[error("there is no open incident of this id")]
    NotOpen,
}

impl IncidentError {
    /// What it means to a caller.
    pub const fn kind(&self) -> base::Kind {
        match self {
            Self::Store(error) => error.kind(),
            Self::NoReason => base::Kind::Invalid,
            Self::NotOpen => base::Kind::Gone,
        }
    }
}

/// Reports an incident and returns its id. If one of this service and kind is open it is counted instead; a report that
/// stops makes the open one stop too.
///
/// # Errors
/// [`StoreError`].
pub fn open(tx: &mut Tx, seams: &Seams, actor: &Actor, report: &Report<'_>) -> Result<Id, StoreError> {
    let now = seams.now();
    let there = tx.query_one(
        "SELECT id, stops FROM incident WHERE service = $1 AND kind = $2 AND cleared_at IS NULL",
        &[report.service.into(), report.kind.into()],
    )?;
    if let Some(row) = there {
        let id = row.id(0)?;
        let newly_stops = report.stops && !row.flag(1)?;
        tx.execute(
            "UPDATE incident SET times = times + 1, last_at = $2, stops = $3 WHERE id = $1",
            &[id.into(), now.into(), (report.stops || row.flag(1)?).into()],
        )?;
        if newly_stops {
            note(tx, seams, actor, Event::IncidentOpened, id, report)?;
        }
        return Ok(id);
    }
    let id = seams.random_id();
    tx.execute(
        "INSERT INTO incident (id, service, kind, stops, note, opened_at, opened_by, times, last_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, 1, $6)",
        &[
            id.into(),
            report.service.into(),
            report.kind.into(),
            report.stops.into(),
            report.note.into(),
            now.into(),
            actor.key().into(),
        ],
    )?;
    note(tx, seams, actor, Event::IncidentOpened, id, report)?;
    Ok(id)
}

fn note(
    tx: &mut Tx,
    seams: &Seams,
    actor: &Actor,
    event: Event,
    id: Id,
    report: &Report<'_>,
) -> Result<(), StoreError> {
    let stops = if report.stops { "stops" } else { "serves" };
    let id = id.to_string();
    let details = [
        ("incident", id.as_str()),
        ("service", report.service),
        ("kind", report.kind),
        ("then", stops),
        ("text", report.note),
    ];
    audit::append(tx, seams, actor, event, &details)?;
    Ok(())
}

/// Says that an incident is over, and why.
///
/// # Errors
/// [`IncidentError`].
pub fn clear(tx: &mut Tx, seams: &Seams, actor: &Actor, id: Id, reason: &str) -> Result<(), IncidentError> {
    let reason = reason.trim();
    if reason.is_empty() {
        return Err(IncidentError::NoReason);
    }
    let incident = get(tx, id)?.filter(|incident| incident.cleared_at.is_none()).ok_or(IncidentError::NotOpen)?;
    tx.execute(
        "UPDATE incident SET cleared_at = $2, cleared_by = $3, reason = $4 WHERE id = $1",
        &[id.into(), seams.now().into(), actor.key().into(), reason.into()],
    )?;
    let report = Report { service: &incident.service, kind: &incident.kind, stops: false, note: reason };
    note(tx, seams, actor, Event::IncidentCleared, id, &report)?;
    Ok(())
}

/// The columns [`read`] reads, and which rows.
macro_rules! select {
    ($rows:literal) => {
        concat!(
            "SELECT id, service, kind, stops, note, opened_at, times, last_at, cleared_at, reason FROM incident ",
            $rows
        )
    };
}

/// The open incident that stops `service`, if any (the oldest).
///
/// # Errors
/// [`StoreError`].
pub fn service_stopped(tx: &mut Tx, service: &str) -> Result<Option<Incident>, StoreError> {
    let row = tx.query_one(
        select!("WHERE service IN ($1, '*') AND cleared_at IS NULL AND stops = 1 ORDER BY opened_at LIMIT 1"),
        &[service.into()],
    )?;
    row.as_ref().map(read).transpose()
}

/// One incident.
///
/// # Errors
/// [`StoreError`].
pub fn get(tx: &mut Tx, id: Id) -> Result<Option<Incident>, StoreError> {
    let row = tx.query_one(select!("WHERE id = $1"), &[id.into()])?;
    row.as_ref().map(read).transpose()
}

/// Incidents, open ones first, then the newest; at most 200.
///
/// # Errors
/// [`StoreError`].
pub fn list(tx: &mut Tx, only_open: bool) -> Result<Vec<Incident>, StoreError> {
    tx.query(
        select!(
            "WHERE cleared_at IS NULL OR $1 = 0
             ORDER BY CASE WHEN cleared_at IS NULL THEN 0 ELSE 1 END, opened_at DESC, id DESC LIMIT 200"
        ),
        &[only_open.into()],
    )?
    .iter()
    .map(read)
    .collect()
}

fn read(row: &Row) -> Result<Incident, StoreError> {
    Ok(Incident {
        id: row.id(0)?,
        service: row.text(1)?.to_owned(),
        kind: row.text(2)?.to_owned(),
        stops: row.flag(3)?,
        note: row.text(4)?.to_owned(),
        opened_at: row.timestamp(5)?,
        times: row.int(6)?,
        last_at: row.timestamp(7)?,
        cleared_at: row.opt_timestamp(8)?,
        reason: row.opt_text(9)?.map(str::to_owned),
    })
}
