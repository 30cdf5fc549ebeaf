//! One SQLite connection: how it is set up, how SQL written once is run on it, and its errors as ours.

use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

use rusqlite::ErrorCode;
use rusqlite::types::{ToSqlOutput, ValueRef};

use crate::StoreError;
use crate::error::first_words;
use crate::store::Database;
use crate::value::{Row, Value};

/// WAL pages between checkpoints: 16 MiB. The default 1000 checkpoints too often under group commit (measured).
const CHECKPOINT_PAGES: u32 = 4000;
/// Bytes of the file that readers map instead of copying: as much as SQLite is built to allow, because the newest rows
/// lie at the end of the file. They are the system's page cache, seen from here, which it may take back at any time.
const MAPPED: u32 = 0x7fff_0000;
/// Prepared statements kept per connection.
const STATEMENTS: usize = 512;

/// One SQLite connection and its rewritten SQL texts.
pub(crate) struct Connection {
    pub(crate) db: rusqlite::Connection,
    /// `$n` → `?n`, by address and length of the static text.
    texts: HashMap<(usize, usize), Box<str>>,
}

impl Connection {
    pub(crate) fn open(path: &Path, database: Database, reader: bool) -> Result<Self, StoreError> {
        let failed = |error| failure("open", &error);
        let db = rusqlite::Connection::open(path).map_err(failed)?;
        db.set_prepared_statement_cache_capacity(STATEMENTS);
        db.busy_timeout(Duration::from_secs(5)).map_err(failed)?;
        // LIKE and foreign keys as on PostgreSQL.
        db.execute_batch(&format!(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA case_sensitive_like=ON;
             PRAGMA trusted_schema=OFF; PRAGMA temp_store=MEMORY; PRAGMA cache_size=-16384;
             PRAGMA wal_autocheckpoint={CHECKPOINT_PAGES}; PRAGMA mmap_size={}; PRAGMA query_only={};",
            if reader { MAPPED } else { 0 },
            u8::from(reader),
        ))
        .map_err(failed)?;
        if database == Database::Keys {
            // An erased key must not linger in a freed page.
            db.execute_batch("PRAGMA secure_delete=ON").map_err(failed)?;
        }
        Ok(Self { db, texts: HashMap::new() })
    }

    /// Runs one of our own transaction words.
    pub(crate) fn word(&mut self, sql: &'static str) -> Result<(), StoreError> {
        self.db.prepare_cached(sql).and_then(|mut s| s.raw_execute()).map(drop).map_err(|e| failure(sql, &e))
    }

    pub(crate) fn query(&mut self, sql: &'static str, parameters: &[Value]) -> Result<Vec<Row>, StoreError> {
        self.run(sql, parameters, |statement| {
            let columns = statement.column_count();
            let mut rows = statement.raw_query();
            let mut read = Vec::new();
            while let Some(row) = rows.next().map_err(|e| failure(first_words(sql), &e))? {
                let mut values = Vec::with_capacity(columns);
                for column in 0..columns {
                    let value = row.get_ref(column).map_err(|e| failure(first_words(sql), &e))?;
                    values.push(value_of(value).ok_or(StoreError::Column { column, wanted: "one of the four kinds" })?);
                }
                read.push(Row(values));
            }
            Ok(read)
        })
    }

    pub(crate) fn execute(&mut self, sql: &'static str, parameters: &[Value]) -> Result<u64, StoreError> {
        self.run(sql, parameters, |statement| {
            let mut rows = statement.raw_query();
            let mut returned = 0_u64;
            // A statement with RETURNING must be stepped to its end to take effect.
            while rows.next().map_err(|e| failure(first_words(sql), &e))?.is_some() {
                returned += 1;
            }
            Ok(returned)
        })
        .map(|returned| if returned > 0 { returned } else { self.db.changes() })
    }

    pub(crate) fn batch(&mut self, name: &'static str, sql: &str) -> Result<(), StoreError> {
        self.db.execute_batch(sql).map_err(|e| failure(name, &e))
    }

    fn run<T>(
        &mut self,
        sql: &'static str,
        parameters: &[Value],
        step: impl FnOnce(&mut rusqlite::CachedStatement<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let text = self.texts.entry((sql.as_ptr() as usize, sql.len())).or_insert_with(|| numbered(sql).into());
        let failed = |error| failure(first_words(sql), &error);
        let mut statement = self.db.prepare_cached(text).map_err(failed)?;
        if statement.parameter_count() != parameters.len() {
            return Err(StoreError::Engine {
                context: first_words(sql),
                reason: format!("{} parameters wanted, {} given", statement.parameter_count(), parameters.len()),
            });
        }
        for (index, value) in parameters.iter().enumerate() {
            statement.raw_bind_parameter(index + 1, value).map_err(failed)?;
        }
        step(&mut statement)
    }
}

impl rusqlite::ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Int(v) => ValueRef::Integer(*v),
            Self::Text(v) => ValueRef::Text(v.as_bytes()),
            Self::Blob(v) => ValueRef::Blob(v),
        }))
    }
}

fn value_of(value: ValueRef<'_>) -> Option<Value> {
    match value {
        ValueRef::Null => Some(Value::Null),
        ValueRef::Integer(v) => Some(Value::Int(v)),
        ValueRef::Text(v) => std::str::from_utf8(v).ok().map(|t| Value::Text(t.to_owned())),
        ValueRef::Blob(v) => Some(Value::Blob(v.to_vec())),
        ValueRef::Real(_) => None,
    }
}

/// `$n` becomes `?n` outside quotes: SQLite numbers `$n` by first appearance, `?n` by its number.
fn numbered(sql: &str) -> String {
    let mut text = String::with_capacity(sql.len());
    let mut quote = None;
    let mut characters = sql.chars().peekable();
    while let Some(c) = characters.next() {
        match (quote, c) {
            (Some(open), _) if c == open => quote = None,
            (None, '\'' | '"') => quote = Some(c),
            (None, '$') if characters.peek().is_some_and(char::is_ascii_digit) => {
                text.push('?');
                continue;
            }
            _ => {}
        }
        text.push(c);
    }
    text
}

/// Our error for an engine's; the message of SQLite names tables and columns, never values.
pub(crate) fn failure(context: &'static str, error: &rusqlite::Error) -> StoreError {
    use rusqlite::ffi;
    match error.sqlite_error() {
        Some(e) if e.code == ErrorCode::DiskFull => StoreError::Full,
        Some(e)
            if matches!(
                e.extended_code,
                ffi::SQLITE_CONSTRAINT_UNIQUE
                    | ffi::SQLITE_CONSTRAINT_PRIMARYKEY
                    | ffi::SQLITE_CONSTRAINT_ROWID
                    | ffi::SQLITE_CONSTRAINT_FOREIGNKEY
            ) =>
        {
            StoreError::Duplicate { context }
        }
        Some(e) if matches!(e.code, ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            StoreError::Unavailable { reason: "locked".to_owned() }
        }
        _ => StoreError::Engine { context, reason: error.to_string() },
    }
}

#[cfg(test)]
mod tests {
    use super::numbered;

    #[test]
    fn parameters_are_rewritten_outside_quotes_only() {
        assert_eq!(numbered("SELECT $2, '$1', \"$3\" WHERE a = $10"), "SELECT ?2, '$1', \"$3\" WHERE a = ?10");
        assert_eq!(numbered("SELECT 'it''s $1' || $1 || '$'"), "SELECT 'it''s $1' || ?1 || '$'");
    }
}
