//! Rows as typed records.

use base::Date;

use super::cells::Cells;
use super::columns::{CHANGES, Column, HOUSEHOLDS, PROTECTIONS, RESIDENTS};
use super::fault::Reason;

/// Sex as registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sex {
    /// 男.
    Male,
    /// 女.
    Female,
    /// Nothing registered.
    NotStated,
}

/// Where an entry stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryState {
    /// Lives here.
    Resident,
    /// Will move out on a day (転出予定).
    PlannedMoveOut(Date),
    /// Moved out (転出).
    MovedOut(Date),
    /// Died (死亡).
    Dead(Date),
    /// A notification is being processed (届出処理中).
    Pending,
}

impl EntryState {
    /// The word in the file.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Resident => "resident",
            Self::PlannedMoveOut(_) => "planned_move_out",
            Self::MovedOut(_) => "moved_out",
            Self::Dead(_) => "dead",
            Self::Pending => "pending",
        }
    }

    /// The day in the file.
    pub const fn day(self) -> Option<Date> {
        match self {
            Self::PlannedMoveOut(day) | Self::MovedOut(day) | Self::Dead(day) => Some(day),
            Self::Resident | Self::Pending => None,
        }
    }
}

/// One row of `residents.csv`. Field by field as [`RESIDENTS`].
#[derive(Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "each field is the column of the same name, documented in `columns`")]
pub struct ResidentRecord {
    pub resident_id: String,
    pub household_id: String,
    pub household_order: u32,
    pub relationship: String,
    pub name: String,
    pub name_mj: Option<String>,
    pub name_kana: Option<String>,
    pub name_kana_registered: bool,
    pub alphabet_name: Option<String>,
    pub common_name: Option<String>,
    pub common_name_kana: Option<String>,
    pub former_name: Option<String>,
    pub former_name_kana: Option<String>,
    pub birth_date: Date,
    pub birth_date_text: Option<String>,
    pub sex: Sex,
    pub postal_code: Option<String>,
    pub municipality_code: Option<String>,
    pub town_code: Option<String>,
    pub address_number: Option<String>,
    pub address: String,
    pub building: Option<String>,
    pub became_resident_on: Option<Date>,
    pub address_since: Option<Date>,
    pub notified_on: Option<Date>,
    pub previous_address: Option<String>,
    pub previous_city_address: Option<String>,
    pub family_register_domicile: Option<String>,
    pub family_register_head: Option<String>,
    pub nationality: Option<String>,
    pub article_30_45: Option<String>,
    pub residence_status: Option<String>,
    pub residence_period: Option<String>,
    pub residence_expires_on: Option<Date>,
    pub residence_card_number: Option<String>,
    pub state: EntryState,
    pub remarks: Option<String>,
}

/// One row of `households.csv`.
#[derive(Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "each field is the column of the same name, documented in `columns`")]
pub struct HouseholdRecord {
    pub household_id: String,
    pub head_resident_id: Option<String>,
    pub head_name: String,
    pub member_count: Option<u32>,
}

/// One row of `protections.csv`.
#[derive(Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "each field is the column of the same name, documented in `columns`")]
pub struct ProtectionRecord {
    pub resident_id: String,
    pub protected_from: Date,
    pub protected_until: Option<Date>,
}

/// What kind of change a row reports (異動事由).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    /// 転入.
    MoveIn,
    /// 転居.
    MoveWithin,
    /// 転出.
    MoveOut,
    /// 転出予定.
    PlannedMoveOut,
    /// 出生.
    Birth,
    /// 死亡.
    Death,
    /// 世帯変更.
    Household,
    /// 氏名の変更.
    Name,
    /// 職権修正.
    Correction,
    /// 届出の受付 (processing begins; a later change ends it).
    Pending,
    /// 支援措置の開始.
    ProtectionStart,
    /// 支援措置の終了.
    ProtectionEnd,
}

/// Words of a change kind: ours, the usual Japanese one, and the kind.
const CHANGE_KINDS: &[(&str, &str, ChangeKind)] = &[
    ("move_in", "転入", ChangeKind::MoveIn),
    ("move_within", "転居", ChangeKind::MoveWithin),
    ("move_out", "転出", ChangeKind::MoveOut),
    ("planned_move_out", "転出予定", ChangeKind::PlannedMoveOut),
    ("birth", "出生", ChangeKind::Birth),
    ("death", "死亡", ChangeKind::Death),
    ("household", "世帯変更", ChangeKind::Household),
    ("name", "氏名変更", ChangeKind::Name),
    ("correction", "職権修正", ChangeKind::Correction),
    ("pending", "届出処理中", ChangeKind::Pending),
    ("protection_start", "支援措置開始", ChangeKind::ProtectionStart),
    ("protection_end", "支援措置終了", ChangeKind::ProtectionEnd),
];

impl ChangeKind {
    /// The word in the file and in the register's history.
    pub fn word(self) -> &'static str {
        CHANGE_KINDS.iter().find(|(.., kind)| *kind == self).map_or("", |(word, ..)| word)
    }

    /// The kind a word stands for.
    pub fn from_word(word: &str) -> Option<Self> {
        CHANGE_KINDS.iter().find(|(ours, ..)| *ours == word).map(|(.., kind)| *kind)
    }
}

/// One row of `changes.csv`: the resident as they are after the change.
#[derive(Clone, PartialEq, Eq)]
pub struct ChangeRecord {
    /// Position in the source, from 1, without gaps.
    pub source_position: i64,
    /// What happened.
    pub kind: ChangeKind,
    /// The day it takes effect. For protections the first (or, for an end, the last) day.
    pub effective_on: Date,
    /// For protections: the last day.
    pub protected_until: Option<Date>,
    /// Everything about the resident afterwards.
    pub resident: ResidentRecord,
}

macro_rules! silent_debug {
    ($($name:ident),*) => { $(
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(<personal>)"))
            }
        }
    )* };
}
silent_debug!(ResidentRecord, HouseholdRecord, ProtectionRecord, ChangeRecord);

/// A record made from the cells of a row.
pub trait FromCells: Sized {
    /// Its columns, in the order in which `from_cells` takes them.
    fn columns() -> Vec<Column>;
    /// Takes each cell in order. `None` when something required is missing; the fault is in `cells` then.
    fn from_cells(cells: &mut Cells<'_>) -> Option<Self>;
}

const SEXES: &[(&str, Sex)] = &[
    ("male", Sex::Male),
    ("female", Sex::Female),
    ("not_stated", Sex::NotStated),
    ("男", Sex::Male),
    ("女", Sex::Female),
    ("1", Sex::Male),
    ("2", Sex::Female),
];

/// The words of `state`: (word, which, needs its day).
const STATES: &[(&str, u8)] = &[
    ("resident", 0),
    ("planned_move_out", 1),
    ("moved_out", 2),
    ("dead", 3),
    ("pending", 4),
    ("住民", 0),
    ("転出予定", 1),
    ("転出", 2),
    ("死亡", 3),
    ("届出処理中", 4),
];

impl FromCells for ResidentRecord {
    fn columns() -> Vec<Column> {
        RESIDENTS.to_vec()
    }

    fn from_cells(cells: &mut Cells<'_>) -> Option<Self> {
        cells.table(RESIDENTS);
        let resident_id = cells.id("resident_id");
        let household_id = cells.id("household_id");
        cells.key.clone_from(&resident_id);
        cells.household.clone_from(&household_id);
        let household_order = cells.number("household_order").unwrap_or(0);
        let relationship = cells.text("relationship");
        let name = cells.text("name");
        let name_mj = cells.text("name_mj");
        let name_kana = cells.kana("name_kana");
        let kana_registered = cells.word("name_kana_registered", &[("1", true), ("0", false)]);
        let alphabet_name = cells.text("alphabet_name");
        let common_name = cells.text("common_name");
        let common_name_kana = cells.kana("common_name_kana");
        let former_name = cells.text("former_name");
        let former_name_kana = cells.kana("former_name_kana");
        let birth_date = cells.date("birth_date");
        let birth_date_text = cells.text("birth_date_text");
        let sex = cells.word("sex", SEXES).unwrap_or(Sex::NotStated);
        let postal_code = cells.code("postal_code");
        let municipality_code = cells.code("municipality_code");
        let town_code = cells.code("town_code");
        let address_number = cells.text("address_number");
        let address = cells.text("address");
        let building = cells.text("building");
        let became_resident_on = cells.date("became_resident_on");
        let address_since = cells.date("address_since");
        let notified_on = cells.date("notified_on");
        let previous_address = cells.text("previous_address");
        let previous_city_address = cells.text("previous_city_address");
        let family_register_domicile = cells.text("family_register_domicile");
        let family_register_head = cells.text("family_register_head");
        let nationality = cells.text("nationality");
        let article_30_45 = cells.text("article_30_45");
        let residence_status = cells.text("residence_status");
        let residence_period = cells.text("residence_period");
        let residence_expires_on = cells.date("residence_expires_on");
        let residence_card_number = cells.text("residence_card_number");
        let state = cells.word("state", STATES).unwrap_or(0);
        let state_on = cells.date("state_on");
        let remarks = cells.text("remarks");
        if nationality.is_some() && family_register_domicile.is_some() {
            cells.fault("nationality", Reason::MixedNationality);
        }
        let state = match (state, state_on) {
            (0, _) => EntryState::Resident,
            (4, _) => EntryState::Pending,
            (1, Some(day)) => EntryState::PlannedMoveOut(day),
            (2, Some(day)) => EntryState::MovedOut(day),
            (3, Some(day)) => EntryState::Dead(day),
            (_, _) => {
                cells.fault("state_on", Reason::StateNeedsDay);
                EntryState::Pending
            }
        };
        Some(Self {
            resident_id: resident_id?,
            household_id: household_id?,
            household_order,
            relationship: relationship?,
            name: name?,
            name_mj,
            name_kana_registered: kana_registered.unwrap_or(false) && name_kana.is_some(),
            name_kana,
            alphabet_name,
            common_name,
            common_name_kana,
            former_name,
            former_name_kana,
            birth_date: birth_date?,
            birth_date_text,
            sex,
            postal_code,
            municipality_code: municipality_code.map(|code| code.chars().take(5).collect()),
            town_code,
            address_number,
            address: address?,
            building,
            became_resident_on,
            address_since,
            notified_on,
            previous_address,
            previous_city_address,
            family_register_domicile,
            family_register_head,
            nationality,
            article_30_45,
            residence_status,
            residence_period,
            residence_expires_on,
            residence_card_number,
            state,
            remarks,
        })
    }
}

impl FromCells for HouseholdRecord {
    fn columns() -> Vec<Column> {
        HOUSEHOLDS.to_vec()
    }

    fn from_cells(cells: &mut Cells<'_>) -> Option<Self> {
        cells.table(HOUSEHOLDS);
        let household_id = cells.id("household_id");
        cells.key.clone_from(&household_id);
        cells.household.clone_from(&household_id);
        let head_resident_id = cells.id("head_resident_id");
        let head_name = cells.text("head_name");
        let member_count = cells.number("member_count");
        Some(Self { household_id: household_id?, head_resident_id, head_name: head_name?, member_count })
    }
}

impl FromCells for ProtectionRecord {
    fn columns() -> Vec<Column> {
        PROTECTIONS.to_vec()
    }

    fn from_cells(cells: &mut Cells<'_>) -> Option<Self> {
        cells.table(PROTECTIONS);
        let resident_id = cells.id("resident_id");
        cells.key.clone_from(&resident_id);
        let protected_from = cells.date("protected_from");
        let protected_until = cells.date("protected_until");
        if let (Some(from), Some(until)) = (protected_from, protected_until)
            && until < from
        {
            cells.fault("protected_until", Reason::EndsBeforeItBegins);
        }
        Some(Self { resident_id: resident_id?, protected_from: protected_from?, protected_until })
    }
}

impl FromCells for ChangeRecord {
    fn columns() -> Vec<Column> {
        [CHANGES, RESIDENTS].concat()
    }

    fn from_cells(cells: &mut Cells<'_>) -> Option<Self> {
        cells.table(CHANGES);
        let words: Vec<(&str, ChangeKind)> =
            CHANGE_KINDS.iter().flat_map(|(ours, theirs, kind)| [(*ours, *kind), (*theirs, *kind)]).collect();
        let source_position: Option<i64> = cells.number("source_position");
        if source_position == Some(0) {
            cells.fault("source_position", Reason::NotANumber);
        }
        let kind = cells.word("change_kind", &words);
        let effective_on = cells.date("effective_on");
        let protected_until = cells.date("protected_until");
        if let (Some(ChangeKind::ProtectionStart), Some(from), Some(until)) = (kind, effective_on, protected_until)
            && until < from
        {
            cells.fault("protected_until", Reason::EndsBeforeItBegins);
        }
        let resident = ResidentRecord::from_cells(cells);
        Some(Self {
            source_position: source_position?,
            kind: kind?,
            effective_on: effective_on?,
            protected_until,
            resident: resident?,
        })
    }
}
