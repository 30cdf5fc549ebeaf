//! What a notice says: written in three languages, looked at as residents will see it.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use base::Kind;
use maud::{Markup, html};
use services::notices_for_you::campaigns::texts::{MOST_TEXT, MOST_TITLE};
use services::notices_for_you::campaigns::{self, Campaign, CampaignError, Text, Texts};
use ui::Language;
use ui::form::{ButtonKind, Field, button, error_summary, field, one_button};
use ui::notice::{AlertKind, alert};

use super::super::shell;
use super::{PATH, address, draft, find, title};
use crate::app::{App, blocking};
use crate::error::{Failure, status};
use crate::form::Fields;
use crate::portal::letters::draw;
use crate::visit::{SignedIn, Visit};

/// A fault at a field, and the key of its sentence.
type Fault = (&'static str, &'static str);

/// `GET …/text`.
pub async fn page(
    State(app): State<Arc<App>>,
    visit: Visit,
    me: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let campaign = draft(&app, &id).await?;
    Ok(shell::page(&visit, &me, &visit.say("notice-text"), &form(&visit, &campaign.texts, &id, &[])))
}

fn form(visit: &Visit, texts: &Texts, id: &str, faults: &[Fault]) -> Markup {
    let action = format!("{PATH}/{id}/text");
    let said: Vec<(&str, String)> = faults.iter().map(|(name, key)| (*name, say(visit, key))).collect();
    let wrong = |name: &str| said.iter().find(|(field, _)| *field == name).map(|(_, sentence)| sentence.as_str());
    let languages: [(&str, &str, &str, &str, &Text); 3] = [
        ("notice-in-japanese", "title_ja", "text_ja", "ja", &texts.japanese),
        ("notice-in-easy", "title_easy", "text_easy", "ja", &texts.easy),
        ("notice-in-english", "title_en", "text_en", "en", &texts.english),
    ];
    html! {
        (error_summary(visit.language, &said))
        p { (visit.say("notice-text-how")) }
        form method="post" action=(action) {
            (visit.csrf(&action))
            @for (legend, title, body, lang, text) in languages {
                fieldset class="card" {
                    legend { (visit.say(legend)) }
                    @if title == "title_easy" { p class="hint" { (visit.say("notice-ruby-how")) } }
                    (field(visit.language, &Field {
                        name: title, label: &visit.say("notice-title-of"), value: &text.title, error: wrong(title),
                        max_length: u32::try_from(MOST_TITLE).ok(), autocomplete: Some("off"), ..Field::default()
                    }))
                    (area(visit, body, &text.text, lang, wrong(body)))
                }
            }
            (button(ButtonKind::Primary, &visit.say("notice-keep")))
        }
        p { a href=(format!("{PATH}/{id}")) { (visit.say("page-back")) } }
    }
}

fn area(visit: &Visit, name: &str, value: &str, lang: &str, wrong: Option<&str>) -> Markup {
    let error = format!("{name}-error");
    html! {
        div class=(if wrong.is_some() { "field field-wrong" } else { "field" }) {
            label for=(name) { (visit.say("notice-body")) }
            @if let Some(wrong) = wrong {
                p class="field-error" id=(error) { span class="error-word" { (visit.say("form-error-word")) } " " (wrong) }
            }
            textarea id=(name) name=(name) rows="8" lang=(lang) aria-invalid=[wrong.map(|_| "true")]
                aria-describedby=[wrong.map(|_| error.as_str())] { (value) }
        }
    }
}

fn say(visit: &Visit, key: &str) -> String {
    visit.say_with(key, &[("title", MOST_TITLE.into()), ("text", MOST_TEXT.into())])
}

/// `POST …/text`.
pub async fn keep(
    State(app): State<Arc<App>>,
    visit: Visit,
    me: SignedIn,
    Path(id): Path<String>,
    fields: Fields,
) -> Result<Response, Failure> {
    let (campaign, inside) = (draft(&app, &id).await?, app.inside()?.clone());
    let texts = Texts::from_fields(|name| fields.get(name));
    let kept = texts.clone();
    let answer = blocking(move || {
        match inside.store.write::<_, CampaignError, _>(move |tx| campaigns::write(tx, campaign.id, &kept)) {
            Err(CampaignError::Texts(faults)) => Ok(faults),
            other => Ok(other.map(|()| Vec::new())?),
        }
    })
    .await?;
    if answer.is_empty() {
        return Ok(shell::done(&format!("{PATH}/{id}"), "staff-done-notice-text"));
    }
    // Nothing that was typed is lost.
    let page = shell::page(&visit, &me, &visit.say("notice-text"), &form(&visit, &texts, &id, &answer));
    Ok((status(Kind::Invalid), page).into_response())
}

/// `GET …/preview`: the letter and what a telephone says, in each language.
pub async fn preview(
    State(app): State<Arc<App>>,
    visit: Visit,
    me: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let campaign = find(&app, &id).await?;
    let body = campaign.texts.body();
    let parts = [
        (Language::Japanese, "ja", "notice-in-japanese", body.japanese),
        (Language::EasyJapanese, "ja", "notice-in-easy", body.easy),
        (Language::English, "en", "notice-in-english", body.english),
    ];
    let main = html! {
        (shell::said(&visit))
        p { (visit.say("notice-preview-how")) }
        div class="cards" {
            @for (language, lang, name, blocks) in parts {
                @let reader = Visit { language, ..visit.clone() };
                section class="card" aria-label=(visit.say(name)) {
                    h2 { (visit.say(name)) }
                    h3 { (visit.say("notice-teaser")) }
                    div class="card" lang=(lang) {
                        p { strong { (reader.say_html("channels-told-letter")) } }
                        p { (reader.say_html("channels-told-line")) }
                    }
                    h3 { (visit.say("notice-letter")) }
                    article class="card notice-letter" lang=(lang) {
                        @if language == Language::Japanese { h2 { (title(&visit, &campaign)) } }
                        @for block in &blocks { (draw(block, &reader)) }
                    }
                }
            }
        }
        (after(&visit, &campaign))
    };
    Ok(shell::page(&visit, &me, &visit.say("notice-preview"), &main))
}

fn after(visit: &Visit, campaign: &Campaign) -> Markup {
    let action = format!("{}/test", address(campaign.id));
    html! {
        @if campaign.is_draft() && campaign.texts.check().is_ok() && campaign.tested_at.is_none() {
            (one_button(&action, &visit.csrf(&action), ButtonKind::Primary, &visit.say("notice-test"), None))
        } @else if campaign.is_draft() && campaign.tested_at.is_none() {
            (alert(visit.language, AlertKind::Warning, &html! { p { (visit.say("notice-texts-missing")) } }))
        }
        p { a href=(address(campaign.id)) { (visit.say("page-back")) } }
    }
}

/// `POST …/test`: the officer says that the test is right.
pub async fn test(State(app): State<Arc<App>>, Path(id): Path<String>) -> Result<Response, Failure> {
    let id = shell::id(&id)?;
    shell::change(&app, &address(id), "staff-done-notice-tested", move |tx, seams| campaigns::tested(tx, seams, id))
        .await
}
