//! Whether a certificate has been revoked: OCSP answers at most ten minutes old, or a CRL within its `nextUpdate`.
//!
//! For: every tap and every signed application. By: 公的個人認証法 18条, 37条 (verifiers ask the agency), RFC 6960, RFC 5280 §5.
//!
//! ```text
//!                        ┌─ OcspSource ── HTTP ──▶ responder      answer ≤ 10 min old, right serial, signed by the CA
//!  JudgedCertificate ──▶ │                                        or by a responder the CA appointed
//!    StatusSource        └─ CrlSource ─── HTTP ──▶ list           signed by the CA, within nextUpdate, not older than
//!                                                                 the one we had
//! ```
//!
//! There are three outcomes and no fourth: [`Standing::Good`], [`Standing::Revoked`], or a [`StatusError`], which always
//! means **status unknown, so nothing is issued**.

mod crl;
mod ocsp;
mod sources;

use base::Timestamp;

pub use crl::RevocationList;
pub use ocsp::{OcspQuestion, read_ocsp_answer};
pub use sources::{CrlSource, Fetch, HttpFetch, ListShelf, OcspAddress, OcspSource, OcspThenCrl};

use crate::asn1::Malformed;
use crate::jpki_profile::JudgedCertificate;

/// How old an answer may be and how far clocks may disagree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FreshnessRules {
    /// Greatest age of an OCSP answer, in seconds.
    pub ocsp_max_age_seconds: i64,
    /// How far ahead of ours the responder's clock may run, in seconds.
    pub clock_skew_seconds: i64,
    /// Whether an OCSP answer must repeat our nonce. Responders that prepare answers ahead leave it out.
    pub nonce_required: bool,
}

/// The rules in force. Ten minutes: our own decision; one minute of skew: recalled as common practice.
pub const FRESHNESS: FreshnessRules =
    FreshnessRules { ocsp_max_age_seconds: 600, clock_skew_seconds: 60, nonce_required: false };

/// Why a certificate was revoked (RFC 5280 §5.3.1), with what J-LIS means by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RevocationReason {
    /// No reason given; in JPKI: destroyed before it was handed over.
    Unspecified,
    /// The key may be known to others.
    KeyCompromise,
    /// The CA's key may be known to others.
    CaCompromise,
    /// The content changed: a move or a new name.
    AffiliationChanged,
    /// Renewed: a newer certificate takes its place.
    Superseded,
    /// No longer needed.
    CessationOfOperation,
    /// Suspected, use stopped. In JPKI a hold is never lifted, so it is treated as revoked.
    CertificateHold,
    /// Any other code.
    Other(u8),
}

impl RevocationReason {
    pub(crate) fn from_code(code: u64) -> Self {
        match code {
            0 => Self::Unspecified,
            1 => Self::KeyCompromise,
            2 => Self::CaCompromise,
            3 => Self::AffiliationChanged,
            4 => Self::Superseded,
            5 => Self::CessationOfOperation,
            6 => Self::CertificateHold,
            other => Self::Other(u8::try_from(other).unwrap_or(u8::MAX)),
        }
    }

    /// The code of RFC 5280.
    pub const fn code(self) -> u8 {
        match self {
            Self::Unspecified => 0,
            Self::KeyCompromise => 1,
            Self::CaCompromise => 2,
            Self::AffiliationChanged => 3,
            Self::Superseded => 4,
            Self::CessationOfOperation => 5,
            Self::CertificateHold => 6,
            Self::Other(code) => code,
        }
    }
}

/// What the CA says about a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Not revoked.
    Good,
    /// Revoked or on hold.
    Revoked {
        /// Since when.
        since: Timestamp,
        /// Why.
        reason: RevocationReason,
    },
}

/// Which kind of source an answer came from; to be recorded with the check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SourceKind {
    /// An OCSP answer.
    Ocsp,
    /// A certificate revocation list.
    Crl,
}

/// An answer about one certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status {
    /// Good or revoked.
    pub standing: Standing,
    /// Where from.
    pub source: SourceKind,
    /// The instant for which the source speaks (`thisUpdate`).
    pub as_of: Timestamp,
}

/// Why the status is unknown. Nothing is issued on any of these.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StatusError {
    /// The source did not answer, or not in time.
    #[error("the revocation service did not answer")]
    Unreachable,
    /// It answered with an HTTP error.
    #[error("the revocation service answered with HTTP status {0}")]
    HttpStatus(u16),
    /// It said that it cannot answer now (RFC 6960 §2.3), e.g. 3 = try later.
    #[error("the OCSP responder refused with code {0}")]
    ResponderRefused(u64),
    /// The answer is longer than any honest one.
    #[error("the revocation answer is too long")]
    TooLong,
    /// The answer is not DER of the expected form.
    #[error("the revocation answer is {0}")]
    Malformed(#[from] Malformed),
    /// Signed by neither the CA nor a responder it appointed.
    #[error("the revocation answer is signed by someone else")]
    WrongSigner,
    /// The signature does not fit.
    #[error("the revocation answer's signature is wrong")]
    BadSignature,
    /// It speaks about another certificate.
    #[error("the revocation answer is about another certificate")]
    WrongCertificate,
    /// It repeats another question's nonce: an old answer played again.
    #[error("the revocation answer belongs to another question")]
    WrongNonce,
    /// It is older than allowed.
    #[error("the revocation answer is too old")]
    Stale {
        /// The instant it speaks for.
        as_of: Timestamp,
    },
    /// It speaks for an instant after the certificate's end. Lists leave out what has expired (RFC 5280 §3.3): that it is
    /// not listed says nothing any more.
    #[error("the revocation answer was made after the certificate had expired")]
    AfterExpiry {
        /// Last instant of the certificate's validity.
        not_after: Timestamp,
    },
    /// It speaks for an instant that is still to come: one of the clocks is wrong.
    #[error("the revocation answer is dated in the future")]
    FromTheFuture {
        /// The instant it speaks for.
        as_of: Timestamp,
    },
    /// The responder does not know the certificate.
    #[error("the OCSP responder does not know the certificate")]
    UnknownToResponder,
    /// A list for other certificates, a partial list, or one with an unknown critical extension.
    #[error("the revocation list is not for this certificate")]
    WrongList,
    /// Older than the list we already had: an old list played again.
    #[error("the revocation list is older than the one known")]
    ListReplayed,
    /// No address is known to ask.
    #[error("no address is known for the revocation service")]
    NoAddress,
    /// Both ways failed.
    #[error("neither OCSP ({ocsp}) nor CRL ({crl}) gave an answer")]
    BothFailed {
        /// Why OCSP gave none.
        ocsp: Box<StatusError>,
        /// Why the list gave none.
        crl: Box<StatusError>,
    },
}

/// Anything that can say whether a judged certificate is still good.
pub trait StatusSource: Send + Sync {
    /// The status of `certificate` at `now`. Blocks while it asks over the network; has its own time limit.
    ///
    /// # Errors
    /// Every error means: status unknown, issue nothing.
    fn status(&self, certificate: &JudgedCertificate, now: Timestamp) -> Result<Status, StatusError>;
}

impl<T: StatusSource + ?Sized> StatusSource for std::sync::Arc<T> {
    fn status(&self, certificate: &JudgedCertificate, now: Timestamp) -> Result<Status, StatusError> {
        (**self).status(certificate, now)
    }
}

/// `as_of` must not lie in the future, apart from skew.
fn check_not_future(as_of: Timestamp, now: Timestamp, rules: FreshnessRules) -> Result<(), StatusError> {
    if as_of > now.plus_seconds(rules.clock_skew_seconds) { Err(StatusError::FromTheFuture { as_of }) } else { Ok(()) }
}
