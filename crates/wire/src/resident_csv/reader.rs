//! A file as a stream of checked records and faults.

use std::collections::BTreeMap;
use std::io::BufRead;
use std::marker::PhantomData;

use super::cells::Cells;
use super::columns::{Column, FORBIDDEN};
use super::encoding::Encoding;
use super::fault::{Fault, FileError, Reason};
use super::lines::{Fields, Lines, Next};
use super::mapping::FileMapping;
use super::record::FromCells;

/// One line of a file.
#[derive(Debug)]
pub enum Entry<T> {
    /// A good row.
    Good {
        /// Line, from 1.
        line: u64,
        /// What it says.
        record: T,
    },
    /// A row with at least one fault. Empty lines are no rows.
    Bad {
        /// Line, from 1.
        line: u64,
        /// The row's key (first column of ours), when it could be read: so that a household with a refused member can
        /// be marked.
        key: Option<String>,
        /// The row's household, when it could be read.
        household: Option<String>,
        /// Everything wrong with it.
        faults: Vec<Fault>,
    },
}

/// Reads one file of the set.
pub struct Reader<R, T> {
    lines: Lines<R>,
    layout: Layout,
    fields: Fields,
    _record: PhantomData<fn() -> T>,
}

/// What does not change from row to row.
pub(super) struct Layout {
    pub(super) file: &'static str,
    encoding: Encoding,
    pub(super) mapping: FileMapping,
    /// For each of our columns, in order, its index in the file.
    pub(super) positions: Vec<Option<usize>>,
    /// The file's own header.
    header: Vec<String>,
    ignored: Vec<String>,
}

impl<R: BufRead, T: FromCells> Reader<R, T> {
    /// Reads the header and finds our columns in it.
    ///
    /// # Errors
    /// [`FileError`].
    pub fn open(input: R, file: &'static str, encoding: Encoding, mapping: &FileMapping) -> Result<Self, FileError> {
        let io = |error: std::io::Error| FileError::Io { file, reason: error.kind().to_string() };
        let mut lines = Lines::new(input);
        let beginning = lines.beginning().map_err(io)?;
        if beginning.starts_with(&[0xFF, 0xFE]) || beginning.starts_with(&[0xFE, 0xFF]) {
            return Err(FileError::Utf16 { file });
        }
        let encoding = encoding.decide(beginning);
        match lines.next().map_err(io)? {
            Next::Line => {}
            Next::TooLong => return Err(FileError::BadHeader { file, reason: Reason::LineTooLong }),
            Next::End => return Err(FileError::NoHeader { file }),
        }
        let bad = |reason| FileError::BadHeader { file, reason };
        let bytes = lines.bytes_of_line();
        let text = encoding.decode(bytes.strip_prefix(&[0xEF, 0xBB, 0xBF]).unwrap_or(bytes)).map_err(bad)?;
        if text.trim().is_empty() {
            return Err(FileError::NoHeader { file });
        }
        let mut fields = Fields::default();
        fields.split(&text, mapping.delimiter()).map_err(bad)?;
        let header: Vec<String> = fields.iter().map(|name| name.trim().to_owned()).collect();
        let (positions, ignored) = find_columns(file, &header, &T::columns(), mapping)?;
        let layout = Layout { file, encoding, mapping: mapping.clone(), positions, header, ignored };
        Ok(Self { lines, layout, fields, _record: PhantomData })
    }

    /// Headers of the file that are none of our columns and not listed as `ignore`: their content is not imported.
    pub fn ignored_columns(&self) -> &[String] {
        &self.layout.ignored
    }

    /// The encoding the file is read in.
    pub fn encoding(&self) -> Encoding {
        self.layout.encoding
    }

    /// Bytes consumed so far.
    pub fn consumed(&self) -> u64 {
        self.lines.consumed()
    }

    /// The next row, or `None` at the end.
    ///
    /// # Errors
    /// [`FileError::Io`] only.
    pub fn next_entry(&mut self) -> Result<Option<Entry<T>>, FileError> {
        let file = self.layout.file;
        loop {
            let next = self.lines.next().map_err(|e| FileError::Io { file, reason: e.kind().to_string() })?;
            let line = self.lines.number();
            match next {
                Next::End => return Ok(None),
                Next::TooLong => return Ok(Some(self.whole_row(line, Reason::LineTooLong))),
                Next::Line if self.lines.bytes_of_line().iter().all(u8::is_ascii_whitespace) => {}
                Next::Line => return Ok(Some(self.row(line))),
            }
        }
    }

    fn row(&mut self, line: u64) -> Entry<T> {
        let layout = &self.layout;
        let text = match layout.encoding.decode(self.lines.bytes_of_line()) {
            Ok(text) => text,
            Err(reason) => {
                // Which field it is in: the delimiters before it, which are ASCII in both encodings (a second byte of
                // Shift_JIS may look like one, so the decoded part is counted where it can be).
                let field = self.field_at(reason);
                return Entry::Bad {
                    line,
                    key: None,
                    household: None,
                    faults: vec![Fault { file: layout.file, line, field, reason }],
                };
            }
        };
        if let Err(reason) = self.fields.split(&text, layout.mapping.delimiter()) {
            return self.whole_row(line, reason);
        }
        let (expected, found) = (layout.header.len(), self.fields.len());
        if expected != found {
            return self.whole_row(line, Reason::FieldCount { expected, found });
        }
        let mut faults = Vec::new();
        for (index, field) in self.fields.iter().enumerate() {
            if let Err(found) = base::my_number_guard::refuse_individual_number(field) {
                let reason = Reason::IndividualNumber { position: found.position };
                faults.push(Fault { file: layout.file, line, field: self.name_of(index), reason });
            }
        }
        let mut cells = Cells::new(layout, &self.fields, line, faults);
        let record = T::from_cells(&mut cells);
        let (key, household) = (cells.key.clone(), cells.household.clone());
        let faults = cells.into_faults();
        match record {
            Some(record) if faults.is_empty() => Entry::Good { line, record },
            _ => Entry::Bad { line, key, household, faults },
        }
    }

    fn whole_row(&self, line: u64, reason: Reason) -> Entry<T> {
        let fault = Fault { file: self.layout.file, line, field: String::new(), reason };
        Entry::Bad { line, key: None, household: None, faults: vec![fault] }
    }

    /// Our name of the file's column `index`, or its own.
    fn name_of(&self, index: usize) -> String {
        let ours = self.layout.positions.iter().position(|&at| at == Some(index));
        ours.and_then(|at| T::columns().get(at).map(|column| column.name.to_owned()))
            .or_else(|| self.layout.header.get(index).cloned())
            .unwrap_or_default()
    }

    fn field_at(&self, reason: Reason) -> String {
        let Reason::Undecodable { position } = reason else { return String::new() };
        let bytes = self.lines.bytes_of_line();
        let before = bytes.get(..position.saturating_sub(1)).unwrap_or(bytes);
        let delimiter = self.layout.mapping.delimiter();
        let count = match self.layout.encoding.decode(before) {
            Ok(text) => text.matches(delimiter).count(),
            Err(_) => return String::new(),
        };
        self.name_of(count)
    }
}

type Found = (Vec<Option<usize>>, Vec<String>);

fn find_columns(
    file: &'static str,
    header: &[String],
    columns: &[Column],
    mapping: &FileMapping,
) -> Result<Found, FileError> {
    let mut found: BTreeMap<&'static str, usize> = BTreeMap::new();
    let mut unknown = Vec::new();
    for (index, theirs) in header.iter().enumerate() {
        let plain = theirs.to_lowercase().replace([' ', '\u{3000}'], "");
        if FORBIDDEN.iter().any(|word| plain.contains(word)) {
            return Err(FileError::ForbiddenColumn { file, column: index + 1 });
        }
        let wanted = mapping.columns.get(theirs).map_or(theirs.as_str(), String::as_str);
        match columns.iter().find(|column| column.name == wanted || column.japanese == wanted) {
            // An item name may stand for two columns (the day of a change, the day of a state): the first takes it.
            Some(column) if found.contains_key(column.name) => {
                return Err(FileError::TwiceTheSame { file, column: column.name });
            }
            Some(column) => {
                found.insert(column.name, index);
            }
            None => unknown.push(index),
        }
    }
    // The first column is the key, whatever a city calls it.
    if let Some(first) = columns.first()
        && !found.contains_key(first.name)
        && unknown.first() == Some(&0)
    {
        found.insert(first.name, 0);
        unknown.remove(0);
    }
    let missing: Vec<_> =
        columns.iter().filter(|column| column.required && !found.contains_key(column.name)).map(|c| c.name).collect();
    if !missing.is_empty() {
        return Err(FileError::MissingColumns { file, columns: missing });
    }
    let ignored = unknown
        .into_iter()
        .filter_map(|index| header.get(index))
        .filter(|name| !mapping.ignore.contains(name))
        .cloned()
        .collect();
    Ok((columns.iter().map(|column| found.get(column.name).copied()).collect(), ignored))
}
