//! A terminal's keys, handed to its card agent: derived for that terminal's name, sealed to a key that only the agent holds, good
//! for [`GOOD_DAYS`], ended with the agent.
//!
//! ```text
//!  staff: allow (which sets) ─► agent asks, signed by its paired key ─► derived, sealed (HPKE), noted ─► opened in the agent alone
//!  staff: end, or stop the agent ─► it gets none; cards refuse its name from their next contact with the loading place
//! ```

use std::collections::BTreeSet;

use base::{Id, Seams, Timestamp};
use card::city_application::{KeySet, TerminalName};
use pki::agent::application_keys::{HandedKey, KeyRequest};
use store::sealing::Vault;
use store::{Row, StoreError, Tx};

use super::terminal::name_of;
use super::{Fault, Refusal, key_store, set_word};
use crate::access::Actor;
use crate::audit::{self, Event};
use crate::terminals::agents;

/// How long a key that was handed out is used. Our own figure: a lost terminal that nobody missed reads cards no longer than this.
pub const GOOD_DAYS: i64 = 30;
/// Names that a card takes: as many as one command carries.
const MOST_REFUSED: i64 = 30;

/// An agent that may hold keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowed {
    /// The agent.
    pub agent: Id,
    /// Which sets.
    pub sets: BTreeSet<KeySet>,
    /// Since when.
    pub allowed_at: Timestamp,
    /// When it was ended.
    pub ended_at: Option<Timestamp>,
    /// The newest keys it was given: how many, until when.
    pub holds: Option<(i64, Timestamp)>,
}

fn sets_text(sets: &BTreeSet<KeySet>) -> String {
    sets.iter().map(|set| set_word(*set)).collect::<Vec<_>>().join(" ")
}

fn read_sets(text: &str) -> BTreeSet<KeySet> {
    KeySet::ALL.into_iter().filter(|set| text.split(' ').any(|word| word == set_word(*set))).collect()
}

fn note(tx: &mut Tx<'_>, seams: &Seams, by: &Actor, agent: Id, change: &str) -> Result<(), StoreError> {
    let agent = agent.to_string();
    let details = [("agent", agent.as_str()), ("change", change)];
    audit::append(tx, seams, by, Event::CityApplicationTerminalKey, &details).map(drop)
}

/// Lets an agent hold keys of these sets; the management set is nobody's but the loading place's, and is left out.
///
/// # Errors
/// [`Refusal::TerminalUnknown`] for an agent that does not serve; the database.
pub fn allow(tx: &mut Tx<'_>, seams: &Seams, by: &Actor, agent: Id, sets: &BTreeSet<KeySet>) -> Result<(), Fault> {
    let sets: BTreeSet<KeySet> = sets.iter().copied().filter(|set| set.is_shared()).collect();
    if sets.is_empty() || agents::active(tx, agent)?.is_none() {
        return Err(Refusal::TerminalUnknown.into());
    }
    tx.execute("DELETE FROM city_application_terminals WHERE agent_id = $1", &[agent.into()])?;
    tx.execute(
        "INSERT INTO city_application_terminals (agent_id, key_sets, allowed_by, allowed_at) VALUES ($1, $2, $3, $4)",
        &[agent.into(), sets_text(&sets).into(), by.key().into(), seams.now().into()],
    )?;
    note(tx, seams, by, agent, &format!("allowed {}", sets_text(&sets)))?;
    Ok(())
}

/// Ends what an agent holds: it gets no more, and cards learn to refuse it. `false` when it held nothing.
///
/// # Errors
/// The database.
pub fn end(tx: &mut Tx<'_>, seams: &Seams, by: &Actor, agent: Id) -> Result<bool, StoreError> {
    let now = seams.now();
    let changed = tx.execute(
        "UPDATE city_application_terminals SET ended_at = $2 WHERE agent_id = $1 AND ended_at IS NULL",
        &[agent.into(), now.into()],
    )?;
    tx.execute(
        "UPDATE city_application_terminal_keys SET ended_at = $2 WHERE agent_id = $1 AND ended_at IS NULL",
        &[agent.into(), now.into()],
    )?;
    if changed > 0 {
        note(tx, seams, by, agent, "ended")?;
    }
    Ok(changed > 0)
}

/// The agents that were ever allowed, those in use first.
///
/// # Errors
/// The database.
pub fn list(tx: &mut Tx<'_>) -> Result<Vec<Allowed>, StoreError> {
    let rows = tx.query(
        "SELECT agent_id, key_sets, allowed_at, ended_at FROM city_application_terminals \
         ORDER BY CASE WHEN ended_at IS NULL THEN 0 ELSE 1 END, allowed_at DESC",
        &[],
    )?;
    rows.iter().map(|row| allowed(tx, row)).collect()
}

fn allowed(tx: &mut Tx<'_>, row: &Row) -> Result<Allowed, StoreError> {
    let agent = row.id(0)?;
    let held = tx.query_one(
        "SELECT COUNT(*), MAX(ends_at) FROM city_application_terminal_keys WHERE agent_id = $1 AND ended_at IS NULL",
        &[agent.into()],
    )?;
    let holds = match held {
        Some(row) if row.int(0)? > 0 => row.opt_timestamp(1)?.map(|until| (row.int(0), until)),
        _ => None,
    };
    Ok(Allowed {
        agent,
        sets: read_sets(row.text(1)?),
        allowed_at: row.timestamp(2)?,
        ended_at: row.opt_timestamp(3)?,
        holds: holds.map(|(count, until)| Ok::<_, StoreError>((count?, until))).transpose()?,
    })
}

/// Which sets an agent may hold now; `None` for one that staff stopped, ended or never allowed.
fn sets_of(tx: &mut Tx<'_>, agent: Id) -> Result<Option<BTreeSet<KeySet>>, StoreError> {
    if agents::active(tx, agent)?.is_none() {
        return Ok(None);
    }
    let row = tx.query_one(
        "SELECT key_sets FROM city_application_terminals WHERE agent_id = $1 AND ended_at IS NULL",
        &[agent.into()],
    )?;
    row.map(|row| row.text(0).map(read_sets)).transpose()
}

/// Hands an agent its keys: every version in use of each set it may hold, sealed to the key it named. The request was found
/// signed by the agent's paired key, fresh, and not used before.
///
/// # Errors
/// [`Refusal::TerminalUnknown`] for one that was stopped, ended or never allowed; [`Refusal::NoKeys`]; the database or the key
/// store.
pub fn hand_out(
    tx: &mut Tx<'_>,
    vault: &Vault,
    seams: &Seams,
    agent: Id,
    request: &KeyRequest,
) -> Result<Vec<HandedKey>, Fault> {
    let sets = sets_of(tx, agent)?.ok_or(Refusal::TerminalUnknown)?;
    let keys = key_store::open(tx, vault)?;
    let (now, mut handed) = (seams.now(), Vec::new());
    let ends_at = now.plus_seconds(GOOD_DAYS * 24 * 3600);
    for set in sets {
        for version in (1..=keys.newest(set)).rev().filter(|version| keys.has(set, *version)) {
            let key = keys.for_terminal(set, version, name_of(agent)).map_err(|_| Refusal::Unreadable)?;
            let (name, which) = (agent.to_string(), (set as u8, version));
            let one = HandedKey::seal(&request.sealing_key, &name, which, ends_at, &key.bytes())
                .map_err(|_| Refusal::TerminalUnknown)?;
            handed.push(one);
        }
    }
    tx.execute(
        "UPDATE city_application_terminal_keys SET ended_at = $2 WHERE agent_id = $1 AND ended_at IS NULL",
        &[agent.into(), now.into()],
    )?;
    for one in &handed {
        keep(tx, seams, agent, request, one)?;
    }
    note(tx, seams, &Actor::System { job: "application-keys" }, agent, &format!("handed-out {}", handed.len()))?;
    Ok(handed)
}

fn keep(tx: &mut Tx<'_>, seams: &Seams, agent: Id, request: &KeyRequest, one: &HandedKey) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO city_application_terminal_keys \
         (handed_id, agent_id, key_set, version, sealed_to, sealed, made_at, ends_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        &[
            seams.time_ordered_id().into(),
            agent.into(),
            i64::from(one.set).into(),
            i64::from(one.version).into(),
            request.sealing_key.id().to_vec().into(),
            one.sealed.as_slice().into(),
            seams.now().into(),
            one.ends_at.into(),
        ],
    )
    .map(drop)
}

/// Names of terminals that cards refuse: those that held keys and were ended or stopped, the last ones first.
///
/// # Errors
/// The database.
pub fn stopped(tx: &mut Tx<'_>) -> Result<Vec<TerminalName>, StoreError> {
    let rows = tx.query(
        "SELECT t.agent_id FROM city_application_terminals t LEFT JOIN agents a ON a.agent_id = t.agent_id \
         WHERE t.ended_at IS NOT NULL OR a.status = 'stopped' \
         ORDER BY COALESCE(t.ended_at, a.stopped_at) DESC LIMIT $1",
        &[MOST_REFUSED.into()],
    )?;
    rows.iter().map(|row| Ok(name_of(row.id(0)?))).collect()
}
