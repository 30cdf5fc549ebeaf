//! What must be refused: the negative tests of the FAPI 2.0 Security Profile plan, by name, and ours beside them.

use openid::provider::*;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::support::*;

fn outcome<T>(result: Result<T, Refusal>) -> Refusal {
    result.err().expect("a refusal")
}

/// A push whose parameters are bent.
fn pushed(scene: &Scene, name: &'static str, value: Option<&str>) -> Refusal {
    outcome(scene.push(&but(&scene.asked(), name, value), &[]))
}

/// An authentication whose claims are bent.
fn assertion(scene: &Scene, name: &str, value: Option<Value>) -> Refusal {
    let claims = claim(&scene.assertion_claims(), name, value);
    outcome(scene.authenticate(&scene.form(&[], &scene.assertion(&claims)).unwrap()))
}

/// A token request whose proof is bent.
fn proof(scene: &Scene, name: &str, value: Option<Value>) -> Refusal {
    let claims = claim(&scene.proof_claims("POST", "/connect/token", None), name, value);
    outcome(scene.prove(&[&scene.holder.sign(&scene.proof_header(), &claims)], "/connect/token"))
}

/// A proof whose header is bent.
fn proof_header(scene: &Scene, name: &str, value: Option<Value>) -> Refusal {
    let header = claim(&scene.proof_header(), name, value);
    let claims = scene.proof_claims("POST", "/connect/token", None);
    outcome(scene.prove(&[&scene.holder.sign(&header, &claims)], "/connect/token"))
}

// Authorization code.

#[test]
fn attempt_reuse_authorization_code_after_one_second() {
    let scene = Scene::new();
    let code = scene.code();
    let tokens = scene.tokens(&scene.exchange_fields(&code)).unwrap();
    scene.clock.advance_seconds(1);
    assert_eq!(outcome(scene.tokens(&scene.exchange_fields(&code))), Refusal::CodeUsed);
    // And what came of it is over.
    let access = tokens["access_token"].as_str().unwrap();
    let dpop = scene.proof("GET", "/api/v1/me", Some(access));
    assert_eq!(outcome(scene.fetch(&[&format!("DPoP {access}")], &[&dpop])), Refusal::TokenUnknown);
}

#[test]
fn ensure_authorization_code_expires() {
    let scene = Scene::new();
    let code = scene.code();
    scene.clock.advance_seconds(60);
    assert_eq!(outcome(scene.tokens(&scene.exchange_fields(&code))), Refusal::CodeExpired);
}

#[test]
fn ensure_authorization_code_is_bound_to_client() {
    let scene = Scene::new();
    let code = scene.code();
    scene.kept.borrow_mut().codes.get_mut(&Digest::of(&code)).unwrap().0.authority.client_id = "other".into();
    assert_eq!(outcome(scene.tokens(&scene.exchange_fields(&code))), Refusal::CodeOfOther);
    assert_eq!(outcome(scene.tokens(&scene.exchange_fields("unheard-of"))), Refusal::CodeUnknown);
}

#[test]
fn ensure_dpop_auth_code_binding() {
    let mut scene = Scene::new();
    let own = scene.holder.thumbprint().to_string();
    let request_uri = scene.push(&but(&scene.asked(), "dpop_jkt", Some(&own)), &[]).unwrap();
    let (_, code) = scene.allow(&request_uri).unwrap();
    scene.holder = AppKey::es256();
    assert_eq!(outcome(scene.tokens(&scene.exchange_fields(&code))), Refusal::CodeOtherKey);
    let dpop = scene.proof("POST", "/connect/par", None);
    let both = but(&scene.asked(), "dpop_jkt", Some(&own));
    assert_eq!(outcome(scene.push(&both, &[&dpop])), Refusal::KeysDiffer);
    assert_eq!(pushed(&scene, "dpop_jkt", Some("short")), Refusal::Malformed("dpop_jkt"));
}

// PKCE.

#[test]
fn ensure_request_without_code_challenge_fails() {
    assert_eq!(pushed(&Scene::new(), "code_challenge", None), Refusal::Missing("code_challenge"));
}

#[test]
fn ensure_pkce_method_plain_is_rejected() {
    let scene = Scene::new();
    assert_eq!(pushed(&scene, "code_challenge_method", Some("plain")), Refusal::ChallengeMethod);
    assert_eq!(pushed(&scene, "code_challenge_method", None), Refusal::ChallengeMethod);
    assert_eq!(
        pushed(&scene, "code_challenge", Some(VERIFIER.get(..42).unwrap())),
        Refusal::Malformed("code_challenge")
    );
}

#[test]
fn incorrect_pkce_code_verifier_is_rejected() {
    let scene = Scene::new();
    let fields = scene.exchange_fields(&scene.code());
    let other = "x".repeat(43);
    for wrong in [other.as_str(), &challenge_of(VERIFIER), "short"] {
        assert_eq!(outcome(scene.tokens(&but(&fields, "code_verifier", Some(wrong)))), Refusal::Verifier, "{wrong}");
    }
    assert_eq!(outcome(scene.tokens(&but(&fields, "code_verifier", None))), Refusal::Missing("code_verifier"));
    // A wrong guess does not cost the right one.
    assert!(scene.tokens(&fields).is_ok());
}

// Client assertion.

#[test]
fn client_assertion_with_wrong_aud_is_rejected() {
    let scene = Scene::new();
    for aud in [
        json!("https://other.example"),
        json!("https://city.example/"),
        json!("https://city.example/connect/token"),
        json!([ISSUER]),
        json!([ISSUER, "https://other.example"]),
        Value::Null,
    ] {
        assert_eq!(assertion(&scene, "aud", Some(aud)), Refusal::AssertionAudience);
    }
}

#[test]
fn client_assertion_with_expired_exp_is_rejected() {
    let scene = Scene::new();
    for over in [json!(START), json!(START - 300), json!("1800000060"), Value::Null] {
        assert_eq!(assertion(&scene, "exp", Some(over)), Refusal::AssertionExpired);
    }
    assert_eq!(assertion(&scene, "exp", None), Refusal::AssertionExpired);
    assert_eq!(assertion(&scene, "exp", Some(json!(START + 86_400))), Refusal::AssertionTime);
}

#[test]
fn client_assertion_with_iat_or_nbf_more_than_sixty_seconds_ahead_is_rejected() {
    let scene = Scene::new();
    for name in ["iat", "nbf"] {
        assert_eq!(assertion(&scene, name, Some(json!(START + 61))), Refusal::AssertionTime);
        assert_eq!(assertion(&scene, name, Some(json!("now"))), Refusal::AssertionTime);
    }
}

#[test]
fn client_assertion_with_alg_none_is_rejected() {
    let scene = Scene::new();
    let claims = scene.assertion_claims();
    for algorithm in ["none", "None", "HS256", "RS256", "ES384", "es256", ""] {
        let token = format!("{}.{}.", encode(&json!({ "alg": algorithm })), encode(&claims));
        let form = scene.form(&[], &token).unwrap();
        assert_eq!(outcome(scene.authenticate(&form)), Refusal::AssertionAlgorithm, "{algorithm}");
    }
    // An algorithm of ours, but not the key's.
    let token = scene.key.sign(&json!({ "alg": "PS256" }), &claims);
    assert_eq!(outcome(scene.authenticate(&scene.form(&[], &token).unwrap())), Refusal::AssertionAlgorithm);
    let token = scene.key.sign(&json!({ "alg": "ES256", "crit": ["b64"], "b64": true }), &claims);
    assert_eq!(outcome(scene.authenticate(&scene.form(&[], &token).unwrap())), Refusal::AssertionAlgorithm);
}

#[test]
fn client_assertion_signed_with_invalid_key_is_rejected() {
    let mut scene = Scene::new();
    let claims = scene.assertion_claims();
    let stranger = AppKey::es256().sign(&json!({ "alg": "ES256" }), &claims);
    assert_eq!(outcome(scene.authenticate(&scene.form(&[], &stranger).unwrap())), Refusal::AssertionSignature);
    // Several keys: the named one counts, and an unnamed token names none.
    let (one, two) = (AppKey::es256(), AppKey::ed25519());
    let named = |key: &AppKey, kid: &str| {
        let mut jwk = key.jwk();
        jwk["kid"] = kid.into();
        jwk
    };
    let set = json!({ "keys": [named(&one, "one"), named(&two, "two")] }).to_string();
    scene.client.keys = read_key_set(set.as_bytes()).unwrap();
    let judge = |key: &AppKey, kid: Option<&str>| {
        let header = claim(&json!({ "alg": key.algorithm() }), "kid", kid.map(Value::from));
        let token = key.sign(&header, &scene.assertion_claims());
        scene.authenticate(&scene.form(&[], &token).unwrap()).map(|caller| caller.client_id)
    };
    assert_eq!(judge(&one, Some("one")), Ok("app".into()));
    assert_eq!(judge(&two, Some("two")), Ok("app".into()));
    assert_eq!(judge(&two, Some("one")), Err(Refusal::AssertionAlgorithm));
    assert_eq!(judge(&one, Some("three")), Err(Refusal::AssertionKey));
    assert_eq!(judge(&one, None), Err(Refusal::AssertionKey));
}

#[test]
fn client_assertion_with_wrong_iss_or_sub_is_rejected() {
    let scene = Scene::new();
    assert_eq!(assertion(&scene, "iss", Some(json!("other"))), Refusal::AssertionIssuer);
    assert_eq!(assertion(&scene, "sub", Some(json!("other"))), Refusal::UnknownClient);
    assert_eq!(assertion(&scene, "sub", None), Refusal::AssertionIssuer);
    let form = scene.form(&[("client_id", "other".into())], &scene.assertion(&scene.assertion_claims())).unwrap();
    assert_eq!(outcome(scene.authenticate(&form)), Refusal::OtherClient);
}

#[test]
fn client_assertion_is_used_once() {
    let scene = Scene::new();
    let form = scene.form(&[], &scene.assertion(&scene.assertion_claims())).unwrap();
    assert!(scene.authenticate(&form).is_ok());
    assert_eq!(outcome(scene.authenticate(&form)), Refusal::AssertionReplayed);
    for bad in [json!(""), json!("x".repeat(256)), json!(1), json!("a\u{0}b")] {
        assert_eq!(assertion(&scene, "jti", Some(bad)), Refusal::AssertionId);
    }
}

#[test]
fn client_authenticates_by_one_method_only() {
    let scene = Scene::new();
    let right = scene.form(&[], &scene.assertion(&scene.assertion_claims())).unwrap();
    assert_eq!(Presented::read(&right, true).err(), Some(Refusal::ClientMethod));
    let secret = scene.form(&[("client_secret", "x".into())], &scene.assertion(&scene.assertion_claims())).unwrap();
    assert_eq!(outcome(scene.authenticate(&secret)), Refusal::ClientMethod);
    for form in ["client_id=app", "client_assertion=a.b.c", "client_assertion_type=x&client_assertion=a.b.c"] {
        let form = Parameters::read(form.as_bytes()).unwrap();
        assert_eq!(outcome(scene.authenticate(&form)), Refusal::ClientMethod);
    }
}

#[test]
fn a_suspended_client_is_told_so_and_a_stranger_is_not() {
    let mut scene = Scene::new();
    let request_uri = scene.push(&scene.asked(), &[]).unwrap();
    scene.client.is_suspended = true;
    let form = |scene: &Scene, token: &str| scene.form(&[], token).unwrap();
    let token = scene.assertion(&scene.assertion_claims());
    assert_eq!(outcome(scene.authenticate(&form(&scene, &token))), Refusal::ClientSuspended);
    let stranger = AppKey::es256().sign(&json!({ "alg": "ES256" }), &scene.assertion_claims());
    assert_eq!(outcome(scene.authenticate(&form(&scene, &stranger))), Refusal::AssertionSignature);
    // Nor is anybody sent there any more.
    assert_eq!(outcome(scene.open("app", &request_uri)), Refusal::ClientSuspended);
}

// Pushed requests.

#[test]
fn par_attempt_reuse_request_uri() {
    let scene = Scene::new();
    let request_uri = scene.push(&scene.asked(), &[]).unwrap();
    // Looking is not using: a reloaded page is shown again.
    assert!(scene.open("app", &request_uri).is_ok() && scene.open("app", &request_uri).is_ok());
    assert!(scene.allow(&request_uri).is_ok());
    assert_eq!(outcome(scene.allow(&request_uri)), Refusal::RequestUnknown);
}

#[test]
fn par_attempt_to_use_expired_request_uri() {
    let scene = Scene::new();
    let request_uri = scene.push(&scene.asked(), &[]).unwrap();
    scene.clock.advance_seconds(limits::PUSHED_SECONDS);
    assert_eq!(outcome(scene.open("app", &request_uri)), Refusal::RequestExpired);
    const { assert!(limits::PUSHED_SECONDS < 600 && limits::CODE_SECONDS <= 60) }
}

#[test]
fn par_attempt_to_use_request_uri_for_different_client() {
    let scene = Scene::new();
    let request_uri = scene.push(&scene.asked(), &[]).unwrap();
    assert_eq!(outcome(scene.open("other", &request_uri)), Refusal::RequestOfOther);
}

#[test]
fn par_attempt_invalid_redirect_uri() {
    let scene = Scene::new();
    for bad in [
        "https://app.example/back/",
        "https://app.example/back?x=1",
        "https://app.example/back#x",
        "https://app.example/Back",
        "https://app.example/back/../back",
        "https://app.example:443/back",
        "https://app.example.evil.example/back",
        "https://app.example@evil.example/back",
        "http://app.example/back",
        "//app.example/back",
        "javascript:alert(1)",
    ] {
        assert_eq!(pushed(&scene, "redirect_uri", Some(bad)), Refusal::RedirectUnknown, "{bad}");
    }
    assert_eq!(pushed(&scene, "redirect_uri", None), Refusal::Missing("redirect_uri"));
}

#[test]
fn par_authorization_request_containing_request_uri() {
    let scene = Scene::new();
    let request_uri = format!("{REQUEST_PREFIX}x");
    assert_eq!(pushed(&scene, "request_uri", Some(&request_uri)), Refusal::RequestInside);
    assert_eq!(pushed(&scene, "request", Some("a.b.c")), Refusal::RequestObject);
    assert_eq!(pushed(&scene, "authorization_details", Some("[]")), Refusal::DetailsNotTaken);
}

#[test]
fn ensure_unsigned_authorization_request_without_using_par_fails() {
    for query in ["client_id=app&response_type=code&redirect_uri=https%3A%2F%2Fapp.example%2Fback", "client_id=app"] {
        let query = Parameters::read(query.as_bytes()).unwrap();
        assert_eq!(Asked::read(&query), Err(Refusal::Missing("request_uri")));
    }
    let elsewhere = Parameters::read(b"client_id=app&request_uri=https%3A%2F%2Fevil.example%2F").unwrap();
    assert_eq!(Asked::read(&elsewhere), Err(Refusal::RequestUnknown));
}

#[test]
fn ensure_response_type_token_and_code_id_token_fail() {
    let scene = Scene::new();
    for wrong in ["token", "code id_token", "id_token", "none"] {
        assert_eq!(pushed(&scene, "response_type", Some(wrong)), Refusal::ResponseType);
    }
    for wrong in ["fragment", "form_post", "jwt"] {
        assert_eq!(pushed(&scene, "response_mode", Some(wrong)), Refusal::ResponseMode);
    }
}

#[test]
fn scopes_that_were_not_opened_are_not_had_by_asking() {
    let scene = Scene::new();
    // One that the provider has and the client may not ask for; one that nobody has.
    for wrong in ["openid schemes", "openid staff", "OPENID"] {
        assert_eq!(pushed(&scene, "scope", Some(wrong)), Refusal::ScopeNotOpen);
    }
    assert_eq!(pushed(&scene, "scope", Some("  ")), Refusal::Missing("scope"));
    assert_eq!(pushed(&scene, "resource", Some("https://other.example")), Refusal::OtherResource);
    assert_eq!(pushed(&scene, "prompt", Some("none login")), Refusal::Prompt);
    assert_eq!(pushed(&scene, "prompt", Some("dance")), Refusal::Prompt);
    assert_eq!(pushed(&scene, "max_age", Some("-1")), Refusal::Malformed("max_age"));
    assert_eq!(pushed(&scene, "nonce", Some(&"n".repeat(129))), Refusal::Malformed("nonce"));
    assert_eq!(pushed(&scene, "state", Some("役場")), Refusal::Malformed("state"));
}

#[test]
fn what_a_client_lost_meanwhile_is_not_granted() {
    let mut scene = Scene::new();
    let request_uri = scene.push(&scene.asked(), &[]).unwrap();
    let client = scene.client.clone();
    scene.client.scopes.retain(|scope| scope != "basics");
    assert_eq!(outcome(scene.open("app", &request_uri)), Refusal::ScopeNotOpen);
    scene.client = Client { redirect_uris: vec!["https://app.example/new".into()], ..client };
    assert_eq!(outcome(scene.open("app", &request_uri)), Refusal::RedirectUnknown);
}

// Token endpoint.

#[test]
fn redirect_uri_at_the_token_endpoint_must_be_the_pushed_one() {
    let scene = Scene::new();
    let fields = scene.exchange_fields(&scene.code());
    let wrong = but(&fields, "redirect_uri", Some("https://app.example/other"));
    assert_eq!(outcome(scene.tokens(&wrong)), Refusal::RedirectDiffers);
    assert_eq!(outcome(scene.tokens(&but(&fields, "redirect_uri", None))), Refusal::Missing("redirect_uri"));
}

#[test]
fn password_and_other_grants_are_refused() {
    let scene = Scene::new();
    for wrong in ["password", "client_credentials", "implicit", "urn:ietf:params:oauth:grant-type:device_code"] {
        let fields = [("grant_type", wrong.to_owned())];
        assert_eq!(outcome(scene.tokens(&fields)), Refusal::GrantType);
    }
    assert_eq!(outcome(scene.tokens(&[])), Refusal::Missing("grant_type"));
}

#[test]
fn refresh_token_of_another_client_or_nobody_is_refused() {
    let scene = Scene::new();
    let tokens = scene.tokens(&scene.exchange_fields(&scene.code())).unwrap();
    let token = tokens["refresh_token"].as_str().unwrap();
    let fields = [("grant_type", "refresh_token".to_owned()), ("refresh_token", token.to_owned())];
    scene.kept.borrow_mut().refresh.get_mut(&Digest::of(token)).unwrap().authority.client_id = "other".into();
    assert_eq!(outcome(scene.tokens(&fields)), Refusal::RefreshOfOther);
    assert_eq!(outcome(scene.tokens(&but(&fields, "refresh_token", Some("x")))), Refusal::RefreshUnknown);
}

// DPoP.

#[test]
fn dpop_negative_tests() {
    let scene = Scene::new();
    assert_eq!(outcome(scene.prove(&[], "/connect/token")), Refusal::ProofMissing);
    let right = scene.proof("POST", "/connect/token", None);
    assert_eq!(outcome(scene.prove(&[&right, &right], "/connect/token")), Refusal::ProofRepeated);
    assert_eq!(outcome(scene.prove(&["a.b"], "/connect/token")), Refusal::ProofMalformed);
    for (name, value, refusal) in [
        ("htm", json!("GET"), Refusal::ProofMethod),
        ("htm", json!("post"), Refusal::ProofMethod),
        ("htu", json!("https://city.example/connect/par"), Refusal::ProofAddress),
        ("htu", json!("https://evil.example/connect/token"), Refusal::ProofAddress),
        ("iat", json!(START + 61), Refusal::ProofTime),
        ("iat", json!(START - 61), Refusal::ProofTime),
        ("iat", json!("1800000000"), Refusal::ProofTime),
        ("nbf", json!(START + 61), Refusal::ProofTime),
        ("exp", json!(START), Refusal::ProofTime),
        ("jti", json!(""), Refusal::ProofId),
        ("nonce", json!("guessed"), Refusal::ProofNonce),
    ] {
        assert_eq!(proof(&scene, name, Some(value.clone())), refusal, "{name} {value}");
    }
    for (name, refusal) in [
        ("htm", Refusal::ProofMethod),
        ("htu", Refusal::ProofAddress),
        ("iat", Refusal::ProofTime),
        ("jti", Refusal::ProofId),
        ("nonce", Refusal::ProofNonce),
    ] {
        assert_eq!(proof(&scene, name, None), refusal, "{name}");
    }
    let mut private = scene.holder.jwk();
    private["d"] = "AAAA".into();
    for (name, value, refusal) in [
        ("typ", json!("JWT"), Refusal::ProofType),
        ("alg", json!("none"), Refusal::ProofAlgorithm),
        ("alg", json!("HS256"), Refusal::ProofAlgorithm),
        ("alg", json!("PS256"), Refusal::ProofAlgorithm),
        ("jwk", private, Refusal::ProofKey),
        ("jwk", json!({ "kty": "oct", "k": "AAAA" }), Refusal::ProofKey),
        ("jwk", AppKey::es256().jwk(), Refusal::ProofSignature),
        ("jwk", json!("x"), Refusal::ProofKey),
    ] {
        assert_eq!(proof_header(&scene, name, Some(value.clone())), refusal, "{name} {value}");
    }
    assert_eq!(proof_header(&scene, "typ", None), Refusal::ProofType);
    assert_eq!(proof_header(&scene, "jwk", None), Refusal::ProofKey);
}

#[test]
fn ensure_dpop_proof_with_replayed_jti_fails() {
    let scene = Scene::new();
    let dpop = scene.proof("POST", "/connect/token", None);
    assert!(scene.prove(&[&dpop], "/connect/token").is_ok());
    assert_eq!(outcome(scene.prove(&[&dpop], "/connect/token")), Refusal::ProofReplayed);
    // By then what was remembered may be swept.
    let once =
        scene.provider.proof(Proving { headers: &[&dpop], method: "POST", path: "/connect/token", access_token: None });
    scene.clock.set(base::Timestamp::from_seconds(once.unwrap().once.until));
    assert_eq!(outcome(scene.prove(&[&dpop], "/connect/token")), Refusal::ProofTime);
}

#[test]
fn a_nonce_is_good_for_three_minutes_at_most() {
    let scene = Scene::new();
    let nonce = scene.provider.nonce();
    let is_taken = |after: i64| {
        scene.clock.set(base::Timestamp::from_seconds(START + after));
        let claims = claim(&scene.proof_claims("POST", "/connect/token", None), "nonce", Some(json!(nonce)));
        scene.prove(&[&scene.holder.sign(&scene.proof_header(), &claims)], "/connect/token").is_ok()
    };
    assert!(is_taken(0) && is_taken(119));
    assert!(!is_taken(180));
}

// The data API.

#[test]
fn access_token_is_sender_constrained() {
    let mut scene = Scene::new();
    let tokens = scene.tokens(&scene.exchange_fields(&scene.code())).unwrap();
    let access = tokens["access_token"].as_str().unwrap().to_owned();
    let shown = format!("DPoP {access}");
    let right = |scene: &Scene| scene.proof("GET", "/api/v1/me", Some(&access));
    assert_eq!(outcome(scene.fetch(&[&format!("Bearer {access}")], &[])), Refusal::TokenScheme);
    assert_eq!(outcome(scene.fetch(&[&access], &[])), Refusal::TokenScheme);
    assert_eq!(outcome(scene.fetch(&[&shown, &shown], &[])), Refusal::TokenScheme);
    assert_eq!(outcome(scene.fetch(&[], &[])), Refusal::TokenMissing);
    assert_eq!(outcome(scene.fetch(&["DPoP unheard-of"], &[&right(&scene)])), Refusal::TokenUnknown);
    assert_eq!(outcome(scene.fetch(&[&shown], &[])), Refusal::ProofMissing);
    let without = scene.proof("GET", "/api/v1/me", None);
    assert_eq!(outcome(scene.fetch(&[&shown], &[&without])), Refusal::ProofToken);
    let of_other = scene.proof("GET", "/api/v1/me", Some("other"));
    assert_eq!(outcome(scene.fetch(&[&shown], &[&of_other])), Refusal::ProofToken);
    let dpop = right(&scene);
    assert!(scene.fetch(&[&shown], &[&dpop]).is_ok());
    assert_eq!(outcome(scene.fetch(&[&shown], &[&dpop])), Refusal::ProofReplayed);
    scene.holder = AppKey::es256();
    assert_eq!(outcome(scene.fetch(&[&shown], &[&right(&scene)])), Refusal::TokenOtherKey);
    scene.clock.advance_seconds(limits::ACCESS_SECONDS);
    assert_eq!(outcome(scene.fetch(&[&shown], &[&right(&scene)])), Refusal::TokenExpired);
}

#[test]
fn every_refusal_is_said_in_the_words_of_the_rfcs() {
    let said = Refusal::ProofNonce;
    assert_eq!((said.code().text(), said.status(), said.resource_status()), ("use_dpop_nonce", 400, 401));
    assert_eq!(Refusal::AssertionAudience.status(), 401);
    assert_eq!(Refusal::ScopeMissing.resource_status(), 403);
    assert_eq!(Refusal::TokenMissing.challenge(), "DPoP algs=\"ES256 PS256 EdDSA Ed25519\"");
    for refusal in [Refusal::CodeUsed, Refusal::Form, Refusal::Missing("code"), Refusal::TokenScheme] {
        let description = refusal.to_string();
        assert!(description.bytes().all(|b| (0x20..0x7F).contains(&b) && b != b'"' && b != b'\\'), "{description}");
        assert_eq!(refusal.body()["error"], refusal.code().text());
    }
}

fn scene() -> &'static std::sync::Mutex<Scene> {
    static SCENE: std::sync::OnceLock<std::sync::Mutex<Scene>> = std::sync::OnceLock::new();
    SCENE.get_or_init(|| std::sync::Mutex::new(Scene::new()))
}

proptest! {
    #[test]
    fn any_text_as_a_proof_or_an_assertion_is_refused(text in "[ -~]{0,200}") {
        let scene = scene().lock().unwrap();
        prop_assert!(scene.prove(&[&text], "/connect/token").is_err());
        prop_assert!(scene.authenticate(&scene.form(&[], &text).unwrap()).is_err());
    }

    #[test]
    fn an_altered_proof_is_refused(at in any::<proptest::sample::Index>(), by in 1u8..127) {
        let scene = scene().lock().unwrap();
        let right = scene.proof("POST", "/connect/token", None);
        let mut bytes = right.clone().into_bytes();
        let at = at.index(bytes.len());
        bytes[at] = (bytes[at].wrapping_add(by)) & 0x7F;
        let altered = String::from_utf8(bytes).unwrap();
        prop_assume!(altered != right);
        prop_assert!(scene.prove(&[&altered], "/connect/token").is_err());
    }

    #[test]
    fn any_claims_under_the_right_key_pass_only_when_they_are_right(
        name in "(iss|sub|aud|exp|iat|nbf)", value in prop_oneof![
            any::<i64>().prop_map(Value::from), any::<f64>().prop_map(Value::from), "[ -~]{0,20}".prop_map(Value::from),
            Just(json!([])), Just(Value::Null),
        ],
    ) {
        let scene = scene().lock().unwrap();
        let claims = claim(&scene.assertion_claims(), &name, Some(value.clone()));
        let is_taken = scene.authenticate(&scene.form(&[], &scene.assertion(&claims)).unwrap()).is_ok();
        let at = value.as_f64();
        let is_right = match name.as_str() {
            "exp" => at.is_some_and(|at| at.floor() > START as f64 && at < (START + 3661) as f64),
            "iat" | "nbf" => at.is_some_and(|at| at < (START + 61) as f64),
            _ => claims[&name] == scene.assertion_claims()[&name],
        };
        prop_assert_eq!(is_taken, is_right, "{}", value);
    }

    #[test]
    fn a_browser_is_sent_to_the_pushed_address_only(state in "[ -~]{1,60}") {
        let scene = scene().lock().unwrap();
        let request = scene.open("app", &scene.push(&but(&scene.asked(), "state", Some(&state)), &[]).unwrap()).unwrap();
        let location = scene.provider.refuse(&request, ErrorCode::AccessDenied);
        let query = location.strip_prefix(&format!("{BACK}?")).unwrap();
        let read = Parameters::read(query.as_bytes()).unwrap();
        prop_assert_eq!(read.get("state"), Some(state.as_str()));
        prop_assert_eq!(read.get("iss"), Some(ISSUER));
    }
}
