use proptest::prelude::*;

use super::*;

fn refused(text: &str) -> Vec<(usize, Field, Reason)> {
    read(text).faults.iter().map(|fault| (fault.line, fault.field, fault.reason)).collect()
}

#[test]
fn a_list_is_read_in_either_language_and_any_order() {
    let english = read("month,kind,route,count\n2026-10,residence_certificate,counter,4120\n");
    let japanese = read("\u{FEFF}件数,経路,種類,年月\r\n\"4,120\",窓口,residence_certificate,２０２６/１０\r\n");
    assert_eq!(english.faults, []);
    assert_eq!(english, japanese);
    let count = &english.counts[0];
    assert_eq!((count.line, count.route, count.copies), (2, Route::Counter, 4120));
    assert_eq!(Some(count.month), Date::new(2026, 10, 1));
}

#[test]
fn each_line_that_is_not_understood_is_refused_with_line_field_and_reason() {
    let head = "month,kind,route,count\n";
    let of = |line: &str| refused(&format!("{head}{line}\n"));
    assert_eq!(of("2026-13,a,counter,1"), [(2, Field::Month, Reason::NotAMonth)]);
    assert_eq!(of("2026-10-02,a,counter,1"), [(2, Field::Month, Reason::NotAMonth)]);
    assert_eq!(of("2026-10,,counter,1"), [(2, Field::Kind, Reason::Empty)]);
    assert_eq!(of("2026-10,a,kiosk,1"), [(2, Field::Route, Reason::UnknownRoute)]);
    assert_eq!(of("2026-10,a,counter"), [(2, Field::Count, Reason::Empty)]);
    for wrong in ["-1", "1.5", "many", "10000001", "123456789018"] {
        assert_eq!(of(&format!("2026-10,a,counter,{wrong}")), [(2, Field::Count, Reason::NotACount)], "{wrong}");
    }
    assert_eq!(of("2026-10,a,mail,1\n2026-10,a,mail,2"), [(3, Field::Month, Reason::Twice)]);
    assert_eq!(refused("month,kind,count\n"), [(1, Field::Route, Reason::NoColumn)]);
    assert_eq!(refused(""), [(1, Field::Month, Reason::NoColumn)]);
    // What is right beside it is read.
    let mixed = read(&format!("{head}2026-10,a,mail,1\nx\n\n2026-11,a,mail,0\n"));
    assert_eq!((mixed.counts.len(), mixed.faults.len()), (2, 1));
}

#[test]
fn a_list_without_end_is_cut() {
    let lines: String = (0..20_000).map(|n| format!("2026-10,k{n},mail,1\n")).collect();
    let found = read(&format!("month,kind,route,count\n{lines}"));
    assert_eq!(found.counts.len(), MOST_LINES);
    assert_eq!(found.faults.last().map(|fault| fault.reason), Some(Reason::TooManyLines));
}

proptest! {
    #[test]
    fn nothing_stops_it(text in "(month,kind,route,count\n)?[-0-9a-z,\"\n窓口]{0,200}") {
        let found = read(&text);
        prop_assert!(found.counts.len() + found.faults.len() <= text.lines().count() + 1);
    }
}
