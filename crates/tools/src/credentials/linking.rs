//! Linking a thing to a person, and finding the person again.

use base::{Id, Seams, Timestamp};
use card::genuineness::GenuinenessKey;
use pki::CertificateId;
use pki::challenge::VerifiedCard;
use store::sealing::Vault;
use store::{Row, Tx, Value};

use super::kinds::{CERTIFICATE_PURPOSE, CredentialKind, Token, certificate_bytes};
use super::{CredentialError, CredentialRefusal, CredentialStatus};
use crate::access::Actor;
use crate::audit::{self, Event};
use crate::resident_id::ResidentId;

/// Column name for sealing a card's own key.
pub(super) const GENUINENESS_COLUMN: &str = "credentials.genuineness";

/// A resident known by a signature with PIN that was verified at this moment. Only [`find_person`] makes one, so no
/// posted id can ever become an applicant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedPerson {
    resident: ResidentId,
    credential: Id,
}

impl VerifiedPerson {
    /// Who.
    pub const fn resident(&self) -> &ResidentId {
        &self.resident
    }

    /// By which credential.
    pub const fn credential(&self) -> Id {
        self.credential
    }
}

/// A resident known by a thing that anybody may carry: a tag, a transit card, a printed code. Only [`find_token`] makes
/// one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PresentedPerson {
    resident: ResidentId,
    kind: CredentialKind,
}

impl PresentedPerson {
    /// Who.
    pub const fn resident(&self) -> &ResidentId {
        &self.resident
    }

    /// By what: a service decides what that is worth.
    pub const fn kind(&self) -> CredentialKind {
        self.kind
    }
}

/// A word by which its holder knows a tag or code again; empty is none.
#[derive(Clone, Copy, Debug, Default)]
pub struct Mark<'a>(Option<&'a str>);

impl<'a> Mark<'a> {
    /// Longest in characters.
    pub const MAX: usize = 20;

    /// Of what was typed.
    pub fn of(typed: Option<&'a str>) -> Self {
        Self(typed.map(str::trim).filter(|word| !word.is_empty()))
    }
}

/// Column name for sealing the word.
pub(super) const MARK_COLUMN: &str = "credentials.mark";

/// Which person a certificate is linked to, as what, and until when.
#[derive(Clone, Copy, Debug)]
pub struct Link<'a> {
    /// Whose it is.
    pub resident: &'a ResidentId,
    /// What kind of thing.
    pub kind: CredentialKind,
    /// The end of the certificate's validity.
    pub valid_until: Timestamp,
    /// The card's own key, where it proved itself genuine at this moment: lets it be tapped without PIN later.
    pub genuineness: Option<&'a GenuinenessKey>,
}

/// A link that is there now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Enrolled {
    /// The credential.
    pub credential: Id,
    /// Whether it is new, or a thing without a certificate whose time was over. An old certificate had its proof and, where
    /// given, the card's key renewed; an old thing was left as it was.
    pub is_new: bool,
}

/// Why no link was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinkRefusal {
    /// It is linked to somebody else: two people cannot share one card.
    #[error("this card is linked to another person")]
    AnotherPerson,
    /// It is linked, but stopped; staff resume it with the holder present, or not at all.
    #[error("this card is linked, but stopped")]
    Stopped(CredentialStatus),
}

/// Links a certificate, proved by PIN or signature at this moment, to a resident.
///
/// # Errors
/// Outer: the database or the key store. Inner: why it was not linked.
pub fn enrol(
    tx: &mut Tx<'_>,
    vault: &Vault,
    seams: &Seams,
    actor: &Actor,
    link: &Link<'_>,
    certificate: &CertificateId,
) -> Result<Result<Enrolled, LinkRefusal>, CredentialError> {
    let bytes = certificate_bytes(certificate);
    insert(tx, vault, seams, actor, link, CERTIFICATE_PURPOSE, &bytes)
}

/// Links a thing without a certificate.
///
/// # Errors
/// As [`enrol`].
pub fn enrol_token(
    tx: &mut Tx<'_>,
    vault: &Vault,
    seams: &Seams,
    actor: &Actor,
    resident: &ResidentId,
    valid_until: Timestamp,
    token: &Token,
) -> Result<Result<Enrolled, LinkRefusal>, CredentialError> {
    enrol_marked(tx, vault, seams, actor, resident, valid_until, token, Mark::default())
}

/// Links a thing without a certificate, with a word by which its holder knows it again.
///
/// # Errors
/// As [`enrol`].
#[expect(clippy::too_many_arguments, reason = "the means, who, whose, until when, what")]
pub fn enrol_marked(
    tx: &mut Tx<'_>,
    vault: &Vault,
    seams: &Seams,
    actor: &Actor,
    resident: &ResidentId,
    valid_until: Timestamp,
    token: &Token,
    mark: Mark<'_>,
) -> Result<Result<Enrolled, LinkRefusal>, CredentialError> {
    let link = Link { resident, kind: token.kind(), valid_until, genuineness: None };
    let linked = insert(tx, vault, seams, actor, &link, token.hash_purpose(), token.bytes())?;
    if let (Ok(Enrolled { credential, is_new: true }), Some(word)) = (linked, mark.0) {
        let sealed = vault.seal(resident.as_str(), MARK_COLUMN, word.as_bytes())?;
        tx.execute(
            "UPDATE credentials SET mark = $2 WHERE credential_id = $1",
            &[credential.into(), sealed.as_slice().into()],
        )?;
    }
    Ok(linked)
}

fn insert(
    tx: &mut Tx<'_>,
    vault: &Vault,
    seams: &Seams,
    actor: &Actor,
    link: &Link<'_>,
    purpose: &'static str,
    bytes: &[u8],
) -> Result<Result<Enrolled, LinkRefusal>, CredentialError> {
    let now = seams.now();
    let sealed = link
        .genuineness
        .map(|key| vault.seal(link.resident.as_str(), GENUINENESS_COLUMN, key.modulus()))
        .transpose()?;
    if let Some(found) = lookup(tx, vault, purpose, bytes)? {
        if found.resident.as_ref() != Some(link.resident) {
            return Ok(Err(LinkRefusal::AnotherPerson));
        }
        if found.status != CredentialStatus::Active {
            return Ok(Err(LinkRefusal::Stopped(found.status)));
        }
        if !link.kind.has_certificate() {
            let is_over = found.valid_until <= now;
            if is_over {
                tx.execute(
                    "UPDATE credentials SET valid_until = $2, status_since = $3, enrolled_at = $3 WHERE credential_id = $1",
                    &[found.credential.into(), link.valid_until.into(), now.into()],
                )?;
                note_enrolled(tx, seams, actor, found.credential, link.kind)?;
            }
            return Ok(Ok(Enrolled { credential: found.credential, is_new: is_over }));
        }
        tx.execute(
            "UPDATE credentials SET proved_at = $2, genuineness = COALESCE($3, genuineness) WHERE credential_id = $1",
            &[found.credential.into(), now.into(), sealed.into()],
        )?;
        return Ok(Ok(Enrolled { credential: found.credential, is_new: false }));
    }
    let credential = seams.time_ordered_id();
    let hash = vault.keyed_hash(purpose, bytes)?;
    let proved_at = if link.kind.has_certificate() { Value::from(now) } else { Value::Null };
    tx.execute(
        "INSERT INTO credentials (credential_id, resident_id, kind, key_id, hash, status, status_since, valid_until, \
         superseded_by, enrolled_at, proved_at, genuineness) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, NULL, $7, $9, $10)",
        &[
            credential.into(),
            link.resident.as_str().into(),
            link.kind.code().into(),
            hash.key_id.into(),
            hash.hash.as_slice().into(),
            CredentialStatus::Active.code().into(),
            now.into(),
            link.valid_until.into(),
            proved_at,
            sealed.into(),
        ],
    )?;
    note_enrolled(tx, seams, actor, credential, link.kind)?;
    Ok(Ok(Enrolled { credential, is_new: true }))
}

fn note_enrolled(
    tx: &mut Tx<'_>,
    seams: &Seams,
    actor: &Actor,
    credential: Id,
    kind: CredentialKind,
) -> Result<(), CredentialError> {
    let credential = credential.to_string();
    let details = [("credential", credential.as_str()), ("kind", kind.code())];
    audit::append(tx, seams, actor, Event::CredentialEnrolled, &details)?;
    Ok(())
}

/// A credential as it is found by what was shown.
pub(super) struct Found {
    pub credential: Id,
    /// `None` when the row is broken; opens nothing.
    pub resident: Option<ResidentId>,
    pub kind: Option<CredentialKind>,
    pub status: CredentialStatus,
    pub valid_until: Timestamp,
    pub ends_at: Option<Timestamp>,
    pub is_proved: bool,
    pub genuineness: Option<Vec<u8>>,
}

impl Found {
    fn read(row: &Row) -> Result<Self, CredentialError> {
        Ok(Self {
            credential: row.id(0)?,
            resident: ResidentId::parse(row.text(1)?).ok(),
            kind: CredentialKind::from_code(row.text(2)?),
            // An unknown word fails closed.
            status: CredentialStatus::from_code(row.text(3)?).unwrap_or(CredentialStatus::OnHold),
            valid_until: row.timestamp(4)?,
            ends_at: row.opt_timestamp(5)?,
            is_proved: row.opt_timestamp(6)?.is_some(),
            genuineness: row.opt_blob(7)?.map(<[u8]>::to_vec),
        })
    }

    /// Whose it is, if it may be used at `now`.
    pub fn holder(&self, now: Timestamp) -> Result<ResidentId, CredentialRefusal> {
        if let Some(refusal) = self.status.refusal() {
            return Err(refusal);
        }
        if self.ends_at.is_some_and(|end| end <= now) {
            return Err(CredentialRefusal::Ended);
        }
        if self.valid_until <= now {
            return Err(CredentialRefusal::Expired);
        }
        self.resident.clone().ok_or(CredentialRefusal::Unknown)
    }
}

/// All live look-up keys are tried, newest first, so that a rotation loses nobody.
pub(super) fn lookup(
    tx: &mut Tx<'_>,
    vault: &Vault,
    purpose: &'static str,
    bytes: &[u8],
) -> Result<Option<Found>, CredentialError> {
    for hash in vault.keyed_hashes(purpose, bytes)? {
        let found = tx.query_one(
            "SELECT credential_id, resident_id, kind, status, valid_until, ends_at, proved_at, genuineness \
             FROM credentials WHERE key_id = $1 AND hash = $2",
            &[hash.key_id.into(), hash.hash.as_slice().into()],
        )?;
        if let Some(row) = found {
            return Found::read(&row).map(Some);
        }
    }
    Ok(None)
}

/// The person behind a signature made with PIN.
///
/// # Errors
/// Outer: the database or the key store. Inner: why this credential opens nothing.
pub fn find_person(
    tx: &mut Tx<'_>,
    vault: &Vault,
    now: Timestamp,
    card: &VerifiedCard,
) -> Result<Result<VerifiedPerson, CredentialRefusal>, CredentialError> {
    let found = lookup(tx, vault, CERTIFICATE_PURPOSE, &certificate_bytes(&card.certificate_id))?;
    let Some(found) = found else { return Ok(Err(CredentialRefusal::Unknown)) };
    Ok(found.holder(now).map(|resident| VerifiedPerson { resident, credential: found.credential }))
}

/// The person behind a thing without a certificate.
///
/// # Errors
/// As [`find_person`].
pub fn find_token(
    tx: &mut Tx<'_>,
    vault: &Vault,
    now: Timestamp,
    token: &Token,
) -> Result<Result<PresentedPerson, CredentialRefusal>, CredentialError> {
    let found = lookup(tx, vault, token.hash_purpose(), token.bytes())?;
    let Some(found) = found else { return Ok(Err(CredentialRefusal::Unknown)) };
    Ok(found.holder(now).map(|resident| PresentedPerson { resident, kind: token.kind() }))
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
