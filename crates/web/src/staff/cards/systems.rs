//! The systems of a department that use one card's interface: admitted to ask by one person, to write by two.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use base::{Id, Seams};
use maud::{Markup, html};
use services::city_cards::CardsRefusal;
use services::city_cards::clients::{self, Client};
use services::city_cards::kept::CardsError;
use store::{StoreError, Tx};
use tools::approvals::Approval;
use tools::staff::Action;
use ui::form::{ButtonKind, Field, button, checkboxes, field, one_button};

use super::super::shell;
use super::PATH;
use super::one::{at, drawn};
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::form::Fields;
use crate::visit::{SignedIn, Visit};

/// A system, and the request that it may write, if one waits.
pub(super) struct System {
    client: Client,
    waits: Option<Approval>,
}

/// The systems of a card, in the order of [`clients::of`].
pub(super) fn of(tx: &mut Tx<'_>, seams: &Seams, key: &str) -> Result<Vec<System>, StoreError> {
    let all = clients::of(tx, key)?.into_iter();
    all.map(|client| Ok(System { waits: clients::waits(tx, seams, &client)?, client })).collect()
}

/// The systems with what may be done about them, and the form that admits one.
pub(super) fn section(visit: &Visit, me: &SignedIn, key: &str, all: &[System]) -> Markup {
    let rows: Vec<Vec<Markup>> = all.iter().map(|one| row(visit, me, key, one)).collect();
    html! {
        section {
            h2 { (visit.say("city-cards-clients")) }
            p { (visit.say("city-cards-clients-how")) }
            @if !rows.is_empty() {
                (visit.table(&visit.say("city-cards-clients"), &["city-cards-client", "city-cards-client-may", "city-cards-client-since", "staff-what-to-do"], &rows))
            }
            @if me.may(Action::DefineCards) { (form(visit, key)) }
        }
    }
}

fn row(visit: &Visit, me: &SignedIn, key: &str, one: &System) -> Vec<Markup> {
    let client = &one.client;
    let may = visit.say(if client.may_write { "city-cards-client-writes" } else { "city-cards-client-asks" });
    vec![
        html! { (client.name) },
        html! {
            (may)
            @if let Some(approval) = &one.waits {
                p class="hint" { (visit.say_with("city-cards-client-waits", &[("until", ui::dates::instant(visit.language, approval.expires_at).into())])) }
                p { (visit.say("staff-approval-reason")) ": " (approval.summary) }
            }
        },
        html! { (ui::dates::instant(visit.language, client.made_at)) },
        to_do(visit, me, key, one),
    ]
}

fn to_do(visit: &Visit, me: &SignedIn, key: &str, one: &System) -> Markup {
    let client = &one.client;
    if let Some(stopped) = client.stopped_at {
        return html! { (visit.say("city-cards-client-stopped")) " " (ui::dates::instant(visit.language, stopped)) };
    }
    let to = |what: &str, kind: ButtonKind, words: &str| {
        let action = at(key, &format!("clients/{what}"));
        let hidden = html! { (visit.csrf(&action)) input type="hidden" name="client" value=(client.id); };
        one_button(&action, &hidden, kind, &visit.say(words), Some(&client.name))
    };
    html! {
        div class="buttons" {
            @if let Some(approval) = &one.waits {
                @let is_mine = approval.proposer == me.account.id;
                @if !is_mine && me.may(Action::ApproveCards) { (to("allow", ButtonKind::Primary, "city-cards-client-allow")) }
                @if is_mine || me.may(Action::ApproveCards) {
                    (to("decline", ButtonKind::Secondary, if is_mine { "city-cards-take-back" } else { "city-cards-decline" }))
                }
            }
            @if me.may(Action::DefineCards) { (to("stop", ButtonKind::Danger, "city-cards-client-stop")) }
        }
    }
}

fn form(visit: &Visit, key: &str) -> Markup {
    let admit = at(key, "clients");
    let line = |name: &str, label: &str, hint: Option<&str>, most: u32| {
        let (label, hint) = (visit.say(label), hint.map(|key| visit.say(key)));
        let (hint, required) = (hint.as_deref(), hint.is_none());
        let field_of = Field {
            name,
            label: &label,
            hint,
            required,
            max_length: Some(most),
            autocomplete: Some("off"),
            ..Field::default()
        };
        field(visit.language, &field_of)
    };
    let writes = [("write".to_owned(), visit.say("city-cards-client-writes"))];
    html! {
        form method="post" action=(admit) class="card" {
            (visit.csrf(&admit))
            (line("client", "city-cards-client", None, 40))
            (checkboxes("write", &visit.say("city-cards-client-may"), &writes, &[]))
            (line("why", "city-cards-why", Some("city-cards-client-why"), 200))
            (button(ButtonKind::Secondary, &visit.say("city-cards-client-admit")))
        }
    }
}

/// `POST …/clients`: the key is shown this once. That the system may write is asked for, with a reason.
pub async fn admit(
    State(app): State<Arc<App>>,
    visit: Visit,
    me: SignedIn,
    Path(key): Path<String>,
    fields: Fields,
) -> Result<Response, Failure> {
    let (inside, actor, name, of) = (app.inside()?.clone(), me.actor(), fields.get("client").to_owned(), key.clone());
    let why = fields.filled("write").map(|_| shell::reason(&fields, "why")).transpose()?;
    let token = blocking(move || {
        let seams = inside.seams.clone();
        Ok(inside.store.write(move |tx| clients::admit(tx, &seams, &actor, &of, (&name, why.as_deref())))?)
    })
    .await?;
    drawn(&app, &visit, &me, key, Some(&token)).await
}

/// Does something about the system that the form names, and says so on the card's page.
async fn changed<F>(
    app: Arc<App>,
    key: String,
    fields: Fields,
    done: &'static str,
    change: F,
) -> Result<Response, Failure>
where
    F: Fn(&mut Tx<'_>, &Seams, &str, Id) -> Result<(), CardsError> + Send + 'static,
{
    let client = shell::id(fields.get("client"))?;
    let page = format!("{PATH}/{key}");
    shell::change(&app, &page, done, move |tx, seams| change(tx, seams, &key, client)).await
}

/// `POST …/clients/allow`: by the second person.
pub async fn allow(
    State(app): State<Arc<App>>,
    me: SignedIn,
    Path(key): Path<String>,
    fields: Fields,
) -> Result<Response, Failure> {
    changed(app, key, fields, "staff-done-cards-client-allowed", move |tx, seams, key, client| {
        clients::allow(tx, seams, &me.actor(), key, client)
    })
    .await
}

/// `POST …/clients/decline`: by the second person, or by whoever asked.
pub async fn decline(
    State(app): State<Arc<App>>,
    me: SignedIn,
    Path(key): Path<String>,
    fields: Fields,
) -> Result<Response, Failure> {
    changed(app, key, fields, "staff-done-cards-client-declined", move |tx, seams, key, client| {
        let waits = of(tx, seams, key)?.into_iter().find(|one| one.client.id == client).and_then(|one| one.waits);
        let may = waits.is_some_and(|one| one.proposer == me.account.id || me.may(Action::ApproveCards));
        if !may {
            return Err(CardsError::Refused(CardsRefusal::Unknown));
        }
        clients::decline(tx, seams, &me.actor(), key, client)
    })
    .await
}

/// `POST …/clients/stop`.
pub async fn stop(
    State(app): State<Arc<App>>,
    me: SignedIn,
    Path(key): Path<String>,
    fields: Fields,
) -> Result<Response, Failure> {
    changed(app, key, fields, "staff-done-cards-client-stopped", move |tx, seams, key, client| {
        clients::stop(tx, seams, &me.actor(), key, client)
    })
    .await
}
