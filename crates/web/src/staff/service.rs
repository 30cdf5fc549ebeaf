//! Stopping the certificate service at once, by one person; letting it run again takes two.
//!
//! ```text
//!   why (public, three languages) + note (colleagues) ─► incident that stops ─► machines say "not available now"
//!                                       resume asked ─► another approves ─► machines serve again
//! ```

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use base::Kind;
use maud::{Markup, html};
use services::convenience_certificates::SERVICE_CODE;
use store::StoreError;
use tools::incidents::by_hand::{self, Why};
use tools::incidents::{self, Incident};
use tools::staff::Action;
use ui::form::{ButtonKind, Field, button, field, radios};
use ui::notice::{AlertKind, chip};

use super::incidents as incident_pages;
use super::shell;
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::form::Fields;
use crate::routes::{Routes, Rule};
use crate::visit::{SignedIn, Visit};

/// Its address.
pub const PATH: &str = "/staff/incidents/service";

/// Services that serve people and so can be stopped. Add one when it does.
const SERVING: [&str; 1] = [SERVICE_CODE];

/// Its routes.
pub fn routes() -> Routes {
    Routes::new().get(PATH, Rule::Staff(Action::SeeIncidents), page).post(
        "/staff/incidents/service/{service}/stop",
        Rule::Staff(Action::StopService),
        stop,
    )
}

async fn page(State(app): State<Arc<App>>, visit: Visit, me: SignedIn) -> Result<Response, Failure> {
    let inside = app.inside()?.clone();
    let open = blocking(move || Ok(inside.store.read::<_, StoreError, _>(|tx| incidents::list(tx, true))?)).await?;
    let main = html! {
        (shell::said(&visit))
        p { (visit.say_html("staff-stop-how")) }
        @for service in SERVING { (one(&visit, &me, service, &open)) }
        div class="buttons" { a href=(incident_pages::PATH) { (visit.say("staff-stop-back")) } }
    };
    Ok(shell::page(&visit, &me, &visit.say("staff-stop-title"), &main))
}

fn one(visit: &Visit, me: &SignedIn, service: &str, open: &[Incident]) -> Markup {
    let stops: Vec<&Incident> = open
        .iter()
        .filter(|one| one.stops && (one.service == service || one.service == incidents::EVERY_SERVICE))
        .collect();
    html! {
        section {
            h2 {
                (incident_pages::service_name(visit, service)) " "
                @if stops.is_empty() { (chip(AlertKind::Success, &visit.say("staff-stop-runs"))) }
                @else { (chip(AlertKind::Error, &visit.say("staff-stop-is-stopped"))) }
            }
            @for incident in &stops { (incident_pages::card(visit, me, incident)) }
            @if me.may(Action::StopService) { (stop_form(visit, service, !stops.is_empty())) }
            @else { p class="hint" { (visit.say("staff-stop-who")) } }
        }
    }
}

/// While it stands still the form is folded away: another reason may be added, so that it takes more to go on.
fn stop_form(visit: &Visit, service: &str, is_stopped: bool) -> Markup {
    let address = format!("{PATH}/{service}/stop");
    let reasons: Vec<(String, String)> = Why::ALL
        .iter()
        .map(|why| (why.word().to_owned(), visit.say(&format!("staff-stop-why-{}", why.word()))))
        .collect();
    let (label, hint) = (visit.say("staff-stop-note"), visit.say("staff-incident-reason-hint"));
    let form = html! {
        form method="post" action=(address) {
            (visit.csrf(&address))
            (radios("why", &visit.say("staff-stop-why"), &reasons, Why::Trouble.word()))
            (field(visit.language, &Field { name: "note", label: &label, hint: Some(&hint), required: true,
                autocomplete: Some("off"), max_length: Some(200), ..Field::default() }))
            div class="buttons" { (button(ButtonKind::Danger, &visit.say("staff-stop-now"))) }
        }
    };
    html! {
        @if is_stopped { details { summary { (visit.say("staff-stop-more")) } (form) } }
        @else { section class="card" { h3 { (visit.say("staff-stop-begin")) } (form) } }
    }
}

async fn stop(
    State(app): State<Arc<App>>,
    me: SignedIn,
    Path(service): Path<String>,
    fields: Fields,
) -> Result<Response, Failure> {
    let service = SERVING.into_iter().find(|one| *one == service).ok_or_else(|| Failure::of(Kind::NotFound))?;
    let why = Why::from_word(fields.get("why")).ok_or_else(|| Failure::saying(Kind::Invalid, "staff-stop-no-why"))?;
    let note = shell::reason(&fields, "note")?;
    shell::change(&app, PATH, "staff-done-stopped", move |tx, seams| {
        by_hand::stop(tx, seams, &me.actor(), service, why, &note).map(drop)
    })
    .await
}
