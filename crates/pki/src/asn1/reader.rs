//! Reading: one element after another, each knowing its place in the whole input.

use base::Timestamp;

use super::{Malformed, parse_time, tag};

/// One element: tag, content and the bytes of both.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tlv<'a> {
    pub tag: u8,
    /// Content octets.
    pub value: &'a [u8],
    /// Tag, length and content as they stand in the input: what a signature covers.
    pub raw: &'a [u8],
    /// Offset of the tag in the whole input.
    pub position: usize,
}

/// Reads a run of elements.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
    position: usize,
}

impl<'a> Reader<'a> {
    pub fn new(input: &'a [u8]) -> Self {
        Self { rest: input, position: 0 }
    }

    /// A reader over bytes that begin at `position` of the whole input.
    pub fn at(input: &'a [u8], position: usize) -> Self {
        Self { rest: input, position }
    }

    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// Bytes not yet read.
    pub fn remaining(&self) -> usize {
        self.rest.len()
    }

    pub fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    fn fail<T>(&self, what: &'static str) -> Result<T, Malformed> {
        Err(Malformed { position: self.position, what })
    }

    /// The next element, whatever it is.
    pub fn any(&mut self, what: &'static str) -> Result<Tlv<'a>, Malformed> {
        let Some((&tag, &first)) = self.rest.first().zip(self.rest.get(1)) else { return self.fail(what) };
        if tag & 0x1F == 0x1F {
            return self.fail("a tag number below 31");
        }
        let (length, header) = match first {
            0..=0x7F => (usize::from(first), 2),
            0x81..=0x84 => {
                let count = usize::from(first & 0x7F);
                let Some(octets) = self.rest.get(2..2 + count) else { return self.fail("a whole length") };
                let length = octets.iter().fold(0usize, |sum, &b| sum << 8 | usize::from(b));
                if octets[0] == 0 || length < 0x80 {
                    return self.fail("the shortest form of the length");
                }
                (length, 2 + count)
            }
            _ => return self.fail("a definite length of at most 4 octets"),
        };
        let Some(raw) = header.checked_add(length).and_then(|end| self.rest.get(..end)) else {
            return self.fail("as many bytes as the length says");
        };
        let element = Tlv { tag, value: &raw[header..], raw, position: self.position };
        self.rest = &self.rest[raw.len()..];
        self.position += raw.len();
        Ok(element)
    }

    /// The next element, which must have this tag.
    pub fn expect(&mut self, tag: u8, what: &'static str) -> Result<Tlv<'a>, Malformed> {
        if self.peek() == Some(tag) { self.any(what) } else { self.fail(what) }
    }

    /// The next element if it has this tag.
    pub fn optional(&mut self, tag: u8, what: &'static str) -> Result<Option<Tlv<'a>>, Malformed> {
        if self.peek() == Some(tag) { self.any(what).map(Some) } else { Ok(None) }
    }

    pub fn sequence(&mut self, what: &'static str) -> Result<Reader<'a>, Malformed> {
        self.expect(tag::SEQUENCE, what).map(|element| element.reader())
    }

    /// Nothing may follow.
    pub fn finish(&self) -> Result<(), Malformed> {
        if self.rest.is_empty() { Ok(()) } else { self.fail("nothing more") }
    }
}

impl<'a> Tlv<'a> {
    fn fail<T>(&self, what: &'static str) -> Result<T, Malformed> {
        Err(Malformed { position: self.position, what })
    }

    /// Offset of the content.
    pub fn content_position(&self) -> usize {
        self.position + (self.raw.len() - self.value.len())
    }

    pub fn reader(&self) -> Reader<'a> {
        Reader::at(self.value, self.content_position())
    }

    /// The octets of a non-negative INTEGER without a leading sign octet; zero is one zero octet.
    pub fn unsigned(&self, what: &'static str) -> Result<&'a [u8], Malformed> {
        match self.value {
            [] => self.fail(what),
            [first, ..] if first & 0x80 != 0 => self.fail("an integer that is not negative"),
            [0, second, ..] if second & 0x80 == 0 => self.fail("the shortest form of the integer"),
            [0, rest @ ..] if !rest.is_empty() => Ok(rest),
            value => Ok(value),
        }
    }

    /// A small non-negative INTEGER or ENUMERATED.
    pub fn small(&self, what: &'static str) -> Result<u64, Malformed> {
        let octets = self.unsigned(what)?;
        if octets.len() > 8 {
            return self.fail(what);
        }
        Ok(octets.iter().fold(0, |sum, &b| sum << 8 | u64::from(b)))
    }

    pub fn boolean(&self) -> Result<bool, Malformed> {
        match self.value {
            [0] => Ok(false),
            [0xFF] => Ok(true),
            _ => self.fail("a boolean, 00 or FF"),
        }
    }

    /// The octets of a BIT STRING that has no unused bits.
    pub fn whole_bits(&self, what: &'static str) -> Result<&'a [u8], Malformed> {
        match self.value {
            [0, bits @ ..] => Ok(bits),
            _ => self.fail(what),
        }
    }

    /// The first 16 named bits of a BIT STRING, bit 0 being the highest.
    pub fn named_bits(&self, what: &'static str) -> Result<u16, Malformed> {
        match self.value {
            [0] => Ok(0),
            [unused @ 0..=7, first, rest @ ..] if rest.len() <= 1 => {
                let last = rest.first().copied().unwrap_or(*first);
                if last & ((1u16 << unused) as u8).wrapping_sub(1) != 0 {
                    return self.fail("unused bits that are zero");
                }
                Ok(u16::from(*first) << 8 | u16::from(rest.first().copied().unwrap_or(0)))
            }
            _ => self.fail(what),
        }
    }

    /// UTF8String, PrintableString or IA5String.
    pub fn text(&self, what: &'static str) -> Result<&'a str, Malformed> {
        if !matches!(self.tag, tag::UTF8_STRING | tag::PRINTABLE_STRING | tag::IA5_STRING) {
            return self.fail(what);
        }
        std::str::from_utf8(self.value).or_else(|_| self.fail("text in UTF-8"))
    }

    pub fn time(&self) -> Result<Timestamp, Malformed> {
        parse_time(self.tag, self.value).map_or_else(|| self.fail("a time in UTC that exists"), Ok)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_failure_says_where_in_the_whole_input() {
        let mut outer = Reader::new(&[0x30, 0x06, 0x02, 0x01, 0x05, 0x02, 0x01, 0x80]);
        let mut inner = outer.sequence("a sequence").unwrap();
        assert_eq!(inner.any("first").unwrap().small("number"), Ok(5));
        let second = inner.any("second").unwrap();
        assert_eq!(second.small("number"), Err(Malformed { position: 5, what: "an integer that is not negative" }));
        assert_eq!(inner.finish(), Ok(()));
    }

    #[test]
    fn forms_that_der_forbids_are_refused() {
        for (bytes, what) in [
            (&[0x30, 0x80, 0x00, 0x00][..], "a definite length of at most 4 octets"),
            (&[0x04, 0x81, 0x01, 0x00], "the shortest form of the length"),
            (&[0x04, 0x82, 0x00, 0x01, 0x00], "the shortest form of the length"),
            (&[0x1F, 0x85, 0x01, 0x00], "a tag number below 31"),
            (&[0x04, 0x84, 0xFF, 0xFF, 0xFF, 0xFF], "as many bytes as the length says"),
        ] {
            assert_eq!(Reader::new(bytes).any("an element").unwrap_err().what, what);
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
            let mut reader = Reader::new(&bytes);
            while let Ok(element) = reader.any("an element") {
                let _ = (element.small(""), element.named_bits(""), element.time(), element.text(""), element.boolean());
            }
        }
    }
}
