//! What machines give back (お返しする時間): minutes of residents and of the counter's staff for each certificate, and what
//! the policy promised beside what came of it.
//!
//! Figures are dated rows with a source. What stands in a new city is an assumption and says so: the city measures.

use base::my_number_guard::refuse_individual_number;
use base::{Date, Seams};
use store::{Row, StoreError, Tx};
use tools::access::Actor;
use tools::audit::{self, Event};

use super::choices::CertificateKind;
use super::usage::bounds;

/// More minutes than a day has are a slip of the finger.
pub const MOST_MINUTES: i64 = 24 * 60;
/// The longest word for where a figure comes from.
const LONGEST_SOURCE: usize = 100;

/// What one certificate saves from a day on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Minutes {
    /// Of this kind; `None` for every kind without a line of its own.
    pub kind: Option<CertificateKind>,
    /// The first day.
    pub from: Date,
    /// Of a resident: way and waiting.
    pub resident: i64,
    /// Of the counter's staff.
    pub staff: i64,
    /// Who measured it, or that it is assumed.
    pub source: String,
}

/// What the machines of a month gave back, for one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// The kind.
    pub kind: CertificateKind,
    /// Copies that came out of machines.
    pub copies: i64,
    /// Minutes of residents.
    pub resident: i64,
    /// Minutes of staff.
    pub staff: i64,
}

/// What the policy measures itself by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goal {
    /// 利用率, in thousandths.
    Rate,
    /// 職員の削減, persons.
    Staff,
    /// 連絡所の廃止による削減額, yen a year.
    Savings,
}

impl Goal {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Rate, Self::Staff, Self::Savings];

    /// The word in rows and keys of sentences.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Rate => "rate_permille",
            Self::Staff => "staff",
            Self::Savings => "savings_yen",
        }
    }
}

/// A promise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// What of.
    pub goal: Goal,
    /// For the fiscal year that begins in April of this year.
    pub fiscal_year: i64,
    /// How much, in the goal's own unit.
    pub amount: i64,
    /// Where it is promised.
    pub source: String,
}

fn minutes_of(row: &Row) -> Result<Minutes, StoreError> {
    Ok(Minutes {
        kind: CertificateKind::parse(row.text(0)?),
        from: row.date(1)?,
        resident: row.int(2)?,
        staff: row.int(3)?,
        source: row.text(4)?.to_owned(),
    })
}

/// Every figure that was ever set, newest first.
///
/// # Errors
/// The database.
pub fn minutes(tx: &mut Tx<'_>) -> Result<Vec<Minutes>, StoreError> {
    let sql = "SELECT kind, valid_from, resident_minutes, staff_minutes, source FROM certificate_minutes \
               ORDER BY valid_from DESC, kind";
    tx.query(sql, &[])?.iter().map(minutes_of).collect()
}

/// The figure of a kind on a day: its own newest, else that of every kind.
fn on(all: &[Minutes], kind: CertificateKind, day: Date) -> (i64, i64) {
    let newest = |of: Option<CertificateKind>| all.iter().find(|one| one.kind == of && one.from <= day);
    newest(Some(kind)).or_else(|| newest(None)).map_or((0, 0), |found| (found.resident, found.staff))
}

/// Why a figure is not set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsound {
    /// Negative, or longer than a day.
    Minutes,
    /// No source, too long, or holding an Individual Number.
    Source,
}

/// Sets what a certificate saves from a day on; the same day again is replaced. Audited.
///
/// # Errors
/// The database; inner: [`Unsound`].
pub fn set_minutes(
    tx: &mut Tx<'_>,
    seams: &Seams,
    by: &Actor,
    new: &Minutes,
) -> Result<Result<(), Unsound>, StoreError> {
    if ![new.resident, new.staff].iter().all(|minutes| (0..=MOST_MINUTES).contains(minutes)) {
        return Ok(Err(Unsound::Minutes));
    }
    let source = new.source.trim();
    if !(1..=LONGEST_SOURCE).contains(&source.chars().count()) || refuse_individual_number(source).is_err() {
        return Ok(Err(Unsound::Source));
    }
    let kind = new.kind.map_or("", CertificateKind::as_str);
    tx.execute(
        "INSERT INTO certificate_minutes (kind, valid_from, resident_minutes, staff_minutes, source) \
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT (kind, valid_from) DO UPDATE \
         SET resident_minutes = $3, staff_minutes = $4, source = $5",
        &[kind.into(), new.from.into(), new.resident.into(), new.staff.into(), source.into()],
    )?;
    let figures = [("setting", "minutes"), ("kind", kind), ("source", source)];
    audit::append(tx, seams, by, Event::SettingChanged, &figures)?;
    Ok(Ok(()))
}

/// What the machines gave back in the month that begins on `month`, by kind.
///
/// # Errors
/// The database.
pub fn given_back(tx: &mut Tx<'_>, month: Date) -> Result<Vec<Given>, StoreError> {
    let figures = minutes(tx)?;
    let (from, until) = bounds(month);
    let rows = tx.query(
        "SELECT kind, CAST(SUM(copies) AS BIGINT) FROM certificate_requests WHERE state = 'printed' \
         AND terminal_id <> 'counter' AND state_since >= $1 AND state_since < $2 GROUP BY kind ORDER BY kind",
        &[from.into(), until.into()],
    )?;
    rows.iter().filter_map(|row| of_row(row, &figures, month).transpose()).collect()
}

/// The same for machines in stores (コンビニ), as their own lists count them.
///
/// # Errors
/// The database.
pub fn given_back_in_stores(tx: &mut Tx<'_>, month: Date) -> Result<Vec<Given>, StoreError> {
    let figures = minutes(tx)?;
    let rows = tx.query(
        "SELECT kind, CAST(SUM(copies) AS BIGINT) FROM certificate_route_counts WHERE month = $1 AND route = 'store' \
         GROUP BY kind ORDER BY kind",
        &[month.into()],
    )?;
    rows.iter().filter_map(|row| of_row(row, &figures, month).transpose()).collect()
}

/// Copies of a kind with what they gave back; `None` for kinds that this build does not know.
fn of_row(row: &Row, figures: &[Minutes], month: Date) -> Result<Option<Given>, StoreError> {
    let Some(kind) = CertificateKind::parse(row.text(0)?) else { return Ok(None) };
    let copies = row.int(1)?;
    let (resident, staff) = on(figures, kind, month);
    Ok(Some(Given { kind, copies, resident: resident * copies, staff: staff * copies }))
}

/// What was promised, by year.
///
/// # Errors
/// The database.
pub fn targets(tx: &mut Tx<'_>) -> Result<Vec<Target>, StoreError> {
    let sql = "SELECT measure, fiscal_year, amount, source FROM certificate_targets ORDER BY fiscal_year, measure";
    let mut targets = Vec::new();
    for row in &tx.query(sql, &[])? {
        let word = row.text(0)?;
        let goal = Goal::ALL.into_iter().find(|goal| goal.word() == word);
        let goal = goal.ok_or(StoreError::Column { column: 0, wanted: "a goal" })?;
        targets.push(Target { goal, fiscal_year: row.int(1)?, amount: row.int(2)?, source: row.text(3)?.to_owned() });
    }
    Ok(targets)
}

/// Writes a promise down; the same goal and year again is replaced.
///
/// # Errors
/// The database.
pub fn set_target(tx: &mut Tx<'_>, target: &Target) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO certificate_targets (measure, fiscal_year, amount, source) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (measure, fiscal_year) DO UPDATE SET amount = $3, source = $4",
        &[target.goal.word().into(), target.fiscal_year.into(), target.amount.into(), target.source.as_str().into()],
    )
    .map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_has_its_own_figure_from_its_day_on_and_that_of_every_kind_before() {
        let figure = |kind, year, resident| Minutes {
            kind,
            from: Date::new(year, 4, 1).unwrap(),
            resident,
            staff: 10,
            source: "試験".to_owned(),
        };
        let kind = CertificateKind::ResidenceCertificate;
        // Newest first, as the rows come.
        let all = [figure(Some(kind), 2026, 45), figure(None, 2025, 70), figure(None, 2000, 60)];
        let on = |year, month| on(&all, kind, Date::new(year, month, 1).unwrap()).0;
        assert_eq!((on(2024, 1), on(2025, 4), on(2026, 3), on(2026, 4)), (60, 70, 70, 45));
    }
}
