//! The key ceremony (鍵の儀式): custodians who each bring or take away one share. No share alone says anything of the keys; with
//! the last one the keys are made, and the shares are gone from the database.
//!
//! ```text
//!  begin (how many) ─► a custodian has a sheet printed, types its share back (or one of their own) ─► … ─► the last: keys made
//! ```

use base::{Id, Seams, Timestamp};
use card::city_application::GroupKeys;
use store::sealing::Vault;
use store::{StoreError, Tx};
use zeroize::Zeroizing;

use super::key_store;
use super::share::Share;
use super::{Fault, Refusal};
use crate::access::Actor;
use crate::audit::{self, Event};

/// Column name for sealing a share.
const COLUMN: &str = "city_application_shares.sealed";
/// Custodians of a ceremony: at least, at most.
pub const CUSTODIANS: (u8, u8) = (2, 5);

/// A ceremony that is held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ceremony {
    /// Its id.
    pub id: Id,
    /// How many custodians it needs.
    pub needed: u8,
    /// Who has brought or taken a share.
    pub given: Vec<String>,
    /// When it was begun.
    pub begun_at: Timestamp,
    /// Whether its custodians were simulated, in a demo city.
    pub is_simulated: bool,
    /// Whether the keys were made.
    pub is_done: bool,
}

fn sealed_as(ceremony: Id) -> String {
    format!("city-application-ceremony:{ceremony}")
}

/// The newest ceremony that is open or was brought to its end.
///
/// # Errors
/// The database.
pub fn current(tx: &mut Tx<'_>) -> Result<Option<Ceremony>, StoreError> {
    let row = tx.query_one(
        "SELECT ceremony_id, needed, standing, begun_at, is_simulated FROM city_application_ceremonies \
         WHERE standing <> 'abandoned' ORDER BY begun_at DESC LIMIT 1",
        &[],
    )?;
    let Some(row) = row else { return Ok(None) };
    let id = row.id(0)?;
    let given = tx.query(
        "SELECT custodian FROM city_application_shares WHERE ceremony_id = $1 ORDER BY given_at, custodian",
        &[id.into()],
    )?;
    Ok(Some(Ceremony {
        id,
        needed: u8::try_from(row.int(1)?).map_err(|_| StoreError::Column { column: 1, wanted: "a small number" })?,
        given: given.iter().map(|row| row.text(0).map(str::to_owned)).collect::<Result<_, _>>()?,
        begun_at: row.timestamp(3)?,
        is_simulated: row.int(4)? == 1,
        is_done: row.text(2)? == "done",
    }))
}

/// Begins a ceremony.
///
/// # Errors
/// [`Refusal::Custodians`], [`Refusal::Waits`] when one is open or was held; the database.
pub fn begin(tx: &mut Tx<'_>, seams: &Seams, by: &Actor, needed: u8, is_simulated: bool) -> Result<Id, Fault> {
    if !(CUSTODIANS.0..=CUSTODIANS.1).contains(&needed) {
        return Err(Refusal::Custodians.into());
    }
    if current(tx)?.is_some() {
        return Err(Refusal::Waits.into());
    }
    let id = seams.random_id();
    tx.execute(
        "INSERT INTO city_application_ceremonies (ceremony_id, needed, standing, begun_by, begun_at, is_simulated) \
         VALUES ($1, $2, 'open', $3, $4, $5)",
        &[id.into(), i64::from(needed).into(), by.key().into(), seams.now().into(), i64::from(is_simulated).into()],
    )?;
    note(tx, seams, by, id, "begun")?;
    Ok(id)
}

/// Gives up a ceremony that is open: its shares are gone, whoever holds a sheet of it holds nothing.
///
/// # Errors
/// [`Refusal::NoCeremony`]; the database.
pub fn give_up(tx: &mut Tx<'_>, seams: &Seams, by: &Actor) -> Result<(), Fault> {
    let open = current(tx)?.filter(|one| !one.is_done).ok_or(Refusal::NoCeremony)?;
    end(tx, seams, open.id, "abandoned")?;
    note(tx, seams, by, open.id, "abandoned")?;
    Ok(())
}

fn end(tx: &mut Tx<'_>, seams: &Seams, id: Id, standing: &'static str) -> Result<(), StoreError> {
    tx.execute("UPDATE city_application_shares SET sealed = NULL WHERE ceremony_id = $1", &[id.into()])?;
    tx.execute(
        "UPDATE city_application_ceremonies SET standing = $2, ended_at = $3 WHERE ceremony_id = $1",
        &[id.into(), standing.into(), seams.now().into()],
    )
    .map(drop)
}

/// A custodian has a sheet printed: noted, and nothing of the share is kept. It counts when they type it back from the paper
/// ([`give`]). Answers with the ceremony.
///
/// # Errors
/// [`Refusal::NoCeremony`], [`Refusal::GaveOne`]; the database.
pub fn sheet(tx: &mut Tx<'_>, seams: &Seams, by: &Actor) -> Result<Ceremony, Fault> {
    let open = current(tx)?.filter(|one| !one.is_done).ok_or(Refusal::NoCeremony)?;
    if open.given.contains(&by.key()) {
        return Err(Refusal::GaveOne.into());
    }
    note(tx, seams, by, open.id, "sheet")?;
    Ok(open)
}

/// Takes one custodian's share. Each custodian is another account, so nobody makes keys alone. With the last share the keys
/// are made and kept; `true` then.
///
/// # Errors
/// [`Refusal::NoCeremony`], [`Refusal::GaveOne`], [`Refusal::SameShare`]; the database or the key store.
pub fn give(tx: &mut Tx<'_>, vault: &Vault, seams: &Seams, by: &Actor, share: &Share) -> Result<bool, Fault> {
    let open = current(tx)?.filter(|one| !one.is_done).ok_or(Refusal::NoCeremony)?;
    let custodian = by.key();
    if open.given.contains(&custodian) {
        return Err(Refusal::GaveOne.into());
    }
    let sealed = vault.seal(&sealed_as(open.id), COLUMN, &share.0[..])?;
    tx.execute(
        "INSERT INTO city_application_shares (ceremony_id, custodian, given_at, sealed) VALUES ($1, $2, $3, $4)",
        &[open.id.into(), custodian.as_str().into(), seams.now().into(), sealed.as_slice().into()],
    )?;
    note(tx, seams, by, open.id, "share")?;
    let shares = shares(tx, vault, open.id)?;
    if shares.iter().enumerate().any(|(at, one)| shares[..at].contains(one)) {
        return Err(Refusal::SameShare.into());
    }
    if shares.len() < usize::from(open.needed) {
        return Ok(false);
    }
    let keys = GroupKeys::from_shares(&shares).map_err(|_| Refusal::SameShare)?;
    key_store::keep_first(tx, vault, seams, by, &keys)?;
    end(tx, seams, open.id, "done")?;
    note(tx, seams, by, open.id, "keys")?;
    Ok(true)
}

fn shares(tx: &mut Tx<'_>, vault: &Vault, id: Id) -> Result<Vec<Zeroizing<[u8; 16]>>, Fault> {
    let rows = tx.query(
        "SELECT sealed FROM city_application_shares WHERE ceremony_id = $1 ORDER BY given_at, custodian",
        &[id.into()],
    )?;
    let mut all = Vec::new();
    for row in &rows {
        let Some(sealed) = row.opt_blob(0)? else { continue };
        let bytes = Zeroizing::new(vault.open_sealed(&sealed_as(id), COLUMN, sealed)?);
        let share = <[u8; 16]>::try_from(bytes.as_slice())
            .map_err(|_| StoreError::Column { column: 0, wanted: "a share of 16 bytes" })?;
        all.push(Zeroizing::new(share));
    }
    Ok(all)
}

/// The ceremony of a demo city: three custodians of the program's own. `false` when there are keys or a ceremony.
///
/// # Errors
/// The database or the key store.
pub fn simulate(tx: &mut Tx<'_>, vault: &Vault, seams: &Seams) -> Result<bool, Fault> {
    if current(tx)?.is_some() {
        return Ok(false);
    }
    let custodians = ["custodian-1", "custodian-2", "custodian-3"];
    begin(tx, seams, &Actor::System { job: "demo" }, 3, true)?;
    for job in custodians {
        give(tx, vault, seams, &Actor::System { job }, &Share::random(&*seams.random))?;
    }
    Ok(true)
}

fn note(tx: &mut Tx<'_>, seams: &Seams, by: &Actor, id: Id, what: &'static str) -> Result<(), StoreError> {
    let id = id.to_string();
    let details = [("ceremony", id.as_str()), ("what", what)];
    audit::append(tx, seams, by, Event::CityApplicationCeremony, &details).map(drop)
}
