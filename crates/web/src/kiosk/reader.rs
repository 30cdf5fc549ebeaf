//! The card reader of a certificate machine.
//!
//! Two kinds: the smart-card reader of the machine the program runs on (PC/SC), and the demo's drawer of virtual cards,
//! which exists only in a demo database on loopback.

use std::sync::Mutex;

use card::readers::virtual_reader::VirtualReader;
use card::virtual_card::VirtualCard;
use card::{Card, Reader, ReaderError};

/// Where a person puts the card.
pub trait CardSlot: Send + Sync {
    /// Connects to the card that lies there.
    ///
    /// # Errors
    /// [`ReaderError`].
    fn connect(&self) -> Result<Box<dyn Card>, ReaderError>;

    /// Whether a card lies there.
    fn has_card(&self) -> bool;

    /// The drawer's card goes back; a real card is the person's to take.
    fn eject(&self);

    /// Puts a virtual card there. `false` where only real cards fit.
    fn put(&self, card: VirtualCard) -> bool;
}

/// A slot for virtual cards, one for each session of the demo.
#[derive(Default)]
pub struct DrawerSlot(VirtualReader);

impl CardSlot for DrawerSlot {
    fn connect(&self) -> Result<Box<dyn Card>, ReaderError> {
        self.0.clone().connect()
    }

    fn has_card(&self) -> bool {
        self.0.card_count() > 0
    }

    fn eject(&self) {
        drop(self.0.take_off());
    }

    fn put(&self, card: VirtualCard) -> bool {
        self.eject();
        self.0.put(card);
        true
    }
}

/// The PC/SC reader of this machine.
pub struct PcscSlot(Mutex<card::readers::pcsc::PcscReader>);

impl PcscSlot {
    /// Over `reader`.
    pub const fn new(reader: card::readers::pcsc::PcscReader) -> Self {
        Self(Mutex::new(reader))
    }
}

impl CardSlot for PcscSlot {
    fn connect(&self) -> Result<Box<dyn Card>, ReaderError> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).connect()
    }

    fn has_card(&self) -> bool {
        // Connecting is the only question every reader answers the same way.
        self.connect().is_ok()
    }

    fn eject(&self) {}

    fn put(&self, _card: VirtualCard) -> bool {
        false
    }
}
