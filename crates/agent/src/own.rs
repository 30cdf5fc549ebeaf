//! The agent's own page: with whom it is paired, pairing by a one-time code, unpairing. For whoever sits at this PC.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use maud::html;
use ui::form::{ButtonKind, Field, field};
use ui::notice::{AlertKind, alert};
use ui::table::empty_state;
use ui::{Language, words};

use crate::form::Typed;
use crate::pad::{plain_button, shell};
use crate::pairings::PairingError;
use crate::request::{blocking, comes_from_our_page, is_opened_as_page, language};
use crate::state::Agent;

pub(crate) async fn page(State(agent): State<Arc<Agent>>, headers: HeaderMap) -> Response {
    if !is_opened_as_page(&headers) {
        return StatusCode::FORBIDDEN.into_response();
    }
    draw(&agent, language(&headers), None).await
}

async fn draw(agent: &Arc<Agent>, language: Language, said: Option<(AlertKind, &'static str)>) -> Response {
    let pairings = agent.pairings.clone();
    let all = match blocking(move || pairings.all()).await {
        Some(Ok(all)) => all,
        _ => return (StatusCode::SERVICE_UNAVAILABLE, words().get(language, "agent-refused-pairings")).into_response(),
    };
    let say = |key: &str| words().get(language, key);
    let html_of = |key: &str| words().markup(language, key, &[]);
    let (server, code) = (say("agent-own-server"), say("agent-own-code"));
    let (server_hint, code_hint) = (say("agent-own-server-hint"), say("agent-own-code-hint"));
    let off = Some("off");
    shell(language, "agent-own-title")
        .render(&html! {
            h1 { (html_of("agent-own-title")) }
            p { (html_of("agent-own-lead")) }
            @if let Some((kind, key)) = said { (alert(language, kind, &html! { p { (html_of(key)) } })) }
            h2 { (html_of("agent-own-paired")) }
            @if all.is_empty() { (empty_state(&say("agent-own-none"), &say("agent-own-none-how"))) }
            @for pairing in &all {
                section class="card" {
                    h3 { (if language == Language::English { &pairing.name_english } else { &pairing.name }) }
                    p { @for origin in &pairing.origins { code { (origin) } " " } }
                    p class="hint" { (ui::dates::instant(language, pairing.paired_at)) }
                    form method="post" action="/unpair" {
                        input type="hidden" name="agent" value=(pairing.agent);
                        (plain_button(ButtonKind::Danger, language, "agent-own-unpair"))
                    }
                }
            }
            h2 { (html_of("agent-own-pair")) }
            form method="post" action="/pair" data-once="" {
                (field(language, &Field { name: "server", label: &server, hint: Some(&server_hint), required: true, autocomplete: off, max_length: Some(200), ..Field::default() }))
                (field(language, &Field { name: "code", label: &code, hint: Some(&code_hint), required: true, autocomplete: off, max_length: Some(60), ..Field::default() }))
                div class="buttons" { (plain_button(ButtonKind::Primary, language, "agent-own-pair-button")) }
            }
        })
        .into_response()
}

pub(crate) async fn pair(State(agent): State<Arc<Agent>>, headers: HeaderMap, body: Bytes) -> Response {
    if !comes_from_our_page(&headers) {
        return StatusCode::FORBIDDEN.into_response();
    }
    let typed = Typed::parse(&body);
    let agent_ = agent.clone();
    let done =
        blocking(move || agent_.pairings.pair(&agent_.seams, typed.get("server"), typed.get("code")).map(|_| ())).await;
    let said = match done {
        Some(Ok(())) => (AlertKind::Success, "agent-own-done"),
        Some(Err(error)) => {
            tracing::warn!(%error, "no pairing was made");
            (AlertKind::Error, sentence(&error))
        }
        None => (AlertKind::Error, "agent-pad-defect"),
    };
    draw(&agent, language(&headers), Some(said)).await
}

const fn sentence(error: &PairingError) -> &'static str {
    match error {
        PairingError::Address => "agent-own-address",
        PairingError::Unreachable(_) => "agent-own-unreachable",
        PairingError::Refused => "agent-own-refused",
        PairingError::NotBelieved(_) | PairingError::OtherPlace => "agent-own-not-believed",
        PairingError::File(_) | PairingError::Damaged | PairingError::Key(_) => "agent-refused-pairings",
    }
}

pub(crate) async fn unpair(State(agent): State<Arc<Agent>>, headers: HeaderMap, body: Bytes) -> Response {
    if !comes_from_our_page(&headers) {
        return StatusCode::FORBIDDEN.into_response();
    }
    let typed = Typed::parse(&body);
    let pairings = agent.pairings.clone();
    let done = blocking(move || pairings.remove(typed.get("agent"))).await;
    let said = match done {
        Some(Ok(_)) => (AlertKind::Success, "agent-own-unpaired"),
        _ => (AlertKind::Error, "agent-refused-pairings"),
    };
    draw(&agent, language(&headers), Some(said)).await
}
