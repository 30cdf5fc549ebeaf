//! Refuses an Individual Number (個人番号, "My Number") at every door.
//!
//! Yakuba uses the *tools* of the My Number system, never the number. Imports and labelled fields refuse a 12-digit
//! string whose check digit fits; free text only earns a warning, because one random 12-digit number in ten fits.
//!
//! Check digit: 平成26年総務省令第85号 第5条.

use crate::text::narrow_digit;

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

/// Whether `digits` (values 0–9) form an Individual Number.
fn fits(digits: &[u8; 12]) -> bool {
    let [eleven @ .., last] = digits;
    check_digit(eleven) == *last
}

/// Refuses `text` when a run of exactly twelve digits in it fits. Half- and full-width digits count alike, and
/// separators people write between groups of four (`1234-5678-9012`, spaces) are looked through.
///
/// # Errors
/// [`IndividualNumberFound`] with the position, never the digits.
pub fn refuse_individual_number(text: &str) -> Result<(), IndividualNumberFound> {
    let mut run: Vec<u8> = Vec::new();
    let mut start = 0;
    let mut separators = 0;
    for (index, character) in text.chars().chain(std::iter::once('\n')).enumerate() {
        if let Some(digit) = narrow_digit(character) {
            if run.is_empty() {
                start = index + 1;
            }
            separators = 0;
            run.push(digit);
        } else if matches!(character, '-' | ' ' | '\u{3000}' | '－' | '‐' | '−' | 'ー')
            && !run.is_empty()
            && separators == 0
        {
            separators += 1;
        } else {
            if let Ok(twelve) = <&[u8; 12]>::try_from(run.as_slice())
                && fits(twelve)
            {
                return Err(IndividualNumberFound { position: start });
            }
            run.clear();
            separators = 0;
        }
    }
    Ok(())
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
        for text in ["123456789018", "1234-5678-9018", "１２３４５６７８９０１８", "番号 1234 5678 9018 です"]
        {
            assert!(refuse_individual_number(text).is_err(), "{text}");
        }
        assert_eq!(refuse_individual_number("ab123456789018"), Err(IndividualNumberFound { position: 3 }));
    }

    #[test]
    fn other_numbers_pass() {
        for text in ["123456789017", "1234567890180", "12345678901", "2026-11-23", ""] {
            assert_eq!(refuse_individual_number(text), Ok(()), "{text}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(text in ".{0,60}") {
            let _ = refuse_individual_number(&text);
        }
    }
}
