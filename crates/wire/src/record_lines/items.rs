//! Values that more than one kind of record has: keys, amounts, counts, yes or no; and the line as an object.

use base::Yen;

use super::Reason;
use super::item::{Inventor, Item, Object, Row, Trail, text};
use super::json::Json;
use crate::resident_csv::Reason as TextReason;

/// The greatest amount: eleven digits. With twelve an amount could be taken for an Individual Number.
pub(crate) const MOST_YEN: i64 = 99_999_999_999;

/// Reads one line as an object, all faults noted.
pub(crate) fn read_line<T>(
    line: &str,
    read: impl FnOnce(&mut Object<'_>, &mut Trail) -> Option<T>,
) -> Result<T, Vec<(String, Reason)>> {
    let mut trail = Trail::default();
    let record = match Json::parse(line) {
        Ok(json) => Object::of(&json, &mut trail).and_then(|mut object| {
            let record = read(&mut object, &mut trail);
            object.finish(&mut trail);
            record
        }),
        Err(column) => {
            trail.fault(Reason::NotJson { column });
            None
        }
    };
    match record {
        Some(record) if trail.faults.is_empty() => Ok(record),
        _ => Err(trail.faults),
    }
}

/// A key of the source system, 1–20 characters of `0-9`, `A-Z`, `-`, with its faults noted.
pub(crate) fn key_text(value: Option<&Json>, trail: &mut Trail) -> Option<String> {
    let key = text(value, 20, trail)?;
    if key.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'A'..=b'Z' | b'-')) {
        return Some(key);
    }
    trail.fault(TextReason::NotAnId);
    None
}

/// Such a key in the field `field` of a line of which nothing else need be right.
pub(crate) fn key_in(line: &str, field: &str) -> Option<String> {
    let Ok(Json::Map(map)) = Json::parse(line) else { return None };
    let (_, value) = map.iter().find(|(name, _)| name == field)?;
    key_text(Some(value), &mut Trail::default())
}

impl Item for bool {
    /// Absent is no.
    fn read(value: Option<&Json>, trail: &mut Trail) -> Option<Self> {
        match value {
            None => Some(false),
            Some(Json::Flag(flag)) => Some(*flag),
            Some(_) => {
                trail.fault(Reason::WrongType { wanted: "true or false" });
                None
            }
        }
    }

    fn write(&self) -> Option<Json> {
        self.then_some(Json::Flag(true))
    }

    fn print(&self, label: &'static str, rows: &mut Vec<Row>) {
        rows.push((label, if *self { "有" } else { "無" }.to_owned()));
    }

    fn invent(by: &mut Inventor) -> Self {
        by.below(2) == 0
    }
}

fn number(value: Option<&Json>, most: i64, trail: &mut Trail) -> Option<i64> {
    let number = match value {
        Some(Json::Number(number)) => i64::try_from(*number).ok().filter(|number| *number <= most),
        None => {
            trail.fault(Reason::Missing);
            return None;
        }
        Some(_) => None,
    };
    if number.is_none() {
        trail.fault(TextReason::NotANumber);
    }
    number
}

/// Yen as a whole number from 0; text is refused, so that no comma or unit is guessed at.
impl Item for Yen {
    fn read(value: Option<&Json>, trail: &mut Trail) -> Option<Self> {
        number(value, MOST_YEN, trail).map(Self)
    }

    fn write(&self) -> Option<Json> {
        Some(Json::Number(self.0.unsigned_abs()))
    }

    fn print(&self, label: &'static str, rows: &mut Vec<Row>) {
        rows.push((label, self.to_string()));
    }

    fn invent(by: &mut Inventor) -> Self {
        Self(i64::try_from(by.below(9_000_000)).unwrap_or(0))
    }
}

/// A count of people.
impl Item for u8 {
    /// Absent is none.
    fn read(value: Option<&Json>, trail: &mut Trail) -> Option<Self> {
        match value {
            None => Some(0),
            some => number(some, 99, trail).and_then(|number| Self::try_from(number).ok()),
        }
    }

    fn write(&self) -> Option<Json> {
        (*self > 0).then(|| Json::Number(u64::from(*self)))
    }

    fn print(&self, label: &'static str, rows: &mut Vec<Row>) {
        rows.push((label, format!("{self}人")));
    }

    fn invent(by: &mut Inventor) -> Self {
        Self::try_from(by.below(4)).unwrap_or(0)
    }
}
