//! What ends because of what the register says of somebody. No access is made, since nobody is shown anything: only states and
//! days are compared, and only ids of what ends come back.

use base::{Date, Id};
use store::{StoreError, Tx};

use crate::resident_id::ResidentId;

/// Whether a protection (支援措置) of `resident` holds on `today`.
pub(crate) fn is_protected(tx: &mut Tx<'_>, today: Date, resident: &ResidentId) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM protections p JOIN register_generation g ON g.generation = p.generation \
               WHERE p.resident_id = $1 AND p.protected_from <= $2 \
               AND (p.protected_until IS NULL OR p.protected_until >= $2) LIMIT 1";
    Ok(tx.query_one(sql, &[resident.into(), today.into()])?.is_some())
}

/// Whether `resident` is or ever was protected, as far as the register knows.
pub(crate) fn was_protected(tx: &mut Tx<'_>, resident: &ResidentId) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM protections p JOIN register_generation g ON g.generation = p.generation \
               WHERE p.resident_id = $1 LIMIT 1";
    Ok(tx.query_one(sql, &[resident.into()])?.is_some())
}

/// Whether a change of `resident` waits for the register's source.
pub(crate) fn has_change_waiting(tx: &mut Tx<'_>, resident: &ResidentId) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM register_changes WHERE resident_id = $1 AND state = 'waiting' LIMIT 1";
    Ok(tx.query_one(sql, &[resident.into()])?.is_some())
}

/// Guardianships in force of which a person is protected or died.
pub(crate) fn guardianships_to_end(tx: &mut Tx<'_>, today: Date) -> Result<Vec<Id>, StoreError> {
    tx.query(
        "SELECT s.guardianship_id FROM guardianships s WHERE s.state = 'active' AND (EXISTS ( \
             SELECT 1 FROM protections p JOIN register_generation g ON g.generation = p.generation \
             WHERE p.resident_id IN (s.ward, s.guardian) AND p.protected_from <= $1 \
             AND (p.protected_until IS NULL OR p.protected_until >= $1)) \
         OR EXISTS (SELECT 1 FROM residents r JOIN register_generation g ON g.generation = r.generation \
             WHERE r.resident_id IN (s.ward, s.guardian) AND r.state = 'dead'))",
        &[today.into()],
    )?
    .iter()
    .map(|row| row.id(0))
    .collect()
}

/// Accounts (by id) of the portal whose person is protected on `today`.
pub(crate) fn accounts_protected(tx: &mut Tx<'_>, today: Date) -> Result<Vec<String>, StoreError> {
    tx.query(
        "SELECT DISTINCT l.account_id FROM protections p JOIN register_generation g ON g.generation = p.generation \
         JOIN portal_links l ON l.resident_id = p.resident_id WHERE p.protected_from <= $1 \
         AND (p.protected_until IS NULL OR p.protected_until >= $1) ORDER BY l.account_id",
        &[today.into()],
    )?
    .iter()
    .map(|row| row.text(0).map(str::to_owned))
    .collect()
}
