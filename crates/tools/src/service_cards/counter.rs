//! What a counter does for whoever's card was shown there. Whoever looks at a person's numbers discloses them: that is
//! written, inside, before the database of cards is asked.

use base::{Date, Id};

use super::{CardError, CardStatus, Form, IssueRefusal, NewCard, ServiceCard, Subject};
use crate::access::{self, AccessError, Actor, Duty, Item, Purpose};
use crate::resident_id::ResidentId;
use crate::zone::Inside;

/// A counter of one service, and who stands behind it.
#[derive(Clone, Copy)]
pub struct Counter<'a> {
    /// The inside zone.
    pub city: &'a Inside,
    /// Who looks: the terminal, or a member of staff.
    pub by: &'a Actor,
    /// For which duty.
    pub duty: Duty,
    /// Whose cards.
    pub service: &'a str,
}

impl Counter<'_> {
    /// The person's cards with this service, newest first. A disclosure to that person.
    ///
    /// # Errors
    /// The databases or the key store; an access that is refused.
    pub fn look(&self, resident: &ResidentId) -> Result<Vec<ServiceCard>, CardError> {
        let (seams, by, who) = (self.city.seams.clone(), self.by.clone(), resident.clone());
        let purpose = Purpose::new(self.duty).reading(&[Item::ServiceNumber]);
        self.city
            .store
            .write::<_, AccessError, _>(move |tx| access::person(tx, &seams, &by, &purpose, &who).map(|_| ()))?;
        self.look_on(resident)
    }

    /// The same again within the look that [`Self::look`] wrote down: for the page to which a form leads.
    ///
    /// # Errors
    /// The database or the key store.
    pub fn look_on(&self, resident: &ResidentId) -> Result<Vec<ServiceCard>, CardError> {
        let (vault, service) = (self.city.vault.clone(), self.service.to_owned());
        let subject = Subject::of(&vault, self.service, resident)?;
        self.city.cards.read(move |tx| super::of_subject(tx, &vault, &service, &subject))
    }

    /// Gives the person a card.
    ///
    /// # Errors
    /// Outer: the database or the key store. Inner: why not.
    pub fn issue(
        &self,
        resident: &ResidentId,
        form: Form,
        number: &str,
        valid_until: Option<Date>,
    ) -> Result<Result<Id, IssueRefusal>, CardError> {
        let (vault, seams, by) = (self.city.vault.clone(), self.city.seams.clone(), self.by.clone());
        let (service, number) = (self.service.to_owned(), number.to_owned());
        let subject = Subject::of(&vault, self.service, resident)?;
        self.city.cards.write(move |tx| {
            let new = NewCard { service: &service, subject: &subject, form, number: &number, valid_until };
            super::issue(tx, &vault, &seams, &by, &new)
        })
    }

    /// Gives the person a card, with a word for its history.
    ///
    /// # Errors
    /// Outer: the database or the key store. Inner: why not.
    pub fn issue_remarked(
        &self,
        resident: &ResidentId,
        form: Form,
        number: &str,
        word: &'static str,
    ) -> Result<Result<Id, IssueRefusal>, CardError> {
        let (vault, seams, by) = (self.city.vault.clone(), self.city.seams.clone(), self.by.clone());
        let (service, number) = (self.service.to_owned(), number.to_owned());
        let subject = Subject::of(&vault, self.service, resident)?;
        self.city.cards.write(move |tx| {
            let new = NewCard { service: &service, subject: &subject, form, number: &number, valid_until: None };
            let issued = super::issue(tx, &vault, &seams, &by, &new)?;
            if let Ok(id) = issued {
                super::remark(tx, &seams, &by, &service, id, word)?;
            }
            Ok(issued)
        })
    }

    /// Writes a word into the history of a card of this person that was looked at.
    ///
    /// # Errors
    /// The database.
    pub fn remark(&self, card: &ServiceCard, word: &'static str) -> Result<bool, CardError> {
        let (seams, by, service, id) = (self.city.seams.clone(), self.by.clone(), self.service.to_owned(), card.id);
        self.city.cards.write(move |tx| super::remark(tx, &seams, &by, &service, id, word))
    }

    /// The words of a card's history, oldest first.
    ///
    /// # Errors
    /// The database.
    pub fn words(&self, card: Id) -> Result<Vec<String>, CardError> {
        let service = self.service.to_owned();
        let all = self.city.cards.read::<_, CardError, _>(move |tx| super::history(tx, &service, card))?;
        Ok(all.into_iter().map(|one| one.why).collect())
    }

    /// Changes where one of this person's cards stands. `false` when it is not theirs, or that may not follow.
    ///
    /// # Errors
    /// The database or the key store.
    pub fn change(
        &self,
        resident: &ResidentId,
        card: Id,
        next: CardStatus,
        why: &'static str,
    ) -> Result<bool, CardError> {
        let (vault, seams, by) = (self.city.vault.clone(), self.city.seams.clone(), self.by.clone());
        let service = self.service.to_owned();
        let subject = Subject::of(&vault, self.service, resident)?;
        self.city.cards.write(move |tx| {
            let theirs = super::of_subject(tx, &vault, &service, &subject)?;
            if !theirs.iter().any(|one| one.id == card) {
                return Ok(false);
            }
            super::change(tx, &seams, &by, &service, card, next, why)
        })
    }
}
