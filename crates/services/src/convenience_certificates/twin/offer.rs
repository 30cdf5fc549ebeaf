//! The inside's part: the person who has just paid and printed asks for a copy.
//!
//! The register decides once more, so that a protection order committed meanwhile wins; everybody else on the paper gets
//! a line of their own in the list of who looked. One paper has one offer.

use base::{Id, Timestamp};
use tools::Inside;
use tools::audit::{self, Event};
use tools::twins::envelope::{Digits, Opener, PreAuthorizedCode};
use tools::twins::offers;
use wire::certificate_fields::Fields;

use super::super::actions::{ActionError, Answer};
use super::super::applicant::Applicant;
use super::super::document::DocumentError;
use super::super::finishing::{FIELDS_COLUMN, FetchToken, sha256};
use super::super::kinds;
use super::super::locked::{self, What};
use super::super::looking::closed_to;
use super::super::refusal::Refusal;
use super::super::request::State;
use super::super::requests;
use super::description;

/// An offer as the screen shows it. Held by the machine's session only, and erased with it.
#[derive(Clone, Debug)]
pub struct TwinOffer {
    /// What the square says.
    pub square: base::Personal<String>,
    /// What is typed into the wallet.
    pub digits: Digits,
    /// When it is over.
    pub expires_at: Timestamp,
}

/// Offers a copy of the paper of request `id`, which lies printed before its applicant. `token` is what its bytes were
/// fetched with: only the machine's session has it.
///
/// A copy is given like a paper: of the register's newest data or not at all (I8, I9). When the register has moved on since
/// the paper was drawn, the paper stays and there is no copy of it.
///
/// # Errors
/// [`ActionError`]; inner: [`Refusal`], also when there was an offer before.
pub fn offer(
    city: &Inside,
    issuing_fresh_minutes: u32,
    applicant: &Applicant,
    id: Id,
    token: &FetchToken,
) -> Answer<TwinOffer> {
    let locked = match sealed_fields(city, applicant, id, token)? {
        Ok(sealed) => city.vault.open_sealed(applicant.resident().as_str(), FIELDS_COLUMN, &sealed)?,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let wrong = || ActionError::Document(DocumentError::Mismatch("stored fields"));
    let fields = locked::unlock(What::Fields, &token.0, locked).ok_or_else(wrong)?;
    if Fields::decode(&fields).map_err(|_| wrong())?.request != id {
        return Err(wrong());
    }
    let (code, digits) = (PreAuthorizedCode::random(&city.seams), Digits::random(&city.seams));
    let sealed = Opener::Offer(&code, &digits).seal(&fields).map_err(|_| wrong())?;
    let expires_at = city.seams.now().plus_seconds(offers::OFFER_SECONDS);
    let reader = applicant.taking_a_copy(city.seams.random_id());
    let (city, store, sent) = (city.clone(), city.store.clone(), code.clone());
    store.write(move |tx| {
        let Some(request) = requests::find(tx, id)? else { return Ok(Err(Refusal::NotYours)) };
        if let Some(refusal) = closed_to(tx, &city, issuing_fresh_minutes, request.choices.kind)? {
            return Ok(Err(refusal));
        }
        let content = match kinds::look(tx, &city, &reader, &request.choices)? {
            Ok(content) => content,
            Err(no) => return Ok(Err(no.refusal())),
        };
        let sql = "SELECT register_version FROM certificate_requests WHERE request_id = $1";
        let drawn_from = match tx.query_one(sql, &[id.into()])? {
            Some(row) => row.opt_text(0)?.map(str::to_owned),
            None => None,
        };
        if drawn_from != Some(content.version()) {
            return Ok(Err(Refusal::AskAtTheCounter));
        }
        let is_first = tx.execute("DELETE FROM certificate_fields WHERE request_id = $1", &[id.into()])? == 1;
        if !is_first {
            return Ok(Err(Refusal::AlreadyEnded));
        }
        offers::push(tx, &city.seams, id, &sent, &sealed, expires_at)?;
        audit::append(
            tx,
            &city.seams,
            reader.actor(),
            Event::CertificateTwinOffered,
            &[("request", &id.to_string()), ("kind", request.choices.kind.as_str())],
        )?;
        let square = description::offer(&city.profile.public_address, request.choices.kind, &sent);
        Ok(Ok(TwinOffer { square: square.into(), digits: digits.clone(), expires_at }))
    })
}

/// Erases what a copy would have been made from: the person has gone. What nobody tells us of goes after fifteen minutes.
///
/// # Errors
/// [`ActionError`].
pub fn forget(city: &Inside, id: Id) -> Result<(), ActionError> {
    city.store.write(move |tx| Ok(tx.queue("DELETE FROM certificate_fields WHERE request_id = $1", &[id.into()])?))
}

/// The sealed fields of a paper that is out and belongs to `applicant` at this terminal and in this session.
fn sealed_fields(city: &Inside, applicant: &Applicant, id: Id, token: &FetchToken) -> Answer<Vec<u8>> {
    let hash = sha256(&token.0);
    city.store.read::<_, ActionError, _>(|tx| {
        let Some(request) = requests::find(tx, id)? else { return Ok(Err(Refusal::NotYours)) };
        let is_theirs = request.applicant == *applicant.resident()
            && request.terminal == applicant.terminal()
            && request.fetch_token_hash.as_deref() == Some(hash.as_slice());
        if !is_theirs {
            return Ok(Err(Refusal::NotYours));
        }
        let sql = "SELECT sealed FROM certificate_fields WHERE request_id = $1";
        let sealed = match tx.query_one(sql, &[id.into()])? {
            Some(row) if matches!(request.state, State::Printing | State::Printed) => Some(row.blob(0)?.to_vec()),
            _ => None,
        };
        Ok(sealed.ok_or(Refusal::AlreadyEnded))
    })
}
