//! UTCTime and GeneralizedTime as RFC 5280 §4.1.2.5 restricts them: UTC, seconds present, no fraction.

use base::{Date, Timestamp};

use super::tag;

fn two(digits: &[u8]) -> Option<u8> {
    match digits {
        [a @ b'0'..=b'9', b @ b'0'..=b'9'] => Some((a - b'0') * 10 + (b - b'0')),
        _ => None,
    }
}

/// Reads either form; `None` when it is not such a time or does not exist.
pub(crate) fn parse_time(kind: u8, value: &[u8]) -> Option<Timestamp> {
    let (year, rest) = match (kind, value.len()) {
        (tag::UTC_TIME, 13) => {
            let year = i16::from(two(value.get(..2)?)?);
            (if year < 50 { 2000 + year } else { 1900 + year }, value.get(2..)?)
        }
        (tag::GENERALIZED_TIME, 15) => {
            let (century, year) = (two(value.get(..2)?)?, two(value.get(2..4)?)?);
            (i16::from(century) * 100 + i16::from(year), value.get(4..)?)
        }
        _ => return None,
    };
    let part = |index: usize| rest.get(index..index + 2).and_then(two);
    let (month, day, hour, minute, second) = (part(0)?, part(2)?, part(4)?, part(6)?, part(8)?);
    if rest.get(10..) != Some(b"Z") || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let seconds = days_from_civil(year, month, day)? * 86_400
        + i64::from(hour) * 3600
        + i64::from(minute) * 60
        + i64::from(second);
    Some(Timestamp::from_seconds(seconds))
}

/// Days since 1970-01-01 of a date that exists. Plain arithmetic: two of these run in every card check.
fn days_from_civil(year: i16, month: u8, day: u8) -> Option<i64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return None,
    };
    if day == 0 || day > length {
        return None;
    }
    // Years begin in March, so that the leap day is the last of its year.
    let y = i64::from(year) - i64::from(month <= 2);
    let era = y.div_euclid(400);
    let year_of_era = y.rem_euclid(400);
    let day_of_year = (153 * (i64::from(month) + if month > 2 { -3 } else { 9 }) + 2) / 5 + i64::from(day) - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    Some(era * 146_097 + day_of_era - 719_468)
}

fn digits(at: Timestamp) -> (i16, String) {
    let date = Date::from_days_since_epoch(at.seconds().div_euclid(86_400));
    let (year, month, day) = date.parts();
    let s = at.seconds().rem_euclid(86_400);
    (year, format!("{month:02}{day:02}{:02}{:02}{:02}Z", s / 3600, s / 60 % 60, s % 60))
}

/// `YYYYMMDDhhmmssZ`.
pub(crate) fn from_generalized_time(at: Timestamp) -> String {
    let (year, rest) = digits(at);
    format!("{year:04}{rest}")
}

/// A GeneralizedTime element.
pub(crate) fn generalized_time(at: Timestamp) -> Vec<u8> {
    super::writer::element(tag::GENERALIZED_TIME, from_generalized_time(at).as_bytes())
}

/// UTCTime until 2049, GeneralizedTime from 2050 (RFC 5280 §4.1.2.5).
pub(crate) fn utc_or_generalized_time(at: Timestamp) -> Vec<u8> {
    let (year, rest) = digits(at);
    if (1950..2050).contains(&year) {
        super::writer::element(tag::UTC_TIME, format!("{:02}{rest}", year % 100).as_bytes())
    } else {
        generalized_time(at)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn times_that_do_not_exist_are_refused() {
        for text in
            ["260229000000Z", "261301000000Z", "260100000000Z", "260101240000Z", "2601010000001", "26010100000Z"]
        {
            assert_eq!(parse_time(tag::UTC_TIME, text.as_bytes()), None, "{text}");
        }
        let leap = parse_time(tag::UTC_TIME, b"280229145959Z").unwrap();
        assert_eq!(leap.to_string(), "2028-02-29T14:59:59.000000Z");
    }

    proptest! {
        #[test]
        fn both_forms_read_back(seconds in -2_000_000_000i64..250_000_000_000) {
            let at = Timestamp::from_seconds(seconds);
            let text = from_generalized_time(at);
            prop_assert_eq!(parse_time(tag::GENERALIZED_TIME, text.as_bytes()), Some(at));
            let element = utc_or_generalized_time(at);
            prop_assert_eq!(parse_time(element[0], &element[2..]), Some(at));
        }
    }
}
