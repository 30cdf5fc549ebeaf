//! Requests under way. Ids are random and good once; a request is taken once; an answer is handed over once.
//!
//! ```text
//!  accept ─▶ Asked ── pad opened ─▶ Open ── the card answered ─▶ Answered ── fetched ─▶ Fetched
//!               │                    └── the person said no ──▶ Stopped
//!               └── three minutes after the server asked: over
//! ```

use std::collections::HashMap;
use std::sync::Arc;

use base::{Seams, Timestamp};
use pki::agent::SignedRequest;
use pki::challenge::MAX_AGE_SECONDS;
use ui::Language;

use crate::pairings::Pairing;

/// Requests open at one time: one person sits here.
pub const MOST_OPEN: usize = 8;
/// What became of a request can be asked for this long after it is over.
const KEPT_SECONDS: i64 = 60;

/// Why a request was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotTaken {
    /// It was taken before.
    #[error("the request was used before")]
    Replayed,
    /// It was made before this agent was started: whether it was used is not known.
    #[error("the request is older than this agent")]
    BeforeStart,
    /// Too many are open.
    #[error("too many requests are open")]
    TooMany,
}

/// Why a pad is not shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoPad {
    /// There is none with this id.
    #[error("there is no such request")]
    Unknown,
    /// It was opened before, in another window.
    #[error("the pad was opened before")]
    OpenedBefore,
    /// Its time is over.
    #[error("the request is no longer valid")]
    Over,
    /// It is done or was stopped.
    #[error("the request is done")]
    Done,
}

/// Where a request stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Its pad was not opened yet.
    Asked,
    /// Its pad is shown.
    Open,
    /// The card answered; these are the sealed bytes.
    Answered(Vec<u8>),
    /// The page has the answer.
    Fetched,
    /// The person said no.
    Stopped,
}

/// One request under way.
#[derive(Clone, Debug)]
pub struct Pad {
    /// The server that asks.
    pub pairing: Arc<Pairing>,
    /// What it asks.
    pub request: Arc<SignedRequest>,
    /// In which language the pad speaks.
    pub language: Language,
    /// What the next form must bring; another one each time, so that a form sent twice spends no second try.
    pub step: String,
    /// Wrong PINs typed into this pad.
    pub misses: u32,
    /// Whether the person was told that one try is left.
    pub was_warned: bool,
    /// Where it stands.
    pub state: State,
    ticket: String,
    ends_at: Timestamp,
}

impl Pad {
    /// Whether its time is over.
    pub fn is_over(&self, now: Timestamp) -> bool {
        now > self.ends_at
    }
}

/// What a page is told about its request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// The person has not finished.
    Waiting,
    /// The sealed answer, told once.
    Answered(Vec<u8>),
    /// It was told before.
    Fetched,
    /// The person said no.
    Stopped,
    /// Nobody finished in time.
    Over,
}

/// All requests under way.
#[derive(Debug)]
pub struct Desk {
    started_at: Timestamp,
    pads: HashMap<String, Pad>,
    taken: HashMap<[u8; 32], Timestamp>,
}

impl Desk {
    /// An empty one.
    pub fn new(now: Timestamp) -> Self {
        Self { started_at: now, pads: HashMap::new(), taken: HashMap::new() }
    }

    fn sweep(&mut self, now: Timestamp) {
        self.pads.retain(|_, pad| now <= pad.ends_at.plus_seconds(KEPT_SECONDS));
        self.taken.retain(|_, forget_at| now <= *forget_at);
    }

    /// Takes a request that was found signed, addressed and fresh; answers with the id of its pad and the ticket for its
    /// answer.
    ///
    /// # Errors
    /// [`NotTaken`].
    pub fn accept(
        &mut self,
        seams: &Seams,
        pairing: Arc<Pairing>,
        request: SignedRequest,
        language: Language,
    ) -> Result<(String, String), NotTaken> {
        let now = seams.now();
        self.sweep(now);
        // What this agent took before it was started anew is not remembered, so nothing older is taken.
        if request.request.issued_at < self.started_at {
            return Err(NotTaken::BeforeStart);
        }
        let digest = request.digest();
        if self.taken.contains_key(&digest) {
            return Err(NotTaken::Replayed);
        }
        let is_open = |pad: &&Pad| matches!(pad.state, State::Asked | State::Open) && !pad.is_over(now);
        if self.pads.values().filter(is_open).count() >= MOST_OPEN {
            return Err(NotTaken::TooMany);
        }
        let ends_at = request.request.issued_at.plus_seconds(MAX_AGE_SECONDS);
        // A minute more than it could be fresh by a clock that is behind.
        self.taken.insert(digest, ends_at.plus_seconds(2 * KEPT_SECONDS));
        let (id, ticket) = (seams.random_id().to_string(), seams.random_id().to_string());
        let pad = Pad {
            pairing,
            request: Arc::new(request),
            language,
            step: String::new(),
            misses: 0,
            was_warned: false,
            state: State::Asked,
            ticket: ticket.clone(),
            ends_at,
        };
        self.pads.insert(id.clone(), pad);
        Ok((id, ticket))
    }

    /// Opens the pad, once.
    ///
    /// # Errors
    /// [`NoPad`].
    pub fn open(&mut self, seams: &Seams, id: &str) -> Result<Pad, NoPad> {
        let pad = self.pads.get_mut(id).ok_or(NoPad::Unknown)?;
        if pad.is_over(seams.now()) {
            return Err(NoPad::Over);
        }
        if pad.state != State::Asked {
            return Err(NoPad::OpenedBefore);
        }
        pad.state = State::Open;
        pad.step = seams.random_id().to_string();
        Ok(pad.clone())
    }

    /// Takes a step on an open pad: whether the form brought the step that was given to it, and the pad with the next.
    ///
    /// # Errors
    /// [`NoPad`].
    pub fn step(&mut self, seams: &Seams, id: &str, brought: &str) -> Result<(bool, Pad), NoPad> {
        let pad = self.pads.get_mut(id).ok_or(NoPad::Unknown)?;
        if pad.is_over(seams.now()) {
            return Err(NoPad::Over);
        }
        if pad.state != State::Open {
            return Err(if pad.state == State::Asked { NoPad::Unknown } else { NoPad::Done });
        }
        let is_it = pad.step == brought;
        pad.step = seams.random_id().to_string();
        Ok((is_it, pad.clone()))
    }

    /// Changes an open pad; `None` when it is no longer open.
    pub fn change(&mut self, now: Timestamp, id: &str, change: impl FnOnce(&mut Pad)) -> Option<Pad> {
        let pad = self.pads.get_mut(id).filter(|pad| pad.state == State::Open && !pad.is_over(now))?;
        change(pad);
        Some(pad.clone())
    }

    /// What became of the request with this ticket, asked by a page of `audience`. `None`: no such ticket.
    pub fn tell(&mut self, now: Timestamp, audience: &str, ticket: &str) -> Option<Told> {
        self.sweep(now);
        let pad = self.pads.values_mut().find(|pad| pad.ticket == ticket && pad.pairing.audience == audience)?;
        Some(match std::mem::replace(&mut pad.state, State::Fetched) {
            State::Answered(sealed) => Told::Answered(sealed),
            State::Fetched => Told::Fetched,
            State::Stopped => {
                pad.state = State::Stopped;
                Told::Stopped
            }
            waiting => {
                pad.state = waiting;
                if pad.is_over(now) { Told::Over } else { Told::Waiting }
            }
        })
    }
}
