//! With what residents come in, and what every way in ends with: a session.

use std::sync::Arc;

use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use base::{Id, Personal};
use messaging::carrier::Carrier;
use pki::TrustAnchors;
use pki::revocation::StatusSource;
use tools::Outside;
use tools::passkeys::{CeremonySecret, RelyingParty};
use tools::portal::events::{self, SecurityEvent};
use tools::portal::mail::{Letter, Mailer};
use tools::portal::session::{self as sessions, Place};
use tools::portal::{AccountId, Assurance, Post};

use crate::agents::Counterpart;
use crate::app::App;
use crate::ceremony;
use crate::error::Failure;
use crate::session::{self, Secret};

/// With what residents come in.
pub struct Ways {
    /// Sends to the inside about an account.
    pub post: Arc<Post>,
    /// Under which name browsers keep residents' passkeys; `None` when the origin cannot carry any.
    pub party: Option<RelyingParty>,
    /// The national sign-in app, where it is offered.
    pub national: Option<National>,
    /// Cards at agents on residents' PCs.
    pub cards: Option<Cards>,
    /// Mail; without it there are no passwords.
    pub mailer: Option<Arc<dyn Mailer>>,
    /// Who carries short messages; without it no telephone numbers are kept.
    pub carrier: Option<Arc<dyn Carrier>>,
}

/// The national sign-in app.
pub struct National {
    /// Our side of it.
    pub party: openid::RelyingParty,
    /// What its names of people belong to: its issuer. A name there means nothing at another.
    pub namespace: String,
    /// The origin of its pages.
    pub origin: String,
}

/// What cards are judged with outside; the inside judges again with its own.
pub struct Cards {
    /// Whose certificates are believed.
    pub anchors: Arc<TrustAnchors>,
    /// Whether they were revoked.
    pub status: Arc<dyn StatusSource>,
    /// Keys for residents' own agents: not those of the city's PCs.
    pub counterpart: Arc<Counterpart>,
}

impl Ways {
    pub(super) fn party(&self) -> Result<&RelyingParty, Failure> {
        self.party.as_ref().ok_or_else(|| Failure::saying(base::Kind::Unavailable, "portal-no-passkeys"))
    }

    /// Sends a letter beside the request: how long it takes tells nobody whether an address is known.
    pub(super) fn mail(&self, letter: Letter) {
        let Some(mailer) = self.mailer.clone() else { return };
        drop(tokio::task::spawn_blocking(move || {
            if mailer.send(&letter).is_err() {
                tracing::error!("a letter about an account was not sent");
            }
        }));
    }
}

impl Ways {
    /// Sends a short message beside the request.
    pub(super) fn text(&self, key: Id, to: Personal<String>, text: Personal<String>) {
        let Some(carrier) = self.carrier.clone() else { return };
        drop(tokio::task::spawn_blocking(move || {
            if let Err(error) = carrier.submit(key, &to, text.reveal()) {
                tracing::error!(%error, "a short message about an account was not sent");
            }
        }));
    }
}

/// By what somebody came in.
#[derive(Clone, Copy)]
pub(super) enum By {
    Card,
    App,
    Passkey,
    Password,
}

impl By {
    const fn word(self) -> &'static str {
        match self {
            Self::Card => "card",
            Self::App => "app",
            Self::Passkey => "passkey",
            Self::Password => "password",
        }
    }

    const fn event(self) -> SecurityEvent {
        match self {
            Self::Card => SecurityEvent::SignedInCard,
            Self::App => SecurityEvent::SignedInApp,
            Self::Passkey => SecurityEvent::SignedInPasskey,
            Self::Password => SecurityEvent::SignedInPassword,
        }
    }
}

/// Begins a session; whatever session this browser had is over.
pub(super) fn start(outside: &Outside, who: AccountId, by: By, before: Option<Secret>) -> Result<Secret, Failure> {
    let secret = Secret::fresh(&outside.seams);
    let (key, seams) = (secret.key(), outside.seams.clone());
    outside.store.write::<_, store::StoreError, _>(move |tx| {
        let now = seams.now();
        if let Some(before) = &before {
            sessions::end(tx, now, &before.key())?;
        }
        let level = match by {
            By::Card | By::App => Assurance::High,
            By::Passkey | By::Password => Assurance::Substantial,
        };
        sessions::start(tx, &seams, &key, who, level, Place::Own)?;
        sessions::began_by(tx, &key, by.word())?;
        if level == Assurance::High {
            sessions::proved_by_card(tx, now, &key, who)?;
        }
        events::note(tx, &seams, who, by.event())
    })?;
    Ok(secret)
}

/// The session's secret this browser has, living or not.
pub(super) fn session_secret(app: &App, headers: &HeaderMap) -> Option<Secret> {
    session::cookie(headers, session::portal_cookie(app.settings.is_https)).and_then(Secret::parse)
}

/// The secret of the sign-in under way in this browser.
pub(super) fn under_way(app: &App, headers: &HeaderMap) -> Result<CeremonySecret, Failure> {
    let name = session::portal_ceremony_cookie(app.settings.is_https);
    let expired = tools::portal::MeansRefusal::Ceremony;
    ceremony::secret(headers, name)
        .ok_or_else(|| Failure::saying(expired.kind(), expired.words()).next("/portal/sign-in", "portal-sign-in"))
}

/// Gives the browser the secret of a sign-in under way.
pub(super) fn give_under_way(app: &App, response: &mut Response, secret: &CeremonySecret) {
    let is_https = app.settings.is_https;
    let name = session::portal_ceremony_cookie(is_https);
    session::give(response, &session::set_cookie(name, &secret.cookie_value(), is_https));
}

/// Minutes, in seconds, within which somebody who signs in is led on to where they wanted to go.
const NEXT_SECONDS: u32 = 900;

/// Keeps where whoever signs in goes on (`asked`), if that is an address of the portal; forgets it otherwise. The cookie
/// holds a path of ours alone, and is read as one again, so that nobody is led elsewhere by it.
pub(super) fn remember_next(app: &App, response: &mut Response, asked: &str) {
    let (is_https, next) = (app.settings.is_https, super::step_up::next(asked));
    let name = session::portal_next_cookie(is_https);
    let cookie = match next.strip_prefix('/') {
        // Lax: the way back from the national app is another site's.
        Some(path) if next != HOME => {
            format!("{}; Max-Age={NEXT_SECONDS}", session::set_returning_cookie(name, path, is_https))
        }
        _ => session::clear_cookie(name, is_https),
    };
    session::give(response, &cookie);
}

const HOME: &str = "/portal";

/// Where whoever came in goes on: a page that was asked for before, or the first one; before the inside has said who it is,
/// the page that waits.
pub(super) fn onward(app: &App, headers: &HeaderMap, is_open: bool) -> String {
    let kept = session::cookie(headers, session::portal_next_cookie(app.settings.is_https));
    match kept {
        _ if !is_open => "/portal/welcome".to_owned(),
        Some(path) => super::step_up::next(&format!("/{path}")),
        None => HOME.to_owned(),
    }
}

/// Gives the browser its session and takes back what led to it.
pub(super) fn give_session(app: &App, response: &mut Response, secret: &Secret) {
    let is_https = app.settings.is_https;
    session::give(response, &session::set_cookie(session::portal_cookie(is_https), &secret.cookie_value(), is_https));
    let over = [
        session::portal_ceremony_cookie(is_https),
        session::portal_passkey_cookie(is_https),
        session::portal_next_cookie(is_https),
    ];
    for name in over {
        session::give(response, &session::clear_cookie(name, is_https));
    }
}

/// Passkeys and the app's way back belong to one origin. At another of our names the person is led to it.
pub(super) fn elsewhere(app: &App, headers: &HeaderMap, address: &str) -> Option<Response> {
    let host = headers.get(axum::http::header::HOST)?.to_str().ok()?;
    let (_, own) = app.settings.portal_origin.split_once("://")?;
    let target = format!("{}{address}", app.settings.portal_origin);
    (!host.eq_ignore_ascii_case(own)).then(|| Redirect::to(&target).into_response())
}
