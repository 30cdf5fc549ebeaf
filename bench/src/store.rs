//! S8: durable business writes (mailbox row of 1 KiB with an index + event row of 256 B), and the newest 20 of a mailbox.
//!
//! | shape | ours | peer |
//! |---|---|---|
//! | SQLite, 64 clients | group commit, a savepoint for each action | the same statements by rusqlite, a transaction each |
//! | PostgreSQL, 16 clients | begin, statements, commit in one packet train | the same by tokio-postgres, one after the other |
//! | newest 20 of one mailbox among `--size` items (default 200,000) | on both engines | - |
//!
//! The peers have the same durability (WAL with synchronous=FULL; the server's defaults) and isolation.

use std::path::Path;
use std::sync::{Arc, Mutex};

use store::testing::TestDatabase;
use store::testing::cluster::Cluster;
use store::{Database, Store, StoreConfig, StoreError, Tx};

use crate::Options;
use crate::clients::{Seen, drive};
use crate::report::{Failure, Line};

const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS mailbox (id TEXT NOT NULL PRIMARY KEY, account BIGINT NOT NULL, at BIGINT NOT NULL,
                          title TEXT NOT NULL, body TEXT NOT NULL);
    CREATE INDEX IF NOT EXISTS mailbox_newest ON mailbox (account, at);
    CREATE TABLE IF NOT EXISTS events (id TEXT NOT NULL PRIMARY KEY, letter TEXT NOT NULL, detail TEXT NOT NULL);";
const LETTER: &str = "INSERT INTO mailbox (id, account, at, title, body) VALUES ($1, $2, $3, $4, $5)";
const EVENT: &str = "INSERT INTO events (id, letter, detail) VALUES ($1, $2, $3)";
const NEWEST: &str = "SELECT id, at, title FROM mailbox WHERE account = $1 ORDER BY at DESC LIMIT 20";

/// Letters in one mailbox, on average.
const PER_ACCOUNT: u64 = 50;
const ITEMS: u64 = 200_000;

/// One business write.
struct Letter {
    id: String,
    account: i64,
    at: i64,
    body: String,
    detail: String,
}

impl Letter {
    fn new(client: u64, number: u64) -> Self {
        // Spread like ids and accounts in a city: a multiplicative hash, so that index pages are hit everywhere.
        let spread = (client << 40 | number).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        Self {
            id: format!("{spread:016x}{client:04x}{number:08x}"),
            account: (spread % 100_000) as i64,
            at: number as i64,
            body: "a".repeat(1024),
            detail: "e".repeat(256),
        }
    }

    fn write(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let id = self.id.as_str();
        tx.queue(
            LETTER,
            &[id.into(), self.account.into(), self.at.into(), "お知らせ".into(), self.body.as_str().into()],
        )?;
        tx.queue(EVENT, &[id.into(), id.into(), self.detail.as_str().into()])
    }
}

/// Measures S8.
///
/// # Errors
/// When an engine cannot be opened.
pub fn run(options: &Options) -> Result<Vec<Line>, Failure> {
    let parent = options.directory.clone().unwrap_or_else(std::env::temp_dir);
    let mut lines = Vec::new();
    let directory = tempfile::tempdir_in(&parent)?;
    lines.extend(sqlite_writes(options, directory.path())?);
    let store = open_sqlite(directory.path())?;
    lines.extend(newest(options, &store, 30.0)?);
    drop((store, directory));
    let cluster = Cluster::start(&parent)?;
    let database = TestDatabase::on_postgres(&cluster.socket_directory());
    let config = StoreConfig { connections: 16, ..database.config(Database::Outside) };
    let store = Store::open(&config, base::Seams::system())?;
    make_tables(&store)?;
    lines.push(postgres_writes(options, &store, &config)?);
    lines.extend(newest(options, &store, 100.0)?);
    Ok(lines)
}

fn open_sqlite(directory: &Path) -> Result<Store, Failure> {
    let store = Store::open(&StoreConfig::sqlite(Database::Outside, directory.join("ours")), base::Seams::system())?;
    make_tables(&store)?;
    Ok(store)
}

fn make_tables(store: &Store) -> Result<(), StoreError> {
    store.write(|tx| {
        for statement in TABLES.split_inclusive(';') {
            tx.execute(statement, &[])?;
        }
        Ok(())
    })
}

/// `first` keeps the ids of one run apart from those of another.
fn ours(store: &Store, first: u64, clients: u64, seconds: f64) -> Result<Seen, Failure> {
    drive(clients, seconds, |client| {
        let store = store.clone();
        Ok(move |number| {
            let letter = Letter::new(first + client, number);
            Ok(store.write::<_, StoreError, _>(move |tx| letter.write(tx))?)
        })
    })
}

fn rates(seen: Seen) -> String {
    format!("{:.0}/s (p50 {:.1} ms, p99 {:.1} ms)", seen.per_second, seen.p50 / 1000.0, seen.p99 / 1000.0)
}

fn sqlite_writes(options: &Options, directory: &Path) -> Result<Vec<Line>, Failure> {
    let store = open_sqlite(directory)?;
    let mine = ours(&store, 0, 64, options.seconds)?;
    let alone = ours(&store, 100, 1, options.seconds.min(2.0))?;
    drop(store);

    let peer = rusqlite::Connection::open(directory.join("peer.sqlite3"))?;
    peer.execute_batch("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=4000;")?;
    peer.execute_batch(TABLES)?;
    let peer = Arc::new(Mutex::new(peer));
    let theirs = drive(64, options.seconds, |client| {
        let peer = peer.clone();
        Ok(move |number| -> Result<(), Failure> {
            let letter = Letter::new(client, number);
            let peer = peer.lock().map_err(|_| "a client panicked")?;
            peer.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
            peer.prepare_cached(LETTER)?.execute((&letter.id, letter.account, letter.at, "お知らせ", &letter.body))?;
            peer.prepare_cached(EVENT)?.execute((&letter.id, &letter.id, &letter.detail))?;
            peer.prepare_cached("COMMIT")?.execute([])?;
            Ok(())
        })
    })?;
    let ratio = mine.per_second / theirs.per_second;
    Ok(vec![
        Line {
            work: "SQLite, 64 clients, durable write of 2 rows".into(),
            ours: rates(mine),
            peer: format!("{} rusqlite, a transaction each", rates(theirs)),
            ratio: Some(ratio),
            goal: "≥ 10 × the peer".into(),
            met: Some(ratio >= 10.0),
        },
        Line {
            work: "the same, as a rate".into(),
            ours: format!("{:.0}/s", mine.per_second),
            peer: "-".into(),
            ratio: None,
            goal: "≥ 25,000/s on 2 cores".into(),
            met: Some(mine.per_second >= 25_000.0),
        },
        Line {
            work: "SQLite, 1 client".into(),
            ours: rates(alone),
            peer: "-".into(),
            ratio: None,
            goal: "context".into(),
            met: None,
        },
    ])
}

fn postgres_writes(options: &Options, store: &Store, config: &StoreConfig) -> Result<Line, Failure> {
    let mine = ours(store, 0, 16, options.seconds)?;
    let store::Engine::Postgres { config } = &config.engine else { return Err("not on PostgreSQL".into()) };
    let theirs = drive(16, options.seconds, |client| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (peer, letter_sql, event_sql) = runtime.block_on(async {
            let (peer, connection) = tokio_postgres::connect(config, tokio_postgres::NoTls).await?;
            tokio::spawn(connection);
            let letter = peer.prepare(LETTER).await?;
            let event = peer.prepare(EVENT).await?;
            Ok::<_, tokio_postgres::Error>((peer, letter, event))
        })?;
        Ok(move |number| -> Result<(), Failure> {
            // Ids of the second run must not meet those of the first.
            let letter = Letter::new(client + 1000, number);
            runtime.block_on(async {
                peer.batch_execute("BEGIN ISOLATION LEVEL SERIALIZABLE").await?;
                peer.execute(&letter_sql, &[&letter.id, &letter.account, &letter.at, &"お知らせ", &letter.body])
                    .await?;
                peer.execute(&event_sql, &[&letter.id, &letter.id, &letter.detail]).await?;
                peer.batch_execute("COMMIT").await
            })?;
            Ok(())
        })
    })?;
    let ratio = mine.per_second / theirs.per_second;
    Ok(Line {
        work: "PostgreSQL, 16 clients, durable write of 2 rows".into(),
        ours: rates(mine),
        peer: format!("{} tokio-postgres, one statement after the other", rates(theirs)),
        ratio: Some(ratio),
        goal: "≥ 1.4 × the peer".into(),
        met: Some(ratio >= 1.4),
    })
}

/// The newest 20 of random mailboxes, one client and then two, among `--size` items.
fn newest(options: &Options, store: &Store, goal_p50: f64) -> Result<Vec<Line>, Failure> {
    let items = options.size.unwrap_or(ITEMS).max(1000);
    let accounts = items / PER_ACCOUNT;
    fill(store, items, accounts)?;
    let read = |clients| {
        drive(clients, options.seconds, |client| {
            Ok(move |number: u64| {
                let account = (number.wrapping_mul(0x9E37_79B9) + client * 7) % accounts;
                let rows = store.read::<_, StoreError, _>(|tx| tx.query(NEWEST, &[filled(account).into()]))?;
                if rows.len() == 20 {
                    Ok(())
                } else {
                    Err(format!("{} letters in mailbox {account}", rows.len()).into())
                }
            })
        })
    };
    let (one, two) = (read(1)?, read(2)?);
    let engine = store.engine();
    let shown = |seen: Seen| format!("p50 {:.1} µs, p95 {:.1} µs, {:.0}/s", seen.p50, seen.p95, seen.per_second);
    let line = |work: String, seen: Seen, goal: String, met| Line {
        work,
        ours: shown(seen),
        peer: "-".into(),
        ratio: None,
        goal,
        met,
    };
    Ok(vec![
        line(
            format!("{engine}, newest 20 of a mailbox among {items} items, 1 client"),
            one,
            format!("p50 ≤ {goal_p50:.0} µs, p95 ≤ 50 ms"),
            Some(one.p50 <= goal_p50 && one.p95 <= 50_000.0),
        ),
        line(format!("{engine}, the same, 2 clients"), two, "context".into(), None),
    ])
}

/// The mailboxes filled for reading are numbered below zero, apart from those of the write measurement.
fn filled(account: u64) -> i64 {
    -1 - account as i64
}

fn fill(store: &Store, items: u64, accounts: u64) -> Result<(), Failure> {
    const BATCH: u64 = 500;
    for first in (0..items).step_by(BATCH as usize) {
        store.write::<_, StoreError, _>(move |tx| {
            for number in first..(first + BATCH).min(items) {
                // Round after round over all mailboxes: the letters of one lie far apart, as in life.
                let mut letter = Letter::new(5000, number);
                letter.account = filled(number % accounts);
                letter.write(tx)?;
            }
            Ok(())
        })?;
    }
    Ok(())
}
