//! What came out, when and where (交付の統計): by kind, by hour of the day, by place; nobody's content.

use base::Date;
use store::{StoreError, Tx};

use super::usage::bounds;

/// Copies of a kind at a terminal in an hour of the day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// The kind's word.
    pub kind: String,
    /// The terminal's id, or `counter`.
    pub terminal: String,
    /// 0–23, in Japan.
    pub hour: i64,
    /// How many.
    pub copies: i64,
}

/// Everything that came out in the month that begins on `month`.
///
/// # Errors
/// The database.
pub fn printed_in(tx: &mut Tx<'_>, month: Date) -> Result<Vec<Cell>, StoreError> {
    let (from, until) = bounds(month);
    // Whole hours since the epoch, nine ahead: the hour of the day in Japan, which keeps one time all year.
    let rows = tx.query(
        "SELECT kind, terminal_id, (state_since / 3600000000 + 9) % 24, CAST(SUM(copies) AS BIGINT) \
         FROM certificate_requests WHERE state = 'printed' AND state_since >= $1 AND state_since < $2 \
         GROUP BY kind, terminal_id, (state_since / 3600000000 + 9) % 24 \
         ORDER BY kind, terminal_id, (state_since / 3600000000 + 9) % 24",
        &[from.into(), until.into()],
    )?;
    rows.iter()
        .map(|row| {
            Ok(Cell {
                kind: row.text(0)?.to_owned(),
                terminal: row.text(1)?.to_owned(),
                hour: row.int(2)?,
                copies: row.int(3)?,
            })
        })
        .collect()
}

/// Copies for each of what `by` says, in the order of that.
pub fn sums<K: Ord>(cells: &[Cell], by: impl Fn(&Cell) -> K) -> std::collections::BTreeMap<K, i64> {
    let mut sums = std::collections::BTreeMap::new();
    for cell in cells {
        *sums.entry(by(cell)).or_default() += cell.copies;
    }
    sums
}
