//! Time stamps (タイムスタンプ): an authority signs that a hash existed at a time, so that a signature outlives its
//! signer's certificate.
//!
//! For: every certificate the city issues (PAdES B-T) and whoever checks one later. By: RFC 3161, RFC 5816, ETSI EN 319 422.
//!
//! ```text
//!  SHA-256 ─▶ TimestampRequest (nonce, policy, "send your certificate") ── HTTP POST ──▶ authority
//!             read_response ◀── status, token ◀───────────────────────────────────────────┘
//!               │ granted · our imprint · our nonce · our policy · its signature, purpose and certificate · its clock
//!               └▶ Stamped { token, Stamp { time, … } } | TimestampRefusal
//! ```
//!
//! Total: any bytes give an answer. A stamp is believed only under an anchor of role
//! [`crate::AuthorityRole::Timestamp`], directly: the hierarchy has two steps.

mod request;
mod response;
mod source;
mod token;

pub use request::{Policy, TimestampRequest};
pub use response::read_response;
pub use source::{HttpTimestampSource, MAX_RESPONSE_BYTES, RestingSource, TimestampSource};
pub(crate) use token::signer_of;
pub use token::{MAX_TOKEN_BYTES, read_stamp};

use base::Timestamp;

use crate::anchors::AnchorKind;
use crate::asn1::Malformed;
use crate::revocation::StatusError;

/// How far the authority's clock and ours may be apart, in seconds, when a stamp is taken. Our own decision: a stamp that
/// contradicts the day printed on the paper must not be on it.
pub const CLOCK_TOLERANCE_SECONDS: i64 = 60;

/// What a time stamp says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// The hash existed at this time at the latest.
    pub time: Timestamp,
    /// Common name of the authority's certificate.
    pub authority: String,
    /// The policy it was given under, dotted.
    pub policy: String,
    /// The stamp's number at its authority, big endian.
    pub serial: Vec<u8>,
    /// Real or dummy.
    pub anchor: AnchorKind,
}

/// A token that was judged, and what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StampedToken {
    /// The token, DER: a CMS message.
    pub token: Vec<u8>,
    /// What it says.
    pub stamp: Stamp,
}

/// Why an answer or a token is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TimestampRefusal {
    /// Not the structure.
    #[error("the time stamp is {0}")]
    Malformed(#[from] Malformed),
    /// More bytes than any time stamp has.
    #[error("the time stamp is too long")]
    TooLong,
    /// The authority said no. `failure` is the number of the bit in PKIFailureInfo.
    #[error("the authority did not give a time stamp (status {status}, {})", failure_words(*failure))]
    NotGranted {
        /// PKIStatus: 2 rejection, 3 waiting, 4 and 5 about a revocation.
        status: u8,
        /// 14: no clock; 15: another policy; 25: its system failed; …
        failure: Option<u8>,
    },
    /// It said yes and sent no token.
    #[error("the authority sent no time stamp")]
    NoToken,
    /// The structure can be read but is not one we accept.
    #[error("the time stamp is not of an accepted form: {0}")]
    UnacceptedForm(&'static str),
    /// It is over another hash.
    #[error("the time stamp is over something else")]
    WrongImprint,
    /// It answers another question.
    #[error("the time stamp answers another question")]
    WrongNonce,
    /// It was given under another policy than asked.
    #[error("the time stamp was given under another policy")]
    WrongPolicy,
    /// The authority's clock and ours disagree.
    #[error("the authority's clock and ours are {seconds} seconds apart")]
    ClocksDisagree {
        /// Theirs minus ours.
        seconds: i64,
    },
    /// The signature does not fit the certificate it names.
    #[error("the time stamp's signature is wrong")]
    BadSignature,
    /// It names another certificate than the one in it (ESSCertID).
    #[error("the time stamp names another certificate")]
    WrongCertificate,
    /// The certificate is not for time stamps alone, critically (RFC 3161 §2.3).
    #[error("the certificate may not sign time stamps")]
    WrongPurpose,
    /// An authority we do not know.
    #[error("the time stamp comes from an authority that is not known here")]
    ForeignAuthority,
    /// A dummy, and this system is not a demonstration.
    #[error("the time stamp comes from a test authority")]
    TestAuthority,
    /// The certificate was not valid at the stamped time.
    #[error("the authority's certificate was not valid at the stamped time")]
    CertificateNotCurrent,
}

const fn failure_words(failure: Option<u8>) -> &'static str {
    match failure {
        Some(0) => "hash not accepted",
        Some(2) => "question not accepted",
        Some(5) => "question not understood",
        Some(14) => "its clock is not available",
        Some(15) => "policy not accepted",
        Some(16) => "extension not accepted",
        Some(17) => "information not available",
        Some(25) => "its system failed",
        _ => "without a reason",
    }
}

/// Why there is no time stamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TimestampError {
    /// No answer in time.
    #[error("the time-stamping authority was not reached")]
    Unreachable,
    /// Another HTTP status than 200.
    #[error("the time-stamping authority answered with HTTP status {0}")]
    HttpStatus(u16),
    /// It failed a moment ago and is left alone.
    #[error("the time-stamping authority is not asked again yet")]
    Resting,
    /// This city has none.
    #[error("no time-stamping authority is configured")]
    NotConfigured,
    /// An answer that is not accepted.
    #[error(transparent)]
    Refused(#[from] TimestampRefusal),
}

impl From<StatusError> for TimestampError {
    fn from(error: StatusError) -> Self {
        match error {
            StatusError::HttpStatus(status) => Self::HttpStatus(status),
            StatusError::TooLong => Self::Refused(TimestampRefusal::TooLong),
            _ => Self::Unreachable,
        }
    }
}
