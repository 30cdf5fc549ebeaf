//! With which key the city signs the record of who looked (閲覧の記録): public, so that a proof is checked against what everybody sees.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Json, Response};
use maud::html;
use serde_json::{Value, json};
use tools::audit::Zone;
use tools::relay::audit_heads;

use crate::app::{App, blocking};
use crate::error::Failure;
use crate::routes::{Routes, Rule};
use crate::visit::Visit;

/// The program that checks a proof with nothing of ours.
const CHECKER: &str = include_str!("../../../../scripts/check-who-looked.py");

/// Its routes.
pub fn routes() -> Routes {
    Routes::new()
        .get("/who-looked/keys", Rule::Public, page)
        .get("/who-looked/keys.json", Rule::Public, keys)
        .get("/who-looked/heads.txt", Rule::Public, heads)
        .get("/who-looked/check-who-looked.py", Rule::Public, checker)
}

async fn page(State(app): State<Arc<App>>, visit: Visit) -> Response {
    let title = visit.say("looked-keys-title");
    let main = html! {
        h1 { (title) }
        p { (visit.say_html("looked-keys-how")) }
        @if app.audit_keys.is_empty() { p { (visit.say_html("looked-keys-none")) } }
        ul { @for key in &app.audit_keys { li { code class="digest" { (key) } } } }
        p { a href="/who-looked/keys.json" { "keys.json" } }
        p { a href="/who-looked/heads.txt" { (visit.say("looked-keys-heads")) } }
        p { a href="/who-looked/check-who-looked.py" { (visit.say("looked-keys-script")) } }
    };
    visit.page(&title).render(&main).into_response()
}

async fn keys(State(app): State<Arc<App>>) -> Json<Value> {
    Json(json!({ "keys": app.audit_keys }))
}

/// The heads of the inside as this zone keeps them: whoever holds one database cannot rewrite both.
async fn heads(State(app): State<Arc<App>>) -> Result<Response, Failure> {
    let outside = app.outside()?.clone();
    let text = blocking(move || Ok(outside.store.read(|tx| audit_heads::kept(tx, Zone::Inside))?)).await?;
    Ok(plain(text))
}

async fn checker() -> Response {
    plain(CHECKER.to_owned())
}

fn plain(text: String) -> Response {
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response()
}
