//! Credentials (証明書・カードなど本人を示すもの): many may point to one person.
//!
//! For every front at which somebody taps a card. A certificate's serial number is never a person's key and is never
//! stored: only a keyed hash is, so that a copied table names nobody (公的個人認証法 52条, 53条, 63条; specs card-jpki §2.1).
//!
//! ```text
//!  with PIN:     VerifiedCard (pki) ─► keyed hash ─► credentials row ─► VerifiedPerson: may take out a certificate
//!  without PIN:  ShownCard + proof of the card's own key ─► law of taps ─► TappedPerson: may be greeted, lent a book
//!  issued tag, transit card, signed code ─► keyed hash ─► PresentedPerson: what the service decides such a thing is worth
//!                                              └─ on hold / lost / superseded / ended / expired ─► CredentialRefusal
//! ```
//! Three types, so that no service can take a tap for a signature.
//!
//! | module | what it holds |
//! |---|---|
//! | [`kinds`] | the kinds, and what each is worth, as a table |
//! | [`status`] | where a credential stands, and what may follow |
//! | [`linking`] | enrolling; finding the person again |
//! | [`numbers`] | the number of a tag or transit card, as a reader types it |
//! | [`printed`] | printed signed codes: made, read |
//! | [`tap_rules`] | the law of taps as data |
//! | [`tap`] | a tap without PIN |
//! | [`own`] | a person's credentials, shown and stopped |
//! | [`renewal`] | old certificate → new |
//! | [`endings`] | death and moving out |

pub mod endings;
pub mod kinds;
pub mod linking;
pub mod numbers;
pub mod own;
pub mod printed;
pub mod renewal;
pub mod status;
pub mod tap;
pub mod tap_rules;
#[cfg(test)]
mod tests;

pub use kinds::{CredentialKind, Token};
pub use linking::{
    Enrolled, Link, LinkRefusal, Mark, PresentedPerson, VerifiedPerson, enrol, enrol_marked, enrol_token, find_person,
    find_token, use_challenge_once,
};
pub use own::{Listed, Release, list, release, resume, set_status};
pub use status::{CredentialRefusal, CredentialStatus};

use base::Kind;
use store::StoreError;
use store::sealing::SealError;

use crate::access::AccessError;

/// What can go wrong beneath.
#[derive(Debug, thiserror::Error)]
pub enum CredentialError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The key store.
    #[error(transparent)]
    Vault(#[from] SealError),
    /// Reading a person's record was refused.
    #[error(transparent)]
    Access(#[from] AccessError),
}

impl CredentialError {
    /// What it means to the caller.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Store(_) | Self::Vault(_) => Kind::Unavailable,
            Self::Access(error) => error.kind(),
        }
    }
}
