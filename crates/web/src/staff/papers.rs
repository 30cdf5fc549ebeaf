//! Papers that were issued: a day's list without whose they are, and finding one by the number printed on it.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use base::{Date, Kind};
use maud::{Markup, html};
use serde::Deserialize;
use services::convenience_certificates::issued::{self, Issued, Standing, Wanted};
use store::{StoreError, Tx};
use tools::staff::Action;
use tools::terminals;
use ui::form::{ButtonKind, Field, button, field, select};
use ui::notice::{AlertKind, chip};
use ui::table::{Slice, count, empty_state, pagination};

use super::{shell, words};
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::form::Fields;
use crate::routes::{Routes, Rule};
use crate::visit::{SignedIn, Visit};

/// Its address.
pub const PATH: &str = "/staff/papers";

/// Its routes; those of one paper are in [`super::paper`].
pub fn routes() -> Routes {
    let see = Rule::Staff(Action::SeePapers);
    Routes::new().get(PATH, see, page).post(PATH, see, find).get("/staff/papers.csv", see, csv)
}

/// What of the list is shown. Nothing personal.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Shown {
    /// `2026-11-24`; absent means today, blank every day.
    day: Option<String>,
    /// `all` (the default) or `withdrawn`.
    state: String,
    /// From 1.
    page: usize,
}

/// Papers on one page of the list, and in one file for Excel.
const PAGE_ROWS: usize = 20;
const FILE_ROWS: usize = 50_000;

const HEADINGS: [&str; 6] = [
    "staff-paper-number",
    "staff-counts-kind",
    "staff-paper-copies",
    "staff-counts-place",
    "staff-paper-made",
    "staff-state",
];

impl Shown {
    fn wanted(&self, today: Date) -> Wanted {
        let day = match self.day.as_deref().map(str::trim) {
            None => Some(today),
            // What cannot be read is not silently another day: it is shown as every day, with the field empty.
            Some(text) => Date::parse(text).ok(),
        };
        Wanted { day, only_withdrawn: self.state == "withdrawn" }
    }
}

fn query(wanted: Wanted) -> String {
    let day = wanted.day.map(|day| day.to_string()).unwrap_or_default();
    format!("day={day}&state={}", if wanted.only_withdrawn { "withdrawn" } else { "all" })
}

/// A part of the list with the names of the places.
type Listed = (Vec<Issued>, usize, BTreeMap<String, String>);

async fn load(app: &Arc<App>, wanted: Wanted, skipped: usize, size: usize) -> Result<Listed, Failure> {
    let inside = app.inside()?.clone();
    blocking(move || {
        Ok(inside.store.read::<_, StoreError, _>(|tx| {
            let papers = issued::list(tx, wanted, skipped, size)?;
            Ok((papers, issued::count(tx, wanted)?, terminals::places(tx)?))
        })?)
    })
    .await
}

async fn page(
    State(app): State<Arc<App>>,
    visit: Visit,
    me: SignedIn,
    Query(shown): Query<Shown>,
) -> Result<Response, Failure> {
    let wanted = shown.wanted(app.seams.today());
    let page = shown.page.max(1);
    let (papers, total, places) = load(&app, wanted, (page - 1).saturating_mul(PAGE_ROWS), PAGE_ROWS).await?;
    let slice = Slice { page, size: PAGE_ROWS, total };
    let rows: Vec<Vec<Markup>> = papers.iter().map(|paper| row(&visit, paper, &places)).collect();
    let title = visit.say("staff-papers-title");
    let main = html! {
        (shell::said(&visit))
        (find_form(&visit, "", None))
        (filter(&visit, wanted))
        (count(visit.language, total))
        @if rows.is_empty() { (empty_state(&visit.say("staff-papers-none"), &visit.say("staff-papers-none-how"))) }
        @else { (visit.table(&title, &HEADINGS, &rows)) }
        (pagination(visit.language, slice, &format!("{PATH}?{}", query(wanted))))
        @if total > 0 { p { a href=(format!("/staff/papers.csv?{}", query(wanted))) { (visit.say("staff-csv")) } } }
    };
    Ok(shell::page(&visit, &me, &title, &main))
}

fn find_form(visit: &Visit, typed: &str, error: Option<&str>) -> Markup {
    let (label, hint) = (visit.say("staff-papers-find"), visit.say("staff-papers-find-hint"));
    html! {
        form method="post" action=(PATH) data-search="" {
            (visit.csrf(PATH))
            (field(visit.language, &Field { name: "number", label: &label, hint: Some(&hint), value: typed, error,
                required: true, autocomplete: Some("off"), max_length: Some(60), ..Field::default() }))
            div class="buttons" { (button(ButtonKind::Primary, &visit.say("form-search"))) }
        }
    }
}

fn filter(visit: &Visit, wanted: Wanted) -> Markup {
    let (day, label) = (wanted.day.map(|day| day.to_string()).unwrap_or_default(), visit.say("staff-papers-day"));
    let options = [
        ("all".to_owned(), visit.say("staff-papers-all")),
        ("withdrawn".to_owned(), visit.say("staff-papers-withdrawn")),
    ];
    html! {
        form method="get" action=(PATH) data-search="" {
            div class="fields" {
                (field(visit.language, &Field { name: "day", label: &label, value: &day, kind: "date", ..Field::default() }))
                (select(visit.language, "state", &visit.say("staff-state"), &options,
                    if wanted.only_withdrawn { "withdrawn" } else { "all" }, None))
            }
            div class="buttons" { (button(ButtonKind::Secondary, &visit.say("staff-papers-filter"))) }
        }
    }
}

fn row(visit: &Visit, paper: &Issued, places: &BTreeMap<String, String>) -> Vec<Markup> {
    vec![
        html! { a href=(format!("{PATH}/{}", paper.request)) { (paper.number) } },
        html! { (words::certificate(visit, &paper.kind)) },
        html! { (paper.copies) },
        html! { (place(visit, paper, places)) },
        html! { (ui::dates::instant(visit.language, paper.began_at)) },
        standing(visit, paper),
    ]
}

/// Where a paper was made.
pub fn place(visit: &Visit, paper: &Issued, places: &BTreeMap<String, String>) -> String {
    places.get(&paper.terminal).cloned().unwrap_or_else(|| visit.say("staff-by-counter"))
}

/// What a paper is worth, in a word.
pub fn standing(visit: &Visit, paper: &Issued) -> Markup {
    let (kind, key) = standing_words(paper.standing());
    chip(kind, &visit.say(key))
}

const fn standing_words(standing: Standing) -> (AlertKind, &'static str) {
    match standing {
        Standing::UnderWay => (AlertKind::Info, "staff-paper-under-way"),
        Standing::Valid => (AlertKind::Success, "staff-paper-valid"),
        Standing::NotHandedOut => (AlertKind::Warning, "staff-paper-not-handed-out"),
        Standing::Withdrawn => (AlertKind::Error, "staff-paper-is-withdrawn"),
    }
}

async fn find(State(app): State<Arc<App>>, visit: Visit, me: SignedIn, fields: Fields) -> Result<Response, Failure> {
    let (inside, typed) = (app.inside()?.clone(), fields.get("number").to_owned());
    let found =
        blocking(move || Ok(inside.store.read::<_, StoreError, _>(|tx: &mut Tx<'_>| issued::find(tx, &typed))?))
            .await?;
    if let Some(paper) = found {
        return Ok(Redirect::to(&format!("{PATH}/{}", paper.request)).into_response());
    }
    let error = visit.say("staff-papers-not-found");
    let main = html! {
        (find_form(&visit, fields.get("number"), Some(&error)))
        p { a href=(PATH) { (visit.say("page-back")) } }
    };
    let mut page = shell::page(&visit, &me, &visit.say("staff-papers-title"), &main);
    *page.status_mut() = crate::error::status(Kind::NotFound);
    Ok(page)
}

async fn csv(State(app): State<Arc<App>>, visit: Visit, Query(shown): Query<Shown>) -> Result<Response, Failure> {
    let (papers, _, places) = load(&app, shown.wanted(app.seams.today()), 0, FILE_ROWS).await?;
    let rows: Vec<Vec<String>> = papers
        .iter()
        .map(|paper| {
            vec![
                paper.number.clone(),
                words::certificate(&visit, &paper.kind),
                paper.copies.to_string(),
                place(&visit, paper, &places),
                paper.began_at.to_string(),
                visit.say(standing_words(paper.standing()).1),
            ]
        })
        .collect();
    Ok(visit.csv("papers", &HEADINGS, &rows))
}
