//! Signature algorithms as a table: what may sign, over which kind of key. The next card (P-384, 10 years) is a row here,
//! not a change of code.

use aws_lc_rs::signature::{self, UnparsedPublicKey, VerificationAlgorithm};
use const_oid::ObjectIdentifier;

use crate::asn1::{Malformed, Reader, Tlv, tag, writer};
use crate::oids;

/// A signature algorithm this crate accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SignatureAlgorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256, 2048 bits and more: every JPKI certificate and card of today.
    RsaSha256,
    /// ECDSA on P-256 with SHA-256: document signing, paper seals.
    EcdsaP256Sha256,
    /// ECDSA on P-384 with SHA-384: announced for the next generation of cards.
    EcdsaP384Sha384,
}

struct Row {
    algorithm: SignatureAlgorithm,
    signature: ObjectIdentifier,
    key: ObjectIdentifier,
    curve: Option<ObjectIdentifier>,
    verifier: &'static dyn VerificationAlgorithm,
}

static ROWS: [Row; 3] = [
    Row {
        algorithm: SignatureAlgorithm::RsaSha256,
        signature: oids::RSA_SHA256,
        key: oids::RSA_ENCRYPTION,
        curve: None,
        verifier: &signature::RSA_PKCS1_2048_8192_SHA256,
    },
    Row {
        algorithm: SignatureAlgorithm::EcdsaP256Sha256,
        signature: oids::ECDSA_SHA256,
        key: oids::EC_PUBLIC_KEY,
        curve: Some(oids::P256),
        verifier: &signature::ECDSA_P256_SHA256_ASN1,
    },
    Row {
        algorithm: SignatureAlgorithm::EcdsaP384Sha384,
        signature: oids::ECDSA_SHA384,
        key: oids::EC_PUBLIC_KEY,
        curve: Some(oids::P384),
        verifier: &signature::ECDSA_P384_SHA384_ASN1,
    },
];

impl SignatureAlgorithm {
    fn row(self) -> &'static Row {
        match self {
            Self::RsaSha256 => &ROWS[0],
            Self::EcdsaP256Sha256 => &ROWS[1],
            Self::EcdsaP384Sha384 => &ROWS[2],
        }
    }

    /// The AlgorithmIdentifier as it stands in a certificate or a CMS signature: RSA with NULL parameters, ECDSA without.
    pub(crate) fn identifier(self) -> Vec<u8> {
        let row = self.row();
        match row.curve {
            None => writer::sequence(&[&writer::oid(row.signature), &writer::null()]),
            Some(_) => writer::sequence(&[&writer::oid(row.signature)]),
        }
    }

    /// Reads an AlgorithmIdentifier; `Ok(None)` when it is well formed and not in the table.
    pub(crate) fn read(identifier: &Tlv<'_>) -> Result<Option<Self>, Malformed> {
        let mut parts = identifier.reader();
        let oid = parts.expect(tag::OID, "the identifier of an algorithm")?;
        let parameters = if parts.is_empty() { None } else { Some(parts.any("algorithm parameters")?) };
        parts.finish()?;
        let Some(row) = ROWS.iter().find(|row| row.signature.as_bytes() == oid.value) else { return Ok(None) };
        let fits = match (row.curve, parameters) {
            // RFC 4055 wants NULL; its absence is tolerated as every verifier does.
            (None, Some(p)) => p.tag == tag::NULL && p.value.is_empty(),
            (None, None) | (Some(_), None) => true,
            (Some(_), Some(_)) => false,
        };
        Ok(fits.then_some(row.algorithm))
    }

    /// The algorithm that goes with a SubjectPublicKeyInfo.
    pub(crate) fn for_key(public_key_info: &[u8]) -> Result<Option<Self>, Malformed> {
        let (key, curve) = key_type(public_key_info)?;
        Ok(ROWS
            .iter()
            .find(|row| row.key.as_bytes() == key && row.curve.as_ref().map(|c| c.as_bytes()) == curve)
            .map(|row| row.algorithm))
    }

    /// Whether `signature` over `message` was made by this key. A key of another type is simply not the signer.
    pub(crate) fn verifies(self, public_key_info: &[u8], message: &[u8], signature: &[u8]) -> bool {
        Self::for_key(public_key_info) == Ok(Some(self))
            && UnparsedPublicKey::new(self.row().verifier, public_key_info).verify(message, signature).is_ok()
    }

    pub(crate) fn verifier(self) -> &'static dyn VerificationAlgorithm {
        self.row().verifier
    }
}

/// Algorithm of a SubjectPublicKeyInfo and, for elliptic curves, the curve.
fn key_type(public_key_info: &[u8]) -> Result<(&[u8], Option<&[u8]>), Malformed> {
    let mut info = Reader::new(public_key_info).sequence("a public key")?;
    let mut algorithm = info.sequence("the algorithm of a public key")?;
    let key = algorithm.expect(tag::OID, "the identifier of a key algorithm")?.value;
    let curve = algorithm.optional(tag::OID, "the curve of a key")?.map(|oid| oid.value);
    Ok((key, curve))
}

/// The octets of the public key itself, over which key identifiers are computed (RFC 5280 §4.2.1.2, RFC 6960 §4.1.1).
pub(crate) fn public_key_octets(public_key_info: &[u8]) -> Result<&[u8], Malformed> {
    let mut info = Reader::new(public_key_info).sequence("a public key")?;
    info.sequence("the algorithm of a public key")?;
    info.expect(tag::BIT_STRING, "the bits of a public key")?.whole_bits("whole octets of a public key")
}

/// SHA-256.
pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    digest(&aws_lc_rs::digest::SHA256, bytes)
}

/// SHA-1, only where a format names a key by it; never to protect anything.
pub(crate) fn sha1_name(bytes: &[u8]) -> [u8; 20] {
    digest(&aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY, bytes)
}

fn digest<const N: usize>(algorithm: &'static aws_lc_rs::digest::Algorithm, bytes: &[u8]) -> [u8; N] {
    let mut out = [0; N];
    // Both callers name an algorithm of exactly N octets.
    out.copy_from_slice(&aws_lc_rs::digest::digest(algorithm, bytes).as_ref()[..N]);
    out
}
