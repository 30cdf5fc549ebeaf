//! Any bytes as the claims of the two codes that stand on paper: a printed credential's and a staff ID label's. What is read is
//! written the same way again: a code has one form.

#![no_main]

use libfuzzer_sys::fuzz_target;
use wire::credential_code::CredentialCode;
use wire::staff_id_code::{StaffIdCode, Sticker};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(code) = CredentialCode::decode(bytes) {
        assert_eq!(code.encode(), bytes);
    }
    if let Ok(code) = StaffIdCode::decode(bytes) {
        assert_eq!(code.encode(), bytes);
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = Sticker::parse(text);
    }
});
