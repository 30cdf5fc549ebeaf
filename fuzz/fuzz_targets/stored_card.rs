//! The stored form of a virtual card: what is read is written back the same.
#![no_main]

use card::virtual_card::VirtualCardContents;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(contents) = VirtualCardContents::from_bytes(bytes) {
        assert_eq!(&**contents.to_bytes(), bytes);
    }
});
