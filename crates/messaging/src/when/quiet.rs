//! Hours without a sound (おやすみ時間).

use base::Timestamp;

use super::zone::Zone;

/// A minute of the day, 0 to 1439.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Minute(u16);

impl Minute {
    /// `hour` 0–23, `minute` 0–59.
    pub const fn at(hour: u8, minute: u8) -> Option<Self> {
        if hour < 24 && minute < 60 { Some(Self(hour as u16 * 60 + minute as u16)) } else { None }
    }

    /// Reads `21:00`.
    pub fn parse(text: &str) -> Option<Self> {
        let (hour, minute) = text.trim().split_once(':')?;
        let number = |text: &str| {
            let plain = (1..=2).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
            plain.then(|| text.parse().ok()).flatten()
        };
        Self::at(number(hour)?, number(minute)?)
    }

    /// Minutes since midnight.
    pub const fn of_day(self) -> u16 {
        self.0
    }

    /// From minutes since midnight.
    pub const fn from_day(minutes: u16) -> Option<Self> {
        if minutes < 1440 { Some(Self(minutes)) } else { None }
    }
}

/// `21:00`.
impl std::fmt::Display for Minute {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

/// From one minute of the day up to another, over midnight where `from` is later. The end is no longer quiet. The same
/// minute twice is no quiet hour at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct QuietHours {
    from: Minute,
    until: Minute,
}

impl Default for QuietHours {
    /// 21:00 to 08:00.
    fn default() -> Self {
        Self { from: Minute(21 * 60), until: Minute(8 * 60) }
    }
}

impl QuietHours {
    /// From, until.
    pub const fn new(from: Minute, until: Minute) -> Self {
        Self { from, until }
    }

    /// Both ends.
    pub const fn ends(self) -> (Minute, Minute) {
        (self.from, self.until)
    }

    /// When it grows quiet.
    pub const fn from(self) -> Minute {
        self.from
    }

    /// When it ends.
    pub const fn until(self) -> Minute {
        self.until
    }

    /// Whether it is quiet at a minute of the day.
    pub const fn holds(self, minute: u16) -> bool {
        if self.from.0 <= self.until.0 {
            self.from.0 <= minute && minute < self.until.0
        } else {
            self.from.0 <= minute || minute < self.until.0
        }
    }

    /// `now`, or the end of the quiet hours in which it falls.
    pub(super) fn end_if_quiet(self, now: Timestamp, zone: &Zone) -> Timestamp {
        let wall = zone.wall(now);
        let minute = wall.hour() as u16 * 60 + wall.minute() as u16;
        if !self.holds(minute) {
            return now;
        }
        let days = i64::from(minute >= self.until.0);
        let day = wall.date().checked_add(jiff::Span::new().days(days)).unwrap_or(wall.date());
        let end = day.at((self.until.0 / 60) as i8, (self.until.0 % 60) as i8, 0, 0);
        zone.moment(end, now)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn quiet(from: &str, until: &str) -> QuietHours {
        QuietHours::new(Minute::parse(from).unwrap(), Minute::parse(until).unwrap())
    }

    /// New York; in 2026 clocks go forward on 8 March at 2:00 and back on 1 November at 2:00.
    fn new_york() -> Zone {
        Zone::parse("EST5EDT,M3.2.0,M11.1.0").unwrap()
    }

    fn utc(text: &str) -> Timestamp {
        Timestamp::from_seconds(text.parse::<jiff::Timestamp>().unwrap().as_second())
    }

    #[test]
    fn a_skipped_hour_ends_the_quiet_an_hour_later() {
        // 2:30 does not exist on 8 March: 1:59 EST is followed by 3:00 EDT; the wall reads 3:30 at 07:30Z.
        let end = quiet("21:00", "02:30").end_if_quiet(utc("2026-03-08T05:00:00Z"), &new_york());
        assert_eq!(end, utc("2026-03-08T07:30:00Z"));
        let end = quiet("21:00", "08:00").end_if_quiet(utc("2026-03-08T05:00:00Z"), &new_york());
        assert_eq!(end, utc("2026-03-08T12:00:00Z"), "eight is an hour nearer that night");
    }

    #[test]
    fn an_hour_that_comes_twice_never_sends_into_the_past() {
        // 1:30 comes at 05:30Z (EDT) and again at 06:30Z (EST).
        let zone = new_york();
        assert_eq!(
            quiet("21:00", "01:30").end_if_quiet(utc("2026-11-01T05:00:00Z"), &zone),
            utc("2026-11-01T05:30:00Z")
        );
        let second_time = utc("2026-11-01T06:10:00Z");
        assert_eq!(quiet("21:00", "01:30").end_if_quiet(second_time, &zone), utc("2026-11-01T06:30:00Z"));
    }

    #[test]
    fn hours_are_read_and_written() {
        assert_eq!(Minute::parse(" 7:05").unwrap().to_string(), "07:05");
        for text in ["24:00", "7", "7:60", "-1:00", "+7:00", "007:00", "７:00", ""] {
            assert_eq!(Minute::parse(text), None, "{text}");
        }
        assert!(!quiet("08:00", "08:00").holds(480), "no hour at all");
    }

    proptest! {
        #[test]
        fn what_is_due_is_never_in_the_past_nor_in_the_quiet_nor_two_days_off(
            at in 1_700_000_000_i64..1_900_000_000, from in 0_u16..1440, until in 0_u16..1440, american: bool,
        ) {
            let quiet = QuietHours::new(Minute(from), Minute(until));
            let zone = if american { new_york() } else { Zone::tokyo() };
            let now = Timestamp::from_seconds(at);
            let due = quiet.end_if_quiet(now, &zone);
            prop_assert!(due >= now && due.seconds_since(now) <= 26 * 3600);
            let wall = zone.wall(due);
            let minute = wall.hour() as u16 * 60 + wall.minute() as u16;
            // Only where the hour of the end was skipped may the wall show another minute, and then a later one.
            prop_assert!(!quiet.holds(minute) || american, "{due:?} {minute}");
        }
    }
}
