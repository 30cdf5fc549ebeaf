//! Money that machines left open: refunds that are due, payments of which it is not known whether the box kept them, refunds
//! of which it is not known whether the box paid them out. An officer settles each with a reason.

use base::{Id, Seams, Timestamp, Yen};
use store::{StoreError, Tx};
use tools::audit::{self, Event as Audited};
use tools::staff::{Account, Action};

use super::super::request::{Event, State};
use super::super::requests;
use super::{CashError, Unsound, may, sound_note};

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
    /// Refund due, payment unclear or refund unclear.
    pub state: State,
    /// Since when.
    pub since: Timestamp,
}

/// Refunds that are due and money that is unclear, the oldest first; at most 200. Without whose it is: whoever wants their
/// money back brings the receipt. What a box is paying out at this moment is nobody's to settle and is left out.
///
/// # Errors
/// The database.
pub fn open_money(tx: &mut Tx<'_>) -> Result<Vec<OpenMoney>, StoreError> {
    tx.query(
        "SELECT request_id, terminal_id, kind, fee_yen, state, state_since FROM certificate_requests \
         WHERE state IN ('refund_due', 'payment_unclear', 'refund_unclear') ORDER BY state_since, request_id LIMIT 200",
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
    /// The box was counted: it paid the refund out.
    FoundPaidBack,
    /// The box was counted: the refund is still in it. It is owed from now on.
    FoundNotPaidBack,
}

impl Decision {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::RefundPaid, Self::FoundKept, Self::FoundNotKept, Self::FoundPaidBack, Self::FoundNotPaidBack];

    /// The stored word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::RefundPaid => "refund_paid",
            Self::FoundKept => "found_kept",
            Self::FoundNotKept => "found_not_kept",
            Self::FoundPaidBack => "found_paid_back",
            Self::FoundNotPaidBack => "found_not_paid_back",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|decision| decision.word() == word)
    }

    const fn event(self) -> Event {
        match self {
            Self::RefundPaid | Self::FoundPaidBack => Event::RefundPaid,
            Self::FoundNotPaidBack => Event::RefundFailed,
            Self::FoundKept => Event::PaymentKept,
            Self::FoundNotKept => Event::PaymentFailed,
        }
    }

    /// The state about which this is decided.
    pub const fn about(self) -> State {
        match self {
            Self::RefundPaid => State::RefundDue,
            Self::FoundKept | Self::FoundNotKept => State::PaymentUnclear,
            Self::FoundPaidBack | Self::FoundNotPaidBack => State::RefundUnclear,
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
