//! A file of family registers becomes what everyone sees: stream, validate, stage, switch in one short write.
//!
//! ```text
//!   family_registers.jsonl ─► header ─┬─ full load: every line checked ─► staged under a new generation, nobody sees it
//!                                     │        all good, or --keep-good ──► switch: one number changes
//!                                     └─ difference: follows our position ─► applied in one write
//!                                          a gap or a bad line: not applied, and the heartbeat says how far behind we are
//! ```
//!
//! * **Resumable.** The same file again stages into the same generation; a row that is there is left alone. A file that is
//!   shown already only renews the heartbeat.
//! * **Whole or not at all.** The header says how many registers follow; a file cut short changes nothing.
//! * **`keep_good`** leaves refused lines out. In a full load such a register is then not there; in a difference the older
//!   version is marked as no longer the newest. Either way it is the counter's.

mod difference;
mod full;
mod refused;
mod rows;

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use base::{Kind, Seams};
use store::{Store, StoreError};
use wire::family_register::{Contents, FILE, FileError, Header, Reader};

use crate::access::{AccessError, BulkDeclaration, Concerned};
use crate::copied_records::journal;
use crate::register::import::Options;

pub use full::sweep;

/// What everyone is shown about a load.
const DECLARATION: BulkDeclaration = BulkDeclaration {
    name: "family_register.import",
    japanese: "戸籍情報システムから戸籍の写しを取り込みました。",
    english: "The copy of the family registers was loaded from the city's family register system.",
    concerned: Concerned::Everyone,
};

/// What an import did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Registers accepted.
    pub registers: u64,
    /// Members of them.
    pub members: u64,
    /// Lines refused.
    pub refused: u64,
    /// Whether the registers of this file are shown now.
    pub switched: bool,
    /// A difference that does not follow our position: one before it is missing. Issuing closes until it comes.
    pub has_gap: bool,
    /// Registrations of people who live elsewhere that ended because their 本籍 changed.
    pub registrations_ended: u64,
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
    #[error("this file ends at position {file}, the family registers stand at {shown}; take a newer full export")]
    Older {
        /// The file's position.
        file: i64,
        /// Ours.
        shown: i64,
    },
    /// A difference with too many registers for one write.
    #[error("a difference holds at most {limit} registers; take a full export")]
    TooManyInOne {
        /// The most.
        limit: usize,
    },
    /// Another import has begun in the meantime.
    #[error("another import of family registers has begun since; run this one again")]
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
            (_, _, true) if self.report.registers == 0 && self.report.refused == 0 => journal::State::Contained,
            (_, _, true) => journal::State::Shown,
            _ => journal::State::Refused,
        }
    }
}

type FileReader = Reader<BufReader<File>>;

/// Whether `dir` holds a file of family registers.
pub fn is_there(dir: &Path) -> bool {
    dir.join(FILE).is_file()
}

/// Imports the family registers of `dir`; `None` when it holds none. Takes the same options as the import of residents;
/// `options.report` is where refused lines are listed.
///
/// # Errors
/// [`ImportError`]. Refused lines are not an error but counted in the report.
pub fn run(store: &Store, seams: &Seams, dir: &Path, options: &Options) -> Result<Option<Report>, ImportError> {
    if !is_there(dir) {
        return Ok(None);
    }
    let path = dir.join(FILE);
    let reader = open(&path)?;
    let header = reader.header().clone();
    let refused = refused::Refused::open(options.report.as_deref())?;
    let mut context =
        Context { store, seams, options, path, header: header.clone(), report: Report::default(), refused };
    let begun = journal::Begun {
        kind: "family_register",
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
        let counts = [context.report.registers, context.report.refused];
        journal::finish(store, seams, entry, state, counts, (FILE, context.refused.kept()))?;
    }
    done?;
    context.refused.finish()?;
    if context.report.switched && !options.dry_run {
        sweep(store)?;
        context.report.registrations_ended = super::registration::void_changed(store, seams)?;
    }
    Ok(Some(context.report))
}

fn open(path: &Path) -> Result<FileReader, ImportError> {
    let file = File::open(path).map_err(|error| unreadable(path, &error))?;
    Ok(Reader::open(BufReader::with_capacity(1 << 18, file))?)
}

fn unreadable(path: &Path, error: &std::io::Error) -> ImportError {
    ImportError::Unreadable { path: path.to_path_buf(), reason: error.kind().to_string() }
}
