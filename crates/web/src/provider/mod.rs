//! What private apps (民間アプリ) talk to: the OpenID provider, the data API, and pages for who builds them. Outside zone.
//!
//! ```text
//!  GET  /.well-known/openid-configuration · yakuba-city · /connect/jwks     what this city is, so that one app serves many
//!  POST /connect/par        pushed request            ─► request_uri
//!  GET  /connect/authorize  the person's browser      ─► the portal's consent page, or made-up residents (authorize)
//!  POST /connect/token      code, refresh token       ─► tokens            POST /connect/revoke
//!  GET  /connect/userinfo · /api/v1/me · /api/v1/me/{item}                  data, by token and key (data)
//!  /developers              pages, registration (developers)
//! ```
//! The rules are [`openid::provider`]'s, what is kept is [`tools::data_apps`]'s; here are headers, forms and statuses.

mod authorize;
mod data;
mod developers;
mod endpoints;

use std::sync::Arc;

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Json, Response};
use serde_json::Value;
use tools::data_apps::conversation::Desk;
use tools::data_apps::{AppsError, open_provider};

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

/// Its routes.
pub fn routes() -> Routes {
    Routes::new()
        .get("/.well-known/openid-configuration", Rule::Public, endpoints::metadata)
        .get("/.well-known/yakuba-city", Rule::Public, developers::city)
        .get("/connect/jwks", Rule::Public, endpoints::keys)
        .post_up_to("/connect/par", Rule::DataApp, FORM_BYTES, endpoints::push)
        .post_up_to("/connect/token", Rule::DataApp, FORM_BYTES, endpoints::token)
        .post_up_to("/connect/revoke", Rule::DataApp, FORM_BYTES, endpoints::revoke)
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

/// The zone and its provider. Blocking at the first call.
pub(crate) fn desk(app: &App) -> Result<Desk, Failure> {
    let outside = app.outside()?.clone();
    if let Some(provider) = app.provider.get() {
        return Ok(Desk { outside, provider: provider.clone() });
    }
    let opened = Arc::new(open_provider(&outside)?);
    let provider = app.provider.get_or_init(|| opened).clone();
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
