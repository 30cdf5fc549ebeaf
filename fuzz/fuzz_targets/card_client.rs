//! The client against a card that answers anything. Input: one byte, which operation; then answers, each one byte of
//! length (255 stands for 258) and that many bytes.
#![no_main]

use card::{Card, JpkiSession, LastTry, Pin, ReaderError, SigningPassword, UserAuthenticationPin};
use libfuzzer_sys::fuzz_target;

struct Answers<'a>(&'a [u8]);

impl Card for Answers<'_> {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, ReaderError> {
        // The invariant of the crate: no file with the Individual Number is ever selected.
        assert!(!command.windows(5).any(|w| w == [0xD3, 0x92, 0x10, 0x00, 0x31]));
        let Some((length, rest)) = self.0.split_first() else {
            return Err(ReaderError::CardRemoved);
        };
        let length = if *length == 255 { 258 } else { usize::from(*length) };
        let (answer, rest) = rest.split_at(length.min(rest.len()));
        self.0 = rest;
        Ok(answer.to_vec())
    }

    fn power_off(&mut self) -> Result<(), ReaderError> {
        Ok(())
    }
}

fuzz_target!(|bytes: &[u8]| {
    let Some((operation, answers)) = bytes.split_first() else { return };
    let Ok(mut session) = JpkiSession::open(Answers(answers)) else { return };
    let _ = match operation % 8 {
        0 => session.tries_left(Pin::UserAuthentication).map(|_| ()),
        1 => match UserAuthenticationPin::parse("1234") {
            Ok(pin) => session.verify_user_authentication_pin(&pin, LastTry::Refuse),
            Err(_) => unreachable!("four digits"),
        },
        2 => match SigningPassword::parse("ABC123") {
            Ok(password) => session.verify_signing_password(&password, LastTry::Allow),
            Err(_) => unreachable!("six letters and digits"),
        },
        3 => session.user_authentication_certificate().map(|_| ()),
        4 => session.signing_certificate().map(|_| ()),
        5 => session.signing_ca_certificate().map(|_| ()),
        6 => session.sign_user_authentication(&[7; 32]).map(|_| ()),
        _ => session.sign_document(&[7; 32]).map(|_| ()),
    };
});
