//! The finished document of a request: drawn, handed out once, whole or page by page.
//!
//! ```text
//!  prepare ─► one-time token ─► fetch ─┬─ the signed file, with its digest
//!                                      └─ by_page: each page's digest and n/m ─► page, each once
//! ```

use axum::body::Bytes;
use axum::extract::Path;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Json, Response};
use base::{Id, Kind};
use serde_json::json;
use services::convenience_certificates::{FetchToken, Refusal, actions};
use wire::http_signature::content_digest;
use wire::kiosk_messages::{Fetch, Nothing};

use super::acts::{not_now, theirs};
use super::answers;
use super::call::{Call, message, request_id};
use crate::app::blocking;
use crate::error::Failure;

/// Draws, re-checks and signs the document of a paid request.
pub(super) async fn prepare(call: Call, Path(id): Path<String>, body: Bytes) -> Result<Response, Failure> {
    let Nothing {} = message(&body)?;
    call.answer(move |call| {
        let (issuer, id) = (&call.desk.issuer, request_id(&id)?);
        theirs(call, id)?;
        call.desk.with(&call.session()?, call.terminal.id, |person| {
            let applicant = &person.applicant;
            let made = actions::prepare(&issuer.city, &issuer.composer, issuer.fresh_minutes, applicant, id);
            let made = made.map_err(|error| answers::beneath(&error))?;
            let token = made.map_err(|refusal| not_now(call, id, refusal))?;
            Ok(json!({ "token": data_encoding::BASE64URL_NOPAD.encode(&token.0) }))
        })
    })
    .await
}

/// A document on its way out.
enum Out {
    Whole(Vec<u8>, usize),
    ByPage(serde_json::Value),
}

/// Hands the document out, once.
pub(super) async fn fetch(call: Call, Path(id): Path<String>, body: Bytes) -> Result<Response, Failure> {
    let Fetch { token, by_page } = message(&body)?;
    let token = data_encoding::BASE64URL_NOPAD.decode(token.as_bytes()).ok().and_then(|bytes| bytes.try_into().ok());
    let token = FetchToken(token.ok_or_else(|| answers::refused(Refusal::NotYours))?);
    let id = request_id(&id)?;
    let out = blocking(move || take(&call, id, &token, by_page)).await?;
    Ok(match out {
        Out::Whole(bytes, pages) => document(id, bytes, &format!("1-{pages}/{pages}")),
        Out::ByPage(told) => Json(told).into_response(),
    })
}

fn take(call: &Call, id: Id, token: &FetchToken, by_page: bool) -> Result<Out, Failure> {
    let issuer = &call.desk.issuer;
    let request = theirs(call, id)?;
    call.desk.with(&call.session()?, call.terminal.id, |person| {
        let fetched = actions::fetch(&issuer.city, &person.applicant, id, token);
        let bytes = fetched.map_err(|error| answers::beneath(&error))?.map_err(answers::refused)?;
        // Once more, with what this session asked for (I3): the last moment at which it can be held back.
        let pages = issuer.composer.belongs_to(&bytes, &request, &person.applicant);
        let Ok(pages) = pages.and_then(|()| issuer.composer.page_count(&bytes)) else {
            return Err(wrong_document(call, id));
        };
        let sheets = u32::try_from(pages).unwrap_or(u32::MAX).saturating_mul(u32::from(request.choices.copies));
        call.desk.sheets_in(id, sheets);
        if !by_page {
            return Ok(Out::Whole(bytes, pages));
        }
        let single = paper::pages::split(&bytes, id).map_err(|_| wrong_document(call, id))?;
        let listed: Vec<_> = single
            .iter()
            .enumerate()
            .map(|(index, page)| {
                json!({
                    "page": index + 1, "of": single.len(), "bytes": page.len(), "digest": content_digest(page),
                })
            })
            .collect();
        person.request = Some(id);
        person.pages = single.into_iter().map(Some).collect();
        Ok(Out::ByPage(json!({ "pages": listed })))
    })
}

/// Stops the service before anybody is answered.
fn wrong_document(call: &Call, id: Id) -> Failure {
    match actions::mismatch_found(&call.desk.issuer.city, id, "wrong-document") {
        Ok(()) => answers::refused(Refusal::ServiceStopped),
        Err(error) => answers::beneath(&error),
    }
}

/// One page of a document that is taken page by page; each once.
pub(super) async fn page(call: Call, Path((id, page)): Path<(String, String)>) -> Result<Response, Failure> {
    let id = request_id(&id)?;
    let (bytes, place) = blocking(move || {
        theirs(&call, id)?;
        let gone = || answers::refused(Refusal::AlreadyEnded);
        call.desk.with(&call.session()?, call.terminal.id, |person| {
            if person.request != Some(id) {
                return Err(answers::refused(Refusal::NotYours));
            }
            let index = page.parse::<usize>().ok().and_then(|page| page.checked_sub(1));
            let index = index.ok_or_else(|| Failure::of(Kind::NotFound))?;
            let of = person.pages.len();
            let held = person.pages.get_mut(index).ok_or_else(gone)?;
            Ok((held.take().ok_or_else(gone)?, format!("{}/{of}", index + 1)))
        })
    })
    .await?;
    Ok(document(id, bytes, &place))
}

/// The bytes of a request's document or page, with what the machine compares before it prints.
fn document(id: Id, bytes: Vec<u8>, pages: &str) -> Response {
    let digest = content_digest(&bytes);
    let mut response = ([(header::CONTENT_TYPE, "application/pdf")], bytes).into_response();
    let request = id.to_string();
    for (name, value) in [("content-digest", digest.as_str()), ("kiosk-request", &request), ("kiosk-pages", pages)] {
        // All three are ASCII of our own making.
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
    response
}
