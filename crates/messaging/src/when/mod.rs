//! When a person may be told: quiet hours, digests, retries. Pure: the present and the person's wishes in, a moment out.
//!
//! ```text
//!  urgency notice ─▶ digest window (09:00) ─┐
//!  due · legal ─────────────────────────────┴▶ outside quiet hours ─▶ due moment
//!  emergency ─────────────────────────────────────────────────────▶ now
//! ```

mod digest;
mod quiet;
mod retry;
mod zone;

pub use digest::{DIGEST_ITEMS, Digest, bounded};
pub use quiet::{Minute, QuietHours};
pub use retry::{GIVE_UP_SECONDS, MOST_WAIT_SECONDS, next_try};
pub use zone::{Zone, ZoneFault};

use base::Timestamp;

use crate::Urgency;

/// How a person wishes to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wishes {
    /// Hours without a sound; `None`: any hour.
    pub quiet: Option<QuietHours>,
    /// Notices at once or together.
    pub digest: Digest,
    /// Where the person's clock stands.
    pub zone: Zone,
}

impl Default for Wishes {
    /// 21:00 to 08:00 in Japan quiet, notices at once.
    fn default() -> Self {
        Self { quiet: Some(QuietHours::default()), digest: Digest::AtOnce, zone: Zone::tokyo() }
    }
}

/// The first moment from `now` at which something of this urgency may be told. Deferral, never dropping.
pub fn next_allowed(now: Timestamp, urgency: Urgency, wishes: &Wishes) -> Timestamp {
    let after_digest = match urgency {
        Urgency::Emergency => return now,
        Urgency::Due | Urgency::Legal => now,
        Urgency::Notice => wishes.digest.window(now, &wishes.zone),
    };
    wishes.quiet.map_or(after_digest, |quiet| quiet.end_if_quiet(after_digest, &wishes.zone))
}

#[cfg(test)]
mod tests {
    use base::Date;

    use super::*;

    fn at(day: i8, hour: u8, minute: u8) -> Timestamp {
        Timestamp::in_japan(Date::new(2026, 11, day).unwrap(), hour, minute, 0)
    }

    #[test]
    fn night_waits_for_eight_and_an_emergency_for_nobody() {
        let wishes = Wishes::default();
        for urgency in [Urgency::Notice, Urgency::Due, Urgency::Legal] {
            assert_eq!(next_allowed(at(23, 22, 30), urgency, &wishes), at(24, 8, 0));
            assert_eq!(next_allowed(at(23, 7, 59), urgency, &wishes), at(23, 8, 0));
            assert_eq!(next_allowed(at(23, 8, 0), urgency, &wishes), at(23, 8, 0));
            assert_eq!(next_allowed(at(23, 20, 59), urgency, &wishes), at(23, 20, 59));
            assert_eq!(next_allowed(at(23, 21, 0), urgency, &wishes), at(24, 8, 0));
        }
        assert_eq!(next_allowed(at(23, 2, 0), Urgency::Emergency, &wishes), at(23, 2, 0));
    }

    #[test]
    fn only_notices_wait_for_the_digest() {
        let wishes = Wishes { digest: Digest::Daily, ..Wishes::default() };
        assert_eq!(next_allowed(at(23, 10, 0), Urgency::Notice, &wishes), at(24, 9, 0));
        assert_eq!(next_allowed(at(23, 10, 0), Urgency::Due, &wishes), at(23, 10, 0));
        // Who sleeps by day is told in the evening.
        let quiet = QuietHours::new(Minute::at(6, 0).unwrap(), Minute::at(15, 0).unwrap());
        let wishes = Wishes { digest: Digest::Daily, quiet: Some(quiet), ..Wishes::default() };
        assert_eq!(next_allowed(at(23, 10, 0), Urgency::Notice, &wishes), at(24, 15, 0));
    }
}
