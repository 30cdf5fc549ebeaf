//! Right after the first sign-in: who it is becomes clear, then the next times are made easy.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Json, Response};
use base::Kind;
use maud::html;
use serde_json::json;
use tools::portal::{AccountState, Assurance, MeansRefusal, passkeys, stopping};
use ui::form::{ButtonKind, Field, button, field};
use ui::notice::{AlertKind, alert};

use super::shell;
use crate::app::{App, blocking};
use crate::ceremony::{form, options, secret};
use crate::error::Failure;
use crate::form::Fields;
use crate::routes::{Routes, Rule};
use crate::session;
use crate::visit::{InPortal, Visit};

/// Its routes.
pub fn routes() -> Routes {
    let (here, proved) = (Rule::Resident(Assurance::Public), Rule::Resident(Assurance::High));
    Routes::new()
        .get("/portal/welcome", here, page)
        .get("/portal/alive", here, alive)
        .post("/portal/settings/passkeys/begin", proved, begin)
        .post("/portal/settings/passkeys/finish", proved, finish)
        .post("/portal/settings/stop-code", proved, stop_code)
}

/// Seconds after which a page that waits for the inside looks again.
const AGAIN_SECONDS: u32 = 2;

/// Asked by `idle.js`: the rule itself has kept the session alive.
async fn alive() -> StatusCode {
    StatusCode::NO_CONTENT
}

async fn page(State(app): State<Arc<App>>, visit: Visit, me: InPortal) -> Result<Response, Failure> {
    let title = visit.say("portal-welcome-title");
    if matches!(me.0.person.state, AccountState::Joining | AccountState::Stopped) {
        let main = html! {
            h1 { (title) }
            (alert(visit.language, AlertKind::Info, &html! { p data-again=(AGAIN_SECONDS) { (visit.say_html("portal-welcome-checking")) } }))
            div class="buttons" { a class="button button-secondary" href="/portal/welcome" { (visit.say("portal-welcome-again")) } }
        };
        return Ok(shell::with_scripts(&visit, &me, &title, &["portal.js"], &main));
    }
    if me.0.person.state == AccountState::Unknown {
        let main = html! {
            h1 { (title) }
            (alert(visit.language, AlertKind::Warning, &html! { p { (visit.say_html("portal-state-unknown")) } }))
            p { (app.profile.counter) }
        };
        return Ok(shell::bare(&visit, &me, &title, &main));
    }
    let outside = app.outside()?.clone();
    let account = me.0.person.clone();
    let name = blocking(move || Ok(account.profile(&outside.vault)?.map(|profile| profile.name))).await?;
    let is_proved = me.level() == Assurance::High;
    let main = html! {
        h1 { (title) }
        (alert(visit.language, AlertKind::Success, &html! {
            p { @if let Some(name) = name { (visit.say_with("portal-greeting", &[("name", name.as_str().into())])) " " } (visit.say_html("portal-welcome-known")) }
        }))
        @if is_proved {
            @if app.ways()?.party.is_some() {
                section class="card" {
                    h2 { (visit.say("portal-welcome-passkey")) }
                    p { (visit.say_html("portal-welcome-passkey-how")) }
                    (passkey_form(&visit))
                }
            }
            section class="card" {
                h2 { (visit.say("portal-stop-code")) }
                p { (visit.say_html("portal-stop-code-how")) }
                (stop_code_form(&visit))
            }
        }
        div class="buttons" { a class="button button-secondary" href="/portal" { (visit.say("portal-welcome-on")) } }
    };
    Ok(shell::with_scripts(&visit, &me, &title, &["passkey.js"], &main))
}

/// The form that adds a passkey.
pub(super) fn passkey_form(visit: &Visit) -> maud::Markup {
    let (label, hint) = (visit.say("staff-passkey-label"), visit.say("portal-passkey-label-hint"));
    let label = field(
        visit.language,
        &Field {
            name: "label",
            label: &label,
            hint: Some(&hint),
            max_length: Some(40),
            autocomplete: Some("off"),
            ..Field::default()
        },
    );
    form(visit, "create", "/portal/settings/passkeys", &label, &visit.say("portal-passkey-add"))
}

/// The form that makes a stop code.
pub(super) fn stop_code_form(visit: &Visit) -> maud::Markup {
    let at = "/portal/settings/stop-code";
    html! {
        form method="post" action=(at) {
            (visit.csrf(at))
            div class="buttons" { (button(ButtonKind::Secondary, &visit.say("portal-stop-code-make"))) }
        }
    }
}

async fn begin(State(app): State<Arc<App>>, me: InPortal, fields: Fields) -> Result<Response, Failure> {
    let (outside, ways) = (app.outside()?.clone(), app.ways()?.clone());
    let label = fields.get("label").to_owned();
    let begun =
        blocking(move || Ok(passkeys::begin_registration(&outside, ways.party()?, &me.0.person, &label)?)).await?;
    let is_https = app.settings.is_https;
    Ok(options(&begun, session::portal_passkey_cookie(is_https), is_https))
}

async fn finish(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    me: InPortal,
    answer: String,
) -> Result<Response, Failure> {
    let expired = MeansRefusal::Ceremony;
    let secret = secret(&headers, session::portal_passkey_cookie(app.settings.is_https))
        .ok_or_else(|| Failure::saying(expired.kind(), expired.words()))?;
    let (outside, ways, who) = (app.outside()?.clone(), app.ways()?.clone(), me.0.person.id);
    blocking(move || Ok(passkeys::finish_registration(&outside, ways.party()?, who, &secret, &answer)?)).await?;
    Ok(Json(json!({ "next": "/portal/settings/security?done=portal-done-passkey-added" })).into_response())
}

async fn stop_code(State(app): State<Arc<App>>, visit: Visit, me: InPortal) -> Result<Response, Failure> {
    if !me.0.person.state.reads() {
        return Err(Failure::of(Kind::Conflict));
    }
    let (outside, who) = (app.outside()?.clone(), me.0.person.id);
    let code = blocking(move || Ok(stopping::make_code(&outside, who)?)).await?;
    let title = visit.say("portal-stop-code");
    let address = format!("{}/portal/stop", app.settings.portal_origin);
    let main = html! {
        p { (visit.say_html("portal-stop-code-keep")) }
        p class="secret" { (code.reveal()) }
        p { (visit.say("portal-stop-code-where")) " " strong { (address) } }
        p { (app.profile.counter) }
        div class="buttons" { a class="button" href="/portal/settings/security" { (visit.say("portal-stop-code-kept")) } }
    };
    Ok(shell::page(&visit, &me, &title, &main))
}
