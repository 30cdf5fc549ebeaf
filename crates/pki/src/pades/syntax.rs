//! As much of the PDF syntax (ISO 32000-1 §7.2, §7.3, §7.5.4) as signing and checking need. Total: no recursion, every
//! step moves forward, every failure names its byte.

use std::ops::Range;

/// Where and why the bytes are not the PDF syntax expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SyntaxError {
    pub position: usize,
    pub what: &'static str,
}

/// Reads tokens of `bytes` from `position` on.
#[derive(Clone, Copy)]
pub(super) struct Lexer<'a> {
    bytes: &'a [u8],
    pub position: usize,
}

/// Deeper nesting is no honest signature or page dictionary.
const MAX_DEPTH: usize = 64;

fn is_white(byte: u8) -> bool {
    matches!(byte, 0 | b'\t' | b'\n' | 0x0C | b'\r' | b' ')
}

fn is_delimiter(byte: u8) -> bool {
    matches!(byte, b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'/' | b'%')
}

impl<'a> Lexer<'a> {
    pub fn at(bytes: &'a [u8], position: usize) -> Self {
        Self { bytes, position: position.min(bytes.len()) }
    }

    fn rest(&self) -> &'a [u8] {
        &self.bytes[self.position..]
    }

    pub fn fail<T>(&self, what: &'static str) -> Result<T, SyntaxError> {
        Err(SyntaxError { position: self.position, what })
    }

    pub fn skip_white(&mut self) {
        while let Some(&byte) = self.bytes.get(self.position) {
            if byte == b'%' {
                let line = self.rest().iter().position(|b| matches!(b, b'\r' | b'\n'));
                self.position += line.unwrap_or(self.rest().len());
            } else if is_white(byte) {
                self.position += 1;
            } else {
                return;
            }
        }
    }

    /// Takes `word` after white space.
    pub fn expect(&mut self, word: &[u8], what: &'static str) -> Result<(), SyntaxError> {
        self.skip_white();
        if !self.rest().starts_with(word) {
            return self.fail(what);
        }
        self.position += word.len();
        Ok(())
    }

    pub fn next_is(&mut self, word: &[u8]) -> bool {
        self.skip_white();
        self.rest().starts_with(word)
    }

    /// A non-negative integer of at most 15 digits.
    pub fn integer(&mut self, what: &'static str) -> Result<usize, SyntaxError> {
        self.skip_white();
        let length = self.rest().iter().take_while(|b| b.is_ascii_digit()).count();
        if length == 0 || length > 15 {
            return self.fail(what);
        }
        let value = self.rest()[..length].iter().fold(0u64, |sum, b| sum * 10 + u64::from(b - b'0'));
        self.position += length;
        usize::try_from(value).or_else(|_| self.fail(what))
    }

    /// `/Name`, without the stroke.
    fn name(&mut self) -> Result<&'a [u8], SyntaxError> {
        self.expect(b"/", "a name")?;
        let length = self.rest().iter().take_while(|&&b| !is_white(b) && !is_delimiter(b)).count();
        let name = &self.rest()[..length];
        self.position += length;
        Ok(name)
    }

    /// Steps over one token; tells how the nesting changes.
    fn token(&mut self) -> Result<isize, SyntaxError> {
        self.skip_white();
        let (length, change) = match self.rest() {
            [] => return self.fail("an object"),
            [b'<', b'<', ..] => (2, 1),
            [b'>', b'>', ..] => (2, -1),
            [b'[', ..] => (1, 1),
            [b']', ..] => (1, -1),
            [b'<', ..] => (self.hex_string_length()?, 0),
            [b'(', ..] => (self.string_length()?, 0),
            [b'/', rest @ ..] => (1 + rest.iter().take_while(|&&b| !is_white(b) && !is_delimiter(b)).count(), 0),
            [b, ..] if is_delimiter(*b) => return self.fail("an object"),
            rest => (rest.iter().take_while(|&&b| !is_white(b) && !is_delimiter(b)).count(), 0),
        };
        self.position += length;
        Ok(change)
    }

    fn hex_string_length(&self) -> Result<usize, SyntaxError> {
        let end = self.rest().iter().position(|&b| b == b'>');
        end.map_or_else(|| self.fail("the end of a hexadecimal string"), |end| Ok(end + 1))
    }

    fn string_length(&self) -> Result<usize, SyntaxError> {
        let mut depth = 0usize;
        let mut escaped = false;
        for (index, &byte) in self.rest().iter().enumerate() {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'(' => depth += 1,
                b')' => {
                    // The first byte is an opening parenthesis, so the depth is at least one here.
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        return Ok(index + 1);
                    }
                }
                _ => {}
            }
        }
        self.fail("the end of a string")
    }

    /// Steps over one object (a reference counts as one) and gives its place.
    pub fn value(&mut self) -> Result<Range<usize>, SyntaxError> {
        self.skip_white();
        let start = self.position;
        let mut depth = self.token()?;
        if depth < 0 {
            self.position = start;
            return self.fail("an object");
        }
        while depth > 0 {
            if depth as usize > MAX_DEPTH {
                return self.fail("less deeply nested objects");
            }
            depth += self.token()?;
        }
        // `12 0 R`
        if self.bytes[start].is_ascii_digit() {
            let mut ahead = *self;
            if ahead.integer("").is_ok() && ahead.expect(b"R", "").is_ok() {
                self.position = ahead.position;
            }
        }
        Ok(start..self.position)
    }

    /// The entries of a dictionary, and its place.
    pub fn dictionary(&mut self) -> Result<Dictionary<'a>, SyntaxError> {
        self.skip_white();
        let start = self.position;
        self.expect(b"<<", "a dictionary")?;
        let mut entries = Vec::new();
        while !self.next_is(b">>") {
            let key = self.name()?;
            entries.push((key, self.value()?));
        }
        let end = self.position + 2;
        self.position = end;
        Ok(Dictionary { bytes: self.bytes, place: start..end, entries })
    }
}

/// A dictionary whose values are places in the file.
#[derive(Clone, Debug)]
pub(super) struct Dictionary<'a> {
    bytes: &'a [u8],
    pub place: Range<usize>,
    pub entries: Vec<(&'a [u8], Range<usize>)>,
}

impl<'a> Dictionary<'a> {
    pub fn get(&self, key: &[u8]) -> Option<&'a [u8]> {
        self.place_of(key).map(|place| &self.bytes[place])
    }

    /// The dictionary itself, from `<<` to `>>`.
    pub fn bytes(&self) -> &'a [u8] {
        &self.bytes[self.place.clone()]
    }

    pub fn place_of(&self, key: &[u8]) -> Option<Range<usize>> {
        self.entries.iter().find(|(name, _)| *name == key).map(|(_, place)| place.clone())
    }

    pub fn missing<T>(&self, what: &'static str) -> Result<T, SyntaxError> {
        Err(SyntaxError { position: self.place.start, what })
    }

    pub fn reference(&self, key: &[u8], what: &'static str) -> Result<usize, SyntaxError> {
        let Some(place) = self.place_of(key) else { return self.missing(what) };
        let mut lexer = Lexer::at(self.bytes, place.start);
        let number = lexer.integer(what)?;
        lexer.expect(b"0", what)?;
        lexer.expect(b"R", what)?;
        Ok(number)
    }

    pub fn integer(&self, key: &[u8], what: &'static str) -> Result<usize, SyntaxError> {
        let Some(place) = self.place_of(key) else { return self.missing(what) };
        Lexer::at(self.bytes, place.start).integer(what)
    }
}

/// A file written in one go with a classical cross-reference table.
pub(super) struct PlainFile<'a> {
    pub bytes: &'a [u8],
    pub trailer: Dictionary<'a>,
    /// Where the table begins.
    pub table: usize,
    /// First object number, count, offset of the first row.
    sections: Vec<(usize, usize, usize)>,
}

impl<'a> PlainFile<'a> {
    pub fn read(bytes: &'a [u8]) -> Result<Self, SyntaxError> {
        let tail = bytes.len().saturating_sub(1024);
        let marker = find_last(&bytes[tail..], b"startxref");
        let Some(marker) = marker else { return Err(SyntaxError { position: tail, what: "startxref" }) };
        let table = Lexer::at(bytes, tail + marker + 9).integer("the place of the cross-reference table")?;
        let mut lexer = Lexer::at(bytes, table);
        lexer.expect(b"xref", "a classical cross-reference table")?;
        let mut sections = Vec::new();
        while !lexer.next_is(b"trailer") {
            let first = lexer.integer("the first object of a section")?;
            let count = lexer.integer("the number of objects of a section")?;
            lexer.skip_white();
            let rows = lexer.position;
            let end = count.checked_mul(20).and_then(|length| rows.checked_add(length));
            let Some(end) = end.filter(|&end| end <= bytes.len()) else {
                return lexer.fail("as many rows as the section says");
            };
            sections.push((first, count, rows));
            lexer.position = end;
        }
        lexer.expect(b"trailer", "the trailer")?;
        let trailer = lexer.dictionary()?;
        Ok(Self { bytes, trailer, table, sections })
    }

    /// The dictionary of object `number`.
    pub fn object(&self, number: usize) -> Result<Dictionary<'a>, SyntaxError> {
        let section = self.sections.iter().find(|(first, count, _)| number >= *first && number - first < *count);
        let Some(&(first, _, rows)) = section else {
            return Err(SyntaxError { position: self.table, what: "an object that the table lists" });
        };
        let row = rows + (number - first) * 20;
        let offset = Lexer::at(self.bytes, row).integer("an object's place")?;
        let mut lexer = Lexer::at(self.bytes, offset);
        if lexer.integer("an object's number")? != number {
            return lexer.fail("the object the table promises");
        }
        lexer.expect(b"0", "generation 0")?;
        lexer.expect(b"obj", "an object")?;
        lexer.dictionary()
    }
}

/// Offset of the last occurrence.
pub(super) fn find_last(bytes: &[u8], word: &[u8]) -> Option<usize> {
    bytes.windows(word.len()).rposition(|window| window == word)
}

/// Offset of the first occurrence at or after `from`.
pub(super) fn find_from(bytes: &[u8], word: &[u8], from: usize) -> Option<usize> {
    let first = *word.first()?;
    let mut position = from;
    // Most bytes are not the first one: step from candidate to candidate.
    while let Some(step) = bytes.get(position..)?.iter().position(|&b| b == first) {
        position += step;
        if bytes[position..].starts_with(word) {
            return Some(position);
        }
        position += 1;
    }
    None
}
