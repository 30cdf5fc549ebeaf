//! What people do here: one function for each act. Every act authorises, loads, decides and writes in one transaction;
//! *prepare* has two, for the reason in `docs/adr/0001-two-commits-per-certificate.md`.
//!
//! ```text
//!  begin ─► payment_started ─► payment_kept ─► prepare ─► fetch ─► print_acknowledged
//!                                                 └─────────── stop / sweep ──► [`super::refunds`]   ([`super::ending`])
//! ```
//! *prepare* and *fetch* are in [`super::finishing`]; the applicant comes from a verified credential only ([`Applicant`]
//! cannot be made from a posted id), or from a staff member at the counter.

use base::{Id, Kind, Yen};
use store::StoreError;
use store::sealing::SealError;
use tools::Inside;
use tools::access::AccessError;
use tools::family_register::FamilyRegisterError;
use tools::register::RegisterError;
use tools::relay::RelayError;
use tools::tax_records::years;

use super::applicant::{Applicant, MemberShown};
use super::choices::{CertificateKind, Choices};
use super::document::DocumentError;
use super::ending::{step, withdraw};
use super::hours::{Family, Hours, rows};
use super::kinds::{self, residence};
use super::looking::{closed, closed_at, closed_to, is_out_of_hours};
use super::refusal::Refusal;
use super::request::{Event, State};
use super::requests::{self, Request};

pub use super::ending::{ABANDONED_AFTER_SECONDS, mismatch_found, sweep, trouble_reported};
pub use super::finishing::{fetch, prepare};
pub use super::looking::Closed;

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

impl From<FamilyRegisterError> for ActionError {
    fn from(error: FamilyRegisterError) -> Self {
        match error {
            FamilyRegisterError::Store(error) => Self::Store(error),
            FamilyRegisterError::Access(error) => Self::Access(error),
            FamilyRegisterError::NotFound => Self::Register(RegisterError::NotFound),
        }
    }
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

/// What is offered at `terminal` now: the kinds that have a fee and whose register the city has handed over, with their
/// hours.
///
/// # Errors
/// [`ActionError`].
pub fn offers(city: &Inside, terminal: &str) -> Result<Vec<Offer>, ActionError> {
    let now = city.seams.now();
    Ok(city.store.read(|tx| {
        let place = rows::place_of_terminal(tx, terminal)?;
        let calendar = rows::calendar(tx, now)?;
        let mut offers = Vec::new();
        for kind in CertificateKind::all().filter(|kind| !kind.is_for_the_counter_only()) {
            let is_held = kinds::is_held(tx, kind)?;
            if let Some(fee) = requests::machine_fee(tx, kind, now.date_in_japan())?.filter(|_| is_held) {
                offers.push(Offer { kind, fee, hours: calendar.at(place, Family::of(kind), now) });
            }
        }
        Ok::<_, StoreError>(offers)
    })?)
}

/// The fiscal year whose tax certificate is given today.
///
/// # Errors
/// [`ActionError`].
pub fn tax_year(city: &Inside) -> Result<i16, ActionError> {
    let switches = city.store.read(years::switches)?;
    Ok(years::current(&switches, city.seams.today()))
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
        if let Some(refusal) = closed_to(tx, &city, issuing_fresh_minutes, choices.kind)? {
            return Ok(Err(refusal));
        }
        if choices.kind.is_for_the_counter_only() && applicant.since().is_some() {
            return Ok(Err(Refusal::BadChoices));
        }
        // Whoever lives elsewhere has no entry in the register of residents.
        if applicant.registered().is_some() && !kinds::family_register::is_family(choices.kind) {
            return Ok(Err(Refusal::BadChoices));
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

/// The box kept the fee (`kept`) or kept nothing. That it kept it is believed also when it comes too late: then it is owed.
/// That it kept nothing is not: an officer counts the box.
///
/// # Errors
/// [`ActionError`]; inner: the request is in another state.
pub fn payment_settled(city: &Inside, id: Id, kept: bool) -> Answer<Request> {
    let seams = city.seams.clone();
    let event = if kept { Event::PaymentKept } else { Event::PaymentFailed };
    city.store.write(move |tx| {
        let Some(mut request) = requests::find(tx, id)? else { return Ok(Err(Refusal::AlreadyEnded)) };
        let is_unclear = request.state == State::PaymentUnclear;
        let mut moved = (kept || !is_unclear) && step(tx, &seams, &mut request, event)?;
        if !moved && kept && request.state == State::PaymentUnclear {
            moved = requests::move_on(tx, &mut request, event, seams.now())?;
        }
        Ok(if moved { Ok(request) } else { Err(Refusal::AlreadyEnded) })
    })
}

/// The machine says the paper is out: the request ends, and its bytes and everything it says are erased.
///
/// # Errors
/// [`ActionError`]; inner: the request is in another state.
pub fn print_acknowledged(city: &Inside, id: Id) -> Answer<Request> {
    printed(city, id, false)
}

/// The same at a machine whose next screen may offer a digital copy: what one would be made from stays until the person has
/// gone ([`super::twin::forget`]).
///
/// # Errors
/// [`ActionError`]; inner: the request is in another state.
pub fn printed_and_copy_offered(city: &Inside, id: Id) -> Answer<Request> {
    printed(city, id, true)
}

fn printed(city: &Inside, id: Id, copy_is_offered: bool) -> Answer<Request> {
    let seams = city.seams.clone();
    city.store.write(move |tx| {
        let Some(mut request) = requests::find(tx, id)? else { return Ok(Err(Refusal::AlreadyEnded)) };
        if !step(tx, &seams, &mut request, Event::PrintAcknowledged)? {
            return Ok(Err(Refusal::AlreadyEnded));
        }
        tx.queue("DELETE FROM certificate_documents WHERE request_id = $1", &[id.into()])?;
        if !copy_is_offered {
            tx.queue("DELETE FROM certificate_fields WHERE request_id = $1", &[id.into()])?;
        }
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

fn advance(city: &Inside, id: Id, event: Event) -> Answer<Request> {
    let seams = city.seams.clone();
    city.store.write(move |tx| {
        let Some(mut request) = requests::find(tx, id)? else { return Ok(Err(Refusal::AlreadyEnded)) };
        let moved = step(tx, &seams, &mut request, event)?;
        Ok(if moved { Ok(request) } else { Err(Refusal::AlreadyEnded) })
    })
}
