//! The invariant: no command this client ever sends selects a file that holds the Individual Number (個人番号).

use card::pin::{BirthDateCode, VerificationCodeB};
use card::readers::recorder::{Recording, RecordingCard};
use card::virtual_card::files::CardApplication;
use card::{Card, InputSupportSession, JpkiSession, LastTry, Pin, Reader, SurfaceSession};
use proptest::prelude::*;

use crate::support::*;

/// What the client may select, and in it which files. Of the input-support application not 0001 (the number), 0003 (its
/// hash), 0014 (code A); of the surface application not 0005 (its picture), 0013 (code A).
const ALLOWED: [(CardApplication, &[u16]); 4] = [
    (CardApplication::IssuerSecurityDomain, &[]),
    (
        CardApplication::PublicPersonalAuthentication,
        &[0x0001, 0x0002, 0x0006, 0x0008, 0x000A, 0x000B, 0x0017, 0x0018, 0x001A, 0x001B],
    ),
    (CardApplication::InputSupport, &[0x0002, 0x0004, 0x0005, 0x0006, 0x0007, 0x0011, 0x0015]),
    (CardApplication::Surface, &[0x0001, 0x0002, 0x0003, 0x0004, 0x0011, 0x0012]),
];

fn assert_harmless(commands: &[Vec<u8>]) {
    let mut files: &[u16] = &[];
    for command in commands {
        match command.as_slice() {
            [0x00, 0xA4, 0x04, 0x0C, length, name @ ..] => {
                assert_eq!(usize::from(*length), name.len());
                let found = ALLOWED.iter().find(|(application, _)| application.name() == name);
                files = found.unwrap_or_else(|| panic!("selects application {name:02X?}")).1;
            }
            [0x00, 0xA4, 0x02, 0x0C, 0x02, high, low] => {
                let file = u16::from_be_bytes([*high, *low]);
                assert!(files.contains(&file), "selects file {file:04X} among {files:04X?}");
            }
            [0x00, 0xB0, high, _, _] => assert_eq!(high & 0x80, 0, "never reads by short identifier"),
            [0x00, 0x20, 0x00, 0x80, ..] => {}
            [0x80, 0x2A, 0x00, 0x80 | 0x00, ..] => {}
            [0x80, 0xFC, 0x00, 0x00] => {}
            other => panic!("a command the client is not known to send: {:02X?}", &other[..other.len().min(4)]),
        }
    }
}

/// Goes on from JPKI to an application with what is printed, and does all that can be done there.
fn operate_printed<C: Card>(session: JpkiSession<C>, surface: bool) {
    let code = VerificationCodeB::parse("46090120310000").unwrap();
    if surface {
        if let Ok(session) = session.into_surface() {
            operate_surface(session, &code);
        }
    } else if let Ok(session) = session.into_input_support() {
        operate_input_support(session, &code);
    }
}

fn operate_surface<C: Card>(mut session: SurfaceSession<C>, code: &VerificationCodeB) {
    let _ = session.tries_left(Pin::BirthDate);
    let _ = session.verify_birth_date(&BirthDateCode::of(attributes().birth_date), LastTry::Allow);
    let _ = session.verify_code_b(code, LastTry::Refuse);
    let _ = (session.age_record(), session.card_face(), session.certificate(), session.basic_information());
    let _ = (session.prove_genuine(&[7; 32]), session.close());
}

fn operate_input_support<C: Card>(mut session: InputSupportSession<C>, code: &VerificationCodeB) {
    let _ = session.tries_left(Pin::InputSupport);
    let _ = session.verify_pin(&pin(PIN), LastTry::Allow);
    let _ = session.verify_code_b(code, LastTry::Refuse);
    let _ = (session.basic_attributes(), session.key_record(), session.session_key());
    let _ = (session.certificate(), session.basic_information(), session.prove_genuine(&[7; 32]), session.close());
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
    for surface in [false, true] {
        operate_printed(
            JpkiSession::open(RecordingCard::new(reader.clone().connect().unwrap(), recording.clone())).unwrap(),
            surface,
        );
    }
    assert!(recording.commands().len() > 120);
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
            let surface = operations.len() % 2 == 0;
            for operation in operations {
                let _ = operate(&mut session, operation);
            }
            operate_printed(session, surface);
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
