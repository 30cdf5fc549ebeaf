//! What of a person's own records the outside holds for them, because they asked: their cards and tags, and, only while they
//! share it with an app, their address. Asked outside, read inside by the person's own access, sealed both ways.
//!
//! ```text
//!  ask ─► OWN_QUESTION ─► take_question (inside) ─► OWN_ANSWER ─► kept sealed ─► address, cards
//!  stop_card ─► CARD_STOP ─► take_stop (inside): on hold, and the list anew
//! ```

use std::sync::Arc;

use base::{Id, Seams, Timestamp};
use serde::{Deserialize, Serialize};
use store::{StoreError, Tx};

use super::asked::Asked;
use super::post::Opened;
use super::wished::{Waiting, Wished};
use super::{AccountId, Post, PostError, Topic, link};
use crate::ResidentId;
use crate::access::{self, Actor, Duty, Item, PersonAccess, Purpose};
use crate::credentials::{self, CredentialError, CredentialStatus};
use crate::register::{self, RegisterError};
use crate::zone::{Inside, Outside};

/// Outside → inside: somebody asks for a record of their own.
pub const QUESTION: Topic = "own_question";
/// Inside → outside: the record.
pub const ANSWER: Topic = "own_answer";
/// Outside → inside: a card or tag is to be held.
pub const CARD_STOP: Topic = "card_stop";

/// Seconds within which a question is the same.
const SAME: i64 = 30;
/// Answers of one kind about one account an hour, counted inside: whoever holds the outside cannot ask without end.
pub const AN_HOUR: i64 = crate::self_information::AN_HOUR;
/// Seconds after which an address that is shared is asked for anew: people move.
const ADDRESS_SECONDS: i64 = 86_400;

/// A record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Record {
    /// 住所.
    Address,
    /// Cards, tags and codes.
    Cards,
}

impl Record {
    const fn word(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::Cards => "cards",
        }
    }
}

/// An address as told.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    /// Seven digits.
    pub postal_code: Option<String>,
    /// Local public entity code, five digits.
    pub municipality_code: String,
    /// The whole address on one line.
    pub text: String,
}

impl std::fmt::Debug for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Address(<personal>)")
    }
}

/// A card or tag as told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card {
    /// Its name here.
    pub id: Id,
    /// Key of the words for its kind.
    pub kind: String,
    /// Key of the words for where it stands.
    pub status: String,
    /// Since when it stands so, in microseconds.
    pub since: i64,
    /// When it was linked.
    pub enrolled_at: i64,
    /// A word by which its holder knows it again.
    pub mark: Option<String>,
    /// Whether it can be stopped.
    pub may_be_stopped: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Told {
    /// Nobody, or nothing that may be told.
    Nothing(Record),
    Address(Address),
    Cards(Vec<Card>),
}

impl Told {
    const fn record(&self) -> Record {
        match self {
            Self::Nothing(record) => *record,
            Self::Address(_) => Record::Address,
            Self::Cards(_) => Record::Cards,
        }
    }
}

const fn asked(record: Record) -> Asked<Told> {
    Asked::new(record.word(), QUESTION, SAME)
}

/// Asks for a record. Asked again within seconds it is the same question; what was told stays readable meanwhile.
///
/// # Errors
/// [`StoreError`].
pub fn ask(tx: &mut Tx<'_>, seams: &Seams, account: AccountId, record: Record) -> Result<(), StoreError> {
    asked(record).ask(tx, seams, account)
}

/// The address of `account`, once told. [`None`] too for a person under protection (支援措置), of whom none is told.
///
/// # Errors
/// [`PostError`].
pub fn address(outside: &Outside, account: AccountId) -> Result<Option<Address>, PostError> {
    Ok(match asked(Record::Address).told(outside, account)? {
        Some((Told::Address(address), _)) => Some(address),
        _ => None,
    })
}

/// Cards and tags of `account` and as of when, once told; an empty list where there are none.
///
/// # Errors
/// [`PostError`].
pub fn cards(outside: &Outside, account: AccountId) -> Result<Option<(Vec<Card>, Timestamp)>, PostError> {
    Ok(match asked(Record::Cards).told(outside, account)? {
        Some((Told::Cards(cards), at)) => Some((cards, at)),
        Some((_, at)) => Some((Vec::new(), at)),
        None => None,
    })
}

/// A statement about who shares their address with an app now (`$1`).
macro_rules! sharing {
    ($before:literal, $after:literal) => {
        concat!(
            $before,
            "SELECT g.account_id FROM data_app_grants g JOIN consents c ON c.consent_id = g.grant_id \
             WHERE c.state = 'given' AND c.until > $1 AND (' ' || g.scopes || ' ') LIKE '% address %'",
            $after
        )
    };
}

/// Asks anew for addresses that were asked for a day ago or more, read or not, and forgets those that nobody shares any more.
/// Once a minute.
///
/// # Errors
/// [`StoreError`].
pub fn look_after(tx: &mut Tx<'_>, now: Timestamp) -> Result<(), StoreError> {
    tx.execute(
        sharing!("DELETE FROM portal_own_records WHERE kind = 'address' AND account_id NOT IN (", ")"),
        &[now.into()],
    )?;
    tx.execute(
        "UPDATE portal_own_records SET asked_at = $1, sent = 0 WHERE kind = 'address' AND sent = 1 AND asked_at < $2",
        &[now.into(), now.plus_seconds(-ADDRESS_SECONDS).into()],
    )?;
    Ok(())
}

/// Forgets the address of `account` as of `at`, when the inside said that a protection began. An answer that is older and
/// still under way does not bring it back; a later one, when the protection is over, does.
///
/// # Errors
/// [`StoreError`].
pub fn forget_address(tx: &mut Tx<'_>, account: AccountId, at: Timestamp) -> Result<(), StoreError> {
    let sql = "UPDATE portal_own_records SET content = NULL, told_at = $2 WHERE account_id = $1 AND kind = 'address' \
               AND (told_at IS NULL OR told_at <= $2)";
    tx.execute(sql, &[account.into(), at.into()]).map(drop)
}

/// Whether `topic` of an account may be answered once more in this hour, without counting: for what is counted once it was done.
/// Inside.
///
/// # Errors
/// [`StoreError`].
pub fn has_answers_left(tx: &mut Tx<'_>, seams: &Seams, account: AccountId, topic: &str) -> Result<bool, StoreError> {
    let sql = "SELECT answers FROM self_information_answers WHERE account_id = $1 AND hour = $2";
    let (counted, hour) = counted(seams, account, topic);
    let row = tx.query_one(sql, &[counted.as_str().into(), hour.into()])?;
    Ok(row.map(|row| row.int(0)).transpose()?.unwrap_or_default() < AN_HOUR)
}

/// Under what an account's answers of an hour are counted: beside those of `self_information`, under its bare number.
fn counted(seams: &Seams, account: AccountId, topic: &str) -> (String, i64) {
    (format!("{topic}:{account}"), seams.now().micros().div_euclid(3_600_000_000))
}

/// Whether `topic` of an account may be answered once more in this hour; counts it. Inside.
///
/// # Errors
/// [`StoreError`].
pub fn may_answer(tx: &mut Tx<'_>, seams: &Seams, account: AccountId, topic: &str) -> Result<bool, StoreError> {
    may_answer_up_to(tx, seams, account, topic, AN_HOUR)
}

/// The same, up to `most` in an hour.
///
/// # Errors
/// [`StoreError`].
pub fn may_answer_up_to(
    tx: &mut Tx<'_>,
    seams: &Seams,
    account: AccountId,
    topic: &str,
    most: i64,
) -> Result<bool, StoreError> {
    let (counted, hour) = counted(seams, account, topic);
    let sql = "DELETE FROM self_information_answers WHERE account_id = $1 AND hour < $2";
    tx.execute(sql, &[counted.as_str().into(), hour.into()])?;
    let times = tx.execute(
        "INSERT INTO self_information_answers (account_id, hour, answers) VALUES ($1, $2, 1) \
         ON CONFLICT (account_id, hour) DO UPDATE SET answers = self_information_answers.answers + 1 \
         WHERE self_information_answers.answers < $3",
        &[counted.as_str().into(), hour.into(), most.into()],
    )?;
    if times == 0 {
        tracing::warn!(topic, "more was asked about an account than is answered in an hour; the question was dropped");
    }
    Ok(times > 0)
}

/// Sends questions that wait to the inside.
///
/// # Errors
/// [`PostError`].
pub fn send_questions(outside: &Outside, post: &Arc<Post>) -> Result<usize, PostError> {
    let addresses = asked(Record::Address).send_questions(outside, post, &Record::Address)?;
    Ok(addresses + asked(Record::Cards).send_questions(outside, post, &Record::Cards)?)
}

/// Cards and tags that this person wants held.
const STOPS: Wished<Id> = Wished::new("card_stops");

/// Asks the inside to hold a card or tag of this person.
///
/// # Errors
/// [`PostError`].
pub fn stop_card(outside: &Outside, post: &Arc<Post>, account: AccountId, card: Id) -> Result<(), PostError> {
    let (seams, post) = (outside.seams.clone(), post.clone());
    outside.store.write::<_, PostError, _>(move |tx| post.send(tx, &seams, account, CARD_STOP, &card).map(drop))?;
    STOPS.note(outside, account, &card);
    Ok(())
}

/// Stops this person asked for a short while ago; [`Card::waits`] tells which are still to come.
pub fn stops(outside: &Outside, account: AccountId) -> Vec<Waiting<Id>> {
    STOPS.waiting(outside, account)
}

impl Card {
    /// The stop of this card that waits, as far as was told: it can be stopped, and stands as it stood when that was said.
    pub fn waits<'a>(&self, stops: &'a [Waiting<Id>]) -> Option<&'a Waiting<Id>> {
        stops.iter().find(|one| one.wish == self.id && self.may_be_stopped && self.since < one.at)
    }
}

/// Takes [`QUESTION`]. Of somebody the inside does not know nothing is told; what is asked too often is not answered.
///
/// # Errors
/// [`PostError`].
pub fn take_question(inside: &Inside, post: &Arc<Post>, opened: &Opened) -> Result<(), PostError> {
    let record: Record = opened.json()?;
    let (zone, post, account) = (inside.clone(), post.clone(), opened.account);
    inside.store.write(move |tx| {
        if !may_answer(tx, &zone.seams, account, record.word())? {
            return Ok(());
        }
        let told = match link::resident_of(tx, account)? {
            Some(resident) => told(tx, &zone, &resident, record)?,
            None => Told::Nothing(record),
        };
        post.send(tx, &zone.seams, account, ANSWER, &told).map(drop)
    })
}

/// Takes [`CARD_STOP`]: what belongs to this person and can be held is, however often; the list is told anew a few times an
/// hour.
///
/// # Errors
/// [`PostError`].
pub fn take_stop(inside: &Inside, post: &Arc<Post>, opened: &Opened) -> Result<(), PostError> {
    let card: Id = opened.json()?;
    let (zone, post, account) = (inside.clone(), post.clone(), opened.account);
    inside.store.write(move |tx| {
        let resident = link::resident_of(tx, account)?.ok_or(PostError::Malformed("nobody has this account"))?;
        let actor = Actor::Resident { resident: resident.clone(), terminal: None };
        credentials::set_status(tx, &zone.seams, &actor, &resident, card, CredentialStatus::OnHold).map_err(not_now)?;
        if !may_answer(tx, &zone.seams, account, CARD_STOP)? {
            return Ok(());
        }
        let told = told(tx, &zone, &resident, Record::Cards)?;
        post.send(tx, &zone.seams, account, ANSWER, &told).map(drop)
    })
}

fn not_now(error: CredentialError) -> PostError {
    match error {
        CredentialError::Store(error) => PostError::Store(error),
        CredentialError::Access(error) => PostError::Access(error),
        CredentialError::Vault(error) => PostError::Vault(error),
    }
}

fn told(tx: &mut Tx<'_>, zone: &Inside, resident: &ResidentId, record: Record) -> Result<Told, PostError> {
    let actor = Actor::Resident { resident: resident.clone(), terminal: None };
    let item = match record {
        Record::Address => Item::Address,
        Record::Cards => Item::Credential,
    };
    let purpose = Purpose::new(Duty::Portal).reading(&[item]);
    let access = access::person(tx, &zone.seams, &actor, &purpose, resident)?;
    match record {
        // Where somebody under protection lives leaves the city by no app, whoever holds their phone.
        Record::Address if register::endings::is_protected(tx, zone.seams.today(), resident)? => {
            Ok(Told::Nothing(record))
        }
        Record::Address => address_inside(tx, &access),
        Record::Cards => cards_inside(tx, zone, &access, resident),
    }
}

fn address_inside(tx: &mut Tx<'_>, access: &PersonAccess) -> Result<Told, PostError> {
    let own = register::resident(tx, access).map_err(|error| match error {
        RegisterError::Store(error) => PostError::Store(error),
        RegisterError::Access(error) => PostError::Access(error),
        _ => PostError::Later("the register has no such entry"),
    })?;
    Ok(Told::Address(Address {
        postal_code: own.address.postal_code.clone(),
        municipality_code: own.address.municipality_code.clone(),
        text: own.address.whole(),
    }))
}

fn cards_inside(
    tx: &mut Tx<'_>,
    zone: &Inside,
    access: &PersonAccess,
    resident: &ResidentId,
) -> Result<Told, PostError> {
    let all = credentials::list(tx, &zone.vault, access, resident).map_err(not_now)?;
    let card = |one: &credentials::Listed| Card {
        id: one.id,
        kind: one.kind.word().to_owned(),
        status: one.status.word().to_owned(),
        since: one.since.micros(),
        enrolled_at: one.enrolled_at.micros(),
        mark: one.mark.clone(),
        may_be_stopped: one.status.may_become(CredentialStatus::OnHold),
    };
    Ok(Told::Cards(all.iter().map(card).collect()))
}

/// Takes [`ANSWER`]. Nothing that nobody asked for is kept.
///
/// # Errors
/// [`PostError`].
pub fn take_answer(outside: &Outside, opened: &Opened) -> Result<(), PostError> {
    let told: Told = opened.json()?;
    asked(told.record()).take_answer(outside, opened)
}

#[cfg(test)]
#[path = "own_records/tests.rs"]
mod tests;
