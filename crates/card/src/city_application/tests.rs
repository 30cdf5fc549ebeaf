#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::{Arc, Mutex};

use base::{Random, SeededRandom};
use proptest::prelude::*;
use zeroize::Zeroizing;

use super::Image;
use super::applet::Applet;
use super::client::{CityCardError, CitySession, FileCopy};
use super::keys::{CardNumber, CeremonyFault, GroupKeys, TerminalKey, TerminalName};
use super::layout::{FileId, KeySet};
use super::loading::{Journal, Loader, LoadingRoute, Plan, Step};
use crate::apdu::Command;
use crate::readers::{Card, ReaderError};

const DESK: TerminalName = TerminalName(*b"DESK0001");
const LIBRARY: TerminalName = TerminalName(*b"LIBR0001");

/// A card with the application alone, whose power can be cut after so many commands, before or after the card acts.
#[derive(Clone)]
struct Chip {
    applet: Arc<Mutex<Applet>>,
    commands: Arc<Mutex<Vec<Vec<u8>>>>,
    cut_after: Option<(usize, bool)>,
}

impl Chip {
    fn new(applet: Applet) -> Self {
        Self { applet: Arc::new(Mutex::new(applet)), commands: Arc::default(), cut_after: None }
    }

    fn cut(&self, after: usize, is_done: bool) -> Self {
        self.applet.lock().unwrap().reset();
        self.commands.lock().unwrap().clear();
        Self { cut_after: Some((after, is_done)), ..self.clone() }
    }

    fn image(&self) -> Image {
        self.applet.lock().unwrap().image().clone()
    }
}

impl Card for Chip {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, ReaderError> {
        let (mut applet, mut commands) = (self.applet.lock().unwrap(), self.commands.lock().unwrap());
        commands.push(command.to_vec());
        let is_cut = self.cut_after.is_some_and(|(after, _)| commands.len() > after);
        let command = Command::parse(command).unwrap();
        let answer = match (is_cut, self.cut_after) {
            (true, Some((_, false))) => None,
            _ if command.instruction == 0xA4 && command.class == 0 => {
                applet.reset();
                Some(applet.description().map_or_else(crate::apdu::Response::status, crate::apdu::Response::done))
            }
            _ => Some(applet.process(&command)),
        };
        if is_cut {
            applet.reset();
            return Err(ReaderError::CardRemoved);
        }
        answer.map(|answer| answer.encode()).ok_or(ReaderError::CardRemoved)
    }

    fn power_off(&mut self) -> Result<(), ReaderError> {
        self.applet.lock().unwrap().reset();
        Ok(())
    }
}

struct OntoChip(Option<Chip>, Arc<dyn Random>);

impl LoadingRoute for OntoChip {
    fn load(&mut self, image: Image) -> Result<(), String> {
        self.0 = Some(Chip::new(Applet::new(image, self.1.clone())));
        Ok(())
    }
}

#[derive(Default)]
struct Noted(Vec<(CardNumber, Step)>);

impl Journal for Noted {
    fn before(&mut self, _: CardNumber, _: &Step) -> Result<(), String> {
        Ok(())
    }
    fn done(&mut self, card: CardNumber, step: &Step) -> Result<(), String> {
        self.0.push((card, step.clone()));
        Ok(())
    }
}

fn keys() -> GroupKeys {
    GroupKeys::from_shares(&[Zeroizing::new([1; 16]), Zeroizing::new([7; 16]), Zeroizing::new([9; 16])]).unwrap()
}

fn random(seed: u64) -> Arc<dyn Random> {
    Arc::new(SeededRandom::from_seed(seed))
}

fn loaded(keys: &GroupKeys, plan: &Plan) -> (Chip, Noted) {
    let (mut noted, random) = (Noted::default(), random(1));
    let mut route = OntoChip(None, random.clone());
    let mut loader = Loader { keys, name: DESK, random: &*random, journal: &mut noted };
    loader.load(&mut route).unwrap();
    let chip = loader.personalise(route.0.take().unwrap(), plan, Some("1234")).unwrap();
    (chip, noted)
}

fn library(keys: &GroupKeys) -> TerminalKey {
    keys.for_terminal(KeySet::Library, 1, LIBRARY).unwrap()
}

fn medicines(keys: &GroupKeys) -> TerminalKey {
    keys.for_terminal(KeySet::Medicines, 1, TerminalName(*b"PHAR0001")).unwrap()
}

fn open(chip: &Chip, key: &TerminalKey, seed: u64) -> Result<CitySession<Chip>, CityCardError> {
    CitySession::open(chip.clone(), key, &*random(seed))
}

#[test]
fn a_tap_takes_five_short_commands_and_tells_the_number() {
    let keys = keys();
    let (chip, _) = loaded(&keys, &Plan::usual(false));
    open(&chip, &library(&keys), 2).unwrap().write(FileId::LibraryNumber, 1, b"L-0001234").unwrap();
    let chip = chip.cut(usize::MAX, true);
    let copy = open(&chip, &library(&keys), 3).unwrap().read(FileId::LibraryNumber).unwrap();
    assert_eq!((copy.version, copy.bytes.as_slice()), (1, b"L-0001234".as_slice()));
    let commands = chip.commands.lock().unwrap();
    assert_eq!(commands.len(), 5);
    // 106 kbit/s contactless, 20 ms a command and 10 ms of the chip's cipher for each that carries a code: recalled figures.
    let bytes: usize = commands.iter().map(|command| command.len() + 60).sum();
    let milliseconds = bytes * 8 / 106 + 5 * 20 + 4 * 10;
    assert!(milliseconds < 300, "{milliseconds} ms");
}

#[test]
fn without_a_key_a_reader_learns_the_version_and_no_number() {
    let keys = keys();
    let (chip, _) = loaded(&keys, &Plan::usual(false));
    let number = chip.image().number;
    let mut card = chip.clone();
    let mut heard =
        card.transmit(&Command::new(0, 0xA4, 4, 0).with_data(&super::layout::NAME).expecting(256).encode()).unwrap();
    for instruction in 0..=255u8 {
        for class in [0x80, 0x84] {
            heard.extend(
                card.transmit(&Command::new(class, instruction, 1, 1).with_data(&[0; 24]).expecting(256).encode())
                    .unwrap(),
            );
        }
    }
    assert!(!heard.windows(16).any(|window| window == number.0));
    // Two beginnings of the same terminal look unlike each other.
    let begin = |card: &mut Chip| {
        card.transmit(&Command::new(0x80, 0x50, 1, 1).with_data(&[0; 24]).expecting(256).encode()).unwrap()
    };
    assert_ne!(begin(&mut card), begin(&mut card));
}

#[test]
fn a_terminal_sees_its_own_service_and_no_other() {
    let keys = keys();
    let (chip, _) = loaded(&keys, &Plan::usual(true));
    let mut session = open(&chip, &library(&keys), 2).unwrap();
    for file in [FileId::HospitalNumber, FileId::StaffNumber, FileId::Medicines, FileId::Emergency] {
        assert_eq!(session.read(file).unwrap_err(), CityCardError::NotAllowed, "{file:?}");
        assert_eq!(session.write(file, 1, b"x").unwrap_err(), CityCardError::NotAllowed);
    }
    assert_eq!(session.number().unwrap_err(), CityCardError::NotAllowed);
    let mut office = open(&chip, &keys.for_card(1, chip.image().number, DESK).unwrap(), 3).unwrap();
    assert_eq!(office.read(FileId::LibraryNumber).unwrap_err(), CityCardError::NotAllowed, "who loads does not read");
}

#[test]
fn medicines_are_written_with_the_pin_alone() {
    let keys = keys();
    let (chip, _) = loaded(&keys, &Plan::usual(false));
    let bytes = vec![0x5A; 4096];
    let mut session = open(&chip, &medicines(&keys), 2).unwrap();
    assert_eq!(session.write(FileId::Medicines, 1, &bytes).unwrap_err(), CityCardError::NotAllowed);
    assert_eq!(session.verify_pin("9999").unwrap_err(), CityCardError::WrongPin { tries_left: 2 });
    session.verify_pin("1234").unwrap();
    session.write(FileId::Medicines, 1, &bytes).unwrap();
    assert_eq!(open(&chip, &medicines(&keys), 3).unwrap().read(FileId::Medicines).unwrap().bytes, bytes);
    let mut session = open(&chip, &medicines(&keys), 4).unwrap();
    for _ in 0..3 {
        session.verify_pin("9999").unwrap_err();
    }
    assert_eq!(session.verify_pin("1234").unwrap_err(), CityCardError::PinLocked);
}

#[test]
fn a_write_that_is_cut_at_any_command_leaves_the_old_copy_or_the_new_and_goes_on() {
    let keys = keys();
    let (old, new) = (vec![1; 700], vec![2; 900]);
    for is_done in [false, true] {
        for after in 0..12 {
            let (chip, _) = loaded(&keys, &Plan::usual(false));
            let write = |chip: &Chip, seed: u64, version: u16, bytes: &[u8]| {
                let mut session = open(chip, &medicines(&keys), seed)?;
                session.verify_pin("1234")?;
                session.write(FileId::Medicines, version, bytes)
            };
            write(&chip, 2, 1, &old).unwrap();
            let first = write(&chip.cut(after, is_done), 3, 2, &new);
            let chip = chip.cut(usize::MAX, true);
            let there = open(&chip, &medicines(&keys), 4).unwrap().read(FileId::Medicines).unwrap();
            assert!(there.bytes == old || there.bytes == new, "cut after {after}");
            assert!(first.is_err() || there.bytes == new);
            chip.commands.lock().unwrap().clear();
            write(&chip, 5, 2, &new).unwrap();
            assert_eq!(open(&chip, &medicines(&keys), 6).unwrap().read(FileId::Medicines).unwrap().bytes, new);
        }
    }
}

#[test]
fn a_half_written_file_of_another_is_put_aside_and_an_older_copy_never_comes_back() {
    let keys = keys();
    let (chip, _) = loaded(&keys, &Plan::usual(false));
    open(&chip.cut(6, true), &library(&keys), 2).unwrap().write(FileId::LibraryNumber, 3, &[1; 60]).unwrap_err();
    let chip = chip.cut(usize::MAX, true);
    open(&chip, &library(&keys), 3).unwrap().write(FileId::LibraryNumber, 4, b"new").unwrap();
    let mut session = open(&chip, &library(&keys), 4).unwrap();
    assert_eq!(session.write(FileId::LibraryNumber, 3, &[1; 60]).unwrap_err(), CityCardError::NewerCopy);
    session.write(FileId::LibraryNumber, 4, b"new").unwrap();
    assert_eq!(session.write(FileId::LibraryNumber, 4, b"other").unwrap_err(), CityCardError::NewerCopy);
    assert_eq!(session.write(FileId::LibraryNumber, 5, &[0; 65]).unwrap_err(), CityCardError::NoRoom);
}

#[test]
fn imitations_stolen_terminals_and_old_keys_are_refused_by_name() {
    let keys = keys();
    let (chip, _) = loaded(&keys, &Plan { refused: vec![TerminalName(*b"STOLEN01")], ..Plan::usual(false) });
    let others = GroupKeys::from_shares(&[Zeroizing::new([3; 16]), Zeroizing::new([4; 16])]).unwrap();
    assert_eq!(open(&chip, &library(&others), 2).unwrap_err(), CityCardError::NotGenuine);
    let stolen = keys.for_terminal(KeySet::Library, 1, TerminalName(*b"STOLEN01")).unwrap();
    assert_eq!(open(&chip, &stolen, 3).unwrap_err(), CityCardError::TerminalRefused);
    // Under another name its key fits no card.
    let renamed = TerminalKey { name: LIBRARY, ..stolen };
    assert_eq!(open(&chip, &renamed, 4).unwrap_err(), CityCardError::NotGenuine);
    let mut newer = keys.clone();
    newer.renew(KeySet::Library, &*random(9));
    let key = newer.for_terminal(KeySet::Library, 2, LIBRARY).unwrap();
    assert_eq!(open(&chip, &key, 5).unwrap_err(), CityCardError::KeyVersion { set: KeySet::Library, version: 2 });
    assert!(keys.for_terminal(KeySet::Management, 1, DESK).is_err());
}

#[test]
fn a_key_is_renewed_card_by_card_and_the_loader_s_own_too() {
    let mut keys = keys();
    let (chip, _) = loaded(&keys, &Plan::usual(false));
    keys.renew(KeySet::Library, &*random(8));
    keys.renew(KeySet::Management, &*random(9));
    let (mut noted, random) = (Noted::default(), random(3));
    let mut loader = Loader { keys: &keys, name: DESK, random: &*random, journal: &mut noted };
    let chip = loader.update_key(chip, KeySet::Library).unwrap();
    let chip = loader.update_key(chip, KeySet::Management).unwrap();
    let chip = loader.update_key(chip, KeySet::Management).unwrap();
    let steps: Vec<Step> = noted.0.into_iter().map(|(_, step)| step).collect();
    assert_eq!(
        steps,
        [
            Step::KeyGiven(KeySet::Library, 2),
            Step::KeyDropped(KeySet::Library, 1),
            Step::KeyGiven(KeySet::Management, 2),
            Step::KeyDropped(KeySet::Management, 1),
        ]
    );
    assert!(matches!(open(&chip, &library(&keys), 4), Err(CityCardError::KeyVersion { .. })));
    open(&chip, &keys.for_terminal(KeySet::Library, 2, LIBRARY).unwrap(), 5).unwrap();
}

#[test]
fn loading_that_is_cut_at_any_command_goes_on_and_gives_all() {
    let keys = keys();
    for is_done in [false, true] {
        for after in 0..30 {
            let (mut noted, random) = (Noted::default(), random(1));
            let mut route = OntoChip(None, random.clone());
            let mut loader = Loader { keys: &keys, name: DESK, random: &*random, journal: &mut noted };
            loader.load(&mut route).unwrap();
            let chip = route.0.take().unwrap();
            let plan = Plan::usual(true);
            let _ = loader.personalise(chip.cut(after, is_done), &plan, Some("1234"));
            let chip = loader.personalise(chip.cut(usize::MAX, true), &plan, Some("1234")).unwrap();
            let image = chip.image();
            assert_eq!(image.files.len(), 5, "cut after {after}");
            assert_eq!(image.keys.len(), 7);
        }
    }
}

#[test]
fn a_terminated_application_has_nothing_left() {
    let keys = keys();
    let (chip, mut noted) = loaded(&keys, &Plan::usual(true));
    let random = random(5);
    let mut loader = Loader { keys: &keys, name: DESK, random: &*random, journal: &mut noted };
    let chip = loader.delete(chip, FileId::Emergency).unwrap();
    let chip = loader.terminate(chip).unwrap();
    assert!(chip.image().files.is_empty() && chip.image().keys.is_empty());
    assert_eq!(open(&chip, &library(&keys), 6).unwrap_err(), CityCardError::Terminated);
}

#[test]
fn an_altered_command_or_answer_ends_the_channel() {
    let keys = keys();
    let (chip, _) = loaded(&keys, &Plan::usual(false));
    struct Between(Chip, usize, bool);
    impl Card for Between {
        fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, ReaderError> {
            self.1 += 1;
            let is_file = self.1 == 4;
            let mut command = command.to_vec();
            if is_file && self.2 {
                command[6] ^= 1;
            }
            let mut answer = self.0.transmit(&command)?;
            if is_file && !self.2 {
                answer[0] ^= 1;
            }
            Ok(answer)
        }
        fn power_off(&mut self) -> Result<(), ReaderError> {
            self.0.power_off()
        }
    }
    for is_command in [true, false] {
        let card = Between(chip.clone(), 0, is_command);
        let mut session = CitySession::open(card, &library(&keys), &*random(2)).unwrap();
        assert_eq!(session.read(FileId::LibraryNumber).unwrap_err(), CityCardError::Disturbed);
    }
    // A recorded command, said again, is no command.
    let card = chip.cut(usize::MAX, true);
    open(&card, &library(&keys), 3).unwrap().read(FileId::LibraryNumber).unwrap();
    let recorded = card.commands.lock().unwrap().last().cloned().unwrap();
    assert_eq!(card.clone().transmit(&recorded).unwrap(), [0x69, 0x88]);
}

#[test]
fn what_a_card_keeps_survives_being_stored() {
    let keys = keys();
    let (chip, _) = loaded(&keys, &Plan { refused: vec![LIBRARY], ..Plan::usual(true) });
    let write = |chip: &Chip| {
        let mut session = open(chip, &medicines(&keys), 2)?;
        session.verify_pin("1234")?;
        session.write(FileId::Medicines, 2, &[7; 900])
    };
    write(&chip.cut(7, true)).unwrap_err();
    let stored = chip.image().to_bytes();
    let read = Image::from_bytes(&stored).unwrap();
    assert_eq!(*read.to_bytes(), *stored);
    assert!(read.pending.is_some() && read.refused.contains(&LIBRARY));
    for end in 0..stored.len() {
        Image::from_bytes(&stored[..end]).unwrap_err();
    }
    write(&Chip::new(Applet::new(read, random(3)))).unwrap();
}

#[test]
fn one_person_makes_no_keys() {
    assert_eq!(GroupKeys::from_shares(&[Zeroizing::new([1; 16])]).unwrap_err(), CeremonyFault::TooFew);
    let twice = [Zeroizing::new([1; 16]), Zeroizing::new([1; 16])];
    assert_eq!(GroupKeys::from_shares(&twice).unwrap_err(), CeremonyFault::Same);
}

proptest! {
    #[test]
    fn any_stored_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = Image::from_bytes(&bytes);
        let _ = Image::from_bytes(&[b"YCA1".as_slice(), &bytes].concat());
    }

    #[test]
    fn no_command_makes_the_card_panic(commands in proptest::collection::vec((any::<[u8; 4]>(), proptest::collection::vec(any::<u8>(), 0..255)), 0..20)) {
        let keys = keys();
        let mut applet = Applet::new(Image::loaded(&keys, CardNumber([5; 16])).unwrap(), random(1));
        for (header, data) in commands {
            let class = if header[0] & 1 == 0 { 0x80 } else { 0x84 };
            applet.process(&Command::new(class, header[1], header[2], header[3]).with_data(&data));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Writes of any length, torn at any command, before or after the card acted: read is always one whole copy, the last or
    /// the new one, and a write that was torn comes to its end when it is asked for again.
    #[test]
    fn whatever_is_torn_one_whole_copy_is_read_and_the_write_can_be_ended(
        writes in proptest::collection::vec((0..6144_usize, any::<u8>(), 0..40_usize, any::<bool>()), 1..5),
    ) {
        let keys = keys();
        let (chip, _) = loaded(&keys, &Plan::usual(false));
        let key = medicines(&keys);
        let mut counts = FileCopy { version: 0, bytes: Vec::new() };
        for (length, fill, after, is_done) in writes {
            let new = FileCopy { version: counts.version + 1, bytes: vec![fill; length] };
            let write = |chip: &Chip| {
                let mut session = open(chip, &key, 5)?;
                session.verify_pin("1234")?;
                session.write(FileId::Medicines, new.version, &new.bytes)
            };
            let first = write(&chip.cut(after, is_done));
            let whole = chip.cut(usize::MAX, true);
            let there = open(&whole, &key, 6).unwrap().read(FileId::Medicines).unwrap();
            prop_assert!(there == new || there == counts, "a torn copy was read");
            prop_assert!(there == new || first.is_err(), "it said it was done");
            prop_assert!(write(&whole).is_ok());
            counts = open(&whole, &key, 7).unwrap().read(FileId::Medicines).unwrap();
            prop_assert!(counts == new);
        }
    }
}
