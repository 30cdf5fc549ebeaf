//! What a printed credential says: a number, and a last day. Nothing of its holder.
//!
//! For people without a card (children, visitors, shelters): a signed code on paper. It can be copied, so a service
//! decides what it is worth; the city can stop it.
//!
//! ```text
//!  COSE_Sign1( CBOR map { 1: "credential", 2: number, 16 bytes, 3: last day, days since 1970 } )
//! ```
//! Signing is `pki::token`'s; this module knows only the claims.

use base::Date;
use ciborium::Value;

/// Keeps these tokens apart from every other the city signs.
const KIND: &str = "credential";
/// No honest code is longer.
const MAX_BYTES: usize = 64;

/// A printed credential.
#[derive(Clone, PartialEq, Eq)]
pub struct CredentialCode {
    /// Random; the city keeps only its keyed hash.
    pub number: [u8; 16],
    /// Last day on which it may be used.
    pub valid_until: Date,
}

/// The bytes are no printed credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MalformedCode {
    /// Not one CBOR map, or something after it.
    #[error("the code is not one CBOR map")]
    NotCbor,
    /// This key is missing, out of order, or its value malformed.
    #[error("key {0} of the code is missing or malformed")]
    Key(u8),
}

impl CredentialCode {
    /// The CBOR map, keys ascending.
    pub fn encode(&self) -> Vec<u8> {
        let map = Value::Map(vec![
            (Value::Integer(1.into()), Value::Text(KIND.to_owned())),
            (Value::Integer(2.into()), Value::Bytes(self.number.to_vec())),
            (Value::Integer(3.into()), Value::Integer(self.valid_until.days_since_epoch().into())),
        ]);
        let mut bytes = Vec::with_capacity(MAX_BYTES);
        // Writing a tree of our own into a Vec cannot fail; an empty answer would be refused as malformed anyway.
        if ciborium::into_writer(&map, &mut bytes).is_err() {
            bytes.clear();
        }
        bytes
    }

    /// Reads the map. Total, and only the one form that [`Self::encode`] writes.
    ///
    /// # Errors
    /// [`MalformedCode`].
    pub fn decode(bytes: &[u8]) -> Result<Self, MalformedCode> {
        if bytes.len() > MAX_BYTES {
            return Err(MalformedCode::NotCbor);
        }
        let mut rest = bytes;
        let value = ciborium::de::from_reader_with_recursion_limit(&mut rest, 4).map_err(|_| MalformedCode::NotCbor)?;
        let Value::Map(fields) = value else { return Err(MalformedCode::NotCbor) };
        let field = |place: usize| {
            let key = Value::Integer((place + 1).into());
            fields.get(place).filter(|(found, _)| *found == key).map(|(_, value)| value)
        };
        if field(0) != Some(&Value::Text(KIND.to_owned())) {
            return Err(MalformedCode::Key(1));
        }
        let number = field(1).and_then(Value::as_bytes).and_then(|bytes| <[u8; 16]>::try_from(bytes.as_slice()).ok());
        let day = field(2).and_then(Value::as_integer).and_then(|day| i32::try_from(day).ok());
        let code = Self {
            number: number.ok_or(MalformedCode::Key(2))?,
            valid_until: day.map(|day| Date::from_days_since_epoch(day.into())).ok_or(MalformedCode::Key(3))?,
        };
        if code.encode() == bytes { Ok(code) } else { Err(MalformedCode::NotCbor) }
    }
}

impl std::fmt::Debug for CredentialCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CredentialCode(<personal>)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_what_was_written_is_read() {
        let code = CredentialCode { number: [7; 16], valid_until: Date::new(2027, 3, 31).unwrap() };
        let bytes = code.encode();
        assert_eq!(CredentialCode::decode(&bytes), Ok(code));
        for length in 0..bytes.len() {
            assert!(CredentialCode::decode(&bytes[..length]).is_err());
        }
        assert!(CredentialCode::decode(&[bytes, vec![0]].concat()).is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_are_answered(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            if let Ok(code) = CredentialCode::decode(&bytes) {
                prop_assert_eq!(code.encode(), bytes);
            }
        }
    }
}
