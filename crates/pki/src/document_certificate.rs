//! The office's own certificate (職責証明書) before it is brought into use: whether key, certificate and authority belong
//! together. One that does not fit would stop every paper.

use base::Timestamp;

use crate::asn1::Malformed;
use crate::certificate::Certificate;

/// Why a certificate is not brought into use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// It, or its authority's, cannot be read.
    #[error("a certificate cannot be read: {0}")]
    Malformed(#[from] Malformed),
    /// It is another key's.
    #[error("the certificate is not that of the key")]
    OtherKey,
    /// Another authority signed it.
    #[error("the authority did not sign the certificate")]
    OtherAuthority,
    /// It is over by the day it would come into use.
    #[error("the certificate is over by then")]
    Over,
}

/// The last instant of a certificate.
///
/// # Errors
/// [`Malformed`].
pub fn last_instant(der: &[u8]) -> Result<Timestamp, Malformed> {
    Certificate::read(der).map(|certificate| certificate.not_after)
}

/// Checks that `certificate` is that of the key with this SubjectPublicKeyInfo, signed by `authority`, and not over at
/// `from`.
///
/// # Errors
/// The first that does not fit.
pub fn check(certificate: &[u8], public_key_info: &[u8], authority: &[u8], from: Timestamp) -> Result<(), Unfit> {
    let (leaf, root) = (Certificate::read(certificate)?, Certificate::read(authority)?);
    if leaf.public_key != public_key_info {
        return Err(Unfit::OtherKey);
    }
    if !leaf.is_signed_by(root.public_key) {
        return Err(Unfit::OtherAuthority);
    }
    if leaf.not_after <= from { Err(Unfit::Over) } else { Ok(()) }
}
