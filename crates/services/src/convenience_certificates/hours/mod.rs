//! When certificates are given, and where: dated data, resolved by pure functions.
//!
//! ```text
//!  day ─► class (special day, year's end, national holiday, weekend, working) ─► hours of that place and family
//!                                                        minus maintenance ─► Open until … | Closed, opens …
//! ```
//! Hours decide who may **begin**. Whoever signed in at 22:59 finishes: what is paid for is never stopped by the clock.
//! Usual hours: specs certificates §1.3; a city changes them in its console.

pub mod rows;

use base::{Date, Timestamp};

use super::choices::CertificateKind;

/// Where a paper is asked for. The counter keeps its own hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// The city's own machine in an office (庁舎内証明書発行機).
    WardOffice,
    /// A machine in a store, by way of the national centre (simulated).
    Store,
}

impl Place {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::WardOffice, Self::Store];

    /// The stored word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::WardOffice => "ward_office",
            Self::Store => "store",
        }
    }

    /// Reads the stored word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|place| place.word() == word)
    }
}

/// Kinds that keep the same hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Family {
    /// What the residence, seal and tax records say.
    Residence,
    /// What the family register says (戸籍, 附票).
    FamilyRegister,
}

impl Family {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Residence, Self::FamilyRegister];

    /// The stored word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Residence => "residence",
            Self::FamilyRegister => "family_register",
        }
    }

    /// Reads the stored word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|family| family.word() == word)
    }

    /// The family of a kind.
    pub const fn of(kind: CertificateKind) -> Self {
        match kind {
            CertificateKind::FamilyRegisterCertificate
            | CertificateKind::FamilyRegisterPersonCertificate
            | CertificateKind::FamilyRegisterAppendix
            | CertificateKind::ClosedFamilyRegisterCertificate => Self::FamilyRegister,
            CertificateKind::ResidenceCertificate
            | CertificateKind::RecordedItemsCertificate
            | CertificateKind::SealRegistrationCertificate
            | CertificateKind::TaxCertificate => Self::Residence,
        }
    }
}

/// What kind of day it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DayClass {
    /// Monday to Friday.
    Working,
    /// Saturday and Sunday.
    Weekend,
    /// A national holiday (国民の祝日・休日).
    Holiday,
    /// A day off on which the office opens all the same (休日開庁日).
    OpenHoliday,
    /// 29 December to 3 January.
    YearEnd,
    /// A day on which staff closed everything.
    Closed,
}

impl DayClass {
    /// Those that have hours, in the order of the console.
    pub const WITH_HOURS: [Self; 5] = [Self::Working, Self::Weekend, Self::Holiday, Self::OpenHoliday, Self::YearEnd];

    /// The stored word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Working => "working",
            Self::Weekend => "weekend",
            Self::Holiday => "holiday",
            Self::OpenHoliday => "open_holiday",
            Self::YearEnd => "year_end",
            Self::Closed => "closed",
        }
    }

    /// Reads the stored word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::WITH_HOURS.into_iter().chain([Self::Closed]).find(|class| class.word() == word)
    }
}

/// One line of the table of hours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HoursRow {
    /// Where.
    pub place: Place,
    /// For what.
    pub family: Family,
    /// On which days.
    pub day: DayClass,
    /// The first day on which the line holds.
    pub valid_from: Date,
    /// Minutes of the day, from and to; `None` when closed.
    pub hours: Option<(u16, u16)>,
}

/// A time in which nothing is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Maintenance {
    /// Its id.
    pub id: base::Id,
    /// Where; `None` everywhere.
    pub place: Option<Place>,
    /// What; `None` everything.
    pub family: Option<Family>,
    /// From.
    pub from: Timestamp,
    /// Until, exclusive.
    pub until: Timestamp,
    /// What the public is told.
    pub reason: String,
}

/// Everything that decides about hours, read in one transaction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Calendar {
    /// The table of hours.
    pub hours: Vec<HoursRow>,
    /// Days that are not what the calendar says.
    pub special: Vec<(Date, DayClass)>,
    /// Maintenance that is not over.
    pub maintenance: Vec<Maintenance>,
}

/// Whether a paper is given at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hours {
    /// Until then.
    Open {
        /// The end of today's hours.
        until: Timestamp,
    },
    /// Not now.
    Closed {
        /// Maintenance, with what the public is told; `None` outside the hours.
        maintenance: Option<String>,
        /// When it opens next, within two weeks.
        opens: Option<Timestamp>,
    },
}

impl Hours {
    /// Whether it is open.
    pub const fn is_open(&self) -> bool {
        matches!(self, Self::Open { .. })
    }

    /// When it opens next.
    pub const fn opens(&self) -> Option<Timestamp> {
        match self {
            Self::Closed { opens, .. } => *opens,
            Self::Open { .. } => None,
        }
    }
}

/// Days looked ahead for the next opening.
const AHEAD: i64 = 14;

impl Calendar {
    /// What kind of day `day` is.
    pub fn class(&self, day: Date) -> DayClass {
        let special = self.special.iter().find(|(special, _)| *special == day).map(|(_, class)| *class);
        special.unwrap_or_else(|| class_by_rule(day))
    }

    /// Minutes of `day` in which `family` is given at `place`: the newest line that holds on that day.
    pub fn hours_on(&self, place: Place, family: Family, day: Date) -> Option<(u16, u16)> {
        let class = self.class(day);
        let lines = self.hours.iter().filter(|row| row.place == place && row.family == family && row.day == class);
        lines.filter(|row| row.valid_from <= day).max_by_key(|row| row.valid_from)?.hours
    }

    /// Whether `family` is given at `place` at `now`.
    pub fn at(&self, place: Place, family: Family, now: Timestamp) -> Hours {
        let today = now.date_in_japan();
        if let Some(maintenance) = self.maintained(place, family, now) {
            return Hours::Closed {
                maintenance: Some(maintenance.reason.clone()),
                opens: self.next_opening(place, family, now),
            };
        }
        let open = self.span(place, family, today).filter(|(from, until)| *from <= now && now < *until);
        match open {
            Some((_, until)) => Hours::Open { until },
            None => Hours::Closed { maintenance: None, opens: self.next_opening(place, family, now) },
        }
    }

    fn span(&self, place: Place, family: Family, day: Date) -> Option<(Timestamp, Timestamp)> {
        let (opens, closes) = self.hours_on(place, family, day)?;
        let midnight = Timestamp::in_japan(day, 0, 0, 0);
        let at = |minute: u16| midnight.plus_seconds(i64::from(minute) * 60);
        Some((at(opens), at(closes)))
    }

    fn maintained(&self, place: Place, family: Family, now: Timestamp) -> Option<&Maintenance> {
        self.maintenance.iter().find(|window| {
            window.place.is_none_or(|only| only == place)
                && window.family.is_none_or(|only| only == family)
                && window.from <= now
                && now < window.until
        })
    }

    /// The first moment after `now` at which it is open: an opening of a day, or the end of a maintenance.
    fn next_opening(&self, place: Place, family: Family, now: Timestamp) -> Option<Timestamp> {
        let today = now.date_in_japan();
        for ahead in 0..=AHEAD {
            let Some((from, until)) = self.span(place, family, today.plus_days(ahead)) else { continue };
            let mut moment = if from > now { from } else { now };
            // Each step passes one window, so there are at most as many steps as windows.
            for _ in 0..=self.maintenance.len() {
                match self.maintained(place, family, moment) {
                    Some(window) => moment = window.until,
                    None => break,
                }
            }
            let is_free = self.maintained(place, family, moment).is_none();
            if is_free && moment >= from && moment < until && moment > now {
                return Some(moment);
            }
        }
        None
    }
}

fn class_by_rule(day: Date) -> DayClass {
    let (_, month, of_month) = day.parts();
    if (month == 12 && of_month >= 29) || (month == 1 && of_month <= 3) {
        DayClass::YearEnd
    } else if base::holidays::national_holiday(day).is_some() {
        DayClass::Holiday
    } else if day.days_since_monday() >= 5 {
        DayClass::Weekend
    } else {
        DayClass::Working
    }
}

#[cfg(test)]
mod tests;
