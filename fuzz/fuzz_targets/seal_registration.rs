//! Any bytes as a file of seal registrations. Each line must give a registration or faults, and what is accepted must be
//! written as it was read.

#![no_main]

use libfuzzer_sys::fuzz_target;
use wire::record_lines::read_anything;
use wire::seal_registration::SealRegistration;

fuzz_target!(|bytes: &[u8]| {
    read_anything::<SealRegistration>(bytes);
});
