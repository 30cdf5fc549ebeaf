//! One conversation with a card: the closed list of what may be selected, the exchange, and what can go wrong.
//!
//! ```text
//!  open:   SELECT ISD (throw-away: absorbs a 6F00 after power-up, clears what another program verified)
//!          SELECT application ─ SELECT file ─ READ / VERIFY / SIGN …
//!  close:  SELECT ISD (clears verified PINs), power off
//! ```

use crate::apdu::{Command, MalformedResponse, Response, StatusWord};
use crate::pin::Pin;
use crate::readers::{Card, ReaderError};
use crate::tlv::{self, MalformedTlv};

/// The applications this client may select. Closed on purpose: see the crate's invariant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Application {
    /// The issuer security domain, a neutral place where no PIN counts as verified.
    IssuerSecurityDomain,
    /// 公的個人認証AP.
    PublicPersonalAuthentication,
}

impl Application {
    /// Its name on the card (DF name, AID). Source: OpenSC and three other public clients.
    pub const fn name(self) -> &'static [u8] {
        match self {
            Self::IssuerSecurityDomain => &[0xA0, 0x00, 0x00, 0x01, 0x51, 0x00, 0x00],
            Self::PublicPersonalAuthentication => &[0xD3, 0x92, 0xF0, 0x00, 0x26, 0x01, 0x00, 0x00, 0x00, 0x01],
        }
    }
}

/// The files of the public-personal-authentication application this client may select. Closed on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum File {
    /// 署名用電子証明書; readable only after the signing password, for it holds name, address, birth date and sex.
    SigningCertificate,
    /// 署名用CA証明書.
    SigningCaCertificate,
    /// Token information; its first 32 bytes tell the kind of device.
    TokenInformation,
    /// 利用者証明用電子証明書; free on a card, behind the PIN on a phone.
    UserAuthenticationCertificate,
    /// 利用者証明用CA証明書.
    UserAuthenticationCaCertificate,
    /// 利用者証明用 private key.
    UserAuthenticationKey,
    /// 利用者証明用 PIN.
    UserAuthenticationPin,
    /// 署名用 private key.
    SigningKey,
    /// 署名用 password.
    SigningPassword,
}

impl File {
    /// Its identifier. Source: OpenSC and three other public clients.
    pub const fn id(self) -> u16 {
        match self {
            Self::SigningCertificate => 0x0001,
            Self::SigningCaCertificate => 0x0002,
            Self::TokenInformation => 0x0006,
            Self::UserAuthenticationCertificate => 0x000A,
            Self::UserAuthenticationCaCertificate => 0x000B,
            Self::UserAuthenticationKey => 0x0017,
            Self::UserAuthenticationPin => 0x0018,
            Self::SigningKey => 0x001A,
            Self::SigningPassword => 0x001B,
        }
    }
}

/// What kind of device answers as a card, told by its token label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DeviceKind {
    /// 個人番号カード.
    Card,
    /// An Android phone; its certificate is readable only after the PIN.
    AndroidPhone,
    /// An iPhone.
    Iphone,
    /// 住民基本台帳カード, no longer issued: its certificates have all expired.
    OldResidentCard,
}

impl DeviceKind {
    /// Token label (padded with spaces to 32 bytes on the device) → kind. Source: two public clients agree.
    pub const LABELS: [(&'static str, Self); 4] = [
        ("JPKIAPICCTOKEN2", Self::Card),
        ("JPKIAPICCTOKEN", Self::OldResidentCard),
        ("JPKIAPGPSETOKEN", Self::AndroidPhone),
        ("JPKIAPIOSTOKEN", Self::Iphone),
    ];

    /// The kind of a label as read from the device.
    pub fn from_label(label: &[u8]) -> Option<Self> {
        let label = label.trim_ascii_end();
        Self::LABELS.iter().find(|(text, _)| text.as_bytes() == label).map(|(_, kind)| *kind)
    }
}

/// What a conversation with a card can end in. Holds neither personal values nor what was typed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CardError {
    /// The card was taken away, or reset, in the middle. Nothing was lost on it; begin again.
    #[error("the card was removed while it was being read; put it back and begin again")]
    CardRemoved,
    /// The reader failed.
    #[error(transparent)]
    Reader(ReaderError),
    /// Something else lies on the reader: the application is not there.
    #[error("this is not an Individual Number Card")]
    NotAnIndividualNumberCard,
    /// The device is of a kind we do not know.
    #[error("this device calls itself by a name we do not know")]
    UnknownDevice,
    /// The PIN was wrong; the card counted it.
    #[error("the {pin} is wrong; {tries_left} tries left")]
    WrongPin {
        /// Which one.
        pin: Pin,
        /// Misses the card still allows, at least 1.
        tries_left: u8,
    },
    /// The counter is empty; only a municipal counter (or the app with a store terminal) unlocks it.
    #[error("the {pin} is locked")]
    PinLocked {
        /// Which one.
        pin: Pin,
    },
    /// One try is left and the caller said not to spend it. The PIN was not sent.
    #[error("one try is left for the {pin}; it was not sent")]
    LastTryKept {
        /// Which one.
        pin: Pin,
    },
    /// The card would not say how many tries are left, so none was spent.
    #[error("the card does not tell how many tries are left for the {pin}; it was not sent")]
    CounterUnknown {
        /// Which one.
        pin: Pin,
    },
    /// The card wants this PIN first.
    #[error("the card asks for the {pin} first")]
    PinRequired {
        /// Which one.
        pin: Pin,
    },
    /// The card has no such certificate: never issued, or only filler in its place.
    #[error("the card holds no such certificate")]
    NoCertificate,
    /// A status we have no better word for.
    #[error("the card answered {status} to {step}")]
    UnexpectedStatus {
        /// What was asked of it.
        step: &'static str,
        /// Its answer.
        status: StatusWord,
    },
    /// The answer is no answer.
    #[error("the card's answer to {step} is malformed: {fault}")]
    MalformedAnswer {
        /// What was asked of it.
        step: &'static str,
        /// What is wrong with the answer.
        fault: AnswerFault,
    },
    /// The digest or message to sign has a length the card does not sign.
    #[error("the card signs 1 to 245 bytes, not {0}")]
    UnsignableLength(usize),
}

/// What can be wrong with the bytes of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AnswerFault {
    /// Not a response APDU.
    #[error(transparent)]
    NotAnAnswer(#[from] MalformedResponse),
    /// More bytes than were asked for, or none.
    #[error("{asked} bytes were asked for and {given} given")]
    WrongCount {
        /// How many were asked.
        asked: usize,
        /// How many came.
        given: usize,
    },
    /// The certificate does not have the outer form of one.
    #[error(transparent)]
    NotDer(#[from] MalformedTlv),
    /// The certificate would be longer than any file of the card.
    #[error("a certificate of {0} bytes does not fit the card")]
    TooLong(usize),
}

impl CardError {
    /// What it means to HTTP and to a shell.
    pub const fn kind(&self) -> base::Kind {
        match self {
            Self::Reader(error) => error.kind(),
            Self::CardRemoved => base::Kind::Conflict,
            Self::WrongPin { .. } | Self::PinLocked { .. } | Self::PinRequired { .. } => base::Kind::Unauthenticated,
            Self::LastTryKept { .. } | Self::CounterUnknown { .. } => base::Kind::Refused,
            Self::NotAnIndividualNumberCard | Self::UnknownDevice | Self::NoCertificate => base::Kind::Refused,
            Self::UnsignableLength(_) => base::Kind::Invalid,
            Self::UnexpectedStatus { .. } | Self::MalformedAnswer { .. } => base::Kind::Unavailable,
        }
    }
}

impl From<ReaderError> for CardError {
    fn from(error: ReaderError) -> Self {
        match error {
            // After a reset every selection is gone: for the person it is the same as having lifted the card.
            ReaderError::CardRemoved | ReaderError::CardReset => Self::CardRemoved,
            other => Self::Reader(other),
        }
    }
}

/// Files are addressed by 15 bits.
const MAX_FILE: usize = 0x7FFF;
/// A file of that size takes 128 full reads; a card that trickles is given this many and no more.
const MAX_READS: usize = 512;

/// The exchange beneath every application: it alone turns commands into bytes.
pub(crate) struct Session<C: Card> {
    card: C,
}

impl<C: Card> Session<C> {
    /// Leaves whatever was selected before for the neutral place, then selects `application`.
    pub(crate) fn open(card: C, application: Application) -> Result<Self, CardError> {
        let mut session = Self { card };
        // The answer is of no interest: a card fresh from power-up may say 6F00 to its first command, a phone has no ISD.
        session.exchange("SELECT", &Self::select(Application::IssuerSecurityDomain))?;
        let mut answer = session.exchange("SELECT", &Self::select(application))?;
        if answer.status == StatusWord::NO_DIAGNOSIS {
            answer = session.exchange("SELECT", &Self::select(application))?;
        }
        match answer.status {
            StatusWord::DONE => Ok(session),
            StatusWord::NOT_FOUND => Err(CardError::NotAnIndividualNumberCard),
            status => Err(CardError::UnexpectedStatus { step: "SELECT", status }),
        }
    }

    fn select(application: Application) -> Command {
        Command::select_application(application.name())
    }

    /// Sends `command` once.
    pub(crate) fn exchange(&mut self, step: &'static str, command: &Command) -> Result<Response, CardError> {
        let answer = self.card.transmit(&command.encode())?;
        let answer =
            Response::parse(&answer).map_err(|fault| CardError::MalformedAnswer { step, fault: fault.into() })?;
        tracing::trace!(step, status = %answer.status, "card");
        Ok(answer)
    }

    /// Selects a file; the status is the caller's to judge.
    pub(crate) fn select_file(&mut self, file: File) -> Result<StatusWord, CardError> {
        Ok(self.exchange("SELECT", &Command::select_file(file.id()))?.status)
    }

    /// Reads up to `count` (1–256) bytes at `offset` of the current file; the card may give fewer, but not none.
    pub(crate) fn read(&mut self, offset: usize, count: usize) -> Result<Result<Vec<u8>, StatusWord>, CardError> {
        const STEP: &str = "READ BINARY";
        let answer = self.exchange(STEP, &Command::read_binary(offset as u16, count))?;
        let given = answer.data.len();
        match answer.status {
            StatusWord::DONE if (1..=count).contains(&given) => Ok(Ok(answer.data)),
            StatusWord::DONE => {
                Err(CardError::MalformedAnswer { step: STEP, fault: AnswerFault::WrongCount { asked: count, given } })
            }
            status => Ok(Err(status)),
        }
    }

    /// Reads the DER certificate at the start of `file` and leaves the filler behind it. `guard` is the PIN the card
    /// means when it answers 6982.
    pub(crate) fn read_certificate(&mut self, file: File, guard: Pin) -> Result<Vec<u8>, CardError> {
        const STEP: &str = "READ BINARY";
        let refused = |status| match status {
            StatusWord::SECURITY_NOT_SATISFIED => CardError::PinRequired { pin: guard },
            StatusWord::NOT_FOUND | StatusWord::OFFSET_PAST_END => CardError::NoCertificate,
            status => CardError::UnexpectedStatus { step: STEP, status },
        };
        let status = self.select_file(file)?;
        if !status.is_done() {
            return Err(refused(status));
        }
        let mut bytes = self.read(0, crate::apdu::MAX_ANSWER)?.map_err(refused)?;
        if bytes.iter().all(|&b| b == 0xFF) || bytes.iter().all(|&b| b == 0) {
            return Err(CardError::NoCertificate);
        }
        let malformed = |fault| CardError::MalformedAnswer { step: STEP, fault };
        // A short first answer must still hold the header; four bytes do for every certificate.
        let length = tlv::sequence_length(&bytes).map_err(|fault| malformed(fault.into()))?;
        if length > MAX_FILE {
            return Err(malformed(AnswerFault::TooLong(length)));
        }
        for _ in 0..MAX_READS {
            let Some(missing) = length.checked_sub(bytes.len()).filter(|&m| m > 0) else {
                bytes.truncate(length);
                return Ok(bytes);
            };
            let more = self.read(bytes.len(), missing.min(crate::apdu::MAX_ANSWER))?.map_err(refused)?;
            bytes.extend(more);
        }
        Err(malformed(AnswerFault::WrongCount { asked: length, given: bytes.len() }))
    }

    /// Tries left at the key reference `file`, which becomes the current file. Costs none.
    pub(crate) fn tries_left(&mut self, file: File, pin: Pin) -> Result<u8, CardError> {
        match self.select_file(file)? {
            StatusWord::DONE => {}
            StatusWord::NOT_FOUND => return Err(CardError::NoCertificate),
            status => return Err(CardError::UnexpectedStatus { step: "SELECT", status }),
        }
        let status = self.exchange("VERIFY query", &Command::query_tries())?.status;
        match status.as_tries_left() {
            Some(tries) => Ok(tries),
            None if status == StatusWord::AUTHENTICATION_BLOCKED => Ok(0),
            None => Err(CardError::CounterUnknown { pin }),
        }
    }

    /// Asks for the counter, then sends the secret at most once.
    pub(crate) fn verify(
        &mut self,
        file: File,
        pin: Pin,
        secret: &[u8],
        last_try: crate::pin::LastTry,
    ) -> Result<(), CardError> {
        match self.tries_left(file, pin)? {
            0 => return Err(CardError::PinLocked { pin }),
            1 if last_try == crate::pin::LastTry::Refuse => return Err(CardError::LastTryKept { pin }),
            _ => {}
        }
        let status = self.exchange("VERIFY", &Command::verify(secret))?.status;
        match status.as_tries_left() {
            Some(0) => Err(CardError::PinLocked { pin }),
            Some(tries_left) => Err(CardError::WrongPin { pin, tries_left }),
            None if status.is_done() => Ok(()),
            None if status == StatusWord::AUTHENTICATION_BLOCKED => Err(CardError::PinLocked { pin }),
            None => Err(CardError::UnexpectedStatus { step: "VERIFY", status }),
        }
    }

    /// Signs `input` with the private key `file`; `guard` is the PIN the card means when it answers 6982.
    pub(crate) fn sign(
        &mut self,
        file: File,
        guard: Pin,
        input: &[u8],
        signature_length: usize,
    ) -> Result<Vec<u8>, CardError> {
        const STEP: &str = "COMPUTE DIGITAL SIGNATURE";
        // PKCS#1 v1.5 takes at least 11 bytes of the modulus.
        if !(1..=signature_length - 11).contains(&input.len()) {
            return Err(CardError::UnsignableLength(input.len()));
        }
        let status = self.select_file(file)?;
        if !status.is_done() {
            return Err(CardError::UnexpectedStatus { step: "SELECT", status });
        }
        let answer = self.exchange(STEP, &Command::sign(input))?;
        match answer.status {
            StatusWord::DONE if answer.data.len() == signature_length => Ok(answer.data),
            StatusWord::DONE => Err(CardError::MalformedAnswer {
                step: STEP,
                fault: AnswerFault::WrongCount { asked: signature_length, given: answer.data.len() },
            }),
            StatusWord::SECURITY_NOT_SATISFIED => Err(CardError::PinRequired { pin: guard }),
            status => Err(CardError::UnexpectedStatus { step: STEP, status }),
        }
    }

    /// Clears the verified PINs and cuts the power, as far as the card is still there.
    pub(crate) fn end(&mut self) -> Result<(), CardError> {
        let left = self.exchange("SELECT", &Self::select(Application::IssuerSecurityDomain));
        self.card.power_off()?;
        left.map(|_| ())
    }
}
