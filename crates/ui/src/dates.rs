//! Dates and times as people read them.

use base::{Date, Timestamp};

use crate::language::Language;

const WEEKDAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];

/// A date with its weekday: `2026年(令和8年)11月24日(火)`, easy `2026年11月24日(火)`, `24 Nov 2026 (Tue)`.
pub fn date(language: Language, date: Date) -> String {
    let (year, month, day) = date.parts();
    match language {
        Language::Japanese => date.for_people(),
        Language::EasyJapanese => format!("{year}年{month}月{day}日({})", date.weekday()),
        Language::English => {
            // 1970-01-01 was a Thursday.
            let weekday = WEEKDAYS[date.days_since_epoch().rem_euclid(7) as usize];
            format!("{day} {} {year} ({weekday})", month_name(month))
        }
    }
}

/// An instant in Japan: date, then hour and minute.
pub fn instant(language: Language, at: Timestamp) -> String {
    let time = at.japan_time();
    format!("{} {:02}:{:02}", date(language, time.date), time.hour, time.minute)
}

/// An instant for a list that a program reads, in Japan's time with its offset: `2026-11-24T09:30:00+09:00`.
pub fn in_japan(at: Timestamp) -> String {
    let time = at.japan_time();
    format!("{}T{:02}:{:02}:{:02}+09:00", time.date, time.hour, time.minute, time.second)
}

const fn month_name(month: i8) -> &'static str {
    match month {
        1 => "Jan",
        2 => "Feb",
        3 => "Mar",
        4 => "Apr",
        5 => "May",
        6 => "Jun",
        7 => "Jul",
        8 => "Aug",
        9 => "Sep",
        10 => "Oct",
        11 => "Nov",
        _ => "Dec",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_language_has_its_own_calendar() {
        let day = Date::new(2026, 11, 24).unwrap();
        assert_eq!(date(Language::English, day), "24 Nov 2026 (Tue)");
        assert!(date(Language::Japanese, day).contains("令和8年"));
        assert_eq!(date(Language::EasyJapanese, day), "2026年11月24日(火)");
    }

    #[test]
    fn a_list_tells_the_time_of_japan_and_says_so() {
        let late = Timestamp::in_japan(Date::new(2026, 11, 24).unwrap(), 8, 5, 9);
        assert!(late.to_string().starts_with("2026-11-23T23:05:09"), "the day before in UTC");
        assert_eq!(in_japan(late), "2026-11-24T08:05:09+09:00");
    }
}
