//! 緊急時カード: what the person wants to stand on the chip for an ambulance or a shelter. Chosen line by line, shown as it will be
//! on the chip, kept by the city until it is taken away.
//!
//! ```text
//!  page (asks the inside) ─► preview: nothing is kept ─► keep ─► the loading desk writes it
//!                                                    └─ take away ─► gone
//! ```

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use base::{Date, Kind, Timestamp};
use maud::{Markup, html};
use store::StoreError;
use tools::city_application::emergency::portal::{self, OnCard, Told, Wish};
use tools::city_application::emergency::{
    BLOOD, Choice, ChoiceFault, Known, LANGUAGES, MOST_BYTES, MOST_CHARACTERS, MOST_CONTACT, NameForm,
};
use tools::portal::Assurance;
use tools::portal::asked::Standing;
use ui::form::{ButtonKind, Field, button, checkboxes, field, one_button, radios, select};
use ui::notice::{AlertKind, alert, chip, facts};

use super::shell::{self, BelowCards};
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::form::Fields;
use crate::routes::{Routes, Rule};
use crate::visit::{InPortal, Visit};

const PATH: &str = "/portal/emergency-card";
const PREVIEW: &str = "/portal/emergency-card/preview";
const KEEP: &str = "/portal/emergency-card/keep";
const TAKE_AWAY: &str = "/portal/emergency-card/take-away";
/// Seconds after which a page that waits for the inside looks again.
const AGAIN_SECONDS: u32 = 2;
/// Fields of the form.
const FIELDS: [&str; 8] = ["name", "birth", "blood", "allergies", "medicines", "contact", "telephone", "language"];

/// Its routes. Name, birth and what one tells of one's health: only with the card or a way as strong.
pub fn routes() -> Routes {
    let proved = Rule::Resident(Assurance::High);
    Routes::new()
        .get(PATH, proved, page)
        .post(PREVIEW, proved, preview)
        .post(KEEP, proved, keep)
        .post(TAKE_AWAY, proved, take_away)
}

/// What was told of this person, asked for anew where it is old or there is none.
async fn standing(app: &Arc<App>, me: &InPortal) -> Result<Standing<Told>, Failure> {
    let (outside, person) = (app.outside()?.clone(), me.0.person.clone());
    blocking(move || {
        let who = person.id;
        let standing = portal::OWN.standing(&outside, who)?;
        if person.state.reads() {
            let seams = outside.seams.clone();
            outside.store.write::<_, StoreError, _>(move |tx| portal::OWN.ask(tx, &seams, who))?;
        }
        Ok(standing)
    })
    .await
}

async fn page(State(app): State<Arc<App>>, visit: Visit, me: InPortal) -> Result<Response, Failure> {
    let standing = standing(&app, &me).await?;
    let wait = |key: &str| {
        alert(
            visit.language,
            AlertKind::Info,
            &html! {
                p data-again=(AGAIN_SECONDS) { (visit.say_html(key)) }
                p { a href=(PATH) { (visit.say_html("emergency-again")) } }
            },
        )
    };
    let main = html! {
        @match &standing {
            Standing::Unknown | Standing::Wished if !me.0.person.state.reads() => p { (visit.say_html("emergency-not-known")) },
            Standing::Unknown => (wait("emergency-asking")),
            Standing::Wished => (wait("emergency-wished")),
            Standing::Told(told, at) => {
                p class="hint" { (visit.say("portal-cards-as-of")) " " (ui::dates::instant(visit.language, *at)) }
                @if let Some(refused) = told.refused.as_deref().filter(|key| key.starts_with("emergency-no-")) {
                    (alert(visit.language, AlertKind::Error, &html! { p { (visit.say_html(refused)) } }))
                }
                (stands(&visit, told))
                (choosing(&visit, &told.known, told.chosen.as_ref().map(|one| &one.content.choice)))
            }
        }
    };
    let head =
        BelowCards { title: "emergency-title", lead: &["emergency-lead", "emergency-who-reads"], says_done: true };
    Ok(shell::below_cards(&visit, &me, &head, &main))
}

fn instant(visit: &Visit, micros: i64) -> String {
    ui::dates::instant(visit.language, Timestamp::from_micros(micros))
}

/// What is kept now, and which cards hold it or what was before it.
fn stands(visit: &Visit, told: &Told) -> Markup {
    html! {
        @match &told.chosen {
            Some(chosen) => section class="card" {
                h2 { (visit.say_html("emergency-chosen")) }
                (on_chip(visit, &chosen.content.text))
                p { (visit.say_with("emergency-chosen-at", &[("when", instant(visit, chosen.at).as_str().into())])) }
                @if !told.cards.iter().any(|card| told.is_current(card)) {
                    p { strong { (visit.say_html("emergency-not-written")) } }
                }
                (on_cards(visit, told))
                (one_button(TAKE_AWAY, &visit.csrf(TAKE_AWAY), ButtonKind::Danger, &visit.say("emergency-take-away"), None))
                p class="hint" { (visit.say_html("emergency-take-away-how")) }
            },
            None if !told.cards.is_empty() => section class="card" {
                (alert(visit.language, AlertKind::Warning, &html! { p { (visit.say_html("emergency-still-on-card")) } }))
                (on_cards(visit, told))
            },
            None => {}
        }
    }
}

/// Each card that holds something, by the name its holder sees on "my cards", and what is to be done with it.
fn on_cards(visit: &Visit, told: &Told) -> Markup {
    html! {
        @if !told.cards.is_empty() {
            h2 { (visit.say_html("emergency-cards")) }
            ul {
                @for card in &told.cards {
                    @let loaded = instant(visit, card.loaded_at);
                    li {
                        (visit.say_with("emergency-card", &[("name", card.name.as_str().into()), ("when", loaded.as_str().into())]))
                        br; (on_card(visit, told, card))
                    }
                }
            }
        }
    }
}

fn on_card(visit: &Visit, told: &Told, card: &OnCard) -> Markup {
    let (kind, short, key) = match (&told.chosen, told.is_current(card)) {
        (Some(_), true) => (AlertKind::Success, "emergency-card-current", "emergency-written-at"),
        (Some(_), false) => (AlertKind::Warning, "emergency-card-older", "emergency-card-older-how"),
        (None, _) => (AlertKind::Warning, "emergency-card-clear", "emergency-card-clear-how"),
    };
    let written = card.written_at.map(|at| instant(visit, at)).unwrap_or_default();
    html! {
        (chip(kind, &visit.say(short))) " "
        (visit.say_with(key, &[("when", written.as_str().into())]))
    }
}

/// The chip's file: in words, and byte for byte with its size.
fn on_chip(visit: &Visit, text: &str) -> Markup {
    let lines: Vec<(String, Markup)> = text
        .lines()
        .filter_map(|line| line.split_once(": "))
        .map(|(key, value)| (visit.say(&format!("emergency-line-{key}")), html! { (in_words(visit, key, value)) }))
        .collect();
    html! {
        (facts(&lines))
        details {
            summary { (visit.say_html("emergency-exactly")) }
            pre lang="ja" { (text) }
        }
        p class="hint" { (visit.say_with("emergency-size", &[("bytes", text.len().into()), ("most", MOST_BYTES.into())])) }
    }
}

fn in_words(visit: &Visit, key: &str, value: &str) -> String {
    match key {
        "birth" => Date::parse(value).map_or_else(|_| value.to_owned(), |day| ui::dates::date(visit.language, day)),
        "language" => LANGUAGES.iter().find(|(code, _)| *code == value).map_or(value, |(_, name)| *name).to_owned(),
        _ => value.to_owned(),
    }
}

/// The form. Every line may be left empty.
fn choosing(visit: &Visit, known: &Known, chosen: Option<&Choice>) -> Markup {
    let none = Choice::default();
    let choice = chosen.unwrap_or(&none);
    let nothing = (String::new(), visit.say("emergency-not-on-it"));
    let names = known.names.iter().map(|(form, name)| {
        (form.word().to_owned(), format!("{name} ({})", visit.say(&format!("emergency-name-{}", form.word()))))
    });
    let names: Vec<_> = std::iter::once(nothing.clone()).chain(names).collect();
    let birth =
        Date::parse(&known.birth).map_or_else(|_| known.birth.clone(), |day| ui::dates::date(visit.language, day));
    let births = [("yes".to_owned(), birth)];
    let listed = |list: &mut dyn Iterator<Item = (String, String)>| {
        std::iter::once(nothing.clone()).chain(list).collect::<Vec<_>>()
    };
    let bloods = listed(&mut BLOOD.iter().map(|one| ((*one).to_owned(), (*one).to_owned())));
    let languages = listed(&mut LANGUAGES.iter().map(|(code, name)| ((*code).to_owned(), (*name).to_owned())));
    html! {
        form method="post" action=(PREVIEW) class="card" {
            (visit.csrf(PREVIEW))
            h2 { (visit.say_html(if chosen.is_some() { "emergency-change" } else { "emergency-choose" })) }
            p { (visit.say_html("emergency-choose-how")) }
            div class="fields" {
                (radios("name", &visit.say("emergency-line-name"), &names, choice.name.map_or("", NameForm::word)))
                (checkboxes("birth", &visit.say("emergency-line-birth"), &births, if choice.has_birth { &["yes"] } else { &[] }))
                (select(visit.language, "blood", &visit.say("emergency-line-blood-told"), &bloods, &choice.blood, None))
                (line(visit, "allergies", &choice.allergies, MOST_CHARACTERS, ""))
                (line(visit, "medicines", &choice.medicines, MOST_CHARACTERS, ""))
                (line(visit, "contact", &choice.contact, MOST_CONTACT, ""))
                (line(visit, "telephone", &choice.telephone, 24, "tel"))
                (select(visit.language, "language", &visit.say("emergency-line-language"), &languages, &choice.language, None))
            }
            div class="buttons" { (button(ButtonKind::Primary, &visit.say("emergency-preview"))) }
        }
    }
}

fn line(visit: &Visit, name: &str, value: &str, most: usize, kind: &str) -> Markup {
    let (label, hint) = (visit.say(&format!("emergency-line-{name}")), visit.say(&format!("emergency-hint-{name}")));
    let max_length = u32::try_from(most).ok();
    let (hint, autocomplete) = (Some(hint.as_str()), Some("off"));
    field(
        visit.language,
        &Field { name, label: &label, hint, value, kind, autocomplete, max_length, ..Field::default() },
    )
}

fn read(fields: &Fields) -> Result<Choice, Failure> {
    fields.only(&FIELDS)?;
    let text = |name: &str| fields.get(name).to_owned();
    let wanted = fields.get("name");
    Ok(Choice {
        name: NameForm::ALL.into_iter().find(|form| form.word() == wanted),
        has_birth: fields.get("birth") == "yes",
        blood: text("blood"),
        allergies: text("allergies"),
        medicines: text("medicines"),
        contact: text("contact"),
        telephone: text("telephone"),
        language: text("language"),
    })
}

/// Shows what would be on the chip. Nothing is kept.
async fn preview(State(app): State<Arc<App>>, visit: Visit, me: InPortal, fields: Fields) -> Result<Response, Failure> {
    let choice = read(&fields)?;
    let Some((told, _)) = standing(&app, &me).await?.told() else {
        return Ok(shell::done(PATH, "portal-done-emergency-wait"));
    };
    let main = match choice.text(&told.known) {
        Ok(text) => html! {
            h1 { (visit.say_html("emergency-preview-title")) }
            section class="card" {
                p { (visit.say_html("emergency-preview-lead")) }
                (on_chip(&visit, &text))
                form method="post" action=(KEEP) {
                    (visit.csrf(KEEP))
                    @for (name, value) in hidden(&choice) { input type="hidden" name=(name) value=(value); }
                    div class="buttons" { (button(ButtonKind::Primary, &visit.say("emergency-keep"))) }
                }
                p class="hint" { (visit.say_html("emergency-keep-how")) }
            }
            (choosing(&visit, &told.known, Some(&choice)))
        },
        Err(fault) => html! {
            h1 { (visit.say_html("emergency-title")) }
            (alert(visit.language, AlertKind::Error, &html! { p { (said(&visit, fault)) } }))
            (choosing(&visit, &told.known, Some(&choice)))
        },
    };
    let main = html! { (main) p { a href=(PATH) { (visit.say("page-back")) } } };
    Ok(shell::bare(&visit, &me, &visit.say("emergency-title"), &main))
}

fn said(visit: &Visit, fault: ChoiceFault) -> String {
    match fault {
        ChoiceFault::Long { bytes } => {
            visit.say_with(fault.word(), &[("bytes", bytes.into()), ("most", MOST_BYTES.into())])
        }
        ChoiceFault::Line { field } => {
            let name = visit.say(&format!("emergency-line-{field}"));
            visit.say_with(fault.word(), &[("name", name.as_str().into())])
        }
        _ => visit.say(fault.word()),
    }
}

fn hidden(choice: &Choice) -> [(&'static str, &str); 8] {
    [
        ("name", choice.name.map_or("", NameForm::word)),
        ("birth", if choice.has_birth { "yes" } else { "" }),
        ("blood", &choice.blood),
        ("allergies", &choice.allergies),
        ("medicines", &choice.medicines),
        ("contact", &choice.contact),
        ("telephone", &choice.telephone),
        ("language", &choice.language),
    ]
}

async fn wish(app: &Arc<App>, me: &InPortal, wish: Wish) -> Result<(), Failure> {
    let (outside, ways, who) = (app.outside()?.clone(), app.ways()?.clone(), me.0.person.id);
    blocking(move || {
        if !portal::send_wish(&outside, &ways.post, who, &wish)? {
            return Err(Failure::saying(Kind::TooMany, "emergency-too-often").next(PATH, "emergency-title"));
        }
        Ok(())
    })
    .await
}

async fn keep(State(app): State<Arc<App>>, me: InPortal, fields: Fields) -> Result<Response, Failure> {
    let choice = read(&fields)?;
    let Some((told, _)) = standing(&app, &me).await?.told() else {
        return Ok(shell::done(PATH, "portal-done-emergency-wait"));
    };
    // As the preview showed it; the inside judges once more.
    choice.text(&told.known).map_err(|fault| Failure::saying(Kind::Invalid, fault.word()))?;
    wish(&app, &me, Wish::Choose(choice)).await?;
    Ok(shell::done(PATH, "portal-done-emergency-kept"))
}

async fn take_away(State(app): State<Arc<App>>, me: InPortal, fields: Fields) -> Result<Response, Failure> {
    fields.only(&[])?;
    wish(&app, &me, Wish::TakeAway).await?;
    Ok(shell::done(PATH, "portal-done-emergency-taken-away"))
}
