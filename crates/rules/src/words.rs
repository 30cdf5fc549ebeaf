//! Words for people in the three languages of this house.
//!
//! This crate stands beneath the fronts and their locale files, and its sentences are data that officers may change
//! (the name of a scheme), so they travel as values. Easy Japanese uses the fronts' mark for ruby: `｜漢字《かんじ》`.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A language that a reason can be read in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// 日本語.
    Japanese,
    /// やさしい日本語.
    EasyJapanese,
    /// English.
    English,
}

impl Language {
    /// All three, in the order offered.
    pub const ALL: [Self; 3] = [Self::Japanese, Self::EasyJapanese, Self::English];

    /// The one of three texts that is in this language.
    pub(crate) fn pick<T>(self, japanese: T, easy: T, english: T) -> T {
        match self {
            Self::Japanese => japanese,
            Self::EasyJapanese => easy,
            Self::English => english,
        }
    }
}

/// One text in all three languages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Words {
    /// 日本語.
    pub ja: Cow<'static, str>,
    /// やさしい日本語.
    pub easy: Cow<'static, str>,
    /// English.
    pub en: Cow<'static, str>,
}

impl Words {
    /// Words known when this program was built.
    pub const fn of(ja: &'static str, easy: &'static str, en: &'static str) -> Self {
        Self { ja: Cow::Borrowed(ja), easy: Cow::Borrowed(easy), en: Cow::Borrowed(en) }
    }

    /// The text in one language.
    pub fn in_language(&self, language: Language) -> &str {
        language.pick(&self.ja, &self.easy, &self.en)
    }

    /// Each of the three texts.
    pub fn all(&self) -> [&str; 3] {
        [&self.ja, &self.easy, &self.en]
    }
}

/// What this city calls its own codes; a code without a name is shown as its number.
#[derive(Clone, Debug, Default)]
pub struct CityWords {
    /// 行政区 by the code of [`crate::Fact::Ward`].
    pub wards: BTreeMap<u16, Words>,
    /// 町丁 by the code of [`crate::Fact::Town`].
    pub towns: BTreeMap<u16, Words>,
    /// Fields of interest by the code of [`crate::Fact::Interest`].
    pub interests: BTreeMap<u16, Words>,
}
