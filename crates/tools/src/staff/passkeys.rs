//! Passkeys (W3C WebAuthn level 3): registering one, signing in with one.
//!
//! The ceremony itself is [`crate::passkeys`]; here are its tables and who may.

use base::{Id, Seams};
use serde::{Deserialize, Serialize};
use store::{StoreError, Tx};

use super::accounts::{self, Account};
use super::error::{StaffError, StaffRefusal};
use super::invitations::{self, Invitation};
use crate::access::Actor;
use crate::audit::{self, Event};
pub use crate::passkeys::{Begun, CEREMONY_SECONDS, CeremonySecret, RelyingParty, RelyingPartyError};
use crate::passkeys::{NewPasskey, PasskeyRefusal};
use crate::zone::Inside;

impl From<PasskeyRefusal> for StaffError {
    fn from(refusal: PasskeyRefusal) -> Self {
        match refusal {
            PasskeyRefusal::Ceremony => StaffRefusal::Ceremony.into(),
            PasskeyRefusal::Passkey => StaffRefusal::Passkey.into(),
        }
    }
}

/// For whom a passkey is registered.
#[derive(Clone, Debug)]
pub enum Registrant {
    /// Somebody who holds an open way in; name and office as they will be shown.
    Newcomer {
        /// The way in.
        invitation: Invitation,
        /// Name.
        name: String,
        /// Office.
        office: String,
    },
    /// A member of staff who adds another passkey.
    Member(Account),
}

/// A registered passkey.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registered {
    /// Key.
    pub id: Id,
    /// What its owner calls it.
    pub label: String,
    /// When it was added.
    pub added_at: base::Timestamp,
    /// When it last opened the account.
    pub used_at: Option<base::Timestamp>,
}

#[derive(Serialize, Deserialize)]
struct RegistrationState {
    library: String,
    handle: [u8; 16],
    name: String,
    office: String,
    label: String,
}

struct Ceremony {
    state: String,
    account: Option<Id>,
    invitation: Option<Id>,
}

/// Begins to register a passkey.
///
/// # Errors
/// [`StaffRefusal::Name`]; [`StoreError`].
pub fn begin_registration(
    inside: &Inside,
    party: &RelyingParty,
    registrant: &Registrant,
    label: &str,
) -> Result<Begun, StaffError> {
    let label = invitations::checked_name(label)?;
    let (name, office, account, invitation) = match registrant {
        Registrant::Newcomer { invitation, name, office } => {
            (invitations::checked_name(name)?, invitations::checked_name(office)?, None, Some(invitation.id))
        }
        Registrant::Member(account) => (account.name.clone(), account.office.clone(), Some(account.id), None),
    };
    let (handle, known) = match account {
        None => (inside.seams.random.bytes(), Vec::new()),
        Some(account) => inside.store.read(|tx| {
            let handle = accounts::handle(tx, account)?.ok_or(StaffRefusal::NoAccount)?;
            Ok::<_, StaffError>((handle, keys_of(tx, account)?))
        })?,
    };
    let shown = format!("{name} ({office})");
    let (options, library) = party.start_registration(handle, &shown, &known)?;
    let state = RegistrationState { library, handle, name, office, label };
    let state = serde_json::to_string(&state).map_err(|_| StaffRefusal::Ceremony)?;
    let secret = remember(inside, "registration", state, account, invitation)?;
    Ok(Begun { secret, options })
}

/// Finishes registering: stores the passkey and, for a newcomer, makes the account and uses up the way in.
///
/// # Errors
/// [`StaffRefusal::Ceremony`], [`StaffRefusal::Passkey`], [`StaffRefusal::NoInvitation`]; [`StoreError`].
pub fn finish_registration(
    inside: &Inside,
    party: &RelyingParty,
    secret: &CeremonySecret,
    answer: &str,
) -> Result<Account, StaffError> {
    let ceremony = take(inside, "registration", secret)?;
    let state: RegistrationState = serde_json::from_str(&ceremony.state).map_err(|_| StaffRefusal::Ceremony)?;
    let NewPasskey { credential, content } = party.finish_registration(&state.library, answer)?;
    let seams = inside.seams.clone();
    inside.store.write(move |tx| {
        let account = match (ceremony.account, ceremony.invitation) {
            (Some(account), _) => {
                accounts::account(tx, account)?.filter(|a| a.is_active).ok_or(StaffRefusal::NoAccount)?
            }
            (None, Some(invitation)) => {
                invitations::redeem(tx, &seams, invitation, state.handle, &state.name, &state.office)?
            }
            (None, None) => return Err(StaffRefusal::Ceremony.into()),
        };
        store_passkey(tx, &seams, &account, &credential, &content, &state.label)?;
        Ok(account)
    })
}

fn store_passkey(
    tx: &mut Tx<'_>,
    seams: &Seams,
    account: &Account,
    credential: &[u8],
    content: &str,
    label: &str,
) -> Result<(), StoreError> {
    let id = seams.random_id();
    tx.execute(
        "INSERT INTO staff_passkeys (passkey, account, credential_id, content, label, status, added_at) \
         VALUES ($1, $2, $3, $4, $5, 'active', $6)",
        &[id.into(), account.id.into(), credential.into(), content.into(), label.into(), seams.now().into()],
    )?;
    let (account_id, id) = (account.id.to_string(), id.to_string());
    let details = [("account", account_id.as_str()), ("what", "passkey_added"), ("passkey", id.as_str())];
    audit::append(tx, seams, &account.actor(), Event::StaffChanged, &details)?;
    Ok(())
}

/// Begins to sign in. Says nothing about accounts.
///
/// # Errors
/// [`StoreError`].
pub fn begin_sign_in(inside: &Inside, party: &RelyingParty) -> Result<Begun, StaffError> {
    let (options, state) = party.start_sign_in()?;
    let secret = remember(inside, "sign_in", state, None, None)?;
    Ok(Begun { secret, options })
}

/// Finishes signing in and returns whose passkey it was. A refusal is audited too.
///
/// # Errors
/// [`StaffRefusal::Ceremony`]; [`StaffRefusal::Passkey`] for an unknown passkey, a disabled account and a wrong answer
/// alike; [`StoreError`].
pub fn finish_sign_in(
    inside: &Inside,
    party: &RelyingParty,
    secret: &CeremonySecret,
    answer: &str,
) -> Result<Account, StaffError> {
    let ceremony = take(inside, "sign_in", secret)?;
    match verify(inside, party, &ceremony, answer) {
        Ok((account, credential, content)) => {
            let seams = inside.seams.clone();
            inside.store.write(move |tx| {
                tx.execute(
                    "UPDATE staff_passkeys SET content = $2, used_at = $3 WHERE credential_id = $1",
                    &[credential.as_slice().into(), (&content).into(), seams.now().into()],
                )?;
                audit::append(tx, &seams, &account.actor(), Event::StaffSignedIn, &[])?;
                Ok(account.clone())
            })
        }
        Err(error) => {
            let seams = inside.seams.clone();
            inside.store.write(move |tx| {
                let by = Actor::System { job: "staff-sign-in" };
                audit::append(tx, &seams, &by, Event::StaffSignInRefused, &[]).map(|_| ())
            })?;
            Err(error)
        }
    }
}

/// The account, the credential's id, and the passkey's new content (its counter moved).
fn verify(
    inside: &Inside,
    party: &RelyingParty,
    ceremony: &Ceremony,
    answer: &str,
) -> Result<(Account, Vec<u8>, String), StaffError> {
    let shown = party.shown(answer)?;
    let (account, content) = inside.store.read(|tx| {
        let row = tx.query_one(
            "SELECT p.account, p.content FROM staff_passkeys p JOIN staff_accounts a ON a.account = p.account \
             WHERE p.credential_id = $1 AND p.status = 'active' AND a.status = 'active' AND a.handle = $2",
            &[shown.credential.as_slice().into(), shown.handle.as_slice().into()],
        )?;
        let row = row.ok_or(StaffRefusal::Passkey)?;
        let account = accounts::account(tx, row.id(0)?)?.ok_or(StaffRefusal::Passkey)?;
        Ok::<_, StaffError>((account, row.text(1)?.to_owned()))
    })?;
    let content = party.finish_sign_in(&ceremony.state, &shown, &content)?;
    Ok((account, shown.credential, content))
}

/// The active passkeys of an account, oldest first.
///
/// # Errors
/// [`StoreError`].
pub fn registered(tx: &mut Tx<'_>, account: Id) -> Result<Vec<Registered>, StoreError> {
    tx.query(
        "SELECT passkey, label, added_at, used_at FROM staff_passkeys WHERE account = $1 AND status = 'active' \
         ORDER BY added_at, passkey",
        &[account.into()],
    )?
    .iter()
    .map(|row| {
        Ok(Registered {
            id: row.id(0)?,
            label: row.text(1)?.to_owned(),
            added_at: row.timestamp(2)?,
            used_at: row.opt_timestamp(3)?,
        })
    })
    .collect()
}

/// Stops one passkey of an account.
///
/// # Errors
/// [`StaffRefusal::LastPasskey`]; [`StaffRefusal::NoAccount`] when it is not theirs; [`StoreError`].
pub fn remove(tx: &mut Tx<'_>, seams: &Seams, owner: &Account, passkey: Id) -> Result<(), StaffError> {
    let all = registered(tx, owner.id)?;
    if !all.iter().any(|one| one.id == passkey) {
        return Err(StaffRefusal::NoAccount.into());
    }
    if all.len() == 1 {
        return Err(StaffRefusal::LastPasskey.into());
    }
    tx.execute("UPDATE staff_passkeys SET status = 'removed' WHERE passkey = $1", &[passkey.into()])?;
    let (account, passkey) = (owner.id.to_string(), passkey.to_string());
    let details = [("account", account.as_str()), ("what", "passkey_removed"), ("passkey", passkey.as_str())];
    audit::append(tx, seams, &owner.actor(), Event::StaffChanged, &details)?;
    Ok(())
}

fn keys_of(tx: &mut Tx<'_>, account: Id) -> Result<Vec<String>, StoreError> {
    let rows =
        tx.query("SELECT content FROM staff_passkeys WHERE account = $1 AND status = 'active'", &[account.into()])?;
    rows.iter().map(|row| Ok(row.text(0)?.to_owned())).collect()
}

fn remember(
    inside: &Inside,
    kind: &'static str,
    state: String,
    account: Option<Id>,
    invitation: Option<Id>,
) -> Result<CeremonySecret, StoreError> {
    let secret = CeremonySecret::fresh(&inside.seams);
    let (hash, now) = (secret.hash(), inside.seams.now());
    inside.store.write(move |tx| {
        tx.queue("DELETE FROM staff_ceremonies WHERE expires_at < $1", &[now.into()])?;
        tx.execute(
            "INSERT INTO staff_ceremonies (ceremony_hash, kind, state, account, invitation, expires_at) \
             VALUES ($1, $2, $3, $4, $5, $6)",
            &[
                hash.as_slice().into(),
                kind.into(),
                (&state).into(),
                account.into(),
                invitation.into(),
                now.plus_seconds(CEREMONY_SECONDS).into(),
            ],
        )?;
        Ok::<_, StoreError>(())
    })?;
    Ok(secret)
}

/// Takes the state out: a ceremony is finished once, also when its answer is wrong.
fn take(inside: &Inside, kind: &'static str, secret: &CeremonySecret) -> Result<Ceremony, StaffError> {
    let (hash, now) = (secret.hash(), inside.seams.now());
    inside
        .store
        .write(move |tx| {
            let row = tx.query_one(
                "DELETE FROM staff_ceremonies WHERE ceremony_hash = $1 AND kind = $2 \
             RETURNING state, account, invitation, expires_at",
                &[hash.as_slice().into(), kind.into()],
            )?;
            // Refusals are values, so that the taking itself is kept.
            let Some(row) = row else { return Ok::<_, StoreError>(None) };
            if row.timestamp(3)? <= now {
                return Ok(None);
            }
            let id = |text: Option<&str>| text.and_then(|text| Id::parse(text).ok());
            Ok(Some(Ceremony {
                state: row.text(0)?.to_owned(),
                account: id(row.opt_text(1)?),
                invitation: id(row.opt_text(2)?),
            }))
        })?
        .ok_or_else(|| StaffRefusal::Ceremony.into())
}
