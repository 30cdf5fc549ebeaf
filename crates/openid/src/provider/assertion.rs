//! Client authentication by private_key_jwt (RFC 7523, as FAPI 2.0 narrows it): who calls, and that it is they.

use super::client::Client;
use super::form::Parameters;
use super::jws::{self, Fault, Parsed};
use super::limits::ASSERTION_SECONDS;
use super::secret::Once;
use super::{Provider, Refusal};

/// The only `client_assertion_type`.
pub const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// A client that says who it is, and has not proved it yet.
pub struct Presented<'a> {
    parsed: Parsed<'a>,
    client_id: String,
}

/// A client that proved who it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authenticated {
    /// Which.
    pub client_id: String,
    /// Its assertion, to be remembered **before** anything is done for the client.
    pub once: Once,
}

impl From<Fault> for Refusal {
    /// As a fault of a client assertion; proofs have their own names.
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Malformed => Self::AssertionMalformed,
            Fault::Algorithm => Self::AssertionAlgorithm,
            Fault::Signature => Self::AssertionSignature,
        }
    }
}

impl<'a> Presented<'a> {
    /// Reads who calls. `has_authorization`: whether an `Authorization` header came along, which no endpoint that takes
    /// an assertion has a use for.
    ///
    /// # Errors
    /// [`Refusal::ClientMethod`] and the faults of an assertion that is none.
    pub fn read(parameters: &'a Parameters, has_authorization: bool) -> Result<Self, Refusal> {
        let is_right = parameters.get("client_assertion_type") == Some(ASSERTION_TYPE);
        let (true, Some(assertion), false) = (is_right, parameters.get("client_assertion"), has_authorization) else {
            return Err(Refusal::ClientMethod);
        };
        if parameters.get("client_secret").is_some() {
            return Err(Refusal::ClientMethod);
        }
        let parsed = Parsed::read(assertion)?;
        let client_id = jws::text(parsed.unverified(), "sub").ok_or(Refusal::AssertionIssuer)?.to_owned();
        if parameters.get("client_id").is_some_and(|named| named != client_id) {
            return Err(Refusal::OtherClient);
        }
        Ok(Self { parsed, client_id })
    }

    /// Who it says it is: for finding its registration, [`Refusal::UnknownClient`] when there is none.
    pub fn client_id(&self) -> &str {
        &self.client_id
    }
}

impl Provider {
    /// Whether the caller is `client`.
    ///
    /// # Errors
    /// [`Refusal`]: the assertion's faults, [`Refusal::ClientSuspended`] only to who proved to be the client.
    pub fn authenticate(&self, presented: Presented<'_>, client: &Client) -> Result<Authenticated, Refusal> {
        let Presented { parsed, client_id } = presented;
        if client.id != client_id {
            return Err(Refusal::UnknownClient);
        }
        let kind = jws::text(&parsed.header, "typ");
        if kind.is_some_and(|kind| !kind.eq_ignore_ascii_case("JWT") && kind != "client-authentication+jwt") {
            return Err(Refusal::AssertionMalformed);
        }
        let kid = jws::text(&parsed.header, "kid");
        let fits = |named: Option<&str>| kid.is_none() && client.keys.len() == 1 || kid.is_some() && named == kid;
        // A key without a name stands alone and is meant whatever the header names.
        let found = client.keys.iter().find(|key| key.kid.is_none() || fits(key.kid.as_deref()));
        let claims = parsed.verify(&found.ok_or(Refusal::AssertionKey)?.key)?;
        let said = |name: &str| jws::text(&claims, name);
        if said("iss") != Some(&client_id) || said("sub") != Some(&client_id) {
            return Err(Refusal::AssertionIssuer);
        }
        // A single string: FAPI 2.0 Final §5.3.2.1. An array would be an assertion for others as well.
        if said("aud") != Some(&self.settings.issuer) {
            return Err(Refusal::AssertionAudience);
        }
        let now = self.now();
        let until = jws::time(&claims, "exp").filter(|until| now < *until).ok_or(Refusal::AssertionExpired)?;
        let is_begun = jws::is_begun(&claims, "iat", now) && jws::is_begun(&claims, "nbf", now);
        if !is_begun || until > now.saturating_add(ASSERTION_SECONDS + super::limits::AHEAD_SECONDS) {
            return Err(Refusal::AssertionTime);
        }
        let id = jws::id(&claims).ok_or(Refusal::AssertionId)?;
        if client.is_suspended {
            return Err(Refusal::ClientSuspended);
        }
        Ok(Authenticated { once: Once::of("assertion", &client_id, id, until), client_id })
    }
}
