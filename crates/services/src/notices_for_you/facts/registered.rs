//! What people told, as it is kept inside.

use std::collections::BTreeMap;

use store::{StoreError, Tx};
use tools::ResidentId;

use super::super::wishes::told;
use super::{Opened, Wishes};

/// Residents of one page.
const PAGE: i64 = 500;

/// [`super::super::wishes::told`].
#[derive(Clone, Copy, Debug, Default)]
pub struct Registered;

impl Wishes for Registered {
    fn of(&self, tx: &mut Tx<'_>, residents: &[ResidentId]) -> Result<BTreeMap<ResidentId, Opened>, StoreError> {
        let opened = |told: told::Told| {
            let interests = told.wishes.own_words();
            (told.resident, Opened { consents: told.wishes.classes, interests, receives: told.wishes.receives })
        };
        Ok(told::of_many(tx, residents)?.into_iter().map(opened).collect())
    }

    fn page(&self, tx: &mut Tx<'_>, after: Option<&ResidentId>) -> Result<Vec<ResidentId>, StoreError> {
        told::residents(tx, after, PAGE)
    }

    fn version(&self, tx: &mut Tx<'_>) -> Result<i64, StoreError> {
        told::generation(tx)
    }
}
