//! Labels on sheets: what the city turned on, the sheet, the first free place, the printer's correction, the leaflet, and what
//! the old ID cost beside the new one.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use base::{Id, Kind, Yen};
use maud::{Markup, html};
use paper::label_sheet::{Correction, Format, Measured, SOLD, Sheets, calibration};
use services::staff_id::actions::USUAL_MONTHS;
use services::staff_id::kept::{self, Kept, StaffId};
use services::staff_id::label::{ITEMS, Layout, NEVER_COVERED, Style};
use services::staff_id::model::Standing;
use store::{StoreError, Tx};
use tools::service_cards::Fees;
use ui::form::{ButtonKind, Field, button, checkboxes, field, link_button, radios, select};
use ui::notice::{AlertKind, alert};
use ui::table::empty_state;

use super::{MANAGE, beneath, desk, done};
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::form::Fields;
use crate::routes::Routes;
use crate::staff::shell;
use crate::visit::{SignedIn, Visit};

pub(super) const PATH: &str = "/staff/staff-ids/labels";
const PRINT: &str = "/staff/staff-ids/labels/print";
const SETTINGS: &str = "/staff/staff-ids/labels/settings";

pub(super) fn routes() -> Routes {
    Routes::new()
        .get(PATH, MANAGE, page)
        .post(PRINT, MANAGE, print)
        .post(SETTINGS, MANAGE, settings)
        .get("/staff/staff-ids/labels/calibration", MANAGE, calibrate)
        .get("/staff/staff-ids/leaflet", MANAGE, leaflet)
}

/// What the city said about its IDs; what it did not say has a value of ours.
struct Settings {
    months: i64,
    layout: Layout,
    on: Vec<String>,
    contact: String,
    sheet: String,
    measured: [String; 4],
    fees: Fees,
}

/// Our figures until the city says its own: they are examples, not what any city paid.
const FEES: Fees = Fees { own_card: Yen(1_500), own_card_again: Yen(1_500), one_card: Yen(50) };
const MEASURES: [(&str, &str); 4] = [("left", "20"), ("upper", "20"), ("across", "170"), ("down", "250")];

impl Settings {
    fn read(tx: &mut Tx<'_>) -> Result<Self, StoreError> {
        let mut said = |name: &str| kept::setting(tx, name);
        let yen = |text: Option<String>, ours: Yen| text.and_then(|text| text.parse().ok()).map_or(ours, Yen);
        let mut measured: [String; 4] = Default::default();
        for (at, (name, ours)) in MEASURES.iter().enumerate() {
            measured[at] = said(name)?.unwrap_or_else(|| (*ours).to_owned());
        }
        Ok(Self {
            months: said("months")?.and_then(|text| text.parse().ok()).unwrap_or(USUAL_MONTHS),
            layout: if said("layout")?.as_deref() == Some("face") { Layout::Face } else { Layout::Case },
            on: said("on")?.unwrap_or_default().split(',').map(str::to_owned).collect(),
            contact: said("contact")?.unwrap_or_default(),
            sheet: said("sheet")?.filter(|sheet| Format::of(sheet).is_some()).unwrap_or_else(|| "ELM006".to_owned()),
            measured,
            fees: Fees {
                own_card: yen(said("own_card")?, FEES.own_card),
                own_card_again: yen(said("own_card_again")?, FEES.own_card_again),
                one_card: yen(said("one_card")?, FEES.one_card),
            },
        })
    }

    fn correction(&self) -> Option<Correction> {
        let mut numbers = [0.0; 4];
        for (at, text) in self.measured.iter().enumerate() {
            numbers[at] = text.parse().ok()?;
        }
        let [left, upper, across, down] = numbers;
        Correction::measured(Measured { left, upper, across, down }).ok()
    }

    fn style(&self, app: &App) -> Style {
        Style {
            layout: self.layout,
            on: self.on.clone(),
            city: app.profile.name.clone(),
            contact: self.contact.clone(),
            page: format!("{}/staff-id", app.profile.public_address),
        }
    }
}

type ToPrint = (StaffId, Kept);

async fn page(State(app): State<Arc<App>>, visit: Visit, me: SignedIn) -> Result<Response, Failure> {
    let desk = desk(&app, &me)?;
    let (settings, waiting, printed) = blocking(move || {
        desk.read(|tx, vault| {
            let (mut waiting, mut printed) = (Vec::<ToPrint>::new(), 0_u32);
            for one in kept::standing(tx, Standing::Live)? {
                if one.printed_at.is_some() {
                    printed += 1;
                } else if let Some(kept) = kept::member(tx, vault, &one.number)? {
                    waiting.push((one, kept));
                }
            }
            waiting.sort_by(|one, other| one.0.number.cmp(&other.0.number));
            Ok((Settings::read(tx)?, waiting, printed))
        })
        .map_err(|error| beneath(&error))
    })
    .await?;
    let main = html! {
        (shell::said(&visit))
        (print_form(&visit, &settings, &waiting))
        (settings_form(&visit, &settings))
        (fees(&visit, &settings.fees, printed))
        div class="buttons" {
            (link_button(ButtonKind::Secondary, "/staff/staff-ids/leaflet", &visit.say("staff-id-leaflet")))
            a href=(super::PATH) { (visit.say("page-back")) }
        }
    };
    Ok(shell::page(&visit, &me, &visit.say("staff-id-labels"), &main))
}

fn print_form(visit: &Visit, settings: &Settings, waiting: &[ToPrint]) -> Markup {
    let options: Vec<(String, String)> = waiting
        .iter()
        .map(|(one, kept)| (one.id.to_string(), format!("{} {}", kept.member.number, kept.member.name.reveal())))
        .collect();
    let all: Vec<&str> = options.iter().map(|(id, _)| id.as_str()).collect();
    let (place, hint) = (visit.say("staff-id-first-place"), visit.say("staff-id-first-place-hint"));
    html! {
        section class="card" {
            h2 { (visit.say("staff-id-print")) }
            p { (visit.say_with("staff-id-print-how", &[("sheet", settings.sheet.as_str().into())])) }
            @if waiting.is_empty() { (empty_state(&visit.say("staff-id-print-none"), &visit.say("staff-id-print-none-how"))) }
            @else {
                form method="post" action=(PRINT) {
                    (visit.csrf(PRINT))
                    (checkboxes("id", &visit.say("staff-id-print-whom"), &options, &all))
                    (field(visit.language, &Field { name: "place", label: &place, hint: Some(&hint), value: "1", kind: "number",
                        required: true, max_length: Some(3), ..Field::default() }))
                    div class="buttons" { (button(ButtonKind::Primary, &visit.say("staff-id-print-go"))) }
                }
            }
        }
    }
}

fn settings_form(visit: &Visit, settings: &Settings) -> Markup {
    let sheets: Vec<(String, String)> = SOLD
        .iter()
        .map(|one| {
            let (w, h) = one.label;
            (one.number.to_string(), format!("{} {} ({w}×{h} mm, {}×{})", one.maker, one.number, one.columns, one.rows))
        })
        .collect();
    let layouts = [("case", "staff-id-layout-case"), ("face", "staff-id-layout-face")];
    let layouts: Vec<(String, String)> =
        layouts.iter().map(|(code, key)| ((*code).to_owned(), visit.say(key))).collect();
    let layout = if settings.layout == Layout::Face { "face" } else { "case" };
    let optional: Vec<(String, String)> = ITEMS
        .iter()
        .filter(|row| row.is_optional)
        .map(|row| {
            let (name, is_for) = (format!("staff-id-item-{}", row.code), format!("staff-id-item-{}-for", row.code));
            (row.code.to_owned(), format!("{} ― {}", visit.say(&name), visit.say(&is_for)))
        })
        .collect();
    let on: Vec<&str> = settings.on.iter().map(String::as_str).collect();
    let input = |name: &str, value: &str, kind: &str| {
        let label = visit.say(&format!("staff-id-set-{}", name.replace('_', "-")));
        field(visit.language, &Field { name, label: &label, value, kind, max_length: Some(80), ..Field::default() })
    };
    html! {
        details class="card" {
            summary { (visit.say("staff-id-settings")) }
            form method="post" action=(SETTINGS) {
                (visit.csrf(SETTINGS))
                (select(visit.language, "sheet", &visit.say("staff-id-set-sheet"), &sheets, &settings.sheet, None))
                (radios("layout", &visit.say("staff-id-layout"), &layouts, layout))
                (never_covered(visit, "staff-id-face-warning"))
                (checkboxes("on", &visit.say("staff-id-items"), &optional, &on))
                (input("months", &settings.months.to_string(), "number"))
                (input("contact", &settings.contact, ""))
                h3 { (visit.say("staff-id-calibration")) }
                p { (visit.say("staff-id-calibration-how")) " "
                    a href=(format!("{PATH}/calibration?sheet={}", settings.sheet)) { (visit.say("staff-id-calibration-page")) } }
                @for (at, (name, _)) in MEASURES.iter().enumerate() { (input(name, &settings.measured[at], "")) }
                h3 { (visit.say("staff-id-fees")) }
                (input("own_card", &settings.fees.own_card.0.to_string(), "number"))
                (input("own_card_again", &settings.fees.own_card_again.0.to_string(), "number"))
                (input("one_card", &settings.fees.one_card.0.to_string(), "number"))
                div class="buttons" { (button(ButtonKind::Secondary, &visit.say("staff-id-save"))) }
            }
        }
    }
}

/// A warning that ends in what a label never covers.
fn never_covered(visit: &Visit, key: &str) -> Markup {
    alert(
        visit.language,
        AlertKind::Warning,
        &html! {
            p { (visit.say(key)) }
            ul { @for end in NEVER_COVERED { li { (visit.say(&format!("staff-id-never-{end}"))) } } }
        },
    )
}

/// The old ID beside the new one, and what was saved so far (既存カードとの相違点).
fn fees(visit: &Visit, fees: &Fees, printed: u32) -> Markup {
    let yen = |yen: Yen| html! { (yen) };
    let row =
        |key: &str, old: Yen, new: Yen| vec![html! { (visit.say(key)) }, yen(old), yen(new), yen(Yen(old.0 - new.0))];
    let rows = [
        row("staff-id-fee-first", fees.own_card, fees.one_card),
        row("staff-id-fee-again", fees.own_card_again, fees.one_card),
    ];
    let saved = i64::from(printed) * (fees.own_card.0 - fees.one_card.0);
    html! {
        section {
            h2 { (visit.say("staff-id-fees")) }
            (visit.table(&visit.say("staff-id-fees"), &["staff-id-fee-what", "staff-id-fee-old", "staff-id-fee-new", "staff-id-fee-difference"], &rows))
            p { (visit.say_with("staff-id-saved", &[("count", printed.into()), ("yen", Yen(saved).to_string().as_str().into())])) }
            p class="hint" { (visit.say("staff-id-fees-ours")) }
        }
    }
}

async fn settings(State(app): State<Arc<App>>, me: SignedIn, fields: Fields) -> Result<Response, Failure> {
    const NUMBERS: [&str; 4] = ["months", "own_card", "own_card_again", "one_card"];
    let wrong = || Failure::saying(Kind::Invalid, "staff-id-set-wrong").next(PATH, "staff-id-labels");
    let mut said: Vec<(String, String)> = Vec::new();
    for name in NUMBERS {
        let number = base::text::to_half_width(fields.get(name)).parse::<u32>().map_err(|_| wrong())?;
        said.push((name.to_owned(), number.min(1_000_000).to_string()));
    }
    for (name, _) in MEASURES {
        let length = base::text::to_half_width(fields.get(name)).parse::<f32>().map_err(|_| wrong())?;
        said.push((name.to_owned(), length.to_string()));
    }
    let (sheet, layout) = (fields.get("sheet"), fields.get("layout"));
    let format = Format::of(sheet).ok_or_else(wrong)?;
    let contact = fields.get("contact");
    let known = |code: &&str| ITEMS.iter().any(|row| row.is_optional && row.code == *code);
    let on: Vec<&str> = fields.all("on").filter(known).collect();
    if contact.chars().count() > 80 || base::my_number_guard::refuse_individual_number(contact).is_err() {
        return Err(wrong());
    }
    let plain = [("sheet", sheet), ("layout", layout), ("contact", contact), ("on", &on.join(","))];
    said.extend(plain.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())));
    let desk = desk(&app, &me)?;
    let numbers: Vec<f32> = MEASURES.iter().filter_map(|(name, _)| fields.get(name).parse().ok()).collect();
    let is_measured = match numbers[..] {
        [left, upper, across, down] => Correction::measured(Measured { left, upper, across, down }).is_ok(),
        _ => false,
    };
    let layout = if layout == "face" { Layout::Face } else { Layout::Case };
    let fits = Style { layout, on: Vec::new(), city: String::new(), contact: String::new(), page: String::new() };
    if !is_measured || fits.fits(format).is_err() {
        return Err(Failure::saying(Kind::Invalid, "staff-id-set-no-fit").next(PATH, "staff-id-labels"));
    }
    blocking(move || {
        Ok(desk.city.cards.write::<_, StoreError, _>(move |tx| {
            for (name, text) in &said {
                kept::put_setting(tx, name, text)?;
            }
            Ok(())
        })?)
    })
    .await?;
    Ok(shell::done(PATH, "staff-done-id-settings"))
}

async fn print(State(app): State<Arc<App>>, me: SignedIn, fields: Fields) -> Result<Response, Failure> {
    let ids: Vec<Id> = fields.all("id").map(shell::id).collect::<Result<_, _>>()?;
    let place = base::text::to_half_width(fields.get("place")).parse::<usize>().unwrap_or(1).saturating_sub(1);
    if ids.is_empty() {
        return Err(Failure::saying(Kind::Invalid, "staff-id-print-nobody").next(PATH, "staff-id-labels"));
    }
    let (desk, app) = (desk(&app, &me)?, app.clone());
    let issuer = app.kiosk.clone().ok_or_else(|| Failure::of(Kind::Unavailable))?.issuer.clone();
    let bytes = blocking(move || {
        let settings = desk.read(|tx, _| Ok(Settings::read(tx)?)).map_err(|error| beneath(&error))?;
        let style = settings.style(&app);
        let no_fit = || Failure::saying(Kind::Conflict, "staff-id-set-no-fit").next(PATH, "staff-id-labels");
        let format = Format::of(&settings.sheet).filter(|format| style.fits(format).is_ok()).ok_or_else(no_fit)?;
        let keys = issuer.composer.keys();
        let mut labels = Vec::with_capacity(ids.len());
        for (member, code) in done(desk.labels(&ids))? {
            let token = keys.codes.sign(&code.encode()).map_err(|error| Failure::defect("staff_id", &error))?;
            labels.push(style.draw(&member, &code, &token, &keys.seal, format.label));
        }
        let sheets = sheets(&app, format, settings.correction().unwrap_or_default(), place);
        let drawn = sheets.draw(&labels, issuer.composer.typeface());
        let drawn = drawn.map_err(|error| {
            tracing::warn!(cause = error.code(), "labels of staff IDs were not drawn");
            Failure::saying(Kind::Conflict, "staff-id-print-failed").next(PATH, "staff-id-labels")
        })?;
        // Drawn first, then written: what cannot be drawn was never printed.
        done(desk.printed(&ids))?;
        Ok(drawn)
    })
    .await?;
    Ok(pdf(bytes, "staff_ids"))
}

fn sheets<'a>(app: &App, format: &'a Format, correction: Correction, first_place: usize) -> Sheets<'a> {
    Sheets {
        format,
        correction,
        first_place,
        title: "職員身分証ラベル".to_owned(),
        author: app.profile.name.clone(),
        at: app.seams.now(),
    }
}

fn pdf(bytes: Vec<u8>, name: &str) -> Response {
    let disposition = format!("inline; filename=\"{name}.pdf\"");
    ([(header::CONTENT_TYPE, "application/pdf".to_owned()), (header::CONTENT_DISPOSITION, disposition)], bytes)
        .into_response()
}

#[derive(serde::Deserialize)]
struct OfSheet {
    sheet: String,
}

async fn calibrate(State(app): State<Arc<App>>, _: SignedIn, Query(of): Query<OfSheet>) -> Result<Response, Failure> {
    let format = Format::of(&of.sheet).ok_or_else(|| Failure::of(Kind::NotFound))?;
    let typeface = app.typeface()?;
    let sheets = sheets(&app, format, Correction::default(), 0);
    let drawn = calibration(&sheets, &typeface);
    Ok(pdf(drawn.map_err(|error| Failure::defect("calibration", &error))?, "calibration"))
}

/// 貼り替え手順: a page to print and to put beside the sheets. A label for the face is cut in two first.
async fn leaflet(State(app): State<Arc<App>>, visit: Visit, me: SignedIn) -> Result<Response, Failure> {
    const CASE: [&str; 6] = ["one", "two", "three", "four", "five", "six"];
    const FACE: [&str; 7] = ["one", "cut", "two", "three", "four-face", "five", "six"];
    let desk = desk(&app, &me)?;
    let settings =
        blocking(move || desk.read(|tx, _| Ok(Settings::read(tx)?)).map_err(|error| beneath(&error))).await?;
    let steps: &[&str] = if settings.layout == Layout::Face { &FACE } else { &CASE };
    let main = html! {
        p { (visit.say("staff-id-leaflet-lead")) }
        ol { @for step in steps { li { (visit.say(&format!("staff-id-leaflet-{step}"))) } } }
        (never_covered(&visit, "staff-id-leaflet-never"))
        p { (visit.say("staff-id-leaflet-citizen")) " " (app.profile.public_address) "/staff-id" }
        div class="buttons" { a href=(PATH) { (visit.say("page-back")) } }
    };
    Ok(shell::page(&visit, &me, &visit.say("staff-id-leaflet"), &main))
}
