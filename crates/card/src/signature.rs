//! The form of what cards sign: RSA-2048, PKCS#1 v1.5, SHA-256.

/// What precedes a SHA-256 hash inside a PKCS#1 v1.5 signature (RFC 8017 §9.2, note 1).
pub const SHA256_DIGEST_INFO: [u8; 19] =
    [0x30, 0x31, 0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20];

/// Bytes of a signature: RSA-2048, the key of every card issued so far. A card of the next generation (ECDSA P-384) will
/// need a table here, keyed by [`crate::DeviceKind`].
pub const SIGNATURE_LENGTH: usize = 256;

/// The 51 bytes the card pads and signs for a SHA-256 `hash`.
pub fn digest_info(hash: &[u8; 32]) -> Vec<u8> {
    [&SHA256_DIGEST_INFO[..], hash].concat()
}
