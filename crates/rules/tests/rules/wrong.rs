//! What a rule may not be, beyond what a form can be filled in with.

use rules::{
    Admission, Among, Comparison, Condition, DatedValue, Fact, Fault, Parameter, Place, Quantity, Rule, Test, Unit,
    Wrong,
};

use crate::any::{date, source};

fn rule(when: Condition) -> Rule {
    let value = |from: &str, value| DatedValue { from: date(from), value: Some(value), source: Some(source()) };
    let years = |name: &str, values| Parameter { name: name.to_owned(), unit: Unit::Years, values };
    Rule {
        revision: 1,
        from: date("2020-01-01"),
        until: Some(date("2027-03-31")),
        sex_basis: None,
        parameters: vec![
            years("low", vec![value("2020-01-01", 20), value("2026-01-01", 40)]),
            years("high", vec![value("2020-01-01", 30)]),
        ],
        when,
    }
}

fn faults(when: Condition) -> Vec<Fault> {
    rule(when).faults(date("2026-11-26"), Admission::Production)
}

fn test(fact: Fact, is: Comparison) -> Condition {
    Condition::Test(Test { fact, is })
}

fn pregnant() -> Condition {
    test(Fact::Pregnant, Comparison::Yes)
}

fn about_members(has: Condition) -> Condition {
    Condition::Household { quantity: Quantity::Any, among: Among::Others, has: Box::new(has) }
}

#[test]
fn bounds_that_cross_on_some_day_are_found() {
    let crossed = test(Fact::Age, Comparison::Between { min: Some("low".into()), max: Some("high".into()) });
    assert_eq!(faults(crossed), [Fault { at: Place::Condition(0), part: "max", what: Wrong::ContradictoryRange }]);
}

#[test]
fn a_fact_is_compared_only_as_its_kind_allows() {
    let cases = [
        test(Fact::Age, Comparison::Yes),
        test(Fact::Pregnant, Comparison::OneOf([1].into())),
        test(Fact::Ward, Comparison::HasAny([1].into())),
        test(Fact::Age, Comparison::Within { limit: "low".into(), per_dependant: None, below: false }),
    ];
    for case in cases {
        assert!(faults(case.clone()).iter().any(|fault| fault.what == Wrong::WrongComparison), "{case:?}");
    }
}

#[test]
fn households_do_not_nest_and_their_own_facts_stay_outside() {
    assert_eq!(faults(about_members(about_members(pregnant())))[0].what, Wrong::NestedHousehold);
    let size = test(Fact::HouseholdSize, Comparison::Between { min: None, max: None });
    assert_eq!(faults(about_members(size))[0].what, Wrong::HouseholdFactInside);
}

#[test]
fn trees_have_an_end() {
    let deep = (0..9).fold(pregnant(), |inside, _| Condition::Not(Box::new(inside)));
    assert_eq!(faults(deep), [Fault { at: Place::Condition(8), part: "", what: Wrong::TooDeep }]);
    let wide = Condition::Any(vec![pregnant(); 200]);
    assert_eq!(faults(wide), [Fault { at: Place::Condition(200), part: "", what: Wrong::TooManyConditions }]);
    assert_eq!(faults(Condition::All(Vec::new()))[0].what, Wrong::EmptyGroup);
}

#[test]
fn parameters_have_one_name_each_and_a_history_in_order() {
    let mut twice = rule(pregnant());
    twice.parameters[1].name = "low".to_owned();
    twice.parameters[0].values.reverse();
    twice.parameters.push(Parameter { name: "Ｘ".to_owned(), unit: Unit::Days, values: Vec::new() });
    let found: Vec<_> =
        twice.faults(date("2026-11-26"), Admission::Production).iter().map(|fault| fault.what).collect();
    assert_eq!(found, [Wrong::ValuesOutOfOrder, Wrong::DuplicateName, Wrong::MalformedName, Wrong::NoValueOnDay]);
}

#[test]
fn a_number_that_ends_leaves_no_value_and_a_rule_judges_only_while_it_holds() {
    let mut ended = rule(pregnant());
    ended.parameters[1].values.push(DatedValue { from: date("2026-06-01"), value: None, source: Some(source()) });
    assert_eq!(ended.faults(date("2026-11-26"), Admission::Production)[0].what, Wrong::NoValueOnDay);
    let live = rule(pregnant()).go_live(date("2026-11-26"), Admission::Production).unwrap();
    assert!(live.on(date("2027-03-31")).is_ok());
    for day in ["2019-12-31", "2027-04-01"] {
        assert_eq!(live.on(date(day)).unwrap_err().what, Wrong::NotInForce);
    }
}
