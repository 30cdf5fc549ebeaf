//! The one place where residents, households and protections meet their tables.

use aws_lc_rs::digest::{SHA256, digest};
use base::{Date, Timestamp};
use store::{Row, StoreError, Value};
use wire::resident_csv::{EntryState, ResidentRecord, Sex as FileSex};

use super::keys::Findable;
use super::model::{
    Address, FamilyRegister, ForeignItems, HouseholdId, NameWithKana, Names, Resident, ResidentState, Sex,
};
use crate::resident_id::ResidentId;

/// Columns of `residents` as [`resident`] reads them, from table alias `r`.
macro_rules! resident_columns {
    () => {
        "r.resident_id, r.household_id, r.household_order, r.relationship, r.name, r.name_mj, r.name_kana, \
         r.name_kana_registered, r.alphabet_name, r.common_name, r.common_name_kana, r.former_name, \
         r.former_name_kana, r.birth_date, r.birth_date_text, r.sex, r.postal_code, r.municipality_code, r.town_code, \
         r.address_number, r.address, r.building, r.became_resident_on, r.address_since, r.notified_on, \
         r.previous_address, r.previous_city_address, r.family_register_domicile, r.family_register_head, \
         r.nationality, r.article_30_45, r.residence_status, r.residence_period, r.residence_expires_on, \
         r.residence_card_number, r.state, r.state_on, r.remarks"
    };
}
pub(super) use resident_columns;

/// Writes a resident; parameters by [`insert_values`].
pub(super) const INSERT_RESIDENT: &str = "INSERT INTO residents (generation, resident_id, household_id, \
    household_order, relationship, name, name_mj, name_kana, name_kana_registered, alphabet_name, common_name, \
    common_name_kana, former_name, former_name_kana, birth_date, birth_date_text, sex, postal_code, \
    municipality_code, town_code, address_number, address, building, became_resident_on, address_since, notified_on, \
    previous_address, previous_city_address, family_register_domicile, family_register_head, nationality, \
    article_30_45, residence_status, residence_period, residence_expires_on, residence_card_number, state, state_on, \
    remarks, content, valid_from, made_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, \
    $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, \
    $37, $38, $39, $40, $41, $42)";

/// Keeps `valid_from` and `made_by` of generation `$1` for resident `$3` of generation `$2` when nothing changed.
pub(super) const CARRY_UNCHANGED: &str = "UPDATE residents SET \
    valid_from = (SELECT o.valid_from FROM residents o WHERE o.generation = $1 AND o.resident_id = residents.resident_id), \
    made_by = (SELECT o.made_by FROM residents o WHERE o.generation = $1 AND o.resident_id = residents.resident_id) \
    WHERE generation = $2 AND resident_id = $3 AND EXISTS (SELECT 1 FROM residents o WHERE o.generation = $1 \
    AND o.resident_id = residents.resident_id AND o.content = residents.content)";

/// Copies what generation `$5` says of resident `$6` into history, unless its content is `$7`. `$1` is the generation
/// from which the row is history, `$2` valid_to, `$3` ended_by, `$4` the kind of change.
pub(super) const INTO_HISTORY: &str = "INSERT INTO resident_history (generation, resident_id, valid_from, valid_to, \
    made_by, ended_by, change_kind, household_id, relationship, name, name_kana, alphabet_name, common_name, \
    former_name, birth_date, sex, address, building, family_register_domicile, family_register_head, nationality, \
    residence_status, state, state_on, content) \
    SELECT $1, resident_id, valid_from, $2, made_by, $3, $4, household_id, relationship, name, name_kana, \
    alphabet_name, common_name, former_name, birth_date, sex, address, building, family_register_domicile, \
    family_register_head, nationality, residence_status, state, state_on, content \
    FROM residents WHERE generation = $5 AND resident_id = $6 AND content <> $7 \
    ON CONFLICT (resident_id, valid_from, ended_by, generation) DO NOTHING";

/// SHA-256 of a text, its first 16 bytes.
pub(super) fn content_of(text: &str) -> Vec<u8> {
    digest(&SHA256, text.as_bytes()).as_ref().get(..16).unwrap_or(&[]).to_vec()
}

const fn sex_word(sex: FileSex) -> &'static str {
    match sex {
        FileSex::Male => "male",
        FileSex::Female => "female",
        FileSex::NotStated => "",
    }
}

/// The parameters of [`INSERT_RESIDENT`].
pub(super) fn insert_values(
    record: ResidentRecord,
    generation: i64,
    municipality_code: &str,
    content: Vec<u8>,
    valid_from: Timestamp,
    made_by: i64,
) -> Vec<Value> {
    let r = record;
    let code = r.municipality_code.unwrap_or_else(|| municipality_code.to_owned());
    vec![
        generation.into(),
        r.resident_id.into(),
        r.household_id.into(),
        r.household_order.into(),
        r.relationship.into(),
        r.name.into(),
        r.name_mj.into(),
        r.name_kana.into(),
        r.name_kana_registered.into(),
        r.alphabet_name.into(),
        r.common_name.into(),
        r.common_name_kana.into(),
        r.former_name.into(),
        r.former_name_kana.into(),
        r.birth_date.into(),
        r.birth_date_text.into(),
        sex_word(r.sex).into(),
        r.postal_code.into(),
        code.into(),
        r.town_code.unwrap_or_default().into(),
        r.address_number.into(),
        r.address.into(),
        r.building.into(),
        r.became_resident_on.into(),
        r.address_since.into(),
        r.notified_on.into(),
        r.previous_address.into(),
        r.previous_city_address.into(),
        r.family_register_domicile.into(),
        r.family_register_head.into(),
        r.nationality.into(),
        r.article_30_45.into(),
        r.residence_status.into(),
        r.residence_period.into(),
        r.residence_expires_on.into(),
        r.residence_card_number.into(),
        r.state.word().into(),
        r.state.day().into(),
        r.remarks.into(),
        content.into(),
        valid_from.into(),
        made_by.into(),
    ]
}

/// What a row of a file is found by.
pub(super) fn findable(record: &ResidentRecord) -> Findable<'_> {
    Findable {
        names: [
            Some(record.name.as_str()),
            record.common_name.as_deref(),
            record.former_name.as_deref(),
            record.alphabet_name.as_deref(),
        ],
        readings: [record.name_kana.as_deref(), record.common_name_kana.as_deref(), record.former_name_kana.as_deref()],
        birth_date: record.birth_date,
        address: (record.relationship == HEAD || record.household_order == 1).then_some(record.address.as_str()),
    }
}

/// What a row of the register is found by; the same keys as [`findable`] gave when it was written.
pub(super) fn findable_resident(resident: &Resident) -> Findable<'_> {
    let names = &resident.names;
    Findable {
        names: [
            Some(names.registered.as_str()),
            names.common.as_ref().map(|name| name.text.as_str()),
            names.former.as_ref().map(|name| name.text.as_str()),
            names.alphabet.as_deref(),
        ],
        readings: [
            names.kana.as_deref(),
            names.common.as_ref().and_then(|name| name.kana.as_deref()),
            names.former.as_ref().and_then(|name| name.kana.as_deref()),
        ],
        birth_date: resident.birth_date,
        address: (resident.relationship == HEAD || resident.order == 1).then_some(resident.address.text.as_str()),
    }
}

/// 続柄 of the head of a household.
pub(super) const HEAD: &str = "世帯主";

fn owned(row: &Row, column: usize) -> Result<Option<String>, StoreError> {
    Ok(row.opt_text(column)?.map(str::to_owned))
}

fn id_of(row: &Row, column: usize) -> Result<ResidentId, StoreError> {
    ResidentId::parse(row.text(column)?).map_err(|_| StoreError::Column { column, wanted: "a resident id" })
}

pub(super) fn household_id_of(row: &Row, column: usize) -> Result<HouseholdId, StoreError> {
    HouseholdId::parse(row.text(column)?).map_err(|_| StoreError::Column { column, wanted: "a household id" })
}

pub(super) fn resident_id_of(row: &Row, column: usize) -> Result<ResidentId, StoreError> {
    id_of(row, column)
}

/// A resident from the columns of `resident_columns!`.
pub(super) fn resident(row: &Row) -> Result<Resident, StoreError> {
    let with_kana = |name: usize, kana: usize| -> Result<Option<NameWithKana>, StoreError> {
        let Some(text) = owned(row, name)? else { return Ok(None) };
        Ok(Some(NameWithKana { text, kana: owned(row, kana)? }))
    };
    let family_register = match (owned(row, 27)?, owned(row, 28)?) {
        (Some(domicile), head) => Some(FamilyRegister { domicile, head: head.unwrap_or_default() }),
        (None, _) => None,
    };
    let foreign = match owned(row, 29)? {
        Some(nationality) => Some(ForeignItems {
            nationality,
            article_30_45: owned(row, 30)?.unwrap_or_default(),
            residence_status: owned(row, 31)?,
            period: owned(row, 32)?,
            expires_on: row.opt_date(33)?,
            card_number: owned(row, 34)?,
        }),
        None => None,
    };
    Ok(Resident {
        id: id_of(row, 0)?,
        household_id: household_id_of(row, 1)?,
        order: u32::try_from(row.int(2)?).unwrap_or(0),
        relationship: row.text(3)?.to_owned(),
        names: Names {
            registered: row.text(4)?.to_owned(),
            mj: owned(row, 5)?,
            kana: owned(row, 6)?,
            kana_is_registered: row.flag(7)?,
            alphabet: owned(row, 8)?,
            common: with_kana(9, 10)?,
            former: with_kana(11, 12)?,
        },
        birth_date: row.date(13)?,
        birth_date_text: owned(row, 14)?,
        sex: match row.text(15)? {
            "male" => Sex::Male,
            "female" => Sex::Female,
            _ => Sex::NotStated,
        },
        address: Address {
            postal_code: owned(row, 16)?,
            municipality_code: row.text(17)?.to_owned(),
            town_code: row.text(18)?.to_owned(),
            number: owned(row, 19)?,
            text: row.text(20)?.to_owned(),
            building: owned(row, 21)?,
        },
        became_resident_on: row.opt_date(22)?,
        address_since: row.opt_date(23)?,
        notified_on: row.opt_date(24)?,
        previous_address: owned(row, 25)?,
        previous_city_address: owned(row, 26)?,
        family_register,
        foreign,
        state: state(row.text(35)?, row.opt_date(36)?)?,
        remarks: owned(row, 37)?,
    })
}

pub(super) fn state(word: &str, on: Option<Date>) -> Result<ResidentState, StoreError> {
    Ok(match (word, on) {
        ("resident", _) => ResidentState::Resident,
        ("planned_move_out", Some(on)) => ResidentState::PlannedMoveOut { on },
        ("moved_out", Some(on)) => ResidentState::MovedOut { on },
        ("dead", Some(on)) => ResidentState::Dead { on },
        ("pending", _) => ResidentState::Pending,
        _ => return Err(StoreError::Column { column: 35, wanted: "a state and its day" }),
    })
}

/// Whether a state of a file is still entered.
pub(super) const fn is_entered(state: EntryState) -> bool {
    !matches!(state, EntryState::MovedOut(_) | EntryState::Dead(_))
}
