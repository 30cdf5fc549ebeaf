//! Days, times and ages as people and machines write them.

use base::text::to_half_width;
use base::{Date, Timestamp};

use super::{Ages, Reason, When};

/// `2026-11-23`, `2026/11/23`, `20261123`, `2026年11月23日`, `令和8年11月23日`.
pub(super) fn day(text: &str) -> Result<Date, Reason> {
    let text = to_half_width(text.trim());
    let (era, text) = match text.strip_prefix("令和").or_else(|| text.strip_prefix(['R', 'r'])) {
        Some(rest) => (2018, rest.replace("元年", "1年")),
        None => (0, text),
    };
    let numbers: Vec<&str> = if text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        vec![&text[..4], &text[4..6], &text[6..]]
    } else {
        text.trim_end_matches('日').split(['-', '/', '.', '年', '月']).map(str::trim).collect()
    };
    let [year, month, day] = numbers[..] else { return Err(Reason::NotADay) };
    let number = |text: &str| -> Option<i16> {
        let plain = (1..=4).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        plain.then(|| text.parse().ok()).flatten()
    };
    let (year, month, day) = (number(year), number(month), number(day));
    let (Some(year), Some(month), Some(day)) = (year, month, day) else { return Err(Reason::NotADay) };
    let (Ok(month), Ok(day)) = (i8::try_from(month), i8::try_from(day)) else { return Err(Reason::NotADay) };
    let year = year.checked_add(era).filter(|year| (1900..=2200).contains(year)).ok_or(Reason::NotADay)?;
    Date::new(year, month, day).ok_or(Reason::NotADay)
}

/// `13:00`, `13:00:00`, `1300`, `13時30分`, `13時`, `午後1時`.
pub(super) fn minute(text: &str) -> Result<u16, Reason> {
    let text = to_half_width(text.trim());
    let (add, text) = match (text.strip_prefix("午後"), text.strip_prefix("午前")) {
        (Some(rest), _) => (12, rest),
        (_, Some(rest)) => (0, rest),
        _ => (0, text.as_str()),
    };
    let parts: Vec<&str> = if text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        vec![&text[..2], &text[2..]]
    } else {
        text.trim_end_matches(['分', '秒']).split([':', '時', '分']).map(str::trim).collect()
    };
    let number = |text: &&str| -> Option<u16> {
        let plain = (1..=2).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        plain.then(|| text.parse().ok()).flatten()
    };
    let hour = parts.first().and_then(number).ok_or(Reason::NotATime)?;
    let minute = match parts.get(1) {
        None | Some(&"") if parts.len() <= 2 && text.ends_with('時') => 0,
        Some(text) => number(text).ok_or(Reason::NotATime)?,
        None => return Err(Reason::NotATime),
    };
    // 正午 is 午後0時.
    let hour = if add > 0 && hour <= 12 { hour % 12 + add } else { hour };
    if parts.len() > 3 || hour > 23 || minute > 59 { Err(Reason::NotATime) } else { Ok(hour * 60 + minute) }
}

/// RFC 3339 and its short forms: `2026-11-23`, `2026-11-23T13:00`, `2026-11-23T13:00:00+09:00`, `…Z`. Without a zone the time
/// is Japan's.
pub(super) fn rfc3339(text: &str) -> Result<When, Reason> {
    let text = text.trim();
    let Some((day_text, rest)) = text.split_once(['T', 't', ' ']) else {
        return Ok(When { date: day(text)?, minute: None });
    };
    let date = day(day_text)?;
    let zone_at = rest.find(['Z', 'z', '+', '-']).unwrap_or(rest.len());
    let (clock, zone) = rest.split_at(zone_at);
    // Seconds and their fractions are of no interest.
    let clock: String = clock.split('.').next().unwrap_or_default().to_owned();
    let minute = minute(&clock)?;
    let offset = match zone {
        "" => return Ok(When { date, minute: Some(minute) }),
        "Z" | "z" => 0,
        _ => {
            let sign = if zone.starts_with('-') { -1 } else { 1 };
            sign * i64::from(self::minute(&zone[1..])?)
        }
    };
    Ok(from_utc(date, i64::from(minute) - offset))
}

/// A UTC day and minutes from its midnight, as Japan sees it.
pub(super) fn from_utc(date: Date, minutes: i64) -> When {
    let seconds = date.days_since_epoch() * 86_400 + minutes * 60;
    let japan = Timestamp::from_seconds(seconds).japan_time();
    When { date: japan.date, minute: Some(u16::from(japan.hour) * 60 + u16::from(japan.minute)) }
}

/// `0歳から3歳`, `65歳以上`, `12歳まで`, `18歳未満`, `6-12`. Other words say nothing that can be compared.
pub(super) fn ages(text: &str) -> Option<Ages> {
    let text = to_half_width(text);
    let mut numbers = text.split(|c: char| !c.is_ascii_digit()).filter(|run| !run.is_empty()).map(str::parse::<u8>);
    let first = numbers.next()?.ok().filter(|age| *age <= 120)?;
    match numbers.next() {
        Some(second) => {
            let second = second.ok().filter(|age| (first..=120).contains(age))?;
            let to = if text.contains("未満") { second.checked_sub(1)? } else { second };
            numbers.next().is_none().then_some(Ages { from: Some(first), to: Some(to) })
        }
        None if text.contains("以上") || text.contains("から") => Some(Ages { from: Some(first), to: None }),
        None if text.contains("未満") => Some(Ages { from: None, to: Some(first.checked_sub(1)?) }),
        None if text.contains("以下") || text.contains("まで") => Some(Ages { from: None, to: Some(first) }),
        None if text.trim_end_matches('歳').trim().parse::<u8>().is_ok() => {
            Some(Ages { from: Some(first), to: Some(first) })
        }
        None => None,
    }
}
