//! Who may be served with a family register at a machine on a date. Pure: no clock, no database.
//!
//! The [`Cause`] is for the counter only; at a machine every cause is the same sentence, timing and exit code.

use base::Date;

use super::snapshot::FamilyRegisterSnapshot;
use super::{Member, RegisterState};
use crate::register::{ResidentState, Standing, is_suppressed, rules::MACHINE_AGE};

/// Why the state of a register sends somebody to the counter. Never shown at a machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cause {
    /// There is no such member in this register.
    NotFound,
    /// The member was removed (婚姻, 死亡, 分籍 …): their own paper is elsewhere, or at the counter.
    Removed,
    /// 除籍 or 改製原戸籍: at the counter only.
    NotCurrent,
    /// A notification by the member or by anyone in the register is being processed (届出処理中).
    Pending,
    /// Somebody in the register is under protection (支援措置).
    Suppressed,
    /// Under 15.
    UnderFifteen,
    /// What we hold may not be the newest.
    Incomplete,
}

impl Cause {
    /// A stable word for the inside log and the counter's screen.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotFound => "not-found",
            Self::Removed => "removed",
            Self::NotCurrent => "not-current",
            Self::Pending => "pending",
            Self::Suppressed => "suppressed",
            Self::UnderFifteen => "under-fifteen",
            Self::Incomplete => "incomplete",
        }
    }
}

/// Every cause that keeps `member` from a machine on `today`; empty when they may be served. All causes are always
/// computed, whatever the first one is, so that the time taken tells nothing.
///
/// A protection counts whoever of the register has it, removed ones too: the whole is printed with everybody, the
/// appendix with their addresses.
pub fn why_not_at_a_machine(snapshot: &FamilyRegisterSnapshot, member: u32, today: Date) -> Vec<Cause> {
    let register = &snapshot.register;
    let Some(person) = register.member(member) else { return vec![Cause::NotFound] };
    // Counting instead of stopping at the first keeps the work the same for every register.
    let anyone = |test: &dyn Fn(&Member) -> bool| register.members.iter().filter(|member| test(member)).count() > 0;
    let anyone_linked =
        |test: &dyn Fn(&Standing) -> bool| snapshot.linked.iter().filter(|linked| test(&linked.standing)).count() > 0;
    let checks = [
        (Cause::Removed, !person.state.is_entered()),
        (Cause::NotCurrent, register.state != RegisterState::Current),
        (
            Cause::Pending,
            register.is_pending
                | anyone(&|member| member.is_pending)
                | anyone_linked(&|standing| standing.state == Some(ResidentState::Pending) || standing.is_waiting)
                | anyone(&|member| is_dead_elsewhere(snapshot, member)),
        ),
        (
            Cause::Suppressed,
            anyone(&|member| member.protection.as_ref().is_some_and(|protection| protection.holds_on(today)))
                | anyone_linked(&|standing| is_suppressed(&standing.protections, &standing.id, today)),
        ),
        (Cause::UnderFifteen, person.birth_date.age_on(today) < MACHINE_AGE),
        (Cause::Incomplete, !snapshot.is_complete),
    ];
    checks.into_iter().filter_map(|(cause, holds)| holds.then_some(cause)).collect()
}

/// Entered here, dead in the register of residents: the notification has reached one of the two only.
fn is_dead_elsewhere(snapshot: &FamilyRegisterSnapshot, member: &Member) -> bool {
    let state = snapshot.standing(member.order).and_then(|standing| standing.state);
    member.state.is_entered() & matches!(state, Some(ResidentState::Dead { .. }))
}
