//! Pushed authorization requests (PAR, RFC 9126): everything an app asks, before the person's browser is involved.

use base::Seams;
use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::assertion::Authenticated;
use super::client::Client;
use super::form::Parameters;
use super::limits::{MAX_NONCE_BYTES, MAX_REDIRECT_BYTES, MAX_STATE_BYTES, PUSHED_SECONDS};
use super::proof::Proof;
use super::secret::{Digest, Secret};
use super::{Provider, Refusal};

/// What every `request_uri` begins with.
pub const REQUEST_PREFIX: &str = "urn:ietf:params:oauth:request_uri:";

/// What a page may do to the person.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prompt {
    /// Nothing at all: answer or refuse.
    pub none: bool,
    /// Have them sign in anew.
    pub login: bool,
    /// Ask for consent even if it was given.
    pub consent: bool,
}

/// A pushed request, as it is kept under the digest of its name until a person decides, or until it is over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PushedRequest {
    /// Who pushed it.
    pub client_id: String,
    /// Where the answer goes.
    pub redirect_uri: String,
    /// What is asked for, each once, in the order asked.
    pub scopes: Vec<String>,
    /// Given back unchanged.
    pub state: Option<String>,
    /// Goes into the ID token.
    pub nonce: Option<String>,
    /// PKCE: SHA-256 of the verifier.
    pub challenge: Digest,
    /// The key that the code will be bound to, when the app named or proved one.
    pub key: Option<Digest>,
    /// Assurance levels that would do, those offered here only; empty: any.
    pub levels: Vec<String>,
    /// How long ago the person may have signed in, in seconds.
    pub max_age: Option<u32>,
    /// What a page may do.
    pub prompt: Prompt,
    /// Languages the app would like, best first, as it wrote them.
    pub languages: Option<String>,
    /// When it is over, in seconds since 1970.
    pub until: i64,
}

/// A request that was taken.
#[derive(Clone, Debug)]
pub struct Pushed {
    /// Its name without [`REQUEST_PREFIX`]; kept as a digest.
    pub name: Secret,
    /// What to keep.
    pub request: PushedRequest,
}

impl Pushed {
    /// The answer, with status 201.
    pub fn answer(&self) -> Value {
        json!({ "request_uri": format!("{REQUEST_PREFIX}{}", self.name.reveal()), "expires_in": PUSHED_SECONDS })
    }
}

impl Provider {
    /// Takes a pushed request of an authenticated client, with its proof where one came along.
    ///
    /// # Errors
    /// [`Refusal`] of the request.
    pub fn push(
        &self,
        caller: &Authenticated,
        client: &Client,
        parameters: &Parameters,
        proof: Option<&Proof>,
    ) -> Result<Pushed, Refusal> {
        if caller.client_id != client.id {
            return Err(Refusal::OtherClient);
        }
        refuse_unknown_ways(parameters)?;
        let redirect_uri =
            parameters.printable("redirect_uri", MAX_REDIRECT_BYTES)?.ok_or(Refusal::Missing("redirect_uri"))?;
        if !client.may_return_to(redirect_uri) {
            return Err(Refusal::RedirectUnknown);
        }
        if parameters.get("resource").is_some_and(|named| named != self.resource()) {
            return Err(Refusal::OtherResource);
        }
        let owned = |text: Option<&str>| text.map(str::to_owned);
        let request = PushedRequest {
            client_id: client.id.clone(),
            redirect_uri: redirect_uri.to_owned(),
            scopes: self.scopes(parameters.need("scope")?, &client.scopes)?,
            state: owned(parameters.printable("state", MAX_STATE_BYTES)?),
            nonce: owned(parameters.printable("nonce", MAX_NONCE_BYTES)?),
            challenge: challenge(parameters)?,
            key: bound_key(parameters, proof)?,
            levels: self.levels(parameters.get("acr_values")),
            max_age: max_age(parameters)?,
            prompt: prompt(parameters.get("prompt"))?,
            languages: owned(parameters.printable("ui_locales", 100)?),
            until: self.now() + PUSHED_SECONDS,
        };
        Ok(Pushed { name: fresh(&self.seams), request })
    }

    /// The scopes of a text, each once, all of them offered here and open to the client.
    fn scopes(&self, asked: &str, open: &[String]) -> Result<Vec<String>, Refusal> {
        let mut scopes: Vec<String> = Vec::new();
        for scope in asked.split(' ').filter(|scope| !scope.is_empty()) {
            let is_open = self.settings.scopes.iter().any(|one| one == scope) && open.iter().any(|one| one == scope);
            if !is_open {
                return Err(Refusal::ScopeNotOpen);
            }
            if !scopes.iter().any(|one| one == scope) {
                scopes.push(scope.to_owned());
            }
        }
        if scopes.is_empty() { Err(Refusal::Missing("scope")) } else { Ok(scopes) }
    }

    /// Levels that are not offered here are passed over: a wish, not a demand (OpenID Connect Core §3.1.2.1). The ID token
    /// says which was reached.
    fn levels(&self, asked: Option<&str>) -> Vec<String> {
        let is_offered = |level: &&str| self.settings.levels.iter().any(|one| one == level);
        asked.unwrap_or_default().split(' ').filter(is_offered).map(str::to_owned).collect()
    }
}

fn fresh(seams: &Seams) -> Secret {
    Secret::fresh(seams)
}

/// Ways to ask that this profile does not have.
fn refuse_unknown_ways(parameters: &Parameters) -> Result<(), Refusal> {
    if parameters.get("request").is_some() {
        return Err(Refusal::RequestObject);
    }
    if parameters.get("request_uri").is_some() {
        return Err(Refusal::RequestInside);
    }
    if parameters.get("authorization_details").is_some() {
        return Err(Refusal::DetailsNotTaken);
    }
    if parameters.need("response_type")? != "code" {
        return Err(Refusal::ResponseType);
    }
    if parameters.get("response_mode").is_some_and(|mode| mode != "query") {
        return Err(Refusal::ResponseMode);
    }
    Ok(())
}

/// PKCE (RFC 7636), S256 only.
fn challenge(parameters: &Parameters) -> Result<Digest, Refusal> {
    let challenge = parameters.need("code_challenge")?;
    if parameters.get("code_challenge_method") != Some("S256") {
        return Err(Refusal::ChallengeMethod);
    }
    Digest::parse(challenge).ok_or(Refusal::Malformed("code_challenge"))
}

/// The key that the code is bound to (RFC 9449 §10): named, proved, or both and then the same.
fn bound_key(parameters: &Parameters, proof: Option<&Proof>) -> Result<Option<Digest>, Refusal> {
    let named = match parameters.get("dpop_jkt") {
        Some(text) => Some(Digest::parse(text).ok_or(Refusal::Malformed("dpop_jkt"))?),
        None => None,
    };
    match (named, proof.map(|proof| proof.key)) {
        (Some(named), Some(proved)) if named != proved => Err(Refusal::KeysDiffer),
        (named, proved) => Ok(proved.or(named)),
    }
}

fn max_age(parameters: &Parameters) -> Result<Option<u32>, Refusal> {
    let read = |text: &str| text.parse().map_err(|_| Refusal::Malformed("max_age"));
    parameters.get("max_age").map(read).transpose()
}

fn prompt(asked: Option<&str>) -> Result<Prompt, Refusal> {
    let mut prompt = Prompt::default();
    for one in asked.unwrap_or_default().split(' ').filter(|one| !one.is_empty()) {
        match one {
            "none" => prompt.none = true,
            // Whoever signs in anew chooses the account.
            "login" | "select_account" => prompt.login = true,
            "consent" => prompt.consent = true,
            _ => return Err(Refusal::Prompt),
        }
    }
    if prompt.none && (prompt.login || prompt.consent) { Err(Refusal::Prompt) } else { Ok(prompt) }
}

/// Whether `verifier` (43 to 128 unreserved characters) is the one that `challenge` was made of.
pub(super) fn is_verifier(verifier: &str, challenge: &Digest) -> bool {
    let is_formed = (43..=128).contains(&verifier.len())
        && verifier.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b));
    is_formed && Digest::of(verifier) == *challenge
}

/// A challenge as an app makes it.
pub fn challenge_of(verifier: &str) -> String {
    BASE64URL_NOPAD.encode(Digest::of(verifier).bytes())
}
