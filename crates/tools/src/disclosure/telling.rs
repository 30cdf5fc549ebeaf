//! Inside: each owner of an account is told who looked (閲覧履歴), sealed to the outside, line by line; later the proofs.
//!
//! ```text
//!  new disclosures ─┐
//!  dates arriving  ─┼─► accounts concerned ─► lines not yet told ─► post (looked_lines) ─► tools::looked
//!  new accounts    ─┘                                └─► once a head covers them ─► post (looked_proofs)
//! ```
//! What a law hides is never selected here, so it causes no message, no number and no gap: a line's name is random, and lines
//! carry no running number. Of another person's act at a machine neither machine nor place is told.

use std::sync::Arc;

use base::{Date, Id, Seams, Timestamp};
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use store::{Row, Store, StoreError, Tx};

use super::{Entry, ROOT, field_hash, field_salt};
use crate::access::ResidentId;
use crate::audit::{Inclusion, Position, Prover, Zone};
use crate::portal::{AccountId, Post, PostError, Topic};
use crate::register::endings;
use crate::signing::PublicKey;
use crate::staff;

/// Inside → outside: lines.
pub const LINES: Topic = "looked_lines";
/// Inside → outside: proofs of lines told before.
pub const PROOFS: Topic = "looked_proofs";

/// Lines in one message: a parcel stays far below the relay's limit.
const LINES_AT_ONCE: i64 = 200;
/// Accounts in one run.
const ACCOUNTS_AT_ONCE: i64 = 200;
/// Transactions commit later than their time says; so much is looked at again (seconds).
const OVERLAP: i64 = 600;

/// One line, as its owner sees it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Its random name.
    pub id: Id,
    /// When (microseconds).
    pub at: i64,
    /// Class of the actor: `staff`, `resident` (another person, e.g. of the household), `kiosk`, `system`, `counter`.
    pub by: String,
    /// The office of the member of staff.
    pub office: Option<String>,
    /// Code of the duty (事務).
    pub duty: String,
    /// Codes of what was seen.
    pub items: Vec<String>,
    /// Declared bulk work: the sentence in Japanese and English.
    pub told: Option<(String, String)>,
}

impl std::fmt::Debug for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Line(<personal>)")
    }
}

/// A proof and the line it belongs to.
#[derive(Serialize, Deserialize)]
pub struct Proved {
    /// The line's name.
    pub line: Id,
    /// `yakuba-looked-proof-1` (docs/who-looked.md).
    pub proof: Json,
}

/// Tells every account what it has not been told, as of today. Returns lines told. Run it often.
///
/// # Errors
/// [`PostError`].
pub fn tell(store: &Store, seams: &Seams, post: &Arc<Post>) -> Result<usize, PostError> {
    let (now, today) = (seams.now(), seams.today());
    let due = store.read::<_, StoreError, _>(|tx| due(tx, today))?;
    let is_all = (due.len() as i64) < ACCOUNTS_AT_ONCE;
    let mut told = 0;
    for account in due {
        loop {
            let (seams, post) = (seams.clone(), post.clone());
            let sent = store.write::<_, PostError, _>(move |tx| tell_one(tx, &seams, &post, account))?;
            told += sent;
            if (sent as i64) < LINES_AT_ONCE {
                break;
            }
        }
    }
    if is_all {
        let upto = now.plus_seconds(-OVERLAP);
        store.write::<_, StoreError, _>(move |tx| {
            tx.execute("UPDATE told_upto SET upto = $1 WHERE id = 1 AND upto < $1", &[upto.into()])
        })?;
    }
    Ok(told)
}

/// Whether entry `d` may be told on day `$1`.
macro_rules! may_be_told {
    () => {
        "(d.visible = 'now' OR (d.visible <> 'hidden' AND d.visible <= $1)) "
    };
}

/// Whether account `k` was not told of entry `d`.
macro_rules! untold {
    () => {
        "AND NOT EXISTS (SELECT 1 FROM told_lines t WHERE t.account_id = k.account_id AND t.entry = d.id) "
    };
}

const DUE: &str = concat!(
    "SELECT l.account_id, l.resident_id FROM portal_links l WHERE l.account_id IN ( \
     SELECT k.account_id FROM disclosure d JOIN portal_links k ON k.resident_id = d.subject \
     WHERE d.at > (SELECT upto FROM told_upto WHERE id = 1) AND ",
    may_be_told!(),
    untold!(),
    "UNION SELECT k.account_id FROM disclosure d JOIN disclosure_concerned c ON c.entry = d.id \
     JOIN portal_links k ON k.resident_id = c.subject WHERE d.at > (SELECT upto FROM told_upto WHERE id = 1) AND ",
    may_be_told!(),
    untold!(),
    "UNION SELECT k.account_id FROM disclosure d LEFT JOIN disclosure_concerned c ON c.entry = d.id \
     JOIN portal_links k ON k.resident_id = d.subject OR k.resident_id = c.subject \
     WHERE d.visible <> 'now' AND d.visible <> 'hidden' AND ",
    may_be_told!(),
    untold!(),
    // Told nothing yet, or something that concerns everyone was written since.
    "UNION SELECT k.account_id FROM portal_links k LEFT JOIN told_accounts a ON a.account_id = k.account_id \
     WHERE COALESCE(a.everyone_upto, -1) < COALESCE((SELECT MAX(d.at) FROM disclosure d WHERE d.everyone = 1 AND ",
    may_be_told!(),
    "), 0)) ORDER BY l.account_id LIMIT $2"
);

const UNTOLD: &str = concat!(
    "SELECT d.id, d.kind, d.subject, d.at, d.actor_class, d.actor, d.terminal, d.duty, d.note, d.items, d.visible, \
     d.told, d.told_english, d.everyone, d.work FROM portal_links k JOIN disclosure d ON d.id IN ( \
     SELECT id FROM disclosure WHERE subject = k.resident_id \
     UNION SELECT entry FROM disclosure_concerned WHERE subject = k.resident_id \
     UNION SELECT id FROM disclosure WHERE everyone = 1) WHERE k.account_id = $2 AND ",
    may_be_told!(),
    untold!(),
    "ORDER BY d.at, d.id LIMIT $3"
);

/// Accounts that something visible concerns which they were not told; hidden entries make nobody due.
fn due(tx: &mut Tx<'_>, today: Date) -> Result<Vec<AccountId>, StoreError> {
    let rows = tx.query(DUE, &[today.into(), ACCOUNTS_AT_ONCE.into()])?;
    Ok(rows.iter().filter_map(|row| AccountId::parse(row.text(0).ok()?)).collect())
}

fn tell_one(tx: &mut Tx<'_>, seams: &Seams, post: &Post, account: AccountId) -> Result<usize, PostError> {
    let (now, today) = (seams.now(), seams.today());
    let rows = tx.query(UNTOLD, &[today.into(), account.into(), LINES_AT_ONCE.into()])?;
    let mut lines = Vec::with_capacity(rows.len());
    for row in &rows {
        let entry = Entry::from_row(row)?;
        let line = line(tx, seams, &entry)?;
        let is_withheld = is_withheld(tx, &entry)?;
        tx.execute(
            "INSERT INTO told_lines (account_id, entry, line_id, told_at, proved) VALUES ($1, $2, $3, $4, $5)",
            &[account.into(), (&entry.id).into(), line.id.into(), now.into(), is_withheld.into()],
        )?;
        if !is_withheld {
            lines.push(line);
        }
    }
    if !lines.is_empty() {
        post.send(tx, seams, account, LINES, &lines)?;
    }
    if (rows.len() as i64) < LINES_AT_ONCE {
        tx.execute(
            "INSERT INTO told_accounts (account_id, everyone_upto) VALUES ($1, $2) \
             ON CONFLICT (account_id) DO UPDATE SET everyone_upto = excluded.everyone_upto",
            &[account.into(), now.into()],
        )?;
    }
    Ok(rows.len())
}

/// The act of another person who is or was protected (支援措置) is told to nobody: a line would tell a household when they were
/// at a machine. It is marked as dealt with, under a name that never leaves.
fn is_withheld(tx: &mut Tx<'_>, entry: &Entry) -> Result<bool, StoreError> {
    let actor = entry.actor.strip_prefix("resident:").and_then(|resident| ResidentId::parse(resident).ok());
    actor.map_or(Ok(false), |actor| endings::was_protected(tx, &actor))
}

fn line(tx: &mut Tx<'_>, seams: &Seams, entry: &Entry) -> Result<Line, StoreError> {
    let staff = entry.actor.strip_prefix("staff:").or_else(|| entry.actor.strip_prefix("counter:"));
    let office = match staff.and_then(|account| Id::parse(account).ok()) {
        Some(account) => staff::account(tx, account)?.map(|account| account.office),
        None => None,
    };
    Ok(Line {
        id: seams.random_id(),
        at: entry.at.micros(),
        by: entry.actor_class.clone(),
        office,
        duty: entry.duty.clone(),
        items: entry.items.split(',').filter(|item| !item.is_empty()).map(str::to_owned).collect(),
        told: entry.told.clone().zip(entry.told_english.clone()),
    })
}

/// Sends the proofs of lines that a signed head has come to cover. Returns how many.
///
/// # Errors
/// [`PostError`].
pub fn prove(store: &Store, seams: &Seams, post: &Arc<Post>, key: PublicKey) -> Result<usize, PostError> {
    let (seams, post) = (seams.clone(), post.clone());
    store.write(move |tx| {
        let rows = tx.query(
            "SELECT d.id, d.kind, d.subject, d.at, d.actor_class, d.actor, d.terminal, d.duty, d.note, d.items, d.visible, \
                    d.told, d.told_english, d.everyone, d.work, d.chain, d.position, d.salt, e.commitment, \
                    t.account_id, t.line_id \
             FROM told_lines t JOIN disclosure d ON d.id = t.entry \
             JOIN audit_entry e ON e.chain = d.chain AND e.position = d.position \
             WHERE t.proved = 0 AND EXISTS (SELECT 1 FROM audit_head_chain h WHERE h.chain = d.chain \
                 AND h.length >= d.position) ORDER BY t.account_id, t.line_id LIMIT $1",
            &[LINES_AT_ONCE.into()],
        )?;
        let mut prover = Prover::default();
        let mut waiting: Option<(AccountId, Vec<Proved>)> = None;
        for row in &rows {
            let Some(account) = AccountId::parse(row.text(19)?) else { continue };
            let line = row.id(20)?;
            if waiting.as_ref().is_some_and(|(before, _)| *before != account)
                && let Some((before, proofs)) = waiting.take()
            {
                post.send(tx, &seams, before, PROOFS, &proofs)?;
            }
            if let Some(proof) = proof_of(tx, &mut prover, row, key)? {
                waiting.get_or_insert_with(|| (account, Vec::new())).1.push(Proved { line, proof });
            }
            tx.execute("UPDATE told_lines SET proved = 1 WHERE line_id = $1", &[line.into()])?;
        }
        if let Some((account, proofs)) = waiting {
            post.send(tx, &seams, account, PROOFS, &proofs)?;
        }
        Ok(rows.len())
    })
}

/// `None` for a row written before fields were hashed apart: it cannot be opened in part.
fn proof_of(tx: &mut Tx<'_>, prover: &mut Prover, row: &Row, key: PublicKey) -> Result<Option<Json>, StoreError> {
    let (entry, salt) = (Entry::from_row(row)?, row.blob(17)?);
    if !entry.opens_by_field(salt, row.blob(18)?) {
        return Ok(None);
    }
    let at = Position { chain: row.text(15)?.to_owned(), number: row.int(16)? };
    let inclusion = prover.prove(tx, Zone::Inside, &at)?;
    Ok(inclusion.map(|inclusion| proof_json(&entry, salt, &inclusion, key)))
}

/// The fields a person may open; of the others they get the hash.
const OPEN: &[&str] = &["kind", "at", "actor_class", "duty", "items", "told", "told_english", "everyone"];

fn proof_json(entry: &Entry, salt: &[u8], inclusion: &Inclusion, key: PublicKey) -> Json {
    let fields: Vec<Json> = entry
        .fields()
        .into_iter()
        .map(|(name, value)| {
            let own = field_salt(salt, name);
            if OPEN.contains(&name) {
                json!({"name": name, "salt": HEXLOWER.encode(&own), "value": value})
            } else {
                json!({"name": name, "hash": HEXLOWER.encode(&field_hash(&own, name, value.as_deref()))})
            }
        })
        .collect();
    json!({
        "format": "yakuba-looked-proof-1",
        "fields": fields,
        "salt": HEXLOWER.encode(&field_salt(salt, ROOT)),
        "entry": {
            "chain": inclusion.at.chain, "position": inclusion.at.number, "at": inclusion.when.micros(),
            "event": inclusion.event, "actor_class": inclusion.actor_class,
            "previous": HEXLOWER.encode(&inclusion.previous),
        },
        "merkle": {
            "index": inclusion.index, "leaves": inclusion.leaves,
            "path": inclusion.path.iter().map(|hash| HEXLOWER.encode(hash)).collect::<Vec<_>>(),
        },
        "head": inclusion.head.line(),
        "key": key.to_string(),
    })
}

/// The disclosure behind a line, for an officer: its duty, time and actor's key.
///
/// # Errors
/// [`StoreError`].
pub(crate) fn entry_of_line(tx: &mut Tx<'_>, account: AccountId, line: Id) -> Result<Option<String>, StoreError> {
    let sql = "SELECT entry FROM told_lines WHERE account_id = $1 AND line_id = $2";
    let row = tx.query_one(sql, &[account.into(), line.into()])?;
    row.map(|row| row.text(0).map(str::to_owned)).transpose()
}

/// When and why an entry was made, and by whom: for the officer who answers an objection.
///
/// # Errors
/// [`StoreError`].
pub(crate) fn behind(tx: &mut Tx<'_>, entry: &str) -> Result<Option<(Timestamp, String, String)>, StoreError> {
    let row = tx.query_one("SELECT at, duty, actor FROM disclosure WHERE id = $1", &[entry.into()])?;
    row.map(|row| Ok((row.timestamp(0)?, row.text(1)?.to_owned(), row.text(2)?.to_owned()))).transpose()
}
