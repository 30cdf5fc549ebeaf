//! Stopping a service by hand (職員による停止): one person, at once, with a reason the public may read.
//!
//! The stop is an incident like every other: whatever gives something out asks [`super::service_stopped`] in its own
//! transaction, and letting it run again takes two persons (`staff::two_persons`).

use base::{Id, Seams};
use store::{StoreError, Tx};

use super::{Report, open};
use crate::access::Actor;

/// Why staff stop a service, as far as the public is told. Free words are for colleagues only: what stands on a machine
/// must exist in three languages and name nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// Planned work (点検).
    Maintenance,
    /// Something does not work (障害).
    Trouble,
    /// A disaster, or the building is closed (災害・閉庁).
    Disaster,
    /// What is printed must be checked first (内容の確認).
    Check,
}

impl Why {
    /// All of them, in the order of a form.
    pub const ALL: [Self; 4] = [Self::Maintenance, Self::Trouble, Self::Disaster, Self::Check];

    /// The word in forms, in keys of sentences and behind [`Why::kind`].
    pub const fn word(self) -> &'static str {
        match self {
            Self::Maintenance => "maintenance",
            Self::Trouble => "trouble",
            Self::Disaster => "disaster",
            Self::Check => "check",
        }
    }

    /// The one with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|why| why.word() == word)
    }

    /// The kind of its incident.
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Maintenance => "by_hand.maintenance",
            Self::Trouble => "by_hand.trouble",
            Self::Disaster => "by_hand.disaster",
            Self::Check => "by_hand.check",
        }
    }

    /// Why the service of an incident of this kind was stopped by hand; `None` for incidents that a check opened.
    pub fn of_kind(kind: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|why| why.kind() == kind)
    }
}

/// Stops `service` at once. `note` tells colleagues more. Audited as an incident that was opened.
///
/// # Errors
/// [`StoreError`].
pub fn stop(tx: &mut Tx<'_>, seams: &Seams, by: &Actor, service: &str, why: Why, note: &str) -> Result<Id, StoreError> {
    open(tx, seams, by, &Report { service, kind: why.kind(), stops: true, note })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_reads_back() {
        for why in Why::ALL {
            assert_eq!((Why::from_word(why.word()), Why::of_kind(why.kind())), (Some(why), Some(why)));
        }
        assert_eq!((Why::from_word("by_hand"), Why::of_kind("mismatch")), (None, None));
    }
}
