//! What the city's server and the agent beside a card reader (`yakuba agent`) say to each other, as bytes.
//!
//! For: the agent, and the server's doors. A page stands between the two and carries messages it can neither make nor
//! read. Specs: the card is proved with [`crate::challenge`]; answers are sealed as in RFC 9180 ([`crate::sealed`]).
//!
//! ```text
//!  pairing (direct, once)    agent ── PairingRequest, MAC by the one-time code ──▶ server
//!                            agent ◀── PairingAnswer,  MAC by the one-time code ── server
//!  asking (through the page) server ── SignedRequest ──▶ page ──▶ agent: signed by *my* server, for me, fresh, once?
//!  answering                 server ◀── sealed answer ── page ◀── agent: certificate, signature, sealed to the server
//! ```
//!
//! | module | message |
//! |---|---|
//! | [`pairing`] | who the server is and who the agent is, bound to a one-time code |
//! | [`request`] | what the server asks for, in words a person is shown |
//! | [`answer`] | what the card gave, for the server alone |
//! | [`relay`] | commands for the city's application on a card that lies at an agent |
//! | [`application_keys`] | an agent's own keys for the city's application on cards, sealed to it |

pub mod answer;
pub mod application_keys;
mod bytes;
pub mod pairing;
pub mod relay;
pub mod request;

pub use answer::{AnswerRefusal, CardAnswer, PresignedSigner, open_agent_answer, seal_agent_answer};
pub use bytes::MAX_MESSAGE_BYTES;
pub use pairing::{PairingAnswer, PairingCode, PairingRefusal, PairingRequest};
pub use request::{AgentRequest, RequestRefusal, SignedRequest, Verb, Wording};

use crate::algorithm::SignatureAlgorithm;
use crate::keys::SigningKey;
use crate::sealed::SealingKey;

/// What the server talks to agents with.
#[derive(Debug)]
pub struct ServerKeys {
    /// Signs requests, P-256.
    pub signing: SigningKey,
    /// Opens answers; the first is the one agents are told to use.
    pub sealing: Vec<SealingKey>,
}

/// A public key as SubjectPublicKeyInfo of P-256.
#[derive(Clone, PartialEq, Eq)]
pub struct VerificationKey(Vec<u8>);

impl VerificationKey {
    /// Reads SubjectPublicKeyInfo, DER.
    ///
    /// # Errors
    /// `None` when it is no P-256 key.
    pub fn from_info(info: &[u8]) -> Option<Self> {
        let algorithm = SignatureAlgorithm::for_key(info).ok().flatten();
        (algorithm == Some(SignatureAlgorithm::EcdsaP256Sha256)).then(|| Self(info.to_vec()))
    }

    /// SubjectPublicKeyInfo, DER.
    pub fn info(&self) -> &[u8] {
        &self.0
    }

    /// Whether `signature` over `message` was made by this key's owner.
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        SignatureAlgorithm::EcdsaP256Sha256.verifies(&self.0, message, signature)
    }
}

impl std::fmt::Debug for VerificationKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let hash = crate::algorithm::sha256(&self.0);
        write!(f, "VerificationKey({})", data_encoding::HEXLOWER.encode(&hash[..8]))
    }
}

/// The most bytes a key takes here.
pub(crate) const KEY_BYTES: usize = 160;
/// The most bytes a P-256 signature takes.
pub(crate) const SIGNATURE_BYTES: usize = 80;
