//! Access to many, declared beforehand.

use base::{Id, Seams};
use store::Tx;

use super::{Access, AccessError, Actor, Purpose, ResidentId};
use crate::disclosure::{self, Disclosed};

/// Whom declared bulk work concerns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Concerned {
    /// Every resident (an import, statistics over the whole register).
    Everyone,
    /// Those named with [`BulkAccess::concerns`].
    Named,
}

/// What bulk work will do, in words for the people it concerns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BulkDeclaration {
    /// A stable name, e.g. `register.import`.
    pub name: &'static str,
    /// One sentence in Japanese that each person concerned is shown.
    pub japanese: &'static str,
    /// The same in English.
    pub english: &'static str,
    /// Whom it concerns.
    pub concerned: Concerned,
}

/// May read many. Only [`super::bulk`] makes one.
#[derive(Debug)]
pub struct BulkAccess {
    entry: Id,
    actor: Actor,
    concerned: Concerned,
}

impl BulkAccess {
    pub(super) fn open(
        tx: &mut Tx,
        seams: &Seams,
        actor: &Actor,
        purpose: &Purpose,
        declaration: &BulkDeclaration,
    ) -> Result<Self, AccessError> {
        if matches!(actor, Actor::Resident { .. } | Actor::Kiosk { .. } | Actor::Sender { .. }) {
            return Err(AccessError::WrongForm);
        }
        let entry = disclosure::record(tx, seams, actor, purpose, &Disclosed::Bulk(declaration))?;
        Ok(Self { entry, actor: actor.clone(), concerned: declaration.concerned })
    }

    /// The entry each person concerned is shown.
    pub const fn entry(&self) -> Id {
        self.entry
    }

    /// Who reads.
    pub const fn actor(&self) -> &Actor {
        &self.actor
    }

    /// Names persons concerned, for [`Concerned::Named`]; may be called in pages, in any transaction. Naming somebody
    /// twice records once.
    ///
    /// # Errors
    /// [`AccessError::Store`].
    pub fn concerns(&self, tx: &mut Tx, persons: &[ResidentId]) -> Result<(), AccessError> {
        if self.concerned == Concerned::Everyone {
            return Ok(());
        }
        Ok(disclosure::concerns(tx, self.entry, persons)?)
    }
}

impl Access for BulkAccess {
    fn covers(&self, _resident: &ResidentId) -> bool {
        true
    }
}
