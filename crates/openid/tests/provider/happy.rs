//! What must work.

use openid::jwt::{Jwk, verify};
use openid::provider::*;
use serde_json::Value;

use super::support::*;

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

/// From push to data and to the end, with keys of each kind.
#[test]
fn an_app_of_each_kind_of_key_gets_what_the_person_granted_until_they_withdraw() {
    for (key, holder) in
        [(AppKey::es256(), AppKey::ps256()), (AppKey::ps256(), AppKey::ed25519()), (AppKey::ed25519(), AppKey::es256())]
    {
        let scene = Scene::with(key, holder);
        let request_uri = scene.push(&scene.asked(), &[&scene.proof("POST", "/connect/par", None)]).unwrap();
        let request = scene.open("app", &request_uri).unwrap();
        assert_eq!(request.levels, ["card"]);
        assert_eq!(request.key, Some(scene.holder.thumbprint()));
        let (location, code) = scene.allow(&request_uri).unwrap();
        assert_eq!(location, format!("{BACK}?code={code}&state=s+%261&iss=https%3A%2F%2Fcity.example"));

        let tokens = scene.tokens(&scene.exchange_fields(&code)).unwrap();
        assert_eq!((text(&tokens, "token_type"), text(&tokens, "scope")), ("DPoP", "openid offline_access basics"));
        let keys: Vec<Jwk> = serde_json::from_value(scene.provider.keys()["keys"].clone()).unwrap();
        let claims = Value::Object(verify(text(&tokens, "id_token"), &keys).unwrap());
        assert_eq!((text(&claims, "iss"), text(&claims, "aud"), text(&claims, "nonce")), (ISSUER, "app", "n1"));
        assert_eq!((text(&claims, "acr"), claims["auth_time"].as_i64()), ("card", Some(START)));
        assert_eq!(text(&claims, "sub"), scene.provider.subject("app.example", b"account-1"));

        let access = text(&tokens, "access_token").to_owned();
        let shown = format!("DPoP {access}");
        let got = scene.fetch(&[&shown], &[&scene.proof("GET", "/api/v1/me", Some(&access))]).unwrap();
        assert_eq!(got.authority.account, "account-1");
        assert_eq!(got.need("mailbox"), Err(Refusal::ScopeMissing));

        // The refresh token stays the same, and may ask for less.
        let refresh = vec![
            ("grant_type", "refresh_token".to_owned()),
            ("refresh_token", text(&tokens, "refresh_token").to_owned()),
        ];
        let again = scene.tokens(&refresh).unwrap();
        assert!(again.get("refresh_token").is_none());
        assert_ne!(again["access_token"], tokens["access_token"]);
        let less = scene.tokens(&but(&refresh, "scope", Some("openid"))).unwrap();
        assert_eq!(text(&less, "scope"), "openid");
        assert_eq!(scene.tokens(&but(&refresh, "scope", Some("openid mailbox"))), Err(Refusal::ScopeWider));
        assert_eq!(
            scene.tokens(&refresh).map(|again| text(&again, "scope").to_owned()).unwrap(),
            text(&tokens, "scope")
        );
        // Until the consent ends; what is issued shortly before ends with it.
        scene.clock.set(base::Timestamp::from_seconds(START + 990));
        assert_eq!(scene.tokens(&refresh).unwrap()["expires_in"], 10);
        scene.clock.advance_seconds(10);
        assert_eq!(scene.tokens(&refresh), Err(Refusal::RefreshEnded));
    }
}

#[test]
fn without_openid_there_is_no_id_token_and_without_offline_access_no_refresh_token() {
    let scene = Scene::new();
    let request_uri = scene.push(&but(&scene.asked(), "scope", Some("basics basics")), &[]).unwrap();
    let (_, code) = scene.allow(&request_uri).unwrap();
    let tokens = scene.tokens(&scene.exchange_fields(&code)).unwrap();
    assert_eq!(text(&tokens, "scope"), "basics");
    assert!(tokens.get("id_token").is_none() && tokens.get("refresh_token").is_none());
}

#[test]
fn a_no_reaches_the_app_with_its_state_and_who_says_it() {
    let scene = Scene::new();
    let asked = but(&scene.asked(), "state", None);
    let request = scene.open("app", &scene.push(&asked, &[]).unwrap()).unwrap();
    assert_eq!(
        scene.provider.refuse(&request, ErrorCode::AccessDenied),
        format!("{BACK}?error=access_denied&iss=https%3A%2F%2Fcity.example")
    );
}

#[test]
fn a_person_never_grants_more_than_was_asked() {
    let scene = Scene::new();
    let request = scene.open("app", &scene.push(&scene.asked(), &[]).unwrap()).unwrap();
    let mut authority = scene.authority(&request);
    authority.scopes.push("mailbox".into());
    assert_eq!(scene.provider.allow(&request, authority).record.authority.scopes, request.scopes);
}

#[test]
fn a_nonce_of_sixty_four_characters_is_taken_and_comes_back() {
    let scene = Scene::new();
    let nonce = "n".repeat(64);
    let request_uri = scene.push(&but(&scene.asked(), "nonce", Some(&nonce)), &[]).unwrap();
    assert_eq!(scene.open("app", &request_uri).unwrap().nonce, Some(nonce));
}

#[test]
fn a_clock_ten_seconds_ahead_is_taken() {
    let scene = Scene::new();
    let code = scene.code();
    let ahead = scene.now() + 10;
    for name in ["iat", "nbf"] {
        let claims = claim(&scene.assertion_claims(), name, Some(ahead.into()));
        let form = scene.form(&[], &scene.assertion(&claims)).unwrap();
        assert!(scene.authenticate(&form).is_ok(), "{name}");
    }
    let claims = claim(&scene.proof_claims("POST", "/connect/token", None), "iat", Some(ahead.into()));
    let proof = scene.holder.sign(&scene.proof_header(), &claims);
    assert!(scene.exchange(&scene.exchange_fields(&code), &[&proof]).is_ok());
}

#[test]
fn what_stands_beside_the_two_parameters_of_a_browser_is_not_looked_at() {
    let scene = Scene::new();
    let request_uri = scene.push(&scene.asked(), &[]).unwrap();
    let beside = [
        ("client_id", "app"),
        ("request_uri", request_uri.as_str()),
        ("redirect_uri", "https://evil.example/"),
        ("state", "other"),
        ("scope", "mailbox"),
    ];
    let query = serde_urlencoded::to_string(beside).unwrap();
    let asked = Asked::read(&Parameters::read(query.as_bytes()).unwrap()).unwrap();
    let found = scene.kept.borrow().pushed.get(&asked.digest).cloned();
    let request = scene.provider.open(&asked, found, Some(&scene.client)).unwrap();
    assert_eq!((request.redirect_uri.as_str(), request.state.as_deref()), (BACK, Some("s &1")));
    assert_eq!(request.scopes, ["openid", "offline_access", "basics"]);
}

#[test]
fn a_subject_is_the_same_in_its_sector_and_unlike_in_another() {
    let scene = Scene::new();
    let subject = |sector: &str, account: &[u8]| scene.provider.subject(sector, account);
    assert_eq!(subject("a", b"1"), subject("a", b"1"));
    let all = [subject("a", b"1"), subject("b", b"1"), subject("a", b"2"), subject("a1", b""), subject("", b"a1")];
    let unlike: std::collections::HashSet<_> = all.iter().collect();
    assert_eq!(unlike.len(), all.len());
    assert!(all.iter().all(|one| one.len() == 43));
}

#[test]
fn a_token_that_is_given_back_ends_what_it_should_and_only_for_its_own_client() {
    let scene = Scene::new();
    let tokens = scene.tokens(&scene.exchange_fields(&scene.code())).unwrap();
    let kept = scene.kept.borrow();
    let access = kept.access.get(&Digest::of(text(&tokens, "access_token")));
    let refresh = kept.refresh.get(&Digest::of(text(&tokens, "refresh_token")));
    let once = scene.provider.authenticate(
        Presented::read(&scene.form(&[], &scene.assertion(&scene.assertion_claims())).unwrap(), false).unwrap(),
        &scene.client,
    );
    let own = once.unwrap();
    let other = Authenticated { client_id: "other".into(), ..own.clone() };
    assert_eq!(ends(&own, access, None), Ends::Access);
    assert_eq!(ends(&own, None, refresh), Ends::Grant("grant-1"));
    assert_eq!(ends(&own, None, None), Ends::Nothing);
    assert_eq!(ends(&other, access, refresh), Ends::Nothing);
}

#[test]
fn the_metadata_say_what_the_profile_is() {
    let said = Scene::new().provider.metadata();
    assert_eq!(said["issuer"], ISSUER);
    assert_eq!(said["pushed_authorization_request_endpoint"], "https://city.example/connect/par");
    for (name, only) in [
        ("response_types_supported", "code"),
        ("code_challenge_methods_supported", "S256"),
        ("token_endpoint_auth_methods_supported", "private_key_jwt"),
        ("subject_types_supported", "pairwise"),
        ("id_token_signing_alg_values_supported", "ES256"),
    ] {
        assert_eq!(said[name], serde_json::json!([only]), "{name}");
    }
    for name in ["require_pushed_authorization_requests", "authorization_response_iss_parameter_supported"] {
        assert_eq!(said[name], true, "{name}");
    }
    assert!(!said.to_string().contains("none\"") || said["prompt_values_supported"][0] == "none");
}

#[test]
fn an_issuer_is_an_origin_over_https_or_on_loopback() {
    let (seams, _) = base::Seams::simulated(base::Timestamp::from_seconds(START), 1);
    let is_good = |issuer: &str| provider(issuer, seams.clone()).is_ok();
    for good in ["https://city.example", "https://city.example:8443", "http://127.0.0.1:8080", "http://localhost:1"] {
        assert!(is_good(good), "{good}");
    }
    for bad in
        ["http://city.example", "https://city.example/", "https://city.example/a", "https://City.example", "x", ""]
    {
        assert!(!is_good(bad), "{bad}");
    }
}
