//! Which application counts for a card that several name.
//!
//! ```text
//!  who signed     the verified signature: its certificate's keyed hash
//!  which card     named in what was signed; proved only where the card itself answered with its PIN beside the signature
//!
//!  proved                     counts; whatever others claimed of that card ends
//!  claimed, registered once   counts until somebody proves the card
//!  claimed by several         none counts: the card has to prove itself
//! ```
//! A user-authentication certificate is a file that anyone may hold. So a claim keeps nobody out: not from applying, and not
//! from a registration of their own.

use base::{Id, Seams, Timestamp};
use pki::CertificateId;
use pki::resident_signature::SignedByResident;
use store::sealing::{KeyedHash, Vault};
use store::{Row, StoreError, Tx};

use super::{EndReason, Named, PURPOSE, RegistrationError, RegistrationRefusal, State, end};
use crate::access::Actor;
use crate::credentials::kinds::certificate_bytes;

/// Separates hashes of signing certificates from every other use of the look-up key.
const SIGNER: &str = "family_register.registration.signer";

/// A registration that is not over.
pub(super) struct Live {
    pub id: Id,
    pub person: String,
    pub state: State,
    pub valid_until: Timestamp,
    pub link: Option<(String, i64, String)>,
    is_proved: bool,
    signer: Option<(i64, Vec<u8>)>,
}

impl Live {
    fn of(row: &Row) -> Result<Self, StoreError> {
        let link = match (row.opt_text(4)?, row.opt_int(5)?, row.opt_text(6)?) {
            (Some(register), Some(member), Some(place)) => Some((register.to_owned(), member, place.to_owned())),
            _ => None,
        };
        Ok(Self {
            id: row.id(0)?,
            person: row.text(1)?.to_owned(),
            state: State::from_code(row.text(2)?).ok_or(StoreError::Column { column: 2, wanted: "a state" })?,
            valid_until: row.timestamp(3)?,
            link,
            is_proved: row.int(7)? != 0,
            signer: row.opt_int(8)?.zip(row.opt_blob(9)?.map(<[u8]>::to_vec)),
        })
    }

    fn is_signed_by(&self, signers: &[KeyedHash]) -> bool {
        let ours = |(key, hash): &(i64, Vec<u8>)| {
            signers.iter().any(|one| one.key_id == *key && one.hash.as_slice() == hash.as_slice())
        };
        self.signer.as_ref().is_some_and(ours)
    }
}

/// The hash under which the signer of an application is kept.
pub(super) fn signer(vault: &Vault, signed: &SignedByResident) -> Result<KeyedHash, RegistrationError> {
    Ok(vault.keyed_hash(SIGNER, &certificate_bytes(&signed.certificate_id))?)
}

const NAMING: &str = "SELECT registration_id, person, state, valid_until, register_id, member_order, place_key, \
    is_proved, signer_key_id, signer_hash FROM domicile_registrations WHERE key_id = $1 AND hash = $2 \
    AND state IN ('applied', 'in_review', 'registered') ORDER BY applied_at, registration_id";

/// What names this card and is not over. All live look-up keys are tried, newest first, so that a rotation loses nobody.
pub(super) fn naming(
    tx: &mut Tx<'_>,
    vault: &Vault,
    certificate: &CertificateId,
) -> Result<Vec<Live>, RegistrationError> {
    let mut found = Vec::new();
    for hash in vault.keyed_hashes(PURPOSE, &certificate_bytes(certificate))? {
        for row in tx.query(NAMING, &[hash.key_id.into(), hash.hash.as_slice().into()])? {
            found.push(Live::of(&row)?);
        }
    }
    Ok(found)
}

const WAITING_OF: &str = "SELECT registration_id, person, state, valid_until, register_id, member_order, place_key, \
    is_proved, signer_key_id, signer_hash FROM domicile_registrations WHERE signer_key_id = $1 AND signer_hash = $2 \
    AND state IN ('applied', 'in_review') ORDER BY applied_at, registration_id";

/// What makes a new application needless: the state of the one that is there. With a card that proved itself, what was only
/// claimed of it ends.
pub(super) fn in_the_way(
    tx: &mut Tx<'_>,
    vault: &Vault,
    seams: &Seams,
    actor: &Actor,
    signed: &SignedByResident,
    named: Named<'_>,
) -> Result<Option<State>, RegistrationError> {
    let signers = vault.keyed_hashes(SIGNER, &certificate_bytes(&signed.certificate_id))?;
    let there = naming(tx, vault, named.certificate)?;
    let (mine, others): (Vec<_>, Vec<_>) =
        there.into_iter().partition(|one| one.is_proved || one.is_signed_by(&signers));
    if named.is_proved {
        for one in &others {
            end(tx, seams, actor, one.id, EndReason::AppliedAnew)?;
        }
        for one in mine.iter().filter(|one| !one.is_proved) {
            let sql = "UPDATE domicile_registrations SET is_proved = 1 WHERE registration_id = $1";
            tx.execute(sql, &[one.id.into()])?;
        }
        return Ok(mine.first().map(|one| one.state));
    }
    if let Some(one) = mine.first() {
        return Ok(Some(one.state));
    }
    // One claim at a time waits for an officer.
    for signer in &signers {
        let rows = tx.query(WAITING_OF, &[signer.key_id.into(), signer.hash.as_slice().into()])?;
        if let Some(row) = rows.first() {
            return Ok(Some(Live::of(row)?.state));
        }
    }
    Ok(None)
}

/// The one that counts at `now`.
pub(super) fn choose(naming: Vec<Live>, now: Timestamp) -> Result<Live, RegistrationRefusal> {
    let was_there = !naming.is_empty();
    let (mut proved, claimed): (Vec<_>, Vec<_>) =
        naming.into_iter().filter(|one| one.valid_until > now).partition(|one| one.is_proved);
    if let Some(one) = proved.pop() {
        return if one.state.is_waiting() { Err(RegistrationRefusal::Waiting) } else { Ok(one) };
    }
    let is_claimed = !claimed.is_empty();
    let mut registered: Vec<_> = claimed.into_iter().filter(|one| one.state == State::Registered).collect();
    match (registered.pop(), registered.is_empty()) {
        (Some(only), true) => Ok(only),
        _ if is_claimed => Err(RegistrationRefusal::NotProved),
        _ if was_there => Err(RegistrationRefusal::Expired),
        _ => Err(RegistrationRefusal::Unknown),
    }
}
