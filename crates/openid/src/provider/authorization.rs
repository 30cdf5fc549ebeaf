//! The person decides: from the name of a pushed request to a code, or to a refusal that the app hears.
//!
//! Until the request is found and belongs to the client, nothing is redirected: there is no open redirect to be had.

use serde::{Deserialize, Serialize};

use super::client::Client;
use super::form::Parameters;
use super::limits::CODE_SECONDS;
use super::pushed::{PushedRequest, REQUEST_PREFIX};
use super::refusal::ErrorCode;
use super::secret::{Digest, Secret};
use super::{Provider, Refusal};

/// What a browser brings: two parameters. Others are not looked at (RFC 9101 §5), so that nothing outside the pushed
/// request counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Who pushed, as the browser says.
    pub client_id: String,
    /// Of the request's name: the key of the store.
    pub digest: Digest,
}

impl Asked {
    /// Reads the query.
    ///
    /// # Errors
    /// [`Refusal`], shown as a page: there is nowhere to send it.
    pub fn read(query: &Parameters) -> Result<Self, Refusal> {
        let client_id = query.printable("client_id", 255)?.ok_or(Refusal::Missing("client_id"))?;
        let name = query.need("request_uri")?.strip_prefix(REQUEST_PREFIX).ok_or(Refusal::RequestUnknown)?;
        Ok(Self { client_id: client_id.to_owned(), digest: Digest::of(name) })
    }
}

/// Who says yes, to what. One authority stands behind a code, its access tokens and its refresh token.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Authority {
    /// The app.
    pub client_id: String,
    /// The person's account here, in the caller's own form; never leaves the house.
    pub account: String,
    /// The person's name for this app's sector alone ([`Provider::subject`]).
    pub subject: String,
    /// The consent (同意) behind it, in the caller's own form: withdrawn, everything of it ends.
    pub grant: String,
    /// What was granted.
    pub scopes: Vec<String>,
    /// The assurance level the person reached (`acr`).
    pub level: String,
    /// When they signed in, in seconds since 1970.
    pub signed_in: i64,
    /// When the consent ends, in seconds since 1970.
    pub until: i64,
}

/// Names nobody.
impl std::fmt::Debug for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Authority")
            .field("client_id", &self.client_id)
            .field("scopes", &self.scopes)
            .finish_non_exhaustive()
    }
}

/// A code as it is kept under its digest. Keep it past its use until `until` and a while longer, marked as used: who
/// brings it a second time ends what came of it ([`Refusal::CodeUsed`]).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeRecord {
    /// Who said yes, to what.
    pub authority: Authority,
    /// Where it was sent.
    pub redirect_uri: String,
    /// Goes into the ID token.
    pub nonce: Option<String>,
    /// PKCE.
    pub challenge: Digest,
    /// The key it is bound to.
    pub key: Option<Digest>,
    /// When it is over, in seconds since 1970.
    pub until: i64,
}

/// A yes.
#[derive(Clone, Debug)]
pub struct Allowed {
    /// The code; kept as a digest.
    pub code: Secret,
    /// What to keep. The pushed request must be taken away in the same transaction.
    pub record: CodeRecord,
    /// Where to send the browser, with status 303.
    pub location: String,
}

impl Provider {
    /// The request a browser means, when it was `found`, is not over, is the client's, and the client may still act: its
    /// addresses and scopes are looked at again, for they may have been withdrawn meanwhile.
    ///
    /// # Errors
    /// [`Refusal`], shown as a page.
    pub fn open(
        &self,
        asked: &Asked,
        found: Option<PushedRequest>,
        client: Option<&Client>,
    ) -> Result<PushedRequest, Refusal> {
        let request = found.ok_or(Refusal::RequestUnknown)?;
        if request.client_id != asked.client_id {
            return Err(Refusal::RequestOfOther);
        }
        if self.now() >= request.until {
            return Err(Refusal::RequestExpired);
        }
        let client = client.filter(|client| client.id == request.client_id).ok_or(Refusal::UnknownClient)?;
        if client.is_suspended {
            return Err(Refusal::ClientSuspended);
        }
        if !client.may_return_to(&request.redirect_uri) {
            return Err(Refusal::RedirectUnknown);
        }
        if request.scopes.iter().all(|scope| client.scopes.contains(scope)) {
            Ok(request)
        } else {
            Err(Refusal::ScopeNotOpen)
        }
    }

    /// Whether somebody who signed in at `signed_in` did so recently enough for the app.
    pub fn is_recent(&self, request: &PushedRequest, signed_in: i64) -> bool {
        request.max_age.is_none_or(|age| signed_in.saturating_add(i64::from(age)) >= self.now())
    }

    /// The person said yes. `authority.scopes` may be fewer than asked, never more: the caller takes them from `request`.
    pub fn allow(&self, request: &PushedRequest, mut authority: Authority) -> Allowed {
        authority.client_id.clone_from(&request.client_id);
        authority.scopes.retain(|scope| request.scopes.contains(scope));
        let code = Secret::fresh(&self.seams);
        let location = self.location(request, &[("code", code.reveal())]);
        let record = CodeRecord {
            authority,
            redirect_uri: request.redirect_uri.clone(),
            nonce: request.nonce.clone(),
            challenge: request.challenge,
            key: request.key,
            until: self.now() + CODE_SECONDS,
        };
        Allowed { code, record, location }
    }

    /// Where to send the browser when the answer is no; the request must be taken away.
    pub fn refuse(&self, request: &PushedRequest, code: ErrorCode) -> String {
        self.location(request, &[("error", code.text())])
    }

    /// The registered address with the answer, the app's state and who answers (RFC 9207).
    fn location(&self, request: &PushedRequest, answer: &[(&str, &str)]) -> String {
        let mut pairs = answer.to_vec();
        if let Some(state) = &request.state {
            pairs.push(("state", state));
        }
        pairs.push(("iss", &self.settings.issuer));
        // Pairs of texts always have a form.
        let query = serde_urlencoded::to_string(&pairs).unwrap_or_default();
        let separator = if request.redirect_uri.contains('?') { '&' } else { '?' };
        format!("{}{separator}{query}", request.redirect_uri)
    }
}
