//! The data API: what a person granted, item by item. Every answer is written down for the person to see.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::Response;
use openid::provider::{Access, OPENID, Proving};
use serde_json::{Value, json};
use tools::data_apps::conversation::Desk;
use tools::data_apps::{AppsError, items};

use super::{answer, desk, endpoints, texts};
use crate::app::{App, blocking};
use crate::error::Failure;

/// `GET /connect/userinfo`.
pub async fn userinfo(State(app): State<Arc<App>>, headers: HeaderMap) -> Result<Response, Failure> {
    let path = "/connect/userinfo".to_owned();
    shown(app, headers, path, Some(OPENID), |desk, access| {
        let mut said = json!({ "sub": access.authority.subject });
        if let Some(item) = items::find("basics").filter(|item| access.need(item.scope).is_ok())
            && let Some(name) = desk.item(access, item)?.and_then(|data| data.get("name").cloned())
        {
            said["name"] = name;
        }
        Ok(Some(said))
    })
    .await
}

/// `GET /api/v1/me`: what may be asked with this token.
pub async fn me(State(app): State<Arc<App>>, headers: HeaderMap) -> Result<Response, Failure> {
    shown(app, headers, "/api/v1/me".to_owned(), None, |desk, access| {
        let issuer = &desk.provider.settings().issuer;
        let may = items::ITEMS.iter().filter(|item| access.need(item.scope).is_ok());
        let links: serde_json::Map<String, Value> =
            may.map(|item| (item.scope.to_owned(), format!("{issuer}/api/v1/me/{}", item.scope).into())).collect();
        Ok(Some(json!({
            "sub": access.authority.subject,
            "scope": access.authority.scopes.join(" "),
            "consent_ends": access.authority.until,
            "items": links,
        })))
    })
    .await
}

/// `GET /api/v1/me/{item}`.
pub async fn item(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let Some(item) = items::find(&name) else { return Ok(nothing("")) };
    let path = format!("/api/v1/me/{}", item.scope);
    shown(app, headers, path, Some(item.scope), move |desk, access| desk.item(access, item)).await
}

fn nothing(nonce: &str) -> Response {
    answer(404, nonce, json!({ "error": "not_found", "error_description": "the city has nothing here" }))
}

/// A request with an access token and a proof of its key.
async fn shown<F>(
    app: Arc<App>,
    headers: HeaderMap,
    path: String,
    scope: Option<&'static str>,
    show: F,
) -> Result<Response, Failure>
where
    F: FnOnce(&Desk, &Access) -> Result<Option<Value>, AppsError> + Send + 'static,
{
    blocking(move || {
        let desk = desk(&app)?;
        let nonce = desk.provider.nonce();
        let (shown, dpop) =
            (texts(&headers, &header::AUTHORIZATION), texts(&headers, &HeaderName::from_static("dpop")));
        let shown: Vec<&str> = shown.iter().map(String::as_str).collect();
        let dpop: Vec<&str> = dpop.iter().map(String::as_str).collect();
        let proving = Proving { headers: &dpop, method: "GET", path: &path, access_token: None };
        let said = match desk.access(&shown, proving, scope) {
            Ok(access) => {
                endpoints::knock(&app, &access.authority.client_id)?;
                show(&desk, &access)
            }
            Err(error) => Err(error),
        };
        match said {
            Ok(Some(said)) => Ok(answer(200, &nonce, said)),
            Ok(None) => Ok(nothing(&nonce)),
            Err(AppsError::Refused(refusal)) => {
                tracing::info!(%refusal, "a private app was shown nothing");
                let mut response = answer(refusal.resource_status(), &nonce, refusal.body());
                if let Ok(challenge) = HeaderValue::from_str(&refusal.challenge()) {
                    response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
                }
                Ok(response)
            }
            Err(error) => Err(error.into()),
        }
    })
    .await
}
