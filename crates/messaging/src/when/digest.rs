//! Notices at once, or together once a day or a week (まとめて受け取る).

use base::Timestamp;
use jiff::civil::Weekday;

use super::zone::Zone;

/// Items named in a digest; the rest is a number (「ほかN件」).
pub const DIGEST_ITEMS: usize = 10;

/// How notices come. Anything more pressing comes at once whatever is chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Digest {
    /// One by one.
    #[default]
    AtOnce,
    /// Every day at 09:00.
    Daily,
    /// Mondays at 09:00.
    Weekly,
}

impl Digest {
    /// All.
    pub const ALL: [Self; 3] = [Self::AtOnce, Self::Daily, Self::Weekly];

    /// The word in rows and forms.
    pub const fn word(self) -> &'static str {
        match self {
            Self::AtOnce => "at-once",
            Self::Daily => "daily",
            Self::Weekly => "weekly",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.word() == word)
    }

    /// The moment of the window into which something that comes at `now` falls: the next 09:00 (of a Monday), not before
    /// `now`. One digest a person a window: the moment itself is the window's name.
    pub fn window(self, now: Timestamp, zone: &Zone) -> Timestamp {
        let wall = zone.wall(now);
        let today = wall.date();
        let passed = wall > today.at(9, 0, 0, 0);
        let days = match self {
            Self::AtOnce => return now,
            Self::Daily => i64::from(passed),
            Self::Weekly => match i64::from(today.weekday().until(Weekday::Monday)) {
                0 if passed => 7,
                days => days,
            },
        };
        let day = today.checked_add(jiff::Span::new().days(days)).unwrap_or(today);
        zone.moment(day.at(9, 0, 0, 0), now)
    }
}

/// The first [`DIGEST_ITEMS`] of `items`, and how many more there are.
pub fn bounded<T>(items: &[T]) -> (&[T], usize) {
    let shown = items.len().min(DIGEST_ITEMS);
    (&items[..shown], items.len() - shown)
}

#[cfg(test)]
mod tests {
    use base::Date;

    use super::*;

    #[test]
    fn a_window_is_the_next_nine_oclock_and_a_monday_for_the_week() {
        // 2026-11-23 is a Monday.
        let at =
            |day, hour, minute, second| Timestamp::in_japan(Date::new(2026, 11, day).unwrap(), hour, minute, second);
        let tokyo = Zone::tokyo();
        for (digest, now, window) in [
            (Digest::Daily, at(23, 8, 59, 59), at(23, 9, 0, 0)),
            (Digest::Daily, at(23, 9, 0, 0), at(23, 9, 0, 0)),
            (Digest::Daily, at(23, 9, 0, 1), at(24, 9, 0, 0)),
            (Digest::Weekly, at(23, 8, 0, 0), at(23, 9, 0, 0)),
            (Digest::Weekly, at(23, 10, 0, 0), at(30, 9, 0, 0)),
            (Digest::Weekly, at(22, 10, 0, 0), at(23, 9, 0, 0)),
            (Digest::Weekly, at(24, 10, 0, 0), at(30, 9, 0, 0)),
            (Digest::AtOnce, at(24, 10, 0, 0), at(24, 10, 0, 0)),
        ] {
            assert_eq!(digest.window(now, &tokyo), window, "{digest:?} {now}");
        }
    }

    #[test]
    fn nine_oclock_is_nine_on_the_wall_in_summer_time_too() {
        let zone = Zone::parse("EST5EDT,M3.2.0,M11.1.0").unwrap();
        let utc = |text: &str| Timestamp::from_seconds(text.parse::<jiff::Timestamp>().unwrap().as_second());
        assert_eq!(Digest::Daily.window(utc("2026-03-07T20:00:00Z"), &zone), utc("2026-03-08T13:00:00Z"));
        assert_eq!(Digest::Daily.window(utc("2026-03-06T20:00:00Z"), &zone), utc("2026-03-07T14:00:00Z"));
    }

    #[test]
    fn ten_are_named_and_the_rest_is_a_number() {
        let items: Vec<_> = (0..13).collect();
        assert_eq!(bounded(&items), (&items[..10], 3));
        assert_eq!(bounded(&items[..2]), (&items[..2], 0));
    }
}
