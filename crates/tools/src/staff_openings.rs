//! What two persons allowed about openings of doors (開けた記録を残す日数): that they are kept for fewer days than before.
//!
//! ```text
//!   one asks: propose ─► the second approves: allow ─► the personnel office's service takes it over: allowed, done
//! ```
//! Approvals lie in the database of the inside, the setting in the one of cards: what is allowed waits here until it is taken
//! over, so that nothing is lost between the two.

use base::{Id, Timestamp};
use store::{Row, StoreError, Tx};

/// A wish to keep openings for fewer days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shortening {
    /// The days when it was asked for.
    pub was: i64,
    /// The days that were asked for.
    pub days: i64,
}

fn read(row: &Row, at: usize) -> Result<Shortening, StoreError> {
    Ok(Shortening { was: row.int(at)?, days: row.int(at + 1)? })
}

/// Keeps a wish that waits for a second person.
///
/// # Errors
/// The database.
pub fn propose(tx: &mut Tx<'_>, id: Id, wish: Shortening) -> Result<(), StoreError> {
    let sql = "INSERT INTO staff_openings_days (proposal_id, was, days) VALUES ($1, $2, $3)";
    tx.execute(sql, &[id.into(), wish.was.into(), wish.days.into()]).map(drop)
}

/// The wish of this proposal.
///
/// # Errors
/// The database.
pub fn proposal(tx: &mut Tx<'_>, id: Id) -> Result<Option<Shortening>, StoreError> {
    let sql = "SELECT was, days FROM staff_openings_days WHERE proposal_id = $1";
    tx.query_one(sql, &[id.into()])?.as_ref().map(|row| read(row, 0)).transpose()
}

/// The second person approved.
///
/// # Errors
/// The database.
pub fn allow(tx: &mut Tx<'_>, now: Timestamp, id: Id) -> Result<(), StoreError> {
    let sql = "UPDATE staff_openings_days SET allowed_at = $2 WHERE proposal_id = $1 AND allowed_at IS NULL";
    tx.execute(sql, &[id.into(), now.into()]).map(drop)
}

/// What is allowed and not taken over yet, oldest first.
///
/// # Errors
/// The database.
pub fn allowed(tx: &mut Tx<'_>) -> Result<Vec<(Id, Shortening)>, StoreError> {
    let sql = "SELECT proposal_id, was, days FROM staff_openings_days WHERE allowed_at IS NOT NULL AND done_at IS NULL \
               ORDER BY allowed_at, proposal_id";
    tx.query(sql, &[])?.iter().map(|row| Ok((row.id(0)?, read(row, 1)?))).collect()
}

/// It is taken over.
///
/// # Errors
/// The database.
pub fn done(tx: &mut Tx<'_>, now: Timestamp, id: Id) -> Result<(), StoreError> {
    let sql = "UPDATE staff_openings_days SET done_at = $2 WHERE proposal_id = $1";
    tx.execute(sql, &[id.into(), now.into()]).map(drop)
}
