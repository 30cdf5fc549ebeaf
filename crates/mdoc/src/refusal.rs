//! Why a presented card is not believed. One enum: every check of the reader has its name here.

use base::{Kind, Timestamp};
use pki::Malformed;
use pki::mobile_document::MobileSignerRefusal;
use pki::revocation::{RevocationReason, StatusError};

use crate::channel::ChannelError;
use crate::elements::Element;

/// Why an answer was refused. None of them repeats a value of the card.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The phone could not be asked.
    #[error(transparent)]
    Channel(#[from] ChannelError),
    /// Not an answer of the one form, at this byte.
    #[error("the phone's answer is {0}")]
    Malformed(#[from] Malformed),
    /// Longer than any honest answer.
    #[error("the phone's answer is too long")]
    TooLong,
    /// The phone reported a failure of its own (ISO/IEC 18013-5 table 8).
    #[error("the phone answered with status {0}")]
    PhoneStatus(u64),
    /// The phone returned no document: it has none or its holder said no.
    #[error("the phone returned no card")]
    NothingReturned,
    /// More documents than were asked for.
    #[error("the phone returned more than one document")]
    MoreThanOneDocument,
    /// Another type of document.
    #[error("the document is not an Individual Number Card in a phone")]
    WrongDocumentType,
    /// The issuer signed another type of document than the phone says.
    #[error("the signed document type differs from the one presented")]
    DocumentTypeDiffers,
    /// 個人番号 is in the answer. Nothing of the answer is kept.
    #[error("the answer carries an Individual Number (個人番号), which this system never accepts")]
    IndividualNumberPresent,
    /// The certificate that signed is not a document signer's.
    #[error(transparent)]
    Signer(#[from] MobileSignerRefusal),
    /// An algorithm that is not accepted, or not the one of the key.
    #[error("the signature algorithm is not accepted for this key")]
    WrongAlgorithm,
    /// The issuer's signature does not fit.
    #[error("the issuer's signature is wrong")]
    WrongIssuerSignature,
    /// The document signer was revoked.
    #[error("the document signer has been revoked")]
    SignerRevoked {
        /// Since when.
        since: Timestamp,
        /// Why.
        reason: RevocationReason,
    },
    /// Whether the document signer was revoked could not be learned, or only from too old a list.
    #[error("the document signer's status could not be checked: {0}")]
    StatusUnknown(#[from] StatusError),
    /// The security object is of a version we do not read.
    #[error("the security object has a version we do not read")]
    UnknownVersion,
    /// The security object's digests are made with something we do not accept.
    #[error("the digest algorithm is not accepted")]
    UnknownDigestAlgorithm,
    /// The signer's certificate was not valid when the document was signed.
    #[error("the document was signed outside the validity of its signer's certificate")]
    SignedOutsideSignerValidity,
    /// The dates of the document contradict each other.
    #[error("the dates of the document contradict each other")]
    ContradictoryValidity,
    /// Signed or valid only in the future.
    #[error("the document is not valid yet")]
    NotYetValid,
    /// Past its end.
    #[error("the document has expired")]
    Expired,
    /// An item whose bytes do not have the signed digest.
    #[error("an item of the document was altered")]
    AlteredItem,
    /// An item for which nothing is signed.
    #[error("an item of the document is not covered by the issuer's signature")]
    UnsignedItem,
    /// The same element twice, or two elements under one digest.
    #[error("an item stands twice in the document")]
    DuplicateItem,
    /// An element that was not asked for. Nothing of the answer is kept.
    #[error("the phone returned an element that was not asked for")]
    NotAskedFor,
    /// The phone added elements of its own, which no issuer signed.
    #[error("the phone added elements that the issuer did not sign")]
    DeviceSignedElements,
    /// The device key is of no accepted type.
    #[error("the phone's key is of a type that is not accepted")]
    UnacceptableDeviceKey,
    /// Signature or MAC over this session by the device key: another phone, another session or an old answer again.
    #[error("the phone did not prove that it holds this document in this session")]
    DeviceNotProved,
    /// The phone used a MAC, but this session has no reader key to check it with.
    #[error("the phone authenticated with a MAC and this session has no key for it")]
    NoKeyForMac,
    /// A value is not of the form its element has.
    #[error("the value of an element has an unknown form: {0:?}")]
    UnreadableValue(Element),
    /// Two elements that say the same thing say different things.
    #[error("two elements of the document contradict each other")]
    Contradiction,
}

impl Refusal {
    /// What sort of failure it is to a caller.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Malformed(_) | Self::TooLong => Kind::Invalid,
            Self::StatusUnknown(_) | Self::Channel(_) => Kind::Unavailable,
            _ => Kind::Refused,
        }
    }
}
