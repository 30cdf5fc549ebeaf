//! Sentences by key, from `locale/<language>/<area>.ftl` (Project Fluent's format).
//!
//! Every key exists in all three languages with the same arguments; a test proves it. Keys begin with their area:
//! `staff-sign-in-title` lives in `staff.ftl`.

use std::borrow::Cow;
use std::sync::OnceLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use maud::Markup;

use crate::language::Language;
use crate::ruby;

/// A value put into a sentence: `3.into()`, `"text".into()`.
pub type Arg<'a> = FluentValue<'a>;

const FILES: &[(&str, &str, &str)] = include!(concat!(env!("OUT_DIR"), "/locale.rs"));

/// All words of the house.
pub struct Words {
    bundles: [FluentBundle<FluentResource>; 3],
}

/// All words of the house, read once.
pub fn words() -> &'static Words {
    static WORDS: OnceLock<Words> = OnceLock::new();
    WORDS.get_or_init(|| Words::read().0)
}

const fn slot(language: Language) -> usize {
    match language {
        Language::Japanese => 0,
        Language::EasyJapanese => 1,
        Language::English => 2,
    }
}

impl Words {
    /// Reads the embedded files; the second value tells what is wrong in them (nothing, as a test proves).
    fn read() -> (Self, Vec<String>) {
        let mut problems = Vec::new();
        let bundles = Language::ALL.map(|language| {
            let identifier = language.html().parse().unwrap_or_default();
            let mut bundle = FluentBundle::new_concurrent(vec![identifier]);
            // Isolation marks would sit invisibly in names and in PDF text.
            bundle.set_use_isolating(false);
            for (_, area, text) in FILES.iter().filter(|(code, _, _)| *code == language.code()) {
                let resource = FluentResource::try_new((*text).to_owned()).unwrap_or_else(|(resource, errors)| {
                    problems.extend(errors.iter().map(|error| format!("{}/{area}: {error}", language.code())));
                    resource
                });
                if let Err(errors) = bundle.add_resource(resource) {
                    problems.extend(errors.iter().map(|error| format!("{}/{area}: {error}", language.code())));
                }
            }
            bundle
        });
        (Self { bundles }, problems)
    }

    /// The sentence for `key`, without readings. An unknown key gives the key itself (and fails a test elsewhere).
    pub fn get(&self, language: Language, key: &str) -> String {
        self.format(language, key, &[])
    }

    /// The sentence for `key` with `arguments` put in, without readings: for titles, attributes and plain text.
    pub fn format(&self, language: Language, key: &str, arguments: &[(&str, Arg<'_>)]) -> String {
        ruby::plain(&self.raw(language, key, arguments)).into_owned()
    }

    /// The sentence for `key` as HTML, with readings (`｜漢字《かんじ》`) over their characters.
    pub fn markup(&self, language: Language, key: &str, arguments: &[(&str, Arg<'_>)]) -> Markup {
        ruby::markup(&self.raw(language, key, arguments))
    }

    /// Whether the key is known in `language`.
    pub fn has(&self, language: Language, key: &str) -> bool {
        self.bundles[slot(language)].has_message(key)
    }

    fn raw(&self, language: Language, key: &str, arguments: &[(&str, Arg<'_>)]) -> String {
        let bundle = &self.bundles[slot(language)];
        let Some(pattern) = bundle.get_message(key).and_then(|message| message.value()) else {
            return key.to_owned();
        };
        let mut values = FluentArgs::with_capacity(arguments.len());
        for (name, value) in arguments {
            values.set(Cow::Borrowed(*name), value.clone());
        }
        let mut errors = Vec::new();
        bundle.format_pattern(pattern, Some(&values), &mut errors).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    /// Every key of one language with the names of its arguments, read from the text itself.
    fn keys(language: Language) -> BTreeMap<String, BTreeSet<String>> {
        let mut keys = BTreeMap::new();
        for (_, _, text) in FILES.iter().filter(|(code, _, _)| *code == language.code()) {
            let mut current = String::new();
            for line in text.lines() {
                if let Some((key, _)) = line.split_once('=')
                    && line.starts_with(|c: char| c.is_ascii_lowercase())
                {
                    current = key.trim().to_owned();
                    keys.entry(current.clone()).or_insert_with(BTreeSet::new);
                }
                for piece in line.split('$').skip(1) {
                    let name: String =
                        piece.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_' || *c == '-').collect();
                    keys.entry(current.clone()).or_default().insert(name);
                }
            }
        }
        keys
    }

    #[test]
    fn every_file_reads_without_a_mistake() {
        let (_, problems) = Words::read();
        assert_eq!(problems, Vec::<String>::new());
    }

    #[test]
    fn every_key_speaks_all_three_languages_with_the_same_arguments() {
        let japanese = keys(Language::Japanese);
        assert!(japanese.len() > 10);
        for language in [Language::EasyJapanese, Language::English] {
            let other = keys(language);
            let missing: Vec<_> = japanese.keys().filter(|key| !other.contains_key(*key)).collect();
            let extra: Vec<_> = other.keys().filter(|key| !japanese.contains_key(*key)).collect();
            assert!(
                missing.is_empty() && extra.is_empty(),
                "{}: missing {missing:?}, extra {extra:?}",
                language.code()
            );
            for (key, arguments) in &japanese {
                assert_eq!(arguments, &other[key], "{key} in {}", language.code());
            }
        }
    }

    #[test]
    fn keys_begin_with_their_area() {
        for (language, area, text) in FILES {
            for line in text.lines().filter(|line| line.starts_with(|c: char| c.is_ascii_lowercase())) {
                assert!(line.starts_with(&format!("{area}-")), "{language}/{area}.ftl: {line}");
            }
        }
    }

    /// Japanese keys and sentences, of which none stands on several lines here.
    fn japanese() -> impl Iterator<Item = (&'static str, &'static str)> {
        let texts = FILES.iter().filter(|(code, _, _)| *code == Language::Japanese.code());
        texts.flat_map(|(_, _, text)| text.lines().filter_map(|line| line.split_once(" = ")))
    }

    #[test]
    fn what_was_done_says_to_what_it_was_done() {
        let bare = [
            "変更",
            "保存",
            "登録",
            "削除",
            "更新",
            "消",
            "記録",
            "処理",
            "終了",
            "訂正",
            "取り消",
            "取りやめ",
            "やめ",
            "決め",
        ];
        let vague: Vec<_> = japanese()
            .filter(|(key, _)| key.contains("-done"))
            .filter(|(_, said)| {
                bare.iter().any(|verb| {
                    said.starts_with(&format!("{verb}ました")) || said.starts_with(&format!("{verb}しました"))
                })
            })
            .collect();
        assert_eq!(vague, Vec::<(&str, &str)>::new());
    }

    #[test]
    fn one_thing_has_one_name() {
        for (key, said) in japanese() {
            // The one page of the operator explains what the law and the policy call it.
            assert!(key == "application-title" || !said.contains("独自アプリ"), "{key}: 市のアプリ");
            assert!(!said.contains("個人番号カード"), "{key}: マイナンバーカード");
            assert!(!said.contains("搭載"), "{key}: のせる");
        }
    }

    #[test]
    fn arguments_are_put_in() {
        let text = words().format(Language::English, "page-count", &[("n", 3.into())]);
        assert!(text.contains('3'), "{text}");
    }
}
