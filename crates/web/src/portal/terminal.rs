//! The portal at a terminal of the city (カードだけの利用): in by a ticket, out when the visit is over. No settings, nothing to
//! keep, no link that leads out.
//!
//! ```text
//!  POST /portal/terminal        a ticket in a form: never in an address, so in no history, log or referrer
//!  GET  /portal/terminal/here   terminal.js asks whether the card still lies there; does not keep the session alive
//!  POST /portal/terminal/end    the person is done      GET /portal/terminal/over   time is over, or the card was taken
//! ```

use std::sync::{Arc, OnceLock};

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use base::Kind;
use maud::{Markup, html};
use store::StoreError;
use tools::portal::session::{self as sessions, Place};
use tools::portal::tickets::{self, TicketRefusal};
use ui::form::{ButtonKind, button};
use ui::page::NavLink;

use super::ways;
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::form::Fields;
use crate::routes::{Routes, Rule};
use crate::security::{LANGUAGE_COOKIE, SIGHT_COOKIE};
use crate::session::{self, Secret};
use crate::visit::{InPortal, Visit};

/// Where a terminal's form leads: the one address that a form of another origin may be sent to.
pub const DOOR: &str = "/portal/terminal";
const END: &str = "/portal/terminal/end";
const OVER: &str = "/portal/terminal/over";

/// The places there, as far as this process has them.
const PLACES: &[(&str, &str)] = &[
    ("/portal", "portal-tab-home"),
    ("/portal/letters", "portal-tab-letters"),
    ("/portal/schemes", "terminal-schemes"),
    ("/portal/looked", "terminal-looked"),
    ("/portal/interests", "terminal-interests"),
    ("/portal/events", "event-title"),
];

/// Ends of addresses that give a file: nothing to keep, nowhere to keep it.
const FILES: &[&str] = &[".zip", ".ics", ".json", ".csv", ".pdf", "/file", "/proof"];

/// Its routes.
pub fn routes() -> Routes {
    Routes::new()
        .post(DOOR, Rule::Public, enter)
        .get("/portal/terminal/here", Rule::Public, here)
        .post(END, Rule::Public, end)
        .get(OVER, Rule::Public, over)
}

/// Whether an address is open at a terminal.
pub fn is_open(path: &str) -> bool {
    let below = |place: &str| path == place || path.strip_prefix(place).is_some_and(|rest| rest.starts_with('/'));
    if FILES.iter().any(|end| path.ends_with(end)) || path.contains("/attachment/") {
        return false;
    }
    // What one agrees to there is what schemes are judged by; its receipt is a file.
    if below("/portal/consents") {
        return !path.ends_with("/receipt");
    }
    path == "/portal" || path == "/portal/alive" || PLACES.iter().any(|(place, _)| *place != "/portal" && below(place))
}

/// What is said of an address that is closed there.
pub fn closed() -> Failure {
    Failure::saying(Kind::Forbidden, "terminal-closed").next("/portal", "portal-tab-home")
}

/// The places, for the bar.
pub fn places(visit: &Visit) -> Vec<NavLink> {
    static HERE: OnceLock<Vec<&'static str>> = OnceLock::new();
    let here = HERE.get_or_init(|| {
        let all = Routes::of(crate::app::Zone::Outside);
        PLACES.iter().map(|(path, _)| *path).filter(|path| all.entries().iter().any(|e| e.path == *path)).collect()
    });
    PLACES
        .iter()
        .filter(|(path, _)| here.contains(path))
        .map(|(href, key)| NavLink {
            href: (*href).to_owned(),
            label: visit.say(key),
            is_here: *href == visit.path || (*href != "/portal" && visit.path.starts_with(&format!("{href}/"))),
        })
        .collect()
}

/// Reading aloud and printing (each shown by terminal.js where the machine can), and the way out.
pub fn bar(visit: &Visit) -> Markup {
    html! {
        div class="terminal-bar no-print" data-here="/portal/terminal/here" data-alive="/portal/alive" data-over=(OVER) {
            button type="button" id="aloud" class="button button-secondary" hidden aria-pressed="false"
                data-stop=(visit.say("terminal-aloud-stop")) { (visit.say("terminal-aloud")) }
            button type="button" id="print" class="button button-secondary" hidden { (visit.say("terminal-print")) }
            form method="post" action=(END) { (button(ButtonKind::Primary, &visit.say("terminal-end"))) }
        }
    }
}

/// The box that asks whether somebody is still here, and what does the same where there is no script.
pub fn idle(visit: &Visit) -> (Markup, u32, &'static str) {
    let seconds = sessions::TERMINAL_IDLE_SECONDS;
    (visit.idle(seconds, "/portal/alive", OVER), u32::try_from(seconds).unwrap_or(90) + 5, OVER)
}

async fn enter(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    visit: Visit,
    fields: Fields,
) -> Result<Response, Failure> {
    fields.only(&["ticket"])?;
    let gate = app.gate.as_ref().ok_or_else(|| Failure::of(Kind::NotFound))?;
    let outside = app.outside()?.clone();
    let ticket = gate.read(app.seams.now(), fields.get("ticket")).map_err(|(why, ticket)| {
        tracing::info!(%why, "a terminal's ticket was refused");
        no(why, ticket.map(|ticket| ticket.back))
    })?;
    let secret = Secret::fresh(&app.seams);
    let (key, seams, before) = (secret.key(), app.seams.clone(), ways::session_secret(&app, &headers));
    let back = ticket.back.clone();
    let admitted = blocking(move || {
        Ok(outside.store.write::<_, StoreError, _>(move |tx| {
            // Whoever was here before is gone.
            if let Some(before) = &before {
                sessions::end(tx, seams.now(), &before.key())?;
            }
            tickets::admit(tx, &seams, &ticket, &key)
        })?)
    })
    .await?;
    admitted.map_err(|why| no(why, Some(back)))?;
    let title = visit.say("terminal-welcome");
    let main = html! {
        h1 { (title) }
        p { a class="button" href="/portal" { (visit.say("portal-back-on")) } }
    };
    // A page of ours leads on: a Strict cookie does not come along on the way another origin's page began.
    let mut response = visit.page(&title).onward("/portal").render(&main).into_response();
    ways::give_session(&app, &mut response, &secret);
    Ok(response)
}

fn no(why: TicketRefusal, back: Option<String>) -> Failure {
    let (kind, key) = match why {
        TicketRefusal::Expired | TicketRefusal::Used => (Kind::Gone, "terminal-ticket-late"),
        TicketRefusal::Ended => (Kind::Gone, "terminal-ticket-ended"),
        TicketRefusal::Forged | TicketRefusal::OtherAudience => (Kind::Forbidden, "terminal-ticket-no"),
    };
    let failure = Failure::saying(kind, key);
    match back {
        Some(back) if !back.is_empty() => failure.next(back, "terminal-back"),
        _ => failure,
    }
}

/// 204 while the visit lasts, 410 when it is over. Looks, and keeps nothing alive.
async fn here(State(app): State<Arc<App>>, headers: HeaderMap) -> Result<StatusCode, Failure> {
    let Some(secret) = ways::session_secret(&app, &headers) else { return Ok(StatusCode::GONE) };
    let outside = app.outside()?.clone();
    let lives = blocking(move || {
        let now = outside.seams.now();
        let found = outside.store.read(|tx| sessions::find(tx, now, &secret.key()))?;
        Ok(found.is_some_and(|found| found.place == Place::Terminal))
    })
    .await?;
    Ok(if lives { StatusCode::NO_CONTENT } else { StatusCode::GONE })
}

async fn end(app: State<Arc<App>>, headers: HeaderMap, visit: Visit, fields: Fields) -> Result<Response, Failure> {
    fields.only(&[])?;
    over(app, headers, visit).await
}

/// Ends the visit, takes every cookie back and sends the browser home to its terminal.
async fn over(State(app): State<Arc<App>>, headers: HeaderMap, visit: Visit) -> Result<Response, Failure> {
    let back = match ways::session_secret(&app, &headers) {
        Some(secret) => leave(&app, secret).await?,
        None => None,
    };
    let title = visit.say("terminal-over");
    let page = visit.page(&title);
    let (page, way) = match &back {
        Some(back) => (
            page.onward(back.clone()),
            html! {
                p { a class="button" href=(back) { (visit.say("terminal-back")) } }
            },
        ),
        None => (page, html! {}),
    };
    let mut response =
        page.render(&html! { h1 { (title) } p { (visit.say_html("terminal-over-what")) } (way) }).into_response();
    let is_https = app.settings.is_https;
    let mine = [session::portal_cookie(is_https), session::portal_ceremony_cookie(is_https)];
    for name in mine.into_iter().chain([LANGUAGE_COOKIE, SIGHT_COOKIE]) {
        session::give(&mut response, &session::clear_cookie(name, is_https));
    }
    Ok(response)
}

/// Only sessions of a terminal are ended so: an address that anybody may be led to signs nobody out of their own phone.
async fn leave(app: &App, secret: Secret) -> Result<Option<String>, Failure> {
    let outside = app.outside()?.clone();
    blocking(move || {
        let now = outside.seams.now();
        Ok(outside.store.write::<_, StoreError, _>(move |tx| {
            let Some(back) = tickets::back(tx, &secret.key())? else { return Ok(None) };
            if let Some(session) = sessions::find(tx, now, &secret.key())? {
                tools::self_information::forget(tx, session.person.id)?;
            }
            sessions::end(tx, now, &secret.key())?;
            Ok(Some(back))
        })?)
    })
    .await
}

/// What is said when the session of this browser is over: at a terminal, the way back to it.
pub fn gone(tx: &mut store::Tx<'_>, key: &[u8]) -> Result<Option<Failure>, StoreError> {
    let back = tickets::back(tx, key)?;
    Ok(back.map(|_| Failure::saying(Kind::Unauthenticated, "terminal-over-what").next(OVER, "terminal-back")))
}

/// A link out, as it is shown to `visit`: at a terminal its words and where it would lead.
pub fn out(visit: &Visit, address: &str, link: Markup, label: &str) -> Markup {
    if visit.at_terminal {
        html! { strong { (label) } " " span class="hint" { (visit.say("terminal-elsewhere"))
        @if address.contains("://") { " " (address) } } }
    } else {
        link
    }
}

/// Whether somebody stands at a terminal.
pub fn is_at(me: &InPortal) -> bool {
    me.0.place == Place::Terminal
}

#[cfg(test)]
mod tests {
    use super::is_open;

    #[test]
    fn at_a_terminal_letters_are_read_and_nothing_is_kept_set_or_led_out_to() {
        for open in [
            "/portal",
            "/portal/letters",
            "/portal/letters/abc",
            "/portal/letters/search",
            "/portal/letters/abc/why",
            "/portal/looked",
            "/portal/looked/abc/object",
            "/portal/schemes",
            "/portal/interests/area",
            "/portal/events",
            "/portal/alive",
            "/portal/consents/give/notices-tax",
            "/portal/letters/abc/receipt",
        ] {
            assert!(is_open(open), "{open}");
        }
        for closed in [
            "/portal/settings",
            "/portal/settings/letters",
            "/portal/settings/channels",
            "/portal/apps",
            "/portal/step-up",
            "/portal/consents/abc/receipt",
            "/portal/representatives",
            "/portal/letters/all.zip",
            "/portal/letters/abc/calendar.ics",
            "/portal/letters/abc/attachment/1",
            "/portal/looked/file",
            "/portal/looked/abc/proof",
            "/portal/letters/abc/receipt.json",
            "/portal/lettersandmore",
            "/portal/cards",
        ] {
            assert!(!is_open(closed), "{closed}");
        }
    }
}
