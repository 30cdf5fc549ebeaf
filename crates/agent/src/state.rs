//! The agent as its handlers know it.

use std::sync::{Mutex, MutexGuard, PoisonError};

use base::Seams;

use crate::desk::Desk;
use crate::limits::{BURST, Bucket, PER_MINUTE, STRANGERS_BURST, STRANGERS_PER_MINUTE, WRONG_PER_MINUTE};
use crate::pairings::Pairings;
use crate::readers::Readers;
use crate::work::CardPlace;

/// The agent as its handlers know it.
pub struct Agent {
    /// Time and randomness.
    pub seams: Seams,
    /// The servers it believes.
    pub pairings: Pairings,
    /// The card.
    pub card: CardPlace,
    pub(crate) port: u16,
    desk: Mutex<Desk>,
    pub(crate) knocks: Mutex<Bucket>,
    pub(crate) strangers: Mutex<Bucket>,
    wrong_ids: Mutex<Bucket>,
}

pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // The states behind these locks are sound between any two lines.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Agent {
    /// An agent that listens at `port`.
    pub fn new(seams: Seams, port: u16, pairings: Pairings, readers: Box<dyn Readers>) -> Self {
        let now = seams.now();
        Self {
            card: CardPlace::new(readers),
            port,
            desk: Mutex::new(Desk::new(now)),
            knocks: Mutex::new(Bucket::full(BURST, PER_MINUTE, now)),
            strangers: Mutex::new(Bucket::full(STRANGERS_BURST, STRANGERS_PER_MINUTE, now)),
            wrong_ids: Mutex::new(Bucket::full(WRONG_PER_MINUTE, WRONG_PER_MINUTE, now)),
            seams,
            pairings,
        }
    }

    pub(crate) fn desk(&self) -> MutexGuard<'_, Desk> {
        locked(&self.desk)
    }

    /// Whether ids are being guessed: then even right ones wait.
    pub(crate) fn is_being_guessed(&self) -> bool {
        locked(&self.wrong_ids).is_empty(self.seams.now())
    }

    pub(crate) fn count_wrong_id(&self) {
        locked(&self.wrong_ids).take(self.seams.now());
    }

    /// Under which names browsers may call us.
    pub(crate) fn hosts(&self) -> [String; 2] {
        ["127.0.0.1", "localhost"].map(|name| format!("{name}:{}", self.port))
    }

    /// The address pads have.
    pub fn origin(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}
