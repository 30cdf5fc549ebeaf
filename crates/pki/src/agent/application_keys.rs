//! How an agent gets its own keys for the city's application on cards (独自アプリの端末の鍵): it asks with its paired key and names
//! a key to seal to; what comes back only it can open.
//!
//! ```text
//!  agent ── KeyRequest: who, when, sealing key; signed by the paired key ──▶ server: known? not stopped? allowed? once?
//!        ◀── KeyAnswer: each key sealed (HPKE) to that key, with set, version, end; signed by the server ──
//! ```

use base::Timestamp;
use zeroize::Zeroizing;

use super::bytes::{Reader, Writer};
use super::{SIGNATURE_BYTES, VerificationKey};
use crate::Malformed;
use crate::algorithm::sha256;
use crate::challenge::MAX_AGE_SECONDS;
use crate::keys::{KeyError, SigningKey};
use crate::sealed::{PUBLIC_KEY_BYTES, SealError, SealingKey, SealingPublicKey};

const REQUEST: &str = "yakuba-application-key-request-v1";
const ANSWER: &str = "yakuba-application-key-answer-v1";
const SIGNED: &str = "yakuba-application-key-signed-v1";
const INFO: &[u8] = b"yakuba-application-key-v1";
/// Keys of one answer: seven sets, a few versions of each.
const MOST_KEYS: usize = 64;
const MOST_SEALED: usize = 256;

/// Why a message is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyMessageRefusal {
    /// Not a message of this kind.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// Not signed by whom it names, or altered.
    #[error("the signature is not the paired one's")]
    WrongSignature,
    /// Made for somebody else, or an answer to another request.
    #[error("the message belongs to another request")]
    OtherRequest,
    /// Too old, or dated in the future.
    #[error("the request is no longer valid")]
    Stale,
}

/// An agent asks for its keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRequest {
    /// Its name with the server.
    pub agent: String,
    /// Random, used once.
    pub nonce: [u8; 32],
    /// When.
    pub made_at: Timestamp,
    /// The keys are sealed to this one.
    pub sealing_key: SealingPublicKey,
}

fn signed(payload: Vec<u8>, key: &SigningKey) -> Result<Vec<u8>, KeyError> {
    let signature = key.sign(&payload)?;
    Ok(Writer::new(SIGNED).bytes(&payload).bytes(&signature).finish())
}

fn unsigned(bytes: &[u8]) -> Result<(&[u8], &[u8]), Malformed> {
    let mut reader = Reader::new(SIGNED, bytes)?;
    let payload = reader.bytes(super::MAX_MESSAGE_BYTES, "a message")?;
    let signature = reader.bytes(SIGNATURE_BYTES, "a signature")?;
    reader.finish()?;
    Ok((payload, signature))
}

impl KeyRequest {
    fn payload(&self) -> Vec<u8> {
        Writer::new(REQUEST)
            .text(&self.agent)
            .bytes(&self.nonce)
            .time(self.made_at)
            .bytes(&self.sealing_key.to_bytes())
            .finish()
    }

    /// Names the request.
    pub fn digest(&self) -> [u8; 32] {
        sha256(&self.payload())
    }

    /// Signed by the agent's paired key, for the way to the server.
    ///
    /// # Errors
    /// The key cannot sign.
    pub fn sign(&self, key: &SigningKey) -> Result<Vec<u8>, KeyError> {
        signed(self.payload(), key)
    }

    /// Which agent says it asks; to be believed after [`Self::read`] with that agent's key.
    ///
    /// # Errors
    /// Not a message of this kind.
    pub fn claimed_agent(bytes: &[u8]) -> Result<String, Malformed> {
        let mut reader = Reader::new(REQUEST, unsigned(bytes)?.0)?;
        reader.text(64, "an agent")
    }

    /// Reads one that was signed by `key` just now.
    ///
    /// # Errors
    /// [`KeyMessageRefusal`].
    pub fn read(bytes: &[u8], key: &VerificationKey, now: Timestamp) -> Result<Self, KeyMessageRefusal> {
        let (payload, signature) = unsigned(bytes)?;
        if !key.verifies(payload, signature) {
            return Err(KeyMessageRefusal::WrongSignature);
        }
        let mut reader = Reader::new(REQUEST, payload)?;
        let (agent, nonce, made_at) = (reader.text(64, "an agent")?, reader.array("a nonce")?, reader.time("a time")?);
        let point = reader.bytes(PUBLIC_KEY_BYTES, "a key")?;
        let no_key = Malformed { position: 0, what: "a key to seal to" };
        let sealing_key = SealingPublicKey::from_bytes(point).map_err(|_| no_key)?;
        reader.finish()?;
        let age = now.seconds_since(made_at);
        if !(-MAX_AGE_SECONDS..=MAX_AGE_SECONDS).contains(&age) {
            return Err(KeyMessageRefusal::Stale);
        }
        Ok(Self { agent, nonce, made_at, sealing_key })
    }
}

/// One key, sealed to the agent that asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandedKey {
    /// Number of the set on cards.
    pub set: u8,
    /// Its version.
    pub version: u8,
    /// Not used after this moment.
    pub ends_at: Timestamp,
    /// HPKE: opened by the agent alone.
    pub sealed: Vec<u8>,
}

/// What a key is bound to: who may open it, which key it is, until when.
fn bound(agent: &str, set: u8, version: u8, ends_at: Timestamp) -> Vec<u8> {
    Writer::new(ANSWER).text(agent).bytes(&[set, version]).time(ends_at).finish()
}

impl HandedKey {
    /// Seals `key` to `agent`'s sealing key.
    ///
    /// # Errors
    /// [`SealError::Key`].
    pub fn seal(
        to: &SealingPublicKey,
        agent: &str,
        (set, version): (u8, u8),
        ends_at: Timestamp,
        key: &[u8; 16],
    ) -> Result<Self, SealError> {
        let sealed = to.seal(INFO, &bound(agent, set, version, ends_at), key)?;
        Ok(Self { set, version, ends_at, sealed })
    }

    /// Opens it: in the agent, for as long as it is used.
    ///
    /// # Errors
    /// [`SealError::NotOpened`]: sealed to another, for another agent, or altered.
    pub fn open(&self, with: &SealingKey, agent: &str) -> Result<Zeroizing<[u8; 16]>, SealError> {
        let circumstances = bound(agent, self.set, self.version, self.ends_at);
        let opened = Zeroizing::new(with.open(INFO, &circumstances, &self.sealed)?);
        <[u8; 16]>::try_from(opened.as_slice()).map(Zeroizing::new).map_err(|_| SealError::NotOpened)
    }
}

/// The keys of one agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyAnswer {
    /// To which request.
    pub to: [u8; 32],
    /// The keys, newest version of a set first.
    pub keys: Vec<HandedKey>,
}

impl KeyAnswer {
    /// Signed by the server.
    ///
    /// # Errors
    /// The key cannot sign.
    pub fn sign(&self, key: &SigningKey) -> Result<Vec<u8>, KeyError> {
        let payload = Writer::new(ANSWER)
            .bytes(&self.to)
            .list(&self.keys, |writer, key| {
                writer.bytes(&[key.set, key.version]).time(key.ends_at).bytes(&key.sealed);
            })
            .finish();
        signed(payload, key)
    }

    /// Reads the answer to `request`.
    ///
    /// # Errors
    /// [`KeyMessageRefusal`].
    pub fn read(bytes: &[u8], server: &VerificationKey, request: &KeyRequest) -> Result<Self, KeyMessageRefusal> {
        let (payload, signature) = unsigned(bytes)?;
        if !server.verifies(payload, signature) {
            return Err(KeyMessageRefusal::WrongSignature);
        }
        let mut reader = Reader::new(ANSWER, payload)?;
        let to = reader.array("which request")?;
        let keys = reader.list(MOST_KEYS, "keys", |reader| {
            let [set, version] = reader.array("a set and a version")?;
            let ends_at = reader.time("an end")?;
            Ok(HandedKey { set, version, ends_at, sealed: reader.bytes(MOST_SEALED, "a sealed key")?.to_vec() })
        })?;
        reader.finish()?;
        if to == request.digest() { Ok(Self { to, keys }) } else { Err(KeyMessageRefusal::OtherRequest) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    #[test]
    fn only_the_agent_that_asked_opens_its_key_and_an_answer_serves_one_request() {
        let (paired, other, server) = (
            SigningKey::generate_p256().unwrap(),
            SigningKey::generate_p256().unwrap(),
            SigningKey::generate_p256().unwrap(),
        );
        let of = |key: &SigningKey| VerificationKey::from_info(key.public_key_info()).unwrap();
        let (own, stranger) = (SealingKey::generate(), SealingKey::generate());
        let request =
            KeyRequest { agent: "A-1".into(), nonce: [3; 32], made_at: at(1000), sealing_key: own.public().clone() };
        let sent = request.sign(&paired).unwrap();
        assert_eq!(KeyRequest::claimed_agent(&sent).unwrap(), "A-1");
        assert_eq!(KeyRequest::read(&sent, &of(&paired), at(1010)).unwrap(), request);
        assert_eq!(KeyRequest::read(&sent, &of(&other), at(1010)), Err(KeyMessageRefusal::WrongSignature));
        assert_eq!(KeyRequest::read(&sent, &of(&paired), at(9000)), Err(KeyMessageRefusal::Stale));
        let key = [0x5C; 16];
        let handed = HandedKey::seal(own.public(), "A-1", (0x0F, 2), at(5000), &key).unwrap();
        let answer = KeyAnswer { to: request.digest(), keys: vec![handed.clone()] };
        let wire = answer.sign(&server).unwrap();
        assert!(!wire.windows(16).any(|at| at == key), "the wire holds the key in clear");
        assert_eq!(KeyAnswer::read(&wire, &of(&server), &request).unwrap(), answer);
        assert_eq!(KeyAnswer::read(&wire, &of(&other), &request), Err(KeyMessageRefusal::WrongSignature));
        let later = KeyRequest { nonce: [4; 32], ..request };
        assert_eq!(KeyAnswer::read(&wire, &of(&server), &later), Err(KeyMessageRefusal::OtherRequest));
        assert_eq!(*handed.open(&own, "A-1").unwrap(), key);
        assert_eq!(handed.open(&stranger, "A-1"), Err(SealError::NotOpened));
        assert_eq!(handed.open(&own, "A-2"), Err(SealError::NotOpened));
        let longer = HandedKey { ends_at: at(6000), ..handed };
        assert_eq!(longer.open(&own, "A-1"), Err(SealError::NotOpened), "its end cannot be moved");
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let key = SigningKey::generate_p256().unwrap();
            let of = VerificationKey::from_info(key.public_key_info()).unwrap();
            prop_assert!(KeyRequest::claimed_agent(&bytes).is_err());
            prop_assert!(KeyRequest::read(&bytes, &of, at(0)).is_err());
        }
    }
}
