//! Coming in at a terminal of the city by the card alone (カードだけの利用): no phone, no address of e-mail.
//!
//! ```text
//!  terminal: card and PIN ─► inside: whose account, ticket signed ─► form ─► outside: ticket once ─► session, Place::Terminal
//!      card taken, stop, idle ─► inside: "over" by the relay ───────────────────────────────────────► session ends
//! ```
//! A ticket is good for a minute, at one portal, once. It names a random account and a random terminal and nothing else of
//! the person; the inside's own key signs it, so the outside can make none.

use std::sync::Arc;

use base::{Id, Seams, Timestamp};
use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};
use store::{StoreError, Tx};

use super::account::{self, AccountState};
use super::events::{self, SecurityEvent};
use super::means::{self, MeansKind};
use super::session::{self, Place};
use super::{AccountId, Assurance, Post, PostError, link};
use crate::relay::{HandleError, Message, RelayError, Zone};
use crate::resident_id::ResidentId;
use crate::signing::{PublicKey, SigningKey};

/// Seconds a ticket is good for.
pub const TICKET_SECONDS: i64 = 60;
/// What the signature is for.
const CONTEXT: &str = "yakuba-portal-ticket-v1";
/// Longest text that is looked at.
const MOST_BYTES: usize = 2048;
/// The kind of relay message: a visit is over.
pub const OVER: &str = "terminal_over";
/// How a session began, as its person reads it.
pub const MEANS: &str = "terminal";

/// What the inside says of whoever stands at a terminal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ticket {
    /// Its own name; random.
    pub id: Id,
    /// At which portal it is good: its host.
    pub audience: String,
    /// Whose account.
    pub account: AccountId,
    /// How the account stands by the register.
    pub state: AccountState,
    /// At which terminal.
    pub terminal: Id,
    /// Where the browser goes when the visit is over.
    pub back: String,
    /// When it was made, in µs.
    pub issued_at: i64,
}

/// Why a ticket opens nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TicketRefusal {
    /// No ticket, or not signed by the inside.
    #[error("this is no ticket of ours")]
    Forged,
    /// For another portal.
    #[error("this ticket is for another portal")]
    OtherAudience,
    /// Older than a minute, or than the stop of its account, or from the future.
    #[error("this ticket has expired")]
    Expired,
    /// Shown before, or its visit is over.
    #[error("this ticket was used")]
    Used,
    /// The account has ended.
    #[error("the account has ended")]
    Ended,
}

/// Makes tickets. Inside.
#[derive(Clone)]
pub struct Office {
    key: Arc<SigningKey>,
    post: Arc<Post>,
    audience: String,
}

impl std::fmt::Debug for Office {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "tickets for {}", self.audience)
    }
}

impl Office {
    /// With the inside's own key, for the portal of this host.
    pub const fn new(key: Arc<SigningKey>, post: Arc<Post>, audience: String) -> Self {
        Self { key, post, audience }
    }

    /// A ticket for a resident whose card was just proved at `terminal`, with its text. Whoever has no account gets one.
    /// [`None`] where the register knows them no more.
    ///
    /// # Errors
    /// [`PostError`].
    pub fn make(
        &self,
        tx: &mut Tx<'_>,
        seams: &Seams,
        resident: &ResidentId,
        terminal: Id,
        back: &str,
    ) -> Result<Option<(Id, String)>, PostError> {
        let account = match link::account_of(tx, resident)? {
            Some(account) => account,
            None => {
                let fresh = AccountId::fresh(seams);
                link::link(tx, seams, &self.post, fresh, resident, link::LinkedBy::Terminal)?
            }
        };
        let state = link::told_state(tx, account)?;
        if !state.reads() {
            return Ok(None);
        }
        let ticket = Ticket {
            id: seams.random_id(),
            audience: self.audience.clone(),
            account,
            state,
            terminal,
            back: back.to_owned(),
            issued_at: seams.now().micros(),
        };
        Ok(Some((ticket.id, self.sign(&ticket)?)))
    }

    fn sign(&self, ticket: &Ticket) -> Result<String, PostError> {
        let body = serde_json::to_vec(ticket).map_err(|_| PostError::Malformed("a ticket"))?;
        let signature = self.key.sign(CONTEXT, &body);
        Ok(format!("{}.{}", BASE64URL_NOPAD.encode(&body), BASE64URL_NOPAD.encode(&signature)))
    }
}

/// Tells the outside that the visit of a ticket is over, whether it was shown there or not. Inside.
///
/// # Errors
/// [`RelayError`].
pub fn over(tx: &mut Tx<'_>, seams: &Seams, ticket: Id) -> Result<(), RelayError> {
    let body = serde_json::json!(Over { ticket }).to_string();
    crate::relay::send(tx, seams, Zone::Outside, OVER, body.as_bytes()).map(drop)
}

#[derive(Serialize, Deserialize)]
struct Over {
    ticket: Id,
}

/// Looks at tickets. Outside.
#[derive(Clone, Debug)]
pub struct Gate {
    keys: Vec<PublicKey>,
    audience: String,
}

impl Gate {
    /// Believing these keys of the inside, at the portal of this host.
    pub const fn new(keys: Vec<PublicKey>, audience: String) -> Self {
        Self { keys, audience }
    }

    /// The ticket in `text`, if it is ours and in time. Whether it was shown before, [`admit`] says.
    ///
    /// # Errors
    /// [`TicketRefusal`]; with the ticket where its signature holds, so that the browser finds its way back.
    pub fn read(&self, now: Timestamp, text: &str) -> Result<Ticket, (TicketRefusal, Option<Ticket>)> {
        let ticket = self.signed(text).ok_or((TicketRefusal::Forged, None))?;
        if ticket.audience != self.audience {
            return Err((TicketRefusal::OtherAudience, Some(ticket)));
        }
        let age = now.seconds_since(Timestamp::from_micros(ticket.issued_at));
        if !(-1..TICKET_SECONDS).contains(&age) {
            return Err((TicketRefusal::Expired, Some(ticket)));
        }
        Ok(ticket)
    }

    fn signed(&self, text: &str) -> Option<Ticket> {
        let (body, signature) = text.get(..text.len().min(MOST_BYTES))?.split_once('.')?;
        let body = BASE64URL_NOPAD.decode(body.as_bytes()).ok()?;
        let signature = BASE64URL_NOPAD.decode(signature.as_bytes()).ok()?;
        let is_ours = self.keys.iter().any(|key| key.verifies(CONTEXT, &body, &signature));
        if is_ours { serde_json::from_slice(&body).ok() } else { None }
    }
}

/// Begins the session of a ticket, once. A stopped account opens again where the card was shown after the stop; what was
/// stopped with it stays so. Outside.
///
/// # Errors
/// Outer: the database. Inner: [`TicketRefusal`].
pub fn admit(
    tx: &mut Tx<'_>,
    seams: &Seams,
    ticket: &Ticket,
    key: &[u8],
) -> Result<Result<(), TicketRefusal>, StoreError> {
    let (now, who) = (seams.now(), ticket.account);
    account::make(tx, now, who)?;
    let found = account::find(tx, who)?;
    let stands = found.as_ref().map_or(AccountState::Ended, |found| found.state);
    if stands == AccountState::Ended || !ticket.state.reads() {
        return Ok(Err(TicketRefusal::Ended));
    }
    // A card shown before the stop does not undo it: only one that is shown again does.
    let is_older = |found: &account::Account| Timestamp::from_micros(ticket.issued_at) < found.state_since;
    if stands == AccountState::Stopped && found.as_ref().is_some_and(is_older) {
        return Ok(Err(TicketRefusal::Expired));
    }
    let taken = tx.execute(
        "INSERT INTO portal_tickets (ticket_id, session_hash, back, taken_at) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (ticket_id) DO NOTHING",
        &[ticket.id.into(), key.into(), ticket.back.as_str().into(), now.into()],
    )?;
    if taken == 0 {
        return Ok(Err(TicketRefusal::Used));
    }
    match stands {
        AccountState::Stopped => {
            for lost in [MeansKind::Passkey, MeansKind::Password] {
                means::stop_kind(tx, who, lost)?;
            }
            account::set_state(tx, now, who, ticket.state, None)?;
            events::note(tx, seams, who, SecurityEvent::ResumedByCard)?;
        }
        AccountState::Joining | AccountState::Unknown => account::set_state(tx, now, who, ticket.state, None)?,
        AccountState::Open | AccountState::MovedOut | AccountState::Ended => {}
    }
    session::start(tx, seams, key, who, Assurance::High, Place::Terminal)?;
    session::began_by(tx, key, MEANS)?;
    session::proved_by_card(tx, now, key, who)?;
    events::note(tx, seams, who, SecurityEvent::SignedInTerminal)?;
    Ok(Ok(()))
}

/// The relay's handler: the card was taken, or the terminal's time is over. A ticket that was not shown yet opens nothing any
/// more. Outside.
///
/// # Errors
/// [`HandleError`].
pub fn receive_over(tx: &mut Tx<'_>, seams: &Seams, message: &Message) -> Result<(), HandleError> {
    let Over { ticket } = serde_json::from_slice(&message.body).map_err(|_| HandleError::Malformed("a visit's end"))?;
    let now = seams.now();
    let row = tx.query_one("SELECT session_hash FROM portal_tickets WHERE ticket_id = $1", &[ticket.into()])?;
    if let Some(row) = row {
        if let Some(key) = row.opt_blob(0)? {
            let key = key.to_vec();
            session::end(tx, now, &key)?;
        }
        return Ok(());
    }
    tx.execute(
        "INSERT INTO portal_tickets (ticket_id, session_hash, back, taken_at) VALUES ($1, NULL, '', $2)",
        &[ticket.into(), now.into()],
    )?;
    Ok(())
}

/// Where the browser of this session came from, living or not; [`None`] where no ticket began it. Outside.
///
/// # Errors
/// [`StoreError`].
pub fn back(tx: &mut Tx<'_>, key: &[u8]) -> Result<Option<String>, StoreError> {
    let row = tx.query_one("SELECT back FROM portal_tickets WHERE session_hash = $1", &[key.into()])?;
    row.map(|row| row.text(0).map(str::to_owned)).transpose()
}

/// Forgets tickets of more than a day ago: they expired long before. Outside.
///
/// # Errors
/// [`StoreError`].
pub fn sweep(tx: &mut Tx<'_>, now: Timestamp) -> Result<u64, StoreError> {
    tx.execute("DELETE FROM portal_tickets WHERE taken_at < $1", &[now.plus_seconds(-86_400).into()])
}

#[cfg(test)]
#[path = "tickets/tests.rs"]
mod tests;
