//! The CA certificates we trust, several generations under one name.
//!
//! All generations of the JPKI CA carry the same distinguished name, so an issuer is found by the **key identifier** in
//! the certificate and never by name (`specs`: JPKI profile, "All generations share one DN").
//!
//! ```text
//!   certificate ── authorityKeyIdentifier ──▶ TrustAnchors ──▶ generation 1 │ 2 │ 3 ──▶ its key checks the signature
//! ```
//!
//! Anchors of test authorities are marked. A set that was not opened for tests refuses them, and certificates below them
//! are refused with a reason of their own: only a database born by `demo` or `city generate` opens a set for tests.

use std::sync::Arc;

use aws_lc_rs::signature::ParsedPublicKey;
use base::Timestamp;

use crate::algorithm::{public_key_octets, sha1_name, sha256};
use crate::asn1::Malformed;
use crate::certificate::Certificate;
use crate::oids;

/// Whether a CA is the real one or a dummy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AnchorKind {
    /// A CA whose certificates identify real people.
    Production,
    /// A dummy for demonstration and tests.
    Test,
}

/// What a CA may issue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AuthorityRole {
    /// 利用者証明用: user authentication certificates of cards and phones.
    UserAuthentication,
    /// 署名用: signing certificates of residents.
    ResidentSigning,
    /// Certificates of offices for sealing documents (職責証明書).
    Document,
    /// Document signers of mobile documents: the issuing authority (IACA) of ISO/IEC 18013-5.
    MobileDocument,
    /// Time-stamping authorities (RFC 3161).
    Timestamp,
}

/// Why a CA certificate was not taken as an anchor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AnchorError {
    /// Not a certificate.
    #[error("the CA certificate is {0}")]
    Malformed(#[from] Malformed),
    /// This set takes real CAs only.
    #[error("a test CA may be trusted only in a database made for demonstration or tests")]
    TestNotAllowed,
    /// Readable, but not a CA certificate of the expected shape.
    #[error("this is not a CA certificate we can use: {0}")]
    NotAnAuthority(&'static str),
    /// Its own signature does not fit.
    #[error("the CA certificate's signature is wrong")]
    BadSignature,
    /// Another certificate with the same key identifier is there already.
    #[error("a CA with this key identifier is known already")]
    Duplicate,
}

/// One CA generation.
pub struct Anchor {
    pub(crate) der: Vec<u8>,
    pub(crate) role: AuthorityRole,
    pub(crate) kind: AnchorKind,
    pub(crate) key_id: Vec<u8>,
    /// Subject name with tag and length, and its issuer's (the same: roots only).
    pub(crate) name: Vec<u8>,
    pub(crate) serial: Vec<u8>,
    pub(crate) not_before: Timestamp,
    pub(crate) not_after: Timestamp,
    pub(crate) public_key: Vec<u8>,
    /// The key ready for use: parsing it again for each card would cost as much as a tenth of a verification.
    pub(crate) parsed_key: ParsedPublicKey,
    pub(crate) algorithm: crate::SignatureAlgorithm,
    /// SHA-1 and SHA-256 of name and key, as OCSP names an issuer.
    pub(crate) name_hash_sha1: [u8; 20],
    pub(crate) key_hash_sha1: [u8; 20],
    pub(crate) name_hash_sha256: [u8; 32],
    pub(crate) key_hash_sha256: [u8; 32],
}

impl Anchor {
    /// The CA certificate, DER.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// Real or dummy.
    pub fn kind(&self) -> AnchorKind {
        self.kind
    }

    /// What it may issue.
    pub fn role(&self) -> AuthorityRole {
        self.role
    }

    /// Subject key identifier.
    pub fn key_id(&self) -> &[u8] {
        &self.key_id
    }

    /// Validity period, both ends included.
    pub fn validity(&self) -> (Timestamp, Timestamp) {
        (self.not_before, self.not_after)
    }

    pub(crate) fn signed(&self, certificate: &Certificate<'_>) -> bool {
        certificate.algorithm == Some(self.algorithm)
            && self.parsed_key.verify_sig(certificate.tbs, certificate.signature).is_ok()
    }

    fn read(role: AuthorityRole, kind: AnchorKind, der: &[u8]) -> Result<Self, AnchorError> {
        let certificate = Certificate::read(der)?;
        let refuse = |why| Err(AnchorError::NotAnAuthority(why));
        if certificate.issuer != certificate.subject {
            return refuse("it is not self-signed");
        }
        if certificate.is_authority()? != Some((true, true)) {
            return refuse("critical basic constraints do not say it is a CA");
        }
        match certificate.key_usage()? {
            Some((bits, true)) if bits & 0x0600 == 0x0600 => {}
            _ => return refuse("critical key usage does not allow signing certificates and revocation lists"),
        }
        let known = [oids::BASIC_CONSTRAINTS, oids::KEY_USAGE, oids::CERTIFICATE_POLICIES];
        if certificate.extensions.iter().any(|e| e.critical && !known.iter().any(|&oid| e.is(oid))) {
            return refuse("it has a critical extension we do not know");
        }
        let Some(key_id) = certificate.subject_key_id()? else { return refuse("it has no subject key identifier") };
        let Some(algorithm) = certificate.algorithm else { return refuse("its signature algorithm is not accepted") };
        if !certificate.is_signed_by(certificate.public_key) {
            return Err(AnchorError::BadSignature);
        }
        let parsed_key = ParsedPublicKey::new(algorithm.verifier(), certificate.public_key)
            .map_err(|_| AnchorError::NotAnAuthority("its key is not accepted"))?;
        let key_octets = public_key_octets(certificate.public_key)?;
        Ok(Self {
            der: der.to_vec(),
            role,
            kind,
            key_id: key_id.to_vec(),
            name: certificate.subject.to_vec(),
            serial: certificate.serial.to_vec(),
            not_before: certificate.not_before,
            not_after: certificate.not_after,
            public_key: certificate.public_key.to_vec(),
            parsed_key,
            algorithm,
            name_hash_sha1: sha1_name(certificate.subject),
            key_hash_sha1: sha1_name(key_octets),
            name_hash_sha256: sha256(certificate.subject),
            key_hash_sha256: sha256(key_octets),
        })
    }
}

impl std::fmt::Debug for Anchor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Anchor").field("role", &self.role).field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// The set of CAs a process trusts. Cheap to clone.
#[derive(Clone, Debug)]
pub struct TrustAnchors {
    allow_test: bool,
    anchors: Vec<Arc<Anchor>>,
}

impl TrustAnchors {
    /// A set that takes real CAs only.
    pub fn production_only() -> Self {
        Self { allow_test: false, anchors: Vec::new() }
    }

    /// A set that also takes test CAs. Only for a database born by `demo` or `city generate`.
    pub fn allowing_test() -> Self {
        Self { allow_test: true, anchors: Vec::new() }
    }

    /// Whether test CAs may be in this set.
    pub fn allows_test(&self) -> bool {
        self.allow_test
    }

    /// Adds a self-signed CA certificate.
    ///
    /// # Errors
    /// When it is not such a certificate, when it is a dummy and the set takes none, when its key is known already.
    pub fn add(&mut self, role: AuthorityRole, kind: AnchorKind, der: &[u8]) -> Result<(), AnchorError> {
        if kind == AnchorKind::Test && !self.allow_test {
            return Err(AnchorError::TestNotAllowed);
        }
        let anchor = Anchor::read(role, kind, der)?;
        if self.anchors.iter().any(|known| known.key_id == anchor.key_id) {
            return Err(AnchorError::Duplicate);
        }
        self.anchors.push(Arc::new(anchor));
        Ok(())
    }

    /// All anchors, in the order they were added.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Anchor>> {
        self.anchors.iter()
    }

    /// The generation with this key. A handful of anchors: a scan is fastest.
    pub(crate) fn by_key_id(&self, role: AuthorityRole, key_id: &[u8]) -> Option<&Arc<Anchor>> {
        self.anchors.iter().find(|anchor| anchor.role == role && anchor.key_id == key_id)
    }
}
