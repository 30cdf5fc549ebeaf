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
    /// CPU time for one, in microseconds, of everyone who takes part.
    pub cpu: f64,
}

/// What was seen in one or more slices of time.
#[derive(Clone, Debug, Default)]
pub struct Slices {
    /// Tenths of microseconds.
    waits: Vec<u32>,
    seconds: f64,
    cpu: f64,
}

impl Slices {
    /// From waits measured elsewhere; `cpu` in seconds.
    pub fn of(waits: &[Duration], time: Duration, cpu: f64) -> Self {
        let tenths = |wait: &Duration| u32::try_from(wait.as_nanos() / 100).unwrap_or(u32::MAX);
        Self { waits: waits.iter().map(tenths).collect(), seconds: time.as_secs_f64(), cpu }
    }

    /// Adds what another slice saw.
    pub fn add(&mut self, more: Self) {
        self.waits.extend(more.waits);
        self.seconds += more.seconds;
        self.cpu += more.cpu;
    }

    /// Rates and waits over all slices.
    pub fn seen(mut self) -> Seen {
        self.waits.sort_unstable();
        let at = |share: f64| {
            let index = ((self.waits.len() as f64 * share) as usize).min(self.waits.len().saturating_sub(1));
            self.waits.get(index).map_or(0.0, |wait| f64::from(*wait) / 10.0)
        };
        let count = self.waits.len().max(1) as f64;
        Seen {
            per_second: count / self.seconds,
            p50: at(0.5),
            p95: at(0.95),
            p99: at(0.99),
            cpu: self.cpu * 1e6 / count,
        }
    }
}

/// Runs `clients` threads for `seconds`. `make` gives each client its work before the clock starts; the work gets a
/// running number. `cpu` tells the CPU seconds used so far by whoever takes part.
///
/// # Errors
/// The first failure of a client.
pub fn drive<W>(
    clients: u64,
    seconds: f64,
    cpu: &dyn Fn() -> f64,
    make: impl Fn(u64) -> Result<W, Failure>,
) -> Result<Slices, Failure>
where
    W: FnMut(u64) -> Result<(), Failure> + Send,
{
    let works: Vec<W> = (0..clients).map(make).collect::<Result<_, _>>()?;
    let over = AtomicBool::new(false);
    let (start, cpu_before) = (Instant::now(), cpu());
    let waits: Result<Vec<Vec<u32>>, Failure> = std::thread::scope(|scope| {
        let hands: Vec<_> = works
            .into_iter()
            .map(|mut work| {
                let over = &over;
                scope.spawn(move || -> Result<Vec<u32>, Failure> {
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
    Ok(Slices { waits: waits?.concat(), seconds: start.elapsed().as_secs_f64(), cpu: cpu() - cpu_before })
}

/// One shape of the same work: runs a numbered slice for some seconds.
pub type Shape<'a> = &'a dyn Fn(u64, f64) -> Result<Slices, Failure>;

/// Measures several in turns, so that what else the machine does falls on all of them. Each runs for `seconds` in all, in
/// slices of about one second after a short one that is thrown away.
///
/// # Errors
/// The first failure of one.
pub fn in_turns<const N: usize>(seconds: f64, shapes: [Shape<'_>; N]) -> Result<[Seen; N], Failure> {
    let slices = (seconds.round() as u64).max(1);
    let each = seconds / slices as f64;
    let mut seen = shapes.map(|_| Slices::default());
    for shape in shapes {
        shape(0, each / 4.0)?;
    }
    for slice in 1..=slices {
        for (shape, seen) in shapes.iter().zip(&mut seen) {
            seen.add(shape(slice, each)?);
        }
    }
    Ok(seen.map(Slices::seen))
}
