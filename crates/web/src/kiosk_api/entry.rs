//! Up to the moment at which a person is known: enrolling a machine, what is offered, a card's challenge and its answer.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{FromRequest, Request, State};
use axum::http::header;
use axum::response::{IntoResponse, Json, Response};
use base::{Id, Kind};
use pki::MessageKey;
use pki::challenge::{MAX_AGE_SECONDS, PresentedCard};
use serde_json::{Value, json};
use services::convenience_certificates::actions::{self, Offer};
use services::convenience_certificates::hours::{Hours, Place, rows};
use services::convenience_certificates::kinds::family_register::is_family;
use services::convenience_certificates::{CertificateKind, Refusal, family as members_of_family};
use store::StoreError;
use tools::staff::OneTimeSecret;
use tools::terminals::keys;
use wire::kiosk_messages::{Enrol, Family, Nothing, Present};

use super::answers;
use super::call::{Call, bytes, message};
use super::desk::{Desk, Person};
use super::gate;
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::visit::Visit;

/// The protocol's document.
pub(super) async fn openapi() -> Response {
    ([(header::CONTENT_TYPE, "application/json")], super::OPENAPI).into_response()
}

/// A new machine gives its token and its key, in a request signed by that key. Every refusal about the token is the same.
pub(super) async fn enrol(State(app): State<Arc<App>>, request: Request) -> Result<Response, Failure> {
    let (parts, body) = request.into_parts();
    let body = Bytes::from_request(Request::from_parts(parts.clone(), body), &app).await;
    let body = body.map_err(|_| Failure::saying(Kind::Invalid, "error-too-large"))?;
    let Enrol { token, public_key } = message(&body)?;
    let no_key = || Failure::saying(Kind::Invalid, "kiosk-api-key-kind");
    let key = MessageKey::from_info(&bytes(&public_key).map_err(|_| no_key())?).ok_or_else(no_key)?;
    gate::proves_possession(&parts, &body, &key, app.seams.now())?;
    let (inside, token, id) = (app.inside()?.clone(), OneTimeSecret::typed(&token), key.id());
    let enrolled = blocking(move || {
        let seams = inside.seams.clone();
        Ok(inside.store.write(move |tx| keys::enrol(tx, &seams, &token, &key))?)
    })
    .await?;
    let terminal = enrolled.ok_or_else(|| Failure::saying(Kind::Gone, "kiosk-enrol-wrong"))?;
    Ok(Json(json!({
        "terminal": terminal.id.to_string(),
        "key_id": id,
        "name": terminal.name,
        "place": terminal.place,
    }))
    .into_response())
}

fn offered(visit: &Visit, offer: &Offer) -> Value {
    let opens = offer.hours.opens().map(|at| at.to_string());
    let maintenance = match &offer.hours {
        Hours::Closed { maintenance, .. } => maintenance.clone(),
        Hours::Open { .. } => None,
    };
    json!({
        "kind": offer.kind.as_str(),
        "title": visit.say(crate::kiosk::kind_name_key(offer.kind)),
        "fee_yen": offer.fee.0,
        "is_open": offer.hours.is_open(),
        "opens_at": opens,
        "maintenance": maintenance,
    })
}

/// What this machine may offer now.
pub(super) async fn offers(call: Call) -> Result<Response, Failure> {
    call.answer(|call| {
        let (issuer, terminal) = (&call.desk.issuer, call.terminal.id.to_string());
        let failed = |error| answers::beneath(&error);
        let closed = actions::closed_now(&issuer.city, issuer.fresh_minutes, &terminal).map_err(failed)?;
        let offers = actions::offers(&issuer.city, &terminal).map_err(failed)?;
        let place = issuer.city.store.read::<_, StoreError, _>(|tx| rows::place_of_terminal(tx, &terminal))?;
        let closed = closed.map(|closed| {
            let failure = answers::refused(closed.refusal);
            json!({ "code": failure.key, "message": call.visit.say(&failure.key) })
        });
        Ok(json!({
            // The stores' route is simulated, and says so wherever it is asked.
            "route": match place { Place::Store => "store-simulated", Place::WardOffice => "ward-office" },
            "is_serving": closed.is_none(),
            "closed": closed,
            "kinds": offers.iter().map(|offer| offered(&call.visit, offer)).collect::<Vec<_>>(),
        }))
    })
    .await
}

/// What a card shall sign, for this machine and moment.
pub(super) async fn challenge(call: Call, body: Bytes) -> Result<Response, Failure> {
    let Nothing {} = message(&body)?;
    call.answer(|call| {
        let (id, challenge) = call.desk.challenge(call.terminal.id);
        Ok(json!({
            "challenge": id.to_string(),
            "sign": data_encoding::BASE64.encode(&challenge.signed_bytes()),
            "ends_in_seconds": MAX_AGE_SECONDS,
        }))
    })
    .await
}

/// A card's answer: from here on the person is known, as a place in this process and never as an id.
pub(super) async fn present(call: Call, body: Bytes) -> Result<Response, Failure> {
    let Present { challenge, certificate, signature } = message(&body)?;
    let (certificate, signature) = (bytes(&certificate)?, bytes(&signature)?);
    call.answer(move |call| {
        let desk: &Desk = &call.desk;
        if !desk.has_room() {
            return Err(Failure::saying(Kind::Unavailable, "kiosk-api-full").after_seconds(60));
        }
        let ours = Id::parse(&challenge).ok().and_then(|id| desk.challenge_back(id));
        let ours = ours.ok_or_else(|| Failure::saying(Kind::Gone, "kiosk-api-challenge"))?;
        let (issuer, terminal) = (&desk.issuer, call.terminal.id);
        let card = PresentedCard { certificate: &certificate, signature: &signature };
        let applicant =
            issuer.identify(card, &ours, &terminal.to_string()).map_err(|error| answers::unknown(&error))?;
        let applicant = applicant.map_err(|no| answers::card(&no))?;
        // Whoever lives elsewhere has no household in the register of residents.
        let members = if applicant.registered().is_some() {
            Vec::new()
        } else {
            let members = actions::household(&issuer.city, issuer.fresh_minutes, &applicant);
            members.map_err(|error| answers::beneath(&error))?.map_err(answers::refused)?
        };
        let now = issuer.city.seams.now();
        let person = Person::new(terminal, applicant, members, now);
        let told = told(&person, now);
        let secret = desk.open(person);
        Ok(json!({ "session": secret.text(), "person": told }))
    })
    .await
}

/// What a machine is told of the person at it: names for the choosing screen, places instead of ids.
fn told(person: &Person, now: base::Timestamp) -> Value {
    let members: Vec<Value> = person
        .members
        .iter()
        .enumerate()
        .map(|(position, member)| {
            json!({
                "position": position,
                "name": member.name,
                "is_applicant": member.is_applicant,
                "is_foreign": member.is_foreign,
            })
        })
        .collect();
    json!({
        "lives_elsewhere": person.applicant.registered().is_some(),
        "members": members,
        "request": person.request.map(|id| id.to_string()),
        "ends_in_seconds": person.ends_in(now),
    })
}

/// The session once more: for a machine that lost an answer.
pub(super) async fn session(call: Call) -> Result<Response, Failure> {
    call.answer(|call| {
        let now = call.desk.issuer.city.seams.now();
        call.desk.with(&call.session()?, call.terminal.id, |person| Ok(json!({ "person": told(person, now) })))
    })
    .await
}

/// Who is in the person's family register, for choosing within a paper of it. Refuses what the request would be refused, in
/// the same words.
pub(super) async fn family(call: Call, body: Bytes) -> Result<Response, Failure> {
    let Family { kind } = message(&body)?;
    call.answer(move |call| {
        let issuer = &call.desk.issuer;
        let kind = CertificateKind::parse(&kind).filter(|kind| is_family(*kind) && !kind.is_for_the_counter_only());
        let kind = kind.ok_or_else(|| answers::refused(Refusal::BadChoices))?;
        call.desk.with(&call.session()?, call.terminal.id, |person| {
            person.family.clear();
            let found = members_of_family(&issuer.city, issuer.fresh_minutes, &person.applicant, kind);
            person.family = found.map_err(|error| answers::beneath(&error))?.map_err(answers::refused)?;
            let listed = person.family.iter().enumerate().map(|(position, member)| {
                json!({ "position": position, "name": member.name, "is_applicant": member.is_applicant })
            });
            Ok(json!({ "members": listed.collect::<Vec<_>>() }))
        })
    })
    .await
}

/// The person has gone: everything of the session is erased.
pub(super) async fn end(call: Call, body: Bytes) -> Result<Response, Failure> {
    let Nothing {} = message(&body)?;
    call.answer(|call| {
        call.desk.end(&call.session()?, call.terminal.id)?;
        Ok(json!({ "ended": true }))
    })
    .await
}
