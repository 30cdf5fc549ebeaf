//! Public keys of clients: JSON Web Keys (RFC 7517, RFC 8037) of the three kinds FAPI 2.0 allows, and signatures by them.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, RSA_PSS_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Map, Value};

use super::limits::MAX_KEYS;
use super::secret::Digest;

/// What a client may sign with, as we say it in our metadata. `EdDSA` and `Ed25519` (RFC 9864) are the same here.
pub const ALGORITHMS: [&str; 4] = ["ES256", "PS256", "EdDSA", "Ed25519"];

/// Members that only a private or a symmetric key has.
const PRIVATE: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];
/// 65537.
const EXPONENT: &[u8] = &[1, 0, 1];

/// Why a key is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyRefusal {
    /// No JSON of the right form.
    #[error("this is not a JSON Web Key Set")]
    NoSet,
    /// None, or too many.
    #[error("a key set holds 1 to 8 keys")]
    Count,
    /// The private half was sent along.
    #[error("key {index} holds a private part; make a new pair and send the public half only")]
    Private {
        /// Which, from 1.
        index: usize,
    },
    /// Another kind, a weak key, or members that do not fit.
    #[error("key {index} is not EC P-256, RSA of 2048 to 8192 bits with exponent 65537, or Ed25519, for signatures")]
    Unusable {
        /// Which, from 1.
        index: usize,
    },
    /// Two of one name, or none where there are several.
    #[error("key {index} needs a kid of its own")]
    Name {
        /// Which, from 1.
        index: usize,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Material {
    P256([u8; 64]),
    Rsa(Vec<u8>),
    Ed25519([u8; 32]),
}

/// A public key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey(Material);

/// A key of a client, with its name where it has one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientKey {
    /// `kid`.
    pub kid: Option<String>,
    /// The key.
    pub key: PublicKey,
}

fn part<const N: usize>(jwk: &Map<String, Value>, name: &str) -> Option<[u8; N]> {
    BASE64URL_NOPAD.decode(text(jwk, name)?.as_bytes()).ok()?.try_into().ok()
}

fn text<'a>(jwk: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    jwk.get(name).and_then(Value::as_str)
}

impl PublicKey {
    /// From a JSON Web Key. `None` for any other kind, a weak key, or one that comes with its private half.
    pub fn from_jwk(jwk: &Map<String, Value>) -> Option<Self> {
        if PRIVATE.iter().any(|name| jwk.contains_key(*name)) {
            return None;
        }
        let material = match (text(jwk, "kty")?, text(jwk, "crv")) {
            ("EC", Some("P-256")) => {
                let mut point = [0; 64];
                point[..32].copy_from_slice(&part::<32>(jwk, "x")?);
                point[32..].copy_from_slice(&part::<32>(jwk, "y")?);
                Material::P256(point)
            }
            ("OKP", Some("Ed25519")) => Material::Ed25519(part(jwk, "x")?),
            ("RSA", _) => {
                let exponent = BASE64URL_NOPAD.decode(text(jwk, "e")?.as_bytes()).ok()?;
                let modulus = BASE64URL_NOPAD.decode(text(jwk, "n")?.as_bytes()).ok()?;
                // The first bit stands, so that length is strength; no leading zero, so that a key has one thumbprint.
                let is_strong = (256..=1024).contains(&modulus.len()) && modulus.first().is_some_and(|b| *b >= 0x80);
                if exponent != EXPONENT || !is_strong {
                    return None;
                }
                Material::Rsa(modulus)
            }
            _ => return None,
        };
        let key = Self(material);
        let may_sign = text(jwk, "use").is_none_or(|use_| use_ == "sig")
            && text(jwk, "alg").is_none_or(|algorithm| key.signs_with(algorithm));
        may_sign.then_some(key)
    }

    /// Whether `algorithm` is this key's.
    pub fn signs_with(&self, algorithm: &str) -> bool {
        match self.0 {
            Material::P256(_) => algorithm == "ES256",
            Material::Rsa(_) => algorithm == "PS256",
            Material::Ed25519(_) => algorithm == "EdDSA" || algorithm == "Ed25519",
        }
    }

    /// Whether it made `signature` over `message`.
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        match &self.0 {
            Material::P256(point) => {
                let point = [&[4][..], point].concat();
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(message, signature).is_ok()
            }
            Material::Ed25519(key) => UnparsedPublicKey::new(&ED25519, key).verify(message, signature).is_ok(),
            Material::Rsa(n) => RsaPublicKeyComponents { n: n.as_slice(), e: EXPONENT }
                .verify(&RSA_PSS_2048_8192_SHA256, message, signature)
                .is_ok(),
        }
    }

    /// The bare public key as a JSON Web Key, members in the order of RFC 7638.
    fn canonical(&self) -> String {
        let encode = |bytes: &[u8]| BASE64URL_NOPAD.encode(bytes);
        match &self.0 {
            Material::P256(point) => {
                format!(r#"{{"crv":"P-256","kty":"EC","x":"{}","y":"{}"}}"#, encode(&point[..32]), encode(&point[32..]))
            }
            Material::Rsa(n) => format!(r#"{{"e":"{}","kty":"RSA","n":"{}"}}"#, encode(EXPONENT), encode(n)),
            Material::Ed25519(key) => format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, encode(key)),
        }
    }

    /// Its thumbprint (RFC 7638), `jkt` of DPoP.
    pub fn thumbprint(&self) -> Digest {
        Digest::of(&self.canonical())
    }
}

/// The keys of a client from its JSON Web Key Set. `None` in the list of nobody: each key must be right.
///
/// # Errors
/// [`KeyRefusal`], with the key at fault.
pub fn read_key_set(json: &[u8]) -> Result<Vec<ClientKey>, KeyRefusal> {
    let set: Map<String, Value> = serde_json::from_slice(json).map_err(|_| KeyRefusal::NoSet)?;
    let Some(Value::Array(listed)) = set.get("keys") else { return Err(KeyRefusal::NoSet) };
    if !(1..=MAX_KEYS).contains(&listed.len()) {
        return Err(KeyRefusal::Count);
    }
    let mut keys: Vec<ClientKey> = Vec::new();
    for (index, jwk) in (1..).zip(listed) {
        let Value::Object(jwk) = jwk else { return Err(KeyRefusal::Unusable { index }) };
        if PRIVATE.iter().any(|name| jwk.contains_key(*name)) {
            return Err(KeyRefusal::Private { index });
        }
        let key = PublicKey::from_jwk(jwk).ok_or(KeyRefusal::Unusable { index })?;
        let kid = text(jwk, "kid").map(str::to_owned);
        let is_own = match &kid {
            Some(kid) => (1..=255).contains(&kid.len()) && keys.iter().all(|other| other.kid.as_ref() != Some(kid)),
            None => listed.len() == 1,
        };
        if !is_own {
            return Err(KeyRefusal::Name { index });
        }
        keys.push(ClientKey { kid, key });
    }
    Ok(keys)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn key(value: &Value) -> Option<PublicKey> {
        PublicKey::from_jwk(value.as_object().unwrap())
    }

    /// RFC 7638 §3.1.
    fn rfc_7638() -> Value {
        json!({
            "kty": "RSA", "e": "AQAB", "alg": "RS256", "kid": "2011-04-29",
            "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiF\
                  V4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9\
                  c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1\
                  jF44-csFCur-kEgU8awapJzKnqDKgw",
        })
    }

    #[test]
    fn the_thumbprint_of_the_rfc_comes_out() {
        let mut jwk = rfc_7638();
        assert_eq!(key(&jwk), None, "RS256 is no algorithm of ours");
        jwk.as_object_mut().unwrap().remove("alg");
        assert_eq!(key(&jwk).unwrap().thumbprint().to_string(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    }

    #[test]
    fn keys_that_may_not_be_used_are_refused_each_by_its_place() {
        let good = json!({ "kty": "OKP", "crv": "Ed25519", "x": BASE64URL_NOPAD.encode(&[7; 32]), "kid": "a" });
        let with = |name: &str, value: Value| {
            let mut one = good.clone();
            one[name] = value;
            one
        };
        let read = |keys: Value| read_key_set(json!({ "keys": keys }).to_string().as_bytes());
        assert_eq!(read(json!([good])).unwrap().len(), 1);
        let mut bare = good.clone();
        bare.as_object_mut().unwrap().remove("kid");
        assert!(read(json!([bare])).is_ok());
        assert_eq!(read(json!([good, bare])), Err(KeyRefusal::Name { index: 2 }));
        assert_eq!(read(json!([good, good])), Err(KeyRefusal::Name { index: 2 }));
        assert_eq!(read(json!([good, with("d", json!("AA"))])), Err(KeyRefusal::Private { index: 2 }));
        assert_eq!(read(json!([{ "kty": "oct", "k": "AAAA" }])), Err(KeyRefusal::Private { index: 1 }));
        assert_eq!(read(json!([with("use", json!("enc"))])), Err(KeyRefusal::Unusable { index: 1 }));
        assert_eq!(read(json!([with("alg", json!("ES256"))])), Err(KeyRefusal::Unusable { index: 1 }));
        assert_eq!(read(json!([with("crv", json!("X25519"))])), Err(KeyRefusal::Unusable { index: 1 }));
        assert_eq!(read(json!([])), Err(KeyRefusal::Count));
        assert_eq!(read_key_set(b"[]"), Err(KeyRefusal::NoSet));
        // 1024 bits.
        let weak = json!({ "kty": "RSA", "e": "AQAB", "n": BASE64URL_NOPAD.encode(&[0xFF; 128]) });
        assert_eq!(read(json!([weak])), Err(KeyRefusal::Unusable { index: 1 }));
    }
}
