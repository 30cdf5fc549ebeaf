//! Answers of people to letters (返信), for the office that sent the letter. Opening one is a reading of the person's record.

use std::sync::Arc;

use base::{Id, Timestamp};
use store::{StoreError, Tx};

use super::{Dispatch, senders};
use crate::Inside;
use crate::access::{self, Actor, Duty, Item, Purpose, ResidentId};
use crate::mailbox::replies::{Carried, TAKEN, judge};
use crate::portal::post::Opened;
use crate::portal::{AccountId, Post, PostError, link};
use crate::register::{self, RegisterError};

const WORDS: &str = "dispatch_replies.words";

/// Takes [`crate::mailbox::replies::REPLY`]: sealed under the resident, on the sender's list; and says that it came.
///
/// # Errors
/// [`PostError`].
pub fn take(inside: &Inside, post: &Arc<Post>, opened: &Opened) -> Result<(), PostError> {
    let told: Carried = opened.json()?;
    judge(&told.words).map_err(|_| PostError::Malformed("an answer to a letter"))?;
    let account = opened.account;
    let resident = inside.store.read::<_, StoreError, _>(|tx| link::resident_of(tx, account))?;
    let resident = resident.ok_or(PostError::Malformed("nobody has this account"))?;
    let words = inside.vault.seal(resident.as_str(), WORDS, told.words.as_bytes())?;
    let (seams, post) = (inside.seams.clone(), post.clone());
    inside.store.write(move |tx| {
        let sql = "SELECT dispatch_id FROM dispatches WHERE letter_id = $1";
        let found = tx.query_one(sql, &[told.letter.as_str().into()])?;
        let dispatch = found.ok_or(PostError::Malformed("an answer to a letter nobody sent"))?.id(0)?;
        let now = seams.now();
        let taken = tx.execute(
            "INSERT INTO dispatch_replies (reply_id, dispatch_id, account_id, delegate, words, made_at, taken_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (reply_id) DO NOTHING",
            &[
                told.id.into(),
                dispatch.into(),
                account.into(),
                told.delegate.into(),
                words.as_slice().into(),
                told.at.into(),
                now.into(),
            ],
        )?;
        if taken > 0 {
            post.send(tx, &seams, account, TAKEN, &(told.id, now.micros()))?;
        }
        Ok(())
    })
}

/// One on the list; nobody is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its number.
    pub id: Id,
    /// When it was written.
    pub made_at: Timestamp,
    /// Whether somebody wrote for another.
    pub is_by_other: bool,
    /// When an officer first opened it.
    pub opened_at: Option<Timestamp>,
}

/// The answers to a dispatch, newest first, at most five hundred.
///
/// # Errors
/// [`StoreError`].
pub fn list(tx: &mut Tx<'_>, dispatch: Id) -> Result<Vec<Listed>, StoreError> {
    let sql = "SELECT reply_id, made_at, delegate, opened_at FROM dispatch_replies WHERE dispatch_id = $1 \
               ORDER BY made_at DESC, reply_id LIMIT 500";
    let read = |row: &store::Row| {
        let (made_at, opened_at) = (row.timestamp(1)?, row.opt_timestamp(3)?);
        Ok(Listed { id: row.id(0)?, made_at, is_by_other: row.opt_text(2)?.is_some(), opened_at })
    };
    tx.query(sql, &[dispatch.into()])?.iter().map(read).collect()
}

/// Whether members of `office` open the answers to `dispatch`: the office set for its sender, else the one of its name.
///
/// # Errors
/// [`StoreError`].
pub fn is_theirs(tx: &mut Tx<'_>, dispatch: &Dispatch, office: &str) -> Result<bool, StoreError> {
    Ok(senders::office(tx, &dispatch.sender)?.is_some_and(|theirs| theirs == office))
}

/// A person in an answer.
#[derive(Clone, PartialEq, Eq)]
pub struct Person {
    /// The resident's key.
    pub resident: ResidentId,
    /// Name as registered; `None` when the register has no such entry any more.
    pub name: Option<String>,
}

/// One opened.
#[derive(Clone, PartialEq, Eq)]
pub struct Shown {
    /// Whose letter it was.
    pub person: Person,
    /// Who wrote in their name.
    pub writer: Option<Person>,
    /// What they wrote.
    pub words: String,
    /// When.
    pub made_at: Timestamp,
}

impl std::fmt::Debug for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Shown(<personal>)")
    }
}

/// Opens an answer to `dispatch` for an officer: a reading of the record of whoever wrote, and written down as such.
///
/// # Errors
/// [`PostError`].
pub fn open(inside: &Inside, actor: &Actor, dispatch: Id, id: Id) -> Result<Option<Shown>, PostError> {
    let (seams, by) = (inside.seams.clone(), actor.clone());
    let found = inside.store.write::<_, PostError, _>(move |tx| {
        let sql = "SELECT account_id, delegate, words, made_at FROM dispatch_replies WHERE reply_id = $1 AND dispatch_id = $2";
        let Some(row) = tx.query_one(sql, &[id.into(), dispatch.into()])? else { return Ok(None) };
        let purpose = Purpose::new(Duty::Inquiry).reading(&[Item::Name]).for_work(id);
        let person = person(tx, &seams, &by, &purpose, row.text(0)?)?;
        let Some(person) = person else { return Ok(None) };
        let writer = row.opt_text(1)?.map(|account| self::person(tx, &seams, &by, &purpose, account)).transpose()?;
        tx.execute(
            "UPDATE dispatch_replies SET opened_at = $2, opened_by = $3 WHERE reply_id = $1 AND opened_at IS NULL",
            &[id.into(), seams.now().into(), by.key().into()],
        )?;
        Ok(Some((person, writer.flatten(), row.blob(2)?.to_vec(), row.timestamp(3)?)))
    })?;
    let Some((person, writer, sealed, made_at)) = found else { return Ok(None) };
    let words = inside.vault.open_sealed(person.resident.as_str(), WORDS, &sealed)?;
    Ok(Some(Shown { words: String::from_utf8_lossy(&words).into_owned(), person, writer, made_at }))
}

fn person(
    tx: &mut Tx<'_>,
    seams: &base::Seams,
    actor: &Actor,
    purpose: &Purpose,
    account: &str,
) -> Result<Option<Person>, PostError> {
    let account = AccountId::parse(account).ok_or(PostError::Malformed("an account"))?;
    let Some(resident) = link::resident_of(tx, account)? else { return Ok(None) };
    let access = access::person(tx, seams, actor, purpose, &resident)?;
    let name = match register::resident(tx, &access) {
        Ok(found) => Some(found.names.registered),
        Err(RegisterError::NotFound | RegisterError::NoCriteria) => None,
        Err(RegisterError::Store(error)) => return Err(error.into()),
        Err(RegisterError::Access(error)) => return Err(error.into()),
    };
    Ok(Some(Person { resident, name }))
}
