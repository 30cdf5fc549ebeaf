//! A transaction, on either engine.

use crate::value::{Row, Value};
use crate::{postgres, sqlite};

/// What can go wrong beneath an action. Never carries a parameter value, so it may be logged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The engine refused or is not reachable.
    #[error("the database did not do what was asked ({context}): {reason}")]
    Engine {
        /// The statement's first words or the step.
        context: &'static str,
        /// The engine's own message, without values.
        reason: String,
    },
    /// A unique or foreign key constraint was violated.
    #[error("a row with this key is there already ({context})")]
    Duplicate {
        /// The statement's first words.
        context: &'static str,
    },
    /// A column did not hold what the code expects.
    #[error("column {column} does not hold {wanted}")]
    Column {
        /// Position from 0.
        column: usize,
        /// What was wanted.
        wanted: &'static str,
    },
    /// The store is shutting down or its writer has stopped.
    #[error("the database is closed")]
    Closed,
    /// Another process owns the data directory.
    #[error("{place} is in use by another process; ask that process, or stop it first")]
    InUse {
        /// The lock file.
        place: String,
    },
    /// The tables cannot be brought up to date, or the files or server are not what they should be.
    #[error("the database cannot be opened ({place}): {reason}")]
    Setup {
        /// The migration or the place.
        place: String,
        /// What is wrong and what to do.
        reason: String,
    },
    /// No room is left; nothing was written.
    #[error("the disk of the database is full; nothing was written")]
    Full,
    /// The engine does not answer; nothing was written.
    #[error("the database does not answer; nothing was written ({reason})")]
    Unavailable {
        /// The engine's own message, without values.
        reason: String,
    },
    /// Other transactions got in the way each of the bounded number of times it was tried; nothing was written.
    #[error("too many others are changing the same rows; nothing was written, try again")]
    Contended,
    /// The answer to the commit was lost: it may or may not have happened. Repeat with the same id.
    #[error("it is not known whether the last change was written; look, or repeat it with the same id")]
    Uncertain,
    /// The action panicked; nothing was written.
    #[error("the action stopped by a defect; nothing was written")]
    Panicked,
    /// A write was begun inside a write to the same database.
    #[error("a write was begun inside another write to the same database")]
    Nested,
}

impl StoreError {
    /// What it means to the outside.
    pub const fn kind(&self) -> base::Kind {
        match self {
            Self::Duplicate { .. } => base::Kind::Conflict,
            Self::InUse { .. }
            | Self::Full
            | Self::Unavailable { .. }
            | Self::Contended
            | Self::Uncertain
            | Self::Closed => base::Kind::Unavailable,
            Self::Engine { .. } | Self::Column { .. } | Self::Setup { .. } | Self::Panicked | Self::Nested => {
                base::Kind::Internal
            }
        }
    }
}

/// One transaction. SQL is written once for both engines: parameters `$1…$n`, types `BIGINT`, `TEXT`, `BLOB`.
///
/// The first statement that fails ends the transaction on both engines: later statements repeat its error, and the
/// store undoes everything even if the action swallows the error and returns `Ok`.
pub struct Tx<'a> {
    link: Link<'a>,
    broken: Option<StoreError>,
}

/// The engine beneath one transaction.
pub(crate) enum Link<'a> {
    Sqlite(&'a mut sqlite::Connection),
    Postgres(&'a mut postgres::Conversation),
}

impl<'a> Tx<'a> {
    /// Names a point of this action, for tests that kill the program there ([`crate::fault::halt_at`]). Does nothing else.
    pub fn reach(&mut self, point: &str) {
        crate::fault::reach(point);
    }

    pub(crate) fn over(link: Link<'a>) -> Self {
        Self { link, broken: None }
    }

    /// The error that ended this transaction early, if any.
    pub(crate) fn into_broken(self) -> Option<StoreError> {
        self.broken
    }

    /// Rows of a query.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn query(&mut self, sql: &'static str, parameters: &[Value]) -> Result<Vec<Row>, StoreError> {
        self.guarded(parameters, |link| match link {
            Link::Sqlite(connection) => connection.query(sql, parameters),
            Link::Postgres(conversation) => conversation.query(sql, parameters),
        })
    }

    /// The first row of a query, if any.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn query_one(&mut self, sql: &'static str, parameters: &[Value]) -> Result<Option<Row>, StoreError> {
        Ok(self.query(sql, parameters)?.into_iter().next())
    }

    /// Runs a statement now and says how many rows it changed.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn execute(&mut self, sql: &'static str, parameters: &[Value]) -> Result<u64, StoreError> {
        self.guarded(parameters, |link| match link {
            Link::Sqlite(connection) => connection.execute(sql, parameters),
            Link::Postgres(conversation) => conversation.execute(sql, parameters),
        })
    }

    /// Queues a statement whose result nobody reads; it is sent, pipelined, before the next read or the commit.
    ///
    /// # Errors
    /// [`StoreError`]; on PostgreSQL it may surface only at the next read or the commit.
    pub fn queue(&mut self, sql: &'static str, parameters: &[Value]) -> Result<(), StoreError> {
        self.guarded(parameters, |link| match link {
            Link::Sqlite(connection) => connection.execute(sql, parameters).map(drop),
            Link::Postgres(conversation) => conversation.queue(sql, parameters),
        })
    }

    /// Runs the statements of a migration, already in the engine's dialect.
    pub(crate) fn batch(&mut self, name: &'static str, sql: &str) -> Result<(), StoreError> {
        self.guarded(&[], |link| match link {
            Link::Sqlite(connection) => connection.batch(name, sql),
            Link::Postgres(conversation) => conversation.batch(name, sql),
        })
    }

    /// Whether binary columns are named `BYTEA` here.
    pub(crate) fn says_bytea(&self) -> bool {
        matches!(self.link, Link::Postgres(_))
    }

    fn guarded<T>(
        &mut self,
        parameters: &[Value],
        statement: impl FnOnce(&mut Link<'a>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        if let Some(error) = &self.broken {
            return Err(error.clone());
        }
        // PostgreSQL has no zero byte in text; SQLite would take it. Refuse on both before anything is sent.
        let result = match parameters.iter().position(|v| matches!(v, Value::Text(t) if t.contains('\0'))) {
            Some(column) => Err(StoreError::Column { column, wanted: "text without a zero byte" }),
            None => statement(&mut self.link),
        };
        if let Err(error) = &result {
            self.broken = Some(error.clone());
        }
        result
    }
}

/// The first words of a statement, for error messages: SQL text never holds values.
pub(crate) fn first_words(sql: &'static str) -> &'static str {
    let line = sql.trim_start().lines().next().unwrap_or_default();
    let end = line.char_indices().map(|(i, c)| i + c.len_utf8()).take_while(|end| *end <= 60).last().unwrap_or(0);
    &line[..end]
}
