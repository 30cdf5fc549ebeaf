//! Where agents are paired: a door for programs, which know a one-time code or get nothing. A code of a PC of the city is
//! known inside, one of a resident's own PC outside; each zone speaks with keys of its own.

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

pub(crate) fn routes() -> Routes {
    Routes::new().post_up_to("/agent/pair", Rule::Public, MOST_BYTES, pair)
}

/// Every refusal is the same: whether a code exists is not told.
async fn pair(State(app): State<Arc<App>>, body: Bytes) -> Result<Response, Failure> {
    let refused = || Failure::saying(Kind::Gone, "agent-own-refused");
    let request = PairingRequest::read(&body).map_err(|_| refused())?;
    let answer = blocking(move || {
        let inside = app.inside.as_ref().zip(app.agents.as_ref());
        let inside = inside.map(|(zone, keys)| (&zone.store, keys));
        let outside = app.outside.as_ref().zip(app.portal.as_ref().and_then(|ways| ways.cards.as_ref()));
        let outside = outside.map(|(zone, cards)| (&zone.store, &cards.counterpart));
        for (store, keys) in [outside, inside].into_iter().flatten() {
            let (seams, sent) = (app.seams.clone(), request.clone());
            if let Some((agent, code)) = store.write(move |tx| agents::pair(tx, &seams, &sent))? {
                return Ok(Some(keys.paired(&app.profile, &agent, app.seams.now()).to_bytes(&code, &request)));
            }
        }
        Ok(None)
    })
    .await?
    .ok_or_else(refused)?;
    Ok(([(header::CONTENT_TYPE, "application/octet-stream")], answer).into_response())
}
