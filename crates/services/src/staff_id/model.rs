//! The life of an ID, as a table: what may follow what. Pure.
//!
//! ```text
//!  prepared ─enrol card─► live ─┬─ lost ──── replace (two persons) ─► replaced
//!                               ├─ renew, replace (two persons) ────► replaced
//!                               ├─ recall ► recalled
//!                               └─ leave ─► ended
//! ```

use base::Date;
use base::Kind;

/// Days before its end from which an ID may be renewed by one person. Ours.
pub const RENEWAL_DAYS: i64 = 60;

/// Where an ID stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Standing {
    /// Issued on paper; no card is enrolled yet, so nothing can be printed or shown.
    Prepared,
    /// In use.
    Live,
    /// Reported lost (紛失).
    Lost,
    /// Taken back (回収).
    Recalled,
    /// Another stands in its place.
    Replaced,
    /// The member left (退職).
    Ended,
}

impl Standing {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Prepared, Self::Live, Self::Lost, Self::Recalled, Self::Replaced, Self::Ended];

    /// The stored code; never change one.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Prepared => "prepared",
            Self::Live => "live",
            Self::Lost => "lost",
            Self::Recalled => "recalled",
            Self::Replaced => "replaced",
            Self::Ended => "ended",
        }
    }

    /// The one with this code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.code() == code)
    }

    /// The key of its word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Prepared => "staff-id-standing-prepared",
            Self::Live => "staff-id-standing-live",
            Self::Lost => "staff-id-standing-lost",
            Self::Recalled => "staff-id-standing-recalled",
            Self::Replaced => "staff-id-standing-replaced",
            Self::Ended => "staff-id-standing-ended",
        }
    }

    /// Whether it is the member's present one.
    pub const fn is_present(self) -> bool {
        matches!(self, Self::Prepared | Self::Live)
    }

    /// Whether nothing can follow.
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Recalled | Self::Replaced | Self::Ended)
    }
}

/// What is done to an ID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Deed {
    /// A card was put down and its PIN typed.
    EnrolCard,
    /// A new ID in its place, because it soon ends.
    Renew,
    /// A new ID in its place before that: damage, loss, a change of what stands on it. Two persons.
    Replace,
    /// It is reported lost.
    ReportLost,
    /// It is taken back.
    Recall,
    /// Its member leaves.
    Leave,
}

impl Deed {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::EnrolCard, Self::Renew, Self::Replace, Self::ReportLost, Self::Recall, Self::Leave];

    /// The word in the ledger.
    pub const fn code(self) -> &'static str {
        match self {
            Self::EnrolCard => "card-enrolled",
            Self::Renew => "renewed",
            Self::Replace => "reprinted",
            Self::ReportLost => "lost",
            Self::Recall => "recalled",
            Self::Leave => "left",
        }
    }
}

/// What decides whether a deed may be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Circumstances {
    /// Today.
    pub today: Date,
    /// The ID's last day.
    pub valid_until: Date,
    /// Whether two persons allowed a reprint of this very ID.
    pub two_persons: bool,
}

/// Why something is not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Refusal {
    /// No such member or ID.
    #[error("there is no such member or ID")]
    Unknown,
    /// That may not follow.
    #[error("the ID does not stand where this may follow")]
    NotNow,
    /// Too early to renew.
    #[error("an ID is renewed in its last sixty days")]
    TooEarly,
    /// A reprint is not allowed by two persons yet.
    #[error("a reprint needs two persons")]
    NeedsTwo,
    /// The member has an ID that is in use, or a lost one that must be replaced.
    #[error("the member has an ID")]
    HasOne,
    /// The member is not employed today.
    #[error("the member is not employed today")]
    NotEmployed,
    /// Today is the member's last day.
    #[error("the member leaves today")]
    Leaving,
    /// The card is enrolled to another member's ID.
    #[error("the card is another member's")]
    AnothersCard,
    /// No tag's number.
    #[error("that is not a tag's number")]
    NotATag,
    /// No card is enrolled yet.
    #[error("no card is enrolled yet")]
    NoCard,
    /// It was printed already.
    #[error("the label was printed already")]
    Printed,
}

impl Refusal {
    /// What it means to the caller.
    pub const fn kind(self) -> Kind {
        match self {
            Self::Unknown => Kind::NotFound,
            Self::NotATag => Kind::Invalid,
            _ => Kind::Conflict,
        }
    }

    /// The key of its sentence.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Unknown => "staff-id-no-unknown",
            Self::NotNow => "staff-id-no-not-now",
            Self::TooEarly => "staff-id-no-too-early",
            Self::NeedsTwo => "staff-id-no-needs-two",
            Self::HasOne => "staff-id-no-has-one",
            Self::NotEmployed => "staff-id-no-not-employed",
            Self::Leaving => "staff-id-no-leaving",
            Self::AnothersCard => "staff-id-no-anothers-card",
            Self::NotATag => "staff-id-no-tag",
            Self::NoCard => "staff-id-no-card",
            Self::Printed => "staff-id-no-printed",
        }
    }
}

/// Where an ID stands after a deed.
///
/// # Errors
/// [`Refusal`].
pub fn after(now: Standing, deed: Deed, given: Circumstances) -> Result<Standing, Refusal> {
    use Standing::{Ended, Live, Lost, Prepared, Recalled, Replaced};
    match (now, deed) {
        (Prepared | Live, Deed::EnrolCard) => Ok(Live),
        (Live, Deed::ReportLost) => Ok(Lost),
        (Prepared | Live | Lost, Deed::Recall) => Ok(Recalled),
        (Prepared | Live | Lost, Deed::Leave) => Ok(Ended),
        (Live, Deed::Renew) if given.today.plus_days(RENEWAL_DAYS) < given.valid_until => Err(Refusal::TooEarly),
        (Live, Deed::Renew) => Ok(Replaced),
        (Live | Lost, Deed::Replace) if !given.two_persons => Err(Refusal::NeedsTwo),
        (Live | Lost, Deed::Replace) => Ok(Replaced),
        _ => Err(Refusal::NotNow),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn given(until: i64, two_persons: bool) -> Circumstances {
        let today = Date::new(2026, 11, 27).unwrap();
        Circumstances { today, valid_until: today.plus_days(until), two_persons }
    }

    fn deed() -> impl Strategy<Value = Deed> {
        (0..Deed::ALL.len()).prop_map(|at| Deed::ALL[at])
    }

    proptest! {
        #[test]
        fn what_is_over_stays_over(deeds in prop::collection::vec((deed(), -10i64..400, any::<bool>()), 0..12)) {
            let (mut standing, mut was_over) = (Standing::Prepared, None);
            for (deed, until, two) in deeds {
                if let Ok(next) = after(standing, deed, given(until, two)) {
                    standing = next;
                }
                if let Some(before) = was_over {
                    prop_assert_eq!(standing, before);
                }
                was_over = standing.is_over().then_some(standing);
            }
        }

        #[test]
        fn a_lost_id_never_comes_back_and_nothing_is_reprinted_by_one(deeds in prop::collection::vec(deed(), 0..12)) {
            let (mut standing, mut was_lost) = (Standing::Prepared, false);
            for deed in deeds {
                let before = standing;
                if let Ok(next) = after(standing, deed, given(400, false)) {
                    prop_assert!(!matches!(deed, Deed::Replace | Deed::Renew), "{before:?} {deed:?}");
                    standing = next;
                }
                was_lost |= standing == Standing::Lost;
                prop_assert!(!(was_lost && standing == Standing::Live));
            }
        }
    }

    #[test]
    fn an_id_lives_from_a_card_to_its_renewal() {
        let live = after(Standing::Prepared, Deed::EnrolCard, given(365, false)).unwrap();
        assert_eq!(live, Standing::Live);
        assert_eq!(after(live, Deed::Renew, given(RENEWAL_DAYS + 1, false)), Err(Refusal::TooEarly));
        assert_eq!(after(live, Deed::Renew, given(RENEWAL_DAYS, false)), Ok(Standing::Replaced));
        assert_eq!(after(live, Deed::Replace, given(365, true)), Ok(Standing::Replaced));
        assert_eq!(after(Standing::Prepared, Deed::ReportLost, given(365, true)), Err(Refusal::NotNow));
    }
}
