//! Lists for Excel: UTF-8 with BOM, every cell quoted, formulas neutralised (OWASP "CSV injection").

/// The file of `rows` under `headings`, lines ended with CR LF (RFC 4180).
pub fn file(headings: &[&str], rows: &[Vec<String>]) -> Vec<u8> {
    let mut text = String::from("\u{feff}");
    line(&mut text, headings.iter().copied());
    for row in rows {
        line(&mut text, row.iter().map(String::as_str));
    }
    text.into_bytes()
}

fn line<'a>(text: &mut String, cells: impl Iterator<Item = &'a str>) {
    for (index, cell) in cells.enumerate() {
        if index > 0 {
            text.push(',');
        }
        text.push('"');
        // A cell that a spreadsheet would run as a formula begins with an apostrophe instead.
        if cell.starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠']) {
            text.push('\'');
        }
        text.push_str(&cell.replace('"', "\"\""));
        text.push('"');
    }
    text.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_formula_stays_text() {
        let bytes = file(&["a"], &[vec!["=1+1".to_owned()], vec!["say \"hi\"".to_owned()]]);
        assert_eq!(String::from_utf8(bytes).unwrap(), "\u{feff}\"a\"\r\n\"'=1+1\"\r\n\"say \"\"hi\"\"\"\r\n");
    }
}
