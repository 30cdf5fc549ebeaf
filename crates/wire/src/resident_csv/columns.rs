//! The columns of each file, as data.
//!
//! `japanese` is the item's name in the national 住民記録システム標準仕様書 (1.1 住民データ) and its 基本データリスト
//! (source = "recalled: item names of the standard specification; check against the edition in force").

/// One column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// Our name, as in the header.
    pub name: &'static str,
    /// The national item name; also accepted as a header.
    pub japanese: &'static str,
    /// Whether the column must be there and no row may leave it empty.
    pub required: bool,
    /// The most visible characters a value may have.
    pub limit: usize,
    /// What it holds, for the printed documentation.
    pub holds: &'static str,
}

const fn column(
    name: &'static str,
    japanese: &'static str,
    required: bool,
    limit: usize,
    holds: &'static str,
) -> Column {
    Column { name, japanese, required, limit, holds }
}

/// `residents.csv`.
pub const RESIDENTS: &[Column] = &[
    column("resident_id", "宛名番号", true, 20, "key of the resident, 0-9 A-Z -; never 個人番号 nor 住民票コード"),
    column("household_id", "世帯番号", true, 20, "key of the household, 0-9 A-Z -"),
    column("household_order", "世帯内順", false, 3, "position within the household, from 1"),
    column("relationship", "続柄", true, 20, "世帯主, 妻, 夫, 子, 父, 母, 同居人, 子の妻 …"),
    column(
        "name",
        "氏名",
        true,
        120,
        "registered name; family and given name separated by a full-width space; Moji_Joho IVS",
    ),
    column("name_mj", "氏名_MJ文字図形名", false, 900, "MJ numbers of its characters separated by spaces"),
    column("name_kana", "氏名_振り仮名", false, 180, "reading in katakana"),
    column(
        "name_kana_registered",
        "氏名_振り仮名_公証",
        false,
        1,
        "1: the reading entered by law; 0 or empty: for search only",
    ),
    column("alphabet_name", "アルファベット表記氏名", false, 120, "foreign residents: name in Latin letters"),
    column("common_name", "通称", false, 120, "foreign residents: name used in daily life"),
    column("common_name_kana", "通称_振り仮名", false, 180, "its reading in katakana"),
    column("former_name", "旧氏", false, 60, "former family name, entered on request"),
    column("former_name_kana", "旧氏_振り仮名", false, 90, "its reading in katakana"),
    column("birth_date", "生年月日", true, 40, "a date"),
    column("birth_date_text", "生年月日_不詳表記", false, 40, "printed instead when part of the date is unknown"),
    column("sex", "性別", false, 10, "male, female, not_stated (also 男, 女, 1, 2)"),
    column("postal_code", "郵便番号", false, 8, "seven digits, with or without hyphen"),
    column(
        "municipality_code",
        "市区町村コード",
        false,
        6,
        "local public entity code, five digits, or six with check digit",
    ),
    column("town_code", "町字コード", false, 12, "town code, digits"),
    column("address_number", "番地号", false, 60, "parts of the lot or residence number: 1-2-3"),
    column("address", "住所", true, 200, "as printed, without the building"),
    column("building", "方書", false, 160, "building and room"),
    column("became_resident_on", "住民となった年月日", false, 40, "a date"),
    column("address_since", "住所を定めた年月日", false, 40, "a date"),
    column("notified_on", "届出年月日", false, 40, "a date"),
    column("previous_address", "転入前住所", false, 300, "last address before moving into the city"),
    column("previous_city_address", "異動前住所", false, 300, "previous address within the city"),
    column("family_register_domicile", "本籍", false, 200, "Japanese only"),
    column("family_register_head", "筆頭者", false, 120, "Japanese only"),
    column("nationality", "国籍・地域", false, 60, "foreign residents only"),
    column("article_30_45", "第30条45規定区分", false, 40, "foreign residents only: 中長期在留者, 特別永住者 …"),
    column("residence_status", "在留資格", false, 60, "foreign residents only"),
    column("residence_period", "在留期間", false, 40, "foreign residents only, as on the card"),
    column("residence_expires_on", "在留期間の満了の日", false, 40, "foreign residents only: a date"),
    column("residence_card_number", "在留カード等の番号", false, 20, "foreign residents only: letters and digits"),
    column("state", "住民状態", false, 20, "resident, planned_move_out, moved_out, dead, pending"),
    column("state_on", "異動年月日", false, 40, "the day of the (planned) move or of death"),
    column("remarks", "備考", false, 300, "printed remarks"),
];

/// `households.csv`.
pub const HOUSEHOLDS: &[Column] = &[
    column("household_id", "世帯番号", true, 20, "key of the household"),
    column("head_resident_id", "世帯主宛名番号", false, 20, "the head, when entered as a resident"),
    column("head_name", "世帯主氏名", true, 120, "the head's name as printed on every member's paper"),
    column("member_count", "世帯人員", false, 3, "members entered; a household with fewer here is marked incomplete"),
];

/// `protections.csv`.
pub const PROTECTIONS: &[Column] = &[
    column("resident_id", "宛名番号", true, 20, "who is protected"),
    column("protected_from", "支援措置_開始年月日", true, 40, "first day"),
    column("protected_until", "支援措置_終了年月日", false, 40, "last day; empty: until further notice"),
];

/// The columns of `changes.csv` that come before the resident's own ([`RESIDENTS`]).
pub const CHANGES: &[Column] = &[
    column("source_position", "連携番号", true, 18, "position in the source: 1, 2, 3 … without gaps"),
    column(
        "change_kind",
        "異動事由",
        true,
        30,
        "move_in, move_within, move_out, planned_move_out, birth, death, household, name, correction, pending, protection_start, protection_end",
    ),
    column("effective_on", "異動年月日", true, 40, "the day it takes effect"),
    column("protected_until", "支援措置_終了年月日", false, 40, "for protection_start and protection_end: last day"),
];

/// Headers that close a file: these two numbers must not enter (番号法 第19条, 住民基本台帳法 第30条の37, recalled).
pub const FORBIDDEN: &[&str] =
    &["個人番号", "マイナンバー", "my_number", "mynumber", "individual_number", "住民票コード", "juminhyo_code"];

/// Other headers seen in exports, for the profiler's proposal: (theirs, ours).
/// Source: recalled: vendors' common wording.
pub const SYNONYMS: &[(&str, &str)] = &[
    ("住民番号", "resident_id"),
    ("住民ID", "resident_id"),
    ("個人コード", "resident_id"),
    ("宛名コード", "resident_id"),
    ("世帯コード", "household_id"),
    ("漢字氏名", "name"),
    ("氏名漢字", "name"),
    ("カナ氏名", "name_kana"),
    ("氏名カナ", "name_kana"),
    ("フリガナ", "name_kana"),
    ("氏名フリガナ", "name_kana"),
    ("氏名の振り仮名", "name_kana"),
    ("英字氏名", "alphabet_name"),
    ("通称名", "common_name"),
    ("旧姓", "former_name"),
    ("性別コード", "sex"),
    ("続柄名", "relationship"),
    ("住所漢字", "address"),
    ("現住所", "address"),
    ("住所コード", "town_code"),
    ("町名コード", "town_code"),
    ("番地", "address_number"),
    ("方書漢字", "building"),
    ("住民となった日", "became_resident_on"),
    ("住民日", "became_resident_on"),
    ("住定日", "address_since"),
    ("住所を定めた日", "address_since"),
    ("届出日", "notified_on"),
    ("前住所", "previous_address"),
    ("本籍地", "family_register_domicile"),
    ("筆頭者氏名", "family_register_head"),
    ("国籍", "nationality"),
    ("30条45規定区分", "article_30_45"),
    ("在留期間満了日", "residence_expires_on"),
    ("在留カード番号", "residence_card_number"),
    ("住民区分", "state"),
    ("記載順", "household_order"),
];
