//! Who looked, on the side of the person: the lines the inside told, sealed under the account's key; and objections.
//!
//! | module | zone | what it holds |
//! |---|---|---|
//! | this | outside | lines, proofs, objections as their owner sees them |
//! | [`objections`] | inside | objections on the officers' list |

pub mod objections;

use std::sync::Arc;

use base::{Id, Seams, Timestamp};
use serde_json::Value as Json;
use store::{Store, StoreError};

use crate::disclosure::telling::{Line, Proved};
use crate::portal::post::Opened;
use crate::portal::{AccountId, Post, PostError};
use crate::zone::Outside;
use objections::{Answer, OBJECTION, Objection};

const CONTENT: &str = "looked_lines.content";
const PROOF: &str = "looked_lines.proof";
const WORDS: &str = "looked_objections.words";
const ANSWERED: &str = "looked_objections.answer";
/// Years a line is kept (as 情報提供等記録; recalled, see docs/recalled-facts.md).
pub const YEARS: i64 = 7;
/// Most lines shown of one account.
const MOST: i64 = 5000;
/// Most characters of an objection.
pub const OBJECTION_CHARACTERS: usize = 1000;
/// Objections of one account that wait at once.
const OPEN_OBJECTIONS: i64 = 20;

/// A line as its owner sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct Looked {
    /// The line.
    pub line: Line,
    /// Its proof, once a head covers it.
    pub proof: Option<Json>,
    /// The objection to it.
    pub objection: Option<Raised>,
}

/// An objection as its owner sees it.
#[derive(Clone, PartialEq, Eq)]
pub struct Raised {
    /// What they wrote.
    pub words: String,
    /// When.
    pub made_at: Timestamp,
    /// What the office answered.
    pub answer: Option<String>,
}

impl std::fmt::Debug for Raised {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Raised(<personal>)")
    }
}

/// Takes [`crate::disclosure::telling::LINES`].
///
/// # Errors
/// [`PostError`].
pub fn take_lines(outside: &Outside, opened: &Opened) -> Result<(), PostError> {
    let lines: Vec<Line> = opened.json()?;
    let (account, at) = (opened.account, opened.sent_at);
    let mut sealed = Vec::with_capacity(lines.len());
    for line in &lines {
        let plain = serde_json::to_vec(line).map_err(|_| PostError::Malformed("a line"))?;
        sealed.push((line.id, outside.vault.seal(&account.sealed_under(), CONTENT, &plain)?));
    }
    outside.store.write::<_, StoreError, _>(move |tx| {
        // The inside tells oldest first: each a microsecond later, so that the newest are found without opening any.
        for ((id, content), at) in sealed.iter().zip(at.micros()..) {
            tx.execute(
                "INSERT INTO looked_lines (account_id, line_id, told_at, content) VALUES ($1, $2, $3, $4) \
                 ON CONFLICT (account_id, line_id) DO NOTHING",
                &[account.into(), (*id).into(), at.into(), content.as_slice().into()],
            )?;
        }
        Ok(())
    })?;
    Ok(())
}

/// Takes [`crate::disclosure::telling::PROOFS`].
///
/// # Errors
/// [`PostError`].
pub fn take_proofs(outside: &Outside, opened: &Opened) -> Result<(), PostError> {
    let proofs: Vec<Proved> = opened.json()?;
    let account = opened.account;
    let mut sealed = Vec::with_capacity(proofs.len());
    for proved in &proofs {
        let plain = proved.proof.to_string();
        sealed.push((proved.line, outside.vault.seal(&account.sealed_under(), PROOF, plain.as_bytes())?));
    }
    outside.store.write::<_, StoreError, _>(move |tx| {
        for (id, proof) in &sealed {
            let sql = "UPDATE looked_lines SET proof = $3 WHERE account_id = $1 AND line_id = $2";
            tx.execute(sql, &[account.into(), (*id).into(), proof.as_slice().into()])?;
        }
        Ok(())
    })?;
    Ok(())
}

/// Everything `account` was told, newest first. Blocking; opens each line.
///
/// # Errors
/// [`PostError`].
pub fn list(outside: &Outside, account: AccountId) -> Result<Vec<Looked>, PostError> {
    let (rows, objections) = outside.store.read::<_, StoreError, _>(|tx| {
        let rows = tx.query(
            "SELECT line_id, content, proof FROM looked_lines WHERE account_id = $1 ORDER BY told_at DESC LIMIT $2",
            &[account.into(), MOST.into()],
        )?;
        let objections = tx.query(
            "SELECT line_id, words, made_at, answer FROM looked_objections WHERE account_id = $1",
            &[account.into()],
        )?;
        Ok((rows, objections))
    })?;
    let (vault, person) = (&outside.vault, account.sealed_under());
    let text = |column, sealed: &[u8]| -> Result<String, PostError> {
        Ok(String::from_utf8_lossy(&vault.open_sealed(&person, column, sealed)?).into_owned())
    };
    let mut raised = std::collections::BTreeMap::new();
    for row in &objections {
        let answer = row.opt_blob(3)?.map(|sealed| text(ANSWERED, sealed)).transpose()?;
        let one = Raised { words: text(WORDS, row.blob(1)?)?, made_at: row.timestamp(2)?, answer };
        raised.insert(row.id(0)?.to_string(), one);
    }
    let mut all = Vec::with_capacity(rows.len());
    for row in &rows {
        let content = vault.open_sealed(&person, CONTENT, row.blob(1)?)?;
        let line: Line = serde_json::from_slice(&content).map_err(|_| PostError::Malformed("a line"))?;
        let proof = match row.opt_blob(2)? {
            Some(sealed) => serde_json::from_str(&text(PROOF, sealed)?).ok(),
            None => None,
        };
        let objection = raised.get(&line.id.to_string()).cloned();
        all.push(Looked { line, proof, objection });
    }
    all.sort_by(|a, b| b.line.at.cmp(&a.line.at).then(b.line.id.to_string().cmp(&a.line.id.to_string())));
    Ok(all)
}

/// Lines the home page opens at most.
pub const HANDFUL: usize = 10;

/// The newest of what was told, at most [`HANDFUL`] lines, newest first: never all of them are opened.
///
/// # Errors
/// [`PostError`].
pub fn newest(outside: &Outside, account: AccountId) -> Result<Vec<Line>, PostError> {
    let sql = "SELECT content FROM looked_lines WHERE account_id = $1 ORDER BY told_at DESC, line_id LIMIT $2";
    let most = HANDFUL as i64;
    let rows = outside.store.read::<_, StoreError, _>(|tx| tx.query(sql, &[account.into(), most.into()]))?;
    let mut lines = Vec::with_capacity(rows.len());
    for row in &rows {
        let content = outside.vault.open_sealed(&account.sealed_under(), CONTENT, row.blob(0)?)?;
        lines.push(serde_json::from_slice::<Line>(&content).map_err(|_| PostError::Malformed("a line"))?);
    }
    lines.sort_by_key(|line| std::cmp::Reverse(line.at));
    Ok(lines)
}

/// Raises an objection to a line. One a line; `false` when there is no such line, one already, or too many wait.
///
/// # Errors
/// [`PostError`]; [`PostError::Malformed`] for words that are blank, too long or hold an Individual Number.
pub fn object(outside: &Outside, account: AccountId, line: Id, words: &str) -> Result<bool, PostError> {
    let words = words.trim();
    let is_sound = (1..=OBJECTION_CHARACTERS).contains(&words.chars().count())
        && base::my_number_guard::refuse_individual_number(words).is_ok();
    if !is_sound {
        return Err(PostError::Malformed("an objection"));
    }
    let sealed = outside.vault.seal(&account.sealed_under(), WORDS, words.as_bytes())?;
    let seams = outside.seams.clone();
    outside.store.write(move |tx| {
        let sql = "SELECT (SELECT COUNT(*) FROM looked_lines WHERE account_id = $1 AND line_id = $2), \
                   (SELECT COUNT(*) FROM looked_objections WHERE account_id = $1 AND line_id = $2), \
                   (SELECT COUNT(*) FROM looked_objections WHERE account_id = $1 AND answered_at IS NULL)";
        let row = tx.query_one(sql, &[account.into(), line.into()])?;
        let may =
            row.map(|row| Ok::<_, StoreError>(row.int(0)? == 1 && row.int(1)? == 0 && row.int(2)? < OPEN_OBJECTIONS));
        if !may.transpose()?.unwrap_or(false) {
            return Ok(false);
        }
        tx.execute(
            "INSERT INTO looked_objections (objection_id, account_id, line_id, words, made_at, sent) \
             VALUES ($1, $2, $3, $4, $5, 0)",
            &[seams.random_id().into(), account.into(), line.into(), sealed.as_slice().into(), seams.now().into()],
        )?;
        Ok(true)
    })
}

/// Sends objections that wait to the inside.
///
/// # Errors
/// [`PostError`].
pub fn send_objections(outside: &Outside, post: &Arc<Post>) -> Result<usize, PostError> {
    let rows = outside.store.read::<_, StoreError, _>(|tx| {
        tx.query(
            "SELECT objection_id, account_id, line_id, words FROM looked_objections WHERE sent = 0 ORDER BY made_at LIMIT 50",
            &[],
        )
    })?;
    for row in &rows {
        let account = AccountId::parse(row.text(1)?).ok_or(PostError::Malformed("an account"))?;
        let words = outside.vault.open_sealed(&account.sealed_under(), WORDS, row.blob(3)?)?;
        let id = row.id(0)?;
        let objection = Objection { id, line: row.id(2)?, words: String::from_utf8_lossy(&words).into_owned() };
        let (seams, post) = (outside.seams.clone(), post.clone());
        outside.store.write::<_, PostError, _>(move |tx| {
            post.send(tx, &seams, account, OBJECTION, &objection)?;
            tx.execute("UPDATE looked_objections SET sent = 1 WHERE objection_id = $1", &[id.into()])?;
            Ok(())
        })?;
    }
    Ok(rows.len())
}

/// Takes [`objections::ANSWER`].
///
/// # Errors
/// [`PostError`].
pub fn take_answer(outside: &Outside, opened: &Opened) -> Result<(), PostError> {
    let told: Answer = opened.json()?;
    let (account, at) = (opened.account, opened.sent_at);
    let sealed = outside.vault.seal(&account.sealed_under(), ANSWERED, told.words.as_bytes())?;
    outside.store.write::<_, StoreError, _>(move |tx| {
        tx.execute(
            "UPDATE looked_objections SET answer = $3, answered_at = $4 WHERE objection_id = $1 AND account_id = $2",
            &[told.id.into(), account.into(), sealed.as_slice().into(), at.into()],
        )
    })?;
    Ok(())
}

/// Forgets lines whose time is over.
///
/// # Errors
/// [`StoreError`].
pub fn sweep(store: &Store, seams: &Seams) -> Result<u64, StoreError> {
    let before = seams.now().plus_seconds(-YEARS * 366 * 86_400);
    store.write(move |tx| tx.execute("DELETE FROM looked_lines WHERE told_at < $1", &[before.into()]))
}
