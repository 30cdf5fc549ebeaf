//! A record of a person's own outside: asked once, told, changed, wished for, forgotten.

use store::testing::for_each_engine;

use super::super::two_zones::TwoZones;
use super::*;

const WORDS: Asked<Vec<String>> = Asked::new("test", "test_question", 30);
const OTHERS: Asked<Vec<String>> = Asked::new("others", "other_question", 30);

fn ask(house: &TwoZones, account: AccountId) {
    let seams = house.database.seams.clone();
    house.outside.store.write::<_, StoreError, _>(move |tx| WORDS.ask(tx, &seams, account)).unwrap();
}

fn said(house: &TwoZones, account: AccountId, word: &str, sent_at: Timestamp) -> Opened {
    let content = serde_json::json!([word]).to_string().into_bytes();
    Opened { message: house.database.seams.random_id(), account, sent_at, content }
}

fn unsent(house: &TwoZones) -> usize {
    WORDS.send_questions(&house.outside, &house.to_inside, &()).unwrap()
}

fn wish(house: &TwoZones, account: AccountId, how: (Before, Allowed)) -> bool {
    WORDS.send_wish(&house.outside, &house.to_inside, account, ("test_wish", &"this".to_owned()), how).unwrap()
}

#[test]
fn it_is_asked_once_while_it_is_fresh_and_is_gone_after_a_day() {
    for_each_engine(|database| {
        let house = TwoZones::new(database);
        let (account, clock) = (house.account(), house.database.clock.clone());
        let now = || house.database.seams.now();
        WORDS.take_answer(&house.outside, &said(&house, account, "unasked", now())).unwrap();
        assert_eq!(WORDS.standing(&house.outside, account).unwrap(), Standing::Unknown, "nobody asked");
        ask(&house, account);
        ask(&house, account);
        assert_eq!((unsent(&house), unsent(&house)), (1, 0));
        let at = now();
        WORDS.take_answer(&house.outside, &said(&house, account, "one", at)).unwrap();
        let one = Standing::Told(vec!["one".to_owned()], at);
        assert_eq!(WORDS.standing(&house.outside, account).unwrap(), one);
        assert_eq!(OTHERS.standing(&house.outside, account).unwrap(), Standing::Unknown, "each kind for itself");
        WORDS.take_answer(&house.outside, &said(&house, account, "older", at.plus_seconds(-1))).unwrap();
        assert_eq!(WORDS.standing(&house.outside, account).unwrap(), one);
        ask(&house, account);
        assert_eq!(unsent(&house), 0, "it is fresh");
        clock.advance_seconds(31);
        ask(&house, account);
        assert_eq!((unsent(&house), WORDS.standing(&house.outside, account).unwrap()), (1, one), "readable meanwhile");
        clock.advance_seconds(KEPT + 1);
        let later = now();
        house.outside.store.write::<_, StoreError, _>(move |tx| sweep(tx, later)).unwrap();
        assert_eq!(WORDS.standing(&house.outside, account).unwrap(), Standing::Unknown);
    });
}

#[test]
fn what_changed_by_itself_is_put_into_what_was_told_and_into_nothing_else() {
    let house = TwoZones::new(store::testing::TestDatabase::on_sqlite());
    let (account, now) = (house.account(), house.database.seams.now());
    let change = |word: &'static str, at: i64| {
        let opened = said(&house, account, word, now.plus_seconds(at));
        WORDS.amend(&house.outside, &opened, |told| told.push(word.to_owned())).unwrap();
        WORDS.told(&house.outside, account).unwrap().map(|(told, _)| told.join(" "))
    };
    ask(&house, account);
    assert_eq!(change("before", 0), None);
    WORDS.take_answer(&house.outside, &said(&house, account, "one", now.plus_seconds(10))).unwrap();
    assert_eq!(change("older", 5).as_deref(), Some("one"));
    assert_eq!(change("newer", 20).as_deref(), Some("one newer"));
    assert!(wish(&house, account, (Before::Forgotten, Allowed::AnHour)));
    assert_eq!(change("meanwhile", 30), None, "the answer to the wish brings it");
}

#[test]
fn a_wish_waits_for_its_answer_and_is_counted_by_the_hour() {
    for_each_engine(|database| {
        let house = TwoZones::new(database);
        let account = house.account();
        let now = house.database.seams.now();
        assert!(wish(&house, account, (Before::Forgotten, Allowed::AnHour)));
        assert_eq!(WORDS.standing(&house.outside, account).unwrap(), Standing::Wished);
        WORDS.take_answer(&house.outside, &said(&house, account, "one", now)).unwrap();
        for _ in 1..AN_HOUR {
            assert!(wish(&house, account, (Before::Stays, Allowed::AnHour)));
        }
        assert!(!wish(&house, account, (Before::Forgotten, Allowed::AnHour)), "not in this hour");
        assert!(WORDS.told(&house.outside, account).unwrap().is_some(), "and nothing was forgotten");
        assert!(wish(&house, account, (Before::Forgotten, Allowed::Always)), "a stop always");
        assert_eq!(WORDS.standing(&house.outside, account).unwrap(), Standing::Wished);
        house.database.clock.advance_seconds(3600);
        assert!(wish(&house, account, (Before::Stays, Allowed::AnHour)));
    });
}

#[test]
fn an_answer_under_way_does_not_bring_back_what_a_wish_forgot() {
    for_each_engine(|database| {
        let house = TwoZones::new(database);
        let (account, clock) = (house.account(), house.database.clock.clone());
        let now = || house.database.seams.now();
        let takes = |word: &str, at: Timestamp| {
            WORDS.take_answer(&house.outside, &said(&house, account, word, at)).unwrap();
            WORDS.standing(&house.outside, account).unwrap()
        };
        ask(&house, account);
        let under_way = now();
        assert_eq!(takes("told", under_way), Standing::Told(vec!["told".to_owned()], under_way));
        clock.advance_seconds(1);
        assert!(wish(&house, account, (Before::Forgotten, Allowed::Always)));
        assert_eq!(takes("told once more", under_way), Standing::Wished, "it was written before the wish");
        // What the desk changed, said before the wish was taken inside, brings nothing either.
        WORDS.amend(&house.outside, &said(&house, account, "changed", now()), |told| told.clear()).unwrap();
        assert_eq!(WORDS.standing(&house.outside, account).unwrap(), Standing::Wished);
        clock.advance_seconds(1);
        let answered = now();
        assert_eq!(takes("as wished", answered), Standing::Told(vec!["as wished".to_owned()], answered));
    });
}
