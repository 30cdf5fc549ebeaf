//! What is kept of files that go by themselves: which days' lists were made and lie in place, which of the library's files came.

use base::{Date, Id, Timestamp};
use store::sealing::{KeyedHash, SealError, Vault};
use store::{StoreError, Tx};

/// For which digests the look-up key serves.
const DIGEST_PURPOSE: &str = "library_arrivals.digest";

/// How a file went that went by itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InFolder {
    /// Its name, where that may be shown.
    pub name: Option<String>,
    /// Why it was not taken as a whole: word of a [`super::SyncError`].
    pub why: Option<String>,
}

/// One of the library's files, until it was moved away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Arrival {
    pub id: Id,
    pub is_noted: bool,
    pub why: Option<String>,
}

/// The day's list was made.
pub(super) fn made(tx: &mut Tx<'_>, day: Date, file: Id, at: Timestamp) -> Result<(), StoreError> {
    let sql = "INSERT INTO library_days (day, file_id, at) VALUES ($1, $2, $3)";
    tx.execute(sql, &[day.into(), file.into(), at.into()]).map(drop)
}

pub(super) fn is_made(tx: &mut Tx<'_>, day: Date) -> Result<bool, StoreError> {
    Ok(tx.query_one("SELECT day FROM library_days WHERE day = $1", &[day.into()])?.is_some())
}

/// When the newest day's list was made.
pub(super) fn newest(tx: &mut Tx<'_>) -> Result<Option<Timestamp>, StoreError> {
    tx.query_one("SELECT MAX(at) FROM library_days", &[])?.map_or(Ok(None), |row| row.opt_timestamp(0))
}

/// Days whose list was made and is not known to lie in place.
pub(super) fn unplaced(tx: &mut Tx<'_>) -> Result<Vec<Date>, StoreError> {
    let rows = tx.query("SELECT day FROM library_days WHERE placed_at IS NULL ORDER BY day", &[])?;
    rows.iter().map(|row| row.date(0)).collect()
}

pub(super) fn placed(tx: &mut Tx<'_>, day: Date, at: Timestamp) -> Result<(), StoreError> {
    tx.execute("UPDATE library_days SET placed_at = $2 WHERE day = $1", &[day.into(), at.into()]).map(drop)
}

/// How a file of this digest is known: under each look-up key, the newest first, and as it was before digests were keyed. A bare
/// digest of a short list would let it be guessed.
pub(super) fn known(vault: &Vault, digest: [u8; 32]) -> Result<Vec<KeyedHash>, SealError> {
    let mut all = vault.keyed_hashes(DIGEST_PURPOSE, &digest)?;
    all.push(KeyedHash { key_id: 0, hash: digest });
    Ok(all)
}

/// The file that is [`known`] so: the one that is not moved away yet, or a new one.
pub(super) fn arrive(
    tx: &mut Tx<'_>,
    new: Id,
    known: &[KeyedHash],
    name: Option<&str>,
    now: Timestamp,
) -> Result<Arrival, StoreError> {
    let sql = "SELECT file_id, noted_at, why FROM library_arrivals \
               WHERE digest = $1 AND digest_key = $2 AND moved_at IS NULL";
    for one in known {
        if let Some(row) = tx.query_one(sql, &[one.hash.as_slice().into(), one.key_id.into()])? {
            let why = row.opt_text(2)?.map(str::to_owned);
            return Ok(Arrival { id: row.id(0)?, is_noted: row.opt_timestamp(1)?.is_some(), why });
        }
    }
    if let Some(newest) = known.first() {
        tx.execute(
            "INSERT INTO library_arrivals (file_id, digest, digest_key, name, came_at) VALUES ($1, $2, $3, $4, $5)",
            &[new.into(), newest.hash.as_slice().into(), newest.key_id.into(), name.into(), now.into()],
        )?;
    }
    Ok(Arrival { id: new, is_noted: false, why: None })
}

/// The file was taken, or not as a whole. Nothing for a file that came by hand.
pub(super) fn noted(tx: &mut Tx<'_>, file: Id, at: Timestamp, why: Option<&str>) -> Result<(), StoreError> {
    let sql = "UPDATE library_arrivals SET noted_at = $2, why = $3 WHERE file_id = $1";
    tx.execute(sql, &[file.into(), at.into(), why.into()]).map(drop)
}

/// Files that were noted and of which it is not kept that they were moved away.
pub(super) fn noted_and_there(tx: &mut Tx<'_>) -> Result<Vec<(Id, KeyedHash)>, StoreError> {
    let sql =
        "SELECT file_id, digest_key, digest FROM library_arrivals WHERE noted_at IS NOT NULL AND moved_at IS NULL";
    let read = |row: &store::Row| {
        let hash = row.blob(2)?.try_into().map_err(|_| StoreError::Column { column: 2, wanted: "32 bytes" })?;
        Ok((row.id(0)?, KeyedHash { key_id: row.int(1)?, hash }))
    };
    tx.query(sql, &[])?.iter().map(read).collect()
}

/// The file was moved away, and is not known any more: the same file left again is a new one.
pub(super) fn moved(tx: &mut Tx<'_>, file: Id, at: Timestamp) -> Result<(), StoreError> {
    let sql = "UPDATE library_arrivals SET moved_at = $2, digest = $3 WHERE file_id = $1";
    tx.execute(sql, &[file.into(), at.into(), b"".as_slice().into()]).map(drop)
}
