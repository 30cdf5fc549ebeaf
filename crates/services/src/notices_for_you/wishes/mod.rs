//! What a person registered beforehand (あらかじめ登録): fields, places, ages of those they care for, language, and which
//! data of theirs may be used.
//!
//! ```text
//!  /portal/interests ─► kept (outside, sealed) ── notice_wishes, sealed ─► told (inside) ─► campaigns, schemes
//!  /portal/consents  ─► agreements: tax, welfare, health ──────┘
//! ```
//! How and when one is told (channel, quiet hours, digest) is not here: `tools::channels` keeps it.
//!
//! | module | zone | what it holds |
//! |---|---|---|
//! | [`catalogue`] | both | what can be chosen, with words |
//! | [`answers`] | both | what a person answered about themselves |
//! | [`agreements`] | outside | what one consents to, class by class |
//! | [`kept`] | outside | what each person registered |
//! | [`told`] | inside | the same, beside the resident |

pub mod agreements;
pub mod answers;
pub mod catalogue;
pub mod kept;
#[cfg(test)]
mod tests;
pub mod told;

use std::collections::BTreeSet;

use rules::{Consents, DataClass};
use serde::{Deserialize, Serialize};
use tools::portal::Topic;
use ui::Language;

pub use answers::Answers;

/// Outside → inside: what a person registered.
pub const WISHES: Topic = "notice_wishes";

/// What a person registered. Personal: `{:?}` shows nothing of it.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Wishes {
    /// Whether notices and schemes may be chosen for this person, by the resident register (age, place, household).
    pub receives: bool,
    /// Fields of interest (関心のある分野), by code of [`catalogue::FIELDS`].
    pub interests: BTreeSet<u8>,
    /// Places of interest besides one's own (地域), by code of [`catalogue::AREAS`].
    pub areas: BTreeSet<u16>,
    /// Ages of those the person cares for, by code of [`catalogue::AGES`].
    pub ages: BTreeSet<u8>,
    /// The language to be told in.
    #[serde(with = "language_code")]
    pub language: Language,
    /// Classes of data that may be used.
    pub classes: Consents,
    /// What they answered about themselves.
    pub answers: Answers,
}

impl std::fmt::Debug for Wishes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Wishes(<personal>)")
    }
}

impl Wishes {
    /// Interests, ages and places together, as rules ask for them (`rules::Fact::Interest`).
    pub fn own_words(&self) -> BTreeSet<u8> {
        let areas = catalogue::AREAS.iter().filter(|area| self.areas.contains(&area.code)).map(|area| area.interest());
        self.interests.iter().chain(&self.ages).copied().chain(areas).collect()
    }

    /// Whether data of this class may be used.
    pub const fn opens(&self, class: DataClass) -> bool {
        self.receives && self.classes.opens(class)
    }

    /// Only what the catalogue knows; nothing at all of a person who does not receive.
    #[must_use]
    pub fn known_only(mut self) -> Self {
        if !self.receives {
            return Self { language: self.language, ..Self::default() };
        }
        self.interests.retain(|code| catalogue::FIELDS.iter().any(|(known, _)| known == code));
        self.ages.retain(|code| catalogue::AGES.iter().any(|(known, _)| known == code));
        self.areas.retain(|code| catalogue::AREAS.iter().any(|area| area.code == *code));
        self
    }
}

/// The language of reasons for a reader of ours.
pub const fn language_of_rules(language: Language) -> rules::Language {
    match language {
        Language::Japanese => rules::Language::Japanese,
        Language::EasyJapanese => rules::Language::EasyJapanese,
        Language::English => rules::Language::English,
    }
}

mod language_code {
    use serde::{Deserialize, Deserializer, Serializer};
    use ui::Language;

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the shape serde asks for")]
    pub(super) fn serialize<S: Serializer>(language: &Language, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(language.code())
    }

    pub(super) fn deserialize<'a, D: Deserializer<'a>>(from: D) -> Result<Language, D::Error> {
        Ok(Language::from_code(&String::deserialize(from)?).unwrap_or_default())
    }
}
