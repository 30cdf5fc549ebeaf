//! The life of a request, message by message. A message that comes twice is answered as the first; one that comes too early
//! is a conflict; one that comes too late finds the end.
//!
//! Acts about money and paper need no session: a machine must be able to tell them also when its person has gone.

use axum::body::Bytes;
use axum::extract::Path;
use axum::response::Response;
use base::{Id, Kind};
use serde_json::{Value, json};
use services::convenience_certificates::kinds::family_register::is_family;
use services::convenience_certificates::{
    Answer, CertificateKind, Choices, Members, OptionalItems, Refusal, Request, State, actions, refunds, requests,
};
use store::StoreError;
use tools::Inside;
use wire::kiosk_messages::{Begin, Incident, Nothing, Printed, Refunded, Settled, Whose, Word};

use super::answers;
use super::call::{Call, message, request_id};
use super::desk::Person;
use crate::error::Failure;

/// How a request stands.
pub(super) fn told(city: &Inside, request: &Request) -> Value {
    json!({
        "request": request.id.to_string(),
        "state": request.state.as_str(),
        "fee_yen": request.fee.0,
        "paid_yen": request.paid.0,
        "copies": request.choices.copies,
        "ends_in_seconds": requests::ends_in_seconds(request, city.seams.now()),
    })
}

/// The request with this id, if it was made at this machine. One of another machine and one that never was are the same.
pub(super) fn theirs(call: &Call, id: Id) -> Result<Request, Failure> {
    let city = &call.desk.issuer.city;
    let found = city.store.read::<_, StoreError, _>(|tx| requests::find(tx, id))?;
    let terminal = call.terminal.id.to_string();
    found.filter(|request| request.terminal == terminal).ok_or_else(|| answers::refused(Refusal::NotYours))
}

/// A no about the state of `id`: too early is a conflict, too late is gone.
pub(super) fn not_now(call: &Call, id: Id, refusal: Refusal) -> Failure {
    let is_open = |state| {
        matches!(state, State::AwaitingPayment | State::TakingPayment | State::Paid | State::Ready | State::Printing)
    };
    match theirs(call, id) {
        Ok(request) if refusal == Refusal::AlreadyEnded && is_open(request.state) => {
            Failure::saying(Kind::Conflict, "kiosk-api-order")
        }
        _ => answers::refused(refusal),
    }
}

/// Does `act`, or nothing when the request is `done` already.
fn once(
    call: &Call,
    id: Id,
    done: &[State],
    act: impl FnOnce(&Inside, Id) -> Answer<Request>,
) -> Result<Value, Failure> {
    let city = &call.desk.issuer.city;
    let before = theirs(call, id)?;
    if done.contains(&before.state) {
        return Ok(told(city, &before));
    }
    match act(city, id).map_err(|error| answers::beneath(&error))? {
        Ok(request) => Ok(told(city, &request)),
        // The same message a moment earlier may have done it.
        Err(refusal) => match theirs(call, id)? {
            now if done.contains(&now.state) => Ok(told(city, &now)),
            _ => Err(not_now(call, id, refusal)),
        },
    }
}

fn choices(message: &Begin, person: &Person) -> Result<Choices, Failure> {
    let bad = || answers::refused(Refusal::BadChoices);
    let kind = CertificateKind::parse(&message.kind).ok_or_else(bad)?;
    let members = match &message.members {
        Whose::Word(Word::Applicant) => Members::Applicant,
        Whose::Word(Word::Household) => Members::Household,
        Whose::Positions(positions) if is_family(kind) => {
            let chosen = positions.iter().map(|place| person.family.get(usize::from(*place)));
            let chosen: Option<Vec<_>> = chosen.map(|member| member.map(|member| member.order)).collect();
            Members::Numbered(chosen.ok_or_else(bad)?)
        }
        Whose::Positions(positions) => {
            let chosen = positions.iter().map(|place| person.members.get(usize::from(*place)));
            let chosen: Option<Vec<_>> = chosen.map(|member| member.map(|member| member.id.clone())).collect();
            Members::Chosen(chosen.ok_or_else(bad)?)
        }
    };
    // The switches are whatever the kinds have: a new one needs nothing here.
    let items = serde_json::to_value(&message.items).and_then(serde_json::from_value::<OptionalItems>);
    let items = items.map_err(|_| bad())?;
    let of_kind = Choices { kind, ..Choices::default() };
    let choices = Choices { members, items, copies: message.copies, ..of_kind };
    if choices.is_sensible() { Ok(choices) } else { Err(bad()) }
}

/// Begins a request: decided, fee fixed, a row with a random id. One at a time in a session.
pub(super) async fn begin(call: Call, body: Bytes) -> Result<Response, Failure> {
    let message: Begin = message(&body)?;
    call.answer(move |call| {
        let issuer = &call.desk.issuer;
        call.desk.with(&call.session()?, call.terminal.id, |person| {
            let choices = choices(&message, person)?;
            if let Some(before) = person.request
                && requests::ends_in_seconds(&theirs(call, before)?, issuer.city.seams.now()).is_some()
            {
                return Err(Failure::saying(Kind::Conflict, "kiosk-api-request-open"));
            }
            let begun = actions::begin(&issuer.city, issuer.fresh_minutes, &person.applicant, &choices);
            let request = begun.map_err(|error| answers::beneath(&error))?.map_err(answers::refused)?;
            person.request = Some(request.id);
            person.pages.clear();
            Ok(told(&issuer.city, &request))
        })
    })
    .await
}

/// How a request stands: for a machine that lost an answer.
pub(super) async fn state(call: Call, Path(id): Path<String>) -> Result<Response, Failure> {
    call.answer(move |call| {
        let request = theirs(call, request_id(&id)?)?;
        Ok(told(&call.desk.issuer.city, &request))
    })
    .await
}

/// The box is about to keep the fee.
pub(super) async fn payment_started(call: Call, Path(id): Path<String>, body: Bytes) -> Result<Response, Failure> {
    let Nothing {} = message(&body)?;
    call.answer(move |call| once(call, request_id(&id)?, &[State::TakingPayment], actions::payment_started)).await
}

/// The box kept it, or kept nothing.
pub(super) async fn payment_settled(call: Call, Path(id): Path<String>, body: Bytes) -> Result<Response, Failure> {
    let Settled { kept } = message(&body)?;
    // What comes after `Paid` says as well that it was kept.
    let done: &[State] = if kept {
        &[
            State::Paid,
            State::Ready,
            State::Printing,
            State::Printed,
            State::RefundDue,
            State::Refunding,
            State::Refunded,
            State::RefundUnclear,
        ]
    } else {
        &[State::AwaitingPayment]
    };
    call.answer(move |call| once(call, request_id(&id)?, done, |city, id| actions::payment_settled(city, id, kept)))
        .await
}

/// The paper is out, all sheets of it.
pub(super) async fn printed(call: Call, Path(id): Path<String>, body: Bytes) -> Result<Response, Failure> {
    let Printed { sheets } = message(&body)?;
    call.answer(move |call| {
        let id = request_id(&id)?;
        if call.desk.sheets_of(id).is_some_and(|expected| expected != sheets) {
            theirs(call, id)?;
            return Err(Failure::saying(Kind::Refused, "kiosk-api-sheets"));
        }
        let done = once(call, id, &[State::Printed], actions::print_acknowledged)?;
        call.desk.sheets_out(id);
        Ok(done)
    })
    .await
}

/// The person stopped, or the machine cannot go on.
pub(super) async fn cancel(call: Call, Path(id): Path<String>, body: Bytes) -> Result<Response, Failure> {
    let Nothing {} = message(&body)?;
    let done = &[State::Cancelled, State::RefundDue, State::Refunding, State::Refunded, State::RefundUnclear];
    call.answer(move |call| {
        let id = request_id(&id)?;
        let ended = once(call, id, done, actions::stop)?;
        call.desk.sheets_out(id);
        Ok(ended)
    })
    .await
}

/// The box is about to pay the fee back: from here on nobody at the counter does. Only after the answer the box is told.
pub(super) async fn refund_started(call: Call, Path(id): Path<String>, body: Bytes) -> Result<Response, Failure> {
    let Nothing {} = message(&body)?;
    call.answer(move |call| once(call, request_id(&id)?, &[State::Refunding], refunds::started)).await
}

/// The box paid nothing out: the fee stays owed.
pub(super) async fn refund_failed(call: Call, Path(id): Path<String>, body: Bytes) -> Result<Response, Failure> {
    let Nothing {} = message(&body)?;
    let act = |city: &Inside, id| refunds::settled(city, id, false);
    call.answer(move |call| once(call, request_id(&id)?, &[State::RefundDue], act)).await
}

/// The machine gave the money back. Believed whenever it is told, also of a machine that did not say so before.
pub(super) async fn refunded(call: Call, Path(id): Path<String>, body: Bytes) -> Result<Response, Failure> {
    let Refunded { yen } = message(&body)?;
    call.answer(move |call| {
        let id = request_id(&id)?;
        let request = theirs(call, id)?;
        let is_owed = matches!(request.state, State::RefundDue | State::Refunding | State::RefundUnclear);
        if is_owed && request.paid.0 != yen {
            return Err(Failure::saying(Kind::Refused, "kiosk-api-sum"));
        }
        once(call, id, &[State::Refunded], |city, id| refunds::settled(city, id, true))
    })
    .await
}

/// Something went wrong at the machine. What may have put another person's paper into somebody's hands stops the service
/// before this is answered.
pub(super) async fn incident(call: Call, body: Bytes) -> Result<Response, Failure> {
    let Incident { request, what } = message(&body)?;
    call.answer(move |call| {
        let about = request.as_deref().map(request_id).transpose()?;
        if let Some(id) = about {
            theirs(call, id)?;
        }
        let city = &call.desk.issuer.city;
        actions::trouble_reported(city, about, what.incident(), what.stops())
            .map_err(|error| answers::beneath(&error))?;
        Ok(json!({ "noted": true, "service_is_stopped": what.stops() }))
    })
    .await
}
