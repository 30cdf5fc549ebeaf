//! Any bytes as a message that came back. A report, no report, or a fault inside the message; never a panic.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Err(fault) = messaging::email::report::read(bytes) {
        assert!(fault.position <= bytes.len());
    }
});
