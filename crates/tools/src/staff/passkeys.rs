//! Passkeys (W3C WebAuthn level 3): registering one, signing in with one.
//!
//! ```text
//!   begin ─► options (challenge) ─► browser and authenticator ─► answer ─► finish
//!     └─ state, five minutes, one use, found by the hash of a secret in the browser's cookie ─┘
//! ```
//!
//! Credentials are discoverable, so nobody types an account name and nothing tells a stranger which accounts exist. The
//! authenticator must verify its user (PIN, finger, face): one gesture is two factors. Attestation is not asked for.

use aws_lc_rs::digest;
use base::{Id, Seams};
use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use store::{StoreError, Tx};
use webauthn_rs::prelude::{
    DiscoverableAuthentication, DiscoverableKey, Passkey, PasskeyRegistration, PublicKeyCredential,
    RegisterPublicKeyCredential, Url, Uuid, Webauthn, WebauthnBuilder, WebauthnError,
};

use super::accounts::{self, Account};
use super::error::{StaffError, StaffRefusal};
use super::invitations::{self, Invitation};
use crate::access::Actor;
use crate::audit::{self, Event};
use crate::zone::Inside;

/// How long a person may take between the two halves.
pub const CEREMONY_SECONDS: i64 = 300;

/// The name under which browsers file our passkeys: origin and its host.
#[derive(Clone)]
pub struct RelyingParty(Webauthn);

/// The origin cannot be used for passkeys.
#[derive(Debug, thiserror::Error)]
#[error("[web] staff_origin cannot be used for passkeys; it must be https://NAME or http://localhost:PORT ({reason})")]
pub struct RelyingPartyError {
    reason: String,
}

impl RelyingParty {
    /// For `origin`, e.g. `http://localhost:8080`; `name` is shown by the browser.
    ///
    /// # Errors
    /// [`RelyingPartyError`] when it is no web origin with a host name.
    pub fn new(origin: &str, name: &str) -> Result<Self, RelyingPartyError> {
        let unusable = |reason: &dyn std::fmt::Display| RelyingPartyError { reason: reason.to_string() };
        let url = Url::parse(origin).map_err(|error| unusable(&error))?;
        let host = url.domain().ok_or_else(|| unusable(&"it has no host name"))?.to_owned();
        let built = WebauthnBuilder::new(&host, &url).and_then(|builder| builder.rp_name(name).build());
        built.map(Self).map_err(|error| unusable(&error))
    }
}

/// The browser's half of a ceremony: kept in its cookie, stored only as a hash.
#[derive(Clone, PartialEq, Eq)]
pub struct CeremonySecret([u8; 32]);

impl CeremonySecret {
    /// Reads a cookie's value.
    pub fn parse(text: &str) -> Option<Self> {
        Some(Self(BASE64URL_NOPAD.decode(text.as_bytes()).ok()?.try_into().ok()?))
    }

    /// As written into the cookie.
    pub fn cookie_value(&self) -> String {
        BASE64URL_NOPAD.encode(&self.0)
    }

    fn hash(&self) -> Vec<u8> {
        digest::digest(&digest::SHA256, &self.0).as_ref().to_vec()
    }
}

impl std::fmt::Debug for CeremonySecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CeremonySecret")
    }
}

/// What the browser needs to go on.
#[derive(Clone, Debug)]
pub struct Begun {
    /// For the cookie.
    pub secret: CeremonySecret,
    /// For `navigator.credentials`, as JSON.
    pub options: Json,
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
    library: PasskeyRegistration,
    handle: Uuid,
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
    let handle = Uuid::from_bytes(handle);
    let exclude = known.iter().map(|key| key.cred_id().clone()).collect();
    let shown = format!("{name} ({office})");
    let (challenge, library) =
        party.0.start_passkey_registration(handle, &shown, &shown, Some(exclude)).map_err(defect)?;
    let mut options = serde_json::to_value(&challenge).map_err(|_| StaffRefusal::Ceremony)?;
    // The library leaves discoverability to the authenticator; sign-in without an account name needs it.
    options["publicKey"]["authenticatorSelection"]["residentKey"] = "required".into();
    options["publicKey"]["authenticatorSelection"]["requireResidentKey"] = true.into();
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
    let answer: RegisterPublicKeyCredential = serde_json::from_str(answer).map_err(|_| StaffRefusal::Passkey)?;
    let passkey = party.0.finish_passkey_registration(&answer, &state.library).map_err(|_| StaffRefusal::Passkey)?;
    let content = serde_json::to_string(&passkey).map_err(|_| StaffRefusal::Passkey)?;
    let credential: Vec<u8> = passkey.cred_id().to_vec();
    let seams = inside.seams.clone();
    inside.store.write(move |tx| {
        let account = match (ceremony.account, ceremony.invitation) {
            (Some(account), _) => {
                accounts::account(tx, account)?.filter(|a| a.is_active).ok_or(StaffRefusal::NoAccount)?
            }
            (None, Some(invitation)) => {
                let handle = *state.handle.as_bytes();
                invitations::redeem(tx, &seams, invitation, handle, &state.name, &state.office)?
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
    let (challenge, library) = party.0.start_discoverable_authentication().map_err(defect)?;
    let mut options = serde_json::to_value(&challenge).map_err(|_| StaffRefusal::Ceremony)?;
    // We ask at the press of a button, not in a field's autofill.
    if let Some(all) = options.as_object_mut() {
        all.remove("mediation");
    }
    let state = serde_json::to_string(&library).map_err(|_| StaffRefusal::Ceremony)?;
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
    let refused = |_| StaffRefusal::Passkey;
    let library: DiscoverableAuthentication =
        serde_json::from_str(&ceremony.state).map_err(|_| StaffRefusal::Ceremony)?;
    let answer: PublicKeyCredential = serde_json::from_str(answer).map_err(|_| StaffRefusal::Passkey)?;
    let (handle, credential) = party.0.identify_discoverable_authentication(&answer).map_err(refused)?;
    let credential = credential.to_vec();
    let (account, mut passkey) = inside.store.read(|tx| {
        let row = tx.query_one(
            "SELECT p.account, p.content FROM staff_passkeys p JOIN staff_accounts a ON a.account = p.account \
             WHERE p.credential_id = $1 AND p.status = 'active' AND a.status = 'active' AND a.handle = $2",
            &[credential.as_slice().into(), handle.as_bytes().as_slice().into()],
        )?;
        let row = row.ok_or(StaffRefusal::Passkey)?;
        let account = accounts::account(tx, row.id(0)?)?.ok_or(StaffRefusal::Passkey)?;
        let passkey: Passkey = serde_json::from_str(row.text(1)?).map_err(|_| StaffRefusal::Passkey)?;
        Ok::<_, StaffError>((account, passkey))
    })?;
    let key = DiscoverableKey::from(&passkey);
    let result = party.0.finish_discoverable_authentication_v2(&answer, library, &key).map_err(refused)?;
    if !result.user_verified() {
        return Err(StaffRefusal::Passkey.into());
    }
    let _ = passkey.update_credential(&result);
    let content = serde_json::to_string(&passkey).map_err(|_| StaffRefusal::Passkey)?;
    Ok((account, credential, content))
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

fn keys_of(tx: &mut Tx<'_>, account: Id) -> Result<Vec<Passkey>, StoreError> {
    let rows =
        tx.query("SELECT content FROM staff_passkeys WHERE account = $1 AND status = 'active'", &[account.into()])?;
    // One that a newer version wrote cannot be read; it is then not excluded, which only allows a duplicate.
    Ok(rows.iter().filter_map(|row| serde_json::from_str(row.text(0).ok()?).ok()).collect())
}

fn remember(
    inside: &Inside,
    kind: &'static str,
    state: String,
    account: Option<Id>,
    invitation: Option<Id>,
) -> Result<CeremonySecret, StoreError> {
    let secret = CeremonySecret(inside.seams.random.bytes());
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

/// The library failed where only a misconfiguration can be the cause.
fn defect(error: WebauthnError) -> StaffError {
    tracing::error!(?error, "a passkey ceremony could not begin");
    StaffRefusal::Ceremony.into()
}
