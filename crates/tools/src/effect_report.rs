//! The report of time given back (お返しした時間) on its way from the register's zone to the open page: counts, once a month.

use base::{Date, Seams};
use serde::{Deserialize, Serialize};
use store::{StoreError, Tx};

use crate::relay::{HandleError, Message, RelayError, Zone};

/// The kind of message.
pub const KIND: &str = "effect_report";
/// A report of a year has a few kilobytes.
const MOST_BYTES: usize = 64 << 10;

/// Months that the open page tells.
pub const MONTHS: i32 = 12;

/// What one card for many saved with one service, as it was counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardsGiven {
    /// What people call the card: 日本語, やさしい日本語, English.
    pub names: [String; 3],
    /// Cards of plastic that were not made, because the Individual Number Card is used.
    pub not_issued: i64,
    /// Fees that people did not pay.
    pub yen: i64,
    /// Of these cards, those that were asked for in the portal: nobody came for them.
    pub online: i64,
}

/// The first day of the month before or after.
pub fn month_from(month: Date, steps: i32) -> Date {
    let (year, number, _) = month.parts();
    let months = i32::from(year) * 12 + i32::from(number) - 1 + steps;
    let (year, number) = (months.div_euclid(12), months.rem_euclid(12) + 1);
    let parts = i16::try_from(year).ok().zip(i8::try_from(number).ok());
    parts.and_then(|(year, number)| Date::new(year, number, 1)).unwrap_or(month)
}

/// The days of the months told on `today`: the first, and the first that is told no more.
pub fn span(today: Date) -> (Date, Date) {
    let this = first_of(today);
    (month_from(this, -MONTHS), this)
}

/// The first of its month.
pub fn first_of(day: Date) -> Date {
    let (year, month, _) = day.parts();
    Date::new(year, month, 1).unwrap_or(day)
}

#[derive(Serialize, Deserialize)]
struct Body {
    month: String,
    report: String,
}

/// Inside: whether the report that ends with `month` (`2026-10`) was sent.
///
/// # Errors
/// The database.
pub fn is_sent(tx: &mut Tx<'_>, month: &str) -> Result<bool, StoreError> {
    Ok(tx.query_one("SELECT 1 FROM effect_reports WHERE month = $1", &[month.into()])?.is_some())
}

/// Inside: sends it, in the caller's transaction.
///
/// # Errors
/// [`RelayError`].
pub fn send(tx: &mut Tx<'_>, seams: &Seams, month: &str, report: &str) -> Result<(), RelayError> {
    let body = serde_json::json!(Body { month: month.to_owned(), report: report.to_owned() }).to_string();
    tx.execute("INSERT INTO effect_reports (month, sent_at) VALUES ($1, $2)", &[month.into(), seams.now().into()])?;
    crate::relay::send(tx, seams, Zone::Outside, KIND, body.as_bytes()).map(drop)
}

/// Outside: takes it. An older one that comes late changes nothing.
///
/// # Errors
/// [`HandleError`].
pub fn receive(tx: &mut Tx<'_>, message: &Message) -> Result<(), HandleError> {
    let body: Body = serde_json::from_slice(&message.body).map_err(|_| HandleError::Malformed("effect report"))?;
    if body.report.len() > MOST_BYTES || body.month.len() != 7 {
        return Err(HandleError::Malformed("effect report"));
    }
    tx.execute(
        "INSERT INTO effect_report (one, month, report) VALUES (1, $1, $2) ON CONFLICT (one) DO UPDATE \
         SET month = excluded.month, report = excluded.report WHERE effect_report.month <= excluded.month",
        &[body.month.as_str().into(), body.report.as_str().into()],
    )?;
    Ok(())
}

/// Outside: the newest report; `None` until the first month is over and told.
///
/// # Errors
/// The database.
pub fn newest(tx: &mut Tx<'_>) -> Result<Option<String>, StoreError> {
    let row = tx.query_one("SELECT report FROM effect_report WHERE one = 1", &[])?;
    row.map(|row| row.text(0).map(ToOwned::to_owned)).transpose()
}
