//! Notices put together: what the relay carries between the zones, who answers "why did I get this?", and the work that goes on
//! beside the doors.

use std::sync::Arc;

use services::notices_for_you::campaigns::sending::{self, StillMeant};
use services::notices_for_you::campaigns::{counters, why};
use services::notices_for_you::facts::{FactsError, Kept, Registered};
use store::Tx;
use tools::mailbox::LetterId;
use tools::portal::{Post, PostError};
use tools::relay::Router;
use tools::{Inside, Outside, ResidentId, dispatch};
use ui::Language;

/// Seconds between looks for notices whose counters moved, and for those whose people are to be named.
pub const SECONDS: u64 = 5;

/// What the inside takes.
pub fn to_inside() -> Router {
    tools::messages::to_inside().on(counters::COUNTERS, counters::receive)
}

/// What the outside takes.
pub fn to_outside() -> Router {
    tools::messages::to_outside().on(counters::HALT, counters::receive_halt)
}

/// Why `resident` got a letter: judged again by the rule it was sent by; nothing for letters that no rule sent.
///
/// # Errors
/// [`PostError`]: it is asked again.
pub fn reasons(
    tx: &mut Tx<'_>,
    inside: &Inside,
    letter: LetterId,
    resident: &ResidentId,
    language: Language,
) -> Result<Option<Vec<rules::Line>>, PostError> {
    let found = why::why(tx, inside, &letter.to_string(), resident, language, &Registered);
    let found = found.map_err(|error| match error {
        FactsError::Store(error) => PostError::Store(error),
        FactsError::Access(error) => PostError::Access(error),
        _ => PostError::Later("residents' facts cannot be read"),
    })?;
    Ok(found.map(|(_, lines)| lines))
}

/// Sends what dispatches may send now; recipients of notices are judged again before each batch.
///
/// # Errors
/// The databases, in words.
pub fn send_letters(inside: &Inside, post: &Post) -> Result<(), String> {
    let recheck = StillMeant { wishes: &Registered };
    while dispatch::work::step_with(inside, post, Some(&recheck)).map_err(|error| error.to_string())? > 0 {}
    Ok(())
}

/// Names in who looked whom a released notice concerned.
///
/// # Errors
/// The databases, in words.
pub fn name_concerned(inside: &Inside, kept: &Arc<Kept>) -> Result<(), String> {
    sending::name_concerned(inside, kept, &Registered).map(drop).map_err(|error| error.to_string())
}

/// Tells the inside how notices went.
///
/// # Errors
/// The databases, in words.
pub fn tell(outside: &Outside) -> Result<(), String> {
    counters::tell(outside).map(drop).map_err(|error| error.to_string())
}
