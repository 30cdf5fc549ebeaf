//! How old a copy is. Each kind has its own heartbeat: its source is another system than that of the residents, and may stop
//! alone.

use base::Timestamp;
use store::{StoreError, Tx};

use super::Copied;
use crate::register::Freshness;
use crate::register::freshness::age_seconds;

const NO_FEED: StoreError = StoreError::Column { column: 0, wanted: "the copy's feed" };

/// The freshness of the copy of `T` at `now`. Nothing waits here: a difference that does not follow is not taken.
///
/// # Errors
/// [`StoreError`].
pub fn freshness<T: Copied>(tx: &mut Tx, now: Timestamp) -> Result<Freshness, StoreError> {
    let row = tx.query_one(T::LEDGER.freshness, &[])?.ok_or(NO_FEED)?;
    let heartbeat = row.opt_timestamp(2)?;
    let age_seconds = age_seconds(now, heartbeat, row.opt_timestamp(3)?);
    Ok(Freshness { position: row.int(0)?, source_position: row.int(1)?, heartbeat, age_seconds, waiting: 0 })
}

/// Whether certificates from the copy of `T` may be given at `now`: [`freshness`] within `minutes`.
///
/// # Errors
/// [`StoreError`].
pub fn is_fresh<T: Copied>(tx: &mut Tx, now: Timestamp, minutes: u32) -> Result<bool, StoreError> {
    Ok(freshness::<T>(tx, now)?.is_fresh(minutes))
}

/// Whether the city has ever handed such records over.
///
/// # Errors
/// [`StoreError`].
pub fn is_loaded<T: Copied>(tx: &mut Tx) -> Result<bool, StoreError> {
    Ok(feed::<T>(tx)?.0 > 0)
}

/// Generation shown, source and position.
pub(super) fn feed<T: Copied>(tx: &mut Tx) -> Result<(i64, String, i64), StoreError> {
    let row = tx.query_one(T::LEDGER.feed, &[])?.ok_or(NO_FEED)?;
    Ok((row.int(0)?, row.text(1)?.to_owned(), row.int(2)?))
}

/// The source says, at `now`, that it is there and that nothing changed; nothing where it never handed anything over. For
/// the demo's simulated sources.
///
/// # Errors
/// [`StoreError`].
pub fn renew<T: Copied>(tx: &mut Tx, now: Timestamp) -> Result<(), StoreError> {
    tx.execute(T::LEDGER.renew, &[now.into()]).map(drop)
}

/// Records that the source said, at `taken_at`, that it stands at `position`. An older or repeated heartbeat changes
/// nothing but what we know of the position. `received` is our own clock.
///
/// # Errors
/// [`StoreError`].
pub fn record_heartbeat<T: Copied>(
    tx: &mut Tx,
    source: &str,
    position: i64,
    taken_at: Timestamp,
    received: Timestamp,
) -> Result<(), StoreError> {
    // That the source is ahead of us is known however the clocks stand: it closes until we have caught up (I8).
    tx.queue(T::LEDGER.raise_source_position, &[position.into()])?;
    tx.execute(T::LEDGER.heartbeat, &[source.into(), taken_at.into(), received.into()]).map(drop)
}
