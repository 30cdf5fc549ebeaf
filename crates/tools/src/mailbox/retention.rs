//! How long letters are kept (保存期間): statutory ones five years at least; others until the person removes them, or a year
//! after they moved away. Evidence stays: it holds no content, and its chain must remain whole.

use base::Timestamp;
use store::{StoreError, Tx};

/// Five years, in seconds.
const STATUTORY_SECONDS: i64 = 5 * 366 * 86_400;
/// A year, in seconds.
const AWAY_SECONDS: i64 = 366 * 86_400;
/// Items removed in one go.
const STEP: i64 = 2_000;

/// Removes what nobody must keep any more; returns how many. Called again while it returns a full step.
///
/// # Errors
/// [`StoreError`].
pub fn sweep(tx: &mut Tx<'_>, now: Timestamp) -> Result<u64, StoreError> {
    let away = now.plus_seconds(-AWAY_SECONDS);
    let items = tx.query(
        "SELECT i.account_id, i.letter_id FROM portal_accounts a JOIN mailbox_items i ON i.account_id = a.account_id \
         JOIN mailbox_letters l ON l.letter_id = i.letter_id \
         WHERE a.state IN ('moved_out', 'ended') AND a.state_since < $1 \
         AND (l.importance <> 'statutory' OR i.placed_at < $2) LIMIT $3",
        &[away.into(), now.plus_seconds(-STATUTORY_SECONDS).into(), STEP.into()],
    )?;
    for row in &items {
        tx.queue(
            "DELETE FROM mailbox_items WHERE account_id = $1 AND letter_id = $2",
            &[row.text(0)?.into(), row.text(1)?.into()],
        )?;
        tx.queue(
            "DELETE FROM mailbox_attachments WHERE account_id = $1 AND letter_id = $2",
            &[row.text(0)?.into(), row.text(1)?.into()],
        )?;
    }
    Ok(items.len() as u64)
}
