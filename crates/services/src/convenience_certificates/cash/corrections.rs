//! Correcting a closed day: one person asks, another approves the very sum and note, and it becomes the next revision.

use base::{Date, Id, Seams, Timestamp, Yen};
use store::{StoreError, Tx};
use tools::approvals::{self, Approval, Proposal};
use tools::staff::{Account, Action};

use super::{CashError, Closed, Unsound, may, newest, sound_note, sound_sum, write};

/// The name of a correction among two-person actions.
const CORRECTION: &str = "cash.correct";

/// What was counted in a machine's box: to close its day, or to correct that, for which a second person is waited for.
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
