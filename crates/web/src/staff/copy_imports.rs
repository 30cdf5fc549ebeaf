//! Files of the copied registers (戸籍, 印鑑登録, 課税): what came, whether it was a whole file or a difference, which lines
//! were refused and why, and how old each copy is. Never a value of a person.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::response::Response;
use base::{Kind, Timestamp};
use maud::{Markup, html};
use store::{StoreError, Tx};
use tools::copied_records::journal::{self, Listed, State as Became};
use tools::copied_records::{self};
use tools::family_register;
use tools::register::import::list::{self, RefusedRow};
use tools::seal_register::SealRegistration;
use tools::staff::Action;
use tools::tax_records::TaxRecord;
use ui::notice::{AlertKind, alert, chip, facts};
use ui::table::{count, empty_state, pagination};

use super::imports::{FILE_ROWS, PAGE_ROWS, Shown, reason};
use super::shell;
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::routes::{Routes, Rule};
use crate::visit::{SignedIn, Visit};

const PATH: &str = "/staff/imports/copies";
/// Files shown on the page of all imports.
const NEWEST: usize = 10;

/// Its routes.
pub fn routes() -> Routes {
    let see = Rule::Staff(Action::SeeImports);
    Routes::new()
        .get(PATH, see, page)
        .get("/staff/imports/copies.csv", see, csv)
        .get("/staff/imports/copies/{file}", see, one)
        .get("/staff/imports/copies/{file}/refused.csv", see, refused_csv)
}

const HEADINGS: [&str; 7] = [
    "staff-import-started",
    "staff-copy-register",
    "staff-copy-contents",
    "staff-state",
    "staff-import-source",
    "staff-copy-accepted",
    "staff-import-refused",
];

/// The newest files, and each copy's last heartbeat.
pub struct Newest {
    files: Vec<Listed>,
    total: usize,
    heartbeats: [(&'static str, Option<Timestamp>); 3],
}

/// What the page of all imports shows.
///
/// # Errors
/// The database.
pub fn newest(tx: &mut Tx<'_>, now: Timestamp) -> Result<Newest, StoreError> {
    let (files, total) = journal::list(tx, 0, NEWEST)?;
    let heartbeats = [
        ("family_register", copied_records::freshness::<family_register::FamilyRegister>(tx, now)?.heartbeat),
        ("seals", copied_records::freshness::<SealRegistration>(tx, now)?.heartbeat),
        ("tax", copied_records::freshness::<TaxRecord>(tx, now)?.heartbeat),
    ];
    Ok(Newest { files, total, heartbeats })
}

fn register(visit: &Visit, kind: &str) -> String {
    visit.say(&format!("staff-copy-{}", kind.replace('_', "-")))
}

/// The part of the page of all imports.
pub fn section(visit: &Visit, newest: &Newest) -> Markup {
    let title = visit.say("staff-copies-title");
    let ages: Vec<(String, Markup)> = newest
        .heartbeats
        .iter()
        .map(|(kind, at)| {
            let at = at.map_or_else(|| visit.say("staff-freshness-never"), |at| ui::dates::instant(visit.language, at));
            (register(visit, kind), html! { (at) })
        })
        .collect();
    let rows: Vec<Vec<Markup>> = newest.files.iter().map(|one| row(visit, one)).collect();
    html! {
        section {
            h2 { (title) }
            h3 { (visit.say("staff-copies-heartbeat")) }
            (facts(&ages))
            @if rows.is_empty() { (empty_state(&visit.say("staff-copies-none"), &visit.say("staff-copies-none-how"))) }
            @else {
                (visit.table(&title, &HEADINGS, &rows))
                p { a href=(PATH) { (visit.say_with("staff-copies-all", &[("n", newest.total.into())])) } }
            }
        }
    }
}

const fn state(one: &Listed) -> (AlertKind, &'static str) {
    match one.state {
        Became::UnderWay => (AlertKind::Info, "staff-import-under-way"),
        Became::Shown if one.refused > 0 => (AlertKind::Warning, "staff-copy-shown-partly"),
        Became::Shown => (AlertKind::Success, "staff-copy-shown"),
        Became::Contained => (AlertKind::Info, "staff-copy-contained"),
        Became::Refused => (AlertKind::Error, "staff-import-is-refused"),
        Became::Gap => (AlertKind::Error, "staff-copy-gap"),
        Became::Failed => (AlertKind::Error, "staff-copy-failed"),
    }
}

const fn contents(one: &Listed) -> &'static str {
    if one.is_difference { "staff-copy-difference" } else { "staff-copy-full" }
}

fn row(visit: &Visit, one: &Listed) -> Vec<Markup> {
    let (kind, key) = state(one);
    vec![
        html! { a href=(format!("{PATH}/{}", one.id)) { (ui::dates::instant(visit.language, one.started_at)) } },
        html! { (register(visit, &one.kind)) },
        html! { (visit.say(contents(one))) },
        chip(kind, &visit.say(key)),
        html! { (one.source) },
        html! { (one.accepted) },
        html! { (one.refused) },
    ]
}

async fn page(
    State(app): State<Arc<App>>,
    visit: Visit,
    me: SignedIn,
    Query(shown): Query<Shown>,
) -> Result<Response, Failure> {
    let (inside, skipped) = (app.inside()?.clone(), shown.skipped());
    let (files, total) = blocking(move || Ok(inside.store.read(|tx| journal::list(tx, skipped, PAGE_ROWS))?)).await?;
    let rows: Vec<Vec<Markup>> = files.iter().map(|one| row(&visit, one)).collect();
    let title = visit.say("staff-copies-title");
    let main = html! {
        (count(visit.language, total))
        @if rows.is_empty() { (empty_state(&visit.say("staff-copies-none"), &visit.say("staff-copies-none-how"))) }
        @else { (visit.table(&title, &HEADINGS, &rows)) }
        (pagination(visit.language, shown.slice(total), PATH))
        @if total > 0 { p { a href="/staff/imports/copies.csv" { (visit.say("staff-csv")) } } }
        p { a href="/staff/imports" { (visit.say("staff-imports-back")) } }
    };
    Ok(shell::page(&visit, &me, &title, &main))
}

async fn load(
    app: &Arc<App>,
    file: &str,
    skipped: usize,
    size: usize,
) -> Result<(Listed, Vec<RefusedRow>, usize), Failure> {
    let (inside, file) = (app.inside()?.clone(), shell::id(file)?.to_string());
    let found = blocking(move || {
        Ok(inside
            .store
            .read::<_, StoreError, _>(|tx| Ok((journal::one(tx, &file)?, list::refused(tx, &file, skipped, size)?)))?)
    })
    .await?;
    let (import, (lines, total)) = found;
    let import = import.ok_or_else(|| Failure::of(Kind::NotFound).next(PATH, "staff-copies-title"))?;
    Ok((import, lines, total))
}

async fn one(
    State(app): State<Arc<App>>,
    visit: Visit,
    me: SignedIn,
    Path(file): Path<String>,
    Query(shown): Query<Shown>,
) -> Result<Response, Failure> {
    let (import, lines, total) = load(&app, &file, shown.skipped(), PAGE_ROWS).await?;
    let (kind, key) = state(&import);
    let rows: Vec<Vec<Markup>> = lines
        .iter()
        .map(|one| vec![html! { (one.line) }, html! { code { (one.field) } }, html! { (reason(&visit, one)) }])
        .collect();
    let finished = import
        .finished_at
        .map_or_else(|| visit.say("staff-import-not-yet"), |at| ui::dates::instant(visit.language, at));
    let address = format!("{PATH}/{file}");
    let title = visit.say("staff-import-faults");
    let main = html! {
        (facts(&[
            (visit.say("staff-copy-register"), html! { (register(&visit, &import.kind)) }),
            (visit.say("staff-copy-contents"), html! { (visit.say(contents(&import))) }),
            (visit.say("staff-state"), chip(kind, &visit.say(key))),
            (visit.say("staff-import-source"), html! { (import.source) }),
            (visit.say("staff-import-started"), html! { (ui::dates::instant(visit.language, import.started_at)) }),
            (visit.say("staff-import-finished"), html! { (finished) }),
            (visit.say("staff-copy-accepted"), html! { (import.accepted) }),
            (visit.say("staff-import-refused"), html! { (import.refused) }),
        ]))
        @if matches!(import.state, Became::Refused | Became::Gap | Became::Failed) {
            (alert(visit.language, AlertKind::Error, &html! { p { (visit.say(&format!("{key}-how"))) } }))
        }
        h2 { (title) }
        (count(visit.language, total))
        @if rows.is_empty() { (empty_state(&visit.say("staff-import-faults-none"), &visit.say("staff-import-faults-none-how"))) }
        @else { (visit.table(&title, &["staff-import-line", "staff-import-field", "staff-import-reason"], &rows)) }
        (pagination(visit.language, shown.slice(total), &address))
        div class="buttons" {
            @if total > 0 {
                a class="button button-secondary" href=(format!("{address}/refused.csv")) { (visit.say("staff-csv")) }
            }
            a href=(PATH) { (visit.say("staff-imports-back")) }
        }
    };
    Ok(shell::page(&visit, &me, &visit.say("staff-import-title"), &main))
}

async fn csv(State(app): State<Arc<App>>, visit: Visit) -> Result<Response, Failure> {
    let inside = app.inside()?.clone();
    let (all, _) = blocking(move || Ok(inside.store.read(|tx| journal::list(tx, 0, FILE_ROWS))?)).await?;
    let rows: Vec<Vec<String>> = all
        .iter()
        .map(|one| {
            vec![
                one.started_at.to_string(),
                register(&visit, &one.kind),
                visit.say(contents(one)),
                visit.say(state(one).1),
                one.source.clone(),
                one.accepted.to_string(),
                one.refused.to_string(),
            ]
        })
        .collect();
    Ok(visit.csv("copies", &HEADINGS, &rows))
}

async fn refused_csv(State(app): State<Arc<App>>, visit: Visit, Path(file): Path<String>) -> Result<Response, Failure> {
    let (_, lines, _) = load(&app, &file, 0, FILE_ROWS).await?;
    let rows: Vec<Vec<String>> = lines
        .into_iter()
        .map(|one| vec![one.file, one.line.to_string(), one.field, one.code, one.japanese, one.reason])
        .collect();
    Ok(visit.csv("refused", &super::imports::REFUSED_HEADINGS, &rows))
}
