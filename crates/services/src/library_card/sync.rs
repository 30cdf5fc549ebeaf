//! Files between the library and the city, once a day or whenever somebody does it by hand (CSV).
//!
//! Out: every patron number that we hold, where its card stands, and whether that changed since the file before. In: the
//! library's numbers that ended, are blocked, or may be used again; our cards follow. Neither file names anybody.

use std::collections::BTreeSet;

use base::text::to_half_width;
use base::{Id, Timestamp};
use store::{StoreError, Tx};
use tools::Inside;
use tools::access::Actor;
use tools::audit::{self, Event};
use tools::service_cards::{self, CardError, CardStatus, Form, ServiceCard};

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
}

/// Why a row was refused. Holds nothing of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Fewer than two columns, or broken quotes.
    Columns,
    /// No number stands there, or an Individual Number.
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

/// A file as a whole is not taken.
#[derive(Debug, thiserror::Error)]
pub enum SyncError {
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

/// The file for the library, made now; written down with its audit entry.
///
/// # Errors
/// [`SyncError`].
pub fn give(city: &Inside, by: &Actor, written: Written) -> Result<Vec<u8>, SyncError> {
    let before = city.store.read::<_, StoreError, _>(|tx| newest(tx, false))?;
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
            let is_changed = before.is_none_or(|at| card.since > at);
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
    let lines = i64::try_from(rows.len()).unwrap_or(i64::MAX);
    let (seams, by) = (city.seams.clone(), by.clone());
    city.store.write::<_, StoreError, _>(move |tx| {
        note(tx, &Noted { id: seams.random_id(), is_in: false, at: seams.now(), lines, changed, refused: &[] })?;
        audit::append(tx, &seams, &by, Event::LibraryFileGiven, &[("lines", &lines.to_string())]).map(drop)
    })?;
    Ok(match written {
        Written::Utf8 => bytes,
        Written::ShiftJis => {
            let text = String::from_utf8_lossy(&bytes);
            encoding_rs::SHIFT_JIS.encode(text.trim_start_matches('\u{feff}')).0.into_owned()
        }
    })
}

struct Noted<'a> {
    id: Id,
    is_in: bool,
    at: Timestamp,
    lines: i64,
    changed: i64,
    refused: &'a [(u64, Reason)],
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
    for (line, reason) in file.refused.iter().take(MOST_REFUSED) {
        let line = i64::try_from(*line).unwrap_or(i64::MAX);
        tx.execute(
            "INSERT INTO library_refused (file_id, line, reason) VALUES ($1, $2, $3)",
            &[file.id.into(), line.into(), reason.code().into()],
        )?;
    }
    Ok(())
}

fn newest(tx: &mut Tx<'_>, is_in: bool) -> Result<Option<Timestamp>, StoreError> {
    let direction = if is_in { "in" } else { "out" };
    let row = tx.query_one("SELECT MAX(at) FROM library_files WHERE direction = $1", &[direction.into()])?;
    row.map_or(Ok(None), |row| row.opt_timestamp(0))
}

/// The newest files, newest first.
///
/// # Errors
/// The database.
pub fn files(tx: &mut Tx<'_>, limit: i64) -> Result<Vec<File>, StoreError> {
    let sql = "SELECT file_id, direction, at, lines, changed, refused FROM library_files ORDER BY at DESC LIMIT $1";
    let unsigned = |number: i64| u64::try_from(number).unwrap_or(0);
    tx.query(sql, &[limit.into()])?
        .iter()
        .map(|row| {
            Ok(File {
                id: row.id(0)?,
                is_in: row.text(1)? == "in",
                at: row.timestamp(2)?,
                lines: unsigned(row.int(3)?),
                changed: unsigned(row.int(4)?),
                refused: unsigned(row.int(5)?),
            })
        })
        .collect()
}

/// Rows of a file that were refused: line, and the word of the reason.
///
/// # Errors
/// The database.
pub fn refused(tx: &mut Tx<'_>, file: Id) -> Result<Vec<(u64, String)>, StoreError> {
    let sql = "SELECT line, reason FROM library_refused WHERE file_id = $1 ORDER BY line";
    let rows = tx.query(sql, &[file.into()])?;
    rows.iter().map(|row| Ok((u64::try_from(row.int(0)?).unwrap_or(0), row.text(1)?.to_owned()))).collect()
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

/// UTF-8 with or without BOM, else Shift_JIS.
fn decode(bytes: &[u8]) -> Result<String, SyncError> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Ok(text.trim_start_matches('\u{feff}').to_owned());
    }
    let (text, _, is_broken) = encoding_rs::SHIFT_JIS.decode(bytes);
    if is_broken { Err(SyncError::Characters) } else { Ok(text.into_owned()) }
}

fn status_of(word: &str) -> Option<CardStatus> {
    match word.trim() {
        "終了" | "退会" | "廃止" | "ended" => Some(CardStatus::Ended),
        "停止" | "blocked" => Some(CardStatus::OnHold),
        "再開" | "利用可" | "active" => Some(CardStatus::Active),
        _ => None,
    }
}

/// A row: its line, and the number and state, or why not.
type Row = (u64, Result<(String, CardStatus), Reason>);

fn rows(text: &str) -> Result<Vec<Row>, SyncError> {
    let mut reader = csv::ReaderBuilder::new().has_headers(true).flexible(true).from_reader(text.as_bytes());
    let (mut all, mut seen) = (Vec::new(), BTreeSet::new());
    for (index, record) in reader.records().enumerate() {
        if all.len() >= MOST_ROWS {
            return Err(SyncError::TooLarge);
        }
        let usual = index as u64 + 2;
        let Ok(record) = record else {
            all.push((usual, Err(Reason::Columns)));
            continue;
        };
        let line = record.position().map_or(usual, csv::Position::line);
        all.push((line, row(&record, &mut seen)));
    }
    if all.is_empty() { Err(SyncError::Empty) } else { Ok(all) }
}

fn row(record: &csv::StringRecord, seen: &mut BTreeSet<String>) -> Result<(String, CardStatus), Reason> {
    let (Some(number), Some(state)) = (record.get(0), record.get(1)) else { return Err(Reason::Columns) };
    // Excel's sign for "this is text" in front of a number is let go.
    let number = to_half_width(number.trim().trim_start_matches('\''));
    if number.is_empty() || base::my_number_guard::refuse_individual_number(&number).is_err() {
        return Err(Reason::Number);
    }
    let state = status_of(state).ok_or(Reason::State)?;
    if seen.insert(number.clone()) { Ok((number, state)) } else { Err(Reason::Twice) }
}

/// Takes the library's file. Good rows are taken whatever becomes of others.
///
/// # Errors
/// [`SyncError`]: then what was taken before stays, and the same file may be taken again.
pub fn take(city: &Inside, by: &Actor, bytes: &[u8]) -> Result<File, SyncError> {
    if bytes.len() > MOST_BYTES {
        return Err(SyncError::TooLarge);
    }
    let rows = rows(&decode(bytes)?)?;
    let lines = i64::try_from(rows.len()).unwrap_or(i64::MAX);
    let (mut refused, mut good) = (Vec::new(), Vec::new());
    for (line, row) in rows {
        match row {
            Ok((number, state)) => good.push((line, number, state)),
            Err(reason) => refused.push((line, reason)),
        }
    }
    let mut changed = 0_i64;
    for part in good.chunks(usize::try_from(STEP).unwrap_or(200)) {
        let (vault, seams, by, part) = (city.vault.clone(), city.seams.clone(), by.clone(), part.to_vec());
        let (many, not) = city.cards.write::<_, CardError, _>(move |tx| {
            let (mut many, mut not) = (0, Vec::new());
            for (line, number, state) in &part {
                match follow(tx, &vault, &seams, &by, number, *state)? {
                    Ok(cards) => many += cards,
                    Err(reason) => not.push((*line, reason)),
                }
            }
            Ok((many, not))
        })?;
        changed += many;
        refused.extend(not);
    }
    refused.sort_by_key(|(line, _)| *line);
    let (seams, by, id) = (city.seams.clone(), by.clone(), city.seams.random_id());
    let many = refused.len() as u64;
    let at = city.store.write::<_, StoreError, _>(move |tx| {
        let at = seams.now();
        note(tx, &Noted { id, is_in: true, at, lines, changed, refused: &refused })?;
        let facts = [("lines", lines.to_string()), ("changed", changed.to_string())];
        let facts: Vec<(&str, &str)> = facts.iter().map(|(name, value)| (*name, value.as_str())).collect();
        audit::append(tx, &seams, &by, Event::LibraryFileTaken, &facts)?;
        Ok(at)
    })?;
    let unsigned = |number: i64| u64::try_from(number).unwrap_or(0);
    Ok(File { id, is_in: true, at, lines: unsigned(lines), changed: unsigned(changed), refused: many })
}

/// Cards of a number follow the library; how many changed.
fn follow(
    tx: &mut Tx<'_>,
    vault: &store::sealing::Vault,
    seams: &base::Seams,
    by: &Actor,
    number: &str,
    state: CardStatus,
) -> Result<Result<i64, Reason>, CardError> {
    let cards = service_cards::find_number(tx, vault, KEY, number)?;
    if cards.is_empty() {
        return Ok(Err(Reason::Unknown));
    }
    let mut changed = 0;
    for card in cards.iter().filter(|card| card.status != state && card.status.is_live()) {
        // Only what the library stopped may the library let run again.
        if state == CardStatus::Active && card.status != CardStatus::OnHold {
            continue;
        }
        if service_cards::change(tx, seams, by, KEY, card.id, state, "library_file")? {
            changed += 1;
        }
    }
    let stands = changed > 0 || cards.iter().any(|card| card.status == state);
    Ok(if stands { Ok(changed) } else { Err(Reason::MayNotFollow) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_refused_one_by_one_with_their_line() {
        let text = "利用者番号,状態\nL-1,終了\n,停止\n123456789018,終了\nL-2\nL-3,なに\nL-1,停止\n";
        let read = rows(text).unwrap();
        let why: Vec<(u64, Option<Reason>)> = read.iter().map(|(line, row)| (*line, row.clone().err())).collect();
        assert_eq!(
            why,
            [
                (2, None),
                (3, Some(Reason::Number)),
                (4, Some(Reason::Number)),
                (5, Some(Reason::Columns)),
                (6, Some(Reason::State)),
                (7, Some(Reason::Twice)),
            ]
        );
    }

    #[test]
    fn both_ways_of_writing_are_read_and_no_other() {
        let text = "番号,状態\nL-1,再開";
        let (shift_jis, ..) = encoding_rs::SHIFT_JIS.encode(text);
        for bytes in [format!("\u{feff}{text}").into_bytes(), text.as_bytes().to_vec(), shift_jis.into_owned()] {
            let read = rows(&decode(&bytes).unwrap()).unwrap();
            assert_eq!(read, [(2, Ok(("L-1".to_owned(), CardStatus::Active)))]);
        }
        assert!(matches!(decode(b"\xff\xff\xff"), Err(SyncError::Characters)));
        assert!(matches!(rows("番号,状態\n"), Err(SyncError::Empty)));
    }
}
