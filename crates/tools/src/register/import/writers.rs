//! Batches on their way into the database, while the next ones are being read.
//!
//! ```text
//!   reader (this thread) ── batches of ≤ 500 rows ──► bounded channel ──► 3 threads, each store.write(batch)
//! ```
//! Batches may commit in any order: each is marked done in its own transaction, and none depends on another.

use std::collections::HashSet;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

use store::{Store, StoreError, Tx, Value};

use super::ImportError;

/// Threads that write: while one waits for its commit to be durable, the others fill the next group.
const WRITERS: usize = 3;
/// Tries of a batch that others got in the way of; a batch may be repeated since it is marked done in its transaction.
const TRIES: usize = 10;

/// Some rows, staged in one transaction.
pub(super) struct Batch {
    pub(super) file: &'static str,
    pub(super) number: i64,
    pub(super) statements: Vec<(&'static str, Vec<Value>)>,
}

const DONE: &str = "INSERT INTO import_batches (run, file, batch) VALUES ($1, $2, $3) \
    ON CONFLICT (run, file, batch) DO NOTHING RETURNING batch";

/// Where batches go.
pub(super) enum Sink {
    /// Nowhere: a dry run.
    Nowhere,
    /// To the writers.
    Writers {
        /// The run, for the rows' marks.
        run: String,
        /// Batches an earlier run has done.
        done: HashSet<(String, i64)>,
        /// The channel.
        sender: SyncSender<Batch>,
    },
}

impl Sink {
    /// Whether an earlier, interrupted run has staged this batch.
    pub(super) fn is_done(&self, file: &str, number: i64) -> bool {
        match self {
            Self::Nowhere => false,
            Self::Writers { done, .. } => done.contains(&(file.to_owned(), number)),
        }
    }

    /// Hands a batch over; waits when the writers are behind.
    ///
    /// # Errors
    /// [`ImportError::Stopped`] when the writers have stopped; their own error is what counts then.
    pub(super) fn send(&self, batch: Batch) -> Result<(), ImportError> {
        match self {
            Self::Nowhere => Ok(()),
            Self::Writers { sender, .. } => sender.send(batch).map_err(|_| ImportError::Stopped),
        }
    }

    /// The run, when there is one.
    pub(super) fn run(&self) -> Option<&str> {
        match self {
            Self::Nowhere => None,
            Self::Writers { run, .. } => Some(run),
        }
    }
}

/// Runs `read` with a sink that writes into `store`; returns when everything handed over is durable.
pub(super) fn with_writers<T>(
    store: &Store,
    run: &str,
    done: HashSet<(String, i64)>,
    read: impl FnOnce(&Sink) -> Result<T, ImportError>,
) -> Result<T, ImportError> {
    let (sender, receiver) = sync_channel::<Batch>(WRITERS * 2);
    let receiver = Arc::new(Mutex::new(receiver));
    let failure: Arc<Mutex<Option<StoreError>>> = Arc::default();
    std::thread::scope(|scope| {
        for _ in 0..WRITERS {
            let (receiver, failure) = (receiver.clone(), failure.clone());
            scope.spawn(move || write_until_closed(store, run, &receiver, &failure));
        }
        // Only the threads hold the receiving end now: when all of them have stopped, sending fails.
        drop(receiver);
        let sink = Sink::Writers { run: run.to_owned(), done, sender };
        let result = read(&sink);
        drop(sink);
        result
    })
    .and_then(|value| match failure.lock().unwrap_or_else(PoisonError::into_inner).take() {
        Some(error) => Err(error.into()),
        None => Ok(value),
    })
    .map_err(|error| match (error, failure.lock().unwrap_or_else(PoisonError::into_inner).take()) {
        (ImportError::Stopped, Some(cause)) => cause.into(),
        (error, _) => error,
    })
}

fn write_until_closed(
    store: &Store,
    run: &str,
    receiver: &Mutex<Receiver<Batch>>,
    failure: &Mutex<Option<StoreError>>,
) {
    loop {
        let next = receiver.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(batch) = next else { return };
        if let Err(error) = write(store, run, batch) {
            failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
            return;
        }
    }
}

fn write(store: &Store, run: &str, batch: Batch) -> Result<(), StoreError> {
    let batch = Arc::new(batch);
    for attempt in 1.. {
        let (batch, run) = (batch.clone(), run.to_owned());
        match store.write(move |tx| stage(tx, &run, &batch)) {
            // Uncertain: the mark tells whether it had happened.
            Err(StoreError::Contended | StoreError::Uncertain) if attempt < TRIES => {}
            result => return result,
        }
    }
    Ok(())
}

fn stage(tx: &mut Tx, run: &str, batch: &Batch) -> Result<(), StoreError> {
    if tx.query_one(DONE, &[run.into(), batch.file.into(), batch.number.into()])?.is_none() {
        return Ok(());
    }
    for (sql, values) in &batch.statements {
        tx.queue(sql, values)?;
    }
    Ok(())
}
