//! The outside half: what was asked, what is kept of the answer, sealed under its holder's key.

use std::sync::Arc;

use base::{Seams, Timestamp};
use store::{StoreError, Tx};
use tools::Outside;
use tools::portal::post::Opened;
use tools::portal::{AccountId, Post, PostError};

use super::portal::{QUESTION, Told, WISH, Wish};

const COLUMN: &str = "portal_service_cards.content";
/// Seconds within which a question is the same.
const SAME: i64 = 30;
/// Questions sent in one go.
const STEP: i64 = 200;

/// Asks for a person's cards; what was told stays readable meanwhile.
///
/// # Errors
/// [`StoreError`].
pub fn ask(tx: &mut Tx<'_>, seams: &Seams, account: AccountId) -> Result<(), StoreError> {
    let now = seams.now();
    tx.execute(
        "INSERT INTO portal_service_cards (account_id, asked_at, sent) VALUES ($1, $2, 0) \
         ON CONFLICT (account_id) DO UPDATE SET asked_at = $2, sent = 0 WHERE portal_service_cards.asked_at < $3",
        &[account.into(), now.into(), now.plus_seconds(-SAME).into()],
    )
    .map(drop)
}

/// The cards of `account` and as of when, once told.
///
/// # Errors
/// [`PostError`].
pub fn told(outside: &Outside, account: AccountId) -> Result<Option<(Told, Timestamp)>, PostError> {
    let row = outside.store.read::<_, StoreError, _>(|tx| {
        tx.query_one("SELECT content, told_at FROM portal_service_cards WHERE account_id = $1", &[account.into()])
    })?;
    let Some(row) = row else { return Ok(None) };
    let (Some(sealed), Some(at)) = (row.opt_blob(0)?, row.opt_timestamp(1)?) else { return Ok(None) };
    let plain = outside.vault.open_sealed(&account.sealed_under(), COLUMN, sealed)?;
    // Written by another build: it is asked for anew, and until then nothing is shown.
    Ok(serde_json::from_slice(&plain).ok().map(|told| (told, at)))
}

/// Sends questions that wait to the inside.
///
/// # Errors
/// [`PostError`].
pub fn send_questions(outside: &Outside, post: &Arc<Post>) -> Result<usize, PostError> {
    let (seams, post) = (outside.seams.clone(), post.clone());
    outside.store.write(move |tx| {
        let sql = "SELECT account_id FROM portal_service_cards WHERE sent = 0 ORDER BY asked_at LIMIT $1";
        let rows = tx.query(sql, &[STEP.into()])?;
        for row in &rows {
            let account = AccountId::parse(row.text(0)?).ok_or(PostError::Malformed("an account"))?;
            post.send(tx, &seams, account, QUESTION, &())?;
            tx.execute("UPDATE portal_service_cards SET sent = 1 WHERE account_id = $1", &[account.into()])?;
        }
        Ok(rows.len())
    })
}

/// Tells the inside what a person wants done.
///
/// # Errors
/// [`PostError`].
pub fn send_wish(outside: &Outside, post: &Arc<Post>, account: AccountId, wish: &Wish) -> Result<(), PostError> {
    let (seams, post, wish) = (outside.seams.clone(), post.clone(), wish.clone());
    outside.store.write(move |tx| post.send(tx, &seams, account, WISH, &wish).map(drop))
}

/// Takes what the inside told. An older answer does not take the place of a newer one.
///
/// # Errors
/// [`PostError`].
pub fn take_answer(outside: &Outside, opened: &Opened) -> Result<(), PostError> {
    let _is_one: Told = opened.json()?;
    let (account, at) = (opened.account, opened.sent_at);
    let sealed = outside.vault.seal(&account.sealed_under(), COLUMN, &opened.content)?;
    outside.store.write::<_, StoreError, _>(move |tx| {
        tx.execute(
            "UPDATE portal_service_cards SET content = $2, told_at = $3 WHERE account_id = $1 \
             AND (told_at IS NULL OR told_at <= $3)",
            &[account.into(), sealed.as_slice().into(), at.into()],
        )
    })?;
    Ok(())
}
