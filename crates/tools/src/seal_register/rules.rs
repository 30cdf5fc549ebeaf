//! Who gets a certificate of their seal at a machine on a date. Pure: no clock, no database.
//!
//! The [`Cause`] is for the counter only; at a machine every cause is the same sentence, timing and exit code.

use base::Date;
use base::text::search_key;

use super::read::SealSnapshot;
use super::{SealRegistration, SealState};
use crate::register::rules::Limits;
use crate::register::{self, HouseholdSnapshot, Resident};
use crate::resident_id::ResidentId;

/// Why there is no certificate of a seal. Never shown at a machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cause {
    /// What the register of residents says: moved, dead, under 15, protection …
    Resident(register::Cause),
    /// No seal was ever registered.
    NotRegistered,
    /// 停止.
    Suspended,
    /// 廃止・抹消.
    Cancelled,
    /// An application about it is being processed, or it is registered from a day to come.
    Pending,
    /// The registration names somebody else than the register of residents, or was made for another birth date.
    PersonDiffers,
    /// The address on the registration is not the one they live at.
    AddressDiffers,
    /// What we hold may not be the newest.
    Incomplete,
}

impl Cause {
    /// A stable word for the inside log and the counter's screen.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Resident(cause) => cause.code(),
            Self::NotRegistered => "seal-not-registered",
            Self::Suspended => "seal-suspended",
            Self::Cancelled => "seal-cancelled",
            Self::Pending => "seal-pending",
            Self::PersonDiffers => "seal-person-differs",
            Self::AddressDiffers => "seal-address-differs",
            Self::Incomplete => "seal-incomplete",
        }
    }
}

/// Every cause that keeps `subject` from a certificate of their seal at a machine on `today`; empty when they may have it.
/// All causes are always computed, whatever the first one is, so that the time taken tells nothing.
pub fn why_not_at_a_machine(
    seal: Option<&SealSnapshot>,
    household: &HouseholdSnapshot,
    subject: &ResidentId,
    today: Date,
) -> Vec<Cause> {
    let mut causes: Vec<Cause> = register::why_not_at_a_machine(household, subject, today, Limits::default())
        .into_iter()
        .map(Cause::Resident)
        .collect();
    let (Some(seal), Some(person)) = (seal, household.member(subject)) else {
        causes.push(Cause::NotRegistered);
        return causes;
    };
    let registration = &seal.registration;
    let checks = [
        (Cause::Suspended, matches!(registration.state, SealState::Suspended { .. })),
        (Cause::Cancelled, registration.state.is_cancelled()),
        (Cause::Pending, registration.is_pending | (registration.registered_on > today)),
        (Cause::PersonDiffers, !is_of(registration, person)),
        (Cause::AddressDiffers, !is_same(&registration.address, &person.address.whole())),
        (Cause::Incomplete, !seal.is_complete),
    ];
    causes.extend(checks.into_iter().filter_map(|(cause, holds)| holds.then_some(cause)));
    causes
}

/// The systems may write a name with another variant of a character, or in another width.
fn is_same(one: &str, other: &str) -> bool {
    search_key(one) == search_key(other)
}

/// A second name that stands on the registration must still be entered; the seal may say it.
fn is_of(registration: &SealRegistration, person: &Resident) -> bool {
    let second = |on_it: &Option<String>, entered: Option<&str>| {
        on_it.as_deref().is_none_or(|name| entered.is_some_and(|entered| is_same(name, entered)))
    };
    let names = &person.names;
    let [former, common] = [&names.former, &names.common].map(|name| name.as_ref().map(|name| name.text.as_str()));
    is_same(&registration.name, &names.registered)
        & second(&registration.former_name, former)
        & second(&registration.common_name, common)
        & (registration.birth_date == person.birth_date)
}
