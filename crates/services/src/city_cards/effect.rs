//! What one card for many saved: cards that were not made, and fees that were not asked for; counted from what was given.

use base::{Date, Timestamp, Yen};
use store::{StoreError, Tx};

/// Of one card, since a day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Saved {
    /// People who use the Individual Number Card: a card of the department's own was not made (発行せずに済んだカード).
    pub cards_not_issued: i64,
    /// Cards of the department's own that were made.
    pub own_cards: i64,
    /// Fees that people did not pay.
    pub fees: Yen,
}

/// What `service` saved by cards given from `since` on.
///
/// # Errors
/// The database.
pub fn saved(tx: &mut Tx<'_>, service: &str, since: Date) -> Result<Saved, StoreError> {
    let from = Timestamp::in_japan(since, 0, 0, 0);
    let rows = tx.query(
        "SELECT form, COUNT(*), CAST(COALESCE(SUM(saved), 0) AS BIGINT) FROM city_card_issues WHERE service = $1 AND issued_at >= $2 GROUP BY form",
        &[service.into(), from.into()],
    )?;
    let mut all = Saved::default();
    for row in &rows {
        match row.text(0)? {
            "one_card" => {
                all.cards_not_issued = row.int(1)?;
                all.fees = Yen(row.int(2)?);
            }
            _ => all.own_cards = row.int(1)?,
        }
    }
    Ok(all)
}
