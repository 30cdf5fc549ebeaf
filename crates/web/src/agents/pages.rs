//! Staff pages: agents and their codes; and trying one's card at the agent of this PC.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Json, Response};
use base::{Id, Kind};
use maud::{Markup, html};
use pki::agent::Verb;
use serde_json::json;
use tools::staff::Action;
use tools::terminals::Status;
use tools::terminals::agents::{self, Agent};
use ui::form::{ButtonKind, Field, button, field, one_button};
use ui::notice::{AlertKind, alert, chip};
use ui::table::{count, empty_state};

use super::{ReachesAgent, bound_to, wording};
use crate::app::{App, blocking};
use crate::assets;
use crate::error::Failure;
use crate::form::Fields;
use crate::kiosk::card_sentence;
use crate::routes::{Routes, Rule};
use crate::staff::shell;
use crate::visit::{SignedIn, Visit};

const PATH: &str = "/staff/agents";
const ANNOUNCE: &str = "/staff/agents/announce";
const TRY: &str = "/staff/agents/try";
const ASK: &str = "/staff/agents/identify";
const ANSWER: &str = "/staff/agents/identify/answer";
/// What the pad says a card is tried for.
const PURPOSE: &str = "agent-purpose-try";

pub(super) fn routes() -> Routes {
    let manage = Rule::Staff(Action::ManageTerminals);
    Routes::new()
        .get(PATH, manage, page)
        .post(ANNOUNCE, manage, announce)
        .post("/staff/agents/{agent}/stop", manage, stop)
        .get(TRY, Rule::StaffSignedIn, try_page)
        .post(ASK, Rule::StaffSignedIn, ask)
        .post(ANSWER, Rule::StaffSignedIn, answer)
}

async fn page(State(app): State<Arc<App>>, visit: Visit, me: SignedIn) -> Result<Response, Failure> {
    let inside = app.inside()?.clone();
    let all = blocking(move || Ok(inside.store.read(agents::list)?)).await?;
    let rows: Vec<Vec<Markup>> = all.iter().map(|agent| row(&visit, agent)).collect();
    let title = visit.say("agent-staff-title");
    let headings =
        ["staff-terminal-place", "staff-terminal-name", "staff-state", "agent-staff-paired", "staff-what-to-do"];
    let main = html! {
        (shell::said(&visit))
        p { (visit.say_html("agent-staff-lead")) }
        (count(visit.language, all.len()))
        @if rows.is_empty() { (empty_state(&visit.say("agent-staff-none"), &visit.say("agent-staff-none-how"))) }
        @else { (visit.table(&title, &headings, &rows)) }
        p { a href=(TRY) { (visit.say("agent-staff-try")) } }
        (announce_form(&visit))
    };
    Ok(shell::page(&visit, &me, &title, &main))
}

fn row(visit: &Visit, agent: &Agent) -> Vec<Markup> {
    let time = |at: Option<base::Timestamp>| at.map(|at| ui::dates::instant(visit.language, at)).unwrap_or_default();
    let (kind, key) = match agent.status {
        Status::Awaiting => (AlertKind::Info, "staff-terminal-awaiting"),
        Status::Active => (AlertKind::Success, "staff-terminal-active"),
        Status::Stopped => (AlertKind::Error, "staff-terminal-stopped"),
    };
    let address = format!("{PATH}/{}/stop", agent.id);
    let about = format!("{} {}", agent.place, agent.name);
    vec![
        html! { (agent.place) },
        html! { (agent.name) },
        chip(kind, &visit.say(key)),
        html! { (time(agent.paired_at)) },
        html! { @if agent.status == Status::Stopped { (time(agent.stopped_at)) } @else {
            (one_button(&address, &visit.csrf(&address), ButtonKind::Danger, &visit.say("staff-terminal-stop"), Some(&about)))
        } },
    ]
}

fn announce_form(visit: &Visit) -> Markup {
    let (place, name) = (visit.say("staff-terminal-place"), visit.say("staff-terminal-name"));
    let off = Some("off");
    html! {
        section class="card" {
            h2 { (visit.say("agent-staff-announce")) }
            form method="post" action=(ANNOUNCE) {
                (visit.csrf(ANNOUNCE))
                div class="fields" {
                    (field(visit.language, &Field { name: "place", label: &place, required: true, autocomplete: off, max_length: Some(60), ..Field::default() }))
                    (field(visit.language, &Field { name: "name", label: &name, required: true, autocomplete: off, max_length: Some(60), ..Field::default() }))
                }
                div class="buttons" { (button(ButtonKind::Primary, &visit.say("agent-staff-announce-button"))) }
            }
        }
    }
}

async fn announce(
    State(app): State<Arc<App>>,
    visit: Visit,
    me: SignedIn,
    fields: Fields,
) -> Result<Response, Failure> {
    let (inside, actor) = (app.inside()?.clone(), me.actor());
    let (name, place) = (fields.get("name").to_owned(), fields.get("place").to_owned());
    let (agent, code) = blocking(move || {
        let seams = inside.seams.clone();
        inside.store.write(move |tx| agents::announce(tx, &seams, &actor, &name, &place)).map_err(Failure::from)
    })
    .await
    .map_err(|failure| match failure.kind {
        Kind::Invalid => Failure::saying(Kind::Invalid, "staff-terminal-name-wrong").next(PATH, "page-back"),
        _ => failure,
    })?;
    let command = format!("yakuba agent pair --server {} --code {}", app.settings.staff_origin, code.reveal());
    let main = html! {
        (alert(visit.language, AlertKind::Success, &html! { p { (visit.say("agent-staff-code-how")) } }))
        h2 { (agent.place) " " (agent.name) }
        p class="secret" { (code.reveal()) }
        p { (visit.say("agent-staff-code-command")) }
        p class="secret" { (command) }
        div class="buttons" { a href=(PATH) { (visit.say("page-back")) } }
    };
    Ok(shell::page(&visit, &me, &visit.say("agent-staff-code-title"), &main))
}

async fn stop(State(app): State<Arc<App>>, me: SignedIn, Path(id): Path<String>) -> Result<Response, Failure> {
    let id = shell::id(&id)?;
    shell::change(&app, PATH, "staff-done-terminal-stopped", move |tx, seams| {
        if agents::stop(tx, seams, &me.actor(), id)? {
            Ok(())
        } else {
            Err(Failure::saying(Kind::Gone, "staff-terminal-gone").next(PATH, "agent-staff-title"))
        }
    })
    .await
}

/// A page that has the card on this PC prove who taps, and says only whether it did.
async fn try_page(State(app): State<Arc<App>>, visit: Visit, me: SignedIn) -> Result<Response, Failure> {
    let port = app.counterpart()?.port;
    let main = html! {
        p { (visit.say_html("agent-staff-try-lead")) }
        (asking(&visit, port, ASK, ANSWER, "agent-staff-try-button"))
    };
    Ok(page_with_agent(&visit, &me, &visit.say("agent-staff-try-title"), port, &main))
}

/// The button that has the card on this PC prove who taps: asks at `ask`, brings the answer to `answer`, and says what
/// comes back.
pub(crate) fn asking(visit: &Visit, port: u16, ask: &str, answer: &str, button: &str) -> Markup {
    let say = |key: &str| visit.say(key);
    html! {
        noscript { (alert(visit.language, AlertKind::Warning, &html! { p { (say("agent-staff-try-script")) } })) }
        div id="agent" data-agent=(format!("http://127.0.0.1:{port}"))
            data-ask=(ask) data-ask-token=(visit.csrf_token(ask))
            data-answer=(answer) data-answer-token=(visit.csrf_token(answer))
            data-absent=(say("agent-page-absent")) data-waiting=(say("agent-page-waiting"))
            data-stopped=(say("agent-page-stopped")) data-over=(say("agent-page-over"))
            data-open=(say("agent-page-open")) data-failed=(say("agent-page-failed")) {
            div class="buttons" { button type="button" class="button" { (say(button)) } }
            p id="agent-said" role="status" tabindex="-1" {}
        }
    }
}

/// A console page that may reach the agent of this PC.
pub(crate) fn page_with_agent(visit: &Visit, me: &SignedIn, title: &str, port: u16, main: &Markup) -> Response {
    let mut console = shell::Console::new(visit, me, title);
    console.script(assets::path("agent.js"));
    let mut response = console.render(main);
    response.extensions_mut().insert(ReachesAgent(port));
    response
}

async fn ask(State(app): State<Arc<App>>, me: SignedIn, fields: Fields) -> Result<Response, Failure> {
    fields.only(&["agent"])?;
    let (inside, counterpart) = (app.inside()?.clone(), app.counterpart()?.clone());
    let agent = Id::parse(fields.get("agent")).map_err(|_| Failure::saying(Kind::NotFound, "agent-staff-unknown"))?;
    let bound = bound_to(&me.session);
    let request = blocking(move || counterpart.ask(&inside, agent, bound, wording(PURPOSE), Verb::Identify)).await?;
    Ok(Json(json!({ "request": request })).into_response())
}

async fn answer(State(app): State<Arc<App>>, visit: Visit, me: SignedIn, fields: Fields) -> Result<Response, Failure> {
    fields.only(&["request", "answer"])?;
    let (inside, counterpart) = (app.inside()?.clone(), app.counterpart()?.clone());
    // Cards are verified with the means of the certificate machines: the same anchors, the same revocation.
    let place = app.kiosk.clone().ok_or_else(|| Failure::of(Kind::Unavailable))?;
    let bound = bound_to(&me.session);
    let key =
        blocking(move || {
            let opened = counterpart
                .open(&inside, &bound, &wording(PURPOSE), fields.get("request"), fields.get("answer"))
                .map_err(|error| Failure::defect("agents", &error))?;
            let opened = opened.map_err(|no| Failure::saying(Kind::Refused, no.key()))?;
            match opened.verify(&place.issuer.anchors, &*place.issuer.status, inside.seams.now()) {
                Ok(_) => Ok("agent-staff-try-proved"),
                Err(refusal) => Err(Failure::saying(Kind::Refused, card_sentence(&refusal))
                    .with("counter", inside.profile.counter.clone())),
            }
        })
        .await?;
    Ok(Json(json!({ "message": visit.say(key) })).into_response())
}
