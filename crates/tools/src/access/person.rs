//! Access to one person.

use std::collections::BTreeSet;

use base::Seams;
use store::Tx;

use super::{Access, AccessError, Actor, Purpose, ResidentId};
use crate::disclosure::{self, Disclosed};

/// May read one person, and those named by [`PersonAccess::also_shows`]. Only [`super::person`] makes one.
#[derive(Debug)]
pub struct PersonAccess {
    seams: Seams,
    actor: Actor,
    purpose: Purpose,
    subject: ResidentId,
    shown: BTreeSet<ResidentId>,
}

impl PersonAccess {
    pub(super) fn open(
        tx: &mut Tx,
        seams: &Seams,
        actor: &Actor,
        purpose: &Purpose,
        subject: &ResidentId,
    ) -> Result<Self, AccessError> {
        super::cap::check(tx, seams, actor, 1)?;
        disclosure::record(tx, seams, actor, purpose, &Disclosed::Person(subject))?;
        Ok(Self {
            seams: seams.clone(),
            actor: actor.clone(),
            purpose: purpose.clone(),
            subject: subject.clone(),
            shown: BTreeSet::from([subject.clone()]),
        })
    }

    /// The person.
    pub const fn subject(&self) -> &ResidentId {
        &self.subject
    }

    /// Who reads.
    pub const fn actor(&self) -> &Actor {
        &self.actor
    }

    /// Why.
    pub const fn purpose(&self) -> &Purpose {
        &self.purpose
    }

    /// Extends this access to others shown with the person (members of the household on one paper): each gets an
    /// entry. Those covered already are skipped, so calling twice records once.
    ///
    /// # Errors
    /// As [`super::person`].
    pub fn also_shows(&mut self, tx: &mut Tx, others: &[ResidentId]) -> Result<(), AccessError> {
        for other in others {
            if self.shown.contains(other) {
                continue;
            }
            disclosure::record(tx, &self.seams, &self.actor, &self.purpose, &Disclosed::Person(other))?;
            self.shown.insert(other.clone());
        }
        Ok(())
    }
}

impl Access for PersonAccess {
    fn covers(&self, resident: &ResidentId) -> bool {
        self.shown.contains(resident)
    }
}
