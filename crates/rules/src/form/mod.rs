//! A rule as a form: flat fields of text that any web form can carry, and back.
//!
//! ```text
//!   row.0.kind=all          row.0.depth=0
//!   row.1.kind=test         row.1.depth=1   row.1.fact=age   row.1.min=youngest
//!   parameter.0.name=youngest   parameter.0.unit=years
//!   parameter.0.value.0.from=2020-04-01   …value=65   …source=…   …checked=2026-11-26   …standing=read
//! ```
//!
//! The tree is an outline: a row stands inside the nearest row above it that is less deep. [`Draft::read`] gives the
//! rule or every fault with the name of its field; [`Draft::of`] writes any rule as a draft; both ways lose nothing.

mod edit;
mod fields;
mod read;

pub use edit::Edit;
pub use fields::{Choice, Control, FieldSpec};
pub use read::{FieldFault, FormWrong};

use crate::check::Place;
use crate::tree::{Comparison, Condition, Quantity, Rule, Source, Standing, Test};

/// Rows, parameters and values that are read at most; a form with more was not made here.
pub const MOST_ROWS: usize = 256;

/// One line of the outline, as typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// How far inside; 0 is the outermost.
    pub depth: usize,
    /// `all`, `any`, `not`, `household` or `test`.
    pub kind: String,
    /// Of a test: the fact.
    pub fact: String,
    /// Of a test: the parameter of the smallest value.
    pub min: String,
    /// Of a test: the parameter of the largest value.
    pub max: String,
    /// Of a test about money: the parameter of the limit.
    pub limit: String,
    /// Of a test about money: the parameter added for each dependant.
    pub per_dependant: String,
    /// Of a test about money: `yes` when less than the limit is meant.
    pub below: String,
    /// Of a test: chosen codes with commas between.
    pub codes: String,
    /// Of the household: `any`, `every` or `at_least`.
    pub quantity: String,
    /// Of the household: the parameter of `at_least`.
    pub count: String,
    /// Of the household: `everyone`, `others` or `children`.
    pub among: String,
}

/// A source as typed; all empty: none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceDraft {
    /// Law, ordinance or page.
    pub source: String,
    /// Its address.
    pub page: String,
    /// The day it was read.
    pub checked: String,
    /// `read` or `recalled`.
    pub standing: String,
}

/// A dated value as typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ValueDraft {
    /// First day.
    pub from: String,
    /// The number; empty: none from this day on.
    pub value: String,
    /// Where it stands.
    pub source: SourceDraft,
}

/// A parameter as typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ParameterDraft {
    /// Its name.
    pub name: String,
    /// Its unit.
    pub unit: String,
    /// Its values.
    pub values: Vec<ValueDraft>,
}

/// A rule while it is being made (作成中の決まり).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    /// The revision it will be.
    pub revision: String,
    /// First day it holds.
    pub from: String,
    /// Last day it holds; empty: no end.
    pub until: String,
    /// The law for asking for sex; empty: not asked.
    pub sex_basis: SourceDraft,
    /// The outline.
    pub rows: Vec<Row>,
    /// The numbers.
    pub parameters: Vec<ParameterDraft>,
}

impl Draft {
    /// A rule as a draft.
    pub fn of(rule: &Rule) -> Self {
        let mut rows = Vec::new();
        outline(&rule.when, 0, &mut rows);
        let parameters = rule.parameters.iter().map(|parameter| ParameterDraft {
            name: parameter.name.clone(),
            unit: stored_name(&parameter.unit),
            values: parameter
                .values
                .iter()
                .map(|value| ValueDraft {
                    from: value.from.to_string(),
                    value: value.value.map_or_else(String::new, |number| number.to_string()),
                    source: source_draft(value.source.as_ref()),
                })
                .collect(),
        });
        Self {
            revision: rule.revision.to_string(),
            from: rule.from.to_string(),
            until: rule.until.map_or_else(String::new, |until| until.to_string()),
            sex_basis: source_draft(rule.sex_basis.as_ref()),
            rows,
            parameters: parameters.collect(),
        }
    }

    /// The name of the field that a fault of [`Rule::faults`] is about.
    pub fn field_of(at: Place, part: &str) -> String {
        let dotted = |place: String| if part.is_empty() { place } else { format!("{place}.{part}") };
        match at {
            Place::Rule => part.to_owned(),
            Place::SexBasis => dotted("sex_basis".to_owned()),
            Place::Parameter(parameter) => dotted(format!("parameter.{parameter}")),
            Place::Value(parameter, value) => dotted(format!("parameter.{parameter}.value.{value}")),
            Place::Condition(row) => dotted(format!("row.{row}")),
        }
    }
}

fn outline(condition: &Condition, depth: usize, rows: &mut Vec<Row>) {
    let mut row = Row { depth, ..Row::default() };
    let name = |name: &Option<String>| name.clone().unwrap_or_default();
    match condition {
        Condition::All(_) => row.kind = "all".to_owned(),
        Condition::Any(_) => row.kind = "any".to_owned(),
        Condition::Not(_) => row.kind = "not".to_owned(),
        Condition::Household { quantity, among, .. } => {
            row.kind = "household".to_owned();
            row.among = stored_name(among);
            row.quantity = match quantity {
                Quantity::Any => "any",
                Quantity::Every => "every",
                Quantity::AtLeast(count) => {
                    row.count.clone_from(count);
                    "at_least"
                }
            }
            .to_owned();
        }
        Condition::Test(Test { fact, is }) => {
            row.kind = "test".to_owned();
            row.fact = fact.code();
            match is {
                Comparison::Between { min, max } => (row.min, row.max) = (name(min), name(max)),
                Comparison::Within { limit, per_dependant, below } => {
                    (row.limit, row.per_dependant) = (limit.clone(), name(per_dependant));
                    row.below = if *below { "yes".to_owned() } else { String::new() };
                }
                Comparison::OneOf(codes) | Comparison::HasAny(codes) => {
                    row.codes = codes.iter().map(u16::to_string).collect::<Vec<_>>().join(",");
                }
                Comparison::Yes => {}
            }
        }
    }
    rows.push(row);
    condition.children().iter().for_each(|inside| outline(inside, depth + 1, rows));
}

fn source_draft(source: Option<&Source>) -> SourceDraft {
    source.map_or_else(SourceDraft::default, |source| SourceDraft {
        source: source.text.clone(),
        page: source.page.clone(),
        checked: source.checked.to_string(),
        standing: stored_name::<Standing>(&source.standing),
    })
}

/// The name under which a plain choice is stored.
pub(crate) fn stored_name<T: serde::Serialize>(choice: &T) -> String {
    serde_json::to_value(choice).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

/// The choice of a stored name.
pub(crate) fn of_stored_name<T: serde::de::DeserializeOwned>(name: &str) -> Option<T> {
    serde_json::from_value(serde_json::Value::String(name.to_owned())).ok()
}
