//! The loading system of the city's own application on the chip (独自アプリの搭載). No service depends on it: the policy prefers
//! the card's standard applications. The protocol is `card::city_application` and `docs/city-application.md`.
//!
//! ```text
//!  custodians ─ ceremony ─► group keys, sealed ─┬─ loading desk: load · update · delete, each step noted before it is sent
//!                                               └─ for one terminal: its derived key ─► tap without PIN ─► credentials
//! ```
//!
//! | module | what it holds |
//! |---|---|
//! | [`share`] | a custodian's share on paper, with its check group |
//! | [`ceremony`] | who brings a share; the keys with the last one |
//! | [`key_store`] | the keys, sealed; renewed and retired by two persons |
//! | [`model`] | where a card stands and what may follow, pure |
//! | [`cards`] | the rows: cards, and the journal of steps |
//! | [`desk`] | what the loading place does with the card on its reader |
//! | [`emergency`] | the emergency card as the person chose it |
//! | [`refusals`] | what the loading place did not do, and why |
//! | [`terminal`] | a terminal's derived keys, and the number of a tapped card |
//! | [`handing_out`] | a terminal's keys sealed to its agent: version, end, stopped |

pub mod cards;
pub mod ceremony;
pub mod desk;
pub mod emergency;
pub mod handing_out;
pub mod key_store;
pub mod model;
pub mod refusals;
pub mod share;
pub mod terminal;
#[cfg(test)]
mod tests;

use base::Kind;
use card::city_application::loading::LoadingError;
use card::city_application::{CityCardError, KeySet};
use store::StoreError;
use store::sealing::SealError;

pub use terminal::read_at_terminal;

use crate::credentials::CredentialError;

/// What is not done, and why. Each has its own sentence: [`Refusal::word`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No key ceremony was held.
    #[error("the city has no keys for its application yet")]
    NoKeys,
    /// A ceremony needs two to five custodians.
    #[error("a ceremony needs two to five custodians")]
    Custodians,
    /// No ceremony is open.
    #[error("no ceremony is open")]
    NoCeremony,
    /// This custodian has given a share already.
    #[error("this custodian has given a share already")]
    GaveOne,
    /// Two shares are the same.
    #[error("two shares are the same")]
    SameShare,
    /// One is under way already.
    #[error("one is under way already")]
    Waits,
    /// The key wraps others for as long as cards live.
    #[error("the first management key is needed as long as cards live")]
    Wraps,
    /// The newest key of a set stays.
    #[error("the newest key of a set cannot be retired")]
    Newest,
    /// Cards hold no newer key yet.
    #[error("{cards} cards have no newer key yet")]
    StillNeeded {
        /// How many.
        cards: i64,
    },
    /// The application is not on this card.
    #[error("the application is not on this card")]
    NotLoaded,
    /// It was erased for good.
    #[error("the application on this card was erased")]
    Erased,
    /// A card of another city, or an imitation.
    #[error("the application on this card is not this city's")]
    Foreign,
    /// It knows this city's keys, but its number is unknown here.
    #[error("this card's number is not known here")]
    Unknown,
    /// The card has no key of the version that is in use.
    #[error("the card's keys have another version")]
    KeyVersion,
    /// The card refuses this terminal by name.
    #[error("the card refuses this terminal")]
    TerminalRefused,
    /// The agent that asks for keys was stopped, or nobody allowed it to have any.
    #[error("this terminal may hold no keys")]
    TerminalUnknown,
    /// A write was begun and not finished.
    #[error("a write on this card is half done")]
    Half,
    /// It does not fit.
    #[error("the card has no free space")]
    NoRoom,
    /// Another card lies on the reader now.
    #[error("another card lies on the reader")]
    OtherCard,
    /// The card's number is linked to another person, or was stopped.
    #[error("this card is linked to another person, or was stopped")]
    AnotherPerson,
    /// What was asked may not follow on where the card stands.
    #[error("this may not follow now")]
    NotNow,
    /// The PIN of the application was wrong.
    #[error("the PIN of the application is wrong")]
    WrongPin,
    /// The PIN of the application is locked.
    #[error("the PIN of the application is locked")]
    PinLocked,
    /// The card was taken away, or the connection disturbed.
    #[error("the card was taken away")]
    Removed,
    /// The issuer's route did not load it.
    #[error("the application cannot be loaded here")]
    NoRoute,
    /// The card answered what it should not.
    #[error("the card cannot be read")]
    Unreadable,
}

impl Refusal {
    /// The key of its sentence.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::NoKeys => "application-refused-no-keys",
            Self::Custodians => "application-refused-custodians",
            Self::NoCeremony => "application-refused-no-ceremony",
            Self::GaveOne => "application-refused-gave-one",
            Self::SameShare => "application-refused-same-share",
            Self::Waits => "application-refused-waits",
            Self::Wraps => "application-refused-wraps",
            Self::Newest => "application-refused-newest",
            Self::StillNeeded { .. } => "application-refused-still-needed",
            Self::NotLoaded => "application-refused-not-loaded",
            Self::Erased => "application-refused-erased",
            Self::Foreign => "application-refused-foreign",
            Self::Unknown => "application-refused-unknown",
            Self::KeyVersion => "application-refused-key-version",
            Self::TerminalRefused => "application-refused-terminal-refused",
            Self::TerminalUnknown => "application-refused-terminal-unknown",
            Self::Half => "application-refused-half",
            Self::NoRoom => "application-refused-no-room",
            Self::OtherCard => "application-refused-other-card",
            Self::AnotherPerson => "application-refused-another-person",
            Self::NotNow => "application-refused-not-now",
            Self::WrongPin => "application-refused-wrong-pin",
            Self::PinLocked => "application-refused-pin-locked",
            Self::Removed => "application-refused-removed",
            Self::NoRoute => "application-refused-no-route",
            Self::Unreadable => "application-refused-unreadable",
        }
    }
}

/// What whoever stands at the loading place may do after a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// Put the card down once more and do the same: what was done stays done, nothing is done twice.
    Again,
    /// Something else must come first: room on the card, the right PIN, another card.
    Change,
    /// Nothing at this desk: tell whoever is responsible for the application.
    Officer,
}

impl Remedy {
    /// The key of its sentence.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Again => "application-remedy-again",
            Self::Change => "application-remedy-change",
            Self::Officer => "application-remedy-officer",
        }
    }

    /// After the refusal whose sentence has this key.
    pub fn after(word: &str) -> Self {
        match word.trim_start_matches("application-refused-") {
            "removed"
            | "half"
            | "unreadable"
            | "beneath"
            | "kiosk-card-removed"
            | "kiosk-card-unreadable"
            | "kiosk-reader-waiting"
            | "kiosk-card-status-unknown" => Self::Again,
            "no-room"
            | "wrong-pin"
            | "other-card"
            | "not-now"
            | "not-loaded"
            | "card-pin"
            | "kiosk-pin-last-try"
            | "kiosk-pin-shape"
            | "application-pin-shape"
            | "application-emergency-said-missing"
            | "emergency-no-nothing"
            | "emergency-no-line"
            | "emergency-no-long"
            | "emergency-no-number"
            | "kiosk-card-wrong-kind" => Self::Change,
            _ => Self::Officer,
        }
    }
}

impl From<CityCardError> for Refusal {
    fn from(error: CityCardError) -> Self {
        match error {
            CityCardError::NotLoaded => Self::NotLoaded,
            CityCardError::Terminated => Self::Erased,
            CityCardError::KeyVersion { .. } => Self::KeyVersion,
            CityCardError::TerminalRefused => Self::TerminalRefused,
            CityCardError::NotGenuine | CityCardError::NotBelieved => Self::Foreign,
            CityCardError::NoRoom => Self::NoRoom,
            CityCardError::NewerCopy => Self::Half,
            CityCardError::WrongPin { .. } => Self::WrongPin,
            CityCardError::PinLocked => Self::PinLocked,
            CityCardError::Reader(_) | CityCardError::Disturbed => Self::Removed,
            CityCardError::NoFile
            | CityCardError::NotAllowed
            | CityCardError::Key(_)
            | CityCardError::UnexpectedStatus { .. }
            | CityCardError::Malformed(_) => Self::Unreadable,
        }
    }
}

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// By rule, or by the card.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The key store.
    #[error(transparent)]
    Vault(#[from] SealError),
    /// Linking the card to its person.
    #[error(transparent)]
    Credential(#[from] CredentialError),
    /// Numbers of services.
    #[error(transparent)]
    Cards(#[from] crate::service_cards::CardError),
}

impl Fault {
    /// What it means to a caller.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Refused(_) => Kind::Conflict,
            Self::Store(error) => error.kind(),
            Self::Vault(error) => error.kind(),
            Self::Credential(_) => Kind::Unavailable,
            Self::Cards(error) => error.kind(),
        }
    }
}

impl From<CityCardError> for Fault {
    fn from(error: CityCardError) -> Self {
        Self::Refused(error.into())
    }
}

impl From<LoadingError> for Fault {
    fn from(error: LoadingError) -> Self {
        Self::Refused(match error {
            LoadingError::Card(error) => error.into(),
            LoadingError::Route(_) => Refusal::NoRoute,
            LoadingError::Journal(_) => Refusal::Unreadable,
            LoadingError::OtherCard => Refusal::OtherCard,
        })
    }
}

/// The word of a set of keys, in the audit and in the keys of its words on screen.
pub const fn set_word(set: KeySet) -> &'static str {
    match set {
        KeySet::Management => "management",
        KeySet::Library => "library",
        KeySet::Hospital => "hospital",
        KeySet::Staff => "staff",
        KeySet::Medicines => "medicines",
        KeySet::Emergency => "emergency",
        KeySet::Inventory => "inventory",
    }
}
