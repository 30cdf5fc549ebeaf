//! What the checking page shows.

use base::Date;
use maud::{Markup, html};
use pki::pades::{SignatureReport, StampFound};
use ui::Language;
use ui::form::{ButtonKind, button};
use ui::notice::{AlertKind, alert, facts};
use wire::certificate_code::{Claims, Item};

use super::checked::{Refused, Standing, Typed};
use crate::assets;
use crate::visit::Visit;

/// Sentences the script shows; their keys without `verify-`.
const SCRIPT_WORDS: &[&str] = &[
    "checking",
    "valid",
    "valid-why",
    "withdrawn",
    "withdrawn-why",
    "unknown",
    "unknown-why",
    "altered",
    "altered-why",
    "foreign",
    "foreign-why",
    "malformed",
    "malformed-why",
    "no-keys",
    "no-keys-why",
    "copy",
    "kind",
    "issued",
    "number",
    "page",
    "address",
    "name",
    "birth-date",
    "items",
    "items-how",
    "item",
    "value",
    "confirm",
    "confirmed",
    "not-confirmed",
    "household",
    "register",
    "domicile",
    "kind-residence_certificate",
    "kind-family_register_certificate",
    "kind-family_register_person_certificate",
    "kind-family_register_appendix",
    "kind-closed_family_register_certificate",
    "kind-recorded_items_certificate",
    "kind-seal_registration_certificate",
    "kind-tax_certificate",
];

/// The page around a result.
pub(super) fn page(visit: &Visit, result: &Markup) -> Markup {
    let words = script_words(visit);
    let main = html! {
        h1 { (visit.say("verify-title")) }
        div id="verify" data-words=(words) data-language=(visit.language.code())
            data-keys="/verify/keys.json" data-status="/verify/status" {
            div id="result" aria-live="polite" tabindex="-1" { (result) }
        }
        p { (visit.say_html("verify-lead")) }
        section {
            h2 { (visit.say("verify-code-title")) }
            p { (visit.say_html("verify-code-how")) }
            form method="post" action="/verify/code" id="code-form" {
                div class="field" {
                    label for="code" { (visit.say("verify-code-label")) }
                    p class="hint" id="code-hint" { (visit.say("verify-code-hint")) }
                    textarea id="code" name="code" rows="4" maxlength="9000" required autocomplete="off"
                        autocapitalize="off" spellcheck="false" aria-describedby="code-hint" {}
                }
                div class="buttons" { (button(ButtonKind::Primary, &visit.say("verify-check"))) }
            }
        }
        section {
            h2 { (visit.say("verify-document-title")) }
            p { (visit.say_html("verify-document-how")) }
            form method="post" action="/verify/document" enctype="multipart/form-data" {
                div class="field" {
                    label for="document" { (visit.say("verify-document-label")) }
                    input type="file" id="document" name="document" accept="application/pdf,.pdf" required;
                }
                div class="buttons" { (button(ButtonKind::Primary, &visit.say("verify-check"))) }
            }
        }
        section {
            h2 { (visit.say("verify-about-title")) }
            ul {
                li { (visit.say_html("verify-about-proves")) }
                li { (visit.say_html("verify-about-copy")) }
                li { (visit.say_html("verify-about-privacy")) }
            }
        }
    };
    visit.page(&visit.say("verify-title")).script(assets::path("verify.js")).render(&main)
}

fn script_words(visit: &Visit) -> String {
    let mut words = serde_json::Map::new();
    for key in SCRIPT_WORDS {
        words.insert((*key).to_owned(), visit.say(&format!("verify-{key}")).into());
    }
    for word in ["success", "warning", "error"] {
        words.insert(format!("word-{word}"), visit.say(&format!("page-word-{word}")).into());
    }
    for item in Item::ALL {
        words.insert(format!("item-{}", item as u8), item_words(visit, item).into());
    }
    serde_json::Value::Object(words).to_string()
}

/// The item as the paper calls it, with its meaning for readers of other languages.
fn item_words(visit: &Visit, item: Item) -> String {
    match visit.language {
        Language::Japanese => item.label().to_owned(),
        _ => format!("{} ({})", item.label(), visit.say(&format!("verify-item-{}", item as u8))),
    }
}

fn day(visit: &Visit, day: Date) -> String {
    if visit.language == Language::English { format!("{day} ({})", day.japanese()) } else { day.japanese() }
}

/// Verdict and reason.
fn verdict(visit: &Visit, kind: AlertKind, word: &str) -> Markup {
    let said = html! {
        h2 { (visit.say(&format!("verify-{word}"))) }
        p { (visit.say_html(&format!("verify-{word}-why"))) }
    };
    alert(visit.language, kind, &said)
}

const fn kind_of(standing: Standing) -> AlertKind {
    match standing {
        Standing::Valid => AlertKind::Success,
        Standing::Withdrawn => AlertKind::Error,
        Standing::Unknown => AlertKind::Warning,
    }
}

/// A code that says nothing.
pub(super) fn refused(visit: &Visit, refused: Refused) -> Markup {
    verdict(visit, AlertKind::Error, refused.word())
}

/// A file that proves nothing.
pub(super) fn document_refused(visit: &Visit, word: &str) -> Markup {
    verdict(visit, AlertKind::Error, &format!("document-{word}"))
}

/// What a good code says.
pub(super) fn found(visit: &Visit, claims: &Claims, standing: Standing, code: &str, typed: Option<&Typed>) -> Markup {
    html! {
        (verdict(visit, kind_of(standing), standing.word()))
        (content(visit, claims))
        p { strong { (visit.say_html("verify-copy")) } }
        @if standing != Standing::Withdrawn && !choices(visit, claims).is_empty() { (items_form(visit, claims, code, typed)) }
    }
}

/// What a signed file says.
pub(super) fn document_found(visit: &Visit, report: &SignatureReport, pages: &[Claims], standing: Standing) -> Markup {
    let signer = format!("{} ({})", report.signer, report.organization);
    html! {
        (verdict(visit, kind_of(standing), &format!("document-{}", standing.word())))
        (facts(&[
            (visit.say("verify-signer"), html! { (signer) }),
            (visit.say("verify-signed-at"), html! { (ui::dates::instant(visit.language, report.claimed_time)) }),
            (visit.say("verify-stamped-at"), html! {
                @if let StampFound::Vouches(stamp) = &report.stamp { (ui::dates::instant(visit.language, stamp.time)) " (" (stamp.authority) ")" }
                @else { (visit.say("verify-not-stamped")) }
            }),
        ]))
        @for claims in pages { (content(visit, claims)) }
        p { strong { (visit.say_html("verify-copy")) } }
    }
}

fn content(visit: &Visit, claims: &Claims) -> Markup {
    let kind_key = format!("verify-kind-{}", claims.kind);
    let kind = if ui::words().has(visit.language, &kind_key) { visit.say(&kind_key) } else { claims.kind.clone() };
    let mut list = vec![
        (visit.say("verify-kind"), html! { (kind) }),
        (visit.say("verify-issued"), html! { (day(visit, claims.issued_on)) }),
        (visit.say("verify-number"), html! { (claims.number) }),
        (visit.say("verify-page"), html! { (claims.page) "/" (claims.of) }),
        (
            visit.say(if is_register(claims) { "verify-domicile" } else { "verify-address" }),
            html! { span lang="ja" { (claims.address.reveal()) } },
        ),
    ];
    for person in &claims.people {
        list.push((visit.say("verify-name"), html! { span lang="ja" { (person.name.reveal()) } }));
        list.push((visit.say("verify-birth-date"), html! { span lang="ja" { (person.birth_date.reveal()) } }));
    }
    facts(&list)
}

/// Whether it is a paper of the family register, which says 本籍 where others say an address.
fn is_register(claims: &Claims) -> bool {
    claims.kind.contains("family_register")
}

/// The items of the paper that can be confirmed: value of the choice and its words.
fn choices(visit: &Visit, claims: &Claims) -> Vec<(String, String)> {
    let whole = if is_register(claims) { "verify-register" } else { "verify-household" };
    let household = claims.household.keys().map(|item| (0, *item, visit.say(whole)));
    let people = claims.people.iter().enumerate().flat_map(|(index, person)| {
        person.digests.keys().map(move |item| (index + 1, *item, person.name.reveal().clone()))
    });
    household
        .chain(people)
        .filter_map(|(person, item, whose)| {
            let known = Item::from_number(item)?;
            Some((format!("{person}-{item}"), format!("{whose}: {}", item_words(visit, known))))
        })
        .collect()
}

fn items_form(visit: &Visit, claims: &Claims, code: &str, typed: Option<&Typed>) -> Markup {
    let chosen = typed.map(|typed| format!("{}-{}", typed.person, typed.item as u8)).unwrap_or_default();
    html! {
        section {
            h2 { (visit.say("verify-items")) }
            p { (visit.say_html("verify-items-how")) }
            @if let Some(typed) = typed { (confirmation(visit, claims, typed)) }
            form method="post" action="/verify/code" {
                input type="hidden" name="code" value=(code);
                (ui::form::select(visit.language, "item", &visit.say("verify-item"), &choices(visit, claims), &chosen, None))
                div class="field" {
                    label for="value" { (visit.say("verify-value")) }
                    input id="value" name="value" required maxlength="300" autocomplete="off"
                        value=(typed.map(|typed| typed.value.as_str()).unwrap_or_default());
                }
                div class="buttons" { (button(ButtonKind::Secondary, &visit.say("verify-confirm"))) }
            }
        }
    }
}

fn confirmation(visit: &Visit, claims: &Claims, typed: &Typed) -> Markup {
    let (kind, key) = match claims.confirms(typed.item, typed.person, &typed.value) {
        Some(true) => (AlertKind::Success, "verify-confirmed"),
        _ => (AlertKind::Error, "verify-not-confirmed"),
    };
    alert(visit.language, kind, &html! { p { (visit.say_html(key)) } })
}
