//! One line to a machine, with its times.

use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::net::{RecvFlags, recv};

use super::{LOOK, Limits};

/// How long a thread that has just answered looks for the next question before it sleeps. Being woken costs a machine that
/// asks one thing after another about a third of each exchange; a machine that asks seldom costs this once a question.
const AGAIN: Duration = Duration::from_micros(100);

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
    /// Set while some line of the door looks again: one at a time, so that a full house does not look instead of working.
    looking: Arc<AtomicBool>,
    /// Nothing was heard since the last answer.
    is_fresh: bool,
    /// What the socket waits for reading and writing now.
    waits: (Duration, Duration),
}

/// Ends the looking of one line, also by an early return.
struct Looking<'a>(&'a AtomicBool);

impl Drop for Looking<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

impl Line {
    pub(super) fn new(
        stream: TcpStream,
        limits: Limits,
        stopping: Arc<AtomicBool>,
        looking: Arc<AtomicBool>,
    ) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(LOOK))?;
        stream.set_write_timeout(Some(LOOK))?;
        let since = Instant::now();
        let waits = (LOOK, LOOK);
        Ok(Self { stream, limits, stopping, since, has_served: false, begun: None, looking, is_fresh: false, waits })
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
            if let Some(count) = self.look_again(bytes)? {
                return Ok(if count == 0 { Heard::Over(Over::Gone) } else { Heard::Bytes(count) });
            }
            let wait = left.min(LOOK);
            // It seldom changes, and saying it is a call of the system for each message.
            if self.waits.0 != wait {
                self.stream.set_read_timeout(Some(wait))?;
                self.waits.0 = wait;
            }
            match self.stream.read(bytes) {
                Ok(0) => return Ok(Heard::Over(Over::Gone)),
                Ok(count) => return Ok(Heard::Bytes(count)),
                Err(error) if is_waiting(&error) => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// What comes in the moment after an answer, before this thread sleeps.
    fn look_again(&mut self, bytes: &mut [u8]) -> io::Result<Option<usize>> {
        if !std::mem::take(&mut self.is_fresh) || self.looking.swap(true, Ordering::Acquire) {
            return Ok(None);
        }
        let _looking = Looking(&self.looking);
        let begun = Instant::now();
        while begun.elapsed() < AGAIN {
            match recv(&self.stream, &mut *bytes, RecvFlags::DONTWAIT) {
                Ok((count, _)) => return Ok(Some(count)),
                Err(Errno::AGAIN | Errno::INTR) => std::thread::yield_now(),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(None)
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
            let wait = left.min(LOOK);
            if self.waits.1 != wait {
                self.stream.set_write_timeout(Some(wait))?;
                self.waits.1 = wait;
            }
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
        (self.since, self.has_served, self.begun, self.is_fresh) = (Instant::now(), true, None, true);
    }
}

fn is_waiting(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut | io::ErrorKind::Interrupted)
}
