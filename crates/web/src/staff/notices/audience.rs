//! Whom a notice is for: fields of interest, a rule, or both; one of the ready schemes as a beginning.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use base::Kind;
use maud::{Markup, html};
use services::notices_for_you::campaigns::{self, Audience, Campaign, ChosenBy, Texts};
use services::notices_for_you::wishes::{catalogue, language_of_rules};
use ui::form::{ButtonKind, button, checkboxes, radios, select};

use super::super::shell;
use super::{PATH, address, draft};
use crate::app::App;
use crate::error::Failure;
use crate::form::Fields;
use crate::visit::{SignedIn, Visit};

/// `GET …/audience`.
pub async fn page(
    State(app): State<Arc<App>>,
    visit: Visit,
    me: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let campaign = draft(&app, &id).await?;
    let main = html! {
        (shell::said(&visit))
        (chosen(&visit, &app.profile.municipality_code, &campaign, &id))
        section class="card" {
            h2 { (visit.say("notice-rule")) }
            p { (visit.say("notice-rule-how")) }
            p { a href=(format!("{PATH}/{id}/rule")) { (visit.say("notice-rule-open")) } }
        }
        (schemes(&visit, &campaign, &id))
        p { a href=(format!("{PATH}/{id}")) { (visit.say("page-back")) } }
    };
    Ok(shell::page(&visit, &me, &visit.say("notice-audience"), &main))
}

fn chosen(visit: &Visit, city: &str, campaign: &Campaign, id: &str) -> Markup {
    let language = language_of_rules(visit.language);
    let action = format!("{PATH}/{id}/audience");
    let ways: Vec<(String, String)> = ChosenBy::ALL
        .iter()
        .map(|way| (way.word().to_owned(), visit.say(&format!("notice-by-{}", way.word()))))
        .collect();
    let offered = |list: &[(u8, rules::Words)]| -> Vec<(String, String)> {
        let said = |words: &rules::Words| ui::ruby::plain(words.in_language(language)).into_owned();
        list.iter().map(|(code, words)| (code.to_string(), said(words))).collect()
    };
    let areas: Vec<(u8, rules::Words)> =
        catalogue::areas_of(city).iter().map(|area| (area.interest(), area.name.clone())).collect();
    let ticked: Vec<String> = campaign.audience.interests.iter().map(u8::to_string).collect();
    let ticked: Vec<&str> = ticked.iter().map(String::as_str).collect();
    html! {
        form method="post" action=(action) class="card" {
            (visit.csrf(&action))
            (radios("chosen_by", &visit.say("notice-chosen-by"), &ways, campaign.audience.chosen_by.word()))
            (checkboxes("interest", &visit.say("notice-interests"), &offered(catalogue::FIELDS), &ticked))
            // The same name again would give the boxes the same ids.
            (checkboxes("age", &visit.say("notice-ages"), &offered(catalogue::AGES), &ticked))
            @if !areas.is_empty() { (checkboxes("area", &visit.say("notice-areas"), &offered(&areas), &ticked)) }
            (button(ButtonKind::Primary, &visit.say("notice-keep")))
        }
    }
}

fn schemes(visit: &Visit, campaign: &Campaign, id: &str) -> Markup {
    let language = language_of_rules(visit.language);
    let action = format!("{PATH}/{id}/scheme");
    let all: Vec<(String, String)> = rules::schemes::all()
        .iter()
        .map(|scheme| {
            (scheme.code.clone().into_owned(), ui::ruby::plain(scheme.name.in_language(language)).into_owned())
        })
        .collect();
    let chosen = campaign.audience.scheme.as_deref().unwrap_or_default();
    html! {
        form method="post" action=(action) class="card" {
            h2 { (visit.say("notice-scheme")) }
            p { (visit.say("notice-scheme-how")) }
            (visit.csrf(&action))
            (select(visit.language, "scheme", &visit.say("notice-scheme-which"), &all, chosen, None))
            (button(ButtonKind::Secondary, &visit.say("notice-scheme-take")))
        }
    }
}

/// `POST …/audience`.
pub async fn keep(State(app): State<Arc<App>>, Path(id): Path<String>, fields: Fields) -> Result<Response, Failure> {
    let campaign = draft(&app, &id).await?;
    let chosen_by = ChosenBy::from_word(fields.get("chosen_by")).ok_or_else(|| Failure::of(Kind::Invalid))?;
    let areas: Vec<u8> =
        catalogue::areas_of(&app.profile.municipality_code).iter().map(|area| area.interest()).collect();
    let known = |code: &u8| {
        catalogue::FIELDS.iter().chain(catalogue::AGES).any(|(known, _)| known == code) || areas.contains(code)
    };
    let interests: BTreeSet<u8> = fields
        .all("interest")
        .chain(fields.all("age"))
        .chain(fields.all("area"))
        .filter_map(|code| code.parse().ok())
        .filter(known)
        .collect();
    let audience = Audience { chosen_by, interests, ..campaign.audience };
    if audience.interests.is_empty() && chosen_by == ChosenBy::Interests {
        return Err(Failure::saying(Kind::Invalid, "notice-no-audience").next(address(campaign.id), "page-back"));
    }
    shell::change(&app, &address(campaign.id), "staff-done-notice-audience", move |tx, _| {
        campaigns::choose(tx, campaign.id, &audience)
    })
    .await
}

/// `POST …/scheme`: a ready rule in the place of the one there is; its name as titles where there are none.
pub async fn of_scheme(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    fields: Fields,
) -> Result<Response, Failure> {
    let campaign = draft(&app, &id).await?;
    let code = fields.get("scheme");
    let scheme = rules::schemes::all().into_iter().find(|scheme| scheme.code == code);
    let scheme = scheme.ok_or_else(|| Failure::of(Kind::Invalid))?;
    let audience = campaign.audience.of_scheme(&scheme);
    let named = (campaign.texts == Texts::default()).then(|| {
        let mut texts = Texts::default();
        texts.japanese.title = scheme.name.ja.clone().into_owned();
        texts.easy.title = scheme.name.easy.clone().into_owned();
        texts.english.title = scheme.name.en.clone().into_owned();
        texts
    });
    let to = format!("{}/rule", address(campaign.id));
    shell::change(&app, &to, "staff-done-notice-scheme", move |tx, _| {
        campaigns::choose(tx, campaign.id, &audience)?;
        match &named {
            // A name longer than a title stays to be written.
            Some(texts) if texts.refused().is_empty() => campaigns::write(tx, campaign.id, texts),
            _ => Ok(()),
        }
    })
    .await
}
