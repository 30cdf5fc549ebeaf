//! Cards an attacker would bring, for tests of what refuses them. They speak to a client as any card does.

use std::sync::{Arc, Mutex, PoisonError};

use super::machine::VirtualCard;
use crate::contact::Card;
use crate::error::ReaderError;

const DONE: [u8; 2] = [0x90, 0x00];

/// A copy of what anyone can read from a card without PIN, on an emulator: it says 9000 to every PIN, and answers every
/// request for a signature with one it heard before, or with noise.
#[derive(Debug)]
pub struct EmulatedCard {
    copied: VirtualCard,
    heard: Option<Vec<u8>>,
}

impl EmulatedCard {
    /// A copy of `original`'s public files. `heard` is a signature that was overheard.
    pub fn of(original: &VirtualCard, heard: Option<Vec<u8>>) -> Self {
        let mut copied = original.clone();
        copied.power_off();
        copied.power_on();
        Self { copied, heard }
    }
}

impl Card for EmulatedCard {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, ReaderError> {
        Ok(match command {
            // VERIFY with a secret; a query is answered as the original would.
            [0x00, 0x20, _, _, _, ..] => DONE.to_vec(),
            [0x80, 0x2A, ..] => [self.heard.clone().unwrap_or(vec![0x5A; 256]), DONE.to_vec()].concat(),
            // The original never saw the PIN: what it guards stays shut.
            other => self.copied.transmit(other),
        })
    }

    fn power_off(&mut self) -> Result<(), ReaderError> {
        self.copied.power_off();
        Ok(())
    }
}

/// An emulator that shows a copy of another's certificate, and passes everything else on to the attacker's own genuine
/// card: each half is sound in itself.
#[derive(Debug)]
pub struct MixedCard {
    other: EmulatedCard,
    own: VirtualCard,
    in_jpki: bool,
}

impl MixedCard {
    /// The copy of `other`'s certificate beside the attacker's `own` card.
    pub fn of(other: &VirtualCard, mut own: VirtualCard) -> Self {
        own.power_on();
        Self { other: EmulatedCard::of(other, None), own, in_jpki: false }
    }
}

impl Card for MixedCard {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, ReaderError> {
        if let [0x00, 0xA4, 0x04, _, _, name @ ..] = command {
            self.in_jpki = name.starts_with(&[0xD3, 0x92, 0xF0]);
        }
        if self.in_jpki { self.other.transmit(command) } else { Ok(self.own.transmit(command)) }
    }

    fn power_off(&mut self) -> Result<(), ReaderError> {
        self.own.power_off();
        self.other.power_off()
    }
}

/// A card that is pulled away after so many commands, before it acts on the next; `None` while it lies still. It stays away
/// until it is put down anew.
pub struct PulledCard {
    card: Box<dyn Card>,
    left: Arc<Mutex<Option<usize>>>,
}

impl PulledCard {
    /// Around `card`; whoever holds `left` decides when it is pulled.
    pub fn new(card: Box<dyn Card>, left: Arc<Mutex<Option<usize>>>) -> Self {
        Self { card, left }
    }
}

impl std::fmt::Debug for PulledCard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PulledCard")
    }
}

impl Card for PulledCard {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, ReaderError> {
        match &mut *self.left.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(0) => {
                let _ = self.card.power_off();
                return Err(ReaderError::CardRemoved);
            }
            Some(left) => *left -= 1,
            None => {}
        }
        self.card.transmit(command)
    }

    fn power_off(&mut self) -> Result<(), ReaderError> {
        self.card.power_off()
    }
}
