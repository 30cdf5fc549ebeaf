//! 128-bit identifiers, written as 26 characters of Crockford's base 32 in lower case.

use crate::clock::Timestamp;
use crate::random::Random;

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// A 128-bit identifier. Its text form sorts like its bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Id([u8; 16]);

/// The text is not an [`Id`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an id is 26 characters of 0-9 and a-z without i, l, o, u; character {position} is wrong")]
pub struct MalformedId {
    /// Character position, from 1; one past the end when the text is too short.
    pub position: usize,
}

impl Id {
    /// An id that nobody can guess or order.
    pub fn random(random: &dyn Random) -> Self {
        Self(random.bytes())
    }

    /// An id whose first 48 bits are the time in milliseconds, so that rows of one moment lie together in an index.
    pub fn time_ordered(now: Timestamp, random: &dyn Random) -> Self {
        let mut bytes: [u8; 16] = random.bytes();
        let millis = (now.micros() / 1000).max(0).to_be_bytes();
        bytes[..6].copy_from_slice(&millis[2..]);
        Self(bytes)
    }

    /// From raw bytes.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The raw bytes.
    pub const fn bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// Reads the 26-character form.
    ///
    /// # Errors
    /// Says which character is wrong.
    pub fn parse(text: &str) -> Result<Self, MalformedId> {
        let mut value: u128 = 0;
        let mut length = 0;
        for (index, byte) in text.bytes().enumerate() {
            let digit = ALPHABET.iter().position(|&c| c == byte).ok_or(MalformedId { position: index + 1 })?;
            // 26 × 5 = 130 bits: the first character carries only three.
            if index >= 26 || (index == 0 && digit > 7) {
                return Err(MalformedId { position: index + 1 });
            }
            value = value << 5 | digit as u128;
            length = index + 1;
        }
        if length == 26 { Ok(Self(value.to_be_bytes())) } else { Err(MalformedId { position: length + 1 }) }
    }
}

impl std::fmt::Display for Id {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let value = u128::from_be_bytes(self.0);
        for index in 0..26 {
            let digit = (value >> (5 * (25 - index)) & 31) as usize;
            write!(f, "{}", ALPHABET[digit] as char)?;
        }
        Ok(())
    }
}

impl std::fmt::Debug for Id {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Id({self})")
    }
}

impl std::str::FromStr for Id {
    type Err = MalformedId;
    fn from_str(text: &str) -> Result<Self, MalformedId> {
        Self::parse(text)
    }
}

impl From<Id> for String {
    fn from(id: Id) -> Self {
        id.to_string()
    }
}

impl TryFrom<String> for Id {
    type Error = MalformedId;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::random::SeededRandom;

    proptest! {
        #[test]
        fn text_reads_back(bytes: [u8; 16]) {
            let id = Id::from_bytes(bytes);
            prop_assert_eq!(Id::parse(&id.to_string()), Ok(id));
        }

        #[test]
        fn text_sorts_like_bytes(a: [u8; 16], b: [u8; 16]) {
            let (a, b) = (Id::from_bytes(a), Id::from_bytes(b));
            prop_assert_eq!(a.cmp(&b), a.to_string().cmp(&b.to_string()));
        }

        #[test]
        fn any_text_is_read_or_refused(text in ".{0,40}") {
            if let Ok(id) = Id::parse(&text) { prop_assert_eq!(id.to_string(), text); }
        }
    }

    #[test]
    fn ten_thousand_ids_of_one_frozen_instant_differ() {
        let random = SeededRandom::from_seed(1);
        let ids: std::collections::HashSet<Id> =
            (0..10_000).map(|_| Id::time_ordered(Timestamp::from_seconds(1), &random)).collect();
        assert_eq!(ids.len(), 10_000);
    }
}
