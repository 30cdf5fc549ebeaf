//! The loading system: what a city does with the application over a card's life. Every step is noted before it is done, may
//! be asked for again after an interruption, and then does only what is missing.
//!
//! How an application comes onto a real card is the card issuer's (J-LIS) and not public: [`LoadingRoute`]. The simulated one
//! puts it onto a virtual card.

use std::collections::BTreeSet;

use base::Random;

use super::applet::Image;
use super::client::{CityCardError, CitySession, FileCopy};
use super::keys::{CardNumber, GroupKeys, TerminalName};
use super::layout::{FileId, KeySet, instruction};
use crate::contact::Card;

/// The issuer's way to put the application onto a card.
pub trait LoadingRoute {
    /// Loads it, prepared for this card.
    ///
    /// # Errors
    /// In the issuer's words.
    fn load(&mut self, image: Image) -> Result<(), String>;
}

/// What was done to a card, for the audit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// The application was put onto the card.
    Loaded,
    /// A file was made.
    Created(FileId),
    /// A file was removed, with what it held.
    Deleted(FileId),
    /// A key was given.
    KeyGiven(KeySet, u8),
    /// A key was taken back.
    KeyDropped(KeySet, u8),
    /// The person's PIN was set.
    PinSet,
    /// The terminals it refuses were told: how many.
    Refusing(usize),
    /// A new copy of a file, of this version, was written.
    Written(FileId, u16),
    /// Everything was erased for good.
    Terminated,
}

/// Where steps are noted. Called before a step is tried; [`Journal::done`] after the card said yes.
pub trait Journal {
    /// About to do this.
    ///
    /// # Errors
    /// It cannot be noted: then it is not done.
    fn before(&mut self, card: CardNumber, step: &Step) -> Result<(), String>;
    /// Done.
    ///
    /// # Errors
    /// It cannot be noted; asked for again, the step does nothing and is noted then.
    fn done(&mut self, card: CardNumber, step: &Step) -> Result<(), String>;
}

/// Why loading stopped. What was done stays done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LoadingError {
    /// The card.
    #[error(transparent)]
    Card(#[from] CityCardError),
    /// The issuer's route.
    #[error("the application could not be loaded: {0}")]
    Route(String),
    /// The journal.
    #[error("a step could not be noted: {0}")]
    Journal(String),
    /// The card on the reader is another one now.
    #[error("another card lies on the reader")]
    OtherCard,
}

/// What a card should have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Files; [`FileId::is_standard`] ones, and those the person chose.
    pub files: BTreeSet<FileId>,
    /// Key sets beside management and inventory.
    pub sets: BTreeSet<KeySet>,
    /// Terminals to refuse.
    pub refused: Vec<TerminalName>,
}

impl Plan {
    /// Every standard file; the emergency card if the person chose it.
    pub fn usual(with_emergency: bool) -> Self {
        let chosen = |file: &FileId| file.is_standard() || (with_emergency && *file == FileId::Emergency);
        let files: BTreeSet<FileId> = FileId::ALL.into_iter().filter(chosen).collect();
        let sets = files.iter().map(|file| file.opened_by()).collect();
        Self { files, sets, refused: Vec::new() }
    }
}

/// What a card has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inventory {
    /// Files with the version of their content.
    pub files: Vec<(FileId, u16)>,
    /// Keys.
    pub keys: BTreeSet<(KeySet, u8)>,
}

/// A place where cards are loaded.
pub struct Loader<'a> {
    /// The city's keys.
    pub keys: &'a GroupKeys,
    /// Its name on cards.
    pub name: TerminalName,
    /// Randomness.
    pub random: &'a dyn Random,
    /// Where steps are noted.
    pub journal: &'a mut dyn Journal,
}

impl std::fmt::Debug for Loader<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Loader({:?})", self.name)
    }
}

impl Loader<'_> {
    /// Puts the application onto a card.
    ///
    /// # Errors
    /// [`LoadingError`].
    pub fn load(&mut self, route: &mut dyn LoadingRoute) -> Result<CardNumber, LoadingError> {
        let mut number = CardNumber([0; 16]);
        self.random.fill(&mut number.0);
        self.journal.before(number, &Step::Loaded).map_err(LoadingError::Journal)?;
        route.load(Image::loaded(self.keys, number).map_err(CityCardError::Key)?).map_err(LoadingError::Route)?;
        self.journal.done(number, &Step::Loaded).map_err(LoadingError::Journal)?;
        Ok(number)
    }

    /// Opens the card with the newest key of a shared set that it has.
    fn shared<C: Card>(&self, mut card: C, set: KeySet) -> Result<CitySession<C>, LoadingError> {
        let newest = self.keys.newest(set);
        let known = (1..=newest).rev().filter(|version| self.keys.has(set, *version));
        for version in known {
            let key = self.keys.for_terminal(set, version, self.name).map_err(CityCardError::Key)?;
            match CitySession::open(&mut card, &key, self.random) {
                Ok(_) => return Ok(CitySession::open(card, &key, self.random)?),
                Err(CityCardError::KeyVersion { .. }) => {}
                Err(other) => return Err(other.into()),
            }
        }
        Err(CityCardError::KeyVersion { set, version: newest }.into())
    }

    /// Which card lies on the reader.
    ///
    /// # Errors
    /// [`LoadingError`].
    pub fn identify<C: Card>(&self, card: C) -> Result<(C, CardNumber), LoadingError> {
        let mut session = self.shared(card, KeySet::Inventory)?;
        let number = session.number()?;
        Ok((session.into_card(), number))
    }

    /// What the card on the reader has.
    ///
    /// # Errors
    /// [`LoadingError`].
    pub fn look<C: Card>(&self, card: C) -> Result<(C, CardNumber, Inventory), LoadingError> {
        let (card, number) = self.identify(card)?;
        let mut session = self.manage(card, number)?;
        let there = self.inventory(&mut session)?;
        Ok((session.into_card(), number, there))
    }

    /// What a file holds now.
    ///
    /// # Errors
    /// [`LoadingError`].
    pub fn read<C: Card>(&self, card: C, file: FileId) -> Result<(C, FileCopy), LoadingError> {
        let mut session = self.shared(card, file.opened_by())?;
        let copy = session.read(file)?;
        Ok((session.into_card(), copy))
    }

    /// Writes a file anew where it holds something else; the version becomes one more. A write that was cut goes on where
    /// the card is.
    ///
    /// # Errors
    /// [`LoadingError`]; the copy before counts until this returns.
    pub fn write<C: Card>(
        &mut self,
        card: C,
        number: CardNumber,
        file: FileId,
        bytes: &[u8],
        pin: Option<&str>,
    ) -> Result<C, LoadingError> {
        let (card, there) = self.read(card, file)?;
        if there.version > 0 && there.bytes == bytes {
            return Ok(card);
        }
        let version = there.version.checked_add(1).ok_or(CityCardError::NewerCopy)?;
        let mut session = self.shared(card, file.opened_by())?;
        if let Some(pin) = pin.filter(|_| file.needs_pin()) {
            session.verify_pin(pin)?;
        }
        let step = Step::Written(file, version);
        self.journal.before(number, &step).map_err(LoadingError::Journal)?;
        session.write(file, version, bytes)?;
        self.journal.done(number, &step).map_err(LoadingError::Journal)?;
        Ok(session.into_card())
    }

    /// Opens the card for management, with the newest of its own keys that it has.
    fn manage<C: Card>(&self, mut card: C, number: CardNumber) -> Result<CitySession<C>, LoadingError> {
        let mut version = self.keys.newest(KeySet::Management);
        loop {
            // A version that was retired opens no card any more.
            while version > 1 && !self.keys.has(KeySet::Management, version) {
                version -= 1;
            }
            let key = self.keys.for_card(version, number, self.name).map_err(CityCardError::Key)?;
            match CitySession::open(&mut card, &key, self.random) {
                Ok(_) => break,
                Err(CityCardError::KeyVersion { .. }) if version > 1 => version -= 1,
                Err(other) => return Err(other.into()),
            }
        }
        let key = self.keys.for_card(version, number, self.name).map_err(CityCardError::Key)?;
        let mut session = CitySession::open(card, &key, self.random)?;
        if session.number()? != number {
            return Err(LoadingError::OtherCard);
        }
        Ok(session)
    }

    /// What the card has.
    ///
    /// # Errors
    /// [`LoadingError`].
    pub fn inventory<C: Card>(&self, session: &mut CitySession<C>) -> Result<Inventory, LoadingError> {
        let files = session.ask("GET DATA", (instruction::GET_DATA, 0, 0x02), &[])?;
        let keys = session.ask("GET DATA", (instruction::GET_DATA, 0, 0x04), &[])?;
        let files = files.as_chunks::<4>().0.iter().filter_map(|[f1, f2, v1, v2]| {
            Some((FileId::of(u16::from_be_bytes([*f1, *f2]))?, u16::from_be_bytes([*v1, *v2])))
        });
        let keys = keys.as_chunks::<2>().0.iter().filter_map(|[set, version]| Some((KeySet::of(*set)?, *version)));
        Ok(Inventory { files: files.collect(), keys: keys.collect() })
    }

    fn step<C: Card>(
        &mut self,
        session: &mut CitySession<C>,
        number: CardNumber,
        step: &Step,
        command: (u8, u8, u8),
        data: &[u8],
    ) -> Result<(), LoadingError> {
        self.journal.before(number, step).map_err(LoadingError::Journal)?;
        session.ask("MANAGE", command, data)?;
        self.journal.done(number, step).map_err(LoadingError::Journal)
    }

    /// Gives the card what `plan` says and it lacks: keys, files, the PIN the person typed (only where none was set), refusals.
    /// Files that the plan does not name stay: [`Self::delete`] is its own decision.
    ///
    /// # Errors
    /// [`LoadingError`]; asked for again, it goes on.
    pub fn personalise<C: Card>(&mut self, card: C, plan: &Plan, pin: Option<&str>) -> Result<C, LoadingError> {
        let (card, number) = self.identify(card)?;
        let mut session = self.manage(card, number)?;
        let there = self.inventory(&mut session)?;
        for &set in &plan.sets {
            let version = self.keys.newest(set);
            if !there.keys.contains(&(set, version)) {
                self.give_key(&mut session, number, set, version)?;
            }
        }
        for &file in plan.files.iter().filter(|file| there.files.iter().all(|(there, _)| there != *file)) {
            let id = (file as u16).to_be_bytes();
            self.step(&mut session, number, &Step::Created(file), (instruction::CREATE, 0, 0), &id)?;
        }
        if let Some(pin) = pin {
            self.step(&mut session, number, &Step::PinSet, (instruction::SET_PIN, 0, 0), pin.as_bytes())?;
        }
        self.refusing(&mut session, number, &plan.refused)?;
        Ok(session.into_card())
    }

    /// Tells the card which terminals it refuses from now on, by name; whoever was refused before and is not named is not any more.
    ///
    /// # Errors
    /// [`LoadingError`].
    pub fn refuse<C: Card>(&mut self, card: C, refused: &[TerminalName]) -> Result<C, LoadingError> {
        let (card, number) = self.identify(card)?;
        let mut session = self.manage(card, number)?;
        self.refusing(&mut session, number, refused)?;
        Ok(session.into_card())
    }

    fn refusing<C: Card>(
        &mut self,
        session: &mut CitySession<C>,
        number: CardNumber,
        refused: &[TerminalName],
    ) -> Result<(), LoadingError> {
        let names: Vec<u8> = refused.iter().flat_map(|name| name.0).collect();
        self.step(session, number, &Step::Refusing(refused.len()), (instruction::REFUSE, 0, 0), &names)
    }

    fn give_key<C: Card>(
        &mut self,
        session: &mut CitySession<C>,
        number: CardNumber,
        set: KeySet,
        version: u8,
    ) -> Result<(), LoadingError> {
        let wrapped = self.keys.wrapped(set, version, number).map_err(CityCardError::Key)?;
        let step = Step::KeyGiven(set, version);
        self.step(session, number, &step, (instruction::PUT_KEY, version, set as u8), &wrapped)
    }

    /// Gives the newest key of a set and takes older ones back, in this order: the card never is without one.
    ///
    /// # Errors
    /// [`LoadingError`].
    pub fn update_key<C: Card>(&mut self, card: C, set: KeySet) -> Result<C, LoadingError> {
        let (card, number) = self.identify(card)?;
        let mut session = self.manage(card, number)?;
        let (there, newest) = (self.inventory(&mut session)?, self.keys.newest(set));
        if !there.keys.contains(&(set, newest)) {
            self.give_key(&mut session, number, set, newest)?;
        }
        for &(_, old) in there.keys.iter().filter(|(of, version)| *of == set && *version < newest) {
            let step = Step::KeyDropped(set, old);
            self.step(&mut session, number, &step, (instruction::DROP_KEY, old, set as u8), &[])?;
        }
        Ok(session.into_card())
    }

    /// Removes a file with what it holds.
    ///
    /// # Errors
    /// [`LoadingError`]; a file that is not there is no error.
    pub fn delete<C: Card>(&mut self, card: C, file: FileId) -> Result<C, LoadingError> {
        let (card, number) = self.identify(card)?;
        let mut session = self.manage(card, number)?;
        if self.inventory(&mut session)?.files.iter().any(|(there, _)| *there == file) {
            let id = (file as u16).to_be_bytes();
            self.step(&mut session, number, &Step::Deleted(file), (instruction::DELETE, 0, 0), &id)?;
        }
        Ok(session.into_card())
    }

    /// Erases everything for good: the card is given back, or its holder moves away.
    ///
    /// # Errors
    /// [`LoadingError`].
    pub fn terminate<C: Card>(&mut self, card: C) -> Result<C, LoadingError> {
        let (card, number) = self.identify(card)?;
        let mut session = self.manage(card, number)?;
        self.step(&mut session, number, &Step::Terminated, (instruction::TERMINATE, 0, 0), &[])?;
        Ok(session.into_card())
    }
}
