//! Any bytes as the claims of a signed code and as its text. What is read must be written the same way again: a code has
//! one form.

#![no_main]

use libfuzzer_sys::fuzz_target;
use wire::certificate_code::{Claims, from_text};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(claims) = Claims::decode(bytes) {
        assert_eq!(Claims::decode(&claims.encode()).as_ref(), Ok(&claims));
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = from_text(text);
    }
});
