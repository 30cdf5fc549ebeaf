//! The form of a definition: everything about a card, without code.

use maud::{Markup, html};
use services::city_cards::{Check, Definition, Expiry, Names, NumberFormat};
use ui::form::{ButtonKind, Field, button, checkboxes, field, radios, select};

use crate::form::Fields;
use crate::visit::Visit;

/// A new card's fields.
pub fn blank() -> Fields {
    let pairs = [("digits", "7"), ("check", "luhn"), ("source", "next"), ("expiry", "never"), ("months", "12")];
    let fees = ["own_card", "own_card_again", "one_card"].map(|name| (name, "0"));
    Fields::of(pairs.iter().chain(&fees).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
}

/// The same fields with this prefix.
pub fn with_prefix(fields: &Fields, prefix: &str) -> Fields {
    let others = fields.pairs().filter(|(name, _)| *name != "prefix").chain([("prefix", prefix)]);
    Fields::of(others.map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
}

/// The fields of a definition.
pub fn fields(of: &Definition) -> Fields {
    let (expiry, months) = match of.expiry {
        Expiry::Never => ("never", 12),
        Expiry::Months(months) => ("months", months),
        Expiry::FiscalYearEnd => ("fiscal_year_end", 12),
    };
    let mut pairs = vec![
        ("name", of.names.japanese.clone()),
        ("name_easy", of.names.easy.clone()),
        ("name_english", of.names.english.clone()),
        ("office", of.office.clone()),
        ("prefix", of.number.prefix.clone()),
        ("digits", of.number.digits.to_string()),
        ("check", of.number.check.word().to_owned()),
        ("source", if of.number.is_given { "given" } else { "next" }.to_owned()),
        ("own_card", of.own_card.to_string()),
        ("own_card_again", of.own_card_again.to_string()),
        ("one_card", of.one_card.to_string()),
        ("expiry", expiry.to_owned()),
        ("months", months.to_string()),
        ("note", of.note.clone()),
    ];
    pairs.extend(of.desks.iter().map(|desk| ("desk", desk.clone())));
    let ways = [("last_day", of.shows_last_day), ("online", of.is_online), ("sticker", of.has_sticker)];
    pairs.extend(ways.iter().filter(|(_, is_on)| *is_on).map(|(way, _)| ("way", (*way).to_owned())));
    Fields::of(pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

/// What was typed, as a definition; what cannot be read becomes a fault of its field.
pub fn definition(fields: &Fields) -> Definition {
    let text = |name: &str| fields.get(name).to_owned();
    let half = |name: &str| base::text::to_half_width(fields.get(name));
    let yen = |name: &str| half(name).parse::<i64>().unwrap_or(-1);
    let is_on = |way: &str| fields.all("way").any(|one| one == way);
    Definition {
        names: Names { japanese: text("name"), easy: text("name_easy"), english: text("name_english") },
        office: text("office"),
        number: NumberFormat {
            prefix: half("prefix").to_ascii_uppercase(),
            digits: half("digits").parse().unwrap_or(0),
            check: Check::from_word(fields.get("check")).unwrap_or(Check::None),
            is_given: fields.get("source") == "given",
        },
        own_card: yen("own_card"),
        own_card_again: yen("own_card_again"),
        one_card: yen("one_card"),
        expiry: match fields.get("expiry") {
            "months" => Expiry::Months(half("months").parse().unwrap_or(0)),
            "fiscal_year_end" => Expiry::FiscalYearEnd,
            _ => Expiry::Never,
        },
        desks: fields.all("desk").filter(|id| base::Id::parse(id).is_ok()).map(str::to_owned).collect(),
        shows_last_day: is_on("last_day"),
        is_online: is_on("online"),
        has_sticker: is_on("sticker"),
        note: text("note"),
    }
}

/// The form.
pub fn form(
    visit: &Visit,
    action: &str,
    is_new: bool,
    fields: &Fields,
    errors: &[(&str, String)],
    desks: &[(String, String)],
) -> Markup {
    let say = |key: &str| visit.say(key);
    let error = |name: &str| errors.iter().find(|(of, _)| *of == name).map(|(_, said)| said.as_str());
    let line = |name: &'static str, key: &str, hint: Option<&str>, kind: &str, required: bool, most: u32| {
        let unit = if name.contains("_card") { format!(" ({})", say("city-cards-yen")) } else { String::new() };
        let (label, hint) = (format!("{}{unit}", say(key)), hint.map(|key| visit.say(key)));
        field(
            visit.language,
            &Field {
                name,
                label: &label,
                hint: hint.as_deref(),
                value: fields.get(name),
                error: error(name),
                kind,
                required,
                autocomplete: Some("off"),
                max_length: (kind != "number").then_some(most),
                ..Field::default()
            },
        )
    };
    let options = |words: &[&str], stem: &str| -> Vec<(String, String)> {
        words.iter().map(|word| ((*word).to_owned(), say(&format!("{stem}-{}", word.replace('_', "-"))))).collect()
    };
    let checks = options(&Check::ALL.map(Check::word), "city-cards-check");
    let chosen: Vec<&str> = fields.all("desk").collect();
    let ways: Vec<&str> = fields.all("way").collect();
    html! {
        form method="post" action=(action) {
            (visit.csrf(action))
            section class="card" {
                h2 { (say("city-cards-part-name")) }
                @if is_new { (line("key", "city-cards-key", Some("city-cards-key-hint"), "", true, 40)) }
                (line("name", "city-cards-name-japanese", None, "", true, 40))
                (line("name_easy", "city-cards-name-easy", None, "", true, 40))
                (line("name_english", "city-cards-name-english", None, "", true, 40))
                (line("office", "city-cards-office", Some("city-cards-office-hint"), "", true, 40))
            }
            section class="card" {
                h2 { (say("city-cards-part-number")) }
                (line("prefix", "city-cards-prefix", Some("city-cards-prefix-hint"), "", false, 8))
                (line("digits", "city-cards-digits", Some("city-cards-digits-hint"), "number", true, 2))
                (select(visit.language, "check", &say("city-cards-check"), &checks, fields.get("check"), None))
                (radios("source", &say("city-cards-source"), &options(&["next", "given"], "city-cards-source"), fields.get("source")))
            }
            section class="card" {
                h2 { (say("city-cards-part-fees")) }
                p class="hint" { (say("city-cards-fees-how")) }
                (line("own_card", "city-cards-fee-own", None, "number", true, 6))
                (line("own_card_again", "city-cards-fee-again", None, "number", true, 6))
                (line("one_card", "city-cards-fee-one", None, "number", true, 6))
            }
            section class="card" {
                h2 { (say("city-cards-part-validity")) }
                (radios("expiry", &say("city-cards-expiry"), &options(&["never", "months", "fiscal_year_end"], "city-cards-expiry"), fields.get("expiry")))
                (line("months", "city-cards-months", Some("city-cards-months-hint"), "number", false, 3))
            }
            section class="card" {
                h2 { (say("city-cards-part-where")) }
                @if desks.is_empty() { p class="hint" { (say("city-cards-no-desks")) " " a href="/staff/terminals" { (say("staff-nav-terminals")) } } }
                @else { (checkboxes("desk", &say("city-cards-desks-choose"), desks, &chosen)) }
                (checkboxes("way", &say("city-cards-ways"), &options(&["last_day", "online", "sticker"], "city-cards-way"), &ways))
                p class="hint" { (say("city-cards-shown-how")) }
            }
            section class="card" {
                div class="field" {
                    label for="note" { (say("city-cards-note")) }
                    p class="hint" id="note-hint" { (say("city-cards-note-hint")) }
                    textarea id="note" name="note" rows="3" maxlength="400" aria-describedby="note-hint" { (fields.get("note")) }
                }
            }
            div class="buttons" { (button(ButtonKind::Primary, &say("city-cards-write"))) }
        }
    }
}
