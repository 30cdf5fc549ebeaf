//! The private-key operations of a virtual card: the six forms of `80 2A`.
//!
//! | P1 | input | what is signed |
//! |---|---|---|
//! | 00 | 1–245 bytes | PKCS#1 v1.5 padding of the bytes as they are (clients pass a DigestInfo) |
//! | 01 | message | PKCS#1 v1.5 padding of its bare SHA-256 |
//! | 02 | SHA-256 hash | RSASSA-PKCS1-v1_5 |
//! | 03 | message | RSASSA-PKCS1-v1_5 |
//! | 04 | SHA-256 hash | RSASSA-PSS |
//! | 05 | message | RSASSA-PSS |
//!
//! Padding arbitrary bytes is done with crate `rsa`, which carries RUSTSEC-2023-0071: its private-key operation is not
//! constant-time. That is accepted **here only**: the keys belong to synthetic people in tests and demos. A DigestInfo of
//! SHA-256, the usual input, takes the constant-time path of aws-lc-rs.

use std::sync::OnceLock;

use aws_lc_rs::digest::{self, Digest};
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaEncoding};
use rsa::pkcs8::DecodePrivateKey;
use rsa::{Pkcs1v15Sign, RsaPrivateKey};
use zeroize::Zeroizing;

use crate::apdu::StatusWord;
use crate::signature::{SHA256_DIGEST_INFO, SIGNATURE_LENGTH};

/// The private key cannot be a card's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a virtual card takes an RSA-2048 private key in PKCS#8 DER")]
pub struct UnusableKey;

/// One private key, ready to sign.
pub struct SigningKey {
    pkcs8: Zeroizing<Vec<u8>>,
    usual: KeyPair,
    /// Made on first use: few clients sign anything but a DigestInfo.
    arbitrary: OnceLock<Option<RsaPrivateKey>>,
}

impl SigningKey {
    /// Reads an RSA-2048 key.
    ///
    /// # Errors
    /// [`UnusableKey`] for anything else.
    pub fn from_pkcs8(pkcs8: &[u8]) -> Result<Self, UnusableKey> {
        let usual = KeyPair::from_pkcs8(pkcs8).map_err(|_| UnusableKey)?;
        match usual.public_modulus_len() == SIGNATURE_LENGTH {
            true => Ok(Self { pkcs8: Zeroizing::new(pkcs8.to_vec()), usual, arbitrary: OnceLock::new() }),
            false => Err(UnusableKey),
        }
    }

    /// Makes an RSA-2048 key.
    ///
    /// # Errors
    /// [`UnusableKey`] when the machine's source of randomness fails.
    pub fn generate() -> Result<Self, UnusableKey> {
        let pair = KeyPair::generate(KeySize::Rsa2048).map_err(|_| UnusableKey)?;
        let pkcs8 = AsDer::<Pkcs8V1Der<'_>>::as_der(&pair).map_err(|_| UnusableKey)?;
        Self::from_pkcs8(pkcs8.as_ref())
    }

    /// PKCS#8, DER: a secret.
    pub fn pkcs8(&self) -> &Zeroizing<Vec<u8>> {
        &self.pkcs8
    }

    /// The modulus of its public half, 256 bytes.
    pub fn modulus(&self) -> [u8; SIGNATURE_LENGTH] {
        let mut out = [0; SIGNATURE_LENGTH];
        let public = self.usual.public_key();
        let modulus = public.modulus();
        let modulus = modulus.big_endian_without_leading_zero();
        // An RSA-2048 modulus fills all 256 bytes.
        let start = SIGNATURE_LENGTH.saturating_sub(modulus.len());
        out[start..].copy_from_slice(&modulus[modulus.len().saturating_sub(SIGNATURE_LENGTH)..]);
        out
    }

    /// Signs `input` in the form `p1` of the table above.
    ///
    /// # Errors
    /// The status a card answers: 6A86 for another P1, 6700 or 6985 for input of a wrong length.
    pub fn compute(&self, p1: u8, input: &[u8]) -> Result<Vec<u8>, StatusWord> {
        if input.is_empty() {
            return Err(StatusWord::WRONG_LENGTH);
        }
        let own_hash = || digest::digest(&digest::SHA256, input);
        match p1 {
            0x00 => match input.strip_prefix(&SHA256_DIGEST_INFO) {
                Some(hash) if hash.len() == 32 => self.sign_hash(&RSA_PKCS1_SHA256, &given_hash(hash)?),
                _ => self.pad_as_it_is(input),
            },
            0x01 => self.pad_as_it_is(own_hash().as_ref()),
            0x02 => self.sign_hash(&RSA_PKCS1_SHA256, &given_hash(input)?),
            0x03 => self.sign_hash(&RSA_PKCS1_SHA256, &own_hash()),
            0x04 => self.sign_hash(&RSA_PSS_SHA256, &given_hash(input)?),
            0x05 => self.sign_hash(&RSA_PSS_SHA256, &own_hash()),
            _ => Err(StatusWord::WRONG_PARAMETERS),
        }
    }

    fn sign_hash(&self, encoding: &'static dyn RsaEncoding, hash: &Digest) -> Result<Vec<u8>, StatusWord> {
        let mut signature = vec![0; SIGNATURE_LENGTH];
        match self.usual.sign_digest(encoding, hash, &mut signature) {
            Ok(()) => Ok(signature),
            Err(_) => Err(StatusWord::NO_DIAGNOSIS),
        }
    }

    fn pad_as_it_is(&self, input: &[u8]) -> Result<Vec<u8>, StatusWord> {
        if input.len() > SIGNATURE_LENGTH - 11 {
            return Err(StatusWord::CONDITIONS_NOT_SATISFIED);
        }
        let key = self.arbitrary.get_or_init(|| RsaPrivateKey::from_pkcs8_der(&self.pkcs8).ok());
        let key = key.as_ref().ok_or(StatusWord::NO_DIAGNOSIS)?;
        key.sign(Pkcs1v15Sign::new_unprefixed(), input).map_err(|_| StatusWord::NO_DIAGNOSIS)
    }
}

fn given_hash(hash: &[u8]) -> Result<Digest, StatusWord> {
    Digest::import_less_safe(hash, &digest::SHA256).map_err(|_| StatusWord::CONDITIONS_NOT_SATISFIED)
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("<private key>")
    }
}
