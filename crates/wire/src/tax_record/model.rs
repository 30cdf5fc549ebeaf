//! What was decided about one person for one fiscal year, as plain types.

use base::{Date, Yen};

use super::levies;
use crate::record_lines::item::{Inventor, Item, Object, Row, Trail, plain_items, record, silent_debug};
use crate::record_lines::json::Json;
use crate::record_lines::{MOST_YEN, Reason, Record, key_in, key_text, read_line};
use crate::resident_csv::Reason as TextReason;

/// A block of values, as an object of the line: read, written, invented from one list, which the guide must tell.
macro_rules! block {
    ($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty,)* }) => {
        record! { $(#[$doc])* $name { $($(#[$field_doc])* $field: $type,)* } }

        impl $name {
            /// Names of its fields.
            pub const FIELDS: &'static [&'static str] = &[$(stringify!($field),)*];
        }

        plain_items!($name);
    };
}

block! {
    /// 税額. All of it must be there; without tax it is 0.
    Tax {
        /// 市町村民税 所得割.
        city_income: Yen,
        /// 市町村民税 均等割.
        city_per_capita: Yen,
        /// 道府県民税 所得割.
        prefecture_income: Yen,
        /// 道府県民税 均等割.
        prefecture_per_capita: Yen,
        /// 森林環境税.
        forest: Yen,
        /// 年税額: the sum of the five.
        total: Yen,
    }
}

block! {
    /// 課税標準額.
    Base {
        /// 総所得.
        general: Yen,
        /// 分離課税分.
        separate: Option<Yen>,
    }
}

block! {
    /// 所得. The two totals must be there; each kind of income only where the person has it. A loss is given as 0 and told
    /// in the remarks.
    Income {
        /// 合計所得金額.
        total: Yen,
        /// 総所得金額等: after losses carried forward, so not always the sum of the kinds.
        gross: Yen,
        /// 給与収入.
        salary_revenue: Option<Yen>,
        /// 給与所得.
        salary: Option<Yen>,
        /// 公的年金等収入.
        pension_revenue: Option<Yen>,
        /// 公的年金等に係る雑所得.
        pension: Option<Yen>,
        /// 営業等.
        business: Option<Yen>,
        /// 農業.
        farming: Option<Yen>,
        /// 不動産.
        real_estate: Option<Yen>,
        /// 利子.
        interest: Option<Yen>,
        /// 配当.
        dividend: Option<Yen>,
        /// その他の雑.
        other: Option<Yen>,
        /// 総合譲渡・一時.
        transfer_and_occasional: Option<Yen>,
        /// 分離課税の所得(土地・株式等の譲渡, 退職, 山林).
        separate: Option<Yen>,
    }
}

block! {
    /// 所得控除.
    Deductions {
        /// 雑損.
        casualty: Option<Yen>,
        /// 医療費.
        medical: Option<Yen>,
        /// 社会保険料.
        social_insurance: Option<Yen>,
        /// 小規模企業共済等掛金.
        small_enterprise: Option<Yen>,
        /// 生命保険料.
        life_insurance: Option<Yen>,
        /// 地震保険料.
        earthquake_insurance: Option<Yen>,
        /// 寡婦・ひとり親.
        widow_or_single_parent: Option<Yen>,
        /// 障害者.
        disabled: Option<Yen>,
        /// 勤労学生.
        working_student: Option<Yen>,
        /// 配偶者.
        spouse: Option<Yen>,
        /// 配偶者特別.
        special_spouse: Option<Yen>,
        /// 扶養.
        dependants: Option<Yen>,
        /// 基礎.
        basic: Option<Yen>,
        /// 合計: the sum of those that are there.
        total: Yen,
    }
}

block! {
    /// 人数. A count that is absent is none.
    People {
        /// 控除対象配偶者(同一生計配偶者を含む)の有無.
        spouse: bool,
        /// 扶養 一般.
        general: u8,
        /// 扶養 特定.
        specific: u8,
        /// 扶養 老人.
        elderly: u8,
        /// 扶養 同居老親等.
        elderly_living_together: u8,
        /// 扶養 16歳未満.
        under_16: u8,
        /// 障害者 普通.
        disabled: u8,
        /// 障害者 特別.
        specially_disabled: u8,
        /// 障害者 同居特別.
        specially_disabled_living_together: u8,
    }
}

/// What the city decided about one person for one fiscal year.
#[derive(Clone, PartialEq, Eq)]
pub struct TaxRecord {
    /// The person's key in the register of residents (宛名番号).
    pub resident_id: String,
    /// 年度, as the year in which it begins: 2026 is 令和8年度, of the incomes of 2025.
    pub fiscal_year: i16,
    /// 氏名, as it stands on the tax roll.
    pub name: String,
    /// 生年月日.
    pub birth_date: Date,
    /// Whether the person lived here on 1 January (賦課期日) and is taxed by this city.
    pub lived_here: bool,
    /// 1月1日現在の住所.
    pub address: String,
    /// Whether a return was filed, or incomes were reported by whoever paid them (申告・給与支払報告等).
    pub is_filed: bool,
    /// A correction (更正・決定) is being worked on: nothing is certain today.
    pub is_pending: bool,
    /// 税額.
    pub tax: Tax,
    /// 課税標準額.
    pub base: Base,
    /// 所得.
    pub income: Income,
    /// 所得控除.
    pub deductions: Deductions,
    /// 人数.
    pub people: People,
    /// 備考.
    pub remarks: Option<String>,
}

silent_debug!(Tax, Base, Income, Deductions, People, TaxRecord);

impl Tax {
    /// The sum of the five taxes.
    pub fn sum(&self) -> Yen {
        [self.city_income, self.city_per_capita, self.prefecture_income, self.prefecture_per_capita, self.forest]
            .into_iter()
            .sum()
    }
}

impl Deductions {
    /// The sum of the deductions that are there.
    pub fn sum(&self) -> Yen {
        let all = [
            self.casualty,
            self.medical,
            self.social_insurance,
            self.small_enterprise,
            self.life_insurance,
            self.earthquake_insurance,
            self.widow_or_single_parent,
            self.disabled,
            self.working_student,
            self.spouse,
            self.special_spouse,
            self.dependants,
            self.basic,
        ];
        all.into_iter().flatten().sum()
    }
}

fn fiscal_year(value: Option<&Json>, trail: &mut Trail) -> Option<i16> {
    match value {
        Some(Json::Number(number @ 2004..=2999)) => i16::try_from(*number).ok(),
        Some(_) => {
            trail.fault(TextReason::NotANumber);
            None
        }
        None => {
            trail.fault(Reason::Missing);
            None
        }
    }
}

impl TaxRecord {
    /// Names of its own fields.
    pub const FIELDS: &'static [&'static str] = &[
        "resident",
        "fiscal_year",
        "name",
        "birth_date",
        "lived_here",
        "address",
        "filed",
        "pending",
        "tax",
        "base",
        "income",
        "deductions",
        "people",
        "remarks",
    ];

    fn read(object: &mut Object<'_>, trail: &mut Trail) -> Option<Self> {
        let (resident, year) = (object.get("resident"), object.get("fiscal_year"));
        let resident_id = trail.within("resident", |trail| key_text(resident, trail));
        let fiscal_year = trail.within("fiscal_year", |trail| fiscal_year(year, trail));
        let (name, birth_date) = (object.field("name", trail), object.field("birth_date", trail));
        let (lived_here, address) = (object.field("lived_here", trail), object.field("address", trail));
        let (is_filed, is_pending) = (object.field("filed", trail), object.field("pending", trail));
        let (tax, base) = (object.field("tax", trail), object.field("base", trail));
        let (income, deductions) = (object.field("income", trail), object.field("deductions", trail));
        let (people, remarks) = (object.field("people", trail), object.field("remarks", trail));
        let record = Self {
            resident_id: resident_id?,
            fiscal_year: fiscal_year?,
            name: name?,
            birth_date: birth_date?,
            lived_here: lived_here?,
            address: address?,
            is_filed: is_filed?,
            is_pending: is_pending?,
            tax: tax?,
            base: base?,
            income: income?,
            deductions: deductions?,
            people: people?,
            remarks: remarks?,
        };
        record.check(trail);
        Some(record)
    }

    /// What no single field shows. Kinds of income are not summed up: losses carried forward and special deductions stand
    /// between them and the totals.
    fn check(&self, trail: &mut Trail) {
        let mut must = |path: [&str; 2], holds: bool, reason: Reason| {
            if !holds {
                let [block, field] = path;
                trail.within(block, |trail| trail.within(field, |trail| trail.fault(reason)));
            }
        };
        must(["tax", "total"], self.tax.sum() == self.tax.total, Reason::DoesNotAddUp);
        must(["deductions", "total"], self.deductions.sum() == self.deductions.total, Reason::DoesNotAddUp);
        let forest = levies::of(self.fiscal_year).forest;
        must(["tax", "forest"], [Yen::ZERO, forest].contains(&self.tax.forest), Reason::NotOfThatYear);
    }

    fn write(&self) -> Json {
        let mut map = Vec::new();
        let mut put = |key: &str, value: Option<Json>| map.extend(value.map(|value| (key.to_owned(), value)));
        put("resident", self.resident_id.write());
        put("fiscal_year", Some(Json::Number(u64::from(self.fiscal_year.unsigned_abs()))));
        put("name", self.name.write());
        put("birth_date", self.birth_date.write());
        put("lived_here", self.lived_here.write());
        put("address", self.address.write());
        put("filed", self.is_filed.write());
        put("pending", self.is_pending.write());
        put("tax", self.tax.write());
        put("base", self.base.write());
        put("income", self.income.write());
        put("deductions", self.deductions.write());
        put("people", self.people.write());
        put("remarks", self.remarks.write());
        Json::Map(map)
    }

    /// An invented record that holds any of everything: for tests. The same number gives the same one.
    pub fn invented(seed: u64) -> Self {
        let mut by = Inventor::new(seed);
        let by = &mut by;
        let fiscal_year = 2020 + i16::try_from(by.below(8)).unwrap_or(0);
        let mut tax = Tax::invent(by);
        tax.forest = if by.below(2) == 0 { Yen::ZERO } else { levies::of(fiscal_year).forest };
        tax.total = tax.sum();
        let mut deductions = Deductions::invent(by);
        deductions.total = deductions.sum();
        let mut income = Income::invent(by);
        income.total = if by.below(3) == 0 { Yen::ZERO } else { Yen(MOST_YEN) };
        Self {
            resident_id: format!("R-{:06}", seed % 999_983),
            fiscal_year,
            name: Item::invent(by),
            birth_date: Item::invent(by),
            lived_here: Item::invent(by),
            address: "見本県見本市中央一丁目２番３号".to_owned(),
            is_filed: Item::invent(by),
            is_pending: by.below(9) == 0,
            tax,
            base: Item::invent(by),
            income,
            deductions,
            people: Item::invent(by),
            remarks: Item::invent(by),
        }
    }
}

impl Record for TaxRecord {
    const FORMAT: &'static str = "yakuba-tax-records/1";
    const FILE: &'static str = "tax_records.jsonl";

    fn parse(line: &str) -> Result<Self, Vec<(String, Reason)>> {
        read_line(line, Self::read)
    }

    fn to_line(&self) -> String {
        let mut line = String::new();
        self.write().write(&mut line);
        line
    }

    fn key(&self) -> String {
        format!("{}/{}", self.resident_id, self.fiscal_year)
    }

    fn key_of(line: &str) -> Option<String> {
        let resident = key_in(line, "resident")?;
        let Ok(Json::Map(map)) = Json::parse(line) else { return None };
        let (_, year) = map.iter().find(|(name, _)| name == "fiscal_year")?;
        Some(format!("{resident}/{}", fiscal_year(Some(year), &mut Trail::default())?))
    }
}
