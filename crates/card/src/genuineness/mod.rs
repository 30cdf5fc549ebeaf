//! Is this card genuine? (個人番号カード真正証明; 公的個人認証法 38条の4, 施行規則 64条の12第1項)
//!
//! For taps without a PIN: a certificate is public and can be copied to an emulator, but the private key in the card's
//! own applications cannot. Three signatures lead from an authority to the card on the reader:
//!
//! ```text
//!  authority's key (not on the card) ──signs──▶ card-verifiable certificate, file 0004: the municipality's key
//!  municipality's key ────────────────signs──▶ key record (input support 0007, surface 0001 and 0002): the card's key
//!  card's key ────────────────────────signs──▶ our challenge, without PIN
//! ```
//!
//! The first two are read once, with the PIN, when a card is enrolled ([`judge`]); later taps need only the third
//! ([`GenuinenessKey::verifies`]) against the key kept then. That the key kept is the one asked is what tells a *mixed*
//! card (another's certificate beside the attacker's own genuine card) from the card that was enrolled.
//!
//! Layouts: the `myna-card` survey of two test cards, whose parser reads our virtual cards in a test.

pub mod anchors;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};

pub use anchors::{AuthorityKey, AuthorityKind, GenuinenessAnchors};

use crate::record::Record;
use crate::signature::{SHA256_DIGEST_INFO, SIGNATURE_LENGTH};
use crate::tlv::{MalformedTlv, TlvFault, Tlvs};

/// Outer tag of a card-verifiable certificate.
pub const CERTIFICATE_TAG: u16 = 0x7F21;
/// The exponent of every key surveyed; another is refused.
const EXPONENT: [u8; 3] = [1, 0, 1];

/// Names a key: seven digits, two bytes, three digits, four bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyName(pub [u8; 16]);

impl std::fmt::Display for KeyName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.0[..7]))
    }
}

impl std::fmt::Debug for KeyName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "KeyName({self})")
    }
}

/// An RSA-2048 public key of a card or of who vouches for it. It is one person's for life: keep it as a credential is kept.
#[derive(Clone, PartialEq, Eq)]
pub struct GenuinenessKey {
    modulus: [u8; SIGNATURE_LENGTH],
}

impl GenuinenessKey {
    /// From its modulus, big-endian; the exponent is 65537.
    pub const fn from_modulus(modulus: [u8; SIGNATURE_LENGTH]) -> Self {
        Self { modulus }
    }

    /// Its modulus, big-endian: this is what is stored.
    pub const fn modulus(&self) -> &[u8; SIGNATURE_LENGTH] {
        &self.modulus
    }

    /// Reads `90 03 010001 91 82 0100 …`, which starts at `position` of its file.
    pub(crate) fn read(value: &[u8], position: usize) -> Result<Self, MalformedTlv> {
        let mut found = (None, None);
        for object in Tlvs::new(value) {
            let object = object.map_err(|fault| MalformedTlv { position: fault.position + position, ..fault })?;
            let twice = match object.tag {
                0x90 => found.0.replace(object).is_some(),
                0x91 => found.1.replace(object).is_some(),
                _ => false,
            };
            if twice {
                let position = object.value_position + position;
                return Err(MalformedTlv { position, reason: TlvFault::Twice(object.tag) });
            }
        }
        let missing = |tag| MalformedTlv { position: position + value.len(), reason: TlvFault::Missing(tag) };
        let (exponent, modulus) = (found.0.ok_or(missing(0x90))?, found.1.ok_or(missing(0x91))?);
        let at =
            |object: crate::tlv::Tlv<'_>, reason| MalformedTlv { position: object.value_position + position, reason };
        if exponent.value != EXPONENT {
            return Err(at(exponent, TlvFault::ValueForm));
        }
        let wrong = at(modulus, TlvFault::ValueLength);
        let modulus = <[u8; SIGNATURE_LENGTH]>::try_from(modulus.value).map_err(|_| wrong)?;
        // A shorter number in 256 bytes would be a weaker key.
        if modulus[0] & 0x80 == 0 { Err(wrong) } else { Ok(Self { modulus }) }
    }

    /// Whether `signature` is this key's over the SHA-256 of `message` (RSASSA-PKCS1-v1_5).
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        let key = RsaPublicKeyComponents { n: &self.modulus[..], e: &EXPONENT[..] };
        key.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature).is_ok()
    }

    /// The same over groups: one group as usual; several are hashed apart and their digests stand side by side in one
    /// DigestInfo, as only the card's front does.
    fn verifies_groups(&self, groups: &[Vec<u8>], signature: &[u8]) -> bool {
        if let [one] = groups {
            return self.verifies(one, signature);
        }
        let Some(signed) = grouped_digest_info(groups) else { return false };
        let (modulus, exponent) = (rsa::BigUint::from_bytes_be(&self.modulus), rsa::BigUint::from_bytes_be(&EXPONENT));
        // Verifying uses no private key, so the timing weakness of crate `rsa` says nothing here.
        rsa::RsaPublicKey::new(modulus, exponent)
            .and_then(|key| key.verify(rsa::Pkcs1v15Sign::new_unprefixed(), &signed, signature))
            .is_ok()
    }
}

impl std::fmt::Debug for GenuinenessKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("GenuinenessKey")
    }
}

/// `30 len 30 0D <SHA-256> 05 00 04 len <digests>`: a DigestInfo whose digest is several side by side.
pub(crate) fn grouped_digest_info(groups: &[Vec<u8>]) -> Option<Vec<u8>> {
    let digests: Vec<u8> = groups.iter().flat_map(|group| digest(&SHA256, group).as_ref().to_vec()).collect();
    let whole = u8::try_from(digests.len() + 17).ok().filter(|&length| length < 0x80)?;
    let algorithm = &SHA256_DIGEST_INFO[2..17];
    Some([&[0x30, whole][..], algorithm, &[0x04, digests.len() as u8], &digests].concat())
}

/// The card's own key and the municipality's signature that says so, as read and not yet judged.
#[derive(Clone, PartialEq, Eq)]
pub struct KeyRecord {
    key: GenuinenessKey,
    /// What is signed; more than one group only on the card's front.
    groups: Vec<Vec<u8>>,
    signature: Vec<u8>,
}

impl KeyRecord {
    /// Outer tag of the input-support application's record.
    pub(crate) const INPUT_SUPPORT_TAG: u16 = 0xFF50;

    pub(crate) fn read(
        record: &Record<'_>,
        key: u16,
        signature: u16,
        groups: Vec<Vec<u8>>,
    ) -> Result<Self, MalformedTlv> {
        let object = record.object(key)?;
        let key = GenuinenessKey::read(object.value, object.value_position)?;
        Ok(Self { key, groups, signature: record.object(signature)?.value.to_vec() })
    }

    /// Reads `FF50`{`DF51` key, `DF52` signature}.
    ///
    /// # Errors
    /// [`MalformedTlv`].
    pub fn read_input_support(file: &[u8]) -> Result<Self, MalformedTlv> {
        let record = Record::read(file, Self::INPUT_SUPPORT_TAG)?;
        Self::read(&record, 0xDF51, 0xDF52, vec![record.before(0xDF52)?.to_vec()])
    }
}

impl std::fmt::Debug for KeyRecord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("KeyRecord")
    }
}

/// The municipality's key, certified by an authority whose key is not on the card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardVerifiableCertificate {
    /// 証明者鍵ID.
    pub issuer: KeyName,
    /// 被証明者鍵ID.
    pub subject: KeyName,
    /// The certified key.
    pub key: GenuinenessKey,
    signed: Vec<u8>,
    signature: Vec<u8>,
}

impl CardVerifiableCertificate {
    /// Reads `7F21`{`5F4E` issuer 16 ‖ subject 16 ‖ key 265, `5F37` signature 256}.
    ///
    /// # Errors
    /// [`MalformedTlv`].
    pub fn read(file: &[u8]) -> Result<Self, MalformedTlv> {
        let record = Record::read(file, CERTIFICATE_TAG)?;
        let body = record.object(0x5F4E)?;
        let wrong = MalformedTlv { position: body.value_position, reason: TlvFault::ValueLength };
        let (issuer, rest) = body.value.split_first_chunk::<16>().ok_or(wrong)?;
        let (subject, key) = rest.split_first_chunk::<16>().ok_or(wrong)?;
        Ok(Self {
            issuer: KeyName(*issuer),
            subject: KeyName(*subject),
            key: GenuinenessKey::read(key, body.value_position + 32)?,
            signed: body.value.to_vec(),
            signature: record.object(0x5F37)?.value.to_vec(),
        })
    }
}

/// Why a card is not taken for genuine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotGenuine {
    /// The certificate is none.
    #[error("the card's own certificate is malformed: {0}")]
    Malformed(#[from] MalformedTlv),
    /// Who signed the certificate is not trusted here; nothing was checked.
    #[error("the authority {0} that certified the card is not known here")]
    UnknownAuthority(KeyName),
    /// The certificate is not the authority's.
    #[error("the card's own certificate is not signed by its authority")]
    CertificateSignature,
    /// The key on the card is not vouched for by the municipality.
    #[error("the card's key is not signed by the municipality")]
    RecordSignature,
    /// The card did not sign our challenge with that key: a copy of the files, or another card.
    #[error("the card could not prove that it is genuine")]
    NoProof,
}

/// A key that was found to be a genuine card's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GenuineCard {
    /// The card's own key.
    pub key: GenuinenessKey,
    /// Real or dummy authority.
    pub authority: AuthorityKind,
}

/// Walks from an authority to the card: certificate, record, and the proof that this card holds the key.
///
/// `challenge` is what was hashed for [`crate::applications::InputSupportSession::prove_genuine`].
///
/// # Errors
/// The first link that does not hold.
pub fn judge(
    certificate: &[u8],
    record: &KeyRecord,
    challenge: &[u8],
    proof: &[u8],
    anchors: &GenuinenessAnchors,
) -> Result<GenuineCard, NotGenuine> {
    let certificate = CardVerifiableCertificate::read(certificate)?;
    let authority = anchors.find(&certificate.issuer).ok_or(NotGenuine::UnknownAuthority(certificate.issuer))?;
    if !authority.key.verifies(&certificate.signed, &certificate.signature) {
        return Err(NotGenuine::CertificateSignature);
    }
    if !certificate.key.verifies_groups(&record.groups, &record.signature) {
        return Err(NotGenuine::RecordSignature);
    }
    if !record.key.verifies(challenge, proof) {
        return Err(NotGenuine::NoProof);
    }
    Ok(GenuineCard { key: record.key.clone(), authority: authority.kind })
}
