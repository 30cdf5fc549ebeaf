//! The reader of copied records. It takes an access, so nothing is read that is not on record.

use store::{StoreError, Tx};

use super::PersonRecord;
use crate::access::PersonAccess;
use crate::register::SnapshotVersion;

/// A record as we hold it.
#[derive(Clone, PartialEq, Eq)]
pub struct Held<T> {
    /// The version it belongs to (invariant I7).
    pub version: SnapshotVersion,
    /// Whether it is the newest the source said. `false` after a newer line about it was refused.
    pub is_complete: bool,
    /// The record.
    pub record: T,
}

impl<T> std::fmt::Debug for Held<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Held(<personal>)")
    }
}

const OF_RESIDENT: &str = "SELECT r.generation, r.position, r.is_complete, r.body FROM record_copies r WHERE \
    r.kind = $1 AND r.generation = (SELECT f.generation FROM record_copy_feed f WHERE f.kind = $1) \
    AND r.resident_id = $2 ORDER BY r.record_key";

/// Every record of `T` about the access's subject, all from this transaction.
///
/// # Errors
/// [`StoreError`]; also when a body does not read back, a defect of ours: nothing is served from it.
pub fn of_subject<T: PersonRecord>(tx: &mut Tx, access: &PersonAccess) -> Result<Vec<Held<T>>, StoreError> {
    let rows = tx.query(OF_RESIDENT, &[T::KIND.into(), access.subject().into()])?;
    rows.iter()
        .map(|row| {
            let version = SnapshotVersion { generation: row.int(0)?, position: row.int(1)? };
            let unreadable = StoreError::Column { column: 3, wanted: "a record of this kind" };
            let record = T::parse(row.text(3)?).map_err(|_| unreadable)?;
            Ok(Held { version, is_complete: row.flag(2)?, record })
        })
        .collect()
}
