//! A wallet's proof of its key, as a hostile one would send it: any text, and any header and claims that the right key
//! signed. What is believed must be for this issuer, now, with the key that signed.
//!
//! The first byte says which: even, the rest is the token; odd, the rest is header and claims between a zero byte.
#![no_main]

use std::sync::LazyLock;

use base::Timestamp;
use libfuzzer_sys::fuzz_target;
use pki::jose::{self, Object};
use pki::token::TokenKey;
use pki::wallet::key_proof;

const ISSUER: &str = "https://city.example";

static KEY: LazyLock<TokenKey> = LazyLock::new(|| TokenKey::generate().expect("a key"));

fn object(bytes: &[u8]) -> Option<Object> {
    serde_json::from_slice(bytes).ok()
}

fuzz_target!(|data: &[u8]| {
    let now = Timestamp::from_seconds(1_800_000_000);
    let Some((first, rest)) = data.split_first() else { return };
    if first % 2 == 0 {
        let Ok(token) = std::str::from_utf8(rest) else { return };
        // Nobody can have signed it with the key it names, unless the corpus did; then it must be for this issuer.
        let _ = key_proof::judge(token, ISSUER, now);
        return;
    }
    let Some(at) = rest.iter().position(|byte| *byte == 0) else { return };
    let (Some(mut header), Some(claims)) = (object(&rest[..at]), object(&rest[at + 1..])) else { return };
    header.insert("jwk".to_owned(), jose::bare_jwk(KEY.public()));
    let Ok(token) = jose::sign(&KEY, header.clone(), &claims) else { return };
    if let Ok(proof) = key_proof::judge(&token, ISSUER, now) {
        assert_eq!(proof.holder.id(), KEY.public().id());
        assert_eq!(header["typ"], key_proof::TYPE);
        assert_eq!(claims["aud"], ISSUER);
        assert_eq!(claims["nonce"], proof.nonce.as_str());
        let made = claims["iat"].as_i64().expect("a time");
        assert!((now.seconds() - made).abs() <= key_proof::MAX_AGE_SECONDS);
        assert!(!claims.contains_key("iss") && !header.contains_key("kid") && !header.contains_key("x5c"));
    }
});
