//! A resident's passkeys. The ceremony is [`crate::passkeys`]; here is whose they are. Outside only.

use base::{Id, Timestamp};
use serde::{Deserialize, Serialize};

use super::account::{self, AccountState};
use super::ceremony;
use super::events::{self, SecurityEvent};
use super::means::{self, Means, MeansKind};
use super::refusal::{MeansError, MeansRefusal};
use super::{Account, AccountId};
use crate::passkeys::{Begun, CEREMONY_SECONDS, CeremonySecret, NewPasskey, RelyingParty};
use crate::zone::Outside;

const REGISTRATION: &str = "passkey_registration";
const SIGN_IN: &str = "passkey_sign_in";
/// Longest label.
const MOST_LABEL: usize = 40;

/// What is kept of one, sealed.
#[derive(Serialize, Deserialize)]
struct Kept {
    label: String,
    passkey: String,
}

#[derive(Serialize, Deserialize)]
struct Registration {
    library: String,
    label: String,
}

/// A passkey as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Key.
    pub id: Id,
    /// What its owner calls it.
    pub label: String,
    /// When it was added.
    pub added_at: Timestamp,
    /// When it last opened the account.
    pub used_at: Option<Timestamp>,
}

fn opened(outside: &Outside, means: &Means) -> Result<Kept, MeansError> {
    let plain = means.opened(&outside.vault)?;
    serde_json::from_slice(&plain).map_err(|_| MeansRefusal::Passkey.into())
}

fn all(outside: &Outside, account: AccountId) -> Result<Vec<Means>, MeansError> {
    Ok(outside.store.read(|tx| means::of_kind(tx, account, MeansKind::Passkey))?)
}

/// The passkeys of an account, oldest first.
///
/// # Errors
/// [`MeansError`].
pub fn list(outside: &Outside, account: AccountId) -> Result<Vec<Listed>, MeansError> {
    all(outside, account)?
        .iter()
        .map(|one| {
            let label = opened(outside, one)?.label;
            Ok(Listed { id: one.id, label, added_at: one.added_at, used_at: one.used_at })
        })
        .collect()
}

/// Begins to register a passkey for an open account. `label` is what its owner will call it; it may be empty.
///
/// # Errors
/// [`MeansRefusal::NotOpen`] until the inside has said who it is; the databases.
pub fn begin_registration(
    outside: &Outside,
    party: &RelyingParty,
    owner: &Account,
    label: &str,
) -> Result<Begun, MeansError> {
    if !owner.state.reads() {
        return Err(MeansRefusal::NotOpen.into());
    }
    let label: String = label.trim().chars().filter(|c| !c.is_control()).take(MOST_LABEL).collect();
    base::my_number_guard::refuse_individual_number(&label).map_err(|_| MeansRefusal::NotFound)?;
    let known = all(outside, owner.id)?;
    let known: Vec<String> =
        known.iter().map(|one| Ok(opened(outside, one)?.passkey)).collect::<Result<_, MeansError>>()?;
    let shown = outside.profile.name.clone();
    // The handle is the account's random id: a stolen authenticator names nobody.
    let (options, library) = party.start_registration(*owner.id.id().bytes(), &shown, &known)?;
    let content = Registration { library, label };
    let secret = ceremony::remember(outside, REGISTRATION, Some(owner.id), &content, CEREMONY_SECONDS)?;
    Ok(Begun { secret, options })
}

/// Finishes registering.
///
/// # Errors
/// [`MeansRefusal::Ceremony`] also when it was begun by another account; [`MeansRefusal::Passkey`]; the databases.
pub fn finish_registration(
    outside: &Outside,
    party: &RelyingParty,
    owner: AccountId,
    secret: &CeremonySecret,
    answer: &str,
) -> Result<(), MeansError> {
    let (account, state): (_, Registration) = ceremony::take(outside, REGISTRATION, secret)?;
    if account != Some(owner) {
        return Err(MeansRefusal::Ceremony.into());
    }
    let NewPasskey { credential, content } = party.finish_registration(&state.library, answer)?;
    let kept = serde_json::to_vec(&Kept { label: state.label, passkey: content });
    let kept = kept.map_err(|_| MeansRefusal::Passkey)?;
    let sealed = means::seal(&outside.vault, owner, &kept)?;
    let hash = means::hash(&outside.vault, MeansKind::Passkey, &credential)?;
    let seams = outside.seams.clone();
    outside.store.write::<_, MeansError, _>(move |tx| {
        means::add(tx, &seams, owner, MeansKind::Passkey, Some(&hash), Some(&sealed))?;
        Ok(events::note(tx, &seams, owner, SecurityEvent::PasskeyAdded)?)
    })
}

/// Begins to sign in. Says nothing about accounts.
///
/// # Errors
/// The databases.
pub fn begin_sign_in(outside: &Outside, party: &RelyingParty) -> Result<Begun, MeansError> {
    let (options, state) = party.start_sign_in()?;
    let secret = ceremony::remember(outside, SIGN_IN, None, &state, CEREMONY_SECONDS)?;
    Ok(Begun { secret, options })
}

/// Finishes signing in; whose passkey it was.
///
/// # Errors
/// [`MeansRefusal::Passkey`] for an unknown or stopped passkey and a wrong answer alike; [`MeansRefusal::Stopped`] and
/// [`MeansRefusal::Ended`] to somebody who proved that it is theirs; the databases.
pub fn finish_sign_in(
    outside: &Outside,
    party: &RelyingParty,
    secret: &CeremonySecret,
    answer: &str,
) -> Result<AccountId, MeansError> {
    let (_, state): (_, String) = ceremony::take(outside, SIGN_IN, secret)?;
    let shown = party.shown(answer)?;
    let hashes = means::hashes(&outside.vault, MeansKind::Passkey, &shown.credential)?;
    let found = outside.store.read::<_, MeansError, _>(|tx| {
        let means = means::find(tx, MeansKind::Passkey, &hashes)?.ok_or(MeansRefusal::Passkey)?;
        let owner = account::find(tx, means.account)?.ok_or(MeansRefusal::Passkey)?;
        Ok((means, owner))
    })?;
    let (means, owner) = found;
    if shown.handle != *owner.id.id().bytes() {
        return Err(MeansRefusal::Passkey.into());
    }
    let kept = opened(outside, &means)?;
    let passkey = party.finish_sign_in(&state, &shown, &kept.passkey)?;
    match owner.state {
        AccountState::Stopped => return Err(MeansRefusal::Stopped.into()),
        AccountState::Ended => return Err(MeansRefusal::Ended.into()),
        _ => {}
    }
    let kept = serde_json::to_vec(&Kept { label: kept.label, passkey }).map_err(|_| MeansRefusal::Passkey)?;
    let sealed = means::seal(&outside.vault, owner.id, &kept)?;
    let now = outside.seams.now();
    outside.store.write::<_, MeansError, _>(move |tx| {
        tx.execute(
            "UPDATE portal_means SET content = $2, used_at = $3 WHERE means_id = $1 AND status = 'active'",
            &[means.id.into(), sealed.as_slice().into(), now.into()],
        )?;
        Ok(())
    })?;
    Ok(owner.id)
}

/// Stops one: a lost phone opens nothing from here on. Every session ends but `here`.
///
/// # Errors
/// [`MeansRefusal::NotFound`]; the database.
pub fn stop(outside: &Outside, owner: AccountId, id: Id, here: &[u8]) -> Result<(), MeansError> {
    let (seams, here) = (outside.seams.clone(), here.to_vec());
    outside.store.write::<_, MeansError, _>(move |tx| {
        if !means::stop(tx, owner, MeansKind::Passkey, id)? {
            return Err(MeansRefusal::NotFound.into());
        }
        super::session::end_others(tx, seams.now(), owner, &here)?;
        Ok(events::note(tx, &seams, owner, SecurityEvent::PasskeyStopped)?)
    })
}
