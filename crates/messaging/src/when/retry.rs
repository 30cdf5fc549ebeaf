//! When to try again: full jitter, so that a thousand messages that failed together do not come back together.

use base::{Random, Timestamp};

/// The first ceiling.
const FIRST_SECONDS: u64 = 30;
/// The highest ceiling: an hour.
pub const MOST_WAIT_SECONDS: u64 = 3600;
/// After three days it is given up.
pub const GIVE_UP_SECONDS: i64 = 72 * 3600;

/// The moment of the next try after `failed` failures (at least one), or `None` when it is given up: uniform between 0 and
/// min(1 h, 30 s · 2ⁿ), not before what the other side asked for (`after`, in seconds).
pub fn next_try(
    first: Timestamp,
    failed: u32,
    now: Timestamp,
    after: Option<u32>,
    random: &dyn Random,
) -> Option<Timestamp> {
    let ceiling = FIRST_SECONDS
        .checked_shl(failed.saturating_sub(1).min(16))
        .map_or(MOST_WAIT_SECONDS, |wait| wait.min(MOST_WAIT_SECONDS));
    let jitter = random.below(ceiling * 1000 + 1);
    let wait_millis = jitter.max(u64::from(after.unwrap_or(0)) * 1000);
    let next = now.plus_millis(i64::try_from(wait_millis).ok()?);
    (next.seconds_since(first) < GIVE_UP_SECONDS).then_some(next)
}

#[cfg(test)]
mod tests {
    use base::SeededRandom;

    use super::*;

    #[test]
    fn waits_grow_to_an_hour_are_spread_evenly_and_end_after_three_days() {
        let random = SeededRandom::from_seed(4);
        let now = Timestamp::from_seconds(1_000_000);
        for (failed, ceiling) in
            [(0, 30), (1, 30), (2, 60), (3, 120), (7, 1920), (8, 3600), (60, 3600), (u32::MAX, 3600)]
        {
            let waits: Vec<f64> = (0..2000)
                .map(|_| next_try(now, failed, now, None, &random).unwrap())
                .map(|next| (next.micros() - now.micros()) as f64 / 1e6)
                .collect();
            let (least, most) =
                (waits.iter().copied().fold(f64::MAX, f64::min), waits.iter().copied().fold(0.0, f64::max));
            assert!(most <= f64::from(ceiling) && most > 0.99 * f64::from(ceiling), "{failed}: {most}");
            assert!(least < 0.01 * f64::from(ceiling), "{failed}: {least}");
            let mean = waits.iter().sum::<f64>() / 2000.0 / f64::from(ceiling);
            assert!((0.47..0.53).contains(&mean), "{failed}: {mean}");
        }
        assert_eq!(next_try(now, 1, now.plus_seconds(GIVE_UP_SECONDS), None, &random), None);
        assert!(next_try(now, 1, now.plus_seconds(GIVE_UP_SECONDS - 60), None, &random).is_some());
    }

    #[test]
    fn what_the_other_side_asks_for_is_kept() {
        let random = SeededRandom::from_seed(4);
        let now = Timestamp::from_seconds(1_000_000);
        assert_eq!(next_try(now, 1, now, Some(7200), &random), Some(now.plus_seconds(7200)));
        assert_eq!(next_try(now, 1, now, Some(u32::MAX), &random), None);
    }
}
