//! The key of a resident, as the municipality's own systems write it (宛名番号 and the like; never 個人番号).

use std::fmt;

/// A resident's key: 1–20 characters of `0-9`, `A-Z` and `-`, the first column of every import file.
///
/// It says nothing by itself, but it leads to a person; so `Debug` hides it and there is no `Display`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ResidentId(String);

/// Why a text is not a [`ResidentId`]. The text itself is never repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MalformedResidentId {
    /// It is empty or longer than 20 characters.
    #[error("a resident id has 1 to 20 characters")]
    Length,
    /// A character outside `0-9`, `A-Z`, `-`.
    #[error("a resident id is written with 0-9, A-Z and -; character {position} is something else")]
    Character {
        /// Character position, from 1.
        position: usize,
    },
    /// Twelve digits that fit an Individual Number.
    #[error("a resident id must not be an Individual Number (個人番号)")]
    IndividualNumber,
}

impl ResidentId {
    /// Reads a resident id.
    ///
    /// # Errors
    /// [`MalformedResidentId`].
    pub fn parse(text: &str) -> Result<Self, MalformedResidentId> {
        if let Some(index) = text.chars().position(|c| !matches!(c, '0'..='9' | 'A'..='Z' | '-')) {
            return Err(MalformedResidentId::Character { position: index + 1 });
        }
        if text.is_empty() || text.len() > 20 {
            return Err(MalformedResidentId::Length);
        }
        base::my_number_guard::refuse_individual_number(text).map_err(|_| MalformedResidentId::IndividualNumber)?;
        Ok(Self(text.to_owned()))
    }

    /// The text, for a row or for a person allowed to see it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for ResidentId {
    type Error = MalformedResidentId;
    fn try_from(text: String) -> Result<Self, MalformedResidentId> {
        Self::parse(&text)
    }
}

impl From<ResidentId> for String {
    fn from(id: ResidentId) -> Self {
        id.0
    }
}

impl fmt::Debug for ResidentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ResidentId(<personal>)")
    }
}

impl std::str::FromStr for ResidentId {
    type Err = MalformedResidentId;
    fn from_str(text: &str) -> Result<Self, MalformedResidentId> {
        Self::parse(text)
    }
}

impl From<&ResidentId> for store::Value {
    fn from(id: &ResidentId) -> Self {
        Self::Text(id.0.clone())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_individual_number_is_not_a_resident_id() {
        assert_eq!(ResidentId::parse("123456789018"), Err(MalformedResidentId::IndividualNumber));
        assert!(ResidentId::parse("00012345").is_ok());
        assert_eq!(ResidentId::parse("R-00a"), Err(MalformedResidentId::Character { position: 5 }));
        assert_eq!(ResidentId::parse(""), Err(MalformedResidentId::Length));
    }

    #[test]
    fn it_does_not_print_itself() {
        assert!(!format!("{:?}", ResidentId::parse("R-0001").unwrap()).contains("0001"));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in ".{0,30}") {
            if let Ok(id) = ResidentId::parse(&text) { prop_assert_eq!(id.as_str(), text); }
        }
    }
}
