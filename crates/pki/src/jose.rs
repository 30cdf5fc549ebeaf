//! Signed JSON in its compact form (RFC 7515) with ES256 and nothing else: what wallets of digital certificates speak.
//!
//! The algorithm is ours to choose, never the token's: `none`, HS256 and every other are refused by name. Nothing of a
//! token is believed before its signature is found right; [`Unverified`] says so in its name.

use data_encoding::BASE64URL_NOPAD;
use serde_json::{Map, Value};

use crate::KeyError;
use crate::token::{TokenKey, TokenPublicKey};

/// The only algorithm.
pub const ALGORITHM: &str = "ES256";
/// No honest token that is sent to us is longer.
pub const MAX_BYTES: usize = 8 * 1024;

/// A JSON object.
pub type Object = Map<String, Value>;

/// Why a token is not accepted. Holds nothing of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JoseError {
    /// Not three parts of Base64url with JSON objects inside: the part at fault begins at this byte.
    #[error("the token is malformed at byte {position}")]
    Malformed {
        /// Offset from 0.
        position: usize,
    },
    /// Longer than any honest token.
    #[error("the token is too long")]
    TooLong,
    /// Another algorithm, or a header that must be understood and is not.
    #[error("the token is not signed with ES256")]
    Algorithm,
    /// Not a public P-256 key.
    #[error("the key is not a public P-256 key")]
    Key,
    /// The signature is wrong.
    #[error("the token's signature is wrong")]
    BadSignature,
}

/// Signs `claims` under `header`, to which the algorithm is added.
///
/// # Errors
/// [`KeyError::NotSigned`].
pub fn sign(key: &TokenKey, mut header: Object, claims: &Object) -> Result<String, KeyError> {
    header.insert("alg".to_owned(), ALGORITHM.into());
    let part = |object: &Object| BASE64URL_NOPAD.encode(Value::Object(object.clone()).to_string().as_bytes());
    let message = format!("{}.{}", part(&header), part(claims));
    let signature = key.sign_message(message.as_bytes())?;
    Ok(format!("{message}.{}", BASE64URL_NOPAD.encode(&signature)))
}

/// A token that was taken apart and not yet believed.
#[derive(Debug)]
pub struct Unverified<'t> {
    message: &'t str,
    signature: Vec<u8>,
    header: Object,
    claims: Object,
}

impl<'t> Unverified<'t> {
    /// Takes a token apart. Total: any text is answered.
    ///
    /// # Errors
    /// [`JoseError::TooLong`], [`JoseError::Malformed`], [`JoseError::Algorithm`].
    pub fn parse(token: &'t str) -> Result<Self, JoseError> {
        if token.len() > MAX_BYTES {
            return Err(JoseError::TooLong);
        }
        let mut parts = token.split('.');
        let (Some(header), Some(claims), Some(signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(JoseError::Malformed { position: 0 });
        };
        let at = header.len() + 1 + claims.len() + 1;
        let decoded = object(header, 0)?;
        if decoded.get("alg").and_then(Value::as_str) != Some(ALGORITHM) || decoded.contains_key("crit") {
            return Err(JoseError::Algorithm);
        }
        let claims = object(claims, header.len() + 1)?;
        let malformed = JoseError::Malformed { position: at };
        let signature = BASE64URL_NOPAD.decode(signature.as_bytes()).map_err(|_| malformed)?;
        Ok(Self { message: &token[..at - 1], signature, header: decoded, claims })
    }

    /// A member of the header, to choose the key by.
    pub fn header(&self, name: &str) -> Option<&Value> {
        self.header.get(name)
    }

    /// The claims, once `key` is found to have signed them.
    ///
    /// # Errors
    /// [`JoseError::BadSignature`].
    pub fn verified(self, key: &TokenPublicKey) -> Result<Object, JoseError> {
        if key.signed(self.message.as_bytes(), &self.signature) {
            Ok(self.claims)
        } else {
            Err(JoseError::BadSignature)
        }
    }
}

fn object(part: &str, position: usize) -> Result<Object, JoseError> {
    let malformed = JoseError::Malformed { position };
    let bytes = BASE64URL_NOPAD.decode(part.as_bytes()).map_err(|_| malformed)?;
    match serde_json::from_slice(&bytes) {
        Ok(Value::Object(object)) => Ok(object),
        _ => Err(malformed),
    }
}

/// SubjectPublicKeyInfo of P-256 up to the point (RFC 5480).
const P256_INFO: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE,
    0x3D, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

/// The key in a JSON Web Key (RFC 7517). A private one is refused: whoever sends it has given it away.
///
/// # Errors
/// [`JoseError::Key`].
pub fn public_key(jwk: &Value) -> Result<TokenPublicKey, JoseError> {
    let text = |name: &str| jwk.get(name).and_then(Value::as_str);
    if text("kty") != Some("EC") || text("crv") != Some("P-256") || jwk.get("d").is_some() {
        return Err(JoseError::Key);
    }
    let mut info = P256_INFO.to_vec();
    info.push(4);
    for name in ["x", "y"] {
        let coordinate = text(name).and_then(|text| BASE64URL_NOPAD.decode(text.as_bytes()).ok());
        info.extend(coordinate.filter(|bytes| bytes.len() == 32).ok_or(JoseError::Key)?);
    }
    TokenPublicKey::from_public_key_info(&info).map_err(|_| JoseError::Key)
}

/// The key's JSON Web Key with nothing but the key: what a credential is bound to.
pub fn bare_jwk(key: &TokenPublicKey) -> Value {
    let [x, y] = key.coordinates();
    serde_json::json!({ "kty": "EC", "crv": "P-256", "x": BASE64URL_NOPAD.encode(x), "y": BASE64URL_NOPAD.encode(y) })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn claims() -> Object {
        json!({ "nonce": "a" }).as_object().unwrap().clone()
    }

    #[test]
    fn a_token_is_believed_with_the_right_key_only() {
        let (key, other) = (TokenKey::generate().unwrap(), TokenKey::generate().unwrap());
        let token = sign(&key, Object::new(), &claims()).unwrap();
        assert_eq!(Unverified::parse(&token).unwrap().verified(key.public()), Ok(claims()));
        assert_eq!(Unverified::parse(&token).unwrap().verified(other.public()), Err(JoseError::BadSignature));
    }

    #[test]
    fn a_key_survives_being_written_and_a_private_one_is_refused() {
        let key = TokenKey::generate().unwrap();
        let mut jwk = bare_jwk(key.public());
        assert_eq!(public_key(&jwk).unwrap().id(), key.public().id());
        jwk["d"] = "AA".into();
        assert_eq!(public_key(&jwk).err(), Some(JoseError::Key));
        for wrong in [json!({}), json!({ "kty": "EC", "crv": "P-256", "x": "AA", "y": "AA" }), json!("EC")] {
            assert_eq!(public_key(&wrong).err(), Some(JoseError::Key), "{wrong}");
        }
    }
}
