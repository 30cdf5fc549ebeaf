//! The form by which a card, a PIN or a number comes in, and the sentences about it.

use maud::{Markup, html};
use ui::form::{ButtonKind, Field, button, field, select_in};
use ui::notice::{AlertKind, alert};

use super::AtCounter;
use crate::kiosk::Say;
use crate::kiosk::reader::listed;
use crate::visit::Visit;

/// What a terminal asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// The card alone, or a number: where staff watch.
    Card,
    /// The card, its PIN where a tap is not enough, or a number: where nobody watches, or not every card is enrolled.
    CardAndPin,
}

/// Whether a form asks for the PIN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pin {
    /// Nobody is asked.
    No,
    /// Where a tap is not enough.
    Perhaps,
    /// Nothing goes without.
    Always,
}

/// Two forms: card (and PIN), number.
pub fn form(at: &AtCounter, action: &str, ask: Ask) -> Markup {
    let visit = &at.visit;
    let (tag, tag_hint) = (visit.say("taps-tag"), visit.say("taps-tag-hint"));
    html! {
        form method="post" action=(action) class="card" {
            (visit.csrf(action))
            h2 { (visit.say("taps-card")) }
            (card_and_pin(at, if ask == Ask::CardAndPin { Pin::Perhaps } else { Pin::No }))
            div class="buttons" { (button(ButtonKind::Primary, &visit.say("taps-card-read"))) }
        }
        form method="post" action=(action) class="card" {
            (visit.csrf(action))
            div class="fields" {
                (field(visit.language, &Field { name: "tag", label: &tag, hint: Some(&tag_hint), required: true,
                    autocomplete: Some("off"), max_length: Some(40), ..Field::default() }))
            }
            div class="buttons" { (button(ButtonKind::Secondary, &visit.say("taps-tag-read"))) }
        }
        p class="hint" { (visit.say("taps-my-number")) }
    }
}

/// The card and, as `pin` says, its PIN.
pub(super) fn card_and_pin(at: &AtCounter, pin: Pin) -> Markup {
    card_and_pin_in(at, pin, "")
}

/// The same in a second form of a page: `form` begins the ids of its fields.
pub(super) fn card_and_pin_in(at: &AtCounter, pin: Pin, form: &str) -> Markup {
    let visit = &at.visit;
    let drawer = at.app.kiosk.as_ref().and_then(|place| place.drawer());
    let chosen = at.app.held.chosen(at.terminal.id, at.app.seams.now()).unwrap_or_else(|| "0".to_owned());
    let hint = if pin == Pin::Always { "taps-pin-always-hint" } else { "taps-pin-hint" };
    html! {
        @match drawer {
            Some(cards) => {
                // A line of its own: a label is as long as its line.
                div class="drawer" {
                    (select_in(visit.language, (&format!("{form}card"), "card"), &visit.say("taps-card-drawer"),
                        &listed(&cards), &chosen, None))
                }
            }
            None => p { (visit.say("taps-card-put")) }
        }
        @if pin != Pin::No {
            (pin_field(visit, (&format!("{form}pin"), "pin"), ("taps-pin", hint), pin == Pin::Always))
        }
    }
}

/// A PIN of four digits, by id and name; `words` are the keys of label and hint.
pub(crate) fn pin_field(visit: &Visit, (id, name): (&str, &str), words: (&str, &str), required: bool) -> Markup {
    let (label, hint) = (visit.say(words.0), visit.say(words.1));
    let (autocomplete, max_length) = (Some("off"), Some(4));
    let hint = Some(hint.as_str());
    let pin = Field {
        name,
        id,
        label: &label,
        hint,
        kind: "password",
        required,
        autocomplete,
        max_length,
        ..Field::default()
    };
    field(visit.language, &Field { is_number: true, ..pin })
}

/// A refusal, or what was done, above a page.
pub fn said(visit: &Visit, counter: &str, say: Option<&Say>) -> Markup {
    let Some(say) = say else { return html! {} };
    let kind = if matches!(say, Say::Done(_)) { AlertKind::Success } else { AlertKind::Error };
    alert(visit.language, kind, &html! { p { (sentence(visit, counter, say)) } })
}

/// Where the certificate machine's sentence speaks of its own buttons, steps and fees, that of a desk.
fn here(key: &str) -> &str {
    match key {
        "kiosk-reader-waiting" => "taps-reader-waiting",
        "kiosk-card-signature" => "taps-card-signature",
        "kiosk-card-removed" => "taps-card-removed",
        "kiosk-card-status-unknown" => "taps-card-status-unknown",
        other => other,
    }
}

/// The sentence of what is to be said at a terminal.
pub fn sentence(visit: &Visit, counter: &str, say: &Say) -> String {
    match say {
        Say::Key(key) | Say::Done(key) => {
            visit.say_with(here(key), &[("counter", counter.into()), ("request", "".into())])
        }
        Say::WrongPin(tries) => {
            visit.say_with("kiosk-pin-wrong", &[("tries", (*tries).into()), ("counter", counter.into())])
        }
        // What only a certificate machine says.
        Say::Refused(_) | Say::Printer(_) | Say::Owed(_) => visit.say("kiosk-card-unreadable"),
    }
}
