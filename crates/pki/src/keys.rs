//! Private keys held in memory, and the trait by which documents are signed wherever the key lives.
//!
//! Keys come from and go to PKCS#8 so that the caller can seal them. Key generation and ECDSA nonces take randomness from
//! the cryptographic library itself: no seam may ever make a real key predictable.

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};

use crate::SignatureAlgorithm;

/// A key could not be made, read or used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not a PKCS#8 key of an accepted type.
    #[error("this is not a PKCS#8 key of an accepted type (RSA of 2048 bits and more, or P-256)")]
    Unreadable,
    /// The library refused to make a key.
    #[error("no key could be made")]
    NotMade,
    /// The library, or the device that holds the key, refused to sign.
    #[error("the key could not sign")]
    NotSigned,
}

enum Pair {
    Rsa(RsaKeyPair),
    P256(EcdsaKeyPair),
}

/// A private key: RSA-2048 as JPKI uses it, or P-256 for documents.
pub struct SigningKey {
    pair: Pair,
    public_key_info: Vec<u8>,
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SigningKey({:?})", self.algorithm())
    }
}

impl SigningKey {
    /// A new RSA-2048 key. Takes tens to hundreds of milliseconds.
    ///
    /// # Errors
    /// [`KeyError::NotMade`].
    pub fn generate_rsa() -> Result<Self, KeyError> {
        RsaKeyPair::generate(KeySize::Rsa2048).map_err(|_| KeyError::NotMade).and_then(Self::from_rsa)
    }

    /// A new P-256 key.
    ///
    /// # Errors
    /// [`KeyError::NotMade`].
    pub fn generate_p256() -> Result<Self, KeyError> {
        EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).map_err(|_| KeyError::NotMade).and_then(Self::from_p256)
    }

    /// Reads PKCS#8, DER.
    ///
    /// # Errors
    /// [`KeyError::Unreadable`].
    pub fn from_pkcs8(der: &[u8]) -> Result<Self, KeyError> {
        if let Ok(pair) = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, der) {
            return Self::from_p256(pair);
        }
        RsaKeyPair::from_pkcs8(der).map_err(|_| KeyError::Unreadable).and_then(Self::from_rsa)
    }

    fn from_rsa(pair: RsaKeyPair) -> Result<Self, KeyError> {
        let info = pair.public_key().as_der().map_err(|_| KeyError::Unreadable)?.as_ref().to_vec();
        Ok(Self { pair: Pair::Rsa(pair), public_key_info: info })
    }

    fn from_p256(pair: EcdsaKeyPair) -> Result<Self, KeyError> {
        let info = pair.public_key().as_der().map_err(|_| KeyError::Unreadable)?.as_ref().to_vec();
        Ok(Self { pair: Pair::P256(pair), public_key_info: info })
    }

    /// PKCS#8, DER: a secret; seal it.
    ///
    /// # Errors
    /// [`KeyError::Unreadable`] when the library does not give it out.
    pub fn to_pkcs8(&self) -> Result<Vec<u8>, KeyError> {
        match &self.pair {
            Pair::Rsa(pair) => pair.as_der().map(|d| d.as_ref().to_vec()).map_err(|_| KeyError::Unreadable),
            Pair::P256(pair) => pair.to_pkcs8v1().map(|d| d.as_ref().to_vec()).map_err(|_| KeyError::Unreadable),
        }
    }

    /// SubjectPublicKeyInfo, DER.
    pub fn public_key_info(&self) -> &[u8] {
        &self.public_key_info
    }

    /// The algorithm this key signs with.
    pub fn algorithm(&self) -> SignatureAlgorithm {
        match self.pair {
            Pair::Rsa(_) => SignatureAlgorithm::RsaSha256,
            Pair::P256(_) => SignatureAlgorithm::EcdsaP256Sha256,
        }
    }

    /// Signs the SHA-256 of `message`: PKCS#1 v1.5, or ECDSA as an ASN.1 sequence.
    ///
    /// # Errors
    /// [`KeyError::NotSigned`].
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        let random = SystemRandom::new();
        match &self.pair {
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).map_err(|_| KeyError::NotSigned)?;
                Ok(signature)
            }
            Pair::P256(pair) => {
                pair.sign(&random, message).map(|s| s.as_ref().to_vec()).map_err(|_| KeyError::NotSigned)
            }
        }
    }
}

/// Whatever signs documents: a key in memory, later a device by PKCS#11.
pub trait DocumentSigner: Send + Sync {
    /// The signer's certificate first, then the CAs above it, each DER.
    fn certificate_chain(&self) -> &[Vec<u8>];

    /// The algorithm of [`Self::sign_sha256`].
    fn algorithm(&self) -> SignatureAlgorithm;

    /// Signs the SHA-256 of `message` (the message, not its hash, is given).
    ///
    /// # Errors
    /// [`KeyError::NotSigned`].
    fn sign_sha256(&self, message: &[u8]) -> Result<Vec<u8>, KeyError>;
}

/// A document signer whose key is in memory.
#[derive(Debug)]
pub struct MemorySigner {
    key: SigningKey,
    chain: Vec<Vec<u8>>,
}

impl MemorySigner {
    /// `chain`: the signer's certificate first.
    pub fn new(key: SigningKey, chain: Vec<Vec<u8>>) -> Self {
        Self { key, chain }
    }
}

impl DocumentSigner for MemorySigner {
    fn certificate_chain(&self) -> &[Vec<u8>] {
        &self.chain
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        self.key.algorithm()
    }

    fn sign_sha256(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        self.key.sign(message)
    }
}
