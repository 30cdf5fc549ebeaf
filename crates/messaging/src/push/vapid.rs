//! Voluntary application server identification (RFC 8292): one key for the whole deployment, one token for each push
//! service, kept until it grows old.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use aws_lc_rs::encoding::{AsBigEndian, EcPrivateKeyBin, EcPublicKeyUncompressedBin};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use base::Timestamp;
use data_encoding::BASE64URL_NOPAD;

/// How long a token lives: 24 hours are allowed, and clocks differ.
const LIFE_SECONDS: i64 = 12 * 3600;
/// A token with less left is made anew.
const FRESH_SECONDS: i64 = 3600;
/// Services whose tokens are kept; there are a handful, but subscriptions come from anyone.
const MOST_ORIGINS: usize = 64;

/// Why a key is not one, or does not sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VapidFault {
    /// Not 32 bytes that are a P-256 private key in Base64url.
    #[error("not a P-256 private key (32 bytes, Base64url)")]
    Key,
    /// The contact is neither `mailto:` nor `https:`.
    #[error("the contact is neither mailto: nor https:")]
    Contact,
    /// The library did not sign.
    #[error("the token could not be signed")]
    NotSigned,
}

/// The deployment's key. Browsers bind a subscription to it: with another key all subscriptions are void.
pub struct VapidKey {
    pair: EcdsaKeyPair,
    contact: String,
}

impl std::fmt::Debug for VapidKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("VapidKey").field("contact", &self.contact).finish_non_exhaustive()
    }
}

impl VapidKey {
    /// A new one, for `yakuba keys` and tests.
    ///
    /// # Errors
    /// [`VapidFault`].
    pub fn generate(contact: &str) -> Result<Self, VapidFault> {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(|_| VapidFault::Key)?;
        Self::of(pair, contact)
    }

    /// From the private key as other tools write it: 32 bytes in Base64url. `contact` is whom a push service may call:
    /// `mailto:…` or `https://…`.
    ///
    /// # Errors
    /// [`VapidFault`].
    pub fn from_secret(secret: &str, contact: &str) -> Result<Self, VapidFault> {
        let bytes =
            BASE64URL_NOPAD.decode(secret.trim().trim_end_matches('=').as_bytes()).map_err(|_| VapidFault::Key)?;
        // The pair wants its public half, which only the agreement side of the library computes.
        let half = aws_lc_rs::agreement::PrivateKey::from_private_key(&aws_lc_rs::agreement::ECDH_P256, &bytes)
            .and_then(|key| {
                key.compute_public_key().map_err(|_| aws_lc_rs::error::KeyRejected::from(aws_lc_rs::error::Unspecified))
            })
            .map_err(|_| VapidFault::Key)?;
        let pair =
            EcdsaKeyPair::from_private_key_and_public_key(&ECDSA_P256_SHA256_FIXED_SIGNING, &bytes, half.as_ref())
                .map_err(|_| VapidFault::Key)?;
        Self::of(pair, contact)
    }

    fn of(pair: EcdsaKeyPair, contact: &str) -> Result<Self, VapidFault> {
        let is_contact = ["mailto:", "https://"]
            .iter()
            .any(|start| contact.strip_prefix(start).is_some_and(|rest| !rest.is_empty()));
        if !is_contact || contact.len() > 200 || !contact.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(VapidFault::Contact);
        }
        Ok(Self { pair, contact: contact.to_owned() })
    }

    /// The private key in Base64url, for keeping with the other keys.
    ///
    /// # Errors
    /// [`VapidFault::Key`].
    pub fn secret(&self) -> Result<String, VapidFault> {
        let bytes: EcPrivateKeyBin<'_> = self.pair.private_key().as_be_bytes().map_err(|_| VapidFault::Key)?;
        Ok(BASE64URL_NOPAD.encode(bytes.as_ref()))
    }

    /// The public key in Base64url: what a page gives `pushManager.subscribe` as `applicationServerKey`.
    pub fn public_key(&self) -> String {
        let point: Result<EcPublicKeyUncompressedBin<'_>, _> = self.pair.public_key().as_be_bytes();
        point.map_or_else(
            |_| BASE64URL_NOPAD.encode(self.pair.public_key().as_ref()),
            |point| BASE64URL_NOPAD.encode(point.as_ref()),
        )
    }

    /// A fresh token for one push service, valid for twelve hours.
    ///
    /// # Errors
    /// [`VapidFault::NotSigned`].
    pub fn token(&self, origin: &str, now: Timestamp) -> Result<String, VapidFault> {
        let claims = serde_json::json!({ "aud": origin, "exp": now.seconds() + LIFE_SECONDS, "sub": self.contact });
        let part = |text: &[u8]| BASE64URL_NOPAD.encode(text);
        let message = format!("{}.{}", part(br#"{"typ":"JWT","alg":"ES256"}"#), part(claims.to_string().as_bytes()));
        let signature = self.pair.sign(&SystemRandom::new(), message.as_bytes()).map_err(|_| VapidFault::NotSigned)?;
        Ok(format!("{message}.{}", part(signature.as_ref())))
    }
}

/// Tokens by push service.
#[derive(Debug)]
pub struct VapidTokens {
    key: VapidKey,
    kept: Mutex<HashMap<String, (String, Timestamp)>>,
}

impl VapidTokens {
    /// None yet.
    pub fn new(key: VapidKey) -> Self {
        Self { key, kept: Mutex::default() }
    }

    /// The key they are signed with.
    pub const fn key(&self) -> &VapidKey {
        &self.key
    }

    /// The header `Authorization` for a service: `vapid t=…, k=…`.
    ///
    /// # Errors
    /// [`VapidFault::NotSigned`].
    pub fn authorization(&self, origin: &str, now: Timestamp) -> Result<String, VapidFault> {
        // A poisoned map is whole: values are only put in and taken out.
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((header, made)) = kept.get(origin)
            && (0..LIFE_SECONDS - FRESH_SECONDS).contains(&now.seconds_since(*made))
        {
            return Ok(header.clone());
        }
        let header = format!("vapid t={}, k={}", self.key.token(origin, now)?, self.key.public_key());
        if kept.len() >= MOST_ORIGINS {
            kept.clear();
        }
        kept.insert(origin.to_owned(), (header.clone(), now));
        Ok(header)
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};

    use super::*;

    const CONTACT: &str = "mailto:push@city.example";

    fn claims(header: &str, key: &VapidKey) -> serde_json::Value {
        let token = header.strip_prefix("vapid t=").unwrap().split(", k=").next().unwrap();
        let (message, signature) = token.rsplit_once('.').unwrap();
        let point = BASE64URL_NOPAD.decode(key.public_key().as_bytes()).unwrap();
        assert_eq!((point.len(), point[0]), (65, 4));
        let signature = BASE64URL_NOPAD.decode(signature.as_bytes()).unwrap();
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(message.as_bytes(), &signature).unwrap();
        let claims = message.split('.').nth(1).unwrap();
        serde_json::from_slice(&BASE64URL_NOPAD.decode(claims.as_bytes()).unwrap()).unwrap()
    }

    #[test]
    fn a_token_names_its_service_and_ends_within_a_day() {
        let tokens = VapidTokens::new(VapidKey::generate(CONTACT).unwrap());
        let now = Timestamp::from_seconds(1_000_000);
        let header = tokens.authorization("https://push.example.com", now).unwrap();
        let claims = claims(&header, tokens.key());
        assert_eq!(claims["aud"], "https://push.example.com");
        assert_eq!(claims["exp"], 1_000_000 + 43_200);
        assert_eq!(claims["sub"], CONTACT);
        assert!(header.ends_with(&format!(", k={}", tokens.key().public_key())));
    }

    #[test]
    fn it_is_kept_for_each_service_until_an_hour_before_its_end() {
        let tokens = VapidTokens::new(VapidKey::generate(CONTACT).unwrap());
        let now = Timestamp::from_seconds(1_000_000);
        let at = |origin: &str, hours: i64| tokens.authorization(origin, now.plus_seconds(hours * 3600)).unwrap();
        let first = at("https://a.example", 0);
        assert_eq!(at("https://a.example", 10), first);
        assert_ne!(at("https://b.example", 0), first);
        assert_ne!(at("https://a.example", 11), first);
        // A clock that jumped back must not hand out a token that the service finds too long.
        assert_ne!(at("https://a.example", -20), first);
        for number in 0..200 {
            at(&format!("https://{number}.example"), 0);
        }
        assert!(tokens.kept.lock().unwrap().len() <= MOST_ORIGINS);
    }

    #[test]
    fn a_key_reads_back_and_a_wrong_one_is_refused() {
        let key = VapidKey::generate(CONTACT).unwrap();
        let again = VapidKey::from_secret(&key.secret().unwrap(), CONTACT).unwrap();
        assert_eq!(again.public_key(), key.public_key());
        for secret in ["", "AAAA", &BASE64URL_NOPAD.encode(&[0; 32]), &BASE64URL_NOPAD.encode(&[255; 32])] {
            assert_eq!(VapidKey::from_secret(secret, CONTACT).map(|_| ()), Err(VapidFault::Key), "{secret}");
        }
        for contact in ["", "mailto:", "push@city.example", "http://city.example", "mailto:a b"] {
            assert_eq!(VapidKey::generate(contact).map(|_| ()), Err(VapidFault::Contact), "{contact}");
        }
    }
}
