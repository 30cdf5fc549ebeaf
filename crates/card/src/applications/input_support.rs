//! The application that saves typing (券面事項入力補助AP): name, address, birth date and sex as text, and a key that
//! proves the card genuine.
//!
//! For counters and terminals that fill a form from the card, and for taps without PIN (specs card-jpki §1.4, §1.7).
//!
//! ```text
//!  open ─▶ certificate (free) ─▶ verify_pin ─▶ basic_attributes, key_record ─▶ close
//!       └▶ prove_genuine (free: no PIN) ─▶ signature over our challenge
//! ```
//!
//! The attributes come unsigned: their signature lies in a file that also holds the hash of the Individual Number, and
//! that file is never opened (see [`crate::directory`]). Who needs attributes vouched for reads the signing certificate.

use base::{Date, Personal};

use crate::contact::Card;
use crate::directory::InputSupportFile as File;
use crate::error::{AnswerFault, CardError};
use crate::genuineness::{GenuinenessKey, KeyRecord};
use crate::pin::{FourDigitPin, LastTry, Pin, VerificationCodeB};
use crate::record::Record;
use crate::session::Session;
use crate::signature::{SIGNATURE_LENGTH, digest_info};
use crate::tlv::{MalformedTlv, TlvFault};

/// The four basic attributes (基本4情報) in the chip. `Debug` prints none of them.
#[derive(Clone, PartialEq, Eq)]
pub struct BasicAttributes {
    /// 氏名: family name, U+3000, given name.
    pub name: String,
    /// 住所, digits in full width.
    pub address: String,
    /// 生年月日.
    pub birth_date: Date,
    /// 性別 as the chip writes it: b'1' male, b'2' female, b'9' not applicable, b'0' unknown.
    pub sex: u8,
}

impl std::fmt::Debug for BasicAttributes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("<personal>")
    }
}

/// Outer tag of the attributes.
const ATTRIBUTES: u16 = 0xFF20;

impl BasicAttributes {
    /// Reads file 0002: `FF20`{`DF21` offsets, `DF22` name, `DF23` address, `DF24` birth date, `DF25` sex}.
    ///
    /// # Errors
    /// [`MalformedTlv`] with the byte and the reason.
    pub fn read(file: &[u8]) -> Result<Self, MalformedTlv> {
        let record = Record::read(file, ATTRIBUTES)?;
        record.check_offsets(0xDF21)?;
        let sex = record.object(0xDF25)?;
        match sex.value {
            [digit @ (b'0' | b'1' | b'2' | b'9')] => Ok(Self {
                name: record.text(0xDF22)?.to_owned(),
                address: record.text(0xDF23)?.to_owned(),
                birth_date: record.date(0xDF24)?,
                sex: *digit,
            }),
            _ => Err(MalformedTlv { position: sex.value_position, reason: TlvFault::ValueForm }),
        }
    }
}

/// File 0005, free to read and unsigned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BasicInformation {
    /// Version of the specification, extended lengths, vendor, and a byte of the vendor's.
    pub identification: [u8; 4],
    /// Names a key; what for is not known.
    pub key_name: [u8; 16],
}

impl BasicInformation {
    /// Reads `FF40`{`DF41`, `DF42`, …}.
    ///
    /// # Errors
    /// [`MalformedTlv`].
    pub fn read(file: &[u8]) -> Result<Self, MalformedTlv> {
        let record = Record::read(file, 0xFF40)?;
        Ok(Self { identification: record.fixed(0xDF41)?, key_name: record.fixed(0xDF42)? })
    }
}

/// A conversation with the input-support application. Ends with every PIN forgotten.
pub struct InputSupportSession<C: Card>(pub(super) Session<C, File>);

fn malformed(fault: MalformedTlv) -> CardError {
    CardError::MalformedAnswer { step: "READ BINARY", fault: AnswerFault::NotDer(fault) }
}

impl<C: Card> InputSupportSession<C> {
    /// Selects the application.
    ///
    /// # Errors
    /// [`CardError::NotAnIndividualNumberCard`] also for a phone, which has no such application.
    pub fn open(card: C) -> Result<Self, CardError> {
        Session::open(card).map(Self)
    }

    /// Tries left for the four-digit PIN, or for code B.
    ///
    /// # Errors
    /// As [`super::jpki::JpkiSession::tries_left`].
    pub fn tries_left(&mut self, pin: Pin) -> Result<u8, CardError> {
        let file = if pin == Pin::VerificationCodeB { File::VerificationCodeB } else { File::Pin };
        self.0.tries_left(file, pin)
    }

    /// Verifies the four-digit PIN of this application, with the care of every PIN: counter first, sent at most once.
    ///
    /// # Errors
    /// As [`super::jpki::JpkiSession::verify_user_authentication_pin`].
    pub fn verify_pin(&mut self, pin: &FourDigitPin, last_try: LastTry) -> Result<(), CardError> {
        self.0.verify(File::Pin, Pin::InputSupport, pin.bytes(), last_try)
    }

    /// Verifies code B, which is printed on the card: birth date, year of expiry, security code.
    ///
    /// # Errors
    /// As [`Self::verify_pin`].
    pub fn verify_code_b(&mut self, code: &VerificationCodeB, last_try: LastTry) -> Result<(), CardError> {
        self.0.verify(File::VerificationCodeB, Pin::VerificationCodeB, code.bytes(), last_try)
    }

    /// 基本4情報, as the chip says them.
    ///
    /// # Errors
    /// [`CardError::PinRequired`] before the PIN or code B.
    pub fn basic_attributes(&mut self) -> Result<Personal<BasicAttributes>, CardError> {
        let file =
            zeroize::Zeroizing::new(self.0.read_object(File::BasicAttributes, Some(Pin::InputSupport), ATTRIBUTES)?);
        BasicAttributes::read(&file).map(Personal::new).map_err(malformed)
    }

    /// The municipality's card-verifiable certificate, as it stands on the card; judged by [`crate::genuineness`].
    ///
    /// # Errors
    /// Reader and protocol errors.
    pub fn certificate(&mut self) -> Result<Vec<u8>, CardError> {
        self.0.read_object(File::Certificate, None, crate::genuineness::CERTIFICATE_TAG)
    }

    /// File 0005.
    ///
    /// # Errors
    /// Reader and protocol errors.
    pub fn basic_information(&mut self) -> Result<BasicInformation, CardError> {
        let file = self.0.read_object(File::BasicInformation, None, 0xFF40)?;
        BasicInformation::read(&file).map_err(malformed)
    }

    /// The card's own public key with the municipality's signature, unjudged.
    ///
    /// # Errors
    /// [`CardError::PinRequired`] before the PIN or code B.
    pub fn key_record(&mut self) -> Result<KeyRecord, CardError> {
        let file = self.0.read_object(File::GenuinenessKey, Some(Pin::InputSupport), KeyRecord::INPUT_SUPPORT_TAG)?;
        KeyRecord::read_input_support(&file).map_err(malformed)
    }

    /// The key a terminal would encrypt a session key to. Secure messaging itself is not used: the PIN has to travel in
    /// clear before it can begin, and what it would hide, code A, is never sent.
    ///
    /// # Errors
    /// [`CardError::PinRequired`] before the PIN or code B.
    pub fn session_key(&mut self) -> Result<GenuinenessKey, CardError> {
        let file = self.0.read_object(File::SessionKey, Some(Pin::InputSupport), 0xA1)?;
        let value = crate::tlv::first(&file, 0xA1).map_err(malformed)?;
        GenuinenessKey::read(value.value, value.value_position).map_err(malformed)
    }

    /// Has the card prove itself: RSASSA-PKCS1-v1_5 over a SHA-256 `hash` of our challenge, without any PIN.
    ///
    /// # Errors
    /// Reader and protocol errors.
    pub fn prove_genuine(&mut self, hash: &[u8; 32]) -> Result<Vec<u8>, CardError> {
        self.0.sign_with_own_key(&digest_info(hash), SIGNATURE_LENGTH)
    }

    /// Forgets the PINs and lets the card go.
    ///
    /// # Errors
    /// [`CardError::Reader`] when the reader failed.
    pub fn close(self) -> Result<(), CardError> {
        self.0.close()
    }
}

impl<C: Card> std::fmt::Debug for InputSupportSession<C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("InputSupportSession")
    }
}
