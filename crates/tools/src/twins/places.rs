//! Places in the status list. Whether a paper was withdrawn is known to the outside already
//! ([`crate::relay::paper_status`]); a place ties it to one bit, and nothing else does.

use base::{Seams, Timestamp};
use pki::wallet::status_list::PLACES;
use store::{StoreError, Tx};

/// A list and a place in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Which list, from 0.
    pub list: i64,
    /// Which bit.
    pub place: i64,
}

/// Random places to try, drawn before the transaction: the closure may run twice.
#[derive(Clone, Debug)]
pub struct Draws(Vec<i64>);

impl Draws {
    /// Thirty-two: in a list that is half full all of them are taken once in four thousand million times.
    pub fn random(seams: &Seams) -> Self {
        Self((0..32).map(|_| i64::try_from(seams.random.below(PLACES)).unwrap_or(0)).collect())
    }
}

/// A random free place for a paper, in the newest list that is not half full. `None` when none of the draws is free.
///
/// # Errors
/// The database.
pub fn take(tx: &mut Tx<'_>, request_hash: &str, draws: &Draws, now: Timestamp) -> Result<Option<Place>, StoreError> {
    let half = i64::try_from(PLACES / 2).unwrap_or(i64::MAX);
    let taken = tx.query_one("SELECT COUNT(*) FROM twin_places", &[])?.map_or(Ok(0), |row| row.int(0))?;
    let list = taken / half;
    for &place in &draws.0 {
        let is_ours = tx.execute(
            "INSERT INTO twin_places (list, place, request_hash, taken_at) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (list, place) DO NOTHING",
            &[list.into(), place.into(), request_hash.into(), now.into()],
        )?;
        if is_ours == 1 {
            return Ok(Some(Place { list, place }));
        }
    }
    Ok(None)
}

/// The places of a list whose papers are not valid; `None` when there is no such list. List 0 is always there.
///
/// # Errors
/// The database.
pub fn invalid(tx: &mut Tx<'_>, list: i64) -> Result<Option<Vec<u64>>, StoreError> {
    let row = tx.query_one("SELECT place FROM twin_places WHERE list = $1 LIMIT 1", &[list.into()])?;
    if list != 0 && row.is_none() {
        return Ok(None);
    }
    let rows = tx.query(
        "SELECT p.place FROM twin_places p JOIN paper_status s ON s.request_hash = p.request_hash \
         WHERE p.list = $1 AND s.state = 'withdrawn' ORDER BY p.place",
        &[list.into()],
    )?;
    rows.iter().map(|row| Ok(row.int(0)?.unsigned_abs())).collect::<Result<_, StoreError>>().map(Some)
}
