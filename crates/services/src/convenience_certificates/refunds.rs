//! Money that is owed goes back once, whatever dies meanwhile: the intent is durable before the box is asked, the box pays
//! once under one reference (the request's id), and who comes back asks the box before anybody pays again (ADR 0051).
//!
//! ```text
//!  RefundDue ─ started (row) ─► Refunding ─ box.refund(reference) ─► settled(paid) ─► Refunded ■
//!      ▲                            │ fault, or found at start: box.refund_of(reference)
//!      └────── not paid ────────────┼─ paid ─► Refunded ■
//!                                   └─ it does not know, or fifteen minutes ─► RefundUnclear + incident: an officer counts
//! ```
//! What a restart finds unpaid stays due: the person has left the machine, and coins are not thrown into an empty hall. It
//! is open money in the console, and is given back at the counter.

use base::{Id, Timestamp, Yen};
use store::StoreError;
use tools::Inside;
use tools::terminals::coin_box::{CoinBox, Payout};

use super::actions::{ActionError, Answer};
use super::ending::end_now;
use super::refusal::Refusal;
use super::request::{Event, State};
use super::requests::{self, Request};

#[cfg(test)]
mod tests;

/// Written before the box is asked to pay the fee back: from here on nobody else pays it.
///
/// # Errors
/// [`ActionError`]; inner: nothing is owed, or it is being paid.
pub fn started(city: &Inside, id: Id) -> Answer<Request> {
    moved(city, id, Event::RefundStarted)
}

/// What the box says of the refund: paid out, or nothing paid out. It is believed whenever it is told.
///
/// # Errors
/// [`ActionError`]; inner: nothing was owed or under way.
pub fn settled(city: &Inside, id: Id, paid: bool) -> Answer<Request> {
    moved(city, id, if paid { Event::RefundPaid } else { Event::RefundFailed })
}

fn moved(city: &Inside, id: Id, event: Event) -> Answer<Request> {
    let seams = city.seams.clone();
    city.store.write(move |tx| {
        let Some(mut request) = requests::find(tx, id)? else { return Ok(Err(Refusal::AlreadyEnded)) };
        let moved = requests::move_on(tx, &mut request, event, seams.now())?;
        Ok(if moved { Ok(request) } else { Err(Refusal::AlreadyEnded) })
    })
}

/// Nobody can say what became of the refund: an officer counts the box.
fn unclear(city: &Inside, id: Id) -> Result<(), ActionError> {
    let seams = city.seams.clone();
    city.store.write(move |tx| {
        if let Some(mut request) = requests::find(tx, id)?.filter(|request| request.state == State::Refunding) {
            end_now(tx, &seams, &mut request)?;
        }
        Ok(())
    })
}

/// Pays back what is owed for a request out of `coins`, once. Returns what came out: nothing where nothing is owed, where
/// another pays it, and where the box did not; then it stays owed or unclear.
///
/// # Errors
/// [`ActionError`]: the row is behind the box, and [`resume`] asks it.
pub fn pay_back(city: &Inside, coins: &dyn CoinBox, id: Id) -> Result<Yen, ActionError> {
    let Ok(request) = started(city, id)? else { return Ok(Yen::ZERO) };
    store::fault::reach("refund.asking");
    if let Err(fault) = coins.refund(id, request.paid) {
        tracing::warn!(%fault, "a refund was not paid out at once");
        return Ok(if resume(city, coins, id)? == Some(Payout::Paid) { request.paid } else { Yen::ZERO });
    }
    // The money is out: if the row lags behind, the box is asked at the next start.
    if settled(city, id, true)?.is_err() {
        tracing::error!("a refund that was paid out had ended otherwise");
    }
    Ok(request.paid)
}

/// Asks the box what became of a refund that is under way, and writes it down. `None`: the box cannot be asked now; it is
/// asked again, until time makes it an officer's matter.
///
/// # Errors
/// [`ActionError`].
pub fn resume(city: &Inside, coins: &dyn CoinBox, id: Id) -> Result<Option<Payout>, ActionError> {
    let Ok(became) = coins.refund_of(id) else { return Ok(None) };
    match became {
        Payout::Paid | Payout::NotPaid => _ = settled(city, id, became == Payout::Paid)?,
        Payout::Unknown => unclear(city, id)?,
    }
    Ok(Some(became))
}

/// Refunds that began at or before `before` and are still under way at machines whose box is ours, each with its terminal's
/// id. Machines that talk by the kiosk protocol ask their own box.
///
/// # Errors
/// The database.
pub fn under_way(city: &Inside, before: Timestamp) -> Result<Vec<(Id, Id)>, StoreError> {
    city.store.read(move |tx| {
        let rows = tx.query(
            "SELECT request_id, terminal_id FROM certificate_requests WHERE state = 'refunding' AND state_since <= $1 \
             AND terminal_id NOT IN (SELECT terminal_id FROM terminal_keys) ORDER BY state_since LIMIT 200",
            &[before.into()],
        )?;
        rows.iter().map(|row| Ok((row.id(0)?, row.id(1)?))).collect()
    })
}
