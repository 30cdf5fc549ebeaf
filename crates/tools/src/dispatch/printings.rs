//! Printings (印刷): letters on paper with names and addresses, for the printer.
//!
//! ```text
//!  lines of the paper list ─► begin: claimed by one printing ─► fill: register, as one declared work (each person sees one
//!  entry in who looked), and their own part of the letter ─► kept sealed ─► open: written down, each looked at again ─► file or
//!  pages ─► posted: erased
//! ```
//! A printing reads the register once, however often it is printed. Whoever cannot simply be written to (protected, moved,
//! died, no address, a change that waits) is left for an officer by hand, and none of these shows which.

use std::collections::BTreeMap;

use base::{Date, Id, Seams, Timestamp};
use serde::{Deserialize, Serialize};
use store::{Row, StoreError, Tx};

use super::{Dispatch, DispatchError, get, intake};
use crate::Inside;
use crate::access::{
    self, AccessError, Actor, BulkAccess, BulkDeclaration, Concerned, Duty, Item, Purpose, ResidentId,
};
use crate::audit::{self, Event};
use crate::mailbox::Personal;
use crate::register::{self, RegisterError, endings};

/// Lines of one printing; what is more is the next one.
pub const MOST_LINES: i64 = 5_000;
/// Persons read in one transaction.
const STEP: usize = 200;

const COLUMN: &str = "dispatch_printings.content";

const DECLARATION: BulkDeclaration = BulkDeclaration {
    name: "letters.printing",
    japanese: "紙でお送りする文書の宛名を印刷しました。",
    english: "Your name and address were printed on a letter that goes to you on paper.",
    concerned: Concerned::Named,
};

/// A printing that is opened looks again. Nobody is named: what is shown was read, and told, when it was made.
const LOOKED_AGAIN: BulkDeclaration = BulkDeclaration {
    name: "letters.printing.open",
    japanese: "紙でお送りする文書の宛名が今も正しいか確かめました。",
    english: "Whether addresses on letters that go on paper are still right was looked at.",
    concerned: Concerned::Named,
};

/// To whom a letter goes.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Addressee {
    /// The resident's key, to look at them again; empty in printings of before.
    #[serde(default)]
    pub resident: String,
    /// 氏名.
    pub name: String,
    /// Seven digits.
    pub postal_code: Option<String>,
    /// 住所, with building.
    pub address: String,
    /// Their own part of the letter.
    #[serde(default)]
    pub personal: Personal,
}

impl std::fmt::Debug for Addressee {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Addressee(<personal>)")
    }
}

/// What a printing holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    /// Those to be printed, in order of postal code and address.
    pub addressees: Vec<Addressee>,
    /// Residents' keys of those an officer sends by hand.
    pub by_hand: Vec<String>,
}

/// What an opened printing holds by the register as it is now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// Those to be printed, each in the place it was given; [`None`] for one who is sent by hand since. Places stay, so that
    /// files printed on two days neither repeat nor miss a letter.
    pub places: Vec<Option<Addressee>>,
    /// Residents' keys of those an officer sends by hand.
    pub by_hand: Vec<String>,
}

/// A printing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Printing {
    /// Its name.
    pub id: Id,
    /// Of which dispatch.
    pub dispatch: Id,
    /// When it was begun.
    pub made_at: Timestamp,
    /// Lines.
    pub lines: i64,
    /// Of them, those an officer sends by hand.
    pub by_hand: i64,
    /// Whether it can be printed: the register was read, and it was not posted.
    pub is_ready: bool,
    /// When it was posted.
    pub posted_at: Option<Timestamp>,
}

impl Printing {
    fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.id(0)?,
            dispatch: row.id(1)?,
            made_at: row.timestamp(2)?,
            lines: row.int(3)?,
            by_hand: row.int(4)?,
            is_ready: row.flag(5)?,
            posted_at: row.opt_timestamp(6)?,
        })
    }
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT printing_id, dispatch_id, made_at, lines, by_hand, CASE WHEN content IS NULL THEN 0 ELSE 1 END, posted_at \
             FROM dispatch_printings ",
            $rest
        )
    };
}

/// The printings of a dispatch, newest first.
///
/// # Errors
/// [`StoreError`].
pub fn list(tx: &mut Tx<'_>, dispatch: Id) -> Result<Vec<Printing>, StoreError> {
    let sql = select!("WHERE dispatch_id = $1 ORDER BY made_at DESC, printing_id LIMIT 200");
    tx.query(sql, &[dispatch.into()])?.iter().map(Printing::read).collect()
}

/// One.
///
/// # Errors
/// [`StoreError`].
pub fn find(tx: &mut Tx<'_>, printing: Id) -> Result<Option<Printing>, StoreError> {
    let sql = select!("WHERE printing_id = $1");
    tx.query_one(sql, &[printing.into()])?.map(|row| Printing::read(&row)).transpose()
}

fn sealed_under(printing: Id) -> String {
    format!("printing:{printing}")
}

/// Why a printing was not made.
#[derive(Debug, thiserror::Error)]
pub enum PrintingError {
    /// Dispatch.
    #[error(transparent)]
    Dispatch(#[from] DispatchError),
    /// The register's door.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<store::sealing::SealError> for PrintingError {
    fn from(error: store::sealing::SealError) -> Self {
        Self::Dispatch(error.into())
    }
}

/// Makes a printing of what waits on the paper list of `dispatch`. `None` when nothing waits.
///
/// # Errors
/// [`PrintingError`]. Interrupted, it can be made again ([`fill`]).
pub fn make(inside: &Inside, actor: &Actor, dispatch: Id) -> Result<Option<Id>, PrintingError> {
    let (seams, by) = (inside.seams.clone(), actor.clone());
    let begun = inside.store.write::<_, StoreError, _>(move |tx| begin(tx, &seams, &by, dispatch))?;
    if let Some(printing) = begun {
        fill(inside, actor, printing)?;
    }
    Ok(begun)
}

fn begin(tx: &mut Tx<'_>, seams: &Seams, actor: &Actor, dispatch: Id) -> Result<Option<Id>, StoreError> {
    let printing = seams.random_id();
    let lines = tx.execute(
        "UPDATE dispatch_paper SET printing_id = $2 WHERE dispatch_id = $1 AND resident_id IN ( \
         SELECT resident_id FROM dispatch_paper WHERE dispatch_id = $1 AND printing_id IS NULL AND sent_at IS NULL \
         ORDER BY resident_id LIMIT $3)",
        &[dispatch.into(), printing.into(), MOST_LINES.into()],
    )?;
    if lines == 0 {
        return Ok(None);
    }
    tx.execute(
        "INSERT INTO dispatch_printings (printing_id, dispatch_id, made_by, made_at, lines, by_hand) \
         VALUES ($1, $2, $3, $4, $5, 0)",
        &[printing.into(), dispatch.into(), actor.key().into(), seams.now().into(), (lines as i64).into()],
    )?;
    let details = [("letters_printing", printing.to_string()), ("count", lines.to_string())];
    let details: Vec<(&str, &str)> = details.iter().map(|(name, value)| (*name, value.as_str())).collect();
    audit::append(tx, seams, actor, Event::SettingChanged, &details)?;
    Ok(Some(printing))
}

/// Reads names and addresses for a printing that has none yet: one declared work.
///
/// # Errors
/// [`PrintingError`].
pub fn fill(inside: &Inside, actor: &Actor, printing: Id) -> Result<(), PrintingError> {
    let found = inside.store.read::<_, StoreError, _>(|tx| {
        let Some(one) = find(tx, printing)?.filter(|one| !one.is_ready && one.posted_at.is_none()) else {
            return Ok(None);
        };
        let residents = residents_of(tx, printing)?;
        Ok(get(tx, one.dispatch)?.map(|dispatch| (dispatch, residents)))
    })?;
    let Some((dispatch, residents)) = found else { return Ok(()) };
    let mut own = own_parts(inside, &dispatch, &residents)?;
    let (seams, by) = (inside.seams.clone(), actor.clone());
    let access = inside.store.write::<_, AccessError, _>(move |tx| {
        let purpose = Purpose::new(Duty::Notice).reading(&[Item::Name, Item::Address, Item::State]).for_work(printing);
        access::bulk(tx, &seams, &by, &purpose, &DECLARATION)
    })?;
    let access = std::sync::Arc::new(access);
    let mut content = Content::default();
    for piece in residents.chunks(STEP) {
        let (seams, access, piece) = (inside.seams.clone(), access.clone(), piece.to_vec());
        let read = inside.store.write::<_, PrintingError, _>(move |tx| read_all(tx, &seams, &access, &piece))?;
        for (resident, addressee) in read {
            match addressee {
                Some(mut addressee) => {
                    addressee.personal = own.remove(&resident).unwrap_or_default();
                    content.addressees.push(addressee);
                }
                None => content.by_hand.push(resident),
            }
        }
    }
    // The post gives a discount for letters in order of postal code; people who carry them are glad of it too.
    content.addressees.sort_by(|a, b| (&a.postal_code, &a.address).cmp(&(&b.postal_code, &b.address)));
    let sealed =
        inside.vault.seal(&sealed_under(printing), COLUMN, serde_json::json!(content).to_string().as_bytes())?;
    let by_hand = content.by_hand.len() as i64;
    inside.store.write::<_, StoreError, _>(move |tx| {
        tx.execute(
            "UPDATE dispatch_printings SET content = $2, by_hand = $3 WHERE printing_id = $1 AND content IS NULL",
            &[printing.into(), sealed.as_slice().into(), by_hand.into()],
        )
    })?;
    Ok(())
}

fn residents_of(tx: &mut Tx<'_>, printing: Id) -> Result<Vec<String>, StoreError> {
    let sql = "SELECT resident_id FROM dispatch_paper WHERE printing_id = $1 ORDER BY resident_id";
    tx.query(sql, &[printing.into()])?.iter().map(|row| row.text(0).map(str::to_owned)).collect()
}

/// What each of `residents` has of their own in the letter, as far as it is still kept.
fn own_parts(
    inside: &Inside,
    dispatch: &Dispatch,
    residents: &[String],
) -> Result<BTreeMap<String, Personal>, DispatchError> {
    let wanted: std::collections::BTreeSet<&str> = residents.iter().map(String::as_str).collect();
    let mut own = BTreeMap::new();
    intake::each_piece(inside, dispatch, |recipients| {
        for one in recipients {
            if wanted.contains(one.resident.as_str()) && !one.personal.is_empty() {
                own.insert(one.resident, one.personal);
            }
        }
    })?;
    Ok(own)
}

fn read_all(
    tx: &mut Tx<'_>,
    seams: &Seams,
    access: &BulkAccess,
    residents: &[String],
) -> Result<Vec<(String, Option<Addressee>)>, PrintingError> {
    let ids: Vec<ResidentId> = residents.iter().filter_map(|resident| ResidentId::parse(resident).ok()).collect();
    access.concerns(tx, &ids)?;
    let today = seams.today();
    let mut all = Vec::with_capacity(ids.len());
    for id in &ids {
        all.push((id.as_str().to_owned(), addressee_now(tx, access, today, id)?));
    }
    Ok(all)
}

/// How to write to `id` by the register now; `None` when they cannot simply be written to.
fn addressee_now(
    tx: &mut Tx<'_>,
    access: &BulkAccess,
    today: Date,
    id: &ResidentId,
) -> Result<Option<Addressee>, PrintingError> {
    let found = match register::covered(tx, access, id) {
        Ok(found) => Some(found),
        Err(RegisterError::NotFound | RegisterError::NoCriteria) => None,
        Err(RegisterError::Store(error)) => return Err(error.into()),
        Err(RegisterError::Access(error)) => return Err(error.into()),
    };
    let is_simple = !endings::is_protected(tx, today, id)? && !endings::has_change_waiting(tx, id)?;
    let found = found.filter(|found| is_simple && found.state.is_entered() && !found.address.text.is_empty());
    Ok(found.map(|found| Addressee {
        resident: id.as_str().to_owned(),
        name: found.names.registered,
        postal_code: found.address.postal_code.clone(),
        address: found.address.whole(),
        personal: Personal::default(),
    }))
}

/// Opens a printing for `actor`, who takes `what` of it: that is written down, and whoever cannot simply be written to any
/// more (protected, moved or dead since it was made, or under another address) goes by hand. `None` when it was posted or
/// never finished.
///
/// # Errors
/// [`PrintingError`].
pub fn open(
    inside: &Inside,
    actor: &Actor,
    printing: Id,
    what: &'static str,
) -> Result<Option<Checked>, PrintingError> {
    let Some(content) = content(inside, printing)? else { return Ok(None) };
    let (seams, by) = (inside.seams.clone(), actor.clone());
    let access = inside.store.write::<_, PrintingError, _>(move |tx| {
        let id = printing.to_string();
        let details = [("letters_printing", id.as_str()), ("what", what)];
        audit::append(tx, &seams, &by, Event::LettersPrintingOpened, &details)?;
        let purpose = Purpose::new(Duty::Notice).reading(&[Item::Name, Item::Address, Item::State]).for_work(printing);
        Ok(access::bulk(tx, &seams, &by, &purpose, &LOOKED_AGAIN)?)
    })?;
    if content.addressees.iter().any(|one| one.resident.is_empty()) {
        // Made before keys were kept: nobody in it can be looked at again.
        let by_hand = inside.store.read::<_, StoreError, _>(|tx| residents_of(tx, printing))?;
        return Ok(Some(Checked { places: vec![None; content.addressees.len()], by_hand }));
    }
    let mut checked = Checked { places: Vec::with_capacity(content.addressees.len()), by_hand: content.by_hand };
    let today = inside.seams.today();
    for piece in content.addressees.chunks(STEP) {
        let still = inside.store.read::<_, PrintingError, _>(|tx| still_right(tx, &access, today, piece))?;
        for (one, is_right) in piece.iter().zip(still) {
            if !is_right {
                checked.by_hand.push(one.resident.clone());
            }
            checked.places.push(is_right.then(|| one.clone()));
        }
    }
    // In order of keys, so that nobody sees who came last.
    checked.by_hand.sort_unstable();
    Ok(Some(checked))
}

/// Whether each can be written to as it is printed.
fn still_right(
    tx: &mut Tx<'_>,
    access: &BulkAccess,
    today: Date,
    piece: &[Addressee],
) -> Result<Vec<bool>, PrintingError> {
    let mut all = Vec::with_capacity(piece.len());
    for one in piece {
        let now = match ResidentId::parse(&one.resident) {
            Ok(id) => addressee_now(tx, access, today, &id)?,
            Err(_) => None,
        };
        all.push(now.is_some_and(|now| now.name == one.name && now.address == one.address));
    }
    Ok(all)
}

/// What a printing holds; `None` when it was posted or never finished.
fn content(inside: &Inside, printing: Id) -> Result<Option<Content>, DispatchError> {
    let sql = "SELECT content FROM dispatch_printings WHERE printing_id = $1 AND posted_at IS NULL";
    let row = inside.store.read::<_, StoreError, _>(|tx| tx.query_one(sql, &[printing.into()]))?;
    let Some(sealed) = row.as_ref().map_or(Ok(None), |row| row.opt_blob(0))? else { return Ok(None) };
    let plain = inside.vault.open_sealed(&sealed_under(printing), COLUMN, sealed)?;
    let broken = || StoreError::Column { column: 0, wanted: "a printing" };
    Ok(Some(serde_json::from_slice(&plain).map_err(|_| broken())?))
}

/// A printing was posted, those by hand too: it is erased. `false` when it had been.
///
/// # Errors
/// [`DispatchError`].
pub fn posted(inside: &Inside, actor: &Actor, printing: Id) -> Result<bool, DispatchError> {
    let (seams, by) = (inside.seams.clone(), actor.clone());
    let done = inside.store.write::<_, DispatchError, _>(move |tx| {
        let now = seams.now();
        let sql = "UPDATE dispatch_printings SET posted_at = $2, content = NULL WHERE printing_id = $1 \
                   AND posted_at IS NULL AND content IS NOT NULL";
        if tx.execute(sql, &[printing.into(), now.into()])? == 0 {
            return Ok(false);
        }
        let sql = "UPDATE dispatch_paper SET sent_at = $2 WHERE printing_id = $1 AND sent_at IS NULL";
        let count = tx.execute(sql, &[printing.into(), now.into()])?.to_string();
        let id = printing.to_string();
        audit::append(tx, &seams, &by, Event::SettingChanged, &[("letters_posted", &id), ("count", &count)])?;
        Ok(true)
    })?;
    if done {
        inside.vault.erase(&sealed_under(printing))?;
    }
    Ok(done)
}
