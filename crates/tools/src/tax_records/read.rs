//! The record of one fiscal year.

use store::{StoreError, Tx};

use super::TaxRecord;
use crate::access::PersonAccess;
use crate::copied_records::{Held, of_subject};

/// A person's record of one fiscal year in one committed version (invariant I7).
pub type TaxSnapshot = Held<TaxRecord>;

/// The record of `fiscal_year` about the access's subject; `None` when the tax system has none.
///
/// # Errors
/// [`StoreError`].
pub fn read(tx: &mut Tx, access: &PersonAccess, fiscal_year: i16) -> Result<Option<TaxSnapshot>, StoreError> {
    let held = of_subject::<TaxRecord>(tx, access)?;
    // The key is person and year, so there is one at most.
    Ok(held.into_iter().find(|held| held.record.fiscal_year == fiscal_year))
}
