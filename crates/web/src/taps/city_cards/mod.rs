//! The desk for cards that departments defined (市のカードの窓口): a tap shows each card's number and whether it is valid;
//! giving, stopping, reissuing, switching the old card off, with the fee and its difference said before.
//!
//! ```text
//!  start ─ tap ─▶ person: cards of this desk ─┬─ hold · lost · resume · end ─▶ person   (taken back for 30 seconds)
//!                                             └─ issue · reissue: price ─▶ receipt     (taken back for 30 seconds)
//! ```

use std::collections::BTreeSet;

use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use base::Id;
use maud::{Markup, html};
use services::city_cards::issuing;
use services::city_cards::kept::{self, Kept};
use services::city_cards::{LIBRARY, duty};
use tools::service_cards::counter::Counter;
use tools::service_cards::{CardError, CardStatus, Form, ServiceCard};
use tools::terminals::Sort;
use ui::form::{ButtonKind, one_button};
use ui::notice::{AlertKind, chip};
use ui::table::empty_state;

use super::{Ask, AtCounter, FIELDS, Shown, deeds, form, go, said, take};
use crate::app::blocking;
use crate::error::Failure;
use crate::form::Fields;
use crate::kiosk::Say;
use crate::routes::{Routes, Rule};
use crate::visit::Visit;

mod giving;

/// For whom people are held at this desk.
const AUDIENCE: &str = "city_cards";
const PATH: &str = "/counter/cards";
const PERSON: &str = "/counter/cards/person";

/// Its routes.
pub fn routes() -> Routes {
    Routes::new()
        .get(PATH, Rule::Kiosk, start)
        .post(PATH, Rule::Kiosk, shown)
        .get(PERSON, Rule::Kiosk, person)
        .post("/counter/cards/next", Rule::Kiosk, next)
        .get("/counter/cards/issue/{key}", Rule::Kiosk, giving::price)
        .post("/counter/cards/issue/{key}", Rule::Kiosk, giving::issue)
        .get("/counter/cards/reissue/{key}/{card}", Rule::Kiosk, giving::price_again)
        .post("/counter/cards/reissue/{key}/{card}", Rule::Kiosk, giving::reissue)
        .get("/counter/cards/receipt/{key}/{card}", Rule::Kiosk, giving::receipt)
        .get("/counter/cards/receipt/{key}/{card}/paper", Rule::Kiosk, giving::receipt_paper)
        .post("/counter/cards/change/{key}/{card}/{deed}", Rule::Kiosk, change)
        .post("/counter/cards/undo/{key}/{card}", Rule::Kiosk, undo)
}

async fn start(at: AtCounter) -> Result<Response, Failure> {
    at.serves(Sort::CityCardDesk)?;
    at.let_go();
    first(&at, at.to_say().as_ref()).await
}

/// What is shown at this desk.
async fn served(at: &AtCounter) -> Result<Vec<Kept>, Failure> {
    let (city, desk) = (at.app.inside()?.clone(), at.terminal.id.to_string());
    blocking(move || {
        let mut all = city.store.read(kept::all_shown)?;
        // The library has a counter of its own.
        all.retain(|one| one.key != LIBRARY && one.definition.serves_at(&desk));
        Ok(all)
    })
    .await
}

async fn first(at: &AtCounter, say: Option<&Say>) -> Result<Response, Failure> {
    let served = served(at).await?;
    let visit = &at.visit;
    let title = visit.say("city-cards-desk-title");
    let main = html! {
        h1 { (title) }
        @if served.is_empty() { (empty_state(&visit.say("city-cards-desk-no-cards"), &visit.say("city-cards-desk-no-cards-how"))) }
        @else {
            p { (visit.say("city-cards-desk-lead")) }
            (said(visit, &at.app.profile.counter, say))
            (form(at, PATH, Ask::CardAndPin))
            section {
                h2 { (visit.say("city-cards-desk-served")) }
                ul { @for one in &served { li { (one.definition.names.say(visit.language)) " — " (one.definition.office) } } }
            }
        }
    };
    Ok(visit.page(&title).render(&main).into_response())
}

async fn shown(at: AtCounter, fields: Fields) -> Result<Response, Failure> {
    at.serves(Sort::CityCardDesk)?;
    fields.only(&FIELDS)?;
    at.let_go();
    match take(&at, AUDIENCE, &fields).await? {
        Ok(shown) => {
            at.hold(AUDIENCE, shown);
            Ok(go(PERSON))
        }
        Err(say) => Ok(at.go_saying(PATH, say)),
    }
}

/// A card of this desk and the person's cards of it, those that can be taken back marked.
struct Seen {
    kept: Kept,
    cards: Vec<ServiceCard>,
    undoable: BTreeSet<Id>,
}

/// Looks at a person's cards. Each look is a disclosure to them.
async fn look(at: &AtCounter, shown: &Shown) -> Result<Vec<Seen>, Failure> {
    let served = served(at).await?;
    let (city, by, who) = (at.app.inside()?.clone(), at.actor(), shown.resident().clone());
    blocking(move || {
        let mut all = Vec::new();
        for kept in served {
            let counter = Counter { city: &city, by: &by, duty: duty(&kept.key), service: &kept.key };
            let cards = counter.look(&who)?;
            let (seams, by, key, ids) =
                (city.seams.clone(), by.clone(), kept.key.clone(), cards.iter().map(|one| one.id).collect::<Vec<_>>());
            let undoable = city.cards.read::<_, CardError, _>(move |tx| {
                let mut may = BTreeSet::new();
                for id in ids {
                    if issuing::may_undo(tx, &seams, &by, &key, id)? {
                        may.insert(id);
                    }
                }
                Ok(may)
            })?;
            all.push(Seen { kept, cards, undoable });
        }
        Ok(all)
    })
    .await
}

async fn person(at: AtCounter) -> Result<Response, Failure> {
    at.serves(Sort::CityCardDesk)?;
    let Some(shown) = at.held(AUDIENCE) else { return Ok(go(PATH)) };
    page(&at, &shown, at.to_say().as_ref()).await
}

async fn page(at: &AtCounter, shown: &Shown, say: Option<&Say>) -> Result<Response, Failure> {
    let seen = look(at, shown).await?;
    let visit = &at.visit;
    let title = visit.say("city-cards-desk-title");
    let main = html! {
        h1 { (title) }
        (said(visit, &at.app.profile.counter, say))
        (next_button(visit))
        @for one in &seen { (service(at, one)) }
    };
    // Whoever walks away leaves nothing on the screen.
    Ok(super::left(visit.page(&title).render(&main).into_response(), 120, PATH))
}

fn next_button(visit: &Visit) -> Markup {
    let next = "/counter/cards/next";
    html! {
        div class="buttons" {
            (one_button(next, &visit.csrf(next), ButtonKind::Primary, &visit.say("city-cards-desk-next"), None))
        }
    }
}

fn service(at: &AtCounter, seen: &Seen) -> Markup {
    let (visit, today) = (&at.visit, at.app.seams.today());
    let name = seen.kept.definition.names.say(visit.language);
    let is_live = seen.kept.standing == services::city_cards::Standing::Live;
    let valid = seen.cards.iter().any(|card| issuing::is_valid(&seen.kept, card, today));
    let listed: Vec<&ServiceCard> =
        seen.cards.iter().filter(|card| card.status.is_live() || seen.undoable.contains(&card.id)).collect();
    let has = |form| seen.cards.iter().any(|card| card.form == form && card.status.is_live());
    html! {
        section class="card" {
            h2 { (name) }
            p class="hint" { (seen.kept.definition.office) }
            // The answer first: by colour, shape and word.
            p { @if valid { (chip(AlertKind::Success, &visit.say("city-cards-desk-valid"))) }
                @else if !is_live { (chip(AlertKind::Error, &visit.say("city-cards-desk-closed"))) }
                @else if listed.is_empty() { (chip(AlertKind::Warning, &visit.say("city-cards-desk-has-none"))) }
                @else { (chip(AlertKind::Error, &visit.say("city-cards-desk-invalid"))) } }
            @for card in listed { (one(at, seen, card)) }
            @if is_live && !(has(Form::OneCard) && has(Form::OwnCard)) {
                p { a class="button button-secondary" href=(format!("/counter/cards/issue/{}", seen.kept.key))
                    aria-label=(format!("{}: {name}", visit.say("city-cards-desk-issue"))) { (visit.say("city-cards-desk-issue")) } }
            }
        }
    }
}

fn one(at: &AtCounter, seen: &Seen, card: &ServiceCard) -> Markup {
    let (visit, key) = (&at.visit, &seen.kept.key);
    let is_usable = issuing::is_valid(&seen.kept, card, at.app.seams.today());
    let state = if is_usable { AlertKind::Success } else { AlertKind::Warning };
    let name = seen.kept.definition.names.say(visit.language);
    let form = visit.say(card.form.word());
    let about = format!("{name} {form}");
    let deeds: &[(&str, ButtonKind)] = match (card.status, card.form) {
        (CardStatus::Active, Form::OneCard) => &[("hold", ButtonKind::Secondary), ("lost", ButtonKind::Danger)],
        (CardStatus::Active, Form::OwnCard) => &[("lost", ButtonKind::Danger), ("end", ButtonKind::Danger)],
        (CardStatus::OnHold | CardStatus::Lost, Form::OneCard) => &[("resume", ButtonKind::Secondary)],
        (CardStatus::OnHold | CardStatus::Lost, Form::OwnCard) => {
            &[("resume", ButtonKind::Secondary), ("end", ButtonKind::Danger)]
        }
        (CardStatus::Replaced | CardStatus::Ended, _) => &[],
    };
    html! {
        h3 { (form) }
        p class="secret" { (card.number.reveal()) }
        p { (chip(state, &visit.say(card.status.word())))
            @if seen.kept.definition.shows_last_day { @if let Some(day) = card.valid_until {
                " " (visit.say_with("city-cards-desk-until", &[("day", ui::dates::date(visit.language, day).into())]))
            } } }
        div class="buttons" {
            @if seen.undoable.contains(&card.id) {
                @let undo = format!("/counter/cards/undo/{key}/{}", card.id);
                (one_button(&undo, &visit.csrf(&undo), ButtonKind::Secondary, &visit.say("city-cards-desk-undo"), Some(&about)))
            }
            @for (deed, kind) in deeds {
                @let action = format!("/counter/cards/change/{key}/{}/{deed}", card.id);
                (one_button(&action, &visit.csrf(&action), *kind, &visit.say(&format!("city-cards-desk-{deed}")), Some(&about)))
            }
            @if card.status.is_live() {
                a class="button button-secondary" href=(format!("/counter/cards/reissue/{key}/{}", card.id))
                    aria-label=(format!("{}: {about}", visit.say("city-cards-desk-reissue"))) { (visit.say("city-cards-desk-reissue")) }
            }
        }
    }
}

/// The card of this desk of this key, and who stands here.
async fn wanted(at: &AtCounter, key: &str) -> Result<Option<(Kept, Shown)>, Failure> {
    at.serves(Sort::CityCardDesk)?;
    let Some(shown) = at.held(AUDIENCE) else { return Ok(None) };
    let found = served(at).await?.into_iter().find(|one| one.key == key);
    Ok(Some((found.ok_or_else(|| Failure::of(base::Kind::NotFound))?, shown)))
}

async fn change(
    at: AtCounter,
    Path((key, card, deed)): Path<(String, String, String)>,
    fields: Fields,
) -> Result<Response, Failure> {
    fields.only(&[])?;
    let Some((kept, shown)) = wanted(&at, &key).await? else { return Ok(go(PATH)) };
    let (of, offers) = ((kept.key.as_str(), duty(&kept.key)), ["hold", "lost", "resume", "end"]);
    let changed = deeds::change(&at, of, &shown, (&card, &deed), &offers).await?;
    let done = if changed { Say::Done("city-cards-desk-done") } else { Say::Key("city-cards-desk-refused-changed") };
    Ok(at.go_saying(PERSON, done))
}

async fn undo(at: AtCounter, Path((key, card)): Path<(String, String)>, fields: Fields) -> Result<Response, Failure> {
    fields.only(&[])?;
    let Some((kept, shown)) = wanted(&at, &key).await? else { return Ok(go(PATH)) };
    let card = Id::parse(&card).map_err(|_| Failure::of(base::Kind::NotFound))?;
    let (city, by, who) = (at.app.inside()?.clone(), at.actor(), shown.resident().clone());
    let undone = blocking(move || Ok(issuing::undo(&city, &by, &who, &kept.key, card)?)).await?;
    let done = if undone { Say::Done("city-cards-desk-undone") } else { Say::Key("city-cards-desk-too-late") };
    Ok(at.go_saying(PERSON, done))
}

async fn next(at: AtCounter, fields: Fields) -> Result<Response, Failure> {
    deeds::next(&at, Sort::CityCardDesk, &fields)
}
