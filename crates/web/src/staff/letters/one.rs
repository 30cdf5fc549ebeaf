//! One dispatch: what people will see, how far it is, and what may be done with it.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use base::{Id, Kind};
use maud::{Markup, html};
use store::StoreError;
use tools::dispatch::attachments;
use tools::dispatch::intake::{self, Fault};
use tools::dispatch::{self, Dispatch, DispatchError, State as Standing};
use tools::mailbox::{Act, Importance};
use tools::staff::Action;
use tools::staff::two_persons::{self, Deed};
use ui::form::{ButtonKind, Field, button, field, one_button};
use ui::notice::{AlertKind, alert, facts};

use super::super::shell;
use super::PATH;
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::form::Fields;
use crate::portal::letters::draw;
use crate::visit::{SignedIn, Visit};

/// `GET /staff/letters/{dispatch}`.
pub async fn page(
    State(app): State<Arc<App>>,
    visit: Visit,
    me: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let (id, inside) = (shell::id(&id)?, app.inside()?.clone());
    let found = blocking(move || {
        Ok(inside.store.read::<_, StoreError, _>(|tx| {
            let Some(one) = dispatch::get(tx, id)? else { return Ok(None) };
            let (faults, beside) = (intake::faults(tx, id, 50)?, attachments::list(tx, id)?);
            Ok(Some((one, faults, beside, two_persons::is_asked(tx, &inside.seams, Deed::ReleaseLetters(id))?)))
        })?)
    })
    .await?;
    let (one, faults, beside, is_asked) = found.ok_or_else(|| Failure::of(Kind::NotFound))?;
    if one.sender == dispatch::RECHECKED {
        // A notice is asked for, stopped and let go on where its audience and its counters stand.
        return Ok(Redirect::to(&format!("/staff/notices/of/{}", one.id)).into_response());
    }
    let main = html! {
        (shell::said(&visit))
        (standing(&visit, &one))
        (may_do(&visit, &me, &one, is_asked))
        (faulty(&visit, &one, &faults))
        (super::attachments::section(&visit, &one, &beside, me.may(Action::SendLetters) && !is_asked))
        (preview(&visit, &one))
    };
    Ok(shell::page(&visit, &me, &one.draft.title, &main))
}

fn standing(visit: &Visit, one: &Dispatch) -> Markup {
    let draft = &one.draft;
    html! {
        (facts(&[
            (visit.say("letters-state"), html! { (visit.say(&format!("letters-state-{}", one.state.word()))) }),
            (visit.say("letters-sender"), html! { (one.sender) }),
            (visit.say("letters-importance"), html! { (visit.say(&format!("portal-letter-{}", draft.importance.word()))) }),
            (visit.say("letters-law"), html! { (visit.say(&format!("letters-law-{}", draft.law().word().replace('_', "-")))) }),
            (visit.say("letters-class"), html! { (draft.class) }),
            (visit.say("letters-recipients"), html! { (one.total) }),
            (visit.say("letters-stage"), html! { (one.stage) " % · " (one.done) " / " (one.total) }),
            (visit.say("letters-placed"), html! { (one.placed) }),
            (visit.say("letters-on-paper"), html! { (one.on_paper) }),
            (visit.say("letters-unreached"), html! { (one.unreached) }),
        ]))
        progress max=(one.total.max(1)) value=(one.done) aria-label=(visit.say("letters-stage")) {}
        @if let (Some(until), Standing::Sending) = (one.hold_until, one.state) {
            (alert(visit.language, AlertKind::Info, &html! {
                p { (visit.say_with("letters-holding", &[("until", ui::dates::instant(visit.language, until).into())])) }
            }))
        }
        @if one.released_at.is_some() {
            p { a href=(format!("{PATH}/{}/receipt.pdf", one.id)) { (visit.say("letters-receipt-open")) } }
        }
        @if draft.action == Some(Act::Reply) && one.released_at.is_some() {
            p { a href=(format!("{PATH}/{}/replies", one.id)) { (visit.say("letters-replies")) } }
        }
        @if one.on_paper > 0 { p { a href=(format!("{PATH}/{}/paper", one.id)) { (visit.say("letters-paper-open")) } } }
    }
}

fn may_do(visit: &Visit, me: &SignedIn, one: &Dispatch, is_asked: bool) -> Markup {
    let at = |what: &str| format!("{PATH}/{}/{what}", one.id);
    let simple =
        |what: &str, key: &str, kind| one_button(&at(what), &visit.csrf(&at(what)), kind, &visit.say(key), None);
    let is_out = one.released_at.is_some() && one.state != Standing::Recalled;
    html! {
        @if me.may(Action::SendLetters) {
            @if one.state == Standing::Complete && is_asked { p class="hint" { (visit.say("letters-asked")) " " a href="/staff/approvals" { (visit.say("staff-nav-approvals")) } } }
            @if one.state == Standing::Complete && !is_asked { (said_form(visit, &at("ask"), "letters-ask", "letters-ask-why", ButtonKind::Primary)) }
            div class="buttons" {
                @if one.state == Standing::Sending { (simple("stop", "letters-stop", ButtonKind::Danger)) }
                @if one.state == Standing::Stopped { (simple("go-on", "letters-go-on", ButtonKind::Primary)) }
            }
            @if is_out { details { summary { (visit.say("letters-recall")) }
                p { (visit.say("letters-recall-how")) }
                (said_form(visit, &at("recall"), "letters-recall", "letters-recall-why", ButtonKind::Danger))
            } }
        }
    }
}

fn said_form(visit: &Visit, action: &str, key: &str, label: &str, kind: ButtonKind) -> Markup {
    let label = visit.say(label);
    html! {
        form method="post" action=(action) class="card" {
            (visit.csrf(action))
            (field(visit.language, &Field { name: "reason", label: &label, required: true, max_length: Some(200), autocomplete: Some("off"), ..Field::default() }))
            (button(kind, &visit.say(key)))
        }
    }
}

fn faulty(visit: &Visit, one: &Dispatch, faults: &[Fault]) -> Markup {
    let rows: Vec<_> = faults.iter().map(|(line, why)| vec![html! { (line) }, html! { (why) }]).collect();
    html! {
        @if one.refused > 0 {
            (alert(visit.language, AlertKind::Warning, &html! { p { (visit.say_with("letters-faults", &[("n", one.refused.into())])) } }))
            (visit.table(&visit.say("letters-faults-title"), &["letters-line", "letters-reason"], &rows))
        }
    }
}

/// As people will see it, in each language it has.
pub fn preview(visit: &Visit, one: &Dispatch) -> Markup {
    let body = &one.draft.body;
    let parts =
        [("ja", "日本語", &body.japanese), ("ja", "やさしい日本語", &body.easy), ("en", "English", &body.english)];
    html! {
        section {
            h2 { (visit.say("letters-preview")) }
            @for (code, name, blocks) in parts { @if !blocks.is_empty() {
                article class="card" lang=(code) {
                    h3 { (name) ": " (one.draft.title) }
                    @for block in blocks { (draw(block, visit)) }
                }
            } }
            @if one.draft.importance == Importance::Emergency {
                (alert(visit.language, AlertKind::Warning, &html! { p { (visit.say("letters-emergency-how")) } }))
            }
        }
    }
}

fn address(id: Id) -> String {
    format!("{PATH}/{id}")
}

/// `POST …/ask`: a second person is asked for.
pub async fn ask(
    State(app): State<Arc<App>>,
    me: SignedIn,
    Path(id): Path<String>,
    fields: Fields,
) -> Result<Response, Failure> {
    let (id, reason) = (shell::id(&id)?, shell::reason(&fields, "reason")?);
    shell::change(&app, &address(id), "staff-done-letters-asked", move |tx, seams| {
        two_persons::ask(tx, seams, &me.account, Deed::ReleaseLetters(id), &reason).map(drop)
    })
    .await
}

/// Notices have pages of their own.
fn no_notice(tx: &mut store::Tx<'_>, id: Id) -> Result<(), DispatchError> {
    dispatch::get(tx, id)?.filter(|one| one.sender != dispatch::RECHECKED).map(drop).ok_or(DispatchError::Unknown)
}

/// `POST …/stop`.
pub async fn stop(State(app): State<Arc<App>>, me: SignedIn, Path(id): Path<String>) -> Result<Response, Failure> {
    let id = shell::id(&id)?;
    shell::change(&app, &address(id), "staff-done-letters-stopped", move |tx, seams| {
        no_notice(tx, id)?;
        dispatch::halt(tx, seams, &me.actor(), id, true)
    })
    .await
}

/// `POST …/go-on`.
pub async fn go_on(State(app): State<Arc<App>>, me: SignedIn, Path(id): Path<String>) -> Result<Response, Failure> {
    let id = shell::id(&id)?;
    shell::change(&app, &address(id), "staff-done-letters-going-on", move |tx, seams| {
        no_notice(tx, id)?;
        dispatch::halt(tx, seams, &me.actor(), id, false)
    })
    .await
}

/// `POST …/recall`: one person alone, at once; the reason is shown to whoever has read it.
pub async fn recall(
    State(app): State<Arc<App>>,
    me: SignedIn,
    Path(id): Path<String>,
    fields: Fields,
) -> Result<Response, Failure> {
    let (id, reason) = (shell::id(&id)?, shell::reason(&fields, "reason")?);
    shell::change::<DispatchError, _>(&app, &address(id), "staff-done-letters-recalled", move |tx, seams| {
        no_notice(tx, id)?;
        dispatch::recall(tx, seams, &me.actor(), id, &reason)
    })
    .await
}
