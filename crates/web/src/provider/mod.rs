//! What private apps (民間アプリ) talk to: the OpenID provider, the data API, and pages for who builds them. Outside zone.
//!
//! ```text
//!  GET  /.well-known/openid-configuration · yakuba-city · /connect/jwks     what this city is, so that one app serves many
//!  POST /connect/par        pushed request            ─► request_uri
//!  GET  /connect/authorize  the person's browser      ─► the portal's consent page, or made-up residents (authorize)
//!  POST /connect/token      code, refresh token       ─► tokens            POST /connect/revoke
//!  POST /connect/registration  an app asks to be registered otherwise; officers decide
//!  GET  /connect/userinfo · /api/v1/me · /api/v1/me/{item}                  data, by token and key (data)
//!  /developers              pages, registration (developers)
//! ```
//! The rules are [`openid::provider`]'s, what is kept is [`tools::data_apps`]'s; here are headers, forms and statuses.

mod authorize;
mod data;
mod developers;
mod endpoints;

use std::sync::{Arc, Mutex};

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Json, Response};
use base::Timestamp;
use openid::provider::Provider;
use serde_json::Value;
use tools::data_apps::conversation::Desk;
use tools::data_apps::{AppsError, keys, open_provider};

use crate::app::App;
use crate::error::Failure;
use crate::routes::{Routes, Rule};
use crate::security::LeadsTo;

pub(crate) use authorize::{Carried, see_other, shown};

/// Bytes of a form of an app.
const FORM_BYTES: usize = openid::provider::limits::MAX_FORM_BYTES;

/// The form of a page may lead to the origin of this registered redirect address, where the person's answer goes.
pub(crate) fn leads_to(redirect_uri: &str) -> LeadsTo {
    LeadsTo(redirect_uri.splitn(4, '/').take(3).collect::<Vec<_>>().join("/"))
}

/// Bytes of a form with a registration: keys and addresses are long.
const REGISTRATION_BYTES: usize = FORM_BYTES;

/// Its routes.
pub fn routes() -> Routes {
    Routes::new()
        .get("/.well-known/openid-configuration", Rule::Public, endpoints::metadata)
        .get("/.well-known/yakuba-city", Rule::Public, developers::city)
        .get("/connect/jwks", Rule::Public, endpoints::keys)
        .post_up_to("/connect/par", Rule::DataApp, FORM_BYTES, endpoints::push)
        .post_up_to("/connect/token", Rule::DataApp, FORM_BYTES, endpoints::token)
        .post_up_to("/connect/revoke", Rule::DataApp, FORM_BYTES, endpoints::revoke)
        .post_up_to("/connect/registration", Rule::DataApp, REGISTRATION_BYTES, endpoints::registration)
        .get("/connect/userinfo", Rule::DataApp, data::userinfo)
        .get("/api/v1/me", Rule::DataApp, data::me)
        .get("/api/v1/me/{item}", Rule::DataApp, data::item)
        .get("/api/v1/openapi.json", Rule::Public, developers::openapi)
        .get("/connect/authorize", Rule::Public, authorize::page)
        .post("/connect/sandbox", Rule::Public, authorize::sandbox)
        .get("/developers", Rule::Public, developers::page)
        .get("/developers/apps/new", Rule::Public, developers::new)
        .post("/developers/apps", Rule::Public, developers::apply)
        .get("/developers/apps/{app}", Rule::Public, developers::standing)
}

/// Seconds for which a process does not ask whether the provider's keys were changed.
const LOOK_SECONDS: i64 = 5;

/// The provider as this process opened it last.
#[derive(Default)]
pub struct Kept(Mutex<Option<Opened>>);

/// A provider, with the keys it was opened with and when that was last compared.
struct Opened {
    provider: Arc<Provider>,
    version: String,
    looked_at: Timestamp,
}

impl Kept {
    /// The provider with the keys of now.
    fn provider(&self, outside: &tools::Outside) -> Result<Arc<Provider>, AppsError> {
        let now = outside.seams.now();
        // Whoever panicked meanwhile left what was there before.
        let mut kept = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(opened) = kept.as_ref().filter(|opened| now.seconds_since(opened.looked_at) < LOOK_SECONDS) {
            return Ok(opened.provider.clone());
        }
        let read = || outside.store.read::<_, store::StoreError, _>(|tx| keys::version(tx, now));
        let version = read()?;
        if let Some(opened) = kept.as_mut().filter(|opened| opened.version == version) {
            opened.looked_at = now;
            return Ok(opened.provider.clone());
        }
        let provider = Arc::new(open_provider(outside)?);
        *kept = Some(Opened { provider: provider.clone(), version: read()?, looked_at: now });
        Ok(provider)
    }
}

/// The zone and its provider. Blocking.
pub(crate) fn desk(app: &App) -> Result<Desk, Failure> {
    let outside = app.outside()?.clone();
    let provider = app.provider.provider(&outside)?;
    Ok(Desk { outside, provider })
}

impl From<AppsError> for Failure {
    fn from(error: AppsError) -> Self {
        match error {
            AppsError::Refused(refusal) => {
                tracing::info!(%refusal, "a private app was refused");
                Self::saying(base::Kind::Invalid, "apps-error-request").with("reason", refusal.to_string())
            }
            AppsError::Store(error) => error.into(),
            AppsError::Seal(error) => error.into(),
            AppsError::State => Self::saying(base::Kind::Conflict, "apps-error-state"),
            AppsError::SameOfficer => Self::saying(base::Kind::Forbidden, "apps-error-same-officer"),
            AppsError::TooMany => Self::saying(base::Kind::TooMany, "apps-error-waiting"),
            other => {
                tracing::error!(error = %other, "private apps are not answered");
                Self::of(other.kind())
            }
        }
    }
}

/// JSON that nobody between keeps, with the nonce for the next proof.
fn answer(status: u16, nonce: &str, body: Value) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, [(header::CACHE_CONTROL, "no-store")], Json(body)).into_response();
    if let Ok(nonce) = HeaderValue::from_str(nonce) {
        response.headers_mut().insert(HeaderName::from_static("dpop-nonce"), nonce);
    }
    response
}

/// Headers of this name as texts; one that is none is kept as an empty one, which is refused.
fn texts(headers: &HeaderMap, name: &HeaderName) -> Vec<String> {
    headers.get_all(name).iter().map(|value| value.to_str().unwrap_or_default().to_owned()).collect()
}

/// Public and the same for everybody, for some minutes.
fn public(document: Value) -> Response {
    ([(header::CACHE_CONTROL, "public, max-age=300")], Json(document)).into_response()
}
