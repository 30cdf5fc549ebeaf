//! Keys on the screen of a machine without a keyboard: 五十音, numbers of an address, digits and capitals.
//!
//! Keys that spell something open post themselves, one at a time, so they work without script; the script puts them into the
//! field at once. Keys of PIN and password need the script, as the PIN pad does: what they spell is never sent key by key.

use maud::{Markup, html};

use super::views::Frame;

/// Five sounds a column, as on every 五十音 table; a space is no key.
const KANA: &str = "あいうえおかきくけこさしすせそたちつてとなにぬねのはひふへほまみむめもや ゆ よらりるれろわをんー ";
/// What stands between the numbers of a 本籍.
const NUMBER: [&str; 15] = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "0", "丁目", "番地", "番", "の", "号"];
/// Capitals and digits of a signing password.
const PASSWORD: &str = "1234567890ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// What a key does besides spelling itself.
const ERASE: &str = "erase";
const CLEAR: &str = "clear";
const VOICED: &str = "voiced";
const HALF_VOICED: &str = "half-voiced";
const SMALL: &str = "small";

/// Characters that keys spell at most; more is not taken.
const LONGEST: usize = 120;

/// Which keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keys {
    /// 五十音.
    Kana,
    /// 五十音 and digits.
    KanaAndDigits,
    /// Digits and what stands between them.
    Number,
}

/// `text` after `key`. A key that no keyboard has changes nothing.
pub(super) fn pressed(text: &str, key: &str) -> String {
    let mut text = text.to_owned();
    match key {
        ERASE => {
            text.pop();
        }
        CLEAR => text.clear(),
        VOICED | HALF_VOICED | SMALL => {
            if let Some(last) = text.pop() {
                text.push(marked(last, key));
            }
        }
        _ if spells(key) && text.chars().count() + key.chars().count() <= LONGEST => text.push_str(key),
        _ => {}
    }
    text
}

fn spells(key: &str) -> bool {
    let mut letters = key.chars();
    let is_kana = matches!((letters.next(), letters.next()), (Some(c), None) if c != ' ' && KANA.contains(c));
    is_kana || key == "　" || NUMBER.contains(&key)
}

/// `kana` with a mark, or without it when it has it already. What takes none stays.
fn marked(kana: char, mark: &str) -> char {
    const VOICEABLE: &str = "かきくけこさしすせそたちつてとはひふへほ";
    const HALF: &str = "はひふへほ";
    const SMALL_ONES: &str = "あいうえおつやゆよわ";
    let step = |from: char, by: i32| from as i32 + by;
    let at = |code: i32| u32::try_from(code).ok().and_then(char::from_u32);
    let plain = |by: i32, of: &str| at(step(kana, -by)).filter(|c| of.contains(*c));
    let (takes, by) = match mark {
        VOICED => (VOICEABLE, 1),
        HALF_VOICED => (HALF, 2),
        _ => (SMALL_ONES, -1),
    };
    let found = match () {
        () if takes.contains(kana) => at(step(kana, by)),
        () if plain(by, takes).is_some() => plain(by, takes),
        // From ば to ぱ and back.
        () if mark == VOICED => plain(2, HALF).and_then(|c| at(step(c, 1))),
        () if mark == HALF_VOICED => plain(1, HALF).and_then(|c| at(step(c, 2))),
        () => None,
    };
    found.unwrap_or(kana)
}

/// Keys that post themselves to `action`; the script puts them into the field `into` instead.
pub(super) fn open_keys(frame: &Frame<'_>, keys: Keys, into: &str, action: &str) -> Markup {
    let is_kana = keys != Keys::Number;
    let key = |key: &str| html! { button type="submit" name="key" value=(key) data-key=(key) lang="ja" { (key) } };
    let act = |act: &str, say: &str| html! { button type="submit" name="key" value=(act) data-act=(act) { (frame.say(say)) } };
    let mark = |act: &str, sign: &str, say: &str| {
        html! { button class="kiosk-key-mark" type="submit" name="key" value=(act) data-act=(act)
        aria-label=(frame.plain(say)) { (sign) } }
    };
    frame.form(
        action,
        &html! {
            div class="kiosk-keys" data-for=(into) {
                @if keys == Keys::KanaAndDigits {
                    div class="kiosk-keys-row" { @for digit in "1234567890".chars() { (key(&digit.to_string())) } }
                }
                @if is_kana {
                    div class="kiosk-keys-kana" {
                        @for kana in KANA.chars() {
                            @if kana == ' ' { span aria-hidden="true" {} } @else { (key(&kana.to_string())) }
                        }
                    }
                    div class="kiosk-keys-acts" {
                        (mark(VOICED, "゛", "kiosk-key-voiced"))
                        (mark(HALF_VOICED, "゜", "kiosk-key-half-voiced"))
                        (act(SMALL, "kiosk-key-small"))
                        button type="submit" name="key" value="　" data-key="　" { (frame.say("kiosk-key-space")) }
                    }
                } @else {
                    div class="kiosk-keys-number" { @for one in NUMBER { (key(one)) } }
                }
                div class="kiosk-keys-acts" { (act(ERASE, "kiosk-key-erase")) (act(CLEAR, "kiosk-pin-clear")) }
            }
        },
    )
}

/// Keys for the secret field `into`: shown by the script alone.
pub(super) fn secret_keys(frame: &Frame<'_>, into: &str, is_password: bool) -> Markup {
    let keys = if is_password { PASSWORD } else { "1234567890" };
    html! {
        div class="kiosk-keys" data-for=(into) hidden {
            div class="kiosk-keys-row" {
                @for key in keys.chars() { button type="button" data-key=(key) { (key) } }
            }
            div class="kiosk-keys-acts" {
                button type="button" data-act=(ERASE) { (frame.say("kiosk-key-erase")) }
                button type="button" data-act=(CLEAR) { (frame.say("kiosk-pin-clear")) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(keys: &[&str]) -> String {
        keys.iter().fold(String::new(), |text, key| pressed(&text, key))
    }

    #[test]
    fn a_name_is_spelled_with_its_marks_and_a_mark_pressed_again_goes() {
        assert_eq!(
            typed(&["し", "よ", "small", "う", "し", "voiced", "　", "は", "half-voiced", "る"]),
            "しょうじ　ぱる"
        );
        assert_eq!(typed(&["か", "voiced", "voiced"]), "か");
        assert_eq!(typed(&["は", "voiced", "half-voiced"]), "ぱ");
        assert_eq!(typed(&["は", "half-voiced", "voiced"]), "ば");
        assert_eq!(typed(&["つ", "small"]), "っ");
        assert_eq!(typed(&["つ", "voiced"]), "づ");
        assert_eq!(typed(&["な", "voiced", "ん", "half-voiced", "ー", "small"]), "なんー", "what takes no mark stays");
        assert_eq!(typed(&["1", "0", "0", "番地", "の", "2", "erase"]), "100番地の");
        assert_eq!(typed(&["あ", "clear"]), "");
        assert_eq!(typed(&["voiced", "erase"]), "");
    }

    #[test]
    fn what_is_no_key_spells_nothing_and_nobody_spells_for_ever() {
        for key in ["", " ", "あい", "漢", "<", "DROP", "A"] {
            assert_eq!(pressed("た", key), "た", "{key}");
        }
        let long = "あ".repeat(LONGEST);
        assert_eq!(pressed(&long, "い"), long);
    }

    #[test]
    fn the_kana_keys_are_five_a_column_and_no_sound_twice() {
        let kana: Vec<char> = KANA.chars().collect();
        assert_eq!(kana.len() % 5, 0);
        let mut sounds: Vec<char> = kana.into_iter().filter(|c| *c != ' ').collect();
        let all = sounds.len();
        sounds.sort_unstable();
        sounds.dedup();
        assert_eq!((all, sounds.len()), (47, 47), "46 sounds and the long mark");
    }
}
