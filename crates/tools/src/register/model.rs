//! Residents and households as plain types, shaped like the items of a 住民票 (住民基本台帳法 第7条, 第30条の45).
//!
//! No type here prints itself: `Debug` says only what kind of thing it is.

use std::fmt;

use base::Date;

use crate::resident_id::{MalformedResidentId, ResidentId};

/// The key of a household (世帯番号): same shape as a [`ResidentId`].
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HouseholdId(String);

impl HouseholdId {
    /// Reads a household id: 1–20 characters of `0-9`, `A-Z`, `-`.
    ///
    /// # Errors
    /// [`MalformedResidentId`], as for resident ids.
    pub fn parse(text: &str) -> Result<Self, MalformedResidentId> {
        ResidentId::parse(text).map(|id| Self(id.as_str().to_owned()))
    }

    /// The text, for a row.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for HouseholdId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HouseholdId(<personal>)")
    }
}

impl From<&HouseholdId> for store::Value {
    fn from(id: &HouseholdId) -> Self {
        Self::Text(id.0.clone())
    }
}

/// Sex as registered (性別).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sex {
    /// 男.
    Male,
    /// 女.
    Female,
    /// Not registered; prints as an empty item.
    NotStated,
}

impl Sex {
    /// As printed: `男`, `女` or nothing.
    pub const fn japanese(self) -> &'static str {
        match self {
            Self::Male => "男",
            Self::Female => "女",
            Self::NotStated => "",
        }
    }
}

/// Where a resident stands in the register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResidentState {
    /// Lives here.
    Resident,
    /// Has notified a move out of the city on a day to come (転出予定).
    PlannedMoveOut {
        /// The planned day.
        on: Date,
    },
    /// Moved out (転出).
    MovedOut {
        /// The day.
        on: Date,
    },
    /// Died (死亡).
    Dead {
        /// The day, as far as registered.
        on: Date,
    },
    /// A notification about this person is being processed (届出処理中, 外字登録中): nothing is certain today.
    Pending,
}

impl ResidentState {
    /// Whether the person is still entered (not removed by moving out or death). A planned move is still entered.
    pub const fn is_entered(self) -> bool {
        !matches!(self, Self::MovedOut { .. } | Self::Dead { .. })
    }
}

/// A second name and how it is read: 通称 or 旧氏.
#[derive(Clone, PartialEq, Eq)]
pub struct NameWithKana {
    /// As registered, with Moji_Joho variation sequences.
    pub text: String,
    /// Reading in katakana, when registered.
    pub kana: Option<String>,
}

/// The names of one person.
#[derive(Clone, PartialEq, Eq)]
pub struct Names {
    /// Name as registered (氏名), with Moji_Joho variation sequences; a foreign resident's alphabet name when that is
    /// the registered one.
    pub registered: String,
    /// MJ numbers (MJ文字図形名) of its characters, separated by spaces, when the source gives them.
    pub mj: Option<String>,
    /// Reading in katakana (氏名の振り仮名), family and given name separated by a full-width space.
    pub kana: Option<String>,
    /// Whether the reading is the one entered by law (戸籍法等改正, in force 2025-05-26). Others serve search only and
    /// are not printed.
    pub kana_is_registered: bool,
    /// Name in Latin letters (アルファベット表記氏名) of a foreign resident.
    pub alphabet: Option<String>,
    /// Name used in daily life (通称) of a foreign resident.
    pub common: Option<NameWithKana>,
    /// Former family name (旧氏), entered on request.
    pub former: Option<NameWithKana>,
}

/// An address (住所), as coded parts and as printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Address {
    /// Seven digits without hyphen.
    pub postal_code: Option<String>,
    /// Local public entity code (全国地方公共団体コード), five digits without the check digit.
    pub municipality_code: String,
    /// Town code (町字ID of the Address Base Registry, recalled): seven digits.
    pub town_code: String,
    /// Lot or residence number parts, digits separated by hyphens: `1-2-3`.
    pub number: Option<String>,
    /// As printed, prefecture first, without the building.
    pub text: String,
    /// Building and room (方書).
    pub building: Option<String>,
}

impl Address {
    /// The whole address on one line.
    pub fn whole(&self) -> String {
        match &self.building {
            Some(building) => format!("{}　{building}", self.text),
            None => self.text.clone(),
        }
    }
}

/// Where the family register of a Japanese resident is (本籍) and whose name heads it (筆頭者).
#[derive(Clone, PartialEq, Eq)]
pub struct FamilyRegister {
    /// 本籍.
    pub domicile: String,
    /// 筆頭者の氏名.
    pub head: String,
}

/// What a foreign resident's entry carries instead of a family register (住民基本台帳法 第30条の45).
#[derive(Clone, PartialEq, Eq)]
pub struct ForeignItems {
    /// 国籍・地域.
    pub nationality: String,
    /// Kind under Article 30-45: 中長期在留者, 特別永住者, 一時庇護許可者, 仮滞在許可者, 出生による経過滞在者, 国籍喪失による経過滞在者.
    pub article_30_45: String,
    /// 在留資格.
    pub residence_status: Option<String>,
    /// 在留期間, as written on the card.
    pub period: Option<String>,
    /// 在留期間の満了の日.
    pub expires_on: Option<Date>,
    /// 在留カード等の番号.
    pub card_number: Option<String>,
}

/// One resident: the current entry.
#[derive(Clone, PartialEq, Eq)]
pub struct Resident {
    /// Key.
    pub id: ResidentId,
    /// The household the entry belongs to (a removed person keeps their last one).
    pub household_id: HouseholdId,
    /// Position within the household as the source lists it, from 1.
    pub order: u32,
    /// Relation to the head (続柄): 世帯主, 妻, 夫, 子, 父 …
    pub relationship: String,
    /// Names.
    pub names: Names,
    /// 生年月日. Under-15 and age derive from it.
    pub birth_date: Date,
    /// What to print instead of the date when part of it is unknown (例: `昭和10年不詳`).
    pub birth_date_text: Option<String>,
    /// 性別.
    pub sex: Sex,
    /// 住所.
    pub address: Address,
    /// 住民となった年月日.
    pub became_resident_on: Option<Date>,
    /// 住所を定めた年月日.
    pub address_since: Option<Date>,
    /// 届出年月日.
    pub notified_on: Option<Date>,
    /// 転入前住所: the last address before moving into the city.
    pub previous_address: Option<String>,
    /// 異動前住所: the previous address within the city.
    pub previous_city_address: Option<String>,
    /// 本籍・筆頭者; `None` for foreign residents.
    pub family_register: Option<FamilyRegister>,
    /// Items of a foreign resident; `None` for Japanese.
    pub foreign: Option<ForeignItems>,
    /// 備考.
    pub remarks: Option<String>,
    /// Where the person stands.
    pub state: ResidentState,
}

impl Resident {
    /// Whole years on `on`.
    pub fn age_on(&self, on: Date) -> i32 {
        self.birth_date.age_on(on)
    }
}

/// One household (世帯).
#[derive(Clone, PartialEq, Eq)]
pub struct Household {
    /// Key.
    pub id: HouseholdId,
    /// The head (世帯主), when they are entered as a resident.
    pub head_id: Option<ResidentId>,
    /// The head's name as printed on papers of every member.
    pub head_name: String,
    /// Whether every member the source counts is here. `false` after an import that had to leave rows out: such a
    /// household is served at the counter only.
    pub is_complete: bool,
}

/// A protection against an assailant's requests (DV等支援措置). Its existence must never show outside the counter.
#[derive(Clone, PartialEq, Eq)]
pub struct Protection {
    /// Who is protected.
    pub resident_id: ResidentId,
    /// First day.
    pub from: Date,
    /// Last day, when one is set (usually one year, renewed).
    pub until: Option<Date>,
}

impl Protection {
    /// Whether it holds on `on`; both ends count.
    pub fn holds_on(&self, on: Date) -> bool {
        self.from <= on && self.until.is_none_or(|until| on <= until)
    }
}

/// Which committed version of a household was read. Printed into the document (invariant I7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SnapshotVersion {
    /// Full loads so far.
    pub generation: i64,
    /// The source position of the last change to this household.
    pub position: i64,
}

impl fmt::Display for SnapshotVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "g{}p{}", self.generation, self.position)
    }
}

/// A household with everyone and everything that decides about a paper, all from one transaction.
#[derive(Clone, PartialEq, Eq)]
pub struct HouseholdSnapshot {
    /// The version all of it belongs to.
    pub version: SnapshotVersion,
    /// The household.
    pub household: Household,
    /// Everyone whose entry belongs to it, removed ones too, in the source's order.
    pub members: Vec<Resident>,
    /// Protections of any of the members, over or not.
    pub protections: Vec<Protection>,
    /// Members about whom the source has reported a change that could not be applied yet (an earlier one is missing).
    pub changes_waiting: Vec<ResidentId>,
}

impl HouseholdSnapshot {
    /// One member.
    pub fn member(&self, id: &ResidentId) -> Option<&Resident> {
        self.members.iter().find(|member| member.id == *id)
    }

    /// Those still entered: the ones a current certificate shows.
    pub fn entered_members(&self) -> impl Iterator<Item = &Resident> {
        self.members.iter().filter(|member| member.state.is_entered())
    }
}

macro_rules! silent_debug {
    ($($name:ident),*) => { $(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(<personal>)"))
            }
        }
    )* };
}
silent_debug!(
    NameWithKana,
    Names,
    Address,
    FamilyRegister,
    ForeignItems,
    Resident,
    Household,
    Protection,
    HouseholdSnapshot
);
