//! Signing in to the console with the card of one's staff ID (カードで). The card is proved with its PIN through the agent of
//! this PC; a live ID of somebody employed today says which account, and the account says which roles.
//!
//! Which account a card opens, its holder says once: signed in with the passkey, with the card in hand. Nobody else can.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Json, Redirect, Response};
use base::{Id, Kind};
use maud::{Markup, html};
use serde_json::json;
use services::staff_id::actions::Personnel;
use tools::Inside;
use tools::access::Actor;
use tools::audit::{self, Event};
use tools::credentials::kinds::certificate_bytes;
use tools::staff;

use super::card::{proved, request, with_agent_or_drawer};
use super::drawer::{self, Last, Put};
use super::{beneath, desk};
use crate::agents::{ReachesAgent, bound_to, bound_to_key, pages};
use crate::app::{App, blocking};
use crate::assets;
use crate::error::Failure;
use crate::form::Fields;
use crate::routes::{Routes, Rule};
use crate::session::{self, Secret};
use crate::staff::words::roles;
use crate::staff::{shell, sign_in as console};
use crate::visit::{SignedIn, Visit};

/// Where it is done.
pub(crate) const PATH: &str = "/staff/sign-in/card";
const PURPOSE: &str = "agent-purpose-staff-sign-in";
/// The reader of the demo at which anybody signs in.
const SIGN_IN_PC: Id = Id::from_bytes(*b"demo, sign-in pc");

pub(super) fn routes() -> Routes {
    Routes::new()
        .get(PATH, Rule::Public, page)
        .post("/staff/sign-in/card/ask", Rule::Public, ask)
        .post("/staff/sign-in/card/answer", Rule::Public, answer)
        .post("/staff/sign-in/card/drawer", Rule::DemoLoopback, from_drawer)
        .get("/staff/me/card", Rule::StaffSignedIn, mine)
        .post("/staff/me/card/ask", Rule::StaffSignedIn, ask_mine)
        .post("/staff/me/card/answer", Rule::StaffSignedIn, answer_mine)
        .post("/staff/me/card/drawer", Rule::StaffSignedIn, mine_from_drawer)
        .get("/staff/me/doors", Rule::StaffSignedIn, openings)
}

/// The cookie that binds a request for a card to this browser.
const fn cookie(is_https: bool) -> &'static str {
    if is_https { "__Host-yakuba-staff-card" } else { "yakuba-staff-card" }
}

/// Which card of a demo's drawer lies on top.
#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct OnTop {
    card: usize,
}

async fn page(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    visit: Visit,
    Query(OnTop { card }): Query<OnTop>,
) -> Result<Response, Failure> {
    if let Some(there) = console::elsewhere(&app, &headers, &visit) {
        return Ok(there);
    }
    show(&app, &visit, Last { card, say: None })
}

fn show(app: &App, visit: &Visit, last: Last<'_>) -> Result<Response, Failure> {
    let title = visit.say("staff-id-sign-in");
    let main = html! {
        h1 { (title) }
        p { (visit.say("staff-id-sign-in-how")) }
        (with_agent_or_drawer(app, visit, PATH, "staff-id-sign-in-button", last)?)
        div class="buttons" { a href="/staff/sign-in" { (visit.say("staff-id-sign-in-passkey")) } }
    };
    let mut response = visit.page(&title).script(assets::path("agent.js")).render(&main).into_response();
    if let Ok(counterpart) = app.counterpart() {
        response.extensions_mut().insert(ReachesAgent(counterpart.port));
    }
    Ok(response)
}

async fn ask(State(app): State<Arc<App>>, fields: Fields) -> Result<Response, Failure> {
    let (secret, is_https) = (Secret::fresh(&app.seams), app.settings.is_https);
    let request = request(&app, &fields, bound_to_key(&secret.key()), PURPOSE).await?;
    let mut response = Json(json!({ "request": request })).into_response();
    session::give(&mut response, &session::set_cookie(cookie(is_https), &secret.cookie_value(), is_https));
    Ok(response)
}

/// The same refusal whatever is behind it: no card at hand tells whose it is.
fn not_in() -> Failure {
    Failure::saying(Kind::Refused, "staff-id-sign-in-refused").next("/staff/sign-in", "staff-sign-in-title")
}

/// The account of a proved card, signed in.
fn enter(inside: &Inside, card: &[u8], before: Option<Secret>) -> Result<Secret, Failure> {
    let desk = Personnel { city: inside.clone(), by: Actor::System { job: "sign-in" } };
    let kept = desk.by_card(card).map_err(|error| beneath(&error))?;
    let Some(account) = kept.and_then(|kept| kept.account) else { return Err(not_in()) };
    let found = inside.store.read(|tx| staff::account(tx, account))?;
    let account = found.filter(|account| account.is_active).ok_or_else(not_in)?;
    let (seams, actor) = (inside.seams.clone(), account.actor());
    inside.store.write::<_, store::StoreError, _>(move |tx| {
        audit::append(tx, &seams, &actor, Event::StaffSignedIn, &[("how", "card")]).map(|_| ())
    })?;
    console::start_session(inside, account.id, before)
}

/// In a demo: a card of the drawer, with its PIN as at any PC.
async fn from_drawer(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    visit: Visit,
    fields: Fields,
) -> Result<Response, Failure> {
    let (put, inside) = (Put::read(&app, &visit, &fields)?, app.inside()?.clone());
    let (before, shown) = (console::session_secret(&app, &headers), put.clone());
    let secret = blocking(move || {
        Ok(match put.proved(SIGN_IN_PC) {
            Ok(proved) => Ok(enter(&inside, &certificate_bytes(&proved.verified.certificate_id), before)?),
            Err(say) => Err(say),
        })
    })
    .await?;
    let secret = match secret {
        Ok(secret) => secret,
        Err(say) => return show(&app, &visit, shown.last(&say)),
    };
    let (mut response, is_https) = (Redirect::to("/staff").into_response(), app.settings.is_https);
    let door = session::Door::Staff.cookie(is_https);
    session::give(&mut response, &session::set_cookie(door, &secret.cookie_value(), is_https));
    Ok(response)
}

async fn answer(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    visit: Visit,
    fields: Fields,
) -> Result<Response, Failure> {
    fields.only(&["request", "answer"])?;
    let is_https = app.settings.is_https;
    let secret = session::cookie(&headers, cookie(is_https)).and_then(Secret::parse);
    let bound =
        bound_to_key(&secret.ok_or_else(|| Failure::saying(Kind::Refused, "agent-refused-not-from-server"))?.key());
    let (counterpart, inside) = (app.counterpart()?.clone(), app.inside()?.clone());
    let (before, doing) = (console::session_secret(&app, &headers), app.clone());
    let secret = blocking(move || {
        let card = proved(&doing, &counterpart, &inside, &bound, PURPOSE, &fields)?;
        enter(&inside, &card, before)
    })
    .await?;
    let message = visit.say("staff-id-signed-in");
    let mut response = Json(json!({ "message": message, "next": "/staff" })).into_response();
    let door = session::Door::Staff.cookie(is_https);
    session::give(&mut response, &session::set_cookie(door, &secret.cookie_value(), is_https));
    session::give(&mut response, &session::clear_cookie(cookie(is_https), is_https));
    Ok(response)
}

async fn mine(State(app): State<Arc<App>>, visit: Visit, me: SignedIn) -> Result<Response, Failure> {
    show_mine(&app, &visit, &me, Last::default())
}

fn show_mine(app: &App, visit: &Visit, me: &SignedIn, last: Last<'_>) -> Result<Response, Failure> {
    let main = html! {
        p { (visit.say("staff-id-mine-how")) }
        (with_agent_or_drawer(app, visit, "/staff/me/card", "staff-id-mine-button", last)?)
        div class="buttons" { a href="/staff/me" { (visit.say("page-back")) } }
    };
    let title = visit.say("staff-id-mine");
    Ok(match app.counterpart() {
        Ok(counterpart) => pages::page_with_agent(visit, me, &title, counterpart.port, &main),
        Err(_) => shell::page(visit, me, &title, &main),
    })
}

/// Links a proved card's member with the account that is signed in.
fn link(desk: &Personnel, account: Id, card: &[u8]) -> Result<(), Failure> {
    let kept = desk.by_card(card).map_err(|error| beneath(&error))?.ok_or_else(not_in)?;
    let is_anothers = kept.account.is_some_and(|linked| linked != account);
    let is_linked = !is_anothers && desk.link(&kept.member.number, Some(account)).map_err(|error| beneath(&error))?;
    if is_linked { Ok(()) } else { Err(Failure::saying(Kind::Conflict, "staff-id-no-account-taken")) }
}

/// In a demo: a card of the drawer.
async fn mine_from_drawer(
    State(app): State<Arc<App>>,
    visit: Visit,
    me: SignedIn,
    fields: Fields,
) -> Result<Response, Failure> {
    let (put, desk, account) = (Put::read(&app, &visit, &fields)?, desk(&app, &me)?, me.account.id);
    let shown = put.clone();
    let linked = blocking(move || {
        Ok(match put.proved(account) {
            Ok(proved) => Ok(link(&desk, account, &certificate_bytes(&proved.verified.certificate_id))?),
            Err(say) => Err(say),
        })
    })
    .await?;
    match linked {
        Ok(()) => Ok(shell::done("/staff/me", "staff-done-id-linked")),
        Err(say) => show_mine(&app, &visit, &me, shown.last(&say)),
    }
}

async fn ask_mine(State(app): State<Arc<App>>, me: SignedIn, fields: Fields) -> Result<Response, Failure> {
    let request = request(&app, &fields, bound_to(&me.session), PURPOSE).await?;
    Ok(Json(json!({ "request": request })).into_response())
}

async fn answer_mine(
    State(app): State<Arc<App>>,
    visit: Visit,
    me: SignedIn,
    fields: Fields,
) -> Result<Response, Failure> {
    fields.only(&["request", "answer"])?;
    let (desk, counterpart, bound) = (desk(&app, &me)?, app.counterpart()?.clone(), bound_to(&me.session));
    blocking(move || {
        let card = proved(&app, &counterpart, &desk.city, &bound, PURPOSE, &fields)?;
        link(&desk, me.account.id, &card)
    })
    .await?;
    Ok(Json(json!({ "message": visit.say("staff-id-mine-done"), "next": "/staff/me" })).into_response())
}

/// Which doors one's own ID opened, and when.
async fn openings(State(app): State<Arc<App>>, visit: Visit, me: SignedIn) -> Result<Response, Failure> {
    let (desk, account) = (desk(&app, &me)?, me.account.id);
    let all = blocking(move || {
        let kept = desk.read(|tx, vault| services::staff_id::kept::of_account(tx, vault, account));
        let Some(kept) = kept.map_err(|error| beneath(&error))? else { return Ok(Vec::new()) };
        desk.openings(Some(&kept.member.number)).map_err(|error| beneath(&error))
    })
    .await?;
    let title = visit.say("staff-id-my-doors");
    let main = html! {
        p { (visit.say("staff-id-my-doors-how")) }
        (super::doors::table(&visit, &title, &all, false))
        div class="buttons" { a href="/staff/me" { (visit.say("page-back")) } }
    };
    Ok(shell::page(&visit, &me, &title, &main))
}

/// Whether a card can be shown to the console: through an agent, or from a demo's drawer.
pub(crate) fn takes_cards(app: &App, visit: &Visit) -> bool {
    app.agents.is_some() || drawer::cards(app, visit).is_some()
}

/// A member of staff of a demo who signs in with a card of the drawer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// The card's place in the drawer.
    pub card: usize,
    /// What they are trusted with.
    pub roles: Vec<staff::Role>,
    /// Words of the page that says what to try as this one.
    pub key: &'static str,
}

/// In a demo, at its own computer: whose cards of the drawer open the console, and what to try with each.
pub(crate) fn samples(app: &App, visit: &Visit) -> Markup {
    let cards = drawer::cards(app, visit).unwrap_or_default();
    html! {
        @if !cards.is_empty() && !app.sample_staff.is_empty() {
            section {
                h2 { (visit.say("staff-id-samples")) }
                p { (visit.say("staff-id-samples-how")) }
                @for one in &app.sample_staff {
                    @if let Some(card) = cards.get(one.card) {
                        section class="card" {
                            h3 { (roles(visit, &one.roles)) }
                            p { (visit.say(one.key)) }
                            p { (visit.say_with("staff-id-samples-card", &[("card", card.label.as_str().into()),
                                ("pin", card.pin.as_str().into())])) }
                            div class="buttons" {
                                a class="button" href=(format!("{PATH}?card={}", one.card))
                                    aria-label=(format!("{}: {}", visit.say("staff-id-samples-go"), roles(visit, &one.roles))) {
                                    (visit.say("staff-id-samples-go"))
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// What stands on one's own page about card and doors.
pub(crate) fn links(app: &App, visit: &Visit) -> Markup {
    html! {
        h2 { (visit.say("staff-id-mine")) }
        ul {
            @if takes_cards(app, visit) { li { a href="/staff/me/card" { (visit.say("staff-id-mine-button")) } } }
            li { a href="/staff/me/doors" { (visit.say("staff-id-my-doors")) } }
        }
    }
}
