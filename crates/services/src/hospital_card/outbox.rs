//! What goes to the hospital: written first, sealed, and sent until it is answered. However often it goes, it is the same bytes
//! under the same number, and once it is answered they are erased.
//!
//! ```text
//!  sending ─► hand over ─┬─ taken ────────────────► the bytes and their key are erased
//!     ▲                  ├─ silent, AR, 412 ──────► sending: again by itself, what was tried least first
//!     └── staff: again ──┴─ refused for a fault ──► refused: staff look, then send it again
//! ```
//! Receptions and notices are rows of their own tables ([`VISITS`], [`NOTICES`]); what is done with their messages is the same.

use base::Id;
use store::sealing::{SealError, Vault};
use tools::Inside;

use super::hospital::{Connection, Fault};
use super::{HospitalError, watching};

/// Messages of one table handed over in one go.
const AT_ONCE: i64 = 20;

/// A table whose rows hold messages.
pub(super) struct Shelf {
    key: &'static str,
    column: &'static str,
    open: &'static str,
    taken: &'static str,
    kept: &'static str,
    waiting: &'static str,
}

macro_rules! shelf {
    ($key:literal, $table:literal, $id:literal, $taken:literal, $since:literal) => {
        Shelf {
            key: $key,
            column: concat!($table, ".content"),
            open: concat!("SELECT message, content FROM ", $table, " WHERE ", $id, " = $1 AND content IS NOT NULL"),
            taken: concat!(
                "UPDATE ",
                $table,
                " SET state = '",
                $taken,
                "', content = NULL, tries = tries + 1 WHERE ",
                $id,
                " = $1"
            ),
            kept: concat!(
                "UPDATE ",
                $table,
                " SET state = $2, tries = tries + 1 WHERE ",
                $id,
                " = $1 AND content IS NOT NULL"
            ),
            waiting: concat!(
                "SELECT ",
                $id,
                " FROM ",
                $table,
                " WHERE state = 'sending' ORDER BY tries, ",
                $since,
                " LIMIT $1"
            ),
        }
    };
}

/// Receptions.
pub(super) const VISITS: Shelf = shelf!("hospital-visit", "hospital_visits", "visit_id", "received", "received_at");
/// What is told beside them.
pub(super) const NOTICES: Shelf = shelf!("hospital-notice", "hospital_notices", "notice_id", "taken", "written_at");

/// What came of handing over one message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// The hospital has it.
    Taken,
    /// No answer, or not now: it goes again by itself.
    Waits,
    /// Refused for a fault in it: staff look.
    Refused,
    /// There is no such message, or the hospital had it before.
    Gone,
}

impl Shelf {
    /// The message as it is kept under this row.
    pub(super) fn seal(&self, vault: &Vault, id: Id, message: &[u8]) -> Result<Vec<u8>, SealError> {
        vault.seal(&self.key_name(id), self.column, message)
    }

    /// After rows are gone: what was sealed under them can never be read again.
    pub(super) fn forget(&self, vault: &Vault, rows: &[Id]) -> Result<(), SealError> {
        rows.iter().try_for_each(|id| vault.erase(&self.key_name(*id)).map(drop))
    }

    fn key_name(&self, id: Id) -> String {
        format!("{}:{id}", self.key)
    }

    /// Hands over one message.
    pub(super) fn hand_over(&self, city: &Inside, connection: &Connection, id: Id) -> Result<Sent, HospitalError> {
        let (open, taken, kept) = (self.open, self.taken, self.kept);
        // Read within the turn: a message whose place a newer one took is not sent after it.
        let _turn = connection.turn();
        let row = city.cards.read::<_, HospitalError, _>(move |tx| {
            let Some(row) = tx.query_one(open, &[id.into()])? else { return Ok(None) };
            Ok(Some((row.text(0)?.to_owned(), row.blob(1)?.to_vec())))
        })?;
        let Some((number, sealed)) = row else { return Ok(Sent::Gone) };
        let message = city.vault.open_sealed(&self.key_name(id), self.column, &sealed)?;
        let answered = connection.ask(city.seams.now(), |hospital| hospital.deliver(&number, &message));
        let sent = match &answered {
            Ok(()) => Sent::Taken,
            Err(Fault::Refused { may_come_again: false, .. }) => Sent::Refused,
            Err(_) => Sent::Waits,
        };
        let seams = city.seams.clone();
        city.cards.write::<_, HospitalError, _>(move |tx| {
            match &answered {
                Ok(()) => {
                    tx.execute(taken, &[id.into()])?;
                    watching::settle(tx, id)?;
                }
                Err(fault) => {
                    let state = if sent == Sent::Refused { "refused" } else { "sending" };
                    // A newer one may have taken its place meanwhile.
                    if tx.execute(kept, &[id.into(), state.into()])? > 0 {
                        watching::note_unsent(tx, &seams, &number, id, fault)?;
                    }
                }
            }
            Ok(())
        })?;
        if sent == Sent::Taken {
            self.forget(&city.vault, &[id])?;
        }
        Ok(sent)
    }
}

/// Hands over one message, whichever it is: what staff do about one that was not taken.
///
/// # Errors
/// [`HospitalError`].
pub fn send(city: &Inside, connection: &Connection, id: Id) -> Result<Sent, HospitalError> {
    match VISITS.hand_over(city, connection, id)? {
        Sent::Gone => NOTICES.hand_over(city, connection, id),
        sent => Ok(sent),
    }
}

/// Hands over what the hospital has not answered yet. Run it often.
///
/// # Errors
/// [`HospitalError`].
pub fn work(city: &Inside, connection: &Connection) -> Result<(), HospitalError> {
    for shelf in [&VISITS, &NOTICES] {
        let sql = shelf.waiting;
        let waiting = city.cards.read::<_, HospitalError, _>(move |tx| {
            tx.query(sql, &[AT_ONCE.into()])?.iter().map(|row| Ok(row.id(0)?)).collect::<Result<Vec<_>, _>>()
        })?;
        for id in waiting {
            shelf.hand_over(city, connection, id)?;
            // Nobody is there: the rest would wait for nothing.
            let last = connection.last();
            if last.failed > last.answered {
                return Ok(());
            }
        }
    }
    Ok(())
}
