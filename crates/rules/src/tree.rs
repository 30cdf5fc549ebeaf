//! A rule as it is written, kept and changed: dated parameters with their sources, and a tree of questions.
//!
//! ```text
//!   Rule ── parameters ── "oldest" [2020-04-01: 74, source …]
//!     └─ when ── All ─┬─ Test(age_at_year_end between youngest and oldest)
//!                     ├─ Household(any child …)
//!                     └─ Not ── Test(public_assistance)
//! ```
//!
//! A number never stands in the tree: it is a parameter with dates and sources, so that a threshold nobody can show has
//! no place to be written. The stored form is JSON with a version; people see forms ([`crate::form`]) and words only.

use std::collections::BTreeSet;

use base::Date;
use serde::{Deserialize, Serialize};

use crate::fact::{Fact, Unit};

/// How well a source is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Somebody read it on the day written.
    Read,
    /// Written down from memory: a sample, not to be relied on. Cannot go live outside a demo.
    Recalled,
}

/// Where a number or a reason stands (根拠).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Law, ordinance or page with its article, e.g. `児童扶養手当法施行令 第2条の4`.
    pub text: String,
    /// Address of the page, empty when it has none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub page: String,
    /// The day it was read.
    #[serde(with = "crate::date_text")]
    pub checked: Date,
    /// How well it is known.
    pub standing: Standing,
}

/// A parameter's value from a day on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatedValue {
    /// First day it holds.
    #[serde(with = "crate::date_text")]
    pub from: Date,
    /// The number; none when the rule has no such number from this day on.
    pub value: Option<i64>,
    /// Where it stands. Without one the rule cannot go live.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
}

/// A named number with a history (基準).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parameter {
    /// Name in this rule: 1–40 of `a–z`, `0–9`, `_`.
    pub name: String,
    /// In what it is counted.
    pub unit: Unit,
    /// Values, oldest first.
    pub values: Vec<DatedValue>,
}

impl Parameter {
    /// The entry that holds on `day`.
    pub fn entry_on(&self, day: Date) -> Option<&DatedValue> {
        self.values.iter().rev().find(|value| value.from <= day)
    }

    /// The number on `day`.
    pub fn on(&self, day: Date) -> Option<i64> {
        self.entry_on(day)?.value
    }
}

/// How one fact is compared. Bounds are names of parameters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Comparison {
    /// At least `min` and at most `max` (以上・以下); one of them may be absent.
    Between {
        /// Smallest that fits.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        min: Option<String>,
        /// Largest that fits.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max: Option<String>,
    },
    /// Money within `limit` + dependants × `per_dependant` (所得制限限度額).
    Within {
        /// The limit without dependants.
        limit: String,
        /// Added for each dependant.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        per_dependant: Option<String>,
        /// 未満 rather than 以下.
        #[serde(default)]
        below: bool,
    },
    /// One of these codes.
    OneOf(BTreeSet<u16>),
    /// Yes.
    Yes,
    /// Holds any of these codes.
    HasAny(BTreeSet<u16>),
}

/// One question about one person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Test {
    /// About what.
    pub fact: Fact,
    /// Compared how.
    pub is: Comparison,
}

/// Which members a question about the household is asked of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Among {
    /// Everyone, the person included.
    Everyone,
    /// Everyone but the person.
    Others,
    /// The person's children by 続柄: 子 for the head and the spouse, 孫 for a 子. Good enough to say "possibly"; it is
    /// neither custody (親権) nor support (生計).
    Children,
}

/// How many of them must fit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quantity {
    /// One or more.
    Any,
    /// Every one; true when there is none.
    Every,
    /// At least as many as this parameter says, counted in people.
    AtLeast(String),
}

/// A tree of questions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Condition {
    /// All of them (すべて).
    All(Vec<Condition>),
    /// Any of them (いずれか).
    Any(Vec<Condition>),
    /// Not (ではない).
    Not(Box<Condition>),
    /// One question.
    Test(Test),
    /// A question asked of members of the household.
    Household {
        /// How many must fit.
        quantity: Quantity,
        /// Of whom it is asked.
        among: Among,
        /// What is asked of each; no further household inside.
        has: Box<Condition>,
    },
}

impl Condition {
    /// The conditions directly inside.
    pub fn children(&self) -> &[Condition] {
        match self {
            Self::All(inside) | Self::Any(inside) => inside,
            Self::Not(inside) | Self::Household { has: inside, .. } => std::slice::from_ref(inside),
            Self::Test(_) => &[],
        }
    }
}

/// A rule (判定の決まり): who it is for, on which days it holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Raised with every change, so that a match can say by which revision it was made.
    pub revision: u32,
    /// First day it holds.
    #[serde(with = "crate::date_text")]
    pub from: Date,
    /// Last day it holds, none while it has no end.
    #[serde(with = "crate::date_text::optional", default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
    /// The law that makes this rule ask for sex; a rule that asks without one is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sex_basis: Option<Source>,
    /// Its numbers.
    pub parameters: Vec<Parameter>,
    /// Its tree.
    pub when: Condition,
}

/// Bytes of a stored rule at most.
pub const MOST_BYTES: usize = 256 * 1024;
/// The stored form's version.
const VERSION: u32 = 1;

/// Why a stored rule cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoredFault {
    /// Larger than [`MOST_BYTES`].
    #[error("a rule has at most {MOST_BYTES} bytes")]
    TooLarge,
    /// Another version of the form.
    #[error("stored form {0} is not known; this program writes form {VERSION}")]
    Version(u32),
    /// Not the JSON of a rule.
    #[error("line {line}, column {column}: {reason}")]
    Malformed {
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
        /// What was wanted there. A rule holds nobody's data.
        reason: String,
    },
}

#[derive(Serialize)]
struct StoredRef<'a> {
    version: u32,
    rule: &'a Rule,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    #[serde(rename = "version")]
    _version: u32,
    rule: Rule,
}

#[derive(Deserialize)]
struct VersionOnly {
    version: u32,
}

impl Rule {
    /// The stored form. The same rule always gives the same bytes, so that they can be hashed and compared.
    pub fn to_stored(&self) -> String {
        // Maps with text keys, numbers and texts only: there is nothing JSON could refuse.
        serde_json::to_string(&StoredRef { version: VERSION, rule: self }).unwrap_or_default()
    }

    /// Reads the stored form. What is read may still be wrong in itself: see [`Rule::faults`].
    ///
    /// # Errors
    /// [`StoredFault`] with the place.
    pub fn from_stored(text: &str) -> Result<Self, StoredFault> {
        if text.len() > MOST_BYTES {
            return Err(StoredFault::TooLarge);
        }
        let version: VersionOnly = serde_json::from_str(text).map_err(malformed)?;
        if version.version != VERSION {
            return Err(StoredFault::Version(version.version));
        }
        let stored: Stored = serde_json::from_str(text).map_err(malformed)?;
        Ok(stored.rule)
    }

    /// A parameter by name.
    pub fn parameter(&self, name: &str) -> Option<&Parameter> {
        self.parameters.iter().find(|parameter| parameter.name == name)
    }

    /// Whether it holds on `day`.
    pub fn holds_on(&self, day: Date) -> bool {
        self.from <= day && self.until.is_none_or(|until| day <= until)
    }
}

fn malformed(error: serde_json::Error) -> StoredFault {
    StoredFault::Malformed { line: error.line(), column: error.column(), reason: error.to_string() }
}
