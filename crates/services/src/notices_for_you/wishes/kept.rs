//! What each person registered, outside: sealed under their own key, with the one before it for going back.

use std::sync::Arc;

use base::Timestamp;
use rules::DataClass;
use store::sealing::SealError;
use store::{StoreError, Tx};
use tools::Outside;
use tools::consents::ConsentError;
use tools::portal::{AccountId, Post, PostError};

use super::{WISHES, Wishes, agreements};

const COLUMN: &str = "notice_wishes.wishes";
/// Told to the inside in one run.
const STEP: i64 = 200;

/// What a person registered, as they see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The wishes.
    pub wishes: Wishes,
    /// When they were changed.
    pub changed_at: Timestamp,
    /// Whether there is something to go back to.
    pub has_before: bool,
    /// Whether the inside has been told.
    pub is_told: bool,
}

/// What `account` registered; `None` for one who never did.
///
/// # Errors
/// [`PostError`].
pub fn of(outside: &Outside, account: AccountId) -> Result<Option<Kept>, PostError> {
    let row = outside.store.read::<_, StoreError, _>(|tx| {
        let sql = "SELECT wishes, changed_at, before IS NOT NULL, told FROM notice_wishes WHERE account_id = $1";
        tx.query_one(sql, &[account.into()])
    })?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Kept {
        wishes: opened(outside, account, row.blob(0)?)?,
        changed_at: row.timestamp(1)?,
        has_before: row.flag(2)?,
        is_told: row.flag(3)?,
    }))
}

fn opened(outside: &Outside, account: AccountId, sealed: &[u8]) -> Result<Wishes, PostError> {
    let plain = outside.vault.open_sealed(&account.sealed_under(), COLUMN, sealed)?;
    serde_json::from_slice(&plain).map_err(|_| PostError::Malformed("what was registered"))
}

/// Seals wishes under the key of `account`.
///
/// # Errors
/// [`SealError`].
fn sealed(outside: &Outside, account: AccountId, wishes: &Wishes) -> Result<Vec<u8>, SealError> {
    let plain = serde_json::to_vec(wishes).map_err(|_| SealError::Altered)?;
    outside.vault.seal(&account.sealed_under(), COLUMN, &plain)
}

/// Registers; what was there before stays for [`undo`]. The inside is told by [`send_untold`]. Classes of data are not
/// decided here but by consents. Blocking.
///
/// # Errors
/// [`PostError`].
pub fn save(outside: &Outside, account: AccountId, wishes: Wishes) -> Result<(), PostError> {
    let wishes = wishes.known_only();
    let (stops, sealed) = (!wishes.receives, sealed(outside, account, &wishes)?);
    let now = outside.seams.now();
    outside.store.write::<_, StoreError, _>(move |tx| {
        if stops {
            crate::notices_for_you::schemes::kept::forget(tx, account)?;
        }
        tx.execute(
            "INSERT INTO notice_wishes (account_id, wishes, changed_at, told) VALUES ($1, $2, $3, 0) \
             ON CONFLICT (account_id) DO UPDATE SET before = notice_wishes.wishes, wishes = $2, changed_at = $3, told = 0",
            &[account.into(), sealed.as_slice().into(), now.into()],
        )
    })?;
    Ok(())
}

/// Goes back to what was registered before; going back twice is where one was. `false` when there is nothing before.
///
/// # Errors
/// [`StoreError`].
pub fn undo(tx: &mut Tx<'_>, now: Timestamp, account: AccountId) -> Result<bool, StoreError> {
    let changed = tx.execute(
        "UPDATE notice_wishes SET wishes = before, before = wishes, changed_at = $2, told = 0 \
         WHERE account_id = $1 AND before IS NOT NULL",
        &[account.into(), now.into()],
    )?;
    Ok(changed > 0)
}

/// The inside must hear of `account` again: its consents changed. In the transaction of that.
///
/// # Errors
/// [`StoreError`].
pub fn consents_changed(tx: &mut Tx<'_>, account: AccountId) -> Result<(), StoreError> {
    tx.execute("UPDATE notice_wishes SET told = 0 WHERE account_id = $1", &[account.into()]).map(drop)
}

/// Tells the inside what people registered, with the classes they consent to now: new ones, changed ones, and those of
/// whom a consent has lapsed. Only of accounts that are open. Returns how many.
///
/// # Errors
/// [`PostError`].
pub fn send_untold(outside: &Outside, post: &Arc<Post>) -> Result<usize, PostError> {
    let now = outside.seams.now();
    let rows = outside.store.read::<_, StoreError, _>(|tx| {
        tx.query(
            "SELECT w.account_id, w.wishes, w.changed_at FROM notice_wishes w \
             JOIN portal_accounts a ON a.account_id = w.account_id AND a.state = 'open' \
             WHERE w.told = 0 OR w.until <= $1 ORDER BY w.changed_at LIMIT $2",
            &[now.into(), STEP.into()],
        )
    })?;
    for row in &rows {
        let account = AccountId::parse(row.text(0)?).ok_or(PostError::Malformed("an account"))?;
        let wishes = opened(outside, account, row.blob(1)?)?;
        let (seams, post, changed_at) = (outside.seams.clone(), post.clone(), row.timestamp(2)?);
        outside.store.write::<_, PostError, _>(move |tx| {
            let (classes, until) = agreements::consented(tx, now, account).map_err(|error| match error {
                ConsentError::Store(error) => PostError::Store(error),
                _ => PostError::Later("the consents cannot be read"),
            })?;
            let classes = classes.with(DataClass::BasicRegister);
            let told = Wishes { classes, ..wishes.clone() }.known_only();
            post.send(tx, &seams, account, WISHES, &told)?;
            // Changed again meanwhile: then it is told again.
            let sql = "UPDATE notice_wishes SET told = 1, until = $3 WHERE account_id = $1 AND changed_at = $2";
            tx.execute(sql, &[account.into(), changed_at.into(), until.into()])?;
            Ok(())
        })?;
    }
    Ok(rows.len())
}
