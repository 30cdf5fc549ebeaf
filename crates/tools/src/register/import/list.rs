//! Imports as the console lists them: when, how many rows, how many refused, whether the register shows them. Never a
//! value of a resident.

use base::Timestamp;
use store::{Row, StoreError, Tx, Value};

/// Rows of one batch: how a load that is under way is counted.
const BATCH_ROWS: i64 = 100;

/// What became of an import.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is being read, or was interrupted and goes on when it is run again.
    UnderWay,
    /// Rows were refused and nothing was switched in.
    Refused,
    /// The register shows it.
    Shown,
    /// It was shown until a newer one came.
    Replaced,
    /// Another import began before this one was switched in.
    Abandoned,
    /// Daily differences were received.
    Differences,
}

/// One import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its id.
    pub id: String,
    /// What became of it.
    pub outcome: Outcome,
    /// The name of the source system; empty when the files did not say.
    pub source: String,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// When the register began to show it.
    pub switched_at: Option<Timestamp>,
    /// Rows accepted: residents (or differences), households, protections.
    pub rows: [i64; 3],
    /// Rows refused.
    pub refused: i64,
    /// Rows staged so far, about; 0 once it has ended.
    pub staged: i64,
}

/// A fault of a refused row. A row may have several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedRow {
    /// The file.
    pub file: String,
    /// The line, from 1; the header is line 1.
    pub line: i64,
    /// The column.
    pub field: String,
    /// A stable word for the reason.
    pub code: String,
    /// The reason, English.
    pub reason: String,
    /// The reason, Japanese; empty for imports of an earlier version.
    pub japanese: String,
}

macro_rules! select {
    ($rows:literal) => {
        concat!(
            "SELECT i.id, i.state, i.source, i.started_at, i.finished_at, i.switched_at, i.residents, i.households, \
             i.protections, i.refused, (SELECT COUNT(*) FROM import_batches b WHERE b.run = i.id AND i.state = 'staging') \
             FROM import_runs i ",
            $rows
        )
    };
}

fn from_row(row: &Row) -> Result<Listed, StoreError> {
    let switched_at = row.opt_timestamp(5)?;
    let outcome = match row.text(1)? {
        "staging" => Outcome::UnderWay,
        "refused" => Outcome::Refused,
        "switched" => Outcome::Shown,
        "differences" => Outcome::Differences,
        // What was swept was shown before, or never.
        "replaced" => Outcome::Replaced,
        "swept" if switched_at.is_some() => Outcome::Replaced,
        _ => Outcome::Abandoned,
    };
    Ok(Listed {
        id: row.text(0)?.to_owned(),
        outcome,
        source: row.text(2)?.to_owned(),
        started_at: row.timestamp(3)?,
        finished_at: row.opt_timestamp(4)?,
        switched_at,
        rows: [row.int(6)?, row.int(7)?, row.int(8)?],
        refused: row.int(9)?,
        staged: row.int(10)?.saturating_mul(BATCH_ROWS),
    })
}

fn number(value: usize) -> Value {
    i64::try_from(value).unwrap_or(i64::MAX).into()
}

/// Imports, newest first: at most `size` after the first `skipped`; and how many there are.
///
/// # Errors
/// [`StoreError`].
pub fn list(tx: &mut Tx<'_>, skipped: usize, size: usize) -> Result<(Vec<Listed>, usize), StoreError> {
    let sql = select!("ORDER BY i.started_at DESC, i.id LIMIT $1 OFFSET $2");
    let listed = tx.query(sql, &[number(size), number(skipped)])?.iter().map(from_row).collect::<Result<_, _>>()?;
    let total = tx.query_one("SELECT COUNT(*) FROM import_runs", &[])?.map_or(Ok(0), |row| row.int(0))?;
    Ok((listed, total.try_into().unwrap_or(0)))
}

/// The import of this id.
///
/// # Errors
/// [`StoreError`].
pub fn one(tx: &mut Tx<'_>, run: &str) -> Result<Option<Listed>, StoreError> {
    tx.query_one(select!("WHERE i.id = $1"), &[run.into()])?.as_ref().map(from_row).transpose()
}

/// Faults of refused rows of an import in the order of the files: at most `size` after the first `skipped`; and how many
/// there are.
///
/// # Errors
/// [`StoreError`].
pub fn refused(
    tx: &mut Tx<'_>,
    run: &str,
    skipped: usize,
    size: usize,
) -> Result<(Vec<RefusedRow>, usize), StoreError> {
    let rows = tx.query(
        "SELECT file, line, field, code, reason, japanese FROM import_refused WHERE run = $1 \
         ORDER BY file, line, field LIMIT $2 OFFSET $3",
        &[run.into(), number(size), number(skipped)],
    )?;
    let rows = rows
        .iter()
        .map(|row| {
            Ok(RefusedRow {
                file: row.text(0)?.to_owned(),
                line: row.int(1)?,
                field: row.text(2)?.to_owned(),
                code: row.text(3)?.to_owned(),
                reason: row.text(4)?.to_owned(),
                japanese: row.opt_text(5)?.unwrap_or_default().to_owned(),
            })
        })
        .collect::<Result<_, StoreError>>()?;
    let total = tx.query_one("SELECT COUNT(*) FROM import_refused WHERE run = $1", &[run.into()])?;
    Ok((rows, total.map_or(Ok(0), |row| row.int(0))?.try_into().unwrap_or(0)))
}
