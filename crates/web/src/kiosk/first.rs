//! The first screen of the certificate machine: which language, or that nobody is served now. It notices by itself when
//! that changes.

use maud::{Markup, html};
use services::convenience_certificates::actions::Closed;
use services::convenience_certificates::hours::Hours;
use tools::incidents::by_hand::Why;
use tools::terminals::printer::Trouble;
use ui::{Language, words};

use super::printing::PaperSlot;
use super::printing_views;
use super::say::printer_sentence;
use super::views::Frame;

/// How often the first screen asks whether it still says what is so.
const AGAIN_SECONDS: u32 = 20;

fn again(state: &str) -> Markup {
    html! { div data-again=(AGAIN_SECONDS) data-state=(state) {} }
}

/// The first screen: languages, and the one answer about the My Number. `is_busy` says that no more people can be served
/// at this moment.
pub fn start(frame: &Frame<'_>, is_busy: bool) -> Markup {
    frame.screen(
        "kiosk-title",
        0,
        Some("/kiosk"),
        &html! {
            (again("open"))
            h1 { (frame.city) br; (frame.say("kiosk-title")) }
            @if is_busy {
            div class="kiosk-alert" role="alert" {
                span class="kiosk-mark" aria-hidden="true" { "!" } span { (frame.say("kiosk-busy")) }
            }
        }
        p class="kiosk-lead" { (frame.say("kiosk-language-lead")) }
            h2 { (frame.say("kiosk-language-heading")) }
            div class="kiosk-choices" {
                @for language in Language::ALL {
                    (frame.form("/kiosk/start", &html! {
                        input type="hidden" name="language" value=(language.code());
                        button class="kiosk-choice" type="submit" lang=(language.html()) { (language.name()) }
                    }))
                }
            }
            (frame.visit.sight.links(frame.language, "/kiosk"))
            section class="kiosk-answer" {
                h2 { (frame.say("kiosk-my-number-question")) }
                p { (frame.say("kiosk-my-number-answer")) }
            }
        },
    )
}

/// The first screen while nobody is served: in every language, since none has been chosen; it opens again by itself.
pub fn closed(frame: &Frame<'_>, closed: &Closed) -> Markup {
    if let Some(hours) = &closed.hours {
        return out_of_hours(frame, hours);
    }
    let key = match closed.why {
        Some(Why::Maintenance) => "kiosk-closed-maintenance",
        Some(Why::Trouble) => "kiosk-closed-trouble",
        Some(Why::Disaster) => "kiosk-closed-disaster",
        Some(Why::Check) | None => "kiosk-closed-check",
    };
    frame.screen(
        "kiosk-title",
        0,
        Some("/kiosk"),
        &html! {
            (again("closed"))
            h1 { (frame.city) br; (frame.say("kiosk-title")) }
            @for language in Language::ALL {
                @let say = |key: &str| words().markup(language, key, &[("counter", frame.counter.into())]);
                section class="kiosk-closed" lang=(language.html()) {
                    h2 { span class="kiosk-mark" aria-hidden="true" { "!" } span { (say("kiosk-closed")) } }
                    p { (say(key)) }
                    p { (say("kiosk-closed-then")) }
                    (super::letters::begin(frame, language))
                }
            }
        },
    )
}

/// The first screen outside the hours: when it opens, in every language.
fn out_of_hours(frame: &Frame<'_>, hours: &Hours) -> Markup {
    let maintenance = match hours {
        Hours::Closed { maintenance, .. } => maintenance.as_deref(),
        Hours::Open { .. } => None,
    };
    frame.screen(
        "kiosk-title",
        0,
        Some("/kiosk"),
        &html! {
            (again("closed"))
            h1 { (frame.city) br; (frame.say("kiosk-title")) }
            @for language in Language::ALL {
                @let say = |key: &str, when: &str| {
                    words().markup(language, key, &[("counter", frame.counter.into()), ("when", when.into())])
                };
                section class="kiosk-closed" lang=(language.html()) {
                    h2 { span class="kiosk-mark" aria-hidden="true" { "!" } 
                        span { (say(if maintenance.is_some() { "kiosk-kind-maintenance" } else { "kiosk-closed-hours" }, "")) } }
                    @if let Some(reason) = maintenance { p { (reason) } }
                    @if let Some(opens) = hours.opens() { p { (say("kiosk-kind-opens", &ui::dates::instant(language, opens))) } }
                    p { (say("kiosk-closed-then", "")) }
                    (super::letters::begin(frame, language))
                }
            }
        },
    )
}

/// The first screen while the printer is not ready or not empty: what it is, in every language.
pub fn no_printer(frame: &Frame<'_>, trouble: Trouble, out: &PaperSlot) -> Markup {
    frame.screen(
        "kiosk-title",
        0,
        Some("/kiosk"),
        &html! {
            (again("closed"))
            h1 { (frame.city) br; (frame.say("kiosk-title")) }
            @for language in Language::ALL {
                @let say = |key: &str| words().markup(language, key, &[("counter", frame.counter.into())]);
                section class="kiosk-closed" lang=(language.html()) {
                    h2 { span class="kiosk-mark" aria-hidden="true" { "!" } span { (say(printer_sentence(trouble))) } }
                    p { (say("kiosk-printer-then")) }
                    (super::letters::begin(frame, language))
                }
            }
            (printing_views::tray(frame, out, "/kiosk/tray"))
        },
    )
}
