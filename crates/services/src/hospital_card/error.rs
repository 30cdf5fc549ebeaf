//! What can go wrong beneath this service.

use base::Kind;
use store::StoreError;
use store::sealing::SealError;
use tools::access::AccessError;
use tools::register::RegisterError;
use tools::service_cards::CardError;

/// What can go wrong beneath: databases, key store, what may not be read.
#[derive(Debug, thiserror::Error)]
pub enum HospitalError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The key store.
    #[error(transparent)]
    Vault(#[from] SealError),
    /// Cards, or reading a person's record.
    #[error(transparent)]
    Card(#[from] CardError),
    /// Reading a person's record was refused.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// The register.
    #[error(transparent)]
    Register(#[from] RegisterError),
}

impl HospitalError {
    /// What it means to the caller.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Store(_) | Self::Vault(_) => Kind::Unavailable,
            Self::Card(error) => error.kind(),
            Self::Access(error) => error.kind(),
            Self::Register(_) => Kind::NotFound,
        }
    }
}
