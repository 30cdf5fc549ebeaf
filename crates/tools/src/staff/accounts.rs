//! Accounts and their roles, in rows.

use base::{Id, Seams};
use store::{Row, StoreError, Tx};

use super::error::{StaffError, StaffRefusal};
use super::roles::Role;
use crate::access::Actor;
use crate::audit::{self, Event};

/// A member of staff.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Key. Never shown outside the console.
    pub id: Id,
    /// Name as colleagues see it.
    pub name: String,
    /// Office (課), shown to residents in place of the name.
    pub office: String,
    /// What they are trusted with, in the table's order.
    pub roles: Vec<Role>,
    /// Whether they may sign in.
    pub is_active: bool,
}

impl Account {
    /// Whether their roles allow `action`.
    pub fn may(&self, action: super::Action) -> bool {
        self.is_active && super::may(&self.roles, action)
    }

    /// As an actor for access, disclosure and audit.
    pub fn actor(&self) -> crate::access::Actor {
        crate::access::Actor::Staff { account: self.id }
    }
}

/// One account, also a disabled one.
///
/// # Errors
/// [`StoreError`].
pub fn account(tx: &mut Tx<'_>, id: Id) -> Result<Option<Account>, StoreError> {
    let row =
        tx.query_one("SELECT account, name, office, status FROM staff_accounts WHERE account = $1", &[id.into()])?;
    let Some(row) = row else { return Ok(None) };
    let roles = tx.query("SELECT role FROM staff_roles WHERE account = $1", &[id.into()])?;
    read(&row, &roles).map(Some)
}

/// All accounts, in order of office and name.
///
/// # Errors
/// [`StoreError`].
pub fn accounts(tx: &mut Tx<'_>) -> Result<Vec<Account>, StoreError> {
    let rows =
        tx.query("SELECT account, name, office, status FROM staff_accounts ORDER BY office, name, account", &[])?;
    let roles = tx.query("SELECT role, account FROM staff_roles", &[])?;
    rows.iter()
        .map(|row| {
            let id = row.text(0)?;
            let own: Vec<Row> = roles.iter().filter(|role| role.text(1).is_ok_and(|of| of == id)).cloned().collect();
            read(row, &own)
        })
        .collect()
}

fn read(row: &Row, roles: &[Row]) -> Result<Account, StoreError> {
    let mut own: Vec<Role> = Vec::with_capacity(roles.len());
    for role in roles {
        // A role that a newer version wrote is not understood here and allows nothing.
        own.extend(Role::from_code(role.text(0)?));
    }
    own.sort_unstable();
    Ok(Account {
        id: row.id(0)?,
        name: row.text(1)?.to_owned(),
        office: row.text(2)?.to_owned(),
        roles: own,
        is_active: row.text(3)? == "active",
    })
}

/// Adds an account that may sign in once it has a passkey.
///
/// # Errors
/// [`StoreError`].
pub fn add(
    tx: &mut Tx<'_>,
    seams: &Seams,
    by: &Actor,
    name: &str,
    office: &str,
    roles: &[Role],
) -> Result<Account, StoreError> {
    add_with_handle(tx, seams, by, name, office, roles, seams.random.bytes())
}

/// The same with a WebAuthn user handle (16 bytes, a UUID, leading to nobody) that a passkey already holds.
pub(super) fn add_with_handle(
    tx: &mut Tx<'_>,
    seams: &Seams,
    by: &Actor,
    name: &str,
    office: &str,
    roles: &[Role],
    handle: [u8; 16],
) -> Result<Account, StoreError> {
    let (id, now) = (seams.random_id(), seams.now());
    tx.execute(
        "INSERT INTO staff_accounts (account, name, office, handle, status, made_at, made_by) \
         VALUES ($1, $2, $3, $4, 'active', $5, $6)",
        &[id.into(), name.into(), office.into(), handle.as_slice().into(), now.into(), by.key().into()],
    )?;
    let mut roles = roles.to_vec();
    roles.sort_unstable();
    roles.dedup();
    for role in &roles {
        write_role(tx, seams, by, id, *role)?;
    }
    let codes = role_codes(&roles);
    audit::append(tx, seams, by, Event::StaffAdded, &[("account", &id.to_string()), ("roles", &codes)])?;
    Ok(Account { id, name: name.to_owned(), office: office.to_owned(), roles, is_active: true })
}

/// The WebAuthn user handle of an account.
pub(super) fn handle(tx: &mut Tx<'_>, id: Id) -> Result<Option<[u8; 16]>, StoreError> {
    tx.query_one("SELECT handle FROM staff_accounts WHERE account = $1", &[id.into()])?
        .map(|row| row.blob(0)?.try_into().map_err(|_| StoreError::Column { column: 0, wanted: "16 bytes" }))
        .transpose()
}

/// How many administrators may sign in.
pub(super) fn active_administrators(tx: &mut Tx<'_>) -> Result<i64, StoreError> {
    tx.query_one(
        "SELECT COUNT(*) FROM staff_roles r JOIN staff_accounts a ON a.account = r.account \
         WHERE r.role = 'administrator' AND a.status = 'active'",
        &[],
    )?
    .map_or(Ok(0), |row| row.int(0))
}

/// Gives an account exactly these roles beside `administrator`, which only two persons give ([`super::two_persons`]).
///
/// # Errors
/// [`StaffRefusal::OwnAccount`], [`StaffRefusal::NoAccount`]; [`StaffRefusal::NeedsApproval`] when `roles` would add
/// `administrator`; [`StaffRefusal::LastAdministrator`] when they would take the last one away; [`StoreError`].
pub fn set_roles(tx: &mut Tx<'_>, seams: &Seams, by: &Account, id: Id, roles: &[Role]) -> Result<(), StaffError> {
    let account = someone_else(tx, by, id)?;
    let (had, has) = (account.roles.contains(&Role::Administrator), roles.contains(&Role::Administrator));
    if has && !had {
        return Err(StaffRefusal::NeedsApproval.into());
    }
    if had && !has && account.is_active && active_administrators(tx)? <= 1 {
        return Err(StaffRefusal::LastAdministrator.into());
    }
    for role in account.roles.iter().filter(|role| !roles.contains(role)) {
        tx.execute("DELETE FROM staff_roles WHERE account = $1 AND role = $2", &[id.into(), role.code().into()])?;
    }
    for role in roles.iter().filter(|role| !account.roles.contains(role)) {
        write_role(tx, seams, &by.actor(), id, *role)?;
    }
    let codes = role_codes(roles);
    changed(tx, seams, &by.actor(), Event::StaffChanged, id, "roles", &codes)
}

/// Disables an account: it can no longer sign in. The caller ends its sessions in the same transaction.
///
/// # Errors
/// [`StaffRefusal::OwnAccount`], [`StaffRefusal::NoAccount`], [`StaffRefusal::LastAdministrator`]; [`StoreError`].
pub fn disable(tx: &mut Tx<'_>, seams: &Seams, by: &Account, id: Id) -> Result<(), StaffError> {
    let account = someone_else(tx, by, id)?;
    if account.is_active && account.roles.contains(&Role::Administrator) && active_administrators(tx)? <= 1 {
        return Err(StaffRefusal::LastAdministrator.into());
    }
    tx.execute(
        "UPDATE staff_accounts SET status = 'disabled', disabled_at = $2, disabled_by = $3 WHERE account = $1",
        &[id.into(), seams.now().into(), by.actor().key().into()],
    )?;
    changed(tx, seams, &by.actor(), Event::StaffStopped, id, "status", "disabled")
}

/// Lets a disabled account sign in again with the passkeys it had.
///
/// # Errors
/// [`StaffRefusal::OwnAccount`], [`StaffRefusal::NoAccount`]; [`StaffRefusal::NeedsApproval`] for an administrator:
/// take the role away first, then have two persons give it again; [`StoreError`].
pub fn enable(tx: &mut Tx<'_>, seams: &Seams, by: &Account, id: Id) -> Result<(), StaffError> {
    let account = someone_else(tx, by, id)?;
    if account.roles.contains(&Role::Administrator) {
        return Err(StaffRefusal::NeedsApproval.into());
    }
    tx.execute(
        "UPDATE staff_accounts SET status = 'active', disabled_at = NULL, disabled_by = NULL WHERE account = $1",
        &[id.into()],
    )?;
    changed(tx, seams, &by.actor(), Event::StaffChanged, id, "status", "active")
}

fn someone_else(tx: &mut Tx<'_>, by: &Account, id: Id) -> Result<Account, StaffError> {
    if by.id == id {
        return Err(StaffRefusal::OwnAccount.into());
    }
    Ok(account(tx, id)?.ok_or(StaffRefusal::NoAccount)?)
}

pub(super) fn changed(
    tx: &mut Tx<'_>,
    seams: &Seams,
    by: &Actor,
    event: Event,
    id: Id,
    what: &str,
    value: &str,
) -> Result<(), StaffError> {
    audit::append(tx, seams, by, event, &[("account", &id.to_string()), ("what", what), ("value", value)])?;
    Ok(())
}

pub(super) fn write_role(tx: &mut Tx<'_>, seams: &Seams, by: &Actor, id: Id, role: Role) -> Result<(), StoreError> {
    tx.queue(
        "INSERT INTO staff_roles (account, role, given_at, given_by) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (account, role) DO NOTHING",
        &[id.into(), role.code().into(), seams.now().into(), by.key().into()],
    )
}

/// Codes joined by commas, as stored with an invitation and written into the audit log.
pub(super) fn role_codes(roles: &[Role]) -> String {
    roles.iter().map(|role| role.code()).collect::<Vec<_>>().join(",")
}
