//! Who was shown whose record, why and when; and what each person may see of that.

use base::{Id, Seams, Timestamp};
use store::{StoreError, Tx};

use crate::access::{Actor, BulkDeclaration, Purpose, ResidentId};

/// What is disclosed.
#[derive(Debug)]
pub(crate) enum Disclosed<'a> {
    /// One person's record.
    Person(&'a ResidentId),
    /// A search; the persons it shows get entries of their own.
    Search {
        /// What was typed.
        criteria: &'a str,
    },
    /// Declared bulk work.
    Bulk(&'a BulkDeclaration),
}

pub(crate) fn record(
    _tx: &mut Tx,
    seams: &Seams,
    _actor: &Actor,
    _purpose: &Purpose,
    _what: &Disclosed<'_>,
) -> Result<Id, StoreError> {
    Ok(seams.time_ordered_id())
}

pub(crate) fn concerns(_tx: &mut Tx, _entry: Id, _persons: &[ResidentId]) -> Result<(), StoreError> {
    Ok(())
}

pub(crate) fn opened_since(_tx: &mut Tx, _actor: &Actor, _since: Timestamp, _limit: u32) -> Result<u32, StoreError> {
    Ok(0)
}
