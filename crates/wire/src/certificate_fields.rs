//! Everything a certificate says, as one canonical list of places and values, and its one hash.
//!
//! For whoever holds two forms of one certificate, the paper and its copy in a wallet, and must know that they are the
//! same: both are made from this list, and both carry [`Fields::hash`].
//!
//! ```text
//!  layout of the paper ─► Fields { title, household.head, people.0.name, … } ─┬─► hash in the paper's signed code
//!                                                                             └─► claims of the copy, and the same hash
//!  hash = SHA-256("yakuba certificate fields 1" ‖ salt ‖ for each field in order of place: place ‖ value)
//!  each part behind its length as 8 bytes; salt = the request's 16 random bytes; order by bytes of the place in UTF-8
//! ```
//! The salt stands on the paper (請求番号) but is hidden in the copy unless its holder shows it: otherwise an item that was
//! held back could be guessed from the hash (there are few relationships).

use std::collections::BTreeMap;

use base::{Id, Personal};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// SHA-256 of all fields.
pub type FieldsHash = [u8; 32];

/// Most fields of one certificate: twenty pages of four people with twenty items stay below it.
pub const MOST_FIELDS: usize = 4096;

/// The canonical list. Values are personal and are never printed by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Fields {
    /// The kind's word, e.g. `residence_certificate`.
    pub kind: String,
    /// The request the certificate answers: the salt.
    pub request: Id,
    values: BTreeMap<String, String>,
}

impl std::fmt::Debug for Fields {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Fields({}, {} <personal>)", self.kind, self.values.len())
    }
}

/// Why bytes are not a list of fields. Says nothing of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("these bytes are not the fields of a certificate")]
pub struct MalformedFields;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    kind: String,
    request: String,
    fields: BTreeMap<String, String>,
}

impl Fields {
    /// None yet.
    pub fn new(kind: &str, request: Id) -> Self {
        Self { kind: kind.to_owned(), request, values: BTreeMap::new() }
    }

    /// Adds a value at a place such as `people.0.name`. Empty values are left out. A second value at one place becomes
    /// `name~2`, a third `name~3`, so that nothing printed is lost.
    pub fn add(&mut self, place: &str, value: &str) {
        if value.trim().is_empty() || self.values.len() >= MOST_FIELDS {
            return;
        }
        let mut free = place.to_owned();
        let mut number = 1;
        while self.values.contains_key(&free) {
            number += 1;
            free = format!("{place}~{number}");
        }
        self.values.insert(free, value.to_owned());
    }

    /// Places and values in canonical order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Personal<&str>)> {
        self.values.iter().map(|(place, value)| (place.as_str(), Personal::new(value.as_str())))
    }

    /// The value at a place.
    pub fn get(&self, place: &str) -> Option<Personal<&str>> {
        self.values.get(place).map(|value| Personal::new(value.as_str()))
    }

    /// The one hash that paper and copy share.
    pub fn hash(&self) -> FieldsHash {
        let mut hash = Sha256::new();
        let mut part = |bytes: &[u8]| {
            hash.update((bytes.len() as u64).to_be_bytes());
            hash.update(bytes);
        };
        part(b"yakuba certificate fields 1");
        part(self.request.bytes());
        for (place, value) in &self.values {
            part(place.as_bytes());
            part(value.as_bytes());
        }
        hash.finalize().into()
    }

    /// As bytes, to be sealed.
    pub fn encode(&self) -> Vec<u8> {
        let stored = Stored { kind: self.kind.clone(), request: self.request.to_string(), fields: self.values.clone() };
        serde_json::json!(stored).to_string().into_bytes()
    }

    /// Reads what [`Self::encode`] wrote.
    ///
    /// # Errors
    /// [`MalformedFields`].
    pub fn decode(bytes: &[u8]) -> Result<Self, MalformedFields> {
        let stored: Stored = serde_json::from_slice(bytes).map_err(|_| MalformedFields)?;
        let request = Id::parse(&stored.request).map_err(|_| MalformedFields)?;
        Ok(Self { kind: stored.kind, request, values: stored.fields })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sample() -> Fields {
        let mut fields = Fields::new("residence_certificate", Id::from_bytes([7; 16]));
        fields.add("people.0.name", "辻本　太郎");
        fields.add("household.head", "辻本　太郎");
        fields.add("people.0.relationship", "");
        fields
    }

    #[test]
    fn the_order_in_which_fields_are_added_does_not_matter_and_each_value_does() {
        let mut other = Fields::new("residence_certificate", Id::from_bytes([7; 16]));
        other.add("household.head", "辻本　太郎");
        other.add("people.0.name", "辻本　太郎");
        assert_eq!(other.hash(), sample().hash());
        let mut more = sample();
        more.add("people.0.relationship", "世帯主");
        assert_ne!(more.hash(), sample().hash());
        let mut moved = Fields::new("residence_certificate", Id::from_bytes([7; 16]));
        moved.add("people.1.name", "辻本　太郎");
        moved.add("household.head", "辻本　太郎");
        assert_ne!(moved.hash(), sample().hash());
    }

    #[test]
    fn the_same_values_on_another_paper_have_another_hash() {
        let other = Fields { request: Id::from_bytes([8; 16]), ..sample() };
        assert_ne!(other.hash(), sample().hash());
    }

    #[test]
    fn a_second_value_at_a_place_is_kept_beside_the_first() {
        let mut fields = sample();
        fields.add("people.0.name", "別名");
        assert_eq!(fields.get("people.0.name~2"), Some(Personal::new("別名")));
        assert_eq!(fields.iter().count(), 3);
    }

    #[test]
    fn a_list_is_named_not_shown() {
        assert_eq!(format!("{:?}", sample()), "Fields(residence_certificate, 2 <personal>)");
    }

    proptest! {
        #[test]
        fn what_was_written_is_read(places in proptest::collection::btree_map("[a-z.0-9]{1,12}", "[^\u{0}]{1,20}", 0..20)) {
            let mut fields = Fields::new("k", Id::from_bytes([1; 16]));
            for (place, value) in &places {
                fields.add(place, value);
            }
            prop_assert_eq!(Fields::decode(&fields.encode()), Ok(fields));
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            let _ = Fields::decode(&bytes);
        }
    }
}
