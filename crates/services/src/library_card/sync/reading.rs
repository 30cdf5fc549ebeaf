//! The library's file read: two columns, number and state, under a heading.

use std::collections::BTreeSet;

use base::text::to_half_width;
use tools::service_cards::CardStatus;
use wire::csv_lists;

use super::{MOST_BYTES, MOST_ROWS, Reason, SyncError};

/// Reads a file of either way of writing. Each row stands for itself.
///
/// # Errors
/// [`SyncError`]: the file as a whole is not taken.
pub fn read(bytes: &[u8]) -> Result<Vec<Row>, SyncError> {
    if bytes.len() > MOST_BYTES {
        return unread(bytes, SyncError::TooLarge);
    }
    match decode(bytes) {
        Ok(text) => rows(&text),
        Err(error) => unread(bytes, error),
    }
}

/// Refuses a file that is not taken, for an Individual Number before anything else: it would rest with us.
fn unread(bytes: &[u8], error: SyncError) -> Result<Vec<Row>, SyncError> {
    let text = String::from_utf8_lossy(bytes);
    let mut lines = (1..).zip(text.lines());
    lines.try_for_each(|(line, text)| guarded(line, text.split([',', '\t']))).and(Err(error))
}

/// Refuses the file for an Individual Number in a line of it.
fn guarded<'a>(line: u64, cells: impl Iterator<Item = &'a str>) -> Result<(), SyncError> {
    match csv_lists::individual_number_in(cells) {
        Some(place) => Err(SyncError::IndividualNumber { line, column: place as u64 + 1 }),
        None => Ok(()),
    }
}

fn decode(bytes: &[u8]) -> Result<String, SyncError> {
    csv_lists::text_of(bytes).ok_or(SyncError::Characters)
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
pub type Row = (u64, Result<(String, CardStatus), Reason>);

fn rows(text: &str) -> Result<Vec<Row>, SyncError> {
    let mut records = csv_lists::records(text).map(|(line, record)| (line as u64, record));
    if let Some((line, headings)) = records.next() {
        guarded(line, headings.iter())?;
    }
    let (mut all, mut seen) = (Vec::new(), BTreeSet::new());
    for (line, record) in records {
        if all.len() >= MOST_ROWS {
            return unread(text.as_bytes(), SyncError::TooLarge);
        }
        guarded(line, record.iter())?;
        all.push((line, row(&record, &mut seen)));
    }
    if all.is_empty() { Err(SyncError::Empty) } else { Ok(all) }
}

fn row(record: &csv::StringRecord, seen: &mut BTreeSet<String>) -> Result<(String, CardStatus), Reason> {
    let (Some(number), Some(state)) = (record.get(0), record.get(1)) else { return Err(Reason::Columns) };
    // Excel's sign for "this is text" in front of a number is let go.
    let number = to_half_width(number.trim().trim_start_matches('\''));
    if number.is_empty() {
        return Err(Reason::Number);
    }
    let state = status_of(state).ok_or(Reason::State)?;
    if seen.insert(number.clone()) { Ok((number, state)) } else { Err(Reason::Twice) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_refused_one_by_one_with_their_line() {
        let text = "利用者番号,状態\nL-1,終了\n,停止\n\nL-2\nL-3,なに\nL-1,停止\n";
        let read = rows(text).unwrap();
        let why: Vec<(u64, Option<Reason>)> = read.iter().map(|(line, row)| (*line, row.clone().err())).collect();
        assert_eq!(
            why,
            [
                (2, None),
                (3, Some(Reason::Number)),
                (5, Some(Reason::Columns)),
                (6, Some(Reason::State)),
                (7, Some(Reason::Twice)),
            ]
        );
    }

    #[test]
    fn an_individual_number_anywhere_refuses_the_file_by_line_and_column() {
        let place = |bytes: &[u8]| match super::read(bytes) {
            Err(SyncError::IndividualNumber { line, column }) => Some((line, column)),
            _ => None,
        };
        for (text, at) in [
            ("番号,状態\n123456789018,終了\n", Some((2, 1))),
            ("番号,状態,備考\nL-1,終了,\nL-2,終了,マイナンバー 1234.5678.9018\n", Some((3, 3))),
            ("番号,状態,備考\r\nL-1,終了,\r\nL-2,終了,1234.5678.9018\r\n", Some((3, 3))),
            ("番号,状態,123456789018\n", Some((1, 3))),
            ("番号,状態,備考\nL-1,終了,1234 5678 9017\n", None),
        ] {
            assert_eq!(place(text.as_bytes()), at, "{text}");
            assert_eq!(place(&encoding_rs::SHIFT_JIS.encode(text).0), at, "{text}");
        }
        // Also where it is too large to be taken.
        let large = format!("番号,状態\nL-1,123456789018\n{}", "L-2,終了\n".repeat(MOST_ROWS));
        assert_eq!(place(large.as_bytes()), Some((2, 2)));
        // Also where its characters are of no kind that is taken.
        assert_eq!(place(b"\xff\xff,x\nL-1,123456789018\n"), Some((2, 2)));
    }

    #[test]
    fn both_ways_of_writing_are_read_and_no_other() {
        let text = "番号,状態\nL-1,再開";
        let (shift_jis, ..) = encoding_rs::SHIFT_JIS.encode(text);
        for bytes in [format!("\u{feff}{text}").into_bytes(), text.as_bytes().to_vec(), shift_jis.into_owned()] {
            let read = super::read(&bytes).unwrap();
            assert_eq!(read, [(2, Ok(("L-1".to_owned(), CardStatus::Active)))]);
        }
        assert!(matches!(decode(b"\xff\xff\xff"), Err(SyncError::Characters)));
        assert!(matches!(rows("番号,状態\n"), Err(SyncError::Empty)));
    }
}
