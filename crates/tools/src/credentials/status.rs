//! Where a credential stands, and what may follow.
//!
//! ```text
//!            person, staff          staff, holder present
//!   active ──────────────▶ on hold ──────────────────────▶ active
//!     │  └────────────────▶ lost   ──────────────────────▶ active   (found again)
//!     ├─ a newer certificate took its place ─▶ superseded   for good
//!     └─ death, moving out + 30 days ────────▶ ended        for good
//! ```

/// Where a credential stands. The words are stored; never change one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CredentialStatus {
    /// May be used.
    Active,
    /// Stopped for the time being, by the person or an officer (一時停止).
    OnHold,
    /// Reported lost (紛失).
    Lost,
    /// Replaced by a newer one (更新).
    Superseded,
    /// Its holder died, or moved out and thirty days passed.
    Ended,
}

impl CredentialStatus {
    const ALL: [Self; 5] = [Self::Active, Self::OnHold, Self::Lost, Self::Superseded, Self::Ended];

    /// The stored word.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::OnHold => "on_hold",
            Self::Lost => "lost",
            Self::Superseded => "superseded",
            Self::Ended => "ended",
        }
    }

    /// The status with this stored word.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.code() == code)
    }

    /// Key of the word shown for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Active => "credential-active",
            Self::OnHold => "credential-on-hold",
            Self::Lost => "credential-lost",
            Self::Superseded => "credential-superseded",
            Self::Ended => "credential-ended",
        }
    }

    /// Whether `next` may follow.
    pub const fn may_become(self, next: Self) -> bool {
        match (self, next) {
            (Self::Active, Self::Active) => false,
            (Self::Active, _) => true,
            (Self::OnHold, Self::Active | Self::Lost | Self::Superseded | Self::Ended) => true,
            (Self::Lost, Self::Active | Self::Superseded | Self::Ended) => true,
            _ => false,
        }
    }

    /// Why a credential in this status opens nothing.
    pub(super) const fn refusal(self) -> Option<CredentialRefusal> {
        match self {
            Self::Active => None,
            Self::OnHold => Some(CredentialRefusal::OnHold),
            Self::Lost => Some(CredentialRefusal::Lost),
            Self::Superseded => Some(CredentialRefusal::Superseded),
            Self::Ended => Some(CredentialRefusal::Ended),
        }
    }
}

/// Why a card that verified still opens nothing. These are about the card, never about the register, so each may have
/// its own message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CredentialRefusal {
    /// The city does not know it: not enrolled, or renewed since.
    #[error("this card or tag is not linked to a resident of this city")]
    Unknown,
    /// Held (一時停止).
    #[error("this card is on hold")]
    OnHold,
    /// Reported lost.
    #[error("this card was reported lost")]
    Lost,
    /// A newer card replaced it.
    #[error("a newer card replaced this one")]
    Superseded,
    /// Its link ended.
    #[error("the link of this card has expired")]
    Expired,
    /// Stopped for good.
    #[error("the link of this card has ended")]
    Ended,
    /// The same signed challenge came a second time.
    #[error("this signature was used before")]
    Replayed,
}
