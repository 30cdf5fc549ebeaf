//! Schemes I may be able to use (使える制度): judged inside for each person who asked, told sealed, shown with the reasons.
//!
//! ```text
//!  told wishes ┐
//!  register    ├─► work (inside: on change, or on the day it comes out otherwise) ── schemes, sealed ─► kept (outside)
//!  tax copies  ┘                                                                      new 対象 ─► one letter a day
//! ```
//! 対象 means *possibly*: the office decides. What the city does not hold is 判定不能, never 対象外.
//!
//! | module | zone | what it does |
//! |---|---|---|
//! | [`judging`] | none | a household, the schemes offered, a day ─► outcomes with reasons |
//! | [`reading`] | inside | facts from the register and the tax copies |
//! | [`work`] | inside | who must be judged again, and telling |
//! | [`kept`] | outside | what was told, what is put away, which are new |
//! | [`letter`] | outside | the letter of the day |

pub mod judging;
pub mod kept;
pub mod letter;
pub mod reading;
#[cfg(test)]
mod tests;
pub mod work;

use std::collections::BTreeSet;

use base::Date;
use rules::{DataClass, Outcome};
use serde::{Deserialize, Serialize};
use tools::portal::Topic;
use ui::Language;

/// Inside → outside: schemes as judged.
pub const SCHEMES: Topic = "schemes";

/// One line of a reason, as it travels.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// How far inside, from 0.
    pub depth: usize,
    /// What was asked.
    pub asked: String,
    /// What is known of the person.
    pub known: String,
    /// What came of it.
    pub outcome: Option<Outcome>,
}

impl From<rules::Line> for Said {
    fn from(line: rules::Line) -> Self {
        Self { depth: line.depth, asked: line.asked, known: line.known, outcome: line.outcome }
    }
}

/// A reason in the three languages. Personal.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reasons {
    ja: Vec<Said>,
    easy: Vec<Said>,
    en: Vec<Said>,
}

impl Reasons {
    /// In the language of a reader.
    pub fn in_language(&self, language: Language) -> &[Said] {
        match language {
            Language::Japanese => &self.ja,
            Language::EasyJapanese => &self.easy,
            Language::English => &self.en,
        }
    }
}

/// A scheme as judged for somebody.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JudgedScheme {
    /// Its code in `rules::schemes`.
    pub code: String,
    /// 対象, 対象外 or 判定不能.
    pub outcome: Outcome,
    /// Whether one could apply on the day of the judgement.
    pub is_open: bool,
    /// Whether its numbers are samples nobody has checked (a demo's alone).
    pub is_sample: bool,
    /// Classes of data whose use might decide.
    pub wanted: BTreeSet<DataClass>,
    /// Why.
    pub reasons: Reasons,
}

/// What the inside tells of one person.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judged {
    /// The day it was judged on.
    pub on: Date,
    /// The schemes; `None` where nothing is said here and the counter helps. The cause is never told.
    pub schemes: Option<Vec<JudgedScheme>>,
}

macro_rules! silent {
    ($($name:ident),+) => { $(
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(<personal>)"))
            }
        }
    )+ };
}
silent!(Said, Reasons, JudgedScheme, Judged);
