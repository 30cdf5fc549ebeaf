//! The signing key of one zone: audit heads and relay parcels. Ed25519 (RFC 8032): no random number is needed to sign,
//! so a broken generator cannot give the key away.
//!
//! Papers are signed elsewhere (`pki`, the mayor's key); mixing the two would let a machine that relays messages sign
//! certificates.

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use base::Seams;
use data_encoding::{BASE64, HEXLOWER};

/// Why a key or signature text is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not `ed25519:` and 32 bytes in base 64.
    #[error("a public key is written ed25519: and 44 characters of base 64")]
    Malformed,
    /// The cryptographic library refuses the bytes.
    #[error("the key's bytes are not accepted")]
    Rejected,
}

/// A private key. `Debug` shows only its name.
pub struct SigningKey {
    pair: Ed25519KeyPair,
    seed: zeroize::Zeroizing<[u8; 32]>,
}

impl SigningKey {
    /// A fresh key.
    ///
    /// # Errors
    /// [`KeyError::Rejected`], which a sound library never gives.
    pub fn generate(seams: &Seams) -> Result<Self, KeyError> {
        let seed: [u8; 32] = seams.random.bytes();
        Self::from_seed(seed)
    }

    /// The key kept as 32 bytes.
    ///
    /// # Errors
    /// [`KeyError::Rejected`].
    pub fn from_seed(seed: [u8; 32]) -> Result<Self, KeyError> {
        let pair = Ed25519KeyPair::from_seed_unchecked(&seed).map_err(|_| KeyError::Rejected)?;
        Ok(Self { pair, seed: zeroize::Zeroizing::new(seed) })
    }

    /// The 32 bytes to keep, readable by nobody else.
    pub fn seed(&self) -> &[u8; 32] {
        &self.seed
    }

    /// Its public half.
    pub fn public(&self) -> PublicKey {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(self.pair.public_key().as_ref());
        PublicKey(bytes)
    }

    /// Signs `message` under `context`, which keeps a signature made for one use from serving another.
    pub fn sign(&self, context: &'static str, message: &[u8]) -> Vec<u8> {
        self.pair.sign(&bound(context, message)).as_ref().to_vec()
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SigningKey({})", self.public().name())
    }
}

/// A public key, written `ed25519:<base 64>`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PublicKey([u8; 32]);

impl PublicKey {
    /// Reads the written form.
    ///
    /// # Errors
    /// [`KeyError::Malformed`].
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let bytes = text.trim().strip_prefix("ed25519:").and_then(|b| BASE64.decode(b.as_bytes()).ok());
        bytes.and_then(|b| b.try_into().ok()).map(Self).ok_or(KeyError::Malformed)
    }

    /// A short name: the first 8 bytes of its SHA-256, in hexadecimal.
    pub fn name(&self) -> String {
        HEXLOWER.encode(&crate::digest::sha256(&[&self.0])[..8])
    }

    /// Whether `signature` was made over `message` under `context` by this key's owner.
    pub fn verifies(&self, context: &'static str, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, &self.0).verify(&bound(context, message), signature).is_ok()
    }
}

impl std::fmt::Display for PublicKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ed25519:{}", BASE64.encode(&self.0))
    }
}

impl std::fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PublicKey({})", self.name())
    }
}

/// `context` ‖ 0 ‖ `message`; no context holds a zero byte.
fn bound(context: &str, message: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(context.len() + 1 + message.len());
    bytes.extend_from_slice(context.as_bytes());
    bytes.push(0);
    bytes.extend_from_slice(message);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_serves_one_use_and_one_message() {
        let (seams, _) = Seams::simulated(base::Timestamp::from_seconds(0), 1);
        let key = SigningKey::generate(&seams).unwrap();
        let other = SigningKey::generate(&seams).unwrap();
        let signature = key.sign("head", b"12");
        assert!(key.public().verifies("head", b"12", &signature));
        assert!(!key.public().verifies("relay", b"12", &signature));
        assert!(!key.public().verifies("head", b"13", &signature));
        assert!(!other.public().verifies("head", b"12", &signature));
        assert_eq!(PublicKey::parse(&key.public().to_string()), Ok(key.public()));
        assert_eq!(SigningKey::from_seed(*key.seed()).unwrap().public(), key.public());
    }

    #[test]
    fn a_key_is_named_not_shown() {
        let key = SigningKey::from_seed([7; 32]).unwrap();
        assert_eq!(format!("{key:?}").len(), "SigningKey()".len() + 16);
        assert_eq!(PublicKey::parse("ed25519:AAAA"), Err(KeyError::Malformed));
    }
}
