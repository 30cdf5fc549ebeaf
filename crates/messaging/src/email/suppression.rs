//! When an address is no longer written to, and when it is forgiven.
//!
//! | What happened | What follows |
//! |---|---|
//! | hard bounce | suppressed at once |
//! | soft bounces on three days within fourteen | suppressed |
//! | seven days without a bounce, and a message handed over since | the soft bounces are forgotten |
//! | complaint (迷惑メール) | suppressed for what may be refused; statutory mail too, since the provider would block the city |
//! | policy bounce | nothing: the city is refused, not the person |
//!
//! A suppressed address stays so until its person confirms it anew. The mailbox is never touched by any of this.

use base::{Date, Timestamp};

use super::report::Bounce;

/// Soft bounces, on different days, that suppress.
pub const SOFT_LIMIT: usize = 3;
/// Days they must fall into.
pub const SOFT_DAYS: i64 = 14;
/// Good days after which they are forgotten.
pub const GOOD_DAYS: i64 = 7;

/// Why an address is suppressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Suppressed {
    /// The mailbox or its host does not exist.
    Hard,
    /// Three soft bounces.
    Soft,
    /// The person complained.
    Complaint,
}

impl Suppressed {
    /// The word in rows.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Hard => "hard",
            Self::Soft => "soft",
            Self::Complaint => "complaint",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Hard, Self::Soft, Self::Complaint].into_iter().find(|one| one.word() == word)
    }
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// It came back.
    Bounced(Bounce),
    /// It was handed over, and nothing came back so far.
    HandedOver,
    /// The person pressed 迷惑メール.
    Complained,
    /// The person confirmed the address (again).
    Confirmed,
}

/// What is known of an address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// Days (in Japan) of soft bounces that still count, oldest first; fewer than [`SOFT_LIMIT`] unless suppressed.
    pub soft_days: Vec<Date>,
    /// Whether it is suppressed, and why.
    pub suppressed: Option<Suppressed>,
}

impl History {
    /// What is known after `event`.
    #[must_use]
    pub fn after(mut self, event: Event, at: Timestamp) -> Self {
        let today = at.date_in_japan();
        match event {
            Event::Confirmed => return Self::default(),
            Event::Bounced(Bounce::Policy) => {}
            Event::Bounced(Bounce::Hard) => self.suppressed = Some(Suppressed::Hard),
            Event::Complained => self.suppressed = Some(Suppressed::Complaint),
            Event::Bounced(Bounce::Soft) => self.add_soft(today),
            Event::HandedOver => {
                let last = self.soft_days.last();
                if self.suppressed.is_none() && last.is_some_and(|last| days(*last, today) > GOOD_DAYS) {
                    self.soft_days.clear();
                }
            }
        }
        self
    }

    fn add_soft(&mut self, today: Date) {
        if self.suppressed.is_some() || self.soft_days.contains(&today) {
            return;
        }
        self.soft_days.push(today);
        // Reports may arrive in any order.
        self.soft_days.sort_unstable();
        let Some(last) = self.soft_days.last().copied() else { return };
        self.soft_days.retain(|day| days(*day, last) < SOFT_DAYS);
        if self.soft_days.len() >= SOFT_LIMIT {
            self.suppressed = Some(Suppressed::Soft);
        }
    }
}

fn days(from: Date, to: Date) -> i64 {
    to.days_since_epoch() - from.days_since_epoch()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOFT: Event = Event::Bounced(Bounce::Soft);

    fn replay(events: &[(i64, Event)]) -> History {
        let noon = Timestamp::in_japan(Date::new(2026, 11, 1).unwrap(), 12, 0, 0);
        events
            .iter()
            .fold(History::default(), |history, (day, event)| history.after(*event, noon.plus_seconds(day * 86_400)))
    }

    #[test]
    fn a_hard_bounce_and_a_complaint_suppress_at_once_and_a_refusal_of_the_city_never() {
        assert_eq!(replay(&[(0, Event::Bounced(Bounce::Hard))]).suppressed, Some(Suppressed::Hard));
        assert_eq!(replay(&[(0, Event::Complained)]).suppressed, Some(Suppressed::Complaint));
        let refused: Vec<_> = (0..30).map(|day| (day, Event::Bounced(Bounce::Policy))).collect();
        assert_eq!(replay(&refused), History::default());
    }

    #[test]
    fn three_days_of_soft_bounces_within_fourteen_suppress() {
        assert_eq!(replay(&[(0, SOFT), (6, SOFT), (13, SOFT)]).suppressed, Some(Suppressed::Soft));
        assert_eq!(replay(&[(13, SOFT), (0, SOFT), (6, SOFT)]).suppressed, Some(Suppressed::Soft), "late reports");
        assert_eq!(replay(&[(0, SOFT), (6, SOFT), (14, SOFT)]).suppressed, None, "fifteen days");
        assert_eq!(replay(&[(0, SOFT), (0, SOFT), (0, SOFT)]).suppressed, None, "one bad day");
    }

    #[test]
    fn good_days_forgive_and_the_person_forgives_everything() {
        let handed = Event::HandedOver;
        assert_eq!(replay(&[(0, SOFT), (1, SOFT), (9, handed), (10, SOFT)]).suppressed, None);
        assert_eq!(replay(&[(0, SOFT), (1, SOFT), (8, handed), (10, SOFT)]).suppressed, Some(Suppressed::Soft));
        let hard = Event::Bounced(Bounce::Hard);
        assert_eq!(replay(&[(0, hard), (20, handed)]).suppressed, Some(Suppressed::Hard));
        assert_eq!(replay(&[(0, hard), (20, Event::Confirmed)]), History::default());
    }
}
