//! Lists from outside (CSV): UTF-8 with or without a byte order mark, else Shift_JIS. What a record means, its reader knows.

use base::my_number_guard::refuse_individual_number;
use base::text::empty_lines_at;
use csv::StringRecord;

/// The text of a file, its lines ended by one character; none where its characters are of neither kind.
pub fn text_of(bytes: &[u8]) -> Option<String> {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.trim_start_matches('\u{feff}').into(),
        Err(_) => match encoding_rs::SHIFT_JIS.decode(bytes) {
            (_, _, true) => return None,
            (text, ..) => text,
        },
    };
    // The reader counts a line too few after each line's end of two characters.
    Some(text.replace("\r\n", "\n"))
}

/// Records of such a text, each with the line on which it begins, from 1. Lines without a character are none.
pub fn records(text: &str) -> impl Iterator<Item = (usize, StringRecord)> + '_ {
    let reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    // The text is UTF-8 and lines may have any length: the reader finds nothing to refuse.
    reader.into_records().filter_map(Result::ok).map(|record| {
        let line = record.position().map_or(1, |at| at.line() + empty_lines_at(text, at.byte()));
        (usize::try_from(line).unwrap_or(usize::MAX), record)
    })
}

/// The first of these cells in which an Individual Number stands, from 0.
pub fn individual_number_in<'a>(cells: impl IntoIterator<Item = &'a str>) -> Option<usize> {
    cells.into_iter().position(|cell| refuse_individual_number(cell).is_err())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_come_with_their_line_however_the_file_is_written() {
        let text = "番号,状態\n\n\nL-1,終了\n\"L\n2\",停止\n\nL-3";
        let (shift_jis, ..) = encoding_rs::SHIFT_JIS.encode(text);
        let ways = [
            text.into(),
            format!("\u{feff}{text}").into_bytes(),
            text.replace('\n', "\r\n").into_bytes(),
            shift_jis.into_owned(),
        ];
        for bytes in ways {
            let text = text_of(&bytes).unwrap();
            let read: Vec<_> =
                records(&text).map(|(line, record)| (line, record[0].to_owned(), record.len())).collect();
            let read: Vec<_> = read.iter().map(|(line, cell, cells)| (*line, cell.as_str(), *cells)).collect();
            assert_eq!(read, [(1, "番号", 2), (4, "L-1", 2), (5, "L\n2", 2), (8, "L-3", 1)]);
        }
        assert_eq!(text_of(b"\xff\xff\xff"), None);
        assert_eq!(records("").count(), 0);
    }

    #[test]
    fn an_individual_number_is_found_by_its_cell() {
        assert_eq!(individual_number_in(["L-1", "1234.5678.9018"]), Some(1));
        assert_eq!(individual_number_in(["L-1", "1234 5678 9017"]), None);
    }
}
