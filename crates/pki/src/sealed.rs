//! Sealing for one reader: HPKE (RFC 9180), base mode, DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-128-GCM.
//!
//! For: what a card agent sends through a page that must not read it (a certificate leaks a birthday). Whoever holds the
//! public key can seal, only the holder of the private key can open, and only for the same use (`info`) and the same
//! circumstances (`aad`).
//!
//! ```text
//!   sealed bytes: encapsulated key (65, an uncompressed point) ‖ ciphertext with its tag
//! ```

use hpke::aead::AesGcm128;
use hpke::kdf::HkdfSha256;
use hpke::kem::DhP256HkdfSha256;
use hpke::{Deserializable, Kem, OpModeR, OpModeS, Serializable, single_shot_open, single_shot_seal};

type PrivateKey = <DhP256HkdfSha256 as Kem>::PrivateKey;
type PublicKey = <DhP256HkdfSha256 as Kem>::PublicKey;
type Encapsulated = <DhP256HkdfSha256 as Kem>::EncappedKey;

/// Bytes of a public key and of an encapsulated key.
pub const PUBLIC_KEY_BYTES: usize = 65;
/// Bytes of a private key.
pub const PRIVATE_KEY_BYTES: usize = 32;

/// What went wrong. Which step failed is not told: an attacker who alters bytes learns nothing by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// Not a key of this kind.
    #[error("this is not a P-256 key for sealing")]
    Key,
    /// It was sealed for another key, use or circumstance, or altered.
    #[error("the sealed bytes cannot be opened")]
    NotOpened,
}

/// Whoever holds it can seal.
#[derive(Clone, PartialEq, Eq)]
pub struct SealingPublicKey(PublicKey);

impl SealingPublicKey {
    /// Reads an uncompressed point.
    ///
    /// # Errors
    /// [`SealError::Key`]: no point of the curve.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, SealError> {
        PublicKey::from_bytes(bytes).map(Self).map_err(|_| SealError::Key)
    }

    /// The uncompressed point.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.0.to_bytes().to_vec()
    }

    /// Names the key: the first 8 bytes of its SHA-256.
    pub fn id(&self) -> [u8; 8] {
        let hash = crate::algorithm::sha256(&self.to_bytes());
        std::array::from_fn(|at| hash[at])
    }

    /// Seals `plain`. Randomness comes from the operating system: no seam may ever make it predictable.
    ///
    /// # Errors
    /// [`SealError::Key`], which a key that was read never gives.
    pub fn seal(&self, info: &[u8], aad: &[u8], plain: &[u8]) -> Result<Vec<u8>, SealError> {
        let mode = OpModeS::<DhP256HkdfSha256>::Base;
        let (key, text) = single_shot_seal::<AesGcm128, HkdfSha256, DhP256HkdfSha256>(&mode, &self.0, info, plain, aad)
            .map_err(|_| SealError::Key)?;
        Ok([&key.to_bytes()[..], &text].concat())
    }
}

impl std::fmt::Debug for SealingPublicKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SealingPublicKey({})", data_encoding::HEXLOWER.encode(&self.id()))
    }
}

/// Whoever holds it can open.
pub struct SealingKey {
    private: PrivateKey,
    public: SealingPublicKey,
}

impl SealingKey {
    /// A new key.
    pub fn generate() -> Self {
        let (private, public) = DhP256HkdfSha256::gen_keypair();
        Self { private, public: SealingPublicKey(public) }
    }

    /// Reads the 32 bytes of [`Self::to_bytes`].
    ///
    /// # Errors
    /// [`SealError::Key`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, SealError> {
        let private = PrivateKey::from_bytes(bytes).map_err(|_| SealError::Key)?;
        let public = SealingPublicKey(DhP256HkdfSha256::sk_to_pk(&private));
        Ok(Self { private, public })
    }

    /// The private key, a secret.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.private.to_bytes().to_vec()
    }

    /// Its public half.
    pub const fn public(&self) -> &SealingPublicKey {
        &self.public
    }

    /// Opens what was sealed for this key, use and circumstances.
    ///
    /// # Errors
    /// [`SealError::NotOpened`].
    pub fn open(&self, info: &[u8], aad: &[u8], sealed: &[u8]) -> Result<Vec<u8>, SealError> {
        let (key, text) = sealed.split_at_checked(PUBLIC_KEY_BYTES).ok_or(SealError::NotOpened)?;
        let key = Encapsulated::from_bytes(key).map_err(|_| SealError::NotOpened)?;
        let mode = OpModeR::<DhP256HkdfSha256>::Base;
        single_shot_open::<AesGcm128, HkdfSha256, DhP256HkdfSha256>(&mode, &self.private, &key, info, text, aad)
            .map_err(|_| SealError::NotOpened)
    }
}

impl std::fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SealingKey({:?})", self.public)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_holder_opens_and_only_for_the_same_use_and_circumstances() {
        let (key, other) = (SealingKey::generate(), SealingKey::generate());
        let sealed = key.public().seal(b"use", b"here", b"certificate").unwrap();
        assert_eq!(key.open(b"use", b"here", &sealed).as_deref(), Ok(&b"certificate"[..]));
        assert_eq!(other.open(b"use", b"here", &sealed), Err(SealError::NotOpened));
        assert_eq!(key.open(b"other use", b"here", &sealed), Err(SealError::NotOpened));
        assert_eq!(key.open(b"use", b"there", &sealed), Err(SealError::NotOpened));
        for at in 0..sealed.len() {
            let mut altered = sealed.clone();
            altered[at] ^= 1;
            assert_eq!(key.open(b"use", b"here", &altered), Err(SealError::NotOpened), "byte {at}");
            assert_eq!(key.open(b"use", b"here", &sealed[..at]), Err(SealError::NotOpened), "cut at {at}");
        }
        assert!(!sealed.windows(11).any(|window| window == b"certificate"));
    }

    /// RFC 9180 appendix A.3.1 (base mode, P-256, HKDF-SHA256, AES-128-GCM), first message.
    #[test]
    fn the_vector_of_the_standard_opens() {
        let hex = |text: &str| data_encoding::HEXLOWER.decode(text.as_bytes()).unwrap();
        let key = SealingKey::from_bytes(&hex("f3ce7fdae57e1a310d87f1ebbde6f328be0a99cdbcadf4d6589cf29de4b8ffd2"));
        let sealed = hex(concat!(
            "04a92719c6195d5085104f469a8b9814d5838ff72b60501e2c4466e5e67b325ac9",
            "8536d7b61a1af4b78e5b7f951c0900be863c403ce65c9bfcb9382657222d18c4",
            "5ad590bb8baa577f8619db35a36311226a896e7342a6d836d8b7bcd2f20b6c7f9076ac232e3ab2523f39513434"
        ));
        let opened = key.unwrap().open(b"Ode on a Grecian Urn", b"Count-0", &sealed);
        assert_eq!(opened.as_deref(), Ok(&b"Beauty is truth, truth beauty"[..]));
    }

    #[test]
    fn a_key_is_kept_in_32_bytes_and_named_not_shown() {
        let key = SealingKey::generate();
        assert_eq!(key.to_bytes().len(), PRIVATE_KEY_BYTES);
        let again = SealingKey::from_bytes(&key.to_bytes()).unwrap();
        assert_eq!(again.public(), key.public());
        assert_eq!(SealingPublicKey::from_bytes(&key.public().to_bytes()).as_ref(), Ok(key.public()));
        assert_eq!(format!("{key:?}").len(), "SealingKey(SealingPublicKey())".len() + 16);
        assert_eq!(SealingPublicKey::from_bytes(&[4; 65]), Err(SealError::Key));
        assert!(SealingKey::from_bytes(&[0; 32]).is_err());
    }
}
