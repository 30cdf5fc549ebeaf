//! The work (事務) for which residents are looked at: told once, shown on every page about a resident, kept until it is
//! changed or the session ends. It becomes the purpose of each access, which the resident sees.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use base::{Kind, Timestamp};
use maud::{Markup, html};
use store::{StoreError, Tx};
use tools::access::{Duty, Item, Purpose, Visibility};
use tools::staff::Action;
use ui::form::{ButtonKind, Field, button, field, select};

use super::{shell, words};
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::form::Fields;
use crate::routes::{Routes, Rule};
use crate::visit::{SignedIn, Visit};

/// Its routes.
pub fn routes() -> Routes {
    Routes::new().post("/staff/desk", Rule::Staff(Action::SearchRegister), set)
}

/// Duties a counter works for. Others (statistics, notices) are not done by looking at one person.
pub const COUNTER_DUTIES: &[Duty] =
    &[Duty::CertificateCounter, Duty::Inquiry, Duty::Register, Duty::Credential, Duty::Refusal, Duty::Protection];

/// What was told.
#[derive(Clone, Debug)]
pub struct Desk {
    /// The duty.
    pub duty: Duty,
    /// A sentence, perhaps empty.
    pub note: String,
}

impl Desk {
    /// As the purpose of an access that reads `items`.
    ///
    /// # Errors
    /// When the sentence is too long or holds an Individual Number.
    pub fn purpose(&self, items: &[Item]) -> Result<Purpose, Failure> {
        Purpose::new(self.duty)
            .reading(items)
            .noting(&self.note)
            .map_err(|_| Failure::saying(Kind::Invalid, "staff-desk-note-wrong"))
    }
}

/// The work of this session, if it was told.
///
/// # Errors
/// [`StoreError`].
pub fn current(tx: &mut Tx<'_>, session_key: &[u8]) -> Result<Option<Desk>, StoreError> {
    let row = tx.query_one("SELECT duty, note FROM staff_desks WHERE session_hash = $1", &[session_key.into()])?;
    let Some(row) = row else { return Ok(None) };
    let note = row.text(1)?.to_owned();
    Ok(Duty::from_code(row.text(0)?).map(|duty| Desk { duty, note }))
}

fn write(tx: &mut Tx<'_>, now: Timestamp, session_key: &[u8], desk: &Desk) -> Result<(), StoreError> {
    tx.queue(
        "INSERT INTO staff_desks (session_hash, duty, note, since) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (session_hash) DO UPDATE SET duty = excluded.duty, note = excluded.note, since = excluded.since",
        &[session_key.into(), desk.duty.code().into(), (&desk.note).into(), now.into()],
    )?;
    // What was opened for the work before is closed: it would carry the wrong purpose.
    tx.queue("DELETE FROM staff_views WHERE session_hash = $1", &[session_key.into()])
}

/// The bar that says which work it is and that looking is shown to the person; with the way to change it.
pub fn bar(visit: &Visit, desk: &Desk) -> Markup {
    html! {
        div class="desk" {
            p { (visit.say("staff-desk-now")) " " strong { (words::duty(visit, desk.duty)) }
                @if !desk.note.is_empty() { " (" (desk.note) ")" } }
            p { (visit.say(shown_key(desk.duty))) }
        }
        details {
            summary { (visit.say("staff-desk-change")) }
            (form(visit, Some(desk)))
        }
    }
}

/// The form that asks for the work.
pub fn form(visit: &Visit, desk: Option<&Desk>) -> Markup {
    html! {
        form method="post" action="/staff/desk" {
            (visit.csrf("/staff/desk"))
            (fields(visit, desk))
            div class="buttons" { (button(ButtonKind::Primary, &visit.say("staff-desk-set"))) }
        }
    }
}

/// The fields that ask for a work, for a form that looks at one person at once.
pub fn fields(visit: &Visit, desk: Option<&Desk>) -> Markup {
    let options: Vec<(String, String)> =
        COUNTER_DUTIES.iter().map(|duty| (duty.code().to_owned(), words::duty(visit, *duty).to_owned())).collect();
    let chosen = desk.map_or("", |desk| desk.duty.code());
    let (label, hint) = (visit.say("staff-desk-note"), visit.say("staff-desk-note-hint"));
    html! {
        div class="fields" {
            (select(visit.language, "duty", &visit.say("staff-desk-duty"), &options, chosen, None))
            (field(visit.language, &Field { name: "note", label: &label, hint: Some(&hint),
                value: desk.map_or("", |desk| &desk.note), autocomplete: Some("off"), max_length: Some(200),
                ..Field::default() }))
        }
    }
}

/// The work told in [`fields`].
///
/// # Errors
/// None of a counter's duties.
pub fn told(fields: &Fields) -> Result<Desk, Failure> {
    let duty = Duty::from_code(fields.get("duty"))
        .filter(|duty| COUNTER_DUTIES.contains(duty))
        .ok_or_else(|| Failure::of(Kind::Invalid))?;
    Ok(Desk { duty, note: fields.get("note").to_owned() })
}

/// When the person is shown a look for this duty, as a sentence's key.
pub const fn shown_key(duty: Duty) -> &'static str {
    match duty.visibility() {
        Visibility::Now => "staff-shown-to-person",
        Visibility::After(_) => "staff-shown-later",
        Visibility::HiddenByLaw => "staff-shown-never",
    }
}

async fn set(State(app): State<Arc<App>>, me: SignedIn, fields: Fields) -> Result<Response, Failure> {
    let desk = told(&fields)?;
    desk.purpose(&[])?;
    let inside = app.inside()?.clone();
    blocking(move || {
        let now = inside.seams.now();
        Ok(inside.store.write(move |tx| write(tx, now, &me.session.key, &desk))?)
    })
    .await?;
    Ok(shell::done("/staff/register", "staff-done-desk"))
}
