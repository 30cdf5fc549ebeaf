//! A transaction, on either engine.

use crate::value::{Row, Value};

/// What can go wrong beneath an action. Never carries a parameter value, so it may be logged.
#[derive(Debug, thiserror::Error)]
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
