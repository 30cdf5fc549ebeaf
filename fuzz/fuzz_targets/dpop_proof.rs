//! Proofs of possession as a hostile app would send them: any text, and any header and claims that the right key signed.
//! What is believed must be for this address, now, with our nonce, by the key that signed.
//!
//! The first byte says which: even, the rest is the header; odd, the rest is header and claims between a zero byte.
#![no_main]

use std::sync::LazyLock;

use base::{Seams, Timestamp};
use data_encoding::BASE64URL_NOPAD;
use libfuzzer_sys::fuzz_target;
use openid::jwt::TokenKey;
use openid::provider::{Digest, Paths, Provider, Proving, PublicKey, Secrets, Settings, limits};
use serde_json::{Map, Value, json};

const NOW: i64 = 1_800_000_000;
const PATH: &str = "/connect/token";
const TOKEN: &str = "token";

struct Scene {
    provider: Provider,
    key: TokenKey,
    jwk: Value,
}

static SCENE: LazyLock<Scene> = LazyLock::new(|| {
    let (seams, _) = Seams::simulated(Timestamp::from_seconds(NOW), 5);
    let settings = Settings {
        issuer: "https://city.example".into(),
        paths: Paths::default(),
        scopes: Vec::new(),
        levels: Vec::new(),
        claims: Vec::new(),
        other_keys: Vec::new(),
    };
    let own = TokenKey::generate("own").expect("a key");
    let secrets = Secrets { pairwise: [1; 32], nonce: [2; 32] };
    let key = TokenKey::generate("app").expect("a key");
    let public = key.jwk();
    let jwk = json!({ "kty": "EC", "crv": "P-256", "x": public.x, "y": public.y });
    Scene { provider: Provider::new(settings, own, &secrets, seams).expect("a provider"), key, jwk }
});

fuzz_target!(|data: &[u8]| {
    let scene = &*SCENE;
    let Some((first, rest)) = data.split_first() else { return };
    let judge = |header: &str| {
        let proving = Proving { headers: &[header], method: "POST", path: PATH, access_token: Some(TOKEN) };
        scene.provider.proof(proving)
    };
    if first % 2 == 0 {
        let Ok(text) = std::str::from_utf8(rest) else { return };
        // Whoever has no nonce of ours proves nothing.
        assert!(judge(text).is_err(), "a stranger's proof");
        return;
    }
    let Some(at) = rest.iter().position(|byte| *byte == 0) else { return };
    let object = |bytes: &[u8]| serde_json::from_slice::<Map<String, Value>>(bytes).ok();
    let (Some(mut header), Some(said)) = (object(&rest[..at]), object(&rest[at + 1..])) else { return };
    header.entry("jwk").or_insert_with(|| scene.jwk.clone());
    let mut claims = json!({
        "jti": "1", "htm": "POST", "htu": format!("https://city.example{PATH}"), "iat": NOW,
        "nonce": scene.provider.nonce(), "ath": Digest::of(TOKEN).to_string(),
    });
    let right = claims.clone();
    claims.as_object_mut().expect("an object").extend(said);
    let part = |value: &str| BASE64URL_NOPAD.encode(value.as_bytes());
    let message = format!("{}.{}", part(&Value::Object(header.clone()).to_string()), part(&claims.to_string()));
    let signature = scene.key.sign_message(message.as_bytes()).expect("a signature");
    if let Ok(proof) = judge(&format!("{message}.{}", BASE64URL_NOPAD.encode(&signature))) {
        let own = PublicKey::from_jwk(scene.jwk.as_object().expect("an object")).expect("a key").thumbprint();
        assert_eq!(proof.key, own, "the key that signed");
        assert_eq!((&header["typ"], &header["alg"]), (&json!("dpop+jwt"), &json!("ES256")));
        for name in ["htm", "nonce", "ath"] {
            assert_eq!(claims[name], right[name], "{name} was not looked at");
        }
        let made = claims["iat"].as_f64().expect("a time");
        assert!((NOW as f64 - made).abs() <= limits::AHEAD_SECONDS as f64 + 1.0);
    }
});
