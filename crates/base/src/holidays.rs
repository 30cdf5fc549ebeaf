//! National holidays (国民の祝日), computed.
//!
//! For opening hours. Source: 国民の祝日に関する法律 as amended up to 2018, and the special measures of 2019 to 2021;
//! the equinoxes by the usual approximation, which holds from 1980 to 2099. Days after this year are what the law says
//! today: the government publishes the days of a year in the February before it. A test compares with a published list.
//!
//! ```text
//!  day itself in the table ─► its name
//!  next working day after a holiday on a Sunday (振替休日) ─► 休日
//!  a day between two holidays (国民の休日) ─► 休日
//! ```

use crate::Date;

/// The years for which the rules here are the law's.
pub const YEARS: std::ops::RangeInclusive<i16> = 2007..=2099;

/// What a substitute holiday and a day between two holidays are called.
const SUBSTITUTE: &str = "休日";

/// When a holiday falls.
enum Rule {
    /// On a day of a month.
    On(i8, i8),
    /// On the nth Monday of a month.
    Monday(i8, i8),
    /// At the spring equinox, in March.
    Spring,
    /// At the autumn equinox, in September.
    Autumn,
}

/// Name, rule, first and last year.
type Row = (&'static str, Rule, i16, i16);

const ALWAYS: i16 = i16::MAX;

const TABLE: [Row; 31] = [
    ("元日", Rule::On(1, 1), 1949, ALWAYS),
    ("成人の日", Rule::Monday(1, 2), 2000, ALWAYS),
    ("建国記念の日", Rule::On(2, 11), 1967, ALWAYS),
    ("天皇誕生日", Rule::On(12, 23), 1989, 2018),
    ("天皇誕生日", Rule::On(2, 23), 2020, ALWAYS),
    ("春分の日", Rule::Spring, 1949, ALWAYS),
    ("昭和の日", Rule::On(4, 29), 2007, ALWAYS),
    ("憲法記念日", Rule::On(5, 3), 1949, ALWAYS),
    ("みどりの日", Rule::On(5, 4), 2007, ALWAYS),
    ("こどもの日", Rule::On(5, 5), 1949, ALWAYS),
    ("海の日", Rule::Monday(7, 3), 2003, 2019),
    ("海の日", Rule::On(7, 23), 2020, 2020),
    ("海の日", Rule::On(7, 22), 2021, 2021),
    ("海の日", Rule::Monday(7, 3), 2022, ALWAYS),
    ("山の日", Rule::On(8, 11), 2016, 2019),
    ("山の日", Rule::On(8, 10), 2020, 2020),
    ("山の日", Rule::On(8, 8), 2021, 2021),
    ("山の日", Rule::On(8, 11), 2022, ALWAYS),
    ("敬老の日", Rule::Monday(9, 3), 2003, ALWAYS),
    ("秋分の日", Rule::Autumn, 1948, ALWAYS),
    ("体育の日", Rule::Monday(10, 2), 2000, 2019),
    ("スポーツの日", Rule::On(7, 24), 2020, 2020),
    ("スポーツの日", Rule::On(7, 23), 2021, 2021),
    ("スポーツの日", Rule::Monday(10, 2), 2022, ALWAYS),
    ("文化の日", Rule::On(11, 3), 1948, ALWAYS),
    ("勤労感謝の日", Rule::On(11, 23), 1948, ALWAYS),
    ("即位の日", Rule::On(5, 1), 2019, 2019),
    ("即位礼正殿の儀", Rule::On(10, 22), 2019, 2019),
    // Before the years above; kept so that a date of birth or an old paper is not misread as a working day.
    ("みどりの日", Rule::On(4, 29), 1989, 2006),
    ("敬老の日", Rule::On(9, 15), 1966, 2002),
    ("海の日", Rule::On(7, 20), 1996, 2002),
];

/// The day of an equinox in its month: `first` is where it fell in 1980.
fn equinox(year: i16, first: f64) -> i8 {
    let years = f64::from(year - 1980);
    (first + 0.242_194 * years).floor() as i8 - (years / 4.0).floor() as i8
}

/// The holiday that the table names for `day`.
fn named(day: Date) -> Option<&'static str> {
    let (year, month, of_month) = day.parts();
    let falls = |rule: &Rule| match *rule {
        Rule::On(m, d) => (m, d) == (month, of_month),
        Rule::Monday(m, nth) => m == month && day.is_monday() && (of_month - 1) / 7 + 1 == nth,
        Rule::Spring => month == 3 && of_month == equinox(year, 20.8431),
        Rule::Autumn => month == 9 && of_month == equinox(year, 23.2488),
    };
    TABLE.iter().find(|(_, rule, from, to)| (*from..=*to).contains(&year) && falls(rule)).map(|(name, ..)| *name)
}

/// Whether `day` stands in for a holiday on a Sunday: every day back to that Sunday is a holiday too.
fn stands_in(day: Date) -> bool {
    (1..=7).map(|back| day.plus_days(-back)).take_while(|earlier| named(*earlier).is_some()).any(Date::is_sunday)
}

/// The name of the national holiday on `day` (祝日, and 休日 under Article 3), or `None`.
pub fn national_holiday(day: Date) -> Option<&'static str> {
    let between = || named(day.plus_days(-1)).is_some() && named(day.plus_days(1)).is_some() && !day.is_sunday();
    named(day).or_else(|| (stands_in(day) || between()).then_some(SUBSTITUTE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_of_34_years_is_what_the_published_list_says() {
        let list = include_str!("../tests/data/national_holidays.csv");
        let published: std::collections::BTreeMap<&str, &str> =
            list.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(',')).collect();
        assert!(published.len() > 500);
        let mut day = Date::new(2007, 1, 1).unwrap();
        while day.parts().0 <= 2040 {
            let text = day.to_string();
            // The list calls substitutes by the day they stand in for; the law only says 休日.
            let wanted = published.get(text.as_str());
            let found = national_holiday(day);
            assert_eq!(found.is_some(), wanted.is_some(), "{text}: {found:?} {wanted:?}");
            if let (Some(found), Some(wanted)) = (found, wanted)
                && found != SUBSTITUTE
                && !wanted.starts_with(SUBSTITUTE)
            {
                assert!(wanted.contains(found), "{text}: {found} {wanted}");
            }
            day = day.plus_days(1);
        }
    }

    #[test]
    fn a_holiday_on_a_sunday_moves_past_the_holidays_that_follow() {
        // 2009-05-03 was a Sunday; the three days after it were holidays anyway, so the 6th was free.
        assert_eq!(national_holiday(Date::new(2009, 5, 6).unwrap()), Some("休日"));
        assert_eq!(national_holiday(Date::new(2026, 9, 22).unwrap()), Some("休日"), "between 敬老の日 and 秋分の日");
        assert_eq!(national_holiday(Date::new(2026, 11, 24).unwrap()), None);
    }
}
