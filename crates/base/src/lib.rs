//! Words every floor of Yakuba uses.
//!
//! Nothing here knows a database, a web request or a card. Time and randomness are **injected** through [`Seams`],
//! so that a whole day of service can be simulated and every race replayed from one seed.
//!
//! | module | what it holds |
//! |---|---|
//! | [`id`] | 128-bit identifiers: time-ordered inside, random where an id leaves the building |
//! | [`clock`], [`random`] | the two injected seams |
//! | [`calendar`], [`holidays`] | dates, Japanese eras, weekdays; national holidays |
//! | [`text`] | widths, kana, characters of registered names |
//! | [`yen`] | money |
//! | [`my_number_guard`] | refuses a 12-digit Individual Number at every door |
//! | [`personal`] | values that cannot be printed into a log |
//! | [`config`] | one typed configuration, runs with none |
//! | [`error`] | the kinds of failure and what each means to HTTP and to a shell |

pub mod calendar;
pub mod clock;
pub mod config;
pub mod current;
pub mod error;
pub mod holidays;
pub mod id;
pub mod my_number_guard;
pub mod personal;
pub mod random;
pub mod text;
pub mod yen;

use std::sync::Arc;

pub use calendar::Date;
pub use clock::{Clock, ManualClock, SystemClock, Timestamp};
pub use config::Config;
pub use current::Current;
pub use error::Kind;
pub use id::Id;
pub use personal::Personal;
pub use random::{Random, SeededRandom, SystemRandom};
pub use yen::Yen;

/// Where time and randomness come from. Cloned freely; every floor receives one instead of asking the machine.
#[derive(Clone)]
pub struct Seams {
    /// The clock of this process.
    pub clock: Arc<dyn Clock>,
    /// The source of random bytes of this process.
    pub random: Arc<dyn Random>,
}

impl Seams {
    /// The machine's own clock and randomness, for production.
    pub fn system() -> Self {
        Self { clock: Arc::new(SystemClock), random: Arc::new(SystemRandom) }
    }

    /// A clock that stands still until moved and randomness that replays from `seed`.
    pub fn simulated(start: Timestamp, seed: u64) -> (Self, Arc<ManualClock>) {
        let clock = Arc::new(ManualClock::starting_at(start));
        let seams = Self { clock: clock.clone(), random: Arc::new(SeededRandom::from_seed(seed)) };
        (seams, clock)
    }

    /// The present instant.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Today in Japan.
    pub fn today(&self) -> Date {
        self.now().date_in_japan()
    }

    /// An id that sorts by the time it was made. For rows inside the building only.
    pub fn time_ordered_id(&self) -> Id {
        Id::time_ordered(self.now(), &*self.random)
    }

    /// An id nobody can guess or order. For everything that leaves the building.
    pub fn random_id(&self) -> Id {
        Id::random(&*self.random)
    }
}

impl std::fmt::Debug for Seams {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seams")
    }
}
