//! `/staff-id`: is the person before me an employee of the city now? The code on the label opens this page with what it says
//! behind `#`, which no server sees until somebody presses the button. The answer is valid or not, and a department.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Json, Response};
use base::Kind;
use data_encoding::BASE64URL_NOPAD;
use maud::{Markup, html};
use tools::staff_id_list::{self, Answer};
use ui::form::{ButtonKind, Field, button, field};
use ui::notice::{AlertKind, alert};
use wire::certificate_code::from_text;
use wire::staff_id_code::{StaffIdCode, Sticker};

use super::papers;
use crate::app::{App, blocking};
use crate::assets;
use crate::error::Failure;
use crate::form::Fields;
use crate::routes::{Routes, Rule};
use crate::visit::Visit;

const PATH: &str = "/staff-id";

pub(super) fn routes() -> Routes {
    Routes::new().get(PATH, Rule::Public, page).post(PATH, Rule::Public, check).get(
        "/staff-id/live.json",
        Rule::Public,
        live,
    )
}

async fn page(visit: Visit) -> Markup {
    show(&visit, &html! {})
}

fn show(visit: &Visit, answer: &Markup) -> Markup {
    let title = visit.say("staff-id-public-title");
    let (label, hint) = (visit.say("staff-id-public-code"), visit.say("staff-id-public-code-hint"));
    let main = html! {
        h1 { (visit.say_html("staff-id-public-title")) }
        p { (visit.say_html("staff-id-public-lead")) }
        (answer)
        form method="post" action=(PATH) class="card" id="staff-id" {
            (field(visit.language, &Field { name: "code", label: &label, hint: Some(&hint), required: true,
                autocomplete: Some("off"), max_length: Some(600), ..Field::default() }))
            p id="staff-id-filled" role="status" hidden { (visit.say_html("staff-id-public-filled")) }
            div class="buttons" { (button(ButtonKind::Primary, &visit.say("staff-id-public-check"))) }
        }
        section class="card" {
            h2 { (visit.say_html("staff-id-public-what")) }
            ul {
                li { (visit.say_html("staff-id-public-no-name")) }
                li { (visit.say_html("staff-id-public-photo")) }
                li { (visit.say_html("staff-id-public-other")) }
            }
        }
    };
    visit.page(&title).script(assets::path("staff-id.js")).render(&main)
}

/// The label that a person typed or scanned: the number alone, or the signed code.
fn read(app: &App, text: &str) -> Result<Result<(Sticker, Option<StaffIdCode>), &'static str>, Failure> {
    if let Some(sticker) = Sticker::parse(text) {
        return Ok(Ok((sticker, None)));
    }
    let Ok(token) = from_text(text) else { return Ok(Err("staff-id-public-unreadable")) };
    let Ok(payload) = pki::token::verify(&token, &papers(app)?.code_keys) else {
        return Ok(Err("staff-id-public-forged"));
    };
    let Ok(code) = StaffIdCode::decode(payload) else { return Ok(Err("staff-id-public-unreadable")) };
    if code.issuer != app.profile.municipality_code {
        return Ok(Err("staff-id-public-forged"));
    }
    Ok(Ok((code.sticker, Some(code))))
}

async fn check(State(app): State<Arc<App>>, visit: Visit, fields: Fields) -> Result<Markup, Failure> {
    fields.only(&["code"])?;
    let say = |kind, key: &str| alert(visit.language, kind, &html! { p { strong { (visit.say_html(key)) } } });
    let (sticker, code) = match read(&app, fields.get("code"))? {
        Ok(read) => read,
        Err(key) => return Ok(show(&visit, &say(AlertKind::Error, key))),
    };
    if code.is_some_and(|code| code.valid_until < app.seams.today()) {
        return Ok(show(&visit, &say(AlertKind::Error, "staff-id-public-not-valid")));
    }
    let (outside, keys, now) = (app.outside()?.clone(), papers(&app)?.code_keys.clone(), app.seams.now());
    let answer = blocking(move || {
        let current = outside.store.read(staff_id_list::current)?;
        let parts = current.map(|(_, parts)| parts).unwrap_or_default();
        Ok(staff_id_list::answer(&parts, &keys, sticker, now))
    })
    .await?;
    let answer = match answer {
        Answer::Valid { department } => alert(
            visit.language,
            AlertKind::Success,
            &html! {
                p { strong { (visit.say_html("staff-id-public-valid")) } }
                p { (visit.say("staff-id-department")) ": " (department) }
            },
        ),
        Answer::NotValid => say(AlertKind::Error, "staff-id-public-not-valid"),
        Answer::Unknown => say(AlertKind::Warning, "staff-id-public-unknown"),
    };
    Ok(show(&visit, &answer))
}

/// The signed list, for whoever checks without a line. May be kept a minute without asking.
async fn live(State(app): State<Arc<App>>) -> Result<Response, Failure> {
    let outside = app.outside()?.clone();
    let current = blocking(move || Ok(outside.store.read(staff_id_list::current)?)).await?;
    let (number, parts) = current.ok_or_else(|| Failure::of(Kind::Unavailable))?;
    let parts: Vec<String> = parts.iter().map(|part| BASE64URL_NOPAD.encode(part)).collect();
    let headers = [(header::CACHE_CONTROL, "public, max-age=60")];
    Ok((headers, Json(serde_json::json!({ "number": number, "parts": parts }))).into_response())
}
