//! The desk for cards that departments defined (市のカードの窓口): a tap shows each card's number and whether it is valid;
//! giving, stopping, reissuing, switching the old card off, with the fee and its difference said before.
//!
//! ```text
//!  start ─ tap ─▶ person: cards of this desk ─┬─ hold · lost · resume · end ─▶ person   (taken back for 30 seconds)
//!                                             └─ issue · reissue: price ─▶ receipt     (taken back for 30 seconds)
//! ```

use std::collections::BTreeSet;

use axum::extract::{Path, Query};
use axum::response::{IntoResponse, Response};
use base::Id;
use maud::{Markup, html};
use serde::Deserialize;
use services::city_cards::issuing::{self, GiveRefusal, Wanted};
use services::city_cards::kept::{self, Kept};
use services::city_cards::{LIBRARY, NumberFormat, duty};
use tools::service_cards::counter::Counter;
use tools::service_cards::{CardError, CardStatus, Form, IssueRefusal, ServiceCard};
use tools::terminals::Sort;
use ui::form::{ButtonKind, Field, button, field, one_button, radios};
use ui::notice::{AlertKind, alert, chip, facts};
use ui::table::empty_state;

use super::{Ask, AtCounter, FIELDS, Shown, deeds, form, go, said, take};
use crate::app::blocking;
use crate::error::Failure;
use crate::form::Fields;
use crate::kiosk::Say;
use crate::routes::{Routes, Rule};
use crate::visit::Visit;

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
        .get("/counter/cards/issue/{key}", Rule::Kiosk, price)
        .post("/counter/cards/issue/{key}", Rule::Kiosk, issue)
        .get("/counter/cards/reissue/{key}/{card}", Rule::Kiosk, price_again)
        .post("/counter/cards/reissue/{key}/{card}", Rule::Kiosk, reissue)
        .get("/counter/cards/receipt/{key}/{card}", Rule::Kiosk, receipt)
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
                (one_button(&undo, &visit.csrf(&undo), ButtonKind::Primary, &visit.say("city-cards-desk-undo"), Some(&about)))
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

/// Which form was chosen before something was wrong: the choice does not jump back.
#[derive(Deserialize)]
struct Chosen {
    #[serde(default)]
    form: String,
}

async fn price(at: AtCounter, Path(key): Path<String>, Query(chosen): Query<Chosen>) -> Result<Response, Failure> {
    let Some((kept, shown)) = wanted(&at, &key).await? else { return Ok(go(PATH)) };
    priced(&at, &kept, &shown, None, &chosen).await
}

async fn price_again(
    at: AtCounter,
    Path((key, card)): Path<(String, String)>,
    Query(chosen): Query<Chosen>,
) -> Result<Response, Failure> {
    let Some((kept, shown)) = wanted(&at, &key).await? else { return Ok(go(PATH)) };
    let old = Id::parse(&card).map_err(|_| Failure::of(base::Kind::NotFound))?;
    priced(&at, &kept, &shown, Some(old), &chosen).await
}

/// Where the price of a card is said, before it is given.
fn price_path(key: &str, old: Option<Id>) -> String {
    match old {
        Some(card) => format!("/counter/cards/reissue/{key}/{card}"),
        None => format!("/counter/cards/issue/{key}"),
    }
}

/// Says what each form costs and what the one card saves, before anything is given.
async fn priced(
    at: &AtCounter,
    kept: &Kept,
    shown: &Shown,
    old: Option<Id>,
    chosen: &Chosen,
) -> Result<Response, Failure> {
    let visit = &at.visit;
    let seen = look(at, shown).await?.into_iter().find(|one| one.kept.key == kept.key);
    let cards = seen.map(|seen| seen.cards).unwrap_or_default();
    let old = match old {
        Some(id) => {
            let found = cards.iter().find(|card| card.id == id && card.status.is_live());
            Some(found.ok_or_else(|| Failure::of(base::Kind::NotFound))?)
        }
        None => None,
    };
    let is_again = old.is_some();
    let has = |form| {
        cards.iter().any(|card| card.form == form && card.status.is_live() && Some(card.id) != old.map(|old| old.id))
    };
    let forms: Vec<Form> = [Form::OneCard, Form::OwnCard].into_iter().filter(|form| !has(*form)).collect();
    let fees = kept.definition.fees();
    let action = price_path(&kept.key, old.map(|card| card.id));
    let chosen = Form::from_code(&chosen.form).filter(|form| forms.contains(form)).or_else(|| forms.first().copied());
    let title = visit.say(if is_again { "city-cards-desk-reissue" } else { "city-cards-desk-issue" });
    let options: Vec<(String, String)> = forms
        .iter()
        .map(|form| (form.code().to_owned(), format!("{} — {}", visit.say(form.word()), fees.due(*form, is_again))))
        .collect();
    let main = html! {
        h1 { (title) ": " (kept.definition.names.say(visit.language)) }
        (said(visit, &at.app.profile.counter, at.to_say().as_ref()))
        (facts(&[
            (visit.say(if is_again { "city-cards-fee-again" } else { "city-cards-fee-own" }), html! { (fees.due(Form::OwnCard, is_again)) }),
            (visit.say("city-cards-fee-one"), html! { (fees.one_card) }),
            (visit.say("city-cards-difference"), html! { strong { (fees.difference(is_again)) } }),
        ]))
        @if !kept.definition.note.is_empty() { (alert(visit.language, AlertKind::Warning, &html! { p { (kept.definition.note) } })) }
        form method="post" action=(action) class="card" {
            (visit.csrf(&action))
            (radios("form", &visit.say("city-cards-desk-form"), &options, chosen.map_or("", Form::code)))
            (number_field(visit, &kept.definition.number, is_again))
            div class="buttons" {
                (button(ButtonKind::Primary, &visit.say("city-cards-desk-give")))
                a class="button button-secondary" href=(PERSON) { (visit.say("page-back")) }
            }
        }
    };
    Ok(super::left(visit.page(&title).render(&main).into_response(), 120, PATH))
}

fn number_field(visit: &Visit, format: &NumberFormat, is_again: bool) -> Markup {
    let label = visit.say("city-cards-column-number");
    let hint = visit.say(match (format.is_given, is_again) {
        (true, _) => "city-cards-desk-number-given",
        (false, true) => "city-cards-desk-number-again",
        (false, false) => "city-cards-desk-number-next",
    });
    field(
        visit.language,
        &Field {
            name: "number",
            label: &label,
            hint: Some(&hint),
            autocomplete: Some("off"),
            max_length: Some(tools::service_cards::MAX_NUMBER),
            ..Field::default()
        },
    )
}

async fn issue(at: AtCounter, Path(key): Path<String>, fields: Fields) -> Result<Response, Failure> {
    let Some((kept, shown)) = wanted(&at, &key).await? else { return Ok(go(PATH)) };
    given(&at, &kept, &shown, &fields, None).await
}

async fn reissue(
    at: AtCounter,
    Path((key, card)): Path<(String, String)>,
    fields: Fields,
) -> Result<Response, Failure> {
    let Some((kept, shown)) = wanted(&at, &key).await? else { return Ok(go(PATH)) };
    let old = Id::parse(&card).map_err(|_| Failure::of(base::Kind::NotFound))?;
    given(&at, &kept, &shown, &fields, Some(old)).await
}

async fn given(
    at: &AtCounter,
    kept: &Kept,
    shown: &Shown,
    fields: &Fields,
    old: Option<Id>,
) -> Result<Response, Failure> {
    fields.only(&["form", "number"])?;
    if kept.standing != services::city_cards::Standing::Live {
        return Err(Failure::of(base::Kind::NotFound));
    }
    let form = Form::from_code(fields.get("form")).ok_or_else(|| Failure::of(base::Kind::Invalid))?;
    let typed = fields.filled("number").map(str::to_owned);
    let (city, by, who, card) = (at.app.inside()?.clone(), at.actor(), shown.resident().clone(), kept.clone());
    let given = blocking(move || {
        let wanted = Wanted { card: &card, form, typed: typed.as_deref(), replaces: old };
        Ok(issuing::give(&city, &by, &who, &wanted)?)
    })
    .await?;
    match given {
        Ok(given) => Ok(go(&format!("/counter/cards/receipt/{}/{}", kept.key, given.card))),
        Err(refusal) => {
            let path = price_path(&kept.key, old);
            at.note(&path, Say::Key(refused(refusal)));
            Ok(go(&format!("{path}?form={}", form.code())))
        }
    }
}

const fn refused(refusal: GiveRefusal) -> &'static str {
    use services::city_cards::numbers::NotOurs;
    match refusal {
        GiveRefusal::Issue(IssueRefusal::NumberTaken) => "city-cards-reason-taken",
        GiveRefusal::Issue(IssueRefusal::HasOne) => "city-cards-desk-refused-has",
        GiveRefusal::Issue(IssueRefusal::NotThere) => "city-cards-desk-refused-changed",
        GiveRefusal::Issue(IssueRefusal::IndividualNumber) | GiveRefusal::Number(NotOurs::IndividualNumber) => {
            "city-cards-reason-individual-number"
        }
        GiveRefusal::Issue(IssueRefusal::NotANumber) | GiveRefusal::Number(NotOurs::Digits) => {
            "city-cards-reason-digits"
        }
        GiveRefusal::Number(NotOurs::Prefix) => "city-cards-reason-prefix",
        GiveRefusal::Number(NotOurs::Check) => "city-cards-reason-check",
        GiveRefusal::NoNumber => "city-cards-desk-number-given",
        GiveRefusal::UsedUp => "city-cards-desk-used-up",
    }
}

async fn receipt(at: AtCounter, Path((key, card)): Path<(String, String)>) -> Result<Response, Failure> {
    let Some((kept, shown)) = wanted(&at, &key).await? else { return Ok(go(PATH)) };
    let id = Id::parse(&card).map_err(|_| Failure::of(base::Kind::NotFound))?;
    let seen = look(&at, &shown).await?.into_iter().find(|one| one.kept.key == kept.key);
    let seen = seen.ok_or_else(|| Failure::of(base::Kind::NotFound))?;
    let card = seen.cards.iter().find(|one| one.id == id).ok_or_else(|| Failure::of(base::Kind::NotFound))?;
    let city = at.app.inside()?.clone();
    let price = blocking(move || Ok(city.cards.read(move |tx| issuing::price(tx, id))?)).await?;
    let (fee, saved, is_again) = price.ok_or_else(|| Failure::of(base::Kind::NotFound))?;
    let visit = &at.visit;
    let title = visit.say("city-cards-desk-receipt");
    let undo = format!("/counter/cards/undo/{key}/{id}");
    let mut told = vec![
        (visit.say("city-cards-name"), html! { (kept.definition.names.say(visit.language)) }),
        (visit.say("city-cards-column-number"), html! { code { (card.number.reveal()) } }),
        (visit.say("city-cards-desk-form"), html! { (visit.say(card.form.word())) }),
        (
            visit.say("city-cards-desk-what"),
            html! { (visit.say(if is_again { "city-cards-desk-reissue" } else { "city-cards-desk-issue" })) },
        ),
        (visit.say("city-cards-desk-fee"), html! { strong { (fee) } }),
        (visit.say("city-cards-difference"), html! { (saved) }),
        (visit.say("city-cards-office"), html! { (at.app.profile.name) " " (kept.definition.office) }),
        (visit.say("city-cards-desk-day"), html! { (ui::dates::instant(visit.language, card.issued_at)) }),
    ];
    if let Some(day) = card.valid_until {
        told.push((visit.say("city-cards-column-valid-until"), html! { (ui::dates::date(visit.language, day)) }));
    }
    let main = html! {
        h1 { (title) }
        (alert(visit.language, AlertKind::Success, &html! { p { (visit.say("city-cards-desk-given")) } }))
        (facts(&told))
        div class="buttons" {
            @if seen.undoable.contains(&id) {
                (one_button(&undo, &visit.csrf(&undo), ButtonKind::Danger, &visit.say("city-cards-desk-undo"), None))
            }
            a class="button button-secondary" href=(PERSON) { (visit.say("city-cards-desk-to-person")) }
        }
        p class="hint" { (visit.say("city-cards-desk-receipt-how")) }
        (next_button(visit))
    };
    Ok(super::left(visit.page(&title).render(&main).into_response(), 120, PATH))
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
