//! What a card signs to prove who taps, and the whole check of that signature.
//!
//! For: kiosks, counters, portals. By: 公的個人認証法 (利用者証明検証者). The signed bytes name the use, the audience, the
//! terminal and the time, so that a signature made for one purpose is worth nothing for another.
//!
//! ```text
//!  server                        card                         server
//!  Challenge ── signed_bytes ──▶ RSA sign (PIN) ── signature ─▶ audience, age ▶ judge ▶ signature ▶ revocation ▶ VerifiedCard
//! ```
//!
//! The nonce must be used once only: the caller removes the challenge from its store in the same step that uses it.

use base::{Seams, Timestamp};

use crate::SignatureAlgorithm;
use crate::algorithm::sha256;
use crate::anchors::{AnchorKind, TrustAnchors};
use crate::certificate::CertificateId;
use crate::jpki_profile::{self, CertificateKind, CertificateRefusal, JudgedCertificate};
use crate::revocation::{RevocationReason, SourceKind, Standing, StatusError, StatusSource};

/// Separates these signatures from every other use of the key.
pub const DOMAIN: &str = "yakuba-user-authentication-v1";

/// Separates the proof that a card is genuine (a tap without PIN) from the proof of who taps.
pub const GENUINENESS_DOMAIN: &str = "yakuba-card-genuineness-v1";

/// A card's answer is taken for this long after the challenge was made. Long enough for a PIN typed slowly.
pub const MAX_AGE_SECONDS: i64 = 180;

/// What a card is asked to sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    /// Who will check: a service's name, e.g. `kiosk.shirakawa.example`.
    pub audience: String,
    /// Random, used once.
    pub nonce: [u8; 32],
    /// When the server made it.
    pub issued_at: Timestamp,
    /// Which terminal it was made for.
    pub terminal: String,
}

impl Challenge {
    /// A fresh challenge.
    pub fn new(seams: &Seams, audience: impl Into<String>, terminal: impl Into<String>) -> Self {
        Self {
            audience: audience.into(),
            nonce: seams.random.bytes(),
            issued_at: seams.now(),
            terminal: terminal.into(),
        }
    }

    /// The bytes the card signs (it hashes them with SHA-256): domain, audience, nonce, time in µs, terminal, each text
    /// with its length before it, so that no two challenges have the same bytes.
    pub fn signed_bytes(&self) -> Vec<u8> {
        self.bytes_for(DOMAIN)
    }

    /// The same for the card's own key, which signs without PIN: its signature proves a genuine card, and nobody's will.
    pub fn genuineness_bytes(&self) -> Vec<u8> {
        self.bytes_for(GENUINENESS_DOMAIN)
    }

    /// SHA-256 of [`Self::genuineness_bytes`].
    pub fn genuineness_digest(&self) -> [u8; 32] {
        sha256(&self.genuineness_bytes())
    }

    fn bytes_for(&self, domain: &str) -> Vec<u8> {
        let mut out = Vec::with_capacity(128);
        for text in [domain.as_bytes(), self.audience.as_bytes(), self.terminal.as_bytes()] {
            out.extend_from_slice(&(text.len() as u64).to_be_bytes());
            out.extend_from_slice(text);
        }
        out.extend_from_slice(&self.nonce);
        out.extend_from_slice(&self.issued_at.micros().to_be_bytes());
        out
    }

    /// SHA-256 of [`Self::signed_bytes`], for cards that take a hash.
    pub fn digest(&self) -> [u8; 32] {
        sha256(&self.signed_bytes())
    }
}

/// What a card handed over.
#[derive(Clone, Copy)]
pub struct PresentedCard<'a> {
    /// The user authentication certificate, DER.
    pub certificate: &'a [u8],
    /// Its signature over the challenge.
    pub signature: &'a [u8],
}

/// For whom and where the check is made.
#[derive(Clone, Copy, Debug)]
pub struct Expectation<'a> {
    /// The audience of the service that checks.
    pub audience: &'a str,
    /// The terminal at which the person stands.
    pub terminal: &'a str,
}

/// Why a card was not accepted. All are about the card and the exchange, none about the person in the register.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CardRefusal {
    /// The challenge was made for another service.
    #[error("the challenge was made for another service")]
    WrongAudience,
    /// The challenge was made for another terminal.
    #[error("the challenge was made for another terminal")]
    WrongTerminal,
    /// The challenge is too old, or dated in the future.
    #[error("the challenge is no longer valid")]
    StaleChallenge,
    /// The certificate is refused.
    #[error(transparent)]
    Certificate(#[from] CertificateRefusal),
    /// The card's signature is not over this challenge by this certificate's key.
    #[error("the card's signature does not fit the challenge")]
    WrongSignature,
    /// Revoked.
    #[error("the certificate has been revoked")]
    Revoked {
        /// Why, as the CA says.
        reason: RevocationReason,
        /// Since when.
        since: Timestamp,
    },
    /// Stopped on suspicion.
    #[error("the certificate is on hold")]
    OnHold {
        /// Since when.
        since: Timestamp,
    },
    /// Whether it is revoked could not be learned, so nothing is issued.
    #[error("the certificate's status could not be checked: {0}")]
    StatusUnknown(#[from] StatusError),
}

/// A card that proved itself with its holder's PIN. Only [`verify_user_authentication`] makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedCard(ShownCard);

impl std::ops::Deref for VerifiedCard {
    type Target = ShownCard;

    fn deref(&self) -> &ShownCard {
        &self.0
    }
}

/// A certificate that is sound and not revoked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownCard {
    /// Which certificate; to be looked up under a keyed hash.
    pub certificate_id: CertificateId,
    /// Last instant of its validity.
    pub not_after: Timestamp,
    /// Real or dummy CA.
    pub anchor: AnchorKind,
    /// How revocation was checked.
    pub status_source: SourceKind,
    /// For which instant that source spoke.
    pub status_as_of: Timestamp,
}

/// Checks a card's answer to `challenge`: audience, terminal and age, certificate, signature, revocation.
///
/// The caller has looked the challenge up by its nonce and consumed it; this function keeps no state.
///
/// # Errors
/// The first reason to refuse.
pub fn verify_user_authentication(
    card: PresentedCard<'_>,
    challenge: &Challenge,
    expected: Expectation<'_>,
    anchors: &TrustAnchors,
    source: &dyn StatusSource,
    now: Timestamp,
) -> Result<VerifiedCard, CardRefusal> {
    check_challenge(challenge, expected, now)?;
    let certificate = jpki_profile::judge(card.certificate, CertificateKind::UserAuthentication, anchors, now)?;
    check_signature(&certificate, &challenge.signed_bytes(), card.signature)?;
    judge_standing(&certificate, source, now).map(VerifiedCard)
}

/// A user-authentication certificate that is sound and not revoked, **shown but not proved**: anyone can copy one from a
/// card. What may be concluded from it is decided where the card's own proof and the law of taps are known.
///
/// # Errors
/// The first reason to refuse.
pub fn check_shown_certificate(
    certificate: &[u8],
    anchors: &TrustAnchors,
    source: &dyn StatusSource,
    now: Timestamp,
) -> Result<ShownCard, CardRefusal> {
    let certificate = jpki_profile::judge(certificate, CertificateKind::UserAuthentication, anchors, now)?;
    judge_standing(&certificate, source, now)
}

fn judge_standing(
    certificate: &JudgedCertificate,
    source: &dyn StatusSource,
    now: Timestamp,
) -> Result<ShownCard, CardRefusal> {
    let status = source.status(certificate, now)?;
    match status.standing {
        Standing::Good => Ok(ShownCard {
            certificate_id: certificate.id.clone(),
            not_after: certificate.not_after,
            anchor: certificate.issuer.kind(),
            status_source: status.source,
            status_as_of: status.as_of,
        }),
        Standing::Revoked { reason: RevocationReason::CertificateHold, since } => Err(CardRefusal::OnHold { since }),
        Standing::Revoked { reason, since } => Err(CardRefusal::Revoked { reason, since }),
    }
}

/// Checks that a challenge was made for this service, at this terminal, and not long ago.
///
/// # Errors
/// [`CardRefusal::WrongAudience`], [`CardRefusal::WrongTerminal`], [`CardRefusal::StaleChallenge`].
pub fn check_challenge(challenge: &Challenge, expected: Expectation<'_>, now: Timestamp) -> Result<(), CardRefusal> {
    if challenge.audience != expected.audience {
        return Err(CardRefusal::WrongAudience);
    }
    if challenge.terminal != expected.terminal {
        return Err(CardRefusal::WrongTerminal);
    }
    // Our own clock made the challenge; it may have stepped back a little since.
    if !(-1..=MAX_AGE_SECONDS).contains(&now.seconds_since(challenge.issued_at)) {
        return Err(CardRefusal::StaleChallenge);
    }
    Ok(())
}

fn check_signature(certificate: &JudgedCertificate, message: &[u8], signature: &[u8]) -> Result<(), CardRefusal> {
    let algorithm = SignatureAlgorithm::for_key(&certificate.public_key).ok().flatten();
    match algorithm {
        Some(algorithm) if algorithm.verifies(&certificate.public_key, message, signature) => Ok(()),
        _ => Err(CardRefusal::WrongSignature),
    }
}
