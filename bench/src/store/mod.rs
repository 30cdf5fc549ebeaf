//! S8: durable business writes (mailbox row of 1 KiB with an index + event row of 256 B), and the newest 20 of a mailbox.
//!
//! | shape | ours | peers |
//! |---|---|---|
//! | SQLite, 64 clients | group commit, a savepoint for each action | the same statements by rusqlite, a transaction each |
//! | PostgreSQL, 16 clients | begin, statements, commit in one packet train | tokio-postgres, one statement after the other: as tasks of one shared runtime (the ordinary way), and driven as we drive it |
//! | newest 20 of one mailbox among `--size` items (default 200,000) | on both engines | the bare driver on the same database |
//!
//! The peers have the same durability (WAL with synchronous=FULL; the server's defaults) and isolation, and take turns
//! with ours second by second.

mod peers;

use std::path::Path;
use std::sync::LazyLock;

use store::testing::TestDatabase;
use store::testing::cluster::Cluster;
use store::{Database, Engine, Store, StoreConfig, StoreError, Tx, Value};

use crate::Options;
use crate::clients::{Seen, Slices, drive, in_turns};
use crate::report::{Failure, Line, cpu_of, cpu_seconds};

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
    /// Random, as ids are that leave the building.
    id: String,
    /// Ordered by time, as `base::Id` makes those of rows that stay inside.
    event: String,
    account: i64,
    at: i64,
    body: String,
    detail: String,
}

impl Letter {
    /// `run` keeps the ids of one run apart from those of another.
    fn new(run: u64, number: u64) -> Self {
        // Spread like ids and accounts in a city: a multiplicative hash, so that index pages are hit everywhere.
        let spread = (run << 40 | number).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        Self {
            id: format!("{spread:016x}{run:08x}{number:08x}"),
            event: format!("{number:016x}{run:016x}"),
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
        tx.queue(EVENT, &[self.event.as_str().into(), id.into(), self.detail.as_str().into()])
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
    let store = Store::open(&StoreConfig::sqlite(Database::Outside, directory.path()), base::Seams::system())?;
    make_tables(&store)?;
    lines.extend(sqlite_writes(options, &store, directory.path())?);
    let file = directory.path().join("outside.sqlite3");
    let bare = |slice, seconds| peers::sqlite_reads(&file, slice, seconds, mailboxes(options));
    lines.extend(newest(options, &store, 30.0, &bare)?);
    drop((store, directory));

    let cluster = Cluster::start(&parent)?;
    let database = TestDatabase::on_postgres(&cluster.socket_directory());
    let config = StoreConfig { connections: 16, ..database.config(Database::Outside) };
    let Engine::Postgres { config: address } = &config.engine else { return Err("not on PostgreSQL".into()) };
    let store = Store::open(&config, base::Seams::system())?;
    make_tables(&store)?;
    lines.extend(postgres_writes(options, &store, address, &cluster)?);
    let bare = |slice, seconds| peers::postgres_reads(address, slice, seconds, mailboxes(options));
    lines.extend(newest(options, &store, 100.0, &bare)?);
    Ok(lines)
}

fn make_tables(store: &Store) -> Result<(), StoreError> {
    store.write(|tx| {
        for statement in TABLES.split_inclusive(';') {
            tx.execute(statement, &[])?;
        }
        Ok(())
    })
}

fn ours(store: &Store, slice: u64, clients: u64, seconds: f64, cpu: &dyn Fn() -> f64) -> Result<Slices, Failure> {
    drive(clients, seconds, cpu, |client| {
        let store = store.clone();
        Ok(move |number| {
            let letter = Letter::new(slice * 1000 + client, number);
            Ok(store.write::<_, StoreError, _>(move |tx| letter.write(tx))?)
        })
    })
}

fn rates(seen: Seen) -> String {
    format!(
        "{:.0}/s (p50 {:.1} ms, p99 {:.1} ms, CPU {:.0} µs)",
        seen.per_second,
        seen.p50 / 1000.0,
        seen.p99 / 1000.0,
        seen.cpu
    )
}

/// A line with a peer; without a goal it is context.
fn against(work: &str, mine: Seen, theirs: Seen, peer: &str, goal: Option<f64>) -> Line {
    let ratio = mine.per_second / theirs.per_second;
    Line {
        work: work.to_owned(),
        ours: rates(mine),
        peer: format!("{} {peer}", rates(theirs)),
        ratio: Some(ratio),
        goal: goal.map_or_else(|| "context".to_owned(), |goal| format!("≥ {goal} × the peer")),
        met: goal.map(|goal| ratio >= goal),
    }
}

fn sqlite_writes(options: &Options, store: &Store, directory: &Path) -> Result<Vec<Line>, Failure> {
    let peer = peers::SqliteWriter::open(&directory.join("peer.sqlite3"))?;
    let mine = |slice, seconds| ours(store, slice, 64, seconds, &cpu_seconds);
    let theirs = |slice, seconds| peer.run(slice, seconds);
    let [mine, theirs] = in_turns(options.seconds, [&mine, &theirs])?;
    let alone = ours(store, 900, 1, options.seconds.min(2.0), &cpu_seconds)?.seen();
    let alone_line = |work: &str, ours: String, goal: &str, met| Line {
        work: work.to_owned(),
        ours,
        peer: "-".to_owned(),
        ratio: None,
        goal: goal.to_owned(),
        met,
    };
    Ok(vec![
        against(
            "SQLite, 64 clients, durable write of 2 rows",
            mine,
            theirs,
            "rusqlite, a transaction each",
            Some(10.0),
        ),
        alone_line(
            "the same, as a rate",
            format!("{:.0}/s", mine.per_second),
            "≥ 25,000/s on 2 idle cores",
            Some(mine.per_second >= 25_000.0),
        ),
        alone_line("SQLite, 1 client", rates(alone), "context", None),
    ])
}

fn postgres_writes(options: &Options, store: &Store, address: &str, cluster: &Cluster) -> Result<Vec<Line>, Failure> {
    let cpu = || cpu_seconds() + cluster.processes().iter().filter_map(|pid| cpu_of(&pid.to_string())).sum::<f64>();
    let mine = |slice, seconds| ours(store, slice, 16, seconds, &cpu);
    let ordinary = |slice, seconds| peers::postgres_tasks(address, slice, seconds, &cpu);
    let driven = |slice, seconds| peers::postgres_driven(address, slice, seconds, &cpu);
    let [mine, ordinary, driven] = in_turns(options.seconds, [&mine, &ordinary, &driven])?;
    let work = "PostgreSQL, 16 clients, durable write of 2 rows";
    Ok(vec![
        against(
            work,
            mine,
            ordinary,
            "tokio-postgres, tasks on a shared runtime, statement after statement",
            Some(1.4),
        ),
        against(work, mine, driven, "the same, driven by its own thread as ours", None),
    ])
}

fn mailboxes(options: &Options) -> u64 {
    options.size.unwrap_or(ITEMS).max(1000) / PER_ACCOUNT
}

/// The newest 20 of random mailboxes among `--size` items, in turns with the bare driver.
fn newest(
    options: &Options,
    store: &Store,
    goal_p50: f64,
    bare: &dyn Fn(u64, f64) -> Result<Slices, Failure>,
) -> Result<Vec<Line>, Failure> {
    let accounts = mailboxes(options);
    let items = accounts * PER_ACCOUNT;
    fill(store, items, accounts)?;
    let read = |clients: u64| {
        move |slice: u64, seconds: f64| {
            drive(clients, seconds, &cpu_seconds, |client| {
                Ok(move |number: u64| {
                    let account = some_mailbox(slice * 10 + client, number, accounts);
                    let rows = store.read::<_, StoreError, _>(|tx| tx.query(NEWEST, &[account.into()]))?;
                    if rows.len() == 20 { Ok(()) } else { Err(format!("{} letters in one mailbox", rows.len()).into()) }
                })
            })
        }
    };
    let [one, two, bare] = in_turns(options.seconds, [&read(1), &read(2), bare])?;
    let shown = |seen: Seen| format!("p50 {:.1} µs, p95 {:.1} µs, {:.0}/s", seen.p50, seen.p95, seen.per_second);
    let engine = store.engine();
    Ok(vec![
        Line {
            work: format!("{engine}, newest 20 of a mailbox among {items} items, 1 client"),
            ours: shown(one),
            peer: format!("{} the bare driver", shown(bare)),
            ratio: Some(one.p50 / bare.p50),
            goal: format!("p50 ≤ {goal_p50:.0} µs, p95 ≤ 50 ms (ratio: p50 to p50)"),
            met: Some(one.p50 <= goal_p50 && one.p95 <= 50_000.0),
        },
        Line {
            work: format!("{engine}, the same, 2 clients"),
            ours: shown(two),
            peer: "-".to_owned(),
            ratio: None,
            goal: "context".to_owned(),
            met: None,
        },
    ])
}

/// A mailbox that [`fill`] filled, jumping about.
fn some_mailbox(run: u64, number: u64, accounts: u64) -> i64 {
    filled(number.wrapping_mul(0x9E37_79B9).wrapping_add(run * 7) % accounts)
}

/// The mailboxes filled for reading are numbered below zero, apart from those of the write measurement.
fn filled(account: u64) -> i64 {
    -1 - account as i64
}

/// Letters alone: the list reads no events. Ids ascend, so that millions are there in minutes and not in hours; the list
/// does not look at them.
fn fill(store: &Store, items: u64, accounts: u64) -> Result<(), Failure> {
    const BATCH: u64 = 40 * ROWS;
    for first in (0..items).step_by(BATCH as usize) {
        store.write::<_, StoreError, _>(move |tx| {
            let end = (first + BATCH).min(items);
            for from in (first..end).step_by(ROWS as usize) {
                if from + ROWS <= end {
                    let values: Vec<Value> = (from..from + ROWS).flat_map(|number| letter(number, accounts)).collect();
                    tx.queue(&LETTERS, &values)?;
                } else {
                    for number in from..end {
                        tx.queue(LETTER, &letter(number, accounts))?;
                    }
                }
            }
            Ok(())
        })?;
    }
    Ok(())
}

/// Letters in one statement while filling.
const ROWS: u64 = 64;

/// [`LETTER`] for [`ROWS`] letters.
static LETTERS: LazyLock<&'static str> = LazyLock::new(|| {
    let row = |row: u64| {
        let first = row * 5;
        format!("(${}, ${}, ${}, ${}, ${})", first + 1, first + 2, first + 3, first + 4, first + 5)
    };
    let rows: Vec<String> = (0..ROWS).map(row).collect();
    // Once in the life of the program.
    format!("INSERT INTO mailbox (id, account, at, title, body) VALUES {}", rows.join(", ")).leak()
});

/// Round after round over all mailboxes: the letters of one lie far apart, as in life.
fn letter(number: u64, accounts: u64) -> [Value; 5] {
    [
        format!("filled-{number:025}").into(),
        filled(number % accounts).into(),
        (number as i64).into(),
        "お知らせ".into(),
        "a".repeat(1024).into(),
    ]
}
