//! The files by which a city's own register system hands residents to Yakuba.
//!
//! For the operator who writes the export and for the clerk who must find the one bad row of a million. A directory
//! holds a full load and, later, daily differences:
//!
//! ```text
//!   DIR/source.toml      who wrote this, up to which position, when (the heartbeat), in which encoding
//!   DIR/residents.csv    one row a resident, first column the resident id            ┐
//!   DIR/households.csv   one row a household                                         ├ a full load
//!   DIR/protections.csv  one row a protection (支援措置)                              ┘
//!   DIR/changes.csv      differences (異動): position, kind, the whole resident afterwards
//!   DIR/mapping.toml     optional: their column names, words and dates → ours (a city edits this, no code)
//! ```
//!
//! UTF-8 with or without a byte order mark, or Shift_JIS as Windows writes it (CP932). One record a line; quoted fields
//! may hold the delimiter and doubled quotes but no line break, so one bad row never swallows the next. The columns are
//! in [`columns`], with the national item name beside each.
//!
//! Reading is total: any bytes give rows or [`Fault`]s with line, field and [`Reason`]; a value is never repeated in
//! either. A column for the Individual Number (個人番号) or the resident record code (住民票コード) closes the whole
//! file, and every field of every row passes `base::my_number_guard`.

mod cells;
pub mod columns;
mod dates;
mod encoding;
mod fault;
pub mod guide;
pub(crate) mod lines;
mod mapping;
pub(crate) mod names;
pub mod profile;
mod reader;
mod record;
pub(crate) mod source;
mod write;

#[cfg(test)]
mod tests;

pub use dates::DateFormat;
pub use encoding::{Encoding, to_shift_jis};
pub use fault::{Fault, FileError, Reason};
pub use mapping::{FileMapping, Mapping, MappingError};
pub use reader::{Entry, Reader};
pub use record::{
    ChangeKind, ChangeRecord, EntryState, FromCells, HouseholdRecord, ProtectionRecord, ResidentRecord, Sex,
};
pub use source::{Source, SourceError};
pub use write::{ToCells, Writer, to_line};

/// The file names of the set.
pub mod files {
    /// One row a resident.
    pub const RESIDENTS: &str = "residents.csv";
    /// One row a household.
    pub const HOUSEHOLDS: &str = "households.csv";
    /// One row a protection.
    pub const PROTECTIONS: &str = "protections.csv";
    /// Differences.
    pub const CHANGES: &str = "changes.csv";
    /// Heartbeat.
    pub const SOURCE: &str = "source.toml";
    /// Column mapping.
    pub const MAPPING: &str = "mapping.toml";
}

/// Reads whatever bytes somebody calls a residents file, to its end. For fuzzing: it must return.
pub fn read_anything(bytes: &[u8]) -> usize {
    let mapping = FileMapping::default();
    let mut seen = 0;
    for encoding in [Encoding::Auto, Encoding::ShiftJis] {
        if let Ok(mut reader) = Reader::<_, ResidentRecord>::open(bytes, files::RESIDENTS, encoding, &mapping) {
            while let Ok(Some(_)) = reader.next_entry() {
                seen += 1;
            }
        }
        if let Ok(mut reader) = Reader::<_, ChangeRecord>::open(bytes, files::CHANGES, encoding, &mapping) {
            while let Ok(Some(_)) = reader.next_entry() {
                seen += 1;
            }
        }
    }
    let _ = profile::profile(bytes);
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = Mapping::parse(text);
        let _ = Source::parse(text);
    }
    seen
}
