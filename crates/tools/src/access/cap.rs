//! How many records an hour one actor may open.

use base::Seams;
use store::Tx;

use super::{AccessError, Actor};
use crate::audit::{self, Event};
use crate::{disclosure, incidents};

/// Stops an actor who has opened their hourly cap already; `more` records are about to follow. The access that reaches
/// the cap is still given (a search may go up to a page beyond) and leaves an audit entry and an incident **with it**:
/// a refusal is an error, which would take its own report back.
pub(super) fn check(tx: &mut Tx, seams: &Seams, actor: &Actor, more: u32) -> Result<(), AccessError> {
    let Some(limit) = actor.hourly_cap() else { return Ok(()) };
    let since = seams.now().plus_seconds(-3600);
    let opened = disclosure::opened_since(tx, actor, since, limit)?;
    if opened >= limit {
        return Err(AccessError::TooMany { limit });
    }
    if opened.saturating_add(more) >= limit {
        audit::append(tx, seams, actor, Event::AccessCapReached, &[("limit", &limit.to_string())])?;
        let report = incidents::Report {
            service: "access",
            kind: "hourly_cap_reached",
            stops: false,
            note: "a member of staff opened as many records within an hour as they may; the audit log says who",
        };
        incidents::open(tx, seams, actor, &report)?;
    }
    Ok(())
}
