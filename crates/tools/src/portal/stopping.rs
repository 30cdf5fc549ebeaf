//! Stopping an account: by its person with the code they keep at home, or by an officer at the counter or on the
//! telephone. What is stopped, the card opens again; an officer may also take a stop back.
//!
//! ```text
//!  inside: officer, reason ─► portal_stops, audit ─ HOLD ─► outside: state, sessions ended, the person reads it
//! ```

use base::{Seams, Timestamp};
use serde::{Deserialize, Serialize};
use store::{StoreError, Tx};

use super::account::{self, AccountState};
use super::events::{self, SecurityEvent};
use super::means::{self, MeansKind};
use super::post::Opened;
use super::refusal::{MeansError, MeansRefusal};
use super::{AccountId, Post, PostError, Topic, link, session};
use crate::ResidentId;
use crate::access::Actor;
use crate::audit::{self, Event};
use crate::staff::OneTimeSecret;
use crate::zone::Outside;

/// Inside → outside: an officer stopped the account, or let it in again.
pub const HOLD: Topic = "hold";

/// Why an officer acts. The word is the end of its sentence's key, `portal-stop-reason-…`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// The person lost their phone or PC.
    Lost,
    /// The person suspects that somebody else comes in.
    Suspicion,
    /// The person asked for it otherwise.
    Request,
    /// It was stopped by mistake, or the thing was found.
    Mistake,
}

impl Reason {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Lost, Self::Suspicion, Self::Request, Self::Mistake];

    /// The stored word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Lost => "lost",
            Self::Suspicion => "suspicion",
            Self::Request => "request",
            Self::Mistake => "mistake",
        }
    }

    /// From the stored word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.word() == word)
    }
}

#[derive(Serialize, Deserialize)]
struct Hold {
    is_stopped: bool,
    /// How it stands by the register, as last told.
    state: AccountState,
}

/// What an officer did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// Whether it was stopped; else let in again.
    pub is_stop: bool,
    /// Why.
    pub reason: Option<Reason>,
    /// When.
    pub at: Timestamp,
}

/// Inside: stops the account of `resident`, or lets it in again. `false` when they have none.
///
/// # Errors
/// [`PostError`].
pub fn by_office(
    tx: &mut Tx<'_>,
    seams: &Seams,
    post: &Post,
    actor: &Actor,
    resident: &ResidentId,
    is_stopped: bool,
    reason: Reason,
) -> Result<bool, PostError> {
    let Some(account) = link::account_of(tx, resident)? else { return Ok(false) };
    let kind = if is_stopped { "stop" } else { "resume" };
    tx.execute(
        "INSERT INTO portal_stops (stop_id, account_id, kind, reason, at, by_actor) VALUES ($1, $2, $3, $4, $5, $6)",
        &[
            seams.random_id().into(),
            account.into(),
            kind.into(),
            reason.word().into(),
            seams.now().into(),
            actor.key().as_str().into(),
        ],
    )?;
    let event = if is_stopped { Event::PortalStopped } else { Event::PortalResumed };
    audit::append(tx, seams, actor, event, &[("account", &account.to_string()), ("reason", reason.word())])?;
    let state = link::told_state(tx, account)?;
    post.send(tx, seams, account, HOLD, &Hold { is_stopped, state })?;
    Ok(true)
}

/// Inside: what officers did to an account, newest first.
///
/// # Errors
/// [`StoreError`].
pub fn done(tx: &mut Tx<'_>, account: AccountId) -> Result<Vec<Done>, StoreError> {
    tx.query(
        "SELECT kind, reason, at FROM portal_stops WHERE account_id = $1 ORDER BY at DESC, stop_id",
        &[account.into()],
    )?
    .iter()
    .map(|row| {
        let reason = Reason::from_word(row.text(1)?);
        Ok(Done { is_stop: row.text(0)? == "stop", reason, at: row.timestamp(2)? })
    })
    .collect()
}

/// Outside: takes [`HOLD`].
///
/// # Errors
/// [`PostError`].
pub fn take(outside: &Outside, opened: &Opened) -> Result<(), PostError> {
    let hold: Hold = opened.json()?;
    let (account, seams, sent_at) = (opened.account, outside.seams.clone(), opened.sent_at);
    outside.store.write::<_, StoreError, _>(move |tx| {
        let Some(found) = account::find(tx, account)? else { return Ok(()) };
        match (hold.is_stopped, found.state) {
            (_, AccountState::Ended) => Ok(()),
            (true, _) => stop(tx, &seams, account, SecurityEvent::StoppedByOffice),
            // One that was on its way when the account was stopped anew does not undo that.
            (false, AccountState::Stopped) if sent_at >= found.state_since => {
                account::set_state(tx, seams.now(), account, hold.state, None)?;
                events::note(tx, &seams, account, SecurityEvent::ResumedByOffice)
            }
            (false, _) => Ok(()),
        }
    })?;
    Ok(())
}

fn stop(tx: &mut Tx<'_>, seams: &Seams, account: AccountId, event: SecurityEvent) -> Result<(), StoreError> {
    let now = seams.now();
    account::set_state(tx, now, account, AccountState::Stopped, None)?;
    // Stopped anew: what was shown before this does not open it.
    tx.execute("UPDATE portal_accounts SET state_since = $2 WHERE account_id = $1", &[account.into(), now.into()])?;
    session::end_all(tx, now, account)?;
    // Browsers that were trusted may be the ones that were lost.
    means::stop_kind(tx, account, MeansKind::Browser)?;
    events::note(tx, seams, account, event)
}

/// Outside: a new code with which its person stops the account without signing in. Shown once; the one before is over.
///
/// # Errors
/// The databases.
pub fn make_code(outside: &Outside, account: AccountId) -> Result<OneTimeSecret, MeansError> {
    let code = OneTimeSecret::fresh(&outside.seams);
    let hash = means::hash(&outside.vault, MeansKind::StopCode, &code.hash())?;
    let seams = outside.seams.clone();
    outside.store.write::<_, MeansError, _>(move |tx| {
        means::stop_kind(tx, account, MeansKind::StopCode)?;
        means::add(tx, &seams, account, MeansKind::StopCode, Some(&hash), None)?;
        Ok(events::note(tx, &seams, account, SecurityEvent::StopCodeMade)?)
    })?;
    Ok(code)
}

/// Outside: stops the account of this code.
///
/// # Errors
/// [`MeansRefusal::NotFound`] for an unknown code; the databases.
pub fn by_code(outside: &Outside, typed: &str) -> Result<(), MeansError> {
    let hashes = means::hashes(&outside.vault, MeansKind::StopCode, &OneTimeSecret::typed(typed).hash())?;
    let seams = outside.seams.clone();
    outside.store.write::<_, MeansError, _>(move |tx| {
        let found = means::find(tx, MeansKind::StopCode, &hashes)?.ok_or(MeansRefusal::NotFound)?;
        let state = account::find(tx, found.account)?.map(|account| account.state);
        if state.is_some_and(|state| !matches!(state, AccountState::Ended | AccountState::Stopped)) {
            stop(tx, &seams, found.account, SecurityEvent::StoppedByCode)?;
        }
        Ok(())
    })
}
