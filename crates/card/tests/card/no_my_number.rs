//! The invariant: no command this client ever sends selects a file that holds the Individual Number (個人番号).

use card::readers::recorder::{Recording, RecordingCard};
use card::{JpkiSession, Reader};
use proptest::prelude::*;

use crate::support::*;

/// Names the client may select: the issuer security domain and the application for public personal authentication.
const ALLOWED_NAMES: [&[u8]; 2] =
    [&[0xA0, 0x00, 0x00, 0x01, 0x51, 0x00, 0x00], &[0xD3, 0x92, 0xF0, 0x00, 0x26, 0x01, 0x00, 0x00, 0x00, 0x01]];
/// Files of the latter. 0001 is its signing certificate; the 0001 with the number belongs to an application whose name
/// is not above.
const ALLOWED_FILES: [u16; 9] = [0x0001, 0x0002, 0x0006, 0x000A, 0x000B, 0x0017, 0x0018, 0x001A, 0x001B];

fn assert_harmless(commands: &[Vec<u8>]) {
    for command in commands {
        match command.as_slice() {
            [0x00, 0xA4, 0x04, 0x0C, length, name @ ..] => {
                assert_eq!(usize::from(*length), name.len());
                assert!(ALLOWED_NAMES.contains(&name), "selects application {name:02X?}");
            }
            [0x00, 0xA4, 0x02, 0x0C, 0x02, high, low] => {
                let file = u16::from_be_bytes([*high, *low]);
                assert!(ALLOWED_FILES.contains(&file), "selects file {file:04X}");
            }
            [0x00, 0xB0, high, _, _] => assert_eq!(high & 0x80, 0, "never reads by short identifier"),
            [0x00, 0x20, 0x00, 0x80, ..] => {}
            [0x80, 0x2A, 0x00, 0x80, ..] => {}
            other => panic!("a command the client is not known to send: {:02X?}", &other[..other.len().min(4)]),
        }
    }
}

#[test]
fn the_whole_client_on_a_sound_card_opens_no_my_number() {
    let reader = reader();
    let (mut session, recording) = open_recorded(&reader);
    for operation in (0..OPERATIONS).chain((0..OPERATIONS).rev()) {
        // Refusals are welcome: what counts is what was sent.
        let _ = operate(&mut session, operation);
    }
    session.close().unwrap();
    assert!(recording.commands().len() > 60);
    assert_harmless(&recording.commands());
}

proptest! {
    #[test]
    fn no_answer_of_a_hostile_card_makes_the_client_open_it(
        answers in proptest::collection::vec(crate::hostile::answer(), 0..60),
        operations in proptest::collection::vec(any::<u8>(), 0..20),
    ) {
        let recording = Recording::default();
        let card = RecordingCard::new(ScriptedCard::answering(answers), recording.clone());
        if let Ok(mut session) = JpkiSession::open(card) {
            for operation in operations {
                let _ = operate(&mut session, operation);
            }
        }
        assert_harmless(&recording.commands());
    }

    #[test]
    fn no_order_of_operations_opens_it(operations in proptest::collection::vec(any::<u8>(), 0..12)) {
        let recording = Recording::default();
        let reader = reader();
        let mut session =
            JpkiSession::open(RecordingCard::new(reader.clone().connect().unwrap(), recording.clone())).unwrap();
        for operation in operations {
            let _ = operate(&mut session, operation);
        }
        drop(session);
        assert_harmless(&recording.commands());
    }
}
