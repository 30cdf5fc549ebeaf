//! Papers withdrawn by staff (証明書の取消し): a misprint, a wrong record, a paper given to the wrong person.
//!
//! For good: nothing here makes a withdrawn paper valid again; a new one is issued instead. A paper is known by the
//! random id of its request, whichever service issued it.
//!
//! ```text
//!   one asks, another approves (staff::two_persons) ─► withdraw ─► row, audit, relay ─► /verify says withdrawn
//! ```

use base::{Id, Seams, Timestamp};
use store::{StoreError, Tx};

use crate::access::Actor;
use crate::audit::{self, Event};
use crate::relay::RelayError;
use crate::relay::paper_status::{self, PaperState};

/// That and why a paper was withdrawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Withdrawn {
    /// When.
    pub at: Timestamp,
    /// Why, for colleagues. Nothing personal.
    pub reason: String,
}

/// Withdraws a paper and tells the outside. Doing it again changes nothing.
///
/// # Errors
/// The database.
pub fn withdraw(tx: &mut Tx<'_>, seams: &Seams, actor: &Actor, request: Id, reason: &str) -> Result<(), StoreError> {
    let is_new = tx.execute(
        "INSERT INTO withdrawn_papers (request_id, reason, withdrawn_at, withdrawn_by) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (request_id) DO NOTHING",
        &[request.into(), reason.into(), seams.now().into(), actor.key().into()],
    )? == 1;
    if !is_new {
        return Ok(());
    }
    paper_status::push(tx, seams, request, PaperState::Withdrawn).map_err(|error| match error {
        RelayError::Store(error) => error,
        other => StoreError::Engine { context: "telling the other zone", reason: other.to_string() },
    })?;
    let request = request.to_string();
    let details = [("request", request.as_str()), ("text", reason)];
    audit::append(tx, seams, actor, Event::CertificateWithdrawn, &details).map(|_| ())
}

/// Whether staff withdrew this paper.
///
/// # Errors
/// The database.
pub fn withdrawn(tx: &mut Tx<'_>, request: Id) -> Result<Option<Withdrawn>, StoreError> {
    tx.query_one("SELECT withdrawn_at, reason FROM withdrawn_papers WHERE request_id = $1", &[request.into()])?
        .map(|row| Ok(Withdrawn { at: row.timestamp(0)?, reason: row.text(1)?.to_owned() }))
        .transpose()
}
