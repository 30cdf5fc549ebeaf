//! Files become the register: stream, validate, stage, switch in one short write.

use std::path::{Path, PathBuf};

use base::{Kind, Seams};
use store::{Store, StoreError};

/// What to do with a directory of files.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Read and check everything, write nothing.
    pub dry_run: bool,
    /// Switch although rows were refused; households they belong to are marked incomplete.
    pub keep_good: bool,
    /// Where to write refused rows (file, line, field, reason; never a value); `None`: nowhere.
    pub report: Option<PathBuf>,
}

/// How far an import has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The file being read.
    pub file: &'static str,
    /// Bytes of all files read so far.
    pub done_bytes: u64,
    /// Bytes of all files.
    pub total_bytes: u64,
    /// Rows accepted so far.
    pub rows: u64,
}

/// What an import did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Residents accepted.
    pub residents: u64,
    /// Households accepted.
    pub households: u64,
    /// Protections accepted.
    pub protections: u64,
    /// Differences applied now.
    pub changes_applied: u64,
    /// Differences that wait for an earlier one.
    pub changes_waiting: u64,
    /// Rows refused.
    pub refused: u64,
    /// Rows skipped because an earlier, interrupted run had staged them.
    pub resumed: u64,
    /// Whether the register now shows this data.
    pub switched: bool,
}

/// Why an import could not run at all.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A file cannot be read.
    #[error("{path} cannot be read: {reason}")]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// The system's words.
        reason: String,
    },
    /// The caller asked to stop; a rerun goes on from here.
    #[error("the import was stopped; run it again to go on")]
    Stopped,
}

impl ImportError {
    /// What it means to a caller.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Store(_) => Kind::Unavailable,
            Self::Unreadable { .. } => Kind::Invalid,
            Self::Stopped => Kind::Conflict,
        }
    }
}

/// Imports the directory `dir`. `progress` is called every few hundred rows; returning `false` stops, and a rerun
/// continues.
///
/// # Errors
/// [`ImportError`]. Refused rows are not an error but counted in the report; the command exits 1 for them.
pub fn run(
    _store: &Store,
    _seams: &Seams,
    _dir: &Path,
    _options: &Options,
    _progress: &mut dyn FnMut(Progress) -> bool,
) -> Result<Report, ImportError> {
    Err(ImportError::Stopped)
}
