//! What stands in a message: fixed fields of so many characters, and fields that begin with two letters.

use base::{Date, Timestamp};

/// A field of a fixed number of characters.
pub trait Fixed: Sized {
    /// Characters it takes.
    const LENGTH: usize;
    /// Its value; [`None`] when these characters mean nothing. `text` is ASCII of exactly [`Self::LENGTH`].
    fn read(text: &str) -> Option<Self>;
    /// Writes exactly [`Self::LENGTH`] ASCII characters.
    fn write(&self, out: &mut String);
}

/// `Y` or `N`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct YesNo(pub bool);

/// `1` or `0`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OneZero(pub bool);

/// `Y`, `N`, or `U` for unknown.
pub type Perhaps = Option<bool>;

impl Fixed for YesNo {
    const LENGTH: usize = 1;
    fn read(text: &str) -> Option<Self> {
        match text {
            "Y" => Some(Self(true)),
            "N" => Some(Self(false)),
            _ => None,
        }
    }
    fn write(&self, out: &mut String) {
        out.push(if self.0 { 'Y' } else { 'N' });
    }
}

impl Fixed for OneZero {
    const LENGTH: usize = 1;
    fn read(text: &str) -> Option<Self> {
        match text {
            "1" => Some(Self(true)),
            "0" => Some(Self(false)),
            _ => None,
        }
    }
    fn write(&self, out: &mut String) {
        out.push(if self.0 { '1' } else { '0' });
    }
}

impl Fixed for Perhaps {
    const LENGTH: usize = 1;
    fn read(text: &str) -> Option<Self> {
        match text {
            "U" => Some(None),
            other => YesNo::read(other).map(|known| Some(known.0)),
        }
    }
    fn write(&self, out: &mut String) {
        match self {
            None => out.push('U'),
            Some(known) => YesNo(*known).write(out),
        }
    }
}

/// A day and a time of day: `YYYYMMDDZZZZHHMMSS`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DateTime {
    /// The day.
    pub date: Date,
    /// Seconds since midnight, below 86,400.
    pub second_of_day: u32,
    /// Whether the zone says `   Z` (UTC) instead of blanks (local).
    pub is_utc: bool,
}

/// A day and a time, or blanks where there is none.
pub type Moment = Option<DateTime>;

impl DateTime {
    /// In Japan's time, as a library here writes it.
    pub fn in_japan(at: Timestamp) -> Self {
        let midnight = Timestamp::in_japan(at.date_in_japan(), 0, 0, 0);
        let second_of_day = u32::try_from(at.seconds_since(midnight)).unwrap_or(0).min(86_399);
        Self { date: at.date_in_japan(), second_of_day, is_utc: false }
    }

    /// The instant; blanks in the zone are Japan's time.
    pub fn instant(self) -> Timestamp {
        let from_midnight = Timestamp::in_japan(self.date, 0, 0, 0).plus_seconds(i64::from(self.second_of_day));
        if self.is_utc { from_midnight.plus_seconds(9 * 3600) } else { from_midnight }
    }
}

impl Fixed for Moment {
    const LENGTH: usize = 18;
    fn read(text: &str) -> Option<Self> {
        if text.trim().is_empty() {
            return Some(None);
        }
        let digits = |from: usize, to: usize| {
            let part = text.get(from..to)?;
            part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse::<u32>().ok())?
        };
        let is_utc = match text.get(8..12)? {
            "    " | "0000" => false,
            "   Z" => true,
            _ => return None,
        };
        let (year, month, day) = (digits(0, 4)?, digits(4, 6)?, digits(6, 8)?);
        let (hour, minute, second) = (digits(12, 14)?, digits(14, 16)?, digits(16, 18)?);
        if hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        let date = Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?)?;
        Some(Some(DateTime { date, second_of_day: hour * 3600 + minute * 60 + second, is_utc }))
    }
    fn write(&self, out: &mut String) {
        let Some(at) = self else {
            out.push_str("                  ");
            return;
        };
        let (year, month, day) = at.date.parts();
        let seconds = at.second_of_day.min(86_399);
        let zone = if at.is_utc { "   Z" } else { "    " };
        out.push_str(&format!(
            "{:04}{month:02}{day:02}{zone}{:02}{:02}{:02}",
            year.clamp(0, 9999),
            seconds / 3600,
            seconds / 60 % 60,
            seconds % 60
        ));
    }
}

/// A number of `N` digits; blanks where the sender does not count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Digits<const N: usize>(pub Option<u16>);

impl<const N: usize> Fixed for Digits<N> {
    const LENGTH: usize = N;
    fn read(text: &str) -> Option<Self> {
        if text.trim().is_empty() {
            return Some(Self(None));
        }
        text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok().map(|number| Self(Some(number))))?
    }
    fn write(&self, out: &mut String) {
        let most = 10u32.saturating_pow(N as u32) - 1;
        match self.0 {
            Some(number) => out.push_str(&format!("{:0N$}", u32::from(number).min(most))),
            None => out.push_str(&" ".repeat(N)),
        }
    }
}

/// A count of things of a patron.
pub type Count = Digits<4>;

/// Characters on a line of paper, three digits; blanks are read as 0, which means not limited.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Width(pub u16);

impl Fixed for Width {
    const LENGTH: usize = 3;
    fn read(text: &str) -> Option<Self> {
        Digits::<3>::read(text).map(|read| Self(read.0.unwrap_or(0)))
    }
    fn write(&self, out: &mut String) {
        Digits::<3>(Some(self.0)).write(out);
    }
}

/// `2.00`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version {
    /// Before the dot.
    pub major: u8,
    /// After it, two digits.
    pub minor: u8,
}

impl Default for Version {
    fn default() -> Self {
        Self { major: 2, minor: 0 }
    }
}

impl Fixed for Version {
    const LENGTH: usize = 4;
    fn read(text: &str) -> Option<Self> {
        let (major, minor) = text.split_once('.')?;
        let number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse::<u8>().ok())?;
        (major.len() == 1 && minor.len() == 2).then(|| Some(Self { major: number(major)?, minor: number(minor)? }))?
    }
    fn write(&self, out: &mut String) {
        out.push_str(&format!("{}.{:02}", self.major.min(9), self.minor.min(99)));
    }
}

/// Three capital letters of ISO 4217.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Currency(pub [u8; 3]);

impl Default for Currency {
    fn default() -> Self {
        Self(*b"JPY")
    }
}

impl Fixed for Currency {
    const LENGTH: usize = 3;
    fn read(text: &str) -> Option<Self> {
        let letters: [u8; 3] = text.as_bytes().try_into().ok()?;
        letters.iter().all(u8::is_ascii_uppercase).then_some(Self(letters))
    }
    fn write(&self, out: &mut String) {
        out.extend(self.0.iter().map(|&letter| char::from(letter)));
    }
}

/// Fourteen flags about a patron, `Y` or blank.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PatronStatus(pub [bool; 14]);

/// Ten places, of which at most one is `Y`: which list the asker wants to see.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary(pub [bool; 10]);

/// Sixteen messages, `Y` where the library's system answers it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Supported(pub [bool; 16]);

fn flags<const N: usize>(text: &str, no: char) -> Option<[bool; N]> {
    let mut read = [false; N];
    for (flag, letter) in read.iter_mut().zip(text.chars()) {
        *flag = match letter {
            'Y' => true,
            // Implementations write both for no.
            ' ' | 'N' => false,
            other if other == no => false,
            _ => return None,
        };
    }
    Some(read)
}

fn write_flags(flags: &[bool], no: char, out: &mut String) {
    out.extend(flags.iter().map(|&flag| if flag { 'Y' } else { no }));
}

impl Fixed for PatronStatus {
    const LENGTH: usize = 14;
    fn read(text: &str) -> Option<Self> {
        flags(text, ' ').map(Self)
    }
    fn write(&self, out: &mut String) {
        write_flags(&self.0, ' ', out);
    }
}

impl Fixed for Summary {
    const LENGTH: usize = 10;
    fn read(text: &str) -> Option<Self> {
        flags(text, ' ').map(Self).filter(|read| read.0.iter().filter(|&&asked| asked).count() <= 1)
    }
    fn write(&self, out: &mut String) {
        write_flags(&self.0, ' ', out);
    }
}

impl Supported {
    /// From a `BX` field; [`None`] when it has other letters or too few.
    pub fn parse(text: &str) -> Option<Self> {
        (text.chars().count() >= 16).then(|| flags(text, 'N').map(Self))?
    }

    /// As a `BX` field says it.
    pub fn to_text(self) -> String {
        let mut out = String::with_capacity(16);
        write_flags(&self.0, 'N', &mut out);
        out
    }
}

/// The two letters before a field.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(pub [u8; 2]);

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{}", char::from(self.0[0]), char::from(self.0[1]))
    }
}

impl std::fmt::Debug for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self}")
    }
}

/// The fields of a message in the order they came, each with its place (in characters).
#[derive(Debug, Default)]
pub(crate) struct Fields(pub(crate) Vec<(Code, String)>);

impl Fields {
    fn first(&mut self, code: Code) -> Option<String> {
        let at = self.0.iter().position(|(found, _)| *found == code)?;
        Some(self.0.remove(at).1)
    }
}

/// How a field that begins with letters is read and written.
pub(crate) trait Variable: Sized {
    /// Takes it out of `fields`; [`None`] where it must be there and is not.
    fn take(fields: &mut Fields, code: Code) -> Option<Self>;
    /// Adds it.
    fn put(&self, code: Code, to: &mut Vec<(Code, String)>);
}

/// Must be there.
impl Variable for String {
    fn take(fields: &mut Fields, code: Code) -> Option<Self> {
        fields.first(code)
    }
    fn put(&self, code: Code, to: &mut Vec<(Code, String)>) {
        to.push((code, self.clone()));
    }
}

/// May be there.
impl Variable for Option<String> {
    fn take(fields: &mut Fields, code: Code) -> Option<Self> {
        Some(fields.first(code))
    }
    fn put(&self, code: Code, to: &mut Vec<(Code, String)>) {
        to.extend(self.iter().map(|text| (code, text.clone())));
    }
}

/// As often as it likes.
impl Variable for Vec<String> {
    fn take(fields: &mut Fields, code: Code) -> Option<Self> {
        Some(std::iter::from_fn(|| fields.first(code)).collect())
    }
    fn put(&self, code: Code, to: &mut Vec<(Code, String)>) {
        to.extend(self.iter().map(|text| (code, text.clone())));
    }
}

/// The specification asks for it, and some peers leave it out: always written, read as empty where it is missing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Always(pub String);

impl Variable for Always {
    fn take(fields: &mut Fields, code: Code) -> Option<Self> {
        Some(Self(fields.first(code).unwrap_or_default()))
    }
    fn put(&self, code: Code, to: &mut Vec<(Code, String)>) {
        to.push((code, self.0.clone()));
    }
}

impl From<&str> for Always {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}
