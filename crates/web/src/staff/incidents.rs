//! What is wrong, and what must not serve until people have looked. Letting a stopped service run again takes two.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::response::Response;
use base::Id;
use maud::{Markup, html};
use serde::Deserialize;
use store::StoreError;
use tools::incidents::{self, Incident, IncidentError};
use tools::staff::Action;
use tools::staff::two_persons::{self, Deed};
use ui::form::{ButtonKind, Field, button, field, link_button};
use ui::notice::{AlertKind, alert, chip, facts};
use ui::table::{Slice, count, empty_state, pagination};

use super::{approvals, service, shell};
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::form::Fields;
use crate::routes::{Routes, Rule};
use crate::visit::{SignedIn, Visit};

/// Its address.
pub const PATH: &str = "/staff/incidents";

/// Its routes.
pub fn routes() -> Routes {
    Routes::new()
        .get(PATH, Rule::Staff(Action::SeeIncidents), page)
        .get("/staff/incidents.csv", Rule::Staff(Action::SeeIncidents), csv)
        .post("/staff/incidents/{incident}/clear", Rule::Staff(Action::ClearIncident), clear)
        .post("/staff/incidents/{incident}/resume", Rule::Staff(Action::ResumeService), resume)
}

/// What of the list is shown. Nothing personal.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Shown {
    /// `open` (the default) or `all`.
    state: String,
    /// Text that kind, service or note must hold.
    q: String,
    /// From 1.
    page: usize,
}

const PAGE_ROWS: usize = 20;

async fn load(app: &Arc<App>, shown: &Shown) -> Result<Vec<Incident>, Failure> {
    let (inside, only_open, q) = (app.inside()?.clone(), shown.state != "all", shown.q.trim().to_lowercase());
    blocking(move || {
        let mut all = inside.store.read::<_, StoreError, _>(|tx| incidents::list(tx, only_open))?;
        // What stops people comes first.
        all.sort_by_key(|one| (one.cleared_at.is_some(), !one.stops));
        all.retain(|one| [&one.kind, &one.service, &one.note].iter().any(|text| text.to_lowercase().contains(&q)));
        Ok(all)
    })
    .await
}

async fn page(
    State(app): State<Arc<App>>,
    visit: Visit,
    me: SignedIn,
    Query(shown): Query<Shown>,
) -> Result<Response, Failure> {
    let all = load(&app, &shown).await?;
    let slice = Slice { page: shown.page.max(1), size: PAGE_ROWS, total: all.len() };
    let is_all = shown.state == "all";
    let state = if is_all { "all" } else { "open" };
    let q: String = shown.q.chars().take(40).collect();
    let address = format!("/staff/incidents?state={state}&q={}", shell::encode(&q));
    let main = html! {
        (shell::said(&visit))
        (filter(&visit, is_all, &q))
        (count(visit.language, all.len()))
        @if all.is_empty() { (empty_state(&visit.say("staff-incidents-none"), &visit.say("staff-incidents-none-how"))) }
        @for incident in slice.of(&all) { (card(&visit, &me, incident)) }
        (pagination(visit.language, slice, &address))
        div class="buttons" {
            @if me.may(Action::StopService) { (link_button(ButtonKind::Secondary, service::PATH, &visit.say("staff-stop-begin"))) }
            a href=(format!("/staff/incidents.csv?state={state}&q={}", shell::encode(&q))) { (visit.say("staff-csv")) }
        }
    };
    Ok(shell::page(&visit, &me, &visit.say("staff-incidents-title"), &main))
}

fn filter(visit: &Visit, is_all: bool, q: &str) -> Markup {
    let label = visit.say("staff-incidents-find");
    let options =
        [("open".to_owned(), visit.say("staff-incidents-open")), ("all".to_owned(), visit.say("staff-incidents-all"))];
    html! {
        form method="get" action="/staff/incidents" data-search="" {
            div class="fields" {
                (field(visit.language, &Field { name: "q", label: &label, value: q, max_length: Some(40), ..Field::default() }))
                (ui::form::select(visit.language, "state", &visit.say("staff-state"), &options, if is_all { "all" } else { "open" }, None))
            }
            div class="buttons" { (button(ButtonKind::Secondary, &visit.say("form-search"))) }
        }
    }
}

/// One incident with what can be done about it.
pub fn card(visit: &Visit, me: &SignedIn, incident: &Incident) -> Markup {
    let instant = |at| ui::dates::instant(visit.language, at);
    let mut told = vec![
        (visit.say("staff-incident-service"), html! { (service_name(visit, &incident.service)) }),
        (visit.say("staff-incident-opened"), html! { (instant(incident.opened_at)) }),
    ];
    if !incident.note.is_empty() {
        told.insert(0, (visit.say("staff-incident-kind"), kind_words(visit, &incident.kind)));
    }
    if incident.times > 1 {
        let times = visit.say_with("staff-incident-times", &[("n", incident.times.into())]);
        told.push((visit.say("staff-incident-last"), html! { (instant(incident.last_at)) " (" (times) ")" }));
    }
    if let Some(at) = incident.cleared_at {
        let reason = incident.reason.as_deref().unwrap_or_default();
        told.push((visit.say("staff-incident-cleared"), html! { (instant(at)) " " (reason) }));
    }
    let is_open = incident.cleared_at.is_none();
    html! {
        section class=(if is_open && incident.stops { "card card-stop" } else { "card" }) {
            h2 {
                (if incident.note.is_empty() { &incident.kind } else { &incident.note }) " "
                @if !is_open { (chip(AlertKind::Success, &visit.say("staff-incident-is-cleared"))) }
                @else if incident.stops { (chip(AlertKind::Error, &visit.say("staff-incident-stops"))) }
                @else { (chip(AlertKind::Warning, &visit.say("staff-incident-is-open"))) }
            }
            (facts(&told))
            @if is_open { (ways_out(visit, me, incident)) }
        }
    }
}

/// What happened: the printer's troubles in words, others by their code, which the operator's manual lists.
fn kind_words(visit: &Visit, kind: &str) -> Markup {
    const TROUBLES: [&str; 7] = ["out-of-paper", "jam", "open", "supply", "tray-full", "offline", "other"];
    match kind.strip_prefix("printer-").filter(|trouble| TROUBLES.contains(trouble)) {
        Some(trouble) => html! { (visit.say(&format!("kiosk-printer-{trouble}"))) },
        None => html! { code { (kind) } },
    }
}

fn ways_out(visit: &Visit, me: &SignedIn, incident: &Incident) -> Markup {
    let (verb, action, words) = if incident.stops {
        ("resume", Action::ResumeService, "staff-incident-ask-resume")
    } else {
        ("clear", Action::ClearIncident, "staff-incident-clear")
    };
    if !me.may(action) {
        return html! { p class="hint" { (visit.say("staff-incident-who")) } };
    }
    let address = format!("/staff/incidents/{}/{verb}", incident.id);
    let (name, label) = (format!("reason-{}", incident.id), visit.say("staff-incident-reason"));
    let hint = visit.say(if incident.stops { "staff-incident-two" } else { "staff-incident-reason-hint" });
    html! {
        details {
            summary { (visit.say(words)) }
            form method="post" action=(address) {
                (visit.csrf(&address))
                (field(visit.language, &Field { name: &name, label: &label, hint: Some(&hint), required: true,
                    autocomplete: Some("off"), max_length: Some(200), ..Field::default() }))
                div class="buttons" {
                    (button(if incident.stops { ButtonKind::Danger } else { ButtonKind::Primary }, &visit.say(words)))
                }
            }
        }
    }
}

async fn csv(State(app): State<Arc<App>>, visit: Visit, Query(shown): Query<Shown>) -> Result<Response, Failure> {
    let all = load(&app, &shown).await?;
    let rows: Vec<Vec<String>> = all
        .iter()
        .map(|one| {
            let text = |at: base::Timestamp| at.to_string();
            vec![
                one.service.clone(),
                one.kind.clone(),
                one.note.clone(),
                one.stops.to_string(),
                text(one.opened_at),
                one.times.to_string(),
                text(one.last_at),
                one.cleared_at.map(text).unwrap_or_default(),
                one.reason.clone().unwrap_or_default(),
            ]
        })
        .collect();
    let headings = [
        "staff-incident-service",
        "staff-incident-kind",
        "staff-incident-note",
        "staff-incident-stops",
        "staff-incident-opened",
        "staff-incident-count",
        "staff-incident-last",
        "staff-incident-cleared",
        "staff-incident-reason",
    ];
    Ok(visit.csv("incidents", &headings, &rows))
}

/// Which incident, and why it is over.
fn told(incident: &str, fields: &Fields) -> Result<(Id, String), Failure> {
    let incident = shell::id(incident)?;
    Ok((incident, shell::reason(fields, &format!("reason-{incident}"))?))
}

async fn clear(
    State(app): State<Arc<App>>,
    me: SignedIn,
    Path(incident): Path<String>,
    fields: Fields,
) -> Result<Response, Failure> {
    let (incident, reason) = told(&incident, &fields)?;
    shell::change(&app, PATH, "staff-done-cleared", move |tx, seams| {
        // What stops a service is not cleared by one person, whatever form was sent.
        if incidents::get(tx, incident)?.is_none_or(|one| one.stops) {
            return Err(IncidentError::NotOpen);
        }
        incidents::clear(tx, seams, &me.actor(), incident, &reason)
    })
    .await
}

async fn resume(
    State(app): State<Arc<App>>,
    me: SignedIn,
    Path(incident): Path<String>,
    fields: Fields,
) -> Result<Response, Failure> {
    let (incident, reason) = told(&incident, &fields)?;
    shell::change(&app, approvals::PATH, "staff-done-asked", move |tx, seams| {
        two_persons::ask(tx, seams, &me.account, Deed::ResumeService(incident), &reason).map(drop)
    })
    .await
}

/// A service's name, or its word when it is not known here.
pub fn service_name(visit: &Visit, service: &str) -> String {
    match (service, services::find(service)) {
        (incidents::EVERY_SERVICE, _) => visit.say("staff-every-service"),
        (_, Some(known)) if visit.language == ui::Language::English => known.english.to_owned(),
        (_, Some(known)) => known.japanese.to_owned(),
        // Tools report under their own word: `relay`, `access`.
        (other, None) => other.to_owned(),
    }
}

/// The alert on the first page: what stopped.
pub fn stopped(visit: &Visit, all: &[Incident]) -> Markup {
    let stopped: Vec<&Incident> = all.iter().filter(|one| one.stops && one.cleared_at.is_none()).collect();
    html! {
        @if stopped.is_empty() {
            (alert(visit.language, AlertKind::Info, &html! { p { (visit.say("staff-nothing-stopped")) } }))
        } @else {
            (alert(visit.language, AlertKind::Error, &html! {
                p { strong { (visit.say("staff-stopped")) } }
                ul { @for one in stopped {
                    li { (service_name(visit, &one.service)) ": " (one.note) " ("
                        (ui::dates::instant(visit.language, one.opened_at)) ")" }
                } }
                p { a href=(PATH) { (visit.say("staff-nav-incidents")) } }
            }))
        }
    }
}
