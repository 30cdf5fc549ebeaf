//! The register's readers. Each takes an access, so nothing is read that is not on record.

use base::{Date, Kind};
use store::{StoreError, Tx};

use super::model::{HouseholdId, HouseholdSnapshot, Resident};
use crate::access::{AccessError, PersonAccess, SearchAccess};
use crate::resident_id::ResidentId;

/// What can go wrong when reading the register.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The access does not cover what would be shown.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// Nobody with this id is in the register.
    #[error("no such resident")]
    NotFound,
    /// A search without any criterion.
    #[error("a search needs a name, a reading, a birth date or an address")]
    NoCriteria,
}

impl RegisterError {
    /// What it means to a caller.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Store(_) => Kind::Unavailable,
            Self::Access(error) => error.kind(),
            Self::NotFound => Kind::NotFound,
            Self::NoCriteria => Kind::Invalid,
        }
    }
}

/// What a clerk searches by. Criteria given together must all hold.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Criteria {
    /// Beginning of a name in any script: registered, common, former or alphabet name.
    pub name: Option<String>,
    /// Beginning of a reading, hiragana or katakana.
    pub kana: Option<String>,
    /// Birth date.
    pub birth_date: Option<Date>,
    /// Beginning of an address, from the town on or from the prefecture on.
    pub address: Option<String>,
}

/// One row of a search's answer: just enough to tell people apart.
#[derive(Clone, PartialEq, Eq)]
pub struct Found {
    /// Key.
    pub id: ResidentId,
    /// Household.
    pub household_id: HouseholdId,
    /// Registered name.
    pub name: String,
    /// Reading.
    pub kana: Option<String>,
    /// Birth date.
    pub birth_date: Date,
    /// Address with building.
    pub address: String,
    /// Whether the entry was removed (moved out, dead).
    pub is_removed: bool,
}

/// The household of the access's subject, all of it from this transaction. The caller tells the access whom of the
/// members it shows ([`PersonAccess::also_shows`]).
///
/// # Errors
/// [`RegisterError::NotFound`], [`RegisterError::Store`].
pub fn household_snapshot(_tx: &mut Tx, _access: &PersonAccess) -> Result<HouseholdSnapshot, RegisterError> {
    Err(RegisterError::NotFound)
}

/// The access's subject alone.
///
/// # Errors
/// [`RegisterError::NotFound`], [`RegisterError::Store`].
pub fn resident(_tx: &mut Tx, _access: &PersonAccess) -> Result<Resident, RegisterError> {
    Err(RegisterError::NotFound)
}

/// Up to 20 residents that match, in order of reading. Each is recorded as shown before this returns.
///
/// # Errors
/// [`RegisterError::NoCriteria`]; [`AccessError::TooManyRows`] never (the answer is cut and says so: see `.1`).
pub fn search(
    _tx: &mut Tx,
    _access: &mut SearchAccess,
    _criteria: &Criteria,
) -> Result<(Vec<Found>, bool), RegisterError> {
    Err(RegisterError::NoCriteria)
}
