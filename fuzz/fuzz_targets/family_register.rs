//! Any bytes as a file of family registers. Each line must give a register or faults, and what is accepted must be
//! written as it was read; whatever is in it has printed rows.

#![no_main]

use libfuzzer_sys::fuzz_target;
use wire::family_register::{FamilyRegister, printed};
use wire::record_lines::{Record as _, read_anything};

fuzz_target!(|bytes: &[u8]| {
    read_anything::<FamilyRegister>(bytes);
    let registers = std::str::from_utf8(bytes).into_iter().flat_map(str::lines).flat_map(FamilyRegister::parse);
    for member in registers.flat_map(|register| register.members) {
        assert!(member.records.iter().all(|record| !printed(&record.event).is_empty()));
    }
});
