//! Apps a person connects: the question whether to, in words a person understands; and the list, with the way out.
//!
//! ```text
//!  /portal/apps/consent/…  who asks, what, for what, how long ─► yes (card) · no ─► back to the app
//!  /portal/apps           connected apps, what each read, stop
//! ```
//! A new yes needs the card ([`Assurance::High`]); one that holds already is used with the daily sign-in.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use base::{Id, Kind, Timestamp};
use maud::{Markup, html};
use openid::provider::{Asked, ErrorCode, PushedRequest, limits};
use store::StoreError;
use tools::data_apps::conversation::{Answering, Desk};
use tools::data_apps::grants::{self, Grant, Use};
use tools::data_apps::{AppState, AppsError, DataApp};
use tools::portal::Assurance;
use ui::form::{ButtonKind, checkboxes, link_button, one_button, radios};
use ui::notice::{AlertKind, alert, chip, facts};
use ui::table::empty_state;

use super::shell;
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::form::Fields;
use crate::provider::{self, Carried, shown};
use crate::routes::{Routes, Rule};
use crate::visit::{InPortal, Visit};

const PATH: &str = "/portal/apps";
const CONSENT: &str = "/portal/apps/consent";

/// Their routes.
pub fn routes() -> Routes {
    let daily = Rule::Resident(Assurance::Substantial);
    Routes::new()
        .get(PATH, daily, list)
        .get("/portal/apps/consent/{app}/{name}", daily, consent)
        .post(CONSENT, daily, answer)
        .post("/portal/apps/{grant}/stop", daily, stop)
}

/// What stands between a person and their answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ready {
    /// A yes that holds already covers it.
    Covered,
    /// They may say yes.
    Asked,
    /// The card first.
    Card,
    /// They act for somebody else, whose data is not theirs to hand on.
    NotOwn,
    /// The app is being tried, and takes made-up residents only.
    Sandbox,
}

/// A request with everything that decides how it is asked.
struct Weighed {
    request: PushedRequest,
    app: DataApp,
    ready: Ready,
    /// When the person was last proved, in seconds since 1970.
    proved_at: i64,
}

fn weigh(desk: &Desk, asked: &Asked, me: &InPortal) -> Result<Weighed, Failure> {
    let (request, app) = desk.open(asked)?;
    let proved_at = desk.proved_at(&me.0.key)?;
    let begun = request.until - limits::PUSHED_SECONDS;
    let is_high = me.level() == Assurance::High;
    // Asked to sign in anew: the card, since the app asked.
    let is_anew = !request.prompt.login || is_high && proved_at >= begun;
    let is_recent = desk.provider.is_recent(&request, proved_at);
    let wants_card = !request.levels.is_empty() && request.levels.iter().all(|level| level == Assurance::High.word());
    let account = me.0.person.id.to_string();
    let is_covered = !request.prompt.consent && desk.covering(&account, &app, &request.scopes)?.is_some();
    let ready = if app.state == AppState::Sandbox {
        Ready::Sandbox
    } else if me.0.acting_for.is_some() {
        Ready::NotOwn
    } else if !is_anew || !is_recent || (wants_card || !is_covered) && !is_high {
        Ready::Card
    } else if is_covered {
        Ready::Covered
    } else {
        Ready::Asked
    };
    Ok(Weighed { request, app, ready, proved_at })
}

async fn consent(
    State(app): State<Arc<App>>,
    visit: Visit,
    me: InPortal,
    Path((client_id, name)): Path<(String, String)>,
) -> Result<Response, Failure> {
    let carried = Carried::of(&client_id, &name)?;
    let (asked, for_whom) = (carried.asked.clone(), me.clone());
    let weighed = blocking(move || weigh(&provider::desk(&app)?, &asked, &for_whom)).await?;
    let title = visit.say_with("apps-consent-title", &[("app", weighed.app.registration.name.as_str().into())]);
    let told = if weighed.ready == Ready::Asked { &[] } else { weighed.request.scopes.as_slice() };
    let main = html! {
        (shown(&visit, &weighed.app, told))
        @match weighed.ready {
            Ready::NotOwn => (alert(visit.language, AlertKind::Error, &html! { p { (visit.say_html("apps-not-own")) } })),
            Ready::Sandbox => (alert(visit.language, AlertKind::Error, &html! { p { (visit.say_html("apps-sandbox-band")) } })),
            Ready::Card => (card_first(&visit, &carried)),
            Ready::Covered | Ready::Asked => (question(&visit, &carried, &weighed)),
        }
    };
    let mut response = shell::page(&visit, &me, &title, &main);
    response.extensions_mut().insert(provider::leads_to(&weighed.request.redirect_uri));
    Ok(response)
}

/// A new yes needs the card; a no never does.
fn card_first(visit: &Visit, carried: &Carried) -> Markup {
    html! {
        (alert(visit.language, AlertKind::Info, &html! { p { (visit.say_html("apps-card-first")) } }))
        form method="post" action=(CONSENT) {
            (visit.csrf(CONSENT))
            input type="hidden" name="asked" value=(carried.query);
            div class="buttons" {
                (link_button(ButtonKind::Primary, &step_up(carried), &visit.say("portal-step-up")))
                (deny(visit))
            }
        }
    }
}

fn step_up(carried: &Carried) -> String {
    format!("/portal/step-up?next={}", carried.consent)
}

fn deny(visit: &Visit) -> Markup {
    html! { button type="submit" class="button button-secondary" name="decision" value="deny" { (visit.say("apps-deny")) } }
}

fn question(visit: &Visit, carried: &Carried, weighed: &Weighed) -> Markup {
    let days: Vec<(String, String)> =
        grants::DAYS.iter().map(|days| (days.to_string(), visit.say(&format!("apps-days-{days}")))).collect();
    let chosen = grants::DAYS[1].to_string();
    let scopes: Vec<(String, String)> =
        weighed.request.scopes.iter().map(|scope| (scope.clone(), visit.say(&format!("apps-scope-{scope}")))).collect();
    let ticked: Vec<&str> = weighed.request.scopes.iter().map(String::as_str).collect();
    html! {
        form method="post" action=(CONSENT) {
            (visit.csrf(CONSENT))
            input type="hidden" name="asked" value=(carried.query);
            @if weighed.ready == Ready::Covered {
                p { (visit.say_html("apps-covered")) }
            } @else {
                (checkboxes("scope", &visit.say("apps-what-choose"), &scopes, &ticked))
                (radios("days", &visit.say("apps-how-long"), &days, &chosen))
                p { (visit.say_html("apps-withdraw-how")) }
            }
            div class="buttons" {
                button type="submit" class="button" name="decision" value="allow" {
                    (visit.say(if weighed.ready == Ready::Covered { "apps-go-on" } else { "apps-allow" }))
                }
                (deny(visit))
            }
        }
    }
}

async fn answer(State(app): State<Arc<App>>, visit: Visit, me: InPortal, fields: Fields) -> Result<Response, Failure> {
    fields.only(&["asked", "scope", "days", "decision"])?;
    let (carried, language) = (Carried::read(fields.get("asked"))?, visit.language.code());
    let location = blocking(move || {
        let (desk, asked) = (provider::desk(&app)?, &carried.asked);
        if fields.get("decision") != "allow" {
            return Ok(desk.refuse(asked, ErrorCode::AccessDenied)?);
        }
        let weighed = weigh(&desk, asked, &me)?;
        let ticked: Vec<String> = fields.all("scope").map(str::to_owned).collect();
        let days = match weighed.ready {
            Ready::Covered => None,
            Ready::Asked => Some(days(&fields)?),
            Ready::Card => {
                let needed = Failure::saying(Kind::Forbidden, "portal-step-up-needed");
                return Err(needed.next(step_up(&carried), "portal-step-up"));
            }
            Ready::NotOwn | Ready::Sandbox => return Err(Failure::saying(Kind::Forbidden, "apps-not-own")),
        };
        let scopes = if weighed.ready == Ready::Covered { weighed.request.scopes.clone() } else { ticked };
        if scopes.is_empty() {
            // Nothing ticked is a no.
            return Ok(desk.refuse(asked, ErrorCode::AccessDenied)?);
        }
        let account = me.0.person.id.to_string();
        let known = (me.level().word(), weighed.proved_at);
        Ok(desk.allow(asked, &Answering { account: &account, known, scopes: &scopes, days, language })?)
    })
    .await?;
    Ok(provider::see_other(&location))
}

fn days(fields: &Fields) -> Result<i64, Failure> {
    let typed = fields.get("days");
    let chosen = grants::DAYS.iter().copied().find(|days| days.to_string() == typed);
    chosen.ok_or_else(|| Failure::of(Kind::Invalid))
}

/// A connected app, and what it read lately.
type Connected = (Grant, Vec<Use>);

async fn list(State(app): State<Arc<App>>, visit: Visit, me: InPortal) -> Result<Response, Failure> {
    let (outside, account, now) = (app.outside()?.clone(), me.0.person.id.to_string(), app.seams.now());
    let all: Vec<Connected> = blocking(move || {
        Ok(outside.store.read::<_, StoreError, _>(|tx| {
            let all = grants::of(tx, &account)?;
            let mut connected = Vec::new();
            for grant in all {
                let uses = grants::uses(tx, grant.id, 10)?;
                connected.push((grant, uses));
            }
            Ok(connected)
        })?)
    })
    .await?;
    let (held, past): (Vec<_>, Vec<_>) = all.into_iter().partition(|(grant, _)| grant.holds(now));
    let title = visit.say("apps-list-title");
    let main = html! {
        (shell::said(&visit))
        p { (visit.say_html("apps-list-lead")) }
        @if held.is_empty() { (empty_state(&visit.say("apps-list-none"), &visit.say("apps-list-none-how"))) }
        @for one in &held { (connected(&visit, one, now)) }
        @if !past.is_empty() {
            h2 { (visit.say("apps-list-past")) }
            @for one in &past { (connected(&visit, one, now)) }
        }
    };
    Ok(shell::page(&visit, &me, &title, &main))
}

fn connected(visit: &Visit, (grant, uses): &Connected, now: Timestamp) -> Markup {
    let day = |at: Timestamp| ui::dates::date(visit.language, at.date_in_japan());
    let what = html! { ul { @for scope in &grant.scopes { li { (visit.say_html(&format!("apps-scope-{scope}"))) } } } };
    let read = html! {
        @if uses.is_empty() { (visit.say("apps-read-nothing")) }
        @else { ul { @for one in uses { li {
            (ui::dates::date(visit.language, one.day)) " "
            (visit.say_with("apps-read-times", &[("item", visit.say(&format!("apps-scope-{}", one.item)).as_str().into()), ("n", one.times.into())]))
        } } } }
    };
    let lines = [
        (visit.say("apps-what"), what),
        (visit.say("apps-given"), html! { (day(grant.given_at)) }),
        (visit.say("apps-ends"), html! { (day(grant.withdrawn_at.unwrap_or(grant.ends_at))) }),
        (visit.say("apps-read"), read),
    ];
    let address = format!("{PATH}/{}/stop", grant.id);
    html! {
        section class="card" {
            h2 { (grant.app) }
            @if !grant.holds(now) { p { (chip(AlertKind::Info, &visit.say("apps-ended"))) } }
            (facts(&lines))
            @if grant.holds(now) {
                (one_button(&address, &visit.csrf(&address), ButtonKind::Danger, &visit.say("apps-stop"), Some(&grant.app)))
            }
        }
    }
}

async fn stop(
    State(app): State<Arc<App>>,
    visit: Visit,
    me: InPortal,
    Path(grant): Path<String>,
) -> Result<Response, Failure> {
    let grant = Id::parse(&grant).map_err(|_| Failure::of(Kind::NotFound))?;
    let (outside, account, language) = (app.outside()?.clone(), me.0.person.id, visit.language.code());
    let stopped = blocking(move || {
        let seams = outside.seams.clone();
        Ok(outside.store.write::<_, AppsError, _>(move |tx| grants::withdraw(tx, &seams, account, grant, language))?)
    })
    .await?;
    if stopped { Ok(shell::done(PATH, "portal-done-app-stopped")) } else { Err(Failure::of(Kind::NotFound)) }
}
