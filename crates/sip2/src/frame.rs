//! A message as bytes: its characters, its sequence number, its checksum, its end.
//!
//! Characters are decoded **before** fields are split: in Shift_JIS 「ポ」 is `83 7C`, and `7C` is `|`.

use std::borrow::Cow;

use encoding_rs::{SHIFT_JIS, UTF_8};

pub use crate::fault::{Fault, What};
use crate::field::Code;
use crate::message::Message;

/// Bytes of a message at most, unless told otherwise: far above any message of the specification.
pub const MOST_BYTES: usize = 65_536;

/// How characters are written. The specification's own is code page 850; libraries here must agree on another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Charset {
    /// UTF-8, which we recommend.
    #[default]
    Utf8,
    /// Shift_JIS as Windows writes it.
    ShiftJis,
    /// Code page 850: no kanji.
    CodePage850,
    /// Plain ASCII.
    Ascii,
}

impl Charset {
    /// From its name in a configuration.
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name.to_ascii_lowercase().as_str() {
            "utf-8" | "utf8" => Self::Utf8,
            "shift_jis" | "shift-jis" | "windows-31j" => Self::ShiftJis,
            "cp850" | "ibm850" => Self::CodePage850,
            "ascii" => Self::Ascii,
            _ => return None,
        })
    }

    fn decode(self, bytes: &[u8]) -> Option<String> {
        match self {
            Self::Utf8 => UTF_8.decode_without_bom_handling_and_without_replacement(bytes).map(Into::into),
            Self::ShiftJis => SHIFT_JIS.decode_without_bom_handling_and_without_replacement(bytes).map(Into::into),
            Self::CodePage850 => {
                Some(oem_cp::decode_string_complete_table(bytes, &oem_cp::code_table::DECODING_TABLE_CP850))
            }
            Self::Ascii => bytes.is_ascii().then(|| bytes.iter().map(|&byte| char::from(byte)).collect()),
        }
    }

    /// The bytes of `text`; `?` where it has no such character and `may_guess`, else [`None`].
    fn encode(self, text: &str, may_guess: bool, out: &mut Vec<u8>) -> Option<()> {
        let mut buffer = [0; 4];
        for letter in text.chars() {
            let one = letter.encode_utf8(&mut buffer);
            let known: Option<Cow<'_, [u8]>> = match self {
                Self::Utf8 => Some(one.as_bytes().into()),
                _ if letter.is_ascii() => Some(one.as_bytes().into()),
                Self::ShiftJis => {
                    let (bytes, _, unmappable) = SHIFT_JIS.encode(one);
                    (!unmappable).then_some(bytes)
                }
                Self::CodePage850 => {
                    oem_cp::encode_string_checked(&*one, &oem_cp::code_table::ENCODING_TABLE_CP850).map(Cow::from)
                }
                Self::Ascii => None,
            };
            match known {
                Some(bytes) => out.extend_from_slice(&bytes),
                None if may_guess => out.push(b'?'),
                None => return None,
            }
        }
        Some(())
    }
}

/// The number of a message, 0 to 9; its answer carries the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sequence(u8);

impl Sequence {
    /// From a digit.
    pub fn new(number: u8) -> Option<Self> {
        (number <= 9).then_some(Self(number))
    }

    /// The one after; 0 follows 9.
    #[must_use]
    pub const fn next(self) -> Self {
        Self((self.0 + 1) % 10)
    }

    fn digit(self) -> char {
        char::from(b'0' + self.0)
    }
}

/// A message and what travels around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// What is said.
    pub message: Message,
    /// Its number, where error detection is on.
    pub sequence: Option<Sequence>,
    /// Whether it came with a checksum (which was right).
    pub is_checked: bool,
}

/// A message cannot be written: a field names something in characters the agreed set has not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the field {0} cannot be written in the agreed characters")]
pub struct Unwritable(pub Code);

/// Fields that name something: a `?` in one would name something else.
const NAMES: &[&[u8; 2]] = &[b"AA", b"AB", b"AO", b"AC", b"AD", b"CN", b"CO", b"CP", b"BK", b"CG"];

/// The sum of `bytes` as four digits say it: what makes all of them add up to zero in sixteen bits.
pub fn checksum(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0u16, |sum, &byte| sum.wrapping_add(u16::from(byte))).wrapping_neg()
}

/// Reads one message; `raw` without or with its end of line.
///
/// # Errors
/// A [`Fault`] with its place; [`What::is_damage`] tells whether to ask for it again.
pub fn read(raw: &[u8], charset: Charset) -> Result<Envelope, Fault> {
    let end = raw.iter().rposition(|byte| !matches!(byte, b'\r' | b'\n')).map_or(0, |last| last + 1);
    let raw = &raw[..end];
    let text = charset.decode(raw).ok_or(Fault { at: 0, what: What::Characters })?;
    let (mut text, mut is_checked) = (text.as_str(), false);
    if let Some((before, said)) = sum_of(text) {
        let counted = checksum(&raw[..raw.len() - 4]);
        if counted != said {
            return Err(Fault { at: before.chars().count(), what: What::Checksum { said, counted } });
        }
        (text, is_checked) = (before, true);
    }
    let (text, sequence) = number_of(text);
    Ok(Envelope { message: Message::read(text)?, sequence, is_checked })
}

/// What stands before `AZ` and the sum after it.
fn sum_of(text: &str) -> Option<(&str, u16)> {
    let (before, digits) = text.split_at_checked(text.len().checked_sub(6)?)?;
    let digits = digits.strip_prefix("AZ")?;
    let is_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hex.then(|| u16::from_str_radix(digits, 16).ok().map(|sum| (before, sum)))?
}

fn number_of(text: &str) -> (&str, Option<Sequence>) {
    let split = text.len().checked_sub(3).and_then(|at| text.split_at_checked(at));
    let found = split.and_then(|(before, end)| {
        let digit = end.strip_prefix("AY")?.parse().ok()?;
        // In the middle of a field these letters are text.
        (before.ends_with('|') || !before.contains('|')).then(|| Some((before, Sequence::new(digit)?)))?
    });
    found.map_or((text, None), |(before, sequence)| (before, Some(sequence)))
}

/// Writes one message with its end of line (CR). `sequence` also turns the checksum on.
///
/// `|` and line ends in a text become `/` and a blank: the protocol cannot say them.
///
/// # Errors
/// [`Unwritable`]: a name in characters that `charset` has not.
pub fn write(message: &Message, sequence: Option<Sequence>, charset: Charset) -> Result<Vec<u8>, Unwritable> {
    let (head, fields) = message.parts();
    let mut out = head.into_bytes();
    for (code, text) in fields {
        out.extend(code.0);
        let plain: String = text.chars().map(sayable).collect();
        let names = NAMES.contains(&&code.0);
        charset.encode(&plain, !names, &mut out).ok_or(Unwritable(code))?;
        out.push(b'|');
    }
    let is_resend = matches!(message, Message::ResendAsked(_) | Message::ResendWanted(_));
    if let Some(sequence) = sequence {
        if !is_resend {
            out.extend(format!("AY{}", sequence.digit()).bytes());
        }
        out.extend(b"AZ");
        out.extend(format!("{:04X}", checksum(&out)).bytes());
    }
    out.push(b'\r');
    Ok(out)
}

fn sayable(letter: char) -> char {
    match letter {
        '|' => '/',
        letter if letter.is_control() => ' ',
        letter => letter,
    }
}

/// Cuts a stream of bytes into messages.
#[derive(Debug)]
pub struct Frames {
    bytes: Vec<u8>,
    most: usize,
    /// Bytes in which no end was found: they are not looked through again.
    seen: usize,
}

impl Default for Frames {
    fn default() -> Self {
        Self::with_most(MOST_BYTES)
    }
}

impl Frames {
    /// Takes at most `most` bytes a message.
    pub fn with_most(most: usize) -> Self {
        Self { bytes: Vec::new(), most, seen: 0 }
    }

    /// More bytes have come.
    pub fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Whether a message has begun that has not ended.
    pub fn is_amid(&self) -> bool {
        !self.bytes.is_empty()
    }

    /// The next whole message, without its end. CR ends one; LF before or after it is no part of any.
    ///
    /// # Errors
    /// [`What::TooLong`]: what has come is longer than a message may be. Nothing after it can be trusted.
    pub fn next_frame(&mut self) -> Result<Option<Vec<u8>>, Fault> {
        loop {
            let new = self.bytes.get(self.seen..).unwrap_or_default();
            let Some(end) = new.iter().position(|&byte| byte == b'\r' || byte == b'\n') else {
                self.seen = self.bytes.len();
                return match self.bytes.len() > self.most {
                    true => Err(Fault { at: self.most, what: What::TooLong(self.most) }),
                    false => Ok(None),
                };
            };
            let end = self.seen + end;
            self.seen = 0;
            if end > self.most {
                return Err(Fault { at: self.most, what: What::TooLong(self.most) });
            }
            let mut frame: Vec<u8> = self.bytes.drain(..=end).collect();
            frame.pop();
            if !frame.is_empty() {
                return Ok(Some(frame));
            }
        }
    }
}
