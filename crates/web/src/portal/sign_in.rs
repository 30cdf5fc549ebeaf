//! Coming in: the page, the national sign-in app, passkeys.
//!
//! ```text
//!  page ─ form ─► app begin: ceremony, 303 ─► the app ─► back (ceremony cookie is Lax: the way back is cross-site)
//!       │                                                  └─ account ─► session ─► a page of ours leads on, for a Strict
//!       │                                                               cookie does not come along on another site's way
//!       └ passkey.js ─► passkey/begin, passkey/finish ─► session
//! ```

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Json, Redirect, Response};
use base::Kind;
use maud::{Markup, html};
use openid::{Asked, Callback, Pending, SignInRefusal, SignedIn};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tools::Outside;
use tools::portal::account::{self, AccountState};
use tools::portal::joining::{Attributes, Proof};
use tools::portal::means::MeansKind;
use tools::portal::{AccountId, Assurance, ceremony, entry, passkeys, session as sessions};
use ui::form::{ButtonKind, Field, button, field};

use super::step_up;
use super::ways::{self, By, Ways};
use crate::app::{App, blocking};
use crate::assets;
use crate::ceremony::{form, options, secret as secret_in};
use crate::error::Failure;
use crate::form::Fields;
use crate::routes::{Routes, Rule};
use crate::security::LeadsTo;
use crate::session;
use crate::visit::{InPortal, Visit};

/// Its routes.
pub fn routes() -> Routes {
    Routes::new()
        .get("/portal/sign-in", Rule::Public, page)
        .post("/portal/sign-in/app", Rule::Public, app_begin)
        .get("/portal/sign-in/back", Rule::Public, app_back)
        .post("/portal/sign-in/passkey/begin", Rule::Public, passkey_begin)
        .post("/portal/sign-in/passkey/finish", Rule::Public, passkey_finish)
        .post("/portal/step-up/app", Rule::Resident(Assurance::Public), app_step_up)
}

const APP: &str = "app";

/// What is kept while somebody is at the app.
#[derive(Serialize, Deserialize)]
struct AtTheApp {
    pending: Pending,
    /// The session that asked for the card, and where it goes on; none when somebody comes in.
    step_up: Option<(Vec<u8>, String)>,
}

async fn page(State(app): State<Arc<App>>, headers: HeaderMap, visit: Visit) -> Result<Response, Failure> {
    if let Some(there) = ways::elsewhere(&app, &headers, &visit.address) {
        return Ok(there);
    }
    let next = step_up::in_query(&visit, "next").to_owned();
    if is_here(&app, &headers).await? {
        return Ok(Redirect::to(&step_up::next(&next)).into_response());
    }
    let ways = app.ways()?;
    let title = visit.say("portal-sign-in-title");
    let main = html! {
        h1 { (title) }
        @if visit.is_demo && ways.national.is_some() { (demo_steps(&visit)) }
        @if ways.party.is_some() {
            section class="card" {
                h2 { (visit.say("portal-in-passkey")) }
                p { (visit.say_html("portal-in-passkey-how")) }
                (form(&visit, "get", "/portal/sign-in/passkey", &html! {}, &visit.say("portal-in-passkey-button")))
            }
        }
        @if ways.national.is_some() { (app_card(&visit)) }
        @if ways.cards.is_some() {
            section class="card" {
                h2 { (visit.say("portal-in-card")) }
                p { (visit.say_html("portal-in-card-how")) }
                p { a href="/portal/sign-in/card" { (visit.say("portal-in-card-link")) } }
            }
        }
        @if ways.mailer.is_some() { (password_card(&visit)) }
        (help(&visit))
    };
    let mut response = visit.page(&title).script(assets::path("passkey.js")).render(&main).into_response();
    lead_to_app(ways, &mut response);
    ways::remember_next(&app, &mut response, &next);
    Ok(response)
}

/// Whether this browser is in already.
async fn is_here(app: &Arc<App>, headers: &HeaderMap) -> Result<bool, Failure> {
    let Some(secret) = ways::session_secret(app, headers) else { return Ok(false) };
    let outside = app.outside()?.clone();
    blocking(move || {
        let now = outside.seams.now();
        Ok(outside.store.read(|tx| sessions::find(tx, now, &secret.key()))?.is_some())
    })
    .await
}

/// The app's pages may be led to from this one.
pub(super) fn lead_to_app(ways: &Ways, response: &mut Response) {
    if let Some(national) = &ways.national {
        response.extensions_mut().insert(LeadsTo(national.origin.clone()));
    }
}

/// Steps by which somebody who tries the demo comes in: they have neither an app nor a card of this city.
fn demo_steps(visit: &Visit) -> Markup {
    html! {
        section class="card" aria-labelledby="demo-steps" {
            h2 id="demo-steps" { (visit.say_html("portal-in-demo")) }
            ol { @for step in 1..=4 { li { (visit.say_html(&format!("portal-in-demo-{step}"))) } } }
        }
    }
}

fn app_card(visit: &Visit) -> Markup {
    let at = "/portal/sign-in/app";
    html! {
        section class="card" {
            h2 { (visit.say("portal-in-app")) }
            p { (visit.say_html("portal-in-app-how")) }
            @if visit.is_demo { p class="hint" { (visit.say_html("portal-in-app-simulated")) } }
            form method="post" action=(at) {
                input type="hidden" name="first" value="yes";
                p class="hint" { (visit.say_html("portal-in-app-first-what")) }
                div class="buttons" { (button(ButtonKind::Primary, &visit.say("portal-in-app-first"))) }
            }
            form method="post" action=(at) {
                div class="buttons" { (button(ButtonKind::Secondary, &visit.say("portal-in-app-again"))) }
            }
        }
    }
}

fn password_card(visit: &Visit) -> Markup {
    let (email, password) = (visit.say("portal-email"), visit.say("portal-password"));
    html! {
        section class="card" {
            h2 { (visit.say("portal-in-password")) }
            p { (visit.say_html("portal-in-password-how")) }
            form method="post" action="/portal/sign-in/password" {
                (field(visit.language, &Field { name: "email", label: &email, kind: "email", required: true,
                    autocomplete: Some("username webauthn"), max_length: Some(254), ..Field::default() }))
                (field(visit.language, &Field { name: "password", label: &password, kind: "password", required: true,
                    autocomplete: Some("current-password"), max_length: Some(128), ..Field::default() }))
                div class="buttons" { (button(ButtonKind::Secondary, &visit.say("portal-in-password-button"))) }
            }
            p { a href="/portal/sign-in/forgotten" { (visit.say("portal-forgotten")) } }
        }
    }
}

fn help(visit: &Visit) -> Markup {
    html! {
        section aria-labelledby="help" {
            h2 id="help" { (visit.say("portal-help")) }
            ul {
                li { (visit.say_html("portal-help-lost")) " " a href="/portal/stop" { (visit.say("portal-stop-title")) } }
                li { (visit.say_html("portal-help-locked")) }
                li { (visit.say_html("portal-help-new-card")) }
                li { (visit.say_html("portal-help-none")) }
            }
        }
    }
}

async fn app_begin(State(app): State<Arc<App>>, fields: Fields) -> Result<Response, Failure> {
    fields.only(&["first"])?;
    let asked = if fields.get("first") == "yes" { Asked::Attributes } else { Asked::Identity };
    send_away(&app, asked, None).await
}

/// The same for somebody who is here and shows the card again.
async fn app_step_up(State(app): State<Arc<App>>, me: InPortal, fields: Fields) -> Result<Response, Failure> {
    fields.only(&["next"])?;
    let next = step_up::next(fields.get("next"));
    let (outside, who) = (app.outside()?.clone(), me.0.person.id);
    // Whoever never came by the app is not known there yet: then the inside must find them.
    let is_known = blocking(move || {
        let all = outside.store.read(|tx| tools::portal::means::of_kind(tx, who, MeansKind::App))?;
        Ok(!all.is_empty())
    })
    .await?;
    let asked = if is_known { Asked::Identity } else { Asked::Attributes };
    send_away(&app, asked, Some((me.0.key.clone(), next))).await
}

async fn send_away(app: &Arc<App>, asked: Asked, step_up: Option<(Vec<u8>, String)>) -> Result<Response, Failure> {
    let (outside, ways) = (app.outside()?.clone(), app.ways()?.clone());
    let (address, secret) = blocking(move || {
        let national = ways.national.as_ref().ok_or_else(|| Failure::of(Kind::NotFound))?;
        let (address, pending) = national.party.begin(&asked);
        let content = AtTheApp { pending, step_up };
        let secret = ceremony::remember(&outside, APP, None, &content, openid::facts::MAX_SECONDS)?;
        Ok((address, secret))
    })
    .await?;
    let is_https = app.settings.is_https;
    let mut response = Redirect::to(&address).into_response();
    let name = session::portal_ceremony_cookie(is_https);
    session::give(&mut response, &session::set_returning_cookie(name, &secret.cookie_value(), is_https));
    Ok(response)
}

/// What came of the way back.
enum Back {
    In(session::Secret, bool),
    Proved(String),
    Checking,
}

async fn app_back(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    visit: Visit,
    Query(callback): Query<Callback>,
) -> Result<Response, Failure> {
    let secret = ways::under_way(&app, &headers)?;
    let (outside, ways) = (app.outside()?.clone(), app.ways()?.clone());
    let before = ways::session_secret(&app, &headers);
    let came = blocking(move || {
        let (_, kept): (_, AtTheApp) = ceremony::take(&outside, APP, &secret)?;
        let national = ways.national.as_ref().ok_or_else(|| Failure::of(Kind::NotFound))?;
        let signed_in = national.party.finish(kept.pending, &callback).map_err(not_in)?;
        let who = recognise(&outside, &ways, &national.namespace, signed_in)?;
        match kept.step_up {
            Some((key, next)) => Ok(if proved(&outside, key, who)? { Back::Proved(next) } else { Back::Checking }),
            None => {
                let who = who.ok_or_else(|| {
                    Failure::saying(Kind::NotFound, "portal-in-app-unknown").next("/portal/sign-in", "portal-sign-in")
                })?;
                let is_open = is_open(&outside, who)?;
                Ok(Back::In(ways::start(&outside, who, By::App, before)?, is_open))
            }
        }
    })
    .await?;
    let (next, started) = match came {
        Back::In(secret, is_open) => (ways::onward(&app, &headers, is_open), Some(secret)),
        Back::Proved(next) => (next, None),
        Back::Checking => ("/portal/step-up?checking=yes".to_owned(), None),
    };
    let title = visit.say("portal-back-title");
    let main = html! {
        h1 { (title) }
        p { (visit.say_html("portal-back-how")) }
        div class="buttons" { a class="button" href=(next) { (visit.say("portal-back-on")) } }
    };
    let mut response = visit.page(&title).onward(&next).render(&main).into_response();
    if let Some(secret) = started {
        ways::give_session(&app, &mut response, &secret);
    }
    Ok(response)
}

/// The account of whoever signed in at the app.
fn recognise(
    outside: &Outside,
    ways: &Ways,
    namespace: &str,
    signed_in: SignedIn,
) -> Result<Option<AccountId>, Failure> {
    let value = format!("{namespace}\n{}", signed_in.subject.reveal());
    let proof = signed_in.attributes.map(|told| {
        let told = told.into_inner();
        Proof::App(Attributes { name: told.name, address: told.address, birth_date: told.birth_date, sex: told.sex })
    });
    Ok(entry::by_card_or_app(outside, &ways.post, MeansKind::App, value.as_bytes(), proof)?)
}

/// Raises the session that asked, when who came is whose session it is.
pub(super) fn proved(outside: &Outside, key: Vec<u8>, who: Option<AccountId>) -> Result<bool, Failure> {
    let now = outside.seams.now();
    Ok(outside.store.write::<_, store::StoreError, _>(move |tx| {
        let Some(session) = sessions::find(tx, now, &key)? else { return Ok(false) };
        if who != Some(session.person.id) {
            return Ok(false);
        }
        sessions::proved_by_card(tx, now, &key, session.person.id)?;
        Ok(true)
    })?)
}

/// Whether the inside has said who it is.
pub(super) fn is_open(outside: &Outside, who: AccountId) -> Result<bool, Failure> {
    let found = outside.store.read(|tx| account::find(tx, who))?;
    Ok(found.is_some_and(|found| matches!(found.state, AccountState::Open | AccountState::MovedOut)))
}

fn not_in(refusal: SignInRefusal) -> Failure {
    let key = match refusal {
        SignInRefusal::Denied => "portal-in-app-denied",
        SignInRefusal::NotOurs => "portal-in-app-not-ours",
        SignInRefusal::TooLate => "portal-in-app-late",
        SignInRefusal::LevelNotReached => "portal-in-app-level",
        _ => {
            // The words of a refusal carry nothing personal.
            tracing::warn!(%refusal, "a sign-in at the national app came to nothing");
            "portal-in-app-failed"
        }
    };
    Failure::saying(refusal.kind(), key).next("/portal/sign-in", "portal-sign-in")
}

async fn passkey_begin(State(app): State<Arc<App>>) -> Result<Response, Failure> {
    let (outside, ways) = (app.outside()?.clone(), app.ways()?.clone());
    let begun = blocking(move || Ok(passkeys::begin_sign_in(&outside, ways.party()?)?)).await?;
    let is_https = app.settings.is_https;
    Ok(options(&begun, session::portal_passkey_cookie(is_https), is_https))
}

async fn passkey_finish(State(app): State<Arc<App>>, headers: HeaderMap, answer: String) -> Result<Response, Failure> {
    let expired = tools::portal::MeansRefusal::Ceremony;
    let secret = secret_in(&headers, session::portal_passkey_cookie(app.settings.is_https))
        .ok_or_else(|| Failure::saying(expired.kind(), expired.words()))?;
    let (outside, ways) = (app.outside()?.clone(), app.ways()?.clone());
    let before = ways::session_secret(&app, &headers);
    let started = blocking(move || {
        let who = passkeys::finish_sign_in(&outside, ways.party()?, &secret, &answer)?;
        ways::start(&outside, who, By::Passkey, before)
    })
    .await?;
    let mut response = Json(json!({ "next": ways::onward(&app, &headers, true) })).into_response();
    ways::give_session(&app, &mut response, &started);
    Ok(response)
}
