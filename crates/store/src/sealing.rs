//! Content that can be erased, and look-ups that reveal nothing.
//!
//! ```text
//!   city key (file, later PKCS#11)
//!      └─ wraps ─► a key per person ──► seal(person, column, plain) = format, version, nonce, AES-256-GCM-SIV, tag
//!      │             └─ erase(person): the key is gone, so is everything sealed with it, in every backup of the data
//!      └─ wraps ─► look-up keys ─────► keyed_hash(purpose, value) = HMAC-SHA256 under the newest; older ones still found
//! ```
//!
//! The key database has its own backups with a short life. One that is restored is older than the last erasures: the
//! list of erasures ([`Vault::with_erasure_list`]) lives in a file beside the city key and is replayed at the next start.
//!
//! What erasing cannot reach: PostgreSQL keeps the wrapped bytes in dead rows until its vacuum and in its log until
//! that is recycled. They are still wrapped by the city's key.

use std::fmt::Write as _;
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use aws_lc_rs::hmac;
use base::{Seams, Timestamp};

use crate::Store;
pub use crate::city_key::{CityKey, FileCityKey};
use crate::city_key::{Secret, decrypt, encrypt};
pub use crate::error::SealError;
use crate::key_store;
pub use crate::key_store::Erasure;

/// The only format so far: version of the key (4 bytes), nonce (12), ciphertext, tag (16).
const FORMAT: u8 = 1;

/// A hash by which a sealed value is looked up; store both columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyedHash {
    /// The generation of the key.
    pub key_id: i64,
    /// HMAC-SHA256 of purpose and value.
    pub hash: [u8; 32],
}

/// Seals, opens, erases, and hashes for look-up. Cheap to clone.
///
/// Each call is its own transaction on the key database. Call it before a write action rather than inside: an action
/// may run twice and shall be short.
#[derive(Clone)]
pub struct Vault(Arc<Inner>);

struct Inner {
    keys: Store,
    city_key: Arc<dyn CityKey>,
    seams: Seams,
    erasure_list: Option<Mutex<File>>,
}

/// The live look-up keys at one moment, for hashing many values. Do not keep it longer than the work at hand.
pub struct LookupKeys(Vec<(i64, Secret)>);

impl Vault {
    /// A vault over the zone's [`crate::Database::Keys`].
    ///
    /// # Errors
    /// [`SealError::WrongCityKey`] when the database was filled under another city key; engine errors.
    pub fn open(keys: Store, city_key: Arc<dyn CityKey>, seams: Seams) -> Result<Self, SealError> {
        let vault = Self(Arc::new(Inner { keys, city_key, seams, erasure_list: None }));
        // Opening the look-up keys proves at once that the city key is the right one.
        if vault.lookup_keys()?.0.is_empty() {
            vault.rotate_lookup_key()?;
        }
        Ok(vault)
    }

    /// As [`Vault::open`], with the list of erasures kept in a file (mode 0600) beside the key database's backups: what
    /// the file says was erased is erased now if a restored database still holds it.
    ///
    /// # Errors
    /// As [`Vault::open`], and [`SealError::KeyFile`] for the list.
    pub fn with_erasure_list(
        keys: Store,
        city_key: Arc<dyn CityKey>,
        seams: Seams,
        path: &Path,
    ) -> Result<Self, SealError> {
        let unusable =
            |error: std::io::Error| SealError::KeyFile { path: path.display().to_string(), reason: error.to_string() };
        let mut file =
            OpenOptions::new().create(true).append(true).read(true).mode(0o600).open(path).map_err(unusable)?;
        let text = std::fs::read_to_string(path).map_err(unusable)?;
        if !text.is_empty() && !text.ends_with('\n') {
            // Torn by a crash; the erasure it belongs to was not acknowledged.
            file.write_all(b"\n").map_err(unusable)?;
        }
        let listed: Vec<Erasure> = text.lines().filter_map(erasure_from_line).collect();
        let vault = Self::open(keys.clone(), city_key.clone(), seams.clone())?;
        let found = vault.replay_erasures(&listed)?;
        if found > 0 {
            tracing::warn!(found, "keys that had been erased were back, and were erased again");
        }
        drop(vault);
        Ok(Self(Arc::new(Inner { keys, city_key, seams, erasure_list: Some(Mutex::new(file)) })))
    }

    /// Seals `plain` for this person and column (`table.column`); makes the person's key at first use.
    ///
    /// # Errors
    /// [`SealError::Erased`] after [`Vault::erase`]; engine errors.
    pub fn seal(&self, person: &str, column: &'static str, plain: &[u8]) -> Result<Vec<u8>, SealError> {
        let Inner { keys, city_key, seams, .. } = &*self.0;
        let key = match key_store::newest_key(keys, &**city_key, person)? {
            Some(key) => key,
            None => {
                key_store::make_key(keys, &**city_key, seams, person, 1)?;
                key_store::newest_key(keys, &**city_key, person)?.ok_or(SealError::NoKey)?
            }
        };
        let body = encrypt(&key.key, &context(person, column, key.version), plain, seams)?;
        let mut sealed = Vec::with_capacity(5 + body.len());
        sealed.push(FORMAT);
        sealed.extend_from_slice(&key.version.to_be_bytes());
        sealed.extend_from_slice(&body);
        Ok(sealed)
    }

    /// Opens what [`Vault::seal`] sealed for the same person and column.
    ///
    /// # Errors
    /// [`SealError::Erased`], [`SealError::Altered`], [`SealError::NoKey`]; engine errors.
    pub fn open_sealed(&self, person: &str, column: &'static str, sealed: &[u8]) -> Result<Vec<u8>, SealError> {
        let [FORMAT, a, b, c, d, body @ ..] = sealed else { return Err(SealError::Altered) };
        let version = u32::from_be_bytes([*a, *b, *c, *d]);
        let key = key_store::key_of_version(&self.0.keys, &*self.0.city_key, person, version)?;
        decrypt(&key.key, &context(person, column, version), body)
    }

    /// Destroys the person's keys: everything sealed for them is gone, and nothing more can be sealed for them until
    /// [`Vault::admit_again`]. Safe to repeat.
    ///
    /// # Errors
    /// Engine errors, [`SealError::KeyFile`] when the list of erasures cannot be written: then nothing was destroyed.
    pub fn erase(&self, person: &str) -> Result<(), SealError> {
        let Inner { keys, seams, .. } = &*self.0;
        let now = seams.now();
        // Listed first: if we are cut off in between, the replay at the next start finishes the work.
        let newest = key_store::newest_version(keys, person)?;
        self.list(&Erasure { person: person.to_owned(), version: newest, at: now })?;
        let erased = key_store::erase(keys, person, now)?;
        if erased.version > newest {
            self.list(&erased)?;
        }
        keys.scrub()?;
        Ok(())
    }

    /// Lets an erased person begin anew with a new key. What was erased stays erased.
    ///
    /// # Errors
    /// Engine errors.
    pub fn admit_again(&self, person: &str) -> Result<(), SealError> {
        let Inner { keys, city_key, seams, .. } = &*self.0;
        match key_store::newest_key(keys, &**city_key, person) {
            Err(SealError::Erased) => {
                let version = key_store::newest_version(keys, person)?;
                key_store::make_key(keys, &**city_key, seams, person, version.saturating_add(1))
            }
            other => other.map(drop),
        }
    }

    /// Everyone who was erased: to be kept with, and outlive, the backups of the key database.
    ///
    /// # Errors
    /// Engine errors.
    pub fn erasures(&self) -> Result<Vec<Erasure>, SealError> {
        key_store::erasures(&self.0.keys)
    }

    /// Erases again after an older copy of the key database was restored. Returns how many keys had come back.
    ///
    /// # Errors
    /// Engine errors.
    pub fn replay_erasures(&self, erasures: &[Erasure]) -> Result<u64, SealError> {
        let found = key_store::replay(&self.0.keys, erasures)?;
        if found > 0 {
            self.0.keys.scrub()?;
        }
        Ok(found)
    }

    /// Wraps every key under the city's newest key, after [`FileCityKey::add_key`]. May be stopped and run again.
    /// Returns how many were wrapped anew.
    ///
    /// # Errors
    /// Engine errors.
    pub fn rewrap(&self) -> Result<u64, SealError> {
        let done = key_store::rewrap(&self.0.keys, &*self.0.city_key, &self.0.seams)?;
        self.0.keys.scrub()?;
        Ok(done)
    }

    /// The hash to store with a new row, under the newest key. `purpose` (`table.column`) separates the columns.
    ///
    /// # Errors
    /// Engine errors.
    pub fn keyed_hash(&self, purpose: &'static str, value: &[u8]) -> Result<KeyedHash, SealError> {
        self.lookup_keys()?.keyed_hash(purpose, value)
    }

    /// The hashes under every live key, newest first: look up by each in turn.
    ///
    /// # Errors
    /// Engine errors.
    pub fn keyed_hashes(&self, purpose: &'static str, value: &[u8]) -> Result<Vec<KeyedHash>, SealError> {
        Ok(self.lookup_keys()?.keyed_hashes(purpose, value))
    }

    /// The live look-up keys, for hashing many values at once.
    ///
    /// # Errors
    /// Engine errors.
    pub fn lookup_keys(&self) -> Result<LookupKeys, SealError> {
        key_store::lookup_keys(&self.0.keys, &*self.0.city_key).map(LookupKeys)
    }

    /// Makes a new look-up key; rows under older ones are still found. Returns its generation.
    ///
    /// # Errors
    /// Engine errors.
    pub fn rotate_lookup_key(&self) -> Result<i64, SealError> {
        let Inner { keys, city_key, seams, .. } = &*self.0;
        let next = key_store::newest_generation(keys)?.saturating_add(1);
        key_store::make_lookup_key(keys, &**city_key, seams, next)?;
        Ok(next)
    }

    /// Destroys the look-up keys below `generation`, once no row is hashed under them any more. Returns how many.
    ///
    /// # Errors
    /// Engine errors.
    pub fn retire_lookup_keys(&self, generation: i64) -> Result<u64, SealError> {
        let retired = key_store::retire_lookup_keys(&self.0.keys, generation, self.0.seams.now())?;
        self.0.keys.scrub()?;
        Ok(retired)
    }

    /// Appends one line to the list of erasures, durably.
    fn list(&self, erasure: &Erasure) -> Result<(), SealError> {
        let Some(file) = &self.0.erasure_list else { return Ok(()) };
        let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
        file.write_all(erasure_line(erasure).as_bytes())
            .and_then(|()| file.sync_data())
            .map_err(|error| SealError::KeyFile { path: "the list of erasures".to_owned(), reason: error.to_string() })
    }
}

impl LookupKeys {
    /// See [`Vault::keyed_hash`].
    ///
    /// # Errors
    /// [`SealError::NoKey`] when every key was retired.
    pub fn keyed_hash(&self, purpose: &'static str, value: &[u8]) -> Result<KeyedHash, SealError> {
        self.0.first().map(|key| hash_under(key, purpose, value)).ok_or(SealError::NoKey)
    }

    /// See [`Vault::keyed_hashes`].
    pub fn keyed_hashes(&self, purpose: &'static str, value: &[u8]) -> Vec<KeyedHash> {
        self.0.iter().map(|key| hash_under(key, purpose, value)).collect()
    }
}

fn hash_under((generation, key): &(i64, Secret), purpose: &'static str, value: &[u8]) -> KeyedHash {
    let key = hmac::Key::new(hmac::HMAC_SHA256, &**key);
    let tag = hmac::sign(&key, &key_store::bound(&[b"look-up", purpose.as_bytes(), value]));
    let mut hash = [0; 32];
    hash.copy_from_slice(tag.as_ref());
    KeyedHash { key_id: *generation, hash }
}

/// What sealed bytes are bound to: moved to another person or column, they do not open.
fn context(person: &str, column: &'static str, version: u32) -> Vec<u8> {
    key_store::bound(&[b"sealed", person.as_bytes(), column.as_bytes(), &version.to_be_bytes()])
}

/// `hex of the person's id, version, microseconds`: hex, so that no id can break a line.
fn erasure_line(erasure: &Erasure) -> String {
    let mut line = String::new();
    for byte in erasure.person.bytes() {
        // Writing to a string cannot fail.
        let _ = write!(line, "{byte:02x}");
    }
    let _ = writeln!(line, " {} {}", erasure.version, erasure.at.micros());
    line
}

fn erasure_from_line(line: &str) -> Option<Erasure> {
    let mut words = line.split(' ');
    let (hex, version, at) = (words.next()?, words.next()?, words.next()?);
    if hex.len() % 2 != 0 || !hex.is_ascii() {
        return None;
    }
    let bytes: Option<Vec<u8>> =
        (0..hex.len() / 2).map(|i| u8::from_str_radix(hex.get(i * 2..i * 2 + 2)?, 16).ok()).collect();
    Some(Erasure {
        person: String::from_utf8(bytes?).ok()?,
        version: version.parse().ok()?,
        at: Timestamp::from_micros(at.parse().ok()?),
    })
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Vault")
    }
}

impl std::fmt::Debug for LookupKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "LookupKeys({})", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn a_line_of_the_erasure_list_reads_back(person: String, version: u32, at: i64) {
            let erasure = Erasure { person, version, at: Timestamp::from_micros(at) };
            let line = erasure_line(&erasure);
            proptest::prop_assert_eq!(erasure_from_line(line.trim_end()), Some(erasure));
        }

        #[test]
        fn any_line_is_read_or_refused(line: String) {
            let _ = erasure_from_line(&line);
        }
    }
}
