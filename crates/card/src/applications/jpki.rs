//! The application for public personal authentication (公的個人認証AP, JPKI): prove who one is, and sign.
//!
//! For kiosks, counters and portals that let a person in by card, under the act on public personal authentication
//! (電子署名等に係る地方公共団体情報システム機構の認証業務に関する法律).
//!
//! ```text
//!  open ─▶ user_authentication_certificate ─▶ verify_user_authentication_pin ─▶ sign_user_authentication ─▶ close
//!                                             (asks the counter first)          (SHA-256 of our challenge)
//! ```

use super::input_support::InputSupportSession;
use super::surface::SurfaceSession;
use crate::apdu::Command;
use crate::contact::Card;
use crate::device::DeviceKind;
use crate::directory::JpkiFile as File;
use crate::error::{AnswerFault, CardError};
use crate::pin::{LastTry, Pin, SigningPassword, UserAuthenticationPin};
use crate::session::Session;
use crate::signature::{SIGNATURE_LENGTH, digest_info};
use base::Personal;

/// A conversation with the JPKI application of one card. Ends with every PIN forgotten: by [`JpkiSession::close`], or
/// when dropped.
pub struct JpkiSession<C: Card> {
    session: Session<C, File>,
    device: DeviceKind,
}

/// Which certificates a device says it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CertificatePresence {
    /// 署名用: not for holders under 15, and not after a move until it is issued anew.
    pub signing: bool,
    /// 利用者証明用.
    pub user_authentication: bool,
}

/// What file 0008 says of a certificate that is there. Source: the `myna-card` survey; of one that is not, no card was
/// surveyed, so any other byte counts as absent.
const PRESENT: u8 = 0x8F;

impl<C: Card> JpkiSession<C> {
    /// Selects the application and learns the kind of device from its token label. PINs another program left verified
    /// are forgotten first.
    ///
    /// # Errors
    /// [`CardError::NotAnIndividualNumberCard`], [`CardError::UnknownDevice`], [`CardError::CardRemoved`], or a reader
    /// or protocol error.
    pub fn open(card: C) -> Result<Self, CardError> {
        Self::begin(Session::open(card)?)
    }

    fn begin(mut session: Session<C, File>) -> Result<Self, CardError> {
        session.select_present(File::TokenInformation)?;
        let label =
            session.read(0, 32)?.map_err(|status| CardError::UnexpectedStatus { step: "READ BINARY", status })?;
        let device = DeviceKind::from_label(&label).ok_or(CardError::UnknownDevice)?;
        if device == DeviceKind::Iphone {
            session.say_at_the_end(Command::last_command());
        }
        Ok(Self { session, device })
    }

    /// Goes on to the input-support application of the same card. The card forgets the PINs verified here.
    ///
    /// # Errors
    /// [`CardError::NotAnIndividualNumberCard`] for a phone, which has no such application.
    pub fn into_input_support(self) -> Result<InputSupportSession<C>, CardError> {
        self.session.enter().map(InputSupportSession)
    }

    /// The card, in the same exclusive connection, for the city's own application: so that a number read there belongs to
    /// the card whose PIN was proved here. Selecting another application makes the card forget the PIN; nothing may be
    /// asked of this session afterwards but to end.
    pub fn same_card(&mut self) -> &mut C {
        self.session.card()
    }

    /// Goes on to the surface application of the same card.
    ///
    /// # Errors
    /// As [`Self::into_input_support`].
    pub fn into_surface(self) -> Result<SurfaceSession<C>, CardError> {
        self.session.enter().map(SurfaceSession)
    }

    /// What kind of device answers.
    pub const fn device(&self) -> DeviceKind {
        self.device
    }

    /// Which certificates the device says it holds: lets a page say "no signing certificate" before asking a password.
    ///
    /// # Errors
    /// Reader and protocol errors.
    pub fn certificate_presence(&mut self) -> Result<CertificatePresence, CardError> {
        const STEP: &str = "READ BINARY";
        self.session.select_present(File::CertificatePresence)?;
        let bytes = self.session.read(0, 3)?.map_err(|status| CardError::UnexpectedStatus { step: STEP, status })?;
        match bytes[..] {
            [signing, user_authentication, _] => Ok(CertificatePresence {
                signing: signing == PRESENT,
                user_authentication: user_authentication == PRESENT,
            }),
            _ => Err(CardError::MalformedAnswer {
                step: STEP,
                fault: AnswerFault::WrongCount { asked: 3, given: bytes.len() },
            }),
        }
    }

    /// How many misses the card still allows; 0 means locked. Free: show it before asking for the PIN.
    ///
    /// # Errors
    /// [`CardError::CounterUnknown`] when the card does not say, [`CardError::NoCertificate`] when it has no such PIN.
    pub fn tries_left(&mut self, pin: Pin) -> Result<u8, CardError> {
        let file = match pin {
            Pin::UserAuthentication => File::UserAuthenticationPin,
            Pin::Signing => File::SigningPassword,
            // Another application's: as if the card had none.
            _ => return Err(CardError::CounterUnknown { pin }),
        };
        self.session.tries_left(file, pin)
    }

    /// Verifies the four-digit PIN. The counter is asked first; the PIN is sent at most once, and not at all when it is
    /// locked, or when one try is left and `last_try` is [`LastTry::Refuse`].
    ///
    /// # Errors
    /// [`CardError::WrongPin`] with the tries left, [`CardError::PinLocked`], [`CardError::LastTryKept`]; after
    /// [`CardError::CardRemoved`] it is unknown whether the card counted it, so ask [`Self::tries_left`] anew.
    pub fn verify_user_authentication_pin(
        &mut self,
        pin: &UserAuthenticationPin,
        last_try: LastTry,
    ) -> Result<(), CardError> {
        self.session.verify(File::UserAuthenticationPin, Pin::UserAuthentication, pin.bytes(), last_try)
    }

    /// Verifies the signing password, with the same care.
    ///
    /// # Errors
    /// As [`Self::verify_user_authentication_pin`].
    pub fn verify_signing_password(&mut self, password: &SigningPassword, last_try: LastTry) -> Result<(), CardError> {
        self.session.verify(File::SigningPassword, Pin::Signing, password.bytes(), last_try)
    }

    /// The certificate for user authentication, DER. It holds no name; its serial still points to one person.
    ///
    /// # Errors
    /// [`CardError::NoCertificate`]; [`CardError::PinRequired`] on an Android phone before the PIN.
    pub fn user_authentication_certificate(&mut self) -> Result<Vec<u8>, CardError> {
        self.session.read_certificate(File::UserAuthenticationCertificate, Pin::UserAuthentication)
    }

    /// The certificate of the authority that issued it, DER. Informative: trust comes from the verifier's own anchors.
    ///
    /// # Errors
    /// [`CardError::NoCertificate`] when the device carries none.
    pub fn user_authentication_ca_certificate(&mut self) -> Result<Vec<u8>, CardError> {
        self.session.read_certificate(File::UserAuthenticationCaCertificate, Pin::UserAuthentication)
    }

    /// The signing certificate, DER: it holds name, address, birth date and sex, hence behind the password.
    ///
    /// # Errors
    /// [`CardError::PinRequired`] before the password, [`CardError::NoCertificate`] when the holder has none.
    pub fn signing_certificate(&mut self) -> Result<Personal<Vec<u8>>, CardError> {
        self.session.read_certificate(File::SigningCertificate, Pin::Signing).map(Personal::new)
    }

    /// The certificate of the authority that issued the signing certificate, DER.
    ///
    /// # Errors
    /// [`CardError::NoCertificate`] when the device carries none.
    pub fn signing_ca_certificate(&mut self) -> Result<Vec<u8>, CardError> {
        self.session.read_certificate(File::SigningCaCertificate, Pin::Signing)
    }

    /// Signs with the user-authentication key: RSASSA-PKCS1-v1_5 over a SHA-256 `hash`; 256 bytes.
    ///
    /// # Errors
    /// [`CardError::PinRequired`] before the PIN.
    pub fn sign_user_authentication(&mut self, hash: &[u8; 32]) -> Result<Vec<u8>, CardError> {
        self.sign_raw(File::UserAuthenticationKey, Pin::UserAuthentication, &digest_info(hash))
    }

    /// Signs with the signing key (電子署名): RSASSA-PKCS1-v1_5 over a SHA-256 `hash`; 256 bytes.
    ///
    /// # Errors
    /// [`CardError::PinRequired`] before the password.
    pub fn sign_document(&mut self, hash: &[u8; 32]) -> Result<Vec<u8>, CardError> {
        self.sign_raw(File::SigningKey, Pin::Signing, &digest_info(hash))
    }

    fn sign_raw(&mut self, key: File, guard: Pin, input: &[u8]) -> Result<Vec<u8>, CardError> {
        self.session.sign(key, guard, input, SIGNATURE_LENGTH)
    }

    /// Forgets the PINs and lets the card go.
    ///
    /// # Errors
    /// [`CardError::Reader`] when the reader failed. A card that is already gone is no error: its PINs are gone as well.
    pub fn close(self) -> Result<(), CardError> {
        self.session.close()
    }
}

impl<C: Card> std::fmt::Debug for JpkiSession<C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "JpkiSession({:?})", self.device)
    }
}
