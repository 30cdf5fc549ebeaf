//! Files become the register: stream, validate, stage, switch in one short write; then daily differences.
//!
//! ```text
//!   DIR ─► set (mapping, heartbeat, fingerprint)
//!           │
//!           ├─ residents.csv there: load ─► rows checked one by one ─► batches of 100 ─► staged under a new generation
//!           │                                   └─ refused: report.csv, import_refused        │  nobody sees them
//!           │                               all good, or --keep-good ──► switch: one number changes ──► everyone does
//!           └─ changes.csv there: received by position ─► applied in order as far as no position is missing
//! ```
//!
//! * **Resumable.** Each batch is marked done in the transaction that stages it, under the fingerprint of the files. The
//!   same files again do only the rest.
//! * **Late, repeated, out of order.** A difference whose predecessor is missing waits; the household it concerns is
//!   served at the counter only, and issuing is closed while the source is ahead. The same position again does nothing;
//!   the same position with other content is refused.
//! * **`keep_good`** leaves refused rows out and marks their households incomplete (counter only). A refused row of
//!   `protections.csv` is never left out: somebody would lose their protection.

mod changes;
pub mod list;
mod load;
mod loader;
mod refused;
mod set;
mod sweep;
mod writers;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use base::{Kind, Seams};
use store::{Store, StoreError};
use wire::resident_csv::{FileError, MappingError, SourceError};

use crate::access::{AccessError, Actor};
pub use sweep::sweep;

/// Who imports, to whom the register's own file is a report.
#[derive(Clone, Debug)]
pub struct Options {
    /// Read and check everything, write nothing.
    pub dry_run: bool,
    /// Switch although rows were refused; households they belong to are marked incomplete.
    pub keep_good: bool,
    /// Where to write refused rows (file, line, field, reason; never a value); `None`: nowhere.
    pub report: Option<PathBuf>,
    /// Who does it, for the record everyone concerned sees.
    pub actor: Actor,
}

impl Default for Options {
    fn default() -> Self {
        Self { dry_run: false, keep_good: false, report: None, actor: Actor::System { job: "register-import" } }
    }
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
    /// Differences received for the first time.
    pub changes_received: u64,
    /// Differences applied now.
    pub changes_applied: u64,
    /// Differences that wait for an earlier one, of this file or of earlier ones.
    pub changes_waiting: u64,
    /// Rows refused.
    pub refused: u64,
    /// Rows skipped because an earlier, interrupted run had staged them.
    pub resumed: u64,
    /// Columns of the files that are none of ours, as `file: column`.
    pub ignored_columns: Vec<String>,
    /// Whether the register now shows this data: all of it, or with `keep_good` the good part.
    pub switched: bool,
}

impl Report {
    /// The exit code of the command: 1 when rows were refused.
    pub const fn exit_code(&self) -> u8 {
        if self.refused > 0 { 1 } else { 0 }
    }
}

/// Why an import could not run at all, or not to its end.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The import could not be put on record.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// A file cannot be read.
    #[error("{path} cannot be read: {reason}")]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// The system's words.
        reason: String,
    },
    /// A file is not what it should be.
    #[error(transparent)]
    File(#[from] FileError),
    /// The heartbeat.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The mapping.
    #[error(transparent)]
    Mapping(#[from] MappingError),
    /// Nothing to import there.
    #[error("{0} holds neither residents.csv nor changes.csv nor source.toml")]
    Nothing(PathBuf),
    /// The files are older than the register, and the differences since are not at hand to be applied again.
    #[error("these files end at position {file}, the register stands at {register}; take a newer full export")]
    Older {
        /// The files' position.
        file: i64,
        /// The register's.
        register: i64,
    },
    /// Another import has begun in the meantime.
    #[error("another import has begun since; run this one again")]
    Overtaken,
    /// The caller asked to stop; a rerun goes on from here.
    #[error("the import was stopped; run it again to go on")]
    Stopped,
}

impl ImportError {
    /// What it means to a caller.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Store(error) => error.kind(),
            Self::Access(error) => error.kind(),
            Self::Unreadable { .. }
            | Self::File(_)
            | Self::Source(_)
            | Self::Mapping(_)
            | Self::Nothing(_)
            | Self::Older { .. } => Kind::Invalid,
            Self::Overtaken | Self::Stopped => Kind::Conflict,
        }
    }
}

/// What every step of an import is given.
struct Context<'a> {
    store: &'a Store,
    seams: &'a Seams,
    set: set::FileSet,
    options: &'a Options,
    progress: &'a mut dyn FnMut(Progress) -> bool,
    report: Report,
    refused: refused::Refused,
    done_bytes: u64,
}

impl Context<'_> {
    /// Tells the caller how far it is.
    fn tell(&mut self, file: &'static str, of_file: u64) -> Result<(), ImportError> {
        let rows = self.report.residents + self.report.households + self.report.protections;
        let progress =
            Progress { file, done_bytes: self.done_bytes + of_file, total_bytes: self.set.total_bytes, rows };
        if (self.progress)(progress) { Ok(()) } else { Err(ImportError::Stopped) }
    }
}

/// Imports the directory `dir`. `progress` is called every few hundred rows; returning `false` stops, and a rerun
/// continues.
///
/// # Errors
/// [`ImportError`]. Refused rows are not an error but counted in the report; the command exits 1 for them.
pub fn run(
    store: &Store,
    seams: &Seams,
    dir: &Path,
    options: &Options,
    progress: &mut dyn FnMut(Progress) -> bool,
) -> Result<Report, ImportError> {
    let set = set::FileSet::open(dir)?;
    let refused = refused::Refused::open(options.report.as_deref())?;
    let mut context =
        Context { store, seams, set, options, progress, report: Report::default(), refused, done_bytes: 0 };
    let mut loaded = true;
    if context.set.residents.is_some() {
        loaded = load::load(&mut context)?;
    }
    if loaded && context.set.changes.is_some() {
        changes::receive(&mut context)?;
    }
    if !options.dry_run && loaded {
        heartbeat(&context)?;
        changes::drain(&mut context)?;
    }
    context.refused.finish()?;
    if !options.dry_run && context.report.switched {
        sweep(store)?;
    }
    Ok(context.report)
}

/// The heartbeat of the set, once what it stands for is here.
fn heartbeat(context: &Context<'_>) -> Result<(), ImportError> {
    let Some(source) = context.set.source.clone() else { return Ok(()) };
    let now = context.seams.now();
    context.store.write(move |tx| {
        super::record_heartbeat(tx, &source.name, source.position, source.taken_at, now).map_err(ImportError::Store)
    })
}
