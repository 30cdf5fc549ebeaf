//! HL7's dates and times: `YYYYMMDD[HH[MM[SS[.S…]]]][±ZZZZ]`, Japan's time where no zone is said.

use base::{Date, Timestamp};

fn number(text: &str, from: usize, to: usize) -> Option<u32> {
    let part = text.get(from..to)?;
    part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse().ok())?
}

/// The day at the beginning.
pub(crate) fn date(text: &str) -> Option<Date> {
    let (year, month, day) = (number(text, 0, 4)?, number(text, 4, 6)?, number(text, 6, 8)?);
    Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?)
}

/// The instant; a day alone is its midnight.
pub(crate) fn instant(text: &str) -> Option<Timestamp> {
    let (text, zone) = match text.find(['+', '-']) {
        Some(at) => (&text[..at], zone(&text[at..])?),
        None => (text, 9 * 3600),
    };
    let text = text.split('.').next().unwrap_or("");
    let day = date(text)?;
    let part = |from: usize, most: u32| match text.len() > from {
        true => number(text, from, from + 2).filter(|part| *part <= most),
        false => Some(0),
    };
    let (hour, minute, second) = (part(8, 23)?, part(10, 59)?, part(12, 59)?);
    let midnight = Timestamp::in_japan(day, 0, 0, 0).plus_seconds(9 * 3600 - zone);
    (text.len() <= 14).then(|| midnight.plus_seconds(i64::from(hour * 3600 + minute * 60 + second)))
}

fn zone(text: &str) -> Option<i64> {
    let (hours, minutes) = (number(text, 1, 3)?, number(text, 3, 5)?);
    let seconds = i64::from(hours * 3600 + minutes * 60);
    (text.len() == 5 && hours < 24 && minutes < 60).then_some(if text.starts_with('-') { -seconds } else { seconds })
}

/// `YYYYMMDD`.
pub(crate) fn write_date(date: Date) -> String {
    let (year, month, day) = date.parts();
    format!("{year:04}{month:02}{day:02}")
}

/// `YYYYMMDDHHMMSS+0900`.
pub(crate) fn write_instant(at: Timestamp) -> String {
    let time = at.japan_time();
    format!("{}{:02}{:02}{:02}+0900", write_date(time.date), time.hour, time.minute, time.second)
}
