//! Offers: the message from the inside, and the outside's rows until a wallet has collected or the time is over.

use base::{Id, Seams, Timestamp};
use data_encoding::BASE64;
use serde::{Deserialize, Serialize};
use store::{StoreError, Tx};

use super::envelope::{AccessToken, Digits, NotOpened, Opener, PreAuthorizedCode};
use crate::relay::paper_status::RequestHash;
use crate::relay::{HandleError, Message, RelayError, Zone, send};

/// The kind of message.
pub const KIND: &str = "twin_offer";
/// Seconds an offer is open. Our own figure: time to fetch a phone and type six digits.
pub const OFFER_SECONDS: i64 = 600;
/// Seconds a token may be used.
pub const TOKEN_SECONDS: i64 = 300;
/// Wrong digits after which an offer is gone (the standard names no number; six digits and five tries: 1 in 200,000).
pub const MOST_TRIES: i64 = 5;

#[derive(Serialize, Deserialize)]
struct Body {
    offer: String,
    request: String,
    sealed: String,
    expires_at: i64,
}

/// Inside, in the transaction that offers: tells the outside. `sealed` opens with code and digits ([`Opener::Offer`]).
///
/// # Errors
/// [`RelayError`].
pub fn push(
    tx: &mut Tx<'_>,
    seams: &Seams,
    request: Id,
    code: &PreAuthorizedCode,
    sealed: &[u8],
    expires_at: Timestamp,
) -> Result<(), RelayError> {
    let body = Body {
        offer: code.hash(),
        request: RequestHash::of(request).hex(),
        sealed: BASE64.encode(sealed),
        expires_at: expires_at.micros(),
    };
    send(tx, seams, Zone::Outside, KIND, serde_json::json!(body).to_string().as_bytes())?;
    Ok(())
}

/// Outside: takes the message. One that comes too late is not kept.
///
/// # Errors
/// [`HandleError`].
pub fn receive(tx: &mut Tx<'_>, seams: &Seams, message: &Message) -> Result<(), HandleError> {
    let body: Body = serde_json::from_slice(&message.body).map_err(|_| HandleError::Malformed("twin offer"))?;
    let request = RequestHash::parse(&body.request).ok_or(HandleError::Malformed("request hash"))?;
    let sealed = BASE64.decode(body.sealed.as_bytes()).map_err(|_| HandleError::Malformed("sealed bytes"))?;
    let expires_at = Timestamp::from_micros(body.expires_at);
    if expires_at <= seams.now() {
        return Ok(());
    }
    tx.execute(
        "INSERT INTO twin_offers (offer_hash, request_hash, sealed, tries, expires_at) VALUES ($1, $2, $3, 0, $4) \
         ON CONFLICT (offer_hash) DO NOTHING",
        &[body.offer.into(), request.hex().into(), sealed.as_slice().into(), expires_at.into()],
    )?;
    Ok(())
}

/// Why a code gives no token. To a wallet all but [`Self::Broken`] are one answer (`invalid_grant`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoToken {
    /// No such offer, one that has ended, or one that was used.
    #[error("there is no such offer")]
    NoOffer,
    /// Wrong digits; more may be tried.
    #[error("the digits are wrong")]
    WrongDigits,
    /// Wrong digits, once too often: the offer is gone.
    #[error("the digits were wrong too often")]
    TooOften,
    /// The cryptographic library failed.
    #[error("the envelope cannot be sealed")]
    Broken,
}

/// Outside: gives code and digits for a token, once. The offer's row goes; the fields lie sealed for the token alone.
///
/// # Errors
/// The database; inner: [`NoToken`], whose counting is kept.
pub fn redeem(
    tx: &mut Tx<'_>,
    now: Timestamp,
    code: &PreAuthorizedCode,
    digits: &Digits,
    token: &AccessToken,
) -> Result<Result<(), NoToken>, StoreError> {
    let hash = code.hash();
    let row = tx.query_one(
        "SELECT sealed, tries, request_hash FROM twin_offers WHERE offer_hash = $1 AND expires_at > $2",
        &[hash.as_str().into(), now.into()],
    )?;
    let Some(row) = row else { return Ok(Err(NoToken::NoOffer)) };
    let Ok(plain) = Opener::Offer(code, digits).open(row.blob(0)?) else { return wrong_digits(tx, &hash, row.int(1)?) };
    let Ok(sealed) = Opener::Token(token).seal(&plain) else { return Ok(Err(NoToken::Broken)) };
    tx.execute("DELETE FROM twin_offers WHERE offer_hash = $1", &[hash.as_str().into()])?;
    tx.execute(
        "INSERT INTO twin_tokens (token_hash, request_hash, sealed, expires_at) VALUES ($1, $2, $3, $4)",
        &[token.hash().into(), row.text(2)?.into(), sealed.as_slice().into(), now.plus_seconds(TOKEN_SECONDS).into()],
    )?;
    Ok(Ok(()))
}

fn wrong_digits(tx: &mut Tx<'_>, hash: &str, tries: i64) -> Result<Result<(), NoToken>, StoreError> {
    if tries + 1 >= MOST_TRIES {
        tx.execute("DELETE FROM twin_offers WHERE offer_hash = $1", &[hash.into()])?;
        return Ok(Err(NoToken::TooOften));
    }
    tx.execute("UPDATE twin_offers SET tries = tries + 1 WHERE offer_hash = $1", &[hash.into()])?;
    Ok(Err(NoToken::WrongDigits))
}

/// What a token opens.
pub struct Waiting {
    /// The fields, as the inside wrote them.
    pub plain: Vec<u8>,
    /// Which paper, by hash.
    pub request_hash: String,
}

/// Outside: what lies behind a token, which may be used on.
///
/// # Errors
/// The database; inner: the bytes were changed.
pub fn look(
    tx: &mut Tx<'_>,
    now: Timestamp,
    token: &AccessToken,
) -> Result<Result<Option<Waiting>, NotOpened>, StoreError> {
    let row = tx.query_one(
        "SELECT sealed, request_hash FROM twin_tokens WHERE token_hash = $1 AND expires_at > $2",
        &[token.hash().into(), now.into()],
    )?;
    let Some(row) = row else { return Ok(Ok(None)) };
    let request_hash = row.text(1)?.to_owned();
    Ok(Opener::Token(token).open(row.blob(0)?).map(|plain| Some(Waiting { plain, request_hash })))
}

/// Outside: the token is used up and what lay behind it is erased. `false` when it was used before.
///
/// # Errors
/// The database.
pub fn spend(tx: &mut Tx<'_>, token: &AccessToken) -> Result<bool, StoreError> {
    Ok(tx.execute("DELETE FROM twin_tokens WHERE token_hash = $1", &[token.hash().into()])? == 1)
}

/// Outside: erases what nobody collected in time, and nonces that have ended. For a job, every minute.
///
/// # Errors
/// The database.
pub fn sweep(tx: &mut Tx<'_>, now: Timestamp) -> Result<u64, StoreError> {
    let offers = tx.execute("DELETE FROM twin_offers WHERE expires_at <= $1", &[now.into()])?;
    let tokens = tx.execute("DELETE FROM twin_tokens WHERE expires_at <= $1", &[now.into()])?;
    tx.execute("DELETE FROM twin_nonces WHERE ends_at < $1", &[now.into()])?;
    Ok(offers + tokens)
}
