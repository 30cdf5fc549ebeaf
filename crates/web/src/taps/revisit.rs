//! The re-visit machine (再来受付機), which nobody watches: card with PIN, or a tag; today's bookings; a queue number. No name
//! is ever on its screen, and what is shown goes by itself.

use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use services::hospital_card::KEY;
use services::hospital_card::arriving::{self, Received, Today, Visit as Reception};
use tools::terminals::Sort;
use ui::form::{ButtonKind, one_button};
use ui::notice::{AlertKind, alert};

use super::hospital::{connection, simulated};
use super::{Ask, AtCounter, FIELDS, Shown, form, go, said, take};
use crate::app::blocking;
use crate::error::Failure;
use crate::form::Fields;
use crate::kiosk::Say;
use crate::routes::{Routes, Rule};

const PATH: &str = "/revisit";
const TODAY: &str = "/revisit/today";
const QUEUE: &str = "/revisit/queue";
/// Seconds after which a person's page is gone.
const GONE_SECONDS: u32 = 40;

/// Its routes.
pub fn routes() -> Routes {
    Routes::new()
        .get(PATH, Rule::Kiosk, start)
        .post(PATH, Rule::Kiosk, shown)
        .get(TODAY, Rule::Kiosk, today)
        .post("/revisit/receive", Rule::Kiosk, receive)
        .post("/revisit/next", Rule::Kiosk, next)
        .get(QUEUE, Rule::Kiosk, queue)
}

async fn start(at: AtCounter) -> Result<Response, Failure> {
    at.serves(Sort::RevisitMachine)?;
    at.let_go();
    Ok(first(&at, None))
}

fn first(at: &AtCounter, say: Option<&Say>) -> Response {
    let visit = &at.visit;
    let title = visit.say("hospital-revisit-title");
    let main = html! {
        h1 { (title) }
        p { (visit.say("hospital-revisit-lead")) }
        (simulated(at))
        (said(visit, &at.app.profile.counter, say))
        (form(at, PATH, Ask::CardAndPin))
        p { a href=(QUEUE) { (visit.say("hospital-queue-title")) } }
    };
    visit.page(&title).render(&main).into_response()
}

async fn shown(at: AtCounter, fields: Fields) -> Result<Response, Failure> {
    at.serves(Sort::RevisitMachine)?;
    fields.only(&FIELDS)?;
    at.let_go();
    match take(&at, KEY, &fields).await? {
        Ok(shown) => {
            at.hold(KEY, shown);
            Ok(go(TODAY))
        }
        Err(say) => Ok(first(&at, Some(&say))),
    }
}

async fn today(at: AtCounter) -> Result<Response, Failure> {
    at.serves(Sort::RevisitMachine)?;
    let Some(shown) = at.held(KEY) else { return Ok(go(PATH)) };
    let connection = connection(&at)?;
    let (city, by, who) = (at.app.inside()?.clone(), at.actor(), shown.resident().clone());
    let today =
        blocking(move || arriving::today(&city, &connection, &by, &who).map_err(|error| Failure::of(error.kind())))
            .await?;
    let visit = &at.visit;
    let main = match today {
        Today::NotLinked => window(&at, "hospital-revisit-not-linked"),
        Today::Known(_, Some(reception)) => receipt(&at, &reception),
        Today::Known(bookings, None) if bookings.is_empty() => window(&at, "hospital-revisit-not-booked"),
        Today::Known(bookings, None) => html! {
            h2 { (visit.say("hospital-revisit-booked")) }
            ul class="plain" {
                @for one in &bookings {
                    @let time = one.at.japan_time();
                    li class="card" { strong { (format!("{}:{:02}", time.hour, time.minute)) } " " (one.place) }
                }
            }
            (one_button("/revisit/receive", &visit.csrf("/revisit/receive"), ButtonKind::Primary,
                &visit.say("hospital-revisit-receive"), None))
        },
    };
    Ok(page(&at, &main))
}

fn page(at: &AtCounter, main: &Markup) -> Response {
    let visit = &at.visit;
    let title = visit.say("hospital-revisit-title");
    let main = html! {
        h1 { (title) }
        (simulated(at))
        (main)
        (one_button("/revisit/next", &visit.csrf("/revisit/next"), ButtonKind::Secondary, &visit.say("hospital-next"), None))
    };
    super::left(visit.page(&title).render(&main).into_response(), GONE_SECONDS, PATH)
}

fn window(at: &AtCounter, key: &str) -> Markup {
    let visit = &at.visit;
    alert(visit.language, AlertKind::Warning, &html! { p { (visit.say(key)) } })
}

/// The slip with the queue number; the machine's printer prints the page.
fn receipt(at: &AtCounter, reception: &Reception) -> Markup {
    let visit = &at.visit;
    let time = reception.received_at.japan_time();
    html! {
        section class="card" {
            h2 { (visit.say("hospital-receipt-number")) }
            p class="secret" { (reception.number) }
            @if !reception.place.is_empty() { p { (visit.say("hospital-receipt-place")) " " (reception.place) } }
            p { (visit.say("hospital-receipt-at")) " " (format!("{}:{:02}", time.hour, time.minute)) }
            @match &reception.called {
                Some((_, to)) => p { strong { (visit.say("hospital-called")) " " (to) } },
                None => p { (visit.say("hospital-receipt-call")) },
            }
        }
        @if reception.state != "received" {
            (alert(visit.language, AlertKind::Warning, &html! { p { (visit.say("hospital-receipt-not-sent")) } }))
        }
    }
}

async fn receive(at: AtCounter, fields: Fields) -> Result<Response, Failure> {
    at.serves(Sort::RevisitMachine)?;
    fields.only(&[])?;
    let Some(shown) = at.held(KEY) else { return Ok(go(PATH)) };
    let main = match received(&at, &shown).await? {
        Received::Number(reception) => receipt(&at, &reception),
        Received::NotLinked => window(&at, "hospital-revisit-not-linked"),
        Received::NotBooked => window(&at, "hospital-revisit-not-booked"),
        Received::Unwritable => window(&at, "hospital-revisit-window"),
    };
    Ok(page(&at, &main))
}

async fn received(at: &AtCounter, shown: &Shown) -> Result<Received, Failure> {
    let connection = connection(at)?;
    let (city, by, who) = (at.app.inside()?.clone(), at.actor(), shown.resident().clone());
    blocking(move || arriving::receive(&city, &connection, &by, &who).map_err(|error| Failure::of(error.kind()))).await
}

async fn next(at: AtCounter, fields: Fields) -> Result<Response, Failure> {
    at.serves(Sort::RevisitMachine)?;
    fields.only(&[])?;
    at.let_go();
    Ok(go(PATH))
}

/// The queue as the hall sees it: numbers, no names.
async fn queue(at: AtCounter) -> Result<Response, Failure> {
    at.serves(Sort::RevisitMachine)?;
    at.let_go();
    let city = at.app.inside()?.clone();
    let all = blocking(move || arriving::queue(&city).map_err(|error| Failure::of(error.kind()))).await?;
    let visit = &at.visit;
    let title = visit.say("hospital-queue-title");
    let rows: Vec<Vec<Markup>> = all
        .iter()
        .map(|one| {
            let state = match &one.called {
                Some((_, to)) => html! { strong { (visit.say("hospital-called")) " " (to) } },
                None => html! { (visit.say("hospital-waiting")) },
            };
            vec![html! { (one.number) }, html! { (one.place) }, state]
        })
        .collect();
    let headings = ["hospital-receipt-number", "hospital-receipt-place", "hospital-queue-state"];
    let main = html! {
        h1 { (title) }
        (visit.table(&title, &headings, &rows))
        p { a href=(PATH) { (visit.say("page-back")) } }
    };
    Ok(super::left(visit.page(&title).render(&main).into_response(), 10, QUEUE))
}
