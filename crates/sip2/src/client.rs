//! The machine's end of a conversation: one question at a time, each with the next number.
//!
//! ```text
//!  ask(question) ─► bytes ─► … ─► receive(bytes) ─► next ─┬─ Answer(message)
//!                     ▲                                   ├─ Send(bytes)   97, or the question once more after a 96
//!                     └──────── timed_out() ◄── no answer ┘
//! ```
//! After the last try the question is **not known to be done or not**; a question with a new number would do it twice.
//! The caller asks about the item or the patron instead.

use crate::frame::{self, Charset, Fault, Frames, Sequence, Unwritable};
use crate::message::{Message, ResendWanted};

/// Times a question is said again when the library's system does not say how often.
pub const RETRIES: u16 = 3;

/// What has come of the bytes so far.
#[derive(Debug, PartialEq, Eq)]
pub enum Heard {
    /// More bytes are needed.
    Wait,
    /// The answer to the question.
    Answer(Message),
    /// These bytes are to be sent.
    Send(Vec<u8>),
}

/// Why a question has no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Lost {
    /// The question before it still waits.
    #[error("one question at a time")]
    Busy,
    /// What is no question cannot be asked.
    #[error("message {0} is no question")]
    NotAQuestion(&'static str),
    /// A name in it cannot be written.
    #[error(transparent)]
    Unwritable(#[from] Unwritable),
    /// Said so often, and no answer: whether it was done is not known.
    #[error("no answer after {0} tries; whether it was done is not known")]
    NoAnswer(u16),
    /// The library answered something else.
    #[error("answered with message {0}")]
    OtherMessage(&'static str),
    /// The answer cannot be understood.
    #[error("the answer cannot be understood {0}")]
    Fault(Fault),
}

#[derive(Debug)]
struct Pending {
    bytes: Vec<u8>,
    number: Option<Sequence>,
    answered_by: &'static str,
    tries: u16,
}

/// One connection as a machine sees it.
#[derive(Debug)]
pub struct Client {
    charset: Charset,
    /// With numbers and checksums.
    is_checked: bool,
    retries: u16,
    next: Sequence,
    frames: Frames,
    pending: Option<Pending>,
}

impl Client {
    /// A new connection; `is_checked`: with numbers and checksums, without which nothing can be said again safely.
    pub fn new(charset: Charset, is_checked: bool) -> Self {
        Self {
            charset,
            is_checked,
            retries: RETRIES,
            next: Sequence::default(),
            frames: Frames::default(),
            pending: None,
        }
    }

    /// As the library's system says in its 98; `999` there means it does not say.
    pub fn set_retries(&mut self, said: Option<u16>) {
        self.retries = said.filter(|&said| said < 999).unwrap_or(RETRIES);
    }

    /// The bytes that ask `question`.
    ///
    /// # Errors
    /// [`Lost`]: another waits, it is no question, or it cannot be written.
    pub fn ask(&mut self, question: &Message) -> Result<Vec<u8>, Lost> {
        if self.pending.is_some() {
            return Err(Lost::Busy);
        }
        let answered_by = question.answered_by().ok_or(Lost::NotAQuestion(question.id()))?;
        let number = self.is_checked.then_some(self.next);
        let bytes = frame::write(question, number, self.charset)?;
        self.next = self.next.next();
        self.pending = Some(Pending { bytes: bytes.clone(), number, answered_by, tries: 0 });
        Ok(bytes)
    }

    /// Bytes have come.
    pub fn receive(&mut self, bytes: &[u8]) {
        self.frames.push(bytes);
    }

    /// What they say. An answer to an earlier question, said twice, is passed over.
    ///
    /// # Errors
    /// [`Lost`]; the question then waits no longer.
    pub fn next_heard(&mut self) -> Result<Heard, Lost> {
        loop {
            let frame = self.frames.next_frame().map_err(Lost::Fault)?;
            let Some(raw) = frame else { return Ok(Heard::Wait) };
            let Some(pending) = &self.pending else { continue };
            let envelope = match frame::read(&raw, self.charset) {
                Ok(envelope) => envelope,
                Err(fault) if fault.what.is_damage() && self.is_checked => {
                    let bytes = self.again(Some(ResendWanted::default().into()))?;
                    return Ok(Heard::Send(bytes));
                }
                Err(fault) => {
                    self.pending = None;
                    return Err(Lost::Fault(fault));
                }
            };
            if let Message::ResendAsked(_) = envelope.message {
                return self.again(None).map(Heard::Send);
            }
            if pending.number.is_some() && envelope.sequence != pending.number {
                continue;
            }
            let is_answer = envelope.message.id() == pending.answered_by;
            self.pending = None;
            return match is_answer {
                true => Ok(Heard::Answer(envelope.message)),
                false => Err(Lost::OtherMessage(envelope.message.id())),
            };
        }
    }

    /// No answer came in time: the same question with the same number, once more.
    ///
    /// # Errors
    /// [`Lost::NoAnswer`] after the last try, and at once where messages carry no number.
    pub fn timed_out(&mut self) -> Result<Vec<u8>, Lost> {
        self.again(None)
    }

    /// The connection was cut and is open again: what came half is forgotten, the question is said once more.
    ///
    /// # Errors
    /// As [`Client::timed_out`].
    pub fn reconnected(&mut self) -> Result<Vec<u8>, Lost> {
        self.frames = Frames::default();
        self.again(None)
    }

    fn again(&mut self, instead: Option<Message>) -> Result<Vec<u8>, Lost> {
        let (retries, is_checked, charset) = (self.retries, self.is_checked, self.charset);
        let Some(pending) = &mut self.pending else { return Err(Lost::NoAnswer(0)) };
        pending.tries += 1;
        if pending.tries > retries || !is_checked {
            let tries = pending.tries;
            self.pending = None;
            return Err(Lost::NoAnswer(tries));
        }
        match instead {
            // 97 carries a sum and no number.
            Some(message) => Ok(frame::write(&message, Some(Sequence::default()), charset)?),
            None => Ok(pending.bytes.clone()),
        }
    }
}
