//! Fees that desks take in cash for cards (窓口の手数料): kept with the card in one transaction, given back when its giving is
//! taken back, counted in the day of the terminal ([`takings`](tools::takings)).
//!
//! ```text
//!  give ─► fee > 0 at a terminal ─► taking (its id is the receipt's number) ─► undo ─► given back
//!                                       └────────── day: by terminal and card ───────────┘
//! ```

use base::{Date, Id, Seams, Timestamp, Yen};
use store::{StoreError, Tx};
use tools::access::Actor;
use tools::takings::{Lines, Money, Sum};

/// Before the card's key in a day's lines: what follows is no kind of certificate.
pub const LINE: &str = "card/";

/// A fee that a desk took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taking {
    /// The receipt's number.
    pub id: Id,
    /// The card's definition.
    pub service: String,
    /// Where.
    pub terminal: String,
    /// How much.
    pub yen: Yen,
    /// When.
    pub at: Timestamp,
    /// When it was given back, if it was.
    pub given_back_at: Option<Timestamp>,
}

/// Keeps the fee of a card that `by` gave. Only at a terminal is money taken; nothing for nothing.
///
/// # Errors
/// The database.
pub(super) fn keep(
    tx: &mut Tx<'_>,
    seams: &Seams,
    by: &Actor,
    (service, card): (&str, Id),
    fee: Yen,
) -> Result<(), StoreError> {
    let Actor::Kiosk { terminal } = by else { return Ok(()) };
    if fee <= Yen::ZERO {
        return Ok(());
    }
    tx.execute(
        "INSERT INTO desk_takings (taking_id, card_id, service, terminal_id, yen, taken_at) \
         VALUES ($1, $2, $3, $4, $5, $6)",
        &[
            seams.random_id().into(),
            card.into(),
            service.into(),
            terminal.as_str().into(),
            fee.into(),
            seams.now().into(),
        ],
    )
    .map(drop)
}

/// The giving was taken back: so is the fee.
///
/// # Errors
/// The database.
pub(super) fn give_back(tx: &mut Tx<'_>, seams: &Seams, card: Id) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE desk_takings SET given_back_at = $2 WHERE card_id = $1 AND given_back_at IS NULL",
        &[card.into(), seams.now().into()],
    )
    .map(drop)
}

/// What was taken for a card, if anything was.
///
/// # Errors
/// The database.
pub fn of_card(tx: &mut Tx<'_>, card: Id) -> Result<Option<Taking>, StoreError> {
    let row = tx.query_one(
        "SELECT taking_id, service, terminal_id, yen, taken_at, given_back_at FROM desk_takings WHERE card_id = $1",
        &[card.into()],
    )?;
    row.map(|row| {
        Ok(Taking {
            id: row.id(0)?,
            service: row.text(1)?.to_owned(),
            terminal: row.text(2)?.to_owned(),
            yen: Yen(row.int(3)?),
            at: row.timestamp(4)?,
            given_back_at: row.opt_timestamp(5)?,
        })
    })
    .transpose()
}

/// The desks' money of a day by terminal and card, to be counted with the machines'.
///
/// # Errors
/// The database.
pub fn day(tx: &mut Tx<'_>, day: Date) -> Result<Lines, StoreError> {
    type Part = fn(&mut Money) -> &mut Sum;
    let parts: [(&'static str, Part); 2] = [
        (
            "SELECT terminal_id, service, COUNT(*), CAST(SUM(yen) AS BIGINT) FROM desk_takings \
             WHERE taken_at >= $1 AND taken_at < $2 GROUP BY terminal_id, service",
            |money| &mut money.taken,
        ),
        (
            "SELECT terminal_id, service, COUNT(*), CAST(SUM(yen) AS BIGINT) FROM desk_takings \
             WHERE given_back_at >= $1 AND given_back_at < $2 GROUP BY terminal_id, service",
            |money| &mut money.refunded,
        ),
    ];
    let (from, to) = (Timestamp::in_japan(day, 0, 0, 0), Timestamp::in_japan(day.plus_days(1), 0, 0, 0));
    let mut lines = Lines::new();
    for (sql, part) in parts {
        for row in tx.query(sql, &[from.into(), to.into()])? {
            let key = (row.text(0)?.to_owned(), format!("{LINE}{}", row.text(1)?));
            *part(lines.entry(key).or_default()) = Sum { count: row.int(2)?, yen: Yen(row.int(3)?) };
        }
    }
    Ok(lines)
}
