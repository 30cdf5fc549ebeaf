//! The bytes of the agent's messages: a name of the message, then fields, each with its length before it, so that no two
//! messages have the same bytes. Reading is total.

use base::Timestamp;

use crate::Malformed;

/// No message is longer: a page hands them over.
pub const MAX_MESSAGE_BYTES: usize = 32 * 1024;

pub(super) struct Writer(Vec<u8>);

impl Writer {
    pub fn new(name: &str) -> Self {
        let mut writer = Self(Vec::with_capacity(512));
        writer.text(name);
        writer
    }

    pub fn bytes(&mut self, value: &[u8]) -> &mut Self {
        self.0.extend_from_slice(&(value.len() as u32).to_be_bytes());
        self.0.extend_from_slice(value);
        self
    }

    pub fn text(&mut self, value: &str) -> &mut Self {
        self.bytes(value.as_bytes())
    }

    pub fn time(&mut self, value: Timestamp) -> &mut Self {
        self.bytes(&value.micros().to_be_bytes())
    }

    pub fn list<T>(&mut self, values: &[T], mut each: impl FnMut(&mut Self, &T)) -> &mut Self {
        self.bytes(&(values.len() as u32).to_be_bytes());
        for value in values {
            each(self, value);
        }
        self
    }

    pub fn finish(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.0)
    }
}

pub(super) struct Reader<'a> {
    input: &'a [u8],
    position: usize,
}

impl<'a> Reader<'a> {
    /// Checks the name of the message.
    pub fn new(name: &'static str, input: &'a [u8]) -> Result<Self, Malformed> {
        if input.len() > MAX_MESSAGE_BYTES {
            return Err(Malformed { position: MAX_MESSAGE_BYTES, what: "a message of at most 32 KiB" });
        }
        let mut reader = Self { input, position: 0 };
        match reader.bytes(64, name)? {
            given if given == name.as_bytes() => Ok(reader),
            _ => Err(Malformed { position: 4, what: name }),
        }
    }

    fn fault<T>(&self, what: &'static str) -> Result<T, Malformed> {
        Err(Malformed { position: self.position, what })
    }

    pub fn bytes(&mut self, most: usize, what: &'static str) -> Result<&'a [u8], Malformed> {
        let rest = &self.input[self.position..];
        let Some((length, rest)) = rest.split_first_chunk::<4>() else { return self.fault(what) };
        let length = u32::from_be_bytes(*length) as usize;
        match rest.get(..length) {
            Some(value) if length <= most => {
                self.position += 4 + length;
                Ok(value)
            }
            _ => self.fault(what),
        }
    }

    pub fn array<const N: usize>(&mut self, what: &'static str) -> Result<[u8; N], Malformed> {
        let at = self.position;
        self.bytes(N, what)?.try_into().map_err(|_| Malformed { position: at, what })
    }

    /// Text without control characters and without characters that reorder what stands beside them: what a person is
    /// shown must be what is meant.
    pub fn text(&mut self, most: usize, what: &'static str) -> Result<String, Malformed> {
        let at = self.position;
        let fault = Malformed { position: at, what };
        let text = std::str::from_utf8(self.bytes(most, what)?).map_err(|_| fault)?;
        if text.chars().any(is_misleading) { Err(fault) } else { Ok(text.to_owned()) }
    }

    pub fn time(&mut self, what: &'static str) -> Result<Timestamp, Malformed> {
        Ok(Timestamp::from_micros(i64::from_be_bytes(self.array(what)?)))
    }

    pub fn list<T>(
        &mut self,
        most: usize,
        what: &'static str,
        mut each: impl FnMut(&mut Self) -> Result<T, Malformed>,
    ) -> Result<Vec<T>, Malformed> {
        let count = u32::from_be_bytes(self.array(what)?) as usize;
        if count > most {
            return self.fault(what);
        }
        (0..count).map(|_| each(self)).collect()
    }

    pub fn finish(&self) -> Result<(), Malformed> {
        if self.position == self.input.len() { Ok(()) } else { self.fault("nothing more") }
    }
}

/// Control characters, and those that turn the direction of text or are not seen (Unicode bidi controls, zero widths).
pub(super) fn is_misleading(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}' | '\u{00AD}' | '\u{061C}')
}
