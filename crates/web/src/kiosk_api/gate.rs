//! Who asks: HTTP Message Signatures (RFC 9421) over every request of a machine.
//!
//! ```text
//!  Signature-Input ─► covers enough? made for us, just now? ─► key of an active terminal ─► signature right?
//!                 ─► body has the covered digest ─► nonce unused (durable) ─► AtTerminal
//! ```
//! Nothing of a request is acted on before all of it holds.

use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use base::{Kind, Timestamp};
use pki::MessageKey;
use store::StoreError;
use tools::terminals::keys::{self, Keyed};
use wire::http_signature::{self, SignatureInput};
use wire::kiosk_messages::{AHEAD_SECONDS, LONGEST_SECONDS, SESSION_FIELD, TAG};

use crate::app::{App, blocking};
use crate::error::Failure;
use crate::limits::{Class, Knocker};
use crate::visit::AtTerminal;

fn refused(key: &'static str) -> Failure {
    Failure::saying(Kind::Unauthenticated, key)
}

/// A request whose signature says what it must, but was not verified yet.
struct Claim {
    input: SignatureInput,
    signature: Vec<u8>,
    key_id: String,
    nonce: String,
    expires: Timestamp,
}

/// The value of a field that stands there exactly once.
fn only<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}

fn claim(parts: &Parts, body: &Bytes, now: Timestamp) -> Result<Claim, Failure> {
    let malformed = || refused("kiosk-api-signature-malformed");
    if parts.uri.query().is_some() {
        return Err(Failure::saying(Kind::Invalid, "kiosk-api-query"));
    }
    let fields = only(&parts.headers, "signature-input").zip(only(&parts.headers, "signature"));
    let (input, signature) = fields.ok_or_else(|| refused("kiosk-api-unsigned"))?;
    let (input, signature) = http_signature::read(input, signature).map_err(|_| malformed())?;
    let has_body = parts.method == Method::POST || !body.is_empty();
    let wanted = ["@method", "@authority", "@path"]
        .into_iter()
        .chain(has_body.then_some("content-digest"))
        .chain(parts.headers.contains_key(SESSION_FIELD).then_some(SESSION_FIELD));
    for component in wanted {
        if !input.covers(component) {
            return Err(refused("kiosk-api-covers-too-little"));
        }
    }
    if input.tag.as_deref() != Some(TAG) {
        return Err(refused("kiosk-api-other-use"));
    }
    let (Some(created), Some(expires)) = (input.created, input.expires) else { return Err(malformed()) };
    let age = now.seconds().saturating_sub(created);
    if !(-AHEAD_SECONDS..=LONGEST_SECONDS).contains(&age)
        || expires <= now.seconds()
        || !(0..=LONGEST_SECONDS).contains(&expires.saturating_sub(created))
    {
        return Err(refused("kiosk-api-clock"));
    }
    let (Some(key_id), Some(nonce)) = (input.keyid.clone(), input.nonce.clone()) else { return Err(malformed()) };
    if !(16..=64).contains(&nonce.len()) {
        return Err(malformed());
    }
    let expires = Timestamp::from_seconds(expires);
    Ok(Claim { input, signature, key_id, nonce, expires })
}

impl Claim {
    /// Whether `key` signed this request as it arrived.
    fn check(&self, key: &MessageKey, parts: &Parts, body: &Bytes) -> Result<(), Failure> {
        let wrong = || refused("kiosk-api-signature-wrong");
        if self.key_id != key.id() || self.input.alg.as_deref().is_some_and(|alg| alg != key.algorithm()) {
            return Err(wrong());
        }
        let base = self.input.base(|name| component(name, parts)).map_err(|_| wrong())?;
        if !key.verifies(base.as_bytes(), &self.signature) {
            return Err(wrong());
        }
        if let Some(given) = only(&parts.headers, "content-digest") {
            let given = http_signature::read_content_digest(given).map_err(|_| refused("kiosk-api-digest"))?;
            if given != digest(&SHA256, body).as_ref() {
                return Err(refused("kiosk-api-digest"));
            }
        }
        Ok(())
    }
}

/// The value of a component of the request (RFC 9421 §2.1, §2.2).
fn component(name: &str, parts: &Parts) -> Option<String> {
    match name {
        "@method" => Some(parts.method.as_str().to_owned()),
        "@authority" => {
            let host = only(&parts.headers, header::HOST.as_str())?.to_ascii_lowercase();
            Some(host.strip_suffix(":443").or(host.strip_suffix(":80")).unwrap_or(&host).to_owned())
        }
        "@path" => Some(parts.uri.path().to_owned()),
        _ if name.starts_with('@') => None,
        _ => only(&parts.headers, name).map(|value| value.trim().to_owned()),
    }
}

/// Whether a new machine's request is signed by the very key it brings.
///
/// # Errors
/// A failure with its own sentence.
pub(super) fn proves_possession(parts: &Parts, body: &Bytes, key: &MessageKey, now: Timestamp) -> Result<(), Failure> {
    claim(parts, body, now)?.check(key, parts, body)
}

/// Lets a signed request of an active terminal in, once.
///
/// # Errors
/// A failure with its own sentence.
pub(crate) async fn admit(app: &Arc<App>, request: Request, most_bytes: usize) -> Result<Request, Failure> {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, most_bytes).await;
    let body = body.map_err(|_| Failure::saying(Kind::Invalid, "error-too-large"))?;
    let now = app.seams.now();
    let claim = claim(&parts, &body, now)?;
    let inside = app.inside()?.clone();
    let (key_id, store) = (claim.key_id.clone(), inside.store.clone());
    let found = blocking(move || Ok(store.read(|tx| keys::of_key(tx, &key_id))?)).await?;
    // A key that is not known is told nothing else than one that signed wrong.
    let Keyed { terminal, key, seen_at } = found.ok_or_else(|| refused("kiosk-api-signature-wrong"))?;
    claim.check(&key, &parts, &body)?;
    app.limits
        .take(Class::Kiosk, Knocker::Known(terminal.id.to_string()), now)
        .map_err(|seconds| Failure::saying(Kind::TooMany, "error-too-many").after_seconds(seconds))?;
    let (id, Claim { key_id, nonce, expires, .. }) = (terminal.id, claim);
    let is_new = blocking(move || {
        Ok(inside.store.write::<_, StoreError, _>(move |tx| {
            if seen_at.is_none_or(|seen| now.seconds_since(seen) >= tools::terminals::SEEN_SECONDS) {
                tools::terminals::seen(tx, now, id)?;
            }
            keys::use_once(tx, &key_id, &nonce, now, expires)
        })?)
    })
    .await?;
    if !is_new {
        return Err(Failure::saying(Kind::Conflict, "kiosk-api-replayed"));
    }
    let mut request = Request::from_parts(parts, Body::from(body));
    request.extensions_mut().insert(AtTerminal(terminal));
    Ok(request)
}
