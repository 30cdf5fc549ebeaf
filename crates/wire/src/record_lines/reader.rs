//! The file: a header line, then one record a line.

use std::collections::HashMap;
use std::io::{BufRead, Write};
use std::marker::PhantomData;

use base::Timestamp;

use super::item::{Object, Trail, text};
use super::json::Json;
use super::{Fault, FileError, Reason, Record, read_line};
use crate::resident_csv::Reason as TextReason;
use crate::resident_csv::lines::{Lines, Next};
use crate::resident_csv::source::{japan_time, parse_time};

/// The longest line.
pub const LONGEST_LINE: usize = 1 << 20;

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contents {
    /// Every record of the city.
    Full,
    /// The records that changed since a position, whole; without any, a mere heartbeat.
    Difference {
        /// The position before: the one our copy must stand at.
        after: i64,
    },
}

/// The first line: who wrote this, up to which change, when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Name of the writing system.
    pub source: String,
    /// Position of the last change it contains.
    pub position: i64,
    /// When it was written: the heartbeat.
    pub taken_at: Timestamp,
    /// What follows.
    pub contents: Contents,
    /// How many records follow.
    pub records: u64,
}

fn number(object: &mut Object<'_>, key: &'static str, trail: &mut Trail) -> Option<i64> {
    let value = object.get(key);
    trail.within(key, |trail| match value {
        Some(Json::Number(number)) if i64::try_from(*number).is_ok() => i64::try_from(*number).ok(),
        Some(_) => {
            trail.fault(TextReason::NotANumber);
            None
        }
        None => {
            trail.fault(Reason::Missing);
            None
        }
    })
}

impl Header {
    fn read<T: Record>(object: &mut Object<'_>, trail: &mut Trail) -> Option<Self> {
        let found: Option<String> = object.field("format", trail);
        if found.is_some_and(|found| found != T::FORMAT) {
            trail.within("format", |trail| trail.fault(Reason::UnknownWord));
        }
        let name = object.get("source");
        let source = trail.within("source", |trail| text(name, 60, trail));
        let position = number(object, "position", trail);
        let taken: Option<String> = object.field("taken_at", trail);
        let taken_at = taken.and_then(|text| {
            let time = parse_time(&text);
            if time.is_none() {
                trail.within("taken_at", |trail| trail.fault(TextReason::NotADate));
            }
            time
        });
        let after = match object.get("after") {
            None => Some(None),
            Some(_) => number(object, "after", trail).map(Some),
        };
        let records = number(object, T::COUNT, trail);
        let position = position?;
        let contents = match after? {
            None => Contents::Full,
            Some(after) => Contents::Difference { after },
        };
        if matches!(contents, Contents::Difference { after } if after > position) {
            trail.within("after", |trail| trail.fault(TextReason::EndsBeforeItBegins));
        }
        Some(Self { source: source?, position, taken_at: taken_at?, contents, records: records?.unsigned_abs() })
    }

    fn write<T: Record>(&self) -> Json {
        let number = |number: i64| Json::Number(number.unsigned_abs());
        let mut map = vec![
            ("format".to_owned(), Json::Text(T::FORMAT.to_owned())),
            ("source".to_owned(), Json::Text(self.source.clone())),
            ("position".to_owned(), number(self.position)),
            ("taken_at".to_owned(), Json::Text(japan_time(self.taken_at))),
        ];
        if let Contents::Difference { after } = self.contents {
            map.push(("after".to_owned(), number(after)));
        }
        map.push((T::COUNT.to_owned(), Json::Number(self.records)));
        Json::Map(map)
    }
}

/// One line after the header.
#[derive(Debug)]
pub enum Entry<T> {
    /// A record.
    Good {
        /// Line, from 1.
        line: u64,
        /// The record.
        record: Box<T>,
    },
    /// A line at fault; reading goes on with the next.
    Bad {
        /// Line, from 1.
        line: u64,
        /// The key, when that much could be read: a record that must not be shown in an older state.
        key: Option<String>,
        /// What is wrong, all of it.
        faults: Vec<Fault>,
    },
}

/// Reads a file line by line, in bounded memory but for the keys.
pub struct Reader<R, T> {
    lines: Lines<R>,
    header: Header,
    keys: HashMap<String, u64>,
    found: u64,
    records: PhantomData<T>,
}

impl<R: BufRead, T: Record> Reader<R, T> {
    /// Reads the header.
    ///
    /// # Errors
    /// [`FileError`].
    pub fn open(input: R) -> Result<Self, FileError> {
        let mut lines = Lines::up_to(LONGEST_LINE, input);
        let header = |field: String, reason: Reason| FileError::Header { file: T::FILE, field, reason };
        match lines.next().map_err(io::<T>)? {
            Next::Line => {}
            Next::TooLong => return Err(header(String::new(), Reason::LineTooLong)),
            Next::End => return Err(header(String::new(), Reason::Missing)),
        }
        let bytes = lines.bytes_of_line();
        let bytes = bytes.strip_prefix("\u{FEFF}".as_bytes()).unwrap_or(bytes);
        let line = std::str::from_utf8(bytes).map_err(|_| header(String::new(), Reason::NotUtf8))?;
        match read_line(line, Header::read::<T>) {
            Ok(read) => Ok(Self { lines, header: read, keys: HashMap::new(), found: 0, records: PhantomData }),
            Err(faults) => {
                let (field, reason) = faults.into_iter().next().unwrap_or((String::new(), Reason::Missing));
                Err(header(field, reason))
            }
        }
    }

    /// The header.
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// The next line, good or bad; blank lines are skipped. `None` at the end.
    ///
    /// # Errors
    /// [`FileError::Io`]; [`FileError::NotWhole`] at the end, when the header promised another number of records.
    pub fn next_entry(&mut self) -> Result<Option<Entry<T>>, FileError> {
        loop {
            let next = self.lines.next().map_err(io::<T>)?;
            let line = self.lines.number();
            let whole_line = |reason| Ok(Some(bad(line, None, vec![(String::new(), reason)])));
            match next {
                Next::End if self.found == self.header.records => return Ok(None),
                Next::End => {
                    let (promised, found) = (self.header.records, self.found);
                    return Err(FileError::NotWhole { file: T::FILE, promised, found });
                }
                Next::TooLong => {
                    self.found += 1;
                    return whole_line(Reason::LineTooLong);
                }
                Next::Line if self.lines.bytes_of_line().trim_ascii().is_empty() => continue,
                Next::Line => {}
            }
            self.found += 1;
            let Ok(text) = std::str::from_utf8(self.lines.bytes_of_line()) else {
                return whole_line(Reason::NotUtf8);
            };
            return Ok(Some(match T::parse(text) {
                Ok(record) => self.unless_repeated(line, record),
                Err(faults) => bad(line, T::key_of(text), faults),
            }));
        }
    }

    fn unless_repeated(&mut self, line: u64, record: T) -> Entry<T> {
        let key = record.key();
        match self.keys.get(&key) {
            Some(&first_line) => bad(line, Some(key), vec![(String::new(), Reason::Duplicate { first_line })]),
            None => {
                self.keys.insert(key, line);
                Entry::Good { line, record: Box::new(record) }
            }
        }
    }
}

fn bad<T: Record>(line: u64, key: Option<String>, faults: Vec<(String, Reason)>) -> Entry<T> {
    let faults = faults.into_iter().map(|(field, reason)| Fault { file: T::FILE, line, field, reason }).collect();
    Entry::Bad { line, key, faults }
}

fn io<T: Record>(error: std::io::Error) -> FileError {
    FileError::Io { file: T::FILE, reason: error.kind().to_string() }
}

/// Writes the header line of a file of `T`.
///
/// # Errors
/// Those of `out`.
pub fn write_header<T: Record>(out: &mut impl Write, header: &Header) -> std::io::Result<()> {
    let mut line = String::new();
    header.write::<T>().write(&mut line);
    line.push('\n');
    out.write_all(line.as_bytes())
}

/// Writes a record's line.
///
/// # Errors
/// Those of `out`.
pub fn write_record<T: Record>(out: &mut impl Write, record: &T) -> std::io::Result<()> {
    out.write_all(record.to_line().as_bytes())?;
    out.write_all(b"\n")
}
