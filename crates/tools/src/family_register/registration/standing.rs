//! Whether a registration still holds: asked again in the transaction in which a paper is stored, since the officer's end,
//! a renewed card or another 本籍 may have come meanwhile (certificates invariant I9).

use base::{Id, Timestamp};
use store::{StoreError, Tx};

use super::{RegisteredPerson, State};

/// Whether the registration by which `person` is known holds at `now`.
///
/// # Errors
/// [`StoreError`].
pub fn still_holds(tx: &mut Tx<'_>, now: Timestamp, person: &RegisteredPerson) -> Result<bool, StoreError> {
    let sql = "SELECT state, valid_until, person FROM domicile_registrations WHERE registration_id = $1";
    let Some(row) = tx.query_one(sql, &[person.registration().into()])? else { return Ok(false) };
    let is_registered = State::from_code(row.text(0)?) == Some(State::Registered);
    Ok(is_registered && row.timestamp(1)? > now && row.text(2)? == person.person().as_str())
}

/// Where the application with this number stands; `None` when there is none.
///
/// # Errors
/// [`StoreError`].
pub fn state_of(tx: &mut Tx<'_>, id: Id) -> Result<Option<State>, StoreError> {
    let row = tx.query_one("SELECT state FROM domicile_registrations WHERE registration_id = $1", &[id.into()])?;
    row.map(|row| State::from_code(row.text(0)?).ok_or(StoreError::Column { column: 0, wanted: "a state" })).transpose()
}
