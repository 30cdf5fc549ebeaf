//! The staff record (職員の記録): who works here, and the account whose roles a sign-in by card gives.

use base::{Date, Id, Personal, Seams};
use store::sealing::Vault;
use store::{Row, StoreError, Tx};
use tools::service_cards::CardError;

use crate::staff_id::records::Member;

const NAME_COLUMN: &str = "staff_members.name";

macro_rules! select_member {
    ($rest:literal) => {
        concat!(
            "SELECT staff_number, name, department, title, authority, employed_from, employed_until, account, \
             member FROM staff_members",
            $rest
        )
    };
}

/// Under which name the key of a member's name is kept.
fn member_key(number: &str) -> String {
    format!("staff-member:{number}")
}

/// A member of staff and their account in the console.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// A random id, for addresses of pages: a staff number stands in none.
    pub id: Id,
    /// The record.
    pub member: Member,
    /// The account whose roles a sign-in by card gives.
    pub account: Option<Id>,
}

fn read_member(row: &Row, vault: &Vault) -> Result<Kept, CardError> {
    let broken = |column| StoreError::Column { column, wanted: "a word of the table" };
    let number = row.text(0)?.to_owned();
    let name = vault.open_sealed(&member_key(&number), NAME_COLUMN, row.blob(1)?)?;
    let name = String::from_utf8(name).map_err(|_| broken(1))?;
    let member = Member {
        number,
        name: Personal::new(name),
        department: row.text(2)?.to_owned(),
        title: row.text(3)?.to_owned(),
        authority: row.text(4)?.to_owned(),
        employed_from: row.date(5)?,
        employed_until: row.opt_date(6)?,
    };
    let account = row.opt_text(7)?.map(Id::parse).transpose().map_err(|_| broken(7))?;
    Ok(Kept { id: row.id(8)?, member, account })
}

/// Writes a member's record; an account that is linked stays. Says whether it is new.
///
/// # Errors
/// The database or the key store.
pub fn put(tx: &mut Tx<'_>, vault: &Vault, seams: &Seams, member: &Member) -> Result<bool, CardError> {
    let sealed = vault.seal(&member_key(&member.number), NAME_COLUMN, member.name.reveal().as_bytes())?;
    let is_new = tx.query_one("SELECT 1 FROM staff_members WHERE staff_number = $1", &[(&*member.number).into()])?;
    tx.execute(
        "INSERT INTO staff_members (staff_number, name, department, title, authority, employed_from, employed_until, \
         changed_at, member) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (staff_number) DO UPDATE SET name = $2, \
         department = $3, title = $4, authority = $5, employed_from = $6, employed_until = $7, changed_at = $8",
        &[
            (&*member.number).into(),
            sealed.as_slice().into(),
            (&*member.department).into(),
            (&*member.title).into(),
            (&*member.authority).into(),
            member.employed_from.into(),
            member.employed_until.into(),
            seams.now().into(),
            seams.random_id().into(),
        ],
    )?;
    Ok(is_new.is_none())
}

/// Every member, by number.
///
/// # Errors
/// The database or the key store.
pub fn members(tx: &mut Tx<'_>, vault: &Vault) -> Result<Vec<Kept>, CardError> {
    let rows = tx.query(select_member!(" ORDER BY staff_number"), &[])?;
    rows.iter().map(|row| read_member(row, vault)).collect()
}

/// One member.
///
/// # Errors
/// The database or the key store.
pub fn member(tx: &mut Tx<'_>, vault: &Vault, number: &str) -> Result<Option<Kept>, CardError> {
    let row = tx.query_one(select_member!(" WHERE staff_number = $1"), &[number.into()])?;
    row.map(|row| read_member(&row, vault)).transpose()
}

/// The member of a page's address.
///
/// # Errors
/// The database or the key store.
pub fn of_id(tx: &mut Tx<'_>, vault: &Vault, id: Id) -> Result<Option<Kept>, CardError> {
    let row = tx.query_one(select_member!(" WHERE member = $1"), &[id.into()])?;
    row.map(|row| read_member(&row, vault)).transpose()
}

/// The member to whom an account is linked.
///
/// # Errors
/// The database or the key store.
pub fn of_account(tx: &mut Tx<'_>, vault: &Vault, account: Id) -> Result<Option<Kept>, CardError> {
    let row = tx.query_one(select_member!(" WHERE account = $1"), &[account.into()])?;
    row.map(|row| read_member(&row, vault)).transpose()
}

/// Links an account, or none. `false` when it is another member's.
///
/// # Errors
/// [`StoreError`].
pub fn link(tx: &mut Tx<'_>, number: &str, account: Option<Id>) -> Result<bool, StoreError> {
    if let Some(account) = account {
        let taken = tx.query_one(
            "SELECT 1 FROM staff_members WHERE account = $1 AND staff_number <> $2",
            &[account.into(), number.into()],
        )?;
        if taken.is_some() {
            return Ok(false);
        }
    }
    Ok(tx.execute("UPDATE staff_members SET account = $2 WHERE staff_number = $1", &[number.into(), account.into()])?
        == 1)
}

/// Sets a member's last day.
///
/// # Errors
/// [`StoreError`].
pub fn leaves(tx: &mut Tx<'_>, seams: &Seams, number: &str, last: Date) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE staff_members SET employed_until = $2, changed_at = $3 WHERE staff_number = $1",
        &[number.into(), last.into(), seams.now().into()],
    )
    .map(|_| ())
}
