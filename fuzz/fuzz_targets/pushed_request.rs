//! Pushed requests of a client that proved who it is, and asks for anything. Wherever a browser is sent in the end is an
//! address that was registered, and nothing is granted that is not open to the client.
//!
//! Input: the form as it is; parameters that are not in it are laid under it, right.
#![no_main]

use std::sync::LazyLock;

use base::{Seams, Timestamp};
use libfuzzer_sys::fuzz_target;
use openid::jwt::TokenKey;
use openid::provider::{
    ASSERTION_TYPE, Authenticated, Client, ErrorCode, Parameters, Paths, Presented, Provider, Secrets, Settings,
    challenge_of, limits, read_key_set,
};
use serde_json::json;

const NOW: i64 = 1_800_000_000;
const ISSUER: &str = "https://city.example";
const BACK: &str = "https://app.example/back";
const NATIVE: &str = "http://127.0.0.1/back";

struct Scene {
    provider: Provider,
    client: Client,
    caller: Authenticated,
}

static SCENE: LazyLock<Scene> = LazyLock::new(|| {
    let (seams, _) = Seams::simulated(Timestamp::from_seconds(NOW), 5);
    let scopes = vec!["openid".to_owned(), "basics".to_owned()];
    let settings = Settings {
        issuer: ISSUER.into(),
        paths: Paths::default(),
        scopes: [scopes.clone(), vec!["mailbox".to_owned()]].concat(),
        levels: vec!["card".into()],
        claims: Vec::new(),
        other_keys: Vec::new(),
    };
    let own = TokenKey::generate("own").expect("a key");
    let key = TokenKey::generate("app").expect("a key");
    let secrets = Secrets { pairwise: [1; 32], nonce: [2; 32] };
    let set = json!({ "keys": [key.jwk()] }).to_string();
    let client = Client {
        id: "app".into(),
        redirect_uris: vec![BACK.into(), NATIVE.into()],
        keys: read_key_set(set.as_bytes()).expect("a key set"),
        scopes,
        sector: "app".into(),
        is_suspended: false,
    };
    let provider = Provider::new(settings, own, &secrets, seams).expect("a provider");
    let claims = json!({ "iss": "app", "sub": "app", "aud": ISSUER, "jti": "1", "exp": NOW + 60 });
    let token = key.sign(&claims).expect("a signature");
    let form = [("client_assertion_type", ASSERTION_TYPE), ("client_assertion", &token)];
    let form = Parameters::read(serde_urlencoded::to_string(form).expect("a form").as_bytes()).expect("parameters");
    let caller = provider.authenticate(Presented::read(&form, false).expect("an assertion"), &client);
    Scene { provider, client, caller: caller.expect("the client") }
});

fuzz_target!(|data: &[u8]| {
    let scene = &*SCENE;
    let Ok(given) = Parameters::read(data) else { return };
    let challenge = challenge_of(&"v".repeat(43));
    let right = [
        ("response_type", "code"),
        ("redirect_uri", BACK),
        ("scope", "openid"),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ];
    let mut form = data.to_vec();
    for (name, value) in right.iter().filter(|(name, _)| given.get(name).is_none()) {
        let pair = serde_urlencoded::to_string([(name, value)]).expect("a form");
        form.extend([b"&".as_slice(), pair.as_bytes()].concat());
    }
    // A name that stood there empty is now given twice: refused.
    let Ok(parameters) = Parameters::read(&form) else { return };
    let Ok(pushed) = scene.provider.push(&scene.caller, &scene.client, &parameters, None) else { return };
    let request = pushed.request;
    let is_native = request.redirect_uri.starts_with("http://127.0.0.1:") && request.redirect_uri.ends_with("/back");
    assert!([BACK, NATIVE].contains(&request.redirect_uri.as_str()) || is_native, "an open redirect");
    assert!(!request.scopes.is_empty() && request.scopes.iter().all(|scope| scene.client.scopes.contains(scope)));
    assert_eq!(request.until, NOW + limits::PUSHED_SECONDS);
    let location = scene.provider.refuse(&request, ErrorCode::AccessDenied);
    let query = location.strip_prefix(&format!("{}?", request.redirect_uri)).expect("the address and a query");
    let read = Parameters::read(query.as_bytes()).expect("an answer that reads back");
    assert_eq!((read.get("state"), read.get("iss")), (request.state.as_deref(), Some(ISSUER)));
});
