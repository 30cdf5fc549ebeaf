//! From a paid request to the bytes that leave: the acts that draw, store and hand out the document.
//!
//! ```text
//!  prepare ─► snapshot, decision, disclosure, number ─► Composer ─► decision again, hash, sealed bytes, token ─► fetch
//! ```

use base::Id;
use store::sealing::SealError;
use tools::Inside;
use tools::audit;
use tools::paper_keys;
use tools::relay::paper_status;
use wire::certificate_fields::Fields;

use super::actions::{ActionError, Answer};
use super::applicant::Applicant;
use super::document::{Composer, DocumentError, Finished};
use super::ending::{ABANDONED_AFTER_SECONDS, end_if_late, mismatch_found, report, step};
use super::kinds::{Content, look};
use super::locked::{self, What};
use super::looking::{closed_to, still_allowed};
use super::refusal::Refusal;
use super::request::{Event, State};
use super::requests::{self, Request};

/// Column name for sealing finished documents.
const DOCUMENT_COLUMN: &str = "certificate_documents.sealed";

/// How many sets of keys are tried for one paper: one comes into use while it is drawn, hardly two.
const MOST_SETS: usize = 3;

/// Column name for sealing what a paper says.
pub(super) const FIELDS_COLUMN: &str = "certificate_fields.sealed";

/// The one-time right to fetch a finished document. Held by the machine's session only.
#[derive(Clone, PartialEq, Eq)]
pub struct FetchToken(pub [u8; 32]);

impl std::fmt::Debug for FetchToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FetchToken")
    }
}

/// Draws, re-checks and signs the document of a paid request, and makes it durable and sealed.
///
/// A mismatch between the finished bytes and the request opens an incident that stops the service (I3, I12).
///
/// # Errors
/// [`ActionError`]; inner: [`Refusal`], also when the register changed meanwhile so that it now says no (I9).
pub fn prepare(
    city: &Inside,
    composer: &Composer,
    issuing_fresh_minutes: u32,
    applicant: &Applicant,
    id: Id,
) -> Answer<FetchToken> {
    let (request, content, number) = match read_for_drawing(city, issuing_fresh_minutes, applicant, id)? {
        Ok(read) => read,
        Err(refusal) => return Ok(Err(refusal)),
    };
    for _ in 0..MOST_SETS {
        let keys = composer.keys();
        let finished = match composer.compose_with(&keys, city, &request, &content, &number) {
            Ok(finished) => finished,
            Err(error) => return refuse_drawing(city, id, error),
        };
        let drawn = Drawn { request: request.clone(), content: content.clone(), number: number.clone(), finished };
        match store_document(city, issuing_fresh_minutes, applicant, drawn, keys.version)? {
            Ok(Some(token)) => return Ok(Ok(token)),
            // Another set came into use meanwhile: what was made with this one never leaves.
            Ok(None) => composer.follow(),
            Err(refusal) => return Ok(Err(refusal)),
        }
    }
    refuse_drawing(city, id, DocumentError::OldKeys)
}

/// A document that is not durable yet.
struct Drawn {
    request: Request,
    content: Content,
    number: String,
    finished: Finished,
}

/// First transaction of `prepare`: one snapshot, decision, disclosure, number.
fn read_for_drawing(
    city: &Inside,
    issuing_fresh_minutes: u32,
    applicant: &Applicant,
    id: Id,
) -> Answer<(Request, Content, String)> {
    let (city, applicant) = (city.clone(), applicant.clone());
    let store = city.store.clone();
    let number = document_number(&city);
    store.write(move |tx| {
        let now = city.seams.now();
        let Some(mut request) = requests::find(tx, id)? else { return Ok(Err(Refusal::AlreadyEnded)) };
        if request.applicant != *applicant.resident() || request.terminal != applicant.terminal() {
            return Ok(Err(Refusal::NotYours));
        }
        if end_if_late(tx, &city.seams, &mut request)? || request.state != State::Paid {
            return Ok(Err(Refusal::AlreadyEnded));
        }
        tx.reach("prepare.read");
        let no = match closed_to(tx, &city, issuing_fresh_minutes, request.choices.kind)? {
            Some(refusal) => Err((refusal, None)),
            None => look(tx, &city, &applicant, &request.choices)?.map_err(|no| (no.refusal(), Some(no.cause()))),
        };
        match no {
            Ok(content) => Ok(Ok((request, content, number.clone()))),
            Err((refusal, cause)) => {
                requests::note_cause(tx, id, cause.as_deref().unwrap_or("closed"))?;
                requests::move_on(tx, &mut request, Event::Stopped, now)?;
                Ok(Err(refusal))
            }
        }
    })
}

/// Second transaction of `prepare`: the register decides again; then hash, token and sealed bytes become durable. Inner
/// `None`: it was not made with the keys of this moment, and nothing was kept.
fn store_document(
    city: &Inside,
    issuing_fresh_minutes: u32,
    applicant: &Applicant,
    drawn: Drawn,
    keys_version: i64,
) -> Answer<Option<FetchToken>> {
    let Drawn { request, content, number, finished } = drawn;
    let (city, applicant) = (city.clone(), applicant.clone());
    let store = city.store.clone();
    let token = FetchToken(city.seams.random.bytes());
    // Sealed outside the closure: it may run twice, and the key store is another database.
    let lock = |what, bytes| locked::lock(what, &token.0, bytes).ok_or(DocumentError::Mismatch("locked bytes"));
    let seal_fields = |fields: &Fields| -> Result<Vec<u8>, ActionError> {
        let locked = lock(What::Fields, fields.encode())?;
        Ok(city.vault.seal(applicant.resident().as_str(), FIELDS_COLUMN, &locked)?)
    };
    let fields = finished.fields.as_ref().map(seal_fields).transpose()?;
    let locked = lock(What::Document, finished.bytes)?;
    let sealed = city.vault.seal(applicant.resident().as_str(), DOCUMENT_COLUMN, &locked)?;
    store.write(move |tx| {
        let now = city.seams.now();
        let mut request = request.clone();
        if paper_keys::version(tx)? != keys_version {
            return Ok(Ok(None));
        }
        let still = match closed_to(tx, &city, issuing_fresh_minutes, request.choices.kind)? {
            Some(refusal) => Err(refusal),
            None => still_allowed(tx, &city, &applicant, &request.choices, &content)?,
        };
        if let Err(refusal) = still {
            requests::note_cause(tx, request.id, "changed-while-drawing")?;
            requests::move_on(tx, &mut request, Event::Stopped, now)?;
            return Ok(Err(refusal));
        }
        if !step(tx, &city.seams, &mut request, Event::DocumentReady)? {
            return Ok(Err(Refusal::AlreadyEnded));
        }
        let erase_at = now.plus_seconds(ABANDONED_AFTER_SECONDS);
        tx.queue(
            "UPDATE certificate_requests SET register_version = $1, document_number = $2, document_hash = $3, \
             fetch_token_hash = $4 WHERE request_id = $5",
            &[
                content.version().into(),
                number.as_str().into(),
                finished.sha256.as_slice().into(),
                sha256(&token.0).into(),
                request.id.into(),
            ],
        )?;
        tx.queue(
            "INSERT INTO certificate_documents (request_id, sealed, erase_at) VALUES ($1, $2, $3)",
            &[request.id.into(), sealed.as_slice().into(), erase_at.into()],
        )?;
        if let Some(fields) = &fields {
            tx.queue(
                "INSERT INTO certificate_fields (request_id, sealed, erase_at) VALUES ($1, $2, $3)",
                &[request.id.into(), fields.as_slice().into(), erase_at.into()],
            )?;
        }
        paper_status::push(tx, &city.seams, request.id, paper_status::PaperState::Valid)?;
        audit::append(
            tx,
            &city.seams,
            applicant.actor(),
            audit::Event::CertificateIssued,
            &[("request", &request.id.to_string()), ("kind", request.choices.kind.as_str())],
        )?;
        Ok(Ok(Some(token.clone())))
    })
}

/// The composer said no. What belongs to the person's data (a glyph the font lacks, a name too long for the form) is
/// the same sentence as every register refusal; anything else is a defect that stops the service.
fn refuse_drawing(city: &Inside, id: Id, error: DocumentError) -> Answer<FetchToken> {
    let seams = city.seams.clone();
    let cause = error.cause();
    let about_person = error.is_about_the_person();
    // A process that cannot follow the city's keys closes itself, not the others.
    let stops_all = !matches!(error, DocumentError::OldKeys);
    city.store.write::<_, ActionError, _>(move |tx| {
        let now = seams.now();
        if let Some(mut request) = requests::find(tx, id)? {
            requests::note_cause(tx, id, cause)?;
            requests::move_on(tx, &mut request, Event::Stopped, now)?;
        }
        if !about_person {
            report(tx, &seams, cause, stops_all, "a finished document did not fit its request; nothing left")?;
        }
        Ok(())
    })?;
    Ok(Err(if about_person { Refusal::AskAtTheCounter } else { Refusal::ServiceStopped }))
}

/// Hands the finished bytes out, once, to the terminal that asked (I6).
///
/// A stop that was committed after *prepare* does not take away what is paid, checked and told to the outside as valid:
/// it refuses whoever begins or prepares from then on. What must not be used any more is withdrawn ([`super::issued`]).
///
/// # Errors
/// [`ActionError`]; inner: a second fetch is [`Refusal::AlreadyEnded`], another terminal or token is
/// [`Refusal::NotYours`]; bytes that are not those that were stored stop the service ([`Refusal::ServiceStopped`]).
pub fn fetch(city: &Inside, applicant: &Applicant, id: Id, token: &FetchToken) -> Answer<Vec<u8>> {
    let (seams, applicant, wanted) = (city.seams.clone(), applicant.clone(), sha256(&token.0));
    let resident = applicant.resident().clone();
    let sealed = city.store.write::<_, ActionError, _>(move |tx| {
        let Some(mut request) = requests::find(tx, id)? else { return Ok(Err(Refusal::NotYours)) };
        let is_theirs = request.applicant == *applicant.resident()
            && request.terminal == applicant.terminal()
            && request.fetch_token_hash.as_deref() == Some(wanted.as_slice());
        if !is_theirs {
            return Ok(Err(Refusal::NotYours));
        }
        if !step(tx, &seams, &mut request, Event::Fetched)? {
            return Ok(Err(Refusal::AlreadyEnded));
        }
        let row = tx.query_one("SELECT sealed FROM certificate_documents WHERE request_id = $1", &[id.into()])?;
        match row {
            Some(row) => Ok(Ok((row.blob(0)?.to_vec(), request.document_hash))),
            None => Ok(Err(Refusal::AlreadyEnded)),
        }
    })?;
    let (sealed, hash) = match sealed {
        Ok(found) => found,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let bytes = match city.vault.open_sealed(resident.as_str(), DOCUMENT_COLUMN, &sealed) {
        Ok(locked) => locked::unlock(What::Document, &token.0, locked),
        Err(SealError::Altered | SealError::NoKey) => None,
        Err(error) => return Err(error.into()),
    };
    match bytes {
        Some(bytes) if hash.as_deref() == Some(sha256(&bytes).as_slice()) => Ok(Ok(bytes)),
        // Another's bytes, or altered ones: nobody gets them, and nobody is served before an officer has looked.
        _ => {
            mismatch_found(city, id, DocumentError::Mismatch("stored bytes").cause())?;
            Ok(Err(Refusal::ServiceStopped))
        }
    }
}

/// The number printed as 発行番号: the date for people, and enough randomness that it is nobody's key.
fn document_number(city: &Inside) -> String {
    let (year, month, day) = city.seams.today().parts();
    let random = city.seams.random_id().to_string().to_uppercase();
    format!("{year:04}{month:02}{day:02}-{}", &random[18..])
}

pub(super) fn sha256(bytes: &[u8]) -> Vec<u8> {
    aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes).as_ref().to_vec()
}
