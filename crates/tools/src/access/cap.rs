//! How many records an hour one actor may open.

use base::Seams;
use store::Tx;

use super::{AccessError, Actor};
use crate::disclosure;

/// Stops an actor who would open more than their hourly cap.
pub(super) fn check(tx: &mut Tx, seams: &Seams, actor: &Actor, more: u32) -> Result<(), AccessError> {
    let Some(limit) = actor.hourly_cap() else { return Ok(()) };
    let since = seams.now().plus_seconds(-3600);
    let opened = disclosure::opened_since(tx, actor, since, limit)?;
    if opened.saturating_add(more) > limit { Err(AccessError::TooMany { limit }) } else { Ok(()) }
}
