//! Who may be served at a machine on a date. Pure: no clock, no database.
//!
//! The [`Cause`] is for the counter only. At a machine every cause is the same sentence, timing and exit code, so that
//! none reveals a protection (specs: refusals of a コンビニ交付 kiosk).

use base::Date;

use super::model::{HouseholdSnapshot, Protection, Resident, ResidentState};
use crate::resident_id::ResidentId;

/// Below this age nobody is served at a machine (source: pages of several municipalities, e.g. 足立区).
pub const MACHINE_AGE: i32 = 15;

/// Longest name and address a machine's form holds, in visible characters. Longer ones go to the counter rather than
/// being cut (our own figures: what the printed form of 世帯連記式 takes in its smallest type).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Visible characters of a name.
    pub name: usize,
    /// Visible characters of an address with building.
    pub address: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { name: 80, address: 120 }
    }
}

/// Why the register's state sends somebody to the counter. Never shown at a machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cause {
    /// The person is not a member of this household.
    NotAMember,
    /// Under 15.
    UnderFifteen,
    /// Moved out.
    MovedOut,
    /// Dead.
    Dead,
    /// The person, or someone of the household, plans to move out.
    PlannedMoveOut,
    /// A notification of the person or of someone in the household is being processed.
    Pending,
    /// The person, or someone of the household, is under protection.
    Suppressed,
    /// Moved in today: the entry is not settled until tomorrow.
    MovedInToday,
    /// A name or address is longer than the form.
    TooLong,
    /// The import had to leave out a member of this household.
    Incomplete,
}

impl Cause {
    /// A stable word for the inside log and the counter's screen.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotAMember => "not-a-member",
            Self::UnderFifteen => "under-fifteen",
            Self::MovedOut => "moved-out",
            Self::Dead => "dead",
            Self::PlannedMoveOut => "planned-move-out",
            Self::Pending => "pending",
            Self::Suppressed => "suppressed",
            Self::MovedInToday => "moved-in-today",
            Self::TooLong => "too-long",
            Self::Incomplete => "incomplete",
        }
    }
}

/// Whether any of `protections` of `resident` holds on `on`.
pub fn is_suppressed(protections: &[Protection], resident: &ResidentId, on: Date) -> bool {
    protections.iter().any(|protection| protection.resident_id == *resident && protection.holds_on(on))
}

/// Whether `resident` is under 15 on `on`.
pub fn is_under_fifteen(resident: &Resident, on: Date) -> bool {
    resident.age_on(on) < MACHINE_AGE
}

/// Every cause that keeps `subject` from a machine on `on`; empty when they may be served. All causes are always
/// computed, whatever the first one is, so that the time taken tells nothing.
pub fn why_not_at_a_machine(
    snapshot: &HouseholdSnapshot,
    subject: &ResidentId,
    on: Date,
    limits: Limits,
) -> Vec<Cause> {
    let Some(person) = snapshot.member(subject) else { return vec![Cause::NotAMember] };
    let anyone = |test: &dyn Fn(&Resident) -> bool| {
        // Counting instead of stopping at the first keeps the work the same for every household.
        snapshot.entered_members().filter(|member| test(member)).count() > 0
    };
    let checks = [
        (Cause::UnderFifteen, is_under_fifteen(person, on)),
        (Cause::MovedOut, matches!(person.state, ResidentState::MovedOut { .. })),
        (Cause::Dead, matches!(person.state, ResidentState::Dead { .. })),
        (Cause::PlannedMoveOut, anyone(&|m| matches!(m.state, ResidentState::PlannedMoveOut { .. }))),
        (Cause::Pending, anyone(&|m| m.state == ResidentState::Pending) | !snapshot.changes_waiting.is_empty()),
        (
            Cause::Suppressed,
            anyone(&|m| is_suppressed(&snapshot.protections, &m.id, on))
                | is_suppressed(&snapshot.protections, subject, on),
        ),
        (
            Cause::MovedInToday,
            anyone(&|m| {
                m.became_resident_on.is_some_and(|day| day >= on) || m.notified_on.is_some_and(|day| day >= on)
            }),
        ),
        (Cause::TooLong, anyone(&|m| is_too_long(m, limits))),
        (Cause::Incomplete, !snapshot.household.is_complete | has_lost_its_head(snapshot)),
    ];
    checks.into_iter().filter_map(|(cause, holds)| holds.then_some(cause)).collect()
}

/// Whether the head has left, died or joined another household and nobody has been named in their place yet.
fn has_lost_its_head(snapshot: &HouseholdSnapshot) -> bool {
    let is_gone = |id| snapshot.member(id).is_none_or(|head: &Resident| !head.state.is_entered());
    snapshot.household.head_id.as_ref().is_some_and(is_gone) && snapshot.entered_members().next().is_some()
}

fn is_too_long(resident: &Resident, limits: Limits) -> bool {
    let length = base::text::visible_length;
    length(&resident.names.registered) > limits.name || length(&resident.address.whole()) > limits.address
}
