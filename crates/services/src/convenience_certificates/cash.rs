//! Each machine's money of a day (現金日計): counted from the requests, closed with what the box held, and the money that a
//! machine left open.
//!
//! ```text
//!  requests ─► day: taken, refunded, owed, unclear by machine and kind
//!  officer counts the box ─► close (the day must be over): counted, expected, difference ─► never changed
//!                                 └─ correction: one asks, another approves ─► the next revision
//!  refund due · payment unclear ─► settle, with a reason
//! ```
//! A payment belongs to the day on which it is known that the box kept it, a refund to the day on which it was paid out: so
//! the sums of a day that is over do not change any more. The float of change stays out: the box is counted without it.

use std::collections::BTreeMap;

use base::my_number_guard::refuse_individual_number;
use base::{Date, Id, Kind, Seams, Timestamp, Yen};
use store::{Row, StoreError, Tx};
use tools::approvals::{self, Approval, ApprovalError, Proposal};
use tools::audit::{self, Event as Audited};
use tools::staff::{Account, Action};

use super::request::{Event, State};
use super::requests;

/// The longest note or reason.
pub const LONGEST_NOTE: usize = 200;
/// No box holds more: a slip of the finger, otherwise.
const GREATEST_SUM: Yen = Yen(10_000_000);
/// The name of a correction among two-person actions.
const CORRECTION: &str = "cash.correct";

/// How many, and how much.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sum {
    /// Requests.
    pub count: i64,
    /// Their money.
    pub yen: Yen,
}

impl std::ops::AddAssign for Sum {
    fn add_assign(&mut self, other: Self) {
        self.count += other.count;
        self.yen += other.yen;
    }
}

/// What happened at one machine on one day with one kind of paper.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Money {
    /// Kept by the box.
    pub taken: Sum,
    /// Paid out of the box again.
    pub refunded: Sum,
    /// Paid back by an officer, not out of the box.
    pub refunded_by_hand: Sum,
    /// Of what was taken that day, still owed now.
    pub owed: Sum,
    /// Begun that day; whether the box kept it is not known.
    pub unclear: Sum,
}

impl Money {
    /// What the box should hold of this, its float of change aside.
    pub fn expected(&self) -> Yen {
        Yen(self.taken.yen.0 - self.refunded.yen.0)
    }

    /// With another line's.
    pub fn add(&mut self, other: &Self) {
        self.taken += other.taken;
        self.refunded += other.refunded;
        self.refunded_by_hand += other.refunded_by_hand;
        self.owed += other.owed;
        self.unclear += other.unclear;
    }
}

/// The money of a day by terminal and kind, from the requests. The counter has its own register and is left out.
///
/// # Errors
/// The database.
pub fn day(tx: &mut Tx<'_>, day: Date) -> Result<BTreeMap<(String, String), Money>, StoreError> {
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
        (sums!("paid_yen", "paid_at >= $1 AND paid_at < $2 AND state = 'refund_due'"), |money| &mut money.owed),
        (sums!("fee_yen", "began_at >= $1 AND began_at < $2 AND state = 'payment_unclear'"), |money| {
            &mut money.unclear
        }),
    ];
    let (from, to) = (Timestamp::in_japan(day, 0, 0, 0), Timestamp::in_japan(day.plus_days(1), 0, 0, 0));
    let mut lines: BTreeMap<(String, String), Money> = BTreeMap::new();
    for (sql, part) in parts {
        for row in tx.query(sql, &[from.into(), to.into()])? {
            let key = (row.text(0)?.to_owned(), row.text(1)?.to_owned());
            *part(lines.entry(key).or_default()) = Sum { count: row.int(2)?, yen: Yen(row.int(3)?) };
        }
    }
    Ok(lines)
}

/// The money of one terminal on a day, all kinds together.
///
/// # Errors
/// The database.
pub fn of_terminal(tx: &mut Tx<'_>, on: Date, terminal: &str) -> Result<Money, StoreError> {
    let mut money = Money::default();
    for (_, line) in day(tx, on)?.iter().filter(|((at, _), _)| at == terminal) {
        money.add(line);
    }
    Ok(money)
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

/// Closes a machine's day with what the box held. A difference needs a note.
///
/// # Errors
/// [`CashError`]; nothing was written.
pub fn close(
    tx: &mut Tx<'_>,
    seams: &Seams,
    by: &Account,
    on: Date,
    terminal: &str,
    counted: Yen,
    note: &str,
) -> Result<(), CashError> {
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
    let money = of_terminal(tx, on, terminal)?;
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

/// A correction that waits for a second person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Correction {
    /// Which day.
    pub day: Date,
    /// Which machine.
    pub terminal: String,
    /// What was really counted.
    pub counted: Yen,
    /// Why.
    pub note: String,
}

impl Correction {
    fn subject(&self) -> String {
        format!("{} {}", self.day, self.terminal)
    }

    /// The very bytes the second person approves.
    fn payload(&self) -> Vec<u8> {
        format!("{}\n{}\n{}\n{}", self.day, self.terminal, self.counted.0, self.note).into_bytes()
    }
}

/// Asks that the counted sum of a closed day is corrected; another person must approve.
///
/// # Errors
/// [`CashError`].
pub fn ask_correction(tx: &mut Tx<'_>, seams: &Seams, by: &Account, correction: &Correction) -> Result<Id, CashError> {
    may(by, Action::CloseCash)?;
    sound_sum(correction.counted)?;
    let correction = Correction { note: sound_note(&correction.note, true)?, ..correction.clone() };
    newest(tx, correction.day, &correction.terminal)?.ok_or(Unsound::NotClosed)?;
    let (subject, payload) = (correction.subject(), correction.payload());
    let proposal = Proposal { action: CORRECTION, subject: &subject, payload: &payload };
    let id = approvals::propose(tx, seams, &by.actor(), &proposal, &correction.note, approvals::WAITS_SECONDS)?;
    tx.execute(
        "INSERT INTO cash_corrections (approval_id, day, terminal_id, counted_yen, note) VALUES ($1, $2, $3, $4, $5)",
        &[
            id.into(),
            correction.day.into(),
            correction.terminal.as_str().into(),
            correction.counted.into(),
            correction.note.as_str().into(),
        ],
    )?;
    Ok(id)
}

fn correction(tx: &mut Tx<'_>, id: Id) -> Result<Option<Correction>, StoreError> {
    let sql = "SELECT day, terminal_id, counted_yen, note FROM cash_corrections WHERE approval_id = $1";
    tx.query_one(sql, &[id.into()])?
        .map(|row| {
            Ok(Correction {
                day: row.date(0)?,
                terminal: row.text(1)?.to_owned(),
                counted: Yen(row.int(2)?),
                note: row.text(3)?.to_owned(),
            })
        })
        .transpose()
}

/// Corrections that wait, newest first.
///
/// # Errors
/// The database.
pub fn corrections(tx: &mut Tx<'_>, now: Timestamp) -> Result<Vec<(Approval, Correction)>, StoreError> {
    let mut all = Vec::new();
    for approval in approvals::waiting(tx, now)? {
        if let (CORRECTION, Some(correction)) = (approval.action.as_str(), correction(tx, approval.id)?) {
            all.push((approval, correction));
        }
    }
    Ok(all)
}

/// The second person approves a correction, and it becomes the next revision in the same transaction.
///
/// # Errors
/// [`CashError`]; whoever asked is not the second person.
pub fn approve_correction(tx: &mut Tx<'_>, seams: &Seams, by: &Account, id: Id) -> Result<(), CashError> {
    may(by, Action::ApproveCash)?;
    let unknown = || CashError::Approval(approvals::Refusal::Unknown.into());
    let correction = correction(tx, id)?.ok_or_else(unknown)?;
    let approval = approvals::get(tx, id)?.ok_or_else(unknown)?;
    let before = newest(tx, correction.day, &correction.terminal)?.ok_or(Unsound::NotClosed)?;
    let (subject, payload, actor) = (correction.subject(), correction.payload(), by.actor());
    approvals::approve(tx, seams, &actor, id)?;
    let proposal = Proposal { action: CORRECTION, subject: &subject, payload: &payload };
    approvals::execute(tx, seams, &actor, id, &proposal)?;
    let closed = Closed {
        revision: before.revision + 1,
        counted: correction.counted,
        note: correction.note.clone(),
        at: seams.now(),
        by: approval.proposer,
        ..before
    };
    Ok(write(tx, seams, by, correction.day, &closed, Some(by.id))?)
}

/// Declines a correction, or takes one's own back.
///
/// # Errors
/// [`CashError`].
pub fn decline_correction(tx: &mut Tx<'_>, seams: &Seams, by: &Account, id: Id) -> Result<(), CashError> {
    let unknown = || CashError::Approval(approvals::Refusal::Unknown.into());
    let approval = approvals::get(tx, id)?.filter(|one| one.action == CORRECTION).ok_or_else(unknown)?;
    if approval.proposer != by.id {
        may(by, Action::ApproveCash)?;
    }
    Ok(approvals::decline(tx, seams, &by.actor(), id, "")?)
}

/// Money that a machine left open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenMoney {
    /// The request, as on the receipt.
    pub request: Id,
    /// The terminal's id.
    pub terminal: String,
    /// The kind's word.
    pub kind: String,
    /// How much.
    pub fee: Yen,
    /// Refund due, or payment unclear.
    pub state: State,
    /// Since when.
    pub since: Timestamp,
}

/// Refunds that are due and payments that are unclear, the oldest first; at most 200. Without whose they are: whoever wants
/// their money back brings the receipt.
///
/// # Errors
/// The database.
pub fn open_money(tx: &mut Tx<'_>) -> Result<Vec<OpenMoney>, StoreError> {
    tx.query(
        "SELECT request_id, terminal_id, kind, fee_yen, state, state_since FROM certificate_requests \
         WHERE state IN ('refund_due', 'payment_unclear') ORDER BY state_since, request_id LIMIT 200",
        &[],
    )?
    .iter()
    .map(|row| {
        Ok(OpenMoney {
            request: row.id(0)?,
            terminal: row.text(1)?.to_owned(),
            kind: row.text(2)?.to_owned(),
            fee: Yen(row.int(3)?),
            state: State::parse(row.text(4)?).ok_or(StoreError::Column { column: 4, wanted: "a state" })?,
            since: row.timestamp(5)?,
        })
    })
    .collect()
}

/// What an officer decides about open money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The person got their money back, by hand.
    RefundPaid,
    /// The box was counted: it kept the fee. It is owed from now on.
    FoundKept,
    /// The box was counted: it kept nothing.
    FoundNotKept,
}

impl Decision {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::RefundPaid, Self::FoundKept, Self::FoundNotKept];

    /// The stored word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::RefundPaid => "refund_paid",
            Self::FoundKept => "found_kept",
            Self::FoundNotKept => "found_not_kept",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|decision| decision.word() == word)
    }

    const fn event(self) -> Event {
        match self {
            Self::RefundPaid => Event::RefundPaid,
            Self::FoundKept => Event::PaymentKept,
            Self::FoundNotKept => Event::PaymentFailed,
        }
    }

    /// The state about which this is decided.
    pub const fn about(self) -> State {
        match self {
            Self::RefundPaid => State::RefundDue,
            Self::FoundKept | Self::FoundNotKept => State::PaymentUnclear,
        }
    }
}

/// Settles open money, with a reason.
///
/// # Errors
/// [`CashError`]; [`Unsound::NotOpen`] when the request is not in the state the decision is about.
pub fn settle(
    tx: &mut Tx<'_>,
    seams: &Seams,
    by: &Account,
    id: Id,
    decision: Decision,
    reason: &str,
) -> Result<(), CashError> {
    may(by, Action::SettleMoney)?;
    let reason = sound_note(reason, true)?;
    let now = seams.now();
    let found = requests::find(tx, id)?.filter(|request| request.state == decision.about());
    let mut request = found.ok_or(Unsound::NotOpen)?;
    if !requests::move_on(tx, &mut request, decision.event(), now)? {
        return Err(Unsound::NotOpen.into());
    }
    if decision == Decision::RefundPaid {
        tx.queue("UPDATE certificate_requests SET refunded_by = 'officer' WHERE request_id = $1", &[id.into()])?;
    }
    tx.execute(
        "INSERT INTO money_settlements (settlement_id, request_id, decision, reason, decided_at, decided_by) \
         VALUES ($1, $2, $3, $4, $5, $6)",
        &[
            seams.random_id().into(),
            id.into(),
            decision.word().into(),
            reason.as_str().into(),
            now.into(),
            by.actor().key().into(),
        ],
    )?;
    let request = id.to_string();
    let details = [("request", request.as_str()), ("decision", decision.word()), ("text", reason.as_str())];
    Ok(audit::append(tx, seams, &by.actor(), Audited::MoneySettled, &details).map(|_| ())?)
}

#[cfg(test)]
mod tests;
