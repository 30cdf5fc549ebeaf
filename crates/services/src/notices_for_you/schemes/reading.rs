//! Facts for schemes: the person's own record and their household, read as they would read it themselves.

use rules::Household;
use store::{StoreError, Tx};
use tools::Inside;
use tools::access::Actor;
use tools::portal::PostError;

use super::work::Facts;
use crate::notices_for_you::facts::{self, FactsError, Registered};
use crate::notices_for_you::wishes::told::Told;

/// From the register and the tax copies.
#[derive(Clone, Copy, Debug)]
pub struct FromRegister;

impl Facts for FromRegister {
    fn basis(&self, tx: &mut Tx<'_>) -> Result<String, StoreError> {
        let register = tx.query_one("SELECT generation FROM register_generation WHERE id = 1", &[])?;
        let changes = tx.query_one("SELECT position FROM register_feed", &[])?;
        let taxes = tx.query_one("SELECT generation, position FROM record_copy_feed WHERE kind = 'tax'", &[])?;
        let number = |row: Option<&store::Row>, column| row.map_or(Ok(0), |row| row.int(column));
        Ok(format!(
            "{}.{} {}.{}",
            number(register.as_ref(), 0)?,
            number(changes.as_ref(), 0)?,
            number(taxes.as_ref(), 0)?,
            number(taxes.as_ref(), 1)?,
        ))
    }

    /// The person reads their own record: it is on record, and as their own doing. Whoever of the household opened their
    /// taxes is told that they were read for this, once.
    fn household(
        &self,
        tx: &mut Tx<'_>,
        inside: &Inside,
        told: &Told,
    ) -> Result<Option<(Household, usize)>, PostError> {
        let actor = Actor::Resident { resident: told.resident.clone(), terminal: None };
        let work = Some(told.account.id());
        let found = facts::household_of(tx, &inside.seams, &actor, work, &told.resident, &Registered);
        let found = found.map_err(|error| match error {
            FactsError::Store(error) => PostError::Store(error),
            FactsError::Access(error) => PostError::Access(error),
            FactsError::Register(_) | FactsError::TooMany(_) => PostError::Later("the household cannot be read"),
        })?;
        Ok(found.map(|place| (place.household, place.who)))
    }
}
