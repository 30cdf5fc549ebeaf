//! Imports of resident files: when, how many rows, which were refused and why, whether the register shows them. The import
//! itself is a command (`yakuba city import`).

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::response::Response;
use base::Kind;
use maud::{Markup, html};
use serde::Deserialize;
use store::StoreError;
use tools::register;
use tools::register::import::list::{self, Listed, Outcome, RefusedRow};
use tools::staff::Action;
use ui::Language;
use ui::notice::{AlertKind, alert, chip, facts};
use ui::table::{Slice, count, empty_state, pagination};

use super::{copy_imports, home, shell};
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::routes::{Routes, Rule};
use crate::visit::{SignedIn, Visit};

const PATH: &str = "/staff/imports";

/// Its routes.
pub fn routes() -> Routes {
    let see = Rule::Staff(Action::SeeImports);
    Routes::new().get(PATH, see, page).get("/staff/imports.csv", see, csv).get("/staff/imports/{run}", see, one).get(
        "/staff/imports/{run}/refused.csv",
        see,
        refused_csv,
    )
}

/// Which part of a list.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Shown {
    /// From 1.
    page: usize,
}

impl Shown {
    pub(super) fn slice(&self, total: usize) -> Slice {
        Slice { page: self.page.max(1), size: PAGE_ROWS, total }
    }

    pub(super) fn skipped(&self) -> usize {
        (self.page.max(1) - 1).saturating_mul(PAGE_ROWS)
    }
}

pub(super) const PAGE_ROWS: usize = 20;
/// Rows of one file for Excel, which itself shows about a million.
pub(super) const FILE_ROWS: usize = 100_000;

const HEADINGS: [&str; 6] = [
    "staff-import-started",
    "staff-state",
    "staff-import-source",
    "staff-import-rows",
    "staff-import-refused",
    "staff-import-switched",
];

async fn page(
    State(app): State<Arc<App>>,
    visit: Visit,
    me: SignedIn,
    Query(shown): Query<Shown>,
) -> Result<Response, Failure> {
    let (inside, skipped) = (app.inside()?.clone(), shown.skipped());
    let (all, total, freshness, copies) = blocking(move || {
        let now = inside.seams.now();
        Ok(inside.store.read::<_, StoreError, _>(|tx| {
            let (all, total) = list::list(tx, skipped, PAGE_ROWS)?;
            Ok((all, total, register::freshness(tx, now)?, copy_imports::newest(tx, now)?))
        })?)
    })
    .await?;
    let rows: Vec<Vec<Markup>> = all.iter().map(|one| row(&visit, one)).collect();
    let title = visit.say("staff-imports-title");
    let main = html! {
        div class="cards" {
            (home::register_card(&visit, &freshness))
            section class="card" {
                h2 { (visit.say("staff-imports-how-title")) }
                p { (visit.say_html("staff-imports-how")) }
                p { code { "yakuba city import DIR --data D" } }
            }
        }
        (count(visit.language, total))
        @if rows.is_empty() { (empty_state(&visit.say("staff-imports-none"), &visit.say("staff-imports-none-how"))) }
        @else { (visit.table(&title, &HEADINGS, &rows)) }
        (pagination(visit.language, shown.slice(total), PATH))
        @if total > 0 { p { a href="/staff/imports.csv" { (visit.say("staff-csv")) } } }
        (copy_imports::section(&visit, &copies))
    };
    Ok(shell::page(&visit, &me, &title, &main))
}

fn row(visit: &Visit, one: &Listed) -> Vec<Markup> {
    let (kind, key) = outcome(one);
    vec![
        html! { a href=(format!("{PATH}/{}", one.id)) { (ui::dates::instant(visit.language, one.started_at)) } },
        chip(kind, &visit.say(key)),
        html! { (source(visit, one)) },
        html! { (rows(visit, one)) },
        html! { (one.refused) },
        html! { (instant(visit, one.switched_at)) },
    ]
}

const fn outcome(one: &Listed) -> (AlertKind, &'static str) {
    match one.outcome {
        Outcome::UnderWay => (AlertKind::Info, "staff-import-under-way"),
        Outcome::Refused => (AlertKind::Error, "staff-import-is-refused"),
        Outcome::Shown => (AlertKind::Success, "staff-import-shown"),
        Outcome::Replaced => (AlertKind::Info, "staff-import-replaced"),
        Outcome::Abandoned => (AlertKind::Warning, "staff-import-abandoned"),
        Outcome::Differences if one.refused > 0 => (AlertKind::Warning, "staff-import-differences"),
        Outcome::Differences => (AlertKind::Success, "staff-import-differences"),
    }
}

fn source(visit: &Visit, one: &Listed) -> String {
    if one.source.is_empty() { visit.say("staff-import-no-source") } else { one.source.clone() }
}

fn instant(visit: &Visit, at: Option<base::Timestamp>) -> String {
    at.map_or_else(|| visit.say("staff-import-not-yet"), |at| ui::dates::instant(visit.language, at))
}

fn rows(visit: &Visit, one: &Listed) -> String {
    let [residents, households, protections] = one.rows;
    match one.outcome {
        Outcome::UnderWay => visit.say_with("staff-import-rows-so-far", &[("n", one.staged.into())]),
        Outcome::Differences => visit.say_with("staff-import-rows-differences", &[("n", residents.into())]),
        _ => visit.say_with(
            "staff-import-rows-full",
            &[("residents", residents.into()), ("households", households.into()), ("protections", protections.into())],
        ),
    }
}

async fn one(
    State(app): State<Arc<App>>,
    visit: Visit,
    me: SignedIn,
    Path(run): Path<String>,
    Query(shown): Query<Shown>,
) -> Result<Response, Failure> {
    let (import, faults, total) = load(&app, &run, shown.skipped(), PAGE_ROWS).await?;
    let (kind, key) = outcome(&import);
    let rows: Vec<Vec<Markup>> = faults
        .iter()
        .map(|fault| {
            vec![
                html! { (fault.file) },
                html! { (fault.line) },
                html! { code { (fault.field) } },
                html! { (reason(&visit, fault)) },
            ]
        })
        .collect();
    let headings = ["staff-import-file", "staff-import-line", "staff-import-field", "staff-import-reason"];
    let address = format!("{PATH}/{run}");
    let main = html! {
        (facts(&[
            (visit.say("staff-state"), chip(kind, &visit.say(key))),
            (visit.say("staff-import-source"), html! { (source(&visit, &import)) }),
            (visit.say("staff-import-started"), html! { (ui::dates::instant(visit.language, import.started_at)) }),
            (visit.say("staff-import-finished"), html! { (instant(&visit, import.finished_at)) }),
            (visit.say("staff-import-switched"), html! { (instant(&visit, import.switched_at)) }),
            (visit.say("staff-import-rows"), html! { (self::rows(&visit, &import)) }),
            (visit.say("staff-import-refused"), html! { (import.refused) }),
        ]))
        @if import.outcome == Outcome::Refused {
            (alert(visit.language, AlertKind::Error, &html! { p { (visit.say("staff-import-refused-how")) } }))
        }
        @if import.outcome == Outcome::UnderWay {
            (alert(visit.language, AlertKind::Info, &html! { p { (visit.say("staff-import-under-way-how")) } }))
        }
        h2 { (visit.say("staff-import-faults")) }
        (count(visit.language, total))
        @if rows.is_empty() { (empty_state(&visit.say("staff-import-faults-none"), &visit.say("staff-import-faults-none-how"))) }
        @else { (visit.table(&visit.say("staff-import-faults"), &headings, &rows)) }
        (pagination(visit.language, shown.slice(total), &address))
        div class="buttons" {
            @if total > 0 {
                a class="button button-secondary" href=(format!("{address}/refused.csv")) { (visit.say("staff-csv")) }
            }
            a href=(PATH) { (visit.say("staff-imports-back")) }
        }
        @if total > FILE_ROWS { p class="hint" { (visit.say_with("staff-import-file-cut", &[("n", FILE_ROWS.into())])) } }
    };
    Ok(shell::page(&visit, &me, &visit.say("staff-import-title"), &main))
}

async fn load(
    app: &Arc<App>,
    run: &str,
    skipped: usize,
    size: usize,
) -> Result<(Listed, Vec<RefusedRow>, usize), Failure> {
    let (inside, run) = (app.inside()?.clone(), shell::id(run)?.to_string());
    let found = blocking(move || {
        Ok(inside
            .store
            .read::<_, StoreError, _>(|tx| Ok((list::one(tx, &run)?, list::refused(tx, &run, skipped, size)?)))?)
    })
    .await?;
    let (import, (faults, total)) = found;
    let import = import.ok_or_else(|| Failure::of(Kind::NotFound).next(PATH, "staff-nav-imports"))?;
    Ok((import, faults, total))
}

pub(super) fn reason<'a>(visit: &Visit, fault: &'a RefusedRow) -> &'a str {
    if visit.language == Language::English || fault.japanese.is_empty() { &fault.reason } else { &fault.japanese }
}

async fn csv(State(app): State<Arc<App>>, visit: Visit) -> Result<Response, Failure> {
    let inside = app.inside()?.clone();
    let (all, _) = blocking(move || Ok(inside.store.read(|tx| list::list(tx, 0, FILE_ROWS))?)).await?;
    let time = |at: Option<base::Timestamp>| at.map(|at| at.to_string()).unwrap_or_default();
    let rows: Vec<Vec<String>> = all
        .iter()
        .map(|one| {
            vec![
                one.started_at.to_string(),
                visit.say(outcome(one).1),
                one.source.clone(),
                rows(&visit, one),
                one.refused.to_string(),
                time(one.switched_at),
            ]
        })
        .collect();
    Ok(visit.csv("imports", &HEADINGS, &rows))
}

/// The columns of a list of refused lines, of residents and of copied registers alike.
pub(super) const REFUSED_HEADINGS: [&str; 6] = [
    "staff-import-file",
    "staff-import-line",
    "staff-import-field",
    "staff-incident-kind",
    "staff-import-reason",
    "staff-import-reason-english",
];

/// Every fault with file, line, field and reason: what whoever mends the files works through. Never a value.
async fn refused_csv(State(app): State<Arc<App>>, visit: Visit, Path(run): Path<String>) -> Result<Response, Failure> {
    let (_, faults, _) = load(&app, &run, 0, FILE_ROWS).await?;
    let rows: Vec<Vec<String>> = faults
        .into_iter()
        .map(|fault| vec![fault.file, fault.line.to_string(), fault.field, fault.code, fault.japanese, fault.reason])
        .collect();
    Ok(visit.csv("refused", &REFUSED_HEADINGS, &rows))
}
