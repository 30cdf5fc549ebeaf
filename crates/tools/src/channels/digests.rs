//! What a digest was about: the page it leads to lists it.

use base::Timestamp;
use messaging::TeaserKind;
use store::{StoreError, Tx};

use crate::portal::AccountId;

/// Days of digests that are listed: as long as rows are kept.
const DAYS: i64 = 7;
/// Rows looked at: a week of several a day.
const MOST: i64 = 200;

/// One thing that was told together with others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToldTogether {
    /// What it is.
    pub kind: TeaserKind,
    /// Where it is read.
    pub path: String,
    /// When it was told.
    pub at: Timestamp,
}

/// What `account` was told in digests lately, newest first, each once however many ways it was told by. A campaign that was
/// taken back is not listed.
///
/// # Errors
/// [`StoreError`].
pub fn told_together(tx: &mut Tx<'_>, now: Timestamp, account: AccountId) -> Result<Vec<ToldTogether>, StoreError> {
    let rows = tx.query(
        "SELECT c.kind, c.path, MAX(o.done_at) FROM channel_outbox o \
         JOIN channel_campaigns c ON c.campaign_id = o.campaign_id \
         WHERE o.account_id = $1 AND o.is_digest = 1 AND o.state = 'told' AND o.done_at > $2 AND c.state <> 'withdrawn' \
         GROUP BY c.campaign_id, c.kind, c.path ORDER BY 3 DESC, c.campaign_id LIMIT $3",
        &[account.into(), now.plus_seconds(-DAYS * 86_400).into(), MOST.into()],
    )?;
    rows.iter()
        .map(|row| {
            let kind = TeaserKind::parse(row.text(0)?).unwrap_or(TeaserKind::Notice);
            Ok(ToldTogether { kind, path: row.text(1)?.to_owned(), at: row.timestamp(2)? })
        })
        .collect()
}
