//! Coming in: sign-in with a passkey, the first administrator, joining by invitation; one's own passkeys.
//!
//! ```text
//!   page ─ form ─► …/begin: options + ceremony cookie ─► passkey.js asks the authenticator ─► …/finish ─► session
//! ```
//! A passkey needs the browser's help, so these pages need their small script and say so without it.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Json, Redirect, Response};
use base::{Id, Kind};
use maud::{Markup, html};
use serde_json::json;
use tools::audit::{self, Event};
use tools::staff::passkeys::{self, Begun, CeremonySecret, Registrant};
use tools::staff::{Action, OneTimeSecret, RelyingParty, StaffError, invitations};
use ui::form::{ButtonKind, Field, field, one_button};
use ui::notice::{AlertKind, alert};

use super::shell;
use crate::app::{App, blocking};
use crate::assets;
use crate::ceremony::{self, form};
use crate::error::Failure;
use crate::form::Fields;
use crate::routes::{Routes, Rule};
use crate::session::{self, Door, Secret};
use crate::visit::{SignedIn, Visit};

/// Its routes.
pub fn routes() -> Routes {
    Routes::new()
        .get("/staff/sign-in", Rule::Public, sign_in_page)
        .post("/staff/sign-in/begin", Rule::Public, sign_in_begin)
        .post("/staff/sign-in/finish", Rule::Public, sign_in_finish)
        .post("/staff/sign-out", Rule::StaffSignedIn, sign_out)
        .get("/staff/first", Rule::Public, first_page)
        .get("/staff/join", Rule::Public, join_page)
        .post("/staff/join/begin", Rule::Public, join_begin)
        .post("/staff/join/finish", Rule::Public, join_finish)
        .get("/staff/me", Rule::StaffSignedIn, me_page)
        .get("/staff/alive", Rule::StaffSignedIn, alive)
        .post("/staff/me/passkeys/begin", Rule::StaffSignedIn, add_begin)
        .post("/staff/me/passkeys/finish", Rule::StaffSignedIn, add_finish)
        .post("/staff/me/passkeys/{passkey}/remove", Rule::StaffSignedIn, remove)
}

fn party(app: &App) -> Result<RelyingParty, Failure> {
    app.party.clone().ok_or_else(|| Failure::saying(Kind::Unavailable, "staff-no-origin"))
}

const fn ceremony_cookie(is_https: bool) -> &'static str {
    if is_https { "__Host-yakuba-ceremony" } else { "yakuba-ceremony" }
}

/// Passkeys belong to one origin. At another of our names the person is led to it.
pub(super) fn elsewhere(app: &App, headers: &HeaderMap, visit: &Visit) -> Option<Response> {
    let host = headers.get(header::HOST)?.to_str().ok()?;
    let (_, own) = app.settings.staff_origin.split_once("://")?;
    let target = format!("{}{}", app.settings.staff_origin, visit.address);
    (!host.eq_ignore_ascii_case(own)).then(|| Redirect::to(&target).into_response())
}

/// Drawn where somebody who is not signed in asked for a page of the console: the ways in, not a refusal.
pub(crate) fn wanted(app: &App, visit: &Visit) -> Markup {
    let title = visit.say("error-unauthenticated-title");
    let main = html! {
        h1 { (title) }
        (alert(visit.language, AlertKind::Info, &html! { p { (visit.say("error-unauthenticated")) } }))
        (super::staff_ids::sign_in::samples(app, visit))
        div class="buttons" {
            a class="button" href="/staff/sign-in" { (visit.say("staff-id-sign-in-passkey")) }
            @if super::staff_ids::sign_in::takes_cards(app, visit) {
                a class="button button-secondary" href=(super::staff_ids::sign_in::PATH) { (visit.say("staff-id-sign-in")) }
            }
        }
        @if visit.opens_drawer() { (first(visit)) }
    };
    visit.page(&title).render(&main)
}

/// In a demo: the other way in, which is how a real city begins.
fn first(visit: &Visit) -> Markup {
    html! {
        p { (visit.say_html("staff-sign-in-demo-first")) " " a href="/staff/first" { (visit.say("staff-first-title")) } }
    }
}

async fn sign_in_page(State(app): State<Arc<App>>, headers: HeaderMap, visit: Visit) -> Response {
    if let Some(there) = elsewhere(&app, &headers, &visit) {
        return there;
    }
    let title = visit.say("staff-sign-in-title");
    let main = html! {
        h1 { (title) }
        (super::staff_ids::sign_in::samples(&app, &visit))
        p { (visit.say_html("staff-sign-in-how")) }
        (form(&visit, "get", "/staff/sign-in", &html! {}, &visit.say("staff-sign-in-button")))
        @if super::staff_ids::sign_in::takes_cards(&app, &visit) { p { a href=(super::staff_ids::sign_in::PATH) { (visit.say("staff-id-sign-in")) } } }
        details {
            summary { (visit.say("staff-sign-in-trouble")) }
            ul {
                li { (visit.say_html("staff-sign-in-trouble-lost")) }
                li { (visit.say_html("staff-sign-in-trouble-invited")) " " a href="/staff/join" { (visit.say("staff-join-title")) } }
                li { (visit.say_html("staff-sign-in-trouble-first")) " " a href="/staff/first" { (visit.say("staff-first-title")) } }
            }
        }
    };
    visit.page(&title).script(assets::path("passkey.js")).render(&main).into_response()
}

async fn sign_in_begin(State(app): State<Arc<App>>) -> Result<Response, Failure> {
    let (inside, party) = (app.inside()?.clone(), party(&app)?);
    let begun = blocking(move || Ok(passkeys::begin_sign_in(&inside, &party)?)).await?;
    Ok(options(&app, &begun))
}

async fn sign_in_finish(State(app): State<Arc<App>>, headers: HeaderMap, answer: String) -> Result<Response, Failure> {
    let (inside, party) = (app.inside()?.clone(), party(&app)?);
    let ceremony = ceremony_of(&app, &headers)?;
    let before = session_secret(&app, &headers);
    let secret = blocking(move || {
        let account = passkeys::finish_sign_in(&inside, &party, &ceremony, &answer)?;
        start_session(&inside, account.id, before)
    })
    .await?;
    Ok(signed_in(&app, &secret, "/staff"))
}

async fn sign_out(State(app): State<Arc<App>>, me: SignedIn) -> Result<Response, Failure> {
    let inside = app.inside()?.clone();
    blocking(move || {
        let seams = inside.seams.clone();
        Ok(inside.store.write(move |tx| {
            session::end(tx, seams.now(), &me.session.key)?;
            audit::append(tx, &seams, &me.actor(), Event::StaffSignedOut, &[]).map(|_| ())
        })?)
    })
    .await?;
    let is_https = app.settings.is_https;
    let mut response = Redirect::to("/staff/sign-in").into_response();
    session::give(&mut response, &session::clear_cookie(Door::Staff.cookie(is_https), is_https));
    // The browser forgets what it kept of this origin; the next person at this PC begins afresh.
    response.headers_mut().insert("clear-site-data", HeaderValue::from_static("\"cache\""));
    Ok(response)
}

async fn first_page(State(app): State<Arc<App>>, headers: HeaderMap, visit: Visit) -> Response {
    if let Some(there) = elsewhere(&app, &headers, &visit) {
        return there;
    }
    let title = visit.say("staff-first-title");
    let main = html! {
        h1 { (title) }
        p { (visit.say_html("staff-first-how")) }
        (form(&visit, "create", "/staff/join", &newcomer_fields(&visit, true), &visit.say("staff-join-button")))
    };
    visit.page(&title).script(assets::path("passkey.js")).render(&main).into_response()
}

async fn join_page(State(app): State<Arc<App>>, headers: HeaderMap, visit: Visit) -> Response {
    if let Some(there) = elsewhere(&app, &headers, &visit) {
        return there;
    }
    let title = visit.say("staff-join-title");
    let main = html! {
        h1 { (title) }
        p { (visit.say_html("staff-join-how")) }
        (form(&visit, "create", "/staff/join", &newcomer_fields(&visit, false), &visit.say("staff-join-button")))
    };
    visit.page(&title).script(assets::path("passkey.js")).render(&main).into_response()
}

fn newcomer_fields(visit: &Visit, is_first: bool) -> Markup {
    let (token, token_hint) = (visit.say("staff-join-token"), visit.say("staff-join-token-hint"));
    let (name, office) = (visit.say("staff-name"), visit.say("staff-office"));
    let (label, label_hint) = (visit.say("staff-passkey-label"), visit.say("staff-passkey-label-hint"));
    let off = Some("off");
    html! {
        (field(visit.language, &Field { name: "token", label: &token, hint: Some(&token_hint), required: true,
            autocomplete: off, max_length: Some(40), ..Field::default() }))
        @if is_first {
            (field(visit.language, &Field { name: "name", label: &name, required: true, autocomplete: Some("name"),
                max_length: Some(60), ..Field::default() }))
            (field(visit.language, &Field { name: "office", label: &office, required: true, autocomplete: off,
                max_length: Some(60), ..Field::default() }))
        }
        (field(visit.language, &Field { name: "label", label: &label, hint: Some(&label_hint), required: true,
            autocomplete: off, max_length: Some(60), ..Field::default() }))
    }
}

async fn join_begin(State(app): State<Arc<App>>, fields: Fields) -> Result<Response, Failure> {
    let (inside, party) = (app.inside()?.clone(), party(&app)?);
    let begun = blocking(move || {
        let (now, secret) = (inside.seams.now(), OneTimeSecret::typed(fields.get("token")));
        let invitation = inside.store.read(|tx| invitations::open(tx, now, &secret))?;
        // An invitation names whom it is for; only the first administrator says it themselves.
        let (name, office) = if invitation.is_first {
            (fields.get("name").to_owned(), fields.get("office").to_owned())
        } else {
            (invitation.name.clone(), invitation.office.clone())
        };
        let newcomer = Registrant::Newcomer { invitation, name, office };
        Ok(passkeys::begin_registration(&inside, &party, &newcomer, fields.get("label"))?)
    })
    .await?;
    Ok(options(&app, &begun))
}

async fn join_finish(State(app): State<Arc<App>>, headers: HeaderMap, answer: String) -> Result<Response, Failure> {
    let (inside, party) = (app.inside()?.clone(), party(&app)?);
    let ceremony = ceremony_of(&app, &headers)?;
    let before = session_secret(&app, &headers);
    let secret = blocking(move || {
        let account = passkeys::finish_registration(&inside, &party, &ceremony, &answer)?;
        start_session(&inside, account.id, before)
    })
    .await?;
    Ok(signed_in(&app, &secret, "/staff/me?done=staff-done-joined"))
}

async fn me_page(State(app): State<Arc<App>>, visit: Visit, me: SignedIn) -> Result<Response, Failure> {
    let (inside, account) = (app.inside()?.clone(), me.account.id);
    let keys = blocking(move || Ok(inside.store.read(|tx| passkeys::registered(tx, account))?)).await?;
    let can_remove = keys.len() > 1;
    let rows: Vec<Vec<Markup>> = keys
        .iter()
        .map(|key| {
            let action = format!("/staff/me/passkeys/{}/remove", key.id);
            let used = key.used_at.map_or_else(|| visit.say("staff-never"), |at| ui::dates::instant(visit.language, at));
            vec![
                html! { (key.label) },
                html! { (ui::dates::instant(visit.language, key.added_at)) },
                html! { (used) },
                html! { @if can_remove {
                    (one_button(&action, &visit.csrf(&action), ButtonKind::Secondary, &visit.say("staff-passkey-remove"), Some(&key.label)))
                } },
            ]
        })
        .collect();
    let headings = ["staff-passkey-label", "staff-passkey-added", "staff-passkey-used", "staff-what-to-do"];
    let (label, hint) = (visit.say("staff-passkey-label"), visit.say("staff-passkey-label-hint"));
    let fields = field(
        visit.language,
        &Field {
            name: "label",
            label: &label,
            hint: Some(&hint),
            required: true,
            max_length: Some(60),
            ..Field::default()
        },
    );
    let main = html! {
        (shell::said(&visit))
        (ui::notice::facts(&[
            (visit.say("staff-name"), html! { (me.account.name) }),
            (visit.say("staff-office"), html! { (me.account.office) }),
            (visit.say("staff-roles"), html! { (super::words::roles(&visit, &me.account.roles)) }),
        ]))
        h2 { (visit.say("staff-passkeys")) }
        (visit.table(&visit.say("staff-passkeys"), &headings, &rows))
        @if !can_remove { (alert(visit.language, AlertKind::Info, &html! { p { (visit.say("staff-passkey-add-second")) } })) }
        h2 { (visit.say("staff-passkey-add")) }
        (form(&visit, "create", "/staff/me/passkeys", &fields, &visit.say("staff-passkey-add-button")))
        (super::staff_ids::sign_in::links(&app, &visit))
        @if me.may(Action::IssueAtCounter) {
            h2 { (visit.say("staff-counter-title")) }
            p { (visit.say_html("staff-counter-how")) }
            p { a href="/staff/counter-credential" { (visit.say("staff-counter-make")) } }
        }
    };
    let title = visit.say("staff-me-title");
    let mut page = shell::Console::new(&visit, &me, &title);
    page.script(assets::path("passkey.js"));
    Ok(page.render(&main))
}

/// Asked by `console.js` when somebody says that they are still here: the rule itself has kept the session alive.
async fn alive() -> axum::http::StatusCode {
    axum::http::StatusCode::NO_CONTENT
}

async fn add_begin(State(app): State<Arc<App>>, me: SignedIn, fields: Fields) -> Result<Response, Failure> {
    let (inside, party) = (app.inside()?.clone(), party(&app)?);
    let begun = blocking(move || {
        Ok(passkeys::begin_registration(&inside, &party, &Registrant::Member(me.account), fields.get("label"))?)
    })
    .await?;
    Ok(options(&app, &begun))
}

async fn add_finish(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    _: SignedIn,
    answer: String,
) -> Result<Response, Failure> {
    let (inside, party) = (app.inside()?.clone(), party(&app)?);
    let ceremony = ceremony_of(&app, &headers)?;
    blocking(move || Ok(passkeys::finish_registration(&inside, &party, &ceremony, &answer)?)).await?;
    Ok(Json(json!({ "next": "/staff/me?done=staff-done-passkey-added" })).into_response())
}

async fn remove(State(app): State<Arc<App>>, me: SignedIn, Path(passkey): Path<String>) -> Result<Response, Failure> {
    let passkey = shell::id(&passkey)?;
    shell::change(&app, "/staff/me", "staff-done-passkey-removed", move |tx, seams| {
        passkeys::remove(tx, seams, &me.account, passkey)
    })
    .await
}

fn ceremony_of(app: &App, headers: &HeaderMap) -> Result<CeremonySecret, Failure> {
    ceremony::secret(headers, ceremony_cookie(app.settings.is_https))
        .ok_or_else(|| StaffError::from(tools::staff::StaffRefusal::Ceremony).into())
}

pub(super) fn session_secret(app: &App, headers: &HeaderMap) -> Option<Secret> {
    session::cookie(headers, Door::Staff.cookie(app.settings.is_https)).and_then(Secret::parse)
}

/// A new session; whatever session this browser had is over.
pub(super) fn start_session(inside: &tools::Inside, account: Id, before: Option<Secret>) -> Result<Secret, Failure> {
    let seams = inside.seams.clone();
    Ok(inside.store.write(move |tx| {
        if let Some(before) = &before {
            session::end_secret(tx, seams.now(), before)?;
        }
        session::start(tx, &seams, Door::Staff, &account.to_string(), None)
    })?)
}

fn options(app: &App, begun: &Begun) -> Response {
    ceremony::options(begun, ceremony_cookie(app.settings.is_https), app.settings.is_https)
}

fn signed_in(app: &App, secret: &Secret, next: &str) -> Response {
    let is_https = app.settings.is_https;
    let mut response = Json(json!({ "next": next })).into_response();
    session::give(&mut response, &session::set_cookie(Door::Staff.cookie(is_https), &secret.cookie_value(), is_https));
    session::give(&mut response, &session::clear_cookie(ceremony_cookie(is_https), is_https));
    response
}
