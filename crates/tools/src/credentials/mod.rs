//! Credentials (証明書・カードなど本人を示すもの): many may point to one person.
//!
//! For every front at which somebody taps a card. A certificate's serial number is never a person's key and is never
//! stored: only a keyed hash of *issuer key id and serial* is, so that a copied table names nobody
//! (公的個人認証法 52条, 53条, 63条; specs card-jpki §2.1).
//!
//! ```text
//!  VerifiedCard (pki) ─► keyed hash ─► credentials row ─► ResidentId
//!                                          └─ on hold / lost / superseded / expired ─► CredentialRefusal
//! ```

use base::{Id, Kind, Seams, Timestamp};
use pki::CertificateId;
use pki::challenge::VerifiedCard;
use store::sealing::{SealError, Vault};
use store::{StoreError, Tx};

use crate::access::Actor;
use crate::audit;
use crate::resident_id::ResidentId;

/// Separates these hashes from every other use of the look-up key.
const HASH_PURPOSE: &str = "credential.user_authentication_certificate";

/// What kind of thing shows who somebody is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CredentialKind {
    /// The user-authentication certificate (利用者証明用電子証明書) on an Individual Number Card.
    JpkiCard,
    /// The same on a phone (スマホ用電子証明書).
    JpkiPhone,
}

impl CredentialKind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::JpkiCard => "jpki_card",
            Self::JpkiPhone => "jpki_phone",
        }
    }
}

/// Where a credential stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CredentialStatus {
    /// May be used.
    Active,
    /// Stopped for the time being, by the person or an officer (一時停止).
    OnHold,
    /// Reported lost (紛失).
    Lost,
    /// Replaced by a newer one (更新).
    Superseded,
}

impl CredentialStatus {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::OnHold => "on_hold",
            Self::Lost => "lost",
            Self::Superseded => "superseded",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [Self::Active, Self::OnHold, Self::Lost, Self::Superseded].into_iter().find(|s| s.as_str() == text)
    }
}

/// Why a card that verified still opens nothing. These are about the card, never about the register, so each may have
/// its own message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CredentialRefusal {
    /// The city does not know this certificate: not enrolled, or renewed since.
    #[error("this certificate is not linked to a resident of this city")]
    Unknown,
    /// Held (一時停止).
    #[error("this card is on hold")]
    OnHold,
    /// Reported lost.
    #[error("this card was reported lost")]
    Lost,
    /// A newer card replaced it.
    #[error("a newer card replaced this one")]
    Superseded,
    /// Its link ended.
    #[error("the link of this card has expired")]
    Expired,
    /// The same signed challenge came a second time.
    #[error("this signature was used before")]
    Replayed,
}

/// What can go wrong beneath.
#[derive(Debug, thiserror::Error)]
pub enum CredentialError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The key store.
    #[error(transparent)]
    Vault(#[from] SealError),
}

impl CredentialError {
    /// What it means to the caller.
    pub const fn kind(&self) -> Kind {
        Kind::Unavailable
    }
}

/// A resident known by a signature that was verified at this moment. Only [`find_person`] makes one, so no posted id can
/// ever become an applicant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedPerson {
    resident: ResidentId,
}

impl VerifiedPerson {
    /// Who.
    pub const fn resident(&self) -> &ResidentId {
        &self.resident
    }
}

fn canonical(certificate: &CertificateId) -> Vec<u8> {
    // Both parts carry their length, so that no two certificates share one canonical form.
    let mut bytes = Vec::new();
    for part in [certificate.issuer_key_id.as_slice(), certificate.serial.as_slice()] {
        bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
        bytes.extend_from_slice(part);
    }
    bytes
}

/// Which person a certificate is linked to, as what, and until when.
#[derive(Clone, Copy, Debug)]
pub struct Link<'a> {
    /// Whose it is.
    pub resident: &'a ResidentId,
    /// What kind of thing.
    pub kind: CredentialKind,
    /// The end of the certificate's validity.
    pub valid_until: Timestamp,
}

/// Links a certificate to a resident. Linking the same certificate again changes nothing and returns the same id.
///
/// # Errors
/// The database or the key store.
pub fn enrol(
    tx: &mut Tx<'_>,
    vault: &Vault,
    seams: &Seams,
    actor: &Actor,
    link: &Link<'_>,
    certificate: &CertificateId,
) -> Result<Id, CredentialError> {
    let bytes = canonical(certificate);
    for hash in vault.keyed_hashes(HASH_PURPOSE, &bytes)? {
        let found = tx.query_one(
            "SELECT credential_id FROM credentials WHERE key_id = $1 AND hash = $2",
            &[hash.key_id.into(), hash.hash.as_slice().into()],
        )?;
        if let Some(row) = found {
            return Ok(row.id(0)?);
        }
    }
    let id = seams.time_ordered_id();
    let hash = vault.keyed_hash(HASH_PURPOSE, &bytes)?;
    let now = seams.now();
    tx.execute(
        "INSERT INTO credentials (credential_id, resident_id, kind, key_id, hash, status, status_since, valid_until, \
         superseded_by, enrolled_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, NULL, $9)",
        &[
            id.into(),
            link.resident.as_str().into(),
            link.kind.as_str().into(),
            hash.key_id.into(),
            hash.hash.as_slice().into(),
            CredentialStatus::Active.as_str().into(),
            now.into(),
            link.valid_until.into(),
            now.into(),
        ],
    )?;
    audit::append(tx, seams, actor, audit::Event::CredentialEnrolled, &[("credential", &id.to_string())])?;
    Ok(id)
}

/// The person behind a verified signature. All live look-up keys are tried, newest first, so that a rotation loses
/// nobody.
///
/// # Errors
/// Outer: the database or the key store. Inner: why this credential opens nothing.
pub fn find_person(
    tx: &mut Tx<'_>,
    vault: &Vault,
    now: Timestamp,
    card: &VerifiedCard,
) -> Result<Result<VerifiedPerson, CredentialRefusal>, CredentialError> {
    let bytes = canonical(&card.certificate_id);
    for hash in vault.keyed_hashes(HASH_PURPOSE, &bytes)? {
        let found = tx.query_one(
            "SELECT resident_id, status, valid_until FROM credentials WHERE key_id = $1 AND hash = $2",
            &[hash.key_id.into(), hash.hash.as_slice().into()],
        )?;
        let Some(row) = found else { continue };
        let refusal = match CredentialStatus::parse(row.text(1)?) {
            Some(CredentialStatus::Active) if row.timestamp(2)? <= now => Some(CredentialRefusal::Expired),
            Some(CredentialStatus::Active) => None,
            Some(CredentialStatus::OnHold) => Some(CredentialRefusal::OnHold),
            Some(CredentialStatus::Lost) => Some(CredentialRefusal::Lost),
            Some(CredentialStatus::Superseded) => Some(CredentialRefusal::Superseded),
            // An unknown word fails closed.
            None => Some(CredentialRefusal::OnHold),
        };
        return Ok(match refusal {
            Some(refusal) => Err(refusal),
            None => ResidentId::parse(row.text(0)?)
                .map(|resident| VerifiedPerson { resident })
                .map_err(|_| CredentialRefusal::Unknown),
        });
    }
    Ok(Err(CredentialRefusal::Unknown))
}

/// Changes where a credential stands, e.g. when its card is reported lost. Returns whether there was such a credential.
///
/// # Errors
/// The database.
pub fn set_status(
    tx: &mut Tx<'_>,
    seams: &Seams,
    actor: &Actor,
    credential: Id,
    status: CredentialStatus,
) -> Result<bool, CredentialError> {
    let changed = tx.execute(
        "UPDATE credentials SET status = $1, status_since = $2 WHERE credential_id = $3",
        &[status.as_str().into(), seams.now().into(), credential.into()],
    )?;
    if changed == 1 && status != CredentialStatus::Active {
        let details = [("credential", credential.to_string()), ("status", status.as_str().to_owned())];
        let details = details.each_ref().map(|(name, value)| (*name, value.as_str()));
        audit::append(tx, seams, actor, audit::Event::CredentialStopped, &details)?;
    }
    Ok(changed == 1)
}

/// Marks a challenge as used. A second use, in whatever process, is [`CredentialRefusal::Replayed`].
///
/// `forget_at` is when the challenge would be refused as too old anyway; older rows are swept here.
///
/// # Errors
/// Outer: the database. Inner: it was used before.
pub fn use_challenge_once(
    tx: &mut Tx<'_>,
    digest: &[u8],
    now: Timestamp,
    forget_at: Timestamp,
) -> Result<Result<(), CredentialRefusal>, CredentialError> {
    tx.queue("DELETE FROM used_challenges WHERE forget_at < $1", &[now.into()])?;
    let inserted = tx.execute(
        "INSERT INTO used_challenges (digest, forget_at) VALUES ($1, $2) ON CONFLICT (digest) DO NOTHING",
        &[digest.into(), forget_at.into()],
    )?;
    Ok(if inserted == 1 { Ok(()) } else { Err(CredentialRefusal::Replayed) })
}
