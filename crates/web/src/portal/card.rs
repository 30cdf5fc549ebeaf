//! Coming in by the card at a reader, through the agent on one's own PC; and pairing that agent.
//!
//! ```text
//!  page ─► agent.js ─► ask: request bound to this browser ─► agent, PIN in its own window ─► sealed answer
//!       ─► answer: opened, judged (chain, status, signature) ─► account ─► the inside judges it again
//! ```

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Json, Response};
use base::{Id, Kind};
use maud::{Markup, html};
use pki::agent::Verb;
use serde_json::json;
use tools::passkeys::CeremonySecret;
use tools::portal::joining::{CardProof, Proof};
use tools::portal::means::MeansKind;
use tools::portal::{AccountId, Assurance, MeansRefusal, ceremony, entry};
use tools::staff::StaffError;
use tools::terminals::agents;
use tools::{Outside, passkeys};
use ui::form::{ButtonKind, button};

use super::sign_in;
use super::ways::{self, By, Cards, Ways};
use crate::agents::{ReachesAgent, bound_to_key, pages, wording};
use crate::app::{App, blocking};
use crate::assets;
use crate::error::Failure;
use crate::form::Fields;
use crate::kiosk::card_sentence;
use crate::routes::{Routes, Rule};
use crate::visit::{InPortal, Visit};

/// Its routes.
pub fn routes() -> Routes {
    let here = Rule::Resident(Assurance::Public);
    Routes::new()
        .get("/portal/sign-in/card", Rule::Public, page)
        .post("/portal/sign-in/card/ask", Rule::Public, ask)
        .post("/portal/sign-in/card/answer", Rule::Public, answer)
        .post("/portal/sign-in/agent", Rule::Public, announce)
        .post("/portal/step-up/card/ask", here, ask_here)
        .post("/portal/step-up/card/answer", here, answer_here)
}

/// What the agent's window says the card is for.
const PURPOSE: &str = "agent-purpose-portal";
const CARD: &str = "card";
/// Agents that may wait to be paired at once: a stranger's codes are forgotten after minutes. Ours.
const MOST_AWAITING: i64 = 1_000;

fn cards(ways: &Ways) -> Result<&Cards, Failure> {
    ways.cards.as_ref().ok_or_else(|| Failure::of(Kind::NotFound))
}

/// The page may talk to the agent of this PC.
pub(super) fn reach_agent(ways: &Ways, response: &mut Response) {
    if let Some(cards) = &ways.cards {
        response.extensions_mut().insert(ReachesAgent(cards.counterpart.port));
    }
}

async fn page(State(app): State<Arc<App>>, headers: HeaderMap, visit: Visit) -> Result<Response, Failure> {
    if let Some(there) = ways::elsewhere(&app, &headers, &visit.address) {
        return Ok(there);
    }
    let ways = app.ways()?;
    let port = cards(ways)?.counterpart.port;
    let title = visit.say("portal-card-title");
    let (ask, answer) = ("/portal/sign-in/card/ask", "/portal/sign-in/card/answer");
    let main = html! {
        h1 { (title) }
        p { (visit.say_html("portal-card-how")) }
        (pages::asking(&visit, port, ask, answer, "portal-card-button"))
        section class="card" {
            h2 { (visit.say("portal-agent-title")) }
            p { (visit.say_html("portal-agent-how")) }
            form method="post" action="/portal/sign-in/agent" {
                div class="buttons" { (button(ButtonKind::Secondary, &visit.say("portal-agent-button"))) }
            }
        }
        section class="card" { p { (visit.say_html("portal-help-locked")) } }
        div class="buttons" { a href="/portal/sign-in" { (visit.say("page-back")) } }
    };
    let mut response = visit.page(&title).script(assets::path("agent.js")).render(&main).into_response();
    reach_agent(ways, &mut response);
    Ok(response)
}

/// The same on the page that asks for the card again.
pub(super) fn asking_here(visit: &Visit, cards: &Cards, next: &str) -> Markup {
    let port = cards.counterpart.port;
    let answer = "/portal/step-up/card/answer";
    html! {
        section class="card" {
            h2 { (visit.say("portal-in-card")) }
            p { (visit.say_html("portal-in-card-how")) }
            (pages::asking(visit, port, "/portal/step-up/card/ask", answer, "portal-card-button"))
            @if next != "/portal" { p { a href=(next) { (visit.say("portal-card-then")) } } }
        }
    }
}

fn agent_of(fields: &Fields) -> Result<Id, Failure> {
    fields.only(&["agent"])?;
    Id::parse(fields.get("agent")).map_err(|_| Failure::saying(Kind::NotFound, "portal-agent-unknown"))
}

fn request(outside: &Outside, cards: &Cards, agent: Id, bound: [u8; 32]) -> Result<String, Failure> {
    let asked = cards.counterpart.ask(outside, agent, bound, wording(PURPOSE), Verb::Identify);
    asked.map_err(|failure| match failure.kind {
        Kind::NotFound => Failure::saying(Kind::NotFound, "portal-agent-unknown"),
        _ => failure,
    })
}

async fn ask(State(app): State<Arc<App>>, fields: Fields) -> Result<Response, Failure> {
    let agent = agent_of(&fields)?;
    let (outside, ways) = (app.outside()?.clone(), app.ways()?.clone());
    let (request, secret) = blocking(move || {
        let secret = ceremony::remember(&outside, CARD, None, &(), passkeys::CEREMONY_SECONDS)?;
        Ok((request(&outside, cards(&ways)?, agent, bound_to_key(&secret.hash()))?, secret))
    })
    .await?;
    let mut response = Json(json!({ "request": request })).into_response();
    ways::give_under_way(&app, &mut response, &secret);
    Ok(response)
}

async fn ask_here(State(app): State<Arc<App>>, me: InPortal, fields: Fields) -> Result<Response, Failure> {
    let agent = agent_of(&fields)?;
    let (outside, ways) = (app.outside()?.clone(), app.ways()?.clone());
    let request = blocking(move || request(&outside, cards(&ways)?, agent, bound_to_key(&me.0.key))).await?;
    Ok(Json(json!({ "request": request })).into_response())
}

/// The account behind the card of this answer.
fn recognise(outside: &Outside, ways: &Ways, bound: &[u8; 32], fields: &Fields) -> Result<Option<AccountId>, Failure> {
    let cards = cards(ways)?;
    let (request, answer) = (fields.get("request"), fields.get("answer"));
    let opened = cards.counterpart.open(outside, bound, &wording(PURPOSE), request, answer)?;
    let opened = opened.map_err(|no| Failure::saying(Kind::Refused, no.key()))?;
    let verified = opened.verify(&cards.anchors, &*cards.status, outside.seams.now()).map_err(|refusal| {
        Failure::saying(Kind::Refused, card_sentence(&refusal)).with("counter", outside.profile.counter.clone())
    })?;
    let id = &verified.certificate_id;
    let value = tools::credentials::kinds::certificate_bytes(id);
    let proof = CardProof::new(&opened.request.request.challenge(), opened.answer.presented());
    let found = entry::by_card_or_app(outside, &ways.post, MeansKind::Card, &value, Some(Proof::Card(proof)));
    Ok(found?)
}

async fn answer(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    visit: Visit,
    fields: Fields,
) -> Result<Response, Failure> {
    fields.only(&["request", "answer"])?;
    let secret: CeremonySecret = ways::under_way(&app, &headers)?;
    let (outside, ways) = (app.outside()?.clone(), app.ways()?.clone());
    let before = ways::session_secret(&app, &headers);
    let (started, is_open) = blocking(move || {
        let ((), bound) = (ceremony::take(&outside, CARD, &secret)?.1, bound_to_key(&secret.hash()));
        let who = recognise(&outside, &ways, &bound, &fields)?.ok_or_else(|| Failure::of(Kind::Refused))?;
        let is_open = sign_in::is_open(&outside, who)?;
        Ok((ways::start(&outside, who, By::Card, before)?, is_open))
    })
    .await?;
    let next = ways::onward(&app, &headers, is_open);
    let mut response = Json(json!({ "message": visit.say("portal-card-proved"), "next": next })).into_response();
    ways::give_session(&app, &mut response, &started);
    Ok(response)
}

async fn answer_here(
    State(app): State<Arc<App>>,
    visit: Visit,
    me: InPortal,
    fields: Fields,
) -> Result<Response, Failure> {
    fields.only(&["request", "answer"])?;
    let (outside, ways) = (app.outside()?.clone(), app.ways()?.clone());
    let is_proved = blocking(move || {
        let who = recognise(&outside, &ways, &bound_to_key(&me.0.key), &fields)?;
        sign_in::proved(&outside, me.0.key.clone(), who)
    })
    .await?;
    if !is_proved {
        let refusal = MeansRefusal::AnotherAccount;
        return Err(Failure::saying(refusal.kind(), refusal.words()));
    }
    Ok(Json(json!({ "message": visit.say("portal-card-proved") })).into_response())
}

/// A code by which the agent of this PC is paired with the portal. Whoever pairs one proves nothing by it: the card does.
async fn announce(State(app): State<Arc<App>>, visit: Visit) -> Result<Response, Failure> {
    cards(app.ways()?)?;
    let outside = app.outside()?.clone();
    let (_, code) = blocking(move || {
        let seams = outside.seams.clone();
        let announced = outside.store.write::<_, StaffError, _>(move |tx| {
            agents::forget_unpaired(tx, seams.now())?;
            if agents::awaiting(tx)? >= MOST_AWAITING {
                return Ok(None);
            }
            agents::announce_own(tx, &seams, "portal", "own").map(Some)
        })?;
        announced.ok_or_else(|| Failure::saying(Kind::TooMany, "error-too-many").after_seconds(60))
    })
    .await?;
    let title = visit.say("portal-agent-title");
    let command = format!("yakuba agent pair --server {} --code {}", app.settings.portal_origin, code.reveal());
    let main = html! {
        h1 { (title) }
        p { (visit.say_html("portal-agent-code-how")) }
        p class="secret" { (code.reveal()) }
        p { (visit.say("agent-staff-code-command")) }
        p class="secret" { (command) }
        div class="buttons" { a class="button" href="/portal/sign-in/card" { (visit.say("portal-agent-done")) } }
    };
    Ok(visit.page(&title).render(&main).into_response())
}
