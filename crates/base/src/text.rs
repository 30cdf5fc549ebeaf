//! Widths, kana, and the characters of registered names.

/// The value of a half- or full-width decimal digit.
pub const fn narrow_digit(character: char) -> Option<u8> {
    match character {
        '0'..='9' => Some(character as u8 - b'0'),
        '０'..='９' => Some((character as u32 - '０' as u32) as u8),
        _ => None,
    }
}

/// Digits, Latin letters and common signs in half width; everything else unchanged.
pub fn to_half_width(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '！'..='～' => char::from_u32(c as u32 - 0xFEE0).unwrap_or(c),
            '\u{3000}' => ' ',
            _ => c,
        })
        .collect()
}

/// Digits in full width, as printed in addresses of Japanese certificates.
pub fn digits_to_full_width(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_ascii_digit() { char::from_u32(c as u32 - '0' as u32 + '０' as u32).unwrap_or(c) } else { c })
        .collect()
}

/// Whether every character is katakana, its long mark, a middle dot or a space, as in a furigana (振り仮名) field.
pub fn is_katakana_reading(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| matches!(c, 'ァ'..='ヺ' | 'ー' | '・' | '\u{3000}' | ' '))
}

/// Hiragana written as katakana; everything else unchanged.
pub fn hiragana_to_katakana(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            'ぁ'..='ゖ' => char::from_u32(c as u32 + 0x60).unwrap_or(c),
            _ => c,
        })
        .collect()
}

/// Whether `character` is an ideographic variation selector (異体字セレクタ, U+E0100–U+E01EF), which belongs to the
/// character before it and must never be separated from it.
pub const fn is_variation_selector(character: char) -> bool {
    matches!(character, '\u{E0100}'..='\u{E01EF}' | '\u{FE00}'..='\u{FE0F}')
}

/// How many characters a reader sees: variation selectors do not count.
pub fn visible_length(text: &str) -> usize {
    text.chars().filter(|&c| !is_variation_selector(c)).count()
}

/// Splits into (base, optional selector) pairs, as a font must look them up.
pub fn variation_sequences(text: &str) -> impl Iterator<Item = (char, Option<char>)> + '_ {
    let mut characters = text.chars().peekable();
    std::iter::from_fn(move || {
        let base = characters.next()?;
        Some((base, characters.next_if(|&c| is_variation_selector(c))))
    })
}

/// Lower-cased, half-width, katakana, without spaces and variation selectors: the form in which names are searched.
pub fn search_key(text: &str) -> String {
    hiragana_to_katakana(&to_half_width(text))
        .chars()
        .filter(|&c| !c.is_whitespace() && !is_variation_selector(c))
        .flat_map(char::to_lowercase)
        .collect()
}

/// How many empty lines begin at `byte` of a text whose lines end with one character. Readers of CSV pass over them, but give a
/// record the place where the record before it ended.
pub fn empty_lines_at(text: &str, byte: u64) -> u64 {
    let rest = usize::try_from(byte).ok().and_then(|byte| text.as_bytes().get(byte..)).unwrap_or_default();
    rest.iter().take_while(|byte| **byte == b'\n').fold(0, |lines, _| lines + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_lines_are_counted_where_a_record_ended() {
        assert_eq!(["", "\n", "\n\na\n"].map(|rest| empty_lines_at(&format!("ab\n{rest}"), 3)), [0, 1, 2]);
        assert_eq!(empty_lines_at("a", u64::MAX), 0);
    }

    #[test]
    fn a_selector_stays_with_its_character() {
        let pairs: Vec<_> = variation_sequences("辻\u{E0102}田").collect();
        assert_eq!(pairs, [('辻', Some('\u{E0102}')), ('田', None)]);
        assert_eq!(visible_length("辻\u{E0102}田"), 2);
    }

    #[test]
    fn names_are_found_however_they_are_typed() {
        assert_eq!(search_key("やまだ　ﾀﾛｳ"), search_key("ヤマダ ﾀﾛｳ"));
        assert_eq!(search_key("Ｓｍｉｔｈ"), "smith");
        assert_eq!(search_key("辻\u{E0102}田"), search_key("辻田"));
    }
}
