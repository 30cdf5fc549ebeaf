//! The screens of a paper on its way: making it, printing it, what holds it up; and the receipt.
//!
//! Each looks again by itself: with script its middle changes in place, without it the page comes anew.

use maud::{Markup, html};
use services::convenience_certificates::receipt::{Receipt, short_form};
use tools::terminals::printer::Trouble;

use super::kinds::name_key;
use super::printing::PaperSlot;
use super::receipts::ReceiptStage;
use super::say::printer_sentence;
use super::session::{Screen, Session};
use super::views::Frame;

/// Seconds between looks at a paper on its way where there is no script.
const LOOK_SECONDS: u32 = 3;
/// What a sheet takes, and everything before the first, in seconds: said, not promised.
const SHEET_SECONDS: usize = 3;

/// Drawing: the script submits at once; without it there is a button. Then the paper on its way, or what holds it up.
pub fn print(frame: &Frame<'_>, session: &Session) -> Markup {
    if let Some(trouble) = session.held() {
        return held(frame, session, trouble);
    }
    if session.is_printing() {
        return coming(frame, session);
    }
    frame.screen(
        "kiosk-print-heading",
        Screen::Print.step(),
        None,
        &html! {
            h1 { (frame.say("kiosk-print-heading")) }
            (frame.alert(session))
            p class="kiosk-lead" role="status" { (frame.say("kiosk-print-lead")) }
            div data-submit="1" { (frame.form("/kiosk/print", &frame.big("kiosk-print-start"))) }
            (tray(frame, &session.out, "/kiosk/session/tray"))
        },
    )
}

/// A screen that looks again by itself until it has changed.
fn looking(frame: &Frame<'_>, title: &str, main: &Markup) -> Markup {
    let here = Screen::Print.path();
    frame.screen_with(
        title,
        Screen::Print.step(),
        Some((LOOK_SECONDS, here)),
        false,
        &html! {
            div data-progress=(here) { (main) }
        },
    )
}

fn coming(frame: &Frame<'_>, session: &Session) -> Markup {
    let seconds = SHEET_SECONDS * (session.sheets() + 1);
    looking(
        frame,
        "kiosk-printing-heading",
        &html! {
            h1 { (frame.say("kiosk-printing-heading")) }
            (frame.alert(session))
            p class="kiosk-lead" role="status" { (frame.with("kiosk-printing-lead", &[("seconds", seconds.into())])) }
            (tray(frame, &session.out, "/kiosk/session/tray"))
        },
    )
}

/// What holds the paper up; that nothing is lost; whom to call; and the money back for whoever does not want to wait.
fn held(frame: &Frame<'_>, session: &Session, trouble: Trouble) -> Markup {
    let request = session.request().map(|request| short_form(request.id)).unwrap_or_default();
    looking(
        frame,
        printer_sentence(trouble),
        &html! {
            h1 { (frame.say(printer_sentence(trouble))) }
            div class="kiosk-alert" role="alert" {
                span class="kiosk-mark" aria-hidden="true" { "!" } span { (frame.say("kiosk-held-safe")) }
            }
            @if trouble == Trouble::Busy {
                p class="kiosk-lead" { (frame.say("kiosk-held-busy")) }
            } @else {
                p class="kiosk-lead" { (frame.with("kiosk-held-call", &[("counter", frame.counter.into())])) }
            }
            p { (frame.with("kiosk-done-request", &[("request", request.as_str().into())])) }
            (frame.form("/kiosk/print/stop", &html! {
                button class="kiosk-quiet" type="submit" { (frame.say("kiosk-held-back")) }
            }))
            (tray(frame, &session.out, "/kiosk/session/tray"))
        },
    )
}

/// The demo's simulated printer: what may go wrong with it, and mending it.
pub fn tray(frame: &Frame<'_>, out: &PaperSlot, action: &str) -> Markup {
    let button = |word: &str, key: &str| {
        frame.form(
            action,
            &html! {
                input type="hidden" name="trouble" value=(word);
                button class="kiosk-coin" type="submit" { (frame.say(key)) }
            },
        )
    };
    html! {
        @if out.tray().is_some() && frame.visit.is_demo {
            section class="kiosk-drawer" {
                h2 { (frame.say("kiosk-tray-heading")) }
                div class="kiosk-coins" {
                    (button(Trouble::OutOfPaper.code(), "kiosk-tray-empty"))
                    (button(Trouble::Jam.code(), "kiosk-tray-jam"))
                    (button(Trouble::Offline.code(), "kiosk-tray-offline"))
                    (button("none", "kiosk-tray-mend"))
                }
            }
        }
    }
}

/// The receipt, and having it on paper for whoever wants it: while it is printed the screen looks again by itself.
pub fn receipt(frame: &Frame<'_>, receipt: &Receipt, stage: ReceiptStage, is_simulated: bool) -> Markup {
    const HERE: &str = "/kiosk/receipt";
    let at = ui::dates::instant(frame.language, receipt.at);
    let looks_again = (stage == ReceiptStage::Printing).then_some((LOOK_SECONDS, HERE));
    frame.screen_with(
        "kiosk-receipt-heading",
        Screen::Take.step(),
        looks_again.or(Some((frame.idle_seconds + 2, "/kiosk/ended"))),
        true,
        &html! {
            article class="kiosk-receipt" {
                h1 { (frame.say("kiosk-receipt-heading")) }
                p class="kiosk-receipt-city" { (receipt.municipality) }
                dl class="kiosk-facts" {
                    dt { (frame.say("kiosk-receipt-at")) } dd { (at) }
                    dt { (frame.say("kiosk-receipt-place")) } dd { (receipt.place) }
                    dt { (frame.say("kiosk-confirm-kind")) } dd { (frame.say(name_key(receipt.kind))) }
                    dt { (frame.say("kiosk-confirm-copies")) } dd { (receipt.copies) }
                    dt { (frame.say("kiosk-confirm-fee")) } dd class="kiosk-money" { (receipt.fee) }
                    dt { (frame.say("kiosk-receipt-request")) } dd { (receipt.request) }
                    dt { (frame.say("kiosk-receipt-contact")) } dd { (receipt.contact) }
                }
            }
            div data-progress=[looks_again.map(|_| HERE)] data-arrived[looks_again.is_none()] { (on_paper(frame, stage, is_simulated)) }
            p { a class="kiosk-quiet" href="/kiosk/take" { (frame.say("kiosk-back")) } }
        },
    )
}

/// The offer of a receipt on paper, or how it is.
fn on_paper(frame: &Frame<'_>, stage: ReceiptStage, is_simulated: bool) -> Markup {
    let status = |key: &str| html! { p class="kiosk-lead" role="status" { (frame.say(key)) } };
    let offer = frame.form("/kiosk/receipt/print", &frame.big("kiosk-receipt-print"));
    match stage {
        ReceiptStage::Offered { failed: false } => html! { p { (frame.say("kiosk-receipt-offer")) } (offer) },
        ReceiptStage::Offered { failed: true } => html! { (status("kiosk-receipt-not-printed")) (offer) },
        ReceiptStage::Printing => status("kiosk-receipt-printing"),
        ReceiptStage::Printed => html! {
            (status("kiosk-receipt-printed"))
            @if is_simulated {
                p { a class="kiosk-quiet" href="/kiosk/receipt.pdf" target="_blank" rel="noopener" {
                    (frame.say("kiosk-receipt-open")) } }
            }
        },
    }
}
