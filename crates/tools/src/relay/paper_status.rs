//! The first message: whether a paper is valid. The inside tells the outside when it issues or withdraws one, so that
//! `/verify` answers without ever asking the register. It holds a hash and a word; nothing leads to a person.

use base::{Id, Seams, Timestamp};
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use store::{StoreError, Tx};

use super::{HandleError, Message, RelayError, Zone, send};
use crate::digest::{Fields, sha256};

/// The kind of message.
pub const KIND: &str = "paper_status";

/// SHA-256 over a request id: what the QR's reader computes and the outside looks up. Request ids are random, so the
/// hash cannot be guessed back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RequestHash([u8; 32]);

impl RequestHash {
    /// Of a request id.
    pub fn of(request: Id) -> Self {
        Self(sha256(&[&Fields::of("yakuba paper request 1").bytes(request.bytes()).finish()]))
    }

    /// 64 lower-case hexadecimal characters.
    pub fn hex(&self) -> String {
        HEXLOWER.encode(&self.0)
    }

    /// The hash.
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Reads the hexadecimal form; `None` for anything else.
    pub fn parse(hex: &str) -> Option<Self> {
        Some(Self(HEXLOWER.decode(hex.as_bytes()).ok()?.try_into().ok()?))
    }
}

/// What the outside knows about a paper.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaperState {
    /// It was issued.
    Valid,
    /// It was withdrawn (misprint, refund, error). For good.
    Withdrawn,
}

impl PaperState {
    const fn word(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Withdrawn => "withdrawn",
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Body {
    request: String,
    state: PaperState,
    at: i64,
}

/// Inside, in the transaction that issues or withdraws: tells the outside.
///
/// # Errors
/// [`RelayError::Store`].
pub fn push(tx: &mut Tx, seams: &Seams, request: Id, state: PaperState) -> Result<(), RelayError> {
    let hash = RequestHash::of(request);
    if state == PaperState::Withdrawn {
        crate::withdrawal_list::enter(tx, &hash, seams.now())?;
    }
    let body = Body { request: hash.hex(), state, at: seams.now().micros() };
    let body = serde_json::json!(body).to_string();
    send(tx, seams, Zone::Outside, KIND, body.as_bytes())?;
    Ok(())
}

/// Outside: takes the message. Withdrawn is final, so the order of arrival does not matter.
///
/// # Errors
/// [`HandleError`].
pub fn receive(tx: &mut Tx, message: &Message) -> Result<(), HandleError> {
    let body: Body = serde_json::from_slice(&message.body).map_err(|_| HandleError::Malformed("paper status"))?;
    let hash = RequestHash::parse(&body.request).ok_or(HandleError::Malformed("request hash"))?;
    tx.execute(
        "INSERT INTO paper_status (request_hash, state, at) VALUES ($1, $2, $3)
         ON CONFLICT (request_hash) DO UPDATE SET state = excluded.state, at = excluded.at
         WHERE paper_status.state <> 'withdrawn'",
        &[hash.hex().into(), body.state.word().into(), body.at.into()],
    )?;
    Ok(())
}

/// Outside: what is known about a paper, and since when. `None`: the inside has not told (yet).
///
/// # Errors
/// [`StoreError`].
pub fn status(tx: &mut Tx, hash: &RequestHash) -> Result<Option<(PaperState, Timestamp)>, StoreError> {
    let row = tx.query_one("SELECT state, at FROM paper_status WHERE request_hash = $1", &[hash.hex().into()])?;
    row.map(|row| {
        let state = if row.text(0)? == "valid" { PaperState::Valid } else { PaperState::Withdrawn };
        Ok((state, row.timestamp(1)?))
    })
    .transpose()
}
