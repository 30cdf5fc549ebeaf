//! Where a registration stands, and what may follow. Pure.
//!
//! ```text
//!            officer            officer
//!   applied ────────▶ in review ────────▶ registered ──▶ ended   certificate expired, 本籍 changed, withdrawn, applied anew
//!     │     ◀────────    │ └────────────▶ declined
//!     │      puts back   │
//!     └──────────────────┴──────────────────────────────▶ ended   certificate expired while waiting, withdrawn
//! ```

/// Where a registration stands. The words are stored; never change one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// 申請: signed and sent.
    Applied,
    /// 審査中: an officer compares it with the register.
    InReview,
    /// 登録済: the card opens the register.
    Registered,
    /// 却下.
    Declined,
    /// 失効.
    Ended,
}

/// What can happen to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// An officer takes it up.
    TakeUp,
    /// The officer lays it back for somebody else.
    PutBack,
    /// The officer links it.
    Register,
    /// The officer declines it.
    Decline,
    /// It ends.
    End,
}

impl State {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Applied, Self::InReview, Self::Registered, Self::Declined, Self::Ended];

    /// The stored word.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::InReview => "in_review",
            Self::Registered => "registered",
            Self::Declined => "declined",
            Self::Ended => "ended",
        }
    }

    /// In Japanese, as shown to people.
    pub const fn japanese(self) -> &'static str {
        match self {
            Self::Applied => "申請",
            Self::InReview => "審査中",
            Self::Registered => "登録済",
            Self::Declined => "却下",
            Self::Ended => "失効",
        }
    }

    /// The state with this stored word.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.code() == code)
    }

    /// Where `step` leads, if it may happen now.
    pub const fn after(self, step: Step) -> Option<Self> {
        match (self, step) {
            (Self::Applied, Step::TakeUp) => Some(Self::InReview),
            (Self::InReview, Step::PutBack) => Some(Self::Applied),
            (Self::InReview, Step::Register) => Some(Self::Registered),
            (Self::InReview, Step::Decline) => Some(Self::Declined),
            (Self::Applied | Self::InReview | Self::Registered, Step::End) => Some(Self::Ended),
            _ => None,
        }
    }

    /// Whether nothing follows any more.
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Declined | Self::Ended)
    }

    /// Whether somebody waits for an officer.
    pub const fn is_waiting(self) -> bool {
        matches!(self, Self::Applied | Self::InReview)
    }
}

/// Why an officer declines. The words are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeclineReason {
    /// No such register here (本籍 or 筆頭者 differs).
    NoSuchRegister,
    /// The applicant is not entered in it.
    NotInIt,
    /// The name or birth date certified differs from the register's.
    Differs,
    /// For the counter to tell.
    AtTheCounter,
}

impl DeclineReason {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::NoSuchRegister, Self::NotInIt, Self::Differs, Self::AtTheCounter];

    /// The reason with this stored word.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.code() == code)
    }

    /// The stored word.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NoSuchRegister => "no_such_register",
            Self::NotInIt => "not_in_it",
            Self::Differs => "differs",
            Self::AtTheCounter => "at_the_counter",
        }
    }
}

/// Why a registration ended. The words are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndReason {
    /// The certificate's validity ended.
    CertificateExpired,
    /// 本籍 or 筆頭者 changed, or the member is no longer entered.
    DomicileChanged,
    /// The holder withdrew it.
    Withdrawn,
    /// The card it names proved itself beside another application.
    AppliedAnew,
}

impl EndReason {
    /// The stored word.
    pub const fn code(self) -> &'static str {
        match self {
            Self::CertificateExpired => "certificate_expired",
            Self::DomicileChanged => "domicile_changed",
            Self::Withdrawn => "withdrawn",
            Self::AppliedAnew => "applied_anew",
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const STEPS: [Step; 5] = [Step::TakeUp, Step::PutBack, Step::Register, Step::Decline, Step::End];

    proptest! {
        #[test]
        fn nobody_is_registered_whom_no_officer_took_up_and_nothing_follows_the_end(
            steps in proptest::collection::vec(0usize..5, 0..40)
        ) {
            let (mut state, mut reviews, mut was_registered) = (State::Applied, 0, 0);
            for step in steps.into_iter().map(|index| STEPS[index]) {
                let Some(next) = state.after(step) else { continue };
                prop_assert!(!state.is_over());
                reviews += usize::from(step == Step::TakeUp);
                was_registered += usize::from(next == State::Registered);
                if next == State::Registered { prop_assert!(state == State::InReview && reviews > 0); }
                prop_assert!(was_registered <= 1);
                prop_assert_eq!(State::from_code(next.code()), Some(next));
                state = next;
            }
        }
    }

    #[test]
    fn whatever_is_not_over_can_end() {
        for state in State::ALL {
            assert_eq!(state.after(Step::End).is_none(), state.is_over());
            assert_eq!(STEPS.iter().all(|step| state.after(*step).is_none()), state.is_over());
        }
    }
}
