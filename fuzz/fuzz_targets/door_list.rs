//! A door's list as a hostile one would bring it: any text, and any body that the city's key signed. A list that is believed is of
//! this door and in its time, and a tag nobody gave out opens nothing.

#![no_main]

use std::sync::LazyLock;

use base::Timestamp;
use data_encoding::{BASE64, BASE64URL_NOPAD};
use libfuzzer_sys::fuzz_target;
use pki::token::{self, TokenKey};
use serde_json::json;
use services::staff_id::door::{Door, Shown};

static KEY: LazyLock<TokenKey> = LazyLock::new(|| TokenKey::generate().expect("a key"));

static FILE: LazyLock<String> = LazyLock::new(|| {
    json!({
        "door": "D", "name": "north", "issuer": "131016", "key": BASE64.encode(&[7; 32]),
        "city_keys": [BASE64.encode(KEY.public().public_key_info())], "card_authorities": [], "is_test": true,
    })
    .to_string()
});

fuzz_target!(|bytes: &[u8]| {
    let now = Timestamp::from_seconds(1_800_000_000);
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let _ = Door::open(text, text, now);
    assert!(Door::open(&FILE, text, now).is_err(), "nobody signed it");
    let payload = [b"staff-door-list-1".as_slice(), aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes).as_ref()].concat();
    let Ok(signed) = token::sign(&KEY, &payload) else { return };
    let list = json!({ "body": text, "signature": BASE64URL_NOPAD.encode(&signed) }).to_string();
    let Ok(door) = Door::open(&FILE, &list, now) else { return };
    assert_eq!((door.list().door.as_str(), door.list().issuer.as_str()), ("D", "131016"));
    assert!(door.list().until >= now.seconds());
    let (opened, line) = door.decide(Shown::Tag("00112233445566"), now);
    assert!(opened.is_err() && line.who.is_none());
});
