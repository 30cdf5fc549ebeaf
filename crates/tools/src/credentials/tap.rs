//! A tap without PIN (かざし利用), at a terminal that staff watch.
//!
//! ```text
//!  reader: certificate + proof of the card's own key over our challenge
//!     └─► pki: sound, not revoked ─► challenge: ours, here, now, once ─► law of taps ─► TappedPerson
//!                                                                          └─ every tap, taken or not, is a row
//! ```
//! The row keeps which case of the rule applied, who was on duty, and how old the revocation data was.

use base::{Id, Seams};
use card::genuineness::GenuinenessKey;
use pki::CardRefusal;
use pki::challenge::{Challenge, Expectation, MAX_AGE_SECONDS, ShownCard, check_challenge};
use store::Tx;
use store::sealing::{SealError, Vault};

use super::kinds::{CERTIFICATE_PURPOSE, CredentialKind, certificate_bytes};
use super::linking::{Found, GENUINENESS_COLUMN, lookup};
use super::tap_rules::{Attendance, Clause, Facts, TapNo, decide};
use super::{CredentialError, CredentialRefusal, use_challenge_once};
use crate::access::Actor;
use crate::audit::{self, Event};
use crate::resident_id::ResidentId;

/// A resident whose own card was shown. Enough to greet, to lend a book, to note who came; never to take out a paper.
/// Only [`accept`] makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TappedPerson {
    resident: ResidentId,
    clause: Clause,
    tap: Id,
}

impl TappedPerson {
    /// Who.
    pub const fn resident(&self) -> &ResidentId {
        &self.resident
    }

    /// On which case of the rule it stands.
    pub const fn clause(&self) -> Clause {
        self.clause
    }

    /// The row that was kept.
    pub const fn tap(&self) -> Id {
        self.tap
    }
}

/// A tap as it arrives.
#[derive(Clone, Debug)]
pub struct Tap {
    /// The certificate, found sound and not revoked.
    pub card: ShownCard,
    /// What the card's own key was asked to sign ([`Challenge::genuineness_bytes`]).
    pub challenge: Challenge,
    /// Its signature.
    pub proof: Vec<u8>,
    /// For which service.
    pub audience: String,
    /// At which terminal.
    pub terminal: String,
    /// Who can see what happens there, as staff declared it.
    pub attendance: Attendance,
    /// The member of staff on duty there, if one is signed in.
    pub staff: Option<Id>,
}

/// Why a tap is not taken. All are about the card and the place, none about the register.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TapRefusal {
    /// The challenge or the certificate.
    #[error(transparent)]
    Card(#[from] CardRefusal),
    /// What the city knows of the card.
    #[error(transparent)]
    Credential(#[from] CredentialRefusal),
    /// The law of taps.
    #[error(transparent)]
    Law(#[from] TapNo),
}

impl TapRefusal {
    /// The stored word.
    const fn code(&self) -> &'static str {
        match self {
            Self::Card(_) => "card",
            Self::Credential(_) => "credential",
            Self::Law(TapNo::Phone) => "phone",
            Self::Law(TapNo::Unattended) => "unattended",
            Self::Law(TapNo::NeverProved) => "never_proved",
            Self::Law(TapNo::NotEnrolledForTaps) => "not_enrolled_for_taps",
            Self::Law(TapNo::NotTheEnrolledCard) => "not_the_enrolled_card",
        }
    }
}

/// Judges a tap and keeps a row of it.
///
/// # Errors
/// Outer: the database or the key store. Inner: why it is not taken.
pub fn accept(
    tx: &mut Tx<'_>,
    vault: &Vault,
    seams: &Seams,
    tap: &Tap,
) -> Result<Result<TappedPerson, TapRefusal>, CredentialError> {
    let mut found = None;
    let judged = judge(tx, vault, seams, tap, &mut found)?;
    let id = seams.time_ordered_id();
    let credential = found.as_ref().map(|found| found.credential);
    let (clause, outcome) = match &judged {
        Ok((_, clause)) => (Some(clause.code()), "taken"),
        Err(refusal) => (None, refusal.code()),
    };
    tx.execute(
        "INSERT INTO taps (tap_id, tapped_at, terminal_id, credential_id, staff, clause, status_as_of, outcome) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        &[
            id.into(),
            seams.now().into(),
            tap.terminal.as_str().into(),
            credential.into(),
            tap.staff.into(),
            clause.into(),
            tap.card.status_as_of.into(),
            outcome.into(),
        ],
    )?;
    let actor = Actor::Kiosk { terminal: tap.terminal.clone() };
    let event = if judged.is_ok() { Event::CredentialUsed } else { Event::CredentialRefused };
    audit::append(tx, seams, &actor, event, &[("tap", &id.to_string()), ("outcome", outcome)])?;
    Ok(judged.map(|(resident, clause)| TappedPerson { resident, clause, tap: id }))
}

fn judge(
    tx: &mut Tx<'_>,
    vault: &Vault,
    seams: &Seams,
    tap: &Tap,
    kept: &mut Option<Found>,
) -> Result<Result<(ResidentId, Clause), TapRefusal>, CredentialError> {
    let now = seams.now();
    let expected = Expectation { audience: &tap.audience, terminal: &tap.terminal };
    if let Err(refusal) = check_challenge(&tap.challenge, expected, now) {
        return Ok(Err(refusal.into()));
    }
    let forget_at = tap.challenge.issued_at.plus_seconds(2 * MAX_AGE_SECONDS);
    if let Err(refusal) = use_challenge_once(tx, &tap.challenge.digest(), now, forget_at)? {
        return Ok(Err(refusal.into()));
    }
    let Some(found) = lookup(tx, vault, CERTIFICATE_PURPOSE, &certificate_bytes(&tap.card.certificate_id))? else {
        return Ok(Err(CredentialRefusal::Unknown.into()));
    };
    let found = kept.insert(found);
    let resident = match found.holder(now) {
        Ok(resident) => resident,
        Err(refusal) => return Ok(Err(refusal.into())),
    };
    let key = kept_key(vault, &resident, found.genuineness.as_deref())?;
    let facts = Facts {
        attendance: tap.attendance,
        is_card: found.kind == Some(CredentialKind::JpkiCard),
        was_proved: found.is_proved,
        key_is_kept: key.is_some(),
        proves_kept_key: key.is_some_and(|key| key.verifies(&tap.challenge.genuineness_bytes(), &tap.proof)),
    };
    Ok(decide(&facts).map(|clause| (resident, clause)).map_err(TapRefusal::from))
}

/// The card's own key as it was kept; one of another length is none.
fn kept_key(
    vault: &Vault,
    resident: &ResidentId,
    sealed: Option<&[u8]>,
) -> Result<Option<GenuinenessKey>, CredentialError> {
    let Some(sealed) = sealed else { return Ok(None) };
    let modulus = match vault.open_sealed(resident.as_str(), GENUINENESS_COLUMN, sealed) {
        Ok(modulus) => modulus,
        // The holder's key was erased, and with it what was kept for taps.
        Err(SealError::Erased) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    Ok(<[u8; 256]>::try_from(modulus.as_slice()).ok().map(GenuinenessKey::from_modulus))
}
