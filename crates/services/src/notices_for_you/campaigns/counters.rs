//! What the outside tells of a notice: how many were told, how many messages came back, how many said 関係ない. And what the
//! inside answers: stop telling, go on.
//!
//! ```text
//!  channel_campaigns (outside) ── notice_counters: letter, counts ─► inside: judged ─► stopped by itself
//!                              ◄─ notice_halt: letter, stop or go on ── an officer
//! ```
//! Counts only, never who. They are told as they stand, not as what was added: told twice or out of order changes nothing.

use serde::{Deserialize, Serialize};
use store::Tx;
use tools::access::Actor;
use tools::audit::Zone;
use tools::channels::kill_switch::{self, Counters};
use tools::dispatch::{self, Dispatch, RECHECKED, State};
use tools::mailbox::LetterId;
use tools::relay::{self, HandleError, Message, RelayError};
use tools::{Outside, channels};

use super::of_letter;

/// Outside → inside.
pub const COUNTERS: &str = "notice_counters";
/// Inside → outside.
pub const HALT: &str = "notice_halt";
/// Letters of one run.
const STEP: i64 = 100;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Told {
    letter: String,
    handed_over: i64,
    hard_bounces: i64,
    irrelevant: i64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Halt {
    letter: String,
    stop: bool,
}

/// The job outside: tells the inside of notices whose counters moved. Returns how many.
///
/// # Errors
/// [`RelayError`].
pub fn tell(outside: &Outside) -> Result<usize, RelayError> {
    let seams = outside.seams.clone();
    outside.store.write::<_, RelayError, _>(move |tx| {
        let rows = tx.query(
            "SELECT l.letter_id, c.handed_over, c.hard_bounces, c.irrelevant FROM mailbox_letters l \
             JOIN channel_campaigns c ON c.campaign_id = l.letter_id \
             LEFT JOIN notice_counters_told t ON t.letter_id = l.letter_id \
             WHERE l.sender = $1 AND l.campaign <> 'schemes' AND (t.letter_id IS NULL OR t.handed_over < c.handed_over \
             OR t.hard_bounces < c.hard_bounces OR t.irrelevant < c.irrelevant) ORDER BY l.letter_id DESC LIMIT $2",
            &[RECHECKED.into(), STEP.into()],
        )?;
        for row in &rows {
            let told = Told {
                letter: row.text(0)?.to_owned(),
                handed_over: row.int(1)?,
                hard_bounces: row.int(2)?,
                irrelevant: row.int(3)?,
            };
            tx.execute(
                "INSERT INTO notice_counters_told (letter_id, handed_over, hard_bounces, irrelevant) VALUES ($1, $2, $3, $4) \
                 ON CONFLICT (letter_id) DO UPDATE SET handed_over = excluded.handed_over, \
                 hard_bounces = excluded.hard_bounces, irrelevant = excluded.irrelevant",
                &[
                    told.letter.as_str().into(),
                    told.handed_over.into(),
                    told.hard_bounces.into(),
                    told.irrelevant.into(),
                ],
            )?;
            relay::send(tx, &seams, Zone::Inside, COUNTERS, serde_json::json!(told).to_string().as_bytes())?;
        }
        Ok(rows.len())
    })
}

/// Takes counters inside, and stops the notice when they are too many.
///
/// # Errors
/// [`HandleError`].
pub fn receive(tx: &mut Tx<'_>, seams: &base::Seams, message: &Message) -> Result<(), HandleError> {
    let told: Told = serde_json::from_slice(&message.body).map_err(|_| HandleError::Malformed("counters"))?;
    let counts = [told.handed_over, told.hard_bounces, told.irrelevant];
    if counts.iter().any(|count| !(0..=100_000_000).contains(count)) {
        return Err(HandleError::Malformed("counters"));
    }
    // Letters of the same sender that no officer wrote have no campaign.
    let Some(campaign) = of_letter(tx, &told.letter)? else { return Ok(()) };
    let (handed_over, bounces, irrelevant) = (
        campaign.handed_over.max(told.handed_over),
        campaign.hard_bounces.max(told.hard_bounces),
        campaign.irrelevant.max(told.irrelevant),
    );
    tx.execute(
        "UPDATE notice_campaigns SET handed_over = $2, hard_bounces = $3, irrelevant = $4 WHERE campaign_id = $1",
        &[campaign.id.into(), handed_over.into(), bounces.into(), irrelevant.into()],
    )?;
    let Some(dispatch) = campaign.dispatch.filter(|_| campaign.paused_for.is_none()) else { return Ok(()) };
    // Everybody in whose box it lies may say 関係ない, told by a channel or not.
    let whole = handed_over.max(dispatch.placed);
    let count = |count: i64| u64::try_from(count).unwrap_or(0);
    let seen = Counters { handed_over: count(whole), hard_bounces: count(bounces), irrelevant: count(irrelevant) };
    let Some(stop) = kill_switch::judge(seen) else { return Ok(()) };
    let paused = tx.execute(
        "UPDATE notice_campaigns SET paused_for = $2 WHERE campaign_id = $1 \
         AND (hard_bounces > allowed_bounces OR irrelevant > allowed_irrelevant)",
        &[campaign.id.into(), stop.word().into()],
    )?;
    if paused > 0 && dispatch.state == State::Sending {
        let job = Actor::System { job: "notices-for-you" };
        dispatch::halt(tx, seams, &job, dispatch.id, true).map_err(refused)?;
    }
    if paused > 0 {
        tell_halt(tx, seams, &dispatch, true).map_err(|_| HandleError::Refused("the relay"))?;
    }
    Ok(())
}

fn refused(error: dispatch::DispatchError) -> HandleError {
    match error {
        dispatch::DispatchError::Store(error) => error.into(),
        _ => HandleError::Refused("the dispatch cannot be stopped"),
    }
}

/// Tells the outside to stop telling people of this letter, or to go on.
///
/// # Errors
/// [`RelayError`].
pub(super) fn tell_halt(
    tx: &mut Tx<'_>,
    seams: &base::Seams,
    dispatch: &Dispatch,
    stop: bool,
) -> Result<(), RelayError> {
    let body = Halt { letter: dispatch.letter.to_string(), stop };
    relay::send(tx, seams, Zone::Outside, HALT, serde_json::json!(body).to_string().as_bytes()).map(drop)
}

/// Takes [`HALT`] outside.
///
/// # Errors
/// [`HandleError`].
pub fn receive_halt(tx: &mut Tx<'_>, seams: &base::Seams, message: &Message) -> Result<(), HandleError> {
    let malformed = || HandleError::Malformed("a letter to stop");
    let body: Halt = serde_json::from_slice(&message.body).map_err(|_| malformed())?;
    let letter = LetterId::parse(&body.letter).ok_or_else(malformed)?;
    if body.stop {
        channels::pause(tx, letter.id())?;
    } else {
        channels::resume(tx, letter.id(), seams.now())?;
    }
    Ok(())
}
