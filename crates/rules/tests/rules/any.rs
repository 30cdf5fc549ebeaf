//! Any household, any rule: what the property tests are fed with.

use std::collections::BTreeSet;

use base::Date;
use proptest::collection::{btree_set, vec};
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;
use rules::{
    Among, Benefit, Comparison, Condition, Consents, DataClass, DatedValue, Day, Fact, HealthService, Household,
    Insurance, Kind, Known, Parameter, Person, Quantity, Role, Rule, Sex, Source, Standing, Taxation, Test, Unit,
};

pub fn date(text: &str) -> Date {
    Date::parse(text).unwrap()
}

pub fn source() -> Source {
    Source {
        text: "テスト条例 第1条".to_owned(),
        page: String::new(),
        checked: date("2020-01-01"),
        standing: Standing::Read,
    }
}

/// Days near the edges that laws turn on, and others.
pub fn a_day() -> impl Strategy<Value = Date> {
    prop_oneof![
        select(vec!["2026-03-31", "2026-04-01", "2026-04-02", "2028-02-28", "2028-02-29", "2027-02-28", "2027-03-01"])
            .prop_map(date),
        (20_000i64..22_000).prop_map(Date::from_days_since_epoch),
    ]
}

fn birthday() -> impl Strategy<Value = Day> {
    prop_oneof![
        (-20_000i64..21_500).prop_map(Date::from_days_since_epoch),
        (1930i16..2028, select(vec![(2i8, 28i8), (2, 29), (3, 1), (3, 31), (4, 1), (4, 2)]))
            .prop_map(|(year, (month, day))| Date::new(year, month, day).unwrap_or_else(|| date("2000-02-29"))),
    ]
    .prop_map(Day)
}

fn near() -> impl Strategy<Value = Day> {
    (19_500i64..22_500).prop_map(|days| Day(Date::from_days_since_epoch(days)))
}

fn some_of<T: Copy + Ord + std::fmt::Debug + 'static>(all: &'static [T]) -> impl Strategy<Value = Option<BTreeSet<T>>> {
    of(btree_set(select(all), 0..3))
}

/// A person; about one in three opened nothing or not all.
pub fn a_person() -> impl Strategy<Value = Person> {
    let consents = prop_oneof![
        2 => Just(Consents::ALL),
        1 => btree_set(select(&DataClass::GATED[..]), 0..4)
            .prop_map(|classes| classes.into_iter().fold(Consents::NONE, Consents::with)),
    ];
    let who =
        (consents, of(birthday()), of(0u16..5), of(0u16..5), of(near()), of(select(Sex::ALL)), of(select(Role::ALL)));
    let health = (
        of(select(Insurance::ALL)),
        of(any::<bool>()),
        known_day(),
        known_day(),
        some_of(HealthService::ALL),
        some_of(HealthService::ALL),
    );
    let flags = (of(any::<bool>()), of(any::<bool>()), of(any::<bool>()), some_of(Benefit::ALL));
    let grades = (known_grade(), known_grade(), known_grade(), known_grade());
    let tax = (of(-10i64..6_000_000), of(0u8..4), of(select(Taxation::ALL)), btree_set(0u8..64, 0..4));
    (who, health, flags, grades, tax).prop_map(|(who, health, flags, grades, tax)| {
        let (consents, born, ward, town, moved_in, sex, role) = who;
        let (insurance, pregnant, due, childbirth, had_this_year, had_ever) = health;
        let (single_parent, widow, public_assistance, receives) = flags;
        let (physical_disability, intellectual_disability, mental_disability, care_level) = grades;
        let (income, dependants, taxation, interests) = tax;
        Person {
            consents,
            born,
            ward,
            town,
            moved_in,
            sex,
            role,
            insurance,
            pregnant,
            due,
            childbirth,
            had_this_year,
            had_ever,
            single_parent,
            widow,
            physical_disability,
            intellectual_disability,
            mental_disability,
            care_level,
            public_assistance,
            receives,
            income,
            dependants,
            taxation,
            interests,
        }
    })
}

fn known_day() -> impl Strategy<Value = Known<Day>> {
    prop_oneof![Just(Known::Unknown), Just(Known::Absent), near().prop_map(Known::Is)]
}

fn known_grade() -> impl Strategy<Value = Known<u8>> {
    prop_oneof![Just(Known::Unknown), Just(Known::Absent), (1u8..8).prop_map(Known::Is)]
}

pub fn a_household() -> impl Strategy<Value = Household> {
    prop_oneof![40 => vec(a_person(), 1..6), 1 => vec(a_person(), 60..70)].prop_map(|members| Household { members })
}

const UNITS: [(Unit, &str, i64, i64); 6] = [
    (Unit::Years, "years", 0, 100),
    (Unit::Months, "months", 0, 300),
    (Unit::Days, "days", 0, 400),
    (Unit::People, "people", 1, 5),
    (Unit::Yen, "yen", 0, 5_000_000),
    (Unit::Grade, "grade", 1, 2),
];

fn name(unit: Unit, which: &str) -> String {
    let (_, name, ..) = UNITS.iter().find(|one| one.0 == unit).unwrap();
    format!("{name}_{which}")
}

/// Two parameters a unit, `…_low` and `…_high`.
fn parameters() -> impl Strategy<Value = Vec<Parameter>> {
    let pairs: Vec<_> = UNITS.iter().map(|(_, _, low, high)| (*low..=*high, *low..=*high)).collect();
    pairs.prop_map(|pairs| {
        let mut parameters = Vec::new();
        for ((unit, ..), (one, other)) in UNITS.iter().zip(pairs) {
            for (which, value) in [("low", one.min(other)), ("high", one.max(other))] {
                let values = vec![DatedValue { from: date("2000-01-01"), value: Some(value), source: Some(source()) }];
                parameters.push(Parameter { name: name(*unit, which), unit: *unit, values });
            }
        }
        parameters
    })
}

fn a_test(inside: bool) -> impl Strategy<Value = Condition> {
    let facts: Vec<Fact> = Fact::ALL.iter().copied().filter(|fact| !(inside && fact.is_of_household())).collect();
    (select(facts), 0..3usize, btree_set(0usize..40, 1..4), any::<bool>()).prop_map(|(fact, shape, choices, below)| {
        let codes: BTreeSet<u16> = match fact.choices() {
            Some(all) => choices.iter().map(|index| all[index % all.len()].0).collect(),
            None => choices.iter().map(|index| (index % 6) as u16).collect(),
        };
        let is = match fact.kind() {
            Kind::Number(unit) => {
                let (low, high) = (name(unit, "low"), name(unit, "high"));
                match (shape, unit) {
                    (0, Unit::Yen) => Comparison::Within { limit: low, per_dependant: None, below },
                    (1, Unit::Yen) => Comparison::Within { limit: low, per_dependant: Some(high), below },
                    (0, _) => Comparison::Between { min: Some(low), max: None },
                    (1, _) => Comparison::Between { min: None, max: Some(high) },
                    _ => Comparison::Between { min: Some(low), max: Some(high) },
                }
            }
            Kind::Flag => Comparison::Yes,
            Kind::Code => Comparison::OneOf(codes),
            Kind::Set => Comparison::HasAny(codes),
        };
        Condition::Test(Test { fact, is })
    })
}

fn group(leaf: BoxedStrategy<Condition>, depth: u32) -> BoxedStrategy<Condition> {
    leaf.prop_recursive(depth, 20, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 1..4).prop_map(Condition::All),
            vec(inner.clone(), 1..4).prop_map(Condition::Any),
            inner.prop_map(|inside| Condition::Not(Box::new(inside))),
        ]
    })
    .boxed()
}

fn a_condition() -> impl Strategy<Value = Condition> {
    let quantity =
        prop_oneof![Just(Quantity::Any), Just(Quantity::Every), Just(Quantity::AtLeast("people_low".to_owned()))];
    let among = select(vec![Among::Everyone, Among::Others, Among::Children]);
    let household = (quantity, among, group(a_test(true).boxed(), 2))
        .prop_map(|(quantity, among, has)| Condition::Household { quantity, among, has: Box::new(has) });
    group(prop_oneof![2 => a_test(false), 1 => household].boxed(), 3)
}

/// Any rule without a fault.
pub fn a_rule() -> impl Strategy<Value = Rule> {
    (a_condition(), parameters(), 1u32..100).prop_map(|(when, parameters, revision)| Rule {
        revision,
        from: date("2000-01-01"),
        until: None,
        sex_basis: Some(source()),
        parameters,
        when,
    })
}
