//! A developer sends an app in, an officer decides, and both zones know.

use openid::jwt::TokenKey;
use serde_json::{Value, json};
use store::StoreError;
use store::testing::{TestDatabase, for_each_engine};
use tools::data_apps::{AppState, registry};
use tools::messages;
use tools::relay::Message;
use tools::staff::Role;
use yakuba_web::testing::{Answer, TestDoor};

use super::support::*;

fn send_in(door: &TestDoor, bend: &[(&'static str, &str)]) -> Answer {
    let keys = json!({ "keys": [TokenKey::generate("k1").unwrap().jwk()] }).to_string();
    let mut all = vec![
        ("name", "こそだて手帳"),
        ("organisation", "見本株式会社"),
        ("contact", "city@app.example"),
        ("policy", "https://app.example/privacy"),
        ("purpose_ja", "知らせます"),
        ("purpose_easy", "しらせます"),
        ("purpose_en", "Tells"),
        ("redirect_uris", BACK),
        ("keys", keys.as_str()),
        ("scopes", "openid"),
        ("scopes", "basics"),
    ];
    for (name, value) in bend {
        all.retain(|(one, _)| one != name);
        all.push((name, value));
    }
    door.stranger().post_bare("/developers/apps", &all)
}

/// Carries what waits in one outbox to the other zone, through the zones' own tables of kinds.
pub fn carry(from: &store::Store, to: &store::Store, seams: &base::Seams, kind: &'static str) {
    let messages: Vec<Message> = from
        .read::<_, StoreError, _>(|tx| {
            let rows = tx.query("SELECT id, body, at FROM relay_outbox WHERE kind = $1 ORDER BY at", &[kind.into()])?;
            rows.iter()
                .map(|row| {
                    Ok(Message {
                        sequence: 1,
                        id: row.id(0)?,
                        at: row.timestamp(2)?,
                        kind: kind.to_owned(),
                        body: row.blob(1)?.to_vec(),
                    })
                })
                .collect()
        })
        .unwrap();
    let seams = seams.clone();
    to.write::<_, StoreError, _>(move |tx| {
        for message in &messages {
            let done = match kind {
                registry::APPLIED => tools::data_apps::review::receive_applied(tx, message),
                registry::CHANGED => tools::data_apps::review::receive_changed(tx, message),
                _ => registry::receive_decided(tx, &seams, message),
            };
            done.unwrap();
        }
        Ok(())
    })
    .unwrap();
    let _ = (messages::to_inside(), messages::to_outside());
}

#[test]
fn an_app_is_sent_in_admitted_tried_and_ended() {
    for_each_engine(|database| {
        let door = TestDoor::open(database);
        let (inside, outside, seams) = (door.database.inside(), door.database.outside(), door.app.seams.clone());
        let sent = send_in(&door, &[]);
        let address = sent.location().unwrap_or_else(|| panic!("{}", sent.text())).to_owned();
        assert!(door.stranger().get(&address).text().contains("審査待ち"));
        carry(&outside, &inside, &seams, registry::APPLIED);
        let mut officer = door.staff(&[Role::CertificateOfficer]);
        let client_id = address.rsplit('/').next().unwrap().to_owned();
        assert!(officer.get("/staff/apps").text().contains("こそだて手帳"));
        let page = officer.get(&format!("/staff/apps/{client_id}"));
        assert!(page.text().contains(BACK) && page.text().contains("city@app.example"));
        let decide = format!("/staff/apps/{client_id}/decide");
        assert_eq!(officer.post(&decide, &[("state", "sandbox"), ("reason", "")]).status, 400, "a reason is needed");
        let mut second = door.staff(&[Role::CertificateOfficer]);
        for (state, word) in [("sandbox", "試験中"), ("live", "公開中"), ("suspended", "停止中"), ("revoked", "終了")]
        {
            if state == "live" {
                // What lets it at real people one proposes and another confirms.
                let proposed = officer.post(&decide, &[("state", state), ("reason", "試験を見ました")]);
                assert!(proposed.location().unwrap().contains("staff-done-app-proposed"));
                assert!(door.stranger().get(&address).text().contains("試験中"));
                assert!(second.get(&format!("/staff/apps/{client_id}")).text().contains("試験を見ました"));
                let alone = officer.post(&decide, &[("state", state), ("reason", "もう一度")]);
                assert!(alone.status == 403 && alone.text().contains("別の職員"), "{}", alone.text());
                let done = second.post(&decide, &[("state", state), ("reason", "確認済み")]);
                assert!(done.location().unwrap().contains("staff-done-app-decided"), "{}", done.text());
                carry(&inside, &outside, &seams, registry::DECIDED);
                assert!(door.stranger().get(&address).text().contains(word), "{state}");
                continue;
            }
            let done = officer.post(&decide, &[("state", state), ("reason", "確認済み")]);
            assert_eq!(done.status, 303, "{state}: {}", done.text());
            carry(&inside, &outside, &seams, registry::DECIDED);
            assert!(door.stranger().get(&address).text().contains(word), "{state}");
        }
        assert_eq!(officer.post(&decide, &[("state", "live"), ("reason", "x")]).status, 409, "ended for good");
    });
}

#[test]
fn what_is_wrong_with_a_registration_stands_beside_its_field() {
    let door = TestDoor::open(TestDatabase::on_sqlite());
    for (name, value, words) in [
        ("redirect_uris", "http://app.example/back", "戻り先は https"),
        ("keys", "{}", "公開鍵を読み取れません"),
        ("policy", "app.example", "https で始まる"),
        ("name", "1234-5678-9018", "個人番号のような"),
        ("scopes", "openid", "1つ以上選んで"),
        ("sector", "example.org", "このドメインの中に"),
    ] {
        let answer = send_in(&door, &[(name, value)]);
        assert_eq!(answer.status, 400, "{name}");
        assert!(answer.text().contains(words), "{name}: {}", answer.text());
    }
}

#[test]
fn a_suspended_app_is_told_so_and_an_ended_one_is_not_known() {
    let door = TestDoor::open(TestDatabase::on_sqlite());
    for (state, expected) in [
        (AppState::Suspended, (400, "unauthorized_client")),
        (AppState::Applied, (401, "invalid_client")),
        (AppState::Refused, (401, "invalid_client")),
        (AppState::Revoked, (401, "invalid_client")),
    ] {
        let app = App::registered(&door, state.word(), state);
        let (status, code) = error(&app.push(&app.asked()));
        assert_eq!((status, code.as_str()), expected, "{state:?}");
    }
}

#[test]
fn documents_for_programs_agree_with_each_other() {
    let door = TestDoor::open(TestDatabase::on_sqlite());
    let get = |path: &str| -> Value { body(&door.stranger().get(path)) };
    let (metadata, city, api) =
        (get("/.well-known/openid-configuration"), get("/.well-known/yakuba-city"), get("/api/v1/openapi.json"));
    assert_eq!(metadata["issuer"], city["issuer"]);
    assert_eq!(metadata["require_pushed_authorization_requests"], true);
    let scopes: Vec<&Value> = city["scopes"].as_array().unwrap().iter().map(|scope| &scope["scope"]).collect();
    assert_eq!(metadata["scopes_supported"].as_array().unwrap().iter().collect::<Vec<_>>(), scopes);
    for scope in city["scopes"].as_array().unwrap() {
        assert!(!text(scope, "ja").starts_with("apps-") && !text(scope, "en").starts_with("apps-"), "{scope}");
        if let Some(address) = scope["address"].as_str() {
            let path = address.strip_prefix(&issuer()).unwrap();
            assert!(api["paths"].get(path).is_some(), "{path}");
        }
    }
    let routes: Vec<String> = yakuba_web::Routes::all().entries().iter().map(|entry| entry.path.to_owned()).collect();
    for path in api["paths"].as_object().unwrap().keys() {
        let item = path.strip_prefix("/api/v1/me/").map_or_else(|| path.clone(), |_| "/api/v1/me/{item}".to_owned());
        assert!(routes.contains(&item), "{path} has no door");
    }
    let keys = get("/connect/jwks");
    assert_eq!(keys["keys"][0]["alg"], "ES256");
    assert!(keys["keys"][0].get("d").is_none());
    for page in ["/developers", "/developers/apps/new"] {
        for language in ["ja", "ja-easy", "en"] {
            let answer = door.stranger().get(&format!("{page}?lang={language}"));
            assert_eq!(answer.status, 200);
            assert!(!answer.text().contains("apps-"), "{page} in {language} lacks words: {}", answer.text());
        }
    }
}
