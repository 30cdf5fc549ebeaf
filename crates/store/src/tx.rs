//! A transaction, on either engine.

use crate::error::StoreError;
use crate::value::{Row, Value};
use crate::{postgres, sqlite};

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
