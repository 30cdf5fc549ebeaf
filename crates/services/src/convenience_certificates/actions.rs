//! What people do here: one function for each act. Every act authorises, loads, decides and writes in one transaction;
//! *prepare* has two, for the reason in `docs/adr/0001-two-commits-per-certificate.md`.
//!
//! ```text
//!  begin ─► payment_started ─► payment_kept ─► prepare ─► fetch ─► print_acknowledged
//!                                                 └─────────── stop / sweep ──► refund_paid
//! ```
//! *prepare* and *fetch* are in [`super::finishing`]; the applicant comes from a verified credential only ([`Applicant`]
//! cannot be made from a posted id), or from a staff member at the counter.

use base::{Id, Kind, Yen};
use store::sealing::SealError;
use store::{StoreError, Tx};
use tools::Inside;
use tools::access::{AccessError, Actor};
use tools::incidents::{self, Report};
use tools::register::RegisterError;
use tools::relay::{RelayError, paper_status};

use super::SERVICE_CODE;
use super::applicant::{Applicant, MemberShown};
use super::choices::{CertificateKind, Choices};
use super::document::DocumentError;
use super::hours::{Family, Hours, rows};
use super::kinds::{self, residence};
use super::looking::{closed, closed_at, is_out_of_hours};
use super::refusal::Refusal;
use super::request::{Event, State};
use super::requests::{self, Request};

pub use super::finishing::{fetch, prepare};
pub use super::looking::Closed;

/// Minutes without an answer from the machine after which a request is ended (invariant I5).
pub const ABANDONED_AFTER_SECONDS: i64 = 15 * 60;

/// A failure beneath, in which nothing was decided.
#[derive(Debug, thiserror::Error)]
pub enum ActionError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The access was not given.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// The register.
    #[error(transparent)]
    Register(#[from] RegisterError),
    /// The key store.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The message to the outside zone.
    #[error(transparent)]
    Relay(#[from] RelayError),
    /// The paper could not be made. Closed as an incident where it must never happen.
    #[error(transparent)]
    Document(#[from] DocumentError),
}

impl ActionError {
    /// What it means to the caller.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Store(_) | Self::Seal(_) => Kind::Unavailable,
            Self::Access(error) => error.kind(),
            Self::Register(error) => error.kind(),
            Self::Relay(error) => error.kind(),
            Self::Document(_) => Kind::Internal,
        }
    }
}

/// What an act answers: outer, something beneath failed and nothing happened; inner, a named no that is on record.
pub type Answer<T> = Result<Result<T, Refusal>, ActionError>;

/// Whether and why nobody is served now at `terminal`, for the first screen: it says so before anybody has put a card
/// down.
///
/// # Errors
/// [`ActionError`].
pub fn closed_now(city: &Inside, issuing_fresh_minutes: u32, terminal: &str) -> Result<Option<Closed>, ActionError> {
    Ok(city.store.read(|tx| closed_at(tx, city, issuing_fresh_minutes, terminal))?)
}

/// A kind of paper as a machine offers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// Which.
    pub kind: CertificateKind,
    /// The fee of one copy today.
    pub fee: Yen,
    /// Whether it is given now.
    pub hours: Hours,
}

/// What is offered at `terminal` now: the kinds that have a fee, with their hours.
///
/// # Errors
/// [`ActionError`].
pub fn offers(city: &Inside, terminal: &str) -> Result<Vec<Offer>, ActionError> {
    let now = city.seams.now();
    Ok(city.store.read(|tx| {
        let place = rows::place_of_terminal(tx, terminal)?;
        let calendar = rows::calendar(tx, now)?;
        let mut offers = Vec::new();
        for kind in CertificateKind::all() {
            if let Some(fee) = requests::machine_fee(tx, kind, now.date_in_japan())? {
                offers.push(Offer { kind, fee, hours: calendar.at(place, Family::of(kind), now) });
            }
        }
        Ok::<_, StoreError>(offers)
    })?)
}

/// What the choosing screen needs: who is in the household. Refuses early what `begin` would refuse.
///
/// # Errors
/// [`ActionError`]; inner: [`Refusal`].
pub fn household(city: &Inside, issuing_fresh_minutes: u32, applicant: &Applicant) -> Answer<Vec<MemberShown>> {
    let (city, applicant) = (city.clone(), applicant.clone());
    let store = city.store.clone();
    store.write(move |tx| {
        if let Some(refusal) = closed(tx, &city, issuing_fresh_minutes)? {
            return Ok(Err(refusal));
        }
        let mut open = false;
        for family in Family::ALL {
            open |= !is_out_of_hours(tx, &city, &applicant, family)?;
        }
        if !open {
            return Ok(Err(Refusal::OutOfHours));
        }
        let choices = Choices { members: super::choices::Members::Household, ..Choices::default() };
        let content = match residence::look(tx, &city, &applicant, &choices)? {
            Ok(content) => content,
            Err(no) => return Ok(Err(no.refusal())),
        };
        Ok(Ok(content
            .people
            .iter()
            .map(|person| MemberShown {
                id: person.id.clone(),
                name: person.names.registered.clone(),
                is_applicant: person.id == *applicant.resident(),
                is_foreign: person.foreign.is_some(),
            })
            .collect()))
    })
}

/// Begins a request: decides, fixes the fee, and writes the row. A refusal is written too, with its cause for the
/// counter.
///
/// # Errors
/// [`ActionError`]; inner: [`Refusal`].
pub fn begin(city: &Inside, issuing_fresh_minutes: u32, applicant: &Applicant, choices: &Choices) -> Answer<Request> {
    let (city, applicant, choices) = (city.clone(), applicant.clone(), choices.clone());
    let store = city.store.clone();
    let id = city.seams.random_id();
    store.write(move |tx| {
        if let Some(refusal) = closed(tx, &city, issuing_fresh_minutes)? {
            return Ok(Err(refusal));
        }
        if is_out_of_hours(tx, &city, &applicant, Family::of(choices.kind))? {
            return Ok(Err(Refusal::OutOfHours));
        }
        let now = city.seams.now();
        let today = now.date_in_japan();
        let one = match applicant.since() {
            Some(_) => requests::machine_fee(tx, choices.kind, today)?,
            None => requests::counter_fee(tx, choices.kind, today)?,
        };
        let fee = one.and_then(|fee| fee.times(u32::from(choices.copies)));
        let Some(fee) = fee else { return Ok(Err(Refusal::ServiceStopped)) };
        let mut request = Request {
            id,
            terminal: applicant.terminal().to_owned(),
            applicant: applicant.resident().clone(),
            choices: choices.clone(),
            fee,
            paid: Yen::ZERO,
            state: State::AwaitingPayment,
            since: now,
            document_hash: None,
            fetch_token_hash: None,
        };
        requests::insert(tx, &request, now)?;
        if let Err(no) = kinds::look(tx, &city, &applicant, &choices)? {
            requests::note_cause(tx, id, &no.cause())?;
            requests::move_on(tx, &mut request, Event::Stopped, now)?;
            return Ok(Err(no.refusal()));
        }
        Ok(Ok(request))
    })
}

/// Written before the coin box is told to keep the fee, so that a power cut in between is found.
///
/// # Errors
/// [`ActionError`]; inner: the request is in another state.
pub fn payment_started(city: &Inside, id: Id) -> Answer<Request> {
    advance(city, id, Event::PaymentStarted)
}

/// The box kept the fee (`kept`) or kept nothing.
///
/// # Errors
/// [`ActionError`]; inner: the request is in another state.
pub fn payment_settled(city: &Inside, id: Id, kept: bool) -> Answer<Request> {
    let seams = city.seams.clone();
    let event = if kept { Event::PaymentKept } else { Event::PaymentFailed };
    city.store.write(move |tx| {
        let Some(mut request) = requests::find(tx, id)? else { return Ok(Err(Refusal::AlreadyEnded)) };
        if !requests::move_on(tx, &mut request, event, seams.now())? {
            return Ok(Err(Refusal::AlreadyEnded));
        }
        if kept {
            request.paid = request.fee;
            tx.queue(
                "UPDATE certificate_requests SET paid_yen = $1 WHERE request_id = $2",
                &[request.paid.into(), id.into()],
            )?;
        }
        Ok(Ok(request))
    })
}

/// The machine says the paper is out: the request ends and its bytes are erased.
///
/// # Errors
/// [`ActionError`]; inner: the request is in another state.
pub fn print_acknowledged(city: &Inside, id: Id) -> Answer<Request> {
    let seams = city.seams.clone();
    city.store.write(move |tx| {
        let Some(mut request) = requests::find(tx, id)? else { return Ok(Err(Refusal::AlreadyEnded)) };
        if !requests::move_on(tx, &mut request, Event::PrintAcknowledged, seams.now())? {
            return Ok(Err(Refusal::AlreadyEnded));
        }
        tx.queue("DELETE FROM certificate_documents WHERE request_id = $1", &[id.into()])?;
        Ok(Ok(request))
    })
}

/// The person stopped, walked away, or pulled the card. Ends the whole request at once; a late result is discarded.
/// Answers with the request, whose state says whether money is owed.
///
/// # Errors
/// [`ActionError`]; inner: it had ended already.
pub fn stop(city: &Inside, id: Id) -> Answer<Request> {
    let seams = city.seams.clone();
    city.store.write(move |tx| {
        let Some(mut request) = requests::find(tx, id)? else { return Ok(Err(Refusal::AlreadyEnded)) };
        if !requests::move_on(tx, &mut request, Event::Stopped, seams.now())? {
            return Ok(Err(Refusal::AlreadyEnded));
        }
        withdraw(tx, &seams, &request)?;
        Ok(Ok(request))
    })
}

/// The refund was paid out.
///
/// # Errors
/// [`ActionError`]; inner: nothing was owed.
pub fn refund_paid(city: &Inside, id: Id) -> Answer<Request> {
    advance(city, id, Event::RefundPaid)
}

/// Ends what nobody will end: run at start-up and every minute. Documents past their time are erased; requests without
/// an answer end; unclear payments become incidents. Returns how many requests it ended.
///
/// # Errors
/// [`ActionError`].
pub fn sweep(city: &Inside, everything: bool) -> Result<usize, ActionError> {
    let seams = city.seams.clone();
    city.store.write(move |tx| {
        let now = seams.now();
        let before = if everything { now.plus_seconds(1) } else { now.plus_seconds(-ABANDONED_AFTER_SECONDS) };
        tx.queue("DELETE FROM certificate_documents WHERE erase_at <= $1", &[now.into()])?;
        let rows = tx.query(
            "SELECT request_id FROM certificate_requests WHERE state IN ('awaiting_payment', 'taking_payment', \
             'paid', 'ready', 'printing') AND state_since < $1 ORDER BY state_since LIMIT 200",
            &[before.into()],
        )?;
        let mut ended = 0;
        for row in &rows {
            let Some(mut request) = requests::find(tx, row.id(0)?)? else { continue };
            if !requests::move_on(tx, &mut request, Event::FoundAfterRestart, now)? {
                continue;
            }
            ended += 1;
            withdraw(tx, &seams, &request)?;
            if request.state == State::PaymentUnclear {
                report(tx, &seams, "payment-unclear", false, "the coin box must be counted")?;
            }
        }
        Ok(ended)
    })
}

/// A paper that may exist but was not acknowledged must not verify as valid; its bytes go.
fn withdraw(tx: &mut Tx<'_>, seams: &base::Seams, request: &Request) -> Result<(), ActionError> {
    tx.queue("DELETE FROM certificate_documents WHERE request_id = $1", &[request.id.into()])?;
    if request.document_hash.is_some() {
        paper_status::push(tx, seams, request.id, paper_status::PaperState::Withdrawn)?;
    }
    Ok(())
}

/// Reports an incident of this service. The note holds nothing personal: incidents are shown on a screen.
pub(super) fn report(
    tx: &mut Tx<'_>,
    seams: &base::Seams,
    kind: &str,
    stops: bool,
    note: &str,
) -> Result<(), StoreError> {
    let actor = Actor::System { job: SERVICE_CODE };
    incidents::open(tx, seams, &actor, &Report { service: SERVICE_CODE, kind, stops, note }).map(|_| ())
}

fn advance(city: &Inside, id: Id, event: Event) -> Answer<Request> {
    let seams = city.seams.clone();
    city.store.write(move |tx| {
        let Some(mut request) = requests::find(tx, id)? else { return Ok(Err(Refusal::AlreadyEnded)) };
        let moved = requests::move_on(tx, &mut request, event, seams.now())?;
        Ok(if moved { Ok(request) } else { Err(Refusal::AlreadyEnded) })
    })
}
