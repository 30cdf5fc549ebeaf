//! Objections to readings (閲覧への申出): the list, one opened, the answer.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use base::Kind;
use maud::{Markup, html};
use tools::access::Duty;
use tools::looked::{OBJECTION_CHARACTERS, objections};
use tools::staff::{self, Action};
use ui::form::{ButtonKind, button};
use ui::table::{count, empty_state};

use super::{shell, words};
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::form::Fields;
use crate::routes::{Routes, Rule};
use crate::visit::{SignedIn, Visit};

const PATH: &str = "/staff/objections";

/// Its routes.
pub fn routes() -> Routes {
    let may = Rule::Staff(Action::AnswerObjections);
    Routes::new().get(PATH, may, list).get("/staff/objections/{id}", may, one).post(
        "/staff/objections/{id}/answer",
        may,
        answer,
    )
}

fn duty(visit: &Visit, code: &str) -> String {
    Duty::from_code(code).map_or_else(|| code.to_owned(), |duty| words::duty(visit, duty).to_owned())
}

async fn list(State(app): State<Arc<App>>, visit: Visit, me: SignedIn) -> Result<Response, Failure> {
    let inside = app.inside()?.clone();
    let waiting = blocking(move || Ok(inside.store.read(objections::waiting)?)).await?;
    let rows: Vec<Vec<Markup>> = waiting
        .iter()
        .map(|one| {
            vec![
                html! { a href=(format!("{PATH}/{}", one.id)) { (ui::dates::instant(visit.language, one.made_at)) } },
                html! { (ui::dates::instant(visit.language, one.read_at)) },
                html! { (duty(&visit, &one.duty)) },
            ]
        })
        .collect();
    let title = visit.say("looked-staff-title");
    let main = html! {
        (shell::said(&visit))
        p { (visit.say_html("looked-staff-how")) }
        (count(visit.language, rows.len()))
        @if rows.is_empty() { (empty_state(&visit.say("looked-staff-none"), &visit.say("looked-staff-none-how"))) }
        @else { (visit.table(&title, &["looked-staff-raised", "looked-staff-read", "looked-work"], &rows)) }
    };
    Ok(shell::page(&visit, &me, &title, &main))
}

async fn one(
    State(app): State<Arc<App>>,
    visit: Visit,
    me: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let (number, inside, actor) = (shell::id(&id)?, app.inside()?.clone(), me.actor());
    let (shown, by) = blocking(move || {
        let shown = objections::open(&inside, &actor, number)?.ok_or_else(|| Failure::of(Kind::NotFound))?;
        let account = shown.reading.2.rsplit_once(':').and_then(|(_, id)| base::Id::parse(id).ok());
        let by = match account {
            Some(account) => inside.store.read::<_, store::StoreError, _>(|tx| staff::account(tx, account))?,
            None => None,
        };
        Ok((shown, by.map(|account| format!("{} ({})", account.name, account.office))))
    })
    .await?;
    let title = visit.say("looked-staff-one");
    let action = format!("{PATH}/{id}/answer");
    let main = html! {
        dl class="facts" {
            dt { (visit.say("staff-resident-number")) } dd { (shown.resident.as_str()) }
            dt { (visit.say("looked-staff-read")) } dd { (ui::dates::instant(visit.language, shown.reading.0)) }
            dt { (visit.say("looked-work")) } dd { (duty(&visit, &shown.reading.1)) }
            dt { (visit.say("looked-who")) } dd { (by.unwrap_or_else(|| visit.say("looked-staff-not-staff"))) }
        }
        blockquote { p { (shown.words) } }
        form method="post" action=(action) {
            (visit.csrf(&action))
            div class="field" {
                label for="words" { (visit.say("looked-staff-answer")) }
                textarea id="words" name="words" rows="6" required maxlength=(OBJECTION_CHARACTERS) {}
            }
            div class="buttons" { (button(ButtonKind::Primary, &visit.say("looked-staff-send"))) }
        }
    };
    Ok(shell::page(&visit, &me, &title, &main))
}

async fn answer(
    State(app): State<Arc<App>>,
    me: SignedIn,
    Path(id): Path<String>,
    fields: Fields,
) -> Result<Response, Failure> {
    let (number, inside, actor, words) =
        (shell::id(&id)?, app.inside()?.clone(), me.actor(), fields.get("words").to_owned());
    let was_open = blocking(move || Ok(objections::answer(&inside, &actor, number, &words)?)).await?;
    if was_open { Ok(shell::done(PATH, "staff-done-objection")) } else { Err(Failure::of(Kind::Conflict)) }
}
