//! What is wrong with a line or a file, without ever repeating a value.

use super::Reason;

/// One thing wrong with one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The file's name.
    pub file: &'static str,
    /// Line, from 1; the header is line 1.
    pub line: u64,
    /// The path of the field: `income.salary`; empty when the whole line is meant. An unknown key is given by its place
    /// only, since it may hold anything.
    pub field: String,
    /// What is wrong.
    pub reason: Reason,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let colon = if self.field.is_empty() { "" } else { ": " };
        write!(f, "{}:{}: {}{colon}{}", self.file, self.line, self.field, self.reason)
    }
}

/// Why a file cannot be taken at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// The system.
    #[error("{file} cannot be read: {reason}")]
    Io {
        /// The file's name.
        file: &'static str,
        /// The system's words.
        reason: String,
    },
    /// The first line is not a header of this format.
    #[error("{file}, line 1: {field}: {reason}")]
    Header {
        /// The file's name.
        file: &'static str,
        /// Which field of the header.
        field: String,
        /// Why.
        reason: Reason,
    },
    /// There are fewer or more records than the header promised: the file was cut short or put together wrongly.
    #[error("{file} promises {promised} records and holds {found}: it is not whole")]
    NotWhole {
        /// The file's name.
        file: &'static str,
        /// In the header.
        promised: u64,
        /// Lines after it.
        found: u64,
    },
}
