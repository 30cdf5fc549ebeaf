//! Judging by what is offered; what a city without checked sources judges; the day on which it comes out otherwise.

use rules::{Admission, Consents, DataClass, Day, Household, Insurance, Known, Person, Role};

use super::judging::{judged, next_change, offered};
use super::work::fiscal_year;
use super::*;
use crate::notices_for_you::wishes::Answers;
use crate::notices_for_you::wishes::catalogue::city_words;

fn date(text: &str) -> Date {
    Date::parse(text).unwrap()
}

fn person(role: Role, born: &str) -> Person {
    Person { consents: Consents::BASIC, born: Some(Day(date(born))), role: Some(role), ..Person::default() }
}

fn outcome(schemes: &[JudgedScheme], code: &str) -> Outcome {
    schemes.iter().find(|one| one.code == code).unwrap().outcome
}

#[test]
fn a_city_judges_by_checked_schemes_only_and_a_demo_says_of_each_whether_it_is_a_sample() {
    let today = date("2026-11-26");
    let household = Household { members: vec![person(Role::Head, "1974-06-01")] };
    let in_city = judged(&offered(today, Admission::Production), &city_words(), &household, 0, today);
    let codes: Vec<&str> = in_city.iter().map(|one| one.code.as_str()).collect();
    assert_eq!(codes, ["specific-checkup", "health-checkup"]);
    assert!(in_city.iter().all(|one| !one.is_sample));
    let in_demo = judged(&offered(today, Admission::Demo), &city_words(), &household, 0, today);
    assert_eq!(in_demo.len(), 23);
    assert_eq!(in_demo.iter().filter(|one| !one.is_sample).count(), 2);
    let reasons = &in_demo[0].reasons;
    for language in Language::ALL {
        assert!(!reasons.in_language(language).is_empty());
    }
}

#[test]
fn an_answer_fills_what_nobody_holds_and_never_what_the_city_knows_or_may_not_use() {
    let today = date("2026-11-26");
    let year = fiscal_year(today);
    let schemes = offered(today, Admission::Demo);
    let judge = |person: &Person| {
        let household = Household { members: vec![person.clone()] };
        outcome(&judged(&schemes, &city_words(), &household, 0, today), "specific-checkup")
    };
    let mut own = person(Role::Head, "1974-06-01");
    assert_eq!(judge(&own), Outcome::Undecided);
    let answers = Answers {
        insurance: Some(Insurance::National),
        had_this_year: Some((year, BTreeSet::new())),
        physical: Some(0),
        ..Answers::default()
    };
    answers.over(&mut own, year);
    assert_eq!(judge(&own), Outcome::Eligible);
    assert!(own.physical_disability == Known::Absent && own.mental_disability.is_unknown());
    assert!(!own.consents.opens(DataClass::Tax), "an answer opens no tax data");
    // Last year's check-ups say nothing of this year.
    let mut next = person(Role::Head, "1974-06-01");
    answers.over(&mut next, year + 1);
    assert_eq!(judge(&next), Outcome::Undecided);
    // The city knows better, where it may.
    let mut known = Person { insurance: Some(Insurance::Employees), ..person(Role::Head, "1974-06-01") };
    known.consents = known.consents.with(DataClass::Health);
    answers.over(&mut known, year);
    assert_eq!(known.insurance, Some(Insurance::Employees));
    let mut closed =
        Person { insurance: Some(Insurance::Employees), pregnant: Some(true), ..person(Role::Head, "1974-06-01") };
    answers.over(&mut closed, year);
    assert_eq!(
        (closed.insurance, closed.pregnant),
        (Some(Insurance::National), None),
        "what is closed is not opened so"
    );
}

#[test]
fn the_next_day_to_judge_is_the_first_on_which_something_comes_out_otherwise() {
    let today = date("2026-11-26");
    let schemes = offered(today, Admission::Demo);
    let parent = || person(Role::Head, "1990-01-01");
    // Three months old on 5 December.
    let household = Household { members: vec![parent(), person(Role::Child, "2026-09-05")] };
    assert_eq!(next_change(&schemes, &household, 0, today), date("2026-12-05"));
    let alone = Household { members: vec![parent()] };
    assert_eq!(next_change(&schemes, &alone, 0, today), date("2026-12-27"), "a month ahead when nothing changes");
}
