//! Reading: one item after another, each knowing its place in the whole input.

use std::collections::BTreeSet;

use pki::Malformed;

use super::{MAX_DEPTH, MAX_ENTRIES};

/// Reads a run of items.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
    position: usize,
}

/// A key of a map.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Key<'a> {
    Number(i64),
    Text(&'a str),
}

/// CBOR inside a byte string under tag 24, with the exact bytes over which digests and signatures are taken.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Embedded<'a> {
    /// Tag, length and content.
    pub raw: &'a [u8],
    content: &'a [u8],
    position: usize,
}

impl<'a> Embedded<'a> {
    /// A reader over the content.
    pub fn reader(&self) -> Reader<'a> {
        Reader { rest: self.content, position: self.position }
    }
}

struct Head {
    major: u8,
    value: u64,
}

const UNSIGNED: u8 = 0;
const NEGATIVE: u8 = 1;
const BYTES: u8 = 2;
const TEXT: u8 = 3;
const ARRAY: u8 = 4;
const MAP: u8 = 5;
const TAG: u8 = 6;
const SIMPLE: u8 = 7;

/// One well-formed item that fills `bytes`.
pub(crate) fn check(bytes: &[u8]) -> Result<(), Malformed> {
    let mut reader = Reader::new(bytes);
    reader.raw("an item")?;
    reader.finish()
}

impl<'a> Reader<'a> {
    pub fn new(input: &'a [u8]) -> Self {
        Self { rest: input, position: 0 }
    }

    /// A reader over bytes that begin at `position` of the whole input.
    pub fn at(input: &'a [u8], position: usize) -> Self {
        Self { rest: input, position }
    }

    pub fn position(&self) -> usize {
        self.position
    }

    pub fn fail<T>(&self, what: &'static str) -> Result<T, Malformed> {
        Err(Malformed { position: self.position, what })
    }

    fn major(&self) -> Option<u8> {
        self.rest.first().map(|byte| byte >> 5)
    }

    fn take(&mut self, length: u64) -> Result<&'a [u8], Malformed> {
        let taken = usize::try_from(length).ok().and_then(|length| self.rest.split_at_checked(length));
        let Some((taken, rest)) = taken else { return self.fail("as many bytes as the length says") };
        self.rest = rest;
        self.position += taken.len();
        Ok(taken)
    }

    /// Initial byte and argument of any item but a simple value.
    fn head(&mut self, what: &'static str) -> Result<Head, Malformed> {
        let Some(&first) = self.rest.first() else { return self.fail(what) };
        let info = first & 0x1F;
        let count = match info {
            0..=23 => 0,
            24..=27 => 1usize << (info - 24),
            31 => return self.fail("a definite length"),
            _ => return self.fail("a length CBOR knows"),
        };
        let Some(octets) = self.rest.get(1..1 + count) else { return self.fail("a whole length") };
        let value = match count {
            0 => u64::from(info),
            _ => octets.iter().fold(0, |sum, &octet| sum << 8 | u64::from(octet)),
        };
        let least = [0, 24, 0x100, 0, 0x1_0000, 0, 0, 0, 0x1_0000_0000];
        if value < least[count] {
            return self.fail("the shortest form of a number");
        }
        self.take(1 + count as u64)?;
        Ok(Head { major: first >> 5, value })
    }

    fn expect(&mut self, major: u8, what: &'static str) -> Result<u64, Malformed> {
        if self.major() == Some(major) { self.head(what).map(|head| head.value) } else { self.fail(what) }
    }

    /// An integer that is not negative.
    pub fn unsigned(&mut self, what: &'static str) -> Result<u64, Malformed> {
        self.expect(UNSIGNED, what)
    }

    /// An integer of 64 bits.
    pub fn integer(&mut self, what: &'static str) -> Result<i64, Malformed> {
        let before = *self;
        let value = match self.major() {
            Some(UNSIGNED) => i64::try_from(self.head(what)?.value).ok(),
            Some(NEGATIVE) => i64::try_from(self.head(what)?.value).ok().map(|value| -1 - value),
            _ => None,
        };
        value.map_or_else(|| before.fail(what), Ok)
    }

    pub fn bytes(&mut self, what: &'static str) -> Result<&'a [u8], Malformed> {
        let length = self.expect(BYTES, what)?;
        self.take(length)
    }

    pub fn text(&mut self, what: &'static str) -> Result<&'a str, Malformed> {
        let length = self.expect(TEXT, what)?;
        let position = self.position;
        std::str::from_utf8(self.take(length)?).map_err(|_| Malformed { position, what: "text in UTF-8" })
    }

    pub fn boolean(&mut self, what: &'static str) -> Result<bool, Malformed> {
        let value = match self.rest.first() {
            Some(0xF4) => false,
            Some(0xF5) => true,
            _ => return self.fail(what),
        };
        self.take(1)?;
        Ok(value)
    }

    /// Whether null comes next; takes it.
    pub fn null(&mut self) -> bool {
        self.rest.first() == Some(&0xF6) && self.take(1).is_ok()
    }

    pub fn is_bytes(&self) -> bool {
        self.major() == Some(BYTES)
    }

    /// The tag of this number.
    pub fn tag(&mut self, number: u64, what: &'static str) -> Result<(), Malformed> {
        let before = *self;
        if self.expect(TAG, what)? == number { Ok(()) } else { before.fail(what) }
    }

    /// How many items follow.
    pub fn array(&mut self, what: &'static str) -> Result<usize, Malformed> {
        let before = *self;
        let count = self.expect(ARRAY, what)?;
        before.bounded(count)
    }

    fn map(&mut self, what: &'static str) -> Result<usize, Malformed> {
        let before = *self;
        let count = self.expect(MAP, what)?;
        before.bounded(count)
    }

    fn bounded(&self, count: u64) -> Result<usize, Malformed> {
        match usize::try_from(count) {
            Ok(count) if count <= MAX_ENTRIES => Ok(count),
            _ => self.fail("at most 512 entries"),
        }
    }

    /// `bstr .cbor` under tag 24.
    pub fn embedded(&mut self, what: &'static str) -> Result<Embedded<'a>, Malformed> {
        let start = self.rest;
        self.tag(24, what)?;
        let length = self.expect(BYTES, what)?;
        let position = self.position;
        let content = self.take(length)?;
        Ok(Embedded { raw: &start[..start.len() - self.rest.len()], content, position })
    }

    /// Reads a map, each key once, and hands over every entry: key, place of the key, reader at the value.
    pub fn entries<E: From<Malformed>>(
        &mut self,
        what: &'static str,
        mut entry: impl FnMut(Key<'a>, usize, &mut Self) -> Result<(), E>,
    ) -> Result<(), E> {
        let count = self.map(what)?;
        let mut seen = BTreeSet::new();
        for _ in 0..count {
            let position = self.position;
            let key = match self.major() {
                Some(TEXT) => Key::Text(self.text("a key")?),
                _ => Key::Number(self.integer("a key that is text or a number")?),
            };
            if !seen.insert(key) {
                return Err(Malformed { position, what: "each key once" }.into());
            }
            entry(key, position, self)?;
        }
        Ok(())
    }

    /// Any one item, with the bytes as they stand.
    pub fn raw(&mut self, what: &'static str) -> Result<&'a [u8], Malformed> {
        let start = self.rest;
        if start.is_empty() {
            return self.fail(what);
        }
        self.skip(MAX_DEPTH)?;
        Ok(&start[..start.len() - self.rest.len()])
    }

    fn skip(&mut self, depth: usize) -> Result<(), Malformed> {
        if depth == 0 {
            return self.fail("less nesting");
        }
        if self.major() == Some(SIMPLE) {
            let length = match self.rest.first() {
                // false, true, null, undefined
                Some(0xF4..=0xF7) => 1,
                Some(0xF9) => 3,
                Some(0xFA) => 5,
                Some(0xFB) => 9,
                _ => return self.fail("a simple value we know"),
            };
            return self.take(length).map(|_| ());
        }
        let before = *self;
        let head = self.head("an item")?;
        match head.major {
            BYTES => self.take(head.value).map(|_| ()),
            TEXT => {
                let position = self.position;
                let text = self.take(head.value)?;
                std::str::from_utf8(text).map(|_| ()).map_err(|_| Malformed { position, what: "text in UTF-8" })
            }
            ARRAY => (0..before.bounded(head.value)?).try_for_each(|_| self.skip(depth - 1)),
            MAP => {
                let mut seen = BTreeSet::new();
                for _ in 0..before.bounded(head.value)? {
                    let start = *self;
                    self.skip(depth - 1)?;
                    if !seen.insert(&start.rest[..start.rest.len() - self.rest.len()]) {
                        return start.fail("each key once");
                    }
                    self.skip(depth - 1)?;
                }
                Ok(())
            }
            TAG => self.skip(depth - 1),
            _ => Ok(()),
        }
    }

    /// Nothing may follow.
    pub fn finish(&self) -> Result<(), Malformed> {
        if self.rest.is_empty() { Ok(()) } else { self.fail("nothing more") }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn forms_that_a_phone_must_not_send_are_refused_with_place_and_reason() {
        for (bytes, position, what) in [
            (&[0x9F, 0x01, 0xFF][..], 0, "a definite length"),
            (&[0x81, 0x5F, 0x41, 0x00, 0xFF], 1, "a definite length"),
            (&[0x81, 0x18, 0x17], 1, "the shortest form of a number"),
            (&[0x19, 0x00, 0xFF], 0, "the shortest form of a number"),
            (&[0x59, 0x00, 0x01, 0x00], 0, "the shortest form of a number"),
            (&[0x1B, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF], 0, "the shortest form of a number"),
            (&[0x1C], 0, "a length CBOR knows"),
            (&[0x58, 0x20, 0x00], 2, "as many bytes as the length says"),
            (&[0x5B, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], 9, "as many bytes as the length says"),
            (&[0x9A, 0x7F, 0xFF, 0xFF, 0xFF], 0, "at most 512 entries"),
            (&[0xA2, 0x01, 0x02, 0x01, 0x03], 3, "each key once"),
            (&[0x62, 0xC3, 0x28], 1, "text in UTF-8"),
            (&[0xF8, 0xFF], 0, "a simple value we know"),
            (&[0x01, 0x01], 1, "nothing more"),
            (&[], 0, "an item"),
        ] {
            assert_eq!(check(bytes), Err(Malformed { position, what }), "{bytes:02X?}");
        }
        let deep = [vec![0x81; MAX_DEPTH], vec![0x00]].concat();
        assert_eq!(check(&deep), Err(Malformed { position: MAX_DEPTH, what: "less nesting" }));
    }

    /// Whether another reader takes exactly these bytes.
    fn ciborium_takes(bytes: &[u8]) -> bool {
        let mut rest = bytes;
        ciborium::from_reader::<ciborium::Value, _>(&mut rest).is_ok() && rest.is_empty()
    }

    proptest! {
        #[test]
        fn what_is_read_here_another_reader_reads_too(bytes in proptest::collection::vec(any::<u8>(), 0..24)) {
            if check(&bytes).is_ok() { prop_assert!(ciborium_takes(&bytes)); }
        }

        #[test]
        fn numbers_and_texts_of_another_writer_are_read(number: i64, text in ".{0,300}", bytes: Vec<u8>) {
            let mut out = Vec::new();
            let value = ciborium::Value::Map(vec![
                (number.into(), text.clone().into()),
                ("b".into(), ciborium::Value::Tag(24, Box::new(bytes.clone().into()))),
            ]);
            ciborium::into_writer(&value, &mut out).unwrap();
            let mut reader = Reader::new(&out);
            reader.entries::<Malformed>("a map", |key, _, value| {
                match key {
                    Key::Number(read) => { assert_eq!(read, number); assert_eq!(value.text("text")?, text); }
                    Key::Text(_) => {
                        let embedded = value.embedded("embedded")?;
                        assert_eq!(embedded.content, bytes);
                        assert_eq!(&out[out.len() - embedded.raw.len()..], embedded.raw);
                    }
                }
                Ok(())
            }).unwrap();
            prop_assert_eq!(reader.finish(), Ok(()));
        }
    }
}
