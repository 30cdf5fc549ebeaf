//! One line to a machine, with its times.

use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::{LOOK, Limits};

/// What came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// So many bytes.
    Bytes(usize),
    /// The line is over.
    Over(Over),
}

/// Why a line is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Over {
    /// The machine went.
    #[error("the machine went")]
    Gone,
    /// The door closes.
    #[error("the door closes")]
    Closing,
    /// No first message in time.
    #[error("no first message in time")]
    First,
    /// A message was begun and not ended in time.
    #[error("a message was begun and not ended in time")]
    Message,
    /// Nothing was asked for too long.
    #[error("nothing was asked for too long")]
    Idle,
}

/// One line.
pub struct Line {
    stream: TcpStream,
    limits: Limits,
    stopping: Arc<AtomicBool>,
    /// When it came, or when a message was last served.
    since: Instant,
    has_served: bool,
    /// When the message that is coming began.
    begun: Option<Instant>,
}

impl Line {
    pub(super) fn new(stream: TcpStream, limits: Limits, stopping: Arc<AtomicBool>) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        Ok(Self { stream, limits, stopping, since: Instant::now(), has_served: false, begun: None })
    }

    /// Waits for bytes. `is_amid`: a message has begun that has not ended.
    ///
    /// # Errors
    /// The line broke.
    pub fn hear(&mut self, bytes: &mut [u8], is_amid: bool) -> io::Result<Heard> {
        self.begun = is_amid.then(|| self.begun.unwrap_or_else(Instant::now));
        loop {
            if self.stopping.load(Ordering::SeqCst) {
                return Ok(Heard::Over(Over::Closing));
            }
            let left = match self.time_left() {
                Ok(left) => left,
                Err(over) => return Ok(Heard::Over(over)),
            };
            self.stream.set_read_timeout(Some(left.min(LOOK)))?;
            match self.stream.read(bytes) {
                Ok(0) => return Ok(Heard::Over(Over::Gone)),
                Ok(count) => return Ok(Heard::Bytes(count)),
                Err(error) if is_waiting(&error) => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// The time until the nearest of its ends, never nothing.
    fn time_left(&self) -> Result<Duration, Over> {
        let (limit, over) = match self.has_served {
            false => (self.limits.first, Over::First),
            true => (self.limits.idle, Over::Idle),
        };
        let left = |since: Instant, limit: Duration, over| {
            limit.checked_sub(since.elapsed()).filter(|left| !left.is_zero()).ok_or(over)
        };
        let until_over = left(self.since, limit, over)?;
        match self.begun.filter(|_| self.has_served) {
            Some(begun) => Ok(until_over.min(left(begun, self.limits.whole, Over::Message)?)),
            None => Ok(until_over),
        }
    }

    /// Sends an answer; all of it must be taken in time.
    ///
    /// # Errors
    /// It was not, or the line broke.
    pub fn say(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        let begun = Instant::now();
        while !bytes.is_empty() {
            let left = self.limits.answer.saturating_sub(begun.elapsed());
            if left.is_zero() {
                return Err(io::ErrorKind::TimedOut.into());
            }
            self.stream.set_write_timeout(Some(left.min(LOOK)))?;
            match self.stream.write(bytes) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => bytes = bytes.get(count..).unwrap_or_default(),
                Err(error) if is_waiting(&error) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// A message of somebody who may speak was served: the line may be quiet again for a while.
    pub fn served(&mut self) {
        (self.since, self.has_served, self.begun) = (Instant::now(), true, None);
    }
}

fn is_waiting(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut | io::ErrorKind::Interrupted)
}
