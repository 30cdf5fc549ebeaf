//! 本籍 and 筆頭者 in the form in which they are compared: people type them in many ways.

use base::text::search_key;

const KANJI_DIGITS: &str = "〇一二三四五六七八九";

/// The look-up key of a register. `中央一丁目１００番地の２` and `中央1丁目100-2` are one place; spaces, widths and variation
/// sequences do not count.
pub(super) fn place_key(domicile: &str, head: &str) -> String {
    format!("{}|{}", domicile_key(domicile), search_key(head))
}

/// The same without 筆頭者.
pub(super) fn domicile_key(domicile: &str) -> String {
    number_parts(&search_key(domicile))
}

fn number_parts(domicile: &str) -> String {
    let mut text = String::with_capacity(domicile.len());
    for (index, part) in domicile.split("丁目").enumerate() {
        if index > 0 {
            // A kanji number belongs to 丁目 only right before it: 一番町 stays.
            let digits: String = text.chars().rev().take_while(|c| KANJI_DIGITS.contains(*c)).collect();
            text.truncate(text.len() - digits.len());
            text.extend(digits.chars().rev().filter_map(digit));
            text.push('-');
        }
        text.push_str(part);
    }
    for (from, to) in [("番地ノ", "-"), ("番地", "-"), ("番", "-"), ("号", ""), ("ノ", "-"), ("ー", "-"), ("−", "-")]
    {
        text = join_numbers(&text, from, to);
    }
    text.trim_end_matches('-').to_owned()
}

fn digit(kanji: char) -> Option<char> {
    let value = KANJI_DIGITS.chars().position(|known| known == kanji)?;
    char::from_digit(u32::try_from(value).ok()?, 10)
}

/// Replaces `from` by `to` where it follows a digit: names of places keep their characters.
fn join_numbers(text: &str, from: &str, to: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(from) {
        let (before, after) = rest.split_at(at);
        out.push_str(before);
        let follows_digit = out.chars().last().is_some_and(|c| c.is_ascii_digit());
        out.push_str(if follows_digit { to } else { from });
        rest = after.get(from.len()..).unwrap_or("");
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::place_key;

    #[test]
    fn one_place_typed_in_many_ways() {
        let key = place_key("見本県見本市中央一丁目100番地の2", "辻\u{E0102}　花子");
        for (domicile, head) in [
            ("見本県見本市中央１丁目１００番地２", "辻花子"),
            ("見本県見本市中央1丁目100-2", "辻 花子"),
            ("見本県 見本市 中央一丁目100番2号", "辻　花子"),
            ("見本県見本市中央一丁目100ノ2", "辻花子"),
        ] {
            assert_eq!(place_key(domicile, head), key, "{domicile}");
        }
        assert_ne!(place_key("見本県見本市中央一丁目100番地3", "辻花子"), key);
        assert_ne!(place_key("見本県見本市中央一丁目10番地の2", "辻花子"), key);
        assert!(place_key("東京都千代田区一番町一番地", "甲").contains("一番町"));
        assert!(place_key("見本市十二丁目3番地", "甲").contains("十2-3"));
    }

    proptest! {
        #[test]
        fn any_text_has_a_key(domicile in ".{0,40}|[0-9一二丁目番地号の-]{0,30}", head in ".{0,10}") {
            let _ = place_key(&domicile, &head);
        }
    }
}
