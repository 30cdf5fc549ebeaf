//! Time as a value that is handed in. UTC microseconds inside, Japan Standard Time where people read it.

use std::sync::atomic::{AtomicI64, Ordering};

use crate::calendar::Date;

const MICROS_PER_SECOND: i64 = 1_000_000;
/// Japan Standard Time is UTC+9 all year round (標準時ニ関スル件, Imperial Ordinance 167 of 1895).
const JST_OFFSET_SECONDS: i64 = 9 * 3600;

/// An instant: microseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(i64);

/// A clock reading in Japan, for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct JapanTime {
    /// Calendar date in Japan.
    pub date: Date,
    /// Hour 0–23.
    pub hour: u8,
    /// Minute 0–59.
    pub minute: u8,
    /// Second 0–59.
    pub second: u8,
}

impl Timestamp {
    /// From UTC microseconds, as stored in the database.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// From UTC seconds.
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(MICROS_PER_SECOND))
    }

    /// The first instant of `date` in Japan plus a time of day.
    pub fn in_japan(date: Date, hour: u8, minute: u8, second: u8) -> Self {
        let seconds =
            date.days_since_epoch() * 86_400 + i64::from(hour) * 3600 + i64::from(minute) * 60 + i64::from(second)
                - JST_OFFSET_SECONDS;
        Self::from_seconds(seconds)
    }

    /// UTC microseconds, as stored in the database.
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// Whole UTC seconds, rounded down.
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(MICROS_PER_SECOND)
    }

    /// This instant moved by `seconds` (negative: earlier). Saturates at the ends of time.
    pub const fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(MICROS_PER_SECOND)))
    }

    /// This instant moved by `millis`.
    pub const fn plus_millis(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis.saturating_mul(1000)))
    }

    /// Seconds from `earlier` to `self`; negative when `earlier` is in fact later.
    pub const fn seconds_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0).div_euclid(MICROS_PER_SECOND)
    }

    /// The calendar date in Japan at this instant.
    pub fn date_in_japan(self) -> Date {
        self.japan_time().date
    }

    /// Date and time of day in Japan at this instant.
    pub fn japan_time(self) -> JapanTime {
        let local = self.seconds().saturating_add(JST_OFFSET_SECONDS);
        let day_seconds = local.rem_euclid(86_400);
        JapanTime {
            date: Date::from_days_since_epoch(local.div_euclid(86_400)),
            hour: (day_seconds / 3600) as u8,
            minute: (day_seconds / 60 % 60) as u8,
            second: (day_seconds % 60) as u8,
        }
    }
}

/// Prints RFC 3339 in UTC with microseconds: `2026-11-23T04:05:06.000007Z`.
impl std::fmt::Display for Timestamp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let date = Date::from_days_since_epoch(self.seconds().div_euclid(86_400));
        let s = self.seconds().rem_euclid(86_400);
        let micros = self.0.rem_euclid(MICROS_PER_SECOND);
        write!(f, "{date}T{:02}:{:02}:{:02}.{micros:06}Z", s / 3600, s / 60 % 60, s % 60)
    }
}

/// Anything that can tell the time.
pub trait Clock: Send + Sync {
    /// The present instant. May run backwards on a real machine; callers must not assume otherwise.
    fn now(&self) -> Timestamp;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let micros = match std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH) {
            Ok(after) => i64::try_from(after.as_micros()).unwrap_or(i64::MAX),
            Err(before) => -i64::try_from(before.duration().as_micros()).unwrap_or(i64::MAX),
        };
        Timestamp(micros)
    }
}

/// A clock that stands still until a test moves it, forwards or backwards.
#[derive(Debug)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    /// A clock standing at `start`.
    pub fn starting_at(start: Timestamp) -> Self {
        Self(AtomicI64::new(start.micros()))
    }

    /// Moves the clock by `seconds` (negative: backwards).
    pub fn advance_seconds(&self, seconds: i64) {
        self.0.fetch_add(seconds * MICROS_PER_SECOND, Ordering::SeqCst);
    }

    /// Sets the clock.
    pub fn set(&self, to: Timestamp) {
        self.0.store(to.micros(), Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn midnight_in_japan_is_fifteen_hundred_utc_the_day_before() {
        let date = Date::new(2026, 11, 23).unwrap();
        let midnight = Timestamp::in_japan(date, 0, 0, 0);
        assert_eq!(midnight.to_string(), "2026-11-22T15:00:00.000000Z");
        assert_eq!(midnight.date_in_japan(), date);
        assert_eq!(midnight.plus_seconds(-1).date_in_japan(), Date::new(2026, 11, 22).unwrap());
    }

    #[test]
    fn a_manual_clock_may_run_backwards() {
        let clock = ManualClock::starting_at(Timestamp::from_seconds(100));
        clock.advance_seconds(-40);
        assert_eq!(clock.now().seconds(), 60);
    }
}
