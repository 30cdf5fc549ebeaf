//! Events of the city (イベント): CSV, iCalendar (RFC 5545) and feeds (RSS, Atom), into one shape.
//!
//! For the notices that residents asked for. Each row that is not understood is refused with its place, field and reason;
//! the others are read. What others wrote as HTML becomes plain text here, so that nothing after this line handles it.
//!
//! ```text
//!  CSV (推奨データセット イベント一覧) ─┐
//!  iCalendar ────────────────────────┼─▶ Read { events, faults }
//!  RSS 1.0 · 2.0 · Atom ─────────────┘
//! ```
//! Libraries of calendars and feeds were looked at: they bring a second calendar library (chrono), which this house does not
//! take, so the XML comes from quick-xml, the CSV from csv, the HTML from ammonia, and the little in between is here.

mod csv_list;
mod feed;
mod icalendar;
mod plain;
mod times;

#[cfg(test)]
mod tests;

use base::Date;

use crate::csv_lists;

pub use csv_list::read_csv;
pub use feed::read_feed;
pub use icalendar::read_icalendar;
pub use plain::plain;

/// Larger files are refused whole.
pub const MOST_BYTES: usize = 8 * 1024 * 1024;
/// More events are no city's calendar.
pub const MOST_EVENTS: usize = 20_000;
const MOST_TITLE: usize = 200;
const MOST_WORDS: usize = 400;
const MOST_DESCRIPTION: usize = 4000;

/// A day, or a minute of a day, in Japan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct When {
    /// The day.
    pub date: Date,
    /// Minutes since midnight; `None`: the whole day.
    pub minute: Option<u16>,
}

/// For whom by age, in full years, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ages {
    /// The youngest.
    pub from: Option<u8>,
    /// The oldest.
    pub to: Option<u8>,
}

/// An event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Event {
    /// What its source calls it, so that a second reading finds it again; never empty.
    pub id: String,
    /// Its name.
    pub title: String,
    /// Where.
    pub place: Option<String>,
    /// Begins. Feeds often say it in words only.
    pub starts: Option<When>,
    /// Ends (the last day, the last minute).
    pub ends: Option<When>,
    /// How many may come (定員).
    pub capacity: Option<u32>,
    /// More about it: http or https.
    pub url: Option<String>,
    /// Which part of the city (地区).
    pub area: Option<String>,
    /// For whom (対象年齢).
    pub ages: Option<Ages>,
    /// Fields of interest (分野), as the source names them.
    pub fields: Vec<String>,
    /// More words, plain text of several lines.
    pub description: String,
    /// Called off.
    pub cancelled: bool,
}

/// What a file held.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Read {
    /// What was understood.
    pub events: Vec<Event>,
    /// What was not.
    pub faults: Vec<Fault>,
}

/// A part of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// The row or the file as a whole.
    Whole,
    /// Its name within the source.
    Id,
    /// Its title.
    Title,
    /// Where.
    Place,
    /// Begins.
    Starts,
    /// Ends.
    Ends,
    /// How many.
    Capacity,
    /// The link.
    Url,
    /// Which part of the city.
    Area,
    /// For whom.
    Ages,
    /// Fields of interest.
    Fields,
    /// More words.
    Description,
}

impl Field {
    /// As staff know it.
    pub const fn japanese(self) -> &'static str {
        match self {
            Self::Whole => "行",
            Self::Id => "番号",
            Self::Title => "イベント名",
            Self::Place => "場所",
            Self::Starts => "開始",
            Self::Ends => "終了",
            Self::Capacity => "定員",
            Self::Url => "URL",
            Self::Area => "地区",
            Self::Ages => "対象年齢",
            Self::Fields => "分野",
            Self::Description => "説明",
        }
    }
}

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// More than eight megabytes.
    FileTooLong,
    /// Not text in UTF-8 or Shift_JIS.
    NotText,
    /// Not a file of this kind.
    NotThisKind,
    /// No column of this name.
    NoColumn,
    /// More than 20,000 events; the rest is not read.
    TooMany,
    /// Empty, and must not be.
    Empty,
    /// Longer than it may be; position in characters.
    TooLong {
        /// The most.
        limit: usize,
    },
    /// Not a day.
    NotADay,
    /// Not a time of day.
    NotATime,
    /// In a time zone that is neither Japan's nor UTC.
    OtherZone,
    /// Ends before it begins.
    EndsBefore,
    /// Not a whole number, or too great.
    NotANumber,
    /// Not an http or https link.
    NotALink,
    /// The source has two of this name; the first was read.
    Twice,
    /// It repeats; only the first time was read.
    Repeats,
    /// The syntax is broken here; position in bytes from 0 (of the line in iCalendar, of the file in feeds).
    Malformed {
        /// Where.
        position: usize,
    },
    /// Twelve digits that may be an Individual Number.
    IndividualNumber,
}

impl Reason {
    /// The sentence for the clerk.
    pub fn japanese(self) -> String {
        match self {
            Self::FileTooLong => "ファイルが8MBを超えています".to_owned(),
            Self::NotText => "UTF-8でもShift_JISでもありません".to_owned(),
            Self::NotThisKind => "この種類のファイルではありません".to_owned(),
            Self::NoColumn => "この列がありません".to_owned(),
            Self::TooMany => "20,000件を超えたため、ここから先は読みません".to_owned(),
            Self::Empty => "空欄です".to_owned(),
            Self::TooLong { limit } => format!("{limit}文字を超えています"),
            Self::NotADay => "日付として読めません".to_owned(),
            Self::NotATime => "時刻として読めません".to_owned(),
            Self::OtherZone => "日本時間でも協定世界時でもない時刻です".to_owned(),
            Self::EndsBefore => "終了が開始より前です".to_owned(),
            Self::NotANumber => "数として読めません".to_owned(),
            Self::NotALink => "httpまたはhttpsのリンクではありません".to_owned(),
            Self::Twice => "同じ番号のイベントがすでにあります".to_owned(),
            Self::Repeats => "くり返しの予定です。最初の1回だけを読みました".to_owned(),
            Self::Malformed { position } => format!("{position}バイト目の書き方が正しくありません"),
            Self::IndividualNumber => "個人番号と思われる12桁があります。受け取れません".to_owned(),
        }
    }
}

/// One thing wrong. Repeats no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Fault {
    /// The line (CSV, iCalendar) or the number of the entry (feeds), from 1; 0 is the file.
    pub row: usize,
    /// Which part.
    pub field: Field,
    /// What.
    pub reason: Reason,
}

/// An event as words, before it is judged: the three readers meet here.
#[derive(Default)]
struct Raw {
    row: usize,
    id: String,
    title: String,
    place: String,
    starts: Result2,
    ends: Result2,
    capacity: String,
    url: String,
    area: String,
    ages: String,
    fields: Vec<String>,
    description: String,
    cancelled: bool,
}

/// Absent, read, or not understood.
type Result2 = Option<Result<When, Reason>>;

impl Read {
    fn refuse_file(reason: Reason) -> Self {
        Self { events: Vec::new(), faults: vec![Fault { row: 0, field: Field::Whole, reason }] }
    }

    /// Judges one and keeps it, or says what is wrong. Returns whether more may come.
    fn take(&mut self, raw: Raw, seen: &mut std::collections::BTreeSet<String>) -> bool {
        let row = raw.row;
        if self.events.len() >= MOST_EVENTS {
            self.faults.push(Fault { row, field: Field::Whole, reason: Reason::TooMany });
            return false;
        }
        match judge(raw) {
            Ok(event) if seen.insert(event.id.clone()) => self.events.push(event),
            Ok(_) => self.faults.push(Fault { row, field: Field::Id, reason: Reason::Twice }),
            Err((field, reason)) => self.faults.push(Fault { row, field, reason }),
        }
        true
    }
}

fn judge(raw: Raw) -> Result<Event, (Field, Reason)> {
    let line = |text: &str, field, limit| one_line(text, limit).map_err(|reason| (field, reason));
    let maybe = |text: &str, field| line(text, field, MOST_WORDS).map(|text| (!text.is_empty()).then_some(text));
    let title = line(&raw.title, Field::Title, MOST_TITLE)?;
    if title.is_empty() {
        return Err((Field::Title, Reason::Empty));
    }
    let when = |when: Result2, field| when.transpose().map_err(|reason| (field, reason));
    let (starts, ends) = (when(raw.starts, Field::Starts)?, when(raw.ends, Field::Ends)?);
    if let (Some(starts), Some(ends)) = (starts, ends)
        && (ends.date < starts.date
            || ends.date == starts.date
                && matches!((starts.minute, ends.minute), (Some(begin), Some(end)) if end < begin))
    {
        return Err((Field::Ends, Reason::EndsBefore));
    }
    let capacity = match number(&raw.capacity) {
        Some(text) if text.is_empty() => None,
        Some(text) => {
            Some(text.parse().ok().filter(|many| *many <= 10_000_000).ok_or((Field::Capacity, Reason::NotANumber))?)
        }
        None => return Err((Field::Capacity, Reason::NotANumber)),
    };
    let mut fields = Vec::new();
    for field in &raw.fields {
        if let Some(field) = maybe(field, Field::Fields)?.filter(|field| !fields.contains(field)) {
            fields.push(field);
        }
    }
    fields.truncate(20);
    let description: String = plain(&raw.description).chars().take(MOST_DESCRIPTION).collect();
    base::my_number_guard::refuse_individual_number(&description)
        .map_err(|_| (Field::Description, Reason::IndividualNumber))?;
    let url = maybe(&raw.url, Field::Url)?.map(|url| link(&url)).transpose()?;
    let id = match line(&raw.id, Field::Id, MOST_WORDS)? {
        id if !id.is_empty() => id,
        // A source without names: the same title on the same day is the same event.
        _ => url
            .clone()
            .unwrap_or_else(|| format!("{title}|{}", starts.map_or(String::new(), |when| when.date.to_string()))),
    };
    Ok(Event {
        id,
        title,
        place: maybe(&raw.place, Field::Place)?,
        starts,
        ends,
        capacity,
        url,
        area: maybe(&raw.area, Field::Area)?,
        ages: times::ages(&raw.ages),
        fields,
        description,
        cancelled: raw.cancelled,
    })
}

/// One line of plain text.
fn one_line(text: &str, limit: usize) -> Result<String, Reason> {
    let text = plain(text).split_whitespace().collect::<Vec<_>>().join(" ");
    if text.chars().count() > limit {
        return Err(Reason::TooLong { limit });
    }
    base::my_number_guard::refuse_individual_number(&text).map_err(|_| Reason::IndividualNumber)?;
    Ok(text)
}

/// The digits of `先着 1,200名`; `None` when there is more than one number.
fn number(text: &str) -> Option<String> {
    let text = base::text::to_half_width(text).replace(',', "");
    let mut runs = text.split(|c: char| !c.is_ascii_digit()).filter(|run| !run.is_empty());
    let first = runs.next().unwrap_or_default();
    let wordy = first.is_empty() && !text.trim().is_empty() && !matches!(text.trim(), "なし" | "制限なし" | "-");
    (runs.next().is_none() && !wordy).then(|| first.to_owned())
}

fn link(text: &str) -> Result<String, (Field, Reason)> {
    let fault = (Field::Url, Reason::NotALink);
    let url = url::Url::parse(text).map_err(|_| fault)?;
    let plain = matches!(url.scheme(), "http" | "https") && url.username().is_empty() && url.password().is_none();
    if plain && url.has_host() { Ok(url.into()) } else { Err(fault) }
}

/// The text of a file: UTF-8 with or without a byte order mark, else Shift_JIS.
fn text_of(bytes: &[u8]) -> Result<String, Reason> {
    if bytes.len() > MOST_BYTES {
        return Err(Reason::FileTooLong);
    }
    csv_lists::text_of(bytes).ok_or(Reason::NotText)
}
