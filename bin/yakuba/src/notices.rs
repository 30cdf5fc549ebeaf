//! Notices put together: what the relay carries between the zones, who answers "why did I get this?", and the work that goes on
//! beside the doors.

use std::sync::Arc;

use services::notices_for_you::campaigns::sending::{self, StillMeant};
use services::notices_for_you::campaigns::{counters, why};
use services::notices_for_you::facts::{Kept, Registered};
use tools::portal::Post;
use tools::portal::post::Desk;
use tools::relay::Router;
use tools::{Inside, Outside, dispatch};

use crate::city::OpenCity;
use crate::portal::Ends;

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

/// The inside's desk with the answer to "why did I get this?".
pub fn answering(desk: Desk, city: &OpenCity, ends: &Ends) -> Desk {
    let (inside, post) = (city.inside().clone(), ends.inside.clone());
    desk.on(why::ASKED, move |opened| why::answer(&inside, &post, opened, Registered))
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
