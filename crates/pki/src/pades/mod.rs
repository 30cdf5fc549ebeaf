//! Electronic signatures in PDFs: PAdES baseline B (ETSI EN 319 142-1), made and checked.
//!
//! For: every certificate the city issues (the mayor's electronic seal) and everybody who receives one.
//!
//! ```text
//!  finished PDF ──▶ sign ──▶ the same bytes, untouched, + an incremental update holding one signature over all of it  (B-B)
//!               └─▶ sign_stamped ──▶ the same, with an authority's time stamp over the signature                      (B-T)
//!  stamped PDF ──▶ long_term ──▶ the same bytes, untouched, + an incremental update holding evidence                  (B-LT)
//!  any PDF ──▶ verify ──▶ SignatureReport | PadesRefusal     (total: hostile files are refused, never panic)
//! ```

pub mod long_term;
mod sign;
mod syntax;
mod update;
mod verify;

pub use sign::PreparedPdf;

use aws_lc_rs::digest::{Context, SHA256};
use base::Timestamp;

use crate::anchors::{AnchorKind, TrustAnchors};
use crate::asn1::Malformed;
use crate::keys::{DocumentSigner, KeyError};
use crate::timestamp::{Stamp, TimestampError, TimestampRefusal, TimestampSource};

/// Room kept in the signature for a time stamp: a token with a chain of RSA certificates is about 6 kB.
const STAMP_ROOM: usize = 8 * 1024;

/// What the signature says of itself beside the certificate. Shown by viewers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SignatureNotes {
    /// Who signs, e.g. `デモ市長`.
    pub name: String,
    /// Why, e.g. `住民票の写しの交付`.
    pub reason: String,
    /// Where, e.g. `デモ市`.
    pub location: String,
}

/// Why a PDF could not be signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignError {
    /// Not a PDF with a classical cross-reference table as our drawing makes.
    #[error("the PDF cannot be signed: {what} (byte {position})")]
    Unreadable {
        /// Offset from 0.
        position: usize,
        /// What was expected there.
        what: &'static str,
    },
    /// It carries a form, a signature or evidence already.
    #[error("the PDF has a form, a signature or evidence already")]
    HasForm,
    /// The CMS signature is longer than the room kept for it.
    #[error("the signature does not fit into the room kept for it")]
    TooLong,
    /// The signer's certificate cannot be read.
    #[error("the signer's certificate is {0}")]
    Certificate(#[from] Malformed),
    /// The signer has no certificate.
    #[error("the signer has no certificate")]
    NoCertificate,
    /// The key did not sign.
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// A signed file and how its stamping went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamped {
    /// The file: level B-T with a stamp, B-B without.
    pub bytes: Vec<u8>,
    /// The stamp, or why there is none.
    pub stamp: Result<Stamp, TimestampError>,
}

/// What a signature's time stamp is worth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StampFound {
    /// There is none.
    None,
    /// There is one, and it vouches.
    Vouches(Stamp),
    /// There is one that is not accepted; it proves no more than none.
    NotAccepted(TimestampRefusal),
}

impl StampFound {
    /// The stamped time, where a stamp vouches.
    pub const fn time(&self) -> Option<Timestamp> {
        match self {
            Self::Vouches(stamp) => Some(stamp.time),
            Self::None | Self::NotAccepted(_) => None,
        }
    }
}

/// What a valid signature shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignatureReport {
    /// Common name in the signer's certificate.
    pub signer: String,
    /// Organisation in the signer's certificate.
    pub organization: String,
    /// The signing time the document claims: the clock of the signer.
    pub claimed_time: Timestamp,
    /// Whether an authority vouches that the signature existed, and when.
    pub stamp: StampFound,
    /// Evidence behind the signature, for judging it later.
    pub long_term: Option<long_term::LongTerm>,
    /// Real or dummy CA.
    pub anchor: AnchorKind,
    /// Whether the signer's certificate is still valid today. Without a time stamp an expired one proves less.
    pub certificate_current: bool,
}

/// Why a PDF's signature is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PadesRefusal {
    /// There is no signature in it.
    #[error("the file holds no signature")]
    NotSigned,
    /// Not a PDF, or its signature's parts cannot be found.
    #[error("the file is malformed at byte {position}: {what}")]
    MalformedPdf {
        /// Offset from 0.
        position: usize,
        /// What was expected there.
        what: &'static str,
    },
    /// The signature does not cover the whole file: something was added after signing.
    #[error("the file was changed after it was signed: bytes outside the signature")]
    NotWholeFile,
    /// The bytes are not those that were signed.
    #[error("the file was changed after it was signed")]
    Altered,
    /// The signature's structure is wrong.
    #[error("the signature is {0}")]
    MalformedSignature(#[from] Malformed),
    /// The structure can be read but is not a PAdES signature as we know them.
    #[error("the signature is not of an accepted form: {0}")]
    UnacceptedForm(&'static str),
    /// The signature was not made with the key of the certificate in it.
    #[error("the signature does not fit its certificate")]
    BadSignature,
    /// The certificate was issued by an authority we do not know.
    #[error("the signer's certificate was issued by another authority")]
    ForeignAuthority,
    /// The certificate was issued by a test authority, and this system is not a demonstration.
    #[error("the signer's certificate was issued by a test authority")]
    TestAuthority,
    /// The certificate may not sign documents or holds an unknown critical extension.
    #[error("the signer's certificate may not sign documents")]
    WrongCertificate,
    /// The certificate was not valid when the document says it was signed, or that time is still to come.
    #[error("the signer's certificate was not valid at the time of signing")]
    CertificateNotCurrent,
    /// The evidence in the file shows that a certificate had been revoked.
    #[error("a certificate behind the document had been revoked")]
    Revoked,
}

/// Signs `pdf` (as drawn by krilla: classical cross-reference table, no form) at `now`.
///
/// The result begins with exactly the bytes of `pdf`.
///
/// # Errors
/// See [`SignError`].
pub fn sign(
    pdf: &[u8],
    signer: &dyn DocumentSigner,
    notes: &SignatureNotes,
    now: Timestamp,
) -> Result<Vec<u8>, SignError> {
    let certificates = signer.certificate_chain().iter().map(Vec::len).sum();
    sign::prepare(pdf, certificates, notes, now)?.finish(signer)
}

/// [`sign`], and has `source` stamp the signature. The document is signed whatever comes of it: [`Stamped::stamp`] says.
///
/// # Errors
/// See [`SignError`].
pub fn sign_stamped(
    pdf: &[u8],
    signer: &dyn DocumentSigner,
    notes: &SignatureNotes,
    source: &dyn TimestampSource,
    now: Timestamp,
) -> Result<Stamped, SignError> {
    let certificates: usize = signer.certificate_chain().iter().map(Vec::len).sum();
    sign::prepare(pdf, certificates + STAMP_ROOM, notes, now)?.finish_stamped(signer, source)
}

/// Stamps the signature of a file that [`sign_stamped`] left without a stamp, in the room kept for it. For a file that
/// nobody has been given yet: its bytes change, though nothing that is signed.
///
/// # Errors
/// [`SignError::Unreadable`] for a file without a signature over all of it.
pub fn stamp(signed: &[u8], source: &dyn TimestampSource) -> Result<Stamped, SignError> {
    sign::stamp(signed, source)
}

/// Everything of [`sign`] but the signature, for a key that is elsewhere: a resident's card at an agent. Room is kept for
/// `certificate_bytes` of certificates. The same arguments give the same bytes, so a server need only keep the PDF and
/// `now` until the signature comes.
///
/// # Errors
/// See [`SignError`].
pub fn prepare(
    pdf: &[u8],
    certificate_bytes: usize,
    notes: &SignatureNotes,
    now: Timestamp,
) -> Result<PreparedPdf, SignError> {
    sign::prepare(pdf, certificate_bytes, notes, now)
}

/// The signer's certificate and the claimed time of a PDF whose one signature covers the whole file and fits its bytes;
/// the certificate itself is not judged.
pub(crate) fn read_signed(pdf: &[u8]) -> Result<(Vec<u8>, Timestamp), PadesRefusal> {
    verify::read_signed(pdf, |certificate, claimed_time| Ok((certificate.raw.to_vec(), claimed_time)))
}

/// Checks the one signature of `pdf`: it covers the whole file, fits the bytes, was made by a certificate of a CA we
/// trust for documents, valid at the stamped time, or at the claimed one where no stamp vouches. Total: any bytes give an
/// answer. Behind the signature only evidence may stand, exactly as [`long_term::append`] writes it.
///
/// Nobody is asked here whether the signer's certificate was revoked later; what the file's evidence shows counts.
///
/// # Errors
/// See [`PadesRefusal`].
pub fn verify(pdf: &[u8], anchors: &TrustAnchors, now: Timestamp) -> Result<SignatureReport, PadesRefusal> {
    verify::verify(pdf, anchors, now)
}

/// SHA-256 of everything but the hole; the caller has checked that the places lie in the file.
fn digest_around(pdf: &[u8], hole: usize, hole_end: usize) -> [u8; 32] {
    let mut context = Context::new(&SHA256);
    context.update(&pdf[..hole]);
    context.update(&pdf[hole_end..]);
    let mut digest = [0; 32];
    digest.copy_from_slice(context.finish().as_ref());
    digest
}
