//! A parcel: some messages, how far the other side's messages have arrived, and one signature over all of it.
//!
//! ```text
//! "YAKUBA-PARCEL-1\n" from to at acknowledges forked count { sequence id at kind body }* signer signature
//!  texts and bytes: u32 length, then the bytes; integers: i64, all big-endian; the signature covers everything before it
//! ```

use base::{Id, Timestamp};

use crate::signing::{PublicKey, SigningKey};

const MAGIC: &[u8; 16] = b"YAKUBA-PARCEL-1\n";
const CONTEXT: &str = "yakuba relay parcel";
/// The most bytes of one parcel.
pub const PARCEL_BYTES: usize = 8 << 20;
/// The most bytes of one message's body.
pub const BODY_BYTES: usize = 1 << 20;
/// The most messages of one parcel.
pub const PARCEL_MESSAGES: usize = 200;

/// One message.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    /// Its number in this direction, from 1 without gaps.
    pub sequence: i64,
    /// Its id, by which it is acted upon once.
    pub id: Id,
    /// When its cause was written.
    pub at: Timestamp,
    /// What sort it is, e.g. `paper_status`.
    pub kind: String,
    /// Its content, as its kind says.
    pub body: Vec<u8>,
}

/// Prints no body: it may be personal.
impl std::fmt::Debug for Message {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Message({} {} {})", self.sequence, self.kind, self.id)
    }
}

/// What is carried between zones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parcel {
    /// The zone that made it.
    pub from: String,
    /// The zone it is for.
    pub to: String,
    /// When.
    pub at: Timestamp,
    /// The sender has everything of the receiver's up to this number.
    pub acknowledges: i64,
    /// The sender saw a number of the receiver's used for two messages: the receiver numbers its messages anew.
    pub forked: bool,
    /// In order.
    pub messages: Vec<Message>,
}

/// Why bytes are not a parcel of the peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum ParcelError {
    /// The bytes do not follow the format.
    #[error("byte {position}: {wanted} was expected")]
    Malformed {
        /// Byte position from 0.
        position: usize,
        /// What should stand there.
        wanted: &'static str,
    },
    /// The key that signed is not one of the peer's.
    #[error("it is signed by a key that is not the peer's")]
    ForeignSigner,
    /// The signature does not fit the bytes.
    #[error("it was changed on its way: the signature does not fit")]
    Tampered,
    /// It is between other zones.
    #[error("it is not addressed from the peer to this zone")]
    OtherZone,
}

impl ParcelError {
    /// A short word for tables.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Malformed { .. } => "malformed",
            Self::ForeignSigner => "foreign_signer",
            Self::Tampered => "tampered",
            Self::OtherZone => "other_zone",
        }
    }
}

impl Parcel {
    /// As bytes, signed.
    pub fn seal(&self, key: &SigningKey) -> Vec<u8> {
        let mut out = Vec::with_capacity(256 + self.messages.iter().map(|m| m.body.len() + 64).sum::<usize>());
        out.extend_from_slice(MAGIC);
        put(&mut out, self.from.as_bytes());
        put(&mut out, self.to.as_bytes());
        out.extend_from_slice(&self.at.micros().to_be_bytes());
        out.extend_from_slice(&self.acknowledges.to_be_bytes());
        out.extend_from_slice(&i64::from(self.forked).to_be_bytes());
        out.extend_from_slice(&(self.messages.len() as i64).to_be_bytes());
        for message in &self.messages {
            out.extend_from_slice(&message.sequence.to_be_bytes());
            out.extend_from_slice(message.id.bytes());
            out.extend_from_slice(&message.at.micros().to_be_bytes());
            put(&mut out, message.kind.as_bytes());
            put(&mut out, &message.body);
        }
        put(&mut out, key.public().name().as_bytes());
        let signature = key.sign(CONTEXT, &out);
        put(&mut out, &signature);
        out
    }

    /// Reads bytes signed by one of `keys`. The signature is checked before anything in the messages is used.
    ///
    /// # Errors
    /// [`ParcelError`].
    pub fn open(bytes: &[u8], keys: &[PublicKey]) -> Result<Self, ParcelError> {
        if bytes.len() > PARCEL_BYTES {
            return Err(ParcelError::Malformed { position: PARCEL_BYTES, wanted: "the end" });
        }
        let mut reader = Reader { bytes, position: 0 };
        if reader.take(MAGIC.len(), "the words YAKUBA-PARCEL-1")? != MAGIC {
            return Err(ParcelError::Malformed { position: 0, wanted: "the words YAKUBA-PARCEL-1" });
        }
        let (from, to) = (reader.text("the sender")?, reader.text("the receiver")?);
        let at = Timestamp::from_micros(reader.int("a time")?);
        let acknowledges = reader.int("a number acknowledged")?;
        let forked = reader.int("the fork flag")? != 0;
        let count = reader.int("a count of messages")?;
        if !(0..=PARCEL_MESSAGES as i64).contains(&count) {
            return Err(ParcelError::Malformed { position: reader.position, wanted: "at most 200 messages" });
        }
        let messages = (0..count).map(|_| reader.message()).collect::<Result<_, _>>()?;
        let signer = reader.text("the signer")?;
        let signed = reader.position;
        let signature = reader.field("a signature")?;
        if reader.position != bytes.len() {
            return Err(ParcelError::Malformed { position: reader.position, wanted: "the end" });
        }
        let key = keys.iter().find(|key| key.name() == signer).ok_or(ParcelError::ForeignSigner)?;
        if !key.verifies(CONTEXT, &bytes[..signed], signature) {
            return Err(ParcelError::Tampered);
        }
        Ok(Self { from, to, at, acknowledges, forked, messages })
    }
}

fn put(out: &mut Vec<u8>, field: &[u8]) {
    // Fields are far below 4 GiB: bodies are limited when they are sent.
    out.extend_from_slice(&(field.len() as u32).to_be_bytes());
    out.extend_from_slice(field);
}

struct Reader<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize, wanted: &'static str) -> Result<&'a [u8], ParcelError> {
        let end = self.position.checked_add(length);
        let part = end.and_then(|end| self.bytes.get(self.position..end));
        let part = part.ok_or(ParcelError::Malformed { position: self.position, wanted })?;
        self.position += length;
        Ok(part)
    }

    fn int(&mut self, wanted: &'static str) -> Result<i64, ParcelError> {
        let mut bytes = [0; 8];
        bytes.copy_from_slice(self.take(8, wanted)?);
        Ok(i64::from_be_bytes(bytes))
    }

    fn field(&mut self, wanted: &'static str) -> Result<&'a [u8], ParcelError> {
        let mut bytes = [0; 4];
        bytes.copy_from_slice(self.take(4, wanted)?);
        self.take(u32::from_be_bytes(bytes) as usize, wanted)
    }

    fn text(&mut self, wanted: &'static str) -> Result<String, ParcelError> {
        let position = self.position;
        let text = std::str::from_utf8(self.field(wanted)?);
        text.map(str::to_owned).map_err(|_| ParcelError::Malformed { position, wanted })
    }

    fn message(&mut self) -> Result<Message, ParcelError> {
        let sequence = self.int("a sequence number")?;
        let mut id = [0; 16];
        id.copy_from_slice(self.take(16, "an id")?);
        Ok(Message {
            sequence,
            id: Id::from_bytes(id),
            at: Timestamp::from_micros(self.int("a time")?),
            kind: self.text("a kind")?,
            body: self.field("a body")?.to_vec(),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key(seed: u8) -> SigningKey {
        SigningKey::from_seed([seed; 32]).unwrap()
    }

    fn sample(bodies: Vec<Vec<u8>>) -> Parcel {
        let messages = bodies
            .into_iter()
            .enumerate()
            .map(|(n, body)| Message {
                sequence: n as i64 + 1,
                id: Id::from_bytes([n as u8; 16]),
                at: Timestamp::from_seconds(n as i64),
                kind: "paper_status".to_owned(),
                body,
            })
            .collect();
        Parcel {
            from: "inside".to_owned(),
            to: "outside".to_owned(),
            at: Timestamp::from_seconds(9),
            acknowledges: 3,
            forked: false,
            messages,
        }
    }

    proptest! {
        #[test]
        fn what_is_sealed_opens(bodies in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..40), 0..6)) {
            let parcel = sample(bodies);
            prop_assert_eq!(Parcel::open(&parcel.seal(&key(1)), &[key(2).public(), key(1).public()]), Ok(parcel));
        }

        #[test]
        fn one_changed_byte_anywhere_is_refused(at in 0usize..10_000, by in 1u8..=255) {
            let mut bytes = sample(vec![b"body".to_vec()]).seal(&key(1));
            let at = at % bytes.len();
            bytes[at] ^= by;
            prop_assert!(Parcel::open(&bytes, &[key(1).public()]).is_err());
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200), cut in 0usize..200) {
            let _ = Parcel::open(&bytes, &[key(1).public()]);
            let sealed = sample(vec![bytes]).seal(&key(1));
            prop_assert!(Parcel::open(&sealed[..cut.min(sealed.len() - 1)], &[key(1).public()]).is_err());
        }
    }

    #[test]
    fn another_signer_is_named_as_such() {
        assert_eq!(Parcel::open(&sample(vec![]).seal(&key(2)), &[key(1).public()]), Err(ParcelError::ForeignSigner));
    }
}
