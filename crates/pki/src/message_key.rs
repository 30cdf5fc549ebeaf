//! Public keys that sign requests (RFC 9421 §3.3): Ed25519, and ECDSA on P-256 as security chips of machines have it.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, ED25519, UnparsedPublicKey, VerificationAlgorithm};

use crate::algorithm::sha256;

/// SubjectPublicKeyInfo of Ed25519 up to the key (RFC 8410 §4).
const ED25519_INFO: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
/// The same of P-256 with an uncompressed point (RFC 5480 §2.1).
const P256_INFO: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce,
    0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

/// A public key with which requests are verified.
#[derive(Clone, PartialEq, Eq)]
pub struct MessageKey {
    info: Vec<u8>,
    is_ed25519: bool,
}

impl MessageKey {
    /// Reads SubjectPublicKeyInfo, DER. `None` when it is neither of the two kinds.
    pub fn from_info(info: &[u8]) -> Option<Self> {
        let is_ed25519 = info.strip_prefix(&ED25519_INFO).is_some_and(|key| key.len() == 32);
        let is_p256 = info.strip_prefix(&P256_INFO).is_some_and(|key| key.len() == 65 && key[0] == 4);
        (is_ed25519 || is_p256).then(|| Self { info: info.to_vec(), is_ed25519 })
    }

    /// SubjectPublicKeyInfo, DER.
    pub fn info(&self) -> &[u8] {
        &self.info
    }

    /// The algorithm's name in the registry of RFC 9421.
    pub const fn algorithm(&self) -> &'static str {
        if self.is_ed25519 { "ed25519" } else { "ecdsa-p256-sha256" }
    }

    /// The key's name in requests: SHA-256 of its SubjectPublicKeyInfo, in base64url.
    pub fn id(&self) -> String {
        data_encoding::BASE64URL_NOPAD.encode(&sha256(&self.info))
    }

    /// Whether `signature` (64 bytes) over `message` was made by this key's owner.
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        let prefix = if self.is_ed25519 { ED25519_INFO.len() } else { P256_INFO.len() };
        let verifier: &dyn VerificationAlgorithm = if self.is_ed25519 { &ED25519 } else { &ECDSA_P256_SHA256_FIXED };
        UnparsedPublicKey::new(verifier, &self.info[prefix..]).verify(message, signature).is_ok()
    }
}

impl std::fmt::Debug for MessageKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "MessageKey({}, {})", self.algorithm(), self.id())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 9421 appendix B.1.4 and B.2.6: the key, and the signature over that example's base.
    #[test]
    fn the_rfcs_own_signature_is_right_and_an_altered_one_is_not() {
        let info = "MCowBQYDK2VwAyEAJrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=";
        let key = MessageKey::from_info(&data_encoding::BASE64.decode(info.as_bytes()).unwrap()).unwrap();
        let base = "\"date\": Tue, 20 Apr 2021 02:07:55 GMT\n\"@method\": POST\n\"@path\": /foo\n\
            \"@authority\": example.com\n\"content-type\": application/json\n\"content-length\": 18\n\
            \"@signature-params\": (\"date\" \"@method\" \"@path\" \"@authority\" \"content-type\" \"content-length\")\
            ;created=1618884473;keyid=\"test-key-ed25519\"";
        let signature = "wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==";
        let mut signature = data_encoding::BASE64.decode(signature.as_bytes()).unwrap();
        assert!(key.verifies(base.as_bytes(), &signature));
        signature[5] ^= 1;
        assert!(!key.verifies(base.as_bytes(), &signature) && !key.verifies(base.as_bytes(), &[]));
        assert_eq!((key.algorithm(), key.id().len()), ("ed25519", 43));
    }

    #[test]
    fn whatever_is_not_one_of_the_two_kinds_is_no_key() {
        let p256 = crate::SigningKey::generate_p256().unwrap();
        assert_eq!(MessageKey::from_info(p256.public_key_info()).unwrap().algorithm(), "ecdsa-p256-sha256");
        let rsa = crate::SigningKey::generate_rsa().unwrap();
        let mut long = p256.public_key_info().to_vec();
        long.push(0);
        for other in [rsa.public_key_info(), b"", &[0x30], &long, &p256.public_key_info()[..90]] {
            assert!(MessageKey::from_info(other).is_none());
        }
    }
}
