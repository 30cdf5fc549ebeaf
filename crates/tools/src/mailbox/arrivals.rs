//! What the inside sends: letters, recipients, personal parts, taking back. And what is told back: who never opened a
//! statutory letter.
//!
//! ```text
//!  mailbox_letter ─► kept, evidence of submission      mailbox_place ─► placed, one entry of evidence for all
//!  mailbox_personal ─► laid down ─► job: opened, sealed under each person's key, placed
//!  mailbox_recall ─► unread ones gone, read ones marked, evidence
//!  job: statutory, unopened, past its day ─► evidence ─► mailbox_unopened (to the inside: the list for paper)
//! ```

use base::{Date, Seams, Timestamp};
use data_encoding::BASE64;
use messaging::{TeaserKind, Urgency};
use serde::{Deserialize, Serialize};
use store::{StoreError, Tx};

use super::evidence::{self, About, Event};
use super::letter::{self, Importance, Letter, LetterId};
use super::{Personal, attachments, items};
use crate::audit::Zone;
use crate::portal::{AccountId, Post, PostError};
use crate::relay::{self, HandleError, Message, RelayError};
use crate::{Outside, channels, dispatch};

/// A letter.
pub const LETTER: &str = "mailbox_letter";
/// An attachment of a letter.
pub const ATTACHMENT: &str = "mailbox_attachment";
/// An attachment for one person, sealed to this zone.
pub const OWN_ATTACHMENT: &str = "mailbox_own_attachment";
/// Who gets it.
pub const PLACE: &str = "mailbox_place";
/// Who gets it, with their own parts, sealed to this zone.
pub const PERSONAL: &str = "mailbox_personal";
/// It is taken back.
pub const RECALL: &str = "mailbox_recall";
/// To the inside: who did not open it in time.
pub const UNOPENED: &str = "mailbox_unopened";

/// Recipients of one message: its body stays below the relay's bound.
pub const RECIPIENTS: usize = 20_000;
/// Recipients with personal parts of one message.
pub const PERSONAL_RECIPIENTS: usize = 500;

/// Recipients of a letter.
#[derive(Serialize, Deserialize)]
pub struct Recipients {
    /// The letter.
    pub letter: String,
    /// Their accounts.
    pub accounts: Vec<AccountId>,
}

impl Recipients {
    fn read(message: &Message) -> Result<(LetterId, Vec<AccountId>), HandleError> {
        let body: Self = serde_json::from_slice(&message.body).map_err(|_| HandleError::Malformed("recipients"))?;
        Ok((LetterId::parse(&body.letter).ok_or(HandleError::Malformed("a letter's name"))?, body.accounts))
    }
}

/// An attachment on its way.
#[derive(Serialize, Deserialize)]
pub struct AttachmentBody {
    /// The letter.
    pub letter: String,
    /// From 1.
    pub number: i64,
    /// Its name.
    pub name: String,
    /// Base64.
    pub content: String,
}

/// An attachment for one person on its way: `sealed` is base64 of its bytes, sealed to the zone.
#[derive(Serialize, Deserialize)]
pub struct OwnAttachmentBody {
    /// The letter.
    pub letter: String,
    /// Whose.
    pub account: AccountId,
    /// From [`attachments::OWN`].
    pub number: i64,
    /// Its name.
    pub name: String,
    /// Sealed.
    pub sealed: String,
}

/// What binds a sealed attachment to its letter, its person and its place.
pub fn bound_to_one(letter: LetterId, account: AccountId, number: i64) -> Vec<u8> {
    format!("mailbox attachment {letter} {account} {number}").into_bytes()
}

/// Personal parts on their way: `sealed` is base64 of a list of (account, part), sealed to the zone.
#[derive(Serialize, Deserialize)]
pub struct PersonalBody {
    /// The letter.
    pub letter: String,
    /// Sealed.
    pub sealed: String,
}

/// A letter taken back.
#[derive(Serialize, Deserialize)]
pub struct RecallBody {
    /// The letter.
    pub letter: String,
    /// Why, in words for those who have read it.
    pub note: String,
}

/// Takes a letter.
///
/// # Errors
/// [`HandleError`].
pub fn receive_letter(tx: &mut Tx<'_>, seams: &Seams, message: &Message) -> Result<(), HandleError> {
    let letter = Letter::from_wire(&message.body).ok_or(HandleError::Malformed("a letter"))?;
    letter::keep(tx, &letter)?;
    let noted = evidence::noted(tx, seams, Event::SubmissionAcceptance, &letter, About::Letter, None)?;
    Ok(dispatch::evidence::tell(tx, seams, &letter, &noted)?)
}

/// Takes an attachment; what it is is judged again.
///
/// # Errors
/// [`HandleError`].
pub fn receive_attachment(tx: &mut Tx<'_>, message: &Message) -> Result<(), HandleError> {
    let malformed = || HandleError::Malformed("an attachment");
    let body: AttachmentBody = serde_json::from_slice(&message.body).map_err(|_| malformed())?;
    let letter = LetterId::parse(&body.letter).ok_or_else(malformed)?;
    let bytes = BASE64.decode(body.content.as_bytes()).map_err(|_| malformed())?;
    // A handler has only the transaction, so judging runs while it is open: `judge` is linear in a bounded size. It comes
    // before this handler's first write.
    let kind = attachments::judge(&bytes).map_err(|_| malformed())?;
    Ok(attachments::keep(tx, letter, body.number, &body.name, kind, &bytes)?)
}

/// Places a letter into many boxes.
///
/// # Errors
/// [`HandleError`].
pub fn receive_place(tx: &mut Tx<'_>, seams: &Seams, message: &Message) -> Result<(), HandleError> {
    let (letter, accounts) = Recipients::read(message)?;
    let letter = letter::find(tx, letter)?.ok_or(HandleError::Malformed("a letter that never came"))?;
    Ok(place(tx, seams, &letter, &accounts)?)
}

/// Places `letter` into the boxes of `accounts`, with one entry of evidence, and hands over to the channels. A letter that
/// was taken back is placed nowhere.
///
/// # Errors
/// [`StoreError`].
pub fn place(tx: &mut Tx<'_>, seams: &Seams, letter: &Letter, accounts: &[AccountId]) -> Result<(), StoreError> {
    if letter.recalled_at.is_some() || accounts.is_empty() {
        return Ok(());
    }
    let noted = evidence::noted(tx, seams, Event::ContentConsignment, letter, About::Many(accounts), None)?;
    items::place_many(tx, seams.now(), letter.id, accounts, noted.position)?;
    dispatch::evidence::tell(tx, seams, letter, &noted)?;
    hand_over(tx, seams, letter, accounts)
}

/// Placed letters go on to the channels (push, e-mail): a letter is a campaign of its own, told once to each person.
fn hand_over(tx: &mut Tx<'_>, seams: &Seams, letter: &Letter, accounts: &[AccountId]) -> Result<(), StoreError> {
    let (urgency, kind) = match letter.importance {
        Importance::Emergency => (Urgency::Emergency, TeaserKind::Emergency),
        Importance::Statutory => (Urgency::Legal, TeaserKind::LegalLetter),
        Importance::Deadline => (Urgency::Due, TeaserKind::Due),
        Importance::News => (Urgency::Notice, TeaserKind::Letter),
    };
    let path = format!("/portal/letters/{}", letter.id);
    channels::hand_over_all(tx, seams, (letter.id.id(), urgency, kind, &path), accounts)
}

/// Lays personal parts down for the job that has keys.
///
/// # Errors
/// [`HandleError`].
pub fn receive_personal(tx: &mut Tx<'_>, message: &Message) -> Result<(), HandleError> {
    let malformed = || HandleError::Malformed("personal parts");
    let body: PersonalBody = serde_json::from_slice(&message.body).map_err(|_| malformed())?;
    let letter = LetterId::parse(&body.letter).ok_or_else(malformed)?;
    let sealed = BASE64.decode(body.sealed.as_bytes()).map_err(|_| malformed())?;
    tx.execute(
        "INSERT INTO mailbox_personal (message_id, letter_id, sealed) VALUES ($1, $2, $3) ON CONFLICT (message_id) DO NOTHING",
        &[message.id.into(), letter.into(), sealed.as_slice().into()],
    )?;
    Ok(())
}

/// What binds sealed personal parts to their letter.
pub fn bound_to(letter: LetterId) -> Vec<u8> {
    format!("mailbox personal {letter}").into_bytes()
}

/// Lays an attachment for one person down for the job that has keys.
///
/// # Errors
/// [`HandleError`].
pub fn receive_own_attachment(tx: &mut Tx<'_>, message: &Message) -> Result<(), HandleError> {
    let malformed = || HandleError::Malformed("an attachment for one person");
    let body: OwnAttachmentBody = serde_json::from_slice(&message.body).map_err(|_| malformed())?;
    let letter = LetterId::parse(&body.letter).ok_or_else(malformed)?;
    let sealed = BASE64.decode(body.sealed.as_bytes()).map_err(|_| malformed())?;
    if body.number < attachments::OWN || attachments::judge_name(&body.name).is_err() {
        return Err(malformed());
    }
    tx.execute(
        "INSERT INTO mailbox_own_attachments (message_id, letter_id, account_id, number, name, sealed) \
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (message_id) DO NOTHING",
        &[
            message.id.into(),
            letter.into(),
            body.account.into(),
            body.number.into(),
            (&body.name).into(),
            sealed.as_slice().into(),
        ],
    )?;
    Ok(())
}

/// The job: opens attachments of one person, judges them again, seals each under its person's key. Returns how many.
///
/// # Errors
/// [`PostError`].
pub fn unpack_attachments(outside: &Outside, post: &Post) -> Result<usize, PostError> {
    let waiting = outside.store.read::<_, StoreError, _>(|tx| {
        tx.query(
            "SELECT message_id, letter_id, account_id, number, name, sealed FROM mailbox_own_attachments \
             WHERE refused_at IS NULL ORDER BY message_id LIMIT 20",
            &[],
        )
    })?;
    for row in &waiting {
        let (id, number, name) = (row.id(0)?, row.int(3)?, row.text(4)?.to_owned());
        let letter = LetterId::parse(row.text(1)?).ok_or(PostError::Malformed("a letter's name"))?;
        let account = AccountId::parse(row.text(2)?).ok_or(PostError::Malformed("an account"))?;
        let opened = post.open(&bound_to_one(letter, account, number), row.blob(5)?);
        let judged = opened.and_then(|bytes| Some((attachments::judge(&bytes).ok()?, bytes)));
        let Some((kind, bytes)) = judged else {
            tracing::error!("an attachment of a letter cannot be opened or taken and was put aside");
            let now = outside.seams.now();
            outside.store.write::<_, StoreError, _>(move |tx| {
                tx.execute(
                    "UPDATE mailbox_own_attachments SET refused_at = $2 WHERE message_id = $1",
                    &[id.into(), now.into()],
                )
            })?;
            continue;
        };
        let sealed = attachments::sealed(outside, account, &bytes)?;
        let size = bytes.len();
        outside.store.write::<_, StoreError, _>(move |tx| {
            // Gone in the meantime: the letter was taken back.
            if tx.execute("DELETE FROM mailbox_own_attachments WHERE message_id = $1", &[id.into()])? > 0 {
                attachments::keep_own(tx, letter, account, (number, &name, kind, size), &sealed)?;
            }
            Ok(())
        })?;
    }
    Ok(waiting.len())
}

/// The job: opens personal parts, seals each under its person's key, places. Returns how many messages were done. May run
/// twice over the same message; the second changes nothing but one more entry of evidence is not made either.
///
/// # Errors
/// [`PostError`].
pub fn unpack(outside: &Outside, post: &Post) -> Result<usize, PostError> {
    unpack_attachments(outside, post)?;
    let waiting = outside.store.read::<_, StoreError, _>(|tx| {
        tx.query("SELECT message_id, letter_id, sealed FROM mailbox_personal WHERE refused_at IS NULL ORDER BY message_id LIMIT 20", &[])
    })?;
    let mut done = 0;
    for row in &waiting {
        let id = row.id(0)?;
        let letter = LetterId::parse(row.text(1)?).ok_or(PostError::Malformed("a letter's name"))?;
        let opened = post.open(&bound_to(letter), row.blob(2)?);
        let parts = opened.and_then(|plain| serde_json::from_slice::<Vec<(AccountId, Personal)>>(&plain).ok());
        let Some(parts) = parts else {
            tracing::error!("personal parts of a letter cannot be opened and were put aside");
            let now = outside.seams.now();
            outside.store.write::<_, StoreError, _>(move |tx| {
                tx.execute(
                    "UPDATE mailbox_personal SET refused_at = $2 WHERE message_id = $1",
                    &[id.into(), now.into()],
                )
            })?;
            continue;
        };
        let mut sealed = Vec::with_capacity(parts.len());
        for (account, part) in &parts {
            let part = if part.is_empty() { None } else { Some(part.sealed(&outside.vault, *account)?) };
            sealed.push((*account, part));
        }
        let seams = outside.seams.clone();
        outside.store.write::<_, StoreError, _>(move |tx| place_personal(tx, &seams, id, letter, &sealed))?;
        done += 1;
    }
    Ok(done)
}

fn place_personal(
    tx: &mut Tx<'_>,
    seams: &Seams,
    message: base::Id,
    letter: LetterId,
    sealed: &[(AccountId, Option<Vec<u8>>)],
) -> Result<(), StoreError> {
    if tx.execute("DELETE FROM mailbox_personal WHERE message_id = $1", &[message.into()])? == 0 {
        return Ok(());
    }
    let missing = StoreError::Column { column: 1, wanted: "a letter that came" };
    let letter = letter::find(tx, letter)?.ok_or(missing)?;
    let accounts: Vec<AccountId> = sealed.iter().map(|(account, _)| *account).collect();
    if letter.recalled_at.is_some() || accounts.is_empty() {
        return Ok(());
    }
    let noted = evidence::noted(tx, seams, Event::ContentConsignment, &letter, About::Many(&accounts), None)?;
    dispatch::evidence::tell(tx, seams, &letter, &noted)?;
    for (account, part) in sealed {
        tx.queue(
            "INSERT INTO mailbox_items (account_id, letter_id, personal, placed_at, evidence) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (account_id, letter_id) DO NOTHING",
            &[
                (*account).into(),
                letter.id.into(),
                part.as_deref().into(),
                seams.now().into(),
                noted.position.into(),
            ],
        )?;
    }
    hand_over(tx, seams, &letter, &accounts)
}

/// Takes a letter back.
///
/// # Errors
/// [`HandleError`].
pub fn receive_recall(tx: &mut Tx<'_>, seams: &Seams, message: &Message) -> Result<(), HandleError> {
    let malformed = || HandleError::Malformed("a letter taken back");
    let body: RecallBody = serde_json::from_slice(&message.body).map_err(|_| malformed())?;
    let id = LetterId::parse(&body.letter).ok_or_else(malformed)?;
    let letter = letter::find(tx, id)?.ok_or_else(malformed)?;
    let unread = unopened(tx, id, None)?;
    letter::recall(tx, seams.now(), id, &body.note)?;
    // Whoever was not told yet is not told any more.
    channels::withdraw(tx, id.id())?;
    tx.execute("DELETE FROM mailbox_personal WHERE letter_id = $1", &[id.into()])?;
    evidence::note(
        tx,
        seams,
        Event::ContentHandoverFailure,
        &letter,
        About::Many(&unread),
        Some("recalled by the sender"),
    )?;
    Ok(())
}

fn unopened(tx: &mut Tx<'_>, letter: LetterId, most: Option<i64>) -> Result<Vec<AccountId>, StoreError> {
    let sql =
        "SELECT account_id FROM mailbox_items WHERE letter_id = $1 AND opened_at IS NULL ORDER BY account_id LIMIT $2";
    tx.query(sql, &[letter.into(), most.unwrap_or(i64::MAX).into()])?
        .iter()
        .map(|row| AccountId::parse(row.text(0)?).ok_or(StoreError::Column { column: 0, wanted: "an account" }))
        .collect()
}

/// The daily job: statutory letters whose day has passed unopened. Evidence is written and the inside is told, once a letter.
/// Returns how many letters.
///
/// # Errors
/// [`RelayError`].
pub fn tell_unopened(tx: &mut Tx<'_>, seams: &Seams, today: Date) -> Result<usize, RelayError> {
    let due = tx.query(
        "SELECT letter_id FROM mailbox_letters WHERE paper_after < $1 AND unopened_told_at IS NULL AND recalled_at IS NULL \
         ORDER BY letter_id LIMIT 20",
        &[today.into()],
    )?;
    for row in &due {
        let id = LetterId::parse(row.text(0)?).ok_or(StoreError::Column { column: 0, wanted: "a letter" })?;
        let Some(letter) = letter::find(tx, id)? else { continue };
        let accounts = unopened(tx, id, None)?;
        for piece in accounts.chunks(RECIPIENTS) {
            let reason = Some("not opened by the date set");
            evidence::note(tx, seams, Event::ContentHandoverFailure, &letter, About::Many(piece), reason)?;
            let body = Recipients { letter: id.to_string(), accounts: piece.to_vec() };
            relay::send(tx, seams, Zone::Inside, UNOPENED, serde_json::json!(body).to_string().as_bytes())?;
        }
        let now: Timestamp = seams.now();
        tx.execute("UPDATE mailbox_letters SET unopened_told_at = $2 WHERE letter_id = $1", &[id.into(), now.into()])?;
    }
    Ok(due.len())
}

/// A person opens a letter: the item, and evidence the first time. `delegate` is who acted in their name.
///
/// # Errors
/// [`StoreError`].
pub fn open(
    tx: &mut Tx<'_>,
    seams: &Seams,
    account: AccountId,
    delegate: Option<AccountId>,
    letter: LetterId,
) -> Result<Option<items::Item>, StoreError> {
    if items::opened(tx, seams.now(), account, letter)?
        && let Some(letter) = letter::find(tx, letter)?
    {
        evidence::note(tx, seams, Event::ContentHandover, &letter, About::Person(account, delegate), None)?;
    }
    items::find(tx, account, letter)
}
