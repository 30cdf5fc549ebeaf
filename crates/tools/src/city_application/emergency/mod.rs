//! The emergency card (緊急時カード): what the person chose, in the portal, to have on the chip for an ambulance or a shelter. Each
//! line is their own choice; none is needed. The city keeps the choice sealed, so that a new card can carry it too, until the
//! person takes it away.
//!
//! ```text
//!  portal: choose ─► preview ─► WISH ─► kept sealed (inside) ─► loading desk: exactly this onto the chip
//!          take away ─────────► WISH ─► gone at once; the chip's file at its next update
//! ```
//!
//! On the chip it is UTF-8, one line each, `yakuba emergency 1` first; then, in this order and only where chosen: `name`, `birth`
//! (ISO 8601), `blood-told` (as the person told it, nobody tested it), `allergies`, `medicines`, `contact`, `telephone`,
//! `language` (ISO 639), `note` (typed at the desk for somebody without the portal).

mod desk;
pub mod kept;
pub mod portal;
#[cfg(test)]
mod tests;

use std::fmt::Write as _;

use base::Date;
use base::text::to_half_width;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// Bytes that fit on the chip.
pub const MOST_BYTES: usize = card::city_application::FileId::Emergency.size();
/// Characters of a line of free text.
pub const MOST_CHARACTERS: usize = 150;
/// Characters of a name of somebody to call.
pub const MOST_CONTACT: usize = 40;
/// The first line.
const HEAD: &str = "yakuba emergency 1";

/// Blood types one may tell: ABO, with or without Rh.
pub const BLOOD: [&str; 12] = ["A", "A+", "A-", "B", "B+", "B-", "O", "O+", "O-", "AB", "AB+", "AB-"];

/// Languages one may ask to be spoken to in: code, and its own name.
pub const LANGUAGES: [(&str, &str); 13] = [
    ("ja", "日本語"),
    ("en", "English"),
    ("zh", "中文"),
    ("ko", "한국어"),
    ("vi", "Tiếng Việt"),
    ("tl", "Tagalog"),
    ("pt", "Português"),
    ("es", "Español"),
    ("ne", "नेपाली"),
    ("id", "Bahasa Indonesia"),
    ("my", "မြန်မာ"),
    ("th", "ไทย"),
    ("uk", "Українська"),
];

/// In which form the name stands on the card.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NameForm {
    /// As registered (氏名).
    Registered,
    /// Its reading (フリガナ).
    Kana,
    /// In Latin letters.
    Alphabet,
    /// The name used in daily life (通称).
    Common,
}

impl NameForm {
    /// All.
    pub const ALL: [Self; 4] = [Self::Registered, Self::Kana, Self::Alphabet, Self::Common];

    /// The word in forms.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Registered => "registered",
            Self::Kana => "kana",
            Self::Alphabet => "alphabet",
            Self::Common => "common",
        }
    }
}

/// What the city knows of the person that may stand on the card.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    /// Forms of the name that there are.
    pub names: Vec<(NameForm, String)>,
    /// The day of birth, ISO 8601.
    pub birth: String,
}

impl std::fmt::Debug for Known {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Known(<personal>)")
    }
}

/// What the person chose. Empty text: not chosen.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// The form of the name.
    pub name: Option<NameForm>,
    /// Whether the day of birth stands there.
    pub has_birth: bool,
    /// One of [`BLOOD`].
    pub blood: String,
    /// Allergies, at most [`MOST_CHARACTERS`].
    pub allergies: String,
    /// Medicines, at most [`MOST_CHARACTERS`].
    pub medicines: String,
    /// Whom to call, at most [`MOST_CONTACT`].
    pub contact: String,
    /// Their telephone number.
    pub telephone: String,
    /// One of [`LANGUAGES`].
    pub language: String,
}

impl std::fmt::Debug for Choice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Choice(<personal>)")
    }
}

/// Why something cannot stand on the card.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChoiceFault {
    /// Nothing was chosen.
    #[error("nothing was chosen")]
    Nothing,
    /// A line has too many characters.
    #[error("{field} has too many characters")]
    Line {
        /// Which field of the form.
        field: &'static str,
    },
    /// All together is more than the file holds.
    #[error("{bytes} bytes do not fit")]
    Long {
        /// How many it would be.
        bytes: usize,
    },
    /// A 12-digit Individual Number.
    #[error("an Individual Number is refused")]
    IndividualNumber,
    /// No telephone number.
    #[error("that is no telephone number")]
    Telephone,
    /// A word that is in no list, or a form of the name that there is not.
    #[error("there is no such choice")]
    Unknown,
}

impl ChoiceFault {
    /// The key of its sentence.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Nothing => "emergency-no-nothing",
            Self::Line { .. } => "emergency-no-line",
            Self::Long { .. } => "emergency-no-long",
            Self::IndividualNumber => "emergency-no-number",
            Self::Telephone => "emergency-no-telephone",
            Self::Unknown => "emergency-no-unknown",
        }
    }
}

/// Typed text as one line: whatever breaks or steers a line is a space.
fn one_line(text: &str) -> String {
    let steers = |c: char| {
        c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
    };
    let plain: String = text.chars().map(|c| if steers(c) { ' ' } else { c }).collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn telephone(text: &str) -> Result<String, ChoiceFault> {
    let text = one_line(&to_half_width(text)).replace(['ー', '−', '‐'], "-");
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let is_one = text.chars().all(|c| c.is_ascii_digit() || matches!(c, '+' | '-' | '(' | ')' | ' '));
    if is_one && (5..=15).contains(&digits) && text.len() <= 24 { Ok(text) } else { Err(ChoiceFault::Telephone) }
}

impl Choice {
    /// The same with lines made one line each; what is in no list is refused.
    ///
    /// # Errors
    /// [`ChoiceFault`].
    pub fn tidied(&self) -> Result<Self, ChoiceFault> {
        let line = |field: &'static str, text: &str, most: usize| {
            let text = one_line(text);
            if text.chars().count() > most { Err(ChoiceFault::Line { field }) } else { Ok(text) }
        };
        let is_listed = (self.blood.is_empty() || BLOOD.contains(&self.blood.as_str()))
            && (self.language.is_empty() || LANGUAGES.iter().any(|(code, _)| *code == self.language));
        if !is_listed {
            return Err(ChoiceFault::Unknown);
        }
        let number = if self.telephone.trim().is_empty() { String::new() } else { telephone(&self.telephone)? };
        Ok(Self {
            allergies: line("allergies", &self.allergies, MOST_CHARACTERS)?,
            medicines: line("medicines", &self.medicines, MOST_CHARACTERS)?,
            contact: line("contact", &self.contact, MOST_CONTACT)?,
            telephone: number,
            ..self.clone()
        })
    }

    /// What will be on the chip, byte for byte.
    ///
    /// # Errors
    /// [`ChoiceFault`].
    pub fn text(&self, known: &Known) -> Result<Zeroizing<String>, ChoiceFault> {
        let own = self.tidied()?;
        let name = match own.name {
            None => "",
            Some(form) => {
                let found = known.names.iter().find(|(of, _)| *of == form);
                found.map(|(_, name)| name.as_str()).ok_or(ChoiceFault::Unknown)?
            }
        };
        let birth = if own.has_birth { known.birth.as_str() } else { "" };
        if own.has_birth && Date::parse(birth).is_err() {
            return Err(ChoiceFault::Unknown);
        }
        let lines = [
            ("name", name),
            ("birth", birth),
            ("blood-told", &own.blood),
            ("allergies", &own.allergies),
            ("medicines", &own.medicines),
            ("contact", &own.contact),
            ("telephone", &own.telephone),
            ("language", &own.language),
        ];
        on_chip(&lines)
    }
}

/// What is typed at the desk for somebody without the portal, as it will be on the chip.
///
/// # Errors
/// [`ChoiceFault`].
pub fn typed(note: &str) -> Result<Zeroizing<String>, ChoiceFault> {
    on_chip(&[("note", &one_line(note))])
}

fn on_chip(lines: &[(&str, &str)]) -> Result<Zeroizing<String>, ChoiceFault> {
    let mut text = Zeroizing::new(String::with_capacity(MOST_BYTES));
    text.push_str(HEAD);
    text.push('\n');
    let chosen = lines.iter().filter(|(_, value)| !value.is_empty());
    if chosen.clone().next().is_none() {
        return Err(ChoiceFault::Nothing);
    }
    for (key, value) in chosen {
        // Writing into a text cannot fail.
        let _ = writeln!(text, "{key}: {value}");
        base::my_number_guard::refuse_individual_number(value).map_err(|_| ChoiceFault::IndividualNumber)?;
    }
    if text.len() > MOST_BYTES { Err(ChoiceFault::Long { bytes: text.len() }) } else { Ok(text) }
}
