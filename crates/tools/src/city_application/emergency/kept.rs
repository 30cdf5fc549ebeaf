//! The inside half: what was chosen, sealed under the person; on which cards it stands; taken away again, from each.

use base::{Id, Timestamp};
use serde::{Deserialize, Serialize};
use store::sealing::{SealError, Vault};
use store::{Row, StoreError, Tx};
use zeroize::Zeroizing;

use super::Choice;
use crate::access::PersonAccess;
use crate::city_application::Fault;
use crate::resident_id::ResidentId;

const COLUMN: &str = "emergency_cards.content";

/// What is kept.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    /// What was chosen.
    pub choice: Choice,
    /// The chip's file, as it was shown to the person.
    pub text: String,
}

impl std::fmt::Debug for Content {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Content(<personal>)")
    }
}

/// Where a person's choice stands with one card, without what was chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Chosen, and on this very card since.
    Written {
        /// When it was chosen.
        chosen_at: Timestamp,
        /// When it was written.
        written_at: Timestamp,
    },
    /// Chosen, and not on this card yet, or an older one is.
    Waits {
        /// When it was chosen.
        chosen_at: Timestamp,
    },
    /// Taken away; this chip may still hold it.
    TakenAway {
        /// When.
        at: Timestamp,
    },
}

/// A card that holds, or may hold, what a person chose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Copy {
    /// The card as the list of loaded cards knows it.
    pub card: Id,
    /// When what it holds was chosen.
    pub chosen_at: Timestamp,
    /// When it was written; [`None`] while it is, or where that was cut.
    pub written_at: Option<Timestamp>,
    /// When the application was put onto the card.
    pub loaded_at: Timestamp,
}

/// Where the choice of a person stands with one card. Reads nothing of what was chosen.
///
/// # Errors
/// The database.
pub fn standing(tx: &mut Tx<'_>, resident: &ResidentId, card: Id) -> Result<Option<Standing>, StoreError> {
    let sql = "SELECT CASE WHEN e.content IS NULL THEN 0 ELSE 1 END, e.chosen_at, c.card_id, c.chosen_at, c.written_at \
               FROM emergency_cards e LEFT JOIN emergency_card_copies c \
               ON c.resident_id = e.resident_id AND c.card_id = $2 WHERE e.resident_id = $1";
    let Some(row) = tx.query_one(sql, &[resident.into(), card.into()])? else { return Ok(None) };
    let chosen_at = row.timestamp(1)?;
    if row.int(0)? == 0 {
        return Ok(row.opt_text(2)?.map(|_| Standing::TakenAway { at: chosen_at }));
    }
    Ok(Some(match row.opt_timestamp(4)? {
        Some(written_at) if row.opt_timestamp(3)? == Some(chosen_at) => Standing::Written { chosen_at, written_at },
        _ => Standing::Waits { chosen_at },
    }))
}

/// Whether a person's choice is kept. Reads nothing of it.
///
/// # Errors
/// The database.
pub fn is_chosen(tx: &mut Tx<'_>, resident: &ResidentId) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM emergency_cards WHERE resident_id = $1 AND content IS NOT NULL";
    Ok(tx.query_one(sql, &[resident.into()])?.is_some())
}

/// Every card that may hold what a person chose, the one loaded last first.
///
/// # Errors
/// The database.
pub fn copies(tx: &mut Tx<'_>, resident: &ResidentId) -> Result<Vec<Copy>, StoreError> {
    let sql = "SELECT c.card_id, c.chosen_at, c.written_at, a.begun_at FROM emergency_card_copies c \
               JOIN city_application_cards a ON a.card_id = c.card_id WHERE c.resident_id = $1 \
               ORDER BY a.begun_at DESC, c.card_id";
    let read = |row: &Row| {
        let (card, chosen_at) = (row.id(0)?, row.timestamp(1)?);
        Ok(Copy { card, chosen_at, written_at: row.opt_timestamp(2)?, loaded_at: row.timestamp(3)? })
    };
    tx.query(sql, &[resident.into()])?.iter().map(read).collect()
}

/// What the person chose, and when.
///
/// # Errors
/// The database or the key store.
pub fn chosen(tx: &mut Tx<'_>, vault: &Vault, access: &PersonAccess) -> Result<Option<(Content, Timestamp)>, Fault> {
    let who = access.subject();
    let row = tx.query_one("SELECT content, chosen_at FROM emergency_cards WHERE resident_id = $1", &[who.into()])?;
    let Some(row) = row else { return Ok(None) };
    let Some(sealed) = row.opt_blob(0)? else { return Ok(None) };
    let plain = Zeroizing::new(vault.open_sealed(who.as_str(), COLUMN, sealed)?);
    let content =
        serde_json::from_slice(&plain).map_err(|_| StoreError::Column { column: 0, wanted: "an emergency card" })?;
    Ok(Some((content, row.timestamp(1)?)))
}

/// Keeps a choice in the place of the one before. An older word never undoes a newer one.
///
/// # Errors
/// The database or the key store.
pub fn choose(
    tx: &mut Tx<'_>,
    vault: &Vault,
    access: &PersonAccess,
    content: &Content,
    at: Timestamp,
) -> Result<bool, Fault> {
    let who = access.subject();
    let plain = serde_json::to_vec(content).map(Zeroizing::new).map_err(|_| SealError::Altered)?;
    let sealed = vault.seal(who.as_str(), COLUMN, &plain)?;
    let changed = tx.execute(
        "INSERT INTO emergency_cards (resident_id, content, chosen_at) VALUES ($1, $2, $3) \
         ON CONFLICT (resident_id) DO UPDATE SET content = $2, chosen_at = $3 WHERE emergency_cards.chosen_at <= $3",
        &[who.into(), sealed.as_slice().into(), at.into()],
    )?;
    Ok(changed > 0)
}

/// Takes a choice away: what was chosen is gone at once. A row without it stays only while a chip may hold it.
///
/// # Errors
/// The database.
pub fn take_away(tx: &mut Tx<'_>, resident: &ResidentId, at: Timestamp) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE emergency_cards SET content = NULL, chosen_at = $2 WHERE resident_id = $1 AND chosen_at <= $2",
        &[resident.into(), at.into()],
    )?;
    forget_if_nowhere(tx, resident)
}

fn forget_if_nowhere(tx: &mut Tx<'_>, resident: &ResidentId) -> Result<(), StoreError> {
    let sql = "DELETE FROM emergency_cards WHERE resident_id = $1 AND content IS NULL \
               AND NOT EXISTS (SELECT 1 FROM emergency_card_copies c WHERE c.resident_id = $1)";
    tx.execute(sql, &[resident.into()]).map(drop)
}

/// This chip may hold it from now on: whoever takes it away meanwhile has it taken from the chip too.
///
/// # Errors
/// The database.
pub fn about_to_write(
    tx: &mut Tx<'_>,
    resident: &ResidentId,
    card: Id,
    chosen_at: Timestamp,
) -> Result<(), StoreError> {
    put(tx, resident, card, chosen_at, None)
}

/// What was chosen at `chosen_at` is on this card now. What was chosen meanwhile waits.
///
/// # Errors
/// The database.
pub fn written(
    tx: &mut Tx<'_>,
    resident: &ResidentId,
    card: Id,
    (chosen_at, at): (Timestamp, Timestamp),
) -> Result<(), StoreError> {
    put(tx, resident, card, chosen_at, Some(at))?;
    untold(tx, resident, at)
}

fn put(
    tx: &mut Tx<'_>,
    resident: &ResidentId,
    card: Id,
    chosen_at: Timestamp,
    written_at: Option<Timestamp>,
) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO emergency_card_copies (resident_id, card_id, chosen_at, written_at) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (resident_id, card_id) DO UPDATE SET chosen_at = $3, written_at = $4",
        &[resident.into(), card.into(), chosen_at.into(), written_at.into()],
    )
    .map(drop)
}

/// This chip no longer holds what was chosen. Other cards of the person are not touched by it.
///
/// # Errors
/// The database.
pub fn gone_from_card(tx: &mut Tx<'_>, resident: &ResidentId, card: Id, at: Timestamp) -> Result<(), StoreError> {
    let sql = "DELETE FROM emergency_card_copies WHERE resident_id = $1 AND card_id = $2";
    if tx.execute(sql, &[resident.into(), card.into()])? == 0 {
        return Ok(());
    }
    forget_if_nowhere(tx, resident)?;
    untold(tx, resident, at)
}

/// Whose choice this card holds, or may hold.
///
/// # Errors
/// The database.
pub fn whose_copy(tx: &mut Tx<'_>, card: Id) -> Result<Option<ResidentId>, StoreError> {
    let row = tx.query_one("SELECT resident_id FROM emergency_card_copies WHERE card_id = $1", &[card.into()])?;
    row.as_ref().map(resident_in).transpose()
}

fn resident_in(row: &Row) -> Result<ResidentId, StoreError> {
    ResidentId::parse(row.text(0)?).map_err(|_| StoreError::Column { column: 0, wanted: "a resident" })
}

/// Notes, in the transaction of its cause, that the person's portal is to be told.
fn untold(tx: &mut Tx<'_>, resident: &ResidentId, at: Timestamp) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO emergency_card_untold (resident_id, changed_at) VALUES ($1, $2) \
         ON CONFLICT (resident_id) DO UPDATE SET changed_at = $2",
        &[resident.into(), at.into()],
    )
    .map(drop)
}

/// Whose portal is to be told; each goes from the list with this.
///
/// # Errors
/// The database.
pub fn take_untold(tx: &mut Tx<'_>, most: i64) -> Result<Vec<ResidentId>, StoreError> {
    let rows =
        tx.query("SELECT resident_id FROM emergency_card_untold ORDER BY changed_at LIMIT $1", &[most.into()])?;
    let all = rows.iter().map(resident_in).collect::<Result<Vec<_>, _>>()?;
    for one in &all {
        tx.execute("DELETE FROM emergency_card_untold WHERE resident_id = $1", &[one.into()])?;
    }
    Ok(all)
}
