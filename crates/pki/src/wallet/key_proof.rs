//! A wallet's proof that a key is its own (OpenID4VCI 1.0, appendix F.1): a token of type `openid4vci-proof+jwt`, signed
//! with the key that stands in its header, for this issuer, now, and over a nonce of the issuer's.
//!
//! Every rule has its refusal. The nonce is given back unjudged: whether it is one of ours and unused is for whoever
//! keeps them.

use base::Timestamp;
use serde_json::Value;

use crate::jose::{self, JoseError, Unverified};
use crate::token::TokenPublicKey;

/// The type in the header.
pub const TYPE: &str = "openid4vci-proof+jwt";
/// Seconds a proof may be old.
pub const MAX_AGE_SECONDS: i64 = 300;
/// Seconds a wallet's clock may run ahead.
pub const MAX_AHEAD_SECONDS: i64 = 60;

/// A proof that holds.
#[derive(Clone, Debug)]
pub struct KeyProof {
    /// The wallet's key.
    pub holder: TokenPublicKey,
    /// What the issuer was to have given out.
    pub nonce: String,
}

/// Why a proof is refused. Holds nothing of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The token itself: malformed, another algorithm, no fitting key, a wrong signature.
    #[error(transparent)]
    Token(#[from] JoseError),
    /// Another type of token: what was signed for one use must not serve another.
    #[error("the token is no key proof")]
    Type,
    /// The header names a key in another way than by `jwk`.
    #[error("the key must stand in the header as jwk, and nowhere else")]
    KeyPlace,
    /// For another issuer.
    #[error("the proof is for another issuer")]
    Audience,
    /// It names a client, and the wallet came without one.
    #[error("the proof names a client that nobody knows")]
    Client,
    /// Too old, or from the future.
    #[error("the proof is not of now")]
    Time,
    /// No nonce.
    #[error("the proof has no nonce")]
    Nonce,
}

/// Judges a proof for the issuer `audience`.
///
/// # Errors
/// [`ProofError`], the first reason.
pub fn judge(token: &str, audience: &str, now: Timestamp) -> Result<KeyProof, ProofError> {
    let token = Unverified::parse(token)?;
    if token.header("typ").and_then(Value::as_str) != Some(TYPE) {
        return Err(ProofError::Type);
    }
    if token.header("kid").is_some() || token.header("x5c").is_some() {
        return Err(ProofError::KeyPlace);
    }
    let holder = jose::public_key(token.header("jwk").ok_or(ProofError::KeyPlace)?)?;
    let claims = token.verified(&holder)?;
    if claims.get("aud").and_then(Value::as_str) != Some(audience) {
        return Err(ProofError::Audience);
    }
    if claims.contains_key("iss") {
        return Err(ProofError::Client);
    }
    let made = claims.get("iat").and_then(Value::as_i64).ok_or(ProofError::Time)?;
    let age = now.seconds().saturating_sub(made);
    if !(-MAX_AHEAD_SECONDS..=MAX_AGE_SECONDS).contains(&age) {
        return Err(ProofError::Time);
    }
    let nonce = claims.get("nonce").and_then(Value::as_str).ok_or(ProofError::Nonce)?.to_owned();
    Ok(KeyProof { holder, nonce })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::token::TokenKey;

    const ISSUER: &str = "https://city.example";

    fn now() -> Timestamp {
        Timestamp::from_seconds(1_800_000_000)
    }

    fn header(key: &TokenKey) -> Value {
        json!({ "typ": TYPE, "jwk": jose::bare_jwk(key.public()) })
    }

    fn claims() -> Value {
        json!({ "aud": ISSUER, "iat": now().seconds(), "nonce": "n" })
    }

    fn with(mut value: Value, name: &str, to: Value) -> Value {
        value[name] = to;
        value
    }

    fn signed(key: &TokenKey, header: &Value, claims: &Value) -> String {
        jose::sign(key, header.as_object().unwrap().clone(), claims.as_object().unwrap()).unwrap()
    }

    fn refused(key: &TokenKey, header: &Value, claims: &Value) -> Option<ProofError> {
        judge(&signed(key, header, claims), ISSUER, now()).err()
    }

    #[test]
    fn a_proof_of_ones_own_key_is_believed() {
        let key = TokenKey::generate().unwrap();
        let proof = judge(&signed(&key, &header(&key), &claims()), ISSUER, now()).unwrap();
        assert_eq!((proof.holder.id(), proof.nonce.as_str()), (key.public().id(), "n"));
    }

    #[test]
    fn each_rule_has_its_refusal() {
        let (key, other) = (TokenKey::generate().unwrap(), TokenKey::generate().unwrap());
        let (head, body) = (header(&key), claims());
        let bad_key = Some(ProofError::Token(JoseError::BadSignature));
        assert_eq!(refused(&other, &head, &body), bad_key, "another's key");
        for typ in ["JWT", "kb+jwt", "dc+sd-jwt"] {
            assert_eq!(refused(&key, &with(head.clone(), "typ", typ.into()), &body), Some(ProofError::Type));
        }
        assert_eq!(refused(&key, &with(head.clone(), "kid", "k".into()), &body), Some(ProofError::KeyPlace));
        assert_eq!(refused(&key, &with(head.clone(), "x5c", json!([])), &body), Some(ProofError::KeyPlace));
        assert_eq!(refused(&key, &json!({ "typ": TYPE }), &body), Some(ProofError::KeyPlace));
        for audience in [json!("https://other.example"), json!([ISSUER]), json!("https://city.example/"), json!(null)] {
            assert_eq!(refused(&key, &head, &with(body.clone(), "aud", audience)), Some(ProofError::Audience));
        }
        assert_eq!(refused(&key, &head, &with(body.clone(), "iss", "w".into())), Some(ProofError::Client));
        for age in [-61, 301, i64::MAX] {
            let made = now().seconds().saturating_sub(age);
            assert_eq!(refused(&key, &head, &with(body.clone(), "iat", made.into())), Some(ProofError::Time), "{age}");
        }
        assert_eq!(refused(&key, &head, &with(body.clone(), "iat", "now".into())), Some(ProofError::Time));
        assert_eq!(refused(&key, &head, &with(body, "nonce", json!(5))), Some(ProofError::Nonce));
    }

    #[test]
    fn no_other_algorithm_is_taken_whatever_the_token_says() {
        let key = TokenKey::generate().unwrap();
        let right = signed(&key, &header(&key), &claims());
        let (_, rest) = right.split_once('.').unwrap();
        for algorithm in ["none", "HS256", "RS256", "es256", "ES384"] {
            let head = with(header(&key), "alg", algorithm.into()).to_string();
            let head = data_encoding::BASE64URL_NOPAD.encode(head.as_bytes());
            let refused = Some(ProofError::Token(JoseError::Algorithm));
            assert_eq!(judge(&format!("{head}.{rest}"), ISSUER, now()).err(), refused, "{algorithm}");
        }
        let unsigned = format!("{}.", right.rsplit_once('.').unwrap().0);
        assert_eq!(judge(&unsigned, ISSUER, now()).err(), Some(ProofError::Token(JoseError::BadSignature)));
    }

    proptest! {
        #[test]
        fn any_text_is_answered(text in "[ -~]{0,200}") {
            prop_assert!(judge(&text, ISSUER, now()).is_err());
        }

        #[test]
        fn any_altered_character_is_refused(at in any::<proptest::sample::Index>(), by in 1u8..127) {
            static RIGHT: std::sync::OnceLock<String> = std::sync::OnceLock::new();
            let right = RIGHT.get_or_init(|| {
                let key = TokenKey::generate().unwrap();
                signed(&key, &header(&key), &claims())
            });
            let mut bytes = right.clone().into_bytes();
            let at = at.index(bytes.len());
            bytes[at] = bytes[at].wrapping_add(by) & 0x7F;
            let altered = String::from_utf8(bytes).unwrap();
            prop_assume!(altered != *right);
            prop_assert!(judge(&altered, ISSUER, now()).is_err());
        }
    }
}
