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
    let sql = "SELECT position, source_position, heartbeat, received FROM record_copy_feed WHERE kind = $1";
    let row = tx.query_one(sql, &[T::KIND.into()])?.ok_or(NO_FEED)?;
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
    let row = tx.query_one("SELECT generation FROM record_copy_feed WHERE kind = $1", &[T::KIND.into()])?;
    Ok(row.ok_or(NO_FEED)?.int(0)? > 0)
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
    tx.queue(
        "UPDATE record_copy_feed SET source_position = $1 WHERE kind = $2 AND source_position < $1",
        &[position.into(), T::KIND.into()],
    )?;
    tx.execute(
        "UPDATE record_copy_feed SET source = $1, heartbeat = $2, received = $3 \
         WHERE kind = $4 AND (heartbeat IS NULL OR heartbeat < $2)",
        &[source.into(), taken_at.into(), received.into(), T::KIND.into()],
    )?;
    Ok(())
}
