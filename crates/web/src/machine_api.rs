//! What the doors of other offices' systems share: JSON over HTTPS with a key of their own (`Authorization: Bearer …`).
//!
//! ```text
//!  request ─► bearer ─► find (whose key is this?) ─► act ─► JSON
//!                │            │                       │
//!                └── 401 ─────┘ the same answer       └─ Refused: { reason }, with the status of its kind
//! ```
//! A missing key, a malformed one and one that nobody holds are answered alike. What is looked up is the key's hash, so
//! that the time of an answer says nothing about it.

use std::borrow::Cow;
use std::sync::Arc;

use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Json, Response};
use base::Kind;
use serde_json::{Value, json};
use store::StoreError;
use tools::Inside;

use crate::app::{App, blocking};

/// What is said to a system that was not answered for reasons of ours.
const NOT_NOW: &str = "not now; ask again";

/// What was refused, as JSON: programs read it.
#[derive(Debug)]
pub struct Refused(pub Kind, pub Cow<'static, str>);

impl Refused {
    /// A refusal of this kind, and why.
    pub fn new(kind: Kind, reason: impl Into<Cow<'static, str>>) -> Self {
        Self(kind, reason.into())
    }

    /// What was asked for cannot be read.
    pub fn invalid(reason: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Kind::Invalid, reason)
    }

    /// The key is nobody's.
    pub fn unknown_key() -> Self {
        Self::new(Kind::Unauthenticated, "the key is not known")
    }

    /// No fault of the system that asked; `error` goes into the log only.
    pub fn not_now(error: impl std::fmt::Display) -> Self {
        tracing::error!(%error, "another office's system was not answered");
        Self::new(Kind::Unavailable, NOT_NOW)
    }
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        Self::not_now(error)
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        (status, Json(json!({ "reason": self.1 }))).into_response()
    }
}

/// What a handler of such a door gives.
pub type Answer = Result<Json<Value>, Refused>;

/// The key a request shows, if it shows one (RFC 6750 §2.1).
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let shown = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    shown.strip_prefix("Bearer ").map(str::trim).filter(|key| !key.is_empty())
}

/// Runs `act` for whom `find` says the request's key belongs to. Both run where blocking is allowed.
///
/// # Errors
/// [`Refused`]: `Unauthenticated` for a key that is missing or nobody's; what `find` and `act` refuse.
pub async fn as_holder<Holder, Find, Act>(app: &Arc<App>, headers: &HeaderMap, find: Find, act: Act) -> Answer
where
    Find: FnOnce(&Inside, &str) -> Result<Option<Holder>, Refused> + Send + 'static,
    Act: FnOnce(&Inside, &Holder) -> Result<Value, Refused> + Send + 'static,
{
    let key = bearer(headers).ok_or_else(Refused::unknown_key)?.to_owned();
    let inside = app.inside().map_err(|_| Refused::unknown_key())?.clone();
    let answer = blocking(move || {
        Ok(match find(&inside, &key) {
            Ok(Some(holder)) => act(&inside, &holder),
            Ok(None) => Err(Refused::unknown_key()),
            Err(refused) => Err(refused),
        })
    })
    .await;
    answer.map_err(|_| Refused::new(Kind::Unavailable, NOT_NOW))?.map(Json)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_stands_behind_its_scheme_only() {
        let shown = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::AUTHORIZATION, text.parse().unwrap());
            bearer(&headers).map(str::to_owned)
        };
        assert_eq!(shown("Bearer abc").as_deref(), Some("abc"));
        assert_eq!(shown("Bearer  abc ").as_deref(), Some("abc"));
        assert_eq!(shown("Basic abc"), None);
        assert_eq!(shown("Bearer "), None);
        assert_eq!(bearer(&HeaderMap::new()), None);
    }
}
