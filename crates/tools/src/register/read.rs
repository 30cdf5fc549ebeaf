//! The register's readers. Each takes an access, so nothing is read that is not on record.
//!
//! ```text
//!   access::person(tx, …)  ─► household_snapshot(tx, &access) ─► also_shows(those on the paper)
//!   access::search(tx, …)  ─► search(tx, &mut access, &criteria) (records everyone it shows)
//!   access::bulk(tx, …)    ─► page(tx, &access, after) until it is empty
//! ```

use base::text::search_key;
use base::{Date, Kind};
use store::{Row, StoreError, Tx, Value};

use super::keys::{self, kind};
use super::model::{Household, HouseholdId, HouseholdSnapshot, Protection, Resident, ResidentState, SnapshotVersion};
use super::rows::{self, resident_columns};
use crate::access::{Access, AccessError, BulkAccess, PersonAccess, SEARCH_ROWS, SearchAccess};
use crate::resident_id::ResidentId;

/// What can go wrong when reading the register.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The access does not cover what would be shown.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// Nobody with this id is in the register.
    #[error("no such resident")]
    NotFound,
    /// A search without any criterion.
    #[error("a search needs a name, a reading, a birth date or an address")]
    NoCriteria,
}

impl RegisterError {
    /// What it means to a caller.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Store(_) => Kind::Unavailable,
            Self::Access(error) => error.kind(),
            Self::NotFound => Kind::NotFound,
            Self::NoCriteria => Kind::Invalid,
        }
    }
}

/// What a clerk searches by. Criteria given together must all hold.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Criteria {
    /// Beginning of a name in any script: registered, common, former or alphabet name.
    pub name: Option<String>,
    /// Beginning of a reading, hiragana or katakana.
    pub kana: Option<String>,
    /// Birth date.
    pub birth_date: Option<Date>,
    /// Beginning of an address, from the town on or from the prefecture on. Alone, it finds heads of households.
    pub address: Option<String>,
}

/// One row of a search's answer: just enough to tell people apart.
#[derive(Clone, PartialEq, Eq)]
pub struct Found {
    /// Key.
    pub id: ResidentId,
    /// Household.
    pub household_id: HouseholdId,
    /// Registered name.
    pub name: String,
    /// Reading.
    pub kana: Option<String>,
    /// Birth date.
    pub birth_date: Date,
    /// Address with building.
    pub address: String,
    /// Whether the entry was removed (moved out, dead).
    pub is_removed: bool,
}

impl std::fmt::Debug for Found {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Found(<personal>)")
    }
}

/// The generation everyone sees.
macro_rules! shown {
    () => {
        "(SELECT g.generation FROM register_generation g WHERE g.id = 1)"
    };
}

const HOUSEHOLD_OF: &str = concat!(
    "SELECT h.generation, h.household_id, h.head_resident_id, h.head_name, h.is_complete, h.position ",
    "FROM residents r JOIN households h ON h.generation = r.generation AND h.household_id = r.household_id ",
    "WHERE r.generation = ",
    shown!(),
    " AND r.resident_id = $1"
);

const MEMBERS: &str = concat!(
    "SELECT ",
    resident_columns!(),
    " FROM residents r WHERE r.generation = $1 AND r.household_id = $2 ORDER BY r.household_order, r.resident_id"
);

const PROTECTIONS: &str = "SELECT p.resident_id, p.protected_from, p.protected_until FROM protections p \
    JOIN residents r ON r.generation = p.generation AND r.resident_id = p.resident_id \
    WHERE r.generation = $1 AND r.household_id = $2 ORDER BY p.resident_id, p.protected_from";

/// Changes that wait and concern anybody who is, or would be, in the household.
const WAITING: &str = "SELECT c.resident_id FROM register_changes c WHERE c.state = 'waiting' AND (c.household_id = $1 \
    OR EXISTS (SELECT 1 FROM residents r WHERE r.generation = $2 AND r.resident_id = c.resident_id \
    AND r.household_id = $1)) ORDER BY c.position";

/// The household of the access's subject, all of it from this transaction. The caller tells the access whom of the
/// members it shows ([`PersonAccess::also_shows`]).
///
/// # Errors
/// [`RegisterError::NotFound`], [`RegisterError::Store`].
pub fn household_snapshot(tx: &mut Tx, access: &PersonAccess) -> Result<HouseholdSnapshot, RegisterError> {
    let row = tx.query_one(HOUSEHOLD_OF, &[access.subject().into()])?.ok_or(RegisterError::NotFound)?;
    let generation = row.int(0)?;
    let household = Household {
        id: rows::household_id_of(&row, 1)?,
        head_id: row.opt_text(2)?.map(|_| rows::resident_id_of(&row, 2)).transpose()?,
        head_name: row.text(3)?.to_owned(),
        is_complete: row.flag(4)?,
    };
    let version = SnapshotVersion { generation, position: row.int(5)? };
    let of_household = [generation.into(), Value::from(&household.id)];
    let members = read_all(tx, MEMBERS, &of_household, rows::resident)?;
    let protections = read_all(tx, PROTECTIONS, &of_household, |row| {
        Ok(Protection { resident_id: rows::resident_id_of(row, 0)?, from: row.date(1)?, until: row.opt_date(2)? })
    })?;
    let changes_waiting =
        read_all(tx, WAITING, &[Value::from(&household.id), generation.into()], |row| rows::resident_id_of(row, 0))?;
    Ok(HouseholdSnapshot { version, household, members, protections, changes_waiting })
}

fn read_all<T>(
    tx: &mut Tx,
    sql: &'static str,
    parameters: &[Value],
    read: impl Fn(&Row) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    tx.query(sql, parameters)?.iter().map(read).collect()
}

/// What decides about a paper on which a resident is shown without being read: where they stand, nothing of who they are.
#[derive(Clone, PartialEq, Eq)]
pub struct Standing {
    /// Who.
    pub id: ResidentId,
    /// Where they stand; `None` when the register of residents does not know them.
    pub state: Option<ResidentState>,
    /// Protections, over or not.
    pub protections: Vec<Protection>,
    /// Whether a change about them waits for an earlier one.
    pub is_waiting: bool,
}

impl std::fmt::Debug for Standing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Standing(<personal>)")
    }
}

const STANDING: &str = concat!(
    "SELECT (SELECT r.state FROM residents r WHERE r.generation = ",
    shown!(),
    " AND r.resident_id = $1), (SELECT r.state_on FROM residents r WHERE r.generation = ",
    shown!(),
    " AND r.resident_id = $1), (SELECT COUNT(*) FROM register_changes c WHERE c.state = 'waiting' \
     AND c.resident_id = $1)"
);

const PROTECTIONS_OF: &str = concat!(
    "SELECT p.protected_from, p.protected_until FROM protections p WHERE p.generation = ",
    shown!(),
    " AND p.resident_id = $1 ORDER BY p.protected_from"
);

/// Where each of `ids` stands, from this transaction. Whom of them a paper shows, the caller tells the access.
///
/// # Errors
/// [`RegisterError::Store`].
pub fn standings(tx: &mut Tx, _access: &PersonAccess, ids: &[ResidentId]) -> Result<Vec<Standing>, RegisterError> {
    let mut all = Vec::with_capacity(ids.len());
    for id in ids {
        let wanted = StoreError::Column { column: 0, wanted: "a standing" };
        let row = tx.query_one(STANDING, &[id.into()])?.ok_or(wanted)?;
        let state = row.opt_text(0)?.map(|word| rows::state(word, row.opt_date(1)?)).transpose()?;
        let is_waiting = row.int(2)? > 0;
        let protections = read_all(tx, PROTECTIONS_OF, &[id.into()], |row| {
            Ok(Protection { resident_id: id.clone(), from: row.date(0)?, until: row.opt_date(1)? })
        })?;
        all.push(Standing { id: id.clone(), state, protections, is_waiting });
    }
    Ok(all)
}

const ONE: &str = concat!(
    "SELECT ",
    resident_columns!(),
    " FROM residents r WHERE r.generation = ",
    shown!(),
    " AND r.resident_id = $1"
);

/// The access's subject alone.
///
/// # Errors
/// [`RegisterError::NotFound`], [`RegisterError::Store`].
pub fn resident(tx: &mut Tx, access: &PersonAccess) -> Result<Resident, RegisterError> {
    covered(tx, access, access.subject())
}

/// One resident whom `access`, of any form, covers.
///
/// # Errors
/// [`AccessError::NotCovered`], [`RegisterError::NotFound`], [`RegisterError::Store`].
pub fn covered(tx: &mut Tx, access: &impl Access, id: &ResidentId) -> Result<Resident, RegisterError> {
    access.require(id)?;
    let row = tx.query_one(ONE, &[id.into()])?.ok_or(RegisterError::NotFound)?;
    Ok(rows::resident(&row)?)
}

const IN_GENERATION: &str =
    concat!("SELECT ", resident_columns!(), " FROM residents r WHERE r.generation = $1 AND r.resident_id = $2");

/// One resident for the import, which is recorded as a whole (`register.import`).
pub(super) fn in_generation(tx: &mut Tx, generation: i64, id: &str) -> Result<Option<Resident>, StoreError> {
    tx.query_one(IN_GENERATION, &[generation.into(), id.into()])?.map(|row| rows::resident(&row)).transpose()
}

const PAGE: &str = concat!(
    "SELECT ",
    resident_columns!(),
    " FROM residents r WHERE r.generation = ",
    shown!(),
    " AND r.resident_id > $1 ORDER BY r.resident_id LIMIT 500"
);

/// The next 500 residents after `after`, for declared bulk work; empty at the end. Take a new transaction per page.
///
/// # Errors
/// [`RegisterError::Store`].
pub fn page(tx: &mut Tx, _access: &BulkAccess, after: Option<&ResidentId>) -> Result<Vec<Resident>, RegisterError> {
    let after = after.map_or_else(String::new, |id| id.as_str().to_owned());
    Ok(read_all(tx, PAGE, &[after.into()], rows::resident)?)
}

/// Residents in the register, removed ones too. A number, so it takes no access.
///
/// # Errors
/// [`StoreError`].
pub fn count(tx: &mut Tx) -> Result<i64, StoreError> {
    let row = tx.query_one(concat!("SELECT COUNT(*) FROM residents r WHERE r.generation = ", shown!()), &[])?;
    row.map_or(Ok(0), |row| row.int(0))
}

/// One earlier version of an entry.
#[derive(Clone, PartialEq, Eq)]
pub struct Past {
    /// Since when the register said so, UTC.
    pub valid_from: base::Timestamp,
    /// Until when.
    pub valid_to: base::Timestamp,
    /// Source position of the change that ended it.
    pub ended_by: i64,
    /// Kind of that change: a word of `changes.csv`, or `full_load`.
    pub change_kind: String,
    /// The name then.
    pub name: String,
    /// The address then, with building.
    pub address: String,
    /// The household then.
    pub household_id: HouseholdId,
    /// The state then, as a word.
    pub state: String,
}

const HISTORY: &str = concat!(
    "SELECT h.valid_from, h.valid_to, h.ended_by, h.change_kind, h.name, h.address, h.building, h.household_id, h.state ",
    "FROM resident_history h WHERE h.resident_id = $1 AND h.generation <= ",
    shown!(),
    " ORDER BY h.valid_to DESC, h.ended_by DESC LIMIT 200"
);

/// Earlier versions of the subject's entry, newest first, at most 200.
///
/// # Errors
/// [`RegisterError::Store`].
pub fn history(tx: &mut Tx, access: &PersonAccess) -> Result<Vec<Past>, RegisterError> {
    Ok(read_all(tx, HISTORY, &[access.subject().into()], |row| {
        let building = row.opt_text(6)?.map_or_else(String::new, |building| format!("　{building}"));
        Ok(Past {
            valid_from: row.timestamp(0)?,
            valid_to: row.timestamp(1)?,
            ended_by: row.int(2)?,
            change_kind: row.text(3)?.to_owned(),
            name: row.text(4)?.to_owned(),
            address: format!("{}{building}", row.text(5)?),
            household_id: rows::household_id_of(row, 7)?,
            state: row.text(8)?.to_owned(),
        })
    })?)
}

/// Rows of the search table looked at before a search says "narrow the criteria": bounds the time of the transaction.
const CANDIDATES: usize = 2_000;
const CANDIDATE_PAGE: usize = 250;

const SEARCH: &str = concat!(
    "SELECT ",
    resident_columns!(),
    ", s.key FROM resident_search s JOIN residents r ON r.generation = s.generation AND r.resident_id = s.resident_id ",
    "WHERE s.generation = ",
    shown!(),
    " AND s.kind = $1 AND s.key >= $2 AND s.key < $3 AND (s.key > $4 OR (s.key = $4 AND s.resident_id > $5)) ",
    "ORDER BY s.key, s.resident_id LIMIT 250"
);

/// Up to 20 residents that match, in order of the key searched by, and whether there may be more (narrow the criteria
/// then). Each is recorded as shown before this returns.
///
/// # Errors
/// [`RegisterError::NoCriteria`]; [`RegisterError::Access`] past the actor's hourly cap.
pub fn search(
    tx: &mut Tx,
    access: &mut SearchAccess,
    criteria: &Criteria,
) -> Result<(Vec<Found>, bool), RegisterError> {
    let wanted = Wanted::new(criteria);
    let (kind, prefix) = wanted.narrowest().ok_or(RegisterError::NoCriteria)?;
    let (low, high) = keys::range(&prefix);
    let mut found: Vec<Found> = Vec::new();
    let (mut seen, mut last_key, mut last_id) = (0, Value::Blob(Vec::new()), Value::Text(String::new()));
    let more = 'pages: loop {
        let parameters = [kind.into(), low.clone(), high.clone(), last_key.clone(), last_id.clone()];
        let page = tx.query(SEARCH, &parameters)?;
        for row in &page {
            let resident = rows::resident(row)?;
            if wanted.fits(&resident) && !found.iter().any(|other| other.id == resident.id) {
                if found.len() == SEARCH_ROWS {
                    break 'pages true;
                }
                found.push(shown_as(resident));
            }
        }
        seen += page.len();
        match page.last() {
            Some(row) if page.len() == CANDIDATE_PAGE => {
                if seen >= CANDIDATES {
                    break true;
                }
                last_key = Value::Blob(row.blob(38)?.to_vec());
                last_id = Value::Text(row.text(0)?.to_owned());
            }
            _ => break false,
        }
    };
    let ids: Vec<ResidentId> = found.iter().map(|row| row.id.clone()).collect();
    access.show(tx, &ids)?;
    Ok((found, more))
}

fn shown_as(resident: Resident) -> Found {
    Found {
        address: resident.address.whole(),
        is_removed: !resident.state.is_entered(),
        id: resident.id,
        household_id: resident.household_id,
        name: resident.names.registered,
        kana: resident.names.kana,
        birth_date: resident.birth_date,
    }
}

/// Criteria in the form of keys.
struct Wanted {
    name: Option<String>,
    kana: Option<String>,
    birth_date: Option<Date>,
    address: Option<String>,
}

impl Wanted {
    fn new(criteria: &Criteria) -> Self {
        let key = |text: &Option<String>| text.as_deref().map(search_key).filter(|key| !key.is_empty());
        Self {
            name: key(&criteria.name),
            kana: key(&criteria.kana),
            birth_date: criteria.birth_date,
            address: criteria.address.as_deref().map(keys::address_key).filter(|key| !key.is_empty()),
        }
    }

    /// The criterion that leaves fewest candidates: a birthday is shared by few, a name by many, a town by most.
    fn narrowest(&self) -> Option<(i64, String)> {
        if let Some(date) = self.birth_date {
            return Some((kind::BIRTH, date.to_string()));
        }
        let name = self.name.clone().map(|name| (kind::NAME, name));
        let kana = self.kana.clone().map(|kana| (kind::KANA, kana));
        name.or(kana).or_else(|| self.address.clone().map(|address| (kind::ADDRESS, address)))
    }

    fn fits(&self, resident: &Resident) -> bool {
        let found = rows::findable_resident(resident);
        let begins = |texts: &[Option<&str>], wanted: &Option<String>| {
            wanted.as_ref().is_none_or(|wanted| texts.iter().flatten().any(|text| search_key(text).starts_with(wanted)))
        };
        begins(&found.names, &self.name)
            && begins(&found.readings, &self.kana)
            && self.birth_date.is_none_or(|date| date == resident.birth_date)
            && self.address.as_ref().is_none_or(|wanted| keys::address_key(&resident.address.text).starts_with(wanted))
    }
}

/// How somebody left the register, as far as a link that ends with it must know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Leaving {
    /// 死亡.
    Death,
    /// 転出, planned or done.
    MovedOut,
}

/// Links (credentials) whose holder died, or moved out before `moved_out_before`: at most `limit`. No access is made, since
/// nobody is shown anything: only the state and its day are compared, and only the link's own id comes back.
pub(crate) fn links_to_end(
    tx: &mut Tx<'_>,
    moved_out_before: Date,
    limit: i64,
) -> Result<Vec<(base::Id, Leaving)>, StoreError> {
    tx.query(
        "SELECT c.credential_id, r.state FROM credentials c \
         JOIN residents r ON r.resident_id = c.resident_id \
         JOIN register_generation g ON g.generation = r.generation \
         WHERE c.status IN ('active', 'on_hold', 'lost') AND (r.state = 'dead' OR \
             (r.state IN ('moved_out', 'planned_move_out') AND r.state_on < $1)) \
         ORDER BY c.credential_id LIMIT $2",
        &[moved_out_before.into(), limit.into()],
    )?
    .iter()
    .map(|row| Ok((row.id(0)?, if row.text(1)? == "dead" { Leaving::Death } else { Leaving::MovedOut })))
    .collect()
}

/// Accounts of the citizen portal whose person's standing is another than the outside was last told: at most `limit`, the
/// longest untold first. As with [`links_to_end`] nobody is shown anything: only states are compared.
pub(crate) fn accounts_to_tell(
    tx: &mut Tx<'_>,
    limit: i64,
) -> Result<Vec<(crate::portal::AccountId, ResidentId)>, StoreError> {
    let rows = tx.query(
        "SELECT l.account_id, l.resident_id FROM portal_links l \
         JOIN residents r ON r.resident_id = l.resident_id \
         JOIN register_generation g ON g.generation = r.generation \
         WHERE (r.state = 'dead' AND l.told_state <> 'ended') \
            OR (r.state = 'moved_out' AND l.told_state <> 'moved_out') \
            OR (r.state NOT IN ('dead', 'moved_out') AND l.told_state <> 'open') \
         ORDER BY l.told_at, l.account_id LIMIT $1",
        &[limit.into()],
    )?;
    let known =
        |row: &store::Row| Ok(crate::portal::AccountId::parse(row.text(0)?).zip(ResidentId::parse(row.text(1)?).ok()));
    let all: Result<Vec<_>, StoreError> = rows.iter().map(known).collect();
    Ok(all?.into_iter().flatten().collect())
}
