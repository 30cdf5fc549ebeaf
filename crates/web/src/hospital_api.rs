//! How the hospital's own system calls a number: JSON over HTTPS with the hospital's key (`Authorization: Bearer …`).
//!
//! ```text
//!  POST /api/hospital/calls          { "number": 27, "place": "診察室3" } ─▶ { "called": 27, "again": false }
//!  GET  /api/hospital/openapi.json   this, for programs
//! ```
//! The key is a file of the city, `hospital.calls_key_file`; without it nothing is called. A number called again to the same
//! place is told once. Whose number it is, is never told: the system knows it, or need not.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Json, Response};
use base::Kind;
use serde::Deserialize;
use serde_json::{Value, json};
use services::hospital_card::arriving::{self, Called, Way};
use tools::access::Actor;

use crate::app::{App, blocking};
use crate::error::Failure;
use crate::machine_api::bearer;
use crate::routes::{Routes, Rule};

/// Bytes of a call: a number and the name of a room.
const MOST_BYTES: usize = 1024;

/// Its routes. The handler asks for the key.
pub fn routes() -> Routes {
    Routes::new().post_up_to("/api/hospital/calls", Rule::Machine, MOST_BYTES, call).get(
        "/api/hospital/openapi.json",
        Rule::Public,
        document,
    )
}

/// What was refused, as JSON: a word for programs, a sentence for people, and where it is in what was sent.
struct Refused {
    status: u16,
    code: &'static str,
    reason: &'static str,
    at: Option<Value>,
}

impl Refused {
    const fn of(kind: Kind, code: &'static str, reason: &'static str) -> Self {
        Self { status: kind.http_status(), code, reason, at: None }
    }

    fn field(code: &'static str, reason: &'static str, field: &str) -> Self {
        Self { at: Some(json!({ "field": field })), ..Self::of(Kind::Invalid, code, reason) }
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut said = json!({ "code": self.code, "reason": self.reason });
        if let Some(at) = self.at {
            said["at"] = at;
        }
        (status, Json(said)).into_response()
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Call {
    number: i64,
    place: String,
}

impl Call {
    /// The sender's own words are not said back: where they are is enough.
    fn read(body: &[u8]) -> Result<Self, Refused> {
        serde_json::from_slice(body).map_err(|error| Refused {
            at: Some(json!({ "line": error.line(), "column": error.column() })),
            ..Refused::of(
                Kind::Invalid,
                "malformed",
                "a JSON object with number and place, and nothing else, is needed",
            )
        })
    }
}

/// Whether the key of this city's hospital stands in the request.
fn is_hospital(app: &App, headers: &HeaderMap) -> bool {
    bearer(headers).is_some_and(|token| app.hospital.as_ref().is_some_and(|connection| connection.is_calls_key(token)))
}

async fn call(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<Value>, Refused> {
    let unknown = || Refused::of(Kind::Unauthenticated, "unknown_key", "the key is not known");
    if !is_hospital(&app, &headers) {
        return Err(unknown());
    }
    let body = body.map_err(|error| Refused {
        status: error.status().as_u16(),
        ..Refused::of(Kind::Invalid, "unreadable", "a call is at most 1024 bytes")
    })?;
    let call = Call::read(&body)?;
    let city = app.inside().map_err(|_| unknown())?.clone();
    let number = call.number;
    let by = Actor::Sender { key: "hospital".to_owned() };
    let called = blocking(move || {
        arriving::call(&city, &by, Way::System, number, &call.place).map_err(|error| Failure::of(error.kind()))
    })
    .await;
    let again = match called.map_err(|_| Refused::of(Kind::Unavailable, "not_now", "not now; send it again"))? {
        Called::Told => false,
        Called::Before => true,
        Called::Unknown => {
            let none = Refused::of(Kind::NotFound, "unknown_number", "nobody has this number today");
            return Err(Refused { at: Some(json!({ "field": "number" })), ..none });
        }
        Called::NotAPlace => {
            let why = "1 to 40 characters, none that control, and no Individual Number";
            return Err(Refused::field("not_a_place", why, "place"));
        }
    };
    Ok(Json(json!({ "called": number, "again": again })))
}

/// `GET /api/hospital/openapi.json`.
async fn document() -> Json<Value> {
    let refused = |what: &str| json!({ "description": what, "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Refused" } } } });
    Json(json!({
        "openapi": "3.1.0",
        "info": { "title": "Calls of the hospital's queue numbers", "version": "1" },
        "components": {
            "securitySchemes": { "key": { "type": "http", "scheme": "bearer" } },
            "schemas": { "Refused": { "type": "object", "required": ["code", "reason"], "properties": {
                "code": { "enum": ["unknown_key", "malformed", "not_a_place", "unknown_number", "unreadable", "not_now"] },
                "reason": { "type": "string" },
                "at": { "type": "object", "description": "line and column of what cannot be read, or the field that is wrong" }
            } } }
        },
        "security": [{ "key": [] }],
        "paths": { "/api/hospital/calls": { "post": {
            "summary": "Call a number of today to a place; again to the same place changes nothing",
            "requestBody": { "required": true, "content": { "application/json": { "schema": {
                "type": "object", "required": ["number", "place"], "additionalProperties": false,
                "properties": { "number": { "type": "integer" }, "place": { "type": "string", "minLength": 1, "maxLength": 40 } } } } } },
            "responses": {
                "200": { "description": "called", "content": { "application/json": { "schema": { "type": "object",
                    "required": ["called", "again"], "properties": {
                        "called": { "type": "integer" }, "again": { "type": "boolean", "description": "called to this place before: nobody is told twice" } } } } } },
                "400": refused("malformed, with line and column; or no name of a place"),
                "401": refused("the key is not known"),
                "404": refused("nobody has this number today"),
                "413": refused("too long"),
                "429": { "description": "too often; Retry-After says when" },
                "503": refused("not now; the same call may come again")
            } } } }
    }))
}
