//! A document that a resident signed with their card (電子署名): who, and was their certificate good at that time?
//!
//! For: applications and forms that need a signature. By: 公的個人認証法 3条, 17条–19条 (署名検証者), 電子署名法 3条.
//!
//! ```text
//!  PDF (PAdES) or any bytes with a detached CMS
//!     └─▶ bytes ▸ signature ▸ chain (several CA generations) ▸ profile and policy ▸ valid at `at` ▸ status at `at`
//!                                                                                └─▶ SignedByResident: four attributes
//! ```
//!
//! `at` is when the city received the document, as its own record says. What the document claims of its time is only
//! compared with it. A certificate revoked later does not undo a signature; one revoked before, or whose status cannot be
//! learned, makes it worth nothing. So judge while the certificate is valid, and keep what came out: afterwards nobody says
//! whether it was revoked.

use base::Timestamp;

use crate::algorithm::sha256;
use crate::anchors::{AnchorKind, TrustAnchors};
use crate::certificate::CertificateId;
use crate::cms::{CheckError, SignedData};
use crate::jpki_profile::{CertificateKind, CertificateRefusal, judge};
use crate::pades::{self, PadesRefusal};
use crate::revocation::{RevocationReason, SourceKind, Standing, StatusError, StatusSource};
use crate::signing_identity::{SigningIdentity, read_signing_identity};

/// How far a PDF's claimed time may lie from its receipt, in seconds: a form signed at the agent arrives at once.
pub const MOST_DELAY_SECONDS: i64 = 3600;
/// How far the signer's clock may be ahead, in seconds.
const CLOCK_SKEW_SECONDS: i64 = 60;

/// What a valid signature shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedByResident {
    /// 氏名, 住所, 生年月日, 性別 as certified.
    pub identity: SigningIdentity,
    /// Which certificate; to be kept under a keyed hash only.
    pub certificate_id: CertificateId,
    /// Last instant of its validity.
    pub not_after: Timestamp,
    /// Real or dummy CA.
    pub anchor: AnchorKind,
    /// How its status was checked.
    pub status_source: SourceKind,
    /// For which instant that source spoke.
    pub status_as_of: Timestamp,
    /// Since when it is revoked, if it was revoked after `at`.
    pub revoked_since: Option<Timestamp>,
}

/// Why a document does not count as signed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotSigned {
    /// The PDF or the signature in it.
    #[error(transparent)]
    Pdf(#[from] PadesRefusal),
    /// The detached signature cannot be read or is not of an accepted form.
    #[error("the signature is not accepted: {0}")]
    Form(&'static str),
    /// The content is not the one that was signed.
    #[error("the document was changed after it was signed")]
    Altered,
    /// The signature was not made with the key of its certificate.
    #[error("the signature does not fit its certificate")]
    BadSignature,
    /// The certificate is refused: another authority, the card's other certificate, expired then, wrong policy.
    #[error(transparent)]
    Certificate(#[from] CertificateRefusal),
    /// What the document claims of its time does not fit its receipt.
    #[error("the document claims another time than that of its receipt")]
    WrongTime,
    /// The certificate was revoked when the document arrived: the holder moved, or stopped it.
    #[error("the certificate was revoked before the document arrived")]
    Revoked {
        /// Why, as the CA says.
        reason: RevocationReason,
        /// Since when.
        since: Timestamp,
    },
    /// Whether it was revoked could not be learned: nothing is accepted.
    #[error("the certificate's status could not be checked: {0}")]
    StatusUnknown(#[from] StatusError),
}

impl From<CheckError> for NotSigned {
    fn from(error: CheckError) -> Self {
        match error {
            CheckError::Malformed(_) => Self::Form("malformed"),
            CheckError::Form(what) => Self::Form(what),
            CheckError::Digest => Self::Altered,
            CheckError::Signature => Self::BadSignature,
        }
    }
}

/// Whose signature a detached CMS over `content` is, as far as that can be told without asking anybody: form, digest,
/// signature, chain, profile, policy and validity at `at`. Whether the certificate was revoked is **not** known: this keeps
/// junk out, it accepts nothing.
///
/// # Errors
/// [`NotSigned`], never [`NotSigned::StatusUnknown`] or [`NotSigned::Revoked`].
pub fn claims_to_be_signed(
    cms: &[u8],
    content: &[u8],
    anchors: &TrustAnchors,
    at: Timestamp,
) -> Result<CertificateId, NotSigned> {
    let certificate = signer_of(cms, content)?;
    Ok(judge(&certificate, CertificateKind::Signing, anchors, at)?.id().clone())
}

/// The certificate whose key made a detached CMS over `content`.
fn signer_of(cms: &[u8], content: &[u8]) -> Result<Vec<u8>, NotSigned> {
    Ok(SignedData::read(cms)?.check(sha256(content))?.raw.to_vec())
}

/// Where signatures are judged: which CAs count and where revocation is asked.
#[derive(Clone, Copy)]
pub struct Judge<'a> {
    /// CAs for residents' signatures among them.
    pub anchors: &'a TrustAnchors,
    /// Where revocation is asked.
    pub status: &'a dyn StatusSource,
    /// The present.
    pub now: Timestamp,
}

impl Judge<'_> {
    /// Judges a PDF received at `at`.
    ///
    /// # Errors
    /// [`NotSigned`].
    pub fn pdf(&self, pdf: &[u8], at: Timestamp) -> Result<SignedByResident, NotSigned> {
        let (certificate, claimed) = pades::read_signed(pdf)?;
        if !(-CLOCK_SKEW_SECONDS..=MOST_DELAY_SECONDS).contains(&at.seconds_since(claimed)) {
            return Err(NotSigned::WrongTime);
        }
        self.certificate(&certificate, at)
    }

    /// Judges a detached CMS signature over `content`, received at `at`.
    ///
    /// # Errors
    /// [`NotSigned`].
    pub fn detached(&self, cms: &[u8], content: &[u8], at: Timestamp) -> Result<SignedByResident, NotSigned> {
        self.certificate(&signer_of(cms, content)?, at)
    }

    fn certificate(&self, der: &[u8], at: Timestamp) -> Result<SignedByResident, NotSigned> {
        let certificate = judge(der, CertificateKind::Signing, self.anchors, at)?;
        let status = self.status.status(&certificate, self.now)?;
        let not_after = certificate.not_after;
        let revoked_since = match status.standing {
            Standing::Good if status.as_of >= not_after.plus_seconds(1) => {
                return Err(StatusError::AfterExpiry { not_after }.into());
            }
            Standing::Good => None,
            Standing::Revoked { since, .. } if since > at => Some(since),
            Standing::Revoked { reason, since } => return Err(NotSigned::Revoked { reason, since }),
        };
        Ok(SignedByResident {
            identity: read_signing_identity(der)?,
            certificate_id: certificate.id().clone(),
            not_after: certificate.not_after,
            anchor: certificate.issuer.kind(),
            status_source: status.source,
            status_as_of: status.as_of,
            revoked_since,
        })
    }
}
