//! Why bytes are no message.

use crate::field::Code;

/// Why bytes are no message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("at character {at}: {what}")]
pub struct Fault {
    /// Characters before the place.
    pub at: usize,
    /// What is wrong there.
    pub what: What,
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum What {
    /// Not even two digits.
    #[error("too short to be a message")]
    TooShort,
    /// More bytes than a message may have.
    #[error("longer than {0} bytes")]
    TooLong(usize),
    /// Bytes that mean nothing in the agreed characters.
    #[error("not in the agreed characters")]
    Characters,
    /// The sum is another.
    #[error("the checksum says {said:04X} and the bytes add up to {counted:04X}")]
    Checksum {
        /// What the message says.
        said: u16,
        /// What its bytes give.
        counted: u16,
    },
    /// No message begins so.
    #[error("no message begins with {0:?}")]
    UnknownMessage(String),
    /// A fixed field cannot be read.
    #[error("the fixed field {0} cannot be read")]
    Fixed(&'static str),
    /// A field is not there.
    #[error("the field {0} is missing")]
    Missing(Code),
    /// A field without its two letters.
    #[error("a field without its two letters")]
    NoLetters,
}

impl What {
    /// Whether saying it again can help: it was damaged on the way.
    pub const fn is_damage(&self) -> bool {
        matches!(self, Self::Checksum { .. } | Self::TooShort | Self::Characters)
    }
}
