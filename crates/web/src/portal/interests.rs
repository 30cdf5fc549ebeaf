//! あらかじめ登録: what interests me, whom I care for, which data may be used, a few questions; stopped and taken back here.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};
use rules::{DataClass, Words};
use services::notices_for_you::wishes::{Wishes, agreements, catalogue, kept, language_of_rules};
use tools::portal::{AccountState, Assurance};
use ui::Language;
use ui::form::{ButtonKind, button, link_button, one_button};
use ui::notice::{AlertKind, alert, chip};

use super::shell;
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::form::Fields;
use crate::routes::{Routes, Rule};
use crate::visit::{InPortal, Visit};

/// Where it is.
pub const PATH: &str = "/portal/interests";
const SCHEMES: &str = "/portal/schemes";

/// Its routes.
pub fn routes() -> Routes {
    let known = Rule::Resident(Assurance::Substantial);
    Routes::new().get(PATH, known, page).post(PATH, known, save).post("/portal/interests/undo", known, undo).post(
        "/portal/interests/stop",
        known,
        stop,
    )
}

/// The words of a code, with readings.
pub(super) fn said(visit: &Visit, words: &Words) -> Markup {
    ui::ruby::markup(words.in_language(language_of_rules(visit.language)))
}

fn plain(visit: &Visit, words: &Words) -> String {
    ui::ruby::plain(words.in_language(language_of_rules(visit.language))).into_owned()
}

async fn page(State(app): State<Arc<App>>, visit: Visit, me: InPortal) -> Result<Response, Failure> {
    let (outside, account, now) = (app.outside()?.clone(), me.0.person.id, app.seams.now());
    let municipality = outside.profile.municipality_code.clone();
    let (kept, classes) = blocking(move || {
        let kept = kept::of(&outside, account)?;
        let (classes, _) = outside.store.read(|tx| agreements::consented(tx, now, account))?;
        Ok((kept, classes))
    })
    .await?;
    let wishes = kept.as_ref().map(|kept| kept.wishes.clone()).unwrap_or_default();
    let title = visit.say("interests-title");
    let main = html! {
        (shell::said(&visit))
        p { (visit.say_html("interests-how")) }
        @if me.0.person.state == AccountState::Open {
            @if !wishes.receives { p { (chip(AlertKind::Info, &visit.say("interests-none"))) } }
            (form(&visit, &wishes, kept.is_some(), &municipality))
            (data(&visit, &wishes, classes))
            (more(&visit, wishes.receives, kept.is_some_and(|kept| kept.has_before)))
        } @else {
            (alert(visit.language, AlertKind::Info, &html! { p { (visit.say_html("interests-not-yet")) } }))
        }
    };
    Ok(shell::page(&visit, &me, &title, &main))
}

/// Check boxes with readings; each name comes once for every choice.
pub(super) fn ticks<'a>(
    visit: &Visit,
    (name, legend): (&str, &str),
    options: impl Iterator<Item = (String, &'a Words, bool)>,
) -> Markup {
    html! {
        fieldset class="choices" {
            legend { (visit.say_html(legend)) }
            div class="choices-many" { @for (value, words, is_chosen) in options {
                @let id = format!("{name}-{value}");
                div class="choice" {
                    input type="checkbox" id=(id) name=(name) value=(value) checked[is_chosen];
                    label for=(id) { (said(visit, words)) }
                }
            } }
        }
    }
}

fn form(visit: &Visit, wishes: &Wishes, is_known: bool, municipality: &str) -> Markup {
    let fields =
        catalogue::FIELDS.iter().map(|(code, words)| (code.to_string(), words, wishes.interests.contains(code)));
    let ages = catalogue::AGES.iter().map(|(code, words)| (code.to_string(), words, wishes.ages.contains(code)));
    let areas = catalogue::areas_of(municipality);
    let places = areas.iter().map(|area| (area.code.to_string(), &area.name, wishes.areas.contains(&area.code)));
    let language = if is_known { wishes.language } else { visit.language };
    html! {
        form method="post" action=(PATH) {
            (visit.csrf(PATH))
            fieldset class="choices" {
                legend { (visit.say_html("interests-receive-legend")) }
                div class="choice" {
                    input type="checkbox" id="receives" name="receives" value="1" checked[wishes.receives] aria-describedby="receives-hint";
                    label for="receives" { (visit.say_html("interests-receive")) }
                }
                p class="hint" id="receives-hint" { (visit.say_html("interests-receive-what")) }
            }
            (ticks(visit, ("field", "interests-fields"), fields))
            (ticks(visit, ("age", "interests-ages"), ages))
            @if !areas.is_empty() { (ticks(visit, ("area", "interests-areas"), places)) }
            fieldset class="choices" {
                legend { (visit.say_html("interests-language")) }
                @for one in Language::ALL {
                    @let id = format!("language-{}", one.code());
                    div class="choice" {
                        input type="radio" id=(id) name="language" value=(one.code()) checked[one == language];
                        label for=(id) lang=(one.html()) { (one.name()) }
                    }
                }
            }
            div class="buttons" { (button(ButtonKind::Primary, &visit.say("interests-save"))) }
        }
    }
}

fn data(visit: &Visit, wishes: &Wishes, classes: rules::Consents) -> Markup {
    html! {
        section class="card" {
            h2 { (visit.say_html("interests-data")) }
            p { (visit.say_html("interests-data-how")) }
            dl class="facts" {
                div {
                    dt { (said(visit, &DataClass::BasicRegister.words())) }
                    dd { (visit.say_html(if wishes.receives { "interests-data-with" } else { "interests-data-none" })) }
                }
                @for (class, agreement) in agreements::AGREEMENTS {
                    div {
                        dt { (said(visit, &class.words())) }
                        dd {
                            @if classes.opens(class) {
                                (chip(AlertKind::Success, &visit.say("interests-data-given"))) " "
                                a href="/portal/consents" { (visit.say_html("interests-data-withdraw")) }
                            } @else {
                                (visit.say_html("interests-data-none")) " "
                                a href=(format!("/portal/consents/give/{agreement}"))
                                    aria-label=(format!("{}: {}", visit.say("interests-data-give"), plain(visit, &class.words()))) {
                                    (visit.say("interests-data-give"))
                                }
                            }
                        }
                    }
                }
            }
            p class="hint" { (visit.say_html("interests-data-card")) }
        }
    }
}

fn more(visit: &Visit, receives: bool, has_before: bool) -> Markup {
    html! {
        section class="card" {
            h2 { (visit.say_html("interests-questions-title")) }
            p { (visit.say_html("interests-questions-what")) }
            p { (link_button(ButtonKind::Secondary, super::questions::PATH, &visit.say("interests-questions-open"))) }
        }
        section class="card" {
            h2 { (visit.say_html("interests-told")) }
            p { (visit.say_html("interests-told-what")) }
            @if !visit.at_terminal { p { a href="/portal/settings/channels" { (visit.say_html("interests-told-open")) } } }
        }
        @if receives { p { a href=(SCHEMES) { (visit.say_html("interests-see-schemes")) } } }
        div class="buttons" {
            @if has_before {
                (one_button("/portal/interests/undo", &visit.csrf("/portal/interests/undo"), ButtonKind::Secondary, &visit.say("interests-undo"), None))
            }
            @if receives {
                (one_button("/portal/interests/stop", &visit.csrf("/portal/interests/stop"), ButtonKind::Danger, &visit.say("interests-stop"), None))
            }
        }
    }
}

fn codes<T: std::str::FromStr + Ord>(fields: &Fields, name: &str) -> std::collections::BTreeSet<T> {
    fields.all(name).filter_map(|code| code.parse().ok()).collect()
}

/// Only an open account registers: until the inside knows who it is, nobody could be judged.
pub(super) fn open_only(me: &InPortal) -> Result<(), Failure> {
    if me.0.person.state == AccountState::Open {
        Ok(())
    } else {
        Err(Failure::saying(base::Kind::Refused, "interests-not-yet"))
    }
}

async fn save(State(app): State<Arc<App>>, me: InPortal, fields: Fields) -> Result<Response, Failure> {
    open_only(&me)?;
    let (outside, account) = (app.outside()?.clone(), me.0.person.id);
    let receives = fields.get("receives") == "1";
    blocking(move || {
        let before = kept::of(&outside, account)?.map(|kept| kept.wishes).unwrap_or_default();
        // Nothing would be kept, and "saved" would be untrue.
        if !receives && !before.receives {
            return Err(Failure::saying(base::Kind::Invalid, "interests-tick-first").next(PATH, "page-back"));
        }
        let wishes = Wishes {
            receives,
            interests: codes(&fields, "field"),
            areas: codes(&fields, "area"),
            ages: codes(&fields, "age"),
            language: Language::from_code(fields.get("language")).unwrap_or_default(),
            ..before
        };
        Ok(kept::save(&outside, account, wishes)?)
    })
    .await?;
    Ok(if receives {
        shell::done(SCHEMES, "portal-done-schemes-registered")
    } else {
        shell::done(PATH, "portal-done-schemes-saved")
    })
}

async fn undo(State(app): State<Arc<App>>, me: InPortal) -> Result<Response, Failure> {
    open_only(&me)?;
    let (outside, account, now) = (app.outside()?.clone(), me.0.person.id, app.seams.now());
    blocking(move || Ok(outside.store.write(move |tx| kept::undo(tx, now, account))?)).await?;
    Ok(shell::done(PATH, "portal-done-schemes-undone"))
}

async fn stop(State(app): State<Arc<App>>, me: InPortal) -> Result<Response, Failure> {
    let (outside, account) = (app.outside()?.clone(), me.0.person.id);
    blocking(move || {
        let language = kept::of(&outside, account)?.map(|kept| kept.wishes.language).unwrap_or_default();
        Ok(kept::save(&outside, account, Wishes { language, ..Wishes::default() })?)
    })
    .await?;
    Ok(shell::done(PATH, "portal-done-schemes-stopped"))
}
