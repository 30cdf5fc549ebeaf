//! SCH and AIL of SIU: a booking at the hospital. Why somebody comes is not read: a queue needs when and where.

use base::Timestamp;

use crate::fault::{Fault, What};
use crate::text::{Segments, Writer, is_plain};
use crate::when;

/// A booking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Booking {
    /// The hospital's number for it (SCH-2, else SCH-1).
    pub number: String,
    /// When (SCH-11.4, else AIL-6). *Recalled*: guides differ in which they fill.
    pub at: Timestamp,
    /// The department or room, as people there call it (AIL-3.1, else AIL-3.4).
    pub place: String,
    /// Whether it stands.
    pub state: BookingState,
}

/// What became of a booking; the event decides (SIU^S12 and so on).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BookingState {
    /// S12 new.
    Booked,
    /// S13 moved, S14 changed.
    Changed,
    /// S15 cancelled, S17 deleted.
    Cancelled,
    /// S26 the patient did not come.
    NotCome,
}

impl BookingState {
    pub(crate) fn of(trigger: &str) -> Option<Self> {
        Some(match trigger {
            "S12" => Self::Booked,
            "S13" | "S14" => Self::Changed,
            "S15" | "S17" => Self::Cancelled,
            "S26" => Self::NotCome,
            _ => return None,
        })
    }

    pub(crate) const fn trigger(self) -> &'static str {
        match self {
            Self::Booked => "S12",
            Self::Changed => "S14",
            Self::Cancelled => "S15",
            Self::NotCome => "S26",
        }
    }
}

/// Longest number of a booking, in characters.
const MOST_OF_A_NUMBER: usize = 64;
/// Longest name of a place, in characters: it stands on the screen in the hall.
const MOST_OF_A_PLACE: usize = 40;

impl Booking {
    pub(crate) fn read(segments: &Segments<'_>, state: BookingState) -> Result<Self, Fault> {
        let schedule = segments.first("SCH").ok_or(Fault::at("SCH", 0, What::SegmentMissing))?;
        let number = [schedule.value(2, 1), schedule.value(1, 1)].into_iter().find(|number| !number.is_empty());
        let number = number.ok_or(Fault::at("SCH", 2, What::FieldMissing))?;
        if base::my_number_guard::refuse_individual_number(&number).is_err() {
            return Err(Fault::at("SCH", 2, What::MyNumber));
        }
        if number.chars().count() > MOST_OF_A_NUMBER || !is_plain(&number) {
            return Err(Fault::at("SCH", 2, What::Malformed));
        }
        let location = segments.first("AIL");
        let from_location = |field, component| location.map_or_else(String::new, |ail| ail.value(field, component));
        let at = [schedule.value(11, 4), from_location(6, 1)].into_iter().find(|at| !at.is_empty());
        let at = at.ok_or(Fault::at("SCH", 11, What::FieldMissing))?;
        let at = when::instant(&at).ok_or(Fault::at("SCH", 11, What::Malformed))?;
        let place = [from_location(3, 1), from_location(3, 4)].into_iter().find(|place| !place.is_empty());
        let place = place.unwrap_or_default();
        if base::my_number_guard::refuse_individual_number(&place).is_err() {
            return Err(Fault::at("AIL", 3, What::MyNumber));
        }
        if place.chars().count() > MOST_OF_A_PLACE || !is_plain(&place) {
            return Err(Fault::at("AIL", 3, What::Malformed));
        }
        Ok(Self { number, at, place, state })
    }

    pub(crate) fn write(&self) -> [Writer; 2] {
        let at = when::write_instant(self.at);
        [
            Writer::new("SCH").text(2, &self.number).components(11, &["", "", "", &at]),
            Writer::new("AIL").text(1, "1").text(3, &self.place).text(6, &at),
        ]
    }
}
