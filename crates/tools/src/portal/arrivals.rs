//! Outside: takes what the inside tells of an account.

use store::{StoreError, Tx};

use super::account::{self, PROFILE_COLUMN};
use super::events::{self, SecurityEvent};
use super::link::Standing;
use super::means::{self, MeansKind};
use super::post::Opened;
use super::{AccountId, AccountState, PostError, session};
use crate::zone::Outside;

/// Takes [`super::link::STANDING`]: seals the profile under the person's own key and sets the state. An account that is
/// stopped stays stopped until the card is shown; one whose person has another gives its means to that one and ends.
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
    outside.store.write::<_, StoreError, _>(move |tx| {
        let now = seams.now();
        account::make(tx, now, account)?;
        if let Some(own) = told.belongs_to {
            account::make(tx, now, own)?;
            return merge(tx, &seams, account, own);
        }
        let now_is = account::find(tx, account)?.map(|found| found.state);
        if now_is == Some(AccountState::Ended) {
            return Ok(());
        }
        let is_stopped = now_is == Some(AccountState::Stopped);
        // What stopped it still holds, whether its person lives here or has moved away.
        let state = if is_stopped && told.state != AccountState::Ended { AccountState::Stopped } else { told.state };
        account::set_state(tx, now, account, state, sealed.as_deref())?;
        if state == AccountState::Ended {
            session::end_all(tx, now, account)?;
        }
        Ok(())
    })?;
    Ok(())
}

/// What was shown at `from` belongs to `own`: its means and sessions move over, and it ends. That the inside said so means
/// that the card was shown a moment ago: what was stopped opens again.
fn merge(tx: &mut Tx<'_>, seams: &base::Seams, from: AccountId, own: AccountId) -> Result<(), StoreError> {
    let now = seams.now();
    for sql in [
        "UPDATE portal_means SET account_id = $2 WHERE account_id = $1",
        "UPDATE portal_sessions SET account_id = $2 WHERE account_id = $1",
    ] {
        tx.execute(sql, &[from.into(), own.into()])?;
    }
    if account::find(tx, own)?.is_some_and(|found| found.state == AccountState::Stopped) {
        for lost in [MeansKind::Passkey, MeansKind::Password] {
            means::stop_kind(tx, own, lost)?;
        }
        account::set_state(tx, now, own, AccountState::Open, None)?;
        events::note(tx, seams, own, SecurityEvent::ResumedByCard)?;
    }
    account::set_state(tx, now, from, AccountState::Ended, None)
}
