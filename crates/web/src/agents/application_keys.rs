//! Where a card agent takes its own keys for the city's application: a door for programs. Whoever is not paired, was stopped, or
//! was never allowed to hold keys gets the same refusal.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use base::{Id, Kind};
use pki::agent::application_keys::{KeyAnswer, KeyRequest};
use pki::challenge::MAX_AGE_SECONDS;
use tools::Inside;
use tools::city_application::{Fault, handing_out};
use tools::credentials;
use tools::terminals::agents;

use crate::app::{App, blocking};
use crate::error::Failure;
use crate::routes::{Routes, Rule};

const MOST_BYTES: usize = 2048;

pub(super) fn routes() -> Routes {
    Routes::new().post_up_to("/agent/application-keys", Rule::Public, MOST_BYTES, take)
}

async fn take(State(app): State<Arc<App>>, body: Bytes) -> Result<Response, Failure> {
    let refused = || Failure::saying(Kind::Gone, "application-refused-terminal-unknown");
    let (inside, counterpart) = (app.inside()?.clone(), app.agents.clone().ok_or_else(refused)?);
    let answer = blocking(move || {
        let Some(answer) = handed(&inside, &body)? else { return Ok(None) };
        let signed = answer.sign(&counterpart.keys.signing);
        signed.map(Some).map_err(|error| Failure::defect("application keys", &error))
    })
    .await?
    .ok_or_else(refused)?;
    Ok(([(header::CONTENT_TYPE, "application/octet-stream")], answer).into_response())
}

fn handed(inside: &Inside, body: &[u8]) -> Result<Option<KeyAnswer>, Failure> {
    let Some(agent) = KeyRequest::claimed_agent(body).ok().and_then(|name| Id::parse(&name).ok()) else {
        return Ok(None);
    };
    let (vault, seams, body) = (inside.vault.clone(), inside.seams.clone(), body.to_vec());
    let answer = inside.store.write::<_, Fault, _>(move |tx| {
        let now = seams.now();
        let Some((_, key)) = agents::active(tx, agent)? else { return Ok(None) };
        let Ok(request) = KeyRequest::read(&body, &key, now) else { return Ok(None) };
        let (to, forget_at) = (request.digest(), now.plus_seconds(2 * MAX_AGE_SECONDS));
        if credentials::use_challenge_once(tx, &to, now, forget_at)?.is_err() {
            return Ok(None);
        }
        match handing_out::hand_out(tx, &vault, &seams, agent, &request) {
            Ok(keys) => Ok(Some(KeyAnswer { to, keys })),
            Err(Fault::Refused(_)) => Ok(None),
            Err(other) => Err(other),
        }
    })?;
    Ok(answer)
}
