//! The closed list of what this client may select: applications, and in each the files. See the crate's invariant.
//!
//! Not listed, and why:
//!
//! | file | why it is never opened |
//! |---|---|
//! | input support 0001 | holds the Individual Number (個人番号) |
//! | input support 0003 | holds its SHA-256: twelve digits are found from their hash in minutes, so the hash is the number |
//! | input support 0014, surface 0013 | verification code A (照合番号A): the code *is* the number |
//! | surface 0005 | a picture of the number |
//! | 住基AP, 共通カードAP | undocumented; nothing a city service may build on |
//!
//! Identifiers: OpenSC and three other public clients for JPKI; the `myna-card` survey of two test cards for the others.

/// The applications this client may select. Closed on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Application {
    /// The issuer security domain, a neutral place where no PIN counts as verified.
    IssuerSecurityDomain,
    /// 公的個人認証AP.
    PublicPersonalAuthentication,
    /// 券面事項入力補助AP.
    InputSupport,
    /// 券面事項確認AP.
    Surface,
}

impl Application {
    /// Its name on the card (DF name, AID).
    pub const fn name(self) -> &'static [u8] {
        match self {
            Self::IssuerSecurityDomain => &[0xA0, 0x00, 0x00, 0x01, 0x51, 0x00, 0x00],
            Self::PublicPersonalAuthentication => &[0xD3, 0x92, 0xF0, 0x00, 0x26, 0x01, 0x00, 0x00, 0x00, 0x01],
            Self::InputSupport => &[0xD3, 0x92, 0x10, 0x00, 0x31, 0x00, 0x01, 0x01, 0x04, 0x08],
            Self::Surface => &[0xD3, 0x92, 0x10, 0x00, 0x31, 0x00, 0x01, 0x01, 0x04, 0x02],
        }
    }
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::JpkiFile {}
    impl Sealed for super::InputSupportFile {}
    impl Sealed for super::SurfaceFile {}
}

/// A file of one application. Sealed: nobody outside adds one.
pub trait CardFile: Copy + sealed::Sealed {
    /// The application it belongs to.
    const APPLICATION: Application;

    /// Its identifier.
    fn id(self) -> u16;
}

/// Files of the application for public personal authentication (公的個人認証AP).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JpkiFile {
    /// 署名用電子証明書; readable only after the signing password, for it holds name, address, birth date and sex.
    SigningCertificate,
    /// 署名用CA証明書.
    SigningCaCertificate,
    /// Token information; its first 32 bytes tell the kind of device.
    TokenInformation,
    /// Three bytes that tell which certificates are there.
    CertificatePresence,
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

impl CardFile for JpkiFile {
    const APPLICATION: Application = Application::PublicPersonalAuthentication;

    fn id(self) -> u16 {
        match self {
            Self::SigningCertificate => 0x0001,
            Self::SigningCaCertificate => 0x0002,
            Self::TokenInformation => 0x0006,
            Self::CertificatePresence => 0x0008,
            Self::UserAuthenticationCertificate => 0x000A,
            Self::UserAuthenticationCaCertificate => 0x000B,
            Self::UserAuthenticationKey => 0x0017,
            Self::UserAuthenticationPin => 0x0018,
            Self::SigningKey => 0x001A,
            Self::SigningPassword => 0x001B,
        }
    }
}

/// Files of the input-support application (券面事項入力補助AP).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InputSupportFile {
    /// 基本4情報: name, address, birth date, sex.
    BasicAttributes,
    /// The municipality's card-verifiable certificate; free.
    Certificate,
    /// Versions and a key's name; free.
    BasicInformation,
    /// The key a terminal would encrypt a session key to.
    SessionKey,
    /// The card's own public key, signed by the municipality.
    GenuinenessKey,
    /// 券面事項入力補助用 PIN.
    Pin,
    /// 照合番号B.
    VerificationCodeB,
}

impl CardFile for InputSupportFile {
    const APPLICATION: Application = Application::InputSupport;

    fn id(self) -> u16 {
        match self {
            Self::BasicAttributes => 0x0002,
            Self::Certificate => 0x0004,
            Self::BasicInformation => 0x0005,
            Self::SessionKey => 0x0006,
            Self::GenuinenessKey => 0x0007,
            Self::Pin => 0x0011,
            Self::VerificationCodeB => 0x0015,
        }
    }
}

/// Files of the surface application (券面事項確認AP).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SurfaceFile {
    /// Birth date and the card's public key, signed.
    AgeRecord,
    /// What is printed on the front: birth date, sex, pictures of name and address, portrait, expiry.
    CardFace,
    /// Versions, key names and the municipality's code; free.
    BasicInformation,
    /// The municipality's card-verifiable certificate; free.
    Certificate,
    /// The birth date as a key.
    BirthDate,
    /// 照合番号B.
    VerificationCodeB,
}

impl CardFile for SurfaceFile {
    const APPLICATION: Application = Application::Surface;

    fn id(self) -> u16 {
        match self {
            Self::AgeRecord => 0x0001,
            Self::CardFace => 0x0002,
            Self::BasicInformation => 0x0003,
            Self::Certificate => 0x0004,
            Self::BirthDate => 0x0011,
            Self::VerificationCodeB => 0x0012,
        }
    }
}
