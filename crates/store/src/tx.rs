//! A transaction, on either engine.

use crate::value::{Row, Value};

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

/// One transaction. SQL is written once for both engines: parameters `$1…$9` , types `BIGINT`, `TEXT`, `BLOB`.
pub struct Tx<'a> {
    _engine: std::marker::PhantomData<&'a mut ()>,
}

impl Tx<'_> {
    /// Rows of a query.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn query(&mut self, _sql: &'static str, _parameters: &[Value]) -> Result<Vec<Row>, StoreError> {
        Err(StoreError::Closed)
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
    pub fn execute(&mut self, _sql: &'static str, _parameters: &[Value]) -> Result<u64, StoreError> {
        Err(StoreError::Closed)
    }

    /// Queues a statement whose result nobody reads; it is sent, pipelined, before the next read or the commit.
    ///
    /// # Errors
    /// [`StoreError`]; on PostgreSQL it may surface only at the next read or the commit.
    pub fn queue(&mut self, _sql: &'static str, _parameters: &[Value]) -> Result<(), StoreError> {
        Err(StoreError::Closed)
    }
}
