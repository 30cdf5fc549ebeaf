//! An appointment as a file for one's own calendar (RFC 5545).

use base::{Date, Timestamp};

/// When.
pub enum When {
    /// Moments.
    Moments(Timestamp, Timestamp),
    /// Whole days, the last one included.
    Days(Date, Date),
}

/// What stands in the file.
pub struct Entry<'a> {
    /// Its lasting name.
    pub uid: &'a str,
    /// When it was made.
    pub made_at: Timestamp,
    /// When it is.
    pub when: When,
    /// What it is.
    pub summary: &'a str,
    /// Where.
    pub place: &'a str,
}

impl Entry<'_> {
    /// The file.
    pub fn text(&self) -> String {
        let stamp = |at: Timestamp| {
            let text = at.to_string();
            text.chars().filter(|c| c.is_ascii_digit() || *c == 'T').take(15).collect::<String>() + "Z"
        };
        let day = |date: Date| date.to_string().replace('-', "");
        let (begins, ends) = match self.when {
            When::Moments(begins, ends) => (format!("DTSTART:{}", stamp(begins)), format!("DTEND:{}", stamp(ends))),
            When::Days(first, last) => {
                (format!("DTSTART;VALUE=DATE:{}", day(first)), format!("DTEND;VALUE=DATE:{}", day(last.plus_days(1))))
            }
        };
        let escaped =
            |text: &str| text.replace('\\', "\\\\").replace(';', "\\;").replace(',', "\\,").replace('\n', "\\n");
        let lines = [
            "BEGIN:VCALENDAR".to_owned(),
            "VERSION:2.0".to_owned(),
            "PRODID:-//Yakuba//Portal//JA".to_owned(),
            "BEGIN:VEVENT".to_owned(),
            format!("UID:{}@yakuba", self.uid),
            format!("DTSTAMP:{}", stamp(self.made_at)),
            begins,
            ends,
            format!("SUMMARY:{}", escaped(self.summary)),
            format!("LOCATION:{}", escaped(self.place)),
            "END:VEVENT".to_owned(),
            "END:VCALENDAR".to_owned(),
        ];
        lines.iter().map(|line| folded(line)).collect()
    }
}

/// A content line of at most 75 bytes, folded between characters.
fn folded(line: &str) -> String {
    let (mut out, mut width) = (String::new(), 0);
    for c in line.chars() {
        if width + c.len_utf8() > 75 {
            out.push_str("\r\n ");
            width = 1;
        }
        out.push(c);
        width += c.len_utf8();
    }
    out + "\r\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_line_is_folded_between_characters() {
        let line = format!("SUMMARY:{}", "市".repeat(60));
        let folded = folded(&line);
        assert!(folded.split("\r\n").all(|part| part.len() <= 75), "{folded}");
        assert_eq!(folded.replace("\r\n ", "").trim_end(), line);
    }

    #[test]
    fn a_day_ends_at_the_beginning_of_the_next() {
        let day = Date::parse("2099-05-31").unwrap();
        let made_at = Timestamp::from_seconds(0);
        let entry = Entry { uid: "1", made_at, when: When::Days(day, day), summary: "句会; 春", place: "" };
        let text = entry.text();
        assert!(text.contains("DTSTART;VALUE=DATE:20990531\r\nDTEND;VALUE=DATE:20990601\r\n"), "{text}");
        assert!(text.contains("SUMMARY:句会\\; 春\r\n"), "{text}");
    }
}
