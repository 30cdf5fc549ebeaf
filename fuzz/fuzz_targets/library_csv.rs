//! Any bytes as the library's file of numbers: rows, each taken or refused with its line, or a fault of the whole; an end. No
//! Individual Number comes through in a number.

#![no_main]

use libfuzzer_sys::fuzz_target;
use services::library_card::sync::reading;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(rows) = reading::read(bytes) {
        assert!(!rows.is_empty());
        assert!(rows.windows(2).all(|pair| pair[0].0 <= pair[1].0), "lines go up");
        for (number, _) in rows.iter().filter_map(|(_, row)| row.as_ref().ok()) {
            assert!(base::my_number_guard::refuse_individual_number(number).is_ok());
        }
    }
});
