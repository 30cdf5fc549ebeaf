//! Tag-length-value: every value lies where it says, and the walk ends.
#![no_main]

use card::tlv::{self, Tlvs};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut objects = 0;
    for object in Tlvs::new(bytes) {
        objects += 1;
        match object {
            Ok(object) => assert_eq!(&bytes[object.value_position..][..object.value.len()], object.value),
            Err(fault) => assert!(fault.position <= bytes.len()),
        }
    }
    assert!(objects <= bytes.len());
    let _ = tlv::sequence_length(bytes);
});
