//! People who live elsewhere and have their family register here (本籍地利用登録; specs certificates §1.5).
//!
//! Their card says nothing of where their register is, and this city's register of residents does not know them. So they
//! apply once: 本籍 and 筆頭者 typed, signed with the signing certificate; an officer compares that with the register; from
//! then on the card opens that one member's register, until its certificate ends or the 本籍 changes.
//!
//! ```text
//!  card with PIN ─┐                       officer: open ─► candidates ─► decide
//!  signature ─────┴─► apply ─► applied ─► in review ─► registered ──► find(card) ─► RegisteredPerson ─► read_registered
//! ```
//! The link is the keyed hash of the authentication certificate, as in `credentials`. A renewed certificate has another
//! number and is simply unknown: its holder applies again, as at every city (verified: 池田町). Whose an application is, the
//! verified signature says; that the card it names is theirs, only the card itself ([`claims`]).

mod claims;
pub mod counts;
mod officer;
pub mod remote;
mod standing;
pub mod state;
mod statement;
#[cfg(test)]
mod tests;

pub use officer::{Candidate, Decision, Opened, Waiting, candidates, decide, open, put_back, take_up, waiting};
pub use standing::{state_of, still_holds};
pub use state::{DeclineReason, EndReason, State, Step};
pub use statement::{Statement, StatementError};

use base::{Id, Kind, Seams, Timestamp};
use pki::CertificateId;
use pki::challenge::VerifiedCard;
use pki::resident_signature::SignedByResident;
use store::sealing::{SealError, Vault};
use store::{Store, StoreError, Tx, Value};
use wire::family_register::FamilyRegister;

use super::place::place_key;
use super::read::{FamilyRegisterError, body, shown};
use crate::access::{AccessError, Actor};
use crate::audit::{self, Event};
use crate::credentials::kinds::certificate_bytes;
use crate::resident_id::ResidentId;

/// Separates these hashes from every other use of the look-up key.
const PURPOSE: &str = "family_register.registration";
/// Column name for sealing an application.
const COLUMN: &str = "domicile_registrations.application";
/// Registrations looked at in one transaction of a sweep.
const STEP: i64 = 100;

/// What can go wrong beneath.
#[derive(Debug, thiserror::Error)]
pub enum RegistrationError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The key store.
    #[error(transparent)]
    Vault(#[from] SealError),
    /// Reading was refused.
    #[error(transparent)]
    Access(#[from] AccessError),
}

impl RegistrationError {
    /// What it means to the caller.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Store(_) | Self::Vault(_) => Kind::Unavailable,
            Self::Access(error) => error.kind(),
        }
    }
}

impl From<FamilyRegisterError> for RegistrationError {
    fn from(error: FamilyRegisterError) -> Self {
        match error {
            FamilyRegisterError::Store(error) => Self::Store(error),
            FamilyRegisterError::Access(error) => Self::Access(error),
            FamilyRegisterError::NotFound => Self::Store(StoreError::Column { column: 0, wanted: "a family register" }),
        }
    }
}

/// Why it was not done. About the application, never about what the register says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RegistrationRefusal {
    /// This card's application waits or was accepted already.
    #[error("there is an application for this card already ({})", .0.code())]
    AlreadyThere(State),
    /// The card's certificate has expired.
    #[error("the certificate of this card has expired")]
    Expired,
    /// The statement names another card.
    #[error("the statement was signed for another card")]
    AnotherCard,
    /// No registration for this card.
    #[error("this card is not registered for a family register here")]
    Unknown,
    /// It is not there yet: an officer has to look at it.
    #[error("the application is still being checked")]
    Waiting,
    /// Applications that came as files name this card; the card itself has proved none of them.
    #[error("an application names this card, which did not prove itself beside it")]
    NotProved,
    /// It does not stand where this would follow.
    #[error("the application does not stand where this could follow")]
    WrongState,
    /// Only a signed-in member of staff does this.
    #[error("only a member of staff may do this")]
    NotStaff,
    /// Somebody else reviews it.
    #[error("another officer has taken this application up")]
    AnotherOfficer,
    /// There is no such member in a current register.
    #[error("no such member is entered in a current register")]
    NoSuchMember,
}

impl RegistrationRefusal {
    /// What it means to the caller.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::NotStaff | Self::AnotherOfficer => Kind::Forbidden,
            Self::Unknown | Self::NoSuchMember => Kind::NotFound,
            Self::Expired | Self::AnotherCard => Kind::Refused,
            Self::AlreadyThere(_) | Self::Waiting | Self::NotProved | Self::WrongState => Kind::Conflict,
        }
    }
}

/// What somebody applies with. Both signatures were verified at this moment: the card's own with its PIN, the one over
/// [`Statement::lines`] with the signing certificate's password.
#[derive(Clone, Copy, Debug)]
pub struct Application<'a> {
    /// What was typed and signed.
    pub statement: &'a Statement,
    /// Who signed it.
    pub signed: &'a SignedByResident,
    /// The card to be linked.
    pub card: &'a VerifiedCard,
}

/// The certificate an application names.
#[derive(Clone, Copy)]
struct Named<'a> {
    certificate: &'a CertificateId,
    not_after: Timestamp,
    /// Whether the card that holds it signed a challenge with its PIN, beside the signature.
    is_proved: bool,
}

/// Somebody who lives elsewhere, known by a card verified at this moment and registered. Only [`find`] makes one.
#[derive(Clone, PartialEq, Eq)]
pub struct RegisteredPerson {
    person: ResidentId,
    registration: Id,
    register_id: String,
    member: u32,
    place_key: String,
}

impl std::fmt::Debug for RegisteredPerson {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RegisteredPerson(<personal>)")
    }
}

impl RegisteredPerson {
    /// Their key with us: make the access for it.
    pub const fn person(&self) -> &ResidentId {
        &self.person
    }

    /// By which registration.
    pub const fn registration(&self) -> Id {
        self.registration
    }

    /// Which member of the register they are.
    pub const fn member(&self) -> u32 {
        self.member
    }

    pub(super) fn register_id(&self) -> &str {
        &self.register_id
    }

    pub(super) fn place_key(&self) -> &str {
        &self.place_key
    }
}

/// 本籍 and 筆頭者 of a register, as they are compared.
pub(super) fn place_of(register: &FamilyRegister) -> String {
    place_key(&register.domicile, &register.head)
}

/// What is sealed with an application.
#[derive(serde::Serialize, serde::Deserialize)]
struct Sealed {
    domicile: String,
    head: String,
    name: String,
    name_substitutions: Vec<bool>,
    birth_date: String,
    address: String,
    address_substitutions: Vec<bool>,
}

/// Takes an application up into the pile.
///
/// # Errors
/// Outer: the database or the key store. Inner: why it was not taken.
pub fn apply(
    tx: &mut Tx<'_>,
    vault: &Vault,
    seams: &Seams,
    actor: &Actor,
    application: &Application<'_>,
) -> Result<Result<Id, RegistrationRefusal>, RegistrationError> {
    let Application { statement, signed, card } = application;
    let named = Named { certificate: &card.certificate_id, not_after: card.not_after, is_proved: true };
    apply_for(tx, vault, seams, actor, statement, signed, named)
}

fn apply_for(
    tx: &mut Tx<'_>,
    vault: &Vault,
    seams: &Seams,
    actor: &Actor,
    statement: &Statement,
    signed: &SignedByResident,
    named: Named<'_>,
) -> Result<Result<Id, RegistrationRefusal>, RegistrationError> {
    let Named { certificate, not_after, is_proved } = named;
    let now = seams.now();
    if !statement.is_for(certificate) {
        return Ok(Err(RegistrationRefusal::AnotherCard));
    }
    if not_after <= now {
        return Ok(Err(RegistrationRefusal::Expired));
    }
    if let Some(state) = claims::in_the_way(tx, vault, seams, actor, signed, named)? {
        return Ok(Err(RegistrationRefusal::AlreadyThere(state)));
    }
    let (id, person) = (seams.random_id(), new_person(seams));
    let identity = &signed.identity;
    let sealed = Sealed {
        domicile: statement.domicile().to_owned(),
        head: statement.head().to_owned(),
        name: identity.name.reveal().clone(),
        name_substitutions: identity.name_substitutions.clone(),
        birth_date: identity.birth_date.reveal().to_string(),
        address: identity.address.reveal().clone(),
        address_substitutions: identity.address_substitutions.clone(),
    };
    let plain = serde_json::to_vec(&sealed).map_err(|_| StoreError::Column { column: 0, wanted: "an application" })?;
    let sealed = vault.seal(&person, COLUMN, &plain)?;
    let hash = vault.keyed_hash(PURPOSE, &certificate_bytes(certificate))?;
    let signer = claims::signer(vault, signed)?;
    tx.execute(
        "INSERT INTO domicile_registrations (registration_id, person, key_id, hash, state, valid_until, applied_at, \
         application, signer_key_id, signer_hash, is_proved) \
         VALUES ($1, $2, $3, $4, 'applied', $5, $6, $7, $8, $9, $10)",
        &[
            id.into(),
            person.into(),
            hash.key_id.into(),
            hash.hash.as_slice().into(),
            not_after.into(),
            now.into(),
            sealed.into(),
            signer.key_id.into(),
            signer.hash.as_slice().into(),
            i64::from(is_proved).into(),
        ],
    )?;
    note(tx, seams, actor, Event::RegistrationApplied, id, State::Applied.code())?;
    Ok(Ok(id))
}

/// A key for somebody this city has no key for: letters only, so that it can be neither a resident's nor a number.
fn new_person(seams: &Seams) -> String {
    let bytes: [u8; 8] = seams.random.bytes();
    let letter = |half: u8| char::from(b'A' + (half & 0x0F));
    let letters: String = bytes.iter().flat_map(|byte| [letter(byte >> 4), letter(*byte)]).collect();
    format!("N-{letters}")
}

fn note(
    tx: &mut Tx<'_>,
    seams: &Seams,
    actor: &Actor,
    event: Event,
    id: Id,
    what: &str,
) -> Result<(), RegistrationError> {
    let id = id.to_string();
    Ok(audit::append(tx, seams, actor, event, &[("registration", id.as_str()), ("state", what)]).map(drop)?)
}

/// The person behind a card, if they registered.
///
/// # Errors
/// Outer: the database or the key store. Inner: why this card opens no register.
pub fn find(
    tx: &mut Tx<'_>,
    vault: &Vault,
    now: Timestamp,
    card: &VerifiedCard,
) -> Result<Result<RegisteredPerson, RegistrationRefusal>, RegistrationError> {
    find_by(tx, vault, now, &card.certificate_id)
}

fn find_by(
    tx: &mut Tx<'_>,
    vault: &Vault,
    now: Timestamp,
    certificate: &CertificateId,
) -> Result<Result<RegisteredPerson, RegistrationRefusal>, RegistrationError> {
    let found = match claims::choose(claims::naming(tx, vault, certificate)?, now) {
        Ok(found) => found,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let broken = StoreError::Column { column: 4, wanted: "a registered member" };
    let (Ok(person), Some((register_id, member, place_key))) = (ResidentId::parse(&found.person), found.link) else {
        return Err(broken.into());
    };
    let member = u32::try_from(member).map_err(|_| broken)?;
    Ok(Ok(RegisteredPerson { person, registration: found.id, register_id, member, place_key }))
}

const END: &str = "UPDATE domicile_registrations SET state = 'ended', reason = $2, ended_at = $3, application = NULL \
    WHERE registration_id = $1 AND state IN ('applied', 'in_review', 'registered')";

fn end(tx: &mut Tx<'_>, seams: &Seams, actor: &Actor, id: Id, reason: EndReason) -> Result<bool, RegistrationError> {
    let ended = tx.execute(END, &[id.into(), reason.code().into(), seams.now().into()])? > 0;
    if ended {
        note(tx, seams, actor, Event::RegistrationEnded, id, reason.code())?;
    }
    Ok(ended)
}

/// The holder withdraws, by the card.
///
/// # Errors
/// Outer: the database or the key store. Inner: there is none.
pub fn withdraw(
    tx: &mut Tx<'_>,
    vault: &Vault,
    seams: &Seams,
    actor: &Actor,
    card: &VerifiedCard,
) -> Result<Result<(), RegistrationRefusal>, RegistrationError> {
    let found = claims::naming(tx, vault, &card.certificate_id)?;
    for one in &found {
        end(tx, seams, actor, one.id, EndReason::Withdrawn)?;
    }
    Ok(if found.is_empty() { Err(RegistrationRefusal::Unknown) } else { Ok(()) })
}

/// Ends what lasts longer than its certificate; once a day. Returns how many; call again while it is not 0. [`find`] does
/// not wait for it.
///
/// # Errors
/// The database.
pub fn expire(tx: &mut Tx<'_>, seams: &Seams) -> Result<u64, RegistrationError> {
    let actor = Actor::System { job: "domicile-registrations" };
    let sql = "SELECT registration_id FROM domicile_registrations WHERE state IN ('applied', 'in_review', 'registered') \
               AND valid_until <= $1 ORDER BY registration_id LIMIT $2";
    let mut ended = 0;
    for row in tx.query(sql, &[seams.now().into(), STEP.into()])? {
        ended += u64::from(end(tx, seams, &actor, row.id(0)?, EndReason::CertificateExpired)?);
    }
    Ok(ended)
}

const REGISTERED: &str = concat!(
    "SELECT d.registration_id, d.member_order, d.place_key, r.place_key, r.state, r.body ",
    "FROM domicile_registrations d LEFT JOIN family_registers r ON r.register_id = d.register_id AND r.generation = ",
    shown!(),
    " WHERE d.state = 'registered' AND d.registration_id > $1 ORDER BY d.registration_id LIMIT $2"
);

/// After an import: ends the registrations whose 本籍 or 筆頭者 changed, or whose member is no longer entered. Returns how
/// many.
///
/// # Errors
/// [`StoreError`].
pub(super) fn void_changed(store: &Store, seams: &Seams) -> Result<u64, StoreError> {
    let (mut after, mut ended) = (String::new(), 0);
    loop {
        let (from, seams) = (after.clone(), seams.clone());
        let (last, now) = store.write(move |tx| -> Result<(Option<String>, u64), StoreError> {
            let actor = Actor::System { job: "domicile-registrations" };
            let rows = tx.query(REGISTERED, &[from.as_str().into(), Value::from(STEP)])?;
            let mut ended = 0;
            for row in &rows {
                let same = row.opt_text(2)? == row.opt_text(3)? && row.opt_text(4)? == Some("current");
                let member = u32::try_from(row.int(1)?).unwrap_or(0);
                let is_entered = same && body(row, 5)?.member(member).is_some_and(|member| member.state.is_entered());
                if !is_entered {
                    match end(tx, &seams, &actor, row.id(0)?, EndReason::DomicileChanged) {
                        Ok(done) => ended += u64::from(done),
                        Err(RegistrationError::Store(error)) => return Err(error),
                        Err(_) => return Err(StoreError::Column { column: 0, wanted: "an end" }),
                    }
                }
            }
            let last = rows.last().map(|row| row.text(0).map(str::to_owned)).transpose()?;
            Ok((last, ended))
        })?;
        ended += now;
        match last {
            Some(last) => after = last,
            None => return Ok(ended),
        }
    }
}
