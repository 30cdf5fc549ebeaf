//! Any bytes as a stored rule, and any lines `name=value` as the form of one. What is read must be written as it was
//! read, may be judged or be refused with faults, and must judge in columns as it does plainly.

#![no_main]

use base::Date;
use libfuzzer_sys::fuzz_target;
use rules::form::Draft;
use rules::{Admission, CityWords, Rule, Snapshot, judge};

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(rule) = Rule::from_stored(text) {
        assert_eq!(Rule::from_stored(&rule.to_stored()).as_ref(), Ok(&rule));
        judged(rule);
    }
    let draft = Draft::from_fields(text.lines().filter_map(|line| line.split_once('=')));
    for row in 0..draft.rows.len() {
        draft.row_fields(row, &CityWords::default());
    }
    if let Ok(rule) = draft.read() {
        assert_eq!(Draft::of(&rule).read().as_ref(), Ok(&rule));
        judged(rule);
    }
});

fn judged(rule: Rule) {
    let today = Date::from_days_since_epoch(20_723);
    let Ok(live) = rule.go_live(today, Admission::Demo) else { return };
    let Ok(rule) = live.on(today) else { return };
    for scheme in rules::schemes::all() {
        for example in scheme.examples {
            let Ok(snapshot) = Snapshot::build(today, [&example.household]) else { continue };
            let Ok(audience) = snapshot.audience(&rule) else { continue };
            for who in 0..example.household.members.len() {
                let plain = judge(&rule, &example.household, who).map(|judgement| judgement.outcome());
                assert_eq!(audience.outcome(who as u32), plain);
            }
        }
    }
}
