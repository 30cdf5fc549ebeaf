//! What kinds of thing show who somebody is, and what each is worth. To add a kind, add a line and its [`Token`] form.
//!
//! | kind | without PIN | copies | an unattended terminal |
//! |---|---|---|---|
//! | card with certificate | by the law of taps | refused by the card's own key | only with PIN |
//! | phone with certificate | never (規則 64条の12: the card only) | – | only with PIN |
//! | city application on the chip, issued tag, transit card, signed code | yes | see [`CredentialKind::is_clone_proof`] | as the service decides |

use pki::CertificateId;

use super::numbers::TagNumber;

/// What kind of thing shows who somebody is. The codes are stored; never change one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CredentialKind {
    /// The user-authentication certificate (利用者証明用電子証明書) on an Individual Number Card.
    JpkiCard,
    /// The same on a phone (スマホ用電子証明書).
    JpkiPhone,
    /// The city's own application in the free area of the chip (条例利用アプリ), known by its number.
    CityApplication,
    /// The number of a transit card (交通系ICカードのIDm): readable by anyone, easily copied.
    TransitCard,
    /// A tag the city issued (NFCタグ), known by its number: readable by anyone near it.
    Tag,
    /// A printed code that the city signed (印刷した署名付き二次元コード).
    SignedCode,
}

impl CredentialKind {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::JpkiCard, Self::JpkiPhone, Self::CityApplication, Self::TransitCard, Self::Tag, Self::SignedCode];

    /// The stored code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::JpkiCard => "jpki_card",
            Self::JpkiPhone => "jpki_phone",
            Self::CityApplication => "city_application",
            Self::TransitCard => "transit_card",
            Self::Tag => "tag",
            Self::SignedCode => "signed_code",
        }
    }

    /// The kind with this stored code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// Key of the words shown for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::JpkiCard => "credential-jpki-card",
            Self::JpkiPhone => "credential-jpki-phone",
            Self::CityApplication => "credential-city-application",
            Self::TransitCard => "credential-transit-card",
            Self::Tag => "credential-tag",
            Self::SignedCode => "credential-signed-code",
        }
    }

    /// Whether it proves itself by a key that does not leave it, or is known by what anyone near it can read. The number of
    /// the city's own application comes only through a channel in which card and terminal have proved themselves
    /// ([`crate::city_application::read_at_terminal`]); but the key by which the card does so is **shared by all cards** of
    /// the city: whoever reads it out of one chip can imitate another whose number they know. It is renewed card by card.
    pub const fn is_clone_proof(self) -> bool {
        matches!(self, Self::JpkiCard | Self::JpkiPhone | Self::CityApplication)
    }

    /// Whether it is one more thing that the counter hands out and takes back, so that it may serve another person later.
    pub const fn may_be_handed_on(self) -> bool {
        matches!(self, Self::Tag | Self::TransitCard)
    }

    /// Whether it is one of the two whose holder a PIN proves.
    pub const fn has_certificate(self) -> bool {
        matches!(self, Self::JpkiCard | Self::JpkiPhone)
    }
}

/// What is read from a thing without a certificate, in the form that is hashed.
#[derive(Clone, PartialEq, Eq)]
pub enum Token {
    /// The number the city's own application carries, 16 random bytes.
    CityApplication([u8; 16]),
    /// IDm, eight bytes.
    TransitCard([u8; 8]),
    /// The number of a tag.
    Tag(TagNumber),
    /// The number in a signed code, 16 random bytes. The signature was checked before.
    SignedCode([u8; 16]),
}

impl Token {
    /// Its kind.
    pub const fn kind(&self) -> CredentialKind {
        match self {
            Self::CityApplication(_) => CredentialKind::CityApplication,
            Self::TransitCard(_) => CredentialKind::TransitCard,
            Self::Tag(_) => CredentialKind::Tag,
            Self::SignedCode(_) => CredentialKind::SignedCode,
        }
    }

    /// Keeps the hashes of one kind apart from those of every other.
    pub(super) const fn hash_purpose(&self) -> &'static str {
        match self {
            Self::CityApplication(_) => "credential.city_application",
            Self::TransitCard(_) => "credential.transit_card",
            Self::Tag(_) => "credential.tag",
            Self::SignedCode(_) => "credential.signed_code",
        }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        match self {
            Self::TransitCard(bytes) => bytes,
            Self::Tag(number) => number.bytes(),
            Self::CityApplication(bytes) | Self::SignedCode(bytes) => bytes,
        }
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Token({:?})", self.kind())
    }
}

/// Separates certificate hashes from every other use of the look-up key. Card and phone share it: their serial numbers
/// come from one authority.
pub(super) const CERTIFICATE_PURPOSE: &str = "credential.user_authentication_certificate";

/// Issuer's key and serial number, each with its length, so that no two certificates share one form.
pub fn certificate_bytes(certificate: &CertificateId) -> Vec<u8> {
    let mut bytes = Vec::new();
    for part in [certificate.issuer_key_id.as_slice(), certificate.serial.as_slice()] {
        bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
        bytes.extend_from_slice(part);
    }
    bytes
}
