//! How many certificates other routes gave (交付件数): a small CSV that a counter's system, a branch, or the monthly report
//! of the stores is brought into.
//!
//! ```text
//!  month,kind,route,count
//!  2026-10,residence_certificate,counter,4120
//! ```
//! The heading may also be 年月,種類,経路,件数 and in any order; routes may be written 窓口, 連絡所, 郵送, コンビニ. Every line
//! that is not understood is refused with its line, field and reason; the others are read.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use base::Date;
use base::text::to_half_width;

use crate::csv_lists;

/// More lines are no monthly list.
const MOST_LINES: usize = 10_000;
/// More certificates than any city gives in a month.
const MOST_COPIES: i64 = 10_000_000;

/// By which way a certificate was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Route {
    /// A kiosk in a store (コンビニ).
    Store,
    /// The counter (窓口).
    Counter,
    /// A branch office (連絡所).
    Branch,
    /// By mail (郵送).
    Mail,
}

impl Route {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Store, Self::Counter, Self::Branch, Self::Mail];

    /// The word in files and rows.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Store => "store",
            Self::Counter => "counter",
            Self::Branch => "branch",
            Self::Mail => "mail",
        }
    }

    /// Reads the word, English or Japanese.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "store" | "コンビニ" => Some(Self::Store),
            "counter" | "窓口" => Some(Self::Counter),
            "branch" | "連絡所" => Some(Self::Branch),
            "mail" | "郵送" => Some(Self::Mail),
            _ => None,
        }
    }
}

/// A line that was understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Count {
    /// Its line in the file, from 1.
    pub line: usize,
    /// The first day of the month.
    pub month: Date,
    /// The kind's word or title, as written.
    pub kind: String,
    /// The route.
    pub route: Route,
    /// How many.
    pub copies: i64,
}

/// A column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// 年月.
    Month,
    /// 種類.
    Kind,
    /// 経路.
    Route,
    /// 件数.
    Count,
}

impl Field {
    const ALL: [Self; 4] = [Self::Month, Self::Kind, Self::Route, Self::Count];

    /// The word of the heading.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Month => "month",
            Self::Kind => "kind",
            Self::Route => "route",
            Self::Count => "count",
        }
    }

    const fn japanese(self) -> &'static str {
        match self {
            Self::Month => "年月",
            Self::Kind => "種類",
            Self::Route => "経路",
            Self::Count => "件数",
        }
    }
}

/// Why a line is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The heading lacks this column, or there is none.
    NoColumn,
    /// Nothing stands there.
    Empty,
    /// Not a month like 2026-10.
    NotAMonth,
    /// No such kind of certificate.
    UnknownKind,
    /// Not store, counter, branch or mail.
    UnknownRoute,
    /// Not a whole number from 0 on, or more than a city gives.
    NotACount,
    /// A line before says the same month, kind and route.
    Twice,
    /// A month that has not begun.
    Future,
    /// The file has too many lines.
    TooManyLines,
}

impl Reason {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::NoColumn,
        Self::Empty,
        Self::NotAMonth,
        Self::UnknownKind,
        Self::UnknownRoute,
        Self::NotACount,
        Self::Twice,
        Self::Future,
        Self::TooManyLines,
    ];

    /// A stable word, in keys of sentences.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NoColumn => "no-column",
            Self::Empty => "empty",
            Self::NotAMonth => "not-a-month",
            Self::UnknownKind => "unknown-kind",
            Self::UnknownRoute => "unknown-route",
            Self::NotACount => "not-a-count",
            Self::Twice => "twice",
            Self::Future => "future",
            Self::TooManyLines => "too-many-lines",
        }
    }
}

/// A line that was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Its line in the file, from 1.
    pub line: usize,
    /// The column.
    pub field: Field,
    /// Why.
    pub reason: Reason,
}

/// What stands in a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Read {
    /// Lines that were understood.
    pub counts: Vec<Count>,
    /// Lines that were refused.
    pub faults: Vec<Fault>,
}

/// Reads a whole file. Never fails: what is not understood is a [`Fault`].
pub fn read(text: &str) -> Read {
    let mut found = Read::default();
    // With CR LF the reader counts a line too few.
    let text = text.trim_start_matches('\u{FEFF}').replace("\r\n", "\n");
    let mut columns = None;
    let mut seen = BTreeSet::new();
    for (number, (line, record)) in csv_lists::records(&text).enumerate() {
        if number > MOST_LINES {
            found.faults.push(Fault { line, field: Field::Month, reason: Reason::TooManyLines });
            break;
        }
        let cells: Vec<String> = record.iter().map(|cell| to_half_width(cell.trim())).collect();
        let Some(columns) = &columns else {
            match heading(&cells) {
                Ok(places) => columns = Some(places),
                Err(field) => {
                    found.faults.push(Fault { line, field, reason: Reason::NoColumn });
                    return found;
                }
            }
            continue;
        };
        if cells.iter().all(String::is_empty) {
            continue;
        }
        match count(line, &cells, columns) {
            Ok(count) if seen.insert((count.month, count.kind.clone(), count.route)) => found.counts.push(count),
            Ok(_) => found.faults.push(Fault { line, field: Field::Month, reason: Reason::Twice }),
            Err((field, reason)) => found.faults.push(Fault { line, field, reason }),
        }
    }
    if columns.is_none() && found.faults.is_empty() {
        found.faults.push(Fault { line: 1, field: Field::Month, reason: Reason::NoColumn });
    }
    found
}

/// Where each column stands, or the first that is absent.
fn heading(cells: &[String]) -> Result<[usize; 4], Field> {
    let mut places = [0; 4];
    for (place, field) in places.iter_mut().zip(Field::ALL) {
        let is_it = |cell: &String| cell.eq_ignore_ascii_case(field.word()) || cell == field.japanese();
        *place = cells.iter().position(is_it).ok_or(field)?;
    }
    Ok(places)
}

fn count(line: usize, cells: &[String], columns: &[usize; 4]) -> Result<Count, (Field, Reason)> {
    let cell = |field: Field| {
        let place = Field::ALL.iter().position(|one| *one == field).and_then(|place| columns.get(place));
        let text = place.and_then(|place| cells.get(*place)).map_or("", String::as_str);
        if text.is_empty() { Err((field, Reason::Empty)) } else { Ok(text) }
    };
    let month = cell(Field::Month)?.replace('/', "-");
    let is_month = month.len() == 7;
    let month = Date::parse(&format!("{month}-01")).ok().filter(|_| is_month);
    let copies = cell(Field::Count)?.replace(',', "").parse::<i64>().ok().filter(|n| (0..=MOST_COPIES).contains(n));
    Ok(Count {
        line,
        month: month.ok_or((Field::Month, Reason::NotAMonth))?,
        kind: cell(Field::Kind)?.chars().take(60).collect(),
        route: Route::parse(cell(Field::Route)?).ok_or((Field::Route, Reason::UnknownRoute))?,
        copies: copies.ok_or((Field::Count, Reason::NotACount))?,
    })
}
