//! The promises of the store, each on SQLite and on PostgreSQL.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may stop at the first surprise")]

// As every other crate of the house calls it.
extern crate yakuba_store as store;

mod crash;
mod engines;
mod faults;
mod sealing;
mod zones;

use store::{Database, Store, StoreError, Tx};

/// Two small tables beside those of the migrations.
fn with_tables(store: &Store) {
    store
        .write::<_, StoreError, _>(|tx| {
            tx.execute(
                "CREATE TABLE letters (id TEXT NOT NULL PRIMARY KEY, box BIGINT NOT NULL, body TEXT NOT NULL)",
                &[],
            )?;
            tx.execute("CREATE INDEX letters_by_box ON letters (box, id)", &[])?;
            tx.execute("CREATE TABLE events (id TEXT NOT NULL PRIMARY KEY REFERENCES letters (id), what TEXT)", &[])
        })
        .unwrap();
}

fn deliver(tx: &mut Tx<'_>, id: &str, mailbox: i64) -> Result<(), StoreError> {
    tx.queue(
        "INSERT INTO letters (id, box, body) VALUES ($1, $2, $3)",
        &[id.into(), mailbox.into(), "お知らせ".into()],
    )?;
    tx.queue("INSERT INTO events (id, what) VALUES ($1, $2)", &[id.into(), "delivered".into()])
}

/// Letters and events there are.
fn counts(store: &Store) -> (i64, i64) {
    store
        .read::<_, StoreError, _>(|tx| {
            let row =
                tx.query_one("SELECT (SELECT COUNT(*) FROM letters), (SELECT COUNT(*) FROM events)", &[])?.unwrap();
            Ok((row.int(0)?, row.int(1)?))
        })
        .unwrap()
}

#[test]
fn a_store_says_what_it_is_and_nothing_more() {
    store::testing::for_each_engine(|database| {
        let store = database.outside();
        assert_eq!(store.database(), Database::Outside);
        assert_eq!(format!("{store:?}"), format!("Store(outside on {})", database.engine));
    });
}
