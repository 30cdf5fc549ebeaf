//! How the page looks.

use maud::{Markup, html};
use messaging::when::Digest;
use tools::channels::{Address, AddressStatus, Chosen, Teller};
use ui::form::{ButtonKind, Field, button, error_summary, field, one_button, radios};

use super::{PAGE, Wrong};
use crate::portal::shell;
use crate::visit::Visit;

/// What is shown.
pub struct Shown {
    /// Wishes.
    pub chosen: Chosen,
    /// Browsers that are told.
    pub browsers: Vec<Address>,
    /// The address in use, or one that came back, with what is shown of it.
    pub email: Option<(Address, String)>,
    /// What is shown of the address that waits for its code.
    pub waiting: Option<String>,
}

/// The page.
pub fn page(visit: &Visit, teller: Option<&Teller>, shown: &Shown, wrong: Wrong) -> Markup {
    let errors: Vec<(&str, String)> = wrong.iter().map(|(name, key)| (*name, visit.say(key))).collect();
    html! {
        h1 { (visit.say("channels-title")) }
        (shell::said(visit))
        (error_summary(visit.language, &errors))
        p { (visit.say_html("channels-lead")) }
        @if let Some(teller) = teller {
            (push(visit, teller, &shown.browsers))
            @if teller.has_mail() { (email(visit, shown, wrong)) }
        }
        (hours(visit, &shown.chosen, wrong))
    }
}

fn push(visit: &Visit, teller: &Teller, browsers: &[Address]) -> Markup {
    let (add, remove) = (format!("{PAGE}/push"), format!("{PAGE}/push/remove"));
    html! {
        section aria-labelledby="push-heading" {
            h2 id="push-heading" { (visit.say_html("channels-push-heading")) }
            @if browsers.is_empty() { p { (visit.say_html("channels-push-none")) } }
            @for browser in browsers {
                @let date = ui::dates::date(visit.language, browser.added_at.date_in_japan());
                @let words = visit.say_with("channels-push-browser", &[("date", date.as_str().into())]);
                div {
                    p { (words) }
                    (one_button(&remove, &html! {
                        (visit.csrf(&remove)) input type="hidden" name="address" value=(browser.id);
                    }, ButtonKind::Secondary, &visit.say("channels-push-remove"), Some(&words)))
                }
            }
            form method="post" action=(add) class="apart" data-push=(teller.push_key()) hidden {
                (visit.csrf(&add))
                input type="hidden" name="endpoint"; input type="hidden" name="p256dh"; input type="hidden" name="auth";
                (button(ButtonKind::Primary, &visit.say("channels-push-on")))
            }
            div role="status" {
                p hidden data-push-says="denied" { (visit.say_html("channels-push-denied")) }
                p hidden data-push-says="unsupported" { (visit.say_html("channels-push-unsupported")) }
            }
            noscript { p { (visit.say_html("channels-push-script")) } }
        }
    }
}

fn email(visit: &Visit, shown: &Shown, wrong: Wrong) -> Markup {
    let (add, confirm) = (format!("{PAGE}/email"), format!("{PAGE}/email/confirm"));
    let error = |name: &str| wrong.filter(|(field, _)| *field == name).map(|(_, key)| visit.say(key));
    let (email_error, code_error) = (error("email"), error("code"));
    html! {
        section aria-labelledby="email-heading" {
            h2 id="email-heading" { (visit.say_html("channels-email-heading")) }
            @match &shown.email {
                Some((address, masked)) => (address_in_use(visit, address, masked)),
                None => p { (visit.say_html("channels-email-none")) },
            }
            @if let Some(masked) = &shown.waiting {
                form method="post" action=(confirm) class="apart" {
                    (visit.csrf(&confirm))
                    p { (visit.say_with("channels-email-waiting", &[("address", masked.as_str().into())])) }
                    (field(visit.language, &Field {
                        name: "code", label: &visit.say("channels-email-code-label"), error: code_error.as_deref(),
                        required: true, autocomplete: Some("one-time-code"), max_length: Some(6), ..Field::default()
                    }))
                    (button(ButtonKind::Primary, &visit.say("channels-email-confirm")))
                }
            }
            form method="post" action=(add) class="apart" {
                (visit.csrf(&add))
                (field(visit.language, &Field {
                    name: "email", label: &visit.say("channels-email-label"), hint: Some(&visit.say("channels-email-hint")),
                    error: email_error.as_deref(), kind: "email", required: true, autocomplete: Some("email"),
                    max_length: Some(254), ..Field::default()
                }))
                (button(ButtonKind::Secondary, &visit.say("channels-email-add")))
            }
        }
    }
}

fn address_in_use(visit: &Visit, address: &Address, masked: &str) -> Markup {
    let (remove, notices) = (format!("{PAGE}/email/remove"), format!("{PAGE}/email/notices"));
    let is_suppressed = matches!(address.status, AddressStatus::Suppressed(_));
    let key = if is_suppressed { "channels-email-suppressed" } else { "channels-email-now" };
    let (turn, word) =
        if address.notices { ("channels-email-notices-off", "no") } else { ("channels-email-notices-on", "yes") };
    html! {
        p { (visit.say_with(key, &[("address", masked.into())])) }
        @if !address.notices { p { (visit.say_html("channels-email-no-notices")) } }
        div class="buttons" {
            (one_button(&notices, &html! {
                (visit.csrf(&notices)) input type="hidden" name="address" value=(address.id);
                input type="hidden" name="wanted" value=(word);
            }, ButtonKind::Secondary, &visit.say(turn), None))
            (one_button(&remove, &html! {
                (visit.csrf(&remove)) input type="hidden" name="address" value=(address.id);
            }, ButtonKind::Secondary, &visit.say("channels-email-remove"), None))
        }
    }
}

fn hours(visit: &Visit, chosen: &Chosen, wrong: Wrong) -> Markup {
    let quiet = chosen.wishes.quiet;
    let (from, until) = quiet.unwrap_or_default().ends();
    let digests = Digest::ALL.map(|one| (one.word().to_owned(), visit.say(&format!("channels-digest-{}", one.word()))));
    let error = |name: &str| wrong.filter(|(field, _)| *field == name).map(|(_, key)| visit.say(key));
    let time = |name: &str, value: &str| {
        let (label, error) = (visit.say(&format!("channels-hours-{name}")), error(name));
        field(
            visit.language,
            &Field { name, label: &label, value, error: error.as_deref(), kind: "time", ..Field::default() },
        )
    };
    html! {
        section aria-labelledby="hours-heading" {
            h2 id="hours-heading" { (visit.say_html("channels-hours-heading")) }
            form method="post" action=(PAGE) {
                (visit.csrf(PAGE))
                div class="choice" {
                    input type="checkbox" id="quiet" name="quiet" value="yes" checked[quiet.is_some()]
                        aria-describedby="quiet-hint";
                    label for="quiet" { (visit.say_html("channels-hours-quiet")) }
                }
                p class="hint" id="quiet-hint" { (visit.say_html("channels-hours-quiet-hint")) }
                (time("from", &from.to_string()))
                (time("until", &until.to_string()))
                (radios("digest", &visit.say("channels-digest-legend"), &digests, chosen.wishes.digest.word()))
                p class="hint" { (visit.say_html("channels-digest-hint")) }
                (button(ButtonKind::Primary, &visit.say("channels-save")))
            }
        }
    }
}
