//! The staff record (職員): read from a file of the personnel office, line by line.
//!
//! ```text
//!  職員番号,氏名,所属,職名,任命権者,採用日,退職日
//! ```
//! A bad line is refused with its number, field and reason, never with its words; nothing is half imported.

use base::{Date, Personal};

/// Columns, in this order.
pub const COLUMNS: [&str; 7] = ["職員番号", "氏名", "所属", "職名", "任命権者", "採用日", "退職日"];
/// Lines at most.
pub const MOST_LINES: usize = 20_000;
/// Characters of a field at most.
pub const MOST_CHARACTERS: usize = 80;

/// A member of staff as the personnel office tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Staff number (職員番号): letters, digits and hyphens, at most 16.
    pub number: String,
    /// Name (氏名), with whatever characters are registered.
    pub name: Personal<String>,
    /// Department (所属).
    pub department: String,
    /// Title (職名).
    pub title: String,
    /// Appointing authority (任命権者), e.g. 見本市長.
    pub authority: String,
    /// First day.
    pub employed_from: Date,
    /// Last day, where it is known.
    pub employed_until: Option<Date>,
}

impl Member {
    /// Whether they are employed on this day.
    pub fn is_employed(&self, day: Date) -> bool {
        self.employed_from <= day && self.employed_until.is_none_or(|last| day <= last)
    }

    /// Whether this is the last day: the ID in use goes on until its end, another is not made.
    pub fn is_last_day(&self, day: Date) -> bool {
        self.employed_until == Some(day)
    }
}

/// Why a line is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Reason {
    /// Another number of fields.
    #[error("it must have seven fields")]
    Fields,
    /// Nothing stands there.
    #[error("it is empty")]
    Empty,
    /// Too long.
    #[error("it is too long")]
    TooLong,
    /// A sign that has no place in it.
    #[error("it holds a sign that may not stand there")]
    Sign,
    /// Twelve digits that fit an Individual Number.
    #[error("it may be an Individual Number, which has no place here")]
    IndividualNumber,
    /// No date as 2026-04-01.
    #[error("it is not a date like 2026-04-01")]
    Date,
    /// The last day lies before the first.
    #[error("the last day lies before the first")]
    Order,
    /// The number stands on an earlier line.
    #[error("the number stands on an earlier line")]
    Twice,
    /// The heading is another.
    #[error("the heading must be that of the guide")]
    Heading,
    /// Too many lines.
    #[error("the file has too many lines")]
    TooMany,
    /// Not readable as UTF-8.
    #[error("it is not UTF-8")]
    Text,
}

impl Reason {
    /// The key of its sentence.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Fields => "staff-id-line-fields",
            Self::Empty => "staff-id-line-empty",
            Self::TooLong => "staff-id-line-long",
            Self::Sign => "staff-id-line-sign",
            Self::IndividualNumber => "staff-id-line-individual-number",
            Self::Date => "staff-id-line-date",
            Self::Order => "staff-id-line-order",
            Self::Twice => "staff-id-line-twice",
            Self::Heading => "staff-id-line-heading",
            Self::TooMany => "staff-id-line-too-many",
            Self::Text => "staff-id-line-text",
        }
    }
}

/// A line that is refused: never what stands in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, field {field}: {reason}")]
pub struct Fault {
    /// From 1, the heading included.
    pub line: usize,
    /// From 1; 0 for the whole line.
    pub field: usize,
    /// Why.
    pub reason: Reason,
}

/// Reads a file. Total: any bytes give members and faults.
pub fn read(bytes: &[u8]) -> (Vec<Member>, Vec<Fault>) {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let (mut members, mut faults) = (Vec::new(), Vec::new());
    let mut numbers = std::collections::HashSet::new();
    for (at, line) in bytes.split(|&byte| byte == b'\n').enumerate() {
        let (line_number, line) = (at + 1, line.strip_suffix(b"\r").unwrap_or(line));
        let mut refuse = |field, reason| faults.push(Fault { line: line_number, field, reason });
        if line.is_empty() {
            continue;
        }
        let Ok(line) = std::str::from_utf8(line) else {
            refuse(0, Reason::Text);
            continue;
        };
        if line_number > MOST_LINES {
            refuse(0, Reason::TooMany);
            break;
        }
        let fields = cells(line);
        if at == 0 {
            if fields != COLUMNS {
                refuse(0, Reason::Heading);
                break;
            }
            continue;
        }
        match member(&fields) {
            Ok(member) if !numbers.insert(member.number.clone()) => refuse(1, Reason::Twice),
            Ok(member) => members.push(member),
            Err((field, reason)) => refuse(field, reason),
        }
    }
    (members, faults)
}

/// The cells of one line; a quoted cell may hold commas and doubled quotes, no line break.
fn cells(line: &str) -> Vec<String> {
    let (mut cells, mut cell, mut quoted) = (Vec::new(), String::new(), false);
    let mut signs = line.chars().peekable();
    while let Some(sign) = signs.next() {
        match sign {
            '"' if quoted && signs.peek() == Some(&'"') => {
                signs.next();
                cell.push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => cells.push(std::mem::take(&mut cell)),
            other => cell.push(other),
        }
    }
    cells.push(cell);
    cells.iter().map(|cell| cell.trim().to_owned()).collect()
}

/// A member from seven cells.
///
/// # Errors
/// The field, from 1 (0 for the line), and why.
pub fn member<S: AsRef<str>>(fields: &[S]) -> Result<Member, (usize, Reason)> {
    let [number, name, department, title, authority, from, until] = fields else { return Err((0, Reason::Fields)) };
    let number = staff_number(number.as_ref()).map_err(|reason| (1, reason))?;
    let text = |at: usize, text: &str| words(text).map_err(|reason| (at, reason));
    let date = |at: usize, text: &str| {
        let text = base::text::to_half_width(text).replace('/', "-");
        Date::parse(&text).map_err(|_| (at, Reason::Date))
    };
    let employed_from = date(6, from.as_ref())?;
    let employed_until = if until.as_ref().trim().is_empty() { None } else { Some(date(7, until.as_ref().trim())?) };
    if employed_until.is_some_and(|last| last < employed_from) {
        return Err((7, Reason::Order));
    }
    Ok(Member {
        number,
        name: Personal::new(text(2, name.as_ref())?),
        department: text(3, department.as_ref())?,
        title: text(4, title.as_ref())?,
        authority: text(5, authority.as_ref())?,
        employed_from,
        employed_until,
    })
}

/// A staff number as it is kept: half-width, capital letters.
///
/// # Errors
/// [`Reason`].
pub fn staff_number(text: &str) -> Result<String, Reason> {
    let number = base::text::to_half_width(text.trim()).to_ascii_uppercase();
    if number.is_empty() {
        return Err(Reason::Empty);
    }
    base::my_number_guard::refuse_individual_number(&number).map_err(|_| Reason::IndividualNumber)?;
    if number.len() > 16 {
        return Err(Reason::TooLong);
    }
    if !number.chars().all(|sign| sign.is_ascii_alphanumeric() || sign == '-') {
        return Err(Reason::Sign);
    }
    Ok(number)
}

fn words(text: &str) -> Result<String, Reason> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Reason::Empty);
    }
    if text.chars().count() > MOST_CHARACTERS {
        return Err(Reason::TooLong);
    }
    if text.chars().any(char::is_control) {
        return Err(Reason::Sign);
    }
    base::my_number_guard::refuse_individual_number(text).map_err(|_| Reason::IndividualNumber)?;
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADING: &str = "職員番号,氏名,所属,職名,任命権者,採用日,退職日\r\n";

    #[test]
    fn a_file_is_read_line_by_line_and_bad_lines_are_named() {
        let file = format!(
            "\u{feff}{HEADING}１００１,葛\u{E0100}城　花,市民課,主任,見本市長,2020-04-01,\r\n\
             1001,別 人,市民課,主事,見本市長,2020-04-01,\r\n\
             1002,,市民課,主事,見本市長,2020-04-01,\r\n\
             1003,名 前,123456789018,主事,見本市長,2020-04-01,\r\n\
             1004,名 前,市民課,主事,見本市長,2020-13-01,\r\n\
             1005,名 前,市民課,主事,見本市長,2020-04-01,2019-04-01\r\n\
             1006,\"名, 前\",市民課,主事,見本市長,2020/04/01,2027-03-31\r\n1007,短い\r\n"
        );
        let (members, faults) = read(file.as_bytes());
        assert_eq!(members.iter().map(|member| member.number.as_str()).collect::<Vec<_>>(), ["1001", "1006"]);
        assert_eq!(members[0].name.reveal(), "葛\u{E0100}城　花", "registered variants are kept");
        assert_eq!(members[1].name.reveal(), "名, 前");
        let found: Vec<_> = faults.iter().map(|fault| (fault.line, fault.field, fault.reason)).collect();
        assert_eq!(
            found,
            [
                (3, 1, Reason::Twice),
                (4, 2, Reason::Empty),
                (5, 3, Reason::IndividualNumber),
                (6, 6, Reason::Date),
                (7, 7, Reason::Order),
                (9, 0, Reason::Fields),
            ]
        );
    }

    #[test]
    fn a_file_with_another_heading_or_of_another_kind_gives_nothing() {
        assert_eq!(read("番号,氏名\n1,x\n".as_bytes()).1, [Fault { line: 1, field: 0, reason: Reason::Heading }]);
        assert_eq!(read(&[0xff, 0xfe, 0, b'\n']).1[0].reason, Reason::Text);
        assert_eq!(read(b""), (Vec::new(), Vec::new()));
    }
}
