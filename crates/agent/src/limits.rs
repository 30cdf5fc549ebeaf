//! How often somebody may knock. Everybody comes from this very machine, so there are two buckets: one for the pages of
//! paired servers and the agent's own, one for all other pages that happen to be open in a browser here.

use base::Timestamp;

/// Requests at once.
pub const BURST: i64 = 120;
/// Requests a minute after that. A page asks once a second whether the answer is there.
pub const PER_MINUTE: i64 = 240;
/// Requests at once of pages that nobody paired: they get nothing anyway.
pub const STRANGERS_BURST: i64 = 30;
/// Of theirs a minute after that.
pub const STRANGERS_PER_MINUTE: i64 = 60;
/// Wrong ids of pads and answers that are taken in a minute before even right ones must wait.
pub const WRONG_PER_MINUTE: i64 = 20;

/// A token bucket.
#[derive(Debug)]
pub struct Bucket {
    most: i64,
    per_minute: i64,
    milli: i64,
    at: Timestamp,
}

impl Bucket {
    /// A full one.
    pub const fn full(most: i64, per_minute: i64, now: Timestamp) -> Self {
        Self { most, per_minute, milli: most * 1000, at: now }
    }

    fn refill(&mut self, now: Timestamp) {
        // A clock that ran backwards gives nothing back.
        let passed = (now.micros() - self.at.micros()).clamp(0, 3_600_000_000);
        self.milli = (self.milli + passed * self.per_minute / 60_000).min(self.most * 1000);
        self.at = now;
    }

    /// Takes one; `false` when none is left.
    pub fn take(&mut self, now: Timestamp) -> bool {
        self.refill(now);
        let has_one = self.milli >= 1000;
        if has_one {
            self.milli -= 1000;
        }
        has_one
    }

    /// Whether none is left.
    pub fn is_empty(&mut self, now: Timestamp) -> bool {
        self.refill(now);
        self.milli < 1000
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_gives_back_what_was_taken() {
        let now = Timestamp::from_seconds(1000);
        let mut bucket = Bucket::full(2, 60, now);
        assert!(bucket.take(now) && bucket.take(now) && !bucket.take(now));
        assert!(bucket.is_empty(now.plus_seconds(-5)));
        assert!(bucket.take(now.plus_seconds(1)));
    }
}
