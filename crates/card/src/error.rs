//! What a conversation with a card can end in.

use crate::apdu::{MalformedResponse, StatusWord};
use crate::pin::Pin;
use crate::tlv::MalformedTlv;

/// What a conversation with a card can end in. Holds neither personal values nor what was typed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CardError {
    /// The card was taken away, or reset, in the middle. Nothing was lost on it; begin again.
    #[error("the card was removed while it was being read; put it back and begin again")]
    CardRemoved,
    /// The reader failed.
    #[error(transparent)]
    Reader(ReaderError),
    /// Something else lies on the reader: the application is not there.
    #[error("this is not an Individual Number Card")]
    NotAnIndividualNumberCard,
    /// The device is of a kind we do not know.
    #[error("this device calls itself by a name we do not know")]
    UnknownDevice,
    /// The PIN was wrong; the card counted it.
    #[error("the {pin} is wrong; {tries_left} tries left")]
    WrongPin {
        /// Which one.
        pin: Pin,
        /// Misses the card still allows, at least 1.
        tries_left: u8,
    },
    /// The counter is empty; only a municipal counter (or the app with a store terminal) unlocks it.
    #[error("the {pin} is locked")]
    PinLocked {
        /// Which one.
        pin: Pin,
    },
    /// One try is left and the caller said not to spend it. The PIN was not sent.
    #[error("one try is left for the {pin}; it was not sent")]
    LastTryKept {
        /// Which one.
        pin: Pin,
    },
    /// The card would not say how many tries are left, so none was spent.
    #[error("the card does not tell how many tries are left for the {pin}; it was not sent")]
    CounterUnknown {
        /// Which one.
        pin: Pin,
    },
    /// The card wants this PIN first.
    #[error("the card asks for the {pin} first")]
    PinRequired {
        /// Which one.
        pin: Pin,
    },
    /// The card has no such certificate: never issued, or only filler in its place.
    #[error("the card holds no such certificate")]
    NoCertificate,
    /// A status we have no better word for.
    #[error("the card answered {status} to {step}")]
    UnexpectedStatus {
        /// What was asked of it.
        step: &'static str,
        /// Its answer.
        status: StatusWord,
    },
    /// The answer is no answer.
    #[error("the card's answer to {step} is malformed: {fault}")]
    MalformedAnswer {
        /// What was asked of it.
        step: &'static str,
        /// What is wrong with the answer.
        fault: AnswerFault,
    },
    /// The digest or message to sign has a length the card does not sign.
    #[error("the card signs 1 to 245 bytes, not {0}")]
    UnsignableLength(usize),
}

/// What can be wrong with the bytes of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AnswerFault {
    /// Not a response APDU.
    #[error(transparent)]
    NotAnAnswer(#[from] MalformedResponse),
    /// More bytes than were asked for, or none.
    #[error("{asked} bytes were asked for and {given} given")]
    WrongCount {
        /// How many were asked.
        asked: usize,
        /// How many came.
        given: usize,
    },
    /// The certificate does not have the outer form of one.
    #[error(transparent)]
    NotDer(#[from] MalformedTlv),
    /// The certificate would be longer than any file of the card.
    #[error("a certificate of {0} bytes does not fit the card")]
    TooLong(usize),
}

impl CardError {
    /// What it means to HTTP and to a shell.
    pub const fn kind(&self) -> base::Kind {
        match self {
            Self::Reader(error) => error.kind(),
            Self::CardRemoved => base::Kind::Conflict,
            Self::WrongPin { .. } | Self::PinLocked { .. } | Self::PinRequired { .. } => base::Kind::Unauthenticated,
            Self::LastTryKept { .. } | Self::CounterUnknown { .. } => base::Kind::Refused,
            Self::NotAnIndividualNumberCard | Self::UnknownDevice | Self::NoCertificate => base::Kind::Refused,
            Self::UnsignableLength(_) => base::Kind::Invalid,
            Self::UnexpectedStatus { .. } | Self::MalformedAnswer { .. } => base::Kind::Unavailable,
        }
    }
}

impl From<ReaderError> for CardError {
    fn from(error: ReaderError) -> Self {
        match error {
            // After a reset every selection is gone: for the person it is the same as having lifted the card.
            ReaderError::CardRemoved | ReaderError::CardReset => Self::CardRemoved,
            other => Self::Reader(other),
        }
    }
}

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
