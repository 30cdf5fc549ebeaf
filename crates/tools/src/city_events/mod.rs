//! Events of the city (イベント): officers bring lists in, the open page and the portal show them.
//!
//! ```text
//!  inside: file ─ wire::events ─► city_events ─ batches, plain (public data) ─► relay ─► outside: public_events ─► pages
//!            └► refused rows: line, part, reason      withdraw / put back ─────► relay
//! ```
//! A list has a name, and its events names of their own in it: the same list brought again changes what changed and doubles
//! nothing. What an officer withdrew stays withdrawn, whatever a later list says, until an officer puts it back.

mod import;
mod shown;
#[cfg(test)]
mod tests;

use base::{Date, Timestamp};
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use wire::events::{Event, When};

pub use import::{Imported, Kind, Listed, Past, RefusedRow, import, imports, list, put_back, refused, withdraw};
pub use shown::{BATCH, find, receive, sweep, upcoming};

use crate::digest::{Fields, sha256};

/// Days an event without a day is shown.
const UNDATED_DAYS: i64 = 60;

/// A day, or a minute of it, in Japan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Moment {
    /// The day.
    pub day: Date,
    /// Minutes since midnight; absent: the whole day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minute: Option<u16>,
}

impl From<When> for Moment {
    fn from(when: When) -> Self {
        Self { day: when.date, minute: when.minute }
    }
}

impl Moment {
    /// As a moment; the beginning of the day where no time is said.
    pub fn timestamp(self) -> Timestamp {
        Timestamp::in_japan(self.day, 0, 0, 0).plus_seconds(i64::from(self.minute.unwrap_or(0)) * 60)
    }
}

/// An event as it is kept and told. Everything in it is public.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CityEvent {
    /// Its key with us; 32 hexadecimal digits.
    pub key: String,
    /// Its name.
    pub title: String,
    /// Where.
    pub place: Option<String>,
    /// Begins.
    pub starts: Option<Moment>,
    /// Ends.
    pub ends: Option<Moment>,
    /// How many may come (定員).
    pub capacity: Option<u32>,
    /// More about it: http or https.
    pub url: Option<String>,
    /// Which part of the city (地区).
    pub area: Option<String>,
    /// The youngest and the oldest, in full years.
    pub ages: Option<(Option<u8>, Option<u8>)>,
    /// Fields of interest (分野), as the list names them.
    pub fields: Vec<String>,
    /// More words, plain text of several lines.
    pub description: String,
    /// Called off (中止).
    pub cancelled: bool,
}

impl CityEvent {
    /// Of a list's event.
    fn of(source: &str, event: Event) -> Self {
        let hash = sha256(&[&Fields::of("yakuba city event 1").text(source).text(&event.id).finish()]);
        Self {
            key: HEXLOWER.encode(&hash[..16]),
            title: event.title,
            place: event.place,
            starts: event.starts.map(Moment::from),
            ends: event.ends.map(Moment::from),
            capacity: event.capacity,
            url: event.url,
            area: event.area,
            ages: event.ages.map(|ages| (ages.from, ages.to)),
            fields: event.fields,
            description: event.description,
            cancelled: event.cancelled,
        }
    }

    /// The last day it is shown; counted from `today` where it says none.
    fn last_on(&self, today: Date) -> Date {
        self.ends.or(self.starts).map_or_else(|| today.plus_days(UNDATED_DAYS), |moment| moment.day)
    }

    /// Whether somebody of this age may come. Who says no ages means everybody.
    pub fn is_for_age(&self, age: u8) -> bool {
        self.ages.is_none_or(|(from, to)| from.is_none_or(|from| from <= age) && to.is_none_or(|to| age <= to))
    }
}
