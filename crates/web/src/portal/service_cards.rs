//! A person's cards of services, on the page of cards: the number on demand, old and new side by side, stopping a lost one,
//! switching the old one off, asking for a service on the one card; a page with the number as a code.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use base::{Date, Id, Kind, Timestamp, Yen};
use maud::{Markup, html};
use paper::barcode::on_screen;
use services::city_cards::portal::{self, CARDS, OwnCard, OwnService, Told, Wish};
use services::city_cards::{HOSPITAL, LIBRARY};
use tools::portal::Assurance;
use tools::portal::wished::Waiting;
use tools::service_cards::{CardStatus, Form};
use ui::form::{ButtonKind, asked_again, one_button};
use ui::notice::{AlertKind, alert, chip, facts};
use ui::table::empty_state;

use super::cards::Waits;
use super::shell::{self, BelowCards};
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::form::Fields;
use crate::routes::{Routes, Rule};
use crate::visit::{InPortal, Visit};

const PATH: &str = "/portal/cards";
const ASK: &str = "/portal/cards/services/ask";
/// Side of the code with its quiet zone, in millimetres: at least 15 are needed.
const SIDE: f32 = 25.0;
/// Seconds after which a page that waits for the inside looks again.
const AGAIN_SECONDS: u32 = 2;

/// Its routes.
pub fn routes() -> Routes {
    let daily = Rule::Resident(Assurance::Substantial);
    Routes::new()
        .post(ASK, daily, ask)
        .post("/portal/cards/services/{card}/lost", daily, lost)
        .post("/portal/cards/services/{card}/end", daily, end)
        .get("/portal/cards/services/{card}/sticker", daily, sticker)
}

/// The part of the page of cards about services.
/// `is_held`: the card on which the one card rests is stopped.
pub fn section(visit: &Visit, waits: &Waits<'_, Wish>, is_held: bool, told: Option<&(Told, Timestamp)>) -> Markup {
    html! {
        section aria-labelledby="service-cards" {
            h2 id="service-cards" { (visit.say("city-cards-mine")) }
            @if is_held { (alert(visit.language, AlertKind::Warning, &html! { p { (visit.say("city-cards-mine-held")) } })) }
            @match told {
                None => (alert(visit.language, AlertKind::Info, &html! {
                    p data-again=(AGAIN_SECONDS) { (visit.say("city-cards-mine-asking")) }
                    p { a href=(PATH) { (visit.say("portal-welcome-again")) } }
                })),
                Some((told, at)) => {
                    p class="hint" { (visit.say("portal-cards-as-of")) " " (ui::dates::instant(visit.language, *at)) }
                    @let mine: Vec<&OwnService> = told.services.iter().filter(|one| is_mine(waits, one)).collect();
                    @if mine.is_empty() { (empty_state(&visit.say("city-cards-mine-none"), &visit.say("city-cards-mine-none-how"))) }
                    @for one in mine { (service(visit, waits, one)) }
                    (offers(visit, waits, told))
                }
            }
        }
    }
}

/// Whether a person has a card of a service, or one is under way: neither is looked for among what may be asked for.
fn is_mine(waits: &Waits<'_, Wish>, one: &OwnService) -> bool {
    !one.cards.is_empty() || one.ask_waits(waits.wishes).is_some()
}

fn service(visit: &Visit, waits: &Waits<'_, Wish>, one: &OwnService) -> Markup {
    html! {
        section class="card" {
            h3 { (one.names.say(visit.language)) }
            @if !one.office.is_empty() { p class="hint" { (one.office) } }
            @if one.has_both() { (alert(visit.language, AlertKind::Info, &html! { p { (visit.say("city-cards-mine-both")) } })) }
            @for card in &one.cards { (own(visit, waits, one, card)) }
            @if let Some((address, key)) = own_page(&one.key) { p class="no-print" { a href=(address) { (visit.say_html(key)) } } }
            @if let Some(ask) = one.ask_waits(waits.wishes) { (waits.said(visit, ask, "city-cards-mine-ask-waits")) }
            @else if one.may_ask { (ask_form(visit, one)) }
        }
    }
}

/// The page on which a service tells its holder more.
fn own_page(service: &str) -> Option<(&'static str, &'static str)> {
    match service {
        LIBRARY => Some(("/portal/library", "library-link")),
        HOSPITAL => Some(("/portal/hospital", "hospital-portal-title")),
        _ => None,
    }
}

fn own(visit: &Visit, waits: &Waits<'_, Wish>, of: &OwnService, card: &OwnCard) -> Markup {
    let (Some(form), Some(status)) = (card.form(), card.status()) else { return html! {} };
    let said = visit.say(form.word());
    let about = format!("{} {said}", of.names.say(visit.language));
    let state = match (card.is_valid, status.is_live()) {
        (true, _) => AlertKind::Success,
        (false, true) => AlertKind::Warning,
        (false, false) => AlertKind::Info,
    };
    // What is being done is not said to stand as it stood.
    let (lost, end) = (card.lost_waits(waits.wishes), card.end_waits(waits.wishes));
    let (state, word) =
        if lost.or(end).is_some() { (AlertKind::Info, "city-cards-mine-waiting") } else { (state, status.word()) };
    html! {
        h4 { (said) }
        (facts(&told_of(visit, of, card, chip(state, &visit.say(word)))))
        @if status.is_live() {
            details {
                summary aria-label=(format!("{}: {about}", visit.say("city-cards-mine-number"))) { (visit.say("city-cards-mine-number")) }
                p class="secret" { (card.number) }
                @if of.has_sticker && status == CardStatus::Active {
                    p class="no-print" { a href=(format!("{PATH}/services/{}/sticker", card.id)) { (visit.say("city-cards-mine-sticker")) } }
                }
            }
            (deeds(visit, waits, (card, lost, end), &about))
        }
        // Whoever lost a card asks first how to have another.
        @if status == CardStatus::Lost {
            p { (visit.say_html("city-cards-mine-reissue")) @if !of.office.is_empty() { " (" (of.office) ")" } }
        }
    }
}

/// A card, that it is lost and that it is switched off, as far as these were said and wait.
type Waited<'a> = (&'a OwnCard, Option<&'a Waiting<Wish>>, Option<&'a Waiting<Wish>>);

/// What its holder may do with a card, or that it is being done.
fn deeds(visit: &Visit, waits: &Waits<'_, Wish>, (card, lost, end): Waited<'_>, about: &str) -> Markup {
    let deed = |what: &str, key: &str| {
        let action = format!("{PATH}/services/{}/{what}", card.id);
        let what = visit.say(&format!("{key}-what"));
        asked_again(visit.language, &action, &visit.csrf(&action), (&visit.say(key), &what), about)
    };
    html! {
        @if let Some(one) = lost { (waits.said(visit, one, "city-cards-mine-lost-waits")) }
        @if let Some(one) = end { (waits.said(visit, one, "city-cards-mine-end-waits")) }
        // A card that is being switched off may have been lost all the same.
        @if card.may_be_lost() && waits.stops_again(lost) { (deed("lost", "city-cards-mine-lost")) }
        @if card.may_end() && lost.is_none() && end.is_none() { (deed("end", "city-cards-mine-end")) }
    }
}

/// Where a card stands, since when, its last day while it is in use, and what it costs where that is known.
fn told_of(visit: &Visit, of: &OwnService, card: &OwnCard, state: Markup) -> Vec<(String, Markup)> {
    let since = ui::dates::instant(visit.language, Timestamp::from_micros(card.since));
    let mut all =
        vec![(visit.say("city-cards-mine-state"), state), (visit.say("city-cards-mine-since"), html! { (since) })];
    let last = card.valid_until.as_deref().and_then(|day| Date::parse(day).ok());
    if let Some(day) = last.filter(|_| card.status() == Some(CardStatus::Active)) {
        let until = visit.say_with("city-cards-desk-until", &[("day", ui::dates::date(visit.language, day).into())]);
        all.push((visit.say("city-cards-mine-until"), html! { (until) }));
    }
    if let (Some((fee, _)), Some(Form::OneCard)) = (of.fee, card.form()) {
        all.push((visit.say("city-cards-mine-fee"), html! { (Yen(fee)) }));
    }
    all
}

fn ask_form(visit: &Visit, one: &OwnService) -> Markup {
    let hidden = html! { (visit.csrf(ASK)) input type="hidden" name="service" value=(one.key); };
    html! {
        p { (visit.say("city-cards-mine-ask-how")) }
        @if let Some((fee, saved)) = one.fee {
            @let fee = (visit.say("city-cards-fee-one"), html! { (Yen(fee)) });
            // A card that was free saves nothing: no line says so.
            @if saved > 0 { (facts(&[fee, (visit.say("city-cards-difference"), html! { strong { (Yen(saved)) } })])) }
            @else { (facts(&[fee])) }
        }
        (one_button(ASK, &hidden, ButtonKind::Primary, &visit.say("city-cards-mine-ask"), Some(one.names.say(visit.language))))
    }
}

/// Services in which the person has no card yet.
fn offers(visit: &Visit, waits: &Waits<'_, Wish>, told: &Told) -> Markup {
    let open: Vec<&OwnService> = told.services.iter().filter(|one| !is_mine(waits, one) && one.may_ask).collect();
    html! {
        @if !open.is_empty() {
            details {
                summary { (visit.say("city-cards-mine-offers")) }
                @for one in open {
                    section class="card" {
                        h3 { (one.names.say(visit.language)) }
                        @if !one.office.is_empty() { p class="hint" { (one.office) } }
                        (ask_form(visit, one))
                    }
                }
            }
        }
    }
}

async fn wish(
    app: &Arc<App>,
    me: &InPortal,
    make: impl FnOnce(&Told) -> Option<Wish> + Send + 'static,
    done: &'static str,
) -> Result<Response, Failure> {
    let (outside, ways, who) = (app.outside()?.clone(), app.ways()?.clone(), me.0.person.id);
    blocking(move || {
        // Only what this person was shown: another's is not even asked for.
        let told = CARDS.told(&outside, who)?.map(|(told, _)| told).unwrap_or_default();
        let wish = make(&told).ok_or_else(|| Failure::of(Kind::NotFound))?;
        if !portal::send_wish(&outside, &ways.post, who, &wish)? {
            return Err(Failure::saying(Kind::TooMany, "portal-cards-too-often").next(PATH, "portal-cards-title"));
        }
        Ok(())
    })
    .await?;
    Ok(shell::done(PATH, done))
}

fn find(told: &Told, id: Id) -> Option<(&OwnService, &OwnCard)> {
    told.services.iter().find_map(|one| Some((one, one.cards.iter().find(|card| card.id == id)?)))
}

fn id(text: &str) -> Result<Id, Failure> {
    Id::parse(text).map_err(|_| Failure::of(Kind::NotFound))
}

async fn ask(State(app): State<Arc<App>>, me: InPortal, fields: Fields) -> Result<Response, Failure> {
    let service = fields.get("service").to_owned();
    let make = move |told: &Told| {
        told.services.iter().any(|one| one.key == service && one.may_ask).then_some(Wish::Ask { service })
    };
    wish(&app, &me, make, "portal-done-cards-asked").await
}

async fn lost(State(app): State<Arc<App>>, me: InPortal, Path(card): Path<String>) -> Result<Response, Failure> {
    let card = id(&card)?;
    let make = move |told: &Told| find(told, card).map(|(one, _)| Wish::Lost { service: one.key.clone(), card });
    wish(&app, &me, make, "portal-done-cards-lost").await
}

async fn end(State(app): State<Arc<App>>, me: InPortal, Path(card): Path<String>) -> Result<Response, Failure> {
    let card = id(&card)?;
    let make = move |told: &Told| {
        let (one, own) = find(told, card)?;
        (own.form() == Some(Form::OwnCard)).then(|| Wish::End { service: one.key.clone(), card })
    };
    wish(&app, &me, make, "portal-done-cards-ended").await
}

/// The number as a code, to be printed and put on the card's case.
async fn sticker(
    State(app): State<Arc<App>>,
    visit: Visit,
    me: InPortal,
    Path(card): Path<String>,
) -> Result<Response, Failure> {
    let (card, outside, who) = (id(&card)?, app.outside()?.clone(), me.0.person.id);
    let told = blocking(move || Ok(CARDS.told(&outside, who)?)).await?;
    let told = told.map(|(told, _)| told).unwrap_or_default();
    let found = find(&told, card).filter(|(one, own)| one.has_sticker && own.status() == Some(CardStatus::Active));
    let (of, own) = found.ok_or_else(|| Failure::of(Kind::NotFound))?;
    let square = on_screen(&own.number, SIDE).ok_or_else(|| Failure::defect("code", &"it does not fit its square"))?;
    let (box_, side) = (format!("0 0 {0} {0}", square.width), format!("{SIDE}mm"));
    let title = visit.say("city-cards-mine-sticker");
    let main = html! {
        section class="code-label" aria-label=(title) {
            svg role="img" aria-label=(visit.say("city-cards-mine-sticker-code")) width=(side) height=(side) viewBox=(box_) shape-rendering="crispEdges" {
                rect width="100%" height="100%" fill="#fff" {}
                path d=(square.path) stroke="#000" stroke-width="1" fill="none" {}
            }
            div {
                p class="code-label-title" { (of.names.say(visit.language)) }
                p { (own.number) }
            }
        }
    };
    let head =
        BelowCards { title: "city-cards-mine-sticker", lead: &["city-cards-mine-sticker-how"], says_done: false };
    Ok(shell::below_cards(&visit, &me, &head, &main))
}
