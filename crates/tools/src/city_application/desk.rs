//! What the loading place does with the card on its reader. Who may do it, and whose card it is, the door has proved before.
//!
//! A card is found half-way by where it stands ([`super::model`]); the same call goes on, since each step asks the card first
//! what it has.

use std::collections::BTreeSet;

use base::{Id, Seams};
use card::Card;
use card::city_application::loading::{Inventory, Loader, LoadingError, LoadingRoute, Plan};
use card::city_application::{CardNumber, CityCardError, FileId, GroupKeys, KeySet, TerminalName};
use store::StoreError;
use zeroize::Zeroizing;

use super::cards::{self, Kept};
use super::model::{Deed, Found, Standing};
use super::terminal::name_of;
use super::{Fault, Refusal, emergency, handing_out, key_store, refusals};
use crate::access::{Actor, Duty};
use crate::credentials::{self, CredentialStatus, Token};
use crate::resident_id::ResidentId;
use crate::service_cards::ServiceCard;
use crate::service_cards::counter::Counter;
use crate::zone::Inside;

/// How long the link of a card holds: as the longest certificate of a card (ten birthdays). Our own figure.
const LINK_SECONDS: i64 = 10 * 365 * 24 * 3600;

/// Services whose numbers lie in files of their own.
const NUMBERS: [(&str, Duty, FileId); 3] = [
    ("library_card", Duty::Library, FileId::LibraryNumber),
    ("hospital_card", Duty::Hospital, FileId::HospitalNumber),
    ("staff_id", Duty::StaffCard, FileId::StaffNumber),
];

/// What the person chose.
pub struct Wish {
    /// The application's PIN: 4 to 16 digits.
    pub pin: Zeroizing<String>,
    /// What was typed here for somebody without the portal, as [`emergency::typed`] makes it. What was chosen in the portal is
    /// written in its place.
    pub emergency: Option<Zeroizing<String>>,
}

impl std::fmt::Debug for Wish {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Wish")
    }
}

/// What lies on the reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// What it is.
    pub found: Found,
    /// What it has, where it is ours.
    pub inventory: Option<Inventory>,
    /// The card as the list and the journal know it.
    pub row: Option<Id>,
    /// Sets of which it lacks the newest key, or holds an older one besides.
    pub old_keys: Vec<KeySet>,
    /// Where its holder's emergency card stands, if they chose one in the portal.
    pub emergency: Option<emergency::kept::Standing>,
}

/// A loading place.
#[derive(Clone)]
pub struct Desk {
    /// The inside zone.
    pub city: Inside,
    /// Who does it.
    pub by: Actor,
    /// The terminal whose reader it is.
    pub terminal: Id,
}

impl std::fmt::Debug for Desk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Desk({})", self.terminal)
    }
}

impl Desk {
    fn keys(&self) -> Result<GroupKeys, Fault> {
        let vault = self.city.vault.clone();
        self.city.store.read::<_, Fault, _>(move |tx| key_store::open(tx, &vault))
    }

    /// Runs `act` with the keys, which are wiped afterwards, and the journal.
    fn with_loader<T>(&self, act: impl FnOnce(&mut Loader<'_>) -> Result<T, Fault>) -> Result<T, Fault> {
        let keys = self.keys()?;
        let (store, vault, seams) = (&self.city.store, &self.city.vault, &self.city.seams);
        let mut journal = Kept { store, vault, seams, by: &self.by };
        let (name, random) = (name_of(self.terminal), &*seams.random);
        act(&mut Loader { keys: &keys, name, random, journal: &mut journal })
    }

    fn row(&self, number: CardNumber) -> Result<Option<cards::Listed>, Fault> {
        let vault = self.city.vault.clone();
        self.city.store.read::<_, Fault, _>(move |tx| cards::find(tx, &vault, number))
    }

    /// What lies there. Reads no person's record.
    ///
    /// # Errors
    /// [`Refusal::Foreign`] and the others; the database.
    pub fn look(&self, card: &mut dyn Card) -> Result<Seen, Fault> {
        self.with_loader(|loader| {
            let plain = |found| Seen { found, inventory: None, row: None, old_keys: Vec::new(), emergency: None };
            match loader.look(card) {
                Err(LoadingError::Card(CityCardError::NotLoaded)) => Ok(plain(Found::Nothing)),
                Err(LoadingError::Card(CityCardError::Terminated)) => Ok(plain(Found::Erased)),
                Err(other) => Err(other.into()),
                Ok((_, number, there)) => {
                    let row = self.row(number)?;
                    let (standing, row) = (row.as_ref().map(|row| row.standing), row.as_ref().map(|row| row.id));
                    let old_keys = behind(loader.keys, &there);
                    let emergency = row.map(|row| self.emergency_stands(number, row)).transpose()?.flatten();
                    Ok(Seen { found: Found::Ours(standing), inventory: Some(there), row, old_keys, emergency })
                }
            }
        })
    }

    /// Puts the application onto a card that has none. It stands half-way until [`Self::personalise`] has come to its end.
    ///
    /// # Errors
    /// [`Refusal::NoRoute`]; the database.
    pub fn put_on(&self, route: &mut dyn LoadingRoute) -> Result<(), Fault> {
        self.with_loader(|loader| Ok(loader.load(route).map(drop)?))
    }

    /// Makes the card the person's: links it, gives keys and files, sets the PIN, writes what the services know and the person
    /// chose. The person was proved by PIN in this very connection. Cut anywhere, the same call goes on.
    ///
    /// # Errors
    /// [`Refusal`]; the databases.
    pub fn personalise(&self, card: &mut dyn Card, who: &ResidentId, wish: &Wish) -> Result<Standing, Fault> {
        self.with_loader(|loader| {
            let (_, number) = loader.identify(&mut *card)?;
            let row = self.begin(number, Deed::Load)?;
            self.link(number, row, who)?;
            let chosen = self.emergency_chosen(who, row)?;
            let text = chosen.as_ref().map(|(text, _)| text).or(wish.emergency.as_ref());
            let plan = Plan { refused: self.refused_terminals()?, ..Plan::usual(text.is_some()) };
            loader.personalise(&mut *card, &plan, Some(&wish.pin))?;
            self.write_numbers(loader, &mut *card, number, who)?;
            if let Some(text) = text {
                loader.write(&mut *card, number, FileId::Emergency, text.as_bytes(), Some(&wish.pin))?;
            }
            match chosen {
                Some((_, chosen_at)) => self.emergency_written(who, row, chosen_at)?,
                // What was typed stands there in the place of what was taken away.
                None if text.is_some() => self.emergency_is_gone(who, row)?,
                None => {}
            }
            self.finish(loader, card, row, Deed::Load)
        })
    }

    /// Renews what is old: each set's key, one after the other, the services' numbers, and the emergency card: what was taken
    /// away goes, what waits is written if the person typed the application's PIN.
    ///
    /// # Errors
    /// [`Refusal`]; the databases.
    pub fn update(&self, card: &mut dyn Card, pin: Option<&str>) -> Result<Standing, Fault> {
        self.with_loader(|loader| {
            let (_, number, there) = loader.look(&mut *card)?;
            let who = self.holder(number)?.ok_or(Refusal::AnotherPerson)?;
            let row = self.begin(number, Deed::Update)?;
            for set in behind(loader.keys, &there) {
                loader.update_key(&mut *card, set)?;
            }
            let refused = self.refused_terminals()?;
            loader.refuse(&mut *card, &refused)?;
            self.write_numbers(loader, &mut *card, number, &who)?;
            self.renew_emergency(loader, &mut *card, (number, row), &who, pin)?;
            self.finish(loader, card, row, Deed::Update)
        })
    }

    /// Ends the link, then erases the application for good.
    ///
    /// # Errors
    /// [`Refusal`]; the databases.
    pub fn delete(&self, card: &mut dyn Card) -> Result<Standing, Fault> {
        self.with_loader(|loader| {
            let (_, number) = loader.identify(&mut *card)?;
            let row = self.begin(number, Deed::Delete)?;
            self.unlink(number)?;
            loader.terminate(card)?;
            self.emergency_goes_with(row)?;
            self.end(row, Deed::Delete, BTreeSet::new())
        })
    }

    /// Writes down that something was not done, and why: the key of the sentence that was said.
    ///
    /// # Errors
    /// The database.
    pub fn note_refusal(&self, card: Option<Id>, deed: &'static str, why: &'static str) -> Result<(), StoreError> {
        let (seams, by) = (self.city.seams.clone(), self.by.clone());
        self.city.store.write::<_, StoreError, _>(move |tx| refusals::note(tx, &seams, &by, card, deed, why))
    }

    /// Terminals that were stopped: cards refuse them by name.
    pub(super) fn refused_terminals(&self) -> Result<Vec<TerminalName>, Fault> {
        self.city.store.read::<_, Fault, _>(|tx| Ok(handing_out::stopped(tx)?))
    }

    fn begin(&self, number: CardNumber, deed: Deed) -> Result<Id, Fault> {
        let (vault, seams) = (self.city.vault.clone(), self.city.seams.clone());
        self.city.store.write::<_, Fault, _>(move |tx| {
            let row = cards::find(tx, &vault, number)?.ok_or(Refusal::Unknown)?;
            cards::begin(tx, &seams, &row, deed)?;
            Ok(row.id)
        })
    }

    fn finish(&self, loader: &mut Loader<'_>, card: &mut dyn Card, row: Id, deed: Deed) -> Result<Standing, Fault> {
        let (_, _, there) = loader.look(card)?;
        self.end(row, deed, there.keys)
    }

    fn end(&self, row: Id, deed: Deed, keys: BTreeSet<(KeySet, u8)>) -> Result<Standing, Fault> {
        let (seams, by) = (self.city.seams.clone(), self.by.clone());
        self.city.store.write::<_, Fault, _>(move |tx| cards::finish(tx, &seams, &by, row, deed, &keys))
    }

    fn link(&self, number: CardNumber, row: Id, who: &ResidentId) -> Result<(), Fault> {
        let (vault, seams, by, who) = (self.city.vault.clone(), self.city.seams.clone(), self.by.clone(), who.clone());
        self.city.store.write::<_, Fault, _>(move |tx| {
            let (until, token) = (seams.now().plus_seconds(LINK_SECONDS), Token::CityApplication(number.0));
            // The holder knows two cards apart by the name that the desk's list has for each.
            let name = cards::short_name(row);
            let mark = credentials::Mark::of(Some(&name));
            let linked = credentials::enrol_marked(tx, &vault, &seams, &by, &who, until, &token, mark)?;
            linked.map(drop).map_err(|_| Refusal::AnotherPerson.into())
        })
    }

    /// Whose card it is; `None` when it is nobody's, or stopped.
    pub(super) fn holder(&self, number: CardNumber) -> Result<Option<ResidentId>, Fault> {
        let (vault, now) = (self.city.vault.clone(), self.city.seams.now());
        self.city.store.read::<_, Fault, _>(move |tx| {
            let found = credentials::find_token(tx, &vault, now, &Token::CityApplication(number.0))?;
            Ok(found.ok().map(|person| person.resident().clone()))
        })
    }

    fn unlink(&self, number: CardNumber) -> Result<(), Fault> {
        let Some(who) = self.holder(number)? else { return Ok(()) };
        let (vault, seams, by) = (self.city.vault.clone(), self.city.seams.clone(), self.by.clone());
        self.city.store.write::<_, Fault, _>(move |tx| {
            let token = Token::CityApplication(number.0);
            // A link that is there is left as it is: this tells which one it is.
            let linked = credentials::enrol_token(tx, &vault, &seams, &by, &who, seams.now(), &token)?;
            if let Ok(link) = linked {
                credentials::set_status(tx, &seams, &by, &who, link.credential, CredentialStatus::Ended)?;
            }
            Ok(())
        })
    }

    /// Writes each service's number where the card holds another. Each is a disclosure to the person.
    fn write_numbers(
        &self,
        loader: &mut Loader<'_>,
        card: &mut dyn Card,
        number: CardNumber,
        who: &ResidentId,
    ) -> Result<(), Fault> {
        for (service, duty, file) in NUMBERS {
            let all = Counter { city: &self.city, by: &self.by, duty, service }.look(who)?;
            let value =
                newest_usable(&all, &self.city.seams).map(|one| one.number.reveal().clone()).unwrap_or_default();
            let (_, there) = loader.read(&mut *card, file)?;
            // Never written, and nothing to write.
            if !(there.version == 0 && value.is_empty()) {
                loader.write(&mut *card, number, file, value.as_bytes(), None)?;
            }
        }
        Ok(())
    }
}

fn newest_usable<'a>(all: &'a [ServiceCard], seams: &Seams) -> Option<&'a ServiceCard> {
    all.iter().find(|one| one.is_usable(seams.today()))
}

/// Sets the card has of which it lacks the newest key, or holds an older one besides.
fn behind(keys: &GroupKeys, there: &Inventory) -> Vec<KeySet> {
    let is_behind = |set: &KeySet| {
        let held = there.keys.iter().filter(|(of, _)| of == set).map(|(_, version)| *version);
        held.clone().any(|version| version != keys.newest(*set))
    };
    KeySet::ALL.into_iter().filter(is_behind).collect()
}
