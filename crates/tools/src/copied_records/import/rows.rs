//! Records as rows.

use store::{StoreError, Tx};

use crate::copied_records::Copied;

const INSERT: &str = "INSERT INTO record_copies (kind, generation, record_key, resident_id, is_complete, position, \
    body) VALUES ($1, $2, $3, $4, 1, $5, $6) ON CONFLICT (kind, generation, record_key) DO NOTHING";

/// Writes a record that is not there; one that is stays.
pub(super) fn insert<T: Copied>(tx: &mut Tx, generation: i64, position: i64, record: &T) -> Result<(), StoreError> {
    tx.queue(
        INSERT,
        &[
            T::KIND.into(),
            generation.into(),
            record.key().into(),
            record.resident().into(),
            position.into(),
            record.to_line().into(),
        ],
    )
}

/// Puts a record in the place of its older version.
pub(super) fn replace<T: Copied>(tx: &mut Tx, generation: i64, position: i64, record: &T) -> Result<(), StoreError> {
    tx.queue(
        "DELETE FROM record_copies WHERE kind = $1 AND generation = $2 AND record_key = $3",
        &[T::KIND.into(), generation.into(), record.key().into()],
    )?;
    insert(tx, generation, position, record)
}

/// What stands there is no longer the newest.
pub(super) fn mark_incomplete<T: Copied>(tx: &mut Tx, generation: i64, key: &str) -> Result<(), StoreError> {
    tx.queue(
        "UPDATE record_copies SET is_complete = 0 WHERE kind = $1 AND generation = $2 AND record_key = $3",
        &[T::KIND.into(), generation.into(), key.into()],
    )
}

/// Generation shown, source and position.
pub(super) fn feed<T: Copied>(tx: &mut Tx) -> Result<(i64, String, i64), StoreError> {
    let sql = "SELECT generation, source, position FROM record_copy_feed WHERE kind = $1";
    let row = tx.query_one(sql, &[T::KIND.into()])?;
    let row = row.ok_or(StoreError::Column { column: 0, wanted: "the copy's feed" })?;
    Ok((row.int(0)?, row.text(1)?.to_owned(), row.int(2)?))
}
