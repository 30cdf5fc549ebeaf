//! Numbers of cards: prefix, running digits, check digit; made and judged by one table of schemes.

use base::my_number_guard::refuse_individual_number;
use base::text::to_half_width;
use serde::{Deserialize, Serialize};

/// How the last sign of a number is made from those before it (チェックデジット).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    /// None.
    None,
    /// Modulus 10, Luhn (ISO/IEC 7812-1 annex B).
    Luhn,
    /// Modulus 10 with weights 3 and 1 from the right, as on goods (JIS X 0501).
    Mod10Weight3,
    /// Modulus 11 with weights 2 to 7 from the right; where it would be 10 or 11, 0. R.
    Mod11,
    /// Seven minus the number's remainder by seven (7DSR). R.
    SevenDsr,
    /// NW-7, modulus 16, start and stop sign A. R. Numbers whose check sign is none of `0`–`9` and `-` are passed over.
    Nw7Mod16,
}

impl Check {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::None, Self::Luhn, Self::Mod10Weight3, Self::Mod11, Self::SevenDsr, Self::Nw7Mod16];

    /// The word in forms.
    pub const fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Luhn => "luhn",
            Self::Mod10Weight3 => "mod10_weight3",
            Self::Mod11 => "mod11",
            Self::SevenDsr => "seven_dsr",
            Self::Nw7Mod16 => "nw7_mod16",
        }
    }

    /// The scheme of this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.word() == word)
    }

    /// The check sign of `digits`. `Some(None)` where the scheme has none; `None` where a number cannot carry it.
    fn sign(self, digits: &str) -> Option<Option<char>> {
        let values = || digits.bytes().rev().map(|digit| u32::from(digit.wrapping_sub(b'0')));
        let digit = |value: u32| Some(char::from_digit(value, 10));
        match self {
            Self::None => Some(None),
            Self::Luhn => {
                let doubled = |value: u32| if value > 4 { value * 2 - 9 } else { value * 2 };
                let sum: u32 = values().enumerate().map(|(at, v)| if at % 2 == 0 { doubled(v) } else { v }).sum();
                digit((10 - sum % 10) % 10)
            }
            Self::Mod10Weight3 => {
                let sum: u32 = values().enumerate().map(|(at, v)| if at % 2 == 0 { v * 3 } else { v }).sum();
                digit((10 - sum % 10) % 10)
            }
            Self::Mod11 => {
                let sum: u32 = values().zip((2..=7).cycle()).map(|(value, weight)| value * weight).sum();
                let rest = 11 - sum % 11;
                digit(if rest > 9 { 0 } else { rest })
            }
            Self::SevenDsr => digit(7 - digits.bytes().fold(0, |rest, d| (rest * 10 + u32::from(d - b'0')) % 7)),
            Self::Nw7Mod16 => {
                // The start and the stop sign A count 16 each: nothing, by modulus 16.
                match (16 - values().sum::<u32>() % 16) % 16 {
                    value @ 0..=9 => digit(value),
                    10 => Some(Some('-')),
                    _ => None,
                }
            }
        }
    }
}

/// How numbers of a card look.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NumberFormat {
    /// Before the digits: at most [`MOST_PREFIX`] capital letters, digits and hyphens; may be empty.
    pub prefix: String,
    /// How many running digits: 1 to [`MOST_DIGITS`].
    pub digits: u8,
    /// What follows them.
    pub check: Check,
    /// Whether staff type the number (it comes from elsewhere) instead of taking the next one.
    pub is_given: bool,
}

/// Longest prefix.
pub const MOST_PREFIX: usize = 8;
/// Most running digits.
pub const MOST_DIGITS: u8 = 16;

/// Why a text is no number of this card.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotOurs {
    /// It does not begin as ours do.
    #[error("it does not begin with the prefix of this card's numbers")]
    Prefix,
    /// Too short, too long, or something else than digits.
    #[error("it does not have this card's digits")]
    Digits,
    /// The check digit does not fit: a slip of typing.
    #[error("the check digit does not fit")]
    Check,
    /// It is an Individual Number.
    #[error("an Individual Number is no number of a card")]
    IndividualNumber,
}

impl NumberFormat {
    /// Whether numbers can look so.
    pub fn is_sound(&self) -> bool {
        let sign = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '-';
        self.prefix.len() <= MOST_PREFIX && self.prefix.chars().all(sign) && (1..=MOST_DIGITS).contains(&self.digits)
    }

    /// The number of this running value. `None` where the value has too many digits, the check sign cannot be carried, or
    /// it would be an Individual Number: the next value is tried then.
    pub fn number(&self, value: u64) -> Option<String> {
        let digits = format!("{value:0width$}", width = usize::from(self.digits));
        if digits.len() != usize::from(self.digits) {
            return None;
        }
        let sign = self.check.sign(&digits)?;
        let number = format!("{}{digits}{}", self.prefix, sign.map(String::from).unwrap_or_default());
        refuse_individual_number(&number).ok().map(|()| number)
    }

    /// Whether a number of `other`'s could be taken for one of ours: the same prefix, or numbers of one length whose digits
    /// may make up the rest of a prefix. Numbers that come from elsewhere, without a prefix, are told apart by nobody here.
    pub fn is_mistaken_for(&self, other: &Self) -> bool {
        if self.prefix == other.prefix {
            return !(self.prefix.is_empty() && self.is_given && other.is_given);
        }
        let length = |one: &Self| one.prefix.len() + usize::from(one.digits) + usize::from(one.check != Check::None);
        let goes_on = |short: &Self, long: &Self| {
            let rest = long.prefix.strip_prefix(short.prefix.as_str());
            rest.is_some_and(|rest| rest.bytes().all(|sign| sign.is_ascii_digit()))
        };
        length(self) == length(other) && (goes_on(self, other) || goes_on(other, self))
    }

    /// The largest running value and one.
    pub fn end(&self) -> u64 {
        10_u64.saturating_pow(u32::from(self.digits))
    }

    /// The number a person typed or a reader read, as it is kept.
    ///
    /// # Errors
    /// Why it is none of this card's.
    pub fn read(&self, text: &str) -> Result<String, NotOurs> {
        let number = to_half_width(text.trim()).to_ascii_uppercase();
        refuse_individual_number(&number).map_err(|_| NotOurs::IndividualNumber)?;
        let rest = number.strip_prefix(&self.prefix).ok_or(NotOurs::Prefix)?;
        let (digits, sign) = match self.check {
            Check::None => (rest, None),
            _ => {
                let last = rest.chars().next_back().ok_or(NotOurs::Digits)?;
                (&rest[..rest.len() - last.len_utf8()], Some(last))
            }
        };
        if digits.len() != usize::from(self.digits) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(NotOurs::Digits);
        }
        if self.check.sign(digits) != Some(sign) {
            return Err(NotOurs::Check);
        }
        Ok(number)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn format(check: Check) -> NumberFormat {
        NumberFormat { prefix: "B-".to_owned(), digits: 7, check, is_given: false }
    }

    #[test]
    fn check_digits_that_others_computed() {
        // Luhn: the example of ISO/IEC 7812-1. Weights 3 and 1: a JAN code of a common example.
        assert_eq!(Check::Luhn.sign("7992739871"), Some(Some('3')));
        assert_eq!(Check::Mod10Weight3.sign("490123456789"), Some(Some('4')));
        assert_eq!(Check::Mod11.sign("1234567"), Some(Some('4')));
        assert_eq!(Check::SevenDsr.sign("1234567"), Some(Some('2')));
        assert_eq!(
            (Check::Nw7Mod16.sign("1234567"), Check::Nw7Mod16.sign("0000006")),
            (Some(Some('4')), Some(Some('-')))
        );
        assert_eq!(Check::Nw7Mod16.sign("0000005"), None, "the sign $ is none a number has");
    }

    #[test]
    fn what_is_not_ours_is_refused_by_name() {
        let ours = format(Check::Luhn);
        let number = ours.number(42).unwrap();
        assert_eq!(ours.read(" ｂ－０００００４２２ ").as_deref(), Ok(number.as_str()), "{number}");
        assert_eq!(ours.read("C-00000422"), Err(NotOurs::Prefix));
        assert_eq!(ours.read("B-0000042"), Err(NotOurs::Digits));
        assert_eq!(ours.read("B-"), Err(NotOurs::Digits));
        assert_eq!(ours.read("B-見本"), Err(NotOurs::Digits));
        assert_eq!(ours.read("B-00000423"), Err(NotOurs::Check));
        let bare = NumberFormat { prefix: String::new(), digits: 12, check: Check::None, is_given: true };
        assert_eq!(bare.read("123456789018"), Err(NotOurs::IndividualNumber));
        assert_eq!(bare.number(123_456_789_018), None, "and is never counted to");
        assert_eq!(ours.number(10_000_000), None, "the digits are used up");
    }

    #[test]
    fn formats_whose_numbers_look_alike_are_found() {
        let of =
            |prefix: &str, digits, check, is_given| NumberFormat { prefix: prefix.to_owned(), digits, check, is_given };
        let bicycle = of("B-", 7, Check::Luhn, false);
        assert!(bicycle.is_mistaken_for(&of("B-", 5, Check::None, false)), "one prefix, whatever follows");
        assert!(bicycle.is_mistaken_for(&of("B-1", 7, Check::None, false)), "B-1234567 8 and B-1 2345678");
        assert!(of("", 9, Check::None, false).is_mistaken_for(&of("7", 8, Check::None, false)));
        assert!(!bicycle.is_mistaken_for(&of("B-1", 7, Check::Luhn, false)), "of another length");
        assert!(!bicycle.is_mistaken_for(&of("B2-", 6, Check::Luhn, false)));
        let seal = of("", 7, Check::Nw7Mod16, true);
        assert!(!seal.is_mistaken_for(&seal.clone()), "both come from elsewhere");
        assert!(seal.is_mistaken_for(&of("", 6, Check::None, false)));
        assert!(!seal.is_mistaken_for(&bicycle));
    }

    proptest! {
        #[test]
        fn every_number_reads_back(value in 0_u64..10_000_000, place in 0..Check::ALL.len()) {
            let format = format(Check::ALL[place]);
            if let Some(number) = format.number(value) {
                prop_assert_eq!(format.read(&number).unwrap(), number);
            }
        }

        #[test]
        fn one_wrong_digit_is_always_found(value in 0_u64..10_000_000, at in 0..7_usize, to in 0..10_u8, which in 0..3_usize) {
            let format = format([Check::Luhn, Check::Mod10Weight3, Check::Nw7Mod16][which]);
            let Some(number) = format.number(value) else { return Ok(()) };
            let mut wrong = number.clone().into_bytes();
            wrong[2 + at] = b'0' + to;
            let wrong = String::from_utf8(wrong).unwrap();
            prop_assert_eq!(format.read(&wrong).is_ok(), wrong == number);
        }

        #[test]
        fn whatever_is_typed_is_answered(text in ".{0,40}", place in 0..Check::ALL.len()) {
            let _ = format(Check::ALL[place]).read(&text);
        }
    }
}
