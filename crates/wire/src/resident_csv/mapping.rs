//! `mapping.toml`: what a city edits instead of our code.
//!
//! ```toml
//! ["residents.csv"]
//! delimiter = ","                       # also "\t", ";", "|"
//! date_formats = ["japanese", "era_code"]
//! ignore = ["更新日時"]                  # columns known and not wanted
//! [ "residents.csv".columns ]
//! "宛名コード" = "resident_id"
//! [ "residents.csv".values.sex ]
//! "1" = "male"
//! "2" = "female"
//! ```

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::dates::{self, DateFormat};

/// The mapping of one set of files; absent files are read as documented.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Mapping {
    files: BTreeMap<String, FileMapping>,
}

/// The mapping of one file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FileMapping {
    /// One character between fields; comma when absent.
    pub delimiter: Option<char>,
    /// How dates are written, tried in this order; all but `era_code` when empty.
    pub date_formats: Vec<DateFormat>,
    /// Their columns that are known and not wanted.
    pub ignore: Vec<String>,
    /// Their column name → ours.
    pub columns: BTreeMap<String, String>,
    /// Our column name → (their word → ours).
    pub values: BTreeMap<String, BTreeMap<String, String>>,
}

/// Why a mapping cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum MappingError {
    /// Not TOML of this shape.
    #[error("the mapping cannot be read: {0}")]
    Malformed(String),
    /// A name on the right that is none of our columns.
    #[error("{file}: we have no column {column}")]
    UnknownColumn {
        /// File.
        file: String,
        /// What was written.
        column: String,
    },
    /// A file that is not in the set.
    #[error("{0} is not one of residents.csv, households.csv, protections.csv, changes.csv")]
    UnknownFile(String),
    /// The delimiter is a letter, a digit or a quote.
    #[error("{0}: a delimiter is a sign such as , ; | or a tab")]
    Delimiter(String),
}

impl Mapping {
    /// Reads and checks a mapping.
    ///
    /// # Errors
    /// [`MappingError`].
    pub fn parse(text: &str) -> Result<Self, MappingError> {
        let mapping: Self =
            toml::from_str(text).map_err(|error| MappingError::Malformed(error.message().to_owned()))?;
        for (file, entries) in &mapping.files {
            let known = known_columns(file).ok_or_else(|| MappingError::UnknownFile(file.clone()))?;
            if entries.delimiter.is_some_and(|sign| sign.is_alphanumeric() || matches!(sign, '"' | '\n' | '\r')) {
                return Err(MappingError::Delimiter(file.clone()));
            }
            for ours in entries.columns.values().chain(entries.values.keys()) {
                if !known.contains(&ours.as_str()) {
                    return Err(MappingError::UnknownColumn { file: file.clone(), column: ours.clone() });
                }
            }
        }
        Ok(mapping)
    }

    /// The mapping of one file; an empty one when there is none.
    pub fn of(&self, file: &str) -> FileMapping {
        self.files.get(file).cloned().unwrap_or_default()
    }

    /// As TOML, for a city to edit.
    ///
    /// # Errors
    /// [`MappingError::Malformed`] when it cannot be written, which no mapping made here causes.
    pub fn to_toml(&self) -> Result<String, MappingError> {
        toml::to_string(self).map_err(|error| MappingError::Malformed(error.to_string()))
    }

    /// A mapping of one file.
    pub fn single(file: &str, mapping: FileMapping) -> Self {
        Self { files: BTreeMap::from([(file.to_owned(), mapping)]) }
    }
}

impl FileMapping {
    pub(super) fn delimiter(&self) -> char {
        self.delimiter.unwrap_or(',')
    }

    pub(super) fn date_formats(&self) -> &[DateFormat] {
        if self.date_formats.is_empty() { dates::USUAL } else { &self.date_formats }
    }
}

fn known_columns(file: &str) -> Option<Vec<&'static str>> {
    use super::columns::{CHANGES, HOUSEHOLDS, PROTECTIONS, RESIDENTS};
    use super::files;
    let names = |columns: &[super::columns::Column]| columns.iter().map(|column| column.name).collect::<Vec<_>>();
    match file {
        files::RESIDENTS => Some(names(RESIDENTS)),
        files::HOUSEHOLDS => Some(names(HOUSEHOLDS)),
        files::PROTECTIONS => Some(names(PROTECTIONS)),
        files::CHANGES => Some([names(CHANGES), names(RESIDENTS)].concat()),
        _ => None,
    }
}
