//! A person's answer to a letter that asks for one (返信): sealed under their key, sent to the inside by post.
//!
//! ```text
//!  write (outside) ─► letter_reply ─► dispatch::replies (inside), on the sender's list ─► letter_reply_taken ─► receipt
//! ```

use std::sync::Arc;

use base::my_number_guard::refuse_individual_number;
use base::{Id, Kind, Timestamp};
use serde::{Deserialize, Serialize};
use store::{StoreError, Tx};

use super::items;
use super::letter::{Act, LetterId};
use crate::Outside;
use crate::digest::sha256;
use crate::portal::post::Opened;
use crate::portal::{AccountId, Post, PostError, Topic};

/// Outside → inside: an answer.
pub const REPLY: Topic = "letter_reply";
/// Inside → outside: it came.
pub const TAKEN: Topic = "letter_reply_taken";

/// Most characters of an answer.
pub const MOST_CHARACTERS: usize = 2_000;
/// Answers of one person to one letter.
pub const MOST: i64 = 5;

const COLUMN: &str = "mailbox_replies.content";

/// An answer on its way.
#[derive(Serialize, Deserialize)]
pub struct Carried {
    /// Its id.
    pub id: Id,
    /// The letter.
    pub letter: String,
    /// What the person wrote.
    pub words: String,
    /// Who wrote in their name.
    pub delegate: Option<AccountId>,
    /// When (microseconds).
    pub at: i64,
}

/// Why an answer was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Nothing was written.
    Blank,
    /// Longer than [`MOST_CHARACTERS`].
    TooLong,
    /// An Individual Number stands in it.
    IndividualNumber,
    /// The letter is not there, asks for no answer, or was taken back.
    NotAsked,
    /// [`MOST`] answers were sent.
    TooMany,
}

impl Refusal {
    /// What it means to a caller.
    pub const fn kind(self) -> Kind {
        match self {
            Self::Blank | Self::TooLong | Self::IndividualNumber => Kind::Invalid,
            Self::NotAsked => Kind::NotFound,
            Self::TooMany => Kind::TooMany,
        }
    }
}

/// What was written, as kept: names as they were shown when somebody wrote for another.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Written {
    /// The words.
    pub words: String,
    /// Who wrote, and for whom, by name.
    pub names: Option<(String, String)>,
}

impl std::fmt::Debug for Written {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Written(<personal>)")
    }
}

/// An answer as its writer sees it again: the receipt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// Its number.
    pub id: Id,
    /// What was written.
    pub written: Written,
    /// SHA-256 of the words.
    pub digest: [u8; 32],
    /// When it was written.
    pub made_at: Timestamp,
    /// When the city had it.
    pub taken_at: Option<Timestamp>,
}

/// Whether these words may be sent.
///
/// # Errors
/// [`Refusal`].
pub fn judge(words: &str) -> Result<(), Refusal> {
    match words.trim().chars().count() {
        0 => Err(Refusal::Blank),
        1..=MOST_CHARACTERS if refuse_individual_number(words).is_err() => Err(Refusal::IndividualNumber),
        1..=MOST_CHARACTERS => Ok(()),
        _ => Err(Refusal::TooLong),
    }
}

/// Writes an answer of `account` to `letter`; `delegate` is who acts for them. What the letter asked for is done then.
/// Returns its number.
///
/// # Errors
/// [`PostError`]; a refusal is a value.
pub fn write(
    outside: &Outside,
    account: AccountId,
    delegate: Option<AccountId>,
    letter: LetterId,
    written: &Written,
) -> Result<Result<Id, Refusal>, PostError> {
    if let Err(refusal) = judge(&written.words) {
        return Ok(Err(refusal));
    }
    let content =
        outside.vault.seal(&account.sealed_under(), COLUMN, serde_json::json!(written).to_string().as_bytes())?;
    let seams = outside.seams.clone();
    outside.store.write(move |tx| {
        let item = items::find(tx, account, letter)?;
        let asks = |item: &items::Item| {
            item.letter.action == Some(Act::Reply) && item.letter.recalled_at.is_none() && item.opened_at.is_some()
        };
        if !item.as_ref().is_some_and(asks) {
            return Ok(Err(Refusal::NotAsked));
        }
        let sql = "SELECT COUNT(*) FROM mailbox_replies WHERE account_id = $1 AND letter_id = $2";
        let before = tx.query_one(sql, &[account.into(), letter.into()])?.map_or(Ok(0), |row| row.int(0))?;
        if before >= MOST {
            return Ok(Err(Refusal::TooMany));
        }
        let (id, now) = (seams.random_id(), seams.now());
        tx.execute(
            "INSERT INTO mailbox_replies (reply_id, account_id, letter_id, delegate, content, made_at, sent) \
             VALUES ($1, $2, $3, $4, $5, $6, 0)",
            &[id.into(), account.into(), letter.into(), delegate.into(), content.as_slice().into(), now.into()],
        )?;
        items::done(tx, account, letter, Some(now))?;
        Ok(Ok(id))
    })
}

/// The answers of `account` to `letter`, oldest first.
///
/// # Errors
/// [`PostError`].
pub fn list(outside: &Outside, account: AccountId, letter: LetterId) -> Result<Vec<Reply>, PostError> {
    let sql = "SELECT reply_id, content, made_at, taken_at FROM mailbox_replies \
               WHERE account_id = $1 AND letter_id = $2 ORDER BY made_at, reply_id";
    let rows = outside.store.read::<_, StoreError, _>(|tx| tx.query(sql, &[account.into(), letter.into()]))?;
    let read = |row: &store::Row| {
        let written: Written = opened(outside, account, row.blob(1)?)?;
        let digest = sha256(&[written.words.as_bytes()]);
        let (made_at, taken_at) = (row.timestamp(2)?, row.opt_timestamp(3)?);
        Ok(Reply { id: row.id(0)?, written, digest, made_at, taken_at })
    };
    rows.iter().map(read).collect()
}

fn opened(outside: &Outside, account: AccountId, sealed: &[u8]) -> Result<Written, PostError> {
    let plain = outside.vault.open_sealed(&account.sealed_under(), COLUMN, sealed)?;
    serde_json::from_slice(&plain).map_err(|_| PostError::Malformed("an answer"))
}

/// Sends answers that wait to the inside; returns how many.
///
/// # Errors
/// [`PostError`].
pub fn send_untold(outside: &Outside, post: &Arc<Post>) -> Result<usize, PostError> {
    let sql = "SELECT reply_id, account_id, letter_id, delegate, content, made_at FROM mailbox_replies \
               WHERE sent = 0 ORDER BY made_at LIMIT 50";
    let rows = outside.store.read::<_, StoreError, _>(|tx| tx.query(sql, &[]))?;
    for row in &rows {
        let account = AccountId::parse(row.text(1)?).ok_or(PostError::Malformed("an account"))?;
        let carried = Carried {
            id: row.id(0)?,
            letter: row.text(2)?.to_owned(),
            words: opened(outside, account, row.blob(4)?)?.words,
            delegate: row.opt_text(3)?.and_then(AccountId::parse),
            at: row.int(5)?,
        };
        let (seams, post) = (outside.seams.clone(), post.clone());
        outside.store.write::<_, PostError, _>(move |tx| {
            post.send(tx, &seams, account, REPLY, &carried)?;
            tx.execute("UPDATE mailbox_replies SET sent = 1 WHERE reply_id = $1", &[carried.id.into()])?;
            Ok(())
        })?;
    }
    Ok(rows.len())
}

/// Takes [`TAKEN`].
///
/// # Errors
/// [`PostError`].
pub fn take_taken(outside: &Outside, opened: &Opened) -> Result<(), PostError> {
    let (id, at): (Id, i64) = opened.json()?;
    let account = opened.account;
    outside.store.write::<_, StoreError, _>(move |tx: &mut Tx<'_>| {
        let sql =
            "UPDATE mailbox_replies SET taken_at = $3 WHERE reply_id = $1 AND account_id = $2 AND taken_at IS NULL";
        tx.execute(sql, &[id.into(), account.into(), at.into()])
    })?;
    Ok(())
}
