//! Nonces for key proofs (`c_nonce`). Anyone may ask for one, so none is kept: it says itself when it ends and carries a
//! mark that only this issuer can make. That one was used is kept until it would have ended anyway.

use aws_lc_rs::hmac::{HMAC_SHA256, Key, sign, verify};
use base::{Seams, Timestamp};
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use store::{StoreError, Tx};

use crate::digest::sha256;

/// Seconds a nonce may be used.
pub const SECONDS: i64 = 300;

/// End (8), random (16).
const BODY: usize = 24;

/// Makes and recognises nonces.
pub struct Nonces(Key);

impl std::fmt::Debug for Nonces {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Nonces")
    }
}

/// A nonce of ours that has not ended; whether it was used is for [`use_once`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    hash: String,
    ends_at: Timestamp,
}

impl Nonces {
    /// From a secret of the issuer's, so that all its processes know each other's.
    pub fn new(secret: &[u8]) -> Self {
        Self(Key::new(HMAC_SHA256, &sha256(&[b"yakuba twin nonces 1", secret])))
    }

    /// A new one.
    pub fn make(&self, seams: &Seams) -> String {
        let ends = seams.now().plus_seconds(SECONDS).seconds();
        let random: [u8; 16] = seams.random.bytes();
        let body = [&ends.to_be_bytes()[..], &random].concat();
        BASE64URL_NOPAD.encode(&[body.as_slice(), sign(&self.0, &body).as_ref()].concat())
    }

    /// Whether `nonce` is ours and has not ended.
    pub fn recognise(&self, nonce: &str, now: Timestamp) -> Option<Known> {
        let bytes = BASE64URL_NOPAD.decode(nonce.as_bytes()).ok()?;
        let (body, mark) = bytes.split_at_checked(BODY)?;
        verify(&self.0, body, mark).ok()?;
        let ends = i64::from_be_bytes(body.get(..8)?.try_into().ok()?);
        let known = Known { hash: HEXLOWER.encode(&sha256(&[body])), ends_at: Timestamp::from_seconds(ends) };
        (now <= known.ends_at).then_some(known)
    }
}

/// Uses a nonce. `false` when it was used before.
///
/// # Errors
/// The database.
pub fn use_once(tx: &mut Tx<'_>, nonce: &Known) -> Result<bool, StoreError> {
    let fresh = tx.execute(
        "INSERT INTO twin_nonces (nonce_hash, ends_at) VALUES ($1, $2) ON CONFLICT (nonce_hash) DO NOTHING",
        &[nonce.hash.as_str().into(), nonce.ends_at.into()],
    )?;
    Ok(fresh == 1)
}
