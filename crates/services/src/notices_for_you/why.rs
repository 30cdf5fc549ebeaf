//! なぜ届いたか: asked outside about one letter, judged again inside by the rule the letter was sent by, shown for a day.
//!
//! ```text
//!  ask (outside) ─► notice_why ─► campaigns::why (inside) ─► notice_why_answer ─► shown ─► erased
//! ```
//! Outside only.

use std::sync::Arc;

use base::{Seams, Timestamp};
use store::{StoreError, Tx};
use tools::Outside;
use tools::mailbox::LetterId;
use tools::portal::post::Opened;
use tools::portal::{AccountId, Post, PostError};
use ui::Language;

use super::campaigns::why::{ASKED, Asked, Why};
use super::schemes::Said;

const COLUMN: &str = "notice_reasons.answer";
/// Seconds for which an answer is kept: one day.
const KEPT: i64 = 86_400;

/// Where a question stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nothing was asked, or it was erased.
    Nothing,
    /// The inside has not answered yet.
    Asked,
    /// What it answered.
    Answered(Option<Vec<Said>>),
}

/// Asks, outside; asked twice it is the same question.
///
/// # Errors
/// [`StoreError`].
pub fn ask(
    tx: &mut Tx<'_>,
    seams: &Seams,
    account: AccountId,
    letter: LetterId,
    language: Language,
) -> Result<(), StoreError> {
    let now = seams.now();
    tx.execute(
        "INSERT INTO notice_reasons (account_id, letter_id, language, asked_at, sent, erase_at) \
         VALUES ($1, $2, $3, $4, 0, $5) ON CONFLICT (account_id, letter_id, language) DO UPDATE SET \
         asked_at = $4, sent = 0, answer = NULL, erase_at = $5 WHERE notice_reasons.erase_at <= $4",
        &[account.into(), letter.into(), language.code().into(), now.into(), now.plus_seconds(KEPT).into()],
    )?;
    Ok(())
}

/// Where the question of `account` about `letter` stands.
///
/// # Errors
/// [`PostError`].
pub fn standing(
    outside: &Outside,
    account: AccountId,
    letter: LetterId,
    language: Language,
) -> Result<Standing, PostError> {
    let now = outside.seams.now();
    let row = outside.store.read::<_, StoreError, _>(move |tx| {
        let sql = "SELECT answer FROM notice_reasons WHERE account_id = $1 AND letter_id = $2 AND language = $3 \
                   AND erase_at > $4";
        tx.query_one(sql, &[account.into(), letter.into(), language.code().into(), now.into()])
    })?;
    let Some(row) = row else { return Ok(Standing::Nothing) };
    let Some(sealed) = row.opt_blob(0)? else { return Ok(Standing::Asked) };
    let plain = outside.vault.open_sealed(&account.sealed_under(), COLUMN, sealed)?;
    Ok(Standing::Answered(serde_json::from_slice(&plain).map_err(|_| PostError::Malformed("a reason"))?))
}

/// Sends questions that wait to the inside.
///
/// # Errors
/// [`PostError`].
pub fn send_questions(outside: &Outside, post: &Arc<Post>) -> Result<usize, PostError> {
    let (seams, post) = (outside.seams.clone(), post.clone());
    outside.store.write(move |tx| {
        let sql =
            "SELECT account_id, letter_id, language FROM notice_reasons WHERE sent = 0 ORDER BY asked_at LIMIT 100";
        let rows = tx.query(sql, &[])?;
        for row in &rows {
            let account = AccountId::parse(row.text(0)?).ok_or(PostError::Malformed("an account"))?;
            let question = Asked { letter: row.text(1)?.to_owned(), language: row.text(2)?.to_owned() };
            post.send(tx, &seams, account, ASKED, &question)?;
            let sql = "UPDATE notice_reasons SET sent = 1 WHERE account_id = $1 AND letter_id = $2 AND language = $3";
            tx.execute(sql, &[account.into(), question.letter.into(), question.language.into()])?;
        }
        Ok(rows.len())
    })
}

/// Takes [`super::campaigns::why::ANSWER`].
///
/// # Errors
/// [`PostError`].
pub fn take_answer(outside: &Outside, opened: &Opened) -> Result<(), PostError> {
    let answer: Why = opened.json()?;
    let lines = answer.outcome.map(|_| &answer.lines);
    let plain = serde_json::to_vec(&lines).map_err(|_| PostError::Malformed("a reason"))?;
    let (account, now) = (opened.account, outside.seams.now());
    let sealed = outside.vault.seal(&account.sealed_under(), COLUMN, &plain)?;
    outside.store.write::<_, StoreError, _>(move |tx| {
        tx.execute(
            "UPDATE notice_reasons SET answer = $4, answered_at = $5 \
             WHERE account_id = $1 AND letter_id = $2 AND language = $3",
            &[
                account.into(),
                answer.letter.as_str().into(),
                answer.language.as_str().into(),
                sealed.as_slice().into(),
                now.into(),
            ],
        )
    })?;
    Ok(())
}

/// Erases what has lain a day.
///
/// # Errors
/// [`StoreError`].
pub fn sweep(tx: &mut Tx<'_>, now: Timestamp) -> Result<u64, StoreError> {
    tx.execute("DELETE FROM notice_reasons WHERE erase_at <= $1", &[now.into()])
}
