//! Private apps (民間アプリ) as officers review them: what was sent in, and admitting, stopping or ending it.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use base::Kind;
use maud::{Markup, html};
use store::StoreError;
use tools::data_apps::review::{self, Review};
use tools::data_apps::{AppState, AppsError};
use tools::staff::Action;
use ui::form::{ButtonKind, Field, button, field, radios};
use ui::notice::{AlertKind, chip, facts};
use ui::table::{count, empty_state};

use super::shell;
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::form::Fields;
use crate::routes::{Routes, Rule};
use crate::visit::{SignedIn, Visit};

const PATH: &str = "/staff/apps";

/// Its routes.
pub fn routes() -> Routes {
    let review = Rule::Staff(Action::ReviewApps);
    Routes::new().get(PATH, review, page).get("/staff/apps/{app}", review, one).post(
        "/staff/apps/{app}/decide",
        review,
        decide,
    )
}

fn state(visit: &Visit, state: AppState) -> Markup {
    let kind = match state {
        AppState::Live => AlertKind::Success,
        AppState::Applied | AppState::Sandbox => AlertKind::Info,
        AppState::Suspended => AlertKind::Warning,
        AppState::Refused | AppState::Revoked => AlertKind::Error,
    };
    chip(kind, &visit.say(&format!("apps-state-{}", state.word())))
}

async fn page(State(app): State<Arc<App>>, visit: Visit, me: SignedIn) -> Result<Response, Failure> {
    let inside = app.inside()?.clone();
    let all = blocking(move || Ok(inside.store.read::<_, StoreError, _>(review::list)?)).await?;
    let rows: Vec<Vec<Markup>> = all
        .iter()
        .map(|one| {
            vec![
                html! { a href=(format!("{PATH}/{}", one.client_id)) { (one.registration.name) } },
                html! { (one.registration.organisation) },
                state(&visit, one.state),
                html! { (ui::dates::instant(visit.language, one.applied_at)) },
            ]
        })
        .collect();
    let title = visit.say("apps-staff-title");
    let main = html! {
        (shell::said(&visit))
        (count(visit.language, all.len()))
        @if rows.is_empty() { (empty_state(&visit.say("apps-staff-none"), &visit.say("apps-staff-none-how"))) }
        @else { (visit.table(&title, &["apps-field-name", "apps-organisation", "staff-state", "apps-staff-applied"], &rows)) }
    };
    Ok(shell::page(&visit, &me, &title, &main))
}

async fn one(
    State(app): State<Arc<App>>,
    visit: Visit,
    me: SignedIn,
    Path(client_id): Path<String>,
) -> Result<Response, Failure> {
    let inside = app.inside()?.clone();
    let found = blocking(move || Ok(inside.store.read::<_, StoreError, _>(|tx| review::find(tx, &client_id))?)).await?;
    let found = found.ok_or_else(|| Failure::of(Kind::NotFound))?;
    let main = html! {
        (shell::said(&visit))
        (described(&visit, &found))
        @if found.state.next().is_empty() { p { (visit.say("apps-staff-final")) } } @else { (form(&visit, &found)) }
        p { a href=(PATH) { (visit.say("page-back")) } }
    };
    Ok(shell::page(&visit, &me, &found.registration.name, &main))
}

fn described(visit: &Visit, review: &Review) -> Markup {
    let said = &review.registration;
    let list = |all: &[String]| html! { ul { @for one in all { li { (one) } } } };
    let lines = [
        ("client_id".to_owned(), html! { code { (review.client_id) } }),
        (visit.say("staff-state"), state(visit, review.state)),
        (visit.say("apps-organisation"), html! { (said.organisation) }),
        (visit.say("apps-field-contact"), html! { (said.contact) }),
        (visit.say("apps-policy"), html! { a href=(said.policy) rel="noreferrer" { (said.policy) } }),
        (visit.say("apps-field-redirect_uris"), list(&said.redirect_uris)),
        (visit.say("apps-what"), list(&said.scopes)),
        (
            visit.say("apps-purpose"),
            list(&[said.purpose.japanese.clone(), said.purpose.easy.clone(), said.purpose.english.clone()]),
        ),
        (visit.say("apps-field-sector"), html! { (said.sector) }),
        (visit.say("apps-staff-reason"), html! { (review.reason.as_deref().unwrap_or_default()) }),
    ];
    facts(&lines)
}

fn form(visit: &Visit, review: &Review) -> Markup {
    let address = format!("{PATH}/{}/decide", review.client_id);
    let options: Vec<(String, String)> = review
        .state
        .next()
        .iter()
        .map(|next| (next.word().to_owned(), visit.say(&format!("apps-decide-{}", next.word()))))
        .collect();
    let first = options.first().map(|(word, _)| word.clone()).unwrap_or_default();
    let (label, hint) = (visit.say("apps-staff-reason"), visit.say("apps-staff-reason-hint"));
    html! {
        h2 { (visit.say("apps-staff-decide")) }
        form method="post" action=(address) {
            (visit.csrf(&address))
            (radios("state", &visit.say("apps-staff-decide"), &options, &first))
            (field(visit.language, &Field { name: "reason", label: &label, hint: Some(&hint), required: true,
                autocomplete: Some("off"), max_length: Some(200), ..Field::default() }))
            div class="buttons" { (button(ButtonKind::Primary, &visit.say("apps-staff-send"))) }
        }
    }
}

async fn decide(
    State(app): State<Arc<App>>,
    me: SignedIn,
    Path(client_id): Path<String>,
    fields: Fields,
) -> Result<Response, Failure> {
    fields.only(&["state", "reason"])?;
    let reason = shell::reason(&fields, "reason")?;
    let typed = fields.get("state");
    let state =
        AppState::ALL.iter().copied().find(|one| one.word() == typed).ok_or_else(|| Failure::of(Kind::Invalid))?;
    let (by, address) = (me.actor(), format!("{PATH}/{client_id}"));
    shell::change::<AppsError, _>(&app, &address, "staff-done-app-decided", move |tx, seams| {
        review::decide(tx, seams, &by, &client_id, state, &reason)
    })
    .await
}
