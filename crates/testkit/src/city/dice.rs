//! Dice that fall the same way on every machine.

use rand_chacha::ChaCha8Rng;
use rand_core::{RngCore, SeedableRng};

/// A seeded source of choices.
pub(super) struct Dice(ChaCha8Rng);

impl Dice {
    pub(super) fn from_seed(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// 0 … `bound` − 1; 0 when `bound` is 0.
    pub(super) fn below(&mut self, bound: u32) -> u32 {
        // Widening multiplication: no modulo bias worth speaking of at these sizes.
        ((u64::from(self.0.next_u32()) * u64::from(bound)) >> 32) as u32
    }

    /// `low` … `high`, both included.
    pub(super) fn between(&mut self, low: i32, high: i32) -> i32 {
        let width = high.saturating_sub(low).max(0).unsigned_abs() + 1;
        low.saturating_add(i32::try_from(self.below(width)).unwrap_or(0))
    }

    /// True `parts` times in ten thousand.
    pub(super) fn chance(&mut self, parts: u32) -> bool {
        self.below(10_000) < parts
    }

    /// One of `choices`; the type's default when there are none.
    pub(super) fn pick<T: Copy + Default>(&mut self, choices: &[T]) -> T {
        let index = self.below(u32::try_from(choices.len()).unwrap_or(u32::MAX)) as usize;
        choices.get(index).copied().unwrap_or_default()
    }

    /// An index, chosen by cumulative weights (ascending, last one the sum).
    pub(super) fn weighted(&mut self, cumulative: &[u32]) -> usize {
        let total = cumulative.last().copied().unwrap_or(0);
        let point = self.below(total);
        cumulative.partition_point(|&upto| upto <= point).min(cumulative.len().saturating_sub(1))
    }
}

/// Running sums of `weights`.
pub(super) fn cumulative(weights: impl IntoIterator<Item = u32>) -> Vec<u32> {
    weights
        .into_iter()
        .scan(0u32, |sum, weight| {
            *sum = sum.saturating_add(weight);
            Some(*sum)
        })
        .collect()
}
