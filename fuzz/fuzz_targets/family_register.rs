//! Any bytes as a file of family registers. Each line must give a register or faults, and what is accepted must be
//! written as it was read.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    wire::family_register::read_anything(bytes);
});
