//! The text of a letter: a few kinds of block that we draw ourselves. A sender's HTML never reaches a reader.

use base::my_number_guard::refuse_individual_number;
use serde::{Deserialize, Serialize};

/// One block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Block {
    /// 見出し.
    Heading(String),
    /// 段落.
    Paragraph(String),
    /// 箇条書き.
    List(Vec<String>),
    /// 囲み: money, time, place.
    Facts(Vec<(String, String)>),
    /// A link to a page, https only.
    Link {
        /// What it says.
        label: String,
        /// Address.
        to: String,
    },
}

/// A text in up to three languages; Japanese is always there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Body {
    /// Japanese.
    pub japanese: Vec<Block>,
    /// やさしい日本語, with `｜漢字《かな》` readings.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub easy: Vec<Block>,
    /// English.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub english: Vec<Block>,
}

/// Why a text is not taken: which block of which language, from 1, and the reason.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BodyFault {
    /// Not the expected JSON.
    #[error("the text is not written in blocks: {0}")]
    Malformed(String),
    /// Without Japanese.
    #[error("the Japanese text is missing")]
    NoJapanese,
    /// Too long.
    #[error("{language}, block {block}: longer than {most} characters")]
    TooLong {
        /// Which language.
        language: &'static str,
        /// Which block.
        block: usize,
        /// Most characters.
        most: usize,
    },
    /// Too many blocks.
    #[error("{language}: more than {most} blocks")]
    TooMany {
        /// Which language.
        language: &'static str,
        /// Most blocks.
        most: usize,
    },
    /// A link that is not https.
    #[error("{language}, block {block}: a link must begin with https://")]
    Link {
        /// Which language.
        language: &'static str,
        /// Which block.
        block: usize,
    },
    /// An Individual Number.
    #[error("{language}, block {block}: an Individual Number may not be written here")]
    IndividualNumber {
        /// Which language.
        language: &'static str,
        /// Which block.
        block: usize,
    },
}

/// Most blocks of a text.
pub const MOST_BLOCKS: usize = 60;
/// Most characters of one piece of text.
pub const MOST_CHARACTERS: usize = 2_000;

impl Block {
    /// Every piece of text in it.
    pub fn texts(&self) -> Vec<&str> {
        match self {
            Self::Heading(text) | Self::Paragraph(text) => vec![text],
            Self::List(items) => items.iter().map(String::as_str).collect(),
            Self::Facts(facts) => facts.iter().flat_map(|(name, value)| [name.as_str(), value.as_str()]).collect(),
            Self::Link { label, to } => vec![label, to],
        }
    }
}

impl Body {
    /// Plain paragraphs in Japanese.
    pub fn plain(text: &str) -> Self {
        let japanese = text.split("\n\n").map(str::trim).filter(|part| !part.is_empty());
        Self { japanese: japanese.map(|part| Block::Paragraph(part.to_owned())).collect(), ..Self::default() }
    }

    /// Reads what a sender gave, and refuses what may not be shown.
    ///
    /// # Errors
    /// [`BodyFault`].
    pub fn from_sender(json: &str) -> Result<Self, BodyFault> {
        let body: Self = serde_json::from_str(json).map_err(|error| BodyFault::Malformed(error.to_string()))?;
        body.check()?;
        Ok(body)
    }

    /// Whether it may be shown.
    ///
    /// # Errors
    /// [`BodyFault`]: the first thing that is wrong.
    pub fn check(&self) -> Result<(), BodyFault> {
        if self.japanese.is_empty() {
            return Err(BodyFault::NoJapanese);
        }
        for (language, blocks) in [("ja", &self.japanese), ("ja-easy", &self.easy), ("en", &self.english)] {
            if blocks.len() > MOST_BLOCKS {
                return Err(BodyFault::TooMany { language, most: MOST_BLOCKS });
            }
            for (at, one) in blocks.iter().enumerate() {
                let block = at + 1;
                if one.texts().iter().any(|text| text.chars().count() > MOST_CHARACTERS) {
                    return Err(BodyFault::TooLong { language, block, most: MOST_CHARACTERS });
                }
                if matches!(one, Block::Link { to, .. } if !to.starts_with("https://")) {
                    return Err(BodyFault::Link { language, block });
                }
                if one.texts().iter().any(|text| refuse_individual_number(text).is_err()) {
                    return Err(BodyFault::IndividualNumber { language, block });
                }
            }
        }
        Ok(())
    }

    /// As it is stored.
    pub fn to_stored(&self) -> String {
        serde_json::json!(self).to_string()
    }

    /// From what is stored.
    ///
    /// # Errors
    /// [`BodyFault::Malformed`].
    pub fn from_stored(text: &str) -> Result<Self, BodyFault> {
        serde_json::from_str(text).map_err(|error| BodyFault::Malformed(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_kept_as_it_was_and_what_may_not_be_shown_is_refused_with_its_place() {
        let body = Body::plain("一つめ。\n\n二つめ。");
        assert_eq!(body.japanese.len(), 2);
        assert_eq!(Body::from_stored(&body.to_stored()), Ok(body));
        let refused = |json: &str| Body::from_sender(json).unwrap_err();
        assert_eq!(refused("{\"japanese\":[]}"), BodyFault::NoJapanese);
        let link = r#"{"japanese":[{"paragraph":"x"},{"link":{"label":"x","to":"javascript:alert(1)"}}]}"#;
        assert_eq!(refused(link), BodyFault::Link { language: "ja", block: 2 });
        assert!(matches!(refused("<p>hello</p>"), BodyFault::Malformed(_)));
        assert!(matches!(refused(r#"{"japanese":[{"html":"<b>"}]}"#), BodyFault::Malformed(_)));
    }
}
