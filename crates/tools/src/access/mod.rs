//! The only door to personal data.
//!
//! Reading the register takes an **access**, and an access is made here and nowhere else. Making one writes who reads
//! whose record and why, in the transaction that reads; so no byte is read that is not on record, and none leaves
//! before the record is durable (個人情報の保護に関する法律 第66条, safe management by administrative organs).
//!
//! ```text
//!   action ── access::person(tx, …) ──► disclosure row + audit row ──► PersonAccess ──► register::reader(tx, &access)
//!          └─ refusal? return Ok(Err(refusal)): the rows stay.  Err(…): rows and everything read are thrown away.
//! ```
//!
//! There are three forms and no other:
//!
//! | form | for | what is recorded |
//! |---|---|---|
//! | [`PersonAccess`] | one person, and those shown with them ([`PersonAccess::also_shows`]) | one entry per person |
//! | [`SearchAccess`] | finding somebody | the criteria, and one entry per person shown, at most [`SEARCH_ROWS`] |
//! | [`BulkAccess`] | work over many, declared beforehand | one entry that everyone concerned sees |
//!
//! They cannot be forged: the same function compiles when it is given an access and not when it makes one.
//!
//! ```
//! use yakuba_tools::access::{Access, PersonAccess, ResidentId};
//! fn may_read(access: &PersonAccess, who: &ResidentId) -> bool {
//!     access.covers(who)
//! }
//! ```
//! ```compile_fail,E0451
//! use yakuba_tools::access::{Access, PersonAccess, ResidentId};
//! fn may_read(access: PersonAccess, who: ResidentId) -> bool {
//!     PersonAccess { subject: who.clone(), ..access }.covers(&who)
//! }
//! ```
//! ```compile_fail,E0277
//! use yakuba_tools::access::{Access, ResidentId};
//! struct Mine;
//! impl Access for Mine {
//!     fn covers(&self, _: &ResidentId) -> bool {
//!         true
//!     }
//! }
//! ```

mod actor;
mod bulk;
mod cap;
mod person;
mod purpose;
mod search;
#[cfg(test)]
mod sources;
#[cfg(test)]
mod tests;

pub use actor::Actor;
pub use bulk::{BulkAccess, BulkDeclaration, Concerned};
pub use person::PersonAccess;
pub use purpose::{Duty, Item, Purpose, PurposeError, Visibility};
pub use search::SearchAccess;

pub use crate::resident_id::ResidentId;

use base::{Kind, Seams};
use store::{StoreError, Tx};

/// The most persons one search may show (a longer answer asks for narrower criteria).
pub const SEARCH_ROWS: usize = 20;

/// Why an access was not given.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The actor has opened more records within the hour than their work explains.
    #[error("too many records were opened within the hour; {limit} are allowed")]
    TooMany {
        /// Records an hour.
        limit: u32,
    },
    /// A search would show more rows than allowed.
    #[error("more than {SEARCH_ROWS} persons match; narrow the criteria")]
    TooManyRows,
    /// A reader was asked for a person the access does not cover.
    #[error("this access does not cover the person asked for")]
    NotCovered,
    /// A search without any criterion.
    #[error("a search needs at least one criterion")]
    NoCriteria,
    /// This kind of actor may not use this form (a resident does not search, a kiosk does not read in bulk).
    #[error("this actor may not read in this form")]
    WrongForm,
}

impl AccessError {
    /// What it means to a caller.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Store(_) => Kind::Unavailable,
            Self::TooMany { .. } => Kind::TooMany,
            Self::TooManyRows | Self::NoCriteria => Kind::Invalid,
            Self::NotCovered => Kind::Internal,
            Self::WrongForm => Kind::Forbidden,
        }
    }
}

/// What every form can say. Sealed: nobody else can write a fourth form.
pub trait Access: sealed::Sealed {
    /// Whether `resident` may be read with this access.
    fn covers(&self, resident: &ResidentId) -> bool;

    /// For readers: stops unless `resident` may be read.
    ///
    /// # Errors
    /// [`AccessError::NotCovered`].
    fn require(&self, resident: &ResidentId) -> Result<(), AccessError> {
        if self.covers(resident) { Ok(()) } else { Err(AccessError::NotCovered) }
    }
}

mod sealed {
    /// Implemented for the three forms only.
    pub trait Sealed {}
    impl Sealed for super::PersonAccess {}
    impl Sealed for super::SearchAccess {}
    impl Sealed for super::BulkAccess {}
}

/// Access to one person. Writes the disclosure and the audit row; a person reading their own record is audited but is
/// not a disclosure.
///
/// # Errors
/// [`AccessError::TooMany`] past the actor's hourly cap; [`AccessError::Store`].
pub fn person(
    tx: &mut Tx,
    seams: &Seams,
    actor: &Actor,
    purpose: &Purpose,
    subject: &ResidentId,
) -> Result<PersonAccess, AccessError> {
    PersonAccess::open(tx, seams, actor, purpose, subject)
}

/// Access for a search. `criteria` is what the person typed, in words an auditor can read; it is recorded sealed from
/// the chain (salted commitment) so that it can be erased. The reader then calls [`SearchAccess::show`] with the rows
/// it is about to return.
///
/// # Errors
/// [`AccessError::NoCriteria`], [`AccessError::WrongForm`], [`AccessError::TooMany`], [`AccessError::Store`].
pub fn search(
    tx: &mut Tx,
    seams: &Seams,
    actor: &Actor,
    purpose: &Purpose,
    criteria: &str,
) -> Result<SearchAccess, AccessError> {
    SearchAccess::open(tx, seams, actor, purpose, criteria)
}

/// Access to many, as declared. One entry that everyone concerned is shown.
///
/// # Errors
/// [`AccessError::WrongForm`] for residents and kiosks; [`AccessError::Store`].
pub fn bulk(
    tx: &mut Tx,
    seams: &Seams,
    actor: &Actor,
    purpose: &Purpose,
    declaration: &BulkDeclaration,
) -> Result<BulkAccess, AccessError> {
    BulkAccess::open(tx, seams, actor, purpose, declaration)
}
