//! 課税(所得)証明書: what the applicant earned and what the city taxed, of the current fiscal year (specs certificates §1.3, §2.4).
//!
//! ```text
//!  years::current(today) ─► household snapshot + record of that year ─► decide (pure) ─► the form | causes
//! ```
//! That nobody filed is the same sentence at a machine as every other cause. Which year is current is decided again in the
//! transaction that issues: a paper begun on 31 May is not given out on 1 June.

use base::{Date, Personal};
use paper::{Entry, TaxCertificate};
use store::Tx;
use tools::access::{self, Item};
use tools::register::{self, Cause, HouseholdSnapshot, RegisterError};
use tools::tax_records::{self, TaxSnapshot, why_not_at_a_machine, years};
use tools::{Inside, ResidentId};

use super::super::actions::ActionError;
use super::super::applicant::Applicant;
use super::super::choices::Choices;
use super::super::refusal::No;
use super::names::PrintedPerson;
use super::residence::printed;

/// What will be printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaxContent {
    /// The versions of both registers that all of it belongs to (I7).
    pub version: String,
    /// Who asked, and whose taxes they are.
    pub applicant: ResidentId,
    /// Every value at its place.
    pub form: TaxCertificate,
}

impl TaxContent {
    /// Whether a paper drawn from `other` says what one drawn from this would.
    pub fn prints_as(&self, other: &Self) -> bool {
        let Self { version: _, applicant, form } = self;
        *applicant == other.applicant && *form == other.form
    }
}

/// Reads person and record with an access (so the disclosure is written in this transaction, also for a no) and decides.
pub(in super::super) fn look(
    tx: &mut Tx<'_>,
    city: &Inside,
    applicant: &Applicant,
    choices: &Choices,
) -> Result<Result<TaxContent, No>, ActionError> {
    let purpose = applicant.purpose(&[Item::Name, Item::BirthDate, Item::Address, Item::State, Item::Tax]);
    let access = access::person(tx, &city.seams, applicant.actor(), &purpose, applicant.resident())?;
    let household = match register::household_snapshot(tx, &access) {
        Ok(snapshot) => snapshot,
        Err(RegisterError::NotFound) => return Ok(Err(No::Register(vec![Cause::NotAMember]))),
        Err(error) => return Err(error.into()),
    };
    let today = city.seams.today();
    let year = years::current(&years::switches(tx)?, today);
    let record = tax_records::read(tx, &access, year)?;
    Ok(decide(record.as_ref(), year, &household, applicant.resident(), choices, today))
}

/// Decides. Every cause is computed before anything is returned, so that the time taken does not tell which one it was.
///
/// # Errors
/// [`No`].
pub fn decide(
    held: Option<&TaxSnapshot>,
    fiscal_year: i16,
    household: &HouseholdSnapshot,
    applicant: &ResidentId,
    choices: &Choices,
    today: Date,
) -> Result<TaxContent, No> {
    let causes = why_not_at_a_machine(held, fiscal_year, household, applicant, today);
    if !causes.is_empty() {
        return Err(No::Record(causes.iter().map(|cause| cause.code()).collect()));
    }
    let (Some(held), Some(person)) = (held, household.member(applicant)) else {
        return Err(No::Record(vec![tax_records::Cause::NoRecord.code()]));
    };
    if !choices.is_of_the_applicant_alone() {
        return Err(No::Choices);
    }
    let (person, record) = (PrintedPerson::of(person), &held.record);
    Ok(TaxContent {
        version: format!("{}+{}", household.version, held.version),
        applicant: applicant.clone(),
        form: TaxCertificate {
            fiscal_year: years::japanese(fiscal_year),
            income_year: years::income_year(fiscal_year),
            address: person.address,
            base_date_address: Personal::new(printed(&record.address)),
            name: person.name,
            alphabet_name: person.alphabet_name,
            former_name: person.former_name,
            former_name_reading: person.former_name_reading,
            common_name: person.common_name,
            common_name_reading: person.common_name_reading,
            birth_date: person.birth_date,
            tax: record.tax.clone(),
            base: record.base.clone(),
            income: record.income.clone(),
            deductions: record.deductions.clone(),
            people: record.people.clone(),
            remarks: Entry::or_none(record.remarks.as_deref()),
        },
    })
}
