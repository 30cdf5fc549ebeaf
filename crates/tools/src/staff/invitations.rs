//! One-time ways in: the console token of the first administrator, and invitations of everyone after.
//!
//! ```text
//!   yakuba staff first-administrator ─ prints once ─► /staff/first  ─┐
//!   administrator ─ invites ─► link /staff/join#secret ──────┴► passkey made ─► account, used up, audited
//! ```
//!
//! The secret of a link stands after `#`, which browsers send to nobody and no log keeps. Only hashes are stored.

use aws_lc_rs::digest;
use base::my_number_guard::refuse_individual_number;
use base::{Id, Seams, Timestamp};
use store::{StoreError, Tx};

use super::accounts::{self, Account, role_codes};
use super::error::{StaffError, StaffRefusal};
use super::roles::Role;
use crate::access::Actor;
use crate::audit::{self, Event};

/// How long the console token works: the operator stands at the machine.
pub const FIRST_TOKEN_SECONDS: i64 = 60 * 60;
/// How long an invitation works.
pub const INVITATION_SECONDS: i64 = 3 * 24 * 3600;

/// A secret shown once, to be typed or followed: 20 characters in groups of four, 100 bits.
#[derive(Clone, PartialEq, Eq)]
pub struct OneTimeSecret(String);

impl OneTimeSecret {
    pub(crate) fn fresh(seams: &Seams) -> Self {
        // The last 20 characters of a random id's text: 5 bits each.
        let text = seams.random_id().to_string();
        let tail: Vec<char> = text.chars().skip(6).collect();
        Self(tail.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-"))
    }

    /// Reads what somebody typed: case, spaces and hyphens do not matter.
    pub fn typed(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// For the console or the link. Shown once.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    pub(crate) fn hash(&self) -> Vec<u8> {
        let plain: String =
            self.0.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).take(64).collect();
        digest::digest(&digest::SHA256, plain.as_bytes()).as_ref().to_vec()
    }
}

impl std::fmt::Debug for OneTimeSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OneTimeSecret")
    }
}

/// An open way in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// Key.
    pub id: Id,
    /// Whether this is the console token of the first administrator.
    pub is_first: bool,
    /// Name; empty until the first administrator types it.
    pub name: String,
    /// Office.
    pub office: String,
    /// What the account will be trusted with.
    pub roles: Vec<Role>,
    /// When it was made.
    pub made_at: Timestamp,
    /// When it stops working.
    pub expires_at: Timestamp,
}

/// Checks a name or office as typed, and trims it.
///
/// # Errors
/// [`StaffRefusal::Name`].
pub fn checked_name(text: &str) -> Result<String, StaffRefusal> {
    let text = text.trim();
    let is_sound = (1..=60).contains(&text.chars().count())
        && !text.chars().any(char::is_control)
        && refuse_individual_number(text).is_ok();
    if is_sound { Ok(text.to_owned()) } else { Err(StaffRefusal::Name) }
}

/// Makes the console token of the first administrator; earlier ones stop working.
///
/// # Errors
/// [`StaffRefusal::AdministratorExists`]; [`StoreError`].
pub fn first_token(tx: &mut Tx<'_>, seams: &Seams) -> Result<OneTimeSecret, StaffError> {
    if accounts::active_administrators(tx)? > 0 {
        return Err(StaffRefusal::AdministratorExists.into());
    }
    let now = seams.now();
    tx.execute(
        "UPDATE staff_invitations SET revoked_at = $1 WHERE kind = 'first' AND used_at IS NULL AND revoked_at IS NULL",
        &[now.into()],
    )?;
    let by = Actor::System { job: "staff-first-token" };
    Ok(write(tx, seams, &by, "first", "", "", &[Role::Administrator], FIRST_TOKEN_SECONDS)?.1)
}

/// Invites somebody. An administrator is invited without that role and given it afterwards by two persons.
///
/// # Errors
/// [`StaffRefusal::NeedsApproval`] for the administrator role; [`StaffRefusal::Name`]; [`StoreError`].
pub fn invite(
    tx: &mut Tx<'_>,
    seams: &Seams,
    by: &Actor,
    name: &str,
    office: &str,
    roles: &[Role],
) -> Result<(Id, OneTimeSecret), StaffError> {
    if roles.contains(&Role::Administrator) {
        return Err(StaffRefusal::NeedsApproval.into());
    }
    let (name, office) = (checked_name(name)?, checked_name(office)?);
    Ok(write(tx, seams, by, "invitation", &name, &office, roles, INVITATION_SECONDS)?)
}

#[expect(clippy::too_many_arguments, reason = "one private row writer")]
fn write(
    tx: &mut Tx<'_>,
    seams: &Seams,
    by: &Actor,
    kind: &'static str,
    name: &str,
    office: &str,
    roles: &[Role],
    seconds: i64,
) -> Result<(Id, OneTimeSecret), StoreError> {
    let (id, secret, now) = (seams.random_id(), OneTimeSecret::fresh(seams), seams.now());
    let codes = role_codes(roles);
    tx.execute(
        "INSERT INTO staff_invitations (invitation, kind, token_hash, name, office, roles, made_at, made_by, expires_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        &[
            id.into(),
            kind.into(),
            secret.hash().into(),
            name.into(),
            office.into(),
            (&codes).into(),
            now.into(),
            by.key().into(),
            now.plus_seconds(seconds).into(),
        ],
    )?;
    let details = [("invitation", id.to_string()), ("what", kind.to_owned()), ("roles", codes)];
    let details: Vec<(&'static str, &str)> = details.iter().map(|(name, value)| (*name, value.as_str())).collect();
    audit::append(tx, seams, by, Event::StaffChanged, &details)?;
    Ok((id, secret))
}

/// The open invitation of this secret.
///
/// # Errors
/// [`StaffRefusal::NoInvitation`] when unknown, used, expired or revoked; [`StoreError`].
pub fn open(tx: &mut Tx<'_>, now: Timestamp, secret: &OneTimeSecret) -> Result<Invitation, StaffError> {
    let row = tx.query_one(
        "SELECT invitation, kind, name, office, roles, made_at, expires_at FROM staff_invitations \
         WHERE token_hash = $1 AND used_at IS NULL AND revoked_at IS NULL AND expires_at > $2",
        &[secret.hash().into(), now.into()],
    )?;
    let invitation = row.as_ref().map(read).transpose()?.ok_or(StaffRefusal::NoInvitation)?;
    if invitation.is_first && accounts::active_administrators(tx)? > 0 {
        return Err(StaffRefusal::AdministratorExists.into());
    }
    Ok(invitation)
}

/// Invitations that still work, newest first.
///
/// # Errors
/// [`StoreError`].
pub fn pending(tx: &mut Tx<'_>, now: Timestamp) -> Result<Vec<Invitation>, StoreError> {
    tx.query(
        "SELECT invitation, kind, name, office, roles, made_at, expires_at FROM staff_invitations \
         WHERE kind = 'invitation' AND used_at IS NULL AND revoked_at IS NULL AND expires_at > $1 \
         ORDER BY made_at DESC, invitation",
        &[now.into()],
    )?
    .iter()
    .map(read)
    .collect()
}

/// Takes an invitation back.
///
/// # Errors
/// [`StaffRefusal::NoInvitation`]; [`StoreError`].
pub fn revoke(tx: &mut Tx<'_>, seams: &Seams, by: &Actor, id: Id) -> Result<(), StaffError> {
    let changed = tx.execute(
        "UPDATE staff_invitations SET revoked_at = $2 WHERE invitation = $1 AND used_at IS NULL AND revoked_at IS NULL",
        &[id.into(), seams.now().into()],
    )?;
    if changed == 0 {
        return Err(StaffRefusal::NoInvitation.into());
    }
    audit::append(tx, seams, by, Event::StaffChanged, &[("invitation", &id.to_string()), ("what", "revoked")])?;
    Ok(())
}

/// Uses an invitation up and makes its account, in the transaction that also stores the first passkey.
///
/// # Errors
/// [`StaffRefusal::NoInvitation`] when somebody was faster; [`StaffRefusal::AdministratorExists`]; [`StoreError`].
pub(super) fn redeem(
    tx: &mut Tx<'_>,
    seams: &Seams,
    id: Id,
    handle: [u8; 16],
    name: &str,
    office: &str,
) -> Result<Account, StaffError> {
    let now = seams.now();
    let row = tx.query_one(
        "SELECT invitation, kind, name, office, roles, made_at, expires_at FROM staff_invitations \
         WHERE invitation = $1 AND used_at IS NULL AND revoked_at IS NULL AND expires_at > $2",
        &[id.into(), now.into()],
    )?;
    let invitation = row.as_ref().map(read).transpose()?.ok_or(StaffRefusal::NoInvitation)?;
    if invitation.is_first && accounts::active_administrators(tx)? > 0 {
        return Err(StaffRefusal::AdministratorExists.into());
    }
    let by = Actor::System { job: if invitation.is_first { "staff-first-token" } else { "staff-invitation" } };
    let account = accounts::add_with_handle(tx, seams, &by, name, office, &invitation.roles, handle)?;
    tx.execute(
        "UPDATE staff_invitations SET used_at = $2, used_by = $3 WHERE invitation = $1",
        &[id.into(), now.into(), account.id.into()],
    )?;
    Ok(account)
}

fn read(row: &store::Row) -> Result<Invitation, StoreError> {
    Ok(Invitation {
        id: row.id(0)?,
        is_first: row.text(1)? == "first",
        name: row.text(2)?.to_owned(),
        office: row.text(3)?.to_owned(),
        roles: row.text(4)?.split(',').filter_map(Role::from_code).collect(),
        made_at: row.timestamp(5)?,
        expires_at: row.timestamp(6)?,
    })
}
