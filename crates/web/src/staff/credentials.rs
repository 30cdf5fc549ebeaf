//! A resident's cards, tags and codes: what there is, stopping one by telephone, letting one go on with the holder present.
//!
//! ```text
//!   opened entry (view) ─► cards: disclosed ─┬─► on hold · lost     (the holder may call: at once)
//!                                            └─► may be used again   (the holder stands here)
//! ```

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use base::Kind;
use maud::{Markup, html};
use tools::access::{self, Item, ResidentId};
use tools::credentials::{self, CredentialError, CredentialStatus, Listed, Release};
use tools::staff::Action;
use ui::form::{ButtonKind, one_button};
use ui::notice::{AlertKind, chip};
use ui::table::{count, empty_state};

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
        .get("/staff/person/{view}/cards", manage, page)
        .post("/staff/person/{view}/cards/{card}/stop", manage, stop)
        .post("/staff/person/{view}/cards/{card}/resume", manage, resume)
}

impl From<CredentialError> for Failure {
    fn from(error: CredentialError) -> Self {
        match error {
            CredentialError::Store(error) => error.into(),
            CredentialError::Access(error) => error.into(),
            error @ CredentialError::Vault(_) => {
                tracing::error!(%error, "the key store did not answer");
                Self::of(error.kind())
            }
        }
    }
}

/// Where the cards of an opened entry are.
pub(super) fn address(view: &str) -> String {
    format!("/staff/person/{view}/cards")
}

async fn page(
    State(app): State<Arc<App>>,
    visit: Visit,
    me: SignedIn,
    Path(view): Path<String>,
) -> Result<Response, Failure> {
    let id = shell::id(&view)?;
    let (inside, key, actor) = (app.inside()?.clone(), me.session.key.clone(), me.actor());
    let (desk, listed) = blocking(move || {
        let (desk, resident) = register::opened(&inside, &key, id)?;
        let purpose = desk.purpose(&[Item::Credential])?;
        let (seams, vault) = (inside.seams.clone(), inside.vault.clone());
        let listed = inside.store.write::<_, CredentialError, _>(move |tx| {
            let access = access::person(tx, &seams, &actor, &purpose, &resident)?;
            credentials::list(tx, &vault, &access, &resident)
        })?;
        Ok((desk, listed))
    })
    .await?;
    let rows: Vec<Vec<Markup>> = listed.iter().map(|one| row(&visit, &view, one)).collect();
    let headings = ["staff-card-kind", "staff-state", "staff-card-linked", "staff-card-last-tap", "staff-what-to-do"];
    let title = visit.say("staff-cards-title");
    let main = html! {
        (desk::bar(&visit, &desk))
        (shell::said(&visit))
        (count(visit.language, rows.len()))
        @if rows.is_empty() { (empty_state(&visit.say("staff-cards-none"), &visit.say("staff-cards-none-how"))) }
        @else { (visit.table(&title, &headings, &rows)) }
        p class="hint" { (visit.say("staff-cards-how")) }
        div class="buttons" {
            a class="button button-secondary" href=(format!("{}/link", address(&view))) { (visit.say("staff-card-link")) }
            a class="button button-secondary" href=(format!("{}/hand-out", address(&view))) { (visit.say("staff-hand-out-title")) }
            a href=(format!("/staff/person/{view}")) { (visit.say("staff-back-to-person")) } }
    };
    Ok(shell::page(&visit, &me, &title, &main))
}

fn row(visit: &Visit, view: &str, one: &Listed) -> Vec<Markup> {
    let instant = |at| ui::dates::instant(visit.language, at);
    let state = match one.status {
        CredentialStatus::Active => AlertKind::Success,
        CredentialStatus::OnHold => AlertKind::Warning,
        _ => AlertKind::Error,
    };
    vec![
        html! { (visit.say(one.kind.word()))
        @if let Some(mark) = &one.mark { br; small { (visit.known_by(one.kind.word(), mark)) } }
        @if one.is_enrolled_for_taps { br; small { (visit.say("staff-card-taps")) } } },
        html! { (chip(state, &visit.say(one.status.word()))) br; small { (instant(one.since)) } },
        // The last day on which it works, not the midnight that ends it.
        html! { (instant(one.enrolled_at)) br; small { (ui::dates::date(visit.language, one.valid_until.plus_seconds(-1).date_in_japan()))
        (visit.say("staff-card-until")) } },
        html! { (one.last_tap.map_or_else(|| visit.say("staff-never"), instant)) },
        html! { div class="buttons" { (buttons(visit, view, one)) } },
    ]
}

fn buttons(visit: &Visit, view: &str, one: &Listed) -> Markup {
    let about = visit.say(one.kind.word());
    let act = |path: &str, kind, key: &str, how: Option<&str>| {
        let action = format!("{}/{}/{path}", address(view), one.id);
        let hidden = html! {
            (visit.csrf(&action))
            @if let Some(how) = how { input type="hidden" name="how" value=(how); }
        };
        one_button(&action, &hidden, kind, &visit.say(key), Some(&about))
    };
    let take_back = |why: Release| {
        let action = format!("{}/{}/take-back", address(view), one.id);
        let hidden = html! { (visit.csrf(&action)) input type="hidden" name="why" value=(why.code()); };
        one_button(
            &action,
            &hidden,
            ButtonKind::Danger,
            &visit.say(&format!("staff-hand-back-{}", why.code())),
            Some(&about),
        )
    };
    html! {
        @if one.kind.has_certificate() && one.status.may_become(CredentialStatus::Superseded) {
            a class="button button-secondary" href=(format!("{}/{}/renew", address(view), one.id)) { (visit.say("staff-renew-link")) }
        }
        @if one.status.may_become(CredentialStatus::OnHold) {
            (act("stop", ButtonKind::Secondary, "staff-card-hold", Some("hold")))
        }
        @if one.status.may_become(CredentialStatus::Lost) {
            (act("stop", ButtonKind::Danger, "staff-card-lost", Some("lost")))
        }
        @if one.kind.may_be_handed_on() && one.status != CredentialStatus::Ended {
            details {
                summary { (visit.say("staff-hand-back")) }
                p { (visit.say("staff-hand-back-how")) }
                @for why in Release::ALL { (take_back(why)) }
            }
        }
        @if one.status.may_become(CredentialStatus::Active) {
            details {
                summary { (visit.say("staff-card-resume")) }
                p { (visit.say("staff-card-resume-how")) }
                (act("resume", ButtonKind::Primary, "staff-card-resume", None))
            }
        }
    }
}

/// Changes a credential of the resident whose entry is open.
pub(super) async fn change(
    app: &Arc<App>,
    me: &SignedIn,
    view: String,
    card: String,
    done: &'static str,
    act: impl Fn(&mut store::Tx<'_>, &base::Seams, &access::Actor, &ResidentId, base::Id) -> Result<bool, CredentialError>
    + Send
    + 'static,
) -> Result<Response, Failure> {
    let (id, card) = (shell::id(&view)?, shell::id(&card)?);
    let (inside, key, actor) = (app.inside()?.clone(), me.session.key.clone(), me.actor());
    let changed = blocking(move || {
        let (_, resident) = register::opened(&inside, &key, id)?;
        let seams = inside.seams.clone();
        Ok(inside.store.write(move |tx| act(tx, &seams, &actor, &resident, card))?)
    })
    .await?;
    match changed {
        true => Ok(shell::done(&address(&view), done)),
        // Somebody was faster, or the card is another's.
        false => {
            Err(Failure::saying(Kind::Conflict, "staff-card-changed").next("/staff/register", "staff-nav-register"))
        }
    }
}

async fn stop(
    State(app): State<Arc<App>>,
    me: SignedIn,
    Path((view, card)): Path<(String, String)>,
    fields: Fields,
) -> Result<Response, Failure> {
    let (next, done) = match fields.get("how") {
        "hold" => (CredentialStatus::OnHold, "staff-done-card-held"),
        "lost" => (CredentialStatus::Lost, "staff-done-card-lost"),
        _ => return Err(Failure::of(Kind::Invalid)),
    };
    change(&app, &me, view, card, done, move |tx, seams, actor, resident, card| {
        credentials::set_status(tx, seams, actor, resident, card, next)
    })
    .await
}

async fn resume(
    State(app): State<Arc<App>>,
    me: SignedIn,
    Path((view, card)): Path<(String, String)>,
) -> Result<Response, Failure> {
    change(&app, &me, view, card, "staff-done-card-resumed", credentials::resume).await
}
