//! Card agents (`yakuba agent`): programs beside a card reader on a PC of the city.
//!
//! ```text
//!  staff: announce ─▶ one-time code, shown once ─▶ typed at the PC ─▶ pair: its public key, bound to the code
//!  staff: stop (lost, replaced) ─▶ its answers are refused from then on
//! ```
//! An agent is the *terminal* of the challenges that are made for it: what a card signed at one PC is worth nothing at
//! another. The messages are [`pki::agent`]'s.

use base::{Id, Seams, Timestamp};
use pki::agent::{PairingCode, PairingRequest, VerificationKey};
use store::{Row, StoreError, Tx};

use super::Status;
use crate::access::Actor;
use crate::audit::{self, Event};
use crate::staff::{OneTimeSecret, StaffError, invitations};

/// How long a code works: whoever made it walks to the PC.
pub const CODE_SECONDS: i64 = 30 * 60;

/// An agent as staff know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agent {
    /// Its id: the terminal of its challenges.
    pub id: Id,
    /// What people call it.
    pub name: String,
    /// Where it stands.
    pub place: String,
    /// Whether it may answer.
    pub status: Status,
    /// When it was paired.
    pub paired_at: Option<Timestamp>,
    /// When staff stopped it.
    pub stopped_at: Option<Timestamp>,
}

fn note(tx: &mut Tx<'_>, seams: &Seams, by: &Actor, event: Event, id: Id, change: &str) -> Result<(), StoreError> {
    audit::append(tx, seams, by, event, &[("agent", &id.to_string()), ("change", change)]).map(|_| ())
}

/// Announces an agent and returns the code that is typed at its PC, once, within [`CODE_SECONDS`].
///
/// # Errors
/// A name or place that is empty, longer than 60 characters or holds an Individual Number; the database.
pub fn announce(
    tx: &mut Tx<'_>,
    seams: &Seams,
    by: &Actor,
    name: &str,
    place: &str,
) -> Result<(Agent, OneTimeSecret), StaffError> {
    let (agent, secret) = announce_own(tx, seams, name, place)?;
    note(tx, seams, by, Event::TerminalEnrolled, agent.id, "announced")?;
    Ok((agent, secret))
}

/// The same without a line in the audit log: at the portal anybody may ask for a code, as often as they like. Pairing is
/// written down.
///
/// # Errors
/// As [`announce`].
pub fn announce_own(
    tx: &mut Tx<'_>,
    seams: &Seams,
    name: &str,
    place: &str,
) -> Result<(Agent, OneTimeSecret), StaffError> {
    let (name, place) = (invitations::checked_name(name)?, invitations::checked_name(place)?);
    let (id, secret, now) = (seams.random_id(), OneTimeSecret::fresh(seams), seams.now());
    let code = PairingCode::typed(secret.reveal());
    tx.execute(
        "INSERT INTO agents (agent_id, name, place, status, announced_at) VALUES ($1, $2, $3, $4, $5)",
        &[id.into(), name.as_str().into(), place.as_str().into(), Status::Awaiting.word().into(), now.into()],
    )?;
    tx.execute(
        "INSERT INTO agent_codes (look_up, code_hash, agent_id, expires_at) VALUES ($1, $2, $3, $4)",
        &[
            code.look_up().to_vec().into(),
            code.hash().to_vec().into(),
            id.into(),
            now.plus_seconds(CODE_SECONDS).into(),
        ],
    )?;
    Ok((Agent { id, name, place, status: Status::Awaiting, paired_at: None, stopped_at: None }, secret))
}

/// Pairs the agent whose request proves that it knows a code: from here on its key is known and the code is used up.
/// `None` when the code was used, has expired, never existed, or is not proven; which of them is not told. A request that
/// proves nothing uses nothing up.
///
/// # Errors
/// The database.
pub fn pair(
    tx: &mut Tx<'_>,
    seams: &Seams,
    request: &PairingRequest,
) -> Result<Option<(Agent, PairingCode)>, StoreError> {
    let now = seams.now();
    tx.queue("DELETE FROM agent_codes WHERE expires_at <= $1", &[now.into()])?;
    let look_up = request.look_up.to_vec();
    let found =
        tx.query_one("SELECT code_hash, agent_id FROM agent_codes WHERE look_up = $1", &[look_up.clone().into()])?;
    let Some(row) = found else { return Ok(None) };
    let hash: [u8; 32] = row.blob(0)?.try_into().map_err(|_| StoreError::Column { column: 0, wanted: "32 bytes" })?;
    let (code, id) = (PairingCode::from_hash(hash), row.id(1)?);
    if request.check(&code).is_err() {
        return Ok(None);
    }
    tx.execute("DELETE FROM agent_codes WHERE look_up = $1", &[look_up.into()])?;
    let row = tx.query_one(
        "UPDATE agents SET status = 'active', public_key = $2, paired_at = $3 \
         WHERE agent_id = $1 AND status = 'awaiting' \
         RETURNING agent_id, name, place, status, paired_at, stopped_at",
        &[id.into(), request.agent_key.info().to_vec().into(), now.into()],
    )?;
    let Some(row) = row else { return Ok(None) };
    note(tx, seams, &Actor::System { job: "agent-pairing" }, Event::TerminalEnrolled, id, "paired")?;
    Ok(Some((agent(&row)?, code)))
}

/// Forgets agents that were announced and not paired while their code was good: at the portal anybody may announce one.
///
/// # Errors
/// The database.
pub fn forget_unpaired(tx: &mut Tx<'_>, now: Timestamp) -> Result<(), StoreError> {
    let before = now.plus_seconds(-CODE_SECONDS);
    tx.queue("DELETE FROM agents WHERE status = 'awaiting' AND announced_at < $1", &[before.into()])?;
    tx.queue("DELETE FROM agent_codes WHERE expires_at <= $1", &[now.into()])
}

/// How many agents were announced and wait to be paired.
///
/// # Errors
/// The database.
pub fn awaiting(tx: &mut Tx<'_>) -> Result<i64, StoreError> {
    let row = tx.query_one("SELECT COUNT(*) FROM agents WHERE status = 'awaiting'", &[])?;
    row.map_or(Ok(0), |row| row.int(0))
}

/// Stops an agent for good. `false` when it was stopped before or never existed.
///
/// # Errors
/// The database.
pub fn stop(tx: &mut Tx<'_>, seams: &Seams, by: &Actor, id: Id) -> Result<bool, StoreError> {
    let changed = tx.execute(
        "UPDATE agents SET status = 'stopped', stopped_at = $2 WHERE agent_id = $1 AND status <> 'stopped'",
        &[id.into(), seams.now().into()],
    )?;
    if changed == 0 {
        return Ok(false);
    }
    tx.queue("DELETE FROM agent_codes WHERE agent_id = $1", &[id.into()])?;
    note(tx, seams, by, Event::TerminalStopped, id, "stopped")?;
    Ok(true)
}

/// The active agent with this id, and the key its answers are signed with.
///
/// # Errors
/// The database.
pub fn active(tx: &mut Tx<'_>, id: Id) -> Result<Option<(Agent, VerificationKey)>, StoreError> {
    let row = tx.query_one(
        "SELECT agent_id, name, place, status, paired_at, stopped_at, public_key FROM agents \
         WHERE agent_id = $1 AND status = 'active'",
        &[id.into()],
    )?;
    row.map(|row| {
        let key = VerificationKey::from_info(row.blob(6)?);
        Ok((agent(&row)?, key.ok_or(StoreError::Column { column: 6, wanted: "a public key" })?))
    })
    .transpose()
}

/// Every agent there ever was, by place and name; those that were stopped come last.
///
/// # Errors
/// The database.
pub fn list(tx: &mut Tx<'_>) -> Result<Vec<Agent>, StoreError> {
    tx.query(
        "SELECT agent_id, name, place, status, paired_at, stopped_at FROM agents \
         ORDER BY CASE WHEN status = 'stopped' THEN 1 ELSE 0 END, place, name, agent_id",
        &[],
    )?
    .iter()
    .map(agent)
    .collect()
}

fn agent(row: &Row) -> Result<Agent, StoreError> {
    Ok(Agent {
        id: row.id(0)?,
        name: row.text(1)?.to_owned(),
        place: row.text(2)?.to_owned(),
        status: Status::from_word(row.text(3)?).ok_or(StoreError::Column { column: 3, wanted: "a status" })?,
        paired_at: row.opt_timestamp(4)?,
        stopped_at: row.opt_timestamp(5)?,
    })
}
