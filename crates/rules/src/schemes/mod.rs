//! The first rule set: 23 schemes (制度) of the kind that 千葉市's あなたが使える制度お知らせサービス tells its residents of.
//!
//! They are **samples to begin from**. Ages and limits that somebody read are marked [`crate::Standing::Read`] with the
//! page; all others were written from memory, are marked [`crate::Standing::Recalled`], and so cannot go live before
//! an officer has found the source and changed them by form. Each rule says *possibly*: what only an office can judge
//! (a doctor's opinion, a cohabiting partner) is not in it. Each brings examples worked out by hand; they are its
//! tests, and an officer sees them beside the form.
//!
//! Schemes for children are judged for the grown-up: "among your children".

mod build;
mod checkups;
mod families;
mod income;
mod vaccinations;

use std::borrow::Cow;

use base::Date;
use serde::{Deserialize, Serialize};

use crate::check::{Admission, Fault};
use crate::judge::{Outcome, judge};
use crate::record::Household;
use crate::tree::Rule;
use crate::words::{Language, Words};

/// When one may apply (申請期間).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Window {
    /// Always.
    AllYear,
    /// From a day to a day of each year (month, day), both within; it may pass the year's end.
    Yearly {
        /// First day.
        from: (i8, i8),
        /// Last day.
        to: (i8, i8),
    },
}

impl Window {
    /// Whether one may apply on `day`.
    pub fn is_open_on(self, day: Date) -> bool {
        let (_, month, on) = day.parts();
        match self {
            Self::AllYear => true,
            Self::Yearly { from, to } if from <= to => from <= (month, on) && (month, on) <= to,
            Self::Yearly { from, to } => (month, on) >= from || (month, on) <= to,
        }
    }

    /// What people read.
    pub fn in_language(self, language: Language) -> String {
        match self {
            Self::AllYear => language.pick("いつでも", "いつでも", "all year").to_owned(),
            Self::Yearly { from, to } => language.pick(
                format!("毎年{}月{}日から{}月{}日まで", from.0, from.1, to.0, to.1),
                format!("｜毎年《まいとし》 {}｜月《がつ》{}｜日《にち》から {}月{}日まで", from.0, from.1, to.0, to.1),
                format!("each year from {}/{} to {}/{} (month/day)", from.0, from.1, to.0, to.1),
            ),
        }
    }
}

/// A case worked out by hand: an invented household and what must come out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Example {
    /// What it shows, in Japanese, for officers.
    pub shows: Cow<'static, str>,
    /// The day it is judged on.
    #[serde(with = "crate::date_text")]
    pub on: Date,
    /// Invented people; the first is judged.
    pub household: Household,
    /// What must come out.
    pub outcome: Outcome,
}

/// A scheme (制度): what it is called, whom to ask, who it is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scheme {
    /// Its name in addresses and records.
    pub code: Cow<'static, str>,
    /// Its name.
    pub name: Words,
    /// One sentence about it.
    pub sentence: Words,
    /// Whom to ask (課).
    pub office: Words,
    /// When one may apply.
    pub window: Window,
    /// Who it is for.
    pub rule: Rule,
    /// Cases worked out by hand.
    pub examples: Vec<Example>,
}

/// An example that does not come out as worked out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("example {number} comes out as {found:?} and not as worked out")]
pub struct ExampleFault {
    /// From 1.
    pub number: usize,
    /// What came out; none when the rule cannot judge on that day.
    pub found: Option<Outcome>,
}

impl Scheme {
    /// Judges every example, as a demo: a changed rule must still do what it was made for.
    ///
    /// # Errors
    /// The rule's faults, or nothing wrong with the rule and the examples that fail.
    pub fn try_examples(&self, today: Date) -> Result<Vec<ExampleFault>, Vec<Fault>> {
        let live = self.rule.clone().go_live(today, Admission::Demo)?;
        let mut faults = Vec::new();
        for (index, example) in self.examples.iter().enumerate() {
            let judged = live.on(example.on).ok().and_then(|rule| judge(&rule, &example.household, 0));
            let found = judged.map(|judgement| judgement.outcome());
            if found != Some(example.outcome) {
                faults.push(ExampleFault { number: index + 1, found });
            }
        }
        Ok(faults)
    }
}

/// The 23 schemes, in the order in which they are offered.
pub fn all() -> Vec<Scheme> {
    let mut schemes = checkups::schemes();
    schemes.extend(vaccinations::schemes());
    schemes.extend(families::schemes());
    schemes.extend(income::schemes());
    schemes
}
