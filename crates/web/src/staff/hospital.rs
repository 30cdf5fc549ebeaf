//! 市立病院診察券: how the connection is, chart numbers that wait, today's queue, merges, messages that were not taken. Chart
//! numbers stand here by their last characters, and nothing says whose they are.

mod calling;

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{Redirect, Response};
use base::Kind;
use maud::{Markup, html};
use services::hospital_card::HospitalError;
use services::hospital_card::arriving;
use services::hospital_card::details::{self, Difference, Settled};
use services::hospital_card::linking::{self, Decided, Decision, Waiting};
use services::hospital_card::notices::{self, Untold};
use services::hospital_card::outbox::{self, Sent};
use services::hospital_card::watching::{self, Merge, Untaken};
use tools::staff::Action;
use ui::form::{ButtonKind, button, one_button, select};
use ui::notice::{AlertKind, alert, chip};

use super::shell;
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::form::Fields;
use crate::routes::{Routes, Rule};
use crate::taps::hospital_word as word;
use crate::visit::{SignedIn, Visit};

const PATH: &str = "/staff/hospital";
/// Kinds of evidence an officer may have seen. None is a number.
const EVIDENCE: [&str; 5] = ["paper-card", "photo-id", "insurance", "hospital-letter", "hospital-asked"];

/// Its routes.
pub fn routes() -> Routes {
    let may = Rule::Staff(Action::LinkHospital);
    Routes::new()
        .get(PATH, Rule::Staff(Action::SeeHospital), page)
        .post("/staff/hospital/waiting/{id}/accept", may, accept)
        .post("/staff/hospital/waiting/{id}/refuse", may, refuse)
        .get(calling::CALL, Rule::Staff(Action::SeeHospital), back)
        .post(calling::CALL, may, calling::call)
        .post("/staff/hospital/details/{id}/{deed}", may, settle)
        .post("/staff/hospital/message/{id}/send", may, send)
        .post("/staff/hospital/fault/{id}/over", may, over)
}

fn beneath(error: &HospitalError) -> Failure {
    Failure::of(error.kind())
}

async fn page(State(app): State<Arc<App>>, visit: Visit, me: SignedIn) -> Result<Response, Failure> {
    shown(&app, &visit, &me, &calling::Typed::default()).await
}

/// The form's address in another language, or loaded again.
async fn back() -> Redirect {
    Redirect::to(PATH)
}

async fn shown(app: &Arc<App>, visit: &Visit, me: &SignedIn, typed: &calling::Typed) -> Result<Response, Failure> {
    let city = app.inside()?.clone();
    let seen = blocking(move || {
        let all = || {
            let listed = (watching::faults(&city)?, watching::dropped(&city)?);
            let (waiting, differ) = (linking::waiting(&city)?, details::differences(&city)?);
            let queues = (arriving::queue(&city)?, notices::untold(&city)?);
            Ok((waiting, differ, queues, watching::merges(&city)?, listed))
        };
        all().map_err(|error: HospitalError| beneath(&error))
    })
    .await?;
    let (waiting, differ, (queue, untold), merges, (faults, dropped)) = seen;
    let may = me.may(Action::LinkHospital);
    let main = html! {
        (shell::said(visit))
        (connection(app, visit))
        section { h2 { (visit.say("hospital-staff-waiting")) }
            @if waiting.is_empty() { p { (visit.say("hospital-staff-none")) } }
            @for one in &waiting { (waits(visit, one, may)) }
        }
        section { h2 { (visit.say("hospital-staff-differs")) } (differing(visit, &differ, may)) }
        section { h2 { (visit.say("hospital-queue-title")) } (calling::queue(visit, &queue, may, typed)) }
        section { h2 { (visit.say("hospital-staff-untold")) } (to_be_told(visit, &untold, may)) }
        section { h2 { (visit.say("hospital-staff-faults")) } (untaken(visit, &faults, may))
            @if dropped > 0 { p { (visit.say("hospital-staff-dropped")) " " (dropped) } }
        }
        section { h2 { (visit.say("hospital-staff-merges")) } (merged(visit, &merges)) }
    };
    Ok(shell::page(visit, me, &visit.say("hospital-staff-title"), &main))
}

fn connection(app: &App, visit: &Visit) -> Markup {
    let Some(connection) = &app.hospital else {
        return alert(visit.language, AlertKind::Info, &html! { p { (visit.say("hospital-off")) } });
    };
    let last = connection.last();
    let is_down = last.failed > last.answered;
    let (kind, key) = match (last.answered, is_down) {
        (_, true) => (AlertKind::Error, "hospital-staff-silent"),
        (None, _) => (AlertKind::Info, "hospital-staff-unasked"),
        _ => (AlertKind::Success, "hospital-staff-answers"),
    };
    html! {
        p { (chip(kind, &visit.say(key)))
            @if let Some(at) = last.answered { " " (visit.say("hospital-staff-answered-at")) " " (ui::dates::instant(visit.language, at)) } }
        @if connection.is_simulated { p { (chip(AlertKind::Info, &visit.say("hospital-simulated"))) } }
    }
}

fn waits(visit: &Visit, one: &Waiting, may: bool) -> Markup {
    let (accept, refuse) = (format!("{PATH}/waiting/{}/accept", one.id), format!("{PATH}/waiting/{}/refuse", one.id));
    let options: Vec<(String, String)> =
        EVIDENCE.iter().map(|kind| ((*kind).to_owned(), visit.say(&word("hospital-evidence", kind)))).collect();
    let choose = |name: &str, key: &str, chosen: &str| {
        // Each form of the page has fields of its own.
        select(visit.language, &format!("{name}-{}", one.id), &visit.say(key), &options, chosen, None)
    };
    html! {
        section class="card" {
            h3 { (visit.say("hospital-staff-ending")) " …" (one.ending) }
            p { (visit.say(&word("hospital-reason", one.reason.code()))) }
            p { (ui::dates::instant(visit.language, one.asked_at)) }
            @if may {
                form method="post" action=(accept) {
                    (visit.csrf(&accept))
                    div class="fields" {
                        (choose("first", "hospital-staff-first", EVIDENCE[0]))
                        (choose("second", "hospital-staff-second", EVIDENCE[1]))
                    }
                    div class="buttons" { (button(ButtonKind::Primary, &visit.say("hospital-staff-accept"))) }
                }
                (one_button(&refuse, &visit.csrf(&refuse), ButtonKind::Danger, &visit.say("hospital-staff-refuse"),
                    Some(&one.ending)))
            }
        }
    }
}

/// Charts whose details differ at the hospital: what differs, what to do, and both ways to settle it.
fn differing(visit: &Visit, all: &[Difference], may: bool) -> Markup {
    html! {
        @if all.is_empty() { p { (visit.say("hospital-staff-none")) } } @else { p { (visit.say("hospital-staff-differs-how")) } }
        @for one in all {
            @let (keep, stop) = (format!("{PATH}/details/{}/keep", one.card), format!("{PATH}/details/{}/stop", one.card));
            section class="card" {
                h3 { (visit.say("hospital-staff-ending")) " …" (one.ending) }
                @for fact in &one.facts { p { (visit.say(&word("hospital-reason", fact.code()))) } }
                p { (ui::dates::instant(visit.language, one.told_at)) }
                @if may {
                    div class="buttons" {
                        (one_button(&keep, &visit.csrf(&keep), ButtonKind::Secondary, &visit.say("hospital-staff-keep"),
                            Some(&one.ending)))
                        (one_button(&stop, &visit.csrf(&stop), ButtonKind::Danger, &visit.say("hospital-stop"),
                            Some(&one.ending)))
                    }
                }
            }
        }
    }
}

async fn settle(
    State(app): State<Arc<App>>,
    me: SignedIn,
    Path((id, deed)): Path<(String, String)>,
) -> Result<Response, Failure> {
    let settled = match deed.as_str() {
        "keep" => Settled::Keep,
        "stop" => Settled::Stop,
        _ => return Err(Failure::of(Kind::NotFound)),
    };
    let (city, by, id) = (app.inside()?.clone(), me.actor(), shell::id(&id)?);
    let done = blocking(move || details::settle(&city, &by, id, settled).map_err(|error| beneath(&error))).await?;
    match done {
        true => Ok(shell::done(PATH, "staff-done-hospital-settled")),
        false => Err(Failure::saying(Kind::Gone, "hospital-staff-gone").next(PATH, "hospital-staff-nav")),
    }
}

/// Notices that the hospital has not taken: what, how often it went, and another try.
fn to_be_told(visit: &Visit, all: &[Untold], may: bool) -> Markup {
    if all.is_empty() {
        return html! { p { (visit.say("hospital-staff-none")) } };
    }
    let rows: Vec<Vec<Markup>> = all
        .iter()
        .map(|one| {
            let action = format!("{PATH}/message/{}/send", one.id);
            vec![
                html! { (ui::dates::instant(visit.language, one.written_at)) },
                html! { (visit.say(&word("hospital-told", one.notice.code()))) },
                html! { (one.message) },
                html! { (visit.say(&word("hospital-sent", &one.state))) " (" (one.tries) ")" },
                html! {
                    @if may { (one_button(&action, &visit.csrf(&action), ButtonKind::Secondary,
                        &visit.say("hospital-staff-again"), Some(&one.message))) }
                },
            ]
        })
        .collect();
    let headings = [
        "hospital-staff-when",
        "hospital-staff-what",
        "hospital-staff-message",
        "hospital-staff-sent",
        "hospital-staff-deed",
    ];
    visit.table(&visit.say("hospital-staff-untold"), &headings, &rows)
}

fn untaken(visit: &Visit, faults: &[Untaken], may: bool) -> Markup {
    if faults.is_empty() {
        return html! { p { (visit.say("hospital-staff-none")) } };
    }
    let rows: Vec<Vec<Markup>> = faults
        .iter()
        .map(|one| {
            let way = if one.direction == "in" { "hospital-staff-in" } else { "hospital-staff-out" };
            let (action, key) = match one.again {
                Some(id) => (format!("{PATH}/message/{id}/send"), "hospital-staff-again"),
                None => (format!("{PATH}/fault/{}/over", one.id), "hospital-staff-over"),
            };
            let deed = html! {
                @if may { (one_button(&action, &visit.csrf(&action), ButtonKind::Secondary, &visit.say(key), Some(&one.message))) }
            };
            vec![
                html! { (ui::dates::instant(visit.language, one.at)) },
                html! { (visit.say(way)) },
                html! { (one.message) },
                html! { (one.place) " " (one.why) },
                deed,
            ]
        })
        .collect();
    let headings = [
        "hospital-staff-when",
        "hospital-staff-way",
        "hospital-staff-message",
        "hospital-staff-why",
        "hospital-staff-deed",
    ];
    visit.table(&visit.say("hospital-staff-faults"), &headings, &rows)
}

fn merged(visit: &Visit, merges: &[Merge]) -> Markup {
    if merges.is_empty() {
        return html! { p { (visit.say("hospital-staff-none")) } };
    }
    let rows: Vec<Vec<Markup>> = merges
        .iter()
        .map(|one| {
            vec![
                html! { (ui::dates::instant(visit.language, one.at)) },
                html! { "…" (one.endings.1) " → …" (one.endings.0) },
                html! { (one.followed) },
                html! { (one.conflicts) },
            ]
        })
        .collect();
    let headings =
        ["hospital-staff-when", "hospital-staff-numbers", "hospital-staff-followed", "hospital-staff-conflicts"];
    visit.table(&visit.say("hospital-staff-merges"), &headings, &rows)
}

async fn accept(
    State(app): State<Arc<App>>,
    me: SignedIn,
    Path(id): Path<String>,
    fields: Fields,
) -> Result<Response, Failure> {
    let chosen = |name: &str| {
        let kind = fields.get(&format!("{name}-{id}")).to_owned();
        EVIDENCE.contains(&kind.as_str()).then_some(kind).ok_or_else(|| Failure::of(Kind::Invalid))
    };
    let decision = Decision::Accept([chosen("first")?, chosen("second")?]);
    decide(&app, &me, &id, decision, "staff-done-hospital-accepted").await
}

async fn refuse(State(app): State<Arc<App>>, me: SignedIn, Path(id): Path<String>) -> Result<Response, Failure> {
    decide(&app, &me, &id, Decision::Refuse("window".to_owned()), "staff-done-hospital-refused").await
}

async fn decide(
    app: &Arc<App>,
    me: &SignedIn,
    id: &str,
    decision: Decision,
    done: &'static str,
) -> Result<Response, Failure> {
    let (city, by, id) = (app.inside()?.clone(), me.actor(), shell::id(id)?);
    let decided = blocking(move || linking::decide(&city, &by, id, &decision).map_err(|error| beneath(&error))).await?;
    let refused = |kind, key| Err(Failure::saying(kind, key).next(PATH, "hospital-staff-nav"));
    match decided {
        Decided::Done => Ok(shell::done(PATH, done)),
        Decided::Gone => refused(Kind::Gone, "hospital-staff-gone"),
        Decided::NotTwo => refused(Kind::Invalid, "hospital-staff-not-two"),
        Decided::Refused => refused(Kind::Conflict, "hospital-staff-not-linked"),
    }
}

async fn send(State(app): State<Arc<App>>, _me: SignedIn, Path(id): Path<String>) -> Result<Response, Failure> {
    let (city, id) = (app.inside()?.clone(), shell::id(&id)?);
    let connection = app.hospital.clone().ok_or_else(|| Failure::saying(Kind::NotFound, "hospital-off"))?;
    let sent = blocking(move || outbox::send(&city, &connection, id).map_err(|error| beneath(&error))).await?;
    let refused = |kind, key| Err(Failure::saying(kind, key).next(PATH, "hospital-staff-nav"));
    match sent {
        Sent::Taken => Ok(shell::done(PATH, "staff-done-hospital-sent")),
        Sent::Waits => refused(Kind::Unavailable, "hospital-staff-not-answered"),
        Sent::Refused => refused(Kind::Conflict, "hospital-staff-refused-again"),
        Sent::Gone => refused(Kind::Gone, "hospital-staff-sent-before"),
    }
}

async fn over(State(app): State<Arc<App>>, _me: SignedIn, Path(id): Path<String>) -> Result<Response, Failure> {
    let (city, id) = (app.inside()?.clone(), shell::id(&id)?);
    blocking(move || watching::dealt_with(&city, id).map_err(|error| beneath(&error))).await?;
    Ok(shell::done(PATH, "staff-done-hospital-over"))
}
