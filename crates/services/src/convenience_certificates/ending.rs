//! How requests end when nobody ends them well: time ran out, the process died, or a document was not the one asked for.
//!
//! ```text
//!  act ─► late? ─► FoundAfterRestart, bytes erased, paper withdrawn, unclear money reported: all in the act's transaction
//!  sweep (start-up, every minute) ─► the same for whoever does not come back
//!  mismatch ─► request ended + incident that stops the service, in one transaction
//! ```
//! A late message finds the end and changes nothing (I5).

use base::{Id, Seams};
use store::{StoreError, Tx};
use tools::Inside;
use tools::access::Actor;
use tools::incidents::{self, Report};
use tools::relay::paper_status;

use super::SERVICE_CODE;
use super::actions::ActionError;
use super::request::{Event, State};
use super::requests::{self, Request};

/// Seconds in one state after which a request is ended (invariant I5).
pub const ABANDONED_AFTER_SECONDS: i64 = 15 * 60;

/// Moves `request` on; one whose time has run out is ended instead. `false` when `event` did not happen: the request then
/// stands as its value says.
pub(super) fn step(tx: &mut Tx<'_>, seams: &Seams, request: &mut Request, event: Event) -> Result<bool, ActionError> {
    if end_if_late(tx, seams, request)? {
        return Ok(false);
    }
    Ok(requests::move_on(tx, request, event, seams.now())?)
}

/// Ends a request whose time has run out. `false` when it has time left, or had ended.
pub(super) fn end_if_late(tx: &mut Tx<'_>, seams: &Seams, request: &mut Request) -> Result<bool, ActionError> {
    Ok(requests::is_late(request, seams.now()) && end_now(tx, seams, request)?)
}

/// Ends a request that nobody will end. `false` when it had ended.
pub(super) fn end_now(tx: &mut Tx<'_>, seams: &Seams, request: &mut Request) -> Result<bool, ActionError> {
    if !requests::move_on(tx, request, Event::FoundAfterRestart, seams.now())? {
        return Ok(false);
    }
    match request.state {
        // Its paper was withdrawn when the refund became due.
        State::RefundUnclear => report(tx, seams, "refund-unclear", false, "the coin box must be counted")?,
        State::PaymentUnclear => {
            withdraw(tx, seams, request)?;
            report(tx, seams, "payment-unclear", false, "the coin box must be counted")?;
        }
        _ => withdraw(tx, seams, request)?,
    }
    Ok(true)
}

/// Ends what nobody will end: run at start-up (`everything`) and every minute. Documents past their time are erased;
/// requests without an answer end; unclear money becomes an incident. A refund under way is only ended by time: its box is
/// asked first ([`super::refunds`]). Returns how many requests it ended.
///
/// # Errors
/// [`ActionError`].
pub fn sweep(city: &Inside, everything: bool) -> Result<usize, ActionError> {
    let seams = city.seams.clone();
    city.store.write(move |tx| {
        let now = seams.now();
        let abandoned = now.plus_seconds(-ABANDONED_AFTER_SECONDS);
        let before = if everything { now.plus_seconds(1) } else { abandoned };
        for sql in [
            "DELETE FROM certificate_documents WHERE erase_at <= $1",
            "DELETE FROM certificate_fields WHERE erase_at <= $1",
        ] {
            tx.queue(sql, &[now.into()])?;
        }
        let rows = tx.query(
            "SELECT request_id FROM certificate_requests WHERE state IN ('awaiting_payment', 'taking_payment', \
             'paid', 'ready', 'printing') AND state_since < $1 OR state = 'refunding' AND state_since < $2 \
             ORDER BY state_since LIMIT 200",
            &[before.into(), abandoned.into()],
        )?;
        let mut ended = 0;
        for row in &rows {
            let Some(mut request) = requests::find(tx, row.id(0)?)? else { continue };
            ended += usize::from(end_now(tx, &seams, &mut request)?);
        }
        Ok(ended)
    })
}

/// A paper that may exist but was not acknowledged must not verify as valid; its bytes go.
pub(super) fn withdraw(tx: &mut Tx<'_>, seams: &Seams, request: &Request) -> Result<(), ActionError> {
    for sql in [
        "DELETE FROM certificate_documents WHERE request_id = $1",
        "DELETE FROM certificate_fields WHERE request_id = $1",
    ] {
        tx.queue(sql, &[request.id.into()])?;
    }
    if request.document_hash.is_some() {
        paper_status::push(tx, seams, request.id, paper_status::PaperState::Withdrawn)?;
    }
    Ok(())
}

/// A document was not the one that was asked for, wherever that was seen: the request ends, and nobody is served until an
/// officer has cleared the incident (I3, I12). `cause` is a stable word; in force when this returns.
///
/// # Errors
/// [`ActionError`].
pub fn mismatch_found(city: &Inside, id: Id, cause: &'static str) -> Result<(), ActionError> {
    let seams = city.seams.clone();
    city.store.write(move |tx| {
        report(tx, &seams, cause, true, "a document was not the one that was asked for; it was not handed out")?;
        if let Some(mut request) = requests::find(tx, id)? {
            requests::note_cause(tx, id, cause)?;
            if requests::move_on(tx, &mut request, Event::Stopped, seams.now())? {
                withdraw(tx, &seams, &request)?;
            }
        }
        Ok(())
    })
}

/// A machine reports trouble in its own words' kind: an incident, which `stops` the service where somebody may hold another
/// person's paper. The request it is about, if any, ends then too.
///
/// # Errors
/// [`ActionError`].
pub fn trouble_reported(city: &Inside, about: Option<Id>, kind: &'static str, stops: bool) -> Result<(), ActionError> {
    if stops && let Some(id) = about {
        return mismatch_found(city, id, kind);
    }
    let seams = city.seams.clone();
    city.store.write(move |tx| Ok(report(tx, &seams, kind, stops, "reported by a machine")?))
}

/// Reports an incident of this service. The note holds nothing personal: incidents are shown on a screen.
pub(super) fn report(tx: &mut Tx<'_>, seams: &Seams, kind: &str, stops: bool, note: &str) -> Result<(), StoreError> {
    let actor = Actor::System { job: SERVICE_CODE };
    incidents::open(tx, seams, &actor, &Report { service: SERVICE_CODE, kind, stops, note }).map(|_| ())
}
