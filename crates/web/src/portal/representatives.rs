//! Representatives: for whom I may act, who may act for me, naming a helper, taking a mandate up.
//!
//! ```text
//!  act for somebody (act) ⇄ be oneself again (back)     name a helper (offer, card) ─► code ─► the helper (accept)
//! ```

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use base::{Date, Id, Kind};
use maud::{Markup, html};
use tools::Outside;
use tools::audit::{self, Event};
use tools::portal::{AccountId, Assurance, account, session as sessions};
use tools::representatives::{self, GrantError, Offering, Refusal, Representation, Scope};
use ui::form::{ButtonKind, Field, button, checkboxes, field, one_button};
use ui::notice::{AlertKind, alert, chip};

use super::shell;
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::form::Fields;
use crate::routes::{Routes, Rule};
use crate::visit::{InPortal, Visit};

const PATH: &str = "/portal/representatives";

/// Its routes.
pub fn routes() -> Routes {
    let known = Rule::Resident(Assurance::Substantial);
    Routes::new()
        .get(PATH, known, page)
        .post("/portal/representatives/offer", Rule::Resident(Assurance::High), offer)
        .post("/portal/representatives/accept", known, accept)
        .post("/portal/representatives/back", known, back)
        .post("/portal/representatives/{id}/act", known, act)
        .post("/portal/representatives/{id}/end", known, end)
}

/// A representation with the other person's name.
struct Named {
    one: Representation,
    name: String,
}

fn name_of(outside: &Outside, other: AccountId) -> Result<String, Failure> {
    let found = outside.store.read::<_, store::StoreError, _>(|tx| account::find(tx, other))?;
    let profile = found.map(|found| found.profile(&outside.vault)).transpose()?.flatten();
    Ok(profile.map(|profile| profile.name).unwrap_or_default())
}

fn birth_date_of(me: &InPortal, outside: &Outside) -> Result<Date, Failure> {
    let profile = me.0.person.profile(&outside.vault)?;
    profile.map(|profile| profile.birth_date).ok_or_else(|| Failure::saying(Kind::Refused, "portal-state-joining"))
}

async fn page(State(app): State<Arc<App>>, visit: Visit, me: InPortal) -> Result<Response, Failure> {
    let (outside, who, today) = (app.outside()?.clone(), me.0.person.id, app.seams.today());
    let (mine, theirs) = blocking(move || {
        let (acting, of) = outside.store.read::<_, store::StoreError, _>(|tx| {
            Ok((representatives::acting(tx, today, who)?, representatives::of(tx, who)?))
        })?;
        let named = |one: Representation, other: Option<AccountId>| {
            let name = other.map_or(Ok(String::new()), |other| name_of(&outside, other))?;
            Ok::<_, Failure>(Named { one, name })
        };
        let mine = acting.into_iter().map(|one| {
            let other = one.represented;
            named(one, Some(other))
        });
        let theirs = of.into_iter().filter(|one| one.state != "ended").map(|one| {
            let other = one.representative;
            named(one, other)
        });
        Ok((mine.collect::<Result<Vec<_>, _>>()?, theirs.collect::<Result<Vec<_>, _>>()?))
    })
    .await?;
    let title = visit.say("representative-title");
    let main = html! {
        (shell::said(&visit))
        @if me.0.acting_for.is_some() { (back_form(&visit)) }
        section {
            h2 { (visit.say_html("representative-mine")) }
            @if mine.is_empty() { p { (visit.say_html("representative-mine-none")) } }
            @for one in &mine { (card(&visit, one, true)) }
            (accept_form(&visit))
        }
        @if me.0.acting_for.is_none() {
            section {
                h2 { (visit.say_html("representative-theirs")) }
                @if theirs.is_empty() { p { (visit.say_html("representative-theirs-none")) } }
                @for one in &theirs { (card(&visit, one, false)) }
                (offer_form(&visit, &me, today))
            }
        }
    };
    Ok(shell::page(&visit, &me, &title, &main))
}

fn back_form(visit: &Visit) -> Markup {
    let action = "/portal/representatives/back";
    one_button(action, &visit.csrf(action), ButtonKind::Primary, &visit.say("representative-back"), None)
}

fn scope_words(visit: &Visit, scopes: &[Scope]) -> String {
    let words = scopes.iter().map(|scope| visit.say(&format!("representative-scope-{}", scope.word())));
    words.collect::<Vec<_>>().join(if visit.language == ui::Language::English { ", " } else { "、" })
}

fn card(visit: &Visit, named: &Named, is_mine: bool) -> Markup {
    let one = &named.one;
    let (act, end) = (format!("{PATH}/{}/act", one.id), format!("{PATH}/{}/end", one.id));
    let is_offered = one.state == "offered";
    html! {
        article class="card" {
            h3 { @if is_offered { (visit.say_html("representative-offered")) } @else { span lang="ja" { (named.name) } } }
            p { (chip(AlertKind::Info, &visit.say(&format!("representative-kind-{}", one.kind.word())))) }
            dl class="facts" {
                dt { (visit.say_html("representative-scopes")) } dd { (scope_words(visit, &one.scopes)) }
                dt { (visit.say_html("representative-until")) }
                dd { @match one.ends_on {
                    Some(day) => { (ui::dates::date(visit.language, day.plus_days(-1))) }
                    None => { (visit.say_html("representative-no-end")) }
                } }
            }
            div class="buttons" {
                @if is_mine { (one_button(&act, &visit.csrf(&act), ButtonKind::Primary,
                    &visit.say("representative-act"), Some(&named.name))) }
                @if one.kind == representatives::Kind::Mandate {
                    (one_button(&end, &visit.csrf(&end), ButtonKind::Danger, &visit.say("representative-end"), Some(&named.name)))
                }
            }
        }
    }
}

fn accept_form(visit: &Visit) -> Markup {
    let action = "/portal/representatives/accept";
    let (label, hint) = (visit.say("representative-code"), visit.say("representative-code-hint"));
    html! {
        details {
            summary { (visit.say_html("representative-accept-title")) }
            form method="post" action=(action) {
                (visit.csrf(action))
                (field(visit.language, &Field { name: "code", label: &label, hint: Some(&hint), required: true,
                    autocomplete: Some("off"), max_length: Some(30), ..Field::default() }))
                div class="buttons" { (button(ButtonKind::Primary, &visit.say("representative-accept"))) }
            }
        }
    }
}

fn offer_form(visit: &Visit, me: &InPortal, today: Date) -> Markup {
    let action = "/portal/representatives/offer";
    let label = visit.say("representative-last-day");
    let a_year = today.plus_days(365).to_string();
    let scopes = Scope::FOR_HELPERS
        .iter()
        .map(|scope| (scope.word().to_owned(), visit.say(&format!("representative-scope-{}", scope.word()))));
    html! {
        h3 { (visit.say_html("representative-name-helper")) }
        p { (visit.say_html("representative-name-how")) }
        @if me.level() < Assurance::High {
            p { a href="/portal/step-up?next=/portal/representatives" { (visit.say("portal-step-up")) } }
        } @else {
            form method="post" action=(action) {
                (visit.csrf(action))
                (checkboxes("scope", &visit.say("representative-scopes"), &scopes.collect::<Vec<_>>(), &["letters"]))
                (field(visit.language, &Field { name: "last_day", label: &label, kind: "date", value: &a_year,
                    required: true, ..Field::default() }))
                div class="buttons" { (button(ButtonKind::Primary, &visit.say("representative-offer"))) }
            }
        }
    }
}

fn refused(error: GrantError) -> Failure {
    let key = match &error {
        GrantError::Store(error) => return Failure::of(error.kind()),
        GrantError::Refused(Refusal::NeedsCard) => "portal-step-up-needed",
        GrantError::Refused(Refusal::ForAnother) => "representative-closed",
        GrantError::Refused(Refusal::NotOfAge) => "representative-not-of-age",
        GrantError::Refused(Refusal::NoScope) => "representative-no-scope",
        GrantError::Refused(Refusal::Period) => "representative-period",
        GrantError::Refused(Refusal::NoOffer | Refusal::Own) => "representative-no-offer",
    };
    Failure::saying(error.kind(), key).next(PATH, "page-back")
}

async fn offer(State(app): State<Arc<App>>, visit: Visit, me: InPortal, fields: Fields) -> Result<Response, Failure> {
    let scopes: Vec<Scope> = fields.all("scope").filter_map(Scope::from_word).collect();
    let last_day = Date::parse(fields.get("last_day"))
        .map_err(|_| Failure::saying(Kind::Invalid, "representative-period").next(PATH, "page-back"))?;
    let (outside, session) = (app.outside()?.clone(), me.clone());
    let made = blocking(move || {
        let birth_date = birth_date_of(&session, &outside)?;
        let offering = Offering { scopes, ends_on: last_day.plus_days(1), birth_date };
        let seams = outside.seams.clone();
        let offer = move |tx: &mut store::Tx<'_>| representatives::offer(tx, &seams, &session.0, &offering);
        outside.store.write(offer).map_err(refused)
    })
    .await?;
    let title = visit.say("representative-code-title");
    let main = html! {
        (alert(visit.language, AlertKind::Warning, &html! { p { (visit.say_html("representative-code-once")) } }))
        p class="code" { code { (made.code) } }
        p { (visit.say_html("representative-code-next")) }
        p { a href=(PATH) { (visit.say("page-back")) } }
    };
    Ok(shell::page(&visit, &me, &title, &main))
}

async fn accept(State(app): State<Arc<App>>, me: InPortal, fields: Fields) -> Result<Response, Failure> {
    let (outside, code) = (app.outside()?.clone(), fields.get("code").to_owned());
    blocking(move || {
        let birth_date = birth_date_of(&me, &outside)?;
        let seams = outside.seams.clone();
        let accept = move |tx: &mut store::Tx<'_>| representatives::accept(tx, &seams, &me.0, birth_date, &code);
        outside.store.write(accept).map_err(refused)
    })
    .await?;
    Ok(shell::done(PATH, "portal-done-mandate-accepted"))
}

async fn act(State(app): State<Arc<App>>, me: InPortal, Path(id): Path<String>) -> Result<Response, Failure> {
    let id = Id::parse(&id).map_err(|_| Failure::of(Kind::NotFound))?;
    let (outside, today) = (app.outside()?.clone(), app.seams.today());
    blocking(move || {
        let seams = outside.seams.clone();
        let begun = outside.store.write::<_, store::StoreError, _>(move |tx| {
            let who = me.0.person.id;
            let all = representatives::acting(tx, today, who)?;
            let Some(one) = all.into_iter().find(|one| one.id == id) else { return Ok(false) };
            sessions::act_for(tx, &me.0.key, Some((one.represented, &id.to_string())))?;
            let (by, to) = (who.to_string(), one.represented.to_string());
            let details = [("by", by.as_str()), ("for", to.as_str()), ("representation", &*id.to_string())];
            let actor = tools::access::Actor::System { job: "portal" };
            audit::append(tx, &seams, &actor, Event::RepresentationUsed, &details)?;
            Ok(true)
        })?;
        if begun { Ok(()) } else { Err(Failure::saying(Kind::NotFound, "representative-over").next(PATH, "page-back")) }
    })
    .await?;
    Ok(shell::done("/portal", "portal-done-acting"))
}

async fn back(State(app): State<Arc<App>>, me: InPortal) -> Result<Response, Failure> {
    let outside = app.outside()?.clone();
    blocking(move || {
        let back = move |tx: &mut store::Tx<'_>| sessions::act_for(tx, &me.0.key, None);
        Ok(outside.store.write::<_, store::StoreError, _>(back)?)
    })
    .await?;
    Ok(shell::done(PATH, "portal-done-oneself"))
}

async fn end(State(app): State<Arc<App>>, me: InPortal, Path(id): Path<String>) -> Result<Response, Failure> {
    let id = Id::parse(&id).map_err(|_| Failure::of(Kind::NotFound))?;
    let outside = app.outside()?.clone();
    let ended = blocking(move || {
        let seams = outside.seams.clone();
        let end = move |tx: &mut store::Tx<'_>| representatives::end_by(tx, &seams, me.0.person.id, id);
        Ok(outside.store.write::<_, store::StoreError, _>(end)?)
    })
    .await?;
    if ended { Ok(shell::done(PATH, "portal-done-mandate-ended")) } else { Err(Failure::of(Kind::NotFound)) }
}
