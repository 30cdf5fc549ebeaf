//! The server's half of the card agents on PCs: pairing, requests, answers. The agent's half is `crates/agent`.
//!
//! ```text
//!  staff: code ─▶ agent: POST /agent/pair ─▶ its key, ours, bound to the code
//!  a page: POST …/identify ─▶ Counterpart::ask ─▶ signed request ─▶ agent ─▶ sealed answer
//!          POST …/answer   ─▶ Counterpart::open: ours? this session's? for this? fresh? this agent's? once ─▶ CardAnswer
//! ```
//!
//! A request is its own record: it is signed by us and names session, agent and time, so nothing is kept while it is
//! out. That it is used once is written in the step that opens its answer (`used_challenges`).

mod application_keys;
pub(crate) mod pages;
pub(crate) mod pairing;
pub(crate) mod registration;
pub mod relay;

use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use base::{Id, Kind, Seams, Timestamp};
use data_encoding::BASE64URL_NOPAD;
use pki::agent::{
    AgentRequest, AnswerRefusal, CardAnswer, RequestRefusal, ServerKeys, SignedRequest, Verb, VerificationKey, Wording,
    open_agent_answer,
};
use pki::challenge::{CardRefusal, Expectation, MAX_AGE_SECONDS, VerifiedCard, verify_user_authentication};
use store::Store;
use tools::credentials::{self, CredentialError};
use tools::terminals::agents::{self, Agent};
use tools::{Inside, Outside};
use ui::{Language, words};

use crate::error::Failure;
use crate::routes::Routes;
use crate::session::Session;

/// Its routes. The door where agents are paired is both zones' ([`pairing`]).
pub fn routes() -> Routes {
    pages::routes().merge(registration::routes()).merge(application_keys::routes()).merge(relay::routes())
}

/// The zone whose agents are meant: each has its own, and its own used challenges.
#[derive(Clone, Copy)]
pub struct Side<'a> {
    store: &'a Store,
    seams: &'a Seams,
}

impl<'a> From<&'a Inside> for Side<'a> {
    fn from(zone: &'a Inside) -> Self {
        Self { store: &zone.store, seams: &zone.seams }
    }
}

impl<'a> From<&'a Outside> for Side<'a> {
    fn from(zone: &'a Outside) -> Self {
        Self { store: &zone.store, seams: &zone.seams }
    }
}

impl<'a> From<&'a Arc<Inside>> for Side<'a> {
    fn from(zone: &'a Arc<Inside>) -> Self {
        Self::from(&**zone)
    }
}

impl<'a> From<&'a Arc<Outside>> for Side<'a> {
    fn from(zone: &'a Arc<Outside>) -> Self {
        Self::from(&**zone)
    }
}

/// What this city talks to its agents with.
#[derive(Debug)]
pub struct Counterpart {
    keys: Arc<ServerKeys>,
    verification_key: VerificationKey,
    /// For whom cards prove themselves.
    pub audience: String,
    /// The origins of pages that may ask agents.
    pub origins: Vec<String>,
    /// Where agents listen on their PCs.
    pub port: u16,
}

/// Why an answer is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotTaken {
    /// The request is not ours, or too old.
    #[error(transparent)]
    Request(#[from] RequestRefusal),
    /// The request was made for another session.
    #[error("the request belongs to another session")]
    OtherSession,
    /// The agent was stopped, or never existed.
    #[error("the agent does not serve")]
    UnknownAgent,
    /// The request was made for something else than its answer is brought for.
    #[error("the request was made for another purpose")]
    OtherPurpose,
    /// The request was answered before.
    #[error("the request was answered before")]
    Replayed,
    /// The answer.
    #[error(transparent)]
    Answer(#[from] AnswerRefusal),
}

impl NotTaken {
    /// The key of its sentence.
    pub const fn key(&self) -> &'static str {
        match self {
            Self::Request(RequestRefusal::Stale) => "agent-refused-stale",
            Self::Request(_) | Self::OtherSession => "agent-refused-not-from-server",
            Self::UnknownAgent => "agent-staff-unknown",
            Self::Replayed => "agent-refused-replayed",
            Self::OtherPurpose | Self::Answer(_) => "agent-staff-answer-wrong",
        }
    }
}

/// An answer that was opened: what was asked, what the card gave, at which agent.
#[derive(Debug)]
pub struct Opened {
    /// What was asked; for a document its hash and wording.
    pub request: SignedRequest,
    /// What the card gave; its own signature is still to be judged.
    pub answer: CardAnswer,
    /// Where.
    pub agent: Agent,
}

impl Opened {
    /// Judges the card of an answer to [`Verb::Identify`]: chain, policy, status, signature over this challenge.
    ///
    /// # Errors
    /// [`CardRefusal`].
    pub fn verify(
        &self,
        anchors: &pki::TrustAnchors,
        status: &dyn pki::revocation::StatusSource,
        now: Timestamp,
    ) -> Result<VerifiedCard, CardRefusal> {
        let request = &self.request.request;
        let expected = Expectation { audience: &request.audience, terminal: &request.agent };
        verify_user_authentication(self.answer.presented(), &request.challenge(), expected, anchors, status, now)
    }
}

/// What a request of this session is bound to.
pub fn bound_to(session: &Session) -> [u8; 32] {
    bound_to_key(&session.key)
}

/// The same for whatever else this browser alone has, by its hash.
pub fn bound_to_key(key: &[u8]) -> [u8; 32] {
    let hash = digest(&SHA256, &[b"yakuba-agent-session-v1".as_slice(), key].concat());
    std::array::from_fn(|at| hash.as_ref()[at])
}

/// The sentence of this key in the three languages of the pad.
pub fn wording(key: &str) -> Wording {
    let say = |language| words().get(language, key);
    Wording { japanese: say(Language::Japanese), easy: say(Language::EasyJapanese), english: say(Language::English) }
}

impl Counterpart {
    /// With these keys. `None` when the signing key is not of P-256 or there is none to seal to.
    pub fn new(keys: Arc<ServerKeys>, audience: String, origins: Vec<String>, port: u16) -> Option<Self> {
        let verification_key = VerificationKey::from_info(keys.signing.public_key_info())?;
        (!keys.sealing.is_empty()).then_some(Self { keys, verification_key, audience, origins, port })
    }

    /// The answer to a pairing of `agent`.
    fn paired(&self, city: &tools::CityProfile, agent: &Agent, now: Timestamp) -> pki::agent::PairingAnswer {
        pki::agent::PairingAnswer {
            agent: agent.id.to_string(),
            audience: self.audience.clone(),
            name: city.name.clone(),
            name_english: city.name_english.clone(),
            origins: self.origins.clone(),
            verification_key: self.verification_key.clone(),
            sealing_keys: self.keys.sealing.iter().map(|key| key.public().clone()).collect(),
            paired_at: now,
        }
    }

    /// A request to the active `agent`, as text for the page to carry. `bound_to` is what [`bound_to`] makes of the
    /// session; the answer is taken in that session only.
    ///
    /// # Errors
    /// No such agent ([`Kind::NotFound`]); a wording that is too long or misleads the eye ([`Kind::Internal`]); the
    /// database.
    pub fn ask<'a>(
        &self,
        side: impl Into<Side<'a>>,
        agent: Id,
        bound_to: [u8; 32],
        purpose: Wording,
        verb: Verb,
    ) -> Result<String, Failure> {
        Ok(BASE64URL_NOPAD.encode(&self.ask_signed(side, agent, bound_to, purpose, verb)?.to_bytes()))
    }

    /// The same, before it is text.
    ///
    /// # Errors
    /// As [`Self::ask`].
    pub fn ask_signed<'a>(
        &self,
        side: impl Into<Side<'a>>,
        agent: Id,
        bound_to: [u8; 32],
        purpose: Wording,
        verb: Verb,
    ) -> Result<SignedRequest, Failure> {
        let side = side.into();
        let found = side.store.read(|tx| agents::active(tx, agent))?;
        if found.is_none() {
            return Err(Failure::saying(Kind::NotFound, "agent-staff-unknown"));
        }
        let agent = agent.to_string();
        let request = AgentRequest::new(side.seams, &self.audience, &agent, bound_to, purpose, verb);
        request.sign(&self.keys.signing).map_err(|error| Failure::defect("agents", &error))
    }

    /// Opens the answer to a request of ours that was made for `purpose`, and marks the request as used, in one step. What
    /// somebody agreed to for one purpose serves no other.
    ///
    /// # Errors
    /// Outer: the database. Inner: why it is not taken.
    pub fn open<'a>(
        &self,
        side: impl Into<Side<'a>>,
        bound_to: &[u8; 32],
        purpose: &Wording,
        request: &str,
        answer: &str,
    ) -> Result<Result<Opened, NotTaken>, CredentialError> {
        let side = side.into();
        let (request, now) = match self.ours(side, bound_to, purpose, request) {
            Ok(found) => found,
            Err(no) => return Ok(Err(no)),
        };
        let Ok(id) = Id::parse(&request.request.agent) else { return Ok(Err(NotTaken::UnknownAgent)) };
        let digest = request.digest();
        let forget_at = request.request.issued_at.plus_seconds(2 * MAX_AGE_SECONDS);
        let found = side.store.write::<_, CredentialError, _>(move |tx| {
            let Some(found) = agents::active(tx, id)? else { return Ok(Err(NotTaken::UnknownAgent)) };
            if credentials::use_challenge_once(tx, &digest, now, forget_at)?.is_err() {
                return Ok(Err(NotTaken::Replayed));
            }
            Ok(Ok(found))
        })?;
        let (agent, key) = match found {
            Ok(found) => found,
            Err(no) => return Ok(Err(no)),
        };
        Ok(self.unsealed(request, (agent, &key), answer))
    }

    /// Looks into the answer to a request of ours without using it up: only to say in a second request what the first one's
    /// answer names. Nothing may be concluded from it; it is brought again, and then [`Counterpart::open`] takes it.
    ///
    /// # Errors
    /// As [`Counterpart::open`].
    pub fn look(
        &self,
        inside: &Inside,
        bound_to: &[u8; 32],
        purpose: &Wording,
        request: &str,
        answer: &str,
    ) -> Result<Result<Opened, NotTaken>, CredentialError> {
        let (request, _) = match self.ours(inside.into(), bound_to, purpose, request) {
            Ok(found) => found,
            Err(no) => return Ok(Err(no)),
        };
        let Ok(id) = Id::parse(&request.request.agent) else { return Ok(Err(NotTaken::UnknownAgent)) };
        let Some((agent, key)) = inside.store.read(|tx| agents::active(tx, id))? else {
            return Ok(Err(NotTaken::UnknownAgent));
        };
        Ok(self.unsealed(request, (agent, &key), answer))
    }

    /// What names a request of ours, however old it is; [`None`] of what we did not sign. See [`SignedRequest::digest`].
    pub fn digest_of(&self, request: &str) -> Option<[u8; 32]> {
        let bytes = BASE64URL_NOPAD.decode(request.as_bytes()).ok()?;
        Some(SignedRequest::read(&bytes, &self.verification_key).ok()?.digest())
    }

    fn unsealed(
        &self,
        request: SignedRequest,
        (agent, key): (Agent, &VerificationKey),
        answer: &str,
    ) -> Result<Opened, NotTaken> {
        let sealed = BASE64URL_NOPAD.decode(answer.as_bytes()).unwrap_or_default();
        let answer = open_agent_answer(&self.keys, key, &request, &sealed)?;
        Ok(Opened { request, answer, agent })
    }

    fn ours(
        &self,
        side: Side<'_>,
        bound_to: &[u8; 32],
        purpose: &Wording,
        request: &str,
    ) -> Result<(SignedRequest, Timestamp), NotTaken> {
        let now = side.seams.now();
        let bytes = BASE64URL_NOPAD.decode(request.as_bytes()).unwrap_or_default();
        let request = SignedRequest::read(&bytes, &self.verification_key)?;
        request.request.check(&self.audience, &request.request.agent, now)?;
        if request.request.bound_to != *bound_to {
            return Err(NotTaken::OtherSession);
        }
        if request.request.purpose != *purpose {
            return Err(NotTaken::OtherPurpose);
        }
        Ok((request, now))
    }
}

/// Put on an answer whose page talks to the agent on the reader's own PC: it widens `connect-src` by that one origin.
#[derive(Clone, Copy, Debug)]
pub struct ReachesAgent(pub u16);
