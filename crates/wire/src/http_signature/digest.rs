//! Content-Digest (RFC 9530): what ties a body to its signature.

use sha2::{Digest, Sha256};

use super::Fault;
use super::fields::Cursor;

/// The field's value for `body`.
pub fn content_digest(body: &[u8]) -> String {
    format!("sha-256=:{}:", data_encoding::BASE64.encode(&Sha256::digest(body)))
}

/// The SHA-256 that the field gives. Other algorithms may stand beside it and are not looked at.
///
/// # Errors
/// Where and why not.
pub fn read_content_digest(value: &str) -> Result<[u8; 32], Fault> {
    let mut cursor = Cursor::new("Content-Digest", value)?;
    let mut found = None;
    loop {
        let fault = cursor.fault("one SHA-256");
        let algorithm = cursor.key()?;
        cursor.expect("=", "= after the algorithm")?;
        let bytes = cursor.bytes()?;
        if algorithm == "sha-256" {
            let hash: [u8; 32] = bytes.try_into().map_err(|_| fault)?;
            if found.replace(hash).is_some() {
                return Err(fault);
            }
        }
        cursor.blanks();
        if !cursor.take(",") {
            break;
        }
        cursor.blanks();
    }
    cursor.end()?;
    found.ok_or(cursor.fault("one SHA-256"))
}
