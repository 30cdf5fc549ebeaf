//! A city in columns gives what the plain judge gives, and shows no small count.

use base::Date;
use proptest::collection::vec;
use proptest::prelude::*;
use rules::{
    Admission, Cell, Consents, Day, Household, OtherDay, Outcome, Person, Resolved, Rule, Snapshot, judge,
    judge_household,
};

use crate::any::{a_day, a_household, a_rule, date};

fn on(rule: &Rule, day: Date) -> Resolved {
    rule.clone().go_live(date("2030-01-01"), Admission::Production).expect("a rule without fault").on(day).unwrap()
}

fn as_text(households: &[Household], rule: &Rule) -> String {
    // A failing case must be seen; these people are invented.
    format!("{}\n{}", serde_json::to_string(households).unwrap(), rule.to_stored())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    #[test]
    fn columns_judge_as_the_plain_judge_does(
        day in a_day(),
        households in vec(a_household(), 1..8),
        rules in vec(a_rule(), 1..4),
    ) {
        let snapshot = Snapshot::build(day, &households).unwrap();
        let resolved: Vec<Resolved> = rules.iter().map(|rule| on(rule, day)).collect();
        let audiences = snapshot.audiences(&resolved).unwrap();
        for (number, (rule, audience)) in resolved.iter().zip(&audiences).enumerate() {
            let mut place = 0;
            for household in &households {
                let together = judge_household(&resolved, household);
                for (who, of_person) in together.iter().enumerate() {
                    let plain = judge(rule, household, who).unwrap().outcome();
                    prop_assert_eq!(plain, of_person[number]);
                    let found = audience.outcome(place).unwrap();
                    let seen = as_text(std::slice::from_ref(household), &rules[number]);
                    prop_assert!(found == plain, "person {} on {}: {:?}, plainly {:?}\n{}", who, day, found, plain, seen);
                    place += 1;
                }
            }
            prop_assert_eq!(audience.outcome(place), None);
            let all = [Outcome::Eligible, Outcome::NotEligible, Outcome::Undecided];
            prop_assert_eq!(all.iter().map(|outcome| audience.count(*outcome)).sum::<u64>(), u64::from(place));
            for outcome in all {
                prop_assert_eq!(audience.people(outcome).count() as u64, audience.count(outcome));
                prop_assert!(audience.people(outcome).all(|place| audience.outcome(place) == Some(outcome)));
            }
        }
    }
}

/// Enough people for several blocks, of which some end within a word.
#[test]
fn many_blocks_keep_everybody_in_place() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut next = |strategy: &BoxedStrategy<Household>| strategy.new_tree(&mut runner).unwrap().current();
    let strategy = a_household().boxed();
    let households: Vec<Household> = (0..1_500).map(|_| next(&strategy)).collect();
    let day = date("2026-10-01");
    let snapshot = Snapshot::build(day, households.iter()).unwrap();
    let people: usize = households.iter().map(|household| household.members.len()).sum();
    assert!(snapshot.people() == people && people > 3 * 2_048 && snapshot.households() == households.len());
    let resolved: Vec<Resolved> = rules::schemes::all()
        .into_iter()
        .map(|scheme| scheme.rule.go_live(date("2026-11-26"), Admission::Demo).unwrap().on(day).unwrap())
        .collect();
    let audiences = snapshot.audiences(&resolved).unwrap();
    let mut place = 0;
    for household in &households {
        for outcomes in judge_household(&resolved, household) {
            for (audience, outcome) in audiences.iter().zip(outcomes) {
                assert_eq!(audience.outcome(place), Some(outcome), "person {place}");
            }
            place += 1;
        }
    }
}

#[test]
fn a_rule_of_another_day_is_refused() {
    let scheme = rules::schemes::all().remove(0);
    let live = scheme.rule.go_live(date("2026-11-26"), Admission::Demo).unwrap();
    let snapshot = Snapshot::build(date("2026-10-01"), Vec::<Household>::new()).unwrap();
    assert_eq!(snapshot.audience(&live.on(date("2026-10-02")).unwrap()).unwrap_err(), OtherDay);
    assert_eq!(snapshot.audience(&live.on(date("2026-10-01")).unwrap()).unwrap().count(Outcome::Eligible), 0);
}

fn infant_checkup() -> Resolved {
    let scheme = rules::schemes::all().remove(0);
    scheme.rule.go_live(date("2026-11-26"), Admission::Demo).unwrap().on(date("2026-10-01")).unwrap()
}

#[test]
fn counts_stand_by_ward_and_age_and_small_ones_are_hidden() {
    // Ward 1: 30 parents of 34 years and 3 of 50; ward 2: 20 of 34 and 20 of 50, each with a baby of 4 months.
    let family = |ward: u16, born: &str| {
        let person = |born: &str, role| Person {
            consents: Consents::BASIC,
            born: Some(Day(date(born))),
            ward: Some(ward),
            role: Some(role),
            ..Person::default()
        };
        Household { members: vec![person(born, rules::Role::Head), person("2026-05-20", rules::Role::Child)] }
    };
    let mut households = Vec::new();
    for (ward, born, count) in
        [(1, "1992-01-01", 30), (1, "1976-01-01", 3), (2, "1992-01-01", 20), (2, "1976-01-01", 20)]
    {
        households.extend((0..count).map(|_| family(ward, born)));
    }
    let snapshot = Snapshot::build(date("2026-10-01"), &households).unwrap();
    let audience = snapshot.audience(&infant_checkup()).unwrap();
    assert_eq!(audience.count(Outcome::Eligible), 73);
    let table = snapshot.table(&audience, Outcome::Eligible, 10);
    assert_eq!(table.wards, [Some(1), Some(2)]);
    let (young, middle) = (3, 4);
    assert_eq!(table.cells[0][middle], Cell::Hidden);
    // With the totals shown, one hidden cell would be no secret: its row and its column each hide another.
    assert_eq!(table.total, Cell::Shown(73));
    assert_eq!(table.ward_totals, [Cell::Shown(33), Cell::Shown(40)]);
    assert_eq!([table.cells[0][young], table.cells[1][young], table.cells[1][middle]], [Cell::Hidden; 3]);
    let whole = snapshot.table(&audience, Outcome::Eligible, 1);
    assert_eq!(whole.cells[0][middle], Cell::Shown(3));
}

#[test]
fn what_was_not_opened_is_not_in_the_snapshot() {
    // Two cities that differ only in what nobody opened are the same to every rule and count.
    let open = Person { consents: Consents::BASIC, income: Some(1_000_000), ..Person::default() };
    let other = Person { income: Some(9_000_000), pregnant: Some(true), widow: Some(true), ..open.clone() };
    let judge_all = |person: Person| {
        let household = Household { members: vec![person] };
        rules::schemes::all()
            .into_iter()
            .map(|scheme| {
                let day = date("2026-10-01");
                let rule = scheme.rule.go_live(date("2026-11-26"), Admission::Demo).unwrap().on(day).unwrap();
                let snapshot = Snapshot::build(day, [&household]).unwrap();
                (judge(&rule, &household, 0).unwrap().outcome(), snapshot.audience(&rule).unwrap().outcome(0).unwrap())
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(judge_all(open), judge_all(other));
}
