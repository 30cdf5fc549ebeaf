//! The data API: an access token, the key it is bound to, and what it opens. And its end (RFC 7009).

use super::assertion::Authenticated;
use super::authorization::Authority;
use super::form::Parameters;
use super::proof::{Proof, Proving};
use super::secret::Digest;
use super::token::{AccessRecord, RefreshRecord};
use super::{Provider, Refusal};

/// An access token as a request shows it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ShownToken<'a>(&'a str);

impl<'a> ShownToken<'a> {
    /// Reads the `Authorization` headers.
    ///
    /// # Errors
    /// [`Refusal::TokenMissing`]; [`Refusal::TokenScheme`] for `Bearer` and for more than one.
    pub fn read(authorization: &[&'a str]) -> Result<Self, Refusal> {
        let header = match authorization {
            [] => return Err(Refusal::TokenMissing),
            [one] => one,
            _ => return Err(Refusal::TokenScheme),
        };
        let (scheme, token) = header.split_once(' ').ok_or(Refusal::TokenScheme)?;
        let is_token = !token.is_empty() && token.len() <= 255 && token.bytes().all(|b| b.is_ascii_graphic());
        if scheme.eq_ignore_ascii_case("DPoP") && is_token { Ok(Self(token)) } else { Err(Refusal::TokenScheme) }
    }

    /// The key of the store.
    pub fn digest(&self) -> Digest {
        Digest::of(self.0)
    }
}

/// What a request may see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// Who allowed it, to whom, what.
    pub authority: Authority,
    /// The proof, already judged; to be remembered before anything is read.
    pub proof: Proof,
}

impl Access {
    /// Whether it opens `scope`.
    ///
    /// # Errors
    /// [`Refusal::ScopeMissing`].
    pub fn need(&self, scope: &str) -> Result<(), Refusal> {
        if self.authority.scopes.iter().any(|one| one == scope) { Ok(()) } else { Err(Refusal::ScopeMissing) }
    }
}

impl Provider {
    /// Whether `token` opens anything for this request. `found`: what the store has under its digest, when it was not
    /// withdrawn. The proof's own token must not be given; it is this one.
    ///
    /// # Errors
    /// [`Refusal`], answered with [`Refusal::resource_status`] and [`Refusal::challenge`].
    pub fn access_of(
        &self,
        token: ShownToken<'_>,
        proving: Proving<'_>,
        found: Option<&AccessRecord>,
    ) -> Result<Access, Refusal> {
        let record = found.ok_or(Refusal::TokenUnknown)?;
        if self.now() >= record.until {
            return Err(Refusal::TokenExpired);
        }
        let proof = self.proof(Proving { access_token: Some(token.0), ..proving })?;
        if proof.key != record.key {
            return Err(Refusal::TokenOtherKey);
        }
        Ok(Access { authority: record.authority.clone(), proof })
    }
}

/// The token that a client gives back (RFC 7009). Whatever it is, the answer is 200 and empty; `token_type_hint` is only a
/// hint and not looked at.
///
/// # Errors
/// [`Refusal::Missing`].
pub fn revoked_token(parameters: &Parameters) -> Result<Digest, Refusal> {
    Ok(Digest::of(parameters.need("token")?))
}

/// What ends with a token that is given back: nothing when it is another client's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ends<'a> {
    /// Nothing.
    Nothing,
    /// This access token alone.
    Access,
    /// The refresh token and all access tokens of its grant.
    Grant(&'a str),
}

/// What ends when `caller` gives back a token that the store knows as one of these.
pub fn ends<'a>(
    caller: &Authenticated,
    access: Option<&'a AccessRecord>,
    refresh: Option<&'a RefreshRecord>,
) -> Ends<'a> {
    let is_own = |authority: &Authority| authority.client_id == caller.client_id;
    match (refresh, access) {
        (Some(refresh), _) if is_own(&refresh.authority) => Ends::Grant(&refresh.authority.grant),
        (_, Some(access)) if is_own(&access.authority) => Ends::Access,
        _ => Ends::Nothing,
    }
}
