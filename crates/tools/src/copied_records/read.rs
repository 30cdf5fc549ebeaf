//! The readers of copied records. Each takes an access, so nothing is read that is not on record.

use std::sync::LazyLock;

use store::{Row, StoreError, Tx, Value};

use super::PersonRecord;
use crate::access::{BulkAccess, PersonAccess};
use crate::register::SnapshotVersion;
use crate::resident_id::ResidentId;

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
    tx.query(OF_RESIDENT, &[T::KIND.into(), access.subject().into()])?.iter().map(held).collect()
}

fn held<T: PersonRecord>(row: &Row) -> Result<Held<T>, StoreError> {
    let version = SnapshotVersion { generation: row.int(0)?, position: row.int(1)? };
    let unreadable = StoreError::Column { column: 3, wanted: "a record of this kind" };
    let record = T::parse(row.text(3)?).map_err(|_| unreadable)?;
    Ok(Held { version, is_complete: row.flag(2)?, record })
}

/// Keys in one question.
const TOGETHER: usize = 100;

static OF_MANY: LazyLock<String> = LazyLock::new(|| {
    let keys: Vec<String> = (2..=TOGETHER + 1).map(|key| format!("${key}")).collect();
    format!(
        "SELECT r.generation, r.position, r.is_complete, r.body FROM record_copies r WHERE r.kind = $1 \
         AND r.generation = (SELECT f.generation FROM record_copy_feed f WHERE f.kind = $1) AND r.resident_id IN ({}) \
         ORDER BY r.resident_id, r.record_key",
        keys.join(", ")
    )
});

/// Every record of `T` about `residents`, for declared bulk work.
///
/// # Errors
/// As [`of_subject`].
pub fn of_many<T: PersonRecord>(
    tx: &mut Tx,
    _access: &BulkAccess,
    residents: &[ResidentId],
) -> Result<Vec<Held<T>>, StoreError> {
    let mut all = Vec::new();
    for piece in residents.chunks(TOGETHER) {
        let mut values: Vec<Value> = vec![T::KIND.into()];
        values.extend(piece.iter().map(Value::from));
        values.resize_with(TOGETHER + 1, || Value::from(""));
        for row in &tx.query(OF_MANY.as_str(), &values)? {
            all.push(held(row)?);
        }
    }
    Ok(all)
}
