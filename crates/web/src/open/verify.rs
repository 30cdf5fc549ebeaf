//! `/verify`: is this paper ours, and does it say what was issued?

use std::sync::Arc;

use axum::extract::{Multipart, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Json, Response};
use base::Kind;
use maud::Markup;
use pki::pades::{self, PadesRefusal};
use tools::relay::paper_status::RequestHash;
use tools::withdrawal_list;

use super::checked::{self, Refused, Standing, Typed};
use super::{papers, view};
use crate::Fields;
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::visit::Visit;

/// `GET /verify`.
pub async fn page(visit: Visit) -> Markup {
    view::page(&visit, &maud::html! {})
}

/// `GET /verify/keys.json`: may be kept for an hour; a new key is published before it signs.
pub async fn keys(State(app): State<Arc<App>>) -> Result<Response, Failure> {
    let set = papers(&app)?.code_keys.jwk_set();
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "public, max-age=3600")];
    Ok((headers, set).into_response())
}

/// `GET /verify/withdrawn.json`: the newest list of withdrawn papers. May be kept a quarter of an hour without asking; then
/// its number, as entity tag, saves carrying it again.
pub async fn withdrawn(State(app): State<Arc<App>>, asked: header::HeaderMap) -> Result<Response, Failure> {
    let outside = app.outside()?.clone();
    let list = blocking(move || Ok(outside.store.read(withdrawal_list::current)?)).await?;
    let list = list.ok_or_else(|| Failure::of(Kind::Unavailable))?;
    let tag = format!("\"{}\"", list.number);
    let headers = [(header::CACHE_CONTROL, "public, max-age=900".to_owned()), (header::ETAG, tag.clone())];
    let is_known = asked.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes());
    if is_known {
        return Ok((StatusCode::NOT_MODIFIED, headers).into_response());
    }
    Ok((headers, Json(list)).into_response())
}

/// What the script asks.
#[derive(serde::Deserialize)]
pub struct StatusQuestion {
    /// [`RequestHash`] in hexadecimal.
    request: String,
}

/// `POST /verify/status`: answers a hash with a word. Neither leads to a person.
pub async fn status(
    State(app): State<Arc<App>>,
    question: Result<Json<StatusQuestion>, axum::extract::rejection::JsonRejection>,
) -> Result<Response, Failure> {
    let Json(question) = question.map_err(|_| Failure::of(Kind::Invalid))?;
    let hash = RequestHash::parse(&question.request).ok_or_else(|| Failure::of(Kind::Invalid))?;
    let standing = standing_of(&app, hash).await?;
    Ok(Json(serde_json::json!({ "state": standing.word() })).into_response())
}

async fn standing_of(app: &App, hash: RequestHash) -> Result<Standing, Failure> {
    let outside = app.outside()?.clone();
    blocking(move || checked::standing(&outside, &hash)).await
}

/// `POST /verify/code`: for browsers without script. The code is in the body, so it stays out of logs and histories.
pub async fn code(State(app): State<Arc<App>>, visit: Visit, fields: Fields) -> Result<Markup, Failure> {
    let papers = papers(&app)?;
    let text = fields.get("code");
    let claims = match checked::claims_of(text, &papers) {
        Ok(claims) => claims,
        Err(refused) => return Ok(view::page(&visit, &view::refused(&visit, refused))),
    };
    let standing = standing_of(&app, RequestHash::of(claims.request_id)).await?;
    let typed = Typed::of(&fields)?;
    Ok(view::page(&visit, &view::found(&visit, &claims, standing, text, typed.as_ref())))
}

/// `POST /verify/document`: looks at a PDF and forgets it.
pub async fn document(
    State(app): State<Arc<App>>,
    visit: Visit,
    form: Result<Multipart, axum::extract::multipart::MultipartRejection>,
) -> Result<Markup, Failure> {
    let papers = papers(&app)?;
    let bytes = uploaded(form.map_err(|_| no_file())?).await?;
    if !bytes.starts_with(b"%PDF-") {
        return Ok(view::page(&visit, &view::document_refused(&visit, "not-pdf")));
    }
    let now = app.seams.now();
    let checking = papers.clone();
    let (signature, pages) = blocking(move || {
        let signature = pades::verify(&bytes, &checking.anchors, now);
        // Codes are shown only of a file whose every byte is signed.
        let codes = if signature.is_ok() { paper::recheck::extract(&bytes).ok() } else { None };
        Ok((signature, codes.map(|extract| extract.pages).unwrap_or_default()))
    })
    .await?;
    let report = match signature {
        Ok(report) => report,
        Err(refusal) => return Ok(view::page(&visit, &view::document_refused(&visit, word_of(refusal)))),
    };
    let mut found = Vec::new();
    for page in &pages {
        let claims = page.code.as_deref().ok_or(Refused::Malformed).and_then(|code| checked::claims_of(code, &papers));
        match claims {
            Ok(claims) => found.push(claims),
            // A signed paper of ours whose code does not fit: never issued by us like that.
            Err(refused) => return Ok(view::page(&visit, &view::refused(&visit, refused))),
        }
    }
    let standing = match found.first() {
        Some(claims) => standing_of(&app, RequestHash::of(claims.request_id)).await?,
        None => Standing::Unknown,
    };
    Ok(view::page(&visit, &view::document_found(&visit, &report, &found, standing)))
}

fn no_file() -> Failure {
    Failure::saying(Kind::Invalid, "verify-no-file").next("/verify", "verify-again")
}

async fn uploaded(mut form: Multipart) -> Result<Vec<u8>, Failure> {
    while let Some(field) = form.next_field().await.map_err(|_| no_file())? {
        if field.name() == Some("document") {
            let bytes = field.bytes().await.map_err(|_| Failure::saying(Kind::Invalid, "error-too-large"))?;
            return if bytes.is_empty() { Err(no_file()) } else { Ok(bytes.to_vec()) };
        }
    }
    Err(no_file())
}

/// What a person should understand from a refusal.
const fn word_of(refusal: PadesRefusal) -> &'static str {
    match refusal {
        PadesRefusal::NotSigned => "unsigned",
        PadesRefusal::MalformedPdf { .. } => "not-pdf",
        PadesRefusal::NotWholeFile | PadesRefusal::Altered | PadesRefusal::BadSignature => "altered",
        PadesRefusal::ForeignAuthority | PadesRefusal::TestAuthority | PadesRefusal::WrongCertificate => "foreign",
        PadesRefusal::CertificateNotCurrent => "expired",
        PadesRefusal::Revoked => "revoked",
        PadesRefusal::MalformedSignature(_) | PadesRefusal::UnacceptedForm(_) => "altered",
    }
}
