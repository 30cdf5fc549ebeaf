//! A letter and its recipients as they come: opened once for each name the sender gives it, lines appended in order and
//! never twice, faults kept with their line.

use base::Id;
use serde::{Deserialize, Serialize};
use store::{StoreError, Tx};

use super::{Audience, Dispatch, DispatchError, Draft, State, get, select};
use crate::access::Actor;
use crate::audit::Event;
use crate::mailbox::{LetterId, Personal};
use crate::{Inside, ResidentId};

/// Most recipients of a dispatch.
pub const MOST_LINES: i64 = 1_000_000;
/// Most lines of one piece.
pub const PIECE_LINES: usize = 5_000;

/// A recipient.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipient {
    /// The resident's key.
    pub resident: String,
    /// Their own part.
    #[serde(default, skip_serializing_if = "Personal::is_empty")]
    pub personal: Personal,
}

/// Opens a dispatch. The same `idempotency` with the same letter gives the one there is.
///
/// # Errors
/// [`DispatchError::OtherLetter`], [`DispatchError::Letter`], [`DispatchError::Sender`].
pub fn open(
    tx: &mut Tx<'_>,
    seams: &base::Seams,
    sender: &str,
    idempotency: &str,
    draft: &Draft,
) -> Result<Dispatch, DispatchError> {
    draft.check()?;
    super::senders::get(tx, sender)?.ok_or(DispatchError::Sender)?;
    if !(1..=100).contains(&idempotency.len()) {
        return Err(DispatchError::Letter("an idempotency key has 1 to 100 bytes".to_owned()));
    }
    let found =
        tx.query_one(select!("WHERE sender_key = $1 AND idempotency = $2"), &[sender.into(), idempotency.into()])?;
    if let Some(row) = found {
        let found = Dispatch::read(&row)?;
        return if found.draft == *draft { Ok(found) } else { Err(DispatchError::OtherLetter) };
    }
    let audience = if draft.audience == Audience::Everybody { "everybody" } else { "listed" };
    let id = seams.random_id();
    tx.execute(
        "INSERT INTO dispatches (dispatch_id, letter_id, sender_key, idempotency, letter, audience, state, made_at, total, \
         refused, done, last_account, placed, on_paper, unreached, stage) \
         VALUES ($1, $2, $3, $4, $5, $6, 'open', $7, 0, 0, 0, '', 0, 0, 0, 0)",
        &[
            id.into(),
            LetterId::fresh(seams).into(),
            sender.into(),
            idempotency.into(),
            serde_json::json!(draft).to_string().into(),
            audience.into(),
            seams.now().into(),
        ],
    )?;
    get(tx, id)?.ok_or(DispatchError::Unknown)
}

/// The fault of a line: its number from 1, and why. Names no value.
pub type Fault = (i64, String);

/// Appends lines that begin at line `first` (from 1). Lines that came before are passed over, so an interrupted sending goes
/// on where it was; a gap is refused with the line that is wanted. Faulty lines are kept with their reasons, not sent.
/// Returns the next line wanted.
///
/// # Errors
/// [`DispatchError`].
pub fn append(inside: &Inside, id: Id, first: i64, lines: &[Result<Recipient, String>]) -> Result<i64, DispatchError> {
    let dispatch = inside.store.read::<_, StoreError, _>(|tx| get(tx, id))?.ok_or(DispatchError::Unknown)?;
    if dispatch.state != State::Open {
        return Err(DispatchError::State("open"));
    }
    let wanted = dispatch.total + dispatch.refused + 1;
    if !(1..=wanted).contains(&first) {
        return Err(DispatchError::Position(wanted));
    }
    let skip = usize::try_from(wanted - first).unwrap_or(usize::MAX).min(lines.len());
    let mut next = wanted;
    for piece in lines[skip..].chunks(PIECE_LINES) {
        next = append_piece(inside, &dispatch, next, piece)?;
    }
    Ok(next)
}

fn judged(line: &Result<Recipient, String>) -> Result<&Recipient, String> {
    let recipient = line.as_ref().map_err(Clone::clone)?;
    ResidentId::parse(&recipient.resident).map_err(|_| "the resident's key cannot be read".to_owned())?;
    recipient.personal.check().map_err(str::to_owned)?;
    Ok(recipient)
}

fn append_piece(
    inside: &Inside,
    dispatch: &Dispatch,
    next: i64,
    piece: &[Result<Recipient, String>],
) -> Result<i64, DispatchError> {
    let (mut good, mut faults) = (Vec::new(), Vec::new());
    for (number, line) in (next..).zip(piece) {
        match judged(line) {
            Ok(recipient) => good.push(recipient),
            Err(reason) => faults.push((number, reason)),
        }
    }
    let content = serde_json::json!(good).to_string();
    let sealed = inside.vault.seal(&dispatch.sealed_under(), "dispatch_pieces.content", content.as_bytes())?;
    let (id, lines, refused) = (dispatch.id, good.len() as i64, faults.len() as i64);
    let after = next + lines + refused;
    inside.store.write::<_, DispatchError, _>(move |tx| {
        let now = get(tx, id)?.ok_or(DispatchError::Unknown)?;
        if now.state != State::Open || now.total + now.refused + 1 != next {
            return Err(DispatchError::Position(now.total + now.refused + 1));
        }
        if now.total + now.refused + lines + refused > MOST_LINES {
            return Err(DispatchError::TooMany(MOST_LINES));
        }
        if lines > 0 {
            tx.execute(
                "INSERT INTO dispatch_pieces (dispatch_id, number, first, lines, content) VALUES ($1, $2, $3, $4, $5)",
                &[id.into(), next.into(), (now.total + 1).into(), lines.into(), sealed.as_slice().into()],
            )?;
        }
        for (line, reason) in &faults {
            tx.queue(
                "INSERT INTO dispatch_faults (dispatch_id, line, reason) VALUES ($1, $2, $3)",
                &[id.into(), (*line).into(), reason.as_str().into()],
            )?;
        }
        tx.execute(
            "UPDATE dispatches SET total = total + $2, refused = refused + $3 WHERE dispatch_id = $1",
            &[id.into(), lines.into(), refused.into()],
        )?;
        Ok(())
    })?;
    Ok(after)
}

/// Opens the recipients of a dispatch, a piece at a time, as far as they are still kept.
pub(super) fn each_piece(
    inside: &Inside,
    dispatch: &Dispatch,
    mut take: impl FnMut(Vec<Recipient>),
) -> Result<(), DispatchError> {
    let (id, mut after) = (dispatch.id, -1_i64);
    loop {
        let sql = "SELECT number, content FROM dispatch_pieces WHERE dispatch_id = $1 AND number > $2 ORDER BY number LIMIT 1";
        let row = inside.store.read::<_, StoreError, _>(|tx| tx.query_one(sql, &[id.into(), after.into()]))?;
        let Some(row) = row else { return Ok(()) };
        after = row.int(0)?;
        let plain = inside.vault.open_sealed(&dispatch.sealed_under(), "dispatch_pieces.content", row.blob(1)?)?;
        let broken = StoreError::Column { column: 1, wanted: "recipients" };
        take(serde_json::from_slice(&plain).map_err(|_| broken)?);
    }
}

/// No more lines come: it can be released.
///
/// # Errors
/// [`DispatchError::State`].
pub fn complete(tx: &mut Tx<'_>, id: Id) -> Result<(), DispatchError> {
    let dispatch = get(tx, id)?.ok_or(DispatchError::Unknown)?;
    match dispatch.state {
        State::Complete => return Ok(()),
        State::Open => {}
        _ => return Err(DispatchError::State("open")),
    }
    if dispatch.draft.audience == Audience::Listed && dispatch.total == 0 {
        return Err(DispatchError::Letter("there are no recipients".to_owned()));
    }
    tx.execute("UPDATE dispatches SET state = 'complete' WHERE dispatch_id = $1", &[id.into()])?;
    Ok(())
}

/// Completes a dispatch and writes down who handed it in, the first time.
///
/// # Errors
/// [`DispatchError`].
pub fn hand_in(tx: &mut Tx<'_>, seams: &base::Seams, actor: &Actor, id: Id) -> Result<(), DispatchError> {
    let before = get(tx, id)?.ok_or(DispatchError::Unknown)?;
    complete(tx, id)?;
    if before.state == State::Open {
        super::note(tx, seams, actor, Event::LettersHandedIn, id, &before.sender)?;
    }
    Ok(())
}

/// Faulty lines, at most `most`.
///
/// # Errors
/// [`StoreError`].
pub fn faults(tx: &mut Tx<'_>, id: Id, most: i64) -> Result<Vec<Fault>, StoreError> {
    let sql = "SELECT line, reason FROM dispatch_faults WHERE dispatch_id = $1 ORDER BY line LIMIT $2";
    tx.query(sql, &[id.into(), most.into()])?.iter().map(|row| Ok((row.int(0)?, row.text(1)?.to_owned()))).collect()
}

/// Reads lines of JSON, one recipient each; empty lines are passed over.
pub fn read_json_lines(text: &str) -> Vec<Result<Recipient, String>> {
    text.lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| serde_json::from_str(line).map_err(|_| "not a recipient in JSON".to_owned()))
        .collect()
}

/// Reads CSV: the first column is the resident's key (`resident`), a column `amount` is the amount, all others are facts
/// under their headings.
///
/// # Errors
/// The headings cannot be read.
pub fn read_csv(text: &str) -> Result<Vec<Result<Recipient, String>>, String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = csv::ReaderBuilder::new().flexible(false).from_reader(text.as_bytes());
    let headings = reader.headers().map_err(|_| "the headings cannot be read".to_owned())?.clone();
    if headings.get(0) != Some("resident") {
        return Err("the first column must be called resident".to_owned());
    }
    let recipient = |record: Result<csv::StringRecord, csv::Error>| {
        let record = record.map_err(|_| "the line has another number of columns, or is not UTF-8".to_owned())?;
        let mut personal = Personal::default();
        for (heading, value) in headings.iter().zip(&record).skip(1).filter(|(_, value)| !value.is_empty()) {
            if heading == "amount" {
                personal.amount = Some(value.parse().map_err(|_| "the amount is no number".to_owned())?);
            } else {
                personal.facts.push((heading.to_owned(), value.to_owned()));
            }
        }
        Ok(Recipient { resident: record.get(0).unwrap_or_default().to_owned(), personal })
    };
    Ok(reader.records().map(recipient).collect())
}
