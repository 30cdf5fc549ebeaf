//! One conversation with a card: the exchange beneath every application.
//!
//! ```text
//!  open:   SELECT ISD (throw-away: absorbs a 6F00 after power-up, clears what another program verified)
//!          SELECT application ─ SELECT file ─ READ / VERIFY / SIGN …
//!  enter:  SELECT another application (the PINs of the one before are forgotten by the card)
//!  close:  SELECT ISD (clears verified PINs), power off
//! ```

use std::marker::PhantomData;

use crate::apdu::{Command, MAX_ANSWER, Response, StatusWord};
use crate::contact::Card;
use crate::directory::{Application, CardFile};
use crate::error::{AnswerFault, CardError, ReaderError};
use crate::pin::{LastTry, Pin};
use crate::tlv::{self, MalformedTlv};

/// Files are addressed by 15 bits.
const MAX_FILE: usize = 0x7FFF;
/// A file of that size takes 128 full reads; a card that trickles is given this many and no more.
const MAX_READS: usize = 512;

/// The connection. Dropping it forgets the PINs.
struct Link<C: Card> {
    card: C,
    /// Sent before the conversation ends; an iPhone wants to be told.
    farewell: Option<Command>,
    ended: bool,
}

impl<C: Card> Link<C> {
    /// Sends `command` once.
    fn exchange(&mut self, step: &'static str, command: &Command) -> Result<Response, CardError> {
        let answer = self.card.transmit(&command.encode())?;
        let answer =
            Response::parse(&answer).map_err(|fault| CardError::MalformedAnswer { step, fault: fault.into() })?;
        tracing::trace!(step, status = %answer.status, "card");
        Ok(answer)
    }

    fn select(&mut self, application: Application) -> Result<Response, CardError> {
        self.exchange("SELECT", &Command::select_application(application.name()))
    }

    /// Clears the verified PINs and cuts the power, as far as the card is still there.
    fn end(&mut self) -> Result<(), CardError> {
        self.ended = true;
        if let Some(farewell) = self.farewell.take() {
            self.exchange("LAST COMMAND", &farewell)?;
        }
        let left = self.select(Application::IssuerSecurityDomain);
        self.card.power_off()?;
        left.map(|_| ())
    }
}

impl<C: Card> Drop for Link<C> {
    fn drop(&mut self) {
        if !self.ended {
            // Nothing more can be done about a failure here; the reader unpowers the card when its connection drops.
            let _ = self.end();
        }
    }
}

/// A conversation inside the application whose files are `F`.
pub(crate) struct Session<C: Card, F> {
    link: Link<C>,
    files: PhantomData<F>,
}

impl<C: Card, F: CardFile> Session<C, F> {
    /// Leaves whatever was selected before for the neutral place, then selects the application.
    pub(crate) fn open(card: C) -> Result<Self, CardError> {
        let mut link = Link { card, farewell: None, ended: false };
        // The answer is of no interest: a card fresh from power-up may say 6F00 to its first command, a phone has no ISD.
        link.select(Application::IssuerSecurityDomain)?;
        Self::enter_link(link)
    }

    /// Goes on to another application of the same card, in the same exclusive connection.
    pub(crate) fn enter<G: CardFile>(self) -> Result<Session<C, G>, CardError> {
        Session::enter_link(self.link)
    }

    fn enter_link(mut link: Link<C>) -> Result<Self, CardError> {
        let mut answer = link.select(F::APPLICATION)?;
        if answer.status == StatusWord::NO_DIAGNOSIS {
            answer = link.select(F::APPLICATION)?;
        }
        match answer.status {
            StatusWord::DONE => Ok(Self { link, files: PhantomData }),
            StatusWord::NOT_FOUND => Err(CardError::NotAnIndividualNumberCard),
            status => Err(CardError::UnexpectedStatus { step: "SELECT", status }),
        }
    }

    /// What the device wants to hear before the conversation ends.
    pub(crate) fn say_at_the_end(&mut self, farewell: Command) {
        self.link.farewell = Some(farewell);
    }

    /// The card itself, for an application that is no part of the Individual Number Card.
    pub(crate) fn card(&mut self) -> &mut C {
        &mut self.link.card
    }

    pub(crate) fn exchange(&mut self, step: &'static str, command: &Command) -> Result<Response, CardError> {
        self.link.exchange(step, command)
    }

    /// Forgets the PINs and lets the card go. A card that is already gone is no error: its PINs are gone as well.
    pub(crate) fn close(mut self) -> Result<(), CardError> {
        match self.link.end() {
            Err(CardError::CardRemoved | CardError::Reader(ReaderError::NoCard)) => Ok(()),
            other => other,
        }
    }

    /// Selects a file; the status is the caller's to judge.
    pub(crate) fn select_file(&mut self, file: F) -> Result<StatusWord, CardError> {
        Ok(self.exchange("SELECT", &Command::select_file(file.id()))?.status)
    }

    /// Selects a file that every card has.
    pub(crate) fn select_present(&mut self, file: F) -> Result<(), CardError> {
        match self.select_file(file)? {
            StatusWord::DONE => Ok(()),
            status => Err(CardError::UnexpectedStatus { step: "SELECT", status }),
        }
    }

    /// Reads up to `count` (1–256) bytes at `offset` of the current file; the card may give fewer, but not none.
    pub(crate) fn read(&mut self, offset: usize, count: usize) -> Result<Result<Vec<u8>, StatusWord>, CardError> {
        const STEP: &str = "READ BINARY";
        let answer = self.exchange(STEP, &Command::read_binary(offset as u16, count))?;
        let given = answer.data.len();
        match answer.status {
            StatusWord::DONE if (1..=count).contains(&given) => Ok(Ok(answer.data)),
            StatusWord::DONE => {
                Err(CardError::MalformedAnswer { step: STEP, fault: AnswerFault::WrongCount { asked: count, given } })
            }
            status => Ok(Err(status)),
        }
    }

    /// Reads the DER certificate at the start of `file` and leaves the filler behind it. `guard` is the PIN the card
    /// means when it answers 6982.
    pub(crate) fn read_certificate(&mut self, file: F, guard: Pin) -> Result<Vec<u8>, CardError> {
        let absent = |status| match status {
            StatusWord::NOT_FOUND | StatusWord::OFFSET_PAST_END => Some(CardError::NoCertificate),
            _ => None,
        };
        self.read_whole(file, Some(guard), absent, |start| {
            let is_filler = start.iter().all(|&b| b == 0xFF) || start.iter().all(|&b| b == 0);
            if is_filler { Ok(None) } else { tlv::sequence_length(start).map(Some) }
        })?
        .ok_or(CardError::NoCertificate)
    }

    /// Reads the object with `tag` at the start of `file`, header included, and leaves the filler behind it.
    pub(crate) fn read_object(&mut self, file: F, guard: Option<Pin>, tag: u16) -> Result<Vec<u8>, CardError> {
        let whole = self.read_whole(file, guard, |_| None, |start| tlv::whole_length(start, tag).map(Some))?;
        // The closure above never says that there is none.
        whole.ok_or(CardError::NoCertificate)
    }

    /// Reads as much of `file` as `length_of` finds its first bytes to announce.
    fn read_whole(
        &mut self,
        file: F,
        guard: Option<Pin>,
        absent: impl Fn(StatusWord) -> Option<CardError>,
        length_of: impl Fn(&[u8]) -> Result<Option<usize>, MalformedTlv>,
    ) -> Result<Option<Vec<u8>>, CardError> {
        const STEP: &str = "READ BINARY";
        let refused = |status| match (status, guard) {
            (StatusWord::SECURITY_NOT_SATISFIED, Some(pin)) => CardError::PinRequired { pin },
            (status, _) => absent(status).unwrap_or(CardError::UnexpectedStatus { step: STEP, status }),
        };
        let status = self.select_file(file)?;
        if !status.is_done() {
            return Err(refused(status));
        }
        let mut bytes = self.read(0, MAX_ANSWER)?.map_err(refused)?;
        let malformed = |fault| CardError::MalformedAnswer { step: STEP, fault };
        // A short first answer must still hold the header; a few bytes do for every file.
        let Some(length) = length_of(&bytes).map_err(|fault| malformed(fault.into()))? else { return Ok(None) };
        if length > MAX_FILE {
            return Err(malformed(AnswerFault::TooLong(length)));
        }
        for _ in 0..MAX_READS {
            let Some(missing) = length.checked_sub(bytes.len()).filter(|&m| m > 0) else {
                bytes.truncate(length);
                return Ok(Some(bytes));
            };
            let more = self.read(bytes.len(), missing.min(MAX_ANSWER))?.map_err(refused)?;
            bytes.extend(more);
        }
        Err(malformed(AnswerFault::WrongCount { asked: length, given: bytes.len() }))
    }

    /// Tries left at the key reference `file`, which becomes the current file. Costs none.
    pub(crate) fn tries_left(&mut self, file: F, pin: Pin) -> Result<u8, CardError> {
        match self.select_file(file)? {
            StatusWord::DONE => {}
            StatusWord::NOT_FOUND => return Err(CardError::NoCertificate),
            status => return Err(CardError::UnexpectedStatus { step: "SELECT", status }),
        }
        let status = self.exchange("VERIFY query", &Command::query_tries())?.status;
        match status.as_tries_left() {
            Some(tries) => Ok(tries),
            None if status == StatusWord::AUTHENTICATION_BLOCKED => Ok(0),
            None => Err(CardError::CounterUnknown { pin }),
        }
    }

    /// Asks for the counter, then sends the secret at most once.
    pub(crate) fn verify(&mut self, file: F, pin: Pin, secret: &[u8], last_try: LastTry) -> Result<(), CardError> {
        match self.tries_left(file, pin)? {
            0 => return Err(CardError::PinLocked { pin }),
            1 if last_try == LastTry::Refuse => return Err(CardError::LastTryKept { pin }),
            _ => {}
        }
        let status = self.exchange("VERIFY", &Command::verify(secret))?.status;
        match status.as_tries_left() {
            Some(0) => Err(CardError::PinLocked { pin }),
            Some(tries_left) => Err(CardError::WrongPin { pin, tries_left }),
            None if status.is_done() => Ok(()),
            None if status == StatusWord::AUTHENTICATION_BLOCKED => Err(CardError::PinLocked { pin }),
            None => Err(CardError::UnexpectedStatus { step: "VERIFY", status }),
        }
    }

    /// Signs `input` with the private key `file`; `guard` is the PIN the card means when it answers 6982.
    pub(crate) fn sign(&mut self, file: F, guard: Pin, input: &[u8], length: usize) -> Result<Vec<u8>, CardError> {
        check_signable(input, length)?;
        self.select_present(file)?;
        self.compute(&Command::sign(input), Some(guard), length)
    }

    /// Signs `input` with the application's own key, which needs neither PIN nor selection.
    pub(crate) fn sign_with_own_key(&mut self, input: &[u8], length: usize) -> Result<Vec<u8>, CardError> {
        check_signable(input, length)?;
        self.compute(&Command::sign_with_own_key(input), None, length)
    }

    fn compute(&mut self, command: &Command, guard: Option<Pin>, length: usize) -> Result<Vec<u8>, CardError> {
        const STEP: &str = "COMPUTE DIGITAL SIGNATURE";
        let answer = self.exchange(STEP, command)?;
        match (answer.status, guard) {
            (StatusWord::DONE, _) if answer.data.len() == length => Ok(answer.data),
            (StatusWord::DONE, _) => Err(CardError::MalformedAnswer {
                step: STEP,
                fault: AnswerFault::WrongCount { asked: length, given: answer.data.len() },
            }),
            (StatusWord::SECURITY_NOT_SATISFIED, Some(pin)) => Err(CardError::PinRequired { pin }),
            (status, _) => Err(CardError::UnexpectedStatus { step: STEP, status }),
        }
    }
}

/// PKCS#1 v1.5 takes at least 11 bytes of the modulus.
fn check_signable(input: &[u8], length: usize) -> Result<(), CardError> {
    match (1..=length - 11).contains(&input.len()) {
        true => Ok(()),
        false => Err(CardError::UnsignableLength(input.len())),
    }
}
