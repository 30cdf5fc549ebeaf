//! How a hall works on the city's own application on a card that lies at an agent (独自アプリ): commands one by one, each bound to the
//! request the person agreed to, and to its place in the row. The page that brought the request carries none of them.
//!
//! ```text
//!  agent ── Step 0: the sealed answer to the request; signed by the paired key ──▶ server: the very request? once? whose card?
//!        ◀── Order 1: a command for the application; signed by the server ───────
//!        ── Step 1: what the card answered ─▶   …   ◀── Order n: the end ──
//! ```
//! Keys stay at the server: what goes through is the application's own secure messaging.

use super::bytes::{Reader, Writer};
use super::{SIGNATURE_BYTES, VerificationKey};
use crate::Malformed;
use crate::keys::{KeyError, SigningKey};

const STEP: &str = "yakuba-agent-relay-step-v1";
const ORDER: &str = "yakuba-agent-relay-order-v1";
const SIGNED: &str = "yakuba-agent-relay-signed-v1";
/// Bytes of a short APDU with its header and length.
const COMMAND_BYTES: usize = 261;

/// Why a message is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RelayRefusal {
    /// Not a message of this kind.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// Not signed by whom it comes from, or altered.
    #[error("the signature is not the paired one's")]
    WrongSignature,
    /// It belongs to another request, or to another place in the row.
    #[error("the message belongs elsewhere")]
    Elsewhere,
}

/// What an agent brings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The agent's name with the server.
    pub agent: String,
    /// The request the person agreed to.
    pub request: [u8; 32],
    /// Its place in the row, from 0.
    pub number: u32,
    /// At 0 the sealed answer to the request; then what the card answered; [`None`]: it was taken away.
    pub content: Option<Vec<u8>>,
}

/// What a server orders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// The request the person agreed to.
    pub request: [u8; 32],
    /// Its place in the row, from 1.
    pub number: u32,
    /// What is to be done.
    pub next: Next,
}

/// What an order says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// A command for the city's application.
    Command(Vec<u8>),
    /// The work came to its end.
    End,
    /// The server did not come to its next command in time. Nothing more of this request is taken: it is done again, and goes on
    /// where the card stands.
    Late,
}

/// On the wire, before the command's bytes.
const END: u8 = 0;
const COMMAND: u8 = 1;
const LATE: u8 = 2;

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

fn optional(writer: &mut Writer, value: Option<&[u8]>) {
    writer.bytes(&[u8::from(value.is_some())]).bytes(value.unwrap_or_default());
}

fn read_optional(reader: &mut Reader<'_>, most: usize, what: &'static str) -> Result<Option<Vec<u8>>, Malformed> {
    let is_there = reader.array::<1>(what)? == [1];
    let value = reader.bytes(most, what)?.to_vec();
    Ok(is_there.then_some(value))
}

impl Step {
    /// Signed by the agent's paired key.
    ///
    /// # Errors
    /// The key cannot sign.
    pub fn sign(&self, key: &SigningKey) -> Result<Vec<u8>, KeyError> {
        let mut writer = Writer::new(STEP);
        writer.text(&self.agent).bytes(&self.request).bytes(&self.number.to_be_bytes());
        optional(&mut writer, self.content.as_deref());
        signed(writer.finish(), key)
    }

    /// Which agent says it brings it; to be believed after [`Self::read`] with that agent's key.
    ///
    /// # Errors
    /// Not a message of this kind.
    pub fn claimed_agent(bytes: &[u8]) -> Result<String, Malformed> {
        Reader::new(STEP, unsigned(bytes)?.0)?.text(64, "an agent")
    }

    /// Reads one that was signed by `key`.
    ///
    /// # Errors
    /// [`RelayRefusal`].
    pub fn read(bytes: &[u8], key: &VerificationKey) -> Result<Self, RelayRefusal> {
        let (payload, signature) = unsigned(bytes)?;
        if !key.verifies(payload, signature) {
            return Err(RelayRefusal::WrongSignature);
        }
        let mut reader = Reader::new(STEP, payload)?;
        let (agent, request) = (reader.text(64, "an agent")?, reader.array("a request")?);
        let number = u32::from_be_bytes(reader.array("a place")?);
        let content = read_optional(&mut reader, super::MAX_MESSAGE_BYTES, "what was brought")?;
        reader.finish()?;
        Ok(Self { agent, request, number, content })
    }
}

impl Order {
    /// Signed by the server.
    ///
    /// # Errors
    /// The key cannot sign.
    pub fn sign(&self, key: &SigningKey) -> Result<Vec<u8>, KeyError> {
        let mut writer = Writer::new(ORDER);
        writer.bytes(&self.request).bytes(&self.number.to_be_bytes());
        let (word, command): (u8, &[u8]) = match &self.next {
            Next::Command(command) => (COMMAND, command),
            Next::End => (END, &[]),
            Next::Late => (LATE, &[]),
        };
        writer.bytes(&[word]).bytes(command);
        signed(writer.finish(), key)
    }

    /// The command, if there is one.
    pub fn command(&self) -> Option<&[u8]> {
        if let Next::Command(command) = &self.next { Some(command) } else { None }
    }

    /// Reads the order that follows on step `number - 1` of `request`, signed by the paired server.
    ///
    /// # Errors
    /// [`RelayRefusal`].
    pub fn read(bytes: &[u8], key: &VerificationKey, request: [u8; 32], number: u32) -> Result<Self, RelayRefusal> {
        let (payload, signature) = unsigned(bytes)?;
        if !key.verifies(payload, signature) {
            return Err(RelayRefusal::WrongSignature);
        }
        let mut reader = Reader::new(ORDER, payload)?;
        let request_of = reader.array("a request")?;
        let number_of = u32::from_be_bytes(reader.array("a place")?);
        let [word] = reader.array::<1>("an order's word")?;
        let command = reader.bytes(COMMAND_BYTES, "a command")?.to_vec();
        reader.finish()?;
        let next = match word {
            COMMAND => Next::Command(command),
            END => Next::End,
            // What is not understood is never "it was done".
            _ => Next::Late,
        };
        let order = Self { request: request_of, number: number_of, next };
        if order.request != request || order.number != number { Err(RelayRefusal::Elsewhere) } else { Ok(order) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> (SigningKey, VerificationKey) {
        let key = SigningKey::generate_p256().unwrap();
        let public = VerificationKey::from_info(key.public_key_info()).unwrap();
        (key, public)
    }

    #[test]
    fn a_message_is_read_as_it_was_signed_and_only_in_its_place() {
        let ((agent, agents), (server, servers)) = (key(), key());
        for content in [None, Some(Vec::new()), Some(vec![0x90, 0x00])] {
            let step = Step { agent: "A-1".into(), request: [7; 32], number: 3, content };
            let bytes = step.sign(&agent).unwrap();
            assert_eq!(Step::claimed_agent(&bytes).unwrap(), "A-1");
            assert_eq!(Step::read(&bytes, &agents), Ok(step));
            assert_eq!(Step::read(&bytes, &servers), Err(RelayRefusal::WrongSignature));
        }
        for next in [Next::Late, Next::End, Next::Command(vec![0x84, 0xB0, 0, 0])] {
            let order = Order { request: [7; 32], number: 4, next };
            let bytes = order.sign(&server).unwrap();
            assert_eq!(Order::read(&bytes, &servers, [7; 32], 4), Ok(order));
        }
        let order = Order { request: [7; 32], number: 4, next: Next::Command(vec![0x84, 0xB0, 0, 0]) };
        let bytes = order.sign(&server).unwrap();
        assert_eq!(Order::read(&bytes, &servers, [7; 32], 5), Err(RelayRefusal::Elsewhere), "an earlier one again");
        assert_eq!(Order::read(&bytes, &servers, [8; 32], 4), Err(RelayRefusal::Elsewhere), "another request's");
        assert_eq!(Order::read(&bytes, &agents, [7; 32], 4), Err(RelayRefusal::WrongSignature));
        for at in 0..bytes.len() {
            let mut altered = bytes.clone();
            altered[at] ^= 1;
            assert!(Order::read(&altered, &servers, [7; 32], 4).is_err(), "byte {at}");
            assert!(Order::read(&bytes[..at], &servers, [7; 32], 4).is_err(), "cut at {at}");
        }
    }
}
