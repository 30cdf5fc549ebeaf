//! Reading again when a card was pulled: a contactless card slips, a hand trembles.
//!
//! ```text
//!  connect ─▶ work ─▶ done
//!    ▲          └─ card removed, and no secret was sent ─▶ wait until a card lies there again ─┐
//!    └────────────────────────────────────────────────────────────────────────────────────────┘
//! ```
//! Once a secret was sent it is never sent again by itself: whether the card counted it is not known, and a person who
//! typed once must not lose two tries.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{Card, Reader, ReaderError};
use crate::error::CardError;

/// How patient to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// How often to begin, the first time included.
    pub attempts: u32,
    /// How often to look whether the card is back, before giving up.
    pub looks: u32,
}

/// Notes whether a secret went over the connection.
struct Watched {
    card: Box<dyn Card>,
    sent_secret: Arc<AtomicBool>,
}

impl Card for Watched {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, ReaderError> {
        // VERIFY with data; without it, it only asks for the counter.
        if matches!(command, [_, 0x20, _, _, _, ..]) {
            self.sent_secret.store(true, Ordering::Relaxed);
        }
        self.card.transmit(command)
    }

    fn power_off(&mut self) -> Result<(), ReaderError> {
        self.card.power_off()
    }
}

/// Does `work` with the card on `reader`, and again when the card was pulled in the middle, unless a secret had been
/// sent. `wait` is called before each look for the card's return: it sleeps, or lets a simulated time pass.
///
/// # Errors
/// What `work` ended in; [`CardError::CardRemoved`] when the card did not come back, or a secret had been sent.
pub fn read_patiently<T>(
    reader: &mut dyn Reader,
    patience: Patience,
    mut wait: impl FnMut(),
    mut work: impl FnMut(Box<dyn Card>) -> Result<T, CardError>,
) -> Result<T, CardError> {
    let sent_secret = Arc::new(AtomicBool::new(false));
    for attempt in 1.. {
        let connected = reader.connect().map_err(CardError::from);
        let ended = connected.and_then(|card| work(Box::new(Watched { card, sent_secret: sent_secret.clone() })));
        let may_repeat = attempt < patience.attempts && !sent_secret.load(Ordering::Relaxed);
        match ended {
            Err(CardError::CardRemoved | CardError::Reader(ReaderError::NoCard)) if may_repeat => {}
            other => return other,
        }
        let mut looks = 0;
        while !reader.has_card()? {
            if looks == patience.looks {
                return Err(CardError::CardRemoved);
            }
            looks += 1;
            wait();
        }
    }
    Err(CardError::CardRemoved)
}
