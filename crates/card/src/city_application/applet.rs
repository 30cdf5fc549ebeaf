//! The card's end: what it keeps and how each command moves it.
//!
//! What is kept ([`Image`]) changes only by steps that are whole on their own, as a chip's memory guarantees for few bytes
//! (a piece of a new copy, the switch to it, a counter): power may be cut between any two.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest;
use base::Random;
use zeroize::Zeroizing;

use super::channel::{Channel, Handshake, MOST_ANSWER};
use super::keys::{CardNumber, GroupKeys, Key, TerminalName, UnusableKey, WRAPPED};
use super::layout::{FileId, KeySet, NAME, PIN_TRIES, SPACE, VERSION, instruction};
use crate::apdu::{Command, Response, StatusWord};

/// Secure messaging is wrong; the channel is closed.
pub const WRONG_MESSAGING: StatusWord = StatusWord(0x6988);
/// The application was terminated.
pub const TERMINATED: StatusWord = StatusWord(0x6285);
/// The new copy is not what BEGIN said it would be.
pub const WRONG_HASH: StatusWord = StatusWord(0x6A80);
/// No room for such a file.
pub const NO_ROOM: StatusWord = StatusWord(0x6A84);
/// A file or key is there already.
pub const ALREADY_THERE: StatusWord = StatusWord(0x6A89);

/// A file's copy that counts.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Copy {
    pub(crate) version: u16,
    pub(crate) bytes: Vec<u8>,
}

/// A new copy that is being written.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Pending {
    pub(crate) file: FileId,
    pub(crate) version: u16,
    pub(crate) length: u16,
    pub(crate) hash: [u8; 32],
    pub(crate) bytes: Vec<u8>,
}

/// What the application keeps without power. Holds keys: seal it before it is written anywhere.
#[derive(Clone)]
pub struct Image {
    pub(crate) number: CardNumber,
    pub(crate) keys: BTreeMap<(KeySet, u8), Key>,
    pub(crate) wrapping: Key,
    pub(crate) pin: Zeroizing<Vec<u8>>,
    pub(crate) tries_left: u8,
    pub(crate) files: BTreeMap<FileId, Copy>,
    pub(crate) pending: Option<Pending>,
    pub(crate) refused: BTreeSet<TerminalName>,
    pub(crate) is_terminated: bool,
}

impl std::fmt::Debug for Image {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Image({} files)", self.files.len())
    }
}

impl Image {
    /// As the loading route leaves it on a card: the inventory key and the card's own management keys, no file, no PIN.
    ///
    /// # Errors
    /// [`UnusableKey`].
    pub fn loaded(keys: &GroupKeys, number: CardNumber) -> Result<Self, UnusableKey> {
        let own = keys.of_card(1, number)?;
        let wrapping = own.derive(b"wrap", &[&number.0])?;
        let inventory = keys.shared(KeySet::Inventory, 1)?;
        Ok(Self {
            number,
            keys: [((KeySet::Management, 1), own), ((KeySet::Inventory, 1), inventory)].into(),
            wrapping,
            pin: Zeroizing::new(Vec::new()),
            tries_left: 0,
            files: BTreeMap::new(),
            pending: None,
            refused: BTreeSet::new(),
            is_terminated: false,
        })
    }

    /// As a system at another version of its keys would have left it: every key stands under `version`. For tests of what
    /// refuses such a card.
    #[must_use]
    pub fn at_version(mut self, version: u8) -> Self {
        self.keys = std::mem::take(&mut self.keys).into_iter().map(|((set, _), key)| ((set, version), key)).collect();
        self
    }

    fn used(&self) -> usize {
        // Two copies of each file: the one that counts and the one being written.
        self.files.keys().map(|file| 2 * file.size()).sum()
    }
}

/// Authentication that has begun.
struct Begun {
    channel: Channel,
    set: KeySet,
    awaited: [u8; 16],
}

/// The channel that is open.
struct Open {
    channel: Channel,
    set: KeySet,
    file: Option<FileId>,
    has_pin: bool,
}

#[derive(Default)]
enum State {
    #[default]
    Selected,
    Begun(Begun),
    Open(Open),
}

/// The application on a powered card.
pub struct Applet {
    image: Image,
    space: usize,
    random: Arc<dyn Random>,
    state: State,
}

impl std::fmt::Debug for Applet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Applet({:?})", self.image)
    }
}

impl Clone for Applet {
    /// A second card with the same memory, without power.
    fn clone(&self) -> Self {
        Self::new(self.image.clone(), self.random.clone()).with_space(self.space)
    }
}

type Answer = Result<Vec<u8>, StatusWord>;

impl Applet {
    /// On a card, without power.
    pub fn new(image: Image, random: Arc<dyn Random>) -> Self {
        Self { image, space: SPACE, random, state: State::Selected }
    }

    /// On a card with this much room for files, in bytes.
    #[must_use]
    pub const fn with_space(mut self, space: usize) -> Self {
        self.space = space;
        self
    }

    /// What it keeps now.
    pub const fn image(&self) -> &Image {
        &self.image
    }

    /// SELECT, reset or loss of power: channel, PIN and selected file are forgotten, nothing else.
    pub fn reset(&mut self) {
        self.state = State::Selected;
    }

    /// The answer to SELECT: `6F`{`84` name, `C1` version}. Nothing about whose card it is.
    pub fn description(&self) -> Result<Vec<u8>, StatusWord> {
        if self.image.is_terminated {
            return Err(TERMINATED);
        }
        Ok([&[0x6F, 13, 0x84, 8][..], &NAME, &[0xC1, 1, VERSION]].concat())
    }

    /// One command, after SELECT.
    pub fn process(&mut self, command: &Command) -> Response {
        if self.image.is_terminated {
            return Response::status(TERMINATED);
        }
        match command.class {
            0x80 => self.outside(command).map_or_else(Response::status, Response::done),
            0x84 => self.inside(command),
            _ => Response::status(StatusWord::UNKNOWN_CLASS),
        }
    }

    fn outside(&mut self, command: &Command) -> Answer {
        match command.instruction {
            instruction::INITIALIZE => self.initialize(command),
            instruction::AUTHENTICATE => self.authenticate(command),
            _ => Err(StatusWord::UNKNOWN_INSTRUCTION),
        }
    }

    /// P1 key version, P2 key set; data: terminal's name and random.
    fn initialize(&mut self, command: &Command) -> Answer {
        self.state = State::Selected;
        let (name, terminal) = command.data.split_first_chunk::<8>().ok_or(StatusWord::WRONG_LENGTH)?;
        let terminal = <[u8; 16]>::try_from(terminal).map_err(|_| StatusWord::WRONG_LENGTH)?;
        let set = KeySet::of(command.p2).ok_or(StatusWord::REFERENCE_NOT_FOUND)?;
        let group = self.image.keys.get(&(set, command.p1)).ok_or(StatusWord::REFERENCE_NOT_FOUND)?;
        let name = TerminalName(*name);
        if self.image.refused.contains(&name) {
            return Err(StatusWord::CONDITIONS_NOT_SATISFIED);
        }
        let mut card = [0; 16];
        self.random.fill(&mut card);
        let handshake = Handshake { terminal, card, name, set, version: command.p1 };
        let made = group.derive(b"terminal", &[&name.0]).and_then(|key| handshake.channel(&key));
        let (channel, proof, awaited) = made.map_err(|_| StatusWord::NO_DIAGNOSIS)?;
        self.state = State::Begun(Begun { channel, set, awaited });
        Ok([card, proof].concat())
    }

    /// Data: the terminal's proof.
    fn authenticate(&mut self, command: &Command) -> Answer {
        let State::Begun(begun) = std::mem::take(&mut self.state) else {
            return Err(StatusWord::CONDITIONS_NOT_SATISFIED);
        };
        verify_slices_are_equal(&begun.awaited, &command.data).map_err(|_| StatusWord::SECURITY_NOT_SATISFIED)?;
        self.state = State::Open(Open { channel: begun.channel, set: begun.set, file: None, has_pin: false });
        Ok(Vec::new())
    }

    fn inside(&mut self, command: &Command) -> Response {
        let State::Open(mut open) = std::mem::take(&mut self.state) else {
            return Response::status(StatusWord::SECURITY_NOT_SATISFIED);
        };
        let header = [command.class, command.instruction, command.p1, command.p2];
        let Ok(Some(data)) = open.channel.accept(header, &command.data) else {
            return Response::status(WRONG_MESSAGING);
        };
        let answer = self.execute(&mut open, command, &Zeroizing::new(data));
        let (data, status) = match answer {
            Ok(data) => (data, StatusWord::DONE),
            Err(status) => (Vec::new(), status),
        };
        match open.channel.answer(status, &data) {
            Ok(data) => {
                self.state = State::Open(open);
                Response { data, status }
            }
            Err(UnusableKey) => Response::status(StatusWord::NO_DIAGNOSIS),
        }
    }

    fn execute(&mut self, open: &mut Open, command: &Command, data: &[u8]) -> Answer {
        match command.instruction {
            instruction::GET_DATA => self.get_data(open, command),
            instruction::VERIFY => self.verify(open, data),
            instruction::SELECT_FILE => {
                let file = self.file_of(open, data)?;
                open.file = Some(file);
                Ok(Vec::new())
            }
            instruction::READ => self.read(open, command),
            instruction::BEGIN => self.begin(open, data),
            instruction::UPDATE => self.update(open, command, data),
            instruction::COMMIT => self.commit(open),
            instruction::ABORT => {
                self.may_write(open)?;
                self.image.pending = None;
                Ok(Vec::new())
            }
            _ if open.set == KeySet::Management => self.manage(command, data),
            _ => Err(StatusWord::SECURITY_NOT_SATISFIED),
        }
    }

    /// P2 01: the card's number. 02: files and their versions. 03: what is being written, and how far. 04: sets and versions
    /// of the keys.
    fn get_data(&self, open: &Open, command: &Command) -> Answer {
        let is_office = matches!(open.set, KeySet::Inventory | KeySet::Management);
        match command.p2 {
            0x01 if is_office => Ok(self.image.number.0.to_vec()),
            0x02 if is_office => Ok(self
                .image
                .files
                .iter()
                .flat_map(|(file, copy)| [(*file as u16).to_be_bytes(), copy.version.to_be_bytes()].concat())
                .collect()),
            0x04 if open.set == KeySet::Management => {
                Ok(self.image.keys.keys().flat_map(|(set, version)| [*set as u8, *version]).collect())
            }
            0x03 => match &self.image.pending {
                Some(pending) if pending.file.opened_by() == open.set => Ok([
                    &(pending.file as u16).to_be_bytes()[..],
                    &pending.version.to_be_bytes(),
                    &pending.length.to_be_bytes(),
                    &(pending.bytes.len() as u16).to_be_bytes(),
                    &pending.hash,
                ]
                .concat()),
                _ => Err(StatusWord::REFERENCE_NOT_FOUND),
            },
            _ => Err(StatusWord::SECURITY_NOT_SATISFIED),
        }
    }

    fn verify(&mut self, open: &mut Open, data: &[u8]) -> Answer {
        if self.image.pin.is_empty() {
            return Err(StatusWord::REFERENCE_NOT_FOUND);
        }
        if self.image.tries_left == 0 {
            return Err(StatusWord::AUTHENTICATION_BLOCKED);
        }
        // Spent before it is compared: power cut at the right moment must not save a try.
        self.image.tries_left -= 1;
        if verify_slices_are_equal(&self.image.pin, data).is_err() {
            open.has_pin = false;
            return Err(StatusWord::tries_left(self.image.tries_left));
        }
        self.image.tries_left = PIN_TRIES;
        open.has_pin = true;
        Ok(Vec::new())
    }

    /// The file a command names, if it is there and this terminal's.
    fn file_of(&self, open: &Open, id: &[u8]) -> Result<FileId, StatusWord> {
        let id = <[u8; 2]>::try_from(id).map_err(|_| StatusWord::WRONG_LENGTH)?;
        let file = FileId::of(u16::from_be_bytes(id)).filter(|file| self.image.files.contains_key(file));
        let file = file.ok_or(StatusWord::NOT_FOUND)?;
        if file.opened_by() == open.set { Ok(file) } else { Err(StatusWord::SECURITY_NOT_SATISFIED) }
    }

    /// P1 P2: offset. Answers `version (2) ‖ length (2) ‖ bytes` from offset 0 on, bytes alone further on.
    fn read(&self, open: &Open, command: &Command) -> Answer {
        let copy = open.file.and_then(|file| self.image.files.get(&file)).ok_or(StatusWord::NO_CURRENT_FILE)?;
        let offset = usize::from(u16::from_be_bytes([command.p1, command.p2]));
        let length = (copy.bytes.len() as u16).to_be_bytes();
        let whole = [&copy.version.to_be_bytes()[..], &length, &copy.bytes].concat();
        let rest = whole.get(offset..).filter(|rest| !rest.is_empty()).ok_or(StatusWord::OFFSET_PAST_END)?;
        Ok(rest[..rest.len().min(MOST_ANSWER)].to_vec())
    }

    fn may_write(&self, open: &Open) -> Result<FileId, StatusWord> {
        let file = open.file.ok_or(StatusWord::NO_CURRENT_FILE)?;
        let may = !file.needs_pin() || open.has_pin;
        if may { Ok(file) } else { Err(StatusWord::SECURITY_NOT_SATISFIED) }
    }

    /// Data: version (2), length (2), SHA-256 of the new copy. The same again goes on where it was.
    fn begin(&mut self, open: &Open, data: &[u8]) -> Answer {
        let file = self.may_write(open)?;
        let [v1, v2, l1, l2, hash @ ..] = data else { return Err(StatusWord::WRONG_LENGTH) };
        let hash = <[u8; 32]>::try_from(hash).map_err(|_| StatusWord::WRONG_LENGTH)?;
        let (version, length) = (u16::from_be_bytes([*v1, *v2]), u16::from_be_bytes([*l1, *l2]));
        if usize::from(length) > file.size() {
            return Err(NO_ROOM);
        }
        // An older copy must not come back over a newer one.
        let copy = self.image.files.get(&file).ok_or(StatusWord::NOT_FOUND)?;
        if version <= copy.version {
            return Err(StatusWord::CONDITIONS_NOT_SATISFIED);
        }
        let is_same = self.image.pending.as_ref().is_some_and(|pending| {
            (pending.file, pending.version, pending.length, pending.hash) == (file, version, length, hash)
        });
        if !is_same {
            self.image.pending = Some(Pending { file, version, length, hash, bytes: Vec::new() });
        }
        let done = self.image.pending.as_ref().map_or(0, |pending| pending.bytes.len() as u16);
        Ok(done.to_be_bytes().to_vec())
    }

    /// P1 P2: offset, which must be where the last piece ended.
    fn update(&mut self, open: &Open, command: &Command, data: &[u8]) -> Answer {
        let file = self.may_write(open)?;
        let pending = self.image.pending.as_mut().filter(|pending| pending.file == file);
        let pending = pending.ok_or(StatusWord::CONDITIONS_NOT_SATISFIED)?;
        let offset = usize::from(u16::from_be_bytes([command.p1, command.p2]));
        if offset != pending.bytes.len() || data.is_empty() {
            return Err(StatusWord::OFFSET_PAST_END);
        }
        if offset + data.len() > usize::from(pending.length) {
            return Err(NO_ROOM);
        }
        pending.bytes.extend_from_slice(data);
        Ok(Vec::new())
    }

    fn commit(&mut self, open: &Open) -> Answer {
        let file = self.may_write(open)?;
        let pending = self.image.pending.as_ref().filter(|pending| pending.file == file);
        let pending = pending.ok_or(StatusWord::CONDITIONS_NOT_SATISFIED)?;
        let is_whole = pending.bytes.len() == usize::from(pending.length)
            && digest::digest(&digest::SHA256, &pending.bytes).as_ref() == pending.hash;
        if !is_whole {
            return Err(WRONG_HASH);
        }
        // One step: the new copy is the file, and nothing is being written any more.
        if let Some(Pending { version, bytes, .. }) = self.image.pending.take() {
            self.image.files.insert(file, Copy { version, bytes });
        }
        Ok(Vec::new())
    }

    fn manage(&mut self, command: &Command, data: &[u8]) -> Answer {
        match command.instruction {
            instruction::CREATE => self.create(data),
            instruction::DELETE => {
                let file = named(data)?;
                self.image.files.remove(&file).ok_or(StatusWord::NOT_FOUND)?;
                self.image.pending = self.image.pending.take().filter(|pending| pending.file != file);
                Ok(Vec::new())
            }
            instruction::PUT_KEY => self.put_key(command, data),
            instruction::DROP_KEY => self.drop_key(command),
            instruction::SET_PIN if (4..=16).contains(&data.len()) && data.iter().all(u8::is_ascii_digit) => {
                self.image.pin = Zeroizing::new(data.to_vec());
                self.image.tries_left = PIN_TRIES;
                Ok(Vec::new())
            }
            instruction::SET_PIN => Err(StatusWord::WRONG_LENGTH),
            instruction::REFUSE => {
                let names = data.chunks_exact(8).filter_map(|name| <[u8; 8]>::try_from(name).ok());
                self.image.refused = names.map(TerminalName).collect();
                Ok(Vec::new())
            }
            instruction::TERMINATE => {
                self.image.files.clear();
                self.image.keys.clear();
                self.image.pending = None;
                self.image.pin = Zeroizing::new(Vec::new());
                self.image.is_terminated = true;
                Ok(Vec::new())
            }
            _ => Err(StatusWord::UNKNOWN_INSTRUCTION),
        }
    }

    fn create(&mut self, data: &[u8]) -> Answer {
        let file = named(data)?;
        if self.image.files.contains_key(&file) {
            return Err(ALREADY_THERE);
        }
        if self.image.used() + 2 * file.size() > self.space {
            return Err(NO_ROOM);
        }
        self.image.files.insert(file, Copy::default());
        Ok(Vec::new())
    }

    /// P1 version, P2 set; data: the key, wrapped. The same key again is no fault: the loading system may not have heard us.
    fn put_key(&mut self, command: &Command, data: &[u8]) -> Answer {
        let set = KeySet::of(command.p2).ok_or(StatusWord::REFERENCE_NOT_FOUND)?;
        if data.len() != WRAPPED || command.p1 == 0 {
            return Err(StatusWord::WRONG_LENGTH);
        }
        let key = self.image.wrapping.unwrap_key(data).ok_or(WRONG_HASH)?;
        match self.image.keys.get(&(set, command.p1)) {
            Some(there) if there.bytes() != key.bytes() => Err(ALREADY_THERE),
            _ => {
                self.image.keys.insert((set, command.p1), key);
                Ok(Vec::new())
            }
        }
    }

    /// P1 version, P2 set. The last key of the card's own management stays: without it nobody could mend the card.
    fn drop_key(&mut self, command: &Command) -> Answer {
        let set = KeySet::of(command.p2).ok_or(StatusWord::REFERENCE_NOT_FOUND)?;
        let of_set = self.image.keys.keys().filter(|(of, _)| *of == set).count();
        if set == KeySet::Management && of_set == 1 {
            return Err(StatusWord::CONDITIONS_NOT_SATISFIED);
        }
        self.image.keys.remove(&(set, command.p1)).map(|_| Vec::new()).ok_or(StatusWord::REFERENCE_NOT_FOUND)
    }
}

fn named(id: &[u8]) -> Result<FileId, StatusWord> {
    let id = <[u8; 2]>::try_from(id).map_err(|_| StatusWord::WRONG_LENGTH)?;
    FileId::of(u16::from_be_bytes(id)).ok_or(StatusWord::NOT_FOUND)
}
