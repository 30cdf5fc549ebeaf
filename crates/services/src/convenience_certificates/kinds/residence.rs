//! 住民票の写し and 住民票記載事項証明書: what the register says of a household (specs certificates §1.4, §2.1).
//!
//! `decide(snapshot, applicant, choices, today)` is pure: it answers with what to print, or with the causes that send the
//! person to the counter. At a machine every cause is one sentence ([`Refusal::AskAtTheCounter`]).
//!
//! [`Refusal::AskAtTheCounter`]: crate::convenience_certificates::Refusal::AskAtTheCounter

use base::{Date, Personal};
use paper::{Body, Entry, Nationality, Person, Residence};
use store::Tx;
use tools::access::{self, Item};
use tools::register::rules::Limits;
use tools::register::{self, ForeignItems, HouseholdSnapshot, RegisterError, Resident, SnapshotVersion};
use tools::register::{Cause, why_not_at_a_machine};
use tools::{Inside, ResidentId};

use super::super::actions::ActionError;
use super::super::applicant::Applicant;
use super::super::choices::{Choices, Members, OptionalItems};
use super::super::refusal::No;

/// What will be printed: whole residents, in the order of the paper, and which items of them.
#[derive(Clone, PartialEq, Eq)]
pub struct HouseholdContent {
    /// The register version all of it belongs to (I7).
    pub version: SnapshotVersion,
    /// Who asked.
    pub applicant: ResidentId,
    /// The household's address on one line.
    pub address: String,
    /// The head's name.
    pub head_name: String,
    /// Whose rows are printed.
    pub people: Vec<Resident>,
    /// Whether these are all who are entered in the household.
    pub is_whole_household: bool,
    /// Which items.
    pub items: OptionalItems,
}

impl HouseholdContent {
    /// Whether a paper drawn from `other` says what one drawn from this would: everything but the version is the same. A
    /// night's full import makes a new version of everybody and changes hardly anyone.
    pub fn prints_as(&self, other: &Self) -> bool {
        let Self { version: _, applicant, address, head_name, people, is_whole_household, items } = self;
        *applicant == other.applicant
            && *address == other.address
            && *head_name == other.head_name
            && *people == other.people
            && *is_whole_household == other.is_whole_household
            && *items == other.items
    }
}

impl std::fmt::Debug for HouseholdContent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "HouseholdContent({}, {} people)", self.version, self.people.len())
    }
}

/// Reads the household with an access (so the disclosure is written in this transaction, also for a no) and decides.
pub(in super::super) fn look(
    tx: &mut Tx<'_>,
    city: &Inside,
    applicant: &Applicant,
    choices: &Choices,
) -> Result<Result<HouseholdContent, No>, ActionError> {
    let purpose = applicant.purpose(&items_read(choices.items));
    let mut access = access::person(tx, &city.seams, applicant.actor(), &purpose, applicant.resident())?;
    let snapshot = match register::household_snapshot(tx, &access) {
        Ok(snapshot) => snapshot,
        // A credential whose resident is not in the register any more: the same sentence as every other state.
        Err(RegisterError::NotFound) => return Ok(Err(No::Register(vec![Cause::NotAMember]))),
        Err(error) => return Err(error.into()),
    };
    let decided = decide(&snapshot, applicant.resident(), choices, city.seams.today());
    if let Ok(content) = &decided {
        let shown: Vec<ResidentId> = content.people.iter().map(|person| person.id.clone()).collect();
        access.also_shows(tx, &shown)?;
    }
    Ok(decided)
}

/// What is read of a record to print these items.
fn items_read(items: OptionalItems) -> Vec<Item> {
    let mut read = vec![Item::Name, Item::BirthDate, Item::Sex, Item::Address, Item::State];
    if items.relationship {
        read.push(Item::Household);
    }
    if items.domicile {
        read.push(Item::Domicile);
    }
    if items.nationality || items.residence_card_number || items.residence_status {
        read.push(Item::Foreign);
    }
    read
}

/// Decides. The register's causes are always computed in full before anything is returned, so that the time taken does
/// not tell which one it was.
///
/// # Errors
/// [`No`].
pub fn decide(
    snapshot: &HouseholdSnapshot,
    applicant: &ResidentId,
    choices: &Choices,
    today: Date,
) -> Result<HouseholdContent, No> {
    let causes = why_not_at_a_machine(snapshot, applicant, today, Limits::default());
    let people = people_of(snapshot, applicant, &choices.members);
    if !causes.is_empty() {
        return Err(No::Register(causes));
    }
    let (Some(people), true) = (people, choices.is_sensible()) else { return Err(No::Choices) };
    let Some(first) = people.first() else { return Err(No::Choices) };
    Ok(HouseholdContent {
        version: snapshot.version,
        applicant: applicant.clone(),
        address: first.address.whole(),
        head_name: snapshot.household.head_name.clone(),
        is_whole_household: people.len() == snapshot.entered_members().count(),
        people,
        items: choices.items,
    })
}

/// The chosen members in the register's order; `None` when somebody chosen is not entered here.
fn people_of(snapshot: &HouseholdSnapshot, applicant: &ResidentId, members: &Members) -> Option<Vec<Resident>> {
    let wanted = |id: &ResidentId| match members {
        Members::Household => true,
        Members::Applicant => id == applicant,
        Members::Chosen(list) => list.contains(id),
        Members::Numbered(_) => false,
    };
    let people: Vec<Resident> = snapshot.entered_members().filter(|m| wanted(&m.id)).cloned().collect();
    let expected = match members {
        Members::Household => snapshot.entered_members().count(),
        Members::Applicant => 1,
        Members::Chosen(list) => list.iter().collect::<std::collections::BTreeSet<_>>().len(),
        // A household has no numbers.
        Members::Numbered(_) => return None,
    };
    (people.len() == expected).then_some(people)
}

/// Puts every decided value at its place on the form.
pub(super) fn body(content: &HouseholdContent) -> Body {
    let items = content.items;
    Body::Residence(Residence {
        address: Personal::new(printed(&content.address)),
        head: optional(items.relationship, Some(content.head_name.as_str())),
        people: content.people.iter().map(|person| person_entry(person, items)).collect(),
    })
}

/// The choices as one word of ASCII for the metadata.
pub(super) fn options_word(content: &HouseholdContent) -> String {
    let HouseholdContent { items, is_whole_household, .. } = *content;
    let switches = [
        (is_whole_household, "household"),
        (items.relationship, "relationship"),
        (items.domicile, "domicile"),
        (items.nationality, "nationality"),
        (items.residence_card_number, "card-number"),
        (items.residence_status, "status"),
    ];
    let on: Vec<&str> = switches.iter().filter(|(on, _)| *on).map(|(_, word)| *word).collect();
    if on.is_empty() { "none".to_owned() } else { on.join("+") }
}

/// Shown or missing when chosen, omitted when not.
fn optional(chosen: bool, value: Option<&str>) -> Entry {
    if chosen { Entry::or_missing(value) } else { Entry::Omitted }
}

fn date(date: Option<Date>) -> Entry {
    Entry::or_missing(date.map(Date::japanese))
}

/// Digits of addresses in full width, as certificates print them.
pub(super) fn printed(text: &str) -> String {
    base::text::digits_to_full_width(text)
}

fn person_entry(person: &Resident, items: OptionalItems) -> Person {
    let names = &person.names;
    let reading = names.kana.as_deref().filter(|_| names.kana_is_registered);
    let birth = person.birth_date_text.clone().unwrap_or_else(|| person.birth_date.japanese());
    Person {
        name: Personal::new(names.registered.clone()),
        // Readings are blank until the family register's notice arrived (specs certificates §2.1).
        reading: Entry::or_none(reading),
        alphabet_name: Entry::or_none(names.alphabet.as_deref().filter(|latin| *latin != names.registered)),
        former_name: Entry::or_none(names.former.as_ref().map(|name| name.text.as_str())),
        former_name_reading: Entry::or_none(names.former.as_ref().and_then(|name| name.kana.as_deref())),
        common_name: Entry::or_none(names.common.as_ref().map(|name| name.text.as_str())),
        common_name_reading: Entry::or_none(names.common.as_ref().and_then(|name| name.kana.as_deref())),
        birth_date: Personal::new(birth),
        sex: Entry::or_missing(Some(person.sex.japanese()).filter(|word| !word.is_empty())),
        relationship: optional(items.relationship, Some(person.relationship.as_str())),
        became_resident: date(person.became_resident_on),
        address_set: date(person.address_since),
        notified: date(person.notified_on),
        previous_address: Entry::or_none(person.previous_address.as_deref().map(printed)),
        former_address: Entry::or_none(person.previous_city_address.as_deref().map(printed)),
        nationality: match &person.foreign {
            Some(foreign) => foreign_entry(foreign, items),
            None => {
                let family = person.family_register.as_ref();
                let domicile = family.map(|family| printed(&family.domicile));
                Nationality::Japanese {
                    domicile: optional(items.domicile, domicile.as_deref()),
                    register_head: optional(items.domicile, family.map(|family| family.head.as_str())),
                }
            }
        },
        remarks: Entry::or_none(person.remarks.as_deref()),
    }
}

fn foreign_entry(foreign: &ForeignItems, items: OptionalItems) -> Nationality {
    let expiry = foreign.expires_on.map(Date::japanese);
    Nationality::Foreign {
        country_or_region: optional(items.nationality, Some(foreign.nationality.as_str())),
        category: optional(items.residence_status, Some(foreign.article_30_45.as_str())),
        status: optional(items.residence_status, foreign.residence_status.as_deref()),
        period: optional(items.residence_status, foreign.period.as_deref()),
        expiry: optional(items.residence_status, expiry.as_deref()),
        card_number: optional(items.residence_card_number, foreign.card_number.as_deref()),
    }
}
