//! Any bytes as the files of a resident import: rows, changes, the profiler, mapping.toml and source.toml. Each must give
//! rows or faults, and an end.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    wire::resident_csv::read_anything(bytes);
});
