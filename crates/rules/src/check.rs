//! The only way from a written rule to one that judges.
//!
//! [`Rule::go_live`] is the one door: a [`Live`] rule has been found whole, every number of it with a source.

use std::collections::{BTreeMap, BTreeSet};

use base::Date;
use base::my_number_guard::refuse_individual_number;

use crate::fact::{DataClass, Fact, Kind, Unit};
pub use crate::fault::{
    Fault, MOST_CHARACTERS, MOST_CONDITIONS, MOST_DEPTH, MOST_PARAMETERS, MOST_VALUES, Place, Wrong,
};
use crate::resolved::Resolved;
use crate::tree::{Comparison, Condition, Parameter, Quantity, Rule, Source, Standing, Test};

/// Whether numbers recalled from memory may judge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// A city's own work: every source must have been read.
    Production,
    /// A demo or a test says on screen that it is one.
    Demo,
}

/// A rule that was found whole and may judge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Live(Rule);

impl Live {
    /// The rule as written.
    pub fn rule(&self) -> &Rule {
        &self.0
    }

    /// The rule with the numbers of one day, ready to judge.
    ///
    /// # Errors
    /// [`Wrong::NotInForce`] or [`Wrong::NoValueOnDay`].
    pub fn on(&self, day: Date) -> Result<Resolved, Fault> {
        Resolved::of(&self.0, day)
    }

    /// The classes of data it asks about: what a person is invited to open.
    pub fn classes(&self) -> BTreeSet<DataClass> {
        let mut classes = BTreeSet::new();
        each_test(&self.0.when, &mut |test| {
            classes.insert(test.fact.class());
            if let Comparison::Within { per_dependant: Some(_), .. } = test.is {
                classes.insert(DataClass::Tax);
            }
        });
        classes
    }
}

fn each_test<'a>(condition: &'a Condition, act: &mut impl FnMut(&'a Test)) {
    if let Condition::Test(test) = condition {
        act(test);
    }
    condition.children().iter().for_each(|inside| each_test(inside, act));
}

impl Rule {
    /// Everything wrong with it as a rule that shall judge on `today`, in the order of a form.
    pub fn faults(&self, today: Date, admission: Admission) -> Vec<Fault> {
        let mut check = Check { rule: self, today, admission, faults: Vec::new(), names: BTreeMap::new(), seen: 0 };
        check.whole();
        check.parameters();
        check.condition(&self.when, 1, false);
        check.faults
    }

    /// Takes it live.
    ///
    /// # Errors
    /// All its faults.
    pub fn go_live(self, today: Date, admission: Admission) -> Result<Live, Vec<Fault>> {
        let faults = self.faults(today, admission);
        if faults.is_empty() { Ok(Live(self)) } else { Err(faults) }
    }
}

struct Check<'a> {
    rule: &'a Rule,
    today: Date,
    admission: Admission,
    faults: Vec<Fault>,
    names: BTreeMap<&'a str, &'a Parameter>,
    seen: usize,
}

impl<'a> Check<'a> {
    fn wrong(&mut self, at: Place, part: &'static str, what: Wrong) {
        self.faults.push(Fault { at, part, what });
    }

    fn whole(&mut self) {
        if self.rule.until.is_some_and(|until| until < self.rule.from) {
            self.wrong(Place::Rule, "until", Wrong::PeriodReversed);
        }
        match &self.rule.sex_basis {
            Some(source) => self.source(Place::SexBasis, source),
            None => {
                let mut asks = false;
                each_test(&self.rule.when, &mut |test| asks |= test.fact == Fact::Sex);
                if asks {
                    self.wrong(Place::SexBasis, "source", Wrong::SexWithoutLaw);
                }
            }
        }
    }

    fn source(&mut self, at: Place, source: &Source) {
        for (part, text, may_be_empty) in [("source", &source.text, false), ("page", &source.page, true)] {
            let empty = text.trim().is_empty() && !(may_be_empty && text.is_empty());
            if empty || text.chars().count() > MOST_CHARACTERS || text.chars().any(char::is_control) {
                self.wrong(at, part, Wrong::BadText);
            }
            if refuse_individual_number(text).is_err() {
                self.wrong(at, part, Wrong::IndividualNumber);
            }
        }
        if source.checked > self.today {
            self.wrong(at, "checked", Wrong::ReadInFuture);
        }
        if source.standing == Standing::Recalled && self.admission == Admission::Production {
            self.wrong(at, "standing", Wrong::SourceNotRead);
        }
    }

    fn parameters(&mut self) {
        if self.rule.parameters.len() > MOST_PARAMETERS {
            self.wrong(Place::Rule, "parameters", Wrong::TooManyParameters);
        }
        for (index, parameter) in self.rule.parameters.iter().enumerate() {
            let at = Place::Parameter(index);
            let name = parameter.name.as_str();
            let letters = name.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_'));
            if name.is_empty() || name.len() > 40 || !letters {
                self.wrong(at, "name", Wrong::MalformedName);
            }
            if self.names.insert(name, parameter).is_some() {
                self.wrong(at, "name", Wrong::DuplicateName);
            }
            self.values(index, parameter);
        }
    }

    fn values(&mut self, index: usize, parameter: &Parameter) {
        let at = Place::Parameter(index);
        if parameter.values.len() > MOST_VALUES {
            self.wrong(at, "", Wrong::TooManyParameters);
        }
        // A rule that begins later needs its numbers on that day.
        if parameter.on(self.today.max(self.rule.from)).is_none() {
            self.wrong(at, "", Wrong::NoValueOnDay);
        }
        let mut before: Option<Date> = None;
        for (number, value) in parameter.values.iter().enumerate() {
            let at = Place::Value(index, number);
            if before.is_some_and(|before| before >= value.from) {
                self.wrong(at, "from", Wrong::ValuesOutOfOrder);
            }
            before = Some(value.from);
            match &value.source {
                Some(source) => self.source(at, source),
                None => self.wrong(at, "source", Wrong::MissingSource),
            }
        }
    }

    fn condition(&mut self, condition: &'a Condition, depth: usize, inside_household: bool) {
        let at = Place::Condition(self.seen);
        self.seen += 1;
        if self.seen == MOST_CONDITIONS + 1 {
            self.wrong(at, "", Wrong::TooManyConditions);
        }
        if depth > MOST_DEPTH {
            self.wrong(at, "", Wrong::TooDeep);
            return;
        }
        let mut inside = inside_household;
        match condition {
            Condition::All(parts) | Condition::Any(parts) if parts.is_empty() => self.wrong(at, "", Wrong::EmptyGroup),
            Condition::All(_) | Condition::Any(_) | Condition::Not(_) => {}
            Condition::Test(test) => self.test(at, test, inside_household),
            Condition::Household { quantity, .. } => {
                if inside_household {
                    self.wrong(at, "", Wrong::NestedHousehold);
                }
                if let Quantity::AtLeast(name) = quantity {
                    self.bound(at, "count", name, Unit::People, (1, 100));
                }
                inside = true;
            }
        }
        for part in condition.children() {
            self.condition(part, depth + 1, inside);
        }
    }

    fn test(&mut self, at: Place, test: &'a Test, inside_household: bool) {
        if inside_household && test.fact.is_of_household() {
            self.wrong(at, "fact", Wrong::HouseholdFactInside);
        }
        match (&test.is, test.fact.kind()) {
            (Comparison::Between { min, max }, Kind::Number(unit)) => {
                let range = test.fact.range();
                if min.is_none() && max.is_none() {
                    self.wrong(at, "min", Wrong::NoBound);
                }
                if let Some(name) = min {
                    self.bound(at, "min", name, unit, range);
                }
                if let Some(name) = max {
                    self.bound(at, "max", name, unit, range);
                }
                if let (Some(min), Some(max)) = (min, max) {
                    self.not_contradictory(at, min, max);
                }
            }
            (Comparison::Within { limit, per_dependant, .. }, Kind::Number(Unit::Yen)) => {
                self.bound(at, "limit", limit, Unit::Yen, test.fact.range());
                if let Some(name) = per_dependant {
                    self.bound(at, "per_dependant", name, Unit::Yen, test.fact.range());
                }
            }
            (Comparison::OneOf(codes), Kind::Code) | (Comparison::HasAny(codes), Kind::Set) => {
                self.codes(at, test.fact, codes);
            }
            (Comparison::Yes, Kind::Flag) => {}
            _ => self.wrong(at, "fact", Wrong::WrongComparison),
        }
    }

    fn codes(&mut self, at: Place, fact: Fact, codes: &BTreeSet<u16>) {
        if codes.is_empty() {
            self.wrong(at, "codes", Wrong::NoChoice);
        }
        let choices = fact.choices();
        let exists = |code: &u16| match &choices {
            Some(choices) => choices.iter().any(|(known, _)| known == code),
            None => *code <= fact.largest_code(),
        };
        if !codes.iter().all(exists) {
            self.wrong(at, "codes", Wrong::UnknownChoice);
        }
    }

    fn bound(&mut self, at: Place, part: &'static str, name: &str, unit: Unit, (low, high): (i64, i64)) {
        let Some(parameter) = self.names.get(name).copied() else {
            return self.wrong(at, part, Wrong::UnknownParameter);
        };
        if parameter.unit != unit {
            return self.wrong(at, part, Wrong::WrongUnit);
        }
        if parameter.values.iter().filter_map(|value| value.value).any(|value| value < low || value > high) {
            self.wrong(at, part, Wrong::OutOfRange);
        }
    }

    fn not_contradictory(&mut self, at: Place, min: &str, max: &str) {
        let (Some(min), Some(max)) = (self.names.get(min), self.names.get(max)) else { return };
        let days = min.values.iter().chain(&max.values).map(|value| value.from);
        let crossed = |day: Date| matches!((min.on(day), max.on(day)), (Some(min), Some(max)) if min > max);
        if days.into_iter().any(crossed) {
            self.wrong(at, "max", Wrong::ContradictoryRange);
        }
    }
}
