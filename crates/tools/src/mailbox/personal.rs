//! One person's part of a letter: sealed under that person's key, and nowhere else readable.

use base::my_number_guard::refuse_individual_number;
use serde::{Deserialize, Serialize};
use store::sealing::{SealError, Vault};

use super::items::PERSONAL_COLUMN;
use crate::portal::AccountId;

/// Most facts of a personal part.
pub const MOST_FACTS: usize = 30;
/// Most characters of one text.
pub const MOST_CHARACTERS: usize = 2_000;

/// One person's part.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Personal {
    /// 項目 and 内容, e.g. 税額 · 12,000円.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub facts: Vec<(String, String)>,
    /// A paragraph.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// 納付額 in yen, for a letter that asks to pay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<i64>,
}

impl std::fmt::Debug for Personal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Personal(<personal>)")
    }
}

impl Personal {
    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether it may be shown; the reason names no value.
    ///
    /// # Errors
    /// What is wrong.
    pub fn check(&self) -> Result<(), &'static str> {
        let texts = || self.facts.iter().flat_map(|(name, value)| [name, value]).chain(&self.text);
        if self.facts.len() > MOST_FACTS {
            return Err("too many facts");
        }
        if texts().any(|text| text.chars().count() > MOST_CHARACTERS) {
            return Err("a text is too long");
        }
        if texts().any(|text| refuse_individual_number(text).is_err()) {
            return Err("an Individual Number may not be written here");
        }
        if self.amount.is_some_and(|amount| !(0..=9_999_999_999).contains(&amount)) {
            return Err("the amount is out of bounds");
        }
        Ok(())
    }

    /// Sealed under the person's key.
    ///
    /// # Errors
    /// The key store.
    pub fn sealed(&self, vault: &Vault, account: AccountId) -> Result<Vec<u8>, SealError> {
        vault.seal(&account.sealed_under(), PERSONAL_COLUMN, serde_json::json!(self).to_string().as_bytes())
    }

    /// Opened.
    ///
    /// # Errors
    /// [`SealError`]; [`SealError::Altered`] also when the content cannot be read.
    pub fn open(vault: &Vault, account: AccountId, sealed: &[u8]) -> Result<Self, SealError> {
        let plain = vault.open_sealed(&account.sealed_under(), PERSONAL_COLUMN, sealed)?;
        serde_json::from_slice(&plain).map_err(|_| SealError::Altered)
    }
}
