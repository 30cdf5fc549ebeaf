//! Inside: objections to readings (閲覧への申出), on the officers' list until answered.

use std::sync::Arc;

use base::{Id, Timestamp};
use serde::{Deserialize, Serialize};
use store::{StoreError, Tx};

use crate::access::{self, Actor, Duty, Item, Purpose, ResidentId};
use crate::audit::{self, Event};
use crate::disclosure::telling;
use crate::portal::post::Opened;
use crate::portal::{AccountId, Post, PostError, Topic, link};
use crate::zone::Inside;

/// Outside → inside: an objection.
pub const OBJECTION: Topic = "looked_objection";
/// Inside → outside: its answer.
pub const ANSWER: Topic = "looked_answer";

const WORDS: &str = "looked_objections.words";
const ANSWERED: &str = "looked_objections.answer";

/// An objection on its way.
#[derive(Serialize, Deserialize)]
pub struct Objection {
    /// Its id.
    pub id: Id,
    /// The line it is about.
    pub line: Id,
    /// What the person wrote.
    pub words: String,
}

/// An answer on its way.
#[derive(Serialize, Deserialize)]
pub struct Answer {
    /// The objection.
    pub id: Id,
    /// What the office wrote.
    pub words: String,
}

/// Takes [`OBJECTION`]: sealed under the resident, on the list.
///
/// # Errors
/// [`PostError`].
pub fn take(inside: &Inside, opened: &Opened) -> Result<(), PostError> {
    let told: Objection = opened.json()?;
    let (account, at) = (opened.account, opened.sent_at);
    let resident = inside.store.read::<_, StoreError, _>(|tx| link::resident_of(tx, account))?;
    let resident = resident.ok_or(PostError::Malformed("nobody has this account"))?;
    let sealed = inside.vault.seal(resident.as_str(), WORDS, told.words.as_bytes())?;
    inside.store.write(move |tx| {
        let entry = telling::entry_of_line(tx, account, told.line)?;
        let entry = entry.ok_or(PostError::Malformed("a line that was never told"))?;
        tx.execute(
            "INSERT INTO looked_objections (objection_id, account_id, entry, words, made_at, told) \
             VALUES ($1, $2, $3, $4, $5, 1) ON CONFLICT (objection_id) DO NOTHING",
            &[told.id.into(), account.into(), entry.into(), sealed.as_slice().into(), at.into()],
        )?;
        Ok(())
    })
}

/// One on the officers' list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Its id.
    pub id: Id,
    /// When it was raised.
    pub made_at: Timestamp,
    /// When the reading was that it is about.
    pub read_at: Timestamp,
    /// The duty's code.
    pub duty: String,
}

/// Those without an answer, oldest first.
///
/// # Errors
/// [`StoreError`].
pub fn waiting(tx: &mut Tx<'_>) -> Result<Vec<Waiting>, StoreError> {
    let sql = "SELECT o.objection_id, o.made_at, d.at, d.duty FROM looked_objections o JOIN disclosure d ON d.id = o.entry \
               WHERE o.answered_at IS NULL ORDER BY o.made_at, o.objection_id LIMIT 200";
    tx.query(sql, &[])?
        .iter()
        .map(|row| {
            let duty = row.text(3)?.to_owned();
            Ok(Waiting { id: row.id(0)?, made_at: row.timestamp(1)?, read_at: row.timestamp(2)?, duty })
        })
        .collect()
}

/// One opened.
#[derive(Clone, PartialEq, Eq)]
pub struct Shown {
    /// Whose.
    pub resident: ResidentId,
    /// What they wrote.
    pub words: String,
    /// The reading: when, the duty's code, the actor's key.
    pub reading: (Timestamp, String, String),
}

impl std::fmt::Debug for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Shown(<personal>)")
    }
}

/// Opens one for an officer; that is a reading of the person's record and written down as such.
///
/// # Errors
/// [`PostError`].
pub fn open(inside: &Inside, actor: &Actor, id: Id) -> Result<Option<Shown>, PostError> {
    let (seams, actor) = (inside.seams.clone(), actor.clone());
    let found = inside.store.write::<_, PostError, _>(move |tx| {
        let sql = "SELECT o.account_id, o.entry, o.words FROM looked_objections o WHERE o.objection_id = $1";
        let Some(row) = tx.query_one(sql, &[id.into()])? else { return Ok(None) };
        let account = AccountId::parse(row.text(0)?).ok_or(PostError::Malformed("an account"))?;
        let Some(resident) = link::resident_of(tx, account)? else { return Ok(None) };
        let purpose = Purpose::new(Duty::Inquiry).reading(&[Item::State]).for_work(id);
        access::person(tx, &seams, &actor, &purpose, &resident)?;
        let reading = telling::behind(tx, row.text(1)?)?.ok_or(PostError::Malformed("an entry"))?;
        Ok(Some((resident, row.blob(2)?.to_vec(), reading)))
    })?;
    let Some((resident, sealed, reading)) = found else { return Ok(None) };
    let words = inside.vault.open_sealed(resident.as_str(), WORDS, &sealed)?;
    Ok(Some(Shown { words: String::from_utf8_lossy(&words).into_owned(), resident, reading }))
}

/// Answers one. `false` when it has an answer already.
///
/// # Errors
/// [`PostError`]; [`PostError::Malformed`] for words that are blank, too long or hold an Individual Number.
pub fn answer(inside: &Inside, actor: &Actor, id: Id, words: &str) -> Result<bool, PostError> {
    let words = words.trim();
    let is_sound = (1..=super::OBJECTION_CHARACTERS).contains(&words.chars().count())
        && base::my_number_guard::refuse_individual_number(words).is_ok();
    if !is_sound {
        return Err(PostError::Malformed("an answer"));
    }
    let sql = "SELECT l.resident_id FROM looked_objections o JOIN portal_links l ON l.account_id = o.account_id \
               WHERE o.objection_id = $1";
    let found = inside.store.read::<_, StoreError, _>(|tx| tx.query_one(sql, &[id.into()]))?;
    let Some(row) = found else { return Ok(false) };
    let sealed = inside.vault.seal(row.text(0)?, ANSWERED, words.as_bytes())?;
    let (seams, actor) = (inside.seams.clone(), actor.clone());
    inside.store.write(move |tx| {
        let answered = tx.execute(
            "UPDATE looked_objections SET answer = $2, answered_by = $3, answered_at = $4, told = 0 \
             WHERE objection_id = $1 AND answered_at IS NULL",
            &[id.into(), sealed.as_slice().into(), actor.key().into(), seams.now().into()],
        )? > 0;
        if answered {
            audit::append(tx, &seams, &actor, Event::ObjectionAnswered, &[("objection", &id.to_string())])?;
        }
        Ok(answered)
    })
}

/// Sends answers that wait to the outside.
///
/// # Errors
/// [`PostError`].
pub fn send_answers(inside: &Inside, post: &Arc<Post>) -> Result<usize, PostError> {
    let rows = inside.store.read::<_, StoreError, _>(|tx| {
        tx.query(
            "SELECT o.objection_id, o.account_id, l.resident_id, o.answer FROM looked_objections o \
             JOIN portal_links l ON l.account_id = o.account_id WHERE o.told = 0 AND o.answer IS NOT NULL LIMIT 50",
            &[],
        )
    })?;
    for row in &rows {
        let words = inside.vault.open_sealed(row.text(2)?, ANSWERED, row.blob(3)?)?;
        let id = row.id(0)?;
        let account = AccountId::parse(row.text(1)?).ok_or(PostError::Malformed("an account"))?;
        let answer = Answer { id, words: String::from_utf8_lossy(&words).into_owned() };
        let (seams, post) = (inside.seams.clone(), post.clone());
        inside.store.write::<_, PostError, _>(move |tx| {
            post.send(tx, &seams, account, ANSWER, &answer)?;
            tx.execute("UPDATE looked_objections SET told = 1 WHERE objection_id = $1", &[id.into()])?;
            Ok(())
        })?;
    }
    Ok(rows.len())
}
