//! What can go wrong here.

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

/// Why sealing or opening did not happen. Never carries content or a person.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The person's key was erased: the content is gone for good.
    #[error("this content was erased and cannot be read any more")]
    Erased,
    /// The key database does not know the key: it is older than the content.
    #[error("the key of this content is not in the key database; was an old copy restored?")]
    NoKey,
    /// The bytes were altered, or belong to another person or column.
    #[error("sealed content was altered or belongs elsewhere")]
    Altered,
    /// The city's key is not the one that wrapped this key.
    #[error("the city's key is not the one this was sealed under")]
    WrongCityKey,
    /// The key file cannot be used.
    #[error("the city key file {path} cannot be used: {reason}")]
    KeyFile {
        /// Where it is.
        path: String,
        /// What is wrong and what to do.
        reason: String,
    },
    /// The key database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl SealError {
    /// What it means to the outside.
    pub const fn kind(&self) -> base::Kind {
        match self {
            Self::Erased => base::Kind::Gone,
            Self::NoKey | Self::Altered | Self::WrongCityKey | Self::KeyFile { .. } => base::Kind::Internal,
            Self::Store(error) => error.kind(),
        }
    }
}

/// The first words of a statement, for error messages: SQL text never holds values.
pub(crate) fn first_words(sql: &'static str) -> &'static str {
    let line = sql.trim_start().lines().next().unwrap_or_default();
    let end = line.char_indices().map(|(i, c)| i + c.len_utf8()).take_while(|end| *end <= 60).last().unwrap_or(0);
    &line[..end]
}
