//! From a draft to a rule, or to every fault with its field.

use std::collections::BTreeSet;

use base::Date;

use super::{Draft, MOST_ROWS, Row, SourceDraft, of_stored_name};
use crate::check::{Admission, Live, MOST_DEPTH, Wrong};
use crate::fact::{Fact, Kind};
use crate::tree::{Comparison, Condition, DatedValue, Parameter, Quantity, Rule, Source, Test};
use crate::words::Language;

/// What is wrong with one field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each says itself in its message")]
pub enum FormWrong {
    #[error("this must be filled in")]
    Needed,
    #[error("a date is written YYYY-MM-DD and must exist in the calendar")]
    NotADate,
    #[error("a whole number is needed")]
    NotANumber,
    #[error("this choice does not exist")]
    NotAChoice,
    #[error("there is no such fact")]
    UnknownFact,
    #[error("this row stands inside nothing that can hold it")]
    Misplaced,
    #[error("this holds one condition only; put a group around several")]
    OneOnly,
    #[error("the form has too many rows")]
    TooManyRows,
    #[error("there is no condition yet")]
    NoCondition,
    #[error("this field does not belong to this kind of row")]
    NotHere,
    #[error(transparent)]
    Rule(Wrong),
}

impl FormWrong {
    /// What an officer reads.
    pub fn in_language(self, language: Language) -> String {
        if let Self::Rule(wrong) = self {
            return wrong.in_language(language);
        }
        if language == Language::English {
            return self.to_string();
        }
        match self {
            Self::Needed => "入力してください",
            Self::NotADate => "日付は 2026-04-01 のように入れてください",
            Self::NotANumber => "整数を入れてください",
            Self::NotAChoice => "選べないものです",
            Self::UnknownFact => "この項目はありません",
            Self::Misplaced => "この行を入れるまとまりがありません",
            Self::OneOnly => "この中に入れられる条件は1つだけです。まとまりで囲んでください",
            Self::TooManyRows => "行が多すぎます",
            Self::NoCondition => "条件がまだありません",
            Self::NotHere => "この行では使わない欄です",
            Self::Rule(_) => "",
        }
        .to_owned()
    }
}

/// A fault and the field it stands at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldFault {
    /// The field's name, e.g. `row.3.min`; empty: the form as a whole.
    pub field: String,
    /// What is wrong.
    pub what: FormWrong,
}

impl Draft {
    /// The rule that was typed. It may still be refused by [`Rule::faults`].
    ///
    /// # Errors
    /// Every field that cannot be read.
    pub fn read(&self) -> Result<Rule, Vec<FieldFault>> {
        let mut reader = Reader { faults: Vec::new() };
        let rule = reader.rule(self);
        match rule {
            Some(rule) if reader.faults.is_empty() => Ok(rule),
            _ => Err(reader.faults),
        }
    }

    /// Reads, checks and takes it live.
    ///
    /// # Errors
    /// Every fault with its field.
    pub fn go_live(&self, today: Date, admission: Admission) -> Result<Live, Vec<FieldFault>> {
        let faults = |faults: Vec<crate::Fault>| {
            let field = |fault: crate::Fault| FieldFault {
                field: Self::field_of(fault.at, fault.part),
                what: FormWrong::Rule(fault.what),
            };
            faults.into_iter().map(field).collect::<Vec<_>>()
        };
        self.read()?.go_live(today, admission).map_err(faults)
    }
}

struct Reader {
    faults: Vec<FieldFault>,
}

impl Reader {
    fn wrong<T>(&mut self, field: impl Into<String>, what: FormWrong) -> Option<T> {
        self.faults.push(FieldFault { field: field.into(), what });
        None
    }

    fn rule(&mut self, draft: &Draft) -> Option<Rule> {
        let revision = self.number("revision", &draft.revision);
        let from = self.date("from", &draft.from);
        let until = if draft.until.is_empty() { None } else { self.date("until", &draft.until) };
        let sex_basis = self.source("sex_basis", &draft.sex_basis);
        let parameters = self.parameters(draft);
        let when = self.tree(&draft.rows);
        Some(Rule { revision: revision?, from: from?, until, sex_basis, parameters, when: when? })
    }

    fn date(&mut self, field: &str, text: &str) -> Option<Date> {
        match Date::parse(text.trim()) {
            Ok(date) => Some(date),
            Err(_) if text.trim().is_empty() => self.wrong(field, FormWrong::Needed),
            Err(_) => self.wrong(field, FormWrong::NotADate),
        }
    }

    fn number<T: std::str::FromStr>(&mut self, field: &str, text: &str) -> Option<T> {
        // People write 2,080,000.
        match text.trim().replace(',', "").parse() {
            Ok(number) => Some(number),
            Err(_) if text.trim().is_empty() => self.wrong(field, FormWrong::Needed),
            Err(_) => self.wrong(field, FormWrong::NotANumber),
        }
    }

    fn choice<T: serde::de::DeserializeOwned>(&mut self, field: &str, text: &str) -> Option<T> {
        match of_stored_name(text) {
            Some(choice) => Some(choice),
            None if text.is_empty() => self.wrong(field, FormWrong::Needed),
            None => self.wrong(field, FormWrong::NotAChoice),
        }
    }

    fn source(&mut self, place: &str, draft: &SourceDraft) -> Option<Source> {
        if *draft == SourceDraft::default() {
            return None;
        }
        let checked = self.date(&format!("{place}.checked"), &draft.checked);
        let standing = self.choice(&format!("{place}.standing"), &draft.standing);
        Some(Source { text: draft.source.clone(), page: draft.page.clone(), checked: checked?, standing: standing? })
    }

    fn parameters(&mut self, draft: &Draft) -> Vec<Parameter> {
        let mut parameters = Vec::new();
        for (index, parameter) in draft.parameters.iter().enumerate() {
            let place = format!("parameter.{index}");
            let unit = self.choice(&format!("{place}.unit"), &parameter.unit);
            let mut values = Vec::new();
            for (index, value) in parameter.values.iter().enumerate() {
                let place = format!("{place}.value.{index}");
                let from = self.date(&format!("{place}.from"), &value.from);
                let number = match value.value.trim() {
                    "" => None,
                    text => self.number(&format!("{place}.value"), text),
                };
                let source = self.source(&place, &value.source);
                values.extend(from.map(|from| DatedValue { from, value: number, source }));
            }
            parameters.extend(unit.map(|unit| Parameter { name: parameter.name.trim().to_owned(), unit, values }));
        }
        parameters
    }

    fn tree(&mut self, rows: &[Row]) -> Option<Condition> {
        if rows.len() > MOST_ROWS {
            return self.wrong("", FormWrong::TooManyRows);
        }
        if rows.is_empty() {
            return self.wrong("", FormWrong::NoCondition);
        }
        let mut next = 0;
        let tree = self.condition(rows, &mut next, 0);
        if next < rows.len() {
            // A second outermost row, or one too far inside.
            return self.wrong(format!("row.{next}.depth"), FormWrong::Misplaced);
        }
        tree
    }

    /// The condition at `next` and all that stands inside it.
    fn condition(&mut self, rows: &[Row], next: &mut usize, depth: usize) -> Option<Condition> {
        let index = *next;
        let row = rows.get(index)?;
        let place = format!("row.{index}");
        if row.depth != depth || depth > MOST_DEPTH {
            let what = if depth > MOST_DEPTH { FormWrong::Rule(Wrong::TooDeep) } else { FormWrong::Misplaced };
            // The rest has no place either; one fault is enough.
            *next = rows.len();
            return self.wrong(format!("{place}.depth"), what);
        }
        *next += 1;
        let mut inside = Vec::new();
        let mut whole = true;
        while rows.get(*next).is_some_and(|row| row.depth > depth) {
            match self.condition(rows, next, depth + 1) {
                Some(condition) => inside.push(condition),
                None => whole = false,
            }
        }
        let condition = self.row(row, &place, inside, whole);
        condition.filter(|_| whole)
    }

    fn row(&mut self, row: &Row, place: &str, inside: Vec<Condition>, whole: bool) -> Option<Condition> {
        match row.kind.as_str() {
            "all" | "any" if inside.is_empty() && whole => self.wrong(place, FormWrong::Rule(Wrong::EmptyGroup)),
            "all" => Some(Condition::All(inside)),
            "any" => Some(Condition::Any(inside)),
            "not" => Some(Condition::Not(self.only(place, inside, whole)?)),
            "household" => {
                let quantity = match row.quantity.as_str() {
                    "any" => Some(Quantity::Any),
                    "every" => Some(Quantity::Every),
                    "at_least" if row.count.is_empty() => self.wrong(format!("{place}.count"), FormWrong::Needed),
                    "at_least" => Some(Quantity::AtLeast(row.count.trim().to_owned())),
                    _ => self.wrong(format!("{place}.quantity"), FormWrong::NotAChoice),
                };
                let among = self.choice(&format!("{place}.among"), &row.among);
                let has = self.only(place, inside, whole);
                Some(Condition::Household { quantity: quantity?, among: among?, has: has? })
            }
            "test" if !inside.is_empty() => self.wrong(place, FormWrong::Misplaced),
            "test" => self.test(row, place).map(Condition::Test),
            _ => self.wrong(format!("{place}.kind"), FormWrong::NotAChoice),
        }
    }

    fn only(&mut self, place: &str, mut inside: Vec<Condition>, whole: bool) -> Option<Box<Condition>> {
        match (inside.pop(), inside.is_empty()) {
            (Some(one), true) => Some(Box::new(one)),
            (Some(_), false) => self.wrong(place, FormWrong::OneOnly),
            (None, _) if whole => self.wrong(place, FormWrong::Rule(Wrong::EmptyGroup)),
            (None, _) => None,
        }
    }

    fn test(&mut self, row: &Row, place: &str) -> Option<Test> {
        let Some(fact) = Fact::of_code(&row.fact) else {
            return self.wrong(format!("{place}.fact"), FormWrong::UnknownFact);
        };
        let name = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let below = match row.below.as_str() {
            "" => false,
            "yes" => true,
            _ => return self.wrong(format!("{place}.below"), FormWrong::NotAChoice),
        };
        let is = match (fact.kind(), name(&row.limit)) {
            (Kind::Number(_), Some(limit)) => {
                if let Some(part) = [("min", &row.min), ("max", &row.max)].iter().find(|(_, text)| !text.is_empty()) {
                    return self.wrong(format!("{place}.{}", part.0), FormWrong::NotHere);
                }
                Comparison::Within { limit, per_dependant: name(&row.per_dependant), below }
            }
            (Kind::Number(_), None) if below || name(&row.per_dependant).is_some() => {
                return self.wrong(format!("{place}.limit"), FormWrong::Needed);
            }
            (Kind::Number(_), None) => Comparison::Between { min: name(&row.min), max: name(&row.max) },
            (Kind::Flag, _) => Comparison::Yes,
            (Kind::Code, _) => Comparison::OneOf(self.codes(row, place)?),
            (Kind::Set, _) => Comparison::HasAny(self.codes(row, place)?),
        };
        Some(Test { fact, is })
    }

    fn codes(&mut self, row: &Row, place: &str) -> Option<BTreeSet<u16>> {
        let texts = row.codes.split(',').map(str::trim).filter(|text| !text.is_empty());
        match texts.map(str::parse).collect() {
            Ok(codes) => Some(codes),
            Err(_) => self.wrong(format!("{place}.codes"), FormWrong::NotAChoice),
        }
    }
}
