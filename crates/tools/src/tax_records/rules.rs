//! Who gets a tax certificate at a machine on a date. Pure: no clock, no database.
//!
//! The [`Cause`] is for the counter only; at a machine every cause is the same sentence, timing and exit code: that nobody
//! filed is nobody else's business either.

use base::Date;
use base::text::search_key;

use super::TaxRecord;
use super::read::TaxSnapshot;
use super::years::base_date;
use crate::register::rules::Limits;
use crate::register::{self, HouseholdSnapshot, Resident};
use crate::resident_id::ResidentId;

/// Why there is no tax certificate. Never shown at a machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cause {
    /// What the register of residents says: moved, dead, under 15, protection …
    Resident(register::Cause),
    /// The tax system has no record of the fiscal year.
    NoRecord,
    /// Did not live here on 1 January of the fiscal year: another city taxes them.
    NotHereOnFirstJanuary,
    /// Nobody filed or reported incomes.
    NotFiled,
    /// A correction is being worked on.
    Pending,
    /// The record names somebody else than the register of residents, or has another birth date.
    PersonDiffers,
    /// What we hold may not be the newest.
    Incomplete,
}

impl Cause {
    /// A stable word for the inside log and the counter's screen.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Resident(cause) => cause.code(),
            Self::NoRecord => "tax-no-record",
            Self::NotHereOnFirstJanuary => "tax-not-here-on-first-january",
            Self::NotFiled => "tax-not-filed",
            Self::Pending => "tax-pending",
            Self::PersonDiffers => "tax-person-differs",
            Self::Incomplete => "tax-incomplete",
        }
    }
}

/// Every cause that keeps `subject` from the certificate of `fiscal_year` at a machine on `today`; empty when they may have
/// it. All causes are always computed, whatever the first one is, so that the time taken tells nothing.
pub fn why_not_at_a_machine(
    held: Option<&TaxSnapshot>,
    fiscal_year: i16,
    household: &HouseholdSnapshot,
    subject: &ResidentId,
    today: Date,
) -> Vec<Cause> {
    let mut causes: Vec<Cause> = register::why_not_at_a_machine(household, subject, today, Limits::default())
        .into_iter()
        .map(Cause::Resident)
        .collect();
    let (Some(held), Some(person)) = (held, household.member(subject)) else {
        causes.push(Cause::NoRecord);
        return causes;
    };
    let record = &held.record;
    let came_later = person.became_resident_on.is_some_and(|day| day > base_date(fiscal_year));
    let checks = [
        (Cause::NoRecord, record.fiscal_year != fiscal_year),
        (Cause::NotHereOnFirstJanuary, !record.lived_here | came_later),
        (Cause::NotFiled, !record.is_filed),
        (Cause::Pending, record.is_pending),
        (Cause::PersonDiffers, !is_of(record, person)),
        (Cause::Incomplete, !held.is_complete),
    ];
    causes.extend(checks.into_iter().filter_map(|(cause, holds)| holds.then_some(cause)));
    causes
}

/// The systems may write a name with another variant of a character, or in another width. A foreign resident may stand on
/// the roll by the name used in daily life.
fn is_of(record: &TaxRecord, person: &Resident) -> bool {
    let names = &person.names;
    let common = names.common.as_ref().map(|name| name.text.as_str());
    let is_named = [Some(names.registered.as_str()), common]
        .into_iter()
        .flatten()
        .filter(|name| search_key(name) == search_key(&record.name))
        .count()
        > 0;
    is_named & (record.birth_date == person.birth_date)
}
