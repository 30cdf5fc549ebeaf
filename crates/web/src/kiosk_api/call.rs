//! One signed request as a handler sees it.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Json, Response};
use base::{Id, Kind};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tools::terminals::Terminal;
use wire::kiosk_messages::{self, SESSION_FIELD};

use super::desk::{Desk, Secret};
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::visit::{AtTerminal, Visit};

/// Who asks, and what with.
pub(super) struct Call {
    /// The machines of this process.
    pub desk: Arc<Desk>,
    /// Which machine.
    pub terminal: Terminal,
    /// The language of sentences.
    pub visit: Visit,
    /// When it began, for the time that refusals take.
    pub begun: tokio::time::Instant,
    session: Option<Secret>,
}

impl FromRequestParts<Arc<App>> for Call {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Failure> {
        let begun = tokio::time::Instant::now();
        let AtTerminal(terminal) = AtTerminal::from_request_parts(parts, app).await?;
        let visit = Visit::from_request_parts(parts, app).await?;
        let desk = app.desk.clone().ok_or_else(|| Failure::of(Kind::NotFound))?;
        let field = parts.headers.get(SESSION_FIELD).and_then(|value| value.to_str().ok());
        Ok(Self { desk, terminal, visit, begun, session: field.and_then(Secret::parse) })
    }
}

impl Call {
    /// The session that the request names.
    ///
    /// # Errors
    /// It names none.
    pub fn session(&self) -> Result<Secret, Failure> {
        self.session.clone().ok_or_else(|| Failure::saying(Kind::Gone, "kiosk-api-session-ended"))
    }

    /// Acts away from the threads that answer, and answers in JSON. Refusals of the register take their time.
    ///
    /// # Errors
    /// What `act` answers.
    pub async fn answer(
        self,
        act: impl FnOnce(&Self) -> Result<Value, Failure> + Send + 'static,
    ) -> Result<Response, Failure> {
        let begun = self.begun;
        let done = blocking(move || act(&self)).await;
        super::answers::in_equal_time(begun, done).await.map(|value| Json(value).into_response())
    }
}

/// Reads a message.
///
/// # Errors
/// Not one of this kind; what it held is not told back.
pub(super) fn message<T: DeserializeOwned>(body: &[u8]) -> Result<T, Failure> {
    kiosk_messages::read(body).map_err(|no| {
        Failure::saying(Kind::Invalid, "kiosk-api-message")
            .with("line", no.line.to_string())
            .with("column", no.column.to_string())
    })
}

/// Bytes in base 64.
///
/// # Errors
/// Something else.
pub(super) fn bytes(text: &str) -> Result<Vec<u8>, Failure> {
    data_encoding::BASE64
        .decode(text.as_bytes())
        .map_err(|_| Failure::saying(Kind::Invalid, "kiosk-api-message").with("line", "1").with("column", "1"))
}

/// Reads a request's id of an address.
///
/// # Errors
/// The same as for another machine's request.
pub(super) fn request_id(text: &str) -> Result<Id, Failure> {
    Id::parse(text).map_err(|_| Failure::saying(Kind::Forbidden, "certificate-refused-not-yours"))
}
