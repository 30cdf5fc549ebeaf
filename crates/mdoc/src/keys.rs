//! Keys of elliptic curves as COSE writes them (RFC 9053 §7), and the table of what is accepted.

use aws_lc_rs::agreement::{self, PrivateKey, UnparsedPublicKey as AgreementPublicKey};
use aws_lc_rs::encoding::{AsBigEndian, EcPrivateKeyBin};
use aws_lc_rs::signature::{self, EcdsaSigningAlgorithm, EcdsaVerificationAlgorithm, UnparsedPublicKey};
use pki::{KeyError, Malformed, SignatureAlgorithm};
use zeroize::Zeroizing;

use crate::cbor::writer::{bytes, integer, map};
use crate::cbor::{Key, Reader};

/// A curve and, going with it, one signature algorithm. Other pairs are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Curve {
    /// NIST P-256 with ES256.
    P256,
    /// NIST P-384 with ES384.
    P384,
}

pub(crate) struct CurveRow {
    curve: Curve,
    /// `crv` of RFC 9053 table 18.
    identifier: i64,
    /// Signature algorithm of RFC 9053 table 1.
    pub algorithm: i64,
    pub verification: &'static EcdsaVerificationAlgorithm,
    pub signing: &'static EcdsaSigningAlgorithm,
    pub agreement: &'static agreement::Algorithm,
    /// The same pair in certificates.
    in_certificates: SignatureAlgorithm,
    coordinate: usize,
}

static CURVES: [CurveRow; 2] = [
    CurveRow {
        curve: Curve::P256,
        identifier: 1,
        algorithm: -7,
        verification: &signature::ECDSA_P256_SHA256_FIXED,
        signing: &signature::ECDSA_P256_SHA256_FIXED_SIGNING,
        agreement: &agreement::ECDH_P256,
        in_certificates: SignatureAlgorithm::EcdsaP256Sha256,
        coordinate: 32,
    },
    CurveRow {
        curve: Curve::P384,
        identifier: 2,
        algorithm: -35,
        verification: &signature::ECDSA_P384_SHA384_FIXED,
        signing: &signature::ECDSA_P384_SHA384_FIXED_SIGNING,
        agreement: &agreement::ECDH_P384,
        in_certificates: SignatureAlgorithm::EcdsaP384Sha384,
        coordinate: 48,
    },
];

impl Curve {
    pub(crate) fn row(self) -> &'static CurveRow {
        match self {
            Self::P256 => &CURVES[0],
            Self::P384 => &CURVES[1],
        }
    }

    /// The curve of a certificate's key.
    pub(crate) fn of_certificate(algorithm: SignatureAlgorithm) -> Option<Self> {
        CURVES.iter().find(|row| row.in_certificates == algorithm).map(|row| row.curve)
    }
}

/// A public key: a curve and a point in the form of SEC 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PublicPoint {
    pub curve: Curve,
    pub point: Vec<u8>,
}

impl PublicPoint {
    /// Reads a COSE_Key; `None`: well formed, but not of an accepted curve.
    pub fn read(reader: &mut Reader<'_>) -> Result<Option<Self>, Malformed> {
        let position = reader.position();
        let (mut kind, mut curve, mut x, mut y) = (None, None, None, None);
        reader.entries::<Malformed>("a key", |key, position, value| {
            match key {
                Key::Number(1) => kind = Some(value.integer("a key type")?),
                Key::Number(-1) => curve = Some(value.integer("a curve")?),
                Key::Number(-2) => x = Some(value.bytes("a coordinate")?),
                // The sign of y for a compressed point may not stand here: ISO/IEC 18013-5 §9.1.5.2 wants both (recalled).
                Key::Number(-3) => y = Some(value.bytes("a coordinate")?),
                Key::Number(-4) => return Err(Malformed { position, what: "a public key only" }),
                _ => value.raw("a part of a key").map(|_| ())?,
            }
            Ok(())
        })?;
        let row = CURVES.iter().find(|row| kind == Some(2) && curve == Some(row.identifier));
        let (Some(row), Some(x), Some(y)) = (row, x, y) else { return Ok(None) };
        if x.len() != row.coordinate || y.len() != row.coordinate {
            return Err(Malformed { position, what: "coordinates of the curve's length" });
        }
        Ok(Some(Self { curve: row.curve, point: [&[4], x, y].concat() }))
    }

    /// As a COSE_Key.
    pub fn to_cbor(&self) -> Vec<u8> {
        let row = self.curve.row();
        // Only uncompressed points are ever made here: 04, x, y.
        let (x, y) = self.point.get(1..).unwrap_or_default().split_at_checked(row.coordinate).unwrap_or_default();
        map(&[
            (integer(1), integer(2)),
            (integer(-1), integer(row.identifier)),
            (integer(-2), bytes(x)),
            (integer(-3), bytes(y)),
        ])
    }

    /// Whether `signature` (r and s, fixed length) over `message` is this key's.
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(self.curve.row().verification, &self.point).verify(message, signature).is_ok()
    }
}

/// A reader's or a phone's private key for one session or one document.
pub struct EphemeralKey {
    curve: Curve,
    key: PrivateKey,
    public: PublicPoint,
}

impl std::fmt::Debug for EphemeralKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "EphemeralKey({:?})", self.curve)
    }
}

impl EphemeralKey {
    /// A new key. Its randomness comes from the cryptographic library: no seam may make it predictable.
    ///
    /// # Errors
    /// The library refused.
    pub fn generate(curve: Curve) -> Result<Self, KeyError> {
        let key = PrivateKey::generate(curve.row().agreement).map_err(|_| KeyError::NotMade)?;
        let point = key.compute_public_key().map_err(|_| KeyError::NotMade)?.as_ref().to_vec();
        Ok(Self { curve, key, public: PublicPoint { curve, point } })
    }

    /// A key of a published example.
    #[cfg(test)]
    pub(crate) fn from_scalar(curve: Curve, scalar: &[u8]) -> Self {
        let key = PrivateKey::from_private_key(curve.row().agreement, scalar).unwrap();
        let point = key.compute_public_key().unwrap().as_ref().to_vec();
        Self { curve, key, public: PublicPoint { curve, point } }
    }

    /// The public half as a COSE_Key.
    pub fn public_cose_key(&self) -> Vec<u8> {
        self.public.to_cbor()
    }

    pub(crate) fn public(&self) -> &PublicPoint {
        &self.public
    }

    /// ECDH with another's public key; `None` when the curves differ or the point is not on the curve.
    pub(crate) fn agree(&self, other: &PublicPoint) -> Option<Zeroizing<Vec<u8>>> {
        if other.curve != self.curve {
            return None;
        }
        let other = AgreementPublicKey::new(self.curve.row().agreement, &other.point);
        agreement::agree(&self.key, other, (), |secret| Ok(Zeroizing::new(secret.to_vec()))).ok()
    }

    /// The same key for signing: phones use one key for either way of proving themselves.
    pub(crate) fn signer(&self) -> Result<signature::EcdsaKeyPair, KeyError> {
        let secret: EcPrivateKeyBin<'_> = self.key.as_be_bytes().map_err(|_| KeyError::Unreadable)?;
        signature::EcdsaKeyPair::from_private_key_and_public_key(
            self.curve.row().signing,
            secret.as_ref(),
            &self.public.point,
        )
        .map_err(|_| KeyError::Unreadable)
    }
}
