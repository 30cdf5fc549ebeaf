//! Files of the applications that hold what is printed: read, or refused with a place inside them.
#![no_main]

use card::applications::{input_support, surface};
use card::genuineness::{CardVerifiableCertificate, GenuinenessAnchors, KeyRecord, judge};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    for fault in [
        CardVerifiableCertificate::read(bytes).err(),
        KeyRecord::read_input_support(bytes).err(),
        input_support::BasicAttributes::read(bytes).err(),
        input_support::BasicInformation::read(bytes).err(),
        surface::AgeRecord::read(bytes).err(),
        surface::CardFace::read(bytes).err(),
        surface::BasicInformation::read(bytes).err(),
    ]
    .into_iter()
    .flatten()
    {
        assert!(fault.position <= bytes.len());
    }
    if let Ok(record) = KeyRecord::read_input_support(bytes) {
        // Nobody's signature is in the input, so nothing is ever taken for genuine.
        assert!(judge(bytes, &record, b"challenge", bytes, &GenuinenessAnchors::production()).is_err());
    }
});
