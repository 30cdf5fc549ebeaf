//! A renewed certificate has a new serial number, and nothing in it names the old one. Three ways link it again:
//!
//! | way | who says that both are one person's |
//! |---|---|
//! | [`by_inquiry`] | J-LIS, asked which certificates this one replaced (simulated: its message is not public) |
//! | [`ask`], [`decide`] | an officer, who compares the attributes of a fresh signature with the register |
//! | [`super::enrol`] | the holder at the counter, by PIN: enrolled anew |
//!
//! No article of the act gives old → new (specs card-jpki §2.1), so the first is a convenience and never needed.

use base::{Id, Kind, Seams, Timestamp};
use pki::CertificateId;
use pki::challenge::VerifiedCard;
use pki::signing_identity::SigningIdentity;
use store::sealing::Vault;
use store::{StoreError, Tx};

use super::kinds::{CERTIFICATE_PURPOSE, certificate_bytes};
use super::linking::lookup;
use super::{CredentialError, CredentialKind, CredentialStatus, Link, LinkRefusal, VerifiedPerson, enrol, find_person};
use crate::access::Actor;
use crate::audit::{self, Event};
use crate::register::{Resident, Sex};
use crate::resident_id::ResidentId;

/// Links a verified but unknown certificate by what J-LIS said it replaced. `None` when none of those is known here, or
/// the one that is was stopped: then nothing is linked.
///
/// # Errors
/// The database or the key store.
pub fn by_inquiry(
    tx: &mut Tx<'_>,
    vault: &Vault,
    seams: &Seams,
    card: &VerifiedCard,
    replaced: &[CertificateId],
) -> Result<Option<VerifiedPerson>, CredentialError> {
    let actor = Actor::System { job: "credential-renewal" };
    for old in replaced {
        let Some(found) = lookup(tx, vault, CERTIFICATE_PURPOSE, &certificate_bytes(old))? else { continue };
        // An expired certificate is what is renewed; one that was stopped stays stopped.
        let (Some(resident), Some(kind), CredentialStatus::Active) = (&found.resident, found.kind, found.status) else {
            continue;
        };
        // The card may be a new one: its own key is learned when the holder enrols it for taps.
        let link = Link { resident, kind, valid_until: card.not_after, genuineness: None };
        if let Ok(new) = enrol(tx, vault, seams, &actor, &link, &card.certificate_id)? {
            supersede(tx, seams, &actor, found.credential, new.credential)?;
            return Ok(find_person(tx, vault, seams.now(), card)?.ok());
        }
    }
    Ok(None)
}

fn supersede(tx: &mut Tx<'_>, seams: &Seams, actor: &Actor, old: Id, new: Id) -> Result<(), CredentialError> {
    tx.execute(
        "UPDATE credentials SET status = 'superseded', status_since = $2, superseded_by = $3 WHERE credential_id = $1",
        &[old.into(), seams.now().into(), new.into()],
    )?;
    let details = [("credential", old.to_string()), ("superseded_by", new.to_string())];
    let details = details.each_ref().map(|(name, value)| (*name, value.as_str()));
    audit::append(tx, seams, actor, Event::CredentialSuperseded, &details)?;
    Ok(())
}

/// Whether an attribute of a signing certificate is the register's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compared {
    /// The same.
    Same,
    /// The same but for characters for which the certificate says it holds a substitute (代替文字): an officer looks.
    SameButSubstitutes,
    /// Another value.
    Differs,
}

/// The four attributes of a fresh signature beside the register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// 氏名.
    pub name: Compared,
    /// 住所.
    pub address: Compared,
    /// 生年月日.
    pub birth_date: Compared,
    /// 性別.
    pub sex: Compared,
}

impl Comparison {
    /// Whether an officer may confirm: nothing differs.
    pub fn may_be_confirmed(&self) -> bool {
        !self.holds(Compared::Differs)
    }

    /// Whether one of the four came out so.
    fn holds(&self, compared: Compared) -> bool {
        [self.name, self.address, self.birth_date, self.sex].contains(&compared)
    }
}

/// Compares what a signing certificate certifies with the register's entry.
pub fn compare(certified: &SigningIdentity, resident: &Resident) -> Comparison {
    let whether = |same: bool| if same { Compared::Same } else { Compared::Differs };
    let sex = match resident.sex {
        Sex::Male => '1',
        Sex::Female => '2',
        Sex::NotStated => '9',
    };
    Comparison {
        name: compare_text(certified.name.reveal(), &certified.name_substitutions, &resident.names.registered),
        address: compare_text(certified.address.reveal(), &certified.address_substitutions, &resident.address.whole()),
        birth_date: whether(*certified.birth_date.reveal() == resident.birth_date),
        sex: whether(*certified.sex.reveal() == sex),
    }
}

/// Character by character; where the certificate holds a substitute, the register may hold anything. Variation sequences
/// are the register's alone and are not compared; nor is width, for certificates write digits of addresses in full width
/// and registers often do not.
pub(crate) fn compare_text(certified: &str, substituted: &[bool], registered: &str) -> Compared {
    // Folding the width changes no character's place, so the certificate's flags still fit.
    let plain = |text: &str| -> Vec<char> {
        base::text::to_half_width(text).chars().filter(|c| !base::text::is_variation_selector(*c)).collect()
    };
    let (registered, certified) = (plain(registered), plain(certified));
    if registered.len() != certified.len() {
        return Compared::Differs;
    }
    let mut compared = Compared::Same;
    for (place, (ours, theirs)) in registered.iter().zip(&certified).enumerate() {
        match substituted.get(place) {
            Some(true) => compared = Compared::SameButSubstitutes,
            _ if ours == theirs => {}
            _ => return Compared::Differs,
        }
    }
    compared
}

/// Why a renewal was not taken up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RenewalRefusal {
    /// The fresh signature's attributes are not the register's.
    #[error("what the signing certificate says differs from the register")]
    Differs,
    /// The old link is not this person's, or was stopped for good.
    #[error("there is no such card to be replaced")]
    NoSuchCredential,
    /// The new certificate cannot be linked.
    #[error(transparent)]
    Link(#[from] LinkRefusal),
    /// It was decided before.
    #[error("this renewal was decided before")]
    Decided,
    /// Only a signed-in member of staff decides.
    #[error("only a member of staff may decide this")]
    NotStaff,
}

impl RenewalRefusal {
    /// What it means to the caller.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::NotStaff => Kind::Forbidden,
            _ => Kind::Conflict,
        }
    }
}

/// A renewal that waits for an officer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Its id.
    pub id: Id,
    /// Whose.
    pub resident: ResidentId,
    /// The link to be replaced.
    pub old: Id,
    /// When it was asked for.
    pub asked_at: Timestamp,
    /// Whether the certificate admits substitutes (代替文字), so that an officer has to look.
    pub has_substitutes: bool,
}

/// What the holder brings to a renewal.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The resident whose link is to be renewed.
    pub resident: &'a ResidentId,
    /// The old link.
    pub old: Id,
    /// The new certificate, proved with its PIN.
    pub card: &'a VerifiedCard,
    /// The attributes of a fresh signature beside the register.
    pub comparison: &'a Comparison,
}

/// Asks an officer to link a new certificate in the place of an old one. It opens nothing until the officer says yes.
///
/// # Errors
/// Outer: the database or the key store. Inner: why it was not taken up.
pub fn ask(
    tx: &mut Tx<'_>,
    vault: &Vault,
    seams: &Seams,
    actor: &Actor,
    request: &Request<'_>,
) -> Result<Result<Id, RenewalRefusal>, CredentialError> {
    if !request.comparison.may_be_confirmed() {
        return Ok(Err(RenewalRefusal::Differs));
    }
    let old = tx.query_one(
        "SELECT kind, status FROM credentials WHERE credential_id = $1 AND resident_id = $2",
        &[request.old.into(), request.resident.as_str().into()],
    )?;
    let (kind, status) = match old {
        Some(row) => (CredentialKind::from_code(row.text(0)?), CredentialStatus::from_code(row.text(1)?)),
        None => (None, None),
    };
    let (Some(kind), Some(status)) = (kind, status) else { return Ok(Err(RenewalRefusal::NoSuchCredential)) };
    if !kind.has_certificate() || !status.may_become(CredentialStatus::Superseded) {
        return Ok(Err(RenewalRefusal::NoSuchCredential));
    }
    let link = Link { resident: request.resident, kind, valid_until: request.card.not_after, genuineness: None };
    let new = match enrol(tx, vault, seams, actor, &link, &request.card.certificate_id)? {
        Ok(new) => new,
        Err(refusal) => return Ok(Err(refusal.into())),
    };
    if new.credential == request.old || !new.is_new {
        return Ok(Err(RenewalRefusal::Decided));
    }
    super::set_status(tx, seams, actor, request.resident, new.credential, CredentialStatus::OnHold)?;
    let id = seams.time_ordered_id();
    tx.execute(
        "INSERT INTO credential_renewals (renewal_id, old_credential, new_credential, resident_id, asked_at, state, \
         has_substitutes) VALUES ($1, $2, $3, $4, $5, 'waiting', $6)",
        &[
            id.into(),
            request.old.into(),
            new.credential.into(),
            request.resident.as_str().into(),
            seams.now().into(),
            i64::from(request.comparison.holds(Compared::SameButSubstitutes)).into(),
        ],
    )?;
    Ok(Ok(id))
}

/// The officer's word on a renewal: with yes the new certificate takes the old one's place, with no it ends. A yes counts
/// only while both stand as when it was asked for: what was reported lost or has ended meanwhile is not brought back.
///
/// # Errors
/// Outer: the database. Inner: why it was not decided.
pub fn decide(
    tx: &mut Tx<'_>,
    seams: &Seams,
    actor: &Actor,
    renewal: Id,
    is_confirmed: bool,
) -> Result<Result<(), RenewalRefusal>, CredentialError> {
    if !matches!(actor, Actor::Staff { .. }) {
        return Ok(Err(RenewalRefusal::NotStaff));
    }
    let state = if is_confirmed { "confirmed" } else { "declined" };
    let row = tx.query_one(
        "SELECT r.old_credential, r.new_credential, r.resident_id, o.status, n.status FROM credential_renewals r \
         JOIN credentials o ON o.credential_id = r.old_credential \
         JOIN credentials n ON n.credential_id = r.new_credential \
         WHERE r.renewal_id = $1 AND r.state = 'waiting'",
        &[renewal.into()],
    )?;
    let Some(row) = row else { return Ok(Err(RenewalRefusal::Decided)) };
    let (old, new) = (row.id(0)?, row.id(1)?);
    let (old_stands, new_stands) =
        (CredentialStatus::from_code(row.text(3)?), CredentialStatus::from_code(row.text(4)?));
    let still_stand = new_stands == Some(CredentialStatus::OnHold)
        && old_stands.is_some_and(|old| old.may_become(CredentialStatus::Superseded));
    if is_confirmed && !still_stand {
        return Ok(Err(RenewalRefusal::NoSuchCredential));
    }
    tx.execute("UPDATE credential_renewals SET state = $2 WHERE renewal_id = $1", &[renewal.into(), state.into()])?;
    let broken = StoreError::Column { column: 2, wanted: "a resident's id" };
    let resident = ResidentId::parse(row.text(2)?).map_err(|_| broken)?;
    if is_confirmed {
        super::resume(tx, seams, actor, &resident, new)?;
        supersede(tx, seams, actor, old, new)?;
    } else {
        super::set_status(tx, seams, actor, &resident, new, CredentialStatus::Ended)?;
    }
    Ok(Ok(()))
}

/// Renewals that wait for an officer, oldest first, at most 50.
///
/// # Errors
/// The database.
pub fn waiting(tx: &mut Tx<'_>) -> Result<Vec<Waiting>, StoreError> {
    tx.query(
        "SELECT renewal_id, resident_id, old_credential, asked_at, has_substitutes FROM credential_renewals \
         WHERE state = 'waiting' ORDER BY asked_at, renewal_id LIMIT 50",
        &[],
    )?
    .iter()
    .map(|row| {
        let broken = StoreError::Column { column: 1, wanted: "a resident's id" };
        Ok(Waiting {
            id: row.id(0)?,
            resident: ResidentId::parse(row.text(1)?).map_err(|_| broken)?,
            old: row.id(2)?,
            asked_at: row.timestamp(3)?,
            has_substitutes: row.int(4)? != 0,
        })
    })
    .collect()
}
