//! Departments and approved private senders: who may hand letters in, and with which key.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};
use store::StoreError;
use tools::dispatch::DispatchError;
use tools::dispatch::senders::{self, Registered};
use ui::form::{ButtonKind, Field, button, field, one_button, select};
use ui::notice::{AlertKind, alert};

use super::super::shell;
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::form::Fields;
use crate::visit::{SignedIn, Visit};

const PATH: &str = "/staff/letters/senders";

/// `GET /staff/letters/senders`.
pub async fn page(State(app): State<Arc<App>>, visit: Visit, me: SignedIn) -> Result<Response, Failure> {
    drawn(&app, &visit, &me, None).await
}

async fn drawn(app: &Arc<App>, visit: &Visit, me: &SignedIn, token: Option<&str>) -> Result<Response, Failure> {
    let inside = app.inside()?.clone();
    let all = blocking(move || Ok(inside.store.read::<_, StoreError, _>(senders::all)?)).await?;
    let main = html! {
        (shell::said(visit))
        @if let Some(token) = token {
            (alert(visit.language, AlertKind::Success, &html! {
                p { (visit.say("letters-sender-key-once")) }
                p { code class="digest" { (token) } }
            }))
        }
        (visit.table(&visit.say("letters-senders"), &["letters-sender", "letters-sender-key", "letters-sender-kind", "staff-what-to-do"],
            &all.iter().map(|one| row(visit, one)).collect::<Vec<_>>()))
        (form(visit))
    };
    Ok(shell::page(visit, me, &visit.say("letters-senders"), &main))
}

fn kind(visit: &Visit, is_city: bool) -> String {
    visit.say(if is_city { "letters-sender-city" } else { "letters-sender-private" })
}

fn row(visit: &Visit, one: &Registered) -> Vec<Markup> {
    let stop = "/staff/letters/senders/stop";
    let hidden = html! { (visit.csrf(stop)) input type="hidden" name="key" value=(one.key); };
    vec![
        html! { (one.name) },
        html! { code { (one.key) } },
        html! { (kind(visit, one.is_city)) },
        html! {
            @if one.stopped_at.is_some() { (visit.say("letters-sender-stopped")) }
            @else { (office_form(visit, one)) (one_button(stop, &hidden, ButtonKind::Danger, &visit.say("letters-sender-stop"), Some(&one.name))) }
        },
    ]
}

fn office_form(visit: &Visit, one: &Registered) -> Markup {
    let action = "/staff/letters/senders/office";
    let id = format!("office-{}", one.key);
    html! {
        form method="post" action=(action) {
            (visit.csrf(action))
            input type="hidden" name="key" value=(one.key);
            label for=(id) { (visit.say("letters-sender-office")) }
            input id=(id) name="office" maxlength="60" autocomplete="off" value=(one.office.as_deref().unwrap_or(&one.name));
            (button(ButtonKind::Secondary, &format!("{}: {}", one.name, visit.say("letters-sender-office-set"))))
        }
    }
}

/// `POST /staff/letters/senders/office`: whose members open answers.
pub async fn office(State(app): State<Arc<App>>, me: SignedIn, fields: Fields) -> Result<Response, Failure> {
    let (key, office) = (fields.get("key").to_owned(), fields.filled("office").map(str::to_owned));
    shell::change(&app, PATH, "staff-done-letters-office", move |tx, seams| {
        senders::set_office(tx, seams, &me.actor(), &key, office.as_deref())
    })
    .await
}

fn form(visit: &Visit) -> Markup {
    let (name, key) = (visit.say("letters-sender"), visit.say("letters-sender-key"));
    let hint = visit.say("letters-sender-key-how");
    let kinds = [("city".to_owned(), kind(visit, true)), ("private".to_owned(), kind(visit, false))];
    html! {
        form method="post" action=(PATH) class="card" {
            h2 { (visit.say("letters-sender-add")) }
            (visit.csrf(PATH))
            (field(visit.language, &Field { name: "name", label: &name, required: true, max_length: Some(60), ..Field::default() }))
            (field(visit.language, &Field { name: "key", label: &key, hint: Some(&hint), required: true, max_length: Some(40), ..Field::default() }))
            (select(visit.language, "kind", &visit.say("letters-sender-kind"), &kinds, "city", None))
            (button(ButtonKind::Primary, &visit.say("letters-sender-approve")))
        }
    }
}

/// `POST /staff/letters/senders`: the key is shown this once.
pub async fn approve(
    State(app): State<Arc<App>>,
    visit: Visit,
    me: SignedIn,
    fields: Fields,
) -> Result<Response, Failure> {
    let (inside, actor) = (app.inside()?.clone(), me.actor());
    let (key, name, is_city) =
        (fields.get("key").to_owned(), fields.get("name").to_owned(), fields.get("kind") == "city");
    let token = blocking(move || {
        let seams = inside.seams.clone();
        Ok(inside
            .store
            .write::<_, DispatchError, _>(move |tx| senders::approve(tx, &seams, &actor, &key, &name, is_city))?)
    })
    .await?;
    drawn(&app, &visit, &me, Some(&token)).await
}

/// `POST /staff/letters/senders/stop`.
pub async fn stop(State(app): State<Arc<App>>, me: SignedIn, fields: Fields) -> Result<Response, Failure> {
    let key = fields.get("key").to_owned();
    shell::change(&app, PATH, "staff-done-letters-sender-stopped", move |tx, seams| {
        senders::stop(tx, seams, &me.actor(), &key)
    })
    .await
}
