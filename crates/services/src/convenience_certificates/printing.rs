//! What is written down of printing: each attempt before it is sent, what held it up, and how it ended.
//!
//! ```text
//!  fetch ─► started (row, name of the job) ─► the machine's printer ─► noted* ─► ended ─► print_acknowledged | stop
//! ```
//! A paper that comes out in the end is no proof that all was well (I12): whatever held it up, or was not answered, is an
//! incident for staff to see. A printer that mixes jobs up stops the service.

use base::Id;
use store::{StoreError, Tx};
use tools::Inside;
use tools::terminals::Terminal;
use tools::terminals::printer::run::{Note, Outcome};
use tools::terminals::printer::{JobNumber, name_of};

use super::actions::{ActionError, Answer};
use super::ending::report;
use super::refusal::Refusal;
use super::request::State;
use super::requests;

/// Writes that the paper of `request` is about to be sent, and returns the attempt, whose id is in the name of the job.
///
/// # Errors
/// [`ActionError`]; inner: the request's bytes were not handed out, or an attempt is under way or came out: a paper is
/// printed again only by another request.
pub fn started(city: &Inside, request: Id) -> Answer<Id> {
    let seams = city.seams.clone();
    let attempt = seams.random_id();
    city.store.write(move |tx| {
        let Some(found) = requests::find(tx, request)? else { return Ok(Err(Refusal::AlreadyEnded)) };
        let sent = "SELECT attempt_id FROM certificate_prints WHERE request_id = $1 AND state <> 'not_printed' LIMIT 1";
        if found.state != State::Printing || tx.query_one(sent, &[request.into()])?.is_some() {
            return Ok(Err(Refusal::AlreadyEnded));
        }
        tx.execute(
            "INSERT INTO certificate_prints (attempt_id, request_id, terminal_id, state, sent_at) \
             VALUES ($1, $2, $3, 'sent', $4)",
            &[attempt.into(), request.into(), found.terminal.as_str().into(), seams.now().into()],
        )?;
        Ok(Ok(attempt))
    })
}

/// Writes how the attempt ended. What staff must look at is an incident; a printer that mixes jobs up stops the service.
///
/// # Errors
/// [`ActionError`].
pub fn ended(city: &Inside, attempt: Id, number: Option<JobNumber>, outcome: Outcome) -> Result<(), ActionError> {
    let seams = city.seams.clone();
    city.store.write(move |tx| {
        let state = match outcome {
            Outcome::Printed => "printed",
            Outcome::NotPrinted => "not_printed",
            Outcome::Unclear => "unclear",
            Outcome::Wrong(_) => "wrong",
        };
        tx.execute(
            "UPDATE certificate_prints SET state = $2, job_number = $3, ended_at = $4 WHERE attempt_id = $1",
            &[attempt.into(), state.into(), number.map(i64::from).into(), seams.now().into()],
        )?;
        let place = place(tx, attempt)?;
        match outcome {
            Outcome::Printed | Outcome::NotPrinted => Ok(()),
            Outcome::Unclear => {
                let note = format!("{place}: look into the tray; the fee was given back");
                Ok(report(tx, &seams, "print-unclear", false, &note)?)
            }
            Outcome::Wrong(mismatch) => {
                let note = format!("{place}: {mismatch}; take every sheet out of the tray");
                Ok(report(tx, &seams, mismatch.code(), true, &note)?)
            }
        }
    })
}

/// Writes what held an attempt up, and opens an incident that stops nothing.
///
/// # Errors
/// [`ActionError`].
pub fn noted(city: &Inside, attempt: Id, note: Note) -> Result<(), ActionError> {
    let seams = city.seams.clone();
    city.store.write(move |tx| {
        let (trouble, kind) = of_note(note);
        tx.execute(
            "UPDATE certificate_prints SET trouble = $2 WHERE attempt_id = $1",
            &[attempt.into(), trouble.into()],
        )?;
        let place = place(tx, attempt)?;
        Ok(report(tx, &seams, &kind, false, &place)?)
    })
}

/// What held a receipt up, for staff: an incident that stops nothing.
///
/// # Errors
/// [`ActionError`].
pub fn receipt_noted(city: &Inside, at: &Terminal, note: Note) -> Result<(), ActionError> {
    let (seams, place) = (city.seams.clone(), place_of(at));
    city.store.write(move |tx| Ok(report(tx, &seams, &of_note(note).1, false, &place)?))
}

/// How a receipt ended. Whether it came is between the person and the machine: the request it is about ended before. A
/// printer that mixes jobs up stops the service, whatever it mixed up.
///
/// # Errors
/// [`ActionError`].
pub fn receipt_ended(city: &Inside, at: &Terminal, outcome: Outcome) -> Result<(), ActionError> {
    let (seams, place) = (city.seams.clone(), place_of(at));
    let (kind, stops, note) = match outcome {
        Outcome::Printed | Outcome::NotPrinted => return Ok(()),
        Outcome::Unclear => ("receipt-unclear", false, format!("{place}: a receipt may lie in the printer")),
        Outcome::Wrong(mismatch) => {
            (mismatch.code(), true, format!("{place}: {mismatch}; take every sheet out of the tray"))
        }
    };
    city.store.write(move |tx| Ok(report(tx, &seams, kind, stops, &note)?))
}

fn place_of(terminal: &Terminal) -> String {
    format!("{} {}", terminal.place, terminal.name)
}

/// The word and the kind of incident of what held something up.
fn of_note(note: Note) -> (&'static str, String) {
    match note {
        Note::Held(trouble) => (trouble.code(), format!("printer-{}", trouble.code())),
        Note::NoAnswer => ("no-answer", "printer-no-answer".to_owned()),
    }
}

/// Where the machine of an attempt stands; never who stood there.
fn place(tx: &mut Tx<'_>, attempt: Id) -> Result<String, StoreError> {
    let row = tx.query_one(
        "SELECT t.place, t.name FROM certificate_prints p JOIN terminals t ON t.terminal_id = p.terminal_id \
         WHERE p.attempt_id = $1",
        &[attempt.into()],
    )?;
    row.map_or_else(|| Ok("a machine".to_owned()), |row| Ok(format!("{} {}", row.text(0)?, row.text(1)?)))
}

/// Names of jobs that may lie in a printer though nobody waits for them any more: of requests that ended. Whoever finds
/// one there calls it back.
///
/// # Errors
/// [`ActionError`].
pub fn left_over(city: &Inside) -> Result<Vec<String>, ActionError> {
    city.store.read(|tx| {
        let rows = tx.query(
            "SELECT p.request_id, p.attempt_id FROM certificate_prints p \
             JOIN certificate_requests r ON r.request_id = p.request_id \
             WHERE p.state IN ('sent', 'unclear', 'wrong') AND r.state <> 'printing' ORDER BY p.sent_at DESC LIMIT 200",
            &[],
        )?;
        rows.iter().map(|row| Ok(name_of(row.id(0)?, row.id(1)?))).collect()
    })
}
