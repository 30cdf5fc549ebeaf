//! The emergency card at the loading desk: exactly what the person chose goes onto the chip, what they took away goes from it.

use base::{Id, Timestamp};
use card::Card;
use card::city_application::loading::{Loader, Plan};
use card::city_application::{CardNumber, FileId};
use zeroize::Zeroizing;

use super::kept::{self, Standing};
use crate::access::{self, Duty, Item, Purpose};
use crate::city_application::Fault;
use crate::city_application::desk::Desk;
use crate::resident_id::ResidentId;

impl Desk {
    /// Where the holder's choice stands with this card; nothing of what was chosen is read.
    pub(in crate::city_application) fn emergency_stands(
        &self,
        number: CardNumber,
        row: Id,
    ) -> Result<Option<Standing>, Fault> {
        let Some(who) = self.holder(number)? else { return Ok(None) };
        self.city.store.read::<_, Fault, _>(move |tx| Ok(kept::standing(tx, &who, row)?))
    }

    /// What the person chose in the portal, as it goes onto the chip. A disclosure to the person.
    pub(in crate::city_application) fn emergency_chosen(
        &self,
        who: &ResidentId,
        row: Id,
    ) -> Result<Option<(Zeroizing<String>, Timestamp)>, Fault> {
        let (vault, seams, by, who) = (self.city.vault.clone(), self.city.seams.clone(), self.by.clone(), who.clone());
        self.city.store.write::<_, Fault, _>(move |tx| {
            if !kept::is_chosen(tx, &who)? {
                return Ok(None);
            }
            let purpose = Purpose::new(Duty::CityCard).reading(&[Item::EmergencyCard]);
            let access = access::person(tx, &seams, &by, &purpose, &who)
                .map_err(|error| Fault::Cards(crate::service_cards::CardError::Access(error)))?;
            let Some((content, chosen_at)) = kept::chosen(tx, &vault, &access)? else { return Ok(None) };
            kept::about_to_write(tx, &who, row, chosen_at)?;
            Ok(Some((Zeroizing::new(content.text), chosen_at)))
        })
    }

    pub(in crate::city_application) fn emergency_written(
        &self,
        who: &ResidentId,
        row: Id,
        chosen_at: Timestamp,
    ) -> Result<(), Fault> {
        let (who, now) = (who.clone(), self.city.seams.now());
        self.city.store.write::<_, Fault, _>(move |tx| Ok(kept::written(tx, &who, row, (chosen_at, now))?))
    }

    /// The chip holds nothing any more of what was chosen.
    pub(in crate::city_application) fn emergency_is_gone(&self, who: &ResidentId, row: Id) -> Result<(), Fault> {
        let (who, now) = (who.clone(), self.city.seams.now());
        self.city.store.write::<_, Fault, _>(move |tx| Ok(kept::gone_from_card(tx, &who, row, now)?))
    }

    /// The application was erased, and what it held with it, whoever's it was.
    pub(in crate::city_application) fn emergency_goes_with(&self, row: Id) -> Result<(), Fault> {
        let now = self.city.seams.now();
        self.city.store.write::<_, Fault, _>(move |tx| {
            let who = kept::whose_copy(tx, row)?;
            Ok(who.map_or(Ok(()), |who| kept::gone_from_card(tx, &who, row, now))?)
        })
    }

    /// What waits is written, if the application's PIN was typed; what was taken away goes from the chip.
    pub(in crate::city_application) fn renew_emergency(
        &self,
        loader: &mut Loader<'_>,
        card: &mut dyn Card,
        (number, row): (CardNumber, Id),
        who: &ResidentId,
        pin: Option<&str>,
    ) -> Result<(), Fault> {
        match (self.emergency_stands(number, row)?, pin) {
            (Some(Standing::TakenAway { .. }), _) => {
                loader.delete(&mut *card, FileId::Emergency)?;
                self.emergency_is_gone(who, row)
            }
            (Some(Standing::Waits { .. }), Some(pin)) => {
                let Some((text, chosen_at)) = self.emergency_chosen(who, row)? else { return Ok(()) };
                let set = FileId::Emergency.opened_by();
                let plan =
                    Plan { files: [FileId::Emergency].into(), sets: [set].into(), refused: self.refused_terminals()? };
                loader.personalise(&mut *card, &plan, None)?;
                loader.write(&mut *card, number, FileId::Emergency, text.as_bytes(), Some(pin))?;
                self.emergency_written(who, row, chosen_at)
            }
            _ => Ok(()),
        }
    }
}
