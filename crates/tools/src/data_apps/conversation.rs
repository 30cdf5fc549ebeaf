//! What an app and a person's browser ask, as transactions. Refusals of the protocol are [`AppsError::Refused`]; a `jti` is
//! written down, committed, before anything is done for who brought it.

use std::sync::Arc;

use base::Timestamp;
use openid::provider::{
    Access, Asked, Authenticated, Authority, Client, Ends, ErrorCode, Issued, Parameters, Presented, Proof, Provider,
    Proving, Pushed, PushedRequest, Refusal, ShownToken, TokenRequest, ends, revoked_token,
};
use serde_json::Value;
use store::{StoreError, Tx};

use super::grants::{self, Grant};
use super::{AppState, AppsError, DataApp, Fault, Registration, kept, registry, sandbox};
use crate::portal::assurance::CARD_SECONDS;
use crate::portal::{AccountId, AccountState, account};
use crate::zone::Outside;

/// Both ends of a conversation: the zone and its provider.
#[derive(Clone)]
pub struct Desk {
    /// The zone.
    pub outside: Arc<Outside>,
    /// Its provider.
    pub provider: Arc<Provider>,
}

/// A request of an app's own server, as the door took it.
#[derive(Clone, Copy)]
pub struct AppRequest<'a> {
    /// The form.
    pub parameters: &'a Parameters,
    /// Whether an `Authorization` header came along.
    pub has_authorization: bool,
    /// The `DPoP` headers.
    pub dpop: &'a [&'a str],
}

/// A person's answer to an app.
#[derive(Clone, Debug)]
pub struct Answering<'a> {
    /// The account, or a made-up resident's.
    pub account: &'a str,
    /// Level reached, and when, in seconds since 1970.
    pub known: (&'a str, i64),
    /// The scopes that were ticked.
    pub scopes: &'a [String],
    /// For how many days; [`None`]: a yes that holds already is used.
    pub days: Option<i64>,
    /// In which language the question was read.
    pub language: &'a str,
}

impl Desk {
    /// Who calls, proved and written down.
    ///
    /// # Errors
    /// [`AppsError`].
    pub fn authenticate(&self, asked: AppRequest<'_>) -> Result<(Authenticated, Client), AppsError> {
        let presented = Presented::read(asked.parameters, asked.has_authorization)?;
        let client_id = presented.client_id().to_owned();
        let app = self.outside.store.read::<_, StoreError, _>(|tx| registry::find(tx, &client_id))?;
        let client = app.and_then(|app| app.client()).ok_or(Refusal::UnknownClient)?;
        let caller = self.provider.authenticate(presented, &client)?;
        let once = caller.once;
        if self.outside.store.write::<_, StoreError, _>(move |tx| kept::remember(tx, once))? {
            Ok((caller, client))
        } else {
            Err(Refusal::AssertionReplayed.into())
        }
    }

    /// The proof of a POST to `path`, written down.
    fn prove(&self, asked: AppRequest<'_>, path: &str) -> Result<Proof, AppsError> {
        let proving = Proving { headers: asked.dpop, method: "POST", path, access_token: None };
        let proof = self.provider.proof(proving)?;
        self.remember(&proof)?;
        Ok(proof)
    }

    fn remember(&self, proof: &Proof) -> Result<(), AppsError> {
        let once = proof.once;
        if self.outside.store.write::<_, StoreError, _>(move |tx| kept::remember(tx, once))? {
            Ok(())
        } else {
            Err(Refusal::ProofReplayed.into())
        }
    }

    /// Takes a pushed request of a caller who proved who it is.
    ///
    /// # Errors
    /// [`AppsError`].
    pub fn push(
        &self,
        (caller, client): (&Authenticated, &Client),
        asked: AppRequest<'_>,
    ) -> Result<Pushed, AppsError> {
        let path = self.provider.settings().paths.push;
        let proof = if asked.dpop.is_empty() { None } else { Some(self.prove(asked, path)?) };
        let pushed = self.provider.push(caller, client, asked.parameters, proof.as_ref())?;
        let (name, request) = (pushed.name.digest(), pushed.request.clone());
        self.outside.store.write::<_, StoreError, _>(move |tx| kept::keep_request(tx, &name, &request))?;
        Ok(pushed)
    }

    /// Takes another wording of its registration from an app that proved who it is: officers look at it.
    ///
    /// # Errors
    /// [`AppsError::Fault`] names the field; [`AppsError::TooMany`] while one waits.
    pub fn change(&self, client: &Client, asked: AppRequest<'_>) -> Result<(), AppsError> {
        let said = asked.parameters.need("registration")?;
        let said: Registration = serde_json::from_str(said)
            .map_err(|_| Fault { field: "registration", reason: "apps-fault-registration" })?;
        said.check()?;
        let (seams, id) = (self.outside.seams.clone(), client.id.clone());
        self.outside.store.write::<_, AppsError, _>(move |tx| registry::change(tx, &seams, &id, &said))
    }

    /// The token endpoint, for a caller who proved who it is.
    ///
    /// # Errors
    /// [`AppsError`].
    pub fn token(&self, caller: &Authenticated, asked: AppRequest<'_>) -> Result<Value, AppsError> {
        let request = TokenRequest::read(asked.parameters)?;
        let proof = self.prove(asked, self.provider.settings().paths.token)?;
        let (provider, seams, caller) = (self.provider.clone(), self.outside.seams.clone(), caller.clone());
        let issued = self.outside.store.write::<Result<Issued, Refusal>, AppsError, _>(move |tx| {
            let now = seams.now();
            let issued = match &request {
                TokenRequest::Code { digest, redirect_uri, verifier } => {
                    let found = kept::code(tx, digest)?;
                    let known = found.as_ref().map(|(record, is_used)| (record, *is_used));
                    let issued = provider.redeem(&caller, &proof, (redirect_uri, verifier), known);
                    match (&issued, &found) {
                        (Ok(_), _) => kept::use_code(tx, now, digest)?,
                        // Whoever used it first may be a thief: what came of it ends, and that is committed.
                        (Err(Refusal::CodeUsed), Some((record, _))) => kept::end_tokens(tx, &record.authority.grant)?,
                        _ => {}
                    }
                    issued
                }
                TokenRequest::Refresh { digest, scope } => {
                    let found = kept::refresh(tx, digest)?;
                    provider.refresh(&caller, &proof, scope.as_deref(), found.as_ref())
                }
            };
            let issued = match issued {
                Ok(issued) if !may_be_read(tx, now, &issued.access.1.authority)? => Err(Refusal::RefreshEnded),
                other => other,
            };
            if let Ok(issued) = &issued {
                kept::keep_issued(tx, issued)?;
            }
            Ok(issued)
        })?;
        Ok(self.provider.answer(&issued?)?)
    }

    /// An app gives a token back. Whatever it was, it is done.
    ///
    /// # Errors
    /// [`AppsError`].
    pub fn revoke(&self, caller: &Authenticated, asked: AppRequest<'_>) -> Result<(), AppsError> {
        let (token, caller) = (revoked_token(asked.parameters)?, caller.clone());
        self.outside.store.write::<_, StoreError, _>(move |tx| {
            let (access, refresh) = (kept::access(tx, &token)?, kept::refresh(tx, &token)?);
            match ends(&caller, access.as_ref(), refresh.as_ref()) {
                Ends::Nothing => Ok(()),
                Ends::Access => kept::end_token(tx, &token),
                Ends::Grant(grant) => kept::end_tokens(tx, grant),
            }
        })?;
        Ok(())
    }

    /// What a request to the data API may see: a token that lives, a proof by its key, a person whose account is open, an
    /// app that may act, and the scope.
    ///
    /// # Errors
    /// [`AppsError`].
    pub fn access(
        &self,
        authorization: &[&str],
        proving: Proving<'_>,
        scope: Option<&str>,
    ) -> Result<Access, AppsError> {
        let token = ShownToken::read(authorization)?;
        let digest = token.digest();
        let now = self.outside.seams.now();
        let (record, may) = self.outside.store.read::<_, AppsError, _>(|tx| {
            let record = kept::access(tx, &digest)?;
            let may = match &record {
                Some(record) => may_be_read(tx, now, &record.authority)?,
                None => false,
            };
            Ok((record, may))
        })?;
        let access = self.provider.access_of(token, proving, record.as_ref().filter(|_| may))?;
        self.remember(&access.proof)?;
        if let Some(scope) = scope {
            access.need(scope)?;
        }
        Ok(access)
    }

    /// The request a browser means, with its app.
    ///
    /// # Errors
    /// [`AppsError`].
    pub fn open(&self, asked: &Asked) -> Result<(PushedRequest, DataApp), AppsError> {
        let (found, app) = self.outside.store.read::<_, StoreError, _>(|tx| {
            let found = kept::request(tx, &asked.digest)?;
            Ok((found, registry::find(tx, &asked.client_id)?))
        })?;
        let client = app.as_ref().and_then(DataApp::client);
        let request = self.provider.open(asked, found, client.as_ref())?;
        // An app that is known is there.
        Ok((request, app.ok_or(Refusal::UnknownClient)?))
    }

    /// The person said yes: the consent, the code, and where the browser goes. The request is used.
    ///
    /// # Errors
    /// [`AppsError`]; [`Refusal::RequestUnknown`] when it was used meanwhile.
    pub fn allow(&self, asked: &Asked, answer: &Answering<'_>) -> Result<String, AppsError> {
        let (request, app) = self.open(asked)?;
        let scopes: Vec<String> =
            request.scopes.iter().filter(|scope| answer.scopes.contains(scope)).cloned().collect();
        let (provider, seams, name) = (self.provider.clone(), self.outside.seams.clone(), asked.digest);
        let (account, (level, signed_in), days) = (answer.account.to_owned(), answer.known, answer.days);
        let (level, language) = (level.to_owned(), answer.language.to_owned());
        let sector = app.client().map(|client| client.sector).unwrap_or_default();
        let location = self.outside.store.write::<_, AppsError, _>(move |tx| {
            if !kept::take_request(tx, &name)? {
                return Ok(None);
            }
            let grant = match days {
                Some(days) => Some(grants::give(tx, &seams, &account, &app, (&scopes, days, &language))?),
                None => {
                    let revision = (app.client_id.as_str(), &app.agreement);
                    grants::covering(tx, seams.now(), &account, revision, &scopes)?
                }
            };
            let Some(grant) = grant else { return Ok(None) };
            let authority = Authority {
                client_id: app.client_id.clone(),
                account: account.clone(),
                subject: provider.subject(&sector, account.as_bytes()),
                grant: grant.id.to_string(),
                scopes: scopes.clone(),
                level: level.clone(),
                signed_in,
                until: grant.ends_at.seconds(),
            };
            let allowed = provider.allow(&request, authority);
            kept::keep_code(tx, &allowed.code.digest(), &allowed.record)?;
            Ok(Some(allowed.location))
        })?;
        location.ok_or_else(|| Refusal::RequestUnknown.into())
    }

    /// The answer is no, for this reason. The request is used.
    ///
    /// # Errors
    /// [`AppsError`].
    pub fn refuse(&self, asked: &Asked, code: ErrorCode) -> Result<String, AppsError> {
        let (request, _) = self.open(asked)?;
        let name = asked.digest;
        if self.outside.store.write::<_, StoreError, _>(move |tx| kept::take_request(tx, &name))? {
            Ok(self.provider.refuse(&request, code))
        } else {
            Err(Refusal::RequestUnknown.into())
        }
    }

    /// A yes of this person that covers what is asked already.
    ///
    /// # Errors
    /// [`AppsError`].
    pub fn covering(&self, account: &str, app: &DataApp, scopes: &[String]) -> Result<Option<Grant>, AppsError> {
        let now = self.outside.seams.now();
        let revision = (app.client_id.as_str(), &app.agreement);
        self.outside.store.read::<_, AppsError, _>(|tx| grants::covering(tx, now, account, revision, scopes))
    }

    /// When the person of a portal session was last proved: by the card if that still holds, else when they signed in. In
    /// seconds since 1970.
    ///
    /// # Errors
    /// [`AppsError`].
    pub fn proved_at(&self, session: &[u8]) -> Result<i64, AppsError> {
        let now = self.outside.seams.now();
        let row = self.outside.store.read::<_, StoreError, _>(|tx| {
            tx.query_one(
                "SELECT started_at, card_until FROM portal_sessions WHERE session_hash = $1",
                &[session.into()],
            )
        })?;
        let Some(row) = row else { return Ok(0) };
        let card = row.opt_timestamp(1)?.filter(|until| now < *until);
        let at = card.map_or(row.timestamp(0)?, |until| until.plus_seconds(-CARD_SECONDS));
        Ok(at.seconds())
    }

    /// The data of `item` for who granted it, and a note that it was read. [`None`]: the city has nothing.
    ///
    /// # Errors
    /// [`AppsError`].
    pub fn item(&self, access: &Access, item: &'static super::items::DataItem) -> Result<Option<Value>, AppsError> {
        let authority = &access.authority;
        let data = match sandbox::find(&authority.account) {
            Some(made_up) => Some((item.made_up)(made_up)),
            None => {
                let id = AccountId::parse(&authority.account).ok_or(Refusal::TokenUnknown)?;
                let found = self.outside.store.read::<_, StoreError, _>(|tx| account::find(tx, id))?;
                (item.read)(&self.outside, &found.ok_or(Refusal::TokenUnknown)?)?
            }
        };
        if let Some(grant) = kept::grant_id(&authority.grant) {
            let now = self.outside.seams.now();
            self.outside.store.write::<_, StoreError, _>(move |tx| grants::note_use(tx, now, grant, item.scope))?;
        }
        Ok(data)
    }
}

/// Whether the person's account is open, their consent holds and the app may act: a token's end that nobody had to write
/// down.
fn may_be_read(tx: &mut Tx<'_>, now: Timestamp, authority: &Authority) -> Result<bool, AppsError> {
    let state = registry::find(tx, &authority.client_id)?.map(|app| app.state);
    if sandbox::find(&authority.account).is_some() {
        return Ok(matches!(state, Some(AppState::Sandbox | AppState::Live)));
    }
    let Some(id) = AccountId::parse(&authority.account) else { return Ok(false) };
    let is_open = account::find(tx, id)?.is_some_and(|found| found.state == AccountState::Open);
    let consented = (authority.client_id.as_str(), authority.grant.as_str());
    Ok(is_open && state == Some(AppState::Live) && grants::is_consented(tx, now, &authority.account, consented)?)
}
