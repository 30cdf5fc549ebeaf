//! The rows of hours.

use base::{Date, Id, Timestamp};
use store::{Row, StoreError, Tx};

use super::{Calendar, DayClass, Family, HoursRow, Maintenance, Place};

const fn column(column: usize, wanted: &'static str) -> StoreError {
    StoreError::Column { column, wanted }
}

fn minute(value: Option<i64>) -> Option<u16> {
    value.and_then(|value| u16::try_from(value).ok())
}

fn hours_row(row: &Row) -> Result<HoursRow, StoreError> {
    Ok(HoursRow {
        place: Place::parse(row.text(0)?).ok_or(column(0, "a place"))?,
        family: Family::parse(row.text(1)?).ok_or(column(1, "a family"))?,
        day: DayClass::parse(row.text(2)?).ok_or(column(2, "a class of days"))?,
        valid_from: row.date(3)?,
        hours: minute(row.opt_int(4)?).zip(minute(row.opt_int(5)?)),
    })
}

fn maintenance(row: &Row) -> Result<Maintenance, StoreError> {
    Ok(Maintenance {
        id: row.id(0)?,
        place: Place::parse(row.text(1)?),
        family: Family::parse(row.text(2)?),
        from: row.timestamp(3)?,
        until: row.timestamp(4)?,
        reason: row.text(5)?.to_owned(),
    })
}

/// Everything that decides about hours from `now` on.
///
/// # Errors
/// The database.
pub fn calendar(tx: &mut Tx<'_>, now: Timestamp) -> Result<Calendar, StoreError> {
    let hours = tx.query("SELECT place, family, day_class, valid_from, opens, closes FROM service_hours", &[])?;
    let special =
        tx.query("SELECT day, class FROM special_days WHERE day >= $1", &[now.date_in_japan().plus_days(-1).into()])?;
    let windows = tx.query(
        "SELECT window_id, place, family, from_at, until_at, reason FROM maintenance_windows \
         WHERE until_at > $1 AND ended_at IS NULL ORDER BY from_at",
        &[now.into()],
    )?;
    let day = |row: &Row| Ok((row.date(0)?, DayClass::parse(row.text(1)?).ok_or(column(1, "a class of days"))?));
    Ok(Calendar {
        hours: hours.iter().map(hours_row).collect::<Result<_, _>>()?,
        special: special.iter().map(day).collect::<Result<_, StoreError>>()?,
        maintenance: windows.iter().map(maintenance).collect::<Result<_, _>>()?,
    })
}

/// Sets the hours of a place, family and class of days from a day on. Setting the same day again replaces it.
///
/// # Errors
/// The database.
pub fn set_hours(tx: &mut Tx<'_>, row: &HoursRow, source: &str) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO service_hours (place, family, day_class, valid_from, opens, closes, source) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (place, family, day_class, valid_from) \
         DO UPDATE SET opens = $5, closes = $6, source = $7",
        &[
            row.place.word().into(),
            row.family.word().into(),
            row.day.word().into(),
            row.valid_from.into(),
            row.hours.map(|(opens, _)| i64::from(opens)).into(),
            row.hours.map(|(_, closes)| i64::from(closes)).into(),
            source.into(),
        ],
    )
    .map(|_| ())
}

/// Forgets a line of hours that is not in force yet. `false` when there is none.
///
/// # Errors
/// The database.
pub fn call_off_hours(tx: &mut Tx<'_>, row: &HoursRow) -> Result<bool, StoreError> {
    let gone = tx.execute(
        "DELETE FROM service_hours WHERE place = $1 AND family = $2 AND day_class = $3 AND valid_from = $4",
        &[row.place.word().into(), row.family.word().into(), row.day.word().into(), row.valid_from.into()],
    )?;
    Ok(gone == 1)
}

/// Special days from `day` on, with their notes.
///
/// # Errors
/// The database.
pub fn special_days(tx: &mut Tx<'_>, day: Date) -> Result<Vec<(Date, DayClass, String)>, StoreError> {
    tx.query("SELECT day, class, note FROM special_days WHERE day >= $1 ORDER BY day", &[day.into()])?
        .iter()
        .map(|row| {
            let class = DayClass::parse(row.text(1)?).ok_or(column(1, "a class of days"))?;
            Ok((row.date(0)?, class, row.text(2)?.to_owned()))
        })
        .collect()
}

/// Makes `day` a day of another class, or an ordinary one again (`None`).
///
/// # Errors
/// The database.
pub fn set_special_day(tx: &mut Tx<'_>, day: Date, class: Option<DayClass>, note: &str) -> Result<(), StoreError> {
    match class {
        Some(class) => tx.execute(
            "INSERT INTO special_days (day, class, note) VALUES ($1, $2, $3) \
             ON CONFLICT (day) DO UPDATE SET class = $2, note = $3",
            &[day.into(), class.word().into(), note.into()],
        ),
        None => tx.execute("DELETE FROM special_days WHERE day = $1", &[day.into()]),
    }
    .map(|_| ())
}

/// Announces maintenance.
///
/// # Errors
/// The database.
pub fn announce_maintenance(tx: &mut Tx<'_>, window: &Maintenance) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO maintenance_windows (window_id, place, family, from_at, until_at, reason) \
         VALUES ($1, $2, $3, $4, $5, $6)",
        &[
            window.id.into(),
            window.place.map_or("", Place::word).into(),
            window.family.map_or("", Family::word).into(),
            window.from.into(),
            window.until.into(),
            window.reason.as_str().into(),
        ],
    )
    .map(|_| ())
}

/// Ends a maintenance before its time, or calls it off.
///
/// # Errors
/// The database.
pub fn end_maintenance(tx: &mut Tx<'_>, id: Id, now: Timestamp) -> Result<bool, StoreError> {
    let changed = tx.execute(
        "UPDATE maintenance_windows SET ended_at = $1 WHERE window_id = $2 AND ended_at IS NULL",
        &[now.into(), id.into()],
    )?;
    Ok(changed == 1)
}

/// Where a terminal stands; the city's own machines unless it was enrolled for a store.
///
/// # Errors
/// The database.
pub fn place_of_terminal(tx: &mut Tx<'_>, terminal: &str) -> Result<Place, StoreError> {
    let row = tx.query_one("SELECT kind FROM terminals WHERE terminal_id = $1", &[terminal.into()])?;
    let is_store = row.map(|row| row.text(0).map(|kind| kind == "store_kiosk")).transpose()?.unwrap_or(false);
    Ok(if is_store { Place::Store } else { Place::WardOffice })
}
