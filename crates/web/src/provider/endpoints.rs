//! The endpoints that an app's server asks.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, header};
use axum::response::Response;
use openid::provider::{Authenticated, Client, Parameters, Refusal};
use serde_json::{Value, json};
use tools::data_apps::AppsError;
use tools::data_apps::conversation::{AppRequest, Desk};

use super::{answer, desk, public, texts};
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::limits::{Class, Knocker};

/// `GET /.well-known/openid-configuration`.
pub async fn metadata(State(app): State<Arc<App>>) -> Result<Response, Failure> {
    blocking(move || Ok(public(desk(&app)?.provider.metadata()))).await
}

/// `GET /connect/jwks`.
pub async fn keys(State(app): State<Arc<App>>) -> Result<Response, Failure> {
    blocking(move || Ok(public(desk(&app)?.provider.keys()))).await
}

/// `POST /connect/par` (RFC 9126).
pub async fn push(State(app): State<Arc<App>>, headers: HeaderMap, body: Bytes) -> Result<Response, Failure> {
    asked(app, headers, body, |desk, caller, client, asked| Ok((201, desk.push((caller, client), asked)?.answer())))
        .await
}

/// `POST /connect/token`.
pub async fn token(State(app): State<Arc<App>>, headers: HeaderMap, body: Bytes) -> Result<Response, Failure> {
    asked(app, headers, body, |desk, caller, _, asked| Ok((200, desk.token(caller, asked)?))).await
}

/// `POST /connect/revoke` (RFC 7009).
pub async fn revoke(State(app): State<Arc<App>>, headers: HeaderMap, body: Bytes) -> Result<Response, Failure> {
    asked(app, headers, body, |desk, caller, _, asked| {
        desk.revoke(caller, asked)?;
        Ok((200, json!({})))
    })
    .await
}

/// `POST /connect/registration`: another wording of its registration (`registration`: JSON), from an app that proves who it
/// is. Officers look at it; until then everything stays.
pub async fn registration(State(app): State<Arc<App>>, headers: HeaderMap, body: Bytes) -> Result<Response, Failure> {
    asked(app, headers, body, |desk, _, client, asked| {
        desk.change(client, asked)?;
        Ok((202, json!({ "client_id": client.id, "review": "waiting" })))
    })
    .await
}

/// What one endpoint does for a caller who proved who it is.
type Act = fn(&Desk, &Authenticated, &Client, AppRequest<'_>) -> Result<(u16, Value), AppsError>;

/// A request of an app's server: its form, who it is, how often it may, and what it asks.
async fn asked(app: Arc<App>, headers: HeaderMap, body: Bytes, act: Act) -> Result<Response, Failure> {
    blocking(move || {
        let desk = desk(&app)?;
        let nonce = desk.provider.nonce();
        match act_for(&app, &desk, &headers, &body, act) {
            Ok((status, said)) => Ok(answer(status, &nonce, said)),
            Err(Refused::Knocking(failure)) => Err(failure),
            Err(Refused::Apps(AppsError::Refused(refusal))) => {
                tracing::info!(%refusal, "a private app was refused");
                Ok(answer(refusal.status(), &nonce, refusal.body()))
            }
            // RFC 7591, 3.2.2.
            Err(Refused::Apps(AppsError::Fault(fault))) => {
                let said = json!({ "error": "invalid_client_metadata", "error_description": fault.to_string() });
                Ok(answer(400, &nonce, said))
            }
            Err(Refused::Apps(error)) => Err(error.into()),
        }
    })
    .await
}

enum Refused {
    Apps(AppsError),
    Knocking(Failure),
}

impl<E: Into<AppsError>> From<E> for Refused {
    fn from(error: E) -> Self {
        Self::Apps(error.into())
    }
}

fn act_for(app: &App, desk: &Desk, headers: &HeaderMap, body: &[u8], act: Act) -> Result<(u16, Value), Refused> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !kind.starts_with("application/x-www-form-urlencoded") {
        return Err(Refusal::Form.into());
    }
    let parameters = Parameters::read(body)?;
    let dpop = texts(headers, &HeaderName::from_static("dpop"));
    let dpop: Vec<&str> = dpop.iter().map(String::as_str).collect();
    let asked = AppRequest {
        parameters: &parameters,
        has_authorization: headers.contains_key(header::AUTHORIZATION),
        dpop: &dpop,
    };
    let (caller, client) = desk.authenticate(asked)?;
    knock(app, &client.id).map_err(Refused::Knocking)?;
    Ok(act(desk, &caller, &client, asked)?)
}

/// Takes one of what an app may ask.
pub(super) fn knock(app: &App, client_id: &str) -> Result<(), Failure> {
    app.limits
        .take(Class::DataApp, Knocker::Known(client_id.to_owned()), app.seams.now())
        .map_err(|seconds| Failure::saying(base::Kind::TooMany, "error-too-many").after_seconds(seconds))
}
