//! Outside: takes what the inside tells of an account.

use base::{Seams, Timestamp};
use store::{StoreError, Tx};

use super::account::{self, PROFILE_COLUMN};
use super::events::{self, SecurityEvent};
use super::link::Standing;
use super::means::{self, MeansKind};
use super::post::Opened;
use super::{AccountId, AccountState, PostError, session};
use crate::zone::Outside;

/// Takes [`super::link::STANDING`]: seals the profile under the person's own key and sets the state. An account that is
/// stopped stays stopped until the answer to the card that was shown for it since; one whose person has another gives its
/// means to that one and ends.
///
/// # Errors
/// [`PostError`].
pub fn standing(outside: &Outside, opened: &Opened) -> Result<(), PostError> {
    let told: Standing = opened.json()?;
    let (account, seams) = (opened.account, outside.seams.clone());
    let sealed = told
        .profile
        .as_ref()
        .map(|profile| {
            let plain = serde_json::to_vec(profile).map_err(|_| PostError::Malformed("a profile"))?;
            Ok::<_, PostError>(outside.vault.seal(&account.sealed_under(), PROFILE_COLUMN, &plain)?)
        })
        .transpose()?;
    let asked_at = told.asked_at.map(Timestamp::from_micros);
    outside.store.write::<_, StoreError, _>(move |tx| {
        let now = seams.now();
        account::make(tx, now, account)?;
        if let Some(own) = told.belongs_to {
            account::make(tx, now, own)?;
            return merge(tx, &seams, (account, own), asked_at);
        }
        let Some(found) = account::find(tx, account)? else { return Ok(()) };
        if found.state == AccountState::Ended {
            return Ok(());
        }
        if found.state == AccountState::Stopped && told.state != AccountState::Ended {
            if let Some(profile) = &sealed {
                account::keep_profile(tx, account, profile)?;
            }
            // Only the answer to the card that was shown since it was stopped opens it; any other telling may be older.
            let is_answer = found.reopening_at.zip(asked_at).is_some_and(|(since, asked)| asked >= since);
            return match told.state {
                AccountState::Open | AccountState::MovedOut if is_answer => reopen(tx, &seams, account, told.state),
                _ => Ok(()),
            };
        }
        account::set_state(tx, now, account, told.state, sealed.as_deref())?;
        if told.state == AccountState::Ended {
            session::end_all(tx, now, account)?;
        }
        Ok(())
    })?;
    Ok(())
}

/// What was stopped may be in other hands: it opens by the card, and is set up anew.
fn reopen(tx: &mut Tx<'_>, seams: &Seams, account: AccountId, state: AccountState) -> Result<(), StoreError> {
    for lost in [MeansKind::Passkey, MeansKind::Password] {
        means::stop_kind(tx, account, lost)?;
    }
    account::set_state(tx, seams.now(), account, state, None)?;
    events::note(tx, seams, account, SecurityEvent::ResumedByCard)
}

/// What was shown at `from` belongs to `own`: its means and sessions move over, and it ends. Where `own` is stopped it opens
/// again if the card was shown after that.
fn merge(
    tx: &mut Tx<'_>,
    seams: &Seams,
    (from, own): (AccountId, AccountId),
    asked_at: Option<Timestamp>,
) -> Result<(), StoreError> {
    let now = seams.now();
    for sql in [
        "UPDATE portal_means SET account_id = $2 WHERE account_id = $1",
        "UPDATE portal_sessions SET account_id = $2 WHERE account_id = $1",
    ] {
        tx.execute(sql, &[from.into(), own.into()])?;
    }
    if let Some(found) = account::find(tx, own)?
        && found.state == AccountState::Stopped
        && asked_at.is_some_and(|asked| asked >= found.state_since)
    {
        reopen(tx, seams, own, AccountState::Open)?;
    }
    account::set_state(tx, now, from, AccountState::Ended, None)
}
