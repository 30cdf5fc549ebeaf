//! When a campaign stops itself: too many addresses that do not exist, or too many who say 関係ない.
//!
//! Shares are taken of what was handed over, but of no less than [`SAMPLE`]: with a smaller sample the first three replies
//! would decide. So within the first thousand fifty hard bounces stop it, or ten 関係ない; after that 5 % and 1 %.

/// The smallest whole of which shares are taken.
pub const SAMPLE: u64 = 1000;
/// Hard bounces in a hundred that stop it.
pub const HARD_PERCENT: u64 = 5;
/// 関係ない in a hundred that stop it.
pub const IRRELEVANT_PERCENT: u64 = 1;

/// Counters of one campaign; each only ever grows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Handed to a channel.
    pub handed_over: u64,
    /// Came back for good.
    pub hard_bounces: u64,
    /// Persons who pressed 関係ない.
    pub irrelevant: u64,
}

/// Why it stops. Staff look at it, and resume or end it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stop {
    /// Too many addresses that do not exist.
    HardBounces,
    /// It reached the wrong people.
    Irrelevant,
}

impl Stop {
    /// The word in rows.
    pub const fn word(self) -> &'static str {
        match self {
            Self::HardBounces => "hard-bounces",
            Self::Irrelevant => "irrelevant",
        }
    }
}

/// Whether it stops now.
pub const fn judge(counters: Counters) -> Option<Stop> {
    let whole = if counters.handed_over < SAMPLE { SAMPLE } else { counters.handed_over };
    if reaches(counters.hard_bounces, HARD_PERCENT, whole) {
        Some(Stop::HardBounces)
    } else if reaches(counters.irrelevant, IRRELEVANT_PERCENT, whole) {
        Some(Stop::Irrelevant)
    } else {
        None
    }
}

const fn reaches(part: u64, percent: u64, whole: u64) -> bool {
    part.saturating_mul(100) >= percent.saturating_mul(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_stops_at_the_share_and_not_one_before() {
        let of = |handed_over, hard_bounces, irrelevant| judge(Counters { handed_over, hard_bounces, irrelevant });
        assert_eq!(of(60, 49, 9), None, "a small sample decides nothing");
        assert_eq!(of(60, 50, 0), Some(Stop::HardBounces));
        assert_eq!(of(60, 0, 10), Some(Stop::Irrelevant));
        assert_eq!(of(1_000_000, 49_999, 9_999), None);
        assert_eq!(of(1_000_000, 50_000, 0), Some(Stop::HardBounces));
        assert_eq!(of(1_000_000, 0, 10_000), Some(Stop::Irrelevant));
        assert_eq!(of(u64::MAX, u64::MAX, 0), Some(Stop::HardBounces));
    }
}
