use openid::jwt::TokenKey;
use serde_json::json;
use store::testing::{TestDatabase, for_each_engine};

use super::*;
use crate::access::Actor;
use crate::relay::Message;

fn registration() -> Registration {
    let key = TokenKey::generate("k").unwrap().jwk();
    Registration {
        name: "こそだて手帳".into(),
        organisation: "見本株式会社".into(),
        contact: "city@app.example".into(),
        policy: "https://app.example/privacy".into(),
        redirect_uris: vec!["https://app.example/back".into()],
        keys: json!({ "keys": [key] }).to_string(),
        scopes: ["openid", "offline_access", "basics"].map(str::to_owned).into(),
        purpose: Words { japanese: "目的".into(), easy: "もくてき".into(), english: "Purpose".into() },
        sector: String::new(),
    }
}

#[test]
fn a_registration_says_which_field_is_wrong() {
    assert_eq!(registration().check(), Ok(()));
    type Bend = fn(&mut Registration);
    let bends: [(&str, Bend); 10] = [
        ("name", |said| said.name.clear()),
        ("name", |said| said.name = "123456789018".into()),
        ("contact", |said| said.contact = "somewhere".into()),
        ("policy", |said| said.policy = "http://app.example/".into()),
        ("redirect_uris", |said| said.redirect_uris = vec!["http://app.example/back".into()]),
        ("keys", |said| said.keys = "{}".into()),
        ("scopes", |said| said.scopes = vec!["openid".into()]),
        ("scopes", |said| said.scopes.push("everything".into())),
        ("sector", |said| said.sector = "other.example".into()),
        ("sector", |said| said.sector = "example".into()),
    ];
    for (field, bend) in bends {
        let mut said = registration();
        bend(&mut said);
        assert_eq!(said.check().unwrap_err().field, field);
    }
    let mut own = registration();
    own.sector = "app.example".into();
    assert_eq!(own.check(), Ok(()));
}

#[test]
fn what_a_person_agrees_to_changes_with_everything_they_read_and_not_with_a_new_key() {
    let before = registration();
    let mut after = before.clone();
    after.keys = registration().keys;
    after.contact = "new@app.example".into();
    assert_eq!(before.agreement("a"), after.agreement("a"));
    after.purpose.japanese.push('も');
    assert_ne!(before.agreement("a"), after.agreement("a"));
    assert_ne!(before.agreement("a"), before.agreement("b"));
}

/// The newest message of this kind that waits for the other zone.
fn message(tx: &mut store::Tx<'_>, kind: &'static str) -> Message {
    let sql = "SELECT id, body, at FROM relay_outbox WHERE kind = $1 ORDER BY at DESC, id DESC LIMIT 1";
    let row = tx.query_one(sql, &[kind.into()]).unwrap().expect("a message");
    Message {
        sequence: 1,
        id: row.id(0).unwrap(),
        kind: kind.to_owned(),
        body: row.blob(1).unwrap().to_vec(),
        at: row.timestamp(2).unwrap(),
    }
}

fn app(database: &TestDatabase, client_id: &str) -> DataApp {
    database.outside().read::<_, StoreError, _>(|tx| registry::find(tx, client_id)).unwrap().unwrap()
}

#[test]
fn an_app_goes_to_an_officer_and_their_word_comes_back_whatever_the_order() {
    for_each_engine(|database| {
        let (inside, outside) = (database.inside(), database.outside());
        let seams = database.seams.clone();
        let client_id =
            outside.write::<_, AppsError, _>(move |tx| registry::apply(tx, &seams, &registration())).unwrap();
        assert_eq!(app(&database, &client_id).state, AppState::Applied);
        assert!(app(&database, &client_id).client().is_none(), "nobody uses what nobody has looked at");
        let applied = outside.read::<_, StoreError, _>(|tx| Ok(message(tx, registry::APPLIED))).unwrap();
        let decide = |state: AppState| {
            let (seams, id) = (database.seams.clone(), client_id.clone());
            let by = Actor::Staff { account: seams.random_id() };
            inside.write(move |tx| review::decide(tx, &seams, &by, &id, review::Decision::State(state), "確認"))
        };
        inside
            .write::<_, StoreError, _>(move |tx| {
                review::receive_applied(tx, &applied).unwrap();
                // Again, as the relay may.
                review::receive_applied(tx, &applied).unwrap();
                Ok(())
            })
            .unwrap();
        assert_eq!(decide(AppState::Live).unwrap(), review::Became::Proposed, "a second officer confirms");
        assert_eq!(decide(AppState::Live).unwrap(), review::Became::Decided);
        assert!(matches!(decide(AppState::Refused), Err(AppsError::State)));
        let live = inside.read::<_, StoreError, _>(|tx| Ok(message(tx, registry::DECIDED))).unwrap();
        decide(AppState::Suspended).unwrap();
        let suspended = inside.read::<_, StoreError, _>(|tx| {
            let rows = tx.query("SELECT body FROM relay_outbox WHERE kind = 'data_app_decided'", &[])?;
            let body = rows.iter().filter_map(|row| row.blob(0).ok()).find(|body| *body != live.body.as_slice());
            Ok(Message { body: body.unwrap().to_vec(), ..live.clone() })
        });
        let (suspended, seams) = (suspended.unwrap(), database.seams.clone());
        outside
            .write::<_, StoreError, _>(move |tx| {
                registry::receive_decided(tx, &seams, &suspended).unwrap();
                registry::receive_decided(tx, &seams, &live).unwrap();
                Ok(())
            })
            .unwrap();
        assert_eq!(app(&database, &client_id).state, AppState::Suspended);
        assert!(app(&database, &client_id).client().unwrap().is_suspended);
    });
}

#[test]
fn every_word_of_a_state_reads_back_and_an_ended_one_stays_ended() {
    for state in AppState::ALL {
        assert_eq!(AppState::from_word(state.word()), *state);
    }
    assert!(AppState::Revoked.next().is_empty() && AppState::Refused.next().is_empty());
    assert_eq!(AppState::from_word("new"), AppState::Suspended);
}

fn zone(database: &TestDatabase) -> crate::Outside {
    crate::Outside {
        seams: database.seams.clone(),
        store: database.outside(),
        vault: database.outside_vault(),
        profile: std::sync::Arc::new(crate::CityProfile::demo("http://localhost")),
    }
}

#[test]
fn a_key_is_published_before_it_signs_and_what_the_one_before_signed_goes_on_verifying() {
    for_each_engine(|database| {
        let outside = zone(&database);
        let signed = |claims: serde_json::Value| keys::open(&outside).unwrap().0.sign(&claims).unwrap();
        let published = || {
            let provider = open_provider(&outside).unwrap();
            let all = provider.keys()["keys"].as_array().unwrap().clone();
            all.into_iter().map(|key| serde_json::from_value(key).unwrap()).collect::<Vec<openid::jwt::Jwk>>()
        };
        let old = signed(json!({ "n": 1 }));
        assert_eq!(published().len(), 1);
        let now = database.seams.now();
        let (next, from) = keys::prepare(&outside, &Actor::System { job: "test" }, now).unwrap();
        assert_eq!(from, now.plus_seconds(keys::PUBLISHED_SECONDS), "never before apps can have heard of it");
        let both = published();
        assert_eq!(both.len(), 2);
        assert_ne!(both[0].kid, next, "the one before signs on");
        // Another one takes the place of what nobody has used.
        let (next, _) = keys::prepare(&outside, &Actor::System { job: "test" }, now).unwrap();
        assert_eq!(published().len(), 2);
        let version = || outside.store.read::<_, StoreError, _>(|tx| keys::version(tx, outside.seams.now())).unwrap();
        let before = version();
        database.clock.advance_seconds(keys::PUBLISHED_SECONDS);
        assert_ne!(version(), before, "a process notices");
        let both = published();
        assert_eq!((both.len(), &both[0].kid), (2, &next));
        let new = signed(json!({ "n": 2 }));
        for token in [&old, &new] {
            openid::jwt::verify(token, &both).unwrap();
        }
        let private = outside.store.read::<_, StoreError, _>(|tx| {
            Ok(tx.query("SELECT kid FROM data_app_keys WHERE sealed IS NOT NULL", &[])?.len())
        });
        assert_eq!(private.unwrap(), 1, "the private half of the one before is gone");
        database.clock.advance_seconds(keys::KEPT_SECONDS);
        let last = published();
        assert_eq!(last.len(), 1);
        assert!(openid::jwt::verify(&old, &last).is_err() && openid::jwt::verify(&new, &last).is_ok());
    });
}

#[test]
fn a_city_that_had_a_key_before_there_was_a_list_of_them_keeps_it() {
    let database = TestDatabase::on_sqlite();
    let outside = zone(&database);
    let der = TokenKey::generate("").unwrap().to_pkcs8().unwrap();
    secrets::secret(&outside, "id_token_key", &der).unwrap();
    let (key, others) = keys::open(&outside).unwrap();
    assert!(others.is_empty());
    assert_eq!(key.jwk().x, TokenKey::from_pkcs8(&der, "").unwrap().jwk().x);
    assert_eq!(keys::open(&outside).unwrap().0.jwk(), key.jwk());
}

#[test]
fn the_words_a_person_agrees_to_name_every_item_in_three_languages() {
    let mut said = registration();
    said.scopes = items::scopes();
    let agreement = agreement::of("a", &said);
    assert!(is_agreement(&agreement.id));
    assert_eq!(agreement.items.len(), said.scopes.len());
    for item in &agreement.items {
        for words in [&item.name.ja, &item.name.easy, &item.name.en] {
            assert!(!words.is_empty() && !words.starts_with("apps-"), "{}", item.code);
        }
    }
    let sensitive: Vec<&str> =
        agreement.items.iter().filter(|item| item.is_sensitive).map(|item| item.code.as_str()).collect();
    assert_eq!(sensitive, ["letters", "disclosures"]);
    // Nobody is asked anew because somebody else answers the city's mail, or for a new key.
    let mut other = said.clone();
    other.contact = "new@app.example".into();
    other.keys = registration().keys;
    assert_eq!(agreement::of("a", &other), agreement);
    other.scopes.pop();
    assert_ne!(agreement::of("a", &other), agreement);
}
