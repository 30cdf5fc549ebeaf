//! What a page of a paired server may ask: whether a card lies there, and the verbs. Nothing personal is answered
//! but in bytes sealed to that server.
//!
//! | request | answer |
//! |---|---|
//! | `GET /v1/status` | `{"agent":ID,"reader":"ready"}` (the id the server gave us), or `empty`, `several`, `missing`, `unresponsive`, `in-use`, `failed` |
//! | `POST /v1/identify`, `/v1/sign-document`, `/v1/application` `{"request":BASE64URL}` | 201 `{"pad":URL,"ticket":T}` |
//! | `GET /v1/answers/T` | `{"state":"waiting"}`, `stopped`, `over`, `fetched`, or once `{"state":"answered","answer":BASE64URL}` |
//!
//! Refusals are `{"error":WORD,"message":SENTENCE}`; the words are those of [`Refused::word`].

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Json, Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use card::ReaderError;
use data_encoding::BASE64URL_NOPAD;
use pki::agent::{RequestRefusal, SignedRequest};
use serde::Deserialize;
use serde_json::json;
use ui::{Language, words};

use crate::desk::{NotTaken, Told};
use crate::pairings::{Pairing, PairingError};
use crate::request::{blocking, language, text};
use crate::state::Agent;

/// A page may keep the answer to its preflight this long.
const PREFLIGHT_SECONDS: &str = "600";

/// Why a page gets no pad.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
enum Refused {
    #[error("this page's server is not paired with this agent")]
    Unpaired,
    #[error(transparent)]
    Request(#[from] RequestRefusal),
    #[error(transparent)]
    NotTaken(#[from] NotTaken),
    #[error("the request is for another verb")]
    WrongVerb,
    #[error("no such ticket")]
    UnknownTicket,
    #[error("ids are being guessed")]
    Guessed,
    #[error("the pairings cannot be read")]
    Pairings,
}

impl Refused {
    /// The word in the answer: for a page's script, and part of the key of the sentence.
    const fn word(self) -> &'static str {
        match self {
            Self::Unpaired => "unpaired",
            Self::Request(RequestRefusal::Malformed(_)) => "malformed",
            Self::Request(RequestRefusal::WrongSignature) => "not-from-server",
            Self::Request(RequestRefusal::WrongAudience) => "wrong-audience",
            Self::Request(RequestRefusal::WrongAgent) => "wrong-agent",
            Self::Request(RequestRefusal::Stale) => "stale",
            Self::NotTaken(NotTaken::Replayed) => "replayed",
            Self::NotTaken(NotTaken::BeforeStart) => "before-start",
            Self::NotTaken(NotTaken::TooMany) => "too-many",
            Self::WrongVerb => "wrong-verb",
            Self::UnknownTicket => "unknown-ticket",
            Self::Guessed => "guessed",
            Self::Pairings => "pairings",
        }
    }

    const fn status(self) -> StatusCode {
        match self {
            Self::Unpaired | Self::Request(RequestRefusal::WrongSignature) => StatusCode::FORBIDDEN,
            Self::Request(RequestRefusal::WrongAudience | RequestRefusal::WrongAgent) => StatusCode::FORBIDDEN,
            Self::Request(RequestRefusal::Malformed(_)) | Self::WrongVerb => StatusCode::BAD_REQUEST,
            Self::Request(RequestRefusal::Stale) | Self::NotTaken(NotTaken::Replayed | NotTaken::BeforeStart) => {
                StatusCode::GONE
            }
            Self::NotTaken(NotTaken::TooMany) | Self::Guessed => StatusCode::TOO_MANY_REQUESTS,
            Self::UnknownTicket => StatusCode::NOT_FOUND,
            Self::Pairings => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn answer(self, language: Language) -> Response {
        tracing::info!(reason = self.word(), "a page was refused");
        let message = words().get(language, &format!("agent-refused-{}", self.word()));
        (self.status(), Json(json!({ "error": self.word(), "message": message }))).into_response()
    }
}

/// Middleware: the Origin must be a paired server's, and only that one is named in the CORS answer. A request without
/// Origin comes from no page that may ask.
pub(crate) async fn paired_only(State(agent): State<Arc<Agent>>, mut request: Request, next: Next) -> Response {
    let language = language(request.headers());
    let Some(origin) = text(request.headers(), "origin").map(ToOwned::to_owned) else {
        return Refused::Unpaired.answer(language);
    };
    let (pairings, wanted) = (agent.pairings.clone(), origin.clone());
    let pairing = match blocking(move || pairings.of_origin(&wanted)).await {
        Some(Ok(Some(pairing))) => pairing,
        Some(Ok(None)) => return Refused::Unpaired.answer(language),
        Some(Err(error)) => return unreadable(&error, language),
        None => return Refused::Pairings.answer(language),
    };
    let mut response = if request.method() == Method::OPTIONS {
        preflight(request.headers())
    } else {
        request.extensions_mut().insert(Arc::new(pairing));
        next.run(request).await
    };
    if let Ok(origin) = HeaderValue::from_str(&origin) {
        response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    }
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("Origin"));
    response
}

fn unreadable(error: &PairingError, language: Language) -> Response {
    tracing::error!(%error, "the pairings cannot be read");
    Refused::Pairings.answer(language)
}

fn preflight(asked: &HeaderMap) -> Response {
    let mut response = (
        StatusCode::NO_CONTENT,
        [
            (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST"),
            (header::ACCESS_CONTROL_ALLOW_HEADERS, "content-type"),
            (header::ACCESS_CONTROL_MAX_AGE, PREFLIGHT_SECONDS),
        ],
    )
        .into_response();
    // Private Network Access: a page of a public address asks before it talks to this machine. Both names it has had.
    for (question, answer) in [
        ("access-control-request-private-network", "access-control-allow-private-network"),
        ("access-control-request-local-network", "access-control-allow-local-network"),
    ] {
        if text(asked, question) == Some("true") {
            response.headers_mut().insert(answer, HeaderValue::from_static("true"));
        }
    }
    response
}

pub(crate) async fn status(State(agent): State<Arc<Agent>>, Extension(pairing): Paired) -> Response {
    let seen = blocking(move || agent.card.status()).await;
    let word = match seen {
        Some(Ok(())) => "ready",
        Some(Err(ReaderError::NoCard | ReaderError::CardRemoved)) => "empty",
        Some(Err(ReaderError::SeveralCards(_))) => "several",
        Some(Err(ReaderError::Unresponsive)) => "unresponsive",
        Some(Err(ReaderError::InUse)) => "in-use",
        Some(Err(ReaderError::NoReader | ReaderError::LibraryMissing { .. } | ReaderError::DaemonNotRunning)) => {
            "missing"
        }
        Some(Err(ReaderError::CardReset | ReaderError::Failed { .. })) | None => "failed",
    };
    Json(json!({ "agent": pairing.agent, "reader": word })).into_response()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    request: String,
}

pub(crate) type Paired = Extension<Arc<Pairing>>;

pub(crate) async fn identify(
    agent: State<Arc<Agent>>,
    paired: Paired,
    headers: HeaderMap,
    asked: Json<Asked>,
) -> Response {
    take(&agent.0, paired.0, &headers, &asked.request, "identify")
}

pub(crate) async fn sign_document(
    agent: State<Arc<Agent>>,
    paired: Paired,
    headers: HeaderMap,
    asked: Json<Asked>,
) -> Response {
    take(&agent.0, paired.0, &headers, &asked.request, "sign-document")
}

pub(crate) async fn application(
    agent: State<Arc<Agent>>,
    paired: Paired,
    headers: HeaderMap,
    asked: Json<Asked>,
) -> Response {
    take(&agent.0, paired.0, &headers, &asked.request, "application")
}

fn take(agent: &Agent, pairing: Arc<Pairing>, headers: &HeaderMap, request: &str, verb: &str) -> Response {
    let language = language(headers);
    match judge(agent, pairing, request, verb, language) {
        Ok((pad, ticket)) => {
            let pad = format!("{}/pad/{pad}", agent.origin());
            (StatusCode::CREATED, Json(json!({ "pad": pad, "ticket": ticket }))).into_response()
        }
        Err(refused) => refused.answer(language),
    }
}

/// All that is checked before anybody is shown anything: signed by the paired server, for its audience and this agent,
/// fresh, the verb that was called, never taken before.
fn judge(
    agent: &Agent,
    pairing: Arc<Pairing>,
    request: &str,
    verb: &str,
    language: Language,
) -> Result<(String, String), Refused> {
    // What is not base 64 is no message either.
    let bytes = BASE64URL_NOPAD.decode(request.as_bytes()).unwrap_or_default();
    let signed = SignedRequest::read(&bytes, &pairing.verification_key)?;
    signed.request.check(&pairing.audience, &pairing.agent, agent.seams.now())?;
    if signed.request.verb.word() != verb {
        return Err(Refused::WrongVerb);
    }
    Ok(agent.desk().accept(&agent.seams, pairing, signed, language)?)
}

pub(crate) async fn answer(
    State(agent): State<Arc<Agent>>,
    Extension(pairing): Paired,
    headers: HeaderMap,
    Path(ticket): Path<String>,
) -> Response {
    if agent.is_being_guessed() {
        return Refused::Guessed.answer(language(&headers));
    }
    let told = agent.desk().tell(agent.seams.now(), &pairing.audience, &ticket);
    let word = match told {
        Some(Told::Answered(sealed)) => {
            let sealed = BASE64URL_NOPAD.encode(&sealed);
            return Json(json!({ "state": "answered", "answer": sealed })).into_response();
        }
        Some(Told::Waiting) => "waiting",
        Some(Told::Fetched) => "fetched",
        Some(Told::Stopped) => "stopped",
        Some(Told::Over) => "over",
        None => {
            agent.count_wrong_id();
            return Refused::UnknownTicket.answer(language(&headers));
        }
    };
    Json(json!({ "state": word })).into_response()
}
