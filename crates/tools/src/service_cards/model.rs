//! Forms of a service's card, where one stands, and what it costs. Pure.

use base::Yen;

/// On what a person carries the number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form {
    /// The Individual Number Card, or whatever else is enrolled for it (個人番号カードで使う).
    OneCard,
    /// The service's own card, as before (従来のカード).
    OwnCard,
}

impl Form {
    /// Both.
    pub const ALL: [Self; 2] = [Self::OneCard, Self::OwnCard];

    /// The stored word.
    pub const fn code(self) -> &'static str {
        match self {
            Self::OneCard => "one_card",
            Self::OwnCard => "own_card",
        }
    }

    /// The form with this stored word.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.code() == code)
    }

    /// Key of the words shown for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::OneCard => "taps-form-one",
            Self::OwnCard => "taps-form-own",
        }
    }
}

/// Where a card stands.
///
/// ```text
///   active ──▶ on hold ──▶ active        a stop is taken back by staff, or within its time by the person
///     │  └───▶ lost ─────▶ active        found again
///     ├─ another took its place ─▶ replaced    for good
///     └─ switched off, left, expired ─▶ ended  for good
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CardStatus {
    /// May be used.
    Active,
    /// Stopped for the time being (利用停止).
    OnHold,
    /// Reported lost (紛失).
    Lost,
    /// Another card took its place (再発行済み).
    Replaced,
    /// Switched off for good (廃止).
    Ended,
}

impl CardStatus {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Active, Self::OnHold, Self::Lost, Self::Replaced, Self::Ended];

    /// The stored word.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::OnHold => "on_hold",
            Self::Lost => "lost",
            Self::Replaced => "replaced",
            Self::Ended => "ended",
        }
    }

    /// The status with this stored word.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.code() == code)
    }

    /// Key of the words shown for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Active => "taps-status-active",
            Self::OnHold => "taps-status-on-hold",
            Self::Lost => "taps-status-lost",
            Self::Replaced => "taps-status-replaced",
            Self::Ended => "taps-status-ended",
        }
    }

    /// Whether `next` may follow.
    pub const fn may_become(self, next: Self) -> bool {
        match (self, next) {
            (Self::Active, Self::Active) => false,
            (Self::Active, _) => true,
            (Self::OnHold, Self::Active | Self::Lost | Self::Replaced | Self::Ended) => true,
            (Self::Lost, Self::Active | Self::Replaced | Self::Ended) => true,
            _ => false,
        }
    }

    /// Whether it may come back: all but what is over for good.
    pub const fn is_live(self) -> bool {
        !matches!(self, Self::Replaced | Self::Ended)
    }
}

/// Why no card was issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IssueRefusal {
    /// The number belongs, or belonged, to somebody else: numbers are never handed on.
    #[error("this number belongs to another person")]
    NumberTaken,
    /// The person has a live card of this form.
    #[error("there is a live card of this form already")]
    HasOne,
    /// The card to be replaced is not there, or over for good.
    #[error("the card to be replaced is not there, or was replaced or switched off")]
    NotThere,
    /// Empty, longer than [`MAX_NUMBER`] characters, or with characters that no number has.
    #[error("a number is 1 to 32 letters, digits and hyphens")]
    NotANumber,
    /// It is an Individual Number.
    #[error("an Individual Number is no number of a card")]
    IndividualNumber,
}

/// Longest number in characters.
pub const MAX_NUMBER: u32 = 32;

/// What cards of one service cost (手数料).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fees {
    /// The service's own card, first time.
    pub own_card: Yen,
    /// The same, again after a loss.
    pub own_card_again: Yen,
    /// Being put on the Individual Number Card.
    pub one_card: Yen,
}

impl Fees {
    /// What a card of this form costs now.
    pub const fn due(&self, form: Form, is_reissue: bool) -> Yen {
        match (form, is_reissue) {
            (Form::OneCard, _) => self.one_card,
            (Form::OwnCard, false) => self.own_card,
            (Form::OwnCard, true) => self.own_card_again,
        }
    }

    /// What the one card costs less than a card of the service's own (費用の差額); negative where it costs more.
    pub const fn difference(&self, is_reissue: bool) -> Yen {
        Yen(self.due(Form::OwnCard, is_reissue).0 - self.one_card.0)
    }
}
