//! The peers of S8: the same statements by the bare drivers.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rusqlite::{Connection, OpenFlags};
use tokio::runtime::{Builder, Runtime};
use tokio_postgres::{Client, NoTls, Statement};

use super::{EVENT, LETTER, Letter, NEWEST, TABLES, some_mailbox};
use crate::clients::{Slices, drive};
use crate::report::{Failure, cpu_seconds};

/// rusqlite, one connection behind a lock, a transaction for each write.
pub struct SqliteWriter(Arc<Mutex<Connection>>);

impl SqliteWriter {
    /// A new database with our durability and checkpoint.
    pub fn open(path: &Path) -> Result<Self, Failure> {
        let peer = Connection::open(path)?;
        peer.execute_batch("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=4000;")?;
        peer.execute_batch(TABLES)?;
        Ok(Self(Arc::new(Mutex::new(peer))))
    }

    /// 64 clients.
    pub fn run(&self, slice: u64, seconds: f64) -> Result<Slices, Failure> {
        drive(64, seconds, &cpu_seconds, |client| {
            let peer = self.0.clone();
            Ok(move |number| -> Result<(), Failure> {
                let Letter { id, event, account, at, body, detail } = Letter::new(slice * 1000 + client, number);
                let peer = peer.lock().map_err(|_| "a client panicked")?;
                peer.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
                peer.prepare_cached(LETTER)?.execute((&id, account, at, "お知らせ", &body))?;
                peer.prepare_cached(EVENT)?.execute((&event, &id, &detail))?;
                peer.prepare_cached("COMMIT")?.execute([])?;
                Ok(())
            })
        })
    }
}

/// The newest 20 by one rusqlite connection on our own file.
pub fn sqlite_reads(file: &Path, slice: u64, seconds: f64, accounts: u64) -> Result<Slices, Failure> {
    drive(1, seconds, &cpu_seconds, |_| {
        let peer = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        Ok(move |number| -> Result<(), Failure> {
            let mut statement = peer.prepare_cached(NEWEST)?;
            let rows = statement
                .query_map([some_mailbox(slice * 10, number, accounts)], |row| {
                    Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?, row.get::<_, String>(2)?))
                })?
                .collect::<Result<Vec<_>, _>>()?;
            if rows.len() == 20 { Ok(()) } else { Err("not 20 letters".into()) }
        })
    })
}

async fn connected(address: &str) -> Result<(Client, Statement, Statement), tokio_postgres::Error> {
    let (peer, connection) = tokio_postgres::connect(address, NoTls).await?;
    tokio::spawn(connection);
    let letter = peer.prepare(LETTER).await?;
    let event = peer.prepare(EVENT).await?;
    Ok((peer, letter, event))
}

/// Four round trips, one after the other.
async fn write(
    (peer, letter_sql, event_sql): &(Client, Statement, Statement),
    letter: Letter,
) -> Result<(), tokio_postgres::Error> {
    let Letter { id, event, account, at, body, detail } = letter;
    peer.batch_execute("BEGIN ISOLATION LEVEL SERIALIZABLE").await?;
    peer.execute(letter_sql, &[&id, &account, &at, &"お知らせ", &body]).await?;
    peer.execute(event_sql, &[&event, &id, &detail]).await?;
    peer.batch_execute("COMMIT").await
}

/// 16 tasks on a runtime of as many threads as cores: how an ordinary server would do it.
pub fn postgres_tasks(address: &str, slice: u64, seconds: f64, cpu: &dyn Fn() -> f64) -> Result<Slices, Failure> {
    let runtime = Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut peers = Vec::new();
        for _ in 0..16 {
            peers.push(connected(address).await?);
        }
        let (start, cpu_before) = (Instant::now(), cpu());
        let end = start + Duration::from_secs_f64(seconds);
        let tasks: Vec<_> = peers
            .into_iter()
            .zip(0..)
            .map(|(peer, client)| {
                tokio::spawn(async move {
                    let mut waits = Vec::new();
                    for number in 0.. {
                        let begun = Instant::now();
                        if begun > end {
                            break;
                        }
                        write(&peer, Letter::new(slice * 1000 + 300 + client, number)).await?;
                        waits.push(begun.elapsed());
                    }
                    Ok::<_, tokio_postgres::Error>(waits)
                })
            })
            .collect();
        let mut waits = Vec::new();
        for task in tasks {
            waits.extend(task.await??);
        }
        Ok(Slices::of(&waits, start.elapsed(), cpu() - cpu_before))
    })
}

/// 16 threads, each driving its own connection: only the packet train is missing.
pub fn postgres_driven(address: &str, slice: u64, seconds: f64, cpu: &dyn Fn() -> f64) -> Result<Slices, Failure> {
    drive(16, seconds, cpu, |client| {
        let runtime = own_runtime()?;
        let peer = runtime.block_on(connected(address))?;
        Ok(move |number| Ok(runtime.block_on(write(&peer, Letter::new(slice * 1000 + 600 + client, number)))?))
    })
}

/// The newest 20 by one connection, driven by its own thread.
pub fn postgres_reads(address: &str, slice: u64, seconds: f64, accounts: u64) -> Result<Slices, Failure> {
    drive(1, seconds, &cpu_seconds, |_| {
        let runtime = own_runtime()?;
        let (peer, newest) = runtime.block_on(async {
            let (peer, connection) = tokio_postgres::connect(address, NoTls).await?;
            tokio::spawn(connection);
            let newest = peer.prepare(NEWEST).await?;
            Ok::<_, tokio_postgres::Error>((peer, newest))
        })?;
        Ok(move |number| -> Result<(), Failure> {
            let account = some_mailbox(slice * 10, number, accounts);
            let rows = runtime.block_on(peer.query(&newest, &[&account]))?;
            let read: Vec<(String, i64, String)> = rows.iter().map(|r| (r.get(0), r.get(1), r.get(2))).collect();
            if read.len() == 20 { Ok(()) } else { Err("not 20 letters".into()) }
        })
    })
}

fn own_runtime() -> std::io::Result<Runtime> {
    Builder::new_current_thread().enable_all().build()
}
