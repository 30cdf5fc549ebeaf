//! How far the person in a session is known: three levels, and what reaches them.
//!
//! ```text
//!   Public       a password alone, or an account set anew by e-mail       public notices, nothing of their own
//!   Substantial  passkey, or password and e-mail code; account once proved by card      daily use
//!   High         card with PIN (or the national sign-in app) within a quarter of an hour  health, tax, mandates, consents
//! ```
//! Resetting a password or an address never gives a level back; only the card does (NIST SP 800-63B by analogy, our rule).

/// A level. Ordered: a higher one opens what a lower one opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Assurance {
    /// Known by something that can be reset: sees public notices only.
    Public,
    /// Known by a means that was bound with the card.
    Substantial,
    /// Proved by the card with PIN a moment ago.
    High,
}

/// Seconds for which a card's proof holds. Our own figure: one errand at the screen.
pub const CARD_SECONDS: i64 = 15 * 60;

impl Assurance {
    /// The stored number.
    pub const fn code(self) -> i64 {
        match self {
            Self::Public => 1,
            Self::Substantial => 2,
            Self::High => 3,
        }
    }

    /// From the stored number; an unknown one is the lowest.
    pub const fn from_code(code: i64) -> Self {
        match code {
            3 => Self::High,
            2 => Self::Substantial,
            _ => Self::Public,
        }
    }

    /// As said to private apps (`acr`).
    pub const fn word(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Substantial => "substantial",
            Self::High => "high",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_ordered_and_kept_and_an_unknown_number_opens_nothing() {
        assert!(Assurance::Public < Assurance::Substantial && Assurance::Substantial < Assurance::High);
        for level in [Assurance::Public, Assurance::Substantial, Assurance::High] {
            assert_eq!(Assurance::from_code(level.code()), level);
        }
        assert_eq!(Assurance::from_code(99), Assurance::Public);
    }
}
