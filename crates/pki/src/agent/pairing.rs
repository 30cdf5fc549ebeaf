//! Pairing: an agent and a server learn each other's keys, both bound to a one-time code that a person carried from one
//! to the other.
//!
//! The code (100 random bits) is never sent. Both sides prove that they know it (HMAC-SHA-256 under its hash), each over
//! everything that was said so far, so that somebody between them on plain http can neither read it, nor put in a key of
//! their own, nor answer in the server's place.

use aws_lc_rs::hmac;
use base::Timestamp;

use super::bytes::{Reader, Writer};
use super::{KEY_BYTES, SIGNATURE_BYTES, VerificationKey};
use crate::Malformed;
use crate::algorithm::sha256;
use crate::keys::{KeyError, SigningKey};
use crate::sealed::SealingPublicKey;

const REQUEST: &str = "yakuba-agent-pairing-request-v1";
const ANSWER: &str = "yakuba-agent-pairing-answer-v1";
const PROVED: &str = "yakuba-agent-pairing-proved-v1";
const LOOK_UP: &[u8] = b"yakuba-agent-pairing-look-up-v1";
/// An agent is paired with at most this many names of one server.
pub const MAX_ORIGINS: usize = 4;
/// Keys an answer may name: the present one and its successor.
const MAX_SEALING_KEYS: usize = 4;
/// Bytes of a name people read.
const NAME_BYTES: usize = 240;

/// Why a pairing failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PairingRefusal {
    /// Not a message of this kind.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// Made with another code, or altered on the way.
    #[error("the one-time code does not fit; somebody may stand between the agent and the server")]
    WrongCode,
    /// A key in it is none.
    #[error("a key in the message cannot be used")]
    Key,
    /// Our own key could not sign.
    #[error(transparent)]
    NotSigned(#[from] KeyError),
}

/// The one-time code as both sides keep it: the SHA-256 of its letters and digits in lower case. While a pairing is open
/// this hash is as good as the code; it is deleted when used or expired.
#[derive(Clone, PartialEq, Eq)]
pub struct PairingCode([u8; 32]);

impl PairingCode {
    /// What somebody typed: case, spaces and hyphens do not matter.
    pub fn typed(text: &str) -> Self {
        let plain: String =
            text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).take(64).collect();
        Self(sha256(plain.as_bytes()))
    }

    /// The hash as the server kept it.
    pub const fn from_hash(hash: [u8; 32]) -> Self {
        Self(hash)
    }

    /// The hash, to be kept while the pairing is open.
    pub const fn hash(&self) -> &[u8; 32] {
        &self.0
    }

    /// Under which the server finds the code again; tells nothing of it.
    pub fn look_up(&self) -> [u8; 32] {
        sha256(&[LOOK_UP, &self.0].concat())
    }

    fn key(&self) -> hmac::Key {
        hmac::Key::new(hmac::HMAC_SHA256, &self.0)
    }

    fn prove(&self, said: &[u8]) -> Vec<u8> {
        hmac::sign(&self.key(), said).as_ref().to_vec()
    }

    fn proves(&self, said: &[u8], proof: &[u8]) -> bool {
        hmac::verify(&self.key(), said, proof).is_ok()
    }
}

impl std::fmt::Debug for PairingCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PairingCode")
    }
}

/// What an agent says first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PairingRequest {
    /// [`PairingCode::look_up`].
    pub look_up: [u8; 32],
    /// The agent's key, made for this pairing.
    pub agent_key: VerificationKey,
    said: Vec<u8>,
    proof: Vec<u8>,
    signature: Vec<u8>,
}

impl PairingRequest {
    /// A request by the holder of `key` who knows `code`. `nonce` makes it one of its kind.
    ///
    /// # Errors
    /// The key cannot sign, or is not of P-256.
    pub fn make(code: &PairingCode, key: &SigningKey, nonce: [u8; 32]) -> Result<Self, PairingRefusal> {
        let said = Writer::new(REQUEST).bytes(&code.look_up()).bytes(key.public_key_info()).bytes(&nonce).finish();
        Ok(Self {
            look_up: code.look_up(),
            agent_key: VerificationKey::from_info(key.public_key_info()).ok_or(PairingRefusal::Key)?,
            proof: code.prove(&said),
            signature: key.sign(&said)?,
            said,
        })
    }

    /// For sending.
    pub fn to_bytes(&self) -> Vec<u8> {
        Writer::new(PROVED).bytes(&self.said).bytes(&self.proof).bytes(&self.signature).finish()
    }

    /// Reads one; nothing is believed before [`Self::check`].
    ///
    /// # Errors
    /// Malformed, or its key is none.
    pub fn read(bytes: &[u8]) -> Result<Self, PairingRefusal> {
        let mut outer = Reader::new(PROVED, bytes)?;
        let said = outer.bytes(1024, "what is said")?.to_vec();
        let proof = outer.bytes(32, "a proof")?.to_vec();
        let signature = outer.bytes(SIGNATURE_BYTES, "a signature")?.to_vec();
        outer.finish()?;
        let mut inner = Reader::new(REQUEST, &said)?;
        let look_up = inner.array("the name of a code")?;
        let agent_key = VerificationKey::from_info(inner.bytes(KEY_BYTES, "a key")?).ok_or(PairingRefusal::Key)?;
        inner.array::<32>("a nonce")?;
        inner.finish()?;
        Ok(Self { look_up, agent_key, said, proof, signature })
    }

    /// Whether whoever sent it knows `code` and holds the key.
    ///
    /// # Errors
    /// [`PairingRefusal::WrongCode`].
    pub fn check(&self, code: &PairingCode) -> Result<(), PairingRefusal> {
        let is_sound = code.look_up() == self.look_up
            && code.proves(&self.said, &self.proof)
            && self.agent_key.verifies(&self.said, &self.signature);
        if is_sound { Ok(()) } else { Err(PairingRefusal::WrongCode) }
    }
}

/// What the server answers: who it is, and by which keys it is known from now on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PairingAnswer {
    /// The agent's name for the server: the terminal of every challenge.
    pub agent: String,
    /// For whom cards prove themselves: the audience of every challenge.
    pub audience: String,
    /// The city's name, for people.
    pub name: String,
    /// The city's name in English.
    pub name_english: String,
    /// The origins whose pages may ask, e.g. `https://city.example.lg.jp`.
    pub origins: Vec<String>,
    /// Signs requests.
    pub verification_key: VerificationKey,
    /// Answers are sealed to the first.
    pub sealing_keys: Vec<SealingPublicKey>,
    /// When.
    pub paired_at: Timestamp,
}

impl PairingAnswer {
    /// For sending, with the proof that it is the answer to `request` by somebody who knows `code`.
    pub fn to_bytes(&self, code: &PairingCode, request: &PairingRequest) -> Vec<u8> {
        let said = Writer::new(ANSWER)
            .text(&self.agent)
            .text(&self.audience)
            .text(&self.name)
            .text(&self.name_english)
            .list(&self.origins, |writer, origin| _ = writer.text(origin))
            .bytes(self.verification_key.info())
            .list(&self.sealing_keys, |writer, key| _ = writer.bytes(&key.to_bytes()))
            .time(self.paired_at)
            .finish();
        let proof = code.prove(&[&request.said[..], &said].concat());
        Writer::new(PROVED).bytes(&said).bytes(&proof).finish()
    }

    /// Reads the answer to `request`, believed only when its sender knows `code`.
    ///
    /// # Errors
    /// [`PairingRefusal`].
    pub fn read(bytes: &[u8], code: &PairingCode, request: &PairingRequest) -> Result<Self, PairingRefusal> {
        let mut outer = Reader::new(PROVED, bytes)?;
        let said = outer.bytes(4096, "what is said")?;
        let proof = outer.bytes(32, "a proof")?;
        outer.finish()?;
        if !code.proves(&[&request.said[..], said].concat(), proof) {
            return Err(PairingRefusal::WrongCode);
        }
        let mut inner = Reader::new(ANSWER, said)?;
        let answer = Self {
            agent: inner.text(64, "the agent's name")?,
            audience: inner.text(NAME_BYTES, "an audience")?,
            name: inner.text(NAME_BYTES, "a name")?,
            name_english: inner.text(NAME_BYTES, "a name")?,
            origins: inner.list(MAX_ORIGINS, "origins", |reader| reader.text(NAME_BYTES, "an origin"))?,
            verification_key: VerificationKey::from_info(inner.bytes(KEY_BYTES, "a key")?)
                .ok_or(PairingRefusal::Key)?,
            sealing_keys: inner
                .list(MAX_SEALING_KEYS, "keys", |reader| reader.bytes(KEY_BYTES, "a key").map(<[u8]>::to_vec))?
                .iter()
                .map(|key| SealingPublicKey::from_bytes(key).map_err(|_| PairingRefusal::Key))
                .collect::<Result<_, _>>()?,
            paired_at: inner.time("a time")?,
        };
        inner.finish()?;
        if answer.sealing_keys.is_empty() { Err(PairingRefusal::Key) } else { Ok(answer) }
    }
}
