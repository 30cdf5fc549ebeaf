//! A person's credentials, for themselves and for staff: what there is, and a button to stop each.

use base::{Id, Seams, Timestamp};
use store::sealing::Vault;
use store::{StoreError, Tx};

use super::linking::MARK_COLUMN;
use super::status::CredentialStatus;
use super::{CredentialError, CredentialKind};
use crate::access::{Access, Actor};
use crate::audit::{self, Event};
use crate::resident_id::ResidentId;

/// One credential as its holder sees it. Nothing here leads to the card itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its id.
    pub id: Id,
    /// What it is.
    pub kind: CredentialKind,
    /// Where it stands.
    pub status: CredentialStatus,
    /// Since when.
    pub since: Timestamp,
    /// When it was linked.
    pub enrolled_at: Timestamp,
    /// Until when it may be used at most.
    pub valid_until: Timestamp,
    /// Whether it may be tapped without PIN.
    pub is_enrolled_for_taps: bool,
    /// When it was last tapped without PIN.
    pub last_tap: Option<Timestamp>,
    /// A word by which its holder knows it again.
    pub mark: Option<String>,
}

/// The credentials of a person, newest first.
///
/// # Errors
/// The database; an access to somebody else.
pub fn list(
    tx: &mut Tx<'_>,
    vault: &Vault,
    access: &impl Access,
    resident: &ResidentId,
) -> Result<Vec<Listed>, CredentialError> {
    access.require(resident)?;
    let rows = tx.query(
        "SELECT c.credential_id, c.kind, c.status, c.status_since, c.enrolled_at, c.valid_until, c.genuineness, \
         (SELECT MAX(t.tapped_at) FROM taps t WHERE t.credential_id = c.credential_id AND t.outcome = 'taken'), c.mark \
         FROM credentials c WHERE c.resident_id = $1 ORDER BY c.enrolled_at DESC, c.credential_id DESC",
        &[resident.as_str().into()],
    )?;
    rows.iter()
        .map(|row| {
            // A word that opens no more is left out: it only helps the eye.
            let open = |sealed: &[u8]| vault.open_sealed(resident.as_str(), MARK_COLUMN, sealed).ok();
            let broken = |column| StoreError::Column { column, wanted: "a word of the table" };
            Ok(Listed {
                id: row.id(0)?,
                kind: CredentialKind::from_code(row.text(1)?).ok_or(broken(1))?,
                status: CredentialStatus::from_code(row.text(2)?).ok_or(broken(2))?,
                since: row.timestamp(3)?,
                enrolled_at: row.timestamp(4)?,
                valid_until: row.timestamp(5)?,
                is_enrolled_for_taps: row.opt_blob(6)?.is_some(),
                last_tap: row.opt_timestamp(7)?,
                mark: row.opt_blob(8)?.and_then(open).and_then(|word| String::from_utf8(word).ok()),
            })
        })
        .collect()
}

/// Stops a credential of `holder`: on hold, lost, superseded or ended. `false` when it is not theirs, or stands where
/// that may not follow; nothing is changed then.
///
/// # Errors
/// The database.
pub fn set_status(
    tx: &mut Tx<'_>,
    seams: &Seams,
    actor: &Actor,
    holder: &ResidentId,
    credential: Id,
    next: CredentialStatus,
) -> Result<bool, CredentialError> {
    let stands = tx.query_one(
        "SELECT status FROM credentials WHERE credential_id = $1 AND resident_id = $2",
        &[credential.into(), holder.as_str().into()],
    )?;
    let stands = stands.map(|row| row.text(0).map(CredentialStatus::from_code)).transpose()?.flatten();
    if !stands.is_some_and(|now| now.may_become(next)) {
        return Ok(false);
    }
    tx.execute(
        "UPDATE credentials SET status = $2, status_since = $3 WHERE credential_id = $1",
        &[credential.into(), next.code().into(), seams.now().into()],
    )?;
    let event = if next == CredentialStatus::Active { Event::CredentialResumed } else { Event::CredentialStopped };
    let details = [("credential", credential.to_string()), ("status", next.code().to_owned())];
    let details = details.each_ref().map(|(name, value)| (*name, value.as_str()));
    audit::append(tx, seams, actor, event, &details)?;
    Ok(true)
}

/// Lets a credential that was on hold or lost be used again: staff only, with the holder present. One that waits for an
/// officer ([`super::renewal::decide`]) is not let go on here.
///
/// # Errors
/// The database.
pub fn resume(
    tx: &mut Tx<'_>,
    seams: &Seams,
    actor: &Actor,
    holder: &ResidentId,
    credential: Id,
) -> Result<bool, CredentialError> {
    if !matches!(actor, Actor::Staff { .. }) {
        return Ok(false);
    }
    let waits = tx.query_one(
        "SELECT 1 FROM credential_renewals WHERE new_credential = $1 AND state = 'waiting'",
        &[credential.into()],
    )?;
    match waits {
        Some(_) => Ok(false),
        None => set_status(tx, seams, actor, holder, credential, CredentialStatus::Active),
    }
}

/// Why the city takes a tag or transit card back from its holder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Release {
    /// It was linked to the wrong person.
    Mistake,
    /// It was brought back.
    Returned,
}

impl Release {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Mistake, Self::Returned];

    /// The stored word.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Mistake => "mistake",
            Self::Returned => "returned",
        }
    }

    /// The reason with this stored word.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|why| why.code() == code)
    }
}

/// Ends the link of a tag or transit card for good and forgets its number, so that it may be linked to somebody else.
/// `false` when it is not theirs or not such a thing; nothing is changed then.
///
/// # Errors
/// The database or the key store.
pub fn release(
    tx: &mut Tx<'_>,
    vault: &Vault,
    seams: &Seams,
    actor: &Actor,
    holder: &ResidentId,
    credential: Id,
    why: Release,
) -> Result<bool, CredentialError> {
    let found = tx.query_one(
        "SELECT kind, ending FROM credentials WHERE credential_id = $1 AND resident_id = $2",
        &[credential.into(), holder.as_str().into()],
    )?;
    let Some(found) = found else { return Ok(false) };
    let is_out = found.opt_text(1)?.is_some_and(|ending| Release::from_code(ending).is_some());
    if is_out || !CredentialKind::from_code(found.text(0)?).is_some_and(CredentialKind::may_be_handed_on) {
        return Ok(false);
    }
    // The row stays in the holder's list; what is tapped no longer leads to it.
    let forgotten = vault.keyed_hash("credential.released", &seams.random.bytes::<32>())?;
    tx.execute(
        "UPDATE credentials SET status = $2, status_since = $3, ends_at = $3, ending = $4, key_id = $5, hash = $6 \
         WHERE credential_id = $1",
        &[
            credential.into(),
            CredentialStatus::Ended.code().into(),
            seams.now().into(),
            why.code().into(),
            forgotten.key_id.into(),
            forgotten.hash.as_slice().into(),
        ],
    )?;
    let details =
        [("credential", credential.to_string()), ("status", "ended".to_owned()), ("why", why.code().to_owned())];
    let details = details.each_ref().map(|(name, value)| (*name, value.as_str()));
    audit::append(tx, seams, actor, Event::CredentialStopped, &details)?;
    Ok(true)
}

/// Notes what took the place of a superseded credential.
pub(super) fn succeeded_by(tx: &mut Tx<'_>, old: Id, new: Id) -> Result<(), StoreError> {
    tx.execute("UPDATE credentials SET superseded_by = $2 WHERE credential_id = $1", &[old.into(), new.into()])?;
    Ok(())
}
