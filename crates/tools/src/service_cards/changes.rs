//! What happened to a service's cards since a place in its record: for systems that follow it.

use base::{Id, Timestamp};
use store::sealing::Vault;
use store::{StoreError, Tx};

use super::{CardError, CardStatus, ServiceCard};

/// Where a follower stands: after this moment and event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// When the last event it has seen happened.
    pub at: Timestamp,
    /// That event.
    pub event: Id,
}

/// Something that happened, and the card as it stands now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Where to go on after it.
    pub cursor: Cursor,
    /// Where the card stood from then on.
    pub status: CardStatus,
    /// Why, in a word.
    pub why: String,
    /// The card.
    pub card: ServiceCard,
}

/// What happened to cards of `service` from `since` (or after `after`) until before `until`, oldest first, at most `limit`.
///
/// # Errors
/// The database or the key store.
pub fn changes(
    tx: &mut Tx<'_>,
    vault: &Vault,
    service: &str,
    after: Cursor,
    until: Timestamp,
    limit: i64,
) -> Result<Vec<Change>, CardError> {
    let rows = tx.query(
        "SELECT e.event_id, e.happened_at, e.status, e.why, e.card_id FROM service_card_events e \
         JOIN service_cards c ON c.card_id = e.card_id \
         WHERE c.service = $1 AND e.happened_at < $2 AND (e.happened_at > $3 OR (e.happened_at = $3 AND e.event_id > $4)) \
         ORDER BY e.happened_at, e.event_id LIMIT $5",
        &[service.into(), until.into(), after.at.into(), after.event.into(), limit.into()],
    )?;
    let mut all = Vec::with_capacity(rows.len());
    for row in &rows {
        let status = CardStatus::from_code(row.text(2)?);
        let Some(card) = super::get(tx, vault, service, row.id(4)?)? else { continue };
        all.push(Change {
            cursor: Cursor { at: row.timestamp(1)?, event: row.id(0)? },
            status: status.ok_or(StoreError::Column { column: 2, wanted: "a status" })?,
            why: row.text(3)?.to_owned(),
            card,
        });
    }
    Ok(all)
}

impl Cursor {
    /// Before everything that happened from `at` on.
    pub fn from(at: Timestamp) -> Self {
        Self { at: Timestamp::from_micros(at.micros() - 1), event: Id::from_bytes([0xFF; 16]) }
    }
}
