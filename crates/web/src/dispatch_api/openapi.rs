//! The description for programs (OpenAPI 3.1).

use axum::response::Json;
use serde_json::{Value, json};

/// `GET /api/dispatch/openapi.json`.
pub async fn document() -> Json<Value> {
    let answer = |what: &str| {
        json!({ "200": { "description": what }, "401": { "description": "the key is not known" },
        "409": { "description": "not in this state, or lines are missing; the reason says which is next" } })
    };
    let id = json!({ "name": "dispatch", "in": "path", "required": true, "schema": { "type": "string" } });
    Json(json!({
        "openapi": "3.1.0",
        "info": { "title": "Letters from departments", "version": "1" },
        "components": { "securitySchemes": { "key": { "type": "http", "scheme": "bearer" } } },
        "security": [{ "key": [] }],
        "paths": {
            "/api/dispatch": { "post": {
                "summary": "Open a dispatch; the same Idempotency-Key with the same letter gives the one there is",
                "parameters": [{ "name": "Idempotency-Key", "in": "header", "required": true, "schema": { "type": "string", "maxLength": 100 } }],
                "requestBody": { "required": true, "content": { "application/json": { "schema": {
                    "type": "object", "required": ["title", "importance", "class", "body"], "additionalProperties": false,
                    "properties": {
                        "title": { "type": "string", "minLength": 1, "maxLength": 120 },
                        "importance": { "enum": ["emergency", "statutory", "deadline", "news"] },
                        "class": { "type": "string" },
                        "delivery": { "enum": ["paper_required", "electronic_with_consent", "free"] },
                        "body": { "type": "object", "required": ["japanese"] },
                        "action": { "type": "object" },
                        "due_on": { "type": "string", "format": "date" },
                        "paper_after": { "type": "string", "format": "date" },
                        "reason": { "type": "string" },
                        "audience": { "enum": ["listed", "everybody"] }
                    } } } } },
                "responses": answer("where it stands") } },
            "/api/dispatch/{dispatch}/recipients": { "post": {
                "summary": "Append recipients, one JSON object a line, in order from line `first`",
                "parameters": [id, { "name": "first", "in": "query", "required": true, "schema": { "type": "integer", "minimum": 1 } }],
                "requestBody": { "required": true, "content": { "application/jsonl": { "schema": { "type": "string" } } } },
                "responses": answer("the next line wanted") } },
            "/api/dispatch/{dispatch}/attachments": { "post": {
                "summary": "Lay a PDF or JSON beside the letter, for all or for one resident; before two persons are asked",
                "parameters": [id],
                "requestBody": { "required": true, "content": { "application/json": { "schema": {
                    "type": "object", "required": ["name", "content"], "additionalProperties": false,
                    "properties": { "name": { "type": "string", "maxLength": 80 },
                        "content": { "type": "string", "contentEncoding": "base64" }, "resident": { "type": "string" } } } } } },
                "responses": answer("its number") } },
            "/api/dispatch/{dispatch}/receipt": { "get": { "summary": "Counts, and the root of the mailbox's evidence",
                "parameters": [id], "responses": answer("the sender's receipt") } },
            "/api/dispatch/{dispatch}/complete": { "post": { "summary": "No more recipients; waits for two members of staff",
                "parameters": [id], "responses": answer("where it stands") } },
            "/api/dispatch/{dispatch}": { "get": { "summary": "Progress and faulty lines",
                "parameters": [id], "responses": answer("where it stands") } },
            "/api/dispatch/{dispatch}/stop": { "post": { "summary": "Stop sending at once",
                "parameters": [id], "responses": answer("where it stands") } },
            "/api/dispatch/{dispatch}/recall": { "post": { "summary": "Take the letter back; the reason is shown to readers",
                "parameters": [id], "responses": answer("where it stands") } }
        }
    }))
}
