//! Each machine's money of a day (現金日計): counted from the requests, closed with what the box held, and the money that a
//! machine left open.
//!
//! ```text
//!  requests ─► day: taken, refunded, owed, unclear by machine and kind
//!  officer counts the box ─► close (the day must be over): counted, expected, difference ─► never changed
//!                                 └─ correction: one asks, another approves ─► the next revision
//!  refund due · payment unclear · refund unclear ─► settle, with a reason
//! ```
//! A payment belongs to the day on which it is known that the box kept it, a refund to the day on which it was paid out: so
//! the sums of a day that is over do not change any more. The float of change stays out: the box is counted without it.

use base::my_number_guard::refuse_individual_number;
use base::{Date, Id, Kind, Seams, Timestamp, Yen};
use store::{Row, StoreError, Tx};
use tools::approvals::ApprovalError;
use tools::audit::{self, Event as Audited};
use tools::staff::{Account, Action};
pub use tools::takings::{Lines, Money, Sum, of_terminal};

mod corrections;
mod open;
#[cfg(test)]
mod tests;

pub use corrections::{Correction, approve_correction, ask_correction, corrections, decline_correction};
pub use open::{Decision, OpenMoney, open_money, settle};

/// The longest note or reason.
pub const LONGEST_NOTE: usize = 200;
/// No box holds more: a slip of the finger, otherwise.
const GREATEST_SUM: Yen = Yen(10_000_000);

/// The money of a day by terminal and kind, from the requests. The counter has its own register and is left out.
///
/// # Errors
/// The database.
pub fn day(tx: &mut Tx<'_>, day: Date) -> Result<Lines, StoreError> {
    macro_rules! sums {
        ($yen:literal, $rows:literal) => {
            concat!(
                "SELECT terminal_id, kind, COUNT(*), SUM(",
                $yen,
                ") FROM certificate_requests WHERE terminal_id <> 'counter' AND ",
                $rows,
                " GROUP BY terminal_id, kind"
            )
        };
    }
    type Part = fn(&mut Money) -> &mut Sum;
    let parts: [(&'static str, Part); 5] = [
        (sums!("paid_yen", "paid_at >= $1 AND paid_at < $2"), |money| &mut money.taken),
        (sums!("paid_yen", "refunded_at >= $1 AND refunded_at < $2 AND refunded_by = 'machine'"), |money| {
            &mut money.refunded
        }),
        (sums!("paid_yen", "refunded_at >= $1 AND refunded_at < $2 AND refunded_by = 'officer'"), |money| {
            &mut money.refunded_by_hand
        }),
        (sums!("paid_yen", "paid_at >= $1 AND paid_at < $2 AND state IN ('refund_due', 'refunding')"), |money| {
            &mut money.owed
        }),
        (
            sums!("fee_yen", "began_at >= $1 AND began_at < $2 AND state IN ('payment_unclear', 'refund_unclear')"),
            |money| &mut money.unclear,
        ),
    ];
    let (from, to) = (Timestamp::in_japan(day, 0, 0, 0), Timestamp::in_japan(day.plus_days(1), 0, 0, 0));
    let mut lines = Lines::new();
    for (sql, part) in parts {
        for row in tx.query(sql, &[from.into(), to.into()])? {
            let key = (row.text(0)?.to_owned(), row.text(1)?.to_owned());
            *part(lines.entry(key).or_default()) = Sum { count: row.int(2)?, yen: Yen(row.int(3)?) };
        }
    }
    Ok(lines)
}

/// A closed day of a machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closed {
    /// The terminal's id.
    pub terminal: String,
    /// 1, and one more for each correction.
    pub revision: i64,
    /// What the box had kept by the requests.
    pub taken: Yen,
    /// What it had paid out again by the requests.
    pub refunded: Yen,
    /// What was counted, without the float.
    pub counted: Yen,
    /// Why they differ, or why it was corrected.
    pub note: String,
    /// When.
    pub at: Timestamp,
    /// The account that closed, or asked for the correction.
    pub by: Id,
}

impl Closed {
    /// Counted less expected: negative when money is missing.
    pub const fn difference(&self) -> Yen {
        Yen(self.counted.0 - (self.taken.0 - self.refunded.0))
    }
}

/// Why money was not dealt with as asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unsound {
    /// The day is not over, so its sums still change.
    #[error("the day is not over yet")]
    NotOver,
    /// It is closed: a correction takes two persons.
    #[error("the day of this machine is closed")]
    IsClosed,
    /// There is nothing to correct.
    #[error("the day of this machine is not closed")]
    NotClosed,
    /// There is no such machine.
    #[error("there is no such machine")]
    NoMachine,
    /// A sum below nothing or above ten million.
    #[error("the sum is out of bounds")]
    Sum,
    /// No reason where one is needed, one that is too long, or one with an Individual Number.
    #[error("the reason is missing, too long, or holds an Individual Number")]
    Reason,
    /// Nothing is open about this request, or not this.
    #[error("there is no money open in this way")]
    NotOpen,
    /// The roles do not allow it.
    #[error("not allowed to do this")]
    NotAllowed,
}

impl Unsound {
    /// What it means to the caller.
    pub const fn kind(self) -> Kind {
        match self {
            Self::NotOver | Self::IsClosed | Self::NotClosed | Self::NotOpen => Kind::Conflict,
            Self::NoMachine => Kind::NotFound,
            Self::Sum | Self::Reason => Kind::Invalid,
            Self::NotAllowed => Kind::Forbidden,
        }
    }
}

/// Why an act on money was not done.
#[derive(Debug, thiserror::Error)]
pub enum CashError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The rules of money.
    #[error(transparent)]
    Unsound(#[from] Unsound),
    /// The rules of two-person actions.
    #[error(transparent)]
    Approval(#[from] ApprovalError),
}

fn may(by: &Account, action: Action) -> Result<(), Unsound> {
    if by.may(action) { Ok(()) } else { Err(Unsound::NotAllowed) }
}

fn sound_note(note: &str, is_needed: bool) -> Result<String, Unsound> {
    let note = note.trim();
    let length = note.chars().count();
    let is_sound = length <= LONGEST_NOTE && (length > 0 || !is_needed) && refuse_individual_number(note).is_ok();
    if is_sound { Ok(note.to_owned()) } else { Err(Unsound::Reason) }
}

fn sound_sum(sum: Yen) -> Result<(), Unsound> {
    if (Yen::ZERO..=GREATEST_SUM).contains(&sum) { Ok(()) } else { Err(Unsound::Sum) }
}

/// Closes a machine's day with what the box held. A difference needs a note. `desks` is what its desk took for cards that
/// day, which stands in another database: the day is over, so it does not change any more.
///
/// # Errors
/// [`CashError`]; nothing was written.
pub fn close(tx: &mut Tx<'_>, seams: &Seams, by: &Account, count: &Correction, desks: &Lines) -> Result<(), CashError> {
    let Correction { day: on, terminal, counted, note } = count;
    let (on, counted, terminal) = (*on, *counted, terminal.as_str());
    may(by, Action::CloseCash)?;
    sound_sum(counted)?;
    if on >= seams.today() {
        return Err(Unsound::NotOver.into());
    }
    let there = tx.query_one("SELECT 1 FROM terminals WHERE terminal_id = $1", &[terminal.into()])?;
    there.ok_or(Unsound::NoMachine)?;
    if newest(tx, on, terminal)?.is_some() {
        return Err(Unsound::IsClosed.into());
    }
    let mut money = of_terminal(&day(tx, on)?, terminal);
    money.add(&of_terminal(desks, terminal));
    let note = sound_note(note, counted != money.expected())?;
    let closed = Closed {
        terminal: terminal.to_owned(),
        revision: 1,
        taken: money.taken.yen,
        refunded: money.refunded.yen,
        counted,
        note,
        at: seams.now(),
        by: by.id,
    };
    Ok(write(tx, seams, by, on, &closed, None)?)
}

fn write(
    tx: &mut Tx<'_>,
    seams: &Seams,
    by: &Account,
    on: Date,
    closed: &Closed,
    approved_by: Option<Id>,
) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO cash_days (day, terminal_id, revision, taken_yen, refunded_yen, counted_yen, note, closed_at, \
         closed_by, approved_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        &[
            on.into(),
            closed.terminal.as_str().into(),
            closed.revision.into(),
            closed.taken.into(),
            closed.refunded.into(),
            closed.counted.into(),
            closed.note.as_str().into(),
            closed.at.into(),
            closed.by.into(),
            approved_by.map(|id| id.to_string()).into(),
        ],
    )?;
    let (day, revision) = (on.to_string(), closed.revision.to_string());
    let (counted, difference) = (closed.counted.0.to_string(), closed.difference().0.to_string());
    let details = [
        ("day", day.as_str()),
        ("terminal", closed.terminal.as_str()),
        ("revision", revision.as_str()),
        ("counted", counted.as_str()),
        ("difference", difference.as_str()),
    ];
    audit::append(tx, seams, &by.actor(), Audited::CashClosed, &details).map(|_| ())
}

macro_rules! closed {
    ($rows:literal) => {
        concat!(
            "SELECT terminal_id, revision, taken_yen, refunded_yen, counted_yen, note, closed_at, closed_by \
             FROM cash_days WHERE ",
            $rows
        )
    };
}

fn closed(row: &Row) -> Result<Closed, StoreError> {
    Ok(Closed {
        terminal: row.text(0)?.to_owned(),
        revision: row.int(1)?,
        taken: Yen(row.int(2)?),
        refunded: Yen(row.int(3)?),
        counted: Yen(row.int(4)?),
        note: row.text(5)?.to_owned(),
        at: row.timestamp(6)?,
        by: row.id(7)?,
    })
}

fn newest(tx: &mut Tx<'_>, on: Date, terminal: &str) -> Result<Option<Closed>, StoreError> {
    let sql = closed!("day = $1 AND terminal_id = $2 ORDER BY revision DESC LIMIT 1");
    tx.query_one(sql, &[on.into(), terminal.into()])?.as_ref().map(closed).transpose()
}

/// Every closing of a day with its corrections, by terminal, the oldest first.
///
/// # Errors
/// The database.
pub fn closings(tx: &mut Tx<'_>, on: Date) -> Result<Vec<Closed>, StoreError> {
    tx.query(closed!("day = $1 ORDER BY terminal_id, revision"), &[on.into()])?.iter().map(closed).collect()
}
