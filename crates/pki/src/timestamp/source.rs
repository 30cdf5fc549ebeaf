//! Asking over the network, with a limit: a person stands at the machine.

use std::sync::{Arc, Mutex, PoisonError};

use base::{Seams, Timestamp};

use super::{Policy, StampedToken, TimestampError, TimestampRequest, read_response};
use crate::anchors::TrustAnchors;
use crate::revocation::Fetch;

/// Bytes of an answer at most.
pub const MAX_RESPONSE_BYTES: u64 = super::MAX_TOKEN_BYTES as u64 + 1024;

/// Whoever gives time stamps.
pub trait TimestampSource: Send + Sync {
    /// A judged stamp over the SHA-256 `imprint`.
    ///
    /// # Errors
    /// See [`TimestampError`].
    fn stamp(&self, imprint: [u8; 32]) -> Result<StampedToken, TimestampError>;
}

/// An authority over HTTP (RFC 3161 §3.4).
pub struct HttpTimestampSource {
    /// Carries the question; brings the time-out.
    pub fetch: Arc<dyn Fetch>,
    /// Where questions go.
    pub url: String,
    /// The policy asked for; `None` leaves it to the authority.
    pub policy: Option<Policy>,
    /// Whose stamps are taken.
    pub anchors: TrustAnchors,
    /// Clock and nonces.
    pub seams: Seams,
}

impl TimestampSource for HttpTimestampSource {
    fn stamp(&self, imprint: [u8; 32]) -> Result<StampedToken, TimestampError> {
        let request = TimestampRequest::new(imprint, self.seams.random.bytes(), self.policy);
        let answer = self.fetch.post(&self.url, "application/timestamp-query", request.der(), MAX_RESPONSE_BYTES)?;
        Ok(read_response(&answer, &request, &self.anchors, self.seams.now())?)
    }
}

impl std::fmt::Debug for HttpTimestampSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "HttpTimestampSource({})", self.url)
    }
}

/// Leaves a source that failed alone for a while, so that only one person waits for it and not everybody.
pub struct RestingSource<S> {
    source: S,
    rest_seconds: i64,
    seams: Seams,
    failed_at: Mutex<Option<Timestamp>>,
}

impl<S: TimestampSource> RestingSource<S> {
    /// After a failure `source` is not asked for `rest_seconds`.
    pub const fn new(source: S, rest_seconds: i64, seams: Seams) -> Self {
        Self { source, rest_seconds, seams, failed_at: Mutex::new(None) }
    }
}

impl<S: TimestampSource> TimestampSource for RestingSource<S> {
    fn stamp(&self, imprint: [u8; 32]) -> Result<StampedToken, TimestampError> {
        let now = self.seams.now();
        {
            let mut failed_at = self.failed_at.lock().unwrap_or_else(PoisonError::into_inner);
            match *failed_at {
                Some(at) if (0..self.rest_seconds).contains(&now.seconds_since(at)) => {
                    return Err(TimestampError::Resting);
                }
                // Whoever comes first after the rest tries; the others still pass by.
                Some(_) => *failed_at = Some(now),
                None => {}
            }
        }
        let answer = self.source.stamp(imprint);
        *self.failed_at.lock().unwrap_or_else(PoisonError::into_inner) = answer.is_err().then_some(self.seams.now());
        answer
    }
}
