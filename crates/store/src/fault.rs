//! Faults on purpose: a test says what shall go wrong at the next commits, and the store does it where it would happen.
//!
//! ```text
//!   test ── faults.push(DiskFull) ──► queue ──► taken by the next commit (SQLite: by the next group) ──► error or stall
//! ```
//!
//! And a halt: a program that is started for it stands still at a named point inside a transaction, before its commit,
//! until the test kills it (`kill -9`).
//!
//! ```text
//!   test ── yakuba demo --halt-at request.fetched ──► halt_at ──► Tx::reach("request.fetched") ──► "halted at …", for ever
//! ```

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

/// What goes wrong at one commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The commit is refused: nothing was done, the caller hears so.
    FailBeforeCommit,
    /// The commit happens but its answer is lost: the caller hears [`crate::StoreError::Uncertain`].
    LoseAnswerAfterCommit,
    /// The commit takes this much longer.
    Stall(Duration),
    /// No room is left: nothing was done, the caller hears [`crate::StoreError::Full`].
    DiskFull,
}

/// A queue of faults shared between a test and the stores it watches.
#[derive(Clone, Debug, Default)]
pub struct Faults(Option<Arc<Mutex<VecDeque<Fault>>>>);

impl Faults {
    /// No faults, ever: for production. Costs one comparison a commit.
    pub const fn none() -> Self {
        Self(None)
    }

    /// An empty queue to push into.
    pub fn scripted() -> Self {
        Self(Some(Arc::default()))
    }

    /// Lets the next commit without a fault meet `fault`. Ignored on [`Faults::none`].
    pub fn push(&self, fault: Fault) {
        if let Some(queue) = &self.0 {
            queue.lock().unwrap_or_else(PoisonError::into_inner).push_back(fault);
        }
    }

    /// How many faults wait.
    pub fn waiting(&self) -> usize {
        self.0.as_ref().map_or(0, |queue| queue.lock().unwrap_or_else(PoisonError::into_inner).len())
    }

    pub(crate) fn take(&self) -> Option<Fault> {
        self.0.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }
}

/// The point at which this process stands still, if any.
static HALT: OnceLock<String> = OnceLock::new();

/// Lets this process stand still for ever when a transaction reaches `point`, so that a test can kill it there. Cannot be
/// taken back. For programs on demo data only.
pub fn halt_at(point: &str) {
    let _ = HALT.set(point.to_owned());
}

/// Stands still if this is the point. Costs one look at a word that is never set in production. Inside a transaction it is
/// [`crate::Tx::reach`]; this is for moments between two.
pub fn reach(point: &str) {
    if HALT.get().is_some_and(|halt| halt == point) {
        println!("halted at {point}");
        loop {
            std::thread::park();
        }
    }
}
