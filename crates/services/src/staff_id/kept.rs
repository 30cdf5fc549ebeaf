//! Rows of the staff record and of IDs, in the database of cards. Every function takes a transaction on it.

use base::{Date, Id, Personal, Seams, Timestamp};
use store::sealing::Vault;
use store::{Row, StoreError, Tx};
use tools::access::Actor;
use tools::service_cards::CardError;
use wire::staff_id_code::Sticker;

use super::model::{Deed, Standing};
use super::records::Member;

/// The card and the tag of an ID.
pub type Things = (Option<Vec<u8>>, Option<Vec<u8>>);

/// Separates hashes of staff cards from every other use of the look-up key.
const CARD_PURPOSE: &str = "staff_ids.card_hash";
/// The same for tags.
const TAG_PURPOSE: &str = "staff_ids.tag_hash";
/// The same for what binds a label to a card.
const BOUND_PURPOSE: &str = "staff_ids.bound";
const NAME_COLUMN: &str = "staff_members.name";
const CARD_COLUMN: &str = "staff_ids.card";
const TAG_COLUMN: &str = "staff_ids.tag";

macro_rules! select_member {
    ($rest:literal) => {
        concat!(
            "SELECT staff_number, name, department, title, authority, employed_from, employed_until, account, \
             member FROM staff_members",
            $rest
        )
    };
}

macro_rules! select_staff_id {
    ($rest:literal) => {
        concat!(
            "SELECT staff_id, staff_number, sticker, status, since, issued_on, valid_until, printed_at, replaces, \
             card_hash, tag_hash FROM staff_ids",
            $rest
        )
    };
}

macro_rules! select_line {
    ($rest:literal) => {
        concat!(
            "SELECT e.staff_id, i.staff_number, i.sticker, e.happened_at, e.actor, e.what, e.why FROM staff_id_events e \
             JOIN staff_ids i ON i.staff_id = e.staff_id",
            $rest,
            " ORDER BY e.happened_at, e.event_id"
        )
    };
}

/// Under which name the key of a member's name is kept.
fn member_key(number: &str) -> String {
    format!("staff-member:{number}")
}

/// Under which name an ID's own key is kept: the card goes with it.
fn id_key(id: Id) -> String {
    format!("staff-id:{id}")
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

/// An ID (職員身分証).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaffId {
    /// Its id.
    pub id: Id,
    /// Whose.
    pub number: String,
    /// The number of its label.
    pub sticker: Sticker,
    /// Where it stands.
    pub standing: Standing,
    /// Since when.
    pub since: Timestamp,
    /// First day.
    pub issued_on: Date,
    /// Last day.
    pub valid_until: Date,
    /// When its label was printed.
    pub printed_at: Option<Timestamp>,
    /// In whose place it came.
    pub replaces: Option<Id>,
    /// Whether a card is enrolled.
    pub has_card: bool,
    /// Whether a tag was given out with it.
    pub has_tag: bool,
}

impl StaffId {
    /// Whether it is good on this day.
    pub fn is_good(&self, today: Date) -> bool {
        self.standing == Standing::Live && self.issued_on <= today && today <= self.valid_until
    }

    fn read(row: &Row) -> Result<Self, CardError> {
        let broken = |column| StoreError::Column { column, wanted: "a word of the table" };
        Ok(Self {
            id: row.id(0)?,
            number: row.text(1)?.to_owned(),
            sticker: Sticker::parse(row.text(2)?).ok_or(broken(2))?,
            standing: Standing::from_code(row.text(3)?).ok_or(broken(3))?,
            since: row.timestamp(4)?,
            issued_on: row.date(5)?,
            valid_until: row.date(6)?,
            printed_at: row.opt_timestamp(7)?,
            replaces: row.opt_text(8)?.map(Id::parse).transpose().map_err(|_| broken(8))?,
            has_card: row.opt_blob(9)?.is_some(),
            has_tag: row.opt_blob(10)?.is_some(),
        })
    }
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

/// A member's IDs, newest first.
///
/// # Errors
/// The database.
pub fn of_member(tx: &mut Tx<'_>, number: &str) -> Result<Vec<StaffId>, CardError> {
    let rows = tx.query(select_staff_id!(" WHERE staff_number = $1"), &[number.into()])?;
    let mut all: Vec<StaffId> = rows.iter().map(StaffId::read).collect::<Result<_, _>>()?;
    all.sort_by_key(|one| (one.standing.is_over(), std::cmp::Reverse(one.since), one.id));
    Ok(all)
}

/// One ID.
///
/// # Errors
/// The database.
pub fn get(tx: &mut Tx<'_>, id: Id) -> Result<Option<StaffId>, CardError> {
    let row = tx.query_one(select_staff_id!(" WHERE staff_id = $1"), &[id.into()])?;
    row.map(|row| StaffId::read(&row)).transpose()
}

/// The ID of a label.
///
/// # Errors
/// The database.
pub fn of_sticker(tx: &mut Tx<'_>, sticker: Sticker) -> Result<Option<StaffId>, CardError> {
    let row = tx.query_one(select_staff_id!(" WHERE sticker = $1"), &[sticker.to_string().into()])?;
    row.map(|row| StaffId::read(&row)).transpose()
}

/// Every ID of this standing.
///
/// # Errors
/// The database.
pub fn standing(tx: &mut Tx<'_>, standing: Standing) -> Result<Vec<StaffId>, CardError> {
    let rows = tx.query(select_staff_id!(" WHERE status = $1"), &[standing.code().into()])?;
    rows.iter().map(StaffId::read).collect()
}

/// Adds an ID without card and gives it back.
///
/// # Errors
/// The database.
pub fn add(
    tx: &mut Tx<'_>,
    seams: &Seams,
    by: &Actor,
    number: &str,
    valid_until: Date,
    replaces: Option<Id>,
) -> Result<StaffId, CardError> {
    let (id, now, today) = (seams.random_id(), seams.now(), seams.today());
    let sticker = Sticker::from_bytes(seams.random.bytes());
    tx.execute(
        "INSERT INTO staff_ids (staff_id, staff_number, sticker, status, since, issued_on, valid_until, replaces) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        &[
            id.into(),
            number.into(),
            sticker.to_string().into(),
            Standing::Prepared.code().into(),
            now.into(),
            today.into(),
            valid_until.into(),
            replaces.into(),
        ],
    )?;
    note(tx, seams, by, id, "issued", "")?;
    Ok(StaffId {
        id,
        number: number.to_owned(),
        sticker,
        standing: Standing::Prepared,
        since: now,
        issued_on: today,
        valid_until,
        printed_at: None,
        replaces,
        has_card: false,
        has_tag: false,
    })
}

/// Writes where an ID stands and what brought it there.
///
/// # Errors
/// The database.
pub fn set(
    tx: &mut Tx<'_>,
    seams: &Seams,
    by: &Actor,
    id: Id,
    (next, deed, why): (Standing, Deed, &str),
) -> Result<(), CardError> {
    tx.execute(
        "UPDATE staff_ids SET status = $2, since = $3 WHERE staff_id = $1",
        &[id.into(), next.code().into(), seams.now().into()],
    )?;
    if next.is_over() || next == Standing::Lost {
        // Nothing opens with it any more, so nothing needs the card.
        tx.execute("UPDATE staff_ids SET card = NULL, tag = NULL WHERE staff_id = $1", &[id.into()])?;
    }
    note(tx, seams, by, id, deed.code(), why)
}

/// A line in the ledger.
///
/// # Errors
/// The database.
pub fn note(tx: &mut Tx<'_>, seams: &Seams, by: &Actor, id: Id, what: &str, why: &str) -> Result<(), CardError> {
    tx.execute(
        "INSERT INTO staff_id_events (event_id, staff_id, happened_at, actor, what, why) VALUES ($1, $2, $3, $4, $5, $6)",
        &[seams.random_id().into(), id.into(), seams.now().into(), by.key().into(), what.into(), why.into()],
    )?;
    Ok(())
}

/// A line of the ledger of issue (発行台帳).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Of which ID.
    pub id: Id,
    /// Whose.
    pub number: String,
    /// The number of the label.
    pub sticker: String,
    /// When.
    pub at: Timestamp,
    /// Who did it.
    pub actor: String,
    /// What.
    pub what: String,
    /// Why.
    pub why: String,
}

/// The ledger, oldest first; of one member or of all.
///
/// # Errors
/// The database.
pub fn ledger(tx: &mut Tx<'_>, number: Option<&str>) -> Result<Vec<Line>, CardError> {
    let rows = match number {
        Some(number) => tx.query(select_line!(" WHERE i.staff_number = $1"), &[number.into()])?,
        None => tx.query(select_line!(""), &[])?,
    };
    let line = |row: &Row| {
        Ok(Line {
            id: row.id(0)?,
            number: row.text(1)?.to_owned(),
            sticker: row.text(2)?.to_owned(),
            at: row.timestamp(3)?,
            actor: row.text(4)?.to_owned(),
            what: row.text(5)?.to_owned(),
            why: row.text(6)?.to_owned(),
        })
    };
    rows.iter().map(line).collect::<Result<_, StoreError>>().map_err(Into::into)
}

/// Puts a card to an ID. `card` are the bytes of its certificate's number.
///
/// # Errors
/// The database or the key store.
pub fn put_card(tx: &mut Tx<'_>, vault: &Vault, id: Id, card: &[u8]) -> Result<(), CardError> {
    let hash = vault.keyed_hash(CARD_PURPOSE, card)?;
    let sealed = vault.seal(&id_key(id), CARD_COLUMN, card)?;
    tx.execute(
        "UPDATE staff_ids SET card_key = $2, card_hash = $3, card = $4 WHERE staff_id = $1",
        &[id.into(), hash.key_id.into(), hash.hash.as_slice().into(), sealed.as_slice().into()],
    )?;
    Ok(())
}

/// Puts the number of a tag to an ID, or takes it away.
///
/// # Errors
/// The database or the key store.
pub fn put_tag(tx: &mut Tx<'_>, vault: &Vault, id: Id, tag: Option<&[u8]>) -> Result<(), CardError> {
    let Some(tag) = tag else {
        tx.execute(
            "UPDATE staff_ids SET tag_key = NULL, tag_hash = NULL, tag = NULL WHERE staff_id = $1",
            &[id.into()],
        )?;
        return Ok(());
    };
    let hash = vault.keyed_hash(TAG_PURPOSE, tag)?;
    let sealed = vault.seal(&id_key(id), TAG_COLUMN, tag)?;
    tx.execute(
        "UPDATE staff_ids SET tag_key = $2, tag_hash = $3, tag = $4 WHERE staff_id = $1",
        &[id.into(), hash.key_id.into(), hash.hash.as_slice().into(), sealed.as_slice().into()],
    )?;
    Ok(())
}

/// The IDs to which a card is, or was, enrolled.
///
/// # Errors
/// The database or the key store.
pub fn of_card(tx: &mut Tx<'_>, vault: &Vault, card: &[u8]) -> Result<Vec<StaffId>, CardError> {
    let mut all = Vec::new();
    for hash in vault.keyed_hashes(CARD_PURPOSE, card)? {
        let rows = tx.query(
            select_staff_id!(" WHERE card_hash = $1 AND card_key = $2"),
            &[hash.hash.as_slice().into(), hash.key_id.into()],
        )?;
        for row in &rows {
            all.push(StaffId::read(row)?);
        }
    }
    Ok(all)
}

/// Whether a tag is another ID's that is in use.
///
/// # Errors
/// The database or the key store.
pub fn is_tag_anothers(tx: &mut Tx<'_>, vault: &Vault, tag: &[u8], id: Id) -> Result<bool, CardError> {
    for hash in vault.keyed_hashes(TAG_PURPOSE, tag)? {
        let rows = tx.query(
            "SELECT staff_id FROM staff_ids WHERE tag_hash = $1 AND tag_key = $2 AND status = 'live'",
            &[hash.hash.as_slice().into(), hash.key_id.into()],
        )?;
        for row in &rows {
            if row.id(0)? != id {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// The card and the tag of an ID, for lists of doors.
///
/// # Errors
/// The database or the key store.
pub fn things(tx: &mut Tx<'_>, vault: &Vault, id: Id) -> Result<Things, CardError> {
    let Some(row) = tx.query_one("SELECT card, tag FROM staff_ids WHERE staff_id = $1", &[id.into()])? else {
        return Ok((None, None));
    };
    let open =
        |column, sealed: Option<&[u8]>| sealed.map(|sealed| vault.open_sealed(&id_key(id), column, sealed)).transpose();
    Ok((open(CARD_COLUMN, row.opt_blob(0)?)?, open(TAG_COLUMN, row.opt_blob(1)?)?))
}

/// What binds a label to a card, under every live look-up key, newest first.
///
/// # Errors
/// The key store.
pub fn bound(vault: &Vault, sticker: Sticker, card: &[u8]) -> Result<Vec<[u8; 16]>, CardError> {
    let both = [sticker.bytes().as_slice(), card].concat();
    let hashes = vault.keyed_hashes(BOUND_PURPOSE, &both)?;
    Ok(hashes.iter().map(|hash| std::array::from_fn(|at| hash.hash[at])).collect())
}

/// Writes that a label was printed.
///
/// # Errors
/// The database.
pub fn printed(tx: &mut Tx<'_>, seams: &Seams, by: &Actor, id: Id) -> Result<(), CardError> {
    tx.execute("UPDATE staff_ids SET printed_at = $2 WHERE staff_id = $1", &[id.into(), seams.now().into()])?;
    note(tx, seams, by, id, "printed", "")
}

/// A setting, where the city has said something.
///
/// # Errors
/// The database.
pub fn setting(tx: &mut Tx<'_>, name: &str) -> Result<Option<String>, StoreError> {
    let row = tx.query_one("SELECT content FROM staff_id_settings WHERE setting = $1", &[name.into()])?;
    row.map(|row| row.text(0).map(str::to_owned)).transpose()
}

/// Says something.
///
/// # Errors
/// The database.
pub fn put_setting(tx: &mut Tx<'_>, name: &str, content: &str) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO staff_id_settings (setting, content) VALUES ($1, $2) ON CONFLICT (setting) DO UPDATE SET content = $2",
        &[name.into(), content.into()],
    )
    .map(|_| ())
}
