//! A sign-in service's answers, as a hostile or broken one would send them: a stranger's token, claims that the right key
//! signed, keys, and user information.
//!
//! The first byte says which answer the rest is; the other answers are right.
#![no_main]

use std::sync::{Arc, LazyLock, Mutex};

use base::{Date, Seams, Timestamp};
use libfuzzer_sys::fuzz_target;
use openid::http::{Answer, Http, Request, Unreachable};
use openid::jwt::{Jwk, TokenKey, verify};
use openid::{Asked, Callback, Config, RelyingParty};

const ISSUER: &str = "https://sign-in.example";
const CLIENT: &str = "city";

/// Answers as they were laid out.
#[derive(Default)]
struct Laid {
    token: Vec<u8>,
    keys: Vec<u8>,
    person: Vec<u8>,
}

struct Wire(Arc<Mutex<Laid>>);

impl Http for Wire {
    fn send(&self, request: Request<'_>) -> Result<Answer, Unreachable> {
        let laid = self.0.lock().map_err(|_| Unreachable)?;
        let body = match request {
            Request::Post { .. } => laid.token.clone(),
            Request::Get { bearer: None, .. } => laid.keys.clone(),
            Request::Get { bearer: Some(_), .. } => laid.person.clone(),
        };
        Ok(Answer { status: 200, body })
    }
}

struct Scene {
    key: TokenKey,
    jwk: Jwk,
    right: String,
    laid: Arc<Mutex<Laid>>,
    seams: Seams,
}

static SCENE: LazyLock<Scene> = LazyLock::new(|| {
    let now = Timestamp::in_japan(Date::from_days_since_epoch(20_780), 9, 0, 0);
    let (seams, _) = Seams::simulated(now, 5);
    let key = TokenKey::generate("k1").expect("a key");
    let right = key.sign(&serde_json::json!({ "sub": "someone" })).expect("a token");
    Scene { jwk: key.jwk(), key, right, laid: Arc::default(), seams }
});

fn words_of(address: &str, name: &str) -> String {
    let (_, rest) = address.split_once(&format!("{name}=")).expect("our own address names it");
    rest.split('&').next().unwrap_or_default().to_owned()
}

fuzz_target!(|bytes: &[u8]| {
    let scene = &*SCENE;
    let Some((&which, rest)) = bytes.split_first() else { return };
    if let Ok(text) = std::str::from_utf8(rest) {
        let believed = verify(text, std::slice::from_ref(&scene.jwk)).is_ok();
        // ES256 signatures are malleable, but only by who has one: the fuzzer has none but the seed's.
        assert!(!believed || text == scene.right, "a stranger's token");
    }
    let config = Config {
        issuer: ISSUER.into(),
        client_id: CLIENT.into(),
        redirect_uri: "https://city.example/back".into(),
        levels: vec!["aal3".into()],
    };
    let own = TokenKey::generate("own").expect("a key");
    let party = RelyingParty::new(config, own, Arc::new(Wire(scene.laid.clone())), scene.seams.clone())
        .expect("a right configuration");
    let (address, pending) = party.begin(&Asked::Attributes);
    let (state, nonce) = (words_of(&address, "state"), words_of(&address, "nonce"));
    let now = scene.seams.now().seconds();
    let mut claims = serde_json::json!({
        "iss": ISSUER, "aud": CLIENT, "sub": "someone", "nonce": nonce, "iat": now, "exp": now + 300, "acr": "aal3",
    });
    let right_claims = claims.clone();
    // Claims laid over the right ones, and signed by the right key: what a broken provider might say.
    if which % 4 == 1
        && let Ok(serde_json::Value::Object(said)) = serde_json::from_slice(rest)
        && let Some(all) = claims.as_object_mut()
    {
        all.extend(said);
    }
    let id_token = scene.key.sign(&claims).expect("a signature");
    let mut laid = Laid {
        token: serde_json::json!({ "id_token": id_token, "access_token": "a" }).to_string().into_bytes(),
        keys: serde_json::json!({ "keys": [scene.jwk] }).to_string().into_bytes(),
        person: serde_json::json!({
            "sub": claims.get("sub"), "name": "山田 花子", "address": "ある市", "birthdate": "20000101", "gender": "1"
        })
        .to_string()
        .into_bytes(),
    };
    match which % 4 {
        0 => laid.token = rest.to_vec(),
        2 => laid.keys = rest.to_vec(),
        3 => laid.person = rest.to_vec(),
        _ => {}
    }
    *scene.laid.lock().expect("one thread") = laid;
    let callback = Callback { code: Some("c".into()), state: Some(state), error: None, iss: None };
    if party.finish(pending, &callback).is_ok() {
        for name in ["iss", "nonce", "acr"] {
            assert_eq!(claims.get(name), right_claims.get(name), "{name} was not looked at");
        }
        assert_ne!(which % 4, 0, "the fuzzer cannot sign");
    }
});
