//! Any text as a list of counts of other routes. Each line must give a count or a fault, never a panic.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let found = wire::issue_counts::read(text);
    assert!(found.counts.iter().all(|count| (0..=10_000_000).contains(&count.copies)));
});
