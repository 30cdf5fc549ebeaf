//! The rows of requests. Every change of state goes through [`move_on`], which refuses what the state machine refuses.

use base::{Id, Timestamp, Yen};
use store::{Row, StoreError, Tx};
use tools::ResidentId;

use super::choices::{CertificateKind, Choices};
use super::ending::ABANDONED_AFTER_SECONDS;
use super::request::{Event, State};

/// One request as stored.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// Random; printed on every page.
    pub id: Id,
    /// Where it was made.
    pub terminal: String,
    /// Who asked, as the verified credential said.
    pub applicant: ResidentId,
    /// What was chosen.
    pub choices: Choices,
    /// The fee for all copies.
    pub fee: Yen,
    /// What was paid.
    pub paid: Yen,
    /// Where it stands.
    pub state: State,
    /// Since when.
    pub since: Timestamp,
    /// SHA-256 of the finished bytes, once there are any.
    pub document_hash: Option<Vec<u8>>,
    /// SHA-256 of the one-time fetch token, while it may be used.
    pub fetch_token_hash: Option<Vec<u8>>,
}

impl std::fmt::Debug for Request {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Request({}, {:?})", self.id, self.state)
    }
}

const COLUMNS: &str = "SELECT request_id, terminal_id, resident_id, choices, fee_yen, paid_yen, state, state_since, \
                       document_hash, fetch_token_hash FROM certificate_requests WHERE request_id = $1";

fn from_row(row: &Row) -> Result<Request, StoreError> {
    let column = |column, wanted| StoreError::Column { column, wanted };
    Ok(Request {
        id: row.id(0)?,
        terminal: row.text(1)?.to_owned(),
        applicant: ResidentId::parse(row.text(2)?).map_err(|_| column(2, "a resident id"))?,
        choices: serde_json::from_str(row.text(3)?).map_err(|_| column(3, "choices"))?,
        fee: Yen(row.int(4)?),
        paid: Yen(row.int(5)?),
        state: State::parse(row.text(6)?).ok_or(column(6, "a state"))?,
        since: row.timestamp(7)?,
        document_hash: row.opt_blob(8)?.map(<[u8]>::to_vec),
        fetch_token_hash: row.opt_blob(9)?.map(<[u8]>::to_vec),
    })
}

/// The request with this id.
///
/// # Errors
/// The database.
pub fn find(tx: &mut Tx<'_>, id: Id) -> Result<Option<Request>, StoreError> {
    tx.query_one(COLUMNS, &[id.into()])?.as_ref().map(from_row).transpose()
}

/// A new request, awaiting payment.
///
/// # Errors
/// The database.
pub fn insert(tx: &mut Tx<'_>, request: &Request, now: Timestamp) -> Result<(), StoreError> {
    let choices = serde_json::to_string(&request.choices)
        .map_err(|error| StoreError::Engine { context: "writing choices", reason: error.to_string() })?;
    tx.queue(
        "INSERT INTO certificate_requests (request_id, terminal_id, resident_id, kind, choices, copies, fee_yen, \
         paid_yen, state, state_since, began_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        &[
            request.id.into(),
            request.terminal.as_str().into(),
            request.applicant.as_str().into(),
            request.choices.kind.as_str().into(),
            choices.into(),
            i64::from(request.choices.copies).into(),
            request.fee.into(),
            request.paid.into(),
            request.state.as_str().into(),
            now.into(),
            now.into(),
        ],
    )?;
    tx.reach("request.begun");
    Ok(())
}

/// Seconds until the time of `request` in its state runs out; `None` when it is over already.
pub fn ends_in_seconds(request: &Request, now: Timestamp) -> Option<i64> {
    let is_open = request.state.after(Event::FoundAfterRestart).is_some();
    is_open.then(|| (ABANDONED_AFTER_SECONDS - now.seconds_since(request.since)).max(0))
}

/// Whether the time of `request` in its state has run out: nothing but its end may happen to it any more.
pub fn is_late(request: &Request, now: Timestamp) -> bool {
    ends_in_seconds(request, now) == Some(0)
}

/// Moves `request` on, in the row and in the value, with the money that moves. `false`, and nothing changed, when the event
/// cannot happen in its state or another process moved it first.
///
/// # Errors
/// The database.
pub fn move_on(tx: &mut Tx<'_>, request: &mut Request, event: Event, now: Timestamp) -> Result<bool, StoreError> {
    let Some(next) = request.state.after(event) else { return Ok(false) };
    let changed = tx.execute(
        "UPDATE certificate_requests SET state = $1, state_since = $2 WHERE request_id = $3 AND state = $4",
        &[next.as_str().into(), now.into(), request.id.into(), request.state.as_str().into()],
    )?;
    if changed != 1 {
        return Ok(false);
    }
    match event {
        Event::PaymentKept => {
            request.paid = request.fee;
            tx.queue(
                "UPDATE certificate_requests SET paid_yen = fee_yen, paid_at = $1 WHERE request_id = $2",
                &[now.into(), request.id.into()],
            )?;
        }
        Event::RefundPaid => tx.queue(
            "UPDATE certificate_requests SET refunded_at = $1, refunded_by = 'machine' WHERE request_id = $2",
            &[now.into(), request.id.into()],
        )?,
        _ => {}
    }
    (request.state, request.since) = (next, now);
    tx.reach(event.point());
    Ok(true)
}

/// Writes why the register said no, for the counter only.
///
/// # Errors
/// The database.
pub fn note_cause(tx: &mut Tx<'_>, id: Id, cause: &str) -> Result<(), StoreError> {
    tx.queue("UPDATE certificate_requests SET refusal_cause = $1 WHERE request_id = $2", &[cause.into(), id.into()])
}

/// The fee for one copy at a machine on `day`: the newest row not after it. `None` when the city has set no fee.
///
/// # Errors
/// The database.
pub fn machine_fee(tx: &mut Tx<'_>, kind: CertificateKind, day: base::Date) -> Result<Option<Yen>, StoreError> {
    tx.query_one(
        "SELECT kiosk_yen FROM certificate_fees WHERE kind = $1 AND valid_from <= $2 ORDER BY valid_from DESC LIMIT 1",
        &[kind.as_str().into(), day.into()],
    )?
    .map(|row| row.int(0).map(Yen))
    .transpose()
}

/// The same at the counter.
///
/// # Errors
/// The database.
pub fn counter_fee(tx: &mut Tx<'_>, kind: CertificateKind, day: base::Date) -> Result<Option<Yen>, StoreError> {
    tx.query_one(
        "SELECT counter_yen FROM certificate_fees WHERE kind = $1 AND valid_from <= $2 \
         ORDER BY valid_from DESC LIMIT 1",
        &[kind.as_str().into(), day.into()],
    )?
    .map(|row| row.int(0).map(Yen))
    .transpose()
}

/// What one copy of a kind costs from a day on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fee {
    /// Which kind.
    pub kind: CertificateKind,
    /// The first day.
    pub from: base::Date,
    /// At a machine.
    pub machine: Yen,
    /// At the counter.
    pub counter: Yen,
    /// By which ordinance or decision.
    pub source: String,
}

/// Every fee that was ever set, by kind, newest first. Kinds that this build does not know are left out.
///
/// # Errors
/// The database.
pub fn fees(tx: &mut Tx<'_>) -> Result<Vec<Fee>, StoreError> {
    let sql = "SELECT kind, valid_from, kiosk_yen, counter_yen, source FROM certificate_fees \
               ORDER BY kind, valid_from DESC";
    let fee = |row: &Row| {
        let Some(kind) = CertificateKind::parse(row.text(0)?) else { return Ok(None) };
        let (machine, counter, source) = (Yen(row.int(2)?), Yen(row.int(3)?), row.text(4)?.to_owned());
        Ok(Some(Fee { kind, from: row.date(1)?, machine, counter, source }))
    };
    tx.query(sql, &[])?.iter().filter_map(|row| fee(row).transpose()).collect()
}

/// Forgets a fee that is not in force yet. `false` when there is none.
///
/// # Errors
/// The database.
pub fn call_off_fee(tx: &mut Tx<'_>, kind: CertificateKind, from: base::Date) -> Result<bool, StoreError> {
    let gone = tx.execute(
        "DELETE FROM certificate_fees WHERE kind = $1 AND valid_from = $2",
        &[kind.as_str().into(), from.into()],
    )?;
    Ok(gone == 1)
}

/// Sets a fee from a day on. Setting the same day again replaces it.
///
/// # Errors
/// The database.
pub fn set_fee(
    tx: &mut Tx<'_>,
    kind: CertificateKind,
    from: base::Date,
    machine: Yen,
    counter: Yen,
    source: &str,
) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO certificate_fees (kind, valid_from, kiosk_yen, counter_yen, source) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (kind, valid_from) DO UPDATE SET kiosk_yen = $3, counter_yen = $4, source = $5",
        &[kind.as_str().into(), from.into(), machine.into(), counter.into(), source.into()],
    )
    .map(|_| ())
}

/// Requests begun on `day` in Japan, by kind, terminal and state: for the staff console, without content.
///
/// # Errors
/// The database.
pub fn counts_of_day(tx: &mut Tx<'_>, day: base::Date) -> Result<Vec<DayCount>, StoreError> {
    let from = Timestamp::in_japan(day, 0, 0, 0);
    let to = Timestamp::in_japan(day.plus_days(1), 0, 0, 0);
    tx.query(
        "SELECT kind, terminal_id, state, COUNT(*) FROM certificate_requests WHERE began_at >= $1 AND began_at < $2 \
         GROUP BY kind, terminal_id, state ORDER BY kind, terminal_id, state",
        &[from.into(), to.into()],
    )?
    .iter()
    .map(|row| {
        Ok(DayCount {
            kind: row.text(0)?.to_owned(),
            terminal: row.text(1)?.to_owned(),
            state: State::parse(row.text(2)?).ok_or(StoreError::Column { column: 2, wanted: "a state" })?,
            count: row.int(3)?,
        })
    })
    .collect()
}

/// One line of [`counts_of_day`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DayCount {
    /// The kind's word.
    pub kind: String,
    /// The terminal's id.
    pub terminal: String,
    /// The state.
    pub state: State,
    /// How many.
    pub count: i64,
}
