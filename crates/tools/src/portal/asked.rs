//! What the outside holds of a person because they asked: one question to the inside, one answer, sealed under the account's key,
//! asked for anew when it is old, gone a day later. Each record is one [`Asked`]; what it says is the record's own type.
//!
//! ```text
//!  ask ─► row, unsent ─► send_questions ─► [inside: the record's own handler] ─► take_answer ─► told
//!  send_wish ─► row, waiting (what was told is forgotten, where the record says so) ─► take_answer ─► told
//!                               what changed later by itself ─► amend ─► told
//! ```

use std::marker::PhantomData;
use std::sync::Arc;

use base::{Seams, Timestamp};
use serde::Serialize;
use serde::de::DeserializeOwned;
use store::{StoreError, Tx};

use super::own_records::AN_HOUR;
use super::post::Opened;
use super::{AccountId, Post, PostError, Topic};
use crate::zone::Outside;

const COLUMN: &str = "portal_own_records.content";
/// Questions sent in one go.
const STEP: i64 = 200;
/// Seconds for which a record lies outside after it was last asked for: a day. An address that is shared stays with its share.
const KEPT: i64 = 86_400;
const HOUR: i64 = 3_600_000_000;

/// A record of a person's own, told by the inside as a `T`.
#[derive(Debug)]
pub struct Asked<T> {
    kind: &'static str,
    question: Topic,
    same: i64,
    told: PhantomData<fn() -> T>,
}

/// Where a record stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing<T> {
    /// Nothing was told; it is, or will be, asked for.
    Unknown,
    /// The person said what they want; the inside has not answered yet.
    Wished,
    /// Told, and as of when.
    Told(T, Timestamp),
}

impl<T> Standing<T> {
    /// What was told and as of when.
    pub fn told(self) -> Option<(T, Timestamp)> {
        match self {
            Self::Told(told, at) => Some((told, at)),
            Self::Unknown | Self::Wished => None,
        }
    }
}

/// What a wish does to what was told before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Before {
    /// It stays readable until the answer.
    Stays,
    /// It is forgotten: the answer brings what stands now.
    Forgotten,
}

/// How often a wish may be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Allowed {
    /// As often as the inside answers in an hour.
    AnHour,
    /// Always: it stops or takes away.
    Always,
}

impl<T: Serialize + DeserializeOwned> Asked<T> {
    /// The record stored as `kind`, asked for by `question`; asked again within `same` seconds it is the same question.
    pub const fn new(kind: &'static str, question: Topic, same: i64) -> Self {
        Self { kind, question, same, told: PhantomData }
    }

    /// Asks, unless it was asked just now; what was told stays readable meanwhile.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn ask(&self, tx: &mut Tx<'_>, seams: &Seams, account: AccountId) -> Result<(), StoreError> {
        let now = seams.now();
        tx.execute(
            "INSERT INTO portal_own_records (account_id, kind, asked_at, sent) VALUES ($1, $2, $3, 0) \
             ON CONFLICT (account_id, kind) DO UPDATE SET asked_at = $3, sent = 0 WHERE portal_own_records.asked_at < $4",
            &[account.into(), self.kind.into(), now.into(), now.plus_seconds(-self.same).into()],
        )
        .map(drop)
    }

    /// Where the record of `account` stands. What another build wrote and this one cannot read counts as not told.
    ///
    /// # Errors
    /// [`PostError`].
    pub fn standing(&self, outside: &Outside, account: AccountId) -> Result<Standing<T>, PostError> {
        let kind = self.kind;
        let row = outside.store.read::<_, StoreError, _>(move |tx| {
            let sql = "SELECT content, told_at, wished_at FROM portal_own_records WHERE account_id = $1 AND kind = $2";
            tx.query_one(sql, &[account.into(), kind.into()])
        })?;
        let Some(row) = row else { return Ok(Standing::Unknown) };
        let (Some(sealed), Some(at)) = (row.opt_blob(0)?, row.opt_timestamp(1)?) else {
            return Ok(if row.opt_timestamp(2)?.is_some() { Standing::Wished } else { Standing::Unknown });
        };
        let plain = outside.vault.open_sealed(&account.sealed_under(), COLUMN, sealed)?;
        Ok(serde_json::from_slice(&plain).map_or(Standing::Unknown, |told| Standing::Told(told, at)))
    }

    /// What was told of `account` and as of when.
    ///
    /// # Errors
    /// [`PostError`].
    pub fn told(&self, outside: &Outside, account: AccountId) -> Result<Option<(T, Timestamp)>, PostError> {
        self.standing(outside, account).map(Standing::told)
    }

    /// Sends questions that wait to the inside, each with this content.
    ///
    /// # Errors
    /// [`PostError`].
    pub fn send_questions(
        &self,
        outside: &Outside,
        post: &Arc<Post>,
        content: &(impl Serialize + Clone + Send + 'static),
    ) -> Result<usize, PostError> {
        let (seams, post, content) = (outside.seams.clone(), post.clone(), content.clone());
        let (kind, question) = (self.kind, self.question);
        outside.store.write(move |tx| {
            let sql =
                "SELECT account_id FROM portal_own_records WHERE sent = 0 AND kind = $1 ORDER BY asked_at LIMIT $2";
            let rows = tx.query(sql, &[kind.into(), STEP.into()])?;
            for row in &rows {
                let account = AccountId::parse(row.text(0)?).ok_or(PostError::Malformed("an account"))?;
                post.send(tx, &seams, account, question, &content)?;
                let sql = "UPDATE portal_own_records SET sent = 1 WHERE account_id = $1 AND kind = $2";
                tx.execute(sql, &[account.into(), kind.into()])?;
            }
            Ok(rows.len())
        })
    }

    /// Tells the inside what a person wants. `false`: not in this hour any more, and nothing is changed or sent.
    ///
    /// # Errors
    /// [`PostError`].
    pub fn send_wish(
        &self,
        outside: &Outside,
        post: &Arc<Post>,
        account: AccountId,
        (topic, wish): (Topic, &(impl Serialize + Clone + Send + 'static)),
        (before, allowed): (Before, Allowed),
    ) -> Result<bool, PostError> {
        let (seams, post, wish, kind) = (outside.seams.clone(), post.clone(), wish.clone(), self.kind);
        outside.store.write(move |tx| {
            let now = seams.now();
            let hour = Timestamp::from_micros(now.micros().div_euclid(HOUR) * HOUR);
            let most = if allowed == Allowed::AnHour { AN_HOUR } else { i64::MAX };
            let counted = tx.execute(
                "INSERT INTO portal_own_records (account_id, kind, asked_at, sent, wished_at, wishes) \
                 VALUES ($1, $2, $3, 1, $3, 1) ON CONFLICT (account_id, kind) DO UPDATE SET asked_at = $3, sent = 1, \
                 wishes = CASE WHEN portal_own_records.wished_at >= $4 THEN portal_own_records.wishes + 1 ELSE 1 END, \
                 wished_at = $3 WHERE portal_own_records.wished_at IS NULL OR portal_own_records.wished_at < $4 \
                 OR portal_own_records.wishes < $5",
                &[account.into(), kind.into(), now.into(), hour.into(), most.into()],
            )?;
            if counted == 0 {
                return Ok(false);
            }
            if before == Before::Forgotten {
                // As of now, so that an answer that is older and still under way does not bring it back.
                let sql = "UPDATE portal_own_records SET content = NULL, told_at = \
                           CASE WHEN told_at > $3 THEN told_at ELSE $3 END WHERE account_id = $1 AND kind = $2";
                tx.execute(sql, &[account.into(), kind.into(), now.into()])?;
            }
            post.send(tx, &seams, account, topic, &wish).map(|_| true)
        })
    }

    /// Takes what the inside told. An older answer does not take the place of a newer one, nor of a wish that forgot what was told;
    /// what nobody asked for is not kept.
    ///
    /// # Errors
    /// [`PostError`].
    pub fn take_answer(&self, outside: &Outside, opened: &Opened) -> Result<(), PostError> {
        let _is_one: T = opened.json()?;
        let (account, at, kind) = (opened.account, opened.sent_at, self.kind);
        let sealed = outside.vault.seal(&account.sealed_under(), COLUMN, &opened.content)?;
        outside.store.write::<_, StoreError, _>(move |tx| {
            tx.execute(
                "UPDATE portal_own_records SET content = $3, told_at = $4 WHERE account_id = $1 AND kind = $2 \
                 AND (told_at IS NULL OR told_at <= $4)",
                &[account.into(), kind.into(), sealed.as_slice().into(), at.into()],
            )
        })?;
        Ok(())
    }

    /// Changes what was told where something changed later by itself. Where nothing is told, an answer is still to come.
    ///
    /// # Errors
    /// [`PostError`].
    pub fn amend(&self, outside: &Outside, opened: &Opened, change: impl FnOnce(&mut T)) -> Result<(), PostError> {
        let Some((mut told, at)) = self.told(outside, opened.account)? else { return Ok(()) };
        if at > opened.sent_at {
            return Ok(());
        }
        change(&mut told);
        let plain = serde_json::to_vec(&told).map_err(|_| PostError::Malformed("it cannot be written"))?;
        let (account, kind, sent_at) = (opened.account, self.kind, opened.sent_at);
        let sealed = outside.vault.seal(&account.sealed_under(), COLUMN, &plain)?;
        outside.store.write::<_, StoreError, _>(move |tx| {
            // Only of what was read above: a wish or another answer meanwhile goes before it.
            let sql = "UPDATE portal_own_records SET content = $3, told_at = $4 WHERE account_id = $1 AND kind = $2 \
                       AND told_at = $5 AND content IS NOT NULL";
            tx.execute(sql, &[account.into(), kind.into(), sealed.as_slice().into(), sent_at.into(), at.into()])
        })?;
        Ok(())
    }
}

/// Forgets what was last asked for a day ago.
///
/// # Errors
/// The database.
pub fn sweep(tx: &mut Tx<'_>, now: Timestamp) -> Result<(), StoreError> {
    let sql = "DELETE FROM portal_own_records WHERE asked_at < $1 AND kind <> 'address'";
    tx.execute(sql, &[now.plus_seconds(-KEPT).into()]).map(drop)
}

#[cfg(test)]
#[path = "asked/tests.rs"]
mod tests;
