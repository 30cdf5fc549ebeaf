//! What rules may read of residents (判定に使う事実): the register and the tax copies, as far as each person opened them.
//!
//! ```text
//!  told wishes ─► who receives, which classes are open ┐
//!  register ─► household, its members, their standing  ├─► rules::Household: one person (household_of) or the city (City)
//!  tax copy ─► income, taxation, of those who opened it ┘
//! ```
//! What Yakuba does not hold (care level, benefits, certificates, check-ups, insurance) is not known, and a rule that asks for
//! it is undecided. Nobody is matched who does not receive, is protected, dead or moved away, whose household is not whole, or
//! about whom a change waits to be applied; for others of the household their facts are unknown. Of those who registered nothing
//! 続柄, and of minors age and place, count for whoever they live with (ADR 0062): "among your children" could not be asked
//! otherwise.

mod city;
mod person;
mod registered;
#[cfg(test)]
mod tests;

pub use city::{City, Kept, MATCHING, Version, some, version};
pub use person::{Place, household_of};
pub use registered::Registered;

use std::collections::{BTreeMap, BTreeSet};

use base::{Date, Kind};
use rules::{Consents, DataClass, Day, Household, Person, Role, Taxation};
use store::{StoreError, Tx};
use tools::access::AccessError;
use tools::register::{self, HouseholdSnapshot, RegisterError, Resident};
use tools::tax_records::TaxRecord;
use tools::{ResidentId, access};

use super::wishes::catalogue::area_of_town;

/// Why facts could not be read.
#[derive(Debug, thiserror::Error)]
pub enum FactsError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The register.
    #[error(transparent)]
    Register(#[from] RegisterError),
    /// The access was not given.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// More people than a snapshot holds.
    #[error(transparent)]
    TooMany(#[from] rules::TooMany),
}

impl FactsError {
    /// What it means to a caller.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Store(error) => error.kind(),
            Self::Register(error) => error.kind(),
            Self::Access(error) => error.kind(),
            Self::TooMany(_) => Kind::Internal,
        }
    }
}

/// What a person told: as much of it as decides here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Opened {
    /// Classes of data they opened to notices.
    pub consents: Consents,
    /// Fields of interest, 0–63.
    pub interests: BTreeSet<u8>,
    /// Whether they want notices at all.
    pub receives: bool,
}

/// Where what people told is kept inside.
pub trait Wishes: Send + Sync {
    /// What these told; those who told nothing are left out.
    ///
    /// # Errors
    /// The database.
    fn of(&self, tx: &mut Tx<'_>, residents: &[ResidentId]) -> Result<BTreeMap<ResidentId, Opened>, StoreError>;

    /// The next of those who receive after `after`, in order of their keys, some hundreds; empty at the end.
    ///
    /// # Errors
    /// The database.
    fn page(&self, tx: &mut Tx<'_>, after: Option<&ResidentId>) -> Result<Vec<ResidentId>, StoreError>;

    /// Another number whenever anything of it changed.
    ///
    /// # Errors
    /// The database.
    fn version(&self, tx: &mut Tx<'_>) -> Result<i64, StoreError>;
}

/// A household as rules read it, and who of it may be matched.
pub(crate) struct Scene {
    pub(crate) household: Household,
    /// In the order of the household's members.
    pub(crate) residents: Vec<ResidentId>,
    pub(crate) may_match: Vec<bool>,
}

/// What a household's members told, and their taxes of the year that counts.
#[derive(Default)]
pub(crate) struct Beside {
    pub(crate) opened: BTreeMap<ResidentId, Opened>,
    pub(crate) taxes: BTreeMap<ResidentId, Taxed>,
}

/// What rules read of a tax record.
pub(crate) struct Taxed {
    income: i64,
    dependants: u8,
    taxation: Taxation,
}

impl Taxed {
    /// Of a record that is certain: filed, nothing being corrected, the newest the source said, of `year` and of somebody who
    /// was taxed here. Others tell nothing, and nothing known is never "no income".
    pub(crate) fn of(record: &TaxRecord, is_complete: bool, year: i16) -> Option<Self> {
        let is_certain = is_complete && record.is_filed && !record.is_pending && record.lived_here;
        if !is_certain || record.fiscal_year != year {
            return None;
        }
        let people = &record.people;
        let counts = [people.general, people.specific, people.elderly, people.elderly_living_together, people.under_16];
        // R: 扶養親族等の数 counts the spouse of the same livelihood too.
        let dependants = counts.iter().fold(u8::from(people.spouse), |sum, count| sum.saturating_add(*count));
        let taxation = match (record.tax.city_income.0, record.tax.city_per_capita.0) {
            (0, 0) => Taxation::Exempt,
            (0, _) => Taxation::PerCapitaOnly,
            _ => Taxation::Taxed,
        };
        Some(Self { income: record.income.total.0, dependants, taxation })
    }
}

/// The fiscal year whose taxes count on `today` (it changes in June).
pub(crate) fn tax_year(tx: &mut Tx<'_>, today: Date) -> Result<i16, StoreError> {
    Ok(tools::tax_records::years::current(&tools::tax_records::years::switches(tx)?, today))
}

/// A household in the form of rules. Those removed from the register are not in it.
pub(crate) fn scene(found: &HouseholdSnapshot, beside: &Beside, today: Date) -> Scene {
    let is_whole = found.household.is_complete && found.changes_waiting.is_empty();
    let mut scene = Scene { household: Household::default(), residents: Vec::new(), may_match: Vec::new() };
    for member in found.entered_members() {
        let is_certain = is_whole
            && member.state != register::ResidentState::Pending
            && !register::is_suppressed(&found.protections, &member.id, today);
        let opened = beside.opened.get(&member.id).filter(|opened| is_certain && opened.receives);
        let person = match opened {
            Some(opened) => person_of(member, opened, beside.taxes.get(&member.id)),
            None if is_certain && opens_household(found, beside) => lives_with(member, today),
            None => Person::default(),
        };
        scene.household.members.push(person);
        scene.residents.push(member.id.clone());
        scene.may_match.push(opened.is_some());
    }
    scene
}

/// Whether somebody of the household registered: then it is known to them who lives there (ADR 0062).
fn opens_household(found: &HouseholdSnapshot, beside: &Beside) -> bool {
    // What is beside may be of many households.
    let mut told = found.entered_members().filter_map(|member| beside.opened.get(&member.id));
    told.any(|opened| opened.receives && opened.consents.opens(DataClass::BasicRegister))
}

/// Whether a member is a minor (未成年: below 18), by a birth date that is known whole.
fn is_minor(member: &Resident, today: Date) -> bool {
    member.birth_date_text.is_none() && member.birth_date.age_on(today) < 18
}

/// What counts of somebody who registered nothing, for those they live with: 続柄, and of minors age and place. Nobody matches
/// them.
fn lives_with(member: &Resident, today: Date) -> Person {
    let with_role = Person { consents: Consents::BASIC, role: Some(role(&member.relationship)), ..Person::default() };
    if !is_minor(member, today) {
        return with_role;
    }
    Person {
        born: Some(Day(member.birth_date)),
        ward: area_of_town(&member.address.municipality_code, &member.address.town_code),
        town: town(&member.address.town_code),
        ..with_role
    }
}

fn person_of(resident: &Resident, opened: &Opened, taxed: Option<&Taxed>) -> Person {
    let taxed = taxed.filter(|_| opened.consents.opens(DataClass::Tax));
    Person {
        consents: opened.consents,
        // A birth date that is known in part has a day that stands for the unknown part: nothing is judged by it.
        born: resident.birth_date_text.is_none().then_some(Day(resident.birth_date)),
        ward: area_of_town(&resident.address.municipality_code, &resident.address.town_code),
        town: town(&resident.address.town_code),
        moved_in: resident.became_resident_on.map(Day),
        sex: match resident.sex {
            register::Sex::Female => Some(rules::Sex::Female),
            register::Sex::Male => Some(rules::Sex::Male),
            register::Sex::NotStated => None,
        },
        role: Some(role(&resident.relationship)),
        income: taxed.map(|taxed| taxed.income),
        dependants: taxed.map(|taxed| taxed.dependants),
        taxation: taxed.map(|taxed| taxed.taxation),
        interests: opened.interests.clone(),
        ..Person::default()
    }
}

/// A town in rules: the first four digits of the town code, without its 丁目.
fn town(town_code: &str) -> Option<u16> {
    town_code.get(..4)?.parse().ok()
}

/// 続柄 as rules tell them apart. What is not listed is another member.
fn role(relationship: &str) -> Role {
    match relationship {
        "世帯主" => Role::Head,
        "妻" | "夫" | "妻(未届)" | "夫(未届)" | "妻（未届）" | "夫（未届）" => Role::Spouse,
        "子" | "妻の子" | "夫の子" | "養子" | "長男" | "長女" | "二男" | "二女" | "三男" | "三女" => {
            Role::Child
        }
        "子の子" | "孫" => Role::Grandchild,
        "父" | "母" => Role::Parent,
        _ => Role::Other,
    }
}

/// The purpose under which this service reads.
pub(crate) fn purpose(with_tax: bool) -> access::Purpose {
    use access::Item;
    let items = [Item::BirthDate, Item::Sex, Item::Address, Item::Household, Item::State];
    let purpose = access::Purpose::new(access::Duty::Notice);
    if with_tax { purpose.reading(&[&items[..], &[Item::Tax]].concat()) } else { purpose.reading(&items) }
}
