//! Applications inside: kept sealed, listed without content, opened with a disclosure, their state set.

use base::{Id, Seams, Timestamp};
use store::sealing::{SealError, Vault};
use store::{Row, StoreError, Tx};

use super::{Content, Fault, OnTheList, Receipt, Status};
use crate::access::{self, Access as _, AccessError, Actor, Duty, Item, Purpose};
use crate::audit::{self, Event};
use crate::portal::PostError;
use crate::portal::joining::{self, Attributes};
use crate::resident_id::ResidentId;

/// The column the content is sealed for.
const COLUMN: &str = "portal_applications.sealed";
/// Applications on a page of the list.
pub const PAGE: i64 = 50;
/// How often data that cannot be read is asked for again.
pub const MOST_TRIES: i64 = 5;

/// Why something about applications was not done.
#[derive(Debug, thiserror::Error)]
pub enum PileError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The key store.
    #[error(transparent)]
    Vault(#[from] SealError),
    /// Reading a record.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// Finding whose it is.
    #[error(transparent)]
    Post(#[from] PostError),
    /// The content that was kept is not one.
    #[error("an application that was kept cannot be read")]
    Broken,
}

/// An application on the staff's list, without its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Ours.
    pub id: Id,
    /// Its receipt number.
    pub receipt: String,
    /// What is applied for.
    pub procedure: String,
    /// When it was sent.
    pub applied_at: Timestamp,
    /// Where it stands.
    pub status: Status,
    /// Whether the national portal knows that.
    pub is_told: bool,
    /// Whether the applicant is a resident whose four attributes fit.
    pub is_resident: bool,
    /// Why its content cannot be read.
    pub fault: Option<String>,
}

fn listed(row: &Row) -> Result<Listed, StoreError> {
    let status = Status::from_word(row.text(4)?).unwrap_or(Status::Received);
    Ok(Listed {
        id: row.id(0)?,
        receipt: row.text(1)?.to_owned(),
        procedure: row.text(2)?.to_owned(),
        applied_at: row.timestamp(3)?,
        status,
        is_told: row.opt_text(5)? == Some(status.word()),
        is_resident: row.flag(6)?,
        fault: row.opt_text(7)?.map(str::to_owned),
    })
}

/// The newest applications, and how many there are.
///
/// # Errors
/// [`StoreError`].
pub fn list(tx: &mut Tx<'_>, page: i64) -> Result<(Vec<Listed>, i64), StoreError> {
    let count = tx.query_one("SELECT COUNT(*) FROM portal_applications", &[])?.map_or(Ok(0), |row| row.int(0))?;
    let rows = tx.query(
        "SELECT application_id, receipt_number, procedure_name, applied_at, status, told_status, is_resident, fault \
         FROM portal_applications ORDER BY applied_at DESC, application_id LIMIT $1 OFFSET $2",
        &[PAGE.into(), (page.max(0) * PAGE).into()],
    )?;
    Ok((rows.iter().map(listed).collect::<Result<_, _>>()?, count))
}

/// Which of a page are wanted: new ones, and those whose content could not be read and is worth another try.
///
/// # Errors
/// [`StoreError`].
pub fn wanted(tx: &mut Tx<'_>, page: &[OnTheList]) -> Result<Vec<OnTheList>, StoreError> {
    let mut wanted = Vec::new();
    for one in page {
        let row = tx.query_one(
            "SELECT sealed IS NULL, tries FROM portal_applications WHERE receipt_number = $1",
            &[one.receipt.as_str().into()],
        )?;
        let is_wanted = match row {
            Some(row) => row.flag(0)? && row.int(1)? < MOST_TRIES,
            None => true,
        };
        if is_wanted && !wanted.iter().any(|other: &OnTheList| other.receipt == one.receipt) {
            wanted.push(one.clone());
        }
    }
    Ok(wanted)
}

/// The id under which a receipt number is kept, fresh where it is new.
fn id_of(tx: &mut Tx<'_>, seams: &Seams, receipt: &Receipt) -> Result<Id, StoreError> {
    let sql = "SELECT application_id FROM portal_applications WHERE receipt_number = $1";
    tx.query_one(sql, &[receipt.as_str().into()])?.map_or_else(|| Ok(seams.random_id()), |row| row.id(0))
}

/// Under which name the vault keeps an application's key.
fn sealed_under(id: Id) -> String {
    format!("application:{id}")
}

/// Keeps an application, or that it cannot be read. Kept once; a second time changes nothing. Returns whether it is new.
/// Blocking: seals outside any transaction.
///
/// # Errors
/// [`PileError`].
pub fn keep(
    inside: &crate::zone::Inside,
    one: &OnTheList,
    content: &Result<Content, Fault>,
) -> Result<bool, PileError> {
    let (seams, receipt) = (inside.seams.clone(), one.receipt.clone());
    let id = inside.store.read::<_, StoreError, _>(|tx| id_of(tx, &seams, &receipt))?;
    let sealed = match content {
        Ok(content) => {
            let plain = serde_json::to_vec(content).map_err(|_| PileError::Broken)?;
            Some(inside.vault.seal(&sealed_under(id), COLUMN, &plain)?)
        }
        Err(_) => None,
    };
    let fault = content.as_ref().err().map(|fault| fault.word());
    let attributes = content.as_ref().ok().map(|content| Attributes {
        name: content.applicant.name.clone(),
        address: content.applicant.address.clone(),
        birth_date: content.applicant.birth_date,
        sex: content.applicant.sex,
    });
    let one = one.clone();
    inside.store.write::<_, PileError, _>(move |tx| {
        let found = match &attributes {
            Some(attributes) => joining::matching(tx, &seams, "national-portal", attributes)?,
            None => None,
        };
        let is_resident = found.is_some();
        let person = match found {
            Some(person) => person,
            None => own_key(&seams)?,
        };
        let now = seams.now();
        let kept = tx.execute(
            "INSERT INTO portal_applications (application_id, receipt_number, procedure_code, procedure_name, applied_at, \
             arrived_at, person, is_resident, sealed, fault, tries, status, status_at, told_status) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 1, 'received', $6, 'received') \
             ON CONFLICT (receipt_number) DO UPDATE SET person = excluded.person, is_resident = excluded.is_resident, \
             sealed = excluded.sealed, fault = excluded.fault, tries = portal_applications.tries + 1 \
             WHERE portal_applications.sealed IS NULL AND portal_applications.application_id = excluded.application_id",
            &[
                id.into(),
                one.receipt.as_str().into(),
                one.procedure_code.as_str().into(),
                one.procedure_name.as_str().into(),
                one.applied_at.into(),
                now.into(),
                person.as_str().into(),
                i64::from(is_resident).into(),
                sealed.as_deref().into(),
                fault.into(),
            ],
        )?;
        Ok(kept > 0)
    })
}

/// A key for an applicant whom the register does not know.
fn own_key(seams: &Seams) -> Result<ResidentId, PileError> {
    let bytes: [u8; 8] = seams.random.bytes();
    let text = format!("N-{}", data_encoding::HEXUPPER.encode(&bytes));
    // Twelve digits in a row that happen to fit are drawn again at the next run.
    ResidentId::parse(&text).map_err(|_| PileError::Broken)
}

/// An application, opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// What the list shows.
    pub listed: Listed,
    /// Its content; [`None`] where there is none.
    pub content: Option<Content>,
}

/// Opens an application: a reading, which its applicant is shown where the register knows them. Blocking.
///
/// # Errors
/// [`PileError`].
pub fn open(inside: &crate::zone::Inside, actor: &Actor, id: Id) -> Result<Option<Opened>, PileError> {
    let (seams, actor) = (inside.seams.clone(), actor.clone());
    let found = inside.store.write::<_, PileError, _>(move |tx| {
        let row = tx.query_one(
            "SELECT application_id, receipt_number, procedure_name, applied_at, status, told_status, is_resident, fault, \
             person, sealed FROM portal_applications WHERE application_id = $1",
            &[id.into()],
        )?;
        let Some(row) = row else { return Ok(None) };
        let person = ResidentId::parse(row.text(8)?).map_err(|_| PileError::Broken)?;
        let items = [Item::Name, Item::BirthDate, Item::Sex, Item::Address, Item::Application];
        let purpose = Purpose::new(Duty::Application).reading(&items);
        let access = access::person(tx, &seams, &actor, &purpose, &person)?;
        access.require(&person)?;
        Ok(Some((listed(&row)?, row.opt_blob(9)?.map(<[u8]>::to_vec))))
    })?;
    let Some((listed, sealed)) = found else { return Ok(None) };
    let content = sealed.map(|sealed| content(&inside.vault, id, &sealed)).transpose()?;
    Ok(Some(Opened { listed, content }))
}

fn content(vault: &Vault, id: Id, sealed: &[u8]) -> Result<Content, PileError> {
    let plain = vault.open_sealed(&sealed_under(id), COLUMN, sealed)?;
    serde_json::from_slice(&plain).map_err(|_| PileError::Broken)
}

/// Sets where an application stands; the job tells the national portal. `false` when it stands so already.
///
/// # Errors
/// [`StoreError`].
pub fn set_status(tx: &mut Tx<'_>, seams: &Seams, actor: &Actor, id: Id, status: Status) -> Result<bool, StoreError> {
    let set = tx.execute(
        "UPDATE portal_applications SET status = $2, status_at = $3 WHERE application_id = $1 AND status <> $2",
        &[id.into(), status.word().into(), seams.now().into()],
    )?;
    if set == 0 {
        return Ok(false);
    }
    let details = [("application", id.to_string()), ("status", status.word().to_owned())];
    let details: Vec<(&'static str, &str)> = details.iter().map(|(name, value)| (*name, value.as_str())).collect();
    audit::append(tx, seams, actor, Event::ApplicationStatusSet, &details)?;
    Ok(true)
}

/// States the national portal was not told yet.
///
/// # Errors
/// [`StoreError`].
pub fn untold(tx: &mut Tx<'_>) -> Result<Vec<(Id, Receipt, Status)>, StoreError> {
    let rows = tx.query(
        "SELECT application_id, receipt_number, status FROM portal_applications \
         WHERE told_status IS NULL OR told_status <> status ORDER BY status_at LIMIT $1",
        &[PAGE.into()],
    )?;
    let mut all = Vec::new();
    for row in &rows {
        if let Some((receipt, status)) = Receipt::parse(row.text(1)?).zip(Status::from_word(row.text(2)?)) {
            all.push((row.id(0)?, receipt, status));
        }
    }
    Ok(all)
}

/// The national portal took a state. Where it was set otherwise meanwhile, that is told next.
///
/// # Errors
/// [`StoreError`].
pub fn told(tx: &mut Tx<'_>, id: Id, status: Status) -> Result<(), StoreError> {
    let sql = "UPDATE portal_applications SET told_status = $2 WHERE application_id = $1";
    tx.execute(sql, &[id.into(), status.word().into()]).map(drop)
}
