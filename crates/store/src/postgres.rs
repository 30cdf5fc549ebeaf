//! PostgreSQL: a pool of connections, one SERIALIZABLE transaction for each write action, tried again when others
//! were in the way.
//!
//! ```text
//!   write ──► a free connection ──► BEGIN · statements · COMMIT ──► answered
//!                  ▲                        │ 40001, 40P01, 55P03: roll back, wait a little (jitter), again, at most 20 times
//!                  └────────────────────────┘ server gone before COMMIT was sent: connect anew, again
//!                                             server gone after: Uncertain, the caller looks
//!   read  ──► a free connection ──► BEGIN REPEATABLE READ READ ONLY · queries
//! ```
//!
//! The server commits groups by itself, so there is no writer thread here (measured: one transaction per action,
//! pipelined, wins).

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use base::Seams;
use tokio_postgres::error::SqlState;

pub(crate) use crate::conversation::Conversation;
use crate::conversation::Trouble;
use crate::fault::{Fault, Faults};
use crate::postgres_session::{Session, failure};
use crate::store::{Database, StoreConfig};
use crate::tx::{Link, Tx};
use crate::{StoreError, migrate};

const BEGIN_WRITE: &str = "BEGIN ISOLATION LEVEL SERIALIZABLE";
const BEGIN_READ: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
/// An action is tried this often when others are in the way.
const TRIES: u32 = 20;
/// Connecting is tried this often, waiting 25 ms, then twice as long each time: about three seconds.
const CONNECTS: u32 = 7;
/// How long a caller waits for a free connection.
const QUEUE: Duration = Duration::from_secs(30);
/// Any number that no other program on the database uses for `pg_advisory_lock`.
const MIGRATION_LOCK: i64 = 0x59_61_6b_75_62_61;

/// An open PostgreSQL database.
pub(crate) struct Postgres {
    config: Box<tokio_postgres::Config>,
    pool: Mutex<Pool>,
    returned: Condvar,
    limit: usize,
    seams: Seams,
    faults: Faults,
}

#[derive(Default)]
struct Pool {
    idle: Vec<Session>,
    open: usize,
}

impl Postgres {
    pub(crate) fn open(text: &str, config: &StoreConfig, seams: Seams, migrating: bool) -> Result<Self, StoreError> {
        let place = format!("{} on PostgreSQL", config.database.name());
        let setup = |reason: String| StoreError::Setup { place: place.clone(), reason };
        // The text holds a password, so the parser's own message is not repeated.
        let mut server: tokio_postgres::Config =
            text.parse().map_err(|_| setup("the connection text cannot be read".to_owned()))?;
        server.application_name(format!("yakuba-{}", config.database.name()));
        server.connect_timeout(Duration::from_secs(5));
        let postgres = Self {
            config: Box::new(server),
            pool: Mutex::default(),
            returned: Condvar::new(),
            limit: config.connections.max(1),
            seams,
            faults: config.faults.clone(),
        };
        let session = postgres.connect(false)?;
        let mut conversation = Conversation::new(session, BEGIN_READ);
        check_server(&mut conversation, config.database, &setup)?;
        if migrating && let Some(session) = conversation.end() {
            postgres.migrate(session, config)?;
        }
        Ok(postgres)
    }

    /// Only one process migrates; the others wait for it and then find nothing to do.
    fn migrate(&self, mut session: Session, config: &StoreConfig) -> Result<(), StoreError> {
        session
            .batch(&format!("SELECT pg_advisory_lock({MIGRATION_LOCK})"))
            .map_err(|e| failure("pg_advisory_lock", &e))?;
        // The lock goes with the session, which is not used again.
        let mut conversation = Conversation::new(session, BEGIN_WRITE);
        migrate::run(&mut Tx::over(Link::Postgres(&mut conversation)), config.database, &self.seams)?;
        conversation.commit()
    }

    pub(crate) fn read<T, E, F>(&self, action: F) -> Result<T, E>
    where
        E: From<StoreError>,
        F: FnOnce(&mut Tx<'_>) -> Result<T, E>,
    {
        let mut held = self.held(BEGIN_READ)?;
        let conversation = held.conversation();
        let mut tx = Tx::over(Link::Postgres(conversation));
        let outcome = action(&mut tx);
        let broken = tx.into_broken();
        // Queueing in a read is a defect: let the server refuse it.
        let broken = broken.or_else(|| held.conversation().flush().err());
        held.whole = true;
        match (outcome, broken) {
            (Ok(_), Some(error)) => Err(error.into()),
            (outcome, _) => outcome,
        }
    }

    pub(crate) fn write<T, E, F>(&self, mut action: F) -> Result<T, E>
    where
        E: From<StoreError>,
        F: FnMut(&mut Tx<'_>) -> Result<T, E>,
    {
        let mut last = StoreError::Contended;
        for tried in 0..TRIES {
            let mut held = self.held(BEGIN_WRITE)?;
            let conversation = held.conversation();
            let outcome = catch_unwind(AssertUnwindSafe(|| {
                let mut tx = Tx::over(Link::Postgres(conversation));
                let outcome = action(&mut tx);
                (outcome, tx.into_broken())
            }));
            let result = match outcome {
                Ok((Ok(value), None)) => self.commit(held.conversation()).map(|()| value).map_err(E::from),
                Ok((Ok(_), Some(error))) => Err(error.into()),
                Ok((Err(refusal), _)) => Err(refusal),
                Err(_) => Err(StoreError::Panicked.into()),
            };
            held.whole = true;
            let trouble = held.conversation().trouble();
            drop(held);
            last = match (&result, trouble) {
                (Err(_), Some(Trouble::Contended)) => StoreError::Contended,
                (Err(_), Some(Trouble::Lost)) => StoreError::Unavailable { reason: "the server went away".to_owned() },
                _ => return result,
            };
            tracing::debug!(tried, reason = %last, "a transaction is tried again");
            // Up to 2, 4, … 64 ms: whoever collided shall not collide again at the same beat.
            let bound = 2_000_u64 << tried.min(5);
            std::thread::sleep(Duration::from_micros(self.seams.random.below(bound)));
        }
        Err(last.into())
    }

    fn commit(&self, conversation: &mut Conversation) -> Result<(), StoreError> {
        match self.faults.take() {
            Some(Fault::FailBeforeCommit) => Err(StoreError::Unavailable { reason: "injected".to_owned() }),
            Some(Fault::DiskFull) => Err(StoreError::Full),
            Some(Fault::Stall(time)) => {
                std::thread::sleep(time);
                conversation.commit()
            }
            Some(Fault::LoseAnswerAfterCommit) => conversation.commit().and(Err(StoreError::Uncertain)),
            None => conversation.commit(),
        }
    }

    fn held(&self, begin: &'static str) -> Result<Held<'_>, StoreError> {
        let session = self.session()?;
        Ok(Held { pool: self, conversation: Some(Conversation::new(session, begin)), whole: false })
    }

    /// A connection that is alive at this moment.
    fn session(&self) -> Result<Session, StoreError> {
        let mut pool = self.pool.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(mut session) = pool.idle.pop() {
                drop(pool);
                if session.is_alive() {
                    return Ok(session);
                }
                pool = self.pool.lock().unwrap_or_else(PoisonError::into_inner);
                pool.open -= 1;
                continue;
            }
            if pool.open < self.limit {
                pool.open += 1;
                drop(pool);
                return self.connect(true).inspect_err(|_| self.give_back(None));
            }
            let (guard, timeout) = self.returned.wait_timeout(pool, QUEUE).unwrap_or_else(PoisonError::into_inner);
            pool = guard;
            if timeout.timed_out() && pool.idle.is_empty() && pool.open >= self.limit {
                return Err(StoreError::Unavailable { reason: "all connections are busy".to_owned() });
            }
        }
    }

    /// Connects; tries again while the server is starting, full or away.
    fn connect(&self, limits: bool) -> Result<Session, StoreError> {
        let mut wait = Duration::from_millis(25);
        let mut tried = 1;
        loop {
            let runtime = Session::runtime()
                .map_err(|error| StoreError::Unavailable { reason: format!("no connection can be driven: {error}") })?;
            let error = match Session::connect(runtime, &self.config, limits) {
                Ok(session) => return Ok(session),
                Err(error) => error,
            };
            let passing = match error.code() {
                Some(code) => *code == SqlState::CANNOT_CONNECT_NOW || *code == SqlState::TOO_MANY_CONNECTIONS,
                None => true,
            };
            if !passing || tried == CONNECTS {
                return Err(failure("connect", &error));
            }
            std::thread::sleep(wait);
            wait *= 2;
            tried += 1;
        }
    }

    fn give_back(&self, session: Option<Session>) {
        let mut pool = self.pool.lock().unwrap_or_else(PoisonError::into_inner);
        match session {
            Some(session) => pool.idle.push(session),
            None => pool.open -= 1,
        }
        drop(pool);
        self.returned.notify_one();
    }
}

/// A conversation whose session goes back to the pool, unless the action panicked out of it.
struct Held<'a> {
    pool: &'a Postgres,
    conversation: Option<Conversation>,
    whole: bool,
}

impl Held<'_> {
    #[expect(clippy::expect_used, reason = "the conversation is taken out only by drop")]
    fn conversation(&mut self) -> &mut Conversation {
        self.conversation.as_mut().expect("present until dropped")
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        let session = if self.whole { self.conversation.take().and_then(Conversation::end) } else { None };
        self.pool.give_back(session);
    }
}

/// Both engines must sort and store text alike, and only the zone's own role may come in.
fn check_server(
    conversation: &mut Conversation,
    database: Database,
    setup: &dyn Fn(String) -> StoreError,
) -> Result<(), StoreError> {
    let rows = conversation.query(
        "SELECT datcollate, pg_encoding_to_char(encoding), has_database_privilege('public', oid, 'CONNECT'),
                (SELECT rolsuper FROM pg_roles WHERE rolname = current_user), datname
         FROM pg_database WHERE datname = current_database()",
        &[],
    )?;
    let Some(row) = rows.first() else { return Ok(()) };
    let (collate, encoding) = (row.text(0)?, row.text(1)?);
    if encoding != "UTF8" {
        return Err(setup(format!("its encoding is {encoding}; make it with ENCODING 'UTF8'")));
    }
    if !(collate == "POSIX" || collate == "C" || collate.to_ascii_uppercase().starts_with("C.")) {
        return Err(setup(format!(
            "it sorts text by {collate}, not by code; make it with TEMPLATE template0 LOCALE 'C'"
        )));
    }
    // What keeps the outside zone out is that its role may not even connect.
    if row.flag(2)? && database != Database::Outside {
        return Err(setup(format!(
            "every role of the server may open it; run: REVOKE ALL ON DATABASE {} FROM PUBLIC",
            row.text(4)?
        )));
    }
    if row.opt_int(3)? == Some(1) {
        tracing::warn!(
            database = database.name(),
            "the role is a superuser; give each zone an ordinary role of its own"
        );
    }
    Ok(())
}
