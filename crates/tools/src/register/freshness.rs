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

/// The freshness at `now`.
///
/// # Errors
/// [`StoreError`].
pub fn freshness(_tx: &mut Tx, _now: Timestamp) -> Result<Freshness, StoreError> {
    Err(StoreError::Closed)
}

/// Whether issuing is open at `now`: [`freshness`] within `minutes`.
///
/// # Errors
/// [`StoreError`].
pub fn is_fresh(tx: &mut Tx, now: Timestamp, minutes: u32) -> Result<bool, StoreError> {
    Ok(freshness(tx, now)?.is_fresh(minutes))
}
