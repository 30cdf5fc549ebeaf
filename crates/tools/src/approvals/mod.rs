//! Two-person actions (二者承認): what one member of staff must not do alone.
//!
//! For staff accounts and roles, stopping measures for protected persons, exporting lists, changing fees. One person
//! proposes, another approves the very bytes that will be carried out, and they are carried out once, before a time.
//! The rules are in [`model`]; this file gives them a table and the audit log.

pub mod model;

#[cfg(test)]
mod tests;

pub use model::{Command, Refusal, State};

use base::{Id, Seams, Timestamp};
use store::{Row, StoreError, Tx};

use crate::access::Actor;
use crate::audit::{self, Event};
use crate::digest::{Fields, sha256};

/// How long a proposal waits unless said otherwise: one working day. Our own figure.
pub const WAITS_SECONDS: i64 = 24 * 3600;

/// Why an approval action was not done.
#[derive(Debug, thiserror::Error)]
pub enum ApprovalError {
    /// The rules.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ApprovalError {
    /// What it means to a caller.
    pub const fn kind(&self) -> base::Kind {
        match self {
            Self::Refused(refusal) => refusal.kind(),
            Self::Store(error) => error.kind(),
        }
    }
}

/// What is to be done.
#[derive(Clone, Copy, Debug)]
pub struct Proposal<'a> {
    /// A stable name, e.g. `staff.grant_role`.
    pub action: &'static str,
    /// On what: an account, a service, a resident's key.
    pub subject: &'a str,
    /// The exact bytes that will be carried out.
    pub payload: &'a [u8],
}

impl Proposal<'_> {
    fn hash(&self) -> [u8; 32] {
        sha256(&[&Fields::of("yakuba approval 1").text(self.action).text(self.subject).bytes(self.payload).finish()])
    }
}

/// A proposal as staff see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approval {
    /// Its id.
    pub id: Id,
    /// What is to be done.
    pub action: String,
    /// On what.
    pub subject: String,
    /// In words, for the person who approves.
    pub summary: String,
    /// Where it stands; time is not looked at, compare `expires_at`.
    pub state: State,
    /// The account that proposed.
    pub proposer: Id,
    /// When.
    pub proposed_at: Timestamp,
    /// From this instant on it is too late.
    pub expires_at: Timestamp,
    /// Who approved or declined.
    pub decider: Option<Id>,
}

fn account(actor: &Actor) -> Result<Id, Refusal> {
    match actor {
        Actor::Staff { account } | Actor::CounterCommand { account: Some(account) } => Ok(*account),
        _ => Err(Refusal::NotStaff),
    }
}

/// Proposes. `summary` tells the approver in words what will happen; it expires after `waits_seconds`.
///
/// # Errors
/// [`Refusal::NotStaff`], [`StoreError`].
pub fn propose(
    tx: &mut Tx,
    seams: &Seams,
    actor: &Actor,
    proposal: &Proposal<'_>,
    summary: &str,
    waits_seconds: i64,
) -> Result<Id, ApprovalError> {
    let account = account(actor)?;
    let (id, now) = (seams.random_id(), seams.now());
    tx.execute(
        "INSERT INTO approval (id, action, subject, summary, payload_hash, state, proposer, proposed_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, 'proposed', $6, $7, $8)",
        &[
            id.into(),
            proposal.action.into(),
            proposal.subject.into(),
            summary.into(),
            proposal.hash().as_slice().into(),
            account.into(),
            now.into(),
            now.plus_seconds(waits_seconds).into(),
        ],
    )?;
    note(tx, seams, actor, Event::ApprovalProposed, id, proposal.action, proposal.subject, summary)?;
    Ok(id)
}

/// Approves another person's proposal.
///
/// # Errors
/// [`Refusal`] in [`ApprovalError::Refused`]; [`StoreError`].
pub fn approve(tx: &mut Tx, seams: &Seams, actor: &Actor, id: Id) -> Result<(), ApprovalError> {
    judge(tx, seams, actor, id, Command::Approve, "")
}

/// Declines a proposal, or takes one's own back, also after it was approved.
///
/// # Errors
/// As [`approve`].
pub fn decline(tx: &mut Tx, seams: &Seams, actor: &Actor, id: Id, reason: &str) -> Result<(), ApprovalError> {
    judge(tx, seams, actor, id, Command::Decline, reason)
}

fn judge(
    tx: &mut Tx,
    seams: &Seams,
    actor: &Actor,
    id: Id,
    command: Command,
    reason: &str,
) -> Result<(), ApprovalError> {
    let account = account(actor)?;
    let approval = get(tx, id)?.ok_or(Refusal::Unknown)?;
    let state = next(&approval, command, account, seams)?;
    tx.execute(
        "UPDATE approval SET state = $2, decider = $3, decided_at = $4, reason = $5 WHERE id = $1",
        &[id.into(), state.word().into(), account.into(), seams.now().into(), reason.into()],
    )?;
    let event = if state == State::Approved { Event::ApprovalApproved } else { Event::ApprovalDeclined };
    note(tx, seams, actor, event, id, &approval.action, &approval.subject, reason)?;
    Ok(())
}

/// Uses up an approval, in the transaction that carries the action out: the caller does the work after this returns,
/// and if that fails the approval is not used up either.
///
/// # Errors
/// [`Refusal::OtherPayload`] when action, subject or payload are not those approved; other [`Refusal`]s; [`StoreError`].
pub fn execute(
    tx: &mut Tx,
    seams: &Seams,
    actor: &Actor,
    id: Id,
    proposal: &Proposal<'_>,
) -> Result<(), ApprovalError> {
    let account = account(actor)?;
    let approval = get(tx, id)?.ok_or(Refusal::Unknown)?;
    let state = next(&approval, Command::Execute, account, seams)?;
    let bound = tx.query_one("SELECT payload_hash FROM approval WHERE id = $1", &[id.into()])?;
    if bound.as_ref().map(|row| row.blob(0)).transpose()? != Some(proposal.hash().as_slice()) {
        return Err(Refusal::OtherPayload.into());
    }
    tx.execute(
        "UPDATE approval SET state = $2, executor = $3, executed_at = $4 WHERE id = $1",
        &[id.into(), state.word().into(), account.into(), seams.now().into()],
    )?;
    note(tx, seams, actor, Event::ApprovalExecuted, id, &approval.action, &approval.subject, "")?;
    Ok(())
}

fn next(approval: &Approval, command: Command, account: Id, seams: &Seams) -> Result<State, Refusal> {
    let proposer = approval.proposer.to_string();
    let standing = model::Standing { state: approval.state, proposer: &proposer, expires_at: approval.expires_at };
    model::decide(standing, command, &account.to_string(), seams.now())
}

#[expect(clippy::too_many_arguments, reason = "one private call shape for four events")]
fn note(
    tx: &mut Tx,
    seams: &Seams,
    actor: &Actor,
    event: Event,
    id: Id,
    action: &str,
    subject: &str,
    text: &str,
) -> Result<(), StoreError> {
    let id = id.to_string();
    let details = [("approval", id.as_str()), ("action", action), ("subject", subject), ("text", text)];
    audit::append(tx, seams, actor, event, &details)?;
    Ok(())
}

/// The columns [`read`] reads, and which rows.
macro_rules! select {
    ($rows:literal) => {
        concat!(
            "SELECT id, action, subject, summary, state, proposer, proposed_at, expires_at, decider FROM approval ",
            $rows
        )
    };
}

/// One proposal.
///
/// # Errors
/// [`StoreError`].
pub fn get(tx: &mut Tx, id: Id) -> Result<Option<Approval>, StoreError> {
    let row = tx.query_one(select!("WHERE id = $1"), &[id.into()])?;
    row.as_ref().map(read).transpose()
}

/// Proposals that wait for somebody at `now`, newest first, at most 200.
///
/// # Errors
/// [`StoreError`].
pub fn waiting(tx: &mut Tx, now: Timestamp) -> Result<Vec<Approval>, StoreError> {
    tx.query(
        select!(
            "WHERE state IN ('proposed', 'approved') AND expires_at > $1 ORDER BY proposed_at DESC, id DESC LIMIT 200"
        ),
        &[now.into()],
    )?
    .iter()
    .map(read)
    .collect()
}

fn read(row: &Row) -> Result<Approval, StoreError> {
    Ok(Approval {
        id: row.id(0)?,
        action: row.text(1)?.to_owned(),
        subject: row.text(2)?.to_owned(),
        summary: row.text(3)?.to_owned(),
        state: State::from_word(row.text(4)?).ok_or(StoreError::Column { column: 4, wanted: "a state" })?,
        proposer: row.id(5)?,
        proposed_at: row.timestamp(6)?,
        expires_at: row.timestamp(7)?,
        decider: row.opt_text(8)?.and_then(|text| Id::parse(text).ok()),
    })
}
