//! What a person experiences at a reader.

use card::readers::virtual_reader::Faults;
use card::virtual_card::Behaviour;
use card::{Card, CardError, DeviceKind, JpkiSession, LastTry, Pin, Reader, ReaderError};

use crate::support::*;

#[test]
fn a_holder_proves_who_they_are() {
    let reader = reader();
    let mut session = open(&reader);
    assert_eq!(session.device(), DeviceKind::Card);
    assert_eq!(session.user_authentication_certificate().unwrap(), certificate(0x11, 1300), "without filler");
    assert_eq!(session.user_authentication_ca_certificate().unwrap(), certificate(0x12, 1100));
    assert_eq!(session.tries_left(Pin::UserAuthentication).unwrap(), 3);
    session.verify_user_authentication_pin(&pin(PIN), LastTry::Refuse).unwrap();
    let signature = session.sign_user_authentication(&sha256(b"challenge")).unwrap();
    assert_signed(Pin::UserAuthentication, b"challenge", &signature);
    session.close().unwrap();
}

#[test]
fn a_holder_signs_a_document() {
    let reader = reader();
    let mut session = open(&reader);
    assert_eq!(session.signing_ca_certificate().unwrap(), certificate(0x22, 1100), "free to read");
    let refused = CardError::PinRequired { pin: Pin::Signing };
    assert_eq!(session.signing_certificate().unwrap_err(), refused);
    assert_eq!(session.sign_document(&[0; 32]).unwrap_err(), refused);
    session.verify_signing_password(&password("ａbc123"), LastTry::Refuse).unwrap();
    assert_eq!(*session.signing_certificate().unwrap().reveal(), certificate(0x21, 1300));
    assert_signed(Pin::Signing, b"deed", &session.sign_document(&sha256(b"deed")).unwrap());
}

#[test]
fn signing_without_the_pin_says_which_pin_is_meant() {
    let reader = reader();
    let refused = open(&reader).sign_user_authentication(&[0; 32]).unwrap_err();
    assert_eq!(refused, CardError::PinRequired { pin: Pin::UserAuthentication });
}

#[test]
fn the_last_try_is_kept_unless_the_person_says_yes() {
    let reader = reader();
    let (mut session, recording) = open_recorded(&reader);
    let which = Pin::UserAuthentication;
    let mut miss = |last_try| session.verify_user_authentication_pin(&pin("0000"), last_try).unwrap_err();
    assert_eq!(miss(LastTry::Refuse), CardError::WrongPin { pin: which, tries_left: 2 });
    assert_eq!(miss(LastTry::Refuse), CardError::WrongPin { pin: which, tries_left: 1 });
    assert_eq!(miss(LastTry::Refuse), CardError::LastTryKept { pin: which });
    assert_eq!(miss(LastTry::Refuse), CardError::LastTryKept { pin: which });
    assert_eq!(session.tries_left(which).unwrap(), 1, "nothing was spent");
    let mut miss = |last_try| session.verify_user_authentication_pin(&pin("0000"), last_try).unwrap_err();
    assert_eq!(miss(LastTry::Allow), CardError::PinLocked { pin: which });
    let sent = |commands: Vec<Vec<u8>>| commands.iter().filter(|c| c[1] == 0x20 && c.len() > 4).count();
    assert_eq!(sent(recording.commands()), 3);
    assert_eq!(miss(LastTry::Allow), CardError::PinLocked { pin: which });
    assert_eq!(sent(recording.commands()), 3, "a locked card is not sent another");
    drop(session);
    assert_eq!(open(&reader).tries_left(which).unwrap(), 0, "and it stays locked");
}

#[test]
fn a_right_entry_gives_all_tries_back() {
    let reader = reader();
    let mut session = open(&reader);
    for _ in 0..3 {
        session.verify_signing_password(&password("WRONG1"), LastTry::Refuse).unwrap_err();
    }
    assert_eq!(session.tries_left(Pin::Signing).unwrap(), 2);
    session.verify_signing_password(&password(PASSWORD), LastTry::Refuse).unwrap();
    assert_eq!(session.tries_left(Pin::Signing).unwrap(), 5);
}

#[test]
fn a_pin_left_verified_by_another_program_does_not_count_here() {
    let reader = reader();
    let mut other = reader.clone().connect().unwrap();
    for command in
        [&b"\x00\xA4\x04\x0C\x0A\xD3\x92\xF0\x00\x26\x01\x00\x00\x00\x01"[..], b"\x00\xA4\x02\x0C\x02\x00\x18"]
    {
        assert_eq!(other.transmit(command).unwrap(), [0x90, 0x00]);
    }
    assert_eq!(other.transmit(b"\x00\x20\x00\x80\x041234").unwrap(), [0x90, 0x00]);
    let mut session = JpkiSession::open(&mut other).unwrap();
    assert!(matches!(session.sign_user_authentication(&[0; 32]), Err(CardError::PinRequired { .. })));
}

#[test]
fn a_session_that_is_dropped_leaves_no_pin_behind() {
    let reader = reader();
    let mut connection = reader.clone().connect().unwrap();
    let (mut session, recording) = {
        let recording = card::readers::recorder::Recording::default();
        let recorded = card::readers::recorder::RecordingCard::new(&mut connection, recording.clone());
        (JpkiSession::open(recorded).unwrap(), recording)
    };
    session.verify_user_authentication_pin(&pin(PIN), LastTry::Refuse).unwrap();
    drop(session);
    let last = recording.commands().pop().unwrap();
    assert_eq!(last, b"\x00\xA4\x04\x0C\x07\xA0\x00\x00\x01\x51\x00\x00", "another application is selected");
    assert!(matches!(connection.transmit(&[0, 0x84, 0, 0, 1]), Err(ReaderError::CardRemoved)), "and the power is cut");
}

#[test]
fn a_card_that_stumbles_over_its_first_command_is_opened() {
    let fresh = card_of(contents(), Behaviour { first_command_fails: true, ..Behaviour::default() });
    open(&card::readers::virtual_reader::VirtualReader::with(fresh)).close().unwrap();
}

#[test]
fn another_kind_of_card_is_named_as_such() {
    let transit_pass = ScriptedCard::answering(vec![vec![0x6A, 0x82], vec![0x6A, 0x82]]);
    assert_eq!(JpkiSession::open(transit_pass).unwrap_err(), CardError::NotAnIndividualNumberCard);
}

#[test]
fn an_android_phone_asks_for_the_pin_before_it_shows_the_certificate() {
    let mut phone = contents();
    phone.device = DeviceKind::AndroidPhone;
    let reader = card::readers::virtual_reader::VirtualReader::with(card_of(phone, Behaviour::default()));
    let mut session = open(&reader);
    assert_eq!(session.device(), DeviceKind::AndroidPhone);
    let refused = CardError::PinRequired { pin: Pin::UserAuthentication };
    assert_eq!(session.user_authentication_certificate().unwrap_err(), refused);
    session.verify_user_authentication_pin(&pin(PIN), LastTry::Refuse).unwrap();
    assert_eq!(session.user_authentication_certificate().unwrap(), certificate(0x11, 1300));
}

#[test]
fn a_child_has_no_signing_certificate() {
    let mut child = contents();
    child.signing = None;
    let reader = card::readers::virtual_reader::VirtualReader::with(card_of(child, Behaviour::default()));
    let mut session = open(&reader);
    assert_eq!(session.signing_ca_certificate().unwrap_err(), CardError::NoCertificate);
    session.verify_signing_password(&password(PASSWORD), LastTry::Refuse).unwrap();
    assert_eq!(session.signing_certificate().unwrap_err(), CardError::NoCertificate);
}

#[test]
fn a_card_pulled_out_at_any_moment_is_said_to_be_removed_and_no_pin_is_sent_twice() {
    let story = |session: &mut Session| -> Result<(), CardError> {
        session.user_authentication_certificate()?;
        session.verify_user_authentication_pin(&pin(PIN), LastTry::Refuse)?;
        session.sign_user_authentication(&[1; 32])?;
        Ok(())
    };
    let whole = {
        let reader = reader();
        let (mut session, recording) = open_recorded(&reader);
        session.user_authentication_certificate().unwrap();
        session.verify_user_authentication_pin(&pin(PIN), LastTry::Refuse).unwrap();
        session.sign_user_authentication(&[1; 32]).unwrap();
        recording.commands().len()
    };
    assert!(whole > 10);
    for moment in 0..whole {
        let reader = reader();
        reader.set_faults(Faults { pulled_out_after: Some(moment), ..Faults::default() });
        let told = match JpkiSession::open(reader.clone().connect().unwrap()) {
            Ok(mut session) => story(&mut session).unwrap_err(),
            Err(error) => error,
        };
        assert_eq!(told, CardError::CardRemoved, "after {moment} commands");
        assert_eq!(reader.card_count(), 0);
    }
}

#[test]
fn closing_after_the_card_is_gone_is_no_error() {
    let reader = reader();
    let session = open(&reader);
    reader.take_off();
    session.close().unwrap();
}

#[test]
fn one_card_at_a_time_and_one_program_at_a_time() {
    let reader = reader();
    let connection = reader.clone().connect().unwrap();
    assert_eq!(reader.clone().connect().err(), Some(ReaderError::InUse));
    drop(connection);
    reader.put(card());
    assert_eq!(reader.clone().connect().err(), Some(ReaderError::SeveralCards(2)));
    assert_eq!(reader.has_card(), Ok(true));
    reader.take_off();
    assert_eq!(reader.has_card(), Ok(false));
    assert_eq!(reader.clone().connect().err(), Some(ReaderError::NoCard));
}

#[test]
fn answers_that_are_none_are_named_with_what_is_wrong() {
    for (rewrite, expected) in [
        (vec![0x90], "2 to 258 bytes, this one has 1"),
        (vec![0x90, 0x00], "256 bytes were asked for and 0 given"),
        ([vec![0x41; 256], vec![0x90, 0x00]].concat(), "at position 0: another tag was expected"),
        ([vec![0x30, 0x83, 0x01, 0x00, 0x00], vec![0x90, 0x00]].concat(), "65541 bytes does not fit the card"),
    ] {
        let reader = reader();
        let mut session = open(&reader);
        reader.set_faults(Faults {
            answers: Some(Box::new(
                move |_, command, answer| {
                    if command[1] == 0xB0 { rewrite.clone() } else { answer }
                },
            )),
            ..Faults::default()
        });
        let told = session.user_authentication_certificate().unwrap_err().to_string();
        assert!(told.contains(expected), "{told}");
    }
}

#[test]
fn a_card_that_trickles_is_given_up_on_in_the_end() {
    let reader = reader();
    let mut session = open(&reader);
    reader.set_faults(Faults {
        answers: Some(Box::new(|number, command, answer| match command[1] {
            0xB0 if number < 2 => answer,
            0xB0 => vec![0x00, 0x90, 0x00],
            _ => answer,
        })),
        ..Faults::default()
    });
    assert!(matches!(session.user_authentication_certificate(), Err(CardError::MalformedAnswer { .. })));
}

#[test]
fn a_card_that_hides_its_counter_is_sent_no_pin() {
    let reader = reader();
    let (mut session, recording) = open_recorded(&reader);
    reader.set_faults(Faults {
        answers: Some(Box::new(|_, command, answer| if command[1] == 0x20 { vec![0x90, 0x00] } else { answer })),
        ..Faults::default()
    });
    assert_eq!(
        session.verify_user_authentication_pin(&pin(PIN), LastTry::Allow),
        Err(CardError::CounterUnknown { pin: Pin::UserAuthentication })
    );
    assert!(!recording.commands().iter().any(|c| c[1] == 0x20 && c.len() > 4));
}
