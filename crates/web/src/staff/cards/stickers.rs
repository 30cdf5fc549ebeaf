//! Labels with numbers (シール): sheet, first place, correction of the printer, numbers. A label holds the number as text and
//! as a code that any reader types in, and nothing else unless it is asked for.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use base::Kind;
use maud::html;
use paper::label_sheet::{self, Correction, Format, Item, LEAST_CODE, Label, Measured, SOLD, Sheets, Spot};
use services::city_cards::files;
use ui::form::{ButtonKind, Field, button, checkboxes, field, select};

use super::super::shell;
use super::PATH;
use super::files::the_card;
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::form::Fields;
use crate::portal::letters::{drawing, file};
use crate::visit::{SignedIn, Visit};

/// Labels of one file at most.
const MOST: usize = 500;
/// White around what stands on a label, in millimetres.
const MARGIN: f32 = 1.0;
/// Side of the code where the label has room: larger is no easier to read.
const BEST_CODE: f32 = 22.0;

/// Sheets whose labels have room for a code and a number beside it.
fn sheets() -> impl Iterator<Item = &'static Format> {
    SOLD.iter().filter(|format| format.label.1 >= LEAST_CODE + 2.0 * MARGIN && format.label.0 >= 2.0 * LEAST_CODE)
}

/// `GET …/stickers`.
pub async fn page(
    State(app): State<Arc<App>>,
    visit: Visit,
    me: SignedIn,
    Path(key): Path<String>,
) -> Result<Response, Failure> {
    let (inside, wanted) = (app.inside()?.clone(), key.clone());
    let card = blocking(move || Ok(inside.store.read(|tx| the_card(tx, &wanted))?)).await?;
    let card = card.ok_or_else(|| Failure::of(Kind::NotFound))?;
    let action = format!("{PATH}/{key}/stickers/labels.pdf");
    let options: Vec<(String, String)> = sheets()
        .map(|one| {
            let (w, h) = one.label;
            let said = format!("{} {} — {}×{} · {w}×{h} mm", one.maker, one.number, one.columns, one.rows);
            (one.number.to_string(), said)
        })
        .collect();
    let say = |key: &str| visit.say(key);
    let number = |name: &'static str, key: &str, value: &'static str| {
        let label = visit.say(key);
        field(
            visit.language,
            &Field {
                name,
                label: &label,
                value,
                required: true,
                autocomplete: Some("off"),
                max_length: Some(8),
                ..Field::default()
            },
        )
    };
    let extra = [("name".to_owned(), say("city-cards-stickers-name"))];
    let main = html! {
        p { (say("city-cards-stickers-how")) }
        form method="post" action=(action) class="card" {
            (visit.csrf(&action))
            (select(visit.language, "sheet", &say("city-cards-stickers-sheet"), &options, "ELM012", None))
            (number("place", "city-cards-stickers-place", "1"))
            div class="field" {
                label for="numbers" { (say("city-cards-stickers-numbers")) }
                p class="hint" id="numbers-hint" { (say("city-cards-stickers-numbers-how")) }
                textarea id="numbers" name="numbers" rows="4" aria-describedby="numbers-hint" {}
            }
            (checkboxes("also", &say("city-cards-stickers-also"), &extra, &[]))
            details {
                summary { (say("city-cards-stickers-measured")) }
                p class="hint" { (say("city-cards-stickers-measured-how")) }
                (number("left", "city-cards-stickers-left", "20"))
                (number("upper", "city-cards-stickers-upper", "20"))
                (number("across", "city-cards-stickers-across", "170"))
                (number("down", "city-cards-stickers-down", "250"))
            }
            (button(ButtonKind::Primary, &say("city-cards-stickers-go")))
        }
        section {
            h2 { (say("city-cards-stickers-calibration")) }
            p { (say("city-cards-stickers-calibration-how")) }
            ul { @for one in sheets() {
                li { a href=(format!("{PATH}/{key}/stickers/{}/calibration.pdf", one.number)) { (one.maker) " " (one.number) } }
            } }
        }
        p { a href=(format!("{PATH}/{key}")) { (say("page-back")) } }
    };
    let title = format!("{} {}", card.definition.names.say(visit.language), say("city-cards-stickers"));
    Ok(shell::page(&visit, &me, &title, &main))
}

/// What stands on the label of a number.
fn label(format: &Format, number: &str, name: Option<&str>) -> Label {
    let (w, h) = format.label;
    let side = (h - 2.0 * MARGIN).clamp(LEAST_CODE, BEST_CODE);
    let beside = 2.0 * MARGIN + side;
    let room = w - beside - MARGIN;
    let line = |words: &str, y: f32, size: f32| Item::Text {
        words: words.to_owned(),
        at: Spot { x: beside, y, w: room, h: 6.0 },
        size,
        lines: 1,
        is_centred: false,
    };
    let middle = h / 2.0;
    let mut items = vec![Item::Code {
        text: number.to_owned(),
        at: Spot { x: MARGIN, y: middle - side / 2.0, w: side, h: side },
        words: number.to_owned(),
    }];
    match name {
        Some(name) => items.extend([line(name, middle - 6.5, 7.0), line(number, middle + 0.5, 11.0)]),
        None => items.push(line(number, middle - 3.0, 11.0)),
    }
    items
}

fn measured(fields: &Fields) -> Result<Correction, Failure> {
    let read = |name: &str| base::text::to_half_width(fields.get(name)).parse::<f32>();
    let invalid = |key: &'static str| Failure::saying(Kind::Invalid, key);
    match (read("left"), read("upper"), read("across"), read("down")) {
        (Ok(left), Ok(upper), Ok(across), Ok(down)) => Correction::measured(Measured { left, upper, across, down })
            .map_err(|_| invalid("city-cards-stickers-not-measured")),
        _ => Err(invalid("city-cards-stickers-not-measured")),
    }
}

/// `POST …/stickers/labels.pdf`.
pub async fn labels(
    State(app): State<Arc<App>>,
    me: SignedIn,
    Path(key): Path<String>,
    fields: Fields,
) -> Result<Response, Failure> {
    let wrong = |key: &'static str| Failure::saying(Kind::Invalid, key);
    let format = sheets().find(|one| one.number == fields.get("sheet")).ok_or_else(|| Failure::of(Kind::Invalid))?;
    let place = base::text::to_half_width(fields.get("place")).parse::<usize>().ok();
    let first_place = place.and_then(|place| place.checked_sub(1)).filter(|place| *place < format.places());
    let first_place = first_place.ok_or_else(|| wrong("city-cards-stickers-no-place"))?;
    let correction = measured(&fields)?;
    let wanted: Vec<String> = fields
        .get("numbers")
        .split([',', '\n', '\r', '、', ' '])
        .map(str::trim)
        .filter(|one| !one.is_empty())
        .map(str::to_owned)
        .collect();
    if wanted.len() > MOST {
        return Err(wrong("city-cards-stickers-too-many"));
    }
    let has_name = fields.all("also").any(|one| one == "name");
    let (inside, typeface, actor) = (app.inside()?.clone(), app.typeface()?, me.actor());
    let bytes = blocking(move || {
        let card = inside.store.read(|tx| the_card(tx, &key))?.ok_or_else(|| Failure::of(Kind::NotFound))?;
        let limit = if wanted.is_empty() { format.places() - first_place } else { MOST };
        let numbers = match files::for_labels(&inside, &actor, &card, &wanted, limit)? {
            Ok(numbers) => numbers,
            Err((nth, _)) => return Err(wrong("city-cards-stickers-unknown").with("nth", nth.to_string())),
        };
        if numbers.is_empty() {
            return Err(wrong("city-cards-stickers-none"));
        }
        let name = has_name.then_some(card.definition.names.japanese.as_str());
        let labels: Vec<Label> = numbers.iter().map(|number| label(format, number, name)).collect();
        let sheets = Sheets {
            format,
            correction,
            first_place,
            title: card.definition.names.japanese.clone(),
            author: inside.profile.name.clone(),
            at: inside.seams.now(),
        };
        sheets.draw(&labels, &typeface).map_err(|error| drawing(&error))
    })
    .await?;
    Ok(file("application/pdf", "labels.pdf", bytes))
}

/// `GET …/stickers/{sheet}/calibration.pdf`: how far this printer is off, on plain paper.
pub async fn calibration(
    State(app): State<Arc<App>>,
    Path((_, sheet)): Path<(String, String)>,
) -> Result<Response, Failure> {
    let format = sheets().find(|one| one.number == sheet).ok_or_else(|| Failure::of(Kind::NotFound))?;
    let (typeface, author, at) = (app.typeface()?, app.profile.name.clone(), app.seams.now());
    let bytes = blocking(move || {
        let correction = Correction::default();
        let sheets = Sheets { format, correction, first_place: 0, title: "位置合わせ".to_owned(), author, at };
        label_sheet::calibration(&sheets, &typeface).map_err(|error| drawing(&error))
    })
    .await?;
    Ok(file("application/pdf", &format!("calibration-{}.pdf", format.number), bytes))
}
