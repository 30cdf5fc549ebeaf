//! The network, injected: HTTP in production, sockets or a table in tests. No redirect is followed, no answer is longer
//! than any honest one.

use std::sync::Arc;
use std::time::Duration;

/// Longest answer read.
const MAX_ANSWER_BYTES: u64 = 256 * 1024;

/// What may be sent.
#[derive(Clone, Copy, Debug)]
pub enum Request<'a> {
    /// GET, with an access token where there is one.
    Get {
        /// Where.
        url: &'a str,
        /// `Authorization: Bearer …`.
        bearer: Option<&'a str>,
    },
    /// POST of a form.
    Post {
        /// Where.
        url: &'a str,
        /// `application/x-www-form-urlencoded`.
        form: &'a str,
    },
    /// POST of JSON with an access token.
    PostJson {
        /// Where.
        url: &'a str,
        /// `Authorization: Bearer …`.
        bearer: &'a str,
        /// The text.
        json: &'a str,
    },
    /// POST or PUT of a FHIR resource under a condition.
    Conditional {
        /// PUT, else POST.
        is_put: bool,
        /// Where.
        url: &'a str,
        /// `Authorization: Bearer …`.
        bearer: &'a str,
        /// The text.
        json: &'a str,
        /// The header that says the condition: `If-Match`, `If-None-Exist`.
        condition: (&'static str, &'a str),
    },
    /// DELETE with an access token.
    Delete {
        /// Where.
        url: &'a str,
        /// `Authorization: Bearer …`.
        bearer: &'a str,
    },
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Status.
    pub status: u16,
    /// Body.
    pub body: Vec<u8>,
}

/// The provider did not answer, or too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the sign-in service could not be reached")]
pub struct Unreachable;

/// Something that carries a request.
pub trait Http: Send + Sync {
    /// Sends one request.
    ///
    /// # Errors
    /// [`Unreachable`].
    fn send(&self, request: Request<'_>) -> Result<Answer, Unreachable>;
}

/// HTTP and HTTPS with a limit on the whole exchange.
#[derive(Clone, Debug)]
pub struct OverTcp(ureq::Agent);

impl Default for OverTcp {
    /// Ten seconds: a person waits before a spinning page.
    fn default() -> Self {
        // The machine's own authorities, as a browser here would believe.
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let tls = ureq::tls::TlsConfig::builder()
            .unversioned_rustls_crypto_provider(provider)
            .root_certs(ureq::tls::RootCerts::PlatformVerifier)
            .build();
        let config = ureq::Agent::config_builder()
            .tls_config(tls)
            .timeout_global(Some(Duration::from_secs(10)))
            .http_status_as_error(false)
            .max_redirects(0)
            .build();
        Self(config.into())
    }
}

impl Http for OverTcp {
    fn send(&self, request: Request<'_>) -> Result<Answer, Unreachable> {
        let sent = match request {
            Request::Get { url, bearer } => {
                let get = self.0.get(url).header("accept", "application/json");
                match bearer {
                    Some(token) => get.header("authorization", format!("Bearer {token}")).call(),
                    None => get.call(),
                }
            }
            Request::PostJson { url, bearer, json } => self
                .0
                .post(url)
                .header("content-type", "application/json")
                .header("authorization", format!("Bearer {bearer}"))
                .send(json),
            Request::Conditional { is_put, url, bearer, json, condition: (name, value) } => {
                let begun = if is_put { self.0.put(url) } else { self.0.post(url) };
                begun
                    .header("content-type", "application/fhir+json")
                    .header("accept", "application/fhir+json")
                    .header("authorization", format!("Bearer {bearer}"))
                    .header(name, value)
                    .send(json)
            }
            Request::Delete { url, bearer } => {
                self.0.delete(url).header("authorization", format!("Bearer {bearer}")).call()
            }
            Request::Post { url, form } => {
                self.0.post(url).header("content-type", "application/x-www-form-urlencoded").send(form)
            }
        };
        let mut answer = sent.map_err(|_| Unreachable)?;
        let status = answer.status().as_u16();
        let body = answer.body_mut().with_config().limit(MAX_ANSWER_BYTES).read_to_vec().map_err(|_| Unreachable)?;
        Ok(Answer { status, body })
    }
}
