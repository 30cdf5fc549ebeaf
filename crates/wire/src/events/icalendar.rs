//! iCalendar (RFC 5545): the VEVENTs of a calendar. Repetitions are named, not followed.

use std::collections::BTreeSet;

use base::Date;

use super::times::from_utc;
use super::{Fault, Field, Raw, Read, Reason, When, text_of};

/// A content line taken apart: `NAME;PARAM=value:the value`.
struct Line<'t> {
    name: String,
    parameters: Vec<(String, &'t str)>,
    value: &'t str,
}

/// Reads a calendar. Rows are lines: an event's faults name the line of its `BEGIN:VEVENT`, or the line at fault.
pub fn read_icalendar(bytes: &[u8]) -> Read {
    let text = match text_of(bytes) {
        Ok(text) => text,
        Err(reason) => return Read::refuse_file(reason),
    };
    let mut found = Read::default();
    let mut seen = BTreeSet::new();
    let mut open: Option<Open> = None;
    let mut is_calendar = false;
    let mut depth = 0_usize;
    for (row, text) in unfold(&text) {
        if text.is_empty() {
            continue;
        }
        let line = match split(&text) {
            Ok(line) => line,
            Err(position) => {
                found.faults.push(Fault { row, field: Field::Whole, reason: Reason::Malformed { position } });
                continue;
            }
        };
        match (line.name.as_str(), line.value.trim().to_ascii_uppercase().as_str()) {
            ("BEGIN", "VCALENDAR") => is_calendar = true,
            ("BEGIN", "VEVENT") if depth == 0 => {
                // An event that never ended is lost; the new one is not.
                if let Some(lost) = open.replace(Open { raw: Raw { row, ..Raw::default() }, ..Open::default() }) {
                    let reason = Reason::Malformed { position: 0 };
                    found.faults.push(Fault { row: lost.raw.row, field: Field::Whole, reason });
                }
            }
            ("END", "VEVENT") if depth == 0 => {
                if let Some(event) = open.take()
                    && !event.close(&mut found, &mut seen)
                {
                    return found;
                }
            }
            // Alarms and time zones stand inside and beside; what they say is theirs.
            ("BEGIN", kind) if kind != "VCALENDAR" => depth += 1,
            ("END", kind) if kind != "VCALENDAR" => depth = depth.saturating_sub(1),
            _ if depth == 0 => {
                if let Some(event) = &mut open {
                    event.line(&line);
                }
            }
            _ => {}
        }
    }
    if let Some(lost) = open {
        found.faults.push(Fault { row: lost.raw.row, field: Field::Whole, reason: Reason::Malformed { position: 0 } });
    }
    if !is_calendar {
        return Read::refuse_file(Reason::NotThisKind);
    }
    found
}

#[derive(Default)]
struct Open {
    raw: Raw,
    repeats: bool,
    duration: Option<Result<i64, Reason>>,
    all_day_end: bool,
    is_later: bool,
}

impl Open {
    fn line(&mut self, line: &Line<'_>) {
        let raw = &mut self.raw;
        match line.name.as_str() {
            "UID" => raw.id = line.value.trim().to_owned(),
            "SUMMARY" => raw.title = unescape(line.value),
            "LOCATION" => raw.place = unescape(line.value),
            "DESCRIPTION" => raw.description = unescape(line.value),
            "URL" => raw.url = line.value.trim().to_owned(),
            "CATEGORIES" => raw.fields.extend(values(line.value)),
            "STATUS" => raw.cancelled = line.value.trim().eq_ignore_ascii_case("CANCELLED"),
            "X-CAPACITY" => raw.capacity = unescape(line.value),
            "X-AREA" => raw.area = unescape(line.value),
            "X-AGES" => raw.ages = unescape(line.value),
            "DTSTART" => raw.starts = Some(when(line)),
            "DTEND" => {
                let end = when(line);
                self.all_day_end = matches!(end, Ok(When { minute: None, .. }));
                raw.ends = Some(end);
            }
            "DURATION" => self.duration = Some(duration(line.value.trim())),
            "RRULE" | "RDATE" => self.repeats = true,
            // One changed day of a repetition: its first day stands for it already.
            "RECURRENCE-ID" => self.is_later = true,
            _ => {}
        }
    }

    fn close(mut self, found: &mut Read, seen: &mut BTreeSet<String>) -> bool {
        let row = self.raw.row;
        if self.raw.starts.is_none() {
            found.faults.push(Fault { row, field: Field::Starts, reason: Reason::Empty });
            return true;
        }
        if self.is_later {
            found.faults.push(Fault { row, field: Field::Starts, reason: Reason::Repeats });
            return true;
        }
        // RFC 5545 §3.6.1: the end is not part of the event, so a day's end is the day before.
        if self.all_day_end
            && let (Some(Ok(starts)), Some(Ok(ends))) = (&self.raw.starts, &mut self.raw.ends)
            && ends.date > starts.date
        {
            ends.date = ends.date.plus_days(-1);
        }
        if let (Some(length), None, Some(Ok(starts))) = (self.duration, &self.raw.ends, &self.raw.starts) {
            self.raw.ends = Some(length.map(|minutes| later(*starts, minutes)));
        }
        if self.repeats {
            found.faults.push(Fault { row, field: Field::Starts, reason: Reason::Repeats });
        }
        found.take(self.raw, seen)
    }
}

fn later(starts: When, minutes: i64) -> When {
    let Some(minute) = starts.minute else {
        return When { date: starts.date.plus_days((minutes / 1440 - 1).max(0)), minute: None };
    };
    let total = i64::from(minute) + minutes;
    let date = starts.date.plus_days(total.div_euclid(1440));
    When { date, minute: u16::try_from(total.rem_euclid(1440)).ok() }
}

/// Lines with their number, folded ones joined (RFC 5545 §3.1).
fn unfold(text: &str) -> Vec<(usize, String)> {
    let mut lines: Vec<(usize, String)> = Vec::new();
    for (number, line) in text.split('\n').enumerate() {
        let line = line.strip_suffix('\r').unwrap_or(line);
        match (line.strip_prefix([' ', '\t']), lines.last_mut()) {
            (Some(more), Some((_, last))) => last.push_str(more),
            _ => lines.push((number + 1, line.to_owned())),
        }
    }
    lines
}

/// Takes a line apart, or says at which byte it breaks.
fn split(text: &str) -> Result<Line<'_>, usize> {
    let name_end = text.find([';', ':']).ok_or(text.len())?;
    let name = &text[..name_end];
    if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
        return Err(0);
    }
    let mut parameters = Vec::new();
    let mut at = name_end;
    while text[at..].starts_with(';') {
        let begin = at + 1;
        let equals = text[begin..].find('=').map(|equals| begin + equals).ok_or(begin)?;
        // A quoted value may hold `;` and `:`.
        let end = if text[equals + 1..].starts_with('"') {
            let close = text[equals + 2..].find('"').ok_or(equals + 1)?;
            equals + 2 + close + 1
        } else {
            equals + 1 + text[equals + 1..].find([';', ':']).ok_or(text.len())?
        };
        parameters.push((text[begin..equals].to_ascii_uppercase(), text[equals + 1..end].trim_matches('"')));
        at = end;
    }
    let value = text[at..].strip_prefix(':').ok_or(at)?;
    Ok(Line { name: name.to_ascii_uppercase(), parameters, value })
}

/// RFC 5545 §3.3.11.
fn unescape(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let mut characters = value.chars();
    while let Some(c) = characters.next() {
        match (c, c == '\\') {
            (_, true) => match characters.next() {
                Some('n' | 'N') => out.push('\n'),
                Some(other) => out.push(other),
                None => {}
            },
            (c, _) => out.push(c),
        }
    }
    out
}

/// The values of a list: parted by commas that are not escaped.
fn values(value: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut escaped = false;
    for c in value.chars() {
        if c == ',' && !escaped {
            parts.push(String::new());
        } else if let Some(last) = parts.last_mut() {
            last.push(c);
        }
        escaped = c == '\\' && !escaped;
    }
    parts.iter().map(|part| unescape(part)).collect()
}

/// `20261123`, `20261123T130000` (Japan's or of a named zone), `20261123T040000Z`.
fn when(line: &Line<'_>) -> Result<When, Reason> {
    let value = line.value.trim();
    let digits =
        |range: std::ops::Range<usize>| value.get(range).filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    let number = |range| digits(range).and_then(|text| text.parse::<i16>().ok());
    let small = |range| number(range).and_then(|number| i8::try_from(number).ok());
    let date = match (number(0..4), small(4..6), small(6..8)) {
        (Some(year), Some(month), Some(day)) if year >= 1900 => Date::new(year, month, day).ok_or(Reason::NotADay)?,
        _ => return Err(Reason::NotADay),
    };
    if value.len() == 8 {
        return Ok(When { date, minute: None });
    }
    let clock = (value.get(8..9), number(9..11), number(11..13), number(13..15));
    let (Some("T"), Some(hour @ 0..=23), Some(minute @ 0..=59), Some(0..=60)) = clock else {
        return Err(Reason::NotATime);
    };
    let minutes = i64::from(hour) * 60 + i64::from(minute);
    let zone = line.parameters.iter().find(|(name, _)| name == "TZID").map(|(_, zone)| *zone);
    match (value.get(15..), zone) {
        (Some("Z"), _) => Ok(from_utc(date, minutes)),
        (Some(""), None | Some("Asia/Tokyo" | "Japan" | "Tokyo Standard Time" | "JST")) => {
            Ok(When { date, minute: u16::try_from(minutes).ok() })
        }
        (Some(""), Some("UTC" | "Etc/UTC" | "GMT")) => Ok(from_utc(date, minutes)),
        (Some(""), Some(_)) => Err(Reason::OtherZone),
        _ => Err(Reason::NotATime),
    }
}

/// Minutes of `P1D`, `PT1H30M`, `P2W` (RFC 5545 §3.3.6).
fn duration(text: &str) -> Result<i64, Reason> {
    let rest = text.strip_prefix('+').unwrap_or(text).strip_prefix('P').ok_or(Reason::NotATime)?;
    let mut minutes = 0_i64;
    let mut number: Option<i64> = None;
    let mut in_time = false;
    for c in rest.chars() {
        if let Some(digit) = c.to_digit(10) {
            let grown = number.unwrap_or(0) * 10 + i64::from(digit);
            number = Some(if grown > 100_000 { return Err(Reason::NotATime) } else { grown });
            continue;
        }
        if c == 'T' && !in_time && number.is_none() {
            in_time = true;
            continue;
        }
        let count = number.take().ok_or(Reason::NotATime)?;
        minutes += match (c, in_time) {
            ('W', false) => count * 7 * 1440,
            ('D', false) => count * 1440,
            ('H', true) => count * 60,
            ('M', true) => count,
            ('S', true) => count / 60,
            _ => return Err(Reason::NotATime),
        };
    }
    if number.is_some() || minutes == 0 { Err(Reason::NotATime) } else { Ok(minutes) }
}
