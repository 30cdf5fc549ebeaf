//! Short words to write schemes with. Nothing here is wanted elsewhere.

use std::borrow::Cow;
use std::collections::BTreeSet;

use base::Date;

use super::{Example, Scheme, Window};
use crate::fact::{Fact, Unit};
use crate::judge::Outcome;
use crate::record::{Consents, Day, Household, Known, Person};
use crate::tree::{Among, Comparison, Condition, DatedValue, Parameter, Quantity, Rule, Source, Standing, Test};
use crate::vocabulary::{Benefit, HealthService, Insurance, Role, Sex, Taxation};
use crate::words::Words;

/// A date written in this program.
pub(super) fn date(text: &str) -> Date {
    // Every text here is tried by the examples; a wrong one would be 1970 and fail them.
    Date::parse(text).unwrap_or_else(|_| Date::from_days_since_epoch(0))
}

/// The day of the examples.
pub(super) fn on() -> Date {
    date("2026-10-01")
}

/// A source from memory.
pub(super) fn recalled(text: &str) -> Source {
    Source { text: text.to_owned(), page: String::new(), checked: date("2026-11-26"), standing: Standing::Recalled }
}

/// A source that was read.
pub(super) fn read(text: &str, page: &str) -> Source {
    Source { text: text.to_owned(), page: page.to_owned(), checked: date("2026-11-26"), standing: Standing::Read }
}

/// A scheme while it is written.
pub(super) struct Make {
    scheme: Scheme,
}

/// Begins a scheme.
pub(super) fn scheme(code: &'static str, name: Words, sentence: Words, office: Words) -> Make {
    let rule = Rule {
        revision: 1,
        from: date("2026-04-01"),
        until: None,
        sex_basis: None,
        parameters: Vec::new(),
        when: Condition::All(Vec::new()),
    };
    let examples = Vec::new();
    Make {
        scheme: Scheme { code: Cow::Borrowed(code), name, sentence, office, window: Window::AllYear, rule, examples },
    }
}

impl Make {
    pub(super) fn window(mut self, from: (i8, i8), to: (i8, i8)) -> Self {
        self.scheme.window = Window::Yearly { from, to };
        self
    }

    pub(super) fn asks_sex(mut self, source: Source) -> Self {
        self.scheme.rule.sex_basis = Some(source);
        self
    }

    /// A number from a day on; of a name that is there already, its next value.
    pub(super) fn number(mut self, name: &str, unit: Unit, from: &str, value: i64, source: &Source) -> Self {
        let dated = DatedValue { from: date(from), value: Some(value), source: Some(source.clone()) };
        let parameters = &mut self.scheme.rule.parameters;
        match parameters.iter_mut().find(|parameter| parameter.name == name) {
            Some(parameter) => parameter.values.push(dated),
            None => parameters.push(Parameter { name: name.to_owned(), unit, values: vec![dated] }),
        }
        self
    }

    pub(super) fn years(self, name: &str, value: i64, source: &Source) -> Self {
        self.number(name, Unit::Years, "2026-04-01", value, source)
    }

    pub(super) fn months(self, name: &str, value: i64, source: &Source) -> Self {
        self.number(name, Unit::Months, "2026-04-01", value, source)
    }

    pub(super) fn grade(self, name: &str, value: i64, source: &Source) -> Self {
        self.number(name, Unit::Grade, "2026-04-01", value, source)
    }

    pub(super) fn when(mut self, condition: Condition) -> Self {
        self.scheme.rule.when = condition;
        self
    }

    pub(super) fn example<const N: usize>(self, shows: &'static str, people: [Person; N], outcome: Outcome) -> Self {
        self.example_on(shows, on(), people, outcome)
    }

    pub(super) fn example_on<const N: usize>(
        mut self,
        shows: &'static str,
        on: Date,
        people: [Person; N],
        outcome: Outcome,
    ) -> Self {
        let household = Household { members: people.into() };
        self.scheme.examples.push(Example { shows: Cow::Borrowed(shows), on, household, outcome });
        self
    }

    pub(super) fn done(self) -> Scheme {
        self.scheme
    }
}

pub(super) fn all<const N: usize>(parts: [Condition; N]) -> Condition {
    Condition::All(parts.into())
}

pub(super) fn any<const N: usize>(parts: [Condition; N]) -> Condition {
    Condition::Any(parts.into())
}

pub(super) fn not(part: Condition) -> Condition {
    Condition::Not(Box::new(part))
}

fn test(fact: Fact, is: Comparison) -> Condition {
    Condition::Test(Test { fact, is })
}

pub(super) fn between(fact: Fact, min: &str, max: &str) -> Condition {
    test(fact, Comparison::Between { min: Some(min.to_owned()), max: Some(max.to_owned()) })
}

pub(super) fn from(fact: Fact, min: &str) -> Condition {
    test(fact, Comparison::Between { min: Some(min.to_owned()), max: None })
}

pub(super) fn up_to(fact: Fact, max: &str) -> Condition {
    test(fact, Comparison::Between { min: None, max: Some(max.to_owned()) })
}

/// Exactly at one of these ages on 31 March.
pub(super) fn at_ages<const N: usize>(names: [&str; N]) -> Condition {
    Condition::Any(names.map(|name| between(Fact::AgeAtYearEnd, name, name)).into())
}

pub(super) fn within(fact: Fact, limit: &str, per_dependant: Option<&str>, below: bool) -> Condition {
    let per_dependant = per_dependant.map(str::to_owned);
    test(fact, Comparison::Within { limit: limit.to_owned(), per_dependant, below })
}

pub(super) fn yes(fact: Fact) -> Condition {
    test(fact, Comparison::Yes)
}

pub(super) fn insured(insurance: Insurance) -> Condition {
    test(Fact::Insurance, Comparison::OneOf(BTreeSet::from([insurance.code()])))
}

pub(super) fn sex(sex: Sex) -> Condition {
    test(Fact::Sex, Comparison::OneOf(BTreeSet::from([sex.code()])))
}

pub(super) fn exempt() -> Condition {
    test(Fact::Taxation, Comparison::OneOf(BTreeSet::from([Taxation::Exempt.code()])))
}

pub(super) fn receives<const N: usize>(benefits: [Benefit; N]) -> Condition {
    test(Fact::Receives, Comparison::HasAny(benefits.map(Benefit::code).into()))
}

pub(super) fn not_yet_received(benefit: Benefit) -> Condition {
    not(receives([benefit]))
}

pub(super) fn not_had_this_year(service: HealthService) -> Condition {
    not(test(Fact::HadThisYear, Comparison::HasAny(BTreeSet::from([service.code()]))))
}

pub(super) fn never_had(service: HealthService) -> Condition {
    not(test(Fact::HadEver, Comparison::HasAny(BTreeSet::from([service.code()]))))
}

pub(super) fn any_child(has: Condition) -> Condition {
    household(Quantity::Any, Among::Children, has)
}

pub(super) fn household(quantity: Quantity, among: Among, has: Condition) -> Condition {
    Condition::Household { quantity, among, has: Box::new(has) }
}

/// An invented grown-up of whom everything is recorded and opened: head of the household, nothing out of the ordinary.
pub(super) fn adult(born: &str) -> Person {
    Person {
        consents: Consents::ALL,
        born: Some(Day(date(born))),
        ward: Some(1),
        town: Some(1),
        moved_in: Some(Day(date("2015-04-01"))),
        sex: Some(Sex::Female),
        role: Some(Role::Head),
        insurance: Some(Insurance::Employees),
        pregnant: Some(false),
        due: Known::Absent,
        childbirth: Known::Absent,
        had_this_year: Some(BTreeSet::new()),
        had_ever: Some(BTreeSet::new()),
        single_parent: Some(false),
        widow: Some(false),
        physical_disability: Known::Absent,
        intellectual_disability: Known::Absent,
        mental_disability: Known::Absent,
        care_level: Known::Absent,
        public_assistance: Some(false),
        receives: Some(BTreeSet::new()),
        income: Some(4_000_000),
        dependants: Some(0),
        taxation: Some(Taxation::Taxed),
        interests: BTreeSet::new(),
    }
}

/// The same as a child.
pub(super) fn child(born: &str) -> Person {
    let nothing = Person { income: None, taxation: Some(Taxation::Exempt), ..adult(born) };
    Person { role: Some(Role::Child), ..nothing }
}

/// A single parent with an income and one dependant.
pub(super) fn single_parent(income: i64) -> Person {
    Person { single_parent: Some(true), income: Some(income), dependants: Some(1), ..adult("1990-05-05") }
}
