//! Applications from a PC: a public page takes a statement signed with the card by any JPKI software, seals it to the
//! inside and sends it by the relay; the inside judges it, and tells the outside how it stands.
//!
//! ```text
//!  outside                                              inside
//!  page ─► seal ─► send ─── registration_application ──► arrivals ─► job: open, judge ─► apply_signed ─► pile
//!  receipt number ─► standing ◄── registration_standing ── told: whatever changed since
//! ```
//! The outside keeps a hash of the receipt number and a word. What the card's certificate is for: it is named in the signed
//! statement, so its holder wants it linked; that it is in their hands it proves later with its PIN, each time it is used.
//! Until then it is a claim, and gives way to whoever proves the card ([`super::claims`]).

use base::{Id, Seams, Timestamp};
use data_encoding::{BASE64, HEXLOWER};
use pki::challenge::ShownCard;
use pki::resident_signature::SignedByResident;
use serde::{Deserialize, Serialize};
use store::sealing::Vault;
use store::{StoreError, Tx};

use super::{Named, RegistrationError, RegistrationRefusal, State, Statement, apply_for};
use crate::access::Actor;
use crate::digest::{Fields, sha256};
use crate::relay::{HandleError, Message, RelayError, Zone, send};

/// The kind of message that brings an application in.
pub const APPLICATION: &str = "registration_application";
/// The kind of message that tells how one stands.
pub const STANDING: &str = "registration_standing";
/// What an application is sealed for.
pub const SEALED_FOR: &[u8] = b"yakuba-registration-application-v1";
/// Arrivals judged in one go, and standings told.
const STEP: i64 = 50;
/// The word for an application nobody has answered yet.
const SENT: &str = "sent";
/// The word for one that was not signed as it must be.
const REFUSED: &str = "refused";
/// Days after which the word for an application that is over is forgotten.
pub const STANDING_DAYS: i64 = 90;

/// Stands for a receipt number, which only the applicant has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceiptHash(String);

impl ReceiptHash {
    /// Of a receipt number.
    pub fn of(receipt: Id) -> Self {
        let hash = sha256(&[&Fields::of("yakuba registration receipt 1").bytes(receipt.bytes()).finish()]);
        Self(HEXLOWER.encode(&hash))
    }

    /// As text; also what seals an application to its receipt.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What is sealed: what was typed, and what the card's software made of it. Certificate and signature are DER in base 64.
#[derive(Clone, Serialize, Deserialize)]
pub struct Sent {
    /// 本籍 as typed.
    pub domicile: String,
    /// 筆頭者 as typed.
    pub head: String,
    /// The card's user-authentication certificate.
    pub certificate: String,
    /// The detached CMS signature over the statement.
    pub signature: String,
    /// When the page received it, in microseconds.
    pub received_at: i64,
}

impl std::fmt::Debug for Sent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sent(<personal>)")
    }
}

#[derive(Serialize, Deserialize)]
struct ApplicationBody {
    receipt: String,
    sealed: String,
}

#[derive(Serialize, Deserialize)]
struct StandingBody {
    receipt: String,
    state: String,
    at: i64,
}

/// Outside: keeps the receipt and sends the sealed application in.
///
/// # Errors
/// [`RelayError`].
pub fn send_in(tx: &mut Tx<'_>, seams: &Seams, receipt: &ReceiptHash, sealed: &[u8]) -> Result<(), RelayError> {
    let body = ApplicationBody { receipt: receipt.0.clone(), sealed: BASE64.encode(sealed) };
    send(tx, seams, Zone::Inside, APPLICATION, serde_json::json!(body).to_string().as_bytes())?;
    tx.execute(
        "INSERT INTO registration_standing (receipt_hash, state, at) VALUES ($1, 'sent', $2)",
        &[receipt.as_str().into(), seams.now().into()],
    )?;
    Ok(())
}

/// Outside: the word for how the application of this receipt stands; `None` for a number nobody was given.
///
/// # Errors
/// [`StoreError`].
pub fn standing(tx: &mut Tx<'_>, receipt: &ReceiptHash) -> Result<Option<String>, StoreError> {
    let sql = "SELECT state FROM registration_standing WHERE receipt_hash = $1";
    tx.query_one(sql, &[receipt.as_str().into()])?.map(|row| row.text(0).map(str::to_owned)).transpose()
}

/// Inside: takes an application to be judged by the job.
///
/// # Errors
/// [`HandleError`].
pub fn receive_application(tx: &mut Tx<'_>, message: &Message) -> Result<(), HandleError> {
    let malformed = || HandleError::Malformed("an application");
    let body: ApplicationBody = serde_json::from_slice(&message.body).map_err(|_| malformed())?;
    let sealed = BASE64.decode(body.sealed.as_bytes()).map_err(|_| malformed())?;
    tx.execute(
        "INSERT INTO registration_arrivals (receipt_hash, sealed, sent_at) VALUES ($1, $2, $3) \
         ON CONFLICT (receipt_hash) DO NOTHING",
        &[body.receipt.as_str().into(), sealed.as_slice().into(), message.at.into()],
    )?;
    Ok(())
}

/// Outside: takes how an application stands, also of one that was signed at a reader and never passed here. An older word
/// does not replace a newer one.
///
/// # Errors
/// [`HandleError`].
pub fn receive_standing(tx: &mut Tx<'_>, message: &Message) -> Result<(), HandleError> {
    let body: StandingBody =
        serde_json::from_slice(&message.body).map_err(|_| HandleError::Malformed("a registration's standing"))?;
    tx.execute(
        "INSERT INTO registration_standing (receipt_hash, state, at) VALUES ($1, $2, $3) \
         ON CONFLICT (receipt_hash) DO UPDATE SET state = excluded.state, at = excluded.at \
         WHERE registration_standing.at <= excluded.at",
        &[body.receipt.as_str().into(), body.state.as_str().into(), body.at.into()],
    )?;
    Ok(())
}

/// An application that arrived.
pub struct Arrival {
    /// Its receipt.
    pub receipt: ReceiptHash,
    /// Sealed to the inside for [`SEALED_FOR`], bound to the receipt.
    pub sealed: Vec<u8>,
    /// When the outside sent it.
    pub sent_at: Timestamp,
}

/// Inside: what waits to be judged, oldest first.
///
/// # Errors
/// [`StoreError`].
pub fn arrivals(tx: &mut Tx<'_>) -> Result<Vec<Arrival>, StoreError> {
    let sql = "SELECT receipt_hash, sealed, sent_at FROM registration_arrivals ORDER BY sent_at, receipt_hash LIMIT $1";
    let arrival = |row: &store::Row| -> Result<Arrival, StoreError> {
        let receipt = ReceiptHash(row.text(0)?.to_owned());
        Ok(Arrival { receipt, sealed: row.blob(1)?.to_vec(), sent_at: row.timestamp(2)? })
    };
    tx.query(sql, &[STEP.into()])?.iter().map(arrival).collect()
}

/// What an arrival was judged to be.
pub struct Judged<'a> {
    /// What was typed and signed.
    pub statement: &'a Statement,
    /// Who signed it.
    pub signed: &'a SignedByResident,
    /// The certificate that the statement names: sound and not revoked.
    pub card: &'a ShownCard,
}

/// Inside: an arrival is done with. With `judged` it goes onto the pile; without, it was not signed as it must be. Either
/// way its bytes go, and the outside is told.
///
/// # Errors
/// Outer: the database or the key store. Inner: why it was not taken.
pub fn settle(
    tx: &mut Tx<'_>,
    vault: &Vault,
    seams: &Seams,
    receipt: &ReceiptHash,
    judged: Option<&Judged<'_>>,
) -> Result<Result<(), RegistrationRefusal>, RegistrationError> {
    let actor = Actor::System { job: "domicile-registrations" };
    let outcome = match judged {
        None => None,
        Some(Judged { statement, signed, card }) => {
            let named = Named { certificate: &card.certificate_id, not_after: card.not_after, is_proved: false };
            Some(apply_for(tx, vault, seams, &actor, statement, signed, named)?)
        }
    };
    tx.execute("DELETE FROM registration_arrivals WHERE receipt_hash = $1", &[receipt.as_str().into()])?;
    give_receipt(tx, receipt, outcome.and_then(Result::ok))?;
    Ok(outcome.unwrap_or(Err(RegistrationRefusal::Unknown)).map(drop))
}

/// Inside: from here on the outside is told how `registration` stands, by the hash of its receipt.
///
/// # Errors
/// [`StoreError`].
pub fn give_receipt(tx: &mut Tx<'_>, receipt: &ReceiptHash, registration: Option<Id>) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO registration_receipts (receipt_hash, registration_id, told) VALUES ($1, $2, 'sent') \
         ON CONFLICT (receipt_hash) DO NOTHING",
        &[receipt.as_str().into(), registration.map(|id| id.to_string()).into()],
    )
    .map(drop)
}

/// Inside: forgets receipts of what is over and told; once a day. Returns how many.
///
/// # Errors
/// [`StoreError`].
pub fn sweep_receipts(tx: &mut Tx<'_>) -> Result<u64, StoreError> {
    let over = State::ALL.into_iter().filter(|state| state.is_over()).map(State::code);
    let mut swept = 0;
    for word in over.chain([REFUSED]) {
        swept += tx.execute("DELETE FROM registration_receipts WHERE told = $1", &[word.into()])?;
    }
    Ok(swept)
}

/// Outside: forgets how an application stood [`STANDING_DAYS`] after its last word, and one that was never answered; once a
/// day. One that is registered stays until it ends. Returns how many.
///
/// # Errors
/// [`StoreError`].
pub fn sweep_standings(tx: &mut Tx<'_>, now: Timestamp) -> Result<u64, StoreError> {
    let before = now.plus_seconds(-86_400 * STANDING_DAYS);
    let over = State::ALL.into_iter().filter(|state| state.is_over()).map(State::code);
    let mut swept = 0;
    for word in over.chain([REFUSED, SENT]) {
        let sql = "DELETE FROM registration_standing WHERE state = $1 AND at < $2";
        swept += tx.execute(sql, &[word.into(), before.into()])?;
    }
    Ok(swept)
}

/// Inside: tells the outside what changed since it was told last. Returns how many; call again while it is not 0.
///
/// # Errors
/// [`RelayError`].
pub fn tell(tx: &mut Tx<'_>, seams: &Seams) -> Result<usize, RelayError> {
    let rows = tx.query(
        "SELECT r.receipt_hash, CASE WHEN r.registration_id IS NULL THEN 'refused' ELSE d.state END \
         FROM registration_receipts r LEFT JOIN domicile_registrations d ON d.registration_id = r.registration_id \
         WHERE (r.registration_id IS NULL AND r.told <> 'refused') OR d.state <> r.told \
         ORDER BY r.receipt_hash LIMIT $1",
        &[STEP.into()],
    )?;
    for row in &rows {
        let (receipt, state) = (row.text(0)?.to_owned(), row.text(1)?.to_owned());
        let body = StandingBody { receipt: receipt.clone(), state: state.clone(), at: seams.now().micros() };
        send(tx, seams, Zone::Outside, STANDING, serde_json::json!(body).to_string().as_bytes())?;
        tx.execute(
            "UPDATE registration_receipts SET told = $2 WHERE receipt_hash = $1",
            &[receipt.into(), state.into()],
        )?;
    }
    Ok(rows.len())
}

/// When the page received it.
pub fn received_at(sent: &Sent) -> Timestamp {
    Timestamp::from_micros(sent.received_at)
}
