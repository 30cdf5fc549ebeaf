//! How departments' systems hand letters in: JSON over HTTPS with a key of their own (`Authorization: Bearer …`).
//!
//! ```text
//!  POST /api/dispatch                       letter + Idempotency-Key ─► { dispatch, state, next }
//!  POST /api/dispatch/{id}/recipients?first=1     JSON lines, ≤ 4 MB, in order; repeated lines are passed over ─► { next }
//!  POST /api/dispatch/{id}/attachments      one file in base64, for all or for one resident
//!  GET  /api/dispatch/{id}/receipt          counts, and the root of the mailbox's evidence
//!  POST /api/dispatch/{id}/complete         no more lines; two members of staff release it
//!  GET  /api/dispatch/{id}                  progress and faulty lines
//!  POST /api/dispatch/{id}/stop · /recall   at once
//!  GET  /api/dispatch/openapi.json          this, for programs
//! ```

mod openapi;

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use base::{Id, Kind};
use data_encoding::BASE64;
use serde::Deserialize;
use serde_json::{Value, json};
use store::StoreError;
use tools::Inside;
use tools::access::Actor;
use tools::dispatch::senders::{self, Registered};
use tools::dispatch::{self, Dispatch, DispatchError, Draft, attachments, intake};

use crate::app::App;
use crate::machine_api::{Answer, Refused, as_holder};
use crate::routes::{Routes, Rule};

/// Bytes of one body: some ten thousand recipients.
const MOST_BYTES: usize = 4 << 20;

/// Its routes. The door is open to all; each handler asks for the sender's key.
pub fn routes() -> Routes {
    Routes::new()
        .get("/api/dispatch/openapi.json", Rule::Public, openapi::document)
        .post_up_to("/api/dispatch", Rule::Machine, 256 * 1024, open)
        .post_up_to("/api/dispatch/{dispatch}/recipients", Rule::Machine, MOST_BYTES, recipients)
        .post_up_to("/api/dispatch/{dispatch}/attachments", Rule::Machine, 1 << 20, attachment)
        .get("/api/dispatch/{dispatch}/receipt", Rule::Machine, receipt)
        .post("/api/dispatch/{dispatch}/complete", Rule::Machine, complete)
        .get("/api/dispatch/{dispatch}", Rule::Machine, progress)
        .post("/api/dispatch/{dispatch}/stop", Rule::Machine, stop)
        .post("/api/dispatch/{dispatch}/recall", Rule::Machine, recall)
}

impl From<DispatchError> for Refused {
    fn from(error: DispatchError) -> Self {
        if error.kind() == Kind::Unavailable || error.kind() == Kind::Internal {
            return Self::not_now(error);
        }
        Self::new(error.kind(), error.to_string())
    }
}

/// Runs `action` for the sender whose key stands in the request.
async fn as_sender<F>(app: &Arc<App>, headers: &HeaderMap, action: F) -> Answer
where
    F: FnOnce(&Inside, &Registered) -> Result<Value, Refused> + Send + 'static,
{
    let find =
        |inside: &Inside, key: &str| Ok(inside.store.read::<_, StoreError, _>(|tx| senders::by_token(tx, key))?);
    as_holder(app, headers, find, action).await
}

/// The dispatch, if it is this sender's.
fn own(inside: &Inside, sender: &Registered, id: &str) -> Result<Dispatch, Refused> {
    let unknown = || Refused::new(Kind::NotFound, "there is no such dispatch");
    let id = Id::parse(id).map_err(|_| unknown())?;
    let found = inside.store.read::<_, StoreError, _>(|tx| dispatch::get(tx, id))?;
    found.filter(|one| one.sender == sender.key).ok_or_else(unknown)
}

fn told(one: &Dispatch) -> Value {
    json!({
        "dispatch": one.id.to_string(), "state": one.state.word(), "next": one.total + one.refused + 1,
        "recipients": one.total, "refused": one.refused, "stage": one.stage, "done": one.done,
        "placed": one.placed, "paper": one.on_paper, "unreached": one.unreached,
        "holdUntil": one.hold_until.map(|at| at.to_string()),
    })
}

async fn open(State(app): State<Arc<App>>, headers: HeaderMap, body: Bytes) -> Answer {
    let key = headers.get("idempotency-key").and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    as_sender(&app, &headers, move |inside, sender| {
        let draft: Draft =
            serde_json::from_slice(&body).map_err(|error| Refused::invalid(format!("the letter: {error}")))?;
        let (seams, sender) = (inside.seams.clone(), sender.key.clone());
        let opened =
            inside.store.write::<_, DispatchError, _>(move |tx| intake::open(tx, &seams, &sender, &key, &draft))?;
        Ok(told(&opened))
    })
    .await
}

#[derive(Deserialize)]
struct Place {
    first: i64,
}

async fn recipients(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Path(id): Path<String>,
    Query(from): Query<Place>,
    body: Bytes,
) -> Answer {
    as_sender(&app, &headers, move |inside, sender| {
        let one = own(inside, sender, &id)?;
        let text = std::str::from_utf8(&body).map_err(|_| Refused::invalid("not UTF-8"))?;
        let lines = intake::read_json_lines(text);
        let next = intake::append(inside, one.id, from.first, &lines)?;
        Ok(json!({ "next": next }))
    })
    .await
}

/// Who acts, as the audit log names it.
fn acting(sender: &Registered) -> Actor {
    Actor::Sender { key: sender.key.clone() }
}

/// A file beside the letter.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Attached {
    name: String,
    /// Base64.
    content: String,
    /// For this resident alone. In the body, since addresses stand in logs.
    #[serde(default)]
    resident: Option<String>,
}

async fn attachment(State(app): State<Arc<App>>, headers: HeaderMap, Path(id): Path<String>, body: Bytes) -> Answer {
    as_sender(&app, &headers, move |inside, sender| {
        let invalid = |why: &str| Refused::invalid(format!("the attachment: {why}"));
        let sent: Attached = serde_json::from_slice(&body).map_err(|error| invalid(&error.to_string()))?;
        let bytes = BASE64.decode(sent.content.as_bytes()).map_err(|_| invalid("its content is not base64"))?;
        let one = own(inside, sender, &id)?.id;
        let number = attachments::add(inside, &acting(sender), one, sent.resident.as_deref(), (&sent.name, &bytes))?;
        Ok(json!({ "attachment": number }))
    })
    .await
}

async fn receipt(State(app): State<Arc<App>>, headers: HeaderMap, Path(id): Path<String>) -> Answer {
    as_sender(&app, &headers, move |inside, sender| {
        let one = own(inside, sender, &id)?.id;
        let found = inside.store.read::<_, StoreError, _>(|tx| dispatch::evidence::receipt(tx, one))?;
        let found = found.ok_or_else(|| Refused::new(Kind::NotFound, "there is no such dispatch"))?;
        let mut said = told(&found.dispatch);
        said["letter"] = json!(found.dispatch.letter.to_string());
        said["evidence"] = json!({
            "acceptedAt": found.accepted_at.map(|at| at.to_string()), "placed": found.placed, "entries": found.entries,
            "first": found.positions.map(|(first, _)| first), "last": found.positions.map(|(_, last)| last),
            "root": found.root,
        });
        Ok(said)
    })
    .await
}

async fn complete(State(app): State<Arc<App>>, headers: HeaderMap, Path(id): Path<String>) -> Answer {
    as_sender(&app, &headers, move |inside, sender| {
        let (one, seams, by) = (own(inside, sender, &id)?.id, inside.seams.clone(), acting(sender));
        inside.store.write::<_, DispatchError, _>(move |tx| intake::hand_in(tx, &seams, &by, one))?;
        own(inside, sender, &id).map(|one| told(&one))
    })
    .await
}

async fn progress(State(app): State<Arc<App>>, headers: HeaderMap, Path(id): Path<String>) -> Answer {
    as_sender(&app, &headers, move |inside, sender| {
        let one = own(inside, sender, &id)?;
        let faults = inside.store.read::<_, StoreError, _>(|tx| intake::faults(tx, one.id, 1_000))?;
        let mut said = told(&one);
        said["faults"] = faults.iter().map(|(line, why)| json!({ "line": line, "reason": why })).collect();
        Ok(said)
    })
    .await
}

async fn stop(State(app): State<Arc<App>>, headers: HeaderMap, Path(id): Path<String>) -> Answer {
    as_sender(&app, &headers, move |inside, sender| {
        let (one, seams) = (own(inside, sender, &id)?.id, inside.seams.clone());
        let by = acting(sender);
        inside.store.write::<_, DispatchError, _>(move |tx| dispatch::halt(tx, &seams, &by, one, true))?;
        own(inside, sender, &id).map(|one| told(&one))
    })
    .await
}

#[derive(Deserialize)]
struct Why {
    reason: String,
}

async fn recall(State(app): State<Arc<App>>, headers: HeaderMap, Path(id): Path<String>, body: Bytes) -> Answer {
    as_sender(&app, &headers, move |inside, sender| {
        let why: Why =
            serde_json::from_slice(&body).map_err(|_| Refused::invalid("a reason is needed: readers see it"))?;
        let (one, seams) = (own(inside, sender, &id)?.id, inside.seams.clone());
        let by = acting(sender);
        let reason: String = why.reason.chars().take(200).collect();
        inside.store.write::<_, DispatchError, _>(move |tx| dispatch::recall(tx, &seams, &by, one, &reason))?;
        own(inside, sender, &id).map(|one| told(&one))
    })
    .await
}
