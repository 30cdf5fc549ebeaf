//! The file: a header line, then one register a line.

use std::collections::HashMap;
use std::io::{BufRead, Write};

use base::Timestamp;

use super::fault::{Fault, FileError, Reason};
use super::item::{Object, Trail, text};
use super::json::Json;
use super::model::FamilyRegister;
use crate::resident_csv::Reason as TextReason;
use crate::resident_csv::lines::{Lines, Next};
use crate::resident_csv::source::{japan_time, parse_time};

/// Name and version of the format, in the header.
pub const FORMAT: &str = "yakuba-family-registers/1";
/// The longest line.
pub const LONGEST_LINE: usize = 1 << 20;

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contents {
    /// Every register of the city.
    Full,
    /// The registers that changed since a position, whole; without any, a mere heartbeat.
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
    /// How many registers follow. A file cut short is noticed by it.
    pub registers: u64,
}

fn number(object: &mut Object<'_>, key: &'static str, trail: &mut Trail) -> Option<u64> {
    let value = object.get(key);
    trail.within(key, |trail| match value {
        Some(Json::Number(number)) if *number <= i64::MAX.unsigned_abs() => Some(*number),
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
    fn read(json: &Json, trail: &mut Trail) -> Option<Self> {
        let mut object = Object::of(json, trail)?;
        let format: Option<String> = object.field("format", trail);
        if format.is_some_and(|format| format != FORMAT) {
            trail.within("format", |trail| trail.fault(Reason::UnknownWord));
        }
        let name = object.get("source");
        let source = trail.within("source", |trail| text(name, 60, trail));
        let position = number(&mut object, "position", trail);
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
            Some(_) => number(&mut object, "after", trail).map(Some),
        };
        let registers = number(&mut object, "registers", trail);
        object.finish(trail);
        let position = i64::try_from(position?).ok()?;
        let contents = match after? {
            None => Contents::Full,
            Some(after) => Contents::Difference { after: i64::try_from(after).ok()? },
        };
        if matches!(contents, Contents::Difference { after } if after > position) {
            trail.within("after", |trail| trail.fault(TextReason::EndsBeforeItBegins));
        }
        Some(Self { source: source?, position, taken_at: taken_at?, contents, registers: registers? })
    }

    fn write(&self) -> Json {
        let number = |number: i64| Json::Number(number.unsigned_abs());
        let mut map = vec![
            ("format".to_owned(), Json::Text(FORMAT.to_owned())),
            ("source".to_owned(), Json::Text(self.source.clone())),
            ("position".to_owned(), number(self.position)),
            ("taken_at".to_owned(), Json::Text(japan_time(self.taken_at))),
        ];
        if let Contents::Difference { after } = self.contents {
            map.push(("after".to_owned(), number(after)));
        }
        map.push(("registers".to_owned(), Json::Number(self.registers)));
        Json::Map(map)
    }
}

/// One line after the header.
#[derive(Debug)]
pub enum Entry {
    /// A register.
    Good {
        /// Line, from 1.
        line: u64,
        /// The register.
        register: Box<FamilyRegister>,
    },
    /// A line at fault; reading goes on with the next.
    Bad {
        /// Line, from 1.
        line: u64,
        /// The key, when that much could be read: a register that must not be shown in an older state.
        id: Option<String>,
        /// What is wrong, all of it.
        faults: Vec<Fault>,
    },
}

/// Reads a file line by line, in bounded memory but for the keys.
pub struct Reader<R> {
    lines: Lines<R>,
    header: Header,
    keys: HashMap<String, u64>,
    found: u64,
}

impl<R: BufRead> Reader<R> {
    /// Reads the header.
    ///
    /// # Errors
    /// [`FileError`].
    pub fn open(input: R) -> Result<Self, FileError> {
        let mut lines = Lines::up_to(LONGEST_LINE, input);
        let header = |field: String, reason: Reason| FileError::Header { field, reason };
        match lines.next().map_err(io)? {
            Next::Line => {}
            Next::TooLong => return Err(header(String::new(), Reason::LineTooLong)),
            Next::End => return Err(header(String::new(), Reason::Missing)),
        }
        let bytes = lines.bytes_of_line();
        let bytes = bytes.strip_prefix("\u{FEFF}".as_bytes()).unwrap_or(bytes);
        let line = std::str::from_utf8(bytes).map_err(|_| header(String::new(), Reason::NotUtf8))?;
        let json = Json::parse(line).map_err(|column| header(String::new(), Reason::NotJson { column }))?;
        let mut trail = Trail::default();
        let read = Header::read(&json, &mut trail);
        match (read, trail.faults.into_iter().next()) {
            (Some(read), None) => Ok(Self { lines, header: read, keys: HashMap::new(), found: 0 }),
            (_, Some((field, reason))) => Err(header(field, reason)),
            (None, None) => Err(header(String::new(), Reason::Missing)),
        }
    }

    /// The header.
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// Bytes read so far.
    pub const fn consumed(&self) -> u64 {
        self.lines.consumed()
    }

    /// The next line, good or bad; blank lines are skipped. `None` at the end.
    ///
    /// # Errors
    /// [`FileError::Io`]; [`FileError::NotWhole`] at the end, when the header promised another number of registers.
    pub fn next_entry(&mut self) -> Result<Option<Entry>, FileError> {
        loop {
            let next = self.lines.next().map_err(io)?;
            let line = self.lines.number();
            let whole_line = |reason| Ok(Some(bad(line, None, vec![(String::new(), reason)])));
            match next {
                Next::End if self.found == self.header.registers => return Ok(None),
                Next::End => return Err(FileError::NotWhole { promised: self.header.registers, found: self.found }),
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
            let json = match Json::parse(text) {
                Ok(json) => json,
                Err(column) => return whole_line(Reason::NotJson { column }),
            };
            return Ok(Some(self.judge(line, &json)));
        }
    }

    fn judge(&mut self, line: u64, json: &Json) -> Entry {
        let mut trail = Trail::default();
        let register = FamilyRegister::read(json, &mut trail);
        let id = match json {
            Json::Map(map) => map.iter().find(|(key, _)| key == "id").and_then(|(_, value)| match value {
                Json::Text(id) if id.len() <= 20 => Some(id.clone()),
                _ => None,
            }),
            _ => None,
        };
        match register {
            Some(register) if trail.faults.is_empty() => match self.keys.get(&register.id) {
                Some(&first_line) => bad(line, id, vec![("id".to_owned(), Reason::Duplicate { first_line })]),
                None => {
                    self.keys.insert(register.id.clone(), line);
                    Entry::Good { line, register: Box::new(register) }
                }
            },
            _ => bad(line, id, trail.faults),
        }
    }
}

fn bad(line: u64, id: Option<String>, faults: Vec<(String, Reason)>) -> Entry {
    let faults = faults.into_iter().map(|(field, reason)| Fault { line, field, reason }).collect();
    Entry::Bad { line, id, faults }
}

fn io(error: std::io::Error) -> FileError {
    FileError::Io(error.kind().to_string())
}

/// Writes a header line.
///
/// # Errors
/// Those of `out`.
pub fn write_header(out: &mut impl Write, header: &Header) -> std::io::Result<()> {
    write_line(out, &header.write())
}

/// Writes a register line.
///
/// # Errors
/// Those of `out`.
pub fn write_register(out: &mut impl Write, register: &FamilyRegister) -> std::io::Result<()> {
    out.write_all(to_line(register).as_bytes())?;
    out.write_all(b"\n")
}

fn write_line(out: &mut impl Write, json: &Json) -> std::io::Result<()> {
    let mut line = String::new();
    json.write(&mut line);
    line.push('\n');
    out.write_all(line.as_bytes())
}

/// A register as its line, without the end of line. What is read back equals it.
pub fn to_line(register: &FamilyRegister) -> String {
    let mut line = String::new();
    register.write().write(&mut line);
    line
}

/// Reads a line that [`to_line`] wrote.
///
/// # Errors
/// The faults; their line is 0.
pub fn from_line(line: &str) -> Result<FamilyRegister, Vec<Fault>> {
    let mut trail = Trail::default();
    let read = match Json::parse(line) {
        Ok(json) => FamilyRegister::read(&json, &mut trail),
        Err(column) => {
            trail.fault(Reason::NotJson { column });
            None
        }
    };
    match read {
        Some(register) if trail.faults.is_empty() => Ok(register),
        _ => Err(trail.faults.into_iter().map(|(field, reason)| Fault { line: 0, field, reason }).collect()),
    }
}
