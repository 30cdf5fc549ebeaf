//! The application that repeats the card's front (券面事項確認AP): so that a counter can compare card and chip.
//!
//! | what opens it | what it shows |
//! |---|---|
//! | the birth date, `YYMMDD` of the era | [`AgeRecord`]: the birth date, signed |
//! | code B, printed on the card | [`CardFace`]: birth date, sex, pictures of name and address, portrait, signed; expiry, unsigned |
//!
//! Code A (照合番号A) would open more and is never sent: it is the Individual Number.

use base::{Date, Personal};

use crate::contact::Card;
use crate::directory::SurfaceFile as File;
use crate::error::{AnswerFault, CardError};
use crate::genuineness::KeyRecord;
use crate::pin::{BirthDateCode, LastTry, Pin, VerificationCodeB};
use crate::record::Record;
use crate::session::Session;
use crate::signature::{SIGNATURE_LENGTH, digest_info};
use crate::tlv::{MalformedTlv, TlvFault};

/// File 0001: the least a terminal can be told.
#[derive(Clone, PartialEq, Eq)]
pub struct AgeRecord {
    /// 生年月日.
    pub birth_date: Date,
    /// The card's key, with the signature over this record; unjudged.
    pub key: KeyRecord,
}

impl AgeRecord {
    /// Reads `FF10`{`DF11` birth date, `DF12` key, `DF13` signature}.
    ///
    /// # Errors
    /// [`MalformedTlv`].
    pub fn read(file: &[u8]) -> Result<Self, MalformedTlv> {
        let record = Record::read(file, 0xFF10)?;
        let key = KeyRecord::read(&record, 0xDF12, 0xDF13, vec![record.before(0xDF13)?.to_vec()])?;
        Ok(Self { birth_date: record.date(0xDF11)?, key })
    }
}

/// File 0002: the front of the card.
#[derive(Clone, PartialEq, Eq)]
pub struct CardFace {
    /// 生年月日.
    pub birth_date: Date,
    /// 性別, as in [`super::input_support::BasicAttributes::sex`].
    pub sex: u8,
    /// Name as printed, a PNG.
    pub name_picture: Vec<u8>,
    /// Address as printed, a PNG.
    pub address_picture: Vec<u8>,
    /// 顔写真, JPEG 2000, grey.
    pub portrait: Vec<u8>,
    /// Last day the card is valid. **Not signed.**
    pub expires: Date,
    /// The card's key, with the signature over all but `expires`; unjudged.
    pub key: KeyRecord,
}

impl CardFace {
    /// Reads `FF20`{`DF21` offsets, `DF22` … `DF2A`}.
    ///
    /// # Errors
    /// [`MalformedTlv`].
    pub fn read(file: &[u8]) -> Result<Self, MalformedTlv> {
        let record = Record::read(file, 0xFF20)?;
        record.check_offsets(0xDF21)?;
        // Three groups are hashed apart, so that a terminal may check the first without being given the portrait.
        let groups = [&[0xDF22, 0xDF23, 0xDF24][..], &[0xDF25, 0xDF26], &[0xDF27]];
        let groups = groups.map(|tags| record.bytes_of(tags)).into_iter().collect::<Result<_, _>>()?;
        let sex = record.object(0xDF23)?;
        let &[sex] = sex.value else {
            return Err(MalformedTlv { position: sex.value_position, reason: TlvFault::ValueLength });
        };
        let bytes = |tag| record.object(tag).map(|object| object.value.to_vec());
        Ok(Self {
            birth_date: record.date(0xDF22)?,
            sex,
            name_picture: bytes(0xDF25)?,
            address_picture: bytes(0xDF26)?,
            portrait: bytes(0xDF27)?,
            expires: record.date(0xDF29)?,
            key: KeyRecord::read(&record, 0xDF24, 0xDF28, groups)?,
        })
    }
}

impl std::fmt::Debug for AgeRecord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AgeRecord(<personal>)")
    }
}

impl std::fmt::Debug for CardFace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CardFace(<personal>)")
    }
}

/// File 0003, free to read and unsigned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BasicInformation {
    /// Version of the specification, extended lengths, vendor, and a byte of the vendor's.
    pub identification: [u8; 4],
    /// 団体コード of the issuing municipality, five digits.
    pub municipality_code: String,
}

impl BasicInformation {
    /// Reads `FF30`{`DF31`, …, `DF34`, …}.
    ///
    /// # Errors
    /// [`MalformedTlv`].
    pub fn read(file: &[u8]) -> Result<Self, MalformedTlv> {
        let record = Record::read(file, 0xFF30)?;
        let code = record.object(0xDF34)?;
        match code.value.len() == 5 && code.value.iter().all(u8::is_ascii_digit) {
            true => {
                Ok(Self { identification: record.fixed(0xDF31)?, municipality_code: record.text(0xDF34)?.to_owned() })
            }
            false => Err(MalformedTlv { position: code.value_position, reason: TlvFault::ValueForm }),
        }
    }
}

/// A conversation with the surface application.
pub struct SurfaceSession<C: Card>(pub(super) Session<C, File>);

fn malformed(fault: MalformedTlv) -> CardError {
    CardError::MalformedAnswer { step: "READ BINARY", fault: AnswerFault::NotDer(fault) }
}

impl<C: Card> SurfaceSession<C> {
    /// Selects the application.
    ///
    /// # Errors
    /// [`CardError::NotAnIndividualNumberCard`] also for a phone, which has no such application.
    pub fn open(card: C) -> Result<Self, CardError> {
        Session::open(card).map(Self)
    }

    /// Tries left for the birth date, or for code B.
    ///
    /// # Errors
    /// As [`super::jpki::JpkiSession::tries_left`].
    pub fn tries_left(&mut self, pin: Pin) -> Result<u8, CardError> {
        let file = if pin == Pin::VerificationCodeB { File::VerificationCodeB } else { File::BirthDate };
        self.0.tries_left(file, pin)
    }

    /// Verifies the birth date.
    ///
    /// # Errors
    /// As [`super::jpki::JpkiSession::verify_user_authentication_pin`].
    pub fn verify_birth_date(&mut self, code: &BirthDateCode, last_try: LastTry) -> Result<(), CardError> {
        self.0.verify(File::BirthDate, Pin::BirthDate, code.bytes(), last_try)
    }

    /// Verifies code B.
    ///
    /// # Errors
    /// As [`Self::verify_birth_date`].
    pub fn verify_code_b(&mut self, code: &VerificationCodeB, last_try: LastTry) -> Result<(), CardError> {
        self.0.verify(File::VerificationCodeB, Pin::VerificationCodeB, code.bytes(), last_try)
    }

    /// The age record.
    ///
    /// # Errors
    /// [`CardError::PinRequired`] before the birth date.
    pub fn age_record(&mut self) -> Result<Personal<AgeRecord>, CardError> {
        let file = self.0.read_object(File::AgeRecord, Some(Pin::BirthDate), 0xFF10)?;
        AgeRecord::read(&file).map(Personal::new).map_err(malformed)
    }

    /// The front of the card.
    ///
    /// # Errors
    /// [`CardError::PinRequired`] before code B.
    pub fn card_face(&mut self) -> Result<Personal<CardFace>, CardError> {
        let file = self.0.read_object(File::CardFace, Some(Pin::VerificationCodeB), 0xFF20)?;
        CardFace::read(&file).map(Personal::new).map_err(malformed)
    }

    /// The municipality's card-verifiable certificate, as it stands on the card; judged by [`crate::genuineness`].
    ///
    /// # Errors
    /// Reader and protocol errors.
    pub fn certificate(&mut self) -> Result<Vec<u8>, CardError> {
        self.0.read_object(File::Certificate, None, crate::genuineness::CERTIFICATE_TAG)
    }

    /// File 0003.
    ///
    /// # Errors
    /// Reader and protocol errors.
    pub fn basic_information(&mut self) -> Result<BasicInformation, CardError> {
        let file = self.0.read_object(File::BasicInformation, None, 0xFF30)?;
        BasicInformation::read(&file).map_err(malformed)
    }

    /// Has the card prove itself, as [`super::input_support::InputSupportSession::prove_genuine`].
    ///
    /// # Errors
    /// Reader and protocol errors.
    pub fn prove_genuine(&mut self, hash: &[u8; 32]) -> Result<Vec<u8>, CardError> {
        self.0.sign_with_own_key(&digest_info(hash), SIGNATURE_LENGTH)
    }

    /// Forgets what was verified and lets the card go.
    ///
    /// # Errors
    /// [`CardError::Reader`] when the reader failed.
    pub fn close(self) -> Result<(), CardError> {
        self.0.close()
    }
}

impl<C: Card> std::fmt::Debug for SurfaceSession<C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SurfaceSession")
    }
}
