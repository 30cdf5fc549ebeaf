//! Private apps (民間アプリ) that residents connect: registration and review, consents, and the provider's memory. The rules
//! of the protocol are [`openid::provider`]'s.
//!
//! ```text
//!  developer ─ apply ─► data_apps (outside) ─ relay ─► data_app_reviews (inside) ─ an officer decides
//!                            ▲                                   │
//!                            └───────────── relay ───────────────┘   sandbox · live · suspended · revoked
//!  app ─ conversation::{push, token, revoke, access} ─► requests, codes, tokens by digest; jti once
//!  app ─ registry::change ─► an officer proposes, another confirms ─► the agreement's next revision
//!  resident ─ grants: given for one revision of what the app asks, for a time; withdrawn, everything of it ends
//! ```
//! All outside but [`review`]. An app never sees an account's id: it has a pairwise name of the person.

mod agreement;
pub mod conversation;
pub mod grants;
pub mod items;
mod kept;
pub mod keys;
mod model;
pub mod registry;
pub mod review;
pub mod sandbox;
mod secrets;

#[cfg(test)]
mod tests;

pub use agreement::is_agreement;
pub use kept::sweep;
pub use model::{AppState, DataApp, Fault, Registration, Words};
pub use secrets::open_provider;

use base::Kind;
use openid::provider::Refusal;
use store::StoreError;
use store::sealing::SealError;

use crate::consents::ConsentError;

/// Why something of an app was not done.
#[derive(Debug, thiserror::Error)]
pub enum AppsError {
    /// By a rule of the protocol: the app is told which.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The vault.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The other zone could not be told.
    #[error(transparent)]
    Relay(#[from] crate::relay::RelayError),
    /// What was kept cannot be read, or the provider's settings cannot be used.
    #[error("{0}")]
    Unusable(&'static str),
    /// What was agreed to cannot be read or written.
    #[error(transparent)]
    Consent(#[from] ConsentError),
    /// A registration that cannot be taken: a field and why.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// The same officer cannot confirm what they proposed.
    #[error("a second officer confirms")]
    SameOfficer,
    /// An app of this name in this state does not take that.
    #[error("the app is not in a state that allows it")]
    State,
    /// Too many apps wait for their review.
    #[error("too many apps wait for their review")]
    TooMany,
}

impl AppsError {
    /// What it means to a caller.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Refused(_) => Kind::Refused,
            Self::Store(error) => error.kind(),
            Self::Seal(error) => error.kind(),
            Self::Relay(error) => error.kind(),
            Self::Unusable(_) => Kind::Unavailable,
            Self::Consent(error) => error.kind(),
            Self::Fault(_) => Kind::Invalid,
            Self::SameOfficer => Kind::Forbidden,
            Self::State => Kind::Conflict,
            Self::TooMany => Kind::TooMany,
        }
    }
}
