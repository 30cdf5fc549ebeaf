//! The negative tests of the FAPI 2.0 Security Profile plan over HTTP, by name. Each refusal's own words are tested in
//! `crates/openid`; here: that the doors apply it, with the status and the error code an app sees.

use serde_json::{Value, json};
use store::testing::{TestDatabase, for_each_engine};
use tools::data_apps::AppState;
use yakuba_web::testing::TestDoor;

use super::support::*;

fn refused(status: u16, error: &str) -> (u16, String) {
    (status, error.to_owned())
}

fn on_sqlite() -> TestDoor {
    TestDoor::open(TestDatabase::on_sqlite())
}

#[test]
fn a_conversation_from_push_to_data_to_the_end() {
    for_each_engine(|database| {
        let door = TestDoor::open(database);
        let app = App::registered(&door, "app", AppState::Sandbox);
        let tokens = app.tokens(&app.sandbox_code());
        assert_eq!((text(&tokens, "token_type"), text(&tokens, "scope")), ("DPoP", "openid offline_access basics"));
        let access = text(&tokens, "access_token");
        let basics = app.fetch("/api/v1/me/basics", access);
        assert_eq!(body(&basics)["name"], "試験 一郎");
        assert_eq!(basics.headers["cache-control"], "no-store");
        let me = body(&app.fetch("/api/v1/me", access));
        assert_eq!(me["items"]["basics"], format!("{}/api/v1/me/basics", issuer()));
        let info = body(&app.fetch("/connect/userinfo", access));
        assert_eq!((&info["sub"], &info["name"]), (&me["sub"], &json!("試験 一郎")));
        // The refresh token brings another, and is the same afterwards.
        let fields: Fields =
            vec![("grant_type", "refresh_token".into()), ("refresh_token", text(&tokens, "refresh_token").into())];
        let again = body(&app.token(&fields));
        assert!(again.get("refresh_token").is_none());
        assert_eq!(app.fetch("/connect/userinfo", text(&again, "access_token")).status, 200);
        // Given back, everything of it is over.
        let give: Fields = vec![("token", text(&tokens, "refresh_token").into())];
        assert_eq!(app.send("/connect/revoke", &give, &app.assertion(&app.assertion_claims()), None).status, 200);
        assert_eq!(error(&app.token(&fields)), refused(400, "invalid_grant"));
        assert_eq!(error(&app.fetch("/api/v1/me", text(&again, "access_token"))), refused(401, "invalid_token"));
    });
}

#[test]
fn attempt_reuse_authorization_code() {
    for_each_engine(|database| {
        let door = TestDoor::open(database);
        let app = App::registered(&door, "app", AppState::Sandbox);
        let code = app.sandbox_code();
        let tokens = app.tokens(&code);
        assert_eq!(error(&app.token(&app.exchange_fields(&code))), refused(400, "invalid_grant"));
        let access = text(&tokens, "access_token");
        assert_eq!(error(&app.fetch("/api/v1/me", access)), refused(401, "invalid_token"), "what came of it ended");
    });
}

#[test]
fn ensure_authorization_code_expires_and_is_bound_to_client_and_key() {
    let door = on_sqlite();
    let (app, other) =
        (App::registered(&door, "app", AppState::Sandbox), App::registered(&door, "other", AppState::Sandbox));
    let code = app.sandbox_code();
    assert_eq!(error(&other.token(&other.exchange_fields(&code))), refused(400, "invalid_grant"));
    door.database.clock.advance_seconds(60);
    assert_eq!(error(&app.token(&app.exchange_fields(&code))), refused(400, "invalid_grant"));
    let key = app.holder.jwk();
    let key = json!({ "kty": "EC", "crv": "P-256", "x": key.x, "y": key.y });
    let key = openid::provider::PublicKey::from_jwk(key.as_object().unwrap()).unwrap().thumbprint().to_string();
    let query = app.query(&but(&app.asked(), "dpop_jkt", Some(&key)));
    let code = code_in(app.sandbox_answer(&query, "allow").location().unwrap());
    let mut thief = App::registered(&door, "unused", AppState::Sandbox);
    thief.client_id = "app".into();
    let proof = thief.proof("POST", "/connect/token", None);
    let stolen =
        app.send("/connect/token", &app.exchange_fields(&code), &app.assertion(&app.assertion_claims()), Some(&proof));
    assert_eq!(error(&stolen), refused(400, "invalid_grant"));
    app.tokens(&code);
}

#[test]
fn incorrect_pkce_code_verifier_is_rejected_and_redirect_uri_must_be_the_pushed_one() {
    let door = on_sqlite();
    let app = App::registered(&door, "app", AppState::Sandbox);
    let fields = app.exchange_fields(&app.sandbox_code());
    let wrong = "x".repeat(43);
    assert_eq!(error(&app.token(&but(&fields, "code_verifier", Some(&wrong)))), refused(400, "invalid_grant"));
    assert_eq!(error(&app.token(&but(&fields, "code_verifier", None))), refused(400, "invalid_request"));
    let other = but(&fields, "redirect_uri", Some("https://app.example/other"));
    assert_eq!(error(&app.token(&other)), refused(400, "invalid_grant"));
    assert_eq!(
        error(&app.token(&but(&fields, "grant_type", Some("password")))),
        refused(400, "unsupported_grant_type")
    );
    assert_eq!(app.token(&fields).status, 200);
}

#[test]
fn pushed_requests_that_are_not_of_the_profile_are_rejected() {
    let door = on_sqlite();
    let app = App::registered(&door, "app", AppState::Sandbox);
    for (name, value, code) in [
        ("code_challenge", None, "invalid_request"),
        ("code_challenge_method", Some("plain"), "invalid_request"),
        ("response_type", Some("code id_token"), "unsupported_response_type"),
        ("response_mode", Some("fragment"), "invalid_request"),
        ("redirect_uri", Some("https://evil.example/"), "invalid_request"),
        ("redirect_uri", Some("https://app.example/back/../x"), "invalid_request"),
        ("redirect_uri", None, "invalid_request"),
        ("request", Some("a.b.c"), "request_not_supported"),
        ("request_uri", Some("urn:ietf:params:oauth:request_uri:x"), "invalid_request"),
        ("scope", Some("openid everything"), "invalid_scope"),
        ("client_id", Some("other"), "invalid_request"),
    ] {
        assert_eq!(error(&app.push(&but(&app.asked(), name, value))), refused(400, code), "{name} {value:?}");
    }
    let mut twice = app.asked();
    twice.push(("state", "s2".into()));
    assert_eq!(error(&app.push(&twice)), refused(400, "invalid_request"), "a parameter twice");
}

#[test]
fn client_assertions_that_are_wrong_are_rejected() {
    let door = on_sqlite();
    let app = App::registered(&door, "app", AppState::Sandbox);
    let send = |assertion: &str| error(&app.send("/connect/par", &app.asked(), assertion, None));
    let invalid = refused(401, "invalid_client");
    for (name, value) in [
        ("aud", json!(format!("{}/connect/token", issuer()))),
        ("aud", json!([issuer()])),
        ("exp", json!(app.now() - 1)),
        ("iat", json!(app.now() + 61)),
        ("nbf", json!(app.now() + 61)),
        ("iss", json!("other")),
        ("sub", json!("nobody")),
        ("jti", Value::Null),
    ] {
        let claims = claim(&app.assertion_claims(), name, Some(value.clone()));
        assert_eq!(send(&app.assertion(&claims)), invalid, "{name} {value}");
    }
    let claims = app.assertion_claims();
    for header in [json!({ "alg": "none" }), json!({ "alg": "HS256" }), json!({ "alg": "ES256", "kid": "k2" })] {
        assert_eq!(send(&sign(&app.key, &header, &claims)), invalid, "{header}");
    }
    assert_eq!(send(&sign(&app.holder, &json!({ "alg": "ES256", "kid": "k1" }), &claims)), invalid, "another key");
    let right = app.assertion(&app.assertion_claims());
    assert_eq!(app.send("/connect/par", &app.asked(), &right, None).status, 201);
    assert_eq!(send(&right), invalid, "used twice");
    let secret = app.door.stranger().post_bare("/connect/par", &[("client_id", "app"), ("client_secret", "x")]);
    assert_eq!(error(&secret), invalid);
    let bare = app.door.stranger().with_header("authorization", "Basic YTpi").post_bare("/connect/token", &[]);
    assert_eq!(error(&bare), invalid);
}

#[test]
fn dpop_negative_tests() {
    let door = on_sqlite();
    let app = App::registered(&door, "app", AppState::Sandbox);
    let fields = app.exchange_fields(&app.sandbox_code());
    let send =
        |proof: Option<&str>| app.send("/connect/token", &fields, &app.assertion(&app.assertion_claims()), proof);
    let invalid = refused(400, "invalid_dpop_proof");
    assert_eq!(error(&send(None)), invalid);
    for (name, value) in [
        ("htm", json!("GET")),
        ("htu", json!(format!("{}/connect/par", issuer()))),
        ("iat", json!(app.now() + 61)),
        ("iat", json!(app.now() - 61)),
        ("jti", Value::Null),
    ] {
        let claims = claim(&app.proof_claims("POST", "/connect/token", None), name, Some(value.clone()));
        assert_eq!(error(&send(Some(&app.proof_of(&claims)))), invalid, "{name} {value}");
    }
    let without = claim(&app.proof_claims("POST", "/connect/token", None), "nonce", None);
    let asked = send(Some(&app.proof_of(&without)));
    assert_eq!(error(&asked), refused(400, "use_dpop_nonce"));
    assert!(asked.headers.contains_key("dpop-nonce"));
    let proof = app.proof("POST", "/connect/token", None);
    assert_eq!(send(Some(&proof)).status, 200);
    assert_eq!(error(&send(Some(&proof))), invalid, "replayed jti");
}

#[test]
fn access_tokens_are_sender_constrained() {
    let door = on_sqlite();
    let app = App::registered(&door, "app", AppState::Sandbox);
    let tokens = app.tokens(&app.sandbox_code());
    let access = text(&tokens, "access_token");
    let shown = format!("DPoP {access}");
    let path = "/api/v1/me/basics";
    let bearer = app.bare(path, &format!("Bearer {access}"), None);
    assert_eq!(error(&bearer), refused(401, "invalid_token"));
    assert!(bearer.headers["www-authenticate"].to_str().unwrap().starts_with("DPoP error=\"invalid_token\""));
    assert_eq!(error(&app.bare(path, &shown, None)), refused(401, "invalid_dpop_proof"));
    let without_hash = app.proof("GET", path, None);
    assert_eq!(error(&app.bare(path, &shown, Some(&without_hash))), refused(401, "invalid_dpop_proof"));
    let elsewhere = app.proof("GET", "/api/v1/me", Some(access));
    assert_eq!(error(&app.bare(path, &shown, Some(&elsewhere))), refused(401, "invalid_dpop_proof"));
    let thief = App::registered(&door, "thief", AppState::Sandbox);
    let stolen = thief.proof("GET", path, Some(access));
    assert_eq!(error(&app.bare(path, &shown, Some(&stolen))), refused(401, "invalid_token"));
    let proof = app.proof("GET", path, Some(access));
    assert_eq!(app.bare(path, &shown, Some(&proof)).status, 200);
    assert_eq!(error(&app.bare(path, &shown, Some(&proof))), refused(401, "invalid_dpop_proof"), "replayed");
    assert_eq!(app.bare("/api/v1/me/unheard-of", &shown, None).status, 404);
    door.database.clock.advance_seconds(300);
    assert_eq!(error(&app.fetch(path, access)), refused(401, "invalid_token"), "expired");
}

#[test]
fn scopes_that_were_not_granted_open_nothing() {
    let door = on_sqlite();
    let app = App::registered(&door, "app", AppState::Sandbox);
    let query = app.query(&but(&app.asked(), "scope", Some("openid")));
    let code = code_in(app.sandbox_answer(&query, "allow").location().unwrap());
    let access = app.tokens(&code)["access_token"].as_str().unwrap().to_owned();
    let answer = app.fetch("/api/v1/me/basics", &access);
    assert_eq!(error(&answer), refused(403, "insufficient_scope"));
    assert!(body(&app.fetch("/connect/userinfo", &access)).get("name").is_none());
}

#[test]
fn browsers_with_a_request_that_is_not_theirs_are_sent_nowhere() {
    let door = on_sqlite();
    let app = App::registered(&door, "app", AppState::Sandbox);
    let query = app.query(&app.asked());
    let get = |query: &str| door.stranger().get(&format!("/connect/authorize?{query}"));
    for wrong in [
        "client_id=app&response_type=code&redirect_uri=https%3A%2F%2Fevil.example%2F",
        "client_id=app&request_uri=urn%3Aietf%3Aparams%3Aoauth%3Arequest_uri%3Ax",
        "client_id=app&request_uri=https%3A%2F%2Fevil.example%2F",
        &query.replace("client_id=app", "client_id=other"),
        "",
    ] {
        let answer = get(wrong);
        assert_eq!((answer.status, answer.location()), (400, None), "{wrong}");
    }
    // Looking is not using; an answer is.
    assert_eq!((get(&query).status, get(&query).status), (200, 200));
    let page = get(&query);
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("form-action 'self' https://app.example;"), "{policy}");
    let no = app.sandbox_answer(&query, "deny");
    let issuer = issuer().replace(':', "%3A").replace('/', "%2F");
    assert_eq!(no.location().unwrap(), format!("{BACK}?error=access_denied&state=s1&iss={issuer}"));
    assert_eq!(app.sandbox_answer(&query, "allow").status, 400, "request_uri is used once");
    // Without a page nobody answers.
    let quiet = app.query(&but(&app.asked(), "prompt", Some("none")));
    assert!(get(&quiet).location().unwrap().starts_with(&format!("{BACK}?error=interaction_required&state=s1")));
    let late = app.query(&app.asked());
    door.database.clock.advance_seconds(300);
    assert_eq!(get(&late).status, 400, "expired");
}

#[test]
fn what_is_over_is_forgotten() {
    let door = on_sqlite();
    let app = App::registered(&door, "app", AppState::Sandbox);
    app.tokens(&app.sandbox_code());
    app.query(&app.asked());
    door.database.clock.advance_seconds(2 * 86_400);
    let now = door.app.seams.now();
    let swept = door.database.outside().write(move |tx| tools::data_apps::sweep(tx, now)).unwrap();
    assert!(swept > 6, "{swept}");
    let left: i64 = ["data_app_requests", "data_app_codes", "data_app_seen", "data_app_tokens"]
        .iter()
        .map(|table| {
            let sql: &'static str = match *table {
                "data_app_requests" => "SELECT COUNT(*) FROM data_app_requests",
                "data_app_codes" => "SELECT COUNT(*) FROM data_app_codes",
                "data_app_seen" => "SELECT COUNT(*) FROM data_app_seen",
                _ => "SELECT COUNT(*) FROM data_app_tokens",
            };
            let count = door.database.outside().read::<_, store::StoreError, _>(|tx| tx.query_one(sql, &[]));
            count.unwrap().unwrap().int(0).unwrap()
        })
        .sum();
    assert_eq!(left, 0);
}

#[test]
fn an_app_that_asks_too_often_waits_and_no_other_does() {
    let door = TestDoor::with(TestDatabase::on_sqlite(), |app| {
        app.limits = yakuba_web::limits::Limits::with(|class| {
            (class == yakuba_web::limits::Class::DataApp)
                .then_some(yakuba_web::limits::Rate { burst: 2, per_minute: 1 })
        });
    });
    let (app, other) =
        (App::registered(&door, "app", AppState::Sandbox), App::registered(&door, "other", AppState::Sandbox));
    assert_eq!((app.push(&app.asked()).status, app.push(&app.asked()).status), (201, 201));
    let waits = app.push(&app.asked());
    assert_eq!(waits.status, 429);
    assert!(waits.headers.contains_key("retry-after"));
    assert_eq!(other.push(&other.asked()).status, 201);
}
