//! Messages between the zones. The register's zone is not on the internet and the portals' zone never opens the
//! register; what one must know of the other is **sent**, signed, and taken exactly once.
//!
//! ```text
//!  inside                                                                      outside
//!  ┌─────────────────────────┐   carrier: in process, HTTP, files in a folder   ┌─────────────────────────┐
//!  │ cause + outbox row      │   ┌──────────────────────────────────────────┐   │ handler + received id   │
//!  │ (one transaction)       │──►│ parcel: messages 41–57, "I have 12",     │──►│ + number (one           │
//!  │ number, sign: the pump  │◄──│ signed by the zone's key                 │◄──│ transaction)            │
//!  └─────────────────────────┘   └──────────────────────────────────────────┘   └─────────────────────────┘
//! ```
//!
//! * Sent at least once, acted upon once: what is not acknowledged is sent again; a message id that was received is
//!   not acted upon again. Either side may stop at any point.
//! * A number is used for one message. A zone set back to an old backup is noticed (its numbers run behind, or name
//!   other messages) and numbers what it keeps anew; ids keep that harmless.
//! * A parcel that was changed or signed by another is refused, counted and reported as an incident.
//! * An unknown kind, or a handler that refuses, stops the queue there and reports; nothing is skipped.
//!
//! Parcels are signed, not encrypted: the carrier between the zones is a closed line or TLS, and personal content is
//! sealed by whoever sends it.

pub mod audit_heads;
pub mod directory;
mod endpoint;
pub mod http;
pub mod paper_status;
mod parcel;

#[cfg(test)]
mod tests;

pub use crate::audit::Zone;
pub use endpoint::{Endpoint, Progress, Taken};
pub use parcel::{BODY_BYTES, Message, PARCEL_BYTES, PARCEL_MESSAGES, Parcel, ParcelError};

use std::collections::BTreeMap;
use std::sync::Arc;

use base::{Id, Kind, Seams, Timestamp};
use store::{StoreError, Tx};

/// How long acknowledged messages are kept to be sent again to a zone that was set back to a backup: longer than any
/// backup one would restore. Our own figure.
const KEEP_SENT_SECONDS: i64 = 35 * 86_400;
/// Ids are remembered twice as long.
const KEEP_RECEIVED_SECONDS: i64 = 70 * 86_400;

/// Why the relay did not do something.
#[derive(Debug, thiserror::Error)]
pub enum RelayError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A parcel was refused; it has been reported.
    #[error("a parcel was refused: {0}")]
    Parcel(#[from] ParcelError),
    /// The carrier failed; everything stays to be sent again.
    #[error("the other zone was not reached: {0}")]
    Carrier(#[from] CarrierError),
    /// A body is longer than [`BODY_BYTES`].
    #[error("a message may have at most {BODY_BYTES} bytes")]
    TooLong,
    /// A folder cannot be used.
    #[error("the relay's folder cannot be used: {0}")]
    Folder(#[from] std::io::Error),
}

impl RelayError {
    /// What it means to a caller.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Store(error) => error.kind(),
            Self::Parcel(_) => Kind::Forbidden,
            Self::Carrier(_) | Self::Folder(_) => Kind::Unavailable,
            Self::TooLong => Kind::Invalid,
        }
    }
}

/// Why a carrier did not bring an answer. Nothing personal.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct CarrierError(pub String);

/// Why a handler does not take a message: nothing it wrote is kept and the message waits.
#[derive(Debug, thiserror::Error)]
pub enum HandleError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The body is not what its kind promises.
    #[error("the content cannot be read: {0}")]
    Malformed(&'static str),
    /// A rule forbids it.
    #[error("refused: {0}")]
    Refused(&'static str),
}

/// Brings a parcel to the other zone and its answer back.
pub trait Carrier {
    /// # Errors
    /// [`CarrierError`] when no answer came; the parcel may have arrived all the same.
    fn carry(&self, parcel: &[u8]) -> Result<Vec<u8>, CarrierError>;
}

/// The other zone in this process (the demo).
pub struct InProcess<'a>(pub &'a Endpoint);

impl Carrier for InProcess<'_> {
    fn carry(&self, parcel: &[u8]) -> Result<Vec<u8>, CarrierError> {
        self.0.answer(parcel).map_err(|error| CarrierError(error.to_string()))
    }
}

/// Acts upon a message in the transaction that records its arrival. Must be pure but for `tx`; it may run twice.
pub type Handler = Arc<dyn Fn(&mut Tx, &Seams, &Message) -> Result<(), HandleError> + Send + Sync>;

/// Which handler takes which kind of message. The relay knows no kind: what a zone takes stands in [`crate::messages`], and
/// services add theirs.
#[derive(Clone, Default)]
pub struct Router(BTreeMap<&'static str, Handler>);

impl Router {
    /// With a handler for `kind`.
    #[must_use]
    pub fn on(
        mut self,
        kind: &'static str,
        handler: impl Fn(&mut Tx, &Seams, &Message) -> Result<(), HandleError> + Send + Sync + 'static,
    ) -> Self {
        self.0.insert(kind, Arc::new(handler));
        self
    }

    fn handle(&self, tx: &mut Tx, seams: &Seams, message: &Message) -> Result<(), HandleError> {
        let handler =
            self.0.get(message.kind.as_str()).ok_or(HandleError::Refused("a kind this zone does not know"))?;
        handler(tx, seams, message)
    }
}

/// Puts a message for zone `to` into the outbox, in the transaction of its cause.
///
/// Messages of one transaction after another arrive in that order; those written at the same instant by different
/// transactions may change places, so a kind's meaning must not depend on it (see [`paper_status`]).
///
/// # Errors
/// [`RelayError::TooLong`], [`RelayError::Store`].
pub fn send(tx: &mut Tx, seams: &Seams, to: Zone, kind: &'static str, body: &[u8]) -> Result<Id, RelayError> {
    if body.len() > BODY_BYTES {
        return Err(RelayError::TooLong);
    }
    let id = seams.time_ordered_id();
    tx.queue(
        "INSERT INTO relay_outbox (id, peer, at, kind, body) VALUES ($1, $2, $3, $4, $5)",
        &[id.into(), to.name().into(), seams.now().into(), kind.into(), body.into()],
    )?;
    Ok(id)
}

/// Forgets what no backup will ask for again. For the nightly job.
///
/// # Errors
/// [`StoreError`].
pub fn purge(tx: &mut Tx, now: Timestamp) -> Result<u64, StoreError> {
    let sent = tx.execute(
        "DELETE FROM relay_outbox WHERE at < $1 AND sequence IS NOT NULL AND sequence <=
             (SELECT p.acknowledged FROM relay_peer p WHERE p.peer = relay_outbox.peer)",
        &[now.plus_seconds(-KEEP_SENT_SECONDS).into()],
    )?;
    let received =
        tx.execute("DELETE FROM relay_received WHERE at < $1", &[now.plus_seconds(-KEEP_RECEIVED_SECONDS).into()])?;
    Ok(sent + received)
}
