//! Dates, weekdays and Japanese eras.

use std::fmt;

/// A calendar date (Gregorian, proleptic). Ordered, copied freely, stored as `YYYY-MM-DD`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Date(jiff::civil::Date);

impl TryFrom<String> for Date {
    type Error = MalformedDate;

    fn try_from(text: String) -> Result<Self, MalformedDate> {
        Self::parse(&text)
    }
}

impl From<Date> for String {
    fn from(date: Date) -> Self {
        date.to_string()
    }
}

/// Why a text is not a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a date is written YYYY-MM-DD and must exist in the calendar")]
pub struct MalformedDate;

/// One Japanese era: its name and first day.
struct Era {
    name: &'static str,
    first: (i16, i8, i8),
}

/// Newest first. Meiji counts from the adoption of the Gregorian calendar's date of its first day.
/// Source: 元号を改める政令 (平成31年政令第143号) and its predecessors.
const ERAS: [Era; 5] = [
    Era { name: "令和", first: (2019, 5, 1) },
    Era { name: "平成", first: (1989, 1, 8) },
    Era { name: "昭和", first: (1926, 12, 25) },
    Era { name: "大正", first: (1912, 7, 30) },
    Era { name: "明治", first: (1868, 1, 25) },
];

const WEEKDAYS: [&str; 7] = ["月", "火", "水", "木", "金", "土", "日"];

impl Date {
    /// The date, when it exists.
    pub fn new(year: i16, month: i8, day: i8) -> Option<Self> {
        jiff::civil::Date::new(year, month, day).ok().map(Self)
    }

    /// Days since 1970-01-01; clamps to the years −9999…9999.
    pub fn from_days_since_epoch(days: i64) -> Self {
        let epoch = jiff::civil::date(1970, 1, 1);
        let span = jiff::Span::new().try_days(days).unwrap_or_default();
        Self(epoch.saturating_add(span))
    }

    /// Days since 1970-01-01, negative before.
    pub fn days_since_epoch(self) -> i64 {
        // Two civil dates always differ by a whole number of days that fits.
        self.0.since(jiff::civil::date(1970, 1, 1)).map_or(0, |span| i64::from(span.get_days()))
    }

    /// Year, month (1–12) and day (1–31).
    pub fn parts(self) -> (i16, i8, i8) {
        (self.0.year(), self.0.month(), self.0.day())
    }

    /// This date moved by `days`.
    pub fn plus_days(self, days: i64) -> Self {
        Self::from_days_since_epoch(self.days_since_epoch().saturating_add(days))
    }

    /// Reads `YYYY-MM-DD`.
    ///
    /// # Errors
    /// [`MalformedDate`] for anything else, also for a day that does not exist.
    pub fn parse(text: &str) -> Result<Self, MalformedDate> {
        let bytes = text.as_bytes();
        if bytes.len() != 10 || bytes[4] != b'-' || bytes[7] != b'-' {
            return Err(MalformedDate);
        }
        let number = |part: &str| -> Result<i16, MalformedDate> {
            if part.bytes().all(|b| b.is_ascii_digit()) {
                part.parse().map_err(|_| MalformedDate)
            } else {
                Err(MalformedDate)
            }
        };
        // The text may hold wide characters, so slice only where it is a character boundary.
        let (Some(year), Some(month), Some(day)) = (text.get(..4), text.get(5..7), text.get(8..)) else {
            return Err(MalformedDate);
        };
        Self::new(number(year)?, number(month)? as i8, number(day)? as i8).ok_or(MalformedDate)
    }

    /// The age in whole years on `today` of someone born on this date (年齢計算ニ関スル法律: a year is complete at the
    /// end of the day before the birthday; for offices' purposes the birthday itself counts as reached).
    pub fn age_on(self, today: Self) -> i32 {
        let (by, bm, bd) = self.parts();
        let (ty, tm, td) = today.parts();
        i32::from(ty) - i32::from(by) - i32::from((tm, td) < (bm, bd))
    }

    /// Days since Monday, 0–6.
    pub fn days_since_monday(self) -> u8 {
        self.0.weekday().to_monday_zero_offset().unsigned_abs()
    }

    /// Whether it is a Monday.
    pub fn is_monday(self) -> bool {
        self.days_since_monday() == 0
    }

    /// Whether it is a Sunday.
    pub fn is_sunday(self) -> bool {
        self.days_since_monday() == 6
    }

    /// One of 月火水木金土日.
    pub fn weekday(self) -> &'static str {
        WEEKDAYS[usize::from(self.days_since_monday()) % 7]
    }

    /// Era and year, e.g. `("令和", 8)`; the Gregorian year with an empty era before Meiji.
    pub fn era(self) -> (&'static str, i16) {
        let parts = self.parts();
        ERAS.iter().find(|era| parts >= era.first).map_or(("", parts.0), |era| (era.name, parts.0 - era.first.0 + 1))
    }

    /// As on a certificate: `令和8年11月23日`, first years as 元年.
    pub fn japanese(self) -> String {
        let (name, year) = self.era();
        let (_, month, day) = self.parts();
        if year == 1 && !name.is_empty() {
            format!("{name}元年{month}月{day}日")
        } else {
            format!("{name}{year}年{month}月{day}日")
        }
    }

    /// Both calendars and the weekday, as fronts show dates: `2026年(令和8年)11月23日(月)`.
    pub fn for_people(self) -> String {
        let (name, year) = self.era();
        let (gregorian, month, day) = self.parts();
        let year = if year == 1 { "元".to_owned() } else { year.to_string() };
        format!("{gregorian}年({name}{year}年){month}月{day}日({})", self.weekday())
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.parts();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

impl std::str::FromStr for Date {
    type Err = MalformedDate;
    fn from_str(text: &str) -> Result<Self, MalformedDate> {
        Self::parse(text)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn date(text: &str) -> Date {
        Date::parse(text).unwrap()
    }

    #[test]
    fn eras_turn_on_their_day() {
        assert_eq!(date("2019-04-30").japanese(), "平成31年4月30日");
        assert_eq!(date("2019-05-01").japanese(), "令和元年5月1日");
        assert_eq!(date("1989-01-07").japanese(), "昭和64年1月7日");
        assert_eq!(date("1926-12-25").japanese(), "昭和元年12月25日");
        assert_eq!(date("2026-11-23").for_people(), "2026年(令和8年)11月23日(月)");
    }

    #[test]
    fn age_counts_birthdays() {
        assert_eq!(date("2011-11-24").age_on(date("2026-11-23")), 14);
        assert_eq!(date("2011-11-23").age_on(date("2026-11-23")), 15);
    }

    #[test]
    fn days_that_do_not_exist_are_refused() {
        for text in ["2026-02-29", "2026-13-01", "2026-1-1", "２０２６-01-01", "+026-01-01", ""] {
            assert_eq!(Date::parse(text), Err(MalformedDate), "{text}");
        }
    }

    proptest! {
        #[test]
        fn days_and_text_read_back(days in -700_000i64..2_900_000) {
            let date = Date::from_days_since_epoch(days);
            prop_assert_eq!(date.days_since_epoch(), days);
            if date.parts().0 >= 0 { prop_assert_eq!(Date::parse(&date.to_string()), Ok(date)); }
        }

        #[test]
        fn any_text_is_read_or_refused(text in ".{0,14}") {
            let _ = Date::parse(&text);
        }
    }
}
