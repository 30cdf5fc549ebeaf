//! Applications that came by the national portal (マイナポータルの申請): the list, one opened, its state; notices to it.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::response::Response;
use base::Kind;
use maud::{Markup, html};
use serde::Deserialize;
use store::StoreError;
use tools::national_portal::notices::{self, MOST_BODY, MOST_TITLE, Queued};
use tools::national_portal::pile::{self, Listed, PAGE, PileError};
use tools::national_portal::{Notice, Status};
use tools::staff::Action;
use ui::form::{ButtonKind, Field, button, field, select};
use ui::notice::{AlertKind, alert, chip, facts};
use ui::table::{Slice, count, empty_state, pagination};

use super::shell;
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::form::Fields;
use crate::routes::{Routes, Rule};
use crate::visit::{SignedIn, Visit};

const PATH: &str = "/staff/applications";
const NOTICES: &str = "/staff/applications/notices";

/// How this city is connected to the national portal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Connection {
    /// Not at all.
    None,
    /// To the simulation of a demo.
    Simulated,
    /// As configured.
    Configured,
}

/// Its routes.
pub fn routes() -> Routes {
    let may = Rule::Staff(Action::HandleApplications);
    Routes::new()
        .get(PATH, may, page)
        .post(NOTICES, may, announce)
        .get("/staff/applications/{application}", may, one)
        .post("/staff/applications/{application}/status", may, set_status)
}

/// Which page.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Shown {
    page: usize,
}

fn connection(visit: &Visit, app: &App) -> Markup {
    let (kind, key) = match app.national {
        Connection::None => (AlertKind::Warning, "national-not-connected"),
        Connection::Simulated => (AlertKind::Info, "national-simulated"),
        Connection::Configured => return html! {},
    };
    alert(visit.language, kind, &html! { p { (visit.say_html(key)) } })
}

async fn page(
    State(app): State<Arc<App>>,
    visit: Visit,
    me: SignedIn,
    Query(shown): Query<Shown>,
) -> Result<Response, Failure> {
    let (inside, at) = (app.inside()?.clone(), shown.page.max(1));
    let (listed, total, queued) = blocking(move || {
        Ok(inside.store.read::<_, StoreError, _>(|tx| {
            let (listed, total) = pile::list(tx, i64::try_from(at - 1).unwrap_or(0))?;
            Ok((listed, total, notices::list(tx)?))
        })?)
    })
    .await?;
    let rows: Vec<Vec<Markup>> = listed.iter().map(|one| row(&visit, one)).collect();
    let title = visit.say("national-title");
    let headings = ["national-applied", "national-procedure", "national-receipt", "national-status", "national-told"];
    let total = usize::try_from(total).unwrap_or_default();
    let slice = Slice { page: at, size: usize::try_from(PAGE).unwrap_or(50), total };
    let main = html! {
        (shell::said(&visit))
        (connection(&visit, &app))
        p { (visit.say_html("national-lead")) }
        (count(visit.language, total))
        @if rows.is_empty() { (empty_state(&visit.say("national-none"), &visit.say("national-none-how"))) }
        @else { (visit.table(&title, &headings, &rows)) (pagination(visit.language, slice, PATH)) }
        @if app.national != Connection::None { (notice_section(&visit, &queued, &app.seams.random_id().to_string())) }
    };
    Ok(shell::page(&visit, &me, &title, &main))
}

fn status_word(visit: &Visit, status: Status) -> String {
    visit.say(&format!("national-status-{}", status.word()))
}

fn row(visit: &Visit, one: &Listed) -> Vec<Markup> {
    vec![
        html! { (ui::dates::instant(visit.language, one.applied_at)) },
        html! { a href=(format!("{PATH}/{}", one.id)) { (one.procedure) } },
        html! { (one.receipt) },
        match &one.fault {
            Some(fault) => chip(AlertKind::Error, &visit.say(&format!("national-fault-{fault}"))),
            None => html! { (status_word(visit, one.status)) },
        },
        html! { @if one.is_told { (visit.say("national-is-told")) } @else { (chip(AlertKind::Info, &visit.say("national-is-waiting"))) } },
    ]
}

fn notice_section(visit: &Visit, queued: &[Queued], token: &str) -> Markup {
    let rows: Vec<Vec<Markup>> = queued
        .iter()
        .map(|one| {
            let state = match (&one.told_at, &one.fault) {
                (Some(at), _) => ui::dates::instant(visit.language, *at),
                (None, Some(fault)) => visit.say(&format!("national-fault-{fault}")),
                (None, None) => visit.say("national-is-waiting"),
            };
            vec![
                html! { (one.notice.title) },
                html! { (ui::dates::instant(visit.language, one.queued_at)) },
                html! { (state) },
            ]
        })
        .collect();
    let (title, link) = (visit.say("national-notice-title"), visit.say("national-notice-link"));
    let most = u32::try_from(MOST_TITLE).unwrap_or(80);
    html! {
        section {
            h2 { (visit.say("national-notices")) }
            @if rows.is_empty() { (empty_state(&visit.say("national-notices-none"), &visit.say("national-notices-none-how"))) }
            @else { (visit.table(&visit.say("national-notices"), &["national-notice-title", "national-queued", "national-told"], &rows)) }
            form method="post" action=(NOTICES) class="card" {
                (visit.csrf(NOTICES))
                input type="hidden" name="token" value=(token);
                p { (visit.say_html("national-notice-how")) }
                (field(visit.language, &Field { name: "title", label: &title, required: true, max_length: Some(most),
                    autocomplete: Some("off"), ..Field::default() }))
                div class="field" {
                    label for="body" { (visit.say("national-notice-body")) }
                    textarea id="body" name="body" rows="5" required maxlength=(MOST_BODY) {}
                }
                (field(visit.language, &Field { name: "link", label: &link, kind: "url", max_length: Some(500),
                    autocomplete: Some("off"), ..Field::default() }))
                div class="buttons" { (button(ButtonKind::Primary, &visit.say("national-notice-go"))) }
            }
        }
    }
}

async fn announce(State(app): State<Arc<App>>, me: SignedIn, fields: Fields) -> Result<Response, Failure> {
    if app.national == Connection::None {
        return Err(Failure::saying(Kind::Unavailable, "national-not-connected").next(PATH, "national-title"));
    }
    let notice = Notice {
        // Pressed twice, it is one.
        id: shell::id(fields.get("token"))?,
        title: fields.get("title").to_owned(),
        body: fields.get("body").to_owned(),
        link: fields.filled("link").map(str::to_owned),
    };
    if !notices::is_sound(&notice.title, &notice.body, notice.link.as_deref()) {
        return Err(Failure::saying(Kind::Invalid, "national-notice-wrong").next(PATH, "national-title"));
    }
    shell::change::<StoreError, _>(&app, PATH, "staff-done-national-queued", move |tx, seams| {
        notices::queue(tx, seams, &me.actor(), &notice)
    })
    .await
}

async fn one(
    State(app): State<Arc<App>>,
    visit: Visit,
    me: SignedIn,
    Path(application): Path<String>,
) -> Result<Response, Failure> {
    let (inside, actor, id) = (app.inside()?.clone(), me.actor(), shell::id(&application)?);
    let opened = blocking(move || Ok(pile::open(&inside, &actor, id)?)).await?;
    let opened = opened.ok_or_else(|| Failure::of(Kind::NotFound).next(PATH, "national-title"))?;
    let listed = &opened.listed;
    let action = format!("{PATH}/{id}/status");
    let statuses: Vec<(String, String)> =
        Status::ALL.iter().map(|one| (one.word().to_owned(), status_word(&visit, *one))).collect();
    let main = html! {
        (shell::said(&visit))
        (alert(visit.language, AlertKind::Info, &html! { p {
            (visit.say_html(if listed.is_resident { "national-shown-to-applicant" } else { "national-not-in-register" })) } }))
        (facts(&[
            (visit.say("national-receipt"), html! { (listed.receipt) }),
            (visit.say("national-applied"), html! { (ui::dates::instant(visit.language, listed.applied_at)) }),
            (visit.say("national-status"), html! { (status_word(&visit, listed.status)) }),
        ]))
        @match &opened.content {
            None => (alert(visit.language, AlertKind::Error, &html! { p {
                (visit.say_html(&format!("national-fault-{}", listed.fault.as_deref().unwrap_or("malformed")))) } })),
            Some(content) => {
                h2 { (visit.say("national-applicant")) }
                (facts(&[
                    (visit.say("national-name"), html! { (content.applicant.name) }),
                    (visit.say("national-birth"), html! { (ui::dates::date(visit.language, content.applicant.birth_date)) }),
                    (visit.say("national-address"), html! { (content.applicant.address) }),
                ]))
                h2 { (visit.say("national-answers")) }
                (facts(&content.answers.iter().map(|(label, value)| (label.clone(), html! { (value) })).collect::<Vec<_>>()))
            }
        }
        form method="post" action=(action) class="card" {
            (visit.csrf(&action))
            (select(visit.language, "status", &visit.say("national-set"), &statuses, listed.status.word(), None))
            div class="buttons" { (button(ButtonKind::Primary, &visit.say("national-set-go"))) }
        }
        p { a href=(PATH) { (visit.say("national-back")) } }
    };
    Ok(shell::page(&visit, &me, &listed.procedure, &main))
}

async fn set_status(
    State(app): State<Arc<App>>,
    me: SignedIn,
    Path(application): Path<String>,
    fields: Fields,
) -> Result<Response, Failure> {
    let id = shell::id(&application)?;
    let status = Status::from_word(fields.get("status")).ok_or_else(|| Failure::of(Kind::Invalid))?;
    shell::change::<StoreError, _>(&app, PATH, "staff-done-national-status", move |tx, seams| {
        pile::set_status(tx, seams, &me.actor(), id, status).map(drop)
    })
    .await
}

impl From<PileError> for Failure {
    fn from(error: PileError) -> Self {
        match error {
            PileError::Store(error) => error.into(),
            PileError::Access(error) => error.into(),
            other => Self::defect("applications", &other),
        }
    }
}
