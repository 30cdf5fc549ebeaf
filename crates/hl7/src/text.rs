//! A message as text: segments of fields of repetitions of components.
//!
//! Bytes are decoded **before** anything is split: in ISO-2022-JP the second byte of a kanji may be `|`, `^` or `~`.

use std::borrow::Cow;

use encoding_rs::{ISO_2022_JP, UTF_8};

use crate::fault::{Fault, What};

/// MSH-18 and MSH-20 of messages with kanji. *Recalled* from the JAHIS guides; one public parser took it so.
pub const CHARACTER_SET: &str = "~ISO IR87";
/// See [`CHARACTER_SET`].
pub const CHARACTER_HANDLING: &str = "ISO 2022-1994";

/// How characters are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Characters {
    /// ISO-2022-JP, as hospitals here agree.
    #[default]
    Iso2022Jp,
    /// UTF-8.
    Utf8,
}

/// The five signs that cut a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Separators {
    field: char,
    component: char,
    repetition: char,
    escape: char,
    subcomponent: char,
}

impl Default for Separators {
    fn default() -> Self {
        Self { field: '|', component: '^', repetition: '~', escape: '\\', subcomponent: '&' }
    }
}

/// The text of a message, decoded.
///
/// # Errors
/// [`What::Characters`].
pub fn decode(bytes: &[u8]) -> Result<(Cow<'_, str>, Characters), Fault> {
    // All that is not ASCII begins with an escape in ISO-2022-JP and never in UTF-8.
    let (encoding, characters) = match bytes.contains(&0x1B) {
        true => (ISO_2022_JP, Characters::Iso2022Jp),
        false => (UTF_8, Characters::Utf8),
    };
    let text = encoding.decode_without_bom_handling_and_without_replacement(bytes);
    text.map(|text| (text, characters)).ok_or(Fault::at("MSH", 18, What::Characters))
}

/// The bytes of a message.
///
/// # Errors
/// [`What::Unwritable`].
pub fn encode(text: &str, characters: Characters) -> Result<Vec<u8>, Fault> {
    match characters {
        Characters::Utf8 => Ok(text.as_bytes().to_vec()),
        Characters::Iso2022Jp => {
            let (bytes, _, is_unwritable) = ISO_2022_JP.encode(text);
            // The encoder would write a character it has not as `&#…;`.
            if is_unwritable { Err(Fault::at("MSH", 18, What::Unwritable)) } else { Ok(bytes.into_owned()) }
        }
    }
}

/// Whether a text may be shown: no control character, none that turns or hides what stands beside it.
pub fn is_plain(text: &str) -> bool {
    let turns =
        |c: char| matches!(c, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}');
    !text.chars().any(|c| c.is_control() || turns(c))
}

/// The segments of a message.
#[derive(Debug)]
pub struct Segments<'a> {
    separators: Separators,
    segments: Vec<Segment<'a>>,
}

/// One segment.
#[derive(Clone, Debug)]
pub struct Segment<'a> {
    name: &'a str,
    fields: Vec<&'a str>,
    separators: Separators,
}

impl<'a> Segments<'a> {
    /// Cuts a message. Line feeds beside the carriage returns are passed over.
    ///
    /// # Errors
    /// [`What::NotAMessage`]: no `MSH`, separators that are letters or come twice, a segment without its three letters.
    pub fn cut(text: &'a str) -> Result<Self, Fault> {
        let not_a_message = |segment, field| Fault::at(segment, field, What::NotAMessage);
        let signs: Vec<char> = text.strip_prefix("MSH").ok_or(not_a_message("MSH", 0))?.chars().take(5).collect();
        let is_sign = |sign: &char| sign.is_ascii_punctuation();
        let &[field, component, repetition, escape, subcomponent] = signs.as_slice() else {
            return Err(not_a_message("MSH", 2));
        };
        let differ = signs.iter().enumerate().all(|(at, sign)| !signs[..at].contains(sign));
        if !differ || !signs.iter().all(is_sign) {
            return Err(not_a_message("MSH", 2));
        }
        let separators = Separators { field, component, repetition, escape, subcomponent };
        let mut segments = Vec::new();
        for line in text.split(['\r', '\n']).filter(|line| !line.is_empty()) {
            let mut fields = line.split(field);
            let name = fields.next().unwrap_or("");
            if name.len() != 3 || !name.bytes().all(|letter| letter.is_ascii_uppercase() || letter.is_ascii_digit()) {
                return Err(not_a_message("MSH", 0));
            }
            segments.push(Segment { name, fields: fields.collect(), separators });
        }
        Ok(Self { separators, segments })
    }

    /// The first segment of this name.
    pub fn first(&self, name: &str) -> Option<&Segment<'a>> {
        self.segments.iter().find(|segment| segment.name == name)
    }

    /// All of this name.
    pub fn all(&self, name: &'static str) -> impl Iterator<Item = &Segment<'a>> {
        self.segments.iter().filter(move |segment| segment.name == name)
    }

    /// What cuts this message.
    pub const fn separators(&self) -> Separators {
        self.separators
    }
}

impl<'a> Segment<'a> {
    /// A field by its number; empty where it is left out. In `MSH` the first field is the separator itself.
    pub fn field(&self, number: usize) -> &'a str {
        let before = if self.name == "MSH" { 2 } else { 1 };
        number.checked_sub(before).and_then(|at| self.fields.get(at)).copied().unwrap_or("")
    }

    /// The repetitions of a field that are not empty.
    pub fn repetitions(&self, number: usize) -> impl Iterator<Item = Repetition<'a>> + use<'a> {
        let separators = self.separators;
        let parts = self.field(number).split(separators.repetition).filter(|part| !part.is_empty());
        parts.map(move |text| Repetition { text, separators })
    }

    /// A component of a field's first repetition, its escapes undone.
    pub fn value(&self, field: usize, component: usize) -> String {
        self.repetitions(field).next().map_or_else(String::new, |first| first.component(component))
    }
}

/// One repetition of a field.
#[derive(Clone, Copy, Debug)]
pub struct Repetition<'a> {
    text: &'a str,
    separators: Separators,
}

impl Repetition<'_> {
    /// A component, from 1, its escapes undone; of subcomponents the first. HL7's `""` (delete) is empty, too.
    pub fn component(self, number: usize) -> String {
        let part = self.text.split(self.separators.component).nth(number.saturating_sub(1)).unwrap_or("");
        let first = part.split(self.separators.subcomponent).next().unwrap_or("");
        if first == "\"\"" { String::new() } else { self.separators.undo(first).trim().to_owned() }
    }

    /// The first component up to an `@`-name and the value after it: how a query says what it asks.
    pub fn pair(self) -> (String, String) {
        (self.component(1), self.component(2))
    }
}

impl Separators {
    /// Undoes escapes. One that means nothing here, highlighting for example, becomes nothing; an open one stays as it is.
    pub fn undo(self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once(self.escape) {
            out.push_str(before);
            let Some((inside, behind)) = after.split_once(self.escape) else {
                out.push(self.escape);
                out.push_str(after);
                return out;
            };
            match inside {
                "F" => out.push(self.field),
                "S" => out.push(self.component),
                "T" => out.push(self.subcomponent),
                "R" => out.push(self.repetition),
                "E" => out.push(self.escape),
                ".br" | "X0D" | "X0A" => out.push('\n'),
                _ => {}
            }
            rest = behind;
        }
        out.push_str(rest);
        out
    }

    /// Escapes what would cut. Line ends become `\.br\`, other control characters a blank.
    pub fn escape(self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        for letter in text.chars() {
            let name = match letter {
                letter if letter == self.field => "F",
                letter if letter == self.component => "S",
                letter if letter == self.subcomponent => "T",
                letter if letter == self.repetition => "R",
                letter if letter == self.escape => "E",
                '\n' => ".br",
                letter => {
                    out.push(if letter.is_control() { ' ' } else { letter });
                    continue;
                }
            };
            out.extend([self.escape]);
            out.push_str(name);
            out.push(self.escape);
        }
        out
    }
}

/// Writes one segment: fields by number, what is left out stays empty.
#[derive(Debug)]
pub struct Writer {
    name: &'static str,
    fields: Vec<String>,
}

impl Writer {
    /// A segment without fields.
    pub const fn new(name: &'static str) -> Self {
        Self { name, fields: Vec::new() }
    }

    /// A field as it is: separators in it cut.
    pub fn raw(mut self, number: usize, text: impl Into<String>) -> Self {
        if self.fields.len() < number {
            self.fields.resize(number, String::new());
        }
        if let Some(field) = number.checked_sub(1).and_then(|at| self.fields.get_mut(at)) {
            *field = text.into();
        }
        self
    }

    /// A field of one component.
    pub fn text(self, number: usize, text: &str) -> Self {
        let escaped = Separators::default().escape(text);
        self.raw(number, escaped)
    }

    /// A field of components; empty ones at the end are left out.
    pub fn components(self, number: usize, components: &[&str]) -> Self {
        let text = components_of(components);
        self.raw(number, text)
    }

    /// The segment with its end.
    pub fn line(&self) -> String {
        // MSH-1 is the separator that stands before MSH-2.
        let fields = if self.name == "MSH" { self.fields.get(1..).unwrap_or(&[]) } else { &self.fields };
        let last = fields.iter().rposition(|field| !field.is_empty()).map_or(0, |at| at + 1);
        let mut out = self.name.to_owned();
        for field in &fields[..last] {
            out.push('|');
            out.push_str(field);
        }
        out.push('\r');
        out
    }
}

/// Components as one repetition.
pub fn components_of(components: &[&str]) -> String {
    let separators = Separators::default();
    let last = components.iter().rposition(|component| !component.is_empty()).map_or(0, |at| at + 1);
    components[..last].iter().map(|component| separators.escape(component)).collect::<Vec<_>>().join("^")
}
