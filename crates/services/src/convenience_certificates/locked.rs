//! The lock around a finished document while it waits: its key is made from the one-time token, which only the machine's
//! session holds. No database ever holds it, so that rows that are gone but can still be found on a disk (a write-ahead
//! log, a dead row before its vacuum, a backup) are noise as soon as the session is over.
//!
//! ```text
//!   token (in the session) ─HMAC─► key ─► AES-256-GCM ─► sealed for the person ─► certificate_documents
//!       └─ SHA-256 ─► certificate_requests.fetch_token_hash: finds the row, opens nothing
//! ```

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hmac;

/// What the token is used for here.
const PURPOSE: &[u8] = b"yakuba document key 1";

fn key(token: &[u8; 32]) -> Option<LessSafeKey> {
    let derived = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, token), PURPOSE);
    UnboundKey::new(&AES_256_GCM, derived.as_ref()).ok().map(LessSafeKey::new)
}

/// A key locks one document in its life, so the nonce need not differ.
fn nonce() -> Nonce {
    Nonce::assume_unique_for_key([0; NONCE_LEN])
}

/// Locks a document. `None` only if the library refuses.
pub(super) fn lock(token: &[u8; 32], mut bytes: Vec<u8>) -> Option<Vec<u8>> {
    key(token)?.seal_in_place_append_tag(nonce(), Aad::empty(), &mut bytes).ok()?;
    Some(bytes)
}

/// Opens it; `None` with another token, or when a byte was changed.
pub(super) fn unlock(token: &[u8; 32], mut bytes: Vec<u8>) -> Option<Vec<u8>> {
    let length = key(token)?.open_in_place(nonce(), Aad::empty(), &mut bytes).ok()?.len();
    bytes.truncate(length);
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_token_opens_and_a_changed_byte_is_noticed() {
        let locked = lock(&[7; 32], b"a paper".to_vec()).unwrap();
        assert_eq!(unlock(&[7; 32], locked.clone()).unwrap(), b"a paper");
        assert_eq!(unlock(&[8; 32], locked.clone()), None);
        let mut changed = locked;
        changed[3] ^= 1;
        assert_eq!(unlock(&[7; 32], changed), None);
    }
}
