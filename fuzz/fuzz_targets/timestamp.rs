//! Answers of a time-stamping authority, the tokens in them, and questions, as a stranger on the network would send them.
#![no_main]

use std::sync::LazyLock;

use base::{Date, Timestamp};
use libfuzzer_sys::fuzz_target;
use pki::test_authority::{Generation, TestAuthority, read_time_question};
use pki::timestamp::{TimestampRequest, read_response, read_stamp};
use pki::{AuthorityRole, SigningKey, TrustAnchors};

static SCENE: LazyLock<(TimestampRequest, TrustAnchors, Timestamp)> = LazyLock::new(|| {
    let now = Timestamp::in_japan(Date::from_days_since_epoch(20_780), 9, 0, 0);
    let (not_before, not_after) = (now.plus_seconds(-86_400), now.plus_seconds(86_400));
    let generation = Generation { serial: 1, not_before, not_after, ocsp_url: None };
    let key = SigningKey::generate_p256().expect("a key");
    let authority = TestAuthority::new(AuthorityRole::Timestamp, key, &generation).expect("an authority");
    let anchors = TestAuthority::anchors(&[&authority]).expect("anchors");
    (TimestampRequest::new([7; 32], [9; 16], None), anchors, now)
});

fuzz_target!(|bytes: &[u8]| {
    let (request, anchors, now) = &*SCENE;
    let _ = read_response(bytes, request, anchors, *now);
    let _ = read_stamp(bytes, [7; 32], anchors);
    let _ = read_time_question(bytes);
});
