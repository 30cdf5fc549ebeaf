//! The registration that counts for a person.

use store::{StoreError, Tx};

use super::SealRegistration;
use crate::access::PersonAccess;
use crate::copied_records::{Held, of_subject};
use crate::register::SnapshotVersion;

/// A person's registration in one committed version (invariant I7).
#[derive(Clone, PartialEq, Eq)]
pub struct SealSnapshot {
    /// The version it belongs to.
    pub version: SnapshotVersion,
    /// The one that is not cancelled, or the last one that was.
    pub registration: SealRegistration,
    /// Whether this is all the source said: `false` after a newer line was refused, or when the source has two that are not
    /// cancelled. Such a person is served at the counter only.
    pub is_complete: bool,
}

impl std::fmt::Debug for SealSnapshot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SealSnapshot(<personal>)")
    }
}

/// The registration of the access's subject; `None` when there never was one.
///
/// # Errors
/// [`StoreError`].
pub fn read(tx: &mut Tx, access: &PersonAccess) -> Result<Option<SealSnapshot>, StoreError> {
    Ok(that_counts(of_subject(tx, access)?))
}

/// One seal a person: of several, the one that is not cancelled.
fn that_counts(held: Vec<Held<SealRegistration>>) -> Option<SealSnapshot> {
    let is_complete = held.iter().all(|held| held.is_complete);
    let not_cancelled = held.iter().filter(|held| !held.record.state.is_cancelled()).count();
    let by_day = |held: &Held<SealRegistration>| {
        (!held.record.state.is_cancelled(), held.record.registered_on, held.record.number.clone())
    };
    let last = held.into_iter().max_by_key(by_day)?;
    Some(SealSnapshot {
        version: last.version,
        registration: last.record,
        is_complete: is_complete && not_cancelled <= 1,
    })
}
