//! The first page: what stopped, what waits for me, how today goes.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};
use store::StoreError;
use tools::incidents::{self, Incident};
use tools::register::{self, Freshness};
use tools::staff::Action;
use ui::table::empty_state;

use super::approvals::{self, Waiting};
use super::{counts, incidents as incident_pages, service, shell};
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::routes::{Routes, Rule};
use crate::visit::{SignedIn, Visit};

/// Its routes.
pub fn routes() -> Routes {
    Routes::new().get("/staff", Rule::StaffSignedIn, page)
}

struct Today {
    incidents: Vec<Incident>,
    waiting: Vec<Waiting>,
    freshness: Freshness,
    counts: Vec<counts::Line>,
}

async fn page(State(app): State<Arc<App>>, visit: Visit, me: SignedIn) -> Result<Response, Failure> {
    let (inside, sees_counts) = (app.inside()?.clone(), me.may(Action::SeeCounts));
    let today = blocking(move || {
        let now = inside.seams.now();
        Ok(inside.store.read::<_, StoreError, _>(|tx| {
            Ok(Today {
                incidents: incidents::list(tx, true)?,
                waiting: approvals::waiting(tx, now)?,
                freshness: register::freshness(tx, now)?,
                counts: if sees_counts { counts::today(tx, now.date_in_japan())? } else { Vec::new() },
            })
        })?)
    })
    .await?;
    let main = html! {
        (shell::said(&visit))
        @if me.may(Action::SeeIncidents) { (incident_pages::stopped(&visit, &today.incidents)) }
        div class="cards" {
            (queue(&visit, &me, &today))
            @if me.may(Action::SearchRegister) { (search_card(&visit)) }
            (register_card(&visit, &today.freshness))
            @if me.may(Action::StopService) { (stop_card(&visit)) }
        }
        @if sees_counts { (counts::section(&visit, &today.counts)) }
    };
    Ok(shell::page(&visit, &me, &visit.say("staff-home-title"), &main))
}

fn queue(visit: &Visit, me: &SignedIn, today: &Today) -> Markup {
    let approvals =
        if me.may(Action::SeeApprovals) { today.waiting.iter().filter(|one| one.is_for(me)).count() } else { 0 };
    let open = if me.may(Action::ClearIncident) || me.may(Action::ResumeService) { today.incidents.len() } else { 0 };
    html! {
        section class="card" {
            h2 { (visit.say("staff-queue")) }
            @if approvals + open == 0 {
                (empty_state(&visit.say("staff-queue-none"), &visit.say("staff-queue-none-how")))
            } @else {
                ul {
                    @if approvals > 0 { li { a href="/staff/approvals" { (visit.say_with("staff-queue-approvals", &[("n", approvals.into())])) } } }
                    @if open > 0 { li { a href="/staff/incidents" { (visit.say_with("staff-queue-incidents", &[("n", open.into())])) } } }
                }
            }
        }
    }
}

fn search_card(visit: &Visit) -> Markup {
    html! {
        section class="card" {
            h2 { (visit.say("staff-nav-register")) }
            p { (visit.say("staff-search-card")) }
            p { a class="button" href="/staff/register" { (visit.say("staff-search-go")) } }
        }
    }
}

fn stop_card(visit: &Visit) -> Markup {
    html! {
        section class="card" {
            h2 { (visit.say("staff-stop-title")) }
            p { (visit.say("staff-stop-card")) }
            p { a href=(service::PATH) { (visit.say("staff-stop-begin")) } }
        }
    }
}

/// How old the register is.
pub fn register_card(visit: &Visit, freshness: &Freshness) -> Markup {
    html! {
        section class="card" {
            h2 { (visit.say("staff-freshness")) }
            @match freshness.heartbeat {
                None => p { (visit.say("staff-freshness-never")) },
                Some(at) => {
                    p { (ui::dates::instant(visit.language, at)) }
                    p { (visit.say_with("staff-freshness-age", &[("n", (freshness.age_seconds.max(0) / 60).into())])) }
                }
            }
            @if freshness.waiting > 0 {
                p { (visit.say_with("staff-freshness-waiting", &[("n", freshness.waiting.into())])) }
            }
        }
    }
}
