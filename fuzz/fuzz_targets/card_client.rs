//! The client against a card that answers anything. Input: one byte, which operation; then answers, each one byte of
//! length (255 stands for 258) and that many bytes.
#![no_main]

use card::directory::{CardFile, InputSupportFile, JpkiFile, SurfaceFile};
use card::pin::{BirthDateCode, VerificationCodeB};
use card::{Card, CardError, FourDigitPin, JpkiSession, LastTry, Pin, ReaderError, SigningPassword};
use libfuzzer_sys::fuzz_target;

struct Answers<'a> {
    left: &'a [u8],
    application: Vec<u8>,
}

impl Card for Answers<'_> {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, ReaderError> {
        // The invariant of the crate: no file with the Individual Number, its hash or its picture is ever selected.
        match command {
            [0x00, 0xA4, 0x04, _, _, name @ ..] => self.application = name.to_vec(),
            [0x00, 0xA4, 0x02, _, _, high, low] => {
                let file = u16::from_be_bytes([*high, *low]);
                if self.application == InputSupportFile::APPLICATION.name() {
                    assert!(![0x0001, 0x0003, 0x0014].contains(&file));
                } else if self.application == SurfaceFile::APPLICATION.name() {
                    assert!(![0x0005, 0x0013].contains(&file));
                } else {
                    assert_eq!(self.application, JpkiFile::APPLICATION.name());
                }
            }
            _ => {}
        }
        let Some((length, rest)) = self.left.split_first() else {
            return Err(ReaderError::CardRemoved);
        };
        let length = if *length == 255 { 258 } else { usize::from(*length) };
        let (answer, rest) = rest.split_at(length.min(rest.len()));
        self.left = rest;
        Ok(answer.to_vec())
    }

    fn power_off(&mut self) -> Result<(), ReaderError> {
        Ok(())
    }
}

fn surface(session: JpkiSession<Answers<'_>>) -> Result<(), CardError> {
    let mut session = session.into_surface()?;
    if let Ok(code) = BirthDateCode::parse("460901") {
        session.verify_birth_date(&code, LastTry::Allow)?;
    }
    session.certificate()?;
    session.age_record()?;
    session.card_face()?;
    session.basic_information().map(|_| ())
}

fn input_support(session: JpkiSession<Answers<'_>>) -> Result<(), CardError> {
    let mut session = session.into_input_support()?;
    if let Ok(code) = VerificationCodeB::parse("46090120310000") {
        session.verify_code_b(&code, LastTry::Refuse)?;
    }
    session.certificate()?;
    session.key_record()?;
    session.basic_attributes()?;
    session.prove_genuine(&[7; 32]).map(|_| ())
}

fuzz_target!(|bytes: &[u8]| {
    let Some((operation, answers)) = bytes.split_first() else { return };
    let Ok(mut session) = JpkiSession::open(Answers { left: answers, application: Vec::new() }) else { return };
    let _ = match operation % 11 {
        0 => session.tries_left(Pin::UserAuthentication).map(|_| ()),
        1 => match FourDigitPin::parse("1234") {
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
        7 => session.sign_document(&[7; 32]).map(|_| ()),
        8 => session.certificate_presence().map(|_| ()),
        9 => surface(session),
        _ => input_support(session),
    };
});
