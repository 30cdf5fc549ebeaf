//! What staff decide: hours, special days, maintenance, fees, the day of the tax year's switch. Each change is checked, audited, and holds from the next
//! request on; nothing is rewritten that has already been in force.
//!
//! ```text
//!  Change ─► sound? (times in order, not in the past, sums in bounds) ─► rows ─► audit: who, what, from when
//! ```

use base::my_number_guard::refuse_individual_number;
use base::{Date, Id, Seams, Timestamp, Yen};
use store::{StoreError, Tx};
use tools::access::Actor;
use tools::audit::{self, Event};
use tools::tax_records::years::{self, Switch};

use super::choices::CertificateKind;
use super::hours::{DayClass, HoursRow, Maintenance, rows};
use super::requests::{self, Fee};

/// The greatest fee of one copy: more is a slip of the finger.
pub const GREATEST_FEE: Yen = Yen(10_000);
/// The greatest length of a note or reason, in characters.
pub const LONGEST_NOTE: usize = 100;

/// One thing that is decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Hours of a place, family and class of days, from a day on.
    Hours(HoursRow),
    /// A line of hours that is not in force yet is called off.
    CallOffHours(HoursRow),
    /// A day becomes one of another class.
    SpecialDay {
        /// Which.
        day: Date,
        /// What it is to be.
        class: DayClass,
        /// Why, for colleagues.
        note: String,
    },
    /// A special day becomes what the calendar says.
    OrdinaryDay(Date),
    /// Maintenance is announced.
    Maintenance(Maintenance),
    /// A maintenance ends now, or is called off.
    EndMaintenance(Id),
    /// A fee from a day on.
    Fee(Fee),
    /// A fee that is not in force yet is called off.
    CallOffFee(CertificateKind, Date),
    /// The day from which the tax certificate of a fiscal year is given.
    TaxYear(Switch),
}

/// Why nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unsound {
    /// The day or moment has passed; a fee begins tomorrow at the earliest.
    #[error("the day or time is not ahead")]
    Past,
    /// The end is not after the beginning, or beyond midnight.
    #[error("the end does not come after the beginning")]
    Order,
    /// A sum below nothing or above [`GREATEST_FEE`].
    #[error("the sum is out of bounds")]
    Sum,
    /// No reason, one that is too long, or one with an Individual Number.
    #[error("the reason is missing, too long, or holds an Individual Number")]
    Reason,
    /// It is not there any more.
    #[error("there is nothing to change")]
    Gone,
}

/// The outcome: outer, the database; inner, why nothing was changed.
pub type Outcome = Result<Result<(), Unsound>, StoreError>;

/// Makes one change in the caller's transaction.
///
/// # Errors
/// Outer: the database. Inner: [`Unsound`]; nothing was changed.
pub fn make(tx: &mut Tx<'_>, seams: &Seams, by: &Actor, change: &Change) -> Outcome {
    if let Err(unsound) = check(change, seams.now()) {
        return Ok(Err(unsound));
    }
    let is_done = match change {
        Change::Hours(row) => rows::set_hours(tx, row, "console").map(|()| true)?,
        Change::CallOffHours(row) => rows::call_off_hours(tx, row)?,
        Change::SpecialDay { day, class, note } => {
            rows::set_special_day(tx, *day, Some(*class), note.trim()).map(|()| true)?
        }
        Change::OrdinaryDay(day) => rows::set_special_day(tx, *day, None, "").map(|()| true)?,
        Change::Maintenance(window) => rows::announce_maintenance(tx, window).map(|()| true)?,
        Change::EndMaintenance(id) => rows::end_maintenance(tx, *id, seams.now())?,
        Change::Fee(fee) => {
            requests::set_fee(tx, fee.kind, fee.from, fee.machine, fee.counter, fee.source.trim()).map(|()| true)?
        }
        Change::CallOffFee(kind, from) => requests::call_off_fee(tx, *kind, *from)?,
        Change::TaxYear(switch) => years::set_switch(tx, switch).map(|()| true)?,
    };
    if !is_done {
        return Ok(Err(Unsound::Gone));
    }
    let details = told(change);
    let details: Vec<(&str, &str)> = details.iter().map(|(name, value)| (*name, value.as_str())).collect();
    audit::append(tx, seams, by, Event::SettingChanged, &details)?;
    Ok(Ok(()))
}

/// Whether a change may be made at `now`: what two persons decide is checked before the second is asked.
///
/// # Errors
/// [`Unsound`].
pub fn check(change: &Change, now: Timestamp) -> Result<(), Unsound> {
    let today = now.date_in_japan();
    let ahead = |is_ahead: bool| if is_ahead { Ok(()) } else { Err(Unsound::Past) };
    match change {
        Change::Hours(row) => {
            ahead(row.valid_from >= today)?;
            match row.hours {
                Some((opens, closes)) if opens >= closes || closes > 24 * 60 => Err(Unsound::Order),
                _ => Ok(()),
            }
        }
        Change::CallOffHours(row) => ahead(row.valid_from > today),
        Change::SpecialDay { day, note, .. } => ahead(*day >= today).and(reason(note)),
        Change::OrdinaryDay(day) => ahead(*day >= today),
        Change::Maintenance(window) => {
            ahead(window.until > now)?;
            if window.until <= window.from {
                return Err(Unsound::Order);
            }
            reason(&window.reason)
        }
        Change::EndMaintenance(_) => Ok(()),
        Change::Fee(fee) => {
            // Whoever has begun today pays what the machine showed.
            ahead(fee.from > today)?;
            let is_sound = |sum: Yen| (Yen::ZERO..=GREATEST_FEE).contains(&sum);
            if is_sound(fee.machine) && is_sound(fee.counter) { reason(&fee.source) } else { Err(Unsound::Sum) }
        }
        Change::CallOffFee(_, from) => ahead(*from > today),
        Change::TaxYear(switch) => {
            ahead(switch.from >= today)?;
            // Taxes are decided in the year they are of: another one is a slip of the finger.
            if switch.from.parts().0 != switch.fiscal_year {
                return Err(Unsound::Order);
            }
            reason(&switch.source)
        }
    }
}

fn reason(text: &str) -> Result<(), Unsound> {
    let is_sound = (1..=LONGEST_NOTE).contains(&text.trim().chars().count()) && refuse_individual_number(text).is_ok();
    if is_sound { Ok(()) } else { Err(Unsound::Reason) }
}

/// What the audit says of it. Reasons stay out: they are free text.
fn told(change: &Change) -> Vec<(&'static str, String)> {
    let hours = |row: &HoursRow| {
        let minutes = row.hours.map_or_else(|| "closed".to_owned(), |(opens, closes)| format!("{opens}-{closes}"));
        vec![
            ("place", row.place.word().to_owned()),
            ("family", row.family.word().to_owned()),
            ("day", row.day.word().to_owned()),
            ("from", row.valid_from.to_string()),
            ("minutes", minutes),
        ]
    };
    let (setting, mut rest) = match change {
        Change::Hours(row) => ("hours", hours(row)),
        Change::CallOffHours(row) => ("hours-called-off", hours(row)),
        Change::SpecialDay { day, class, .. } => {
            ("special-day", vec![("day", day.to_string()), ("to", class.word().to_owned())])
        }
        Change::OrdinaryDay(day) => ("special-day", vec![("day", day.to_string()), ("to", "ordinary".to_owned())]),
        Change::Maintenance(window) => {
            let times = [("from", window.from), ("until", window.until)].map(|(name, at)| (name, at.to_string()));
            ("maintenance", [vec![("window", window.id.to_string())], times.to_vec()].concat())
        }
        Change::EndMaintenance(id) => ("maintenance-ended", vec![("window", id.to_string())]),
        Change::Fee(fee) => {
            let sums =
                [("machine", fee.machine), ("counter", fee.counter)].map(|(name, sum)| (name, sum.0.to_string()));
            let which = vec![("kind", fee.kind.as_str().to_owned()), ("from", fee.from.to_string())];
            ("fee", [which, sums.to_vec()].concat())
        }
        Change::CallOffFee(kind, from) => {
            ("fee-called-off", vec![("kind", kind.as_str().to_owned()), ("from", from.to_string())])
        }
        Change::TaxYear(switch) => {
            ("tax-year", vec![("year", switch.fiscal_year.to_string()), ("from", switch.from.to_string())])
        }
    };
    rest.insert(0, ("setting", setting.to_owned()));
    rest
}

#[cfg(test)]
mod tests {
    use base::Seams;

    use super::super::hours::{Family, Place};
    use super::*;

    fn noon() -> Timestamp {
        Timestamp::in_japan(Date::new(2026, 11, 24).unwrap(), 12, 0, 0)
    }

    fn day(of_month: i8) -> Date {
        Date::new(2026, 11, of_month).unwrap()
    }

    fn hours(from: Date, hours: Option<(u16, u16)>) -> Change {
        Change::Hours(HoursRow {
            place: Place::WardOffice,
            family: Family::Residence,
            day: DayClass::Working,
            valid_from: from,
            hours,
        })
    }

    fn fee(from: Date, yen: i64) -> Change {
        let kind = CertificateKind::ResidenceCertificate;
        Change::Fee(Fee { kind, from, machine: Yen(yen), counter: Yen(300), source: "条例".to_owned() })
    }

    #[test]
    fn what_was_in_force_is_not_rewritten_and_slips_of_the_finger_are_refused() {
        let refused = |change: &Change| check(change, noon()).err();
        assert_eq!(refused(&hours(day(24), Some((390, 1380)))), None);
        assert_eq!(refused(&hours(day(23), Some((390, 1380)))), Some(Unsound::Past));
        assert_eq!(refused(&hours(day(25), Some((1380, 390)))), Some(Unsound::Order));
        assert_eq!(refused(&hours(day(25), Some((0, 1441)))), Some(Unsound::Order));
        assert_eq!(refused(&hours(day(25), None)), None);
        assert_eq!(refused(&fee(day(24), 200)), Some(Unsound::Past), "whoever began today pays what was shown");
        assert_eq!(refused(&fee(day(25), 200)), None);
        assert_eq!(refused(&fee(day(25), -1)), Some(Unsound::Sum));
        assert_eq!(refused(&fee(day(25), 30_000)), Some(Unsound::Sum));
        let year =
            |fiscal_year, from| Change::TaxYear(Switch { fiscal_year, from, source: "告示第12号".to_owned() });
        assert_eq!(refused(&year(2026, day(24))), None);
        assert_eq!(refused(&year(2026, day(23))), Some(Unsound::Past));
        assert_eq!(refused(&year(2027, day(25))), Some(Unsound::Order));
        let special = |day, note: &str| Change::SpecialDay { day, class: DayClass::Closed, note: note.to_owned() };
        assert_eq!(refused(&special(day(24), "停電")), None);
        assert_eq!(refused(&special(day(24), " ")), Some(Unsound::Reason));
        assert_eq!(refused(&special(day(24), "123456789018")), Some(Unsound::Reason));
        let (seams, _) = Seams::simulated(noon(), 1);
        let window = |from: i64, until: i64| {
            let (from, until) = (noon().plus_seconds(from), noon().plus_seconds(until));
            Change::Maintenance(Maintenance {
                id: seams.random_id(),
                place: None,
                family: None,
                from,
                until,
                reason: "点検".to_owned(),
            })
        };
        assert_eq!(refused(&window(60, 120)), None);
        assert_eq!(refused(&window(-60, 120)), None, "it may have begun");
        assert_eq!(refused(&window(120, 60)), Some(Unsound::Order));
        assert_eq!(refused(&window(-120, -60)), Some(Unsound::Past));
    }
}
