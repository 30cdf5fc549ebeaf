//! The readers of family registers. Each takes an access, and records to whom the reading is a disclosure.
//!
//! ```text
//!   access::person(tx, …) ─► read(tx, &mut access, Shows::Whole)
//!                              ├─ the register in which the person is entered, in one row: one version
//!                              ├─ where its members stand in the register of residents, same transaction
//!                              └─ one entry for every other living member shown who lives here
//! ```

use base::Kind;
use store::{Row, StoreError, Tx};
use wire::family_register::FamilyRegister;
use wire::record_lines::Record as _;

use super::registration::RegisteredPerson;
use super::snapshot::{FamilyRegisterSnapshot, Linked};
use crate::access::{AccessError, PersonAccess};
use crate::register::{self, RegisterError, SnapshotVersion};
use crate::resident_id::ResidentId;

/// What can go wrong when reading a family register.
#[derive(Debug, thiserror::Error)]
pub enum FamilyRegisterError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The access does not cover what would be shown.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// The person is entered in no register of this city.
    #[error("the person is entered in no family register of this city")]
    NotFound,
}

impl FamilyRegisterError {
    /// What it means to a caller.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Store(_) => Kind::Unavailable,
            Self::Access(error) => error.kind(),
            Self::NotFound => Kind::NotFound,
        }
    }
}

impl From<RegisterError> for FamilyRegisterError {
    fn from(error: RegisterError) -> Self {
        match error {
            RegisterError::Store(error) => Self::Store(error),
            RegisterError::Access(error) => Self::Access(error),
            RegisterError::NotFound | RegisterError::NoCriteria => Self::NotFound,
        }
    }
}

/// Whom the reader is going to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shows<'a> {
    /// The person alone so far: to decide whether they may be served.
    SubjectOnly,
    /// Everybody (戸籍全部事項証明書, the whole appendix).
    Whole,
    /// These members (戸籍個人事項証明書, an appendix in part).
    Members(&'a [u32]),
}

/// The generation everyone sees.
macro_rules! shown {
    () => {
        "(SELECT f.generation FROM family_register_feed f WHERE f.id = 1)"
    };
}
pub(super) use shown;

const OF_RESIDENT: &str = concat!(
    "SELECT r.generation, r.position, r.is_complete, r.body, m.member_order FROM family_register_members m ",
    "JOIN family_registers r ON r.generation = m.generation AND r.register_id = m.register_id ",
    "WHERE m.generation = ",
    shown!(),
    " AND m.resident_id = $1 AND m.is_entered = 1 AND r.state = 'current' ORDER BY r.register_id LIMIT 2"
);

const OF_MEMBER: &str = concat!(
    "SELECT r.generation, r.position, r.is_complete, r.body, r.state FROM family_registers r WHERE r.generation = ",
    shown!(),
    " AND r.register_id = $1"
);

/// The current register in which the access's subject, a resident, is entered.
///
/// # Errors
/// [`FamilyRegisterError`]; `NotFound` also for those whose register is in another city.
pub fn read(
    tx: &mut Tx,
    access: &mut PersonAccess,
    shows: Shows<'_>,
) -> Result<FamilyRegisterSnapshot, FamilyRegisterError> {
    let rows = tx.query(OF_RESIDENT, &[access.subject().into()])?;
    let row = rows.first().ok_or(FamilyRegisterError::NotFound)?;
    let subject = u32::try_from(row.int(4)?).map_err(|_| FamilyRegisterError::NotFound)?;
    let mut snapshot = snapshot(tx, access, row, subject)?;
    // Entered in two current registers at once is a defect of the data: nobody is served from either.
    snapshot.is_complete &= rows.len() == 1;
    disclose(tx, access, &snapshot, shows)?;
    Ok(snapshot)
}

/// The register of somebody who lives elsewhere and has registered ([`super::registration::find`]). The access must be
/// for that person.
///
/// # Errors
/// [`FamilyRegisterError`]; `NotFound` when the register is gone or the member with it.
pub fn read_registered(
    tx: &mut Tx,
    access: &mut PersonAccess,
    person: &RegisteredPerson,
    shows: Shows<'_>,
) -> Result<FamilyRegisterSnapshot, FamilyRegisterError> {
    if access.subject() != person.person() {
        return Err(AccessError::NotCovered.into());
    }
    let row = tx.query_one(OF_MEMBER, &[person.register_id().into()])?.ok_or(FamilyRegisterError::NotFound)?;
    let snapshot = snapshot(tx, access, &row, person.member())?;
    if snapshot.subject().is_none() || super::registration::place_of(&snapshot.register) != person.place_key() {
        return Err(FamilyRegisterError::NotFound);
    }
    disclose(tx, access, &snapshot, shows)?;
    Ok(snapshot)
}

/// A row's register. A body that does not read back is a defect of ours: nothing is served from it.
pub(super) fn body(row: &Row, column: usize) -> Result<FamilyRegister, StoreError> {
    FamilyRegister::parse(row.text(column)?).map_err(|_| StoreError::Column { column, wanted: "a family register" })
}

pub(super) fn snapshot(
    tx: &mut Tx,
    access: &PersonAccess,
    row: &Row,
    subject: u32,
) -> Result<FamilyRegisterSnapshot, FamilyRegisterError> {
    let version = SnapshotVersion { generation: row.int(0)?, position: row.int(1)? };
    let (is_complete, register) = (row.flag(2)?, body(row, 3)?);
    let known: Vec<(u32, ResidentId)> = register
        .members
        .iter()
        .filter_map(|member| {
            let id = ResidentId::parse(member.resident_id.as_deref()?).ok()?;
            Some((member.order, id))
        })
        .collect();
    let ids: Vec<ResidentId> = known.iter().map(|(_, id)| id.clone()).collect();
    let standings = register::standings(tx, access, &ids)?;
    let linked = known.into_iter().zip(standings).map(|((member, _), standing)| Linked { member, standing }).collect();
    Ok(FamilyRegisterSnapshot { version, register, subject, is_complete, linked })
}

fn disclose(
    tx: &mut Tx,
    access: &mut PersonAccess,
    snapshot: &FamilyRegisterSnapshot,
    shows: Shows<'_>,
) -> Result<(), FamilyRegisterError> {
    let others = match shows {
        Shows::SubjectOnly => return Ok(()),
        Shows::Whole => snapshot.living_residents(&|_| true),
        Shows::Members(members) => snapshot.living_residents(&|member| members.contains(&member)),
    };
    Ok(access.also_shows(tx, &others)?)
}

/// Further members are going to be shown: the same entries as [`Shows`] asks for.
///
/// # Errors
/// [`FamilyRegisterError`].
pub fn also_shows(
    tx: &mut Tx,
    access: &mut PersonAccess,
    snapshot: &FamilyRegisterSnapshot,
    shows: Shows<'_>,
) -> Result<(), FamilyRegisterError> {
    disclose(tx, access, snapshot, shows)
}
