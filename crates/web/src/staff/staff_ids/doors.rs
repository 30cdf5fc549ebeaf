//! Doors without a line: their files, their lists, and the logs that are brought back.

use std::sync::Arc;

use axum::extract::{Multipart, Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use base::Kind;
use maud::{Markup, html};
use services::staff_id::doors::{DoorRow, Keeping, Opening};
use tools::staff::StaffError;
use tools::staff::two_persons;
use tools::staff_openings::Shortening;
use ui::form::{ButtonKind, Field, button, field, one_button};
use ui::table::{count, empty_state};

use super::{MANAGE, MOST_BYTES, beneath, desk, done, sent};
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::form::Fields;
use crate::routes::Routes;
use crate::staff::shell;
use crate::visit::{SignedIn, Visit};

pub(in crate::staff) const PATH: &str = "/staff/staff-ids/doors";
const ADD: &str = "/staff/staff-ids/doors/add";
const DAYS: &str = "/staff/staff-ids/doors/days";

pub(super) fn routes() -> Routes {
    Routes::new()
        .get(PATH, MANAGE, page)
        .post(ADD, MANAGE, add)
        .post(DAYS, MANAGE, keep)
        .post("/staff/staff-ids/doors/{door}/list", MANAGE, list)
        .post_up_to("/staff/staff-ids/doors/{door}/log", MANAGE, MOST_BYTES, log)
}

async fn page(State(app): State<Arc<App>>, visit: Visit, me: SignedIn) -> Result<Response, Failure> {
    let desk = desk(&app, &me)?;
    let (doors, openings, days) = blocking(move || {
        let all = || Ok((desk.doors()?, desk.openings(None)?, desk.openings_days()?));
        all().map_err(|error| beneath(&error))
    })
    .await?;
    let name = visit.say("staff-id-door-name");
    let title = visit.say("staff-id-openings");
    let main = html! {
        (shell::said(&visit))
        p { (visit.say_html("staff-id-doors-how")) }
        (count(visit.language, doors.len()))
        @if doors.is_empty() { (empty_state(&visit.say("staff-id-doors-none"), &visit.say("staff-id-doors-none-how"))) }
        @for door in &doors { (card(&visit, door)) }
        section class="card" {
            h2 { (visit.say("staff-id-door-add")) }
            p { (visit.say("staff-id-door-add-how")) }
            form method="post" action=(ADD) {
                (visit.csrf(ADD))
                (field(visit.language, &Field { name: "name", label: &name, required: true, autocomplete: Some("off"),
                    max_length: Some(60), ..Field::default() }))
                div class="buttons" { (button(ButtonKind::Secondary, &visit.say("staff-id-door-add-go"))) }
            }
        }
        section {
            h2 { (title) }
            (table(&visit, &title, &openings, true))
            (days_form(&visit, days))
        }
        div class="buttons" { a href=(super::PATH) { (visit.say("page-back")) } }
    };
    Ok(shell::page(&visit, &me, &visit.say("staff-id-doors"), &main))
}

/// How long openings are kept.
fn days_form(visit: &Visit, days: i64) -> Markup {
    let (label, hint) = (visit.say("staff-id-openings-days"), visit.say("staff-id-openings-days-hint"));
    let (why, why_hint) = (visit.say("staff-id-openings-why"), visit.say("staff-id-openings-why-hint"));
    html! {
        form method="post" action=(DAYS) {
            (visit.csrf(DAYS))
            (field(visit.language, &Field { name: "days", label: &label, hint: Some(&hint), value: &days.to_string(),
                required: true, is_number: true, autocomplete: Some("off"), max_length: Some(4), ..Field::default() }))
            (field(visit.language, &Field { name: "reason", label: &why, hint: Some(&why_hint), autocomplete: Some("off"),
                max_length: Some(200), ..Field::default() }))
            div class="buttons" { (button(ButtonKind::Secondary, &visit.say("staff-id-save"))) }
        }
    }
}

/// More days at once; fewer are asked for, with a reason, and a second person approves.
async fn keep(State(app): State<Arc<App>>, me: SignedIn, fields: Fields) -> Result<Response, Failure> {
    fields.only(&["days", "reason"])?;
    let desk = desk(&app, &me)?;
    let days = base::text::to_half_width(fields.get("days")).parse().unwrap_or(0);
    let kept = {
        let desk = desk.clone();
        blocking(move || desk.keep_openings(days).map_err(|error| beneath(&error))).await?
    };
    let now = match kept {
        Keeping::Kept => return Ok(shell::done(PATH, "staff-done-id-settings")),
        Keeping::NoDays => {
            return Err(Failure::saying(Kind::Invalid, "staff-id-set-wrong").next(PATH, "staff-id-doors"));
        }
        Keeping::NeedsTwo { now } => now,
    };
    let reason = shell::reason(&fields, "reason")
        .map_err(|_| Failure::saying(Kind::Invalid, "staff-id-openings-why-missing").next(PATH, "staff-id-doors"))?;
    let wish = Shortening { was: now, days };
    blocking(move || {
        let seams = desk.city.seams.clone();
        Ok(desk
            .city
            .store
            .write::<_, StaffError, _>(move |tx| two_persons::ask_openings(tx, &seams, &me.account, wish, &reason))?)
    })
    .await?;
    Ok(shell::done(PATH, "staff-done-id-asked"))
}

fn card(visit: &Visit, door: &DoorRow) -> Markup {
    let (list, log) = (format!("{PATH}/{}/list", door.id), format!("{PATH}/{}/log", door.id));
    let file = format!("log-{}", door.id);
    html! {
        section class="card" {
            h2 { (door.name) }
            p { (visit.say_with("staff-id-door-lists", &[("n", door.lists.into())])) }
            (one_button(&list, &visit.csrf(&list), ButtonKind::Primary, &visit.say("staff-id-door-list"), Some(&door.name)))
            form method="post" action=(log) enctype="multipart/form-data" {
                (visit.csrf(&log))
                div class="field" {
                    label for=(file) { (visit.say("staff-id-door-log")) }
                    input id=(file) name="file" type="file";
                }
                div class="buttons" { (button(ButtonKind::Secondary, &visit.say("staff-id-door-log-go"))) }
            }
        }
    }
}

/// Openings as a table; whose they are only for the personnel office.
pub(super) fn table(visit: &Visit, title: &str, all: &[Opening], with_whose: bool) -> Markup {
    let rows: Vec<Vec<Markup>> = all
        .iter()
        .map(|one| {
            let means = visit.say(if one.means == "card" { "staff-id-by-card" } else { "staff-id-by-tag" });
            let mut row =
                vec![html! { (ui::dates::instant(visit.language, one.at)) }, html! { (one.door) }, html! { (means) }];
            if with_whose {
                row.push(html! { (one.number.as_deref().unwrap_or("–")) });
            }
            row
        })
        .collect();
    let mut headings = vec!["staff-id-at", "staff-id-door-name", "staff-id-means"];
    if with_whose {
        headings.push("staff-id-number");
    }
    html! {
        @if rows.is_empty() { (empty_state(&visit.say("staff-id-openings-none"), &visit.say("staff-id-openings-none-how"))) }
        @else { (visit.table(title, &headings, &rows)) }
    }
}

fn file(name: &str, text: String) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "application/json".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    (headers, text).into_response()
}

async fn add(State(app): State<Arc<App>>, me: SignedIn, fields: Fields) -> Result<Response, Failure> {
    fields.only(&["name"])?;
    let name = shell::reason(&fields, "name")?;
    let desk = desk(&app, &me)?;
    let issuer = app.kiosk.clone().ok_or_else(|| Failure::of(Kind::Unavailable))?.issuer.clone();
    let made = blocking(move || {
        let made = desk.make_door(&name, &issuer.composer.code_keys(), &issuer.anchors);
        made.map_err(|error| beneath(&error))
    })
    .await?;
    let name = format!("door-{}.json", made.door);
    Ok(file(&name, serde_json::json!(made).to_string()))
}

async fn list(State(app): State<Arc<App>>, me: SignedIn, Path(door): Path<String>) -> Result<Response, Failure> {
    let (door, desk) = (shell::id(&door)?, desk(&app, &me)?);
    let issuer = app.kiosk.clone().ok_or_else(|| Failure::of(Kind::Unavailable))?.issuer.clone();
    let list = blocking(move || done(desk.door_list(door, &issuer.composer.keys().codes))).await?;
    Ok(file("door-list.json", serde_json::json!(list).to_string()))
}

async fn log(
    State(app): State<Arc<App>>,
    me: SignedIn,
    Path(door): Path<String>,
    form: Result<Multipart, axum::extract::multipart::MultipartRejection>,
) -> Result<Response, Failure> {
    let (door, desk) = (shell::id(&door)?, desk(&app, &me)?);
    let bytes = sent(form).await?;
    let wrong = || Failure::saying(Kind::Invalid, "staff-id-door-log-wrong").next(PATH, "staff-id-doors");
    let text = String::from_utf8(bytes).map_err(|_| wrong())?;
    blocking(move || desk.take_log(door, &text).map_err(|error| beneath(&error))?.map_err(|_| wrong())).await?;
    Ok(shell::done(PATH, "staff-done-id-log"))
}
