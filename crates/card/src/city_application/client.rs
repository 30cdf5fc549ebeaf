//! The terminal's end.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest;
use base::Random;

use super::applet::{self, WRONG_MESSAGING};
use super::channel::{Channel, Handshake, MOST_DATA};
use super::keys::{CardNumber, TerminalKey, UnusableKey};
use super::layout::{FileId, KeySet, NAME, instruction};
use crate::apdu::{Command, MAX_ANSWER, Response, StatusWord};
use crate::contact::Card;
use crate::error::ReaderError;

/// What a conversation with the city's application can end in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CityCardError {
    /// The reader, or the card was taken away. A write that had begun goes on when it is asked for again.
    #[error(transparent)]
    Reader(#[from] ReaderError),
    /// The application is not on this card.
    #[error("the city's application is not on this card")]
    NotLoaded,
    /// The application was erased for good.
    #[error("the city's application on this card was ended")]
    Terminated,
    /// The card has no key of this set and version: the terminal's is newer or older than the card's.
    #[error("the card has no key {set:?} of version {version}")]
    KeyVersion {
        /// Which set.
        set: KeySet,
        /// Which version.
        version: u8,
    },
    /// The card refuses this terminal by its name.
    #[error("the card refuses this terminal")]
    TerminalRefused,
    /// The card does not know the key it should: no card of this city, or an imitation.
    #[error("this card is no card of this city")]
    NotGenuine,
    /// The card does not believe the terminal.
    #[error("the card did not take this terminal's proof")]
    NotBelieved,
    /// The channel was disturbed. Nothing that was heard through it counts.
    #[error("the connection to the card was disturbed")]
    Disturbed,
    /// The file is not there.
    #[error("the card has no such file")]
    NoFile,
    /// The terminal may not do this, or the PIN was not given.
    #[error("the card does not allow this")]
    NotAllowed,
    /// The PIN is wrong.
    #[error("the PIN is wrong; {tries_left} tries left")]
    WrongPin {
        /// Misses that are left.
        tries_left: u8,
    },
    /// The PIN is locked.
    #[error("the PIN is locked")]
    PinLocked,
    /// The card has this version of the file, or a newer one.
    #[error("the card holds a newer copy")]
    NewerCopy,
    /// No room.
    #[error("it does not fit the card")]
    NoRoom,
    /// A key cannot be used.
    #[error(transparent)]
    Key(#[from] UnusableKey),
    /// Any other status.
    #[error("the card answered {status} to {step}")]
    UnexpectedStatus {
        /// What was asked.
        step: &'static str,
        /// Its answer.
        status: StatusWord,
    },
    /// The answer has another form than it should.
    #[error("the card's answer to {0} is malformed")]
    Malformed(&'static str),
}

/// A file as it was read.
#[derive(Clone, PartialEq, Eq)]
pub struct FileCopy {
    /// Grows with each write; 0 for a file that was never written.
    pub version: u16,
    /// What it holds.
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for FileCopy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FileCopy(version {}, {} bytes)", self.version, self.bytes.len())
    }
}

/// An open channel to one card.
pub struct CitySession<C: Card> {
    card: C,
    channel: Channel,
    set: KeySet,
}

impl<C: Card> std::fmt::Debug for CitySession<C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "CitySession({:?})", self.set)
    }
}

fn exchange(card: &mut impl Card, step: &'static str, command: &Command) -> Result<Response, CityCardError> {
    Response::parse(&card.transmit(&command.encode())?).map_err(|_| CityCardError::Malformed(step))
}

impl<C: Card> CitySession<C> {
    /// Selects the application, has the card prove itself and proves the terminal: three exchanges.
    ///
    /// # Errors
    /// [`CityCardError`].
    pub fn open(mut card: C, key: &TerminalKey, random: &dyn Random) -> Result<Self, CityCardError> {
        let select = Command::new(0x00, 0xA4, 0x04, 0x00).with_data(&NAME).expecting(MAX_ANSWER);
        match exchange(&mut card, "SELECT", &select)?.status {
            StatusWord::DONE => {}
            applet::TERMINATED => return Err(CityCardError::Terminated),
            StatusWord::NOT_FOUND => return Err(CityCardError::NotLoaded),
            status => return Err(CityCardError::UnexpectedStatus { step: "SELECT", status }),
        }
        let mut terminal = [0; 16];
        random.fill(&mut terminal);
        let (set, version, name) = (key.set, key.version, key.name);
        let data = [&name.0[..], &terminal].concat();
        let initialize =
            Command::new(0x80, instruction::INITIALIZE, version, set as u8).with_data(&data).expecting(MAX_ANSWER);
        let answer = exchange(&mut card, "INITIALIZE", &initialize)?;
        match answer.status {
            StatusWord::DONE => {}
            StatusWord::REFERENCE_NOT_FOUND => return Err(CityCardError::KeyVersion { set, version }),
            StatusWord::CONDITIONS_NOT_SATISFIED => return Err(CityCardError::TerminalRefused),
            status => return Err(CityCardError::UnexpectedStatus { step: "INITIALIZE", status }),
        }
        let (random_of_card, proof) =
            answer.data.split_first_chunk::<16>().ok_or(CityCardError::Malformed("INITIALIZE"))?;
        let handshake = Handshake { terminal, card: *random_of_card, name, set, version };
        let (channel, of_card, of_terminal) = handshake.channel(&key.key)?;
        verify_slices_are_equal(&of_card, proof).map_err(|_| CityCardError::NotGenuine)?;
        let authenticate = Command::new(0x80, instruction::AUTHENTICATE, 0, 0).with_data(&of_terminal);
        match exchange(&mut card, "AUTHENTICATE", &authenticate)?.status {
            StatusWord::DONE => Ok(Self { card, channel, set }),
            _ => Err(CityCardError::NotBelieved),
        }
    }

    /// The connection back, to open another channel of the same card.
    pub fn into_card(self) -> C {
        self.card
    }

    /// The key set this channel was opened with.
    pub const fn set(&self) -> KeySet {
        self.set
    }

    /// One command inside the channel.
    pub(super) fn ask(
        &mut self,
        step: &'static str,
        (instruction, p1, p2): (u8, u8, u8),
        data: &[u8],
    ) -> Result<Vec<u8>, CityCardError> {
        let header = [0x84, instruction, p1, p2];
        let sealed = self.channel.protect(header, data)?;
        let command = Command::new(0x84, instruction, p1, p2).with_data(&sealed).expecting(MAX_ANSWER);
        let answer = exchange(&mut self.card, step, &command)?;
        if answer.status == WRONG_MESSAGING {
            return Err(CityCardError::Disturbed);
        }
        // A status without a code may come from anybody between us and the card.
        let heard = self.channel.hear(answer.status, &answer.data)?.ok_or(CityCardError::Disturbed)?;
        match answer.status {
            StatusWord::DONE => Ok(heard),
            StatusWord::NOT_FOUND | StatusWord::NO_CURRENT_FILE => Err(CityCardError::NoFile),
            StatusWord::SECURITY_NOT_SATISFIED => Err(CityCardError::NotAllowed),
            StatusWord::AUTHENTICATION_BLOCKED => Err(CityCardError::PinLocked),
            applet::NO_ROOM => Err(CityCardError::NoRoom),
            status => match status.as_tries_left() {
                Some(0) => Err(CityCardError::PinLocked),
                Some(tries_left) => Err(CityCardError::WrongPin { tries_left }),
                None => Err(CityCardError::UnexpectedStatus { step, status }),
            },
        }
    }

    fn select(&mut self, file: FileId) -> Result<(), CityCardError> {
        let id = (file as u16).to_be_bytes();
        self.ask("SELECT FILE", (instruction::SELECT_FILE, 0x02, 0x0C), &id).map(drop)
    }

    /// A whole file.
    ///
    /// # Errors
    /// [`CityCardError`].
    pub fn read(&mut self, file: FileId) -> Result<FileCopy, CityCardError> {
        self.select(file)?;
        let mut whole = self.ask("READ", (instruction::READ, 0, 0), &[])?;
        let malformed = CityCardError::Malformed("READ");
        let &[v1, v2, l1, l2, ..] = whole.as_slice() else { return Err(malformed) };
        let length = usize::from(u16::from_be_bytes([l1, l2]));
        if length > file.size() {
            return Err(malformed);
        }
        while whole.len() < length + 4 {
            let [p1, p2] = (whole.len() as u16).to_be_bytes();
            let piece = self.ask("READ", (instruction::READ, p1, p2), &[])?;
            if piece.is_empty() || whole.len() + piece.len() > length + 4 {
                return Err(malformed);
            }
            whole.extend(piece);
        }
        Ok(FileCopy { version: u16::from_be_bytes([v1, v2]), bytes: whole.split_off(4) })
    }

    /// The person's PIN of this application, where a file asks for it.
    ///
    /// # Errors
    /// [`CityCardError::WrongPin`] and the others.
    pub fn verify_pin(&mut self, pin: &str) -> Result<(), CityCardError> {
        self.ask("VERIFY", (instruction::VERIFY, 0, 0), pin.as_bytes()).map(drop)
    }

    /// Writes a file anew, as `version`. After an interruption the same call, in a new channel, goes on where the card is.
    ///
    /// # Errors
    /// [`CityCardError`]; the copy before counts until this returns.
    pub fn write(&mut self, file: FileId, version: u16, bytes: &[u8]) -> Result<(), CityCardError> {
        let length = u16::try_from(bytes.len()).ok().filter(|_| bytes.len() <= file.size());
        let length = length.ok_or(CityCardError::NoRoom)?;
        self.select(file)?;
        let hash = digest::digest(&digest::SHA256, bytes);
        let begin = [&version.to_be_bytes()[..], &length.to_be_bytes(), hash.as_ref()].concat();
        let done = match self.ask("BEGIN", (instruction::BEGIN, 0, 0), &begin) {
            Err(CityCardError::UnexpectedStatus { status: StatusWord::CONDITIONS_NOT_SATISFIED, .. }) => {
                return self.was_written(file, version, bytes);
            }
            other => other?,
        };
        let done = <[u8; 2]>::try_from(done).map_err(|_| CityCardError::Malformed("BEGIN"))?;
        let mut at = usize::from(u16::from_be_bytes(done));
        while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
            let piece = &rest[..rest.len().min(MOST_DATA)];
            let [p1, p2] = (at as u16).to_be_bytes();
            self.ask("UPDATE", (instruction::UPDATE, p1, p2), piece)?;
            at += piece.len();
        }
        self.ask("COMMIT", (instruction::COMMIT, 0, 0), &[]).map(drop)
    }

    /// The card has this version already: done, if its bytes are these (we did not hear the end); else somebody was faster.
    fn was_written(&mut self, file: FileId, version: u16, bytes: &[u8]) -> Result<(), CityCardError> {
        let there = self.read(file)?;
        if there.version == version && there.bytes == bytes { Ok(()) } else { Err(CityCardError::NewerCopy) }
    }

    /// Which card it is; [`KeySet::Inventory`] or [`KeySet::Management`].
    ///
    /// # Errors
    /// [`CityCardError`].
    pub fn number(&mut self) -> Result<CardNumber, CityCardError> {
        let number = self.ask("GET DATA", (instruction::GET_DATA, 0, 0x01), &[])?;
        number.try_into().map(CardNumber).map_err(|_| CityCardError::Malformed("GET DATA"))
    }
}

/// The number of the card that lies there, read with the first of `keys` whose version it has: terminal and card prove themselves
/// to each other first. Four commands; two more for each key that is too new.
///
/// # Errors
/// [`CityCardError`]; [`CityCardError::NotLoaded`] too where there is no key at all.
pub fn read_number<C: Card>(
    card: &mut C,
    keys: &[TerminalKey],
    random: &dyn Random,
) -> Result<CardNumber, CityCardError> {
    let mut last = CityCardError::NotLoaded;
    for key in keys {
        match CitySession::open(&mut *card, key, random) {
            Ok(mut session) => return session.number(),
            Err(error @ CityCardError::KeyVersion { .. }) => last = error,
            Err(error) => return Err(error),
        }
    }
    Err(last)
}
