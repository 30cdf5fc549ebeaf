//! The closed set of facts a rule may ask about, each with its kind, its class of data and its words.

use serde::{Deserialize, Serialize};

use crate::vocabulary::{Benefit, HealthService, Insurance, Sex, Taxation};
use crate::words::{CityWords, Language, Words};

/// A class of data (データの種類) that a person opens to notices with one consent each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DataClass {
    /// 住民基本台帳: age, place, household.
    BasicRegister,
    /// 税: income, taxation, dependants.
    Tax,
    /// 福祉: certificates, care, benefits, single parents.
    Welfare,
    /// 健康: insurance, pregnancy, check-ups, vaccinations.
    Health,
    /// What the person registered themselves; needs no other consent.
    OwnWords,
}

impl DataClass {
    /// Those that a consent opens, in order.
    pub const GATED: [Self; 4] = [Self::BasicRegister, Self::Tax, Self::Welfare, Self::Health];

    /// What people read.
    pub fn words(self) -> Words {
        match self {
            Self::BasicRegister => Words::of(
                "住民基本台帳の情報",
                "｜住所《じゅうしょ》や ｜年齢《ねんれい》の ｜情報《じょうほう》",
                "the resident register",
            ),
            Self::Tax => Words::of("税の情報", "｜税金《ぜいきん》の ｜情報《じょうほう》", "tax data"),
            Self::Welfare => Words::of("福祉の情報", "｜福祉《ふくし》の ｜情報《じょうほう》", "welfare data"),
            Self::Health => Words::of("健康の情報", "｜健康《けんこう》の ｜情報《じょうほう》", "health data"),
            Self::OwnWords => Words::of("ご自身の登録", "あなたが ｜登録《とうろく》した こと", "what you registered"),
        }
    }
}

/// In what a number is counted; a parameter and the fact it bounds must agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// 歳.
    Years,
    /// か月.
    Months,
    /// 日.
    Days,
    /// 人.
    People,
    /// 円.
    Yen,
    /// A grade of a certificate or of care: its order number.
    Grade,
}

impl Unit {
    /// All, in the order offered.
    pub const ALL: [Self; 6] = [Self::Years, Self::Months, Self::Days, Self::People, Self::Yen, Self::Grade];
}

/// How a fact is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A number between bounds, both within.
    Number(Unit),
    /// One of some codes.
    Code,
    /// Yes or no.
    Flag,
    /// A set that holds any of some codes.
    Set,
}

macro_rules! facts {
    ($($variant:ident, $kind:expr, $class:ident, $ja:literal, $easy:literal, $en:literal;)+) => {
        /// Something a rule may ask about a person (事実). The list is closed: what is not here cannot be asked.
        /// Nationality is absent on purpose: none of the schemes needs it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Fact { $(#[doc = $ja] $variant,)+ }

        impl Fact {
            /// Every fact, in the order offered.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// How it is compared.
            pub const fn kind(self) -> Kind {
                match self { $(Self::$variant => $kind,)+ }
            }

            /// Whose consent class it belongs to.
            pub const fn class(self) -> DataClass {
                match self { $(Self::$variant => DataClass::$class,)+ }
            }

            /// What people read.
            pub fn words(self) -> Words {
                match self { $(Self::$variant => Words::of($ja, $easy, $en),)+ }
            }
        }
    };
}

facts! {
    Age, Kind::Number(Unit::Years), BasicRegister, "年齢", "｜年齢《ねんれい》", "age";
    LegalAge, Kind::Number(Unit::Years), BasicRegister, "年齢(誕生日の前日に加算)", "｜年齢《ねんれい》(｜誕生日《たんじょうび》の ｜前《まえ》の ｜日《ひ》に 1つ ふえる)", "age (reached the day before the birthday)";
    AgeAtYearEnd, Kind::Number(Unit::Years), BasicRegister, "年度末(3月31日)の年齢", "3｜月《がつ》31｜日《にち》の ｜年齢《ねんれい》", "age on 31 March of the fiscal year";
    AgeInMonths, Kind::Number(Unit::Months), BasicRegister, "月齢", "｜生《う》まれてからの ｜月《つき》の ｜数《かず》", "age in months";
    Ward, Kind::Code, BasicRegister, "行政区", "｜住《す》んでいる ｜区《く》", "ward";
    Town, Kind::Code, BasicRegister, "町丁", "｜住《す》んでいる ｜町《まち》", "town block";
    DaysSinceMoveIn, Kind::Number(Unit::Days), BasicRegister, "転入からの日数", "｜引《ひ》っこしてきてからの ｜日《ひ》の ｜数《かず》", "days since moving in";
    HouseholdSize, Kind::Number(Unit::People), BasicRegister, "世帯の人数", "いっしょに ｜住《す》んでいる ｜人《ひと》の ｜数《かず》", "household size";
    HeadOfHousehold, Kind::Flag, BasicRegister, "世帯主である", "｜世帯主《せたいぬし》です", "is head of the household";
    Sex, Kind::Code, BasicRegister, "性別", "｜性別《せいべつ》", "sex";
    Insurance, Kind::Code, Health, "加入している医療保険", "｜入《はい》っている ｜健康保険《けんこうほけん》", "health insurance";
    Pregnant, Kind::Flag, Health, "妊娠している", "｜赤《あか》ちゃんが おなかに います", "is pregnant";
    DaysUntilDue, Kind::Number(Unit::Days), Health, "出産予定日までの日数", "｜赤《あか》ちゃんが ｜生《う》まれる ｜予定《よてい》までの ｜日《ひ》の ｜数《かず》", "days until the due date";
    DaysSinceChildbirth, Kind::Number(Unit::Days), Health, "出産からの日数", "｜赤《あか》ちゃんが ｜生《う》まれてからの ｜日《ひ》の ｜数《かず》", "days since childbirth";
    HadThisYear, Kind::Set, Health, "今年度に受けた健診・予防接種", "この ｜年度《ねんど》に ｜受《う》けた ｜健診《けんしん》・｜注射《ちゅうしゃ》", "check-ups and vaccinations had this fiscal year";
    HadEver, Kind::Set, Health, "これまでに受けた健診・予防接種", "｜今《いま》までに ｜受《う》けた ｜健診《けんしん》・｜注射《ちゅうしゃ》", "check-ups and vaccinations ever had";
    SingleParent, Kind::Flag, Welfare, "ひとり親である", "ひとりで ｜子《こ》どもを ｜育《そだ》てています", "is a single parent";
    Widow, Kind::Flag, Welfare, "寡婦である", "｜結婚《けっこん》した ｜相手《あいて》が もう いません(｜寡婦《かふ》)", "is a widow under the welfare act";
    PhysicalDisability, Kind::Number(Unit::Grade), Welfare, "身体障害者手帳の等級", "｜身体障害者手帳《しんたいしょうがいしゃてちょう》の ｜級《きゅう》", "grade of the physical disability certificate";
    IntellectualDisability, Kind::Number(Unit::Grade), Welfare, "療育手帳の区分", "｜療育手帳《りょういくてちょう》の ｜区分《くぶん》", "class of the intellectual disability certificate";
    MentalDisability, Kind::Number(Unit::Grade), Welfare, "精神障害者保健福祉手帳の等級", "｜精神障害者保健福祉手帳《せいしんしょうがいしゃほけんふくしてちょう》の ｜級《きゅう》", "grade of the mental disability certificate";
    CareLevel, Kind::Number(Unit::Grade), Welfare, "要支援・要介護の区分", "｜介護《かいご》が どのくらい ｜必要《ひつよう》か", "care level";
    PublicAssistance, Kind::Flag, Welfare, "生活保護を受けている", "｜生活保護《せいかつほご》を ｜受《う》けています", "receives public assistance";
    Receives, Kind::Set, Welfare, "受けている手当・助成", "もらっている ｜手当《てあて》など", "benefits received";
    Income, Kind::Number(Unit::Yen), Tax, "所得", "1｜年《ねん》の お｜金《かね》(｜所得《しょとく》)", "income";
    HouseholdIncome, Kind::Number(Unit::Yen), Tax, "世帯全員の所得の合計", "｜家族《かぞく》みんなの 1｜年《ねん》の お｜金《かね》(｜所得《しょとく》)", "income of the whole household";
    HighestIncome, Kind::Number(Unit::Yen), Tax, "世帯で最も高い所得", "｜家族《かぞく》の ｜中《なか》で いちばん ｜多《おお》い ｜所得《しょとく》", "highest income in the household";
    Dependants, Kind::Number(Unit::People), Tax, "扶養親族等の数", "｜養《やしな》っている ｜家族《かぞく》の ｜数《かず》", "number of dependants";
    Taxation, Kind::Code, Tax, "市町村民税の課税区分", "｜住民税《じゅうみんぜい》", "municipal taxation";
    Interest, Kind::Set, OwnWords, "登録した関心", "｜知《し》りたい こと", "registered interests";
}

impl Fact {
    /// Whether its value comes from other members too. Such a fact is not asked inside a question about members, and
    /// its value is never shown.
    pub const fn is_of_household(self) -> bool {
        matches!(self, Self::HouseholdSize | Self::HouseholdIncome | Self::HighestIncome)
    }

    /// The unit of a number.
    pub const fn unit(self) -> Option<Unit> {
        match self.kind() {
            Kind::Number(unit) => Some(unit),
            _ => None,
        }
    }

    /// Numbers that a bound may be, both ends within.
    pub const fn range(self) -> (i64, i64) {
        match self {
            Self::PhysicalDisability => (1, 7),
            Self::IntellectualDisability => (1, 2),
            Self::MentalDisability => (1, 3),
            Self::CareLevel => (1, 7),
            Self::DaysUntilDue => (-400, 400),
            _ => match self.kind() {
                Kind::Number(Unit::Years) => (0, 150),
                Kind::Number(Unit::Months) => (0, 1_800),
                Kind::Number(Unit::Days) => (0, 55_000),
                Kind::Number(Unit::People) => (0, 100),
                Kind::Number(Unit::Yen) => (0, 1_000_000_000),
                _ => (0, 0),
            },
        }
    }

    /// The codes it may take with their words; none for codes that are the city's own.
    pub fn choices(self) -> Option<Vec<(u16, Words)>> {
        fn all<T: Copy>(list: &[T], code: fn(T) -> u16, words: fn(T) -> Words) -> Option<Vec<(u16, Words)>> {
            Some(list.iter().map(|one| (code(*one), words(*one))).collect())
        }
        match self {
            Self::Sex => all(Sex::ALL, Sex::code, Sex::words),
            Self::Insurance => all(Insurance::ALL, Insurance::code, Insurance::words),
            Self::Taxation => all(Taxation::ALL, Taxation::code, Taxation::words),
            Self::Receives => all(Benefit::ALL, Benefit::code, Benefit::words),
            Self::HadThisYear | Self::HadEver => all(HealthService::ALL, HealthService::code, HealthService::words),
            _ => None,
        }
    }

    /// The largest code it may take.
    pub const fn largest_code(self) -> u16 {
        match self {
            // One byte each in the snapshot, the top two kept for "unknown" and "none".
            Self::Ward => 253,
            Self::Town => u16::MAX - 2,
            Self::Interest => 63,
            _ => 31,
        }
    }

    /// The stored name, e.g. `age_at_year_end`.
    pub fn code(self) -> String {
        serde_json::to_value(self).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
    }

    /// The fact of a stored name.
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|fact| fact.code() == code)
    }

    /// A code in words; its number when nobody named it.
    pub fn show_code(self, code: u16, language: Language, city: &CityWords) -> String {
        let own = match self {
            Self::Ward => city.wards.get(&code),
            Self::Town => city.towns.get(&code),
            Self::Interest => city.interests.get(&code),
            _ => None,
        };
        let closed = || self.choices()?.into_iter().find(|(known, _)| *known == code).map(|(_, words)| words);
        match own.cloned().or_else(closed) {
            Some(words) => words.in_language(language).to_owned(),
            None => code.to_string(),
        }
    }

    /// A number in words with its unit: `40歳`, `A`, `要介護2`, `2,080,000円`.
    pub fn show_number(self, number: i64, language: Language) -> String {
        match self {
            Self::IntellectualDisability => if number <= 1 { "A" } else { "B" }.to_owned(),
            Self::CareLevel if number <= 2 => {
                format!("{}{number}", language.pick("要支援", "｜要支援《ようしえん》", "support level "))
            }
            Self::CareLevel => {
                format!(
                    "{}{}",
                    language.pick("要介護", "｜要介護《ようかいご》", "care level "),
                    number.saturating_sub(2)
                )
            }
            _ => match (self.unit(), language) {
                (Some(Unit::Yen), Language::English) => {
                    format!("{} yen", base::Yen(number).to_string().trim_end_matches('円'))
                }
                (Some(Unit::Yen), _) => base::Yen(number).to_string(),
                (unit, _) => format!("{number}{}", suffix(unit, language)),
            },
        }
    }
}

fn suffix(unit: Option<Unit>, language: Language) -> &'static str {
    match unit {
        Some(Unit::Years) => language.pick("歳", "｜歳《さい》", ""),
        Some(Unit::Months) => language.pick("か月", "か｜月《げつ》", " months"),
        Some(Unit::Days) => language.pick("日", "｜日《にち》", " days"),
        Some(Unit::People) => language.pick("人", "｜人《にん》", ""),
        Some(Unit::Grade) => language.pick("級", "｜級《きゅう》", ""),
        Some(Unit::Yen) | None => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fact_is_found_by_its_stored_name() {
        for fact in Fact::ALL {
            assert_eq!(Fact::of_code(&fact.code()), Some(*fact));
        }
        assert_eq!(Fact::of_code("nationality"), None);
    }

    #[test]
    fn every_code_has_its_place_in_a_set() {
        for fact in Fact::ALL {
            for (code, words) in fact.choices().unwrap_or_default() {
                assert!(code <= fact.largest_code(), "{fact:?} {code}");
                assert!(words.all().iter().all(|text| !text.is_empty()));
            }
        }
    }

    #[test]
    fn numbers_are_read_with_their_units() {
        assert_eq!(Fact::Income.show_number(2_080_000, Language::Japanese), "2,080,000円");
        assert_eq!(Fact::CareLevel.show_number(3, Language::Japanese), "要介護1");
        assert_eq!(Fact::IntellectualDisability.show_number(1, Language::English), "A");
    }
}
