//! Contact with a card: a [`Reader`] gives an exclusive [`Card`] connection; a [`Card`] carries APDUs and nothing else.

use crate::error::ReaderError;

/// A place where a card can be put.
pub trait Reader: Send {
    /// The reader's name, for a person choosing among several.
    fn name(&self) -> &str;

    /// Whether a card lies on it now; free and without touching the card, so it may be asked again and again to learn
    /// that a person took theirs away.
    ///
    /// # Errors
    /// [`ReaderError`] when the reader itself is gone.
    fn has_card(&self) -> Result<bool, ReaderError>;

    /// Connects to the card that is on it, for this program alone.
    ///
    /// # Errors
    /// [`ReaderError`]: no card, several, or one in use elsewhere.
    fn connect(&mut self) -> Result<Box<dyn Card>, ReaderError>;
}

/// An exclusive connection to one powered card. Dropping it gives the card back, unpowered where the reader can.
pub trait Card: Send {
    /// Sends one command APDU and returns the answer with its two status bytes.
    ///
    /// # Errors
    /// [`ReaderError`]: the command may or may not have reached the card. Callers never repeat a VERIFY after this.
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, ReaderError>;

    /// Cuts the power and thereby clears every verified PIN. Later commands on this connection fail.
    ///
    /// # Errors
    /// [`ReaderError`] when the reader is gone; the card is without power then too.
    fn power_off(&mut self) -> Result<(), ReaderError>;
}

impl<C: Card + ?Sized> Card for Box<C> {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, ReaderError> {
        (**self).transmit(command)
    }

    fn power_off(&mut self) -> Result<(), ReaderError> {
        (**self).power_off()
    }
}

impl<C: Card + ?Sized> Card for &mut C {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, ReaderError> {
        (**self).transmit(command)
    }

    fn power_off(&mut self) -> Result<(), ReaderError> {
        (**self).power_off()
    }
}
