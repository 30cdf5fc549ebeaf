//! The stored form of a virtual card: what is read is written back the same.
#![no_main]

use card::virtual_card::VirtualCardContents;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(contents) = VirtualCardContents::from_bytes(bytes) else { return };
    let written = contents.to_bytes();
    // The form before is read and never written again.
    if bytes.starts_with(b"YVC2") {
        assert_eq!(&**written, bytes);
    }
    assert_eq!(VirtualCardContents::from_bytes(&written), Ok(contents));
});
