//! Bytes to text, with the position of the first byte that is none.

use std::borrow::Cow;

use super::fault::Reason;

/// The encoding of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8 when the beginning of the file is valid UTF-8, otherwise Shift_JIS.
    #[default]
    Auto,
    /// UTF-8, with or without byte order mark.
    Utf8,
    /// Shift_JIS as Windows writes it (CP932: with 髙 and 﨑, without variation sequences).
    ShiftJis,
}

impl Encoding {
    /// Reads the name used in `source.toml`.
    pub fn parse(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase().replace('-', "_").as_str() {
            "auto" | "" => Some(Self::Auto),
            "utf_8" | "utf8" => Some(Self::Utf8),
            "shift_jis" | "sjis" | "cp932" | "windows_31j" | "ms932" => Some(Self::ShiftJis),
            _ => None,
        }
    }

    /// The name used in `source.toml`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Utf8 => "UTF-8",
            Self::ShiftJis => "Shift_JIS",
        }
    }

    /// Decides `Auto` from the beginning of a file, which may be cut anywhere.
    pub fn decide(self, beginning: &[u8]) -> Self {
        match self {
            Self::Auto => match std::str::from_utf8(beginning) {
                Ok(_) => Self::Utf8,
                // A character cut at the end of the sample is no evidence.
                Err(error) if error.error_len().is_none() && error.valid_up_to() + 3 >= beginning.len() => Self::Utf8,
                Err(_) => Self::ShiftJis,
            },
            decided => decided,
        }
    }

    /// The text of `line`.
    ///
    /// # Errors
    /// [`Reason::Undecodable`] with the byte position, from 1.
    pub(super) fn decode(self, line: &[u8]) -> Result<Cow<'_, str>, Reason> {
        if self == Self::ShiftJis {
            return shift_jis(line);
        }
        std::str::from_utf8(line)
            .map(Cow::Borrowed)
            .map_err(|error| Reason::Undecodable { position: error.valid_up_to() + 1 })
    }
}

fn shift_jis(line: &[u8]) -> Result<Cow<'_, str>, Reason> {
    if line.is_ascii() {
        // Proven ASCII, so this cannot fail; the position would be right even if it did.
        return std::str::from_utf8(line)
            .map(Cow::Borrowed)
            .map_err(|error| Reason::Undecodable { position: error.valid_up_to() + 1 });
    }
    let mut decoder = encoding_rs::SHIFT_JIS.new_decoder_without_bom_handling();
    let room = decoder.max_utf8_buffer_length(line.len()).unwrap_or(line.len() * 3 + 16);
    let mut text = String::with_capacity(room);
    match decoder.decode_to_string_without_replacement(line, &mut text, true) {
        (encoding_rs::DecoderResult::InputEmpty, _) => Ok(Cow::Owned(text)),
        (encoding_rs::DecoderResult::Malformed(bad, after), read) => {
            let start = read.saturating_sub(usize::from(bad) + usize::from(after));
            Err(Reason::Undecodable { position: start + 1 })
        }
        (encoding_rs::DecoderResult::OutputFull, read) => Err(Reason::Undecodable { position: read + 1 }),
    }
}

/// `text` in Shift_JIS, or `None` when it has a character that Shift_JIS does not.
pub fn to_shift_jis(text: &str) -> Option<Vec<u8>> {
    let (bytes, _, lossy) = encoding_rs::SHIFT_JIS.encode(text);
    (!lossy).then(|| bytes.into_owned())
}
