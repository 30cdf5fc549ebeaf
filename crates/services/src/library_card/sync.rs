//! Files between the library and the city, once a day by themselves ([`daily`]) or whenever somebody does it by hand (CSV).
//!
//! Out: every patron number that we hold, where its card stands, and whether that changed since the file before. In: the
//! library's numbers that ended, are blocked, or may be used again; our cards follow. Neither file names anybody.

pub mod daily;
mod folder;
mod kept;
pub mod reading;
mod taking;

use base::{Id, Timestamp};
use store::{StoreError, Tx};
use tools::Inside;
use tools::access::Actor;
use tools::audit::{self, Event};
use tools::service_cards::{self, CardError, CardStatus, Form, ServiceCard};

pub use self::kept::InFolder;
use super::KEY;

/// Cards read, or rows taken, in one transaction.
const STEP: i64 = 200;
/// Bytes of a file at most.
pub const MOST_BYTES: usize = 8 * 1024 * 1024;
/// Rows of a file at most.
pub const MOST_ROWS: usize = 200_000;
/// Refused rows kept of one file.
const MOST_REFUSED: usize = 1000;

/// Headings of the file that goes out, as the library reads them.
pub const HEADINGS: [&str; 5] = ["利用者番号", "カードの種類", "状態", "状態の日付", "前回からの変更"];

/// How the file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// UTF-8 with BOM.
    Utf8,
    /// Shift_JIS as Windows writes it.
    ShiftJis,
}

/// A file that went out or came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its id.
    pub id: Id,
    /// Whether it came in.
    pub is_in: bool,
    /// When.
    pub at: Timestamp,
    /// Rows.
    pub lines: u64,
    /// Cards that changed.
    pub changed: u64,
    /// Rows refused.
    pub refused: u64,
    /// How it went, if it went by itself.
    pub folder: Option<InFolder>,
}

/// Why a row was refused. Holds nothing of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Fewer than two columns, or broken quotes.
    Columns,
    /// No number stands there.
    Number,
    /// The number stands on no card here.
    Unknown,
    /// The state is none of 終了, 停止, 再開 (ended, blocked, active).
    State,
    /// The number came before in this file.
    Twice,
    /// That may not follow: what is over for good does not come back, and a lost card only by its holder or the counter.
    MayNotFollow,
}

impl Reason {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Columns, Self::Number, Self::Unknown, Self::State, Self::Twice, Self::MayNotFollow];

    /// The stored word.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Columns => "columns",
            Self::Number => "number",
            Self::Unknown => "unknown",
            Self::State => "state",
            Self::Twice => "twice",
            Self::MayNotFollow => "may-not-follow",
        }
    }
}

/// The stored word of a file with an Individual Number in it.
pub(super) const NUMBER_FOUND: &str = "individual-number";

/// A file as a whole is not taken.
#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    /// An Individual Number stands in it, in whatever column.
    #[error("an Individual Number stands in line {line}, column {column}")]
    IndividualNumber {
        /// From 1; the heading is the first.
        line: u64,
        /// From 1.
        column: u64,
    },
    /// Neither UTF-8 nor Shift_JIS.
    #[error("the file is neither UTF-8 nor Shift_JIS")]
    Characters,
    /// Too large.
    #[error("the file is larger than {MOST_BYTES} bytes or {MOST_ROWS} rows")]
    TooLarge,
    /// No row under the heading.
    #[error("the file has no rows")]
    Empty,
    /// Databases, key store.
    #[error(transparent)]
    Card(#[from] CardError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl SyncError {
    /// The stored word of what is wrong with a file; none where the fault is ours.
    pub const fn code(&self) -> Option<&'static str> {
        match self {
            Self::IndividualNumber { .. } => Some(NUMBER_FOUND),
            Self::Characters => Some("characters"),
            Self::TooLarge => Some("size"),
            Self::Empty => Some("empty"),
            Self::Card(_) | Self::Store(_) => None,
        }
    }

    /// Where in the file it is wrong, if that is one place.
    fn place(&self) -> Option<Refused> {
        let Self::IndividualNumber { line, column } = *self else { return None };
        Some(Refused { line, column: Some(column), reason: NUMBER_FOUND.to_owned() })
    }
}

fn form_word(form: Form) -> &'static str {
    match form {
        Form::OneCard => "個人番号カード等",
        Form::OwnCard => "図書館カード",
    }
}

fn status_word(status: CardStatus) -> &'static str {
    match status {
        CardStatus::Active => "利用可",
        CardStatus::OnHold => "停止",
        CardStatus::Lost => "紛失",
        CardStatus::Replaced => "再発行済み",
        CardStatus::Ended => "終了",
    }
}

/// A list for the library, not written down yet.
struct Listed {
    /// As of when: before the first card was read, so that what changes meanwhile is said again next time.
    at: Timestamp,
    lines: i64,
    changed: i64,
    bytes: Vec<u8>,
}

/// Every number as it stands; changed is what changed since `before`.
fn list(city: &Inside, before: Option<Timestamp>, written: Written) -> Result<Listed, SyncError> {
    let at = city.seams.now();
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut changed = 0_i64;
    let mut after: Option<Id> = None;
    loop {
        let (vault, from) = (city.vault.clone(), after);
        let page: Vec<ServiceCard> =
            city.cards.read::<_, CardError, _>(move |tx| service_cards::list(tx, &vault, KEY, from, STEP))?;
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        for card in &page {
            let is_changed = before.is_none_or(|before| card.since >= before);
            changed += i64::from(is_changed);
            rows.push(vec![
                card.number.reveal().clone(),
                form_word(card.form).to_owned(),
                status_word(card.status).to_owned(),
                card.since.date_in_japan().to_string(),
                if is_changed { "変更".to_owned() } else { String::new() },
            ]);
        }
    }
    // By number, so that the order says nothing of who came when.
    rows.sort();
    let bytes = ui::csv::file(&HEADINGS, &rows);
    let bytes = match written {
        Written::Utf8 => bytes,
        Written::ShiftJis => {
            let text = String::from_utf8_lossy(&bytes);
            encoding_rs::SHIFT_JIS.encode(text.trim_start_matches('\u{feff}')).0.into_owned()
        }
    };
    Ok(Listed { at, lines: i64::try_from(rows.len()).unwrap_or(i64::MAX), changed, bytes })
}

/// The file for the library, made now; written down with its audit entry.
///
/// # Errors
/// [`SyncError`].
pub fn give(city: &Inside, by: &Actor, written: Written) -> Result<Vec<u8>, SyncError> {
    let before = city.store.read::<_, StoreError, _>(|tx| newest(tx, false))?;
    let listed = list(city, before, written)?;
    let (id, at, lines, changed) = (city.seams.random_id(), listed.at, listed.lines, listed.changed);
    let (seams, by) = (city.seams.clone(), by.clone());
    city.store.write::<_, StoreError, _>(move |tx| {
        note(tx, &Noted { id, is_in: false, at, lines, changed, refused: &[] })?;
        audit::append(tx, &seams, &by, Event::LibraryFileGiven, &[("lines", &lines.to_string())]).map(drop)
    })?;
    Ok(listed.bytes)
}

struct Noted<'a> {
    id: Id,
    is_in: bool,
    at: Timestamp,
    lines: i64,
    changed: i64,
    refused: &'a [Refused],
}

/// A row of a file that was refused. Holds nothing of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// From 1; the heading is the first.
    pub line: u64,
    /// From 1, where it is one column's matter.
    pub column: Option<u64>,
    /// Word of a [`Reason`], or of what is wrong with the file as a whole.
    pub reason: String,
}

fn note(tx: &mut Tx<'_>, file: &Noted<'_>) -> Result<(), StoreError> {
    let refused = i64::try_from(file.refused.len()).unwrap_or(i64::MAX);
    tx.execute(
        "INSERT INTO library_files (file_id, direction, at, lines, changed, refused) VALUES ($1, $2, $3, $4, $5, $6)",
        &[
            file.id.into(),
            if file.is_in { "in" } else { "out" }.into(),
            file.at.into(),
            file.lines.into(),
            file.changed.into(),
            refused.into(),
        ],
    )?;
    let signed = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    for one in file.refused.iter().take(MOST_REFUSED) {
        tx.execute(
            "INSERT INTO library_refused (file_id, line, place, reason) VALUES ($1, $2, $3, $4)",
            &[file.id.into(), signed(one.line).into(), one.column.map(signed).into(), one.reason.as_str().into()],
        )?;
    }
    Ok(())
}

fn newest(tx: &mut Tx<'_>, is_in: bool) -> Result<Option<Timestamp>, StoreError> {
    let direction = if is_in { "in" } else { "out" };
    let row = tx.query_one("SELECT MAX(at) FROM library_files WHERE direction = $1", &[direction.into()])?;
    row.map_or(Ok(None), |row| row.opt_timestamp(0))
}

fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

macro_rules! files_where {
    ($rest:literal) => {
        concat!(
            "SELECT f.file_id, f.direction, f.at, f.lines, f.changed, f.refused, d.day, a.came_at, a.name, a.why ",
            "FROM library_files f LEFT JOIN library_days d ON d.file_id = f.file_id ",
            "LEFT JOIN library_arrivals a ON a.file_id = f.file_id ",
            $rest
        )
    };
}

fn file_of(row: &store::Row) -> Result<File, StoreError> {
    let folder = match (row.opt_date(6)?, row.opt_timestamp(7)?) {
        (Some(day), _) => Some(InFolder { name: Some(daily::name(day)), why: None }),
        (None, Some(_)) => {
            Some(InFolder { name: row.opt_text(8)?.map(str::to_owned), why: row.opt_text(9)?.map(str::to_owned) })
        }
        (None, None) => None,
    };
    Ok(File {
        id: row.id(0)?,
        is_in: row.text(1)? == "in",
        at: row.timestamp(2)?,
        lines: unsigned(row.int(3)?),
        changed: unsigned(row.int(4)?),
        refused: unsigned(row.int(5)?),
        folder,
    })
}

/// The newest files, newest first.
///
/// # Errors
/// The database.
pub fn files(tx: &mut Tx<'_>, limit: i64) -> Result<Vec<File>, StoreError> {
    tx.query(files_where!("ORDER BY f.at DESC LIMIT $1"), &[limit.into()])?.iter().map(file_of).collect()
}

/// One file.
///
/// # Errors
/// The database.
pub fn file(tx: &mut Tx<'_>, id: Id) -> Result<Option<File>, StoreError> {
    let row = tx.query_one(files_where!("WHERE f.file_id = $1"), &[id.into()])?;
    row.as_ref().map(file_of).transpose()
}

/// Rows of a file that were refused.
///
/// # Errors
/// The database.
pub fn refused(tx: &mut Tx<'_>, file: Id) -> Result<Vec<Refused>, StoreError> {
    let sql = "SELECT line, place, reason FROM library_refused WHERE file_id = $1 ORDER BY line";
    let of = |row: &store::Row| {
        let (line, column) = (unsigned(row.int(0)?), row.opt_int(1)?.map(unsigned));
        Ok(Refused { line, column, reason: row.text(2)?.to_owned() })
    };
    tx.query(sql, &[file.into()])?.iter().map(of).collect()
}

/// How many live cards there are, of each form.
///
/// # Errors
/// The database of cards.
pub fn live(tx: &mut Tx<'_>) -> Result<Vec<(Form, u64)>, StoreError> {
    let sql = "SELECT form, COUNT(*) FROM service_cards WHERE service = $1 AND status = $2 GROUP BY form";
    let rows = tx.query(sql, &[KEY.into(), CardStatus::Active.code().into()])?;
    let mut all = Vec::new();
    for row in &rows {
        if let Some(form) = Form::from_code(row.text(0)?) {
            all.push((form, u64::try_from(row.int(1)?).unwrap_or(0)));
        }
    }
    Ok(all)
}

/// Takes the library's file. Good rows are taken whatever becomes of others.
///
/// # Errors
/// [`SyncError`]: then what was taken before stays, and the same file may be taken again.
pub fn take(city: &Inside, by: &Actor, bytes: &[u8]) -> Result<File, SyncError> {
    taking::take(city, by, city.seams.random_id(), reading::read(bytes)?)
}
