//! The city: everybody who receives notices, with their households, in columns.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use base::{Date, Seams};
use rules::{Audience, DataClass, Household, OtherDay, Resolved, Snapshot};
use store::{StoreError, Tx};
use tools::access::{self, Actor, BulkAccess, BulkDeclaration, Concerned};
use tools::register;
use tools::tax_records::TaxRecord;
use tools::{Inside, ResidentId, copied_records};

use super::{Beside, FactsError, Scene, Taxed, Wishes, purpose, scene, tax_year};

/// Reading for a count or for choosing whom to send to. Whom a notice that was released concerned is named then.
pub const MATCHING: BulkDeclaration = BulkDeclaration {
    name: "notices.match",
    japanese: "市からのお知らせを送る相手を、登録された関心と同意された情報で選びました。",
    english: "People to send a notice of the city to were chosen by registered interests and the data they opened.",
    concerned: Concerned::Named,
};

/// What a snapshot was made from: another one, another snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version {
    day: Date,
    register: (i64, i64, i64),
    taxes: (i64, i64),
    wishes: i64,
}

/// The version now.
///
/// # Errors
/// [`StoreError`].
pub fn version(tx: &mut Tx<'_>, seams: &Seams, wishes: &dyn Wishes) -> Result<Version, StoreError> {
    let fresh = register::freshness(tx, seams.now())?;
    let generation = tx.query_one("SELECT generation FROM register_generation WHERE id = 1", &[])?;
    let generation = generation.map_or(Ok(0), |row| row.int(0))?;
    let taxes = tx.query_one("SELECT generation, position FROM record_copy_feed WHERE kind = 'tax'", &[])?;
    let taxes = taxes.map_or(Ok::<_, StoreError>((0, 0)), |row| Ok((row.int(0)?, row.int(1)?)))?;
    let register = (generation, fresh.position, fresh.waiting);
    Ok(Version { day: seams.today(), register, taxes, wishes: wishes.version(tx)? })
}

/// Everybody who receives notices, and their households, on one day.
pub struct City {
    /// The columns. Facts nobody opened are not in them.
    pub snapshot: Snapshot,
    /// Whose place is whose.
    pub residents: Vec<ResidentId>,
    may_match: Vec<bool>,
    version: Version,
}

impl std::fmt::Debug for City {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "City of {} people", self.residents.len())
    }
}

impl City {
    /// Reads the city under one declared bulk access of `actor`. Nobody is told of it: whoever a released notice concerned is
    /// named then ([`super::super::campaigns`]).
    ///
    /// # Errors
    /// [`FactsError`].
    pub fn read(inside: &Inside, actor: &Actor, wishes: &dyn Wishes) -> Result<Self, FactsError> {
        let today = inside.seams.today();
        let version = inside.store.read::<_, StoreError, _>(|tx| version(tx, &inside.seams, wishes))?;
        let (seams, by) = (inside.seams.clone(), actor.clone());
        let access = inside
            .store
            .write::<_, FactsError, _>(move |tx| Ok(access::bulk(tx, &seams, &by, &purpose(true), &MATCHING)?))?;
        let mut pages = Pages { inside, access: &access, wishes, today, after: None, seen: BTreeSet::new() };
        let (mut residents, mut may_match) = (Vec::new(), Vec::new());
        let mut failed = None;
        let mut waiting: Vec<Household> = Vec::new();
        let households = std::iter::from_fn(|| {
            while waiting.is_empty() {
                match pages.next() {
                    Ok(Some(page)) => {
                        for scene in page {
                            residents.extend(scene.residents);
                            may_match.extend(scene.may_match);
                            waiting.push(scene.household);
                        }
                        waiting.reverse();
                    }
                    Ok(None) => return None,
                    Err(error) => {
                        failed = Some(error);
                        return None;
                    }
                }
            }
            waiting.pop()
        });
        let snapshot = Snapshot::build(today, households)?;
        match failed {
            Some(error) => Err(error),
            None => Ok(Self { snapshot, residents, may_match, version }),
        }
    }

    /// Who the rule is for, of those who may be matched.
    ///
    /// # Errors
    /// [`OtherDay`].
    pub fn audience(&self, rule: &Resolved) -> Result<Audience, OtherDay> {
        let mut audience = self.snapshot.audience(rule)?;
        audience.keep(|place| self.may_match.get(place as usize).is_some_and(|may| *may));
        Ok(audience)
    }

    /// How many may be matched.
    pub fn receiving(&self) -> u64 {
        self.may_match.iter().filter(|may| **may).count() as u64
    }

    /// Those who were judged: everybody who may be matched.
    pub fn judged(&self) -> impl Iterator<Item = &ResidentId> {
        self.residents.iter().zip(&self.may_match).filter(|(_, may)| **may).map(|(resident, _)| resident)
    }
}

struct Pages<'a> {
    inside: &'a Inside,
    access: &'a BulkAccess,
    wishes: &'a dyn Wishes,
    today: Date,
    after: Option<ResidentId>,
    /// Households read: one with members on several pages is read once.
    seen: BTreeSet<String>,
}

impl Pages<'_> {
    fn next(&mut self) -> Result<Option<Vec<Scene>>, FactsError> {
        let (wishes, access, today, after) = (self.wishes, self.access, self.today, self.after.as_ref());
        let read = self.inside.store.read::<_, FactsError, _>(|tx| {
            let page = wishes.page(tx, after)?;
            let found = register::households_of(tx, access, &page)?;
            let beside = beside(tx, access, &found, wishes, today)?;
            Ok((page, found, beside))
        })?;
        let (page, found, beside) = read;
        let Some(last) = page.last() else { return Ok(None) };
        self.after = Some(last.clone());
        let mut made = Vec::new();
        for household in &found {
            if self.seen.insert(household.household.id.as_str().to_owned()) {
                made.push(scene(household, &beside, today));
            }
        }
        Ok(Some(made))
    }
}

fn beside(
    tx: &mut Tx<'_>,
    access: &BulkAccess,
    found: &[register::HouseholdSnapshot],
    wishes: &dyn Wishes,
    today: Date,
) -> Result<Beside, FactsError> {
    let members: Vec<ResidentId> =
        found.iter().flat_map(|one| one.entered_members().map(|member| member.id.clone())).collect();
    let opened = wishes.of(tx, &members)?;
    let with_tax: Vec<ResidentId> = opened
        .iter()
        .filter(|(_, opened)| opened.receives && opened.consents.opens(DataClass::Tax))
        .map(|(resident, _)| resident.clone())
        .collect();
    let year = tax_year(tx, today)?;
    let mut taxes = BTreeMap::new();
    for held in copied_records::of_many::<TaxRecord>(tx, access, &with_tax)? {
        if let (Ok(resident), Some(taxed)) =
            (ResidentId::parse(&held.record.resident_id), Taxed::of(&held.record, held.is_complete, year))
        {
            taxes.insert(resident, taxed);
        }
    }
    Ok(Beside { opened, taxes })
}

/// Some residents judged by one rule as things stand in this transaction: who of `residents` it is for now.
///
/// # Errors
/// [`FactsError`].
pub fn some(
    tx: &mut Tx<'_>,
    access: &BulkAccess,
    rule: &Resolved,
    residents: &[ResidentId],
    wishes: &dyn Wishes,
) -> Result<BTreeSet<ResidentId>, FactsError> {
    let found = register::households_of(tx, access, residents)?;
    let beside = beside(tx, access, &found, wishes, rule.day())?;
    let asked: BTreeSet<&ResidentId> = residents.iter().collect();
    let mut meant = BTreeSet::new();
    for household in &found {
        let scene = scene(household, &beside, rule.day());
        let outcomes = rules::judge_household(std::slice::from_ref(rule), &scene.household);
        for ((resident, may), outcomes) in scene.residents.iter().zip(&scene.may_match).zip(outcomes) {
            if *may && asked.contains(resident) && outcomes.first() == Some(&rules::Outcome::Eligible) {
                meant.insert(resident.clone());
            }
        }
    }
    Ok(meant)
}

/// The city in memory of this process, read again when what it was made from has changed.
#[derive(Default)]
pub struct Kept(Mutex<Option<Arc<City>>>);

impl Kept {
    /// The city as it is now.
    ///
    /// # Errors
    /// [`FactsError`].
    pub fn now(&self, inside: &Inside, actor: &Actor, wishes: &dyn Wishes) -> Result<Arc<City>, FactsError> {
        let version = inside.store.read::<_, StoreError, _>(|tx| version(tx, &inside.seams, wishes))?;
        // Held while it is read, so that two officers do not read a city twice.
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(city) = kept.as_ref().filter(|city| city.version == version) {
            return Ok(Arc::clone(city));
        }
        let city = Arc::new(City::read(inside, actor, wishes)?);
        *kept = Some(Arc::clone(&city));
        Ok(city)
    }
}
