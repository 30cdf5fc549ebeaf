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
    let credential = found.as_ref().map(|found| found.credential);
    let tapped = note(tx, seams, tap, credential, judged.as_ref().map(|(_, clause)| *clause))?;
    Ok(judged.map(|(resident, clause)| TappedPerson { resident, clause, tap: tapped }))
}

/// What a service that keeps cards itself knows of the one that is tapped: a member of staff need be no resident.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KnownCard {
    /// Whether its holder once proved it with the PIN.
    pub was_proved: bool,
    /// Its own key, where that was kept.
    pub key: Option<GenuinenessKey>,
}

/// Judges a tap of a card that a service keeps itself, by the same law, and keeps a row of it. Only for a card, never a phone.
///
/// # Errors
/// Outer: the database. Inner: why it is not taken.
pub fn accept_known(
    tx: &mut Tx<'_>,
    seams: &Seams,
    tap: &Tap,
    known: &KnownCard,
) -> Result<Result<Clause, TapRefusal>, CredentialError> {
    let judged = fresh(tx, seams, tap)?.and_then(|()| {
        let key = known.key.as_ref();
        let (is_card, was_proved) = (true, known.was_proved);
        Ok(decide(&facts(tap, is_card, was_proved, key))?)
    });
    note(tx, seams, tap, None, judged.as_ref().map(|clause| *clause))?;
    Ok(judged)
}

/// Keeps a row of the tap, taken or not.
fn note(
    tx: &mut Tx<'_>,
    seams: &Seams,
    tap: &Tap,
    credential: Option<Id>,
    judged: Result<Clause, &TapRefusal>,
) -> Result<Id, CredentialError> {
    let id = seams.time_ordered_id();
    let outcome = judged.map_or_else(TapRefusal::code, |_| "taken");
    tx.execute(
        "INSERT INTO taps (tap_id, tapped_at, terminal_id, credential_id, staff, clause, status_as_of, outcome) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        &[
            id.into(),
            seams.now().into(),
            tap.terminal.as_str().into(),
            credential.into(),
            tap.staff.into(),
            judged.ok().map(Clause::code).into(),
            tap.card.status_as_of.into(),
            outcome.into(),
        ],
    )?;
    let actor = Actor::Kiosk { terminal: tap.terminal.clone() };
    let event = if judged.is_ok() { Event::CredentialUsed } else { Event::CredentialRefused };
    audit::append(tx, seams, &actor, event, &[("tap", &id.to_string()), ("outcome", outcome)])?;
    Ok(id)
}

/// Whether the challenge was made for this service, here, now, and is used for the first time.
fn fresh(tx: &mut Tx<'_>, seams: &Seams, tap: &Tap) -> Result<Result<(), TapRefusal>, CredentialError> {
    let now = seams.now();
    let expected = Expectation { audience: &tap.audience, terminal: &tap.terminal };
    if let Err(refusal) = check_challenge(&tap.challenge, expected, now) {
        return Ok(Err(refusal.into()));
    }
    let forget_at = tap.challenge.issued_at.plus_seconds(2 * MAX_AGE_SECONDS);
    Ok(use_challenge_once(tx, &tap.challenge.digest(), now, forget_at)?.map_err(Into::into))
}

/// What the law of taps asks.
fn facts(tap: &Tap, is_card: bool, was_proved: bool, key: Option<&GenuinenessKey>) -> Facts {
    Facts {
        attendance: tap.attendance,
        is_card,
        was_proved,
        key_is_kept: key.is_some(),
        proves_kept_key: key.is_some_and(|key| key.verifies(&tap.challenge.genuineness_bytes(), &tap.proof)),
    }
}

fn judge(
    tx: &mut Tx<'_>,
    vault: &Vault,
    seams: &Seams,
    tap: &Tap,
    kept: &mut Option<Found>,
) -> Result<Result<(ResidentId, Clause), TapRefusal>, CredentialError> {
    if let Err(refusal) = fresh(tx, seams, tap)? {
        return Ok(Err(refusal));
    }
    let Some(found) = lookup(tx, vault, CERTIFICATE_PURPOSE, &certificate_bytes(&tap.card.certificate_id))? else {
        return Ok(Err(CredentialRefusal::Unknown.into()));
    };
    let found = kept.insert(found);
    let resident = match found.holder(seams.now()) {
        Ok(resident) => resident,
        Err(refusal) => return Ok(Err(refusal.into())),
    };
    let key = kept_key(vault, &resident, found.genuineness.as_deref())?;
    let is_card = found.kind == Some(CredentialKind::JpkiCard);
    let facts = facts(tap, is_card, found.is_proved, key.as_ref());
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
