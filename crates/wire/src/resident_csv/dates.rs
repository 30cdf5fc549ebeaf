//! Dates as cities write them.

use base::Date;
use serde::{Deserialize, Serialize};

use super::fault::Reason;

/// One way of writing dates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DateFormat {
    /// `2026-11-23`.
    Iso,
    /// `2026/11/23`, also without leading zeros, also with dots.
    Slash,
    /// `20261123`.
    Compact,
    /// `令和8年11月23日`, `R8.11.23`, `R08/11/23`; 元年 too.
    Japanese,
    /// `5081123`: era digit (1 明治 … 5 令和), two digits each of year, month, day. Must be chosen: it looks like nothing.
    EraCode,
}

/// What is tried when a mapping says nothing.
pub(super) const USUAL: &[DateFormat] =
    &[DateFormat::Iso, DateFormat::Slash, DateFormat::Compact, DateFormat::Japanese];

/// Era names, letters, and the year before their first. Their first days are in `base::calendar`.
const ERAS: [(&str, char, i16); 5] =
    [("明治", 'M', 1867), ("大正", 'T', 1911), ("昭和", 'S', 1925), ("平成", 'H', 1988), ("令和", 'R', 2018)];

/// Reads `text` in the first of `formats` whose shape fits.
pub(super) fn parse(text: &str, formats: &[DateFormat]) -> Result<Date, Reason> {
    // By far the commonest case first, without copying.
    if formats.contains(&DateFormat::Iso)
        && let Ok(date) = Date::parse(text)
        && date.parts().0 > 0
    {
        return Ok(date);
    }
    let narrow = base::text::to_half_width(text);
    for format in formats {
        if let Some(found) = shape(&narrow, *format) {
            return found;
        }
    }
    Err(Reason::NotADate)
}

/// `None`: not of this shape. `Some(Err)`: of this shape but no such day.
pub(super) fn shape(text: &str, format: DateFormat) -> Option<Result<Date, Reason>> {
    let (era, year, month, day) = match format {
        DateFormat::Iso => {
            let mut parts = text.split('-');
            let found =
                (None, digits(parts.next()?, 4, 4)?, digits(parts.next()?, 2, 2)?, digits(parts.next()?, 2, 2)?);
            parts.next().is_none().then_some(found)?
        }
        DateFormat::Slash => {
            let separator = if text.contains('/') { '/' } else { '.' };
            let mut parts = text.split(separator);
            let found =
                (None, digits(parts.next()?, 4, 4)?, digits(parts.next()?, 1, 2)?, digits(parts.next()?, 1, 2)?);
            parts.next().is_none().then_some(found)?
        }
        DateFormat::Compact => {
            digits(text, 8, 8)?;
            (None, digits(text.get(..4)?, 4, 4)?, digits(text.get(4..6)?, 2, 2)?, digits(text.get(6..)?, 2, 2)?)
        }
        DateFormat::Japanese => japanese(text)?,
        DateFormat::EraCode => {
            digits(text, 7, 7)?;
            let era = digits(text.get(..1)?, 1, 1)?.checked_sub(1)?;
            ERAS.get(usize::try_from(era).ok()?)?;
            let era = usize::try_from(era).ok()?;
            (Some(era), digits(text.get(1..3)?, 2, 2)?, digits(text.get(3..5)?, 2, 2)?, digits(text.get(5..)?, 2, 2)?)
        }
    };
    Some(day_of(era, year, month, day).ok_or(Reason::NoSuchDay))
}

fn japanese(text: &str) -> Option<(Option<usize>, i16, i16, i16)> {
    let (era, rest) = ERAS.iter().enumerate().find_map(|(index, (name, letter, _))| {
        let rest = text.strip_prefix(name).or_else(|| text.strip_prefix(*letter))?;
        Some((index, rest))
    })?;
    let rest = rest.strip_suffix('日').unwrap_or(rest);
    let mut parts = rest.split(['年', '月', '.', '/', '-']).map(str::trim);
    let year = match parts.next()? {
        "元" => 1,
        year => digits(year, 1, 2)?,
    };
    let found = (Some(era), year, digits(parts.next()?, 1, 2)?, digits(parts.next()?, 1, 2)?);
    parts.next().is_none().then_some(found)
}

/// Sources write years of an era that has ended in the meantime (平成35年 for a day to come), so only a day before the
/// era began is refused.
fn day_of(era: Option<usize>, year: i16, month: i16, day: i16) -> Option<Date> {
    let (before, name) = match era {
        Some(index) => (ERAS.get(index)?.2, Some(ERAS.get(index)?.0)),
        None => (0, None),
    };
    if year == 0 {
        return None;
    }
    let date = Date::new(before.checked_add(year)?, i8::try_from(month).ok()?, i8::try_from(day).ok()?)?;
    let rank = |name: &str| ERAS.iter().position(|(known, ..)| *known == name);
    if let Some(name) = name
        && rank(date.era().0) < rank(name)
    {
        return None;
    }
    Some(date)
}

fn digits(text: &str, least: usize, most: usize) -> Option<i16> {
    if text.len() < least || text.len() > most || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    // Eight digits do not fit; their parts are read again one by one, so any number will do.
    Some(text.parse().unwrap_or(i16::MAX))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_way_of_writing_one_day() {
        let all = [DateFormat::Iso, DateFormat::Slash, DateFormat::Compact, DateFormat::Japanese, DateFormat::EraCode];
        let day = Date::new(2026, 11, 3).unwrap();
        for text in [
            "2026-11-03",
            "2026/11/03",
            "2026/11/3",
            "2026.11.3",
            "20261103",
            "令和8年11月3日",
            "R8.11.03",
            "R08/11/03",
            "令和８年１１月３日",
            "5081103",
        ] {
            assert_eq!(parse(text, &all), Ok(day), "{text}");
        }
        assert_eq!(parse("昭和元年12月25日", USUAL), Ok(Date::new(1926, 12, 25).unwrap()));
        assert_eq!(parse("平成35年4月1日", USUAL), Ok(Date::new(2023, 4, 1).unwrap()));
    }

    #[test]
    fn days_that_never_were() {
        for text in ["2026-02-30", "2026/13/1", "20260231", "令和元年4月30日", "R8.2.30", "0000-01-01"] {
            assert_eq!(parse(text, USUAL), Err(Reason::NoSuchDay), "{text}");
        }
        for text in ["", "yesterday", "5081103", "11/23", "令和", "R8"] {
            assert_eq!(parse(text, USUAL), Err(Reason::NotADate), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_date_or_not(text in "[0-9元年月日令和昭RSH./-]{0,14}|.{0,10}") {
            let _ = parse(&text, &[DateFormat::EraCode, DateFormat::Japanese, DateFormat::Slash, DateFormat::Compact]);
        }
    }
}
