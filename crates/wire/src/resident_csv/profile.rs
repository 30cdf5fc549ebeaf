//! Looks at an unknown file and says what it seems to be, with a mapping to start from.
//!
//! For the operator who has an export and no documentation. Never shows a value: only counts, lengths and shapes.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::columns::{FORBIDDEN, RESIDENTS, SYNONYMS};
use super::dates::{self, DateFormat};
use super::encoding::Encoding;
use super::files;
use super::lines::{Fields, Lines, Next};
use super::mapping::{FileMapping, Mapping};

/// Rows looked at.
const SAMPLE: usize = 5_000;

/// What a column seems to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shape {
    /// Nothing in any row.
    Empty,
    /// Dates, in this format.
    Date(FormatRank),
    /// Digits only.
    Digits,
    /// `0-9 A-Z -`.
    Id,
    /// A handful of short words or codes.
    Codes,
    /// Katakana, full or half width.
    Kana,
    /// Latin letters.
    Latin,
    /// Japanese text.
    Text,
}

/// A date format, ordered for display.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FormatRank(u8);

impl FormatRank {
    const ALL: [DateFormat; 5] =
        [DateFormat::Iso, DateFormat::Slash, DateFormat::Compact, DateFormat::Japanese, DateFormat::EraCode];

    /// The format.
    pub fn format(self) -> DateFormat {
        Self::ALL.get(usize::from(self.0)).copied().unwrap_or(DateFormat::Iso)
    }
}

impl Shape {
    /// In words.
    pub fn words(self) -> String {
        match self {
            Self::Empty => "empty".to_owned(),
            Self::Date(rank) => format!("dates ({:?})", rank.format()),
            Self::Digits => "digits".to_owned(),
            Self::Id => "ids".to_owned(),
            Self::Codes => "a few words or codes".to_owned(),
            Self::Kana => "katakana".to_owned(),
            Self::Latin => "Latin letters".to_owned(),
            Self::Text => "text".to_owned(),
        }
    }
}

/// One column of an unknown file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProfiledColumn {
    /// The file's own header.
    pub header: String,
    /// Rows in which it is filled.
    pub filled: usize,
    /// Different values seen, up to 1,000.
    pub distinct: usize,
    /// Longest value in characters.
    pub longest: usize,
    /// What it seems to hold.
    pub shape: Shape,
    /// Rows with twelve digits that may be an Individual Number.
    pub individual_numbers: usize,
    /// Our column it seems to be.
    pub proposal: Option<&'static str>,
}

/// What a file seems to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// Its encoding; `None` for UTF-16, which must be saved again.
    pub encoding: Option<Encoding>,
    /// Whether it begins with a byte order mark.
    pub byte_order_mark: bool,
    /// Between fields.
    pub delimiter: char,
    /// Rows looked at, without the header.
    pub rows: usize,
    /// Rows with another number of fields than the header.
    pub uneven_rows: usize,
    /// Lines that are not text in this encoding.
    pub undecodable_lines: usize,
    /// Its columns.
    pub columns: Vec<ProfiledColumn>,
}

#[derive(Default)]
struct Gathered {
    filled: usize,
    longest: usize,
    individual_numbers: usize,
    distinct: std::collections::BTreeSet<u64>,
    digits: usize,
    ids: usize,
    kana: usize,
    latin: usize,
    short: usize,
    dates: [usize; 5],
}

/// Looks at the beginning of a file.
pub fn profile(bytes: &[u8]) -> Profile {
    let utf16 = bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]);
    let byte_order_mark = bytes.starts_with(&[0xEF, 0xBB, 0xBF]);
    let bytes = if byte_order_mark { bytes.get(3..).unwrap_or(&[]) } else { bytes };
    let encoding = Encoding::Auto.decide(bytes.get(..bytes.len().min(1 << 20)).unwrap_or(bytes));
    let mut lines = Lines::new(bytes);
    let (mut fields, mut header, mut delimiter) = (Fields::default(), Vec::new(), ',');
    let mut gathered: Vec<Gathered> = Vec::new();
    let (mut rows, mut uneven_rows, mut undecodable_lines) = (0, 0, 0);
    while rows < SAMPLE {
        match lines.next() {
            Ok(Next::Line) => {}
            Ok(Next::TooLong) => {
                uneven_rows += 1;
                continue;
            }
            Ok(Next::End) | Err(_) => break,
        }
        let Ok(text) = encoding.decode(lines.bytes_of_line()) else {
            undecodable_lines += 1;
            continue;
        };
        if text.trim().is_empty() {
            continue;
        }
        if header.is_empty() {
            delimiter = guess_delimiter(&text);
            if fields.split(&text, delimiter).is_err() {
                continue;
            }
            header = fields.iter().map(|name| name.trim().to_owned()).collect();
            gathered.resize_with(header.len(), Gathered::default);
            continue;
        }
        rows += 1;
        if fields.split(&text, delimiter).is_err() || fields.len() != header.len() {
            uneven_rows += 1;
            continue;
        }
        for (column, value) in gathered.iter_mut().zip(fields.iter()) {
            column.see(value.trim());
        }
    }
    let columns = header.into_iter().zip(gathered).enumerate().map(|(index, (name, seen))| seen.conclude(index, name));
    Profile {
        encoding: (!utf16).then_some(encoding),
        byte_order_mark,
        delimiter,
        rows,
        uneven_rows,
        undecodable_lines,
        columns: columns.collect(),
    }
}

fn guess_delimiter(header: &str) -> char {
    [',', '\t', ';', '|'].into_iter().max_by_key(|sign| (header.matches(*sign).count(), *sign == ',')).unwrap_or(',')
}

impl Gathered {
    fn see(&mut self, value: &str) {
        if value.is_empty() {
            return;
        }
        self.filled += 1;
        let length = value.chars().count();
        self.longest = self.longest.max(length);
        if base::my_number_guard::refuse_individual_number(value).is_err() {
            self.individual_numbers += 1;
        }
        if self.distinct.len() < 1_000 {
            use std::hash::{DefaultHasher, Hash, Hasher};
            let mut hasher = DefaultHasher::new();
            value.hash(&mut hasher);
            self.distinct.insert(hasher.finish());
        }
        let narrow = base::text::to_half_width(value);
        let all = |test: &dyn Fn(char) -> bool| usize::from(narrow.chars().all(test));
        self.digits += all(&|c| c.is_ascii_digit());
        self.ids += all(&|c| matches!(c, '0'..='9' | 'A'..='Z' | '-'));
        self.kana += all(&|c| matches!(c, 'ァ'..='ヺ' | 'ー' | '・' | ' ' | 'ｦ'..='ﾟ'));
        self.latin += all(&|c| c.is_ascii() && !c.is_ascii_digit());
        self.short += usize::from(length <= 6);
        for (count, format) in self.dates.iter_mut().zip(FormatRank::ALL) {
            *count += usize::from(matches!(dates::shape(&narrow, format), Some(Ok(_))));
        }
    }

    fn shape(&self) -> Shape {
        // Nineteen in twenty decide; the rest are the bad rows the import will report.
        let most = |count: usize| count * 20 >= self.filled * 19;
        if self.filled == 0 {
            return Shape::Empty;
        }
        // An era code looks like any seven digits: only many different ones make it a date.
        let date = (0u8..5).find(|rank| {
            most(self.dates.get(usize::from(*rank)).copied().unwrap_or(0)) && (*rank != 4 || self.distinct.len() > 20)
        });
        if let Some(rank) = date {
            return Shape::Date(FormatRank(rank));
        }
        if self.distinct.len() <= 20 && most(self.short) && self.filled > self.distinct.len() * 2 {
            return Shape::Codes;
        }
        if most(self.digits) {
            Shape::Digits
        } else if most(self.ids) {
            Shape::Id
        } else if most(self.kana) {
            Shape::Kana
        } else if most(self.latin) {
            Shape::Latin
        } else {
            Shape::Text
        }
    }

    fn conclude(self, index: usize, header: String) -> ProfiledColumn {
        let shape = self.shape();
        let named = RESIDENTS.iter().find(|ours| ours.name == header || ours.japanese == header).map(|ours| ours.name);
        let synonym = SYNONYMS.iter().find(|(theirs, _)| *theirs == header).map(|(_, ours)| *ours);
        let by_place = (index == 0 && matches!(shape, Shape::Digits | Shape::Id)).then_some("resident_id");
        ProfiledColumn {
            filled: self.filled,
            distinct: self.distinct.len(),
            longest: self.longest,
            individual_numbers: self.individual_numbers,
            proposal: named.or(synonym).or(by_place),
            shape,
            header,
        }
    }
}

impl Profile {
    /// The mapping to start from.
    pub fn proposed_mapping(&self) -> Mapping {
        let mut mapping = FileMapping::default();
        if self.delimiter != ',' {
            mapping.delimiter = Some(self.delimiter);
        }
        for column in &self.columns {
            if let Shape::Date(rank) = column.shape
                && !mapping.date_formats.contains(&rank.format())
            {
                mapping.date_formats.push(rank.format());
            }
            match column.proposal {
                Some(ours) if ours != column.header && !mapping.columns.values().any(|taken| taken == ours) => {
                    mapping.columns.insert(column.header.clone(), ours.to_owned());
                }
                Some(_) => {}
                None => mapping.ignore.push(column.header.clone()),
            }
        }
        Mapping::single(files::RESIDENTS, mapping)
    }

    /// A page for the operator: what the file is, its columns, and the mapping to save as `mapping.toml`.
    pub fn report(&self) -> String {
        let mut page = String::new();
        let encoding = self.encoding.map_or("UTF-16 (save it as UTF-8 or Shift_JIS first)", Encoding::name);
        let mark = if self.byte_order_mark { " with byte order mark" } else { "" };
        let delimiter = if self.delimiter == '\t' { "tab".to_owned() } else { self.delimiter.to_string() };
        // Writing to a String cannot fail.
        let _ = writeln!(page, "encoding   {encoding}{mark}\ndelimiter  {delimiter}\nrows seen  {}", self.rows);
        if self.uneven_rows + self.undecodable_lines > 0 {
            let _ = writeln!(
                page,
                "attention  {} rows with another number of fields, {} lines that are not text in this encoding",
                self.uneven_rows, self.undecodable_lines
            );
        }
        let _ = writeln!(page, "\n  #  filled  different  longest  seems to hold           header → ours");
        for (index, column) in self.columns.iter().enumerate() {
            let ours = column.proposal.unwrap_or("(not used)");
            let _ = writeln!(
                page,
                "{:>3}  {:>6}  {:>9}  {:>7}  {:<22}  {} → {ours}",
                index + 1,
                column.filled,
                column.distinct,
                column.longest,
                column.shape.words(),
                column.header
            );
        }
        for column in &self.columns {
            let forbidden = FORBIDDEN.iter().any(|word| column.header.to_lowercase().contains(word));
            // One random 12-digit number in ten fits by chance; many are no chance.
            if forbidden || column.individual_numbers > 0 {
                let _ = writeln!(
                    page,
                    "\nSTOP  column {} seems to hold Individual Numbers (個人番号) or record codes in {} rows: export without it.",
                    column.header, column.individual_numbers
                );
            }
        }
        let missing = self.missing();
        if !missing.is_empty() {
            let _ = writeln!(page, "\nmissing    {}", missing.join(", "));
        }
        if let Ok(toml) = self.proposed_mapping().to_toml() {
            let _ = writeln!(page, "\n# mapping.toml: check it, then put it beside the files\n{toml}");
        }
        page
    }

    /// Required columns for which no column was found.
    pub fn missing(&self) -> Vec<&'static str> {
        let found: BTreeMap<_, ()> = self.columns.iter().filter_map(|c| c.proposal).map(|name| (name, ())).collect();
        RESIDENTS.iter().filter(|c| c.required && !found.contains_key(c.name)).map(|c| c.name).collect()
    }
}
