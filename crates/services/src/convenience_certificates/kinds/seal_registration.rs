//! 印鑑登録証明書: the registered seal of the applicant, never of anybody else (specs certificates §1.3, §2.2).
//!
//! ```text
//!  household snapshot ─┐
//!  seal snapshot ──────┴─► decide (pure) ─► the form, with the impression at true size | causes for the counter
//! ```
//! At a machine every cause is one sentence. The copy of the registrations has its own heartbeat; whether it is fresh is
//! asked before, in the same transaction.

use base::Date;
use paper::forms::seal_registration::Impression;
use paper::{Entry, SealRegistration};
use store::Tx;
use tools::access::{self, Item};
use tools::register::{self, Cause, HouseholdSnapshot, RegisterError};
use tools::seal_register::{self, SealSnapshot, why_not_at_a_machine};
use tools::{Inside, ResidentId};

use super::super::actions::ActionError;
use super::super::applicant::Applicant;
use super::super::choices::Choices;
use super::super::refusal::No;
use super::names::PrintedPerson;

/// What will be printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealContent {
    /// The versions of both registers that all of it belongs to (I7).
    pub version: String,
    /// Who asked, and whose seal it is.
    pub applicant: ResidentId,
    /// Every value at its place.
    pub form: SealRegistration,
}

impl SealContent {
    /// Whether a paper drawn from `other` says what one drawn from this would.
    pub fn prints_as(&self, other: &Self) -> bool {
        let Self { version: _, applicant, form } = self;
        *applicant == other.applicant && *form == other.form
    }
}

/// Reads person and seal with an access (so the disclosure is written in this transaction, also for a no) and decides.
pub(in super::super) fn look(
    tx: &mut Tx<'_>,
    city: &Inside,
    applicant: &Applicant,
    choices: &Choices,
) -> Result<Result<SealContent, No>, ActionError> {
    let items = [Item::Name, Item::BirthDate, Item::Address, Item::State, Item::SealRegistration];
    let purpose = applicant.purpose(&items);
    let access = access::person(tx, &city.seams, applicant.actor(), &purpose, applicant.resident())?;
    let household = match register::household_snapshot(tx, &access) {
        Ok(snapshot) => snapshot,
        Err(RegisterError::NotFound) => return Ok(Err(No::Register(vec![Cause::NotAMember]))),
        Err(error) => return Err(error.into()),
    };
    let seal = seal_register::read(tx, &access)?;
    Ok(decide(seal.as_ref(), &household, applicant.resident(), choices, city.seams.today()))
}

/// Decides. Every cause is computed before anything is returned, so that the time taken does not tell which one it was.
///
/// # Errors
/// [`No`].
pub fn decide(
    seal: Option<&SealSnapshot>,
    household: &HouseholdSnapshot,
    applicant: &ResidentId,
    choices: &Choices,
    today: Date,
) -> Result<SealContent, No> {
    let causes = why_not_at_a_machine(seal, household, applicant, today);
    if !causes.is_empty() {
        return Err(No::Record(causes.iter().map(|cause| cause.code()).collect()));
    }
    let (Some(seal), Some(person)) = (seal, household.member(applicant)) else {
        return Err(No::Record(vec![seal_register::Cause::NotRegistered.code()]));
    };
    if !choices.is_of_the_applicant_alone() {
        return Err(No::Choices);
    }
    let picture = &seal.registration.impression;
    // The import read the picture, so this is a defect; still it is the person's picture, and only the counter can help.
    let Ok(impression) = Impression::from_png(&picture.png, (picture.width, picture.height)) else {
        return Err(No::Record(vec!["seal-picture"]));
    };
    let printed = PrintedPerson::of(person);
    Ok(SealContent {
        version: format!("{}+{}", household.version, seal.version),
        applicant: applicant.clone(),
        form: SealRegistration {
            name: printed.name,
            alphabet_name: printed.alphabet_name,
            former_name: printed.former_name,
            former_name_reading: printed.former_name_reading,
            common_name: printed.common_name,
            common_name_reading: printed.common_name_reading,
            birth_date: printed.birth_date,
            address: printed.address,
            remarks: Entry::or_none(seal.registration.remarks.as_deref()),
            impression,
        },
    })
}
