//! Asking over the network: OCSP and CRL over HTTP, and OCSP with the CRL as second way.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use base::{Seams, Timestamp};

use super::{FRESHNESS, FreshnessRules, OcspQuestion, RevocationList, Status, StatusError, StatusSource};
use crate::anchors::Anchor;
use crate::certificate::CertificateId;
use crate::jpki_profile::JudgedCertificate;

/// An OCSP answer with two certificates is about 4 kB.
const MAX_OCSP_BYTES: u64 = 64 * 1024;
/// A list of every revoked certificate of a city; JPKI divides lists by municipality.
const MAX_CRL_BYTES: u64 = 64 * 1024 * 1024;
/// Answers kept in memory at most; beyond it the old ones go.
const MAX_CACHED_ANSWERS: usize = 100_000;

/// Something that can carry a request: HTTP in production, a table in a test.
pub trait Fetch: Send + Sync {
    /// POSTs `body` and gives the body of a 200 answer of at most `limit` bytes.
    ///
    /// # Errors
    /// Unreachable, another status, too long.
    fn post(&self, url: &str, content_type: &str, body: &[u8], limit: u64) -> Result<Vec<u8>, StatusError>;

    /// GETs the body of a 200 answer of at most `limit` bytes.
    ///
    /// # Errors
    /// Unreachable, another status, too long.
    fn get(&self, url: &str, limit: u64) -> Result<Vec<u8>, StatusError>;
}

/// HTTP over TCP with a limit on the whole exchange.
#[derive(Debug, Clone)]
pub struct HttpFetch(ureq::Agent);

impl HttpFetch {
    /// A client that gives up after `timeout`, counted from the first packet to the last byte.
    pub fn with_timeout(timeout: Duration) -> Self {
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(timeout))
            .http_status_as_error(false)
            .max_redirects(0)
            .build();
        Self(config.into())
    }

    fn finish(
        answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
        limit: u64,
    ) -> Result<Vec<u8>, StatusError> {
        let mut answer = answer.map_err(|_| StatusError::Unreachable)?;
        if answer.status().as_u16() != 200 {
            return Err(StatusError::HttpStatus(answer.status().as_u16()));
        }
        answer.body_mut().with_config().limit(limit).read_to_vec().map_err(|error| match error {
            ureq::Error::BodyExceedsLimit(_) => StatusError::TooLong,
            _ => StatusError::Unreachable,
        })
    }
}

impl Default for HttpFetch {
    /// Three seconds: a person stands at the machine.
    fn default() -> Self {
        Self::with_timeout(Duration::from_secs(3))
    }
}

impl Fetch for HttpFetch {
    fn post(&self, url: &str, content_type: &str, body: &[u8], limit: u64) -> Result<Vec<u8>, StatusError> {
        Self::finish(self.0.post(url).header("content-type", content_type).send(body), limit)
    }

    fn get(&self, url: &str, limit: u64) -> Result<Vec<u8>, StatusError> {
        Self::finish(self.0.get(url).call(), limit)
    }
}

/// Where OCSP questions go.
#[derive(Clone, Debug)]
pub enum OcspAddress {
    /// Where the certificate says (its issuer is trusted before anybody is asked).
    FromCertificate,
    /// Always here: a proxy of the closed network, or the demo.
    Fixed(String),
}

/// Asks an OCSP responder and remembers its answers while they are fresh.
pub struct OcspSource {
    fetch: Arc<dyn Fetch>,
    address: OcspAddress,
    seams: Seams,
    rules: FreshnessRules,
    cache: Mutex<HashMap<CertificateId, Status>>,
}

impl OcspSource {
    /// A source with the rules in force.
    pub fn new(fetch: Arc<dyn Fetch>, address: OcspAddress, seams: Seams) -> Self {
        Self::with_rules(fetch, address, seams, FRESHNESS)
    }

    /// A source with other rules.
    pub fn with_rules(fetch: Arc<dyn Fetch>, address: OcspAddress, seams: Seams, rules: FreshnessRules) -> Self {
        Self { fetch, address, seams, rules, cache: Mutex::default() }
    }

    /// Forgets all remembered answers.
    pub fn forget(&self) {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn is_fresh(&self, status: &Status, now: Timestamp) -> bool {
        let age = now.seconds_since(status.as_of);
        (-self.rules.clock_skew_seconds..=self.rules.ocsp_max_age_seconds).contains(&age)
    }
}

impl StatusSource for OcspSource {
    fn status(&self, certificate: &JudgedCertificate, now: Timestamp) -> Result<Status, StatusError> {
        let known = self.cache.lock().unwrap_or_else(PoisonError::into_inner).get(&certificate.id).copied();
        if let Some(status) = known.filter(|status| self.is_fresh(status, now)) {
            return Ok(status);
        }
        let url = match &self.address {
            OcspAddress::Fixed(url) => url.as_str(),
            OcspAddress::FromCertificate => certificate.ocsp_url().ok_or(StatusError::NoAddress)?,
        };
        let question = OcspQuestion::about(certificate, self.seams.random.bytes());
        let answer = self.fetch.post(url, "application/ocsp-request", question.der(), MAX_OCSP_BYTES)?;
        let status = super::read_ocsp_answer(&answer, certificate, Some(&question), now, self.rules)?;
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        if cache.len() >= MAX_CACHED_ANSWERS {
            cache.retain(|_, status| self.is_fresh(status, now));
            if cache.len() >= MAX_CACHED_ANSWERS {
                cache.clear();
            }
        }
        cache.insert(certificate.id.clone(), status);
        Ok(status)
    }
}

/// Where the newest list of each issuer outlives the process: without it, whoever can answer for the list's address may
/// play an older one again after every restart.
pub trait ListShelf: Send + Sync {
    /// The list kept for this issuer's key identifier. It is checked like any other before it is believed.
    fn newest(&self, key_id: &[u8]) -> Option<Vec<u8>>;

    /// Keeps a list that was checked and is newer than the one before. What cannot be kept is the shelf's to tell.
    fn keep(&self, key_id: &[u8], der: &[u8]);
}

/// Nothing outlives the process.
struct NoShelf;

impl ListShelf for NoShelf {
    fn newest(&self, _: &[u8]) -> Option<Vec<u8>> {
        None
    }

    fn keep(&self, _: &[u8], _: &[u8]) {}
}

/// A list and when it was fetched; `None`: taken from the shelf, so a newer one is asked for at once.
type FetchedList = (Arc<RevocationList>, Option<Timestamp>);

/// Fetches a CA's revocation list and keeps it until its `nextUpdate`; asks for a newer one after `refresh_seconds`.
pub struct CrlSource {
    fetch: Arc<dyn Fetch>,
    url: String,
    rules: FreshnessRules,
    refresh_seconds: i64,
    shelf: Box<dyn ListShelf>,
    /// By the issuing CA generation's key identifier.
    lists: Mutex<HashMap<Vec<u8>, FetchedList>>,
}

impl CrlSource {
    /// A source that fetches the list from `url` (`{key_id}` in it becomes the issuer's key identifier in hex), anew
    /// every ten minutes.
    pub fn new(fetch: Arc<dyn Fetch>, url: impl Into<String>) -> Self {
        Self::shelved(fetch, url, NoShelf)
    }

    /// The same, with a shelf on which the newest list of each issuer outlives the process.
    pub fn shelved(fetch: Arc<dyn Fetch>, url: impl Into<String>, shelf: impl ListShelf + 'static) -> Self {
        let shelf = Box::new(shelf);
        Self { fetch, url: url.into(), rules: FRESHNESS, refresh_seconds: 600, shelf, lists: Mutex::default() }
    }

    fn known(&self, issuer: &Anchor) -> Option<FetchedList> {
        let mut lists = self.lists.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = lists.get(issuer.key_id()) {
            return Some(known.clone());
        }
        let list = RevocationList::read(&self.shelf.newest(issuer.key_id())?, issuer).ok()?;
        let shelved: FetchedList = (Arc::new(list), None);
        lists.insert(issuer.key_id().to_vec(), shelved.clone());
        Some(shelved)
    }

    fn fetch(&self, issuer: &Anchor, now: Timestamp) -> Result<Arc<RevocationList>, StatusError> {
        let key_id = issuer.key_id();
        let url = self.url.replace("{key_id}", &data_encoding::HEXLOWER.encode(key_id));
        let der = self.fetch.get(&url, MAX_CRL_BYTES)?;
        let list = Arc::new(RevocationList::read(&der, issuer)?);
        let mut lists = self.lists.lock().unwrap_or_else(PoisonError::into_inner);
        let is_newer = match lists.get(key_id) {
            Some((known, _)) if list.is_older_than(known) => return Err(StatusError::ListReplayed),
            Some((known, _)) => known.is_older_than(&list),
            None => true,
        };
        if is_newer {
            self.shelf.keep(key_id, &der);
        }
        lists.insert(key_id.to_vec(), (Arc::clone(&list), Some(now)));
        Ok(list)
    }

    /// The list of this CA that speaks at `now`.
    pub(crate) fn list(&self, issuer: &Anchor, now: Timestamp) -> Result<Arc<RevocationList>, StatusError> {
        match self.known(issuer) {
            Some((list, Some(at))) if now.seconds_since(at) < self.refresh_seconds && list.is_current(now) => Ok(list),
            // A list within its nextUpdate still speaks when a newer one cannot be had.
            Some((list, _)) => match self.fetch(issuer, now) {
                Err(_) if list.is_current(now) => Ok(list),
                newer => newer,
            },
            None => self.fetch(issuer, now),
        }
    }
}

impl StatusSource for CrlSource {
    fn status(&self, certificate: &JudgedCertificate, now: Timestamp) -> Result<Status, StatusError> {
        self.list(certificate.issuer(), now)?.status(certificate, now, self.rules)
    }
}

/// Asks by OCSP; when that gives no answer, the CRL.
pub struct OcspThenCrl<O, C> {
    /// First way.
    pub ocsp: O,
    /// Second way.
    pub crl: C,
}

impl<O: StatusSource, C: StatusSource> StatusSource for OcspThenCrl<O, C> {
    fn status(&self, certificate: &JudgedCertificate, now: Timestamp) -> Result<Status, StatusError> {
        let ocsp = match self.ocsp.status(certificate, now) {
            Ok(status) => return Ok(status),
            Err(error) => error,
        };
        self.crl
            .status(certificate, now)
            .map_err(|crl| StatusError::BothFailed { ocsp: Box::new(ocsp), crl: Box::new(crl) })
    }
}
