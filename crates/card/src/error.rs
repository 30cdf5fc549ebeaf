//! What a conversation with a card can end in.

use crate::apdu::{MalformedResponse, StatusWord};
use crate::pin::Pin;
use crate::readers::ReaderError;
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
