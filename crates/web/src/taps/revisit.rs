//! The re-visit machine (再来受付機), which nobody watches: card with PIN, or a tag; today's bookings; a queue number. One
//! question a page, as at the certificate machine. No name is ever on its screen, and what is shown goes by itself.
//!
//! ```text
//!  /revisit ─┬─ …/card: with PIN ────────────────┬─► …/today ─► (receive) ─► …/receipt (printed as it stands)
//!            ├─ …/loaded: the city's application ┤      └ not linked, nothing booked: the window
//!            └─ …/tag ───────────────────────────┘
//!  /revisit/queue: the hall's screen · /revisit/numbers: the same looked at from the machine
//! ```
//! Every form is answered by a way to a page: a reload sends nothing again, and the links to languages lead back to it.

mod queue;
mod slip;
mod views;

pub(crate) use slip::sheet;

use axum::response::{IntoResponse as _, Redirect, Response};
use services::hospital_card::KEY;
use services::hospital_card::arriving::{self, Received, Today};
use tools::city_application::terminal::TerminalKeys;
use tools::terminals::Sort;

use super::hospital::connection;
use super::{AtCounter, FIELDS, Shown, go, take};
use crate::app::blocking;
use crate::error::Failure;
use crate::form::Fields;
use crate::kiosk::Say;
use crate::routes::{Routes, Rule};

const PATH: &str = "/revisit";
const CARD: &str = "/revisit/card";
const LOADED: &str = "/revisit/loaded";
const TAG: &str = "/revisit/tag";
const TODAY: &str = "/revisit/today";
const RECEIVE: &str = "/revisit/receive";
const RECEIPT: &str = "/revisit/receipt";
const NEXT: &str = "/revisit/next";
const QUEUE: &str = "/revisit/queue";
const NUMBERS: &str = "/revisit/numbers";
/// The first page as the next person finds it, whatever language and size the last one chose.
const AFRESH: &str = "/revisit?lang=ja&text=usual";
/// Seconds after which a person's page is gone.
const GONE_SECONDS: u32 = 40;
/// Seconds for whoever looks for their card or types.
const TYPING_SECONDS: u32 = 90;

/// Its routes.
pub fn routes() -> Routes {
    Routes::new()
        .get(PATH, Rule::Kiosk, start)
        .get(CARD, Rule::Kiosk, card)
        .post(CARD, Rule::Kiosk, card_shown)
        .get(LOADED, Rule::Kiosk, loaded)
        .post(LOADED, Rule::Kiosk, loaded_shown)
        .get(TAG, Rule::Kiosk, tag)
        .post(TAG, Rule::Kiosk, tag_shown)
        .get(TODAY, Rule::Kiosk, today)
        .post(RECEIVE, Rule::Kiosk, receive)
        .get(RECEIPT, Rule::Kiosk, slip::page)
        .post(NEXT, Rule::Kiosk, next)
        .get(QUEUE, Rule::Kiosk, queue::hall)
        .get(NUMBERS, Rule::Kiosk, queue::looked_at)
}

async fn start(at: AtCounter) -> Result<Response, Failure> {
    at.serves(Sort::RevisitMachine)?;
    at.let_go();
    let (city, terminal) = (at.app.inside()?.clone(), at.terminal.id);
    // A card that carries the city's application is read without PIN, where this machine has the keys for it.
    let reads_loaded_cards = blocking(move || Ok(TerminalKeys::of(&city, terminal).is_ok())).await?;
    Ok(views::first(&at, reads_loaded_cards))
}

async fn card(at: AtCounter) -> Result<Response, Failure> {
    at.serves(Sort::RevisitMachine)?;
    at.let_go();
    Ok(views::card(&at))
}

async fn card_shown(at: AtCounter, fields: Fields) -> Result<Response, Failure> {
    shown(at, fields, CARD).await
}

async fn loaded(at: AtCounter) -> Result<Response, Failure> {
    at.serves(Sort::RevisitMachine)?;
    at.let_go();
    Ok(views::loaded(&at))
}

async fn loaded_shown(at: AtCounter, fields: Fields) -> Result<Response, Failure> {
    fields.only(&["card"])?;
    shown(at, fields, LOADED).await
}

async fn tag(at: AtCounter) -> Result<Response, Failure> {
    at.serves(Sort::RevisitMachine)?;
    at.let_go();
    Ok(views::tag(&at))
}

async fn tag_shown(at: AtCounter, fields: Fields) -> Result<Response, Failure> {
    shown(at, fields, TAG).await
}

async fn shown(at: AtCounter, fields: Fields, asked_at: &'static str) -> Result<Response, Failure> {
    at.serves(Sort::RevisitMachine)?;
    fields.only(&FIELDS)?;
    at.let_go();
    // Every other card without a PIN is refused by the law of taps: nobody watches.
    if asked_at == TAG && fields.filled("tag").is_none() {
        return Ok(at.go_saying(TAG, Say::Key("taps-no-number")));
    }
    Ok(match take(&at, KEY, &fields).await? {
        Ok(shown) => {
            at.hold(KEY, shown);
            go(TODAY)
        }
        Err(say) => at.go_saying(asked_at, say),
    })
}

/// Today's bookings and reception of whoever stands here.
async fn known(at: &AtCounter, shown: &Shown) -> Result<Today, Failure> {
    let connection = connection(at)?;
    let (city, by, who) = (at.app.inside()?.clone(), at.actor(), shown.resident().clone());
    blocking(move || arriving::today(&city, &connection, &by, &who).map_err(|error| Failure::of(error.kind()))).await
}

async fn today(at: AtCounter) -> Result<Response, Failure> {
    at.serves(Sort::RevisitMachine)?;
    let Some(shown) = at.held(KEY) else { return Ok(afresh()) };
    Ok(match known(&at, &shown).await? {
        Today::Known(_, Some(_)) => go(RECEIPT),
        Today::NotLinked => views::window(&at, "hospital-revisit-not-linked"),
        Today::Known(bookings, None) if bookings.is_empty() => views::window(&at, "hospital-revisit-not-booked"),
        Today::Known(bookings, None) => match at.to_say() {
            Some(Say::Key(why)) => views::window(&at, why),
            _ => views::bookings(&at, &bookings),
        },
    })
}

async fn receive(at: AtCounter, fields: Fields) -> Result<Response, Failure> {
    at.serves(Sort::RevisitMachine)?;
    fields.only(&[])?;
    let Some(shown) = at.held(KEY) else { return Ok(afresh()) };
    let connection = connection(&at)?;
    let (city, by, who) = (at.app.inside()?.clone(), at.actor(), shown.resident().clone());
    let received =
        blocking(move || arriving::receive(&city, &connection, &by, &who).map_err(|error| Failure::of(error.kind())))
            .await?;
    Ok(match received {
        Received::Number(_) => go(RECEIPT),
        // The page of today says which.
        Received::NotLinked | Received::NotBooked => go(TODAY),
        Received::Unwritable => at.go_saying(TODAY, Say::Key("hospital-revisit-window")),
    })
}

async fn next(at: AtCounter, fields: Fields) -> Result<Response, Failure> {
    at.serves(Sort::RevisitMachine)?;
    fields.only(&[])?;
    at.let_go();
    Ok(afresh())
}

/// To the first page, in the language of the city.
fn afresh() -> Response {
    Redirect::to(AFRESH).into_response()
}
