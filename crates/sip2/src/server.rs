//! The library's end of a conversation. The caller feeds bytes, does what is asked, and sends what it is handed.
//!
//! ```text
//!          bytes ─► receive ─► next ─┬─ Asked(message) ─► the library decides ─► answer(…) ─► bytes to send
//!                                    ├─ Send(bytes)    said again, or a request to say it again
//!                                    ├─ Wait           more bytes are needed
//!                                    └─ Close(why)     not ours, or too broken to go on
//! ```
//! A message that comes twice (same number, same bytes) gets the same answer and is **not** asked of the library again:
//! a machine that did not hear us says it again, and a book is lent once.

use crate::codes::Answers;
use crate::field::{OneZero, Supported};
use crate::frame::{self, Charset, Fault, Frames, MOST_BYTES, Sequence, Unwritable};
use crate::message::{LoginAnswer, Message, ResendAsked};

/// Damaged messages in a row after which a connection is closed.
pub const MOST_DAMAGED: u8 = 5;

/// What has come of the bytes so far.
#[derive(Debug, PartialEq, Eq)]
pub enum Step {
    /// More bytes are needed.
    Wait,
    /// These bytes are to be sent.
    Send(Vec<u8>),
    /// The library is asked this; then [`Server::answer`].
    Asked(Message),
    /// The connection is to be closed.
    Close(Closing),
}

/// Why a connection is closed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Closing {
    /// A message that cannot be understood however often it is said.
    #[error("a message cannot be understood {0}")]
    Fault(Fault),
    /// Somebody who did not say who they are.
    #[error("a message before the login")]
    NoLogin,
    /// The machine speaks as a library would.
    #[error("message {0} is no question")]
    NotAQuestion(&'static str),
    /// An answer cannot be written.
    #[error(transparent)]
    Unwritable(#[from] Unwritable),
}

/// One connection as the library sees it.
#[derive(Debug)]
pub struct Server {
    charset: Charset,
    frames: Frames,
    is_in: bool,
    damaged: u8,
    /// The number of what is being asked now, and its bytes.
    asked: Option<(Option<Sequence>, Vec<u8>)>,
    /// The last message that was answered, with what was said to it.
    last: Option<(Option<Sequence>, Vec<u8>, Vec<u8>)>,
}

impl Server {
    /// A new connection. `is_in`: known already by other means, so no login is needed.
    pub fn new(charset: Charset, is_in: bool) -> Self {
        Self { charset, frames: Frames::with_most(MOST_BYTES), is_in, damaged: 0, asked: None, last: None }
    }

    /// Bytes have come.
    pub fn receive(&mut self, bytes: &[u8]) {
        self.frames.push(bytes);
    }

    /// Whether somebody who may speak is at the other end.
    pub const fn is_in(&self) -> bool {
        self.is_in
    }

    /// Whether the connection was cut in the middle of a message.
    pub fn is_amid(&self) -> bool {
        self.frames.is_amid()
    }

    /// What to do now. While the library is asked something, nothing new is read.
    pub fn next_step(&mut self) -> Step {
        if self.asked.is_some() {
            return Step::Wait;
        }
        let raw = match self.frames.next_frame() {
            Ok(None) => return Step::Wait,
            Ok(Some(raw)) => raw,
            Err(fault) => return Step::Close(Closing::Fault(fault)),
        };
        let envelope = match frame::read(&raw, self.charset) {
            Ok(envelope) => envelope,
            Err(fault) if fault.what.is_damage() && self.damaged < MOST_DAMAGED => {
                self.damaged += 1;
                return self.say_it_again();
            }
            Err(fault) => return Step::Close(Closing::Fault(fault)),
        };
        self.damaged = 0;
        if let Message::ResendWanted(_) = envelope.message {
            return self.last.as_ref().map_or_else(|| self.say_it_again(), |(.., answer)| Step::Send(answer.clone()));
        }
        if let Some((number, bytes, answer)) = &self.last
            && number.is_some()
            && (*number, bytes) == (envelope.sequence, &raw)
        {
            return Step::Send(answer.clone());
        }
        if envelope.message.answered_by().is_none() {
            return Step::Close(Closing::NotAQuestion(envelope.message.id()));
        }
        if !self.is_in && !matches!(envelope.message, Message::Login(_)) {
            return Step::Close(Closing::NoLogin);
        }
        self.asked = Some((envelope.sequence, raw));
        Step::Asked(envelope.message)
    }

    /// The library's answer to what was asked, as bytes to send. A [`LoginAnswer`] that says yes lets the machine in.
    ///
    /// # Errors
    /// [`Closing`]: a name in it cannot be written in the agreed characters.
    pub fn answer(&mut self, message: &Message) -> Result<Vec<u8>, Closing> {
        let (number, raw) = self.asked.take().unwrap_or_default();
        if let Message::LoginAnswer(answer) = message {
            self.is_in = answer.ok == OneZero(true);
        }
        let bytes = frame::write(message, number, self.charset)?;
        self.last = Some((number, raw, bytes.clone()));
        Ok(bytes)
    }

    /// A machine that is not known.
    pub fn refusal() -> Message {
        LoginAnswer::default().into()
    }

    fn say_it_again(&self) -> Step {
        // 96 carries a sum and no number.
        match frame::write(&ResendAsked::default().into(), Some(Sequence::default()), self.charset) {
            Ok(bytes) => Step::Send(bytes),
            Err(unwritable) => Step::Close(Closing::Unwritable(unwritable)),
        }
    }
}

/// The messages a whole library answers.
pub const WHOLE: &[Answers] = &[
    Answers::PatronStatus,
    Answers::Checkout,
    Answers::Checkin,
    Answers::BlockPatron,
    Answers::Status,
    Answers::Resend,
    Answers::Login,
    Answers::PatronInformation,
    Answers::EndPatronSession,
    Answers::FeePaid,
    Answers::ItemInformation,
    Answers::ItemStatusUpdate,
    Answers::PatronEnable,
    Answers::Hold,
    Answers::Renew,
    Answers::RenewAll,
];

impl Supported {
    /// Everything.
    pub fn whole() -> Self {
        Self::of(WHOLE)
    }
}
