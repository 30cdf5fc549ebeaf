//! Any bytes as an uploaded PDF, and as one page's content. Each must give an answer, and an end.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = paper::recheck::extract(bytes);
    let _ = paper::recheck::read_content(bytes);
});
