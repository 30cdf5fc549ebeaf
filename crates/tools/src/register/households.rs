//! Households of many at once, for declared bulk work.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use store::{StoreError, Tx, Value};

use super::model::{Household, HouseholdSnapshot, Protection, SnapshotVersion};
use super::read::RegisterError;
use super::rows::{self, resident_columns};
use crate::access::BulkAccess;
use crate::resident_id::ResidentId;

/// Keys in one question.
const TOGETHER: usize = 100;

/// A question about a hundred keys, `$1` to `$100`.
fn asked(before: &str, after: &str) -> String {
    let keys: Vec<String> = (1..=TOGETHER).map(|key| format!("${key}")).collect();
    format!("{before}({}){after}", keys.join(", "))
}

const SHOWN: &str = "(SELECT g.generation FROM register_generation g WHERE g.id = 1)";

static HOUSEHOLDS: LazyLock<String> = LazyLock::new(|| {
    let before = format!(
        "SELECT h.generation, h.household_id, h.head_resident_id, h.head_name, h.is_complete, h.position FROM households h \
         WHERE h.generation = {SHOWN} AND h.household_id IN (SELECT r.household_id FROM residents r \
         WHERE r.generation = {SHOWN} AND r.resident_id IN "
    );
    asked(&before, ") ORDER BY h.household_id")
});
static MEMBERS: LazyLock<String> = LazyLock::new(|| {
    let columns = resident_columns!();
    let before = format!("SELECT {columns} FROM residents r WHERE r.generation = {SHOWN} AND r.household_id IN ");
    asked(&before, " ORDER BY r.household_id, r.household_order, r.resident_id")
});
static PROTECTIONS: LazyLock<String> = LazyLock::new(|| {
    let before = format!(
        "SELECT r.household_id, p.resident_id, p.protected_from, p.protected_until FROM protections p \
         JOIN residents r ON r.generation = p.generation AND r.resident_id = p.resident_id \
         WHERE r.generation = {SHOWN} AND r.household_id IN "
    );
    asked(&before, "")
});
/// Changes that wait about somebody who is in the household.
static WAITING: LazyLock<String> = LazyLock::new(|| {
    let before = format!(
        "SELECT r.household_id, c.resident_id FROM register_changes c JOIN residents r ON r.generation = {SHOWN} \
         AND r.resident_id = c.resident_id WHERE c.state = 'waiting' AND r.household_id IN "
    );
    asked(&before, "")
});
/// Changes that wait and name the household: somebody is to join it.
static JOINING: LazyLock<String> = LazyLock::new(|| {
    asked(
        "SELECT c.household_id, c.resident_id FROM register_changes c WHERE c.state = 'waiting' AND c.household_id IN ",
        "",
    )
});

fn padded<'a>(keys: impl Iterator<Item = &'a str>) -> Vec<Value> {
    let mut values: Vec<Value> = keys.map(Value::from).collect();
    values.resize_with(TOGETHER, || Value::from(""));
    values
}

/// The households of `residents`, each once and whole, in the order of their keys. Residents nobody knows have none.
///
/// # Errors
/// [`RegisterError::Store`].
pub fn households_of(
    tx: &mut Tx,
    _access: &BulkAccess,
    residents: &[ResidentId],
) -> Result<Vec<HouseholdSnapshot>, RegisterError> {
    let mut all: BTreeMap<String, HouseholdSnapshot> = BTreeMap::new();
    for piece in residents.chunks(TOGETHER) {
        for row in tx.query(HOUSEHOLDS.as_str(), &padded(piece.iter().map(ResidentId::as_str)))? {
            let household = Household {
                id: rows::household_id_of(&row, 1)?,
                head_id: row.opt_text(2)?.map(|_| rows::resident_id_of(&row, 2)).transpose()?,
                head_name: row.text(3)?.to_owned(),
                is_complete: row.flag(4)?,
            };
            let version = SnapshotVersion { generation: row.int(0)?, position: row.int(5)? };
            let key = row.text(1)?.to_owned();
            let (members, protections, changes_waiting) = (Vec::new(), Vec::new(), Vec::new());
            let snapshot = HouseholdSnapshot { version, household, members, protections, changes_waiting };
            all.entry(key).or_insert(snapshot);
        }
    }
    let keys: Vec<String> = all.keys().cloned().collect();
    for piece in keys.chunks(TOGETHER) {
        let values = padded(piece.iter().map(String::as_str));
        fill(tx, &values, &mut all)?;
    }
    Ok(all.into_values().collect())
}

fn fill(tx: &mut Tx, values: &[Value], all: &mut BTreeMap<String, HouseholdSnapshot>) -> Result<(), StoreError> {
    for row in tx.query(MEMBERS.as_str(), values)? {
        let resident = rows::resident(&row)?;
        if let Some(found) = all.get_mut(resident.household_id.as_str()) {
            found.members.push(resident);
        }
    }
    for row in tx.query(PROTECTIONS.as_str(), values)? {
        let (resident_id, from, until) = (rows::resident_id_of(&row, 1)?, row.date(2)?, row.opt_date(3)?);
        if let Some(found) = all.get_mut(row.text(0)?) {
            found.protections.push(Protection { resident_id, from, until });
        }
    }
    for sql in [WAITING.as_str(), JOINING.as_str()] {
        for row in tx.query(sql, values)? {
            if let Some(found) = all.get_mut(row.text(0)?) {
                found.changes_waiting.push(rows::resident_id_of(&row, 1)?);
            }
        }
    }
    Ok(())
}
