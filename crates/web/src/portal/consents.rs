//! All consents on one page: to whom, what, until when; taken back with one button; a receipt for each.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use base::{Id, Kind};
use maud::{Markup, html};
use services::notices_for_you::wishes::kept;
use tools::consents::{self, Agreement, Consent, ConsentError, ConsentState, Revision, Words};
use tools::portal::Assurance;
use ui::Language;
use ui::form::{ButtonKind, button, one_button};
use ui::notice::{AlertKind, chip};
use ui::table::empty_state;

use super::shell;
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::form::Fields;
use crate::routes::{Routes, Rule};
use crate::visit::{InPortal, Visit};

const PATH: &str = "/portal/consents";

/// Its routes.
pub fn routes() -> Routes {
    let known = Rule::Resident(Assurance::Substantial);
    Routes::new()
        .get(PATH, known, list)
        .get("/portal/consents/{consent}/receipt", known, receipt)
        .post("/portal/consents/{consent}/withdraw", known, withdraw)
        .get("/portal/consents/give/{agreement}", Rule::Resident(Assurance::High), asked)
        .post("/portal/consents/give/{agreement}", Rule::Resident(Assurance::High), give)
}

fn text<'a>(visit: &Visit, words: &'a Words) -> &'a str {
    match visit.language {
        Language::English => &words.en,
        Language::EasyJapanese => &words.easy,
        Language::Japanese => &words.ja,
    }
}

/// With readings, where the words bring them.
fn said(visit: &Visit, words: &Words) -> Markup {
    ui::ruby::markup(text(visit, words))
}

async fn list(State(app): State<Arc<App>>, visit: Visit, me: InPortal) -> Result<Response, Failure> {
    let (outside, account, now) = (app.outside()?.clone(), me.0.person.id, app.seams.now());
    let (all, registered) = blocking(move || {
        let all = outside.store.read::<_, ConsentError, _>(|tx| consents::list(tx, now, account))?;
        Ok((all, kept::of(&outside, account)?.filter(|kept| kept.wishes.receives)))
    })
    .await?;
    let title = visit.say("consent-title");
    let main = html! {
        (shell::said(&visit))
        p { (visit.say_html("consent-how")) }
        @if let Some(kept) = &registered { (notices(&visit, kept)) }
        @if all.is_empty() && registered.is_none() { (empty_state(&visit.say("consent-none"), &visit.say("consent-none-how"))) }
        @for (consent, revision) in &all { (card(&visit, consent, revision)) }
    };
    Ok(shell::page(&visit, &me, &title, &main))
}

/// Registering for notices is a consent too: to the use of the resident register.
fn notices(visit: &Visit, kept: &kept::Kept) -> Markup {
    let stop = "/portal/interests/stop";
    html! {
        article class="card" {
            h2 { (visit.say_html("interests-title")) }
            p { (chip(AlertKind::Success, &visit.say("consent-state-given"))) }
            dl class="facts" {
                dt { (visit.say_html("consent-purpose")) } dd { (visit.say_html("interests-consent-purpose")) }
                dt { (visit.say_html("consent-items")) } dd { (visit.say_html("interests-consent-items")) }
                dt { (visit.say_html("interests-consent-changed")) } dd { (ui::dates::instant(visit.language, kept.changed_at)) }
            }
            div class="buttons" {
                (one_button(stop, &visit.csrf(stop), ButtonKind::Danger, &visit.say("interests-stop"), None))
                a href=(super::interests::PATH) { (visit.say_html("schemes-change")) }
            }
        }
    }
}

fn card(visit: &Visit, consent: &Consent, revision: &Revision) -> Markup {
    let agreement = &revision.agreement;
    let (kind, key) = match consent.state {
        ConsentState::Given => (AlertKind::Success, "consent-state-given"),
        ConsentState::Withdrawn => (AlertKind::Info, "consent-state-withdrawn"),
        ConsentState::Replaced => (AlertKind::Info, "consent-state-replaced"),
        ConsentState::Lapsed => (AlertKind::Info, "consent-state-lapsed"),
        ConsentState::Outdated => (AlertKind::Warning, "consent-state-outdated"),
    };
    let withdraw = format!("{PATH}/{}/withdraw", consent.id);
    html! {
        article class="card" {
            h2 { (said(visit, &agreement.name)) }
            p { (chip(kind, &visit.say(key))) }
            dl class="facts" {
                (terms(visit, agreement))
                dt { (visit.say_html("consent-given-at")) } dd { (ui::dates::instant(visit.language, consent.given_at)) }
                dt { (visit.say_html("consent-until")) } dd { (ui::dates::instant(visit.language, consent.until)) }
                @if let Some(at) = consent.ended_at {
                    dt { (visit.say_html("consent-ended-at")) } dd { (ui::dates::instant(visit.language, at)) }
                }
            }
            div class="buttons" {
                @if matches!(consent.state, ConsentState::Given | ConsentState::Outdated) {
                    (one_button(&withdraw, &visit.csrf(&withdraw), ButtonKind::Danger, &visit.say("consent-withdraw"),
                        Some(&ui::ruby::plain(text(visit, &agreement.name)))))
                }
                a href=(format!("{PATH}/{}/receipt", consent.id)) { (visit.say("consent-receipt")) }
            }
        }
    }
}

fn terms(visit: &Visit, agreement: &Agreement) -> Markup {
    html! {
        dt { (visit.say_html("consent-recipient")) } dd { (agreement.recipient.name) }
        dt { (visit.say_html("consent-purpose")) } dd { (said(visit, &agreement.purpose)) }
        dt { (visit.say_html("consent-items")) }
        dd { ul { @for item in &agreement.items { li { (said(visit, &item.name))
            @if item.is_sensitive { " " (chip(AlertKind::Warning, &visit.say("consent-sensitive"))) } } } } }
        dt { (visit.say_html("consent-kept")) } dd { (said(visit, &agreement.retention)) }
        dt { (visit.say_html("consent-law")) } dd lang="ja" { (agreement.lawful_basis) }
    }
}

async fn receipt(State(app): State<Arc<App>>, me: InPortal, Path(consent): Path<String>) -> Result<Response, Failure> {
    let id = Id::parse(&consent).map_err(|_| Failure::of(Kind::NotFound))?;
    let (outside, account, now) = (app.outside()?.clone(), me.0.person.id, app.seams.now());
    let value = blocking(move || {
        let found = outside.store.read::<_, ConsentError, _>(|tx| {
            let all = consents::list(tx, now, account)?;
            let one = all.into_iter().find(|(one, _)| one.id == id).ok_or(ConsentError::Unknown)?;
            Ok((one, consents::events(tx, id)?))
        })?;
        let ((consent, revision), events) = found;
        Ok(consents::receipt(&outside.profile, &consent, &revision, &events))
    })
    .await?;
    let text = serde_json::to_vec_pretty(&value).map_err(|error| Failure::defect("consents", &error))?;
    let mut response = text.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers
        .insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"consent-receipt.json\""));
    Ok(response)
}

async fn withdraw(
    State(app): State<Arc<App>>,
    visit: Visit,
    me: InPortal,
    Path(consent): Path<String>,
) -> Result<Response, Failure> {
    let id = Id::parse(&consent).map_err(|_| Failure::of(Kind::NotFound))?;
    let (outside, account, language) = (app.outside()?.clone(), me.0.person.id, visit.language.code());
    let was_given = blocking(move || {
        let seams = outside.seams.clone();
        Ok(outside.store.write::<_, ConsentError, _>(move |tx| {
            kept::consents_changed(tx, account)?;
            consents::withdraw(tx, &seams, account, id, language)
        })?)
    })
    .await?;
    if was_given { Ok(shell::done(PATH, "portal-done-withdrawn")) } else { Err(Failure::of(Kind::NotFound)) }
}

async fn asked(
    State(app): State<Arc<App>>,
    visit: Visit,
    me: InPortal,
    Path(agreement): Path<String>,
) -> Result<Response, Failure> {
    let outside = app.outside()?.clone();
    let name = agreement.clone();
    let newest = blocking(move || {
        let found = outside.store.read::<_, ConsentError, _>(|tx| consents::latest(tx, &name))?;
        found.ok_or_else(|| Failure::of(Kind::NotFound))
    })
    .await?;
    let (terms_of, action) = (&newest.agreement, format!("{PATH}/give/{agreement}"));
    let title = visit.say("consent-ask-title");
    let main = html! {
        h2 { (said(&visit, &terms_of.name)) }
        p { (visit.say_html("consent-ask-how")) }
        dl class="facts" { (terms(&visit, terms_of)) }
        form method="post" action=(action) {
            (visit.csrf(&action))
            input type="hidden" name="hash" value=(newest.hash);
            div class="buttons" {
                (button(ButtonKind::Primary, &visit.say("consent-give")))
                a href=(PATH) { (visit.say("consent-give-not")) }
            }
        }
    };
    Ok(shell::page(&visit, &me, &title, &main))
}

async fn give(
    State(app): State<Arc<App>>,
    visit: Visit,
    me: InPortal,
    Path(agreement): Path<String>,
    fields: Fields,
) -> Result<Response, Failure> {
    let (outside, language, hash) = (app.outside()?.clone(), visit.language.code(), fields.get("hash").to_owned());
    blocking(move || {
        let seams = outside.seams.clone();
        Ok(outside.store.write::<_, ConsentError, _>(move |tx| {
            kept::consents_changed(tx, me.0.person.id)?;
            consents::give(tx, &seams, &me.0, &agreement, &hash, language)
        })?)
    })
    .await?;
    Ok(shell::done(PATH, "portal-done-consented"))
}
