//! Cards that departments define (市のカード): the list, one card with its versions, members in and changes out, labels.

mod files;
mod form;
mod one;
mod stickers;
mod systems;

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use maud::{Markup, html};
use services::city_cards::effect::{self, Saved};
use services::city_cards::kept::{self, Kept};
use services::city_cards::{CardsError, CardsRefusal, Definition, Names, Standing, examples};
use store::StoreError;
use tools::staff::Action;
use tools::terminals::{self, Sort, Status};
use ui::form::{ButtonKind, error_summary, link_button};
use ui::notice::{AlertKind, chip};
use ui::table::empty_state;

use super::shell;
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::form::Fields;
use crate::routes::{Routes, Rule};
use crate::visit::{SignedIn, Visit};

/// Its address.
pub const PATH: &str = "/staff/cards";

/// Its routes.
pub fn routes() -> Routes {
    let (see, define) = (Rule::Staff(Action::SeeCards), Rule::Staff(Action::DefineCards));
    let (approve, handle) = (Rule::Staff(Action::ApproveCards), Rule::Staff(Action::HandleCards));
    Routes::new()
        .get(PATH, see, page)
        .get("/staff/cards/new", define, new)
        .post("/staff/cards/new", define, write_new)
        .get("/staff/cards/{key}", see, one::page)
        .get("/staff/cards/{key}/draft", define, draft)
        .post("/staff/cards/{key}/draft", define, write)
        .post("/staff/cards/{key}/ask", define, one::ask)
        .post("/staff/cards/{key}/approve", approve, one::approve)
        .post("/staff/cards/{key}/decline", see, one::decline)
        .post("/staff/cards/{key}/close", define, one::close)
        .post("/staff/cards/{key}/clients", define, systems::admit)
        .post("/staff/cards/{key}/clients/allow", approve, systems::allow)
        .post("/staff/cards/{key}/clients/decline", see, systems::decline)
        .post("/staff/cards/{key}/clients/stop", define, systems::stop)
        .get("/staff/cards/{key}/files", handle, files::page)
        .post_up_to("/staff/cards/{key}/files/members", handle, files::MOST_FORM, files::members)
        .post("/staff/cards/{key}/files/changes.csv", handle, files::changes)
        .get("/staff/cards/{key}/stickers", handle, stickers::page)
        .post("/staff/cards/{key}/stickers/labels.pdf", handle, stickers::labels)
        .get("/staff/cards/{key}/stickers/{sheet}/calibration.pdf", handle, stickers::calibration)
}

impl From<CardsError> for Failure {
    fn from(error: CardsError) -> Self {
        let kind = error.kind();
        match error {
            CardsError::Store(error) => error.into(),
            CardsError::Approval(error) => tools::staff::StaffError::Approval(error).into(),
            CardsError::Refused(refusal) => {
                let key = match refusal {
                    CardsRefusal::Faulty(_) => "city-cards-faulty",
                    CardsRefusal::Unknown => "city-cards-unknown",
                    CardsRefusal::Waits => "city-cards-waits",
                    CardsRefusal::TooMany => "city-cards-too-many",
                    CardsRefusal::TooManyClients => "city-cards-client-too-many",
                    CardsRefusal::ClientStopped => "city-cards-client-is-stopped",
                    CardsRefusal::PrefixTaken { .. } => "city-cards-prefix-taken",
                };
                Self::saying(kind, key).next(PATH, "city-cards-title")
            }
        }
    }
}

impl From<tools::service_cards::CardError> for Failure {
    fn from(error: tools::service_cards::CardError) -> Self {
        use tools::service_cards::CardError;
        match error {
            CardError::Store(error) => error.into(),
            CardError::Vault(error) => error.into(),
            CardError::Access(error) => error.into(),
        }
    }
}

/// The chip of a standing.
fn standing(visit: &Visit, one: Standing) -> Markup {
    let kind = match one {
        Standing::Live => AlertKind::Success,
        Standing::Draft => AlertKind::Info,
        Standing::Past | Standing::Closed => AlertKind::Warning,
    };
    chip(kind, &visit.say(&format!("city-cards-standing-{}", one.word())))
}

/// The first day of the fiscal year, from which savings are counted.
fn year_began(today: base::Date) -> base::Date {
    let (year, month, _) = today.parts();
    base::Date::new(if month <= 3 { year - 1 } else { year }, 4, 1).unwrap_or(today)
}

async fn page(State(app): State<Arc<App>>, visit: Visit, me: SignedIn) -> Result<Response, Failure> {
    let inside = app.inside()?.clone();
    let since = year_began(inside.seams.today());
    let (newest, saved) = blocking(move || {
        let mut newest: Vec<Kept> = Vec::new();
        for one in inside.store.read::<_, StoreError, _>(kept::all)? {
            // The version in force says what the card is, else the newest.
            match newest.last_mut().filter(|last| last.key == one.key) {
                Some(last) if one.standing == Standing::Live => *last = one,
                Some(_) => {}
                None => newest.push(one),
            }
        }
        let keys: Vec<String> = newest.iter().map(|one| one.key.clone()).collect();
        let saved = inside.cards.read::<_, StoreError, _>(move |tx| {
            keys.iter().map(|key| effect::saved(tx, key, since)).collect::<Result<Vec<_>, _>>()
        })?;
        Ok((newest, saved))
    })
    .await?;
    let rows: Vec<Vec<Markup>> = newest.iter().zip(&saved).map(|(one, saved)| row(&visit, one, saved)).collect();
    let headings = [
        "city-cards-name",
        "city-cards-office",
        "city-cards-standing",
        "city-cards-not-issued",
        "city-cards-own-issued",
        "city-cards-fees-saved",
    ];
    let title = visit.say("city-cards-title");
    let main = html! {
        (shell::said(&visit))
        p { (visit.say("city-cards-how")) }
        @if me.may(Action::DefineCards) {
            div class="buttons" { (link_button(ButtonKind::Primary, "/staff/cards/new", &visit.say("city-cards-new"))) }
        }
        @if rows.is_empty() { (empty_state(&visit.say("city-cards-none"), &visit.say("city-cards-none-how"))) }
        @else {
            p class="hint" { (visit.say_with("city-cards-since", &[("day", ui::dates::date(visit.language, since).into())])) }
            (visit.table(&title, &headings, &rows))
        }
    };
    Ok(shell::page(&visit, &me, &title, &main))
}

fn row(visit: &Visit, one: &Kept, saved: &Saved) -> Vec<Markup> {
    vec![
        html! { a href=(format!("{PATH}/{}", one.key)) { (one.definition.names.say(visit.language)) } },
        html! { (one.definition.office) },
        standing(visit, one.standing),
        html! { (saved.cards_not_issued) },
        html! { (saved.own_cards) },
        html! { (saved.fees) },
    ]
}

/// Desks at which cards are shown, by id, with their place and name.
fn desks(tx: &mut store::Tx<'_>) -> Result<Vec<(String, String)>, StoreError> {
    let all = terminals::list(tx)?;
    let is_desk = |one: &&terminals::Listed| one.terminal.sort == Sort::CityCardDesk && one.status != Status::Stopped;
    Ok(all
        .iter()
        .filter(is_desk)
        .map(|one| (one.terminal.id.to_string(), format!("{} {}", one.terminal.place, one.terminal.name)))
        .collect())
}

async fn new(State(app): State<Arc<App>>, visit: Visit, me: SignedIn) -> Result<Response, Failure> {
    let like = visit.address.split_once("like=").map_or("", |(_, key)| key.split('&').next().unwrap_or(""));
    let begun = examples::all().into_iter().find(|(key, _)| *key == like);
    // A new card has a name and numbers of its own: two of one name or prefix would be told apart by nobody.
    let fields = begun.map_or_else(form::blank, |(_, example)| {
        let names = Names::default();
        form::fields(&Definition { names, ..example })
    });
    let (inside, like) = (app.inside()?.clone(), form::definition(&fields).number);
    let prefix = blocking(move || Ok(inside.store.read(|tx| kept::free_prefix(tx, &like))?)).await?;
    let fields = form::with_prefix(&fields, &prefix);
    drawn(&app, &visit, &me, None, &fields, &[]).await
}

async fn draft(
    State(app): State<Arc<App>>,
    visit: Visit,
    me: SignedIn,
    Path(key): Path<String>,
) -> Result<Response, Failure> {
    let (inside, wanted) = (app.inside()?.clone(), key.clone());
    let versions = blocking(move || Ok(inside.store.read(|tx| kept::versions(tx, &wanted))?)).await?;
    let newest = versions.first().ok_or_else(|| Failure::of(base::Kind::NotFound))?;
    drawn(&app, &visit, &me, Some(&key), &form::fields(&newest.definition), &[]).await
}

async fn drawn(
    app: &Arc<App>,
    visit: &Visit,
    me: &SignedIn,
    key: Option<&str>,
    fields: &Fields,
    errors: &[(&str, String)],
) -> Result<Response, Failure> {
    let inside = app.inside()?.clone();
    let desks = blocking(move || Ok(inside.store.read(desks)?)).await?;
    let action = key.map_or_else(|| "/staff/cards/new".to_owned(), |key| format!("{PATH}/{key}/draft"));
    let main = html! {
        (error_summary(visit.language, errors))
        @if key.is_none() && errors.is_empty() {
            p { (visit.say("city-cards-like")) }
            ul { @for (key, example) in examples::all() {
                @let address = format!("/staff/cards/new?like={key}");
                @let is_this = visit.address.ends_with(&address);
                li { a href=(address) aria-current=[is_this.then_some("true")] { (example.names.say(visit.language)) }
                    @if is_this { " " (visit.say("city-cards-like-this")) } }
            } }
        }
        (form::form(visit, &action, key.is_none(), fields, errors, &desks))
    };
    let title = visit.say(if key.is_none() { "city-cards-new" } else { "city-cards-change" });
    let mut response = shell::page(visit, me, &title, &main);
    if !errors.is_empty() {
        *response.status_mut() = axum::http::StatusCode::BAD_REQUEST;
    }
    Ok(response)
}

async fn write_new(
    State(app): State<Arc<App>>,
    visit: Visit,
    me: SignedIn,
    fields: Fields,
) -> Result<Response, Failure> {
    let key = fields.get("key").to_owned();
    let (inside, wanted) = (app.inside()?.clone(), key.clone());
    let is_there = blocking(move || Ok(!inside.store.read(|tx| kept::versions(tx, &wanted))?.is_empty())).await?;
    if is_there {
        return Err(Failure::saying(base::Kind::Conflict, "city-cards-key-taken").next(PATH, "city-cards-title"));
    }
    written(&app, &visit, &me, None, key, &fields).await
}

async fn write(
    State(app): State<Arc<App>>,
    visit: Visit,
    me: SignedIn,
    Path(key): Path<String>,
    fields: Fields,
) -> Result<Response, Failure> {
    let (inside, wanted) = (app.inside()?.clone(), key.clone());
    let is_there = blocking(move || Ok(!inside.store.read(|tx| kept::versions(tx, &wanted))?.is_empty())).await?;
    if !is_there {
        return Err(Failure::of(base::Kind::NotFound));
    }
    let of = key.clone();
    written(&app, &visit, &me, Some(&of), key, &fields).await
}

async fn written(
    app: &Arc<App>,
    visit: &Visit,
    me: &SignedIn,
    of: Option<&str>,
    key: String,
    fields: &Fields,
) -> Result<Response, Failure> {
    let definition = form::definition(fields);
    let (inside, actor, to) = (app.inside()?.clone(), me.actor(), key.clone());
    let done = blocking(move || {
        let seams = inside.seams.clone();
        match inside.store.write(move |tx| kept::draft(tx, &seams, &actor, &key, &definition)) {
            Err(CardsError::Refused(refusal @ (CardsRefusal::Faulty(_) | CardsRefusal::PrefixTaken { .. }))) => {
                Ok(Err(refusal))
            }
            other => Ok(Ok(other?)),
        }
    })
    .await?;
    match done {
        Ok(()) => Ok(shell::done(&format!("{PATH}/{to}"), "staff-done-cards-written")),
        Err(refusal) => drawn(app, visit, me, of, fields, &errors(visit, &refusal)).await,
    }
}

/// Field and sentence of everything that cannot be so.
fn errors(visit: &Visit, refusal: &CardsRefusal) -> Vec<(&'static str, String)> {
    match refusal {
        CardsRefusal::Faulty(faults) => {
            let said = |(sentence, field): (&'static str, &'static str)| (field, visit.say(sentence));
            faults.iter().map(|fault| said(fault.words())).collect()
        }
        CardsRefusal::PrefixTaken { by } => {
            let name = by.say(visit.language).to_owned();
            vec![("prefix", visit.say_with("city-cards-fault-prefix-taken", &[("card", name.into())]))]
        }
        _ => Vec::new(),
    }
}
