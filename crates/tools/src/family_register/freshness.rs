//! How old the copy of the family registers is. Its own heartbeat: the family register system is another one than that of
//! the residents, and may stop alone.

use base::Timestamp;
use store::{StoreError, Tx};

use crate::register::Freshness;
use crate::register::freshness::age_seconds;

/// The freshness of the family registers at `now`. Nothing waits here: a difference that does not follow is not taken.
///
/// # Errors
/// [`StoreError`].
pub fn freshness(tx: &mut Tx, now: Timestamp) -> Result<Freshness, StoreError> {
    let sql = "SELECT position, source_position, heartbeat, received FROM family_register_feed WHERE id = 1";
    let row = tx.query_one(sql, &[])?.ok_or(StoreError::Column { column: 0, wanted: "the family registers' feed" })?;
    let heartbeat = row.opt_timestamp(2)?;
    let age_seconds = age_seconds(now, heartbeat, row.opt_timestamp(3)?);
    Ok(Freshness { position: row.int(0)?, source_position: row.int(1)?, heartbeat, age_seconds, waiting: 0 })
}

/// Whether issuing is open at `now`: [`freshness`] within `minutes`.
///
/// # Errors
/// [`StoreError`].
pub fn is_fresh(tx: &mut Tx, now: Timestamp, minutes: u32) -> Result<bool, StoreError> {
    Ok(freshness(tx, now)?.is_fresh(minutes))
}

/// Whether the city has ever handed family registers over.
///
/// # Errors
/// [`StoreError`].
pub fn is_loaded(tx: &mut Tx) -> Result<bool, StoreError> {
    let row = tx.query_one("SELECT generation FROM family_register_feed WHERE id = 1", &[])?;
    Ok(row.map_or(Ok(0), |row| row.int(0))? > 0)
}

/// The source says, at `now`, that it is there and that nothing changed. For the demo's simulated source.
///
/// # Errors
/// [`StoreError`].
pub fn renew(tx: &mut Tx, now: Timestamp) -> Result<(), StoreError> {
    let sql = "UPDATE family_register_feed SET heartbeat = $1, received = $1 \
               WHERE id = 1 AND generation > 0 AND (heartbeat IS NULL OR heartbeat < $1)";
    tx.execute(sql, &[now.into()]).map(drop)
}

/// Records that the source said, at `taken_at`, that it stands at `position`. An older or repeated heartbeat changes
/// nothing but what we know of the position.
pub(super) fn record_heartbeat(
    tx: &mut Tx,
    source: &str,
    position: i64,
    taken_at: Timestamp,
    received: Timestamp,
) -> Result<(), StoreError> {
    // That the source is ahead of us is known however the clocks stand: it closes until we have caught up (I8).
    tx.queue(
        "UPDATE family_register_feed SET source_position = $1 WHERE id = 1 AND source_position < $1",
        &[position.into()],
    )?;
    tx.execute(
        "UPDATE family_register_feed SET source = $1, heartbeat = $2, received = $3 \
         WHERE id = 1 AND (heartbeat IS NULL OR heartbeat < $2)",
        &[source.into(), taken_at.into(), received.into()],
    )?;
    Ok(())
}
