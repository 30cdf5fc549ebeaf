//! The job: what is new comes in, what was decided goes out. Whatever fails is asked again at the next run.

use store::StoreError;

use super::pile::{self, PileError};
use super::{Fault, NationalPortal, Ticket, facts, notices};
use crate::access::Actor;
use crate::incidents::{self, Report};
use crate::zone::Inside;

/// What a run did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Done {
    /// Applications that are new.
    pub arrived: usize,
    /// Entries and contents that could not be read.
    pub unreadable: usize,
    /// States and notices told.
    pub told: usize,
}

/// Why a run ended early. What it did before stands.
#[derive(Debug, thiserror::Error)]
pub enum WorkError {
    /// The database, the keys.
    #[error(transparent)]
    Pile(#[from] PileError),
    /// The national portal.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<StoreError> for WorkError {
    fn from(error: StoreError) -> Self {
        Self::Pile(PileError::Store(error))
    }
}

/// A sign-in that is renewed once in a run when it has expired.
struct Desk<'a> {
    portal: &'a dyn NationalPortal,
    ticket: Ticket,
    is_renewed: bool,
}

impl Desk<'_> {
    fn ask<T>(&mut self, ask: impl Fn(&dyn NationalPortal, &Ticket) -> Result<T, Fault>) -> Result<T, Fault> {
        match ask(self.portal, &self.ticket) {
            Err(Fault::Expired) if !self.is_renewed => {
                self.ticket = self.portal.sign_in()?;
                self.is_renewed = true;
                ask(self.portal, &self.ticket)
            }
            Ok(told) => {
                // A sign-in that works may expire again later in a long run.
                self.is_renewed = false;
                Ok(told)
            }
            other => other,
        }
    }
}

/// One run. Blocking.
///
/// # Errors
/// [`WorkError`].
pub fn run(inside: &Inside, portal: &dyn NationalPortal) -> Result<Done, WorkError> {
    let mut desk = Desk { portal, ticket: portal.sign_in()?, is_renewed: false };
    let mut done = Done::default();
    for page in 1..=facts::MOST_PAGES {
        let told = desk.ask(|portal, ticket| portal.list(ticket, page))?;
        done.unreadable += told.unreadable;
        let wanted = inside.store.read::<_, StoreError, _>(|tx| pile::wanted(tx, &told.applications))?;
        for one in wanted {
            let content = match desk.ask(|portal, ticket| portal.fetch(ticket, &one.receipt)) {
                // Not now, for any of them.
                Err(fault @ (Fault::Unreachable | Fault::Expired | Fault::SignInRefused)) => return Err(fault.into()),
                content => content,
            };
            let is_readable = content.is_ok();
            let is_kept = pile::keep(inside, &one, &content)?;
            done.unreadable += usize::from(!is_readable);
            done.arrived += usize::from(is_kept && is_readable);
        }
        if !told.has_more {
            break;
        }
    }
    if done.unreadable > 0 {
        report(inside)?;
    }
    tell(inside, &mut desk, &mut done)?;
    Ok(done)
}

/// States and notices go out.
fn tell(inside: &Inside, desk: &mut Desk<'_>, done: &mut Done) -> Result<(), WorkError> {
    for (id, receipt, status) in inside.store.read::<_, StoreError, _>(pile::untold)? {
        match desk.ask(|portal, ticket| portal.tell_status(ticket, &receipt, status)) {
            Ok(()) => {
                inside.store.write::<_, StoreError, _>(move |tx| pile::told(tx, id, status))?;
                done.told += 1;
            }
            // This one; the others may be taken.
            Err(Fault::Refused(_) | Fault::Malformed(_)) => report(inside)?,
            Err(fault) => return Err(fault.into()),
        }
    }
    for notice in inside.store.read::<_, StoreError, _>(notices::untold)? {
        let fault = match desk.ask(|portal, ticket| portal.announce(ticket, &notice)) {
            Ok(()) => None,
            Err(fault @ Fault::Refused(_)) => Some(fault),
            Err(fault) => return Err(fault.into()),
        };
        done.told += usize::from(fault.is_none());
        let now = inside.seams.now();
        inside.store.write::<_, StoreError, _>(move |tx| notices::settled(tx, now, notice.id, fault))?;
    }
    Ok(())
}

fn report(inside: &Inside) -> Result<(), WorkError> {
    let seams = inside.seams.clone();
    inside.store.write::<_, StoreError, _>(move |tx| {
        let report = Report {
            service: "national_portal",
            kind: "message_not_understood",
            stops: false,
            note: "something of the national portal could not be read, or it refused something of ours; see the list of \
                   applications",
        };
        incidents::open(tx, &seams, &Actor::System { job: "national-portal" }, &report).map(drop)
    })?;
    Ok(())
}
