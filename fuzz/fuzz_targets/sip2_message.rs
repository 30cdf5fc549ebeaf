//! Any bytes on a library machine's line, in each set of characters: messages or faults, and an end. What is read is written and
//! read again the same where its characters can say it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sip2::server::Step;
use sip2::{Charset, Frames, Server, frame};

fuzz_target!(|bytes: &[u8]| {
    for charset in [Charset::Utf8, Charset::ShiftJis, Charset::CodePage850, Charset::Ascii] {
        let mut frames = Frames::default();
        frames.push(bytes);
        while let Ok(Some(raw)) = frames.next_frame() {
            let Ok(envelope) = frame::read(&raw, charset) else { continue };
            if let Ok(written) = frame::write(&envelope.message, envelope.sequence, charset) {
                let _ = frame::read(&written, charset);
            }
        }
        let mut server = Server::new(charset, true);
        server.receive(bytes);
        loop {
            match server.next_step() {
                Step::Wait | Step::Close(_) => break,
                Step::Send(_) => {}
                Step::Asked(_) => drop(server.answer(&Server::refusal())),
            }
        }
    }
});
