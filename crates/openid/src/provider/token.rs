//! The token endpoint: a code becomes tokens once; a refresh token brings access tokens until the consent ends, and is
//! never exchanged itself (FAPI 2.0 forbids rotation). Tokens are opaque: what the store has is the truth.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::assertion::Authenticated;
use super::authorization::{Authority, CodeRecord};
use super::form::Parameters;
use super::limits::{ACCESS_SECONDS, ID_TOKEN_SECONDS, MAX_REDIRECT_BYTES};
use super::proof::Proof;
use super::pushed::is_verifier;
use super::secret::{Digest, Secret};
use super::{Provider, Refusal};

/// The scope that asks for an ID token.
pub const OPENID: &str = "openid";
/// The scope that asks for a refresh token.
pub const OFFLINE: &str = "offline_access";

/// What is asked at the token endpoint.
#[derive(Clone, PartialEq, Eq)]
pub enum TokenRequest {
    /// `authorization_code`.
    Code {
        /// Of the code: the key of the store.
        digest: Digest,
        /// As the app has it.
        redirect_uri: String,
        /// PKCE.
        verifier: String,
    },
    /// `refresh_token`.
    Refresh {
        /// Of the token: the key of the store.
        digest: Digest,
        /// Fewer scopes, when asked for.
        scope: Option<String>,
    },
}

impl TokenRequest {
    /// Reads the form.
    ///
    /// # Errors
    /// [`Refusal`] of the form.
    pub fn read(parameters: &Parameters) -> Result<Self, Refusal> {
        let owned = |text: &str| text.to_owned();
        match parameters.need("grant_type")? {
            "authorization_code" => Ok(Self::Code {
                digest: Digest::of(parameters.need("code")?),
                redirect_uri: owned(
                    parameters
                        .printable("redirect_uri", MAX_REDIRECT_BYTES)?
                        .ok_or(Refusal::Missing("redirect_uri"))?,
                ),
                verifier: owned(parameters.need("code_verifier")?),
            }),
            "refresh_token" => Ok(Self::Refresh {
                digest: Digest::of(parameters.need("refresh_token")?),
                scope: parameters.get("scope").map(owned),
            }),
            _ => Err(Refusal::GrantType),
        }
    }
}

/// An access token as it is kept under its digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessRecord {
    /// Who said yes, to what; the scopes are this token's own.
    pub authority: Authority,
    /// The key it is bound to (`cnf.jkt`).
    pub key: Digest,
    /// When it is over, in seconds since 1970.
    pub until: i64,
}

/// A refresh token as it is kept under its digest; it is over when its authority is. Bound to the client, which always
/// authenticates, not to a key (RFC 9449 §5).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefreshRecord {
    /// Who said yes, to what.
    pub authority: Authority,
}

/// What the endpoint gives. Keep the records in the transaction that marks the code as used, then make the
/// [answer](Provider::answer).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issued {
    /// The access token.
    pub access: (Secret, AccessRecord),
    /// The refresh token, when `offline_access` was granted.
    pub refresh: Option<(Secret, RefreshRecord)>,
    /// Whether there is an ID token, and with which nonce.
    id: Option<Option<String>>,
}

impl Provider {
    /// A code becomes tokens. `found`: what the store has under its digest, and whether it was used before.
    ///
    /// # Errors
    /// [`Refusal`]. At [`Refusal::CodeUsed`] the caller withdraws every token that came of the code.
    pub fn redeem(
        &self,
        caller: &Authenticated,
        proof: &Proof,
        (redirect_uri, verifier): (&str, &str),
        found: Option<(&CodeRecord, bool)>,
    ) -> Result<Issued, Refusal> {
        let (code, is_used) = found.ok_or(Refusal::CodeUnknown)?;
        // Who may not use it may not end what came of it either.
        if code.authority.client_id != caller.client_id {
            return Err(Refusal::CodeOfOther);
        }
        if is_used {
            return Err(Refusal::CodeUsed);
        }
        if self.now() >= code.until {
            return Err(Refusal::CodeExpired);
        }
        if code.redirect_uri != redirect_uri {
            return Err(Refusal::RedirectDiffers);
        }
        if !is_verifier(verifier, &code.challenge) {
            return Err(Refusal::Verifier);
        }
        if code.key.is_some_and(|key| key != proof.key) {
            return Err(Refusal::CodeOtherKey);
        }
        let has = |scope: &str| code.authority.scopes.iter().any(|one| one == scope);
        let refresh = RefreshRecord { authority: code.authority.clone() };
        Ok(Issued {
            access: self.access(code.authority.clone(), proof),
            refresh: has(OFFLINE).then(|| (Secret::fresh(&self.seams), refresh)),
            id: has(OPENID).then(|| code.nonce.clone()),
        })
    }

    /// A refresh token brings an access token. `found`: what the store has under its digest, when it was not withdrawn.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn refresh(
        &self,
        caller: &Authenticated,
        proof: &Proof,
        scope: Option<&str>,
        found: Option<&RefreshRecord>,
    ) -> Result<Issued, Refusal> {
        let mut authority = found.ok_or(Refusal::RefreshUnknown)?.authority.clone();
        if authority.client_id != caller.client_id {
            return Err(Refusal::RefreshOfOther);
        }
        if self.now() >= authority.until {
            return Err(Refusal::RefreshEnded);
        }
        if let Some(asked) = scope {
            let asked: Vec<&str> = asked.split(' ').filter(|one| !one.is_empty()).collect();
            if asked.is_empty() || !asked.iter().all(|one| authority.scopes.iter().any(|granted| granted == one)) {
                return Err(Refusal::ScopeWider);
            }
            authority.scopes.retain(|granted| asked.contains(&granted.as_str()));
        }
        let id = authority.scopes.iter().any(|one| one == OPENID).then_some(None);
        Ok(Issued { access: self.access(authority, proof), refresh: None, id })
    }

    fn access(&self, authority: Authority, proof: &Proof) -> (Secret, AccessRecord) {
        let until = (self.now() + ACCESS_SECONDS).min(authority.until);
        (Secret::fresh(&self.seams), AccessRecord { authority, key: proof.key, until })
    }

    /// The answer, with the ID token; send it with `Cache-Control: no-store`.
    ///
    /// # Errors
    /// [`Refusal::OwnKey`].
    pub fn answer(&self, issued: &Issued) -> Result<Value, Refusal> {
        let (token, record) = &issued.access;
        let mut answer = json!({
            "access_token": token.reveal(),
            "token_type": "DPoP",
            "expires_in": (record.until - self.now()).max(0),
            "scope": record.authority.scopes.join(" "),
        });
        if let Some((token, _)) = &issued.refresh {
            answer["refresh_token"] = token.reveal().into();
        }
        if let Some(nonce) = &issued.id {
            answer["id_token"] = self.id_token(&record.authority, nonce.as_deref())?.into();
        }
        Ok(answer)
    }

    fn id_token(&self, authority: &Authority, nonce: Option<&str>) -> Result<String, Refusal> {
        let now = self.now();
        let mut claims = json!({
            "iss": self.settings.issuer,
            "sub": authority.subject,
            "aud": authority.client_id,
            "iat": now,
            "exp": now + ID_TOKEN_SECONDS,
            "auth_time": authority.signed_in,
            "acr": authority.level,
        });
        if let Some(nonce) = nonce {
            claims["nonce"] = nonce.into();
        }
        self.key.sign(&claims).ok_or(Refusal::OwnKey)
    }
}
