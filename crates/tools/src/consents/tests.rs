//! Consents: given by the person with the card, to the words they saw, and over when they say so.

use std::collections::BTreeMap;

use store::testing::for_each_engine;

use super::*;
use crate::portal::two_zones::TwoZones;

fn words(text: &str) -> Words {
    Words { ja: text.to_owned(), easy: text.to_owned(), en: text.to_owned() }
}

fn agreement() -> Agreement {
    let item = |code: &str, is_sensitive| SharedItem { code: code.to_owned(), name: words(code), is_sensitive };
    Agreement {
        id: "app-clinic".to_owned(),
        name: words("健診の予約"),
        purpose: words("健診の予約に使います"),
        recipient: Party {
            id: "clinic".to_owned(),
            name: "見本診療所".to_owned(),
            address: "見本市中央1-1".to_owned(),
            contact: "000-000-0000".to_owned(),
            kind: "recipient".to_owned(),
        },
        items: vec![item("name", false), item("health_check", true)],
        lawful_basis: "個人情報の保護に関する法律 第69条第2項第1号(本人の同意)".to_owned(),
        retention: words("1年"),
        storage: "JP".to_owned(),
        jurisdiction: "JP".to_owned(),
        privacy_notice: "https://clinic.example/privacy".to_owned(),
        days: 365,
    }
}

struct Desk(TwoZones);

impl Desk {
    fn publish(&self, agreement: &Agreement) -> Result<Revision, ConsentError> {
        let (seams, agreement) = (self.0.database.seams.clone(), agreement.clone());
        let actor = Actor::System { job: "test" };
        self.0.outside.store.write(move |tx| publish(tx, &seams, &actor, &agreement))
    }

    fn give(&self, session: &Session, hash: &str) -> Result<Id, ConsentError> {
        let (seams, session, hash) = (self.0.database.seams.clone(), session.clone(), hash.to_owned());
        self.0.outside.store.write(move |tx| give(tx, &seams, &session, "app-clinic", &hash, "ja"))
    }

    fn withdraw(&self, account: AccountId, id: Id) -> bool {
        let seams = self.0.database.seams.clone();
        self.0.outside.store.write(move |tx| withdraw(tx, &seams, account, id, "en")).unwrap()
    }

    fn given(&self, account: AccountId) -> Option<ConsentGiven> {
        let now = self.0.database.seams.now();
        self.0.outside.store.read(|tx| given(tx, now, account, "app-clinic")).unwrap()
    }

    fn list(&self, account: AccountId) -> Vec<(Consent, Revision)> {
        let now = self.0.database.seams.now();
        self.0.outside.store.read(|tx| list(tx, now, account)).unwrap()
    }
}

#[test]
fn a_consent_lets_out_what_it_names_and_ends_with_withdrawal_time_and_new_words() {
    for_each_engine(|database| {
        let desk = Desk(TwoZones::new(database));
        let account = desk.0.account();
        let session = desk.0.session(account, Assurance::High);
        let first = desk.publish(&agreement()).unwrap();
        assert!(desk.given(account).is_none());
        let id = desk.give(&session, &first.hash).unwrap();
        assert_eq!(desk.give(&session, &first.hash).unwrap(), id, "twice is once");

        let witness = desk.given(account).unwrap();
        let all = BTreeMap::from([("name".to_owned(), 1), ("tax".to_owned(), 2)]);
        assert_eq!(witness.share(all).values().keys().collect::<Vec<_>>(), ["name"], "what it does not name stays");
        assert!(desk.given(desk.0.account()).is_none(), "another person's is not theirs");

        assert!(!desk.withdraw(desk.0.account(), id), "nobody withdraws another's");
        assert!(desk.withdraw(account, id) && !desk.withdraw(account, id));
        assert!(desk.given(account).is_none());

        desk.0.database.clock.advance_seconds(60);
        desk.give(&session, &first.hash).unwrap();
        let mut changed = agreement();
        changed.purpose = words("広告にも使います");
        let second = desk.publish(&changed).unwrap();
        assert_eq!((second.number, second.predecessor.as_deref()), (2, Some(first.hash.as_str())));
        assert!(desk.given(account).is_none(), "the person agreed to other words");
        assert_eq!(desk.list(account)[0].0.state, ConsentState::Outdated);
        assert!(matches!(desk.give(&session, &first.hash), Err(ConsentError::Changed)));
        desk.0.database.clock.advance_seconds(60);
        desk.give(&session, &second.hash).unwrap();
        assert!(desk.given(account).is_some());

        desk.0.database.clock.advance_seconds(365 * 86_400);
        assert!(desk.given(account).is_none(), "its time is over");
        assert_eq!(desk.list(account)[0].0.state, ConsentState::Lapsed);
    });
}

#[test]
fn only_the_person_with_the_card_consents() {
    for_each_engine(|database| {
        let desk = Desk(TwoZones::new(database));
        let hash = desk.publish(&agreement()).unwrap().hash;
        let account = desk.0.account();
        let known = desk.0.session(account, Assurance::Substantial);
        assert!(matches!(desk.give(&known, &hash), Err(ConsentError::NeedsCard)));
        let mut acting = desk.0.session(account, Assurance::High);
        acting.acting_for = Some((desk.0.account(), "x".to_owned()));
        assert!(matches!(desk.give(&acting, &hash), Err(ConsentError::ForAnother)));
    });
}

#[test]
fn an_agreement_that_was_changed_in_the_database_is_not_read_and_lets_nothing_out() {
    for_each_engine(|database| {
        let desk = Desk(TwoZones::new(database));
        let hash = desk.publish(&agreement()).unwrap().hash;
        let account = desk.0.account();
        desk.give(&desk.0.session(account, Assurance::High), &hash).unwrap();
        desk.0
            .outside
            .store
            .write::<_, StoreError, _>(|tx| {
                tx.execute("UPDATE agreement_revisions SET snapshot = REPLACE(snapshot, '1年', '9年')", &[])
            })
            .unwrap();
        let now = desk.0.database.seams.now();
        let read = desk.0.outside.store.read(|tx| given(tx, now, account, "app-clinic"));
        assert!(matches!(read, Err(ConsentError::Unreadable)), "{read:?}");
    });
}

#[test]
fn a_receipt_has_every_field_the_technical_specification_demands() {
    for_each_engine(|database| {
        let desk = Desk(TwoZones::new(database));
        let hash = desk.publish(&agreement()).unwrap().hash;
        let account = desk.0.account();
        let id = desk.give(&desk.0.session(account, Assurance::High), &hash).unwrap();
        desk.withdraw(account, id);
        let (consent, revision) = desk.list(account).remove(0);
        let events = desk.0.outside.store.read(|tx| events(tx, id)).unwrap();
        let made = receipt(&desk.0.outside.profile, &consent, &revision, &events);
        for field in ["schema_version", "record_id", "receipt_id", "pii_principal_id"] {
            assert!(made[field].is_string(), "{field}");
        }
        let processing = &made["pii_processing"]["purposes"][0];
        for field in [
            "purpose",
            "lawful_basis",
            "pii_information",
            "pii_controllers",
            "storage_locations",
            "retention_period",
            "jurisdiction",
            "recipient_third_parties",
            "withdrawal_method",
        ] {
            assert!(!processing[field].is_null(), "{field}");
        }
        for party in made["party_identification"].as_array().unwrap() {
            for field in ["party_id", "party_name", "party_address", "party_contact", "party_type"] {
                assert!(party[field].as_str().is_some_and(|text| !text.is_empty()), "{field}");
            }
        }
        let states: Vec<_> =
            made["events"].as_array().unwrap().iter().map(|event| event["event_state"].clone()).collect();
        assert_eq!(states, ["given", "withdrawn"]);
        assert_eq!(made["state"], "withdrawn");
    });
}
