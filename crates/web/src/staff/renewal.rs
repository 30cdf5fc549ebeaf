//! A renewed card in the place of an old one, at the counter: the new card proves itself with its PIN, a fresh signature
//! brings the four attributes as certified, they are compared with the register, and an officer confirms.
//!
//! ```text
//!   a resident's cards ─► this one was renewed ─► agent: PIN, then password over a statement that is shown there
//!        ─► certificate · signature: chain, policy, status, of one card ─► compared with the entry that is open
//!        ─► waits for an officer: opens nothing ─► confirmed: old → superseded    declined: ended
//! ```

use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Json, Response};
use base::{Id, Kind, Seams};
use maud::{Markup, html};
use pki::agent::{PresignedSigner, Verb};
use pki::challenge::VerifiedCard;
use pki::resident_signature::{Judge, SignedByResident};
use serde_json::json;
use tools::access::{self, Actor};
use tools::credentials::CredentialError;
use tools::credentials::renewal::{self, Comparison, Request, Waiting};
use tools::register::{self as residents, RegisterError};
use tools::staff::Action;
use tools::{Inside, ResidentId};
use ui::form::{ButtonKind, one_button};
use ui::notice::{AlertKind, chip};
use ui::table::{count, empty_state};

use super::desk::{self, Desk};
use super::{register, shell};
use crate::agents::{Counterpart, Opened, bound_to, pages, wording};
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::form::Fields;
use crate::kiosk::{Place, card_sentence};
use crate::routes::{Routes, Rule};
use crate::visit::{SignedIn, Visit};

const PATH: &str = "/staff/renewals";

/// Its routes.
pub fn routes() -> Routes {
    let manage = Rule::Staff(Action::ManageCredentials);
    Routes::new()
        .get("/staff/person/{view}/cards/{card}/renew", manage, page)
        .post("/staff/person/{view}/cards/{card}/renew/ask", manage, ask)
        .post("/staff/person/{view}/cards/{card}/renew/answer", manage, answer)
        .get(PATH, manage, list)
        .post("/staff/renewals/{renewal}/confirm", manage, confirm)
        .post("/staff/renewals/{renewal}/decline", manage, decline)
}

async fn page(
    State(app): State<Arc<App>>,
    visit: Visit,
    me: SignedIn,
    Path((view, card)): Path<(String, String)>,
) -> Result<Response, Failure> {
    let (id, _) = (shell::id(&view)?, shell::id(&card)?);
    let (inside, key) = (app.inside()?.clone(), me.session.key.clone());
    let (desk, _) = blocking(move || register::opened(&inside, &key, id)).await?;
    let port = app.counterpart()?.port;
    let (cards, here) = (format!("/staff/person/{view}/cards"), format!("/staff/person/{view}/cards/{card}/renew"));
    let (ask, answer) = (format!("{here}/ask"), format!("{here}/answer"));
    let main = html! {
        (desk::bar(&visit, &desk))
        p { (visit.say("staff-renew-how")) }
        div data-verbs="identify sign-document" { (pages::asking(&visit, port, &ask, &answer, "staff-renew-button")) }
        div class="buttons" { a href=(PATH) { (visit.say("staff-renewals-title")) } a href=(cards) { (visit.say("page-back")) } }
    };
    Ok(pages::page_with_agent(&visit, &me, &visit.say("staff-renew-title"), port, &main))
}

/// What the holder signs, in Japanese: shown by the agent before the password can be typed.
const STATEMENT: Statement = Statement {
    purpose: "agent-purpose-renew",
    title: "カードの更新の登録",
    wish: "わたしは、更新したカードを、前のカードの代わりに登録することを申し込みます。",
};

/// A statement by which the holder of a card asks for something at the counter.
pub(super) struct Statement {
    /// What the pad says it is for: the key of its sentence.
    pub purpose: &'static str,
    /// What it is called, after the city's name.
    pub title: &'static str,
    /// What the holder wants.
    pub wish: &'static str,
}

impl Statement {
    /// As the agent is asked to have it signed. No two have the same bytes: a signature that was overheard, or made
    /// years ago, is none over this one.
    fn verb(&self, city: &str, seams: &Seams) -> Verb {
        let compared = "市は、署名用電子証明書の氏名・住所・生年月日・性別を住民の記録と比べます。";
        let at = ui::dates::instant(ui::Language::Japanese, seams.now());
        let once = format!("{at} 受付番号 {}", seams.random_id());
        let (title, lines) = (format!("{city} {}", self.title), vec![self.wish.to_owned(), compared.to_owned(), once]);
        let digest = sha256(&content(&title, &lines));
        Verb::SignDocument { title, lines, digest }
    }

    /// What the page asks the agent for: first who taps, then the statement.
    pub(super) fn asked(&self, fields: &Fields, inside: &Inside) -> Result<Verb, Failure> {
        match fields.get("verb") {
            "identify" => Ok(Verb::Identify),
            "sign-document" => Ok(self.verb(&inside.profile.name, &inside.seams)),
            _ => Err(Failure::of(Kind::Invalid)),
        }
    }
}

/// The bytes that are signed: the title and the lines, each on a line of its own.
fn content(title: &str, lines: &[String]) -> Vec<u8> {
    [&[title.to_owned()], lines].concat().join("\n").into_bytes()
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    let hash = digest(&SHA256, bytes);
    std::array::from_fn(|at| hash.as_ref()[at])
}

async fn ask(
    State(app): State<Arc<App>>,
    me: SignedIn,
    Path((view, _)): Path<(String, String)>,
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

/// The new certificate, proved with its PIN.
fn proved(inside: &Inside, place: &Place, opened: &Opened) -> Result<VerifiedCard, Failure> {
    let issuer = &place.issuer;
    opened.verify(&issuer.anchors, &*issuer.status, inside.seams.now()).map_err(|refusal| {
        Failure::saying(Kind::Refused, card_sentence(&refusal)).with("counter", inside.profile.counter.clone())
    })
}

/// Who signed the statement.
fn signed(inside: &Inside, place: &Place, opened: &Opened) -> Result<SignedByResident, Failure> {
    let no = || Failure::saying(Kind::Refused, "staff-renew-not-signed");
    let Verb::SignDocument { title, lines, .. } = &opened.request.request.verb else { return Err(no()) };
    let cms =
        PresignedSigner::new(&opened.request, &opened.answer).and_then(|signer| signer.cms()).map_err(|_| no())?;
    let now = inside.seams.now();
    let judge = Judge { anchors: &place.issuer.anchors, status: &*place.issuer.status, now };
    judge.detached(&cms, &content(title, lines), now).map_err(|refusal| {
        tracing::info!(%refusal, "a statement was not signed as it must be");
        no()
    })
}

/// The new certificate, and how the four attributes of the signed statement compare with the entry that is open. One card
/// gave both: the attributes of one say nothing of whoever tapped with another.
#[expect(clippy::too_many_arguments, reason = "what was asked, at which counter, of whom: each is another thing")]
pub(super) fn proved_and_compared(
    inside: &Inside,
    counterpart: &Counterpart,
    place: &Place,
    bound: &[u8; 32],
    statement: &Statement,
    fields: &Fields,
    desk: &Desk,
    actor: &Actor,
    resident: &ResidentId,
) -> Result<(VerifiedCard, Comparison), Failure> {
    let purpose = wording(statement.purpose);
    let open = |request: &str, answer: &str| {
        let opened = counterpart.open(inside, bound, &purpose, fields.get(request), fields.get(answer))?;
        opened.map_err(|no| Failure::saying(Kind::Refused, no.key()))
    };
    let (who, statement) = (open("request", "answer")?, open("signed_request", "signed_answer")?);
    let new = proved(inside, place, &who)?;
    let by = signed(inside, place, &statement)?;
    if !statement.answer.is_of_the_card_of(&who.answer) {
        return Err(Failure::saying(Kind::Refused, "staff-renew-two-cards"));
    }
    let purpose = desk.purpose(register::PERSON_ITEMS)?;
    let (seams, subject, reader) = (inside.seams.clone(), resident.clone(), actor.clone());
    let entry = inside.store.write::<_, RegisterError, _>(move |tx| {
        let access = access::person(tx, &seams, &reader, &purpose, &subject)?;
        match residents::resident(tx, &access) {
            Err(RegisterError::NotFound) => Ok(None),
            found => found.map(Some),
        }
    })?;
    let entry = entry.ok_or_else(|| Failure::saying(Kind::NotFound, "staff-no-resident"))?;
    Ok((new, renewal::compare(&by.identity, &entry)))
}

async fn answer(
    State(app): State<Arc<App>>,
    visit: Visit,
    me: SignedIn,
    Path((view, card)): Path<(String, String)>,
    fields: Fields,
) -> Result<Response, Failure> {
    fields.only(&["request", "answer", "signed_request", "signed_answer"])?;
    let (id, old) = (shell::id(&view)?, shell::id(&card)?);
    let (inside, counterpart, key) = (app.inside()?.clone(), app.counterpart()?.clone(), me.session.key.clone());
    let place = app.kiosk.clone().ok_or_else(|| Failure::of(Kind::Unavailable))?;
    let (bound, actor) = (bound_to(&me.session), me.actor());
    blocking(move || {
        let (desk, resident) = register::opened(&inside, &key, id)?;
        let (new, comparison) =
            proved_and_compared(&inside, &counterpart, &place, &bound, &STATEMENT, &fields, &desk, &actor, &resident)?;
        let (seams, vault) = (inside.seams.clone(), inside.vault.clone());
        let asked = inside.store.write::<_, CredentialError, _>(move |tx| {
            let request = Request { resident: &resident, old, card: &new, comparison: &comparison };
            renewal::ask(tx, &vault, &seams, &actor, &request)
        })?;
        asked.map_err(|refusal| Failure::saying(refusal.kind(), refused(&refusal)))
    })
    .await?;
    Ok(Json(json!({ "message": visit.say("staff-renew-asked") })).into_response())
}

fn refused(refusal: &renewal::RenewalRefusal) -> &'static str {
    use renewal::RenewalRefusal;
    match refusal {
        RenewalRefusal::Differs => "staff-renew-differs",
        RenewalRefusal::NoSuchCredential | RenewalRefusal::NotStaff => "staff-card-changed",
        RenewalRefusal::Link(tools::credentials::LinkRefusal::AnotherPerson) => "staff-card-linked-another",
        RenewalRefusal::Link(_) | RenewalRefusal::Decided => "staff-renew-known",
    }
}

const fn undecided(refusal: renewal::RenewalRefusal) -> &'static str {
    match refusal {
        // Reported lost or ended while it waited: to be declined.
        renewal::RenewalRefusal::NoSuchCredential => "staff-renew-gone",
        _ => "staff-renew-decided",
    }
}

async fn list(State(app): State<Arc<App>>, visit: Visit, me: SignedIn) -> Result<Response, Failure> {
    let inside = app.inside()?.clone();
    let waiting = blocking(move || Ok(inside.store.read(renewal::waiting)?)).await?;
    let rows: Vec<Vec<Markup>> = waiting.iter().map(|one| row(&visit, one)).collect();
    let title = visit.say("staff-renewals-title");
    let headings = ["staff-renewals-asked", "staff-renewals-compared", "staff-renewals-whose", "staff-what-to-do"];
    let main = html! {
        (shell::said(&visit))
        p { (visit.say("staff-renewals-how")) }
        (count(visit.language, rows.len()))
        @if rows.is_empty() { (empty_state(&visit.say("staff-renewals-none"), &visit.say("staff-renewals-none-how"))) }
        @else { (visit.table(&title, &headings, &rows)) }
    };
    Ok(shell::page(&visit, &me, &title, &main))
}

fn row(visit: &Visit, one: &Waiting) -> Vec<Markup> {
    let act = |path: &str, kind, key: &str| {
        let action = format!("{PATH}/{}/{path}", one.id);
        one_button(&action, &visit.csrf(&action), kind, &visit.say(key), None)
    };
    let compared = match one.has_substitutes {
        true => chip(AlertKind::Warning, &visit.say("staff-renewals-substitutes")),
        false => chip(AlertKind::Success, &visit.say("staff-renewals-same")),
    };
    let whose = html! {
        (visit.csrf("/staff/person"))
        input type="hidden" name="resident" value=(one.resident.as_str());
    };
    vec![
        html! { (ui::dates::instant(visit.language, one.asked_at)) },
        compared,
        html! { (one_button("/staff/person", &whose, ButtonKind::Secondary, &visit.say("staff-open"), None)) },
        html! { div class="buttons" {
            (act("confirm", ButtonKind::Primary, "staff-renewals-confirm"))
            (act("decline", ButtonKind::Danger, "staff-renewals-decline"))
        } },
    ]
}

async fn confirm(State(app): State<Arc<App>>, me: SignedIn, Path(id): Path<String>) -> Result<Response, Failure> {
    decide(&app, &me, &id, true, "staff-done-renewal-confirmed").await
}

async fn decline(State(app): State<Arc<App>>, me: SignedIn, Path(id): Path<String>) -> Result<Response, Failure> {
    decide(&app, &me, &id, false, "staff-done-renewal-declined").await
}

async fn decide(
    app: &Arc<App>,
    me: &SignedIn,
    id: &str,
    is_confirmed: bool,
    done: &'static str,
) -> Result<Response, Failure> {
    let (id, inside, actor) = (shell::id(id)?, app.inside()?.clone(), me.actor());
    let decided = blocking(move || {
        let seams = inside.seams.clone();
        Ok(inside.store.write(move |tx| renewal::decide(tx, &seams, &actor, id, is_confirmed))?)
    })
    .await?;
    match decided {
        Ok(()) => Ok(shell::done(PATH, done)),
        Err(refusal) => Err(Failure::saying(refusal.kind(), undecided(refusal)).next(PATH, "staff-renewals-title")),
    }
}

#[cfg(test)]
mod tests {
    use base::Timestamp;

    use super::*;

    #[test]
    fn no_two_statements_have_the_same_bytes_and_each_says_when_it_was_made() {
        let (seams, _) = Seams::simulated(Timestamp::from_seconds(1_795_000_000), 1);
        let parts = |verb| match verb {
            Verb::SignDocument { title, lines, digest } => (title, lines, digest),
            Verb::Identify | Verb::Application { .. } => panic!("a statement is signed"),
        };
        let [one, other] = [(); 2].map(|()| parts(STATEMENT.verb("見本市", &seams)));
        assert_ne!(one.2, other.2);
        assert_eq!(one.2, sha256(&content(&one.0, &one.1)), "what is shown is what is signed");
        assert!(one.1.iter().any(|line| line.contains("受付番号") && line.contains("2026年")), "{:?}", one.1);
    }
}
