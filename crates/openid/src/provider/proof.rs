//! Proof of possession (DPoP, RFC 9449): that the caller holds a key, at this address, now, for this access token.

use aws_lc_rs::{constant_time, hmac};
use data_encoding::BASE64URL_NOPAD;
use serde_json::Value;
use url::Url;

use super::jws::{self, Fault, Parsed};
use super::key::PublicKey;
use super::limits::{AHEAD_SECONDS, NONCE_SECONDS, PROOF_SECONDS};
use super::secret::{Digest, Once};
use super::{Provider, Refusal};

/// What a proof must be for.
#[derive(Clone, Copy, Debug)]
pub struct Proving<'a> {
    /// The `DPoP` headers of the request, as they came.
    pub headers: &'a [&'a str],
    /// The method, e.g. `POST`.
    pub method: &'a str,
    /// The path below the issuer, e.g. `/connect/token`.
    pub path: &'a str,
    /// The access token that is shown along, at the data API.
    pub access_token: Option<&'a str>,
}

/// A key, proved to be in the caller's hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// Its thumbprint (`jkt`).
    pub key: Digest,
    /// The proof, to be remembered before anything is done for the caller.
    pub once: Once,
}

impl Provider {
    /// The proof of a request.
    ///
    /// # Errors
    /// [`Refusal::ProofMissing`] and all other faults of proofs. [`Refusal::ProofNonce`] is answered together with
    /// [`Provider::nonce`] in the header `DPoP-Nonce`.
    pub fn proof(&self, asked: Proving<'_>) -> Result<Proof, Refusal> {
        let header = match asked.headers {
            [] => return Err(Refusal::ProofMissing),
            [one] => one,
            _ => return Err(Refusal::ProofRepeated),
        };
        let parsed = Parsed::read(header).map_err(named)?;
        if jws::text(&parsed.header, "typ") != Some("dpop+jwt") {
            return Err(Refusal::ProofType);
        }
        let Some(Value::Object(jwk)) = parsed.header.get("jwk") else { return Err(Refusal::ProofKey) };
        let key = PublicKey::from_jwk(jwk).ok_or(Refusal::ProofKey)?;
        let claims = parsed.verify(&key).map_err(named)?;
        let said = |name: &str| jws::text(&claims, name);
        if said("htm") != Some(asked.method) {
            return Err(Refusal::ProofMethod);
        }
        if !said("htu").is_some_and(|named| is_same_address(named, &self.at(asked.path))) {
            return Err(Refusal::ProofAddress);
        }
        let now = self.now();
        let made = jws::time(&claims, "iat").ok_or(Refusal::ProofTime)?;
        let is_now = made >= now.saturating_sub(PROOF_SECONDS) && made <= now.saturating_add(AHEAD_SECONDS);
        let is_begun = jws::is_begun(&claims, "nbf", now);
        if !is_now || !is_begun || jws::time(&claims, "exp").is_some_and(|until| until <= now) {
            return Err(Refusal::ProofTime);
        }
        if let Some(token) = asked.access_token
            && said("ath") != Some(&Digest::of(token).to_string())
        {
            return Err(Refusal::ProofToken);
        }
        let id = jws::id(&claims).ok_or(Refusal::ProofId)?;
        if !said("nonce").is_some_and(|nonce| self.is_fresh_nonce(nonce, now)) {
            return Err(Refusal::ProofNonce);
        }
        let key = key.thumbprint();
        // One second more than the last at which it would be taken.
        let until = made.saturating_add(PROOF_SECONDS + 1);
        Ok(Proof { once: Once::of("proof", &key.to_string(), id, until), key })
    }

    /// The nonce that proofs must carry now; send it as `DPoP-Nonce` with every answer to a proof. It holds no state:
    /// every process with the same secret takes it.
    pub fn nonce(&self) -> String {
        self.nonce_of(self.now().div_euclid(NONCE_SECONDS))
    }

    fn nonce_of(&self, window: i64) -> String {
        let tag = hmac::sign(&self.nonce_key, &window.to_be_bytes());
        // 128 bits are enough for what lives three minutes.
        BASE64URL_NOPAD.encode(&tag.as_ref()[..16])
    }

    fn is_fresh_nonce(&self, nonce: &str, now: i64) -> bool {
        let window = now.div_euclid(NONCE_SECONDS);
        // One ahead: another process's clock.
        (window - 2..=window + 1)
            .any(|one| constant_time::verify_slices_are_equal(self.nonce_of(one).as_bytes(), nonce.as_bytes()).is_ok())
    }
}

const fn named(fault: Fault) -> Refusal {
    match fault {
        Fault::Malformed => Refusal::ProofMalformed,
        Fault::Algorithm => Refusal::ProofAlgorithm,
        Fault::Signature => Refusal::ProofSignature,
    }
}

/// Whether both name one address, but for query and fragment (RFC 9449 §4.3).
fn is_same_address(one: &str, other: &str) -> bool {
    let bare = |text: &str| {
        let mut url = Url::parse(text).ok()?;
        url.set_query(None);
        url.set_fragment(None);
        Some(url)
    };
    matches!((bare(one), bare(other)), (Some(one), Some(other)) if one == other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_compared_as_addresses() {
        let same = |one: &str| is_same_address(one, "https://city.example/connect/token");
        assert!(same("https://city.example/connect/token"));
        assert!(same("HTTPS://City.Example:443/connect/token?x=1#y"));
        for other in [
            "http://city.example/connect/token",
            "https://city.example/connect/token/",
            "https://city.example/connect/Token",
            "https://city.example:8443/connect/token",
            "https://a@city.example/connect/token",
            "/connect/token",
            "",
        ] {
            assert!(!same(other), "{other}");
        }
    }
}
