//! Files that hold keys.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use pki::token::TokenKey;

use crate::fail::{Failure, failed};

/// Reads a code key.
///
/// # Errors
/// It cannot be used.
pub fn read_code(pkcs8: &[u8]) -> Result<TokenKey, Failure> {
    TokenKey::from_pkcs8(pkcs8).map_err(failed("the code key cannot be used"))
}

/// Writes a file that only this user may read, whole or not at all, in the place of what was there.
///
/// # Errors
/// It cannot be written.
pub fn write_secret(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let beside = path.with_extension("new");
    // A file left by a kill is not a key yet.
    let _ = fs::remove_file(&beside);
    fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&beside)
        .and_then(|mut file| {
            file.write_all(bytes)?;
            file.sync_all()
        })
        .and_then(|()| fs::rename(&beside, path))
        .map_err(failed("a key file cannot be written"))
}
