//! Any bytes as a list, a calendar and a feed of events. What is read is plain text with a title; never a panic.

#![no_main]

use libfuzzer_sys::fuzz_target;
use wire::events::{read_csv, read_feed, read_icalendar};

fuzz_target!(|bytes: &[u8]| {
    for read in [read_csv(bytes), read_icalendar(bytes), read_feed(bytes)] {
        for event in read.events {
            assert!(!event.title.is_empty() && !event.id.is_empty());
            assert!(!event.title.contains('\n') && event.description.chars().count() <= 4000);
            assert!(event.url.is_none_or(|url| url.starts_with("http")));
        }
    }
});
