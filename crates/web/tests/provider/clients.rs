//! Certified clients that nobody here wrote. Each conversation runs first against a certified provider (npm
//! `oidc-provider`), which proves the conversation, and then against ours.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use data_encoding::BASE64;
use serde_json::{Value, json};
use store::testing::TestDatabase;
use tools::data_apps::AppState;
use yakuba_web::testing::TestDoor;

use super::support::App;

fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../e2e/clients")
}

/// A program of `scripts/setup test`: beside the build, or on the path.
fn tool(name: &str) -> PathBuf {
    let beside = std::env::current_exe().unwrap().ancestors().nth(3).unwrap().join("tools/bin").join(name);
    if beside.is_file() { beside } else { name.into() }
}

fn started(command: &mut Command) -> Child {
    let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    child.expect("scripts/setup test installs the programs for second opinions")
}

fn says(command: &mut Command, order: &Value) -> Value {
    let mut child = started(command);
    child.stdin.take().unwrap().write_all(order.to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    // The reference provider talks before: what is said last counts.
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    serde_json::from_str(said.trim_end().lines().last().unwrap_or_default()).unwrap_or_else(|_| panic!("{said}"))
}

/// A city on a real port, by the real clock, with an app in its sandbox; and what a client must know.
fn with_city(talk: impl FnOnce(&Value)) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("127.0.0.1:{}", listener.local_addr().unwrap().port());
    let issuer = format!("http://{address}");
    let door = TestDoor::with(TestDatabase::on_sqlite(), |app| {
        let outside = app.outside.clone().unwrap();
        let profile = tools::CityProfile { public_address: issuer.clone(), ..(*outside.profile).clone() };
        let seams = base::Seams::system();
        app.outside = Some(std::sync::Arc::new(tools::Outside {
            seams: seams.clone(),
            profile: profile.into(),
            ..(*outside).clone()
        }));
        app.seams = seams;
        app.settings.hosts.push(address.clone());
    });
    door.serve(listener);
    let app = App::registered(&door, "app", AppState::Sandbox);
    let key = BASE64.encode(&app.key.to_pkcs8().unwrap());
    let order = json!({
        "issuer": issuer, "client_id": "app", "redirect_uri": super::support::BACK, "kid": "k1", "key": key,
    });
    talk(&order);
}

#[test]
fn openid_client_talks_with_us_as_with_a_certified_provider() {
    with_city(|order| {
        let said = says(Command::new(tool("node")).arg(scripts().join("openid_client.mjs")), order);
        assert_eq!(said["ours"], said["reference"], "{said}");
        assert_eq!(
            said["ours"],
            json!({
                "type": "dpop", "scope": "openid offline_access basics", "same_person": true, "new_access_token": true,
                "ended": "invalid_grant",
            })
        );
        assert_eq!(said["after_end"], "invalid_token", "a refresh token that is given back ends what came of it");
    });
}

#[test]
fn what_oauth4webapi_is_refused_by_a_certified_provider_it_is_refused_by_us() {
    with_city(|order| {
        let said = says(Command::new(tool("node")).arg(scripts().join("oauth4webapi.mjs")), order);
        let expected = [
            ("attempt-reuse-authorization-code", json!("invalid_grant")),
            ("incorrect-pkce-code-verifier-rejected", json!("invalid_grant")),
            ("ensure-request-without-code-challenge-fails", json!("invalid_request")),
            ("ensure-pkce-method-plain-is-rejected", json!("invalid_request")),
            ("ensure-redirect-uri-in-token-request-is-the-pushed-one", json!("invalid_grant")),
            ("par-attempt-invalid-redirect-uri", json!(true)),
            ("par-attempt-invalid-http-method", json!(true)),
            ("ensure-response-type-token-fails", json!(true)),
            ("client-assertion-with-wrong-aud-rejected", json!("invalid_client")),
            ("client-assertion-with-expired-exp-rejected", json!("invalid_client")),
            ("client-assertion-with-wrong-iss-rejected", json!("invalid_client")),
            ("client-assertion-is-used-once", json!("invalid_client")),
            ("client-assertion-with-alg-none-rejected", json!("invalid_client")),
            ("ensure-client-without-authentication-fails", json!("invalid_client")),
            ("par-attempt-reuse-request-uri", json!(true)),
            ("ensure-unsigned-authorization-request-without-using-par-fails", json!(true)),
            ("ensure-dpop-auth-code-binding", json!("invalid_grant")),
            ("access-token-is-sender-constrained", json!(401)),
        ];
        assert_eq!(said.as_object().unwrap().len(), expected.len());
        for (name, refused) in expected {
            assert_eq!(said[name], json!([refused, refused]), "{name}: [reference, ours]");
        }
    });
}

#[test]
fn authlib_talks_with_us_as_with_a_certified_provider() {
    with_city(|order| {
        let mut order = order.clone();
        let key =
            openid::jwt::TokenKey::from_pkcs8(&BASE64.decode(order["key"].as_str().unwrap().as_bytes()).unwrap(), "k1");
        let client = json!({
            "client_id": order["client_id"], "redirect_uri": order["redirect_uri"], "jwk": key.unwrap().jwk(),
        });
        let mut reference = started(Command::new(tool("node")).arg(scripts().join("reference.mjs")));
        let mut input = reference.stdin.take().unwrap();
        writeln!(input, "{client}").unwrap();
        let mut lines = BufReader::new(reference.stdout.take().unwrap()).lines();
        let line = lines.next().unwrap().unwrap();
        // What else it says is read away: a closed pipe would stop it.
        std::thread::spawn(move || lines.for_each(drop));
        let told: Value = serde_json::from_str(&line).expect("the reference starts");
        order["reference"] = told["issuer"].clone();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/provider/authlib_client.py");
        let said = says(Command::new(tool("python-of-tests")).arg(script), &order);
        drop(input);
        reference.wait().unwrap();
        assert_eq!(said["ours"], said["reference"], "{said}");
        assert_eq!(said["ours"]["scope"], "openid offline_access basics");
        assert_eq!(said["ours"]["reused_code"], "invalid_grant");
    });
}
