//! What the mailbox said of a dispatch (送達の証跡): for the sender's receipt. Counts and roots; nobody is named.

use base::{Id, Seams, Timestamp};
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use store::{StoreError, Tx};

use super::{Dispatch, get};
use crate::audit::Zone;
use crate::audit::merkle::MerkleTree;
use crate::mailbox::evidence::{Event, Noted};
use crate::mailbox::{Letter, LetterId};
use crate::relay::{self, HandleError, Message, RelayError};

/// Outside → inside: an entry of evidence about a letter.
pub const KIND: &str = "mailbox_evidence";

/// An entry on its way.
#[derive(Serialize, Deserialize)]
struct Body {
    letter: String,
    position: i64,
    event: String,
    persons: i64,
    root: Option<String>,
    digest: String,
    at: i64,
}

/// Outside: tells the inside of an entry, in the transaction that wrote it.
///
/// # Errors
/// [`StoreError`].
pub(crate) fn tell(tx: &mut Tx<'_>, seams: &Seams, letter: &Letter, noted: &Noted) -> Result<(), StoreError> {
    let body = Body {
        letter: letter.id.to_string(),
        position: noted.position,
        event: noted.event.name().to_owned(),
        persons: noted.persons,
        root: noted.root.as_deref().map(|root| HEXLOWER.encode(root)),
        digest: HEXLOWER.encode(&noted.digest),
        at: seams.now().micros(),
    };
    match relay::send(tx, seams, Zone::Inside, KIND, serde_json::json!(body).to_string().as_bytes()) {
        Ok(_) => Ok(()),
        Err(RelayError::Store(error)) => Err(error),
        // Small and plain: it is never too large.
        Err(_) => Err(StoreError::Column { column: 0, wanted: "a message" }),
    }
}

/// Inside: keeps it, when the letter is a dispatch's.
///
/// # Errors
/// [`HandleError`].
pub fn receive(tx: &mut Tx<'_>, message: &Message) -> Result<(), HandleError> {
    let malformed = || HandleError::Malformed("evidence of a letter");
    let body: Body = serde_json::from_slice(&message.body).map_err(|_| malformed())?;
    let letter = LetterId::parse(&body.letter).ok_or_else(malformed)?;
    if !Event::ALL.iter().any(|event| event.name() == body.event) || body.persons < 0 {
        return Err(malformed());
    }
    tx.execute(
        "INSERT INTO dispatch_evidence (letter_id, position, event, persons, root, digest, at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (letter_id, position) DO NOTHING",
        &[
            letter.into(),
            body.position.into(),
            body.event.as_str().into(),
            body.persons.into(),
            body.root.as_deref().into(),
            body.digest.as_str().into(),
            body.at.into(),
        ],
    )?;
    Ok(())
}

/// The sender's receipt of a dispatch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The dispatch.
    pub dispatch: Dispatch,
    /// When the mailbox took the letter.
    pub accepted_at: Option<Timestamp>,
    /// Boxes it was placed in, as the mailbox says.
    pub placed: i64,
    /// Entries of evidence about placing.
    pub entries: i64,
    /// The first and the last of them in the chain.
    pub positions: Option<(i64, i64)>,
    /// The root over the roots of all of them, hex; `None` while there is none.
    pub root: Option<String>,
}

/// The receipt of a dispatch; `None` when there is none of this name.
///
/// # Errors
/// [`StoreError`].
pub fn receipt(tx: &mut Tx<'_>, id: Id) -> Result<Option<Receipt>, StoreError> {
    let Some(dispatch) = get(tx, id)? else { return Ok(None) };
    let sql = "SELECT position, event, persons, root, at FROM dispatch_evidence WHERE letter_id = $1 ORDER BY position";
    let (mut tree, mut positions, mut accepted_at) = (MerkleTree::default(), None, None);
    let (mut placed, mut entries) = (0, 0);
    for row in tx.query(sql, &[dispatch.letter.into()])? {
        let (position, event) = (row.int(0)?, row.text(1)?);
        if event == Event::SubmissionAcceptance.name() {
            accepted_at = Some(row.timestamp(4)?);
        }
        if event != Event::ContentConsignment.name() {
            continue;
        }
        placed += row.int(2)?;
        entries += 1;
        positions = Some((positions.map_or(position, |(first, _)| first), position));
        tree.push(row.opt_text(3)?.unwrap_or_default().as_bytes());
    }
    let root = (entries > 0).then(|| HEXLOWER.encode(&tree.root()));
    Ok(Some(Receipt { dispatch, accepted_at, placed, entries, positions, root }))
}
