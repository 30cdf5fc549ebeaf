//! The hall's half of working on the city's own application on a card at an agent: work waits until its request was agreed to on
//! the agent's pad, then its commands go out one by one and the answers come in. In memory of this process alone: a restart, or
//! another process, ends it, and the card goes on where it stands at the next request.
//!
//! ```text
//!  page: ask ─► add(request, work) … agent: step 0 ─► take: once, opened ─► thread: work(card) ─► order 1 ─► step 1 ─► … end
//! ```

use std::collections::HashMap;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use base::{Id, Kind, Timestamp};
use card::{Card, ReaderError};
use data_encoding::BASE64URL_NOPAD;
use pki::agent::SignedRequest;
use pki::agent::relay::{Order, Step};
use pki::challenge::MAX_AGE_SECONDS;
use tools::Inside;
use tools::credentials::{self, CredentialError};
use tools::terminals::agents;

use super::{Counterpart, Opened};
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::routes::{Routes, Rule};

const PATH: &str = "/agent/application";
/// A step: a card's answer, or the sealed answer to the request with two certificates in it.
const MOST_BYTES: usize = 32 * 1024;
/// Requests that wait or are worked on at one time.
const MOST: usize = 64;
/// Seconds after which one is forgotten.
const SECONDS: i64 = 600;
/// How long an agent may take for one command: the card, and the way there and back.
const ANSWER_SECONDS: u64 = 30;
/// How long the next command may take here. Agents wait a little longer.
const ORDER_SECONDS: u64 = 12;

/// What is done with the card, once the person agreed.
pub type Work = Box<dyn FnOnce(Opened, &mut dyn Card) + Send>;

enum Phase {
    Waits(Work),
    Runs { orders: Receiver<Option<Vec<u8>>>, answers: Sender<Option<Vec<u8>>> },
}

struct Row {
    agent: Id,
    request: SignedRequest,
    made_at: Timestamp,
    next: u32,
    phase: Phase,
}

/// Requests under way.
#[derive(Clone, Default)]
pub struct Relays(Arc<Mutex<HashMap<[u8; 32], Row>>>);

/// The card at the agent, as work here sees it.
struct FarCard {
    orders: Sender<Option<Vec<u8>>>,
    answers: Receiver<Option<Vec<u8>>>,
}

impl Card for FarCard {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, ReaderError> {
        self.orders.send(Some(command.to_vec())).map_err(|_| ReaderError::CardRemoved)?;
        let answer = self.answers.recv_timeout(Duration::from_secs(ANSWER_SECONDS));
        answer.ok().flatten().ok_or(ReaderError::CardRemoved)
    }

    /// The agent lets the card go when the end was ordered.
    fn power_off(&mut self) -> Result<(), ReaderError> {
        Ok(())
    }
}

impl Relays {
    fn rows(&self) -> MutexGuard<'_, HashMap<[u8; 32], Row>> {
        // The rows are sound between any two lines.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has `work` wait for the answer to `request`. `false` when too much is under way.
    pub fn add(&self, agent: Id, request: SignedRequest, now: Timestamp, work: Work) -> bool {
        let mut rows = self.rows();
        rows.retain(|_, row| now.seconds_since(row.made_at) < SECONDS);
        if rows.len() >= MOST {
            return false;
        }
        let row = Row { agent, made_at: now, next: 0, phase: Phase::Waits(work), request };
        rows.insert(row.request.digest(), row);
        true
    }

    /// Takes the row out for one step of this agent; it stays out unless the step comes to a further order.
    fn take(&self, agent: Id, step: &Step) -> Option<Row> {
        let mut rows = self.rows();
        let is_next = rows.get(&step.request).is_some_and(|row| row.agent == agent && row.next == step.number);
        if is_next { rows.remove(&step.request) } else { None }
    }

    fn put_back(&self, digest: [u8; 32], row: Row) {
        self.rows().insert(digest, row);
    }
}

pub(super) fn routes() -> Routes {
    Routes::new().post_up_to(PATH, Rule::Agent, MOST_BYTES, step)
}

/// The same refusal whatever is behind it.
fn refused() -> Failure {
    Failure::saying(Kind::Gone, "agent-staff-answer-wrong")
}

async fn step(State(app): State<Arc<App>>, body: Bytes) -> Result<Response, Failure> {
    let (inside, counterpart) = (app.inside()?.clone(), app.counterpart()?.clone());
    let relays = app.relays.clone();
    let order = blocking(move || {
        let order = stepped(&inside, &counterpart, &relays, &body)
            .map_err(|error| Failure::defect("agents", &error))?
            .ok_or_else(refused)?;
        order.sign(&counterpart.keys.signing).map_err(|error| Failure::defect("agents", &error))
    })
    .await?;
    Ok(([(header::CONTENT_TYPE, "application/octet-stream")], order).into_response())
}

/// The order that follows; `None` for whatever is not the next step of a request that this agent was asked.
fn stepped(
    inside: &Inside,
    counterpart: &Counterpart,
    relays: &Relays,
    body: &[u8],
) -> Result<Option<Order>, CredentialError> {
    let Some(id) = Step::claimed_agent(body).ok().and_then(|name| Id::parse(&name).ok()) else { return Ok(None) };
    // An agent that was stopped meanwhile goes no further.
    let Some((agent, key)) = inside.store.read(|tx| agents::active(tx, id))? else { return Ok(None) };
    let Ok(step) = Step::read(body, &key) else { return Ok(None) };
    let Some(row) = relays.take(id, &step) else { return Ok(None) };
    let Row { agent: of, request, made_at, next, phase } = row;
    let (orders, answers) = match phase {
        Phase::Runs { orders, answers } => {
            if answers.send(step.content).is_err() {
                return Ok(None);
            }
            (orders, answers)
        }
        Phase::Waits(work) => {
            let sealed = BASE64URL_NOPAD.encode(&step.content.unwrap_or_default());
            if request.request.check(&counterpart.audience, &request.request.agent, inside.seams.now()).is_err()
                || !used_now(inside, &request)?
            {
                return Ok(None);
            }
            match counterpart.unsealed(request.clone(), (agent, &key), &sealed) {
                Ok(opened) => begin(work, opened),
                Err(_) => return Ok(None),
            }
        }
    };
    let command = orders.recv_timeout(Duration::from_secs(ORDER_SECONDS)).ok().flatten();
    let order = Order { request: step.request, number: next + 1, command };
    if order.command.is_some() {
        let phase = Phase::Runs { orders, answers };
        relays.put_back(step.request, Row { agent: of, request, made_at, next: next + 1, phase });
    }
    Ok(Some(order))
}

fn used_now(inside: &Inside, request: &SignedRequest) -> Result<bool, CredentialError> {
    let (digest, now) = (request.digest(), inside.seams.now());
    let forget_at = request.request.issued_at.plus_seconds(2 * MAX_AGE_SECONDS);
    inside.store.write::<_, CredentialError, _>(move |tx| {
        Ok(credentials::use_challenge_once(tx, &digest, now, forget_at)?.is_ok())
    })
}

type Ends = (Receiver<Option<Vec<u8>>>, Sender<Option<Vec<u8>>>);

/// Lets the work run beside the door; it ends with the end of its orders, whatever becomes of it.
fn begin(work: Work, opened: Opened) -> Ends {
    let ((to_agent, orders), (answers, from_agent)) = (channel(), channel());
    std::thread::spawn(move || {
        let mut card = FarCard { orders: to_agent, answers: from_agent };
        work(opened, &mut card);
        // Nobody may be waiting any more.
        let _ = card.orders.send(None);
    });
    (orders, answers)
}
