//! A file of copied records becomes what everyone sees: stream, validate, stage, switch in one short write.
//!
//! ```text
//!   file ─► header ─┬─ full load: every line checked ─► staged under a new generation, nobody sees it
//!                   │        all good, or --keep-good ──► switch: one number changes
//!                   └─ difference: follows our position ─► applied in one write
//!                        a gap or a bad line: not applied, and the heartbeat says how far behind we are
//! ```
//! The same file again stages into the same generation; a file that is shown already only renews the heartbeat. A file cut
//! short changes nothing.

mod difference;
mod full;
mod refused;
mod rows;

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use base::{Kind, Seams};
use store::{Store, StoreError};
use wire::record_lines::{Contents, FileError, Header, Reader};

use super::{Copied, journal};
use crate::access::AccessError;
use crate::register::import::Options;

/// What an import did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Records accepted.
    pub records: u64,
    /// People in them.
    pub people: u64,
    /// Lines refused.
    pub refused: u64,
    /// Whether the records of this file are shown now.
    pub switched: bool,
    /// A difference that does not follow our position: one before it is missing. Issuing closes until it comes.
    pub has_gap: bool,
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
    /// A file cannot be read or written.
    #[error("{path} cannot be read or written: {reason}")]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// The system's words.
        reason: String,
    },
    /// The file is not what it should be.
    #[error(transparent)]
    File(#[from] FileError),
    /// The file is older than what is shown.
    #[error("this file ends at position {file}, the copy stands at {shown}; take a newer full export")]
    Older {
        /// The file's position.
        file: i64,
        /// Ours.
        shown: i64,
    },
    /// A difference with too many records for one write.
    #[error("a difference holds at most {limit} records; take a full export")]
    TooManyInOne {
        /// The most.
        limit: usize,
    },
    /// Another import has begun in the meantime.
    #[error("another import of such records has begun since; run this one again")]
    Overtaken,
}

impl ImportError {
    /// What it means to a caller.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Store(error) => error.kind(),
            Self::Access(error) => error.kind(),
            Self::Unreadable { .. } | Self::File(_) | Self::Older { .. } | Self::TooManyInOne { .. } => Kind::Invalid,
            Self::Overtaken => Kind::Conflict,
        }
    }
}

/// What every step is given.
struct Context<'a> {
    store: &'a Store,
    seams: &'a Seams,
    options: &'a Options,
    path: PathBuf,
    header: Header,
    report: Report,
    refused: refused::Refused,
}

impl Context<'_> {
    /// What became of the file.
    const fn became(&self, has_failed: bool) -> journal::State {
        match (has_failed, self.report.has_gap, self.report.switched) {
            (true, ..) => journal::State::Failed,
            (_, true, _) => journal::State::Gap,
            (_, _, true) if self.report.records == 0 && self.report.refused == 0 => journal::State::Contained,
            (_, _, true) => journal::State::Shown,
            _ => journal::State::Refused,
        }
    }
}

type FileReader<T> = Reader<BufReader<File>, T>;

/// Whether `dir` holds a file of `T`.
pub fn is_there<T: Copied>(dir: &Path) -> bool {
    dir.join(T::FILE).is_file()
}

/// Imports the file of `T` in `dir`; `None` when it holds none. Takes the options of the import of residents; the refused
/// lines are listed beside the file that `options.report` names, as [`Copied::REFUSED`].
///
/// # Errors
/// [`ImportError`]. Refused lines are not an error but counted in the report.
pub fn run<T: Copied>(
    store: &Store,
    seams: &Seams,
    dir: &Path,
    options: &Options,
) -> Result<Option<Report>, ImportError> {
    if !is_there::<T>(dir) {
        return Ok(None);
    }
    let path = dir.join(T::FILE);
    let reader = open::<T>(&path)?;
    let header = reader.header().clone();
    let list = options.report.as_ref().map(|report| report.with_file_name(T::REFUSED));
    let refused = refused::Refused::open(list)?;
    let mut context =
        Context { store, seams, options, path, header: header.clone(), report: Report::default(), refused };
    let begun = journal::Begun {
        kind: T::JOURNAL,
        is_difference: matches!(header.contents, Contents::Difference { .. }),
        source: &header.source,
        position: header.position,
    };
    let entry = if options.dry_run { None } else { Some(journal::begin(store, seams, &begun)?) };
    let done = match header.contents {
        Contents::Full => full::load(&mut context, reader),
        Contents::Difference { after } => difference::apply(&mut context, reader, after),
    };
    if let Some(entry) = entry {
        let state = context.became(done.is_err());
        let counts = [context.report.records, context.report.refused];
        journal::finish(store, seams, entry, state, counts, (T::FILE, context.refused.kept()))?;
    }
    done?;
    context.refused.finish()?;
    if context.report.switched && !options.dry_run {
        full::sweep::<T>(store)?;
    }
    Ok(Some(context.report))
}

fn open<T: Copied>(path: &Path) -> Result<FileReader<T>, ImportError> {
    let file = File::open(path).map_err(|error| unreadable(path, &error))?;
    Ok(Reader::open(BufReader::with_capacity(1 << 18, file))?)
}

fn unreadable(path: &Path, error: &std::io::Error) -> ImportError {
    ImportError::Unreadable { path: path.to_path_buf(), reason: error.kind().to_string() }
}
