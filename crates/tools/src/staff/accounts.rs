//! Accounts and their roles, in rows.

use base::{Id, Seams};
use store::{Row, StoreError, Tx};

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
    let (id, now) = (seams.random_id(), seams.now());
    // The WebAuthn user handle must be 16 bytes (a UUID) and lead to nobody.
    let handle: [u8; 16] = seams.random.bytes();
    tx.execute(
        "INSERT INTO staff_accounts (account, name, office, handle, status, made_at, made_by) \
         VALUES ($1, $2, $3, $4, 'active', $5, $6)",
        &[id.into(), name.into(), office.into(), handle.as_slice().into(), now.into(), by.key().into()],
    )?;
    for role in roles {
        write_role(tx, seams, by, id, *role)?;
    }
    let codes = role_codes(roles);
    audit::append(tx, seams, by, Event::StaffAdded, &[("account", &id.to_string()), ("roles", &codes)])?;
    let mut roles = roles.to_vec();
    roles.sort_unstable();
    roles.dedup();
    Ok(Account { id, name: name.to_owned(), office: office.to_owned(), roles, is_active: true })
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
