//! What a notice says, in three languages, and why it may be refused.

use base::my_number_guard::refuse_individual_number;
use serde::{Deserialize, Serialize};
use tools::dispatch::{Audience, Draft};
use tools::mailbox::{Block, Body, DeliveryLaw, Importance};

use super::CampaignError;

/// Most characters of a title: a telephone shows no more.
pub const MOST_TITLE: usize = 40;
/// Most characters of a text: one sheet of A4 as the guideline for plain Japanese has it, with room.
pub const MOST_TEXT: usize = 2_000;
/// The class under which a person may stop notices.
const CLASS: &str = "news";

/// A text in one language.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    /// 件名.
    pub title: String,
    /// 本文: paragraphs with empty lines between; a line that is an https address becomes a link.
    pub text: String,
}

/// The three texts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Texts {
    /// Japanese.
    pub japanese: Text,
    /// やさしい日本語, with `｜漢字《かな》` readings.
    pub easy: Text,
    /// English.
    pub english: Text,
}

/// The key of a sentence that says what is wrong.
type Wrong = &'static str;

impl Texts {
    /// Each field by its name in a form.
    pub fn fields(&self) -> [(&'static str, &str); 6] {
        [
            ("title_ja", &self.japanese.title),
            ("text_ja", &self.japanese.text),
            ("title_easy", &self.easy.title),
            ("text_easy", &self.easy.text),
            ("title_en", &self.english.title),
            ("text_en", &self.english.text),
        ]
    }

    /// From the fields of a form.
    pub fn from_fields<'a>(get: impl Fn(&str) -> &'a str) -> Self {
        let text = |title: &str, text: &str| Text { title: get(title).to_owned(), text: get(text).to_owned() };
        Self {
            japanese: text("title_ja", "text_ja"),
            easy: text("title_easy", "text_easy"),
            english: text("title_en", "text_en"),
        }
    }

    /// What must not even be kept: HTML, an Individual Number, a text far too long.
    pub fn refused(&self) -> Vec<(&'static str, Wrong)> {
        let judge = |(name, text): (&'static str, &str)| {
            let most = if name.starts_with("title") { MOST_TITLE } else { MOST_TEXT };
            let wrong = if refuse_individual_number(text).is_err() {
                "notice-wrong-number"
            } else if holds_html(text) {
                "notice-wrong-html"
            } else if text.chars().count() > most {
                if most == MOST_TITLE { "notice-wrong-title-long" } else { "notice-wrong-text-long" }
            } else if !name.ends_with("easy") && text.contains('《') && text.contains('｜') {
                "notice-wrong-ruby-place"
            } else if name.ends_with("easy") && !has_whole_ruby(text) {
                "notice-wrong-ruby"
            } else {
                return None;
            };
            Some((name, wrong))
        };
        self.fields().into_iter().filter_map(judge).collect()
    }

    /// Whether it can be sent: all three languages, nothing refused.
    ///
    /// # Errors
    /// [`CampaignError::Texts`].
    pub fn check(&self) -> Result<(), CampaignError> {
        let mut wrong = self.refused();
        let missing = self.fields().into_iter().filter(|(_, text)| text.trim().is_empty());
        wrong.extend(missing.map(|(name, _)| (name, "notice-wrong-missing")));
        if wrong.is_empty() { Ok(()) } else { Err(CampaignError::Texts(wrong)) }
    }

    /// As a letter.
    pub fn body(&self) -> Body {
        let headed = |text: &Text| {
            let mut blocks = vec![Block::Heading(text.title.clone())];
            blocks.extend(paragraphs(&text.text));
            blocks
        };
        // A letter's own title is the Japanese one; the others begin with theirs.
        Body { japanese: paragraphs(&self.japanese.text), easy: headed(&self.easy), english: headed(&self.english) }
    }

    /// As it is sent.
    pub fn draft(&self) -> Draft {
        Draft {
            title: self.japanese.title.clone(),
            importance: Importance::News,
            class: CLASS.to_owned(),
            delivery: Some(DeliveryLaw::Free),
            body: self.body(),
            action: None,
            due_on: None,
            paper_after: None,
            reason: Some("あなたの登録と、使ってよいとされた情報が、このお知らせの条件に当てはまりました。".to_owned()),
            audience: Audience::Listed,
        }
    }
}

fn paragraphs(text: &str) -> Vec<Block> {
    let text = text.replace("\r\n", "\n").replace('\r', "");
    let block = |part: &str| {
        let is_link = part.starts_with("https://") && !part.contains(char::is_whitespace);
        if is_link {
            Block::Link { label: part.to_owned(), to: part.to_owned() }
        } else {
            Block::Paragraph(part.to_owned())
        }
    };
    text.split("\n\n").map(str::trim).filter(|part| !part.is_empty()).map(block).collect()
}

/// Whether there is anything a browser could take for a tag. Readers would see it as it stands, so it is never meant.
fn holds_html(text: &str) -> bool {
    let mut after = text.split('<').skip(1);
    after.any(|rest| rest.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?')))
}

/// Whether each `｜` is followed by a word and its reading in `《》`, and nothing else opens or closes.
fn has_whole_ruby(text: &str) -> bool {
    let mut state = (false, false);
    let mut length = 0;
    for c in text.chars() {
        state = match (c, state) {
            ('｜', (false, false)) => (true, false),
            ('《', (true, false)) if length > 0 => (true, true),
            ('》', (true, true)) if length > 0 => (false, false),
            ('｜' | '《' | '》', _) | ('\n', (true, _)) => return false,
            _ => {
                length += 1;
                continue;
            }
        };
        length = 0;
    }
    state == (false, false)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole() -> Texts {
        let text = |title: &str, text: &str| Text { title: title.to_owned(), text: text.to_owned() };
        Texts {
            japanese: text("健診のご案内", "健診を受けられます。\n\nhttps://city.example.lg.jp/kenshin"),
            easy: text("｜健診《けんしん》", "｜健診《けんしん》が できます。"),
            english: text("Check-up", "You can have a check-up."),
        }
    }

    fn wrong(change: impl Fn(&mut Texts)) -> Vec<(&'static str, Wrong)> {
        let mut texts = whole();
        change(&mut texts);
        match texts.check() {
            Err(CampaignError::Texts(wrong)) => wrong,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_whole_text_becomes_a_letter_that_can_be_sent() {
        let texts = whole();
        texts.check().unwrap();
        texts.draft().check().unwrap();
        assert!(matches!(texts.body().japanese[1], Block::Link { .. }));
        assert_eq!(texts.body().easy[0], Block::Heading("｜健診《けんしん》".to_owned()));
    }

    #[test]
    fn what_may_not_be_sent_is_refused_with_its_field_and_reason() {
        let html = |text: &str| wrong(|texts| texts.japanese.text = text.to_owned());
        for hostile in ["<script>alert(1)</script>", "x <img src=x onerror=alert(1)>", "</p>", "<!-- x -->", "<?php"] {
            assert_eq!(html(hostile), [("text_ja", "notice-wrong-html")], "{hostile}");
        }
        whole().check().unwrap();
        assert_eq!(
            wrong(|texts| texts.english.text = "1234 5678 9018".to_owned()),
            [("text_en", "notice-wrong-number")]
        );
        assert_eq!(wrong(|texts| texts.easy.text.clear()), [("text_easy", "notice-wrong-missing")]);
        assert_eq!(wrong(|texts| texts.japanese.title = "あ".repeat(41)), [("title_ja", "notice-wrong-title-long")]);
        assert_eq!(wrong(|texts| texts.english.text = "x".repeat(2_001)), [("text_en", "notice-wrong-text-long")]);
        for broken in ["｜健診", "健診《けんしん》", "｜《けんしん》", "｜健診《けん｜しん》》", "｜健診《》"]
        {
            assert_eq!(
                wrong(|texts| texts.easy.title = broken.to_owned()),
                [("title_easy", "notice-wrong-ruby")],
                "{broken}"
            );
        }
        let misplaced = wrong(|texts| texts.japanese.title = "｜健診《けんしん》".to_owned());
        assert_eq!(misplaced, [("title_ja", "notice-wrong-ruby-place")]);
    }

    #[test]
    fn what_only_looks_like_a_tag_is_text() {
        assert!(!holds_html("5 < 6, 3<5 and a > b"));
    }
}
