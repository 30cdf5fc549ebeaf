//! Incomes and taxes of people who do not exist: roughly what a city sees, computed in a few lines (rates recalled), not what
//! the law would have them pay.

use base::{Date, Yen};
use wire::resident_csv::ResidentRecord;
use wire::tax_record::{Base, Deductions, Income, People, Tax, TaxRecord, levies};

use super::dice::Dice;
use super::people::DraftHousehold;
use super::records::{UNFILED, ZERO_INCOME, address};

/// From this age on people live on a pension.
const PENSION_AGE: i32 = 66;

const NO_INCOME: Income = Income {
    total: Yen(0),
    gross: Yen(0),
    salary_revenue: None,
    salary: None,
    pension_revenue: None,
    pension: None,
    business: None,
    farming: None,
    real_estate: None,
    interest: None,
    dividend: None,
    other: None,
    transfer_and_occasional: None,
    separate: None,
};

/// The record of one fiscal year.
pub(super) fn record(
    dice: &mut Dice,
    resident: &ResidentRecord,
    household: &DraftHousehold,
    kinds: &[&'static str],
    fiscal_year: i16,
) -> TaxRecord {
    let base_date = Date::new(fiscal_year, 1, 1).unwrap_or(resident.birth_date);
    let age = resident.birth_date.age_on(base_date);
    let earns = !kinds.contains(&ZERO_INCOME) && !kinds.contains(&UNFILED) && age >= 19;
    let income = if earns { income(dice, age) } else { NO_INCOME };
    let is_head = resident.relationship == "世帯主";
    let people = people(household, is_head && earns, base_date);
    let deductions = deductions(&income, &people);
    let general = Yen(((income.gross.0 - deductions.total.0) / 1_000 * 1_000).max(0));
    TaxRecord {
        resident_id: resident.resident_id.clone(),
        fiscal_year,
        name: resident.name.clone(),
        birth_date: resident.birth_date,
        lived_here: resident.became_resident_on.is_none_or(|day| day <= base_date),
        address: address(resident),
        is_filed: !kinds.contains(&UNFILED),
        is_pending: false,
        tax: tax(fiscal_year, &income, general),
        base: Base { general, separate: None },
        income,
        deductions,
        people,
        remarks: None,
    }
}

fn income(dice: &mut Dice, age: i32) -> Income {
    let tens = i64::from(dice.below(280));
    if age >= PENSION_AGE {
        let revenue = (90 + tens / 2) * 10_000;
        let pension = (revenue - 1_100_000).max(0);
        let (revenue, pension) = (Yen(revenue), Yen(pension));
        return Income {
            total: pension,
            gross: pension,
            pension_revenue: Some(revenue),
            pension: Some(pension),
            ..NO_INCOME
        };
    }
    let revenue = (180 + tens + i64::from(age) * 4) * 10_000;
    // 給与所得控除 (recalled), rounded.
    let deduction = match revenue {
        ..1_900_000 => 650_000,
        1_900_000..3_600_000 => revenue * 3 / 10 + 80_000,
        3_600_000..6_600_000 => revenue * 2 / 10 + 440_000,
        6_600_000..8_500_000 => revenue / 10 + 1_100_000,
        _ => 1_950_000,
    };
    let salary = Yen((revenue - deduction).max(0));
    Income { total: salary, gross: salary, salary_revenue: Some(Yen(revenue)), salary: Some(salary), ..NO_INCOME }
}

fn people(household: &DraftHousehold, supports: bool, base_date: Date) -> People {
    let count = |of: &dyn Fn(&super::people::Draft, i32) -> bool| {
        let found = household.members.iter().filter(|member| of(member, member.birth.age_on(base_date))).count();
        u8::try_from(if supports { found } else { 0 }).unwrap_or(0)
    };
    People {
        spouse: count(&|member, _| matches!(member.relationship, "妻" | "夫")) > 0,
        general: count(&|member, age| member.relationship == "子" && (16..=18).contains(&age)),
        specific: count(&|member, age| member.relationship == "子" && (19..=22).contains(&age)),
        elderly: 0,
        elderly_living_together: count(&|member, age| matches!(member.relationship, "父" | "母") && age >= 70),
        under_16: count(&|member, age| member.relationship == "子" && age < 16),
        disabled: 0,
        specially_disabled: 0,
        specially_disabled_living_together: 0,
    }
}

fn deductions(income: &Income, people: &People) -> Deductions {
    let earned = income.salary_revenue.or(income.pension_revenue);
    let of_children = i64::from(people.general) * 330_000 + i64::from(people.specific) * 450_000;
    let of_parents = i64::from(people.elderly_living_together) * 450_000;
    let dependants = Some(Yen(of_children + of_parents)).filter(|sum| sum.0 > 0);
    let mut deductions = Deductions {
        casualty: None,
        medical: None,
        social_insurance: earned.map(|revenue| Yen(revenue.0 * 14 / 100)),
        small_enterprise: None,
        life_insurance: income.salary_revenue.map(|_| Yen(28_000)),
        earthquake_insurance: None,
        widow_or_single_parent: None,
        disabled: None,
        working_student: None,
        spouse: people.spouse.then_some(Yen(330_000)),
        special_spouse: None,
        dependants,
        basic: Some(Yen(430_000)),
        total: Yen(0),
    };
    deductions.total = deductions.sum();
    deductions
}

fn tax(fiscal_year: i16, income: &Income, base: Yen) -> Tax {
    let levies = levies::of(fiscal_year);
    // Below this total nobody is taxed at all (非課税限度額 of a single person, recalled).
    let is_taxed = income.total.0 > 450_000;
    let hundreds = |sum: i64| Yen(sum.max(0) / 100 * 100);
    let if_taxed = |sum: Yen| if is_taxed { sum } else { Yen(0) };
    let mut tax = Tax {
        city_income: if_taxed(hundreds(base.0 * 6 / 100 - 1_500)),
        city_per_capita: if_taxed(levies.city_per_capita),
        prefecture_income: if_taxed(hundreds(base.0 * 4 / 100 - 1_000)),
        prefecture_per_capita: if_taxed(levies.prefecture_per_capita),
        forest: if_taxed(levies.forest),
        total: Yen(0),
    };
    tax.total = tax.sum();
    tax
}
