//! Applying for one's family register here (本籍地利用登録) at a PC whose card reader an agent serves: no software of one's
//! own, no files.
//!
//! ```text
//!  /registration: 本籍, 筆頭者 ─► agent: PIN, the card proves itself ─► the statement, which names that card
//!     ─► agent: shown, then the password ─► one card gave both? ─► pile, and a receipt number
//! ```
//! The page is of the outside and holds nothing; these two addresses are of the inside, which has the keys that agents
//! answer to. Nobody is signed in: request and answer belong to a browser by a cookie that means nothing else.

use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Json, Response};
use base::{Id, Kind};
use maud::{Markup, html};
use pki::agent::{PresignedSigner, Verb, Wording};
use pki::jpki_profile::{CertificateKind, judge};
use pki::resident_signature::{Judge, SignedByResident};
use serde_json::json;
use tools::Inside;
use tools::access::Actor;
use tools::family_register::registration::remote::{ReceiptHash, give_receipt};
use tools::family_register::registration::{
    self, Application, RegistrationError, RegistrationRefusal, Statement, StatementError,
};
use ui::form::required_mark;

use super::{Counterpart, NotTaken, Opened, ReachesAgent, pages, wording};
use crate::app::{App, blocking};
use crate::assets;
use crate::error::Failure;
use crate::form::Fields;
use crate::kiosk::{Place, card_sentence};
use crate::routes::{Routes, Rule};
use crate::session::{self, Secret};
use crate::visit::Visit;

const ASK: &str = "/registration/card/ask";
const ANSWER: &str = "/registration/card/answer";
/// What the pad says it is for.
const PURPOSE: &str = "agent-purpose-registration";
/// Bytes of a line that an agent shows.
const LINE_BYTES: usize = 600;

pub(super) fn routes() -> Routes {
    Routes::new().post(ASK, Rule::Public, ask).post(ANSWER, Rule::Public, answer)
}

/// The sentence for what was typed.
pub(crate) const fn typed_sentence(error: StatementError) -> &'static str {
    match error {
        StatementError::Empty => "registration-typed-empty",
        StatementError::TooLong => "registration-typed-long",
        StatementError::IndividualNumber => "registration-typed-number",
    }
}

const fn cookie_name(is_https: bool) -> &'static str {
    if is_https { "__Host-yakuba-registration" } else { "yakuba-registration" }
}

fn secret_of(app: &App, headers: &HeaderMap) -> Option<Secret> {
    session::cookie(headers, cookie_name(app.settings.is_https)).and_then(Secret::parse)
}

/// What a request of this browser is bound to.
fn bound_to(secret: &Secret) -> [u8; 32] {
    let hash = digest(&SHA256, &[b"yakuba-agent-registration-v1".as_slice(), secret.bytes()].concat());
    std::array::from_fn(|at| hash.as_ref()[at])
}

/// The port of the agents, where this process can talk to one.
pub(crate) fn port(app: &App) -> Option<u16> {
    (app.inside.is_some() && app.kiosk.is_some()).then_some(app.agents.as_ref()?.port)
}

/// 本籍 and 筆頭者, and the button that has the card at this PC sign.
pub(crate) fn form(visit: &Visit, port: u16) -> Markup {
    // The page has fields of these names once more, for files: so these have ids of their own.
    let text = |name: &str, label: &str, longest: u32| {
        let id = format!("card-{name}");
        html! {
            div class="field" {
                label for=(id) { (visit.say(label)) (required_mark(visit.language)) }
                p class="hint" id=(format!("{id}-hint")) { (visit.say(&format!("{label}-hint"))) }
                input id=(id) type="text" name=(name) required autocomplete="off" maxlength=(longest)
                    aria-describedby=(format!("{id}-hint"));
            }
        }
    };
    html! {
        div id="agent-fields" {
            (text("domicile", "registration-domicile", 200))
            (text("head", "registration-head", 120))
        }
        div data-verbs="identify sign-document" { (pages::asking(visit, port, ASK, ANSWER, "registration-card-go")) }
    }
}

/// Lets the page reach the agent, and gives the browser what its requests are bound to.
pub(crate) fn dress(app: &App, headers: &HeaderMap, port: u16, response: &mut Response) {
    response.extensions_mut().insert(ReachesAgent(port));
    if secret_of(app, headers).is_none() {
        let (name, secret) = (cookie_name(app.settings.is_https), Secret::fresh(&app.seams));
        session::give(response, &session::set_cookie(name, &secret.cookie_value(), app.settings.is_https));
    }
}

/// The script of the page.
pub(crate) fn script() -> &'static str {
    assets::path("agent.js")
}

fn refused(key: &'static str) -> Failure {
    Failure::saying(Kind::Refused, key)
}

/// What both addresses need.
struct Means {
    inside: Inside,
    counterpart: Arc<Counterpart>,
    place: Arc<Place>,
    bound: [u8; 32],
    purpose: Wording,
}

impl Means {
    fn of(app: &App, headers: &HeaderMap) -> Result<Self, Failure> {
        let secret = secret_of(app, headers).ok_or_else(|| refused(NotTaken::OtherSession.key()))?;
        Ok(Self {
            inside: (**app.inside()?).clone(),
            counterpart: app.counterpart()?.clone(),
            place: app.kiosk.clone().ok_or_else(|| Failure::of(Kind::Unavailable))?,
            bound: bound_to(&secret),
            purpose: wording(PURPOSE),
        })
    }

    /// The statement as it is signed, once it is known which card it names.
    fn statement(&self, fields: &Fields, card: &pki::CertificateId) -> Result<Statement, Failure> {
        let statement = Statement::new(&self.inside.profile.name, fields.get("domicile"), fields.get("head"), card);
        let statement = statement.map_err(|error| refused(typed_sentence(error)))?;
        let fits = statement.lines().iter().all(|line| line.len() <= LINE_BYTES);
        if fits { Ok(statement) } else { Err(refused(typed_sentence(StatementError::TooLong))) }
    }

    /// What the agent is asked for second: the statement, which names the card that proved itself a moment ago. Its answer
    /// is judged when both are brought.
    fn to_be_signed(&self, fields: &Fields) -> Result<Verb, Failure> {
        let (request, answer) = (fields.get("request"), fields.get("answer"));
        let seen = self.counterpart.look(&self.inside, &self.bound, &self.purpose, request, answer)?;
        let seen = seen.map_err(|no| refused(no.key()))?;
        let now = self.inside.seams.now();
        let anchors = &self.place.issuer.anchors;
        let certificate = judge(seen.answer.certificate.reveal(), CertificateKind::UserAuthentication, anchors, now);
        let certificate = certificate.map_err(|refusal| {
            tracing::info!(%refusal, "a card was not taken for a registration");
            refused("registration-pc-certificate")
        })?;
        let statement = self.statement(fields, certificate.id())?;
        let digest = sha256(&statement.content());
        Ok(Verb::SignDocument { title: statement.title().to_owned(), lines: statement.lines(), digest })
    }

    fn opened(&self, request: &str, answer: &str) -> Result<Opened, Failure> {
        let opened = self.counterpart.open(&self.inside, &self.bound, &self.purpose, request, answer)?;
        opened.map_err(|no| refused(no.key()))
    }

    /// Who signed this very statement.
    fn signed(&self, opened: &Opened, statement: &Statement) -> Result<SignedByResident, Failure> {
        let no = || refused("registration-not-signed");
        let content = statement.content();
        let asked =
            matches!(&opened.request.request.verb, Verb::SignDocument { digest, .. } if *digest == sha256(&content));
        if !asked {
            return Err(no());
        }
        let cms = PresignedSigner::new(&opened.request, &opened.answer).and_then(|signer| signer.cms());
        let now = self.inside.seams.now();
        let issuer = &self.place.issuer;
        let judge = Judge { anchors: &issuer.anchors, status: &*issuer.status, now };
        judge.detached(&cms.map_err(|_| no())?, &content, now).map_err(|refusal| {
            tracing::info!(%refusal, "an application was not signed as it must be");
            no()
        })
    }

    /// Judges both answers and lays the application on the pile. Answers the receipt number.
    fn apply(&self, fields: &Fields) -> Result<Id, Failure> {
        let who = self.opened(fields.get("request"), fields.get("answer"))?;
        let signed = self.opened(fields.get("signed_request"), fields.get("signed_answer"))?;
        let (issuer, now) = (&self.place.issuer, self.inside.seams.now());
        let card = who
            .verify(&issuer.anchors, &*issuer.status, now)
            .map_err(|refusal| refused(card_sentence(&refusal)).with("counter", self.inside.profile.counter.clone()))?;
        if !signed.answer.is_of_the_card_of(&who.answer) {
            return Err(refused("staff-renew-two-cards"));
        }
        let statement = self.statement(fields, &card.certificate_id)?;
        let signed = self.signed(&signed, &statement)?;
        let (inside, receipt) = (self.inside.clone(), self.inside.seams.random_id());
        let actor = Actor::System { job: "domicile-registrations" };
        let applied = self.inside.store.write::<_, RegistrationError, _>(move |tx| {
            let application = Application { statement: &statement, signed: &signed, card: &card };
            let applied = registration::apply(tx, &inside.vault, &inside.seams, &actor, &application)?;
            if let Ok(id) = applied {
                give_receipt(tx, &ReceiptHash::of(receipt), Some(id))?;
            }
            Ok(applied)
        });
        let applied = applied.map_err(|error| {
            tracing::error!(%error, "an application could not be taken");
            Failure::of(error.kind())
        })?;
        applied.map(|_| receipt).map_err(|refusal: RegistrationRefusal| {
            Failure::saying(refusal.kind(), crate::kiosk::registration_sentence(refusal))
                .with("counter", self.inside.profile.counter.clone())
        })
    }
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    let hash = digest(&SHA256, bytes);
    std::array::from_fn(|at| hash.as_ref()[at])
}

async fn ask(State(app): State<Arc<App>>, headers: HeaderMap, fields: Fields) -> Result<Response, Failure> {
    fields.only(&["agent", "verb", "domicile", "head", "request", "answer"])?;
    let means = Means::of(&app, &headers)?;
    let agent = Id::parse(fields.get("agent")).map_err(|_| Failure::saying(Kind::NotFound, "agent-staff-unknown"))?;
    let request = blocking(move || {
        let verb = match fields.get("verb") {
            "identify" => {
                // Said before anybody has typed a PIN.
                let typed = Statement::check(fields.get("domicile"), fields.get("head"));
                typed.map_err(|error| refused(typed_sentence(error)))?;
                Verb::Identify
            }
            "sign-document" => means.to_be_signed(&fields)?,
            _ => return Err(Failure::of(Kind::Invalid)),
        };
        means.counterpart.ask(&means.inside, agent, means.bound, means.purpose.clone(), verb)
    })
    .await?;
    Ok(Json(json!({ "request": request })).into_response())
}

async fn answer(
    State(app): State<Arc<App>>,
    visit: Visit,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Response, Failure> {
    fields.only(&["domicile", "head", "request", "answer", "signed_request", "signed_answer"])?;
    let means = Means::of(&app, &headers)?;
    let receipt = blocking(move || means.apply(&fields)).await?.to_string();
    let message = visit.say_with("registration-card-done", &[("receipt", receipt.as_str().into())]);
    Ok(Json(json!({ "message": message })).into_response())
}
