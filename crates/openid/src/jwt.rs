//! Signed JSON tokens (RFC 7515, RFC 7519) in the one form this profile has: compact, ES256, a named key.
//!
//! Nothing in a token is believed before its signature is found right, and the algorithm is ours to choose, never the
//! token's: `none`, HS256 and RS256 are refused by name.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, UnparsedPublicKey,
};
use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// No honest token is longer.
pub const MAX_TOKEN_BYTES: usize = 16 * 1024;
/// The only algorithm.
pub const ALGORITHM: &str = "ES256";

/// What a token says.
pub type Claims = Map<String, Value>;

/// Why a token is not accepted. Holds nothing of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JwtError {
    /// Not three parts of Base64url, or no JSON object inside: at this byte.
    #[error("the token is malformed at byte {position}")]
    Malformed {
        /// Offset of the part at fault, from 0.
        position: usize,
    },
    /// Longer than any honest token.
    #[error("the token is too long")]
    TooLong,
    /// Another algorithm than ES256, or a header that must be understood and is not.
    #[error("the token is not signed with ES256")]
    Algorithm,
    /// Signed with a key that is not known.
    #[error("the token was signed with an unknown key")]
    UnknownKey,
    /// The signature is wrong.
    #[error("the token's signature is wrong")]
    BadSignature,
}

/// A P-256 public key, as a JSON Web Key (RFC 7517).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Jwk {
    /// `EC`.
    pub kty: String,
    /// `P-256`.
    #[serde(default)]
    pub crv: String,
    /// Its name.
    #[serde(default)]
    pub kid: String,
    /// First coordinate, Base64url.
    #[serde(default)]
    pub x: String,
    /// Second coordinate.
    #[serde(default)]
    pub y: String,
}

impl Jwk {
    /// The uncompressed point, for keys of the one kind.
    fn point(&self) -> Option<Vec<u8>> {
        let coordinate = |text: &str| BASE64URL_NOPAD.decode(text.as_bytes()).ok().filter(|bytes| bytes.len() == 32);
        match (self.kty.as_str(), self.crv.as_str()) {
            ("EC", "P-256") => Some([&[4][..], &coordinate(&self.x)?, &coordinate(&self.y)?].concat()),
            _ => None,
        }
    }
}

/// A key that signs tokens.
pub struct TokenKey {
    pair: EcdsaKeyPair,
    kid: String,
}

impl TokenKey {
    /// From PKCS#8, DER; `kid` names it. `None` for anything but a P-256 key.
    pub fn from_pkcs8(der: &[u8], kid: &str) -> Option<Self> {
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der).ok()?;
        Some(Self { pair, kid: kid.to_owned() })
    }

    /// A new key; `None` when the machine's randomness fails.
    pub fn generate(kid: &str) -> Option<Self> {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).ok()?;
        Some(Self { pair, kid: kid.to_owned() })
    }

    /// As PKCS#8, DER: to be kept sealed. `None` when the key cannot be written.
    pub fn to_pkcs8(&self) -> Option<Vec<u8>> {
        self.pair.to_pkcs8v1().ok().map(|document| document.as_ref().to_vec())
    }

    /// The public half.
    pub fn jwk(&self) -> Jwk {
        let point = self.pair.public_key().as_ref();
        let part = |range: std::ops::Range<usize>| BASE64URL_NOPAD.encode(point.get(range).unwrap_or_default());
        Jwk { kty: "EC".into(), crv: "P-256".into(), kid: self.kid.clone(), x: part(1..33), y: part(33..65) }
    }

    /// Signs `claims`. `None` when the key does not sign.
    pub fn sign(&self, claims: &Value) -> Option<String> {
        let header = serde_json::json!({ "alg": ALGORITHM, "kid": self.kid, "typ": "JWT" });
        let part = |value: &Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
        let message = format!("{}.{}", part(&header), part(claims));
        let signature = self.sign_message(message.as_bytes())?;
        Some(format!("{message}.{}", BASE64URL_NOPAD.encode(&signature)))
    }

    /// Signs bytes that are something else than [`Self::sign`]'s token. `None` when the key does not sign.
    pub fn sign_message(&self, message: &[u8]) -> Option<Vec<u8>> {
        self.pair.sign(&SystemRandom::new(), message).ok().map(|signature| signature.as_ref().to_vec())
    }
}

impl std::fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "TokenKey({})", self.kid)
    }
}

/// The claims of `token`, once one of `keys` is found to have signed it.
///
/// # Errors
/// [`JwtError`]. [`JwtError::UnknownKey`] may be answered by fetching the keys anew, once.
pub fn verify(token: &str, keys: &[Jwk]) -> Result<Claims, JwtError> {
    if token.len() > MAX_TOKEN_BYTES {
        return Err(JwtError::TooLong);
    }
    let mut parts = token.split('.');
    let (Some(header), Some(payload), Some(signature), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(JwtError::Malformed { position: 0 });
    };
    let head = object(header, 0)?;
    // A header that must be understood (crit) is not.
    if head.get("alg").and_then(Value::as_str) != Some(ALGORITHM) || head.contains_key("crit") {
        return Err(JwtError::Algorithm);
    }
    let kid = head.get("kid").and_then(Value::as_str).ok_or(JwtError::UnknownKey)?;
    let point = keys.iter().find(|key| key.kid == kid).and_then(Jwk::point).ok_or(JwtError::UnknownKey)?;
    let at = header.len() + payload.len() + 2;
    let malformed = JwtError::Malformed { position: at };
    let signature = BASE64URL_NOPAD.decode(signature.as_bytes()).map_err(|_| malformed)?;
    let message = &token.as_bytes()[..at - 1];
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point)
        .verify(message, &signature)
        .map_err(|_| JwtError::BadSignature)?;
    object(payload, header.len() + 1)
}

fn object(part: &str, position: usize) -> Result<Claims, JwtError> {
    let malformed = JwtError::Malformed { position };
    let bytes = BASE64URL_NOPAD.decode(part.as_bytes()).map_err(|_| malformed)?;
    match serde_json::from_slice(&bytes) {
        Ok(Value::Object(claims)) => Ok(claims),
        _ => Err(malformed),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn key() -> &'static TokenKey {
        static KEY: std::sync::OnceLock<TokenKey> = std::sync::OnceLock::new();
        KEY.get_or_init(|| TokenKey::generate("one").unwrap())
    }

    #[test]
    fn a_token_is_read_by_who_knows_its_key_and_by_nobody_else() {
        let token = key().sign(&json!({ "sub": "a" })).unwrap();
        assert_eq!(verify(&token, &[key().jwk()]).unwrap()["sub"], "a");
        assert_eq!(verify(&token, &[]), Err(JwtError::UnknownKey));
        let other = TokenKey::generate("one").unwrap();
        assert_eq!(verify(&token, &[other.jwk()]), Err(JwtError::BadSignature));
    }

    #[test]
    fn no_other_algorithm_is_taken_whatever_the_token_says() {
        let signed = key().sign(&json!({ "sub": "a" })).unwrap();
        let (_, rest) = signed.split_once('.').unwrap();
        for header in [
            json!({ "alg": "none", "kid": "one" }),
            json!({ "alg": "HS256", "kid": "one" }),
            json!({ "alg": "RS256", "kid": "one" }),
            json!({ "alg": "es256", "kid": "one" }),
            json!({ "kid": "one" }),
            json!({ "alg": "ES256", "kid": "one", "crit": ["b64"] }),
        ] {
            let token = format!("{}.{rest}", BASE64URL_NOPAD.encode(header.to_string().as_bytes()));
            assert_eq!(verify(&token, &[key().jwk()]), Err(JwtError::Algorithm), "{header}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_answered(text in "[ -~]{0,200}") {
            prop_assert!(verify(&text, &[key().jwk()]).is_err());
        }

        #[test]
        fn any_altered_character_is_refused(at in any::<proptest::sample::Index>(), by in 1u8..127) {
            static TOKEN: std::sync::OnceLock<String> = std::sync::OnceLock::new();
            let token = TOKEN.get_or_init(|| key().sign(&json!({ "sub": "a", "nonce": "b" })).unwrap());
            let mut bytes = token.clone().into_bytes();
            let at = at.index(bytes.len());
            bytes[at] = (bytes[at].wrapping_add(by)) & 0x7F;
            let altered = String::from_utf8(bytes).unwrap();
            prop_assume!(altered != *token);
            prop_assert!(verify(&altered, &[key().jwk()]).is_err());
        }
    }
}
