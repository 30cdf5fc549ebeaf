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
use pki::agent::relay::{Next, Order, Step};
use pki::agent::{SignedRequest, VerificationKey};
use pki::challenge::MAX_AGE_SECONDS;
use tools::Inside;
use tools::credentials::{self, CredentialError};
use tools::terminals::agents::{self, Agent};

use super::{Counterpart, Opened};
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::routes::{Routes, Rule};

const PATH: &str = "/agent/application";
/// A step: a card's answer, or the sealed answer to the request with two certificates in it.
const MOST_BYTES: usize = 32 * 1024;
/// Requests that wait or are worked on at one time, at all desks.
const MOST: usize = 64;
/// The same at one desk: no desk uses up what all share.
const MOST_AT_A_DESK: usize = 3;
/// Seconds after its last step in which work that was begun is forgotten: by then its agent is not heard any more.
const SECONDS: i64 = (ANSWER_SECONDS + ORDER_SECONDS) as i64 + 18;
/// Seconds after which one that nobody agreed to is: no agent brings it any more.
const WAITING_SECONDS: i64 = 2 * MAX_AGE_SECONDS;
/// How long an agent may take for one command: the card, and the way there and back.
const ANSWER_SECONDS: u64 = 30;
/// How long the next command may take here. Agents wait a little longer.
const ORDER_SECONDS: u64 = 12;

/// What is done with the card, once the person agreed.
pub type Work = Box<dyn FnOnce(Opened, &mut dyn Card) + Send>;

enum Phase {
    Waits(Work),
    Runs {
        orders: Receiver<Option<Vec<u8>>>,
        answers: Sender<Option<Vec<u8>>>,
    },
    /// A step is being answered; no other is taken.
    Answers,
}

/// Why work is not taken on. Nothing was done; it may be tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Busy {
    /// This desk has enough under way.
    Desk,
    /// All desks together have.
    All,
}

impl Busy {
    /// The key of its sentence.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Desk => "agent-desk-busy",
            Self::All => "agent-all-busy",
        }
    }
}

struct Row {
    desk: Id,
    agent: Id,
    request: SignedRequest,
    /// When it was asked for; later, when its last step came.
    since: Timestamp,
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

    /// Has `work` of this desk wait for the answer to `request`. A desk that has enough waiting gives up what waited longest: the
    /// page that asked for it was left.
    ///
    /// # Errors
    /// [`Busy`]: too much is under way.
    pub fn add(&self, (desk, agent): (Id, Id), request: SignedRequest, now: Timestamp, work: Work) -> Result<(), Busy> {
        let mut rows = self.rows();
        rows.retain(|_, row| {
            let most = if matches!(row.phase, Phase::Waits(_)) { WAITING_SECONDS } else { SECONDS };
            now.seconds_since(row.since) < most
        });
        if rows.values().filter(|row| row.desk == desk).count() >= MOST_AT_A_DESK {
            let waits = rows.iter().filter(|(_, row)| row.desk == desk && matches!(row.phase, Phase::Waits(_)));
            let oldest = waits.min_by_key(|(_, row)| row.since).map(|(digest, _)| *digest).ok_or(Busy::Desk)?;
            rows.remove(&oldest);
        }
        if rows.len() >= MOST {
            return Err(Busy::All);
        }
        let row = Row { desk, agent, since: now, next: 0, phase: Phase::Waits(work), request };
        rows.insert(row.request.digest(), row);
        Ok(())
    }

    /// Takes what is under way out for one step of this agent; until it is put back or forgotten no other step is taken.
    fn take(&self, agent: Id, step: &Step, now: Timestamp) -> Option<(SignedRequest, Phase)> {
        let mut rows = self.rows();
        let row = rows.get_mut(&step.request).filter(|row| row.agent == agent && row.next == step.number)?;
        row.since = now;
        match std::mem::replace(&mut row.phase, Phase::Answers) {
            Phase::Answers => None,
            phase => Some((row.request.clone(), phase)),
        }
    }

    /// The work goes on with the next step.
    fn put_back(&self, digest: &[u8; 32], phase: Phase) {
        if let Some(row) = self.rows().get_mut(digest) {
            row.next += 1;
            row.phase = phase;
        }
    }

    fn forget(&self, digest: &[u8; 32]) {
        self.rows().remove(digest);
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
    let Some((request, phase)) = relays.take(id, &step, inside.seams.now()) else { return Ok(None) };
    let (digest, number) = (step.request, step.number + 1);
    let ends = match taken_on(inside, counterpart, (agent, &key), (&request, phase), step.content) {
        Ok(Some(ends)) => ends,
        other => {
            relays.forget(&digest);
            return other.map(|_| None);
        }
    };
    let next = next_of(&ends.0, Duration::from_secs(ORDER_SECONDS));
    if let Next::Command(_) = next {
        relays.put_back(&digest, Phase::Runs { orders: ends.0, answers: ends.1 });
    } else {
        relays.forget(&digest);
    }
    Ok(Some(Order { request: digest, number, next }))
}

/// Gives the step's content to the work: begins it with the sealed answer, or hands on what the card said.
fn taken_on(
    inside: &Inside,
    counterpart: &Counterpart,
    (agent, key): (Agent, &VerificationKey),
    (request, phase): (&SignedRequest, Phase),
    content: Option<Vec<u8>>,
) -> Result<Option<Ends>, CredentialError> {
    match phase {
        Phase::Runs { orders, answers } => Ok(answers.send(content).is_ok().then_some((orders, answers))),
        Phase::Answers => Ok(None),
        Phase::Waits(work) => {
            let sealed = BASE64URL_NOPAD.encode(&content.unwrap_or_default());
            let asked = &request.request;
            if asked.check(&counterpart.audience, &asked.agent, inside.seams.now()).is_err()
                || !used_now(inside, request)?
            {
                return Ok(None);
            }
            let opened = counterpart.unsealed(request.clone(), (agent, key), &sealed);
            Ok(opened.ok().map(|opened| begin(work, opened)))
        }
    }
}

/// What the work orders next. One that is not there in time, and one whose work broke, is no end: nobody is told that it was done.
fn next_of(orders: &Receiver<Option<Vec<u8>>>, patience: Duration) -> Next {
    match orders.recv_timeout(patience) {
        Ok(Some(command)) => Next::Command(command),
        Ok(None) => Next::End,
        Err(_) => Next::Late,
    }
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

#[cfg(test)]
mod tests {
    use pki::SigningKey;
    use pki::agent::{AgentRequest, Verb};

    use super::*;
    use crate::agents::wording;

    struct Hall {
        relays: Relays,
        key: SigningKey,
        now: Timestamp,
    }

    impl Hall {
        fn new() -> Self {
            let now = Timestamp::from_seconds(1_800_000_000);
            Self { relays: Relays::default(), key: SigningKey::generate_p256().unwrap(), now }
        }

        fn add(&self, desk: Id, nonce: u8) -> Result<[u8; 32], Busy> {
            let request = AgentRequest {
                audience: "city".to_owned(),
                agent: desk.to_string(),
                nonce: [nonce; 32],
                issued_at: self.now,
                bound_to: [0; 32],
                purpose: wording("agent-purpose-application-look"),
                verb: Verb::Application { with_pin: false },
            };
            let request = request.sign(&self.key).unwrap();
            let digest = request.digest();
            self.relays.add((desk, desk), request, self.now, Box::new(|_, _| ())).map(|()| digest)
        }

        fn begin(&self, desk: Id, request: [u8; 32]) {
            let step = Step { agent: desk.to_string(), request, number: 0, content: None };
            assert!(self.relays.take(desk, &step, self.now).is_some());
            assert!(self.relays.take(desk, &step, self.now).is_none(), "one step at a time");
        }
    }

    fn desk(number: u8) -> Id {
        Id::from_bytes([number; 16])
    }

    #[test]
    fn no_desk_uses_up_what_all_share_and_pages_that_were_left_hinder_nobody() {
        let mut hall = Hall::new();
        let first = hall.add(desk(1), 0).unwrap();
        for nonce in 1..MOST_AT_A_DESK as u8 + 5 {
            hall.now = hall.now.plus_seconds(1);
            hall.add(desk(1), nonce).unwrap();
            assert!(hall.relays.rows().len() <= MOST_AT_A_DESK);
        }
        assert!(!hall.relays.rows().contains_key(&first), "what waited longest was given up");

        // What is worked on is not given up: the desk is told to finish it.
        let begun: Vec<_> = hall.relays.rows().keys().copied().collect();
        begun.iter().for_each(|request| hall.begin(desk(1), *request));
        assert_eq!(hall.add(desk(1), 100), Err(Busy::Desk));
        assert!(hall.add(desk(2), 100).is_ok(), "another desk works on");
        hall.relays.forget(&begun[0]);
        assert!(hall.add(desk(1), 101).is_ok());
    }

    #[test]
    fn all_desks_together_have_a_limit_and_what_nobody_agreed_to_is_forgotten() {
        let mut hall = Hall::new();
        for number in 0..MOST as u8 {
            hall.add(desk(number), 0).unwrap();
        }
        assert_eq!(hall.add(desk(200), 0), Err(Busy::All));
        hall.now = hall.now.plus_seconds(WAITING_SECONDS);
        assert!(hall.add(desk(200), 0).is_ok());
        assert_eq!(hall.relays.rows().len(), 1);
        let words = [Busy::Desk.word(), Busy::All.word()];
        assert!(words.iter().all(|word| ui::Language::ALL.iter().all(|language| ui::words().has(*language, word))));
    }

    #[test]
    fn an_order_that_is_late_and_work_that_broke_are_no_end() {
        let (work, orders) = channel();
        assert_eq!(next_of(&orders, Duration::ZERO), Next::Late);
        work.send(Some(vec![0x84])).unwrap();
        assert_eq!(next_of(&orders, Duration::ZERO), Next::Command(vec![0x84]));
        work.send(None).unwrap();
        assert_eq!(next_of(&orders, Duration::ZERO), Next::End);
        drop(work);
        assert_eq!(next_of(&orders, Duration::ZERO), Next::Late);
    }
}
