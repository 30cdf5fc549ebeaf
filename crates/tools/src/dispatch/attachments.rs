//! What lies beside a letter (添付): for everybody, or for one resident. Taken until a second person is asked, so that what is
//! approved is what is sent; sealed under the dispatch's own key; refused with the reason.

use std::collections::BTreeMap;

use base::{Id, Seams};
use data_encoding::{BASE64, HEXLOWER};
use store::{StoreError, Tx};

use super::{Dispatch, DispatchError, RECHECKED, RELEASE, State, get, note, sealed_under};
use crate::access::Actor;
use crate::audit::{Event, Zone};
use crate::digest::sha256;
use crate::mailbox::LetterId;
use crate::mailbox::arrivals::{self, AttachmentBody, OwnAttachmentBody};
use crate::mailbox::attachments::{Kind, MOST, Named, OWN, judge, judge_name};
use crate::portal::{AccountId, Post};
use crate::{Inside, ResidentId, approvals, relay};

const COLUMN: &str = "dispatch_attachments.content";
/// Recipients looked at in one go where they have attachments of their own: each may be as large as a message.
pub(super) const OWN_TOGETHER: usize = 20;

/// One as listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// From 1, for each recipient.
    pub number: i64,
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// Bytes.
    pub size: i64,
}

/// Takes an attachment for everybody, or for `resident` alone. The same bytes under the same name again are the same
/// attachment. Returns its number.
///
/// # Errors
/// [`DispatchError::Letter`] with the reason, [`DispatchError::State`] once a second person was asked.
pub fn add(
    inside: &Inside,
    actor: &Actor,
    id: Id,
    resident: Option<&str>,
    (name, bytes): (&str, &[u8]),
) -> Result<i64, DispatchError> {
    let refuse = |why: String| DispatchError::Letter(why);
    let kind = judge(bytes).map_err(|fault| refuse(fault.to_string()))?;
    judge_name(name).map_err(|fault| refuse(fault.to_string()))?;
    if resident.is_some_and(|resident| ResidentId::parse(resident).is_err()) {
        return Err(refuse("the resident's key cannot be read".to_owned()));
    }
    let content = inside.vault.seal(&sealed_under(id), COLUMN, bytes)?;
    let digest = sha256(&[bytes]);
    let (recipient, name) = (resident.unwrap_or_default().to_owned(), name.to_owned());
    let (seams, size, actor) = (inside.seams.clone(), bytes.len() as i64, actor.clone());
    inside.store.write(move |tx| {
        still_open(tx, &seams, id)?;
        let sql = "SELECT number, name, digest FROM dispatch_attachments WHERE dispatch_id = $1 AND recipient = $2 \
                   ORDER BY number";
        let before = tx.query(sql, &[id.into(), recipient.as_str().into()])?;
        for row in &before {
            if row.text(1)? == name {
                return if row.blob(2)? == digest { Ok(row.int(0)?) } else { Err(DispatchError::OtherLetter) };
            }
        }
        if before.len() >= MOST {
            return Err(DispatchError::Letter(format!("at most {MOST} attachments")));
        }
        let number = before.last().map_or(Ok(0), |row| row.int(0))? + 1;
        tx.execute(
            "INSERT INTO dispatch_attachments (dispatch_id, recipient, number, name, media_type, size, digest, content, \
             sent) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0)",
            &[
                id.into(),
                recipient.as_str().into(),
                number.into(),
                name.as_str().into(),
                kind.media_type().into(),
                size.into(),
                digest.as_slice().into(),
                content.as_slice().into(),
            ],
        )?;
        note(tx, &seams, &actor, Event::LettersAttached, id, "added")?;
        Ok(number)
    })
}

fn still_open(tx: &mut Tx<'_>, seams: &Seams, id: Id) -> Result<(), DispatchError> {
    // A notice is shown and approved as its text alone.
    let dispatch = get(tx, id)?.filter(|one| one.sender != RECHECKED).ok_or(DispatchError::Unknown)?;
    let subject = id.to_string();
    let is_asked =
        approvals::waiting(tx, seams.now())?.iter().any(|one| one.action == RELEASE && one.subject == subject);
    match dispatch.state {
        State::Open | State::Complete if !is_asked => Ok(()),
        _ => Err(DispatchError::State("open, before a second person is asked")),
    }
}

/// Takes one for everybody away again.
///
/// # Errors
/// [`DispatchError`].
pub fn remove(tx: &mut Tx<'_>, seams: &Seams, actor: &Actor, id: Id, number: i64) -> Result<(), DispatchError> {
    still_open(tx, seams, id)?;
    let sql = "DELETE FROM dispatch_attachments WHERE dispatch_id = $1 AND recipient = '' AND number = $2";
    if tx.execute(sql, &[id.into(), number.into()])? == 0 {
        return Err(DispatchError::Unknown);
    }
    note(tx, seams, actor, Event::LettersAttached, id, "removed")
}

/// Those for everybody, and how many residents have some of their own.
///
/// # Errors
/// [`StoreError`].
pub fn list(tx: &mut Tx<'_>, id: Id) -> Result<(Vec<Listed>, i64), StoreError> {
    let named = named(tx, id)?;
    let listed = named.into_iter().map(|Named { number, name, kind, size, .. }| Listed { number, name, kind, size });
    let sql = "SELECT COUNT(DISTINCT recipient) FROM dispatch_attachments WHERE dispatch_id = $1 AND recipient <> ''";
    let own = tx.query_one(sql, &[id.into()])?.map_or(Ok(0), |row| row.int(0))?;
    Ok((listed.collect(), own))
}

/// Those for everybody as the letter names them.
pub(super) fn named(tx: &mut Tx<'_>, id: Id) -> Result<Vec<Named>, StoreError> {
    let sql = "SELECT number, name, media_type, size, digest FROM dispatch_attachments \
               WHERE dispatch_id = $1 AND recipient = '' ORDER BY number";
    let read = |row: &store::Row| {
        let kind = kind_of(row.text(2)?);
        let (name, digest) = (row.text(1)?.to_owned(), HEXLOWER.encode(row.blob(4)?));
        Ok(Named { number: row.int(0)?, name, kind, size: row.int(3)?, digest })
    };
    tx.query(sql, &[id.into()])?.iter().map(read).collect()
}

fn kind_of(media_type: &str) -> Kind {
    if media_type == Kind::Pdf.media_type() { Kind::Pdf } else { Kind::Json }
}

/// The bytes of one for everybody, for whoever approves.
///
/// # Errors
/// [`DispatchError`].
pub fn content(inside: &Inside, id: Id, number: i64) -> Result<Option<(Kind, Vec<u8>)>, DispatchError> {
    let sql = "SELECT media_type, content FROM dispatch_attachments WHERE dispatch_id = $1 AND recipient = '' AND number = $2";
    let row = inside.store.read::<_, StoreError, _>(|tx| tx.query_one(sql, &[id.into(), number.into()]))?;
    let Some(row) = row else { return Ok(None) };
    let bytes = inside.vault.open_sealed(&sealed_under(id), COLUMN, row.blob(1)?)?;
    Ok(Some((kind_of(row.text(0)?), bytes.to_vec())))
}

/// Sends those for everybody, once: before the first recipients of a dispatch, when the letter is on its way.
pub(super) fn send(inside: &Inside, dispatch: &Dispatch) -> Result<(), DispatchError> {
    let id = dispatch.id;
    let unsent = inside.store.read::<_, StoreError, _>(|tx| {
        let sql = "SELECT number FROM dispatch_attachments WHERE dispatch_id = $1 AND recipient = '' AND sent = 0";
        let rows = tx.query(sql, &[id.into()])?;
        let unsent = rows.iter().map(|row| row.int(0)).collect::<Result<Vec<_>, _>>()?;
        Ok(if unsent.is_empty() { Vec::new() } else { named(tx, id)? })
    })?;
    for one in unsent {
        let Some((_, bytes)) = content(inside, dispatch.id, one.number)? else { continue };
        let body = AttachmentBody {
            letter: dispatch.letter.to_string(),
            number: one.number,
            name: one.name,
            content: BASE64.encode(&bytes),
        };
        let (seams, body, number) = (inside.seams.clone(), serde_json::json!(body).to_string(), one.number);
        inside.store.write::<_, DispatchError, _>(move |tx| {
            let sql = "UPDATE dispatch_attachments SET sent = 1 WHERE dispatch_id = $1 AND recipient = '' AND number = $2 \
                       AND sent = 0";
            if tx.execute(sql, &[id.into(), number.into()])? == 0 {
                return Ok(());
            }
            relay::send(tx, &seams, Zone::Outside, arrivals::ATTACHMENT, body.as_bytes())?;
            Ok(())
        })?;
    }
    Ok(())
}

/// Whether any resident has attachments of their own.
pub(super) fn has_own(inside: &Inside, id: Id) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM dispatch_attachments WHERE dispatch_id = $1 AND recipient <> '' LIMIT 1";
    inside.store.read(|tx| Ok(tx.query_one(sql, &[id.into()])?.is_some()))
}

/// Messages that carry the own attachments of these accounts, each sealed to the other zone.
pub(super) fn own_messages(
    inside: &Inside,
    post: &Post,
    dispatch: &Dispatch,
    accounts: &BTreeMap<String, AccountId>,
) -> Result<Vec<String>, DispatchError> {
    let (id, letter): (Id, LetterId) = (dispatch.id, dispatch.letter);
    let mut messages = Vec::new();
    for (resident, account) in accounts {
        let sql = "SELECT number, name, content FROM dispatch_attachments WHERE dispatch_id = $1 AND recipient = $2 \
                   ORDER BY number";
        let rows = inside.store.read::<_, StoreError, _>(|tx| tx.query(sql, &[id.into(), resident.as_str().into()]))?;
        for row in &rows {
            let number = OWN - 1 + row.int(0)?;
            let bytes = inside.vault.open_sealed(&dispatch.sealed_under(), COLUMN, row.blob(2)?)?;
            let sealed = post.seal(&arrivals::bound_to_one(letter, *account, number), &bytes)?;
            let body = OwnAttachmentBody {
                letter: letter.to_string(),
                account: *account,
                number,
                name: row.text(1)?.to_owned(),
                sealed: BASE64.encode(&sealed),
            };
            messages.push(serde_json::json!(body).to_string());
        }
    }
    Ok(messages)
}
