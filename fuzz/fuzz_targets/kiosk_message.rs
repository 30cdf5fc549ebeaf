//! What a machine or a centre sends: signature fields, digest, and every message of the kiosk protocol. Input: a first byte
//! that chooses, then the bytes as they would arrive.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wire::http_signature;
use wire::kiosk_messages as messages;

fuzz_target!(|bytes: &[u8]| {
    let Some((choice, bytes)) = bytes.split_first() else { return };
    match choice % 3 {
        0 => {
            let Ok(text) = std::str::from_utf8(bytes) else { return };
            let (input, signature) = text.split_once('\n').unwrap_or((text, "sig=:AA==:"));
            if let Ok((read, bytes)) = http_signature::read(input, signature) {
                // What is read is what is signed.
                let [(_, again), (_, signature)] = read.fields(&bytes);
                assert_eq!(http_signature::read(&again, &signature), Ok((read.clone(), bytes)));
                let _ = read.base(|name| Some(name.to_owned()));
            }
        }
        1 => {
            if let Ok(text) = std::str::from_utf8(bytes) {
                let _ = http_signature::read_content_digest(text);
            }
        }
        _ => {
            let _ = messages::read::<messages::Nothing>(bytes);
            let _ = messages::read::<messages::Enrol>(bytes);
            let _ = messages::read::<messages::Present>(bytes);
            let _ = messages::read::<messages::Begin>(bytes);
            let _ = messages::read::<messages::Settled>(bytes);
            let _ = messages::read::<messages::Fetch>(bytes);
            let _ = messages::read::<messages::Printed>(bytes);
            let _ = messages::read::<messages::Refunded>(bytes);
            let _ = messages::read::<messages::Incident>(bytes);
        }
    }
});
