//! Machines: which there are and when they were last seen, enrolling a new one, stopping a lost one at once.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::response::Response;
use base::Kind;
use maud::{Markup, html};
use serde::Deserialize;
use store::StoreError;
use tools::credentials::tap_rules::Attendance;
use tools::staff::Action;
use tools::terminals::{self, Listed, Sort, Status};
use ui::form::{ButtonKind, Field, button, field, one_button, select};
use ui::notice::{AlertKind, alert, chip};
use ui::table::{Slice, count, empty_state, pagination};

use super::shell;
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::form::Fields;
use crate::routes::{Routes, Rule};
use crate::session::{self, Door};
use crate::visit::{SignedIn, Visit};

const PATH: &str = "/staff/terminals";

/// Its routes.
pub fn routes() -> Routes {
    let manage = Rule::Staff(Action::ManageTerminals);
    Routes::new()
        .get(PATH, manage, page)
        .get("/staff/terminals.csv", manage, csv)
        .post("/staff/terminals/enrol", manage, enrol)
        .post("/staff/terminals/{terminal}/stop", manage, stop)
        .post("/staff/terminals/{terminal}/attendance", manage, attend)
}

/// What of the list is shown. Nothing personal.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Shown {
    /// `used` (the default) or `all`, with those that were stopped.
    state: String,
    /// Text that place or name must hold.
    q: String,
    /// From 1.
    page: usize,
}

const PAGE_ROWS: usize = 20;
/// Without a request for this long a machine is probably off: its first screen asks every twenty seconds.
const SILENT_SECONDS: i64 = 5 * 60;

impl Shown {
    fn is_all(&self) -> bool {
        self.state == "all"
    }

    fn query(&self) -> String {
        format!("state={}&q={}", if self.is_all() { "all" } else { "used" }, shell::encode(&self.q))
    }
}

async fn load(app: &Arc<App>, shown: &Shown) -> Result<Vec<Listed>, Failure> {
    let (inside, is_all, q) = (app.inside()?.clone(), shown.is_all(), shown.q.trim().to_lowercase());
    blocking(move || {
        let mut all = inside.store.read::<_, StoreError, _>(terminals::list)?;
        all.retain(|one| is_all || one.status != Status::Stopped);
        all.retain(|one| [&one.terminal.place, &one.terminal.name].iter().any(|text| text.to_lowercase().contains(&q)));
        Ok(all)
    })
    .await
}

async fn page(
    State(app): State<Arc<App>>,
    visit: Visit,
    me: SignedIn,
    Query(mut shown): Query<Shown>,
) -> Result<Response, Failure> {
    shown.q = shown.q.chars().take(40).collect();
    let all = load(&app, &shown).await?;
    let now = app.seams.now();
    let slice = Slice { page: shown.page.max(1), size: PAGE_ROWS, total: all.len() };
    let rows: Vec<Vec<Markup>> = slice.of(&all).iter().map(|one| row(&visit, one, now)).collect();
    let headings = [
        "staff-terminal-place",
        "staff-terminal-name",
        "staff-terminal-sort",
        "staff-state",
        "staff-terminal-seen",
        "staff-terminal-attendance",
        "staff-what-to-do",
    ];
    let title = visit.say("staff-terminals-title");
    let main = html! {
        (shell::said(&visit))
        (filter(&visit, &shown))
        (count(visit.language, all.len()))
        @if rows.is_empty() { (empty_state(&visit.say("staff-terminals-none"), &visit.say("staff-terminals-none-how"))) }
        @else { (visit.table(&title, &headings, &rows)) }
        (pagination(visit.language, slice, &format!("{PATH}?{}", shown.query())))
        @if !all.is_empty() { p { a href=(format!("/staff/terminals.csv?{}", shown.query())) { (visit.say("staff-csv")) } } }
        p { a href="/staff/agents" { (visit.say("agent-staff-title")) } }
        (enrol_form(&visit))
    };
    Ok(shell::page(&visit, &me, &title, &main))
}

fn filter(visit: &Visit, shown: &Shown) -> Markup {
    let label = visit.say("staff-terminals-find");
    let options =
        [("used".to_owned(), visit.say("staff-terminals-used")), ("all".to_owned(), visit.say("staff-terminals-all"))];
    html! {
        form method="get" action=(PATH) data-search="" {
            div class="fields" {
                (field(visit.language, &Field { name: "q", label: &label, value: &shown.q, max_length: Some(40), ..Field::default() }))
                (select(visit.language, "state", &visit.say("staff-state"), &options, if shown.is_all() { "all" } else { "used" }, None))
            }
            div class="buttons" { (button(ButtonKind::Secondary, &visit.say("form-search"))) }
        }
    }
}

fn row(visit: &Visit, one: &Listed, now: base::Timestamp) -> Vec<Markup> {
    let seen = one.seen_at.map_or_else(|| visit.say("staff-never"), |at| ui::dates::instant(visit.language, at));
    let address = format!("{PATH}/{}/stop", one.terminal.id);
    let about = format!("{} {}", one.terminal.place, one.terminal.name);
    vec![
        html! { (one.terminal.place) },
        html! { (one.terminal.name) },
        html! { (visit.say(sort_key(one.terminal.sort))) },
        {
            let (kind, key) = status(one, now);
            chip(kind, &visit.say(key))
        },
        html! { (seen) },
        attendance(visit, one, &about),
        html! { @if one.status == Status::Stopped {
            (one.stopped_at.map(|at| ui::dates::instant(visit.language, at)).unwrap_or_default())
        } @else {
            details {
                summary { (visit.say("staff-terminal-stop-begin")) }
                p { (visit.say("staff-terminal-stop-how")) }
                (one_button(&address, &visit.csrf(&address), ButtonKind::Danger, &visit.say("staff-terminal-stop"), Some(&about)))
            }
        } },
    ]
}

/// Who can see what happens there, and the way to declare it: decides whether cards are tapped there without PIN.
fn attendance(visit: &Visit, one: &Listed, about: &str) -> Markup {
    if one.status == Status::Stopped {
        return html! { (visit.say(one.attendance.word())) };
    }
    let action = format!("{PATH}/{}/attendance", one.terminal.id);
    let options = Attendance::ALL.map(|each| (each.code().to_owned(), visit.say(each.word())));
    let label = visit.say_with("staff-terminal-attendance-of", &[("terminal", about.into())]);
    html! {
        (visit.say(one.attendance.word()))
        details {
            summary { (visit.say("staff-terminal-attendance-change")) }
            p { (visit.say("staff-terminal-attendance-how")) }
            form method="post" action=(action) {
                (visit.csrf(&action))
                (select(visit.language, "attendance", &label, &options, one.attendance.code(), None))
                div class="buttons" { (button(ButtonKind::Secondary, &visit.say("staff-terminal-attendance-declare"))) }
            }
        }
    }
}

async fn attend(
    State(app): State<Arc<App>>,
    me: SignedIn,
    Path(id): Path<String>,
    fields: Fields,
) -> Result<Response, Failure> {
    let id = shell::id(&id)?;
    let attendance = Attendance::from_code(fields.get("attendance")).ok_or_else(|| Failure::of(Kind::Invalid))?;
    shell::change::<StoreError, _>(&app, PATH, "staff-done-attendance", move |tx, seams| {
        terminals::declare_attendance(tx, seams, &me.actor(), id, attendance).map(|_| ())
    })
    .await
}

fn status(one: &Listed, now: base::Timestamp) -> (AlertKind, &'static str) {
    match one.status {
        Status::Awaiting => (AlertKind::Info, "staff-terminal-awaiting"),
        Status::Stopped => (AlertKind::Error, "staff-terminal-stopped"),
        Status::Active if one.seen_at.is_some_and(|at| now.seconds_since(at) < SILENT_SECONDS) => {
            (AlertKind::Success, "staff-terminal-active")
        }
        Status::Active => (AlertKind::Warning, "staff-terminal-silent"),
    }
}

fn enrol_form(visit: &Visit) -> Markup {
    let action = "/staff/terminals/enrol";
    let (place, place_hint) = (visit.say("staff-terminal-place"), visit.say("staff-terminal-place-hint"));
    let (name, name_hint) = (visit.say("staff-terminal-name"), visit.say("staff-terminal-name-hint"));
    let off = Some("off");
    let sorts = Sort::ALL.map(|sort| (sort.word().to_owned(), visit.say(sort_key(sort))));
    html! {
        section class="card" {
            h2 { (visit.say("staff-terminal-enrol")) }
            p { (visit.say_html("staff-terminal-enrol-how")) }
            form method="post" action=(action) {
                (visit.csrf(action))
                div class="fields" {
                    (field(visit.language, &Field { name: "place", label: &place, hint: Some(&place_hint), required: true, autocomplete: off, max_length: Some(60), ..Field::default() }))
                    (field(visit.language, &Field { name: "name", label: &name, hint: Some(&name_hint), required: true, autocomplete: off, max_length: Some(60), ..Field::default() }))
                    (select(visit.language, "sort", &visit.say("staff-terminal-sort"), &sorts, Sort::WardOffice.word(), None))
                }
                div class="buttons" { (button(ButtonKind::Primary, &visit.say("staff-terminal-enrol-button"))) }
            }
        }
    }
}

const fn sort_key(sort: Sort) -> &'static str {
    match sort {
        Sort::WardOffice => "staff-terminal-sort-ward-office",
        Sort::Store => "staff-terminal-sort-store",
        Sort::LibraryCounter => "taps-sort-library-counter",
        Sort::CityCardDesk => "taps-sort-city-card-desk",
        Sort::HospitalDesk => "taps-sort-hospital-desk",
        Sort::RevisitMachine => "taps-sort-revisit-machine",
        Sort::StaffDesk => "taps-sort-staff-desk",
        Sort::LoadingDesk => "taps-sort-loading-desk",
    }
}

async fn enrol(State(app): State<Arc<App>>, visit: Visit, me: SignedIn, fields: Fields) -> Result<Response, Failure> {
    let (inside, actor) = (app.inside()?.clone(), me.actor());
    let (name, place) = (fields.get("name").to_owned(), fields.get("place").to_owned());
    // A form of before knows no sort: it announces what it always did.
    let sort = fields.filled("sort").map_or(Some(Sort::WardOffice), Sort::from_word);
    let sort = sort.ok_or_else(|| Failure::of(Kind::Invalid))?;
    let (terminal, token) = blocking(move || {
        let seams = inside.seams.clone();
        inside
            .store
            .write(move |tx| terminals::announce_sort(tx, &seams, &actor, sort, &name, &place))
            .map_err(Failure::from)
    })
    .await
    .map_err(|failure| match failure.kind {
        Kind::Invalid => Failure::saying(Kind::Invalid, "staff-terminal-name-wrong").next(PATH, "page-back"),
        _ => failure,
    })?;
    let main = html! {
        (alert(visit.language, AlertKind::Success, &html! { p { (visit.say("staff-terminal-token-how")) } }))
        h2 { (terminal.place) " " (terminal.name) }
        p { (visit.say("staff-terminal-token-address")) }
        p class="secret" { (app.settings.staff_origin) "/kiosk/enrol#" (token.reveal()) }
        p { (visit.say("staff-terminal-token-typed")) }
        p class="secret" { (token.reveal()) }
        div class="buttons" { a href=(PATH) { (visit.say("page-back")) } }
    };
    Ok(shell::page(&visit, &me, &visit.say("staff-terminal-token-title"), &main))
}

async fn stop(State(app): State<Arc<App>>, me: SignedIn, Path(id): Path<String>) -> Result<Response, Failure> {
    let id = shell::id(&id)?;
    let done = shell::change(&app, PATH, "staff-done-terminal-stopped", move |tx, seams| {
        if !terminals::stop(tx, seams, &me.actor(), id)? {
            return Err(Failure::saying(Kind::Gone, "staff-terminal-gone").next(PATH, "staff-nav-terminals"));
        }
        Ok(session::end_all(tx, seams.now(), Door::Kiosk, &id.to_string())?)
    })
    .await?;
    // Whoever stands at it gets their money back now, not when the screen has been idle for a minute.
    if let Some(place) = app.kiosk.clone() {
        blocking(move || {
            place.end_session_at(id);
            Ok(())
        })
        .await?;
    }
    if let Some(desk) = app.desk.clone() {
        blocking(move || {
            desk.end_sessions_at(id);
            Ok(())
        })
        .await?;
    }
    Ok(done)
}

async fn csv(State(app): State<Arc<App>>, visit: Visit, Query(shown): Query<Shown>) -> Result<Response, Failure> {
    let now = app.seams.now();
    let time = |at: Option<base::Timestamp>| at.map(ui::dates::in_japan).unwrap_or_default();
    let rows: Vec<Vec<String>> = load(&app, &shown)
        .await?
        .iter()
        .map(|one| {
            vec![
                one.terminal.id.to_string(),
                one.terminal.place.clone(),
                one.terminal.name.clone(),
                visit.say(sort_key(one.terminal.sort)),
                visit.say(status(one, now).1),
                ui::dates::in_japan(one.enrolled_at),
                time(one.seen_at),
                time(one.stopped_at),
            ]
        })
        .collect();
    let headings = [
        "staff-audit-number",
        "staff-terminal-place",
        "staff-terminal-name",
        "staff-terminal-sort",
        "staff-state",
        "staff-terminal-enrolled-japan",
        "staff-terminal-seen-japan",
        "staff-terminal-stopped-at-japan",
    ];
    Ok(visit.csv("terminals", &headings, &rows))
}
