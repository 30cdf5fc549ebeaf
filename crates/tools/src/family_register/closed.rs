//! Reading a register that is no longer current (除籍, 改製原戸籍): for the counter alone, which may open it for anybody who
//! was in it (戸籍法 第12条の2).

use store::Tx;

use super::read::{FamilyRegisterError, Shows, also_shows, shown, snapshot};
use super::snapshot::FamilyRegisterSnapshot;
use crate::access::PersonAccess;

const CLOSED_OF_RESIDENT: &str = concat!(
    "SELECT r.generation, r.position, r.is_complete, r.body, m.member_order FROM family_register_members m ",
    "JOIN family_registers r ON r.generation = m.generation AND r.register_id = m.register_id ",
    "WHERE m.generation = ",
    shown!(),
    " AND m.resident_id = $1 AND r.state <> 'current' ORDER BY r.position DESC, r.register_id DESC LIMIT 1"
);

/// The newest closed register in which the access's subject is or was.
///
/// # Errors
/// [`FamilyRegisterError`]; `NotFound` when there is none.
pub fn read_closed(
    tx: &mut Tx<'_>,
    access: &mut PersonAccess,
    shows: Shows<'_>,
) -> Result<FamilyRegisterSnapshot, FamilyRegisterError> {
    let row = tx.query_one(CLOSED_OF_RESIDENT, &[access.subject().into()])?.ok_or(FamilyRegisterError::NotFound)?;
    let subject = u32::try_from(row.int(4)?).map_err(|_| FamilyRegisterError::NotFound)?;
    let snapshot = snapshot(tx, access, &row, subject)?;
    also_shows(tx, access, &snapshot, shows)?;
    Ok(snapshot)
}
