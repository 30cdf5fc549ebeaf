//! Command and response APDUs: what is read is written back the same.
#![no_main]

use card::apdu::{Command, Response};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(command) = Command::parse(bytes) {
        assert_eq!(&**command.encode(), bytes);
    }
    if let Ok(response) = Response::parse(bytes) {
        assert_eq!(response.encode(), bytes);
    }
});
