//! The inside half: what was chosen, sealed under the person; on which card it stands; taken away again.

use base::{Id, Timestamp};
use serde::{Deserialize, Serialize};
use store::sealing::{SealError, Vault};
use store::{StoreError, Tx};
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

/// Where a person's choice stands, without what was chosen.
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
    /// Taken away; a chip may still hold it.
    TakenAway {
        /// When.
        at: Timestamp,
    },
}

/// Where the choice of a person stands with one card. Reads nothing of what was chosen.
///
/// # Errors
/// The database.
pub fn standing(tx: &mut Tx<'_>, resident: &ResidentId, card: Id) -> Result<Option<Standing>, StoreError> {
    read(tx, resident, Some(&card.to_string()))
}

/// The same with whichever card it was written onto last.
///
/// # Errors
/// The database.
pub fn standing_anywhere(tx: &mut Tx<'_>, resident: &ResidentId) -> Result<Option<Standing>, StoreError> {
    read(tx, resident, None)
}

fn read(tx: &mut Tx<'_>, resident: &ResidentId, card: Option<&str>) -> Result<Option<Standing>, StoreError> {
    let sql = "SELECT CASE WHEN content IS NULL THEN 0 ELSE 1 END, chosen_at, written_at, written_card \
               FROM emergency_cards WHERE resident_id = $1";
    let Some(row) = tx.query_one(sql, &[resident.into()])? else { return Ok(None) };
    let (chosen_at, written_at) = (row.timestamp(1)?, row.opt_timestamp(2)?);
    let is_here = card.is_none() || row.opt_text(3)? == card;
    Ok(Some(match (row.int(0)?, written_at) {
        (0, _) => Standing::TakenAway { at: chosen_at },
        (_, Some(written_at)) if is_here && written_at >= chosen_at => Standing::Written { chosen_at, written_at },
        _ => Standing::Waits { chosen_at },
    }))
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
    let never = "DELETE FROM emergency_cards WHERE resident_id = $1 AND content IS NULL AND written_at IS NULL";
    tx.execute(never, &[resident.into()]).map(drop)
}

/// A chip may hold it from now on: whoever takes it away meanwhile has it taken from the chip too.
///
/// # Errors
/// The database.
pub fn about_to_write(tx: &mut Tx<'_>, resident: &ResidentId, chosen_at: Timestamp) -> Result<(), StoreError> {
    let sql = "UPDATE emergency_cards SET written_at = $2 WHERE resident_id = $1 AND written_at IS NULL";
    tx.execute(sql, &[resident.into(), before(chosen_at).into()]).map(drop)
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
    let this =
        "UPDATE emergency_cards SET written_at = $2, written_card = $3 WHERE resident_id = $1 AND chosen_at = $4";
    if tx.execute(this, &[resident.into(), at.into(), card.into(), chosen_at.into()])? == 0 {
        let older = "UPDATE emergency_cards SET written_at = $2, written_card = $3 WHERE resident_id = $1";
        tx.execute(older, &[resident.into(), before(chosen_at).into(), card.into()])?;
    }
    Ok(())
}

/// A moment at which no choice of `chosen_at` was on a chip.
const fn before(chosen_at: Timestamp) -> Timestamp {
    Timestamp::from_micros(chosen_at.micros() - 1)
}

/// The chip no longer holds what was taken away.
///
/// # Errors
/// The database.
pub fn gone_from_card(tx: &mut Tx<'_>, resident: &ResidentId) -> Result<(), StoreError> {
    let sql = "DELETE FROM emergency_cards WHERE resident_id = $1 AND content IS NULL";
    tx.execute(sql, &[resident.into()]).map(drop)
}
