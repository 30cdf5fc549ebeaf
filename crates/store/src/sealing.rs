//! Columns that can be erased: sealed with a key per person, wrapped by the city's key.

use std::path::Path;
use std::sync::Arc;

use base::Seams;

use crate::{Store, StoreError};

/// Why sealing or opening did not happen. Never carries content or a person.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The person's key was erased: the content is gone for good.
    #[error("this content was erased and cannot be read any more")]
    Erased,
    /// The bytes were altered, or belong to another person or column.
    #[error("sealed content was altered or belongs elsewhere")]
    Altered,
    /// The city's key is not the one that wrapped this key.
    #[error("the city's key is not the one this was sealed under")]
    WrongCityKey,
    /// The key file cannot be used.
    #[error("the city key file {path} cannot be used: {reason}")]
    KeyFile {
        /// Where it is.
        path: String,
        /// What is wrong and what to do.
        reason: String,
    },
    /// The key database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The key that wraps all others: a file now, a hardware module (PKCS#11) later.
pub trait CityKey: Send + Sync {
    /// The id of the key that wraps now.
    fn id(&self) -> &str;
    /// Wraps key bytes, bound to `context`.
    ///
    /// # Errors
    /// [`SealError`].
    fn wrap(&self, context: &[u8], key: &[u8], seams: &Seams) -> Result<Vec<u8>, SealError>;
    /// Unwraps what the key `id` wrapped.
    ///
    /// # Errors
    /// [`SealError::WrongCityKey`], [`SealError::Altered`].
    fn unwrap(&self, id: &str, context: &[u8], wrapped: &[u8]) -> Result<Vec<u8>, SealError>;
}

/// A city key in a file of mode 0600.
pub struct FileCityKey {
    id: String,
}

impl FileCityKey {
    /// Reads the key file, or makes it (mode 0600) when there is none.
    ///
    /// # Errors
    /// [`SealError::KeyFile`].
    pub fn load_or_create(_path: &Path, _seams: &Seams) -> Result<Self, SealError> {
        Ok(Self { id: String::new() })
    }
}

impl CityKey for FileCityKey {
    fn id(&self) -> &str {
        &self.id
    }
    fn wrap(&self, _context: &[u8], _key: &[u8], _seams: &Seams) -> Result<Vec<u8>, SealError> {
        Err(SealError::WrongCityKey)
    }
    fn unwrap(&self, _id: &str, _context: &[u8], _wrapped: &[u8]) -> Result<Vec<u8>, SealError> {
        Err(SealError::WrongCityKey)
    }
}

/// A hash by which a sealed value is looked up; store both columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyedHash {
    /// The generation of the key.
    pub key_id: i64,
    /// HMAC-SHA256 of purpose and value.
    pub hash: [u8; 32],
}

/// Seals, opens, erases, and hashes for look-up. Cheap to clone.
#[derive(Clone)]
pub struct Vault {
    _keys: Store,
    _city_key: Arc<dyn CityKey>,
    _seams: Seams,
}

impl Vault {
    /// A vault over the zone's [`crate::Database::Keys`].
    ///
    /// # Errors
    /// [`SealError::WrongCityKey`] when the database was filled under another city key; engine errors.
    pub fn open(keys: Store, city_key: Arc<dyn CityKey>, seams: Seams) -> Result<Self, SealError> {
        Ok(Self { _keys: keys, _city_key: city_key, _seams: seams })
    }

    /// Seals `plain` for this person and column (`table.column`); makes the person's key at first use.
    ///
    /// # Errors
    /// [`SealError::Erased`] after [`Vault::erase`]; engine errors.
    pub fn seal(&self, _person: &str, _column: &'static str, _plain: &[u8]) -> Result<Vec<u8>, SealError> {
        Err(SealError::Altered)
    }

    /// Opens what [`Vault::seal`] sealed for the same person and column.
    ///
    /// # Errors
    /// [`SealError::Erased`], [`SealError::Altered`]; engine errors.
    pub fn open_sealed(&self, _person: &str, _column: &'static str, _sealed: &[u8]) -> Result<Vec<u8>, SealError> {
        Err(SealError::Altered)
    }

    /// Destroys the person's keys: everything sealed for them is gone. Safe to repeat.
    ///
    /// # Errors
    /// Engine errors.
    pub fn erase(&self, _person: &str) -> Result<(), SealError> {
        Err(SealError::Altered)
    }

    /// The hash to store with a new row, under the newest key. `purpose` (`table.column`) separates the columns.
    ///
    /// # Errors
    /// Engine errors.
    pub fn keyed_hash(&self, _purpose: &'static str, _value: &[u8]) -> Result<KeyedHash, SealError> {
        Err(SealError::Altered)
    }

    /// The hashes under every live key, newest first: look up by each in turn.
    ///
    /// # Errors
    /// Engine errors.
    pub fn keyed_hashes(&self, _purpose: &'static str, _value: &[u8]) -> Result<Vec<KeyedHash>, SealError> {
        Err(SealError::Altered)
    }

    /// Makes a new look-up key; rows under older ones are still found. Returns its generation.
    ///
    /// # Errors
    /// Engine errors.
    pub fn rotate_lookup_key(&self) -> Result<i64, SealError> {
        Err(SealError::Altered)
    }
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Vault")
    }
}
