//! 図書館の利用状況, as its owner sees it in the portal. Outside.
//!
//! ```text
//!  ask ─► a key made for this one look ─► library_look (with the wish: renew, cancel) ─► inside ─► the library
//!  take ◄─ library_look_answer, sealed to that key ◄──────────────────────────────────────────────┘
//!  after minutes: key and answer are erased; whatever copy of the answer lies anywhere cannot be read any more
//! ```

use std::sync::Arc;

use base::{Id, Timestamp};
use data_encoding::BASE64;
use pki::sealed::{SealingKey, SealingPublicKey};
use serde::{Deserialize, Serialize};
use store::{StoreError, Tx};
use tools::Outside;
use tools::portal::post::Opened;
use tools::portal::{AccountId, Post, PostError, Topic};

use super::system::Patron;

/// Outside → inside: somebody looks, perhaps with a wish.
pub const LOOK: Topic = "library_look";
/// Inside → outside: what they see.
pub const ANSWER: Topic = "library_look_answer";

const KEY_COLUMN: &str = "library_looks.look_key";
const SEALED_FOR: &[u8] = b"yakuba-library-look-v1";
/// Seconds an answer is kept.
pub const KEPT: i64 = 600;
/// Seconds within which a look without a wish is the same.
const SAME: i64 = 20;
/// Seconds after which an unanswered look is asked again.
const PATIENCE: i64 = 60;

/// What somebody wishes.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wish {
    /// To keep this item longer.
    Renew(String),
    /// To keep all of them longer.
    RenewAll,
    /// To give up this reservation.
    CancelHold(String),
}

impl std::fmt::Debug for Wish {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Wish(<personal>)")
    }
}

/// A look as it travels.
#[derive(Serialize, Deserialize)]
pub struct Look {
    /// Its id.
    pub id: Id,
    /// What the answer is sealed to.
    key: String,
    /// What is wished, beside looking.
    pub wish: Option<Wish>,
}

/// An answer as it travels.
#[derive(Serialize, Deserialize)]
pub struct Answered {
    id: Id,
    sealed: String,
}

impl Look {
    /// What is told, sealed for this look alone.
    ///
    /// # Errors
    /// The look carries no key.
    pub fn seal(&self, told: &Told) -> Result<Answered, PostError> {
        let malformed = || PostError::Malformed("the key of a look");
        let key = BASE64.decode(self.key.as_bytes()).map_err(|_| malformed())?;
        let key = SealingPublicKey::from_bytes(&key).map_err(|_| malformed())?;
        let plain = serde_json::to_vec(told).map_err(|_| PostError::Malformed("an answer"))?;
        let sealed = key.seal(SEALED_FOR, self.id.bytes(), &plain)?;
        Ok(Answered { id: self.id, sealed: BASE64.encode(&sealed) })
    }
}

/// What somebody is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Told {
    /// They are not registered with the library.
    NotRegistered,
    /// Their card is stopped, lost or over: key of the words.
    Stopped(String),
    /// The library could not be asked: key of the words.
    Trouble(String),
    /// What the library knows.
    Known {
        /// The patron.
        patron: Patron,
        /// What became of the wish: key of the words, and the library's own.
        outcome: Option<(String, Vec<String>)>,
    },
}

/// What the page shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nothing was asked, or it was erased.
    Nothing,
    /// Asked; not answered yet.
    Asked,
    /// Answered, and as of when.
    Told(Told, Timestamp),
}

/// Asks the inside, with a wish or without. Without one, asked again within seconds it is the same look.
///
/// # Errors
/// [`PostError`].
pub fn ask(outside: &Outside, post: &Arc<Post>, account: AccountId, wish: Option<Wish>) -> Result<(), PostError> {
    let (id, key) = (outside.seams.random_id(), SealingKey::generate());
    let kept = outside.vault.seal(&account.sealed_under(), KEY_COLUMN, &key.to_bytes())?;
    let look = Look { id, key: BASE64.encode(&key.public().to_bytes()), wish };
    let (seams, post) = (outside.seams.clone(), post.clone());
    outside.store.write(move |tx| {
        let now = seams.now();
        if look.wish.is_none() && is_fresh(tx, account, now)? {
            return Ok(());
        }
        tx.execute(
            "INSERT INTO library_looks (account_id, look_id, look_key, asked_at, erase_at) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (account_id) DO UPDATE SET look_id = $2, look_key = $3, asked_at = $4, answer = NULL, \
             told_at = NULL, erase_at = $5",
            &[account.into(), id.into(), kept.as_slice().into(), now.into(), now.plus_seconds(KEPT).into()],
        )?;
        post.send(tx, &seams, account, LOOK, &look).map(drop)
    })
}

/// Whether a look was just answered, or may still be.
fn is_fresh(tx: &mut Tx<'_>, account: AccountId, now: Timestamp) -> Result<bool, StoreError> {
    let sql = "SELECT asked_at, told_at FROM library_looks WHERE account_id = $1 AND erase_at > $2";
    let Some(row) = tx.query_one(sql, &[account.into(), now.into()])? else { return Ok(false) };
    let age = now.seconds_since(row.timestamp(0)?);
    Ok(if row.opt_timestamp(1)?.is_some() { age < SAME } else { age < PATIENCE })
}

/// Where the look of `account` stands.
///
/// # Errors
/// [`PostError`].
pub fn standing(outside: &Outside, account: AccountId) -> Result<Standing, PostError> {
    let now = outside.seams.now();
    let row = outside.store.read::<_, StoreError, _>(move |tx| {
        let sql =
            "SELECT look_id, look_key, answer, told_at FROM library_looks WHERE account_id = $1 AND erase_at > $2";
        tx.query_one(sql, &[account.into(), now.into()])
    })?;
    let Some(row) = row else { return Ok(Standing::Nothing) };
    let (Some(answer), Some(at)) = (row.opt_blob(2)?, row.opt_timestamp(3)?) else { return Ok(Standing::Asked) };
    let key = outside.vault.open_sealed(&account.sealed_under(), KEY_COLUMN, row.blob(1)?)?;
    let plain = SealingKey::from_bytes(&key)?.open(SEALED_FOR, row.id(0)?.bytes(), answer)?;
    let told = serde_json::from_slice(&plain).map_err(|_| PostError::Malformed("an answer"))?;
    Ok(Standing::Told(told, at))
}

/// What became of a wish was shown: the page says it once. The same is sealed again without it, to the key of this look.
///
/// # Errors
/// [`PostError`].
pub fn outcome_was_seen(outside: &Outside, account: AccountId, patron: Patron) -> Result<(), PostError> {
    let row = outside.store.read::<_, StoreError, _>(move |tx| {
        tx.query_one("SELECT look_id, look_key FROM library_looks WHERE account_id = $1", &[account.into()])
    })?;
    let Some(row) = row else { return Ok(()) };
    let id = row.id(0)?;
    let key = outside.vault.open_sealed(&account.sealed_under(), KEY_COLUMN, row.blob(1)?)?;
    let told = serde_json::to_vec(&Told::Known { patron, outcome: None });
    let plain = told.map_err(|_| PostError::Malformed("an answer"))?;
    let sealed = SealingKey::from_bytes(&key)?.public().seal(SEALED_FOR, id.bytes(), &plain)?;
    outside.store.write::<_, StoreError, _>(move |tx| {
        // Only this look: another wish has an answer of its own.
        tx.execute(
            "UPDATE library_looks SET answer = $3 WHERE account_id = $1 AND look_id = $2 AND answer IS NOT NULL",
            &[account.into(), id.into(), sealed.as_slice().into()],
        )
    })?;
    Ok(())
}

/// Takes [`ANSWER`]. An answer to a look that is over, or was followed by another, is let go.
///
/// # Errors
/// [`PostError`].
pub fn take_answer(outside: &Outside, opened: &Opened) -> Result<(), PostError> {
    let answered: Answered = opened.json()?;
    let sealed = BASE64.decode(answered.sealed.as_bytes()).map_err(|_| PostError::Malformed("an answer"))?;
    let (account, id, at) = (opened.account, answered.id, opened.sent_at);
    outside.store.write::<_, StoreError, _>(move |tx| {
        tx.execute(
            "UPDATE library_looks SET answer = $3, told_at = $4 WHERE account_id = $1 AND look_id = $2",
            &[account.into(), id.into(), sealed.as_slice().into(), at.into()],
        )
    })?;
    Ok(())
}

/// Erases looks whose minutes are over, with their keys.
///
/// # Errors
/// [`StoreError`].
pub fn sweep(tx: &mut Tx<'_>, now: Timestamp) -> Result<u64, StoreError> {
    tx.execute("DELETE FROM library_looks WHERE erase_at <= $1", &[now.into()])
}
