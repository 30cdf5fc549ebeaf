//! Where agents are paired: a door for programs, which know a one-time code or get nothing.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use base::Kind;
use pki::agent::PairingRequest;
use tools::terminals::agents;

use crate::app::{App, blocking};
use crate::error::Failure;
use crate::routes::{Routes, Rule};

const MOST_BYTES: usize = 2048;

pub(super) fn routes() -> Routes {
    Routes::new().post_up_to("/agent/pair", Rule::Public, MOST_BYTES, pair)
}

/// Every refusal is the same: whether a code exists is not told.
async fn pair(State(app): State<Arc<App>>, body: Bytes) -> Result<Response, Failure> {
    let refused = || Failure::saying(Kind::Gone, "agent-own-refused");
    let (inside, counterpart) = (app.inside()?.clone(), app.counterpart()?.clone());
    let request = PairingRequest::read(&body).map_err(|_| refused())?;
    let answer = blocking(move || {
        let (seams, sent) = (inside.seams.clone(), request.clone());
        let paired = inside.store.write(move |tx| agents::pair(tx, &seams, &sent))?;
        Ok(paired.map(|(agent, code)| {
            counterpart.paired(&inside.profile, &agent, inside.seams.now()).to_bytes(&code, &request)
        }))
    })
    .await?
    .ok_or_else(refused)?;
    Ok(([(header::CONTENT_TYPE, "application/octet-stream")], answer).into_response())
}
