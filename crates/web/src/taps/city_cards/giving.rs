//! What a card costs, giving it, and the receipt.

use axum::extract::{Path, Query};
use axum::response::{IntoResponse, Response};
use base::Id;
use maud::{Markup, html};
use serde::Deserialize;
use services::city_cards::NumberFormat;
use services::city_cards::issuing::{self, GiveRefusal, Wanted};
use services::city_cards::kept::Kept;
use services::convenience_certificates::receipt::short_form;
use tools::service_cards::{CardStatus, Form, IssueRefusal, ServiceCard};
use ui::form::{ButtonKind, Field, button, field, one_button, radios};
use ui::notice::{AlertKind, alert, facts};

use super::super::{AtCounter, Shown, go, left, receipts, said};
use super::{PATH, PERSON, Seen, look, next_button, wanted};
use crate::app::blocking;
use crate::error::Failure;
use crate::form::Fields;
use crate::kiosk::Say;
use crate::visit::Visit;

/// Which form was chosen before something was wrong: the choice does not jump back.
#[derive(Deserialize)]
pub(super) struct Chosen {
    #[serde(default)]
    form: String,
}

pub(super) async fn price(
    at: AtCounter,
    Path(key): Path<String>,
    Query(chosen): Query<Chosen>,
) -> Result<Response, Failure> {
    let Some((kept, shown)) = wanted(&at, &key).await? else { return Ok(go(PATH)) };
    priced(&at, &kept, &shown, None, &chosen).await
}

pub(super) async fn price_again(
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
    // The one card beside a card that may be used takes over its number.
    let is_active = |card: &&ServiceCard| card.status == CardStatus::Active && Some(card.id) != old.map(|old| old.id);
    let is_carried = forms == [Form::OneCard] && cards.iter().any(|card| is_active(&card));
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
        p { (visit.say("city-cards-desk-pay-first")) }
        @if !kept.definition.note.is_empty() { (alert(visit.language, AlertKind::Warning, &html! { p { (kept.definition.note) } })) }
        form method="post" action=(action) class="card" {
            (visit.csrf(&action))
            (radios("form", &visit.say("city-cards-desk-form"), &options, chosen.map_or("", Form::code)))
            (number_field(visit, &kept.definition.number, (is_again, is_carried), &at.typed()))
            div class="buttons" {
                (button(ButtonKind::Primary, &visit.say("city-cards-desk-give")))
                a class="button button-secondary" href=(PERSON) { (visit.say("page-back")) }
            }
        }
    };
    Ok(left(visit.page(&title).render(&main).into_response(), 120, PATH))
}

fn number_field(visit: &Visit, format: &NumberFormat, (is_again, is_carried): (bool, bool), typed: &str) -> Markup {
    let label = visit.say("city-cards-column-number");
    let hint = visit.say(match (format.is_given, is_again) {
        (true, _) if is_carried => "city-cards-desk-number-carried",
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
            value: typed,
            required: format.is_given && !is_carried,
            autocomplete: Some("off"),
            max_length: Some(tools::service_cards::MAX_NUMBER),
            ..Field::default()
        },
    )
}

pub(super) async fn issue(at: AtCounter, Path(key): Path<String>, fields: Fields) -> Result<Response, Failure> {
    let Some((kept, shown)) = wanted(&at, &key).await? else { return Ok(go(PATH)) };
    given(&at, &kept, &shown, &fields, None).await
}

pub(super) async fn reissue(
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
        Err(GiveRefusal::Issue(IssueRefusal::NotThere)) => {
            Ok(at.go_saying(PERSON, Say::Key("city-cards-desk-refused-changed")))
        }
        Err(refusal) => {
            let path = price_path(&kept.key, old);
            at.note_typed(&path, Say::Key(refused(refusal)), fields.get("number"));
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

/// A card of whoever stands here, with all of theirs of its definition.
async fn own(at: &AtCounter, kept: &Kept, shown: &Shown, card: &str) -> Result<(Seen, ServiceCard), Failure> {
    let not_found = || Failure::of(base::Kind::NotFound);
    let id = Id::parse(card).map_err(|_| not_found())?;
    let seen = look(at, shown).await?.into_iter().find(|one| one.kept.key == kept.key).ok_or_else(not_found)?;
    let card = seen.cards.iter().find(|one| one.id == id).cloned().ok_or_else(not_found)?;
    Ok((seen, card))
}

pub(super) async fn receipt_paper(
    at: AtCounter,
    Path((key, card)): Path<(String, String)>,
) -> Result<Response, Failure> {
    let Some((kept, shown)) = wanted(&at, &key).await? else { return Ok(go(PATH)) };
    let (_, card) = own(&at, &kept, &shown, &card).await?;
    receipts::sheet(&at, &kept, &card).await
}

pub(super) async fn receipt(at: AtCounter, Path((key, card)): Path<(String, String)>) -> Result<Response, Failure> {
    let Some((kept, shown)) = wanted(&at, &key).await? else { return Ok(go(PATH)) };
    let (seen, card) = own(&at, &kept, &shown, &card).await?;
    let (id, taken) = (card.id, receipts::taken(&at, card.id).await?);
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
    ];
    if let Some(taking) = &taken {
        told.push((visit.say("city-cards-desk-receipt-number"), html! { code { (short_form(taking.id)) } }));
    }
    told.extend([
        (visit.say("city-cards-office"), html! { (at.app.profile.name) " " (kept.definition.office) }),
        (visit.say("city-cards-desk-day"), html! { (ui::dates::instant(visit.language, card.issued_at)) }),
    ]);
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
            @if taken.is_some() {
                a class="button" href=(format!("/counter/cards/receipt/{key}/{id}/paper")) { (visit.say("city-cards-desk-receipt-paper")) }
            }
            a class="button button-secondary" href=(PERSON) { (visit.say("city-cards-desk-to-person")) }
        }
        @if taken.is_some() { p { (visit.say("city-cards-desk-paid")) } }
        p class="hint" { (visit.say("city-cards-desk-receipt-how")) }
        (next_button(visit))
    };
    Ok(left(visit.page(&title).render(&main).into_response(), 120, PATH))
}
