//! Households as drafts: who lives together, how old they are, what they are called.

use base::Date;
use wire::resident_csv::{EntryState, ResidentRecord, Sex};

use super::dice::Dice;
use super::foreigners::{self, Foreigner};
use super::places::{self, Place};
use super::surnames::{RARE, Surnames};
use super::{SHARES, given_names};

/// One person before ids are given.
#[derive(Clone)]
pub(super) struct Draft {
    pub(super) relationship: &'static str,
    pub(super) is_male: bool,
    pub(super) birth: Date,
    pub(super) name: String,
    pub(super) kana: Option<String>,
    pub(super) mj: Option<&'static str>,
    pub(super) former: Option<(String, String)>,
    pub(super) common: Option<(String, String)>,
    pub(super) foreigner: Option<Foreigner>,
    pub(super) state: EntryState,
    pub(super) protected: Option<(Date, Option<Date>)>,
}

/// One household before ids are given.
pub(super) struct DraftHousehold {
    pub(super) members: Vec<Draft>,
    pub(super) place: Place,
    pub(super) became_resident_on: Date,
    pub(super) address_since: Date,
    pub(super) notified_on: Date,
    pub(super) moved_from: Option<String>,
    pub(super) moved_within_from: Option<String>,
    pub(super) family_register: String,
    pub(super) kana_registered: bool,
}

/// What one household shares while its members are drawn.
struct Family {
    surname: String,
    surname_kana: String,
    mj: Option<&'static str>,
    country: Option<u32>,
}

/// Kinds of household: parts in ten thousand (after the 2020 census's family types, rounded; recalled).
const KINDS: [(u32, Kind); 6] = [
    (3_800, Kind::Single),
    (1_900, Kind::Couple),
    (2_600, Kind::Children),
    (800, Kind::OneParent),
    (500, Kind::ThreeGenerations),
    (400, Kind::WithParent),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Single,
    Couple,
    Children,
    OneParent,
    ThreeGenerations,
    WithParent,
}

/// A random household as it stands on `as_of`.
pub(super) fn household(dice: &mut Dice, surnames: &Surnames, as_of: Date) -> DraftHousehold {
    let family = family(dice, surnames);
    let kind = kind(dice);
    let mut members = members(dice, &family, kind, as_of);
    states(dice, &mut members, as_of);
    settle(dice, members, as_of)
}

fn family(dice: &mut Dice, surnames: &Surnames) -> Family {
    if dice.chance(SHARES.foreign) {
        let country = dice.below(64);
        return Family { surname: String::new(), surname_kana: String::new(), mj: None, country: Some(country) };
    }
    if dice.chance(SHARES.rare_characters) {
        let index = dice.below(RARE.len() as u32) as usize;
        let (surname, kana, mj) = RARE.get(index).copied().unwrap_or(("辻", "ツジ", None));
        return Family { surname: surname.to_owned(), surname_kana: kana.to_owned(), mj, country: None };
    }
    let (surname, kana) = surnames.draw(dice);
    Family { surname: surname.to_owned(), surname_kana: kana.to_owned(), mj: None, country: None }
}

fn kind(dice: &mut Dice) -> Kind {
    let mut point = dice.below(10_000);
    for (parts, kind) in KINDS {
        if point < parts {
            return kind;
        }
        point -= parts;
    }
    Kind::Single
}

fn members(dice: &mut Dice, family: &Family, kind: Kind, as_of: Date) -> Vec<Draft> {
    let head_is_male = dice.chance(6_600);
    let mut people = Vec::with_capacity(6);
    let mut add = |dice: &mut Dice, relationship, is_male, age| {
        let born = birth(dice, as_of, age);
        people.push(person(dice, family, relationship, is_male, born));
    };
    let spouse = if head_is_male { "妻" } else { "夫" };
    match kind {
        Kind::Single => {
            let age = match dice.below(100) {
                0..50 => dice.between(65, 97),
                50..80 => dice.between(18, 39),
                _ => dice.between(40, 64),
            };
            let is_male = dice.chance(if age >= 65 { 3_300 } else { 5_600 });
            add(dice, "世帯主", is_male, age);
        }
        Kind::Couple => {
            let age = if dice.chance(7_000) { dice.between(65, 90) } else { dice.between(24, 64) };
            add(dice, "世帯主", head_is_male, age);
            let other = (age + dice.between(-5, 4)).max(18);
            add(dice, spouse, !head_is_male, other);
        }
        Kind::Children | Kind::OneParent | Kind::ThreeGenerations => {
            let eldest = dice.between(0, 34);
            let age = eldest + dice.between(23, 37);
            let is_male = if kind == Kind::OneParent { dice.chance(1_500) } else { head_is_male };
            add(dice, "世帯主", is_male, age);
            if kind != Kind::OneParent {
                let other = (age + dice.between(-4, 3)).max(20);
                add(dice, spouse, !head_is_male, other);
            }
            let children = [1, 1, 1, 2, 2, 2, 2, 3, 3, 4][dice.below(10) as usize % 10];
            let mut child = eldest;
            for _ in 0..children {
                let is_male = dice.chance(5_120);
                add(dice, "子", is_male, child);
                child -= dice.between(1, 4);
                if child < 0 {
                    break;
                }
            }
            if kind == Kind::ThreeGenerations {
                let mother = age + dice.between(22, 32);
                add(dice, "母", false, mother.min(104));
                if mother < 84 && dice.chance(6_000) {
                    let father = mother + dice.between(0, 5);
                    add(dice, "父", true, father);
                }
            }
        }
        Kind::WithParent => {
            let age = dice.between(38, 66);
            add(dice, "世帯主", head_is_male, age);
            let parent = age + dice.between(22, 34);
            let is_father = dice.chance(2_500);
            add(dice, if is_father { "父" } else { "母" }, is_father, parent.min(104));
        }
    }
    people
}

/// A birth date such that the person is `age` on `as_of`.
fn birth(dice: &mut Dice, as_of: Date, age: i32) -> Date {
    let (year, month, day) = as_of.parts();
    let year = year.saturating_sub(i16::try_from(age).unwrap_or(0));
    // 29 February moves to the 28th in common years.
    let birthday = Date::new(year, month, day).or(Date::new(year, month, 28)).unwrap_or(as_of);
    birthday.plus_days(-i64::from(dice.below(365)))
}

fn person(dice: &mut Dice, family: &Family, relationship: &'static str, is_male: bool, birth: Date) -> Draft {
    let mut draft = Draft {
        relationship,
        is_male,
        birth,
        name: String::new(),
        kana: None,
        mj: None,
        former: None,
        common: None,
        foreigner: None,
        state: EntryState::Resident,
        protected: None,
    };
    let (given, given_kana) = given_names::draw(dice, birth.parts().0, is_male);
    if let Some(country) = family.country {
        let foreigner = foreigners::draw(dice, country, is_male);
        draft.name.clone_from(&foreigner.name);
        draft.kana = Some(foreigner.kana.clone());
        if dice.chance(SHARES.common_name_of_foreign) {
            draft.common = Some((format!("見本　{given}"), format!("ミホン　{given_kana}")));
        }
        draft.foreigner = Some(foreigner);
        return draft;
    }
    draft.name = format!("{}　{given}", family.surname);
    draft.kana = Some(format!("{}　{given_kana}", family.surname_kana));
    draft.mj = family.mj;
    if relationship == "妻" && dice.chance(SHARES.former_name_of_wives) {
        draft.former = Some(("旧見本".to_owned(), "キュウミホン".to_owned()));
    }
    draft
}

/// Gives households and persons the special states, by [`SHARES`].
fn states(dice: &mut Dice, members: &mut [Draft], as_of: Date) {
    if dice.chance(SHARES.households_moved_out) {
        let on = as_of.plus_days(-i64::from(1 + dice.below(1_500)));
        for member in members.iter_mut() {
            // Children born since did not move with them.
            if member.birth < on {
                member.state = EntryState::MovedOut(on);
            } else {
                member.birth = on.plus_days(-30);
                member.state = EntryState::MovedOut(on);
            }
        }
        return;
    }
    if dice.chance(SHARES.households_planning_to_move) {
        let on = as_of.plus_days(i64::from(3 + dice.below(40)));
        for member in members.iter_mut() {
            member.state = EntryState::PlannedMoveOut(on);
        }
    }
    let alone = members.len() == 1;
    for member in members.iter_mut() {
        let may_have_died = alone || member.relationship != "世帯主";
        if may_have_died && member.birth.age_on(as_of) >= 65 && dice.chance(SHARES.dead_of_old) {
            member.state = EntryState::Dead(as_of.plus_days(-i64::from(1 + dice.below(900))));
        } else if dice.chance(SHARES.pending) {
            member.state = EntryState::Pending;
        }
    }
    if dice.chance(SHARES.households_protected) {
        let from = as_of.plus_days(-i64::from(5 + dice.below(340)));
        for member in members.iter_mut().filter(|m| m.state.day().is_none()) {
            member.protected = Some((from, Some(from.plus_days(365))));
        }
    }
}

/// Puts people into a home, with days that fit each other.
pub(super) fn settle(dice: &mut Dice, members: Vec<Draft>, as_of: Date) -> DraftHousehold {
    // Whoever has left did so after they came.
    let left = members.iter().filter_map(|m| match m.state {
        EntryState::MovedOut(day) | EntryState::Dead(day) => Some(day),
        _ => None,
    });
    let last = left.min().unwrap_or(as_of).min(as_of.plus_days(-2));
    let head_birth = members.first().map_or(as_of, |head| head.birth);
    let lived = last.days_since_epoch() - head_birth.days_since_epoch();
    let years_back = i64::from(dice.below(u32::try_from(lived.clamp(60, 14_000)).unwrap_or(14_000)));
    let address_since = last.plus_days(-30 - years_back).max(head_birth);
    let born_here = dice.chance(3_500);
    let became_resident_on =
        if born_here { head_birth } else { address_since.plus_days(-i64::from(dice.below(3_000))).max(head_birth) };
    let notified_on = address_since.plus_days(i64::from(dice.below(14))).min(last);
    DraftHousehold {
        place: places::draw(dice),
        became_resident_on,
        address_since,
        notified_on,
        moved_from: (!born_here).then(|| places::elsewhere(dice)),
        moved_within_from: (became_resident_on < address_since).then(|| places::draw(dice).text),
        family_register: places::family_register(dice),
        kana_registered: !dice.chance(SHARES.reading_not_registered),
        members,
    }
}

impl DraftHousehold {
    /// One member as a row.
    pub(super) fn record(&self, index: usize, resident_id: String, household_id: String) -> Option<ResidentRecord> {
        let draft = self.members.get(index)?;
        let foreigner = draft.foreigner.as_ref();
        let came_here = self.became_resident_on.max(draft.birth);
        let since = self.address_since.max(draft.birth);
        Some(ResidentRecord {
            resident_id,
            household_id,
            household_order: u32::try_from(index).unwrap_or(0) + 1,
            relationship: draft.relationship.to_owned(),
            name: draft.name.clone(),
            name_mj: draft.mj.map(str::to_owned),
            name_kana: draft.kana.clone(),
            name_kana_registered: self.kana_registered && foreigner.is_none() && draft.kana.is_some(),
            alphabet_name: foreigner.map(|f| f.name.clone()),
            common_name: draft.common.as_ref().map(|(name, _)| name.clone()),
            common_name_kana: draft.common.as_ref().map(|(_, kana)| kana.clone()),
            former_name: draft.former.as_ref().map(|(name, _)| name.clone()),
            former_name_kana: draft.former.as_ref().map(|(_, kana)| kana.clone()),
            birth_date: draft.birth,
            birth_date_text: None,
            sex: if draft.is_male { Sex::Male } else { Sex::Female },
            postal_code: Some(self.place.postal_code.clone()),
            municipality_code: Some(places::MUNICIPALITY_CODE.to_owned()),
            town_code: Some(self.place.town_code.clone()),
            address_number: Some(self.place.number.clone()),
            address: self.place.text.clone(),
            building: self.place.building.clone(),
            became_resident_on: Some(came_here),
            address_since: Some(since),
            notified_on: Some(self.notified_on.max(since)),
            previous_address: self.moved_from.clone().filter(|_| came_here > draft.birth),
            previous_city_address: self.moved_within_from.clone().filter(|_| since > came_here),
            family_register_domicile: foreigner.is_none().then(|| self.family_register.clone()),
            family_register_head: match (foreigner, self.members.first()) {
                // A parent who lives with a child has a register of their own.
                (None, Some(_)) if matches!(draft.relationship, "父" | "母") => {
                    let parents = self.members.iter().filter(|one| matches!(one.relationship, "父" | "母"));
                    parents.min_by_key(|one| !one.is_male).map(|one| one.name.clone())
                }
                // Nobody of another nationality is in one.
                (None, Some(_)) => {
                    let own = |one: &&Draft| one.foreigner.is_none() && !matches!(one.relationship, "父" | "母");
                    self.members.iter().find(own).map(|one| one.name.clone())
                }
                _ => None,
            },
            nationality: foreigner.map(|f| f.nationality.to_owned()),
            article_30_45: foreigner.map(|f| f.article_30_45.to_owned()),
            residence_status: foreigner.and_then(|f| f.status).map(str::to_owned),
            residence_period: foreigner.and_then(|f| f.period).map(str::to_owned),
            residence_expires_on: foreigner
                .filter(|f| f.period.is_some_and(|period| period != "無期限"))
                .map(|_| since.plus_days(365 * 25)),
            residence_card_number: foreigner.map(|f| f.card_number.clone()),
            state: draft.state,
            remarks: None,
        })
    }
}
