//! What is known of a fact about one person on a day. The plain way, one person at a time; the snapshot keeps the same
//! values in columns.
//!
//! Ages: 年齢計算ニ関スル法律 and 民法143条 complete a year at the end of the day *before* the birthday. Offices and laws
//! count in both ways, so there are facts for both, and one for 31 March: a birth on 1 April reaches an age on 31 March.

use base::Date;

use crate::fact::{DataClass, Fact};
use crate::record::{Day, EARNS_FROM, Household, Known, Person};
use crate::vocabulary::Role;

/// The value of a fact.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Value {
    /// A number.
    Number(i64),
    /// A code.
    Code(u16),
    /// Yes or no.
    Flag(bool),
    /// A set of codes below 64, a bit each.
    Set(u64),
    /// It is known that there is none, e.g. no certificate.
    Absent,
}

impl std::fmt::Debug for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("<personal>")
    }
}

/// Why a fact is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gap {
    /// The person did not open this class of data.
    NotConsented(DataClass),
    /// No record says it.
    NotRecorded,
    /// Another member of the household did not open it, or it is not recorded for them. Not said which, or who.
    InHousehold,
}

/// What is known of `fact` about member number `who` on `day`. `who` must be a member.
pub(crate) fn value(household: &Household, who: usize, fact: Fact, day: Date) -> Result<Value, Gap> {
    let Some(person) = household.members.get(who) else { return Err(Gap::NotRecorded) };
    if !person.consents.opens(fact.class()) {
        return Err(Gap::NotConsented(fact.class()));
    }
    match fact {
        Fact::HouseholdSize => Ok(Value::Number(household.members.len() as i64)),
        Fact::HouseholdIncome => incomes(household, day, i64::saturating_add).ok_or(Gap::InHousehold),
        Fact::HighestIncome => incomes(household, day, i64::max).ok_or(Gap::InHousehold),
        _ => own_value(person, fact, day).ok_or(Gap::NotRecorded),
    }
}

fn own_value(person: &Person, fact: Fact, day: Date) -> Option<Value> {
    let number = |number: i64| Some(Value::Number(number));
    match fact {
        Fact::Age => number(age(person.born?.0, day)),
        Fact::LegalAge => number(legal_age(person.born?.0, day)),
        Fact::AgeAtYearEnd => number(age_at_year_end(person.born?.0, day)),
        Fact::AgeInMonths => number(age_in_months(person.born?.0, day)),
        Fact::Ward => person.ward.map(Value::Code),
        Fact::Town => person.town.map(Value::Code),
        Fact::DaysSinceMoveIn => number(days_between(person.moved_in?.0, day)),
        Fact::HeadOfHousehold => person.role.map(|role| Value::Flag(role == Role::Head)),
        Fact::Sex => person.sex.map(|sex| Value::Code(sex.code())),
        Fact::Insurance => person.insurance.map(|insurance| Value::Code(insurance.code())),
        Fact::Pregnant => person.pregnant.map(Value::Flag),
        Fact::DaysUntilDue => date(person.due, |due| days_between(day, due)),
        Fact::DaysSinceChildbirth => date(person.childbirth, |birth| days_between(birth, day)),
        Fact::HadThisYear => person.had_this_year.as_ref().map(|had| set(had.iter().map(|one| one.code()))),
        Fact::HadEver => person.had_ever.as_ref().map(|had| set(had.iter().map(|one| one.code()))),
        Fact::SingleParent => person.single_parent.map(Value::Flag),
        Fact::Widow => person.widow.map(Value::Flag),
        Fact::PhysicalDisability => grade(person.physical_disability),
        Fact::IntellectualDisability => grade(person.intellectual_disability),
        Fact::MentalDisability => grade(person.mental_disability),
        Fact::CareLevel => grade(person.care_level),
        Fact::PublicAssistance => person.public_assistance.map(Value::Flag),
        Fact::Receives => person.receives.as_ref().map(|all| set(all.iter().map(|one| one.code()))),
        Fact::Income => number(clamp_yen(person.income?)),
        Fact::Dependants => number(i64::from(person.dependants?.min(MOST_DEPENDANTS))),
        Fact::Taxation => person.taxation.map(|taxation| Value::Code(taxation.code())),
        Fact::Interest => Some(set(person.interests.iter().map(|code| u16::from(*code)))),
        // Answered by `value`.
        Fact::HouseholdSize | Fact::HouseholdIncome | Fact::HighestIncome => None,
    }
}

/// More dependants than this count as this many; a byte holds them.
pub(crate) const MOST_DEPENDANTS: u8 = 250;

/// Incomes larger than a column holds are the largest it holds: every limit is far below.
pub(crate) fn clamp_yen(yen: i64) -> i64 {
    yen.clamp(-1_000_000_000, 2_000_000_000)
}

/// Incomes of all members folded together. A child without a tax record earns nothing; anybody else without one, or
/// who did not open it, leaves the answer unknown.
pub(crate) fn incomes(household: &Household, day: Date, fold: fn(i64, i64) -> i64) -> Option<Value> {
    let mut total = 0_i64;
    for person in &household.members {
        let income = person.income.filter(|_| person.consents.opens(DataClass::Tax));
        let born = person.born.filter(|_| person.consents.opens(DataClass::BasicRegister));
        let is_child = born.is_some_and(|born| age_at_year_end(born.0, day) <= EARNS_FROM);
        total = match (income, is_child) {
            (Some(income), _) => fold(total, clamp_yen(income)),
            (None, true) => total,
            (None, false) => return None,
        };
    }
    Some(Value::Number(clamp_yen(total)))
}

fn date(known: Known<Day>, days: impl Fn(Date) -> i64) -> Option<Value> {
    match known {
        Known::Unknown => None,
        Known::Absent => Some(Value::Absent),
        Known::Is(day) => Some(Value::Number(days(day.0))),
    }
}

fn grade(known: Known<u8>) -> Option<Value> {
    match known {
        Known::Unknown => None,
        Known::Absent => Some(Value::Absent),
        Known::Is(grade) => Some(Value::Number(i64::from(grade))),
    }
}

fn set(codes: impl Iterator<Item = u16>) -> Value {
    Value::Set(codes.filter(|code| *code < 64).fold(0, |bits, code| bits | 1 << code))
}

/// Years, the birthday itself counted as reached.
pub(crate) fn age(born: Date, day: Date) -> i64 {
    i64::from(born.age_on(day))
}

/// Years by 年齢計算ニ関スル法律: complete at the end of the day before the birthday.
pub(crate) fn legal_age(born: Date, day: Date) -> i64 {
    i64::from(born.age_on(day.plus_days(1)))
}

/// Legal age at the end of 31 March of the fiscal year (4/1–3/31) that holds `day`.
pub(crate) fn age_at_year_end(born: Date, day: Date) -> i64 {
    let (year, month, _) = day.parts();
    let year = i64::from(year) + i64::from(month >= 4);
    // 1 April exists in every year; a year past the calendar's end counts as the day itself.
    let first_of_april = i16::try_from(year).ok().and_then(|year| Date::new(year, 4, 1)).unwrap_or(day);
    age(born, first_of_april)
}

/// Whole months since birth, complete on the same day of the month.
pub(crate) fn age_in_months(born: Date, day: Date) -> i64 {
    let ((born_year, born_month, born_day), (year, month, on_day)) = (born.parts(), day.parts());
    let years = i64::from(year) - i64::from(born_year);
    years * 12 + i64::from(month) - i64::from(born_month) - i64::from(on_day < born_day)
}

pub(crate) fn days_between(from: Date, to: Date) -> i64 {
    to.days_since_epoch() - from.days_since_epoch()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        Date::parse(text).unwrap()
    }

    #[test]
    fn a_birth_on_the_first_of_april_ends_its_eighteenth_year_a_school_year_earlier() {
        // 18歳到達後最初の3/31まで, asked as: age at the year's end is at most 18.
        let within = |born: &str, on: &str| age_at_year_end(day(born), day(on)) <= 18;
        assert!(within("2008-04-01", "2026-03-31"));
        assert!(!within("2008-04-01", "2026-04-01"));
        assert!(within("2008-04-02", "2026-04-01"));
        assert!(within("2008-04-02", "2027-03-31"));
        assert!(!within("2008-04-02", "2027-04-01"));
        assert!(within("2008-03-31", "2026-03-31") && !within("2008-03-31", "2026-04-01"));
    }

    #[test]
    fn a_leap_day_birth_reaches_its_age_by_law_on_the_day_before() {
        assert_eq!(legal_age(day("2008-02-29"), day("2026-02-27")), 17);
        assert_eq!(legal_age(day("2008-02-29"), day("2026-02-28")), 18);
        assert_eq!(age(day("2008-02-29"), day("2026-02-28")), 17);
        assert_eq!(age(day("2008-02-29"), day("2026-03-01")), 18);
    }

    #[test]
    fn months_of_infants_complete_on_their_day() {
        assert_eq!(age_in_months(day("2026-01-15"), day("2026-11-14")), 9);
        assert_eq!(age_in_months(day("2026-01-15"), day("2026-11-15")), 10);
        assert_eq!(age_in_months(day("2026-01-31"), day("2026-02-28")), 0);
    }

    #[test]
    fn a_fact_without_consent_is_unknown_and_says_which_class() {
        let person = Person { income: Some(1), consents: crate::Consents::BASIC, ..Person::default() };
        let household = Household { members: vec![person] };
        assert_eq!(value(&household, 0, Fact::Income, day("2026-11-26")), Err(Gap::NotConsented(DataClass::Tax)));
    }

    #[test]
    fn an_income_of_the_household_is_known_when_every_adult_opened_theirs() {
        let on = day("2026-11-26");
        let adult =
            |income, consents| Person { born: Some(Day(day("1990-01-01"))), income, consents, ..Person::default() };
        let child =
            Person { born: Some(Day(day("2020-01-01"))), consents: crate::Consents::BASIC, ..Person::default() };
        let all = crate::Consents::ALL;
        let mut household = Household { members: vec![adult(Some(2_000_000), all), adult(Some(500_000), all), child] };
        assert_eq!(value(&household, 0, Fact::HouseholdIncome, on), Ok(Value::Number(2_500_000)));
        assert_eq!(value(&household, 0, Fact::HighestIncome, on), Ok(Value::Number(2_000_000)));
        household.members[1].consents = crate::Consents::BASIC;
        assert_eq!(value(&household, 0, Fact::HouseholdIncome, on), Err(Gap::InHousehold));
    }
}
