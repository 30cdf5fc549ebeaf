//! The document signer of a mobile document: may this certificate sign cards in phones, and has it been revoked?
//!
//! For: the mdoc reader (`crates/mdoc`). By: ISO/IEC 18013-5 annex B as public verifiers carry it out; the Japanese
//! profile (root, distribution of its lists) is not public, so anchors are whatever the caller was handed.
//!
//! ```text
//!   first certificate of x5chain ──authorityKeyIdentifier──▶ IACA anchor ──▶ its key checks the signature
//!        │ key usage digitalSignature · one purpose, 1.0.18013.5.1.2 · C equal · ST equal if either has one
//!        ▼
//!   MobileDocumentSigner ──▶ MobileSignerStatus (the IACA's revocation list) ──▶ good │ revoked │ unknown = refused
//! ```
//! There are no intermediate CAs: certificates after the first in the chain prove nothing and are not read.

use std::sync::Arc;

use base::Timestamp;

use crate::algorithm::public_key_octets;
use crate::anchors::{Anchor, AnchorKind, AuthorityRole, TrustAnchors};
use crate::asn1::{Malformed, Reader, tag};
use crate::certificate::Certificate;
use crate::revocation::{CrlSource, FRESHNESS, RevocationList, Status, StatusError};
use crate::{SignatureAlgorithm, oids};

/// digitalSignature and nothing else, as the first 16 bits of a key usage.
const DIGITAL_SIGNATURE_ONLY: u16 = 0x8000;

/// Why a certificate may not sign mobile documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MobileSignerRefusal {
    /// Not a certificate of the expected form.
    #[error("the document signer's certificate is {0}")]
    Malformed(#[from] Malformed),
    /// No anchor has the key that is said to have issued it.
    #[error("the document signer's certificate comes from an authority we do not trust")]
    UnknownAuthority,
    /// The authority's name or signature does not fit.
    #[error("the document signer's certificate was not signed by its authority")]
    WrongSignature,
    /// The authority's own certificate is not valid now.
    #[error("the issuing authority's certificate is not valid at this time")]
    AuthorityNotCurrent,
    /// The document signer's certificate is not valid now.
    #[error("the document signer's certificate is not valid at this time")]
    NotCurrent,
    /// It says it is a CA.
    #[error("the document signer's certificate says it is a CA")]
    IsAuthority,
    /// Key usage is not exactly digitalSignature, critical.
    #[error("the document signer's key is not for signatures only")]
    WrongKeyUsage,
    /// Its purpose is not exactly that of a document signer.
    #[error("the certificate is not one of a document signer (1.0.18013.5.1.2)")]
    WrongPurpose,
    /// Signer and authority do not name the same one country.
    #[error("document signer and authority do not name the same country")]
    CountryDiffers,
    /// One names a state or province that the other does not.
    #[error("document signer and authority do not name the same state or province")]
    StateDiffers,
    /// A critical extension nobody here knows.
    #[error("the document signer's certificate has a critical extension we do not know")]
    UnknownCriticalExtension,
    /// Its key is of no accepted type (P-256, P-384).
    #[error("the document signer's key is of a type that is not accepted")]
    UnacceptableKey,
}

/// A document signer whose certificate is in order. Whether it was revoked is still to be asked.
#[derive(Clone)]
pub struct MobileDocumentSigner {
    serial: Vec<u8>,
    not_before: Timestamp,
    not_after: Timestamp,
    algorithm: SignatureAlgorithm,
    public_key_point: Vec<u8>,
    issuer: Arc<Anchor>,
}

impl std::fmt::Debug for MobileDocumentSigner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MobileDocumentSigner").field("anchor", &self.issuer.kind()).finish_non_exhaustive()
    }
}

impl MobileDocumentSigner {
    /// Reads the first certificate of a chain and judges it at `now` against the anchors of mobile documents.
    ///
    /// # Errors
    /// The first rule it breaks.
    pub fn judge(der: &[u8], anchors: &TrustAnchors, now: Timestamp) -> Result<Self, MobileSignerRefusal> {
        use MobileSignerRefusal as Refusal;
        let certificate = Certificate::read(der)?;
        let authority = certificate.authority_key_id()?.ok_or(Refusal::UnknownAuthority)?;
        let issuer =
            anchors.by_key_id(AuthorityRole::MobileDocument, authority.key_id).ok_or(Refusal::UnknownAuthority)?;
        if certificate.issuer != issuer.name || !issuer.signed(&certificate) {
            return Err(Refusal::WrongSignature);
        }
        let (from, until) = issuer.validity();
        if now < from || now >= until.plus_seconds(1) {
            return Err(Refusal::AuthorityNotCurrent);
        }
        if !certificate.is_current(now) {
            return Err(Refusal::NotCurrent);
        }
        check_uses(&certificate)?;
        check_places(certificate.subject, &issuer.name)?;
        let algorithm = match SignatureAlgorithm::for_key(certificate.public_key)? {
            Some(algorithm @ (SignatureAlgorithm::EcdsaP256Sha256 | SignatureAlgorithm::EcdsaP384Sha384)) => algorithm,
            _ => return Err(Refusal::UnacceptableKey),
        };
        Ok(Self {
            serial: certificate.serial.to_vec(),
            not_before: certificate.not_before,
            not_after: certificate.not_after,
            algorithm,
            public_key_point: public_key_octets(certificate.public_key)?.to_vec(),
            issuer: Arc::clone(issuer),
        })
    }

    /// Whether the certificate was valid at `instant`: both ends included.
    pub fn was_valid(&self, instant: Timestamp) -> bool {
        self.not_before <= instant && instant < self.not_after.plus_seconds(1)
    }

    /// Which algorithm its key signs with: ES256 or ES384 in COSE's words.
    pub fn algorithm(&self) -> SignatureAlgorithm {
        self.algorithm
    }

    /// Its public key: a point in the form of SEC 1, as it stands in the certificate.
    pub fn public_key_point(&self) -> &[u8] {
        &self.public_key_point
    }

    /// The authority that issued it.
    pub fn issuer(&self) -> &Anchor {
        &self.issuer
    }

    /// Real or dummy.
    pub fn anchor_kind(&self) -> AnchorKind {
        self.issuer.kind()
    }
}

fn check_uses(certificate: &Certificate<'_>) -> Result<(), MobileSignerRefusal> {
    use MobileSignerRefusal as Refusal;
    if matches!(certificate.is_authority()?, Some((true, _))) {
        return Err(Refusal::IsAuthority);
    }
    if certificate.key_usage()? != Some((DIGITAL_SIGNATURE_ONLY, true)) {
        return Err(Refusal::WrongKeyUsage);
    }
    if certificate.extended_key_usage()? != [oids::MOBILE_DOCUMENT_SIGNING.as_bytes()] {
        return Err(Refusal::WrongPurpose);
    }
    let known = [oids::KEY_USAGE, oids::EXTENDED_KEY_USAGE, oids::BASIC_CONSTRAINTS];
    if certificate.extensions.iter().any(|e| e.critical && !known.iter().any(|&oid| e.is(oid))) {
        return Err(Refusal::UnknownCriticalExtension);
    }
    Ok(())
}

/// Country and, where either names one, state or province: the same once in both names.
fn check_places(subject: &[u8], issuer: &[u8]) -> Result<(), MobileSignerRefusal> {
    let country = only_value(subject, oids::COUNTRY)?;
    if country.is_none() || country != only_value(issuer, oids::COUNTRY)? {
        return Err(MobileSignerRefusal::CountryDiffers);
    }
    if only_value(subject, oids::STATE_OR_PROVINCE)? != only_value(issuer, oids::STATE_OR_PROVINCE)? {
        return Err(MobileSignerRefusal::StateDiffers);
    }
    Ok(())
}

/// The value of an attribute of a name that may stand there once.
fn only_value(name: &[u8], attribute: const_oid::ObjectIdentifier) -> Result<Option<&str>, Malformed> {
    let mut whole = Reader::new(name);
    let mut sets = whole.sequence("a name")?;
    let mut found = None;
    while !sets.is_empty() {
        let mut set = sets.expect(tag::SET, "a part of a name")?.reader();
        while !set.is_empty() {
            let mut pair = set.sequence("an attribute of a name")?;
            let kind = pair.expect(tag::OID, "the kind of an attribute")?;
            let value = pair.any("the value of an attribute")?;
            pair.finish()?;
            if kind.value == attribute.as_bytes() && found.replace(value.text("text in a name")?).is_some() {
                return Err(Malformed { position: kind.position, what: "this attribute once" });
            }
        }
    }
    Ok(found)
}

/// Anything that can say whether a document signer has been revoked.
pub trait MobileSignerStatus: Send + Sync {
    /// The status of `signer` at `now`.
    ///
    /// # Errors
    /// Every error means: status unknown, believe nothing it signed.
    fn status(&self, signer: &MobileDocumentSigner, now: Timestamp) -> Result<Status, StatusError>;
}

impl<T: MobileSignerStatus + ?Sized> MobileSignerStatus for Arc<T> {
    fn status(&self, signer: &MobileDocumentSigner, now: Timestamp) -> Result<Status, StatusError> {
        (**self).status(signer, now)
    }
}

/// Lists that were fetched and checked already, one for each authority.
#[derive(Debug, Default)]
pub struct MobileSignerLists(Vec<RevocationList>);

impl MobileSignerLists {
    /// Reads the lists, each with the authority that must have signed it.
    ///
    /// # Errors
    /// As [`RevocationList::read`].
    pub fn read<'a>(lists: impl IntoIterator<Item = (&'a [u8], &'a Anchor)>) -> Result<Self, StatusError> {
        lists.into_iter().map(|(der, issuer)| RevocationList::read(der, issuer)).collect::<Result<_, _>>().map(Self)
    }
}

impl MobileSignerStatus for MobileSignerLists {
    fn status(&self, signer: &MobileDocumentSigner, now: Timestamp) -> Result<Status, StatusError> {
        let mut answer = Err(StatusError::WrongList);
        for list in &self.0 {
            answer = list.status_under(signer.issuer.key_id(), &signer.serial, now, FRESHNESS);
            if !matches!(answer, Err(StatusError::WrongList)) {
                break;
            }
        }
        answer
    }
}

/// An authority's list by HTTP, kept while it may be.
impl MobileSignerStatus for CrlSource {
    fn status(&self, signer: &MobileDocumentSigner, now: Timestamp) -> Result<Status, StatusError> {
        self.list(&signer.issuer, now)?.status_under(signer.issuer.key_id(), &signer.serial, now, FRESHNESS)
    }
}
