//! Private apps (民間アプリ) as officers review them: what was sent in, and admitting, stopping or ending it.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use base::Kind;
use maud::{Markup, html};
use store::StoreError;
use tools::data_apps::review::{self, Became, Decision, Review};
use tools::data_apps::{AppState, AppsError, Registration};
use tools::staff::Action;
use ui::form::{ButtonKind, Field, button, field, radios};
use ui::notice::{AlertKind, alert, chip, facts};
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
        @if let Some((changed, at)) = &found.changed { (asked_change(&visit, &found.registration, changed, *at)) }
        @if let Some(proposed) = &found.proposed {
            (alert(visit.language, AlertKind::Warning, &html! {
                p { strong { (visit.say(&format!("apps-decide-{}", proposed.decision.word()))) } " "
                    (ui::dates::instant(visit.language, proposed.at)) " " (proposed.reason) }
                p { (visit.say_html("apps-staff-second")) }
            }))
        }
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

/// What an app asks to be registered as, where it differs.
fn asked_change(visit: &Visit, now: &Registration, then: &Registration, at: base::Timestamp) -> Markup {
    let fields: [(&str, String, String); 8] = [
        ("apps-field-name", now.name.clone(), then.name.clone()),
        ("apps-organisation", now.organisation.clone(), then.organisation.clone()),
        ("apps-field-contact", now.contact.clone(), then.contact.clone()),
        ("apps-policy", now.policy.clone(), then.policy.clone()),
        ("apps-field-redirect_uris", now.redirect_uris.join(" "), then.redirect_uris.join(" ")),
        ("apps-what", now.scopes.join(" "), then.scopes.join(" ")),
        (
            "apps-purpose",
            [&now.purpose.japanese, &now.purpose.easy, &now.purpose.english].map(String::as_str).join(" / "),
            [&then.purpose.japanese, &then.purpose.easy, &then.purpose.english].map(String::as_str).join(" / "),
        ),
        ("apps-field-keys", now.keys.clone(), then.keys.clone()),
    ];
    let rows: Vec<Vec<Markup>> = fields
        .iter()
        .filter(|(_, now, then)| now != then)
        .map(|(key, now, then)| vec![html! { (visit.say(key)) }, html! { (now) }, html! { (then) }])
        .collect();
    let title = visit.say("apps-staff-changed");
    html! {
        h2 { (title) }
        p { (ui::dates::instant(visit.language, at)) " " (visit.say_html("apps-staff-changed-how")) }
        @if rows.is_empty() { p { (visit.say("apps-staff-changed-nothing")) } }
        @else { (visit.table(&title, &["apps-staff-field", "apps-staff-before", "apps-staff-after"], &rows)) }
    }
}

fn form(visit: &Visit, review: &Review) -> Markup {
    let address = format!("{PATH}/{}/decide", review.client_id);
    let changes = review.changed.iter().flat_map(|_| [Decision::TakeChange, Decision::LeaveChange]);
    let options: Vec<(String, String)> = changes
        .chain(review.state.next().iter().copied().map(Decision::State))
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
    let decision = Decision::from_word(fields.get("state")).ok_or_else(|| Failure::of(Kind::Invalid))?;
    let (inside, by, address) = (app.inside()?.clone(), me.actor(), format!("{PATH}/{client_id}"));
    let became = blocking(move || {
        let seams = inside.seams.clone();
        Ok(inside
            .store
            .write::<_, AppsError, _>(move |tx| review::decide(tx, &seams, &by, &client_id, decision, &reason))?)
    })
    .await?;
    let done = match became {
        Became::Decided => "staff-done-app-decided",
        Became::Proposed => "staff-done-app-proposed",
    };
    Ok(shell::done(&address, done))
}
