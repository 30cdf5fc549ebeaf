//! The machine's screens.

use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use services::hospital_card::arriving::{Booked, Visit as Reception};
use ui::Language;
use ui::form::select;
use ui::page::{Width, language_links};

use super::super::form::sentence;
use super::super::hospital::simulated;
use super::super::{AtCounter, left};
use super::{AFRESH, CARD, GONE_SECONDS, LOADED, NEXT, NUMBERS, PATH, RECEIVE, TAG, TYPING_SECONDS};
use crate::assets;
use crate::kiosk::Say;
use crate::kiosk::reader::listed;

/// The screen around `main`: the certificate machine's sizes, and nothing around that belongs to an office.
pub(super) fn screen(at: &AtCounter, heading: &str, main: &Markup) -> Response {
    let visit = &at.visit;
    let page = visit.page(&visit.say(heading)).style(assets::path("kiosk.css")).script(assets::path("kiosk.js"));
    let main = html! {
        div class="revisit" {
            (language_links(visit.language, &visit.address))
            h1 { (visit.say_html(heading)) }
            (simulated(at))
            (main)
            (visit.sight.links(visit.language, &visit.address))
        }
    };
    page.width(Width::Kiosk).render(&main).into_response()
}

/// What the form that led here came to.
fn said(at: &AtCounter) -> Markup {
    let say = at.to_say();
    html! {
        @if let Some(say) = &say {
            @let words = sentence(&at.visit, &at.app.profile.counter, say);
            @if matches!(say, Say::Done(_)) { div class="kiosk-answer" role="status" { p { (words) } } }
            @else {
                div class="kiosk-alert" role="alert" { span class="kiosk-mark" aria-hidden="true" { "!" } span {
                    (words)
                    // What the city's application refuses leaves the person the other ways.
                    @if matches!(say, Say::Key(key) if key.starts_with("application-refused-")) {
                        " " (at.visit.say_html("taps-otherwise"))
                    }
                } }
            }
        }
    }
}

fn form(at: &AtCounter, action: &str, inner: &Markup) -> Markup {
    html! { form method="post" action=(action) { (at.visit.csrf(action)) (inner) } }
}

/// The way out of a page on which nobody is known yet.
fn back(at: &AtCounter) -> Markup {
    html! { p class="kiosk-back" { a class="kiosk-quiet" href=(PATH) { (at.visit.say_html("page-back")) } } }
}

/// The end, from every page of a person.
fn end(at: &AtCounter) -> Markup {
    form(at, NEXT, &html! { button class="kiosk-quiet" type="submit" { (at.visit.say_html("hospital-revisit-end")) } })
}

/// By what somebody is known.
pub(super) fn first(at: &AtCounter, reads_loaded_cards: bool) -> Response {
    let visit = &at.visit;
    let main = html! {
        (said(at))
        p class="kiosk-lead" { (visit.say_html("hospital-revisit-by-what")) }
        div class="kiosk-choices" {
            a class="kiosk-choice" href=(CARD) { (visit.say_html("hospital-revisit-by-card")) }
            @if reads_loaded_cards {
                a class="kiosk-choice" href=(LOADED) { (visit.say_html("hospital-revisit-by-loaded")) }
            }
            a class="kiosk-choice" href=(TAG) { (visit.say_html("hospital-revisit-by-tag")) }
        }
        p class="kiosk-back" { a class="kiosk-quiet" href=(NUMBERS) { (visit.say_html("hospital-queue-title")) } }
        section class="kiosk-answer" {
            p { (visit.say_html("hospital-revisit-lead")) }
            p { (visit.say_html("taps-my-number")) }
        }
    };
    screen(at, "hospital-revisit-title", &main)
}

/// The card on the reader, or one of the demo's drawer.
fn card_laid_down(at: &AtCounter, put: &str) -> Markup {
    let visit = &at.visit;
    let drawer = at.app.kiosk.as_ref().and_then(|place| place.drawer());
    let chosen = at.app.held.chosen(at.terminal.id, at.app.seams.now()).unwrap_or_else(|| "0".to_owned());
    html! {
        @match drawer {
            Some(cards) => (select(visit.language, "card", &visit.say("taps-card-drawer"), &listed(&cards), &chosen, None)),
            None => p class="kiosk-lead" { (visit.say_html(put)) }
        }
    }
}

/// A card that the city has loaded its application on: read without PIN.
pub(super) fn loaded(at: &AtCounter) -> Response {
    let visit = &at.visit;
    let main = html! {
        (said(at))
        (form(at, LOADED, &html! {
            (card_laid_down(at, "hospital-revisit-loaded-put"))
            button class="kiosk-go" type="submit" { (visit.say_html("taps-card-read")) }
        }))
        (back(at))
    };
    left(screen(at, "hospital-revisit-loaded", &main), TYPING_SECONDS, AFRESH)
}

/// The card and its PIN, which is always needed here.
pub(super) fn card(at: &AtCounter) -> Response {
    let visit = &at.visit;
    let main = html! {
        (said(at))
        (form(at, CARD, &html! {
            (card_laid_down(at, "hospital-revisit-card-put"))
            label for="pin" { (visit.say_html("taps-pin")) }
            p class="hint" id="pin-hint" { (visit.say_html("taps-pin-always-hint")) }
            input id="pin" class="kiosk-pin" type="password" name="pin" inputmode="numeric" pattern="[0-9]{4}"
                maxlength="4" minlength="4" required autocomplete="off" aria-describedby="pin-hint";
            div class="kiosk-pad" id="pad" hidden {
                @for digit in ["1", "2", "3", "4", "5", "6", "7", "8", "9"] {
                    button type="button" data-digit=(digit) { (digit) }
                }
                button type="button" data-clear="1" { (visit.say_html("kiosk-pin-clear")) }
                button type="button" data-digit="0" { "0" }
            }
            button class="kiosk-go" type="submit" { (visit.say_html("kiosk-next")) }
        }))
        (back(at))
    };
    left(screen(at, "hospital-revisit-card", &main), TYPING_SECONDS, AFRESH)
}

/// The number of a tag, which a reader types.
pub(super) fn tag(at: &AtCounter) -> Response {
    let visit = &at.visit;
    let main = html! {
        (said(at))
        p class="kiosk-lead" { (visit.say_html("hospital-revisit-tag-how")) }
        (form(at, TAG, &html! {
            label for="tag" { (visit.say_html("taps-tag")) }
            input id="tag" class="kiosk-text" type="text" name="tag" required maxlength="40" autocomplete="off"
                autocapitalize="characters" spellcheck="false" autofocus;
            button class="kiosk-go" type="submit" { (visit.say_html("kiosk-next")) }
        }))
        (back(at))
    };
    left(screen(at, "hospital-revisit-tag", &main), TYPING_SECONDS, AFRESH)
}

/// Today's bookings, and the one question: receive?
pub(super) fn bookings(at: &AtCounter, bookings: &[Booked]) -> Response {
    let visit = &at.visit;
    let main = html! {
        ul class="revisit-bookings" {
            @for one in bookings {
                @let time = one.at.japan_time();
                li { strong { (format!("{}:{:02}", time.hour, time.minute)) } span lang="ja" { (one.place) } }
            }
        }
        (form(at, RECEIVE, &html! { button class="kiosk-go" type="submit" { (visit.say_html("hospital-revisit-receive")) } }))
        (end(at))
    };
    left(screen(at, "hospital-revisit-booked", &main), GONE_SECONDS, AFRESH)
}

/// What this machine cannot do, the window can.
pub(super) fn window(at: &AtCounter, why: &str) -> Response {
    let visit = &at.visit;
    let main = html! {
        div class="kiosk-alert" role="alert" {
            span class="kiosk-mark" aria-hidden="true" { "!" } span { (visit.say_html(why)) }
        }
        (end(at))
    };
    left(screen(at, "hospital-revisit-title", &main), GONE_SECONDS, AFRESH)
}

/// What comes out of the printer and stands on no screen: nobody's name, no chart number, what is next in every language.
fn slip(at: &AtCounter, reception: &Reception) -> Markup {
    let (words, time) = (ui::words(), reception.received_at.japan_time());
    let is_sample = at.app.hospital.as_ref().is_some_and(|connection| connection.is_simulated);
    html! {
        article class="revisit-slip" {
            p { (at.app.profile.name) }
            p lang="ja" { (words.get(Language::Japanese, "hospital-slip-title")) }
            p class="revisit-slip-number" { (reception.number) }
            @if !reception.place.is_empty() { p class="revisit-place" lang="ja" { (reception.place) } }
            p { (time.date.japanese()) " " (format!("{}:{:02}", time.hour, time.minute)) }
            @for language in Language::ALL {
                p lang=(language.html()) { (words.markup(language, "hospital-slip-next", &[])) }
            }
            p lang="ja" { (words.get(Language::Japanese, "hospital-slip-nameless")) }
            @if is_sample { p lang="ja" { (words.get(Language::Japanese, "hospital-simulated")) } }
        }
    }
}

/// The queue number.
pub(super) fn receipt(at: &AtCounter, reception: &Reception) -> Response {
    let visit = &at.visit;
    let time = reception.received_at.japan_time();
    let main = html! {
        section class="revisit-receipt" {
            p class="revisit-number" { (reception.number) }
            @if !reception.place.is_empty() { p class="revisit-place" lang="ja" { (reception.place) } }
            p { (visit.say_html("hospital-receipt-at")) " " (format!("{}:{:02}", time.hour, time.minute)) }
        }
        @match &reception.called {
            Some((_, to)) => div class="kiosk-answer" role="status" { p { strong { (visit.say_html("hospital-called")) " " span lang="ja" { (to) } } } },
            None => p class="kiosk-lead" { (visit.say_html("hospital-receipt-call")) },
        }
        @if reception.state != "received" {
            div class="kiosk-answer" role="status" { p { (visit.say_html("hospital-receipt-not-sent")) } }
        }
        (slip(at, reception))
        // The page itself is printed: no second tab stays behind, and this one goes by itself.
        button class="kiosk-go" type="button" data-print hidden { (visit.say_html("hospital-receipt-print")) }
        (end(at))
    };
    left(screen(at, "hospital-receipt-number", &main), GONE_SECONDS, AFRESH)
}
