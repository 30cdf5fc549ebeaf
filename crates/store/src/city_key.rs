//! The city's key: it wraps every other key and nothing else. A file today, a hardware module (PKCS#11) behind the same
//! trait later.
//!
//! ```text
//!   # comment                                   one line for each key, oldest first; the last one wraps,
//!   3f9a0c… 64 hex digits                       all of them unwrap
//! ```

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::digest;
use base::Seams;
use zeroize::Zeroizing;

use crate::error::SealError;

/// 256 secret bits, wiped when dropped.
pub(crate) type Secret = Zeroizing<[u8; 32]>;

const HEAD: &str = "# City key of Yakuba. With it and the key database, sealed content can be read; without it, never again.\n\
                    # Keep a copy on paper or on a stick in a safe, apart from the backups.\n";

/// The key that wraps all others.
pub trait CityKey: Send + Sync {
    /// The id of the key that wraps now.
    fn id(&self) -> &str;

    /// Wraps key bytes, bound to `context`: unwrapping needs the same.
    ///
    /// # Errors
    /// [`SealError`].
    fn wrap(&self, context: &[u8], key: &[u8], seams: &Seams) -> Result<Vec<u8>, SealError>;

    /// Unwraps what the key `id` wrapped in `context`.
    ///
    /// # Errors
    /// [`SealError::WrongCityKey`] when there is no key `id` here, [`SealError::Altered`] when the bytes are not whole.
    fn unwrap(&self, id: &str, context: &[u8], wrapped: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealError>;
}

/// A city key in a file of mode 0600.
pub struct FileCityKey {
    /// Oldest first; never empty.
    keys: Vec<(String, Secret)>,
}

impl FileCityKey {
    /// Reads the key file, or makes it (mode 0600) when there is none.
    ///
    /// # Errors
    /// [`SealError::KeyFile`].
    pub fn load_or_create(path: &Path, seams: &Seams) -> Result<Self, SealError> {
        match Self::create(path, seams) {
            Err(SealError::KeyFile { .. }) if path.exists() => Self::load(path),
            made => made,
        }
    }

    /// Makes the key file; one that exists is left alone.
    ///
    /// # Errors
    /// [`SealError::KeyFile`], also when the file exists.
    pub fn create(path: &Path, seams: &Seams) -> Result<Self, SealError> {
        let keys = Self { keys: vec![fresh(seams)] };
        keys.write(path, path)?;
        Ok(keys)
    }

    /// Reads the key file.
    ///
    /// # Errors
    /// [`SealError::KeyFile`] when it is absent, malformed, or readable by other users.
    pub fn load(path: &Path) -> Result<Self, SealError> {
        let unusable = |reason: String| key_file(path, reason);
        let mode = fs::metadata(path).map_err(|e| unusable(e.to_string()))?.permissions().mode();
        if mode & 0o077 != 0 {
            return Err(unusable("other users can read it; chmod 600, and think about who did".to_owned()));
        }
        let text = Zeroizing::new(fs::read_to_string(path).map_err(|e| unusable(e.to_string()))?);
        let mut keys = Vec::new();
        for (index, line) in text.lines().enumerate() {
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            let key =
                from_hex(line.trim()).ok_or_else(|| unusable(format!("line {} is not 64 hex digits", index + 1)))?;
            keys.push((id_of(&key), key));
        }
        if keys.is_empty() { Err(unusable("it holds no key".to_owned())) } else { Ok(Self { keys }) }
    }

    /// Adds a key that wraps from now on; the older ones still unwrap. Follow with [`crate::sealing::Vault::rewrap`].
    ///
    /// # Errors
    /// [`SealError::KeyFile`]; the old file then stands.
    pub fn add_key(&mut self, path: &Path, seams: &Seams) -> Result<(), SealError> {
        self.keys.push(fresh(seams));
        let beside = path.with_extension("new");
        // Left over from an addition that was cut off.
        let _ = fs::remove_file(&beside);
        let written = self.write(&beside, path);
        if written.is_err() {
            self.keys.pop();
        }
        written
    }

    /// Writes to `first`, durably, and moves it to `path`.
    fn write(&self, first: &Path, path: &Path) -> Result<(), SealError> {
        let mut text = Zeroizing::new(String::from(HEAD));
        for (_, key) in &self.keys {
            for byte in key.iter() {
                text.push_str(&format!("{byte:02x}"));
            }
            text.push('\n');
        }
        let save = || -> std::io::Result<()> {
            let mut file = OpenOptions::new().create_new(true).write(true).mode(0o600).open(first)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            if first != path {
                fs::rename(first, path)?;
            }
            // The name is durable only when its directory is.
            let directory = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
            File::open(directory)?.sync_all()
        };
        save().map_err(|error| {
            let reason = match error.kind() {
                ErrorKind::AlreadyExists => "it exists already".to_owned(),
                _ => error.to_string(),
            };
            key_file(path, reason)
        })
    }
}

impl CityKey for FileCityKey {
    fn id(&self) -> &str {
        self.keys.last().map_or("", |(id, _)| id)
    }

    fn wrap(&self, context: &[u8], key: &[u8], seams: &Seams) -> Result<Vec<u8>, SealError> {
        let (_, city_key) = self.keys.last().ok_or(SealError::WrongCityKey)?;
        encrypt(city_key, context, key, seams)
    }

    fn unwrap(&self, id: &str, context: &[u8], wrapped: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let (_, city_key) = self.keys.iter().find(|(known, _)| known == id).ok_or(SealError::WrongCityKey)?;
        decrypt(city_key, context, wrapped).map(Zeroizing::new)
    }
}

impl std::fmt::Debug for FileCityKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FileCityKey({})", self.id())
    }
}

fn key_file(path: &Path, reason: String) -> SealError {
    SealError::KeyFile { path: path.display().to_string(), reason }
}

fn fresh(seams: &Seams) -> (String, Secret) {
    let key = fresh_secret(seams);
    (id_of(&key), key)
}

pub(crate) fn fresh_secret(seams: &Seams) -> Secret {
    let mut key = Secret::default();
    seams.random.fill(&mut *key);
    key
}

/// A name for the key that tells nothing about it: 64 bits of a hash.
fn id_of(key: &Secret) -> String {
    let mut context = digest::Context::new(&digest::SHA256);
    context.update(b"yakuba city key id");
    context.update(&**key);
    context.finish().as_ref()[..8].iter().map(|byte| format!("{byte:02x}")).collect()
}

fn from_hex(text: &str) -> Option<Secret> {
    let mut key = Secret::default();
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (index, byte) in key.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(index * 2..index * 2 + 2)?, 16).ok()?;
    }
    Some(key)
}

/// Nonce, ciphertext, tag. AES-256-GCM-SIV (RFC 8452): a repeated nonce would reveal only that two contents are equal.
pub(crate) fn encrypt(key: &Secret, context: &[u8], plain: &[u8], seams: &Seams) -> Result<Vec<u8>, SealError> {
    let mut nonce = [0; NONCE_LEN];
    seams.random.fill(&mut nonce);
    let mut sealed = Vec::with_capacity(NONCE_LEN + plain.len() + AES_256_GCM_SIV.tag_len());
    sealed.extend_from_slice(&nonce);
    sealed.extend_from_slice(plain);
    let tag = cipher(key)?
        .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), Aad::from(context), &mut sealed[NONCE_LEN..])
        .map_err(|_| SealError::Altered)?;
    sealed.extend_from_slice(tag.as_ref());
    Ok(sealed)
}

pub(crate) fn decrypt(key: &Secret, context: &[u8], sealed: &[u8]) -> Result<Vec<u8>, SealError> {
    let (nonce, body) = sealed.split_at_checked(NONCE_LEN).ok_or(SealError::Altered)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| SealError::Altered)?;
    let mut body = body.to_vec();
    let length =
        cipher(key)?.open_in_place(nonce, Aad::from(context), &mut body).map_err(|_| SealError::Altered)?.len();
    body.truncate(length);
    Ok(body)
}

fn cipher(key: &Secret) -> Result<LessSafeKey, SealError> {
    UnboundKey::new(&AES_256_GCM_SIV, &**key).map(LessSafeKey::new).map_err(|_| SealError::Altered)
}
