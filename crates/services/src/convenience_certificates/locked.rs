//! The lock around a finished document, and around the list of what it says, while they wait: its keys are made from the
//! one-time token, which only the machine's session holds. No database ever holds it, so that rows that are gone but can
//! still be found on a disk (a write-ahead log, a dead row before its vacuum, a backup) are noise as soon as the session is
//! over.
//!
//! ```text
//!   token (in the session) ─HMAC─► key ─► AES-256-GCM ─► sealed for the person ─► certificate_documents
//!       ├─HMAC, another word─► key ─► AES-256-GCM ─► sealed for the person ─► certificate_fields
//!       └─ SHA-256 ─► certificate_requests.fetch_token_hash: finds the row, opens nothing
//! ```

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hmac;

/// What is locked; each has a key of its own.
#[derive(Clone, Copy, Debug)]
pub(super) enum What {
    /// The finished document.
    Document,
    /// The list of what it says.
    Fields,
}

impl What {
    const fn purpose(self) -> &'static [u8] {
        match self {
            Self::Document => b"yakuba document key 1",
            Self::Fields => b"yakuba fields key 1",
        }
    }
}

fn key(what: What, token: &[u8; 32]) -> Option<LessSafeKey> {
    let derived = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, token), what.purpose());
    UnboundKey::new(&AES_256_GCM, derived.as_ref()).ok().map(LessSafeKey::new)
}

/// A key locks one thing in its life, so the nonce need not differ.
fn nonce() -> Nonce {
    Nonce::assume_unique_for_key([0; NONCE_LEN])
}

/// Locks `bytes`. `None` only if the library refuses.
pub(super) fn lock(what: What, token: &[u8; 32], mut bytes: Vec<u8>) -> Option<Vec<u8>> {
    key(what, token)?.seal_in_place_append_tag(nonce(), Aad::empty(), &mut bytes).ok()?;
    Some(bytes)
}

/// Opens it; `None` with another token, or when a byte was changed.
pub(super) fn unlock(what: What, token: &[u8; 32], mut bytes: Vec<u8>) -> Option<Vec<u8>> {
    let length = key(what, token)?.open_in_place(nonce(), Aad::empty(), &mut bytes).ok()?.len();
    bytes.truncate(length);
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_token_opens_and_a_changed_byte_is_noticed() {
        let locked = lock(What::Document, &[7; 32], b"a paper".to_vec()).unwrap();
        assert_eq!(unlock(What::Document, &[7; 32], locked.clone()).unwrap(), b"a paper");
        assert_eq!(unlock(What::Document, &[8; 32], locked.clone()), None);
        assert_eq!(unlock(What::Fields, &[7; 32], locked.clone()), None, "one key, one use");
        let mut changed = locked;
        changed[3] ^= 1;
        assert_eq!(unlock(What::Document, &[7; 32], changed), None);
    }
}
