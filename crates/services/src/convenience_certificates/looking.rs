//! Whether anybody is served now, and the second decision on the register as it is when a paper is stored.

use store::{StoreError, Tx};
use tools::incidents::by_hand::Why;
use tools::{Inside, incidents, register};

use super::SERVICE_CODE;
use super::actions::ActionError;
use super::applicant::Applicant;
use super::choices::Choices;
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

/// That nobody is served now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closed {
    /// What whoever asks is answered.
    pub refusal: Refusal,
    /// What staff who stopped it told the public; `None` when a check stopped it or the register is not fresh.
    pub why: Option<Why>,
}

pub(super) fn closed_for(
    tx: &mut Tx<'_>,
    city: &Inside,
    issuing_fresh_minutes: u32,
) -> Result<Option<Closed>, StoreError> {
    if let Some(incident) = incidents::service_stopped(tx, SERVICE_CODE)? {
        return Ok(Some(Closed { refusal: Refusal::ServiceStopped, why: Why::of_kind(&incident.kind) }));
    }
    let fresh = register::freshness::is_fresh(tx, city.seams.now(), issuing_fresh_minutes)?;
    Ok((!fresh).then_some(Closed { refusal: Refusal::RegisterNotFresh, why: None }))
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
