//! Enrolling the card of a member of staff: at the personnel desk, with the PIN, through the agent of this PC; in a demo also
//! with a card of the drawer.
//!
//! ```text
//!  prepared ID ─► agent: PIN ─► sealed answer ─► chain, status, signature ─► keyed hash (and, sealed, for doors) ─► live
//!            └─► demo: card of the drawer, PIN ─► the same, and the card's own key ───────────────────────────────┘
//! ```

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Json, Response};
use base::{Id, Kind};
use maud::{Markup, html};
use pki::agent::Verb;
use serde_json::json;
use services::staff_id::actions::Personnel;
use tools::Inside;

use super::drawer::{self, Last, Put};
use super::{MANAGE, beneath, desk, done, end_sessions, tell};
use crate::agents::{Counterpart, bound_to, pages, wording};
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::form::Fields;
use crate::kiosk::card_sentence;
use crate::routes::Routes;
use crate::staff::shell;
use crate::visit::{SignedIn, Visit};

/// What the agent's window says the card is for.
const PURPOSE: &str = "agent-purpose-staff-id";

pub(super) fn routes() -> Routes {
    Routes::new()
        .get("/staff/staff-ids/id/{id}/card", MANAGE, page)
        .post("/staff/staff-ids/id/{id}/card/ask", MANAGE, ask)
        .post("/staff/staff-ids/id/{id}/card/answer", MANAGE, answer)
        .post("/staff/staff-ids/id/{id}/card/drawer", MANAGE, from_drawer)
}

async fn page(
    State(app): State<Arc<App>>,
    visit: Visit,
    me: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    shell::id(&id)?;
    show(&app, &visit, &me, &id, Last::default())
}

fn show(app: &App, visit: &Visit, me: &SignedIn, id: &str, last: Last<'_>) -> Result<Response, Failure> {
    let here = format!("/staff/staff-ids/id/{id}/card");
    let main = html! {
        p { (visit.say("staff-id-enrol-how")) }
        (with_agent_or_drawer(app, visit, &here, "staff-id-enrol-button", last)?)
        div class="buttons" { a href=(super::PATH) { (visit.say("page-back")) } }
    };
    let title = visit.say("staff-id-enrol");
    Ok(match app.counterpart() {
        Ok(counterpart) => pages::page_with_agent(visit, me, &title, counterpart.port, &main),
        Err(_) => shell::page(visit, me, &title, &main),
    })
}

/// How a card is shown on the page at `here`: from the drawer of a demo, and through the agent where the city has agents.
///
/// # Errors
/// There is neither.
pub(super) fn with_agent_or_drawer(
    app: &App,
    visit: &Visit,
    here: &str,
    word: &'static str,
    last: Last<'_>,
) -> Result<Markup, Failure> {
    let drawer = drawer::form(app, visit, &format!("{here}/drawer"), word, last);
    let agent = match (app.counterpart(), &drawer) {
        (Ok(counterpart), _) => {
            Some(pages::asking(visit, counterpart.port, &format!("{here}/ask"), &format!("{here}/answer"), word))
        }
        (Err(none), None) => return Err(none),
        (Err(_), Some(_)) => None,
    };
    Ok(match (drawer, agent) {
        (Some(drawer), Some(agent)) => html! {
            (drawer)
            details { summary { (visit.say("staff-id-drawer-agent")) } (agent) }
        },
        (drawer, agent) => html! { @if let Some(form) = drawer.or(agent) { (form) } },
    })
}

/// In a demo: a card of the drawer. Its own key is kept too, for taps at a desk where staff watch.
async fn from_drawer(
    State(app): State<Arc<App>>,
    visit: Visit,
    me: SignedIn,
    Path(id): Path<String>,
    fields: Fields,
) -> Result<Response, Failure> {
    let (put, desk, one) = (Put::read(&app, &visit, &fields)?, desk(&app, &me)?, shell::id(&id)?);
    let (doing, shown) = (app.clone(), put.clone());
    let member = blocking(move || {
        let proved = match put.proved(one) {
            Ok(proved) => proved,
            Err(say) => return Ok(Err(say)),
        };
        let card = tools::credentials::kinds::certificate_bytes(&proved.verified.certificate_id);
        enrolled(&doing, &desk, one, &card)?;
        desk.keep_own_key(&card, &proved.key).map_err(|error| beneath(&error))?;
        super::member::member_of(&desk, one).map(Ok)
    })
    .await?;
    match member {
        Ok(member) => Ok(shell::done(&super::member::address(member), "staff-done-id-enrolled")),
        Err(say) => show(&app, &visit, &me, &id, shown.last(&say)),
    }
}

async fn ask(State(app): State<Arc<App>>, me: SignedIn, fields: Fields) -> Result<Response, Failure> {
    let bound = bound_to(&me.session);
    let request = request(&app, &fields, bound, PURPOSE).await?;
    Ok(Json(json!({ "request": request })).into_response())
}

/// A request for the agent that the page names.
pub(super) async fn request(
    app: &App,
    fields: &Fields,
    bound: [u8; 32],
    purpose: &'static str,
) -> Result<String, Failure> {
    fields.only(&["agent"])?;
    let agent = Id::parse(fields.get("agent")).map_err(|_| Failure::saying(Kind::NotFound, "agent-staff-unknown"))?;
    let (inside, counterpart) = (app.inside()?.clone(), app.counterpart()?.clone());
    blocking(move || counterpart.ask(&inside, agent, bound, wording(purpose), Verb::Identify)).await
}

/// The card behind an answer: the bytes of its certificate's number.
pub(super) fn proved(
    app: &App,
    counterpart: &Counterpart,
    inside: &Inside,
    bound: &[u8; 32],
    purpose: &'static str,
    fields: &Fields,
) -> Result<Vec<u8>, Failure> {
    // Cards are verified with the means of the certificate machines: the same anchors, the same revocation.
    let place = app.kiosk.as_ref().ok_or_else(|| Failure::of(Kind::Unavailable))?;
    let (request, answer) = (fields.get("request"), fields.get("answer"));
    let opened = counterpart.open(inside, bound, &wording(purpose), request, answer)?;
    let opened = opened.map_err(|no| Failure::saying(Kind::Refused, no.key()))?;
    let issuer = &place.issuer;
    let verified = opened.verify(&issuer.anchors, &*issuer.status, inside.seams.now()).map_err(|refusal| {
        Failure::saying(Kind::Refused, card_sentence(&refusal)).with("counter", inside.profile.counter.clone())
    })?;
    Ok(tools::credentials::kinds::certificate_bytes(&verified.certificate_id))
}

/// The card is the ID's from now on. Who was signed in with another is out.
fn enrolled(app: &App, desk: &Personnel, id: Id, card: &[u8]) -> Result<(), Failure> {
    let account = done(desk.enrol_card(id, card))?;
    tell(app, desk);
    account.map_or(Ok(()), |account| end_sessions(&desk.city, account))
}

async fn answer(
    State(app): State<Arc<App>>,
    visit: Visit,
    me: SignedIn,
    Path(id): Path<String>,
    fields: Fields,
) -> Result<Response, Failure> {
    fields.only(&["request", "answer"])?;
    let (id, desk, counterpart) = (shell::id(&id)?, desk(&app, &me)?, app.counterpart()?.clone());
    let bound = bound_to(&me.session);
    blocking(move || {
        let card = proved(&app, &counterpart, &desk.city, &bound, PURPOSE, &fields)?;
        enrolled(&app, &desk, id, &card)
    })
    .await?;
    Ok(Json(json!({ "message": visit.say("staff-id-enrolled"), "next": super::PATH })).into_response())
}
