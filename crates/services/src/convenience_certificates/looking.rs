//! Reading the register for a paper, always with an access, and deciding.

use store::{StoreError, Tx};
use tools::access;
use tools::incidents::by_hand::Why;
use tools::register::{self, RegisterError};
use tools::{Inside, ResidentId, incidents};

use super::SERVICE_CODE;
use super::actions::ActionError;
use super::applicant::Applicant;
use super::choices::Choices;
use super::model::{self, Content, No, Refusal};

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

/// Reads the household with an access (so the disclosure is written in this transaction, also for a no) and decides.
pub(super) fn look(
    tx: &mut Tx<'_>,
    city: &Inside,
    applicant: &Applicant,
    choices: &Choices,
) -> Result<Result<Content, No>, ActionError> {
    let purpose = applicant.purpose(choices.items);
    let mut access = access::person(tx, &city.seams, applicant.actor(), &purpose, applicant.resident())?;
    let snapshot = match register::household_snapshot(tx, &access) {
        Ok(snapshot) => snapshot,
        // A credential whose resident is not in the register any more: the same sentence as every other state.
        Err(RegisterError::NotFound) => return Ok(Err(No::Register(vec![register::Cause::NotAMember]))),
        Err(error) => return Err(error.into()),
    };
    let decided = model::decide(&snapshot, applicant.resident(), choices, city.seams.today());
    if let Ok(content) = &decided {
        let shown: Vec<ResidentId> = content.people.iter().map(|person| person.id.clone()).collect();
        access.also_shows(tx, &shown)?;
    }
    Ok(decided)
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
    let purpose = applicant.purpose(choices.items);
    let access = access::person(tx, &city.seams, applicant.actor(), &purpose, applicant.resident())?;
    let snapshot = match register::household_snapshot(tx, &access) {
        Ok(snapshot) => snapshot,
        Err(RegisterError::NotFound) => return Ok(Err(Refusal::AskAtTheCounter)),
        Err(error) => return Err(error.into()),
    };
    Ok(match model::decide(&snapshot, applicant.resident(), choices, city.seams.today()) {
        Ok(content) if content.prints_as(drawn) => Ok(()),
        _ => Err(Refusal::AskAtTheCounter),
    })
}
