//! The loading desk (独自アプリの搭載窓口): a card put down says what stands on it; load, go on, update, erase.
//!
//! ```text
//!  put down ─► what stands on it ─┬─ load: PIN proved ─► put on ─► PIN proved, number read in the same connection ─► personalise
//!                                 ├─ half-way: go on, or take it back
//!                                 └─ update · erase (PIN proved)
//! ```

mod at_agent;

use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use base::{Id, Kind};
use card::city_application::Image;
use card::city_application::loading::LoadingRoute;
use maud::{Markup, html};
use tools::city_application::desk::{Desk, Seen, Wish};
use tools::city_application::emergency;
use tools::city_application::emergency::kept::Standing as Chosen;
use tools::city_application::model::{Deed, Found, Standing};
use tools::city_application::{Fault, Refusal, Remedy};
use tools::terminals::Sort;
use ui::form::{ButtonKind, Field, button, checkboxes, field};
use ui::notice::{AlertKind, chip, facts};
use zeroize::Zeroizing;

pub use at_agent::Outcomes;

use super::reading::proved;
use super::{AtCounter, said};
use crate::agents::ReachesAgent;
use crate::app::blocking;
use crate::error::Failure;
use crate::form::Fields;
use crate::kiosk::reader::CardSlot;
use crate::kiosk::{Place, Say, say_card};
use crate::routes::{Routes, Rule};

/// What challenges of this desk name.
const SERVICE: &str = "city_application";
const PATH: &str = "/counter/application";

/// Its routes.
pub fn routes() -> Routes {
    Routes::new()
        .get(PATH, Rule::Kiosk, start)
        .post(PATH, Rule::Kiosk, look)
        .post("/counter/application/load", Rule::Kiosk, load)
        .post("/counter/application/update", Rule::Kiosk, update)
        .post("/counter/application/delete", Rule::Kiosk, delete)
        .post(at_agent::ASK, Rule::Kiosk, at_agent::ask)
        .post(at_agent::ANSWER, Rule::Kiosk, at_agent::answer)
}

/// The demo's route onto a virtual card.
struct Route<'a>(&'a dyn CardSlot);

impl LoadingRoute for Route<'_> {
    fn load(&mut self, image: Image) -> Result<(), String> {
        self.0.load_application(image)
    }
}

/// The sentence of a fault; what lies beneath goes to the log.
fn no(fault: &Fault) -> Say {
    match fault {
        // Elsewhere people are sent to this desk; here, no key that the city has opens the card.
        Fault::Refused(Refusal::KeyVersion) => Say::Key("application-refused-key-version-here"),
        Fault::Refused(refusal) => Say::Key(refusal.word()),
        other => {
            tracing::error!(%other, "the loading desk failed beneath");
            Say::Key("application-refused-beneath")
        }
    }
}

async fn start(at: AtCounter) -> Result<Response, Failure> {
    at.serves(Sort::LoadingDesk)?;
    // What was done at an agent a moment ago is told once; the card is still there, and so is the way to it.
    let Some(outcome) = at.app.outcomes.take(at.terminal.id, at.app.seams.now()) else {
        return Ok(page(&at, None, None, None));
    };
    Ok(match (outcome.looked, outcome.said) {
        (Ok(seen), say) => drawn(&at, Reach::Agent, None, Some(&seen), say.as_ref()),
        (Err(_), Some(say)) | (Err(say), None) => drawn(&at, Reach::Agent, None, None, Some(&say)),
    })
}

/// Lets `act` use the card of the drawer's place, or the one that lies there; it goes back afterwards.
async fn with_card<T: Send + 'static>(
    at: &AtCounter,
    fields: &Fields,
    act: impl FnOnce(&Place, &dyn CardSlot, &Desk) -> Result<T, Say> + Send + 'static,
) -> Result<Result<T, Say>, Failure> {
    let place: Arc<Place> = at.app.kiosk.clone().ok_or_else(|| Failure::of(Kind::NotFound))?;
    let index = fields.filled("card").and_then(|text| text.parse::<usize>().ok());
    let desk = Desk { city: at.app.inside()?.as_ref().clone(), by: at.actor(), terminal: at.terminal.id };
    blocking(move || {
        Ok(place.with_slot(desk.terminal, |slot| {
            if let Some(index) = index
                && !slot.put_from_drawer(index)
            {
                return Err(Say::Key("kiosk-reader-waiting"));
            }
            let done = act(&place, slot, &desk);
            slot.eject();
            done
        }))
    })
    .await
}

fn seen(slot: &dyn CardSlot, desk: &Desk) -> Result<Seen, Say> {
    let mut card = slot.connect().map_err(|error| say_card(&error.into()))?;
    let seen = desk.look(&mut *card).map_err(|fault| no(&fault));
    let _ = card.power_off();
    seen
}

async fn look(at: AtCounter, fields: Fields) -> Result<Response, Failure> {
    at.serves(Sort::LoadingDesk)?;
    fields.only(&["card"])?;
    let looked = with_card(&at, &fields, |_, slot, desk| {
        let looked = seen(slot, desk);
        if let Err(say) = &looked {
            note(desk, None, "look", say);
        }
        looked
    })
    .await?;
    Ok(after(&at, &fields, looked, None))
}

/// The page after a deed: what stands on the card now, and what was said.
fn after(at: &AtCounter, fields: &Fields, looked: Result<Seen, Say>, done: Option<Say>) -> Response {
    match (looked, done) {
        (Ok(seen), say) => page(at, fields.filled("card"), Some(&seen), say.as_ref()),
        (Err(_), Some(say)) | (Err(say), None) => page(at, fields.filled("card"), None, Some(&say)),
    }
}

/// Writes into the journal that something was not done. What cannot be written is said to the log: the refusal stands.
fn note(desk: &Desk, card: Option<Id>, deed: &'static str, say: &Say) {
    let why = match say {
        Say::Key(key) => key,
        Say::WrongPin(_) => "application-refused-card-pin",
        Say::Done(_) | Say::Refused(_) | Say::Printer(_) | Say::Owed(_) => return,
    };
    if let Err(error) = desk.note_refusal(card, deed, why) {
        tracing::error!(%error, "a refusal at the loading desk could not be noted");
    }
}

/// Does something and looks again, whatever came of it.
async fn deed(
    at: &AtCounter,
    fields: &Fields,
    (asked, done): (&'static str, &'static str),
    act: impl FnOnce(&Place, &dyn CardSlot, &Desk) -> Result<(), Say> + Send + 'static,
) -> Result<Response, Failure> {
    let both = with_card(at, fields, move |place, slot, desk| {
        let said = act(place, slot, desk).map_or_else(|say| say, |()| Say::Done(done));
        let looked = seen(slot, desk);
        note(desk, looked.as_ref().ok().and_then(|seen| seen.row), asked, &said);
        Ok((looked, said))
    })
    .await?;
    Ok(match both {
        Ok((looked, said)) => after(at, fields, looked, Some(said)),
        Err(say) => after(at, fields, Err(say), None),
    })
}

fn wish(fields: &Fields) -> Result<Wish, Say> {
    wish_of(fields, "application-pin", "emergency", "emergency-said")
}

/// What the person chose, from fields of these names.
fn wish_of(fields: &Fields, pin: &str, typed: &str, said: &str) -> Result<Wish, Say> {
    let pin = Zeroizing::new(base::text::to_half_width(fields.get(pin)));
    if !(4..=16).contains(&pin.len()) || !pin.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Say::Key("application-pin-shape"));
    }
    let emergency = match fields.filled(typed) {
        None => None,
        // Somebody else types what an ambulance will read: only with its holder looking on.
        Some(_) if fields.get(said) != "yes" => return Err(Say::Key("application-emergency-said-missing")),
        Some(text) => Some(emergency::typed(text).map_err(|fault| Say::Key(fault.word()))?),
    };
    Ok(Wish { pin, emergency })
}

fn typed_pin(fields: &Fields) -> Zeroizing<String> {
    Zeroizing::new(base::text::to_half_width(fields.get("pin")))
}

async fn load(at: AtCounter, fields: Fields) -> Result<Response, Failure> {
    at.serves(Sort::LoadingDesk)?;
    fields.only(&["card", "pin", "application-pin", "emergency", "emergency-said"])?;
    let wish = match wish(&fields) {
        Ok(wish) => wish,
        Err(say) => {
            let looked = with_card(&at, &fields, |_, slot, desk| seen(slot, desk)).await?;
            return Ok(after(&at, &fields, looked, Some(say)));
        }
    };
    let (pin, terminal) = (typed_pin(&fields), at.terminal.clone());
    deed(&at, &fields, ("load", "application-done-loaded"), move |place, slot, desk| {
        let found = seen(slot, desk)?.found;
        if !found.deeds().contains(&Deed::Load) {
            return Err(Say::Key(Refusal::NotNow.word()));
        }
        let issuer = &place.issuer;
        if matches!(found, Found::Nothing | Found::Erased) {
            // Whoever does not know the PIN gets nothing onto the card.
            let (session, _) = proved(issuer, slot, &terminal, SERVICE, &pin)?;
            let _ = session.close();
            desk.put_on(&mut Route(slot)).map_err(|fault| no(&fault))?;
        }
        let (mut session, person) = proved(issuer, slot, &terminal, SERVICE, &pin)?;
        let done = desk.personalise(session.same_card(), person.resident(), &wish);
        let _ = session.close();
        done.map(drop).map_err(|fault| no(&fault))
    })
    .await
}

async fn update(at: AtCounter, fields: Fields) -> Result<Response, Failure> {
    at.serves(Sort::LoadingDesk)?;
    fields.only(&["card", "application-pin"])?;
    let pin = fields.filled("application-pin").map(|pin| Zeroizing::new(base::text::to_half_width(pin)));
    deed(&at, &fields, ("update", "application-done-updated"), move |_, slot, desk| {
        let mut card = slot.connect().map_err(|error| say_card(&error.into()))?;
        let done = desk.update(&mut *card, pin.as_deref().map(String::as_str));
        let _ = card.power_off();
        done.map(drop).map_err(|fault| no(&fault))
    })
    .await
}

async fn delete(at: AtCounter, fields: Fields) -> Result<Response, Failure> {
    at.serves(Sort::LoadingDesk)?;
    fields.only(&["card", "pin"])?;
    let (pin, terminal) = (typed_pin(&fields), at.terminal.clone());
    deed(&at, &fields, ("delete", "application-done-deleted"), move |place, slot, desk| {
        let (mut session, _) = proved(&place.issuer, slot, &terminal, SERVICE, &pin)?;
        let done = desk.delete(session.same_card());
        let _ = session.close();
        done.map(drop).map_err(|fault| no(&fault))
    })
    .await
}

/// Where the card lies that is told of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// On the hall's own reader, or in the demo's drawer: the forms here reach it.
    Here,
    /// At the agent of this PC.
    Agent,
}

fn page(at: &AtCounter, card: Option<&str>, seen: Option<&Seen>, say: Option<&Say>) -> Response {
    drawn(at, Reach::Here, card, seen, say)
}

/// Whether the forms of the page reach a card where this desk is: in the demo's drawer, or on the reader of this computer. A
/// desk elsewhere has its own at the agent alone.
fn has_own_reader(at: &AtCounter) -> bool {
    at.app.kiosk.as_ref().is_some_and(|place| place.has_drawer() || at.visit.is_here)
}

fn drawn(at: &AtCounter, reach: Reach, card: Option<&str>, seen: Option<&Seen>, say: Option<&Say>) -> Response {
    let agent = at.app.agents.as_ref().map(|counterpart| counterpart.port);
    let visit = &at.visit;
    let is_at_agent = agent.is_some() && (reach == Reach::Agent || !has_own_reader(at));
    // One next step a page: what was found, the reader of this PC where it is the way, or else this form.
    let look = if seen.is_some() || is_at_agent { ButtonKind::Secondary } else { ButtonKind::Primary };
    let title = visit.say("application-desk-title");
    let main = html! {
        h1 { (title) }
        p { (visit.say("application-desk-lead")) }
        (said(visit, &at.app.profile.counter, say))
        @if let Some(Say::Key(key)) = say { p class="hint" { (visit.say(Remedy::after(key).word())) } }
        @if let Some(seen) = seen { (stands(at, card, seen, reach)) }
        form method="post" action=(PATH) class="card" {
            (visit.csrf(PATH))
            h2 { (visit.say("application-put")) }
            (super::form::card_and_pin(at, super::form::Pin::No))
            div class="buttons" { (button(look, &visit.say("application-look"))) }
        }
        @if let Some(port) = agent { (at_agent::section(at, port, is_at_agent)) }
        // What was found goes from the screen when its holder does.
        @if seen.is_some() || say.is_some() { p { a class="lone" href=(PATH) { (visit.say("page-home")) } } }
        p class="hint" { (visit.say("application-desk-policy")) }
        @if at.app.is_demo() { p class="hint" { (visit.say("application-keys-simulated")) } }
    };
    let Some(port) = agent else { return visit.page(&title).render(&main).into_response() };
    let mut response = visit.page(&title).script(crate::assets::path("agent.js")).render(&main).into_response();
    response.extensions_mut().insert(ReachesAgent(port));
    response
}

/// What stands on the card, and what may be done with it here.
fn stands(at: &AtCounter, card: Option<&str>, seen: &Seen, reach: Reach) -> Markup {
    let visit = &at.visit;
    let (kind, key) = match seen.found {
        Found::Nothing => (AlertKind::Info, "application-found-nothing"),
        Found::Erased => (AlertKind::Info, "application-found-erased"),
        Found::Ours(None) => (AlertKind::Error, "application-refused-unknown"),
        Found::Ours(Some(Standing::Ready)) if seen.old_keys.is_empty() => {
            (AlertKind::Success, "application-found-ready")
        }
        Found::Ours(Some(Standing::Ready)) => (AlertKind::Warning, "application-found-old-keys"),
        Found::Ours(Some(Standing::Loading)) => (AlertKind::Warning, "application-found-loading"),
        Found::Ours(Some(Standing::Updating)) => (AlertKind::Warning, "application-found-updating"),
        Found::Ours(Some(Standing::Deleting | Standing::Ended)) => (AlertKind::Warning, "application-found-deleting"),
    };
    let deeds = if reach == Reach::Here { seen.found.deeds() } else { Vec::new() };
    html! {
        section class="card" {
            h2 { (visit.say("application-found")) }
            p { (chip(kind, &visit.say(key))) }
            @if let Some(there) = &seen.inventory {
                (facts(&there.files.iter().map(|(file, version)| {
                    let name = visit.say(&format!("application-file-{:04x}", *file as u16));
                    let version = if *version == 0 { visit.say("application-file-empty") }
                        else { visit.say_with("application-file-version", &[("version", (*version).into())]) };
                    (name, html! { (version) })
                }).collect::<Vec<_>>()))
            }
            @if let Some(standing) = seen.emergency { (emergency_stands(at, standing)) }
            @if deeds.contains(&Deed::Load) { (load_form(at, card, seen)) }
            @if deeds.contains(&Deed::Update) { (update_form(at, card, seen)) }
            @if deeds.contains(&Deed::Delete) {
                details {
                    summary { (visit.say("application-delete-how")) }
                    (delete_form(at, card))
                }
            }
        }
    }
}

/// When the person chose their emergency card, and whether this card has it. What they chose is not shown here.
fn emergency_stands(at: &AtCounter, standing: Chosen) -> Markup {
    let visit = &at.visit;
    let instant = |at| ui::dates::instant(visit.language, at);
    let (key, chosen, written) = match standing {
        Chosen::Written { chosen_at, written_at } => {
            ("application-emergency-written", instant(chosen_at), instant(written_at))
        }
        Chosen::Waits { chosen_at } => ("application-emergency-waits", instant(chosen_at), String::new()),
        Chosen::TakenAway { at } => ("application-emergency-taken-away", instant(at), String::new()),
    };
    html! { p { (visit.say_with(key, &[("when", chosen.as_str().into()), ("written", written.as_str().into())])) } }
}

fn update_form(at: &AtCounter, card: Option<&str>, seen: &Seen) -> Markup {
    let (visit, action) = (&at.visit, "/counter/application/update");
    html! {
        form method="post" action=(action) {
            (visit.csrf(action))
            (place_field(card))
            @if matches!(seen.emergency, Some(Chosen::Waits { .. })) {
                div class="fields" { (secret_field(at, ("update-", "application-pin"), "application-pin-update", 16, false)) }
            }
            div class="buttons" { (button(ButtonKind::Primary, &visit.say("application-update"))) }
        }
    }
}

fn place_field(card: Option<&str>) -> Markup {
    html! { @if let Some(card) = card { input type="hidden" name="card" value=(card); } }
}

/// A secret of the form `of`, for which its id is named: two forms ask for the card's PIN.
fn secret_field(at: &AtCounter, (of, name): (&str, &str), key: &str, longest: u32, required: bool) -> Markup {
    let visit = &at.visit;
    let (label, hint, id) = (visit.say(key), visit.say(&format!("{key}-hint")), format!("{of}{name}"));
    field(
        visit.language,
        &Field {
            name,
            id: &id,
            label: &label,
            hint: Some(&hint),
            kind: "password",
            required,
            autocomplete: Some("off"),
            max_length: Some(longest),
            ..Field::default()
        },
    )
}

fn load_form(at: &AtCounter, card: Option<&str>, seen: &Seen) -> Markup {
    let (visit, action) = (&at.visit, "/counter/application/load");
    let is_half = seen.found == Found::Ours(Some(Standing::Loading));
    let (emergency, hint) = (visit.say("application-emergency"), visit.say("application-emergency-hint"));
    let said = [("yes".to_owned(), visit.say("application-emergency-said-yes"))];
    let is_chosen = matches!(seen.emergency, Some(Chosen::Waits { .. } | Chosen::Written { .. }));
    html! {
        form method="post" action=(action) {
            (visit.csrf(action))
            (place_field(card))
            div class="fields" {
                (secret_field(at, ("load-", "pin"), "application-card-pin", 4, true))
                (secret_field(at, ("load-", "application-pin"), "application-pin", 16, true))
            }
            @if !is_chosen {
                p { (visit.say("application-emergency-chosen-first")) }
                details {
                    summary { (visit.say("application-emergency-by-hand")) }
                    div class="fields" {
                        (field(visit.language, &Field { name: "emergency", label: &emergency, hint: Some(&hint),
                            autocomplete: Some("off"), max_length: Some(300), ..Field::default() }))
                        (checkboxes("emergency-said", &visit.say("application-emergency-said"), &said, &[]))
                    }
                }
            }
            div class="buttons" {
                (button(ButtonKind::Primary, &visit.say(if is_half { "application-go-on" } else { "application-load" })))
            }
        }
    }
}

fn delete_form(at: &AtCounter, card: Option<&str>) -> Markup {
    let (visit, action) = (&at.visit, "/counter/application/delete");
    html! {
        form method="post" action=(action) {
            (visit.csrf(action))
            (place_field(card))
            p { (visit.say("application-delete-lead")) }
            div class="fields" { (secret_field(at, ("delete-", "pin"), "application-card-pin", 4, true)) }
            div class="buttons" { (button(ButtonKind::Danger, &visit.say("application-delete"))) }
        }
    }
}
