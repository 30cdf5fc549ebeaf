//! How old the register is.
//!
//! The source system writes a heartbeat (position and time) even when nothing changed. Issuing closes when the last one
//! is older than the configured minutes, when a change before it has not been applied, or when the clock says it lies
//! in the future (a clock that ran backwards must not make old data look fresh).

use base::Timestamp;
use store::{StoreError, Tx};

/// A heartbeat may lie this far in the future before it is not believed: two machines' clocks differ a little.
pub const CLOCK_SKEW_SECONDS: i64 = 120;

/// How far the register has come and how old that is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Freshness {
    /// Position of the last change applied. 0 before the first load.
    pub position: i64,
    /// Position the source has reached according to its last heartbeat.
    pub source_position: i64,
    /// When the source wrote that heartbeat; `None` before the first load.
    pub heartbeat: Option<Timestamp>,
    /// Seconds since the heartbeat; negative when it lies in the future.
    pub age_seconds: i64,
    /// Changes received that wait for an earlier one.
    pub waiting: i64,
}

impl Freshness {
    /// Whether a certificate may be issued: everything the source has committed is here, and it said so within
    /// `minutes`.
    pub fn is_fresh(&self, minutes: u32) -> bool {
        self.heartbeat.is_some()
            && self.position >= self.source_position
            && self.age_seconds >= -CLOCK_SKEW_SECONDS
            && self.age_seconds <= i64::from(minutes) * 60
    }
}

/// Seconds since the heartbeat, given when it arrived by our own clock.
pub(crate) fn age_seconds(now: Timestamp, heartbeat: Option<Timestamp>, received: Option<Timestamp>) -> i64 {
    // Our own clock running backwards since the heartbeat came would make it look younger than it is: the time before
    // its arrival counts as the future.
    let arrived = received.max(heartbeat);
    match (heartbeat, arrived) {
        (Some(_), Some(arrived)) if now.seconds_since(arrived) < -CLOCK_SKEW_SECONDS => now.seconds_since(arrived),
        (Some(heartbeat), _) => now.seconds_since(heartbeat),
        _ => i64::MAX,
    }
}

/// The freshness at `now`.
///
/// # Errors
/// [`StoreError`].
pub fn freshness(tx: &mut Tx, now: Timestamp) -> Result<Freshness, StoreError> {
    let sql = "SELECT f.position, f.source_position, f.heartbeat, f.received, \
               (SELECT COUNT(*) FROM register_changes c WHERE c.state = 'waiting') FROM register_feed f WHERE f.id = 1";
    let row = tx.query_one(sql, &[])?.ok_or(StoreError::Column { column: 0, wanted: "the register's feed" })?;
    let heartbeat = row.opt_timestamp(2)?;
    let age_seconds = age_seconds(now, heartbeat, row.opt_timestamp(3)?);
    Ok(Freshness { position: row.int(0)?, source_position: row.int(1)?, heartbeat, age_seconds, waiting: row.int(4)? })
}

/// Records that the source said, at `taken_at`, that it stands at `position`. An older or repeated heartbeat changes
/// nothing, so files may come in any order. `received` is our own clock.
///
/// # Errors
/// [`StoreError`].
pub fn record_heartbeat(
    tx: &mut Tx,
    source: &str,
    position: i64,
    taken_at: Timestamp,
    received: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE register_feed SET source = $1, heartbeat = $2, received = $3, \
         source_position = CASE WHEN source_position > $4 THEN source_position ELSE $4 END \
         WHERE id = 1 AND (heartbeat IS NULL OR heartbeat < $2)",
        &[source.into(), taken_at.into(), received.into(), position.into()],
    )?;
    Ok(())
}

/// Whether issuing is open at `now`: [`freshness`] within `minutes`.
///
/// # Errors
/// [`StoreError`].
pub fn is_fresh(tx: &mut Tx, now: Timestamp, minutes: u32) -> Result<bool, StoreError> {
    Ok(freshness(tx, now)?.is_fresh(minutes))
}
