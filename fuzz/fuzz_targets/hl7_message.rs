//! Any bytes on the hospital's line: the frames of MLLP, whole and in pieces, give the same messages; each is a message or a refusal.
#![no_main]

use hl7::Message;
use hl7::mllp::Frames;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = Message::read(bytes);
    let cut = |size: usize| {
        let mut frames = Frames::default();
        let mut found = Vec::new();
        for piece in bytes.chunks(size) {
            frames.push(piece);
            while let Ok(Some(message)) = frames.next_message() {
                found.push(message);
            }
        }
        found
    };
    let found = cut(bytes.len().max(1));
    assert_eq!(found, cut(1));
    for message in found {
        let _ = Message::read(&message);
    }
});
