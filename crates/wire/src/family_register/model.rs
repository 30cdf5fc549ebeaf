//! A family register as plain types; `lines` has them as lines of a file.

use base::Date;

use super::events::{Event, RegisterEvent};
use super::records::Record;
use crate::record_lines::item::{Inventor, Item, Object, Row, Trail, record, silent_debug, words};
use crate::record_lines::json::Json;

/// Members of one register, at most (our own figure; large families have a dozen).
pub const MOST_MEMBERS: usize = 60;
/// Records of one member, and of the register, at most.
pub const MOST_RECORDS: usize = 80;
/// Addresses of one member, at most.
pub const MOST_ADDRESSES: usize = 100;

/// What kind of register it is now.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum RegisterState {
    /// 戸籍.
    Current,
    /// 除籍: everybody was removed, or it moved to another city.
    Removed {
        /// The day.
        on: Date,
    },
    /// 改製原戸籍: a newer form took its place.
    Rewritten {
        /// The day.
        on: Date,
    },
}

words! {
    /// 配偶者区分.
    SpouseRole {
        /// 夫.
        Husband "husband" "夫",
        /// 妻.
        Wife "wife" "妻",
    }
}

words! {
    /// Why a member was removed (付録26号).
    Removal {
        /// 婚姻.
        Marriage "marriage" "婚姻",
        /// 死亡.
        Death "death" "死亡",
        /// 失踪宣告.
        Disappearance "disappearance" "失踪宣告",
        /// 離婚.
        Divorce "divorce" "離婚",
        /// 養子縁組.
        Adoption "adoption" "養子縁組",
        /// 特別養子縁組.
        SpecialAdoption "special_adoption" "特別養子縁組",
        /// 養子離縁.
        AdoptionEnded "adoption_ended" "養子離縁",
        /// 入籍 elsewhere.
        EnteredElsewhere "entered_elsewhere" "入籍",
        /// 分籍.
        Separated "separated" "分籍",
        /// 復氏.
        SurnameResumed "surname_resumed" "復氏",
        /// 氏の変更.
        SurnameChanged "surname_changed" "氏の変更",
        /// A new register was made for the member and a child (子の出生等).
        NewRegister "new_register" "新戸籍編製",
        /// 国籍喪失.
        NationalityLost "nationality_lost" "国籍喪失",
        /// 性別の取扱いの変更.
        GenderTreatment "gender_treatment" "性別の取扱いの変更",
        /// 訂正: had been entered without ground.
        Correction "correction" "訂正",
    }
}

/// Where a member stands in this register.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum MemberState {
    /// Entered.
    Entered,
    /// Removed; printed with the 除籍 box.
    Removed {
        /// The day.
        on: Date,
        /// By what.
        by: Removal,
    },
}

impl MemberState {
    /// Whether the member is entered.
    pub const fn is_entered(self) -> bool {
        matches!(self, Self::Entered)
    }
}

/// A reading in katakana.
#[derive(Clone, PartialEq, Eq)]
pub struct Reading {
    /// In katakana.
    pub kana: String,
    /// Whether it is entered by law (since 2025-05-26) and printed; others are working data.
    pub is_registered: bool,
}

record! {
    /// The adoptive parents of a member, and what the member is to them.
    AdoptiveParents {
        /// 養父.
        father: Option<String>,
        /// 養母.
        mother: Option<String>,
        /// 続柄: 養子, 養女.
        relation: String,
    }
}

record! {
    /// One address of the appendix (戸籍の附票): since entry into this register.
    AppendixEntry {
        /// 住所, as printed.
        address: String,
        /// 住所を定めた年月日.
        set_on: Option<Date>,
    }
}

record! {
    /// 支援措置 for the appendix and the register, also of those who live elsewhere. Must never show outside the counter.
    MemberProtection {
        /// First day.
        from: Date,
        /// Last day, when one is set.
        until: Option<Date>,
    }
}

impl MemberProtection {
    /// Whether it holds on `on`; both ends count.
    pub fn holds_on(&self, on: Date) -> bool {
        self.from <= on && self.until.is_none_or(|until| on <= until)
    }
}

/// A member (戸籍に記録されている者).
#[derive(Clone, PartialEq, Eq)]
pub struct Member {
    /// Position in the register, from 1; stays when others are removed.
    pub order: u32,
    /// The member's key in the register of residents (宛名番号), when they live here.
    pub resident_id: Option<String>,
    /// 名, without the family name.
    pub name: String,
    /// 名の振り仮名.
    pub reading: Option<Reading>,
    /// 生年月日.
    pub birth_date: Date,
    /// What to print instead when part of it is unknown.
    pub birth_date_text: Option<String>,
    /// 父.
    pub father: Option<String>,
    /// 母.
    pub mother: Option<String>,
    /// 続柄: 長男, 二女, …
    pub relation: String,
    /// 養父, 養母, 続柄.
    pub adoptive: Option<AdoptiveParents>,
    /// 配偶者区分.
    pub spouse: Option<SpouseRole>,
    /// Entered or removed.
    pub state: MemberState,
    /// A notification about the member has come and is not entered yet (届出処理中).
    pub is_pending: bool,
    /// 支援措置.
    pub protection: Option<MemberProtection>,
    /// 身分事項, in order.
    pub records: Vec<Record<Event>>,
    /// 附票: addresses in order, oldest first.
    pub appendix: Vec<AppendixEntry>,
}

/// A family register (戸籍).
#[derive(Clone, PartialEq, Eq)]
pub struct FamilyRegister {
    /// Its key in the source system: 1–20 characters of `0-9`, `A-Z`, `-`.
    pub id: String,
    /// 本籍.
    pub domicile: String,
    /// 筆頭者の氏名, family and given name separated by a full-width space.
    pub head: String,
    /// 氏 of everybody in it.
    pub surname: String,
    /// 氏の振り仮名.
    pub surname_reading: Option<Reading>,
    /// Current, removed or rewritten.
    pub state: RegisterState,
    /// A notification about the register has come and is not entered yet (届出処理中).
    pub is_pending: bool,
    /// 戸籍事項, in order.
    pub records: Vec<Record<RegisterEvent>>,
    /// Members in order, removed ones too.
    pub members: Vec<Member>,
}

silent_debug!(
    RegisterState,
    SpouseRole,
    Removal,
    MemberState,
    Reading,
    AdoptiveParents,
    AppendixEntry,
    MemberProtection,
    Member,
    FamilyRegister,
);

impl FamilyRegister {
    /// The member at `order`.
    pub fn member(&self, order: u32) -> Option<&Member> {
        self.members.iter().find(|member| member.order == order)
    }

    /// The whole name of a member: 氏, full-width space, 名.
    pub fn full_name(&self, member: &Member) -> String {
        format!("{}　{}", self.surname, member.name)
    }
}

impl Member {
    /// 生年月日 as printed.
    pub fn printed_birth_date(&self) -> String {
        self.birth_date_text.clone().unwrap_or_else(|| self.birth_date.japanese())
    }

    /// The printed rows of the person (recalled: 付録24号): label (without 【】) and value, in order.
    pub fn printed(&self) -> Vec<Row> {
        let mut rows = vec![("名", self.name.clone())];
        if let Some(reading) = self.reading.as_ref().filter(|reading| reading.is_registered) {
            rows.push(("名の振り仮名", reading.kana.clone()));
        }
        rows.push(("生年月日", self.printed_birth_date()));
        self.spouse.print("配偶者区分", &mut rows);
        // An unknown parent is an empty row, never a missing one.
        rows.push(("父", self.father.clone().unwrap_or_default()));
        rows.push(("母", self.mother.clone().unwrap_or_default()));
        rows.push(("続柄", self.relation.clone()));
        if let Some(adoptive) = &self.adoptive {
            adoptive.father.print("養父", &mut rows);
            adoptive.mother.print("養母", &mut rows);
            adoptive.relation.print("続柄", &mut rows);
        }
        rows
    }
}
