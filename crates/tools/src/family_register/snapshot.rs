//! One register as read, with everything that decides about a paper of it, all from one transaction.

use std::fmt;

use super::{FamilyRegister, Member, MemberState, Removal};
use crate::register::{SnapshotVersion, Standing};
use crate::resident_id::ResidentId;

/// A member of whom the register of residents knows, and where they stand there.
#[derive(Clone, PartialEq, Eq)]
pub struct Linked {
    /// The member's number in this register.
    pub member: u32,
    /// Where they stand.
    pub standing: Standing,
}

/// A register in one committed version (invariant I7).
#[derive(Clone, PartialEq, Eq)]
pub struct FamilyRegisterSnapshot {
    /// The version all of it belongs to.
    pub version: SnapshotVersion,
    /// The register, removed members too.
    pub register: FamilyRegister,
    /// Which member it was read for.
    pub subject: u32,
    /// Whether what stands here is the newest the source said. `false` after a newer line about it was refused, or when
    /// the source has the person in two registers: such a register is served at the counter only.
    pub is_complete: bool,
    /// Members of whom the register of residents knows.
    pub linked: Vec<Linked>,
}

impl fmt::Debug for Linked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Linked(<personal>)")
    }
}

impl fmt::Debug for FamilyRegisterSnapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FamilyRegisterSnapshot(<personal>)")
    }
}

impl FamilyRegisterSnapshot {
    /// The member it was read for.
    pub fn subject(&self) -> Option<&Member> {
        self.register.member(self.subject)
    }

    /// Where the member stands in the register of residents, if it knows them.
    pub fn standing(&self, member: u32) -> Option<&Standing> {
        self.linked.iter().find(|linked| linked.member == member).map(|linked| &linked.standing)
    }

    /// Those of `members` who are alive and live here: to each of them, showing this is a disclosure.
    pub fn living_residents(&self, members: &dyn Fn(u32) -> bool) -> Vec<ResidentId> {
        let is_dead = |member: u32| {
            let state = self.register.member(member).map(|member| member.state);
            matches!(state, Some(MemberState::Removed { by: Removal::Death | Removal::Disappearance, .. }))
        };
        self.linked
            .iter()
            .filter(|linked| members(linked.member) && !is_dead(linked.member))
            .filter(|linked| linked.standing.state.is_some_and(|state| state.is_entered()))
            .map(|linked| linked.standing.id.clone())
            .collect()
    }
}
