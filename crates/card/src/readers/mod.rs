//! Where cards are put. A [`Reader`] gives an exclusive [`Card`] connection; a [`Card`] carries APDUs and nothing else.

pub mod patience;
pub mod pcsc;
pub mod recorder;
pub mod virtual_reader;

/// Why a reader or the path to a card failed. None of them says anything about the card's holder.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReaderError {
    /// The PC/SC library is not on this machine.
    #[error("the PC/SC library ({library}) is not installed; install the Debian package libpcsclite1 and pcscd")]
    LibraryMissing {
        /// The file that was looked for.
        library: &'static str,
    },
    /// The library is there, its daemon does not answer.
    #[error("the PC/SC daemon (pcscd) is not running; start it or install the Debian package pcscd")]
    DaemonNotRunning,
    /// No reader is plugged in.
    #[error("no card reader is connected")]
    NoReader,
    /// The reader is empty.
    #[error("no card is on the reader")]
    NoCard,
    /// More than one card is there; which one is meant must not be guessed.
    #[error("there are {0} cards on the readers; leave one")]
    SeveralCards(usize),
    /// The card does not answer: two cards on one contactless reader, upside down, or a card of another kind.
    #[error("the card does not answer; put one card flat on the reader")]
    Unresponsive,
    /// Another program holds the card.
    #[error("another program is using the card")]
    InUse,
    /// The card was taken away.
    #[error("the card was removed")]
    CardRemoved,
    /// The card was reset under us (another program, a power glitch): what had been selected and verified is gone.
    #[error("the card was reset")]
    CardReset,
    /// Any other answer of the PC/SC service.
    #[error("the card reader failed: {call} answered {code:08X}")]
    Failed {
        /// Which call.
        call: &'static str,
        /// Its code, as in `pcsclite.h`.
        code: u32,
    },
}

impl ReaderError {
    /// What it means to HTTP and to a shell.
    pub const fn kind(&self) -> base::Kind {
        match self {
            Self::SeveralCards(_) | Self::NoCard | Self::Unresponsive | Self::CardRemoved => base::Kind::Conflict,
            _ => base::Kind::Unavailable,
        }
    }
}

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
