//! Numbers of services' cards (利用者番号・診察券番号・職員番号ほか): which number a person has with a service, on which card,
//! and where that card stands.
//!
//! For every service that gave its people a card of its own before and now takes the Individual Number Card. Kept in a
//! database apart from the register ([`Inside::cards`](crate::Inside)), which holds no resident's key: a person is a
//! [`Subject`], a keyed hash that differs for each service. Two services' rows cannot be joined, and a copy of the database
//! names nobody (ADR 0067).
//!
//! ```text
//!  card, tag, application on the chip ─► credentials ─► resident ─┐ (in memory only)
//!                                        service's name ──────────┴─► Subject ─► service_cards ─► number, state
//!  old card and new card side by side (二重管理): the same or another number, until the old one is switched off
//! ```
//!
//! | module | what it holds |
//! |---|---|
//! | `model` | forms of a card, where one stands, what may follow, fees |
//! | `kept` | the rows: issue, find, change, reissue, list, what happened |
//! | [`changes`] | what happened since a place, for systems that follow |
//! | [`counter`] | what a counter does for whoever's card was shown: each look is a disclosure |

pub mod changes;
pub mod counter;
mod kept;
mod model;
mod subject;
#[cfg(test)]
mod tests;

pub use kept::{
    Happened, NewCard, ServiceCard, change, find_number, get, history, issue, list, of_subject, reissue, reissue_for,
    remark, sound_number, subject_of,
};
pub use model::{CardStatus, Fees, Form, IssueRefusal, MAX_NUMBER};
pub use subject::Subject;

use base::Kind;
use store::StoreError;
use store::sealing::SealError;

use crate::access::AccessError;

/// What can go wrong beneath.
#[derive(Debug, thiserror::Error)]
pub enum CardError {
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

impl CardError {
    /// What it means to the caller.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Store(_) | Self::Vault(_) => Kind::Unavailable,
            Self::Access(error) => error.kind(),
        }
    }
}
