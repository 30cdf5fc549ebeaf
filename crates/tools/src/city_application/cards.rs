//! Cards with the city's application, and the journal of what was done to each. No row names a person.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use base::{Id, Seams, Timestamp};
use card::city_application::loading::{Journal, Step};
use card::city_application::{CardNumber, KeySet};
use store::sealing::Vault;
use store::{Row, Store, StoreError, Tx};

use super::model::{Deed, Standing};
use super::{Fault, Refusal, set_word};
use crate::access::Actor;
use crate::audit::{self, Event};

/// Separates hashes of numbers on the chip from every other use of the look-up key.
const NUMBER_PURPOSE: &str = "city_application.number";

/// A card as the list shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its id: random, and no number of the card.
    pub id: Id,
    /// Where it stands.
    pub standing: Standing,
    /// Since when.
    pub since: Timestamp,
    /// When loading began.
    pub begun_at: Timestamp,
    /// Sets and versions of the keys it had when it was last seen.
    pub keys: BTreeSet<(KeySet, u8)>,
}

/// A step of the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Noted {
    /// What.
    pub step: String,
    /// By whom.
    pub actor: String,
    /// When it was sent.
    pub begun_at: Timestamp,
    /// When the card had said yes; `None`: it was cut.
    pub done_at: Option<Timestamp>,
}

/// What the desk and its holder call a card: the beginning of its id, which is no number of the card.
pub fn short_name(card: Id) -> String {
    card.to_string().chars().take(8).collect()
}

fn keys_text(keys: &BTreeSet<(KeySet, u8)>) -> String {
    keys.iter().fold(String::new(), |mut text, (set, version)| {
        // Writing into a text cannot fail.
        let _ = write!(text, "{:02x}:{version} ", *set as u8);
        text
    })
}

fn read_keys(text: &str) -> BTreeSet<(KeySet, u8)> {
    let one = |pair: &str| {
        let (set, version) = pair.split_once(':')?;
        Some((KeySet::of(u8::from_str_radix(set, 16).ok()?)?, version.parse().ok()?))
    };
    text.split(' ').filter_map(one).collect()
}

fn read(row: &Row) -> Result<Listed, StoreError> {
    Ok(Listed {
        id: row.id(0)?,
        standing: Standing::from_word(row.text(1)?).ok_or(StoreError::Column { column: 1, wanted: "a standing" })?,
        since: row.timestamp(2)?,
        begun_at: row.timestamp(3)?,
        keys: read_keys(row.text(4)?),
    })
}

/// The card with this number.
///
/// # Errors
/// The database or the key store.
pub fn find(tx: &mut Tx<'_>, vault: &Vault, number: CardNumber) -> Result<Option<Listed>, Fault> {
    for hash in vault.keyed_hashes(NUMBER_PURPOSE, &number.0)? {
        let row = tx.query_one(
            "SELECT card_id, standing, since, begun_at, held_keys FROM city_application_cards \
             WHERE number_hash = $1 AND number_key = $2",
            &[hash.hash.as_slice().into(), hash.key_id.into()],
        )?;
        if let Some(row) = row {
            return Ok(Some(read(&row)?));
        }
    }
    Ok(None)
}

/// The card with this id.
///
/// # Errors
/// The database.
pub fn get(tx: &mut Tx<'_>, id: Id) -> Result<Option<Listed>, StoreError> {
    let sql = "SELECT card_id, standing, since, begun_at, held_keys FROM city_application_cards WHERE card_id = $1";
    tx.query_one(sql, &[id.into()])?.as_ref().map(read).transpose()
}

/// Cards, those that are half done first, then by when they came to stand so; at most `limit`.
///
/// # Errors
/// The database.
pub fn list(tx: &mut Tx<'_>, standing: Option<Standing>, limit: i64) -> Result<Vec<Listed>, StoreError> {
    let word = standing.map_or("", Standing::word);
    tx.query(
        "SELECT card_id, standing, since, begun_at, held_keys FROM city_application_cards \
         WHERE $1 = '' OR standing = $1 \
         ORDER BY CASE WHEN standing IN ('ready', 'ended') THEN 1 ELSE 0 END, since DESC, card_id LIMIT $2",
        &[word.into(), limit.into()],
    )?
    .iter()
    .map(read)
    .collect()
}

/// How many cards stand where.
///
/// # Errors
/// The database.
pub fn counts(tx: &mut Tx<'_>) -> Result<Vec<(Standing, i64)>, StoreError> {
    let rows = tx.query("SELECT standing, COUNT(*) FROM city_application_cards GROUP BY standing", &[])?;
    let mut counted = Vec::new();
    for row in &rows {
        if let Some(standing) = Standing::from_word(row.text(0)?) {
            counted.push((standing, row.int(1)?));
        }
    }
    Ok(counted)
}

/// Cards in use that hold this version of a set and no newer one.
///
/// # Errors
/// The database.
pub(super) fn without_newer(tx: &mut Tx<'_>, set: KeySet, version: u8) -> Result<i64, StoreError> {
    let rows = tx.query("SELECT held_keys FROM city_application_cards WHERE standing <> 'ended'", &[])?;
    let mut count = 0;
    for row in &rows {
        let held = read_keys(row.text(0)?);
        let newest = held.iter().filter(|(of, _)| *of == set).map(|(_, version)| *version).max();
        count += i64::from(newest.is_some_and(|newest| newest <= version));
    }
    Ok(count)
}

/// Steps of a card, oldest first.
///
/// # Errors
/// The database.
pub fn steps(tx: &mut Tx<'_>, card: Id) -> Result<Vec<Noted>, StoreError> {
    tx.query(
        "SELECT step, actor, begun_at, done_at FROM city_application_steps WHERE card_id = $1 ORDER BY begun_at, step_id",
        &[card.into()],
    )?
    .iter()
    .map(|row| {
        Ok(Noted {
            step: row.text(0)?.to_owned(),
            actor: row.text(1)?.to_owned(),
            begun_at: row.timestamp(2)?,
            done_at: row.opt_timestamp(3)?,
        })
    })
    .collect()
}

/// Begins a deed with a card.
///
/// # Errors
/// [`Refusal::NotNow`] when it may not follow; the database.
pub fn begin(tx: &mut Tx<'_>, seams: &Seams, card: &Listed, deed: Deed) -> Result<(), Fault> {
    let next = card.standing.begin(deed).ok_or(Refusal::NotNow)?;
    stand(tx, seams, card.id, next)?;
    Ok(())
}

/// Brings a deed to its end: steps that were cut and that the card has done after all are ended with it.
///
/// # Errors
/// [`Refusal::NotNow`] when it was not begun; the database.
pub fn finish(
    tx: &mut Tx<'_>,
    seams: &Seams,
    by: &Actor,
    card: Id,
    deed: Deed,
    keys: &BTreeSet<(KeySet, u8)>,
) -> Result<Standing, Fault> {
    let now = get(tx, card)?.ok_or(Refusal::Unknown)?;
    let next = now.standing.finish(deed).ok_or(Refusal::NotNow)?;
    tx.execute(
        "UPDATE city_application_steps SET done_at = $2 WHERE card_id = $1 AND done_at IS NULL",
        &[card.into(), seams.now().into()],
    )?;
    let text = keys_text(keys);
    tx.execute(
        "UPDATE city_application_cards SET held_keys = $2 WHERE card_id = $1",
        &[card.into(), text.trim_end().into()],
    )?;
    stand(tx, seams, card, next)?;
    audit_card(tx, seams, by, card, next.word())?;
    Ok(next)
}

fn stand(tx: &mut Tx<'_>, seams: &Seams, card: Id, standing: Standing) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE city_application_cards SET standing = $2, since = $3 WHERE card_id = $1 AND standing <> $2",
        &[card.into(), standing.word().into(), seams.now().into()],
    )
    .map(drop)
}

fn audit_card(tx: &mut Tx<'_>, seams: &Seams, by: &Actor, card: Id, what: &str) -> Result<(), StoreError> {
    let card = card.to_string();
    let details = [("card", card.as_str()), ("what", what)];
    audit::append(tx, seams, by, Event::CityApplicationCardChanged, &details).map(drop)
}

/// How a step is written: its word, and what it was done to.
pub fn step_word(step: &Step) -> String {
    match step {
        Step::Loaded => "loaded".to_owned(),
        Step::Created(file) => format!("created {:04x}", *file as u16),
        Step::Deleted(file) => format!("deleted {:04x}", *file as u16),
        Step::KeyGiven(set, version) => format!("key-given {} {version}", set_word(*set)),
        Step::KeyDropped(set, version) => format!("key-dropped {} {version}", set_word(*set)),
        Step::PinSet => "pin-set".to_owned(),
        Step::Refusing(count) => format!("refusing {count}"),
        Step::Written(file, version) => format!("written {:04x} {version}", *file as u16),
        Step::Terminated => "terminated".to_owned(),
    }
}

/// The journal in the database: each step is committed before it is sent, and ended in a transaction of its own.
pub struct Kept<'a> {
    /// The inside database.
    pub store: &'a Store,
    /// Keyed hashes.
    pub vault: &'a Vault,
    /// Time and ids.
    pub seams: &'a Seams,
    /// Who does it.
    pub by: &'a Actor,
}

impl std::fmt::Debug for Kept<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Kept")
    }
}

impl Kept<'_> {
    fn write(&self, number: CardNumber, step: &Step, is_done: bool) -> Result<(), Fault> {
        let (vault, seams, by) = (self.vault.clone(), self.seams.clone(), self.by.clone());
        let (word, is_loading) = (step_word(step), *step == Step::Loaded);
        self.store.write::<_, Fault, _>(move |tx| {
            let card = match find(tx, &vault, number)? {
                Some(card) => card.id,
                None if is_loading => insert(tx, &vault, &seams, number)?,
                None => return Err(Refusal::Unknown.into()),
            };
            if !is_done {
                tx.execute(
                    "INSERT INTO city_application_steps (step_id, card_id, step, actor, begun_at, done_at) \
                     VALUES ($1, $2, $3, $4, $5, NULL)",
                    &[
                        seams.time_ordered_id().into(),
                        card.into(),
                        word.as_str().into(),
                        by.key().as_str().into(),
                        seams.now().into(),
                    ],
                )?;
                return Ok(());
            }
            tx.execute(
                "UPDATE city_application_steps SET done_at = $3 WHERE card_id = $1 AND step = $2 AND done_at IS NULL",
                &[card.into(), word.as_str().into(), seams.now().into()],
            )?;
            audit_card(tx, &seams, &by, card, &word)?;
            Ok(())
        })
    }
}

fn insert(tx: &mut Tx<'_>, vault: &Vault, seams: &Seams, number: CardNumber) -> Result<Id, Fault> {
    let (id, hash, now) = (seams.random_id(), vault.keyed_hash(NUMBER_PURPOSE, &number.0)?, seams.now());
    tx.execute(
        "INSERT INTO city_application_cards (card_id, number_key, number_hash, standing, since, begun_at, held_keys) \
         VALUES ($1, $2, $3, $4, $5, $5, '')",
        &[id.into(), hash.key_id.into(), hash.hash.as_slice().into(), Standing::Loading.word().into(), now.into()],
    )?;
    Ok(id)
}

impl Journal for Kept<'_> {
    fn before(&mut self, card: CardNumber, step: &Step) -> Result<(), String> {
        self.write(card, step, false).map_err(|fault| fault.to_string())
    }

    fn done(&mut self, card: CardNumber, step: &Step) -> Result<(), String> {
        self.write(card, step, true).map_err(|fault| fault.to_string())
    }
}
