//! Where a person's clock stands. Japan has one time and no summer time; people abroad have others.

use base::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// A time zone: Japan's, or a rule in POSIX form such as `EST5EDT,M3.2.0,M11.1.0`, which needs no table of the world.
#[derive(Clone, PartialEq, Eq)]
pub struct Zone {
    name: String,
    zone: TimeZone,
}

/// Not a time zone this program knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not Asia/Tokyo and not a POSIX time zone rule")]
pub struct ZoneFault;

const TOKYO: &str = "Asia/Tokyo";

impl Zone {
    /// Japan Standard Time.
    pub fn tokyo() -> Self {
        Self { name: TOKYO.to_owned(), zone: TimeZone::fixed(jiff::tz::offset(9)) }
    }

    /// Reads a zone as stored.
    ///
    /// # Errors
    /// [`ZoneFault`].
    pub fn parse(name: &str) -> Result<Self, ZoneFault> {
        if name == TOKYO {
            return Ok(Self::tokyo());
        }
        if name.len() > 64 {
            return Err(ZoneFault);
        }
        let zone = TimeZone::posix(name).map_err(|_| ZoneFault)?;
        Ok(Self { name: name.to_owned(), zone })
    }

    /// As [`Zone::parse`] reads it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What a clock on the wall shows.
    pub(super) fn wall(&self, at: Timestamp) -> DateTime {
        let stamp = jiff::Timestamp::from_microsecond(at.micros()).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        self.zone.to_datetime(stamp)
    }

    /// The first moment, not before `from`, at which the wall shows `wall`. An hour that is skipped counts as the hour
    /// after it; of an hour that comes twice the first is taken that has not passed.
    pub(super) fn moment(&self, wall: DateTime, from: Timestamp) -> Timestamp {
        let both = self.zone.to_ambiguous_timestamp(wall);
        let micros = |found: Result<jiff::Timestamp, jiff::Error>| {
            found.map_or(from, |found| Timestamp::from_micros(found.as_microsecond()))
        };
        let first = micros(both.compatible());
        if first >= from { first } else { micros(both.later()).max(from) }
    }
}

impl std::fmt::Debug for Zone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.name)
    }
}
