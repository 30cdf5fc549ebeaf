//! Characters of names: what may stand in the register.
//!
//! Names are kept in **Moji_Joho** variation sequences (文字情報基盤). A selector belongs to the ideograph before it.
//! Sequences of the Adobe-Japan1 collection look alike but draw another character with IPAmj Mincho, so they are refused
//! here rather than printed wrong (source: cmap of fonts-ipamj-mincho 005.01, measured).

use base::text::is_variation_selector;

use super::fault::Reason;

/// Selectors that belong to Adobe-Japan1 only: (base, first, last).
/// Source: cmap format 14 of IPAmj Mincho 005.01 against IPAex and Noto CJK (measured for these bases).
const OTHER_COLLECTION: &[(char, char, char)] = &[
    ('葛', '\u{E0100}', '\u{E0101}'),
    ('辻', '\u{E0100}', '\u{E0101}'),
    ('邉', '\u{E0100}', '\u{E010E}'),
    ('邊', '\u{E0100}', '\u{E0107}'),
];

/// Whether `character` may carry a variation selector.
const fn is_ideograph(character: char) -> bool {
    matches!(character as u32,
        0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xF900..=0xFAFF | 0x20000..=0x3FFFF | 0x3005..=0x3007)
}

/// Characters that no other system can read or that are no text.
const fn is_forbidden(character: char) -> bool {
    matches!(character as u32,
        0..=0x1F | 0x7F..=0x9F | 0xE000..=0xF8FF | 0xF_0000..=0x10_FFFF | 0xFEFF | 0xFFF9..=0xFFFF
        | 0x200B..=0x200F | 0x202A..=0x202E | 0x2060..=0x206F | 0x2028 | 0x2029)
}

/// Checks any text field: no control, private-use or invisible characters, selectors only where they belong.
pub(crate) fn check_text(text: &str) -> Result<(), Reason> {
    if text.bytes().all(|byte| (0x20..0x7F).contains(&byte)) {
        return Ok(());
    }
    let mut before = ' ';
    for (index, character) in text.chars().enumerate() {
        let position = index + 1;
        if is_variation_selector(character) {
            if !is_ideograph(before) {
                return Err(Reason::MisplacedSelector { position });
            }
            let other = |entry: &&(char, char, char)| entry.0 == before && (entry.1..=entry.2).contains(&character);
            if OTHER_COLLECTION.iter().any(|entry| other(&entry)) {
                return Err(Reason::OtherCollection { position: index });
            }
        } else if is_forbidden(character) {
            return Err(Reason::ForbiddenCharacter { position });
        }
        before = character;
    }
    Ok(())
}

/// A reading in full-width katakana: half-width kana and hiragana are widened, spaces become full-width.
pub(crate) fn katakana(text: &str) -> Result<String, Reason> {
    let wide = widen_kana(text);
    for (index, character) in wide.chars().enumerate() {
        if !matches!(character, 'ァ'..='ヺ' | 'ー' | '・' | '\u{3000}' | 'ヽ' | 'ヾ') {
            return Err(Reason::NotKatakana { position: index + 1 });
        }
    }
    Ok(wide)
}

/// Half-width katakana U+FF66–U+FF9D in order.
const HALF: &str =
    "ヲァィゥェォャュョッーアイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワン";

fn widen_kana(text: &str) -> String {
    let mut wide = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            'ﾞ' | '゛' => voice(&mut wide, 1, 'ﾞ'),
            'ﾟ' | '゜' => voice(&mut wide, 2, 'ﾟ'),
            'ｦ'..='ﾝ' => {
                let index = character as usize - 'ｦ' as usize;
                wide.push(HALF.chars().nth(index).unwrap_or(character));
            }
            '･' => wide.push('・'),
            ' ' => wide.push('\u{3000}'),
            '-' | '－' | '‐' => wide.push('ー'),
            'ぁ'..='ゖ' => wide.push(char::from_u32(character as u32 + 0x60).unwrap_or(character)),
            _ => wide.push(character),
        }
    }
    wide
}

/// Puts a voiced (1) or half-voiced (2) mark on the last kana.
fn voice(wide: &mut String, by: u32, mark: char) {
    let Some(last) = wide.pop() else {
        wide.push(mark);
        return;
    };
    let can = match by {
        1 => "カキクケコサシスセソタチツテトハヒフヘホ".contains(last),
        _ => "ハヒフヘホ".contains(last),
    };
    if last == 'ウ' && by == 1 {
        wide.push('ヴ');
    } else if can {
        wide.push(char::from_u32(last as u32 + by).unwrap_or(last));
    } else {
        wide.push(last);
        wide.push(mark);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_selector_belongs_to_an_ideograph() {
        assert_eq!(check_text("辻\u{E0102}　花子"), Ok(()));
        assert_eq!(check_text("\u{E0102}辻"), Err(Reason::MisplacedSelector { position: 1 }));
        assert_eq!(check_text("辻\u{E0102}\u{E0103}"), Err(Reason::MisplacedSelector { position: 3 }));
        assert_eq!(check_text("あ\u{E0100}"), Err(Reason::MisplacedSelector { position: 2 }));
    }

    #[test]
    fn another_collection_is_not_printed_wrong() {
        assert_eq!(check_text("葛\u{E0100}飾"), Err(Reason::OtherCollection { position: 1 }));
        assert_eq!(check_text("渡邉\u{E010E}"), Err(Reason::OtherCollection { position: 2 }));
        assert_eq!(check_text("渡邉\u{E010F}"), Ok(()));
    }

    #[test]
    fn gaiji_and_invisible_characters_are_refused() {
        assert_eq!(check_text("山\u{E001}田"), Err(Reason::ForbiddenCharacter { position: 2 }));
        assert_eq!(check_text("山田\u{200B}"), Err(Reason::ForbiddenCharacter { position: 3 }));
        assert_eq!(check_text("𠮷田 髙﨑 𮕩"), Ok(()));
    }

    #[test]
    fn readings_are_widened() {
        assert_eq!(katakana("ﾔﾏﾀﾞ ﾀﾛｳ").as_deref(), Ok("ヤマダ　タロウ"));
        assert_eq!(katakana("わたなべ　ﾊﾟｳﾛ").as_deref(), Ok("ワタナベ　パウロ"));
        assert_eq!(katakana("ヤマダ太郎"), Err(Reason::NotKatakana { position: 4 }));
        assert_eq!(katakana("ﾞ"), Err(Reason::NotKatakana { position: 1 }));
    }
}
