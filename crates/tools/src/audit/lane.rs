//! Which chain a transaction appends to.
//!
//! A chain's tip is a row that each appending transaction moves on, so two transactions on one chain must wait for
//! each other (PostgreSQL: one of them is retried). A thread runs one transaction at a time; so each thread holds a
//! **lane** while it lives, and lanes are reused: as many chains as there were threads at once, never two open
//! transactions on one of them. On SQLite that is one chain, of the writer thread. Should two threads ever share a
//! lane (more than [`LANES`] of them) nothing breaks: the store retries one.

use std::cell::OnceCell;
use std::sync::{Mutex, OnceLock, PoisonError};

/// The most chains one process keeps.
pub(super) const LANES: usize = 64;

static INSTANCE: OnceLock<String> = OnceLock::new();
/// How many threads hold each lane.
static HELD: Mutex<[u32; LANES]> = Mutex::new([0; LANES]);

/// Names this process among several on one database (`serve` and `worker` processes of a big city). Call once at the
/// start; without it the name is `main`. Two processes of one name stay correct but wait for each other.
pub fn name_this_process(name: &str) {
    let _ = INSTANCE.set(name.to_owned());
}

struct Lane(usize);

impl Lane {
    /// The lane fewest threads hold; the lowest of those.
    fn lease() -> Self {
        let mut held = HELD.lock().unwrap_or_else(PoisonError::into_inner);
        let lane = (0..LANES).min_by_key(|&lane| held[lane]).unwrap_or(0);
        held[lane] += 1;
        Self(lane)
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        let mut held = HELD.lock().unwrap_or_else(PoisonError::into_inner);
        held[self.0] = held[self.0].saturating_sub(1);
    }
}

thread_local! {
    static LANE: OnceCell<Lane> = const { OnceCell::new() };
}

/// The name of this thread's chain.
pub(super) fn chain() -> String {
    let lane = LANE.try_with(|lane| lane.get_or_init(Lane::lease).0).unwrap_or(0);
    format!("{}-{lane:02}", INSTANCE.get().map_or("main", String::as_str))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_at_once_hold_different_chains_and_a_thread_keeps_its_own() {
        let mine = chain();
        assert_eq!(mine, chain());
        let theirs = std::thread::spawn(chain).join().unwrap();
        assert_ne!(mine, theirs);
    }
}
