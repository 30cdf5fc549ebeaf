//! What one card for many saved: cards that were not made, and fees that were not asked for; counted from what was given.

use base::{Date, Timestamp, Yen};
use store::{StoreError, Tx};
use tools::effect_report::{self, CardsGiven};

use super::kept::Kept;

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

/// What each card saved in the months that the open page tells, by the names of its definition.
///
/// # Errors
/// The database of cards.
pub fn for_everybody(tx: &mut Tx<'_>, shown: &[Kept], today: Date) -> Result<Vec<CardsGiven>, StoreError> {
    let (from, to) = effect_report::span(today);
    let rows = tx.query(
        "SELECT service, COUNT(*), CAST(COALESCE(SUM(saved), 0) AS BIGINT), CAST(SUM(is_online) AS BIGINT) \
         FROM city_card_issues WHERE form = 'one_card' AND issued_at >= $1 AND issued_at < $2 \
         GROUP BY service ORDER BY service",
        &[Timestamp::in_japan(from, 0, 0, 0).into(), Timestamp::in_japan(to, 0, 0, 0).into()],
    )?;
    let mut all = Vec::new();
    for row in &rows {
        let key = row.text(0)?;
        let Some(kept) = shown.iter().find(|one| one.key == key) else { continue };
        let names = &kept.definition.names;
        all.push(CardsGiven {
            names: [&names.japanese, &names.easy, &names.english].map(Clone::clone),
            not_issued: row.int(1)?,
            yen: row.int(2)?,
            online: row.int(3)?,
        });
    }
    Ok(all)
}
