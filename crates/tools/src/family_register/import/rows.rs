//! Registers as rows.

use store::{StoreError, Tx};
use wire::family_register::{FamilyRegister, RegisterState, to_line};

use crate::family_register::place::{domicile_key, place_key};
use crate::family_register::towns::town_of;

const INSERT: &str = "INSERT INTO family_registers (generation, register_id, state, place_key, is_complete, position, \
    body, town, domicile_key) VALUES ($1, $2, $3, $4, 1, $5, $6, $7, $8) ON CONFLICT (generation, register_id) DO NOTHING";

const INSERT_MEMBER: &str = "INSERT INTO family_register_members (generation, resident_id, register_id, member_order, \
    is_entered) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (generation, resident_id, register_id, member_order) DO NOTHING";

/// Writes a register that is not there; one that is stays.
pub(super) fn insert(tx: &mut Tx, generation: i64, position: i64, register: &FamilyRegister) -> Result<(), StoreError> {
    let state = match register.state {
        RegisterState::Current => "current",
        RegisterState::Removed { .. } => "removed",
        RegisterState::Rewritten { .. } => "rewritten",
    };
    tx.queue(
        INSERT,
        &[
            generation.into(),
            register.id.as_str().into(),
            state.into(),
            place_key(&register.domicile, &register.head).into(),
            position.into(),
            to_line(register).into(),
            town_of(&register.domicile).into(),
            domicile_key(&register.domicile).into(),
        ],
    )?;
    for member in &register.members {
        let Some(resident) = &member.resident_id else { continue };
        tx.queue(
            INSERT_MEMBER,
            &[
                generation.into(),
                resident.as_str().into(),
                register.id.as_str().into(),
                i64::from(member.order).into(),
                i64::from(member.state.is_entered()).into(),
            ],
        )?;
    }
    Ok(())
}

/// Puts a register in the place of its older version.
pub(super) fn replace(
    tx: &mut Tx,
    generation: i64,
    position: i64,
    register: &FamilyRegister,
) -> Result<(), StoreError> {
    let key = [generation.into(), register.id.as_str().into()];
    tx.queue("DELETE FROM family_register_members WHERE generation = $1 AND register_id = $2", &key)?;
    tx.queue("DELETE FROM family_registers WHERE generation = $1 AND register_id = $2", &key)?;
    insert(tx, generation, position, register)
}

/// What stands there is no longer the newest.
pub(super) fn mark_incomplete(tx: &mut Tx, generation: i64, register: &str) -> Result<(), StoreError> {
    tx.queue(
        "UPDATE family_registers SET is_complete = 0 WHERE generation = $1 AND register_id = $2",
        &[generation.into(), register.into()],
    )
}

/// Generation shown, source and position.
pub(super) fn feed(tx: &mut Tx) -> Result<(i64, String, i64), StoreError> {
    let row = tx.query_one("SELECT generation, source, position FROM family_register_feed WHERE id = 1", &[])?;
    let row = row.ok_or(StoreError::Column { column: 0, wanted: "the family registers' feed" })?;
    Ok((row.int(0)?, row.text(1)?.to_owned(), row.int(2)?))
}
