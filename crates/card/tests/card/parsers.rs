//! What fuzzing kept, and 10⁵ inputs more, at each parser, the same ones at every run: noise, and damaged copies of sound
//! inputs.

use std::fs;
use std::path::Path;

use base::{Random, SeededRandom};
use card::apdu::{Command, Response};
use card::tlv::{self, Tlvs};
use card::virtual_card::VirtualCardContents;
use card::{SigningPassword, UserAuthenticationPin};

use crate::support::*;

const INPUTS: usize = 100_000;

/// The inputs fuzzing kept for `target`.
fn corpus(target: &str) -> Vec<Vec<u8>> {
    let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target);
    let files = fs::read_dir(&place).unwrap_or_else(|error| panic!("{}: {error}", place.display()));
    files.map(|file| fs::read(file.unwrap().path()).unwrap()).collect()
}

/// The corpus of `target`, then half noise of 0–300 bytes, half a sound input with up to four bytes changed and perhaps cut.
fn each_input(target: Option<&str>, seed: u64, sound: &[Vec<u8>], mut take: impl FnMut(&[u8])) {
    for input in target.map(corpus).unwrap_or_default() {
        take(&input);
    }
    let random = SeededRandom::from_seed(seed);
    let random: &dyn Random = &random;
    let mut pool = vec![0; 1 << 16];
    random.fill(&mut pool);
    for number in 0..INPUTS {
        let input = if number % 2 == 0 || sound.is_empty() {
            let at = random.below(pool.len() as u64 - 300) as usize;
            pool[at..at + random.below(300) as usize].to_vec()
        } else {
            let mut damaged = sound[number / 2 % sound.len()].clone();
            for _ in 0..random.below(5) {
                let at = random.below(damaged.len() as u64) as usize;
                if let Some(byte) = damaged.get_mut(at) {
                    *byte = random.bytes::<1>()[0];
                }
            }
            if random.below(4) == 0 {
                damaged.truncate(random.below(damaged.len() as u64 + 1) as usize);
            }
            damaged
        };
        take(&input);
    }
}

fn sound_commands() -> Vec<Vec<u8>> {
    [
        Command::select_application(&[0xD3, 0x92, 0xF0, 0x00, 0x26, 0x01, 0x00, 0x00, 0x00, 0x01]),
        Command::select_application(&[0xD3, 0x92, 0x10, 0x00, 0x31, 0x00, 0x01, 0x01, 0x04, 0x08]),
        Command::select_file(0x000A),
        Command::select_file(0x0018),
        Command::read_binary(0x0100, 256),
        Command::query_tries(),
        Command::verify(b"1234"),
        Command::new(0x00, 0x84, 0, 0).expecting(8),
        Command::new(0x00, 0xCA, 0x5F, 0x51).expecting(256),
        Command::new(0x00, 0xB2, 0x01, 0x0C).expecting(256),
        Command::new(0x00, 0x24, 0x01, 0x80).with_data(b"5678"),
    ]
    .iter()
    .map(|command| command.encode().to_vec())
    .collect()
}

#[test]
fn commands_and_answers() {
    each_input(Some("apdu"), 1, &sound_commands(), |bytes| {
        let _ = Command::parse(bytes);
        let _ = Response::parse(bytes);
    });
}

#[test]
fn tag_length_value() {
    let mut sound = Vec::new();
    tlv::write(&mut sound, 0xDF22, "試験　花子".as_bytes());
    tlv::write(&mut sound, 0xFF40, &[0x5A; 200]);
    each_input(Some("tlv"), 2, &[sound], |bytes| {
        assert!(Tlvs::new(bytes).count() <= bytes.len());
        let _ = tlv::first(bytes, 0xDF22);
        let _ = tlv::sequence_length(bytes);
    });
}

#[test]
fn a_virtual_card_takes_any_command_and_always_answers() {
    let mut card = card();
    card.power_on();
    each_input(None, 3, &sound_commands(), |bytes| {
        let answer = card.transmit(bytes);
        assert!((2..=258).contains(&answer.len()));
    });
}

#[test]
fn stored_cards() {
    each_input(Some("stored_card"), 4, &[contents().to_bytes().to_vec()], |bytes| {
        let _ = VirtualCardContents::from_bytes(bytes);
    });
}

#[test]
fn typed_secrets() {
    each_input(None, 5, &[b"1234".to_vec(), b"ABC123".to_vec()], |bytes| {
        let typed = String::from_utf8_lossy(bytes);
        let _ = UserAuthenticationPin::parse(&typed);
        let _ = SigningPassword::parse(&typed);
    });
}
