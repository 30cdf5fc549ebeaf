//! Refuses an Individual Number (個人番号, "My Number") at every door.
//!
//! Yakuba uses the *tools* of the My Number system, never the number. Imports and labelled fields refuse a 12-digit
//! string whose check digit fits; free text only earns a warning, because one random 12-digit number in ten fits.
//!
//! Looked through, however mixed: every width, circle and script of a digit (NFKC, and decimal digits of other languages); signs
//! that are not seen (zero-width, bidirectional, combining); up to three separators between two digits. Not looked through: a
//! line's end, a colon, a bracket, a letter; digits written as kanji (一二三).
//!
//! ```text
//!  run of digits ─▶ without dates (2026-11-27) ─┬─ twelve digits, however grouped ─────────────▶ check digit fits? refused
//!                                               └─ more: a group of twelve, or 4-4-4 alone ────▶ check digit fits? refused
//! ```
//!
//! Check digit: 平成26年総務省令第85号 第5条.

use unicode_normalization::char::decompose_compatible;

/// The text holds twelve digits whose check digit is that of an Individual Number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a 12-digit number that may be an Individual Number (個人番号) is not accepted; it starts at character {position}"
)]
pub struct IndividualNumberFound {
    /// Character position of its first digit, from 1. The digits themselves are never repeated.
    pub position: usize,
}

/// The check digit of the first eleven digits.
pub fn check_digit(eleven: &[u8; 11]) -> u8 {
    // n = 1..=11 counts from the right; weight n+1 up to 6, then n−5.
    let sum: u32 =
        eleven.iter().rev().zip(1u32..).map(|(&digit, n)| u32::from(digit) * if n <= 6 { n + 1 } else { n - 5 }).sum();
    match sum % 11 {
        0 | 1 => 0,
        rest => (11 - rest) as u8,
    }
}

/// Most separators between two digits: ` - ` is three.
const MOST_SEPARATORS: u8 = 3;

/// Digits that are judged at once: nobody's text has more without a word between.
const MOST_AT_ONCE: usize = 4_096;

/// A digit where it stands.
#[derive(Clone, Copy)]
struct Digit {
    value: u8,
    /// Character position from 1.
    position: usize,
    /// How many separators stand before it in its run, and the last of them.
    gap: (u8, char),
}

/// Refuses `text` when twelve digits in it form an Individual Number, in whatever dress (see the module).
///
/// # Errors
/// [`IndividualNumberFound`] with the position, never the digits.
pub fn refuse_individual_number(text: &str) -> Result<(), IndividualNumberFound> {
    if !may_hold_twelve(text) {
        return Ok(());
    }
    let mut run = Run::default();
    for (index, character) in text.chars().enumerate() {
        match character {
            '\0'..='\x7f' => run.take(character, index + 1)?,
            unseen if is_unseen(unseen) => {}
            // Most of a Japanese text: no digit comes of it.
            '\u{3041}'..='\u{30fa}' | '\u{3400}'..='\u{9fff}' => run.end()?,
            dressed => {
                let mut done = Ok(());
                decompose_compatible(dressed, |plain| {
                    if done.is_ok() {
                        done = run.take(plain, index + 1);
                    }
                });
                done?;
            }
        }
    }
    run.end()
}

/// Whether there are enough characters that could be digits. Fast, for the many texts that are short or have none.
fn may_hold_twelve(text: &str) -> bool {
    text.len() >= 12 && text.bytes().filter(|byte| byte.is_ascii_digit() || !byte.is_ascii()).count() >= 12
}

/// Digits with nothing but separators between them.
struct Run {
    digits: Vec<Digit>,
    gap: (u8, char),
    /// The character before the first digit.
    before: char,
    last: char,
}

impl Default for Run {
    fn default() -> Self {
        Self { digits: Vec::new(), gap: (0, ' '), before: ' ', last: ' ' }
    }
}

impl Run {
    fn take(&mut self, character: char, position: usize) -> Result<(), IndividualNumberFound> {
        if let Some(value) = digit(character) {
            if self.digits.len() >= MOST_AT_ONCE {
                self.cut()?;
            }
            if self.digits.is_empty() {
                (self.before, self.gap) = (self.last, (0, ' '));
            }
            self.digits.push(Digit { value, position, gap: self.gap });
            self.gap = (0, ' ');
        } else if !self.digits.is_empty() && is_separator(character) && self.gap.0 < MOST_SEPARATORS {
            self.gap = (self.gap.0 + 1, character);
        } else if !is_unseen(character) {
            self.end()?;
        }
        self.last = character;
        Ok(())
    }

    /// Judges what there is of a very long run, and goes on with as much of it as a number may have begun in.
    fn cut(&mut self) -> Result<(), IndividualNumberFound> {
        let rest = self.digits.split_off(self.digits.len() - 11);
        let kept = (rest.clone(), self.gap, self.before, self.last);
        self.digits.extend(rest);
        self.end()?;
        (self.digits, self.gap, self.before, self.last) = kept;
        Ok(())
    }

    /// Judges the run and begins another.
    fn end(&mut self) -> Result<(), IndividualNumberFound> {
        let found = if self.digits.len() < 12 { None } else { number_in(&self.digits, self.before == '+') };
        self.digits.clear();
        self.last = ' ';
        found.map_or(Ok(()), |position| Err(IndividualNumberFound { position }))
    }
}

/// The position of an Individual Number in a run.
fn number_in(run: &[Digit], is_dialled: bool) -> Option<usize> {
    let mut groups: Vec<&[Digit]> = run.chunk_by(|_, next| next.gap.0 == 0).collect();
    // +81 90 1234 5678 is a telephone's, and has twelve digits.
    let country = [run.first()?.value, run.get(1)?.value, run.get(3)?.value];
    if is_dialled && country == [8, 1, 0] && run.len() == 12 {
        return None;
    }
    let mut rest = groups.as_mut_slice();
    while let Some(at) = rest.windows(3).position(is_date) {
        if let Some(found) = number_among(&rest[..at]) {
            return Some(found);
        }
        rest = &mut rest[at + 3..];
    }
    number_among(rest)
}

fn number_among(groups: &[&[Digit]]) -> Option<usize> {
    let total: usize = groups.iter().map(|group| group.len()).sum();
    if total == 12 {
        return if is_money(groups) { None } else { fits(groups) };
    }
    groups.iter().enumerate().find_map(|(at, group)| {
        if group.len() == 12 {
            return fits(&groups[at..=at]);
        }
        // Printed as on the card, beside other figures.
        let three = groups.get(at..at + 3)?;
        if may_be_printed_so(groups, at) { fits(three) } else { None }
    })
}

/// Whether the three groups from `at` on may be a number as it is printed on the card: of four digits each, set apart by one and
/// the same sign. A series of four such groups is another card's; one of six is two numbers.
fn may_be_printed_so(groups: &[&[Digit]], at: usize) -> bool {
    let is_four = |at: usize| groups.get(at).is_some_and(|group| group.len() == 4);
    let Some(sign) = groups.get(at + 1).map(|group| gap(group)) else { return false };
    let goes_on = |at: usize| is_four(at) && groups.get(at).is_some_and(|group| gap(group) == sign);
    if !(is_four(at) && goes_on(at + 1) && goes_on(at + 2)) {
        return false;
    }
    // The first of a series has another sign before it.
    let before = (1..=at).take_while(|back| goes_on(at + 1 - back) && is_four(at - back)).count();
    let after = (at + 3..groups.len()).take_while(|next| goes_on(*next)).count();
    match before + 3 + after {
        series if series % 4 == 0 => false,
        series if series % 3 == 0 => before % 3 == 0,
        _ => true,
    }
}

/// What stands before a group.
fn gap(group: &[Digit]) -> Option<(u8, char)> {
    group.first().map(|digit| digit.gap)
}

/// The position of these twelve digits, if they form an Individual Number.
fn fits(groups: &[&[Digit]]) -> Option<usize> {
    let digits: Vec<u8> = groups.iter().flat_map(|group| group.iter()).map(|digit| digit.value).collect();
    let (last, eleven) = digits.split_last()?;
    let eleven = <&[u8; 11]>::try_from(eleven).ok()?;
    if check_digit(eleven) == *last { Some(groups.first()?.first()?.position) } else { None }
}

/// Whether it is one large number: 123,456,789,018.
fn is_money(groups: &[&[Digit]]) -> bool {
    groups.len() == 4
        && groups.iter().all(|group| group.len() == 3)
        && groups[1..].iter().all(|group| gap(group) == Some((1, ',')))
}

/// Whether three groups are a date with one and the same sign twice: 2026-11-27, 2026/4/1.
fn is_date(groups: &[&[Digit]]) -> bool {
    let [year, month, day] = groups else { return false };
    let value = |group: &[Digit]| group.iter().fold(0_u32, |sum, digit| sum * 10 + u32::from(digit.value));
    year.len() == 4
        && month.len() <= 2
        && day.len() <= 2
        && gap(month) == gap(day)
        && matches!(gap(day), Some((1, '-' | '/' | '.')))
        && (1850..=2150).contains(&value(year))
        && (1..=12).contains(&value(month))
        && (1..=31).contains(&value(day))
}

/// Noughts of the languages that residents write, beside ours; each script's ten digits follow one another.
const NOUGHTS: [char; 18] = [
    '\u{660}', '\u{6f0}', '\u{7c0}', '\u{966}', '\u{9e6}', '\u{a66}', '\u{ae6}', '\u{b66}', '\u{be6}', '\u{c66}',
    '\u{ce6}', '\u{d66}', '\u{e50}', '\u{ed0}', '\u{f20}', '\u{1040}', '\u{17e0}', '\u{1810}',
];

/// Rings and discs around 1 that NFKC leaves as they are; those around 2 to 9 follow.
const RINGED: [char; 4] = ['\u{24f5}', '\u{2776}', '\u{2780}', '\u{278a}'];

fn digit(character: char) -> Option<u8> {
    let nought = match character {
        '\0'..='\x7f' => '0',
        '〇' | '\u{24ff}' | '\u{1f10b}' | '\u{1f10c}' => return Some(0),
        '\u{24f5}'..='\u{24fe}' | '\u{2776}'..='\u{2793}' => {
            let one = RINGED.iter().rev().find(|one| **one <= character)?;
            return u8::try_from(u32::from(character) - u32::from(*one) + 1).ok().filter(|value| *value <= 9);
        }
        other => *NOUGHTS.iter().rev().find(|nought| **nought <= other)?,
    };
    let value = u32::from(character).checked_sub(u32::from(nought))?;
    u8::try_from(value).ok().filter(|value| *value <= 9)
}

/// What people write between digits, after NFKC. No line's end, and no colon: times of day.
fn is_separator(character: char) -> bool {
    let is_space = character.is_whitespace() && !matches!(character, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}');
    is_space
        || matches!(
            character,
            '-' | '.' | '/' | ',' | '_' | '\\' | '|' | ';' | '\'' | '*' | '~' | '・' | 'ー' | '、' | '。'
        )
        || matches!(
            character,
            '\u{b7}' | '\u{2010}'..='\u{2016}' | '\u{2019}' | '\u{2022}' | '\u{2027}' | '\u{2043}' | '\u{2044}'
        )
        || matches!(
            character,
            '\u{2212}' | '\u{2215}' | '\u{2219}' | '\u{22c5}' | '\u{2500}'..='\u{2503}' | '〜' | '\u{3030}'
        )
}

/// Signs that take no place of their own: controls, format characters (Cf) and those that stand on another (keycaps, selectors).
fn is_unseen(character: char) -> bool {
    let is_control = character.is_control() && !matches!(character, '\t' | '\n' | '\x0b' | '\x0c' | '\r' | '\u{85}');
    is_control
        || matches!(character, '\u{3099}' | '\u{309a}')
        || matches!(character, '\u{ad}' | '\u{300}'..='\u{36f}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}' | '\u{180b}'..='\u{180f}')
        || matches!(character, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{20d0}'..='\u{20f0}')
        || matches!(character, '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e01ef}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_published_example_has_check_digit_eight() {
        assert_eq!(check_digit(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1]), 8);
    }

    #[test]
    fn it_is_found_in_every_dress() {
        for text in [
            "123456789018",
            "1234-5678-9018",
            "１２３４５６７８９０１８",
            "番号 1234 5678 9018 です",
            "1234.5678.9018",
            "1234/5678/9018",
            "1234  5678  9018",
            "1234 - 5678 - 9018",
            "１２３４・５６７８・９０１８",
            "1.2,3/4_5-6 7、8・9‐0－1　8",
            "1234\u{200b}5678\u{feff}9018",
            "①②③④⑤⑥⑦⑧⑨⓪①⑧",
            "⑫㉞5678⑨⓪⑱",
            "𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗𝟎𝟏𝟖",
            "١٢٣٤٥٦٧٨٩٠١٨",
            "1\u{fe0f}\u{20e3}2\u{fe0f}\u{20e3}34567890\u{332}18",
            "123456789018 2027-03-31",
            "2026/11/27 1234 5678 9018",
            "1234 5678 9018, 03-1234-5678",
            "090-1234-5678 123456789018",
            // Two of a family; a telephone or a house number first.
            "1234-5678-9018 2345-6789-0121",
            "090-1234-5678 1234-5678-9018",
            "0001, 1234 5678 9018",
            "❶❷❸❹❺❻❼❽❾〇⓵➇",
            "1\u{0}2\u{0}3\u{0}4\u{0}5\u{0}6\u{0}7\u{0}8\u{0}9\u{0}0\u{0}1\u{0}8",
            "12345678901\u{3099}8",
        ] {
            assert!(refuse_individual_number(text).is_err(), "{text}");
        }
        assert_eq!(refuse_individual_number("ab123456789018"), Err(IndividualNumberFound { position: 3 }));
        assert_eq!(refuse_individual_number("番号　１２３４-5678-9018"), Err(IndividualNumberFound { position: 4 }));
    }

    #[test]
    fn other_numbers_pass() {
        for text in [
            "123456789017",
            "1234567890180",
            "12345678901",
            "2026-11-23",
            "",
            // Twelve digits that would fit, were they not a date and an hour, a telephone, a card of sixteen, lines of a table.
            "2026-11-27 1230",
            "2026.11.27 12.30",
            "2026/4/1～2026/9/5",
            "123,456,789,018円",
            "+81 90 1234 5673",
            "+819012345673",
            "1234 5678 9018 0000",
            "1234-5678-9018-0000 090-1234-5678",
            "1234\n5678\n9018",
        ] {
            assert_eq!(refuse_individual_number(text), Ok(()), "{text}");
        }
    }

    /// A digit in one of its dresses.
    fn dressed(digit: u8, dress: u8) -> char {
        let from = |nought: u32| char::from_u32(nought + u32::from(digit)).unwrap();
        match (dress, digit) {
            (0, _) => from(0x30),
            (1, _) => from(0xff10),
            (2, _) => from(0x1d7ce),
            (3, 0) => '⓪',
            (3, _) => char::from_u32(0x245f + u32::from(digit)).unwrap(),
            (4, _) => from(0x966),
            _ => from(0x0e50),
        }
    }

    const BETWEEN: &[&str] = &[
        "",
        "",
        "",
        " ",
        "-",
        ".",
        "/",
        ",",
        "_",
        "・",
        "　",
        "  ",
        ". ",
        "、",
        "－",
        "―",
        "\t",
        "\u{a0}",
        " - ",
        "\u{200b}",
        "\u{2060}\u{ad}",
        "\u{202e}",
        "\u{fe0f}\u{20e3}",
        "-\u{200d}-",
    ];

    /// Eleven digits with their check digit, or another one `off` it.
    fn number(eleven: [u8; 11], off: u8) -> Vec<u8> {
        eleven.into_iter().chain([(check_digit(&eleven) + off) % 10]).collect()
    }

    fn written(digits: &[u8], dresses: &[u8], between: &[usize]) -> String {
        let one = |at: usize| format!("{}{}", BETWEEN[between[at] % BETWEEN.len()], dressed(digits[at], dresses[at]));
        (0..digits.len()).map(one).collect()
    }

    proptest! {
        #[test]
        fn a_true_number_is_refused_in_any_disguise(
            eleven in prop::array::uniform11(0_u8..10),
            dresses in prop::collection::vec(0_u8..6, 12),
            between in prop::collection::vec(0_usize..100, 12),
            around in prop::sample::select(vec![("", ""), ("番号は", "です"), ("No:", "\n"), ("(", ")"), ("\u{feff}", "円")]),
        ) {
            let text = format!("{}{}{}", around.0, written(&number(eleven, 0), &dresses, &between), around.1);
            // A year, month and day between the same signs are let through; whoever writes a number so, wants to.
            let hidden = Run { digits: run_of(&text), ..Run::default() };
            prop_assume!(!hidden.digits.chunk_by(|_, next| next.gap.0 == 0).collect::<Vec<_>>().windows(3).any(is_date));
            prop_assert!(refuse_individual_number(&text).is_err(), "{text:?}");
        }

        #[test]
        fn twelve_digits_whose_check_digit_is_another_pass(
            eleven in prop::array::uniform11(0_u8..10),
            off in 1_u8..10,
            dresses in prop::collection::vec(0_u8..6, 12),
            between in prop::collection::vec(0_usize..100, 12),
        ) {
            let text = written(&number(eleven, off), &dresses, &between);
            prop_assert_eq!(refuse_individual_number(&text), Ok(()), "{:?}", text);
        }

        #[test]
        fn dates_times_and_telephones_pass(
            (year, month, day) in (1900_u32..2100, 1_u32..13, 1_u32..32),
            (hour, minute) in (0_u32..24, 0_u32..60),
            phone in 0_u64..100_000_000,
            sign in prop::sample::select(vec!["-", "/", "."]),
        ) {
            let date = format!("{year}{sign}{month:02}{sign}{day:02}");
            let phone = format!("{:04}-{:04}", phone / 10_000, phone % 10_000);
            for text in [
                date.clone(),
                format!("{date} {date}"),
                format!("{date}~{date}"),
                format!("{date}, {date}, {date}"),
                format!("{date} {hour:02}:{minute:02}"),
                format!("{date} {hour:02}{minute:02}"),
                format!("{date} {hour:02}.{minute:02}"),
                format!("{year}{month:02}{day:02}"),
                format!("{year}年{month}月{day}日"),
                format!("090-{phone}"),
                format!("03-{phone}"),
                format!("03-{phone} 090-{phone}"),
                format!("+81-90-{phone}"),
            ] {
                prop_assert_eq!(refuse_individual_number(&text), Ok(()), "{}", text);
            }
        }

        #[test]
        fn never_panics(text in ".{0,60}") {
            let _ = refuse_individual_number(&text);
        }
    }

    /// The digits of a text that is one run.
    fn run_of(text: &str) -> Vec<Digit> {
        let mut run = Run::default();
        let plain = text.chars().filter(|one| !is_unseen(*one)).enumerate();
        for (index, character) in plain {
            decompose_compatible(character, |plain| {
                if digit(plain).is_some() || (!run.digits.is_empty() && is_separator(plain)) {
                    let _ = run.take(plain, index + 1);
                }
            });
        }
        run.digits
    }
}
