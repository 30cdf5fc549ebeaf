//! Persons as services know them.

use store::sealing::{KeyedHash, SealError, Vault};
use store::{Row, StoreError};

use crate::resident_id::ResidentId;

/// Separates hashes of persons from every other use of the look-up key.
const SUBJECT_PURPOSE: &str = "service_cards.subject";

/// A person as one service's rows know them. Another service's rows know the same person under another one.
#[derive(Clone, PartialEq, Eq)]
pub struct Subject {
    /// Under every live look-up key, newest first.
    pub(super) hashes: Vec<KeyedHash>,
}

impl Subject {
    /// The pseudonym of `resident` with `service`.
    ///
    /// # Errors
    /// The key store.
    pub fn of(vault: &Vault, service: &str, resident: &ResidentId) -> Result<Self, SealError> {
        Ok(Self { hashes: vault.keyed_hashes(SUBJECT_PURPOSE, &named(service, resident.as_str()))? })
    }

    /// The person whom a service's own row names by this hash.
    pub fn kept(hash: KeyedHash) -> Self {
        Self { hashes: vec![hash] }
    }

    /// The person of a row's key number and hash.
    ///
    /// # Errors
    /// The columns hold no hash.
    pub fn from_row(row: &Row, key: usize, hash: usize) -> Result<Self, StoreError> {
        let column = hash;
        let bytes =
            row.blob(hash)?.try_into().map_err(|_| StoreError::Column { column, wanted: "a hash of 32 bytes" })?;
        Ok(Self::kept(KeyedHash { key_id: row.int(key)?, hash: bytes }))
    }

    /// Under every live look-up key, newest first: for a service's own rows beside these. A new row takes the first.
    pub fn hashes(&self) -> &[KeyedHash] {
        &self.hashes
    }
}

impl std::fmt::Debug for Subject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Subject")
    }
}

/// Service and value in one form that no two pairs share.
pub(super) fn named(service: &str, value: &str) -> Vec<u8> {
    [service.as_bytes(), &[0], value.as_bytes()].concat()
}
