//! The four kinds of value both engines share, and rows read by position.

use crate::error::StoreError;

/// A column or parameter value: `BIGINT`, `TEXT`, `BLOB`/`BYTEA` or null. Booleans are 0/1, time is UTC microseconds.
/// `{:?}` prints the kind and size only: most values are about a person.
#[derive(Clone, PartialEq)]
pub enum Value {
    /// SQL null.
    Null,
    /// `BIGINT`.
    Int(i64),
    /// `TEXT`.
    Text(String),
    /// `BLOB` on SQLite, `BYTEA` on PostgreSQL.
    Blob(Vec<u8>),
}

impl std::fmt::Debug for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Int(_) => f.write_str("<integer>"),
            Self::Text(text) => write!(f, "<text, {} bytes>", text.len()),
            Self::Blob(bytes) => write!(f, "<{} bytes>", bytes.len()),
        }
    }
}

macro_rules! into_value {
    ($($from:ty => |$v:ident| $to:expr),* $(,)?) => { $(
        impl From<$from> for Value { fn from($v: $from) -> Self { $to } }
    )* };
}

into_value! {
    i64 => |v| Value::Int(v),
    i32 => |v| Value::Int(i64::from(v)),
    u32 => |v| Value::Int(i64::from(v)),
    bool => |v| Value::Int(i64::from(v)),
    &str => |v| Value::Text(v.to_owned()),
    &String => |v| Value::Text(v.clone()),
    String => |v| Value::Text(v),
    &[u8] => |v| Value::Blob(v.to_vec()),
    Vec<u8> => |v| Value::Blob(v),
    base::Timestamp => |v| Value::Int(v.micros()),
    base::Date => |v| Value::Text(v.to_string()),
    base::Id => |v| Value::Text(v.to_string()),
    base::Yen => |v| Value::Int(v.0),
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// One row of a result, read by column position from 0.
/// `{:?}` prints kinds only, see [`Value`].
#[derive(Clone, Debug, PartialEq)]
pub struct Row(pub(crate) Vec<Value>);

impl Row {
    /// A non-null integer.
    ///
    /// # Errors
    /// [`StoreError::Column`] when the column is absent, null or of another kind; so for all readers below.
    pub fn int(&self, column: usize) -> Result<i64, StoreError> {
        self.opt_int(column)?.ok_or(StoreError::Column { column, wanted: "an integer" })
    }

    /// An integer or null.
    ///
    /// # Errors
    /// See [`Row::int`].
    pub fn opt_int(&self, column: usize) -> Result<Option<i64>, StoreError> {
        match self.0.get(column) {
            Some(Value::Int(v)) => Ok(Some(*v)),
            Some(Value::Null) => Ok(None),
            _ => Err(StoreError::Column { column, wanted: "an integer" }),
        }
    }

    /// A boolean stored as 0/1.
    ///
    /// # Errors
    /// See [`Row::int`].
    pub fn flag(&self, column: usize) -> Result<bool, StoreError> {
        Ok(self.int(column)? != 0)
    }

    /// Non-null text.
    ///
    /// # Errors
    /// See [`Row::int`].
    pub fn text(&self, column: usize) -> Result<&str, StoreError> {
        self.opt_text(column)?.ok_or(StoreError::Column { column, wanted: "text" })
    }

    /// Text or null.
    ///
    /// # Errors
    /// See [`Row::int`].
    pub fn opt_text(&self, column: usize) -> Result<Option<&str>, StoreError> {
        match self.0.get(column) {
            Some(Value::Text(v)) => Ok(Some(v)),
            Some(Value::Null) => Ok(None),
            _ => Err(StoreError::Column { column, wanted: "text" }),
        }
    }

    /// Non-null bytes.
    ///
    /// # Errors
    /// See [`Row::int`].
    pub fn blob(&self, column: usize) -> Result<&[u8], StoreError> {
        self.opt_blob(column)?.ok_or(StoreError::Column { column, wanted: "bytes" })
    }

    /// Bytes or null.
    ///
    /// # Errors
    /// See [`Row::int`].
    pub fn opt_blob(&self, column: usize) -> Result<Option<&[u8]>, StoreError> {
        match self.0.get(column) {
            Some(Value::Blob(v)) => Ok(Some(v)),
            Some(Value::Null) => Ok(None),
            _ => Err(StoreError::Column { column, wanted: "bytes" }),
        }
    }

    /// An instant stored as UTC microseconds.
    ///
    /// # Errors
    /// See [`Row::int`].
    pub fn timestamp(&self, column: usize) -> Result<base::Timestamp, StoreError> {
        self.int(column).map(base::Timestamp::from_micros)
    }

    /// An instant or null.
    ///
    /// # Errors
    /// See [`Row::int`].
    pub fn opt_timestamp(&self, column: usize) -> Result<Option<base::Timestamp>, StoreError> {
        Ok(self.opt_int(column)?.map(base::Timestamp::from_micros))
    }

    /// A date stored as `YYYY-MM-DD`.
    ///
    /// # Errors
    /// See [`Row::int`].
    pub fn date(&self, column: usize) -> Result<base::Date, StoreError> {
        self.opt_date(column)?.ok_or(StoreError::Column { column, wanted: "a date" })
    }

    /// A date or null.
    ///
    /// # Errors
    /// See [`Row::int`].
    pub fn opt_date(&self, column: usize) -> Result<Option<base::Date>, StoreError> {
        self.opt_text(column)?
            .map(|text| base::Date::parse(text).map_err(|_| StoreError::Column { column, wanted: "a date" }))
            .transpose()
    }

    /// An id stored in its text form.
    ///
    /// # Errors
    /// See [`Row::int`].
    pub fn id(&self, column: usize) -> Result<base::Id, StoreError> {
        base::Id::parse(self.text(column)?).map_err(|_| StoreError::Column { column, wanted: "an id" })
    }
}
