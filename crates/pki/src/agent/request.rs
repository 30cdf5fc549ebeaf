//! What a server asks an agent for. Everything a person is shown is inside and signed, so a page can alter none of it.

use base::{Seams, Timestamp};

use super::bytes::{Reader, Writer};
use super::{SIGNATURE_BYTES, VerificationKey};
use crate::Malformed;
use crate::algorithm::sha256;
use crate::challenge::{Challenge, MAX_AGE_SECONDS};
use crate::keys::{KeyError, SigningKey};

const REQUEST: &str = "yakuba-agent-request-v1";
const SIGNED: &str = "yakuba-agent-signed-request-v1";
/// A server's clock may be ahead of the agent's by this much.
pub const MAX_AHEAD_SECONDS: i64 = 60;
/// Lines of a summary.
pub const MAX_LINES: usize = 20;
const TEXT_BYTES: usize = 600;

/// A sentence in the three languages of the pad.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wording {
    /// 日本語.
    pub japanese: String,
    /// やさしい日本語.
    pub easy: String,
    /// English.
    pub english: String,
}

/// What the card is to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verb {
    /// Prove who taps: user-authentication certificate and signature over the challenge, with the four-digit PIN.
    Identify,
    /// Sign a document with the signing certificate and password (電子署名).
    SignDocument {
        /// What the document is called, in its own language.
        title: String,
        /// What it says, as lines the person reads before signing.
        lines: Vec<String>,
        /// SHA-256 of the signed content: the PDF's signed ranges, or the whole file.
        digest: [u8; 32],
    },
    /// The hall works on the city's own application on the card, and on nothing else there ([`super::relay`]).
    Application {
        /// Whether the holder is proved first in the same connection: as [`Verb::Identify`].
        with_pin: bool,
    },
}

impl Verb {
    /// The word in addresses and messages.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Identify => "identify",
            Self::SignDocument { .. } => "sign-document",
            Self::Application { .. } => "application",
        }
    }
}

/// What a server asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentRequest {
    /// The server's audience, as paired.
    pub audience: String,
    /// The one agent that may answer.
    pub agent: String,
    /// Random, used once.
    pub nonce: [u8; 32],
    /// When the server made it.
    pub issued_at: Timestamp,
    /// Whatever the server binds it to, e.g. a hash of the browser session that asked: an answer carried into another
    /// session is refused there. Means nothing to the agent.
    pub bound_to: [u8; 32],
    /// What it is for, as the person is shown.
    pub purpose: Wording,
    /// What the card is to do.
    pub verb: Verb,
}

/// Why a request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestRefusal {
    /// Not a message of this kind.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// Not signed by the paired server, or altered.
    #[error("the request was not made by the paired server")]
    WrongSignature,
    /// Made for another server's audience.
    #[error("the request names another audience")]
    WrongAudience,
    /// Made for another agent.
    #[error("the request was made for another agent")]
    WrongAgent,
    /// Too old, or dated in the future.
    #[error("the request is no longer valid")]
    Stale,
}

impl AgentRequest {
    /// A fresh request of the server with this `audience` to `agent`.
    pub fn new(seams: &Seams, audience: &str, agent: &str, bound_to: [u8; 32], purpose: Wording, verb: Verb) -> Self {
        let (nonce, issued_at) = (seams.random.bytes(), seams.now());
        Self { audience: audience.to_owned(), agent: agent.to_owned(), nonce, issued_at, bound_to, purpose, verb }
    }

    /// What the card signs when it proves who taps: the agent stands as the terminal.
    pub fn challenge(&self) -> Challenge {
        Challenge {
            audience: self.audience.clone(),
            nonce: self.nonce,
            issued_at: self.issued_at,
            terminal: self.agent.clone(),
        }
    }

    /// Whether it was made for this pairing and just now.
    ///
    /// # Errors
    /// The first reason to refuse.
    pub fn check(&self, audience: &str, agent: &str, now: Timestamp) -> Result<(), RequestRefusal> {
        if self.audience != audience {
            return Err(RequestRefusal::WrongAudience);
        }
        if self.agent != agent {
            return Err(RequestRefusal::WrongAgent);
        }
        if (-MAX_AHEAD_SECONDS..=MAX_AGE_SECONDS).contains(&now.seconds_since(self.issued_at)) {
            Ok(())
        } else {
            Err(RequestRefusal::Stale)
        }
    }

    fn to_bytes(&self) -> Vec<u8> {
        let mut writer = Writer::new(REQUEST);
        writer
            .text(&self.audience)
            .text(&self.agent)
            .bytes(&self.nonce)
            .time(self.issued_at)
            .bytes(&self.bound_to)
            .text(&self.purpose.japanese)
            .text(&self.purpose.easy)
            .text(&self.purpose.english)
            .text(self.verb.word());
        if let Verb::SignDocument { title, lines, digest } = &self.verb {
            writer.text(title).list(lines, |writer, line| _ = writer.text(line)).bytes(digest);
        }
        if let Verb::Application { with_pin } = &self.verb {
            writer.bytes(&[u8::from(*with_pin)]);
        }
        writer.finish()
    }

    fn read(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(REQUEST, bytes)?;
        let request = Self {
            audience: reader.text(TEXT_BYTES, "an audience")?,
            agent: reader.text(TEXT_BYTES, "an agent")?,
            nonce: reader.array("a nonce")?,
            issued_at: reader.time("a time")?,
            bound_to: reader.array("what it is bound to")?,
            purpose: Wording {
                japanese: reader.text(TEXT_BYTES, "a purpose")?,
                easy: reader.text(TEXT_BYTES, "a purpose")?,
                english: reader.text(TEXT_BYTES, "a purpose")?,
            },
            verb: read_verb(&mut reader)?,
        };
        reader.finish()?;
        Ok(request)
    }

    /// Signs it.
    ///
    /// # Errors
    /// The key cannot sign; or the request would not be read back as it is (a text too long, or with characters that
    /// mislead the eye).
    pub fn sign(self, key: &SigningKey) -> Result<SignedRequest, KeyError> {
        let payload = self.to_bytes();
        match Self::read(&payload) {
            Ok(again) if again == self => {}
            _ => return Err(KeyError::NotSigned),
        }
        let signature = key.sign(&payload)?;
        Ok(SignedRequest { request: self, payload, signature })
    }
}

fn read_verb(reader: &mut Reader<'_>) -> Result<Verb, Malformed> {
    match reader.text(32, "a verb")?.as_str() {
        "identify" => Ok(Verb::Identify),
        "sign-document" => Ok(Verb::SignDocument {
            title: reader.text(TEXT_BYTES, "a title")?,
            lines: reader.list(MAX_LINES, "lines", |reader| reader.text(TEXT_BYTES, "a line"))?,
            digest: reader.array("a SHA-256")?,
        }),
        "application" => match reader.array::<1>("whether with PIN")? {
            [with_pin @ (0 | 1)] => Ok(Verb::Application { with_pin: with_pin == 1 }),
            _ => Err(Malformed { position: 0, what: "whether with PIN" }),
        },
        _ => Err(Malformed { position: 0, what: "a verb that is known" }),
    }
}

/// A request whose signature was found right, or that was just signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedRequest {
    /// What is asked for.
    pub request: AgentRequest,
    payload: Vec<u8>,
    signature: Vec<u8>,
}

impl SignedRequest {
    /// For the page to carry.
    pub fn to_bytes(&self) -> Vec<u8> {
        Writer::new(SIGNED).bytes(&self.payload).bytes(&self.signature).finish()
    }

    /// Reads one that was signed by `key`. Nothing of it is read before the signature is found right.
    ///
    /// # Errors
    /// [`RequestRefusal`].
    pub fn read(bytes: &[u8], key: &VerificationKey) -> Result<Self, RequestRefusal> {
        let mut reader = Reader::new(SIGNED, bytes)?;
        let payload = reader.bytes(super::MAX_MESSAGE_BYTES, "a request")?;
        let signature = reader.bytes(SIGNATURE_BYTES, "a signature")?;
        reader.finish()?;
        if !key.verifies(payload, signature) {
            return Err(RequestRefusal::WrongSignature);
        }
        let request = AgentRequest::read(payload)?;
        Ok(Self { request, payload: payload.to_vec(), signature: signature.to_vec() })
    }

    /// Names the request: SHA-256 of what was signed. The answer is bound to it, and each is used once.
    pub fn digest(&self) -> [u8; 32] {
        sha256(&self.payload)
    }
}
