//! The number a tag or transit card answers with, as a counter's reader types it.
//!
//! Readers that act as a keyboard (wedge) write it in hexadecimal, with or without signs between the bytes. Anyone near a
//! tag can read it, so it proves nothing; but it must at least be the same number each time.
//!
//! | kind | bytes | refused |
//! |---|---|---|
//! | [`Token::Tag`] | 4, 7 or 10 (ISO/IEC 14443-3), 8 (ISO/IEC 15693, FeliCa) | 4 bytes that begin with 08: made anew at each tap |
//! | [`Token::TransitCard`] | 8 (IDm, JIS X 6319-4) | 01 FE: a phone's number for one connection |
//!
//! All bytes the same is no number either: a reader's answer for none. Recalled: the marks 08 and 01 FE, from ISO/IEC
//! 14443-3 and NFC Forum Digital; the first is what other public software refuses too (specs card-services §3.3).

use base::text::to_half_width;

use super::Token;

/// First byte of a 4-byte number that is made anew each time (ISO/IEC 14443-3; recalled).
const RANDOM_TAG: u8 = 0x08;
/// First bytes of an IDm that is made anew for each connection (NFC Forum Digital, NFCID2 for NFC-DEP; recalled).
const RANDOM_IDM: [u8; 2] = [0x01, 0xFE];
/// No reader writes more, signs between the bytes included.
const MAX_CHARACTERS: usize = 40;

/// The number of a tag: 4 to 10 bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct TagNumber {
    bytes: [u8; 10],
    length: usize,
}

impl TagNumber {
    /// As it was read.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }

    fn new(bytes: &[u8]) -> Option<Self> {
        let mut padded = [0; 10];
        padded.get_mut(..bytes.len())?.copy_from_slice(bytes);
        matches!(bytes.len(), 4 | 7 | 8 | 10).then_some(Self { bytes: padded, length: bytes.len() })
    }
}

impl std::fmt::Debug for TagNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TagNumber(<personal>)")
    }
}

/// Why a text is no number to link. Holds nothing of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NumberProblem {
    /// Nothing was typed or read.
    #[error("no number was read")]
    Empty,
    /// This character, counted from 1, is neither a hexadecimal digit nor a sign between bytes.
    #[error("character {0} is no hexadecimal digit")]
    Character(usize),
    /// Such a thing has no number of this length.
    #[error("a number of {0} hexadecimal digits does not exist for this kind")]
    Length(usize),
    /// The thing makes up another number at each tap: it can never be known again.
    #[error("the number is made anew at each tap")]
    Changing,
    /// Every byte is the same: the reader read none.
    #[error("every byte of the number is the same")]
    Blank,
}

/// The number of a tag.
///
/// # Errors
/// [`NumberProblem`].
pub fn tag(text: &str) -> Result<Token, NumberProblem> {
    let bytes = hexadecimal(text)?;
    let number = TagNumber::new(&bytes).ok_or(NumberProblem::Length(bytes.len() * 2))?;
    if bytes.len() == 4 && bytes.first() == Some(&RANDOM_TAG) || bytes.len() == 8 && bytes.starts_with(&RANDOM_IDM) {
        return Err(NumberProblem::Changing);
    }
    Ok(Token::Tag(number))
}

/// The IDm of a transit card.
///
/// # Errors
/// [`NumberProblem`].
pub fn transit_card(text: &str) -> Result<Token, NumberProblem> {
    let bytes = hexadecimal(text)?;
    let idm: [u8; 8] = bytes.as_slice().try_into().map_err(|_| NumberProblem::Length(bytes.len() * 2))?;
    if idm.starts_with(&RANDOM_IDM) { Err(NumberProblem::Changing) } else { Ok(Token::TransitCard(idm)) }
}

/// Whole bytes, not all the same. Signs between bytes are let go, full-width digits taken as digits.
fn hexadecimal(text: &str) -> Result<Vec<u8>, NumberProblem> {
    let mut digits = Vec::new();
    for (place, character) in to_half_width(text.trim()).chars().enumerate().take(MAX_CHARACTERS + 1) {
        match character.to_digit(16) {
            Some(digit) => digits.push(digit as u8),
            None if matches!(character, ' ' | ':' | '-') => {}
            None => return Err(NumberProblem::Character(place + 1)),
        }
    }
    if digits.is_empty() {
        return Err(NumberProblem::Empty);
    }
    if digits.len() % 2 == 1 || digits.len() > 20 {
        return Err(NumberProblem::Length(digits.len()));
    }
    let bytes: Vec<u8> = digits.chunks(2).map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit)).collect();
    if bytes.iter().all(|byte| Some(byte) == bytes.first()) { Err(NumberProblem::Blank) } else { Ok(bytes) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_number_is_the_same_however_a_reader_writes_it() {
        let Ok(Token::Tag(number)) = tag("04:A2:3b:1C:5d:80:66") else { panic!() };
        assert_eq!(number.bytes(), [0x04, 0xA2, 0x3B, 0x1C, 0x5D, 0x80, 0x66]);
        for written in
            ["04A23B1C5D8066", " 04 a2 3b 1c 5d 80 66\n", "04-A2-3B-1C-5D-80-66", "０４Ａ２３Ｂ１Ｃ５Ｄ８０６６"]
        {
            assert_eq!(tag(written), Ok(Token::Tag(number)), "{written}");
        }
        assert_eq!(
            transit_card("0101 0A12 3B4C 5D6E"),
            Ok(Token::TransitCard([1, 1, 0x0A, 0x12, 0x3B, 0x4C, 0x5D, 0x6E]))
        );
    }

    #[test]
    fn what_cannot_be_known_again_is_refused_with_its_reason() {
        assert_eq!(tag("  "), Err(NumberProblem::Empty));
        assert_eq!(tag("04A2 3Bxx"), Err(NumberProblem::Character(8)));
        assert_eq!(tag("08A1B2C3"), Err(NumberProblem::Changing));
        assert_eq!(tag("01FE0102030405FF"), Err(NumberProblem::Changing));
        assert_eq!(transit_card("01FE010203040506"), Err(NumberProblem::Changing));
        assert_eq!(tag("00000000"), Err(NumberProblem::Blank));
        assert_eq!(transit_card("FFFFFFFFFFFFFFFF"), Err(NumberProblem::Blank));
        // Twelve digits, as long as an Individual Number, fit nothing.
        assert_eq!(tag("123456789018"), Err(NumberProblem::Length(12)));
        assert_eq!(transit_card("123456789018"), Err(NumberProblem::Length(12)));
        assert_eq!(tag("04A23B1"), Err(NumberProblem::Length(7)));
    }

    proptest! {
        #[test]
        fn any_text_is_answered(text in "\\PC{0,60}") {
            let _ = (tag(&text), transit_card(&text));
        }

        #[test]
        fn what_is_taken_is_what_was_written(bytes in proptest::collection::vec(any::<u8>(), 0..12)) {
            let text = data_encoding::HEXLOWER.encode(&bytes);
            if let Ok(Token::Tag(number)) = tag(&text) {
                prop_assert_eq!(number.bytes(), bytes.as_slice());
            }
        }
    }
}
