//! What an officer does with applications: take one up, compare, decide. One officer is enough; who and when is recorded.

use base::text::{is_katakana_reading, search_key};
use base::{Date, Id, Seams, Timestamp};
use store::sealing::Vault;
use store::{StoreError, Tx};
use wire::family_register::FamilyRegister;

use super::state::{DeclineReason, State};
use super::{COLUMN, RegistrationError, RegistrationRefusal, Sealed, note, place_of, shown};
use crate::access::{Access, Actor, PersonAccess};
use crate::audit::Event;
use crate::credentials::renewal::{Compared, compare_text};
use crate::family_register::place::{domicile_key, place_key};
use crate::family_register::read::body;
use crate::resident_id::ResidentId;

/// An application in the pile, without anything of its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Its id.
    pub id: Id,
    /// The applicant's key with us: make an access for it to open the application.
    pub person: ResidentId,
    /// When it came.
    pub applied_at: Timestamp,
    /// Applied or in review.
    pub state: State,
    /// Who has taken it up.
    pub reviewer: Option<Id>,
}

/// Applications that wait, oldest first, at most 50.
///
/// # Errors
/// The database.
pub fn waiting(tx: &mut Tx<'_>) -> Result<Vec<Waiting>, StoreError> {
    let sql = "SELECT registration_id, person, applied_at, state, reviewer FROM domicile_registrations \
               WHERE state IN ('applied', 'in_review') ORDER BY applied_at, registration_id LIMIT 50";
    tx.query(sql, &[])?
        .iter()
        .map(|row| {
            Ok(Waiting {
                id: row.id(0)?,
                person: ResidentId::parse(row.text(1)?)
                    .map_err(|_| StoreError::Column { column: 1, wanted: "an applicant's key" })?,
                applied_at: row.timestamp(2)?,
                state: State::from_code(row.text(3)?).ok_or(StoreError::Column { column: 3, wanted: "a state" })?,
                reviewer: row.opt_text(4)?.and_then(|text| text.parse().ok()),
            })
        })
        .collect()
}

fn officer(actor: &Actor) -> Option<Id> {
    match actor {
        Actor::Staff { account } => Some(*account),
        _ => None,
    }
}

/// An officer takes an application up: 申請 → 審査中.
///
/// # Errors
/// Outer: the database. Inner: not staff, or it does not wait.
pub fn take_up(
    tx: &mut Tx<'_>,
    seams: &Seams,
    actor: &Actor,
    id: Id,
) -> Result<Result<(), RegistrationRefusal>, RegistrationError> {
    let Some(account) = officer(actor) else { return Ok(Err(RegistrationRefusal::NotStaff)) };
    let taken = tx.execute(
        "UPDATE domicile_registrations SET state = 'in_review', reviewer = $2, review_at = $3 \
         WHERE registration_id = $1 AND state = 'applied' AND valid_until > $3",
        &[id.into(), account.into(), seams.now().into()],
    )?;
    Ok(if taken == 1 { Ok(()) } else { Err(RegistrationRefusal::WrongState) })
}

/// The officer lays it back: 審査中 → 申請.
///
/// # Errors
/// Outer: the database. Inner: not theirs, or not in review.
pub fn put_back(tx: &mut Tx<'_>, actor: &Actor, id: Id) -> Result<Result<(), RegistrationRefusal>, RegistrationError> {
    if let Err(refusal) = in_review_by(tx, actor, id)? {
        return Ok(Err(refusal));
    }
    tx.execute(
        "UPDATE domicile_registrations SET state = 'applied', reviewer = NULL, review_at = NULL \
         WHERE registration_id = $1 AND state = 'in_review'",
        &[id.into()],
    )?;
    Ok(Ok(()))
}

/// Whether it is in review by this officer.
fn in_review_by(tx: &mut Tx<'_>, actor: &Actor, id: Id) -> Result<Result<(), RegistrationRefusal>, RegistrationError> {
    let Some(account) = officer(actor) else { return Ok(Err(RegistrationRefusal::NotStaff)) };
    let sql = "SELECT state, reviewer FROM domicile_registrations WHERE registration_id = $1";
    let Some(row) = tx.query_one(sql, &[id.into()])? else { return Ok(Err(RegistrationRefusal::Unknown)) };
    if State::from_code(row.text(0)?) != Some(State::InReview) {
        return Ok(Err(RegistrationRefusal::WrongState));
    }
    if row.opt_text(1)? != Some(account.to_string().as_str()) {
        return Ok(Err(RegistrationRefusal::AnotherOfficer));
    }
    Ok(Ok(()))
}

/// An application, opened.
pub struct Opened {
    /// Its id.
    pub id: Id,
    /// 本籍 as typed.
    pub domicile: String,
    /// 筆頭者 as typed.
    pub head: String,
    /// 氏名 as certified.
    pub name: String,
    /// 生年月日 as certified.
    pub birth_date: Date,
    /// 住所 as certified.
    pub address: String,
    name_substitutions: Vec<bool>,
    address_substitutions: Vec<bool>,
}

impl std::fmt::Debug for Opened {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Opened(<personal>)")
    }
}

/// Opens an application of the access's subject. `None` when there is none, or it is over and its content gone.
///
/// # Errors
/// The database, the key store, or an access for another person.
pub fn open(
    tx: &mut Tx<'_>,
    vault: &Vault,
    access: &PersonAccess,
    id: Id,
) -> Result<Option<Opened>, RegistrationError> {
    let sql = "SELECT person, application FROM domicile_registrations WHERE registration_id = $1";
    let Some(row) = tx.query_one(sql, &[id.into()])? else { return Ok(None) };
    let broken = || StoreError::Column { column: 1, wanted: "an application" };
    let person = ResidentId::parse(row.text(0)?).map_err(|_| broken())?;
    access.require(&person)?;
    let Some(sealed) = row.opt_blob(1)? else { return Ok(None) };
    let plain = vault.open_sealed(person.as_str(), COLUMN, sealed)?;
    let sealed: Sealed = serde_json::from_slice(&plain).map_err(|_| broken())?;
    Ok(Some(Opened {
        id,
        birth_date: Date::parse(&sealed.birth_date).map_err(|_| broken())?,
        domicile: sealed.domicile,
        head: sealed.head,
        name: sealed.name,
        address: sealed.address,
        name_substitutions: sealed.name_substitutions,
        address_substitutions: sealed.address_substitutions,
    }))
}

/// A member of a register that fits what was typed, and how they compare with the signature. Nobody's record is in it: an
/// officer learns only whether what the applicant said is so.
#[derive(Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The register.
    pub register_id: String,
    /// The member.
    pub member: u32,
    /// 氏名 beside 氏 and 名.
    pub name: Compared,
    /// 生年月日.
    pub birth_date: Compared,
    /// 住所 beside the newest of the appendix; `None` when it holds none.
    pub address: Option<Compared>,
    /// Whether the member lives here: then their card is linked as a resident's, not so.
    pub is_resident: bool,
}

impl std::fmt::Debug for Candidate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Candidate(<personal>)")
    }
}

const AT_PLACE: &str = concat!(
    "SELECT r.body FROM family_registers r WHERE r.generation = ",
    shown!(),
    " AND r.place_key = $1 AND r.state = 'current' ORDER BY r.register_id LIMIT 20"
);

/// The same, of whatever head: for a name that was typed in kana.
const AT_DOMICILE: &str = concat!(
    "SELECT r.body FROM family_registers r WHERE r.generation = ",
    shown!(),
    " AND r.domicile_key = $1 AND r.state = 'current' ORDER BY r.register_id LIMIT 20"
);

/// The registers at the place the applicant typed. 筆頭者 in kana is compared with the readings of the register; one whose
/// readings are not known stays, since it is the member who is compared after all.
fn registers_at(tx: &mut Tx<'_>, domicile: &str, head: &str) -> Result<Vec<FamilyRegister>, StoreError> {
    let typed = search_key(head);
    if !is_katakana_reading(&typed) {
        let rows = tx.query(AT_PLACE, &[place_key(domicile, head).into()])?;
        return rows.iter().map(|row| body(row, 0)).collect();
    }
    let rows = tx.query(AT_DOMICILE, &[domicile_key(domicile).into()])?;
    let registers: Result<Vec<_>, StoreError> = rows.iter().map(|row| body(row, 0)).collect();
    Ok(registers?.into_iter().filter(|one| reading_of_head(one).is_none_or(|reading| reading == typed)).collect())
}

/// How 筆頭者 is read, as it is compared; `None` where the register does not say.
fn reading_of_head(register: &FamilyRegister) -> Option<String> {
    let head = search_key(&register.head);
    let member = register.members.iter().find(|member| search_key(&register.full_name(member)) == head)?;
    let (surname, given) = (register.surname_reading.as_ref()?, member.reading.as_ref()?);
    Some(search_key(&format!("{}{}", surname.kana, given.kana)))
}

/// Members entered at the place the applicant typed whose name or birth date is that of the signature.
///
/// # Errors
/// The database; an access for another person.
pub fn candidates(
    tx: &mut Tx<'_>,
    access: &PersonAccess,
    application: &Opened,
) -> Result<Vec<Candidate>, RegistrationError> {
    let sql = "SELECT person FROM domicile_registrations WHERE registration_id = $1";
    let row = tx.query_one(sql, &[application.id.into()])?;
    let person = row.and_then(|row| ResidentId::parse(row.text(0).ok()?).ok());
    access.require(&person.ok_or(StoreError::Column { column: 0, wanted: "an applicant's key" })?)?;
    let mut found = Vec::new();
    for register in registers_at(tx, &application.domicile, &application.head)? {
        for member in register.members.iter().filter(|member| member.state.is_entered()) {
            let name = compare_text(&application.name, &application.name_substitutions, &register.full_name(member));
            let is_same_day = member.birth_date == application.birth_date;
            if name == Compared::Differs && !is_same_day {
                continue;
            }
            let newest = member.appendix.last();
            found.push(Candidate {
                register_id: register.id.clone(),
                member: member.order,
                name,
                birth_date: if is_same_day { Compared::Same } else { Compared::Differs },
                address: newest.map(|newest| {
                    compare_text(&application.address, &application.address_substitutions, &newest.address)
                }),
                is_resident: member.resident_id.is_some(),
            });
        }
    }
    Ok(found)
}

/// What an officer decides.
#[derive(Clone, PartialEq, Eq)]
pub enum Decision {
    /// The applicant is this member.
    Register {
        /// The register.
        register_id: String,
        /// The member.
        member: u32,
    },
    /// No.
    Decline(DeclineReason),
}

impl std::fmt::Debug for Decision {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Decision(<personal>)")
    }
}

const OF_MEMBER: &str = concat!(
    "SELECT r.body FROM family_registers r WHERE r.generation = ",
    shown!(),
    " AND r.register_id = $1 AND r.state = 'current'"
);

/// The officer who took it up decides: 審査中 → 登録済 or 却下.
///
/// # Errors
/// Outer: the database. Inner: not theirs, not in review, expired in the meantime, no such member.
pub fn decide(
    tx: &mut Tx<'_>,
    seams: &Seams,
    actor: &Actor,
    id: Id,
    decision: &Decision,
) -> Result<Result<(), RegistrationRefusal>, RegistrationError> {
    if let Err(refusal) = in_review_by(tx, actor, id)? {
        return Ok(Err(refusal));
    }
    let now = seams.now();
    let by = actor.key();
    match decision {
        Decision::Decline(reason) => {
            tx.execute(
                "UPDATE domicile_registrations SET state = 'declined', decider = $2, decided_at = $3, reason = $4, \
                 application = NULL WHERE registration_id = $1 AND state = 'in_review'",
                &[id.into(), by.into(), now.into(), reason.code().into()],
            )?;
            note(tx, seams, actor, Event::RegistrationDecided, id, State::Declined.code())?;
        }
        Decision::Register { register_id, member } => {
            let row = tx.query_one(OF_MEMBER, &[register_id.as_str().into()])?;
            let Some(register) = row.map(|row| body(&row, 0)).transpose()? else {
                return Ok(Err(RegistrationRefusal::NoSuchMember));
            };
            if !register.member(*member).is_some_and(|member| member.state.is_entered()) {
                return Ok(Err(RegistrationRefusal::NoSuchMember));
            }
            let changed = tx.execute(
                "UPDATE domicile_registrations SET state = 'registered', decider = $2, decided_at = $3, \
                 register_id = $4, member_order = $5, place_key = $6, application = NULL \
                 WHERE registration_id = $1 AND state = 'in_review' AND valid_until > $3",
                &[
                    id.into(),
                    by.into(),
                    now.into(),
                    register_id.as_str().into(),
                    i64::from(*member).into(),
                    place_of(&register).into(),
                ],
            )?;
            if changed == 0 {
                return Ok(Err(RegistrationRefusal::Expired));
            }
            note(tx, seams, actor, Event::RegistrationDecided, id, State::Registered.code())?;
        }
    }
    Ok(Ok(()))
}
