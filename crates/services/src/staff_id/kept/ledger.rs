//! The ledger of issue (発行台帳). Nothing of it is rewritten.

use base::{Id, Seams, Timestamp};
use store::{Row, StoreError, Tx};
use tools::access::Actor;
use tools::service_cards::CardError;

macro_rules! select_line {
    ($rest:literal) => {
        concat!(
            "SELECT e.staff_id, i.staff_number, i.sticker, e.happened_at, e.actor, e.what, e.why FROM staff_id_events e \
             JOIN staff_ids i ON i.staff_id = e.staff_id",
            $rest,
            " ORDER BY e.happened_at, e.event_id"
        )
    };
}

/// A line in the ledger.
///
/// # Errors
/// The database.
pub fn note(tx: &mut Tx<'_>, seams: &Seams, by: &Actor, id: Id, what: &str, why: &str) -> Result<(), CardError> {
    tx.execute(
        "INSERT INTO staff_id_events (event_id, staff_id, happened_at, actor, what, why) VALUES ($1, $2, $3, $4, $5, $6)",
        &[seams.random_id().into(), id.into(), seams.now().into(), by.key().into(), what.into(), why.into()],
    )?;
    Ok(())
}

/// A line of the ledger of issue (発行台帳).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Of which ID.
    pub id: Id,
    /// Whose.
    pub number: String,
    /// The number of the label.
    pub sticker: String,
    /// When.
    pub at: Timestamp,
    /// Who did it.
    pub actor: String,
    /// What.
    pub what: String,
    /// Why.
    pub why: String,
}

/// The ledger, oldest first; of one member or of all.
///
/// # Errors
/// The database.
pub fn ledger(tx: &mut Tx<'_>, number: Option<&str>) -> Result<Vec<Line>, CardError> {
    let rows = match number {
        Some(number) => tx.query(select_line!(" WHERE i.staff_number = $1"), &[number.into()])?,
        None => tx.query(select_line!(""), &[])?,
    };
    let line = |row: &Row| {
        Ok(Line {
            id: row.id(0)?,
            number: row.text(1)?.to_owned(),
            sticker: row.text(2)?.to_owned(),
            at: row.timestamp(3)?,
            actor: row.text(4)?.to_owned(),
            what: row.text(5)?.to_owned(),
            why: row.text(6)?.to_owned(),
        })
    };
    rows.iter().map(line).collect::<Result<_, StoreError>>().map_err(Into::into)
}
