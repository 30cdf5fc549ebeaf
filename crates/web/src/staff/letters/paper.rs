//! Who gets a letter on paper: the list, for Excel, and that it was posted.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use base::{Id, Kind, Timestamp};
use maud::html;
use store::StoreError;
use tools::Inside;
use tools::dispatch::paper::{self, OnPaper};
use tools::dispatch::{self, Dispatch};
use tools::staff::Action;
use ui::form::{ButtonKind, one_button};
use ui::table::empty_state;

use super::super::shell;
use super::{PATH, printings};
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::form::Fields;
use crate::visit::{SignedIn, Visit};

/// Rows shown.
const SHOWN: i64 = 100;
/// Rows of one file for Excel.
const FILE_ROWS: i64 = 100_000;

fn read(inside: &Inside, id: Id, most: i64) -> Result<(Dispatch, Vec<OnPaper>), Failure> {
    let found = inside.store.read::<_, StoreError, _>(|tx| {
        let Some(one) = dispatch::get(tx, id)? else { return Ok(None) };
        Ok(Some((one, paper::list(tx, id, "", most)?)))
    })?;
    found.ok_or_else(|| Failure::of(Kind::NotFound))
}

/// `GET …/paper`.
pub async fn page(
    State(app): State<Arc<App>>,
    visit: Visit,
    me: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let (id, inside) = (shell::id(&id)?, app.inside()?.clone());
    let now = inside.seams.now();
    let (one, list, printed) = blocking(move || {
        let (one, list) = read(&inside, id, SHOWN)?;
        Ok((one, list, inside.store.read::<_, StoreError, _>(|tx| tools::dispatch::printings::list(tx, id))?))
    })
    .await?;
    let rows: Vec<_> = list
        .iter()
        .map(|line| {
            vec![
                html! { (line.resident) },
                html! { (visit.say(&reason(line))) },
                html! { (ui::dates::instant(visit.language, line.at)) },
                html! { @if let Some(at) = line.sent_at { (ui::dates::instant(visit.language, at)) } @else { "–" } },
            ]
        })
        .collect();
    let title = visit.say("letters-paper");
    let action = format!("{PATH}/{id}/paper/posted");
    let main = html! {
        (shell::said(&visit))
        p { (one.draft.title) " · " (visit.say_with("letters-paper-n", &[("n", one.on_paper.into())])) }
        p { a href=(format!("{PATH}/{id}/paper.csv")) { (visit.say("letters-paper-csv")) } }
        @if !rows.is_empty() { (printings::section(&visit, &one, &printed, me.may(Action::SendLetters))) }
        @if rows.is_empty() { (empty_state(&visit.say("letters-paper-none"), &visit.say("letters-paper-none-how"))) }
        @else {
            @if one.on_paper > SHOWN { p class="hint" { (visit.say_with("letters-paper-first", &[("n", SHOWN.into())])) } }
            (visit.table(&title, &["letters-resident", "letters-reason", "letters-since", "letters-posted"], &rows))
            @if me.may(Action::SendLetters) {
                (one_button(&action, &html! { (visit.csrf(&action)) input type="hidden" name="until" value=(now.micros()); },
                    ButtonKind::Primary, &visit.say("letters-paper-posted"), None))
            }
        }
        p { a href=(format!("{PATH}/{id}")) { (visit.say("page-back")) } }
    };
    Ok(shell::page(&visit, &me, &title, &main))
}

fn reason(line: &OnPaper) -> String {
    format!("letters-paper-{}", line.reason.word().replace('_', "-"))
}

/// `GET …/paper.csv`.
pub async fn csv(State(app): State<Arc<App>>, visit: Visit, Path(id): Path<String>) -> Result<Response, Failure> {
    let (id, inside) = (shell::id(&id)?, app.inside()?.clone());
    let (_, list) = blocking(move || read(&inside, id, FILE_ROWS)).await?;
    let rows: Vec<Vec<String>> = list
        .iter()
        .map(|line| {
            let sent = line.sent_at.map(|at| ui::dates::instant(visit.language, at)).unwrap_or_default();
            vec![line.resident.clone(), visit.say(&reason(line)), ui::dates::instant(visit.language, line.at), sent]
        })
        .collect();
    Ok(visit.csv("paper", &["letters-resident", "letters-reason", "letters-since", "letters-posted"], &rows))
}

/// `POST …/paper/posted`: everything that stood on the list when the page was drawn.
pub async fn posted(
    State(app): State<Arc<App>>,
    me: SignedIn,
    Path(id): Path<String>,
    fields: Fields,
) -> Result<Response, Failure> {
    let id = shell::id(&id)?;
    let until: i64 = fields.get("until").parse().map_err(|_| Failure::of(Kind::Invalid))?;
    let until = Timestamp::from_micros(until);
    shell::change(&app, &format!("{PATH}/{id}/paper"), "staff-done-letters-posted", move |tx, seams| {
        paper::posted(tx, seams, &me.actor(), id, until).map(drop)
    })
    .await
}
