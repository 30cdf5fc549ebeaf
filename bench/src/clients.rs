//! Many clients doing one thing for some seconds: how many a second, and how long each waited.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::report::Failure;

/// What was seen.
#[derive(Clone, Copy, Debug)]
pub struct Seen {
    /// Finished per second.
    pub per_second: f64,
    /// Half waited at most this long, in microseconds.
    pub p50: f64,
    /// 95 of 100 did.
    pub p95: f64,
    /// 99 of 100 did.
    pub p99: f64,
}

/// Runs `clients` threads for `seconds`. `make` gives each client its work; the work gets a running number.
///
/// # Errors
/// The first failure of a client.
pub fn drive<W>(clients: u64, seconds: f64, make: impl Fn(u64) -> Result<W, Failure> + Sync) -> Result<Seen, Failure>
where
    W: FnMut(u64) -> Result<(), Failure>,
{
    let over = AtomicBool::new(false);
    let start = Instant::now();
    let waits: Result<Vec<Vec<u32>>, Failure> = std::thread::scope(|scope| {
        let hands: Vec<_> = (0..clients)
            .map(|client| {
                let (over, make) = (&over, &make);
                scope.spawn(move || -> Result<Vec<u32>, Failure> {
                    let mut work = make(client)?;
                    let mut waits = Vec::with_capacity(100_000);
                    for number in 0.. {
                        if over.load(Ordering::Relaxed) {
                            break;
                        }
                        let begun = Instant::now();
                        work(number)?;
                        waits.push(u32::try_from(begun.elapsed().as_nanos() / 100).unwrap_or(u32::MAX));
                    }
                    Ok(waits)
                })
            })
            .collect();
        std::thread::sleep(Duration::from_secs_f64(seconds));
        over.store(true, Ordering::Relaxed);
        hands.into_iter().map(|hand| hand.join().unwrap_or_else(|_| Err("a client panicked".into()))).collect()
    });
    let elapsed = start.elapsed().as_secs_f64();
    let mut waits: Vec<u32> = waits?.concat();
    waits.sort_unstable();
    // Tenths of microseconds.
    let at = |share: f64| {
        let index = ((waits.len() as f64 * share) as usize).min(waits.len().saturating_sub(1));
        waits.get(index).map_or(0.0, |wait| f64::from(*wait) / 10.0)
    };
    Ok(Seen { per_second: waits.len() as f64 / elapsed, p50: at(0.5), p95: at(0.95), p99: at(0.99) })
}
