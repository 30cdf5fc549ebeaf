//! One error for all doors: a [`Kind`], a sentence in the reader's language, and the next step.
//!
//! A handler returns `Result<_, Failure>`. The failure travels as a response extension to
//! [`crate::security::dress`], which knows the reader's language and draws the page (or JSON for a script).

use std::borrow::Cow;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use base::Kind;

/// Why a request was not answered with what was asked for. Carries no personal value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What sort.
    pub kind: Kind,
    /// Key of the sentence: what happened, that nothing was lost, what to do.
    pub key: Cow<'static, str>,
    /// Values for the sentence; never personal.
    pub arguments: Vec<(&'static str, String)>,
    /// The next step: address and key of its words.
    pub next: Option<(Cow<'static, str>, &'static str)>,
    /// Seconds after which a repetition may work.
    pub retry_after: Option<u64>,
}

impl Failure {
    /// A failure of this kind with its general sentence.
    pub fn of(kind: Kind) -> Self {
        Self::saying(kind, general_key(kind))
    }

    /// A failure with its own sentence.
    pub fn saying(kind: Kind, key: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, key: key.into(), arguments: Vec::new(), next: None, retry_after: None }
    }

    /// With a value for the sentence. Never a personal one.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.arguments.push((name, value.into()));
        self
    }

    /// With a next step.
    #[must_use]
    pub fn next(mut self, address: impl Into<Cow<'static, str>>, key: &'static str) -> Self {
        self.next = Some((address.into(), key));
        self
    }

    /// With the time after which to try again.
    #[must_use]
    pub const fn after_seconds(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// A defect of ours, logged with `place` and the error's own words (which carry no values).
    pub fn defect(place: &'static str, error: &dyn std::fmt::Display) -> Self {
        tracing::error!(place, %error, "a request failed by a defect");
        Self::of(Kind::Internal)
    }
}

/// The key of a kind's general sentence.
pub const fn general_key(kind: Kind) -> &'static str {
    match kind {
        Kind::Invalid => "error-invalid",
        Kind::Unauthenticated => "error-unauthenticated",
        Kind::Forbidden => "error-forbidden",
        Kind::NotFound => "error-not-found",
        Kind::Conflict => "error-conflict",
        Kind::Gone => "error-gone",
        Kind::Refused => "error-refused",
        Kind::TooMany => "error-too-many",
        Kind::Unavailable => "error-unavailable",
        Kind::Internal => "error-internal",
    }
}

/// The status of a kind.
pub fn status(kind: Kind) -> StatusCode {
    StatusCode::from_u16(kind.http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut response = status(self.kind).into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<store::StoreError> for Failure {
    fn from(error: store::StoreError) -> Self {
        // A store error never carries a value, so its words may be logged.
        tracing::error!(%error, "the store failed beneath a request");
        Self::of(error.kind())
    }
}

impl From<tools::access::AccessError> for Failure {
    fn from(error: tools::access::AccessError) -> Self {
        use tools::access::AccessError;
        match error {
            AccessError::Store(error) => error.into(),
            AccessError::TooMany { limit } => {
                Self::saying(Kind::TooMany, "error-records-an-hour").with("limit", limit.to_string())
            }
            AccessError::NoCriteria => Self::saying(Kind::Invalid, "error-no-criteria"),
            AccessError::NotCovered => Self::defect("access", &error),
            other => Self::of(other.kind()),
        }
    }
}

impl From<tools::register::RegisterError> for Failure {
    fn from(error: tools::register::RegisterError) -> Self {
        use tools::register::RegisterError;
        match error {
            RegisterError::Store(error) => error.into(),
            RegisterError::Access(error) => error.into(),
            RegisterError::NoCriteria => Self::saying(Kind::Invalid, "error-no-criteria"),
            other => Self::of(other.kind()),
        }
    }
}

impl From<tools::portal::MeansError> for Failure {
    fn from(error: tools::portal::MeansError) -> Self {
        use tools::portal::MeansError;
        match error {
            MeansError::Store(error) => error.into(),
            MeansError::Vault(error) => error.into(),
            MeansError::Post(error) => error.into(),
            MeansError::Refused(refusal) => Self::saying(refusal.kind(), refusal.words()),
        }
    }
}

impl From<tools::portal::PostError> for Failure {
    fn from(error: tools::portal::PostError) -> Self {
        use tools::portal::PostError;
        match error {
            PostError::Store(error) => error.into(),
            PostError::Vault(error) => error.into(),
            PostError::Access(error) => error.into(),
            PostError::Malformed(_) => Self::of(Kind::Invalid),
            other => Self::defect("portal-post", &other),
        }
    }
}

impl From<tools::consents::ConsentError> for Failure {
    fn from(error: tools::consents::ConsentError) -> Self {
        use tools::consents::ConsentError;
        let next = ("/portal/consents", "consent-title");
        match error {
            ConsentError::Store(error) => error.into(),
            ConsentError::Changed => Self::saying(Kind::Conflict, "consent-changed").next(next.0, next.1),
            ConsentError::NeedsCard => {
                Self::saying(Kind::Forbidden, "portal-step-up-needed").next("/portal/step-up", "portal-step-up")
            }
            other => Self::of(other.kind()).next(next.0, next.1),
        }
    }
}

impl From<store::sealing::SealError> for Failure {
    fn from(error: store::sealing::SealError) -> Self {
        match error {
            store::sealing::SealError::Store(error) => error.into(),
            store::sealing::SealError::Erased => Self::of(Kind::Gone),
            other => Self::defect("sealing", &other),
        }
    }
}
