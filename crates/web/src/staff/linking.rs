//! Linking a resident's card at the counter: the officer has the entry open, the holder puts the card on the reader of the
//! officer's PC and types the PIN into the agent's own window.
//!
//! ```text
//!   opened entry ─► agent of this PC: PIN, then password over a statement ─► sealed answers
//!        ─► chain, policy, status, both signatures, of one card ─► the four attributes as certified = the entry that is open
//!        ─► linked, audited
//! ```
//! The attributes, and that the card that signed is the card that proved its holder, are what keeps an officer from linking
//! a card of their own to somebody else's entry. So a card without signing certificate (under 15, just moved) is not linked
//! here, nor a phone. A card that is another's, or stopped, is not either.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Json, Response};
use base::{Id, Kind};
use maud::html;
use serde_json::json;
use tools::credentials::{self, CredentialError, CredentialKind, Enrolled, Link, LinkRefusal};
use tools::staff::Action;

use super::renewal::{Statement, proved_and_compared};
use super::{desk, register, shell};
use crate::agents::{bound_to, pages, wording};
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::form::Fields;
use crate::routes::{Routes, Rule};
use crate::visit::{SignedIn, Visit};

/// Its routes.
pub fn routes() -> Routes {
    let manage = Rule::Staff(Action::ManageCredentials);
    Routes::new()
        .get("/staff/person/{view}/cards/link", manage, page)
        .post("/staff/person/{view}/cards/link/ask", manage, ask)
        .post("/staff/person/{view}/cards/link/answer", manage, answer)
}

/// What the holder signs: shown by the agent before the password can be typed.
const STATEMENT: Statement = Statement {
    purpose: "agent-purpose-link",
    title: "カードの登録",
    wish: "わたしは、このカードを、市での本人確認に使うために登録することを申し込みます。",
};

async fn page(
    State(app): State<Arc<App>>,
    visit: Visit,
    me: SignedIn,
    Path(view): Path<String>,
) -> Result<Response, Failure> {
    let (id, inside, key) = (shell::id(&view)?, app.inside()?.clone(), me.session.key.clone());
    let (desk, _) = blocking(move || register::opened(&inside, &key, id)).await?;
    let port = app.counterpart()?.port;
    let here = format!("/staff/person/{view}/cards");
    let main = html! {
        (desk::bar(&visit, &desk))
        p { (visit.say("staff-card-link-how")) }
        div data-verbs="identify sign-document" {
            (pages::asking(&visit, port, &format!("{here}/link/ask"), &format!("{here}/link/answer"), "staff-card-link-button"))
        }
        div class="buttons" { a href=(here) { (visit.say("page-back")) } }
    };
    Ok(pages::page_with_agent(&visit, &me, &visit.say("staff-card-link-title"), port, &main))
}

async fn ask(
    State(app): State<Arc<App>>,
    me: SignedIn,
    Path(view): Path<String>,
    fields: Fields,
) -> Result<Response, Failure> {
    fields.only(&["agent", "verb"])?;
    let id = shell::id(&view)?;
    let (inside, counterpart, key) = (app.inside()?.clone(), app.counterpart()?.clone(), me.session.key.clone());
    let agent = Id::parse(fields.get("agent")).map_err(|_| Failure::saying(Kind::NotFound, "agent-staff-unknown"))?;
    let verb = STATEMENT.asked(&fields, &inside)?;
    let bound = bound_to(&me.session);
    let request = blocking(move || {
        register::opened(&inside, &key, id)?;
        counterpart.ask(&inside, agent, bound, wording(STATEMENT.purpose), verb)
    })
    .await?;
    Ok(Json(json!({ "request": request })).into_response())
}

async fn answer(
    State(app): State<Arc<App>>,
    visit: Visit,
    me: SignedIn,
    Path(view): Path<String>,
    fields: Fields,
) -> Result<Response, Failure> {
    fields.only(&["request", "answer", "signed_request", "signed_answer"])?;
    let id = shell::id(&view)?;
    let (inside, counterpart, key) = (app.inside()?.clone(), app.counterpart()?.clone(), me.session.key.clone());
    // Cards are verified with the means of the certificate machines: the same anchors, the same revocation.
    let place = app.kiosk.clone().ok_or_else(|| Failure::of(Kind::Unavailable))?;
    let (bound, actor) = (bound_to(&me.session), me.actor());
    let linked = blocking(move || {
        let (desk, resident) = register::opened(&inside, &key, id)?;
        let (verified, comparison) =
            proved_and_compared(&inside, &counterpart, &place, &bound, &STATEMENT, &fields, &desk, &actor, &resident)?;
        if !comparison.may_be_confirmed() {
            return Err(Failure::saying(Kind::Conflict, "staff-renew-differs"));
        }
        let (seams, vault) = (inside.seams.clone(), inside.vault.clone());
        Ok(inside.store.write::<_, CredentialError, _>(move |tx| {
            let (kind, valid_until) = (CredentialKind::JpkiCard, verified.not_after);
            let link = Link { resident: &resident, kind, valid_until, genuineness: None };
            credentials::enrol(tx, &vault, &seams, &actor, &link, &verified.certificate_id)
        })?)
    })
    .await?;
    let key = match linked {
        Ok(Enrolled { is_new: true, .. }) => "staff-card-linked-now",
        Ok(Enrolled { is_new: false, .. }) => "staff-card-linked-before",
        Err(LinkRefusal::AnotherPerson) => return Err(Failure::saying(Kind::Conflict, "staff-card-linked-another")),
        Err(LinkRefusal::Stopped(_)) => return Err(Failure::saying(Kind::Conflict, "staff-card-linked-stopped")),
    };
    Ok(Json(json!({ "message": visit.say(key) })).into_response())
}
