//! Whether anybody is served now, and the second decision on the register as it is when a paper is stored.

use store::{StoreError, Tx};
use tools::incidents::by_hand::Why;
use tools::{Inside, incidents, register};

use super::SERVICE_CODE;
use super::actions::ActionError;
use super::applicant::Applicant;
use super::choices::{CertificateKind, Choices};
use super::hours::{Family, Hours, rows};
use super::kinds::{self, Content};
use super::refusal::Refusal;

/// Why nobody at all is served now.
pub(super) fn closed(
    tx: &mut Tx<'_>,
    city: &Inside,
    issuing_fresh_minutes: u32,
) -> Result<Option<Refusal>, ActionError> {
    Ok(closed_for(tx, city, issuing_fresh_minutes)?.map(|closed| closed.refusal))
}

/// Why nobody is given papers of `kind` now: what closes everything, or that the copy this kind is read from is not fresh
/// (I8: a seal may have been cancelled since).
pub(super) fn closed_to(
    tx: &mut Tx<'_>,
    city: &Inside,
    issuing_fresh_minutes: u32,
    kind: CertificateKind,
) -> Result<Option<Refusal>, ActionError> {
    if let Some(refusal) = closed(tx, city, issuing_fresh_minutes)? {
        return Ok(Some(refusal));
    }
    let is_fresh = kinds::is_fresh(tx, city.seams.now(), issuing_fresh_minutes, kind)?;
    Ok((!is_fresh).then_some(Refusal::RegisterNotFresh))
}

/// That nobody is served now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closed {
    /// What whoever asks is answered.
    pub refusal: Refusal,
    /// What staff who stopped it told the public; `None` when a check stopped it or the register is not fresh.
    pub why: Option<Why>,
    /// Outside the hours: when it opens next, and what is told of a maintenance.
    pub hours: Option<Hours>,
}

pub(super) fn closed_for(
    tx: &mut Tx<'_>,
    city: &Inside,
    issuing_fresh_minutes: u32,
) -> Result<Option<Closed>, StoreError> {
    if let Some(incident) = incidents::service_stopped(tx, SERVICE_CODE)? {
        return Ok(Some(Closed { refusal: Refusal::ServiceStopped, why: Why::of_kind(&incident.kind), hours: None }));
    }
    let fresh = register::freshness::is_fresh(tx, city.seams.now(), issuing_fresh_minutes)?;
    Ok((!fresh).then_some(Closed { refusal: Refusal::RegisterNotFresh, why: None, hours: None }))
}

/// How long after the card was verified its holder may still begin: whoever signed in at 22:59 finishes.
const BEGUN_SECONDS: i64 = 30 * 60;

/// What the hours of `family` at the applicant's place say, by the time at which the card was verified. The counter has
/// no hours here.
pub(super) fn is_out_of_hours(
    tx: &mut Tx<'_>,
    city: &Inside,
    applicant: &Applicant,
    family: Family,
) -> Result<bool, StoreError> {
    let Some(since) = applicant.since() else { return Ok(false) };
    let moment = since.max(city.seams.now().plus_seconds(-BEGUN_SECONDS));
    let place = rows::place_of_terminal(tx, applicant.terminal())?;
    Ok(!rows::calendar(tx, moment)?.at(place, family, moment).is_open())
}

/// Why the machine `terminal` serves nobody now: what closes the whole service, or the hours of every family.
pub(super) fn closed_at(
    tx: &mut Tx<'_>,
    city: &Inside,
    issuing_fresh_minutes: u32,
    terminal: &str,
) -> Result<Option<Closed>, StoreError> {
    if let Some(closed) = closed_for(tx, city, issuing_fresh_minutes)? {
        return Ok(Some(closed));
    }
    let now = city.seams.now();
    let place = rows::place_of_terminal(tx, terminal)?;
    let calendar = rows::calendar(tx, now)?;
    let states: Vec<Hours> = Family::ALL.into_iter().map(|family| calendar.at(place, family, now)).collect();
    if states.iter().any(Hours::is_open) {
        return Ok(None);
    }
    let first = states.into_iter().min_by_key(|hours| hours.opens().map_or(i64::MAX, base::Timestamp::seconds));
    Ok(Some(Closed { refusal: Refusal::OutOfHours, why: None, hours: first }))
}

/// The same decision once more on the register as it is now. The same version gives the same content; a newer version
/// must decide to exactly the content that was drawn, or the paper is not the newest data and is refused.
pub(super) fn still_allowed(
    tx: &mut Tx<'_>,
    city: &Inside,
    applicant: &Applicant,
    choices: &Choices,
    drawn: &Content,
) -> Result<Result<(), Refusal>, ActionError> {
    Ok(match kinds::look(tx, city, applicant, choices)? {
        Ok(content) if content.prints_as(drawn) => Ok(()),
        _ => Err(Refusal::AskAtTheCounter),
    })
}
