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
            inside.write(move |tx| review::decide(tx, &seams, &by, &id, state, "確認"))
        };
        inside
            .write::<_, StoreError, _>(move |tx| {
                review::receive_applied(tx, &applied).unwrap();
                // Again, as the relay may.
                review::receive_applied(tx, &applied).unwrap();
                Ok(())
            })
            .unwrap();
        decide(AppState::Live).unwrap();
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
