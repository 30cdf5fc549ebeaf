//! The questions of an application for one's family register here, one a screen.

use maud::{Markup, html};

use super::apply::{Draft, Head, Part};
use super::keys::{Keys, open_keys, secret_keys};
use super::session::{Screen, Session};
use super::views::Frame;

const TOWN: &str = "/kiosk/apply/town";
const TEXT: &str = "/kiosk/apply/text";
const KEY: &str = "/kiosk/apply/key";
const HEAD: &str = "/kiosk/apply/head";
const BACK: &str = "/kiosk/apply/back";
const SIGN: &str = "/kiosk/apply";
/// More towns than this are looked for by their first character.
const MOST_TOWNS: usize = 24;

/// The way here, beside the sentence that the card is unknown.
pub(super) fn way(frame: &Frame<'_>) -> Markup {
    html! {
        section class="kiosk-answer" {
            h2 { (frame.say("registration-kiosk-way")) }
            p { (frame.say("registration-kiosk-way-lead")) }
            (frame.form("/kiosk/apply/open", &frame.big("registration-kiosk-way-go")))
        }
    }
}

/// The question that is asked now.
pub(super) fn question(frame: &Frame<'_>, session: &Session, towns: &[String]) -> Markup {
    let draft = &session.draft;
    let (heading, main) = match draft.part {
        Part::Town => ("registration-town-heading", town(frame, draft, towns)),
        Part::Place => {
            ("registration-place-heading", spelled(frame, Keys::KanaAndDigits, &draft.place, "registration-place-hint"))
        }
        Part::Number => ("registration-number-heading", number(frame, draft)),
        Part::Head => ("registration-who-heading", head(frame)),
        Part::Reading => {
            ("registration-reading-heading", spelled(frame, Keys::Kana, &draft.reading, "registration-head-hint"))
        }
        Part::Sign => ("registration-sign-heading", sign(frame, draft)),
    };
    let is_first = draft.part == Part::Town && draft.initial.is_none();
    frame.screen(heading, Screen::Apply.step(), Some("/kiosk/ended"), &html! {
        h1 { (frame.say(heading)) }
        (frame.alert(session))
        (main)
        @if !is_first {
            (frame.form(BACK, &html! { button class="kiosk-quiet kiosk-back" type="submit" { (frame.say("kiosk-back")) } }))
        }
    })
}

/// A town without the part of its name that all share.
fn short<'a>(frame: &Frame<'_>, town: &'a str) -> &'a str {
    let city = frame.city_in_japanese;
    town.find(city).and_then(|at| town.get(at + city.len()..)).filter(|rest| !rest.is_empty()).unwrap_or(town)
}

fn town(frame: &Frame<'_>, draft: &Draft, towns: &[String]) -> Markup {
    let first = |town: &String| short(frame, town).chars().next();
    let by_initial = towns.len() > MOST_TOWNS && draft.initial.is_none();
    let mut initials: Vec<char> = towns.iter().filter_map(first).collect();
    initials.dedup();
    let listed: Vec<&String> =
        towns.iter().filter(|town| draft.initial.is_none() || first(town) == draft.initial).collect();
    html! {
        p class="kiosk-lead" { (frame.say("registration-town-lead")) }
        @if towns.is_empty() { p { (frame.say("registration-town-none")) } }
        @if by_initial {
            p { (frame.say("registration-town-initial")) }
            (frame.form(TOWN, &html! {
                div class="kiosk-towns kiosk-initials" {
                    @for initial in initials {
                        button class="kiosk-choice" type="submit" name="initial" value=(initial) lang="ja" { (initial) }
                    }
                }
            }))
        } @else {
            (frame.form(TOWN, &html! {
                div class="kiosk-towns" {
                    @for town in listed {
                        button class="kiosk-choice" type="submit" name="town" value=(town) lang="ja" { (short(frame, town)) }
                    }
                }
            }))
        }
        (frame.form(TOWN, &html! {
            button class="kiosk-quiet kiosk-other" type="submit" name="other" value="1" { (frame.say("registration-town-other")) }
        }))
    }
}

fn number(frame: &Frame<'_>, draft: &Draft) -> Markup {
    html! {
        p class="kiosk-lead" { (frame.say("registration-domicile")) ": " strong lang="ja" { (draft.town) } }
        (spelled(frame, Keys::Number, &draft.number, "registration-number-hint"))
    }
}

/// A field, the keys that spell it, and on.
fn spelled(frame: &Frame<'_>, keys: Keys, text: &str, hint: &str) -> Markup {
    html! {
        (frame.form(TEXT, &html! {
            p id="text-hint" { (frame.say(hint)) }
            label class="hidden-visually" for="text" { (frame.say("registration-text")) }
            input id="text" class="kiosk-text kiosk-spelled" type="text" name="text" lang="ja" maxlength="120" value=(text) required
                autocomplete="off" aria-describedby="text-hint";
            (frame.big("kiosk-next"))
        }))
        (open_keys(frame, keys, "text", KEY))
    }
}

fn head(frame: &Frame<'_>) -> Markup {
    let one = |who: &str, say: &str| html! { button class="kiosk-choice" type="submit" name="who" value=(who) { (frame.say(say)) } };
    html! {
        p class="kiosk-lead" { (frame.say("registration-head-hint")) }
        (frame.form(HEAD, &html! {
            div class="kiosk-choices" {
                (one("applicant", "registration-who-self"))
                (one("other", "registration-who-other"))
            }
        }))
    }
}

/// All that will be signed, and the card's two secrets.
fn sign(frame: &Frame<'_>, draft: &Draft) -> Markup {
    html! {
        dl class="kiosk-facts" {
            dt { (frame.say("registration-domicile")) } dd lang="ja" { (draft.domicile()) }
            dt { (frame.say("registration-head")) }
            @if draft.head == Head::Applicant { dd { (frame.say("registration-head-applicant")) } }
            @else { dd lang="ja" { (draft.reading) } }
        }
        section class="kiosk-answer" {
            h2 { (frame.say("registration-signed-heading")) }
            p { (frame.with("registration-signed-lead", &[("city", frame.city.into())])) }
        }
        (frame.form(SIGN, &html! {
            label for="pin" { (frame.say("registration-kiosk-pin")) }
            input id="pin" class="kiosk-pin" type="password" name="pin" inputmode="numeric" maxlength="4" required autocomplete="off";
            (secret_keys(frame, "pin", false))
            label for="password" { (frame.say("registration-kiosk-password")) }
            p id="password-hint" { (frame.say("registration-kiosk-password-hint")) }
            input id="password" class="kiosk-pin kiosk-password" type="password" name="password" maxlength="16" required
                autocomplete="off" aria-describedby="password-hint";
            (secret_keys(frame, "password", true))
            (frame.big("registration-kiosk-go"))
        }))
    }
}

pub(super) fn thanks(frame: &Frame<'_>) -> Markup {
    frame.screen(
        "registration-kiosk-done",
        0,
        Some("/kiosk/ended"),
        &html! {
            h1 { (frame.say("registration-kiosk-done")) }
            p class="kiosk-lead" role="status" { (frame.say("registration-kiosk-done-lead")) }
            section class="kiosk-answer" { p { (frame.say("kiosk-take-card-heading")) } }
            p { a class="kiosk-go" href="/kiosk/ended" { (frame.say("registration-kiosk-end")) } }
        },
    )
}
