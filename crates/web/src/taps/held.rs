//! Who was shown at a terminal, for the few pages that follow. In memory alone: a restart forgets, and nothing of it is in
//! an address or a form.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use base::{Id, Timestamp};

use super::Shown;

/// Seconds without a page after which a person is forgotten.
pub const SECONDS: i64 = 120;
/// Seconds after which they are forgotten however busy the pages are: the card is shown again.
pub const MOST_SECONDS: i64 = 600;

/// At which terminal who was shown, for which service, and when it was last asked for.
#[derive(Default)]
pub struct Held(Mutex<HashMap<Id, One>>);

struct One {
    service: &'static str,
    shown: Shown,
    since: Timestamp,
    touched: Timestamp,
}

impl Held {
    fn with<T>(&self, act: impl FnOnce(&mut HashMap<Id, One>) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Keeps `shown` in the place of whoever was before.
    pub fn put(&self, terminal: Id, service: &'static str, shown: Shown, now: Timestamp) {
        self.with(|all| {
            all.retain(|_, one| now.seconds_since(one.touched) < SECONDS);
            all.insert(terminal, One { service, shown, since: now, touched: now });
        });
    }

    /// Who is kept for `service`; keeps them for as long again.
    pub fn get(&self, terminal: Id, service: &'static str, now: Timestamp) -> Option<Shown> {
        self.with(|all| {
            let one = all.get_mut(&terminal)?;
            if one.service != service
                || now.seconds_since(one.touched) >= SECONDS
                || now.seconds_since(one.since) >= MOST_SECONDS
            {
                all.remove(&terminal);
                return None;
            }
            one.touched = now;
            Some(one.shown.clone())
        })
    }

    /// Forgets.
    pub fn let_go(&self, terminal: Id) {
        self.with(|all| all.remove(&terminal));
    }
}
