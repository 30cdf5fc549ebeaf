use store::testing::for_each_engine;

use super::super::two_zones::TwoZones;
use super::*;

/// The inside said this address at `sent_at`.
fn told_address(house: &TwoZones, account: AccountId, sent_at: Timestamp) {
    let told = serde_json::json!({"address": {"postal_code": null, "municipality_code": "13101", "text": "一丁目1番"}});
    let content = told.to_string().into_bytes();
    let opened = Opened { message: house.database.seams.random_id(), account, sent_at, content };
    take_answer(&house.outside, &opened).unwrap();
}

fn asked(house: &TwoZones, account: AccountId) {
    let seams = house.database.seams.clone();
    house.outside.store.write::<_, StoreError, _>(move |tx| ask(tx, &seams, account, Record::Address)).unwrap();
}

#[test]
fn a_cut_takes_the_address_away_and_an_older_answer_does_not_bring_it_back() {
    for_each_engine(|database| {
        let house = TwoZones::new(database);
        let account = house.account();
        asked(&house, account);
        let first = house.database.seams.now();
        told_address(&house, account, first);
        assert!(address(&house.outside, account).unwrap().is_some());
        let at = first.plus_seconds(60);
        let cut = Opened { message: house.database.seams.random_id(), account, sent_at: at, content: b"null".to_vec() };
        crate::representatives::take_cut(&house.outside, &cut).unwrap();
        assert!(address(&house.outside, account).unwrap().is_none());
        told_address(&house, account, first.plus_seconds(30));
        assert!(address(&house.outside, account).unwrap().is_none(), "it was under way");
        told_address(&house, account, at.plus_seconds(60));
        assert!(address(&house.outside, account).unwrap().is_some(), "the protection is over");
    });
}

#[test]
fn each_topic_of_an_account_is_answered_a_few_times_an_hour() {
    for_each_engine(|database| {
        let house = TwoZones::new(database);
        let (account, other) = (house.account(), house.account());
        let may = |account: AccountId, topic: &'static str| {
            let seams = house.database.seams.clone();
            let counting = move |tx: &mut Tx<'_>| may_answer(tx, &seams, account, topic);
            house.inside.store.write::<_, StoreError, _>(counting).unwrap()
        };
        let answered = (0..AN_HOUR + 3).filter(|_| may(account, "address")).count();
        assert_eq!(answered as i64, AN_HOUR);
        assert!(may(account, "cards") && may(other, "address"), "each is counted for itself");
        house.database.clock.advance_seconds(3600);
        assert!(may(account, "address"));
    });
}
