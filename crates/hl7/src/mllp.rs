//! MLLP: `0x0B` message `0x1C 0x0D`. None of the three bytes comes up inside ISO-2022-JP or UTF-8 text.

/// Bytes of a message at most: a patient's record and some bookings are far below.
pub const MOST_BYTES: usize = 1_048_576;

const START: u8 = 0x0B;
const END: u8 = 0x1C;
const RETURN: u8 = 0x0D;

/// A message with its frame.
pub fn wrap(message: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(message.len() + 3);
    out.push(START);
    out.extend_from_slice(message);
    out.extend([END, RETURN]);
    out
}

/// A message is longer than it may be; nothing after it can be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a message is longer than {0} bytes")]
pub struct TooLong(pub usize);

/// Cuts a stream of bytes into messages. Bytes between messages are no part of any.
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
    pub const fn with_most(most: usize) -> Self {
        Self { bytes: Vec::new(), most, seen: 0 }
    }

    /// More bytes have come.
    pub fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Whether a message has begun that has not ended: what is lost when the connection is cut now.
    pub fn is_amid(&self) -> bool {
        self.bytes.first() == Some(&START) || self.bytes.contains(&START)
    }

    /// The next whole message, without its frame. A message that begins inside another means that the first was cut.
    ///
    /// # Errors
    /// [`TooLong`].
    pub fn next_message(&mut self) -> Result<Option<Vec<u8>>, TooLong> {
        let Some(start) = self.bytes.iter().position(|&byte| byte == START) else {
            self.bytes.clear();
            self.seen = 0;
            return Ok(None);
        };
        if start > 0 {
            self.bytes.drain(..start);
            self.seen = 0;
        }
        let rest = self.bytes.get(self.seen..).unwrap_or_default();
        let end = rest.windows(2).position(|pair| pair == [END, RETURN]).map(|end| end + self.seen);
        // The first half of an end is no part of the message.
        let so_far = self.bytes.len() - usize::from(self.bytes.last() == Some(&END));
        if end.unwrap_or(so_far) > self.most + 1 {
            return Err(TooLong(self.most));
        }
        let Some(end) = end else {
            // The last byte may be the first half of an end.
            self.seen = self.bytes.len().saturating_sub(1);
            return Ok(None);
        };
        self.seen = 0;
        let frame: Vec<u8> = self.bytes.drain(..end + 2).collect();
        let begin = frame.iter().rposition(|&byte| byte == START).map_or(0, |at| at + 1);
        Ok(Some(frame[begin..end].to_vec()))
    }
}
