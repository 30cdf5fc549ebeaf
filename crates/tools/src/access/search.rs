//! Access for finding somebody.

use std::collections::BTreeSet;

use base::Seams;
use store::Tx;

use super::{Access, AccessError, Actor, Purpose, ResidentId, SEARCH_ROWS};
use crate::disclosure::{self, Disclosed};

/// May read those rows of one search that it has been told are shown. Only [`super::search`] makes one.
#[derive(Debug)]
pub struct SearchAccess {
    seams: Seams,
    actor: Actor,
    purpose: Purpose,
    shown: BTreeSet<ResidentId>,
}

impl SearchAccess {
    pub(super) fn open(
        tx: &mut Tx,
        seams: &Seams,
        actor: &Actor,
        purpose: &Purpose,
        criteria: &str,
    ) -> Result<Self, AccessError> {
        if matches!(actor, Actor::Resident { .. } | Actor::Kiosk { .. } | Actor::Sender { .. }) {
            return Err(AccessError::WrongForm);
        }
        if criteria.trim().is_empty() {
            return Err(AccessError::NoCriteria);
        }
        super::cap::check(tx, seams, actor, 1)?;
        disclosure::record(tx, seams, actor, purpose, &Disclosed::Search { criteria })?;
        Ok(Self { seams: seams.clone(), actor: actor.clone(), purpose: purpose.clone(), shown: BTreeSet::new() })
    }

    /// Says which persons the answer shows; each gets an entry. The reader calls it before it returns rows.
    ///
    /// # Errors
    /// [`AccessError::TooManyRows`] when more than [`SEARCH_ROWS`] would be shown in all; [`AccessError::TooMany`];
    /// [`AccessError::Store`].
    pub fn show(&mut self, tx: &mut Tx, persons: &[ResidentId]) -> Result<(), AccessError> {
        let fresh: BTreeSet<&ResidentId> = persons.iter().filter(|person| !self.shown.contains(*person)).collect();
        if self.shown.len() + fresh.len() > SEARCH_ROWS {
            return Err(AccessError::TooManyRows);
        }
        if !fresh.is_empty() {
            super::cap::check(tx, &self.seams, &self.actor, fresh.len() as u32)?;
        }
        for person in fresh {
            disclosure::record(tx, &self.seams, &self.actor, &self.purpose, &Disclosed::Person(person))?;
            self.shown.insert(person.clone());
        }
        Ok(())
    }
}

impl Access for SearchAccess {
    fn covers(&self, resident: &ResidentId) -> bool {
        self.shown.contains(resident)
    }
}
