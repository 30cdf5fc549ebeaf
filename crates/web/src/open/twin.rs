//! What wallets ask for (デジタル写し): OpenID4VCI 1.0 with a pre-authorised code, and what checkers of copies need.
//!
//! ```text
//!  GET  /.well-known/openid-credential-issuer · oauth-authorization-server · jwt-vc-issuer     who issues, with which key
//!  GET  /twin/types/{kind}      what a copy's claims mean
//!  POST /twin/token             code and digits ─► token
//!  POST /twin/nonce             ─► nonce
//!  POST /twin/credential        token, proof of a key ─► copy
//!  GET  /twin/status/{list}     which copies are no longer good: one bit each
//! ```
//! Answers are the standards' own, in JSON, and hold no sentence for people. Nothing that a wallet sends stands in an
//! address. Where copies are not offered, none of this exists.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Json, Response};
use base::Kind;
use pki::wallet::status_list;
use serde_json::{Value, json};
use services::convenience_certificates::twin::collect::{NoCopy, TwinIssuer};
use services::convenience_certificates::twin::description::{self, GRANT};
use services::convenience_certificates::twin::path;
use tools::Outside;
use tools::twins::offers::{NoToken, TOKEN_SECONDS};
use tools::twins::{AccessToken, Digits, PreAuthorizedCode};

use crate::Fields;
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::routes::{Routes, Rule};

/// The longest request: a proof of a key is below two thousand bytes.
const REQUEST_BYTES: usize = 16 * 1024;

/// Their routes.
pub(super) fn routes() -> Routes {
    Routes::new()
        .get("/.well-known/openid-credential-issuer", Rule::Public, issuer)
        .get("/.well-known/oauth-authorization-server", Rule::Public, authorization_server)
        .get("/.well-known/jwt-vc-issuer", Rule::Public, key_list)
        .get("/twin/types/{kind}", Rule::Public, type_of)
        .get("/twin/status/{list}", Rule::Public, status)
        .post_up_to(path::TOKEN, Rule::Public, REQUEST_BYTES, token)
        .post_up_to(path::NONCE, Rule::Public, REQUEST_BYTES, nonce)
        .post_up_to(path::CREDENTIAL, Rule::Public, REQUEST_BYTES, credential)
}

/// The outside and what it issues with.
fn means(app: &App) -> Result<(Arc<Outside>, Arc<TwinIssuer>), Failure> {
    let issuer = app.twins.clone().ok_or_else(|| Failure::of(Kind::NotFound))?;
    Ok((app.outside()?.clone(), issuer))
}

/// Public and the same for everybody, for some minutes.
fn public(document: Value) -> Response {
    ([(header::CACHE_CONTROL, "public, max-age=600")], Json(document)).into_response()
}

async fn issuer(State(app): State<Arc<App>>) -> Result<Response, Failure> {
    let (outside, _) = means(&app)?;
    Ok(public(description::issuer(&outside.profile)))
}

async fn authorization_server(State(app): State<Arc<App>>) -> Result<Response, Failure> {
    let (outside, _) = means(&app)?;
    Ok(public(description::authorization_server(&outside.profile)))
}

async fn key_list(State(app): State<Arc<App>>) -> Result<Response, Failure> {
    let (outside, issuer) = means(&app)?;
    Ok(public(description::key_list(&outside.profile, vec![issuer.jwk()])))
}

async fn type_of(State(app): State<Arc<App>>, Path(kind): Path<String>) -> Result<Response, Failure> {
    let (outside, _) = means(&app)?;
    description::type_of(&outside.profile, &kind).map(public).ok_or_else(|| Failure::of(Kind::NotFound))
}

async fn status(State(app): State<Arc<App>>, Path(list): Path<String>) -> Result<Response, Failure> {
    let (outside, issuer) = means(&app)?;
    let list: i64 = list.parse().map_err(|_| Failure::of(Kind::NotFound))?;
    let made = blocking(move || Ok(issuer.status(&outside, list)?)).await?;
    let signed = made.map_err(|error| Failure::defect("status list", &error))?;
    let signed = signed.ok_or_else(|| Failure::of(Kind::NotFound))?;
    let keep = format!("public, max-age={}", status_list::KEEP_SECONDS);
    let headers = [(header::CONTENT_TYPE, status_list::MEDIA_TYPE.to_owned()), (header::CACHE_CONTROL, keep)];
    Ok((headers, signed).into_response())
}

/// A no in the standards' own words. Never kept by anybody between.
fn no(status: StatusCode, error: &'static str) -> Response {
    (status, [(header::CACHE_CONTROL, "no-store")], Json(json!({ "error": error }))).into_response()
}

fn yes(answer: Value) -> Response {
    ([(header::CACHE_CONTROL, "no-store")], Json(answer)).into_response()
}

/// `POST /twin/token`. A wrong code, wrong digits, too many tries and an offer that is over are one answer.
async fn token(State(app): State<Arc<App>>, fields: Fields) -> Result<Response, Failure> {
    let (outside, issuer) = means(&app)?;
    if fields.get("grant_type") != GRANT {
        return Ok(no(StatusCode::BAD_REQUEST, "unsupported_grant_type"));
    }
    let (code, digits) = (fields.get("pre-authorized_code"), fields.get("tx_code"));
    if code.is_empty() || digits.is_empty() {
        return Ok(no(StatusCode::BAD_REQUEST, "invalid_request"));
    }
    let wrong = || no(StatusCode::BAD_REQUEST, "invalid_grant");
    let Some(code) = PreAuthorizedCode::parse(code) else { return Ok(wrong()) };
    // What cannot be right is counted like what is wrong: the tries are for whatever is typed.
    let digits = Digits::parse(digits).unwrap_or_else(Digits::impossible);
    match blocking(move || Ok(issuer.redeem(&outside, &code, &digits)?)).await? {
        Ok(token) => {
            Ok(yes(json!({ "access_token": token.text(), "token_type": "Bearer", "expires_in": TOKEN_SECONDS })))
        }
        Err(error @ NoToken::Broken) => Err(Failure::defect("twin token", &error)),
        Err(refused) => {
            tracing::info!(%refused, "a wallet got no token");
            Ok(wrong())
        }
    }
}

/// `POST /twin/nonce`.
async fn nonce(State(app): State<Arc<App>>) -> Result<Response, Failure> {
    let (outside, issuer) = means(&app)?;
    Ok(yes(json!({ "c_nonce": issuer.nonce(&outside) })))
}

/// What a wallet sends.
struct Wanted {
    kind: String,
    proof: String,
}

/// Reads the request, or the word for what is wrong with it.
fn wanted(body: &[u8]) -> Result<Wanted, &'static str> {
    let body: Value = serde_json::from_slice(body).map_err(|_| "invalid_credential_request")?;
    let kind = body.get("credential_configuration_id").and_then(Value::as_str).ok_or("invalid_credential_request")?;
    if body.get("credential_identifier").is_some() || body.get("credential_response_encryption").is_some() {
        return Err("invalid_credential_request");
    }
    // One copy for one key: a second proof would be a second copy.
    let proofs = body.get("proofs").and_then(Value::as_object).filter(|proofs| proofs.len() == 1);
    let proof = match proofs.and_then(|proofs| proofs.get("jwt")).and_then(Value::as_array).map(Vec::as_slice) {
        Some([Value::String(proof)]) => proof.clone(),
        _ => return Err("invalid_proof"),
    };
    Ok(Wanted { kind: kind.to_owned(), proof })
}

/// `POST /twin/credential`.
async fn credential(State(app): State<Arc<App>>, headers: HeaderMap, body: Bytes) -> Result<Response, Failure> {
    let (outside, issuer) = means(&app)?;
    let Some(token) = bearer(&headers) else { return Ok(no_token()) };
    let wanted = match wanted(&body) {
        Ok(wanted) => wanted,
        Err(word) => return Ok(no(StatusCode::BAD_REQUEST, word)),
    };
    let made = blocking(move || Ok(issuer.collect(&outside, &token, &wanted.kind, &wanted.proof)?)).await?;
    Ok(match made {
        Ok(copy) => yes(json!({ "credentials": [{ "credential": copy }] })),
        Err(NoCopy::Token) => no_token(),
        Err(NoCopy::Kind) => no(StatusCode::BAD_REQUEST, "unknown_credential_configuration"),
        Err(NoCopy::Nonce) => no(StatusCode::BAD_REQUEST, "invalid_nonce"),
        Err(NoCopy::Proof(refused)) => {
            tracing::info!(%refused, "a proof of a key was refused");
            no(StatusCode::BAD_REQUEST, "invalid_proof")
        }
        Err(error @ NoCopy::Broken) => return Err(Failure::defect("twin", &error)),
    })
}

/// The token of `Authorization: Bearer …` (RFC 6750); the scheme in any case.
fn bearer(headers: &HeaderMap) -> Option<AccessToken> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| AccessToken::parse(token.trim())).flatten()
}

fn no_token() -> Response {
    let mut response = no(StatusCode::UNAUTHORIZED, "invalid_token");
    let challenge = axum::http::HeaderValue::from_static("Bearer error=\"invalid_token\"");
    response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    response
}
