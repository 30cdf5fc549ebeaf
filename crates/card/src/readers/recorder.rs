//! A card connection that remembers every command sent through it. For tests only: it keeps PINs too.

use std::sync::{Arc, Mutex, PoisonError};

use super::{Card, ReaderError};

/// The commands seen so far; cloned handles share one list.
#[derive(Clone, Default)]
pub struct Recording(Arc<Mutex<Vec<Vec<u8>>>>);

impl Recording {
    /// A copy of the commands, oldest first.
    pub fn commands(&self) -> Vec<Vec<u8>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl std::fmt::Debug for Recording {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "<recording of {} commands>", self.commands().len())
    }
}

/// Passes everything on to `card` and notes each command in a [`Recording`].
#[derive(Debug)]
pub struct RecordingCard<C> {
    card: C,
    recording: Recording,
}

impl<C: Card> RecordingCard<C> {
    /// Records what goes to `card` into `recording`.
    pub fn new(card: C, recording: Recording) -> Self {
        Self { card, recording }
    }
}

impl<C: Card> Card for RecordingCard<C> {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, ReaderError> {
        self.recording.0.lock().unwrap_or_else(PoisonError::into_inner).push(command.to_vec());
        self.card.transmit(command)
    }

    fn power_off(&mut self) -> Result<(), ReaderError> {
        self.card.power_off()
    }
}
