//! Any bytes as a department's file of members of one card, against each card that comes as an example: lines that can be judged,
//! and faults with lines that are there; never both nothing and no fault.

#![no_main]

use std::sync::LazyLock;

use base::Date;
use libfuzzer_sys::fuzz_target;
use services::city_cards::{Definition, examples, files};

static CARDS: LazyLock<Vec<Definition>> = LazyLock::new(|| examples::all().into_iter().map(|(_, card)| card).collect());

fuzz_target!(|bytes: &[u8]| {
    let today = Date::new(2026, 11, 27).expect("a day");
    let (first, file) = bytes.split_first().map_or((0, bytes), |(first, rest)| (usize::from(*first), rest));
    let card = &CARDS[first % CARDS.len()];
    let (lines, faults) = files::looked_over(card, today, file);
    assert!(lines + faults.len() <= files::MOST_LINES + 1);
    let most = 1 + file.iter().filter(|byte| matches!(byte, b'\n' | b'\r')).count();
    assert!(faults.iter().all(|fault| (1..=most + 1).contains(&fault.line)), "{faults:?}");
});
