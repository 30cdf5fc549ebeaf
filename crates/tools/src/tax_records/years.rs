//! Which fiscal year a machine gives: the newest whose switch day has come.
//!
//! Taxes are decided in spring; certificates of the new year are given from June on (V 千歳市, 裾野市). The day differs by city and
//! year, so it is dated data; without a line of the city's own it is 1 June.
//!
//! ```text
//!   31 May 2026 ─► 2025 (令和7年度, incomes of 2024)      1 June 2026 ─► 2026 (令和8年度, incomes of 2025)
//! ```

use base::{Date, Id};
use store::{Row, StoreError, Tx};

/// Month and day of the switch where the city has set none (specs certificates §1.3: switch in June).
const USUAL: (i8, i8) = (6, 1);

/// From which day the certificate of a fiscal year is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Switch {
    /// 年度, as the year in which it begins.
    pub fiscal_year: i16,
    /// The first day.
    pub from: Date,
    /// By which notice or decision.
    pub source: String,
}

/// The day of the switch where the city has set none.
pub fn usual(fiscal_year: i16) -> Option<Date> {
    Date::new(fiscal_year, USUAL.0, USUAL.1)
}

/// The fiscal year that is given on `today`.
pub fn current(switches: &[Switch], today: Date) -> i16 {
    let (year, ..) = today.parts();
    let has_begun = |year: &i16| {
        let own = switches.iter().find(|switch| switch.fiscal_year == *year).map(|switch| switch.from);
        own.or_else(|| usual(*year)).is_some_and(|from| from <= today)
    };
    (year.saturating_sub(3)..=year).rev().find(has_begun).unwrap_or(year.saturating_sub(1))
}

/// 1 January of a fiscal year: where somebody lived that day taxes them (賦課期日).
pub fn base_date(fiscal_year: i16) -> Date {
    Date::new(fiscal_year, 1, 1).unwrap_or(Date::from_days_since_epoch(0))
}

/// A fiscal year as printed: `令和8年度`.
pub fn japanese(fiscal_year: i16) -> String {
    // The era of 1 April, on which the year begins.
    let (era, number) = Date::new(fiscal_year, 4, 1).map_or(("", fiscal_year), Date::era);
    if number == 1 { format!("{era}元年度") } else { format!("{era}{number}年度") }
}

/// The year of its incomes as printed: `令和7年`.
pub fn income_year(fiscal_year: i16) -> String {
    let before = fiscal_year.saturating_sub(1);
    let (era, number) = Date::new(before, 12, 31).map_or(("", before), Date::era);
    if number == 1 { format!("{era}元年") } else { format!("{era}{number}年") }
}

/// Every day the city has set.
///
/// # Errors
/// The database.
pub fn switches(tx: &mut Tx) -> Result<Vec<Switch>, StoreError> {
    let sql = "SELECT fiscal_year, from_day, source FROM tax_year_switches ORDER BY fiscal_year";
    tx.query(sql, &[])?.iter().map(read).collect()
}

/// Keeps a day that waits for a second person.
///
/// # Errors
/// The database.
pub fn propose(tx: &mut Tx, id: Id, switch: &Switch) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO tax_year_proposals (proposal_id, fiscal_year, from_day, source) VALUES ($1, $2, $3, $4)",
        &[id.into(), i64::from(switch.fiscal_year).into(), switch.from.into(), switch.source.as_str().into()],
    )
    .map(drop)
}

/// The day that was proposed under this id.
///
/// # Errors
/// The database.
pub fn proposal(tx: &mut Tx, id: Id) -> Result<Option<Switch>, StoreError> {
    let sql = "SELECT fiscal_year, from_day, source FROM tax_year_proposals WHERE proposal_id = $1";
    tx.query_one(sql, &[id.into()])?.as_ref().map(read).transpose()
}

fn read(row: &Row) -> Result<Switch, StoreError> {
    let wanted = StoreError::Column { column: 0, wanted: "a fiscal year" };
    let fiscal_year = i16::try_from(row.int(0)?).map_err(|_| wanted)?;
    Ok(Switch { fiscal_year, from: row.date(1)?, source: row.text(2)?.to_owned() })
}

/// Sets the day of a fiscal year. Setting it again replaces it.
///
/// # Errors
/// The database.
pub fn set_switch(tx: &mut Tx, switch: &Switch) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO tax_year_switches (fiscal_year, from_day, source) VALUES ($1, $2, $3) \
         ON CONFLICT (fiscal_year) DO UPDATE SET from_day = $2, source = $3",
        &[i64::from(switch.fiscal_year).into(), switch.from.into(), switch.source.as_str().into()],
    )
    .map(drop)
}
