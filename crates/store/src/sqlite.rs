//! SQLite: one writer thread that commits groups, many readers, one process.
//!
//! ```text
//!   callers ──► queue ──► writer thread:  BEGIN ── savepoint ── action 1 ── release ─┐
//!                                               ── savepoint ── action 2 ── ROLLBACK TO (it returned Err)
//!                                               ── …up to 256 that wait ─────────────┴─ COMMIT (one fsync) ──► answers
//!   readers ──► pool of connections, each BEGIN … COMMIT on its own snapshot (WAL)
//! ```
//!
//! Durable: WAL with `synchronous=FULL`, so that an answered write survives a power cut.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::sync::{Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use base::Seams;

use crate::fault::{Fault, Faults};
pub(crate) use crate::sqlite_connection::Connection;
use crate::sqlite_connection::failure;
use crate::store::{Database, StoreConfig};
use crate::tx::{Link, Tx};
use crate::{StoreError, migrate};

/// Actions committed together at most. 256 waiting callers is far beyond what two cores feed; it bounds the delay.
const GROUP: usize = 256;
/// An action that holds the writer longer than this makes every other caller wait.
const LONG: Duration = Duration::from_millis(20);

/// What waits for the writer thread.
trait Job: Send {
    /// Runs the action in its savepoint; says whether its changes are to be kept, and the statement's error if one failed.
    fn run(&mut self, tx: Tx<'_>) -> (bool, Option<StoreError>);
    /// Answers the caller after the group was committed or lost.
    fn answer(self: Box<Self>, committed: Result<(), StoreError>);
}

struct Pending<T, E, F> {
    action: F,
    outcome: Option<Result<T, E>>,
    answer: SyncSender<Result<T, E>>,
}

impl<T, E, F> Job for Pending<T, E, F>
where
    T: Send,
    E: From<StoreError> + Send,
    F: FnMut(&mut Tx<'_>) -> Result<T, E> + Send,
{
    fn run(&mut self, mut tx: Tx<'_>) -> (bool, Option<StoreError>) {
        let outcome = catch_unwind(AssertUnwindSafe(|| (self.action)(&mut tx)));
        let broken = tx.into_broken();
        let outcome = match (outcome, &broken) {
            (Ok(Ok(_)), Some(error)) => Err(error.clone().into()),
            (Ok(outcome), _) => outcome,
            (Err(_), _) => Err(StoreError::Panicked.into()),
        };
        let kept = outcome.is_ok();
        self.outcome = Some(outcome);
        (kept, broken)
    }

    fn answer(self: Box<Self>, committed: Result<(), StoreError>) {
        let answer = match (committed, self.outcome) {
            (Ok(()), Some(outcome)) => outcome,
            (Ok(()), None) => Err(StoreError::Closed.into()),
            // A refusal may rest on what a neighbour wrote and lost: the caller asks again.
            (Err(error), _) => Err(error.into()),
        };
        // A caller that has gone away needs no answer.
        let _ = self.answer.send(answer);
    }
}

/// An open SQLite database.
pub(crate) struct Sqlite {
    database: Database,
    path: PathBuf,
    queue: Mutex<Option<Sender<Box<dyn Job>>>>,
    writer: Option<JoinHandle<()>>,
    readers: Mutex<Readers>,
    returned: Condvar,
    limit: usize,
    /// Held while open; the operating system lets go of it when the process ends, however it ends.
    lock: File,
}

#[derive(Default)]
struct Readers {
    idle: Vec<Connection>,
    open: usize,
}

impl Sqlite {
    pub(crate) fn open(
        directory: &Path,
        config: &StoreConfig,
        seams: &Seams,
        migrating: bool,
    ) -> Result<Self, StoreError> {
        let (database, faults) = (config.database, config.faults.clone());
        let place = |path: &Path| path.display().to_string();
        let unusable = |error: std::io::Error| StoreError::Setup { place: place(directory), reason: error.to_string() };
        if !directory.is_dir() {
            std::fs::DirBuilder::new().recursive(true).mode(0o700).create(directory).map_err(unusable)?;
        }
        let lock = lock(&directory.join(format!("{}.lock", database.name())))?;
        let path = directory.join(format!("{}.sqlite3", database.name()));
        // Made by us so that its mode, which SQLite copies to the WAL, shuts out other users.
        OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(&path).map_err(unusable)?;
        let mut writer = Connection::open(&path, database, false)?;
        if migrating {
            writer.word("BEGIN IMMEDIATE")?;
            migrate::run(&mut Tx::over(Link::Sqlite(&mut writer)), database, seams)?;
            writer.word("COMMIT")?;
        }

        let (queue, jobs) = channel();
        let thread = std::thread::Builder::new()
            .name(format!("store-{}", database.name()))
            .spawn(move || write_groups(writer, &jobs, &faults))
            .map_err(unusable)?;
        Ok(Self {
            database,
            path,
            queue: Mutex::new(Some(queue)),
            writer: Some(thread),
            readers: Mutex::default(),
            returned: Condvar::new(),
            limit: config.connections.max(1),
            lock,
        })
    }

    pub(crate) fn write<T, E, F>(&self, action: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnMut(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    {
        let (answer, wait) = sync_channel(1);
        let job = Box::new(Pending { action, outcome: None, answer });
        let sent = match &*self.queue.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(queue) => queue.send(job).is_ok(),
            None => false,
        };
        if !sent {
            return Err(StoreError::Closed.into());
        }
        wait.recv().unwrap_or_else(|_| Err(StoreError::Closed.into()))
    }

    pub(crate) fn read<T, E, F>(&self, action: F) -> Result<T, E>
    where
        E: From<StoreError>,
        F: FnOnce(&mut Tx<'_>) -> Result<T, E>,
    {
        let mut reader = self.reader()?;
        reader.connection().word("BEGIN")?;
        let mut tx = Tx::over(Link::Sqlite(reader.connection()));
        let outcome = action(&mut tx);
        let broken = tx.into_broken();
        reader.connection().word("COMMIT")?;
        match (outcome, broken) {
            (Ok(_), Some(error)) => Err(error.into()),
            (outcome, _) => outcome,
        }
    }

    /// Writes the WAL back and cuts it, so that nothing overwritten lingers in it.
    pub(crate) fn scrub(&self) -> Result<(), StoreError> {
        let connection = Connection::open(&self.path, self.database, false)?;
        connection
            .db
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
            .map_err(|e| failure("wal_checkpoint", &e))
    }

    /// Copies one consistent moment into a new file while others read and write.
    pub(crate) fn copy_to(&self, path: &Path) -> Result<(), StoreError> {
        let unusable =
            |error: std::io::Error| StoreError::Setup { place: path.display().to_string(), reason: error.to_string() };
        // Made by us, so that no other user can read it for a moment.
        OpenOptions::new().create_new(true).write(true).mode(0o600).open(path).map_err(unusable)?;
        let connection = Connection::open(&self.path, self.database, false)?;
        connection.db.execute("VACUUM INTO ?1", [path.to_string_lossy()]).map_err(|e| failure("VACUUM INTO", &e))?;
        File::open(path).and_then(|file| file.sync_all()).map_err(unusable)
    }

    fn reader(&self) -> Result<Reader<'_>, StoreError> {
        let mut readers = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(connection) = readers.idle.pop() {
                return Ok(Reader { pool: self, connection: Some(connection) });
            }
            if readers.open < self.limit {
                readers.open += 1;
                drop(readers);
                let connection = Connection::open(&self.path, self.database, true);
                if connection.is_err() {
                    self.readers.lock().unwrap_or_else(PoisonError::into_inner).open -= 1;
                    self.returned.notify_one();
                }
                return connection.map(|c| Reader { pool: self, connection: Some(c) });
            }
            readers = self.returned.wait(readers).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Drop for Sqlite {
    fn drop(&mut self) {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(writer) = self.writer.take()
            && writer.thread().id() != std::thread::current().id()
        {
            // The writer answers what waits, then ends; a panic in it was already reported by its closed queue.
            let _ = writer.join();
        }
        // Closing is not enough: a child that this process is just starting may hold a copy of the file for a moment.
        let _ = self.lock.unlock();
    }
}

/// A reader that goes back to the pool, also when the action panics.
struct Reader<'a> {
    pool: &'a Sqlite,
    connection: Option<Connection>,
}

impl Reader<'_> {
    #[expect(clippy::expect_used, reason = "the connection is taken out only by drop")]
    fn connection(&mut self) -> &mut Connection {
        self.connection.as_mut().expect("present until dropped")
    }
}

impl Drop for Reader<'_> {
    fn drop(&mut self) {
        let mut readers = self.pool.readers.lock().unwrap_or_else(PoisonError::into_inner);
        match self.connection.take() {
            // In a transaction still only after a panic: such a connection is not used again.
            Some(connection) if connection.db.is_autocommit() => readers.idle.push(connection),
            _ => readers.open -= 1,
        }
        self.pool.returned.notify_one();
    }
}

/// Takes the lock of one database, or says who has it.
fn lock(path: &Path) -> Result<File, StoreError> {
    let place = path.display().to_string();
    let unusable = |error: std::io::Error| StoreError::Setup { place: place.clone(), reason: error.to_string() };
    let mut file =
        OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(path).map_err(unusable)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(std::fs::TryLockError::WouldBlock) => return Err(StoreError::InUse { place }),
        Err(std::fs::TryLockError::Error(error)) => return Err(unusable(error)),
    }
    file.set_len(0).map_err(unusable)?;
    writeln!(file, "{}", std::process::id()).map_err(unusable)?;
    Ok(file)
}

/// The writer thread: until every store handle is gone.
fn write_groups(mut connection: Connection, jobs: &Receiver<Box<dyn Job>>, faults: &Faults) {
    while let Ok(first) = jobs.recv() {
        let mut group = Vec::with_capacity(GROUP);
        let result = write_group(&mut connection, first, jobs, &mut group, faults);
        if !connection.db.is_autocommit()
            && let Err(error) = connection.word("ROLLBACK")
        {
            tracing::error!(%error, "a lost group could not be rolled back");
        }
        for job in group {
            job.answer(result.clone());
        }
    }
}

/// Runs `first` and what waits behind it in one transaction. On error nothing of the group was kept.
fn write_group(
    connection: &mut Connection,
    first: Box<dyn Job>,
    jobs: &Receiver<Box<dyn Job>>,
    group: &mut Vec<Box<dyn Job>>,
    faults: &Faults,
) -> Result<(), StoreError> {
    let begun = connection.word("BEGIN IMMEDIATE");
    let mut next = Some(first);
    while let Some(mut job) = next {
        let ran = begun.clone().and_then(|()| run_in_savepoint(connection, &mut *job));
        group.push(job);
        ran?;
        next = if group.len() < GROUP { jobs.try_recv().ok() } else { None };
    }
    let mut lost = false;
    match faults.take() {
        Some(Fault::FailBeforeCommit) => return Err(StoreError::Unavailable { reason: "injected".to_owned() }),
        Some(Fault::DiskFull) => return Err(StoreError::Full),
        Some(Fault::Stall(time)) => std::thread::sleep(time),
        Some(Fault::LoseAnswerAfterCommit) => lost = true,
        None => {}
    }
    match connection.word("COMMIT") {
        Ok(()) if lost => Err(StoreError::Uncertain),
        Ok(()) => Ok(()),
        // Frames of a failed fsync may still reach the disk; a full disk cannot have held the commit frame.
        Err(StoreError::Full) => Err(StoreError::Full),
        Err(error) => {
            tracing::error!(%error, "a group could not be committed");
            Err(StoreError::Uncertain)
        }
    }
}

fn run_in_savepoint(connection: &mut Connection, job: &mut dyn Job) -> Result<(), StoreError> {
    connection.word("SAVEPOINT action")?;
    // Measures ourselves and decides nothing, so it is not one of the seams.
    let begun = std::time::Instant::now();
    let (kept, broken) = job.run(Tx::over(Link::Sqlite(connection)));
    let held = begun.elapsed();
    if held > LONG {
        tracing::warn!(
            millis = held.as_millis(),
            "an action held the writer long; bulk work should take smaller steps"
        );
    }
    if connection.db.is_autocommit() {
        // Disk full, I/O error or no memory: SQLite gave up the whole transaction, neighbours included.
        let unknown = || StoreError::Unavailable { reason: "the whole group was given up".to_owned() };
        return Err(broken.unwrap_or_else(unknown));
    }
    if !kept {
        connection.word("ROLLBACK TO action")?;
    }
    connection.word("RELEASE action")
}
