//! The city's group keys: made once by a ceremony, renewed and retired by two persons, sealed by the vault. A key is in clear
//! only inside one operation of this tool, and wiped when that returns.

use base::{Id, Random, Seams, Timestamp};
use card::city_application::{GroupKeys, KeySet};
use store::sealing::Vault;
use store::{Row, StoreError, Tx};
use zeroize::Zeroizing;

use super::{Fault, Refusal};
use crate::access::Actor;
use crate::audit::{self, Event};

/// Column name for sealing.
const COLUMN: &str = "city_application_keys.sealed";

/// Where a key stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyStanding {
    /// Made, and nobody has approved it.
    Proposed,
    /// In use; the newest of its set goes onto cards.
    InUse,
    /// Not in use any more; its bytes are gone.
    Retired,
}

impl KeyStanding {
    /// The stored word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Proposed => "proposed",
            Self::InUse => "in_use",
            Self::Retired => "retired",
        }
    }

    fn from_word(word: &str) -> Option<Self> {
        [Self::Proposed, Self::InUse, Self::Retired].into_iter().find(|one| one.word() == word)
    }
}

/// A key without its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Its id.
    pub id: Id,
    /// Of which set.
    pub set: KeySet,
    /// Its version.
    pub version: u8,
    /// Where it stands.
    pub standing: KeyStanding,
    /// When it was made.
    pub made_at: Timestamp,
}

fn read(row: &Row) -> Result<Kept, StoreError> {
    let broken = |column| StoreError::Column { column, wanted: "a word of the table" };
    Ok(Kept {
        id: row.id(0)?,
        set: u8::try_from(row.int(1)?).ok().and_then(KeySet::of).ok_or(broken(1))?,
        version: u8::try_from(row.int(2)?).map_err(|_| broken(2))?,
        standing: KeyStanding::from_word(row.text(3)?).ok_or(broken(3))?,
        made_at: row.timestamp(4)?,
    })
}

/// Under which name a key is sealed: each has its own, so that a retired one can be erased.
fn sealed_as(id: Id) -> String {
    format!("city-application-key:{id}")
}

/// Every key, by set, newest first.
///
/// # Errors
/// The database.
pub fn list(tx: &mut Tx<'_>) -> Result<Vec<Kept>, StoreError> {
    tx.query(
        "SELECT key_id, key_set, version, standing, made_at FROM city_application_keys ORDER BY key_set, version DESC",
        &[],
    )?
    .iter()
    .map(read)
    .collect()
}

/// One key.
///
/// # Errors
/// The database.
pub fn get(tx: &mut Tx<'_>, id: Id) -> Result<Option<Kept>, StoreError> {
    let sql = "SELECT key_id, key_set, version, standing, made_at FROM city_application_keys WHERE key_id = $1";
    tx.query_one(sql, &[id.into()])?.as_ref().map(read).transpose()
}

/// The keys in use, for one operation; wiped when dropped. Nothing of them leaves this tool but what is made for one terminal
/// or one card.
///
/// # Errors
/// [`Refusal::NoKeys`] before the ceremony; the database or the key store.
pub(super) fn open(tx: &mut Tx<'_>, vault: &Vault) -> Result<GroupKeys, Fault> {
    let rows = tx.query(
        "SELECT key_id, key_set, version, standing, made_at, sealed FROM city_application_keys WHERE standing = 'in_use'",
        &[],
    )?;
    if rows.is_empty() {
        return Err(Refusal::NoKeys.into());
    }
    let mut parts = Vec::new();
    for row in &rows {
        let kept = read(row)?;
        let Some(sealed) = row.opt_blob(5)? else { continue };
        let bytes = Zeroizing::new(vault.open_sealed(&sealed_as(kept.id), COLUMN, sealed)?);
        let key = <[u8; 16]>::try_from(bytes.as_slice())
            .map_err(|_| StoreError::Column { column: 5, wanted: "a key of 16 bytes" })?;
        parts.push((kept.set, kept.version, Zeroizing::new(key)));
    }
    Ok(GroupKeys::from_parts(&parts))
}

/// Whether the ceremony was held.
///
/// # Errors
/// The database.
pub fn are_there(tx: &mut Tx<'_>) -> Result<bool, StoreError> {
    Ok(tx.query_one("SELECT 1 FROM city_application_keys WHERE standing = 'in_use' LIMIT 1", &[])?.is_some())
}

fn insert(
    tx: &mut Tx<'_>,
    vault: &Vault,
    seams: &Seams,
    by: &Actor,
    (set, version, key): (KeySet, u8, &Zeroizing<[u8; 16]>),
    standing: KeyStanding,
) -> Result<Id, Fault> {
    let (id, now) = (seams.random_id(), seams.now());
    let sealed = vault.seal(&sealed_as(id), COLUMN, &key[..])?;
    tx.execute(
        "INSERT INTO city_application_keys (key_id, key_set, version, standing, sealed, made_at, changed_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $6)",
        &[
            id.into(),
            i64::from(set as u8).into(),
            i64::from(version).into(),
            standing.word().into(),
            sealed.as_slice().into(),
            now.into(),
        ],
    )?;
    note(tx, seams, by, set, version, standing.word())?;
    Ok(id)
}

/// Keeps the first keys, as the ceremony made them.
pub(super) fn keep_first(
    tx: &mut Tx<'_>,
    vault: &Vault,
    seams: &Seams,
    by: &Actor,
    keys: &GroupKeys,
) -> Result<(), Fault> {
    for (set, version, key) in keys.parts() {
        insert(tx, vault, seams, by, (set, version, &key), KeyStanding::InUse)?;
    }
    Ok(())
}

/// Makes the next version of a set, not in use until another person approves.
///
/// # Errors
/// [`Refusal::NoKeys`], [`Refusal::Waits`] when one waits already; the database or the key store.
pub fn propose(tx: &mut Tx<'_>, vault: &Vault, seams: &Seams, by: &Actor, set: KeySet) -> Result<Id, Fault> {
    let all = list(tx)?;
    let of_set: Vec<&Kept> = all.iter().filter(|one| one.set == set).collect();
    if of_set.iter().any(|one| one.standing == KeyStanding::Proposed) {
        return Err(Refusal::Waits.into());
    }
    let newest = of_set.iter().map(|one| one.version).max().ok_or(Refusal::NoKeys)?;
    let version = newest.checked_add(1).ok_or(Refusal::Waits)?;
    let mut key = Zeroizing::new([0; 16]);
    let random: &dyn Random = &*seams.random;
    random.fill(&mut key[..]);
    insert(tx, vault, seams, by, (set, version, &key), KeyStanding::Proposed)
}

/// Brings a proposed key into use. Cards take it one by one, at their next contact with the loading place. `false` when it
/// does not wait.
///
/// # Errors
/// The database.
pub fn bring_in(tx: &mut Tx<'_>, seams: &Seams, by: &Actor, id: Id) -> Result<bool, StoreError> {
    let Some(key) = get(tx, id)?.filter(|key| key.standing == KeyStanding::Proposed) else { return Ok(false) };
    stand(tx, seams, by, &key, KeyStanding::InUse)?;
    Ok(true)
}

/// Takes a proposed key back that nobody approved.
///
/// # Errors
/// The database.
pub fn discard(tx: &mut Tx<'_>, seams: &Seams, by: &Actor, id: Id) -> Result<(), StoreError> {
    match get(tx, id)?.filter(|key| key.standing == KeyStanding::Proposed) {
        Some(key) => stand(tx, seams, by, &key, KeyStanding::Retired),
        None => Ok(()),
    }
}

/// Why a key cannot be retired; `None` when it can.
///
/// # Errors
/// The database.
pub fn why_not_retired(tx: &mut Tx<'_>, id: Id) -> Result<Option<Refusal>, StoreError> {
    let all = list(tx)?;
    let Some(key) = all.iter().find(|one| one.id == id && one.standing == KeyStanding::InUse) else {
        return Ok(Some(Refusal::NoKeys));
    };
    // The key that wraps keys for a card is made of this one for as long as the card lives.
    if key.set == KeySet::Management && key.version == 1 {
        return Ok(Some(Refusal::Wraps));
    }
    let is_newest = |one: &&Kept| one.set == key.set && one.standing == KeyStanding::InUse && one.version > key.version;
    if !all.iter().any(|one| is_newest(&one)) {
        return Ok(Some(Refusal::Newest));
    }
    let needed = super::cards::without_newer(tx, key.set, key.version)?;
    Ok((needed > 0).then_some(Refusal::StillNeeded { cards: needed }))
}

/// Retires a key: its bytes are gone from the row. `false` when [`why_not_retired`] says no.
///
/// # Errors
/// The database.
pub fn retire(tx: &mut Tx<'_>, seams: &Seams, by: &Actor, id: Id) -> Result<bool, StoreError> {
    if why_not_retired(tx, id)?.is_some() {
        return Ok(false);
    }
    match get(tx, id)? {
        Some(key) => stand(tx, seams, by, &key, KeyStanding::Retired).map(|()| true),
        None => Ok(false),
    }
}

fn stand(tx: &mut Tx<'_>, seams: &Seams, by: &Actor, key: &Kept, standing: KeyStanding) -> Result<(), StoreError> {
    let id = key.id;
    tx.execute(
        "UPDATE city_application_keys SET standing = $2, changed_at = $3 WHERE key_id = $1",
        &[id.into(), standing.word().into(), seams.now().into()],
    )?;
    if standing == KeyStanding::Retired {
        tx.execute("UPDATE city_application_keys SET sealed = NULL WHERE key_id = $1", &[id.into()])?;
    }
    note(tx, seams, by, key.set, key.version, standing.word())
}

fn note(
    tx: &mut Tx<'_>,
    seams: &Seams,
    by: &Actor,
    set: KeySet,
    version: u8,
    standing: &'static str,
) -> Result<(), StoreError> {
    let (set, version) = (super::set_word(set), version.to_string());
    let details = [("set", set), ("version", version.as_str()), ("to", standing)];
    audit::append(tx, seams, by, Event::CityApplicationKeyChanged, &details).map(drop)
}
