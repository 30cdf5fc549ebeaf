//! The pieces of structured fields (RFC 9651) that signatures are written with. Reading is total and strict.

use super::{Fault, LONGEST_FIELD};

/// Where reading stands in one field.
pub struct Cursor<'a> {
    field: &'static str,
    text: &'a str,
    position: usize,
}

impl<'a> Cursor<'a> {
    /// At the beginning of `text`, blanks around it left out.
    pub fn new(field: &'static str, text: &'a str) -> Result<Self, Fault> {
        let text = text.trim_matches(' ');
        let cursor = Self { field, text, position: 0 };
        if text.len() > LONGEST_FIELD || !text.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
            return Err(cursor.fault("at most 2048 printable characters of ASCII"));
        }
        Ok(cursor)
    }

    pub const fn fault(&self, wanted: &'static str) -> Fault {
        Fault { field: self.field, position: self.position, wanted }
    }

    fn rest(&self) -> &'a str {
        // All of it is ASCII, so every position is between characters.
        self.text.get(self.position..).unwrap_or_default()
    }

    pub fn at(&self, what: &str) -> bool {
        self.rest().starts_with(what)
    }

    pub fn take(&mut self, what: &str) -> bool {
        let is_there = self.at(what);
        if is_there {
            self.position += what.len();
        }
        is_there
    }

    pub fn expect(&mut self, what: &str, wanted: &'static str) -> Result<(), Fault> {
        if self.take(what) { Ok(()) } else { Err(self.fault(wanted)) }
    }

    pub fn blanks(&mut self) {
        while self.take(" ") {}
    }

    pub fn end(&self) -> Result<(), Fault> {
        if self.rest().is_empty() { Ok(()) } else { Err(self.fault("the end")) }
    }

    fn take_while(&mut self, belongs: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let length = rest.find(|c| !belongs(c)).unwrap_or(rest.len());
        self.position += length;
        &rest[..length]
    }

    /// A key: lower-case letters, digits, `_-.*`, not beginning with a digit.
    pub fn key(&mut self) -> Result<&'a str, Fault> {
        if !self.rest().starts_with(|c: char| c.is_ascii_lowercase() || c == '*') {
            return Err(self.fault("a key"));
        }
        Ok(self.take_while(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-.*".contains(c)))
    }

    /// A string in quotes; `\"` and `\\` are the only escapes.
    pub fn string(&mut self) -> Result<String, Fault> {
        self.expect("\"", "a string in quotes")?;
        let mut text = String::new();
        loop {
            text.push_str(self.take_while(|c| c != '"' && c != '\\'));
            if self.take("\"") {
                return Ok(text);
            }
            if self.take("\\\"") {
                text.push('"');
            } else if self.take("\\\\") {
                text.push('\\');
            } else {
                return Err(self.fault("the closing quote"));
            }
        }
    }

    /// An integer of at most fifteen digits.
    pub fn integer(&mut self) -> Result<i64, Fault> {
        let fault = self.fault("an integer of at most 15 digits");
        let sign = if self.take("-") { -1 } else { 1 };
        let digits = self.take_while(|c| c.is_ascii_digit());
        if digits.is_empty() || digits.len() > 15 {
            return Err(fault);
        }
        digits.parse::<i64>().map(|number| sign * number).map_err(|_| fault)
    }

    /// Bytes as `:base64:`.
    pub fn bytes(&mut self) -> Result<Vec<u8>, Fault> {
        let fault = self.fault("bytes as :base64:");
        self.expect(":", "bytes as :base64:")?;
        let text = self.take_while(|c| c != ':');
        self.expect(":", "bytes as :base64:")?;
        data_encoding::BASE64.decode(text.as_bytes()).map_err(|_| fault)
    }
}

/// Writes a string in quotes.
pub fn write_string(text: &mut String, value: &str) {
    text.push('"');
    for c in value.chars() {
        if matches!(c, '"' | '\\') {
            text.push('\\');
        }
        text.push(c);
    }
    text.push('"');
}
