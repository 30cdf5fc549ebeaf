//! The audit log: what happened, in an order that nobody can rewrite unseen.
//!
//! ```text
//!   action's transaction                         hourly                        out of the operator's reach
//!   ┌────────────────────────────┐     ┌──────────────────────────┐      ┌──────────────────────────────┐
//!   │ entry n: hash(prev ‖ row)  │     │ head k: Merkle root over │      │ heads file, the other zone,  │
//!   │ row holds SHA-256(salt ‖   │ ──► │ new entries and tips of  │ ───► │ receipts (number and mark)   │
//!   │ content), content apart    │     │ all chains; signed       │      │                              │
//!   └────────────────────────────┘     └──────────────────────────┘      └──────────────────────────────┘
//! ```
//!
//! * [`append`] writes an entry in the transaction of its cause; an entry exists exactly when its cause does.
//! * The chain holds only a **salted commitment** to the content. Erasing content and salt ([`erase_content`]) leaves
//!   a chain that still verifies and leads to nobody.
//! * [`make_head`] signs; [`export_heads`] and the relay carry heads away; [`verify`] proves, also `--against` heads
//!   kept elsewhere, that nothing was changed, removed, cut off, or rewritten and signed anew.
//!
//! Why several chains, and why the tip is a row: `docs/adr/0020-audit-chains.md`.

mod events;
mod head;
mod lane;
pub(crate) mod merkle;
mod proof;
mod verify;

#[cfg(test)]
mod tests;

pub use events::Event;
pub use head::{Head, HeadError, export_heads, heads_after, latest_mark, make_head};
pub use lane::name_this_process;
pub use proof::{Inclusion, Prover};
pub use verify::{Finding, Report, verify};

use base::{Seams, Timestamp};
use store::{StoreError, Tx};

use crate::access::Actor;
use crate::digest::{Fields, sha256};

/// Where an entry stands: its chain and its position from 1.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The chain's name.
    pub chain: String,
    /// From 1.
    pub number: i64,
}

impl std::fmt::Display for Position {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.chain, self.number)
    }
}

/// Which zone's database is meant; the outside keeps no disclosures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Zone {
    /// The register's zone.
    Inside,
    /// The portals' zone.
    Outside,
}

impl Zone {
    /// The stored word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Inside => "inside",
            Self::Outside => "outside",
        }
    }

    /// The other one.
    pub const fn other(self) -> Self {
        match self {
            Self::Inside => Self::Outside,
            Self::Outside => Self::Inside,
        }
    }
}

/// Writes an entry about `event`, in this transaction. `details` are named values for an auditor; they may be personal
/// (they are committed to with a salt and can be erased), never an Individual Number.
///
/// # Errors
/// [`StoreError`].
pub fn append(
    tx: &mut Tx,
    seams: &Seams,
    actor: &Actor,
    event: Event,
    details: &[(&'static str, &str)],
) -> Result<Position, StoreError> {
    let content = content_text(actor, details);
    let salt: [u8; 16] = seams.random.bytes();
    let commitment = commitment(&salt, content.as_bytes());
    let position = append_commitment(tx, seams.now(), actor.class(), event, &commitment)?;
    tx.queue(
        "INSERT INTO audit_content (chain, position, salt, content) VALUES ($1, $2, $3, $4)",
        &[(&position.chain).into(), position.number.into(), salt.as_slice().into(), content.into()],
    )?;
    Ok(position)
}

/// The content as it is stored: a JSON object, `actor` first, then the details in order.
fn content_text(actor: &Actor, details: &[(&'static str, &str)]) -> String {
    let mut text = String::from("{\"actor\":");
    text.push_str(&serde_json::Value::from(actor.key()).to_string());
    for (name, value) in details {
        text.push_str(",\"");
        text.push_str(name);
        text.push_str("\":");
        text.push_str(&serde_json::Value::from(*value).to_string());
    }
    text.push('}');
    text
}

/// SHA-256 over salt and content; says nothing about the content to whoever lacks the salt.
pub(crate) fn commitment(salt: &[u8], content: &[u8]) -> [u8; 32] {
    sha256(&[&Fields::of("yakuba audit content 1").bytes(salt).bytes(content).finish()])
}

/// The hash of an entry, which is the `previous` of the next. The first entry's previous is 32 zero bytes.
fn entry_hash(
    previous: &[u8],
    at: &Position,
    when: Timestamp,
    event: &str,
    class: &str,
    commitment: &[u8],
) -> [u8; 32] {
    let row = Fields::of("yakuba audit entry 1")
        .text(&at.chain)
        .int(at.number)
        .int(when.micros())
        .text(event)
        .text(class)
        .bytes(commitment)
        .finish();
    sha256(&[previous, &row])
}

/// Before the first entry.
const NOTHING: [u8; 32] = [0; 32];

/// Writes an entry whose content is kept elsewhere (a disclosure is its own content).
pub(crate) fn append_commitment(
    tx: &mut Tx,
    now: Timestamp,
    actor_class: &str,
    event: Event,
    commitment: &[u8; 32],
) -> Result<Position, StoreError> {
    let chain = lane::chain();
    // An upsert locks the tip's row without scanning for it: under SERIALIZABLE a scan of this small table would mark
    // all of it as read, and every two appends would look like a conflict.
    let row = tx.query_one(
        "INSERT INTO audit_chain (chain, length, tip) VALUES ($1, 1, $2)
         ON CONFLICT (chain) DO UPDATE SET length = audit_chain.length + 1 RETURNING length, tip",
        &[(&chain).into(), NOTHING.as_slice().into()],
    )?;
    let row = row.ok_or(StoreError::Column { column: 0, wanted: "a chain" })?;
    let position = Position { chain, number: row.int(0)? };
    let hash = entry_hash(row.blob(1)?, &position, now, event.code(), actor_class, commitment);
    tx.queue(
        "INSERT INTO audit_entry (chain, position, at, event, actor_class, commitment, hash)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        &[
            (&position.chain).into(),
            position.number.into(),
            now.into(),
            event.code().into(),
            actor_class.into(),
            commitment.as_slice().into(),
            hash.as_slice().into(),
        ],
    )?;
    tx.queue(
        "INSERT INTO audit_chain (chain, length, tip) VALUES ($1, $2, $3)
         ON CONFLICT (chain) DO UPDATE SET tip = excluded.tip",
        &[(&position.chain).into(), position.number.into(), hash.as_slice().into()],
    )?;
    Ok(position)
}

/// Erases what an entry says (its retention is over, or the person's data must go). The entry stays and so does the
/// chain; the erasure is itself an entry.
///
/// # Errors
/// [`StoreError`].
pub fn erase_content(
    tx: &mut Tx,
    seams: &Seams,
    actor: &Actor,
    at: &Position,
    reason: &str,
) -> Result<bool, StoreError> {
    let erased = tx.execute(
        "DELETE FROM audit_content WHERE chain = $1 AND position = $2",
        &[(&at.chain).into(), at.number.into()],
    )?;
    if erased > 0 {
        append(tx, seams, actor, Event::ContentErased, &[("entry", &at.to_string()), ("reason", reason)])?;
    }
    Ok(erased > 0)
}
