//! Lines, and fields within a line.

use std::io::BufRead;

use super::fault::Reason;

/// The longest line read; a longer one is refused and skipped, so memory stays bounded whatever comes.
pub(super) const LONGEST_LINE: usize = 64 * 1024;

/// Reads lines ended by LF or CR LF into one reused buffer.
pub(crate) struct Lines<R> {
    input: R,
    longest: usize,
    buffer: Vec<u8>,
    number: u64,
    bytes: u64,
}

/// What the next line is.
pub(crate) enum Next {
    /// A line; see [`Lines::bytes_of_line`].
    Line,
    /// A line longer than the longest allowed; it has been skipped.
    TooLong,
    /// The end.
    End,
}

impl<R: BufRead> Lines<R> {
    pub(super) fn new(input: R) -> Self {
        Self::up_to(LONGEST_LINE, input)
    }

    /// Lines of at most `longest` bytes.
    pub(crate) fn up_to(longest: usize, input: R) -> Self {
        Self { input, longest, buffer: Vec::with_capacity(1024), number: 0, bytes: 0 }
    }

    /// The beginning of the input, not consumed. May be shorter than the file.
    pub(super) fn beginning(&mut self) -> std::io::Result<&[u8]> {
        self.input.fill_buf()
    }

    /// Number of the last line, from 1.
    pub(crate) const fn number(&self) -> u64 {
        self.number
    }

    /// Bytes consumed.
    pub(crate) const fn consumed(&self) -> u64 {
        self.bytes
    }

    /// The last line, without its end.
    pub(crate) fn bytes_of_line(&self) -> &[u8] {
        &self.buffer
    }

    pub(crate) fn next(&mut self) -> std::io::Result<Next> {
        self.buffer.clear();
        let mut too_long = false;
        let mut anything = false;
        loop {
            let chunk = self.input.fill_buf()?;
            if chunk.is_empty() {
                break;
            }
            anything = true;
            let (taken, ended) = match chunk.iter().position(|&byte| byte == b'\n') {
                Some(end) => (end + 1, true),
                None => (chunk.len(), false),
            };
            if self.buffer.len() + taken > self.longest + 2 {
                too_long = true;
                self.buffer.clear();
            } else if !too_long {
                self.buffer.extend_from_slice(&chunk[..taken]);
            }
            self.input.consume(taken);
            self.bytes += taken as u64;
            if ended {
                break;
            }
        }
        if !anything {
            return Ok(Next::End);
        }
        self.number += 1;
        if too_long {
            self.buffer.clear();
            return Ok(Next::TooLong);
        }
        if self.buffer.last() == Some(&b'\n') {
            self.buffer.pop();
        }
        if self.buffer.last() == Some(&b'\r') {
            self.buffer.pop();
        }
        Ok(Next::Line)
    }
}

/// The fields of one line, in reused memory.
#[derive(Debug, Default)]
pub(super) struct Fields {
    text: String,
    ends: Vec<usize>,
}

impl Fields {
    /// Splits `line` at `delimiter`. A field in double quotes may hold the delimiter and doubled quotes.
    pub(super) fn split(&mut self, line: &str, delimiter: char) -> Result<(), Reason> {
        self.text.clear();
        self.ends.clear();
        if !line.contains('"') {
            for field in line.split(delimiter) {
                self.text.push_str(field);
                self.ends.push(self.text.len());
            }
            return Ok(());
        }
        let mut rest = line;
        loop {
            let after = if let Some(quoted) = rest.strip_prefix('"') {
                self.quoted(quoted)?
            } else {
                let end = rest.find(delimiter).unwrap_or(rest.len());
                let (field, after) = rest.split_at(end);
                if field.contains('"') {
                    return Err(Reason::StrayQuote);
                }
                self.text.push_str(field);
                after
            };
            self.ends.push(self.text.len());
            match after.strip_prefix(delimiter) {
                Some(next) => rest = next,
                None if after.is_empty() => return Ok(()),
                None => return Err(Reason::StrayQuote),
            }
        }
    }

    /// Takes a quoted field whose opening quote is gone; returns what follows its closing quote.
    fn quoted<'a>(&mut self, mut rest: &'a str) -> Result<&'a str, Reason> {
        loop {
            let (field, after) = rest.split_once('"').ok_or(Reason::UnclosedQuote)?;
            self.text.push_str(field);
            match after.strip_prefix('"') {
                Some(more) => {
                    self.text.push('"');
                    rest = more;
                }
                None => return Ok(after),
            }
        }
    }

    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(super) fn get(&self, index: usize) -> &str {
        let start = if index == 0 { 0 } else { self.ends.get(index - 1).copied().unwrap_or(0) };
        let end = self.ends.get(index).copied().unwrap_or(start);
        self.text.get(start..end).unwrap_or("")
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).map(|index| self.get(index))
    }
}
