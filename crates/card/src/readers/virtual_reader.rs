//! A reader inside the process, for tests and the demo: put a [`VirtualCard`] on it, take it off, make it misbehave.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Card, Reader, ReaderError};
use crate::virtual_card::VirtualCard;

/// What goes wrong on purpose. Counted from the moment it is set.
#[derive(Default)]
pub struct Faults {
    /// The card is pulled out after this many commands were answered.
    pub pulled_out_after: Option<usize>,
    /// Gets the number of the command (from 0), the command and the true answer; returns what the client sees.
    pub answers: Option<Box<AnswerFault>>,
}

/// Rewrites the answer to a command.
pub type AnswerFault = dyn FnMut(usize, &[u8], Vec<u8>) -> Vec<u8> + Send;

impl std::fmt::Debug for Faults {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Faults {{ pulled_out_after: {:?}, answers: {} }}", self.pulled_out_after, self.answers.is_some())
    }
}

#[derive(Default)]
struct Slot {
    cards: Vec<VirtualCard>,
    connected: bool,
    answered: usize,
    /// Counts changes of what lies on the reader, so that a connection notices that its card is another one.
    generation: u64,
    faults: Faults,
}

impl Slot {
    fn take_off(&mut self) -> Vec<VirtualCard> {
        self.generation += 1;
        let mut cards = std::mem::take(&mut self.cards);
        cards.iter_mut().for_each(VirtualCard::power_off);
        cards
    }
}

/// The reader. Clones are handles to the same one, so that a test can pull the card out while a session runs.
#[derive(Clone, Default)]
pub struct VirtualReader(Arc<Mutex<Slot>>);

impl VirtualReader {
    /// An empty reader.
    pub fn new() -> Self {
        Self::default()
    }

    /// A reader with `card` on it.
    pub fn with(card: VirtualCard) -> Self {
        let reader = Self::new();
        reader.put(card);
        reader
    }

    fn slot(&self) -> MutexGuard<'_, Slot> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts one more card on the reader.
    pub fn put(&self, card: VirtualCard) {
        let mut slot = self.slot();
        slot.generation += 1;
        slot.cards.push(card);
    }

    /// Takes off whatever lies there, without power and with its PINs forgotten.
    pub fn take_off(&self) -> Vec<VirtualCard> {
        self.slot().take_off()
    }

    /// How many cards lie there.
    pub fn card_count(&self) -> usize {
        self.slot().cards.len()
    }

    /// Sets what goes wrong from now on.
    pub fn set_faults(&self, faults: Faults) {
        let mut slot = self.slot();
        slot.answered = 0;
        slot.faults = faults;
    }
}

impl std::fmt::Debug for VirtualReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "VirtualReader({} cards)", self.card_count())
    }
}

impl Reader for VirtualReader {
    fn name(&self) -> &str {
        "Virtual reader"
    }

    fn has_card(&self) -> Result<bool, ReaderError> {
        Ok(self.card_count() > 0)
    }

    fn connect(&mut self) -> Result<Box<dyn Card>, ReaderError> {
        let mut slot = self.slot();
        if slot.connected {
            return Err(ReaderError::InUse);
        }
        match slot.cards.as_mut_slice() {
            [] => return Err(ReaderError::NoCard),
            [card] => card.power_on(),
            several => return Err(ReaderError::SeveralCards(several.len())),
        }
        slot.connected = true;
        Ok(Box::new(VirtualConnection { slot: self.0.clone(), generation: slot.generation }))
    }
}

struct VirtualConnection {
    slot: Arc<Mutex<Slot>>,
    generation: u64,
}

impl VirtualConnection {
    fn slot(&self) -> MutexGuard<'_, Slot> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Card for VirtualConnection {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, ReaderError> {
        let mut slot = self.slot();
        if slot.generation != self.generation {
            return Err(ReaderError::CardRemoved);
        }
        if slot.faults.pulled_out_after.is_some_and(|count| slot.answered >= count) {
            slot.take_off();
            return Err(ReaderError::CardRemoved);
        }
        let card = slot.cards.first_mut().ok_or(ReaderError::CardRemoved)?;
        let answer = card.transmit(command);
        let number = slot.answered;
        slot.answered += 1;
        Ok(match &mut slot.faults.answers {
            Some(rewrite) => rewrite(number, command, answer),
            None => answer,
        })
    }

    fn power_off(&mut self) -> Result<(), ReaderError> {
        let generation = self.generation;
        let mut slot = self.slot();
        if slot.generation != generation {
            return Err(ReaderError::CardRemoved);
        }
        slot.cards.iter_mut().for_each(VirtualCard::power_off);
        // Later commands on this connection find no card.
        slot.generation += 1;
        Ok(())
    }
}

impl Drop for VirtualConnection {
    fn drop(&mut self) {
        let mut slot = self.slot();
        slot.connected = false;
        slot.cards.iter_mut().for_each(VirtualCard::power_off);
    }
}
