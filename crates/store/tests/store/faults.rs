//! Faults: injected, and real ones where a test can make them.

use std::time::Duration;

use store::testing::for_each_engine;
use store::{Database, Fault, Store, StoreConfig, StoreError};

use crate::{counts, deliver, with_tables};

#[test]
fn each_fault_is_told_to_the_caller_as_it_was() {
    for_each_engine(|database| {
        let store = database.outside();
        with_tables(&store);
        let write = |id: &'static str| store.write(move |tx| deliver(tx, id, 1));
        database.faults.push(Fault::FailBeforeCommit);
        assert!(matches!(write("a"), Err(StoreError::Unavailable { .. })));
        assert_eq!(counts(&store), (0, 0));
        database.faults.push(Fault::DiskFull);
        assert_eq!(write("a"), Err(StoreError::Full));
        assert_eq!(counts(&store), (0, 0));
        database.faults.push(Fault::LoseAnswerAfterCommit);
        assert_eq!(write("a"), Err(StoreError::Uncertain));
        assert_eq!(counts(&store), (1, 1), "it did happen");
        database.faults.push(Fault::Stall(Duration::from_millis(5)));
        assert_eq!(write("b"), Ok(()));
        assert_eq!(counts(&store), (2, 2));
        assert_eq!(database.faults.waiting(), 0);
    });
}

#[test]
fn a_second_opener_of_the_same_files_is_told_who_has_them() {
    let database = store::testing::TestDatabase::on_sqlite();
    let first = database.inside();
    let second = Store::open(&database.config(Database::Inside), database.seams.clone());
    assert!(matches!(second, Err(StoreError::InUse { place }) if place.ends_with("inside.lock")));
    database.close(Database::Inside);
    drop(first);
    Store::open(&database.config(Database::Inside), database.seams.clone()).unwrap();
}

#[test]
fn a_full_disk_loses_only_what_was_not_answered() {
    let database = store::testing::TestDatabase::on_sqlite();
    let store = database.outside();
    with_tables(&store);
    store.write(|tx| deliver(tx, "before", 1)).unwrap();
    // As if the disk ended here: SQLite itself refuses to grow.
    store.write::<_, StoreError, _>(|tx| tx.query("PRAGMA max_page_count=30", &[])).unwrap();
    let mut kept = 1;
    let refused = loop {
        let body = "長い手紙".repeat(500);
        let id = format!("letter {kept}");
        match store.write::<_, StoreError, _>(move |tx| {
            tx.execute(
                "INSERT INTO letters (id, box, body) VALUES ($1, 1, $2)",
                &[id.as_str().into(), body.as_str().into()],
            )
        }) {
            Ok(_) => kept += 1,
            Err(error) => break error,
        }
    };
    assert_eq!(refused, StoreError::Full);
    assert_eq!(counts(&store).0, kept);
    store.write::<_, StoreError, _>(|tx| tx.query("PRAGMA max_page_count=100000", &[])).unwrap();
    store.write(|tx| deliver(tx, "after", 1)).unwrap();
    assert_eq!(counts(&store).0, kept + 1, "with room again it goes on");
}

#[test]
fn a_server_that_hung_up_while_idle_is_not_noticed_by_callers() {
    for_each_engine(|database| {
        if database.engine != "postgres" {
            return;
        }
        let store = database.outside();
        with_tables(&store);
        let hang_up = || {
            // A role may end its own sessions.
            let other = Store::open(
                &StoreConfig { connections: 1, ..database.config(Database::Outside) },
                database.seams.clone(),
            )
            .unwrap();
            let ended = other.read::<_, StoreError, _>(|tx| {
                tx.query(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                     WHERE datname = current_database() AND pid <> pg_backend_pid()",
                    &[],
                )
            });
            assert!(!ended.unwrap().is_empty());
            std::thread::sleep(Duration::from_millis(50));
        };
        hang_up();
        assert_eq!(store.write(|tx| deliver(tx, "a", 1)), Ok(()));
        hang_up();
        assert_eq!(counts(&store), (1, 1));
        // In the middle of an action, before its commit: it is run again on a new connection.
        let killer = std::sync::Mutex::new(Some(database.config(Database::Outside)));
        let seams = database.seams.clone();
        let mut runs = 0;
        let ran = store.write(move |tx| {
            runs += 1;
            deliver(tx, "b", 1)?;
            let pid = tx.query_one("SELECT pg_backend_pid()", &[])?.unwrap().int(0)?;
            if let Some(config) = killer.lock().unwrap().take() {
                let other = Store::open(&config, seams.clone())?;
                other.read::<_, StoreError, _>(|tx| {
                    tx.query("SELECT pg_terminate_backend($1::bigint::int)", &[pid.into()])
                })?;
                std::thread::sleep(Duration::from_millis(50));
            }
            Ok::<_, StoreError>(runs)
        });
        // The commit went to a server that had hung up already. Whether it was sent before or after that was known
        // decides which of the two honest answers the caller gets.
        match ran {
            Ok(runs) => assert_eq!((runs, counts(&store)), (2, (2, 2))),
            Err(error) => assert_eq!((error, counts(&store)), (StoreError::Uncertain, (1, 1))),
        }
    });
}

#[test]
fn a_backup_taken_under_load_is_one_moment_and_restores() {
    let database = store::testing::TestDatabase::on_sqlite();
    let store = database.outside();
    with_tables(&store);
    store.write(|tx| deliver(tx, "before", 1)).unwrap();
    let copy = database.directory().join("copy.sqlite3");
    let over = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for number in 0.. {
                if over.load(std::sync::atomic::Ordering::Relaxed) {
                    break;
                }
                store.write(move |tx| deliver(tx, &format!("letter {number}"), 1)).unwrap();
            }
        });
        store.copy_to(&copy).unwrap();
        over.store(true, std::sync::atomic::Ordering::Relaxed);
    });
    assert!(matches!(store.copy_to(&copy), Err(StoreError::Setup { .. })), "no backup is written over");
    let restored = database.directory().join("restored");
    std::fs::create_dir(&restored).unwrap();
    std::fs::rename(&copy, restored.join("outside.sqlite3")).unwrap();
    let restored = Store::open(&StoreConfig::sqlite(Database::Outside, &restored), database.seams.clone()).unwrap();
    let (letters, events) = counts(&restored);
    assert_eq!(letters, events, "one moment");
    assert!(letters >= 1);
    restored.write(|tx| deliver(tx, "after", 1)).unwrap();
}
