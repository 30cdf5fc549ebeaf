//! Forms and the stored form lose nothing, and anything else is refused with its place.

use proptest::collection::vec;
use proptest::prelude::*;
use rules::form::{Draft, Edit, FormWrong};
use rules::{Admission, CityWords, Rule, StoredFault, Wrong};

use crate::any::{a_rule, date};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn a_rule_survives_its_form(rule in a_rule()) {
        let draft = Draft::of(&rule);
        let fields = draft.to_fields();
        // Fields come in any order.
        let shuffled = fields.iter().rev().map(|(name, value)| (name.as_str(), value.as_str()));
        let back = Draft::from_fields(shuffled);
        prop_assert_eq!(&back, &draft);
        prop_assert_eq!(back.read().unwrap(), rule);
    }

    #[test]
    fn a_rule_survives_being_stored(rule in a_rule()) {
        let stored = rule.to_stored();
        let back = Rule::from_stored(&stored).unwrap();
        prop_assert_eq!(&back, &rule);
        prop_assert_eq!(back.to_stored(), stored);
    }

    #[test]
    fn any_fields_give_a_rule_or_faults(
        fields in vec(("(row|parameter)\\.[0-3](\\.(kind|depth|fact|min|codes|value\\.0\\.from|unit|name))?|from|revision",
                       "all|any|not|test|household|0|1|2|age|sex|2026-04-01|years|[ -~]{0,6}"), 0..24),
    ) {
        let draft = Draft::from_fields(fields.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        for row in 0..draft.rows.len() {
            prop_assert!(!draft.row_fields(row, &CityWords::default()).is_empty());
        }
        match draft.read() {
            Ok(rule) => { let _ = rule.faults(date("2026-11-26"), Admission::Production); }
            Err(faults) => prop_assert!(!faults.is_empty()),
        }
    }

    #[test]
    fn any_text_is_a_stored_rule_or_refused(text in "\\PC{0,80}") {
        prop_assert!(Rule::from_stored(&text).is_err());
    }

    #[test]
    fn buttons_never_break_an_outline(rule in a_rule(), presses in vec((0u8..11, 0usize..12), 0..12)) {
        let mut draft = Draft::of(&rule);
        for (button, at) in presses {
            draft.apply(match button {
                0 => Edit::AddTest(at), 1 => Edit::AddGroup(at), 2 => Edit::AddHousehold(at), 3 => Edit::Remove(at),
                4 => Edit::Up(at), 5 => Edit::Down(at), 6 => Edit::Wrap(at), 7 => Edit::AddParameter,
                8 => Edit::RemoveParameter(at), 9 => Edit::AddValue(at), _ => Edit::RemoveValue(at, 0),
            });
        }
        if let Err(faults) = draft.read() {
            // What is missing is said, but no row ever loses its group.
            prop_assert!(faults.iter().all(|fault| fault.what != FormWrong::Misplaced), "{:?}", faults);
        }
    }
}

#[test]
fn a_rule_deeper_than_a_stack_is_refused() {
    let deep = format!(
        r#"{{"version":1,"rule":{{"revision":1,"from":"2026-01-01","parameters":[],"when":{}{}}}}}"#,
        r#"{"not":"#.repeat(20_000),
        "}".repeat(20_000)
    );
    assert!(matches!(Rule::from_stored(&deep), Err(StoredFault::Malformed { line: 1, .. })));
}

#[test]
fn a_rule_of_a_later_form_is_refused_as_such() {
    assert_eq!(Rule::from_stored(r#"{"version":2,"rule":"anything"}"#), Err(StoredFault::Version(2)));
}

#[test]
fn an_unknown_fact_is_named_with_its_place() {
    let stored = r#"{"version":1,"rule":{"revision":1,"from":"2026-01-01","parameters":[],
"when":{"test":{"fact":"nationality","is":"yes"}}}}"#;
    let Err(StoredFault::Malformed { line, reason, .. }) = Rule::from_stored(stored) else { panic!("read") };
    assert!(line == 2 && reason.contains("nationality"), "{line} {reason}");
}

/// A form as an officer fills it in.
fn filled() -> Vec<(&'static str, &'static str)> {
    vec![
        ("revision", "1"),
        ("from", "2026-04-01"),
        ("row.0.depth", "0"),
        ("row.0.kind", "all"),
        ("row.1.depth", "1"),
        ("row.1.kind", "test"),
        ("row.1.fact", "age"),
        ("row.1.min", "youngest"),
        ("row.2.depth", "1"),
        ("row.2.kind", "test"),
        ("row.2.fact", "ward"),
        ("row.2.codes", "1"),
        ("row.2.codes", "3"),
        ("parameter.0.name", "youngest"),
        ("parameter.0.unit", "years"),
        ("parameter.0.value.0.from", "2026-04-01"),
        ("parameter.0.value.0.value", "65"),
        ("parameter.0.value.0.source", "敬老事業実施要綱 第3条"),
        ("parameter.0.value.0.checked", "2026-05-01"),
        ("parameter.0.value.0.standing", "read"),
    ]
}

fn with(changes: &[(&'static str, &'static str)]) -> Result<rules::Live, Vec<(String, FormWrong)>> {
    let mut fields: Vec<_> =
        filled().into_iter().filter(|(name, _)| !changes.iter().any(|(changed, _)| changed == name)).collect();
    fields.extend(changes.iter().filter(|(_, value)| !value.is_empty()));
    let live = Draft::from_fields(fields).go_live(date("2026-11-26"), Admission::Production);
    live.map_err(|faults| faults.into_iter().map(|fault| (fault.field, fault.what)).collect())
}

#[test]
fn a_form_filled_in_well_goes_live() {
    let live = with(&[]).unwrap();
    assert_eq!(live.classes(), [rules::DataClass::BasicRegister].into());
    assert!(live.rule().to_stored().contains(r#""one_of":[1,3]"#));
}

/// What is typed otherwise, the field at fault, and its fault.
type Case = (&'static [(&'static str, &'static str)], &'static str, FormWrong);

#[test]
fn every_fault_stands_at_its_field() {
    let rule = FormWrong::Rule;
    let cases: &[Case] = &[
        (&[("row.1.fact", "nationality")], "row.1.fact", FormWrong::UnknownFact),
        (&[("row.1.kind", "maybe")], "row.1.kind", FormWrong::NotAChoice),
        (&[("row.1.depth", "3")], "row.1.depth", FormWrong::Misplaced),
        (&[("row.1.depth", "x")], "row.1.depth", FormWrong::Misplaced),
        (&[("row.2.depth", "0")], "row.2.depth", FormWrong::Misplaced),
        (&[("row.0.kind", "not")], "row.0", FormWrong::OneOnly),
        (&[("row.2.kind", "any"), ("row.2.fact", ""), ("row.2.codes", "")], "row.2", rule(Wrong::EmptyGroup)),
        (&[("row.1.min", "")], "row.1.min", rule(Wrong::NoBound)),
        (&[("row.1.min", "oldest")], "row.1.min", rule(Wrong::UnknownParameter)),
        (&[("row.1.fact", "income")], "row.1.min", rule(Wrong::WrongUnit)),
        (&[("row.2.codes", "")], "row.2.codes", rule(Wrong::NoChoice)),
        (&[("row.2.codes", "999")], "row.2.codes", rule(Wrong::UnknownChoice)),
        (&[("row.2.codes", "x")], "row.2.codes", FormWrong::NotAChoice),
        (&[("parameter.0.value.0.value", "200")], "row.1.min", rule(Wrong::OutOfRange)),
        (&[("parameter.0.value.0.value", "many")], "parameter.0.value.0.value", FormWrong::NotANumber),
        (&[("parameter.0.value.0.from", "2026-02-30")], "parameter.0.value.0.from", FormWrong::NotADate),
        (&[("parameter.0.value.0.from", "2027-04-01")], "parameter.0", rule(Wrong::NoValueOnDay)),
        (&[("parameter.0.value.0.standing", "recalled")], "parameter.0.value.0.standing", rule(Wrong::SourceNotRead)),
        (&[("parameter.0.value.0.checked", "2026-12-01")], "parameter.0.value.0.checked", rule(Wrong::ReadInFuture)),
        (&[("parameter.0.value.0.source", " ")], "parameter.0.value.0.source", rule(Wrong::BadText)),
        (&[("parameter.0.value.0.page", "1234 5678 9018")], "parameter.0.value.0.page", rule(Wrong::IndividualNumber)),
        (&[("row.2.fact", "sex"), ("row.2.codes", "1")], "sex_basis.source", rule(Wrong::SexWithoutLaw)),
        (&[("until", "2026-03-31")], "until", rule(Wrong::PeriodReversed)),
        (&[("revision", "")], "revision", FormWrong::Needed),
        (&[("row.2.fact", "income"), ("row.2.below", "yes")], "row.2.limit", FormWrong::Needed),
    ];
    for (changes, field, what) in cases {
        let faults = with(changes).expect_err(field);
        assert!(faults.contains(&((*field).to_owned(), *what)), "{changes:?}: {faults:?}");
        assert!(rules::Language::ALL.iter().all(|language| !what.in_language(*language).is_empty()));
    }
}

#[test]
fn a_number_without_a_source_cannot_go_live() {
    let faults = with(&[
        ("parameter.0.value.0.source", ""),
        ("parameter.0.value.0.checked", ""),
        ("parameter.0.value.0.standing", ""),
    ]);
    assert_eq!(faults.unwrap_err(), [("parameter.0.value.0.source".to_owned(), FormWrong::Rule(Wrong::MissingSource))]);
}
