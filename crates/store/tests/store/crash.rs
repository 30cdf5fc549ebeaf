//! R2: an acknowledged write survives `kill -9`, and none is there twice or by half.
//!
//! ```text
//!   this test ── starts itself again as a child ──► 8 clients write; each prints an id once its write is answered
//!        │ reads the ids, kills the child at a random moment, starts the next
//!        └─ at the end: every printed id is there once, with its event; nothing is there by half
//! ```

use std::collections::HashSet;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use base::{Random, Seams, SeededRandom};
use store::testing::cluster::Cluster;
use store::testing::{TestDatabase, for_each_engine};
use store::{Database, Engine, Store, StoreConfig, StoreError, Tx};

use crate::{counts, deliver, with_tables};

const CHILD: &str = "YAKUBA_CRASH_CHILD";

/// Not a test of its own: what the child does, until it is killed.
#[test]
fn child_that_writes_until_killed() {
    let Ok(place) = std::env::var(CHILD) else { return };
    let (round, place) = place.split_once('|').unwrap();
    let config = match place.split_once(':').unwrap() {
        ("sqlite", directory) => StoreConfig::sqlite(Database::Outside, directory),
        (_, config) => StoreConfig::postgres(Database::Outside, config),
    };
    let store = Store::open(&config, Seams::system()).unwrap();
    std::thread::scope(|scope| {
        for client in 0..8 {
            let store = store.clone();
            scope.spawn(move || {
                for number in 0.. {
                    let id = format!("{round}/{client}/{number}");
                    let written = id.clone();
                    // Some are refused on purpose, so that rollbacks are cut off too.
                    let refused = number % 7 == 3;
                    let outcome = store.write(move |tx| {
                        deliver(tx, &written, client)?;
                        if refused { Err(StoreError::Closed) } else { Ok(()) }
                    });
                    match outcome {
                        Ok(()) => writeln!(std::io::stdout().lock(), "ack {id}").unwrap(),
                        Err(StoreError::Closed) if refused => {}
                        Err(error) => panic!("{error}"),
                    }
                }
            });
        }
    });
}

#[test]
fn acknowledged_writes_survive_kill_nine() {
    let kills: u32 = std::env::var("YAKUBA_CRASH_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(10);
    for_each_engine(|database| {
        let store = database.outside();
        with_tables(&store);
        database.close(Database::Outside);
        drop(store);
        let place = match database.config(Database::Outside).engine {
            Engine::Sqlite { directory } => format!("sqlite:{}", directory.display()),
            Engine::Postgres { config } => format!("postgres:{config}"),
        };
        let random = SeededRandom::from_seed(u64::from(kills));
        let random: &dyn Random = &random;
        let mut acknowledged = HashSet::new();
        for round in 0..kills {
            let mut child = Command::new(std::env::current_exe().unwrap())
                .args(["crash::child_that_writes_until_killed", "--exact", "--nocapture"])
                .env(CHILD, format!("{round}|{place}"))
                .stdout(Stdio::piped())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
            // The first answer shows that it is under way; then a random moment.
            let first =
                lines.by_ref().map_while(Result::ok).find_map(|l| acknowledgement(&l)).expect("the child wrote");
            acknowledged.insert(first);
            let reader = std::thread::spawn(move || {
                lines.map_while(Result::ok).filter_map(|l| acknowledgement(&l)).collect::<Vec<_>>()
            });
            std::thread::sleep(Duration::from_micros(random.below(60_000)));
            child.kill().unwrap();
            child.wait().unwrap();
            acknowledged.extend(reader.join().unwrap());
        }
        let store = database.outside();
        let there = store.read::<_, StoreError, _>(|tx| {
            tx.query("SELECT letters.id FROM letters JOIN events ON events.id = letters.id", &[])
        });
        let there: Vec<String> = there.unwrap().iter().map(|row| row.text(0).unwrap().to_owned()).collect();
        let distinct: HashSet<_> = there.iter().cloned().collect();
        assert_eq!(distinct.len(), there.len(), "something is there twice");
        let lost: Vec<_> = acknowledged.difference(&distinct).collect();
        assert!(lost.is_empty(), "{} acknowledged writes were lost: {lost:?}", lost.len());
        let whole = i64::try_from(there.len()).unwrap();
        assert_eq!(counts(&store), (whole, whole), "something is there by half");
        let refused = there.iter().filter(|id| id.rsplit('/').next().unwrap().parse::<u64>().unwrap() % 7 == 3).count();
        assert_eq!(refused, 0, "a refused action left rows");
        println!("{}: {kills} kills, {} acknowledged, {} there", database.engine, acknowledged.len(), there.len());
    });
}

/// The other way round: the clients live, the server dies. Clients repeat what was not answered or is uncertain, with
/// the same id; nothing is lost, nothing there twice or by half, and nobody has to restart us.
#[test]
fn clients_outlive_a_killed_server_and_lose_nothing() {
    if !store::testing::engines_named().contains(&"postgres") {
        return;
    }
    let kills = std::env::var("YAKUBA_CRASH_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(3_u32);
    let mut cluster = Cluster::start(&std::env::temp_dir()).unwrap();
    let database = TestDatabase::on_postgres(&cluster.socket_directory());
    let store = database.outside();
    with_tables(&store);
    let over = AtomicBool::new(false);
    let written: u64 = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..6_i64)
            .map(|client| {
                let (store, over) = (store.clone(), &over);
                scope.spawn(move || {
                    let mut number = 0;
                    while !over.load(Ordering::Relaxed) {
                        let id = format!("{client}/{number}");
                        match store.write(move |tx| deliver_once(tx, &id, client)) {
                            Ok(()) => number += 1,
                            Err(StoreError::Uncertain | StoreError::Unavailable { .. }) => {}
                            Err(error) => panic!("{error:?}"),
                        }
                    }
                    number
                })
            })
            .collect();
        let random: &dyn Random = &SeededRandom::from_seed(u64::from(kills));
        for _ in 0..kills {
            std::thread::sleep(Duration::from_micros(100_000 + random.below(200_000)));
            cluster.kill();
            cluster.restart().unwrap();
        }
        std::thread::sleep(Duration::from_millis(200));
        over.store(true, Ordering::Relaxed);
        clients.into_iter().map(|client| client.join().unwrap()).sum()
    });
    // At most the last write of each client may be there without having been answered.
    let (letters, events) = counts(&store);
    assert_eq!(letters, events, "something is there by half");
    let more = u64::try_from(letters).unwrap() - written;
    assert!(more <= 6, "{written} answered, {letters} there");
    println!("{kills} kills of the server, {written} answered, {letters} there");
}

fn deliver_once(tx: &mut Tx<'_>, id: &str, mailbox: i64) -> Result<(), StoreError> {
    tx.queue(
        "INSERT INTO letters (id, box, body) VALUES ($1, $2, '') ON CONFLICT (id) DO NOTHING",
        &[id.into(), mailbox.into()],
    )?;
    tx.queue("INSERT INTO events (id, what) VALUES ($1, 'delivered') ON CONFLICT (id) DO NOTHING", &[id.into()])
}

/// The id in a whole line `ack round/client/number`; the test harness prints its own words before the first.
fn acknowledgement(line: &str) -> Option<String> {
    line.split_once("ack ").map(|(_, id)| id.to_owned())
}
