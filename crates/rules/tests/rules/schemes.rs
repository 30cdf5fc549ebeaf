//! The 23 schemes do what was worked out by hand.

use std::collections::BTreeSet;

use rules::{Admission, DataClass, Language, Outcome, Rule, Scheme, Wrong, form::Draft};

use crate::any::date;

#[test]
fn every_example_comes_out_as_worked_out() {
    let schemes = rules::schemes::all();
    assert_eq!(schemes.len(), 23);
    for scheme in &schemes {
        let faults =
            scheme.try_examples(date("2026-11-26")).unwrap_or_else(|faults| panic!("{}: {faults:?}", scheme.code));
        assert!(faults.is_empty(), "{}: {faults:?}", scheme.code);
        let outcomes: BTreeSet<Outcome> = scheme.examples.iter().map(|example| example.outcome).collect();
        assert_eq!(outcomes.len(), 3, "{} shows each of the three outcomes", scheme.code);
    }
    let codes: BTreeSet<&str> = schemes.iter().map(|scheme| &*scheme.code).collect();
    assert_eq!(codes.len(), 23);
}

#[test]
fn an_example_that_fails_is_named() {
    let mut scheme = rules::schemes::all().remove(3);
    scheme.examples[1].outcome = Outcome::Eligible;
    let faults = scheme.try_examples(date("2026-11-26")).unwrap();
    assert_eq!(
        faults.iter().map(|fault| (fault.number, fault.found)).collect::<Vec<_>>(),
        [(2, Some(Outcome::NotEligible))]
    );
}

#[test]
fn every_scheme_is_described_in_three_languages() {
    for scheme in rules::schemes::all() {
        for words in [&scheme.name, &scheme.sentence, &scheme.office] {
            assert!(words.all().iter().all(|text| !text.is_empty()), "{}", scheme.code);
            // Ruby marks come in pairs, and English has no Japanese in it.
            assert_eq!(words.easy.matches('《').count(), words.easy.matches('》').count(), "{}", words.easy);
            assert_eq!(words.easy.matches('《').count(), words.easy.matches('｜').count(), "{}", words.easy);
            assert!(words.en.chars().all(|letter| letter.is_ascii() || letter == '–'), "{}", words.en);
        }
        assert!(Language::ALL.iter().all(|language| !scheme.window.in_language(*language).is_empty()));
    }
}

#[test]
fn seven_schemes_need_tax_data_and_no_other_does() {
    let needs = |scheme: &Scheme| {
        let live = scheme.rule.clone().go_live(date("2026-11-26"), Admission::Demo).unwrap();
        live.classes().contains(&DataClass::Tax)
    };
    let with_tax: Vec<_> =
        rules::schemes::all().into_iter().filter(needs).map(|scheme| scheme.code.into_owned()).collect();
    assert_eq!(
        with_tax,
        [
            "child-rearing-allowance",
            "single-parent-medical",
            "family-life-supporter",
            "welfare-fund",
            "water-reduction",
            "sewer-reduction",
            "fixed-term-housing"
        ]
    );
}

#[test]
fn samples_from_memory_do_not_go_live_in_a_city() {
    let mut ready = Vec::new();
    for scheme in rules::schemes::all() {
        match scheme.rule.go_live(date("2026-11-26"), Admission::Production) {
            Ok(_) => ready.push(scheme.code.into_owned()),
            Err(faults) => assert!(faults.iter().all(|fault| fault.what == Wrong::SourceNotRead), "{faults:?}"),
        }
    }
    assert_eq!(ready, ["specific-checkup", "health-checkup"]);
}

#[test]
fn schemes_survive_storage_and_forms() {
    for scheme in rules::schemes::all() {
        let text = serde_json::to_string(&scheme).unwrap();
        assert_eq!(serde_json::from_str::<Scheme>(&text).unwrap(), scheme);
        assert_eq!(Rule::from_stored(&scheme.rule.to_stored()).unwrap(), scheme.rule);
        assert_eq!(Draft::of(&scheme.rule).read().unwrap(), scheme.rule);
    }
}

#[test]
fn a_window_may_pass_the_end_of_the_year() {
    let schemes = rules::schemes::all();
    let window = |code: &str| schemes.iter().find(|scheme| scheme.code == code).unwrap().window;
    let open = |code: &str, day: &str| window(code).is_open_on(date(day));
    assert!(open("specific-checkup", "2026-05-15") && open("specific-checkup", "2027-02-28"));
    assert!(!open("specific-checkup", "2026-05-14") && !open("specific-checkup", "2027-03-01"));
    assert!(open("fixed-term-housing", "2026-06-30") && !open("fixed-term-housing", "2026-07-01"));
    assert!(open("varicella", "2026-03-15"));
}

#[test]
fn a_limit_changes_on_its_day() {
    let scheme = rules::schemes::all().into_iter().find(|scheme| scheme.code == "periodontal").unwrap();
    let mut rule = scheme.rule;
    rule.from = date("2020-04-01");
    let on = |day: &str| rule.parameter("age_20").unwrap().on(date(day));
    assert_eq!((on("2024-03-31"), on("2024-04-01")), (None, Some(20)));
}
