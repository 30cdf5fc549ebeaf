//! The plain records a rule is judged on: a household and its members, as the register and the departments know them.
//!
//! Whoever fills them reads each person under an access of their own; here is neither database nor log. What no one
//! knows is absent, and absent is never "no".

use std::collections::BTreeSet;

use base::Date;
use serde::{Deserialize, Serialize};

use crate::fact::DataClass;
use crate::vocabulary::{Benefit, HealthService, Insurance, Role, Sex, Taxation};

/// Something that may be known to be absent (no certificate), known, or not known at all.
#[derive(Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Known<T> {
    /// Nobody recorded it.
    #[default]
    Unknown,
    /// It is recorded that there is none.
    Absent,
    /// It is recorded.
    Is(T),
}

impl<T> Known<T> {
    /// Not recorded.
    pub fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown)
    }
}

/// A date in a record, stored as `YYYY-MM-DD`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Day(#[serde(with = "crate::date_text")] pub Date);

/// The classes of data that a person opened to notices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Consents(u8);

impl Consents {
    /// Nothing opened.
    pub const NONE: Self = Self(0);
    /// The resident register alone.
    pub const BASIC: Self = Self(1);
    /// All four classes.
    pub const ALL: Self = Self(0b1111);

    /// With one more class.
    pub const fn with(self, class: DataClass) -> Self {
        Self(self.0 | Self::bit(class))
    }

    /// Without one class.
    pub const fn without(self, class: DataClass) -> Self {
        Self(self.0 & !Self::bit(class))
    }

    /// Whether facts of this class may be used.
    pub const fn opens(self, class: DataClass) -> bool {
        matches!(class, DataClass::OwnWords) || self.0 & Self::bit(class) != 0
    }

    const fn bit(class: DataClass) -> u8 {
        match class {
            DataClass::BasicRegister => 1,
            DataClass::Tax => 2,
            DataClass::Welfare => 4,
            DataClass::Health => 8,
            DataClass::OwnWords => 0,
        }
    }
}

/// A person (住民) as far as rules may ask.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Person {
    /// What the person opened. A fact of another class is unknown, for this person's own judgement and for those of
    /// the household alike.
    pub consents: Consents,
    /// 生年月日.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub born: Option<Day>,
    /// 行政区, the city's own code, at most 253.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ward: Option<u16>,
    /// 町丁, the city's own code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub town: Option<u16>,
    /// 住民となった日.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub moved_in: Option<Day>,
    /// 性別.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sex: Option<Sex>,
    /// 続柄.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// 医療保険.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub insurance: Option<Insurance>,
    /// Whether pregnant now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pregnant: Option<bool>,
    /// 出産予定日.
    #[serde(skip_serializing_if = "Known::is_unknown")]
    pub due: Known<Day>,
    /// 出産日, the latest.
    #[serde(skip_serializing_if = "Known::is_unknown")]
    pub childbirth: Known<Day>,
    /// Check-ups and vaccinations had in this fiscal year.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub had_this_year: Option<BTreeSet<HealthService>>,
    /// The same, ever.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub had_ever: Option<BTreeSet<HealthService>>,
    /// ひとり親.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub single_parent: Option<bool>,
    /// 寡婦.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub widow: Option<bool>,
    /// 身体障害者手帳, 1–7.
    #[serde(skip_serializing_if = "Known::is_unknown")]
    pub physical_disability: Known<u8>,
    /// 療育手帳, 1 = A, 2 = B.
    #[serde(skip_serializing_if = "Known::is_unknown")]
    pub intellectual_disability: Known<u8>,
    /// 精神障害者保健福祉手帳, 1–3.
    #[serde(skip_serializing_if = "Known::is_unknown")]
    pub mental_disability: Known<u8>,
    /// 要支援1–2 as 1–2, 要介護1–5 as 3–7.
    #[serde(skip_serializing_if = "Known::is_unknown")]
    pub care_level: Known<u8>,
    /// 生活保護.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public_assistance: Option<bool>,
    /// Benefits received.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub receives: Option<BTreeSet<Benefit>>,
    /// 所得 in yen of the tax year that is valid on the day (it changes in June); absent when not filed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub income: Option<i64>,
    /// 扶養親族等の数.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dependants: Option<u8>,
    /// 市町村民税.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub taxation: Option<Taxation>,
    /// Registered fields of interest, the city's own codes 0–63.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub interests: BTreeSet<u8>,
}

/// A household (世帯): those who live together by the register. It is neither 生計同一 nor 扶養.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Household {
    /// Its members in any order; a person's place here is how judgements name them.
    pub members: Vec<Person>,
}

impl<T> std::fmt::Debug for Known<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("<personal>")
    }
}

impl std::fmt::Debug for Day {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("<personal>")
    }
}

impl std::fmt::Debug for Person {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("<personal>")
    }
}

impl std::fmt::Debug for Household {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Household of {}", self.members.len())
    }
}

/// Ages below which a person without a tax record earns nothing: compulsory school (義務教育) and younger.
pub(crate) const EARNS_FROM: i64 = 15;
