//! Client assertions (private_key_jwt) as a hostile app would send them: a whole form, and claims laid over right ones
//! that the right key signed. What is believed must name the client, the issuer as one string, and a time that is now.
//!
//! The first byte says which: even, the rest is the form; odd, the rest is the claims.
#![no_main]

use std::sync::LazyLock;

use base::{Seams, Timestamp};
use libfuzzer_sys::fuzz_target;
use openid::jwt::TokenKey;
use openid::provider::{
    ASSERTION_TYPE, Client, Parameters, Paths, Presented, Provider, Secrets, Settings, limits, read_key_set,
};
use serde_json::{Map, Value, json};

const NOW: i64 = 1_800_000_000;
const ISSUER: &str = "https://city.example";

struct Scene {
    provider: Provider,
    client: Client,
    key: TokenKey,
}

static SCENE: LazyLock<Scene> = LazyLock::new(|| {
    let (seams, _) = Seams::simulated(Timestamp::from_seconds(NOW), 5);
    let settings = Settings {
        issuer: ISSUER.into(),
        paths: Paths::default(),
        scopes: Vec::new(),
        levels: Vec::new(),
        claims: Vec::new(),
        other_keys: Vec::new(),
    };
    let own = TokenKey::generate("own").expect("a key");
    let key = TokenKey::generate("app").expect("a key");
    let secrets = Secrets { pairwise: [1; 32], nonce: [2; 32] };
    let set = json!({ "keys": [key.jwk()] }).to_string();
    let client = Client {
        id: "app".into(),
        redirect_uris: vec!["https://app.example/back".into()],
        keys: read_key_set(set.as_bytes()).expect("a key set"),
        scopes: Vec::new(),
        sector: "app".into(),
        is_suspended: false,
    };
    Scene { provider: Provider::new(settings, own, &secrets, seams).expect("a provider"), client, key }
});

fn judge(form: &[u8]) -> bool {
    let Ok(parameters) = Parameters::read(form) else { return false };
    let Ok(presented) = Presented::read(&parameters, false) else { return false };
    SCENE.provider.authenticate(presented, &SCENE.client).is_ok()
}

fuzz_target!(|data: &[u8]| {
    let Some((first, rest)) = data.split_first() else { return };
    if first % 2 == 0 {
        assert!(!judge(rest), "a stranger's assertion");
        return;
    }
    let Ok(said) = serde_json::from_slice::<Map<String, Value>>(rest) else { return };
    let mut claims = json!({ "iss": "app", "sub": "app", "aud": ISSUER, "jti": "1", "iat": NOW, "exp": NOW + 60 });
    claims.as_object_mut().expect("an object").extend(said);
    let token = SCENE.key.sign(&claims).expect("a signature");
    let form = serde_urlencoded::to_string([("client_assertion_type", ASSERTION_TYPE), ("client_assertion", &token)]);
    if judge(form.expect("a form").as_bytes()) {
        assert_eq!((&claims["iss"], &claims["sub"], &claims["aud"]), (&json!("app"), &json!("app"), &json!(ISSUER)));
        let until = claims["exp"].as_f64().expect("a time");
        assert!(until >= NOW as f64 + 1.0 && until < (NOW + limits::ASSERTION_SECONDS + limits::AHEAD_SECONDS + 1) as f64);
        assert!(claims["jti"].as_str().is_some_and(|id| !id.is_empty()));
    }
});
