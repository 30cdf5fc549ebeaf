//! A resident's account of the citizen portal, at the counter or on the telephone: stopping it, letting it in again.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use base::Kind;
use maud::{Markup, html};
use tools::portal::stopping::Reason;
use tools::portal::{PostError, link, stopping};
use tools::staff::Action;
use ui::form::{ButtonKind, button, select};
use ui::notice::{AlertKind, alert};

use super::{desk, register, shell};
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::form::Fields;
use crate::routes::{Routes, Rule};
use crate::visit::{SignedIn, Visit};

/// Its routes.
pub fn routes() -> Routes {
    let manage = Rule::Staff(Action::ManageCredentials);
    Routes::new()
        .get("/staff/portal", manage, lead)
        .get("/staff/person/{view}/portal", manage, page)
        .post("/staff/person/{view}/portal/stop", manage, stop)
        .post("/staff/person/{view}/portal/resume", manage, resume)
}

/// How it is done: the person is looked for like any other, with the work told.
async fn lead(visit: Visit, me: SignedIn) -> Response {
    let main = html! {
        p { (visit.say("staff-portal-lead")) }
        p { (visit.say("staff-portal-telephone")) }
        div class="buttons" { a class="button" href="/staff/register" { (visit.say("staff-nav-register")) } }
    };
    shell::page(&visit, &me, &visit.say("staff-portal-title"), &main)
}

async fn page(
    State(app): State<Arc<App>>,
    visit: Visit,
    me: SignedIn,
    Path(view): Path<String>,
) -> Result<Response, Failure> {
    let (id, inside, key) = (shell::id(&view)?, app.inside()?.clone(), me.session.key.clone());
    let (desk, account, done) = blocking(move || {
        let (desk, resident) = register::opened(&inside, &key, id)?;
        let (account, done) = inside.store.read::<_, store::StoreError, _>(|tx| {
            let account = link::told(tx, &resident)?;
            let done = match &account {
                Some((account, _)) => stopping::done(tx, *account)?,
                None => Vec::new(),
            };
            Ok((account, done))
        })?;
        Ok((desk, account, done))
    })
    .await?;
    let here = format!("/staff/person/{view}/portal");
    let main = html! {
        (desk::bar(&visit, &desk))
        (shell::said(&visit))
        @match &account {
            None => { (alert(visit.language, AlertKind::Info, &html! { p { (visit.say("staff-portal-none")) } })) }
            Some((_, since)) => {
                p { (visit.say("staff-portal-since")) " " (ui::dates::instant(visit.language, *since)) }
                p { (visit.say("staff-portal-telephone")) }
                (form(&visit, &format!("{here}/stop"), "staff-portal-stop", ButtonKind::Danger))
                (form(&visit, &format!("{here}/resume"), "staff-portal-resume", ButtonKind::Secondary))
                h2 { (visit.say("staff-portal-done")) }
                @if done.is_empty() { p { (visit.say("portal-none")) } }
                ul {
                    @for one in &done {
                        li { (ui::dates::instant(visit.language, one.at)) " "
                            (visit.say(if one.is_stop { "staff-portal-stopped" } else { "staff-portal-resumed" }))
                            @if let Some(reason) = one.reason { " (" (visit.say(&format!("portal-stop-reason-{}", reason.word()))) ")" } }
                    }
                }
            }
        }
        div class="buttons" { a href=(format!("/staff/person/{view}")) { (visit.say("page-back")) } }
    };
    Ok(shell::page(&visit, &me, &visit.say("staff-portal-title"), &main))
}

fn form(visit: &Visit, at: &str, key: &str, kind: ButtonKind) -> Markup {
    let options: Vec<(String, String)> = Reason::ALL
        .iter()
        .map(|reason| (reason.word().to_owned(), visit.say(&format!("portal-stop-reason-{}", reason.word()))))
        .collect();
    // Two forms on one page: each field has an id of its own.
    let name = if at.ends_with("/stop") { "stop_reason" } else { "resume_reason" };
    html! {
        section class="card" {
            h2 { (visit.say(key)) }
            p { (visit.say(&format!("{key}-what"))) }
            form method="post" action=(at) {
                (visit.csrf(at))
                (select(visit.language, name, &visit.say("staff-portal-reason"), &options, "lost", None))
                div class="buttons" { (button(kind, &visit.say(key))) }
            }
        }
    }
}

async fn stop(
    State(app): State<Arc<App>>,
    me: SignedIn,
    Path(view): Path<String>,
    fields: Fields,
) -> Result<Response, Failure> {
    change(&app, &me, &view, true, fields.get("stop_reason"), "staff-done-portal-stopped").await
}

async fn resume(
    State(app): State<Arc<App>>,
    me: SignedIn,
    Path(view): Path<String>,
    fields: Fields,
) -> Result<Response, Failure> {
    change(&app, &me, &view, false, fields.get("resume_reason"), "staff-done-portal-resumed").await
}

async fn change(
    app: &Arc<App>,
    me: &SignedIn,
    view: &str,
    is_stopped: bool,
    reason: &str,
    done: &'static str,
) -> Result<Response, Failure> {
    let id = shell::id(view)?;
    let reason = Reason::from_word(reason).ok_or_else(|| Failure::of(Kind::Invalid))?;
    let post = app.to_portal.clone().ok_or_else(|| Failure::of(Kind::Unavailable))?;
    let (inside, key, actor) = (app.inside()?.clone(), me.session.key.clone(), me.actor());
    let found = blocking(move || {
        let (_, resident) = register::opened(&inside, &key, id)?;
        let seams = inside.seams.clone();
        Ok(inside.store.write::<_, PostError, _>(move |tx| {
            stopping::by_office(tx, &seams, &post, &actor, &resident, is_stopped, reason)
        })?)
    })
    .await?;
    if !found {
        return Err(Failure::saying(Kind::NotFound, "staff-portal-none"));
    }
    Ok(shell::done(&format!("/staff/person/{view}/portal"), done))
}
