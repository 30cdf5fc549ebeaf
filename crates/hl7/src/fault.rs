//! What is wrong with a message, and where. Nothing of the message's text is in here.

/// A place and what is wrong there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{segment}-{field}: {what}")]
pub struct Fault {
    /// The segment's three letters.
    pub segment: &'static str,
    /// The field's number, from 1; 0 for the segment as a whole.
    pub field: usize,
    /// What.
    pub what: What,
}

/// What is wrong. [`What::code`] is the number of HL7's table 0357.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum What {
    /// Bytes that are neither ISO-2022-JP nor UTF-8.
    #[error("not in characters that are understood")]
    Characters,
    /// It does not begin with `MSH` and its separators.
    #[error("does not begin as a message")]
    NotAMessage,
    /// The segment is not there.
    #[error("the segment is missing")]
    SegmentMissing,
    /// The field is empty.
    #[error("the field is missing")]
    FieldMissing,
    /// The value cannot be read as its type.
    #[error("the value cannot be read")]
    Malformed,
    /// A kind of message that is not spoken here.
    #[error("this kind of message is not spoken here")]
    OtherKind,
    /// A version other than 2.x.
    #[error("this version is not spoken here")]
    OtherVersion,
    /// A character that the agreed set does not have.
    #[error("holds a character that cannot be written")]
    Unwritable,
    /// A text that looks like an Individual Number.
    #[error("holds what may be an Individual Number")]
    MyNumber,
}

impl What {
    /// Its number in HL7 table 0357.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotAMessage | Self::SegmentMissing => "100",
            Self::FieldMissing => "101",
            Self::Characters | Self::Malformed | Self::Unwritable | Self::MyNumber => "102",
            Self::OtherKind => "200",
            Self::OtherVersion => "203",
        }
    }

    /// Whether the message is refused for what it is (AR), not for a fault in it (AE).
    pub const fn is_rejection(self) -> bool {
        matches!(self, Self::OtherKind | Self::OtherVersion | Self::NotAMessage)
    }
}

impl Fault {
    /// At a field of a segment.
    pub const fn at(segment: &'static str, field: usize, what: What) -> Self {
        Self { segment, field, what }
    }
}
