//! Any bytes as a file of tax records. Each line must give a record or faults, and what is accepted must be written as it
//! was read.

#![no_main]

use libfuzzer_sys::fuzz_target;
use wire::record_lines::read_anything;
use wire::tax_record::TaxRecord;

fuzz_target!(|bytes: &[u8]| {
    read_anything::<TaxRecord>(bytes);
});
