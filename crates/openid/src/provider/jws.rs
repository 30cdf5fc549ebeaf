//! Signed tokens that clients send (RFC 7515, compact). Nothing in one is believed before its signature is found right.

use data_encoding::BASE64URL_NOPAD;
use serde_json::{Map, Value};

use super::key::{ALGORITHMS, PublicKey};
use super::limits::{AHEAD_SECONDS, MAX_ID_BYTES, MAX_TOKEN_BYTES};

/// What is wrong with a token; each place gives it its own name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// Not three parts of Base64url with JSON objects, or too long.
    Malformed,
    /// An algorithm that is never taken, or not this key's; a header that must be understood and is not.
    Algorithm,
    /// The signature is wrong.
    Signature,
}

/// A token taken apart, not believed.
pub(super) struct Parsed<'a> {
    message: &'a str,
    signature: Vec<u8>,
    pub header: Map<String, Value>,
    claims: Map<String, Value>,
}

impl<'a> Parsed<'a> {
    pub fn read(token: &'a str) -> Result<Self, Fault> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(Fault::Malformed);
        }
        let (message, signature) = token.rsplit_once('.').ok_or(Fault::Malformed)?;
        let (header, claims) = message.split_once('.').ok_or(Fault::Malformed)?;
        let header = object(header)?;
        let algorithm = text(&header, "alg").ok_or(Fault::Malformed)?;
        if !ALGORITHMS.contains(&algorithm) || header.contains_key("crit") {
            return Err(Fault::Algorithm);
        }
        let signature = BASE64URL_NOPAD.decode(signature.as_bytes()).map_err(|_| Fault::Malformed)?;
        Ok(Self { message, signature, header, claims: object(claims)? })
    }

    /// What it claims, for finding the key only.
    pub fn unverified(&self) -> &Map<String, Value> {
        &self.claims
    }

    /// Its claims, once `key` is found to have signed them.
    pub fn verify(self, key: &PublicKey) -> Result<Map<String, Value>, Fault> {
        if !text(&self.header, "alg").is_some_and(|algorithm| key.signs_with(algorithm)) {
            return Err(Fault::Algorithm);
        }
        match key.verifies(self.message.as_bytes(), &self.signature) {
            true => Ok(self.claims),
            false => Err(Fault::Signature),
        }
    }
}

fn object(part: &str) -> Result<Map<String, Value>, Fault> {
    let bytes = BASE64URL_NOPAD.decode(part.as_bytes()).map_err(|_| Fault::Malformed)?;
    serde_json::from_slice(&bytes).map_err(|_| Fault::Malformed)
}

/// A text among the claims.
pub(super) fn text<'a>(claims: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    claims.get(name).and_then(Value::as_str)
}

/// A time among the claims, in seconds since 1970; fractions are allowed (RFC 7519 §2) and cut off.
pub(super) fn time(claims: &Map<String, Value>, name: &str) -> Option<i64> {
    let value = claims.get(name)?;
    // A float beyond the range of i64 saturates: still far in the future or the past.
    value
        .as_i64()
        .or_else(|| value.as_f64().filter(|seconds| seconds.is_finite()).map(|seconds| seconds.floor() as i64))
}

/// Whether a time that may not be in the future is not: absent, or at most a little ahead of our clock.
pub(super) fn is_begun(claims: &Map<String, Value>, name: &str, now: i64) -> bool {
    !claims.contains_key(name) || time(claims, name).is_some_and(|at| at <= now.saturating_add(AHEAD_SECONDS))
}

/// Its `jti`, of an honest length.
pub(super) fn id(claims: &Map<String, Value>) -> Option<&str> {
    text(claims, "jti").filter(|id| (1..=MAX_ID_BYTES).contains(&id.len()) && !id.contains('\0'))
}
