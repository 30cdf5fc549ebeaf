//! A letter lies once in a box, is opened once, and is taken back as far as nobody has read it.

use base::Timestamp;
use store::StoreError;
use store::testing::{TestDatabase, for_each_engine};

use super::*;
use crate::mailbox::{items, letter};
use crate::portal::{AccountId, account};

fn a_letter(database: &TestDatabase, title: &str) -> Letter {
    Letter {
        id: LetterId::fresh(&database.seams),
        sender: Sender { key: "tax-office".to_owned(), is_city: true, name: "市民税課".to_owned() },
        importance: Importance::Deadline,
        class: "tax".to_owned(),
        delivery: DeliveryLaw::ElectronicWithConsent,
        title: title.to_owned(),
        body: Body::plain("期限までにお手続きください。"),
        action: Some(Act::Pay { amount: 12_000, at: "/portal/dues".to_owned() }),
        due_on: base::Date::parse("2026-12-25").ok(),
        paper_after: None,
        campaign: None,
        reason: None,
        sent_at: database.seams.now(),
        recalled_at: None,
    }
}

fn an_account(database: &TestDatabase) -> AccountId {
    let account = AccountId::fresh(&database.seams);
    let now = database.seams.now();
    database.outside().write::<_, StoreError, _>(move |tx| account::make(tx, now, account)).unwrap();
    account
}

fn send(database: &TestDatabase, letter: &Letter, account: AccountId, now: Timestamp) -> bool {
    let letter = letter.clone();
    database
        .outside()
        .write::<_, StoreError, _>(move |tx| {
            letter::keep(tx, &letter)?;
            items::place(tx, now, letter.id, account, None)
        })
        .unwrap()
}

#[test]
fn the_newest_come_first_and_a_letter_placed_twice_is_there_once() {
    for_each_engine(|database| {
        let (account, other, now) = (an_account(&database), an_account(&database), database.seams.now());
        let mut sent = Vec::new();
        for number in 0..25 {
            database.clock.advance_seconds(1);
            let letter = a_letter(&database, &format!("{number}"));
            assert!(send(&database, &letter, account, now));
            assert!(!send(&database, &letter, account, now));
            sent.push(letter);
        }
        let list = |before| database.outside().read(move |tx| items::newest(tx, account, View::Box, before)).unwrap();
        let first = list(None);
        let titles: Vec<&str> = first.iter().map(|line| line.title.as_str()).collect();
        assert_eq!((titles.len(), titles[0], titles[19]), (20, "24", "5"));
        let rest = list(Some(first[19].letter));
        assert_eq!(rest.iter().map(|line| line.title.as_str()).collect::<Vec<_>>(), ["4", "3", "2", "1", "0"]);
        let others = database.outside().read(move |tx| items::newest(tx, other, View::Box, None)).unwrap();
        assert!(others.is_empty());
        let found = database.outside().read(move |tx| items::find(tx, account, sent[3].id)).unwrap().unwrap();
        assert_eq!(found.letter.action, Some(Act::Pay { amount: 12_000, at: "/portal/dues".to_owned() }));
        assert_eq!(found.letter.body, Body::plain("期限までにお手続きください。"));
    });
}

#[test]
fn a_letter_that_is_taken_back_leaves_unread_boxes_and_says_so_in_read_ones() {
    for_each_engine(|database| {
        let (reader, other, now) = (an_account(&database), an_account(&database), database.seams.now());
        let letter = a_letter(&database, "誤った通知");
        let id = letter.id;
        assert!(send(&database, &letter, reader, now) && send(&database, &letter, other, now));
        let open = || database.outside().write::<_, StoreError, _>(move |tx| items::opened(tx, now, reader, id)).unwrap();
        assert_eq!((open(), open()), (true, false));
        let taken =
            database.outside().write::<_, StoreError, _>(move |tx| letter::recall(tx, now, id, "誤送付")).unwrap();
        assert_eq!(taken, 1);
        let boxes = database
            .outside()
            .read(move |tx| Ok::<_, StoreError>((items::newest(tx, reader, View::Box, None)?, items::find(tx, other, id)?)))
            .unwrap();
        assert!(boxes.0[0].is_recalled && boxes.1.is_none());
    });
}
