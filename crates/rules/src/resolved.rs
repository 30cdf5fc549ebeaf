//! A live rule with the numbers of one day in place of names: what the judge and the snapshot both read.

use std::collections::BTreeSet;

use base::Date;

use crate::fact::Fact;
use crate::fault::{Fault, Place, Wrong};
use crate::tree::{Among, Comparison, Condition, Quantity, Rule};

/// A rule on one day. Made by [`crate::Live::on`] alone.
#[derive(Clone, Debug)]
pub struct Resolved {
    pub(crate) day: Date,
    pub(crate) revision: u32,
    pub(crate) root: Node,
}

#[derive(Clone, Debug)]
pub(crate) enum Node {
    All(Vec<Node>),
    Any(Vec<Node>),
    Not(Box<Node>),
    Test(Fact, Ask),
    Household { count: Count, among: Among, has: Box<Node> },
}

#[derive(Clone, Debug)]
pub(crate) enum Ask {
    Between { min: Option<i64>, max: Option<i64> },
    Within { limit: i64, per_dependant: Option<i64>, below: bool },
    OneOf(BTreeSet<u16>),
    Yes,
    HasAny(BTreeSet<u16>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Count {
    AtLeast(u32),
    Every,
}

impl Resolved {
    /// The day whose numbers it holds.
    pub fn day(&self) -> Date {
        self.day
    }

    /// The rule's revision.
    pub fn revision(&self) -> u32 {
        self.revision
    }

    pub(crate) fn of(rule: &Rule, day: Date) -> Result<Self, Fault> {
        if !rule.holds_on(day) {
            return Err(Fault { at: Place::Rule, part: "from", what: Wrong::NotInForce });
        }
        Ok(Self { day, revision: rule.revision, root: node(rule, &rule.when, day)? })
    }
}

fn node(rule: &Rule, condition: &Condition, day: Date) -> Result<Node, Fault> {
    let all = |parts: &[Condition]| parts.iter().map(|part| node(rule, part, day)).collect::<Result<Vec<_>, _>>();
    Ok(match condition {
        Condition::All(parts) => Node::All(all(parts)?),
        Condition::Any(parts) => Node::Any(all(parts)?),
        Condition::Not(part) => Node::Not(Box::new(node(rule, part, day)?)),
        Condition::Test(test) => Node::Test(test.fact, ask(rule, &test.is, day)?),
        Condition::Household { quantity, among, has } => {
            let count = match quantity {
                Quantity::Any => Count::AtLeast(1),
                Quantity::Every => Count::Every,
                Quantity::AtLeast(name) => Count::AtLeast(u32::try_from(number(rule, name, day)?).unwrap_or(1)),
            };
            Node::Household { count, among: *among, has: Box::new(node(rule, has, day)?) }
        }
    })
}

fn ask(rule: &Rule, comparison: &Comparison, day: Date) -> Result<Ask, Fault> {
    let maybe = |name: &Option<String>| name.as_ref().map(|name| number(rule, name, day)).transpose();
    Ok(match comparison {
        Comparison::Between { min, max } => Ask::Between { min: maybe(min)?, max: maybe(max)? },
        Comparison::Within { limit, per_dependant, below } => {
            Ask::Within { limit: number(rule, limit, day)?, per_dependant: maybe(per_dependant)?, below: *below }
        }
        Comparison::OneOf(codes) => Ask::OneOf(codes.clone()),
        Comparison::Yes => Ask::Yes,
        Comparison::HasAny(codes) => Ask::HasAny(codes.clone()),
    })
}

fn number(rule: &Rule, name: &str, day: Date) -> Result<i64, Fault> {
    let place = rule.parameters.iter().position(|parameter| parameter.name == name);
    let value = rule.parameter(name).and_then(|parameter| parameter.on(day));
    value.ok_or(Fault { at: place.map_or(Place::Rule, Place::Parameter), part: "", what: Wrong::NoValueOnDay })
}
